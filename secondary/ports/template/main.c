/* SPDX-License-Identifier: Apache-2.0
 *
 * The boot loader, which is the secondary: see secondary/secondary.h for the life it
 * leads.
 */
#include "secondary/ports/template/board.h"
#include "secondary/ports/template/device.h"
#include "secondary/ports/template/flash.h"
#include "secondary/ports/template/loader.h"

#define ENTER_MAGIC 0x7A0B5EEDu

struct cot_sec tpl_node;

static struct cot_link *link;
static struct cot_boot boot; /* all zero: refuses */

/* Survives a reset, not the loss of power: a session that resets into the loader.  Where
 * a boot ROM clears RAM, or its ECC wants it written first, use a backup register. */
static struct {
	uint32_t magic, check;
} enter __attribute__((section(".noinit")));

/* WRITE, if there is a pin that means `stay': look at it too.  Staying gives nobody
 * anything, and gets an ECU back whose application refuses every session. */
static bool entered_for_programming(void)
{
	bool yes = enter.magic == ENTER_MAGIC && enter.check == ~ENTER_MAGIC;

	enter.magic = enter.check = 0;
	return yes;
}

static _Noreturn void reset(enum cot_reset kind)
{
	if (kind == COT_RESET_TO_LOADER) {
		enter.magic = ENTER_MAGIC;
		enter.check = ~ENTER_MAGIC;
	}
	tpl_reset();
}

/* ---- the server ---------------------------------------------------------------------- */

void tpl_serve(void)
{
	uint64_t now = tpl_now_ms();
	struct cot_slice msg, response;

	tpl_watchdog_feed();
	if (cot_link_poll(link, now, &msg) == COT_OK)
		cot_sec_request(&tpl_node, msg, now);
	cot_sec_poll(&tpl_node, now);
	if (!cot_link_sending(link) && cot_sec_response(&tpl_node, &response))
		(void)!cot_link_send(link, response, now);
	/* The answer has left the library's buffers, and then the pin. */
	if (!cot_link_sending(link) && cot_sec_reset(&tpl_node) != COT_RESET_NONE &&
	    tpl_uart_idle())
		reset(cot_sec_reset(&tpl_node));
}

const struct cot_confirm *tpl_handed(void)
{
	return boot.trial ? &boot.handed : NULL;
}

/* ---- from reset to the jump ------------------------------------------------------------ */

/* The first two words of an image are its stack and its entry, as in every Cortex-M
 * vector table.  Where it lies is known only to an accepted boot: see boot.h.  WRITE, if
 * images run in their slots: the masked address of the slot, chosen by boot.slot. */
static _Noreturn void jump(void)
{
	const uint32_t *image;

	cot_sec_enter_application(&tpl_node, boot.slot, tpl_now_ms());
	tpl_watchdog_start();
	image = (const uint32_t *)cot_boot_accepted(&boot, COT_BOOT_MASKED(TPL_RUN, boot.slot));
	tpl_jump(image[0], image[1]);
}

static enum cot_err wake(void)
{
	enum cot_err err = tpl_flash_check();
	enum cot_err known = cot_sec_init(&tpl_node, &tpl_port, tpl_now_ms());

	return err != COT_OK ? err : known;
}

_Noreturn void tpl_loader(void)
{
	bool programming = entered_for_programming();

	tpl_device_init();
	link = tpl_link_open();
	if (wake() == COT_OK && !programming &&
	    cot_sec_boot(&tpl_node, &boot) == COT_OK && boot.image)
		jump();
	cot_sec_enter_loader(&tpl_node, programming, tpl_now_ms());
	for (;;)
		tpl_serve();
}
