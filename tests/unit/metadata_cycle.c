/* SPDX-License-Identifier: Apache-2.0
 *
 * The update cycle as its hand sees it: what it asks for, in which order, when
 * it commits, and that whatever the hand does wrong changes nothing.
 */
#include "tests/sim/repo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DAY_S 86400

static void assert_err(struct cot_verdict v, enum cot_err err)
{
	if (v.err != err)
		fail_msg("verdict %s, expected %s (repository %u, role %d)",
		         cot_err_word(v.err), cot_err_word(err), v.repo, (int)v.role);
}

/* ---- what is asked ------------------------------------------------------------- */

static void first_full_cycle(void **state)
{
	struct sim_world *w = sim_world_new();
	struct sim_client *c = sim_client_new(w, SIM_PRIMARY);
	struct cot_targets targets;
	struct cot_order order;
	struct cot_verdict v;

	(void)state;
	sim_release(w, "ECU-A", "a-2.bin", 2);
	v = sim_run(c);
	assert_err(v, COT_OK);
	assert_true(v.updated);
	assert_true(v.agreed);
	assert_int_equal(v.now_s, SIM_NOW);
	assert_string_equal(c->log,
	                    "director/2.root.json time director/timestamp.json "
	                    "director/2.snapshot.json director/2.targets.json "
	                    "image/2.root.json image/timestamp.json image/2.snapshot.json "
	                    "image/2.targets.json commit");
	assert_int_equal(c->trust.time_floor_s, SIM_NOW);
	assert_int_equal(c->trust.repo[0].floor[COT_ROLE_TARGETS].version, 2);
	assert_int_equal(c->trust.repo[0].targets_signers.count, 1);
	assert_int_equal(c->trust.repo[1].targets_signers.count, 2);
	assert_int_equal(cot_cycle_orders(&c->cycle, &targets), COT_OK);
	assert_int_equal(cot_orders_find(&targets, COT_SLICE("ECU-A"), &order), COT_OK);
	assert_true(cot_slice_is(order.target.name, "a-2.bin"));
	sim_client_free(c);
	sim_world_free(w);
}

static void nothing_new(void **state)
{
	struct sim_world *w = sim_world_new();
	struct sim_client *c = sim_client_new(w, SIM_PRIMARY);
	uint8_t before[COT_SHA256_LEN], after[COT_SHA256_LEN];
	struct cot_targets targets;
	struct cot_verdict v;

	(void)state;
	sim_release(w, "ECU-A", "a-2.bin", 2);
	assert_err(sim_run(c), COT_OK);
	sim_install(c, "ECU-A");
	sim_state(c, before);
	w->now_s += 100;
	v = sim_run(c);
	assert_err(v, COT_OK);
	assert_false(v.updated);
	assert_false(v.agreed);
	assert_string_equal(c->log, "director/2.root.json time director/timestamp.json "
	                            "image/2.root.json image/timestamp.json");
	sim_state(c, after);
	assert_memory_equal(before, after, sizeof(before));
	assert_int_equal(cot_cycle_orders(&c->cycle, &targets), COT_OK);
	sim_client_free(c);
	sim_world_free(w);
}

static void time_floor_alone_rises_daily(void **state)
{
	struct sim_world *w = sim_world_new();
	struct sim_client *c = sim_client_new(w, SIM_PRIMARY);

	(void)state;
	assert_err(sim_run(c), COT_OK);
	w->now_s += DAY_S - 1;
	assert_err(sim_run(c), COT_OK);
	assert_int_equal(c->commits, 0);
	assert_int_equal(c->trust.time_floor_s, SIM_NOW);
	w->now_s += 1;
	assert_err(sim_run(c), COT_OK);
	assert_int_equal(c->commits, 1);
	assert_int_equal(c->trust.time_floor_s, SIM_NOW + DAY_S);
	sim_client_free(c);
	sim_world_free(w);
}

