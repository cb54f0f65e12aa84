/* SPDX-License-Identifier: Apache-2.0
 *
 * Frozen formats: the files of tests/data/records, byte by byte.  What is written
 * today is what stands there, and what stands there is read.  The bytes were made
 * from docs/records.md, not by this library.
 */
#include "secondary/confirm.h"
#include "secondary/identity.h"

#include "tests/sim/flash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER "tests/data/records/"
#define MAX 1024u

struct golden {
	uint8_t bytes[MAX];
	size_t len;
};

static int digit(int c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Pairs of hex digits and blanks; from # on a line is a comment. */
static void load(const char *name, struct golden *ret)
{
	char path[80], line[200], *p;
	FILE *f;

	snprintf(path, sizeof(path), FOLDER "%s", name);
	f = fopen(path, "r");
	if (!f)
		fail_msg("no file %s", path);
	ret->len = 0;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "#\n")] = 0;
		for (p = line; *p;) {
			if (*p == ' ') {
				p++;
				continue;
			}
			if (digit(p[0]) < 0 || digit(p[1]) < 0 || ret->len == MAX)
				fail_msg("%s: not hex: %s", path, p);
			ret->bytes[ret->len++] = (uint8_t)(digit(p[0]) * 16 + digit(p[1]));
			p += 2;
		}
	}
	fclose(f);
	assert_true(ret->len > 0);
}

static void assert_same(const struct golden *g, const uint8_t *bytes, size_t len)
{
	assert_int_equal(len, g->len);
	assert_memory_equal(bytes, g->bytes, len);
}

static void count_up(uint8_t *ret, size_t len, uint8_t from)
{
	size_t i;

	for (i = 0; i < len; i++)
		ret[i] = (uint8_t)(from + i);
}

/* ---- state ------------------------------------------------------------------------------- */

static void fill_slot(struct cot_sec_slot *s, enum cot_sec_slot_state state, uint32_t len,
                      uint64_t counter, const char *name)
{
	s->state = state;
	s->len = len;
	s->counter = counter;
	s->name_len = (uint8_t)strlen(name);
	memcpy(s->name, name, s->name_len);
}

static void full_state(struct cot_sec_state *s)
{
	struct cot_repo_trust *repo = &s->trust.repo[0];
	struct cot_sec_component *c = &s->component[0];

	memset(s, 0, sizeof(*s));
	s->trust.time_floor_s = 1800000000;
	s->trust.provisioned_time_s = 1700000000;
	repo->floor[COT_ROLE_ROOT].version = 7;
	repo->floor[COT_ROLE_ROOT].held = true;
	count_up(repo->floor[COT_ROLE_ROOT].digest, COT_SHA256_LEN, 0x10);
	repo->floor[COT_ROLE_TARGETS].version = 41;
	repo->floor[COT_ROLE_TARGETS].held = true;
	count_up(repo->floor[COT_ROLE_TARGETS].digest, COT_SHA256_LEN, 0x30);
	repo->targets_signers.count = 1;
	count_up(repo->targets_signers.fingerprint[0], COT_SHA256_LEN, 0x50);
	s->doc[COT_SEC_ROOT] = (struct cot_sec_trusted){ COT_SEC_PLACE_B, 3000 };
	s->doc[COT_SEC_TARGETS] = (struct cot_sec_trusted){ COT_SEC_PLACE_A, 1234 };
	s->components = 1;
	c->counter = 2;
	count_up(c->trial, sizeof(c->trial), 0x70);
	c->intent = (struct cot_sec_intent){ true, 1, 41, 5000, 4000, 3, { 0 }, { 0 } };
	count_up(c->intent.sha256, COT_SHA256_LEN, 0x80);
	count_up(c->intent.name_sha256, COT_SHA256_LEN, 0xA0);
	c->reverted = true;
	count_up(c->reverted_sha256, COT_SHA256_LEN, 0xC0);
	fill_slot(&c->slot[0], COT_SEC_SLOT_CONFIRMED, 20000, 2, "a-2.bin");
	count_up(c->slot[0].sha256, COT_SHA256_LEN, 0xE0);
	fill_slot(&c->slot[1], COT_SEC_SLOT_REVERTED, 20001, 3, "a/b-3.bin");
	count_up(c->slot[1].sha256, COT_SHA256_LEN, 0xC0);
}

