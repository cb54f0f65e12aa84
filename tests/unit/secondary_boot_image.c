/* SPDX-License-Identifier: Apache-2.0
 *
 * An image where it will run: read once, hashed there, wiped whole.
 */
#include "secondary/boot/image.h"

#include "tests/sim/flash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LEN 2500u
#define RUN_LEN 3000u

struct bench {
	struct cot_flash flash;
	struct cot_port port;
	uint8_t slot[LEN];
	uint8_t run[RUN_LEN + 1];
	unsigned reads, fed;
	uint32_t longest;
	unsigned fail; /* read that fails, 0: none */
};

static enum cot_err slot_read(void *ctx, enum cot_region region, uint32_t offset, void *ret,
                              uint32_t len)
{
	struct bench *b = ctx;

	assert_int_equal(region, COT_REGION_SLOT_B);
	if (++b->reads == b->fail)
		return COT_E_FLASH;
	if (len > b->longest)
		b->longest = len;
	memcpy(ret, b->slot + offset, len);
	return COT_OK;
}

static void feed(void *ctx)
{
	((struct bench *)ctx)->fed++;
}

static void bench_begin(struct bench *b, bool copy)
{
	size_t i;

	memset(b, 0, sizeof(*b));
	for (i = 0; i < LEN; i++)
		b->slot[i] = (uint8_t)(i * 7 + i / 256);
	memset(b->run, 0xA5, sizeof(b->run));
	b->flash.ctx = b;
	b->flash.read = slot_read;
	b->flash.region[COT_REGION_SLOT_B] = (struct cot_flash_region){ LEN, LEN, 1, 0xFF, false };
	b->port.ctx = b;
	b->port.flash = &b->flash;
	b->port.crypto = &cot_crypto_full;
	b->port.long_op = feed;
	b->port.run = copy ? b->run : NULL;
	b->port.run_len = copy ? RUN_LEN : 0;
}

static void assert_hash_of(const struct bench *b, const uint8_t *bytes, uint32_t len)
{
	uint8_t got[COT_SHA256_LEN], expected[COT_SHA256_LEN];

	cot_hash_once(&cot_crypto_full, COT_HASH_SHA256, cot_slice(bytes, len), expected);
	assert_int_equal(cot_image_hash(&b->port, 1, len, got), COT_OK);
	assert_memory_equal(got, expected, sizeof(got));
}

/* The slot is read by load alone, in pieces; the hash is of the memory. */
static void a_copy_is_hashed_where_it_lies(void **state)
{
	static struct bench b;
	uint32_t i;

	(void)state;
	bench_begin(&b, true);
	assert_int_equal(cot_image_load(&b.port, 1, LEN), COT_OK);
	assert_memory_equal(b.run, b.slot, LEN);
	for (i = LEN; i < b.port.run_len; i++)
		assert_int_equal(b.run[i], 0); /* nothing else is left there to be run */
	assert_int_equal(b.reads, 3);
	assert_int_equal(b.longest, 1024);
	assert_int_equal(b.fed, 3 + (b.port.run_len - LEN + 1023) / 1024);
	b.slot[17] ^= 1;
	assert_hash_of(&b, b.run, LEN);
	b.run[17] ^= 2;
	assert_hash_of(&b, b.run, LEN);
	assert_int_equal(b.reads, 3);
	assert_int_equal(b.fed, 9 + (b.port.run_len - LEN + 1023) / 1024);
}

static void in_its_slot_it_is_read_at_each_hash(void **state)
{
	static struct bench b;

	(void)state;
	bench_begin(&b, false);
	assert_int_equal(cot_image_load(&b.port, 1, LEN), COT_OK);
	assert_int_equal(b.reads, 0);
	assert_hash_of(&b, b.slot, LEN);
	b.slot[17] ^= 1;
	assert_hash_of(&b, b.slot, LEN);
	assert_int_equal(b.fed, 6);
	cot_image_wipe(&b.port); /* nothing to wipe */
}

static void what_has_no_room_is_not_touched(void **state)
{
	static const struct {
		bool copy;
		uint32_t run_len, len;
		enum cot_err err;
	} cases[] = {
		{ true, RUN_LEN, LEN, COT_OK },
		{ true, LEN, LEN, COT_OK },
		{ true, LEN - 1, LEN, COT_E_SLOT_SIZE },
		{ true, RUN_LEN, LEN + 1, COT_E_RECORD },
		{ true, RUN_LEN, UINT32_MAX, COT_E_RECORD },
		{ false, 0, LEN, COT_OK },
		{ false, 0, LEN + 1, COT_E_RECORD },
	};
	static struct bench b;
	uint8_t hash[COT_SHA256_LEN], before[COT_SHA256_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bench_begin(&b, cases[i].copy);
		b.port.run_len = cases[i].run_len;
		memset(hash, 0x5A, sizeof(hash));
		memcpy(before, hash, sizeof(hash));
		assert_int_equal(cot_image_load(&b.port, 1, cases[i].len), cases[i].err);
		assert_int_equal(cot_image_hash(&b.port, 1, cases[i].len, hash), cases[i].err);
		assert_int_equal(memcmp(hash, before, sizeof(hash)) == 0, cases[i].err != COT_OK);
		if (cases[i].err != COT_OK) {
			assert_int_equal(b.run[0], 0xA5);
			assert_int_equal(b.reads, 0);
		}
	}
}

static void a_read_error_is_told(void **state)
{
	static struct bench b;
	uint8_t hash[COT_SHA256_LEN];

	(void)state;
	bench_begin(&b, true);
	b.fail = 2;
	assert_int_equal(cot_image_load(&b.port, 1, LEN), COT_E_FLASH);
	assert_int_equal(b.reads, 2);
	bench_begin(&b, false);
	b.fail = 2;
	assert_int_equal(cot_image_hash(&b.port, 1, LEN, hash), COT_E_FLASH);
}

static void wiping_leaves_nothing(void **state)
{
	static struct bench b;
	size_t i;

	(void)state;
	bench_begin(&b, true);
	cot_image_wipe(&b.port);
	for (i = 0; i < RUN_LEN; i++)
		assert_int_equal(b.run[i], 0);
	assert_int_equal(b.run[RUN_LEN], 0xA5);
	assert_int_equal(b.fed, 3);
	b.port.long_op = NULL;
	cot_image_wipe(&b.port);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_is_hashed_where_it_lies),
		cmocka_unit_test(in_its_slot_it_is_read_at_each_hash),
		cmocka_unit_test(what_has_no_room_is_not_touched),
		cmocka_unit_test(a_read_error_is_told),
		cmocka_unit_test(wiping_leaves_nothing),
	};

	return cmocka_run_group_tests_name("secondary_boot_image", tests, NULL, NULL);
}
