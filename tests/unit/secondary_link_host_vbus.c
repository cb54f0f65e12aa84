/* SPDX-License-Identifier: Apache-2.0
 *
 * The virtual bus: arbitration and time by itself, then as a process with two
 * nodes, and in lockstep twice with the same capture.
 */
#include "secondary/link/host/vbus.h"

#include "secondary/link/canbits.h"
#include "secondary/link/host/transport.h"
#include "secondary/link/uds.h"
#include "tests/sim/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[SIM_FOLDER];

static struct cot_can_frame frame_of(uint32_t id, uint8_t fill)
{
	struct cot_can_frame frame = { id, id > COT_CAN_ID_MAX, 8, { 0 } };

	memset(frame.data, fill, sizeof(frame.data));
	return frame;
}

static void lowest_identifier_goes_first(void **state)
{
	static const uint32_t ids[] = { 0x7E8, 0x123, 0x18DA10F1, 0x7E0, 0x000 };
	static const uint32_t order[] = { 0x000, 0x123, 0x18DA10F1, 0x7E0, 0x7E8 };
	struct cot_vbus bus;
	struct cot_vbus_delivery got;
	uint64_t bits = 0;

	(void)state;
	cot_vbus_init(&bus, 500000);
	for (size_t i = 0; i < 5; i++) {
		struct cot_can_frame frame = frame_of(ids[i], 0x5A);
		unsigned int node = 0;

		assert_int_equal(cot_vbus_join(&bus, (uint32_t)i, &node), COT_OK);
		assert_int_equal(cot_vbus_offer(&bus, node, &frame), COT_OK);
	}
	for (size_t i = 0; i < 5; i++) {
		assert_true(cot_vbus_advance(&bus, COT_LINK_NEVER, &got));
		assert_int_equal(got.frame.id, order[i]);
		bits += cot_can_bits(&got.frame);
		assert_int_equal(bus.now_ns, (bits - COT_CAN_INTERFRAME) * 2000);
		assert_int_equal(bus.free_ns, bits * 2000);
	}
	assert_false(cot_vbus_advance(&bus, COT_LINK_NEVER, &got));
	assert_int_equal(bus.bits, bits);
	assert_int_equal(bus.frames, 5);
}

/* Priority decides at the next arbitration, never in the middle of a frame; a
 * node's own frames keep their order. */
static void a_frame_is_never_interrupted(void **state)
{
	struct cot_can_frame low = frame_of(0x700, 1), high = frame_of(0x001, 2);
	struct cot_vbus bus;
	struct cot_vbus_delivery got;
	unsigned int a = 0, b = 0;

	(void)state;
	cot_vbus_init(&bus, 500000);
	assert_int_equal(cot_vbus_join(&bus, 1, &a), COT_OK);
	assert_int_equal(cot_vbus_join(&bus, 2, &b), COT_OK);
	for (unsigned int i = 0; i < COT_VBUS_MAILBOXES; i++)
		assert_int_equal(cot_vbus_offer(&bus, a, &low), COT_OK);
	assert_int_equal(cot_vbus_offer(&bus, a, &low), COT_E_BUSY);
	assert_false(cot_vbus_advance(&bus, 1000, &got)); /* a has begun */
	assert_int_equal(cot_vbus_offer(&bus, b, &high), COT_OK);
	assert_true(cot_vbus_advance(&bus, COT_LINK_NEVER, &got));
	assert_int_equal(got.frame.id, 0x700);
	assert_int_equal(got.sender, a);
	assert_true(cot_vbus_advance(&bus, COT_LINK_NEVER, &got));
	assert_int_equal(got.frame.id, 0x001);
	assert_true(cot_vbus_advance(&bus, COT_LINK_NEVER, &got));
	cot_vbus_leave(&bus, a); /* takes the third along */
	assert_int_equal(cot_vbus_next_ns(&bus), COT_LINK_NEVER);
}

