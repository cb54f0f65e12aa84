/* SPDX-License-Identifier: Apache-2.0
 *
 * The record log: what was written last counts, through any cut, on any
 * geometry; what is damaged does not.
 */
#include "secondary/record.h"

#include "secondary/link/crc.h"
#include "tests/sim/flash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct sim_flash_geometry geometries[] = {
	{ 512, 8, 2, 2, 1, 512, 0xFF },  { 512, 1, 2, 2, 1, 512, 0xFF },
	{ 1024, 32, 3, 2, 1, 1024, 0xFF }, { 512, 4, 4, 2, 1, 512, 0x00 },
};

static void write_record(struct cot_record_log *log, uint8_t type, const char *text)
{
	struct cot_record r = { type, 1, cot_slice_str(text) };

	assert_int_equal(cot_record_write(log, &r), COT_OK);
}

/* The newest record of the type as text; "" if there is none. */
static const char *newest(const struct cot_record_log *log, uint8_t type)
{
	static char text[256];
	size_t len = 0;
	uint8_t version = 0;
	enum cot_err err = cot_record_read(log, type, (uint8_t *)text, sizeof(text) - 1, &len,
	                                   &version);

	text[err == COT_OK ? len : 0] = 0;
	return text;
}

static void for_each_geometry(void (*run)(const struct sim_flash_geometry *))
{
	size_t i;

	for (i = 0; i < sizeof(geometries) / sizeof(geometries[0]); i++)
		run(&geometries[i]);
}

/* ---- one glance that goes wrong ---------------------------------------------------------- */

static struct {
	enum cot_err (*read)(void *ctx, enum cot_region region, uint32_t offset, void *ret,
	                     uint32_t len);
	unsigned reads, wrong; /* the read that comes out with a bit turned; 0: none */
} glance;

static enum cot_err misread(void *ctx, enum cot_region region, uint32_t offset, void *ret,
                            uint32_t len)
{
	enum cot_err err = glance.read(ctx, region, offset, ret, len);

	if (++glance.reads == glance.wrong && len > 0)
		((uint8_t *)ret)[len - 1] ^= 1;
	return err;
}

/* Whichever read of a mount is wrong once, nothing that was written is lost by it. */
static void one_misread_drops_nothing(void **state)
{
	struct cot_record_log log;
	struct sim_flash f;
	uint8_t *sound;
	unsigned wrong, reads = 1;

	(void)state;
	sim_flash_init(&f, &geometries[0]);
	assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_E_STORE);
	write_record(&log, 2, "ledger");
	write_record(&log, 1, "older");
	write_record(&log, 1, "newest");
	sound = sim_flash_snapshot(&f);
	glance.read = f.flash.read;
	for (wrong = 0; wrong <= reads; wrong++) {
		sim_flash_restore(&f, sound);
		glance.reads = 0;
		glance.wrong = wrong;
		f.flash.read = misread;
		assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_OK);
		if (wrong == 0)
			reads = glance.reads;
		f.flash.read = glance.read;
		assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_OK);
		assert_string_equal(newest(&log, 1), "newest");
		assert_string_equal(newest(&log, 2), "ledger");
	}
	assert_true(reads > 8);
	free(sound);
	sim_flash_free(&f);
}

/* ---- ordinary life ---------------------------------------------------------------------- */

static void last_counts_on(const struct sim_flash_geometry *g)
{
	struct cot_record_log log;
	struct sim_flash f;
	char text[32];
	int i;

	sim_flash_init(&f, g);
	assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_E_STORE);
	assert_string_equal(newest(&log, 1), "");
	write_record(&log, 77, "of a program to come");
	for (i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "state %d", i);
		write_record(&log, 1, text);
		if (i % 3 == 0)
			write_record(&log, 2, text);
		assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_OK);
		assert_string_equal(newest(&log, 1), text);
	}
	assert_string_equal(newest(&log, 2), "state 198");
	assert_string_equal(newest(&log, 77), "of a program to come");
	assert_string_equal(newest(&log, 3), "");
	sim_flash_free(&f);
}

static void the_last_record_counts(void **state)
{
	(void)state;
	for_each_geometry(last_counts_on);
}

static void pending_drivers_are_waited_for(void **state)
{
	struct cot_record_log log;
	struct sim_flash f;

	(void)state;
	sim_flash_init(&f, &geometries[0]);
	f.pending = 2;
	assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_E_STORE);
	write_record(&log, 1, "slowly");
	assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_OK);
	assert_string_equal(newest(&log, 1), "slowly");
	sim_flash_free(&f);
}

