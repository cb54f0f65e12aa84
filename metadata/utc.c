/* SPDX-License-Identifier: Apache-2.0
 *
 * UTC seconds and their one spelling: see utc.h.
 */
#include "metadata/utc.h"

#include <stdbool.h>

/* Days and years fit 32 bits: on a small core a 64-bit division is a kilobyte. */
#define FIRST_YEAR 1970u
#define LAST_YEAR 9999u
#define DAY_S 86400u
#define LAST_SECOND 253402300799 /* 9999-12-31T23:59:59Z */

static bool is_leap(uint32_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static uint32_t days_in_month(uint32_t year, uint32_t month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

/* Days from 1970-01-01 to the first of January of year, year >= 1970. */
static uint32_t days_before_year(uint32_t year)
{
	uint32_t y = year - 1;

	return 365 * (year - FIRST_YEAR) + (y / 4 - 492) - (y / 100 - 19) + (y / 400 - 4);
}

enum { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, FIELDS };

/* Where a field stands, what follows it, and what it may be. */
static const struct {
	uint8_t at, len;
	char after;
	uint16_t min, max;
} fields[FIELDS] = {
	[YEAR] = { 0, 4, '-', FIRST_YEAR, LAST_YEAR },
	[MONTH] = { 5, 2, '-', 1, 12 },
	[DAY] = { 8, 2, 'T', 1, 31 },
	[HOUR] = { 11, 2, ':', 0, 23 },
	[MINUTE] = { 14, 2, ':', 0, 59 },
	[SECOND] = { 17, 2, 'Z', 0, 59 }
};

/* Digits only, within its range, and followed by what must follow. */
static bool read_field(const uint8_t *text, size_t field, uint32_t *ret)
{
	size_t at = fields[field].at, end = at + fields[field].len;
	uint32_t v = 0;

	for (; at < end; at++) {
		if (text[at] < '0' || text[at] > '9')
			return false;
		v = v * 10 + (uint32_t)(text[at] - '0');
	}
	*ret = v;
	return v >= fields[field].min && v <= fields[field].max &&
	       text[end] == fields[field].after;
}

/* CHECK T1: a time is exactly one real second, in UTC */
enum cot_err cot_utc_parse(struct cot_slice text, int64_t *ret_s)
{
	uint32_t v[FIELDS], days, m;
	size_t i;

	if (text.len != COT_UTC_LEN)
		return COT_E_TIME_FORMAT;
	for (i = 0; i < FIELDS; i++) {
		if (!read_field(text.ptr, i, &v[i]))
			return COT_E_TIME_FORMAT;
	}
	if (v[DAY] > days_in_month(v[YEAR], v[MONTH]))
		return COT_E_TIME_FORMAT;
	days = days_before_year(v[YEAR]) + v[DAY] - 1;
	for (m = 1; m < v[MONTH]; m++)
		days += days_in_month(v[YEAR], m);
	*ret_s = (int64_t)days * DAY_S + (v[HOUR] * 60 + v[MINUTE]) * 60 + v[SECOND];
	return COT_OK;
}

static void put_field(char *text, size_t field, uint32_t value)
{
	size_t at = fields[field].at, end = at + fields[field].len;

	text[end] = fields[field].after;
	while (end-- > at) {
		text[end] = (char)('0' + value % 10);
		value /= 10;
	}
}

void cot_utc_format(int64_t s, char ret[COT_UTC_LEN])
{
	uint32_t days, rest, year, month = 1;

	if (s < 0)
		s = 0;
	if (s > LAST_SECOND)
		s = LAST_SECOND;
	days = (uint32_t)(s >> 7) / (DAY_S >> 7);
	rest = (uint32_t)(s - (int64_t)days * DAY_S);
	year = FIRST_YEAR + days / 366; /* never too late; the loop makes up for leap years */
	while (days_before_year(year + 1) <= days)
		year++;
	days -= days_before_year(year);
	for (; days >= days_in_month(year, month); month++)
		days -= days_in_month(year, month);
	put_field(ret, YEAR, year);
	put_field(ret, MONTH, month);
	put_field(ret, DAY, days + 1);
	put_field(ret, HOUR, rest / 3600);
	put_field(ret, MINUTE, rest / 60 % 60);
	put_field(ret, SECOND, rest % 60);
}
