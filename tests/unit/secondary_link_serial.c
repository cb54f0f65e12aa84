/* SPDX-License-Identifier: Apache-2.0
 *
 * Stop-and-wait: who may say what when, what is executed once, and what a late
 * or foreign frame can do, which is nothing.
 */
#include "secondary/link/serial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

struct end {
	struct cot_serial serial;
	uint8_t rx[COT_SERIAL_RX(64)];
	uint8_t tx[64];
};

static struct end client, server;
static uint8_t line[COT_SERIAL_LINE(64)];
static uint64_t now;

static void init_end(struct end *end, bool is_server, uint16_t epoch)
{
	struct cot_serial_config config = { .server = is_server, .epoch = epoch,
		                            .rx = end->rx, .rx_cap = sizeof(end->rx),
		                            .tx = end->tx, .tx_cap = sizeof(end->tx) };

	cot_serial_init(&end->serial, &config);
}

static int setup(void **state)
{
	(void)state;
	now = 1000;
	init_end(&client, false, 0xABCD);
	init_end(&server, true, 0);
	return 0;
}

static struct cot_slice text(const char *s)
{
	return cot_slice_str(s);
}

static size_t pull(struct end *from)
{
	return cot_serial_transmit(&from->serial, line, sizeof(line), now);
}

/* Pushes what is on the line; returns whether a message came out. */
static bool push(struct end *to, size_t len, struct cot_slice *ret)
{
	bool got = false;

	for (size_t i = 0; i < len; i++)
		got |= cot_serial_receive(&to->serial, line[i], now, ret) == COT_OK;
	return got;
}

static bool carry(struct end *from, struct end *to, struct cot_slice *ret)
{
	return push(to, pull(from), ret);
}

static void one_exchange(const char *request, const char *response)
{
	struct cot_slice msg;

	assert_int_equal(cot_serial_send(&client.serial, text(request), now), COT_OK);
	assert_true(carry(&client, &server, &msg));
	assert_true(cot_slice_is(msg, request));
	assert_int_equal(cot_serial_send(&server.serial, text(response), now), COT_OK);
	assert_true(carry(&server, &client, &msg));
	assert_true(cot_slice_is(msg, response));
	assert_int_equal(cot_serial_due(&client.serial), COT_LINK_NEVER);
}

static void many_exchanges(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 700; i++) /* the number wraps twice */
		one_exchange("ask", "answer");
	assert_int_equal(client.serial.count.dropped + server.serial.count.dropped, 0);
}

static void a_repeated_request_is_answered_from_store(void **state)
{
	struct cot_slice msg;

	(void)state;
	assert_int_equal(cot_serial_send(&client.serial, text("ask"), now), COT_OK);
	assert_true(carry(&client, &server, &msg));
	now += COT_SERIAL_ANSWER_MS;
	assert_int_equal(cot_serial_tick(&client.serial, now), COT_OK);
	assert_false(carry(&client, &server, &msg)); /* still at work: ignored */
	assert_int_equal(pull(&server), 0);
	assert_int_equal(cot_serial_send(&server.serial, text("done"), now), COT_OK);
	assert_true(pull(&server) > 0); /* and lost */
	now += COT_SERIAL_ANSWER_MS;
	assert_int_equal(cot_serial_tick(&client.serial, now), COT_OK);
	assert_false(carry(&client, &server, &msg)); /* not executed again */
	assert_int_equal(server.serial.count.resent, 1);
	assert_true(carry(&server, &client, &msg));
	assert_true(cot_slice_is(msg, "done"));
	assert_int_equal(client.serial.count.resent, 2);
}

static void a_silent_server_is_given_up(void **state)
{
	struct cot_slice msg;
	uint16_t epoch = client.serial.epoch;
	unsigned int sent = 0;

	(void)state;
	assert_int_equal(cot_serial_send(&client.serial, text("ask"), now), COT_OK);
	for (;;) {
		sent += pull(&client) > 0;
		now = cot_serial_due(&client.serial);
		if (cot_serial_tick(&client.serial, now) == COT_E_ECU_SILENT)
			break;
	}
	assert_int_equal(sent, COT_SERIAL_ATTEMPTS);
	assert_int_equal(cot_serial_due(&client.serial), COT_LINK_NEVER);
	assert_int_equal(cot_serial_tick(&client.serial, now + 100000), COT_OK);
	assert_int_not_equal(client.serial.epoch, epoch);
	one_exchange("ask", "answer");
	(void)msg;
}

