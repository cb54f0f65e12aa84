/* SPDX-License-Identifier: Apache-2.0
 *
 * The transports on this machine, both ends in one process: the clock's wait
 * lets the server take its turn and a millisecond pass, so nothing sleeps and
 * a lost message would show as a refusal, not as a slow test.
 */
#include "secondary/link/host/transport.h"

#include "secondary/link/uds.h"
#include "tests/sim/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[SIM_FOLDER];

/* The server's side: answers a read with as many bytes as asked for. */
struct bench {
	struct cot_link *client, *server;
	uint64_t now_ms;
	unsigned int pendings; /* 7F xx 78 to send before the answer */
	bool pty;              /* the kernel moves bytes when it likes: wait for them */
	bool mute;
	bool wrong;            /* an answer to another service first */
	struct cot_slice owed;
	uint8_t memory[COT_LINK_MAX];
};

static void owe(struct bench *bench, const struct cot_uds_request *asked)
{
	struct cot_uds_response said = { .sid = asked->sid, .id = asked->id };
	size_t len = 0;

	memset(bench->memory, 0xA5, sizeof(bench->memory));
	if (bench->wrong) {
		bench->wrong = false;
		said.sid = COT_UDS_EXIT;
	} else if (bench->pendings) {
		bench->pendings--;
		said.nrc = COT_NRC_PENDING;
	} else {
		said.data = cot_slice(bench->memory + 3, asked->data.len);
	}
	assert_int_equal(cot_uds_build_response(&said, bench->memory, sizeof(bench->memory),
	                                        &len), COT_OK);
	bench->owed = cot_slice(bench->memory, len);
}

/* One turn of a server's loop. */
static void serve(struct bench *bench)
{
	static struct cot_uds_request last;
	struct cot_uds_request asked;
	struct cot_slice msg;
	uint8_t nrc;
	enum cot_err err = cot_link_poll(bench->server, bench->now_ms, &msg);

	assert_true(err == COT_OK || err == COT_PENDING);
	if (err == COT_OK && !bench->mute) {
		assert_int_equal(cot_uds_parse_request(msg, &asked, &nrc), COT_OK);
		last = asked;
		owe(bench, &asked);
	}
	if (bench->owed.len && cot_link_send(bench->server, bench->owed, bench->now_ms) ==
	                               COT_OK) {
		bool more = bench->owed.ptr[0] == COT_UDS_NEGATIVE ||
		            bench->owed.ptr[0] == COT_UDS_EXIT + 0x40;

		bench->owed.len = 0;
		if (more)
			owe(bench, &last);
	}
}

static uint64_t bench_now(void *ctx)
{
	return ((struct bench *)ctx)->now_ms;
}

static void let_bytes_arrive(const struct bench *bench)
{
	struct pollfd fds[] = {
		{ cot_transport_fd(bench->client), POLLIN, 0 },
		{ cot_transport_fd(bench->server), POLLIN, 0 },
	};

	poll(fds, 2, 1);
}

static void bench_wait(void *ctx, struct cot_link *link, uint64_t until_ms)
{
	struct bench *bench = ctx;

	(void)link;
	(void)until_ms;
	if (bench->pty && bench->server)
		let_bytes_arrive(bench);
	bench->now_ms++;
	assert_true(bench->now_ms < 200000); /* an exchange that never ends */
	if (bench->server)
		serve(bench);
}

static void open_pair(struct bench *bench, const char *server, const char *client)
{
	struct cot_transport_note note;

	memset(bench, 0, sizeof(*bench));
	bench->now_ms = 1000;
	if (cot_transport_open(server, COT_TRANSPORT_SERVER, &bench->server, &note))
		fail_msg("%s: %s", server, note.text);
	if (cot_transport_open(client, COT_TRANSPORT_CLIENT, &bench->client, &note))
		fail_msg("%s: %s", client, note.text);
	bench->pty = strncmp(server, "serial:", 7) == 0;
}

static void close_pair(struct bench *bench)
{
	cot_transport_close(bench->client);
	cot_transport_close(bench->server);
}

static struct cot_transport_terms terms_of(struct bench *bench,
                                           struct cot_transport_clock *clock)
{
	struct cot_transport_terms terms = cot_transport_default_terms();

	*clock = (struct cot_transport_clock){ bench_now, bench_wait, bench };
	terms.clock = clock;
	return terms;
}

