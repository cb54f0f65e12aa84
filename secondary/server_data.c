/* SPDX-License-Identifier: Apache-2.0
 *
 * Data identifiers and status records of the UDS server: see server.h.
 */
#include "secondary/install.h"
#include "secondary/report.h"
#include "secondary/server_parts.h"
#include "secondary/update.h"

#include <string.h>

static void answer(struct cot_sec *node, struct cot_slice data)
{
	struct cot_uds_response r;

	memset(&r, 0, sizeof(r));
	r.id = node->server.request.id;
	r.data = data;
	cot_server_respond(node, &r);
}

/* ---- status ------------------------------------------------------------------------- */

static bool nonce_young(const struct cot_sec *node, uint64_t age_ms)
{
	const struct cot_nonce *n = &node->clock.nonce;

	return n->live && node->now_ms - n->made_ms < age_ms;
}

void cot_server_node_status(const struct cot_sec *node, struct cot_node_status *ret)
{
	const struct cot_repo_trust *director = &node->store.state.trust.repo[0];
	uint32_t root = cot_documents_max(&node->docs, COT_SEC_ROOT);
	uint32_t targets = cot_documents_max(&node->docs, COT_SEC_TARGETS);

	memset(ret, 0, sizeof(*ret));
	ret->mode = node->mode;
	ret->components = node->id.components;
	ret->fresh_time = cot_sec_time_fresh(node);
	ret->nonce_alive = nonce_young(node, 1000u * COT_NONCE_LIFE_S);
	ret->app_trusted = node->port->app_trusted;
	ret->last = node->last;
	ret->root_version = director->floor[COT_ROLE_ROOT].version;
	ret->targets_version = director->floor[COT_ROLE_TARGETS].version;
	ret->time_s = ret->fresh_time ? cot_sec_time(node)
	                              : node->store.state.trust.time_floor_s;
	ret->request_max = node->port->request_max;
	ret->document_max = root < targets ? root : targets;
	ret->budget = node->store.ledger.budget;
}

/* What is staged, or was reverted: length, how much of it is there, hash. */
static void fill_staged(const struct cot_sec *node, const struct cot_sec_component *c,
                        struct cot_component_status *ret)
{
	uint8_t slot = cot_sec_component_find(c, COT_SEC_SLOT_STAGED);

	if (slot == COT_SEC_SLOTS)
		slot = cot_sec_component_pending(c);
	if (slot < COT_SEC_SLOTS) {
		ret->staged_len = ret->staged_have = c->slot[slot].len;
		memcpy(ret->staged_sha256, c->slot[slot].sha256, COT_SHA256_LEN);
	} else if (c->intent.set) {
		ret->staged_len = c->intent.artifact_len;
		ret->staged_have = node->install.open ? node->install.writer.taken
		                                      : node->store.progress.offset;
		memcpy(ret->staged_sha256, c->intent.sha256, COT_SHA256_LEN);
	} else if (c->reverted) {
		memcpy(ret->staged_sha256, c->reverted_sha256, COT_SHA256_LEN);
	}
}

void cot_server_component_status(const struct cot_sec *node, uint8_t component,
                                 struct cot_component_status *ret)
{
	const struct cot_sec_component *c = &node->store.state.component[component];
	uint8_t slot = cot_sec_running(node, component);

	memset(ret, 0, sizeof(*ret));
	ret->component = component;
	ret->state = cot_sec_component_state(c);
	ret->slot = COT_NO_SLOT;
	ret->counter = c->counter;
	ret->last = node->install.last[component];
	ret->trials = c->attempts;
	if (slot < COT_SEC_SLOTS) {
		ret->slot = slot;
		ret->image_len = c->slot[slot].len;
		memcpy(ret->image_sha256, c->slot[slot].sha256, COT_SHA256_LEN);
	}
	fill_staged(node, c, ret);
}

/* ---- 22 ------------------------------------------------------------------------------- */

static void read_status(struct cot_sec *node)
{
	uint8_t bytes[COT_NODE_STATUS_LEN];
	struct cot_node_status status;

	cot_server_node_status(node, &status);
	cot_node_status_encode(&status, bytes);
	answer(node, cot_slice(bytes, sizeof(bytes)));
}