/* An order that is not installed is looked at again, on what is held. */
static void pending_on_cached_documents(void **state)
{
	struct sim_world *w = sim_world_new();
	struct sim_client *c = sim_client_new(w, SIM_PRIMARY);
	struct cot_verdict v;

	(void)state;
	sim_release(w, "ECU-A", "a-2.bin", 2);
	assert_err(sim_run(c), COT_OK);
	v = sim_run(c);
	assert_err(v, COT_OK);
	assert_false(v.updated);
	assert_true(v.agreed);
	assert_string_equal(c->log, "director/2.root.json time director/timestamp.json "
	                            "image/2.root.json image/timestamp.json");
	/* Cached documents expire like any others. */
	w->now_s += 31 * DAY_S;
	sim_expires(w, SIM_DIRECTOR, COT_ROLE_TIMESTAMP, w->now_s + DAY_S);
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_TIMESTAMP);
	v = sim_run(c);
	assert_err(v, COT_E_EXPIRED);
	assert_int_equal(v.role, COT_ROLE_SNAPSHOT);
	assert_int_equal(v.repo, SIM_DIRECTOR);
	sim_client_free(c);
	sim_world_free(w);
}

/* A re-signed Snapshot over the same Targets: Targets are not fetched again. */
static void same_targets_are_not_fetched(void **state)
{
	struct sim_world *w = sim_world_new();
	struct sim_client *c = sim_client_new(w, SIM_PRIMARY);
	struct cot_verdict v;

	(void)state;
	sim_release(w, "ECU-A", "a-2.bin", 2);
	assert_err(sim_run(c), COT_OK);
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_SNAPSHOT);
	sim_publish(w, SIM_IMAGE, COT_ROLE_SNAPSHOT);
	v = sim_run(c);
	assert_err(v, COT_OK);
	assert_true(v.agreed);
	assert_false(v.updated);
	assert_string_equal(c->log, "director/2.root.json time director/timestamp.json "
	                            "director/3.snapshot.json image/2.root.json "
	                            "image/timestamp.json image/3.snapshot.json commit");
	/* Their expiry counts all the same. */
	w->now_s += 31 * DAY_S;
	sim_expires(w, SIM_DIRECTOR, COT_ROLE_TIMESTAMP, w->now_s + DAY_S);
	sim_expires(w, SIM_DIRECTOR, COT_ROLE_SNAPSHOT, w->now_s + DAY_S);
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_SNAPSHOT);
	v = sim_run(c);
	assert_err(v, COT_E_EXPIRED);
	assert_int_equal(v.role, COT_ROLE_TARGETS);
	sim_client_free(c);
	sim_world_free(w);
}

/* F6.1: new Targets that order nothing that is not installed. */
static void nothing_to_install(void **state)
{
	struct sim_world *w = sim_world_new();
	struct sim_client *c = sim_client_new(w, SIM_PRIMARY);
	struct cot_verdict v;

	(void)state;
	v = sim_run(c);
	assert_err(v, COT_OK);
	assert_true(v.updated);
	assert_false(v.agreed);
	assert_string_equal(c->log,
	                    "director/2.root.json time director/timestamp.json "
	                    "director/1.snapshot.json director/1.targets.json "
	                    "image/2.root.json image/timestamp.json commit");
	assert_true(c->trust.repo[1].floor[COT_ROLE_TIMESTAMP].held);
	assert_false(c->trust.repo[1].floor[COT_ROLE_SNAPSHOT].held);
	sim_release(w, "ECU-A", "a-2.bin", 2);
	v = sim_run(c);
	assert_err(v, COT_OK);
	assert_true(v.agreed);
	sim_client_free(c);
	sim_world_free(w);
}

static void full_verification_on_an_ecu(void **state)
{
	struct sim_world *w = sim_world_new();
	struct sim_client *c = sim_client_new(w, SIM_FULL_ECU);
	struct cot_verdict v;

	(void)state;
	sim_release(w, "ECU-B", "b-2.bin", 2);
	sim_release(w, "ECU-A", "a-2.bin", 2);
	/* Not ours, so it may be unknown and not agreed. */
	sim_order(w, "ECU-B", "hw-b", "b-2.bin");
	json_object_del(json_object_get(sim_signed(w, SIM_IMAGE, COT_ROLE_TARGETS), "targets"),
	                "b-2.bin");
	sim_publish(w, SIM_IMAGE, COT_ROLE_TARGETS);
	v = sim_run(c);
	assert_err(v, COT_OK);
	assert_true(v.agreed);
	sim_client_free(c);
	sim_world_free(w);
}

