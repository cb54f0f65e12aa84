/* SPDX-License-Identifier: Apache-2.0
 *
 * The boot decision: see boot.h.
 */
#include "secondary/boot/boot.h"

#include "secondary/boot/image.h"
#include "secondary/boot/verdict.h"
#include "secondary/slot_state.h"

#include <string.h>

/* ---- checks ---------------------------------------------------------------------- */

/* CHECK D7.3: a confirm record is that of this slot, this image and this trial */
static enum cot_err check_confirm(const struct cot_sec_component *c, uint8_t slot,
                                  const struct cot_confirm *confirm)
{
	if (confirm->slot != slot ||
	    memcmp(confirm->sha256, c->slot[slot].sha256, COT_SHA256_LEN) != 0 ||
	    memcmp(confirm->trial, c->trial, COT_SEC_TRIAL_LEN) != 0)
		return COT_E_NOT_FOUND;
	return COT_OK;
}

/* CHECK D7.4: no image below the stored release counter boots, not even as fallback */
static enum cot_err check_counter(const struct cot_sec_component *c, uint8_t slot)
{
	return c->slot[slot].counter < c->counter ? COT_E_ROLLBACK : COT_OK;
}

/* CHECK D7.5: what would run is the image that was verified */
static enum cot_err check_slot_hash(const struct cot_port *port, const struct cot_sec_slot *s,
                                    uint8_t slot, uint8_t found[COT_SHA256_LEN])
{
	enum cot_err err = cot_image_load(port, slot, s->len);

	if (err == COT_OK)
		err = cot_image_hash(port, slot, s->len, found);
	if (err == COT_OK && memcmp(found, s->sha256, COT_SHA256_LEN) != 0)
		err = COT_E_HASH_MISMATCH;
	return err;
}

/* CHECK D7.6: three boots without a confirm record, and not one more */
static enum cot_err check_attempts(const struct cot_sec_component *c)
{
	return c->attempts >= COT_SEC_TRIALS ? COT_E_REVERTED : COT_OK;
}

/* CHECK D7.13: both evaluations accept it, as the port will ask before its jump */
static enum cot_err check_verdicts(const struct cot_boot *boot)
{
	return cot_boot_accepted(boot, COT_BOOT_MASKED(1, boot->slot)) == 1 ? COT_OK
	                                                                    : COT_E_HASH_MISMATCH;
}

/* CHECK D7.14: what is changed and recorded is what the state region holds */
static enum cot_err check_state(const struct cot_sec_store *store,
                                const struct cot_sec_state *recorded)
{
	return memcmp(recorded, &store->state, sizeof(*recorded)) == 0 ? COT_OK : COT_E_STORE;
}

/* Only a skipped instruction gets here with a slot that there is not; what lies behind
 * the slots is the release counter.  So no unit test sees this check and the next one:
 * without them `make skip KINDS=older` boots bad images. */
static enum cot_err check_slot(uint8_t slot)
{
	return slot < COT_SEC_SLOTS ? COT_OK : COT_E_SEQUENCE;
}

/* The same, for whatever else lowers it: no change at boot does. */
static enum cot_err check_counter_kept(const struct cot_sec_state *now,
                                       const struct cot_sec_state *next, uint8_t component)
{
	return next->component[component].counter < now->component[component].counter
		? COT_E_ROLLBACK : COT_OK;
}

/* A copy of the state to change: read anew, so that a floor which was misread once is
 * not recorded for good. */
static enum cot_err begin(struct cot_sec_store *store, uint8_t slot, struct cot_sec_state *ret)
{
	enum cot_err err = check_slot(slot);

	if (err == COT_OK)
		err = cot_sec_store_read(store, ret);
	return err == COT_OK ? check_state(store, ret) : err;
}

static enum cot_err commit(struct cot_sec_store *store, uint8_t component,
                           const struct cot_sec_state *next)
{
	enum cot_err err = check_counter_kept(&store->state, next, component);

	return err == COT_OK ? cot_sec_commit(store, next) : err;
}

/* ---- what the last boot left ------------------------------------------------------- */

/* Is there a confirm record of this trial? */
static enum cot_err find_confirm(const struct cot_sec_component *c, const struct cot_port *port,
                                 uint8_t slot)
{
	struct cot_confirm record;
	enum cot_err err = cot_confirm_read(port->flash, &record);

	return err == COT_OK ? check_confirm(c, slot, &record) : err;
}

