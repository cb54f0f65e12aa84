/* SPDX-License-Identifier: Apache-2.0
 *
 * Walking through checked JSON, and that on any other bytes the walk stays inside
 * the slice and ends.
 */
#include "metadata/json.h"
#include "tests/sim/edit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DOC "{\"a\":[1,\"x,]\\\"\",{\"b\":{}},[]],\"b\":\"t\",\"n\":42,\"o\":{\"p\":-1,\"q\":[{\"r\":0}]},\"t\":true}"

static void types(void **state)
{
	static const struct {
		const char *text;
		enum cot_json_type type;
	} rows[] = {
		{ "", COT_JSON_NONE }, { "{}", COT_JSON_OBJECT }, { "[]", COT_JSON_ARRAY },
		{ "\"\"", COT_JSON_STRING }, { "0", COT_JSON_NUMBER }, { "-1", COT_JSON_NUMBER },
		{ "true", COT_JSON_TRUE }, { "false", COT_JSON_FALSE }, { "null", COT_JSON_NULL }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(cot_json_type(cot_slice_str(rows[i].text)), rows[i].type);
}

static void members_in_order(void **state)
{
	static const struct {
		const char *name, *value;
	} rows[] = {
		{ "a", "[1,\"x,]\\\"\",{\"b\":{}},[]]" }, { "b", "\"t\"" }, { "n", "42" },
		{ "o", "{\"p\":-1,\"q\":[{\"r\":0}]}" }, { "t", "true" }
	};
	struct cot_slice name, value;
	struct cot_json_iter it;
	size_t i;

	(void)state;
	assert_int_equal(cot_json_object(COT_SLICE(DOC), &it), COT_OK);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(cot_json_next_member(&it, &name, &value));
		assert_true(cot_slice_is(name, rows[i].name));
		assert_true(cot_slice_is(value, rows[i].value));
		assert_int_equal(cot_json_member(COT_SLICE(DOC), rows[i].name, &value), COT_OK);
		assert_true(cot_slice_is(value, rows[i].value));
	}
	assert_false(cot_json_next_member(&it, &name, &value));
	assert_false(cot_json_next_member(&it, &name, &value));
}

static void elements_in_order(void **state)
{
	static const char *const rows[] = { "1", "\"x,]\\\"\"", "{\"b\":{}}", "[]" };
	struct cot_slice array, value;
	struct cot_json_iter it;
	size_t i;

	(void)state;
	assert_int_equal(cot_json_member(COT_SLICE(DOC), "a", &array), COT_OK);
	assert_int_equal(cot_json_array(array, &it), COT_OK);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(cot_json_next_element(&it, &value));
		assert_true(cot_slice_is(value, rows[i]));
	}
	assert_false(cot_json_next_element(&it, &value));
	assert_int_equal(cot_json_array(COT_SLICE("[]"), &it), COT_OK);
	assert_false(cot_json_next_element(&it, &value));
}

/* A member deeper down, or a string that looks like one, is not found. */
static void missing(void **state)
{
	static const char *const names[] = { "p", "r", "x", "", "aa", "t\"", "x,]\\\"" };
	struct cot_slice value;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(cot_json_member(COT_SLICE(DOC), names[i], &value),
		                 COT_E_MISSING);
		assert_int_equal(value.len, 0);
	}
	assert_int_equal(cot_json_member(COT_SLICE("[1]"), "a", &value), COT_E_TYPE);
	assert_int_equal(cot_json_member(cot_slice(NULL, 0), "a", &value), COT_E_TYPE);
}

static void integers(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		enum cot_err err;
		uint64_t value;
	} rows[] = {
		{ "0", 0, COT_OK, 0 }, { "1", 0, COT_E_NUMBER, 0 },
		{ "2147483647", 2147483647, COT_OK, 2147483647 },
		{ "2147483648", 2147483647, COT_E_NUMBER, 0 },
		{ "18446744073709551615", UINT64_MAX, COT_OK, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, COT_E_NUMBER, 0 },
		{ "184467440737095516150", UINT64_MAX, COT_E_NUMBER, 0 },
		{ "-1", 9, COT_E_NUMBER, 0 }, { "-0", 9, COT_E_NUMBER, 0 },
		{ "1.0", 9, COT_E_NUMBER, 0 }, { "1e0", 9, COT_E_NUMBER, 0 },
		{ "0.0", 9, COT_E_NUMBER, 0 }, { "0e0", 9, COT_E_NUMBER, 0 },
		{ "\"1\"", 9, COT_E_TYPE, 0 }, { "true", 9, COT_E_TYPE, 0 },
		{ "null", 9, COT_E_TYPE, 0 }, { "[1]", 9, COT_E_TYPE, 0 },
		{ "{}", 9, COT_E_TYPE, 0 }, { "", 9, COT_E_TYPE, 0 }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t value = 4711;

		if (cot_json_uint(cot_slice_str(rows[i].text), rows[i].max, &value) != rows[i].err)
			fail_msg("%s", rows[i].text);
		assert_int_equal(value, rows[i].err == COT_OK ? rows[i].value : 4711);
	}
}

