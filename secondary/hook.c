/* SPDX-License-Identifier: Apache-2.0
 *
 * The application's side of the loader: see hook.h.
 */
#include "secondary/hook.h"

#include "secondary/stream.h"

#include <string.h>

void cot_hook_poll(const struct cot_hook *hook)
{
	hook->services->poll(!hook->may_program || hook->may_program(hook->ctx));
}

enum cot_err cot_hook_confirm(const struct cot_hook *hook)
{
	const struct cot_services *services = hook->services;
	uint8_t record[COT_CONFIRM_LEN + COT_FLASH_UNIT_MAX];
	struct cot_confirm handed;
	enum cot_err err = services->handed(&handed);
	size_t len = 0;

	if (err == COT_E_NOT_FOUND)
		return COT_OK;
	if (err != COT_OK)
		return err;
	while (len < COT_CONFIRM_LEN)
		len += services->unit;
	memset(record, 0xFF, sizeof(record));
	cot_confirm_encode(&handed, record);
	return services->program(0, cot_slice(record, len));
}

enum cot_err cot_hook_report(const struct cot_hook *hook, uint8_t *ret, size_t max,
                             size_t *ret_len)
{
	return hook->services->report(ret, max, ret_len);
}
