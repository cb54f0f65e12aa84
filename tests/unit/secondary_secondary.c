/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a whole node: updates on different boards, lost state, recovery.
 */
#include "secondary/secondary.h"

#include "metadata/report.h"
#include "tests/sim/secondary.h"

#include <limits.h>
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
	return 0;
}

static int end(void **state)
{
	(void)state;
	sim_secondary_free(s);
	sim_world_free(w);
	return 0;
}

static void many_updates(void **state)
{
	char name[32];
	unsigned i;

	(void)state;
	assert_int_equal(sim_secondary_update(s, "a-2.bin"), COT_OK);
	for (i = 3; i < 12; i++) {
		snprintf(name, sizeof(name), "a-%u.bin", i);
		sim_secondary_release(s, name, i);
		if (i % 4 == 0)
			sim_publish(w, SIM_DIRECTOR, COT_ROLE_ROOT);
		assert_int_equal(sim_secondary_update(s, name), COT_OK);
	}
	assert_int_equal(s->node.store.state.component[0].counter, 11);
}

/* A flash driver that works in the background. */
static void asynchronous_flash(void **state)
{
	(void)state;
	s->flash.pending = 3;
	assert_int_equal(sim_secondary_update(s, "a-2.bin"), COT_OK);
}

/* No memory map: documents and record pass through the window. */
static void window_instead_of_map(void **state)
{
	(void)state;
	sim_flash_unmapped(&s->flash);
	sim_secondary_reset(s, false);
	sim_replace_key(w, SIM_DIRECTOR, COT_ROLE_TARGETS, SIM_DIRECTOR_TARGETS, SIM_SPARE);
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_ROOT);
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	assert_int_equal(sim_secondary_update(s, "a-2.bin"), COT_OK);
	sim_secondary_release(s, "a-3.bin", 3);
	assert_int_equal(sim_secondary_update(s, "a-3.bin"), COT_OK);
}

/* Other flash: other pages, units, erased values. */
static void other_geometries(void **state)
{
	static const struct sim_flash_geometry geometries[] = {
		{ 8192, 32, 2, 4, 16, 40960, 0xFF },
		{ 2048, 1, 4, 16, 16, 32768, 0x00 },
		{ 4096, 4, 3, 8, 16, 24576, 0xFF },
	};
	size_t i;

	for (i = 0; i < sizeof(geometries) / sizeof(geometries[0]); i++) {
		(void)end(state);
		w = sim_world_new();
		s = sim_secondary_new(w, &geometries[i]);
		sim_secondary_release(s, "a-2.bin", 2);
		assert_int_equal(sim_secondary_update(s, "a-2.bin"), COT_OK);
		sim_secondary_release(s, "a-3.bin", 3);
		assert_int_equal(sim_secondary_update(s, "a-3.bin"), COT_OK);
	}
}

/* Every state page is gone: the root of trust of the factory is left, nothing boots,
 * and an ordinary update brings the node back. */
static void lost_state_is_recovery_mode(void **state)
{
	struct cot_node_status n;

	(void)state;
	assert_int_equal(sim_secondary_update(s, "a-2.bin"), COT_OK);
	memset(s->flash.mem[COT_REGION_STATE], 0x5A, s->flash.flash.region[COT_REGION_STATE].size);
	sim_secondary_reset(s, false);
	assert_false(s->boot.image);
	assert_int_equal(sim_secondary_node(s, &n), COT_OK);
	assert_int_equal(n.mode, COT_MODE_RECOVERY);
	assert_int_equal(n.root_version, 1);
	assert_int_equal(n.budget, COT_SEC_BUDGET);
	assert_int_equal(n.last, COT_E_STORE);
	assert_int_equal(s->node.store.ledger.last, COT_E_STORE);
	assert_true(s->node.store.ledger.report > 0 ||
	            s->node.store.state.trust.time_floor_s <= 0);
	assert_int_equal(sim_secondary_update(s, "a-2.bin"), COT_OK);
	assert_true(sim_secondary_runs(s, "a-2.bin"));
}

/* A node that leaves the factory lost nothing. */
static void factory_state_is_no_damage(void **state)
{
	uint32_t size = s->flash.flash.region[COT_REGION_STATE].size;

	(void)state;
	memset(s->flash.mem[COT_REGION_STATE], 0xFF, size);
	sim_secondary_reset(s, false);
	assert_int_not_equal(s->node.last, COT_E_STORE);
	assert_int_equal(s->node.store.ledger.last, COT_OK);
	assert_int_equal(s->node.store.ledger.report, 0);
}

/* The newest record rots: the one before it counts, and the node says so, also
 * after the next reset, until an update went well. */