static void trial_state(struct cot_sec_state *s)
{
	struct cot_repo_trust *repo = &s->trust.repo[0];
	struct cot_sec_component *c = &s->component[0];

	memset(s, 0, sizeof(*s));
	s->trust.time_floor_s = 1800000000;
	s->trust.provisioned_time_s = 1700000000;
	repo->floor[COT_ROLE_ROOT].version = 1;
	repo->floor[COT_ROLE_TARGETS].version = 1;
	repo->floor[COT_ROLE_TARGETS].held = true;
	count_up(repo->floor[COT_ROLE_TARGETS].digest, COT_SHA256_LEN, 0x30);
	s->doc[COT_SEC_ROOT].place = COT_SEC_PLACE_FACTORY;
	s->doc[COT_SEC_TARGETS].place = COT_SEC_PLACE_NONE;
	s->components = 1;
	c->active = COT_SEC_SLOTS;
	c->attempts = 2;
	c->counter = UINT64_MAX;
	count_up(c->trial, sizeof(c->trial), 0x70);
	fill_slot(&c->slot[1], COT_SEC_SLOT_TRIAL, 0x01020304, 0x0102030405060708, "");
	count_up(c->slot[1].sha256, COT_SHA256_LEN, 0xC0);
}

static void expect_state(const char *name, const struct cot_sec_state *s)
{
	static struct cot_sec_store store;
	static struct cot_sec_state got;
	uint8_t bytes[COT_SEC_STATE_MAX], version = 0;
	struct sim_flash f;
	struct golden g;
	size_t len = 0;

	load(name, &g);
	assert_int_equal(cot_sec_state_encode(s, bytes, sizeof(bytes), &len), COT_OK);
	assert_same(&g, bytes, len);
	memset(&got, 0, sizeof(got));
	assert_int_equal(cot_sec_state_decode(cot_slice(g.bytes, g.len), &got), COT_OK);
	assert_memory_equal(&got, s, sizeof(got));
	/* And that is what a commit puts into the log. */
	sim_flash_init(&f, &sim_flash_posix);
	assert_int_equal(cot_sec_store_mount(&store, &f.flash), COT_E_STORE);
	assert_int_equal(cot_sec_commit(&store, s), COT_OK);
	assert_int_equal(cot_record_read(&store.log, 1, bytes, sizeof(bytes), &len, &version),
	                 COT_OK);
	assert_int_equal(version, 1);
	assert_same(&g, bytes, len);
	sim_flash_free(&f);
}

static void state_v1(void **state)
{
	static struct cot_sec_state s;

	(void)state;
	full_state(&s);
	expect_state("state-v1.hex", &s);
	trial_state(&s);
	expect_state("state-trial-v1.hex", &s);
}

/* ---- the page, with ledger and progress in it ----------------------------------------------- */

static const struct cot_sec_ledger ledger = { 63, 0x0102030405060708, COT_E_HASH_MISMATCH, 11 };
static const struct cot_sec_progress progress = {
	true, 0, 1, { 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87 }, 0x00C00000
};

static void page_v1_is_written(void **state)
{
	static struct cot_sec_store store;
	const struct cot_record later = { 200, 9, COT_SLICE("later") };
	struct sim_flash f;
	struct golden g;
	size_t i;

	(void)state;
	load("page-v1.hex", &g);
	sim_flash_init(&f, &sim_flash_posix);
	assert_int_equal(cot_sec_store_mount(&store, &f.flash), COT_E_STORE);
	assert_int_equal(cot_sec_commit_ledger(&store, &ledger), COT_OK);
	assert_int_equal(cot_record_write(&store.log, &later), COT_OK);
	assert_int_equal(cot_sec_commit_progress(&store, &progress), COT_OK);
	assert_memory_equal(f.mem[COT_REGION_STATE], g.bytes, g.len);
	for (i = g.len; i < f.flash.region[COT_REGION_STATE].size; i++)
		assert_int_equal(f.mem[COT_REGION_STATE][i], 0xFF);
	sim_flash_free(&f);
}

