/* SPDX-License-Identifier: Apache-2.0
 *
 * Routine Control (31): verify, and for one ECU identifier stage, activate, status and
 * report.
 */
#include "secondary/install.h"
#include "secondary/report.h"
#include "secondary/server_parts.h"
#include "secondary/update.h"

static void serve_stage(struct cot_sec *node, uint8_t component)
{
	enum cot_err err = cot_sec_stage(node, component);

	if (err == COT_PENDING)
		cot_server_start(node, COT_JOB_ERASE_SLOT);
	else
		cot_server_stage_outcome(node, component, err);
}

void cot_server_stage_outcome(struct cot_sec *node, uint8_t component, enum cot_err outcome)
{
	uint8_t bytes[COT_STAGE_RESULT_LEN];
	struct cot_stage_result result;

	if (outcome < COT_OK)
		node->last = outcome;
	else
		node->server.accepted = true;
	cot_sec_stage_result(node, component, outcome, &result);
	cot_stage_result_encode(&result, bytes);
	cot_server_routine_result(node, cot_slice(bytes, sizeof(bytes)));
}

static void serve_report(struct cot_sec *node, uint8_t component)
{
	char *at = (char *)node->port->response;
	size_t len = 0, head = 6; /* service, sub-function, identifier, outcome */
	enum cot_err err = cot_sec_report(node, component, at + head,
	                                  node->port->response_max - head, &len);

	if (err != COT_OK) {
		cot_server_outcome(node, err);
		return;
	}
	/* The report lies where the response wants it: its outcome, 0, goes before. */
	cot_uds_put_err(node->port->response + head - 2, COT_OK);
	cot_server_routine_result(node, cot_slice(node->port->response + head - 2, len + 2));
}

static void serve_activate(struct cot_sec *node, uint8_t component)
{
	enum cot_err err = cot_sec_activate(node, component);

	if (err == COT_OK)
		node->server.accepted = true;
	cot_server_outcome(node, err);
}

static void serve_ecu_routine(struct cot_sec *node, const struct cot_uds_request *q)
{
	struct cot_slice ecu;
	uint8_t component;
	enum cot_err err = cot_ecu_option_read(q->data, &ecu);

	if (err != COT_OK) {
		cot_server_negative(node, COT_NRC_LENGTH);
		return;
	}
	err = cot_identity_find(&node->id, ecu, &component);
	if (err == COT_OK && node->mode == COT_MODE_UNPROVISIONED)
		err = COT_E_UNPROVISIONED;
	if (err != COT_OK) {
		cot_server_outcome(node, err);
		return;
	}
	switch (q->id) {
	case COT_RID_STAGE: serve_stage(node, component); break;
	case COT_RID_ACTIVATE: serve_activate(node, component); break;
	case COT_RID_STATUS: cot_server_ecu_status(node, component); break;
	default: serve_report(node, component); break;
	}
}

void cot_server_routine(struct cot_sec *node, const struct cot_uds_request *q)
{
	if (q->sub != COT_UDS_ROUTINE_START) {
		cot_server_negative(node, COT_NRC_SUB_FUNCTION);
		return;
	}
	switch (q->id) {
	case COT_RID_VERIFY:
		if (q->data.len != 0) {
			cot_server_negative(node, COT_NRC_LENGTH);
			return;
		}
		cot_sec_update_start(node);
		cot_server_start(node, COT_JOB_VERIFY);
		return;
	case COT_RID_STAGE:
	case COT_RID_ACTIVATE:
	case COT_RID_STATUS:
	case COT_RID_REPORT:
		serve_ecu_routine(node, q);
		return;
	default:
		cot_server_negative(node, COT_NRC_RANGE);
	}
}
