/* SPDX-License-Identifier: Apache-2.0
 *
 * Stage, transfer, exit, activate: each repeatable, each asking again whether it may.
 * What an attacker tries at each step is in tests/attack/secondary_install.c.
 */
#include "secondary/install.h"

#include "tests/sim/secondary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct sim_world *w;
static struct sim_secondary *s;

static int begin(void **state)
{
	(void)state;
	w = sim_world_new();
	s = sim_secondary_new(w, &sim_flash_posix);
	sim_secondary_image(s, "a-2.bin", 2, 40000);
	sim_secondary_order(s, SIM_SECONDARY_ECU, SIM_SECONDARY_HWID, "a-2.bin");
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	return 0;
}

static int end(void **state)
{
	(void)state;
	sim_secondary_free(s);
	sim_world_free(w);
	return 0;
}

static struct cot_stage_result stage(enum cot_err want)
{
	struct cot_stage_result r = { COT_OK, 0, 0, 0 };

	assert_int_equal(sim_secondary_stage(s, &r), want);
	return r;
}

static const struct cot_sec_component *component(void)
{
	return &s->node.store.state.component[0];
}

static void send_part(uint32_t from, uint32_t to)
{
	const struct sim_artifact *a = sim_secondary_artifact(s, "a-2.bin");
	struct cot_uds_request q = { .sid = COT_UDS_DOWNLOAD, .offset = from,
	                             .size = (uint32_t)a->len - from };
	struct cot_uds_response r;

	assert_int_equal(sim_secondary_uds(s, &q, &r), 0);
	q = (struct cot_uds_request){ .sid = COT_UDS_TRANSFER };
	while (from < to) {
		q.counter++;
		q.data = cot_slice(a->bytes + from, to - from < 999 ? to - from : 999);
		assert_int_equal(sim_secondary_uds(s, &q, &r), 0);
		from += (uint32_t)q.data.len;
	}
}

static void every_step_may_be_repeated(void **state)
{
	struct cot_stage_result r;
	uint64_t ops;

	(void)state;
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	r = stage(COT_OK);
	assert_int_equal(r.length, 40000);
	assert_int_equal(r.next, 0);
	assert_int_equal(r.slot_size, 65536);
	ops = s->flash.ops;
	r = stage(COT_OK); /* erased already */
	assert_int_equal(r.next, 0);
	assert_int_equal(s->flash.ops, ops);
	assert_int_equal(sim_secondary_transfer(s, sim_secondary_artifact(s, "a-2.bin"), 0), COT_OK);
	ops = s->flash.ops;
	r = stage(COT_OK);
	assert_int_equal(r.next, r.length);
	assert_int_equal(s->flash.ops, ops);
	assert_int_equal(sim_secondary_activate(s), COT_OK);
	ops = s->flash.ops;
	assert_int_equal(sim_secondary_activate(s), COT_OK);
	r = stage(COT_OK);
	assert_int_equal(r.next, 40000);
	assert_int_equal(s->flash.ops, ops);
	assert_int_equal(sim_secondary_hard_reset(s), COT_OK);
	/* What runs is ordered: nothing to do, in the same words. */
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	r = stage(COT_OK);
	assert_int_equal(r.next, r.length);
	assert_int_equal(r.length, 40000);
	assert_int_equal(sim_secondary_activate(s), COT_OK);
	assert_int_equal(component()->active, 1);
}

/* In the same session not a byte is lost; over a reset at most one step. */
/* Each time a download is gone on with, what followed its last record of progress is
 * erased again: 64 times, then it waits. */
static void resumes_cost_the_budget(void **state)
{
	uint16_t budget;

	(void)state;
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	stage(COT_OK);
	sim_secondary_reset(s, true);
	assert_int_equal(sim_secondary_send_time(s), COT_OK);
	assert_int_equal(sim_secondary_verify(s, NULL), COT_OK);
	budget = s->node.store.ledger.budget;
	stage(COT_OK);
	assert_int_equal(s->node.store.ledger.budget, budget - 1);
	stage(COT_OK); /* nothing was lost in between */
	assert_int_equal(s->node.store.ledger.budget, budget - 1);
	sim_secondary_reset(s, true);
	assert_int_equal(sim_secondary_send_time(s), COT_OK);
	assert_int_equal(sim_secondary_verify(s, NULL), COT_OK);
	s->node.store.ledger.budget = 0;
	stage(COT_E_BUDGET);
}

