/* SPDX-License-Identifier: Apache-2.0
 *
 * The provisioning record: see provision.h.
 */
#include "metadata/provision.h"
#include "metadata/check.h"
#include "metadata/members.h"
#include "metadata/name.h"

#include <string.h>

static const char *const repo_names[] = { "director", "image" };

_Static_assert(COT_MAX_REPOS >= 1 && COT_MAX_REPOS <= sizeof(repo_names) / sizeof(repo_names[0]),
               "each repository has a name");

/* ---- ECUs ------------------------------------------------------------------------ */

/* image {filepath, hashes, length}: what the ECU left the factory with. */
static enum cot_err parse_factory_image(struct cot_slice entry, struct cot_provision_ecu *ret)
{
	struct cot_slice image, hashes;
	enum cot_err err = cot_json_member(entry, "image", &image);

	if (err == COT_OK)
		err = cot_json_member_string(image, "filepath", &ret->filepath);
	if (err == COT_OK)
		err = cot_name_check_target(ret->filepath);
	if (err == COT_OK)
		err = cot_json_member(image, "hashes", &hashes);
	if (err == COT_OK)
		err = cot_hashes_parse(hashes, &ret->image.hashes);
	/* Reports and slots name an image by its SHA-256. */
	if (err == COT_OK && !(ret->image.hashes.known & COT_KNOWN_SHA256))
		err = COT_E_NO_STRONG_HASH;
	if (err == COT_OK)
		err = cot_json_member_uint(image, "length", UINT64_MAX >> 1, &ret->image.length);
	return err;
}

/* Report keys may be of schemes that metadata refuses (HMAC). */
static enum cot_err parse_report_key(struct cot_slice entry, struct cot_slice *ret)
{
	struct cot_key key;
	enum cot_err err = cot_json_member(entry, "key", ret);

	if (err == COT_OK)
		err = cot_key_parse(*ret, &key);
	return err == COT_E_SCHEME ? COT_OK : err;
}

static enum cot_err parse_ecu(struct cot_slice entry, struct cot_provision_ecu *ret)
{
	static const struct cot_member members[] = {
		{ "serial", COT_MEMBER_ID, false, offsetof(struct cot_provision_ecu, serial) },
		{ "hardwareId", COT_MEMBER_ID, false,
		  offsetof(struct cot_provision_ecu, hardware_id) }
	};
	enum cot_err err;

	memset(ret, 0, sizeof(*ret));
	err = cot_members_read(entry, members, 2, ret);
	if (err == COT_OK)
		err = cot_json_member_uint(entry, "counter", COT_MAX_VERSION, &ret->counter);
	if (err == COT_OK)
		err = parse_report_key(entry, &ret->key);
	return err == COT_OK ? parse_factory_image(entry, ret) : err;
}

bool cot_provision_next_ecu(struct cot_json_iter *it, struct cot_provision_ecu *ret)
{
	struct cot_slice entry;

	return cot_json_next_element(it, &entry) && parse_ecu(entry, ret) == COT_OK;
}

/* The ECUs that stand before one in the list. */
static bool other_ecu_before(struct cot_json_iter *it, const struct cot_provision_ecu *ecu,
                             struct cot_provision_ecu *ret)
{
	return cot_provision_next_ecu(it, ret) && ret->serial.ptr < ecu->serial.ptr;
}

/* CHECK D12.4: no serial stands for two ECUs */
static enum cot_err check_once(struct cot_slice ecus, const struct cot_provision_ecu *ecu)
{
	struct cot_provision_ecu other;
	struct cot_json_iter it;
	size_t count = 0;
	enum cot_err err = cot_json_array(ecus, &it);

	while (err == COT_OK && other_ecu_before(&it, ecu, &other))
		count += cot_slice_eq(other.serial, ecu->serial) ? 1 : 0;
	return err == COT_OK && count > 0 ? COT_E_ECU_DUPLICATE : err;
}

static enum cot_err check_ecus(struct cot_slice ecus)
{
	struct cot_provision_ecu ecu;
	struct cot_json_iter it;
	struct cot_slice entry;
	size_t count = 0;
	enum cot_err err = cot_json_array(ecus, &it);

