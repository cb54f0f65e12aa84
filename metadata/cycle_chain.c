/* SPDX-License-Identifier: Apache-2.0
 *
 * Timestamp, Snapshot, and the Targets that they list, of one repository (Uptane
 * 5.4.4.4 to 5.4.4.6; steps F3.1 to F5.2, F8).
 *
 * What is held and still is what its parent names is not fetched again; its
 * expiry is looked at again all the same (AMB-06).
 */
#include "metadata/cycle_steps.h"

#include <string.h>

/* ---- TIMESTAMP ----------------------------------------------------------------- */

static enum cot_err timestamp_receive(struct cot_cycle *c)
{
	enum cot_err err = cot_doc_receive(c);

	if (err == COT_OK)
		err = cot_doc_open(c, c->given.canon);
	if (err == COT_OK)
		err = cot_timestamp_parse(c->env.body, c->config->policy, &c->head, &c->expected);
	if (err == COT_OK)
		err = cot_doc_begin_quorum(c, &c->root[c->repo], COT_ROLE_TIMESTAMP);
	return err;
}

/* F3.3: against what the Timestamp named that was trusted so far. */
static enum cot_err check_snapshot_order(struct cot_cycle *c)
{
	const struct cot_floor *snapshot = &c->next.repo[c->repo].floor[COT_ROLE_SNAPSHOT];
	struct cot_envelope env;
	struct cot_head head;
	struct cot_meta held;
	enum cot_err err;

	if (!cot_cycle_floor(c)->held)
		return cot_check_named_snapshot(&c->expected, NULL, snapshot);
	err = cot_envelope_split(cot_cycle_held(c)->canon, &env);
	if (err == COT_OK)
		err = cot_timestamp_parse(env.body, c->config->policy, &head, &held);
	if (err == COT_OK)
		err = cot_check_named_snapshot(&c->expected, &held, snapshot);
	return err;
}

static enum cot_err timestamp_accept(struct cot_cycle *c)
{
	enum cot_err err = cot_doc_judge(c);

	if (err == COT_OK)
		err = check_snapshot_order(c);
	if (err != COT_OK)
		return err;
	(void)cot_doc_take(c);
	/* F6.1: nothing is to be installed; the other repositories' Root and
	 * Timestamp were refreshed so that revoked keys do not linger. */
	if (c->repo > 0 && !c->pending)
		return cot_cycle_next_repo(c);
	return cot_cycle_go(c, COT_PHASE_SNAPSHOT, 0);
}

static const struct cot_step steps_timestamp[] = {
	{ COT_NEED_FILE, timestamp_receive },
	{ COT_NEED_WORK, cot_doc_quorum },
	{ COT_NEED_WORK, cot_doc_digest },
	{ COT_NEED_WORK, timestamp_accept }
};

/* ---- is the held file the one that its parent names? (F4.1, F8.2) ------------------ */

static bool held_may_stay(struct cot_cycle *c)
{
	const struct cot_floor *floor = cot_cycle_floor(c);

	return floor->held && floor->version == c->expected.version &&
	       cot_check_length(cot_cycle_held(c)->wire, &c->expected) == COT_OK;
}

/* One hash of the held file; where it differs, the file is fetched. */
static enum cot_err held_hash(struct cot_cycle *c, enum cot_hash_alg alg,
                              enum cot_phase phase, uint8_t fetch)
{
	enum cot_err err = cot_doc_hash_file(c, alg, cot_cycle_held(c)->wire);

	return err < COT_OK ? cot_cycle_go(c, phase, fetch) : err;
}

/* ---- SNAPSHOT ------------------------------------------------------------------------ */

#define SNAPSHOT_FETCH 4u

static enum cot_err snapshot_begin(struct cot_cycle *c)
{
	if (held_may_stay(c))
		return COT_OK;
	return cot_cycle_go(c, COT_PHASE_SNAPSHOT, SNAPSHOT_FETCH);
}

static enum cot_err snapshot_held_sha256(struct cot_cycle *c)
{
	return held_hash(c, COT_HASH_SHA256, COT_PHASE_SNAPSHOT, SNAPSHOT_FETCH);
}

static enum cot_err snapshot_held_sha512(struct cot_cycle *c)
{
	return held_hash(c, COT_HASH_SHA512, COT_PHASE_SNAPSHOT, SNAPSHOT_FETCH);
}

static enum cot_err snapshot_keep(struct cot_cycle *c)
{
	struct cot_slice meta;
	enum cot_err err = cot_envelope_split(cot_cycle_held(c)->canon, &c->env);

	if (err == COT_OK)
		err = cot_snapshot_parse(c->env.body, c->config->policy, &c->head, &meta);
	if (err == COT_OK)
		err = cot_check_fresh(&c->head, c->verdict.now_s);
	if (err != COT_OK)
		return err;
	c->unchanged[c->repo] = true;
	return cot_cycle_go(c, COT_PHASE_LISTED, 0);
}

static enum cot_err snapshot_parse(struct cot_cycle *c)
{
	struct cot_slice meta;
	enum cot_err err = cot_doc_open(c, c->given.canon);

	if (err == COT_OK)
		err = cot_snapshot_parse(c->env.body, c->config->policy, &c->head, &meta);
	if (err == COT_OK)
		err = cot_doc_begin_quorum(c, &c->root[c->repo], COT_ROLE_SNAPSHOT);
	return err;
}

