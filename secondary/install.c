/* SPDX-License-Identifier: Apache-2.0
 *
 * From an order to an image that boots: see install.h.
 */
#include "secondary/install.h"

#include "secondary/slot_state.h"
#include "secondary/update.h"

#include <string.h>

#define COMPONENT 0u /* the writer serves the one component that has slots */

static const struct cot_sec_component *component_of(const struct cot_sec *node, uint8_t n)
{
	return &node->store.state.component[n];
}

uint8_t cot_sec_running(const struct cot_sec *node, uint8_t component)
{
	if (node->mode == COT_MODE_APPLICATION)
		return node->running;
	return node->mode == COT_MODE_RECOVERY ? COT_SEC_SLOTS
	                                       : component_of(node, component)->active;
}

/* ---- may it? ----------------------------------------------------------------------- */

/* CHECK D11.6: no fresh signed time, no install */
static enum cot_err check_time(const struct cot_sec *node)
{
	return cot_sec_time_fresh(node) ? COT_OK : COT_E_NO_TIME;
}

/* CHECK D7.8: nothing is erased while the running image is on trial */
static enum cot_err check_no_trial(const struct cot_sec_component *c)
{
	return cot_sec_component_find(c, COT_SEC_SLOT_TRIAL) < COT_SEC_SLOTS ? COT_E_TRIAL : COT_OK;
}

/* CHECK D7.9: an image that failed its trial waits for newer Targets */
static enum cot_err check_not_reverted(const struct cot_sec_component *c,
                                       const uint8_t sha256[COT_SHA256_LEN])
{
	return c->reverted && memcmp(c->reverted_sha256, sha256, COT_SHA256_LEN) == 0
		? COT_E_REVERTED : COT_OK;
}

/* CHECK I9.2: the image fits the slot it would go to, and the memory it would run in */
static enum cot_err check_slot_size(const struct cot_sec *node, const struct cot_order *order,
                                    uint8_t slot)
{
	const struct cot_port *port = node->port;
	uint64_t len = order->target.image.length;
	uint32_t size = port->flash->region[cot_sec_slot_region(slot)].size;

	if (port->run && size > port->run_len)
		size = port->run_len;
	return len == 0 || len > size || order->target.artifact.length == 0 ||
	       order->target.artifact.length > UINT32_MAX ? COT_E_SLOT_SIZE : COT_OK;
}

/* The order for a component as the trusted Targets give it now, judged against
 * what the component is. */
static enum cot_err find_order(struct cot_sec *node, uint8_t n, struct cot_order *ret)
{
	struct cot_ecu ecu = { node->id.ecu[n].serial, node->id.ecu[n].hardware_id,
	                       component_of(node, n)->counter, { 0 } };
	struct cot_targets targets;
	enum cot_err err = check_time(node);

	if (err == COT_OK)
		err = cot_sec_orders(node, &targets);
	if (err == COT_OK)
		err = cot_orders_find(&targets, ecu.serial, ret);
	if (err == COT_OK)
		err = cot_order_check_current(&targets, ecu.serial, ret->target.image.hashes.sha256,
		                              cot_sec_time(node));
	if (err == COT_OK)
		err = cot_order_check_hardware(ret, &ecu);
	if (err == COT_OK)
		err = cot_order_check_counter(ret, &ecu);
	return err;
}

/* Is this hash what is ordered for the component now? */
static enum cot_err check_still_ordered(struct cot_sec *node, uint8_t n,
                                        const uint8_t sha256[COT_SHA256_LEN])
{
	struct cot_targets targets;
	enum cot_err err = check_time(node);

	if (err == COT_OK)
		err = cot_sec_orders(node, &targets);
	if (err == COT_OK)
		err = cot_order_check_current(&targets, node->id.ecu[n].serial, sha256,
		                              cot_sec_time(node));
	return err;
}

/* ---- stage -------------------------------------------------------------------------- */

/* A slot that holds this image already, verified. */
static bool slot_has(const struct cot_sec_component *c, uint8_t slot, const uint8_t *sha256)
{
	enum cot_sec_slot_state state = c->slot[slot].state;

	return state != COT_SEC_SLOT_EMPTY && state != COT_SEC_SLOT_REVERTED &&
	       memcmp(c->slot[slot].sha256, sha256, COT_SHA256_LEN) == 0;
}

/* Staged, activated, on trial, or what runs confirmed: nothing needs to come.  In
 * recovery mode what was confirmed does not boot any more, and is needed again. */