/* W10: a client that was replaced is answered afresh, whatever number it uses. */
static void a_new_epoch_resets_the_server(void **state)
{
	struct cot_slice msg;

	(void)state;
	for (unsigned int i = 0; i < 5; i++)
		one_exchange("ask", "answer");
	init_end(&client, false, 0x7777);
	for (unsigned int i = 0; i < 5; i++)
		one_exchange("ask", "answer");
	init_end(&server, true, 0); /* and so is a server */
	assert_int_equal(cot_serial_send(&client.serial, text("more"), now), COT_OK);
	assert_true(carry(&client, &server, &msg));
}

static size_t make(uint8_t type, uint16_t epoch, uint8_t sequence, const char *payload)
{
	struct cot_serial_frame frame = { type, epoch, sequence, text(payload) };
	struct cot_serial_encoder enc;

	assert_int_equal(cot_serial_encoder_init(&enc, &frame), COT_OK);
	return cot_serial_encode(&enc, line, sizeof(line));
}

/* Responses that must not be taken, by what is wrong with them. */
static const struct {
	const char *what;
	uint8_t type;
	int epoch, sequence;
	const char *payload;
} strangers[] = {
	{ "late, of the request before", COT_SERIAL_RESPONSE, 0, -1, "no" },
	{ "of the next request", COT_SERIAL_RESPONSE, 0, 1, "no" },
	{ "of another epoch", COT_SERIAL_RESPONSE, 1, 0, "no" },
	{ "interim of another epoch", COT_SERIAL_INTERIM, -1, 0, "no" },
	{ "a request, our own echo", COT_SERIAL_REQUEST, 0, 0, "no" },
	{ "an unknown type", 0x7F, 0, 0, "no" },
	{ "type zero", 0, 0, 0, "no" },
	{ "empty", COT_SERIAL_RESPONSE, 0, 0, "" },
};

static void strangers_are_not_heard(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		struct cot_slice msg;
		struct cot_serial *c = &client.serial;

		setup(NULL);
		assert_int_equal(cot_serial_send(c, text("ask"), now), COT_OK);
		pull(&client);
		if (push(&client, make(strangers[i].type,
		                       (uint16_t)(c->epoch + strangers[i].epoch),
		                       (uint8_t)(c->sequence + strangers[i].sequence),
		                       strangers[i].payload), &msg))
			fail_msg("%s: taken", strangers[i].what);
		assert_int_equal(c->count.dropped, 1);
		assert_true(push(&client, make(COT_SERIAL_RESPONSE, c->epoch, c->sequence,
		                               "yes"), &msg));
		/* and the very same once more is a duplicate */
		assert_false(push(&client, make(COT_SERIAL_RESPONSE, c->epoch, c->sequence,
		                                "yes"), &msg));
	}
}

