/* SPDX-License-Identifier: Apache-2.0
 *
 * Verification of staged documents: steps in any order, repeated, interrupted.
 */
#include "secondary/update.h"

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
	sim_secondary_release(s, "a-2.bin", 2);
	assert_int_equal(sim_secondary_session(s, COT_UDS_SESSION_PROGRAMMING), COT_OK);
	return 0;
}

static int end(void **state)
{
	(void)state;
	sim_secondary_free(s);
	sim_world_free(w);
	return 0;
}

static uint32_t root(void)
{
	return s->node.store.state.trust.repo[0].floor[COT_ROLE_ROOT].version;
}

static uint32_t targets(void)
{
	return s->node.store.state.trust.repo[0].floor[COT_ROLE_TARGETS].version;
}

static enum cot_err send_root(unsigned version, const char *served)
{
	char name[32];

	snprintf(name, sizeof(name), "d/%u.root.json", version);
	assert_int_equal(sim_secondary_send_served(s, served, name), COT_OK);
	return sim_secondary_verify(s, NULL);
}

static void root_alone_is_a_step(void **state)
{
	struct cot_verify_result r;
	uint64_t ops;

	(void)state;
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_ROOT);
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_ROOT);
	assert_int_equal(send_root(2, "2.root.json"), COT_OK);
	assert_int_equal(root(), 2);
	/* Asked again with nothing new: the same answer, nothing written. */
	ops = s->flash.ops;
	assert_int_equal(sim_secondary_verify(s, &r), COT_OK);
	assert_int_equal(r.root_version, 2);
	assert_false(r.fresh_time);
	assert_int_equal(s->flash.ops, ops);
	/* Sent again: no error, and the trusted place stays as it is. */
	assert_int_equal(send_root(2, "2.root.json"), COT_OK);
	assert_int_equal(root(), 2);
	assert_int_equal(send_root(3, "3.root.json"), COT_OK);
	sim_secondary_reset(s, true);
	assert_int_equal(root(), 3);
}

static void roots_out_of_order(void **state)
{
	static const struct { unsigned version; const char *served; enum cot_err err; } cases[] = {
		{ 4, "2.root.json", COT_E_VERSION_SKIP },
		{ 2, "3.root.json", COT_E_VERSION_SKIP },
		{ 2, "1.root.json", COT_E_ROLLBACK },
		{ 1, "2.root.json", COT_E_SAME_VERSION },
	};
	size_t i;

	(void)state;
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_ROOT);
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_ROOT);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (send_root(cases[i].version, cases[i].served) != cases[i].err)
			fail_msg("row %zu: %s", i, cot_err_word(s->node.last));
		assert_int_equal(root(), 1);
	}
	assert_int_equal(send_root(2, "2.root.json"), COT_OK);
	assert_int_equal(send_root(1, "1.root.json"), COT_E_ROLLBACK);
	assert_int_equal(root(), 2);
}

static void metadata_twice_changes_nothing(void **state)
{
	struct cot_sec_state before;

	(void)state;
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	before = s->node.store.state;
	assert_int_equal(targets(), 2);
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_memory_equal(&before, &s->node.store.state, sizeof(before));
}

/* Nothing newer than what is trusted: the time alone is enough. */
static void time_alone_verifies_what_is_trusted(void **state)
{
	struct cot_verify_result r;

	(void)state;
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	sim_secondary_reset(s, true);
	assert_int_equal(sim_secondary_verify(s, &r), COT_E_NO_TIME);
	assert_int_equal(sim_secondary_send_time(s), COT_OK);
	assert_int_equal(sim_secondary_verify(s, &r), COT_OK);
	assert_true(r.fresh_time && r.ordered);
	assert_int_equal(r.targets_version, 2);
	assert_true(cot_sec_time_fresh(&s->node));
	assert_int_equal(cot_sec_time(&s->node), SIM_NOW);
	s->node.now_ms += 5000;
	assert_int_equal(cot_sec_time(&s->node), SIM_NOW + 5);
	s->node.now_ms += COT_SEC_FRESH_MS;
	assert_false(cot_sec_time_fresh(&s->node));
}

/* Targets first, the time later: both orders of sending work. */
static void targets_wait_for_the_time(void **state)
{
	(void)state;
	assert_int_equal(sim_secondary_send_served(s, "targets.json", "d/targets.json"), COT_OK);
	assert_int_equal(sim_secondary_verify(s, NULL), COT_E_NO_TIME);
	assert_int_equal(targets(), 1);
	assert_int_equal(sim_secondary_send_time(s), COT_OK);
	assert_int_equal(sim_secondary_verify(s, NULL), COT_OK);
	assert_int_equal(targets(), 2);
}

