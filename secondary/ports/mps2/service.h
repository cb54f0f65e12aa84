/* SPDX-License-Identifier: Apache-2.0
 *
 * Supervisor calls between application and loader: `svc #0` with the number in
 * r0 and arguments in r1 to r3; the answer comes back in r0 (and r1).
 *
 * Memory that is named must lie in the application's RAM, wholly; anything else is
 * COT_E_ARGUMENT and nothing happens.  So must the stack at the call, where the
 * exception saves registers and the answer is put: anything else is a fault, which
 * resets.  One call is served at a time and to its end; the application does not run
 * meanwhile, so what was checked stays as it was.
 *
 * Only the poll feeds the watchdog, which has two seconds.
 */
#ifndef COTTER_SECONDARY_PORTS_MPS2_SERVICE_H
#define COTTER_SECONDARY_PORTS_MPS2_SERVICE_H

#include <stdint.h>

enum mps2_service {
	MPS2_SVC_POLL = 1,    /* r1: may a programming session start, 0 or 1 */
	MPS2_SVC_HANDED = 2,  /* r1: struct cot_confirm * */
	MPS2_SVC_PROGRAM = 3, /* r1: offset, r2: data, r3: length */
	MPS2_SVC_REPORT = 4,  /* r1: buffer, r2: its size, r3: size_t * for the length;
	                       * COT_E_BUSY in the second after reset or another one */
	MPS2_SVC_NOW = 5      /* r0, r1: milliseconds */
};

/* What the exception pushed: the application's registers. */
struct mps2_frame {
	uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr;
};

/* Called by the SVC handler, in handler mode, on the loader's stack; from is what
 * the exception left in the link register. */
void mps2_service(struct mps2_frame *frame, uint32_t from);

#endif
