/* SPDX-License-Identifier: Apache-2.0
 *
 * The two carriers as links: a cot_link over somebody's UART, and one over
 * somebody's CAN controller.
 *
 * A port gives two functions that move what can be moved now and never wait.
 * Everything else, framing, segmentation, timers and resending, is here and
 * the same for a microcontroller, a tty, SocketCAN, the virtual bus and a test
 * that loses bytes on purpose.  After init, use link.h on &carrier->link.
 */
#ifndef COTTER_SECONDARY_LINK_CARRIERS_H
#define COTTER_SECONDARY_LINK_CARRIERS_H

#include "secondary/link/can.h"
#include "secondary/link/isotp.h"
#include "secondary/link/link.h"
#include "secondary/link/serial.h"

#define COT_SERIAL_CHUNK 64u /* bytes moved per call of a port */

/* A serial line.  Both return COT_OK and how many bytes moved, 0 to len, in
 * *ret_moved, or COT_E_LINK when the line is gone. */
struct cot_serial_port {
	enum cot_err (*read)(void *ctx, uint8_t *buf, size_t len, size_t *ret_moved);
	enum cot_err (*write)(void *ctx, const uint8_t *buf, size_t len, size_t *ret_moved);
	void *ctx;
};

struct cot_serial_link {
	struct cot_link link; /* first, so that a cot_link * is one of these */
	struct cot_serial serial;
	struct cot_serial_port port;
	uint8_t in[COT_SERIAL_CHUNK];
	size_t in_at, in_len;
	uint8_t out[COT_SERIAL_CHUNK];
	size_t out_at, out_len;
};

void cot_serial_link_init(struct cot_serial_link *self, const struct cot_serial_config *config,
                          const struct cot_serial_port *port);

/* A CAN controller.  receive: COT_OK and a frame, or COT_PENDING.  send: COT_OK
 * when the frame is taken, COT_PENDING when no mailbox is free.  Both COT_E_LINK
 * when the controller is gone.  Frames must leave in the order they are given. */
struct cot_can_port {
	enum cot_err (*receive)(void *ctx, struct cot_can_frame *ret);
	enum cot_err (*send)(void *ctx, const struct cot_can_frame *frame);
	void *ctx;
};

struct cot_isotp_link {
	struct cot_link link; /* first */
	struct cot_isotp tp;
	struct cot_can_port port;
	uint8_t *tx;          /* NULL: messages are sent from the caller's memory */
	size_t tx_cap;
	struct cot_can_frame out;
	bool waiting;         /* out is still to be taken by the port */
};

/* tp must be initialised.  tx of tx_cap bytes keeps a copy of the message that
 * is leaving; with NULL it must live until cot_link_sending is false. */
void cot_isotp_link_init(struct cot_isotp_link *self, const struct cot_can_port *port,
                         uint8_t *tx, size_t tx_cap);

#endif
