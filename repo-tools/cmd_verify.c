/* SPDX-License-Identifier: Apache-2.0
 *
 * `cotter verify`: check published trees as a client would
 */
#include "repo-tools/tool.h"

static enum cot_err run_verify(struct tool *t)
{
	return tool_fail(t, COT_E_UNSUPPORTED, "verify");
}

static const struct option_row verify_options[] = {
	TOOL_END
};

const struct command cmd_verify = {
	.name = "verify",
	.usage = "",
	.summary = "check published trees as a client would",
	.text = "",
	.min_pos = 0,
	.max_pos = 1,
	.options = verify_options,
	.run = run_verify,
};
