/* SPDX-License-Identifier: Apache-2.0
 *
 * The boot loader of the mps2 board, in an emulator, as the node of a test.
 *
 *   struct sim_secondary *s = sim_secondary_open(w, &metal_backend);
 *
 * The factory writes a flash file from the world's record, QEMU boots the loader on
 * it, and requests go over its serial line as a gateway's would.  What a test
 * asks about stored state is read from the flash file: when power is off, or while
 * the machine stands still (SIGSTOP) with its last answer given, which leaves in
 * the file what a loss of power at that instant would.
 *
 * Images are real applications, app-WORD.bin of the firmware build, padded to the
 * wanted length with bytes made from the image's name, so that each name has a
 * hash of its own.  "a-hangs.bin" is app-hangs.bin, "bad-3.bin" app-undecided.bin,
 * whose self-test never ends; a name without such a word is one of app-good*.bin.
 *
 * Environment: LOADER (ELF file; default $BUILD/mcu/m3/loader-ed25519.elf), APPS
 * (folder of app-*.bin; default $BUILD/mcu/m3), STEADY (default
 * $BUILD/tests/metal/steady.so; steady.sh makes it).  Files lie in a folder of their own
 * below TMPDIR and are removed by sim_secondary_free.  No step sleeps; each has five
 * minutes at most, of which it needs seconds unless the host is busy, then the test fails
 * and shows the console.
 */
#ifndef COTTER_TESTS_METAL_BACKEND_H
#define COTTER_TESTS_METAL_BACKEND_H

#include "secondary/link/carriers.h"
#include "secondary/ports/mps2/host/board.h"
#include "secondary/ports/posix/flash.h"
#include "tests/sim/secondary.h"

#include <setjmp.h>

#define METAL_MESSAGE 4095u
#define METAL_PATH 640u
#define METAL_IMAGE_LEN 8000u /* bytes of a usual image */

struct metal {
	struct mps2_board board;          /* pid -1: power is off */
	struct mps2_board_config config;  /* further arguments of QEMU: from the next power on */
	char folder[METAL_PATH - 32];
	char path[METAL_PATH];            /* of the flash file */
	char loader[512], apps[512];
	struct cot_serial_link link;
	bool resetting;                   /* the last request may have reset the machine */
	uint8_t rx[COT_SERIAL_RX(METAL_MESSAGE)], tx[METAL_MESSAGE];
	char *console;                    /* all text since the factory, zero-terminated */
	size_t console_len;
	struct posix_flash flash;         /* open while in other hands */
	bool in_hands;
	jmp_buf *power; /* where to go when the machine ended by itself; NULL: fail */
};

extern const struct sim_secondary_backend metal_backend;

struct metal *metal_of(const struct sim_secondary *s);

/* For tests of cmocka: a world, and a node of the factory that was powered on. */
struct metal_bench {
	struct sim_world *w;
	struct sim_secondary *s;
};
int metal_setup(void **state);
int metal_teardown(void **state);
#define METAL_TEST(function) \
	cmocka_unit_test_setup_teardown(function, metal_setup, metal_teardown)

/* CASE or ID in the environment picks the cases whose name has that in it, or is like
 * it if there is a * in it; called before cmocka runs a group. */
void metal_choose_case(void);

void metal_power_off(struct sim_secondary *s);
/* Without waiting for the loader to say anything. */
void metal_power_on(struct sim_secondary *s);

/* How often the console said that, and waiting until it did so often since the
 * factory; false after timeout_ms. */
unsigned metal_said(const struct sim_secondary *s, const char *text);
bool metal_hear(struct sim_secondary *s, const char *text, unsigned times, int timeout_ms);

#endif
