/* SPDX-License-Identifier: Apache-2.0
 *
 * From an order to an image that boots: stage, transfer, exit, activate.
 *
 * Each step asks again whether it still may: fresh signed time, trusted Targets
 * that have not expired, and in them an order of this very hash for this ECU.
 * Each is idempotent.  What a step decides is one state record before anything
 * in a slot changes.
 *
 * Source: Uptane 5.4.3.3 (steps I1 to I11 of docs/requirements.tsv).
 */
#ifndef COTTER_SECONDARY_INSTALL_H
#define COTTER_SECONDARY_INSTALL_H

#include "secondary/secondary.h"

/* Checks the order and writes the intent.  COT_OK: nothing to erase;
 * COT_PENDING: call cot_sec_stage_step until it is not.  Errors: COT_E_NO_TIME,
 * COT_E_NO_ORDER, COT_E_EXPIRED, COT_E_NOT_ORDERED, COT_E_HWID, COT_E_COUNTER,
 * COT_E_COUNTER_JUMP, COT_E_METHOD, COT_E_REVERTED, COT_E_TRIAL,
 * COT_E_SLOT_SIZE, COT_E_FLASH; nothing was erased then. */
COT_MUST_CHECK enum cot_err cot_sec_stage(struct cot_sec *node, uint8_t component);
COT_MUST_CHECK enum cot_err cot_sec_stage_step(struct cot_sec *node);

/* What the answer to stage says, after either of the above. */
void cot_sec_stage_result(const struct cot_sec *node, uint8_t component, enum cot_err outcome,
                          struct cot_stage_result *ret);

/* May a download begin that announces these?  COT_E_SEQUENCE: nothing staged;
 * COT_E_METHOD; COT_E_ARGUMENT: offset or size are not what is missing. */
COT_MUST_CHECK enum cot_err cot_sec_download_check(const struct cot_sec *node,
                                                   const struct cot_uds_request *request);
/* COT_E_LENGTH_EXCEEDED: more than announced. */
COT_MUST_CHECK enum cot_err cot_sec_download(struct cot_sec *node, struct cot_slice data);

/* The exit check.  begin: COT_E_SEQUENCE while bytes are missing, without
 * effect; then step until it is not COT_PENDING.  On COT_OK the slot is STAGED;
 * after COT_E_HASH_MISMATCH the intent is void. */
COT_MUST_CHECK enum cot_err cot_sec_exit_begin(struct cot_sec *node);
COT_MUST_CHECK enum cot_err cot_sec_exit_step(struct cot_sec *node);

/* COT_E_NOT_STAGED and the errors of cot_sec_stage. */
COT_MUST_CHECK enum cot_err cot_sec_activate(struct cot_sec *node, uint8_t component);

/* The slot whose image is, or would be, running. */
uint8_t cot_sec_running(const struct cot_sec *node, uint8_t component);

#endif
