/* SPDX-License-Identifier: Apache-2.0
 *
 * How deep the loader's stack went: one update in QEMU, with a Root step, and the
 * painted stack read off at the end of each life of the machine, which paints anew.
 *
 *	LOADER=ELF APPS=FOLDER stack
 *
 * QEMU stops where the guest would reset; a child process at its QMP socket then looks
 * at the stack and lets the reset happen.  Prints a line per step, what was the most
 * since the start, and as the last line `seen BYTES of BYTES`.  Status 1 when a step of
 * the update did not do what it should.
 */
#include "secondary/ports/mps2/layout.h"
#include "tests/metal/backend.h"
#include "tests/metal/elf.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define PAINT 0xC07757ACu /* as start.c paints */
#define LINE_MAX_QMP 16384u

static void need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "stack: %s\n", what);
	exit(1);
}

/* ---- the child: at the machine's side door ------------------------------------------ */

struct watch {
	uint32_t bottom, top;
	char path[108], dump[108]; /* QMP socket; where QEMU writes the stack */
	int listener, parent, qmp; /* qmp -1: no machine runs */
	char line[LINE_MAX_QMP];
	size_t len;
	bool stopped;   /* at a reset that has not happened yet */
	bool was_reset;
	uint32_t most;
};

/* Reads one line into w->line; false: the machine is gone. */
static bool read_line(struct watch *w)
{
	char c = 0;

	w->len = 0;
	while (c != '\n') {
		if (read(w->qmp, &c, 1) != 1)
			return false;
		if (w->len + 1 < sizeof(w->line))
			w->line[w->len++] = c;
	}
	w->line[w->len] = '\0';
	if (strstr(w->line, "\"SHUTDOWN\""))
		w->stopped = true;
	if (strstr(w->line, "\"RESET\""))
		w->was_reset = true;
	return true;
}

/* Until a line with that in it. */
static bool await(struct watch *w, const char *what)
{
	do {
		if (!read_line(w))
			return false;
		need(strstr(w->line, "\"error\"") == NULL, w->line);
	} while (!strstr(w->line, what));
	return true;
}

static bool command(struct watch *w, const char *text)
{
	size_t len = strlen(text);

	return write(w->qmp, text, len) == (ssize_t)len && await(w, "\"return\"");
}

/* The stack as it is: the lowest word that is not paint. */
static uint32_t used(const struct watch *w)
{
	uint32_t word, at = w->bottom;
	FILE *f = fopen(w->dump, "rb");

	need(f != NULL, "QEMU wrote no memory");
	while (at < w->top && fread(&word, sizeof(word), 1, f) == 1 && word == PAINT)
		at += (uint32_t)sizeof(word);
	fclose(f);
	return w->top - at;
}

static bool look(struct watch *w)
{
	char text[256];
	uint32_t n;

	snprintf(text, sizeof(text),
	         "{\"execute\":\"pmemsave\",\"arguments\":{\"val\":%" PRIu32 ",\"size\":%" PRIu32
	         ",\"filename\":\"%s\"}}\n",
	         w->bottom, w->top - w->bottom, w->dump);
	if (!command(w, text))
		return false;
	n = used(w);
	if (n > w->most)
		w->most = n;
	return true;
}

#define AT_RESET(what) \
	"{\"execute\":\"set-action\",\"arguments\":{\"reboot\":\"" what "\"}}\n"

/* What the guest asked for, once its stack has been looked at. */
static bool let_reset(struct watch *w)
{
	w->stopped = w->was_reset = false;
	if (!look(w) || !command(w, AT_RESET("reset")) ||
	    !command(w, "{\"execute\":\"system_reset\"}\n"))
		return false;
	/* Its event may come before the answer or after it. */
	while (!w->was_reset)
		if (!read_line(w))
			return false;
	return command(w, AT_RESET("shutdown")) && command(w, "{\"execute\":\"cont\"}\n");
}

static void hang_up(struct watch *w)
{
	if (w->qmp >= 0)
		close(w->qmp);
	w->qmp = -1;
	w->stopped = false;
}

static void greet(struct watch *w)
{
	hang_up(w);
	w->qmp = accept(w->listener, NULL, NULL);
	if (w->qmp >= 0 &&
	    !(await(w, "\"QMP\"") && command(w, "{\"execute\":\"qmp_capabilities\"}\n")))
		hang_up(w);
}

static void answer_parent(struct watch *w)
{
	char c;

	if (read(w->parent, &c, 1) != 1)
		_exit(0);
	if (w->qmp >= 0 && !look(w))
		hang_up(w);
	need(write(w->parent, &w->most, sizeof(w->most)) == sizeof(w->most), "the test is gone");
}

_Noreturn static void watch(struct watch *w)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		struct pollfd fds[3] = { { w->listener, POLLIN, 0 },
			                 { w->parent, POLLIN, 0 },
			                 { w->qmp, POLLIN, 0 } };

		(void)poll(fds, 3, -1);
		if (fds[0].revents)
			greet(w);
		else if (fds[2].revents && !read_line(w))
			hang_up(w);
		if (fds[1].revents)
			answer_parent(w);
		while (w->stopped && w->qmp >= 0)
			if (!let_reset(w))
				hang_up(w);
	}
}

