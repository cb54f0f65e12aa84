/* SPDX-License-Identifier: Apache-2.0
 *
 * Verification of staged documents: see update.h.
 */
#include "secondary/update.h"

#include <string.h>

/* ---- budget ---------------------------------------------------------------------- */

static enum cot_err keep_budget(struct cot_sec *node, const struct cot_sec_ledger *next)
{
	const struct cot_sec_ledger *now = &node->store.ledger;

	return next->budget == now->budget && next->hours == now->hours
		? COT_OK : cot_sec_commit_ledger(&node->store, next);
}

static enum cot_err set_budget(struct cot_sec *node, uint16_t budget)
{
	struct cot_sec_ledger next = node->store.ledger;

	next.budget = budget;
	if (budget == COT_SEC_BUDGET)
		next.hours = 0;
	return keep_budget(node, &next);
}

/* CHECK D7.7: unverified stagings may not wear out the flash */
static enum cot_err check_budget(const struct cot_sec *node)
{
	return node->store.ledger.budget == 0 ? COT_E_BUDGET : COT_OK;
}

enum cot_err cot_sec_budget_draw(struct cot_sec *node)
{
	enum cot_err err = check_budget(node);

	if (err != COT_OK)
		return err;
	return set_budget(node, (uint16_t)(node->store.ledger.budget - 1));
}

static void earn_hour(struct cot_sec_ledger *ledger)
{
	if (ledger->budget >= COT_SEC_BUDGET)
		return;
	ledger->hours++;
	if (ledger->hours < COT_SEC_BUDGET_MS / COT_SEC_HOUR_MS)
		return;
	ledger->hours = 0;
	ledger->budget++;
}

/* Hours are durable, or a car that is never on for 12 h would never earn one. */
void cot_sec_budget_tick(struct cot_sec *node)
{
	struct cot_sec_ledger next = node->store.ledger;

	while (node->now_ms - node->budget_ms >= COT_SEC_HOUR_MS) {
		node->budget_ms += COT_SEC_HOUR_MS;
		earn_hour(&next);
	}
	/* Best effort: an hour that could not be written is lost, patience only. */
	(void)keep_budget(node, &next);
}

struct cot_sec_state *cot_sec_change(struct cot_sec *node)
{
	node->update.next = node->store.state;
	return &node->update.next;
}

/* ---- starting --------------------------------------------------------------------- */

void cot_sec_update_staged(struct cot_sec *node)
{
	node->update.asked = true;
}

static void describe_repo(struct cot_sec *node)
{
	struct cot_cycle_repo *r = &node->update.repo;

	memset(r, 0, sizeof(*r));
	r->name = COT_SLICE("director");
	r->dialect = &cot_dialect_tuf;
	r->roles = COT_ROLES_PARTIAL;
	r->max_len[COT_ROLE_ROOT] = cot_documents_max(&node->docs, COT_SEC_ROOT);
	r->max_len[COT_ROLE_TARGETS] = cot_documents_max(&node->docs, COT_SEC_TARGETS);
}

static void describe_ecus(struct cot_sec *node)
{
	uint8_t i;

	for (i = 0; i < node->id.components; i++) {
		const struct cot_sec_component *c = &node->store.state.component[i];
		struct cot_ecu *e = &node->update.ecu[i];

		memset(e, 0, sizeof(*e));
		e->serial = node->id.ecu[i].serial;
		e->hardware_id = node->id.ecu[i].hardware_id;
		e->counter = c->counter;
		if (c->active < COT_SEC_SLOTS) {
			e->installed.known = COT_KNOWN_SHA256;
			memcpy(e->installed.sha256, c->slot[c->active].sha256, COT_SHA256_LEN);
		}
	}
}

static void describe(struct cot_sec *node)
{
	struct cot_cycle_config *c = &node->update.config;

	describe_repo(node);
	describe_ecus(node);
	memset(c, 0, sizeof(*c));
	c->policy = &cot_policy_uptane;
	c->crypto = node->port->crypto;
	c->repos = &node->update.repo;
	c->repo_count = 1;
	c->vehicle = node->id.provision.vehicle;
	c->ecus = node->update.ecu;
	c->ecu_count = node->id.components;
	c->nonce = &node->clock.nonce;
}

