/* SPDX-License-Identifier: Apache-2.0
 *
 * The side of a debugger in the GDB remote protocol, as far as QEMU's stub for a
 * Cortex-M needs it. The connection is a stream socket that the caller opened and
 * closes. Every function returns false when the other side is gone, does not answer
 * within a minute or refuses; the connection is of no more use then.
 *
 *	gdb_init(&g, fd); gdb_begin(&g); gdb_break(&g, addr, true); gdb_go(&g, GDB_CONTINUE);
 *	gdb_read_register(&g, GDB_PC, &pc); ... gdb_detach(&g);
 *
 * Source: "GDB Remote Serial Protocol", packets ? qXfer c s p P m Z0 z0 D.
 */
#ifndef COTTER_TESTS_METAL_GDB_H
#define COTTER_TESTS_METAL_GDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers of the registers in QEMU's description of an M-profile core. */
enum { GDB_SP = 13, GDB_LR = 14, GDB_PC = 15, GDB_XPSR = 25 };
enum gdb_go { GDB_CONTINUE, GDB_STEP };

struct gdb {
	int fd;
	size_t len;
	char in[4096];
};

void gdb_init(struct gdb *g, int fd);
/* The first thing to do: asks why the target stands, which proves the other side is
 * up, and for its description, without which QEMU lets nobody see single registers. */
bool gdb_begin(struct gdb *g);
/* Runs on until the target stops; a step ignores breakpoints where it stands. */
bool gdb_go(struct gdb *g, enum gdb_go how);
bool gdb_break(struct gdb *g, uint32_t addr, bool set);
bool gdb_read_register(struct gdb *g, int number, uint32_t *ret);
bool gdb_write_register(struct gdb *g, int number, uint32_t value);
/* len up to 256 */
bool gdb_read_memory(struct gdb *g, uint32_t addr, void *ret, size_t len);
/* All breakpoints go, the target runs on. No answer is waited for: the target may be
 * gone before QEMU gives one. */
bool gdb_detach(struct gdb *g);

#endif
