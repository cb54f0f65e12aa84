/* SPDX-License-Identifier: Apache-2.0
 *
 * Command lines: what is taken, what is refused and with which advice.
 */
#include "repo-tools/args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct option_row own[] = {
	{ "key", 'k', "KEY", true, "" },
	{ "name", 0, "NAME", false, "" },
	{ "draft", 'd', NULL, false, "" },
	{ NULL, 0, NULL, false, NULL }
};

static enum cot_err parse(struct args *args, const char *line)
{
	static char copy[256];
	char *argv[32], *at;
	int argc = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	for (at = copy; *at != 0 && argc < 32;) {
		argv[argc++] = at;
		at += strcspn(at, " ");
		if (*at != 0)
			*at++ = 0;
	}
	return args_parse(args, argc, argv, own);
}

static void test_taken(void **state)
{
	struct args a;

	(void)state;
	assert_int_equal(parse(&a, "one --key a two -k b --key=c --name=x=y -d - -- --force"),
	                 COT_OK);
	assert_int_equal(a.pos_count, 4);
	assert_string_equal(a.pos[0], "one");
	assert_string_equal(a.pos[1], "two");
	assert_string_equal(a.pos[2], "-");
	assert_string_equal(a.pos[3], "--force");
	assert_string_equal(args_nth(&a, "key", 0), "a");
	assert_string_equal(args_nth(&a, "key", 1), "b");
	assert_string_equal(args_nth(&a, "key", 2), "c");
	assert_null(args_nth(&a, "key", 3));
	assert_string_equal(args_get(&a, "name"), "x=y");
	assert_true(args_has(&a, "draft"));
	assert_false(args_has(&a, "force"));
}

static void test_common(void **state)
{
	struct args a;

	(void)state;
	assert_int_equal(parse(&a, "-C folder -y --force --now 2030-01-01T00:00:00Z"), COT_OK);
	assert_string_equal(args_get(&a, "dir"), "folder");
	assert_true(args_has(&a, "yes") && args_has(&a, "force"));
	/* Values may look like options. */
	assert_int_equal(parse(&a, "--name --force"), COT_OK);
	assert_string_equal(args_get(&a, "name"), "--force");
	assert_false(args_has(&a, "force"));
}

static void test_refused(void **state)
{
	static const struct {
		const char *line, *why;
	} rows[] = {
		{ "--keys a", "did you mean --key?" },
		{ "--forse", "did you mean --force?" },
		{ "--zzzzzzzz", "there is no option --zzzzzzzz" },
		{ "-x", "there is no option -x" },
		{ "-kd a", "there is no option -kd" },
		{ "--key", "--key needs a value: KEY" },
		{ "--draft=yes", "--draft takes no value" },
		{ "--name a --name b", "--name is given twice" },
		{ "-y --yes", "--yes is given twice" }
	};
	struct args a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(parse(&a, rows[i].line), COT_E_USAGE);
		if (strstr(a.why, rows[i].why) == NULL)
			fail_msg("%s: %s", rows[i].line, a.why);
	}
}

static void test_too_many(void **state)
{
	char *argv[2 * ARGS_MAX + 2];
	char word[] = "x", option[] = "--key=x";
	struct args a;
	int i;

	(void)state;
	for (i = 0; i < ARGS_MAX + 1; i++)
		argv[i] = word;
	assert_int_equal(args_parse(&a, ARGS_MAX, argv, own), COT_OK);
	assert_int_equal(args_parse(&a, ARGS_MAX + 1, argv, own), COT_E_USAGE);
	for (i = 0; i < ARGS_MAX + 1; i++)
		argv[i] = option;
	assert_int_equal(args_parse(&a, ARGS_MAX, argv, own), COT_OK);
	assert_int_equal(args_parse(&a, ARGS_MAX + 1, argv, own), COT_E_USAGE);
}

static void test_distance(void **state)
{
	(void)state;
	assert_int_equal(args_distance("", ""), 0);
	assert_int_equal(args_distance("publish", "publish"), 0);
	assert_int_equal(args_distance("publish", "publsh"), 1);
	assert_int_equal(args_distance("sign", "sing"), 2);
	assert_int_equal(args_distance("abc", ""), 3);
	assert_int_equal(args_distance("a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_common),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_distance)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
