/* SPDX-License-Identifier: Apache-2.0
 *
 * The serial carrier as a link.  Bytes go through two small chunks, so that a
 * port may take and give any number of them at a time.
 */
#include "secondary/link/carriers.h"

static struct cot_serial_link *self_of(struct cot_link *link)
{
	return (struct cot_serial_link *)link;
}

static const struct cot_serial_link *const_self_of(const struct cot_link *link)
{
	return (const struct cot_serial_link *)link;
}

/* Puts on the line what the line takes. */
static enum cot_err flush(struct cot_serial_link *self, uint64_t now_ms)
{
	for (;;) {
		size_t moved = 0;
		enum cot_err err;

		if (self->out_at == self->out_len) {
			self->out_at = 0;
			self->out_len = cot_serial_transmit(&self->serial, self->out,
			                                    sizeof(self->out), now_ms);
			if (self->out_len == 0)
				return COT_OK;
		}
		err = self->port.write(self->port.ctx, self->out + self->out_at,
		                       self->out_len - self->out_at, &moved);
		if (err)
			return err;
		if (moved == 0)
			return COT_OK;
		self->out_at += moved;
	}
}

/* Reads until a message is whole or the line is empty. */
static enum cot_err gather(struct cot_serial_link *self, uint64_t now_ms,
                           struct cot_slice *ret_msg)
{
	for (;;) {
		enum cot_err err;

		while (self->in_at < self->in_len) {
			self->link.heard_ms = now_ms;
			if (cot_serial_receive(&self->serial, self->in[self->in_at++], now_ms,
			                       ret_msg) == COT_OK)
				return COT_OK;
		}
		self->in_at = 0;
		self->in_len = 0;
		err = self->port.read(self->port.ctx, self->in, sizeof(self->in),
		                      &self->in_len);
		if (err)
			return err;
		if (self->in_len == 0)
			return COT_PENDING;
	}
}

static void note_counts(struct cot_serial_link *self)
{
	self->link.count.dropped = self->serial.count.dropped;
	self->link.count.resent = self->serial.count.resent;
}

static enum cot_err serial_send(struct cot_link *link, struct cot_slice msg, uint64_t now_ms)
{
	struct cot_serial_link *self = self_of(link);
	enum cot_err err = cot_serial_send(&self->serial, msg, now_ms);

	if (err)
		return err;
	return flush(self, now_ms);
}

static enum cot_err serial_poll(struct cot_link *link, uint64_t now_ms,
                                struct cot_slice *ret_msg)
{
	struct cot_serial_link *self = self_of(link);
	enum cot_err got = gather(self, now_ms, ret_msg);
	enum cot_err err = COT_OK;

	if (got == COT_PENDING)
		err = cot_serial_tick(&self->serial, now_ms);
	note_counts(self);
	if (got < 0)
		return got;
	if (flush(self, now_ms))
		return COT_E_LINK;
	return err ? err : got;
}

static bool serial_sending(const struct cot_link *link)
{
	const struct cot_serial_link *self = const_self_of(link);

	return cot_serial_sending(&self->serial) || self->out_at < self->out_len;
}

static uint64_t serial_due(const struct cot_link *link, uint64_t now_ms)
{
	const struct cot_serial_link *self = const_self_of(link);

	/* Bytes read together with the end of a message are waiting here. */
	if (self->in_at < self->in_len)
		return now_ms;
	return cot_serial_due(&self->serial);
}

static const struct cot_link_ops serial_ops = {
	.send = serial_send,
	.poll = serial_poll,
	.sending = serial_sending,
	.due = serial_due,
};

void cot_serial_link_init(struct cot_serial_link *self, const struct cot_serial_config *config,
                          const struct cot_serial_port *port)
{
	*self = (struct cot_serial_link){ .link = { .ops = &serial_ops }, .port = *port };
	cot_serial_init(&self->serial, config);
}
