/* SPDX-License-Identifier: Apache-2.0
 *
 * Transfers by libcurl's multi interface with one easy handle, so that waiting
 * stays in our hands: the daemon answers its control socket and measures rate
 * by its own clock while a server makes it wait.
 *
 * libcurl is told nothing that a server could use: it follows nothing, decodes
 * nothing and reads no environment.  Every limit is checked by us, also where
 * libcurl has one of the same name.
 */
#include "primary/fetch.h"

#include "secondary/link/host/transport.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HEADERS_MAX (64u * 1024u) /* all header lines of one answer */
#define ERROR_BODY_MAX (64u * 1024u) /* of an answer we do not want: read, to keep
                                      * the connection, and thrown away */
#define POLL_MS 50

struct cot_fetch {
	struct cot_fetch_terms terms;
	CURLM *multi;
	CURL *easy;
	char words[CURL_ERROR_SIZE];
	char reason[CURL_ERROR_SIZE + 64];
	unsigned requests;
};

/* One request at work. */
struct transfer {
	struct cot_fetch *fetch;
	const struct cot_sink *sink; /* NULL: the body is thrown away */
	struct cot_transport_pace pace;
	uint64_t cap;      /* of the whole file */
	uint64_t from;     /* asked for */
	uint64_t offset;   /* of the next byte */
	uint64_t ignored;  /* bytes of an unwanted body */
	size_t headers;
	bool begun;
	bool ranged;       /* Content-Range was there and well-formed */
	uint64_t range_from;
	uint64_t moved;    /* bytes since the pace was asked last */
	enum cot_err err;  /* ours; ends the transfer */
};

static uint64_t clock_ms(void *ctx)
{
	struct timespec ts;

	(void)ctx;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000u + (uint64_t)ts.tv_nsec / 1000000u;
}

static uint64_t now_ms(const struct cot_fetch *f)
{
	return f->terms.now_ms(f->terms.ctx);
}

/* CHECK D03: only https leaves this machine, unless told otherwise */
static enum cot_err cot_fetch_check_url(const struct cot_fetch *f, const char *url)
{
	if (strncmp(url, "https://", 8) == 0)
		return COT_OK;
	if (strncmp(url, "http://", 7) == 0 && f->terms.allow_http)
		return COT_OK;
	return COT_E_INSECURE_URL;
}

/* CHECK P29: not one byte beyond the cap is taken */
static enum cot_err cot_fetch_check_cap(const struct transfer *t, size_t more)
{
	if (t->offset > t->cap || more > t->cap - t->offset)
		return COT_E_LENGTH_EXCEEDED;
	return COT_OK;
}

/* CHECK D02: the header lines of an answer are bounded too */
static enum cot_err cot_fetch_check_headers(const struct transfer *t)
{
	return t->headers > HEADERS_MAX ? COT_E_HTTP : COT_OK;
}

/* CHECK D05: a partial answer starts where we asked, a whole one at 0 */
static enum cot_err cot_fetch_check_range(const struct transfer *t, long status)
{
	if (status != 206)
		return COT_OK;
	if (t->from == 0 || !t->ranged || t->range_from != t->from)
		return COT_E_HTTP;
	return COT_OK;
}

/* CHECK D06: what an answer's status means */
static enum cot_err cot_fetch_check_status(long status)
{
	if (status == 404 || status == 410)
		return COT_E_ABSENT;
	if (status == 200 || status == 201 || status == 204 || status == 206)
		return COT_OK;
	return COT_E_HTTP;
}

/* CHECK D01: a server may not stall us, neither for a window nor in all */
static enum cot_err cot_fetch_check_pace(struct transfer *t, uint64_t now, uint64_t deadline)
{
	uint64_t moved = t->moved;

	t->moved = 0;
	if (now >= deadline)
		return COT_E_SLOW;
	return cot_transport_pace_add(&t->pace, moved, now);
}