static bool same_bytes(const struct cot_doc *a, const struct cot_doc *b)
{
	return a->wire.len == b->wire.len && cot_slice_eq(a->wire, b->wire);
}

/* CHECK F2.9: a staged Root is the next one, or the trusted one again */
static enum cot_err check_staged_root(struct cot_sec *node, struct cot_doc *staged,
                                      struct cot_doc *held)
{
	uint32_t trusted = node->store.state.trust.repo[0].floor[COT_ROLE_ROOT].version;
	uint32_t version = node->docs.staged[COT_SEC_ROOT].version;

	if (version < trusted)
		return COT_E_ROLLBACK;
	if (version > trusted + 1)
		return COT_E_VERSION_SKIP;
	if (version == trusted && !same_bytes(staged, held))
		return COT_E_SAME_VERSION;
	return COT_OK;
}

static enum cot_err judge_staged_root(struct cot_sec *node)
{
	struct cot_doc staged, held;
	enum cot_err err;

	if (!node->docs.staged[COT_SEC_ROOT].complete)
		return COT_OK;
	err = cot_documents_staged(&node->docs, COT_SEC_ROOT, &staged);
	if (err == COT_OK)
		err = cot_documents_trusted(&node->docs, COT_SEC_ROOT, &held);
	return err == COT_OK ? check_staged_root(node, &staged, &held) : err;
}

/* Sent once more after its step was committed: that is no error. */
static bool nothing_but_the_trusted_root(const struct cot_sec *node)
{
	const struct cot_sec_staged *s = node->docs.staged;

	return s[COT_SEC_ROOT].complete && !s[COT_SEC_TARGETS].complete &&
	       !s[COT_SEC_TIME].complete &&
	       s[COT_SEC_ROOT].version ==
	       node->store.state.trust.repo[0].floor[COT_ROLE_ROOT].version;
}

void cot_sec_update_start(struct cot_sec *node)
{
	struct cot_sec_update *u = &node->update;
	struct cot_held held;
	enum cot_err err;

	if (!u->asked)
		return; /* the last outcome still is the answer */
	memset(&held, 0, sizeof(held));
	memset(u->given, 0, sizeof(u->given));
	u->root_stepped = false;
	u->asked = false;
	u->outcome = judge_staged_root(node);
	if (u->outcome != COT_OK || nothing_but_the_trusted_root(node)) {
		cot_documents_forget(&node->docs, COT_SEC_ROOT);
		return;
	}
	err = cot_documents_trusted(&node->docs, COT_SEC_ROOT, &held.doc[0][COT_ROLE_ROOT]);
	if (err == COT_OK)
		err = cot_documents_trusted(&node->docs, COT_SEC_TARGETS,
		                            &held.doc[0][COT_ROLE_TARGETS]);
	u->outcome = err;
	if (err != COT_OK)
		return;
	describe(node);
	cot_cycle_init(&u->cycle, &u->config, &node->store.state.trust, &held);
	u->running = true;
}

/* ---- giving ------------------------------------------------------------------------ */

/* Root was staged alone: after its step there is nothing to go on with. */
static bool root_alone(const struct cot_sec *node)
{
	return node->update.given[COT_SEC_ROOT] &&
	       !node->docs.staged[COT_SEC_TARGETS].complete &&
	       !node->docs.staged[COT_SEC_TIME].complete;
}

static void give_staged(struct cot_sec *node, uint8_t kind)
{
	struct cot_doc doc;
	enum cot_err err = cot_documents_staged(&node->docs, kind, &doc);

	node->update.given[kind] = true;
	if (kind == COT_SEC_TIME)
		node->update.time_ms = node->now_ms;
	if (err == COT_OK)
		cot_cycle_give(&node->update.cycle, doc, node->now_ms);
	else
		cot_cycle_failed(&node->update.cycle, err);
}