static void expect_record(const struct cot_record_log *log, uint8_t type, const char *name)
{
	uint8_t bytes[MAX], version = 0;
	struct golden g;
	size_t len = 0;

	load(name, &g);
	assert_int_equal(cot_record_read(log, type, bytes, sizeof(bytes), &len, &version), COT_OK);
	assert_int_equal(version, 1);
	assert_same(&g, bytes, len);
}

/* With a state beside them, without which a store is none. */
static void page_v1_is_read(void **state)
{
	static struct cot_sec_store store;
	static struct cot_sec_state s;
	uint8_t bytes[8], version = 0;
	struct sim_flash f;
	struct golden g;
	size_t len = 0;

	(void)state;
	load("page-v1.hex", &g);
	sim_flash_init(&f, &sim_flash_posix);
	memcpy(f.mem[COT_REGION_STATE], g.bytes, g.len);
	assert_int_equal(cot_sec_store_mount(&store, &f.flash), COT_E_STORE);
	expect_record(&store.log, COT_RECORD_LEDGER, "ledger-v1.hex");
	expect_record(&store.log, COT_RECORD_PROGRESS, "progress-v1.hex");
	assert_int_equal(cot_record_read(&store.log, 200, bytes, sizeof(bytes), &len, &version),
	                 COT_OK);
	assert_int_equal(version, 9);
	assert_int_equal(len, 5);
	full_state(&s);
	assert_int_equal(cot_sec_commit(&store, &s), COT_OK);
	assert_int_equal(cot_sec_store_mount(&store, &f.flash), COT_OK);
	assert_int_equal(store.ledger.budget, ledger.budget);
	assert_true(store.ledger.report == ledger.report);
	assert_int_equal(store.ledger.last, ledger.last);
	assert_int_equal(store.ledger.hours, ledger.hours);
	assert_true(store.progress.set);
	assert_int_equal(store.progress.component, progress.component);
	assert_int_equal(store.progress.slot, progress.slot);
	assert_memory_equal(store.progress.sha256, progress.sha256, sizeof(progress.sha256));
	assert_int_equal(store.progress.offset, progress.offset);
	assert_memory_equal(&store.state, &s, sizeof(s));
	sim_flash_free(&f);
}

/* ---- what stands alone ------------------------------------------------------------------------ */

static void confirm_v1(void **state)
{
	struct cot_confirm confirm = { 1, { 0 }, { 0 } }, got;
	struct sim_flash f;
	struct golden g;

	(void)state;
	load("confirm-v1.hex", &g);
	count_up(confirm.sha256, sizeof(confirm.sha256), 0xC0);
	count_up(confirm.trial, sizeof(confirm.trial), 0x70);
	sim_flash_init(&f, &sim_flash_posix);
	assert_int_equal(cot_confirm_write(&f.flash, &confirm), COT_OK);
	assert_same(&g, f.mem[COT_REGION_APP], COT_CONFIRM_LEN);
	memset(f.mem[COT_REGION_APP], 0xFF, 4096);
	assert_int_equal(cot_confirm_read(&f.flash, &got), COT_E_NOT_FOUND);
	memcpy(f.mem[COT_REGION_APP], g.bytes, g.len);
	memset(&got, 0, sizeof(got));
	assert_int_equal(cot_confirm_read(&f.flash, &got), COT_OK);
	assert_memory_equal(&got, &confirm, sizeof(got));
	sim_flash_free(&f);
}

/* Reading one compares with the header that is made here. */
static void identity_v1(void **state)
{
	uint8_t header[COT_IDENTITY_HEADER];
	struct golden g;

	(void)state;
	load("identity-v1.hex", &g);
	cot_identity_header(COT_SLICE("{\"signed\":{}}\n"), header);
	assert_same(&g, header, sizeof(header));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(state_v1),
		cmocka_unit_test(page_v1_is_written),
		cmocka_unit_test(page_v1_is_read),
		cmocka_unit_test(confirm_v1),
		cmocka_unit_test(identity_v1),
	};

	return cmocka_run_group_tests_name("secondary_golden", tests, NULL, NULL);
}
