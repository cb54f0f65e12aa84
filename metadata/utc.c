/* SPDX-License-Identifier: Apache-2.0
 *
 * UTC seconds and their one spelling: see utc.h.
 */
#include "metadata/utc.h"

#include <string.h>

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* Days from 1970-01-01 to the first of January of year, year >= 1970. */
static int64_t days_before_year(int64_t year)
{
	int64_t y = year - 1;

	return 365 * (year - 1970) + (y / 4 - 492) - (y / 100 - 19) + (y / 400 - 4);
}

/* len digits at text, or -1. */
static int64_t digits(const uint8_t *text, size_t len)
{
	int64_t v = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		v = v * 10 + (text[i] - '0');
	}
	return v;
}

/* Are the separators where they belong? */
static bool has_form(const uint8_t *t)
{
	return t[4] == '-' && t[7] == '-' && t[10] == 'T' && t[13] == ':' && t[16] == ':' &&
	       t[19] == 'Z';
}

/* CHECK T1: a time is exactly one real second, in UTC */
enum cot_err cot_utc_parse(struct cot_slice text, int64_t *ret_s)
{
	int64_t year, month, day, hour, minute, second, days, m;

	if (text.len != COT_UTC_LEN || !has_form(text.ptr))
		return COT_E_TIME_FORMAT;
	year = digits(text.ptr, 4);
	month = digits(text.ptr + 5, 2);
	day = digits(text.ptr + 8, 2);
	hour = digits(text.ptr + 11, 2);
	minute = digits(text.ptr + 14, 2);
	second = digits(text.ptr + 17, 2);
	if (year < 1970 || month < 1 || month > 12 || day < 1 || hour < 0 || hour > 23 ||
	    minute < 0 || minute > 59 || second < 0 || second > 59)
		return COT_E_TIME_FORMAT;
	if (day > days_in_month(year, month))
		return COT_E_TIME_FORMAT;
	days = days_before_year(year) + day - 1;
	for (m = 1; m < month; m++)
		days += days_in_month(year, m);
	*ret_s = ((days * 24 + hour) * 60 + minute) * 60 + second;
	return COT_OK;
}

static void put(char *to, int64_t value, size_t len)
{
	while (len-- > 0) {
		to[len] = (char)('0' + value % 10);
		value /= 10;
	}
}

#define LAST_SECOND 253402300799 /* 9999-12-31T23:59:59Z */

void cot_utc_format(int64_t s, char ret[COT_UTC_LEN])
{
	int64_t days, year, month = 1;

	if (s < 0)
		s = 0;
	if (s > LAST_SECOND)
		s = LAST_SECOND;
	days = s / 86400;
	s %= 86400;
	year = 1970 + days / 366; /* never too late; the loop makes up for leap years */
	while (days_before_year(year + 1) <= days)
		year++;
	days -= days_before_year(year);
	for (; days >= days_in_month(year, month); month++)
		days -= days_in_month(year, month);
	memcpy(ret, "0000-00-00T00:00:00Z", COT_UTC_LEN);
	put(ret, year, 4);
	put(ret + 5, month, 2);
	put(ret + 8, days + 1, 2);
	put(ret + 11, s / 3600, 2);
	put(ret + 14, s / 60 % 60, 2);
	put(ret + 17, s % 60, 2);
}
