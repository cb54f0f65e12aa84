/* SPDX-License-Identifier: Apache-2.0
 *
 * Root: the keys and thresholds of a repository (Uptane 5.2.2).
 *
 * Besides TUF's members Cotter reads signed.custom: `repository`, `time`
 * {keyids, threshold} (Director only; its keys stand in `keys`), and `floors`
 * {role: version}, the lowest version of a role after its floor was dropped.
 */
#ifndef COTTER_METADATA_ROOT_H
#define COTTER_METADATA_ROOT_H

#include "metadata/envelope.h"

struct cot_root {
	struct cot_head head;
	struct cot_slice keys;
	struct cot_slice roles;
	struct cot_slice time;   /* custom.time, empty if absent */
	struct cot_slice floors; /* custom.floors, empty if absent */
};

/* Can this Root be lived with?  Says nothing about signatures.
 *
 *   1. cot_root_open         its members; no key and no role has been looked at
 *   2. cot_root_check_keys   while COT_PENDING: one key per call
 *   3. cot_root_check_roles  while COT_PENDING: one role per call
 *
 * `at` is where the next call goes on: 0 before the first one, and 0 again after
 * COT_OK.  Each call reads the document a few times at most, whatever stands in it.
 * Beyond that one of 2 costs at most a hash of the key object and one key_check, one
 * of 3 the decoding of COT_MAX_ROLE_KEYS keys for each of them: all of them less than
 * one signature check over the same document (docs/size.md has figures). */
COT_MUST_CHECK enum cot_err cot_root_open(struct cot_slice body, const struct cot_policy *policy,
                                          struct cot_root *ret);

/* Every id is the one its key object hashes to (COT_E_KEY_ID), every key we have a
 * scheme for is sound (COT_E_KEY); keys of unknown schemes are allowed and never count. */
COT_MUST_CHECK enum cot_err cot_root_check_keys(const struct cot_root *root,
                                                const struct cot_policy *policy,
                                                const struct cot_crypto *crypto, size_t *at);

/* All four roles are there, every listed id has a key, each threshold can be met by
 * distinct keys (COT_E_ILLEGAL_THRESHOLD); so for the time source, if there is one. */
COT_MUST_CHECK enum cot_err cot_root_check_roles(const struct cot_root *root, size_t *at);

/* All three in one go: for hosts, and for where nothing else waits. */
COT_MUST_CHECK enum cot_err cot_root_parse(struct cot_slice body, const struct cot_policy *policy,
                                           const struct cot_crypto *crypto, struct cot_root *ret);

/* Goes through the key objects; at as above, false at the end. */
bool cot_root_next_key(const struct cot_root *root, size_t *at, struct cot_slice *ret_id,
                       struct cot_slice *ret_object);

/* Keys and threshold of a role, or of the time source (COT_ROLE_TIME;
 * COT_E_MISSING if this Root names none). */
COT_MUST_CHECK enum cot_err cot_root_role(const struct cot_root *root, enum cot_role role,
                                          struct cot_role_keys *ret);

/* The lowest version of role that this Root allows; 0 if it names none. */
uint32_t cot_root_floor(const struct cot_root *root, enum cot_role role);

/* Did the step from old to next remove a key of the role (compared decoded) or
 * raise its threshold?  Adding a key or lowering the threshold is no rotation.  Costs
 * what one role of cot_root_check_roles does, for both Roots. */
bool cot_root_rotated(const struct cot_root *old, const struct cot_root *next,
                      enum cot_role role);

/* COT_E_KEY_SHARED if that key object's key stands in the other Root too (compared
 * decoded).  Reads all of that Root's keys once. */
COT_MUST_CHECK enum cot_err cot_root_check_apart(struct cot_slice object,
                                                 const struct cot_root *other);

/* The same for each key of a, in one go. */
COT_MUST_CHECK enum cot_err cot_root_check_disjoint(const struct cot_root *a,
                                                    const struct cot_root *b);

#endif
