/* SPDX-License-Identifier: Apache-2.0
 *
 * Envelope, head and signatures of a document: see envelope.h.
 */
#include "metadata/envelope.h"
#include "metadata/members.h"

#include <string.h>

const char *cot_role_name(enum cot_role role)
{
	static const char *const names[] = { "root",    "timestamp", "snapshot",
		                             "targets", "time",      "provisioning" };

	return (size_t)role < sizeof(names) / sizeof(names[0]) ? names[role] : "";
}

/* ---- shell ------------------------------------------------------------------- */

/* CHECK P-SIG.5a: no document makes us look at more signatures than this */
static enum cot_err check_signature_count(struct cot_slice signatures)
{
	struct cot_json_iter it;
	struct cot_slice entry;
	size_t count = 0;
	enum cot_err err = cot_json_array(signatures, &it);

	if (err != COT_OK)
		return err;
	while (cot_json_next_element(&it, &entry)) {
		if (++count > COT_MAX_SIGNATURES)
			return COT_E_LIMIT;
	}
	return COT_OK;
}

enum cot_err cot_envelope_split(struct cot_slice canon, struct cot_envelope *ret)
{
	static const struct cot_member members[] = {
		{ "signatures", COT_MEMBER_VALUE, false, offsetof(struct cot_envelope, signatures) },
		{ "signed", COT_MEMBER_OBJECT, false, offsetof(struct cot_envelope, body) }
	};
	enum cot_err err = cot_members_read(canon, members, 2, ret);

	return err == COT_OK ? check_signature_count(ret->signatures) : err;
}

enum cot_err cot_envelope_parse(struct cot_slice canon, const struct cot_grammar *grammar,
                                struct cot_envelope *ret)
{
	enum cot_err err = cot_json_check(canon, grammar, NULL);

	return err == COT_OK ? cot_envelope_split(canon, ret) : err;
}

enum cot_err cot_body_is(struct cot_slice body, const char *type)
{
	struct cot_slice said;
	enum cot_err err = cot_json_member_string(body, "_type", &said);

	if (err != COT_OK)
		return err;
	return cot_slice_is(said, type) ? COT_OK : COT_E_ROLE_TYPE;
}

/* ---- head -------------------------------------------------------------------- */

/* CHECK P-SIG.2: the payload is of the role it is taken for */
static enum cot_err check_type(struct cot_slice body, enum cot_role role)
{
	return cot_body_is(body, cot_role_name(role));
}

/* CHECK TUF.4.3: we know this major version of the format */
static enum cot_err check_spec_version(struct cot_slice body)
{
	struct cot_slice text;
	size_t i, dots = 0;
	enum cot_err err = cot_json_member_string(body, "spec_version", &text);

	if (err != COT_OK)
		return err;
	if (text.len < 3 || text.len > 16 || text.ptr[0] != '1' || text.ptr[1] != '.')
		return COT_E_SPEC_VERSION;
	for (i = 1; i < text.len; i++) {
		bool dot = text.ptr[i] == '.';

		if (!dot && (text.ptr[i] < '0' || text.ptr[i] > '9'))
			return COT_E_SPEC_VERSION;
		if (dot && (++dots > 2 || i + 1 == text.len || text.ptr[i + 1] == '.'))
			return COT_E_SPEC_VERSION;
	}
	return COT_OK;
}

/* CHECK P-VER.1: a version is an integer from 1 to 2^31-1 */
static enum cot_err parse_version(struct cot_slice body, uint32_t *ret)
{
	uint64_t version = 0;
	enum cot_err err = cot_json_member_uint(body, "version", COT_MAX_VERSION, &version);

	if (err != COT_OK)
		return err;
	if (version < 1)
		return COT_E_NUMBER;
	*ret = (uint32_t)version;
	return COT_OK;
}

/* Identifiers inside custom, as far as they are there. */
static enum cot_err parse_custom(struct cot_head *ret)
{
	static const struct cot_member members[] = {
		{ "repository", COT_MEMBER_ID, true, offsetof(struct cot_head, repository) },
		{ "vehicleId", COT_MEMBER_ID, true, offsetof(struct cot_head, vehicle) }
	};

	return ret->custom.len > 0 ? cot_members_read(ret->custom, members, 2, ret) : COT_OK;
}

enum cot_err cot_head_parse(struct cot_slice body, enum cot_role role, struct cot_head *ret)
{
	static const struct cot_member members[] = {
		{ "expires", COT_MEMBER_TIME, false, offsetof(struct cot_head, expires_s) },
		{ "custom", COT_MEMBER_OBJECT, true, offsetof(struct cot_head, custom) }
	};
	enum cot_err err = check_type(body, role);

	memset(ret, 0, sizeof(*ret));
	ret->body = body;
	if (err == COT_OK)
		err = check_spec_version(body);
	if (err == COT_OK)
		err = parse_version(body, &ret->version);
	if (err == COT_OK)
		err = cot_members_read(body, members, 2, ret);
	return err == COT_OK ? parse_custom(ret) : err;
}

