/* SPDX-License-Identifier: Apache-2.0
 *
 * Transfers: Request Download (34), Request File Transfer (38), Transfer Data (36),
 * Request Transfer Exit (37).
 */
#include "secondary/install.h"
#include "secondary/server_parts.h"
#include "secondary/update.h"

#include <string.h>

void cot_server_answer_block(struct cot_sec *node)
{
	struct cot_sec_server *s = &node->server;
	struct cot_uds_response r;

	memset(&r, 0, sizeof(r));
	r.sub = COT_UDS_FILE_REPLACE;
	r.block = node->port->request_max;
	s->counter = 0;
	s->blocks = false;
	cot_server_respond(node, &r);
}

void cot_server_download(struct cot_sec *node, const struct cot_uds_request *q)
{
	enum cot_err err = cot_sec_download_check(node, q);

	if (err != COT_OK) {
		cot_server_refuse(node, err);
		return;
	}
	node->server.transfer = COT_TRANSFER_IMAGE;
	cot_server_answer_block(node);
}

/* "i/NAME": the whole ordered artifact by its name, the same as 34 at offset 0. */
static void serve_image_file(struct cot_sec *node, const struct cot_uds_request *q)
{
	const struct cot_sec_intent *intent = &node->store.state.component[0].intent;
	struct cot_uds_request from_start = *q;
	uint8_t hash[COT_SHA256_LEN];

	cot_hash_once(node->port->crypto, COT_HASH_SHA256, cot_slice_sub(q->name, 2, q->name.len),
	              hash);
	if (!intent->set || memcmp(hash, intent->name_sha256, sizeof(hash)) != 0) {
		cot_server_refuse(node, COT_E_NOT_ORDERED);
		return;
	}
	from_start.offset = 0;
	cot_server_download(node, &from_start);
}

/* CHECK W13.2: what a file transfer announces fits together */
static enum cot_err check_file(const struct cot_uds_request *q)
{
	return q->format != 0 ? COT_E_METHOD : q->size != q->packed ? COT_E_ARGUMENT : COT_OK;
}

void cot_server_file(struct cot_sec *node, const struct cot_uds_request *q)
{
	uint32_t version = 0;
	uint8_t kind = 0;
	enum cot_err err = check_file(q);

	if (err == COT_OK && q->name.len > 2 && q->name.ptr[0] == 'i' && q->name.ptr[1] == '/') {
		serve_image_file(node, q);
		return;
	}
	if (err == COT_OK)
		err = cot_documents_name(q->name, &kind, &version);
	if (err == COT_OK)
		err = cot_documents_begin(&node->docs, kind, version, q->size);
	if (err == COT_OK && kind != COT_SEC_TIME)
		err = cot_sec_budget_draw(node);
	if (err != COT_OK) {
		node->docs.open = false;
		if (node->server.transfer == COT_TRANSFER_DOC)
			node->server.transfer = COT_TRANSFER_NONE;
		cot_server_refuse(node, err);
		if (err == COT_E_NAME)
			cot_server_negative(node, COT_NRC_RANGE);
		return;
	}
	node->server.transfer = COT_TRANSFER_NONE;
	cot_server_start(node, COT_JOB_ERASE_DOC);
}

static void answer_transfer(struct cot_sec *node, uint8_t counter)
{
	struct cot_uds_response r;

	memset(&r, 0, sizeof(r));
	r.counter = counter;
	cot_server_respond(node, &r);
}

/* CHECK W13.3: no more data than was announced */
static enum cot_err check_room(const struct cot_sec *node, size_t len)
{
	const struct cot_writer *w = &node->install.writer;
	uint32_t room = node->server.transfer == COT_TRANSFER_DOC
		? node->docs.len - node->docs.have : w->intent.artifact_len - w->taken;

	return len > room ? COT_E_LENGTH_EXCEEDED : COT_OK;
}

/* CHECK W13.4: the block counter counts */
static enum cot_err check_counter(const struct cot_sec_server *s, uint8_t counter)
{
	return counter == (uint8_t)(s->counter + 1) ? COT_OK : COT_E_SEQUENCE;
}

static enum cot_err take_block(struct cot_sec *node, struct cot_slice data)
{
	if (node->server.transfer == COT_TRANSFER_DOC)
		return cot_documents_write(&node->docs, data);
	return cot_sec_download(node, data);
}

void cot_server_transfer(struct cot_sec *node, const struct cot_uds_request *q)
{
	struct cot_sec_server *s = &node->server;
	enum cot_err err;

	if (s->transfer == COT_TRANSFER_NONE) {
		cot_server_negative(node, COT_NRC_SEQUENCE);
		return;
	}
	/* Sent again because our answer was lost: answered again, not written again. */
	if (s->blocks && q->counter == s->counter) {
		answer_transfer(node, q->counter);
		return;
	}
	if (check_counter(s, q->counter) != COT_OK) {
		cot_server_negative(node, COT_NRC_COUNTER);
		return;
	}
	if (q->data.len == 0) {
		cot_server_negative(node, COT_NRC_LENGTH);
		return;
	}
	if (check_room(node, q->data.len) != COT_OK) {
		node->last = COT_E_LENGTH_EXCEEDED;
		cot_server_negative(node, COT_NRC_SUSPENDED);
		return;
	}
	err = take_block(node, q->data);
	if (err != COT_OK) {
		s->transfer = COT_TRANSFER_NONE;
		cot_server_refuse(node, err);
		return;
	}
	s->counter = q->counter;
	s->blocks = true;
	answer_transfer(node, q->counter);
}

static void finish_document(struct cot_sec *node)
{
	enum cot_err err = cot_documents_finish(&node->docs);

	if (err != COT_OK) {
		cot_server_refuse(node, err);
		return;
	}
	node->server.transfer = COT_TRANSFER_NONE;
	cot_sec_update_staged(node);
	answer_transfer(node, 0);
}

void cot_server_exit(struct cot_sec *node, const struct cot_uds_request *q)
{
	enum cot_err err;

	if (q->data.len != 0) {
		cot_server_negative(node, COT_NRC_LENGTH);
		return;
	}
	switch (node->server.transfer) {
	case COT_TRANSFER_DOC:
		finish_document(node);
		return;
	case COT_TRANSFER_IMAGE:
		err = cot_sec_exit_begin(node);
		if (err == COT_OK)
			cot_server_start(node, COT_JOB_EXIT);
		else
			cot_server_refuse(node, err);
		return;
	default:
		cot_server_negative(node, COT_NRC_SEQUENCE);
	}
}
