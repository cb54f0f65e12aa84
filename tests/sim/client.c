/* SPDX-License-Identifier: Apache-2.0
 *
 * The simulated client: the hand that feeds a cycle, and a store in memory.
 */
#include "tests/sim/repo.h"
#include "keys/crypto/init.h"
#include "metadata/host/canon.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void need_ok(bool ok)
{
	if (!ok)
		abort();
}

/* ---- provisioning --------------------------------------------------------------- */

static uint8_t *copy_of(struct cot_slice bytes)
{
	uint8_t *copy = malloc(bytes.len + 1);

	need_ok(copy != NULL);
	if (bytes.len > 0)
		memcpy(copy, bytes.ptr, bytes.len);
	copy[bytes.len] = 0;
	return copy;
}

static struct cot_doc doc_of(const uint8_t *bytes, size_t len)
{
	struct cot_doc doc = { cot_slice(bytes, len), cot_slice(bytes, len) };

	return doc;
}

static void provision_root(struct sim_client *c, unsigned repo)
{
	struct cot_floor *floor = &c->trust.repo[repo].floor[COT_ROLE_ROOT];
	struct cot_doc *doc = &c->held.doc[repo][COT_ROLE_ROOT];
	json_t *root = sim_signed(c->world, repo, COT_ROLE_ROOT);
	json_int_t version = json_integer_value(json_object_get(root, "version"));
	struct cot_envelope env;
	struct cot_root parsed;
	struct sim_file *file;
	char name[80];

	snprintf(name, sizeof(name), "%lld.root.json", (long long)version);
	file = sim_get(c->world, repo, name);
	need_ok(file != NULL);
	*doc = doc_of(copy_of(cot_slice(file->bytes, file->len)), file->len);
	need_ok(cot_envelope_split(doc->canon, &env) == COT_OK);
	need_ok(cot_root_parse(env.body, &c->policy, &c->crypto, &parsed) == COT_OK);
	floor->version = (uint32_t)version;
	floor->held = true;
	cot_body_digest(env.body, &c->crypto, floor->digest);
}

static void new_repos(struct sim_client *c, enum sim_kind kind)
{
	static const uint32_t max_len[COT_ROLE_COUNT] = {
		COT_MAX_ROOT, COT_MAX_TIMESTAMP, COT_MAX_SNAPSHOT, COT_MAX_TARGETS
	};
	unsigned i;

	c->config.repo_count = kind == SIM_PARTIAL ? 1 : 2;
	c->config.chain = kind == SIM_PARTIAL ? NULL : &cot_chain_full;
	c->config.aside = kind == SIM_PARTIAL ? NULL : &c->aside;
	for (i = 0; i < c->config.repo_count; i++) {
		c->repos[i].name = i == 0 ? COT_SLICE("director") : COT_SLICE("image");
		c->repos[i].dialect = &cot_dialect_tuf;
		c->repos[i].roles = kind == SIM_PARTIAL ? COT_ROLES_PARTIAL : COT_ROLES_FULL;
		memcpy(c->repos[i].max_len, max_len, sizeof(max_len));
		provision_root(c, i);
	}
	c->repos[0].max_len[COT_ROLE_TARGETS] = COT_MAX_DIRECTOR_TARGETS;
}

struct sim_client *sim_client_new(struct sim_world *w, enum sim_kind kind)
{
	struct sim_client *c = calloc(1, sizeof(*c));

	need_ok(c != NULL && cot_crypto_init() == COT_OK);
	c->world = w;
	c->policy = cot_policy_uptane;
	c->crypto = cot_crypto_full;
	c->ecus[0].serial = COT_SLICE("ECU-A");
	c->ecus[0].hardware_id = COT_SLICE("hw-a");
	c->ecus[0].counter = 1;
	c->ecus[1].serial = COT_SLICE("ECU-B");
	c->ecus[1].hardware_id = COT_SLICE("hw-b");
	c->ecus[1].counter = 1;
	c->config.policy = &c->policy;
	c->config.crypto = &c->crypto;
	c->config.repos = c->repos;
	c->config.vehicle = COT_SLICE(SIM_VEHICLE);
	c->config.ecus = c->ecus;
	c->config.ecu_count = kind == SIM_PRIMARY ? 2 : 1;
	c->config.whole_vehicle = kind == SIM_PRIMARY;
	c->config.nonce = &c->nonce;
	c->trust.provisioned_time_s = w->now_s - 1000;
	c->trust.time_floor_s = w->now_s - 1000;
	new_repos(c, kind);
	return c;
}

