/* SPDX-License-Identifier: Apache-2.0
 *
 * `cotter time answer`: answer a time request
 */
#include "repo-tools/tool.h"

static enum cot_err run_time(struct tool *t)
{
	return tool_fail(t, COT_E_UNSUPPORTED, "time answer");
}

static const struct option_row time_options[] = {
	TOOL_END
};

const struct command cmd_time_answer = {
	.name = "time answer",
	.usage = "",
	.summary = "answer a time request",
	.text = "",
	.min_pos = 0,
	.max_pos = 1,
	.options = time_options,
	.run = run_time,
};
