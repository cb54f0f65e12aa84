/* SPDX-License-Identifier: Apache-2.0
 *
 * The process around the bus: sockets of nodes, the passing of time, and the
 * capture.  Nodes are handled in the order of their rank, so that nothing of a
 * lockstep run depends on how the system scheduled them.
 */
#include "secondary/link/host/vbus.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1e9
#define PATIENCE_MS 2000

struct member {
	int fd; /* -1: free */
	bool joined;
	unsigned int node;
	bool idle; /* lockstep: waits */
	uint64_t until_ns;
};

struct server {
	const struct cot_vbus_options *options;
	struct cot_vbus bus;
	struct member member[COT_VBUS_NODES];
	int listener;
	uint64_t zero_ns; /* paced: wall time of bus time 0 */
};

static uint64_t wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static uint64_t paced_now(const struct server *server)
{
	return (uint64_t)((double)(wall_ns() - server->zero_ns) / server->options->pace);
}

static void drop_member(struct server *server, struct member *member)
{
	if (member->joined)
		cot_vbus_leave(&server->bus, member->node);
	close(member->fd);
	*member = (struct member){ .fd = -1 };
}

/* A bus that is not held to a clock is faster than any node: it waits for one
 * that has not been scheduled for a while, as long as it may still be alive. */
