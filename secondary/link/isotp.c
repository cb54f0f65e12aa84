/* SPDX-License-Identifier: Apache-2.0
 *
 * The receive and the transmit machine of ISO 15765-2.  Every length that a
 * peer states is compared before it is used, and what remains of a message is
 * always computed as stated minus got, where got never exceeds stated.
 */
#include "secondary/link/isotp.h"

#include <string.h>

/* Protocol control information, high nibble of the first byte. */
#define PCI_SINGLE 0x0u
#define PCI_FIRST 0x1u
#define PCI_NEXT 0x2u
#define PCI_FLOW 0x3u

#define FLOW_CLEAR 0u
#define FLOW_WAIT 1u
#define FLOW_OVERFLOW 2u
#define FLOW_NONE 0xFFu

#define SINGLE_MAX 7u /* payload bytes of a single frame */
#define FIRST_BYTES 6u
#define NEXT_BYTES 7u

enum rx_state { RX_IDLE, RX_RUNNING };
enum tx_state { TX_IDLE, TX_START, TX_WAIT_FLOW, TX_RUNNING };

enum cot_err cot_isotp_init(struct cot_isotp *tp, const struct cot_isotp_config *config,
                            uint8_t *rx, size_t rx_cap)
{
	uint32_t widest = config->ext ? COT_CAN_ID_EXT_MAX : COT_CAN_ID_MAX;

	if (config->ext > 1 || config->tx_id > widest || config->rx_id > widest)
		return COT_E_ARGUMENT;
	if (config->tx_id == config->rx_id || !rx || rx_cap == 0)
		return COT_E_ARGUMENT;
	memset(tp, 0, sizeof(*tp));
	tp->config = *config;
	tp->rx = rx;
	tp->rx_cap = rx_cap;
	tp->rx_control = FLOW_NONE;
	return COT_OK;
}

enum cot_err cot_isotp_send(struct cot_isotp *tp, struct cot_slice msg, uint64_t now_us)
{
	if (msg.len == 0)
		return COT_E_ARGUMENT;
	if (msg.len > COT_LINK_MAX)
		return COT_E_LIMIT;
	if (tp->tx_state != TX_IDLE)
		return COT_E_BUSY;
	tp->tx = msg;
	tp->tx_sent = 0;
	tp->tx_waits = 0;
	tp->tx_sequence = 1;
	tp->tx_end_us = now_us + COT_ISOTP_SEND_US;
	tp->tx_state = TX_START;
	return COT_OK;
}

static enum cot_err drop(struct cot_isotp *tp)
{
	tp->count.dropped++;
	return COT_E_FRAME;
}

/* CHECK W01.1: a single frame holds as many bytes as it says, 1 to 7 */
static enum cot_err cot_isotp_check_single(const struct cot_can_frame *frame)
{
	size_t len = frame->data[0] & 0x0Fu;

	if (len == 0 || len > SINGLE_MAX || len > frame->len - 1u)
		return COT_E_FRAME;
	return COT_OK;
}

/* CHECK W02.1: a first frame is full and announces more than a single one holds */
static enum cot_err cot_isotp_check_first(const struct cot_can_frame *frame)
{
	size_t len = (frame->data[0] & 0x0Fu) << 8 | frame->data[1];

	if (frame->len != COT_CAN_MAX)
		return COT_E_FRAME;
	if (len != 0 && len <= SINGLE_MAX)
		return COT_E_FRAME;
	return COT_OK;
}

/* Length 0 is the escape to 32 bits, of which nothing fits. */
/* CHECK W03.1: what a first frame announces fits the buffer */
static enum cot_err cot_isotp_check_room(const struct cot_isotp *tp, size_t len)
{
	if (len == 0 || len > tp->rx_cap || len > COT_LINK_MAX)
		return COT_E_LIMIT;
	return COT_OK;
}

/* CHECK W06.1: a consecutive frame continues the message under way */
static enum cot_err cot_isotp_check_next(const struct cot_isotp *tp,
                                         const struct cot_can_frame *frame)
{
	if (tp->rx_state != RX_RUNNING || (frame->data[0] & 0x0Fu) != tp->rx_sequence)
		return COT_E_FRAME;
	return COT_OK;
}

static enum cot_err take_single(struct cot_isotp *tp, const struct cot_can_frame *frame)
{
	size_t len = frame->data[0] & 0x0Fu;

	if (cot_isotp_check_single(frame) || cot_isotp_check_room(tp, len))
		return drop(tp);
	if (tp->rx_state == RX_RUNNING)
		tp->count.dropped++;
	tp->rx_state = RX_IDLE;
	tp->rx_control = FLOW_NONE;
	memcpy(tp->rx, frame->data + 1, len);
	tp->rx_len = len;
	tp->rx_got = len;
	tp->count.received++;
	return COT_OK;
}

