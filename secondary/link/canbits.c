/* SPDX-License-Identifier: Apache-2.0
 *
 * The frame is walked bit by bit, once, as a controller would send it: the CRC
 * sees the plain bits, the stuffing what is on the wire.
 */
#include "secondary/link/canbits.h"

#define CRC_POLYNOMIAL 0x4599u
#define CRC_BITS 15u
#define STUFF_AFTER 5u
/* CRC delimiter, acknowledge slot and delimiter, end of frame: never stuffed. */
#define UNSTUFFED (1u + 2u + 7u)

struct wire {
	uint16_t crc;
	unsigned int bits;
	unsigned int run; /* equal bits in a row */
	unsigned int last;
};

static void put_raw(struct wire *wire, unsigned int bit)
{
	wire->run = wire->bits && bit == wire->last ? wire->run + 1u : 1u;
	wire->last = bit;
	wire->bits++;
}

static void put_stuffed(struct wire *wire, unsigned int bit)
{
	put_raw(wire, bit);
	if (wire->run == STUFF_AFTER)
		put_raw(wire, !bit);
}

static void put(struct wire *wire, uint32_t value, unsigned int count)
{
	while (count--) {
		unsigned int bit = value >> count & 1u;
		unsigned int top = wire->crc >> (CRC_BITS - 1u) & 1u;

		wire->crc = (uint16_t)((uint32_t)wire->crc << 1 & 0x7FFFu);
		if (top != bit)
			wire->crc ^= CRC_POLYNOMIAL;
		put_stuffed(wire, bit);
	}
}

/* Start of frame to the end of data. */
static void put_frame(struct wire *wire, const struct cot_can_frame *frame)
{
	put(wire, 0, 1);
	if (frame->ext) {
		put(wire, frame->id >> 18, 11);
		put(wire, 3, 2); /* SRR and IDE, recessive */
		put(wire, frame->id & 0x3FFFFu, 18);
		put(wire, 0, 3); /* RTR, r1, r0 */
	} else {
		put(wire, frame->id, 11);
		put(wire, 0, 3); /* RTR, IDE, r0 */
	}
	put(wire, frame->len, 4);
	for (unsigned int i = 0; i < frame->len; i++)
		put(wire, frame->data[i], 8);
}

unsigned int cot_can_bits(const struct cot_can_frame *frame)
{
	struct wire wire = { 0, 0, 0, 0 };

	put_frame(&wire, frame);
	put(&wire, wire.crc, CRC_BITS);
	return wire.bits + UNSTUFFED + COT_CAN_INTERFRAME;
}

uint16_t cot_can_crc(const struct cot_can_frame *frame)
{
	struct wire wire = { 0, 0, 0, 0 };

	put_frame(&wire, frame);
	return wire.crc;
}

uint32_t cot_can_rank(const struct cot_can_frame *frame)
{
	/* Eleven bits, then RTR or SRR with IDE as one bit, then eighteen bits. */
	if (!frame->ext)
		return frame->id << 19;
	return (frame->id >> 18) << 19 | 1u << 18 | (frame->id & 0x3FFFFu);
}
