/* SPDX-License-Identifier: Apache-2.0
 *
 * Times: P32's grammar, and every day from 1970 to 9999 both ways.
 */
#include "metadata/utc.h"
#include "tests/sim/edit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define UNTOUCHED ((int64_t)-77)
#define LAST_SECOND ((int64_t)253402300799)

static void real_seconds(void **state)
{
	static const struct {
		const char *text;
		int64_t s;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01T00:00:01Z", 1 },
		{ "1970-01-01T00:01:00Z", 60 },
		{ "1970-01-01T01:00:00Z", 3600 },
		{ "1970-12-31T23:59:59Z", 31535999 },
		{ "1972-02-29T00:00:00Z", 68169600 },
		{ "2000-02-29T12:00:00Z", 951825600 },
		{ "2000-03-01T00:00:00Z", 951868800 },
		{ "2027-01-15T08:00:00Z", 1800000000 },
		{ "2038-01-19T03:14:07Z", 2147483647 },
		{ "2038-01-19T03:14:08Z", 2147483648 },
		{ "2100-02-28T23:59:59Z", 4107542399 },
		{ "9999-12-31T23:59:59Z", LAST_SECOND }
	};
	char text[COT_UTC_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t s = UNTOUCHED;

		assert_int_equal(cot_utc_parse(cot_slice_str(rows[i].text), &s), COT_OK);
		assert_int_equal(s, rows[i].s);
		cot_utc_format(s, text);
		assert_memory_equal(text, rows[i].text, COT_UTC_LEN);
	}
}

/* Each is one change away from 2027-01-15T08:00:00Z, which is fine. */
static void no_times(void **state)
{
	static const char *const rows[] = {
		"", "2027", "2027-01-15T08:00:00", "2027-01-15T08:00:00z",
		"2027-01-15t08:00:00Z", "2027-01-15 08:00:00Z", "2027-01-15T08:00:00+00:00",
		"2027-01-15T08:00:00ZZ", "2027-01-15T08:00:00.0Z", "2027-01-15T08:00:0Z",
		"2027-01-15T08:00:60Z", "2027-01-15T08:60:00Z", "2027-01-15T24:00:00Z",
		"2027-01-00T08:00:00Z", "2027-01-32T08:00:00Z", "2027-00-15T08:00:00Z",
		"2027-13-15T08:00:00Z", "2026-02-29T08:00:00Z", "2026-02-30T08:00:00Z",
		"2100-02-29T00:00:00Z", "2027-04-31T08:00:00Z", "2027-06-31T08:00:00Z",
		"2027-09-31T08:00:00Z", "2027-11-31T08:00:00Z", "1969-12-31T23:59:59Z",
		"0000-01-01T00:00:00Z", "10000-01-01T00:00:0Z", "10000-01-01T00:00:00Z",
		"-027-01-15T08:00:00Z", "2O27-01-15T08:00:00Z", "2027/01/15T08:00:00Z",
		"2027-1-015T08:00:00Z", "2027-01-15T08.00.00Z", "2027-01-15T0 :00:00Z",
		"2027-01-15T08:-1:00Z", "2027-01-15T08:00: 0Z", " 027-01-15T08:00:00Z",
		"2027-01- 5T08:00:00Z", "2027-+1-15T08:00:00Z", "20270115T080000Z    "
	};
	int64_t s = UNTOUCHED;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cot_slice text = sim_copy(rows[i], strlen(rows[i]));

		if (cot_utc_parse(text, &s) != COT_E_TIME_FORMAT || s != UNTOUCHED)
			fail_msg("%s", rows[i]);
		sim_drop(text);
	}
	assert_int_equal(cot_utc_parse(COT_SLICE("2027-01-15T08:00:00Z"), &s), COT_OK);
}

/* One byte of a good time replaced by each of the 256: it stays a time only when
 * a digit stands in for a digit, and then it is another second. */
static void every_byte(void **state)
{
	static const char good[] = "2027-01-15T08:00:00Z";
	char text[COT_UTC_LEN];
	size_t i, b;

	(void)state;
	for (i = 0; i < COT_UTC_LEN; i++) {
		for (b = 0; b < 256; b++) {
			int64_t s = UNTOUCHED;

			memcpy(text, good, sizeof(text));
			text[i] = (char)b;
			if (cot_utc_parse(cot_slice(text, sizeof(text)), &s) != COT_OK)
				continue;
			assert_true(text[i] == good[i] || (good[i] >= '0' && good[i] <= '9' &&
			                                   b >= '0' && b <= '9'));
			assert_int_equal(s == 1800000000, text[i] == good[i]);
		}
	}
}

/* The C library as the oracle. */
static void every_day(void **state)
{
	char ours[COT_UTC_LEN], theirs[64];
	int64_t day;

	(void)state;
	for (day = 0; day <= LAST_SECOND / 86400; day++) {
		int64_t s = day * 86400 + day % 86400, back = UNTOUCHED;
		time_t t = (time_t)s;
		struct tm tm;

		cot_utc_format(s, ours);
		assert_non_null(gmtime_r(&t, &tm));
		assert_int_equal(strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%SZ", &tm),
		                 COT_UTC_LEN);
		assert_memory_equal(ours, theirs, COT_UTC_LEN);
		assert_int_equal(cot_utc_parse(cot_slice(ours, sizeof(ours)), &back), COT_OK);
		assert_int_equal(back, s);
	}
}

static void clamped(void **state)
{
	static const struct {
		int64_t s;
		const char *text;
	} rows[] = {
		{ -1, "1970-01-01T00:00:00Z" }, { INT64_MIN, "1970-01-01T00:00:00Z" },
		{ LAST_SECOND + 1, "9999-12-31T23:59:59Z" },
		{ INT64_MAX, "9999-12-31T23:59:59Z" }
	};
	char text[COT_UTC_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cot_utc_format(rows[i].s, text);
		assert_memory_equal(text, rows[i].text, COT_UTC_LEN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_seconds), cmocka_unit_test(no_times),
		cmocka_unit_test(every_byte), cmocka_unit_test(every_day),
		cmocka_unit_test(clamped)
	};

	return cmocka_run_group_tests_name("metadata_utc", tests, NULL, NULL);
}