static void remember(struct sim_client *c, void *memory)
{
	c->memory = realloc(c->memory, (c->memory_count + 1) * sizeof(*c->memory));
	need_ok(c->memory != NULL);
	c->memory[c->memory_count++] = memory;
}

/* Canonical copies beside what is held: few, so they wait for the client's end. */
static void remember_for_ever(struct sim_client *c, void *memory)
{
	c->canon = realloc(c->canon, (c->canon_count + 1) * sizeof(*c->canon));
	need_ok(c->canon != NULL);
	c->canon[c->canon_count++] = memory;
}

/* Held documents lie in c->held only; whatever they replaced waits in memory
 * until the cycle that may still look at it is over. */
static void hold(struct sim_client *c, unsigned repo, unsigned role, struct cot_doc doc)
{
	struct cot_doc *held = &c->held.doc[repo][role];

	if (held->wire.ptr != NULL)
		remember(c, (void *)(uintptr_t)held->wire.ptr);
	memset(held, 0, sizeof(*held));
	if (doc.wire.ptr == NULL)
		return;
	*held = doc_of(copy_of(doc.wire), doc.wire.len);
	if (doc.canon.ptr != doc.wire.ptr) {
		uint8_t *canon = copy_of(doc.canon);

		remember_for_ever(c, canon);
		held->canon = cot_slice(canon, doc.canon.len);
	}
}

void sim_end(struct sim_client *c)
{
	size_t i;

	for (i = 0; i < c->memory_count; i++)
		free(c->memory[i]);
	free(c->memory);
	c->memory = NULL;
	c->memory_count = 0;
	memset(c->given, 0, sizeof(c->given));
}

void sim_client_free(struct sim_client *c)
{
	unsigned repo, role;
	size_t i;

	sim_end(c);
	for (i = 0; i < c->canon_count; i++)
		free(c->canon[i]);
	free(c->canon);
	for (repo = 0; repo < COT_MAX_REPOS; repo++) {
		for (role = 0; role < COT_ROLE_COUNT; role++)
			free((void *)(uintptr_t)c->held.doc[repo][role].wire.ptr);
	}
	free(c);
}

/* ---- the hand ---------------------------------------------------------------------- */

static void log_word(struct sim_client *c, const char *word)
{
	size_t len = strlen(c->log);

	snprintf(c->log + len, sizeof(c->log) - len, "%s%s", len > 0 ? " " : "", word);
}

void sim_give(struct sim_client *c, const struct cot_need *need, struct cot_slice bytes)
{
	uint8_t *copy = copy_of(bytes);
	struct cot_doc doc = doc_of(copy, bytes.len);

	remember(c, copy);
	if (c->foreign) {
		struct cot_doc_owned owned;
		enum cot_err err = cot_canon_from_wire(doc.wire, COT_GRAMMAR_OLPC, &owned);

		if (err != COT_OK) {
			cot_cycle_failed(&c->cycle, err);
			return;
		}
		remember(c, owned.memory);
		doc = owned.doc;
	}
	if (need->role < COT_ROLE_COUNT)
		c->given[need->repo][need->role] = doc;
	cot_cycle_give(&c->cycle, doc, c->world->ticks_ms);
}

static void serve_time(struct sim_client *c, const struct cot_need *need)
{
	size_t len;
	char *text;

	log_word(c, "time");
	if (c->no_time) {
		cot_cycle_failed(&c->cycle, COT_E_UNREACHABLE);
		return;
	}
	text = sim_time(c->world, c->nonce.bytes, 1, &len);
	sim_give(c, need, cot_slice(text, len));
	free(text);
}

static void serve_file(struct sim_client *c, const struct cot_need *need)
{
	const struct sim_file *file = sim_get(c->world, need->repo, need->name);
	char word[80];

	snprintf(word, sizeof(word), "%s/%s", need->repo == SIM_IMAGE ? "image" : "director",
	         need->name);
	log_word(c, word);
	if (file != NULL && file->fail != COT_OK)
		cot_cycle_failed(&c->cycle, file->fail);
	else if (file != NULL)
		sim_give(c, need, cot_slice(file->bytes, file->len));
	else
		cot_cycle_absent(&c->cycle);
}

