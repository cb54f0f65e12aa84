/* SPDX-License-Identifier: Apache-2.0
 *
 * What a test writes into the hostile application before it signs it: see hostile.c.
 *
 * The block is found in the binary by its magic.  Steps are done in order, each once
 * since power on: how far it got survives a reset in the application's RAM.
 */
#ifndef COTTER_SECONDARY_PORTS_MPS2_APP_HOSTILE_H
#define COTTER_SECONDARY_PORTS_MPS2_APP_HOSTILE_H

#include <stdint.h>

#define HOSTILE_MAGIC "CoTHostileApp01"
#define HOSTILE_STEPS 192u
#define HOSTILE_BLOB 64u

enum hostile_attack {
	/* memory: at address a */
	HOSTILE_LOAD8 = 1,
	HOSTILE_LOAD32,
	HOSTILE_LOAD_PAIR,  /* two words in one instruction */
	HOSTILE_STORE8,     /* b */
	HOSTILE_STORE32,
	HOSTILE_STORE_EXCLUSIVE,
	HOSTILE_BRANCH,     /* goes there */
	HOSTILE_TABLE,      /* goes where the byte there says (TBB) */
	/* calls: registers a, b, c, d */
	HOSTILE_CALL,
	HOSTILE_CALL_ON,    /* on stack e */
	/* the processor */
	HOSTILE_FAULT_ON,   /* an undefined instruction, on stack a */
	HOSTILE_HANG_ON,    /* for ever, on stack a */
	HOSTILE_SLEEP,      /* for ever */
	HOSTILE_PRIVILEGE,  /* every way to ask for it */
	HOSTILE_BREAKPOINT,
	HOSTILE_COPROCESSOR,
	HOSTILE_UNALIGNED,  /* in an instruction that cannot */
	/* the rest */
	HOSTILE_MUTE,       /* switches the console off with a byte stuck in it, faults */
	HOSTILE_BLOB_TO,    /* copies the blob to a, honestly */
	HOSTILE_WAIT        /* polls for a milliseconds, honestly */
};

enum hostile_confirm { HOSTILE_NEVER, HOSTILE_FIRST };

struct hostile_step {
	uint32_t attack, a, b, c, d, e;
};

struct hostile_config {
	char magic[16];
	uint32_t confirm; /* enum hostile_confirm */
	uint32_t again;   /* 1: all steps at each reset */
	uint32_t refuse;  /* 1: it never lets a programming session start */
	uint32_t count;   /* steps used */
	uint8_t blob[HOSTILE_BLOB];
	struct hostile_step step[HOSTILE_STEPS];
};

#endif
