/* SPDX-License-Identifier: Apache-2.0
 *
 * The loader of the mps2 board: what its parts share.
 *
 *	start.c    vectors, faults, C start-up
 *	main.c     from reset to the jump, or to the server
 *	jump.c     memory protection and the jump
 *	service.c  what a running application may ask
 *	guard.c    the checks on that
 *	crash.c    crashes in a row
 */
#ifndef COTTER_SECONDARY_PORTS_MPS2_LOADER_H
#define COTTER_SECONDARY_PORTS_MPS2_LOADER_H

#include "secondary/ports/mps2/service.h"
#include "secondary/secondary.h"

#define MPS2_SVCALL 11u /* number of the exception */

extern struct cot_sec mps2_node;

/* One step of the server: bus, node, response, reset. */
void mps2_serve(void);

/* What the image on trial is told; NULL when it is not on trial. */
const struct cot_confirm *mps2_handed(void);

/* From the start: the loader's own memory, against the loader's own mistakes. */
void mps2_protect(void);

/* Called at a fault, whatever runs: one of a confirmed image is counted. */
void mps2_count_crash(void);

/* Says where and why, and resets.  The frame, and whose it is, are not believed. */
_Noreturn void mps2_fault(const struct mps2_frame *frame, uint32_t exception, uint32_t from);

/* Locks the machine and runs the image at MPS2_RUN, unprivileged. */
_Noreturn void mps2_jump(uint32_t stack, uint32_t entry);

/* The image was verified and is none for this board.  On trial, its trial fails; once
 * confirmed, the loader stays for a session, so that another one can come. */
_Noreturn void mps2_cannot_run(void);

int main(void);

#endif
