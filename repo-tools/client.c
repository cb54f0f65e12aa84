/* SPDX-License-Identifier: Apache-2.0
 *
 * A gateway without a network: see client.h.
 */
#include "repo-tools/client.h"
#include "keys/encode.h"
#include "metadata/check.h"
#include "metadata/host/build.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static const char *const repo_names[COT_MAX_REPOS] = { "director", "image" };

/* ---- the clock that stands in for the time server ------------------------------------ */

/* The signed part of the one message that passes unsigned. */
static struct cot_slice clock_body;

static enum cot_err verify_but_clock(enum cot_scheme scheme, struct cot_slice key,
                                     struct cot_slice sig, struct cot_slice msg)
{
	if (clock_body.len > 0 && cot_slice_eq(msg, clock_body))
		return COT_OK;
	return cot_crypto_full.verify(scheme, key, sig, msg);
}

static struct cot_crypto crypto;

static void *keep(struct client *c, void *memory)
{
	void **grown = realloc(c->memory, (c->memory_count + 1) * sizeof(*grown));

	if (grown == NULL) {
		free(memory);
		return NULL;
	}
	c->memory = grown;
	c->memory[c->memory_count++] = memory;
	return memory;
}

/* An entry for each time key: of the right form, of no value. */
static void pretend_to_sign(const struct cot_root *root, json_t *envelope)
{
	static const uint8_t der[] = { 0x30, 6, 2, 1, 1, 2, 1, 1 };
	uint8_t none[64] = { 0 }, id[COT_KEY_ID_LEN];
	struct cot_role_keys keys;
	struct cot_json_iter it;
	struct cot_slice element, text;
	struct cot_key key;
	size_t len;

	if (cot_root_role(root, COT_ROLE_TIME, &keys) != COT_OK ||
	    cot_json_array(keys.keyids, &it) != COT_OK)
		return;
	while (cot_json_next_element(&it, &element)) {
		bool p256;

		if (cot_json_string(element, &text) != COT_OK ||
		    cot_role_key(&keys, text, &key) != COT_OK ||
		    cot_hex_decode(text, id, sizeof(id), &len) != COT_OK)
			continue;
		p256 = key.scheme == COT_SCHEME_ECDSA_P256;
		if (cot_build_add_signature(envelope, id, p256 ? cot_slice(der, sizeof(der))
		                            : cot_slice(none, sizeof(none))) != COT_OK)
			return;
	}
}

static enum cot_err give_time(struct client *c)
{
	char hex[2 * COT_NONCE_LEN], *text = NULL;
	json_t *env, *nonces = json_array();
	struct cot_envelope parts;
	size_t len = 0;
	enum cot_err err;

	cot_hex_encode(cot_slice(c->nonce.bytes, COT_NONCE_LEN), hex);
	json_array_append_new(nonces, json_stringn(hex, sizeof(hex)));
	env = cot_build_envelope(cot_build_time(c->now_s, 1, nonces));
	pretend_to_sign(&c->cycle.root[0], env);
	err = cot_canon_dump(env, COT_GRAMMAR_OLPC, &text, &len);
	json_decref(env);
	if (err == COT_OK && keep(c, text) == NULL)
		err = COT_E_MEMORY;
	if (err == COT_OK)
		err = cot_envelope_split(cot_slice(text, len), &parts);
	if (err != COT_OK)
		return err;
	clock_body = parts.body;
	cot_cycle_give(&c->cycle, (struct cot_doc){ cot_slice(text, len), cot_slice(text, len) },
	               c->nonce.made_ms);
	return COT_OK;
}

/* ---- files ------------------------------------------------------------------------------ */

/* The file of that name in the first layer that has it. */
static bool find_file(const struct client *c, size_t repo, const char *name,
                      char ret[TOOL_PATH])
{
	size_t i;

	for (i = 0; i < CLIENT_LAYERS; i++) {
		if (c->dir[repo][i] == NULL)
			continue;
		tool_path(ret, "%s/%s", c->dir[repo][i], name);
		if (tool_exists(ret))
			return true;
	}
	return false;
}

