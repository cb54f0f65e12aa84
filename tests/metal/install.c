/* SPDX-License-Identifier: Apache-2.0
 *
 * Updates of the firmware: stage, trial, confirm, one slot after the other, and
 * across a loss of power.
 */
#include "tests/metal/backend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The signed report, whose state and image are these. */
static struct cot_report report_says(struct sim_secondary *s, const char *state,
                                     const char *name)
{
	const struct sim_artifact *a = sim_secondary_artifact(s, name);
	uint8_t hash[COT_SHA256_LEN];
	struct cot_report r;

	assert_int_equal(sim_secondary_verified_report(s, &r), COT_OK);
	cot_hash_once(&cot_crypto_full, COT_HASH_SHA256, cot_slice(a->bytes, a->len), hash);
	assert_true(cot_slice_is(r.vehicle, SIM_VEHICLE));
	assert_true(cot_slice_is(r.ecu, SIM_SECONDARY_ECU));
	assert_true(cot_slice_is(r.state, state));
	assert_true(cot_slice_is(r.filepath, name));
	assert_int_equal(r.length, a->len);
	assert_memory_equal(r.sha256, hash, sizeof(hash));
	assert_int_equal(r.attack.len, 0);
	assert_false(r.app_trusted);
	return r;
}

static void component_is(struct sim_secondary *s, enum cot_component_state state, uint8_t slot,
                         uint64_t counter)
{
	struct cot_component_status c;

	assert_int_equal(sim_secondary_component(s, &c), COT_OK);
	assert_int_equal(c.state, state);
	assert_int_equal(c.slot, slot);
	assert_int_equal(c.counter, counter);
	assert_int_equal(c.trials, 0);
}

/* Versions of Root and Targets; this build has no room for the Image repository, and
 * says 0 for each of its floors. */
static void trust_is(struct sim_secondary *s, uint8_t root, uint8_t targets)
{
	static const uint8_t ask[] = { COT_UDS_READ, COT_DID_TRUST >> 8, COT_DID_TRUST & 0xFF };
	const uint8_t want[24] = { 0, 0, 0, root, 0, 0, 0, targets };
	struct cot_slice got = sim_secondary_ask(s, cot_slice(ask, sizeof(ask)));

	assert_int_equal(got.len, 3 + sizeof(want));
	assert_memory_equal(got.ptr + 3, want, sizeof(want));
}

/* Step by step, with what status and reports say in between. */
static void test_install(void **state)
{
	struct sim_secondary *s = ((struct metal_bench *)*state)->s;
	struct cot_report r = report_says(s, "idle", "a-1.bin");
	uint64_t counter = r.counter;
	struct cot_stage_result staged;

	assert_int_equal(r.time_s, SIM_NOW - 86400); /* provisioned: no better is known */
	component_is(s, COT_STATE_IDLE, 0, 1);
	sim_secondary_release(s, "a-2.bin", 2);
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	r = report_says(s, "idle", "a-1.bin");
	assert_true(r.time_s >= SIM_NOW && r.time_s < SIM_NOW + 30);
	assert_true(r.counter > counter);
	assert_int_equal(sim_secondary_stage(s, &staged), COT_OK);
	trust_is(s, 1, 2);
	assert_int_equal(sim_secondary_install(s, "a-2.bin"), COT_OK);
	component_is(s, COT_STATE_STAGED, 0, 1);
	assert_int_equal(sim_secondary_activate(s), COT_OK);
	component_is(s, COT_STATE_ACTIVATED, 0, 1);
	(void)report_says(s, "activated", "a-1.bin");
	assert_int_equal(metal_said(s, "app: version"), 1);
	assert_int_equal(sim_secondary_hard_reset(s), COT_OK);
	component_is(s, COT_STATE_IDLE, 1, 2);
	assert_true(sim_secondary_runs(s, "a-2.bin"));
	assert_int_equal(metal_said(s, "boots slot B, on trial"), 1);
	assert_int_equal(metal_said(s, "app: version"), 2);
	counter = r.counter;
	r = report_says(s, "idle", "a-2.bin");
	assert_true(r.counter > counter);
}

/* What was confirmed boots without a trial; the reports' counter survives. */
static void test_power_cycle(void **state)
{
	struct sim_secondary *s = ((struct metal_bench *)*state)->s;
	uint64_t counter = 0;
	unsigned i;

	sim_secondary_release(s, "a-2.bin", 2);
	assert_int_equal(sim_secondary_update(s, "a-2.bin"), COT_OK);
	for (i = 1; i <= 4; i++) {
		struct cot_report r;

		sim_secondary_reset(s, i % 2 == 0);
		assert_int_equal(sim_secondary_verified_report(s, &r), COT_OK);
		assert_true(r.counter > counter);
		counter = r.counter;
		assert_int_equal(metal_said(s, "boots slot B\n"), i);
	}
	sim_secondary_reset(s, false);
	assert_true(sim_secondary_runs(s, "a-2.bin"));
	assert_int_equal(metal_said(s, ", on trial"), 1);
}

