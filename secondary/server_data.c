/* SPDX-License-Identifier: Apache-2.0
 *
 * Read and Write Data By Identifier (22, 2E).
 */
#include "secondary/report.h"
#include "secondary/server_parts.h"

#include <string.h>

void cot_server_data(struct cot_sec *node, struct cot_slice data)
{
	struct cot_uds_response r;

	memset(&r, 0, sizeof(r));
	r.id = node->server.request.id;
	r.data = data;
	cot_server_respond(node, &r);
}

/* ---- 22 ------------------------------------------------------------------------------- */

bool cot_server_nonce_young(const struct cot_sec *node, uint64_t age_ms)
{
	const struct cot_nonce *n = &node->clock.nonce;

	return n->live && node->now_ms - n->made_ms < age_ms;
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
	if (!cot_server_nonce_young(node, COT_SEC_NONCE_REPEAT_MS)) {
		enum cot_err err = node->port->random(node->port->ctx, random, sizeof(random));

		if (err != COT_OK) {
			cot_server_refuse(node, err);
			return;
		}
		cot_nonce_make(n, random, node->now_ms);
	}
	cot_server_data(node, cot_slice(n->bytes, sizeof(n->bytes)));
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
		cot_server_data(node, cot_slice(at + head, len));
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
	cot_server_data(node, cot_slice(bytes, sizeof(bytes)));
}

void cot_server_read(struct cot_sec *node, const struct cot_uds_request *q)
{
	switch (q->id) {
	case COT_DID_SERIAL: cot_server_data(node, node->id.ecu[0].serial); break;
	case COT_DID_HARDWARE: cot_server_data(node, node->id.ecu[0].hardware_id); break;
	case COT_DID_FINGERPRINT:
		cot_server_data(node, cot_slice(node->server.fingerprint, node->server.fingerprint_len));
		break;
	case COT_DID_STATUS: cot_server_read_status(node); break;
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
	cot_server_data(node, cot_slice(NULL, 0));
}
