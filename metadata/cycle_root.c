/* SPDX-License-Identifier: Apache-2.0
 *
 * The cycle's first half: what is held, the Root walk, time, Root's expiry
 * (Uptane 5.4.4.3; steps F2.1 to F2.9, F7, PV1, PV2).
 *
 * A device that was off for years walks the whole way from its Root to the
 * newest one; only then is time asked for, because only the newest Root says
 * which time keys count, and only then does a Root's own expiry matter.
 */
#include "metadata/cycle_steps.h"

#include <string.h>

/* ---- HELD: what the store gave back is verified before it is used ---------------- */

/* A damaged store is one refusal, whatever is damaged in it. */
static enum cot_err as_store(enum cot_err err)
{
	return err < COT_OK ? COT_E_STORE : err;
}

/* CHECK D4.2: no key stands in two repositories' Roots */
static enum cot_err check_disjoint(const struct cot_cycle *c, struct cot_slice object)
{
	enum cot_err err = COT_OK;
	size_t i;

	for (i = 0; i < c->config->repo_count && err == COT_OK; i++) {
		if (i != c->repo)
			err = cot_root_check_apart(object, &c->root[i]);
	}
	return err;
}

/* Each key of root, which is c->repo's, one per step. */
static enum cot_err disjoint_some(struct cot_cycle *c, const struct cot_root *root)
{
	struct cot_slice id, object;
	enum cot_err err;

	if (c->config->repo_count == 1 || !cot_root_next_key(root, &c->done, &id, &object))
		return COT_OK;
	err = check_disjoint(c, object);
	return err == COT_OK ? COT_PENDING : err;
}

#define HELD_DISJOINT 4u

static enum cot_err held_next(struct cot_cycle *c)
{
	c->role = (enum cot_role)(c->role + 1);
	/* Targets are hashed again when they are about to be looked into. */
	if (c->role == COT_ROLE_TARGETS) {
		c->role = COT_ROLE_ROOT;
		c->repo++;
	}
	if (c->repo < c->config->repo_count)
		return cot_cycle_go(c, COT_PHASE_HELD, 0);
	c->repo = 0;
	return cot_cycle_go(c, COT_PHASE_HELD, HELD_DISJOINT);
}

/* CHECK F2.1: the held document is of the version that was committed */
static enum cot_err check_held_version(const struct cot_cycle *c, const struct cot_floor *floor)
{
	return c->head.version == floor->version ? COT_OK : COT_E_STORE;
}

/* A Root is opened without a look at its keys and roles: every one of them was
 * checked when this Root was accepted, which takes more than a signature check for
 * two keys.  Nothing is believed for it before held_digest: only the very bytes that
 * were checked then have the digest that was committed with them, in one record.
 * Whoever can write that record too needs no unsound key; a sound one of his own
 * would do, and no check in here could tell. */
static enum cot_err held_parse(struct cot_cycle *c)
{
	struct cot_root *root = &c->root[c->repo];
	enum cot_err err = cot_doc_open(c, cot_cycle_held(c)->canon);

	if (err != COT_OK)
		return err;
	if (c->role != COT_ROLE_ROOT)
		return c->config->chain->parse_held(c);
	err = cot_root_open(c->env.body, c->config->policy, root);
	c->head = root->head;
	return err;
}

static enum cot_err held_open(struct cot_cycle *c)
{
	const struct cot_floor *floor = cot_cycle_floor(c);
	enum cot_err err;

	if ((cot_cycle_repo(c)->roles & COT_ROLE_BIT(c->role)) == 0 || !floor->held) {
		return c->role == COT_ROLE_ROOT ? COT_E_UNPROVISIONED : held_next(c);
	}
	err = held_parse(c);
	if (err == COT_OK)
		err = check_held_version(c, floor);
	return as_store(err);
}

/* CHECK F2.1c: the held document is the one that was committed */
static enum cot_err check_held_digest(struct cot_cycle *c)
{
	return memcmp(c->digest, cot_cycle_floor(c)->digest, COT_SHA256_LEN) == 0 ?
	       COT_OK : COT_E_STORE;
}

