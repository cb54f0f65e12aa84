/* SPDX-License-Identifier: Apache-2.0
 *
 * The one spelling of JSON that is accepted, in both grammars: P24, P25, and
 * what a text cut anywhere does.  Positions are asserted too: who is told "not
 * canonical" wants to know where.
 */
#include "metadata/json.h"
#include "tests/sim/edit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OLPC COT_GRAMMAR_OLPC
#define JSONCPP COT_GRAMMAR_JSONCPP

struct row {
	struct cot_slice text;
	enum cot_err olpc, jsoncpp;
	size_t at; /* of the refusal; not asserted where both accept */
};

#define ROW(text, olpc, jsoncpp, at) { COT_SLICE(text), olpc, jsoncpp, at }
#define GOOD(text) ROW(text, COT_OK, COT_OK, 0)
#define BAD(text, err, at) ROW(text, err, err, at)

static void check_row(const struct row *r)
{
	struct cot_slice text = sim_copy(r->text.ptr, r->text.len);
	enum cot_err want[] = { r->olpc, r->jsoncpp };
	int i;

	for (i = 0; i < 2; i++) {
		size_t at = 7777;
		enum cot_err got = cot_json_check(text, i == 0 ? OLPC : JSONCPP, &at);

		if (got != want[i] || at != (got == COT_OK ? text.len : r->at))
			fail_msg("'%.*s' (%d): %s at %zu instead of %s at %zu", (int)text.len,
			         (const char *)text.ptr, i, cot_err_word(got), at,
			         cot_err_word(want[i]), r->at);
		assert_int_equal(cot_json_check(text, i == 0 ? OLPC : JSONCPP, NULL), want[i]);
	}
	sim_drop(text);
}

static void check_rows(const struct row *rows, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		check_row(&rows[i]);
}

#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static void values(void **state)
{
	static const struct row rows[] = {
		GOOD("{}"), GOOD("[]"), GOOD("\"\""), GOOD("0"), GOOD("true"), GOOD("false"),
		GOOD("null"), GOOD("-1"), GOOD("12"), GOOD("-0"), GOOD("1.0"), GOOD("1e0"),
		GOOD("1E+2"), GOOD("0.5e-7"), GOOD("9223372036854775808"),
		GOOD("[1,2,\"\",[],{},[[]],null,true,false]"),
		GOOD("{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":1}]}"),
		GOOD("{\"\":1,\"A\":1,\"a\":1,\"a!\":1,\"aa\":1,\"ab\":1,\"b\":1}"),
		GOOD("\"\\\"\\\\\""), GOOD("\"/\""), GOOD("\"\x7f\""),
		BAD("", COT_E_TRUNCATED, 0), BAD("nul", COT_E_TRUNCATED, 3),
		BAD("nulL", COT_E_MALFORMED, 3), BAD("True", COT_E_MALFORMED, 0),
		BAD("truefalse", COT_E_TRAILING, 4), BAD("01", COT_E_TRAILING, 1),
		BAD("-", COT_E_TRUNCATED, 1), BAD("-a", COT_E_MALFORMED, 1),
		BAD("+1", COT_E_MALFORMED, 0), BAD(".5", COT_E_MALFORMED, 0),
		BAD("1.", COT_E_TRUNCATED, 2), BAD("1.e1", COT_E_MALFORMED, 2),
		BAD("1e", COT_E_TRUNCATED, 2), BAD("1e+", COT_E_TRUNCATED, 3),
		BAD("1ex", COT_E_MALFORMED, 2), BAD("[01]", COT_E_MALFORMED, 2),
		BAD("[-01]", COT_E_MALFORMED, 3), BAD("0x1", COT_E_TRAILING, 1),
		BAD("NaN", COT_E_MALFORMED, 0), BAD("Infinity", COT_E_MALFORMED, 0),
		BAD("[1,]", COT_E_MALFORMED, 3), BAD("[,1]", COT_E_MALFORMED, 1),
		BAD("[1 2]", COT_E_NOT_CANONICAL, 2), BAD("[1;2]", COT_E_MALFORMED, 2),
		BAD("[1}", COT_E_MALFORMED, 2), BAD("{\"a\":1]", COT_E_MALFORMED, 6),
		BAD("{\"a\":1,}", COT_E_MALFORMED, 7), BAD("{,}", COT_E_MALFORMED, 1),
		BAD("{\"a\"}", COT_E_MALFORMED, 4), BAD("{\"a\":}", COT_E_MALFORMED, 5),
		BAD("{a:1}", COT_E_MALFORMED, 1), BAD("{1:1}", COT_E_MALFORMED, 1),
		BAD("{'a':1}", COT_E_MALFORMED, 1), BAD("{\"a\",1}", COT_E_MALFORMED, 4),
		BAD("}", COT_E_MALFORMED, 0), BAD("]", COT_E_MALFORMED, 0),
		BAD(",", COT_E_MALFORMED, 0), BAD(":", COT_E_MALFORMED, 0),
		BAD("[]]", COT_E_TRAILING, 2), BAD("{}{}", COT_E_TRAILING, 2),
		BAD("[1]\n", COT_E_TRAILING, 3), BAD("/**/1", COT_E_MALFORMED, 0)
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void white_space(void **state)
{
	static const struct row rows[] = {
		BAD(" 1", COT_E_NOT_CANONICAL, 0), BAD("\t1", COT_E_NOT_CANONICAL, 0),
		BAD("\n1", COT_E_NOT_CANONICAL, 0), BAD("\r1", COT_E_NOT_CANONICAL, 0),
		BAD("\f1", COT_E_MALFORMED, 0), BAD("\v1", COT_E_MALFORMED, 0),
		BAD("1 ", COT_E_TRAILING, 1), BAD("[ ]", COT_E_NOT_CANONICAL, 1),
		BAD("[1, 2]", COT_E_NOT_CANONICAL, 3), BAD("{ }", COT_E_NOT_CANONICAL, 1),
		BAD("{\"a\" :1}", COT_E_NOT_CANONICAL, 4),
		BAD("{\"a\": 1}", COT_E_NOT_CANONICAL, 5),
		BAD("{\"a\":1 }", COT_E_NOT_CANONICAL, 6),
		BAD("{\"a\":1, \"b\":1}", COT_E_NOT_CANONICAL, 7),
		BAD("- 1", COT_E_NOT_CANONICAL, 1), BAD("\xc2\xa0" "1", COT_E_MALFORMED, 0)
	};

	(void)state;
	CHECK_ROWS(rows);
}

