/* SPDX-License-Identifier: Apache-2.0
 *
 * Between an order and an image that boots: S05, S06, S09 to S11, S17, S18, S21, and
 * the secondary's rows of P33.
 */
#include "tests/sim/secondary_attack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum cot_err stage(struct scene *s)
{
	struct cot_stage_result r;

	return sim_secondary_stage(s->s, &r);
}

/* Honest up to and including the stage of a-3.bin. */
static void stage_honestly(struct scene *s)
{
	assert_int_equal(sim_secondary_metadata(s->s), COT_OK);
	assert_int_equal(stage(s), COT_OK);
	scene_mark(s);
}

static void install_honestly(struct scene *s)
{
	assert_int_equal(sim_secondary_metadata(s->s), COT_OK);
	assert_int_equal(sim_secondary_install(s->s, "a-3.bin"), COT_OK);
	scene_mark(s);
}

/* Newer Targets that order this image for the ECU, or nothing at all. */
static void publish_order(struct scene *s, const char *name)
{
	sim_secondary_order(s->s, SIM_SECONDARY_ECU, SIM_SECONDARY_HWID, name);
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
}

static void read_slot(struct scene *s, uint8_t slot, uint8_t ret[SCENE_SLOT])
{
	sim_secondary_read(s->s, cot_sec_slot_region(slot), 0, ret,
	                   sim_secondary_slot_size(s->s));
}

/* ---- S05, S06: lengths ----------------------------------------------------------------- */

static enum cot_err too_much_data(struct scene *s)
{
	const struct sim_artifact *a = sim_secondary_artifact(s->s, "a-3.bin");
	struct cot_uds_request q = { .sid = COT_UDS_DOWNLOAD, .size = (uint32_t)a->len };
	uint8_t more[1000] = { 0 };
	struct cot_uds_response r;
	size_t sent;

	stage_honestly(s);
	assert_int_equal(sim_secondary_uds(s->s, &q, &r), COT_NRC_NONE);
	q = (struct cot_uds_request){ .sid = COT_UDS_TRANSFER };
	for (sent = 0; sent + 1000 <= a->len; sent += 1000) {
		q.counter++;
		q.data = cot_slice(a->bytes + sent, 1000);
		assert_int_equal(sim_secondary_uds(s->s, &q, &r), COT_NRC_NONE);
	}
	q.counter++;
	q.data = cot_slice(more, sizeof(more));
	assert_int_equal(sim_secondary_uds(s->s, &q, &r), COT_NRC_SUSPENDED);
	return sim_secondary_last(s->s);
}

static enum cot_err of_length(struct scene *s, size_t len)
{
	static uint8_t before[SCENE_SLOT], after[SCENE_SLOT];
	enum cot_err err;

	sim_secondary_image(s->s, "odd.bin", 4, len);
	publish_order(s, "odd.bin");
	assert_int_equal(sim_secondary_metadata(s->s), COT_OK);
	scene_mark(s);
	read_slot(s, 0, before);
	err = stage(s);
	read_slot(s, 0, after);
	assert_memory_equal(before, after, sim_secondary_slot_size(s->s));
	publish_order(s, "a-3.bin");
	return err;
}

static enum cot_err one_byte_too_long(struct scene *s)
{
	return of_length(s, sim_secondary_slot_size(s->s) + 1u);
}

static enum cot_err empty_image(struct scene *s) { return of_length(s, 0); }

/* ---- S09: the release counter ----------------------------------------------------------- */

static enum cot_err counter_missing(struct scene *s)
{
	json_t *targets = json_object_get(sim_signed(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS),
	                                  "targets");
	json_t *custom = json_object_get(json_object_get(targets, "a-3.bin"), "custom");
	enum cot_err err;

	json_object_del(custom, "releaseCounter");
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	err = scene_offer_targets(s);
	json_object_set_new(custom, "releaseCounter", json_integer(3));
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	return err;
}

static enum cot_err counter_lower(struct scene *s)
{
	enum cot_err err;

	sim_secondary_usual(s->s, "a-0.bin", 1);
	publish_order(s, "a-0.bin");
	err = scene_offer_targets(s);
	publish_order(s, "a-3.bin");
	return err;
}

