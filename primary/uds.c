/* SPDX-License-Identifier: Apache-2.0
 *
 * The UDS client: see uds.h.
 */
#include "primary/uds.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PIECE_MS 200u

static uint64_t client_now(void *ctx)
{
	const struct cot_client *c = ctx;

	return c->base.now_ms(c->base.ctx);
}

/* Waits in short pieces, so that other duties are not forgotten meanwhile. */
static void client_wait(void *ctx, struct cot_link *link, uint64_t until_ms)
{
	struct cot_client *c = ctx;
	uint64_t piece = client_now(c) + PIECE_MS;

	c->base.wait(c->base.ctx, link, until_ms < piece ? until_ms : piece);
	if (c->idle != NULL)
		c->idle(c->idle_ctx);
}

/* A virtual bus in lockstep only moves when its nodes hand time to it. */
static enum cot_err open_link(struct cot_client *c)
{
	struct cot_transport_clock bus;
	enum cot_err err;

	if (c->link != NULL)
		return COT_OK;
	err = cot_transport_open(c->uri, COT_TRANSPORT_CLIENT, &c->link, &c->note);
	if (err == COT_OK && cot_transport_bus_clock(c->link, &bus) == COT_OK)
		c->base = bus;
	return err;
}

enum cot_err cot_client_open(struct cot_client *c, const char *uri,
                             const struct cot_transport_terms *terms)
{
	memset(c, 0, sizeof(*c));
	c->uri = uri;
	c->terms = *terms;
	c->base = *terms->clock;
	c->clock = (struct cot_transport_clock){ client_now, client_wait, c };
	c->terms.clock = &c->clock;
	return open_link(c);
}

void cot_client_close(struct cot_client *c)
{
	if (c->link != NULL)
		cot_transport_close(c->link);
	c->link = NULL;
}

void cot_client_pause(struct cot_client *c, uint32_t ms)
{
	const struct cot_transport_clock *clock = c->terms.clock;
	struct cot_slice stale;
	uint64_t until;

	if (c->link == NULL) {
		poll(NULL, 0, (int)ms);
		return;
	}
	until = clock->now_ms(clock->ctx) + ms;
	while (clock->now_ms(clock->ctx) < until) {
		/* Nothing was asked, so nothing that comes is an answer. */
		if (cot_link_poll(c->link, clock->now_ms(clock->ctx), &stale) == COT_E_LINK) {
			cot_client_close(c);
			poll(NULL, 0, (int)ms);
			return;
		}
		clock->wait(clock->ctx, c->link, until);
	}
}

/* One exchange; a device that is gone is opened anew at the next call. */
static enum cot_err exchange(struct cot_client *c, struct cot_slice request,
                             struct cot_slice *ret)
{
	struct cot_transport_answer answer = { c->answer, sizeof(c->answer), 0 };
	enum cot_err err = open_link(c);

	if (err != COT_OK)
		return err;
	err = cot_transport_exchange(c->link, &c->terms, request, &answer);
	c->asked_ms = c->terms.clock->now_ms(c->terms.clock->ctx);
	if (err == COT_E_LINK)
		cot_client_close(c);
	*ret = cot_slice(answer.buf, answer.len);
	return err;
}

/* Asks and reads the response; a negative one is an error by its code. */
static enum cot_err ask(struct cot_client *c, const struct cot_uds_request *request,
                        struct cot_uds_response *ret)
{
	struct cot_slice bytes;
	size_t len;
	enum cot_err err;

	c->nrc = COT_NRC_NONE;
	memset(ret, 0, sizeof(*ret));
	err = cot_uds_build_request(request, c->request, sizeof(c->request), &len);
	if (err == COT_OK)
		err = exchange(c, cot_slice(c->request, len), &bytes);
	if (err != COT_OK || request->suppress)
		return err;
	err = cot_uds_parse_response(bytes, ret);
	if (err != COT_OK || ret->nrc == COT_NRC_NONE)
		return err;
	c->nrc = ret->nrc;
	return cot_uds_err_of(ret->nrc);
}

static enum cot_err read_data(struct cot_client *c, uint16_t id, struct cot_slice *ret)
{
	struct cot_uds_request request = { .sid = COT_UDS_READ, .id = id };
	struct cot_uds_response response;
	enum cot_err err = ask(c, &request, &response);

	*ret = response.data;
	return err;
}

enum cot_err cot_client_node(struct cot_client *c, struct cot_node_status *ret)
{
	struct cot_slice data;
	enum cot_err err = read_data(c, COT_DID_STATUS, &data);

