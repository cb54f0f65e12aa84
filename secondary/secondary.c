/* SPDX-License-Identifier: Apache-2.0
 *
 * A secondary's life: see secondary.h.
 */
#include "secondary/secondary.h"

#include "secondary/server.h"
#include "secondary/update.h"

#include <string.h>

/* There is no state, or it was lost: what the provisioning record says is where trust
 * starts again.  No slot holds anything then, so no image boots before a new install. */
static enum cot_err start_over(struct cot_sec *node)
{
	struct cot_sec_ledger ledger;
	struct cot_sec_state *state = cot_sec_change(node);
	bool lost = cot_record_begun(&node->store.log);
	enum cot_err err = cot_identity_state(&node->id, node->port->crypto, state);

	if (err == COT_OK)
		err = cot_sec_commit(&node->store, state);
	if (err != COT_OK)
		return err;
	memset(&ledger, 0, sizeof(ledger));
	if (lost) {
		cot_sec_store_ledger(&node->store);
		ledger = node->store.ledger;
		ledger.last = COT_E_STORE;
	}
	ledger.budget = COT_SEC_BUDGET;
	return cot_sec_commit_ledger(&node->store, &ledger);
}

/* Damage is told at once, and in the reports until an update went well again. */
static enum cot_err tell_damage(struct cot_sec *node)
{
	struct cot_sec_ledger next = node->store.ledger;

	if (!node->store.log.damaged && next.last != COT_E_STORE)
		return COT_OK;
	node->last = COT_E_STORE;
	if (next.last == COT_E_STORE)
		return COT_OK;
	next.last = COT_E_STORE;
	return cot_sec_commit_ledger(&node->store, &next);
}

/* CHECK D12.10: the state was made for this record */
static enum cot_err check_components(const struct cot_sec *node)
{
	return node->store.state.components == node->id.components ? COT_OK : COT_E_STORE;
}

enum cot_err cot_sec_init(struct cot_sec *node, const struct cot_port *port, uint64_t now_ms)
{
	enum cot_err err;

	memset(node, 0, sizeof(*node));
	node->port = port;
	node->now_ms = node->started_ms = node->budget_ms = now_ms;
	node->running = COT_SEC_SLOTS;
	node->mode = COT_MODE_UNPROVISIONED;
	node->update.outcome = COT_E_NO_TIME;
	node->server.session = COT_UDS_SESSION_DEFAULT;
	node->server.heard_ms = now_ms;
	err = cot_identity_load(port, &node->id);
	cot_documents_init(&node->docs, port, &node->id, &node->store.state);
	if (err != COT_OK)
		return err;
	err = cot_sec_store_mount(&node->store, port->flash);
	if (err == COT_OK)
		err = check_components(node);
	if (err == COT_E_STORE)
		err = start_over(node);
	if (err == COT_OK)
		node->mode = COT_MODE_LOADER;
	/* Reports tell it even when the record of it cannot be written. */
	if (err == COT_OK && tell_damage(node) != COT_OK)
		node->store.ledger.last = COT_E_STORE;
	node->report_next = node->store.ledger.report;
	return err;
}

static enum cot_err boot_once(struct cot_sec *node, struct cot_boot *ret)
{
	enum cot_err err = cot_boot_settle_at_reset(&node->store, node->port, 0);

	if (err == COT_OK)
		err = cot_boot_choose(&node->store, node->port, 0, ret);
	if (err != COT_OK)
		ret->image = false;
	return err;
}

/* A second time at once, and not by resets until it works: those might be without end,
 * and wear flash.  What kept the first from booting is told if the second had to give up
 * a trial for it, or boots nothing either. */
enum cot_err cot_sec_boot(struct cot_sec *node, struct cot_boot *ret)
{
	const struct cot_sec_component *c = &node->store.state.component[0];
	enum cot_err err, why;
	uint8_t pending;