static enum cot_err take_first(struct cot_isotp *tp, const struct cot_can_frame *frame,
                               uint64_t now_us)
{
	size_t len = (frame->data[0] & 0x0Fu) << 8 | frame->data[1];

	if (cot_isotp_check_first(frame))
		return drop(tp);
	if (tp->rx_state == RX_RUNNING)
		tp->count.dropped++;
	tp->rx_state = RX_IDLE;
	if (cot_isotp_check_room(tp, len)) {
		tp->rx_control = FLOW_OVERFLOW;
		return drop(tp);
	}
	memcpy(tp->rx, frame->data + 2, FIRST_BYTES);
	tp->rx_len = len;
	tp->rx_got = FIRST_BYTES;
	tp->rx_sequence = 1;
	tp->rx_block = tp->config.block_size;
	tp->rx_control = FLOW_CLEAR;
	tp->rx_until_us = now_us + COT_ISOTP_N_CR_US;
	tp->rx_state = RX_RUNNING;
	return COT_PENDING;
}

static enum cot_err take_next(struct cot_isotp *tp, const struct cot_can_frame *frame,
                              uint64_t now_us)
{
	size_t want = tp->rx_len - tp->rx_got;

	if (want > NEXT_BYTES)
		want = NEXT_BYTES;
	if (cot_isotp_check_next(tp, frame) || frame->len < want + 1u) {
		tp->rx_state = RX_IDLE;
		tp->rx_control = FLOW_NONE;
		return drop(tp);
	}
	memcpy(tp->rx + tp->rx_got, frame->data + 1, want);
	tp->rx_got += want;
	tp->rx_sequence = (uint8_t)((tp->rx_sequence + 1u) & 0x0Fu);
	tp->rx_until_us = now_us + COT_ISOTP_N_CR_US;
	if (tp->rx_got == tp->rx_len) {
		tp->rx_state = RX_IDLE;
		tp->rx_control = FLOW_NONE;
		tp->count.received++;
		return COT_OK;
	}
	if (tp->config.block_size && --tp->rx_block == 0) {
		tp->rx_block = tp->config.block_size;
		tp->rx_control = FLOW_CLEAR;
	}
	return COT_PENDING;
}

/* ISO 15765-2 table 20: milliseconds up to 7F, then hundreds of microseconds;
 * what is reserved counts as the longest. */
static uint32_t gap_us(uint8_t st_min)
{
	if (st_min <= 0x7F)
		return st_min * 1000u;
	if (st_min >= 0xF1 && st_min <= 0xF9)
		return (st_min - 0xF0u) * 100u;
	return 127000u;
}

static enum cot_err take_flow(struct cot_isotp *tp, const struct cot_can_frame *frame,
                              uint64_t now_us)
{
	if (tp->tx_state != TX_WAIT_FLOW || frame->len < 3)
		return drop(tp);
	switch (frame->data[0] & 0x0Fu) {
	case FLOW_CLEAR:
		tp->tx_counted = frame->data[1] != 0;
		tp->tx_block = frame->data[1];
		tp->tx_gap_us = gap_us(frame->data[2]);
		tp->tx_waits = 0;
		tp->tx_at_us = now_us;
		tp->tx_state = TX_RUNNING;
		return COT_PENDING;
	case FLOW_WAIT:
		tp->tx_until_us = now_us + COT_ISOTP_N_BS_US;
		if (++tp->tx_waits <= COT_ISOTP_MAX_WAIT)
			return COT_PENDING;
		tp->tx_state = TX_IDLE;
		return COT_E_ECU_SILENT;
	case FLOW_OVERFLOW:
		tp->tx_state = TX_IDLE;
		return COT_E_ECU_NAK;
	default:
		return drop(tp);
	}
}

enum cot_err cot_isotp_receive(struct cot_isotp *tp, const struct cot_can_frame *frame,
                               uint64_t now_us)
{
	if (frame->ext != tp->config.ext || frame->id != tp->config.rx_id)
		return COT_PENDING;
	if (!cot_can_valid(frame) || frame->len == 0)
		return drop(tp);
	switch (frame->data[0] >> 4) {
	case PCI_SINGLE:
		return take_single(tp, frame);
	case PCI_FIRST:
		return take_first(tp, frame, now_us);
	case PCI_NEXT:
		return take_next(tp, frame, now_us);
	case PCI_FLOW:
		return take_flow(tp, frame, now_us);
	default:
		return drop(tp);
	}
}

struct cot_slice cot_isotp_message(const struct cot_isotp *tp)
{
	if (tp->rx_state != RX_IDLE || tp->rx_got != tp->rx_len)
		return cot_slice(tp->rx, 0);
	return cot_slice(tp->rx, tp->rx_len);
}

