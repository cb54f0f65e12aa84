/* SPDX-License-Identifier: Apache-2.0
 *
 * `cotter provision`: make a device's provisioning record
 */
#include "repo-tools/tool.h"

static enum cot_err run_provision(struct tool *t)
{
	return tool_fail(t, COT_E_UNSUPPORTED, "provision");
}

static const struct option_row provision_options[] = {
	TOOL_END
};

const struct command cmd_provision = {
	.name = "provision",
	.usage = "",
	.summary = "make a device's provisioning record",
	.text = "",
	.min_pos = 0,
	.max_pos = 1,
	.options = provision_options,
	.run = run_provision,
};