static void too_much_is_refused(void **state)
{
	static uint8_t big[70000];
	static const size_t sizes[] = { 512, 4096, 65535, 65536, 70000 };
	struct cot_record_log log;
	struct sim_flash f;
	uint8_t *before;
	size_t i;

	(void)state;
	sim_flash_init(&f, &geometries[0]);
	assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_E_STORE);
	write_record(&log, 1, "small");
	before = sim_flash_snapshot(&f);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct cot_record r = { 1, 1, cot_slice(big, sizes[i]) };

		assert_int_equal(cot_record_write(&log, &r), COT_E_LIMIT);
	}
	assert_true(sim_flash_equal(&f, before));
	assert_string_equal(newest(&log, 1), "small");
	free(before);
	sim_flash_free(&f);
}

static void small_buffer_is_refused(void **state)
{
	struct cot_record_log log;
	struct sim_flash f;
	uint8_t byte, version;
	size_t len;

	(void)state;
	sim_flash_init(&f, &geometries[0]);
	assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_E_STORE);
	write_record(&log, 1, "ten bytes.");
	assert_int_equal(cot_record_read(&log, 1, &byte, 1, &len, &version), COT_E_BUFFER);
	sim_flash_free(&f);
}

/* ---- damage ------------------------------------------------------------------------------ */

/* One bit of the newest record flips: the one before it counts. */
static void damaged_record_does_not_count(void **state)
{
	struct cot_record_log log;
	struct sim_flash f;
	uint32_t at;

	(void)state;
	sim_flash_init(&f, &geometries[0]);
	assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_E_STORE);
	write_record(&log, 1, "first");
	at = log.tail;
	write_record(&log, 1, "second");
	f.mem[COT_REGION_STATE][log.page + at + 6] ^= 0x10;
	/* Also without a mount in between. */
	assert_string_equal(newest(&log, 1), "");
	assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_OK);
	assert_string_equal(newest(&log, 1), "first");
	write_record(&log, 1, "third");
	assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_OK);
	assert_string_equal(newest(&log, 1), "third");
	sim_flash_free(&f);
}

/* Each byte of the page's header in turn: the page does not count. */
static void damaged_header_does_not_count(void **state)
{
	struct cot_record_log log;
	struct sim_flash f;
	uint32_t i;

	(void)state;
	sim_flash_init(&f, &geometries[0]);
	assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_E_STORE);
	write_record(&log, 1, "here");
	for (i = 0; i < 16; i++) {
		f.mem[COT_REGION_STATE][log.page + i] ^= 0x01;
		assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_E_STORE);
		log.page = 0;
		f.mem[COT_REGION_STATE][log.page + i] ^= 0x01;
	}
	assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_OK);
	sim_flash_free(&f);
}

static void unsealed_page_does_not_count(void **state)
{
	struct cot_record_log log;
	struct sim_flash f;

	(void)state;
	sim_flash_init(&f, &geometries[0]);
	assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_E_STORE);
	write_record(&log, 1, "here");
	memset(f.mem[COT_REGION_STATE] + 16, 0xFF, 16);
	assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_E_STORE);
	sim_flash_free(&f);
}

static void put_u32(uint8_t *at, uint32_t value)
{
	int i;

	for (i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* Generations are compared as serial numbers: 0 comes after 2^32 - 1. */
static void generation_wraps(void **state)
{
	struct cot_record_log log;
	struct sim_flash f;
	uint8_t *page;

	(void)state;
	sim_flash_init(&f, &geometries[0]);
	assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_E_STORE);
	write_record(&log, 1, "before");
	page = f.mem[COT_REGION_STATE];
	put_u32(page + 8, UINT32_MAX);
	put_u32(page + 12, cot_crc32(0, cot_slice(page, 12)));
	assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_OK);
	assert_true(log.generation == UINT32_MAX);
	log.full = true;
	write_record(&log, 1, "after");
	assert_true(log.generation == 0);
	assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_OK);
	assert_string_equal(newest(&log, 1), "after");
	sim_flash_free(&f);
}

/* A bad spot in the page: the record goes to the next one. */
static void failing_program_goes_on_elsewhere(void **state)
{
	struct cot_record_log log;
	struct sim_flash f;
	uint64_t op;

	(void)state;
	for (op = 1; op <= 4; op++) {
		sim_flash_init(&f, &geometries[0]);
		assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_E_STORE);
		write_record(&log, 1, "good");
		if (op % 2)
			f.fail = f.ops + op;
		else
			f.lie = f.ops + op;
		write_record(&log, 1, "better");
		assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_OK);
		assert_string_equal(newest(&log, 1), "better");
		sim_flash_free(&f);
	}
}