static void give_root(struct cot_sec *node, uint32_t version)
{
	const struct cot_sec_staged *s = &node->docs.staged[COT_SEC_ROOT];

	if (s->complete && s->version == version && !node->update.given[COT_SEC_ROOT])
		give_staged(node, COT_SEC_ROOT);
	else
		cot_cycle_absent(&node->update.cycle);
}

/* Nothing newer came: the trusted Targets are verified once more. */
static void give_targets(struct cot_sec *node)
{
	struct cot_doc doc;
	enum cot_err err;

	if (node->docs.staged[COT_SEC_TARGETS].complete) {
		give_staged(node, COT_SEC_TARGETS);
		return;
	}
	err = cot_documents_trusted(&node->docs, COT_SEC_TARGETS, &doc);
	if (err != COT_OK)
		cot_cycle_failed(&node->update.cycle, err);
	else if (doc.canon.len == 0)
		cot_cycle_absent(&node->update.cycle);
	else
		cot_cycle_give(&node->update.cycle, doc, node->now_ms);
}

static void give_time(struct cot_sec *node)
{
	if (node->docs.staged[COT_SEC_TIME].complete)
		give_staged(node, COT_SEC_TIME);
	else
		cot_cycle_failed(&node->update.cycle, COT_E_NO_TIME);
}

/* ---- committing ---------------------------------------------------------------------- */

static enum cot_err parse_targets(struct cot_slice canon, struct cot_targets *ret)
{
	struct cot_envelope env;
	enum cot_err err = cot_envelope_split(canon, &env);

	return err == COT_OK ? cot_targets_parse(env.body, &cot_policy_uptane, ret) : err;
}

static bool targets_rose(const struct cot_sec_state *old, const struct cot_sec_state *next)
{
	return next->trust.repo[0].floor[COT_ROLE_TARGETS].version >
	       old->trust.repo[0].floor[COT_ROLE_TARGETS].version;
}

/* What failed its trial may be tried again once newer Targets order it. */
static void lift_reverted(struct cot_sec_component *c, const uint8_t ordered[COT_SHA256_LEN])
{
	if (!c->reverted || memcmp(c->reverted_sha256, ordered, COT_SHA256_LEN) != 0)
		return;
	c->reverted = false;
	memset(c->reverted_sha256, 0, COT_SHA256_LEN);
}

/* Other Targets: what they do not order is void, in the same record. */
static enum cot_err void_orders(struct cot_sec *node, struct cot_sec_state *next)
{
	struct cot_targets targets;
	struct cot_order order;
	struct cot_doc doc;
	uint8_t i;
	enum cot_err err = cot_documents_staged(&node->docs, COT_SEC_TARGETS, &doc);

	if (err == COT_OK)
		err = parse_targets(doc.canon, &targets);
	for (i = 0; err == COT_OK && i < next->components; i++) {
		const struct cot_hashes *h = &order.target.image.hashes;

		err = cot_orders_find(&targets, node->id.ecu[i].serial, &order);
		if (err == COT_OK && (h->known & COT_KNOWN_SHA256)) {
			cot_sec_component_void(&next->component[i], h->sha256);
			if (targets_rose(&node->store.state, next))
				lift_reverted(&next->component[i], h->sha256);
		} else if (err == COT_OK || err == COT_E_NO_ORDER) {
			cot_sec_component_void(&next->component[i], NULL);
		}
		err = err == COT_E_NO_ORDER ? COT_OK : err;
	}
	return err;
}

/* A Root step took the Targets away, and with them all that they ordered. */
static void drop_targets(struct cot_sec_state *next)
{
	uint8_t i;

	next->doc[COT_SEC_TARGETS].place = COT_SEC_PLACE_NONE;
	next->doc[COT_SEC_TARGETS].len = 0;
	for (i = 0; i < next->components; i++)
		cot_sec_component_void(&next->component[i], NULL);
}

static void take_place(struct cot_sec *node, struct cot_sec_state *next, uint8_t kind)
{
	next->doc[kind].place = node->docs.staged[kind].place;
	next->doc[kind].len = node->docs.staged[kind].len;
}

