/* SPDX-License-Identifier: Apache-2.0
 *
 * keys/error_text.c: every code has its own sentence and its exit status, and
 * words lead back to codes.
 */
#include "keys/error.h"

#include <stdbool.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Numbers are found by trying them, so a new code without a row in the table
 * shows as a hole between its neighbours; ranges come from error.h. */
static const struct {
	int first, last;
} ranges[] = { { -1, -12 },    { -20, -35 },   { -40, -53 },  { -60, -72 },
	       { -80, -90 },   { -100, -109 }, { -120, -139 } };

#define RANGES (sizeof(ranges) / sizeof(ranges[0]))
#define LOWEST (-200)

static bool known(int code)
{
	size_t i;

	for (i = 0; i < RANGES; i++) {
		if (code <= ranges[i].first && code >= ranges[i].last)
			return true;
	}
	return code == COT_OK || code == COT_PENDING;
}

static void test_every_code_has_a_row(void **state)
{
	int code;

	(void)state;
	for (code = 10; code >= LOWEST; code--) {
		bool told = strcmp(cot_err_sentence((enum cot_err)code),
		                   cot_err_sentence((enum cot_err)LOWEST)) != 0;

		assert_int_equal(told, known(code));
		if (known(code))
			assert_int_equal(cot_err_from_word(cot_err_word((enum cot_err)code)), code);
		else
			assert_int_equal(cot_err_exit((enum cot_err)code), COT_EXIT_FAILURE);
	}
}

static void test_sentences_read_well(void **state)
{
	int code;

	(void)state;
	for (code = 10; code >= LOWEST; code--) {
		const char *sentence = cot_err_sentence((enum cot_err)code);
		const char *hint = cot_err_hint((enum cot_err)code);
		size_t len = strlen(sentence);

		assert_non_null(hint);
		assert_true(len >= 4 && sentence[len - 1] != '.');
		assert_true(hint[0] == 0 || hint[strlen(hint) - 1] != '.');
		assert_true(strchr(sentence, '\n') == NULL && strchr(hint, '\n') == NULL);
	}
}

static void test_sentences_are_unique(void **state)
{
	int a, b;

	(void)state;
	for (a = 1; a >= LOWEST; a--) {
		for (b = a - 1; known(a) && b >= LOWEST; b--) {
			if (!known(b))
				continue;
			assert_string_not_equal(cot_err_sentence((enum cot_err)a),
			                        cot_err_sentence((enum cot_err)b));
		}
	}
}

static void test_exit_codes(void **state)
{
	static const struct {
		enum cot_err err;
		enum cot_exit status;
	} rows[] = {
		{ COT_OK, COT_EXIT_DONE },
		{ COT_E_SIG_THRESHOLD, COT_EXIT_REFUSED },
		{ COT_E_MALFORMED, COT_EXIT_REFUSED },
		{ COT_E_HASH_MISMATCH, COT_EXIT_REFUSED },
		{ COT_E_MIX_AND_MATCH, COT_EXIT_REFUSED },
		{ COT_E_EXPIRED, COT_EXIT_EXPIRED },
		{ COT_E_ROLLBACK, COT_EXIT_ROLLBACK },
		{ COT_E_SAME_VERSION, COT_EXIT_ROLLBACK },
		{ COT_E_VERSION_SKIP, COT_EXIT_ROLLBACK },
		{ COT_E_FILE_REMOVED, COT_EXIT_ROLLBACK },
		{ COT_E_COUNTER, COT_EXIT_ROLLBACK },
		{ COT_E_TIME_ROLLBACK, COT_EXIT_ROLLBACK },
		{ COT_E_REPO_MISMATCH, COT_EXIT_DISAGREE },
		{ COT_E_NOT_IN_IMAGE, COT_EXIT_DISAGREE },
		{ COT_E_ECU_SILENT, COT_EXIT_ECU },
		{ COT_E_ECU_NAK, COT_EXIT_ECU },
		{ COT_E_USAGE, COT_EXIT_USAGE },
		{ COT_E_NO_INPUT, COT_EXIT_NO_INPUT },
		{ COT_E_IO, COT_EXIT_IO },
		{ COT_E_FLASH, COT_EXIT_IO },
		{ COT_E_STORE, COT_EXIT_IO },
		{ COT_E_NO_SPACE, COT_EXIT_IO },
		{ COT_E_PERMISSION, COT_EXIT_PERMISSION },
		{ COT_E_CONFIG, COT_EXIT_CONFIG },
		{ COT_E_UNREACHABLE, COT_EXIT_UNREACHABLE },
		{ COT_E_TLS, COT_EXIT_UNREACHABLE },
		{ COT_E_SLOW, COT_EXIT_TEMPORARY },
		{ COT_E_NO_TIME, COT_EXIT_TEMPORARY },
		{ COT_E_TRIAL, COT_EXIT_PRECONDITION },
		{ COT_E_NOT_FOUND, COT_EXIT_NOT_FOUND }
	};
	size_t i;
	int code;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(cot_err_exit(rows[i].err), rows[i].status);
	/* No refusal may look like a success to a shell script. */
	for (code = -1; code >= LOWEST; code--) {
		enum cot_exit status = cot_err_exit((enum cot_err)code);

		assert_true(status != COT_EXIT_DONE && status != COT_EXIT_NOTHING &&
		            status != COT_EXIT_REBOOT);
	}
}

static void test_unknown_words(void **state)
{
	(void)state;
	assert_int_equal(cot_err_from_word("rollback"), COT_E_ROLLBACK);
	assert_int_equal(cot_err_from_word("rollbac"), COT_E_NOT_FOUND);
	assert_int_equal(cot_err_from_word("rollbackx"), COT_E_NOT_FOUND);
	assert_int_equal(cot_err_from_word(""), COT_E_NOT_FOUND);
	assert_int_equal(cot_err_from_word(NULL), COT_E_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_code_has_a_row),
		cmocka_unit_test(test_sentences_read_well),
		cmocka_unit_test(test_sentences_are_unique),
		cmocka_unit_test(test_exit_codes),
		cmocka_unit_test(test_unknown_words)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
