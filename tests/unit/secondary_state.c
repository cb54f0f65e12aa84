/* SPDX-License-Identifier: Apache-2.0
 *
 * The state record: one spelling per state, nothing else is read, and what newer
 * Targets do not order is void.
 */
#include "secondary/state.h"

#include "tests/sim/flash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void fill_slot(struct cot_sec_slot *s, enum cot_sec_slot_state state, uint8_t seed)
{
	s->state = state;
	s->len = 1000u + seed;
	s->counter = seed;
	memset(s->sha256, seed, sizeof(s->sha256));
	s->name_len = 9;
	memcpy(s->name, "a/b-1.bin", 9);
}

static struct cot_sec_state full_state(void)
{
	struct cot_sec_state s;
	struct cot_sec_component *c = &s.component[0];

	memset(&s, 0, sizeof(s));
	s.trust.repo[0].floor[COT_ROLE_ROOT].version = 7;
	s.trust.repo[0].floor[COT_ROLE_ROOT].held = true;
	s.trust.repo[0].floor[COT_ROLE_TARGETS].version = 41;
	s.trust.time_floor_s = 1800000000;
	s.doc[COT_SEC_ROOT] = (struct cot_sec_trusted){ COT_SEC_PLACE_B, 3000 };
	s.doc[COT_SEC_TARGETS] = (struct cot_sec_trusted){ COT_SEC_PLACE_FACTORY, 0 };
	s.components = 1;
	c->intent.set = true;
	c->intent.slot = 1;
	c->intent.targets_version = 41;
	c->intent.image_len = 5000;
	c->intent.artifact_len = 4000;
	c->intent.counter = 3;
	memset(c->intent.sha256, 0x11, sizeof(c->intent.sha256));
	memset(c->intent.name_sha256, 0x22, sizeof(c->intent.name_sha256));
	fill_slot(&c->slot[0], COT_SEC_SLOT_CONFIRMED, 2);
	fill_slot(&c->slot[1], COT_SEC_SLOT_REVERTED, 3);
	c->counter = 2;
	c->active = 0;
	c->attempts = 1;
	memset(c->trial, 0x33, sizeof(c->trial));
	c->reverted = true;
	memset(c->reverted_sha256, 0x44, sizeof(c->reverted_sha256));
	return s;
}

static void states_survive_their_record(void **state)
{
	struct cot_sec_state s = full_state(), got;
	uint8_t bytes[COT_SEC_STATE_MAX], again[COT_SEC_STATE_MAX];
	size_t len, again_len;

	(void)state;
	assert_int_equal(cot_sec_state_encode(&s, bytes, sizeof(bytes), &len), COT_OK);
	assert_int_equal(cot_sec_state_decode(cot_slice(bytes, len), &got), COT_OK);
	assert_int_equal(cot_sec_state_encode(&got, again, sizeof(again), &again_len), COT_OK);
	assert_int_equal(len, again_len);
	assert_memory_equal(bytes, again, len);
	assert_int_equal(got.component[0].intent.artifact_len, 4000);
	assert_int_equal(got.component[0].slot[1].state, COT_SEC_SLOT_REVERTED);
	assert_memory_equal(got.component[0].reverted_sha256, s.component[0].reverted_sha256, 32);
	assert_int_equal(got.doc[COT_SEC_ROOT].place, COT_SEC_PLACE_B);
	assert_int_equal(got.doc[COT_SEC_ROOT].len, 3000);
}

/* The largest state there is fits the room that is set aside for it. */
static void largest_state_fits(void **state)
{
	struct cot_sec_state s = full_state();
	uint8_t bytes[COT_SEC_STATE_MAX];
	size_t len;
	int i, k;

	(void)state;
	for (i = 0; i < 2; i++)
		s.component[0].slot[i].name_len = COT_MAX_NAME;
	for (i = 0; i < (int)COT_MAX_REPOS; i++) {
		for (k = 0; k < COT_ROLE_COUNT; k++)
			s.trust.repo[i].floor[k] = (struct cot_floor){ 1, true, { 0 } };
		s.trust.repo[i].targets_signers.count = COT_MAX_SIGNERS;
	}
	assert_int_equal(cot_sec_state_encode(&s, bytes, sizeof(bytes), &len), COT_OK);
	assert_int_equal(cot_sec_state_encode(&s, bytes, len - 1, &len), COT_E_BUFFER);
	assert_int_equal(cot_sec_state_encode(&s, bytes, 1, &len), COT_E_BUFFER);
}

