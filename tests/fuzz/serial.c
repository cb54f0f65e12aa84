/* SPDX-License-Identifier: Apache-2.0
 *
 * One end of a serial line, driven by a script: the first byte picks the end,
 * then each byte is an operation (top three bits) and its size.
 * COVERS: secondary/link/serial.c secondary/link/cobs.c secondary/link/crc.c */
#include "secondary/link/serial.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct script {
	struct cot_serial serial;
	struct cot_slice rest;
	uint64_t now;
};

static struct cot_slice next(struct script *script, size_t len)
{
	struct cot_slice part = cot_slice_sub(script->rest, 0, len);

	script->rest = cot_slice_sub(script->rest, len, script->rest.len);
	return part;
}

static void push(struct script *script, struct cot_slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		struct cot_slice msg;

		if (cot_serial_receive(&script->serial, bytes.ptr[i], script->now, &msg) == COT_OK &&
		    (msg.len == 0 || msg.len > 48))
			abort();
	}
}

/* A whole good frame: a fuzzer rarely guesses a CRC. */
static void push_frame(struct script *script, size_t len)
{
	struct cot_slice head = next(script, 3);
	struct cot_serial_frame frame = { 0, script->serial.epoch, script->serial.sequence,
		                          { NULL, 0 } };
	struct cot_serial_encoder enc;
	uint8_t line[COT_SERIAL_LINE(32)];

	if (head.len < 3)
		return;
	frame.type = head.ptr[0] & 3u;
	frame.epoch = (uint16_t)(frame.epoch + (head.ptr[1] & 1u));
	frame.sequence = (uint8_t)(frame.sequence + head.ptr[2]);
	frame.payload = next(script, len);
	if (cot_serial_encoder_init(&enc, &frame) == COT_OK)
		push(script, cot_slice(line, cot_serial_encode(&enc, line, sizeof(line))));
}

static void step(struct script *script)
{
	struct cot_slice op = next(script, 1);
	size_t len = op.ptr[0] & 31u;
	uint8_t line[32];

	switch (op.ptr[0] >> 5) {
	case 0:
		push(script, next(script, len));
		break;
	case 1:
		push_frame(script, len);
		break;
	case 2:
		(void)!cot_serial_send(&script->serial, next(script, len * 2), script->now);
		break;
	case 3:
		if (cot_serial_transmit(&script->serial, line, len, script->now) > len)
			abort();
		break;
	default:
		script->now += len * 50;
		(void)!cot_serial_tick(&script->serial, script->now);
		if (cot_serial_due(&script->serial) < 100 && cot_serial_sending(&script->serial))
			abort();
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Exact sizes on the heap, so that a byte too many is seen. */
	uint8_t *rx = malloc(COT_SERIAL_RX(48));
	uint8_t *tx = malloc(48);
	struct cot_serial_config config = { .epoch = 7, .rx = rx,
		                            .rx_cap = COT_SERIAL_RX(48), .tx = tx,
		                            .tx_cap = 48, .attempts = 3 };
	struct script script = { .rest = cot_slice(data, size), .now = 1000 };

	if (rx && tx && size) {
		config.server = data[0] & 1u;
		config.baud = data[0] & 2u ? 9600 : 0;
		cot_serial_init(&script.serial, &config);
		script.rest = cot_slice(data + 1, size - 1);
		while (script.rest.len)
			step(&script);
	}
	free(rx);
	free(tx);
	return 0;
}
