/* SPDX-License-Identifier: Apache-2.0
 *
 * The mps2 board as a child process: QEMU with a flash file.
 *
 * The machine's PSRAM is the flash file, shared, so every store of the guest
 * is in the file at once and stays there when the machine is killed.  UART0
 * (the bus) is a socket of this process, UART1 (text) a pipe to it; nothing paces them.
 */
#ifndef COTTER_SECONDARY_PORTS_MPS2_HOST_BOARD_H
#define COTTER_SECONDARY_PORTS_MPS2_HOST_BOARD_H

#include "keys/error.h"

#include <stdbool.h>
#include <sys/types.h>

#define MPS2_BOARD_ARGS 16u

struct mps2_board_config {
	const char *loader; /* ELF file */
	const char *flash;  /* made by the factory: 16 MiB */
	const char *qemu;   /* NULL: qemu-system-arm from PATH */
	const char *args[MPS2_BOARD_ARGS]; /* further arguments, up to a NULL */
};

struct mps2_board {
	pid_t pid;
	int link;    /* UART0; non-blocking */
	int console; /* UART1, to read; non-blocking */
	int lock;    /* the flash file, locked while the board runs */
};

/* Starts the machine, as at power on.  COT_E_NO_INPUT: loader or flash is not there;
 * COT_E_LOCKED: another machine runs on that flash; COT_E_UNSUPPORTED: its length is
 * not the board's; COT_E_IO.  Nothing runs on failure. */
COT_MUST_CHECK enum cot_err mps2_board_start(struct mps2_board *b,
                                             const struct mps2_board_config *config);

/* Has the machine ended?  *ret_status is what waitpid said. */
bool mps2_board_ended(struct mps2_board *b, int *ret_status);

/* Cuts the power and forgets the board; harmless when it ended already. */
void mps2_board_stop(struct mps2_board *b);

#endif