/* Asks for the record once more: a caller that missed the answer gets it here. */
static enum cot_err confirm(struct cot_sec_store *store, const struct cot_port *port,
                            uint8_t component, uint8_t slot)
{
	struct cot_sec_state next;
	struct cot_sec_component *c = &next.component[component];
	enum cot_err err = begin(store, slot, &next);

	if (err == COT_OK)
		err = find_confirm(c, port, slot);
	if (err == COT_OK)
		err = cot_sec_slot_move(&c->slot[slot], COT_SEC_SLOT_ON_CONFIRM);
	if (err != COT_OK)
		return err;
	c->active = slot;
	c->attempts = 0;
	memset(c->trial, 0, sizeof(c->trial));
	if (c->slot[slot].counter > c->counter)
		c->counter = c->slot[slot].counter;
	return commit(store, component, &next);
}

/* The attempts stay used up, so that nothing of it is tried again. */
static enum cot_err revert(struct cot_sec_store *store, uint8_t component, uint8_t slot)
{
	struct cot_sec_state next;
	struct cot_sec_component *c = &next.component[component];
	enum cot_err err = begin(store, slot, &next);

	if (err == COT_OK)
		err = cot_sec_slot_move(&c->slot[slot], COT_SEC_SLOT_ON_FAIL);
	if (err != COT_OK)
		return err;
	memset(c->trial, 0, sizeof(c->trial));
	c->reverted = true;
	memcpy(c->reverted_sha256, c->slot[slot].sha256, COT_SHA256_LEN);
	return commit(store, component, &next);
}

enum cot_err cot_boot_settle(struct cot_sec_store *store, const struct cot_port *port,
                             uint8_t component)
{
	const struct cot_sec_component *c = &store->state.component[component];
	uint8_t slot = cot_sec_component_find(c, COT_SEC_SLOT_TRIAL);

	if (slot == COT_SEC_SLOTS || find_confirm(c, port, slot) != COT_OK)
		return COT_OK;
	return confirm(store, port, component, slot);
}

/* A confirm record that one reading missed is looked for again: what the next boot does
 * to it, or to the trial, is for good. */
enum cot_err cot_boot_settle_at_reset(struct cot_sec_store *store, const struct cot_port *port,
                                      uint8_t component)
{
	const struct cot_sec_component *c = &store->state.component[component];
	enum cot_err err = cot_boot_settle(store, port, component);
	uint8_t slot;

	if (err == COT_OK)
		err = cot_boot_settle(store, port, component);
	slot = cot_sec_component_find(c, COT_SEC_SLOT_TRIAL);
	if (err != COT_OK || slot == COT_SEC_SLOTS || check_attempts(c) == COT_OK)
		return err;
	return revert(store, component, slot);
}

/* ---- the choice --------------------------------------------------------------------- */

/* What fails here is recorded for good, so one reading does not condemn it: flash near
 * its margins, or a supply that dips, reads wrong once. */
static enum cot_err check_candidate(const struct cot_sec_component *c,
                                    const struct cot_port *port, uint8_t slot,
                                    struct cot_boot *ret)
{
	enum cot_err err = check_counter(c, slot);
	unsigned again = 1;

	memset(ret->found, 0, sizeof(ret->found));
	if (err == COT_OK) {
		do
			err = check_slot_hash(port, &c->slot[slot], slot, ret->found);
		while ((err == COT_E_HASH_MISMATCH || err == COT_E_FLASH) && again-- > 0);
	}
	if (err != COT_OK)
		cot_image_wipe(port);
	return err;
}

static void note(struct cot_boot *ret, enum cot_err err)
{
	if (ret->why == COT_OK)
		ret->why = err;
}

/* The attempt is durable before anything jumps. */
static enum cot_err begin_trial(struct cot_sec_store *store, const struct cot_port *port,
                                uint8_t component, struct cot_boot *ret)
{
	struct cot_sec_state next;
	struct cot_sec_component *c = &next.component[component];
	enum cot_err err = begin(store, ret->slot, &next);

	if (err == COT_OK)
		err = cot_sec_slot_move(&c->slot[ret->slot], COT_SEC_SLOT_ON_BOOT);
	if (err == COT_OK)
		err = cot_confirm_erase(port->flash);
	if (err == COT_OK)
		err = port->random(port->ctx, c->trial, sizeof(c->trial));
	if (err != COT_OK)
		return err;
	c->attempts++;
	err = commit(store, component, &next);
	if (err != COT_OK)
		return err;
	ret->trial = true;
	ret->image = true;
	ret->handed.slot = ret->slot;
	memcpy(ret->handed.sha256, c->slot[ret->slot].sha256, COT_SHA256_LEN);
	memcpy(ret->handed.trial, c->trial, sizeof(c->trial));
	return COT_OK;
}