static void no_other_bytes_are_a_state(void **state)
{
	struct cot_sec_state s = full_state(), got;
	uint8_t bytes[COT_SEC_STATE_MAX + 1];
	size_t len, i;

	(void)state;
	assert_int_equal(cot_sec_state_encode(&s, bytes, sizeof(bytes), &len), COT_OK);
	for (i = 0; i < len; i++)
		assert_int_equal(cot_sec_state_decode(cot_slice(bytes, i), &got), COT_E_RECORD);
	bytes[len] = 0;
	assert_int_equal(cot_sec_state_decode(cot_slice(bytes, len + 1), &got), COT_E_RECORD);
}

/* Numbers outside their enums, each at its place behind the trust. */
static void numbers_out_of_range_are_no_state(void **state)
{
	static const struct {
		size_t at;     /* behind the trust */
		uint8_t value;
	} cases[] = {
		{ 0, 3 },  /* kinds of documents */
		{ 1, 4 },  /* place */
		{ 11, 2 }, /* components */
		{ 12, 4 }, /* flags */
		{ 13, 3 }, /* active slot */
		{ 39, 2 }, /* slot of the intent */
		{ 156, 6 }, /* state of a slot */
	};
	struct cot_sec_state s = full_state(), got;
	uint8_t bytes[COT_SEC_STATE_MAX];
	size_t len, base, i;

	(void)state;
	assert_int_equal(cot_sec_state_encode(&s, bytes, sizeof(bytes), &len), COT_OK);
	base = 2u + bytes[0] + 256u * bytes[1];
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t was = bytes[base + cases[i].at];

		bytes[base + cases[i].at] = cases[i].value;
		if (cot_sec_state_decode(cot_slice(bytes, len), &got) != COT_E_RECORD)
			fail_msg("byte %zu as %u is read", cases[i].at, cases[i].value);
		bytes[base + cases[i].at] = was;
	}
	assert_int_equal(cot_sec_state_decode(cot_slice(bytes, len), &got), COT_OK);
}

/* ---- voiding ------------------------------------------------------------------------------ */

static void what_is_not_ordered_is_void(void **state)
{
	static const struct {
		enum cot_sec_slot_state before;
		bool ordered;
		enum cot_sec_slot_state after;
	} cases[] = {
		{ COT_SEC_SLOT_STAGED, true, COT_SEC_SLOT_STAGED },
		{ COT_SEC_SLOT_STAGED, false, COT_SEC_SLOT_EMPTY },
		{ COT_SEC_SLOT_ACTIVATED, true, COT_SEC_SLOT_ACTIVATED },
		{ COT_SEC_SLOT_ACTIVATED, false, COT_SEC_SLOT_EMPTY },
		{ COT_SEC_SLOT_TRIAL, false, COT_SEC_SLOT_TRIAL },
		{ COT_SEC_SLOT_CONFIRMED, false, COT_SEC_SLOT_CONFIRMED },
		{ COT_SEC_SLOT_REVERTED, false, COT_SEC_SLOT_REVERTED },
	};
	struct cot_sec_component c;
	uint8_t ordered[COT_SHA256_LEN], other[COT_SHA256_LEN];
	size_t i;

	(void)state;
	memset(ordered, 5, sizeof(ordered));
	memset(other, 6, sizeof(other));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&c, 0, sizeof(c));
		fill_slot(&c.slot[1], cases[i].before, 5);
		c.intent.set = true;
		memcpy(c.intent.sha256, ordered, sizeof(ordered));
		cot_sec_component_void(&c, cases[i].ordered ? ordered : other);
		assert_int_equal(c.slot[1].state, cases[i].after);
		assert_int_equal(c.intent.set, cases[i].ordered);
		cot_sec_component_void(&c, NULL);
		assert_false(c.intent.set);
	}
}

static void spare_is_never_the_active_slot(void **state)
{
	struct cot_sec_component c;

	(void)state;
	memset(&c, 0, sizeof(c));
	assert_int_equal(cot_sec_component_spare(&c), 1);
	c.active = 1;
	assert_int_equal(cot_sec_component_spare(&c), 0);
	c.active = COT_SEC_SLOTS;
	assert_int_equal(cot_sec_component_spare(&c), 0);
	assert_int_equal(cot_sec_component_pending(&c), COT_SEC_SLOTS);
	c.slot[0].state = COT_SEC_SLOT_ACTIVATED;
	assert_int_equal(cot_sec_component_pending(&c), 0);
	c.slot[1].state = COT_SEC_SLOT_TRIAL;
	assert_int_equal(cot_sec_component_pending(&c), 1);
}

/* ---- the store ------------------------------------------------------------------------------ */

