/* SPDX-License-Identifier: Apache-2.0
 *
 * One way to exchange messages, whatever carries them.
 *
 * A message is one UDS request or response, 1 to 4095 bytes (ISO 14229-1).
 * Below this interface lies a carrier: ISO-TP on CAN, COBS frames on a serial
 * line, a local socket.  The UDS server of the boot loader and the UDS client
 * of the primary are written against it and never learn which one it is.
 *
 * Nothing here blocks.  Both ends run the same loop:
 *
 *	if (cot_link_poll(link, now_ms, &msg) == COT_OK)
 *		handle(msg);               the bytes live until the next poll
 *	if (there is something to say)
 *		cot_link_send(link, answer, now_ms);
 *
 * Time is handed in, in milliseconds of any clock that never goes back, so
 * that a test can be a century long and take no time.  A damaged or foreign
 * frame is counted and dropped, never an error: nothing that arrives on a bus
 * may stop a link.
 */
#ifndef COTTER_SECONDARY_LINK_LINK_H
#define COTTER_SECONDARY_LINK_LINK_H

#include "keys/error.h"
#include "keys/slice.h"

#include <stdbool.h>
#include <stdint.h>

#define COT_LINK_MAX 4095u /* bytes in a message: ISO-TP without the escape form */

/* A time that never comes: the answer of cot_link_due when nothing is timed. */
#define COT_LINK_NEVER UINT64_MAX

struct cot_link;

/* What a carrier provides.  Call the functions below instead; they check the
 * arguments once for all carriers. */
struct cot_link_ops {
	enum cot_err (*send)(struct cot_link *link, struct cot_slice msg, uint64_t now_ms);
	enum cot_err (*poll)(struct cot_link *link, uint64_t now_ms,
	                     struct cot_slice *ret_msg);
	bool (*sending)(const struct cot_link *link);
	uint64_t (*due)(const struct cot_link *link, uint64_t now_ms);
};

/* Counters that only rise, for status and tests. */
struct cot_link_count {
	uint32_t sent;     /* messages handed over whole */
	uint32_t received; /* messages delivered whole */
	uint32_t dropped;  /* frames thrown away: damaged, foreign, out of order */
	uint32_t resent;   /* requests or responses sent once more */
};

/* The head of every carrier's own struct, as its first member. */
struct cot_link {
	const struct cot_link_ops *ops;
	uint64_t heard_ms; /* when the peer, or the line, was last heard */
	struct cot_link_count count;
};

/* Queues one message.  The carrier copies what it needs, or keeps pointing at
 * msg until cot_link_sending is false: so msg must live until then.
 * COT_E_ARGUMENT: empty; COT_E_LIMIT: longer than COT_LINK_MAX or than the
 * carrier's buffers; COT_E_BUSY: the former message is still leaving;
 * COT_E_SEQUENCE: a serial server was asked for a response without having had
 * a request; COT_E_LINK: the device is gone.  Nothing is queued on failure. */
COT_MUST_CHECK enum cot_err cot_link_send(struct cot_link *link, struct cot_slice msg,
                                          uint64_t now_ms);

/* Moves bytes in both directions, runs the carrier's timers and returns a
 * whole message if there is one: COT_OK, and *ret_msg is valid until the next
 * call on this link.  COT_PENDING: nothing yet.  COT_E_ECU_SILENT,
 * COT_E_ECU_NAK, COT_E_SLOW: the message that was leaving is given up: the peer
 * does not take it (ISO-TP N_Bs or WAIT limit, serial resends used up), refused
 * it (ISO-TP overflow), or took too long.  COT_E_LINK: device or socket failed,
 * close it.  After every error but COT_E_LINK the link can be used on. */
COT_MUST_CHECK enum cot_err cot_link_poll(struct cot_link *link, uint64_t now_ms,
                                          struct cot_slice *ret_msg);

/* Whether a queued message is still leaving.  A response time such as P2 starts
 * when this turns false. */
bool cot_link_sending(const struct cot_link *link);

/* The time of the next timer of this link, COT_LINK_NEVER if none runs: poll
 * again by then even if no byte arrives. */
uint64_t cot_link_due(const struct cot_link *link, uint64_t now_ms);

#endif