static bool have_image(const struct cot_sec *node, uint8_t n, const uint8_t *sha256)
{
	const struct cot_sec_component *c = component_of(node, n);
	uint8_t i;

	for (i = 0; i < COT_SEC_SLOTS; i++) {
		if (slot_has(c, i, sha256) && (c->slot[i].state != COT_SEC_SLOT_CONFIRMED ||
		                               cot_sec_running(node, n) == i))
			return true;
	}
	return false;
}

static void fill_intent(const struct cot_sec *node, const struct cot_order *order, uint8_t slot,
                        struct cot_sec_intent *ret)
{
	const struct cot_target *t = &order->target;

	memset(ret, 0, sizeof(*ret));
	ret->set = true;
	ret->slot = slot;
	ret->targets_version = node->store.state.trust.repo[0].floor[COT_ROLE_TARGETS].version;
	ret->image_len = (uint32_t)t->image.length;
	ret->artifact_len = (uint32_t)t->artifact.length;
	ret->counter = t->counter;
	memcpy(ret->sha256, t->image.hashes.sha256, COT_SHA256_LEN);
	cot_hash_once(node->port->crypto, COT_HASH_SHA256, t->name, ret->name_sha256);
}

static bool same_intent(const struct cot_sec_intent *a, const struct cot_sec_intent *b)
{
	return a->set && a->slot == b->slot && a->image_len == b->image_len &&
	       a->artifact_len == b->artifact_len && a->counter == b->counter &&
	       memcmp(a->sha256, b->sha256, COT_SHA256_LEN) == 0 &&
	       memcmp(a->name_sha256, b->name_sha256, COT_SHA256_LEN) == 0;
}

/* Progress of some other download must not be taken for this one's, so it goes
 * first; then one record says what may be erased from now on. */
static enum cot_err commit_intent(struct cot_sec *node, uint8_t n,
                                  const struct cot_sec_intent *intent)
{
	struct cot_sec_progress none;
	struct cot_sec_state *next;
	enum cot_err err = COT_OK;

	memset(&none, 0, sizeof(none));
	if (node->store.progress.set)
		err = cot_sec_commit_progress(&node->store, &none);
	if (err != COT_OK)
		return err;
	next = cot_sec_change(node);
	next->component[n].intent = *intent;
	err = cot_sec_slot_move(&next->component[n].slot[intent->slot], COT_SEC_SLOT_ON_STAGE);
	return err == COT_OK ? cot_sec_commit(&node->store, next) : err;
}

/* Did a download of this image end with another hash, under these very Targets?
 * The mark stands in place of the progress: of no slot, with their version. */
static bool spoiled(const struct cot_sec_progress *p, uint8_t n,
                    const struct cot_sec_intent *intent)
{
	return p->set && p->component == n && p->slot == COT_SEC_SLOTS &&
	       p->offset == intent->targets_version &&
	       memcmp(p->sha256, intent->sha256, sizeof(p->sha256)) == 0;
}

/* CHECK W11.2: a slot is not erased again and again for images that never verify */
static enum cot_err check_erase_budget(struct cot_sec *node, uint8_t n,
                                       const struct cot_sec_intent *intent)
{
	return spoiled(&node->store.progress, n, intent) ? cot_sec_budget_draw(node) : COT_OK;
}

/* CHECK W11.3: going on erases what came after the last record of progress, so it is
 * not done again and again for nothing */
static enum cot_err check_resume_budget(struct cot_sec *node)
{
	return cot_sec_budget_draw(node);
}

static bool progress_fits(const struct cot_sec_progress *p, uint8_t n,
                          const struct cot_sec_intent *intent)
{
	return p->set && p->component == n && p->slot == intent->slot &&
	       memcmp(p->sha256, intent->sha256, sizeof(p->sha256)) == 0;
}

static enum cot_err open_writer(struct cot_sec *node, uint8_t n, const struct cot_order *order)
{
	const struct cot_sec_intent *intent = &component_of(node, n)->intent;
	const struct cot_sec_progress *p = &node->store.progress;
	struct cot_sec_install *in = &node->install;
	struct cot_writer_start start = { intent, NULL, NULL, 0, progress_fits(p, n, intent) };
	enum cot_err err = cot_filter_find(order->target.artifact.method, &start.filter);

