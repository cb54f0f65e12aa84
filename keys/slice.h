/* SPDX-License-Identifier: Apache-2.0
 *
 * A run of bytes somebody else owns.
 *
 * Pointer and length travel together everywhere in Cotter, so that a length
 * can never be applied to the wrong pointer.  A slice owns nothing and frees
 * nothing; whoever stores one says how long the memory behind it must live.
 * An empty slice may have any pointer, also NULL.  The functions here are
 * pure and never read outside the slices they are given.
 */
#ifndef COTTER_KEYS_SLICE_H
#define COTTER_KEYS_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cot_slice {
	const uint8_t *ptr;
	size_t len; /* bytes */
};

/* A slice over a string literal or array of char, without its final zero. */
#define COT_SLICE(literal) \
	((struct cot_slice){ (const uint8_t *)(literal), sizeof(literal) - 1 })

/* Makes a slice of len bytes at ptr; in place, because a call would take more
 * room than what it does. */
static inline struct cot_slice cot_slice(const void *ptr, size_t len)
{
	return (struct cot_slice){ (const uint8_t *)ptr, len };
}

/* Makes a slice over a zero-terminated string, without the zero.
 * NULL gives the empty slice. */
struct cot_slice cot_slice_str(const char *text);

/* Same length and same bytes.  Runs in time that depends on the content: for
 * public data only, see cot_equal_ct for secrets. */
bool cot_slice_eq(struct cot_slice a, struct cot_slice b);

/* Same bytes as a zero-terminated string; an attacker's prefix never matches. */
bool cot_slice_is(struct cot_slice a, const char *text);

/* Bytewise order, shorter first on a common prefix: negative, 0 or positive. */
int cot_slice_cmp(struct cot_slice a, struct cot_slice b);

/* The part of s that starts at offset and has len bytes; clipped to s, so the
 * result is never outside s. */
struct cot_slice cot_slice_sub(struct cot_slice s, size_t offset, size_t len);

#endif
