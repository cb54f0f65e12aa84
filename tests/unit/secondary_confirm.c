/* SPDX-License-Identifier: Apache-2.0
 *
 * The confirm record: whole or not there.
 */
#include "secondary/confirm.h"

#include "tests/sim/flash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct cot_confirm sample = { 1, { 1, 2, 3 }, { 4, 5, 6 } };

static void written_is_read(void **state)
{
	struct cot_confirm got;
	struct sim_flash f;

	(void)state;
	sim_flash_init(&f, &sim_flash_posix);
	assert_int_equal(cot_confirm_read(&f.flash, &got), COT_E_NOT_FOUND);
	assert_int_equal(cot_confirm_write(&f.flash, &sample), COT_OK);
	assert_int_equal(cot_confirm_read(&f.flash, &got), COT_OK);
	assert_int_equal(got.slot, 1);
	assert_memory_equal(got.sha256, sample.sha256, sizeof(got.sha256));
	assert_memory_equal(got.trial, sample.trial, sizeof(got.trial));
	assert_int_equal(cot_confirm_erase(&f.flash), COT_OK);
	assert_int_equal(cot_confirm_read(&f.flash, &got), COT_E_NOT_FOUND);
	sim_flash_free(&f);
}

static void any_changed_bit_is_no_record(void **state)
{
	struct cot_confirm got;
	struct sim_flash f;
	size_t bit;

	(void)state;
	sim_flash_init(&f, &sim_flash_posix);
	assert_int_equal(cot_confirm_write(&f.flash, &sample), COT_OK);
	for (bit = 0; bit < COT_CONFIRM_LEN * 8; bit++) {
		f.mem[COT_REGION_APP][bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(cot_confirm_read(&f.flash, &got), COT_E_NOT_FOUND);
		f.mem[COT_REGION_APP][bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	sim_flash_free(&f);
}

static void dead_flash_is_told(void **state)
{
	struct sim_flash f;

	(void)state;
	sim_flash_init(&f, &sim_flash_posix);
	f.dead = 1u << COT_REGION_APP;
	assert_int_equal(cot_confirm_write(&f.flash, &sample), COT_E_FLASH);
	assert_int_equal(cot_confirm_erase(&f.flash), COT_E_FLASH);
	sim_flash_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written_is_read),
		cmocka_unit_test(any_changed_bit_is_no_record),
		cmocka_unit_test(dead_flash_is_told),
	};

	return cmocka_run_group_tests_name("secondary_confirm", tests, NULL, NULL);
}
