/* SPDX-License-Identifier: Apache-2.0
 *
 * The control socket: see control.h.
 */
#include "primary/control.h"

#include "keys/host/file.h"
#include "primary/log.h"
#include "primary/status.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define QUESTION_MAX 256u
#define ANSWER_MAX (4u * 1024u * 1024u)
#define PATIENCE_MS 250

static enum cot_err set_address(const char *path, struct sockaddr_un *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(ret->sun_path))
		return COT_E_CONFIG;
	memcpy(ret->sun_path, path, strlen(path) + 1);
	return COT_OK;
}

static void set_patience(int fd, int ms)
{
	const struct timeval patience = { ms / 1000, ms % 1000 * 1000 };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

/* ---- the daemon's end --------------------------------------------------------------- */

/* Removes a socket that nobody listens on any more; anything else is left. */
static enum cot_err clear_stale(const struct sockaddr_un *address)
{
	struct stat st;
	int fd, rc;

	if (lstat(address->sun_path, &st) != 0)
		return errno == ENOENT ? COT_OK : cot_file_errno(errno);
	if (!S_ISSOCK(st.st_mode))
		return COT_E_EXISTS;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	rc = connect(fd, (const struct sockaddr *)address, sizeof(*address));
	close(fd);
	if (rc == 0)
		return COT_E_BUSY;
	return unlink(address->sun_path) == 0 ? COT_OK : cot_file_errno(errno);
}

static enum cot_err listen_at(int fd, const struct sockaddr_un *address)
{
	mode_t before = umask(0177);
	int rc = bind(fd, (const struct sockaddr *)address, sizeof(*address));
	int number = errno;

	umask(before);
	if (rc != 0)
		return cot_file_errno(number);
	return listen(fd, 4) == 0 ? COT_OK : cot_file_errno(errno);
}

enum cot_err cot_control_open(struct cot_control *c, const char *path)
{
	struct sockaddr_un address;
	enum cot_err err = set_address(path, &address);

	c->fd = -1;
	if (err == COT_OK)
		err = clear_stale(&address);
	if (err != COT_OK)
		return err;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return cot_file_errno(errno);
	err = listen_at(c->fd, &address);
	if (err != COT_OK) {
		close(c->fd);
		c->fd = -1;
		return err;
	}
	memcpy(c->path, path, strlen(path) + 1);
	return COT_OK;
}

void cot_control_close(struct cot_control *c)
{
	if (c->fd < 0)
		return;
	close(c->fd);
	(void)unlink(c->path);
	c->fd = -1;
}

/* CHECK C1: only root and our own user are answered */
enum cot_err cot_control_check_uid(uid_t peer, uid_t own)
{
	return peer == 0 || peer == own ? COT_OK : COT_E_PERMISSION;
}

static enum cot_err check_peer(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return COT_E_PERMISSION;
	return cot_control_check_uid(peer.uid, geteuid());
}

static void send_tree(int fd, json_t *tree)
{
	char *text = tree == NULL ? NULL : json_dumps(tree, JSON_COMPACT | JSON_SORT_KEYS);
	size_t len, at;
	ssize_t n = 1;

	if (text == NULL)
		return;
	len = strlen(text);
	text[len++] = '\n'; /* in place of the final zero */
	for (at = 0; at < len && n > 0; at += (size_t)n) {
		n = send(fd, text + at, len - at, MSG_NOSIGNAL);
		if (n <= 0)
			break;
	}
	free(text);
}

/* Reads up to a line end; false if none came in time. */
static bool read_line(int fd, char *ret, size_t max)
{
	size_t len = 0;
	ssize_t n;

	while (len < max - 1) {
		n = recv(fd, ret + len, 1, 0);
		if (n <= 0)
			return false;
		if (ret[len] == '\n') {
			ret[len] = '\0';
			return true;
		}
		len++;
	}
	return false;
}

static json_t *error_tree(enum cot_err err)
{
	return json_pack("{s:o}", "error", cot_status_error(err));
}

static json_t *answer(struct cot_control *c, int fd)
{
	char line[QUESTION_MAX];
	const char *command;
	json_t *question, *ret = NULL;

	if (check_peer(fd) != COT_OK)
		return error_tree(COT_E_PERMISSION);
	if (!read_line(fd, line, sizeof(line)))
		return error_tree(COT_E_USAGE);
	question = json_loads(line, 0, NULL);
	command = json_string_value(json_object_get(question, "command"));
	if (command != NULL)
		ret = c->answer(c->ctx, command);
	json_decref(question);
	return ret != NULL ? ret : error_tree(COT_E_USAGE);
}

void cot_control_poll(struct cot_control *c, int wait_ms)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	json_t *tree;
	int fd;

	if (poll(&p, 1, wait_ms) <= 0 || c->fd < 0)
		return;
	fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	set_patience(fd, PATIENCE_MS);
	tree = answer(c, fd);
	send_tree(fd, tree);
	json_decref(tree);
	close(fd);
}

/* ---- the client's end --------------------------------------------------------------- */

static enum cot_err read_answer(int fd, json_t **ret)
{
	size_t room = 65536, len = 0;
	char *text = malloc(room);
	char *grown;
	ssize_t n = 1;

	while (text != NULL && n > 0 && len < ANSWER_MAX) {
		if (len == room) {
			grown = realloc(text, room * 2);
			if (grown == NULL)
				break;
			text = grown;
			room *= 2;
		}
		n = recv(fd, text + len, room - len, 0);
		if (n > 0)
			len += (size_t)n;
	}
	*ret = text == NULL ? NULL : json_loadb(text, len, 0, NULL);
	free(text);
	return *ret != NULL ? COT_OK : COT_E_MALFORMED;
}

enum cot_err cot_control_ask(const char *path, const char *command, json_t **ret)
{
	struct sockaddr_un address;
	char line[QUESTION_MAX];
	enum cot_err err = set_address(path, &address);
	int n, fd;

	if (err != COT_OK)
		return err;
	n = snprintf(line, sizeof(line), "{\"command\":\"%s\"}\n", command);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return COT_E_IO;
	set_patience(fd, 5000);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		err = errno == EACCES ? COT_E_PERMISSION : COT_E_UNREACHABLE;
	else if (send(fd, line, (size_t)n, MSG_NOSIGNAL) != n)
		err = COT_E_IO;
	else
		err = read_answer(fd, ret);
	close(fd);
	return err;
}
