/* SPDX-License-Identifier: Apache-2.0
 *
 * A clock that goes on only while its process may: loaded into QEMU before its own
 * libraries (LD_PRELOAD).
 *
 * The emulated board lives by the host's monotonic clock.  A host that stops the emulator,
 * or lets others run in its place, takes that time from the board alone: its watchdog
 * bites, a request of a thousand bytes takes longer than a session lasts, and a test sees
 * what no board would have done.  A thread here looks every other millisecond at how long
 * the emulated processor, the thread that has run longest, was ready and not let run.
 * What is more than half of the time is taken out of the time that QEMU is told, down to a
 * quarter of the host's; and a gap, in which nobody here ran at all, is taken out whole.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)
#define BEAT (2 * NS_PER_MS)
#define GAP (200 * NS_PER_MS)
#define DEBT (500 * NS_PER_MS)  /* at most so much is taken out later */
#define CREDIT (20 * NS_PER_MS) /* and so much of a wait is nothing after a good run */
#define SEARCH_BEATS 64

struct thread {
	int fd; /* of its schedstat; -1: none yet */
	int64_t ran, waited;
};

static _Atomic int64_t told; /* 0: the host's time is */

static int64_t host_time(void)
{
	struct timespec now = { 0, 0 };

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

int clock_gettime(clockid_t id, struct timespec *ret)
{
	int64_t now = id == CLOCK_MONOTONIC ? atomic_load(&told) : 0;

	if (!now)
		return (int)syscall(SYS_clock_gettime, id, ret);
	ret->tv_sec = now / NS_PER_S;
	ret->tv_nsec = now % NS_PER_S;
	return 0;
}

/* ---- the emulated processor ----------------------------------------------------------- */

static bool read_thread(struct thread *t)
{
	char text[96], *end;
	ssize_t n = t->fd >= 0 ? pread(t->fd, text, sizeof(text) - 1, 0) : -1;

	if (n <= 0)
		return false;
	text[n] = '\0';
	t->ran = strtoll(text, &end, 10);
	t->waited = strtoll(end, NULL, 10);
	return true;
}

static struct thread open_thread(const char *id)
{
	struct thread ret = { .fd = -1 };
	char path[320];

	snprintf(path, sizeof(path), "/proc/self/task/%s/schedstat", id);
	ret.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (ret.fd >= 0 && !read_thread(&ret)) {
		close(ret.fd);
		ret.fd = -1;
	}
	return ret;
}

/* The one that has run longest, in *t. */
static void search(struct thread *t)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *e;

	while (dir && (e = readdir(dir)) != NULL) {
		struct thread other = open_thread(e->d_name);
		bool better = other.fd >= 0 && other.ran > t->ran;

		if (better && t->fd >= 0)
			close(t->fd);
		if (better)
			*t = other;
		else if (other.fd >= 0)
			close(other.fd);
	}
	if (dir)
		closedir(dir);
}

/* How long it was ready and not let run, since this was asked last. */
static int64_t ready_for(struct thread *t)
{
	int64_t before = t->waited;

	if (read_thread(t))
		return t->waited - before;
	if (t->fd >= 0)
		close(t->fd);
	*t = (struct thread){ .fd = -1 };
	return 0;
}

/* ---- the clock ------------------------------------------------------------------------------- */

static int64_t between(int64_t least, int64_t value, int64_t most)
{
	return value < least ? least : value > most ? most : value;
}

/* How much of what the host's clock went on is told. */
static int64_t passed(int64_t went, int64_t waited, int64_t *debt)
{
	int64_t taken;

	if (went > GAP) {
		*debt = 0;
		return BEAT;
	}
	*debt = between(-CREDIT, *debt + waited - went / 2, DEBT);
	taken = between(0, *debt, went * 3 / 4);
	*debt -= taken;
	return went - taken;
}

static void *keep_time(void *arg)
{
	const struct timespec pause = { 0, (long)BEAT };
	struct thread processor = { .fd = -1 };
	int64_t before = host_time(), debt = 0;
	unsigned n;

	atomic_store(&told, before);
	for (n = 0;; n++) {
		int64_t now;

		if (n % SEARCH_BEATS == 0)
			search(&processor);
		nanosleep(&pause, NULL);
		now = host_time();
		atomic_fetch_add(&told, passed(now - before, ready_for(&processor), &debt));
		before = now;
	}
	return arg;
}

/* The thread takes no signal: they are the emulator's. */
__attribute__((constructor)) static void begin(void)
{
	sigset_t all, before;
	pthread_t thread;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&thread, NULL, keep_time, NULL) == 0)
		pthread_detach(thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}
