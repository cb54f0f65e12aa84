/* SPDX-License-Identifier: Apache-2.0
 *
 * The writer: only under an intent, never beyond the signed lengths, and only what
 * reads back as it was signed.
 */
#include "secondary/writer.h"

#include "tests/sim/flash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LEN 20000u

struct bench {
	struct sim_flash f;
	struct cot_writer w;
	struct cot_sec_intent intent;
	uint8_t image[LEN];
};

static void bench_begin(struct bench *b)
{
	size_t i;

	memset(b, 0, sizeof(*b));
	sim_flash_init(&b->f, &sim_flash_posix);
	for (i = 0; i < LEN; i++)
		b->image[i] = (uint8_t)(i * 31 + i / 251);
	b->intent.set = true;
	b->intent.slot = 1;
	b->intent.image_len = b->intent.artifact_len = LEN;
	cot_hash_once(&cot_crypto_full, COT_HASH_SHA256, cot_slice(b->image, LEN),
	              b->intent.sha256);
}

static enum cot_err start(struct bench *b, uint32_t offset, bool erased)
{
	struct cot_writer_start s = { &b->intent, &cot_filter_identity, NULL, offset, erased };

	return cot_writer_begin(&b->w, &b->f.flash, &s);
}

static void erase(struct bench *b, unsigned pages)
{
	uint64_t ops = b->f.ops;
	enum cot_err err;

	while ((err = cot_writer_erase(&b->w)) == COT_PENDING)
		;
	assert_int_equal(err, COT_OK);
	assert_int_equal(b->f.ops - ops, pages);
}

static enum cot_err feed(struct bench *b, uint32_t from, uint32_t to, unsigned *ret_marks)
{
	enum cot_err err = COT_OK;
	uint32_t taken;
	bool progress;

	*ret_marks = 0;
	while (err == COT_OK && from < to) {
		uint32_t len = to - from < 777 ? to - from : 777;

		err = cot_writer_feed(&b->w, cot_slice(b->image + from, len), &taken, &progress);
		from += taken;
		*ret_marks += progress;
	}
	return err;
}

static enum cot_err hash(struct bench *b)
{
	enum cot_err err;

	while ((err = cot_writer_hash(&b->w, &cot_crypto_full, COT_HASH_SHA256,
	                              b->intent.sha256)) == COT_PENDING)
		;
	return err;
}

static void whole_image(void **state)
{
	static struct bench b;
	unsigned marks;

	(void)state;
	bench_begin(&b);
	assert_int_equal(start(&b, 0, false), COT_OK);
	erase(&b, 16);
	assert_int_equal(feed(&b, 0, LEN, &marks), COT_OK);
	assert_int_equal(marks, 1); /* at 16 KiB */
	assert_int_equal(cot_writer_finish(&b.w), COT_OK);
	assert_int_equal(hash(&b), COT_OK);
	assert_memory_equal(b.f.mem[COT_REGION_SLOT_B], b.image, LEN);
	sim_flash_free(&b.f);
}

/* Going on at the recorded offset erases one step and no more. */
static void resumed_image(void **state)
{
	static struct bench b;
	unsigned marks;

	(void)state;
	bench_begin(&b);
	assert_int_equal(start(&b, 0, false), COT_OK);
	erase(&b, 16);
	assert_int_equal(feed(&b, 0, 18000, &marks), COT_OK);
	assert_int_equal(start(&b, 16384, true), COT_OK);
	erase(&b, 4);
	assert_int_equal(feed(&b, 16384, LEN, &marks), COT_OK);
	assert_int_equal(cot_writer_finish(&b.w), COT_OK);
	assert_int_equal(hash(&b), COT_OK);
	sim_flash_free(&b.f);
}

static void offsets_that_nobody_recorded(void **state)
{
	static const uint32_t offsets[] = { 1, 4096, 16383, 32768, 65536, UINT32_MAX };
	static struct bench b;
	size_t i;

	(void)state;
	bench_begin(&b);
	for (i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++)
		assert_int_equal(start(&b, offsets[i], true), COT_E_RECORD);
	assert_int_equal(b.f.ops, 0);
	sim_flash_free(&b.f);
}

