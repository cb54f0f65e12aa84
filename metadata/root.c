/* SPDX-License-Identifier: Apache-2.0
 *
 * Root: see root.h.
 */
#include "metadata/root.h"
#include "keys/encode.h"
#include "metadata/members.h"

#include <string.h>

/* ---- keys --------------------------------------------------------------------- */

/* CHECK F2.6a: a key id is the hash of its key object, or no key has two ids */
static enum cot_err check_key_id(struct cot_slice id, struct cot_slice object,
                                 const struct cot_crypto *crypto)
{
	uint8_t made[COT_KEY_ID_LEN], told[COT_KEY_ID_LEN];
	size_t len;
	enum cot_err err = cot_hex_decode(id, told, sizeof(told), &len);

	if (err != COT_OK || len != COT_KEY_ID_LEN)
		return COT_E_KEY_ID;
	cot_key_id(object, crypto, made);
	return memcmp(made, told, COT_KEY_ID_LEN) == 0 ? COT_OK : COT_E_KEY_ID;
}

/* CHECK F2.6b: a key whose scheme we know is a sound public key */
static enum cot_err check_key_sound(struct cot_slice object, const struct cot_crypto *crypto)
{
	struct cot_key key;
	enum cot_err err = cot_key_parse(object, &key);

	if (err == COT_OK)
		err = cot_key_check(&key, crypto);
	/* Algorithms to come: such a key may be listed, it never counts. */
	return err == COT_E_SCHEME ? COT_OK : err;
}

static enum cot_err check_keys(struct cot_slice keys, const struct cot_policy *policy,
                               const struct cot_crypto *crypto)
{
	struct cot_json_iter it;
	struct cot_slice id, object;
	enum cot_err err = cot_json_object(keys, &it);

	while (err == COT_OK && cot_json_next_member(&it, &id, &object)) {
		if (cot_json_type(object) != COT_JSON_OBJECT)
			return COT_E_TYPE;
		if (policy->key_ids_recomputed)
			err = check_key_id(id, object, crypto);
		if (err == COT_OK)
			err = check_key_sound(object, crypto);
	}
	return err;
}

/* ---- roles --------------------------------------------------------------------- */

/* CHECK F2.6c: every listed id has a key, and none is listed twice */
static enum cot_err check_keyids(const struct cot_role_keys *role, size_t *ret_count)
{
	struct cot_json_iter it, before;
	struct cot_slice element, earlier, id, object;
	enum cot_err err = cot_json_array(role->keyids, &it);

	*ret_count = 0;
	while (err == COT_OK && cot_json_next_element(&it, &element)) {
		if (++*ret_count > COT_MAX_ROLE_KEYS)
			return COT_E_LIMIT;
		err = cot_json_string(element, &id);
		if (err == COT_OK)
			err = cot_json_find(role->keys, id, &object);
		if (err == COT_OK)
			err = cot_json_array(role->keyids, &before);
		while (err == COT_OK && cot_json_next_element(&before, &earlier) &&
		       earlier.ptr != element.ptr) {
			if (cot_slice_eq(earlier, element))
				err = COT_E_DUPLICATE_MEMBER;
		}
	}
	return err;
}

/* Is it not listed before, under another id or in another spelling?  Keys of schemes
 * to come cannot be decoded, so they never help to meet a threshold. */
static bool is_first(const struct cot_role_keys *role, const struct cot_key *key)
{
	struct cot_json_iter it;
	struct cot_key listed;

	if (cot_json_array(role->keyids, &it) != COT_OK)
		return false;
	while (cot_role_next_key(role, &it, &listed)) {
		if (cot_key_same(&listed, key))
			return listed.text.ptr == key->text.ptr;
	}
	return false;
}

/* Distinct decoded keys among those a role lists. */
static size_t count_distinct(const struct cot_role_keys *role)
{
	struct cot_json_iter it;
	struct cot_key key;
	size_t known = 0;

	if (cot_json_array(role->keyids, &it) != COT_OK)
		return 0;
	while (cot_role_next_key(role, &it, &key))
		known += is_first(role, &key) ? 1 : 0;
	return known;
}

/* keyids and threshold of a role object, not judged. */
static enum cot_err parse_role(struct cot_slice object, struct cot_slice keys,
                               struct cot_role_keys *ret)
{
	uint64_t threshold = 0;
	enum cot_err err = cot_json_member(object, "keyids", &ret->keyids);

	ret->keys = keys;
	ret->threshold = 0;
	if (err == COT_OK)
		err = cot_json_member_uint(object, "threshold", UINT32_MAX, &threshold);
	if (err == COT_E_NUMBER)
		return COT_E_ILLEGAL_THRESHOLD;
	ret->threshold = (uint32_t)threshold;
	return err;
}

/* CHECK P-SIG.3: a threshold is at least one and can be met by distinct keys */
static enum cot_err check_role(struct cot_slice object, struct cot_slice keys)
{
	struct cot_role_keys role;
	size_t count;
	enum cot_err err = parse_role(object, keys, &role);

	if (err == COT_OK)
		err = check_keyids(&role, &count);
	if (err == COT_OK)
		err = cot_threshold_check(role.threshold, count_distinct(&role));
	return err;
}

/* CHECK F2.6: a Root we could live with: all roles, each satisfiable */
static enum cot_err check_roles(const struct cot_root *root)
{
	struct cot_slice object;
	enum cot_err err = COT_OK;
	int role;

	for (role = 0; err == COT_OK && role < COT_ROLE_COUNT; role++) {
		err = cot_json_member(root->roles, cot_role_name((enum cot_role)role), &object);
		if (err == COT_OK)
			err = check_role(object, root->keys);
	}
	if (err == COT_OK && root->time.len > 0)
		err = check_role(root->time, root->keys);
	return err;
}