static void dead_flash_keeps_the_old_record(void **state)
{
	struct cot_record r = { 1, 1, COT_SLICE("lost") };
	struct cot_record_log log;
	struct sim_flash f;

	(void)state;
	sim_flash_init(&f, &geometries[0]);
	assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_E_STORE);
	write_record(&log, 1, "kept");
	f.dead = 1u << COT_REGION_STATE;
	assert_int_equal(cot_record_write(&log, &r), COT_E_FLASH);
	assert_string_equal(newest(&log, 1), "kept");
	f.dead = 0;
	assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_OK);
	assert_string_equal(newest(&log, 1), "kept");
	sim_flash_free(&f);
}

/* ---- cuts ---------------------------------------------------------------------------------- */

#define WRITES 24

static void write_all(struct cot_record_log *log, int *done)
{
	char text[32];
	int i;

	for (i = 0; i < WRITES; i++) {
		snprintf(text, sizeof(text), "state %d", i);
		write_record(log, 1, text);
		*done = i;
	}
}

static int number_of(const char *text)
{
	return *text ? (int)strtol(text + 6, NULL, 10) : -1; /* test code: what it wrote itself */
}

/* Power comes back: what is there is the last record that was finished, or the one
 * that was being written; and whatever was seen once is seen for ever. */
static void check_after_cut(struct sim_flash *f, int done, const char *id)
{
	struct cot_record_log log;
	int first = -2, i;

	for (i = 0; i < 4; i++) {
		enum cot_err err = cot_record_mount(&log, &f->flash, COT_REGION_STATE);
		int now = err == COT_OK ? number_of(newest(&log, 1)) : -1;

		if (now < done || now > done + 1)
			fail_msg("%s: record %d after %d were written", id, now, done);
		if (first != -2 && now != first)
			fail_msg("%s: record %d, then %d", id, first, now);
		first = now;
		assert_string_equal(err == COT_OK ? newest(&log, 77) : "old", "old");
	}
	write_record(&log, 1, "state 99");
	assert_int_equal(cot_record_mount(&log, &f->flash, COT_REGION_STATE), COT_OK);
	if (strcmp(newest(&log, 1), "state 99") != 0)
		fail_msg("%s: what was written after the cut is lost", id);
}

/* What a cut left half programmed may read as anything at any later start. */
static void check_never_lost(struct sim_flash *f, const char *id)
{
	struct cot_record_log log;
	int i;

	if (cot_record_mount(&log, &f->flash, COT_REGION_STATE) != COT_OK)
		return;
	write_record(&log, 1, "state 99");
	for (i = 0; i < 200; i++) {
		assert_int_equal(cot_record_mount(&log, &f->flash, COT_REGION_STATE), COT_OK);
		if (strcmp(newest(&log, 1), "state 99") != 0)
			fail_msg("%s: what was acknowledged is lost at start %d", id, i);
	}
}

/* Cuts in a change of page, after which a small record still fits the old one. */
static void cut_page_change(uint64_t op, uint32_t torn)
{
	static const struct sim_flash_geometry g = { 512, 1, 2, 2, 1, 512, 0xFF };
	static struct sim_flash f;
	static struct cot_record_log log;
	char big[161], id[48];
	jmp_buf power;

	snprintf(id, sizeof(id), "operation %llu, torn %u", (unsigned long long)op,
	         (unsigned)torn);
	memset(big, 'x', 160);
	big[160] = 0;
	sim_flash_init(&f, &g);
	assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_E_STORE);
	write_record(&log, 1, "state 1");
	f.ops = 0;
	f.cut = op;
	f.torn = torn;
	f.power = &power;
	if (setjmp(power) == 0) {
		write_record(&log, 1, big);
		write_record(&log, 1, big);
		write_record(&log, 1, big);
	}
	f.cut = f.torn = 0;
	check_never_lost(&f, id);
	sim_flash_free(&f);
}

static void acknowledged_is_never_lost(void **state)
{
	uint64_t op;
	uint32_t seed;

	(void)state;
	for (op = 1; op < 60; op++) {
		for (seed = 1; seed < 40; seed++)
			cut_page_change(op, seed * 7919u);
	}
}

