/* SPDX-License-Identifier: Apache-2.0
 *
 * The services of a running application: see services.h.
 */
#include "secondary/ports/template/services.h"

#include "secondary/ports/template/board.h"
#include "secondary/ports/template/device.h"
#include "secondary/ports/template/flash.h"
#include "secondary/ports/template/loader.h"
#include "secondary/report.h"

#define REPORT_MS 1000u /* each may cost a record in flash, which wears out */

static uint64_t reported_ms; /* since reset */

static void service_poll(bool may_program)
{
	tpl_set_may_program(may_program);
	tpl_serve();
}

static enum cot_err service_handed(struct cot_confirm *ret)
{
	const struct cot_confirm *handed = tpl_handed();

	if (!handed)
		return COT_E_NOT_FOUND;
	*ret = *handed;
	return COT_OK;
}

static enum cot_err service_program(uint32_t offset, struct cot_slice data)
{
	return tpl_flash.program(NULL, COT_REGION_APP, offset, data);
}

static enum cot_err service_report(uint8_t *ret, size_t max, size_t *ret_len)
{
	uint64_t now = tpl_now_ms();

	if (now - reported_ms < REPORT_MS)
		return COT_E_BUSY;
	reported_ms = now;
	return cot_sec_report(&tpl_node, 0, (char *)ret, max, ret_len);
}

__attribute__((section(".services"), used)) const struct tpl_services tpl_services = {
	.magic = TPL_SERVICES_MAGIC,
	.table = {
		.poll = service_poll,
		.handed = service_handed,
		.program = service_program,
		.report = service_report,
		.now_ms = tpl_now_ms,
		.unit = TPL_UNIT
	}
};