static enum cot_err commit(struct cot_sec *node, const struct cot_commit *c)
{
	struct cot_sec_state next = node->store.state;
	bool root = c->replaced[0] & COT_ROLE_BIT(COT_ROLE_ROOT);
	bool targets = c->replaced[0] & COT_ROLE_BIT(COT_ROLE_TARGETS);
	enum cot_err err = COT_OK;
	bool rose;

	next.trust = *c->trust;
	rose = targets_rose(&node->store.state, &next);
	if (c->dropped[0] & COT_ROLE_BIT(COT_ROLE_TARGETS))
		drop_targets(&next);
	if (root)
		take_place(node, &next, COT_SEC_ROOT);
	if (targets) {
		take_place(node, &next, COT_SEC_TARGETS);
		err = void_orders(node, &next);
	}
	if (err == COT_OK)
		err = cot_sec_commit(&node->store, &next);
	if (err != COT_OK)
		return err;
	/* From here on the place is trusted; it must not look staged any more. */
	if (root)
		cot_documents_forget(&node->docs, COT_SEC_ROOT);
	if (targets)
		cot_documents_forget(&node->docs, COT_SEC_TARGETS);
	/* Only patience is lost if this cannot be written. */
	if (targets && rose)
		(void)set_budget(node, COT_SEC_BUDGET);
	else if (root && node->store.ledger.budget < COT_SEC_BUDGET)
		(void)set_budget(node, (uint16_t)(node->store.ledger.budget + 1));
	return COT_OK;
}

static void serve_commit(struct cot_sec *node)
{
	struct cot_cycle *cycle = &node->update.cycle;
	const struct cot_commit *c = cot_cycle_commit(cycle);
	enum cot_err err = c ? commit(node, c) : COT_E_INTERNAL;

	if (err != COT_OK) {
		cot_cycle_failed(cycle, err);
		return;
	}
	/* The time was another Root's word; its key may be the one that was replaced. */
	if (c->root_step)
		node->clock.fresh = false;
	node->update.root_stepped |= c->root_step;
	cot_cycle_committed(cycle);
}

/* ---- the end --------------------------------------------------------------------------- */

static void believe_time(struct cot_sec *node, int64_t now_s)
{
	node->clock.fresh = true;
	node->clock.now_s = now_s;
	node->clock.at_ms = node->update.time_ms;
}

/* A refusal outlives the reset that follows it, for the next report; but only one
 * that cost a staging may cost a record. */
static void remember(struct cot_sec *node, enum cot_err err)
{
	struct cot_sec_ledger next = node->store.ledger;
	const bool *given = node->update.given;

	if (next.last == err || (err != COT_OK && !given[COT_SEC_ROOT] && !given[COT_SEC_TARGETS]))
		return;
	next.last = err;
	if (cot_sec_commit_ledger(&node->store, &next) != COT_OK)
		node->store.ledger.last = err; /* at least until the next reset */
}

static enum cot_err finish(struct cot_sec *node)
{
	struct cot_sec_update *u = &node->update;
	const struct cot_verdict *v = cot_cycle_verdict(&u->cycle);

	u->running = false;
	u->outcome = v->err;
	if (v->err == COT_E_NO_TIME && root_alone(node) && u->root_stepped)
		u->outcome = COT_OK;
	if (v->err == COT_OK)
		believe_time(node, v->now_s);
	if (u->given[COT_SEC_TIME])
		cot_documents_forget(&node->docs, COT_SEC_TIME);
	remember(node, u->outcome);
	return u->outcome;
}

enum cot_err cot_sec_update_step(struct cot_sec *node)
{
	struct cot_sec_update *u = &node->update;
	struct cot_need need;

	if (!u->running)
		return u->outcome;
	cot_cycle_need(&u->cycle, &need);
	switch (need.kind) {
	case COT_NEED_WORK:
		cot_cycle_step(&u->cycle);
		break;
	case COT_NEED_FILE:
		if (need.role == COT_ROLE_ROOT)
			give_root(node, need.version);
		else
			give_targets(node);
		break;
	case COT_NEED_TIME:
		give_time(node);
		break;
	case COT_NEED_COMMIT:
		serve_commit(node);
		break;
	case COT_NEED_NOTHING:
	default:
		return finish(node);
	}
	return COT_PENDING;
}