static void everything_comes_back(void **state)
{
	static struct cot_sec_store store, again;
	struct cot_sec_ledger ledger = { 17, 96, COT_E_ROLLBACK, 11 };
	struct cot_sec_progress progress = { true, 0, 1, { 1, 2, 3 }, 16384 };
	struct cot_sec_state s = full_state();
	struct sim_flash f;
	uint64_t ops;

	(void)state;
	sim_flash_init(&f, &sim_flash_posix);
	assert_int_equal(cot_sec_store_mount(&store, &f.flash), COT_E_STORE);
	assert_int_equal(cot_sec_commit(&store, &s), COT_OK);
	assert_int_equal(cot_sec_commit_ledger(&store, &ledger), COT_OK);
	assert_int_equal(cot_sec_commit_progress(&store, &progress), COT_OK);
	ops = f.ops;
	assert_int_equal(cot_sec_commit(&store, &s), COT_OK);
	assert_int_equal(f.ops, ops); /* said already */
	assert_int_equal(cot_sec_store_mount(&again, &f.flash), COT_OK);
	assert_int_equal(again.ledger.budget, 17);
	assert_int_equal(again.ledger.report, 96);
	assert_int_equal(again.ledger.last, COT_E_ROLLBACK);
	assert_int_equal(again.ledger.hours, 11);
	assert_int_equal(again.progress.offset, 16384);
	assert_int_equal(again.state.component[0].counter, 2);
	f.dead = 1u << COT_REGION_STATE;
	s.component[0].counter = 9;
	ledger.budget = 1;
	assert_int_equal(cot_sec_commit(&again, &s), COT_E_FLASH);
	assert_int_equal(cot_sec_commit_ledger(&again, &ledger), COT_E_FLASH);
	assert_int_equal(again.state.component[0].counter, 2);
	assert_int_equal(again.ledger.budget, 17);
	sim_flash_free(&f);
}

/* A ledger that is lost, cut short, too long or of another version: no budget, and
 * report counters that nobody has seen. */
static void lost_ledger_starts_safely(void **state)
{
	static const struct {
		uint8_t version;
		struct cot_slice payload;
	} cases[] = {
		{ 0, { NULL, 0 } }, /* none was written */
		{ COT_SEC_LEDGER_VERSION + 1, COT_SLICE("\5\0\x60\0\0\0\0\0\0\0\0\0\0\0") },
		{ COT_SEC_LEDGER_VERSION, COT_SLICE("\5\0\x60\0\0\0\0\0\0\0\0\0\0") },
		{ COT_SEC_LEDGER_VERSION, COT_SLICE("\5\0\x60\0\0\0\0\0\0\0\0\0\0\0\0") },
		{ COT_SEC_LEDGER_VERSION, COT_SLICE("\5\0") },
	};
	static struct cot_sec_store store;
	struct cot_sec_state s = full_state();
	struct sim_flash f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cot_record r = { COT_RECORD_LEDGER, cases[i].version, cases[i].payload };

		sim_flash_init(&f, &sim_flash_posix);
		assert_int_equal(cot_sec_store_mount(&store, &f.flash), COT_E_STORE);
		assert_int_equal(cot_sec_commit(&store, &s), COT_OK);
		if (r.payload.len > 0)
			assert_int_equal(cot_record_write(&store.log, &r), COT_OK);
		assert_int_equal(cot_sec_store_mount(&store, &f.flash), COT_OK);
		assert_int_equal(store.ledger.budget, 0);
		assert_int_equal(store.ledger.last, COT_OK);
		assert_true(store.ledger.report == UINT64_C(1800000000) << 16);
		sim_flash_free(&f);
	}
}

static void unknown_versions_are_no_state(void **state)
{
	static struct cot_sec_store store;
	struct cot_record r = { COT_RECORD_STATE, 2, COT_SLICE("of a later program") };
	struct cot_record_log log;
	struct sim_flash f;

	(void)state;
	sim_flash_init(&f, &sim_flash_posix);
	assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_E_STORE);
	assert_int_equal(cot_record_write(&log, &r), COT_OK);
	assert_int_equal(cot_sec_store_mount(&store, &f.flash), COT_E_STORE);
	sim_flash_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_survive_their_record),
		cmocka_unit_test(largest_state_fits),
		cmocka_unit_test(no_other_bytes_are_a_state),
		cmocka_unit_test(numbers_out_of_range_are_no_state),
		cmocka_unit_test(what_is_not_ordered_is_void),
		cmocka_unit_test(spare_is_never_the_active_slot),
		cmocka_unit_test(everything_comes_back),
		cmocka_unit_test(lost_ledger_starts_safely),
		cmocka_unit_test(unknown_versions_are_no_state),
	};

	return cmocka_run_group_tests_name("secondary_state", tests, NULL, NULL);
}