/* A young nonce that waits for its message is not replaced: asking twice must
 * not make the first answer worthless. */
static void read_nonce(struct cot_sec *node)
{
	struct cot_nonce *n = &node->clock.nonce;
	uint8_t random[COT_NONCE_LEN];

	if (node->mode == COT_MODE_APPLICATION) {
		cot_server_negative(node, COT_NRC_RANGE);
		return;
	}
	if (!nonce_young(node, COT_SEC_NONCE_REPEAT_MS)) {
		enum cot_err err = node->port->random(node->port->ctx, random, sizeof(random));

		if (err != COT_OK) {
			cot_server_refuse(node, err);
			return;
		}
		cot_nonce_make(n, random, node->now_ms);
	}
	answer(node, cot_slice(n->bytes, sizeof(n->bytes)));
}

static void read_report(struct cot_sec *node)
{
	char *at = (char *)node->port->response;
	size_t len = 0, head = 3; /* service, identifier */
	enum cot_err err = COT_E_UNPROVISIONED;

	if (node->mode != COT_MODE_UNPROVISIONED)
		err = cot_sec_report(node, 0, at + head, node->port->response_max - head, &len);
	if (err != COT_OK)
		cot_server_refuse(node, err);
	else
		answer(node, cot_slice(at + head, len));
}

/* A repository that this build has no room for has no floor. */
static uint32_t floor_version(const struct cot_trust *trust, uint8_t repo, uint8_t role)
{
	return repo < COT_MAX_REPOS ? trust->repo[repo].floor[role].version : 0;
}

static void read_versions(struct cot_sec *node)
{
	static const uint8_t order[6][2] = {
		{ 0, COT_ROLE_ROOT },      { 0, COT_ROLE_TARGETS },  { 1, COT_ROLE_ROOT },
		{ 1, COT_ROLE_TIMESTAMP }, { 1, COT_ROLE_SNAPSHOT }, { 1, COT_ROLE_TARGETS },
	};
	uint8_t bytes[24];
	size_t i;

	for (i = 0; i < 6; i++) {
		uint32_t v = floor_version(&node->store.state.trust, order[i][0], order[i][1]);

		bytes[4 * i] = (uint8_t)(v >> 24);
		bytes[4 * i + 1] = (uint8_t)(v >> 16);
		bytes[4 * i + 2] = (uint8_t)(v >> 8);
		bytes[4 * i + 3] = (uint8_t)v;
	}
	answer(node, cot_slice(bytes, sizeof(bytes)));
}

void cot_server_read(struct cot_sec *node, const struct cot_uds_request *q)
{
	switch (q->id) {
	case COT_DID_SERIAL: answer(node, node->id.ecu[0].serial); break;
	case COT_DID_HARDWARE: answer(node, node->id.ecu[0].hardware_id); break;
	case COT_DID_FINGERPRINT:
		answer(node, cot_slice(node->server.fingerprint, node->server.fingerprint_len));
		break;
	case COT_DID_STATUS: read_status(node); break;
	case COT_DID_NONCE: read_nonce(node); break;
	case COT_DID_REPORT: read_report(node); break;
	case COT_DID_TRUST: read_versions(node); break;
	default: cot_server_negative(node, COT_NRC_RANGE); break;
	}
}

/* ---- 2E ------------------------------------------------------------------------------- */

void cot_server_write(struct cot_sec *node, const struct cot_uds_request *q)
{
	struct cot_sec_server *s = &node->server;

	if (q->id != COT_DID_FINGERPRINT) {
		cot_server_negative(node, COT_NRC_RANGE);
		return;
	}
	if (q->data.len == 0 || q->data.len > COT_SEC_FINGERPRINT) {
		cot_server_negative(node, COT_NRC_LENGTH);
		return;
	}
	memcpy(s->fingerprint, q->data.ptr, q->data.len);
	s->fingerprint_len = (uint8_t)q->data.len;
	answer(node, cot_slice(NULL, 0));
}
