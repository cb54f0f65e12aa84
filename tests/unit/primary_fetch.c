/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP client against a server that does whatever a test says (attacks
 * D01, D02, D03, D05, D06, P29).  Stalls end by the test's own clock.
 */
#include "primary/fetch.h"
#include "tests/sim/httpd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CAP 4096u

struct clock {
	uint64_t now;
	uint64_t step; /* per look */
	unsigned idles;
	enum cot_err stop;
};

static struct clock clock_of_test;
static struct cot_fetch *fetch;
static char url[256];

static uint64_t now_ms(void *ctx)
{
	struct clock *c = ctx;

	c->now += c->step;
	return c->now;
}

static enum cot_err on_idle(void *ctx)
{
	struct clock *c = ctx;

	c->idles++;
	return c->stop;
}

static struct cot_fetch_terms terms(void)
{
	return (struct cot_fetch_terms){ .allow_http = true, .min_rate = 1000,
		                         .window_ms = 1000, .connect_ms = 60000,
		                         .total_ms = 60000, .now_ms = now_ms,
		                         .idle = on_idle, .ctx = &clock_of_test };
}

static int open_fetch(void **state)
{
	struct cot_fetch_terms t = terms();

	(void)state;
	memset(&clock_of_test, 0, sizeof(clock_of_test));
	return cot_fetch_open(&t, &fetch) == COT_OK ? 0 : -1;
}

static int close_fetch(void **state)
{
	(void)state;
	cot_fetch_close(fetch);
	return 0;
}

static const char *at(const struct sim_httpd *h, const char *path)
{
	snprintf(url, sizeof(url), "%s%s", sim_httpd_url(h), path);
	return url;
}

static struct cot_slice bytes_of(size_t len)
{
	static uint8_t memory[3 * CAP];
	size_t i;

	for (i = 0; i < sizeof(memory); i++)
		memory[i] = (uint8_t)(i * 7 + i / 251);
	return cot_slice(memory, len);
}

/* ---- one answer per path ------------------------------------------------------------- */

static const char *const head = "HTTP/1.1 200 OK\r\n";

static bool send_endless(int fd, const char *before, const char *piece)
{
	if (!sim_say(fd, before))
		return false;
	while (sim_say(fd, piece))
		continue;
	return false;
}

static bool send_numbered_headers(int fd)
{
	char line[64];
	unsigned i;

	sim_say(fd, head);
	for (i = 0; i < 10000; i++) {
		snprintf(line, sizeof(line), "X-%u: y\r\n", i);
		if (!sim_say(fd, line))
			return false;
	}
	sim_say(fd, "Content-Length: 0\r\n\r\n");
	return false;
}

static bool send_then_hang(int fd, const char *text)
{
	sim_say(fd, text);
	sim_hang(fd);
	return false;
}

static bool send_then_close(int fd, const char *text)
{
	sim_say(fd, text);
	return false;
}

