/* SPDX-License-Identifier: Apache-2.0
 *
 * The way a program took, and how a debugger gets to the last time an instruction ran.
 *
 * An instruction of a loop may run many thousand times before its last; stopping at
 * each would take seconds. A landmark helps: another instruction whose own last time
 * is earlier and cheap to reach, after which ours runs only a few times more. A
 * landmark may have one itself. way_plan finds for each instruction the cheapest such
 * chain, counted in stops.
 *
 *	way_load(&w, trace, steps); for the last time of instruction i: go to the last
 *	time of w.insns[i].landmark (WAY_START: none), then stop at i for the
 *	w.insns[i].stops-th time. The landmark itself has not run when it is reached.
 */
#ifndef COTTER_TESTS_METAL_WAY_H
#define COTTER_TESTS_METAL_WAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WAY_START = -1 };

struct way_insn {
	uint32_t pc, len;
	uint64_t times, first, last; /* steps, counted from 0 */
	int landmark;                /* an index, or WAY_START */
	uint64_t stops;              /* after the landmark */
	uint64_t cost;               /* of the whole chain */
};

struct way {
	uint64_t steps;
	size_t count;
	struct way_insn *insns; /* by pc */
};

/* Reads what the plugin wrote for trace= and steps=, and plans. False, with a line on
 * stderr, if they cannot be read or do not belong together. */
bool way_load(struct way *w, const char *trace, const char *steps);

#endif