/* P25: zero bytes, byte order marks. */
static void strange_bytes(void **state)
{
	static const struct row rows[] = {
		BAD("\0", COT_E_MALFORMED, 0), BAD("1\0", COT_E_TRAILING, 1),
		BAD("[1\0]", COT_E_MALFORMED, 2), BAD("\xef\xbb\xbf{}", COT_E_MALFORMED, 0),
		BAD("\xff\xfe{\0}\0", COT_E_MALFORMED, 0),
		ROW("\"\0\"", COT_OK, COT_E_NOT_CANONICAL, 1),
		ROW("\"a\nb\"", COT_OK, COT_E_NOT_CANONICAL, 2),
		ROW("\"\x1f\"", COT_OK, COT_E_NOT_CANONICAL, 1)
	};

	(void)state;
	CHECK_ROWS(rows);
}

static void utf8(void **state)
{
	static const struct row rows[] = {
		ROW("\"\xc2\x80\"", COT_OK, COT_E_NOT_CANONICAL, 1),
		ROW("\"\xdf\xbf\"", COT_OK, COT_E_NOT_CANONICAL, 1),
		ROW("\"\xe0\xa0\x80\"", COT_OK, COT_E_NOT_CANONICAL, 1),
		ROW("\"\xe2\x82\xac\"", COT_OK, COT_E_NOT_CANONICAL, 1),
		ROW("\"\xed\x9f\xbf\"", COT_OK, COT_E_NOT_CANONICAL, 1),
		ROW("\"\xee\x80\x80\"", COT_OK, COT_E_NOT_CANONICAL, 1),
		ROW("\"\xef\xbf\xbf\"", COT_OK, COT_E_NOT_CANONICAL, 1),
		ROW("\"\xf0\x90\x80\x80\"", COT_OK, COT_E_NOT_CANONICAL, 1),
		ROW("\"\xf1\x80\x80\x80\"", COT_OK, COT_E_NOT_CANONICAL, 1),
		ROW("\"\xf4\x8f\xbf\xbf\"", COT_OK, COT_E_NOT_CANONICAL, 1),
		BAD("\"\x80\"", COT_E_UTF8, 1), BAD("\"\xc0\x80\"", COT_E_UTF8, 1),
		BAD("\"\xc1\xbf\"", COT_E_UTF8, 1), BAD("\"\xc2\"", COT_E_UTF8, 1),
		BAD("\"\xc2\x7f\"", COT_E_UTF8, 1), BAD("\"\xe0\x9f\xbf\"", COT_E_UTF8, 1),
		BAD("\"\xe2\x82\"", COT_E_UTF8, 1), BAD("\"\xed\xa0\x80\"", COT_E_UTF8, 1),
		BAD("\"\xed\xbf\xbf\"", COT_E_UTF8, 1), BAD("\"\xf0\x8f\xbf\xbf\"", COT_E_UTF8, 1),
		BAD("\"\xf0\x90\x80\"", COT_E_UTF8, 1), BAD("\"\xf4\x90\x80\x80\"", COT_E_UTF8, 1),
		BAD("\"\xf5\x80\x80\x80\"", COT_E_UTF8, 1), BAD("\"\xfe\"", COT_E_UTF8, 1),
		BAD("\"ab\xff\"", COT_E_UTF8, 3), BAD("\"\xe2\x82", COT_E_UTF8, 1),
		BAD("\"\xf0\x90\x80", COT_E_UTF8, 1)
	};

	(void)state;
	CHECK_ROWS(rows);
}

