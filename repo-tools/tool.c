/* SPDX-License-Identifier: Apache-2.0
 *
 * What every command shares: see tool.h.
 */
#include "repo-tools/tool.h"
#include "keys/encode.h"
#include "keys/host/file.h"
#include "keys/host/keyfile.h"
#include "metadata/utc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *next_hint;

void tool_hint(struct tool *t, const char *hint)
{
	(void)t;
	next_hint = hint;
}

enum cot_err tool_fail(struct tool *t, enum cot_err err, const char *what, ...)
{
	const char *hint = next_hint != NULL ? next_hint : cot_err_hint(err);
	va_list ap;

	fflush(stdout);
	next_hint = NULL;
	if (t->told)
		return err;
	t->told = true;
	fprintf(stderr, "cotter %s: ", t->cmd->name);
	va_start(ap, what);
	vfprintf(stderr, what, ap);
	va_end(ap);
	fprintf(stderr, ": %s (%s)\n", cot_err_sentence(err), cot_err_word(err));
	if (hint[0] != 0)
		fprintf(stderr, "hint: %s\n", hint);
	return err;
}

void tool_next(struct tool *t, const char *format, ...)
{
	va_list ap;

	if (t->json)
		return;
	fputs("next: ", stdout);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
}

enum cot_err tool_confirm(struct tool *t, const char *question)
{
	char line[16];
	FILE *tty;
	bool agreed = false;

	if (t->yes)
		return COT_OK;
	fflush(stdout);
	tty = fopen("/dev/tty", "r+");
	if (tty == NULL) {
		tool_hint(t, "look at what is printed above, then give --yes");
		return tool_fail(t, COT_E_PRECONDITION, "no terminal to ask `%s`", question);
	}
	fprintf(tty, "%s [y/N] ", question);
	fflush(tty);
	if (fgets(line, sizeof(line), tty) != NULL)
		agreed = line[0] == 'y' || line[0] == 'Y';
	fclose(tty);
	if (agreed)
		return COT_OK;
	tool_hint(t, "nothing was changed");
	return tool_fail(t, COT_E_PRECONDITION, "you said no");
}

/* ---- keys ------------------------------------------------------------------------ */

/* One line per key; when the source has ended the last line serves again, so
 * that one passphrase can open all keys of a demonstration. */
static enum cot_err get_passphrase(struct tool *t, const char *what, bool confirm)
{
	struct cot_passphrase fresh = { 0 };
	enum cot_err err = cot_passphrase_get(&t->source, what, confirm, &fresh);

	if (err == COT_E_NO_INPUT && t->source.kind == COT_PASSPHRASE_FD && t->last.bytes != NULL)
		return COT_OK;
	if (err != COT_OK)
		return err;
	cot_passphrase_free(&t->last);
	t->last = fresh;
	return COT_OK;
}

enum cot_err tool_signer(struct tool *t, const char *uri, struct cot_signer **ret)
{
	struct cot_passphrase_source given = { .kind = COT_PASSPHRASE_GIVEN };
	struct cot_keyfile file;
	const char *path = strncmp(uri, "file:", 5) == 0 ? uri + 5 : uri;
	enum cot_err err;

	*ret = NULL;
	/* Only a locked key file costs a question; the rest is the signer's. */
	if (strchr(uri, ':') == NULL || path != uri) {
		err = cot_keyfile_read(path, &file);
		if (err == COT_OK && cot_keyfile_locked(&file))
			err = get_passphrase(t, path, false);
		if (err != COT_OK)
			return tool_fail(t, err, "key %s", path);
	}
	given.given = cot_slice(t->last.bytes, t->last.len);
	err = cot_signer_open(uri, &given, ret);
	if (err == COT_E_UNSUPPORTED)
		tool_hint(t, "keys are files so far: PATH or file:PATH");
	return err == COT_OK ? COT_OK : tool_fail(t, err, "key %s", path);
}

enum cot_err tool_new_passphrase(struct tool *t, const char *what, struct cot_passphrase *ret)
{
	enum cot_err err = get_passphrase(t, what, true);

	if (err != COT_OK)
		return tool_fail(t, err, "passphrase for %s", what);
	*ret = t->last; /* stays the tool's */
	return COT_OK;
}

/* ---- options ----------------------------------------------------------------------- */