/* A change of page that failed at its second seal: nothing goes to the old page. */
static void failed_page_change_is_done_again(void **state)
{
	struct cot_record_log log;
	struct sim_flash f;
	char big[240];
	struct cot_record r;
	uint64_t op;

	(void)state;
	memset(big, 'x', sizeof(big));
	r = (struct cot_record){ 1, 1, cot_slice((const uint8_t *)big, sizeof(big)) };
	for (op = 1; op < 12; op++) {
		sim_flash_init(&f, &geometries[0]);
		assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_E_STORE);
		write_record(&log, 1, "first");
		assert_int_equal(cot_record_write(&log, &r), COT_OK);
		f.fail = f.ops + op;
		(void)!cot_record_write(&log, &r);
		write_record(&log, 1, "small");
		assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_OK);
		assert_string_equal(newest(&log, 1), "small");
		sim_flash_free(&f);
	}
}

/* The page's second seal cannot be written at a start: what it holds is read all the
 * same, and goes on from the next page. */
static void failing_second_seal_moves_on(void **state)
{
	struct cot_record_log log;
	struct sim_flash f;
	int dead;

	(void)state;
	for (dead = 0; dead < 2; dead++) {
		sim_flash_init(&f, &geometries[0]);
		assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_E_STORE);
		write_record(&log, 1, "here");
		memset(f.mem[COT_REGION_STATE] + 24, 0xFF, 8);
		if (dead)
			f.dead = 1u << COT_REGION_STATE;
		else
			f.fail = f.ops + 1;
		assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_OK);
		assert_string_equal(newest(&log, 1), "here");
		assert_int_equal(log.page != 0, !dead);
		f.dead = 0;
		write_record(&log, 1, "there");
		assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_OK);
		assert_string_equal(newest(&log, 1), "there");
		sim_flash_free(&f);
	}
}

static volatile int finished;

static void run_cut(const struct sim_flash_geometry *g, uint64_t op, uint32_t torn, bool after)
{
	static struct sim_flash f;
	static struct cot_record_log log;
	jmp_buf power;
	char id[64];
	int done = -1;

	snprintf(id, sizeof(id), "unit %u, operation %llu, torn %u", (unsigned)g->unit,
	         (unsigned long long)op, (unsigned)torn);
	sim_flash_init(&f, g);
	assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_E_STORE);
	write_record(&log, 77, "old");
	f.ops = 0;
	f.cut = op;
	f.cut_after = after;
	f.torn = torn;
	f.power = &power;
	finished = -1;
	if (setjmp(power) == 0) {
		char text[32];
		int i;

		for (i = 0; i < WRITES; i++) {
			snprintf(text, sizeof(text), "state %d", i);
			write_record(&log, 1, text);
			finished = i;
		}
		fail_msg("%s: power was never cut", id);
	}
	done = finished;
	f.torn = 0;
	check_after_cut(&f, done, id);
	sim_flash_free(&f);
}

static void cut_everywhere(const struct sim_flash_geometry *g)
{
	struct cot_record_log log;
	struct sim_flash f;
	uint64_t ops, op;
	uint32_t seed;
	int done;

	sim_flash_init(&f, g);
	assert_int_equal(cot_record_mount(&log, &f.flash, COT_REGION_STATE), COT_E_STORE);
	write_record(&log, 77, "old");
	f.ops = 0;
	write_all(&log, &done);
	ops = f.ops;
	sim_flash_free(&f);
	for (op = 1; op <= ops; op++) {
		run_cut(g, op, 0, false);
		run_cut(g, op, 0, true);
		for (seed = 1; seed <= 24; seed++)
			run_cut(g, op, seed * 7919u, false);
	}
}

static void every_cut_leaves_old_or_new(void **state)
{
	(void)state;
	for_each_geometry(cut_everywhere);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_misread_drops_nothing),
		cmocka_unit_test(the_last_record_counts),
		cmocka_unit_test(pending_drivers_are_waited_for),
		cmocka_unit_test(too_much_is_refused),
		cmocka_unit_test(small_buffer_is_refused),
		cmocka_unit_test(damaged_record_does_not_count),
		cmocka_unit_test(damaged_header_does_not_count),
		cmocka_unit_test(unsealed_page_does_not_count),
		cmocka_unit_test(generation_wraps),
		cmocka_unit_test(failing_program_goes_on_elsewhere),
		cmocka_unit_test(dead_flash_keeps_the_old_record),
		cmocka_unit_test(every_cut_leaves_old_or_new),
		cmocka_unit_test(acknowledged_is_never_lost),
		cmocka_unit_test(failed_page_change_is_done_again),
		cmocka_unit_test(failing_second_seal_moves_on),
	};

	return cmocka_run_group_tests_name("secondary_record", tests, NULL, NULL);
}