/* A Root step and Targets under its new key in one go. */
static void root_and_targets_together(void **state)
{
	(void)state;
	sim_replace_key(w, SIM_DIRECTOR, COT_ROLE_TARGETS, SIM_DIRECTOR_TARGETS, SIM_SPARE);
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_ROOT);
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	assert_int_equal(sim_secondary_send_served(s, "2.root.json", "d/2.root.json"), COT_OK);
	assert_int_equal(sim_secondary_send_served(s, "targets.json", "d/targets.json"), COT_OK);
	assert_int_equal(sim_secondary_send_time(s), COT_OK);
	assert_int_equal(sim_secondary_verify(s, NULL), COT_OK);
	assert_int_equal(root(), 2);
	assert_int_equal(targets(), 3);
	sim_secondary_reset(s, true);
	assert_int_equal(root(), 2);
	assert_int_equal(targets(), 3);
}

/* The trusted Targets with one more signature entry, which proves nothing. */
static char *rewrapped(const char *keyid, size_t *ret_len)
{
	static const char end[] = "],\"signed\":";
	struct cot_doc doc;
	char entry[64], *ret;
	size_t at = 0, len;

	assert_int_equal(cot_documents_trusted(&s->node.docs, COT_SEC_TARGETS, &doc), COT_OK);
	while (memcmp(doc.canon.ptr + at, end, sizeof(end) - 1) != 0)
		at++;
	len = (size_t)snprintf(entry, sizeof(entry), ",{\"keyid\":\"%s\",\"sig\":\"00\"}", keyid);
	ret = malloc(doc.canon.len + len);
	assert_non_null(ret);
	memcpy(ret, doc.canon.ptr, at);
	memcpy(ret + at, entry, len);
	memcpy(ret + at + len, doc.canon.ptr + at, doc.canon.len - at);
	*ret_len = doc.canon.len + len;
	return ret;
}

static enum cot_err send_rewrapped(const char *keyid)
{
	size_t len;
	char *text = rewrapped(keyid, &len);
	enum cot_err err = sim_secondary_send(s, "d/targets.json", cot_slice(text, len));

	free(text);
	if (err == COT_OK)
		err = sim_secondary_send_time(s);
	return err == COT_OK ? sim_secondary_verify(s, NULL) : err;
}

static void revert_the_ordered_image(void)
{
	struct cot_sec_state next = s->node.store.state;

	next.component[0].reverted = true;
	cot_hash_once(&cot_crypto_full, COT_HASH_SHA256,
	              cot_slice(sim_secondary_artifact(s, "a-2.bin")->bytes,
	                        sim_secondary_artifact(s, "a-2.bin")->len),
	              next.component[0].reverted_sha256);
	assert_int_equal(cot_sec_commit(&s->node.store, &next), COT_OK);
}

/* Another wrapping of the same signed part neither switches places, nor refills the
 * budget, nor gives a reverted image more trials. */
static void rewrapped_targets_are_not_newer(void **state)
{
	struct cot_stage_result r;
	struct cot_sec_state before;
	uint16_t left;

	(void)state;
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	revert_the_ordered_image();
	assert_int_equal(sim_secondary_stage(s, &r), COT_E_REVERTED);
	before = s->node.store.state;
	left = s->node.store.ledger.budget;
	assert_int_equal(send_rewrapped("00"), COT_OK);
	assert_int_equal(send_rewrapped("01"), COT_OK);
	assert_memory_equal(&before, &s->node.store.state, sizeof(before));
	assert_int_equal(s->node.store.ledger.budget, left - 2);
	assert_int_equal(sim_secondary_stage(s, &r), COT_E_REVERTED);
	/* Newer ones do what they always did. */
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_int_equal(s->node.store.ledger.budget, COT_SEC_BUDGET);
	assert_int_equal(sim_secondary_stage(s, &r), COT_OK);
}

/* What failed its trial is not forgotten over Targets that order something else. */
static void reverted_until_ordered_again(void **state)
{
	struct cot_stage_result r;

	(void)state;
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	revert_the_ordered_image();
	sim_secondary_release(s, "a-3.bin", 3);
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_true(s->node.store.state.component[0].reverted);
	assert_int_equal(sim_secondary_stage(s, &r), COT_OK);
	sim_secondary_order(s, SIM_SECONDARY_ECU, SIM_SECONDARY_HWID, "a-2.bin");
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_false(s->node.store.state.component[0].reverted);
	assert_int_equal(sim_secondary_stage(s, &r), COT_OK);
}