static enum cot_err counter_leaps(struct scene *s)
{
	enum cot_err err;

	sim_secondary_usual(s->s, "a-max.bin", 2 + 65537);
	publish_order(s, "a-max.bin");
	err = scene_offer_targets(s);
	publish_order(s, "a-3.bin");
	return err;
}

/* ---- S10, S11, S21: flash that is not what it should be ------------------------------------- */

/* The image's third program operation does nothing, and says nothing. */
static enum cot_err silent_flash(struct scene *s)
{
	stage_honestly(s);
	s->s->flash.lie = s->s->flash.ops + 3;
	return sim_secondary_install(s->s, "a-3.bin");
}

static enum cot_err loud_flash(struct scene *s)
{
	stage_honestly(s);
	s->s->flash.fail = s->s->flash.ops + 3;
	return sim_secondary_install(s->s, "a-3.bin");
}

static enum cot_err erase_fails(struct scene *s)
{
	enum cot_err err;

	assert_int_equal(sim_secondary_metadata(s->s), COT_OK);
	scene_mark(s);
	s->s->flash.dead = 1u << COT_REGION_SLOT_A;
	err = stage(s);
	s->s->flash.dead = 0;
	/* The intent gave up what was in the slot that it is for. */
	memset(&s->mark.component[0].slot[0], 0, sizeof(s->mark.component[0].slot[0]));
	return err;
}

/* Staged and verified; then a bit flips before the reset that would try it. */
static enum cot_err flipped_before_trial(struct scene *s)
{
	struct cot_sec_state state;
	enum cot_err err;
	uint8_t slot;

	install_honestly(s);
	sim_secondary_state(s->s, &state);
	slot = cot_sec_component_spare(&state.component[0]);
	assert_int_equal(sim_secondary_activate(s->s), COT_OK);
	sim_secondary_cells(s->s, cot_sec_slot_region(slot))[777] ^= 1;
	sim_secondary_reset(s->s, false);
	err = sim_secondary_last(s->s);
	/* Given up: the slot holds nothing any more. */
	memset(&s->mark.component[0].slot[slot], 0, sizeof(s->mark.component[0].slot[slot]));
	return err;
}

/* ---- S17: trials ------------------------------------------------------------------------------ */

static enum cot_err never_confirms(struct scene *s)
{
	unsigned i;

	sim_secondary_usual(s->s, "bad-3.bin", 3);
	publish_order(s, "bad-3.bin");
	assert_int_equal(sim_secondary_update(s->s, "bad-3.bin"), COT_E_TRIAL);
	for (i = 0; i < 3; i++)
		sim_secondary_reset(s->s, false);
	scene_mark(s);
	assert_true(sim_secondary_runs(s->s, "a-2.bin"));
	assert_int_equal(sim_secondary_metadata(s->s), COT_OK);
	return stage(s);
}

/* The goal is the newer order of another image. */
static enum cot_err reverted_is_refused(struct scene *s)
{
	enum cot_err err = never_confirms(s);

	publish_order(s, "a-3.bin");
	return err;
}

/* Newer Targets that order the very same image give it three more boots. */
static enum cot_err reverted_until_newer(struct scene *s)
{
	enum cot_err err = never_confirms(s);

	publish_order(s, "bad-3.bin");
	assert_int_equal(sim_secondary_metadata(s->s), COT_OK);
	assert_int_equal(stage(s), COT_OK);
	publish_order(s, "a-3.bin");
	assert_int_equal(sim_secondary_metadata(s->s), COT_OK);
	scene_mark(s);
	return err;
}

/* Nothing is erased while an image is on trial. */
static enum cot_err stage_on_trial(struct scene *s)
{
	enum cot_err err;
	unsigned i;

	sim_secondary_usual(s->s, "bad-3.bin", 3);
	publish_order(s, "bad-3.bin");
	assert_int_equal(sim_secondary_update(s->s, "bad-3.bin"), COT_E_TRIAL);
	sim_secondary_wait(s->s, COT_SEC_TRIAL_MS);
	publish_order(s, "a-3.bin");
	assert_int_equal(sim_secondary_metadata(s->s), COT_OK);
	err = stage(s);
	for (i = 0; i < 3; i++)
		sim_secondary_reset(s->s, false);
	scene_mark(s);
	return err;
}

