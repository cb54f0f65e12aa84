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
 *	offset 0          header: "CoTF", u32 slot size, rest 0xFF, one page
 *	then the regions  state, app, documents A and B, slots A and B, identity
 */
#ifndef COTTER_SECONDARY_PORTS_POSIX_FLASH_H
#define COTTER_SECONDARY_PORTS_POSIX_FLASH_H

#include "secondary/flash.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define POSIX_FLASH_PAGE 4096u
#define POSIX_FLASH_UNIT 8u
#define POSIX_FLASH_SLOT (256u * 1024u) /* default size of a slot */

struct posix_flash {
	struct cot_flash flash; /* what the library is given */
	uint8_t *mem;           /* the file, mapped */
	size_t size;
	size_t start[COT_REGION_COUNT];
	int fd;
	uint64_t ops;           /* done since open */
	uint64_t cut;           /* operation at which power goes, 0: never */
	bool cut_after;         /* after it, else before */
	FILE *trace;            /* one line per operation, or NULL */
};

/* Makes a blank flash file.  slot_size is rounded up to whole pages; 0 is the
 * default.  COT_E_EXISTS unless force; COT_E_IO, COT_E_NO_SPACE. */
COT_MUST_CHECK enum cot_err posix_flash_create(const char *path, uint32_t slot_size, bool force);

/* Opens a flash file; one process at a time (COT_E_LOCKED).  COT_E_NO_INPUT,
 * COT_E_RECORD (not a flash file), COT_E_IO.  f must stay where it is. */
COT_MUST_CHECK enum cot_err posix_flash_open(struct posix_flash *f, const char *path);

void posix_flash_close(struct posix_flash *f);

#endif