/* From here on the document's members are believed, its keys first of all. */
static enum cot_err held_digest(struct cot_cycle *c)
{
	enum cot_err err = cot_doc_digest(c);

	if (err == COT_OK)
		err = check_held_digest(c);
	if (err == COT_OK)
		err = cot_doc_begin_quorum(c, &c->root[c->repo], c->role);
	return as_store(err);
}

/* CHECK F2.1b: the held document has the quorum of the held Root */
static enum cot_err held_quorum(struct cot_cycle *c)
{
	return as_store(cot_sigcheck_step(&c->sig));
}

static enum cot_err held_disjoint(struct cot_cycle *c)
{
	enum cot_err err = disjoint_some(c, &c->root[0]);

	return err == COT_OK ? cot_cycle_go(c, COT_PHASE_ROOT, 0) : err;
}

const struct cot_step cot_steps_held[] = {
	{ COT_NEED_WORK, held_open },
	{ COT_NEED_WORK, held_digest },
	{ COT_NEED_WORK, held_quorum },
	{ COT_NEED_WORK, held_next },
	{ COT_NEED_WORK, held_disjoint }
};

/* ---- ROOT: from version N to N+1, one commit each ---------------------------------- */

static enum cot_err root_receive(struct cot_cycle *c)
{
	struct cot_head head;
	enum cot_err err = cot_doc_receive(c);

	if (err == COT_OK)
		err = cot_doc_open(c, c->given.canon);
	if (err == COT_OK)
		err = cot_head_parse(c->env.body, COT_ROLE_ROOT, &head);
	if (err == COT_OK)
		err = cot_doc_begin_quorum(c, &c->root[c->repo], COT_ROLE_ROOT);
	return err;
}

/* CHECK F2.3: the quorum of Root N has signed N+1 */
static enum cot_err root_old_quorum(struct cot_cycle *c)
{
	enum cot_err err = cot_sigcheck_step(&c->sig);

	return err == COT_E_SIG_THRESHOLD ? COT_E_ROOT_SIG_OLD : err;
}

/* F2.6: a Root that could not be lived with is refused before it is trusted. */
static enum cot_err root_open(struct cot_cycle *c)
{
	return cot_root_open(c->env.body, c->config->policy, &c->candidate);
}

static enum cot_err root_keys(struct cot_cycle *c)
{
	return cot_root_check_keys(&c->candidate, c->config->policy, c->config->crypto,
	                           &c->done);
}

static enum cot_err root_roles(struct cot_cycle *c)
{
	enum cot_err err = cot_root_check_roles(&c->candidate, &c->done);

	if (err == COT_OK)
		err = cot_doc_begin_quorum(c, &c->candidate, COT_ROLE_ROOT);
	return err;
}

/* CHECK F2.4: the quorum of Root N+1 has signed it too */
static enum cot_err root_new_quorum(struct cot_cycle *c)
{
	enum cot_err err = cot_sigcheck_step(&c->sig);

	return err == COT_E_SIG_THRESHOLD ? COT_E_ROOT_SIG_NEW : err;
}

/* What is committed, without candidates: the first repository has none before its
 * Root walk is over. */
static struct cot_trust *settled(struct cot_cycle *c)
{
	return c->repo == 0 ? &c->next : c->config->aside;
}

static struct cot_repo_trust *settled_repo(struct cot_cycle *c)
{
	return &settled(c)->repo[c->repo];
}

/* The floor of a role whose keys cannot be trusted any more. */
static void drop_floor(struct cot_cycle *c, enum cot_role role)
{
	struct cot_floor *floor = &settled_repo(c)->floor[role];

	memset(floor, 0, sizeof(*floor));
	floor->version = cot_root_floor(&c->candidate, role);
	c->commit.dropped[c->repo] =
		(uint8_t)(c->commit.dropped[c->repo] | COT_ROLE_BIT(role));
}

