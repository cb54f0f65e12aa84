/* SPDX-License-Identifier: Apache-2.0
 *
 * Unpredictable bytes on a board without a random source.
 *
 * The factory leaves 32 random bytes beside the report key.  At the first call
 * after a reset a counter in flash is raised, so that no two resets share a
 * stream; block i of the stream is SHA-256(seed, counter, i, ticks).  Whoever
 * cannot read the seed cannot tell it from random.  A part with a true random
 * number generator uses that instead.
 */
#ifndef COTTER_SECONDARY_PORTS_MPS2_RANDOM_H
#define COTTER_SECONDARY_PORTS_MPS2_RANDOM_H

#include "keys/error.h"

#include <stddef.h>
#include <stdint.h>

/* COT_OK; COT_E_FLASH: the counter could not be raised; COT_E_UNPROVISIONED: there is
 * no seed.  ret is untouched then. */
COT_MUST_CHECK enum cot_err mps2_random(uint8_t *ret, size_t len);

#endif