/* A Root step that voids the Targets voids what they ordered, too. */
static void dropped_targets_void_their_orders(void **state)
{
	(void)state;
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_int_equal(sim_secondary_install(s, "a-2.bin"), COT_OK);
	assert_int_equal(sim_secondary_activate(s), COT_OK);
	/* A step that leaves the Targets alone leaves the slot alone. */
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_ROOT);
	assert_int_equal(send_root(2, "2.root.json"), COT_OK);
	assert_int_equal(s->node.store.state.component[0].slot[1].state, COT_SEC_SLOT_ACTIVATED);
	sim_replace_key(w, SIM_DIRECTOR, COT_ROLE_TARGETS, SIM_DIRECTOR_TARGETS, SIM_SPARE);
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_ROOT);
	assert_int_equal(send_root(3, "3.root.json"), COT_OK);
	assert_int_equal(s->node.store.state.component[0].slot[1].state, COT_SEC_SLOT_EMPTY);
	assert_int_equal(sim_secondary_hard_reset(s), COT_OK);
	assert_true(sim_secondary_runs(s, "a-1.bin"));
	/* The order comes again under the new key. */
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	assert_int_equal(sim_secondary_update(s, "a-2.bin"), COT_OK);
	assert_true(sim_secondary_runs(s, "a-2.bin"));
}

/* Whose word the time was may be what the Root step has changed. */
static void root_step_ends_fresh_time(void **state)
{
	struct cot_stage_result r;

	(void)state;
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_true(cot_sec_time_fresh(&s->node));
	sim_replace_key(w, SIM_DIRECTOR, COT_ROLE_TIME, SIM_TIME, SIM_SPARE);
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_ROOT);
	assert_int_equal(send_root(2, "2.root.json"), COT_OK);
	assert_false(cot_sec_time_fresh(&s->node));
	assert_int_equal(sim_secondary_stage(s, &r), COT_E_NO_TIME);
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_true(cot_sec_time_fresh(&s->node));
}

/* Time runs from the moment that its nonce was made, however long the work takes. */
static void time_runs_from_its_message(void **state)
{
	enum cot_err err = COT_PENDING;
	uint64_t made_ms;

	(void)state;
	assert_int_equal(sim_secondary_send_served(s, "targets.json", "d/targets.json"), COT_OK);
	assert_int_equal(sim_secondary_send_time(s), COT_OK);
	made_ms = s->node.clock.nonce.made_ms;
	cot_sec_update_start(&s->node);
	while (err == COT_PENDING) {
		s->node.now_ms += 1000;
		err = cot_sec_update_step(&s->node);
	}
	assert_int_equal(err, COT_OK);
	assert_int_equal(cot_sec_time(&s->node),
	                 SIM_NOW + (int64_t)((s->node.now_ms - made_ms) / 1000));
}

/* The same vehicle, hardware and floors stand whatever place the documents are in. */
static void places_alternate(void **state)
{
	enum cot_sec_place last = COT_SEC_PLACE_FACTORY;
	int i;

	(void)state;
	for (i = 0; i < 5; i++) {
		sim_publish(w, SIM_DIRECTOR, COT_ROLE_TARGETS);
		assert_int_equal(sim_secondary_metadata(s), COT_OK);
		assert_int_not_equal(s->node.store.state.doc[COT_SEC_TARGETS].place, last);
		last = s->node.store.state.doc[COT_SEC_TARGETS].place;
		sim_secondary_reset(s, true);
	}
}

/* ---- the budget -------------------------------------------------------------------------------- */

static uint16_t budget(void)
{
	return s->node.store.ledger.budget;
}

static void stagings_cost(void **state)
{
	(void)state;
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_ROOT);
	assert_int_equal(sim_secondary_send(s, "d/targets.json", COT_SLICE("{}")), COT_OK);
	assert_int_equal(budget(), COT_SEC_BUDGET - 1);
	sim_secondary_reset(s, true);
	assert_int_equal(budget(), COT_SEC_BUDGET - 1); /* over a reset, too */
	/* The time costs no flash. */
	assert_int_equal(sim_secondary_send_time(s), COT_OK);
	assert_int_equal(budget(), COT_SEC_BUDGET - 1);
	/* A verified Root gives back its own. */
	assert_int_equal(send_root(2, "2.root.json"), COT_OK);
	assert_int_equal(budget(), COT_SEC_BUDGET - 1);
	/* Verified newer Targets give back all. */
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_int_equal(budget(), COT_SEC_BUDGET);
	/* The same once more gives back nothing. */
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_int_equal(budget(), COT_SEC_BUDGET - 1);
}

