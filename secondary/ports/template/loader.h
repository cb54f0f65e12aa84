/* SPDX-License-Identifier: Apache-2.0
 *
 * The loader: what its parts share.
 *
 *	start.c     Cortex-M: vectors, C start-up, jump, reset
 *	main.c      from reset to the jump, or to the server
 *	services.c  what a running application may ask
 *	board.c     struct cot_port and the link
 *	flash.c     regions and rules over the part's cells
 *	check.c     does the driver keep what flash.h promises?  For bring-up
 *	device.c    the part; none of it is written
 */
#ifndef COTTER_SECONDARY_PORTS_TEMPLATE_LOADER_H
#define COTTER_SECONDARY_PORTS_TEMPLATE_LOADER_H

#include "secondary/secondary.h"

extern struct cot_sec tpl_node;

/* From reset on. */
_Noreturn void tpl_loader(void);

/* One step of the server: bus, node, response, reset. */
void tpl_serve(void);

/* What the image on trial is told; NULL when it is not on trial. */
const struct cot_confirm *tpl_handed(void);

/* Of start.c.  An image whose stack or entry does not lie where images live is none for
 * this board: tpl_jump resets then, and a trial has one boot less. */
_Noreturn void tpl_jump(uint32_t stack, uint32_t entry);
_Noreturn void tpl_reset(void);

#endif
