/* SPDX-License-Identifier: Apache-2.0
 *
 * Frame lengths and arbitration against a second, naive construction: strings
 * of '0' and '1', as one would do it on paper.
 */
#include "secondary/link/canbits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void text_bits(char *out, uint32_t value, unsigned int count)
{
	size_t at = strlen(out);

	for (unsigned int i = 0; i < count; i++)
		out[at + i] = value >> (count - 1 - i) & 1u ? '1' : '0';
	out[at + count] = '\0';
}

/* Polynomial division on text. */
static uint16_t text_crc(const char *bits)
{
	static const char poly[] = "1100010110011001"; /* x^15+x^14+x^10+x^8+x^7+x^4+x^3+1 */
	char work[256];
	size_t len = strlen(bits);
	uint16_t crc = 0;

	memcpy(work, bits, len);
	memset(work + len, '0', 15);
	for (size_t i = 0; i < len; i++)
		if (work[i] == '1')
			for (size_t j = 0; j < 16; j++)
				work[i + j] = work[i + j] == poly[j] ? '0' : '1';
	for (size_t i = 0; i < 15; i++)
		crc = (uint16_t)(crc << 1 | (work[len + i] == '1'));
	return crc;
}

static void text_frame(const struct cot_can_frame *frame, char *out)
{
	out[0] = '\0';
	text_bits(out, 0, 1);
	if (frame->ext) {
		text_bits(out, frame->id >> 18, 11);
		text_bits(out, 3, 2);
		text_bits(out, frame->id & 0x3FFFF, 18);
	} else {
		text_bits(out, frame->id, 11);
	}
	text_bits(out, 0, 3);
	text_bits(out, frame->len, 4);
	for (unsigned int i = 0; i < frame->len; i++)
		text_bits(out, frame->data[i], 8);
}

static unsigned int text_length(const struct cot_can_frame *frame)
{
	char bits[256], wire[256];
	size_t n = 0;

	text_frame(frame, bits);
	text_bits(bits, text_crc(bits), 15);
	for (size_t i = 0; bits[i]; i++) {
		wire[n++] = bits[i];
		if (n >= 5 && wire[n - 1] == wire[n - 2] && wire[n - 2] == wire[n - 3] &&
		    wire[n - 3] == wire[n - 4] && wire[n - 4] == wire[n - 5])
			wire[n++] = bits[i] == '1' ? '0' : '1';
	}
	return (unsigned int)n + 13;
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void random_frame(uint32_t *seed, struct cot_can_frame *ret)
{
	uint32_t kind = next_random(seed) % 4;

	memset(ret, 0, sizeof(*ret));
	ret->ext = next_random(seed) & 1;
	ret->id = (next_random(seed) << 12 ^ next_random(seed)) &
	          (ret->ext ? COT_CAN_ID_EXT_MAX : COT_CAN_ID_MAX);
	ret->len = (uint8_t)(next_random(seed) % 9);
	for (unsigned int i = 0; i < ret->len; i++)
		ret->data[i] = kind == 0 ? 0 : kind == 1 ? 0xFF : (uint8_t)next_random(seed);
}

static void lengths_and_crc_as_on_paper(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		struct cot_can_frame frame;
		char bits[256];

		random_frame(&seed, &frame);
		text_frame(&frame, bits);
		assert_int_equal(cot_can_crc(&frame), text_crc(bits));
		assert_int_equal(cot_can_bits(&frame), text_length(&frame));
	}
}

/* 98 or 118 bits are stuffed, 13 are not; the worst is a stuff bit for each four
 * after the first. */
static void lengths_have_known_bounds(void **state)
{
	uint32_t seed = 2;

	(void)state;
	for (unsigned int i = 0; i < 100000; i++) {
		struct cot_can_frame frame;
		unsigned int plain;

		random_frame(&seed, &frame);
		plain = (frame.ext ? 54u : 34u) + 8u * frame.len;
		assert_in_range(cot_can_bits(&frame), plain + 13, plain + (plain - 1) / 4 + 13);
	}
}

/* A frame without any stuff bit has 111 bits, and such frames exist. */
static void shortest_frame_of_eight_bytes(void **state)
{
	uint32_t seed = 3;
	unsigned int least = 1000;

	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		struct cot_can_frame frame = { 0x555, 0, 8, { 0 } };

		for (unsigned int j = 0; j < 8; j++)
			frame.data[j] = next_random(&seed) & 1 ? 0x55 : 0x33;
		if (cot_can_bits(&frame) < least)
			least = cot_can_bits(&frame);
	}
	assert_int_equal(least, 111);
}

/* The mean over random frames with the usual diagnostic identifier. */
static void mean_length_of_random_frames(void **state)
{
	uint32_t seed = 4;
	unsigned long sum = 0;

	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		struct cot_can_frame frame = { 0x7E0, 0, 8, { 0 } };

		for (unsigned int j = 0; j < 8; j++)
			frame.data[j] = (uint8_t)next_random(&seed);
		sum += cot_can_bits(&frame);
	}
	assert_in_range(sum / 200, 11520, 11640); /* 115.2 to 116.4 bits */
}

static void arbitration_order(void **state)
{
	/* Each beats the next: dominant bits first, 11 bits before 29. */
	static const struct cot_can_frame order[] = {
		{ 0x000, 0, 0, { 0 } },      { 0x00000000, 1, 0, { 0 } },
		{ 0x0003FFFF, 1, 0, { 0 } }, { 0x001, 0, 0, { 0 } },
		{ 0x00040000, 1, 0, { 0 } }, { 0x7DF, 0, 0, { 0 } },
		{ 0x7E0, 0, 0, { 0 } },      { 0x1F800000, 1, 0, { 0 } },
		{ 0x7FF, 0, 0, { 0 } },      { 0x1FFFFFFF, 1, 0, { 0 } },
	};

	(void)state;
	for (size_t i = 1; i < sizeof(order) / sizeof(order[0]); i++)
		assert_true(cot_can_rank(&order[i - 1]) < cot_can_rank(&order[i]));
}

static void frames_that_cannot_be(void **state)
{
	static const struct {
		struct cot_can_frame frame;
		bool valid;
	} rows[] = {
		{ { 0x7FF, 0, 8, { 0 } }, true },       { { 0x800, 0, 8, { 0 } }, false },
		{ { 0x1FFFFFFF, 1, 0, { 0 } }, true },  { { 0x20000000, 1, 0, { 0 } }, false },
		{ { 1, 0, 9, { 0 } }, false },          { { 1, 2, 8, { 0 } }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(cot_can_valid(&rows[i].frame), rows[i].valid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_and_crc_as_on_paper),
		cmocka_unit_test(lengths_have_known_bounds),
		cmocka_unit_test(shortest_frame_of_eight_bytes),
		cmocka_unit_test(mean_length_of_random_frames),
		cmocka_unit_test(arbitration_order),
		cmocka_unit_test(frames_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
