/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the configuration: one table says which keys there are, what they
 * look like and what they are when nothing is said.
 */
#include "primary/config.h"

#include "keys/encode.h"
#include "keys/host/file.h"
#include "keys/limits.h"
#include "metadata/name.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (256u * 1024u)

enum kind { KIND_PATH, KIND_URL, KIND_TEXT, KIND_NUMBER, KIND_BOOL };

struct setting {
	const char *section;
	const char *key;
	enum kind kind;
	bool required;
	size_t offset;
	uint32_t standard, min, max; /* KIND_NUMBER; KIND_BOOL: standard */
};

#define AT(member) offsetof(struct cot_config, member)
#define TEXT(sec, key, kind, need, member) { sec, key, kind, need, AT(member), 0, 0, 0 }
#define NUMBER(sec, key, member, standard, min, max) \
	{ sec, key, KIND_NUMBER, false, AT(member), standard, min, max }

static const struct setting settings[] = {
	TEXT("primary", "state", KIND_PATH, true, state),
	TEXT("primary", "provision", KIND_PATH, true, provision),
	TEXT("primary", "key", KIND_PATH, true, key),
	TEXT("primary", "passphrase_file", KIND_PATH, false, passphrase_file),
	TEXT("primary", "control", KIND_PATH, false, control),
	NUMBER("primary", "interval_s", interval_s, 3600, 1, 31536000),
	NUMBER("primary", "jitter_s", jitter_s, 600, 0, 86400),
	TEXT("director", "url", KIND_URL, true, director_url),
	TEXT("director", "manifest_url", KIND_URL, false, manifest_url),
	TEXT("image", "url", KIND_URL, true, image_url),
	TEXT("image", "targets_url", KIND_URL, false, targets_url),
	TEXT("time", "url", KIND_URL, true, time_url),
	TEXT("tls", "ca", KIND_PATH, false, ca),
	TEXT("tls", "proxy", KIND_TEXT, false, proxy),
	{ "tls", "allow_http", KIND_BOOL, false, AT(allow_http), 0, 0, 1 },
	NUMBER("limits", "min_rate", min_rate, 1024, 1, 1000000000),
	NUMBER("limits", "window_s", window_s, 30, 1, 3600),
	NUMBER("limits", "connect_s", connect_s, 30, 1, 3600),
	NUMBER("limits", "total_s", total_s, 300, 1, 86400),
	NUMBER("limits", "max_root", max_root, COT_MAX_ROOT, 256, COT_MAX_ROOT),
	NUMBER("limits", "max_timestamp", max_timestamp, COT_MAX_TIMESTAMP, 256,
	       COT_MAX_TIMESTAMP),
	NUMBER("limits", "max_snapshot", max_snapshot, COT_MAX_SNAPSHOT, 256,
	       COT_MAX_SNAPSHOT),
	NUMBER("limits", "max_targets", max_targets, COT_MAX_TARGETS, 256, COT_MAX_TARGETS),
	NUMBER("limits", "max_director_targets", max_director_targets,
	       COT_MAX_DIRECTOR_TARGETS, 256, COT_MAX_DIRECTOR_TARGETS),
	NUMBER("limits", "max_image", max_image, 1u << 30, 1, UINT32_MAX),
	NUMBER("limits", "ecu_min_rate", ecu_min_rate, 64, 1, 1000000000),
	NUMBER("limits", "ecu_window_s", ecu_window_s, 30, 1, 3600),
	NUMBER("limits", "ecu_budget_s", ecu_budget_s, 60, 1, 3600),
	NUMBER("limits", "ecu_wait_s", ecu_wait_s, 60, 1, 3600)
};

#define SETTING_COUNT (sizeof(settings) / sizeof(settings[0]))

struct reader {
	struct cot_config *config;
	struct cot_config_note *note;
	const char *path;
	char folder[COT_CONFIG_TEXT]; /* with a final slash, or empty */
	unsigned line;
	char section[96];
	unsigned given[SETTING_COUNT]; /* line of each, 0: not given */
};