static void blank(const struct cot_isotp *tp, struct cot_can_frame *ret)
{
	ret->id = tp->config.tx_id;
	ret->ext = tp->config.ext;
	ret->len = COT_CAN_MAX;
	memset(ret->data, COT_ISOTP_PAD, sizeof(ret->data));
}

static void make_flow(struct cot_isotp *tp, struct cot_can_frame *ret)
{
	blank(tp, ret);
	ret->data[0] = (uint8_t)(PCI_FLOW << 4 | tp->rx_control);
	ret->data[1] = tp->config.block_size;
	ret->data[2] = tp->config.st_min;
	tp->rx_control = FLOW_NONE;
}

static void make_start(struct cot_isotp *tp, uint64_t now_us, struct cot_can_frame *ret)
{
	size_t len = tp->tx.len;

	blank(tp, ret);
	if (len <= SINGLE_MAX) {
		ret->data[0] = (uint8_t)(PCI_SINGLE << 4 | len);
		memcpy(ret->data + 1, tp->tx.ptr, len);
		tp->tx_state = TX_IDLE;
		tp->count.sent++;
		return;
	}
	ret->data[0] = (uint8_t)(PCI_FIRST << 4 | len >> 8);
	ret->data[1] = (uint8_t)len;
	memcpy(ret->data + 2, tp->tx.ptr, FIRST_BYTES);
	tp->tx_sent = FIRST_BYTES;
	tp->tx_until_us = now_us + COT_ISOTP_N_BS_US;
	tp->tx_state = TX_WAIT_FLOW;
}

static void make_next(struct cot_isotp *tp, uint64_t now_us, struct cot_can_frame *ret)
{
	size_t len = tp->tx.len - tp->tx_sent;

	if (len > NEXT_BYTES)
		len = NEXT_BYTES;
	blank(tp, ret);
	ret->data[0] = (uint8_t)(PCI_NEXT << 4 | tp->tx_sequence);
	memcpy(ret->data + 1, tp->tx.ptr + tp->tx_sent, len);
	tp->tx_sent += len;
	tp->tx_sequence = (uint8_t)((tp->tx_sequence + 1u) & 0x0Fu);
	tp->tx_at_us = now_us + tp->tx_gap_us;
	if (tp->tx_sent == tp->tx.len) {
		tp->tx_state = TX_IDLE;
		tp->count.sent++;
	} else if (tp->tx_counted && --tp->tx_block == 0) {
		tp->tx_until_us = now_us + COT_ISOTP_N_BS_US;
		tp->tx_state = TX_WAIT_FLOW;
	}
}

enum cot_err cot_isotp_next_frame(struct cot_isotp *tp, uint64_t now_us,
                                  struct cot_can_frame *ret)
{
	if (tp->rx_control != FLOW_NONE)
		make_flow(tp, ret);
	else if (tp->tx_state == TX_START)
		make_start(tp, now_us, ret);
	else if (tp->tx_state == TX_RUNNING && now_us >= tp->tx_at_us)
		make_next(tp, now_us, ret);
	else
		return COT_PENDING;
	return COT_OK;
}

enum cot_err cot_isotp_tick(struct cot_isotp *tp, uint64_t now_us)
{
	if (tp->rx_state == RX_RUNNING && now_us >= tp->rx_until_us) {
		tp->rx_state = RX_IDLE;
		tp->rx_control = FLOW_NONE;
		tp->count.dropped++;
	}
	if (tp->tx_state == TX_IDLE)
		return COT_OK;
	if (now_us >= tp->tx_end_us) {
		tp->tx_state = TX_IDLE;
		return COT_E_SLOW;
	}
	if (tp->tx_state == TX_WAIT_FLOW && now_us >= tp->tx_until_us) {
		tp->tx_state = TX_IDLE;
		return COT_E_ECU_SILENT;
	}
	return COT_OK;
}

bool cot_isotp_sending(const struct cot_isotp *tp)
{
	return tp->tx_state != TX_IDLE;
}

uint64_t cot_isotp_due(const struct cot_isotp *tp)
{
	uint64_t due = COT_LINK_NEVER;

	if (tp->rx_control != FLOW_NONE || tp->tx_state == TX_START)
		return 0;
	if (tp->rx_state == RX_RUNNING)
		due = tp->rx_until_us;
	if (tp->tx_state == TX_WAIT_FLOW && tp->tx_until_us < due)
		due = tp->tx_until_us;
	if (tp->tx_state == TX_RUNNING && tp->tx_at_us < due)
		due = tp->tx_at_us;
	if (tp->tx_state != TX_IDLE && tp->tx_end_us < due)
		due = tp->tx_end_us;
	return due;
}
