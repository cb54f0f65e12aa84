/* SPDX-License-Identifier: Apache-2.0
 *
 * Flash in RAM: see flash.h.
 */
#include "tests/sim/flash.h"

#include <stdlib.h>
#include <string.h>

const struct sim_flash_geometry sim_flash_posix = { 4096, 8, 4, 16, 32, 64 * 1024, 0xFF };

static const char *const names[COT_REGION_COUNT] = { "state",  "app",    "doc-a",   "doc-b",
	                                             "slot-a", "slot-b", "identity" };

const char *sim_flash_region_name(enum cot_region region)
{
	return names[region];
}

static void broken(const char *rule, enum cot_region region, uint32_t offset)
{
	fprintf(stderr, "sim flash: %s at %s+0x%x\n", rule, names[region], offset);
	abort();
}

static void check_range(const struct sim_flash *f, enum cot_region region, uint32_t offset,
                        size_t len)
{
	uint32_t size = f->flash.region[region].size;

	if (offset > size || len > size - offset)
		broken("outside the region", region, offset);
}

static bool pend(struct sim_flash *f)
{
	if (f->pended < f->pending) {
		f->pended++;
		return true;
	}
	f->pended = 0;
	return false;
}

static void power_goes(struct sim_flash *f)
{
	f->cut = 0;
	longjmp(*f->power, 1);
}

static bool is_blank(const struct sim_flash *f, enum cot_region region, uint32_t offset,
                     size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (f->mem[region][offset + i] != f->flash.region[region].erased)
			return false;
	}
	return true;
}

/* ---- torn operations ------------------------------------------------------------------ */

static uint32_t noise(struct sim_flash *f)
{
	f->noise = f->noise * 1664525u + 1013904223u;
	return f->noise >> 16;
}

static uint8_t mixed(struct sim_flash *f, uint8_t a, uint8_t b)
{
	uint8_t mask = (uint8_t)noise(f);

	return (uint8_t)((a & mask) | (b & (uint8_t)~mask));
}

/* What an unstable unit reads as, this time. */
static void settle(struct sim_flash *f)
{
	uint32_t i, unit = f->flash.region[f->unstable_region].unit;

	for (i = 0; f->unstable && i < unit; i++)
		f->mem[f->unstable_region][f->unstable_at + i] =
			mixed(f, f->unstable_old[i], f->unstable_new[i]);
}

static void tear_program(struct sim_flash *f, enum cot_region region, uint32_t offset,
                         struct cot_slice data)
{
	uint32_t unit = f->flash.region[region].unit;
	uint32_t done = noise(f) % ((uint32_t)data.len / unit) * unit;

	memcpy(f->mem[region] + offset, data.ptr, done);
	f->unstable = true;
	f->unstable_region = region;
	f->unstable_at = offset + done;
	memcpy(f->unstable_old, f->mem[region] + offset + done, unit);
	memcpy(f->unstable_new, data.ptr + done, unit);
	settle(f);
	power_goes(f);
}

static void tear_erase(struct sim_flash *f, enum cot_region region, uint32_t offset)
{
	const struct cot_flash_region *r = &f->flash.region[region];
	uint32_t i;

	for (i = 0; i < r->page; i++)
		f->mem[region][offset + i] = mixed(f, f->mem[region][offset + i], r->erased);
	power_goes(f);
}

static bool tears_now(const struct sim_flash *f)
{
	return f->torn != 0 && f->ops + 1 == f->cut;
}

/* Counts an operation; false if it must not happen. */
static bool begin_op(struct sim_flash *f, const char *what, enum cot_region region,
                     uint32_t offset)
{
	f->ops++;
	if (f->trace)
		fprintf(f->trace, "%llu %s %s 0x%x\n", (unsigned long long)f->ops, what,
		        names[region], offset);
	if (f->ops == f->cut && !f->cut_after)
		power_goes(f);
	return f->ops != f->fail && f->ops != f->lie;
}

static enum cot_err end_op(struct sim_flash *f)
{
	if (f->ops == f->cut && f->cut_after)
		power_goes(f);
	return f->ops == f->fail ? COT_E_FLASH : COT_OK;
}

static enum cot_err flash_read(void *ctx, enum cot_region region, uint32_t offset, void *ret,
                               uint32_t len)
{
	struct sim_flash *f = ctx;

	check_range(f, region, offset, len);
	if (pend(f))
		return COT_PENDING;
	settle(f);
	memcpy(ret, f->mem[region] + offset, len);
	return COT_OK;
}

static enum cot_err flash_program(void *ctx, enum cot_region region, uint32_t offset,
                                  struct cot_slice data)
{
	struct sim_flash *f = ctx;
	const struct cot_flash_region *r = &f->flash.region[region];

	check_range(f, region, offset, data.len);
	if (offset % r->unit != 0 || data.len % r->unit != 0 || data.len == 0)
		broken("program of a part of a unit", region, offset);
	if (offset / r->page != (offset + data.len - 1) / r->page)
		broken("program across pages", region, offset);
	if (!is_blank(f, region, offset, data.len))
		broken("program of what is not blank", region, offset);
	if (pend(f))
		return COT_PENDING;
	if (f->dead & 1u << region)
		return COT_E_FLASH;
	if (tears_now(f)) {
		f->ops++;
		f->noise = f->torn;
		tear_program(f, region, offset, data);
	}
	if (begin_op(f, "program", region, offset))
		memcpy(f->mem[region] + offset, data.ptr, data.len);
	return end_op(f);
}

