/* SPDX-License-Identifier: Apache-2.0
 *
 * ISO-TP as a link over a bus that does one thing wrong: each frame of an
 * exchange of twenty lost, doubled, swapped with the next, or with one bit
 * flipped that the bus's own CRC let pass (W09).  ISO-TP repairs nothing; so
 * the proof is that it never hangs and that the exchange above, which asks
 * again, gets there.  CAN's CRC finds flipped bits on a real bus; here they
 * arrive, and what may then be wrong is the content of one message, never
 * its bounds.
 */
#include "secondary/link/carriers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum fault { FAULT_NONE, FAULT_LOSS, FAULT_DOUBLE, FAULT_SWAP, FAULT_FLIP };

#define REQUEST_LEN 62u  /* 1 first, 8 consecutive, 1 flow control: ten frames */
#define RESPONSE_LEN 62u /* and ten back */
#define TRY_MS 1500u     /* then the request is sent once more */

struct wire {
	struct cot_can_frame frames[256];
	size_t at, len;
	bool holding;
	struct cot_can_frame held;
};

static struct {
	struct wire wire[2];
	enum fault fault;
	size_t place;
	unsigned int bit;
	size_t count;
} bus;

struct end {
	struct cot_isotp_link carrier;
	struct wire *in, *out;
	unsigned int space; /* mailboxes: two frames per turn */
	uint8_t rx[128], tx[128];
};

static struct end client, server;

static void append(struct wire *wire, const struct cot_can_frame *frame)
{
	assert_true(wire->len < 256);
	wire->frames[wire->len++] = *frame;
}

static enum cot_err port_receive(void *ctx, struct cot_can_frame *ret)
{
	struct wire *wire = ((struct end *)ctx)->in;

	if (wire->at == wire->len)
		return COT_PENDING;
	*ret = wire->frames[wire->at++];
	return COT_OK;
}

static enum cot_err port_send(void *ctx, const struct cot_can_frame *given)
{
	struct end *self = ctx;
	struct cot_can_frame frame = *given;
	bool hit;

	if (self->space == 0)
		return COT_PENDING;
	self->space--;
	hit = bus.fault != FAULT_NONE && bus.count == bus.place;
	bus.count++;
	if (hit && bus.fault == FAULT_LOSS)
		return COT_OK;
	if (hit && bus.fault == FAULT_FLIP)
		frame.data[bus.bit / 8] ^= (uint8_t)(1u << bus.bit % 8);
	if (hit && bus.fault == FAULT_SWAP) {
		self->out->holding = true;
		self->out->held = frame;
		return COT_OK;
	}
	append(self->out, &frame);
	if (hit && bus.fault == FAULT_DOUBLE)
		append(self->out, &frame);
	if (self->out->holding) {
		self->out->holding = false;
		append(self->out, &self->out->held);
	}
	return COT_OK;
}

static void init_end(struct end *end, uint32_t tx, uint32_t rx, struct wire *in,
                     struct wire *out)
{
	struct cot_isotp_config config = { tx, rx, 0, 0, 0 };
	struct cot_can_port port = { port_receive, port_send, end };

	memset(end, 0, sizeof(*end));
	assert_int_equal(cot_isotp_init(&end->carrier.tp, &config, end->rx, sizeof(end->rx)),
	                 COT_OK);
	cot_isotp_link_init(&end->carrier, &port, end->tx, sizeof(end->tx));
	end->in = in;
	end->out = out;
}

static enum cot_err turn(struct end *end, uint64_t now, struct cot_slice *ret)
{
	enum cot_err err;

	end->space = 2;
	err = cot_link_poll(&end->carrier.link, now, ret);
	assert_true(err == COT_OK || err == COT_PENDING || err == COT_E_ECU_SILENT ||
	            err == COT_E_ECU_NAK);
	return err;
}

/* Asks until answered; returns how many askings it took.  A message whose
 * content was flipped is no answer, as a UDS client would judge. */
