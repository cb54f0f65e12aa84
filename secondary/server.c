/* SPDX-License-Identifier: Apache-2.0
 *
 * The UDS server: see server.h.  One handler per service; a handler answers, or
 * starts a job that server_job.c runs.
 */
#include "secondary/server.h"

#include "secondary/install.h"
#include "secondary/report.h"
#include "secondary/server_parts.h"
#include "secondary/update.h"

#include <string.h>

/* ---- responses --------------------------------------------------------------------- */

void cot_server_respond(struct cot_sec *node, struct cot_uds_response *response)
{
	struct cot_sec_server *s = &node->server;
	bool quiet = s->request.suppress && response->nrc == COT_NRC_NONE && !s->promised;
	size_t len = 0;

	response->sid = s->request.sid;
	if (quiet || cot_uds_build_response(response, node->port->response,
	                                    node->port->response_max, &len) != COT_OK)
		len = 0;
	s->len = len;
}

void cot_server_negative(struct cot_sec *node, uint8_t nrc)
{
	struct cot_uds_response r;

	memset(&r, 0, sizeof(r));
	r.nrc = nrc;
	cot_server_respond(node, &r);
}

void cot_server_refuse(struct cot_sec *node, enum cot_err err)
{
	node->last = err;
	cot_server_negative(node, (uint8_t)cot_uds_nrc_of(err));
}

void cot_server_routine_result(struct cot_sec *node, struct cot_slice result)
{
	struct cot_uds_response r;

	memset(&r, 0, sizeof(r));
	r.sub = COT_UDS_ROUTINE_START;
	r.id = node->server.request.id;
	r.data = result;
	cot_server_respond(node, &r);
}

void cot_server_outcome(struct cot_sec *node, enum cot_err outcome)
{
	uint8_t bytes[2];

	if (outcome < COT_OK)
		node->last = outcome;
	cot_uds_put_err(bytes, outcome);
	cot_server_routine_result(node, cot_slice(bytes, sizeof(bytes)));
}

static void start_job(struct cot_sec *node, enum cot_sec_job job)
{
	node->server.job = job;
	node->server.promised = false;
	node->server.pending_ms = node->now_ms + COT_SEC_PENDING_FIRST_MS;
}

/* ---- sessions and resets -------------------------------------------------------------- */

static void answer_session(struct cot_sec *node, uint8_t session)
{
	struct cot_uds_response r;

	memset(&r, 0, sizeof(r));
	r.sub = session;
	r.p2_ms = COT_SEC_P2_MS;
	r.p2_star_ms = COT_SEC_P2_STAR_MS;
	node->server.session = session;
	cot_server_respond(node, &r);
}

/* The application may say not now, to a session and to a reset, which both end it; the
 * loader is always ready. */
static enum cot_err check_may_program(const struct cot_sec *node)
{
	const struct cot_port *p = node->port;

	return node->mode == COT_MODE_APPLICATION && p->may_program ? p->may_program(p->ctx)
	                                                             : COT_OK;
}

/* CHECK W11.1: whoever is on the bus may not use up the boots of a trial; an image
 * has a minute to confirm itself, or to be reset by the watchdog */
static enum cot_err check_trial_left_alone(const struct cot_sec *node)
{
	const struct cot_sec_component *c = &node->store.state.component[0];
	bool trial = cot_sec_component_find(c, COT_SEC_SLOT_TRIAL) < COT_SEC_SLOTS;

	return node->mode == COT_MODE_APPLICATION && trial &&
	       node->now_ms - node->started_ms < COT_SEC_TRIAL_MS ? COT_E_TRIAL : COT_OK;
}

/* A session and a reset both end the application. */
static enum cot_err check_may_end(const struct cot_sec *node)
{
	enum cot_err err = check_trial_left_alone(node);

	return err == COT_OK ? check_may_program(node) : err;
}

