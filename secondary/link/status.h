/* SPDX-License-Identifier: Apache-2.0
 *
 * Records that node and primary exchange beside images and metadata: node
 * status (DID FD00), component status (routine FD13), results of the other
 * routines.  Bytes are in docs/link.md.  Decoding says nothing about truth: a
 * spoofed node can claim anything, and only its signed report is evidence.
 */
#ifndef COTTER_SECONDARY_LINK_STATUS_H
#define COTTER_SECONDARY_LINK_STATUS_H

#include "keys/limits.h"
#include "secondary/link/uds.h"

#define COT_DID_FINGERPRINT 0xF15Au
#define COT_RID_REPORT 0xFD14u /* version report of one component */

#define COT_NODE_STATUS_LEN 34u
#define COT_COMPONENT_STATUS_LEN 92u
#define COT_VERIFY_RESULT_LEN 11u
#define COT_STAGE_RESULT_LEN 14u
#define COT_NO_SLOT 255u

enum cot_node_mode {
	COT_MODE_APPLICATION = 0,
	COT_MODE_LOADER = 1,
	COT_MODE_RECOVERY = 2,
	COT_MODE_UNPROVISIONED = 3
};

enum cot_component_state {
	COT_STATE_IDLE = 0,
	COT_STATE_STAGING = 1,
	COT_STATE_STAGED = 2,
	COT_STATE_ACTIVATED = 3,
	COT_STATE_TRIAL = 4,
	COT_STATE_REVERTED = 5
};

struct cot_node_status {
	enum cot_node_mode mode;
	uint8_t components;
	bool fresh_time;
	bool nonce_alive;
	bool app_trusted;
	enum cot_err last;
	uint32_t root_version;
	uint32_t targets_version;
	int64_t time_s;
	uint32_t request_max;
	uint32_t document_max;
	uint16_t budget;
};

struct cot_component_status {
	uint8_t component;
	enum cot_component_state state;
	uint8_t slot;
	uint32_t staged_len;
	uint32_t staged_have;
	uint64_t counter;
	uint32_t image_len;
	uint8_t image_sha256[COT_SHA256_LEN];
	uint8_t staged_sha256[COT_SHA256_LEN];
	enum cot_err last;
	uint8_t trials;
};

struct cot_verify_result {
	enum cot_err outcome;
	uint32_t root_version;
	uint32_t targets_version;
	bool fresh_time;
	bool ordered;
};

struct cot_stage_result {
	enum cot_err outcome;
	uint32_t length;
	uint32_t next;
	uint32_t slot_size;
};

void cot_node_status_encode(const struct cot_node_status *s, uint8_t ret[COT_NODE_STATUS_LEN]);
void cot_component_status_encode(const struct cot_component_status *s,
                                 uint8_t ret[COT_COMPONENT_STATUS_LEN]);
void cot_verify_result_encode(const struct cot_verify_result *r,
                              uint8_t ret[COT_VERIFY_RESULT_LEN]);
void cot_stage_result_encode(const struct cot_stage_result *r, uint8_t ret[COT_STAGE_RESULT_LEN]);

/* COT_E_FRAME: wrong length, format, or a number outside its enum.  A record
 * that is longer than ours and of format 1 is refused too. */
COT_MUST_CHECK enum cot_err cot_node_status_decode(struct cot_slice bytes,
                                                   struct cot_node_status *ret);
COT_MUST_CHECK enum cot_err cot_component_status_decode(struct cot_slice bytes,
                                                        struct cot_component_status *ret);
COT_MUST_CHECK enum cot_err cot_verify_result_decode(struct cot_slice bytes,
                                                     struct cot_verify_result *ret);
COT_MUST_CHECK enum cot_err cot_stage_result_decode(struct cot_slice bytes,
                                                    struct cot_stage_result *ret);

/* The outcome a routine result begins with; COT_E_FRAME if it is shorter than
 * two bytes or not a number of the table. */
COT_MUST_CHECK enum cot_err cot_outcome_decode(struct cot_slice bytes, enum cot_err *ret);

/* Writes and reads the `<ecu>` option: a length byte and the identifier. */
COT_MUST_CHECK enum cot_err cot_ecu_option_write(struct cot_slice ecu, uint8_t *ret, size_t max,
                                                 size_t *ret_len);
COT_MUST_CHECK enum cot_err cot_ecu_option_read(struct cot_slice bytes, struct cot_slice *ret_ecu);

#endif