/* ---- the document ---------------------------------------------------------------- */

/* CHECK F2.6d: file names carry versions (Uptane 5.2.7), which TUF calls consistent
 * snapshots; a repository without them cannot be fetched by us */
static enum cot_err check_consistent(struct cot_slice body)
{
	struct cot_slice value;
	bool consistent = false;
	enum cot_err err = cot_json_member(body, "consistent_snapshot", &value);

	if (err == COT_OK)
		err = cot_json_bool(value, &consistent);
	if (err == COT_OK && !consistent)
		err = COT_E_UNSUPPORTED;
	return err;
}

/* CHECK F2.6e: what a dropped floor falls to is a version */
static enum cot_err check_floors(struct cot_slice floors)
{
	struct cot_json_iter it;
	struct cot_slice name, value;
	uint64_t version;
	enum cot_err err;

	if (floors.len == 0)
		return COT_OK;
	err = cot_json_object(floors, &it);
	while (err == COT_OK && cot_json_next_member(&it, &name, &value))
		err = cot_json_uint(value, COT_MAX_VERSION, &version);
	return err;
}

enum cot_err cot_root_parse(struct cot_slice body, const struct cot_policy *policy,
                            const struct cot_crypto *crypto, struct cot_root *ret)
{
	static const struct cot_member members[] = {
		{ "keys", COT_MEMBER_VALUE, false, offsetof(struct cot_root, keys) },
		{ "roles", COT_MEMBER_VALUE, false, offsetof(struct cot_root, roles) }
	};
	static const struct cot_member in_custom[] = {
		{ "time", COT_MEMBER_OBJECT, true, offsetof(struct cot_root, time) },
		{ "floors", COT_MEMBER_OBJECT, true, offsetof(struct cot_root, floors) }
	};
	enum cot_err err;

	memset(ret, 0, sizeof(*ret));
	err = cot_head_parse(body, COT_ROLE_ROOT, &ret->head);
	if (err == COT_OK)
		err = cot_head_check_named(&ret->head, policy);
	if (err == COT_OK)
		err = check_consistent(body);
	if (err == COT_OK)
		err = cot_members_read(body, members, 2, ret);
	if (err == COT_OK && ret->head.custom.len > 0)
		err = cot_members_read(ret->head.custom, in_custom, 2, ret);
	if (err == COT_OK)
		err = check_floors(ret->floors);
	if (err == COT_OK)
		err = check_keys(ret->keys, policy, crypto);
	if (err == COT_OK)
		err = check_roles(ret);
	return err;
}

enum cot_err cot_root_role(const struct cot_root *root, enum cot_role role,
                           struct cot_role_keys *ret)
{
	struct cot_slice object = root->time;

	if (role != COT_ROLE_TIME) {
		enum cot_err err = cot_json_member(root->roles, cot_role_name(role), &object);

		if (err != COT_OK)
			return err;
	}
	return object.len > 0 ? parse_role(object, root->keys, ret) : COT_E_MISSING;
}

uint32_t cot_root_floor(const struct cot_root *root, enum cot_role role)
{
	uint64_t version = 0;

	if (root->floors.len == 0 || cot_json_member_uint(root->floors, cot_role_name(role),
	                                                  COT_MAX_VERSION, &version) != COT_OK)
		return 0;
	return (uint32_t)version;
}

/* ---- comparing two Roots ----------------------------------------------------------- */

static bool role_has(const struct cot_role_keys *role, const struct cot_key *key)
{
	struct cot_json_iter it;
	struct cot_key listed;

	if (cot_json_array(role->keyids, &it) != COT_OK)
		return false;
	while (cot_role_next_key(role, &it, &listed)) {
		if (cot_key_same(&listed, key))
			return true;
	}
	return false;
}

/* Keys of schemes to come were never counted, so they are not missed. */
static bool is_key(const struct cot_key *key)
{
	return cot_key_same(key, key);
}

bool cot_root_rotated(const struct cot_root *old, const struct cot_root *next,
                      enum cot_role role)
{
	struct cot_role_keys was, is;
	struct cot_json_iter it;
	struct cot_key key;

	if (cot_root_role(old, role, &was) != COT_OK || cot_json_array(was.keyids, &it) != COT_OK)
		return false;
	if (cot_root_role(next, role, &is) != COT_OK || is.threshold > was.threshold)
		return true;
	while (cot_role_next_key(&was, &it, &key)) {
		if (is_key(&key) && !role_has(&is, &key))
			return true;
	}
	return false;
}

static bool keys_have(struct cot_slice keys, const struct cot_key *key)
{
	struct cot_json_iter it;
	struct cot_slice id, object;
	struct cot_key listed;

	if (cot_json_object(keys, &it) != COT_OK)
		return false;
	while (cot_json_next_member(&it, &id, &object)) {
		if (cot_key_parse(object, &listed) == COT_OK && cot_key_same(&listed, key))
			return true;
	}
	return false;
}

/* CHECK D4.1: no key speaks for both repositories */
enum cot_err cot_root_check_disjoint(const struct cot_root *a, const struct cot_root *b)
{
	struct cot_json_iter it;
	struct cot_slice id, object;
	struct cot_key key;
	enum cot_err err = cot_json_object(a->keys, &it);

	while (err == COT_OK && cot_json_next_member(&it, &id, &object)) {
		if (cot_key_parse(object, &key) == COT_OK && keys_have(b->keys, &key))
			err = COT_E_KEY_SHARED;
	}
	return err;
}
