/* SPDX-License-Identifier: Apache-2.0
 *
 * Goes to one instruction through the debugger and skips it.
 *
 * Skipping is setting PC behind the instruction. In an IT block, ITSTATE in xPSR moves
 * on by the skipped instruction, as if its condition had failed; a skipped IT leaves
 * ITSTATE as it is, so that what follows runs unconditionally.
 */
#ifndef COTTER_TESTS_METAL_OVER_H
#define COTTER_TESTS_METAL_OVER_H

#include "tests/metal/gdb.h"
#include "tests/metal/way.h"

struct over {
	const struct way *way;
	uint32_t from; /* where the way begins */
	int insn;      /* index into the way */
	bool last;     /* its last time, else its first */
	uint32_t size; /* bytes to skip, even: its length, or as many instructions as begin
	                * among them, ITSTATE moving on by each; PC may come to lie inside one */
	bool show;     /* print the way there */
};

/* The machine stands before its first instruction; then it runs on without a debugger.
 * False: the debugger did not get there. */
bool over_instruction(struct gdb *g, const struct over *o);

#endif
