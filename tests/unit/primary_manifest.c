/* SPDX-License-Identifier: Apache-2.0
 *
 * What the gateway tells the Director it has seen.
 */
#include "primary/manifest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void attack_words(void **state)
{
	static const struct {
		enum cot_err last;
		const char *word;
	} rows[] = {
		{ COT_OK, "" },
		{ COT_E_ROLLBACK, "rollback" },
		{ COT_E_EXPIRED, "expired" },
		{ COT_E_SIG_THRESHOLD, "sig_threshold" },
		{ COT_E_NOT_IN_IMAGE, "not_in_image" },
		{ COT_E_LENGTH_EXCEEDED, "length_exceeded" },
		{ COT_E_SLOW, "slow" },
		{ COT_E_NO_TIME, "no_time" },
		{ COT_E_TIME_NONCE, "time_replay" },
		/* Not seen as attacks: the line, the disk, an ECU that is off. */
		{ COT_E_UNREACHABLE, "" },
		{ COT_E_NO_SPACE, "" },
		{ COT_E_ECU_SILENT, "" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(cot_manifest_attack(rows[i].last), rows[i].word);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(attack_words) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
