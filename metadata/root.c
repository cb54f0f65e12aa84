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

static enum cot_err check_key(struct cot_slice id, struct cot_slice object,
                              const struct cot_policy *policy, const struct cot_crypto *crypto)
{
	enum cot_err err = COT_OK;

	if (cot_json_type(object) != COT_JSON_OBJECT)
		return COT_E_TYPE;
	if (policy->key_ids_recomputed)
		err = check_key_id(id, object, crypto);
	return err == COT_OK ? check_key_sound(object, crypto) : err;
}

bool cot_root_next_key(const struct cot_root *root, size_t *at, struct cot_slice *ret_id,
                       struct cot_slice *ret_object)
{
	struct cot_json_iter it;
	bool found;

	if (cot_json_object(root->keys, &it) != COT_OK)
		return false;
	if (*at > 0)
		it.cur = root->keys.ptr + *at;
	found = cot_json_next_member(&it, ret_id, ret_object);
	*at = found ? (size_t)(it.cur - root->keys.ptr) : 0;
	return found;
}

enum cot_err cot_root_check_keys(const struct cot_root *root, const struct cot_policy *policy,
                                 const struct cot_crypto *crypto, size_t *at)
{
	struct cot_slice id, object;
	size_t next = *at;
	enum cot_err err;

	if (!cot_root_next_key(root, &next, &id, &object)) {
		*at = 0;
		return COT_OK;
	}
	err = check_key(id, object, policy, crypto);
	if (err != COT_OK)
		return err;
	*at = next;
	return COT_PENDING;
}

/* ---- roles --------------------------------------------------------------------- */

/* What a role lists, gathered in one pass over its ids and one over Root's keys:
 * looking each id up reads the keys once for each, and comparing them once for each
 * pair. */
struct listed {
	size_t ids, found, count; /* found: ids with a key; count: keys we can read */
	struct cot_slice id[COT_MAX_ROLE_KEYS];
	struct cot_key key[COT_MAX_ROLE_KEYS];
};

static bool lists_id(const struct listed *l, size_t count, const struct cot_slice *id)
{
	size_t i;

	for (i = 0; i < count && !cot_slice_eq(l->id[i], *id); i++)
		;
	return i < count;
}

static enum cot_err list_ids(struct cot_slice keyids, struct listed *ret)
{
	struct cot_json_iter it;
	struct cot_slice element;
	enum cot_err err = cot_json_array(keyids, &it);

	memset(ret, 0, sizeof(*ret));
	while (err == COT_OK && cot_json_next_element(&it, &element)) {
		if (ret->ids == COT_MAX_ROLE_KEYS)
			return COT_E_LIMIT;
		err = cot_json_string(element, &ret->id[ret->ids++]);
	}
	return err;
}

static enum cot_err list_keys(const struct cot_role_keys *role, struct listed *ret)
{
	struct cot_json_iter it;
	struct cot_slice id, object;
	enum cot_err err = list_ids(role->keyids, ret);

	if (err == COT_OK)
		err = cot_json_object(role->keys, &it);
	if (err != COT_OK)
		return err;
	/* Names do not come twice, so no more are found than are listed. */
	while (ret->found < ret->ids && cot_json_next_member(&it, &id, &object)) {
		if (!lists_id(ret, ret->ids, &id))
			continue;
		ret->found++;
		if (cot_key_parse(object, &ret->key[ret->count]) == COT_OK)
			ret->count++;
	}
	return COT_OK;
}

/* CHECK F2.6c: every listed id has a key, and none is listed twice */
static enum cot_err check_keyids(const struct listed *l)
{
	size_t i;

	for (i = 0; i < l->ids; i++) {
		if (lists_id(l, i, &l->id[i]))
			return COT_E_DUPLICATE_MEMBER;
	}
	return l->found < l->ids ? COT_E_MISSING : COT_OK;
}

/* Is it one of the first, decoded, whatever its id and spelling?  As cot_key_same, but
 * decoded once for all of them.  Keys of schemes to come cannot be decoded, and the
 * answer is yes: they never help to meet a threshold and are not missed when they go. */
