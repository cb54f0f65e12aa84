/* SPDX-License-Identifier: Apache-2.0
 *
 * What the loader believes of a running application: nothing but this.
 *
 * Each function is one check: numbers in, COT_OK or the refusal out; no memory is
 * touched.  They are compiled for the host too, where tests try their edges.
 *
 * Source: ARMv7-M Architecture Reference Manual B1.5.8 (exception return values),
 * B1.5.6 (the frame that an exception pushes).
 */
#ifndef COTTER_SECONDARY_PORTS_MPS2_GUARD_H
#define COTTER_SECONDARY_PORTS_MPS2_GUARD_H

#include "keys/error.h"

#include <stdint.h>

#define MPS2_FRAME_LEN 32u         /* eight registers */
#define MPS2_FROM_APP 0xFFFFFFFDu  /* in the link register: thread mode, process stack */
#define MPS2_REPORT_MS 1000u       /* each may cost a record in flash, which wears out */

/* COT_E_ARGUMENT: memory that is not wholly the application's RAM. */
COT_MUST_CHECK enum cot_err mps2_check_memory(uint32_t at, uint32_t len);

/* COT_E_ARGUMENT: registers were not saved in the application's RAM, or not by the
 * application. */
COT_MUST_CHECK enum cot_err mps2_check_frame(uint32_t frame, uint32_t from);

/* COT_E_ARGUMENT: not whole units of the application's page. */
COT_MUST_CHECK enum cot_err mps2_check_program(uint32_t offset, uint32_t len);

/* COT_E_BUSY: less than MPS2_REPORT_MS since the last report, or since reset (0). */
COT_MUST_CHECK enum cot_err mps2_check_report(uint64_t now_ms, uint64_t last_ms);

/* COT_E_UNSUPPORTED: the first two words of no image for this board. */
COT_MUST_CHECK enum cot_err mps2_check_image(uint32_t stack, uint32_t entry);

#endif
