/* SPDX-License-Identifier: Apache-2.0
 *
 * Flash in a file, with the rules of NOR flash.
 *
 * The file survives the process as flash survives a reset.  A unit is
 * programmed only when it is blank, within one page, aligned; a page is erased
 * whole; anything else is an error that says which rule was broken, because
 * on a real part it would be a silent one.  Every program and erase is an
 * operation; they are counted from 1, can be traced, and power can be cut
 * right before or right after any of them (the process kills itself).
 *
 * A layout says where things lie: that of this port, and those of boards whose
 * flash is a file too, so that the factory writes it and a test reads it here.
 *
 *	offset 0          header: magic, u32 format, u32 slot size, rest 0xFF, one page
 *	then the regions  state, app, documents A and B, slots A and B, identity
 *	then              what the part keeps for itself, a hole to its length
 */
#ifndef COTTER_SECONDARY_PORTS_POSIX_FLASH_H
#define COTTER_SECONDARY_PORTS_POSIX_FLASH_H

#include "secondary/flash.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define POSIX_FLASH_PAGE_MAX 4096u

struct posix_layout {
	const char *part; /* its name on the command line */
	char magic[5];
	uint32_t page;    /* bytes */
	uint16_t unit;
	uint32_t region[COT_REGION_COUNT]; /* bytes; of slots the default */
	uint32_t own;     /* bytes behind the regions that the part uses itself */
	uint32_t length;  /* of the file; 0: as long as what is used */
	bool fixed;       /* the size of a slot is the part's */
	uint32_t run, run_len; /* where images run; length 0: they start as they like */
	uint32_t ram, ram_len; /* what the application may have its stack in */
};

extern const struct posix_layout posix_layout_posix; /* a process */
extern const struct posix_layout posix_layout_mps2;  /* the board in the emulator */

/* NULL: there is no such part. */
const struct posix_layout *posix_layout_find(const char *part);
/* One after the other, from 0 on; NULL: there are no more. */
const struct posix_layout *posix_layout_at(size_t i);

struct posix_flash {
	struct cot_flash flash; /* what the library is given */
	const struct posix_layout *layout;
	uint8_t *mem;           /* the file, mapped */
	size_t size;
	size_t used;            /* bytes of it that stand for flash */
	size_t start[COT_REGION_COUNT];
	int fd;
	uint64_t ops;           /* done since open */
	uint64_t cut;           /* operation at which power goes, 0: never */
	bool cut_after;         /* after it, else before */
	FILE *trace;            /* one line per operation, or NULL */
};

/* Makes a blank flash file.  slot_size is rounded up to whole pages; 0 is the
 * default.  COT_E_EXISTS unless force; COT_E_UNSUPPORTED: a slot size that the part
 * does not have; COT_E_LIMIT, COT_E_IO, COT_E_NO_SPACE. */
COT_MUST_CHECK enum cot_err posix_flash_create(const char *path,
                                               const struct posix_layout *layout,
                                               uint32_t slot_size, bool force);

/* Opens a flash file; one process at a time (COT_E_LOCKED).  COT_E_NO_INPUT,
 * COT_E_RECORD (not a flash file), COT_E_IO.  f must stay where it is. */
COT_MUST_CHECK enum cot_err posix_flash_open(struct posix_flash *f, const char *path);

/* The same without the lock and without changing the file: what is written stays in
 * this process.  While a machine runs on the file it may be seen in mid-change. */
COT_MUST_CHECK enum cot_err posix_flash_view(struct posix_flash *f, const char *path);

/* Offset of a region in the file. */
size_t posix_flash_offset(const struct posix_flash *f, enum cot_region region);

void posix_flash_close(struct posix_flash *f);

#endif