static bool serve(void *ctx, int fd, const struct sim_request *r)
{
	static const char nines[] = "99999999999999999999999999999999999999999999999999";
	const char *p = r->path;
	int status = 0;

	(void)ctx;
	if (strncmp(p, "/status/", 8) == 0) {
		status = (int)strtol(p + 8, NULL, 10);
		return sim_reply(fd, status, COT_SLICE("<html>captive portal</html>"));
	}
	if (strncmp(p, "/bytes/", 7) == 0)
		return sim_reply(fd, 200, bytes_of((size_t)strtoul(p + 7, NULL, 10)));
	if (strcmp(p, "/empty") == 0)
		return sim_reply(fd, 200, cot_slice(NULL, 0));
	if (strcmp(p, "/echo") == 0)
		return sim_reply(fd, 200, r->body);
	if (strcmp(p, "/headers") == 0)
		return sim_reply(fd, 200, cot_slice_str(r->headers));
	if (strcmp(p, "/redirect") == 0)
		return sim_say(fd, "HTTP/1.1 302 X\r\nLocation: /bytes/1\r\nContent-Length: 0\r\n\r\n");
	if (strcmp(p, "/declared") == 0) /* longer than what comes */
		return send_then_close(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
	if (strcmp(p, "/huge") == 0)
		return send_then_hang(fd, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nx");
	if (strcmp(p, "/minus") == 0)
		return send_then_close(fd, "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello");
	if (strcmp(p, "/chunk-overflow") == 0)
		return send_then_close(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		                           "FFFFFFFFFFFFFFFFFF\r\nx");
	if (strcmp(p, "/chunk-cut") == 0)
		return send_then_close(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		                           "5\r\nhe");
	if (strcmp(p, "/endless") == 0)
		return send_endless(fd, "HTTP/1.1 200 OK\r\n\r\n", nines);
	if (strcmp(p, "/endless-chunks") == 0)
		return send_endless(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
		                    "5\r\nhello\r\n");
	if (strcmp(p, "/endless-404") == 0)
		return send_endless(fd, "HTTP/1.1 404 X\r\n\r\n", nines);
	if (strcmp(p, "/endless-500") == 0)
		return send_endless(fd, "HTTP/1.1 500 X\r\n\r\n", nines);
	if (strcmp(p, "/endless-headers") == 0)
		return send_endless(fd, head, "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n");
	if (strcmp(p, "/many-headers") == 0)
		return send_numbered_headers(fd);
	if (strcmp(p, "/long-header") == 0)
		return send_endless(fd, "HTTP/1.1 200 OK\r\nX: ", nines);
	if (strcmp(p, "/trailers") == 0)
		return send_endless(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
		                    "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n");
	if (strcmp(p, "/zipped") == 0)
		return sim_say(fd, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
		                   "Content-Length: 3\r\n\r\nabc");
	if (strcmp(p, "/silent") == 0)
		return send_then_hang(fd, "");
	if (strcmp(p, "/stall") == 0) /* 99 of 100 bytes */
		return send_then_hang(fd, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n"
		                          "1234567890123456789");
	if (strcmp(p, "/nonsense") == 0)
		return send_then_close(fd, "hello there, this is no HTTP\r\n\r\n");
	return send_then_close(fd, "");
}

struct answer {
	const char *path;
	enum cot_err err;
	size_t len; /* on COT_OK */
};

static const struct answer answers[] = {
	/* P29: the cap is exact */
	{ "/bytes/4096", COT_OK, CAP },
	{ "/bytes/4097", COT_E_LENGTH_EXCEEDED, 0 },
	{ "/huge", COT_E_LENGTH_EXCEEDED, 0 },
	{ "/endless", COT_E_LENGTH_EXCEEDED, 0 },
	{ "/endless-chunks", COT_E_LENGTH_EXCEEDED, 0 },
	/* D02 */
	{ "/declared", COT_E_UNREACHABLE, 0 },
	{ "/minus", COT_E_HTTP, 0 },
	{ "/chunk-overflow", COT_E_UNREACHABLE, 0 },
	{ "/chunk-cut", COT_E_UNREACHABLE, 0 },
	{ "/endless-headers", COT_E_HTTP, 0 },
	{ "/many-headers", COT_E_HTTP, 0 },
	{ "/long-header", COT_E_HTTP, 0 },
	{ "/trailers", COT_E_HTTP, 0 },
	/* D06 */
	{ "/status/404", COT_E_ABSENT, 0 },
	{ "/status/410", COT_E_ABSENT, 0 },
	{ "/status/403", COT_E_HTTP, 0 },
	{ "/status/500", COT_E_HTTP, 0 },
	{ "/status/503", COT_E_HTTP, 0 },
	{ "/status/202", COT_E_HTTP, 0 },
	{ "/endless-404", COT_E_ABSENT, 0 },
	{ "/endless-500", COT_E_HTTP, 0 },
	{ "/empty", COT_OK, 0 },
	{ "/nonsense", COT_E_HTTP, 0 },
	{ "/closed", COT_E_UNREACHABLE, 0 },
	/* D03 */
	{ "/redirect", COT_E_HTTP, 0 },
	/* a content encoding is not undone */
	{ "/zipped", COT_OK, 3 }
};

static void test_answers(void **state)
{
	struct sim_httpd *h = sim_httpd_start(serve, NULL);
	struct cot_bytes got;
	enum cot_err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		err = cot_fetch_get(fetch, at(h, answers[i].path), CAP, &got);
		if (err != answers[i].err)
			fail_msg("%s: %s instead of %s (%s)", answers[i].path, cot_err_word(err),
			         cot_err_word(answers[i].err), cot_fetch_reason(fetch));
		assert_int_equal(got.len, answers[i].len);
		assert_true(err == COT_OK || got.ptr == NULL);
		cot_bytes_free(&got);
		/* The same server still gives a good file afterwards. */
		assert_int_equal(cot_fetch_get(fetch, at(h, "/bytes/10"), CAP, &got), COT_OK);
		assert_memory_equal(got.ptr, bytes_of(10).ptr, 10);
		cot_bytes_free(&got);
	}
	sim_httpd_stop(h);
}

/* D01: silence, and a body that stops at its last byte */
static void test_stalls(void **state)
{
	static const char *const paths[] = { "/silent", "/stall" };
	struct sim_httpd *h = sim_httpd_start(serve, NULL);
	struct cot_bytes got;
	size_t i;

	(void)state;
	clock_of_test.step = 100;
	for (i = 0; i < 2; i++) {
		clock_of_test.now = 0;
		assert_int_equal(cot_fetch_get(fetch, at(h, paths[i]), CAP, &got), COT_E_SLOW);
		assert_in_range(clock_of_test.now, 1000, 3000);
		assert_null(got.ptr);
	}
	clock_of_test.step = 0; /* an answer may be late here and is not slow */
	assert_int_equal(cot_fetch_get(fetch, at(h, "/bytes/10"), CAP, &got), COT_OK);
	cot_bytes_free(&got);
	sim_httpd_stop(h);
}

/* D01: fast enough for the rate, but for ever */
static void test_total(void **state)
{
	struct cot_fetch_terms t = terms();
	struct sim_httpd *h = sim_httpd_start(serve, NULL);
	struct cot_fetch *f;
	struct cot_bytes got;

	(void)state;
	t.min_rate = 0;
	assert_int_equal(cot_fetch_open(&t, &f), COT_OK);
	clock_of_test.step = 10000;
	assert_int_equal(cot_fetch_get(f, at(h, "/silent"), CAP, &got), COT_E_SLOW);
	assert_in_range(clock_of_test.now, 60000, 90000);
	cot_fetch_close(f);
	sim_httpd_stop(h);
}

static void test_stopped(void **state)
{
	struct sim_httpd *h = sim_httpd_start(serve, NULL);
	struct cot_bytes got;

	(void)state;
	clock_of_test.stop = COT_E_BUSY;
	assert_int_equal(cot_fetch_get(fetch, at(h, "/silent"), CAP, &got), COT_E_BUSY);
	sim_httpd_stop(h);
}

/* D03: no http unless allowed, nothing else ever */
static void test_schemes(void **state)
{
	struct cot_fetch_terms t = terms();
	struct sim_httpd *h = sim_httpd_start(serve, NULL);
	struct cot_fetch *f;
	struct cot_bytes got;

	(void)state;
	t.allow_http = false;
	assert_int_equal(cot_fetch_open(&t, &f), COT_OK);
	assert_int_equal(cot_fetch_get(f, at(h, "/bytes/10"), CAP, &got), COT_E_INSECURE_URL);
	assert_int_equal(cot_fetch_get(fetch, "file:///etc/hostname", CAP, &got),
	                 COT_E_INSECURE_URL);
	assert_int_equal(sim_httpd_requests(h), 0);
	assert_int_equal(cot_fetch_get(fetch, at(h, "/bytes/10"), CAP, &got), COT_OK);
	cot_bytes_free(&got);
	cot_fetch_close(f);
	sim_httpd_stop(h);
}

static void test_environment(void **state)
{
	struct sim_httpd *h = sim_httpd_start(serve, NULL);
	struct cot_bytes got;

	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	assert_int_equal(cot_fetch_get(fetch, at(h, "/bytes/10"), CAP, &got), COT_OK);
	unsetenv("http_proxy");
	cot_bytes_free(&got);
	sim_httpd_stop(h);
}

/* A port that is taken, so that nobody else is met there, and at which nobody listens. */
static int silent_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/bytes/10", ntohs(address.sin_port));
	return fd;
}