static enum cot_err refuse(struct reader *r, const char *hint, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static enum cot_err refuse(struct reader *r, const char *hint, const char *format, ...)
{
	char what[512];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	if (r->line > 0)
		snprintf(r->note->text, sizeof(r->note->text), "%s:%u: %s", r->path, r->line,
		         what);
	else
		snprintf(r->note->text, sizeof(r->note->text), "%s: %s", r->path, what);
	snprintf(r->note->hint, sizeof(r->note->hint), "%s", hint);
	return COT_E_CONFIG;
}

/* Without leading and trailing blanks, cut in place. */
static char *trim(char *text)
{
	size_t len;

	while (*text == ' ' || *text == '\t')
		text++;
	len = strlen(text);
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t' ||
	                   text[len - 1] == '\r'))
		len--;
	text[len] = '\0';
	return text;
}

static char *text_of(struct cot_config *c, const struct setting *s)
{
	return (char *)c + s->offset;
}

static uint32_t *number_of(struct cot_config *c, const struct setting *s)
{
	return (uint32_t *)(void *)((char *)c + s->offset);
}

static bool *bool_of(struct cot_config *c, const struct setting *s)
{
	return (bool *)((char *)c + s->offset);
}

static enum cot_err set_number(struct reader *r, const struct setting *s, const char *value)
{
	uint64_t number;

	if (cot_decimal(cot_slice_str(value), s->max, &number) != COT_OK || number < s->min)
		return refuse(r, "write a plain number without unit or sign",
		              "%s must be a whole number from %u to %u, not `%s`", s->key,
		              s->min, s->max, value);
	*number_of(r->config, s) = (uint32_t)number;
	return COT_OK;
}

static enum cot_err set_bool(struct reader *r, const struct setting *s, const char *value)
{
	bool yes = strcmp(value, "yes") == 0;

	if (!yes && strcmp(value, "no") != 0)
		return refuse(r, "write yes or no", "%s must be yes or no, not `%s`", s->key,
		              value);
	*bool_of(r->config, s) = yes;
	return COT_OK;
}

static enum cot_err set_url(struct reader *r, const struct setting *s, const char *value)
{
	size_t len = strlen(value);

	if (strncmp(value, "https://", 8) != 0 && strncmp(value, "http://", 7) != 0)
		return refuse(r, "write the whole address, beginning with https://",
		              "%s must be an https address, not `%s`", s->key, value);
	if (strpbrk(value, " \t@?#\"\\") != NULL)
		return refuse(r, "an address here has host, port and path only",
		              "%s must not hold blanks, user names, queries or fragments",
		              s->key);
	while (len > 0 && value[len - 1] == '/')
		len--;
	memcpy(text_of(r->config, s), value, len);
	text_of(r->config, s)[len] = '\0';
	return COT_OK;
}

static enum cot_err set_path(struct reader *r, const struct setting *s, const char *value)
{
	const char *folder = value[0] == '/' ? "" : r->folder;
	int n = snprintf(text_of(r->config, s), COT_CONFIG_TEXT, "%s%s", folder, value);

	if (n < 0 || (size_t)n >= COT_CONFIG_TEXT)
		return refuse(r, "use a shorter path", "%s is too long", s->key);
	return COT_OK;
}

static enum cot_err set_value(struct reader *r, const struct setting *s, const char *value)
{
	if (value[0] == '\0')
		return refuse(r, "give a value, or remove the line", "%s is empty", s->key);
	if (strlen(value) >= COT_CONFIG_TEXT)
		return refuse(r, "use a shorter value", "%s is too long", s->key);
	switch (s->kind) {
	case KIND_NUMBER:
		return set_number(r, s, value);
	case KIND_BOOL:
		return set_bool(r, s, value);
	case KIND_URL:
		return set_url(r, s, value);
	case KIND_PATH:
		return set_path(r, s, value);
	case KIND_TEXT:
	default:
		memcpy(text_of(r->config, s), value, strlen(value) + 1);
		return COT_OK;
	}
}

static struct cot_config_ecu *ecu_now(struct reader *r)
{
	return &r->config->ecus[r->config->ecu_count - 1];
}

static enum cot_err set_ecu(struct reader *r, const char *key, const char *value)
{
	struct cot_config_ecu *ecu = ecu_now(r);

