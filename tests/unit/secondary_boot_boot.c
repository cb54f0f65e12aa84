/* SPDX-License-Identifier: Apache-2.0
 *
 * The boot decision as a table: what is in the slots, what boots, what is recorded
 * before the jump, in the slot and by copy.
 */
#include "secondary/boot/boot.h"

#include "tests/sim/secondary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NO COT_SEC_SLOTS
#define RUN_LEN (32u * 1024u)
#define WORD 0x20001234u

struct bench {
	struct sim_world *w;
	struct sim_secondary *s; /* flash, port and store are used; the node is not run */
	struct cot_sec_store store;
	uint8_t run[RUN_LEN];
	/* A flash that changes its mind: of one region, reads from number `from` to `to`
	 * answer with one bit more or less, or fail. */
	struct cot_flash flash;
	enum cot_region region;
	unsigned reads, from, to;
	bool fails;
};

/* One slot of a case: its state, its counter, and whether its bytes are sound. */
struct put {
	enum cot_sec_slot_state state;
	uint64_t counter;
	bool damaged;
};

struct row {
	const char *name;
	struct put a, b;
	uint8_t active;
	uint64_t counter;
	uint8_t attempts;
	uint8_t boots;     /* slot, or NO */
	bool trial;
	enum cot_err why;
	uint8_t active_after;
};

#define EMPTY { COT_SEC_SLOT_EMPTY, 0, false }
#define STAGED(n) { COT_SEC_SLOT_STAGED, n, false }
#define ACTIVATED(n) { COT_SEC_SLOT_ACTIVATED, n, false }
#define TRIAL(n) { COT_SEC_SLOT_TRIAL, n, false }
#define CONFIRMED(n) { COT_SEC_SLOT_CONFIRMED, n, false }
#define REVERTED(n) { COT_SEC_SLOT_REVERTED, n, false }
#define DAMAGED(state, n) { COT_SEC_SLOT_##state, n, true }

static const struct row rows[] = {
	{ "the factory image", CONFIRMED(1), EMPTY, 0, 1, 0, 0, false, COT_OK, 0 },
	{ "staged is not activated", CONFIRMED(1), STAGED(2), 0, 1, 0, 0, false, COT_OK, 0 },
	{ "activated is tried", CONFIRMED(1), ACTIVATED(2), 0, 1, 0, 1, true, COT_OK, 0 },
	{ "second trial", CONFIRMED(1), TRIAL(2), 0, 1, 1, 1, true, COT_OK, 0 },
	{ "third trial", CONFIRMED(1), TRIAL(2), 0, 1, 2, 1, true, COT_OK, 0 },
	{ "no fourth trial", CONFIRMED(1), TRIAL(2), 0, 1, 3, 0, false, COT_OK, 0 },
	{ "reverted stays out", CONFIRMED(1), REVERTED(2), 0, 1, 0, 0, false, COT_OK, 0 },
	{ "confirmed last", CONFIRMED(1), CONFIRMED(2), 1, 2, 0, 1, false, COT_OK, 1 },
	{ "no fallback below the counter", CONFIRMED(1), DAMAGED(CONFIRMED, 2), 1, 2, 0, NO, false,
	  COT_E_ROLLBACK, 1 },
	{ "fallback of equal counter", CONFIRMED(2), DAMAGED(CONFIRMED, 2), 1, 2, 0, 0, false,
	  COT_E_HASH_MISMATCH, 0 },
	{ "both damaged", DAMAGED(CONFIRMED, 2), DAMAGED(CONFIRMED, 2), 0, 2, 0, NO, false,
	  COT_E_HASH_MISMATCH, 0 },
	{ "damaged before its trial", CONFIRMED(1), DAMAGED(ACTIVATED, 2), 0, 1, 0, 0, false,
	  COT_E_HASH_MISMATCH, 0 },
	{ "activated below the counter", CONFIRMED(3), ACTIVATED(2), 0, 3, 0, 0, false,
	  COT_E_ROLLBACK, 0 },
	{ "nothing at all", EMPTY, EMPTY, NO, 1, 0, NO, false, COT_OK, NO },
	{ "first install after recovery", ACTIVATED(1), EMPTY, NO, 1, 0, 0, true, COT_OK, NO },
};