static void downloads_resume(void **state)
{
	struct cot_stage_result r;

	(void)state;
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	stage(COT_OK);
	send_part(0, 30001);
	r = stage(COT_OK);
	assert_int_equal(r.next, 30001);
	sim_secondary_reset(s, false);
	assert_true(sim_secondary_runs(s, "a-1.bin"));
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	r = stage(COT_OK);
	assert_int_equal(r.next, 16384);
	send_part(16384, 35000);
	sim_secondary_reset(s, true);
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	r = stage(COT_OK);
	assert_int_equal(r.next, 32768);
	assert_int_equal(sim_secondary_transfer(s, sim_secondary_artifact(s, "a-2.bin"), 32768),
	                 COT_OK);
	assert_int_equal(sim_secondary_activate(s), COT_OK);
	assert_int_equal(sim_secondary_hard_reset(s), COT_OK);
	(void)sim_secondary_ask(s, COT_SLICE("\x3E\x00"));
	assert_true(sim_secondary_runs(s, "a-2.bin"));
}

/* The first part of one image is no use for another one. */
static void progress_belongs_to_one_image(void **state)
{
	struct cot_stage_result r;

	(void)state;
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	stage(COT_OK);
	send_part(0, 20000);
	sim_secondary_image(s, "a-3.bin", 2, 40000);
	sim_secondary_order(s, SIM_SECONDARY_ECU, SIM_SECONDARY_HWID, "a-3.bin");
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	sim_secondary_reset(s, true);
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_false(component()->intent.set);
	r = stage(COT_OK);
	assert_int_equal(r.next, 0);
	assert_int_equal(sim_secondary_transfer(s, sim_secondary_artifact(s, "a-3.bin"), 0), COT_OK);
}

/* Newer Targets that order the same image leave the download alone. */
static void renewed_order_keeps_progress(void **state)
{
	struct cot_stage_result r;

	(void)state;
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	stage(COT_OK);
	send_part(0, 20000);
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	sim_secondary_reset(s, true);
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	r = stage(COT_OK);
	assert_int_equal(r.next, 16384);
}

static void what_the_intent_says(void **state)
{
	const struct sim_artifact *a = sim_secondary_artifact(s, "a-2.bin");
	uint8_t hash[COT_SHA256_LEN];

	(void)state;
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	stage(COT_OK);
	assert_true(component()->intent.set);
	assert_int_equal(component()->intent.slot, 1);
	assert_int_equal(component()->intent.targets_version, 2);
	assert_int_equal(component()->intent.image_len, a->len);
	assert_int_equal(component()->intent.counter, 2);
	cot_hash_once(&cot_crypto_full, COT_HASH_SHA256, cot_slice(a->bytes, a->len), hash);
	assert_memory_equal(component()->intent.sha256, hash, sizeof(hash));
	cot_hash_once(&cot_crypto_full, COT_HASH_SHA256, COT_SLICE("a-2.bin"), hash);
	assert_memory_equal(component()->intent.name_sha256, hash, sizeof(hash));
	assert_int_equal(sim_secondary_transfer(s, a, 0), COT_OK);
	assert_false(component()->intent.set);
	assert_int_equal(component()->slot[1].state, COT_SEC_SLOT_STAGED);
	assert_int_equal(component()->slot[1].name_len, 7);
	assert_memory_equal(component()->slot[1].name, "a-2.bin", 7);
	assert_int_equal(component()->counter, 1); /* until it confirms itself */
}

/* The slot is opened by the order, not by the wish: the intent is void the moment
 * newer Targets withdraw it, also for the writer that is at work. */
static void void_intent_ends_the_download(void **state)
{
	uint64_t ops;

	(void)state;
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	stage(COT_OK);
	send_part(0, 5000);
	memset(&s->node.store.state.component[0].intent, 0, sizeof(struct cot_sec_intent));
	ops = s->flash.ops;
	assert_int_equal(cot_sec_download(&s->node, COT_SLICE("more")), COT_E_NOT_ORDERED);
	assert_int_equal(cot_sec_stage_step(&s->node), COT_E_NOT_ORDERED);
	assert_int_equal(cot_sec_exit_begin(&s->node), COT_E_SEQUENCE);
	assert_int_equal(s->flash.ops, ops);
}

