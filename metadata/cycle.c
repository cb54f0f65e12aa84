/* SPDX-License-Identifier: Apache-2.0
 *
 * The update cycle's interface: see cycle.h, and cycle_steps.h for how it is
 * built.  Nothing here judges a document.
 */
#include "metadata/cycle_steps.h"
#include "keys/encode.h"

#include <string.h>

/* Phases that every cycle has; the others are the chain's. */
static const struct cot_step *const phases[COT_PHASE_OVER] = {
	[COT_PHASE_HELD] = cot_steps_held,
	[COT_PHASE_ROOT] = cot_steps_root,
	[COT_PHASE_TIME] = cot_steps_time,
	[COT_PHASE_ROOT_END] = cot_steps_root_end,
	[COT_PHASE_TARGETS] = cot_steps_targets,
	[COT_PHASE_DIRECTOR] = cot_steps_director,
	[COT_PHASE_COMMIT] = cot_steps_commit
};

static const enum cot_role phase_roles[] = {
	[COT_PHASE_HELD] = COT_ROLE_ROOT,
	[COT_PHASE_ROOT] = COT_ROLE_ROOT,
	[COT_PHASE_TIME] = COT_ROLE_TIME,
	[COT_PHASE_ROOT_END] = COT_ROLE_ROOT,
	[COT_PHASE_TIMESTAMP] = COT_ROLE_TIMESTAMP,
	[COT_PHASE_SNAPSHOT] = COT_ROLE_SNAPSHOT,
	[COT_PHASE_LISTED] = COT_ROLE_TARGETS,
	[COT_PHASE_TARGETS] = COT_ROLE_TARGETS,
	[COT_PHASE_DIRECTOR] = COT_ROLE_TARGETS,
	[COT_PHASE_AGREE] = COT_ROLE_TARGETS,
	[COT_PHASE_COMMIT] = COT_ROLE_TARGETS
};

static const struct cot_step *step_at(const struct cot_cycle *c)
{
	const struct cot_step *steps = phases[c->phase];

	if (steps == NULL)
		steps = c->config->chain->steps[c->phase];
	return &steps[c->step];
}

/* ---- moving about ---------------------------------------------------------------- */

enum cot_err cot_cycle_go(struct cot_cycle *c, enum cot_phase phase, uint8_t step)
{
	/* HELD goes through the roles itself. */
	if (phase != COT_PHASE_HELD)
		c->role = phase_roles[phase];
	/* These have no parent that says how long they are. */
	if (phase <= COT_PHASE_TIMESTAMP)
		memset(&c->expected, 0, sizeof(c->expected));
	c->phase = phase;
	c->step = step;
	c->done = 0;
	c->have = false;
	return COT_PENDING;
}

enum cot_err cot_cycle_over(struct cot_cycle *c)
{
	c->phase = COT_PHASE_OVER;
	return COT_PENDING;
}

static void refuse(struct cot_cycle *c, enum cot_err err)
{
	c->verdict.err = err;
	c->verdict.repo = c->repo;
	c->verdict.role = c->role;
	c->verdict.agreed = false;
	c->phase = COT_PHASE_OVER;
}

enum cot_err cot_cycle_next_repo(struct cot_cycle *c)
{
	if ((size_t)c->repo + 1 == c->config->repo_count)
		return cot_cycle_go(c, COT_PHASE_COMMIT, 0);
	c->repo++;
	return cot_cycle_go(c, COT_PHASE_ROOT, 0);
}

enum cot_err cot_cycle_walked(struct cot_cycle *c)
{
	return cot_cycle_go(c, c->repo == 0 ? COT_PHASE_TIME : COT_PHASE_ROOT_END, 0);
}

const struct cot_cycle_repo *cot_cycle_repo(const struct cot_cycle *c)
{
	return &c->config->repos[c->repo];
}

bool cot_cycle_chained(const struct cot_cycle *c)
{
	return (cot_cycle_repo(c)->roles & COT_ROLE_BIT(COT_ROLE_SNAPSHOT)) != 0;
}

size_t cot_cycle_limit(const struct cot_cycle *c)
{
	size_t max = COT_MAX_TIME;

	if (c->role < COT_ROLE_COUNT)
		max = cot_cycle_repo(c)->max_len[c->role];
	if (c->expected.has_length && c->expected.length < max)
		max = (size_t)c->expected.length;
	return max;
}

struct cot_floor *cot_cycle_floor(struct cot_cycle *c)
{
	return &c->next.repo[c->repo].floor[c->role];
}

struct cot_doc *cot_cycle_held(struct cot_cycle *c)
{
	return &c->docs.doc[c->repo][c->role];
}

/* ---- the interface ------------------------------------------------------------------ */

/* Timestamp and Snapshot come together or not at all. */
static bool roles_sound(uint8_t roles)
{
	return roles == COT_ROLES_FULL || roles == COT_ROLES_PARTIAL;
}

static bool config_sound(const struct cot_cycle_config *config)
{
	size_t i;

	if (config->repo_count < 1 || config->repo_count > COT_MAX_REPOS)
		return false;
	if (config->repo_count > 1 && (config->chain == NULL || config->aside == NULL))
		return false;
	for (i = 0; i < config->repo_count; i++) {
		uint8_t roles = config->repos[i].roles;

		if (!roles_sound(roles) || (roles == COT_ROLES_FULL && config->chain == NULL))
			return false;
	}
	return true;
}

