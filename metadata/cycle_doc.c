/* SPDX-License-Identifier: Apache-2.0
 *
 * What every fetched document goes through, whatever its role: limit, listed
 * length and hashes, canonical form, quorum, digest, and the questions of
 * where it belongs, how old it is and when it ends.
 */
#include "metadata/cycle_steps.h"

#include <string.h>

enum cot_err cot_doc_receive(struct cot_cycle *c)
{
	enum cot_err err = cot_check_limit(c->given.wire, cot_cycle_limit(c));

	return err == COT_OK ? cot_check_length(c->given.wire, &c->expected) : err;
}

/* Hashes up to COT_HASH_STEP bytes more of data; COT_OK when all is hashed. */
static enum cot_err hash_some(struct cot_cycle *c, enum cot_hash_alg alg,
                              struct cot_slice data, uint8_t *ret)
{
	struct cot_slice part = cot_slice_sub(data, c->done, COT_HASH_STEP);

	if (c->done == 0)
		c->config->crypto->hash_init(&c->hash, alg);
	c->config->crypto->hash_update(&c->hash, part);
	c->done += part.len;
	if (c->done < data.len)
		return COT_PENDING;
	c->config->crypto->hash_final(&c->hash, ret);
	c->done = 0;
	return COT_OK;
}

enum cot_err cot_doc_hash_file(struct cot_cycle *c, enum cot_hash_alg alg, struct cot_slice wire)
{
	uint8_t known = alg == COT_HASH_SHA512 ? COT_KNOWN_SHA512 : COT_KNOWN_SHA256;
	uint8_t hash[COT_MAX_HASH_LEN];
	enum cot_err err;

	if ((c->expected.hashes.known & known) == 0)
		return COT_OK;
	err = hash_some(c, alg, wire, hash);
	return err == COT_OK ? cot_check_listed_hash(alg, hash, &c->expected) : err;
}

enum cot_err cot_doc_wire_sha256(struct cot_cycle *c)
{
	return cot_doc_hash_file(c, COT_HASH_SHA256, c->given.wire);
}

enum cot_err cot_doc_wire_sha512(struct cot_cycle *c)
{
	return cot_doc_hash_file(c, COT_HASH_SHA512, c->given.wire);
}

enum cot_err cot_doc_open(struct cot_cycle *c, struct cot_slice canon)
{
	return cot_envelope_parse(canon, cot_cycle_repo(c)->dialect->grammar, &c->env);
}

enum cot_err cot_doc_begin_quorum(struct cot_cycle *c, const struct cot_root *root,
                                  enum cot_role role)
{
	struct cot_role_keys keys;
	enum cot_err err = cot_root_role(root, role, &keys);

	if (err == COT_OK)
		cot_sigcheck_init(&c->sig, c->config->crypto, &c->env, &keys);
	return err;
}

/* CHECK F3.2: the quorum that Root names for the role has signed (also F4.4,
 * F5.3, PV4) */
static enum cot_err check_quorum(struct cot_cycle *c)
{
	return cot_sigcheck_step(&c->sig);
}

enum cot_err cot_doc_quorum(struct cot_cycle *c)
{
	return check_quorum(c);
}

enum cot_err cot_doc_digest(struct cot_cycle *c)
{
	return hash_some(c, COT_HASH_SHA256, c->env.body, c->digest);
}

enum cot_err cot_doc_judge(struct cot_cycle *c)
{
	const struct cot_cycle_config *config = c->config;
	const struct cot_floor *floor = cot_cycle_floor(c);
	enum cot_err err = cot_check_repository(&c->head, cot_cycle_repo(c)->name, config->policy);

	if (err == COT_OK && c->repo == 0)
		err = cot_check_vehicle(&c->head, config->vehicle, config->policy);
	if (err == COT_OK)
		err = cot_check_floor(c->head.version, floor);
	if (err == COT_OK)
		err = cot_check_identical(c->head.version, c->digest, floor);
	if (err == COT_OK)
		err = cot_check_fresh(&c->head, c->verdict.now_s);
	return err;
}

/* The same signed part in another wrapping (signatures added) counts as new where
 * parents list the hash of the file as served.  Where none does, anybody can wrap
 * it anew for ever, and each time would cost a commit. */
static bool is_held_already(struct cot_cycle *c)
{
	const struct cot_floor *floor = cot_cycle_floor(c);

	if (!floor->held || floor->version != c->head.version ||
	    memcmp(floor->digest, c->digest, COT_SHA256_LEN) != 0)
		return false;
	return !cot_cycle_chained(c) || cot_slice_eq(cot_cycle_held(c)->wire, c->given.wire);
}

bool cot_doc_take(struct cot_cycle *c)
{
	struct cot_floor *floor = cot_cycle_floor(c);
	struct cot_doc *held = cot_cycle_held(c);

	if (is_held_already(c))
		return false;
	*held = c->given;
	floor->version = c->head.version;
	floor->held = true;
	memcpy(floor->digest, c->digest, COT_SHA256_LEN);
	c->replaced[c->repo] = (uint8_t)(c->replaced[c->repo] | COT_ROLE_BIT(c->role));
	return true;
}