static void bench_begin(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	b->w = sim_world_new();
	b->s = sim_secondary_new(b->w, &sim_flash_posix);
	assert_int_equal(cot_sec_store_mount(&b->store, &b->s->flash.flash), COT_OK);
}

static void bench_end(struct bench *b)
{
	sim_secondary_free(b->s);
	sim_world_free(b->w);
}

/* Both slots hold the factory image's bytes; a damaged one has one bit less. */
static void put_slot(struct bench *b, struct cot_sec_state *state, uint8_t slot,
                     const struct put *put)
{
	const struct sim_artifact *a = sim_secondary_artifact(b->s, "a-1.bin");
	uint8_t *mem = b->s->flash.mem[cot_sec_slot_region(slot)];
	struct cot_sec_slot *s = &state->component[0].slot[slot];
	static const struct cot_sec_slot none;

	memcpy(mem, a->bytes, a->len);
	if (put->damaged)
		mem[a->len - 1] ^= 0x04;
	*s = none;
	if (put->state == COT_SEC_SLOT_EMPTY)
		return;
	s->state = put->state;
	s->counter = put->counter;
	s->len = (uint32_t)a->len;
	cot_hash_once(&cot_crypto_full, COT_HASH_SHA256, cot_slice(a->bytes, a->len), s->sha256);
}

static const struct sim_artifact *factory_image(const struct bench *b)
{
	return sim_secondary_artifact(b->s, "a-1.bin");
}

/* From here on images are copied to memory that holds something else. */
static void use_copy(struct bench *b)
{
	memset(b->run, 0xA5, sizeof(b->run));
	b->s->port.run = b->run;
	b->s->port.run_len = RUN_LEN;
}

static enum cot_err unsteady_read(void *ctx, enum cot_region region, uint32_t offset, void *ret,
                                  uint32_t len)
{
	struct bench *b = ctx;
	const struct cot_flash *below = &b->s->flash.flash;
	enum cot_err err = below->read(below->ctx, region, offset, ret, len);

	if (region != b->region)
		return err;
	if (b->reads >= b->from && b->reads < b->to) {
		((uint8_t *)ret)[len / 2] ^= 0x10;
		err = b->fails ? COT_E_FLASH : err;
	}
	b->reads++;
	return err;
}

static enum cot_err program(void *ctx, enum cot_region region, uint32_t offset,
                            struct cot_slice data)
{
	const struct cot_flash *below = &((struct bench *)ctx)->s->flash.flash;

	return below->program(below->ctx, region, offset, data);
}

static enum cot_err erase(void *ctx, enum cot_region region, uint32_t offset)
{
	const struct cot_flash *below = &((struct bench *)ctx)->s->flash.flash;

	return below->erase(below->ctx, region, offset);
}

static enum cot_err is_blank(void *ctx, enum cot_region region, uint32_t offset, uint32_t len,
                             bool *ret)
{
	const struct cot_flash *below = &((struct bench *)ctx)->s->flash.flash;

	return below->is_blank(below->ctx, region, offset, len, ret);
}

static void use_unsteady_flash(struct bench *b, enum cot_region region, unsigned from,
                               unsigned to)
{
	b->flash = b->s->flash.flash;
	b->flash.ctx = b;
	b->flash.read = unsteady_read;
	b->flash.program = program;
	b->flash.erase = erase;
	b->flash.is_blank = is_blank;
	b->region = region;
	b->reads = 0;
	b->from = from;
	b->to = to;
	b->s->port.flash = &b->flash;
	assert_int_equal(cot_sec_store_mount(&b->store, &b->flash), COT_OK);
}

