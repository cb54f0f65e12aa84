/* SPDX-License-Identifier: Apache-2.0
 *
 * A confirmed image that crashes at once, for ever, would never let the bus reach the
 * loader.  So its crashes (faults, the watchdog) are counted, and after three in a row
 * the loader stays for a programming session once before it boots the image again.
 *
 *	struct mps2_crashes c in memory that outlives a reset and not the loss of power
 *
 *	crash of a confirmed image:  mps2_crash_count(&c, mps2_ticks()); reset
 *	at reset:                    if (mps2_crash_loop(&c)) stay in the loader
 *	a reset that was asked for:  mps2_crash_forget(&c)
 *
 * A run of a minute and more is no part of a row: the image fed the watchdog by serving
 * the bus all that time, thirty times at least, so whoever wanted a session could ask.
 *
 * The count says nothing about trust: all that it can bring about is a session of the
 * loader, where everything is verified as ever.  Whatever the memory holds after power
 * on is no crash.
 */
#ifndef COTTER_SECONDARY_PORTS_MPS2_CRASH_H
#define COTTER_SECONDARY_PORTS_MPS2_CRASH_H

#include <stdbool.h>
#include <stdint.h>

#define MPS2_CRASHES 3u
#define MPS2_CRASH_ROW 5859375u /* ticks of device.h: a minute */

struct mps2_crashes {
	uint32_t word;  /* a magic with the count in it */
	uint32_t check; /* its complement; both anything: no crash */
};

/* One more, so many ticks after reset; a long run begins the row anew.  The ticks go
 * round in twelve hours: a crash in the minute after that counts, which harms nobody. */
void mps2_crash_count(struct mps2_crashes *c, uint32_t ran);

/* Three in a row?  If so the count begins anew at zero. */
bool mps2_crash_loop(struct mps2_crashes *c);

void mps2_crash_forget(struct mps2_crashes *c);

#endif
