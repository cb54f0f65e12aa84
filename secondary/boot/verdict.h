/* SPDX-License-Identifier: Apache-2.0
 *
 * The two evaluations behind a boot decision: see boot.h for what they resist.
 *
 * Each asks the whole question again, by arithmetic and without trusting what the
 * decision's branches came to: does the hash of what will run equal the slot's
 * record, is the counter at or above the floor, is the slot confirmed and active,
 * or on a trial that was recorded and has attempts left?  They share no input
 * that one skipped instruction could spoil for both:
 *
 *	            hash                           record
 *	first       of the decision's own pass     in memory, as mounted
 *	again       of a second pass               read again from the state region
 *
 * They live in a file of their own so that no compiler makes one of the two.
 */
#ifndef COTTER_SECONDARY_BOOT_VERDICT_H
#define COTTER_SECONDARY_BOOT_VERDICT_H

#include "secondary/boot/boot.h"

/* COT_BOOT_ACCEPT of the slot, or 0.  boot->slot, found and handed are looked at. */
uint32_t cot_verdict_first(const struct cot_sec_component *c, const struct cot_boot *boot);

/* COT_BOOT_AGAIN of the slot, or 0.  boot->slot and handed are looked at. */
uint32_t cot_verdict_again(struct cot_sec_store *store, const struct cot_port *port,
                           uint8_t component, const struct cot_boot *boot);

#endif
