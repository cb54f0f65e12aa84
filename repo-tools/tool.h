/* SPDX-License-Identifier: Apache-2.0
 *
 * What every command of `cotter` shares: its arguments, the clock, the
 * passphrases, and the one way in which it says no.
 *
 * A command is a function that returns COT_OK or an error.  Whoever detects an
 * error reports it with tool_fail, once, and everybody above passes it on; the
 * exit status is that of the error.  Nothing here opens a socket.
 */
#ifndef COTTER_REPO_TOOLS_TOOL_H
#define COTTER_REPO_TOOLS_TOOL_H

#include "keys/host/signer.h"
#include "metadata/envelope.h"
#include "repo-tools/args.h"

#include <stdint.h>
#include <stdio.h>

#define TOOL_PATH 4096u
#define TOOL_DAY 86400

struct tool;

struct command {
	const char *name;     /* "image add" */
	const char *usage;    /* "FILE --name NAME ..." */
	const char *summary;  /* one line for the list */
	const char *text;     /* the rest of the help, paragraphs */
	size_t min_pos, max_pos;
	const struct option_row *options;
	enum cot_err (*run)(struct tool *t);
};

struct tool {
	const struct command *cmd;
	struct args args;
	const char *dir;
	bool force, yes, json;
	int64_t now_s;
	struct cot_passphrase_source source;
	struct cot_passphrase last; /* serves again when the source has ended */
	bool told;     /* the error has been reported */
	int status;    /* exit status in place of the error's, -1: none */
};

/* Reports `cotter CMD: what: sentence (word)` and the hint on stderr, where
 * what is printf-like, and returns err. */
enum cot_err tool_fail(struct tool *t, enum cot_err err, const char *what, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with another hint than the error's own, for the next call only. */
void tool_hint(struct tool *t, const char *hint);

/* Asks a yes-or-no question on the terminal; --yes answers it.
 * COT_E_PRECONDITION, reported, if the answer is no or there is no terminal. */
COT_MUST_CHECK enum cot_err tool_confirm(struct tool *t, const char *question);

/* `next: COMMAND` on stdout: the sensible thing to do now. */
void tool_next(struct tool *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Opens a key for signing; reports. */
COT_MUST_CHECK enum cot_err tool_signer(struct tool *t, const char *uri,
                                        struct cot_signer **ret);
/* A passphrase for a new key; reports. */
COT_MUST_CHECK enum cot_err tool_new_passphrase(struct tool *t, const char *what,
                                                struct cot_passphrase *ret);

/* The value of an option as a number of at most max; keeps *ret if it was not
 * given.  COT_E_USAGE, reported. */
COT_MUST_CHECK enum cot_err tool_number(struct tool *t, const char *option, uint64_t max,
                                        uint64_t *ret);
/* --expires TIME or --days N, otherwise now and `days` days. */
COT_MUST_CHECK enum cot_err tool_expires(struct tool *t, unsigned int days, int64_t *ret_s);
/* An option that must be there; COT_E_USAGE, reported. */
COT_MUST_CHECK enum cot_err tool_need(struct tool *t, const char *option, const char **ret);

/* Joins folder and name; a path too long becomes empty, which no call opens. */
void tool_path(char ret[TOOL_PATH], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Reads a whole file of at most max bytes; *ret is malloc'ed with a final zero
 * that does not count.  Reports. */
COT_MUST_CHECK enum cot_err tool_read(struct tool *t, const char *path, size_t max,
                                      uint8_t **ret, size_t *ret_len);
/* Writes atomically; makes the folders above it.  Reports. */
COT_MUST_CHECK enum cot_err tool_write(struct tool *t, const char *path,
                                       struct cot_slice bytes, bool force);
COT_MUST_CHECK enum cot_err tool_mkdirs(struct tool *t, const char *path);
bool tool_exists(const char *path);

/* The options --expires and --days. */
#define TOOL_EXPIRES_OPTIONS \
	{ "expires", 0, "TIME", false, "when it expires" }, \
	{ "days", 0, "N", false, "or: after how many days" }
#define TOOL_END { NULL, 0, NULL, false, NULL }

/* ---- commands: one file each, cmd_NAME.c ------------------------------------------ */

extern const struct command cmd_key_new, cmd_key_show, cmd_init, cmd_root_show, cmd_root_add_key,
	cmd_root_remove_key, cmd_root_threshold, cmd_root_renew, cmd_rotate, cmd_image_add,
	cmd_image_list, cmd_image_remove, cmd_vehicle_add, cmd_vehicle_list, cmd_assign,
	cmd_unassign, cmd_sign, cmd_refresh, cmd_status, cmd_publish, cmd_provision,
	cmd_time_answer, cmd_inspect, cmd_verify, cmd_verify_manifest;

#endif