/* How many of those who signed the held Targets does the new Root still list? */
static uint32_t signers_left(const struct cot_cycle *c, const struct cot_role_keys *role)
{
	const struct cot_signers *s = &c->next.repo[c->repo].targets_signers;
	uint8_t fingerprint[COT_SHA256_LEN];
	struct cot_json_iter it;
	struct cot_key key;
	uint32_t seen = 0, count = 0, i;

	if (cot_json_array(role->keyids, &it) != COT_OK)
		return 0;
	while (cot_role_next_key(role, &it, &key)) {
		if (cot_key_fingerprint(&key, c->config->crypto, fingerprint) != COT_OK)
			continue;
		for (i = 0; i < s->count && i < COT_MAX_SIGNERS; i++) {
			if (memcmp(s->fingerprint[i], fingerprint, COT_SHA256_LEN) == 0)
				seen |= 1u << i;
		}
	}
	for (i = 0; i < COT_MAX_SIGNERS; i++)
		count += seen >> i & 1u;
	return count;
}

/* Is what is trusted as Targets no longer vouched for?  No more signers are
 * remembered than COT_MAX_SIGNERS, so a higher threshold asks for that many. */
static bool targets_orphaned(const struct cot_cycle *c)
{
	struct cot_role_keys role;
	uint32_t needed;

	if (!c->next.repo[c->repo].floor[COT_ROLE_TARGETS].held)
		return false;
	if (cot_root_role(&c->candidate, COT_ROLE_TARGETS, &role) != COT_OK)
		return true;
	needed = role.threshold < COT_MAX_SIGNERS ? role.threshold : COT_MAX_SIGNERS;
	return signers_left(c, &role) < needed;
}

static bool rotated(const struct cot_cycle *c, enum cot_role role)
{
	return cot_root_rotated(&c->root[c->repo], &c->candidate, role);
}

/* F2.8, F2.9: what was signed with keys that are gone sets no floor any more. */
static void stage_role(struct cot_cycle *c, enum cot_role role)
{
	if (!(role == COT_ROLE_TARGETS ? targets_orphaned(c) : rotated(c, role)))
		return;
	if (role == COT_ROLE_TARGETS) {
		drop_floor(c, COT_ROLE_TARGETS);
		memset(&settled_repo(c)->targets_signers, 0, sizeof(struct cot_signers));
	} else if (role != COT_ROLE_TIME) {
		drop_floor(c, COT_ROLE_TIMESTAMP);
		drop_floor(c, COT_ROLE_SNAPSHOT);
	} else if (c->repo == 0) {
		c->next.time_floor_s = c->next.provisioned_time_s;
	}
}

static void stage_root(struct cot_cycle *c)
{
	struct cot_floor *floor = &settled_repo(c)->floor[COT_ROLE_ROOT];

	floor->version = c->candidate.head.version;
	floor->held = true;
	memcpy(floor->digest, c->digest, COT_SHA256_LEN);
	c->commit.trust = settled(c);
	c->commit.replaced[c->repo] = COT_ROLE_BIT(COT_ROLE_ROOT);
	c->commit.root_step = true;
}

/* One role per step; part of the same record as the Root step, so that no power cut
 * comes between. */
static enum cot_err root_stage(struct cot_cycle *c)
{
	if (c->done == COT_ROLE_ROOT)
		memset(&c->commit, 0, sizeof(c->commit));
	stage_role(c, (enum cot_role)++c->done);
	if (c->done < COT_ROLE_TIME)
		return COT_PENDING;
	c->done = 0;
	stage_root(c);
	return COT_OK;
}

static enum cot_err root_accept(struct cot_cycle *c)
{
	const struct cot_head *head = &c->candidate.head;
	enum cot_err err = cot_check_root_version(head->version, cot_cycle_floor(c));

	if (err == COT_OK)
		err = cot_check_repository(head, cot_cycle_repo(c)->name, c->config->policy);
	return err == COT_OK ? disjoint_some(c, &c->candidate) : err;
}