static bool lists_key(const struct listed *l, size_t count, const struct cot_key *key)
{
	uint8_t buf[COT_MAX_KEY_LEN], other[COT_MAX_KEY_LEN];
	struct cot_slice raw, listed;
	size_t i;

	if (cot_key_decode(key, buf, &raw) != COT_OK)
		return true;
	for (i = 0; i < count; i++) {
		if (cot_key_decode(&l->key[i], other, &listed) == COT_OK &&
		    cot_slice_eq(listed, raw))
			return true;
	}
	return false;
}

static size_t count_distinct(const struct listed *l)
{
	size_t known = 0, i;

	for (i = 0; i < l->count; i++)
		known += lists_key(l, i, &l->key[i]) ? 0 : 1;
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
static enum cot_err check_role(const struct cot_role_keys *role)
{
	struct listed l;
	enum cot_err err = list_keys(role, &l);

	if (err == COT_OK)
		err = check_keyids(&l);
	return err == COT_OK ? cot_threshold_check(role->threshold, count_distinct(&l)) : err;
}

/* CHECK F2.6: a Root we could live with: all roles, each satisfiable */
static enum cot_err check_has_role(const struct cot_root *root, enum cot_role role)
{
	struct cot_role_keys keys;
	enum cot_err err;

	if (role == COT_ROLE_TIME && root->time.len == 0)
		return COT_OK;
	err = cot_root_role(root, role, &keys);
	return err == COT_OK ? check_role(&keys) : err;
}

enum cot_err cot_root_check_roles(const struct cot_root *root, size_t *at)
{
	enum cot_err err = check_has_role(root, (enum cot_role)*at);

	if (err != COT_OK)
		return err;
	*at = *at < COT_ROLE_TIME ? *at + 1 : 0;
	return *at > 0 ? COT_PENDING : COT_OK;
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

enum cot_err cot_root_open(struct cot_slice body, const struct cot_policy *policy,
                           struct cot_root *ret)
{
	static const struct cot_member members[] = {
		{ "keys", COT_MEMBER_OBJECT, false, offsetof(struct cot_root, keys) },
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
	return err == COT_OK ? check_floors(ret->floors) : err;
}

enum cot_err cot_root_parse(struct cot_slice body, const struct cot_policy *policy,
                            const struct cot_crypto *crypto, struct cot_root *ret)
{
	enum cot_err err = cot_root_open(body, policy, ret);
	size_t at = 0;

	if (err != COT_OK)
		return err;
	do {
		err = cot_root_check_keys(ret, policy, crypto, &at);
	} while (err == COT_PENDING);
	if (err != COT_OK)
		return err;
	do {
		err = cot_root_check_roles(ret, &at);
	} while (err == COT_PENDING);
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

bool cot_root_rotated(const struct cot_root *old, const struct cot_root *next,
                      enum cot_role role)
{
	struct cot_role_keys was, is;
	struct listed before, now;
	size_t i;

	if (cot_root_role(old, role, &was) != COT_OK || list_keys(&was, &before) != COT_OK)
		return false;
	if (cot_root_role(next, role, &is) != COT_OK || is.threshold > was.threshold ||
	    list_keys(&is, &now) != COT_OK)
		return true;
	for (i = 0; i < before.count; i++) {
		if (!lists_key(&now, now.count, &before.key[i]))
			return true;
	}
	return false;
}

/* CHECK D4.1: no key speaks for both repositories */
enum cot_err cot_root_check_apart(struct cot_slice object, const struct cot_root *other)
{
	struct cot_slice id, listed;
	struct cot_key key, theirs;
	size_t at = 0;

	if (cot_key_parse(object, &key) != COT_OK)
		return COT_OK;
	while (cot_root_next_key(other, &at, &id, &listed)) {
		if (cot_key_parse(listed, &theirs) == COT_OK && cot_key_same(&theirs, &key))
			return COT_E_KEY_SHARED;
	}
	return COT_OK;
}

enum cot_err cot_root_check_disjoint(const struct cot_root *a, const struct cot_root *b)
{
	struct cot_slice id, object;
	enum cot_err err = COT_OK;
	size_t at = 0;

	while (err == COT_OK && cot_root_next_key(a, &at, &id, &object))
		err = cot_root_check_apart(object, b);
	return err;
}
