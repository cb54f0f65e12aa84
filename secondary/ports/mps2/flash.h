/* SPDX-License-Identifier: Apache-2.0
 *
 * The board's flash: PSRAM behind the rules of NOR flash.
 *
 * Nothing but this driver writes there.  It programs whole units of 8 bytes
 * that are blank, within one page, and erases whole pages; whoever asks for
 * anything else gets COT_E_FLASH and nothing is written.  A page is erased
 * in an order that scatters what an interruption leaves; words that are blank
 * already are left alone.  Nothing is asynchronous.
 */
#ifndef COTTER_SECONDARY_PORTS_MPS2_FLASH_H
#define COTTER_SECONDARY_PORTS_MPS2_FLASH_H

#include "secondary/flash.h"

/* A region behind those of the library: the random source's counter. */
#define MPS2_REGION_SEED COT_REGION_COUNT

extern const struct cot_flash mps2_flash;

/* COT_OK: the header page is of this layout.  COT_E_UNPROVISIONED: blank.
 * COT_E_PART: laid out for another part.  But for COT_OK nothing is read or written
 * through mps2_flash, but what map shows. */
COT_MUST_CHECK enum cot_err mps2_flash_check(void);

#endif