/* Reads a document that lives as long as the client. */
static enum cot_err read_doc(struct client *c, const char *path, size_t max,
                             struct cot_doc *ret)
{
	struct cot_doc_owned owned;
	uint8_t *bytes;
	size_t len;
	FILE *f = fopen(path, "rb");
	enum cot_err err;

	if (f == NULL)
		return COT_E_NO_INPUT;
	bytes = malloc(max + 1);
	if (bytes == NULL || keep(c, bytes) == NULL) {
		fclose(f);
		return COT_E_MEMORY;
	}
	len = fread(bytes, 1, max + 1, f);
	err = ferror(f) ? COT_E_IO : len > max ? COT_E_LENGTH_EXCEEDED : COT_OK;
	fclose(f);
	if (err == COT_OK)
		err = cot_canon_from_wire(cot_slice(bytes, len), COT_GRAMMAR_OLPC, &owned);
	if (err != COT_OK)
		return err;
	*ret = owned.doc;
	return owned.memory == NULL || keep(c, owned.memory) != NULL ? COT_OK : COT_E_MEMORY;
}

/* A secondary asks for Targets without knowing their version; its gateway gives
 * it the newest. */
static bool newest_targets(const struct client *c, size_t repo, char ret[TOOL_PATH])
{
	uint64_t version, newest = 0;
	char name[40];
	size_t i;

	for (i = 0; i < CLIENT_LAYERS; i++) {
		DIR *d = c->dir[repo][i] == NULL ? NULL : opendir(c->dir[repo][i]);
		struct dirent *entry;

		while (d != NULL && (entry = readdir(d)) != NULL) {
			size_t n = strspn(entry->d_name, "0123456789");

			if (strcmp(entry->d_name + n, ".targets.json") == 0 &&
			    cot_decimal(cot_slice(entry->d_name, n), COT_MAX_VERSION, &version) ==
			            COT_OK && version > newest)
				newest = version;
		}
		if (d != NULL)
			closedir(d);
	}
	snprintf(name, sizeof(name), "%llu.targets.json", (unsigned long long)newest);
	return newest != 0 && find_file(c, repo, name, ret);
}

static void give_file(struct client *c, const struct cot_need *need)
{
	char path[TOOL_PATH];
	struct cot_doc doc;
	enum cot_err err;

	bool newest = need->role == COT_ROLE_TARGETS && need->version == 0;

	if (newest ? !newest_targets(c, need->repo, path)
	    : !find_file(c, need->repo, need->name, path)) {
		cot_cycle_absent(&c->cycle);
		return;
	}
	err = read_doc(c, path, need->max_len, &doc);
	if (err != COT_OK) {
		cot_cycle_failed(&c->cycle, err);
		return;
	}
	c->given[need->repo][need->role] = doc;
	cot_cycle_give(&c->cycle, doc, c->nonce.made_ms);
}

/* ---- trust -------------------------------------------------------------------------------- */

static void commit(struct client *c)
{
	const struct cot_commit *k = cot_cycle_commit(&c->cycle);
	size_t repo;
	int role;

	for (repo = 0; repo < COT_MAX_REPOS; repo++) {
		for (role = 0; role < COT_ROLE_COUNT; role++) {
			if (k->dropped[repo] & COT_ROLE_BIT(role))
				memset(&c->held.doc[repo][role], 0, sizeof(c->held.doc[repo][role]));
			if (k->replaced[repo] & COT_ROLE_BIT(role))
				c->held.doc[repo][role] = c->given[repo][role];
		}
	}
	c->trust = *k->trust;
	cot_cycle_committed(&c->cycle);
}

