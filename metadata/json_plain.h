/* SPDX-License-Identifier: Apache-2.0
 *
 * Stepping over the plain part of a string a machine word at a time.  Most bytes
 * of a Targets file are hex digits and names; looking at them one by one costs
 * more than hashing them.  Private to the JSON reader.
 */
#ifndef COTTER_METADATA_JSON_PLAIN_H
#define COTTER_METADATA_JSON_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Printable ASCII that is neither quote nor backslash stands for itself in every
 * grammar. */
static inline bool cot_json_is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

#define COT_JSON_ONES (SIZE_MAX / 255) /* each byte 1 */

/* Where a word may be loaded from: anywhere, but on small cores, which fault. */
#if defined(__ARM_ARCH) && !defined(__ARM_FEATURE_UNALIGNED)
#define COT_JSON_ALIGN sizeof(size_t)
#else
#define COT_JSON_ALIGN 1
#endif

/* The high bit of the first byte that is not plain, counted from the low end, and
 * perhaps bits above it: (x - n) & ~x borrows upwards only. */
static inline size_t cot_json_marks(size_t w)
{
	const size_t ones = COT_JSON_ONES;
	size_t quote = w ^ ones * '"', slash = w ^ ones * '\\';

	return (w | ((quote - ones) & ~quote) | ((slash - ones) & ~slash) |
	        ((w - ones * 0x20) & ~w)) & ones * 0x80;
}

/* Zero if every byte has bit 5 and one of 3, 4 and 6: digits, lower-case letters, dots,
 * dashes and slashes have; quote, backslash, control and non-ASCII bytes have not.
 * Most words pass, and this takes half of what the marks take. */
static inline size_t cot_json_unsure(size_t w)
{
	size_t sure = w & (w << 2 | w << 1 | w >> 1);

	return (w | ~(sure << 2)) & COT_JSON_ONES * 0x80;
}

/* How many bytes lie below the lowest mark: no bit-scan instruction needed, which
 * small cores lack.  On big-endian machines the low end is the wrong one: 0. */
static inline size_t cot_json_below(size_t marks)
{
	const size_t one = 1;
	size_t lowest = (marks & (0 - marks)) >> 7;
	uint8_t first;

	__builtin_memcpy(&first, &one, 1);
	return first * (((lowest - 1) & COT_JSON_ONES) * COT_JSON_ONES >> 8 * (sizeof(one) - 1));
}

/* Behind plain bytes at p, up to end; there may be up to one word more. */
static inline const uint8_t *cot_json_plain(const uint8_t *p, const uint8_t *end)
{
	size_t w, marks;

	for (; (uintptr_t)p % COT_JSON_ALIGN != 0; p++) {
		if (p == end || !cot_json_is_plain(*p))
			return p;
	}
	if ((size_t)(end - p) < sizeof(w))
		return p;
	do {
		/* The builtin, so that it is one load: a freestanding compiler calls memcpy. */
		__builtin_memcpy(&w, __builtin_assume_aligned(p, COT_JSON_ALIGN), sizeof(w));
		marks = cot_json_unsure(w) == 0 ? 0 : cot_json_marks(w);
		if (marks != 0)
			return p + cot_json_below(marks);
		p += sizeof(w);
	} while (p <= end - sizeof(w));
	return p;
}

#endif
