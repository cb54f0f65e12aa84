/* SPDX-License-Identifier: Apache-2.0
 *
 * The store as the library wants it: regions and rules over the cells of device.h.
 *
 * Complete as it stands for any part with memory-mapped flash in equal pages.  It
 * programs whole units that are blank, within one page, and erases whole pages; whoever
 * asks for anything else gets COT_E_FLASH and nothing is written.  Synchronous.
 */
#ifndef COTTER_SECONDARY_PORTS_TEMPLATE_FLASH_H
#define COTTER_SECONDARY_PORTS_TEMPLATE_FLASH_H

#include "secondary/flash.h"

extern const struct cot_flash tpl_flash;

/* COT_OK: the header page is of this layout.  COT_E_UNPROVISIONED: blank.
 * COT_E_UNSUPPORTED: made for another layout, or by nobody.  COT_E_FLASH. */
COT_MUST_CHECK enum cot_err tpl_flash_check(void);

#endif