enum cot_err tool_need(struct tool *t, const char *option, const char **ret)
{
	*ret = args_get(&t->args, option);
	return *ret != NULL ? COT_OK : tool_fail(t, COT_E_USAGE, "--%s is needed", option);
}

enum cot_err tool_number(struct tool *t, const char *option, uint64_t max, uint64_t *ret)
{
	const char *text = args_get(&t->args, option);

	if (text == NULL || cot_decimal(cot_slice_str(text), max, ret) == COT_OK)
		return COT_OK;
	return tool_fail(t, COT_E_USAGE, "--%s %.40s is not a number from 0 to %llu", option,
	                 text, (unsigned long long)max);
}

enum cot_err tool_expires(struct tool *t, unsigned int days, int64_t *ret_s)
{
	const char *text = args_get(&t->args, "expires");
	uint64_t n = days;
	enum cot_err err = tool_number(t, "days", 36500, &n);

	if (err != COT_OK)
		return err;
	*ret_s = t->now_s + (int64_t)n * TOOL_DAY;
	if (text != NULL && cot_utc_parse(cot_slice_str(text), ret_s) != COT_OK)
		return tool_fail(t, COT_E_USAGE, "--expires %.40s is not YYYY-MM-DDTHH:MM:SSZ",
		                 text);
	return COT_OK;
}

/* ---- files --------------------------------------------------------------------------- */

void tool_path(char ret[TOOL_PATH], const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(ret, TOOL_PATH, format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= TOOL_PATH)
		ret[0] = 0;
}

bool tool_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static enum cot_err read_all(FILE *f, size_t max, uint8_t **ret, size_t *ret_len)
{
	size_t room = 0, len = 0;
	uint8_t *bytes = NULL;

	do {
		uint8_t *grown;

		room = room == 0 ? 65536 : room * 2;
		grown = realloc(bytes, room + 1);
		if (grown == NULL) {
			free(bytes);
			return COT_E_MEMORY;
		}
		bytes = grown;
		len += fread(bytes + len, 1, room - len, f);
	} while (len == room && len <= max);
	if (ferror(f) || len > max) {
		free(bytes);
		return ferror(f) ? COT_E_IO : COT_E_LENGTH_EXCEEDED;
	}
	bytes[len] = 0;
	*ret = bytes;
	*ret_len = len;
	return COT_OK;
}

enum cot_err tool_read(struct tool *t, const char *path, size_t max, uint8_t **ret,
                       size_t *ret_len)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	struct stat st;
	enum cot_err err;

	*ret = NULL;
	*ret_len = 0;
	if (f == NULL)
		return tool_fail(t, cot_file_errno(errno), "%s", path);
	if (fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode)) {
		tool_hint(t, "this is a folder; name a file in it");
		err = tool_fail(t, COT_E_NO_INPUT, "%s", path);
	} else {
		err = read_all(f, max, ret, ret_len);
		if (err != COT_OK)
			tool_fail(t, err, "%s", path);
	}
	if (f != stdin)
		fclose(f);
	return err;
}

enum cot_err tool_mkdirs(struct tool *t, const char *path)
{
	char part[TOOL_PATH];
	size_t i, len = strlen(path);

	if (len >= sizeof(part))
		return tool_fail(t, COT_E_NAME, "%.60s...", path);
	memcpy(part, path, len + 1);
	for (i = 1; i <= len; i++) {
		if (part[i] != '/' && part[i] != 0)
			continue;
		part[i] = 0;
		if (mkdir(part, 0777) != 0 && errno != EEXIST)
			return tool_fail(t, cot_file_errno(errno), "folder %s", part);
		part[i] = path[i];
	}
	return COT_OK;
}

enum cot_err tool_write(struct tool *t, const char *path, struct cot_slice bytes, bool force)
{
	char folder[TOOL_PATH];
	const char *slash = strrchr(path, '/');
	enum cot_err err = COT_OK;

	if (slash != NULL && slash != path) {
		tool_path(folder, "%.*s", (int)(slash - path), path);
		err = tool_mkdirs(t, folder);
	}
	if (err != COT_OK)
		return err;
	err = cot_file_write(path, bytes, 0644, force);
	return err == COT_OK ? COT_OK : tool_fail(t, err, "%s", path);
}