static long status_of(const struct transfer *t)
{
	long status = 0;

	curl_easy_getinfo(t->fetch->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static enum cot_err begin_body(struct transfer *t, long status)
{
	enum cot_err err;

	if (t->begun)
		return COT_OK;
	err = cot_fetch_check_range(t, status);
	if (err != COT_OK)
		return err;
	t->begun = true;
	t->offset = status == 206 ? t->from : 0;
	return t->sink != NULL ? t->sink->begin(t->sink->ctx, t->offset) : COT_OK;
}

static enum cot_err take_body(struct transfer *t, struct cot_slice bytes)
{
	long status = status_of(t);
	enum cot_err err = cot_fetch_check_status(status);

	t->moved += bytes.len;
	if (err != COT_OK || t->sink == NULL) {
		t->ignored += bytes.len;
		if (t->ignored <= ERROR_BODY_MAX)
			return COT_OK;
		return err != COT_OK ? err : COT_E_LENGTH_EXCEEDED;
	}
	err = begin_body(t, status);
	if (err == COT_OK)
		err = cot_fetch_check_cap(t, bytes.len);
	if (err == COT_OK)
		err = t->sink->data(t->sink->ctx, bytes);
	if (err == COT_OK)
		t->offset += bytes.len;
	return err;
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
	struct transfer *t = ctx;

	t->err = take_body(t, cot_slice(data, size * count));
	return t->err == COT_OK ? size * count : 0;
}

/* Reads `Content-Range: bytes FROM-...`. */
static void take_range(struct transfer *t, const char *line, size_t len)
{
	static const char name[] = "content-range: bytes ";
	uint64_t from = 0;
	size_t at = sizeof(name) - 1;

	if (len <= at || strncasecmp(line, name, at) != 0)
		return;
	for (; at < len && line[at] >= '0' && line[at] <= '9'; at++) {
		if (from > UINT64_MAX / 16)
			return;
		from = from * 10 + (uint64_t)(line[at] - '0');
	}
	t->ranged = at < len && line[at] == '-';
	t->range_from = from;
}

static size_t on_header(char *data, size_t size, size_t count, void *ctx)
{
	struct transfer *t = ctx;
	size_t len = size * count;

	t->headers += len;
	t->moved += len;
	take_range(t, data, len);
	t->err = cot_fetch_check_headers(t);
	return t->err == COT_OK ? len : 0;
}

static enum cot_err from_curl(CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return COT_OK;
	case CURLE_OUT_OF_MEMORY:
		return COT_E_MEMORY;
	case CURLE_FILESIZE_EXCEEDED:
		return COT_E_LENGTH_EXCEEDED;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_SHUTDOWN_FAILED:
	case CURLE_SSL_CRL_BADFILE:
	case CURLE_USE_SSL_FAILED:
		return COT_E_TLS;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return COT_E_HTTP;
	default:
		return COT_E_UNREACHABLE;
	}
}

static void say(struct cot_fetch *f, const char *words)
{
	snprintf(f->reason, sizeof(f->reason), "%s", words);
}

/* Waits a little, then says whether we want to go on. */
static enum cot_err wait_a_little(struct transfer *t, uint64_t deadline)
{
	struct cot_fetch *f = t->fetch;
	enum cot_err err;

	if (curl_multi_poll(f->multi, NULL, 0, POLL_MS, NULL) != CURLM_OK)
		return COT_E_INTERNAL;
	err = cot_fetch_check_pace(t, now_ms(f), deadline);
	if (err == COT_OK && f->terms.idle != NULL)
		err = f->terms.idle(f->terms.ctx);
	return err;
}

static enum cot_err run_loop(struct transfer *t, uint64_t deadline, CURLcode *ret_code)
{
	struct cot_fetch *f = t->fetch;
	enum cot_err err = COT_OK;
	int running = 1;
	int left;
	CURLMsg *msg;

	*ret_code = CURLE_OK;
	while (err == COT_OK && running > 0) {
		if (curl_multi_perform(f->multi, &running) != CURLM_OK)
			return COT_E_INTERNAL;
		if (running > 0)
			err = wait_a_little(t, deadline);
	}
	while (err == COT_OK && (msg = curl_multi_info_read(f->multi, &left)) != NULL) {
		if (msg->msg == CURLMSG_DONE)
			*ret_code = msg->data.result;
	}
	return err;
}

/* Our own refusal first: libcurl only knows that a callback stopped it.  Then the
 * status, which an aborted error page has too. */
static enum cot_err judge(struct transfer *t, enum cot_err err, CURLcode code)
{
	long status = status_of(t);

	if (err == COT_OK)
		err = t->err;
	if (err == COT_OK && code == CURLE_OK) {
		err = cot_fetch_check_status(status);
		if (err == COT_OK)
			err = begin_body(t, status);
		snprintf(t->fetch->reason, sizeof(t->fetch->reason), "status %ld", status);
		return err;
	}
	if (err != COT_OK) {
		snprintf(t->fetch->reason, sizeof(t->fetch->reason),
		         "stopped by us, status %ld, byte %llu", status,
		         (unsigned long long)t->offset);
		return err;
	}
	/* libcurl's word for a header line without end; the status line is in. */
	if (code == CURLE_OUT_OF_MEMORY && status != 0 && !t->begun)
		code = CURLE_WEIRD_SERVER_REPLY;
	say(t->fetch, t->fetch->words[0] != '\0' ? t->fetch->words
	                                         : curl_easy_strerror(code));
	return from_curl(code);
}

static uint64_t deadline_of(const struct transfer *t, uint64_t now, bool file)
{
	uint32_t rate = t->fetch->terms.min_rate;
	uint64_t more = file && rate > 0 ? t->cap / rate * 1000u : 0;

	return now + t->fetch->terms.total_ms + more;
}

static void set_common(struct transfer *t, const char *url)
{
	const struct cot_fetch_terms *terms = &t->fetch->terms;
	const char *protocols = terms->allow_http ? "http,https" : "https";
	CURL *e = t->fetch->easy;

	curl_easy_reset(e);
	t->fetch->words[0] = '\0';
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->fetch->words);
	curl_easy_setopt(e, CURLOPT_URL, url);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, protocols);
	curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, "https");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_PROXY, terms->proxy != NULL ? terms->proxy : "");
	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	if (terms->ca != NULL && terms->ca[0] != '\0') {
		curl_easy_setopt(e, CURLOPT_CAINFO, terms->ca);
		curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	}
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)terms->connect_ms);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "cotterd");
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
}

