/* SPDX-License-Identifier: Apache-2.0
 *
 * Builders: see build.h.  jansson's *_new functions take over what they are
 * given also when they fail, so a tree half built can simply be released.
 */
#include "metadata/host/build.h"
#include "keys/encode.h"
#include "metadata/utc.h"

#include <string.h>

#define HEX_MAX (2 * COT_MAX_SIG_LEN + 1)

static json_t *hex(struct cot_slice data)
{
	char text[HEX_MAX];

	if (data.len > COT_MAX_SIG_LEN)
		return NULL;
	cot_hex_encode(data, text);
	return json_stringn(text, 2 * data.len);
}

static json_t *utc(int64_t s)
{
	char text[COT_UTC_LEN];

	cot_utc_format(s, text);
	return json_stringn(text, sizeof(text));
}

/* Sets a member and says whether all went well so far. */
static bool set(bool ok, json_t *object, const char *name, json_t *value)
{
	return json_object_set_new(object, name, value) == 0 && ok;
}

static json_t *done(bool ok, json_t *value)
{
	if (ok)
		return value;
	json_decref(value);
	return NULL;
}

static json_t *custom_of(json_t *object)
{
	json_t *custom = json_object_get(object, "custom");

	if (custom == NULL && json_object_set_new(object, "custom", json_object()) == 0)
		custom = json_object_get(object, "custom");
	return custom;
}

/* ---- heads and files ---------------------------------------------------------- */

static json_t *build_head(enum cot_role role, const struct cot_build_head *head)
{
	json_t *body = json_object(), *custom = json_object();
	bool ok = set(true, body, "_type", json_string(cot_role_name(role)));

	ok = set(ok, body, "spec_version", json_string("1.0.0"));
	ok = set(ok, body, "version", json_integer(head->version));
	ok = set(ok, body, "expires", utc(head->expires_s));
	ok = set(ok, custom, "repository", json_string(head->repository));
	if (head->vehicle != NULL)
		ok = set(ok, custom, "vehicleId", json_string(head->vehicle));
	ok = set(ok, body, "custom", custom);
	return done(ok, body);
}

void cot_build_file_of(struct cot_slice bytes, const struct cot_crypto *crypto,
                       struct cot_build_file *ret)
{
	ret->length = bytes.len;
	ret->hashes.known = COT_KNOWN_SHA256 | COT_KNOWN_SHA512;
	cot_hash_once(crypto, COT_HASH_SHA256, bytes, ret->hashes.sha256);
	cot_hash_once(crypto, COT_HASH_SHA512, bytes, ret->hashes.sha512);
}

json_t *cot_build_hashes(const struct cot_hashes *h)
{
	json_t *ret = json_object();
	bool ok = ret != NULL;

	if (h->known & COT_KNOWN_SHA256)
		ok = set(ok, ret, "sha256", hex(cot_slice(h->sha256, COT_SHA256_LEN)));
	if (h->known & COT_KNOWN_SHA512)
		ok = set(ok, ret, "sha512", hex(cot_slice(h->sha512, COT_SHA512_LEN)));
	return done(ok, ret);
}

/* ---- Root --------------------------------------------------------------------- */

static json_t *empty_role(void)
{
	return json_pack("{s:[],s:i}", "keyids", "threshold", 1);
}

json_t *cot_build_root(const struct cot_build_head *head)
{
	json_t *root = build_head(COT_ROLE_ROOT, head), *roles = json_object();
	bool ok = root != NULL;
	int role;

	for (role = 0; role < COT_ROLE_COUNT; role++)
		ok = set(ok, roles, cot_role_name((enum cot_role)role), empty_role());
	ok = set(ok, root, "roles", roles);
	ok = set(ok, root, "keys", json_object());
	ok = set(ok, root, "consistent_snapshot", json_true());
	return done(ok, root);
}

json_t *cot_build_root_role(json_t *root, enum cot_role role)
{
	json_t *custom = custom_of(root);

	if (role != COT_ROLE_TIME)
		return json_object_get(json_object_get(root, "roles"), cot_role_name(role));
	if (json_object_get(custom, "time") == NULL)
		json_object_set_new(custom, "time", empty_role());
	return json_object_get(custom, "time");
}

json_t *cot_build_key(const struct cot_key *key)
{
	return json_pack("{s:s,s:s,s:{s:s%}}", "keytype", cot_scheme_keytype(key->scheme),
	                 "scheme", cot_scheme_name(key->scheme), "keyval", "public",
	                 (const char *)key->text.ptr, key->text.len);
}

static size_t index_of(const json_t *list, const char *text)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		const char *have = json_string_value(json_array_get(list, i));

		if (have != NULL && strcmp(have, text) == 0)
			break;
	}
	return i;
}

