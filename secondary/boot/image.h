/* SPDX-License-Identifier: Apache-2.0
 *
 * An image where it will run: in its slot, or in the memory that the port names
 * for it (boot method copy).
 *
 *	cot_image_load     brings it there
 *	cot_image_hash     what lies there, read anew at each call
 *	cot_image_wipe     after a refusal
 *
 * With a run memory only the first of these reads the slot: what is hashed is what
 * will run, also if the flash answers differently at a later read.  Without one the
 * slot itself is hashed and nothing is copied.
 * Each feeds the watchdog once per KiB.
 */
#ifndef COTTER_SECONDARY_BOOT_IMAGE_H
#define COTTER_SECONDARY_BOOT_IMAGE_H

#include "secondary/port.h"

/* COT_E_RECORD: longer than its slot; COT_E_SLOT_SIZE: than the run memory, which
 * is untouched then; COT_E_FLASH. */
COT_MUST_CHECK enum cot_err cot_image_load(const struct cot_port *port, uint8_t slot,
                                           uint32_t len);

/* SHA-256 of the first len bytes.  Errors as of cot_image_load; ret is untouched then. */
COT_MUST_CHECK enum cot_err cot_image_hash(const struct cot_port *port, uint8_t slot,
                                           uint32_t len, uint8_t ret[COT_SHA256_LEN]);

/* Zeroes the run memory, all of it. */
void cot_image_wipe(const struct cot_port *port);

#endif
