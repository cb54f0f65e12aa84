/* SPDX-License-Identifier: Apache-2.0
 *
 * ISO-TP over a Linux CAN interface.  Raw frames are used and not the kernel's
 * own ISO-TP, so that the protocol is the one that was tested, on every kernel
 * that has CAN at all.
 */
#include "secondary/link/host/carrier.h"

#include <errno.h>
#include <linux/can.h>
#include <linux/can/raw.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct socketcan {
	struct cot_transport base;
	int fd;
	uint8_t rx[COT_LINK_MAX];
	uint8_t tx[COT_LINK_MAX];
};

static enum cot_err socketcan_receive(void *ctx, struct cot_can_frame *ret)
{
	struct socketcan *self = ctx;
	struct can_frame frame;
	ssize_t got = recv(self->fd, &frame, sizeof(frame), MSG_DONTWAIT);

	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? COT_PENDING : COT_E_LINK;
	if ((size_t)got != sizeof(frame) || frame.can_id & (CAN_RTR_FLAG | CAN_ERR_FLAG))
		return COT_PENDING;
	memset(ret, 0, sizeof(*ret));
	ret->ext = (frame.can_id & CAN_EFF_FLAG) != 0;
	ret->id = frame.can_id & (ret->ext ? CAN_EFF_MASK : CAN_SFF_MASK);
	ret->len = frame.can_dlc <= COT_CAN_MAX ? frame.can_dlc : COT_CAN_MAX;
	memcpy(ret->data, frame.data, ret->len);
	return COT_OK;
}

static enum cot_err socketcan_send(void *ctx, const struct cot_can_frame *frame)
{
	struct socketcan *self = ctx;
	struct can_frame out;

	memset(&out, 0, sizeof(out));
	out.can_id = frame->id | (frame->ext ? CAN_EFF_FLAG : 0);
	out.can_dlc = frame->len;
	memcpy(out.data, frame->data, frame->len);
	if (send(self->fd, &out, sizeof(out), MSG_DONTWAIT) == (ssize_t)sizeof(out))
		return COT_OK;
	/* ENOBUFS: the interface's queue is full, which passes. */
	return errno == EAGAIN || errno == ENOBUFS || errno == EINTR ? COT_PENDING
	                                                            : COT_E_LINK;
}

static int socketcan_fd(const struct cot_link *link)
{
	return ((const struct socketcan *)link)->fd;
}

static short socketcan_events(const struct cot_link *link)
{
	return cot_link_sending(link) ? POLLIN | POLLOUT : POLLIN;
}

static void socketcan_close(struct cot_link *link)
{
	struct socketcan *self = (struct socketcan *)link;

	if (self->fd >= 0)
		close(self->fd);
	free(self);
}

static const struct cot_transport_ops transport_ops = { socketcan_fd, socketcan_events,
	                                                socketcan_close };

/* Only frames to us reach us: a busy bus then costs nothing. */
static int bind_to(int fd, const struct cot_can_address *where)
{
	struct can_filter filter = {
		.can_id = where->rx_id | (where->ext ? CAN_EFF_FLAG : 0),
		.can_mask = CAN_EFF_FLAG | CAN_RTR_FLAG |
		            (where->ext ? CAN_EFF_MASK : CAN_SFF_MASK),
	};
	struct sockaddr_can address = { .can_family = AF_CAN };

	address.can_ifindex = (int)if_nametoindex(where->place);
	if (address.can_ifindex == 0)
		return -1;
	if (setsockopt(fd, SOL_CAN_RAW, CAN_RAW_FILTER, &filter, sizeof(filter)) < 0)
		return -1;
	return bind(fd, (const struct sockaddr *)&address, sizeof(address));
}

static enum cot_err start(const struct cot_transport_request *request,
                          const struct cot_can_address *where, int *ret_fd)
{
	int fd = socket(AF_CAN, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, CAN_RAW);

	if (fd < 0 && (errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT))
		return cot_transport_fail(request, COT_E_UNSUPPORTED,
		                          "this kernel has no CAN (can and can_raw modules); "
		                          "vbus: needs none");
	if (fd < 0)
		return cot_transport_fail(request, COT_E_LINK, "opening a CAN socket: %s",
		                          strerror(errno));
	if (bind_to(fd, where) < 0) {
		enum cot_err err = cot_transport_fail(request, COT_E_LINK,
		                                      "using CAN interface %s: %s",
		                                      where->place, strerror(errno));

		close(fd);
		return err;
	}
	*ret_fd = fd;
	return COT_OK;
}

enum cot_err cot_socketcan_open(const struct cot_transport_request *request,
                                struct cot_link **ret)
{
	struct cot_can_address where;
	struct socketcan *self;
	int fd = -1;
	enum cot_err err = cot_can_address_parse(request, &where);

	if (err == COT_OK)
		err = start(request, &where, &fd);
	if (err)
		return err;
	self = calloc(1, sizeof(*self));
	if (!self) {
		close(fd);
		return COT_E_MEMORY;
	}
	self->fd = fd;
	self->base.ops = &transport_ops;
	err = cot_isotp_init(&self->base.as.isotp.tp,
	                     &(struct cot_isotp_config){ where.tx_id, where.rx_id, where.ext,
	                                                 0, 0 },
	                     self->rx, sizeof(self->rx));
	if (err) {
		socketcan_close(&self->base.as.link);
		return err;
	}
	cot_isotp_link_init(&self->base.as.isotp,
	                    &(struct cot_can_port){ socketcan_receive, socketcan_send, self },
	                    self->tx, sizeof(self->tx));
	*ret = &self->base.as.link;
	return COT_OK;
}
