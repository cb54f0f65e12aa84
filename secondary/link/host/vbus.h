/* SPDX-License-Identifier: Apache-2.0
 *
 * A CAN bus without a CAN card: the bus itself, its protocol to the nodes, and
 * the process that runs it.
 *
 * The bus (struct cot_vbus) knows nothing of sockets and wall time.  It has a
 * clock in nanoseconds of bus time, arbitrates by identifier at the moment the
 * bus becomes free, and holds it for the exact number of bits of each frame.
 *
 *	cot_vbus_offer        a node puts a frame in its mailboxes
 *	cot_vbus_next_ns      when something happens next
 *	cot_vbus_advance      let time pass up to then; maybe a frame is delivered
 *
 * Nodes talk to the process in packets of 24 bytes over a SOCK_SEQPACKET
 * socket, see struct cot_vbus_packet.  Bus time passes in one of three ways:
 *
 *	free      as fast as frames are offered; time is what they took
 *	paced     one second of bus time takes K seconds of wall time
 *	lockstep  time stands until every node has said that it waits, then jumps
 *	          to the next event; equal inputs give equal captures
 */
#ifndef COTTER_SECONDARY_LINK_HOST_VBUS_H
#define COTTER_SECONDARY_LINK_HOST_VBUS_H

#include "keys/error.h"
#include "secondary/link/can.h"
#include "secondary/link/link.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define COT_VBUS_NODES 16u
#define COT_VBUS_MAILBOXES 16u /* frames of one node that wait for the bus */

struct cot_vbus_node {
	bool there;
	uint32_t rank; /* orders nodes that offer the same identifier */
	struct cot_can_frame box[COT_VBUS_MAILBOXES]; /* first in, first out */
	unsigned int boxes;
};

struct cot_vbus {
	uint32_t bitrate;
	uint64_t now_ns;
	uint64_t free_ns; /* the bus is held until then */
	uint64_t end_ns;  /* of the frame on the wire, COT_LINK_NEVER if none */
	unsigned int sender;
	uint64_t frames, bits; /* so far */
	struct cot_vbus_node node[COT_VBUS_NODES];
};

/* A frame that has just been received by everybody but its sender. */
struct cot_vbus_delivery {
	struct cot_can_frame frame;
	unsigned int sender;
};

void cot_vbus_init(struct cot_vbus *bus, uint32_t bitrate);

/* A node's place, or COT_E_LIMIT. */
COT_MUST_CHECK enum cot_err cot_vbus_join(struct cot_vbus *bus, uint32_t rank,
                                          unsigned int *ret_node);
/* Its frames are gone, also one on the wire. */
void cot_vbus_leave(struct cot_vbus *bus, unsigned int node);

/* COT_E_FRAME: not a possible frame; COT_E_BUSY: mailboxes full. */
COT_MUST_CHECK enum cot_err cot_vbus_offer(struct cot_vbus *bus, unsigned int node,
                                           const struct cot_can_frame *frame);

/* The time of the next thing that happens by itself, COT_LINK_NEVER if none. */
uint64_t cot_vbus_next_ns(const struct cot_vbus *bus);

/* Lets time pass up to to_ns, or to the next delivery if that comes first:
 * then it is true, *ret is filled and the clock stands at the end of the frame. */
bool cot_vbus_advance(struct cot_vbus *bus, uint64_t to_ns, struct cot_vbus_delivery *ret);

/* Between node and process, big-endian:
 *	type 1 | ext 1 | len 1 | 0 | id 4 | time 8 | data 8 */
enum cot_vbus_type {
	COT_VBUS_HELLO = 1, /* node: id is its rank; bus: len the mode, id the bitrate */
	COT_VBUS_FRAME = 2, /* node: offers; bus: delivers, time is the end of frame */
	COT_VBUS_IDLE = 3,  /* node, lockstep: waits until time */
	COT_VBUS_DONE = 4,  /* bus: the node's own frame was delivered */
	COT_VBUS_WAKE = 5   /* bus, lockstep: the time it waited for has come */
};

enum cot_vbus_mode { COT_VBUS_FREE, COT_VBUS_PACED, COT_VBUS_LOCKSTEP };

#define COT_VBUS_PACKET 24u

struct cot_vbus_packet {
	uint8_t type;
	uint64_t time_ns;
	struct cot_can_frame frame;
};

void cot_vbus_pack(const struct cot_vbus_packet *packet, uint8_t out[COT_VBUS_PACKET]);
/* COT_E_FRAME: not 24 bytes, or a frame longer than 8. */
COT_MUST_CHECK enum cot_err cot_vbus_unpack(const uint8_t *in, size_t len,
                                            struct cot_vbus_packet *ret);

struct cot_vbus_options {
	const char *path;
	uint32_t bitrate;
	enum cot_vbus_mode mode;
	double pace;        /* paced: wall seconds per bus second */
	unsigned int nodes; /* lockstep: time stands while fewer are there */
	FILE *capture;      /* candump log lines, or NULL */
	int stop_fd;        /* readable: end; -1: never */
};

/* Runs the bus until stop_fd is readable: COT_OK, and *ret has its counters.
 * COT_E_LINK: the socket; errno says why. */
COT_MUST_CHECK enum cot_err cot_vbus_serve(const struct cot_vbus_options *options,
                                           struct cot_vbus *ret);

#endif