static void serve_commit(struct sim_client *c)
{
	const struct cot_commit *commit = cot_cycle_commit(&c->cycle);
	unsigned repo, role;

	if (c->commit_fails != COT_OK) {
		cot_cycle_failed(&c->cycle, c->commit_fails);
		return;
	}
	log_word(c, commit->root_step ? "root-commit" : "commit");
	c->commits++;
	c->root_commits += commit->root_step ? 1 : 0;
	c->trust = *commit->trust;
	for (repo = 0; repo < COT_MAX_REPOS; repo++) {
		for (role = 0; role < COT_ROLE_COUNT; role++) {
			struct cot_doc none = { { NULL, 0 }, { NULL, 0 } };

			if ((commit->replaced[repo] & COT_ROLE_BIT(role)) != 0)
				hold(c, repo, role, c->given[repo][role]);
			else if ((commit->dropped[repo] & COT_ROLE_BIT(role)) != 0)
				hold(c, repo, role, none);
		}
	}
	cot_cycle_committed(&c->cycle);
}

void sim_serve(struct sim_client *c, const struct cot_need *need)
{
	if (c->hook != NULL && c->hook(c->hook_arg, c, need))
		return;
	if (need->kind == COT_NEED_TIME)
		serve_time(c, need);
	else if (need->kind == COT_NEED_FILE)
		serve_file(c, need);
	else if (need->kind == COT_NEED_COMMIT)
		serve_commit(c);
}

void sim_begin(struct sim_client *c)
{
	uint8_t random[COT_NONCE_LEN];
	uint8_t seed[4];

	sim_end(c);
	c->world->nonce_seed++;
	memcpy(seed, &c->world->nonce_seed, sizeof(seed));
	crypto_generichash(random, sizeof(random), seed, sizeof(seed), NULL, 0);
	cot_nonce_make(&c->nonce, random, c->world->ticks_ms);
	memset(c->log, 0, sizeof(c->log));
	c->commits = 0;
	c->root_commits = 0;
	cot_cycle_init(&c->cycle, &c->config, &c->trust, &c->held);
}

struct cot_verdict sim_run(struct sim_client *c)
{
	struct cot_need need;

	sim_begin(c);
	for (;;) {
		cot_cycle_need(&c->cycle, &need);
		if (need.kind == COT_NEED_NOTHING)
			break;
		if (need.kind == COT_NEED_WORK)
			cot_cycle_step(&c->cycle);
		else
			sim_serve(c, &need);
	}
	return *cot_cycle_verdict(&c->cycle);
}

/* ---- state ------------------------------------------------------------------------------ */

void sim_install(struct sim_client *c, const char *ecu)
{
	struct cot_doc *doc = &c->held.doc[SIM_DIRECTOR][COT_ROLE_TARGETS];
	struct cot_envelope env;
	struct cot_targets targets;
	struct cot_order order;
	size_t i;

	need_ok(cot_envelope_split(doc->canon, &env) == COT_OK);
	need_ok(cot_targets_parse(env.body, &c->policy, &targets) == COT_OK);
	need_ok(cot_orders_find(&targets, cot_slice_str(ecu), &order) == COT_OK);
	for (i = 0; i < c->config.ecu_count; i++) {
		if (cot_slice_is(c->ecus[i].serial, ecu)) {
			c->ecus[i].installed = order.target.image.hashes;
			c->ecus[i].counter = order.target.counter;
		}
	}
}

void sim_state(const struct sim_client *c, uint8_t ret[COT_SHA256_LEN])
{
	uint8_t encoded[COT_TRUST_MAX];
	crypto_hash_sha256_state h;
	unsigned repo, role;
	size_t len;

	need_ok(cot_trust_encode(&c->trust, encoded, sizeof(encoded), &len) == COT_OK);
	crypto_hash_sha256_init(&h);
	crypto_hash_sha256_update(&h, encoded, len);
	for (repo = 0; repo < COT_MAX_REPOS; repo++) {
		for (role = 0; role < COT_ROLE_COUNT; role++) {
			struct cot_slice wire = c->held.doc[repo][role].wire;

			crypto_hash_sha256_update(&h, (const uint8_t *)&wire.len,
			                          sizeof(wire.len));
			crypto_hash_sha256_update(&h, wire.ptr, wire.len);
		}
	}
	crypto_hash_sha256_final(&h, ret);
}