static void first_partial_cycle(void **state)
{
	struct sim_world *w = sim_world_new();
	struct sim_client *c = sim_client_new(w, SIM_PARTIAL);
	struct cot_verdict v;

	(void)state;
	sim_release(w, "ECU-A", "a-2.bin", 2);
	sim_order(w, "ECU-Z", "hw-z", "a-2.bin");
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	v = sim_run(c);
	assert_err(v, COT_OK);
	assert_true(v.updated);
	assert_false(v.agreed);
	assert_string_equal(c->log, "director/2.root.json time director/targets.json commit");
	assert_int_equal(c->trust.repo[0].floor[COT_ROLE_TARGETS].version, 3);
	/* Identical Targets again are no change. */
	v = sim_run(c);
	assert_err(v, COT_OK);
	assert_false(v.updated);
	assert_string_equal(c->log, "director/2.root.json time director/targets.json");
	sim_client_free(c);
	sim_world_free(w);
}

static void partial_without_an_order(void **state)
{
	struct sim_world *w = sim_world_new();
	struct sim_client *c = sim_client_new(w, SIM_PARTIAL);
	struct cot_targets targets;
	struct cot_order order;

	(void)state;
	sim_release(w, "ECU-B", "b-2.bin", 2);
	assert_err(sim_run(c), COT_OK);
	assert_int_equal(c->trust.repo[0].floor[COT_ROLE_TARGETS].version, 2);
	assert_int_equal(cot_cycle_orders(&c->cycle, &targets), COT_OK);
	assert_int_equal(cot_orders_find(&targets, COT_SLICE("ECU-A"), &order), COT_E_NO_ORDER);
	sim_client_free(c);
	sim_world_free(w);
}

static void what_is_current(void **state)
{
	struct sim_world *w = sim_world_new();
	struct sim_client *c = sim_client_new(w, SIM_PARTIAL);
	const struct cot_slice a = COT_SLICE("ECU-A");
	uint8_t hash[COT_SHA256_LEN];
	struct cot_targets t;
	struct cot_order order;

	(void)state;
	assert_int_equal(cot_cycle_orders(&c->cycle, &t), COT_E_NOT_FOUND);
	sim_release(w, "ECU-A", "a-2.bin", 2);
	assert_err(sim_run(c), COT_OK);
	assert_int_equal(cot_cycle_orders(&c->cycle, &t), COT_OK);
	assert_int_equal(cot_orders_find(&t, a, &order), COT_OK);
	memcpy(hash, order.target.image.hashes.sha256, sizeof(hash));
	assert_int_equal(cot_order_check_current(&t, a, hash, SIM_NOW), COT_OK);
	assert_int_equal(cot_order_check_current(&t, a, hash, t.head.expires_s - 1), COT_OK);
	assert_int_equal(cot_order_check_current(&t, a, hash, t.head.expires_s), COT_E_EXPIRED);
	assert_int_equal(cot_order_check_current(&t, COT_SLICE("ECU-B"), hash, SIM_NOW),
	                 COT_E_NO_ORDER);
	hash[31] ^= 1;
	assert_int_equal(cot_order_check_current(&t, a, hash, SIM_NOW), COT_E_NOT_ORDERED);
	sim_client_free(c);
	sim_world_free(w);
}

/* ---- a hand that fails ---------------------------------------------------------- */

struct failing {
	unsigned at;   /* which need fails, counted from 0 */
	unsigned seen;
	enum { FAIL, ABSENT, GARBAGE, EMPTY, TOO_LONG, WRONG_CALL } how;
	enum cot_need_kind kind; /* of the one that failed */
	enum cot_phase phase;
};

static void fail_now(struct failing *f, struct sim_client *c, const struct cot_need *need)
{
	static const uint8_t zeros[COT_MAX_DIRECTOR_TARGETS + 1];
	struct cot_slice bytes = COT_SLICE("{\"signatures\":[],\"signed\":");

	f->kind = need->kind;
	f->phase = c->cycle.phase;
	if (f->how == EMPTY)
		bytes = cot_slice(NULL, 0);
	else if (f->how == TOO_LONG && need->max_len < sizeof(zeros))
		bytes = cot_slice(zeros, need->max_len + 1);
	if (f->how == WRONG_CALL)
		cot_cycle_step(&c->cycle);
	else if (f->how == ABSENT && need->kind != COT_NEED_COMMIT)
		cot_cycle_absent(&c->cycle);
	else if (f->how == FAIL || need->kind == COT_NEED_COMMIT)
		cot_cycle_failed(&c->cycle, COT_E_SLOW);
	else
		sim_give(c, need, bytes);
}