static void serve_session(struct cot_sec *node, const struct cot_uds_request *q)
{
	struct cot_sec_server *s = &node->server;
	bool loader = node->mode == COT_MODE_LOADER;
	enum cot_err err;

	switch (q->sub) {
	case COT_UDS_SESSION_DEFAULT:
		answer_session(node, q->sub);
		if (loader)
			s->reset = COT_RESET_BOOT;
		return;
	case COT_UDS_SESSION_PROGRAMMING:
		err = check_may_end(node);
		if (err != COT_OK) {
			cot_server_refuse(node, err);
			return;
		}
		answer_session(node, q->sub);
		if (node->mode == COT_MODE_APPLICATION)
			s->reset = COT_RESET_TO_LOADER;
		return;
	case COT_UDS_SESSION_EXTENDED:
		answer_session(node, q->sub);
		return;
	default:
		cot_server_negative(node, COT_NRC_SUB_FUNCTION);
	}
}

static void serve_reset(struct cot_sec *node, const struct cot_uds_request *q)
{
	struct cot_uds_response r;
	enum cot_err err;

	if (q->sub != COT_UDS_RESET_HARD) {
		cot_server_negative(node, COT_NRC_SUB_FUNCTION);
		return;
	}
	err = check_may_end(node);
	if (err != COT_OK) {
		cot_server_refuse(node, err);
		return;
	}
	memset(&r, 0, sizeof(r));
	r.sub = q->sub;
	cot_server_respond(node, &r);
	node->server.reset = COT_RESET_BOOT;
}

static void serve_present(struct cot_sec *node, const struct cot_uds_request *q)
{
	struct cot_uds_response r;

	memset(&r, 0, sizeof(r));
	r.sub = q->sub;
	cot_server_respond(node, &r);
}

/* ---- transfers ------------------------------------------------------------------------ */

void cot_server_answer_block(struct cot_sec *node)
{
	struct cot_sec_server *s = &node->server;
	struct cot_uds_response r;

	memset(&r, 0, sizeof(r));
	r.sub = COT_UDS_FILE_REPLACE;
	r.block = node->port->request_max;
	s->counter = 0;
	s->blocks = false;
	cot_server_respond(node, &r);
}

static void serve_download(struct cot_sec *node, const struct cot_uds_request *q)
{
	enum cot_err err = cot_sec_download_check(node, q);

	if (err != COT_OK) {
		cot_server_refuse(node, err);
		return;
	}
	node->server.transfer = COT_TRANSFER_IMAGE;
	cot_server_answer_block(node);
}

/* "i/NAME": the whole ordered artifact by its name, the same as 34 at offset 0. */
static void serve_image_file(struct cot_sec *node, const struct cot_uds_request *q)
{
	const struct cot_sec_intent *intent = &node->store.state.component[0].intent;
	struct cot_uds_request from_start = *q;
	uint8_t hash[COT_SHA256_LEN];

	cot_hash_once(node->port->crypto, COT_HASH_SHA256, cot_slice_sub(q->name, 2, q->name.len),
	              hash);
	if (!intent->set || memcmp(hash, intent->name_sha256, sizeof(hash)) != 0) {
		cot_server_refuse(node, COT_E_NOT_ORDERED);
		return;
	}
	from_start.offset = 0;
	serve_download(node, &from_start);
}

/* CHECK W13.2: what a file transfer announces fits together */
static enum cot_err check_file(const struct cot_uds_request *q)
{
	return q->format != 0 ? COT_E_METHOD : q->size != q->packed ? COT_E_ARGUMENT : COT_OK;
}

static void serve_file(struct cot_sec *node, const struct cot_uds_request *q)
{
	uint32_t version = 0;
	uint8_t kind = 0;
	enum cot_err err = check_file(q);

	if (err == COT_OK && q->name.len > 2 && q->name.ptr[0] == 'i' && q->name.ptr[1] == '/') {
		serve_image_file(node, q);
		return;
	}
	if (err == COT_OK)
		err = cot_documents_name(q->name, &kind, &version);
	if (err == COT_OK)
		err = cot_documents_begin(&node->docs, kind, version, q->size);
	if (err == COT_OK && kind != COT_SEC_TIME)
		err = cot_sec_budget_draw(node);
	if (err != COT_OK) {
		node->docs.open = false;
		if (node->server.transfer == COT_TRANSFER_DOC)
			node->server.transfer = COT_TRANSFER_NONE;
		cot_server_refuse(node, err);
		if (err == COT_E_NAME)
			cot_server_negative(node, COT_NRC_RANGE);
		return;
	}
	node->server.transfer = COT_TRANSFER_NONE;
	start_job(node, COT_JOB_ERASE_DOC);
}