/* Each character has one spelling: what olpc writes raw jsoncpp escapes, and no
 * grammar takes the other's. */
static void escapes(void **state)
{
	static const struct row rows[] = {
		ROW("\"\\n\"", COT_E_NOT_CANONICAL, COT_OK, 1),
		ROW("\"\\b\\f\\r\\t\"", COT_E_NOT_CANONICAL, COT_OK, 1),
		ROW("\"\\u0000\"", COT_E_NOT_CANONICAL, COT_OK, 1),
		ROW("\"\\u001F\"", COT_E_NOT_CANONICAL, COT_OK, 1),
		ROW("\"\\u0080\"", COT_E_NOT_CANONICAL, COT_OK, 1),
		ROW("\"\\u20AC\"", COT_E_NOT_CANONICAL, COT_OK, 1),
		ROW("\"\\uD7FF\\uE000\\uFFFF\"", COT_E_NOT_CANONICAL, COT_OK, 1),
		ROW("\"\\uD800\\uDC00\\uDBFF\\uDFFF\"", COT_E_NOT_CANONICAL, COT_OK, 1),
		BAD("\"\\u0061\"", COT_E_NOT_CANONICAL, 1), BAD("\"\\u007F\"", COT_E_NOT_CANONICAL, 1),
		BAD("\"\\u000A\"", COT_E_NOT_CANONICAL, 1), BAD("\"\\u000a\"", COT_E_NOT_CANONICAL, 1),
		BAD("\"\\u20ac\"", COT_E_NOT_CANONICAL, 1),
		ROW("\"\\u00g0\"", COT_E_NOT_CANONICAL, COT_E_MALFORMED, 1),
		ROW("\"\\uD834\\uDd1e\"", COT_E_NOT_CANONICAL, COT_E_NOT_CANONICAL, 1),
		BAD("\"\\/\"", COT_E_NOT_CANONICAL, 1), BAD("\"\\a\"", COT_E_MALFORMED, 1),
		BAD("\"\\'\"", COT_E_MALFORMED, 1), BAD("\"\\\0\"", COT_E_MALFORMED, 1),
		BAD("\"\\x41\"", COT_E_MALFORMED, 1), BAD("\"\\U0041\"", COT_E_MALFORMED, 1),
		ROW("\"\\uD800\"    ", COT_E_NOT_CANONICAL, COT_E_TRUNCATED, 1),
		ROW("\"\\uD800\"      ", COT_E_NOT_CANONICAL, COT_E_UTF8, 1),
		ROW("\"\\uD800\\n1234\"", COT_E_NOT_CANONICAL, COT_E_UTF8, 1),
		ROW("\"\\uD800\\uD800\"", COT_E_NOT_CANONICAL, COT_E_UTF8, 1),
		ROW("\"\\uD800\\u0041\"", COT_E_NOT_CANONICAL, COT_E_UTF8, 1),
		ROW("\"\\uD800\\uE000\"", COT_E_NOT_CANONICAL, COT_E_UTF8, 1),
		ROW("\"\\uD800xxDC00\"", COT_E_NOT_CANONICAL, COT_E_UTF8, 1),
		ROW("\"\\uD800\\uDC0g\"", COT_E_NOT_CANONICAL, COT_E_MALFORMED, 1),
		ROW("\"\\uDC00\\uD800\"", COT_E_NOT_CANONICAL, COT_E_UTF8, 1),
		ROW("\"\\u12\"", COT_E_NOT_CANONICAL, COT_E_TRUNCATED, 1),
		BAD("\"\\", COT_E_TRUNCATED, 1), BAD("\"\\\"", COT_E_TRUNCATED, 3),
		BAD("\"abc", COT_E_TRUNCATED, 4), BAD("\"", COT_E_TRUNCATED, 1)
	};

	(void)state;
	CHECK_ROWS(rows);
}