/* ---- S18: other orders in between --------------------------------------------------------- */

static void send_half(struct scene *s)
{
	const struct sim_artifact *a = sim_secondary_artifact(s->s, "a-3.bin");
	struct cot_uds_request q = { .sid = COT_UDS_DOWNLOAD, .size = (uint32_t)a->len };
	struct cot_uds_response r;

	stage_honestly(s);
	assert_int_equal(sim_secondary_uds(s->s, &q, &r), COT_NRC_NONE);
	q = (struct cot_uds_request){ .sid = COT_UDS_TRANSFER, .counter = 1 };
	q.data = cot_slice(a->bytes, 1000);
	assert_int_equal(sim_secondary_uds(s->s, &q, &r), COT_NRC_NONE);
}

/* The order changes under a download: its rest is not taken. */
static enum cot_err order_changes(struct scene *s)
{
	struct cot_uds_request q = { .sid = COT_UDS_TRANSFER, .counter = 2 };
	struct cot_uds_response r;
	struct cot_stage_result staged;
	uint8_t more[100] = { 0 };
	enum cot_err err;

	send_half(s);
	sim_secondary_release(s->s, "a-4.bin", 4);
	s->goal = "a-4.bin";
	assert_int_equal(scene_offer_targets(s), COT_OK);
	scene_mark(s);
	/* The document's transfer took the place of the image's. */
	q.data = cot_slice(more, sizeof(more));
	assert_int_equal(sim_secondary_uds(s->s, &q, &r), COT_NRC_SEQUENCE);
	err = sim_secondary_transfer(s->s, sim_secondary_artifact(s->s, "a-3.bin"), 1000);
	assert_int_equal(sim_secondary_stage(s->s, &staged), COT_OK);
	assert_int_equal(staged.next, 0);
	return err;
}

static enum cot_err withdrawn(struct scene *s)
{
	enum cot_err err;

	install_honestly(s);
	publish_order(s, NULL);
	assert_int_equal(scene_offer_targets(s), COT_OK);
	scene_mark(s);
	err = sim_secondary_activate(s->s);
	publish_order(s, "a-3.bin");
	return err;
}

/* Activated, but not booted yet, when Targets that order nothing come. */
static enum cot_err withdrawn_after_activation(struct scene *s)
{
	enum cot_err err;

	install_honestly(s);
	assert_int_equal(sim_secondary_activate(s->s), COT_OK);
	publish_order(s, NULL);
	assert_int_equal(scene_offer_targets(s), COT_OK);
	scene_mark(s);
	err = sim_secondary_activate(s->s);
	assert_int_equal(sim_secondary_hard_reset(s->s), COT_OK);
	assert_true(sim_secondary_runs(s->s, "a-2.bin"));
	publish_order(s, "a-3.bin");
	return err;
}

/* Other Targets order something else: the staged image is not what is ordered. */
static enum cot_err overtaken(struct scene *s)
{
	enum cot_err err;

	install_honestly(s);
	sim_secondary_release(s->s, "a-4.bin", 4);
	s->goal = "a-4.bin";
	assert_int_equal(scene_offer_targets(s), COT_OK);
	scene_mark(s);
	err = sim_secondary_activate(s->s);
	return err;
}

/* Right length, other content. */
static enum cot_err wrong_bytes(struct scene *s)
{
	struct sim_artifact other = *sim_secondary_artifact(s->s, "a-3.bin");
	enum cot_err err;

	stage_honestly(s);
	other.bytes = malloc(other.len);
	assert_non_null(other.bytes);
	memset(other.bytes, 0x5A, other.len);
	err = sim_secondary_transfer(s->s, &other, 0);
	free(other.bytes);
	return err;
}

/* ---- P33: what expires on the way ------------------------------------------------------------------ */

#define SHELF_LIFE_MS 5000u

