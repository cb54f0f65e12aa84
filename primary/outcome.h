/* SPDX-License-Identifier: Apache-2.0
 *
 * What happened last, for people: outcome.json in the state folder.  It is
 * written after each round and read by cotterctl; nothing is ever decided by
 * it, so a damaged one is simply none.
 */
#ifndef COTTER_PRIMARY_OUTCOME_H
#define COTTER_PRIMARY_OUTCOME_H

#include "primary/store.h"

#include <jansson.h>

struct cot_outcome {
	enum cot_err err;
	uint8_t repo;             /* where a cycle ended; COT_MAX_REPOS: not in one */
	enum cot_role role;
	bool updated;             /* new Director Targets became trusted */
	size_t installed;         /* images that were installed and confirmed */
	int64_t time_s;           /* verified time; 0: none */
	enum cot_err ecu_err[COT_STATE_ECUS]; /* by row of the inventory */
};

/* Best effort: what cannot be written is logged. */
void cot_outcome_write(struct cot_store *s, const struct cot_outcome *o);

/* The file as a tree; an empty object if there is none. */
json_t *cot_outcome_read(const struct cot_store *s);

#endif
