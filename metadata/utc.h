/* SPDX-License-Identifier: Apache-2.0
 *
 * Times of metadata: seconds since 1970 in UTC, written as exactly twenty
 * characters `YYYY-MM-DDTHH:MM:SSZ` (TUF 4.2, a subset of RFC 3339).  No leap
 * second, no offset, no fraction, years 1970 to 9999, real days only.  Pure
 * arithmetic on the proleptic Gregorian calendar; no time zone, no locale.
 */
#ifndef COTTER_METADATA_UTC_H
#define COTTER_METADATA_UTC_H

#include "keys/error.h"
#include "keys/slice.h"

#define COT_UTC_LEN 20u

/* COT_E_TIME_FORMAT for anything but one real second in that spelling. */
COT_MUST_CHECK enum cot_err cot_utc_parse(struct cot_slice text, int64_t *ret_s);

/* Writes 20 characters, no final zero.  A time outside 1970..9999 is clamped. */
void cot_utc_format(int64_t s, char ret[COT_UTC_LEN]);

#endif
