/* SPDX-License-Identifier: Apache-2.0
 *
 * The serial carrier over a tty or a pseudo terminal.  A line that goes away,
 * an adapter pulled or a pseudo terminal whose maker restarts, is opened again
 * quietly: to the frames it is a stretch of lost bytes.
 */
#include "secondary/link/host/carrier.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

struct tty_link {
	struct cot_transport base;
	int fd;
	int keep; /* server: the slave held open, so that the master never hangs up */
	speed_t speed;
	char path[PATH_MAX]; /* device, or the symbolic link we made */
	bool pty;
	uint8_t rx[COT_SERIAL_RX(COT_LINK_MAX)];
	uint8_t tx[COT_LINK_MAX];
};

static const struct {
	uint32_t baud;
	speed_t speed;
} speeds[] = {
	{ 9600, B9600 },     { 19200, B19200 },   { 38400, B38400 },   { 57600, B57600 },
	{ 115200, B115200 }, { 230400, B230400 }, { 460800, B460800 }, { 921600, B921600 },
	{ 1000000, B1000000 }, { 2000000, B2000000 }, { 3000000, B3000000 },
};

static struct tty_link *self_of(struct cot_link *link)
{
	return (struct tty_link *)link;
}

static int set_raw(int fd, speed_t speed)
{
	struct termios mode;

	if (tcgetattr(fd, &mode) < 0)
		return -1;
	cfmakeraw(&mode);
	mode.c_cflag |= CLOCAL | CREAD;
	mode.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS);
	mode.c_cc[VMIN] = 1;
	mode.c_cc[VTIME] = 0;
	cfsetispeed(&mode, speed);
	cfsetospeed(&mode, speed);
	return tcsetattr(fd, TCSANOW, &mode);
}

static void open_device(struct tty_link *self)
{
	int fd = open(self->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && set_raw(fd, self->speed) < 0) {
		int failed = errno;

		close(fd);
		errno = failed;
		fd = -1;
	}
	self->fd = fd;
}

static void hang_up(struct tty_link *self)
{
	if (self->fd >= 0)
		close(self->fd);
	self->fd = -1;
}

/* What read and write have in common: how many bytes moved, and whether the
 * line is still there. */
static enum cot_err outcome(struct tty_link *self, ssize_t moved, size_t *ret_moved)
{
	*ret_moved = moved > 0 ? (size_t)moved : 0;
	if (moved > 0 || (moved < 0 && (errno == EAGAIN || errno == EINTR)))
		return COT_OK;
	if (self->pty)
		return COT_E_LINK;
	hang_up(self);
	return COT_OK;
}

static enum cot_err tty_read(void *ctx, uint8_t *buf, size_t len, size_t *ret_moved)
{
	struct tty_link *self = ctx;

	*ret_moved = 0;
	if (self->fd < 0)
		open_device(self);
	if (self->fd < 0)
		return COT_OK;
	return outcome(self, read(self->fd, buf, len), ret_moved);
}

static enum cot_err tty_write(void *ctx, const uint8_t *buf, size_t len, size_t *ret_moved)
{
	struct tty_link *self = ctx;

	*ret_moved = len;
	if (self->fd < 0)
		return COT_OK; /* into the void, as on a cut wire */
	return outcome(self, write(self->fd, buf, len), ret_moved);
}

static int tty_fd(const struct cot_link *link)
{
	return ((const struct tty_link *)link)->fd;
}

static short tty_events(const struct cot_link *link)
{
	return cot_link_sending(link) ? POLLIN | POLLOUT : POLLIN;
}

static void tty_close(struct cot_link *link)
{
	struct tty_link *self = self_of(link);

	hang_up(self);
	if (self->keep >= 0)
		close(self->keep);
	if (self->pty)
		unlink(self->path);
	free(self);
}

static const struct cot_transport_ops transport_ops = { tty_fd, tty_events, tty_close };

/* DEVICE@BAUD */
static enum cot_err parse_device(const struct cot_transport_request *request,
                                 struct tty_link *self, uint32_t *ret_baud)
{
	const char *at = strrchr(request->rest, '@');
	size_t len = at ? (size_t)(at - request->rest) : 0;
	uint32_t baud = 0;

