/* SPDX-License-Identifier: Apache-2.0
 *
 * The checks of one repository's documents, each on its own.
 *
 * Every function answers one question about one document and keeps nothing; the
 * cycle asks them in the order of the Standard.  Clause numbers are steps of
 * the verification procedure as docs/requirements.tsv lists them (F full, PV partial
 * verification); a function that serves several roles names them all.
 */
#ifndef COTTER_METADATA_CHECK_H
#define COTTER_METADATA_CHECK_H

#include "metadata/agree.h"
#include "metadata/root.h"
#include "metadata/trust.h"

/* ---- any document ------------------------------------------------------------- */

/* F2.2, F3.1, F4.2, F5.1, PV3: not more bytes than were asked for.
 * COT_E_LENGTH_EXCEEDED. */
COT_MUST_CHECK enum cot_err cot_check_limit(struct cot_slice wire, size_t max_len);

/* F4.3, F5.2: as long as its parent says.  COT_E_LENGTH_EXCEEDED for more,
 * COT_E_LENGTH_MISMATCH for less. */
COT_MUST_CHECK enum cot_err cot_check_length(struct cot_slice wire,
                                             const struct cot_meta *expected);

/* F4.3, F5.2: the version its parent says.  COT_E_MIX_AND_MATCH. */
COT_MUST_CHECK enum cot_err cot_check_listed_version(uint32_t version,
                                                     const struct cot_meta *expected);

/* F4.3, F5.2: a hash of the file against the one its parent says, `alg` being
 * one that the parent gives.  COT_E_MIX_AND_MATCH. */
COT_MUST_CHECK enum cot_err cot_check_listed_hash(enum cot_hash_alg alg, const uint8_t *hash,
                                                  const struct cot_meta *expected);

/* F2.7, F3.4, F4.1, F4.8, F5.5, PV6: now < expires.  COT_E_EXPIRED. */
COT_MUST_CHECK enum cot_err cot_check_fresh(const struct cot_head *head, int64_t now_s);

/* Made for this repository.  COT_E_REPOSITORY. */
COT_MUST_CHECK enum cot_err cot_check_repository(const struct cot_head *head,
                                                 struct cot_slice name,
                                                 const struct cot_policy *policy);

/* F5.9, PV9: made for this vehicle.  COT_E_VEHICLE. */
COT_MUST_CHECK enum cot_err cot_check_vehicle(const struct cot_head *head,
                                              struct cot_slice vehicle,
                                              const struct cot_policy *policy);

/* F3.3, F4.5, F5.4, PV5: not older than what is trusted.  COT_E_ROLLBACK. */
COT_MUST_CHECK enum cot_err cot_check_floor(uint32_t version, const struct cot_floor *floor);

/* F3.3, F4.5, F5.4: of the trusted version only if it is the trusted document.
 * COT_E_SAME_VERSION. */
COT_MUST_CHECK enum cot_err cot_check_identical(uint32_t version,
                                                const uint8_t digest[COT_SHA256_LEN],
                                                const struct cot_floor *floor);

/* ---- Root ----------------------------------------------------------------------- */

/* F2.5: exactly the next version.  COT_E_ROLLBACK, COT_E_VERSION_SKIP. */
COT_MUST_CHECK enum cot_err cot_check_root_version(uint32_t version,
                                                   const struct cot_floor *floor);

/* ---- Timestamp and Snapshot -------------------------------------------------------- */

/* F3.3: the Snapshot it names is not older than the one the trusted Timestamp
 * named (held may be NULL), nor than the Snapshot's own floor.  COT_E_ROLLBACK. */
COT_MUST_CHECK enum cot_err cot_check_named_snapshot(const struct cot_meta *named,
                                                     const struct cot_meta *held,
                                                     const struct cot_floor *floor);

/* F4.6, F4.7: every file of the trusted Snapshot is still listed
 * (COT_E_FILE_REMOVED), with a version not lower (COT_E_ROLLBACK). */
COT_MUST_CHECK enum cot_err cot_check_listed_files(struct cot_slice held_meta,
                                                   struct cot_slice meta);

/* ---- the Director's Targets ---------------------------------------------------------- */

/* F5.6, PV7: no delegations.  COT_E_DELEGATION. */
COT_MUST_CHECK enum cot_err cot_check_no_delegation(const struct cot_targets *director);

/* The next four look at one order at a time, so that one walk serves them all.  What
 * the first two keep of the orders before; all zero at the start. */
struct cot_orders_seen {
	size_t count;
	uint64_t total;     /* bytes of images */
	uint32_t names[32]; /* one bit for the digest of each ECU's name */
};

/* F5.10: not more orders, and no larger images, than we take.  COT_E_LIMIT. */
COT_MUST_CHECK enum cot_err cot_check_order_limits(struct cot_orders_seen *seen,
                                                   const struct cot_ordered *order);

/* F5.7, PV7: none of the orders before it in the Director's Targets is for the same
 * ECU.  COT_E_ECU_DUPLICATE.
 *
 * A name whose bit is free costs its hash.  One whose bit is taken costs a reading of the
 * text up to itself: of COT_MAX_ORDERS serials that count up some thirty do.  Names that
 * were chosen to share one bit do all, COT_MAX_ORDERS readings in the cycle step that asks,
 * and nothing here prevents it: such a document needs the Director's Targets keys, whose
 * quorum was counted before. */
COT_MUST_CHECK enum cot_err cot_check_no_ecu_twice(struct cot_orders_seen *seen,
                                                   const struct cot_targets *director,
                                                   const struct cot_ordered *order);

/* F5.8: the ordered ECU is one of ours; what cot_ecu_find found.  COT_E_ECU_UNKNOWN. */
COT_MUST_CHECK enum cot_err cot_check_ecus_known(const struct cot_ecu *ecu);

/* I5, I7: the order fits its ECU.  COT_E_HWID, COT_E_COUNTER, COT_E_COUNTER_JUMP. */
COT_MUST_CHECK enum cot_err cot_check_orders_fit(const struct cot_order *order,
                                                 const struct cot_ecu *ecu);

/* The ECU of that serial, NULL if it is none of ours. */
const struct cot_ecu *cot_ecu_find(const struct cot_ecu *ecus, size_t count,
                                   struct cot_slice serial);

#endif