static bool blank(const uint8_t *p, size_t len)
{
	while (len > 0 && p[len - 1] == 0)
		len--;
	return len == 0;
}

/* What a port would come to: the word for the image that boots, or 0; and the run
 * memory holds that image, or nothing. */
static void assert_gate(const struct bench *b, const struct cot_boot *boot)
{
	const struct sim_artifact *a = factory_image(b);
	uint8_t slot;

	assert_true(cot_boot_accepted(boot, COT_BOOT_MASKED(WORD, boot->slot)) ==
	            (boot->image ? WORD : 0));
	for (slot = 0; slot < 2; slot++)
		assert_true(slot == boot->slot ||
		            cot_boot_accepted(boot, COT_BOOT_MASKED(WORD, slot)) != WORD);
	if (!boot->image) {
		assert_int_equal(boot->slot, NO);
		assert_false(boot->trial);
	}
	if (b->s->port.run && boot->image)
		assert_memory_equal(b->run, a->bytes, a->len);
	else if (b->s->port.run)
		assert_true(blank(b->run, RUN_LEN));
}

static void put_row(struct bench *b, const struct row *row)
{
	struct cot_sec_state state = b->store.state;

	put_slot(b, &state, 0, &row->a);
	put_slot(b, &state, 1, &row->b);
	state.component[0].active = row->active;
	state.component[0].counter = row->counter;
	state.component[0].attempts = row->attempts;
	assert_int_equal(cot_sec_commit(&b->store, &state), COT_OK);
}

static void boots_as_told(const struct row *row, bool copy)
{
	static struct bench b;
	const struct cot_sec_component *c = &b.store.state.component[0];
	struct cot_boot boot;

	bench_begin(&b);
	put_row(&b, row);
	if (copy)
		use_copy(&b);
	assert_int_equal(cot_boot_settle_at_reset(&b.store, &b.s->port, 0), COT_OK);
	assert_int_equal(cot_boot_choose(&b.store, &b.s->port, 0, &boot), COT_OK);
	if (boot.slot != row->boots || boot.image != (row->boots != NO) ||
	    boot.trial != row->trial || boot.why != row->why || c->active != row->active_after)
		fail_msg("%s: slot %u, trial %d, %s, active %u", row->name, boot.slot, boot.trial,
		         cot_err_word(boot.why), c->active);
	assert_gate(&b, &boot);
	bench_end(&b);
}

static void the_table_boots(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		boots_as_told(&rows[i], false);
		boots_as_told(&rows[i], true);
	}
}

static const struct row trial_row = { "", CONFIRMED(1), ACTIVATED(2), 0, 1, 0, 1, true, COT_OK,
                                      0 };

/* What a trial leaves in flash before anything jumps. */
static void attempt_is_recorded_first(void **state)
{
	static struct bench b;
	static struct cot_sec_store again;
	const struct cot_sec_component *c = &again.state.component[0];
	struct cot_confirm old = { 1, { 0 }, { 0 } }, found;
	struct cot_boot first, second;

	(void)state;
	bench_begin(&b);
	put_row(&b, &trial_row);
	assert_int_equal(cot_confirm_write(&b.s->flash.flash, &old), COT_OK);
	assert_int_equal(cot_boot_choose(&b.store, &b.s->port, 0, &first), COT_OK);
	assert_int_equal(cot_sec_store_mount(&again, &b.s->flash.flash), COT_OK);
	assert_int_equal(c->slot[1].state, COT_SEC_SLOT_TRIAL);
	assert_int_equal(c->attempts, 1);
	assert_memory_equal(c->trial, first.handed.trial, sizeof(c->trial));
	assert_int_equal(cot_confirm_read(&b.s->flash.flash, &found), COT_E_NOT_FOUND);
	assert_int_equal(cot_boot_choose(&b.store, &b.s->port, 0, &second), COT_OK);
	assert_memory_not_equal(first.handed.trial, second.handed.trial, sizeof(c->trial));
	bench_end(&b);
}