static void file_transfer_by_name(void **state)
{
	const struct sim_artifact *a = sim_secondary_artifact(s, "a-2.bin");

	(void)state;
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_int_equal(sim_secondary_send(s, "i/a-2.bin", cot_slice(a->bytes, a->len)),
	                 COT_E_NOT_ORDERED);
	stage(COT_OK);
	assert_int_equal(sim_secondary_send(s, "i/a-3.bin", cot_slice(a->bytes, a->len)),
	                 COT_E_NOT_ORDERED);
	assert_int_equal(sim_secondary_send(s, "i/a-2.bin", cot_slice(a->bytes, a->len - 1)),
	                 COT_E_ARGUMENT);
	assert_int_equal(sim_secondary_send(s, "i/a-2.bin", cot_slice(a->bytes, a->len)), COT_OK);
	assert_int_equal(component()->slot[1].state, COT_SEC_SLOT_STAGED);
}

/* The SHA-512 of an order is not decoration. */
static void both_hashes_count(void **state)
{
	const struct sim_artifact *a = sim_secondary_artifact(s, "a-2.bin");

	(void)state;
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	stage(COT_OK);
	assert_true(s->node.install.sha512);
	s->node.install.expected_sha512[63] ^= 1;
	assert_int_equal(sim_secondary_transfer(s, a, 0), COT_E_HASH_MISMATCH);
	assert_false(component()->intent.set);
	assert_int_equal(component()->slot[1].state, COT_SEC_SLOT_EMPTY);
}

/* What a failed download costs, also over a reset: nothing the first time, then one
 * staging of the budget, until newer Targets order it. */
static void failed_downloads_cost_the_budget(void **state)
{
	static uint8_t zeros[40000];
	struct sim_artifact other = *sim_secondary_artifact(s, "a-2.bin");
	uint16_t budget;

	(void)state;
	other.bytes = zeros;
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	budget = s->node.store.ledger.budget;
	stage(COT_OK);
	assert_int_equal(s->node.store.ledger.budget, budget);
	assert_int_equal(sim_secondary_transfer(s, &other, 0), COT_E_HASH_MISMATCH);
	sim_secondary_reset(s, true);
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	budget = s->node.store.ledger.budget;
	stage(COT_OK);
	assert_int_equal(s->node.store.ledger.budget, budget - 1);
	stage(COT_OK);
	assert_int_equal(s->node.store.ledger.budget, budget - 1);
	assert_int_equal(sim_secondary_transfer(s, &other, 0), COT_E_HASH_MISMATCH);
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	budget = s->node.store.ledger.budget;
	stage(COT_OK);
	assert_int_equal(s->node.store.ledger.budget, budget);
	assert_int_equal(sim_secondary_transfer(s, &other, 0), COT_E_HASH_MISMATCH);
	stage(COT_OK);
	assert_int_equal(sim_secondary_transfer(s, sim_secondary_artifact(s, "a-2.bin"), 0), COT_OK);
	assert_int_equal(component()->slot[1].state, COT_SEC_SLOT_STAGED);
}

static void no_budget_no_second_download(void **state)
{
	static uint8_t zeros[40000];
	struct sim_artifact other = *sim_secondary_artifact(s, "a-2.bin");
	struct cot_sec_ledger next;
	uint64_t ops;

	(void)state;
	other.bytes = zeros;
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	stage(COT_OK);
	assert_int_equal(sim_secondary_transfer(s, &other, 0), COT_E_HASH_MISMATCH);
	next = s->node.store.ledger;
	next.budget = 0;
	assert_int_equal(cot_sec_commit_ledger(&s->node.store, &next), COT_OK);
	ops = s->flash.ops;
	stage(COT_E_BUDGET);
	assert_int_equal(s->flash.ops, ops);
	next.budget = 1;
	assert_int_equal(cot_sec_commit_ledger(&s->node.store, &next), COT_OK);
	stage(COT_OK);
	assert_int_equal(s->node.store.ledger.budget, 0);
	assert_int_equal(sim_secondary_transfer(s, sim_secondary_artifact(s, "a-2.bin"), 0), COT_OK);
}

