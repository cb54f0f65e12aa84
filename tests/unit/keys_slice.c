/* SPDX-License-Identifier: Apache-2.0
 *
 * keys/slice.c: comparison, order and clipping.
 */
#include "keys/slice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_make(void **state)
{
	struct cot_slice s = cot_slice_str("abc");

	(void)state;
	assert_int_equal(s.len, 3);
	assert_int_equal(cot_slice_str(NULL).len, 0);
	assert_int_equal(COT_SLICE("four").len, 4);
	assert_ptr_equal(cot_slice(s.ptr, 2).ptr, s.ptr);
}

static void test_equal(void **state)
{
	static const struct {
		const char *a, *b;
		int order; /* sign of a compared with b */
	} rows[] = {
		{ "", "", 0 },       { NULL, "", 0 },       { NULL, NULL, 0 },
		{ "a", "a", 0 },     { "a", "b", -1 },      { "b", "a", 1 },
		{ "a", "ab", -1 },   { "ab", "a", 1 },      { "", "a", -1 },
		{ "abc", "abd", -1 }, { "\x7f", "\x80", -1 }, { "root", "root.json", -1 }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cot_slice a = cot_slice_str(rows[i].a), b = cot_slice_str(rows[i].b);
		int order = cot_slice_cmp(a, b);

		assert_int_equal((order > 0) - (order < 0), rows[i].order);
		assert_int_equal(cot_slice_eq(a, b), rows[i].order == 0);
		assert_int_equal(cot_slice_is(a, rows[i].b), rows[i].order == 0);
	}
}

static void test_zero_byte_is_content(void **state)
{
	(void)state;
	assert_false(cot_slice_is(COT_SLICE("root\0x"), "root"));
	assert_false(cot_slice_eq(COT_SLICE("a\0b"), COT_SLICE("a\0c")));
	assert_true(cot_slice_eq(COT_SLICE("a\0b"), COT_SLICE("a\0b")));
}

static void test_sub_never_leaves_the_slice(void **state)
{
	struct cot_slice s = COT_SLICE("0123456789");
	size_t offset, len;

	(void)state;
	for (offset = 0; offset <= 12; offset++) {
		for (len = 0; len <= 12; len++) {
			struct cot_slice sub = cot_slice_sub(s, offset, len);
			size_t left = offset > s.len ? 0 : s.len - offset;

			assert_int_equal(sub.len, len < left ? len : left);
			assert_true(sub.ptr >= s.ptr && sub.ptr + sub.len <= s.ptr + s.len);
		}
	}
	assert_int_equal(cot_slice_sub(s, 3, SIZE_MAX).len, 7);
	assert_int_equal(cot_slice_sub(s, SIZE_MAX, SIZE_MAX).len, 0);
	assert_int_equal(cot_slice_sub(cot_slice(NULL, 0), 4, 4).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_zero_byte_is_content),
		cmocka_unit_test(test_sub_never_leaves_the_slice)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
