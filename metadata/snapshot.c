/* SPDX-License-Identifier: Apache-2.0
 *
 * Timestamp and Snapshot: see snapshot.h.
 */
#include "metadata/snapshot.h"
#include "keys/encode.h"

#include <string.h>

/* ---- hashes --------------------------------------------------------------------- */

/* One known algorithm, if it is there: whole, lower-case. */
static enum cot_err parse_hash(struct cot_slice value, uint8_t *ret, size_t want, bool *ret_known)
{
	struct cot_slice text;
	size_t len;
	enum cot_err err;

	*ret_known = false;
	if (value.len == 0)
		return COT_OK;
	err = cot_json_string(value, &text);
	if (err == COT_OK)
		err = cot_hex_decode(text, ret, want, &len);
	if (err == COT_E_BUFFER || (err == COT_OK && len != want))
		err = COT_E_ENCODING;
	*ret_known = err == COT_OK;
	return err;
}

enum cot_err cot_hashes_parse(struct cot_slice object, struct cot_hashes *ret)
{
	static const char *const names[] = { "sha256", "sha512" };
	struct cot_slice value[2];
	bool sha256 = false, sha512 = false;
	enum cot_err err = cot_json_members(object, names, 2, value);

	memset(ret, 0, sizeof(*ret));
	if (err == COT_OK)
		err = parse_hash(value[0], ret->sha256, COT_SHA256_LEN, &sha256);
	if (err == COT_OK)
		err = parse_hash(value[1], ret->sha512, COT_SHA512_LEN, &sha512);
	if (sha256)
		ret->known |= COT_KNOWN_SHA256;
	if (sha512)
		ret->known |= COT_KNOWN_SHA512;
	if (err != COT_OK)
		return err;
	return ret->known ? COT_OK : COT_E_NO_STRONG_HASH;
}

bool cot_hashes_equal(const struct cot_hashes *a, const struct cot_hashes *b)
{
	return a->known == b->known && a->known != 0 &&
	       memcmp(a->sha256, b->sha256, COT_SHA256_LEN) == 0 &&
	       memcmp(a->sha512, b->sha512, COT_SHA512_LEN) == 0;
}

/* CHECK P-HASH: every hash that is given and known fits the bytes */
enum cot_err cot_hashes_check(const struct cot_hashes *h, const struct cot_crypto *crypto,
                              struct cot_slice data)
{
	uint8_t digest[COT_MAX_HASH_LEN];

	if (!h->known)
		return COT_E_NO_STRONG_HASH;
	if (h->known & COT_KNOWN_SHA256) {
		cot_hash_once(crypto, COT_HASH_SHA256, data, digest);
		if (memcmp(digest, h->sha256, COT_SHA256_LEN) != 0)
			return COT_E_HASH_MISMATCH;
	}
	if (h->known & COT_KNOWN_SHA512) {
		cot_hash_once(crypto, COT_HASH_SHA512, data, digest);
		if (memcmp(digest, h->sha512, COT_SHA512_LEN) != 0)
			return COT_E_HASH_MISMATCH;
	}
	return COT_OK;
}

/* ---- meta ------------------------------------------------------------------------ */

static enum cot_err parse_length(struct cot_slice object, bool required, struct cot_meta *ret)
{
	enum cot_err err = cot_json_member_uint(object, "length", COT_MAX_TARGETS, &ret->length);

	ret->has_length = err == COT_OK;
	return err == COT_E_MISSING && !required ? COT_OK : err;
}

static enum cot_err parse_hashes(struct cot_slice object, bool required, struct cot_meta *ret)
{
	struct cot_slice hashes;
	enum cot_err err = cot_json_member(object, "hashes", &hashes);

	if (err == COT_E_MISSING && !required)
		return COT_OK;
	return err == COT_OK ? cot_hashes_parse(hashes, &ret->hashes) : err;
}

static enum cot_err parse_meta(struct cot_slice object, const struct cot_policy *policy,
                               struct cot_meta *ret)
{
	uint64_t version = 0;
	enum cot_err err;

	memset(ret, 0, sizeof(*ret));
	err = cot_json_member_uint(object, "version", COT_MAX_VERSION, &version);
	if (err == COT_OK && version < 1)
		err = COT_E_NUMBER;
	if (err == COT_OK)
		err = parse_length(object, policy->snapshot_binds, ret);
	if (err == COT_OK)
		err = parse_hashes(object, policy->snapshot_binds, ret);
	ret->version = (uint32_t)version;
	return err;
}

enum cot_err cot_timestamp_parse(struct cot_slice body, const struct cot_policy *policy,
                                 struct cot_head *ret_head, struct cot_meta *ret_snapshot)
{
	struct cot_slice meta, entry;
	enum cot_err err = cot_head_parse(body, COT_ROLE_TIMESTAMP, ret_head);

	if (err == COT_OK)
		err = cot_head_check_named(ret_head, policy);
	if (err == COT_OK)
		err = cot_json_member(body, "meta", &meta);
	if (err == COT_OK)
		err = cot_json_member(meta, "snapshot.json", &entry);
	if (err == COT_OK)
		err = parse_meta(entry, policy, ret_snapshot);
	return err;
}

enum cot_err cot_snapshot_parse(struct cot_slice body, const struct cot_policy *policy,
                                struct cot_head *ret_head, struct cot_slice *ret_meta)
{
	struct cot_json_iter it;
	struct cot_slice name, entry;
	struct cot_meta meta;
	enum cot_err err = cot_head_parse(body, COT_ROLE_SNAPSHOT, ret_head);

	if (err == COT_OK)
		err = cot_head_check_named(ret_head, policy);
	if (err == COT_OK)
		err = cot_json_member(body, "meta", ret_meta);
	if (err == COT_OK)
		err = cot_json_member(*ret_meta, "targets.json", &entry);
	if (err == COT_OK)
		err = cot_json_object(*ret_meta, &it);
	while (err == COT_OK && cot_json_next_member(&it, &name, &entry))
		err = parse_meta(entry, policy, &meta);
	return err;
}

enum cot_err cot_snapshot_find(struct cot_slice meta, struct cot_slice file,
                               const struct cot_policy *policy, struct cot_meta *ret)
{
	struct cot_slice entry;
	enum cot_err err = cot_json_find(meta, file, &entry);

	return err == COT_OK ? parse_meta(entry, policy, ret) : err;
}
