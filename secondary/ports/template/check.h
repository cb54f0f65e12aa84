/* SPDX-License-Identifier: Apache-2.0
 *
 * Does a flash driver keep what secondary/flash.h promises?  For the first day with a
 * new driver, before anything else is tried on it:
 *
 *	const char *broken = tpl_check_flash(&tpl_flash, COT_REGION_DOC_B);
 *
 * NULL, or the rule that it breaks.  The first two pages of the region are erased and
 * programmed, and are blank afterwards; so on a board that was never provisioned, or in
 * a region that holds nothing.  Cuts of power are not among the rules: nothing that runs
 * on the board can try them.
 */
#ifndef COTTER_SECONDARY_PORTS_TEMPLATE_CHECK_H
#define COTTER_SECONDARY_PORTS_TEMPLATE_CHECK_H

#include "secondary/flash.h"

const char *tpl_check_flash(const struct cot_flash *flash, enum cot_region region);

#endif
