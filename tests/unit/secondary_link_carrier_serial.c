/* SPDX-License-Identifier: Apache-2.0
 *
 * The serial carrier over a line that does one thing wrong: each byte of an
 * exchange lost, doubled, swapped with its neighbour, each bit of it flipped
 * (W09).  Whatever happens, every request is executed exactly once and
 * answered with its own answer.
 */
#include "secondary/link/carriers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define REQUESTS 3u

enum fault { FAULT_NONE, FAULT_LOSS, FAULT_DOUBLE, FAULT_SWAP, FAULT_FLIP };

/* One direction of the line. */
struct wire {
	uint8_t bytes[4096];
	size_t at, len;
	bool holding;
	uint8_t held;
};

static struct {
	struct wire wire[2];
	enum fault fault;
	size_t place;     /* of the byte that suffers, both directions together */
	unsigned int bit;
	size_t count;     /* bytes so far */
} bus;

struct end {
	struct cot_serial_link carrier;
	struct wire *in, *out;
	uint8_t rx[COT_SERIAL_RX(64)];
	uint8_t tx[64];
};

static struct end client, server;

static void append(struct wire *wire, uint8_t byte)
{
	assert_true(wire->len < sizeof(wire->bytes));
	wire->bytes[wire->len++] = byte;
}

static void travel(struct wire *wire, uint8_t byte)
{
	bool hit = bus.fault != FAULT_NONE && bus.count == bus.place;

	bus.count++;
	if (hit && bus.fault == FAULT_LOSS)
		return;
	if (hit && bus.fault == FAULT_FLIP)
		byte ^= (uint8_t)(1u << bus.bit);
	if (hit && bus.fault == FAULT_SWAP) {
		wire->holding = true;
		wire->held = byte;
		return;
	}
	append(wire, byte);
	if (hit && bus.fault == FAULT_DOUBLE)
		append(wire, byte);
	if (wire->holding) {
		wire->holding = false;
		append(wire, wire->held);
	}
}

static enum cot_err port_read(void *ctx, uint8_t *buf, size_t len, size_t *ret_moved)
{
	struct wire *wire = ((struct end *)ctx)->in;
	size_t there = wire->len - wire->at;

	*ret_moved = len < there ? len : there;
	memcpy(buf, wire->bytes + wire->at, *ret_moved);
	wire->at += *ret_moved;
	return COT_OK;
}

/* Takes few bytes at a time, as a UART does. */
static enum cot_err port_write(void *ctx, const uint8_t *buf, size_t len, size_t *ret_moved)
{
	*ret_moved = len < 5 ? len : 5;
	for (size_t i = 0; i < *ret_moved; i++)
		travel(((struct end *)ctx)->out, buf[i]);
	return COT_OK;
}

static void init_end(struct end *end, bool is_server, struct wire *in, struct wire *out)
{
	struct cot_serial_config config = { .server = is_server, .epoch = 0x00FE,
		                            .rx = end->rx, .rx_cap = sizeof(end->rx),
		                            .tx = end->tx, .tx_cap = sizeof(end->tx) };
	struct cot_serial_port port = { port_read, port_write, end };

	cot_serial_link_init(&end->carrier, &config, &port);
	end->in = in;
	end->out = out;
}

/* Runs the exchanges; returns how often the server executed something. */
static unsigned int run(void)
{
	unsigned int executed = 0;
	uint64_t now = 0;

	memset(&bus.wire, 0, sizeof(bus.wire));
	bus.count = 0;
	init_end(&client, false, &bus.wire[0], &bus.wire[1]);
	init_end(&server, true, &bus.wire[1], &bus.wire[0]);
	for (uint8_t i = 0; i < REQUESTS; i++) {
		uint8_t request[] = { 0x22, 0, i, 0, 0, 7 };
		uint8_t response[] = { 0x62, 0, i, 0 };
		struct cot_slice msg;

		assert_int_equal(cot_link_send(&client.carrier.link,
		                               cot_slice(request, sizeof(request)), now),
		                 COT_OK);
		for (;;) {
			now += 10;
			assert_true(now < 5000);
			if (cot_link_poll(&server.carrier.link, now, &msg) == COT_OK) {
				executed++;
				assert_true(cot_slice_eq(msg, cot_slice(request,
				                                        sizeof(request))));
				assert_int_equal(cot_link_send(&server.carrier.link,
				                               cot_slice(response, 4), now),
				                 COT_OK);
			}
			if (cot_link_poll(&client.carrier.link, now, &msg) == COT_OK)
				break;
		}
		assert_true(cot_slice_eq(msg, cot_slice(response, 4)));
	}
	return executed;
}

static void every_single_fault(void **state)
{
	size_t total;

	(void)state;
	bus.fault = FAULT_NONE;
	assert_int_equal(run(), REQUESTS);
	total = bus.count;
	assert_true(total > 80);
	for (bus.fault = FAULT_LOSS; bus.fault <= FAULT_FLIP; bus.fault++)
		for (bus.place = 0; bus.place < total; bus.place++)
			for (bus.bit = 0; bus.bit < (bus.fault == FAULT_FLIP ? 8 : 1); bus.bit++)
				assert_int_equal(run(), REQUESTS);
}

static enum cot_err broken_read(void *ctx, uint8_t *buf, size_t len, size_t *ret_moved)
{
	(void)ctx;
	(void)buf;
	(void)len;
	*ret_moved = 0;
	return COT_E_LINK;
}

static void a_lost_device_is_told(void **state)
{
	struct cot_slice msg;

	(void)state;
	init_end(&client, false, &bus.wire[0], &bus.wire[1]);
	client.carrier.port.read = broken_read;
	assert_int_equal(cot_link_poll(&client.carrier.link, 0, &msg), COT_E_LINK);
	assert_int_equal(cot_link_send(&client.carrier.link, cot_slice("", 0), 0),
	                 COT_E_ARGUMENT);
}

/* Two frames in one read: both are delivered, one poll each. */
static void two_messages_in_one_read(void **state)
{
	struct cot_serial_frame frame = { COT_SERIAL_REQUEST, 1, 1, COT_SLICE("one") };
	struct cot_serial_encoder enc;
	struct cot_slice msg;

	(void)state;
	bus.fault = FAULT_NONE;
	memset(&bus.wire, 0, sizeof(bus.wire));
	init_end(&server, true, &bus.wire[1], &bus.wire[0]);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(cot_serial_encoder_init(&enc, &frame), COT_OK);
		bus.wire[1].len += cot_serial_encode(&enc, bus.wire[1].bytes + bus.wire[1].len,
		                                     100);
		frame.sequence++;
		frame.payload = COT_SLICE("two");
	}
	assert_int_equal(cot_link_poll(&server.carrier.link, 0, &msg), COT_OK);
	assert_true(cot_slice_is(msg, "one"));
	assert_int_equal(cot_link_due(&server.carrier.link, 0), 0);
	assert_int_equal(cot_link_poll(&server.carrier.link, 0, &msg), COT_OK);
	assert_true(cot_slice_is(msg, "two"));
	assert_int_equal(cot_link_poll(&server.carrier.link, 0, &msg), COT_PENDING);
	assert_int_equal(server.carrier.link.count.received, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_single_fault),
		cmocka_unit_test(a_lost_device_is_told),
		cmocka_unit_test(two_messages_in_one_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
