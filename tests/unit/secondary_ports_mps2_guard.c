/* SPDX-License-Identifier: Apache-2.0
 *
 * What the mps2 loader believes of an application: every edge, from both sides.
 */
#include "secondary/ports/mps2/guard.h"

#include "secondary/ports/mps2/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define RAM MPS2_APP_RAM
#define RAM_END (MPS2_APP_RAM + MPS2_APP_RAM_LEN)
#define KEY (MPS2_FLASH + MPS2_AT_IDENTITY + MPS2_AT_KEY)
#define LOADER_RAM 0x20200000u

struct row {
	uint32_t a, b;
	enum cot_err want;
};

static void try_rows(enum cot_err (*check)(uint32_t a, uint32_t b), const struct row *rows,
                     size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (check(rows[i].a, rows[i].b) != rows[i].want)
			fail_msg("row %zu: 0x%x, 0x%x", i, rows[i].a, rows[i].b);
	}
}
#define TRY(check, rows) try_rows(check, rows, sizeof(rows) / sizeof((rows)[0]))

static void memory_is_the_application_s_ram(void **state)
{
	static const struct row rows[] = {
		{ RAM, 1, COT_OK },
		{ RAM, MPS2_APP_RAM_LEN, COT_OK },
		{ RAM_END - 1, 1, COT_OK },
		{ RAM + 1, 49, COT_OK },
		{ RAM, 0, COT_OK },
		{ RAM_END, 0, COT_OK },
		{ RAM - 1, 1, COT_E_ARGUMENT },
		{ RAM - 1, 2, COT_E_ARGUMENT },
		{ RAM - 1, 0, COT_E_ARGUMENT },
		{ RAM, MPS2_APP_RAM_LEN + 1, COT_E_ARGUMENT },
		{ RAM_END - 1, 2, COT_E_ARGUMENT },
		{ RAM_END, 1, COT_E_ARGUMENT },
		{ RAM_END + 1, 0, COT_E_ARGUMENT },
		{ RAM, UINT32_MAX, COT_E_ARGUMENT },
		{ RAM + 16, UINT32_MAX - 15, COT_E_ARGUMENT },
		{ UINT32_MAX - 15, 16, COT_E_ARGUMENT },
		{ UINT32_MAX - 15, 64, COT_E_ARGUMENT },
		{ UINT32_MAX, 1, COT_E_ARGUMENT },
		{ 0, 1, COT_E_ARGUMENT },
		{ MPS2_RUN, 4, COT_E_ARGUMENT },
		{ LOADER_RAM, 4, COT_E_ARGUMENT },
		{ MPS2_FLASH, 4, COT_E_ARGUMENT },
		{ KEY, 4, COT_E_ARGUMENT }
	};

	(void)state;
	TRY(mps2_check_memory, rows);
}

static void a_frame_is_whole_and_the_application_s(void **state)
{
	static const struct row rows[] = {
		{ RAM, MPS2_FROM_APP, COT_OK },
		{ RAM + 4, MPS2_FROM_APP, COT_OK },
		{ RAM_END - 32, MPS2_FROM_APP, COT_OK },
		{ RAM_END - 28, MPS2_FROM_APP, COT_E_ARGUMENT },
		{ RAM - 4, MPS2_FROM_APP, COT_E_ARGUMENT },
		{ RAM + 2, MPS2_FROM_APP, COT_E_ARGUMENT },
		{ KEY, MPS2_FROM_APP, COT_E_ARGUMENT },
		{ LOADER_RAM, MPS2_FROM_APP, COT_E_ARGUMENT },
		{ 0x40005000u, MPS2_FROM_APP, COT_E_ARGUMENT },
		{ 0, MPS2_FROM_APP, COT_E_ARGUMENT },
		{ UINT32_MAX - 15, MPS2_FROM_APP, COT_E_ARGUMENT },
		{ RAM, 0xFFFFFFF1u, COT_E_ARGUMENT },
		{ RAM, 0xFFFFFFF9u, COT_E_ARGUMENT },
		{ RAM, 0, COT_E_ARGUMENT }
	};

	(void)state;
	TRY(mps2_check_frame, rows);
}

