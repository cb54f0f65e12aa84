/* SPDX-License-Identifier: Apache-2.0
 *
 * Canonicaliser: what comes out of foreign JSON, what is refused and where.
 *
 * The oracle is the core's own reader: whatever is produced must pass it, and
 * whatever passes it must come back as the same memory.
 */
#include "metadata/host/canon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct good {
	const char *wire;
	const char *olpc;
	const char *jsoncpp; /* NULL: the same */
};

static const struct good goods[] = {
	{ "{}", "{}", NULL },
	{ " { } ", "{}", NULL },
	{ "[1, 2 ,3]", "[1,2,3]", NULL },
	{ "{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}", NULL },
	/* shorter first, then by bytes: upper case before lower, ASCII before the rest */
	{ "{\"ab\":1,\"a\":2,\"B\":3,\"\xc3\xa9\":4}", "{\"B\":3,\"a\":2,\"ab\":1,\"\xc3\xa9\":4}",
	  "{\"B\":3,\"a\":2,\"ab\":1,\"\\u00E9\":4}" },
	/* numbers as they were spelled */
	{ "[ 0, -0, 1.0, 1e3, 1E+03, 0.10 ]", "[0,-0,1.0,1e3,1E+03,0.10]", NULL },
	{ "[ 18446744073709551616000000, 1e400 ]", "[18446744073709551616000000,1e400]", NULL },
	/* strings that look like what numbers are turned into */
	{ "[ \"n1\", \"s\", \"\", \"n\" ]", "[\"n1\",\"s\",\"\",\"n\"]", NULL },
	{ "{ \"n1\": 1, \"s1\": \"n2\" }", "{\"n1\":1,\"s1\":\"n2\"}", NULL },
	/* escapes */
	{ "[\"\\n\\t\"]", "[\"\n\t\"]", "[\"\\n\\t\"]" },
	{ "[ \"\\/ \\\" \\\\\" ]", "[\"/ \\\" \\\\\"]", NULL },
	{ "[ \"\\u00e9\\u20ac\" ]", "[\"\xc3\xa9\xe2\x82\xac\"]", "[\"\\u00E9\\u20AC\"]" },
	{ "[ \"\\ud83d\\ude00\" ]", "[\"\xf0\x9f\x98\x80\"]", "[\"\\uD83D\\uDE00\"]" },
	{ "[ \"\\u0001\\u001f\" ]", "[\"\x01\x1f\"]", "[\"\\u0001\\u001F\"]" },
	{ "[ true, false, null ]", "[true,false,null]", NULL },
	{ "[[[[[[[[[[[[[[[[ ]]]]]]]]]]]]]]]]", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", NULL }
};

static void check_good(const char *wire, const struct cot_grammar *grammar, const char *want)
{
	struct cot_doc_owned d;

	assert_int_equal(cot_canon_from_wire(cot_slice_str(wire), grammar, &d), COT_OK);
	assert_int_equal(d.doc.canon.len, strlen(want));
	assert_memory_equal(d.doc.canon.ptr, want, strlen(want));
	assert_ptr_equal(d.doc.wire.ptr, wire);
	assert_int_equal(cot_json_check(d.doc.canon, grammar, NULL), COT_OK);
	cot_doc_owned_free(&d);
	cot_doc_owned_free(&d);
}

static void test_good(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
		const struct good *g = &goods[i];

		check_good(g->wire, COT_GRAMMAR_OLPC, g->olpc);
		check_good(g->wire, COT_GRAMMAR_JSONCPP, g->jsoncpp ? g->jsoncpp : g->olpc);
	}
}

static void test_canonical_is_same_memory(void **state)
{
	static const char text[] = "{\"a\":[1,2],\"b\":\"x\ny\"}";
	struct cot_doc_owned d;

	(void)state;
	assert_int_equal(cot_canon_from_wire(COT_SLICE(text), COT_GRAMMAR_OLPC, &d), COT_OK);
	assert_ptr_equal(d.doc.canon.ptr, text);
	assert_null(d.memory);
}

struct refused {
	const char *wire;
	size_t len; /* 0: up to the final zero */
	enum cot_err err;
	size_t at;
};