enum cot_err cot_build_root_add_key(json_t *root, enum cot_role role, const struct cot_key *key,
                                    const struct cot_crypto *crypto)
{
	json_t *list = json_object_get(cot_build_root_role(root, role), "keyids");
	char object[1024], text[COT_KEY_ID_TEXT + 1] = { 0 };
	uint8_t id[COT_KEY_ID_LEN];
	size_t len = 0;
	enum cot_err err = cot_key_check(key, crypto);

	if (err == COT_OK)
		err = cot_key_write_object(key, object, sizeof(object), &len);
	if (err != COT_OK)
		return err;
	cot_key_id(cot_slice(object, len), crypto, id);
	cot_hex_encode(cot_slice(id, sizeof(id)), text);
	if (json_object_set_new(json_object_get(root, "keys"), text, cot_build_key(key)) != 0)
		return COT_E_MEMORY;
	if (index_of(list, text) < json_array_size(list))
		return COT_OK;
	return json_array_append_new(list, json_string(text)) == 0 ? COT_OK : COT_E_MEMORY;
}

static bool still_listed(json_t *root, const char *keyid)
{
	json_t *time = json_object_get(json_object_get(root, "custom"), "time");
	json_t *list = json_object_get(time, "keyids");
	bool listed = index_of(list, keyid) < json_array_size(list);
	int role;

	for (role = 0; role < COT_ROLE_COUNT; role++) {
		list = json_object_get(cot_build_root_role(root, (enum cot_role)role), "keyids");
		listed = listed || index_of(list, keyid) < json_array_size(list);
	}
	return listed;
}

enum cot_err cot_build_root_remove_key(json_t *root, enum cot_role role, const char *keyid)
{
	json_t *list = json_object_get(cot_build_root_role(root, role), "keyids");
	size_t i = index_of(list, keyid);

	if (i >= json_array_size(list))
		return COT_E_NOT_FOUND;
	json_array_remove(list, i);
	if (!still_listed(root, keyid))
		json_object_del(json_object_get(root, "keys"), keyid);
	return COT_OK;
}

enum cot_err cot_build_root_floor(json_t *root, enum cot_role role, uint32_t version)
{
	json_t *custom = custom_of(root), *floors = json_object_get(custom, "floors");

	if (floors == NULL && json_object_set_new(custom, "floors", json_object()) == 0)
		floors = json_object_get(custom, "floors");
	return json_object_set_new(floors, cot_role_name(role), json_integer(version)) == 0
	       ? COT_OK : COT_E_MEMORY;
}

/* ---- Timestamp, Snapshot, Targets -------------------------------------------------- */

static json_t *build_parent(enum cot_role role, const struct cot_build_head *head,
                            const char *file, const struct cot_build_child *child)
{
	json_t *body = build_head(role, head), *entry = json_object(), *meta = json_object();
	bool ok = body != NULL;

	ok = set(ok, entry, "version", json_integer(child->version));
	ok = set(ok, entry, "length", json_integer((json_int_t)child->file.length));
	ok = set(ok, entry, "hashes", cot_build_hashes(&child->file.hashes));
	ok = set(ok, meta, file, entry);
	ok = set(ok, body, "meta", meta);
	return done(ok, body);
}

json_t *cot_build_snapshot(const struct cot_build_head *head,
                           const struct cot_build_child *targets)
{
	return build_parent(COT_ROLE_SNAPSHOT, head, "targets.json", targets);
}

json_t *cot_build_timestamp(const struct cot_build_head *head,
                            const struct cot_build_child *snapshot)
{
	return build_parent(COT_ROLE_TIMESTAMP, head, "snapshot.json", snapshot);
}

json_t *cot_build_targets(const struct cot_build_head *head)
{
	json_t *body = build_head(COT_ROLE_TARGETS, head);

	return done(set(body != NULL, body, "targets", json_object()), body);
}

json_t *cot_build_target(const struct cot_build_file *file, uint64_t counter,
                         json_t *hardware_ids)
{
	json_t *entry = json_object(), *custom = json_object();
	bool ok = set(true, entry, "length", json_integer((json_int_t)file->length));

	ok = set(ok, entry, "hashes", cot_build_hashes(&file->hashes));
	ok = set(ok, custom, "releaseCounter", json_integer((json_int_t)counter));
	if (hardware_ids != NULL)
		ok = set(ok, custom, "hardwareIds", hardware_ids);
	ok = set(ok, entry, "custom", custom);
	return done(ok, entry);
}

enum cot_err cot_build_target_order(json_t *target, const char *ecu, const char *hardware_id)
{
	json_t *custom = custom_of(target), *ecus = json_object_get(custom, "ecuIdentifiers");
	json_t *entry = json_pack("{s:s}", "hardwareId", hardware_id);

	if (ecus == NULL && json_object_set_new(custom, "ecuIdentifiers", json_object()) == 0)
		ecus = json_object_get(custom, "ecuIdentifiers");
	return json_object_set_new(ecus, ecu, entry) == 0 ? COT_OK : COT_E_MEMORY;
}

