/* SPDX-License-Identifier: Apache-2.0
 *
 * The confirm record: see confirm.h.  Linked into loader and application.
 */
#include "secondary/confirm.h"

#include "secondary/link/crc.h"
#include "secondary/pack.h"
#include "secondary/stream.h"

#include <string.h>

#define FORMAT 1u

static const uint8_t magic[4] = { 'C', 'o', 'T', 'C' };

void cot_confirm_encode(const struct cot_confirm *c, uint8_t ret[COT_CONFIRM_LEN])
{
	struct cot_pack p = { ret, COT_CONFIRM_LEN, 0, false };

	cot_pack_bytes(&p, magic, sizeof(magic));
	cot_pack_uint(&p, FORMAT, 1);
	cot_pack_uint(&p, c->slot, 3);
	cot_pack_bytes(&p, c->sha256, sizeof(c->sha256));
	cot_pack_bytes(&p, c->trial, sizeof(c->trial));
	cot_pack_uint(&p, cot_crc32(0, cot_slice(ret, p.len)), 4);
}

enum cot_err cot_confirm_write(const struct cot_flash *flash, const struct cot_confirm *confirm)
{
	uint8_t bytes[COT_CONFIRM_LEN];
	struct cot_flash_stream s;
	enum cot_err err;

	cot_confirm_encode(confirm, bytes);
	cot_flash_stream_init(&s, flash, COT_REGION_APP, 0,
	                      flash->region[COT_REGION_APP].page);
	err = cot_flash_stream_write(&s, cot_slice(bytes, sizeof(bytes)));
	return err == COT_OK ? cot_flash_stream_finish(&s) : err;
}

enum cot_err cot_confirm_read(const struct cot_flash *flash, struct cot_confirm *ret)
{
	uint8_t bytes[COT_CONFIRM_LEN], again[COT_CONFIRM_LEN];

	if (cot_flash_read(flash, COT_REGION_APP, 0, bytes, sizeof(bytes)) != COT_OK)
		return COT_E_NOT_FOUND;
	ret->slot = bytes[5];
	memcpy(ret->sha256, bytes + 8, sizeof(ret->sha256));
	memcpy(ret->trial, bytes + 8 + sizeof(ret->sha256), sizeof(ret->trial));
	cot_confirm_encode(ret, again);
	return memcmp(bytes, again, sizeof(bytes)) == 0 ? COT_OK : COT_E_NOT_FOUND;
}

enum cot_err cot_confirm_erase(const struct cot_flash *flash)
{
	return cot_flash_erase(flash, COT_REGION_APP, 0);
}
