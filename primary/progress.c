/* SPDX-License-Identifier: Apache-2.0
 *
 * Progress on stderr: see progress.h.
 */
#include "primary/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WIDTH 30u
#define NONE 1000u

void cot_progress_init(struct cot_progress *p, bool on)
{
	memset(p, 0, sizeof(*p));
	p->on = on;
	p->tty = isatty(STDERR_FILENO) == 1;
	p->shown = NONE;
}

static void draw(const struct cot_progress *p, unsigned percent, uint64_t done, uint64_t total)
{
	char bar[WIDTH + 1];
	unsigned full = percent * WIDTH / 100;

	memset(bar, '#', full);
	memset(bar + full, '.', WIDTH - full);
	bar[WIDTH] = '\0';
	fprintf(stderr, "%s%-24s [%s] %3u %% %llu of %llu bytes%s", p->tty ? "\r" : "", p->what,
	        bar, percent, (unsigned long long)done, (unsigned long long)total,
	        percent == 100 || !p->tty ? "\n" : "");
	fflush(stderr);
}

void cot_progress_show(struct cot_progress *p, const char *what, uint64_t done, uint64_t total)
{
	unsigned percent = total == 0 ? 100 : (unsigned)(done * 100 / total);
	unsigned step;

	if (!p->on)
		return;
	if (strncmp(p->what, what, sizeof(p->what) - 1) != 0 || percent < p->shown % NONE) {
		snprintf(p->what, sizeof(p->what), "%s", what);
		p->shown = NONE;
	}
	step = p->tty ? percent : percent / 10;
	if (step == p->shown)
		return;
	p->shown = step;
	draw(p, p->tty ? percent : step * 10, done, total);
}