static void set_range(struct transfer *t)
{
	char range[32];

	if (t->sink != NULL)
		curl_easy_setopt(t->fetch->easy, CURLOPT_MAXFILESIZE_LARGE,
		                 (curl_off_t)(t->cap > INT64_MAX ? INT64_MAX : t->cap));
	if (t->from == 0)
		return;
	snprintf(range, sizeof(range), "%llu-", (unsigned long long)t->from);
	curl_easy_setopt(t->fetch->easy, CURLOPT_RANGE, range);
}

static enum cot_err run(struct transfer *t, bool file)
{
	struct cot_fetch *f = t->fetch;
	uint64_t now = now_ms(f);
	CURLcode code = CURLE_OK;
	enum cot_err err;

	cot_transport_pace_init(&t->pace, f->terms.min_rate, f->terms.window_ms, now);
	if (curl_multi_add_handle(f->multi, f->easy) != CURLM_OK)
		return COT_E_INTERNAL;
	f->requests++;
	err = run_loop(t, deadline_of(t, now, file), &code);
	err = judge(t, err, code);
	curl_multi_remove_handle(f->multi, f->easy);
	return err;
}

static enum cot_err start(struct transfer *t, const char *url)
{
	enum cot_err err = cot_fetch_check_url(t->fetch, url);

	if (err != COT_OK) {
		say(t->fetch, "plain http");
		return err;
	}
	set_common(t, url);
	set_range(t);
	return COT_OK;
}

enum cot_err cot_fetch_file(struct cot_fetch *f, const char *url, uint64_t from, uint64_t cap,
                            const struct cot_sink *sink)
{
	struct transfer t = { .fetch = f, .sink = sink, .cap = cap, .from = from };
	enum cot_err err = start(&t, url);

	return err == COT_OK ? run(&t, true) : err;
}

static enum cot_err bytes_begin(void *ctx, uint64_t offset)
{
	(void)ctx;
	return offset == 0 ? COT_OK : COT_E_INTERNAL;
}

static enum cot_err bytes_data(void *ctx, struct cot_slice more)
{
	struct cot_bytes *b = ctx;
	size_t room = b->room == 0 ? 4096 : b->room;
	uint8_t *grown;

	while (room - b->len < more.len)
		room *= 2;
	if (room != b->room) {
		grown = realloc(b->ptr, room);
		if (grown == NULL)
			return COT_E_MEMORY;
		b->ptr = grown;
		b->room = room;
	}
	memcpy(b->ptr + b->len, more.ptr, more.len);
	b->len += more.len;
	return COT_OK;
}

void cot_bytes_free(struct cot_bytes *b)
{
	free(b->ptr);
	memset(b, 0, sizeof(*b));
}