	memset(ret, 0, sizeof(*ret));
	ret->slot = COT_SEC_SLOTS;
	err = boot_once(node, ret);
	why = ret->why;
	pending = cot_sec_component_pending(c);
	if (!ret->image && cot_boot_possible(c))
		err = boot_once(node, ret);
	if (why != COT_OK && (!ret->image || pending != cot_sec_component_pending(c)))
		ret->why = why;
	if (ret->why != COT_OK && node->last != COT_E_STORE)
		node->last = ret->why;
	return err;
}

void cot_sec_enter_loader(struct cot_sec *node, bool programming, uint64_t now_ms)
{
	if (node->mode == COT_MODE_UNPROVISIONED)
		return;
	node->now_ms = node->server.heard_ms = now_ms;
	/* A confirm record that came just before this reset counts. */
	if (programming && cot_boot_settle_at_reset(&node->store, node->port, 0) != COT_OK)
		node->last = COT_E_FLASH;
	node->mode = programming && cot_boot_possible(&node->store.state.component[0])
		? COT_MODE_LOADER : COT_MODE_RECOVERY;
	node->server.session = programming ? COT_UDS_SESSION_PROGRAMMING
	                                   : COT_UDS_SESSION_DEFAULT;
}

void cot_sec_enter_application(struct cot_sec *node, uint8_t slot, uint64_t now_ms)
{
	node->mode = COT_MODE_APPLICATION;
	node->running = slot;
	node->now_ms = node->server.heard_ms = now_ms;
}

/* ---- the server ------------------------------------------------------------------- */

void cot_sec_request(struct cot_sec *node, struct cot_slice pdu, uint64_t now_ms)
{
	node->now_ms = now_ms;
	/* The image may have confirmed itself since; then its status says so. */
	if (node->mode == COT_MODE_APPLICATION &&
	    cot_boot_settle(&node->store, node->port, 0) != COT_OK)
		node->last = COT_E_FLASH;
	cot_server_request(node, pdu);
}

void cot_sec_poll(struct cot_sec *node, uint64_t now_ms)
{
	node->now_ms = now_ms;
	cot_server_poll(node);
	cot_server_tick(node);
	if (node->mode != COT_MODE_UNPROVISIONED)
		cot_sec_budget_tick(node);
}

bool cot_sec_busy(const struct cot_sec *node)
{
	return node->server.job != COT_JOB_NONE;
}

bool cot_sec_response(struct cot_sec *node, struct cot_slice *ret)
{
	if (node->server.len == 0)
		return false;
	*ret = cot_slice(node->port->response, node->server.len);
	node->server.len = 0;
	return true;
}

enum cot_reset cot_sec_reset(const struct cot_sec *node)
{
	return node->server.job == COT_JOB_NONE && node->server.len == 0 ? node->server.reset
	                                                                 : COT_RESET_NONE;
}

/* ---- questions ---------------------------------------------------------------------- */

bool cot_sec_time_fresh(const struct cot_sec *node)
{
	return node->clock.fresh && node->now_ms - node->clock.at_ms < COT_SEC_FRESH_MS;
}

int64_t cot_sec_time(const struct cot_sec *node)
{
	/* As long as it is fresh the difference fits 32 bits. */
	return node->clock.now_s + (uint32_t)(node->now_ms - node->clock.at_ms) / 1000u;
}

enum cot_err cot_sec_orders(struct cot_sec *node, struct cot_targets *ret)
{
	struct cot_envelope env;
	struct cot_doc doc;
	enum cot_err err = cot_documents_trusted(&node->docs, COT_SEC_TARGETS, &doc);

	if (err == COT_OK && doc.canon.len == 0)
		err = COT_E_NO_ORDER;
	if (err == COT_OK)
		err = cot_envelope_split(doc.canon, &env);
	if (err == COT_OK)
		err = cot_targets_parse(env.body, &cot_policy_uptane, ret);
	return err;
}
