/* SPDX-License-Identifier: Apache-2.0
 *
 * A node of the virtual bus: the port under ISO-TP, and the clock that a
 * lockstep bus lends to its nodes.
 */
#include "secondary/link/host/carrier.h"
#include "secondary/link/host/vbus.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define NS_PER_MS 1000000u
#define HELLO_MS 2000 /* a bus that does not greet is none */

struct vbus_link {
	struct cot_transport base;
	int fd;
	enum cot_vbus_mode mode;
	uint64_t now_ns;
	unsigned int boxes; /* our frames that are with the bus */
	bool stashed;       /* lockstep: the packet that ended a wait */
	struct cot_vbus_packet stash;
	uint8_t rx[COT_LINK_MAX];
	uint8_t tx[COT_LINK_MAX];
};

static enum cot_err send_packet(const struct vbus_link *self,
                                const struct cot_vbus_packet *packet)
{
	uint8_t out[COT_VBUS_PACKET];

	cot_vbus_pack(packet, out);
	return send(self->fd, out, sizeof(out), MSG_NOSIGNAL) == (ssize_t)sizeof(out)
	               ? COT_OK
	               : COT_E_LINK;
}

/* COT_PENDING: none there. */
static enum cot_err next_packet(struct vbus_link *self, struct cot_vbus_packet *ret)
{
	uint8_t in[COT_VBUS_PACKET + 1];
	ssize_t got;

	if (self->stashed) {
		self->stashed = false;
		*ret = self->stash;
		return COT_OK;
	}
	got = recv(self->fd, in, sizeof(in), MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return COT_PENDING;
	if (got <= 0 || cot_vbus_unpack(in, (size_t)got, ret))
		return COT_E_LINK;
	self->now_ns = ret->time_ns;
	return COT_OK;
}

static enum cot_err vbus_receive(void *ctx, struct cot_can_frame *ret)
{
	struct vbus_link *self = ctx;
	struct cot_vbus_packet packet;
	enum cot_err err;

	while ((err = next_packet(self, &packet)) == COT_OK) {
		if (packet.type == COT_VBUS_DONE && self->boxes)
			self->boxes--;
		if (packet.type == COT_VBUS_FRAME) {
			*ret = packet.frame;
			return COT_OK;
		}
	}
	return err;
}

static enum cot_err vbus_send(void *ctx, const struct cot_can_frame *frame)
{
	struct vbus_link *self = ctx;
	struct cot_vbus_packet packet = { COT_VBUS_FRAME, 0, *frame };

	if (self->boxes == COT_VBUS_MAILBOXES)
		return COT_PENDING;
	if (send_packet(self, &packet))
		return COT_E_LINK;
	self->boxes++;
	return COT_OK;
}

static int vbus_fd(const struct cot_link *link)
{
	return ((const struct vbus_link *)link)->fd;
}

static short vbus_events(const struct cot_link *link)
{
	(void)link;
	return POLLIN; /* a mailbox that becomes free is a packet, too */
}

static void vbus_close(struct cot_link *link)
{
	struct vbus_link *self = (struct vbus_link *)link;

	if (self->fd >= 0)
		close(self->fd);
	free(self);
}

static const struct cot_transport_ops transport_ops = { vbus_fd, vbus_events, vbus_close };

static uint64_t bus_now(void *ctx)
{
	const struct vbus_link *self = ctx;

	return self->now_ns / NS_PER_MS;
}

/* Gives the time back to the bus.  It answers with exactly one packet, which is
 * kept for the next poll because its time counts from now on. */
static void bus_wait(void *ctx, struct cot_link *link, uint64_t until_ms)
{
	struct vbus_link *self = ctx;
	struct cot_vbus_packet idle = { .type = COT_VBUS_IDLE, .time_ns = COT_LINK_NEVER };
	struct pollfd fd = { .fd = self->fd, .events = POLLIN };

	(void)link;
	if (self->stashed)
		return;
	if (until_ms < COT_LINK_NEVER / NS_PER_MS)
		idle.time_ns = until_ms * NS_PER_MS;
	if (send_packet(self, &idle))
		return;
	while (poll(&fd, 1, -1) < 0 && errno == EINTR)
		;
	self->stashed = next_packet(self, &self->stash) == COT_OK;
}

enum cot_err cot_transport_bus_clock(struct cot_link *link, struct cot_transport_clock *ret)
{
	struct vbus_link *self = (struct vbus_link *)link;

	if (((const struct cot_transport *)link)->ops != &transport_ops)
		return COT_E_ARGUMENT;
	if (self->mode != COT_VBUS_LOCKSTEP)
		return COT_E_UNSUPPORTED;
	*ret = (struct cot_transport_clock){ bus_now, bus_wait, self };
	return COT_OK;
}

static enum cot_err greet(struct vbus_link *self, uint32_t rank)
{
	struct cot_vbus_packet packet = { .type = COT_VBUS_HELLO, .frame = { .id = rank } };
	struct pollfd fd = { .fd = self->fd, .events = POLLIN };

	if (send_packet(self, &packet))
		return COT_E_LINK;
	if (poll(&fd, 1, HELLO_MS) != 1 || next_packet(self, &packet))
		return COT_E_LINK;
	if (packet.type != COT_VBUS_HELLO || packet.frame.len > COT_VBUS_LOCKSTEP)
		return COT_E_LINK;
	self->mode = (enum cot_vbus_mode)packet.frame.len;
	return COT_OK;
}

static enum cot_err start(const struct cot_transport_request *request, struct vbus_link *self,
                          const struct cot_can_address *where)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memcpy(address.sun_path, where->place, sizeof(address.sun_path));
	self->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (self->fd < 0 || connect(self->fd, (const struct sockaddr *)&address,
	                            sizeof(address)) < 0)
		return cot_transport_fail(request, COT_E_LINK,
		                          "connecting to the virtual bus %s: %s", where->place,
		                          strerror(errno));
	if (greet(self, where->tx_id))
		return cot_transport_fail(request, COT_E_LINK,
		                          "%s does not greet as a virtual bus, or is full",
		                          where->place);
	return COT_OK;
}

enum cot_err cot_vbus_open(const struct cot_transport_request *request, struct cot_link **ret)
{
	struct cot_can_address where;
	struct vbus_link *self;
	enum cot_err err = cot_can_address_parse(request, &where);

	if (err)
		return err;
	self = calloc(1, sizeof(*self));
	if (!self)
		return COT_E_MEMORY;
	self->base.ops = &transport_ops;
	err = start(request, self, &where);
	if (err == COT_OK)
		err = cot_isotp_init(&self->base.as.isotp.tp,
		                     &(struct cot_isotp_config){ where.tx_id, where.rx_id,
		                                                 where.ext, 0, 0 },
		                     self->rx, sizeof(self->rx));
	if (err) {
		vbus_close(&self->base.as.link);
		return err;
	}
	cot_isotp_link_init(&self->base.as.isotp,
	                    &(struct cot_can_port){ vbus_receive, vbus_send, self },
	                    self->tx, sizeof(self->tx));
	*ret = &self->base.as.link;
	return COT_OK;
}