	while (err == COT_OK && cot_json_next_element(&it, &entry)) {
		if (++count > COT_MAX_ORDERS)
			return COT_E_LIMIT;
		err = parse_ecu(entry, &ecu);
		if (err == COT_OK)
			err = check_once(ecus, &ecu);
	}
	return err;
}

/* CHECK D12.1: every component a device answers for is an ECU of the record */
static enum cot_err check_own(const struct cot_provision *p)
{
	struct cot_provision_ecu ecu;
	struct cot_json_iter own, ecus;
	struct cot_slice element, serial;
	size_t count = 0;
	enum cot_err err = cot_json_array(p->own, &own);

	while (err == COT_OK && cot_json_next_element(&own, &element)) {
		bool found = false;

		if (++count > COT_MAX_OWN_ECUS)
			return COT_E_LIMIT;
		err = cot_json_string(element, &serial);
		if (err == COT_OK)
			err = cot_json_array(p->ecus, &ecus);
		while (err == COT_OK && !found && cot_provision_next_ecu(&ecus, &ecu))
			found = cot_slice_eq(ecu.serial, serial);
		if (err == COT_OK && !found)
			err = COT_E_ECU_UNKNOWN;
	}
	return err == COT_OK && count == 0 ? COT_E_MISSING : err;
}

/* ---- repositories ------------------------------------------------------------------ */

/* CHECK D12.7: a device verifies fully or partially, nothing in between */
static enum cot_err check_role_set(uint8_t roles, size_t count)
{
	if (roles == COT_ROLES_FULL && count == COT_ROLE_COUNT)
		return COT_OK;
	return roles == COT_ROLES_PARTIAL && count == 2 ? COT_OK : COT_E_RECORD;
}

static enum cot_err parse_roles(struct cot_slice repo, uint8_t *ret)
{
	struct cot_json_iter it;
	struct cot_slice list, element, name;
	size_t count = 0;
	int role;
	enum cot_err err = cot_json_member(repo, "roles", &list);

	*ret = 0;
	if (err == COT_OK)
		err = cot_json_array(list, &it);
	while (err == COT_OK && cot_json_next_element(&it, &element)) {
		err = cot_json_string(element, &name);
		count++;
		for (role = 0; role < COT_ROLE_COUNT; role++) {
			if (err == COT_OK && cot_slice_is(name, cot_role_name((enum cot_role)role)))
				*ret |= (uint8_t)COT_ROLE_BIT(role);
		}
	}
	return err == COT_OK ? check_role_set(*ret, count) : err;
}

static enum cot_err parse_documents(struct cot_slice repo, struct cot_doc doc[COT_ROLE_COUNT])
{
	struct cot_slice envelope;
	int role;

	for (role = 0; role < COT_ROLE_COUNT; role++) {
		enum cot_err err = cot_json_member(repo, cot_role_name((enum cot_role)role),
		                                   &envelope);

		if (err == COT_E_MISSING && role != COT_ROLE_ROOT)
			continue;
		if (err != COT_OK)
			return err;
		doc[role].wire = doc[role].canon = envelope;
	}
	return COT_OK;
}

static bool is_repository(struct cot_slice name)
{
	size_t i;

	for (i = 0; i < COT_MAX_REPOS; i++) {
		if (cot_slice_is(name, repo_names[i]))
			return true;
	}
	return false;
}

/* CHECK D12.11: a repository that the record names and this build has no room for is
 * refused, not passed over: the device would verify less than it was told to */
static enum cot_err check_repositories_known(struct cot_slice repositories)
{
	struct cot_json_iter it;
	struct cot_slice name, repo;
	enum cot_err err = cot_json_object(repositories, &it);

	while (err == COT_OK && cot_json_next_member(&it, &name, &repo)) {
		if (!is_repository(name))
			err = COT_E_UNSUPPORTED;
	}
	return err;
}

static enum cot_err parse_repositories(struct cot_slice body, struct cot_provision *ret)
{
	struct cot_slice repositories, repo;
	size_t i;
	enum cot_err err = cot_json_member(body, "repositories", &repositories);

