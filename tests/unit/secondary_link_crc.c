/* SPDX-License-Identifier: Apache-2.0
 *
 * CRC-32 against its published check value and zlib's for short inputs.
 */
#include "secondary/link/crc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
	const char *text;
	uint32_t crc;
} rows[] = {
	{ "", 0x00000000u },
	{ "a", 0xE8B7BE43u },
	{ "abc", 0x352441C2u },
	{ "123456789", 0xCBF43926u },
	{ "The quick brown fox jumps over the lazy dog", 0x414FA339u },
};

static void known_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(cot_crc32(0, cot_slice_str(rows[i].text)), rows[i].crc);
}

static void in_parts_as_at_once(void **state)
{
	struct cot_slice all = cot_slice_str(rows[4].text);

	(void)state;
	for (size_t cut = 0; cut <= all.len; cut++) {
		uint32_t crc = cot_crc32(0, cot_slice_sub(all, 0, cut));

		crc = cot_crc32(crc, cot_slice_sub(all, cut, all.len - cut));
		assert_int_equal(crc, rows[4].crc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_values),
		cmocka_unit_test(in_parts_as_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
