/* SPDX-License-Identifier: Apache-2.0
 *
 * The clock of the real world: monotonic time, and poll(2) to let it pass.
 */
#include "secondary/link/host/transport.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>

static uint64_t real_now(void *ctx)
{
	struct timespec now;

	(void)ctx;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static void real_wait(void *ctx, struct cot_link *link, uint64_t until_ms)
{
	struct pollfd fd = { .fd = cot_transport_fd(link),
		             .events = cot_transport_events(link) };
	uint64_t now_ms = real_now(ctx);
	uint64_t span = until_ms > now_ms ? until_ms - now_ms : 0;

	poll(&fd, 1, span > INT_MAX ? INT_MAX : (int)span);
}

const struct cot_transport_clock cot_transport_real_clock = { real_now, real_wait, NULL };
