/* SPDX-License-Identifier: Apache-2.0
 *
 * Log lines of the daemon: `level module: message key=value`, one per event,
 * on stderr.  What a server or an ECU said may stand in a message: every byte
 * that is not printable ASCII is written as `?`, so that no line can be forged
 * and no terminal be driven.  Under systemd the journal gets priorities.
 */
#ifndef COTTER_PRIMARY_LOG_H
#define COTTER_PRIMARY_LOG_H

#include "keys/error.h"
#include "keys/slice.h"

enum cot_log_level {
	COT_LOG_ERROR = 3, /* syslog's numbers */
	COT_LOG_WARNING = 4,
	COT_LOG_INFO = 6,
	COT_LOG_DEBUG = 7
};

/* Lines above this level are not written; COT_LOG_INFO at start. */
void cot_log_limit(enum cot_log_level level);

void cot_log(enum cot_log_level level, const char *module, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* For "%.*s" of a slice. */
#define COT_LOG_SLICE(s) (int)((s).len > 255 ? 255 : (s).len), (const char *)(s).ptr

#endif
