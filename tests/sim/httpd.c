/* SPDX-License-Identifier: Apache-2.0
 *
 * The test's own HTTP server: see httpd.h.
 */
#include "tests/sim/httpd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX (1024u * 1024u)

struct sim_httpd {
	sim_handler serve;
	void *ctx;
	int listener;
	int stop; /* eventfd */
	char url[40];
	unsigned requests, connections;
	char log[16384];
	pthread_t thread;
	char *buf; /* one request */
};

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* ---- reading a request --------------------------------------------------------------- */

/* Reads until a text or a length has come; false when the client is gone. */
static bool receive(struct sim_httpd *h, int fd, size_t *len, const char *until, size_t want)
{
	while (until != NULL ? strstr(h->buf, until) == NULL : *len < want) {
		struct pollfd p[2] = { { fd, POLLIN, 0 }, { h->stop, POLLIN, 0 } };
		ssize_t n;

		if (poll(p, 2, -1) < 0 || p[1].revents != 0 || *len + 1 >= REQUEST_MAX)
			return false;
		n = recv(fd, h->buf + *len, REQUEST_MAX - 1 - *len, 0);
		if (n <= 0)
			return false;
		*len += (size_t)n;
		h->buf[*len] = '\0';
	}
	return true;
}

static uint64_t header_number(const char *headers, const char *name, bool *found)
{
	const char *at = strcasestr(headers, name);

	*found = at != NULL;
	return at != NULL ? strtoull(at + strlen(name), NULL, 10) : 0;
}

/* METHOD PATH VERSION */
static void read_line(const char *text, struct sim_request *r)
{
	size_t method = strcspn(text, " ");
	const char *path = text + method + 1;

	must(method < sizeof(r->method) && strcspn(path, " ") < sizeof(r->path));
	memcpy(r->method, text, method);
	memcpy(r->path, path, strcspn(path, " "));
}

static bool read_request(struct sim_httpd *h, int fd, struct sim_request *r)
{
	size_t len = 0, head, body;
	bool found;

	memset(r, 0, sizeof(*r));
	h->buf[0] = '\0';
	if (!receive(h, fd, &len, "\r\n\r\n", 0))
		return false;
	head = (size_t)(strstr(h->buf, "\r\n\r\n") - h->buf) + 4;
	read_line(h->buf, r);
	snprintf(r->headers, sizeof(r->headers), "%.*s", (int)head, h->buf);
	r->range = header_number(r->headers, "Range: bytes=", &r->ranged);
	body = (size_t)header_number(r->headers, "Content-Length: ", &found);
	if (!receive(h, fd, &len, NULL, head + body))
		return false;
	r->body = cot_slice(h->buf + head, body);
	return true;
}

/* ---- serving ------------------------------------------------------------------------- */

static void remember(struct sim_httpd *h, const struct sim_request *r)
{
	size_t len = strlen(h->log);

	h->requests++;
	snprintf(h->log + len, sizeof(h->log) - len, "%s %s\n", r->method, r->path);
}

static void *serve_all(void *arg)
{
	struct sim_httpd *h = arg;
	struct sim_request request;
	int fd;

	for (;;) {
		struct pollfd p[2] = { { h->listener, POLLIN, 0 }, { h->stop, POLLIN, 0 } };

		if (poll(p, 2, -1) < 0 || p[1].revents != 0)
			return NULL;
		fd = accept(h->listener, NULL, NULL);
		if (fd < 0)
			continue;
		/* Head and body are two writes; Nagle would wait in between. */
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
		h->connections++;
		while (read_request(h, fd, &request)) {
			remember(h, &request);
			if (!h->serve(h->ctx, fd, &request))
				break;
		}
		close(fd);
	}
}

struct sim_httpd *sim_httpd_start(sim_handler serve, void *ctx)
{
	struct sim_httpd *h = calloc(1, sizeof(*h));
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);

	must(h != NULL && (h->buf = malloc(REQUEST_MAX)) != NULL);
	h->serve = serve;
	h->ctx = ctx;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	h->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(bind(h->listener, (struct sockaddr *)&address, sizeof(address)) == 0);
	must(listen(h->listener, 16) == 0);
	must(getsockname(h->listener, (struct sockaddr *)&address, &len) == 0);
	snprintf(h->url, sizeof(h->url), "http://127.0.0.1:%u", ntohs(address.sin_port));
	h->stop = eventfd(0, EFD_CLOEXEC);
	must(pthread_create(&h->thread, NULL, serve_all, h) == 0);
	return h;
}

void sim_httpd_stop(struct sim_httpd *h)
{
	uint64_t one = 1;

	must(write(h->stop, &one, sizeof(one)) == (ssize_t)sizeof(one));
	pthread_join(h->thread, NULL);
	close(h->stop);
	close(h->listener);
	free(h->buf);
	free(h);
}

const char *sim_httpd_url(const struct sim_httpd *h)
{
	return h->url;
}

unsigned sim_httpd_requests(const struct sim_httpd *h)
{
	return h->requests;
}

unsigned sim_httpd_connections(const struct sim_httpd *h)
{
	return h->connections;
}

const char *sim_httpd_log(const struct sim_httpd *h)
{
	return h->log;
}

void sim_httpd_forget(struct sim_httpd *h)
{
	h->log[0] = '\0';
	h->requests = h->connections = 0;
}

/* ---- answering ----------------------------------------------------------------------- */

bool sim_send(int fd, struct cot_slice bytes)
{
	ssize_t n;

	while (bytes.len > 0) {
		n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		bytes = cot_slice_sub(bytes, (size_t)n, bytes.len);
	}
	return true;
}

bool sim_say(int fd, const char *text)
{
	return sim_send(fd, cot_slice_str(text));
}

bool sim_reply(int fd, int status, struct cot_slice body)
{
	char head[128];

	snprintf(head, sizeof(head), "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n", status,
	         body.len);
	return sim_say(fd, head) && sim_send(fd, body);
}

bool sim_reply_range(int fd, uint64_t from, struct cot_slice whole)
{
	char head[192];

	if (from >= whole.len)
		return sim_reply(fd, 416, cot_slice(NULL, 0));
	snprintf(head, sizeof(head),
	         "HTTP/1.1 206 X\r\nContent-Range: bytes %llu-%zu/%zu\r\nContent-Length: %zu\r\n\r\n",
	         (unsigned long long)from, whole.len - 1, whole.len, whole.len - (size_t)from);
	return sim_say(fd, head) && sim_send(fd, cot_slice_sub(whole, (size_t)from, whole.len));
}

void sim_hang(int fd)
{
	char c;

	while (recv(fd, &c, 1, 0) > 0)
		continue;
}
