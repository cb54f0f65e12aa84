/* SPDX-License-Identifier: Apache-2.0
 *
 * The boot loader of the mps2 board.  It is the secondary: see
 * secondary/secondary.h for the life it leads.
 */
#include "secondary/ports/mps2/board.h"
#include "secondary/ports/mps2/crash.h"
#include "secondary/ports/mps2/device.h"
#include "secondary/ports/mps2/flash.h"
#include "secondary/ports/mps2/layout.h"
#include "secondary/ports/mps2/loader.h"

#include <string.h>

#define ENTER_MAGIC 0x43A75E1Du

struct cot_sec mps2_node;

static struct cot_link *link;
static struct cot_boot boot;
static enum cot_err told;

#define OUTLIVES_RESET __attribute__((section(".noinit"))) /* but not the loss of power */

/* A session that resets into the loader. */
static struct {
	uint32_t magic, check;
} enter OUTLIVES_RESET;
static struct mps2_crashes crashes OUTLIVES_RESET;

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
	mps2_crash_forget(&crashes);
	mps2_reset();
}

/* A trial counts its own failures, in flash. */
void mps2_count_crash(void)
{
	if (mps2_node.mode == COT_MODE_APPLICATION && !boot.trial)
		mps2_crash_count(&crashes, mps2_ticks());
}

/* ---- what it says ------------------------------------------------------------------ */

static void say_who(void)
{
	struct cot_slice serial = mps2_node.id.components ? mps2_node.id.ecu[0].serial
	                                                  : COT_SLICE("?");

	mps2_say("ecu ");
	mps2_say_bytes(serial.ptr, serial.len);
	mps2_say(": ");
}

static void say_refusal(void)
{
	if (mps2_node.last != told && mps2_node.last < COT_OK) {
		say_who();
		mps2_say("refused: ");
		mps2_say(cot_err_word(mps2_node.last));
		mps2_say("\n");
	}
	told = mps2_node.last;
}

static void say_stays(const char *why)
{
	say_who();
	mps2_say("stays in the loader");
	if (why) {
		mps2_say(": ");
		mps2_say(why);
	}
	mps2_say("\n");
	told = mps2_node.last;
}

static void say_boots(void)
{
	say_who();
	mps2_say(boot.slot == 0 ? "boots slot A" : "boots slot B");
	mps2_say(boot.trial ? ", on trial\n" : "\n");
}

/* ---- the server ---------------------------------------------------------------------- */

void mps2_serve(void)
{
	uint64_t now = mps2_now_ms();
	struct cot_slice msg, response;

	mps2_watchdog_feed();
	if (cot_link_poll(link, now, &msg) == COT_OK)
		cot_sec_request(&mps2_node, msg, now);
	cot_sec_poll(&mps2_node, now);
	if (!cot_link_sending(link) && cot_sec_response(&mps2_node, &response))
		(void)!cot_link_send(link, response, now);
	if (!cot_link_sending(link) && cot_sec_reset(&mps2_node) != COT_RESET_NONE)
		reset(cot_sec_reset(&mps2_node));
	say_refusal();
}

const struct cot_confirm *mps2_handed(void)
{
	return boot.trial ? &boot.handed : NULL;
}

/* ---- from reset to the jump ------------------------------------------------------------ */

_Noreturn void mps2_cannot_run(void)
{
	say_who();
	mps2_say("refused: ");
	mps2_say(cot_err_word(COT_E_UNSUPPORTED));
	mps2_say("\n");
	reset(boot.trial ? COT_RESET_BOOT : COT_RESET_TO_LOADER);
}

/* The first two words of an image are its stack and its entry, as in every Cortex-M
 * vector table.  Where it lies is known only to an accepted boot: see boot.h. */
static void jump(void)
{
	const uint32_t *image;

	say_boots();
	cot_sec_enter_application(&mps2_node, boot.slot, mps2_now_ms());
	told = mps2_node.last;
	mps2_watchdog_start();
	image = (const uint32_t *)cot_boot_accepted(&boot, COT_BOOT_MASKED(MPS2_RUN, boot.slot));
	mps2_jump(image[0], image[1]);
}

static enum cot_err wake(void)
{
	enum cot_err err = mps2_flash_check();
	enum cot_err known = cot_sec_init(&mps2_node, &mps2_port, mps2_now_ms());

	if (err == COT_OK)
		err = known;
	mps2_node.last = err != COT_OK ? err : mps2_node.last;
	return err;
}

static void start_image(void)
{
	enum cot_err err = cot_sec_boot(&mps2_node, &boot);

	if (boot.image)
		jump();
	if (boot.why != COT_OK)
		err = boot.why;
	say_stays(err != COT_OK ? cot_err_word(err) : NULL);
}

int main(void)
{
	bool programming = entered_for_programming();
	bool crashed = mps2_crash_loop(&crashes);
	enum cot_err err;

	mps2_device_init();
	link = mps2_link_open();
	err = wake();
	if (err != COT_OK)
		say_stays(cot_err_word(err));
	else if (crashed)
		say_stays("three crashes in a row");
	else if (!programming)
		start_image();
	cot_sec_enter_loader(&mps2_node, programming || crashed, mps2_now_ms());
	for (;;)
		mps2_serve();
}
