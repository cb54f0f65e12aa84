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

/* Parses and checks that this Root can be lived with: all four roles, each
 * threshold satisfiable, every listed id has a key, every id is the one its
 * key object hashes to (COT_E_KEY_ID), every key we have a scheme for is sound
 * (COT_E_KEY); keys of unknown schemes are allowed and never count.  Says
 * nothing about signatures. */
COT_MUST_CHECK enum cot_err cot_root_parse(struct cot_slice body, const struct cot_policy *policy,
                                           const struct cot_crypto *crypto, struct cot_root *ret);

/* Keys and threshold of a role, or of the time source (COT_ROLE_TIME;
 * COT_E_MISSING if this Root names none). */
COT_MUST_CHECK enum cot_err cot_root_role(const struct cot_root *root, enum cot_role role,
                                          struct cot_role_keys *ret);

/* The lowest version of role that this Root allows; 0 if it names none. */
uint32_t cot_root_floor(const struct cot_root *root, enum cot_role role);

/* Did the step from old to next remove a key of the role (compared decoded) or
 * raise its threshold?  Adding a key or lowering the threshold is no rotation. */
bool cot_root_rotated(const struct cot_root *old, const struct cot_root *next,
                      enum cot_role role);

/* COT_E_KEY_SHARED if any key stands in both Roots (compared decoded). */
COT_MUST_CHECK enum cot_err cot_root_check_disjoint(const struct cot_root *a,
                                                    const struct cot_root *b);

#endif