/* ---- time and provisioning ----------------------------------------------------- */

json_t *cot_build_time(int64_t time_s, uint32_t root_version, json_t *nonces)
{
	json_t *body = json_object();
	bool ok = set(true, body, "_type", json_string(cot_role_name(COT_ROLE_TIME)));

	ok = set(ok, body, "nonces", nonces);
	ok = set(ok, body, "rootVersion", json_integer(root_version));
	ok = set(ok, body, "time", utc(time_s));
	return done(ok, body);
}

json_t *cot_build_provision_ecu(const struct cot_build_ecu *ecu)
{
	json_t *ret = json_object(), *image = json_object();
	bool ok = set(true, ret, "serial", json_string(ecu->serial));

	ok = set(ok, ret, "hardwareId", json_string(ecu->hardware_id));
	ok = set(ok, ret, "key", ecu->key);
	ok = set(ok, ret, "counter", json_integer((json_int_t)ecu->counter));
	ok = set(ok, image, "filepath", json_string(ecu->filepath));
	ok = set(ok, image, "length", json_integer((json_int_t)ecu->image.length));
	ok = set(ok, image, "hashes", cot_build_hashes(&ecu->image.hashes));
	ok = set(ok, ret, "image", image);
	return done(ok, ret);
}

json_t *cot_build_provision(const struct cot_build_provision *p)
{
	json_t *ret = json_object();
	bool ok = set(true, ret, "_type", json_string(cot_role_name(COT_ROLE_PROVISION)));

	ok = set(ok, ret, "custom", json_pack("{s:s}", "repository", "director"));
	ok = set(ok, ret, "ecus", p->ecus);
	ok = set(ok, ret, "number", json_integer(p->number));
	ok = set(ok, ret, "own", p->own);
	ok = set(ok, ret, "policy", json_string(cot_policy_uptane.name));
	ok = set(ok, ret, "primary", json_string(p->primary_serial));
	ok = set(ok, ret, "repositories", json_object());
	ok = set(ok, ret, "role", json_string(p->primary ? "primary" : "secondary"));
	ok = set(ok, ret, "time", utc(p->time_s));
	ok = set(ok, ret, "vehicleId", json_string(p->vehicle));
	return done(ok, ret);
}

enum cot_err cot_build_provision_repo(json_t *record, const char *repository, uint8_t roles,
                                      json_t *const doc[COT_ROLE_COUNT])
{
	json_t *repo = json_object(), *list = json_array();
	bool ok = set(true, repo, "dialect", json_string(cot_dialect_tuf.name));
	int role;

	for (role = 0; role < COT_ROLE_COUNT; role++) {
		const char *name = cot_role_name((enum cot_role)role);

		if (roles & (1u << role))
			ok = json_array_append_new(list, json_string(name)) == 0 && ok;
		if (doc[role] != NULL)
			ok = set(ok, repo, name, json_incref(doc[role]));
	}
	ok = set(ok, repo, "roles", list);
	ok = set(ok, json_object_get(record, "repositories"), repository, repo);
	return ok ? COT_OK : COT_E_MEMORY;
}

/* ---- envelopes --------------------------------------------------------------------- */

json_t *cot_build_envelope(json_t *body)
{
	json_t *env = json_object();
	bool ok = set(true, env, "signatures", json_array());

	return done(set(ok, env, "signed", body), env);
}

enum cot_err cot_build_signed_text(const json_t *envelope, char **ret, size_t *ret_len)
{
	const json_t *body = json_object_get(envelope, "signed");

	if (body == NULL)
		return COT_E_MISSING;
	return cot_canon_dump(body, COT_GRAMMAR_OLPC, ret, ret_len);
}

enum cot_err cot_build_add_signature(json_t *envelope, const uint8_t keyid[COT_KEY_ID_LEN],
                                     struct cot_slice sig)
{
	json_t *list = json_object_get(envelope, "signatures"), *entry = json_object();
	char id[COT_KEY_ID_TEXT + 1] = { 0 };
	bool ok;
	size_t i;

	cot_hex_encode(cot_slice(keyid, COT_KEY_ID_LEN), id);
	ok = set(true, entry, "keyid", json_string(id));
	ok = set(ok, entry, "sig", hex(sig));
	for (i = 0; i < json_array_size(list); i++) {
		const char *have = json_string_value(
			json_object_get(json_array_get(list, i), "keyid"));

		if (have != NULL && strcmp(have, id) == 0)
			break;
	}
	if (!ok)
		json_decref(entry);
	else if (i < json_array_size(list))
		ok = json_array_set_new(list, i, entry) == 0;
	else
		ok = json_array_append_new(list, entry) == 0;
	return ok ? COT_OK : COT_E_MEMORY;
}