static void no_intent_no_erase(void **state)
{
	static struct bench b;

	(void)state;
	bench_begin(&b);
	b.intent.set = false;
	assert_int_equal(start(&b, 0, false), COT_E_SEQUENCE);
	assert_int_equal(cot_writer_erase(&b.w), COT_E_SEQUENCE);
	b.intent.set = true;
	b.intent.slot = COT_SEC_SLOTS;
	assert_int_equal(start(&b, 0, false), COT_E_SEQUENCE);
	assert_int_equal(b.f.ops, 0);
	/* And if it goes away underneath: */
	b.intent.slot = 1;
	assert_int_equal(start(&b, 0, false), COT_OK);
	b.w.intent.set = false;
	assert_int_equal(cot_writer_erase(&b.w), COT_E_SEQUENCE);
	assert_int_equal(b.f.ops, 0);
	sim_flash_free(&b.f);
}

static void image_must_fit(void **state)
{
	static const struct { uint32_t len; enum cot_err err; } cases[] = {
		{ 0, COT_E_SLOT_SIZE }, { 65536, COT_OK }, { 65537, COT_E_SLOT_SIZE },
		{ UINT32_MAX, COT_E_SLOT_SIZE },
	};
	static struct bench b;
	size_t i;

	(void)state;
	bench_begin(&b);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		b.intent.image_len = cases[i].len;
		assert_int_equal(start(&b, 0, false), cases[i].err);
	}
	assert_int_equal(b.f.ops, 0);
	sim_flash_free(&b.f);
}

static void not_before_the_erase(void **state)
{
	static struct bench b;
	uint32_t taken;
	bool progress;

	(void)state;
	bench_begin(&b);
	assert_int_equal(start(&b, 0, false), COT_OK);
	assert_int_equal(cot_writer_feed(&b.w, cot_slice(b.image, 100), &taken, &progress),
	                 COT_E_SEQUENCE);
	assert_int_equal(b.f.ops, 0);
	sim_flash_free(&b.f);
}

/* ---- bounds ------------------------------------------------------------------------------- */

static void input_is_bounded(void **state)
{
	static struct bench b;
	uint32_t taken;
	unsigned marks;
	bool progress;

	(void)state;
	bench_begin(&b);
	assert_int_equal(start(&b, 0, false), COT_OK);
	erase(&b, 16);
	assert_int_equal(feed(&b, 0, LEN - 1, &marks), COT_OK);
	assert_int_equal(cot_writer_feed(&b.w, cot_slice(b.image, 2), &taken, &progress),
	                 COT_E_LENGTH_EXCEEDED);
	assert_int_equal(taken, 0);
	assert_int_equal(feed(&b, LEN - 1, LEN, &marks), COT_OK);
	sim_flash_free(&b.f);
}

/* A filter that gives more than the image holds: as from a bomb. */
static enum cot_err twice_feed(void *state, struct cot_slice data, const struct cot_sink *out)
{
	enum cot_err err = out->put(out->ctx, data);

	(void)state;
	return err == COT_OK ? out->put(out->ctx, data) : err;
}

static void output_is_bounded(void **state)
{
	static struct bench b;
	struct cot_filter bomb = cot_filter_identity;
	struct cot_writer_start s = { &b.intent, &bomb, NULL, 0, false };
	enum cot_err err = COT_OK;
	uint32_t taken;
	bool progress;

	(void)state;
	bench_begin(&b);
	bomb.feed = twice_feed;
	assert_int_equal(cot_writer_begin(&b.w, &b.f.flash, &s), COT_OK);
	erase(&b, 16);
	while (err == COT_OK) {
		err = cot_writer_feed(&b.w, cot_slice(b.image, 1000), &taken, &progress);
		assert_false(progress);
	}
	assert_int_equal(err, COT_E_LENGTH_EXCEEDED);
	assert_true(b.w.written <= LEN);
	assert_int_equal(b.f.mem[COT_REGION_SLOT_B][LEN], 0xFF);
	assert_int_equal(cot_writer_feed(&b.w, cot_slice(b.image, 1), &taken, &progress),
	                 COT_E_SEQUENCE);
	sim_flash_free(&b.f);
}

