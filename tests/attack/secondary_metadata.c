/* SPDX-License-Identifier: Apache-2.0
 *
 * What a gateway that was taken over can put before a verifying ECU: S08, S12, and
 * the secondary's rows of P30, P31, P32, P37.
 */
#include "tests/sim/secondary_attack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *targets_of(struct scene *s)
{
	return sim_signed(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
}

/* The attack's Targets must not be what the honest primary brings afterwards. */
static enum cot_err offer_and_mend(struct scene *s, const char *ecu, const char *hwid)
{
	enum cot_err err;

	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	err = scene_offer_targets(s);
	sim_secondary_order(s->s, ecu, hwid, NULL);
	sim_secondary_order(s->s, SIM_SECONDARY_ECU, SIM_SECONDARY_HWID, "a-3.bin");
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	return err;
}

/* ---- S08 ------------------------------------------------------------------------------ */

static enum cot_err wrong_hardware(struct scene *s, const char *hwid)
{
	sim_secondary_order(s->s, SIM_SECONDARY_ECU, hwid, "a-3.bin");
	return offer_and_mend(s, SIM_SECONDARY_ECU, hwid);
}

static enum cot_err other_hardware(struct scene *s) { return wrong_hardware(s, "hw-b"); }
static enum cot_err shorter_hardware(struct scene *s) { return wrong_hardware(s, "hw-"); }
static enum cot_err longer_hardware(struct scene *s) { return wrong_hardware(s, "hw-a2"); }
static enum cot_err other_case(struct scene *s) { return wrong_hardware(s, "HW-A"); }

/* Such Targets are honest, but order nothing for this ECU. */
static enum cot_err other_ecu(struct scene *s, const char *ecu)
{
	struct cot_stage_result r;
	enum cot_err err;

	sim_secondary_order(s->s, SIM_SECONDARY_ECU, SIM_SECONDARY_HWID, NULL);
	sim_secondary_order(s->s, ecu, SIM_SECONDARY_HWID, "a-3.bin");
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	err = scene_offer_targets(s);
	assert_int_equal(err, COT_OK);
	scene_mark(s);
	err = sim_secondary_stage(s->s, &r);
	sim_secondary_order(s->s, ecu, SIM_SECONDARY_HWID, NULL);
	sim_secondary_order(s->s, SIM_SECONDARY_ECU, SIM_SECONDARY_HWID, "a-3.bin");
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	return err;
}

static enum cot_err neighbour(struct scene *s) { return other_ecu(s, "ECU-B"); }
static enum cot_err shorter_ecu(struct scene *s) { return other_ecu(s, "ECU-"); }
static enum cot_err longer_ecu(struct scene *s) { return other_ecu(s, "ECU-A1"); }

/* ---- S12 ------------------------------------------------------------------------------- */

/* Targets as they were before the floor rose, still signed and not expired. */
static enum cot_err replayed(struct scene *s, bool time)
{
	struct sim_file old = scene_keep(s, "targets.json");
	enum cot_err err;

	assert_int_equal(sim_secondary_update(s->s, "a-3.bin"), COT_OK);
	sim_secondary_release(s->s, "a-4.bin", 4);
	assert_int_equal(sim_secondary_update(s->s, "a-4.bin"), COT_OK);
	s->goal = "a-4.bin";
	scene_mark(s);
	err = scene_offer(s, &old, "d/targets.json", time);
	free(old.bytes);
	return err;
}

static enum cot_err old_targets(struct scene *s) { return replayed(s, true); }

/* And the image they ordered: no slot is opened for it. */
static enum cot_err old_image(struct scene *s)
{
	struct cot_stage_result r;
	enum cot_err err = replayed(s, true);

	assert_int_equal(err, COT_E_ROLLBACK);
	assert_int_equal(sim_secondary_stage(s->s, &r), COT_E_NO_TIME);
	assert_int_equal(sim_secondary_transfer(s->s, sim_secondary_artifact(s->s, "a-3.bin"), 0),
	                 COT_E_SEQUENCE);
	return err;
}

static enum cot_err old_root(struct scene *s)
{
	struct sim_file first = scene_keep(s, "1.root.json");
	enum cot_err err;

	sim_replace_key(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS, SIM_DIRECTOR_TARGETS, SIM_SPARE);
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_ROOT);
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	assert_int_equal(sim_secondary_update(s->s, "a-3.bin"), COT_OK);
	scene_mark(s);
	err = scene_offer(s, &first, "d/1.root.json", false);
	free(first.bytes);
	return err;
}

/* The old Root under the name of the next one. */
static enum cot_err old_root_renamed(struct scene *s)
{
	return scene_offer(s, sim_get(s->w, SIM_DIRECTOR, "1.root.json"), "d/2.root.json", false);
}

/* An image with a lower release counter, under newer Targets. */
static enum cot_err lower_counter(struct scene *s)
{
	sim_secondary_usual(s->s, "a-0.bin", 1);
	sim_secondary_order(s->s, SIM_SECONDARY_ECU, SIM_SECONDARY_HWID, "a-0.bin");
	return offer_and_mend(s, SIM_SECONDARY_ECU, SIM_SECONDARY_HWID);
}

/* ---- other vehicles, other keys, twice the same ECU ----------------------------------------- */

static enum cot_err other_vehicle(struct scene *s)
{
	json_t *custom = json_object_get(targets_of(s), "custom");
	enum cot_err err;

	json_object_set_new(custom, "vehicleId", json_string("VEH-0008"));
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	err = scene_offer_targets(s);
	json_object_set_new(custom, "vehicleId", json_string(SIM_VEHICLE));
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	return err;
}