static bool failing_hook(void *arg, struct sim_client *c, const struct cot_need *need)
{
	struct failing *f = arg;

	if (f->seen++ != f->at)
		return false;
	fail_now(f, c, need);
	return true;
}

static enum cot_err expected_failure(const struct failing *f)
{
	if (f->how == WRONG_CALL)
		return COT_E_SEQUENCE;
	if (f->how == ABSENT && f->kind == COT_NEED_FILE)
		return f->phase == COT_PHASE_ROOT ? COT_OK : COT_E_ABSENT;
	if (f->how == TOO_LONG && f->kind != COT_NEED_COMMIT)
		return COT_E_LENGTH_EXCEEDED;
	if (f->kind == COT_NEED_TIME && (f->how == FAIL || f->how == ABSENT))
		return COT_E_NO_TIME;
	return f->kind == COT_NEED_COMMIT || f->how == FAIL ? COT_E_SLOW : COT_E_MALFORMED;
}

/* Every need of a whole cycle fails once, in every way. */
static void fail_every_need(enum sim_kind kind, int how, unsigned expected_needs)
{
	struct sim_world *w = sim_world_new();
	struct sim_client *c = sim_client_new(w, kind);
	uint8_t before[COT_SHA256_LEN], after[COT_SHA256_LEN];
	struct failing f;
	unsigned at;

	sim_release(w, "ECU-A", "a-2.bin", 2);
	sim_state(c, before);
	for (at = 0;; at++) {
		struct cot_verdict v;
		enum cot_err expected;

		memset(&f, 0, sizeof(f));
		f.at = at;
		f.how = (__typeof__(f.how))how;
		c->hook = failing_hook;
		c->hook_arg = &f;
		v = sim_run(c);
		if (f.seen <= at)
			break;
		expected = expected_failure(&f);
		if (expected == COT_OK)
			continue;
		/* Text that ends too early has codes of its own. */
		if (expected == COT_E_MALFORMED)
			assert_true(v.err == COT_E_TRUNCATED || v.err == COT_E_MALFORMED ||
			            v.err == COT_E_LENGTH_MISMATCH);
		else
			assert_err(v, expected);
		sim_state(c, after);
		assert_memory_equal(before, after, sizeof(before));
	}
	assert_int_equal(at, expected_needs);
	c->hook = NULL;
	assert_err(sim_run(c), COT_OK);
	sim_client_free(c);
	sim_world_free(w);
}

static void hand_fails(void **state)
{
	(void)state;
	fail_every_need(SIM_PRIMARY, FAIL, 10);
	fail_every_need(SIM_PARTIAL, FAIL, 4);
	fail_every_need(SIM_PRIMARY, GARBAGE, 10);
	fail_every_need(SIM_PARTIAL, GARBAGE, 4);
	fail_every_need(SIM_PRIMARY, EMPTY, 10);
	fail_every_need(SIM_PRIMARY, TOO_LONG, 10);
	fail_every_need(SIM_PARTIAL, TOO_LONG, 4);
	fail_every_need(SIM_PRIMARY, WRONG_CALL, 10);
}

/* Absent Roots end the walk with a verdict of COT_OK and a commit, so each case
 * needs a client of its own. */
static void hand_says_absent(void **state)
{
	struct sim_world *w = sim_world_new();
	unsigned at;

	(void)state;
	sim_release(w, "ECU-A", "a-2.bin", 2);
	for (at = 0; at < 9; at++) {
		struct sim_client *c = sim_client_new(w, SIM_PRIMARY);
		struct failing f = { .at = at, .how = ABSENT };
		uint8_t before[COT_SHA256_LEN], after[COT_SHA256_LEN];

		sim_state(c, before);
		c->hook = failing_hook;
		c->hook_arg = &f;
		assert_err(sim_run(c), (at == 0 || at == 5) ? COT_OK :
		                       at == 1 ? COT_E_NO_TIME : COT_E_ABSENT);
		sim_state(c, after);
		assert_int_equal(memcmp(before, after, sizeof(before)) == 0, at != 0 && at != 5);
		sim_client_free(c);
	}
	sim_world_free(w);
}

