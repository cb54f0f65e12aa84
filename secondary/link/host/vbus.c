/* SPDX-License-Identifier: Apache-2.0
 *
 * The bus itself: mailboxes, arbitration and the bit clock.
 */
#include "secondary/link/host/vbus.h"

#include "secondary/link/canbits.h"

#include <string.h>

#define NS_PER_S UINT64_C(1000000000)

void cot_vbus_init(struct cot_vbus *bus, uint32_t bitrate)
{
	memset(bus, 0, sizeof(*bus));
	bus->bitrate = bitrate;
	bus->end_ns = COT_LINK_NEVER;
}

enum cot_err cot_vbus_join(struct cot_vbus *bus, uint32_t rank, unsigned int *ret_node)
{
	for (unsigned int i = 0; i < COT_VBUS_NODES; i++) {
		if (!bus->node[i].there) {
			bus->node[i] = (struct cot_vbus_node){ .there = true, .rank = rank };
			*ret_node = i;
			return COT_OK;
		}
	}
	return COT_E_LIMIT;
}

void cot_vbus_leave(struct cot_vbus *bus, unsigned int node)
{
	if (bus->end_ns != COT_LINK_NEVER && bus->sender == node)
		bus->end_ns = COT_LINK_NEVER;
	bus->node[node].there = false;
	bus->node[node].boxes = 0;
}

enum cot_err cot_vbus_offer(struct cot_vbus *bus, unsigned int node,
                            const struct cot_can_frame *frame)
{
	struct cot_vbus_node *from = &bus->node[node];

	if (!cot_can_valid(frame))
		return COT_E_FRAME;
	if (from->boxes == COT_VBUS_MAILBOXES)
		return COT_E_BUSY;
	from->box[from->boxes++] = *frame;
	return COT_OK;
}

/* Whether a's first frame wins the bus over b's.  Two nodes with one identifier
 * would be an error on a real bus; here the order of nodes decides, so that
 * the outcome does not depend on who connected first. */
static bool beats(const struct cot_vbus_node *a, const struct cot_vbus_node *b)
{
	uint32_t rank_a = cot_can_rank(&a->box[0]);
	uint32_t rank_b = cot_can_rank(&b->box[0]);

	return rank_a != rank_b ? rank_a < rank_b : a->rank < b->rank;
}

/* The node whose first frame goes next, COT_VBUS_NODES if none has one. */
static unsigned int winner(const struct cot_vbus *bus)
{
	unsigned int best = COT_VBUS_NODES;

	for (unsigned int i = 0; i < COT_VBUS_NODES; i++) {
		if (bus->node[i].boxes == 0)
			continue;
		if (best == COT_VBUS_NODES || beats(&bus->node[i], &bus->node[best]))
			best = i;
	}
	return best;
}

static uint64_t bit_ns(const struct cot_vbus *bus, uint64_t bits)
{
	return bits * NS_PER_S / bus->bitrate;
}

static uint64_t start_ns(const struct cot_vbus *bus)
{
	return bus->free_ns > bus->now_ns ? bus->free_ns : bus->now_ns;
}

uint64_t cot_vbus_next_ns(const struct cot_vbus *bus)
{
	if (bus->end_ns != COT_LINK_NEVER)
		return bus->end_ns;
	return winner(bus) == COT_VBUS_NODES ? COT_LINK_NEVER : start_ns(bus);
}

static void begin(struct cot_vbus *bus)
{
	unsigned int bits;

	bus->sender = winner(bus);
	bits = cot_can_bits(&bus->node[bus->sender].box[0]);
	bus->now_ns = start_ns(bus);
	bus->end_ns = bus->now_ns + bit_ns(bus, bits - COT_CAN_INTERFRAME);
	bus->free_ns = bus->now_ns + bit_ns(bus, bits);
	bus->frames++;
	bus->bits += bits;
}

static void finish(struct cot_vbus *bus, struct cot_vbus_delivery *ret)
{
	struct cot_vbus_node *from = &bus->node[bus->sender];

	ret->frame = from->box[0];
	ret->sender = bus->sender;
	from->boxes--;
	memmove(from->box, from->box + 1, from->boxes * sizeof(from->box[0]));
	bus->now_ns = bus->end_ns;
	bus->end_ns = COT_LINK_NEVER;
}

bool cot_vbus_advance(struct cot_vbus *bus, uint64_t to_ns, struct cot_vbus_delivery *ret)
{
	uint64_t next_ns = cot_vbus_next_ns(bus);

	if (bus->end_ns == COT_LINK_NEVER && next_ns != COT_LINK_NEVER && next_ns <= to_ns)
		begin(bus);
	if (bus->end_ns != COT_LINK_NEVER && bus->end_ns <= to_ns) {
		finish(bus, ret);
		return true;
	}
	if (to_ns != COT_LINK_NEVER && to_ns > bus->now_ns)
		bus->now_ns = to_ns;
	return false;
}

static void put_be(uint8_t *out, uint64_t value, unsigned int width)
{
	for (unsigned int i = 0; i < width; i++)
		out[i] = (uint8_t)(value >> (8 * (width - 1 - i)));
}

static uint64_t get_be(const uint8_t *in, unsigned int width)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < width; i++)
		value = value << 8 | in[i];
	return value;
}

void cot_vbus_pack(const struct cot_vbus_packet *packet, uint8_t out[COT_VBUS_PACKET])
{
	out[0] = packet->type;
	out[1] = packet->frame.ext;
	out[2] = packet->frame.len;
	out[3] = 0;
	put_be(out + 4, packet->frame.id, 4);
	put_be(out + 8, packet->time_ns, 8);
	memcpy(out + 16, packet->frame.data, COT_CAN_MAX);
}

enum cot_err cot_vbus_unpack(const uint8_t *in, size_t len, struct cot_vbus_packet *ret)
{
	if (len != COT_VBUS_PACKET || in[2] > COT_CAN_MAX)
		return COT_E_FRAME;
	ret->type = in[0];
	ret->frame.ext = in[1];
	ret->frame.len = in[2];
	ret->frame.id = (uint32_t)get_be(in + 4, 4);
	ret->time_ns = get_be(in + 8, 8);
	memcpy(ret->frame.data, in + 16, COT_CAN_MAX);
	return COT_OK;
}
