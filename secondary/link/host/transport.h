/* SPDX-License-Identifier: Apache-2.0
 *
 * Links by address, and one request with its response over a link.
 *
 *	unix:PATH              local socket, one message per packet
 *	serial:PATH@BAUD       COBS frames on a tty (client or server)
 *	serial:pty:LINKPATH    server only: makes a pseudo terminal, and LINKPATH a
 *	                       symbolic link to it (open that as serial:LINKPATH@BAUD)
 *	vbus:PATH/TX,RX        ISO-TP on the virtual bus of cotter-vbus
 *	can:IFACE/TX,RX        ISO-TP on SocketCAN
 *
 * TX and RX are hexadecimal CAN identifiers from the point of view of the one
 * who opens: three digits for 11 bits, eight for 29.  The client asks, the
 * server answers.
 *
 * The file descriptor and the events to wait for may change with every call
 * on the link: ask for them before each poll(2).
 */
#ifndef COTTER_SECONDARY_LINK_HOST_TRANSPORT_H
#define COTTER_SECONDARY_LINK_HOST_TRANSPORT_H

#include "secondary/link/link.h"

#include <stddef.h>
#include <stdint.h>

enum cot_transport_role { COT_TRANSPORT_CLIENT, COT_TRANSPORT_SERVER };

/* Room for one sentence on what failed, with the system's words. */
struct cot_transport_note {
	char text[192];
};

/* Opens a link.  On COT_OK *ret is to be closed by cot_transport_close.
 * COT_E_ARGUMENT: the address is not one of the above; COT_E_UNSUPPORTED: the
 * system has no CAN, or the role does not exist for that address;
 * COT_E_LINK: device or socket; COT_E_MEMORY.  note, which may be NULL, then
 * says what was wrong.  A vbus: node must be able to connect at once, so start
 * the bus first; a unix: client likewise its server. */
COT_MUST_CHECK enum cot_err cot_transport_open(const char *uri, enum cot_transport_role role,
                                               struct cot_link **ret,
                                               struct cot_transport_note *note);

/* Closes and frees; NULL is allowed. Removes a socket or symbolic link it made. */
void cot_transport_close(struct cot_link *link);

/* What to hand to poll(2); -1 when there is nothing to wait for. */
int cot_transport_fd(const struct cot_link *link);
short cot_transport_events(const struct cot_link *link);

/* Time for an exchange.  now_ms never goes back.  wait returns when link may
 * have something or until_ms has come, whichever is first; it may return early. */
struct cot_transport_clock {
	uint64_t (*now_ms)(void *ctx);
	void (*wait)(void *ctx, struct cot_link *link, uint64_t until_ms);
	void *ctx;
};

/* CLOCK_MONOTONIC and poll(2). */
extern const struct cot_transport_clock cot_transport_real_clock;

/* The clock of the virtual bus in lockstep, for a vbus: link: waiting hands
 * the time to the bus.  COT_E_ARGUMENT for another link, COT_E_UNSUPPORTED
 * when the bus is not in lockstep (use the real clock then). */
COT_MUST_CHECK enum cot_err cot_transport_bus_clock(struct cot_link *link,
                                                    struct cot_transport_clock *ret);

/* Lower bound of progress over a sliding window, shared by the exchanges of one
 * transfer.  Start with cot_transport_pace_init; min_rate 0 switches it off. */
struct cot_transport_pace {
	uint32_t min_rate;    /* bytes per second */
	uint32_t window_ms;
	uint64_t since_ms;    /* start of the present window */
	uint64_t bytes;       /* in the present window */
	uint64_t before;      /* in the window before */
	uint8_t windows;      /* full ones seen, at most 2 */
};

void cot_transport_pace_init(struct cot_transport_pace *pace, uint32_t min_rate,
                             uint32_t window_ms, uint64_t now_ms);
/* Counts bytes that moved.  COT_E_SLOW: less than min_rate over the window. */
COT_MUST_CHECK enum cot_err cot_transport_pace_add(struct cot_transport_pace *pace,
                                                   uint64_t bytes, uint64_t now_ms);

/* How one exchange is run.  All times in milliseconds. */
struct cot_transport_terms {
	uint32_t p2_ms;        /* response, or a sign of it, after the request left */
	uint32_t p2_star_ms;   /* the same after 7F xx 78 */
	uint32_t budget_ms;    /* everything, all attempts and 7F xx 78 included */
	uint8_t attempts;      /* sendings of the request, at least 1 */
	struct cot_transport_pace *pace; /* NULL: none */
	const struct cot_transport_clock *clock;
};

/* P2 is generous: it covers a gateway's scheduling, not only the ECU's. */
#define COT_TRANSPORT_P2_MS 1000u
#define COT_TRANSPORT_P2_STAR_MS 5000u
#define COT_TRANSPORT_BUDGET_MS 60000u
#define COT_TRANSPORT_ATTEMPTS 3u

/* The defaults above, the real clock, no pace. */
struct cot_transport_terms cot_transport_default_terms(void);

/* Where a response is copied to. */
struct cot_transport_answer {
	uint8_t *buf; /* the caller's */
	size_t cap;
	size_t len;   /* 0 unless a response came */
};

/* Sends request and waits for its response, which is copied to answer: COT_OK
 * and answer->len, positive or negative (but never 7F xx 78).  A request with
 * the suppress bit returns COT_OK with length 0 once it has left.  Messages that answer something else are dropped.
 * COT_E_ECU_SILENT: no sign of life within P2, P2* at the last attempt;
 * COT_E_SLOW: budget used up although the ECU is alive, or below the pace;
 * COT_E_BUFFER: response longer than cap; COT_E_LINK: device. */
COT_MUST_CHECK enum cot_err cot_transport_exchange(struct cot_link *link,
                                                   const struct cot_transport_terms *terms,
                                                   struct cot_slice request,
                                                   struct cot_transport_answer *answer);

#endif
