/* SPDX-License-Identifier: Apache-2.0
 *
 * The board that a process is: flash in a file, the system's random source, and
 * the ECU's key in the last page of the identity region.
 *
 * Nothing keeps a process from its own memory, so this port says `application
 * trusted` in status and reports.
 */
#ifndef COTTER_SECONDARY_PORTS_POSIX_BOARD_H
#define COTTER_SECONDARY_PORTS_POSIX_BOARD_H

#include "keys/host/secret.h"
#include "secondary/link/link.h"
#include "secondary/port.h"
#include "secondary/ports/posix/flash.h"

struct posix_board {
	struct cot_port port; /* what the library is given */
	struct posix_flash flash;
	uint8_t time_buf[COT_MAX_TIME];
	uint8_t response[COT_LINK_MAX];
};

/* Fills in b->port; b->flash must be open.  b must stay where it is. */
void posix_board_init(struct posix_board *b);

/* Puts the key into the identity region's last page, which must be blank, in the
 * form that secondary/ports/mps2/layout.h describes, with a fresh random seed. */
COT_MUST_CHECK enum cot_err posix_board_write_key(struct posix_board *b,
                                                  const struct cot_secret *key);

/* CLOCK_MONOTONIC. */
uint64_t posix_now_ms(void);

#endif