static enum cot_err twice(struct scene *s)
{
	json_t *targets = json_object_get(targets_of(s), "targets"), *entry;
	enum cot_err err;

	entry = json_deep_copy(json_object_get(targets, "a-3.bin"));
	json_object_set_new(targets, "another.bin", entry);
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	err = scene_offer_targets(s);
	json_object_del(targets, "another.bin");
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	return err;
}

static enum cot_err no_threshold(struct scene *s)
{
	static const unsigned thief[] = { SIM_SPARE, 0 };
	static const unsigned owner[] = { SIM_DIRECTOR_TARGETS, 0 };
	enum cot_err err;

	sim_signers(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS, thief);
	sim_write(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	err = scene_offer_targets(s);
	sim_signers(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS, owner);
	sim_write(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	return err;
}

static enum cot_err stolen_root(struct scene *s)
{
	static const unsigned thief[] = { 1, SIM_SPARE, 0 }, owners[] = { 1, 2, 0 };
	enum cot_err err;

	sim_signers(s->w, SIM_DIRECTOR, COT_ROLE_ROOT, thief);
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_ROOT);
	err = scene_offer(s, sim_get(s->w, SIM_DIRECTOR, "2.root.json"), "d/2.root.json", false);
	sim_signers(s->w, SIM_DIRECTOR, COT_ROLE_ROOT, owners);
	sim_write(s->w, SIM_DIRECTOR, COT_ROLE_ROOT);
	return err;
}

/* ---- time ------------------------------------------------------------------------------------- */

static enum cot_err expired(struct scene *s)
{
	enum cot_err err;

	s->w->now_s += 3 * 365 * 86400;
	err = scene_offer_targets(s);
	s->w->now_s -= 3 * 365 * 86400;
	return err;
}

static enum cot_err no_time(struct scene *s)
{
	return scene_offer(s, sim_get(s->w, SIM_DIRECTOR, "targets.json"), "d/targets.json", false);
}

/* The message of an earlier question, after a reset. */
static enum cot_err old_time(struct scene *s)
{
	struct sim_file time = { .name = "time.json" };
	char *text;
	enum cot_err err;

	assert_int_equal(sim_secondary_session(s->s, COT_UDS_SESSION_PROGRAMMING), COT_OK);
	assert_int_equal(sim_secondary_send_time(s->s), COT_OK);
	text = strdup(s->s->time_text);
	assert_non_null(text);
	time.len = strlen(text);
	time.bytes = (uint8_t *)text;
	sim_secondary_reset(s->s, true);
	err = scene_offer(s, &time, "d/time.json", false);
	free(text);
	return err;
}

/* A nonce that has waited for more than a minute. */
static enum cot_err late_time(struct scene *s)
{
	assert_int_equal(sim_secondary_session(s->s, COT_UDS_SESSION_PROGRAMMING), COT_OK);
	assert_int_equal(sim_secondary_send_time(s->s), COT_OK);
	s->s->now_ms += 61000;
	return sim_secondary_verify(s->s, NULL);
}

static const struct scene_attack attacks[] = {
	SCENE(S08_other_hardware, HWID, "an order for other hardware is not for this ECU",
	      other_hardware),
	SCENE(S08_shorter_hardware, HWID, "a hardware id that ends early is another one",
	      shorter_hardware),
	SCENE(S08_longer_hardware, HWID, "a hardware id that goes on is another one",
	      longer_hardware),
	SCENE(S08_other_case, HWID, "a hardware id in capitals is another one", other_case),
	SCENE(S08_neighbour, NO_ORDER, "the neighbour's order is not for this ECU", neighbour),
	SCENE(S08_shorter_ecu, NO_ORDER, "an ECU id that ends early is another one", shorter_ecu),
	SCENE(S08_longer_ecu, NO_ORDER, "an ECU id that goes on is another one", longer_ecu),
	SCENE(S12_old_targets, ROLLBACK, "older Targets with fresh time stop at the ECU's own floor",
	      old_targets),
	SCENE(S12_old_image, ROLLBACK, "and no slot is opened for the image they ordered", old_image),
	SCENE(S12_old_root, ROLLBACK, "an older Root stops at the ECU's own floor", old_root),
	SCENE(S12_old_root_renamed, ROLLBACK, "an older Root under a newer name too",
	      old_root_renamed),
	SCENE(P12_secondary_counter, COUNTER, "newer Targets cannot order an older release",
	      lower_counter),
	SCENE(P30_secondary_twice, ECU_DUPLICATE, "an ECU that is ordered twice takes neither", twice),
	SCENE(P31_secondary_other_vehicle, VEHICLE, "another vehicle's Targets stop at the ECU",
	      other_vehicle),
	SCENE(P01_secondary_other_key, SIG_THRESHOLD, "a key that Root does not list counts nothing",
	      no_threshold),
	SCENE(P08_secondary_root, ROOT_SIG_OLD, "a Root below the old quorum stops at the ECU",
	      stolen_root),
	SCENE(P32_secondary_expired, EXPIRED, "expired Targets stop at the ECU", expired),
	SCENE(P37_secondary_no_time, NO_TIME, "without signed time nothing becomes trusted", no_time),
	SCENE(P37_secondary_old_time, TIME_NONCE, "a time message from before a reset is replayed",
	      old_time),
	SCENE_NEEDS(P37_secondary_late_time, TIME_NONCE, "a time message that took over a minute is late",
	      late_time,
	            "a minute that passes in no time"),
};

int main(void)
{
	return scene_main("attack_secondary_metadata", attacks,
	                  sizeof(attacks) / sizeof(attacks[0]));
}
