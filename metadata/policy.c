/* SPDX-License-Identifier: Apache-2.0
 *
 * The policies and dialects there are; docs/pouf.md shows them as one table.
 */
#include "metadata/policy.h"

const struct cot_policy cot_policy_uptane = {
	.name = "uptane",
	.uptane_fields = true,
	.snapshot_binds = true,
	.key_ids_recomputed = true,
	.director_chain = true
};

const struct cot_dialect cot_dialect_tuf = {
	.name = "tuf",
	.grammar = COT_GRAMMAR_OLPC
};
