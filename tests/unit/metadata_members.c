/* SPDX-License-Identifier: Apache-2.0
 *
 * metadata/members.c: each type takes what it says and refuses the rest by its own
 * word, what may be absent stays as it was, and the first wrong member ends it.
 */
#include "metadata/members.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct all {
	struct cot_slice value, object, text, id;
	int64_t time_s;
	uint32_t version;
};

static const struct cot_member table[] = {
	{ "id", COT_MEMBER_ID, false, offsetof(struct all, id) },
	{ "object", COT_MEMBER_OBJECT, true, offsetof(struct all, object) },
	{ "text", COT_MEMBER_TEXT, false, offsetof(struct all, text) },
	{ "time", COT_MEMBER_TIME, false, offsetof(struct all, time_s) },
	{ "value", COT_MEMBER_VALUE, false, offsetof(struct all, value) },
	{ "version", COT_MEMBER_VERSION, false, offsetof(struct all, version) }
};

static enum cot_err read_all(const char *text, struct all *ret)
{
	return cot_members_read(cot_slice_str(text), table, sizeof(table) / sizeof(table[0]), ret);
}

#define HEAD "{\"id\":\"a-1\","
#define TAIL "\"text\":\"a b\",\"time\":\"1970-01-01T00:01:00Z\",\"value\":[1],\"version\":2147483647}"

static void reads_all(void **state)
{
	struct all a;

	(void)state;
	memset(&a, 0, sizeof(a));
	assert_int_equal(read_all(HEAD "\"object\":{}," TAIL, &a), COT_OK);
	assert_true(cot_slice_is(a.id, "a-1"));
	assert_true(cot_slice_is(a.object, "{}"));
	assert_true(cot_slice_is(a.text, "a b"));
	assert_int_equal(a.time_s, 60);
	assert_true(cot_slice_is(a.value, "[1]"));
	assert_int_equal(a.version, 2147483647);
}

static void an_absent_one_is_left(void **state)
{
	struct all a;

	(void)state;
	memset(&a, 0, sizeof(a));
	a.object = COT_SLICE("before");
	assert_int_equal(read_all(HEAD TAIL, &a), COT_OK);
	assert_true(cot_slice_is(a.object, "before"));
}

static void refusals(void **state)
{
	static const struct {
		const char *text;
		enum cot_err err;
	} rows[] = {
		{ "[]", COT_E_TYPE },
		{ "{" TAIL, COT_E_MISSING },
		{ "{\"id\":1," TAIL, COT_E_TYPE },
		{ "{\"id\":\"a b\"," TAIL, COT_E_NAME },
		{ HEAD "\"object\":[]," TAIL, COT_E_TYPE },
		{ HEAD "\"text\":{},\"time\":\"\"}", COT_E_TYPE },
		{ HEAD "\"text\":\"\",\"time\":1}", COT_E_TYPE },
		{ HEAD "\"text\":\"\",\"time\":\"1970-01-01\"}", COT_E_TIME_FORMAT },
		{ HEAD "\"text\":\"\",\"time\":\"1970-01-01T00:00:00Z\"}", COT_E_MISSING },
		{ HEAD "\"text\":\"\",\"time\":\"1970-01-01T00:00:00Z\",\"value\":0,"
		       "\"version\":2147483648}", COT_E_NUMBER },
		{ HEAD "\"text\":\"\",\"time\":\"1970-01-01T00:00:00Z\",\"value\":0,"
		       "\"version\":\"1\"}", COT_E_TYPE }
	};
	struct all a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (read_all(rows[i].text, &a) != rows[i].err)
			fail_msg("row %zu", i);
	}
}

static void the_first_wrong_one_ends_it(void **state)
{
	struct all a;

	(void)state;
	memset(&a, 0, sizeof(a));
	assert_int_equal(read_all(HEAD "\"object\":1," TAIL, &a), COT_E_TYPE);
	assert_true(cot_slice_is(a.id, "a-1"));
	assert_int_equal(a.version, 0);
	assert_null(a.text.ptr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_all),
		cmocka_unit_test(an_absent_one_is_left),
		cmocka_unit_test(refusals),
		cmocka_unit_test(the_first_wrong_one_ends_it)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
