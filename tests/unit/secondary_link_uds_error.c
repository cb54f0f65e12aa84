/* SPDX-License-Identifier: Apache-2.0
 *
 * Refusals on the bus: the code a workshop tool sees, and the number that says
 * exactly which it was.
 */
#include "secondary/link/uds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
	enum cot_err err;
	uint8_t nrc;
} rows[] = {
	{ COT_OK, COT_NRC_NONE },
	{ COT_PENDING, COT_NRC_PENDING },
	{ COT_E_ARGUMENT, COT_NRC_RANGE },
	{ COT_E_BUSY, COT_NRC_BUSY },
	{ COT_E_SEQUENCE, COT_NRC_SEQUENCE },
	{ COT_E_UNSUPPORTED, COT_NRC_SERVICE },
	{ COT_E_BUFFER, COT_NRC_TOO_LONG },
	{ COT_E_INTERNAL, COT_NRC_REJECT },
	{ COT_E_MALFORMED, COT_NRC_DENIED },
	{ COT_E_SIG_THRESHOLD, COT_NRC_DENIED },
	{ COT_E_ROLLBACK, COT_NRC_DENIED },
	{ COT_E_EXPIRED, COT_NRC_DENIED },
	{ COT_E_HASH_MISMATCH, COT_NRC_DENIED },
	{ COT_E_FLASH, COT_NRC_PROGRAMMING },
	{ COT_E_SLOT_SIZE, COT_NRC_NOT_ACCEPTED },
	{ COT_E_DOCUMENT_SIZE, COT_NRC_NOT_ACCEPTED },
	{ COT_E_FRAME, COT_NRC_LENGTH },
	{ COT_E_LINK, COT_NRC_REJECT },
	{ COT_E_NO_TIME, COT_NRC_CONDITIONS },
	{ COT_E_TRIAL, COT_NRC_CONDITIONS },
	{ COT_E_PRECONDITION, COT_NRC_CONDITIONS },
	{ COT_E_BUDGET, COT_NRC_CONDITIONS },
	{ COT_E_NOT_ORDERED, COT_NRC_NOT_ACCEPTED },
	{ COT_E_METHOD, COT_NRC_NOT_ACCEPTED },
	{ COT_E_NOT_STAGED, COT_NRC_SEQUENCE },
	{ COT_E_ECU_UNKNOWN, COT_NRC_RANGE },
	{ COT_E_HWID, COT_NRC_DENIED },
	{ COT_E_TIME_ROLLBACK, COT_NRC_DENIED },
};

static void errors_to_codes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(cot_uds_nrc_of(rows[i].err), rows[i].nrc);
}

/* No refusal may look like success, or like work in progress, to either end. */
static void no_refusal_reads_as_success(void **state)
{
	(void)state;
	for (int err = COT_E_NOT_STAGED; err < 0; err++) {
		uint8_t nrc = (uint8_t)cot_uds_nrc_of((enum cot_err)err);

		assert_true(nrc != COT_NRC_NONE && nrc != COT_NRC_PENDING);
	}
	for (unsigned int nrc = 1; nrc < 256; nrc++) {
		enum cot_err err = cot_uds_err_of((uint8_t)nrc);

		assert_true(nrc == COT_NRC_PENDING ? err == COT_PENDING : err < 0);
	}
	assert_int_equal(cot_uds_err_of(COT_NRC_NONE), COT_OK);
	assert_int_equal(cot_uds_err_of(COT_NRC_BUSY), COT_E_BUSY);
	assert_int_equal(cot_uds_err_of(COT_NRC_CONDITIONS), COT_E_PRECONDITION);
	assert_int_equal(cot_uds_err_of(COT_NRC_DENIED), COT_E_ECU_NAK);
	assert_int_equal(cot_uds_err_of(0xAB), COT_E_ECU_NAK);
}

static void numbers_travel(void **state)
{
	static const uint8_t unknown[][2] = { { 0x00, 0x02 }, { 0x7F, 0xFF }, { 0x80, 0x00 },
		                              { 0xFE, 0x00 }, { 0xFF, 0x74 } };
	uint8_t bytes[2];

	(void)state;
	for (int err = COT_E_NOT_STAGED; err <= COT_PENDING; err++) {
		cot_uds_put_err(bytes, (enum cot_err)err);
		assert_int_equal(cot_uds_get_err(bytes), err);
	}
	cot_uds_put_err(bytes, COT_E_ROLLBACK);
	assert_memory_equal(bytes, "\xFF\xC4", 2);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_int_equal(cot_uds_get_err(unknown[i]), COT_E_ECU_NAK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_to_codes),
		cmocka_unit_test(no_refusal_reads_as_success),
		cmocka_unit_test(numbers_travel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
