/* SPDX-License-Identifier: Apache-2.0
 *
 * Command lines: see args.h.
 */
#include "repo-tools/args.h"

#include <stdio.h>
#include <string.h>

const struct option_row args_common[] = {
	{ "dir", 'C', "DIR", false, "working folder (default: the current one)" },
	{ "yes", 'y', NULL, false, "do not ask" },
	{ "force", 'f', NULL, false, "overwrite what is there" },
	{ "json", 0, NULL, false, "print JSON where that makes sense" },
	{ "passphrase-fd", 0, "N", false, "read passphrases from descriptor N, one per line" },
	{ "passphrase-file", 0, "FILE", false, "read them from a file that only you can read" },
	{ "now", 0, "TIME", false, "take this time, YYYY-MM-DDTHH:MM:SSZ, instead of the clock's" },
	{ "help", 'h', NULL, false, "explain this command" },
	{ NULL, 0, NULL, false, NULL }
};

size_t args_distance(const char *a, const char *b)
{
	size_t row[40], la = strlen(a), lb = strlen(b), i, j;

	if (la >= 40 || lb >= 40)
		return 40;
	for (j = 0; j <= lb; j++)
		row[j] = j;
	for (i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (j = 1; j <= lb; j++) {
			size_t swap = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);

			diagonal = row[j];
			row[j] = row[j] + 1 < swap ? row[j] + 1 : swap;
			if (row[j - 1] + 1 < row[j])
				row[j] = row[j - 1] + 1;
		}
	}
	return row[lb];
}

static const struct option_row *find_in(const struct option_row *rows, const char *name,
                                        size_t len, char letter)
{
	for (; rows != NULL && rows->name != NULL; rows++) {
		if (letter != 0 ? rows->letter == letter
		    : strlen(rows->name) == len && strncmp(rows->name, name, len) == 0)
			return rows;
	}
	return NULL;
}

static void advise(const struct option_row *rows, const char *name, const char **best,
                   size_t *distance)
{
	for (; rows != NULL && rows->name != NULL; rows++) {
		size_t d = args_distance(rows->name, name);

		if (d < *distance) {
			*distance = d;
			*best = rows->name;
		}
	}
}

static enum cot_err unknown(struct args *args, const char *text, const char *name,
                            const struct option_row *own)
{
	const char *best = NULL;
	size_t distance = 3;

	advise(own, name, &best, &distance);
	advise(args_common, name, &best, &distance);
	if (best != NULL)
		snprintf(args->why, sizeof(args->why), "there is no option %.60s; did you mean --%s?",
		         text, best);
	else
		snprintf(args->why, sizeof(args->why), "there is no option %.60s", text);
	return COT_E_USAGE;
}

static enum cot_err keep(struct args *args, const struct option_row *row, const char *value)
{
	if (!row->many && args_has(args, row->name)) {
		snprintf(args->why, sizeof(args->why), "--%s is given twice", row->name);
		return COT_E_USAGE;
	}
	if (args->given_count == ARGS_MAX) {
		snprintf(args->why, sizeof(args->why), "too many options");
		return COT_E_USAGE;
	}
	args->given[args->given_count].row = row;
	args->given[args->given_count++].value = value;
	return COT_OK;
}

/* One option at argv[*i]; moves *i over its value. */
static enum cot_err take_option(struct args *args, int argc, char **argv, int *i,
                                const struct option_row *own)
{
	const char *text = argv[*i];
	bool is_long = text[1] == '-';
	const char *name = text + (is_long ? 2 : 1), *equals = strchr(name, '=');
	size_t len = equals == NULL ? strlen(name) : (size_t)(equals - name);
	char letter = is_long ? 0 : name[0];
	const struct option_row *row = find_in(own, name, len, letter);
	const char *value = equals == NULL ? NULL : equals + 1;

	if (row == NULL)
		row = find_in(args_common, name, len, letter);
	if (row == NULL || (!is_long && name[1] != 0))
		return unknown(args, text, name, own);
	if (row->value == NULL && value != NULL) {
		snprintf(args->why, sizeof(args->why), "--%s takes no value", row->name);
		return COT_E_USAGE;
	}
	if (row->value != NULL && value == NULL) {
		if (*i + 1 >= argc) {
			snprintf(args->why, sizeof(args->why), "--%s needs a value: %s", row->name,
			         row->value);
			return COT_E_USAGE;
		}
		value = argv[++*i];
	}
	return keep(args, row, value);
}

enum cot_err args_parse(struct args *args, int argc, char **argv, const struct option_row *own)
{
	bool options = true;
	int i;

	memset(args, 0, sizeof(*args));
	for (i = 0; i < argc; i++) {
		enum cot_err err = COT_OK;

		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
		} else if (options && argv[i][0] == '-' && argv[i][1] != 0) {
			err = take_option(args, argc, argv, &i, own);
		} else if (args->pos_count == ARGS_MAX) {
			snprintf(args->why, sizeof(args->why), "too many arguments");
			err = COT_E_USAGE;
		} else {
			args->pos[args->pos_count++] = argv[i];
		}
		if (err != COT_OK)
			return err;
	}
	return COT_OK;
}

const char *args_nth(const struct args *args, const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < args->given_count; i++) {
		if (strcmp(args->given[i].row->name, name) == 0 && n-- == 0)
			return args->given[i].value == NULL ? "" : args->given[i].value;
	}
	return NULL;
}

const char *args_get(const struct args *args, const char *name)
{
	return args_nth(args, name, 0);
}

bool args_has(const struct args *args, const char *name)
{
	return args_nth(args, name, 0) != NULL;
}
