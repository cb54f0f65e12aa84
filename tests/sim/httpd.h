/* SPDX-License-Identifier: Apache-2.0
 *
 * A small HTTP server in a thread of the test, which does what the test says,
 * however rude: on loopback, plain, one connection after the other.
 *
 *   struct sim_httpd *h = sim_httpd_start(serve, ctx);
 *   ... sim_httpd_url(h) ...
 *   sim_httpd_stop(h);
 *
 * A handler gets one request and writes the answer with sim_say and
 * sim_reply.  To stall it calls sim_hang, which returns when the client has
 * given up.  Requests are counted and remembered; nothing sleeps.
 */
#ifndef COTTER_TESTS_SIM_HTTPD_H
#define COTTER_TESTS_SIM_HTTPD_H

#include "keys/slice.h"

struct sim_request {
	char method[8];
	char path[512];      /* as sent, still percent-encoded */
	char headers[2048];
	uint64_t range;      /* first byte asked for */
	bool ranged;
	struct cot_slice body;
};

/* Returns whether the connection may be used again. */
typedef bool (*sim_handler)(void *ctx, int fd, const struct sim_request *request);

struct sim_httpd;

struct sim_httpd *sim_httpd_start(sim_handler serve, void *ctx);
void sim_httpd_stop(struct sim_httpd *h);

/* "http://127.0.0.1:PORT" */
const char *sim_httpd_url(const struct sim_httpd *h);
unsigned sim_httpd_requests(const struct sim_httpd *h);
unsigned sim_httpd_connections(const struct sim_httpd *h);
/* "GET /a\nGET /b\n", since the start or the last sim_httpd_forget. */
const char *sim_httpd_log(const struct sim_httpd *h);
void sim_httpd_forget(struct sim_httpd *h);

/* Writes text as it stands; false when the client is gone. */
bool sim_say(int fd, const char *text);
bool sim_send(int fd, struct cot_slice bytes);
/* A whole honest answer. */
bool sim_reply(int fd, int status, struct cot_slice body);
/* The same from byte `from` on, as a 206. */
bool sim_reply_range(int fd, uint64_t from, struct cot_slice whole);
/* Until the client closes. */
void sim_hang(int fd);

#endif