/* A slot that was to be tried and cannot be: it is given up. */
static enum cot_err give_up(struct cot_sec_store *store, uint8_t component, uint8_t slot)
{
	struct cot_sec_state next;
	struct cot_sec_component *c = &next.component[component];
	enum cot_err err = begin(store, slot, &next);

	if (err == COT_OK)
		err = cot_sec_slot_move(&c->slot[slot], COT_SEC_SLOT_ON_GIVE_UP);
	if (err != COT_OK)
		return err;
	c->attempts = 0;
	memset(c->trial, 0, sizeof(c->trial));
	return commit(store, component, &next);
}

static enum cot_err try_pending(struct cot_sec_store *store, const struct cot_port *port,
                                uint8_t component, struct cot_boot *ret)
{
	const struct cot_sec_component *c = &store->state.component[component];
	uint8_t slot = cot_sec_component_pending(c);
	enum cot_err err;

	if (slot == COT_SEC_SLOTS)
		return COT_OK;
	err = check_attempts(c);
	if (err == COT_OK)
		err = check_candidate(c, port, slot, ret);
	if (err != COT_OK) {
		note(ret, err);
		return give_up(store, component, slot);
	}
	ret->slot = slot;
	err = begin_trial(store, port, component, ret);
	/* What cannot be recorded is not tried; what was confirmed runs all the same. */
	if (err != COT_OK) {
		note(ret, err);
		ret->slot = COT_SEC_SLOTS;
	}
	return COT_OK;
}

/* The fallback takes the place of the damaged one, so that the next install
 * overwrites that and not what runs. */
static enum cot_err fall_back(struct cot_sec_store *store, uint8_t component, uint8_t slot)
{
	struct cot_sec_state next;
	struct cot_sec_component *c = &next.component[component];
	enum cot_err err = begin(store, slot, &next);

	if (err == COT_OK)
		err = cot_sec_slot_move(&c->slot[slot], COT_SEC_SLOT_ON_FALL_BACK);
	if (err != COT_OK)
		return err;
	c->active = slot;
	return commit(store, component, &next);
}

static enum cot_err try_confirmed(struct cot_sec_store *store, const struct cot_port *port,
                                  uint8_t component, struct cot_boot *ret)
{
	const struct cot_sec_component *c = &store->state.component[component];
	uint8_t i, slot, active = c->active;
	enum cot_err err;

	for (i = 0; i < COT_SEC_SLOTS && active < COT_SEC_SLOTS; i++) {
		slot = (uint8_t)((active + i) % COT_SEC_SLOTS);
		if (c->slot[slot].state != COT_SEC_SLOT_CONFIRMED)
			continue;
		err = check_candidate(c, port, slot, ret);
		if (err == COT_OK) {
			ret->slot = slot;
			ret->image = true;
			return fall_back(store, component, slot);
		}
		/* The counter outweighs a damaged image: it is why nothing else boots. */
		if (err == COT_E_ROLLBACK)
			ret->why = err;
		note(ret, err);
	}
	return COT_OK;
}

/* What was chosen is weighed twice more, so that nothing above is trusted alone; and all
 * of that once again when it fails, because the attempt was counted before. */
static void judge(struct cot_sec_store *store, const struct cot_port *port, uint8_t component,
                  struct cot_boot *ret)
{
	unsigned again = 1;
	enum cot_err err;

	do {
		ret->accept = cot_verdict_first(&store->state.component[component], ret);
		ret->again = cot_verdict_again(store, port, component, ret);
		err = check_verdicts(ret);
	} while (err != COT_OK && again-- > 0);
	if (err != COT_OK) {
		ret->image = false;
		note(ret, err);
	}
}

enum cot_err cot_boot_choose(struct cot_sec_store *store, const struct cot_port *port,
                             uint8_t component, struct cot_boot *ret)
{
	enum cot_err err;

	memset(ret, 0, sizeof(*ret));
	ret->slot = COT_SEC_SLOTS;
	err = try_pending(store, port, component, ret);
	if (err == COT_OK && !ret->image)
		err = try_confirmed(store, port, component, ret);
	if (err != COT_OK)
		ret->image = false;
	if (ret->image)
		judge(store, port, component, ret);
	if (!ret->image) {
		ret->accept = ret->again = 0;
		ret->slot = COT_SEC_SLOTS;
		ret->trial = false;
		cot_image_wipe(port);
	}
	return err;
}

bool cot_boot_possible(const struct cot_sec_component *c)
{
	return cot_sec_component_pending(c) < COT_SEC_SLOTS ||
	       cot_sec_component_find(c, COT_SEC_SLOT_CONFIRMED) < COT_SEC_SLOTS;
}