static void typed(void **state)
{
	struct cot_slice doc = COT_SLICE(DOC), text = { NULL, 0 };
	struct cot_json_iter it;
	uint64_t n = 4711;
	bool b = false;

	(void)state;
	assert_int_equal(cot_json_member_string(doc, "b", &text), COT_OK);
	assert_true(cot_slice_is(text, "t"));
	assert_int_equal(cot_json_member_string(doc, "n", &text), COT_E_TYPE);
	assert_int_equal(cot_json_member_string(doc, "x", &text), COT_E_MISSING);
	assert_int_equal(cot_json_member_uint(doc, "n", 42, &n), COT_OK);
	assert_int_equal(n, 42);
	assert_int_equal(cot_json_member_uint(doc, "n", 41, &n), COT_E_NUMBER);
	assert_int_equal(cot_json_member_uint(doc, "b", 41, &n), COT_E_TYPE);
	assert_int_equal(cot_json_member_uint(doc, "x", 41, &n), COT_E_MISSING);
	assert_int_equal(cot_json_bool(COT_SLICE("true"), &b), COT_OK);
	assert_true(b);
	assert_int_equal(cot_json_bool(COT_SLICE("false"), &b), COT_OK);
	assert_false(b);
	assert_int_equal(cot_json_bool(COT_SLICE("null"), &b), COT_E_TYPE);
	assert_int_equal(cot_json_bool(COT_SLICE("1"), &b), COT_E_TYPE);
	assert_int_equal(cot_json_string(COT_SLICE("\""), &text), COT_E_TYPE);
	assert_int_equal(cot_json_object(COT_SLICE("[]"), &it), COT_E_TYPE);
	assert_int_equal(cot_json_object(COT_SLICE("{"), &it), COT_E_TYPE);
	assert_int_equal(cot_json_array(COT_SLICE("{}"), &it), COT_E_TYPE);
	assert_int_equal(cot_json_array(cot_slice(NULL, 0), &it), COT_E_TYPE);
}

/* ---- bytes that never passed the check ------------------------------------------- */

static bool inside(struct cot_slice part, struct cot_slice whole)
{
	return part.len == 0 ||
	       (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

/* Walks one level; each step must give something inside and come to an end. */
static void walk(struct cot_slice text)
{
	struct cot_slice name, value;
	struct cot_json_iter it;
	size_t steps = 0;

	if (cot_json_object(text, &it) == COT_OK) {
		while (cot_json_next_member(&it, &name, &value)) {
			assert_true(inside(name, text) && inside(value, text));
			assert_true(++steps <= text.len);
		}
	}
	if (cot_json_array(text, &it) == COT_OK) {
		while (cot_json_next_element(&it, &value)) {
			assert_true(inside(value, text));
			assert_true(++steps <= text.len);
		}
	}
}

/* ["aaaaa",7] with one byte, or its escape, at a place of the string. */
static struct cot_slice array_of(uint8_t *text, uint8_t c, size_t len, size_t place)
{
	bool escaped = c == '"' || c == '\\';

	memset(text, 'a', len + 6);
	text[0] = '[';
	text[1] = text[len + 2] = '"';
	text[2 + place] = escaped ? '\\' : c;
	if (escaped)
		text[3 + place] = c;
	memcpy(text + len + 3, ",7]", 3);
	return cot_slice(text, len + 6);
}

static void check_array(struct cot_slice array, uint8_t c, size_t len)
{
	enum cot_err utf8 = c < 0x80 ? COT_OK : COT_E_UTF8;
	struct cot_json_iter it;
	struct cot_slice value;

	assert_int_equal(cot_json_check(array, COT_GRAMMAR_OLPC, NULL), utf8);
	assert_int_equal(cot_json_check(array, COT_GRAMMAR_JSONCPP, NULL),
	                 c < 0x20 ? COT_E_NOT_CANONICAL : utf8);
	assert_int_equal(cot_json_array(array, &it), COT_OK);
	assert_true(cot_json_next_element(&it, &value));
	assert_int_equal(value.len, len + 2);
	assert_true(cot_json_next_element(&it, &value));
	assert_true(cot_slice_is(value, "7"));
	assert_false(cot_json_next_element(&it, &value));
}

/* Strings are read a word at a time: each byte at each place of strings of each length,
 * wherever in memory, is judged and stepped over like any other, escapes whole. */
static void every_byte_at_every_place(void **state)
{
	uint8_t text[64];
	size_t at, len, place;
	unsigned c;

	(void)state;
	for (c = 0; c < 256; c++) {
		for (len = 2; len < 20; len++) {
			for (place = 0; place < len - 1; place++) {
				at = (len + place + c) % sizeof(size_t);
				check_array(array_of(text + at, (uint8_t)c, len, place), (uint8_t)c,
				            len);
			}
		}
	}
}

static void garbage(void **state)
{
	static const char alphabet[] = "{}[]\",:\\a1";
	uint32_t seed = 20;
	size_t round, i, len;

	(void)state;
	for (round = 0; round < 20000; round++) {
		uint8_t bytes[24];

		len = 1 + round % sizeof(bytes);
		for (i = 0; i < len; i++) {
			seed = seed * 1664525u + 1013904223u;
			bytes[i] = (uint8_t)alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
		}
		bytes[0] = round % 2 ? '{' : '[';
		{
			struct cot_slice text = sim_copy(bytes, len);

			walk(text);
			sim_drop(text);
		}
	}
}

static void cut(void **state)
{
	struct cot_slice text;
	size_t len;

	(void)state;
	for (len = 0; len <= strlen(DOC); len++) {
		text = sim_copy(DOC, len);
		walk(text);
		sim_drop(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types), cmocka_unit_test(members_in_order),
		cmocka_unit_test(elements_in_order), cmocka_unit_test(missing),
		cmocka_unit_test(integers), cmocka_unit_test(typed),
		cmocka_unit_test(every_byte_at_every_place), cmocka_unit_test(garbage),
		cmocka_unit_test(cut)
	};

	return cmocka_run_group_tests_name("metadata_json_read", tests, NULL, NULL);
}