static enum cot_err ask(struct bench *bench, size_t bytes, struct cot_transport_answer *answer)
{
	static uint8_t request[COT_LINK_MAX];
	struct cot_transport_clock clock;
	struct cot_transport_terms terms = terms_of(bench, &clock);
	struct cot_uds_request asked = { .sid = COT_UDS_WRITE, .id = COT_DID_STATUS };
	static const uint8_t zeros[COT_LINK_MAX];
	size_t len = 0;

	if (bench->pty && bench->server)
		terms.attempts = 60; /* the kernel may have other work for a while */
	asked.data = cot_slice(zeros, bytes);
	assert_int_equal(cot_uds_build_request(&asked, request, sizeof(request), &len),
	                 COT_OK);
	return cot_transport_exchange(bench->client, &terms, cot_slice(request, len), answer);
}

/* Every carrier moves short and longest messages and survives odd sizes. */
static void converse(struct bench *bench)
{
	static const size_t sizes[] = { 0, 1, 4, 5, 7, 60, 61, 250, 1000, 4092 };
	uint8_t buf[COT_LINK_MAX];
	struct cot_transport_answer answer = { buf, sizeof(buf), 0 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_int_equal(ask(bench, sizes[i], &answer), COT_OK);
		assert_int_equal(answer.len, 3);
		assert_int_equal(buf[0], COT_UDS_WRITE + 0x40);
	}
	bench->pendings = 3;
	assert_int_equal(ask(bench, 9, &answer), COT_OK);
	assert_int_equal(buf[0], COT_UDS_WRITE + 0x40);
	/* On a serial line a number has one final response: no place for a wrong one. */
	bench->wrong = !bench->pty;
	assert_int_equal(ask(bench, 9, &answer), COT_OK);
	assert_int_equal(buf[0], COT_UDS_WRITE + 0x40);
}

static const char *path_of(const char *scheme, const char *name, const char *more)
{
	static char text[4][256];
	static unsigned int turn;

	turn = (turn + 1) % 4;
	snprintf(text[turn], sizeof(text[turn]), "%s%s/%s%s", scheme, folder, name, more);
	return text[turn];
}

static void unix_converses(void **state)
{
	struct bench bench;

	(void)state;
	open_pair(&bench, path_of("unix:", "a", ""), path_of("unix:", "a", ""));
	converse(&bench);
	close_pair(&bench);
	assert_int_equal(access(path_of("", "a", ""), F_OK), -1);
}

static void pty_converses(void **state)
{
	struct bench bench;

	(void)state;
	open_pair(&bench, path_of("serial:pty:", "tty", ""),
	          path_of("serial:", "tty", "@115200"));
	converse(&bench);
	close_pair(&bench);
	assert_int_equal(access(path_of("", "tty", ""), F_OK), -1);
}

/* W10: the server restarts in the middle; the client needs nothing but time. */
static void server_restarts(struct bench *bench, const char *server)
{
	uint8_t buf[16];
	struct cot_transport_answer answer = { buf, sizeof(buf), 0 };

	assert_int_equal(ask(bench, 5, &answer), COT_OK);
	cot_transport_close(bench->server);
	bench->server = NULL;
	assert_int_equal(ask(bench, 5, &answer), COT_E_ECU_SILENT);
	assert_int_equal(answer.len, 0);
	assert_int_equal(cot_transport_open(server, COT_TRANSPORT_SERVER, &bench->server,
	                                    NULL), COT_OK);
	assert_int_equal(ask(bench, 5, &answer), COT_OK);
	close_pair(bench);
}

static void unix_server_restarts(void **state)
{
	struct bench bench;

	(void)state;
	open_pair(&bench, path_of("unix:", "b", ""), path_of("unix:", "b", ""));
	server_restarts(&bench, path_of("unix:", "b", ""));
}

static void pty_server_restarts(void **state)
{
	struct bench bench;

	(void)state;
	open_pair(&bench, path_of("serial:pty:", "b", ""),
	          path_of("serial:", "b", "@115200"));
	server_restarts(&bench, path_of("serial:pty:", "b", ""));
}

