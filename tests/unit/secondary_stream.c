/* SPDX-License-Identifier: Apache-2.0
 *
 * The flash stream: pieces of any length become whole units, never beyond the end.
 */
#include "secondary/stream.h"

#include "tests/sim/flash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void pieces_of_any_length(void **state)
{
	uint8_t data[3000];
	size_t piece, at, len;

	(void)state;
	for (at = 0; at < sizeof(data); at++)
		data[at] = (uint8_t)(at * 7);
	for (piece = 1; piece < 70; piece++) {
		struct cot_flash_stream s;
		struct sim_flash f;

		sim_flash_init(&f, &sim_flash_posix);
		cot_flash_stream_init(&s, &f.flash, COT_REGION_SLOT_A, 4096 - 64, 4096 + 3000);
		for (at = 0; at < sizeof(data); at += len) {
			len = sizeof(data) - at < piece ? sizeof(data) - at : piece;
			assert_int_equal(cot_flash_stream_write(&s, cot_slice(data + at, len)),
			                 COT_OK);
		}
		assert_int_equal(cot_flash_stream_finish(&s), COT_OK);
		assert_memory_equal(f.mem[COT_REGION_SLOT_A] + 4096 - 64, data, sizeof(data));
		assert_int_equal(f.mem[COT_REGION_SLOT_A][4096 - 64 + 3000], 0xFF);
		sim_flash_free(&f);
	}
}

static void nothing_beyond_the_end(void **state)
{
	uint8_t data[64] = { 0 };
	struct cot_flash_stream s;
	struct sim_flash f;

	(void)state;
	sim_flash_init(&f, &sim_flash_posix);
	cot_flash_stream_init(&s, &f.flash, COT_REGION_SLOT_A, 0, 32);
	assert_int_equal(cot_flash_stream_write(&s, cot_slice(data, 33)), COT_E_LIMIT);
	assert_int_equal(cot_flash_stream_write(&s, cot_slice(data, 5)), COT_OK);
	assert_int_equal(cot_flash_stream_write(&s, cot_slice(data, 28)), COT_E_LIMIT);
	assert_int_equal(f.ops, 0);
	assert_int_equal(cot_flash_stream_write(&s, cot_slice(data, 27)), COT_OK);
	assert_int_equal(cot_flash_stream_write(&s, cot_slice(data, 1)), COT_E_LIMIT);
	assert_int_equal(cot_flash_stream_write(&s, cot_slice(data, 0)), COT_OK);
	sim_flash_free(&f);
}

static void nothing_outside_the_region(void **state)
{
	uint8_t data[8] = { 0 };
	struct sim_flash f;
	bool blank;

	(void)state;
	sim_flash_init(&f, &sim_flash_posix);
	assert_int_equal(cot_flash_read(&f.flash, COT_REGION_APP, 4090, data, 8), COT_E_FLASH);
	assert_int_equal(cot_flash_read(&f.flash, COT_REGION_APP, UINT32_MAX, data, 8),
	                 COT_E_FLASH);
	assert_int_equal(cot_flash_program(&f.flash, COT_REGION_APP, 4096, cot_slice(data, 8)),
	                 COT_E_FLASH);
	assert_int_equal(cot_flash_erase(&f.flash, COT_REGION_APP, 4096), COT_E_FLASH);
	assert_int_equal(cot_flash_blank(&f.flash, COT_REGION_APP, 1, 4096, &blank), COT_E_FLASH);
	assert_int_equal(f.ops, 0);
	assert_int_equal(cot_flash_round_up(0, 8), 0);
	assert_int_equal(cot_flash_round_up(9, 8), 16);
	sim_flash_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_of_any_length),
		cmocka_unit_test(nothing_beyond_the_end),
		cmocka_unit_test(nothing_outside_the_region),
	};

	return cmocka_run_group_tests_name("secondary_stream", tests, NULL, NULL);
}
