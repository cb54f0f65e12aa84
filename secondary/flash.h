/* SPDX-License-Identifier: Apache-2.0
 *
 * Flash as a port offers it.
 *
 * Memory is divided into regions with one use each; a region is a list of
 * equal pages.  The library names regions and offsets, never addresses.  It
 * assumes NOR rules and nothing kinder: a page must be erased before it is
 * programmed, a program unit is written once between erases, and an operation
 * that power interrupts may leave the unit or page reading as old, new, mixed,
 * changing or with an ECC error.
 *
 * Callbacks answer COT_OK, COT_PENDING (an asynchronous driver is at work: call
 * again with the same arguments), or COT_E_FLASH.  A read that hits an ECC error
 * answers COT_E_FLASH; state records then count as absent.
 */
#ifndef COTTER_SECONDARY_FLASH_H
#define COTTER_SECONDARY_FLASH_H

#include "keys/error.h"
#include "keys/slice.h"

enum cot_region {
	COT_REGION_STATE = 0,   /* records; at least 2 pages */
	COT_REGION_APP = 1,     /* the one page an application may write: confirm */
	COT_REGION_DOC_A = 2,   /* documents, two places: each holds Root and Targets */
	COT_REGION_DOC_B = 3,
	COT_REGION_SLOT_A = 4,  /* image slots of component 0 */
	COT_REGION_SLOT_B = 5,
	COT_REGION_IDENTITY = 6, /* provisioning record and ECU key, written at the factory */
	COT_REGION_COUNT = 7
};

struct cot_flash_region {
	uint32_t size;      /* bytes, a multiple of page */
	uint32_t page;      /* bytes erased at once */
	uint16_t unit;      /* bytes programmed at once, 1 to 32, divides page */
	uint8_t erased;     /* value of an erased byte, 0xFF or 0x00 */
	bool write_once;    /* a unit cannot be cleared further once programmed */
};

struct cot_flash {
	void *ctx;
	struct cot_flash_region region[COT_REGION_COUNT];

	/* Reads len bytes at offset.  Any alignment. */
	enum cot_err (*read)(void *ctx, enum cot_region region, uint32_t offset, void *ret,
	                     uint32_t len);
	/* Programs data at offset; both multiples of the unit, within one page. */
	enum cot_err (*program)(void *ctx, enum cot_region region, uint32_t offset,
	                        struct cot_slice data);
	/* Erases the page that starts at offset. */
	enum cot_err (*erase)(void *ctx, enum cot_region region, uint32_t offset);
	/* Is every byte of the range erased and safe to program? */
	enum cot_err (*is_blank)(void *ctx, enum cot_region region, uint32_t offset, uint32_t len,
	                         bool *ret);
	/* Memory-mapped view for documents and images, or NULL: then documents go
	 * through the port's RAM window.  State is never read through it. */
	const uint8_t *(*map)(void *ctx, enum cot_region region);
};

#endif
