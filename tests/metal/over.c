/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/metal/over.h"

#include <inttypes.h>
#include <stdio.h>

enum { CHAIN_MAX = 256 };

static bool stands_at(struct gdb *g, uint32_t pc)
{
	uint32_t now = 0;

	return gdb_read_register(g, GDB_PC, &now) && now == pc;
}

/* On to the stops-th time from here that pc is about to run, other than now. */
static bool go_to(struct gdb *g, uint32_t pc, uint64_t stops)
{
	if (!gdb_break(g, pc, true))
		return false;
	for (uint64_t i = 0; i < stops; i++)
		if ((i > 0 && !gdb_go(g, GDB_STEP)) || !gdb_go(g, GDB_CONTINUE))
			return false;
	return stands_at(g, pc) && gdb_break(g, pc, false);
}

/* From FROM, where it stands. */
static bool go_to_last(struct gdb *g, const struct over *o)
{
	const struct way *w = o->way;
	int insn = o->insn;
	int chain[CHAIN_MAX];
	size_t n = 0;

	for (; insn != WAY_START && n < CHAIN_MAX; insn = w->insns[insn].landmark)
		chain[n++] = insn;
	if (insn != WAY_START)
		return false;
	while (n-- > 0) {
		const struct way_insn *i = &w->insns[chain[n]];
		/* Standing at FROM was its first time. A step, for the stub would stop
		 * here again. */
		bool here = i->landmark == WAY_START && i->pc == o->from;

		if (o->show)
			printf("  0x%" PRIx32 ", time %" PRIu64 "\n", i->pc, i->stops);
		if (here && i->stops == 1)
			continue;
		if ((here && !gdb_go(g, GDB_STEP)) || !go_to(g, i->pc, i->stops - here))
			return false;
	}
	return true;
}

/* ITSTATE is bits 15..10 and 26..25 of xPSR. */
static uint32_t it_get(uint32_t xpsr)
{
	return (xpsr >> 8 & 0xfc) | (xpsr >> 25 & 3);
}

static uint32_t it_set(uint32_t xpsr, uint32_t it)
{
	return (xpsr & ~0x0600fc00U) | (it & 0xfc) << 8 | (it & 3) << 25;
}

/* ARMv7-M, ITAdvance(). */
static uint32_t it_advance(uint32_t it)
{
	return (it & 7) == 0 ? 0 : (it & 0xe0) | (it << 1 & 0x1f);
}

static bool is_wide(uint16_t first)
{
	return first >> 11 >= 0x1d;
}

static bool skip_bytes(struct gdb *g, const struct over *o, uint32_t pc)
{
	uint32_t xpsr = 0;
	uint32_t it;

	if (!gdb_read_register(g, GDB_XPSR, &xpsr))
		return false;
	it = it_get(xpsr);
	for (uint32_t at = 0; at < o->size;) {
		uint8_t b[2];

		if (!gdb_read_memory(g, pc + at, b, sizeof(b)))
			return false;
		it = it_advance(it);
		at += is_wide((uint16_t)(b[0] | b[1] << 8)) ? 4 : 2;
	}
	if (o->show)
		printf("at 0x%" PRIx32 ": PC + %" PRIu32 ", ITSTATE 0x%02" PRIx32
		       " to 0x%02" PRIx32 "\n", pc, o->size, it_get(xpsr), it);
	return gdb_write_register(g, GDB_PC, pc + o->size) &&
	       (it == it_get(xpsr) || gdb_write_register(g, GDB_XPSR, it_set(xpsr, it)));
}

bool over_instruction(struct gdb *g, const struct over *o)
{
	uint32_t pc = o->way->insns[o->insn].pc;

	if (!gdb_begin(g) || !go_to(g, o->from, 1))
		return false;
	if (o->last && !go_to_last(g, o))
		return false;
	if (!o->last && pc != o->from && !go_to(g, pc, 1))
		return false;
	return skip_bytes(g, o, pc) && gdb_detach(g);
}
