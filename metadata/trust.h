/* SPDX-License-Identifier: Apache-2.0
 *
 * What a device has come to trust: for each repository and role the floor
 * below which nothing is accepted, and the floor of time.  The only producer of
 * a new value is the cycle; the only way to make it count is the one commit
 * of whoever keeps it (the daemon's store, the secondary's state record).
 */
#ifndef COTTER_METADATA_TRUST_H
#define COTTER_METADATA_TRUST_H

#include "metadata/envelope.h"

/* Floor of one role.  `held` says that a document of exactly that version and
 * digest is trusted and kept; without it, version alone is the minimum (after
 * a floor was dropped, or when the document was never there). */
struct cot_floor {
	uint32_t version; /* 0: nothing yet */
	bool held;
	uint8_t digest[COT_SHA256_LEN]; /* of the canonical signed part */
};

/* Who validly signed the held Targets, by key fingerprint: their floor falls
 * only when those keys no longer meet the threshold of a newer Root. */
struct cot_signers {
	uint8_t count;
	uint8_t fingerprint[COT_MAX_SIGNERS][COT_SHA256_LEN];
};

/* Those whose signatures were counted, as far as they are remembered. */
void cot_signers_keep(struct cot_signers *ret, const struct cot_quorum *quorum,
                      const struct cot_crypto *crypto);

struct cot_repo_trust {
	struct cot_floor floor[COT_ROLE_COUNT];
	struct cot_signers targets_signers;
};

struct cot_trust {
	struct cot_repo_trust repo[COT_MAX_REPOS];
	int64_t time_floor_s;       /* no signed time below this is believed */
	int64_t provisioned_time_s; /* what the floor falls to when a time key is removed */
};

/* Largest encoding: two repositories with all floors and signers. */
#define COT_TRUST_MAX (2u + 16u + COT_MAX_REPOS * (1u + 4u * 37u + 1u + COT_MAX_SIGNERS * 32u))

/* Writes a portable little-endian encoding that leaves out what is empty; the
 * format is part of the frozen state record (docs/pouf.md).  COT_E_BUFFER. */
COT_MUST_CHECK enum cot_err cot_trust_encode(const struct cot_trust *trust, uint8_t *ret,
                                             size_t max, size_t *ret_len);

/* COT_E_RECORD for anything cot_trust_encode did not write; ret trusts nothing then. */
COT_MUST_CHECK enum cot_err cot_trust_decode(struct cot_slice bytes, struct cot_trust *ret);

#endif
