/* SPDX-License-Identifier: Apache-2.0
 *
 * Frames of the serial line: COBS, head and CRC-32, in both directions a byte
 * at a time, so that an interrupt handler can call either with no buffer of
 * its own.  The encoder looks up to 254 bytes ahead in what it was given; that
 * is cheaper than a second copy of the message.
 */
#include "secondary/link/serial.h"

#include "secondary/link/crc.h"

#define RUN_MAX 254u  /* data bytes of one COBS block */
#define CODE_MAX 255u /* code of a full block: no zero follows it */

void cot_serial_decoder_init(struct cot_serial_decoder *dec, uint8_t *buf, size_t cap)
{
	*dec = (struct cot_serial_decoder){ .buf = buf, .cap = cap, .start = true };
}

/* CHECK W08.1: the length in the head is exactly that of the frame */
static enum cot_err cot_serial_check_length(struct cot_slice raw)
{
	size_t len;

	if (raw.len < COT_SERIAL_OVERHEAD)
		return COT_E_FRAME;
	len = (size_t)raw.ptr[4] << 8 | raw.ptr[5];
	if (len != raw.len - COT_SERIAL_OVERHEAD || len > COT_LINK_MAX)
		return COT_E_FRAME;
	return COT_OK;
}

/* CHECK W08.2: the CRC covers head and payload; raw is long enough for one */
static enum cot_err cot_serial_check_crc(struct cot_slice raw)
{
	const uint8_t *tail = raw.ptr + raw.len - COT_SERIAL_TAIL;
	uint32_t said = (uint32_t)tail[0] << 24 | (uint32_t)tail[1] << 16 |
	                (uint32_t)tail[2] << 8 | tail[3];

	if (cot_crc32(0, cot_slice(raw.ptr, raw.len - COT_SERIAL_TAIL)) != said)
		return COT_E_FRAME;
	return COT_OK;
}

static enum cot_err finish(struct cot_serial_decoder *dec, struct cot_serial_frame *ret)
{
	struct cot_slice raw = cot_slice(dec->buf, dec->len);
	bool cut = dec->left != 0;
	bool empty = dec->start;
	bool spoilt = dec->spoilt;

	cot_serial_decoder_init(dec, dec->buf, dec->cap);
	if (empty)
		return COT_PENDING;
	if (cut || spoilt || raw.len < COT_SERIAL_OVERHEAD)
		return COT_E_FRAME;
	if (cot_serial_check_length(raw) || cot_serial_check_crc(raw))
		return COT_E_FRAME;
	ret->type = raw.ptr[0];
	ret->epoch = (uint16_t)(raw.ptr[1] << 8 | raw.ptr[2]);
	ret->sequence = raw.ptr[3];
	ret->payload = cot_slice(raw.ptr + COT_SERIAL_HEAD, raw.len - COT_SERIAL_OVERHEAD);
	return COT_OK;
}

static void store(struct cot_serial_decoder *dec, uint8_t byte)
{
	if (dec->len == dec->cap)
		dec->spoilt = true;
	else
		dec->buf[dec->len++] = byte;
}

enum cot_err cot_serial_decode(struct cot_serial_decoder *dec, uint8_t byte,
                               struct cot_serial_frame *ret)
{
	if (byte == 0)
		return finish(dec, ret);
	dec->start = false;
	if (dec->spoilt)
		return COT_PENDING;
	if (dec->left) {
		dec->left--;
		store(dec, byte);
		return COT_PENDING;
	}
	if (dec->zero)
		store(dec, 0);
	dec->left = (uint8_t)(byte - 1u);
	dec->zero = byte != CODE_MAX;
	return COT_PENDING;
}

enum stage { STAGE_OPEN, STAGE_CODE, STAGE_DATA, STAGE_CLOSE, STAGE_DONE };

enum cot_err cot_serial_encoder_init(struct cot_serial_encoder *enc,
                                     const struct cot_serial_frame *frame)
{
	uint32_t crc;

	if (frame->payload.len > COT_LINK_MAX)
		return COT_E_LIMIT;
	*enc = (struct cot_serial_encoder){ .payload = frame->payload };
	enc->head[0] = frame->type;
	enc->head[1] = (uint8_t)(frame->epoch >> 8);
	enc->head[2] = (uint8_t)frame->epoch;
	enc->head[3] = frame->sequence;
	enc->head[4] = (uint8_t)(frame->payload.len >> 8);
	enc->head[5] = (uint8_t)frame->payload.len;
	crc = cot_crc32(0, cot_slice(enc->head, sizeof(enc->head)));
	crc = cot_crc32(crc, frame->payload);
	for (size_t i = 0; i < COT_SERIAL_TAIL; i++)
		enc->tail[i] = (uint8_t)(crc >> (24 - 8 * i));
	return COT_OK;
}

static size_t plain_len(const struct cot_serial_encoder *enc)
{
	return enc->payload.len + COT_SERIAL_OVERHEAD;
}

static uint8_t plain_at(const struct cot_serial_encoder *enc, size_t at)
{
	if (at < COT_SERIAL_HEAD)
		return enc->head[at];
	at -= COT_SERIAL_HEAD;
	if (at < enc->payload.len)
		return enc->payload.ptr[at];
	return enc->tail[at - enc->payload.len];
}

/* Bytes without a zero from here on: the length of the next block. */
static uint8_t run_len(const struct cot_serial_encoder *enc)
{
	uint8_t run = 0;

	while (run < RUN_MAX && enc->at + run < plain_len(enc) &&
	       plain_at(enc, enc->at + run) != 0)
		run++;
	return run;
}

/* After a block: a full one stands for its bytes only, any other also for the
 * zero that ended it; the last one for the end. */
static uint8_t next_stage(struct cot_serial_encoder *enc)
{
	if (enc->at == plain_len(enc))
		return STAGE_CLOSE;
	if (enc->code != CODE_MAX)
		enc->at++;
	return STAGE_CODE;
}

static uint8_t next_byte(struct cot_serial_encoder *enc)
{
	uint8_t byte = 0;

	switch (enc->stage) {
	case STAGE_OPEN:
		enc->stage = STAGE_CODE;
		return 0;
	case STAGE_CODE:
		enc->left = run_len(enc);
		enc->code = (uint8_t)(enc->left + 1u);
		byte = enc->code;
		enc->stage = STAGE_DATA;
		break;
	case STAGE_DATA:
		byte = plain_at(enc, enc->at++);
		enc->left--;
		break;
	default:
		enc->stage = STAGE_DONE;
		return 0;
	}
	if (enc->left == 0)
		enc->stage = next_stage(enc);
	return byte;
}

size_t cot_serial_encode(struct cot_serial_encoder *enc, uint8_t *out, size_t cap)
{
	size_t len = 0;

	while (len < cap && enc->stage != STAGE_DONE)
		out[len++] = next_byte(enc);
	return len;
}

bool cot_serial_encoder_done(const struct cot_serial_encoder *enc)
{
	return enc->stage == STAGE_DONE;
}