static void answer_transfer(struct cot_sec *node, uint8_t counter)
{
	struct cot_uds_response r;

	memset(&r, 0, sizeof(r));
	r.counter = counter;
	cot_server_respond(node, &r);
}

/* CHECK W13.3: no more data than was announced */
static enum cot_err check_room(const struct cot_sec *node, size_t len)
{
	const struct cot_writer *w = &node->install.writer;
	uint32_t room = node->server.transfer == COT_TRANSFER_DOC
		? node->docs.len - node->docs.have : w->intent.artifact_len - w->taken;

	return len > room ? COT_E_LENGTH_EXCEEDED : COT_OK;
}

/* CHECK W13.4: the block counter counts */
static enum cot_err check_counter(const struct cot_sec_server *s, uint8_t counter)
{
	return counter == (uint8_t)(s->counter + 1) ? COT_OK : COT_E_SEQUENCE;
}

static enum cot_err take_block(struct cot_sec *node, struct cot_slice data)
{
	if (node->server.transfer == COT_TRANSFER_DOC)
		return cot_documents_write(&node->docs, data);
	return cot_sec_download(node, data);
}

static void serve_transfer(struct cot_sec *node, const struct cot_uds_request *q)
{
	struct cot_sec_server *s = &node->server;
	enum cot_err err;

	if (s->transfer == COT_TRANSFER_NONE) {
		cot_server_negative(node, COT_NRC_SEQUENCE);
		return;
	}
	/* Sent again because our answer was lost: answered again, not written again. */
	if (s->blocks && q->counter == s->counter) {
		answer_transfer(node, q->counter);
		return;
	}
	if (check_counter(s, q->counter) != COT_OK) {
		cot_server_negative(node, COT_NRC_COUNTER);
		return;
	}
	if (q->data.len == 0) {
		cot_server_negative(node, COT_NRC_LENGTH);
		return;
	}
	if (check_room(node, q->data.len) != COT_OK) {
		node->last = COT_E_LENGTH_EXCEEDED;
		cot_server_negative(node, COT_NRC_SUSPENDED);
		return;
	}
	err = take_block(node, q->data);
	if (err != COT_OK) {
		s->transfer = COT_TRANSFER_NONE;
		cot_server_refuse(node, err);
		return;
	}
	s->counter = q->counter;
	s->blocks = true;
	answer_transfer(node, q->counter);
}

static void finish_document(struct cot_sec *node)
{
	enum cot_err err = cot_documents_finish(&node->docs);

	if (err != COT_OK) {
		cot_server_refuse(node, err);
		return;
	}
	node->server.transfer = COT_TRANSFER_NONE;
	cot_sec_update_staged(node);
	answer_transfer(node, 0);
}

static void serve_exit(struct cot_sec *node, const struct cot_uds_request *q)
{
	enum cot_err err;

	if (q->data.len != 0) {
		cot_server_negative(node, COT_NRC_LENGTH);
		return;
	}
	switch (node->server.transfer) {
	case COT_TRANSFER_DOC:
		finish_document(node);
		return;
	case COT_TRANSFER_IMAGE:
		err = cot_sec_exit_begin(node);
		if (err == COT_OK)
			start_job(node, COT_JOB_EXIT);
		else
			cot_server_refuse(node, err);
		return;
	default:
		cot_server_negative(node, COT_NRC_SEQUENCE);
	}
}

/* ---- routines -------------------------------------------------------------------------- */

