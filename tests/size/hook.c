/* SPDX-License-Identifier: Apache-2.0
 *
 * An application's use of the hook, for `make size`: what the linker keeps of
 * secondary/ and keys/ is what it costs.  It is linked and never run.
 */
#include "secondary/hook.h"

extern const struct cot_services services; /* the port's */
const struct cot_services services;
volatile enum cot_err result;

int main(void)
{
	static uint8_t report[1024];
	static const struct cot_hook hook = { &services, NULL, NULL };
	size_t len;

	result = cot_hook_confirm(&hook);
	result = cot_hook_report(&hook, report, sizeof(report), &len);
	for (;;)
		cot_hook_poll(&hook);
}
