/* SPDX-License-Identifier: Apache-2.0
 *
 * The jobs of the UDS server, one step at a time, and its timers: see server.h.
 */
#include "secondary/install.h"
#include "secondary/server_parts.h"
#include "secondary/update.h"

#include <string.h>

static bool ordered(struct cot_sec *node)
{
	struct cot_targets targets;
	struct cot_order order;

	return cot_sec_orders(node, &targets) == COT_OK &&
	       cot_orders_find(&targets, node->id.ecu[0].serial, &order) == COT_OK;
}

static void answer_verify(struct cot_sec *node, enum cot_err outcome)
{
	const struct cot_repo_trust *director = &node->store.state.trust.repo[0];
	uint8_t bytes[COT_VERIFY_RESULT_LEN];
	struct cot_verify_result result;

	if (outcome < COT_OK)
		node->last = outcome;
	else
		node->server.accepted = true;
	result.outcome = outcome;
	result.root_version = director->floor[COT_ROLE_ROOT].version;
	result.targets_version = director->floor[COT_ROLE_TARGETS].version;
	result.fresh_time = cot_sec_time_fresh(node);
	result.ordered = ordered(node);
	cot_verify_result_encode(&result, bytes);
	cot_server_routine_result(node, cot_slice(bytes, sizeof(bytes)));
}

static void answer_erased(struct cot_sec *node, enum cot_err err)
{
	if (err != COT_OK) {
		cot_server_refuse(node, err);
		return;
	}
	node->server.transfer = COT_TRANSFER_DOC;
	cot_server_answer_block(node);
}

static void answer_exit(struct cot_sec *node, enum cot_err err)
{
	struct cot_uds_response r;

	node->server.transfer = COT_TRANSFER_NONE;
	if (err != COT_OK) {
		cot_server_refuse(node, err);
		return;
	}
	memset(&r, 0, sizeof(r));
	cot_server_respond(node, &r);
}

static enum cot_err step(struct cot_sec *node, enum cot_sec_job job)
{
	switch (job) {
	case COT_JOB_ERASE_DOC: return cot_documents_erase(&node->docs);
	case COT_JOB_VERIFY: return cot_sec_update_step(node);
	case COT_JOB_ERASE_SLOT: return cot_sec_stage_step(node);
	case COT_JOB_EXIT: return cot_sec_exit_step(node);
	case COT_JOB_NONE:
	default: return COT_OK;
	}
}

static void finish(struct cot_sec *node, enum cot_sec_job job, enum cot_err err)
{
	switch (job) {
	case COT_JOB_ERASE_DOC: answer_erased(node, err); break;
	case COT_JOB_VERIFY: answer_verify(node, err); break;
	case COT_JOB_ERASE_SLOT: cot_server_stage_outcome(node, 0, err); break;
	case COT_JOB_EXIT: answer_exit(node, err); break;
	case COT_JOB_NONE:
	default: break;
	}
}

static void promise(struct cot_sec *node)
{
	cot_server_negative(node, COT_NRC_PENDING);
	node->server.promised = node->server.told = true;
	node->server.pending_ms = node->now_ms + COT_SEC_PENDING_MS;
}

void cot_server_poll(struct cot_sec *node)
{
	struct cot_sec_server *s = &node->server;
	enum cot_sec_job job = s->job;
	enum cot_err err;

	if (job == COT_JOB_NONE || s->len > 0)
		return; /* what waits must leave first */
	/* The next step may take longer than the tester waits; but one there is between
	 * two promises, however long it takes. */
	if (node->now_ms >= s->pending_ms && !s->told) {
		promise(node);
		return;
	}
	s->told = false;
	err = step(node, job);
	if (err != COT_PENDING) {
		s->job = COT_JOB_NONE;
		s->heard_ms = node->now_ms; /* S3 runs from the answer */
		finish(node, job, err);
	}
}

/* A loader nobody talks to goes back to the image, sooner if nothing that it
 * was given has been accepted. */
void cot_server_tick(struct cot_sec *node)
{
	struct cot_sec_server *s = &node->server;
	uint64_t limit = s->accepted ? COT_SEC_STAGED_S3_MS : COT_SEC_S3_MS;

	if (s->job != COT_JOB_NONE || s->len > 0 || s->reset != COT_RESET_NONE ||
	    node->now_ms - s->heard_ms < limit)
		return;
	s->session = COT_UDS_SESSION_DEFAULT;
	if (node->mode == COT_MODE_LOADER)
		s->reset = COT_RESET_BOOT;
}
