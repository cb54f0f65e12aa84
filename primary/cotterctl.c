/* SPDX-License-Identifier: Apache-2.0
 *
 * cotterctl: what the gateway runs, wants and refuses, and why.
 *
 * It asks the daemon; when none is up it reads the state folder itself, which
 * needs the right to do so.  It changes nothing.
 */
#include "keys/crypto/init.h"
#include "primary/config.h"
#include "primary/control.h"
#include "primary/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: cotterctl [--config FILE] status [--json]\n"
	"\n"
	"  status         what every ECU runs, what is ordered, what went wrong last\n"
	"  --json         the same as JSON (schema 1)\n"
	"  --config FILE  the daemon's configuration, " COT_CONFIG_DEFAULT "\n"
	"  --help, --version\n"
	"\n"
	"exit status: 0 shown, 64 usage, 77 not allowed, 78 configuration, else cotterctl(1)\n";

struct options {
	const char *config;
	bool status, json, help, version;
};

static int complain(enum cot_err err, const char *what, const char *hint)
{
	fprintf(stderr, "cotterctl: %s: %s (%s)\n", what, cot_err_sentence(err),
	        cot_err_word(err));
	if (hint[0] != '\0')
		fprintf(stderr, "hint: %s\n", hint);
	return (int)cot_err_exit(err);
}

/* Always false: what read_options ends with. */
static bool misuse(const char *word)
{
	if (word[0] != '\0')
		fprintf(stderr, "cotterctl: `%s` is no command and no option, or lacks its value (usage)\n",
		        word);
	else
		fputs("cotterctl: a command is needed (usage)\n", stderr);
	return false;
}

static bool read_options(int argc, char **argv, struct options *o)
{
	int i;

	memset(o, 0, sizeof(*o));
	o->config = COT_CONFIG_DEFAULT;
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
			o->config = argv[++i];
		else if (strcmp(argv[i], "--json") == 0)
			o->json = true;
		else if (strcmp(argv[i], "--help") == 0)
			o->help = true;
		else if (strcmp(argv[i], "--version") == 0)
			o->version = true;
		else if (strcmp(argv[i], "status") == 0 && !o->status)
			o->status = true;
		else
			return misuse(argv[i]);
	}
	return o->status || o->help || o->version || misuse("");
}

/* ---- the table ---------------------------------------------------------------------- */

