/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing log lines: one write per line, so that lines of several threads or
 * processes never mix.
 */
#include "primary/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum cot_log_level limit = COT_LOG_INFO;

void cot_log_limit(enum cot_log_level level)
{
	limit = level;
}

static const char *level_name(enum cot_log_level level)
{
	switch (level) {
	case COT_LOG_ERROR:
		return "error";
	case COT_LOG_WARNING:
		return "warning";
	case COT_LOG_DEBUG:
		return "debug";
	case COT_LOG_INFO:
	default:
		return "info";
	}
}

static void make_printable(char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] < 0x20 || text[i] > 0x7e)
			text[i] = '?';
	}
}

void cot_log(enum cot_log_level level, const char *module, const char *format, ...)
{
	char line[1024];
	char prefix[8] = "";
	size_t len;
	va_list args;

	if (level > limit)
		return;
	if (getenv("JOURNAL_STREAM") != NULL)
		snprintf(prefix, sizeof(prefix), "<%d>", (int)level);
	snprintf(line, sizeof(line), "%s%s %s: ", prefix, level_name(level), module);
	len = strlen(line);
	va_start(args, format);
	vsnprintf(line + len, sizeof(line) - len - 1, format, args);
	va_end(args);
	len = strlen(line);
	make_printable(line, len);
	line[len++] = '\n';
	/* Nothing can be done about a log that cannot be written. */
	if (write(STDERR_FILENO, line, len) < 0)
		return;
}
