/* SPDX-License-Identifier: Apache-2.0
 *
 * Crashes in a row on the mps2 board: counts, what ends a row, and memory that holds
 * anything.
 */
#include "secondary/ports/mps2/crash.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void the_third_in_a_row_is_a_loop(void **state)
{
	struct mps2_crashes c = { 0, 0 };
	int round;

	(void)state;
	for (round = 0; round < 3; round++) {
		assert_false(mps2_crash_loop(&c));
		mps2_crash_count(&c, 0);
		assert_false(mps2_crash_loop(&c));
		mps2_crash_count(&c, MPS2_CRASH_ROW - 1);
		assert_false(mps2_crash_loop(&c));
		mps2_crash_count(&c, 5);
		assert_true(mps2_crash_loop(&c)); /* once */
	}
	assert_false(mps2_crash_loop(&c));
}

static void a_long_run_begins_anew(void **state)
{
	static const uint32_t runs[] = { MPS2_CRASH_ROW, 1u << 31, UINT32_MAX };
	struct mps2_crashes c = { 0, 0 };
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		mps2_crash_count(&c, 0);
		mps2_crash_count(&c, 0);
		mps2_crash_count(&c, runs[i]);
		assert_false(mps2_crash_loop(&c));
		for (n = 1; n < MPS2_CRASHES; n++) {
			mps2_crash_count(&c, 0);
			assert_false(mps2_crash_loop(&c));
		}
		mps2_crash_count(&c, 0);
		assert_true(mps2_crash_loop(&c));
	}
}

static void a_reset_that_was_asked_for_begins_anew(void **state)
{
	struct mps2_crashes c = { 0, 0 };
	uint32_t i;

	(void)state;
	for (i = 0; i < MPS2_CRASHES; i++) {
		mps2_crash_count(&c, 0);
		mps2_crash_count(&c, 0);
		mps2_crash_forget(&c);
		assert_false(mps2_crash_loop(&c));
	}
}

/* Nobody asks between the third crash and a fourth: it is told once, and not lost. */
static void more_than_three_are_a_loop_too(void **state)
{
	struct mps2_crashes c = { 0, 0 };
	int i;

	(void)state;
	for (i = 0; i < 9; i++)
		mps2_crash_count(&c, 0);
	assert_true(mps2_crash_loop(&c));
	assert_false(mps2_crash_loop(&c));
}

/* What memory holds after power on, and each single bit of a count that turned. */
static void other_memory_is_no_crash(void **state)
{
	static const struct mps2_crashes anything[] = {
		{ 0, 0 }, { UINT32_MAX, UINT32_MAX }, { 0, UINT32_MAX }, { UINT32_MAX, 0 },
		{ 0x55555555u, 0xAAAAAAAAu }, { MAGIC, MAGIC }, { MAGIC ^ 3u, 0 },
		{ MAGIC ^ 4u, ~(MAGIC ^ 4u) }, { ~(MAGIC ^ 3u), MAGIC ^ 3u }
	};
	struct mps2_crashes c;
	uint32_t bit;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(anything) / sizeof(anything[0]); i++) {
		c = anything[i];
		assert_false(mps2_crash_loop(&c));
		mps2_crash_count(&c, 0);
		mps2_crash_count(&c, 0);
		assert_false(mps2_crash_loop(&c));
		mps2_crash_count(&c, 0);
		assert_true(mps2_crash_loop(&c));
	}
	for (bit = 0; bit < 64; bit++) {
		c = (struct mps2_crashes){ 0, 0 };
		for (i = 0; i < MPS2_CRASHES; i++)
			mps2_crash_count(&c, 0);
		*(bit < 32 ? &c.word : &c.check) ^= 1u << bit % 32u;
		assert_false(mps2_crash_loop(&c));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_third_in_a_row_is_a_loop),
		cmocka_unit_test(a_long_run_begins_anew),
		cmocka_unit_test(a_reset_that_was_asked_for_begins_anew),
		cmocka_unit_test(more_than_three_are_a_loop_too),
		cmocka_unit_test(other_memory_is_no_crash),
	};

	return cmocka_run_group_tests_name("secondary_ports_mps2_crash", tests, NULL, NULL);
}
