/* SPDX-License-Identifier: Apache-2.0
 *
 * Targets of one repository, with a Snapshot above them or without (Uptane
 * 5.4.4.6; steps F5.1 to F5.5, F9, PV3 to PV6, PV8).
 */
#include "metadata/cycle_steps.h"

enum cot_err cot_cycle_targets_done(struct cot_cycle *c)
{
	return cot_cycle_go(c, c->repo == 0 ? COT_PHASE_DIRECTOR : COT_PHASE_AGREE, 0);
}

enum cot_err cot_doc_open_targets(struct cot_cycle *c, struct cot_slice canon)
{
	struct cot_targets *targets = &c->targets[c->repo];
	enum cot_err err = cot_doc_open(c, canon);

	if (err == COT_OK)
		err = cot_targets_parse(c->env.body, c->config->policy, targets);
	if (err == COT_OK)
		c->head = targets->head;
	return err;
}

static enum cot_err targets_open(struct cot_cycle *c)
{
	enum cot_err err = cot_doc_open_targets(c, c->given.canon);

	if (err == COT_OK)
		err = cot_doc_begin_quorum(c, &c->root[c->repo], COT_ROLE_TARGETS);
	/* Every valid signer is remembered beside the floor, not just enough. */
	c->sig.all = true;
	return err;
}

static enum cot_err targets_accept(struct cot_cycle *c)
{
	enum cot_err err = COT_OK;

	if (cot_cycle_chained(c))
		err = cot_check_listed_version(c->head.version, &c->expected);
	if (err == COT_OK)
		err = cot_doc_judge(c);
	if (err != COT_OK)
		return err;
	if (cot_doc_take(c))
		cot_signers_keep(&c->next.repo[c->repo].targets_signers, &c->sig.quorum,
		                 c->config->crypto);
	return cot_cycle_targets_done(c);
}

const struct cot_step cot_steps_targets[] = {
	{ COT_NEED_FILE, cot_doc_receive },
	{ COT_NEED_WORK, cot_doc_wire_sha256 },
	{ COT_NEED_WORK, cot_doc_wire_sha512 },
	{ COT_NEED_WORK, targets_open },
	{ COT_NEED_WORK, cot_doc_quorum },
	{ COT_NEED_WORK, cot_doc_digest },
	{ COT_NEED_WORK, targets_accept }
};