/* W17: what a server drops. */
static void server_drops_what_is_no_new_request(void **state)
{
	static const struct {
		uint8_t type;
		int sequence;
		const char *payload;
		bool taken;
	} rows[] = {
		{ COT_SERIAL_REQUEST, 1, "new", true },
		{ COT_SERIAL_REQUEST, 127, "far", true },
		{ COT_SERIAL_REQUEST, 128, "old", false },
		{ COT_SERIAL_REQUEST, -1, "old", false },
		{ COT_SERIAL_REQUEST, 0, "same", false },
		{ COT_SERIAL_REQUEST, 1, "", false },
		{ COT_SERIAL_RESPONSE, 1, "type", false },
		{ COT_SERIAL_INTERIM, 1, "type", false },
		{ 4, 1, "type", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cot_slice msg;

		setup(NULL);
		one_exchange("ask", "answer");
		assert_int_equal(push(&server,
		                      make(rows[i].type, 0xABCD,
		                           (uint8_t)(server.serial.sequence +
		                                     rows[i].sequence),
		                           rows[i].payload), &msg),
		                 rows[i].taken);
	}
}

static void pending_keeps_the_request_open(void **state)
{
	struct cot_slice msg;

	(void)state;
	assert_int_equal(cot_serial_send(&client.serial, text("\x31 work"), now), COT_OK);
	assert_true(carry(&client, &server, &msg));
	for (unsigned int i = 0; i < 20; i++) {
		assert_int_equal(cot_serial_send(&server.serial, text("\x7F\x31\x78"), now),
		                 COT_OK);
		assert_true(carry(&server, &client, &msg));
		assert_true(cot_slice_is(msg, "\x7F\x31\x78"));
		now += COT_SERIAL_INTERIM_MS;
		assert_int_equal(cot_serial_tick(&client.serial, now), COT_OK);
		assert_false(carry(&client, &server, &msg)); /* "done yet?" */
		assert_true(carry(&server, &client, &msg));  /* the stored one again */
	}
	assert_int_equal(cot_serial_send(&server.serial, text("\x71 done"), now), COT_OK);
	assert_true(carry(&server, &client, &msg));
	assert_true(cot_slice_is(msg, "\x71 done"));
	assert_int_equal(cot_serial_send(&server.serial, text("again"), now), COT_E_SEQUENCE);
}

static void a_suppressed_request_is_sent_once(void **state)
{
	struct cot_slice msg;

	(void)state;
	assert_int_equal(cot_serial_send(&client.serial, text("\x3E\x80"), now), COT_OK);
	assert_true(carry(&client, &server, &msg));
	assert_int_equal(cot_serial_due(&client.serial), COT_LINK_NEVER);
	assert_int_equal(cot_serial_tick(&client.serial, now + 10000), COT_OK);
	assert_int_equal(pull(&client), 0);
	one_exchange("ask", "answer");
}

static void sends_that_are_refused(void **state)
{
	uint8_t large[65] = { 1 };
	struct cot_slice msg;

	(void)state;
	assert_int_equal(cot_serial_send(&server.serial, text("x"), now), COT_E_SEQUENCE);
	assert_int_equal(cot_serial_send(&client.serial, cot_slice(large, 0), now),
	                 COT_E_ARGUMENT);
	assert_int_equal(cot_serial_send(&client.serial, cot_slice(large, 65), now),
	                 COT_E_LIMIT);
	assert_int_equal(cot_serial_send(&client.serial, cot_slice(large, 64), now), COT_OK);
	assert_int_equal(cot_serial_send(&client.serial, text("x"), now), COT_E_BUSY);
	assert_true(carry(&client, &server, &msg));
	assert_int_equal(msg.len, 64);
	/* Asking something else gives the open request up, with a new epoch. */
	assert_int_equal(cot_serial_send(&client.serial, text("x"), now), COT_OK);
	assert_int_equal(client.serial.epoch, 0xABCE);
	assert_int_equal(cot_serial_send(&server.serial, text("old"), now), COT_OK);
	assert_false(carry(&server, &client, &msg));
	assert_true(carry(&client, &server, &msg));
	assert_true(cot_slice_is(msg, "x"));
}

/* While a slow response trickles in nothing is sent again; noise that never
 * ends does not hold the client for ever. */
static void arriving_bytes_hold_the_timer(void **state)
{
	struct cot_slice msg;
	uint64_t begun = now;

	(void)state;
	client.serial.config.baud = 9600;
	assert_int_equal(cot_serial_send(&client.serial, text("ask"), now), COT_OK);
	pull(&client);
	while (client.serial.count.resent == 0) {
		line[0] = 0x55;
		assert_false(push(&client, 1, &msg));
		now += 10;
		assert_int_equal(cot_serial_tick(&client.serial, now), COT_OK);
		assert_true(now < begun + 1000);
	}
	assert_true(now > begun + COT_SERIAL_ANSWER_MS + 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(many_exchanges, setup),
		cmocka_unit_test_setup(a_repeated_request_is_answered_from_store, setup),
		cmocka_unit_test_setup(a_silent_server_is_given_up, setup),
		cmocka_unit_test_setup(a_new_epoch_resets_the_server, setup),
		cmocka_unit_test_setup(strangers_are_not_heard, setup),
		cmocka_unit_test_setup(server_drops_what_is_no_new_request, setup),
		cmocka_unit_test_setup(pending_keeps_the_request_open, setup),
		cmocka_unit_test_setup(a_suppressed_request_is_sent_once, setup),
		cmocka_unit_test_setup(sends_that_are_refused, setup),
		cmocka_unit_test_setup(arriving_bytes_hold_the_timer, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
