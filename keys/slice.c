/* SPDX-License-Identifier: Apache-2.0
 *
 * Slices: see slice.h.
 *
 * memcmp is never handed a NULL pointer, not even with length zero, because
 * the C standard does not allow it and optimisers use that.
 */
#include "keys/slice.h"

#include <string.h>

struct cot_slice cot_slice_str(const char *text)
{
	size_t len = 0;

	if (text == NULL)
		return cot_slice(NULL, 0);
	while (text[len] != '\0')
		len++;
	return cot_slice(text, len);
}

bool cot_slice_eq(struct cot_slice a, struct cot_slice b)
{
	if (a.len != b.len)
		return false;
	return a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0;
}

bool cot_slice_is(struct cot_slice a, const char *text)
{
	size_t i = 0;

	if (text == NULL)
		return a.len == 0;
	/* Most texts differ in their first bytes, so neither is measured before. */
	while (i < a.len && text[i] != '\0' && a.ptr[i] == (uint8_t)text[i])
		i++;
	return i == a.len && text[i] == '\0';
}

int cot_slice_cmp(struct cot_slice a, struct cot_slice b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common == 0 ? 0 : memcmp(a.ptr, b.ptr, common);

	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

struct cot_slice cot_slice_sub(struct cot_slice s, size_t offset, size_t len)
{
	size_t left;

	if (offset >= s.len)
		return cot_slice(s.len == 0 ? s.ptr : s.ptr + s.len, 0);
	left = s.len - offset;
	return cot_slice(s.ptr + offset, len < left ? len : left);
}