/* Without a record of the attempt nothing is tried. */
static void no_record_no_trial(void **state)
{
	static struct bench b;
	struct cot_boot boot;
	unsigned dead;

	(void)state;
	for (dead = 0; dead < 2; dead++) {
		bench_begin(&b);
		put_row(&b, &trial_row);
		b.s->flash.dead = 1u << (dead ? COT_REGION_APP : COT_REGION_STATE);
		assert_int_equal(cot_boot_choose(&b.store, &b.s->port, 0, &boot), COT_OK);
		assert_true(boot.image && !boot.trial); /* the confirmed one */
		assert_int_equal(boot.slot, 0);
		assert_int_equal(boot.why, COT_E_FLASH);
		assert_gate(&b, &boot);
		assert_int_equal(b.store.state.component[0].slot[1].state, COT_SEC_SLOT_ACTIVATED);
		bench_end(&b);
	}
}

/* ---- confirm records -------------------------------------------------------------------------- */

static void only_the_record_of_this_trial_confirms(void **state)
{
	static struct bench b;
	struct cot_boot boot;
	unsigned wrong;

	(void)state;
	for (wrong = 0; wrong < 4; wrong++) {
		const struct cot_sec_component *c = &b.store.state.component[0];
		struct cot_confirm record;

		bench_begin(&b);
		put_row(&b, &trial_row);
		assert_int_equal(cot_boot_choose(&b.store, &b.s->port, 0, &boot), COT_OK);
		record = boot.handed;
		record.slot ^= wrong == 1;
		record.sha256[31] ^= wrong == 2;
		record.trial[0] ^= wrong == 3;
		assert_int_equal(cot_confirm_write(&b.s->flash.flash, &record), COT_OK);
		assert_int_equal(cot_boot_settle(&b.store, &b.s->port, 0), COT_OK);
		if (wrong) {
			assert_int_equal(c->slot[1].state, COT_SEC_SLOT_TRIAL);
			assert_int_equal(c->counter, 1);
			assert_int_equal(c->active, 0);
		} else {
			assert_int_equal(c->slot[1].state, COT_SEC_SLOT_CONFIRMED);
			assert_int_equal(c->counter, 2);
			assert_int_equal(c->active, 1);
			assert_int_equal(c->attempts, 0);
		}
		bench_end(&b);
	}
}

static void third_failure_reverts(void **state)
{
	static struct bench b;
	const struct cot_sec_component *c = &b.store.state.component[0];
	struct cot_boot boot;
	int i;

	(void)state;
	bench_begin(&b);
	put_row(&b, &trial_row);
	for (i = 1; i <= 3; i++) {
		assert_int_equal(cot_boot_settle_at_reset(&b.store, &b.s->port, 0), COT_OK);
		assert_int_equal(cot_boot_choose(&b.store, &b.s->port, 0, &boot), COT_OK);
		assert_true(boot.trial);
		assert_int_equal(c->attempts, i);
		assert_false(c->reverted);
	}
	assert_int_equal(cot_boot_settle_at_reset(&b.store, &b.s->port, 0), COT_OK);
	assert_true(c->reverted);
	assert_int_equal(c->slot[1].state, COT_SEC_SLOT_REVERTED);
	assert_memory_equal(c->reverted_sha256, c->slot[1].sha256, COT_SHA256_LEN);
	assert_int_equal(c->attempts, 3);
	assert_int_equal(cot_boot_choose(&b.store, &b.s->port, 0, &boot), COT_OK);
	assert_int_equal(boot.slot, 0);
	assert_false(boot.trial);
	assert_int_equal(c->counter, 1);
	bench_end(&b);
}

