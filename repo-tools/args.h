/* SPDX-License-Identifier: Apache-2.0
 *
 * Command lines, by table.  Options are long (`--key FILE`, `--key=FILE`) with
 * few short ones; they may stand before and after other arguments, `--` ends
 * them.  An option that is not in the table, lacks its value or is given twice
 * without being repeatable is refused with the nearest name as advice.
 */
#ifndef COTTER_REPO_TOOLS_ARGS_H
#define COTTER_REPO_TOOLS_ARGS_H

#include "keys/error.h"

#include <stdbool.h>
#include <stddef.h>

#define ARGS_MAX 64

struct option_row {
	const char *name;  /* "key" */
	char letter;       /* 'k', or 0 */
	const char *value; /* "FILE"; NULL: a switch */
	bool many;
	const char *help;
};

struct args {
	const char *pos[ARGS_MAX];
	size_t pos_count;
	struct {
		const struct option_row *row;
		const char *value;
	} given[ARGS_MAX];
	size_t given_count;
	char why[200]; /* the refusal in words */
};

/* The options that every command takes; ends with a NULL name. */
extern const struct option_row args_common[];

/* Parses argv[0..argc) by the command's own table and the common one.
 * COT_E_USAGE, with args->why. */
COT_MUST_CHECK enum cot_err args_parse(struct args *args, int argc, char **argv,
                                       const struct option_row *own);

bool args_has(const struct args *args, const char *name);
/* Value of an option, NULL if it was not given. */
const char *args_get(const struct args *args, const char *name);
/* The n-th value of a repeatable option, NULL behind the last. */
const char *args_nth(const struct args *args, const char *name, size_t n);

/* Number of edits between two words, for advice. */
size_t args_distance(const char *a, const char *b);

#endif