static const struct refused refusals[] = {
	{ "", 0, COT_E_TRUNCATED, 0 },
	{ "{", 0, COT_E_TRUNCATED, 1 },
	{ "[ 1, ", 0, COT_E_TRUNCATED, 5 },
	{ "[ \"abc", 0, COT_E_TRUNCATED, 6 },
	{ "[ \"a\\", 0, COT_E_TRUNCATED, 5 },
	{ "[ ] x", 0, COT_E_TRAILING, 4 },
	{ "[ ] []", 0, COT_E_TRAILING, 4 },
	{ "{ \"a\":1, \"a\":2 }", 0, COT_E_DUPLICATE_MEMBER, SIZE_MAX },
	{ "{ \"a\":1, \"\\u0061\":2 }", 0, COT_E_DUPLICATE_MEMBER, SIZE_MAX },
	{ "[[[[[[[[[[[[[[[[[ ]]]]]]]]]]]]]]]]]", 0, COT_E_DEPTH, 16 },
	{ "[ \"\xff\" ]", 0, COT_E_UTF8, 3 },
	{ "[ \"\xc0\xaf\" ]", 0, COT_E_UTF8, 3 },
	{ "[ \"\xed\xa0\x80\" ]", 0, COT_E_UTF8, 3 },
	{ "[ \"\xf4\x90\x80\x80\" ]", 0, COT_E_UTF8, 3 },
	{ "\xef\xbb\xbf[ ]", 0, COT_E_MALFORMED, 0 },
	{ "[ \x01 ]", 0, COT_E_MALFORMED, 2 },
	{ "[ \"a\nb\" ]", 0, COT_E_MALFORMED, 4 },
	{ "[ \0 ]", 5, COT_E_MALFORMED, 2 },
	{ "[ \"a\0\" ]", 8, COT_E_MALFORMED, 4 },
	{ "[ \"\\u0000\" ]", 0, COT_E_MALFORMED, SIZE_MAX },
	{ "[ \"\\ud800\" ]", 0, COT_E_MALFORMED, SIZE_MAX },
	{ "[ 01 ]", 0, COT_E_MALFORMED, 2 },
	{ "[ - ]", 0, COT_E_MALFORMED, 2 },
	{ "[ 1. ]", 0, COT_E_MALFORMED, 2 },
	{ "[ 1e ]", 0, COT_E_MALFORMED, 2 },
	{ "[ .5 ]", 0, COT_E_MALFORMED, 2 },
	{ "[ +1 ]", 0, COT_E_MALFORMED, 2 },
	{ "[ NaN ]", 0, COT_E_MALFORMED, 4 },
	{ "[ 'a' ]", 0, COT_E_MALFORMED, 2 },
	{ "[ 1, ]", 0, COT_E_MALFORMED, 5 },
	{ "[ 1 2 ]", 0, COT_E_MALFORMED, SIZE_MAX },
	{ "{ 1:2 }", 0, COT_E_MALFORMED, SIZE_MAX },
	{ "{ \"a\":{ -1e3:[] } }", 0, COT_E_MALFORMED, SIZE_MAX },
	{ "{ \"a\" }", 0, COT_E_MALFORMED, SIZE_MAX },
	{ " \"text\" ", 0, COT_E_TYPE, SIZE_MAX },
	{ " 12 ", 0, COT_E_TYPE, SIZE_MAX },
	{ " ", 0, COT_E_TRUNCATED, 1 },
	{ " true ", 0, COT_E_MALFORMED, SIZE_MAX }
};

static void test_refusals(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refused *r = &refusals[i];
		struct cot_slice wire = cot_slice(r->wire, r->len ? r->len : strlen(r->wire));
		struct cot_doc_owned d;
		enum cot_err err = cot_canon_from_wire(wire, COT_GRAMMAR_OLPC, &d);

		if (err != r->err || (r->at != SIZE_MAX && d.at != r->at))
			fail_msg("row %zu (%s): %s at %zu", i, r->wire, cot_err_word(err), d.at);
		assert_null(d.memory);
		assert_true(d.at <= wire.len);
	}
}

