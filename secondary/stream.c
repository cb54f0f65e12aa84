/* SPDX-License-Identifier: Apache-2.0
 *
 * Helpers over a flash port: see stream.h.
 */
#include "secondary/stream.h"

#include <string.h>

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

uint32_t cot_flash_round_up(uint32_t value, uint32_t unit)
{
	uint32_t over = value % unit;

	return over == 0 ? value : value + (unit - over);
}

static bool inside(const struct cot_flash *f, enum cot_region region, uint32_t offset,
                   uint32_t len)
{
	uint32_t size = f->region[region].size;

	return offset <= size && len <= size - offset;
}

enum cot_err cot_flash_read(const struct cot_flash *f, enum cot_region region, uint32_t offset,
                            void *ret, uint32_t len)
{
	enum cot_err err = COT_E_FLASH;

	if (!inside(f, region, offset, len))
		return err;
	do {
		err = f->read(f->ctx, region, offset, ret, len);
	} while (err == COT_PENDING);
	return err;
}

static enum cot_err program_piece(const struct cot_flash *f, enum cot_region region,
                                  uint32_t offset, struct cot_slice piece)
{
	enum cot_err err;

	do {
		err = f->program(f->ctx, region, offset, piece);
	} while (err == COT_PENDING);
	return err;
}

enum cot_err cot_flash_program(const struct cot_flash *f, enum cot_region region,
                               uint32_t offset, struct cot_slice data)
{
	uint32_t page = f->region[region].page;
	enum cot_err err = COT_OK;

	if (data.len > UINT32_MAX || !inside(f, region, offset, (uint32_t)data.len))
		return COT_E_FLASH;
	while (err == COT_OK && data.len > 0) {
		uint32_t len = smaller(page - offset % page, (uint32_t)data.len);

		err = program_piece(f, region, offset, cot_slice_sub(data, 0, len));
		offset += len;
		data = cot_slice_sub(data, len, data.len - len);
	}
	return err;
}

enum cot_err cot_flash_erase(const struct cot_flash *f, enum cot_region region, uint32_t offset)
{
	enum cot_err err;

	if (!inside(f, region, offset, f->region[region].page))
		return COT_E_FLASH;
	do {
		err = f->erase(f->ctx, region, offset);
	} while (err == COT_PENDING);
	return err;
}

enum cot_err cot_flash_blank(const struct cot_flash *f, enum cot_region region, uint32_t offset,
                             uint32_t len, bool *ret)
{
	enum cot_err err;

	*ret = false;
	if (!inside(f, region, offset, len))
		return COT_E_FLASH;
	do {
		err = f->is_blank(f->ctx, region, offset, len, ret);
	} while (err == COT_PENDING);
	return err;
}

void cot_flash_stream_init(struct cot_flash_stream *s, const struct cot_flash *flash,
                           enum cot_region region, uint32_t at, uint32_t end)
{
	memset(s, 0, sizeof(*s));
	s->flash = flash;
	s->region = region;
	s->at = at;
	s->end = end;
}

/* Moves bytes into the unit that is being gathered; programs it when full. */
static enum cot_err fill_tail(struct cot_flash_stream *s, struct cot_slice *data)
{
	uint32_t unit = s->flash->region[s->region].unit;
	uint32_t len = smaller(unit - s->tail_len, (uint32_t)data->len);
	enum cot_err err;

	memcpy(s->tail + s->tail_len, data->ptr, len);
	*data = cot_slice_sub(*data, len, data->len - len);
	s->tail_len = (uint8_t)(s->tail_len + len);
	if (s->tail_len < unit)
		return COT_OK;
	err = cot_flash_program(s->flash, s->region, s->at, cot_slice(s->tail, unit));
	s->at += unit;
	s->tail_len = 0;
	return err;
}

enum cot_err cot_flash_stream_write(struct cot_flash_stream *s, struct cot_slice data)
{
	uint32_t unit = s->flash->region[s->region].unit;
	enum cot_err err = COT_OK;
	uint32_t whole;

	if (s->at > s->end || data.len > s->end - s->at ||
	    data.len + s->tail_len > s->end - s->at)
		return COT_E_LIMIT;
	if (s->tail_len > 0 && data.len > 0)
		err = fill_tail(s, &data);
	whole = (uint32_t)data.len - (uint32_t)data.len % unit;
	if (err == COT_OK && whole > 0) {
		err = cot_flash_program(s->flash, s->region, s->at, cot_slice_sub(data, 0, whole));
		s->at += whole;
		data = cot_slice_sub(data, whole, data.len - whole);
	}
	if (err == COT_OK && data.len > 0)
		err = fill_tail(s, &data);
	return err;
}

enum cot_err cot_flash_stream_finish(struct cot_flash_stream *s)
{
	const struct cot_flash_region *r = &s->flash->region[s->region];
	enum cot_err err;

	if (s->tail_len == 0)
		return COT_OK;
	memset(s->tail + s->tail_len, r->erased, r->unit - s->tail_len);
	err = cot_flash_program(s->flash, s->region, s->at, cot_slice(s->tail, r->unit));
	s->at += r->unit;
	s->tail_len = 0;
	return err;
}
