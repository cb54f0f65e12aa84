/* SPDX-License-Identifier: Apache-2.0
 *
 * Every move between the states of a slot: see slot_state.h.
 */
#include "secondary/slot_state.h"

#include <string.h>

struct move {
	enum cot_sec_slot_state from;
	enum cot_sec_slot_event event;
	enum cot_sec_slot_state to;
};

/* docs/states.md is made from these rows, in this order. */
static const struct move moves[] = {
	{ COT_SEC_SLOT_EMPTY, COT_SEC_SLOT_ON_STAGE, COT_SEC_SLOT_EMPTY },
	{ COT_SEC_SLOT_STAGED, COT_SEC_SLOT_ON_STAGE, COT_SEC_SLOT_EMPTY },
	{ COT_SEC_SLOT_ACTIVATED, COT_SEC_SLOT_ON_STAGE, COT_SEC_SLOT_EMPTY },
	{ COT_SEC_SLOT_CONFIRMED, COT_SEC_SLOT_ON_STAGE, COT_SEC_SLOT_EMPTY },
	{ COT_SEC_SLOT_REVERTED, COT_SEC_SLOT_ON_STAGE, COT_SEC_SLOT_EMPTY },
	{ COT_SEC_SLOT_EMPTY, COT_SEC_SLOT_ON_EXIT, COT_SEC_SLOT_STAGED },
	{ COT_SEC_SLOT_EMPTY, COT_SEC_SLOT_ON_SPOILED, COT_SEC_SLOT_EMPTY },
	{ COT_SEC_SLOT_STAGED, COT_SEC_SLOT_ON_ACTIVATE, COT_SEC_SLOT_ACTIVATED },
	{ COT_SEC_SLOT_ACTIVATED, COT_SEC_SLOT_ON_ACTIVATE, COT_SEC_SLOT_ACTIVATED },
	{ COT_SEC_SLOT_STAGED, COT_SEC_SLOT_ON_VOID, COT_SEC_SLOT_EMPTY },
	{ COT_SEC_SLOT_ACTIVATED, COT_SEC_SLOT_ON_VOID, COT_SEC_SLOT_EMPTY },
	{ COT_SEC_SLOT_ACTIVATED, COT_SEC_SLOT_ON_BOOT, COT_SEC_SLOT_TRIAL },
	{ COT_SEC_SLOT_TRIAL, COT_SEC_SLOT_ON_BOOT, COT_SEC_SLOT_TRIAL },
	{ COT_SEC_SLOT_ACTIVATED, COT_SEC_SLOT_ON_GIVE_UP, COT_SEC_SLOT_EMPTY },
	{ COT_SEC_SLOT_TRIAL, COT_SEC_SLOT_ON_GIVE_UP, COT_SEC_SLOT_EMPTY },
	{ COT_SEC_SLOT_TRIAL, COT_SEC_SLOT_ON_CONFIRM, COT_SEC_SLOT_CONFIRMED },
	{ COT_SEC_SLOT_TRIAL, COT_SEC_SLOT_ON_FAIL, COT_SEC_SLOT_REVERTED },
	{ COT_SEC_SLOT_CONFIRMED, COT_SEC_SLOT_ON_FALL_BACK, COT_SEC_SLOT_CONFIRMED },
};

/* CHECK D7.15: a slot moves only as the table says */
static enum cot_err check_move(enum cot_sec_slot_state from, enum cot_sec_slot_event event,
                               enum cot_sec_slot_state *ret)
{
	size_t i;

	for (i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		if (moves[i].from == from && moves[i].event == event) {
			*ret = moves[i].to;
			return COT_OK;
		}
	}
	return COT_E_SEQUENCE;
}

enum cot_err cot_sec_slot_move(struct cot_sec_slot *slot, enum cot_sec_slot_event event)
{
	enum cot_sec_slot_state to = slot->state;
	enum cot_err err = check_move(slot->state, event, &to);

	if (err != COT_OK)
		return err;
	if (to == COT_SEC_SLOT_EMPTY)
		memset(slot, 0, sizeof(*slot));
	slot->state = to;
	return COT_OK;
}
