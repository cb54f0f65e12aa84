/* SPDX-License-Identifier: Apache-2.0
 *
 * Director Root and Director Targets in flash: two places each, outside the
 * image slots.  The state record names the trusted one; what comes over the bus
 * goes to the other.  A trusted place is never erased.
 *
 *	cot_documents_begin    which kind, how long; the place that is spare
 *	cot_documents_erase    while COT_PENDING: one page per call
 *	cot_documents_write    the bytes, in order
 *	cot_documents_finish   all there: the document counts as staged
 *	cot_documents_staged   its bytes, to be verified
 *
 * The signed time goes the same way into RAM.  What is staged is forgotten at a
 * reset; nothing here is trusted for being staged.
 */
#ifndef COTTER_SECONDARY_DOCUMENTS_H
#define COTTER_SECONDARY_DOCUMENTS_H

#include "secondary/identity.h"
#include "secondary/stream.h"

#define COT_SEC_TIME COT_SEC_DOCS /* the third kind that can be staged */
#define COT_SEC_STAGED (COT_SEC_DOCS + 1u)

struct cot_sec_staged {
	bool complete;
	enum cot_sec_place place;
	uint32_t len;
	uint32_t version; /* of the name it came under; Root only */
};

struct cot_documents {
	const struct cot_port *port;
	const struct cot_identity *id;
	const struct cot_sec_state *state; /* which places are trusted */
	struct cot_sec_staged staged[COT_SEC_STAGED];

	uint8_t kind;     /* being received */
	uint32_t len;
	uint32_t version;
	uint32_t have;
	uint32_t erased;  /* bytes of the place erased so far */
	bool open;
	struct cot_flash_stream stream;
};

/* state must be the store's, always up to date. */
void cot_documents_init(struct cot_documents *d, const struct cot_port *port,
                        const struct cot_identity *id, const struct cot_sec_state *state);

/* Largest document of a kind, bytes. */
uint32_t cot_documents_max(const struct cot_documents *d, uint8_t kind);

/* Reads "d/7.root.json", "d/targets.json", "d/time.json".  COT_E_NAME. */
COT_MUST_CHECK enum cot_err cot_documents_name(struct cot_slice name, uint8_t *ret_kind,
                                               uint32_t *ret_version);

/* Ends whatever was being received and forgets what was staged of this kind.
 * COT_E_DOCUMENT_SIZE: 0, or longer than cot_documents_max. */
COT_MUST_CHECK enum cot_err cot_documents_begin(struct cot_documents *d, uint8_t kind,
                                                uint32_t version, uint32_t len);
COT_MUST_CHECK enum cot_err cot_documents_erase(struct cot_documents *d);
/* COT_E_LIMIT: more than was announced. */
COT_MUST_CHECK enum cot_err cot_documents_write(struct cot_documents *d, struct cot_slice data);
/* COT_E_SEQUENCE: not all there yet. */
COT_MUST_CHECK enum cot_err cot_documents_finish(struct cot_documents *d);
void cot_documents_forget(struct cot_documents *d, uint8_t kind);

/* The bytes of a staged, or of the trusted document; empty canon if there is none.
 * COT_E_FLASH; COT_E_DOCUMENT_SIZE: the window is too small. */
COT_MUST_CHECK enum cot_err cot_documents_staged(struct cot_documents *d, uint8_t kind,
                                                 struct cot_doc *ret);
COT_MUST_CHECK enum cot_err cot_documents_trusted(struct cot_documents *d, uint8_t kind,
                                                  struct cot_doc *ret);

#endif
