/* SPDX-License-Identifier: Apache-2.0
 *
 * `cotter inspect`: any file in words
 */
#include "repo-tools/tool.h"

static enum cot_err run_inspect(struct tool *t)
{
	return tool_fail(t, COT_E_UNSUPPORTED, "inspect");
}

static const struct option_row inspect_options[] = {
	TOOL_END
};

const struct command cmd_inspect = {
	.name = "inspect",
	.usage = "",
	.summary = "any file in words",
	.text = "",
	.min_pos = 0,
	.max_pos = 1,
	.options = inspect_options,
	.run = run_inspect,
};
