/* SPDX-License-Identifier: Apache-2.0
 *
 * The state file's text.  It is built with jansson, because that is where the
 * canonical writer is, and read with the same reader as signed metadata.
 */
#include "primary/state.h"

#include "keys/encode.h"
#include "metadata/host/canon.h"

#include <stdlib.h>
#include <string.h>

#define FORMAT 1

const char *cot_state_repo_name(size_t repo)
{
	static const char *const names[COT_MAX_REPOS] = { "director", "image" };

	return repo < COT_MAX_REPOS ? names[repo] : "";
}

struct cot_inventory *cot_state_ecu(struct cot_state *s, struct cot_slice serial)
{
	size_t i;

	for (i = 0; i < s->ecu_count; i++) {
		if (cot_slice_is(serial, s->ecus[i].serial))
			return &s->ecus[i];
	}
	return NULL;
}

void cot_state_chain_add(struct cot_state *s, uint32_t version, const char *doc)
{
	struct cot_chain_link *link;

	if (s->chain_count > 0 && s->chain[s->chain_count - 1].version >= version)
		return;
	if (s->chain_count == COT_STATE_CHAIN) {
		memmove(&s->chain[0], &s->chain[1], sizeof(s->chain) - sizeof(s->chain[0]));
		s->chain_count--;
	}
	link = &s->chain[s->chain_count++];
	link->version = version;
	memcpy(link->doc, doc, COT_STATE_HEX);
}

/* ---- writing ---------------------------------------------------------------- */

static json_t *hex_string(const uint8_t *bytes, size_t len)
{
	char *text = malloc(2 * len + 1);
	json_t *ret;

	if (text == NULL)
		return NULL;
	cot_hex_encode(cot_slice(bytes, len), text);
	ret = json_stringn(text, 2 * len);
	free(text);
	return ret;
}

static json_t *chain_json(const struct cot_state *s)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < s->chain_count; i++)
		json_array_append_new(array, json_pack("{s:s, s:I}", "document", s->chain[i].doc,
		                                       "version",
		                                       (json_int_t)s->chain[i].version));
	return array;
}

static json_t *documents_json(const struct cot_state *s)
{
	json_t *object = json_object();
	size_t repo, role;

	for (repo = 0; repo < COT_MAX_REPOS; repo++) {
		json_t *one = json_object();

		for (role = 0; role < COT_ROLE_COUNT; role++) {
			if (s->doc[repo][role][0] != '\0')
				json_object_set_new(one, cot_role_name((enum cot_role)role),
				                    json_string(s->doc[repo][role]));
		}
		json_object_set_new(object, cot_state_repo_name(repo), one);
	}
	return object;
}

static json_t *ecu_json(const struct cot_inventory *e)
{
	return json_pack("{s:s, s:I, s:s, s:s, s:I, s:s, s:I, s:o, s:s}", "attack", e->attack,
	                 "counter", (json_int_t)e->counter, "filepath", e->filepath,
	                 "hardware", e->hardware, "length", (json_int_t)e->length, "report",
	                 e->report, "reportCounter", (json_int_t)e->report_counter, "sha256",
	                 hex_string(e->sha256, COT_SHA256_LEN), "state", e->state);
}

static json_t *ecus_json(const struct cot_state *s)
{
	json_t *object = json_object();
	size_t i;

	for (i = 0; i < s->ecu_count; i++)
		json_object_set_new(object, s->ecus[i].serial, ecu_json(&s->ecus[i]));
	return object;
}

static json_t *body_json(const struct cot_state *s)
{
	uint8_t trust[COT_TRUST_MAX];
	size_t len = 0;

	if (cot_trust_encode(&s->trust, trust, sizeof(trust), &len) != COT_OK)
		return NULL;
	return json_pack("{s:o, s:o, s:o, s:i, s:I, s:s, s:o}", "chain", chain_json(s),
	                 "documents", documents_json(s), "ecus", ecus_json(s), "format", FORMAT,
	                 "manifestCounter", (json_int_t)s->manifest_counter, "provision",
	                 s->provision, "trust", hex_string(trust, len));
}

