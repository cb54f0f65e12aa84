/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules of a flash driver, one function each: see check.h.
 */
#include "secondary/ports/template/check.h"

#include "secondary/ports/template/layout.h"
#include "secondary/stream.h"

#include <string.h>

#define PIECE 64u

struct rig {
	const struct cot_flash *flash;
	enum cot_region region;
	uint32_t page, unit, size;
	uint8_t erased;
};

/* What stands at a place: never the erased value, and another in each place. */
static uint8_t pattern(const struct rig *b, uint32_t at)
{
	uint8_t byte = (uint8_t)(at * 7u + (at >> 8) * 13u + 1u);

	return byte == b->erased ? (uint8_t)(byte ^ 0x55u) : byte;
}

static bool blank(const struct rig *b, uint32_t at, uint32_t len)
{
	bool ret = false;

	return cot_flash_blank(b->flash, b->region, at, len, &ret) == COT_OK && ret;
}

static bool holds(const struct rig *b, uint32_t at, uint32_t len)
{
	uint8_t piece[PIECE];
	uint32_t i, n;

	for (; len > 0; at += n, len -= n) {
		n = len < PIECE ? len : PIECE;
		if (cot_flash_read(b->flash, b->region, at, piece, n) != COT_OK)
			return false;
		for (i = 0; i < n; i++) {
			if (piece[i] != pattern(b, at + i))
				return false;
		}
	}
	return true;
}

/* Straight to the driver, without the library's own checks; from an odd address. */
static enum cot_err program(const struct rig *b, uint32_t at, uint32_t len)
{
	uint8_t bytes[1u + 2u * COT_FLASH_UNIT_MAX];
	enum cot_err err;
	uint32_t i;

	for (i = 0; i < len; i++)
		bytes[1u + i] = pattern(b, at + i);
	do {
		err = b->flash->program(b->flash->ctx, b->region, at, cot_slice(bytes + 1, len));
	} while (err == COT_PENDING);
	return err;
}

static bool erase_both(const struct rig *b)
{
	return cot_flash_erase(b->flash, b->region, 0) == COT_OK &&
	       cot_flash_erase(b->flash, b->region, b->page) == COT_OK;
}

/* ---- rules ------------------------------------------------------------------------------ */

static bool region_good(const struct cot_flash_region *r, uint32_t pages)
{
	return r->unit >= 1u && r->unit <= COT_FLASH_UNIT_MAX && r->page % r->unit == 0 &&
	       r->page > 0 && r->size % r->page == 0 && r->size / r->page >= pages &&
	       (r->erased == 0xFFu || r->erased == 0);
}

static const char *check_geometry(const struct rig *b)
{
	static const uint8_t pages[COT_REGION_COUNT] = { 2, 1, 2, 2, 1, 1, 2 };
	const struct cot_flash_region *r = b->flash->region;
	unsigned i;

	for (i = 0; i < COT_REGION_COUNT; i++) {
		if (!region_good(&r[i], pages[i]))
			return "a region is whole pages, a page whole units of 1 to 32 bytes";
	}
	if (r[COT_REGION_STATE].page < TPL_STATE_NEED(r[COT_REGION_STATE].unit))
		return "a state page holds the largest state";
	if (memcmp(&r[COT_REGION_DOC_A].size, &r[COT_REGION_DOC_B].size, 2 * sizeof(uint32_t)) != 0)
		return "both places of documents are alike";
	if (r[COT_REGION_SLOT_A].size != r[COT_REGION_SLOT_B].size)
		return "both slots are alike";
	return NULL;
}

static const char *check_erase(const struct rig *b)
{
	if (!erase_both(b))
		return "a page can be erased";
	if (!blank(b, 0, 2 * b->page))
		return "an erased page is blank";
	if (program(b, b->page, b->unit) != COT_OK ||
	    cot_flash_erase(b->flash, b->region, 0) != COT_OK || !holds(b, b->page, b->unit))
		return "erasing leaves other pages alone";
	return NULL;
}

static const char *check_program(const struct rig *b)
{
	uint32_t at;

	for (at = 0; at < b->page; at += b->unit) {
		if (program(b, at, b->unit) != COT_OK)
			return "a blank unit can be programmed, from any address of memory";
	}
	if (!holds(b, 0, b->page))
		return "what was programmed is read back";
	if (blank(b, b->page - b->unit, b->unit) || blank(b, 0, b->page))
		return "a programmed unit is not blank";
	return NULL;
}

static const char *check_read(const struct rig *b)
{
	uint32_t at, len;

	for (at = 0; at < 9; at++) {
		for (len = 1; len < 9; len++) {
			if (!holds(b, at, len))
				return "reads have any offset and length";
		}
	}
	if (b->flash->map) {
		const uint8_t *map = b->flash->map(b->flash->ctx, b->region);

		for (at = 0; at < b->page; at++) {
			if (map[at] != pattern(b, at))
				return "the map shows what is read";
		}
	}
	return NULL;
}

/* Refused, and nothing written. */
static const char *check_refusals(const struct rig *b)
{
	uint32_t two = 2 * b->unit;

	if (program(b, 0, b->unit) != COT_E_FLASH || !holds(b, 0, b->unit))
		return "a unit that is not blank is refused";
	if (cot_flash_erase(b->flash, b->region, 0) != COT_OK)
		return "a page can be erased again";
	if (b->unit > 1 && (program(b, 1, b->unit) != COT_E_FLASH ||
	                    program(b, 0, b->unit - 1) != COT_E_FLASH || !blank(b, 0, two)))
		return "parts of a unit are refused";
	if (cot_flash_erase(b->flash, b->region, b->page) != COT_OK ||
	    program(b, b->page - b->unit, two) != COT_E_FLASH || !blank(b, 0, 2 * b->page))
		return "programming across pages is refused";
	if (program(b, 0, 0) != COT_E_FLASH)
		return "programming nothing is refused";
	return NULL;
}

static const char *check_edges(const struct rig *b)
{
	uint8_t byte = 0;
	enum cot_err err;

	if (program(b, b->size, b->unit) != COT_E_FLASH ||
	    program(b, UINT32_MAX / b->unit * b->unit, b->unit) != COT_E_FLASH)
		return "programming outside the region is refused";
	do {
		err = b->flash->read(b->flash->ctx, b->region, b->size, &byte, 1);
	} while (err == COT_PENDING);
	if (err != COT_E_FLASH)
		return "reading outside the region is refused";
	do {
		err = b->flash->erase(b->flash->ctx, b->region, b->page / 2);
	} while (err == COT_PENDING);
	if (err != COT_E_FLASH)
		return "erasing from the middle of a page is refused";
	return NULL;
}

static const char *check_end(const struct rig *b)
{
	return erase_both(b) && blank(b, 0, 2 * b->page) ? NULL : "a page can be erased again";
}

const char *tpl_check_flash(const struct cot_flash *flash, enum cot_region region)
{
	static const char *(*const rules[])(const struct rig *b) = {
		check_geometry, check_erase, check_program, check_read,
		check_refusals, check_edges, check_end
	};
	const struct cot_flash_region *r = &flash->region[region];
	struct rig b = { flash, region, r->page, r->unit, r->size, r->erased };
	const char *broken = NULL;
	size_t i;

	for (i = 0; !broken && i < sizeof(rules) / sizeof(rules[0]); i++)
		broken = rules[i](&b);
	return broken;
}
