/* SPDX-License-Identifier: Apache-2.0
 *
 * The one threshold routine (TUF 4.3, 5.3.4; Uptane 5.4.4.3 to 5.4.4.6).
 *
 * Counts distinct decoded keys with a valid signature over one message.  The
 * same key under two ids, in two spellings or in two entries counts once.
 * Everything that is signed by a role, by Root's owner, by a time source or in
 * a provisioning record is judged here and nowhere else.
 *
 *   1. cot_threshold_check   the threshold a role asks for can be met at all
 *   2. cot_quorum_init
 *   3. cot_quorum_add        once per signature entry whose key the role lists
 *   4. cot_quorum_check      only now is there a verdict
 *
 * An add makes at most one signature check; it is repeated with the same
 * arguments while it answers COT_PENDING.
 */
#ifndef COTTER_KEYS_QUORUM_H
#define COTTER_KEYS_QUORUM_H

#include "keys/key.h"

/* Counted keys in the order met.  Their text must live as long. */
struct cot_quorum {
	uint32_t threshold;
	uint32_t count;
	struct cot_key key[COT_MAX_ROLE_KEYS];
};

/* COT_E_ILLEGAL_THRESHOLD unless 1 <= threshold <= key_count and key_count is
 * at most COT_MAX_ROLE_KEYS.  key_count counts distinct ids. */
COT_MUST_CHECK enum cot_err cot_threshold_check(uint64_t threshold, size_t key_count);

void cot_quorum_init(struct cot_quorum *q, uint32_t threshold);

/* Verifies one signature (sig_text as it stands in the document) over msg and
 * counts its key if it was not counted before.  COT_OK: valid, counted now or
 * earlier.  COT_PENDING: call again.  Any error (COT_E_SIGNATURE, COT_E_SCHEME,
 * COT_E_ENCODING, COT_E_KEY): not counted, and never a reason to refuse the
 * document, which stands or falls with its other signatures. */
COT_MUST_CHECK enum cot_err cot_quorum_add(struct cot_quorum *q,
                                           const struct cot_crypto *crypto,
                                           const struct cot_key *key,
                                           struct cot_slice sig_text,
                                           struct cot_slice msg);

/* COT_OK if enough distinct keys signed, else COT_E_SIG_THRESHOLD. */
COT_MUST_CHECK enum cot_err cot_quorum_check(const struct cot_quorum *q);

#endif