/* The last attempt may still confirm itself, seen at the next reset. */
static void late_confirmation_counts(void **state)
{
	static const struct row row = { "", CONFIRMED(1), TRIAL(2), 0, 1, 2, 1, true, COT_OK, 0 };
	static struct bench b;
	struct cot_boot boot;

	(void)state;
	bench_begin(&b);
	put_row(&b, &row);
	assert_int_equal(cot_boot_choose(&b.store, &b.s->port, 0, &boot), COT_OK);
	assert_int_equal(cot_confirm_write(&b.s->flash.flash, &boot.handed), COT_OK);
	assert_int_equal(cot_boot_settle_at_reset(&b.store, &b.s->port, 0), COT_OK);
	assert_int_equal(b.store.state.component[0].slot[1].state, COT_SEC_SLOT_CONFIRMED);
	bench_end(&b);
}

/* The record is read twice, and has to say the same. */
static void a_record_that_comes_and_goes_confirms_nothing(void **state)
{
	static struct bench b;
	const struct cot_sec_component *c = &b.store.state.component[0];
	struct cot_boot boot;
	unsigned bad;

	(void)state;
	for (bad = 0; bad < 3; bad++) {
		bench_begin(&b);
		put_row(&b, &trial_row);
		assert_int_equal(cot_boot_choose(&b.store, &b.s->port, 0, &boot), COT_OK);
		assert_int_equal(cot_confirm_write(&b.s->flash.flash, &boot.handed), COT_OK);
		use_unsteady_flash(&b, COT_REGION_APP, bad, bad + 1);
		assert_int_equal(cot_boot_settle(&b.store, &b.s->port, 0),
		                 bad == 1 ? COT_E_NOT_FOUND : COT_OK);
		assert_int_equal(c->slot[1].state, bad < 2 ? COT_SEC_SLOT_TRIAL
		                                           : COT_SEC_SLOT_CONFIRMED);
		assert_int_equal(c->counter, bad < 2 ? 1 : 2);
		bench_end(&b);
	}
}

/* A slot record that is longer than the slot is no image. */
static void impossible_length_does_not_boot(void **state)
{
	static struct bench b;
	struct cot_sec_state next;
	struct cot_boot boot;

	(void)state;
	bench_begin(&b);
	next = b.store.state;
	next.component[0].slot[0].len = 64 * 1024 + 1;
	assert_int_equal(cot_sec_commit(&b.store, &next), COT_OK);
	assert_int_equal(cot_boot_choose(&b.store, &b.s->port, 0, &boot), COT_OK);
	assert_false(boot.image);
	assert_int_equal(boot.why, COT_E_RECORD);
	bench_end(&b);
}

/* ---- the copy is what counts ------------------------------------------------------------------- */

/* The slot's first reading is what runs; what it says later is nobody's concern. */
static void the_copy_is_judged(void **state)
{
	static struct bench b;
	unsigned reads;
	struct cot_boot boot;

	(void)state;
	bench_begin(&b);
	put_row(&b, &trial_row);
	use_copy(&b);
	use_unsteady_flash(&b, COT_REGION_SLOT_B, 0, 0);
	assert_int_equal(cot_boot_choose(&b.store, &b.s->port, 0, &boot), COT_OK);
	assert_int_equal(boot.slot, 1);
	reads = b.reads;
	assert_int_equal(reads, (factory_image(&b)->len + 1023) / 1024);
	/* Sound when it is copied, other bytes from then on. */
	use_copy(&b);
	use_unsteady_flash(&b, COT_REGION_SLOT_B, reads, UINT32_MAX);
	assert_int_equal(cot_boot_choose(&b.store, &b.s->port, 0, &boot), COT_OK);
	assert_int_equal(boot.slot, 1);
	assert_int_equal(b.reads, reads);
	assert_gate(&b, &boot);
	/* Other bytes whenever it is copied, sound from then on. */
	use_copy(&b);
	use_unsteady_flash(&b, COT_REGION_SLOT_B, reads - 1, 2 * reads);
	assert_int_equal(cot_boot_choose(&b.store, &b.s->port, 0, &boot), COT_OK);
	assert_int_equal(boot.slot, 0);
	assert_int_equal(boot.why, COT_E_HASH_MISMATCH);
	assert_gate(&b, &boot);
	bench_end(&b);
}

