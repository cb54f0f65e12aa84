/* SPDX-License-Identifier: Apache-2.0
 *
 * Stop-and-wait on top of the frames.  The client owns the timer and the
 * numbers, the server only remembers the last number and what it said to it;
 * so a server needs no clock here and no limit on anything.
 */
#include "secondary/link/serial.h"

#include "secondary/link/uds.h"

#include <string.h>

/* Client: nothing open; a request without a response yet; its last sending has
 * been pulled.  Server: no request; one handed out; its final answer given. */
enum state { STATE_IDLE, STATE_OPEN, STATE_ANSWERED };

#define BITS_PER_BYTE 10u /* start, eight, stop */
#define NEW_MAX 127u      /* numbers ahead of the last one that count as new */

void cot_serial_init(struct cot_serial *serial, const struct cot_serial_config *config)
{
	memset(serial, 0, sizeof(*serial));
	serial->config = *config;
	if (!serial->config.answer_ms)
		serial->config.answer_ms = COT_SERIAL_ANSWER_MS;
	if (!serial->config.interim_ms)
		serial->config.interim_ms = COT_SERIAL_INTERIM_MS;
	if (!serial->config.attempts)
		serial->config.attempts = COT_SERIAL_ATTEMPTS;
	serial->epoch = config->epoch;
	serial->timer_ms = COT_LINK_NEVER;
	serial->state = STATE_IDLE;
	cot_serial_decoder_init(&serial->dec, config->rx, config->rx_cap);
}

/* How long len payload bytes are on the line. */
static uint64_t line_ms(const struct cot_serial *serial, size_t len)
{
	if (!serial->config.baud)
		return 0;
	return (uint32_t)COT_SERIAL_LINE(len) * BITS_PER_BYTE * 1000u / serial->config.baud + 1;
}

/* Begins to put the kept message on the line. */
static void start_frame(struct cot_serial *serial)
{
	struct cot_serial_frame frame = { serial->held_type, serial->epoch,
		                          serial->sequence, serial->held };

	serial->encoding = cot_serial_encoder_init(&serial->enc, &frame) == COT_OK;
}

static void arm(struct cot_serial *serial, uint64_t now_ms, uint32_t wait_ms)
{
	serial->timer_ms = now_ms + line_ms(serial, serial->held.len) + wait_ms;
}

/* A request that is given up must not be answered later: the next one starts a
 * new epoch, to which no late response fits. */
static void give_up(struct cot_serial *serial)
{
	serial->state = STATE_IDLE;
	serial->timer_ms = COT_LINK_NEVER;
	serial->encoding = false;
	serial->epoch++;
}

static void send_request(struct cot_serial *serial, uint64_t now_ms)
{
	if (serial->state == STATE_OPEN)
		give_up(serial);
	serial->sequence++;
	serial->held_type = COT_SERIAL_REQUEST;
	serial->tries = 1;
	start_frame(serial);
	if (cot_uds_is_suppressed(serial->held)) {
		serial->state = STATE_IDLE; /* nobody will answer: no resending */
		serial->timer_ms = COT_LINK_NEVER;
		return;
	}
	serial->state = STATE_OPEN;
	arm(serial, now_ms, serial->config.answer_ms);
}

static void send_response(struct cot_serial *serial)
{
	bool interim = cot_uds_is_pending(serial->held);

	serial->held_type = interim ? COT_SERIAL_INTERIM : COT_SERIAL_RESPONSE;
	if (!interim)
		serial->state = STATE_ANSWERED;
	start_frame(serial);
}

enum cot_err cot_serial_send(struct cot_serial *serial, struct cot_slice msg, uint64_t now_ms)
{
	if (msg.len == 0)
		return COT_E_ARGUMENT;
	if (msg.len > serial->config.tx_cap || msg.len > COT_LINK_MAX)
		return COT_E_LIMIT;
	if (serial->encoding)
		return COT_E_BUSY;
	if (serial->config.server && serial->state != STATE_OPEN)
		return COT_E_SEQUENCE;
	memmove(serial->config.tx, msg.ptr, msg.len);
	serial->held = cot_slice(serial->config.tx, msg.len);
	if (serial->config.server)
		send_response(serial);
	else
		send_request(serial, now_ms);
	return COT_OK;
}

static enum cot_err drop(struct cot_serial *serial)
{
	serial->count.dropped++;
	return COT_PENDING;
}

/* The client said it again: so say it again, if it has been said at all. */
static enum cot_err repeat(struct cot_serial *serial)
{
	if (serial->held.len && !serial->encoding) {
		serial->count.resent++;
		start_frame(serial);
	}
	return COT_PENDING;
}

