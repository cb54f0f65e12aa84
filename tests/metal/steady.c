/* SPDX-License-Identifier: Apache-2.0
 *
 * A clock that stands still while its process does: loaded into QEMU before its own
 * libraries (LD_PRELOAD).
 *
 * The emulated board lives by the host's monotonic clock.  When the host stops, or lets
 * the emulator wait, for longer than the board's watchdog has patience, the board is
 * reset and a test sees a boot that no board would have made.  A thread here looks at the
 * clock every BEAT_MS; whoever finds that it has not for GAP_MS takes the time that is
 * missing out of what the process is told.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BEAT_MS 20
#define GAP_MS 200
#define NS_PER_MS 1000000
#define NS_PER_S INT64_C(1000000000)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t beat, seen; /* when the thread, and when anybody looked last */
static int64_t lost;       /* time that did not pass */
static int (*next)(clockid_t id, struct timespec *ret);

/* Also before the libraries are bound. */
static int host_clock(clockid_t id, struct timespec *ret)
{
	return next ? next(id, ret) : (int)syscall(SYS_clock_gettime, id, ret);
}

static int64_t look(int64_t now, bool is_beat)
{
	int64_t ret;

	pthread_mutex_lock(&lock);
	if (now < seen)
		now = seen; /* somebody looked meanwhile */
	if (beat && now - beat > (int64_t)GAP_MS * NS_PER_MS) {
		lost += now - seen;
		beat = now;
	}
	if (is_beat)
		beat = now;
	seen = now;
	ret = now - lost;
	pthread_mutex_unlock(&lock);
	return ret;
}

int clock_gettime(clockid_t id, struct timespec *ret)
{
	int rc = host_clock(id, ret);
	int64_t now;

	if (rc != 0 || id != CLOCK_MONOTONIC)
		return rc;
	now = look(ret->tv_sec * NS_PER_S + ret->tv_nsec, false);
	ret->tv_sec = now / NS_PER_S;
	ret->tv_nsec = now % NS_PER_S;
	return 0;
}

static void *keep_beating(void *arg)
{
	const struct timespec pause = { 0, (long)BEAT_MS * NS_PER_MS };
	struct timespec now;

	for (;;) {
		if (host_clock(CLOCK_MONOTONIC, &now) == 0)
			(void)look(now.tv_sec * NS_PER_S + now.tv_nsec, true);
		nanosleep(&pause, NULL);
	}
	return arg;
}

/* The thread takes no signal: they are the emulator's. */
__attribute__((constructor)) static void begin(void)
{
	sigset_t all, before;
	pthread_t thread;
	void *found = dlsym(RTLD_NEXT, "clock_gettime");

	__builtin_memcpy(&next, &found, sizeof(next));
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&thread, NULL, keep_beating, NULL) == 0)
		pthread_detach(thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}