static const char *text_at(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

static long long number_at(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

/* "4, 2027-11-21": version, and the day on which it expires. */
static void print_role(const json_t *role)
{
	const char *expires = text_at(role, "expires");
	char text[40];

	if (expires[0] != '\0')
		snprintf(text, sizeof(text), "%lld, %.10s", number_at(role, "version"), expires);
	else
		snprintf(text, sizeof(text), "not held");
	printf(" %-16s", text);
}

static void print_repositories(const json_t *tree)
{
	static const char *const roles[] = { "root", "timestamp", "snapshot", "targets" };
	const json_t *all = json_object_get(tree, "repositories");
	const json_t *repo;
	const char *name;
	size_t i;

	printf("%-12s %-16s %-16s %-16s %s\n", "REPOSITORY", "ROOT, EXPIRES", "TIMESTAMP",
	       "SNAPSHOT", "TARGETS");
	json_object_foreach((json_t *)(uintptr_t)all, name, repo) {
		printf("%-12s", name);
		for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
			print_role(json_object_get(repo, roles[i]));
		putchar('\n');
	}
}

/* The target's name, or the beginning of its hash if the ECU gave no name. */
static const char *image_name(const json_t *image, char *buf, size_t max)
{
	if (!json_is_object(image))
		return "-";
	if (text_at(image, "filepath")[0] != '\0')
		return text_at(image, "filepath");
	snprintf(buf, max, "%.12s...", text_at(image, "sha256"));
	return buf;
}

static void print_ecu(const json_t *ecu)
{
	const json_t *error = json_object_get(ecu, "error");
	const char *word = text_at(error, "word");
	char installed[24], ordered[24];
	bool fine = strcmp(word, "ok") == 0;

	printf("%-12s %-10s %-24s %-18s %7lld  %-18s %-10s %s\n", text_at(ecu, "serial"),
	       text_at(ecu, "hardware"), text_at(ecu, "link")[0] != '\0' ? text_at(ecu, "link") : "-",
	       image_name(json_object_get(ecu, "installed"), installed, sizeof(installed)),
	       number_at(ecu, "counter"),
	       image_name(json_object_get(ecu, "ordered"), ordered, sizeof(ordered)),
	       text_at(ecu, "state"), fine ? "-" : word);
	if (!fine)
		printf("  %s: %s\n", word, text_at(error, "sentence"));
}

static void print_table(const json_t *tree)
{
	const json_t *daemon = json_object_get(tree, "daemon");
	const json_t *last = json_object_get(tree, "last");
	const json_t *error = json_object_get(last, "error");
	const json_t *time = json_object_get(tree, "time");
	const json_t *ecu;
	size_t i;

	printf("vehicle %s, primary %s, daemon %s\n", text_at(tree, "vehicle"),
	       text_at(tree, "primary"),
	       json_is_true(json_object_get(daemon, "running")) ? text_at(daemon, "activity")
	                                                        : "not running");
	printf("time    verified %s, not before %s\n",
	       text_at(time, "verified")[0] != '\0' ? text_at(time, "verified") : "never",
	       text_at(time, "floor"));
	printf("last    %s%s%s%s%s\n", text_at(last, "repository"),
	       text_at(last, "repository")[0] != '\0' ? " " : "", text_at(last, "role"),
	       text_at(last, "role")[0] != '\0' ? ": " : "", text_at(error, "sentence"));
	if (text_at(error, "hint")[0] != '\0')
		printf("        %s (%s)\n", text_at(error, "hint"), text_at(error, "word"));
	print_repositories(tree);
	printf("%-12s %-10s %-24s %-18s %7s  %-18s %-10s %s\n", "ECU", "HARDWARE", "LINK",
	       "INSTALLED", "COUNTER", "ORDERED", "STATE", "ERROR");
	json_array_foreach(json_object_get(tree, "ecus"), i, ecu)
		print_ecu(ecu);
}

/* ---- main --------------------------------------------------------------------------- */

static enum cot_err get_status(const struct cot_config *config, json_t **ret)
{
	enum cot_err err = COT_E_UNREACHABLE;

	if (config->control[0] != '\0')
		err = cot_control_ask(config->control, "status", ret);
	if (err == COT_OK || err == COT_E_MALFORMED)
		return err;
	return cot_status_build(config, &cot_crypto_full, NULL, ret);
}

static int show(const json_t *tree, bool json)
{
	const json_t *error = json_object_get(tree, "error");
	enum cot_err err;

	if (json) {
		json_dumpf(tree, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
		putchar('\n');
	}
	if (json_is_object(error)) {
		err = cot_err_from_word(text_at(error, "word"));
		return complain(err, "status", cot_err_hint(err));
	}
	if (!json)
		print_table(tree);
	return COT_EXIT_DONE;
}

int main(int argc, char **argv)
{
	static struct cot_config config;
	struct cot_config_note note;
	struct options o;
	json_t *tree = NULL;
	enum cot_err err;
	int status;

	if (!read_options(argc, argv, &o)) {
		fputs("hint: cotterctl --help\n", stderr);
		return COT_EXIT_USAGE;
	}
	if (o.help || o.version) {
		fputs(o.help ? usage : "cotterctl (Cotter) 0.1\n", stdout);
		return COT_EXIT_DONE;
	}
	err = cot_config_load(o.config, &config, &note);
	if (err != COT_OK)
		return complain(err, note.text, note.hint);
	err = cot_crypto_init();
	if (err == COT_OK)
		err = get_status(&config, &tree);
	if (err != COT_OK)
		return complain(err, "status", cot_err_hint(err));
	status = show(tree, o.json);
	json_decref(tree);
	return status;
}
