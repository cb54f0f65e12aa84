/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes of our own records: little-endian fields, one after the other, with a
 * bound that is checked once at the end instead of at each field.
 *
 *   struct cot_pack p = { buf, sizeof(buf), 0, false };
 *   cot_pack_u32(&p, 7); cot_pack_bytes(&p, name);
 *   if (p.bad) ...
 *
 * After a put or get that does not fit, `bad` is set, nothing further is
 * written or read, and gets answer zero.
 */
#ifndef COTTER_SECONDARY_PACK_H
#define COTTER_SECONDARY_PACK_H

#include "keys/slice.h"

struct cot_pack {
	uint8_t *ptr;
	size_t max;
	size_t len;
	bool bad;
};

/* The lowest `width` bytes of value, 1 to 8. */
void cot_pack_uint(struct cot_pack *p, uint64_t value, size_t width);
void cot_pack_bytes(struct cot_pack *p, const void *bytes, size_t len);

struct cot_unpack {
	struct cot_slice rest;
	bool bad;
};

uint64_t cot_unpack_uint(struct cot_unpack *u, size_t width);
/* Copies len bytes; zeroes ret when there are fewer. */
void cot_unpack_bytes(struct cot_unpack *u, void *ret, size_t len);
/* The next len bytes in place; empty when there are fewer. */
struct cot_slice cot_unpack_slice(struct cot_unpack *u, size_t len);

#endif
