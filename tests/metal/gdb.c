/* SPDX-License-Identifier: Apache-2.0
 *
 * A packet is $payload#checksum in printable characters; each is acknowledged by `+`.
 */
#include "tests/metal/gdb.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { ANSWER_MS = 60000 };

void gdb_init(struct gdb *g, int fd)
{
	g->fd = fd;
	g->len = 0;
}

static bool send_all(const struct gdb *g, const char *bytes, size_t len)
{
	return send(g->fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static bool send_packet(const struct gdb *g, const char *payload)
{
	char out[1024];
	unsigned sum = 0;
	int n;

	for (const char *p = payload; *p != 0; p++)
		sum += (unsigned char)*p;
	n = snprintf(out, sizeof(out), "$%s#%02x", payload, sum & 0xff);
	return n > 0 && (size_t)n < sizeof(out) && send_all(g, out, (size_t)n);
}

static bool receive_more(struct gdb *g)
{
	struct pollfd p = { .fd = g->fd, .events = POLLIN };
	ssize_t n;

	if (g->len == sizeof(g->in) || poll(&p, 1, ANSWER_MS) != 1)
		return false;
	n = recv(g->fd, g->in + g->len, sizeof(g->in) - g->len, 0);
	if (n <= 0)
		return false;
	g->len += (size_t)n;
	return true;
}

/* The next packet's payload; what is left of the input stays for the next. */
static bool receive_packet(struct gdb *g, char *ret, size_t max)
{
	for (;;) {
		char *from = memchr(g->in, '$', g->len);
		size_t rest = from != NULL ? g->len - (size_t)(from - g->in) : 0;
		char *hash = from != NULL ? memchr(from, '#', rest) : NULL;

		if (hash != NULL && hash + 3 <= g->in + g->len) {
			size_t len = (size_t)(hash - from) - 1;

			if (len >= max)
				return false;
			memcpy(ret, from + 1, len);
			ret[len] = 0;
			g->len -= (size_t)(hash + 3 - g->in);
			memmove(g->in, hash + 3, g->len);
			return send_all(g, "+", 1);
		}
		if (!receive_more(g))
			return false;
	}
}

static bool ask(struct gdb *g, const char *payload, char *ret, size_t max)
{
	return send_packet(g, payload) && receive_packet(g, ret, max);
}

static bool ask_ok(struct gdb *g, const char *payload)
{
	char answer[64];

	return ask(g, payload, answer, sizeof(answer)) && strcmp(answer, "OK") == 0;
}

bool gdb_begin(struct gdb *g)
{
	char answer[256];

	return ask(g, "?", answer, sizeof(answer)) && (answer[0] == 'T' || answer[0] == 'S') &&
	       ask(g, "qXfer:features:read:target.xml:0,40", answer, sizeof(answer));
}

bool gdb_go(struct gdb *g, enum gdb_go how)
{
	char answer[256];

	return ask(g, how == GDB_STEP ? "s" : "c", answer, sizeof(answer)) &&
	       (answer[0] == 'T' || answer[0] == 'S');
}

bool gdb_break(struct gdb *g, uint32_t addr, bool set)
{
	char text[32];

	snprintf(text, sizeof(text), "%c0,%x,2", set ? 'Z' : 'z', addr);
	return ask_ok(g, text);
}

static bool parse_hex(const char *text, uint8_t *ret, size_t len)
{
	if (strlen(text) != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned byte;

		if (sscanf(text + 2 * i, "%2x", &byte) != 1)
			return false;
		ret[i] = (uint8_t)byte;
	}
	return true;
}

bool gdb_read_register(struct gdb *g, int number, uint32_t *ret)
{
	char text[32];
	uint8_t b[4];

	snprintf(text, sizeof(text), "p%x", (unsigned)number);
	if (!ask(g, text, text, sizeof(text)) || !parse_hex(text, b, sizeof(b)))
		return false;
	*ret = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
	return true;
}

bool gdb_write_register(struct gdb *g, int number, uint32_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "P%x=%02x%02x%02x%02x", (unsigned)number, value & 0xff,
	         value >> 8 & 0xff, value >> 16 & 0xff, value >> 24);
	return ask_ok(g, text);
}

bool gdb_read_memory(struct gdb *g, uint32_t addr, void *ret, size_t len)
{
	char text[520];

	snprintf(text, sizeof(text), "m%x,%zx", addr, len);
	return len <= 256 && ask(g, text, text, sizeof(text)) && parse_hex(text, ret, len);
}

bool gdb_detach(struct gdb *g)
{
	return send_packet(g, "D");
}