static const struct row confirmed_row = { "", CONFIRMED(1), CONFIRMED(1), 1, 1, 0, 1, false,
	                                  COT_OK, 1 };

/* A case for each: what is in slot B, where it runs, how a read of it goes wrong. */
struct misread {
	const struct row *row;
	bool copy, fails;
};
static const struct misread misreads[] = {
	{ &trial_row, false, false },     { &trial_row, false, true },
	{ &trial_row, true, false },      { &trial_row, true, true },
	{ &confirmed_row, false, false }, { &confirmed_row, false, true },
	{ &confirmed_row, true, false },  { &confirmed_row, true, true }
};
#define MISREADS (sizeof(misreads) / sizeof(misreads[0]))

static void boot_misreading(struct bench *b, const struct misread *m, unsigned from, unsigned to,
                            struct cot_boot *ret)
{
	bench_begin(b);
	put_row(b, m->row);
	if (m->copy)
		use_copy(b);
	use_unsteady_flash(b, COT_REGION_SLOT_B, from, to);
	b->fails = m->fails;
	assert_int_equal(cot_boot_choose(&b->store, &b->s->port, 0, ret), COT_OK);
	assert_gate(b, ret);
}

/* In its slot a sound image is read by either evaluation. */
static unsigned reads_of_image(struct bench *b, const struct misread *m)
{
	struct cot_boot boot;

	boot_misreading(b, m, 0, 0, &boot);
	assert_int_equal(boot.slot, 1);
	bench_end(b);
	return b->reads / (m->copy ? 1 : 2);
}

/* Whichever read of an image goes wrong, it boots, and nothing is recorded of it. */
static void one_misread_condemns_nothing(void **state)
{
	static struct bench b;
	const struct cot_sec_component *c = &b.store.state.component[0];
	struct cot_boot boot;
	unsigned i, n, reads;

	(void)state;
	for (i = 0; i < MISREADS; i++) {
		const struct row *row = misreads[i].row;

		reads = reads_of_image(&b, &misreads[i]);
		for (n = 0; n < reads; n++) {
			boot_misreading(&b, &misreads[i], n, n + 1, &boot);
			assert_int_equal(boot.slot, 1);
			assert_int_equal(boot.trial, row->trial);
			assert_int_equal(boot.why, COT_OK);
			assert_int_equal(c->slot[1].state, row->trial ? COT_SEC_SLOT_TRIAL
			                                              : COT_SEC_SLOT_CONFIRMED);
			assert_int_equal(c->active, row->active);
			bench_end(&b);
		}
	}
}

/* In either reading: the slot is given up, or the other one takes its place. */
static void two_misreads_do(void **state)
{
	static struct bench b;
	const struct cot_sec_component *c = &b.store.state.component[0];
	struct cot_boot boot;
	unsigned i;

	(void)state;
	for (i = 0; i < MISREADS; i++) {
		const struct misread *m = &misreads[i];
		/* A reading ends at a read that fails. */
		unsigned each = m->fails ? 1 : reads_of_image(&b, m);

		boot_misreading(&b, m, 0, 2 * each, &boot);
		assert_int_equal(b.reads, 2 * each);
		assert_int_equal(boot.slot, 0);
		assert_false(boot.trial);
		assert_int_equal(boot.why, m->fails ? COT_E_FLASH : COT_E_HASH_MISMATCH);
		assert_int_equal(c->slot[1].state, m->row->trial ? COT_SEC_SLOT_EMPTY
		                                                 : COT_SEC_SLOT_CONFIRMED);
		assert_int_equal(c->active, 0);
		bench_end(&b);
	}
}

