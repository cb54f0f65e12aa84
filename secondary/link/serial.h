/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests and responses over a serial line that loses and alters bytes.
 *
 * A frame is
 *
 *	00  COBS( type 1 | epoch 2 | sequence 1 | length 2 | payload | CRC-32 4 )  00
 *
 * numbers big-endian, the CRC over everything before it.  COBS (Cheshire and
 * Baker 1999) takes the zeros out, so that 00 stands between frames only:
 * after any damage the next 00 is a fresh start, and no payload, also not an
 * attacker's, can stretch a frame by more than one byte in 254.
 *
 * Stop-and-wait.  The client numbers its requests and sends one again, same
 * number, when no response comes.  The server executes a number once: a
 * repeated one is answered from the stored response.  The epoch is a random
 * number the client draws when it connects and after giving a request up; a
 * new epoch resets the server's numbering, so a restarted client needs no
 * handshake and a late response to its predecessor fits nothing.
 *
 * A response 7F xx 78 ("pending") goes out as an interim frame: the client
 * goes on waiting for the final one under the same number, and its repeated
 * request is then the question "done yet?".
 *
 * No bytes move here.  Received bytes are pushed in, bytes to send are pulled
 * out; the UART driver or the tty belongs to the caller, and so do all buffers.
 */
#ifndef COTTER_SECONDARY_LINK_SERIAL_H
#define COTTER_SECONDARY_LINK_SERIAL_H

#include "secondary/link/link.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COT_SERIAL_HEAD 6u  /* type, epoch, sequence, length */
#define COT_SERIAL_TAIL 4u  /* CRC-32 */
#define COT_SERIAL_OVERHEAD (COT_SERIAL_HEAD + COT_SERIAL_TAIL)

/* Receive buffer for payloads up to n bytes. */
#define COT_SERIAL_RX(n) ((n) + COT_SERIAL_OVERHEAD)
/* Most bytes on the line for a payload of n bytes, both delimiters included. */
#define COT_SERIAL_LINE(n) ((n) + COT_SERIAL_OVERHEAD + ((n) + COT_SERIAL_OVERHEAD) / 254u + 3u)

enum cot_serial_type {
	COT_SERIAL_REQUEST = 1,
	COT_SERIAL_RESPONSE = 2, /* final */
	COT_SERIAL_INTERIM = 3   /* 7F xx 78: the final one follows */
};

/* One decoded or to be encoded frame. */
struct cot_serial_frame {
	uint8_t type;
	uint16_t epoch;
	uint8_t sequence;
	struct cot_slice payload; /* in the decoder's buffer, or the caller's */
};

/* Decoder: bytes of the line in, frames out. */
struct cot_serial_decoder {
	uint8_t *buf;
	size_t cap;
	size_t len;
	uint8_t left;  /* bytes until the next COBS code byte */
	bool zero;     /* a zero is owed before the next block */
	bool start;    /* the next byte is the first of a frame */
	bool spoilt;   /* skip to the next delimiter */
};

/* buf, of COT_SERIAL_RX(largest payload) bytes, belongs to the decoder now. */
void cot_serial_decoder_init(struct cot_serial_decoder *dec, uint8_t *buf, size_t cap);

/* Takes one byte.  COT_OK: it completed a good frame, *ret is valid until the
 * next call.  COT_PENDING: go on.  COT_E_FRAME: it ended a frame that is bad
 * (COBS, length, CRC, too long): dropped, the next byte starts afresh. */
COT_MUST_CHECK enum cot_err cot_serial_decode(struct cot_serial_decoder *dec, uint8_t byte,
                                              struct cot_serial_frame *ret);

/* Encoder: a frame in, bytes of the line out, in pieces of any size. */
struct cot_serial_encoder {
	struct cot_slice payload;
	uint8_t head[COT_SERIAL_HEAD];
	uint8_t tail[COT_SERIAL_TAIL];
	size_t at;     /* next plain byte */
	uint8_t left;  /* plain bytes left in the present COBS block */
	uint8_t code;  /* code of the present block */
	uint8_t stage;
};

/* frame->payload must live until the encoder is empty.  COT_E_LIMIT: longer
 * than COT_LINK_MAX. */
COT_MUST_CHECK enum cot_err cot_serial_encoder_init(struct cot_serial_encoder *enc,
                                                    const struct cot_serial_frame *frame);

/* Writes up to cap bytes to out and returns how many; 0 when all are out. */
size_t cot_serial_encode(struct cot_serial_encoder *enc, uint8_t *out, size_t cap);

/* Whether all bytes have been written. */
bool cot_serial_encoder_done(const struct cot_serial_encoder *enc);

/* The exchange on top of the frames, for either end. */
struct cot_serial_config {
	bool server;
	uint16_t epoch;         /* client: random, drawn by the caller */
	uint32_t baud;          /* for the line time of a request; 0: no line time */
	uint32_t answer_ms;     /* client: resend when nothing came for so long */
	uint32_t interim_ms;    /* client: the same, after an interim response */
	uint8_t attempts;       /* client: sendings of one request before giving up */
	uint8_t *rx;            /* COT_SERIAL_RX(n) bytes */
	size_t rx_cap;
	uint8_t *tx;            /* n bytes: the request or response kept for resending */
	size_t tx_cap;
};

/* answer_ms 150, interim_ms 1000, attempts 8 where the config has 0. */
#define COT_SERIAL_ANSWER_MS 150u
#define COT_SERIAL_INTERIM_MS 1000u
#define COT_SERIAL_ATTEMPTS 8u

struct cot_serial {
	struct cot_serial_config config;
	struct cot_serial_decoder dec;
	struct cot_serial_encoder enc;
	struct cot_slice held;  /* what tx holds: the message to repeat */
	uint64_t timer_ms;      /* client: when to resend */
	uint64_t byte_ms;       /* when a byte last arrived */
	uint16_t epoch;
	uint8_t sequence;
	uint8_t tries;
	uint8_t held_type;
	uint8_t state;
	bool known;             /* server: epoch and sequence are of a real request */
	bool encoding;
	struct cot_link_count count;
};

void cot_serial_init(struct cot_serial *serial, const struct cot_serial_config *config);

/* Queues a message: at the client a request (COT_E_BUSY while one is open), at
 * the server the response to the last request (COT_E_SEQUENCE without one;
 * several 7F xx 78 may precede the final one).  Copied into tx. */
COT_MUST_CHECK enum cot_err cot_serial_send(struct cot_serial *serial, struct cot_slice msg,
                                            uint64_t now_ms);

/* Takes one received byte.  COT_OK: *ret_msg is a new request (server) or the
 * response, interim or final (client).  COT_PENDING: nothing to deliver. */
COT_MUST_CHECK enum cot_err cot_serial_receive(struct cot_serial *serial, uint8_t byte,
                                               uint64_t now_ms, struct cot_slice *ret_msg);

/* Bytes to put on the line now, at most cap; 0 if none. */
size_t cot_serial_transmit(struct cot_serial *serial, uint8_t *out, size_t cap,
                           uint64_t now_ms);

/* Runs the client's timer: COT_OK, or COT_E_ECU_SILENT once, when a request is
 * given up (the next one has a new epoch). */
COT_MUST_CHECK enum cot_err cot_serial_tick(struct cot_serial *serial, uint64_t now_ms);

/* Whether bytes of a frame are still to be pulled. */
bool cot_serial_sending(const struct cot_serial *serial);

/* When cot_serial_tick must be called next, or COT_LINK_NEVER. */
uint64_t cot_serial_due(const struct cot_serial *serial);

#endif
