/* SPDX-License-Identifier: Apache-2.0
 *
 * The confirm record: the one thing an application may write.
 *
 *	"CoTC"  u8 format(1)  u8 slot  u16 0  hash 32 bytes  trial number 16 bytes
 *	u32 CRC-32, padded with the erased value to the unit
 *
 * It stands at the start of the APP page, which the loader erases before every
 * trial.  It repeats what the loader handed over at the jump of this very
 * trial, so a record kept from earlier, or prepared by another image, says
 * nothing.  An application calls cot_hook_confirm (hook.h) once its self-test is
 * good; what runs in one program with the library calls cot_confirm_write.
 */
#ifndef COTTER_SECONDARY_CONFIRM_H
#define COTTER_SECONDARY_CONFIRM_H

#include "keys/limits.h"
#include "secondary/flash.h"

#define COT_CONFIRM_LEN 60u
#define COT_CONFIRM_TRIAL_LEN 16u

/* What the loader hands over at the jump into a trial. */
struct cot_confirm {
	uint8_t slot;
	uint8_t sha256[COT_SHA256_LEN];
	uint8_t trial[COT_CONFIRM_TRIAL_LEN];
};

/* The record's bytes, for an application, which has no struct cot_flash. */
void cot_confirm_encode(const struct cot_confirm *confirm, uint8_t ret[COT_CONFIRM_LEN]);

/* COT_E_FLASH. */
COT_MUST_CHECK enum cot_err cot_confirm_write(const struct cot_flash *flash,
                                              const struct cot_confirm *confirm);

/* COT_E_NOT_FOUND: the page is blank or holds no whole record. */
COT_MUST_CHECK enum cot_err cot_confirm_read(const struct cot_flash *flash,
                                             struct cot_confirm *ret);

COT_MUST_CHECK enum cot_err cot_confirm_erase(const struct cot_flash *flash);

#endif
