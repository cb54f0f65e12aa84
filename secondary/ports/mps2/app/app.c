/* SPDX-License-Identifier: Apache-2.0
 *
 * A small firmware: says its version, tests itself, confirms, lives beside the
 * loader.  Built in variants (APP_VARIANT, APP_VERSION) to show what the loader
 * does with good and with bad ones.
 */
#include "secondary/ports/mps2/app/services.h"

#ifndef APP_VERSION
#define APP_VERSION "1"
#endif

enum variant { GOOD, HANGS, CRASHES, FAILS_SELF_TEST, UNDECIDED };

#ifndef APP_VARIANT
#define APP_VARIANT GOOD
#endif

static const struct cot_hook hook = { &mps2_services, NULL, NULL };

/* What a firmware can say of itself: its memory holds what is written to it. */
static bool self_test(void)
{
	static volatile uint32_t cells[64];
	uint32_t i, good = 0;

	for (i = 0; i < 64; i++)
		cells[i] = i * 0x9E3779B1u;
	for (i = 0; i < 64; i++)
		good += cells[i] == i * 0x9E3779B1u;
	return good == 64 && APP_VARIANT != FAILS_SELF_TEST;
}

static void misbehave(void)
{
	if (APP_VARIANT == HANGS) {
		app_say("app: hangs\n");
		for (;;) {
		}
	}
	if (APP_VARIANT == CRASHES) {
		app_say("app: crashes\n");
		*(volatile uint32_t *)0x60000000u = 1;
	}
}

int main(void)
{
	app_say("app: version " APP_VERSION "\n");
	misbehave();
	if (!self_test()) {
		app_say("app: self-test failed\n");
		for (;;) {
		}
	}
	/* A self-test that never ends, beside an application that lives. */
	if (APP_VARIANT != UNDECIDED && cot_hook_confirm(&hook) != COT_OK)
		app_say("app: cannot confirm\n");
	for (;;)
		cot_hook_poll(&hook);
}