static void empty_budget_delays(void **state)
{
	struct cot_sec_ledger none = { 0 };
	uint64_t ops;

	(void)state;
	assert_int_equal(cot_sec_commit_ledger(&s->node.store, &none), COT_OK);
	ops = s->flash.ops;
	assert_int_equal(sim_secondary_send(s, "d/targets.json", COT_SLICE("{}")), COT_E_BUDGET);
	assert_int_equal(s->flash.ops, ops);
	assert_int_equal(budget(), 0);
	s->now_ms += COT_SEC_BUDGET_MS - 1;
	cot_sec_poll(&s->node, s->now_ms);
	assert_int_equal(budget(), 0);
	s->now_ms += 1 + 2 * (uint64_t)COT_SEC_BUDGET_MS;
	cot_sec_poll(&s->node, s->now_ms);
	assert_int_equal(budget(), 3);
	s->now_ms += 100 * (uint64_t)COT_SEC_BUDGET_MS;
	cot_sec_poll(&s->node, s->now_ms);
	assert_int_equal(budget(), COT_SEC_BUDGET);
}

/* A car is seldom on for 12 h in one stretch: whole hours are kept over resets, and
 * cost one write each, but none while nothing is to be earned. */
static void hours_add_up_over_resets(void **state)
{
	struct cot_sec_ledger none = { 0 };
	uint64_t ops;
	int i;

	(void)state;
	assert_int_equal(cot_sec_commit_ledger(&s->node.store, &none), COT_OK);
	for (i = 0; i < 24; i++) {
		assert_int_equal(budget(), i / 12);
		s->now_ms += 5400000;
		cot_sec_poll(&s->node, s->now_ms);
		sim_secondary_reset(s, true);
	}
	assert_int_equal(budget(), 2);
	/* Less than an hour earns nothing. */
	for (i = 0; i < 24; i++) {
		s->now_ms += 3599999;
		cot_sec_poll(&s->node, s->now_ms);
		sim_secondary_reset(s, true);
	}
	assert_int_equal(budget(), 2);
	assert_int_equal(s->node.store.ledger.hours, 0);
	s->now_ms += 100 * (uint64_t)COT_SEC_BUDGET_MS;
	cot_sec_poll(&s->node, s->now_ms);
	assert_int_equal(budget(), COT_SEC_BUDGET);
	ops = s->flash.ops;
	s->now_ms += COT_SEC_BUDGET_MS;
	cot_sec_poll(&s->node, s->now_ms);
	assert_int_equal(s->flash.ops, ops);
	/* Nor was it saved for later. */
	assert_int_equal(cot_sec_budget_draw(&s->node), COT_OK);
	s->now_ms += COT_SEC_BUDGET_MS - 1;
	cot_sec_poll(&s->node, s->now_ms);
	assert_int_equal(budget(), COT_SEC_BUDGET - 1);
}

/* ---- refusals are told --------------------------------------------------------------------------- */

static void refusal_outlives_a_reset(void **state)
{
	(void)state;
	assert_int_equal(sim_secondary_send(s, "d/targets.json", COT_SLICE("{}")), COT_OK);
	assert_int_equal(sim_secondary_send_time(s), COT_OK);
	assert_int_equal(sim_secondary_verify(s, NULL), COT_E_MISSING);
	sim_secondary_reset(s, false);
	assert_int_equal(s->node.store.ledger.last, COT_E_MISSING);
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_int_equal(s->node.store.ledger.last, COT_OK);
}

/* Flash that fails at the commit: nothing is trusted that is not recorded. */
static void failed_commit_trusts_nothing(void **state)
{
	(void)state;
	assert_int_equal(sim_secondary_send_served(s, "targets.json", "d/targets.json"), COT_OK);
	assert_int_equal(sim_secondary_send_time(s), COT_OK);
	s->flash.dead = 1u << COT_REGION_STATE;
	assert_int_equal(sim_secondary_verify(s, NULL), COT_E_FLASH);
	s->flash.dead = 0;
	assert_int_equal(targets(), 1);
	assert_false(cot_sec_time_fresh(&s->node));
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_int_equal(targets(), 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(root_alone_is_a_step),
		TEST(roots_out_of_order),
		TEST(metadata_twice_changes_nothing),
		TEST(time_alone_verifies_what_is_trusted),
		TEST(targets_wait_for_the_time),
		TEST(root_and_targets_together),
		TEST(rewrapped_targets_are_not_newer),
		TEST(reverted_until_ordered_again),
		TEST(dropped_targets_void_their_orders),
		TEST(root_step_ends_fresh_time),
		TEST(time_runs_from_its_message),
		TEST(places_alternate),
		TEST(stagings_cost),
		TEST(empty_budget_delays),
		TEST(hours_add_up_over_resets),
		TEST(refusal_outlives_a_reset),
		TEST(failed_commit_trusts_nothing),
	};

	return cmocka_run_group_tests_name("secondary_update", tests, NULL, NULL);
}