static enum cot_err root_committed(struct cot_cycle *c)
{
	struct cot_doc *docs = c->docs.doc[c->repo];
	unsigned role;

	for (role = 0; role < COT_ROLE_COUNT; role++) {
		if ((c->commit.dropped[c->repo] & COT_ROLE_BIT(role)) != 0)
			memset(&docs[role], 0, sizeof(docs[role]));
	}
	docs[COT_ROLE_ROOT] = c->given;
	c->root[c->repo] = c->candidate;
	if (settled(c) != &c->next)
		c->next.repo[c->repo] = *settled_repo(c);
	else if (c->config->repo_count > 1)
		*c->config->aside = c->next;
	if (c->repo == 0)
		c->time_floor_s = c->next.time_floor_s;
	c->root_steps++;
	if (c->root_steps >= COT_MAX_ROOT_STEPS)
		return COT_E_ROOT_WALK;
	return cot_cycle_go(c, COT_PHASE_ROOT, 0);
}

const struct cot_step cot_steps_root[] = {
	{ COT_NEED_FILE, root_receive },
	{ COT_NEED_WORK, root_old_quorum },
	{ COT_NEED_WORK, root_open },
	{ COT_NEED_WORK, root_keys },
	{ COT_NEED_WORK, root_roles },
	{ COT_NEED_WORK, root_new_quorum },
	{ COT_NEED_WORK, cot_doc_digest },
	{ COT_NEED_WORK, root_accept },
	{ COT_NEED_WORK, root_stage },
	{ COT_NEED_COMMIT, root_committed }
};

/* ---- TIME: one `now` for the whole cycle ---------------------------------------------- */

static enum cot_err time_receive(struct cot_cycle *c)
{
	struct cot_time_msg msg;
	enum cot_err err = cot_doc_receive(c);

	if (err == COT_OK)
		err = cot_doc_open(c, c->given.canon);
	if (err == COT_OK)
		err = cot_time_parse(c->env.body, &msg);
	if (err == COT_OK && cot_doc_begin_quorum(c, &c->root[0], COT_ROLE_TIME) != COT_OK)
		err = COT_E_NO_TIME;
	return err;
}

/* CHECK D11.5: the quorum of the newest Director Root's time keys has signed */
static enum cot_err time_quorum(struct cot_cycle *c)
{
	return cot_sigcheck_step(&c->sig);
}

static enum cot_err time_accept(struct cot_cycle *c)
{
	const struct cot_time_floor floor = {
		.root_version = c->root[0].head.version,
		.time_s = c->next.time_floor_s
	};
	struct cot_time_msg msg;
	enum cot_err err = cot_time_parse(c->env.body, &msg);

	if (err == COT_OK)
		err = cot_time_accept(&msg, c->config->nonce, &floor, c->given_ms,
		                      &c->verdict.now_s);
	if (err != COT_OK)
		return err;
	/* The floor is what was signed, not what our own ticks added to it. */
	c->next.time_floor_s = msg.time_s;
	return cot_cycle_go(c, COT_PHASE_ROOT_END, 0);
}

const struct cot_step cot_steps_time[] = {
	{ COT_NEED_TIME, time_receive },
	{ COT_NEED_WORK, time_quorum },
	{ COT_NEED_WORK, time_accept }
};

/* ---- ROOT_END: only the final Root has to be fresh -------------------------------------- */

/* F2.7: a withheld newer Root can freeze a device no longer than this. */
static enum cot_err root_end(struct cot_cycle *c)
{
	enum cot_err err = cot_check_fresh(&c->root[c->repo].head, c->verdict.now_s);

	if (err != COT_OK)
		return err;
	return cot_cycle_go(c, cot_cycle_chained(c) ? COT_PHASE_TIMESTAMP : COT_PHASE_TARGETS, 0);
}

const struct cot_step cot_steps_root_end[] = {
	{ COT_NEED_WORK, root_end }
};