static void digest_hex(const struct cot_crypto *crypto, struct cot_slice data,
                       char ret[COT_STATE_HEX])
{
	uint8_t digest[COT_SHA256_LEN];

	cot_hash_once(crypto, COT_HASH_SHA256, data, digest);
	cot_hex_encode(cot_slice(digest, sizeof(digest)), ret);
	ret[COT_STATE_HEX - 1] = '\0';
}

enum cot_err cot_state_encode(const struct cot_state *s, const struct cot_crypto *crypto,
                              char **ret, size_t *ret_len)
{
	char hex[COT_STATE_HEX];
	json_t *body = body_json(s);
	json_t *file;
	char *text;
	size_t len;
	enum cot_err err;

	if (body == NULL)
		return COT_E_INTERNAL;
	err = cot_canon_dump(body, COT_GRAMMAR_OLPC, &text, &len);
	if (err != COT_OK) {
		json_decref(body);
		return err;
	}
	digest_hex(crypto, cot_slice(text, len), hex);
	free(text);
	file = json_pack("{s:o, s:s}", "body", body, "sha256", hex);
	if (file == NULL)
		return COT_E_MEMORY;
	err = cot_canon_dump(file, COT_GRAMMAR_OLPC, ret, ret_len);
	json_decref(file);
	return err;
}

/* ---- reading ---------------------------------------------------------------- */

static enum cot_err copy_text(struct cot_slice object, const char *name, char *ret, size_t max)
{
	struct cot_slice text;
	enum cot_err err = cot_json_member_string(object, name, &text);

	if (err != COT_OK)
		return err;
	if (text.len >= max)
		return COT_E_STORE;
	memcpy(ret, text.ptr, text.len);
	ret[text.len] = '\0';
	return COT_OK;
}

/* A document's name: 64 hex digits, or nothing. */
static enum cot_err copy_hex(struct cot_slice object, const char *name,
                             char ret[COT_STATE_HEX])
{
	uint8_t digest[COT_SHA256_LEN];
	size_t len = 0;
	enum cot_err err = copy_text(object, name, ret, COT_STATE_HEX);

	if (err == COT_OK && ret[0] != '\0')
		err = cot_hex_decode(cot_slice_str(ret), digest, sizeof(digest), &len);
	return err == COT_OK && ret[0] != '\0' && len != COT_SHA256_LEN ? COT_E_STORE : err;
}

static enum cot_err read_chain(struct cot_slice body, struct cot_state *ret)
{
	struct cot_slice array, one;
	struct cot_json_iter it;
	uint64_t version;
	enum cot_err err = cot_json_member(body, "chain", &array);

	if (err == COT_OK)
		err = cot_json_array(array, &it);
	while (err == COT_OK && cot_json_next_element(&it, &one)) {
		if (ret->chain_count == COT_STATE_CHAIN)
			return COT_E_STORE;
		err = cot_json_member_uint(one, "version", COT_MAX_VERSION, &version);
		if (err != COT_OK)
			return err;
		ret->chain[ret->chain_count].version = (uint32_t)version;
		err = copy_hex(one, "document", ret->chain[ret->chain_count++].doc);
	}
	return err;
}

static enum cot_err read_documents(struct cot_slice body, struct cot_state *ret)
{
	struct cot_slice all, one;
	size_t repo, role;
	enum cot_err err = cot_json_member(body, "documents", &all);

	for (repo = 0; err == COT_OK && repo < COT_MAX_REPOS; repo++) {
		err = cot_json_member(all, cot_state_repo_name(repo), &one);
		for (role = 0; err == COT_OK && role < COT_ROLE_COUNT; role++) {
			err = copy_hex(one, cot_role_name((enum cot_role)role),
			               ret->doc[repo][role]);
			if (err == COT_E_MISSING)
				err = COT_OK;
		}
	}
	return err;
}

static enum cot_err read_numbers(struct cot_slice object, struct cot_inventory *ret)
{
	enum cot_err err = cot_json_member_uint(object, "counter", INT64_MAX, &ret->counter);

	if (err == COT_OK)
		err = cot_json_member_uint(object, "length", INT64_MAX, &ret->length);
	if (err == COT_OK)
		err = cot_json_member_uint(object, "reportCounter", INT64_MAX,
		                           &ret->report_counter);
	return err;
}

