/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages over a local packet socket, for an ECU that is a process on the
 * same machine.  It behaves like a bus: when the peer restarts, the client
 * connects again by itself and a message that was under way is lost, which the
 * exchange above repairs as it would on a wire.
 */
#include "secondary/link/host/carrier.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define RETRY_MS 20u /* between two attempts to connect again */

struct unix_link {
	struct cot_transport base;
	struct sockaddr_un address;
	int listener; /* server; -1 at the client */
	int fd;       /* the connection; -1 while there is none */
	size_t tx_len; /* waiting to leave */
	uint8_t tx[COT_LINK_MAX];
	uint8_t rx[COT_LINK_MAX];
};

static struct unix_link *self_of(struct cot_link *link)
{
	return (struct unix_link *)link;
}

static const struct unix_link *const_self_of(const struct cot_link *link)
{
	return (const struct unix_link *)link;
}

static void hang_up(struct unix_link *self)
{
	if (self->fd >= 0)
		close(self->fd);
	self->fd = -1;
	self->tx_len = 0;
}

static int new_socket(void)
{
	return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Gets a connection if there is none: accepts one, or makes one. */
static void connect_again(struct unix_link *self)
{
	if (self->fd >= 0)
		return;
	if (self->listener >= 0) {
		self->fd = accept4(self->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		return;
	}
	self->fd = new_socket();
	if (self->fd >= 0 && connect(self->fd, (const struct sockaddr *)&self->address,
	                             sizeof(self->address)) < 0)
		hang_up(self);
}

static void flush(struct unix_link *self)
{
	ssize_t put;

	if (self->fd < 0 || self->tx_len == 0)
		return;
	put = send(self->fd, self->tx, self->tx_len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (put >= 0)
		self->tx_len = 0;
	else if (errno != EAGAIN && errno != EINTR)
		hang_up(self);
}

static enum cot_err unix_send(struct cot_link *link, struct cot_slice msg, uint64_t now_ms)
{
	struct unix_link *self = self_of(link);

	(void)now_ms;
	if (self->tx_len)
		return COT_E_BUSY;
	connect_again(self);
	if (self->fd < 0) { /* nobody there: as lost as on an open wire */
		link->count.dropped++;
		return COT_OK;
	}
	memcpy(self->tx, msg.ptr, msg.len);
	self->tx_len = msg.len;
	flush(self);
	return COT_OK;
}

static enum cot_err unix_poll(struct cot_link *link, uint64_t now_ms,
                              struct cot_slice *ret_msg)
{
	struct unix_link *self = self_of(link);
	ssize_t got;

	connect_again(self);
	flush(self);
	if (self->fd < 0)
		return COT_PENDING;
	got = recv(self->fd, self->rx, sizeof(self->rx), MSG_DONTWAIT | MSG_TRUNC);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return COT_PENDING;
	if (got <= 0) {
		hang_up(self);
		return COT_PENDING;
	}
	link->heard_ms = now_ms;
	if ((size_t)got > sizeof(self->rx)) {
		link->count.dropped++;
		return COT_PENDING;
	}
	*ret_msg = cot_slice(self->rx, (size_t)got);
	return COT_OK;
}

static bool unix_sending(const struct cot_link *link)
{
	return const_self_of(link)->tx_len != 0;
}

static uint64_t unix_due(const struct cot_link *link, uint64_t now_ms)
{
	const struct unix_link *self = const_self_of(link);

	return self->fd < 0 && self->listener < 0 ? now_ms + RETRY_MS : COT_LINK_NEVER;
}

static int unix_fd(const struct cot_link *link)
{
	const struct unix_link *self = const_self_of(link);

	return self->fd >= 0 ? self->fd : self->listener;
}

static short unix_events(const struct cot_link *link)
{
	return const_self_of(link)->tx_len ? POLLIN | POLLOUT : POLLIN;
}

static void unix_close(struct cot_link *link)
{
	struct unix_link *self = self_of(link);

	hang_up(self);
	if (self->listener >= 0) {
		close(self->listener);
		unlink(self->address.sun_path);
	}
	free(self);
}

static const struct cot_link_ops link_ops = { unix_send, unix_poll, unix_sending, unix_due };
static const struct cot_transport_ops transport_ops = { unix_fd, unix_events, unix_close };

/* A socket left behind by a server that died may be replaced; one that is
 * served, and anything that is no socket, may not. */
static enum cot_err clear_path(const struct cot_transport_request *request,
                               const struct sockaddr_un *address)
{
	struct stat st;
	int fd;
	int served;

	if (lstat(address->sun_path, &st) < 0)
		return COT_OK;
	if (!S_ISSOCK(st.st_mode))
		return cot_transport_fail(request, COT_E_EXISTS, "%s exists and is no socket",
		                          address->sun_path);
	fd = new_socket();
	served = fd >= 0 && connect(fd, (const struct sockaddr *)address,
	                            sizeof(*address)) == 0;
	if (fd >= 0)
		close(fd);
	if (served)
		return cot_transport_fail(request, COT_E_BUSY, "%s is served already",
		                          address->sun_path);
	unlink(address->sun_path);
	return COT_OK;
}

static enum cot_err start_server(const struct cot_transport_request *request,
                                 struct unix_link *self)
{
	enum cot_err err = clear_path(request, &self->address);

	if (err)
		return err;
	self->listener = new_socket();
	if (self->listener < 0 ||
	    bind(self->listener, (const struct sockaddr *)&self->address,
	         sizeof(self->address)) < 0 ||
	    listen(self->listener, 4) < 0) {
		err = cot_transport_fail(request, COT_E_LINK, "listening on %s: %s",
		                         request->rest, strerror(errno));
		if (self->listener >= 0)
			close(self->listener);
	}
	return err;
}

static enum cot_err start_client(const struct cot_transport_request *request,
                                 struct unix_link *self)
{
	connect_again(self);
	if (self->fd < 0)
		return cot_transport_fail(request, COT_E_LINK, "connecting to %s: %s",
		                          request->rest, strerror(errno));
	return COT_OK;
}

enum cot_err cot_unix_open(const struct cot_transport_request *request, struct cot_link **ret)
{
	size_t len = strlen(request->rest);
	struct unix_link *self;
	enum cot_err err;

	if (len == 0 || len >= sizeof(self->address.sun_path))
		return cot_transport_fail(request, COT_E_ARGUMENT,
		                          "unix: takes a path of 1 to %zu bytes",
		                          sizeof(self->address.sun_path) - 1);
	self = calloc(1, sizeof(*self));
	if (!self)
		return COT_E_MEMORY;
	self->base.as.link.ops = &link_ops;
	self->base.ops = &transport_ops;
	self->listener = -1;
	self->fd = -1;
	self->address.sun_family = AF_UNIX;
	memcpy(self->address.sun_path, request->rest, len);
	if (request->role == COT_TRANSPORT_SERVER)
		err = start_server(request, self);
	else
		err = start_client(request, self);
	if (err) {
		free(self);
		return err;
	}
	*ret = &self->base.as.link;
	return COT_OK;
}