static enum cot_err serve(struct cot_serial *serial, const struct cot_serial_frame *frame,
                          struct cot_slice *ret_msg)
{
	uint8_t ahead = (uint8_t)(frame->sequence - serial->sequence);
	bool same_epoch = serial->known && frame->epoch == serial->epoch;

	if (frame->type != COT_SERIAL_REQUEST || frame->payload.len == 0)
		return drop(serial);
	if (same_epoch && ahead == 0)
		return repeat(serial);
	if (same_epoch && ahead > NEW_MAX)
		return drop(serial);
	serial->known = true;
	serial->epoch = frame->epoch;
	serial->sequence = frame->sequence;
	serial->held = cot_slice(serial->config.tx, 0);
	serial->encoding = false; /* a half-sent older answer ends at the next 00 */
	serial->state = STATE_OPEN;
	*ret_msg = frame->payload;
	return COT_OK;
}

/* CHECK W10.1: a response counts only if it is to the open request of this epoch */
static enum cot_err cot_serial_check_answer(const struct cot_serial *serial,
                                            const struct cot_serial_frame *frame)
{
	if (serial->state != STATE_OPEN || frame->payload.len == 0)
		return COT_E_FRAME;
	if (frame->epoch != serial->epoch || frame->sequence != serial->sequence)
		return COT_E_FRAME;
	return COT_OK;
}

static enum cot_err hear(struct cot_serial *serial, const struct cot_serial_frame *frame,
                         uint64_t now_ms, struct cot_slice *ret_msg)
{
	if (frame->type != COT_SERIAL_RESPONSE && frame->type != COT_SERIAL_INTERIM)
		return drop(serial);
	if (cot_serial_check_answer(serial, frame))
		return drop(serial);
	serial->encoding = false;
	if (frame->type == COT_SERIAL_INTERIM) {
		serial->tries = 1;
		arm(serial, now_ms, serial->config.interim_ms);
	} else {
		serial->state = STATE_IDLE;
		serial->timer_ms = COT_LINK_NEVER;
	}
	*ret_msg = frame->payload;
	return COT_OK;
}

enum cot_err cot_serial_receive(struct cot_serial *serial, uint8_t byte, uint64_t now_ms,
                                struct cot_slice *ret_msg)
{
	struct cot_serial_frame frame;
	enum cot_err err = cot_serial_decode(&serial->dec, byte, &frame);

	serial->byte_ms = now_ms;
	if (err == COT_PENDING)
		return COT_PENDING;
	if (err)
		return drop(serial);
	if (serial->config.server)
		return serve(serial, &frame, ret_msg);
	return hear(serial, &frame, now_ms, ret_msg);
}

size_t cot_serial_transmit(struct cot_serial *serial, uint8_t *out, size_t cap,
                           uint64_t now_ms)
{
	size_t len;

	if (!serial->encoding || cap == 0)
		return 0;
	len = cot_serial_encode(&serial->enc, out, cap);
	if (cot_serial_encoder_done(&serial->enc)) {
		serial->encoding = false;
		serial->count.sent++;
	}
	if (!serial->config.server && serial->state == STATE_OPEN &&
	    now_ms + serial->config.answer_ms > serial->timer_ms)
		serial->timer_ms = now_ms + serial->config.answer_ms;
	return len;
}

/* While bytes trickle in, a response may be on its way: wait for its end, but
 * not for ever, for noise trickles too. */
static bool still_arriving(const struct cot_serial *serial, uint64_t now_ms)
{
	uint64_t longest = line_ms(serial, serial->config.rx_cap);

	return now_ms < serial->byte_ms + serial->config.answer_ms &&
	       now_ms < serial->timer_ms + longest && !serial->dec.start;
}

enum cot_err cot_serial_tick(struct cot_serial *serial, uint64_t now_ms)
{
	if (serial->config.server || serial->state != STATE_OPEN)
		return COT_OK;
	if (now_ms < serial->timer_ms || serial->encoding || still_arriving(serial, now_ms))
		return COT_OK;
	if (serial->tries >= serial->config.attempts) {
		give_up(serial);
		return COT_E_ECU_SILENT;
	}
	serial->tries++;
	serial->count.resent++;
	start_frame(serial);
	arm(serial, now_ms, serial->config.answer_ms);
	return COT_OK;
}

bool cot_serial_sending(const struct cot_serial *serial)
{
	return serial->encoding;
}

uint64_t cot_serial_due(const struct cot_serial *serial)
{
	return serial->config.server ? COT_LINK_NEVER : serial->timer_ms;
}