static void test_unreachable(void **state)
{
	struct cot_bytes got;
	int fd = silent_port();

	(void)state;
	assert_int_equal(cot_fetch_get(fetch, url, CAP, &got), COT_E_UNREACHABLE);
	assert_string_not_equal(cot_fetch_reason(fetch), "");
	close(fd);
}

/* A server that speaks no TLS. */
static void test_tls(void **state)
{
	struct sim_httpd *h = sim_httpd_start(serve, NULL);
	struct cot_bytes got;
	char secure[64];

	(void)state;
	snprintf(secure, sizeof(secure), "https%s/x", sim_httpd_url(h) + 4);
	clock_of_test.step = 100;
	assert_int_not_equal(cot_fetch_get(fetch, secure, CAP, &got), COT_OK);
	sim_httpd_stop(h);
}

static void test_reuse(void **state)
{
	struct sim_httpd *h = sim_httpd_start(serve, NULL);
	struct cot_bytes got;
	unsigned i;

	(void)state;
	for (i = 0; i < 5; i++) {
		assert_int_equal(cot_fetch_get(fetch, at(h, i == 2 ? "/status/404" : "/bytes/10"),
		                               CAP, &got),
		                 i == 2 ? COT_E_ABSENT : COT_OK);
		cot_bytes_free(&got);
	}
	assert_int_equal(sim_httpd_connections(h), 1);
	assert_int_equal(cot_fetch_requests(fetch), 5);
	sim_httpd_stop(h);
}