	return err == COT_OK ? cot_node_status_decode(data, ret) : err;
}

/* A negative response has few codes; the status record knows the word. */
static enum cot_err explain(struct cot_client *c, enum cot_err err)
{
	struct cot_node_status status;
	uint8_t nrc = c->nrc;

	if (nrc == COT_NRC_NONE)
		return err;
	if (cot_client_node(c, &status) == COT_OK && status.last < COT_OK)
		err = status.last;
	c->nrc = nrc;
	return err;
}

/* A routine over one ECU, or over the node with ecu NULL.  ret_data begins with
 * the outcome. */
static enum cot_err routine(struct cot_client *c, uint16_t id, const char *ecu,
                            struct cot_slice *ret_data)
{
	struct cot_uds_request request = { .sid = COT_UDS_ROUTINE,
		                           .sub = COT_UDS_ROUTINE_START, .id = id };
	struct cot_uds_response response;
	uint8_t option[COT_MAX_ID + 1];
	size_t len = 0;
	enum cot_err err = COT_OK;

	if (ecu != NULL)
		err = cot_ecu_option_write(cot_slice_str(ecu), option, sizeof(option), &len);
	if (err != COT_OK)
		return err;
	request.data = cot_slice(option, len);
	err = ask(c, &request, &response);
	if (err != COT_OK)
		return explain(c, err);
	*ret_data = response.data;
	return COT_OK;
}

/* A routine whose result begins with an outcome that is not COT_OK. */
static enum cot_err routine_done(struct cot_client *c, uint16_t id, const char *ecu,
                                 struct cot_slice *ret_data)
{
	enum cot_err outcome = COT_E_FRAME;
	enum cot_err err = routine(c, id, ecu, ret_data);

	if (err == COT_OK)
		err = cot_outcome_decode(*ret_data, &outcome);
	return err == COT_OK ? outcome : err;
}

enum cot_err cot_client_component(struct cot_client *c, const char *ecu,
                                  struct cot_component_status *ret)
{
	struct cot_slice data;
	enum cot_err err = routine_done(c, COT_RID_STATUS, ecu, &data);

	if (err != COT_OK)
		return err;
	return cot_component_status_decode(cot_slice_sub(data, 2, data.len), ret);
}

enum cot_err cot_client_report(struct cot_client *c, const char *ecu, struct cot_slice *ret)
{
	struct cot_slice data;
	enum cot_err err = routine_done(c, COT_RID_REPORT, ecu, &data);

	if (err == COT_OK)
		*ret = cot_slice_sub(data, 2, data.len);
	return err;
}

enum cot_err cot_client_session(struct cot_client *c, uint8_t session)
{
	struct cot_uds_request request = { .sid = COT_UDS_SESSION, .sub = session };
	struct cot_uds_response response;
	enum cot_err err = ask(c, &request, &response);

	return err == COT_E_ECU_NAK || c->nrc != COT_NRC_NONE ? explain(c, err) : err;
}

enum cot_err cot_client_reset(struct cot_client *c)
{
	struct cot_uds_request request = { .sid = COT_UDS_RESET, .sub = COT_UDS_RESET_HARD };
	struct cot_uds_response response;

	return ask(c, &request, &response);
}

void cot_client_present(struct cot_client *c)
{
	const struct cot_uds_request request = { .sid = COT_UDS_PRESENT, .suppress = true };
	struct cot_transport_answer answer = { NULL, 0, 0 };
	uint8_t bytes[4];
	size_t len;

	if (c->link == NULL ||
	    cot_uds_build_request(&request, bytes, sizeof(bytes), &len) != COT_OK)
		return;
	/* Whether it arrived shows at the next real request. */
	if (cot_transport_exchange(c->link, &c->terms, cot_slice(bytes, len), &answer) ==
	    COT_E_LINK)
		cot_client_close(c);
	c->asked_ms = c->terms.clock->now_ms(c->terms.clock->ctx);
}

enum cot_err cot_client_nonce(struct cot_client *c, uint8_t ret[COT_NONCE_LEN])
{
	struct cot_slice data;
	enum cot_err err = read_data(c, COT_DID_NONCE, &data);

	if (err != COT_OK)
		return explain(c, err);
	if (data.len != COT_NONCE_LEN)
		return COT_E_FRAME;
	memcpy(ret, data.ptr, COT_NONCE_LEN);
	return COT_OK;
}

/* ---- transfers ---------------------------------------------------------------------- */

/* Data bytes in one 36 request: what the node announced, within our buffer. */
static enum cot_err block_len(uint16_t announced, size_t *ret)
{
	size_t len = announced < COT_UDS_MAX ? announced : COT_UDS_MAX;