static void rotten_record_is_told(void **state)
{
	struct cot_record_log *log = &s->node.store.log;
	uint32_t at;

	(void)state;
	assert_int_equal(sim_secondary_update(s, "a-2.bin"), COT_OK);
	at = log->page + log->tail;
	assert_int_equal(cot_sec_commit_ledger(&s->node.store, &s->node.store.ledger), COT_OK);
	s->flash.mem[COT_REGION_STATE][at + 5] ^= 1;
	sim_secondary_reset(s, false);
	assert_int_equal(s->node.last, COT_E_STORE);
	sim_secondary_reset(s, false);
	assert_int_equal(s->node.store.ledger.last, COT_E_STORE);
	assert_int_equal(sim_secondary_update(s, "a-2.bin"), COT_OK);
	assert_int_equal(s->node.store.ledger.last, COT_OK);
	sim_secondary_reset(s, false);
	assert_int_equal(s->node.last, COT_OK);
}

/* The same of a whole page: an older one counts. */
static void rotten_page_is_told(void **state)
{
	(void)state;
	s->flash.mem[COT_REGION_STATE][s->node.store.log.page] ^= 1;
	sim_secondary_reset(s, false);
	assert_int_equal(s->node.last, COT_E_STORE);
	assert_int_equal(s->node.store.ledger.last, COT_E_STORE);
}

/* Both images damaged: nothing boots, and the next update repairs it. */
static void both_slots_bad_is_recovery_mode(void **state)
{
	struct cot_component_status c;
	struct cot_slice sealed;
	struct cot_report r;

	(void)state;
	assert_int_equal(sim_secondary_update(s, "a-2.bin"), COT_OK);
	s->flash.mem[COT_REGION_SLOT_A][5] ^= 1;
	s->flash.mem[COT_REGION_SLOT_B][5] ^= 1;
	sim_secondary_reset(s, false);
	assert_int_equal(s->node.mode, COT_MODE_RECOVERY);
	assert_int_equal(s->node.last, COT_E_ROLLBACK); /* slot A is below the counter, too */
	assert_int_equal(sim_secondary_component(s, &c), COT_OK);
	assert_int_equal(c.slot, COT_NO_SLOT);
	assert_int_equal(sim_secondary_report(s, &sealed), COT_OK);
	assert_int_equal(cot_report_parse_unverified(sealed, &r), COT_OK);
	assert_true(cot_slice_is(r.state, "recovery"));
	assert_int_equal(r.length, 0);
	/* What was confirmed is what is ordered: it has to be sent again. */
	assert_int_equal(sim_secondary_update(s, "a-2.bin"), COT_OK);
	assert_true(sim_secondary_runs(s, "a-2.bin"));
	assert_int_equal(s->node.running, 0);
}

/* ---- errors that pass ----------------------------------------------------------------- */

enum trouble { WRONG_BIT, FAILS, TROUBLES };

static enum cot_err (*sound_read)(void *ctx, enum cot_region region, uint32_t offset, void *ret,
                                  uint32_t len);
static unsigned reads, bad_from, bad_to;
static enum trouble trouble;

static enum cot_err passing_read(void *ctx, enum cot_region region, uint32_t offset, void *ret,
                                 uint32_t len)
{
	enum cot_err err = sound_read(ctx, region, offset, ret, len);
	unsigned n = reads++;

	if (n < bad_from || n >= bad_to)
		return err;
	((uint8_t *)ret)[len / 2] ^= 0x10;
	return trouble == FAILS ? COT_E_FLASH : err;
}

/* Boots from where it is; the reads from one number to another go wrong meanwhile. */
static enum cot_err boot_with(unsigned from, unsigned to, struct cot_boot *ret)
{
	enum cot_err err;

	assert_int_equal(cot_sec_init(&s->node, &s->port, 0), COT_OK);
	sound_read = s->flash.flash.read;
	s->flash.flash.read = passing_read;
	reads = 0;
	bad_from = from;
	bad_to = to;
	err = cot_sec_boot(&s->node, ret);
	s->flash.flash.read = sound_read;
	return err;
}

/* Each read of a boot once, from the settling of the last one to the last verdict. */
static void no_single_read_keeps_it_from_booting(void **state)
{
	uint8_t *before = sim_flash_snapshot(&s->flash);
	struct cot_boot boot;
	unsigned i, n, all;

	(void)state;
	assert_int_equal(boot_with(0, 0, &boot), COT_OK);
	all = reads;
	assert_true(all > 10);
	for (i = 0; i < TROUBLES; i++) {
		trouble = (enum trouble)i;
		for (n = 0; n < all; n++) {
			assert_int_equal(boot_with(n, n + 1, &boot), COT_OK);
			assert_true(boot.image);
			assert_int_equal(boot.slot, 0);
			assert_true(cot_boot_accepted(&boot, COT_BOOT_MASKED(1, 0)) == 1);
			assert_int_equal(s->node.last, COT_OK);
			assert_true(sim_flash_equal(&s->flash, before));
		}
	}
	free(before);
}