/* A client that died does not block the next one. */
static void client_restarts(void **state)
{
	struct bench bench;
	uint8_t buf[16];
	struct cot_transport_answer answer = { buf, sizeof(buf), 0 };

	(void)state;
	open_pair(&bench, path_of("unix:", "c", ""), path_of("unix:", "c", ""));
	assert_int_equal(ask(&bench, 5, &answer), COT_OK);
	cot_transport_close(bench.client);
	serve(&bench);
	assert_int_equal(cot_transport_open(path_of("unix:", "c", ""), COT_TRANSPORT_CLIENT,
	                                    &bench.client, NULL), COT_OK);
	assert_int_equal(ask(&bench, 5, &answer), COT_OK);
	close_pair(&bench);
}

/* W15: an ECU that is silent, and one that is busy for ever. */
static void silence_and_budget_end_an_exchange(void **state)
{
	struct bench bench;
	uint8_t buf[16];
	struct cot_transport_answer answer = { buf, sizeof(buf), 7 };
	uint64_t begun;

	(void)state;
	open_pair(&bench, path_of("unix:", "d", ""), path_of("unix:", "d", ""));
	bench.mute = true;
	begun = bench.now_ms;
	assert_int_equal(ask(&bench, 5, &answer), COT_E_ECU_SILENT);
	assert_in_range(bench.now_ms - begun, COT_TRANSPORT_ATTEMPTS * COT_TRANSPORT_P2_MS,
	                COT_TRANSPORT_ATTEMPTS * COT_TRANSPORT_P2_MS + 10);
	assert_int_equal(answer.len, 0);
	bench.mute = false;
	bench.pendings = 1000000;
	begun = bench.now_ms;
	assert_int_equal(ask(&bench, 5, &answer), COT_E_SLOW);
	assert_in_range(bench.now_ms - begun, COT_TRANSPORT_BUDGET_MS,
	                COT_TRANSPORT_BUDGET_MS + 10);
	bench.pendings = 0;
	assert_int_equal(ask(&bench, 5, &answer), COT_OK);
	close_pair(&bench);
}

static void answer_larger_than_buffer(void **state)
{
	struct bench bench;
	uint8_t buf[2];
	struct cot_transport_answer answer = { buf, sizeof(buf), 0 };

	(void)state;
	open_pair(&bench, path_of("unix:", "e", ""), path_of("unix:", "e", ""));
	assert_int_equal(ask(&bench, 5, &answer), COT_E_BUFFER);
	assert_int_equal(answer.len, 0);
	close_pair(&bench);
}

static void pace_has_a_floor(void **state)
{
	struct cot_transport_pace pace;
	uint64_t now = 5000;

	(void)state;
	cot_transport_pace_init(&pace, 100, 1000, now);
	for (unsigned int i = 0; i < 50; i++) {
		now += 100;
		assert_int_equal(cot_transport_pace_add(&pace, 11, now), COT_OK);
	}
	for (unsigned int i = 0; i < 9; i++) { /* half speed: noticed within two windows */
		now += 100;
		(void)!cot_transport_pace_add(&pace, 4, now);
	}
	assert_int_equal(cot_transport_pace_add(&pace, 4, now + 1000), COT_E_SLOW);
	cot_transport_pace_init(&pace, 0, 1000, now);
	assert_int_equal(cot_transport_pace_add(&pace, 0, now + 100000), COT_OK);
}