/* Two nodes with one identifier: the rank decides, not who came first. */
static void equal_identifiers_have_an_order(void **state)
{
	(void)state;
	for (unsigned int first = 0; first < 2; first++) {
		struct cot_can_frame frame = frame_of(0x100, 0);
		struct cot_vbus bus;
		struct cot_vbus_delivery got;
		unsigned int node[2] = { 0, 0 };

		cot_vbus_init(&bus, 500000);
		assert_int_equal(cot_vbus_join(&bus, first ? 9 : 5, &node[0]), COT_OK);
		assert_int_equal(cot_vbus_join(&bus, first ? 5 : 9, &node[1]), COT_OK);
		assert_int_equal(cot_vbus_offer(&bus, node[0], &frame), COT_OK);
		assert_int_equal(cot_vbus_offer(&bus, node[1], &frame), COT_OK);
		assert_true(cot_vbus_advance(&bus, COT_LINK_NEVER, &got));
		assert_int_equal(got.sender, node[first]);
	}
}

static void what_the_bus_refuses(void **state)
{
	struct cot_can_frame frame = frame_of(0x800, 0);
	struct cot_vbus bus;
	struct cot_vbus_packet packet;
	uint8_t bytes[COT_VBUS_PACKET] = { COT_VBUS_FRAME, 0, 9 };
	unsigned int node = 0;

	(void)state;
	cot_vbus_init(&bus, 500000);
	for (unsigned int i = 0; i < COT_VBUS_NODES; i++)
		assert_int_equal(cot_vbus_join(&bus, i, &node), COT_OK);
	assert_int_equal(cot_vbus_join(&bus, 99, &node), COT_E_LIMIT);
	frame.ext = 0;
	assert_int_equal(cot_vbus_offer(&bus, 0, &frame), COT_E_FRAME);
	assert_int_equal(cot_vbus_unpack(bytes, sizeof(bytes), &packet), COT_E_FRAME);
	bytes[2] = 8;
	assert_int_equal(cot_vbus_unpack(bytes, sizeof(bytes), &packet), COT_OK);
	assert_int_equal(cot_vbus_unpack(bytes, sizeof(bytes) - 1, &packet), COT_E_FRAME);
}

static void packets_come_back(void **state)
{
	struct cot_vbus_packet in = { COT_VBUS_FRAME, UINT64_C(0x0123456789ABCDEF),
		                      { 0x1ABCDEF0, 1, 7, { 1, 2, 3, 4, 5, 6, 7, 0 } } };
	struct cot_vbus_packet out;
	uint8_t bytes[COT_VBUS_PACKET];

	(void)state;
	cot_vbus_pack(&in, bytes);
	assert_int_equal(cot_vbus_unpack(bytes, sizeof(bytes), &out), COT_OK);
	assert_int_equal(out.type, in.type);
	assert_true(out.time_ns == in.time_ns);
	assert_int_equal(out.frame.id, in.frame.id);
	assert_int_equal(out.frame.ext, in.frame.ext);
	assert_int_equal(out.frame.len, in.frame.len);
	assert_memory_equal(out.frame.data, in.frame.data, 8);
}

/* ---- the bus as a process ---------------------------------------------------- */

struct process {
	pid_t pid;
	int stop[2];
};

static const char *path_of(const char *before, const char *name, const char *after)
{
	static char text[4][256];
	static unsigned int turn;

	turn = (turn + 1) % 4;
	snprintf(text[turn], sizeof(text[turn]), "%s%s/%s%s", before, folder, name, after);
	return text[turn];
}

/* Runs the bus in a child until something comes through its pipe. */
static void start_bus(struct process *process, struct cot_vbus_options options,
                      const char *capture)
{
	assert_int_equal(pipe(process->stop), 0);
	process->pid = fork();
	assert_true(process->pid >= 0);
	if (process->pid == 0) {
		struct cot_vbus bus;
		enum cot_err err;

		close(process->stop[1]);
		options.stop_fd = process->stop[0];
		options.capture = fopen(capture, "w");
		err = cot_vbus_serve(&options, &bus);
		if (options.capture)
			fclose(options.capture);
		_exit(err == COT_OK ? 0 : 1);
	}
	close(process->stop[0]);
}

static void tell_to_stop(const struct process *process)
{
	assert_int_equal(write(process->stop[1], "x", 1), 1);
	close(process->stop[1]);
}

