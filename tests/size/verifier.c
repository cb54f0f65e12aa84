/* SPDX-License-Identifier: Apache-2.0
 *
 * A program that names all of one verification and nothing else, for `make size`: what
 * the linker keeps of keys/ and metadata/ is the verifier.  -DCHAIN=&cot_chain_full is
 * full verification, -DCHAIN=NULL partial.  It is linked and never run.
 */
#include "metadata/cycle.h"

static struct cot_cycle cycle;
static struct cot_trust trust;
static struct cot_held held;
static struct cot_nonce nonce;
static struct cot_repo {
	struct cot_cycle_repo of[COT_MAX_REPOS];
} repos;
static struct cot_crypto crypto; /* a port's own */
static struct cot_ecu ecu;
static const uint8_t random[COT_NONCE_LEN];
volatile unsigned result;

static const struct cot_cycle_config config = {
	.policy = &cot_policy_uptane,
	.crypto = &crypto,
	.repos = repos.of,
	.repo_count = COT_MAX_REPOS,
	.chain = CHAIN,
	.aside = &trust,
	.ecus = &ecu,
	.ecu_count = 1,
	.nonce = &nonce
};

/* What a hand does for one need. */
static void serve(const struct cot_need *need)
{
	static const struct cot_doc doc;

	switch (need->kind) {
	case COT_NEED_WORK: cot_cycle_step(&cycle); break;
	case COT_NEED_FILE: cot_cycle_give(&cycle, doc, 0); break;
	case COT_NEED_TIME: cot_cycle_absent(&cycle); break;
	case COT_NEED_COMMIT:
		result = cot_cycle_commit(&cycle)->root_step;
		cot_cycle_committed(&cycle);
		break;
	default: cot_cycle_failed(&cycle, COT_E_IO); break;
	}
}

int main(void)
{
	struct cot_targets orders;
	struct cot_order order;
	struct cot_need need = { .kind = COT_NEED_WORK };

	repos.of[0].dialect = &cot_dialect_tuf;
	cot_nonce_make(&nonce, random, 0);
	cot_cycle_init(&cycle, &config, &trust, &held);
	while (need.kind != COT_NEED_NOTHING) {
		cot_cycle_need(&cycle, &need);
		serve(&need);
	}
	if (cot_cycle_verdict(&cycle)->err == COT_OK &&
	    cot_cycle_orders(&cycle, &orders) == COT_OK &&
	    cot_orders_find(&orders, ecu.serial, &order) == COT_OK)
		result = cot_order_check_current(&orders, ecu.serial, cycle.digest, 0) == COT_OK;
	return 0;
}