static unsigned int run(void)
{
	uint8_t request[REQUEST_LEN], response[RESPONSE_LEN];
	unsigned int asked = 0;
	uint64_t now = 0, again = 0;

	memset(&bus.wire, 0, sizeof(bus.wire));
	bus.count = 0;
	memset(request, 0x11, sizeof(request));
	memset(response, 0x22, sizeof(response));
	init_end(&client, 0x7E0, 0x7E8, &bus.wire[0], &bus.wire[1]);
	init_end(&server, 0x7E8, 0x7E0, &bus.wire[1], &bus.wire[0]);
	for (;; now += 10) {
		struct cot_slice msg;

		assert_true(now < 8 * TRY_MS);
		if (now >= again && cot_link_send(&client.carrier.link,
		                                  cot_slice(request, sizeof(request)),
		                                  now) == COT_OK) {
			again = now + TRY_MS;
			asked++;
		}
		if (turn(&server, now, &msg) == COT_OK) {
			assert_true(msg.len <= sizeof(server.rx));
			if (cot_slice_eq(msg, cot_slice(request, sizeof(request))))
				(void)!cot_link_send(&server.carrier.link,
				                     cot_slice(response, sizeof(response)),
				                     now);
		}
		if (turn(&client, now, &msg) == COT_OK &&
		    cot_slice_eq(msg, cot_slice(response, sizeof(response))))
			return asked;
	}
}

static void every_single_fault(void **state)
{
	size_t total;

	(void)state;
	bus.fault = FAULT_NONE;
	assert_int_equal(run(), 1);
	total = bus.count;
	assert_int_equal(total, 20);
	for (bus.fault = FAULT_LOSS; bus.fault <= FAULT_FLIP; bus.fault++)
		for (bus.place = 0; bus.place < total; bus.place++)
			for (bus.bit = 0; bus.bit < (bus.fault == FAULT_FLIP ? 64 : 1); bus.bit++)
				/* The last frame, swapped with the first of the second
				 * asking, spoils that one as well. */
				assert_in_range(run(), 1, bus.fault == FAULT_SWAP ? 3 : 2);
}

static void a_full_controller_is_waited_for(void **state)
{
	struct cot_slice msg;

	(void)state;
	bus.fault = FAULT_NONE;
	memset(&bus.wire, 0, sizeof(bus.wire));
	init_end(&client, 0x7E0, 0x7E8, &bus.wire[0], &bus.wire[1]);
	assert_int_equal(cot_link_send(&client.carrier.link, cot_slice("abc", 3), 0), COT_OK);
	assert_true(cot_link_sending(&client.carrier.link));
	assert_int_equal(cot_link_send(&client.carrier.link, cot_slice("def", 3), 0),
	                 COT_E_BUSY);
	assert_int_equal(bus.wire[1].len, 0);
	assert_int_equal(turn(&client, 1, &msg), COT_PENDING);
	assert_int_equal(bus.wire[1].len, 1);
	assert_false(cot_link_sending(&client.carrier.link));
	assert_int_equal(cot_link_due(&client.carrier.link, 1), COT_LINK_NEVER);
}

static enum cot_err broken_receive(void *ctx, struct cot_can_frame *ret)
{
	(void)ctx;
	(void)ret;
	return COT_E_LINK;
}

static void a_lost_controller_is_told(void **state)
{
	struct cot_slice msg;

	(void)state;
	init_end(&client, 0x7E0, 0x7E8, &bus.wire[0], &bus.wire[1]);
	client.carrier.port.receive = broken_receive;
	assert_int_equal(cot_link_poll(&client.carrier.link, 0, &msg), COT_E_LINK);
}

/* W16: a node that never stops talking does not keep a poll from returning. */
static enum cot_err babble(void *ctx, struct cot_can_frame *ret)
{
	(void)ctx;
	*ret = (struct cot_can_frame){ 0x000, 0, 8, { 0 } };
	return COT_OK;
}

static void a_babbling_bus_is_left(void **state)
{
	struct cot_slice msg;

	(void)state;
	init_end(&client, 0x7E0, 0x7E8, &bus.wire[0], &bus.wire[1]);
	client.carrier.port.receive = babble;
	assert_int_equal(cot_link_poll(&client.carrier.link, 0, &msg), COT_PENDING);
	assert_int_equal(client.carrier.link.heard_ms, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_single_fault),
		cmocka_unit_test(a_full_controller_is_waited_for),
		cmocka_unit_test(a_lost_controller_is_told),
		cmocka_unit_test(a_babbling_bus_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
