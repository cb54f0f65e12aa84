/* SPDX-License-Identifier: Apache-2.0
 *
 * From JSON as served to canonical JSON, on hosts that have jansson.
 *
 * The core reads canonical bytes only.  A document that is canonical as served
 * is used where it lies and jansson never sees it.  Anything else is checked
 * byte by byte, parsed by jansson (which here only builds a tree; it decides
 * nothing), and written again in the canonical spelling of its grammar.
 * Numbers travel through jansson as strings, so that every spelling comes out
 * as it went in: what a number means is for the reader of the field to judge.
 *
 *   struct cot_doc_owned d;
 *   err = cot_canon_from_wire(wire, dialect->grammar, &d);
 *   ... use d.doc while wire lives ...
 *   cot_doc_owned_free(&d);
 */
#ifndef COTTER_METADATA_HOST_CANON_H
#define COTTER_METADATA_HOST_CANON_H

#include "metadata/envelope.h"

#include <jansson.h>

/* A document and, if its canonical form is not its wire form, the memory that
 * holds the canonical form. */
struct cot_doc_owned {
	struct cot_doc doc;
	char *memory; /* NULL: doc.canon is the same memory as doc.wire */
	size_t at;    /* byte of wire at which it was refused; 0 if it was not */
};

/* Gives both faces of a served document.  wire must outlive ret.  Refusals, with
 * ret->at set: COT_E_MALFORMED (also a byte order mark, and control bytes that
 * are not white space between tokens), COT_E_UTF8, COT_E_DEPTH,
 * COT_E_DUPLICATE_MEMBER, COT_E_TRUNCATED, COT_E_TRAILING, COT_E_TYPE (neither
 * object nor array), COT_E_MEMORY.  On refusal ret needs no release. */
COT_MUST_CHECK enum cot_err cot_canon_from_wire(struct cot_slice wire,
                                                const struct cot_grammar *grammar,
                                                struct cot_doc_owned *ret);

/* Releases what ret owns; may be called twice. */
void cot_doc_owned_free(struct cot_doc_owned *d);

/* Writes a tree built here as canonical text: what is signed.  ret is allocated
 * (free with free), zero-terminated, and ret_len does not count the zero.
 * COT_E_NUMBER for a real number, COT_E_DEPTH, COT_E_MEMORY. */
COT_MUST_CHECK enum cot_err cot_canon_dump(const json_t *value, const struct cot_grammar *grammar,
                                           char **ret, size_t *ret_len);

/* Writes a tree as it is served: compact, members sorted, control bytes
 * escaped, so that any JSON reader takes it.  Canonical (olpc) unless a string
 * holds a control byte, as PEM keys do.  Otherwise like cot_canon_dump. */
COT_MUST_CHECK enum cot_err cot_wire_dump(const json_t *value, char **ret, size_t *ret_len);

/* Parses served text, or canonical text (olpc) with its raw control bytes, into a
 * tree for tools that edit what they wrote before.
 * The same refusals; integers beyond 63 bits and reals are COT_E_NUMBER. */
COT_MUST_CHECK enum cot_err cot_wire_load(struct cot_slice wire, json_t **ret,
                                          size_t *ret_at);

#endif
