/* SPDX-License-Identifier: Apache-2.0
 *
 * cotterd: the primary of a vehicle.  See cotterd(8).
 */
#include "keys/crypto/init.h"
#include "primary/daemon.h"
#include "primary/log.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char usage[] =
	"usage: cotterd [--config FILE] [--once] [--progress] [--quiet | --debug]\n"
	"\n"
	"  --config FILE  configuration, " COT_CONFIG_DEFAULT "\n"
	"  --once         one update cycle, then end\n"
	"  --progress     show how far transfers have got\n"
	"  --quiet        log warnings and errors only\n"
	"  --debug        log everything\n"
	"  --help, --version\n"
	"\n"
	"exit status of --once: 0 something was updated, 2 nothing to do, 10 refused,\n"
	"11 expired, 12 rollback, 13 repositories disagree, 14 an ECU refused, 74 storage,\n"
	"75 temporary, 77 permission, 78 configuration, 101 unreachable\n";

struct options {
	const char *config;
	bool once, progress, quiet, debug, help, version;
};

static bool read_options(int argc, char **argv, struct options *o)
{
	static const char *const names[] = { "--once", "--progress", "--quiet",
		                             "--debug", "--help", "--version" };
	bool *flags[] = { &o->once, &o->progress, &o->quiet, &o->debug, &o->help, &o->version };
	size_t k;
	int i;

	memset(o, 0, sizeof(*o));
	o->config = COT_CONFIG_DEFAULT;
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
			o->config = argv[++i];
			continue;
		}
		for (k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
			if (strcmp(argv[i], names[k]) == 0)
				break;
		}
		if (k == sizeof(names) / sizeof(names[0])) {
			fprintf(stderr, "cotterd: `%s` is no option, or lacks its value (usage)\n",
			        argv[i]);
			return false;
		}
		*flags[k] = true;
	}
	return true;
}

static int complain(enum cot_err err, const char *what, const char *hint)
{
	fprintf(stderr, "cotterd: %s: %s (%s)\n", what, cot_err_sentence(err),
	        cot_err_word(err));
	if (hint[0] != '\0')
		fprintf(stderr, "hint: %s\n", hint);
	return (int)cot_err_exit(err);
}

static int serve(struct cot_daemon *d, const struct options *o)
{
	if (!o->once) {
		cot_daemon_run(d);
		return COT_EXIT_DONE;
	}
	/* The outcome is told, and is the exit status, whatever it is. */
	(void)(cot_daemon_once(d) == COT_OK);
	cot_daemon_tell(d);
	return cot_daemon_exit(d);
}

int main(int argc, char **argv)
{
	static struct cot_daemon d;
	struct cot_config_note note;
	struct options o;
	enum cot_err err;
	int status;

	if (!read_options(argc, argv, &o)) {
		fputs("hint: cotterd --help\n", stderr);
		return COT_EXIT_USAGE;
	}
	if (o.help || o.version) {
		fputs(o.help ? usage : "cotterd (Cotter) 0.1\n", stdout);
		return COT_EXIT_DONE;
	}
	umask(077);
	cot_log_limit(o.debug ? COT_LOG_DEBUG : o.quiet ? COT_LOG_WARNING : COT_LOG_INFO);
	err = cot_config_load(o.config, &d.config, &note);
	if (err != COT_OK)
		return complain(err, note.text, note.hint);
	cot_progress_init(&d.progress, o.progress);
	err = cot_crypto_init();
	if (err != COT_OK)
		return complain(err, "start", cot_err_hint(err));
	err = cot_daemon_open(&d, true);
	if (err == COT_OK)
		status = serve(&d, &o);
	else
		status = complain(err, d.doing, cot_err_hint(err));
	cot_daemon_close(&d);
	return status;
}
