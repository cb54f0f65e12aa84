/* SPDX-License-Identifier: Apache-2.0
 *
 * Supervisor calls between application and loader: `svc #0` with the number in
 * r0 and arguments in r1 to r3; the answer comes back in r0 (and r1).
 *
 * Pointers must lie in the application's RAM; anything else is COT_E_ARGUMENT
 * and nothing happens.
 */
#ifndef COTTER_SECONDARY_PORTS_MPS2_SERVICE_H
#define COTTER_SECONDARY_PORTS_MPS2_SERVICE_H

#include <stdint.h>

enum mps2_service {
	MPS2_SVC_POLL = 1,    /* r1: may a programming session start, 0 or 1 */
	MPS2_SVC_HANDED = 2,  /* r1: struct cot_confirm * */
	MPS2_SVC_PROGRAM = 3, /* r1: offset, r2: data, r3: length */
	MPS2_SVC_REPORT = 4,  /* r1: buffer, r2: its size, r3: size_t * for the length */
	MPS2_SVC_NOW = 5      /* r0, r1: milliseconds */
};

/* What the exception pushed: the application's registers. */
struct mps2_frame {
	uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr;
};

/* Called by the SVC handler, in handler mode, on the loader's stack. */
void mps2_service(struct mps2_frame *frame);

#endif
