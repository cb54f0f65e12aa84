/* SPDX-License-Identifier: Apache-2.0
 *
 * What the Director orders, whether the other repositories agree, and the one
 * commit at the end (Uptane 5.4.4.2 steps 8 to 10; F5.6 to F6.1, F10, F11,
 * PV7, PV10).
 */
#include "metadata/cycle_steps.h"

#include <string.h>

/* ---- DIRECTOR ------------------------------------------------------------------ */

/* Nothing is left to agree on: the ECU runs this image under this counter.  With
 * another counter the order would move the ECU's counter floor, and for that the
 * Director's word alone is not enough. */
static bool is_settled(const struct cot_order *order, const struct cot_ecu *ecu)
{
	uint64_t counter = order->target.has_counter ? order->target.counter : 0;

	return cot_order_installed(order, ecu) && counter == ecu->counter;
}

/* What is asked of all orders before the next question is asked of any; what each
 * question found first. */
enum question { TWICE, KNOWN, FIT, QUESTIONS };

struct walk {
	struct cot_orders_seen seen;
	enum cot_err found[QUESTIONS];
};

static void keep(struct walk *w, enum question question, enum cot_err err)
{
	if (w->found[question] == COT_OK)
		w->found[question] = err;
}

/* An order for an ECU of ours: does it fit, and is it installed? */
static enum cot_err look_at_ours(struct cot_cycle *c, struct walk *w,
                                 const struct cot_ordered *ordered, const struct cot_ecu *ecu)
{
	struct cot_order order;
	enum cot_err err = cot_orders_read(ordered, &order);

	if (err != COT_OK)
		return err;
	keep(w, FIT, cot_check_orders_fit(&order, ecu));
	if (!is_settled(&order, ecu))
		c->pending = true;
	return COT_OK;
}

/* Limits are the first question: what they refuse is not looked at any further. */
static enum cot_err look_at(struct cot_cycle *c, struct walk *w,
                            const struct cot_ordered *ordered)
{
	const struct cot_cycle_config *config = c->config;
	const struct cot_ecu *ecu = cot_ecu_find(config->ecus, config->ecu_count, ordered->ecu);
	enum cot_err err = cot_check_order_limits(&w->seen, ordered);

	if (err != COT_OK)
		return err;
	keep(w, TWICE, cot_check_no_ecu_twice(&w->seen, &c->targets[0], ordered));
	if (config->whole_vehicle)
		keep(w, KNOWN, cot_check_ecus_known(ecu));
	return ecu == NULL ? COT_OK : look_at_ours(c, w, ordered, ecu);
}

static enum cot_err answer(const struct walk *w)
{
	enum cot_err err = COT_OK;
	size_t i;

	for (i = 0; err == COT_OK && i < QUESTIONS; i++)
		err = w->found[i];
	return err;
}

/* Each order is looked at once, whatever is asked of it: on a small core reading costs
 * as much as the signature does. */
static enum cot_err check_orders(struct cot_cycle *c)
{
	struct walk w;
	struct cot_order_iter it;
	enum cot_err err = cot_orders_begin(&c->targets[0], &it);

	memset(&w, 0, sizeof(w));
	c->pending = false;
	while (err == COT_OK && (err = cot_orders_skim(&it)) == COT_OK)
		err = look_at(c, &w, &it.ordered);
	return err == COT_E_NOT_FOUND ? answer(&w) : err;
}

/* Cached Targets go the same way: an ECU may have changed since they came. */
static enum cot_err director_check(struct cot_cycle *c)
{
	enum cot_err err = cot_check_no_delegation(&c->targets[0]);

	if (err == COT_OK)
		err = check_orders(c);
	return err == COT_OK ? cot_cycle_next_repo(c) : err;
}

const struct cot_step cot_steps_director[] = {
	{ COT_NEED_WORK, director_check }
};

/* ---- AGREE ----------------------------------------------------------------------- */

/* F10: a primary answers for every order, an ECU for its own. */
static bool concerns_us(const struct cot_cycle_config *config, const struct cot_order *order)
{
	return config->whole_vehicle ||
	       cot_ecu_find(config->ecus, config->ecu_count, order->ecu) != NULL;
}

/* CHECK F10: this repository stands for everything that is ordered */
static enum cot_err check_agreement(const struct cot_cycle *c, const struct cot_targets *image)
{
	const struct cot_cycle_config *config = c->config;
	struct cot_order_iter it;
	struct cot_order order;
	enum cot_err err = cot_orders_begin(&c->targets[0], &it);

	while (err == COT_OK && (err = cot_orders_next(&it, &order)) == COT_OK) {
		if (concerns_us(config, &order))
			err = cot_agree(&order, image, config->policy);
	}
	/* The end of the orders, not a missing entry: that has its own code. */
	return err == COT_E_NOT_FOUND ? COT_OK : err;
}

static enum cot_err agree(struct cot_cycle *c)
{
	enum cot_err err = check_agreement(c, &c->targets[c->repo]);

	if (err != COT_OK)
		return err;
	c->verdict.agreed = (size_t)c->repo + 1 == c->config->repo_count;
	return cot_cycle_next_repo(c);
}

const struct cot_step cot_steps_agree[] = {
	{ COT_NEED_WORK, agree }
};

/* ---- COMMIT: everything that was verified, by one switch ---------------------------- */

static bool worth_a_commit(const struct cot_cycle *c)
{
	size_t i;

	for (i = 0; i < c->config->repo_count; i++) {
		if (c->replaced[i] != 0)
			return true;
	}
	return c->next.time_floor_s >= c->time_floor_s + COT_TIME_FLOOR_STEP_S;
}

static enum cot_err commit_begin(struct cot_cycle *c)
{
	if (!worth_a_commit(c))
		return cot_cycle_over(c);
	memset(&c->commit, 0, sizeof(c->commit));
	c->commit.trust = &c->next;
	memcpy(c->commit.replaced, c->replaced, sizeof(c->replaced));
	return COT_OK;
}

static enum cot_err commit_done(struct cot_cycle *c)
{
	c->verdict.updated = (c->replaced[0] & COT_ROLE_BIT(COT_ROLE_TARGETS)) != 0;
	return cot_cycle_over(c);
}

const struct cot_step cot_steps_commit[] = {
	{ COT_NEED_WORK, commit_begin },
	{ COT_NEED_COMMIT, commit_done }
};

/* ---- before an image moves ----------------------------------------------------------- */

/* CHECK F11: these Targets are still fresh and order this image for this ECU */
enum cot_err cot_order_check_current(const struct cot_targets *director, struct cot_slice ecu,
                                     const uint8_t sha256[COT_SHA256_LEN], int64_t now_s)
{
	const struct cot_hashes *hashes;
	struct cot_order order;
	enum cot_err err = cot_check_fresh(&director->head, now_s);

	if (err == COT_OK)
		err = cot_orders_find(director, ecu, &order);
	if (err != COT_OK)
		return err;
	hashes = &order.target.image.hashes;
	if ((hashes->known & COT_KNOWN_SHA256) == 0 ||
	    memcmp(hashes->sha256, sha256, COT_SHA256_LEN) != 0)
		return COT_E_NOT_ORDERED;
	return COT_OK;
}