/* In its slot an image is read by either evaluation: both must find it sound. */
static void a_slot_that_changes_its_mind_does_not_boot(void **state)
{
	static struct bench b;
	struct cot_boot boot;
	unsigned reads;

	(void)state;
	bench_begin(&b);
	put_row(&b, &trial_row);
	use_unsteady_flash(&b, COT_REGION_SLOT_B, 0, 0);
	assert_int_equal(cot_boot_choose(&b.store, &b.s->port, 0, &boot), COT_OK);
	assert_int_equal(boot.slot, 1);
	reads = b.reads / 2;
	use_unsteady_flash(&b, COT_REGION_SLOT_B, reads, UINT32_MAX);
	assert_int_equal(cot_boot_choose(&b.store, &b.s->port, 0, &boot), COT_OK);
	assert_false(boot.image);
	assert_int_equal(boot.why, COT_E_HASH_MISMATCH);
	assert_gate(&b, &boot);
	bench_end(&b);
}

/* An image on trial that does not fit the run memory is given up, and the fallback
 * is refused for the same. */
static void what_does_not_fit_the_run_memory_does_not_boot(void **state)
{
	static struct bench b;
	struct cot_boot boot;

	(void)state;
	bench_begin(&b);
	put_row(&b, &trial_row);
	use_copy(&b);
	b.s->port.run_len = (uint32_t)factory_image(&b)->len;
	assert_int_equal(cot_boot_choose(&b.store, &b.s->port, 0, &boot), COT_OK);
	assert_int_equal(boot.slot, 1);
	b.s->port.run_len--;
	assert_int_equal(cot_boot_choose(&b.store, &b.s->port, 0, &boot), COT_OK);
	assert_false(boot.image);
	assert_int_equal(boot.why, COT_E_SLOT_SIZE);
	assert_int_equal(b.store.state.component[0].slot[1].state, COT_SEC_SLOT_EMPTY);
	assert_true(blank(b.run, b.s->port.run_len));
	assert_int_equal(b.run[b.s->port.run_len], factory_image(&b)->bytes[b.s->port.run_len]);
	bench_end(&b);
}

/* A floor that was misread into memory is neither believed nor written back. */
static void memory_beside_the_record_is_not_recorded(void **state)
{
	static const struct row row = { "", CONFIRMED(1), DAMAGED(CONFIRMED, 2), 1, 2, 0, NO, false,
	                                COT_E_ROLLBACK, 1 };
	static struct bench b;
	static struct cot_sec_store again;
	struct cot_boot boot;

	(void)state;
	bench_begin(&b);
	put_row(&b, &row);
	b.store.state.component[0].counter = 0;
	assert_int_equal(cot_boot_choose(&b.store, &b.s->port, 0, &boot), COT_E_STORE);
	assert_false(boot.image);
	assert_gate(&b, &boot);
	assert_int_equal(cot_sec_store_mount(&again, &b.s->flash.flash), COT_OK);
	assert_int_equal(again.state.component[0].counter, 2);
	bench_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_boots),
		cmocka_unit_test(attempt_is_recorded_first),
		cmocka_unit_test(no_record_no_trial),
		cmocka_unit_test(only_the_record_of_this_trial_confirms),
		cmocka_unit_test(third_failure_reverts),
		cmocka_unit_test(late_confirmation_counts),
		cmocka_unit_test(a_record_that_comes_and_goes_confirms_nothing),
		cmocka_unit_test(impossible_length_does_not_boot),
		cmocka_unit_test(the_copy_is_judged),
		cmocka_unit_test(one_misread_condemns_nothing),
		cmocka_unit_test(two_misreads_do),
		cmocka_unit_test(a_slot_that_changes_its_mind_does_not_boot),
		cmocka_unit_test(what_does_not_fit_the_run_memory_does_not_boot),
		cmocka_unit_test(memory_beside_the_record_is_not_recorded),
	};

	return cmocka_run_group_tests_name("secondary_boot_boot", tests, NULL, NULL);
}
