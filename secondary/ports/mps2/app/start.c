/* SPDX-License-Identifier: Apache-2.0
 *
 * The first two words of an image, and its start-up.  The loader sets the stack.
 */
#include <stdint.h>

extern uint32_t app_data_start, app_data_end, app_data_from, app_bss_start, app_bss_end;
extern uint32_t app_stack_top;

void app_start(void);
int main(void);

void app_start(void)
{
	uint32_t *to = &app_data_start;
	const uint32_t *from = &app_data_from;

	while (to < &app_data_end)
		*to++ = *from++;
	for (to = &app_bss_start; to < &app_bss_end; to++)
		*to = 0;
	(void)main();
	for (;;) {
	}
}

__attribute__((section(".vectors"), used)) static void (*const vectors[2])(void) = {
	(void (*)(void))(uintptr_t)&app_stack_top,
	app_start
};
