/* SPDX-License-Identifier: Apache-2.0
 *
 * How far a transfer has got, on stderr: a bar that redraws itself on a
 * terminal, one line per tenth everywhere else.
 */
#ifndef COTTER_PRIMARY_PROGRESS_H
#define COTTER_PRIMARY_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct cot_progress {
	bool on;
	bool tty;
	char what[96];   /* at work now, "" before the first */
	unsigned shown;  /* percent or tenth shown last */
};

/* on false: nothing is ever shown. */
void cot_progress_init(struct cot_progress *p, bool on);

/* what changes: a new bar.  done equals total: the bar is finished. */
void cot_progress_show(struct cot_progress *p, const char *what, uint64_t done,
                       uint64_t total);

#endif