/* Targets that live for four seconds more. */
static void short_lived(struct scene *s)
{
	sim_expires(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS, s->w->now_s + 4);
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
}

static void long_lived(struct scene *s)
{
	sim_expires(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS, s->w->now_s + 365 * 86400);
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
}

static enum cot_err expires_in_transfer(struct scene *s)
{
	const struct sim_artifact *a = sim_secondary_artifact(s->s, "a-3.bin");
	enum cot_err err;

	short_lived(s);
	stage_honestly(s);
	scene_mark(s);
	sim_secondary_wait(s->s, SHELF_LIFE_MS);
	err = sim_secondary_transfer(s->s, a, 0);
	long_lived(s);
	return err;
}

static enum cot_err expires_before_activation(struct scene *s)
{
	enum cot_err err;

	short_lived(s);
	install_honestly(s);
	scene_mark(s);
	sim_secondary_wait(s->s, SHELF_LIFE_MS);
	err = sim_secondary_activate(s->s);
	long_lived(s);
	return err;
}

static enum cot_err activated_after_reset(struct scene *s)
{
	install_honestly(s);
	scene_mark(s);
	sim_secondary_reset(s->s, true);
	return sim_secondary_activate(s->s);
}

#define FAULTS "flash that fails when it is told to"
#define MINUTE "a minute that passes in no time"

static const struct scene_attack attacks[] = {
	SCENE(S05_too_much_data, LENGTH_EXCEEDED, "not a byte beyond the signed length gets in",
	      too_much_data),
	SCENE(S06_one_byte_too_long, SLOT_SIZE, "an image longer than its slot erases nothing",
	      one_byte_too_long),
	SCENE(S06_empty_image, SLOT_SIZE, "an empty image erases nothing", empty_image),
	SCENE(S09_counter_missing, MISSING, "an order without release counter is no order",
	      counter_missing),
	SCENE(S09_counter_lower, COUNTER, "an order with a lower release counter is refused",
	      counter_lower),
	SCENE(S09_counter_leaps, COUNTER_JUMP, "a stolen key cannot burn the release counter",
	      counter_leaps),
	SCENE_NEEDS(S10_silent_flash, HASH_MISMATCH, "flash that lies is found when read back",
	      silent_flash, FAULTS),
	SCENE_NEEDS(S10_loud_flash, FLASH, "flash that fails ends the transfer", loud_flash, FAULTS),
	SCENE(S11_flipped_before_trial, HASH_MISMATCH, "an image that changed in flash is not tried",
	      flipped_before_trial),
	SCENE(S17_never_confirms, REVERTED, "after three trials the last good image boots again",
	      reverted_is_refused),
	SCENE(S17_until_newer, REVERTED, "and the failed one waits for newer Targets",
	      reverted_until_newer),
	SCENE_NEEDS(S17_stage_on_trial, TRIAL, "nothing is erased while an image is on trial",
	      stage_on_trial, MINUTE),
	SCENE(S18_order_changes, NOT_ORDERED, "half of an image is no use under another order",
	      order_changes),
	SCENE(S18_wrong_bytes, HASH_MISMATCH, "other bytes than were ordered stay unbootable",
	      wrong_bytes),
	SCENE(S18_withdrawn, NO_ORDER, "a withdrawn order is not activated", withdrawn),
	SCENE(S18_withdrawn_after_activation, NO_ORDER, "nor booted, if it was activated before",
	      withdrawn_after_activation),
	SCENE(S18_overtaken, NOT_STAGED, "an order that another one overtook is not activated",
	      overtaken),
	SCENE_NEEDS(S21_erase_fails, FLASH, "an erase that fails leaves the old image", erase_fails, FAULTS),
	SCENE(P33_in_transfer, EXPIRED, "Targets that expire during a transfer end it",
	      expires_in_transfer),
	SCENE(P33_before_activation, EXPIRED, "an order that expired is not activated",
	      expires_before_activation),
	SCENE(P33_after_reset, NO_TIME, "after a reset nothing is activated without signed time",
	      activated_after_reset),
};

int main(void)
{
	return scene_main("attack_secondary_install", attacks,
	                  sizeof(attacks) / sizeof(attacks[0]));
}