	if (start.erased)
		start.offset = p->offset;
	if (err == COT_OK)
		err = cot_writer_begin(&in->writer, node->port->flash, &start);
	if (err != COT_OK)
		return err;
	in->open = true;
	in->step = 0;
	in->sha512 = (order->target.image.hashes.known & COT_KNOWN_SHA512) != 0;
	memcpy(in->expected_sha512, order->target.image.hashes.sha512, COT_SHA512_LEN);
	return COT_PENDING;
}

/* Everything that must hold before a slot may be erased. */
static enum cot_err check_stage(const struct cot_sec *node, uint8_t n,
                                const struct cot_order *order, uint8_t slot)
{
	const struct cot_sec_component *c = component_of(node, n);
	const struct cot_filter *filter;
	enum cot_err err = cot_filter_find(order->target.artifact.method, &filter);

	if (err == COT_OK)
		err = check_not_reverted(c, order->target.image.hashes.sha256);
	if (err == COT_OK)
		err = check_no_trial(c);
	if (err == COT_OK)
		err = check_slot_size(node, order, slot);
	return err;
}

static enum cot_err stage(struct cot_sec *node, uint8_t n)
{
	const struct cot_sec_component *c = component_of(node, n);
	uint8_t slot = cot_sec_component_spare(c);
	struct cot_sec_intent intent;
	struct cot_order order;
	enum cot_err err = find_order(node, n, &order);

	if (err != COT_OK)
		return err;
	if (have_image(node, n, order.target.image.hashes.sha256))
		return COT_OK;
	err = check_stage(node, n, &order, slot);
	if (err != COT_OK)
		return err;
	fill_intent(node, &order, slot, &intent);
	if (same_intent(&c->intent, &intent)) {
		if (node->install.open && node->install.writer.open)
			return COT_OK; /* nothing was lost in between */
		err = check_resume_budget(node);
		return err == COT_OK ? open_writer(node, n, &order) : err;
	}
	node->install.open = false;
	err = check_erase_budget(node, n, &intent);
	if (err == COT_OK)
		err = commit_intent(node, n, &intent);
	return err == COT_OK ? open_writer(node, n, &order) : err;
}

enum cot_err cot_sec_stage(struct cot_sec *node, uint8_t component)
{
	enum cot_err err = stage(node, component);

	node->install.last[component] = err < COT_OK ? err : COT_OK;
	return err;
}

/* CHECK D7.10: the intent that opened the slot still stands */
static enum cot_err check_intent_stands(const struct cot_sec *node)
{
	return same_intent(&component_of(node, COMPONENT)->intent, &node->install.writer.intent)
		? COT_OK : COT_E_NOT_ORDERED;
}

static enum cot_err check_open(const struct cot_sec *node)
{
	if (!node->install.open || !node->install.writer.open)
		return COT_E_SEQUENCE;
	return check_intent_stands(node);
}

static enum cot_err record(struct cot_sec *node, uint8_t slot, uint32_t offset)
{
	const struct cot_sec_intent *intent = &node->install.writer.intent;
	struct cot_sec_progress next;

	memset(&next, 0, sizeof(next));
	next.set = true;
	next.component = COMPONENT;
	next.slot = slot;
	memcpy(next.sha256, intent->sha256, sizeof(next.sha256));
	next.offset = offset;
	return cot_sec_commit_progress(&node->store, &next);
}

static enum cot_err record_progress(struct cot_sec *node, uint32_t offset)
{
	return record(node, node->install.writer.intent.slot, offset);
}

enum cot_err cot_sec_stage_step(struct cot_sec *node)
{
	enum cot_err err = check_open(node);

	if (err == COT_OK)
		err = cot_writer_erase(&node->install.writer);
	/* Erased once: from now on a resumed download need not start over. */
	if (err == COT_OK && !node->store.progress.set)
		err = record_progress(node, 0);
	if (err < COT_OK) {
		node->install.open = false;
		node->install.last[COMPONENT] = err;
	}
	return err;
}

void cot_sec_stage_result(const struct cot_sec *node, uint8_t component, enum cot_err outcome,
                          struct cot_stage_result *ret)
{
	const struct cot_sec_component *c = component_of(node, component);
	uint8_t slot = cot_sec_component_spare(c);

