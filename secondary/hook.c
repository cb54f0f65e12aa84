/* SPDX-License-Identifier: Apache-2.0
 *
 * The application's side of the loader: see hook.h.
 */
#include "secondary/hook.h"

#include <string.h>

/* The confirm record is written through the same code as the loader reads it
 * with; of the flash it needs nothing but one page that can be programmed. */
static enum cot_err program(void *ctx, enum cot_region region, uint32_t offset,
                            struct cot_slice data)
{
	const struct cot_services *services = *(const struct cot_services **)ctx;

	return region == COT_REGION_APP ? services->program(offset, data) : COT_E_FLASH;
}

void cot_hook_poll(const struct cot_hook *hook)
{
	hook->services->poll(!hook->may_program || hook->may_program(hook->ctx));
}

enum cot_err cot_hook_confirm(const struct cot_hook *hook)
{
	const struct cot_services *services = hook->services;
	struct cot_flash flash;
	struct cot_confirm handed;
	enum cot_err err = services->handed(&handed);

	if (err == COT_E_NOT_FOUND)
		return COT_OK;
	if (err != COT_OK)
		return err;
	memset(&flash, 0, sizeof(flash));
	flash.ctx = (void *)&services;
	flash.region[COT_REGION_APP].size = services->page;
	flash.region[COT_REGION_APP].page = services->page;
	flash.region[COT_REGION_APP].unit = services->unit;
	flash.region[COT_REGION_APP].erased = 0xFF;
	flash.program = program;
	return cot_confirm_write(&flash, &handed);
}

enum cot_err cot_hook_report(const struct cot_hook *hook, uint8_t *ret, size_t max,
                             size_t *ret_len)
{
	return hook->services->report(ret, max, ret_len);
}