static void test_post(void **state)
{
	struct sim_httpd *h = sim_httpd_start(serve, NULL);
	struct cot_bytes got;

	(void)state;
	assert_int_equal(cot_fetch_post(fetch, at(h, "/echo"), COT_SLICE("{\"a\":1}"), CAP, &got),
	                 COT_OK);
	assert_true(cot_slice_is(cot_bytes_slice(&got), "{\"a\":1}"));
	cot_bytes_free(&got);
	assert_int_equal(cot_fetch_post(fetch, at(h, "/echo"), bytes_of(CAP + 1), CAP, &got),
	                 COT_E_LENGTH_EXCEEDED);
	assert_int_equal(cot_fetch_put(fetch, at(h, "/echo"), COT_SLICE("x")), COT_OK);
	assert_int_equal(cot_fetch_put(fetch, at(h, "/status/403"), COT_SLICE("x")), COT_E_HTTP);
	/* Nothing of a POST sticks to the next GET. */
	assert_int_equal(cot_fetch_get(fetch, at(h, "/headers"), CAP, &got), COT_OK);
	assert_null(memmem(got.ptr, got.len, "json", 4));
	assert_null(memmem(got.ptr, got.len, "Accept-Encoding", 15));
	cot_bytes_free(&got);
	assert_non_null(strstr(sim_httpd_log(h), "PUT /echo\n"));
	sim_httpd_stop(h);
}

/* ---- files and ranges ---------------------------------------------------------------- */

struct file {
	uint8_t bytes[2 * CAP];
	size_t len;
	unsigned begun;
	uint64_t offset;
	enum cot_err fail;
};

static enum cot_err file_begin(void *ctx, uint64_t offset)
{
	struct file *f = ctx;

	f->begun++;
	f->offset = offset;
	f->len = (size_t)offset;
	return COT_OK;
}

static enum cot_err file_data(void *ctx, struct cot_slice bytes)
{
	struct file *f = ctx;

	if (f->fail != COT_OK)
		return f->fail;
	assert_true(f->len + bytes.len <= sizeof(f->bytes));
	memcpy(f->bytes + f->len, bytes.ptr, bytes.len);
	f->len += bytes.len;
	return COT_OK;
}

static bool serve_range(void *ctx, int fd, const struct sim_request *r)
{
	struct cot_slice whole = bytes_of(CAP);
	const char *p = r->path;

	(void)ctx;
	if (strcmp(p, "/good") == 0)
		return r->ranged ? sim_reply_range(fd, r->range, whole) : sim_reply(fd, 200, whole);
	if (strcmp(p, "/whole") == 0)
		return sim_reply(fd, 200, whole);
	if (strcmp(p, "/other") == 0)
		return sim_reply_range(fd, r->range + 1, whole);
	if (strcmp(p, "/lower") == 0)
		return sim_reply_range(fd, r->range - 1, whole);
	if (strcmp(p, "/unasked") == 0)
		return sim_reply_range(fd, 5, whole);
	if (strcmp(p, "/unsaid") == 0)
		return sim_reply(fd, 206, whole);
	if (strcmp(p, "/words") == 0)
		return sim_say(fd, "HTTP/1.1 206 X\r\nContent-Range: bytes x-y/z\r\n"
		                   "Content-Length: 1\r\n\r\nx");
	return sim_reply_range(fd, r->range, bytes_of(CAP + 1)); /* /more */
}

