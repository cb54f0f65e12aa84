/* SPDX-License-Identifier: Apache-2.0
 *
 * ISO-TP (ISO 15765-2): messages up to 4095 bytes in classic CAN frames.
 *
 * Normal addressing, 11 or 29 bit identifiers, one peer, every frame padded to
 * eight bytes with 0xCC.  Both directions run at once and share nothing but
 * the bus.  Frames are pushed in and pulled out; nothing blocks, allocates or
 * keeps time of its own.  Times are microseconds of any clock that never goes
 * back, because STmin counts hundreds of microseconds.
 *
 *	on a CAN frame:  cot_isotp_receive(tp, &frame, now)    COT_OK: message
 *	                 cot_isotp_message(tp)                  its bytes
 *	then, and when cot_isotp_due comes:
 *	                 cot_isotp_tick(tp, now)
 *	while a mailbox is free and
 *	                 cot_isotp_next_frame(tp, now, &frame) == COT_OK: send it
 *
 * Whatever does not fit the state is dropped and counted: no length is ever
 * computed by subtracting what a peer sent from something smaller.
 *
 *	dropped:  single frame of length 0, above 7 or above the frame; first
 *	          frame below 8 or not full; consecutive frame without a first,
 *	          wrong sequence (the message is dropped too); flow control nobody
 *	          waits for, or with a reserved status
 *	refused:  first frame above the buffer, or with the 32-bit escape length:
 *	          answered by flow control OVERFLOW, nothing written
 *	replaced: a new single or first frame ends a message under way, as the
 *	          standard says; the two never mix
 */
#ifndef COTTER_SECONDARY_LINK_ISOTP_H
#define COTTER_SECONDARY_LINK_ISOTP_H

#include "keys/error.h"
#include "keys/slice.h"
#include "secondary/link/can.h"
#include "secondary/link/link.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COT_ISOTP_PAD 0xCCu

/* Time limits of ISO 15765-2 table 16, microseconds. */
#define COT_ISOTP_N_BS_US 1000000u /* sender: next flow control */
#define COT_ISOTP_N_CR_US 1000000u /* receiver: next consecutive frame */
#define COT_ISOTP_MAX_WAIT 10u     /* WAIT frames in a row before giving up */
#define COT_ISOTP_SEND_US 30000000u /* one message must have left by then */

struct cot_isotp_config {
	uint32_t tx_id, rx_id;
	uint8_t ext;        /* 1: both identifiers have 29 bits */
	uint8_t block_size; /* we announce: consecutive frames per flow control, 0: all */
	uint8_t st_min;     /* we announce: raw STmin byte, 0 for none */
};

struct cot_isotp {
	struct cot_isotp_config config;
	struct cot_link_count count;

	uint8_t *rx;          /* receiver */
	size_t rx_cap;
	size_t rx_len;        /* announced */
	size_t rx_got;
	uint64_t rx_until_us; /* N_Cr */
	uint8_t rx_state;
	uint8_t rx_sequence;  /* expected next, 0 to 15 */
	uint8_t rx_block;     /* left in this block */
	uint8_t rx_control;   /* flow control owed: 0xFF none, else its status */

	struct cot_slice tx;  /* sender */
	size_t tx_sent;
	uint64_t tx_at_us;    /* STmin: not before */
	uint64_t tx_until_us; /* N_Bs */
	uint64_t tx_end_us;   /* the whole message */
	uint32_t tx_gap_us;
	uint8_t tx_state;
	uint8_t tx_sequence;
	uint8_t tx_block;     /* left in this block, while tx_counted */
	bool tx_counted;      /* the peer gave a block size */
	uint8_t tx_waits;
};

/* rx, rx_cap bytes, receives messages and belongs to tp from now on.
 * COT_E_ARGUMENT: identifiers equal or too wide, or an empty buffer. */
COT_MUST_CHECK enum cot_err cot_isotp_init(struct cot_isotp *tp,
                                           const struct cot_isotp_config *config,
                                           uint8_t *rx, size_t rx_cap);

/* Starts sending msg, 1 to 4095 bytes, which must live until
 * cot_isotp_sending is false.  COT_E_BUSY: one is under way; COT_E_ARGUMENT:
 * empty; COT_E_LIMIT: longer than COT_LINK_MAX.  Checked in every build. */
COT_MUST_CHECK enum cot_err cot_isotp_send(struct cot_isotp *tp, struct cot_slice msg,
                                           uint64_t now_us);

/* Takes one frame from the bus.  COT_OK: a message is complete, see
 * cot_isotp_message.  COT_PENDING: taken.  COT_E_FRAME: dropped and counted
 * (a frame with another identifier is COT_PENDING: not ours).
 * COT_E_ECU_NAK, COT_E_ECU_SILENT: the peer refused our message by OVERFLOW, or
 * asked for too many WAITs; the message is given up. */
COT_MUST_CHECK enum cot_err cot_isotp_receive(struct cot_isotp *tp,
                                              const struct cot_can_frame *frame,
                                              uint64_t now_us);

/* The message completed last, valid until the next cot_isotp_receive. */
struct cot_slice cot_isotp_message(const struct cot_isotp *tp);

/* The next frame to put on the bus: COT_OK and *ret, or COT_PENDING when
 * nothing may be sent at now_us.  Flow control goes before data. */
COT_MUST_CHECK enum cot_err cot_isotp_next_frame(struct cot_isotp *tp, uint64_t now_us,
                                                 struct cot_can_frame *ret);

/* Runs the timers.  COT_OK, or once, when the message under way is given
 * up, COT_E_ECU_SILENT (N_Bs) or COT_E_SLOW (COT_ISOTP_SEND_US in all).  A reception that
 * stalls for N_Cr is dropped and counted. */
COT_MUST_CHECK enum cot_err cot_isotp_tick(struct cot_isotp *tp, uint64_t now_us);

/* Whether a message is still leaving. */
bool cot_isotp_sending(const struct cot_isotp *tp);

/* When cot_isotp_tick or cot_isotp_next_frame has something to do next, or
 * COT_LINK_NEVER. */
uint64_t cot_isotp_due(const struct cot_isotp *tp);

#endif
