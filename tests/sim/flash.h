/* SPDX-License-Identifier: Apache-2.0
 *
 * Flash in RAM, by the rules of NOR flash, for tests.
 *
 * A unit is programmed only when it is blank, within one page, aligned; a page
 * is erased whole.  Whoever breaks a rule is told on stderr and the test
 * aborts: on a real part the damage would be silent.  Each program and erase is
 * an operation, counted from 1; power can go right before or right after any
 * of them, or in the middle, by a longjmp to wherever the test says that power
 * comes back.  In the middle means: some units are programmed, the next one has
 * some of its bits and reads differently each time until its page is erased; of
 * an erased page some bits are set.
 */
#ifndef COTTER_TESTS_SIM_FLASH_H
#define COTTER_TESTS_SIM_FLASH_H

#include "secondary/flash.h"

#include <setjmp.h>
#include <stdio.h>

struct sim_flash_geometry {
	uint32_t page, unit;
	uint32_t state_pages, doc_pages, identity_pages;
	uint32_t slot_size;
	uint8_t erased;
};

/* As the posix port's flash file, with smaller slots. */
extern const struct sim_flash_geometry sim_flash_posix;

struct sim_flash {
	struct cot_flash flash; /* what the library is given */
	uint8_t *mem[COT_REGION_COUNT];
	uint64_t ops;
	uint64_t cut;     /* operation at which power goes, 0: never */
	bool cut_after;
	uint32_t torn;    /* not 0: the cut comes in the middle, this is the seed */
	jmp_buf *power;   /* where it comes back */
	uint64_t fail;    /* operation that answers COT_E_FLASH and does nothing, 0: none */
	uint64_t lie;     /* operation that answers COT_OK and does nothing, 0: none */
	unsigned dead;    /* bit per region in which every operation answers COT_E_FLASH */
	unsigned pending; /* each operation answers COT_PENDING that often first */
	unsigned pended;
	FILE *trace;

	bool unstable;    /* a unit that a cut left half programmed */
	enum cot_region unstable_region;
	uint32_t unstable_at;
	uint8_t unstable_old[32], unstable_new[32];
	uint32_t noise;
};

void sim_flash_init(struct sim_flash *f, const struct sim_flash_geometry *geometry);
void sim_flash_free(struct sim_flash *f);

/* As sim_flash_init, without a memory map: documents go through the window. */
void sim_flash_unmapped(struct sim_flash *f);

/* "state", "slot-a", ... */
const char *sim_flash_region_name(enum cot_region region);

/* Everything that is stored, to compare before and after. */
uint8_t *sim_flash_snapshot(const struct sim_flash *f);
bool sim_flash_equal(const struct sim_flash *f, const uint8_t *snapshot);
void sim_flash_restore(struct sim_flash *f, const uint8_t *snapshot);

#endif