/* ---- the node whose lives are looked at ---------------------------------------------- */

static struct watch watcher = { .qmp = -1 };
static int child; /* our end of the child's line */
static char chardev[160];
static bool hmac; /* the loader signs in this way */

static uint32_t seen(void)
{
	uint32_t ret = 0;

	need(write(child, "?", 1) == 1 && read(child, &ret, sizeof(ret)) == sizeof(ret),
	     "the child at the QMP socket is gone");
	return ret;
}

/* The factory's key is an Ed25519 one; its bytes serve for the other scheme too. */
static void set_scheme(const char *flash)
{
	const uint8_t scheme = COT_SCHEME_HMAC_SHA256;
	FILE *f = fopen(flash, "r+b");

	need(f && fseek(f, MPS2_AT_IDENTITY + MPS2_AT_KEY + 4, SEEK_SET) == 0 &&
	     fwrite(&scheme, 1, 1, f) == 1 && fclose(f) == 0, "the flash file cannot be changed");
}

static void birth(struct sim_secondary *s)
{
	static const char *const args[] = { "-chardev", chardev, "-mon", "chardev=qmp,mode=control",
		                            "-action", "reboot=shutdown,shutdown=pause" };

	metal_backend.birth(s);
	memcpy(metal_of(s)->config.args, args, sizeof(args));
	if (hmac)
		set_scheme(metal_of(s)->path);
}

static void reset(struct sim_secondary *s, bool programming)
{
	(void)seen();
	metal_backend.reset(s, programming);
}

/* ---- the update ------------------------------------------------------------------------ */

static void start_child(const char *folder)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int ends[2];

	snprintf(watcher.path, sizeof(watcher.path), "%s/qmp", folder);
	snprintf(watcher.dump, sizeof(watcher.dump), "%s/stack", folder);
	snprintf(chardev, sizeof(chardev), "socket,id=qmp,path=%s", watcher.path);
	memcpy(at.sun_path, watcher.path, sizeof(at.sun_path));
	unlink(watcher.path);
	watcher.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	need(watcher.listener >= 0 &&
	     bind(watcher.listener, (struct sockaddr *)&at, sizeof(at)) == 0 &&
	     listen(watcher.listener, 1) == 0 &&
	     socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "no socket for QMP");
	child = ends[0];
	watcher.parent = ends[1];
	if (fork() == 0) {
		close(ends[0]);
		watch(&watcher);
	}
	close(ends[1]);
	close(watcher.listener);
}

static void step(const char *what, enum cot_err err)
{
	printf("%5" PRIu32 "  %s\n", seen(), what);
	if (err != COT_OK)
		fprintf(stderr, "stack: %s: %s\n", what, cot_err_word(err));
	need(err == COT_OK, "the update went wrong");
}

static void update(struct sim_secondary *s)
{
	struct cot_slice report;

	step("boot of the factory's image", COT_OK);
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_ROOT);
	sim_secondary_release(s, "a-2.bin", 2);
	step("a version report beside the application", sim_secondary_report(s, &report));
	step("session, Root step, Targets, time, verify", sim_secondary_metadata(s));
	step("stage, transfer, exit", sim_secondary_install(s, "a-2.bin"));
	step("a version report in the loader", sim_secondary_report(s, &report));
	step("activate", sim_secondary_activate(s));
	step("reset, trial, confirm", sim_secondary_hard_reset(s));
	step("a version report after it", sim_secondary_report(s, &report));
	need(sim_secondary_runs(s, "a-2.bin"), "the image does not run");
	sim_secondary_reset(s, false);
	step("boot of a confirmed image", COT_OK);
}

int main(void)
{
	struct sim_secondary_backend backend = metal_backend;
	const char *loader = getenv("LOADER"), *folder = getenv("TMPDIR");
	struct sim_secondary *s;
	struct sim_world *w;
	struct elf elf;
	uint32_t at;

	need(loader && folder, "LOADER and TMPDIR are needed");
	if (!elf_open(&elf, loader))
		return 1;
	need(elf_address(&elf, "loader_stack_bottom", &watcher.bottom) &&
	     elf_address(&elf, "loader_stack_top", &watcher.top), "the loader names no stack");
	hmac = elf_address(&elf, "cot_report_sign_hmac", &at);
	setvbuf(stdout, NULL, _IOLBF, 0);
	start_child(folder);
	backend.birth = birth;
	backend.reset = reset;
	w = sim_world_new();
	s = sim_secondary_open(w, &backend);
	update(s);
	printf("seen %" PRIu32 " of %" PRIu32 "\n", seen(), watcher.top - watcher.bottom);
	sim_secondary_free(s);
	sim_world_free(w);
	unlink(watcher.path);
	unlink(watcher.dump);
	return 0;
}