static void stop_child(struct process *process)
{
	int status = -1;

	tell_to_stop(process);
	assert_int_equal(waitpid(process->pid, &status, 0), process->pid);
	assert_int_equal(status, 0);
}

/* The bus is a process: its socket appears when it appears. */
static struct cot_link *join(const char *ids, enum cot_transport_role role)
{
	struct cot_link *link = NULL;

	for (unsigned int i = 0; i < 60000 && !link; i++) {
		if (cot_transport_open(path_of("vbus:", "bus", ids), role, &link, NULL))
			poll(NULL, 0, 1);
	}
	assert_non_null(link);
	return link;
}

/* A server: answers each request with twice its bytes. */
static void serve(struct cot_link *server, uint64_t now_ms)
{
	static uint8_t reply[COT_LINK_MAX];
	struct cot_slice msg;

	if (cot_link_poll(server, now_ms, &msg) != COT_OK)
		return;
	assert_int_equal(msg.ptr[0], COT_UDS_READ);
	reply[0] = COT_UDS_READ + 0x40;
	memset(reply + 1, 0x33, sizeof(reply) - 1);
	memcpy(reply + 1, msg.ptr + 1, 2);
	assert_int_equal(cot_link_send(server, cot_slice(reply, msg.ptr[2] == 1 ? 3 : 1000),
	                               now_ms), COT_OK);
}

struct pair {
	struct cot_link *server;
};

/* Real time, in which the bus moves frames; the server takes its turns in it. */
static void pair_wait(void *ctx, struct cot_link *link, uint64_t until_ms)
{
	struct pair *pair = ctx;
	struct pollfd fds[] = {
		{ cot_transport_fd(link), POLLIN, 0 },
		{ cot_transport_fd(pair->server), POLLIN, 0 },
	};
	uint64_t now_ms = cot_transport_real_clock.now_ms(NULL);

	if (until_ms > now_ms)
		poll(fds, 2, until_ms - now_ms < 100 ? (int)(until_ms - now_ms) : 100);
	serve(pair->server, now_ms);
}

static uint64_t pair_now(void *ctx)
{
	(void)ctx;
	return cot_transport_real_clock.now_ms(NULL);
}

static void ask(struct cot_link *client, const struct cot_transport_clock *clock,
                uint8_t number, size_t expected)
{
	struct cot_transport_terms terms = cot_transport_default_terms();
	uint8_t request[] = { COT_UDS_READ, 0xFD, number };
	uint8_t buf[COT_LINK_MAX];
	struct cot_transport_answer answer = { buf, sizeof(buf), 0 };

	terms.clock = clock;
	terms.attempts = 20; /* in real time the bus may be kept from its work for a while */
	assert_int_equal(cot_transport_exchange(client, &terms,
	                                        cot_slice(request, sizeof(request)), &answer),
	                 COT_OK);
	assert_int_equal(answer.len, expected);
}

static void two_nodes_talk(enum cot_vbus_mode mode, double pace, const char *ids_client,
                           const char *ids_server)
{
	struct cot_vbus_options options = { .path = path_of("", "bus", ""),
		                            .bitrate = 500000, .mode = mode, .pace = pace };
	struct pair pair;
	struct cot_transport_clock clock = { pair_now, pair_wait, &pair };
	struct cot_transport_clock lent;
	struct process bus;
	struct cot_link *client;

	start_bus(&bus, options, path_of("", "capture", ""));
	client = join(ids_client, COT_TRANSPORT_CLIENT);
	pair.server = join(ids_server, COT_TRANSPORT_SERVER);
	assert_int_equal(cot_transport_bus_clock(client, &lent), COT_E_UNSUPPORTED);
	ask(client, &clock, 1, 3);
	ask(client, &clock, 2, 1000);
	ask(client, &clock, 1, 3);
	cot_transport_close(client);
	cot_transport_close(pair.server);
	stop_child(&bus);
	unlink(path_of("", "capture", ""));
}

static void two_nodes_free(void **state)
{
	(void)state;
	two_nodes_talk(COT_VBUS_FREE, 1, "/7E0,7E8", "/7E8,7E0");
	two_nodes_talk(COT_VBUS_FREE, 1, "/18DA10F1,18DAF110", "/18DAF110,18DA10F1");
}

