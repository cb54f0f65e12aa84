/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP as the daemon wants it: bounded in bytes and in time, and never led
 * anywhere by the server.
 *
 *   cot_fetch_open(&terms, &f);
 *   cot_fetch_get(f, url, cap, &bytes) ... cot_bytes_free(&bytes);
 *   cot_fetch_close(f);
 *
 * https only unless the terms say otherwise, TLS 1.2 or later, certificate and
 * host name checked, no redirects, no content decoding, no proxy and nothing
 * else from the environment.  Our own count of bytes stops a transfer at the
 * first byte beyond its cap; a minimum rate over a sliding window and a total
 * time stop one that stalls.  One connection per server is kept.
 *
 * Errors of every transfer: COT_E_ABSENT (404 and 410: the server says for sure
 * that it is not there), COT_E_HTTP (any other answer, or nonsense),
 * COT_E_LENGTH_EXCEEDED, COT_E_SLOW, COT_E_UNREACHABLE (no connection, or it
 * broke off), COT_E_TLS, COT_E_INSECURE_URL, COT_E_MEMORY, and what a sink
 * returns.
 */
#ifndef COTTER_PRIMARY_FETCH_H
#define COTTER_PRIMARY_FETCH_H

#include "keys/error.h"
#include "keys/slice.h"

struct cot_fetch;

struct cot_fetch_terms {
	const char *ca;      /* PEM file; NULL or "" for the system's */
	const char *proxy;   /* NULL or "" for none */
	bool allow_http;
	uint32_t min_rate;   /* bytes per second; 0 switches it off */
	uint32_t window_ms;
	uint32_t connect_ms; /* TLS handshake included */
	uint32_t total_ms;   /* one transfer; a file gets cap / min_rate more */
	/* Milliseconds that never go back; NULL for CLOCK_MONOTONIC. */
	uint64_t (*now_ms)(void *ctx);
	/* Called several times a second while waiting; COT_OK, or the error to
	 * end the transfer with.  May be NULL. */
	enum cot_err (*idle)(void *ctx);
	void *ctx;
};

/* Strings of terms must live until close. */
COT_MUST_CHECK enum cot_err cot_fetch_open(const struct cot_fetch_terms *terms,
                                           struct cot_fetch **ret);
void cot_fetch_close(struct cot_fetch *f);

/* Memory that grew while it was read. */
struct cot_bytes {
	uint8_t *ptr;
	size_t len, room;
};

void cot_bytes_free(struct cot_bytes *b);
struct cot_slice cot_bytes_slice(const struct cot_bytes *b);

/* A whole small file; at most cap bytes.  ret is empty on failure. */
COT_MUST_CHECK enum cot_err cot_fetch_get(struct cot_fetch *f, const char *url, size_t cap,
                                          struct cot_bytes *ret);

/* Sends JSON and reads an answer of at most cap bytes (0: it is thrown away). */
COT_MUST_CHECK enum cot_err cot_fetch_post(struct cot_fetch *f, const char *url,
                                           struct cot_slice body, size_t cap,
                                           struct cot_bytes *ret);
COT_MUST_CHECK enum cot_err cot_fetch_put(struct cot_fetch *f, const char *url,
                                          struct cot_slice body);

/* Where a large file goes.  begin is called once, before the first byte and
 * also if there is none, with the offset at which the bytes start: the one
 * that was asked for, or 0 if the server sends the whole file. */
struct cot_sink {
	enum cot_err (*begin)(void *ctx, uint64_t offset);
	enum cot_err (*data)(void *ctx, struct cot_slice bytes);
	void *ctx;
};

/* A file of at most cap bytes, from byte `from` on if the server can. */
COT_MUST_CHECK enum cot_err cot_fetch_file(struct cot_fetch *f, const char *url, uint64_t from,
                                           uint64_t cap, const struct cot_sink *sink);

/* Writes base, a slash, and name with every byte percent-encoded that is not
 * unreserved (RFC 3986), slashes kept.  COT_E_BUFFER. */
COT_MUST_CHECK enum cot_err cot_fetch_url(const char *base, struct cot_slice name, char *ret,
                                          size_t max);

/* Error and byte count of the last transfer in words, for a log line. */
const char *cot_fetch_reason(const struct cot_fetch *f);

/* Requests made so far, for status and tests. */
unsigned cot_fetch_requests(const struct cot_fetch *f);

#endif