static void failed_without_a_reason(void **state)
{
	struct sim_world *w = sim_world_new();
	struct sim_client *c = sim_client_new(w, SIM_PRIMARY);
	struct cot_need need;

	(void)state;
	sim_begin(c);
	for (;;) {
		cot_cycle_need(&c->cycle, &need);
		if (need.kind != COT_NEED_WORK)
			break;
		cot_cycle_step(&c->cycle);
	}
	assert_int_equal(need.kind, COT_NEED_FILE);
	cot_cycle_failed(&c->cycle, COT_OK);
	assert_err(*cot_cycle_verdict(&c->cycle), COT_E_ARGUMENT);
	sim_client_free(c);
	sim_world_free(w);
}

enum call { STEP, GIVE, ABSENCE, FAILURE, COMMITTED, CALLS };

static void call(struct cot_cycle *c, enum call which)
{
	const struct cot_doc doc = { COT_SLICE("{}"), COT_SLICE("{}") };

	switch (which) {
	case STEP:
		cot_cycle_step(c);
		break;
	case GIVE:
		cot_cycle_give(c, doc, 0);
		break;
	case ABSENCE:
		cot_cycle_absent(c);
		break;
	case FAILURE:
		cot_cycle_failed(c, COT_E_SLOW);
		break;
	case COMMITTED:
		cot_cycle_committed(c);
		break;
	case CALLS:
		break;
	}
}

static bool fits(enum cot_need_kind kind, enum call which)
{
	switch (kind) {
	case COT_NEED_WORK:
		return which == STEP;
	case COT_NEED_FILE:
	case COT_NEED_TIME:
		return which == GIVE || which == ABSENCE || which == FAILURE;
	case COT_NEED_COMMIT:
		return which == COMMITTED || which == FAILURE;
	case COT_NEED_NOTHING:
		break;
	}
	return true;
}

/* At every point of a cycle, every call that does not fit. */
static void calls_out_of_sequence(void **state)
{
	struct sim_world *w = sim_world_new();
	struct sim_client *c = sim_client_new(w, SIM_PARTIAL);
	struct cot_need need;
	unsigned which, wrong = 0;

	(void)state;
	sim_release(w, "ECU-A", "a-2.bin", 2);
	sim_begin(c);
	for (;;) {
		cot_cycle_need(&c->cycle, &need);
		for (which = 0; which < CALLS; which++) {
			struct cot_cycle copy = c->cycle;

			if (fits(need.kind, (enum call)which))
				continue;
			call(&copy, (enum call)which);
			assert_err(*cot_cycle_verdict(&copy), COT_E_SEQUENCE);
			wrong++;
		}
		assert_true((cot_cycle_commit(&c->cycle) != NULL) ==
		            (need.kind == COT_NEED_COMMIT));
		if (need.kind == COT_NEED_NOTHING)
			break;
		if (need.kind == COT_NEED_WORK)
			cot_cycle_step(&c->cycle);
		else
			sim_serve(c, &need);
	}
	assert_true(wrong > 50);
	/* After the end nothing does anything. */
	for (which = 0; which < CALLS; which++)
		call(&c->cycle, (enum call)which);
	assert_err(*cot_cycle_verdict(&c->cycle), COT_OK);
	sim_client_free(c);
	sim_world_free(w);
}

static void wrong_configuration(void **state)
{
	struct sim_world *w = sim_world_new();
	struct sim_client *c = sim_client_new(w, SIM_PRIMARY);

	(void)state;
	c->config.repo_count = 0;
	assert_err(sim_run(c), COT_E_ARGUMENT);
	c->config.repo_count = COT_MAX_REPOS + 1;
	assert_err(sim_run(c), COT_E_ARGUMENT);
	c->config.repo_count = 2;
	c->repos[1].roles = COT_ROLES_FULL & ~COT_ROLE_BIT(COT_ROLE_TIMESTAMP);
	assert_err(sim_run(c), COT_E_ARGUMENT);
	c->repos[1].roles = COT_ROLES_FULL;
	c->config.chain = NULL;
	assert_err(sim_run(c), COT_E_ARGUMENT);
	c->config.repo_count = 1;
	assert_err(sim_run(c), COT_E_ARGUMENT);
	c->config.repo_count = 2;
	c->config.chain = &cot_chain_full;
	c->config.aside = NULL;
	assert_err(sim_run(c), COT_E_ARGUMENT);
	c->config.aside = &c->aside;
	assert_err(sim_run(c), COT_OK);
	sim_client_free(c);
	sim_world_free(w);
}

