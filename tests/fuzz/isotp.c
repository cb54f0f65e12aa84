/* SPDX-License-Identifier: Apache-2.0
 *
 * One end of ISO-TP, driven by a script: three bytes configure it, then each
 * byte is an operation (top two bits) and its size.
 * COVERS: secondary/link/isotp.c */
#include "secondary/link/isotp.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct script {
	struct cot_isotp tp;
	struct cot_slice rest;
	uint64_t now;
	size_t cap;
};

static struct cot_slice next(struct script *script, size_t len)
{
	struct cot_slice part = cot_slice_sub(script->rest, 0, len);

	script->rest = cot_slice_sub(script->rest, len, script->rest.len);
	return part;
}

static void push(struct script *script, size_t len)
{
	struct cot_can_frame frame = { script->tp.config.rx_id, script->tp.config.ext,
		                       (uint8_t)(len & 15u), { 0 } };
	struct cot_slice bytes = next(script, 8);

	if (len & 16u)
		frame.id ^= 1u;
	if (bytes.len)
		memcpy(frame.data, bytes.ptr, bytes.len);
	if (cot_isotp_receive(&script->tp, &frame, script->now) == COT_OK &&
	    (cot_isotp_message(&script->tp).len == 0 ||
	     cot_isotp_message(&script->tp).len > script->cap))
		abort();
	(void)cot_isotp_message(&script->tp);
}

static void pull(struct script *script)
{
	struct cot_can_frame frame;

	while (cot_isotp_next_frame(&script->tp, script->now, &frame) == COT_OK)
		if (!cot_can_valid(&frame) || frame.len != 8)
			abort();
	if (cot_isotp_due(&script->tp) == 0)
		abort(); /* what could be sent has been */
}

static void step(struct script *script)
{
	struct cot_slice op = next(script, 1);
	size_t len = op.ptr[0] & 63u;

	switch (op.ptr[0] >> 6) {
	case 0:
		push(script, len);
		break;
	case 1: /* from memory that lives as long as the script: the input itself */
		(void)!cot_isotp_send(&script->tp, cot_slice_sub(script->rest, 0, len * 65),
		                      script->now);
		break;
	case 2:
		script->now += (uint64_t)len * len * 10000u;
		(void)!cot_isotp_tick(&script->tp, script->now);
		if (!cot_isotp_sending(&script->tp) && script->tp.tx_state)
			abort();
		break;
	default:
		pull(script);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script script = { .now = 1 };
	struct cot_isotp_config config;
	uint8_t *rx;

	if (size < 3)
		return 0;
	script.cap = (data[0] & 127u) * 4u;
	config = (struct cot_isotp_config){ data[0] & 128u ? 0x18DA10F1 : 0x7E0,
		                            data[1] == 255 ? 0x800 : 0x7E8, data[0] >> 7,
		                            data[1], data[2] };
	rx = malloc(script.cap ? script.cap : 1);
	script.rest = cot_slice(data + 3, size - 3);
	if (rx && cot_isotp_init(&script.tp, &config, rx, script.cap) == COT_OK)
		while (script.rest.len)
			step(&script);
	free(rx);
	return 0;
}