	for (const char *c = at ? at + 1 : ""; *c; c++) {
		if (*c < '0' || *c > '9' || baud > 100000000u) {
			baud = 0;
			break;
		}
		baud = baud * 10u + (uint32_t)(*c - '0');
	}
	for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++) {
		if (speeds[i].baud == baud && len && len < sizeof(self->path)) {
			memcpy(self->path, request->rest, len);
			self->speed = speeds[i].speed;
			*ret_baud = baud;
			return COT_OK;
		}
	}
	return cot_transport_fail(request, COT_E_ARGUMENT,
	                          "%s is not DEVICE@BAUD with a usual rate from 9600 to "
	                          "3000000", request->rest);
}

static enum cot_err start_device(const struct cot_transport_request *request,
                                 struct tty_link *self, uint32_t *ret_baud)
{
	enum cot_err err = parse_device(request, self, ret_baud);

	if (err)
		return err;
	open_device(self);
	if (self->fd < 0)
		return cot_transport_fail(request, COT_E_LINK, "opening %s: %s", self->path,
		                          strerror(errno));
	return COT_OK;
}

/* An old symbolic link may go; a file of somebody else's may not. */
static enum cot_err place_symlink(const struct cot_transport_request *request,
                                  const struct tty_link *self, const char *slave)
{
	struct stat st;

	if (lstat(self->path, &st) == 0) {
		if (!S_ISLNK(st.st_mode))
			return cot_transport_fail(request, COT_E_EXISTS,
			                          "%s exists and is no symbolic link",
			                          self->path);
		unlink(self->path);
	}
	if (symlink(slave, self->path) < 0)
		return cot_transport_fail(request, COT_E_LINK, "linking %s to %s: %s",
		                          self->path, slave, strerror(errno));
	return COT_OK;
}

static enum cot_err start_pty(const struct cot_transport_request *request,
                              struct tty_link *self, const char *path)
{
	char slave[64];
	size_t len = strlen(path);

	if (request->role != COT_TRANSPORT_SERVER)
		return cot_transport_fail(request, COT_E_UNSUPPORTED,
		                          "serial:pty: is for the server; open serial:%s@BAUD",
		                          path);
	if (len == 0 || len >= sizeof(self->path))
		return cot_transport_fail(request, COT_E_ARGUMENT,
		                          "serial:pty: takes the path of a symbolic link");
	memcpy(self->path, path, len);
	self->fd = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (self->fd < 0 || grantpt(self->fd) < 0 || unlockpt(self->fd) < 0 ||
	    ptsname_r(self->fd, slave, sizeof(slave)) != 0)
		return cot_transport_fail(request, COT_E_LINK, "making a pseudo terminal: %s",
		                          strerror(errno));
	self->keep = open(slave, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (self->keep < 0 || set_raw(self->keep, B115200) < 0)
		return cot_transport_fail(request, COT_E_LINK, "opening %s: %s", slave,
		                          strerror(errno));
	return place_symlink(request, self, slave);
}

static enum cot_err draw_epoch(uint16_t *ret)
{
	return getrandom(ret, sizeof(*ret), 0) == (ssize_t)sizeof(*ret) ? COT_OK : COT_E_IO;
}

enum cot_err cot_tty_open(const struct cot_transport_request *request, struct cot_link **ret)
{
	struct tty_link *self = calloc(1, sizeof(*self));
	struct cot_serial_config config = { .server = request->role == COT_TRANSPORT_SERVER };
	bool pty = strncmp(request->rest, "pty:", 4) == 0;
	enum cot_err err;

	if (!self)
		return COT_E_MEMORY;
	self->fd = -1;
	self->keep = -1;
	err = draw_epoch(&config.epoch);
	if (err == COT_OK && pty)
		err = start_pty(request, self, request->rest + 4);
	else if (err == COT_OK)
		err = start_device(request, self, &config.baud);
	if (err) {
		tty_close(&self->base.as.link);
		return err;
	}
	self->pty = pty; /* from here on the symbolic link is ours to remove */
	config.rx = self->rx;
	config.rx_cap = sizeof(self->rx);
	config.tx = self->tx;
	config.tx_cap = sizeof(self->tx);
	cot_serial_link_init(&self->base.as.serial, &config,
	                     &(struct cot_serial_port){ tty_read, tty_write, self });
	self->base.ops = &transport_ops;
	*ret = &self->base.as.link;
	return COT_OK;
}