static void two_nodes_paced(void **state)
{
	(void)state;
	two_nodes_talk(COT_VBUS_PACED, 0.1, "/7E0,7E8", "/7E8,7E0");
}

/* A node in lockstep: serves until something comes through its pipe. */
static void lockstep_server(int stop)
{
	struct cot_link *link = join("/7E8,7E0", COT_TRANSPORT_SERVER);
	struct cot_transport_clock clock;
	struct pollfd told = { stop, POLLIN, 0 };

	assert_int_equal(cot_transport_bus_clock(link, &clock), COT_OK);
	while (poll(&told, 1, 0) == 0) {
		uint64_t now_ms = clock.now_ms(clock.ctx);
		uint64_t until_ms;

		serve(link, now_ms);
		until_ms = cot_link_due(link, now_ms);
		/* A heartbeat, so that it notices its end. */
		clock.wait(clock.ctx, link, until_ms < now_ms + 5 ? until_ms : now_ms + 5);
	}
	cot_transport_close(link);
}

static void start_lockstep_server(struct process *process)
{
	assert_int_equal(pipe(process->stop), 0);
	process->pid = fork();
	assert_true(process->pid >= 0);
	if (process->pid == 0) {
		close(process->stop[1]);
		lockstep_server(process->stop[0]);
		_exit(0);
	}
	close(process->stop[0]);
}

/* One run with a capture; returns the bus time the three exchanges took. */
static uint64_t lockstep_run(const char *capture)
{
	struct cot_vbus_options options = { .path = path_of("", "bus", ""),
		                            .bitrate = 500000, .mode = COT_VBUS_LOCKSTEP,
		                            .nodes = 2 };
	struct process bus, server;
	struct cot_transport_clock clock;
	struct cot_link *client;
	uint64_t took_ms;

	start_bus(&bus, options, capture);
	start_lockstep_server(&server);
	client = join("/7E0,7E8", COT_TRANSPORT_CLIENT);
	assert_int_equal(cot_transport_bus_clock(client, &clock), COT_OK);
	ask(client, &clock, 1, 3);
	ask(client, &clock, 2, 1000);
	ask(client, &clock, 1, 3);
	took_ms = clock.now_ms(clock.ctx);
	/* With the bus gone the server's wait ends, and it sees its pipe. */
	tell_to_stop(&server);
	stop_child(&bus);
	assert_int_equal(waitpid(server.pid, NULL, 0), server.pid);
	cot_transport_close(client);
	return took_ms;
}

static size_t read_file(const char *path, char *buf, size_t cap)
{
	FILE *file = fopen(path, "r");
	size_t len;

	assert_non_null(file);
	len = fread(buf, 1, cap, file);
	fclose(file);
	unlink(path);
	return len;
}

static void lockstep_repeats_itself(void **state)
{
	static char one[65536], two[65536];
	uint64_t took_ms = lockstep_run(path_of("", "one", ""));
	size_t len;

	(void)state;
	assert_int_equal(lockstep_run(path_of("", "two", "")), took_ms);
	len = read_file(path_of("", "one", ""), one, sizeof(one));
	assert_int_equal(read_file(path_of("", "two", ""), two, sizeof(two)), len);
	assert_memory_equal(one, two, len);
	/* 149 frames of about 116 bits at 500 kbit/s: 34 ms, no gaps. */
	assert_in_range(took_ms, 32, 40);
	assert_memory_equal(one, "(0000000000.000", 15);
	assert_memory_equal(one + 20, "vbus0 7E0#0322FD01CCCCCCCC\n", 27);
}

static int make_folder(void **state)
{
	(void)state;
	return sim_folder_new("vbus", folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lowest_identifier_goes_first),
		cmocka_unit_test(a_frame_is_never_interrupted),
		cmocka_unit_test(equal_identifiers_have_an_order),
		cmocka_unit_test(what_the_bus_refuses),
		cmocka_unit_test(packets_come_back),
		cmocka_unit_test(two_nodes_free),
		cmocka_unit_test(two_nodes_paced),
		cmocka_unit_test(lockstep_repeats_itself),
	};

	alarm(240); /* processes wait for each other here: a fault must not hang */
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
