/* SPDX-License-Identifier: Apache-2.0
 *
 * The least application: tests itself, confirms, lives beside the loader.  It is linked
 * with app.ld, hook.c, confirm.c and what they call; its first two words are its stack
 * and its entry.
 */
#include "secondary/ports/template/services.h"

extern uint32_t app_data_start, app_data_end, app_data_from, app_bss_start, app_bss_end;
extern uint32_t app_stack_top;

void app_start(void);

/* WRITE: what shows that this firmware works.  Nothing is confirmed before. */
static bool self_test(void)
{
	return false;
}

/* WRITE: not while the vehicle drives, for instance. */
static bool may_program(void *ctx)
{
	(void)ctx;
	return true;
}

static const struct cot_hook hook = { &tpl_services.table, may_program, NULL };

static _Noreturn void run(void)
{
	/* A loader with another table, or a self-test that fails: the watchdog ends it. */
	if (tpl_services.magic != TPL_SERVICES_MAGIC || !self_test() ||
	    cot_hook_confirm(&hook) != COT_OK)
		for (;;) {
		}
	for (;;)
		cot_hook_poll(&hook); /* and the application's own work */
}

void app_start(void)
{
	uint32_t *to = &app_data_start;
	const uint32_t *from = &app_data_from;

	while (to < &app_data_end)
		*to++ = *from++;
	for (to = &app_bss_start; to < &app_bss_end; to++)
		*to = 0;
	run();
}

__attribute__((section(".vectors"), used)) static void (*const vectors[2])(void) = {
	(void (*)(void))(uintptr_t)&app_stack_top,
	app_start
};