static void programming_stays_in_the_page(void **state)
{
	static const struct row rows[] = {
		{ 0, MPS2_UNIT, COT_OK },
		{ 0, MPS2_APP_LEN, COT_OK },
		{ MPS2_APP_LEN - MPS2_UNIT, MPS2_UNIT, COT_OK },
		{ 0, 0, COT_E_ARGUMENT },
		{ 0, 1, COT_E_ARGUMENT },
		{ 0, MPS2_UNIT + 4, COT_E_ARGUMENT },
		{ 4, MPS2_UNIT, COT_E_ARGUMENT },
		{ 0, MPS2_APP_LEN + MPS2_UNIT, COT_E_ARGUMENT },
		{ MPS2_UNIT, MPS2_APP_LEN, COT_E_ARGUMENT },
		{ MPS2_APP_LEN, MPS2_UNIT, COT_E_ARGUMENT },
		{ MPS2_APP_LEN, 0, COT_E_ARGUMENT },
		{ UINT32_MAX - 7, MPS2_UNIT, COT_E_ARGUMENT },
		{ MPS2_UNIT, UINT32_MAX - 7, COT_E_ARGUMENT },
		/* from here to the state, the seed and the identity, by wrapping around */
		{ 0u - MPS2_STATE_LEN, MPS2_UNIT, COT_E_ARGUMENT },
		{ MPS2_AT_SEED - MPS2_AT_APP, MPS2_UNIT, COT_E_ARGUMENT },
		{ MPS2_AT_IDENTITY - MPS2_AT_APP, MPS2_UNIT, COT_E_ARGUMENT }
	};

	(void)state;
	TRY(mps2_check_program, rows);
}

static void reports_come_once_a_second(void **state)
{
	(void)state;
	assert_int_equal(mps2_check_report(0, 0), COT_E_BUSY);
	assert_int_equal(mps2_check_report(MPS2_REPORT_MS - 1, 0), COT_E_BUSY);
	assert_int_equal(mps2_check_report(MPS2_REPORT_MS, 0), COT_OK);
	assert_int_equal(mps2_check_report(90000, 90000), COT_E_BUSY);
	assert_int_equal(mps2_check_report(90000 + MPS2_REPORT_MS - 1, 90000), COT_E_BUSY);
	assert_int_equal(mps2_check_report(90000 + MPS2_REPORT_MS, 90000), COT_OK);
	assert_int_equal(mps2_check_report(UINT64_C(1) << 40, 90000), COT_OK);
}

static void an_image_is_one_for_this_board(void **state)
{
	static const struct row rows[] = {
		{ RAM_END, MPS2_RUN + 9, COT_OK },
		{ RAM + 32, MPS2_RUN + 1, COT_OK },
		{ RAM_END, MPS2_RUN + MPS2_RUN_LEN - 1, COT_OK },
		{ RAM_END + 8, MPS2_RUN + 9, COT_E_UNSUPPORTED },
		{ RAM_END - 4, MPS2_RUN + 9, COT_E_UNSUPPORTED },
		{ RAM + 24, MPS2_RUN + 9, COT_E_UNSUPPORTED },
		{ RAM, MPS2_RUN + 9, COT_E_UNSUPPORTED },
		{ 0, MPS2_RUN + 9, COT_E_UNSUPPORTED },
		{ LOADER_RAM + 0x2000u, MPS2_RUN + 9, COT_E_UNSUPPORTED },
		{ UINT32_MAX - 7, MPS2_RUN + 9, COT_E_UNSUPPORTED },
		{ RAM_END, MPS2_RUN + 8, COT_E_UNSUPPORTED },
		{ RAM_END, MPS2_RUN - 1, COT_E_UNSUPPORTED },
		{ RAM_END, MPS2_RUN + MPS2_RUN_LEN + 1, COT_E_UNSUPPORTED },
		{ RAM_END, 1, COT_E_UNSUPPORTED },
		{ RAM_END, RAM + 1, COT_E_UNSUPPORTED },
		{ RAM_END, UINT32_MAX, COT_E_UNSUPPORTED }
	};

	(void)state;
	TRY(mps2_check_image, rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_the_application_s_ram),
		cmocka_unit_test(a_frame_is_whole_and_the_application_s),
		cmocka_unit_test(programming_stays_in_the_page),
		cmocka_unit_test(reports_come_once_a_second),
		cmocka_unit_test(an_image_is_one_for_this_board),
	};

	return cmocka_run_group_tests_name("secondary_ports_mps2_guard", tests, NULL, NULL);
}