/* CHECK D4.3: a document that repositories could swap says whose it is */
enum cot_err cot_head_check_named(const struct cot_head *head, const struct cot_policy *policy)
{
	return policy->uptane_fields && head->repository.len == 0 ? COT_E_MISSING : COT_OK;
}

void cot_body_digest(struct cot_slice body, const struct cot_crypto *crypto,
                     uint8_t ret[COT_SHA256_LEN])
{
	cot_hash_once(crypto, COT_HASH_SHA256, body, ret);
}

/* ---- keys of a role ------------------------------------------------------------ */

/* CHECK P-SIG.5: only a key that the role lists can sign for it */
static enum cot_err check_listed(const struct cot_role_keys *role, struct cot_slice keyid)
{
	struct cot_json_iter it;
	struct cot_slice element, id;
	enum cot_err err = cot_json_array(role->keyids, &it);

	if (err != COT_OK)
		return err;
	while (cot_json_next_element(&it, &element)) {
		if (cot_json_string(element, &id) == COT_OK && cot_slice_eq(id, keyid))
			return COT_OK;
	}
	return COT_E_KEY_NOT_LISTED;
}

/* CHECK P-SIG.6: the scheme is the one bound to the key, and fits its type */
static enum cot_err parse_scheme(struct cot_slice object, enum cot_scheme *ret)
{
	static const struct cot_member members[] = { { "keytype", COT_MEMBER_TEXT, false, 0 },
		                                     { "scheme", COT_MEMBER_TEXT, false,
		                                       sizeof(struct cot_slice) } };
	struct cot_slice text[2]; /* keytype, scheme */
	enum cot_err err = cot_members_read(object, members, 2, text);

	if (err != COT_OK)
		return err;
	*ret = cot_scheme_from_name(text[1]);
	if (*ret == COT_SCHEME_NONE || *ret == COT_SCHEME_HMAC_SHA256)
		return COT_E_SCHEME;
	return cot_scheme_fits(*ret, text[0]) ? COT_OK : COT_E_SCHEME;
}

enum cot_err cot_key_parse(struct cot_slice object, struct cot_key *ret)
{
	struct cot_slice keyval;
	enum cot_err err = cot_json_member(object, "keyval", &keyval);

	ret->scheme = COT_SCHEME_NONE;
	if (err == COT_OK)
		err = cot_json_member_string(keyval, "public", &ret->text);
	return err == COT_OK ? parse_scheme(object, &ret->scheme) : err;
}

enum cot_err cot_role_key(const struct cot_role_keys *role, struct cot_slice keyid,
                          struct cot_key *ret)
{
	struct cot_slice object;
	enum cot_err err = check_listed(role, keyid);

	if (err == COT_OK)
		err = cot_json_find(role->keys, keyid, &object);
	return err == COT_OK ? cot_key_parse(object, ret) : err;
}

bool cot_role_next_key(const struct cot_role_keys *role, struct cot_json_iter *it,
                       struct cot_key *ret)
{
	struct cot_slice element, id, object;

	while (cot_json_next_element(it, &element)) {
		if (cot_json_string(element, &id) == COT_OK &&
		    cot_json_find(role->keys, id, &object) == COT_OK &&
		    cot_key_parse(object, ret) == COT_OK)
			return true;
	}
	return false;
}

/* ---- signatures ----------------------------------------------------------------- */

void cot_sigcheck_init(struct cot_sigcheck *c, const struct cot_crypto *crypto,
                       const struct cot_envelope *env, const struct cot_role_keys *role)
{
	memset(c, 0, sizeof(*c));
	c->crypto = crypto;
	c->role = *role;
	c->body = env->body;
	if (cot_json_array(env->signatures, &c->next) != COT_OK)
		c->next.cur = c->next.end;
	cot_quorum_init(&c->quorum, role->threshold);
}

/* Tries one entry.  COT_PENDING travels; every other outcome but success means
 * that the entry does not count, and never that the document is bad. */
static enum cot_err try_entry(struct cot_sigcheck *c, struct cot_slice entry)
{
	struct cot_slice keyid, sig;
	struct cot_key key;
	enum cot_err err = cot_json_member_string(entry, "keyid", &keyid);

	if (err == COT_OK)
		err = cot_json_member_string(entry, "sig", &sig);
	if (err == COT_OK)
		err = cot_role_key(&c->role, keyid, &key);
	if (err == COT_OK)
		err = cot_quorum_add(&c->quorum, c->crypto, &key, sig, c->body);
	return err;
}

enum cot_err cot_sigcheck_step(struct cot_sigcheck *c)
{
	bool enough = cot_quorum_check(&c->quorum) == COT_OK;

	if (enough && !c->all)
		return COT_OK;
	if (c->entry.len == 0 && !cot_json_next_element(&c->next, &c->entry))
		return cot_quorum_check(&c->quorum);
	if (try_entry(c, c->entry) != COT_PENDING)
		c->entry.len = 0;
	return COT_PENDING;
}

enum cot_err cot_sigcheck_run(struct cot_sigcheck *c)
{
	enum cot_err err;

	do {
		err = cot_sigcheck_step(c);
	} while (err == COT_PENDING);
	return err;
}
