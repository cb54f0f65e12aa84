/* SPDX-License-Identifier: Apache-2.0
 *
 * Status records and routine results as bytes: see status.h and docs/link.md.
 * Big-endian, fixed lengths, one format number; what is not exactly that is
 * refused.
 */
#include "secondary/link/status.h"

#include <string.h>

#define FORMAT 1u
#define FLAG_FRESH 1u
#define FLAG_NONCE 2u
#define FLAG_APP_TRUSTED 4u
#define FLAG_ORDERED 2u

static void put(uint8_t *at, uint64_t value, size_t width)
{
	size_t i;

	for (i = 0; i < width; i++)
		at[i] = (uint8_t)(value >> (8 * (width - 1 - i)));
}

static uint64_t get(const uint8_t *at, size_t width)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < width; i++)
		value = value << 8 | at[i];
	return value;
}

/* ---- node status ------------------------------------------------------------------ */

void cot_node_status_encode(const struct cot_node_status *s, uint8_t ret[COT_NODE_STATUS_LEN])
{
	memset(ret, 0, COT_NODE_STATUS_LEN);
	ret[0] = FORMAT;
	ret[1] = (uint8_t)s->mode;
	ret[2] = s->components;
	ret[3] = (uint8_t)((s->fresh_time ? FLAG_FRESH : 0) | (s->nonce_alive ? FLAG_NONCE : 0) |
	                   (s->app_trusted ? FLAG_APP_TRUSTED : 0));
	cot_uds_put_err(ret + 4, s->last);
	put(ret + 6, s->root_version, 4);
	put(ret + 10, s->targets_version, 4);
	put(ret + 14, (uint64_t)s->time_s, 8);
	put(ret + 22, s->request_max, 4);
	put(ret + 26, s->document_max, 4);
	put(ret + 30, s->budget, 2);
}

enum cot_err cot_node_status_decode(struct cot_slice bytes, struct cot_node_status *ret)
{
	const uint8_t *at = bytes.ptr;

	if (bytes.len != COT_NODE_STATUS_LEN || at[0] != FORMAT ||
	    at[1] > COT_MODE_UNPROVISIONED || at[3] > 7)
		return COT_E_FRAME;
	memset(ret, 0, sizeof(*ret));
	ret->mode = (enum cot_node_mode)at[1];
	ret->components = at[2];
	ret->fresh_time = (at[3] & FLAG_FRESH) != 0;
	ret->nonce_alive = (at[3] & FLAG_NONCE) != 0;
	ret->app_trusted = (at[3] & FLAG_APP_TRUSTED) != 0;
	ret->last = cot_uds_get_err(at + 4);
	ret->root_version = (uint32_t)get(at + 6, 4);
	ret->targets_version = (uint32_t)get(at + 10, 4);
	ret->time_s = (int64_t)get(at + 14, 8);
	ret->request_max = (uint32_t)get(at + 22, 4);
	ret->document_max = (uint32_t)get(at + 26, 4);
	ret->budget = (uint16_t)get(at + 30, 2);
	return COT_OK;
}

/* ---- component status ---------------------------------------------------------------- */

void cot_component_status_encode(const struct cot_component_status *s,
                                 uint8_t ret[COT_COMPONENT_STATUS_LEN])
{
	memset(ret, 0, COT_COMPONENT_STATUS_LEN);
	ret[0] = FORMAT;
	ret[1] = s->component;
	ret[2] = (uint8_t)s->state;
	ret[3] = s->slot;
	put(ret + 4, s->staged_len, 4);
	put(ret + 8, s->staged_have, 4);
	put(ret + 12, s->counter, 8);
	put(ret + 20, s->image_len, 4);
	memcpy(ret + 24, s->image_sha256, COT_SHA256_LEN);
	memcpy(ret + 56, s->staged_sha256, COT_SHA256_LEN);
	cot_uds_put_err(ret + 88, s->last);
	ret[90] = s->trials;
}

enum cot_err cot_component_status_decode(struct cot_slice bytes,
                                         struct cot_component_status *ret)
{
	const uint8_t *at = bytes.ptr;