	memset(ret, 0, sizeof(*ret));
	ret->outcome = outcome;
	ret->slot_size = node->port->flash->region[cot_sec_slot_region(slot)].size;
	if (outcome != COT_OK)
		return;
	if (c->intent.set && node->install.open) {
		ret->length = c->intent.artifact_len;
		ret->next = node->install.writer.taken;
		return;
	}
	slot = cot_sec_component_find(c, COT_SEC_SLOT_STAGED);
	if (slot == COT_SEC_SLOTS)
		slot = cot_sec_component_pending(c);
	if (slot == COT_SEC_SLOTS)
		slot = c->active;
	ret->length = slot < COT_SEC_SLOTS ? c->slot[slot].len : 0;
	ret->next = ret->length;
}

/* ---- transfer ---------------------------------------------------------------------------- */

/* CHECK D10.1: dataFormatIdentifier says what the signed method says */
static enum cot_err check_method(const struct cot_sec *node, uint8_t format)
{
	return format != (uint8_t)node->install.writer.filter->method ? COT_E_METHOD : COT_OK;
}

/* CHECK W13.1: a download begins where bytes are missing and ends with the artifact */
static enum cot_err check_range(const struct cot_sec *node, uint32_t offset, uint32_t size)
{
	const struct cot_writer *w = &node->install.writer;

	/* Nothing missing is allowed: then only 37 was lost, and may follow. */
	return offset != w->taken || size != w->intent.artifact_len - w->taken
		? COT_E_ARGUMENT : COT_OK;
}

enum cot_err cot_sec_download_check(const struct cot_sec *node,
                                    const struct cot_uds_request *request)
{
	enum cot_err err = check_open(node);

	if (err == COT_OK)
		err = check_method(node, request->format);
	if (err == COT_OK)
		err = check_range(node, request->offset, request->size);
	return err;
}

enum cot_err cot_sec_download(struct cot_sec *node, struct cot_slice data)
{
	struct cot_writer *w = &node->install.writer;
	enum cot_err err = check_open(node);

	if (err == COT_OK && data.len > w->intent.artifact_len - w->taken)
		return COT_E_LENGTH_EXCEEDED;
	while (err == COT_OK && data.len > 0) {
		uint32_t taken;
		bool progress;

		err = cot_writer_feed(w, data, &taken, &progress);
		if (err == COT_OK && progress)
			err = record_progress(node, w->taken);
		data = cot_slice_sub(data, taken, data.len - taken);
	}
	return err;
}

/* ---- exit ---------------------------------------------------------------------------------- */

enum { EXIT_SHA256, EXIT_SHA512, EXIT_COMMIT };

/* The mark goes first: with the intent gone, it is what makes the next erase cost. */
static enum cot_err void_intent(struct cot_sec *node)
{
	struct cot_sec_state *next = cot_sec_change(node);
	struct cot_sec_component *c = &next->component[COMPONENT];
	struct cot_sec_intent *intent = &c->intent;
	enum cot_err err = record(node, COT_SEC_SLOTS, intent->targets_version);

	if (err == COT_OK)
		err = cot_sec_slot_move(&c->slot[intent->slot], COT_SEC_SLOT_ON_SPOILED);
	memset(intent, 0, sizeof(*intent));
	return err == COT_OK ? cot_sec_commit(&node->store, next) : err;
}

/* CHECK I8.3: no exit before the last byte */
static enum cot_err check_complete(const struct cot_writer *w)
{
	return w->taken != w->intent.artifact_len ? COT_E_SEQUENCE : COT_OK;
}

enum cot_err cot_sec_exit_begin(struct cot_sec *node)
{
	struct cot_sec_install *in = &node->install;
	enum cot_err err = check_open(node);

	if (err == COT_OK)
		err = check_complete(&in->writer);
	if (err != COT_OK)
		return err;
	in->step = EXIT_SHA256;
	err = cot_writer_finish(&in->writer);
	if (err == COT_OK)
		return COT_OK;
	in->last[COMPONENT] = err;
	in->open = false;
	return err;
}

/* The name goes into the slot's record, for reports; its hash was signed for. */
static enum cot_err name_slot(const struct cot_order *order, const struct cot_sec *node,
                              struct cot_sec_slot *slot)
{
	const struct cot_sec_intent *intent = &component_of(node, COMPONENT)->intent;
	uint8_t hash[COT_SHA256_LEN];

	cot_hash_once(node->port->crypto, COT_HASH_SHA256, order->target.name, hash);
	if (memcmp(hash, intent->name_sha256, sizeof(hash)) != 0 ||
	    order->target.name.len > COT_MAX_NAME)
		return COT_E_NOT_ORDERED;
	slot->name_len = (uint8_t)order->target.name.len;
	memcpy(slot->name, order->target.name.ptr, order->target.name.len);
	return COT_OK;
}

