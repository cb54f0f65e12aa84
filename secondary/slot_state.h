/* SPDX-License-Identifier: Apache-2.0
 *
 * The states of a slot, and every move between them.
 *
 *	struct cot_sec_slot *slot = &next.component[n].slot[i];    of a copy
 *
 *	err = cot_sec_slot_move(slot, COT_SEC_SLOT_ON_CONFIRM);
 *	...                       what else the record says, then cot_sec_commit
 *
 * No other function sets a slot's state; the factory writes its first image
 * confirmed, and a lost state is a new one without images.  The rows stand in
 * slot_state.c, and docs/states.md is made from them and from the lines below.
 *
 * Source: Uptane 5.4.3.3 (installing), and the boot decision of boot.h.
 */
#ifndef COTTER_SECONDARY_SLOT_STATE_H
#define COTTER_SECONDARY_SLOT_STATE_H

#include "secondary/state.h"

/* What happens to a slot: the event, and behind the bar what changes in the same record. */
enum cot_sec_slot_event {
	/* stage, never into the active slot: order, time, hardware, counter, size, no
	 * trial, not reverted | the intent */
	COT_SEC_SLOT_ON_STAGE,
	/* transfer exit: lengths, hashes read back, order and time again
	 * | the intent is cleared, attempts 0 */
	COT_SEC_SLOT_ON_EXIT,
	/* transfer exit: a hash differs | the intent is cleared */
	COT_SEC_SLOT_ON_SPOILED,
	/* activate: order and time again; the counter not lower
	 * | attempts 0, the counter as ordered now */
	COT_SEC_SLOT_ON_ACTIVATE,
	/* newer Targets do not order it, or a Root step voids the Targets
	 * | the Targets or the Root; an intent likewise */
	COT_SEC_SLOT_ON_VOID,
	/* boot: hash and counter fit, fewer than three attempts
	 * | attempts + 1, a new trial number; then the jump */
	COT_SEC_SLOT_ON_BOOT,
	/* boot: hash, counter or length do not fit | attempts 0, no trial number */
	COT_SEC_SLOT_ON_GIVE_UP,
	/* a confirm record of this trial
	 * | active slot, release counter, attempts 0, no trial number */
	COT_SEC_SLOT_ON_CONFIRM,
	/* reset after the third attempt
	 * | no trial number; the hash is refused until newer Targets */
	COT_SEC_SLOT_ON_FAIL,
	/* boot: this is the active slot, or the active one does not fit and this one does
	 * | active slot */
	COT_SEC_SLOT_ON_FALL_BACK,
	COT_SEC_SLOT_EVENTS
};

/* Moves the slot; a slot that becomes empty is zeroed whole, the other members of
 * one that does not are the caller's.  COT_E_SEQUENCE: that state and that event
 * do not stand in the table; nothing was changed. */
COT_MUST_CHECK enum cot_err cot_sec_slot_move(struct cot_sec_slot *slot,
                                              enum cot_sec_slot_event event);

#endif