static enum cot_err flash_erase(void *ctx, enum cot_region region, uint32_t offset)
{
	struct sim_flash *f = ctx;
	const struct cot_flash_region *r = &f->flash.region[region];

	check_range(f, region, offset, r->page);
	if (offset % r->page != 0)
		broken("erase off a page", region, offset);
	if (pend(f))
		return COT_PENDING;
	if (f->dead & 1u << region)
		return COT_E_FLASH;
	if (tears_now(f)) {
		f->ops++;
		f->noise = f->torn;
		tear_erase(f, region, offset);
	}
	if (region == f->unstable_region && f->unstable_at / r->page == offset / r->page)
		f->unstable = false;
	if (begin_op(f, "erase", region, offset))
		memset(f->mem[region] + offset, r->erased, r->page);
	return end_op(f);
}

/* Whatever it reads as, a half programmed unit is not safe to program. */
static bool covers_unstable(const struct sim_flash *f, enum cot_region region, uint32_t offset,
                            uint32_t len)
{
	return f->unstable && region == f->unstable_region &&
	       f->unstable_at + f->flash.region[region].unit > offset &&
	       f->unstable_at < offset + len;
}

static enum cot_err flash_is_blank(void *ctx, enum cot_region region, uint32_t offset,
                                   uint32_t len, bool *ret)
{
	struct sim_flash *f = ctx;

	check_range(f, region, offset, len);
	if (pend(f))
		return COT_PENDING;
	settle(f);
	*ret = !covers_unstable(f, region, offset, len) && is_blank(f, region, offset, len);
	return COT_OK;
}

static const uint8_t *flash_map(void *ctx, enum cot_region region)
{
	return ((struct sim_flash *)ctx)->mem[region];
}

static uint32_t region_size(const struct sim_flash_geometry *g, enum cot_region region)
{
	switch (region) {
	case COT_REGION_STATE: return g->state_pages * g->page;
	case COT_REGION_DOC_A:
	case COT_REGION_DOC_B: return g->doc_pages * g->page;
	case COT_REGION_SLOT_A:
	case COT_REGION_SLOT_B: return g->slot_size;
	case COT_REGION_IDENTITY: return g->identity_pages * g->page;
	case COT_REGION_APP:
	case COT_REGION_COUNT:
	default: return g->page;
	}
}

void sim_flash_init(struct sim_flash *f, const struct sim_flash_geometry *g)
{
	int i;

	memset(f, 0, sizeof(*f));
	for (i = 0; i < COT_REGION_COUNT; i++) {
		struct cot_flash_region *r = &f->flash.region[i];

		r->size = region_size(g, (enum cot_region)i);
		r->page = g->page;
		r->unit = (uint16_t)g->unit;
		r->erased = g->erased;
		r->write_once = true;
		f->mem[i] = malloc(r->size);
		if (!f->mem[i])
			abort();
		memset(f->mem[i], r->erased, r->size);
	}
	f->flash.ctx = f;
	f->flash.read = flash_read;
	f->flash.program = flash_program;
	f->flash.erase = flash_erase;
	f->flash.is_blank = flash_is_blank;
	f->flash.map = flash_map;
}

void sim_flash_unmapped(struct sim_flash *f)
{
	f->flash.map = NULL;
}

void sim_flash_free(struct sim_flash *f)
{
	int i;

	for (i = 0; i < COT_REGION_COUNT; i++)
		free(f->mem[i]);
	memset(f, 0, sizeof(*f));
}

/* ---- all of it ----------------------------------------------------------------------- */

uint8_t *sim_flash_snapshot(const struct sim_flash *f)
{
	size_t total = 0, at = 0;
	uint8_t *ret;
	int i;

	for (i = 0; i < COT_REGION_COUNT; i++)
		total += f->flash.region[i].size;
	ret = malloc(total);
	if (!ret)
		abort();
	for (i = 0; i < COT_REGION_COUNT; i++) {
		memcpy(ret + at, f->mem[i], f->flash.region[i].size);
		at += f->flash.region[i].size;
	}
	return ret;
}

bool sim_flash_equal(const struct sim_flash *f, const uint8_t *snapshot)
{
	size_t at = 0;
	int i;

	for (i = 0; i < COT_REGION_COUNT; i++) {
		if (memcmp(snapshot + at, f->mem[i], f->flash.region[i].size) != 0)
			return false;
		at += f->flash.region[i].size;
	}
	return true;
}

void sim_flash_restore(struct sim_flash *f, const uint8_t *snapshot)
{
	size_t at = 0;
	int i;

	f->unstable = false;
	for (i = 0; i < COT_REGION_COUNT; i++) {
		memcpy(f->mem[i], snapshot + at, f->flash.region[i].size);
		at += f->flash.region[i].size;
	}
}