/* The slot on trial and the reverted hash, seen by install itself. */
static void checks_before_the_intent(void **state)
{
	struct cot_sec_component *c = &s->node.store.state.component[0];
	uint64_t ops;

	(void)state;
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	c = &s->node.store.state.component[0];
	ops = s->flash.ops;
	c->slot[1].state = COT_SEC_SLOT_TRIAL;
	stage(COT_E_TRIAL);
	c->slot[1].state = COT_SEC_SLOT_EMPTY;
	c->reverted = true;
	cot_hash_once(&cot_crypto_full, COT_HASH_SHA256,
	              cot_slice(sim_secondary_artifact(s, "a-2.bin")->bytes, 40000),
	              c->reverted_sha256);
	stage(COT_E_REVERTED);
	c->reverted_sha256[0] ^= 1;
	c->counter = 3;
	stage(COT_E_COUNTER);
	c->counter = 1;
	s->node.clock.fresh = false;
	stage(COT_E_NO_TIME);
	s->node.clock.fresh = true;
	s->node.id.ecu[0].hardware_id = COT_SLICE("hw-b");
	stage(COT_E_HWID);
	s->node.id.ecu[0].hardware_id = COT_SLICE("hw-a");
	assert_int_equal(s->flash.ops, ops);
	stage(COT_OK);
}

static void raise_counter(const char *name, int counter)
{
	json_t *targets = json_object_get(sim_signed(w, SIM_DIRECTOR, COT_ROLE_TARGETS),
	                                  "targets");
	json_t *custom = json_object_get(json_object_get(targets, name), "custom");

	assert_int_equal(json_object_set_new(custom, "releaseCounter", json_integer(counter)), 0);
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_TARGETS);
}

/* Newer Targets may keep the image and move its counter, up only: what boots in the
 * end raises the floor to what is ordered then. */
static void activation_takes_the_ordered_counter(void **state)
{
	(void)state;
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	stage(COT_OK);
	assert_int_equal(sim_secondary_transfer(s, sim_secondary_artifact(s, "a-2.bin"), 0), COT_OK);
	raise_counter("a-2.bin", 5);
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_int_equal(component()->slot[1].counter, 2);
	assert_int_equal(sim_secondary_activate(s), COT_OK);
	assert_int_equal(component()->slot[1].counter, 5);
	/* The same once it is activated. */
	raise_counter("a-2.bin", 7);
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_int_equal(sim_secondary_activate(s), COT_OK);
	assert_int_equal(component()->slot[1].counter, 7);
	assert_int_equal(component()->slot[1].state, COT_SEC_SLOT_ACTIVATED);
	raise_counter("a-2.bin", 6);
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_int_equal(sim_secondary_activate(s), COT_E_COUNTER);
	assert_int_equal(component()->slot[1].counter, 7);
	assert_int_equal(sim_secondary_hard_reset(s), COT_OK);
	(void)sim_secondary_ask(s, COT_SLICE("\x3E\x00"));
	assert_true(sim_secondary_runs(s, "a-2.bin"));
	assert_int_equal(component()->counter, 7);
}

/* A port that copies images: what would not fit where it runs is never begun, and
 * what fits is installed and booted there. */
static void the_run_memory_bounds_the_image(void **state)
{
	static uint8_t run[64 * 1024];
	uint64_t ops;

	(void)state;
	s->port.run = run;
	s->port.run_len = 39999;
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	ops = s->flash.ops;
	stage(COT_E_SLOT_SIZE);
	assert_int_equal(s->flash.ops, ops);
	assert_false(component()->intent.set);
	s->port.run_len = 40000;
	assert_int_equal(sim_secondary_update(s, "a-2.bin"), COT_OK);
	assert_true(sim_secondary_runs(s, "a-2.bin"));
	assert_memory_equal(run, sim_secondary_artifact(s, "a-2.bin")->bytes, 40000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(every_step_may_be_repeated),
		TEST(resumes_cost_the_budget),
		TEST(downloads_resume),
		TEST(progress_belongs_to_one_image),
		TEST(renewed_order_keeps_progress),
		TEST(what_the_intent_says),
		TEST(void_intent_ends_the_download),
		TEST(file_transfer_by_name),
		TEST(both_hashes_count),
		TEST(failed_downloads_cost_the_budget),
		TEST(no_budget_no_second_download),
		TEST(checks_before_the_intent),
		TEST(activation_takes_the_ordered_counter),
		TEST(the_run_memory_bounds_the_image),
	};

	return cmocka_run_group_tests_name("secondary_install", tests, NULL, NULL);
}