struct range {
	const char *path;
	uint64_t from;
	enum cot_err err;
	uint64_t offset; /* that the sink was told, on COT_OK */
};

static const struct range ranges[] = {
	{ "/good", 0, COT_OK, 0 },
	{ "/good", 1000, COT_OK, 1000 },
	{ "/good", CAP, COT_E_HTTP, 0 },   /* 416 */
	{ "/whole", 1000, COT_OK, 0 },     /* 200 to a range request */
	{ "/other", 1000, COT_E_HTTP, 0 }, /* D05: 206 of another range */
	{ "/lower", 1000, COT_E_HTTP, 0 },
	{ "/unasked", 0, COT_E_HTTP, 0 },
	{ "/unsaid", 1000, COT_E_HTTP, 0 },
	{ "/words", 1000, COT_E_HTTP, 0 },
	{ "/more", 1000, COT_E_LENGTH_EXCEEDED, 0 }
};

static void test_ranges(void **state)
{
	struct sim_httpd *h = sim_httpd_start(serve_range, NULL);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		struct file f = { .fail = COT_OK };
		const struct cot_sink sink = { file_begin, file_data, &f };
		enum cot_err err = cot_fetch_file(fetch, at(h, ranges[i].path), ranges[i].from,
		                                  CAP, &sink);

		if (err != ranges[i].err)
			fail_msg("%s: %s", ranges[i].path, cot_err_word(err));
		if (err != COT_OK)
			continue;
		assert_int_equal(f.begun, 1);
		assert_int_equal(f.offset, ranges[i].offset);
		assert_int_equal(f.len, CAP);
		assert_memory_equal(f.bytes + f.offset, bytes_of(CAP).ptr + f.offset,
		                    CAP - f.offset);
	}
	sim_httpd_stop(h);
}

static void test_sink_error(void **state)
{
	struct sim_httpd *h = sim_httpd_start(serve_range, NULL);
	struct file f = { .fail = COT_E_NO_SPACE };
	const struct cot_sink sink = { file_begin, file_data, &f };

	(void)state;
	assert_int_equal(cot_fetch_file(fetch, at(h, "/good"), 0, CAP, &sink), COT_E_NO_SPACE);
	f.fail = COT_OK;
	assert_int_equal(cot_fetch_file(fetch, at(h, "/good"), 0, CAP, &sink), COT_OK);
	sim_httpd_stop(h);
}

static void test_url(void **state)
{
	char ret[64];

	(void)state;
	assert_int_equal(cot_fetch_url("https://a/b", COT_SLICE("c/d-1.bin~_"), ret, sizeof(ret)),
	                 COT_OK);
	assert_string_equal(ret, "https://a/b/c/d-1.bin~_");
	assert_int_equal(cot_fetch_url("https://a", COT_SLICE("x?#%\x01\xff+"), ret, sizeof(ret)),
	                 COT_OK);
	assert_string_equal(ret, "https://a/x%3F%23%25%01%FF%2B");
	assert_int_equal(cot_fetch_url("https://a", COT_SLICE("0123456789"), ret, 20), COT_E_BUFFER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_answers, open_fetch, close_fetch),
		cmocka_unit_test_setup_teardown(test_stalls, open_fetch, close_fetch),
		cmocka_unit_test_setup_teardown(test_total, open_fetch, close_fetch),
		cmocka_unit_test_setup_teardown(test_stopped, open_fetch, close_fetch),
		cmocka_unit_test_setup_teardown(test_schemes, open_fetch, close_fetch),
		cmocka_unit_test_setup_teardown(test_environment, open_fetch, close_fetch),
		cmocka_unit_test_setup_teardown(test_unreachable, open_fetch, close_fetch),
		cmocka_unit_test_setup_teardown(test_tls, open_fetch, close_fetch),
		cmocka_unit_test_setup_teardown(test_reuse, open_fetch, close_fetch),
		cmocka_unit_test_setup_teardown(test_post, open_fetch, close_fetch),
		cmocka_unit_test_setup_teardown(test_ranges, open_fetch, close_fetch),
		cmocka_unit_test_setup_teardown(test_sink_error, open_fetch, close_fetch),
		cmocka_unit_test(test_url)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