	if (len < 3)
		return COT_E_FRAME;
	*ret = len - 2;
	return COT_OK;
}

static enum cot_err send_block(struct cot_client *c, uint8_t counter, struct cot_slice data)
{
	struct cot_uds_request request = { .sid = COT_UDS_TRANSFER, .counter = counter,
		                           .data = data };
	struct cot_uds_response response;
	enum cot_err err = ask(c, &request, &response);

	return err == COT_OK ? COT_OK : explain(c, err);
}

static enum cot_err end_transfer(struct cot_client *c)
{
	struct cot_uds_request request = { .sid = COT_UDS_EXIT };
	struct cot_uds_response response;
	enum cot_err err = ask(c, &request, &response);

	return err == COT_OK ? COT_OK : explain(c, err);
}

enum cot_err cot_client_document(struct cot_client *c, const char *name, struct cot_slice bytes)
{
	struct cot_uds_request request = { .sid = COT_UDS_FILE, .sub = COT_UDS_FILE_REPLACE,
		                           .name = cot_slice_str(name),
		                           .size = (uint32_t)bytes.len,
		                           .packed = (uint32_t)bytes.len };
	struct cot_uds_response response;
	size_t block = 0, at;
	uint8_t counter = 1;
	enum cot_err err;

	if (bytes.len > COT_MAX_TARGETS)
		return COT_E_LIMIT;
	err = ask(c, &request, &response);
	if (err != COT_OK)
		return explain(c, err);
	err = block_len(response.block, &block);
	for (at = 0; err == COT_OK && at < bytes.len; at += block)
		err = send_block(c, counter++, cot_slice_sub(bytes, at, block));
	return err == COT_OK ? end_transfer(c) : err;
}

enum cot_err cot_client_verify(struct cot_client *c, struct cot_verify_result *ret)
{
	struct cot_slice data;
	enum cot_err err = routine(c, COT_RID_VERIFY, NULL, &data);

	if (err == COT_OK)
		err = cot_outcome_decode(data, &ret->outcome);
	if (err != COT_OK || ret->outcome != COT_OK)
		return err != COT_OK ? err : ret->outcome;
	return cot_verify_result_decode(data, ret);
}

enum cot_err cot_client_stage(struct cot_client *c, const char *ecu,
                              struct cot_stage_result *ret)
{
	struct cot_slice data;
	enum cot_err err = routine_done(c, COT_RID_STAGE, ecu, &data);

	return err == COT_OK ? cot_stage_result_decode(data, ret) : err;
}

static enum cot_err read_block(int fd, uint8_t *ret, size_t len, uint32_t offset)
{
	ssize_t n;
	size_t have = 0;

	while (have < len) {
		n = pread(fd, ret + have, len - have, (off_t)(offset + have));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return COT_E_IO;
		have += (size_t)n;
	}
	return COT_OK;
}

/* One artifact on its way. */
struct upload {
	struct cot_client *client;
	const struct cot_client_progress *progress;
	size_t block; /* data bytes in one request */
	int fd;
};

static enum cot_err send_blocks(const struct upload *u, uint32_t at, uint32_t len)
{
	uint8_t data[COT_UDS_MAX];
	uint8_t counter = 1;
	enum cot_err err = COT_OK;

	while (err == COT_OK && at < len) {
		size_t part = len - at < u->block ? len - at : u->block;

		err = read_block(u->fd, data, part, at);
		if (err == COT_OK)
			err = send_block(u->client, counter++, cot_slice(data, part));
		at += (uint32_t)part;
		if (err == COT_OK && u->progress != NULL)
			err = u->progress->step(u->progress->ctx, at, len);
	}
	return err;
}

enum cot_err cot_client_image(struct cot_client *c, int fd, uint32_t offset, uint32_t len,
                              const struct cot_client_progress *progress)
{
	struct cot_uds_request request = { .sid = COT_UDS_DOWNLOAD, .offset = offset,
		                           .size = len - offset };
	struct upload upload = { .client = c, .progress = progress, .fd = fd };
	struct cot_uds_response response;
	enum cot_err err = ask(c, &request, &response);

	if (err != COT_OK)
		return explain(c, err);
	err = block_len(response.block, &upload.block);
	if (err == COT_OK)
		err = send_blocks(&upload, offset, len);
	return err == COT_OK ? end_transfer(c) : err;
}

enum cot_err cot_client_activate(struct cot_client *c, const char *ecu)
{
	struct cot_slice data;

	return routine_done(c, COT_RID_ACTIVATE, ecu, &data);
}
