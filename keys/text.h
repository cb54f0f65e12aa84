/* SPDX-License-Identifier: Apache-2.0
 *
 * Text growing in the caller's buffer.
 *
 * What does not fit is not written, and remembered, so that only the end has to
 * ask:
 *
 *	struct cot_text t = { buf, sizeof(buf), 0, false };
 *	cot_text_form(&t, "{\"name\":\"$\",\"digest\":\"~\"}", values);
 *	err = cot_text_end(&t, &len);
 */
#ifndef COTTER_KEYS_TEXT_H
#define COTTER_KEYS_TEXT_H

#include "keys/error.h"
#include "keys/slice.h"

struct cot_text {
	char *ptr;
	size_t max; /* bytes at ptr */
	size_t len; /* bytes written */
	bool full;  /* a piece did not fit; nothing is written any more */
};

/* A piece as it is.  It may lie in the buffer itself, behind what is written: it is
 * moved then. */
void cot_text_put(struct cot_text *t, struct cot_slice piece);

/* A form: `$` stands for the next value as it is, `~` for the next one in lower-case
 * hex, every other byte for itself. */
void cot_text_form(struct cot_text *t, const char *form, const struct cot_slice *values);

/* COT_E_BUFFER if something did not fit; *ret_len is untouched then. */
COT_MUST_CHECK enum cot_err cot_text_end(const struct cot_text *t, size_t *ret_len);

#endif
