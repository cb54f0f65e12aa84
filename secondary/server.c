/* SPDX-License-Identifier: Apache-2.0
 *
 * The UDS server: see server.h.  One handler per service; a handler answers, or
 * starts a job that server_job.c runs.  Here are responses, sessions, and the table
 * of services; each other group has a file, so that a report, whose signature needs
 * all the stack there is, does not stand on the frames of what was not asked for.
 */
#include "secondary/server.h"

#include "secondary/server_parts.h"

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

void cot_server_start(struct cot_sec *node, enum cot_sec_job job)
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
	case COT_UDS_ROUTINE: cot_server_routine(node, q); break;
	case COT_UDS_DOWNLOAD: cot_server_download(node, q); break;
	case COT_UDS_TRANSFER: cot_server_transfer(node, q); break;
	case COT_UDS_EXIT: cot_server_exit(node, q); break;
	case COT_UDS_FILE: cot_server_file(node, q); break;
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
