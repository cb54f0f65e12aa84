/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/metal/machine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOK_MS = 200, IDLE_LOOKS = 10, BUSY_LOOKS = 600, ARGS = 4096 };

struct command {
	char object[ARGS], plugin[ARGS], serial[ARGS];
	const char *argv[32];
};

static bool compose(struct command *c, const struct machine_setup *s, const char *plugin_args,
                    bool stopped)
{
	const char *argv[] = {
		s->qemu, "-M", "mps2-an385,memory-backend=fl", "-object", c->object,
		"-icount", "shift=0", "-no-reboot", "-display", "none", "-monitor", "none",
		"-serial", "null", "-serial", c->serial, "-kernel", s->elf, "-plugin", c->plugin,
		stopped ? "-S" : NULL, "-gdb", "stdio", NULL,
	};
	int object = snprintf(c->object, ARGS,
	                      "memory-backend-file,id=fl,size=16M,share=on,mem-path=%s", s->flash);
	int plugin = snprintf(c->plugin, ARGS, "%s,%s", s->plugin, plugin_args);
	int serial = s->uart != NULL ? snprintf(c->serial, ARGS, "file:%s", s->uart)
	                             : snprintf(c->serial, ARGS, "null");

	for (size_t i = 0; i < sizeof(argv) / sizeof(argv[0]); i++)
		c->argv[i] = argv[i];
	return object < ARGS && plugin < ARGS && serial < ARGS;
}

/* A lockup makes QEMU abort: no core file of it. */
static void become(const struct command *c, const struct machine_setup *s, int fd, pid_t parent)
{
	const struct rlimit none = { 0, 0 };
	int null = s->show_errors ? -1 : open("/dev/null", O_WRONLY | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &none);
	if (getppid() != parent || dup2(fd, 0) < 0 || dup2(fd, 1) < 0 ||
	    (null >= 0 && dup2(null, 2) < 0))
		_exit(127);
	execvp(c->argv[0], (char *const *)(const void *)c->argv);
	_exit(127);
}

bool machine_start(struct machine *m, const struct machine_setup *s, const char *plugin_args,
                   bool stopped)
{
	static struct command c;
	int pair[2];
	pid_t self = getpid();

	if (!compose(&c, s, plugin_args, stopped) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	m->fd = pair[0];
	m->pid = fork();
	if (m->pid == 0)
		become(&c, s, pair[1], self);
	close(pair[1]);
	if (m->pid < 0)
		close(pair[0]);
	return m->pid > 0;
}

/* CPU time alone does not tell a machine that sleeps from one that is not let run. */
static bool all_sleep(pid_t pid)
{
	char path[64], name[400], line[256];
	bool sleep = true;
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	d = opendir(path);
	while (d != NULL && sleep && (e = readdir(d)) != NULL) {
		const char *after = NULL;
		FILE *f;

		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s/stat", path, e->d_name);
		f = fopen(name, "r");
		if (f != NULL && fgets(line, sizeof(line), f) != NULL)
			after = strrchr(line, ')');
		sleep = after == NULL || after[2] == 'S';
		if (f != NULL)
			fclose(f);
	}
	if (d != NULL)
		closedir(d);
	return sleep;
}

/* QEMU's end of the socket closes with the process. Its stub may still talk. */
static bool gone(const struct machine *m)
{
	struct pollfd p = { .fd = m->fd, .events = POLLIN };
	char rest[256];

	while (poll(&p, 1, LOOK_MS) == 1) {
		ssize_t n = recv(m->fd, rest, sizeof(rest), 0);

		if (n == 0 || (n < 0 && errno != EINTR))
			return true;
	}
	return false;
}

static int collect(struct machine *m)
{
	int status = 0;

	close(m->fd);
	while (waitpid(m->pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

void machine_kill(struct machine *m)
{
	kill(m->pid, SIGKILL);
	collect(m);
}

enum machine_end machine_wait(struct machine *m, int *code)
{
	int idle = 0;
	int status;

	for (int looks = 0; !gone(m); looks++) {
		idle = all_sleep(m->pid) ? idle + 1 : 0;
		if (idle == IDLE_LOOKS || looks == BUSY_LOOKS) {
			machine_kill(m);
			return MACHINE_IDLE;
		}
	}
	status = collect(m);
	if (!WIFEXITED(status))
		return MACHINE_FAULT;
	*code = WEXITSTATUS(status);
	return MACHINE_EXIT;
}
