/* SPDX-License-Identifier: Apache-2.0
 *
 * Timestamp and Snapshot: which version of what is current (Uptane 5.2.4,
 * 5.2.5).  Both are a `meta` object from file name to version, length, hashes.
 */
#ifndef COTTER_METADATA_SNAPSHOT_H
#define COTTER_METADATA_SNAPSHOT_H

#include "metadata/envelope.h"

#define COT_KNOWN_SHA256 1u
#define COT_KNOWN_SHA512 2u

/* The hashes given for one file, those that we know. */
struct cot_hashes {
	uint8_t known; /* COT_KNOWN_... */
	uint8_t sha256[COT_SHA256_LEN];
	uint8_t sha512[COT_SHA512_LEN];
};

/* Reads a `hashes` object: known algorithms must be lower-case hex of the
 * right length, unknown ones are passed over, at least one must be known
 * (COT_E_NO_STRONG_HASH). */
COT_MUST_CHECK enum cot_err cot_hashes_parse(struct cot_slice object, struct cot_hashes *ret);

/* Same algorithms known on both sides and all equal. */
bool cot_hashes_equal(const struct cot_hashes *a, const struct cot_hashes *b);

/* Do all known hashes fit data?  COT_E_HASH_MISMATCH. */
COT_MUST_CHECK enum cot_err cot_hashes_check(const struct cot_hashes *h,
                                             const struct cot_crypto *crypto,
                                             struct cot_slice data);

/* What a parent says of one file. */
struct cot_meta {
	uint32_t version;
	bool has_length;
	uint64_t length;
	struct cot_hashes hashes; /* known == 0 if none given */
};

/* Timestamp's one entry, "snapshot.json". */
COT_MUST_CHECK enum cot_err cot_timestamp_parse(struct cot_slice body,
                                                const struct cot_policy *policy,
                                                struct cot_head *ret_head,
                                                struct cot_meta *ret_snapshot);

/* Snapshot: meta is the object to look in; "targets.json" must be there. */
COT_MUST_CHECK enum cot_err cot_snapshot_parse(struct cot_slice body,
                                               const struct cot_policy *policy,
                                               struct cot_head *ret_head,
                                               struct cot_slice *ret_meta);
COT_MUST_CHECK enum cot_err cot_snapshot_find(struct cot_slice meta, struct cot_slice file,
                                              const struct cot_policy *policy,
                                              struct cot_meta *ret);

#endif