/* Each cut of a document is refused, wherever it falls. */
static void test_every_cut(void **state)
{
	static const char text[] =
		"{ \"a\": [1, -2.5e7, \"x\\u00e9\\n\"], \"b\": {\"c\": null, \"d\": true} }";
	struct cot_doc_owned d;
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(text) - 1; len++) {
		enum cot_err err = cot_canon_from_wire(cot_slice(text, len), COT_GRAMMAR_OLPC, &d);

		assert_int_not_equal(err, COT_OK);
		assert_true(d.at <= len);
	}
	assert_int_equal(cot_canon_from_wire(cot_slice(text, len), COT_GRAMMAR_OLPC, &d), COT_OK);
	cot_doc_owned_free(&d);
}

static void test_dump(void **state)
{
	json_t *tree = json_pack("{s:i,s:[s,b],s:s}", "z", 7, "a", "l1\nl2", 1, "k", "\"\\");
	char *canon, *wire;
	size_t canon_len, wire_len;
	struct cot_doc_owned d;

	(void)state;
	assert_int_equal(cot_canon_dump(tree, COT_GRAMMAR_OLPC, &canon, &canon_len), COT_OK);
	assert_string_equal(canon, "{\"a\":[\"l1\nl2\",true],\"k\":\"\\\"\\\\\",\"z\":7}");
	assert_int_equal(canon_len, strlen(canon));
	assert_int_equal(cot_wire_dump(tree, &wire, &wire_len), COT_OK);
	assert_string_equal(wire, "{\"a\":[\"l1\\nl2\",true],\"k\":\"\\\"\\\\\",\"z\":7}");
	/* What is served leads back to what was signed. */
	assert_int_equal(cot_canon_from_wire(cot_slice(wire, wire_len), COT_GRAMMAR_OLPC, &d),
	                 COT_OK);
	assert_int_equal(d.doc.canon.len, canon_len);
	assert_memory_equal(d.doc.canon.ptr, canon, canon_len);
	cot_doc_owned_free(&d);
	free(canon);
	free(wire);
	json_decref(tree);
}

static void test_dump_refuses(void **state)
{
	json_t *real = json_pack("[f]", 1.5), *deep = json_array();
	char *text = NULL;
	size_t len = 0;
	int i;

	(void)state;
	assert_int_equal(cot_canon_dump(real, COT_GRAMMAR_OLPC, &text, &len), COT_E_NUMBER);
	assert_int_equal(cot_wire_dump(real, &text, &len), COT_E_NUMBER);
	for (i = 0; i < 20; i++)
		deep = json_pack("[o]", deep);
	assert_int_equal(cot_canon_dump(deep, COT_GRAMMAR_OLPC, &text, &len), COT_E_DEPTH);
	assert_null(text);
	json_decref(real);
	json_decref(deep);
}

static void test_load(void **state)
{
	json_t *tree = NULL;
	size_t at = 99;

	(void)state;
	assert_int_equal(cot_wire_load(COT_SLICE("{\"a\":\"x\\ny\",\"n\":9007199254740993}"),
	                               &tree, &at), COT_OK);
	assert_string_equal(json_string_value(json_object_get(tree, "a")), "x\ny");
	assert_int_equal(json_integer_value(json_object_get(tree, "n")), 9007199254740993);
	json_decref(tree);
	/* Canonical text with a raw control byte is read too. */
	assert_int_equal(cot_wire_load(COT_SLICE("{\"a\":\"x\ny\"}"), &tree, &at),
	                 COT_OK);
	assert_string_equal(json_string_value(json_object_get(tree, "a")), "x\ny");
	json_decref(tree);
	/* But not where it is no canonical text. */
	assert_int_equal(cot_wire_load(COT_SLICE("{ \"a\":\"x\ny\"}"), &tree, &at),
	                 COT_E_MALFORMED);
	assert_null(tree);
	assert_int_equal(at, 8);
	assert_int_equal(cot_wire_load(COT_SLICE("[99999999999999999999]"), &tree, &at),
	                 COT_E_NUMBER);
	assert_null(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_canonical_is_same_memory),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_dump),
		cmocka_unit_test(test_dump_refuses),
		cmocka_unit_test(test_load)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
