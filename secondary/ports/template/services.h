/* SPDX-License-Identifier: Apache-2.0
 *
 * What the loader does for a running application, as a table at a fixed address: the
 * first thing behind the loader's sixteen vectors.  Loader and application have the same
 * name for it; the application's comes from app.ld.
 *
 * The functions run in the loader's code on the application's stack, with the loader's
 * memory.  So nothing separates the two, which is what app_trusted says; the application
 * leaves the loader's RAM, UART, timer and watchdog alone, calls no service from an
 * interrupt, and has stack enough for them (docs/porting.md).  A part that can give up
 * privilege does as secondary/ports/mps2 does: supervisor calls.
 */
#ifndef COTTER_SECONDARY_PORTS_TEMPLATE_SERVICES_H
#define COTTER_SECONDARY_PORTS_TEMPLATE_SERVICES_H

#include "secondary/hook.h"

#define TPL_SERVICES_MAGIC 0x436F5453u /* another layout of the table, another number */

struct tpl_services {
	uint32_t magic; /* looked at by the application before anything is called */
	struct cot_services table;
};

extern const struct tpl_services tpl_services;

#endif