/* P24: no name twice, however it is spelled; and each in its place. */
static void order(void **state)
{
	static const struct row rows[] = {
		BAD("{\"a\":1,\"a\":1}", COT_E_DUPLICATE_MEMBER, 7),
		BAD("{\"a\":1,\"b\":1,\"b\":2}", COT_E_DUPLICATE_MEMBER, 13),
		BAD("{\"a\":1,\"b\":1,\"a\":2}", COT_E_NOT_CANONICAL, 13),
		BAD("{\"b\":1,\"a\":1}", COT_E_NOT_CANONICAL, 7),
		BAD("{\"ab\":1,\"a\":1}", COT_E_NOT_CANONICAL, 8),
		BAD("{\"a\":1,\"\":1}", COT_E_NOT_CANONICAL, 7),
		BAD("{\"\":1,\"\":1}", COT_E_DUPLICATE_MEMBER, 6),
		BAD("{\"a\":1,\"B\":1}", COT_E_NOT_CANONICAL, 7),
		BAD("{\"x\":{\"a\":1,\"a\":1}}", COT_E_DUPLICATE_MEMBER, 12),
		BAD("[{\"a\":1},{\"a\":1,\"a\":1}]", COT_E_DUPLICATE_MEMBER, 16),
		BAD("{\"a\":{\"z\":1},\"a\":1}", COT_E_DUPLICATE_MEMBER, 13),
		BAD("{\"a\":1,\"\\u0061\":1}", COT_E_NOT_CANONICAL, 8),
		/* Decoded, a quote (22) stands before a letter and a backslash (5C)
		 * after the upper-case ones, whatever their escapes look like. */
		GOOD("{\"!\":1,\"\\\"\":1,\"#\":1}"), GOOD("{\"[\":1,\"\\\\\":1,\"]\":1}"),
		BAD("{\"\\\\\":1,\"\\\"\":1}", COT_E_NOT_CANONICAL, 8),
		BAD("{\"\\\\\":1,\"\\\\\":1}", COT_E_DUPLICATE_MEMBER, 8),
		ROW("{\"a\":1,\"\xc3\xa4\":1,\"\xe2\x82\xac\":1}", COT_OK, COT_E_NOT_CANONICAL, 8),
		ROW("{\"\\b\":1,\"\\t\":1,\"\\n\":1,\"\\f\":1,\"\\r\":1,\"\\u000E\":1}",
		    COT_E_NOT_CANONICAL, COT_OK, 2),
		ROW("{\"\\u0080\":1,\"\\u07FF\":1,\"\\u0800\":1,\"\\uFFFF\":1,"
		    "\"\\uD800\\uDC00\":1}",
		    COT_E_NOT_CANONICAL, COT_OK, 2)
	};
	static const struct {
		const char *text;
		enum cot_err err;
	} more[] = {
		/* UTF-16 order would put the pair first; UTF-8 order does not. */
		{ "{\"\\uD800\\uDC00\":1,\"\\uFFFF\":1}", COT_E_NOT_CANONICAL },
		{ "{\"\\uD800\\uDC00\":1,\"\\uD800\\uDC00\":1}", COT_E_DUPLICATE_MEMBER },
		{ "{\"\\n\":1,\"\\n\":1}", COT_E_DUPLICATE_MEMBER },
		{ "{\"\\n\":1,\"\\t\":1}", COT_E_NOT_CANONICAL },
		{ "{\"a\\n\":1,\"a\":1}", COT_E_NOT_CANONICAL },
		{ "{\"a\":1,\"a\\n\":1}", COT_OK }
	};
	size_t i;

	(void)state;
	CHECK_ROWS(rows);
	for (i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		assert_int_equal(cot_json_check(cot_slice_str(more[i].text), JSONCPP, NULL),
		                 more[i].err);
}

/* count opening brackets (objects where odd_objects says so), closed or not. */
static struct cot_slice nested(size_t count, bool objects, bool closed)
{
	size_t step = objects ? 5 : 1, len = count * step + (closed ? count + 1 : 0), i;
	char *text = malloc(len);
	struct cot_slice ret;

	assert_non_null(text);
	for (i = 0; i < count; i++)
		memcpy(text + i * step, objects ? "{\"a\":" : "[", step);
	if (closed) {
		text[count * step] = '1';
		memset(text + count * step + 1, objects ? '}' : ']', count);
	}
	ret = sim_copy(text, len);
	free(text);
	return ret;
}

static void depth(void **state)
{
	static const size_t counts[] = { 17, 2048, 100000, 4000000 };
	size_t i, at;
	int objects;

	(void)state;
	for (objects = 0; objects < 2; objects++) {
		struct cot_slice text = nested(COT_MAX_DEPTH, objects, true);

		assert_int_equal(cot_json_check(text, OLPC, NULL), COT_OK);
		sim_drop(text);
		for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
			text = nested(counts[i], objects, i % 2 == 0);
			assert_int_equal(cot_json_check(text, OLPC, &at), COT_E_DEPTH);
			/* Not one byte more is looked at: the rest costs nothing. */
			assert_int_equal(at, COT_MAX_DEPTH * (objects ? 5 : 1));
			sim_drop(text);
		}
	}
}