static enum cot_err snapshot_meta(struct cot_cycle *c, struct cot_slice canon,
                                  struct cot_slice *ret)
{
	struct cot_envelope env;
	struct cot_head head;
	enum cot_err err = cot_envelope_split(canon, &env);

	return err == COT_OK ? cot_snapshot_parse(env.body, c->config->policy, &head, ret) : err;
}

/* F4.6, F4.7 */
static enum cot_err check_files_stay(struct cot_cycle *c)
{
	struct cot_slice held, now;
	enum cot_err err;

	if (!cot_cycle_floor(c)->held)
		return COT_OK;
	err = snapshot_meta(c, cot_cycle_held(c)->canon, &held);
	if (err == COT_OK)
		err = snapshot_meta(c, c->given.canon, &now);
	if (err == COT_OK)
		err = cot_check_listed_files(held, now);
	return err;
}

static enum cot_err snapshot_accept(struct cot_cycle *c)
{
	enum cot_err err = cot_check_listed_version(c->head.version, &c->expected);

	if (err == COT_OK)
		err = cot_doc_judge(c);
	if (err == COT_OK)
		err = check_files_stay(c);
	if (err != COT_OK)
		return err;
	(void)cot_doc_take(c);
	return cot_cycle_go(c, COT_PHASE_LISTED, 0);
}

static const struct cot_step steps_snapshot[] = {
	{ COT_NEED_WORK, snapshot_begin },
	{ COT_NEED_WORK, snapshot_held_sha256 },
	{ COT_NEED_WORK, snapshot_held_sha512 },
	{ COT_NEED_WORK, snapshot_keep },
	[SNAPSHOT_FETCH] = { COT_NEED_FILE, cot_doc_receive },
	{ COT_NEED_WORK, cot_doc_wire_sha256 },
	{ COT_NEED_WORK, cot_doc_wire_sha512 },
	{ COT_NEED_WORK, snapshot_parse },
	{ COT_NEED_WORK, cot_doc_quorum },
	{ COT_NEED_WORK, cot_doc_digest },
	{ COT_NEED_WORK, snapshot_accept }
};

/* ---- LISTED: the Targets that Snapshot names ------------------------------------------- */

#define LISTED_KEEP 3u

static enum cot_err listed_begin(struct cot_cycle *c)
{
	struct cot_slice meta;
	enum cot_err err;

	memset(&c->expected, 0, sizeof(c->expected));
	err = snapshot_meta(c, c->docs.doc[c->repo][COT_ROLE_SNAPSHOT].canon, &meta);
	if (err == COT_OK)
		err = cot_snapshot_find(meta, COT_SLICE("targets.json"), c->config->policy,
		                        &c->expected);
	if (err != COT_OK)
		return err;
	if (!held_may_stay(c))
		return cot_cycle_go(c, COT_PHASE_TARGETS, 0);
	/* An unchanged Snapshot was compared with these Targets when both came. */
	return c->unchanged[c->repo] ? cot_cycle_go(c, COT_PHASE_LISTED, LISTED_KEEP) : COT_OK;
}

static enum cot_err listed_held_sha256(struct cot_cycle *c)
{
	return held_hash(c, COT_HASH_SHA256, COT_PHASE_TARGETS, 0);
}

static enum cot_err listed_held_sha512(struct cot_cycle *c)
{
	return held_hash(c, COT_HASH_SHA512, COT_PHASE_TARGETS, 0);
}

static enum cot_err listed_keep_open(struct cot_cycle *c)
{
	return cot_doc_open_targets(c, cot_cycle_held(c)->canon) == COT_OK ? COT_OK : COT_E_STORE;
}

/* CHECK F2.1d: held Targets are those that were committed, before any lookup */
static enum cot_err check_held_targets(struct cot_cycle *c)
{
	const struct cot_floor *floor = cot_cycle_floor(c);

	if (c->head.version != floor->version ||
	    memcmp(c->digest, floor->digest, COT_SHA256_LEN) != 0)
		return COT_E_STORE;
	return COT_OK;
}

static enum cot_err listed_keep(struct cot_cycle *c)
{
	enum cot_err err = check_held_targets(c);

	if (err == COT_OK)
		err = cot_check_fresh(&c->head, c->verdict.now_s);
	return err == COT_OK ? cot_cycle_targets_done(c) : err;
}

static const struct cot_step steps_listed[] = {
	{ COT_NEED_WORK, listed_begin },
	{ COT_NEED_WORK, listed_held_sha256 },
	{ COT_NEED_WORK, listed_held_sha512 },
	[LISTED_KEEP] = { COT_NEED_WORK, listed_keep_open },
	{ COT_NEED_WORK, cot_doc_digest },
	{ COT_NEED_WORK, listed_keep }
};

/* ---- the phases of full verification ---------------------------------------------------- */

static enum cot_err parse_held(struct cot_cycle *c)
{
	const struct cot_policy *policy = c->config->policy;
	struct cot_slice meta;

	if (c->role == COT_ROLE_TIMESTAMP)
		return cot_timestamp_parse(c->env.body, policy, &c->head, &c->expected);
	return cot_snapshot_parse(c->env.body, policy, &c->head, &meta);
}

const struct cot_chain cot_chain_full = {
	.steps = {
		[COT_PHASE_TIMESTAMP] = steps_timestamp,
		[COT_PHASE_SNAPSHOT] = steps_snapshot,
		[COT_PHASE_LISTED] = steps_listed,
		[COT_PHASE_AGREE] = cot_steps_agree
	},
	.parse_held = parse_held
};
