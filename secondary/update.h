/* SPDX-License-Identifier: Apache-2.0
 *
 * Verification of staged documents: the hand of one cot_cycle.
 *
 * The cycle asks, this module gives what is staged, or the trusted document
 * where nothing newer came, and makes the cycle's commits durable through the
 * state record.  A Root alone may be verified: its step is committed and the
 * cycle ends there.  Asked again with nothing newly staged, the last outcome
 * is repeated.
 *
 * Source: Uptane 5.4.4.1; the order of D11 is the cycle's.
 */
#ifndef COTTER_SECONDARY_UPDATE_H
#define COTTER_SECONDARY_UPDATE_H

#include "secondary/secondary.h"

/* Draws one staging from the budget before flash is touched, durably.
 * COT_E_BUDGET: none left. */
COT_MUST_CHECK enum cot_err cot_sec_budget_draw(struct cot_sec *node);
/* Gives back what time has earned. */
void cot_sec_budget_tick(struct cot_sec *node);

/* A document was staged completely. */
void cot_sec_update_staged(struct cot_sec *node);

/* Starts; then step until it is not COT_PENDING. */
void cot_sec_update_start(struct cot_sec *node);
COT_MUST_CHECK enum cot_err cot_sec_update_step(struct cot_sec *node);

/* A copy of the state to change and commit, in memory that a verification uses while
 * it runs: not to be called then.  Good until the next call. */
struct cot_sec_state *cot_sec_change(struct cot_sec *node);

#endif
