/* SPDX-License-Identifier: Apache-2.0
 *
 * Boots of the firmware: images that fail their trial, images and records that were
 * damaged while power was off, parts that the factory never saw.
 */
#include "tests/metal/backend.h"

#include "secondary/ports/mps2/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void order(struct metal_bench *b, const char *name)
{
	sim_secondary_order(b->s, SIM_SECONDARY_ECU, SIM_SECONDARY_HWID, name);
	sim_publish(b->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
}

static void release(struct metal_bench *b, const char *name, uint64_t counter)
{
	sim_secondary_usual(b->s, name, counter);
	order(b, name);
}

static void report_says(struct sim_secondary *s, const char *state, const char *name,
                        const char *attack)
{
	struct cot_report r;

	assert_int_equal(sim_secondary_verified_report(s, &r), COT_OK);
	assert_true(cot_slice_is(r.state, state));
	assert_true(cot_slice_is(r.filepath, name));
	assert_true(cot_slice_is(r.attack, attack));
}

static enum cot_node_mode mode_of(struct sim_secondary *s)
{
	return sim_secondary_view(s).mode;
}

/* An honest update in the end, whatever was before. */
static void heals(struct metal_bench *b, const char *name, uint64_t counter)
{
	release(b, name, counter);
	assert_int_equal(sim_secondary_update(b->s, name), COT_OK);
	assert_true(sim_secondary_runs(b->s, name));
}

#define HEAR_MS 300000 /* seconds, unless the host is busy */
#define CRASHED "stays in the loader: three crashes in a row\n"

/* ---- trials ------------------------------------------------------------------------------- */

static void install_on_trial(struct metal_bench *b, const char *name)
{
	assert_int_equal(sim_secondary_metadata(b->s), COT_OK);
	assert_int_equal(sim_secondary_install(b->s, name), COT_OK);
	assert_int_equal(sim_secondary_activate(b->s), COT_OK);
	assert_int_equal(sim_secondary_hard_reset(b->s), COT_OK);
}

/* Three boots, each ended as `end` says, then the image before. */
static void fails_its_trial(struct metal_bench *b, const char *name, const char *says,
                            const char *end)
{
	unsigned trials = metal_said(b->s, "boots slot B, on trial");
	unsigned ends = metal_said(b->s, end), said = metal_said(b->s, says);

	install_on_trial(b, name);
	assert_true(metal_hear(b->s, "boots slot B, on trial", trials + COT_SEC_TRIALS, HEAR_MS));
	assert_true(sim_secondary_runs(b->s, "a-1.bin"));
	assert_int_equal(metal_said(b->s, "boots slot B, on trial"), trials + COT_SEC_TRIALS);
	assert_int_equal(metal_said(b->s, end), ends + COT_SEC_TRIALS);
	assert_int_equal(metal_said(b->s, says), said + COT_SEC_TRIALS);
	assert_int_equal(metal_said(b->s, CRASHED), 0);
	report_says(b->s, "reverted", "a-1.bin", "");
}

/* Refused while the same Targets are trusted, also after a loss of power; newer ones
 * give it another try. */
static void waits_for_newer(struct metal_bench *b, const char *name)
{
	struct cot_stage_result r;

	assert_int_equal(sim_secondary_metadata(b->s), COT_OK);
	assert_int_equal(sim_secondary_stage(b->s, &r), COT_E_REVERTED);
	report_says(b->s, "reverted", "a-1.bin", "reverted");
	sim_secondary_reset(b->s, false);
	assert_int_equal(sim_secondary_metadata(b->s), COT_OK);
	assert_int_equal(sim_secondary_stage(b->s, &r), COT_E_REVERTED);
	order(b, name);
	assert_int_equal(sim_secondary_metadata(b->s), COT_OK);
	assert_int_equal(sim_secondary_stage(b->s, &r), COT_OK);
}

static void bad_image(struct metal_bench *b, const char *name, const char *says, const char *end)
{
	release(b, name, 2);
	fails_its_trial(b, name, says, end);
	waits_for_newer(b, name);
	heals(b, "a-3.bin", 3);
	report_says(b->s, "idle", "a-3.bin", "");
}

static void test_hang(void **state)
{
	bad_image(*state, "a-hangs.bin", "app: hangs\n", "watchdog at ");
}

static void test_crash(void **state)
{
	bad_image(*state, "a-crashes.bin", "app: crashes\n", "fault at ");
}

static void test_unwell(void **state)
{
	bad_image(*state, "a-unwell.bin", "app: self-test failed\n", "watchdog at ");
}

/* The second try that newer Targets gave ends as the first did. */
static void test_second_try(void **state)
{
	struct metal_bench *b = *state;

	release(b, "a-crashes.bin", 2);
	fails_its_trial(b, "a-crashes.bin", "app: crashes\n", "fault at ");
	waits_for_newer(b, "a-crashes.bin");
	fails_its_trial(b, "a-crashes.bin", "app: crashes\n", "fault at ");
	heals(b, "a-3.bin", 3);
}

/* It answers the bus and confirms nothing: what ends its boots is power. */
static void test_undecided(void **state)
{
	struct metal_bench *b = *state;
	unsigned i;

	release(b, "bad-2.bin", 2);
	assert_int_equal(sim_secondary_update(b->s, "bad-2.bin"), COT_E_TRIAL);
	report_says(b->s, "trial", "bad-2.bin", "");
	for (i = 1; i < COT_SEC_TRIALS; i++) {
		sim_secondary_reset(b->s, false);
		assert_int_equal(metal_said(b->s, "boots slot B, on trial"), i + 1);
	}
	sim_secondary_reset(b->s, false);
	report_says(b->s, "reverted", "a-1.bin", "");
	assert_true(sim_secondary_runs(b->s, "a-1.bin"));
	heals(b, "a-3.bin", 3);
}

/* An order of bytes that are no image for this board, signed as they are. */
static void test_no_image(void **state)
{
	struct metal_bench *b = *state;

	release(b, "a-2.bin", 2);
	memset(b->s->image[1].bytes, 0x5A, b->s->image[1].len);
	json_object_del(json_object_get(sim_signed(b->w, SIM_DIRECTOR, COT_ROLE_TARGETS),
	                                "targets"), "a-2.bin");
	order(b, "a-2.bin");
	install_on_trial(b, "a-2.bin");
	assert_true(metal_hear(b->s, "boots slot B, on trial", COT_SEC_TRIALS, HEAR_MS));
	assert_true(sim_secondary_runs(b->s, "a-1.bin"));
	assert_int_equal(metal_said(b->s, "boots slot B, on trial"), COT_SEC_TRIALS);
	heals(b, "a-3.bin", 3);
}

/* ---- confirmed images that crash ------------------------------------------------------------ */

static const char *factory_word;

static void factory_image(const struct sim_artifact *a)
{
	struct sim_artifact as = *a;

	if (strcmp(a->name, "a-1.bin") == 0)
		snprintf(as.name, sizeof(as.name), "a-%s.bin", factory_word);
	metal_backend.image(&as);
}

/* A node whose factory image is that application. */
static void power_on_with(struct metal_bench *b, const char *word)
{
	static struct sim_secondary_backend backend;

	sim_secondary_free(b->s);
	factory_word = word;
	backend = metal_backend;
	backend.image = factory_image;
	b->s = sim_secondary_open(b->w, &backend);
}

/* How often the console said one thing before it said the other for the n-th time. */
static unsigned said_before(struct metal_bench *b, const char *what, const char *mark, unsigned n)
{
	const char *text = metal_of(b->s)->console, *at = text;
	unsigned times = 0;

	while (n-- > 0) {
		at = strstr(at, mark);
		assert_non_null(at);
		at += strlen(mark);
	}
	while ((text = strstr(text, what)) && text < at) {
		times++;
		text += strlen(what);
	}
	return times;
}

/* Each crash but the third boots it again at once.  The loader waits as for a session,
 * goes back to the image when nobody comes, and counts anew; whoever comes can update. */
static void crashes_for_ever(struct metal_bench *b, const char *word, const char *end)
{
	power_on_with(b, word);
	assert_true(metal_hear(b->s, CRASHED, 2, HEAR_MS));
	assert_int_equal(said_before(b, end, CRASHED, 1), 3);
	assert_int_equal(said_before(b, "boots slot A\n", CRASHED, 1), 3);
	assert_int_equal(said_before(b, end, CRASHED, 2), 6);
	assert_int_equal(said_before(b, "boots slot A\n", CRASHED, 2), 6);
	assert_int_equal(mode_of(b->s), COT_MODE_LOADER);
	heals(b, "a-3.bin", 3);
	report_says(b->s, "idle", "a-3.bin", "");
	assert_int_equal(metal_said(b->s, "boots slot A\n"), 6);
}

static void test_confirmed_crash(void **state)
{
	crashes_for_ever(*state, "crashes", "fault at ");
}

static void test_confirmed_hang(void **state)
{
	crashes_for_ever(*state, "hangs", "watchdog at ");
}

/* However often a good one is reset, it boots at once. */
static void test_confirmed_good(void **state)
{
	struct metal_bench *b = *state;
	unsigned i;

	power_on_with(b, "good1");
	for (i = 0; i < 8; i++) {
		assert_int_equal(sim_secondary_hard_reset(b->s), COT_OK);
		assert_true(metal_hear(b->s, "boots slot A\n", i + 2, HEAR_MS));
	}
	assert_int_equal(metal_said(b->s, "stays in the loader"), 0);
	assert_int_equal(mode_of(b->s), COT_MODE_APPLICATION);
}

/* ---- damaged images ------------------------------------------------------------------------- */

static void flip(struct sim_secondary *s, uint8_t slot, uint32_t offset)
{
	sim_secondary_cells(s, cot_sec_slot_region(slot))[offset] ^= 0x10;
}

static void update_to(struct metal_bench *b, const char *name, uint64_t counter)
{
	release(b, name, counter);
	assert_int_equal(sim_secondary_update(b->s, name), COT_OK);
}

/* A publisher who wants fallback leaves the counter equal. */
static void test_fallback(void **state)
{
	struct metal_bench *b = *state;

	update_to(b, "a-2.bin", 1);
	flip(b->s, 1, METAL_IMAGE_LEN - 1);
	sim_secondary_reset(b->s, false);
	assert_true(sim_secondary_runs(b->s, "a-1.bin"));
	assert_int_equal(sim_secondary_last(b->s), COT_E_HASH_MISMATCH);
	report_says(b->s, "idle", "a-1.bin", "hash_mismatch");
	assert_int_equal(sim_secondary_update(b->s, "a-2.bin"), COT_OK);
	assert_true(sim_secondary_runs(b->s, "a-2.bin"));
	sim_secondary_reset(b->s, false);
	report_says(b->s, "idle", "a-2.bin", "");
}

static void in_recovery(struct metal_bench *b, enum cot_err last)
{
	assert_int_equal(mode_of(b->s), COT_MODE_RECOVERY);
	assert_int_equal(sim_secondary_view(b->s).running, COT_SEC_SLOTS);
	assert_int_equal(sim_secondary_last(b->s), last);
	report_says(b->s, "recovery", "", cot_err_word(last));
}

/* The other slot holds an older release: it does not boot, not even now. */
static void test_no_rollback(void **state)
{
	struct metal_bench *b = *state;

	update_to(b, "a-2.bin", 2);
	flip(b->s, 1, 0);
	sim_secondary_reset(b->s, false);
	in_recovery(b, COT_E_ROLLBACK);
	assert_int_equal(metal_said(b->s, "stays in the loader: rollback"), 1);
	sim_secondary_reset(b->s, false);
	in_recovery(b, COT_E_ROLLBACK);
	heals(b, "a-3.bin", 3);
}

/* What is ordered is what was there: it is sent again. */
static void test_both_slots_bad(void **state)
{
	struct metal_bench *b = *state;

	update_to(b, "a-2.bin", 1);
	flip(b->s, 0, 7);
	flip(b->s, 1, 7);
	sim_secondary_reset(b->s, false);
	in_recovery(b, COT_E_HASH_MISMATCH);
	assert_int_equal(sim_secondary_update(b->s, "a-2.bin"), COT_OK);
	assert_true(sim_secondary_runs(b->s, "a-2.bin"));
}

/* The bytes behind the image are not part of it. */
static void test_flip_behind_image(void **state)
{
	struct metal_bench *b = *state;

	update_to(b, "a-2.bin", 2);
	flip(b->s, 1, METAL_IMAGE_LEN);
	sim_secondary_reset(b->s, false);
	assert_true(sim_secondary_runs(b->s, "a-2.bin"));
}

/* ---- damaged records ---------------------------------------------------------------------------- */

/* Every page of it: what the factory trusted is left, and an update brings the rest. */
static void test_lost_state(void **state)
{
	struct metal_bench *b = *state;

	update_to(b, "a-2.bin", 2);
	memset(sim_secondary_cells(b->s, COT_REGION_STATE), 0x5A, MPS2_STATE_LEN);
	sim_secondary_reset(b->s, false);
	in_recovery(b, COT_E_STORE);
	assert_int_equal(sim_secondary_view(b->s).budget, COT_SEC_BUDGET);
	assert_int_equal(sim_secondary_update(b->s, "a-2.bin"), COT_OK);
	assert_true(sim_secondary_runs(b->s, "a-2.bin"));
}

/* No conversation gets anywhere, and flash stays as it is. */
static void does_nothing(struct metal_bench *b, const char *says)
{
	struct cot_node_status n;
	uint64_t before;

	sim_secondary_reset(b->s, false);
	assert_int_equal(metal_said(b->s, says), 1);
	before = sim_secondary_writes(b->s);
	assert_int_equal(sim_secondary_node(b->s, &n), COT_OK);
	assert_int_equal(n.mode, COT_MODE_UNPROVISIONED);
	assert_int_equal(sim_secondary_update(b->s, "a-2.bin"), COT_E_PRECONDITION);
	assert_int_equal(sim_secondary_send(b->s, "d/targets.json", COT_SLICE("{}")),
	                 COT_E_PRECONDITION);
	assert_int_equal(sim_secondary_verify(b->s, NULL), COT_E_PRECONDITION);
	assert_int_equal(sim_secondary_activate(b->s), COT_E_PRECONDITION);
	sim_secondary_reset(b->s, false);
	assert_true(sim_secondary_writes(b->s) == before);
}

static void rewrite(struct sim_secondary *s, long at, int byte, size_t len)
{
	FILE *f;

	metal_power_off(s);
	f = fopen(metal_of(s)->path, "r+b");
	assert_non_null(f);
	assert_int_equal(fseek(f, at, SEEK_SET), 0);
	while (len-- > 0)
		assert_int_equal(fputc(byte, f), byte);
	assert_int_equal(fclose(f), 0);
}

static void test_blank_part(void **state)
{
	struct metal_bench *b = *state;

	release(b, "a-2.bin", 2);
	rewrite(b->s, 0, 0xFF, MPS2_AT_SEED + MPS2_SEED_LEN);
	does_nothing(b, "stays in the loader: unprovisioned");
}

/* A header of somebody else, over regions that look like ours. */
static void test_unknown_part(void **state)
{
	struct metal_bench *b = *state;

	release(b, "a-2.bin", 2);
	rewrite(b->s, 3, 'F', 1);
	does_nothing(b, "stays in the loader: unknown_part");
	rewrite(b->s, 3, 'M', 1);
	sim_secondary_reset(b->s, false);
	assert_int_equal(sim_secondary_update(b->s, "a-2.bin"), COT_OK);
}

/* One bit of the provisioning record; put right again, all is as before. */
static void test_damaged_identity(void **state)
{
	struct metal_bench *b = *state;

	release(b, "a-2.bin", 2);
	sim_secondary_cells(b->s, COT_REGION_IDENTITY)[900] ^= 1;
	does_nothing(b, "stays in the loader: unprovisioned");
	sim_secondary_cells(b->s, COT_REGION_IDENTITY)[900] ^= 1;
	sim_secondary_reset(b->s, false);
	assert_int_equal(sim_secondary_update(b->s, "a-2.bin"), COT_OK);
}

/* Without its key page the node runs what it has, cannot report and asks for no time: its
 * nonces grow from the same page. */
static void test_lost_key(void **state)
{
	struct metal_bench *b = *state;
	struct cot_slice report;

	memset(sim_secondary_cells(b->s, COT_REGION_IDENTITY) + MPS2_AT_KEY, 0xFF, MPS2_PAGE);
	sim_secondary_reset(b->s, false);
	assert_int_equal(sim_secondary_report(b->s, &report), COT_E_UNPROVISIONED);
	assert_int_not_equal(sim_secondary_send_time(b->s), COT_OK);
	assert_true(sim_secondary_runs(b->s, "a-1.bin"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		METAL_TEST(test_hang), METAL_TEST(test_crash), METAL_TEST(test_unwell),
		METAL_TEST(test_second_try), METAL_TEST(test_undecided), METAL_TEST(test_no_image),
		METAL_TEST(test_confirmed_crash), METAL_TEST(test_confirmed_hang),
		METAL_TEST(test_confirmed_good),
		METAL_TEST(test_fallback), METAL_TEST(test_no_rollback),
		METAL_TEST(test_both_slots_bad), METAL_TEST(test_flip_behind_image),
		METAL_TEST(test_lost_state), METAL_TEST(test_blank_part),
		METAL_TEST(test_unknown_part), METAL_TEST(test_damaged_identity),
		METAL_TEST(test_lost_key)
	};

	metal_choose_case();
	return cmocka_run_group_tests_name("metal_boot", tests, NULL, NULL);
}