static void commit_fails(void **state)
{
	struct sim_world *w = sim_world_new();
	struct sim_client *c = sim_client_new(w, SIM_PRIMARY);
	uint8_t before[COT_SHA256_LEN], after[COT_SHA256_LEN];
	struct cot_verdict v;

	(void)state;
	sim_release(w, "ECU-A", "a-2.bin", 2);
	sim_state(c, before);
	c->commit_fails = COT_E_NO_SPACE;
	v = sim_run(c);
	assert_err(v, COT_E_NO_SPACE);
	assert_false(v.updated);
	assert_false(v.agreed);
	sim_state(c, after);
	assert_memory_equal(before, after, sizeof(before));
	c->commit_fails = COT_OK;
	assert_err(sim_run(c), COT_OK);
	sim_client_free(c);
	sim_world_free(w);
}

/* ---- how much one step does -------------------------------------------------------- */

static unsigned verifications, slow_answers;
static size_t hashed;

static void counting_update(struct cot_hash *h, struct cot_slice data)
{
	hashed += data.len;
	cot_crypto_full.hash_update(h, data);
}

static enum cot_err counting_verify(enum cot_scheme scheme, struct cot_slice key,
                                    struct cot_slice sig, struct cot_slice msg)
{
	verifications++;
	return cot_crypto_full.verify(scheme, key, sig, msg);
}

static enum cot_err slow_verify(enum cot_scheme scheme, struct cot_slice key,
                                struct cot_slice sig, struct cot_slice msg)
{
	if (++slow_answers % 3 != 0)
		return COT_PENDING;
	return cot_crypto_full.verify(scheme, key, sig, msg);
}

static void one_step_is_bounded(void **state)
{
	struct sim_world *w = sim_world_new();
	struct sim_client *c = sim_client_new(w, SIM_PRIMARY);
	struct cot_need need;
	char name[32];
	unsigned i;

	(void)state;
	for (i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "filler-%02u.bin", i);
		sim_image(w, name, 1, "hw-a");
	}
	sim_release(w, "ECU-A", "a-2.bin", 2);
	c->crypto.hash_update = counting_update;
	c->crypto.verify = counting_verify;
	sim_begin(c);
	for (;;) {
		cot_cycle_need(&c->cycle, &need);
		if (need.kind == COT_NEED_NOTHING)
			break;
		verifications = 0;
		hashed = 0;
		if (need.kind == COT_NEED_WORK) {
			cot_cycle_step(&c->cycle);
			assert_true(hashed <= 1024);
			assert_true(verifications <= 1);
		} else {
			sim_serve(c, &need);
			assert_int_equal(verifications, 0);
			assert_int_equal(hashed, 0);
		}
	}
	assert_err(*cot_cycle_verdict(&c->cycle), COT_OK);
	sim_client_free(c);
	sim_world_free(w);
}

static void slow_crypto_engine(void **state)
{
	struct sim_world *w = sim_world_new();
	struct sim_client *c = sim_client_new(w, SIM_PRIMARY);

	(void)state;
	sim_release(w, "ECU-A", "a-2.bin", 2);
	c->crypto.verify = slow_verify;
	slow_answers = 0;
	assert_err(sim_run(c), COT_OK);
	assert_true(slow_answers >= 3 * 8);
	sim_client_free(c);
	sim_world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_full_cycle),
		cmocka_unit_test(nothing_new),
		cmocka_unit_test(time_floor_alone_rises_daily),
		cmocka_unit_test(pending_on_cached_documents),
		cmocka_unit_test(same_targets_are_not_fetched),
		cmocka_unit_test(nothing_to_install),
		cmocka_unit_test(full_verification_on_an_ecu),
		cmocka_unit_test(first_partial_cycle),
		cmocka_unit_test(partial_without_an_order),
		cmocka_unit_test(what_is_current),
		cmocka_unit_test(hand_fails),
		cmocka_unit_test(hand_says_absent),
		cmocka_unit_test(failed_without_a_reason),
		cmocka_unit_test(calls_out_of_sequence),
		cmocka_unit_test(wrong_configuration),
		cmocka_unit_test(commit_fails),
		cmocka_unit_test(one_step_is_bounded),
		cmocka_unit_test(slow_crypto_engine),
	};

	return cmocka_run_group_tests_name("metadata_cycle", tests, NULL, NULL);
}
