/* SPDX-License-Identifier: Apache-2.0
 *
 * ISO-TP as a link.  A frame that the controller cannot take now waits in a
 * place of its own: the state machine must never be asked twice for the same
 * one.
 */
#include "secondary/link/carriers.h"

#include <string.h>

#define US_PER_MS 1000u
#define FRAMES_PER_POLL 1024u /* so that a babbling bus cannot hold a poll for ever */

static struct cot_isotp_link *self_of(struct cot_link *link)
{
	return (struct cot_isotp_link *)link;
}

static const struct cot_isotp_link *const_self_of(const struct cot_link *link)
{
	return (const struct cot_isotp_link *)link;
}

static enum cot_err flush(struct cot_isotp_link *self, uint64_t now_us)
{
	for (;;) {
		enum cot_err err;

		if (!self->waiting) {
			if (cot_isotp_next_frame(&self->tp, now_us, &self->out))
				return COT_OK;
			self->waiting = true;
		}
		err = self->port.send(self->port.ctx, &self->out);
		if (err == COT_PENDING)
			return COT_OK;
		if (err)
			return err;
		self->waiting = false;
	}
}

/* One frame off the bus.  A dropped one is no event, see link.h. */
static enum cot_err take(struct cot_isotp_link *self, uint64_t now_us)
{
	struct cot_can_frame frame;
	enum cot_err err = self->port.receive(self->port.ctx, &frame);

	if (err)
		return err == COT_PENDING ? COT_E_NOT_FOUND : err;
	if (frame.id == self->tp.config.rx_id && frame.ext == self->tp.config.ext)
		self->link.heard_ms = now_us / US_PER_MS;
	err = cot_isotp_receive(&self->tp, &frame, now_us);
	return err == COT_E_FRAME ? COT_PENDING : err;
}

/* Takes frames until a message is whole, the bus is empty or it is time to let
 * others run.  Flow control goes out between frames. */
static enum cot_err gather(struct cot_isotp_link *self, uint64_t now_us)
{
	for (unsigned int i = 0; i < FRAMES_PER_POLL; i++) {
		enum cot_err err = take(self, now_us);

		if (err == COT_E_NOT_FOUND)
			return COT_PENDING;
		if (err != COT_PENDING)
			return err;
		err = flush(self, now_us);
		if (err)
			return err;
	}
	return COT_PENDING;
}

static enum cot_err isotp_send(struct cot_link *link, struct cot_slice msg, uint64_t now_ms)
{
	struct cot_isotp_link *self = self_of(link);
	enum cot_err err;

	if (cot_isotp_sending(&self->tp) || self->waiting)
		return COT_E_BUSY;
	if (self->tx) {
		if (msg.len > self->tx_cap)
			return COT_E_LIMIT;
		memmove(self->tx, msg.ptr, msg.len);
		msg.ptr = self->tx;
	}
	err = cot_isotp_send(&self->tp, msg, now_ms * US_PER_MS);
	if (err)
		return err;
	return flush(self, now_ms * US_PER_MS);
}

static enum cot_err isotp_poll(struct cot_link *link, uint64_t now_ms,
                               struct cot_slice *ret_msg)
{
	struct cot_isotp_link *self = self_of(link);
	uint64_t now_us = now_ms * US_PER_MS;
	enum cot_err got = gather(self, now_us);
	enum cot_err err = COT_OK;

	if (got == COT_PENDING)
		err = cot_isotp_tick(&self->tp, now_us);
	self->link.count.dropped = self->tp.count.dropped;
	if (got < 0)
		return got;
	if (flush(self, now_us))
		return COT_E_LINK;
	if (got == COT_OK)
		*ret_msg = cot_isotp_message(&self->tp);
	return err ? err : got;
}

static bool isotp_sending(const struct cot_link *link)
{
	const struct cot_isotp_link *self = const_self_of(link);

	return cot_isotp_sending(&self->tp) || self->waiting;
}

static uint64_t isotp_due(const struct cot_link *link, uint64_t now_ms)
{
	const struct cot_isotp_link *self = const_self_of(link);
	uint64_t due_us = cot_isotp_due(&self->tp);
	uint64_t due_ms;

	if (due_us == COT_LINK_NEVER)
		return COT_LINK_NEVER;
	due_ms = due_us / US_PER_MS + (due_us % US_PER_MS != 0);
	if (due_ms > now_ms)
		return due_ms;
	/* It is time, but while a frame waits for the port nothing can be done
	 * about it: asking again at once would only burn it. */
	return self->waiting ? COT_LINK_NEVER : now_ms;
}

static const struct cot_link_ops isotp_ops = {
	.send = isotp_send,
	.poll = isotp_poll,
	.sending = isotp_sending,
	.due = isotp_due,
};

void cot_isotp_link_init(struct cot_isotp_link *self, const struct cot_can_port *port,
                         uint8_t *tx, size_t tx_cap)
{
	self->link = (struct cot_link){ .ops = &isotp_ops };
	self->port = *port;
	self->tx = tx;
	self->tx_cap = tx_cap;
	self->waiting = false;
}