/* "N.root.json" with the lowest N of any layer. */
static bool lowest_root(const struct client *c, size_t repo, char ret[TOOL_PATH])
{
	uint64_t lowest = 0, version;
	char name[40];
	size_t i;

	for (i = 0; i < CLIENT_LAYERS; i++) {
		DIR *d = c->dir[repo][i] == NULL ? NULL : opendir(c->dir[repo][i]);
		struct dirent *entry;

		while (d != NULL && (entry = readdir(d)) != NULL) {
			size_t n = strspn(entry->d_name, "0123456789");

			if (strcmp(entry->d_name + n, ".root.json") == 0 &&
			    cot_decimal(cot_slice(entry->d_name, n), COT_MAX_VERSION, &version) == COT_OK &&
			    (lowest == 0 || version < lowest))
				lowest = version;
		}
		if (d != NULL)
			closedir(d);
	}
	snprintf(name, sizeof(name), "%llu.root.json", (unsigned long long)lowest);
	return lowest != 0 && find_file(c, repo, name, ret);
}

/* What provisioning asks of a first Root, for no cycle looks at the keys and roles of a
 * held one. */
static enum cot_err judge_root(struct cot_slice body, size_t repo, struct cot_root *ret)
{
	enum cot_err err = cot_root_parse(body, &cot_policy_uptane, &cot_crypto_full, ret);

	return err == COT_OK ? cot_check_repository(&ret->head, cot_slice_str(repo_names[repo]),
	                                            &cot_policy_uptane) : err;
}

static enum cot_err trust_root(struct client *c, size_t repo, const char *given)
{
	struct cot_floor *floor = &c->trust.repo[repo].floor[COT_ROLE_ROOT];
	struct cot_doc *doc = &c->held.doc[repo][COT_ROLE_ROOT];
	struct cot_envelope env;
	struct cot_root root;
	char path[TOOL_PATH];
	enum cot_err err;

	if (given != NULL)
		tool_path(path, "%s", given);
	else if (!lowest_root(c, repo, path))
		return tool_fail(c->t, COT_E_NO_INPUT, "Root of the %s repository in %s",
		                 repo_names[repo], c->dir[repo][0] ? c->dir[repo][0] : "?");
	err = read_doc(c, path, COT_MAX_ROOT, doc);
	if (err == COT_OK)
		err = cot_envelope_parse(doc->canon, COT_GRAMMAR_OLPC, &env);
	if (err == COT_OK)
		err = judge_root(env.body, repo, &root);
	if (err != COT_OK)
		return tool_fail(c->t, err, "%s", path);
	floor->version = root.head.version;
	floor->held = true;
	cot_body_digest(env.body, &cot_crypto_full, floor->digest);
	return COT_OK;
}

static void set_repos(struct client *c)
{
	static const uint32_t max[COT_MAX_REPOS][COT_ROLE_COUNT] = {
		{ COT_MAX_ROOT, COT_MAX_TIMESTAMP, COT_MAX_SNAPSHOT, COT_MAX_DIRECTOR_TARGETS },
		{ COT_MAX_ROOT, COT_MAX_TIMESTAMP, COT_MAX_SNAPSHOT, COT_MAX_TARGETS }
	};
	size_t i;

	crypto = cot_crypto_full;
	crypto.verify = verify_but_clock;
	if (c->repo_count == 0)
		c->repo_count = COT_MAX_REPOS;
	for (i = 0; i < c->repo_count; i++) {
		c->repos[i].name = cot_slice_str(repo_names[i]);
		c->repos[i].dialect = &cot_dialect_tuf;
		c->repos[i].roles = COT_ROLES_FULL;
		memcpy(c->repos[i].max_len, max[i], sizeof(max[i]));
	}
}

enum cot_err client_start(struct client *c, const char *const root[COT_MAX_REPOS])
{
	size_t i;
	enum cot_err err = COT_OK;

	set_repos(c);
	for (i = 0; err == COT_OK && i < c->repo_count; i++)
		err = trust_root(c, i, root == NULL ? NULL : root[i]);
	return err;
}