static void serve_stage(struct cot_sec *node, uint8_t component)
{
	enum cot_err err = cot_sec_stage(node, component);

	if (err == COT_PENDING)
		start_job(node, COT_JOB_ERASE_SLOT);
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

static void serve_component_status(struct cot_sec *node, uint8_t component)
{
	uint8_t bytes[2 + COT_COMPONENT_STATUS_LEN];
	struct cot_component_status status;

	cot_server_component_status(node, component, &status);
	cot_uds_put_err(bytes, COT_OK);
	cot_component_status_encode(&status, bytes + 2);
	cot_server_routine_result(node, cot_slice(bytes, sizeof(bytes)));
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
	case COT_RID_STATUS: serve_component_status(node, component); break;
	default: serve_report(node, component); break;
	}
}

static void serve_routine(struct cot_sec *node, const struct cot_uds_request *q)
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
		start_job(node, COT_JOB_VERIFY);
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

/* ---- the table ----------------------------------------------------------------------------- */

/* What an application does not offer. */
static bool loader_only(const struct cot_uds_request *q)
{
	switch (q->sid) {
	case COT_UDS_WRITE:
	case COT_UDS_DOWNLOAD:
	case COT_UDS_TRANSFER:
	case COT_UDS_EXIT:
	case COT_UDS_FILE:
		return true;
	case COT_UDS_ROUTINE:
		return q->id == COT_RID_VERIFY || q->id == COT_RID_STAGE ||
		       q->id == COT_RID_ACTIVATE;
	default:
		return false;
	}
}

uint8_t cot_server_nrc_of_mode(enum cot_node_mode mode, const struct cot_uds_request *request)
{
	if (mode == COT_MODE_UNPROVISIONED && loader_only(request))
		return COT_NRC_CONDITIONS;
	return mode == COT_MODE_APPLICATION && loader_only(request) ? COT_NRC_SERVICE_SESSION
	                                                            : COT_NRC_NONE;
}

static void serve(struct cot_sec *node, const struct cot_uds_request *q)
{
	switch (q->sid) {
	case COT_UDS_SESSION: serve_session(node, q); break;
	case COT_UDS_RESET: serve_reset(node, q); break;
	case COT_UDS_READ: cot_server_read(node, q); break;
	case COT_UDS_WRITE: cot_server_write(node, q); break;
	case COT_UDS_ROUTINE: serve_routine(node, q); break;
	case COT_UDS_DOWNLOAD: serve_download(node, q); break;
	case COT_UDS_TRANSFER: serve_transfer(node, q); break;
	case COT_UDS_EXIT: serve_exit(node, q); break;
	case COT_UDS_FILE: serve_file(node, q); break;
	case COT_UDS_PRESENT: serve_present(node, q); break;
	default: cot_server_negative(node, COT_NRC_SERVICE); break;
	}
}

/* While a job runs its request must not be forgotten. */
static void answer_busy(struct cot_sec *node, uint8_t sid)
{
	uint8_t running = node->server.request.sid;

	if (sid == COT_UDS_PRESENT)
		return; /* a tester that keeps the session alive needs no answer */
	node->server.request.sid = sid;
	cot_server_negative(node, COT_NRC_BUSY);
	node->server.request.sid = running;
}

void cot_server_request(struct cot_sec *node, struct cot_slice pdu)
{
	struct cot_sec_server *s = &node->server;
	uint8_t nrc = COT_NRC_NONE;
	enum cot_err err;

	s->heard_ms = node->now_ms;
	s->len = 0;
	if (pdu.len == 0)
		return;
	if (s->job != COT_JOB_NONE) {
		answer_busy(node, pdu.ptr[0]);
		return;
	}
	err = cot_uds_parse_request(pdu, &s->request, &nrc);
	s->promised = false;
	if (err == COT_OK)
		nrc = cot_server_nrc_of_mode(node->mode, &s->request);
	if (nrc != COT_NRC_NONE)
		cot_server_negative(node, nrc);
	else if (err == COT_OK)
		serve(node, &s->request);
}
