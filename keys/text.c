/* SPDX-License-Identifier: Apache-2.0
 *
 * Text growing in the caller's buffer: see text.h.
 */
#include "keys/text.h"
#include "keys/encode.h"

#include <string.h>

void cot_text_put(struct cot_text *t, struct cot_slice piece)
{
	if (t->full || piece.len > t->max - t->len) {
		t->full = true;
		return;
	}
	if (piece.len > 0)
		memmove(t->ptr + t->len, piece.ptr, piece.len);
	t->len += piece.len;
}

static void put_hex(struct cot_text *t, struct cot_slice bytes)
{
	char hex[2];
	size_t i;

	for (i = 0; i < bytes.len; i++) {
		cot_hex_encode(cot_slice(bytes.ptr + i, 1), hex);
		cot_text_put(t, cot_slice(hex, sizeof(hex)));
	}
}

void cot_text_form(struct cot_text *t, const char *form, const struct cot_slice *values)
{
	for (; *form != '\0'; form++) {
		if (*form == '$')
			cot_text_put(t, *values++);
		else if (*form == '~')
			put_hex(t, *values++);
		else
			cot_text_put(t, cot_slice(form, 1));
	}
}

enum cot_err cot_text_end(const struct cot_text *t, size_t *ret_len)
{
	if (t->full)
		return COT_E_BUFFER;
	*ret_len = t->len;
	return COT_OK;
}