enum cot_err client_start_record(struct client *c, const struct cot_provision *record)
{
	size_t i;
	enum cot_err err = cot_provision_trust(record, &cot_policy_uptane, &cot_crypto_full,
	                                       &c->trust);

	if (err != COT_OK)
		return tool_fail(c->t, err, "a document in the record");
	c->repo_count = record->roles[1] != 0 ? 2 : 1;
	set_repos(c);
	for (i = 0; i < c->repo_count; i++) {
		c->repos[i].roles = record->roles[i];
		memcpy(c->held.doc[i], record->doc[i], sizeof(c->held.doc[i]));
	}
	return COT_OK;
}

/* ---- one cycle ------------------------------------------------------------------------------- */

static void begin(struct client *c)
{
	uint8_t random[COT_NONCE_LEN] = { 0 };

	/* Nobody answers but ourselves: a counter is as good as chance. */
	memcpy(random, &c->runs, sizeof(c->runs));
	c->runs++;
	cot_nonce_make(&c->nonce, random, 1000);
	c->config = (struct cot_cycle_config){
		.policy = &cot_policy_uptane, .crypto = &crypto, .repos = c->repos,
		.repo_count = c->repo_count, .chain = &cot_chain_full,
		.aside = &c->aside, .vehicle = cot_slice_str(c->vehicle),
		.ecus = c->ecus, .ecu_count = c->ecu_count,
		.whole_vehicle = c->whole_vehicle, .nonce = &c->nonce
	};
	cot_cycle_init(&c->cycle, &c->config, &c->trust, &c->held);
}

struct cot_verdict client_run(struct client *c)
{
	struct cot_need need;

	begin(c);
	for (;;) {
		cot_cycle_need(&c->cycle, &need);
		if (c->watch != NULL)
			c->watch(c->arg, &c->cycle, &need);
		if (need.kind == COT_NEED_NOTHING)
			break;
		else if (need.kind == COT_NEED_WORK)
			cot_cycle_step(&c->cycle);
		else if (need.kind == COT_NEED_COMMIT)
			commit(c);
		else if (need.kind == COT_NEED_FILE)
			give_file(c, &need);
		else if (give_time(c) != COT_OK)
			cot_cycle_failed(&c->cycle, COT_E_NO_TIME);
	}
	clock_body = cot_slice(NULL, 0);
	return *cot_cycle_verdict(&c->cycle);
}

/* ---- ECUs -------------------------------------------------------------------------------------- */

static void learn(struct client *c, const struct cot_order *order)
{
	size_t i;

	for (i = 0; i < c->ecu_count; i++) {
		if (cot_slice_eq(c->ecus[i].serial, order->ecu))
			break;
	}
	if (i == CLIENT_ECUS)
		return;
	if (i == c->ecu_count) {
		memset(&c->ecus[i], 0, sizeof(c->ecus[i]));
		c->ecus[i].serial = order->ecu;
		c->ecus[i].hardware_id = order->hardware_id;
		c->ecu_count++;
	}
	c->ecus[i].counter = order->target.has_counter ? order->target.counter : 0;
}

void client_learn_ecus_from(struct client *c, struct cot_slice canon)
{
	struct cot_envelope env;
	struct cot_targets targets;
	struct cot_order_iter it;
	struct cot_order order;

	if (cot_envelope_parse(canon, COT_GRAMMAR_OLPC, &env) != COT_OK ||
	    cot_targets_parse(env.body, &cot_policy_uptane, &targets) != COT_OK ||
	    cot_orders_begin(&targets, &it) != COT_OK)
		return;
	while (cot_orders_next(&it, &order) == COT_OK)
		learn(c, &order);
}

void client_learn_ecus(struct client *c)
{
	struct cot_slice canon = c->held.doc[0][COT_ROLE_TARGETS].canon;

	if (canon.len > 0)
		client_learn_ecus_from(c, canon);
}

void client_free(struct client *c)
{
	while (c->memory_count > 0)
		free(c->memory[--c->memory_count]);
	free(c->memory);
	c->memory = NULL;
}