/* At the last boot of a trial, too: the record that it confirmed itself is not lost. */
static void no_single_read_loses_a_confirmation(void **state)
{
	const struct cot_sec_component *c = &s->node.store.state.component[0];
	struct cot_boot boot;
	uint8_t *before;
	unsigned n, all;

	(void)state;
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_int_equal(sim_secondary_install(s, "a-2.bin"), COT_OK);
	assert_int_equal(sim_secondary_activate(s), COT_OK);
	for (n = 1; n <= COT_SEC_TRIALS; n++) {
		assert_int_equal(boot_with(0, 0, &boot), COT_OK);
		assert_true(boot.trial);
		assert_int_equal(c->attempts, n);
	}
	assert_int_equal(cot_confirm_write(&s->flash.flash, &boot.handed), COT_OK);
	before = sim_flash_snapshot(&s->flash);
	assert_int_equal(boot_with(0, 0, &boot), COT_OK);
	all = reads;
	for (n = 0; n < TROUBLES * all; n++) {
		sim_flash_restore(&s->flash, before);
		trouble = (enum trouble)(n / all);
		assert_int_equal(boot_with(n % all, n % all + 1, &boot), COT_OK);
		assert_true(boot.image);
		assert_int_equal(boot.slot, 1);
		assert_false(boot.trial);
		assert_int_equal(c->slot[1].state, COT_SEC_SLOT_CONFIRMED);
		assert_int_equal(c->counter, 2);
	}
	free(before);
}

/* Nor does one cost a trial, of which there are three, or end it at the last. */
static void no_single_read_costs_a_trial(void **state)
{
	const struct cot_sec_component *c = &s->node.store.state.component[0];
	struct cot_boot boot;
	uint8_t *before;
	unsigned n, all, attempt, trials;

	(void)state;
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_int_equal(sim_secondary_install(s, "a-2.bin"), COT_OK);
	assert_int_equal(sim_secondary_activate(s), COT_OK);
	for (attempt = 1; attempt <= COT_SEC_TRIALS; attempt++) {
		before = sim_flash_snapshot(&s->flash);
		assert_int_equal(boot_with(0, 0, &boot), COT_OK);
		all = reads;
		trials = 0;
		for (n = 0; n < TROUBLES * all; n++) {
			sim_flash_restore(&s->flash, before);
			trouble = (enum trouble)(n / all);
			assert_int_equal(boot_with(n % all, n % all + 1, &boot), COT_OK);
			assert_true(boot.image);
			assert_int_equal(boot.slot, boot.trial ? 1 : 0);
			assert_int_equal(c->attempts, boot.trial ? attempt : attempt - 1);
			assert_int_equal(cot_sec_component_pending(c), 1);
			/* One that could not be recorded was not begun. */
			assert_int_equal(boot.why, boot.trial ? COT_OK : COT_E_STORE);
			trials += boot.trial;
		}
		assert_true(trials > TROUBLES * all * 3 / 4);
		sim_flash_restore(&s->flash, before);
		assert_int_equal(boot_with(0, 0, &boot), COT_OK);
		free(before);
	}
}

/* What stays wrong is refused as ever, after a second try and no third. */
static void what_stays_wrong_keeps_it(void **state)
{
	uint8_t *before = sim_flash_snapshot(&s->flash);
	struct cot_boot boot;
	unsigned i, all;

	(void)state;
	for (i = 0; i < TROUBLES; i++) {
		trouble = (enum trouble)i;
		(void)!boot_with(0, UINT_MAX, &boot);
		all = reads;
		assert_false(boot.image);
		assert_true(cot_boot_accepted(&boot, COT_BOOT_MASKED(1, 0)) != 1);
		assert_int_equal(s->node.last, i == FAILS ? COT_E_FLASH : COT_E_HASH_MISMATCH);
		(void)!boot_with(0, all, &boot);
		assert_int_equal(reads, all);
		assert_true(sim_flash_equal(&s->flash, before));
	}
	free(before);
}

static void state_of_another_build_is_not_read(void **state)
{
	struct cot_sec_state next;

	(void)state;
	next = s->node.store.state;
	next.components = 0;
	assert_int_equal(cot_sec_commit(&s->node.store, &next), COT_OK);
	sim_secondary_reset(s, false);
	assert_int_equal(s->node.store.state.components, 1);
	assert_int_equal(s->node.mode, COT_MODE_RECOVERY);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(many_updates),
		TEST(asynchronous_flash),
		TEST(window_instead_of_map),
		TEST(other_geometries),
		TEST(lost_state_is_recovery_mode),
		TEST(factory_state_is_no_damage),
		TEST(rotten_record_is_told),
		TEST(rotten_page_is_told),
		TEST(both_slots_bad_is_recovery_mode),
		TEST(no_single_read_keeps_it_from_booting),
		TEST(no_single_read_loses_a_confirmation),
		TEST(no_single_read_costs_a_trial),
		TEST(what_stays_wrong_keeps_it),
		TEST(state_of_another_build_is_not_read),
	};

	return cmocka_run_group_tests_name("secondary_secondary", tests, NULL, NULL);
}