	if (err == COT_OK)
		err = check_repositories_known(repositories);
	for (i = 0; err == COT_OK && i < COT_MAX_REPOS; i++) {
		err = cot_json_member(repositories, repo_names[i], &repo);
		if (err == COT_E_MISSING && i > 0) {
			err = COT_OK;
			continue;
		}
		if (err == COT_OK)
			err = cot_json_member_string(repo, "dialect", &ret->dialect[i]);
		if (err == COT_OK)
			err = parse_roles(repo, &ret->roles[i]);
		if (err == COT_OK)
			err = parse_documents(repo, ret->doc[i]);
	}
	return err;
}

/* ---- the record ---------------------------------------------------------------------- */

static enum cot_err parse_kind(struct cot_slice body, struct cot_provision *ret)
{
	struct cot_slice role;
	enum cot_err err = cot_body_is(body, cot_role_name(COT_ROLE_PROVISION));

	if (err == COT_OK)
		err = cot_json_member_string(body, "role", &role);
	if (err != COT_OK)
		return err;
	ret->primary = cot_slice_is(role, "primary");
	return ret->primary || cot_slice_is(role, "secondary") ? COT_OK : COT_E_RECORD;
}

static enum cot_err parse_body(struct cot_slice body, struct cot_provision *ret)
{
	static const struct cot_member number = {
		"number", COT_MEMBER_VERSION, false, offsetof(struct cot_provision, number)
	};
	static const struct cot_member members[] = {
		{ "vehicleId", COT_MEMBER_ID, false, offsetof(struct cot_provision, vehicle) },
		{ "primary", COT_MEMBER_ID, false,
		  offsetof(struct cot_provision, primary_serial) },
		{ "policy", COT_MEMBER_TEXT, false, offsetof(struct cot_provision, policy) },
		{ "time", COT_MEMBER_TIME, false, offsetof(struct cot_provision, time_s) },
		{ "ecus", COT_MEMBER_VALUE, false, offsetof(struct cot_provision, ecus) },
		{ "own", COT_MEMBER_VALUE, false, offsetof(struct cot_provision, own) }
	};
	enum cot_err err = cot_members_read(body, &number, 1, ret);

	if (err == COT_OK && ret->number < 1)
		err = COT_E_NUMBER;
	return err == COT_OK ? cot_members_read(body, members, 6, ret) : err;
}

enum cot_err cot_provision_parse(struct cot_slice canon, struct cot_provision *ret)
{
	struct cot_envelope env;
	enum cot_err err = cot_envelope_parse(canon, COT_GRAMMAR_OLPC, &env);

	memset(ret, 0, sizeof(*ret));
	if (err != COT_OK)
		return err;
	ret->body = env.body;
	err = parse_kind(env.body, ret);
	if (err == COT_OK)
		err = parse_body(env.body, ret);
	if (err == COT_OK)
		err = check_ecus(ret->ecus);
	if (err == COT_OK)
		err = check_own(ret);
	return err == COT_OK ? parse_repositories(env.body, ret) : err;
}

/* CHECK D12.2: the owner of the Director's Root stands behind the record */
enum cot_err cot_provision_check_signed(struct cot_slice canon, const struct cot_root *director,
                                        const struct cot_crypto *crypto)
{
	struct cot_envelope env;
	struct cot_role_keys role;
	struct cot_sigcheck sig;
	enum cot_err err = cot_envelope_parse(canon, COT_GRAMMAR_OLPC, &env);

	if (err == COT_OK)
		err = cot_root_role(director, COT_ROLE_ROOT, &role);
	if (err != COT_OK)
		return err;
	cot_sigcheck_init(&sig, crypto, &env, &role);
	return cot_sigcheck_run(&sig);
}

/* ---- the first trust ------------------------------------------------------------------- */

/* An embedded document and what all of them have. */
struct embedded {
	enum cot_role role;
	struct cot_envelope env;
	struct cot_head head;
};