	if (strcmp(key, "link") != 0)
		return refuse(r, "an ECU has one key: link",
		              "unknown key `%s` in [ecu %s]", key, ecu->serial);
	if (ecu->link[0] != '\0')
		return refuse(r, "remove one of them", "link is given twice");
	if (strchr(value, ':') == NULL || strlen(value) >= sizeof(ecu->link))
		return refuse(r, "for example serial:/dev/ttyS1@115200 or can:can0/7E0,7E8",
		              "link must be an address, not `%s`", value);
	memcpy(ecu->link, value, strlen(value) + 1);
	return COT_OK;
}

static enum cot_err take_pair(struct reader *r, const char *key, const char *value)
{
	size_t i;

	if (r->section[0] == '\0')
		return refuse(r, "begin with a line such as [primary]",
		              "`%s` stands before the first section", key);
	if (strcmp(r->section, "ecu") == 0)
		return set_ecu(r, key, value);
	for (i = 0; i < SETTING_COUNT; i++) {
		if (strcmp(settings[i].section, r->section) != 0 ||
		    strcmp(settings[i].key, key) != 0)
			continue;
		if (r->given[i] > 0)
			return refuse(r, "remove one of them", "%s was given in line %u already",
			              key, r->given[i]);
		r->given[i] = r->line;
		return set_value(r, &settings[i], value);
	}
	return refuse(r, "cotter.conf(5) lists all keys", "unknown key `%s` in [%s]", key,
	              r->section);
}

static enum cot_err begin_ecu(struct reader *r, const char *serial)
{
	struct cot_config_ecu *ecu;

	if (cot_name_check_id(cot_slice_str(serial)) != COT_OK)
		return refuse(r, "write it as in the provisioning record",
		              "`%s` is no ECU identifier", serial);
	if (cot_config_ecu(r->config, serial) != NULL)
		return refuse(r, "remove one of the sections", "[ecu %s] is there already",
		              serial);
	if (r->config->ecu_count == COT_CONFIG_ECUS)
		return refuse(r, "one primary serves 64 ECUs", "too many ECUs");
	ecu = &r->config->ecus[r->config->ecu_count++];
	memset(ecu, 0, sizeof(*ecu));
	memcpy(ecu->serial, serial, strlen(serial) + 1);
	ecu->line = r->line;
	memcpy(r->section, "ecu", 4);
	return COT_OK;
}

static enum cot_err begin_section(struct reader *r, char *text)
{
	size_t len = strlen(text);
	size_t i;

	if (text[len - 1] != ']')
		return refuse(r, "close the bracket", "`%s` is no section", text);
	text[len - 1] = '\0';
	text = trim(text + 1);
	if (strncmp(text, "ecu ", 4) == 0)
		return begin_ecu(r, trim(text + 4));
	for (i = 0; i < SETTING_COUNT; i++) {
		if (strcmp(settings[i].section, text) == 0) {
			memcpy(r->section, text, strlen(text) + 1);
			return COT_OK;
		}
	}
	return refuse(r, "sections are primary, director, image, time, tls, limits, ecu SERIAL",
	              "unknown section [%s]", text);
}

static enum cot_err take_line(struct reader *r, char *line)
{
	char *text = trim(line);
	char *equals;

	if (text[0] == '\0' || text[0] == '#' || text[0] == ';')
		return COT_OK;
	if (text[0] == '[')
		return begin_section(r, text);
	equals = strchr(text, '=');
	if (equals == NULL)
		return refuse(r, "write `key = value`", "`%s` is no setting", text);
	*equals = '\0';
	return take_pair(r, trim(text), trim(equals + 1));
}

static enum cot_err take_lines(struct reader *r, char *text)
{
	enum cot_err err = COT_OK;
	char *next;

	while (err == COT_OK && text != NULL && *text != '\0') {
		r->line++;
		next = strchr(text, '\n');
		if (next != NULL)
			*next++ = '\0';
		err = take_line(r, text);
		text = next;
	}
	return err;
}

static void set_standards(struct cot_config *c)
{
	size_t i;

	memset(c, 0, sizeof(*c));
	for (i = 0; i < SETTING_COUNT; i++) {
		if (settings[i].kind == KIND_NUMBER)
			*number_of(c, &settings[i]) = settings[i].standard;
	}
}