static const struct {
	const char *uri;
	enum cot_transport_role role;
	enum cot_err err;
} bad_addresses[] = {
	{ "", COT_TRANSPORT_CLIENT, COT_E_ARGUMENT },
	{ "tcp:localhost", COT_TRANSPORT_CLIENT, COT_E_ARGUMENT },
	{ "unix:", COT_TRANSPORT_CLIENT, COT_E_ARGUMENT },
	{ "unix:/nowhere/at/all", COT_TRANSPORT_CLIENT, COT_E_LINK },
	{ "unix:/nowhere/at/all", COT_TRANSPORT_SERVER, COT_E_LINK },
	{ "serial:/dev/null", COT_TRANSPORT_CLIENT, COT_E_ARGUMENT },
	{ "serial:/dev/null@", COT_TRANSPORT_CLIENT, COT_E_ARGUMENT },
	{ "serial:/dev/null@115201", COT_TRANSPORT_CLIENT, COT_E_ARGUMENT },
	{ "serial:/dev/null@99999999999999999999", COT_TRANSPORT_CLIENT, COT_E_ARGUMENT },
	{ "serial:@115200", COT_TRANSPORT_CLIENT, COT_E_ARGUMENT },
	{ "serial:/dev/null@115200", COT_TRANSPORT_CLIENT, COT_E_LINK }, /* no tty */
	{ "serial:/nowhere/tty@115200", COT_TRANSPORT_CLIENT, COT_E_LINK },
	{ "serial:pty:x", COT_TRANSPORT_CLIENT, COT_E_UNSUPPORTED },
	{ "serial:pty:", COT_TRANSPORT_SERVER, COT_E_ARGUMENT },
	{ "vbus:/nowhere/7E0,7E8", COT_TRANSPORT_CLIENT, COT_E_LINK },
	{ "vbus:/nowhere/7E0", COT_TRANSPORT_CLIENT, COT_E_ARGUMENT },
	{ "vbus:/nowhere/7E0,7E0", COT_TRANSPORT_CLIENT, COT_E_ARGUMENT },
	{ "vbus:/nowhere/7E0,18DA00F1", COT_TRANSPORT_CLIENT, COT_E_ARGUMENT },
	{ "vbus:/nowhere/7E0,FE8", COT_TRANSPORT_CLIENT, COT_E_ARGUMENT },
	{ "vbus:/nowhere/FFFFFFFF,18DA00F1", COT_TRANSPORT_CLIENT, COT_E_ARGUMENT },
	{ "vbus:/nowhere/07E0,07E8", COT_TRANSPORT_CLIENT, COT_E_ARGUMENT },
	{ "vbus:/nowhere/7G0,7E8", COT_TRANSPORT_CLIENT, COT_E_ARGUMENT },
	{ "can:/7E0,7E8", COT_TRANSPORT_CLIENT, COT_E_ARGUMENT },
	{ "can:can0", COT_TRANSPORT_CLIENT, COT_E_ARGUMENT },
};

static void bad_addresses_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_addresses) / sizeof(bad_addresses[0]); i++) {
		struct cot_transport_note note;
		struct cot_link *link = NULL;
		enum cot_err err = cot_transport_open(bad_addresses[i].uri,
		                                      bad_addresses[i].role, &link, &note);

		if (err != bad_addresses[i].err)
			fail_msg("%s: %d, not %d", bad_addresses[i].uri, err,
			         bad_addresses[i].err);
		assert_null(link);
		assert_true(note.text[0] != '\0');
	}
}

/* Without AF_CAN the address is understood and refused; with it, the interface
 * does not exist. */
static void can_without_a_card(void **state)
{
	struct cot_transport_note note;
	struct cot_link *link = NULL;
	enum cot_err err = cot_transport_open("can:nocan9/7E0,7E8", COT_TRANSPORT_CLIENT,
	                                      &link, &note);

	(void)state;
	assert_true(err == COT_E_UNSUPPORTED || err == COT_E_LINK);
	assert_non_null(strstr(note.text, "CAN"));
}

static void nothing_foreign_is_overwritten(void **state)
{
	const char *path = path_of("", "precious", "");
	struct cot_link *link = NULL;
	struct cot_link *other = NULL;
	struct stat before, after;
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(cot_transport_open(path_of("unix:", "precious", ""),
	                                    COT_TRANSPORT_SERVER, &link, NULL),
	                 COT_E_EXISTS);
	assert_int_equal(cot_transport_open(path_of("serial:pty:", "precious", ""),
	                                    COT_TRANSPORT_SERVER, &link, NULL),
	                 COT_E_EXISTS);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	unlink(path);
	assert_int_equal(cot_transport_open(path_of("unix:", "f", ""), COT_TRANSPORT_SERVER,
	                                    &link, NULL), COT_OK);
	assert_int_equal(cot_transport_open(path_of("unix:", "f", ""), COT_TRANSPORT_SERVER,
	                                    &other, NULL), COT_E_BUSY);
	cot_transport_close(link);
}

static int make_folder(void **state)
{
	(void)state;
	return sim_folder_new("link", folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unix_converses),
		cmocka_unit_test(pty_converses),
		cmocka_unit_test(unix_server_restarts),
		cmocka_unit_test(pty_server_restarts),
		cmocka_unit_test(client_restarts),
		cmocka_unit_test(silence_and_budget_end_an_exchange),
		cmocka_unit_test(answer_larger_than_buffer),
		cmocka_unit_test(pace_has_a_floor),
		cmocka_unit_test(bad_addresses_are_refused),
		cmocka_unit_test(can_without_a_card),
		cmocka_unit_test(nothing_foreign_is_overwritten),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