/* CHECK D12.3: an embedded document is signed as its embedded Root wants it */
static enum cot_err trust_document(const struct embedded *d, const struct cot_root *root,
                                   const struct cot_crypto *crypto, struct cot_repo_trust *ret)
{
	struct cot_floor *floor = &ret->floor[d->role];
	struct cot_role_keys keys;
	struct cot_sigcheck sig;
	enum cot_err err = cot_root_role(root, d->role, &keys);

	if (err != COT_OK)
		return err;
	cot_sigcheck_init(&sig, crypto, &d->env, &keys);
	sig.all = d->role == COT_ROLE_TARGETS;
	err = cot_sigcheck_run(&sig);
	if (err != COT_OK)
		return err;
	floor->version = d->head.version;
	floor->held = true;
	cot_body_digest(d->env.body, crypto, floor->digest);
	if (d->role == COT_ROLE_TARGETS)
		cot_signers_keep(&ret->targets_signers, &sig.quorum, crypto);
	return COT_OK;
}

enum cot_err cot_provision_root(const struct cot_provision *p, size_t repo,
                                const struct cot_policy *policy, const struct cot_crypto *crypto,
                                struct cot_root *ret)
{
	struct cot_envelope env;
	enum cot_err err = cot_envelope_split(p->doc[repo][COT_ROLE_ROOT].canon, &env);

	return err == COT_OK ? cot_root_parse(env.body, policy, crypto, ret) : err;
}

/* CHECK D12.5: an embedded document was made for this repository and vehicle */
static enum cot_err check_made_for(const struct cot_provision *p, size_t repo,
                                   const struct embedded *d, const struct cot_policy *policy)
{
	enum cot_err err = cot_check_repository(&d->head, cot_slice_str(repo_names[repo]), policy);

	if (err == COT_OK && repo == 0 && d->role != COT_ROLE_ROOT)
		err = cot_check_vehicle(&d->head, p->vehicle, policy);
	return err;
}

static enum cot_err trust_repository(const struct cot_provision *p, size_t repo,
                                     const struct cot_policy *policy,
                                     const struct cot_crypto *crypto, struct cot_trust *ret)
{
	struct cot_root root;
	struct embedded d;
	int role;
	enum cot_err err = cot_provision_root(p, repo, policy, crypto, &root);

	for (role = 0; err == COT_OK && role < COT_ROLE_COUNT; role++) {
		struct cot_slice canon = p->doc[repo][role].canon;

		if (canon.len == 0)
			continue;
		d.role = (enum cot_role)role;
		err = cot_envelope_split(canon, &d.env);
		if (err == COT_OK)
			err = cot_head_parse(d.env.body, d.role, &d.head);
		if (err == COT_OK)
			err = check_made_for(p, repo, &d, policy);
		if (err == COT_OK)
			err = trust_document(&d, &root, crypto, &ret->repo[repo]);
	}
	return err;
}

/* CHECK D12.6: no key is in the Roots of both repositories */
static enum cot_err check_disjoint(const struct cot_provision *p, const struct cot_policy *policy,
                                   const struct cot_crypto *crypto)
{
	struct cot_root director, other;
	size_t repo;
	enum cot_err err = COT_OK;

	for (repo = 1; err == COT_OK && repo < COT_MAX_REPOS; repo++) {
		if (!p->roles[0] || !p->roles[repo])
			continue;
		err = cot_provision_root(p, 0, policy, crypto, &director);
		if (err == COT_OK)
			err = cot_provision_root(p, repo, policy, crypto, &other);
		if (err == COT_OK)
			err = cot_root_check_disjoint(&director, &other);
	}
	return err;
}

enum cot_err cot_provision_trust(const struct cot_provision *p, const struct cot_policy *policy,
                                 const struct cot_crypto *crypto, struct cot_trust *ret)
{
	size_t repo;
	enum cot_err err = COT_OK;

	memset(ret, 0, sizeof(*ret));
	ret->time_floor_s = ret->provisioned_time_s = p->time_s;
	for (repo = 0; err == COT_OK && repo < COT_MAX_REPOS; repo++) {
		if (p->roles[repo])
			err = trust_repository(p, repo, policy, crypto, ret);
	}
	if (err == COT_OK)
		err = check_disjoint(p, policy, crypto);
	if (err != COT_OK)
		memset(ret, 0, sizeof(*ret));
	return err;
}
