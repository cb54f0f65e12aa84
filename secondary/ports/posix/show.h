/* SPDX-License-Identifier: Apache-2.0
 *
 * What a flash file holds, for whoever develops with it.
 */
#ifndef COTTER_SECONDARY_PORTS_POSIX_SHOW_H
#define COTTER_SECONDARY_PORTS_POSIX_SHOW_H

#include "keys/error.h"

#include <stdio.h>

/* Prints part, identity, trusted versions and slots, with their place in the file, to
 * out.  The file is not changed.  COT_E_NO_INPUT, COT_E_RECORD (no flash file),
 * COT_E_UNPROVISIONED, COT_E_STORE (no state). */
COT_MUST_CHECK enum cot_err posix_show(const char *flash, FILE *out);

#endif
