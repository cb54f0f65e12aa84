/* SPDX-License-Identifier: Apache-2.0
 *
 * Signed time: see time.h.
 */
#include "metadata/time.h"
#include "metadata/members.h"
#include "keys/encode.h"

#include <string.h>

void cot_nonce_make(struct cot_nonce *n, const uint8_t random[COT_NONCE_LEN], uint64_t now_ms)
{
	memcpy(n->bytes, random, COT_NONCE_LEN);
	n->made_ms = now_ms;
	n->live = true;
}

/* CHECK D11.1: what signs time signs nothing else */
static enum cot_err check_time_type(struct cot_slice body)
{
	return cot_body_is(body, cot_role_name(COT_ROLE_TIME));
}

/* CHECK D11.1a: each nonce is its hex text, and there are not too many of them */
static enum cot_err check_nonces(struct cot_slice nonces)
{
	uint8_t bytes[COT_NONCE_LEN];
	struct cot_json_iter it;
	struct cot_slice element, text;
	size_t len, count = 0;
	enum cot_err err = cot_json_array(nonces, &it);

	while (err == COT_OK && cot_json_next_element(&it, &element)) {
		if (++count > COT_MAX_NONCES)
			return COT_E_LIMIT;
		err = cot_json_string(element, &text);
		if (err == COT_OK)
			err = cot_hex_decode(text, bytes, sizeof(bytes), &len);
		if (err == COT_E_BUFFER || (err == COT_OK && len != COT_NONCE_LEN))
			err = COT_E_ENCODING;
	}
	return err;
}

enum cot_err cot_time_parse(struct cot_slice body, struct cot_time_msg *ret)
{
	static const struct cot_member members[] = {
		{ "nonces", COT_MEMBER_VALUE, false, offsetof(struct cot_time_msg, nonces) },
		{ "rootVersion", COT_MEMBER_VERSION, false,
		  offsetof(struct cot_time_msg, root_version) },
		{ "time", COT_MEMBER_TIME, false, offsetof(struct cot_time_msg, time_s) }
	};
	enum cot_err err = check_time_type(body);

	memset(ret, 0, sizeof(*ret));
	ret->body = body;
	if (err == COT_OK)
		err = cot_members_read(body, members, 1, ret);
	if (err == COT_OK)
		err = check_nonces(ret->nonces);
	return err == COT_OK ? cot_members_read(body, members + 1, 2, ret) : err;
}

/* CHECK D11.2: the message answers our nonce, unused and young */
static enum cot_err check_nonce(const struct cot_time_msg *msg, const struct cot_nonce *n,
                                uint64_t now_ms)
{
	char hex[2 * COT_NONCE_LEN];
	struct cot_json_iter it;
	struct cot_slice element, text;
	enum cot_err err = cot_json_array(msg->nonces, &it);

	if (!n->live || now_ms < n->made_ms || now_ms - n->made_ms > COT_NONCE_LIFE_S * 1000u)
		return COT_E_TIME_NONCE;
	cot_hex_encode(cot_slice(n->bytes, COT_NONCE_LEN), hex);
	while (err == COT_OK && cot_json_next_element(&it, &element)) {
		if (cot_json_string(element, &text) == COT_OK &&
		    cot_slice_eq(text, cot_slice(hex, sizeof(hex))))
			return COT_OK;
	}
	return err == COT_OK ? COT_E_TIME_NONCE : err;
}

/* CHECK D11.3: nobody hides a newer Root from us behind good time */
static enum cot_err check_time_root(const struct cot_time_msg *msg, uint32_t root_version)
{
	return root_version >= msg->root_version ? COT_OK : COT_E_TIME_ROOT;
}

/* CHECK D11.4: time does not go back */
static enum cot_err check_time_floor(int64_t now_s, int64_t floor_s)
{
	return now_s >= floor_s ? COT_OK : COT_E_TIME_ROLLBACK;
}

enum cot_err cot_time_accept(const struct cot_time_msg *msg, struct cot_nonce *n,
                             const struct cot_time_floor *floor, uint64_t now_ms,
                             int64_t *ret_now_s)
{
	enum cot_err err = check_nonce(msg, n, now_ms);

	if (err == COT_OK)
		err = check_time_root(msg, floor->root_version);
	if (err == COT_OK)
		err = check_time_floor(msg->time_s, floor->time_s);
	if (err != COT_OK)
		return err;
	n->live = false;
	*ret_now_s = msg->time_s + (uint32_t)(now_ms - n->made_ms) / 1000u;
	return COT_OK;
}
