/* SPDX-License-Identifier: Apache-2.0
 *
 * cotter: keys, signing and publication for a release engineer, offline.
 *
 * One table of commands, found by their one or two words; help comes from the
 * same table.  Exit statuses are those of keys/error.h.
 */
#include "keys/crypto/init.h"
#include "keys/host/file.h"
#include "metadata/utc.h"
#include "repo-tools/tool.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct command *const commands[] = {
	&cmd_key_new, &cmd_key_show, &cmd_init, &cmd_root_show, &cmd_root_add_key,
	&cmd_root_remove_key, &cmd_root_threshold, &cmd_root_renew, &cmd_rotate,
	&cmd_image_add, &cmd_image_list, &cmd_image_remove, &cmd_vehicle_add,
	&cmd_vehicle_list, &cmd_assign, &cmd_unassign, &cmd_sign, &cmd_refresh, &cmd_status,
	&cmd_publish, &cmd_provision, &cmd_time_answer, &cmd_inspect, &cmd_verify,
	&cmd_verify_manifest
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct command cmd_none = { .name = "help", .usage = "" };

static const char about[] =
	"usage: cotter COMMAND [OPTION...] [ARGUMENT...]\n"
	"       cotter help COMMAND\n\n"
	"Keys, signing and publication of Uptane repositories, without a network.\n";

static void print_list(FILE *out)
{
	size_t i;

	fputs(about, out);
	fputs("\n", out);
	for (i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-16s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\nA first time through: key new (several), init, sign, vehicle add, image add,\n"
	      "assign, sign, refresh, publish. Each command says what comes next.\n", out);
}

static void print_options(const struct option_row *row)
{
	for (; row != NULL && row->name != NULL; row++) {
		char left[48];

		snprintf(left, sizeof(left), "%s%c%s--%s%s%s", row->letter ? "-" : "",
		         row->letter ? row->letter : ' ', row->letter ? ", " : "   ", row->name,
		         row->value ? " " : "", row->value ? row->value : "");
		printf("  %-28s %s%s\n", left, row->help, row->many ? " (repeatable)" : "");
	}
}

static void print_help(const struct command *cmd)
{
	printf("usage: cotter %s %s\n\n%s.\n", cmd->name, cmd->usage, cmd->summary);
	if (cmd->text != NULL)
		printf("\n%s\n", cmd->text);
	if (cmd->options != NULL && cmd->options[0].name != NULL) {
		puts("\nOptions:");
		print_options(cmd->options);
	}
	puts("\nEvery command takes:");
	print_options(args_common);
}

/* The command of these words; *used says how many there were. */
static const struct command *find(int argc, char **argv, int *used)
{
	char two[64];
	size_t i;

	*used = 0;
	if (argc >= 2) {
		snprintf(two, sizeof(two), "%.30s %.30s", argv[0], argv[1]);
		for (i = 0; i < COMMANDS && *used == 0; i++) {
			if (strcmp(commands[i]->name, two) == 0) {
				*used = 2;
				return commands[i];
			}
		}
	}
	for (i = 0; argc >= 1 && i < COMMANDS; i++) {
		if (strcmp(commands[i]->name, argv[0]) == 0) {
			*used = 1;
			return commands[i];
		}
	}
	return NULL;
}

static int no_such(struct tool *t, int argc, char **argv)
{
	static char hint[128];
	char words[64];
	const char *best = NULL;
	size_t i, distance = 4;

	snprintf(words, sizeof(words), "%.30s%s%.30s", argv[0],
	         argc > 1 && argv[1][0] != '-' ? " " : "",
	         argc > 1 && argv[1][0] != '-' ? argv[1] : "");
	for (i = 0; i < COMMANDS; i++) {
		size_t d = args_distance(commands[i]->name, words);
		size_t one = args_distance(commands[i]->name, argv[0]);

		d = one < d ? one : d;
		/* The first of two words alone leads to its group. */
		if (strncmp(commands[i]->name, argv[0], strlen(argv[0])) == 0 && d > 3)
			d = 3;
		if (d < distance) {
			distance = d;
			best = commands[i]->name;
		}
	}
	snprintf(hint, sizeof(hint), best != NULL ? "did you mean `cotter %s`?"
	         : "`cotter help` lists the commands", best);
	tool_hint(t, hint);
	tool_fail(t, COT_E_USAGE, "there is no command `%s`", words);
	return COT_EXIT_USAGE;
}

