/* SPDX-License-Identifier: Apache-2.0
 *
 * QEMU as a board: see board.h.
 */
#include "secondary/ports/mps2/host/board.h"

#include "secondary/ports/mps2/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define QEMU "qemu-system-arm"
#define TEXT_MAX (1 << 20)

static enum cot_err lock_flash(const char *path, int *ret)
{
	struct stat st;
	enum cot_err err = COT_OK;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? COT_E_NO_INPUT : COT_E_PERMISSION;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		err = COT_E_LOCKED;
	else if (fstat(fd, &st) != 0 || st.st_size != (off_t)MPS2_FLASH_LEN)
		err = COT_E_UNSUPPORTED;
	if (err != COT_OK)
		close(fd);
	else
		*ret = fd;
	return err;
}

/* One end for the machine, which must survive exec, one for us, which must not. */
static bool wire(int *ret_ours, int *ret_machines)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
		return false;
	*ret_ours = ends[0];
	*ret_machines = ends[1];
	return fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 &&
	       fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
}

/* Text goes one way, one byte at a time, and a socket counts each as if it were many:
 * a pipe holds all that a machine says while nobody listens. */
static bool text_wire(int *ret_ours, int *ret_machines)
{
	int ends[2];

	if (pipe(ends) != 0)
		return false;
	*ret_ours = ends[0];
	*ret_machines = ends[1];
	(void)fcntl(ends[1], F_SETPIPE_SZ, TEXT_MAX);
	return fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0 &&
	       fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
}

static void run(const struct mps2_board_config *c, int link, int console)
{
	char memory[4200], u0[64], u1[64];
	const char *argv[24 + MPS2_BOARD_ARGS] = {
		c->qemu ? c->qemu : QEMU, "-M", "mps2-an385,memory-backend=flash", "-object",
		memory, "-nodefaults", "-nic", "user,restrict=on",
		"-display", "none", "-monitor", "none", "-chardev", u0,
		"-serial", "chardev:u0", "-chardev", u1, "-serial", "chardev:u1", "-kernel",
		c->loader
	};
	size_t n = 22, i;

	snprintf(memory, sizeof(memory),
	         "memory-backend-file,id=flash,mem-path=%s,size=16M,share=on", c->flash);
	snprintf(u0, sizeof(u0), "socket,id=u0,fd=%d", link);
	snprintf(u1, sizeof(u1), "file,id=u1,path=/proc/self/fd/%d", console);
	for (i = 0; i < MPS2_BOARD_ARGS && c->args[i]; i++)
		argv[n++] = c->args[i];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static enum cot_err power_on(struct mps2_board *b, const struct mps2_board_config *c)
{
	int link = -1, console = -1;

	if (!wire(&b->link, &link) || !text_wire(&b->console, &console))
		return COT_E_IO;
	b->pid = fork();
	if (b->pid == 0)
		run(c, link, console);
	close(link);
	close(console);
	return b->pid < 0 ? COT_E_IO : COT_OK;
}

enum cot_err mps2_board_start(struct mps2_board *b, const struct mps2_board_config *config)
{
	enum cot_err err;

	*b = (struct mps2_board){ .pid = -1, .link = -1, .console = -1, .lock = -1 };
	if (access(config->loader, R_OK) != 0)
		return COT_E_NO_INPUT;
	err = lock_flash(config->flash, &b->lock);
	if (err == COT_OK)
		err = power_on(b, config);
	if (err != COT_OK)
		mps2_board_stop(b);
	return err;
}

bool mps2_board_ended(struct mps2_board *b, int *ret_status)
{
	if (b->pid <= 0 || waitpid(b->pid, ret_status, WNOHANG) != b->pid)
		return false;
	b->pid = -1;
	return true;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void mps2_board_stop(struct mps2_board *b)
{
	if (b->pid > 0) {
		kill(b->pid, SIGKILL);
		waitpid(b->pid, NULL, 0);
	}
	b->pid = -1;
	close_end(&b->link);
	close_end(&b->console);
	close_end(&b->lock);
}
