/* SPDX-License-Identifier: Apache-2.0
 *
 * The flash driver: see flash.h.
 */
#include "secondary/ports/template/flash.h"

#include "secondary/pack.h"
#include "secondary/ports/template/device.h"

#include <string.h>

#define PIECE 64u

struct extent {
	uint32_t at, len;
};

static const struct extent extents[COT_REGION_COUNT] = {
	{ TPL_AT_STATE, TPL_STATE_LEN },   { TPL_AT_APP, TPL_APP_LEN },
	{ TPL_AT_DOC_A, TPL_DOC_LEN },     { TPL_AT_DOC_B, TPL_DOC_LEN },
	{ TPL_AT_SLOT_A, TPL_SLOT_LEN },   { TPL_AT_SLOT_B, TPL_SLOT_LEN },
	{ TPL_AT_IDENTITY, TPL_IDENTITY_LEN }
};

/* The factory alone writes identity; a loader that is asked to is not itself. */
static bool writable(enum cot_region region)
{
	return region != COT_REGION_IDENTITY;
}

static bool inside(enum cot_region region, uint32_t offset, size_t len)
{
	return region < COT_REGION_COUNT && offset <= extents[region].len &&
	       len <= extents[region].len - offset;
}

static enum cot_err flash_read(void *ctx, enum cot_region region, uint32_t offset, void *ret,
                               uint32_t len)
{
	(void)ctx;
	return inside(region, offset, len)
		? tpl_cells_read(extents[region].at + offset, ret, len) : COT_E_FLASH;
}

/* A part that can tell whether a unit was ever begun (blank check, margin read) asks that
 * here: a cell that a cut left half erased may read as erased, this time. */
static enum cot_err flash_is_blank(void *ctx, enum cot_region region, uint32_t offset,
                                   uint32_t len, bool *ret)
{
	uint8_t piece[PIECE];
	enum cot_err err = COT_OK;
	uint32_t n, i;

	*ret = inside(region, offset, len);
	if (!*ret)
		return COT_E_FLASH;
	for (; err == COT_OK && *ret && len > 0; offset += n, len -= n) {
		n = len < PIECE ? len : PIECE;
		err = flash_read(ctx, region, offset, piece, n);
		for (i = 0; err == COT_OK && i < n; i++)
			*ret = *ret && piece[i] == TPL_ERASED;
	}
	if (err != COT_OK)
		*ret = false;
	return err;
}

static bool may_program(enum cot_region region, uint32_t offset, size_t len)
{
	bool blank = false;

	return inside(region, offset, len) && writable(region) && len > 0 &&
	       offset % TPL_UNIT == 0 && len % TPL_UNIT == 0 &&
	       offset / TPL_PAGE == (offset + len - 1) / TPL_PAGE &&
	       flash_is_blank(NULL, region, offset, (uint32_t)len, &blank) == COT_OK && blank;
}

static enum cot_err flash_program(void *ctx, enum cot_region region, uint32_t offset,
                                  struct cot_slice data)
{
	enum cot_err err = COT_OK;
	uint8_t unit[TPL_UNIT]; /* aligned or not: data may lie anywhere */
	uint32_t i;

	(void)ctx;
	if (!may_program(region, offset, data.len))
		return COT_E_FLASH;
	for (i = 0; err == COT_OK && i < data.len; i += TPL_UNIT) {
		memcpy(unit, data.ptr + i, TPL_UNIT);
		err = tpl_cells_program(extents[region].at + offset + i, unit);
	}
	return err;
}

static enum cot_err flash_erase(void *ctx, enum cot_region region, uint32_t offset)
{
	(void)ctx;
	return inside(region, offset, TPL_PAGE) && writable(region) && offset % TPL_PAGE == 0
		? tpl_cells_erase(extents[region].at + offset) : COT_E_FLASH;
}

/* Not there on a part whose flash is not memory: .map = NULL, and a window in board.c. */
static const uint8_t *flash_map(void *ctx, enum cot_region region)
{
	(void)ctx;
	return (const uint8_t *)(uintptr_t)(TPL_STORE + extents[region].at);
}

#define REGION(length) { .size = (length), .page = TPL_PAGE, .unit = TPL_UNIT, \
		.erased = TPL_ERASED, .write_once = TPL_WRITE_ONCE }

const struct cot_flash tpl_flash = {
	.ctx = NULL, /* one device only */
	.region = {
		REGION(TPL_STATE_LEN), REGION(TPL_APP_LEN), REGION(TPL_DOC_LEN),
		REGION(TPL_DOC_LEN), REGION(TPL_SLOT_LEN), REGION(TPL_SLOT_LEN),
		REGION(TPL_IDENTITY_LEN)
	},
	.read = flash_read,
	.program = flash_program,
	.erase = flash_erase,
	.is_blank = flash_is_blank,
	.map = flash_map
};

enum cot_err tpl_flash_check(void)
{
	uint8_t header[12], magic[4];
	struct cot_unpack u = { cot_slice(header, sizeof(header)), false };
	uint32_t i, blank = 0;
	enum cot_err err = tpl_cells_read(0, header, sizeof(header));

	if (err != COT_OK)
		return err;
	for (i = 0; i < sizeof(header); i++)
		blank += header[i] == TPL_ERASED;
	if (blank == sizeof(header))
		return COT_E_UNPROVISIONED;
	cot_unpack_bytes(&u, magic, sizeof(magic));
	if (memcmp(magic, TPL_MAGIC, sizeof(magic)) != 0 || cot_unpack_uint(&u, 4) != TPL_FORMAT ||
	    cot_unpack_uint(&u, 4) != TPL_SLOT_LEN)
		return COT_E_UNSUPPORTED;
	return COT_OK;
}