/* Not even into what is left of the last unit. */
static void output_is_bounded_to_the_byte(void **state)
{
	static struct bench b;
	struct cot_filter bomb = cot_filter_identity;
	struct cot_writer_start s = { &b.intent, &bomb, NULL, 0, false };
	uint32_t taken, i;
	bool progress;

	(void)state;
	bench_begin(&b);
	bomb.feed = twice_feed;
	b.intent.image_len = 13;
	assert_int_equal(cot_writer_begin(&b.w, &b.f.flash, &s), COT_OK);
	erase(&b, 16);
	for (i = 0; i < 6; i++)
		assert_int_equal(cot_writer_feed(&b.w, cot_slice(b.image, 1), &taken, &progress),
		                 COT_OK);
	assert_int_equal(cot_writer_feed(&b.w, cot_slice(b.image, 1), &taken, &progress),
	                 COT_E_LENGTH_EXCEEDED);
	assert_int_equal(b.w.written, 13);
	sim_flash_free(&b.f);
}

static void every_byte_must_have_come(void **state)
{
	static struct bench b;
	unsigned marks;

	(void)state;
	bench_begin(&b);
	assert_int_equal(start(&b, 0, false), COT_OK);
	erase(&b, 16);
	assert_int_equal(feed(&b, 0, LEN - 1, &marks), COT_OK);
	assert_int_equal(cot_writer_finish(&b.w), COT_E_LENGTH_MISMATCH);
	sim_flash_free(&b.f);
}

static void what_reads_back_counts(void **state)
{
	static struct bench b;
	uint8_t sha512[COT_SHA512_LEN];
	unsigned marks;
	enum cot_err err;

	(void)state;
	bench_begin(&b);
	cot_hash_once(&cot_crypto_full, COT_HASH_SHA512, cot_slice(b.image, LEN), sha512);
	assert_int_equal(start(&b, 0, false), COT_OK);
	erase(&b, 16);
	assert_int_equal(feed(&b, 0, LEN, &marks), COT_OK);
	assert_int_equal(cot_writer_finish(&b.w), COT_OK);
	assert_int_equal(hash(&b), COT_OK);
	while ((err = cot_writer_hash(&b.w, &cot_crypto_full, COT_HASH_SHA512, sha512)) ==
	       COT_PENDING)
		;
	assert_int_equal(err, COT_OK);
	b.f.mem[COT_REGION_SLOT_B][LEN - 1] ^= 0x80;
	assert_int_equal(hash(&b), COT_E_HASH_MISMATCH);
	cot_writer_close(&b.w);
	assert_int_equal(hash(&b), COT_E_SEQUENCE);
	sim_flash_free(&b.f);
}

static void unknown_methods_have_no_filter(void **state)
{
	const struct cot_filter *filter = NULL;

	(void)state;
	assert_int_equal(cot_filter_find(COT_METHOD_IDENTITY, &filter), COT_OK);
	assert_ptr_equal(filter, &cot_filter_identity);
	assert_int_equal(cot_filter_find((enum cot_method)1, &filter), COT_E_METHOD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_image),
		cmocka_unit_test(resumed_image),
		cmocka_unit_test(offsets_that_nobody_recorded),
		cmocka_unit_test(no_intent_no_erase),
		cmocka_unit_test(image_must_fit),
		cmocka_unit_test(not_before_the_erase),
		cmocka_unit_test(input_is_bounded),
		cmocka_unit_test(output_is_bounded),
		cmocka_unit_test(output_is_bounded_to_the_byte),
		cmocka_unit_test(every_byte_must_have_come),
		cmocka_unit_test(what_reads_back_counts),
		cmocka_unit_test(unknown_methods_have_no_filter),
	};

	return cmocka_run_group_tests_name("secondary_writer", tests, NULL, NULL);
}
