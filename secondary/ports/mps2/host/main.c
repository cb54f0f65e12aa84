/* SPDX-License-Identifier: Apache-2.0
 *
 * cotter-mps2: the mps2 board at a pseudo terminal, as if it hung on a serial line.
 */
#include "secondary/ports/mps2/host/board.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define CHUNK 512u

struct line {
	int master, slave; /* the slave is kept open, so that the line never hangs up */
	const char *path;
};

/* Bytes on their way to a side that does not take them yet. */
struct pipe {
	int from, to;
	unsigned char bytes[CHUNK];
	size_t at, len;
};

static volatile sig_atomic_t stop, cycle;

static const char usage[] =
	"usage: cotter-mps2 --flash FILE --line PATH [OPTION...]\n\n"
	"Runs the boot loader of the mps2 board in QEMU.  Its text goes to standard output.\n"
	"A hang-up signal (kill -HUP) takes its power away and gives it back.\n\n"
	"  --flash FILE   made by `cotter-ecu provision --part mps2`; what survives\n"
	"  --line PATH    where to make the symbolic link to its serial line; the gateway's\n"
	"                 link is then serial:PATH@115200\n"
	"  --loader ELF   default: mcu/m3/loader-ed25519.elf beside this program\n"
	"  --qemu PATH    default: qemu-system-arm\n"
	"  --arg ARG      one more argument for QEMU; may be repeated\n"
	"  --help\n";

static int fail(enum cot_err err, const char *what)
{
	fprintf(stderr, "cotter-mps2: %s: %s (%s)\n", what, cot_err_sentence(err),
	        cot_err_word(err));
	if (cot_err_hint(err)[0])
		fprintf(stderr, "hint: %s\n", cot_err_hint(err));
	return (int)cot_err_exit(err);
}

static int misuse(const char *what)
{
	fprintf(stderr, "cotter-mps2: %s\n\n%s", what, usage);
	return COT_EXIT_USAGE;
}

/* ---- the line -------------------------------------------------------------------- */

/* An old symbolic link may go; a file of somebody else's may not. */
static enum cot_err place(const char *path, const char *slave)
{
	struct stat st;

	if (lstat(path, &st) == 0) {
		if (!S_ISLNK(st.st_mode))
			return COT_E_EXISTS;
		unlink(path);
	}
	return symlink(slave, path) == 0 ? COT_OK : COT_E_IO;
}

static enum cot_err open_line(struct line *l, const char *path)
{
	struct termios t;
	char slave[64];

	l->path = path;
	l->slave = -1;
	l->master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (l->master < 0 || grantpt(l->master) < 0 || unlockpt(l->master) < 0 ||
	    ptsname_r(l->master, slave, sizeof(slave)) != 0)
		return COT_E_IO;
	l->slave = open(slave, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (l->slave < 0 || tcgetattr(l->slave, &t) != 0)
		return COT_E_IO;
	cfmakeraw(&t);
	if (tcsetattr(l->slave, TCSANOW, &t) != 0)
		return COT_E_IO;
	return place(path, slave);
}

/* ---- moving bytes ------------------------------------------------------------------- */

/* False: the other side is gone. */
static bool pump(struct pipe *p)
{
	ssize_t n;

	if (p->at == p->len) {
		n = read(p->from, p->bytes, sizeof(p->bytes));
		if (n == 0)
			return false;
		p->at = 0;
		p->len = n > 0 ? (size_t)n : 0;
	}
	if (p->at < p->len) {
		n = write(p->to, p->bytes + p->at, p->len - p->at);
		if (n > 0)
			p->at += (size_t)n;
		else if (n < 0 && errno != EAGAIN && errno != EINTR)
			return false;
	}
	return true;
}

static struct pollfd waiting(const struct pipe *p)
{
	bool full = p->at < p->len;

	return (struct pollfd){ full ? p->to : p->from, full ? POLLOUT : POLLIN, 0 };
}

/* Until the machine ends, its power is to be cycled, or somebody ends us. */
static int serve(struct mps2_board *b, const struct line *l)
{
	struct pipe in = { .from = l->master, .to = b->link };
	struct pipe out = { .from = b->link, .to = l->master };
	struct pipe text = { .from = b->console, .to = STDOUT_FILENO };
	int status = 0;

	while (!stop && !cycle && !mps2_board_ended(b, &status)) {
		struct pollfd fds[3] = { waiting(&in), waiting(&out), waiting(&text) };

		poll(fds, 3, 100);
		(void)pump(&in);
		if (!pump(&out) || !pump(&text))
			continue; /* the machine ends: its status tells how */
	}
	while (pump(&text) && text.len > 0) {
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void on_signal(int number)
{
	if (number == SIGHUP)
		cycle = 1;
	else
		stop = 1;
}

static void take_signals(void)
{
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	signal(SIGHUP, on_signal);
	signal(SIGPIPE, SIG_IGN);
}

static int run(const struct mps2_board_config *config, const char *path)
{
	struct mps2_board board;
	struct line line;
	enum cot_err err;
	int status;

	take_signals();
	err = mps2_board_start(&board, config);
	if (err != COT_OK)
		return fail(err, access(config->loader, R_OK) ? config->loader : config->flash);
	err = open_line(&line, path);
	if (err != COT_OK) {
		mps2_board_stop(&board);
		return fail(err, path);
	}
	do {
		cycle = 0;
		status = serve(&board, &line);
		mps2_board_stop(&board);
		if (cycle)
			err = mps2_board_start(&board, config);
	} while (cycle && err == COT_OK);
	unlink(path);
	return err == COT_OK ? status : fail(err, config->flash);
}

/* ---- command line ------------------------------------------------------------------------ */

static const char *value(const char *name, int argc, char **argv, int *i)
{
	if (strcmp(argv[*i], name) != 0 || *i + 1 >= argc)
		return NULL;
	return argv[++*i];
}

/* Beside this program, where it was built. */
static const char *default_loader(void)
{
	static char path[4200];
	ssize_t n = readlink("/proc/self/exe", path, 4000);
	char *slash;

	if (n <= 0)
		return "loader-ed25519.elf";
	path[n] = 0;
	slash = strrchr(path, '/');
	memcpy(slash + 1, "mcu/m3/loader-ed25519.elf", sizeof("mcu/m3/loader-ed25519.elf"));
	return path;
}

int main(int argc, char **argv)
{
	struct mps2_board_config config = { .loader = default_loader() };
	const char *path = NULL, *v;
	size_t args = 0;
	int i;

	for (i = 1; i < argc; i++) {
		if ((v = value("--flash", argc, argv, &i)))
			config.flash = v;
		else if ((v = value("--line", argc, argv, &i)))
			path = v;
		else if ((v = value("--loader", argc, argv, &i)))
			config.loader = v;
		else if ((v = value("--qemu", argc, argv, &i)))
			config.qemu = v;
		else if ((v = value("--arg", argc, argv, &i)) && args < MPS2_BOARD_ARGS)
			config.args[args++] = v;
		else if (strcmp(argv[i], "--help") == 0) {
			fputs(usage, stdout);
			return COT_EXIT_DONE;
		} else
			return misuse("an option that does not exist, or lacks its value");
	}
	if (!config.flash || !path)
		return misuse("--flash and --line are needed");
	return run(&config, path);
}
