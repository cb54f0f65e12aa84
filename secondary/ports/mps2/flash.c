/* SPDX-License-Identifier: Apache-2.0
 *
 * Flash of the mps2 board: see flash.h.
 */
#include "secondary/ports/mps2/flash.h"

#include "secondary/ports/mps2/layout.h"

#include <string.h>

#define REGIONS (COT_REGION_COUNT + 1)
#define WORDS_PER_PAGE (MPS2_PAGE / 4u)
#define SCATTER 167u /* odd, so that every word of the page comes up once */
#define BLANK 0xFFFFFFFFu

struct extent {
	uint32_t at, len;
};

static const struct extent extents[REGIONS] = {
	{ MPS2_AT_STATE, MPS2_STATE_LEN },   { MPS2_AT_APP, MPS2_APP_LEN },
	{ MPS2_AT_DOC_A, MPS2_DOC_LEN },     { MPS2_AT_DOC_B, MPS2_DOC_LEN },
	{ MPS2_AT_SLOT_A, MPS2_SLOT_LEN },   { MPS2_AT_SLOT_B, MPS2_SLOT_LEN },
	{ MPS2_AT_IDENTITY, MPS2_IDENTITY_LEN }, { MPS2_AT_SEED, MPS2_SEED_LEN }
};

enum cot_err mps2_flash_check(void)
{
	static const uint32_t want[2] = { MPS2_FORMAT, MPS2_SLOT_LEN };
	const uint8_t *header = (const uint8_t *)(uintptr_t)MPS2_FLASH;

	if (memcmp(header, MPS2_MAGIC, 4) == 0)
		return memcmp(header + 4, want, sizeof(want)) == 0 ? COT_OK : COT_E_PART;
	return memcmp(header, "\xff\xff\xff\xff", 4) == 0 || memcmp(header, "\0\0\0\0", 4) == 0
		? COT_E_UNPROVISIONED : COT_E_PART;
}

/* On flash that is laid out otherwise nothing lies where it should. */
static bool inside(unsigned region, uint32_t offset, size_t len)
{
	return mps2_flash_check() == COT_OK && region < REGIONS && offset <= extents[region].len &&
	       len <= extents[region].len - offset;
}

static volatile uint32_t *words(unsigned region, uint32_t offset)
{
	return (volatile uint32_t *)(uintptr_t)(MPS2_FLASH + extents[region % REGIONS].at + offset);
}

static const uint8_t *bytes(unsigned region, uint32_t offset)
{
	return (const uint8_t *)(uintptr_t)(MPS2_FLASH + extents[region % REGIONS].at + offset);
}

static bool blank(unsigned region, uint32_t offset, size_t len)
{
	const uint8_t *p = bytes(region, offset);

	while (len > 0 && p[len - 1] == 0xFF)
		len--;
	return len == 0;
}

static enum cot_err flash_read(void *ctx, enum cot_region region, uint32_t offset, void *ret,
                               uint32_t len)
{
	(void)ctx;
	if (!inside(region, offset, len))
		return COT_E_FLASH;
	memcpy(ret, bytes(region, offset), len);
	return COT_OK;
}

static bool may_program(unsigned region, uint32_t offset, size_t len)
{
	return inside(region, offset, len) && len > 0 && offset % MPS2_UNIT == 0 &&
	       len % MPS2_UNIT == 0 &&
	       offset / MPS2_PAGE == (offset + len - 1) / MPS2_PAGE &&
	       blank(region, offset, len);
}

static enum cot_err flash_program(void *ctx, enum cot_region region, uint32_t offset,
                                  struct cot_slice data)
{
	volatile uint32_t *to = words(region, offset);
	size_t i;

	(void)ctx;
	if (!may_program(region, offset, data.len))
		return COT_E_FLASH;
	for (i = 0; i < data.len / 4u; i++) {
		uint32_t word;

		memcpy(&word, data.ptr + 4u * i, sizeof(word));
		to[i] = word;
	}
	return COT_OK;
}

static enum cot_err flash_erase(void *ctx, enum cot_region region, uint32_t offset)
{
	volatile uint32_t *page = words(region, offset);
	uint32_t i, at = 0;

	(void)ctx;
	if (!inside(region, offset, MPS2_PAGE) || offset % MPS2_PAGE != 0)
		return COT_E_FLASH;
	for (i = 0; i < WORDS_PER_PAGE; i++) {
		if (page[at] != BLANK)
			page[at] = BLANK;
		at = (at + SCATTER) % WORDS_PER_PAGE;
	}
	return COT_OK;
}

static enum cot_err flash_is_blank(void *ctx, enum cot_region region, uint32_t offset,
                                   uint32_t len, bool *ret)
{
	(void)ctx;
	if (!inside(region, offset, len))
		return COT_E_FLASH;
	*ret = blank(region, offset, len);
	return COT_OK;
}

static const uint8_t *flash_map(void *ctx, enum cot_region region)
{
	(void)ctx;
	return bytes(region, 0);
}

#define REGION(length) { .size = (length), .page = MPS2_PAGE, .unit = MPS2_UNIT, \
		.erased = 0xFF, .write_once = true }

const struct cot_flash mps2_flash = {
	.region = {
		REGION(MPS2_STATE_LEN), REGION(MPS2_APP_LEN), REGION(MPS2_DOC_LEN),
		REGION(MPS2_DOC_LEN), REGION(MPS2_SLOT_LEN), REGION(MPS2_SLOT_LEN),
		REGION(MPS2_IDENTITY_LEN)
	},
	.read = flash_read,
	.program = flash_program,
	.erase = flash_erase,
	.is_blank = flash_is_blank,
	.map = flash_map
};