void cot_cycle_init(struct cot_cycle *c, const struct cot_cycle_config *config,
                    const struct cot_trust *trust, const struct cot_held *held)
{
	memset(c, 0, sizeof(*c));
	c->config = config;
	c->next = *trust;
	c->time_floor_s = trust->time_floor_s;
	c->docs = *held;
	if (!config_sound(config))
		refuse(c, COT_E_ARGUMENT);
	else if (config->repo_count > 1)
		*config->aside = *trust;
}

static enum cot_need_kind need_kind(const struct cot_cycle *c)
{
	enum cot_need_kind kind;

	if (c->phase >= COT_PHASE_OVER)
		return COT_NEED_NOTHING;
	kind = step_at(c)->need;
	return c->have && kind != COT_NEED_COMMIT ? COT_NEED_WORK : kind;
}

/* "7.root.json", or "root.json" for version 0. */
static void write_name(char ret[32], uint32_t version, enum cot_role role)
{
	struct cot_slice name = cot_slice_str(cot_role_name(role));
	size_t len = 0;

	if (version != 0) {
		len = cot_decimal_write(version, ret);
		ret[len++] = '.';
	}
	memcpy(ret + len, name.ptr, name.len);
	memcpy(ret + len + name.len, ".json", sizeof(".json"));
}

static uint32_t wanted_version(const struct cot_cycle *c)
{
	if (c->phase == COT_PHASE_ROOT)
		return c->root[c->repo].head.version + 1u;
	return c->phase == COT_PHASE_TIMESTAMP ? 0 : c->expected.version;
}

void cot_cycle_need(const struct cot_cycle *c, struct cot_need *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->kind = need_kind(c);
	ret->repo = c->repo;
	ret->role = c->role;
	if (ret->kind != COT_NEED_FILE && ret->kind != COT_NEED_TIME)
		return;
	ret->max_len = cot_cycle_limit(c);
	if (ret->kind == COT_NEED_FILE) {
		ret->version = wanted_version(c);
		write_name(ret->name, ret->version, ret->role);
	}
}

static void run_step(struct cot_cycle *c)
{
	enum cot_err err = step_at(c)->run(c);

	if (err == COT_OK)
		c->step++;
	else if (err < COT_OK)
		refuse(c, err);
}

void cot_cycle_step(struct cot_cycle *c)
{
	if (c->phase == COT_PHASE_OVER)
		return;
	if (need_kind(c) == COT_NEED_WORK)
		run_step(c);
	else
		refuse(c, COT_E_SEQUENCE);
}

static bool awaits_document(struct cot_cycle *c)
{
	enum cot_need_kind kind = need_kind(c);

	if (kind == COT_NEED_FILE || kind == COT_NEED_TIME)
		return true;
	if (kind != COT_NEED_NOTHING)
		refuse(c, COT_E_SEQUENCE);
	return false;
}

void cot_cycle_give(struct cot_cycle *c, struct cot_doc doc, uint64_t now_ms)
{
	if (!awaits_document(c))
		return;
	c->given = doc;
	c->given_ms = now_ms;
	c->have = true;
}

void cot_cycle_absent(struct cot_cycle *c)
{
	if (!awaits_document(c))
		return;
	if (c->phase == COT_PHASE_ROOT)
		(void)cot_cycle_walked(c);
	else
		refuse(c, c->phase == COT_PHASE_TIME ? COT_E_NO_TIME : COT_E_ABSENT);
}

void cot_cycle_failed(struct cot_cycle *c, enum cot_err why)
{
	enum cot_need_kind kind = need_kind(c);

	if (kind == COT_NEED_NOTHING)
		return;
	if (kind == COT_NEED_WORK)
		refuse(c, COT_E_SEQUENCE);
	else if (kind == COT_NEED_TIME)
		refuse(c, COT_E_NO_TIME);
	else
		refuse(c, why < COT_OK ? why : COT_E_ARGUMENT);
}

const struct cot_commit *cot_cycle_commit(const struct cot_cycle *c)
{
	return need_kind(c) == COT_NEED_COMMIT ? &c->commit : NULL;
}

void cot_cycle_committed(struct cot_cycle *c)
{
	enum cot_need_kind kind = need_kind(c);

	if (kind == COT_NEED_COMMIT)
		run_step(c);
	else if (kind != COT_NEED_NOTHING)
		refuse(c, COT_E_SEQUENCE);
}

const struct cot_verdict *cot_cycle_verdict(const struct cot_cycle *c)
{
	return &c->verdict;
}

enum cot_err cot_cycle_orders(const struct cot_cycle *c, struct cot_targets *ret)
{
	struct cot_slice canon = c->docs.doc[0][COT_ROLE_TARGETS].canon;
	struct cot_envelope env;
	enum cot_err err;

	if (c->phase != COT_PHASE_OVER || c->verdict.err != COT_OK ||
	    !c->next.repo[0].floor[COT_ROLE_TARGETS].held)
		return COT_E_NOT_FOUND;
	err = cot_envelope_split(canon, &env);
	return err == COT_OK ? cot_targets_parse(env.body, c->config->policy, ret) : err;
}