static enum cot_err check_complete(struct reader *r)
{
	size_t i;

	r->line = 0;
	for (i = 0; i < SETTING_COUNT; i++) {
		if (settings[i].required && r->given[i] == 0)
			return refuse(r, "add it; cotter.conf(5) has an example",
			              "`%s` is missing in [%s]", settings[i].key,
			              settings[i].section);
	}
	for (i = 0; i < r->config->ecu_count; i++) {
		r->line = r->config->ecus[i].line;
		if (r->config->ecus[i].link[0] == '\0')
			return refuse(r, "add a line such as link = serial:/dev/ttyS1@115200",
			              "[ecu %s] has no link", r->config->ecus[i].serial);
	}
	return COT_OK;
}

/* CHECK D03.config: no address is http unless the file says that it may be */
static enum cot_err check_secure(struct reader *r)
{
	size_t i;

	for (i = 0; i < SETTING_COUNT; i++) {
		if (settings[i].kind != KIND_URL || r->given[i] == 0 || r->config->allow_http)
			continue;
		if (strncmp(text_of(r->config, &settings[i]), "https://", 8) == 0)
			continue;
		r->line = r->given[i];
		(void)refuse(r, cot_err_hint(COT_E_INSECURE_URL), "%s is plain http",
		             settings[i].key);
		return COT_E_INSECURE_URL;
	}
	return COT_OK;
}

static enum cot_err finish(struct reader *r)
{
	struct cot_config *c = r->config;
	int n;

	if (c->targets_url[0] != '\0')
		return COT_OK;
	n = snprintf(c->targets_url, sizeof(c->targets_url), "%s/targets", c->image_url);
	if (n < 0 || (size_t)n >= sizeof(c->targets_url))
		return refuse(r, "use a shorter address", "url in [image] is too long");
	return COT_OK;
}

static enum cot_err read_text(struct reader *r, char **ret)
{
	size_t len = 0;
	char *text = calloc(1, FILE_MAX + 1);
	enum cot_err err;

	if (text == NULL)
		return COT_E_MEMORY;
	err = cot_file_read(r->path, false, (uint8_t *)text, FILE_MAX, &len);
	if (err == COT_OK && memchr(text, '\0', len) != NULL)
		err = refuse(r, "this is no text file", "the file holds a zero byte");
	else if (err == COT_E_LENGTH_EXCEEDED)
		err = refuse(r, "this is no configuration", "the file is too long");
	else if (err != COT_OK)
		(void)refuse(r, cot_err_hint(err), "the configuration");
	if (err != COT_OK) {
		free(text);
		return err;
	}
	*ret = text;
	return COT_OK;
}

static enum cot_err set_folder(struct reader *r)
{
	const char *slash = strrchr(r->path, '/');
	size_t len = slash == NULL ? 0 : (size_t)(slash - r->path) + 1;

	if (strlen(r->path) >= sizeof(r->config->path))
		return refuse(r, "use a shorter path", "the path is too long");
	memcpy(r->config->path, r->path, strlen(r->path) + 1);
	memcpy(r->folder, r->path, len);
	r->folder[len] = '\0';
	return COT_OK;
}

enum cot_err cot_config_load(const char *path, struct cot_config *ret,
                             struct cot_config_note *note)
{
	struct reader r = { .config = ret, .note = note, .path = path };
	char *text = NULL;
	enum cot_err err;

	set_standards(ret);
	err = set_folder(&r);
	if (err == COT_OK)
		err = read_text(&r, &text);
	if (err != COT_OK)
		return err;
	err = take_lines(&r, text);
	free(text);
	if (err == COT_OK)
		err = check_complete(&r);
	if (err == COT_OK)
		err = check_secure(&r);
	return err == COT_OK ? finish(&r) : err;
}

const struct cot_config_ecu *cot_config_ecu(const struct cot_config *c, const char *serial)
{
	size_t i;

	for (i = 0; i < c->ecu_count; i++) {
		if (strcmp(c->ecus[i].serial, serial) == 0)
			return &c->ecus[i];
	}
	return NULL;
}
