/* SPDX-License-Identifier: Apache-2.0
 *
 * Fields of our own records: see pack.h.  The bound is tested before each copy,
 * by subtraction from what is known to be larger.
 */
#include "secondary/pack.h"

#include <string.h>

void cot_pack_bytes(struct cot_pack *p, const void *bytes, size_t len)
{
	if (p->bad || len > p->max - p->len) {
		p->bad = true;
		return;
	}
	if (len > 0)
		memcpy(p->ptr + p->len, bytes, len);
	p->len += len;
}

void cot_pack_uint(struct cot_pack *p, uint64_t value, size_t width)
{
	uint8_t bytes[8];
	size_t i;

	for (i = 0; i < width && i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	cot_pack_bytes(p, bytes, i);
}

struct cot_slice cot_unpack_slice(struct cot_unpack *u, size_t len)
{
	struct cot_slice taken;

	if (u->bad || len > u->rest.len) {
		u->bad = true;
		return cot_slice(NULL, 0);
	}
	taken = cot_slice(u->rest.ptr, len);
	u->rest = cot_slice_sub(u->rest, len, u->rest.len - len);
	return taken;
}

uint64_t cot_unpack_uint(struct cot_unpack *u, size_t width)
{
	struct cot_slice bytes = cot_unpack_slice(u, width);
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < bytes.len; i++)
		value |= (uint64_t)bytes.ptr[i] << (8 * i);
	return value;
}

void cot_unpack_bytes(struct cot_unpack *u, void *ret, size_t len)
{
	struct cot_slice bytes = cot_unpack_slice(u, len);

	memset(ret, 0, len);
	if (bytes.len > 0)
		memcpy(ret, bytes.ptr, bytes.len);
}