static enum cot_err commit_staged(struct cot_sec *node)
{
	const struct cot_sec_intent *intent = &component_of(node, COMPONENT)->intent;
	struct cot_sec_state *next = cot_sec_change(node);
	struct cot_sec_slot *slot = &next->component[COMPONENT].slot[intent->slot];
	struct cot_order order;
	enum cot_err err = find_order(node, COMPONENT, &order);

	if (err == COT_OK)
		err = check_still_ordered(node, COMPONENT, intent->sha256);
	if (err == COT_OK)
		err = cot_sec_slot_move(slot, COT_SEC_SLOT_ON_EXIT);
	if (err == COT_OK)
		err = name_slot(&order, node, slot);
	if (err != COT_OK)
		return err;
	slot->len = intent->image_len;
	slot->counter = intent->counter;
	memcpy(slot->sha256, intent->sha256, sizeof(slot->sha256));
	memset(&next->component[COMPONENT].intent, 0, sizeof(struct cot_sec_intent));
	next->component[COMPONENT].attempts = 0;
	return cot_sec_commit(&node->store, next);
}

static enum cot_err exit_step(struct cot_sec *node)
{
	struct cot_sec_install *in = &node->install;
	const struct cot_crypto *crypto = node->port->crypto;
	enum cot_err err;

	switch (in->step) {
	case EXIT_SHA256:
		err = cot_writer_hash(&in->writer, crypto, COT_HASH_SHA256,
		                      in->writer.intent.sha256);
		if (err == COT_OK)
			in->step = in->sha512 ? EXIT_SHA512 : EXIT_COMMIT;
		return err == COT_OK ? COT_PENDING : err;
	case EXIT_SHA512:
		err = cot_writer_hash(&in->writer, crypto, COT_HASH_SHA512, in->expected_sha512);
		if (err == COT_OK)
			in->step = EXIT_COMMIT;
		return err == COT_OK ? COT_PENDING : err;
	default:
		return commit_staged(node);
	}
}

enum cot_err cot_sec_exit_step(struct cot_sec *node)
{
	enum cot_err err = exit_step(node);

	if (err == COT_PENDING)
		return err;
	node->install.last[COMPONENT] = err;
	node->install.open = false;
	cot_writer_close(&node->install.writer);
	/* The slot holds something else than was ordered: begin again from nothing. */
	if (err == COT_E_HASH_MISMATCH && void_intent(node) != COT_OK)
		return COT_E_FLASH;
	return err;
}

/* ---- activate ------------------------------------------------------------------------------- */

/* CHECK D7.11: newer Targets may raise the counter of what a slot holds, not lower it */
static enum cot_err check_slot_counter(const struct cot_sec_slot *slot,
                                       const struct cot_order *order)
{
	return order->target.counter < slot->counter ? COT_E_COUNTER : COT_OK;
}

static enum cot_err activate(struct cot_sec *node, uint8_t n)
{
	const struct cot_sec_component *c = component_of(node, n);
	uint8_t slot = cot_sec_component_find(c, COT_SEC_SLOT_STAGED);
	struct cot_sec_state *next;
	struct cot_order order;
	enum cot_err err = find_order(node, n, &order);

	if (err != COT_OK)
		return err;
	/* Activated before: its counter may have risen since. */
	if (slot == COT_SEC_SLOTS)
		slot = cot_sec_component_find(c, COT_SEC_SLOT_ACTIVATED);
	if (slot == COT_SEC_SLOTS)
		return have_image(node, n, order.target.image.hashes.sha256) ? COT_OK
		                                                             : COT_E_NOT_STAGED;
	err = check_still_ordered(node, n, c->slot[slot].sha256);
	if (err == COT_OK)
		err = check_no_trial(c);
	if (err == COT_OK)
		err = check_slot_counter(&c->slot[slot], &order);
	if (err != COT_OK)
		return err;
	next = cot_sec_change(node);
	err = cot_sec_slot_move(&next->component[n].slot[slot], COT_SEC_SLOT_ON_ACTIVATE);
	if (err != COT_OK)
		return err;
	next->component[n].slot[slot].counter = order.target.counter;
	next->component[n].attempts = 0;
	return cot_sec_commit(&node->store, next);
}

enum cot_err cot_sec_activate(struct cot_sec *node, uint8_t component)
{
	enum cot_err err = activate(node, component);

	node->install.last[component] = err;
	return err;
}