static enum cot_err read_ecu(struct cot_slice serial, struct cot_slice object,
                             struct cot_inventory *ret)
{
	char hex[COT_STATE_HEX];
	size_t len = 0;
	enum cot_err err;

	if (serial.len > COT_MAX_ID)
		return COT_E_STORE;
	memcpy(ret->serial, serial.ptr, serial.len);
	err = read_numbers(object, ret);
	if (err == COT_OK)
		err = copy_text(object, "attack", ret->attack, sizeof(ret->attack));
	if (err == COT_OK)
		err = copy_text(object, "filepath", ret->filepath, sizeof(ret->filepath));
	if (err == COT_OK)
		err = copy_text(object, "hardware", ret->hardware, sizeof(ret->hardware));
	if (err == COT_OK)
		err = copy_text(object, "state", ret->state, sizeof(ret->state));
	if (err == COT_OK)
		err = copy_hex(object, "report", ret->report);
	if (err == COT_OK)
		err = copy_hex(object, "sha256", hex);
	if (err == COT_OK)
		err = cot_hex_decode(cot_slice_str(hex), ret->sha256, COT_SHA256_LEN, &len);
	return err == COT_OK && len != COT_SHA256_LEN ? COT_E_STORE : err;
}

static enum cot_err read_ecus(struct cot_slice body, struct cot_state *ret)
{
	struct cot_slice object, name, value;
	struct cot_json_iter it;
	enum cot_err err = cot_json_member(body, "ecus", &object);

	if (err == COT_OK)
		err = cot_json_object(object, &it);
	while (err == COT_OK && cot_json_next_member(&it, &name, &value)) {
		if (ret->ecu_count == COT_STATE_ECUS)
			return COT_E_STORE;
		err = read_ecu(name, value, &ret->ecus[ret->ecu_count++]);
	}
	return err;
}

static enum cot_err read_trust(struct cot_slice body, struct cot_state *ret)
{
	uint8_t bytes[COT_TRUST_MAX];
	struct cot_slice text;
	size_t len;
	enum cot_err err = cot_json_member_string(body, "trust", &text);

	if (err == COT_OK)
		err = cot_hex_decode(text, bytes, sizeof(bytes), &len);
	if (err == COT_OK)
		err = cot_trust_decode(cot_slice(bytes, len), &ret->trust);
	return err;
}

/* CHECK S1: the state file is what was written, to the last byte */
static enum cot_err cot_state_check_whole(struct cot_slice file,
                                          const struct cot_crypto *crypto)
{
	char hex[COT_STATE_HEX];
	struct cot_slice body, sha256;

	if (cot_json_check(file, COT_GRAMMAR_OLPC, NULL) != COT_OK ||
	    cot_json_member(file, "body", &body) != COT_OK ||
	    cot_json_member_string(file, "sha256", &sha256) != COT_OK)
		return COT_E_STORE;
	digest_hex(crypto, body, hex);
	return cot_slice_is(sha256, hex) ? COT_OK : COT_E_STORE;
}

static enum cot_err read_body(struct cot_slice body, struct cot_state *ret)
{
	uint64_t format;
	enum cot_err err = cot_json_member_uint(body, "format", FORMAT, &format);

	if (err == COT_OK)
		err = cot_json_member_uint(body, "manifestCounter", INT64_MAX,
		                           &ret->manifest_counter);
	if (err == COT_OK)
		err = copy_hex(body, "provision", ret->provision);
	if (err == COT_OK)
		err = read_trust(body, ret);
	if (err == COT_OK)
		err = read_chain(body, ret);
	if (err == COT_OK)
		err = read_documents(body, ret);
	if (err == COT_OK)
		err = read_ecus(body, ret);
	return err;
}

enum cot_err cot_state_decode(struct cot_slice text, const struct cot_crypto *crypto,
                              struct cot_state *ret)
{
	struct cot_slice body = cot_slice(NULL, 0);
	enum cot_err err = cot_state_check_whole(text, crypto);

	memset(ret, 0, sizeof(*ret));
	if (err == COT_OK)
		err = cot_json_member(text, "body", &body);
	if (err == COT_OK)
		err = read_body(body, ret);
	return err == COT_OK ? COT_OK : COT_E_STORE;
}