	if (bytes.len != COT_COMPONENT_STATUS_LEN || at[0] != FORMAT ||
	    at[2] > COT_STATE_REVERTED)
		return COT_E_FRAME;
	memset(ret, 0, sizeof(*ret));
	ret->component = at[1];
	ret->state = (enum cot_component_state)at[2];
	ret->slot = at[3];
	ret->staged_len = (uint32_t)get(at + 4, 4);
	ret->staged_have = (uint32_t)get(at + 8, 4);
	ret->counter = get(at + 12, 8);
	ret->image_len = (uint32_t)get(at + 20, 4);
	memcpy(ret->image_sha256, at + 24, COT_SHA256_LEN);
	memcpy(ret->staged_sha256, at + 56, COT_SHA256_LEN);
	ret->last = cot_uds_get_err(at + 88);
	ret->trials = at[90];
	return COT_OK;
}

/* ---- routine results ------------------------------------------------------------------ */

void cot_verify_result_encode(const struct cot_verify_result *r,
                              uint8_t ret[COT_VERIFY_RESULT_LEN])
{
	cot_uds_put_err(ret, r->outcome);
	put(ret + 2, r->root_version, 4);
	put(ret + 6, r->targets_version, 4);
	ret[10] = (uint8_t)((r->fresh_time ? FLAG_FRESH : 0) | (r->ordered ? FLAG_ORDERED : 0));
}

enum cot_err cot_verify_result_decode(struct cot_slice bytes, struct cot_verify_result *ret)
{
	if (bytes.len != COT_VERIFY_RESULT_LEN || bytes.ptr[10] > 3)
		return COT_E_FRAME;
	ret->outcome = cot_uds_get_err(bytes.ptr);
	ret->root_version = (uint32_t)get(bytes.ptr + 2, 4);
	ret->targets_version = (uint32_t)get(bytes.ptr + 6, 4);
	ret->fresh_time = (bytes.ptr[10] & FLAG_FRESH) != 0;
	ret->ordered = (bytes.ptr[10] & FLAG_ORDERED) != 0;
	return COT_OK;
}

void cot_stage_result_encode(const struct cot_stage_result *r, uint8_t ret[COT_STAGE_RESULT_LEN])
{
	cot_uds_put_err(ret, r->outcome);
	put(ret + 2, r->length, 4);
	put(ret + 6, r->next, 4);
	put(ret + 10, r->slot_size, 4);
}

enum cot_err cot_stage_result_decode(struct cot_slice bytes, struct cot_stage_result *ret)
{
	if (bytes.len != COT_STAGE_RESULT_LEN)
		return COT_E_FRAME;
	ret->outcome = cot_uds_get_err(bytes.ptr);
	ret->length = (uint32_t)get(bytes.ptr + 2, 4);
	ret->next = (uint32_t)get(bytes.ptr + 6, 4);
	ret->slot_size = (uint32_t)get(bytes.ptr + 10, 4);
	return COT_OK;
}

enum cot_err cot_outcome_decode(struct cot_slice bytes, enum cot_err *ret)
{
	if (bytes.len < 2)
		return COT_E_FRAME;
	*ret = cot_uds_get_err(bytes.ptr);
	return COT_OK;
}

/* ---- the option that names an ECU --------------------------------------------------------- */

enum cot_err cot_ecu_option_write(struct cot_slice ecu, uint8_t *ret, size_t max,
                                  size_t *ret_len)
{
	if (ecu.len == 0 || ecu.len > COT_MAX_ID)
		return COT_E_NAME;
	if (max < ecu.len + 1)
		return COT_E_BUFFER;
	ret[0] = (uint8_t)ecu.len;
	memcpy(ret + 1, ecu.ptr, ecu.len);
	*ret_len = ecu.len + 1;
	return COT_OK;
}

enum cot_err cot_ecu_option_read(struct cot_slice bytes, struct cot_slice *ret_ecu)
{
	if (bytes.len < 2 || bytes.ptr[0] != bytes.len - 1 || bytes.ptr[0] > COT_MAX_ID)
		return COT_E_FRAME;
	*ret_ecu = cot_slice_sub(bytes, 1, bytes.len - 1);
	return COT_OK;
}