/* A container that was closed does not leave its names behind, at any depth. */
static void depth_is_given_back(void **state)
{
	static const struct row rows[] = {
		GOOD("{\"a\":{\"z\":1},\"b\":{\"a\":1},\"c\":[{\"y\":1},{\"b\":1}]}"),
		GOOD("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]],[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"),
		BAD("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]],[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]",
		    COT_E_DEPTH, 46)
	};

	(void)state;
	CHECK_ROWS(rows);
}

/* Every text cut at every byte is refused, and nothing behind the cut is read. */
static void cut_anywhere(void **state)
{
	static const char *const texts[] = {
		"{\"a\":[1,-2.5e+7,true,false,null],\"b\":{\"c\":\"d\\\"\\\\\"},\"e\":[[],{}]}",
		"[\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"]",
		"[\"\\n\\u0000\\u20AC\\uD83D\\uDE00\"]"
	};
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const struct cot_grammar *grammar = i == 2 ? JSONCPP : OLPC;

		assert_int_equal(cot_json_check(cot_slice_str(texts[i]), grammar, NULL), COT_OK);
		for (len = 0; len < strlen(texts[i]); len++) {
			struct cot_slice text = sim_copy(texts[i], len);
			enum cot_err err = cot_json_check(text, grammar, NULL);

			assert_true(err == COT_E_TRUNCATED || err == COT_E_UTF8);
			sim_drop(text);
		}
	}
}

/* One byte of a text replaced by each of the 256: accepted is only what is again
 * one value; the check never runs past the end. */
static void every_byte(void **state)
{
	static const char text[] = "{\"a\":[1,\"\xc3\xa4\",true],\"b\":{\"c\":\"\\\"\"}}";
	size_t i, b, at, accepted = 0;

	(void)state;
	for (i = 0; i < strlen(text); i++) {
		struct cot_slice copy = sim_copy(text, strlen(text));
		uint8_t *byte = (uint8_t *)(uintptr_t)copy.ptr + i;

		for (b = 0; b < 256; b++) {
			*byte = (uint8_t)b;
			accepted += cot_json_check(copy, OLPC, &at) == COT_OK;
			assert_true(at <= copy.len);
		}
		sim_drop(copy);
	}
	assert_in_range(accepted, strlen(text), 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values), cmocka_unit_test(white_space),
		cmocka_unit_test(strange_bytes), cmocka_unit_test(utf8),
		cmocka_unit_test(escapes), cmocka_unit_test(order), cmocka_unit_test(depth),
		cmocka_unit_test(depth_is_given_back), cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(every_byte)
	};

	return cmocka_run_group_tests_name("metadata_json", tests, NULL, NULL);
}
