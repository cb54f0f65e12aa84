/* SPDX-License-Identifier: Apache-2.0
 *
 * Frames of the serial line: what is encoded comes back, in pieces of any
 * size, and what is damaged does not (W08).
 */
#include "secondary/link/serial.h"

#include "secondary/link/crc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define CAP COT_SERIAL_RX(COT_LINK_MAX)

static uint8_t line[COT_SERIAL_LINE(COT_LINK_MAX)];
static uint8_t memory[CAP];
static uint8_t payload[COT_LINK_MAX];

static size_t encode(struct cot_slice bytes, size_t piece)
{
	struct cot_serial_frame frame = { COT_SERIAL_REQUEST, 0x1200, 0x34, bytes };
	struct cot_serial_encoder enc;
	size_t len = 0;
	size_t got;

	assert_int_equal(cot_serial_encoder_init(&enc, &frame), COT_OK);
	do {
		got = cot_serial_encode(&enc, line + len,
		                        piece < sizeof(line) - len ? piece : sizeof(line) - len);
		len += got;
	} while (got);
	assert_true(len <= COT_SERIAL_LINE(bytes.len));
	return len;
}

static struct cot_serial_decoder fresh(size_t cap)
{
	struct cot_serial_decoder dec;

	cot_serial_decoder_init(&dec, memory, cap);
	return dec;
}

/* Feeds bytes; counts frames and errors; the last frame stays in *ret. */
static void feed(struct cot_serial_decoder *dec, struct cot_slice bytes,
                 struct cot_serial_frame *ret, unsigned int count[2])
{
	count[0] = 0;
	count[1] = 0;
	for (size_t i = 0; i < bytes.len; i++) {
		enum cot_err err = cot_serial_decode(dec, bytes.ptr[i], ret);

		if (err == COT_OK)
			count[0]++;
		else if (err != COT_PENDING)
			count[1]++;
	}
}

static void round_trip(struct cot_slice bytes, size_t piece)
{
	struct cot_serial_decoder dec = fresh(CAP);
	struct cot_serial_frame frame = { 0, 0, 0, { NULL, 0 } };
	unsigned int count[2];
	size_t len = encode(bytes, piece);

	assert_int_equal(line[0], 0);
	assert_int_equal(line[len - 1], 0);
	assert_null(memchr(line + 1, 0, len - 2));
	feed(&dec, cot_slice(line, len), &frame, count);
	assert_int_equal(count[0], 1);
	assert_int_equal(count[1], 0);
	assert_int_equal(frame.type, COT_SERIAL_REQUEST);
	assert_int_equal(frame.epoch, 0x1200);
	assert_int_equal(frame.sequence, 0x34);
	assert_true(cot_slice_eq(frame.payload, bytes));
}

static void all_lengths_come_back(void **state)
{
	static const uint8_t fills[] = { 0x00, 0xFF, 0x01, 0xA5 };

	(void)state;
	for (size_t f = 0; f < sizeof(fills); f++) {
		memset(payload, fills[f], sizeof(payload));
		for (size_t len = 0; len <= 600; len++)
			round_trip(cot_slice(payload, len), sizeof(line));
		round_trip(cot_slice(payload, COT_LINK_MAX), sizeof(line));
	}
}

/* One zero at each place around the longest block. */
static void a_zero_at_every_place(void **state)
{
	(void)state;
	for (size_t at = 0; at < 520; at++) {
		memset(payload, 0x77, 520);
		payload[at] = 0;
		round_trip(cot_slice(payload, 520), sizeof(line));
	}
}

static void pieces_of_every_size(void **state)
{
	(void)state;
	for (size_t i = 0; i < 300; i++)
		payload[i] = (uint8_t)(i * 7);
	for (size_t piece = 1; piece <= 320; piece++)
		round_trip(cot_slice(payload, 300), piece);
}

