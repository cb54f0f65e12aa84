/* SPDX-License-Identifier: Apache-2.0
 *
 * The two evaluations behind a boot, each by itself, and the gate that wants both.
 */
#include "secondary/boot/verdict.h"

#include "tests/sim/flash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LEN 3000u
#define WORD 0x20001234u

struct bench {
	struct sim_flash flash;
	struct cot_port port;
	struct cot_sec_store store;
	struct cot_boot boot;
	uint8_t run[LEN];
};

/* What is wrong with the slot, the state, or what the decision found. */
enum wrong {
	NOTHING,
	HASH,          /* other bytes than the record's */
	COUNTER,       /* below the floor */
	EMPTY,
	STAGED,
	ACTIVATED,     /* the attempt was not recorded */
	REVERTED,
	NOT_ACTIVE,    /* confirmed once, and not what is to boot */
	NO_ATTEMPT,
	FOURTH,        /* attempt */
	OTHER_TRIAL,   /* number than the one handed over */
	NO_SLOT,
	WRONGS
};

static const enum wrong of_trial[] = { HASH, COUNTER, EMPTY, STAGED, ACTIVATED, REVERTED,
                                       NO_ATTEMPT, FOURTH, OTHER_TRIAL, NO_SLOT };
static const enum wrong of_confirmed[] = { HASH, COUNTER, EMPTY, STAGED, ACTIVATED, REVERTED,
                                           NOT_ACTIVE, NO_SLOT };

static void spoil_state(struct cot_sec_component *c, uint8_t slot, enum wrong wrong)
{
	struct cot_sec_slot *s = &c->slot[slot];

	switch (wrong) {
	case HASH: s->sha256[31] ^= 0x80; break;
	case COUNTER: c->counter = s->counter + 1; break;
	case EMPTY: memset(s, 0, sizeof(*s)); break;
	case STAGED: s->state = COT_SEC_SLOT_STAGED; break;
	case ACTIVATED: s->state = COT_SEC_SLOT_ACTIVATED; break;
	case REVERTED: s->state = COT_SEC_SLOT_REVERTED; break;
	case NOT_ACTIVE: c->active ^= 1; break;
	case NO_ATTEMPT: c->attempts = 0; break;
	case FOURTH: c->attempts = COT_SEC_TRIALS + 1; break;
	case OTHER_TRIAL: c->trial[15] ^= 1; break;
	default: break;
	}
}

static void fill_state(struct cot_sec_state *state, const uint8_t sha256[COT_SHA256_LEN],
                       uint8_t slot, bool trial)
{
	struct cot_sec_component *c = &state->component[0];

	memset(state, 0, sizeof(*state));
	state->components = 1;
	c->counter = 7;
	c->active = trial ? (uint8_t)(slot ^ 1) : slot;
	c->slot[slot].state = trial ? COT_SEC_SLOT_TRIAL : COT_SEC_SLOT_CONFIRMED;
	c->slot[slot].len = LEN;
	c->slot[slot].counter = 7;
	memcpy(c->slot[slot].sha256, sha256, COT_SHA256_LEN);
	if (trial) {
		c->attempts = 3;
		memset(c->trial, 0x77, sizeof(c->trial));
	}
}

/* A port that copies, and has copied; memory says `here`, the state region `there`. */
static void bench_begin(struct bench *b, uint8_t slot, bool trial, enum wrong here,
                        enum wrong there)
{
	struct cot_sec_state state;
	size_t i;

	memset(b, 0, sizeof(*b));
	sim_flash_init(&b->flash, &sim_flash_posix);
	b->port.flash = &b->flash.flash;
	b->port.crypto = &cot_crypto_full;
	b->port.run = b->run;
	b->port.run_len = LEN;
	for (i = 0; i < LEN; i++)
		b->run[i] = (uint8_t)(i * 5);
	cot_hash_once(&cot_crypto_full, COT_HASH_SHA256, cot_slice(b->run, LEN), b->boot.found);
	b->boot.slot = here == NO_SLOT || there == NO_SLOT ? COT_SEC_SLOTS : slot;
	if (trial)
		memset(b->boot.handed.trial, 0x77, sizeof(b->boot.handed.trial));
	fill_state(&state, b->boot.found, slot, trial);
	spoil_state(&state.component[0], slot, there);
	assert_int_equal(cot_sec_store_mount(&b->store, &b->flash.flash), COT_E_STORE);
	assert_int_equal(cot_sec_commit(&b->store, &state), COT_OK);
	fill_state(&b->store.state, b->boot.found, slot, trial);
	spoil_state(&b->store.state.component[0], slot, here);
}

static uint32_t first(struct bench *b)
{
	return cot_verdict_first(&b->store.state.component[0], &b->boot);
}

static uint32_t again(struct bench *b)
{
	return cot_verdict_again(&b->store, &b->port, 0, &b->boot);
}

/* Each evaluation refuses by itself, whatever the other one would have said. */
static void expect(uint8_t slot, bool trial, enum wrong wrong)
{
	static struct bench b;

	bench_begin(&b, slot, trial, wrong, NOTHING);
	if (first(&b) != (wrong == NOTHING ? COT_BOOT_ACCEPT(slot) : 0))
		fail_msg("slot %u, trial %d, wrong %d: first says %08x", slot, trial, wrong,
		         first(&b));
	sim_flash_free(&b.flash);
	bench_begin(&b, slot, trial, NOTHING, wrong);
	if (again(&b) != (wrong == NOTHING ? COT_BOOT_AGAIN(slot) : 0))
		fail_msg("slot %u, trial %d, wrong %d: again says %08x", slot, trial, wrong,
		         again(&b));
	sim_flash_free(&b.flash);
}