static void test_both_slots(void **state)
{
	static const struct {
		const char *name, *boots;
	} step[] = {
		{ "a-2.bin", "boots slot B, on trial" }, { "a-3.bin", "boots slot A, on trial" },
		{ "a-4.bin", "boots slot B, on trial" }, { "a-5.bin", "boots slot A, on trial" }
	};
	struct sim_secondary *s = ((struct metal_bench *)*state)->s;
	unsigned i;

	for (i = 0; i < sizeof(step) / sizeof(step[0]); i++) {
		sim_secondary_release(s, step[i].name, i + 2);
		assert_int_equal(sim_secondary_update(s, step[i].name), COT_OK);
		assert_int_equal(metal_said(s, step[i].boots), 1 + i / 2);
		component_is(s, COT_STATE_IDLE, 1 - i % 2, i + 2);
	}
}

/* The image as large as its slot. */
static void test_full_slot(void **state)
{
	struct metal_bench *b = *state;

	sim_secondary_image(b->s, "a-2.bin", 2, sim_secondary_slot_size(b->s));
	sim_secondary_order(b->s, SIM_SECONDARY_ECU, SIM_SECONDARY_HWID, "a-2.bin");
	sim_publish(b->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	assert_int_equal(sim_secondary_update(b->s, "a-2.bin"), COT_OK);
	(void)report_says(b->s, "idle", "a-2.bin");
}

/* ---- power goes ----------------------------------------------------------------------------- */

static void send_some(struct sim_secondary *s, const struct sim_artifact *a, uint32_t from,
                      uint32_t to)
{
	struct cot_uds_request q = { .sid = COT_UDS_DOWNLOAD, .offset = from,
	                             .size = (uint32_t)a->len - from };
	struct cot_uds_response r;

	assert_int_equal(sim_secondary_uds(s, &q, &r), COT_NRC_NONE);
	q = (struct cot_uds_request){ .sid = COT_UDS_TRANSFER };
	while (from < to) {
		q.counter++;
		q.data = cot_slice(a->bytes + from, 1000);
		assert_int_equal(sim_secondary_uds(s, &q, &r), COT_NRC_NONE);
		from += 1000;
	}
}

/* Twice in one transfer: it goes on where whole pages are, never from the start. */
static void test_resume(void **state)
{
	struct metal_bench *b = *state;
	struct sim_secondary *s = b->s;
	struct cot_stage_result r;
	const struct sim_artifact *a;

	sim_secondary_image(s, "a-2.bin", 2, 60000);
	sim_secondary_order(s, SIM_SECONDARY_ECU, SIM_SECONDARY_HWID, "a-2.bin");
	sim_publish(b->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	a = sim_secondary_artifact(s, "a-2.bin");
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_int_equal(sim_secondary_stage(s, &r), COT_OK);
	assert_int_equal(r.next, 0);
	send_some(s, a, 0, 20000);
	sim_secondary_reset(s, false);
	assert_true(sim_secondary_runs(s, "a-1.bin"));
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_int_equal(sim_secondary_stage(s, &r), COT_OK);
	assert_int_equal(r.next, 16384);
	send_some(s, a, r.next, 45000);
	sim_secondary_reset(s, true);
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_int_equal(sim_secondary_stage(s, &r), COT_OK);
	assert_int_equal(r.next, 32768);
	assert_int_equal(sim_secondary_transfer(s, a, r.next), COT_OK);
	assert_int_equal(sim_secondary_activate(s), COT_OK);
	assert_int_equal(sim_secondary_hard_reset(s), COT_OK);
	assert_true(sim_secondary_runs(s, "a-2.bin"));
	(void)report_says(s, "idle", "a-2.bin");
}

/* Staged, then activated: each survives on its own, and needs fresh time again. */
static void test_power_cut_between_steps(void **state)
{
	struct sim_secondary *s = ((struct metal_bench *)*state)->s;

	sim_secondary_release(s, "a-2.bin", 2);
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_int_equal(sim_secondary_install(s, "a-2.bin"), COT_OK);
	sim_secondary_reset(s, true);
	component_is(s, COT_STATE_STAGED, 0, 1);
	assert_int_equal(sim_secondary_activate(s), COT_E_NO_TIME);
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_int_equal(sim_secondary_activate(s), COT_OK);
	sim_secondary_reset(s, false);
	assert_int_equal(metal_said(s, "boots slot B, on trial"), 1);
	component_is(s, COT_STATE_IDLE, 1, 2);
	assert_true(sim_secondary_runs(s, "a-2.bin"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		METAL_TEST(test_install), METAL_TEST(test_power_cycle),
		METAL_TEST(test_both_slots), METAL_TEST(test_full_slot),
		METAL_TEST(test_resume), METAL_TEST(test_power_cut_between_steps)
	};

	metal_choose_case();
	return cmocka_run_group_tests_name("metal_install", tests, NULL, NULL);
}
