/* SPDX-License-Identifier: Apache-2.0
 *
 * What the node and its components tell of themselves: by data identifier FD00, and by
 * routine FD13 for one ECU identifier.
 */
#include "secondary/install.h"
#include "secondary/report.h"
#include "secondary/server_parts.h"

#include <string.h>

void cot_server_node_status(const struct cot_sec *node, struct cot_node_status *ret)
{
	const struct cot_repo_trust *director = &node->store.state.trust.repo[0];
	uint32_t root = cot_documents_max(&node->docs, COT_SEC_ROOT);
	uint32_t targets = cot_documents_max(&node->docs, COT_SEC_TARGETS);

	memset(ret, 0, sizeof(*ret));
	ret->mode = node->mode;
	ret->components = node->id.components;
	ret->fresh_time = cot_sec_time_fresh(node);
	ret->nonce_alive = cot_server_nonce_young(node, 1000u * COT_NONCE_LIFE_S);
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

void cot_server_read_status(struct cot_sec *node)
{
	uint8_t bytes[COT_NODE_STATUS_LEN];
	struct cot_node_status status;

	cot_server_node_status(node, &status);
	cot_node_status_encode(&status, bytes);
	cot_server_data(node, cot_slice(bytes, sizeof(bytes)));
}

void cot_server_ecu_status(struct cot_sec *node, uint8_t component)
{
	uint8_t bytes[2 + COT_COMPONENT_STATUS_LEN];
	struct cot_component_status status;

	cot_server_component_status(node, component, &status);
	cot_uds_put_err(bytes, COT_OK);
	cot_component_status_encode(&status, bytes + 2);
	cot_server_routine_result(node, cot_slice(bytes, sizeof(bytes)));
}
