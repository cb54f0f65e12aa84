/* SPDX-License-Identifier: Apache-2.0
 *
 * Random bytes from a seed and a counter: see random.h.
 *
 * Seed pages: units of u32 count, u32 count inverted.  The largest valid count
 * of both pages is the last one used.  A page is erased when the other is full.
 */
#include "secondary/ports/mps2/random.h"

#include "keys/crypto.h"
#include "secondary/ports/mps2/device.h"
#include "secondary/ports/mps2/flash.h"
#include "secondary/ports/mps2/layout.h"

#include <stdbool.h>
#include <string.h>

#define SEED_LEN 32u
#define REGION ((enum cot_region)MPS2_REGION_SEED)

struct block {
	uint8_t seed[SEED_LEN];
	uint32_t count, index, ticks;
};

static bool begun;
static uint32_t count, blocks;

static uint32_t count_at(uint32_t offset)
{
	uint32_t unit[2] = { 0, 0 };

	if (mps2_flash.read(NULL, REGION, offset, unit, sizeof(unit)) != COT_OK ||
	    unit[1] != ~unit[0])
		return 0;
	return unit[0];
}

/* The largest count, and the page it stands in. */
static uint32_t last_count(uint32_t *ret_page)
{
	uint32_t at, n, last = 0;

	*ret_page = 0;
	for (at = 0; at < MPS2_SEED_LEN; at += MPS2_UNIT) {
		n = count_at(at);
		if (n > last) {
			last = n;
			*ret_page = at / MPS2_PAGE * MPS2_PAGE;
		}
	}
	return last;
}

/* The first unit of the page that was never touched; its end if there is none. */
static uint32_t free_unit(uint32_t page)
{
	uint32_t at = page + MPS2_PAGE;
	bool blank = true;

	while (at > page) {
		if (mps2_flash.is_blank(NULL, REGION, at - MPS2_UNIT, MPS2_UNIT, &blank) != COT_OK ||
		    !blank)
			break;
		at -= MPS2_UNIT;
	}
	return at;
}

static enum cot_err raise_count(void)
{
	uint32_t page, at, unit[2];
	enum cot_err err = COT_OK;

	unit[0] = last_count(&page) + 1;
	unit[1] = ~unit[0];
	at = free_unit(page);
	if (at == page + MPS2_PAGE) {
		at = MPS2_PAGE - page;
		err = mps2_flash.erase(NULL, REGION, at);
	}
	if (err == COT_OK)
		err = mps2_flash.program(NULL, REGION, at, cot_slice((uint8_t *)unit, sizeof(unit)));
	if (err == COT_OK)
		count = unit[0];
	return err;
}

/* A key page that was lost is no seed: everybody knows what is in it. */
static enum cot_err check_seed(void)
{
	const uint8_t *page = mps2_flash.map(NULL, COT_REGION_IDENTITY) + MPS2_AT_KEY;

	return memcmp(page, MPS2_KEY_MAGIC, 4) == 0 ? COT_OK : COT_E_UNPROVISIONED;
}

static void next_block(uint8_t ret[32])
{
	struct block b;

	memcpy(b.seed, mps2_flash.map(NULL, COT_REGION_IDENTITY) + MPS2_AT_KEY + MPS2_KEY_SEED,
	       SEED_LEN);
	b.count = count;
	b.index = blocks++;
	b.ticks = mps2_ticks();
	cot_hash_once(&cot_crypto_sodium, COT_HASH_SHA256,
	              cot_slice((const uint8_t *)&b, sizeof(b)), ret);
	mps2_wipe(&b, sizeof(b));
}

enum cot_err mps2_random(uint8_t *ret, size_t len)
{
	uint8_t bytes[32];
	enum cot_err err = check_seed();

	if (err == COT_OK && !begun)
		err = raise_count();
	if (err != COT_OK)
		return err;
	begun = true;
	while (len > 0) {
		size_t n = len < sizeof(bytes) ? len : sizeof(bytes);

		next_block(bytes);
		memcpy(ret, bytes, n);
		ret += n;
		len -= n;
	}
	return COT_OK;
}