static bool send_to(const struct member *member, const uint8_t out[COT_VBUS_PACKET])
{
	struct pollfd fd = { .fd = member->fd, .events = POLLOUT };

	do {
		if (send(member->fd, out, COT_VBUS_PACKET, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return true;
	} while (errno == EINTR || (errno == EAGAIN && poll(&fd, 1, PATIENCE_MS) > 0));
	return false;
}

/* A node that does not read what it is sent for so long is gone. */
static void tell(struct server *server, struct member *member,
                 const struct cot_vbus_packet *packet)
{
	uint8_t out[COT_VBUS_PACKET];

	cot_vbus_pack(packet, out);
	member->idle = false;
	if (!send_to(member, out))
		drop_member(server, member);
}

static void welcome(struct server *server, struct member *member, uint32_t rank)
{
	struct cot_vbus_packet packet = { .type = COT_VBUS_HELLO,
		                          .time_ns = server->bus.now_ns };

	if (member->joined || cot_vbus_join(&server->bus, rank, &member->node)) {
		drop_member(server, member);
		return;
	}
	member->joined = true;
	packet.frame.len = (uint8_t)server->options->mode;
	packet.frame.id = server->options->bitrate;
	tell(server, member, &packet);
}

static void handle(struct server *server, struct member *member,
                   const struct cot_vbus_packet *packet)
{
	if (packet->type == COT_VBUS_HELLO) {
		welcome(server, member, packet->frame.id);
	} else if (!member->joined) {
		drop_member(server, member);
	} else if (packet->type == COT_VBUS_FRAME) {
		if (cot_vbus_offer(&server->bus, member->node, &packet->frame))
			drop_member(server, member);
	} else if (packet->type == COT_VBUS_IDLE) {
		member->idle = true;
		member->until_ns = packet->time_ns;
	}
}

static void listen_to(struct server *server, struct member *member)
{
	while (member->fd >= 0) {
		uint8_t in[COT_VBUS_PACKET + 1];
		struct cot_vbus_packet packet;
		ssize_t got = recv(member->fd, in, sizeof(in), MSG_DONTWAIT);

		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (got <= 0 || cot_vbus_unpack(in, (size_t)got, &packet))
			drop_member(server, member);
		else
			handle(server, member, &packet);
	}
}

static void accept_one(struct server *server)
{
	int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	for (size_t i = 0; i < COT_VBUS_NODES; i++) {
		if (server->member[i].fd < 0) {
			server->member[i].fd = fd;
			return;
		}
	}
	close(fd);
}

/* One line as candump -l writes it. */
static void capture(const struct server *server, const struct cot_can_frame *frame)
{
	FILE *out = server->options->capture;
	uint64_t us = server->bus.now_ns / 1000u;

	if (!out)
		return;
	fprintf(out, "(%010llu.%06llu) vbus0 %0*X#", (unsigned long long)(us / 1000000u),
	        (unsigned long long)(us % 1000000u), frame->ext ? 8 : 3,
	        (unsigned int)frame->id);
	for (unsigned int i = 0; i < frame->len; i++)
		fprintf(out, "%02X", frame->data[i]);
	fputc('\n', out);
	fflush(out);
}

static void deliver(struct server *server, const struct cot_vbus_delivery *delivery)
{
	capture(server, &delivery->frame);
	for (size_t i = 0; i < COT_VBUS_NODES; i++) {
		struct member *member = &server->member[i];
		struct cot_vbus_packet packet = { COT_VBUS_FRAME, server->bus.now_ns,
			                          delivery->frame };

		if (!member->joined)
			continue;
		if (member->node == delivery->sender)
			packet.type = COT_VBUS_DONE;
		tell(server, member, &packet);
	}
}

/* When the first waiting node wants to be woken; false while one still runs. */
static bool all_idle(const struct server *server, uint64_t *ret_until_ns)
{
	unsigned int there = 0;

	*ret_until_ns = COT_LINK_NEVER;
	for (size_t i = 0; i < COT_VBUS_NODES; i++) {
		const struct member *member = &server->member[i];

		if (!member->joined)
			continue;
		there++;
		if (!member->idle)
			return false;
		if (member->until_ns < *ret_until_ns)
			*ret_until_ns = member->until_ns;
	}
	return there >= server->options->nodes && there > 0;
}

static void wake(struct server *server)
{
	for (size_t i = 0; i < COT_VBUS_NODES; i++) {
		struct member *member = &server->member[i];
		struct cot_vbus_packet packet = { .type = COT_VBUS_WAKE,
			                          .time_ns = server->bus.now_ns };

		if (member->joined && member->idle && member->until_ns <= server->bus.now_ns)
			tell(server, member, &packet);
	}
}

static void run_lockstep(struct server *server)
{
	uint64_t until_ns;

	while (all_idle(server, &until_ns)) {
		struct cot_vbus_delivery delivery;
		uint64_t next_ns = cot_vbus_next_ns(&server->bus);

		if (next_ns == COT_LINK_NEVER && until_ns == COT_LINK_NEVER)
			return;
		if (cot_vbus_advance(&server->bus, next_ns < until_ns ? next_ns : until_ns,
		                     &delivery))
			deliver(server, &delivery);
		else
			wake(server);
	}
}

/* Free: one frame at a time, so that others can still compete for the next.
 * Paced: everything that is due. */
static void run(struct server *server)
{
	struct cot_vbus_delivery delivery;

	switch (server->options->mode) {
	case COT_VBUS_LOCKSTEP:
		run_lockstep(server);
		break;
	case COT_VBUS_PACED:
		while (cot_vbus_advance(&server->bus, paced_now(server), &delivery))
			deliver(server, &delivery);
		break;
	default:
		if (cot_vbus_advance(&server->bus, COT_LINK_NEVER, &delivery))
			deliver(server, &delivery);
		break;
	}
}

/* How long nothing can happen by itself: NULL for ever. */
static const struct timespec *patience(const struct server *server, struct timespec *ret)
{
	uint64_t next_ns = cot_vbus_next_ns(&server->bus);
	double span;

	if (next_ns == COT_LINK_NEVER || server->options->mode == COT_VBUS_LOCKSTEP)
		return NULL;
	*ret = (struct timespec){ 0, 0 };
	if (server->options->mode == COT_VBUS_FREE)
		return ret;
	span = ((double)next_ns - (double)paced_now(server)) * server->options->pace;
	if (span >= NS_PER_S)
		ret->tv_sec = 1;
	else if (span > 0)
		ret->tv_nsec = (long)span;
	return ret;
}

static bool turn(struct server *server)
{
	struct pollfd fds[COT_VBUS_NODES + 2];
	struct timespec span;

	for (size_t i = 0; i < COT_VBUS_NODES; i++)
		fds[i] = (struct pollfd){ server->member[i].fd, POLLIN, 0 };
	fds[COT_VBUS_NODES] = (struct pollfd){ server->listener, POLLIN, 0 };
	fds[COT_VBUS_NODES + 1] = (struct pollfd){ server->options->stop_fd, POLLIN, 0 };
	if (ppoll(fds, COT_VBUS_NODES + 2, patience(server, &span), NULL) < 0 &&
	    errno != EINTR)
		return false;
	if (fds[COT_VBUS_NODES + 1].revents)
		return false;
	if (server->options->mode == COT_VBUS_PACED) {
		struct cot_vbus_delivery delivery;

		/* Offers made now must not start in the past. */
		while (cot_vbus_advance(&server->bus, paced_now(server), &delivery))
			deliver(server, &delivery);
	}
	for (size_t i = 0; i < COT_VBUS_NODES; i++)
		if (fds[i].revents)
			listen_to(server, &server->member[i]);
	if (fds[COT_VBUS_NODES].revents)
		accept_one(server);
	run(server);
	return true;
}

static enum cot_err start(struct server *server)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(server->options->path);
	struct stat st;

	if (len == 0 || len >= sizeof(address.sun_path) || server->options->bitrate == 0)
		return COT_E_ARGUMENT;
	memcpy(address.sun_path, server->options->path, len);
	if (lstat(address.sun_path, &st) == 0) {
		if (!S_ISSOCK(st.st_mode))
			return COT_E_EXISTS;
		unlink(address.sun_path);
	}
	server->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (server->listener < 0 ||
	    bind(server->listener, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(server->listener, (int)COT_VBUS_NODES) < 0)
		return COT_E_LINK;
	return COT_OK;
}

enum cot_err cot_vbus_serve(const struct cot_vbus_options *options, struct cot_vbus *ret)
{
	struct server server = { .options = options, .listener = -1 };
	enum cot_err err;

	cot_vbus_init(&server.bus, options->bitrate);
	for (size_t i = 0; i < COT_VBUS_NODES; i++)
		server.member[i].fd = -1;
	err = start(&server);
	if (err == COT_OK) {
		server.zero_ns = wall_ns();
		while (turn(&server))
			;
		unlink(options->path);
	}
	for (size_t i = 0; i < COT_VBUS_NODES; i++)
		if (server.member[i].fd >= 0)
			close(server.member[i].fd);
	if (server.listener >= 0)
		close(server.listener);
	*ret = server.bus;
	return err;
}