struct cot_slice cot_bytes_slice(const struct cot_bytes *b)
{
	return cot_slice(b->ptr, b->len);
}

enum cot_err cot_fetch_get(struct cot_fetch *f, const char *url, size_t cap,
                           struct cot_bytes *ret)
{
	const struct cot_sink sink = { bytes_begin, bytes_data, ret };
	struct transfer t = { .fetch = f, .sink = &sink, .cap = cap };
	enum cot_err err;

	memset(ret, 0, sizeof(*ret));
	err = start(&t, url);
	if (err == COT_OK)
		err = run(&t, false);
	if (err != COT_OK)
		cot_bytes_free(ret);
	return err;
}

static enum cot_err send_body(struct transfer *t, const char *url, struct cot_slice body,
                              const char *method)
{
	struct curl_slist *headers;
	struct curl_slist *more;
	enum cot_err err = start(t, url);

	if (err != COT_OK)
		return err;
	headers = curl_slist_append(NULL, "Content-Type: application/json");
	more = headers == NULL ? NULL : curl_slist_append(headers, "Expect:");
	if (more == NULL) {
		curl_slist_free_all(headers);
		return COT_E_MEMORY;
	}
	curl_easy_setopt(t->fetch->easy, CURLOPT_POST, 1L);
	curl_easy_setopt(t->fetch->easy, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(t->fetch->easy, CURLOPT_POSTFIELDS, (const char *)body.ptr);
	curl_easy_setopt(t->fetch->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
	curl_easy_setopt(t->fetch->easy, CURLOPT_HTTPHEADER, more);
	err = run(t, false);
	curl_easy_setopt(t->fetch->easy, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(more);
	return err;
}

enum cot_err cot_fetch_post(struct cot_fetch *f, const char *url, struct cot_slice body,
                            size_t cap, struct cot_bytes *ret)
{
	const struct cot_sink sink = { bytes_begin, bytes_data, ret };
	struct transfer t = { .fetch = f, .sink = cap > 0 ? &sink : NULL, .cap = cap };
	enum cot_err err;

	memset(ret, 0, sizeof(*ret));
	err = send_body(&t, url, body, "POST");
	if (err != COT_OK)
		cot_bytes_free(ret);
	return err;
}

enum cot_err cot_fetch_put(struct cot_fetch *f, const char *url, struct cot_slice body)
{
	struct transfer t = { .fetch = f };

	return send_body(&t, url, body, "PUT");
}

static bool unreserved(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~' || c == '/';
}

enum cot_err cot_fetch_url(const char *base, struct cot_slice name, char *ret, size_t max)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t len = strlen(base);
	size_t i;

	if (len + 2 > max)
		return COT_E_BUFFER;
	memcpy(ret, base, len);
	ret[len++] = '/';
	for (i = 0; i < name.len; i++) {
		if (len + 4 > max)
			return COT_E_BUFFER;
		if (unreserved(name.ptr[i])) {
			ret[len++] = (char)name.ptr[i];
			continue;
		}
		ret[len++] = '%';
		ret[len++] = hex[name.ptr[i] >> 4];
		ret[len++] = hex[name.ptr[i] & 15];
	}
	ret[len] = '\0';
	return COT_OK;
}

const char *cot_fetch_reason(const struct cot_fetch *f)
{
	return f->reason;
}

unsigned cot_fetch_requests(const struct cot_fetch *f)
{
	return f->requests;
}

enum cot_err cot_fetch_open(const struct cot_fetch_terms *terms, struct cot_fetch **ret)
{
	struct cot_fetch *f = calloc(1, sizeof(*f));

	*ret = NULL;
	if (f == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(f);
		return COT_E_MEMORY;
	}
	f->terms = *terms;
	if (f->terms.now_ms == NULL)
		f->terms.now_ms = clock_ms;
	f->multi = curl_multi_init();
	f->easy = curl_easy_init();
	if (f->multi == NULL || f->easy == NULL) {
		cot_fetch_close(f);
		return COT_E_MEMORY;
	}
	*ret = f;
	return COT_OK;
}

void cot_fetch_close(struct cot_fetch *f)
{
	if (f == NULL)
		return;
	if (f->easy != NULL)
		curl_easy_cleanup(f->easy);
	if (f->multi != NULL)
		curl_multi_cleanup(f->multi);
	curl_global_cleanup();
	free(f);
}
