/* SPDX-License-Identifier: Apache-2.0
 *
 * What the library needs of the board: flash, crypto, random, report key, buffers, and
 * the serial link.  See secondary/port.h.
 */
#ifndef COTTER_SECONDARY_PORTS_TEMPLATE_BOARD_H
#define COTTER_SECONDARY_PORTS_TEMPLATE_BOARD_H

#include "secondary/link/carriers.h"
#include "secondary/port.h"

extern const struct cot_port tpl_port;

/* The link of the UART; begins afresh. */
struct cot_link *tpl_link_open(void);

/* What the application said last: may a programming session start? */
void tpl_set_may_program(bool yes);

#endif
