/* SPDX-License-Identifier: Apache-2.0
 *
 * Which image boots.
 *
 *	cot_boot_settle    what the last boot left: a confirm record, a failed trial
 *	cot_boot_choose    the image to run now, its hash checked; a trial is
 *	                   recorded before the jump
 *
 * An image boots only if the hash of its slot equals the slot's record and its
 * release counter is not below the stored one; that holds for the fallback too.
 * In order: the slot on trial or activated, the slot confirmed last, the other
 * slot if it was confirmed once.  When none boots the loader stays and is the
 * recovery mode.  Three boots without a confirm record end a trial.
 *
 * Source: Uptane 5.4.2 and 5.4.3.3; the counter rises at confirm.
 */
#ifndef COTTER_SECONDARY_BOOT_BOOT_H
#define COTTER_SECONDARY_BOOT_BOOT_H

#include "secondary/confirm.h"
#include "secondary/port.h"
#include "secondary/state.h"

struct cot_boot {
	bool image;       /* false: stay in the loader */
	bool trial;
	uint8_t slot;     /* COT_SEC_SLOTS: none */
	struct cot_confirm handed; /* given to an image on trial */
	enum cot_err why; /* what the first refused candidate was refused for */
};

/* Consumes a fitting confirm record (the slot becomes CONFIRMED, the counter
 * rises), ends a trial that failed three times.  Idempotent; may also be
 * called while the image runs, by the service that tells its status.
 * COT_E_FLASH: nothing was changed. */
COT_MUST_CHECK enum cot_err cot_boot_settle(struct cot_sec_store *store,
                                            const struct cot_port *port, uint8_t component);

/* The same at reset: a trial that was started and not confirmed has failed if
 * it used its last attempt. */
COT_MUST_CHECK enum cot_err cot_boot_settle_at_reset(struct cot_sec_store *store,
                                                     const struct cot_port *port,
                                                     uint8_t component);

/* ret is always filled in; on an error it says to stay in the loader.  Call
 * cot_boot_settle_at_reset first. */
COT_MUST_CHECK enum cot_err cot_boot_choose(struct cot_sec_store *store,
                                            const struct cot_port *port, uint8_t component,
                                            struct cot_boot *ret);

/* Whether cot_boot_choose would find something to try, without hashing. */
bool cot_boot_possible(const struct cot_sec_component *c);

#endif