static void each_wrong_is_seen_by_both(void **state)
{
	uint8_t slot;
	size_t i;

	(void)state;
	for (slot = 0; slot < COT_SEC_SLOTS; slot++) {
		expect(slot, true, NOTHING);
		expect(slot, false, NOTHING);
		for (i = 0; i < sizeof(of_trial) / sizeof(of_trial[0]); i++)
			expect(slot, true, of_trial[i]);
		for (i = 0; i < sizeof(of_confirmed) / sizeof(of_confirmed[0]); i++)
			expect(slot, false, of_confirmed[i]);
	}
}

/* The second one looks at what will run, not at what the first was told of it. */
static void again_hashes_for_itself(void **state)
{
	static struct bench b;

	(void)state;
	bench_begin(&b, 0, false, NOTHING, NOTHING);
	b.run[LEN - 1] ^= 1;
	assert_int_equal(first(&b), COT_BOOT_ACCEPT(0));
	assert_int_equal(again(&b), 0);
	b.run[LEN - 1] ^= 1;
	memset(b.boot.found, 0, sizeof(b.boot.found));
	assert_int_equal(first(&b), 0);
	assert_int_equal(again(&b), COT_BOOT_AGAIN(0));
	b.port.run_len--;
	assert_int_equal(again(&b), 0);
	sim_flash_free(&b.flash);
}

static void again_needs_a_record(void **state)
{
	static struct bench b;

	(void)state;
	bench_begin(&b, 1, true, NOTHING, NOTHING);
	b.store.log.current = false;
	assert_int_equal(again(&b), 0);
	sim_flash_free(&b.flash);
}

/* ---- the gate --------------------------------------------------------------------------- */

static unsigned distance(uint32_t a, uint32_t b)
{
	unsigned n = 0;

	for (a ^= b; a; a &= a - 1)
		n++;
	return n;
}

static void verdicts_are_far_apart(void **state)
{
	const uint32_t codes[] = { 0, COT_BOOT_ACCEPT(0), COT_BOOT_ACCEPT(1), COT_BOOT_AGAIN(0),
	                           COT_BOOT_AGAIN(1), UINT32_MAX };
	size_t i, k;

	(void)state;
	for (i = 0; i < 6; i++) {
		for (k = 0; k < i; k++)
			assert_true(distance(codes[i], codes[k]) >= 14);
	}
}

static void two_verdicts_open_the_gate(void **state)
{
	struct cot_boot boot;
	uint8_t slot;

	(void)state;
	for (slot = 0; slot < COT_SEC_SLOTS; slot++) {
		memset(&boot, 0, sizeof(boot));
		boot.slot = slot;
		boot.accept = COT_BOOT_ACCEPT(slot);
		boot.again = COT_BOOT_AGAIN(slot);
		assert_true(cot_boot_accepted(&boot, COT_BOOT_MASKED(WORD, slot)) == WORD);
		/* A word masked for the other slot, or not at all, does not come out. */
		assert_true(cot_boot_accepted(&boot, COT_BOOT_MASKED(WORD, slot ^ 1)) != WORD);
		assert_true(cot_boot_accepted(&boot, WORD) != WORD);
	}
}

static void nothing_else_opens_it(void **state)
{
	static const uint32_t values[] = { 0, 1, UINT32_MAX, COT_BOOT_ACCEPT(0), COT_BOOT_ACCEPT(1),
	                                   COT_BOOT_AGAIN(0), COT_BOOT_AGAIN(1),
	                                   ~COT_BOOT_ACCEPT(0), ~COT_BOOT_AGAIN(0),
	                                   COT_BOOT_GATE };
	const size_t n = sizeof(values) / sizeof(values[0]);
	struct cot_boot boot;
	size_t i, k;

	(void)state;
	memset(&boot, 0, sizeof(boot));
	for (i = 0; i < n; i++) {
		for (k = 0; k < n; k++) {
			boot.accept = values[i];
			boot.again = values[k];
			if (boot.again == COT_BOOT_PARTNER(boot.accept))
				continue;
			assert_true(cot_boot_accepted(&boot, COT_BOOT_MASKED(WORD, 0)) == 0);
			assert_true(cot_boot_accepted(&boot, WORD) == 0);
		}
	}
	for (i = 0; i < 64; i++) {
		boot.accept = COT_BOOT_ACCEPT(0) ^ (i < 32 ? 1u << i : 0);
		boot.again = COT_BOOT_AGAIN(0) ^ (i < 32 ? 0 : 1u << (i - 32));
		assert_true(cot_boot_accepted(&boot, COT_BOOT_MASKED(WORD, 0)) == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_wrong_is_seen_by_both),
		cmocka_unit_test(again_hashes_for_itself),
		cmocka_unit_test(again_needs_a_record),
		cmocka_unit_test(verdicts_are_far_apart),
		cmocka_unit_test(two_verdicts_open_the_gate),
		cmocka_unit_test(nothing_else_opens_it),
	};

	return cmocka_run_group_tests_name("secondary_boot_verdict", tests, NULL, NULL);
}