static void too_long_is_refused(void **state)
{
	struct cot_serial_frame frame = { 1, 0, 0, { payload, COT_LINK_MAX + 1 } };
	struct cot_serial_encoder enc;

	(void)state;
	assert_int_equal(cot_serial_encoder_init(&enc, &frame), COT_E_LIMIT);
	frame.payload.len = COT_LINK_MAX;
	assert_int_equal(cot_serial_encoder_init(&enc, &frame), COT_OK);
}

/* The bytes that docs/link.md shows. */
static void documented_bytes(void **state)
{
	static const struct {
		uint8_t type;
		struct cot_slice payload, line;
	} rows[] = {
		{ COT_SERIAL_REQUEST, { (const uint8_t *)"\x22\xF1\x8C", 3 },
		  { (const uint8_t *)"\x00\x05\x01\xBE\xEF\x01\x09\x03\x22\xF1\x8C"
		                     "\xCC\x6F\xE3\xB4\x00", 16 } },
		{ COT_SERIAL_INTERIM, { (const uint8_t *)"\x7F\x22\x78", 3 },
		  { (const uint8_t *)"\x00\x05\x03\xBE\xEF\x01\x09\x03\x7F\x22\x78"
		                     "\x96\x38\xD6\x08\x00", 16 } },
		{ COT_SERIAL_RESPONSE, { (const uint8_t *)"\x62\xF1\x8C" "ecu-1", 8 },
		  { (const uint8_t *)"\x00\x05\x02\xBE\xEF\x01\x0E\x08\x62\xF1\x8C"
		                     "ecu-1\x4F\x4D\x8A\x15\x00", 21 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cot_serial_frame frame = { rows[i].type, 0xBEEF, 1, rows[i].payload };
		struct cot_serial_encoder enc;
		size_t len;

		assert_int_equal(cot_serial_encoder_init(&enc, &frame), COT_OK);
		assert_false(cot_serial_encoder_done(&enc));
		len = cot_serial_encode(&enc, line, sizeof(line));
		assert_true(cot_serial_encoder_done(&enc));
		assert_true(cot_slice_eq(cot_slice(line, len), rows[i].line));
	}
}

/* Every single bit of a frame, and every prefix of it: nothing but the frame
 * itself gets through, and the one after it always does. */
static void no_damage_gets_through(void **state)
{
	struct cot_serial_frame frame;
	unsigned int count[2];
	uint8_t good[64];
	size_t len;

	(void)state;
	memset(payload, 0, 20);
	payload[3] = 0x55;
	len = encode(cot_slice(payload, 20), sizeof(line));
	memcpy(good, line, len);
	for (size_t bit = 0; bit < len * 8; bit++) {
		struct cot_serial_decoder dec = fresh(CAP);

		memcpy(line, good, len);
		line[bit / 8] ^= (uint8_t)(1u << bit % 8);
		memcpy(line + len, good, len);
		feed(&dec, cot_slice(line, 2 * len), &frame, count);
		/* Damage to the first delimiter may cost nothing, to the last both
		 * delimiters still stand before the next frame. */
		assert_in_range(count[0], 1, 2);
		assert_int_equal(frame.payload.len, 20);
		if (bit / 8 > 0 && bit / 8 < len - 1)
			assert_int_equal(count[0], 1);
	}
	for (size_t cut = 1; cut < len - 1; cut++) {
		struct cot_serial_decoder dec = fresh(CAP);

		memcpy(line, good, cut);
		memcpy(line + cut, good, len);
		feed(&dec, cot_slice(line, cut + len), &frame, count);
		assert_int_equal(count[0], 1);
		assert_int_equal(count[1], cut > 1);
	}
}

/* Plain bytes as one COBS frame; short and without zeros after the first. */
static size_t raw_frame(const uint8_t *plain, size_t len)
{
	size_t at = 0;

	line[at++] = 0;
	for (size_t i = 0; i < len;) {
		size_t run = 0;

		while (i + run < len && plain[i + run])
			run++;
		line[at++] = (uint8_t)(run + 1);
		memcpy(line + at, plain + i, run);
		at += run;
		i += run;
		if (i < len && ++i == len)
			line[at++] = 1;
	}
	line[at++] = 0;
	return at;
}

/* W08: the CRC is right, the length is not. */
static void crc_right_length_wrong(void **state)
{
	(void)state;
	for (unsigned int said = 0; said < 65536; said += said < 40 ? 1 : 251) {
		uint8_t plain[6 + 8 + 4] = { 1, 2, 3, 4, (uint8_t)(said >> 8), (uint8_t)said,
			                     9, 9, 9, 9, 9, 9, 9, 9 };
		uint32_t crc = cot_crc32(0, cot_slice(plain, 14));
		struct cot_serial_decoder dec = fresh(CAP);
		struct cot_serial_frame frame;
		unsigned int count[2];

		for (unsigned int i = 0; i < 4; i++)
			plain[14 + i] = (uint8_t)(crc >> (24 - 8 * i));
		feed(&dec, cot_slice(line, raw_frame(plain, sizeof(plain))), &frame, count);
		assert_int_equal(count[0], said == 8);
		assert_int_equal(count[1], said != 8);
	}
}

/* W08: a CRC that is wrong although all else is right; and one of the first
 * ten bytes only. */
static void length_right_crc_wrong(void **state)
{
	uint8_t plain[6 + 8 + 4] = { 1, 2, 3, 4, 0, 8, 9, 9, 9, 9, 9, 9, 9, 9, 1, 2, 3, 4 };
	struct cot_serial_decoder dec = fresh(CAP);
	struct cot_serial_frame frame;
	unsigned int count[2];

	(void)state;
	feed(&dec, cot_slice(line, raw_frame(plain, sizeof(plain))), &frame, count);
	assert_int_equal(count[0], 0);
	assert_int_equal(count[1], 1);
	for (size_t len = 1; len < COT_SERIAL_OVERHEAD; len++) {
		feed(&dec, cot_slice(line, raw_frame(plain, len)), &frame, count);
		assert_int_equal(count[0], 0);
		assert_int_equal(count[1], 1);
	}
}

/* W08: a mebibyte without a delimiter, a storm of delimiters, breaks. */
static void noise_is_bounded(void **state)
{
	struct cot_serial_decoder dec = fresh(64);
	struct cot_serial_frame frame;
	unsigned int count[2];
	size_t len;

	(void)state;
	memset(memory, 0xEE, sizeof(memory));
	for (size_t i = 0; i < 1u << 20; i++)
		assert_int_equal(cot_serial_decode(&dec, 0xFF, &frame), COT_PENDING);
	assert_int_equal(memory[64], 0xEE);
	assert_int_equal(cot_serial_decode(&dec, 0, &frame), COT_E_FRAME);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(cot_serial_decode(&dec, 0, &frame), COT_PENDING);
	len = encode(cot_slice("hello", 5), sizeof(line));
	feed(&dec, cot_slice(line, len), &frame, count);
	assert_int_equal(count[0], 1);
}

/* A frame one byte larger than the buffer is dropped, the exact one taken. */
static void buffer_is_the_limit(void **state)
{
	struct cot_serial_frame frame;
	unsigned int count[2];

	(void)state;
	memset(payload, 0, 101);
	for (size_t len = 100; len <= 101; len++) {
		struct cot_serial_decoder dec = fresh(COT_SERIAL_RX(100));
		size_t coded = encode(cot_slice(payload, len), sizeof(line));

		feed(&dec, cot_slice(line, coded), &frame, count);
		assert_int_equal(count[0], len == 100);
		assert_int_equal(count[1], len == 101);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_lengths_come_back),
		cmocka_unit_test(a_zero_at_every_place),
		cmocka_unit_test(pieces_of_every_size),
		cmocka_unit_test(too_long_is_refused),
		cmocka_unit_test(documented_bytes),
		cmocka_unit_test(no_damage_gets_through),
		cmocka_unit_test(crc_right_length_wrong),
		cmocka_unit_test(length_right_crc_wrong),
		cmocka_unit_test(noise_is_bounded),
		cmocka_unit_test(buffer_is_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