static enum cot_err open_source(struct tool *t)
{
	const char *fd = args_get(&t->args, "passphrase-fd");
	const char *file = args_get(&t->args, "passphrase-file");
	uint64_t number = 0;
	enum cot_err err;

	if (fd != NULL && file != NULL)
		return tool_fail(t, COT_E_USAGE, "--passphrase-fd and --passphrase-file exclude each other");
	err = tool_number(t, "passphrase-fd", 1023, &number);
	if (err != COT_OK)
		return err;
	if (file != NULL) {
		/* Checks mode and owner in one place. */
		uint8_t probe[COT_MAX_PASSPHRASE * 16];
		size_t len;

		err = cot_file_read(file, true, probe, sizeof(probe), &len);
		explicit_bzero(probe, sizeof(probe));
		if (err != COT_OK)
			return tool_fail(t, err, "--passphrase-file %s", file);
		t->source.fd = open(file, O_RDONLY | O_CLOEXEC);
	} else {
		t->source.fd = (int)number;
	}
	t->source.kind = fd != NULL || file != NULL ? COT_PASSPHRASE_FD : COT_PASSPHRASE_TTY;
	return COT_OK;
}

static enum cot_err prepare(struct tool *t)
{
	const char *now = args_get(&t->args, "now");

	t->dir = args_has(&t->args, "dir") ? args_get(&t->args, "dir") : ".";
	t->force = args_has(&t->args, "force");
	t->yes = args_has(&t->args, "yes");
	t->json = args_has(&t->args, "json");
	t->now_s = (int64_t)time(NULL);
	if (now != NULL && cot_utc_parse(cot_slice_str(now), &t->now_s) != COT_OK)
		return tool_fail(t, COT_E_USAGE, "--now %.40s is not YYYY-MM-DDTHH:MM:SSZ", now);
	if (t->args.pos_count < t->cmd->min_pos || t->args.pos_count > t->cmd->max_pos) {
		static char hint[256];

		snprintf(hint, sizeof(hint), "usage: cotter %s %s", t->cmd->name, t->cmd->usage);
		tool_hint(t, hint);
		return tool_fail(t, COT_E_USAGE, "%s", t->args.pos_count < t->cmd->min_pos
		                 ? "an argument is missing" : "too many arguments");
	}
	return open_source(t);
}

/* What was printed must have arrived: a full disk is no success. */
static int flushed(struct tool *t, int status)
{
	bool lost = fflush(stdout) != 0 || ferror(stdout);

	return lost ? (int)cot_err_exit(tool_fail(t, COT_E_IO, "standard output")) : status;
}

static int run(struct tool *t, int argc, char **argv)
{
	enum cot_err err = args_parse(&t->args, argc, argv, t->cmd->options);

	t->status = -1;
	if (err != COT_OK)
		return (int)cot_err_exit(tool_fail(t, err, "%s", t->args.why));
	if (args_has(&t->args, "help")) {
		print_help(t->cmd);
		return COT_EXIT_DONE;
	}
	err = cot_crypto_init();
	if (err == COT_OK)
		err = prepare(t);
	if (err == COT_OK)
		err = t->cmd->run(t);
	if (err != COT_OK && !t->told)
		tool_fail(t, err, "failed");
	cot_passphrase_free(&t->last);
	return err == COT_OK && t->status >= 0 ? t->status : (int)cot_err_exit(err);
}

static int help(struct tool *t, int argc, char **argv)
{
	const struct command *cmd;
	int used;

	if (argc == 0) {
		print_list(stdout);
		return COT_EXIT_DONE;
	}
	cmd = find(argc, argv, &used);
	if (cmd == NULL)
		return no_such(t, argc, argv);
	print_help(cmd);
	return COT_EXIT_DONE;
}

int main(int argc, char **argv)
{
	struct tool t = { .cmd = &cmd_none };
	const struct command *cmd;
	int used = 0;

	if (argc < 2) {
		print_list(stderr);
		return COT_EXIT_USAGE;
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0)
		return flushed(&t, help(&t, argc - 2, argv + 2));
	cmd = find(argc - 1, argv + 1, &used);
	if (cmd == NULL)
		return no_such(&t, argc - 1, argv + 1);
	t.cmd = cmd;
	return flushed(&t, run(&t, argc - 1 - used, argv + 1 + used));
}
