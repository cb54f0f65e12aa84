/* SPDX-License-Identifier: Apache-2.0
 *
 * `cotter verify manifest`: check a vehicle version manifest and its reports
 */
#include "repo-tools/tool.h"

static enum cot_err run_verify_manifest(struct tool *t)
{
	return tool_fail(t, COT_E_UNSUPPORTED, "verify manifest");
}

static const struct option_row verify_manifest_options[] = {
	TOOL_END
};

const struct command cmd_verify_manifest = {
	.name = "verify manifest",
	.usage = "",
	.summary = "check a vehicle version manifest and its reports",
	.text = "",
	.min_pos = 0,
	.max_pos = 1,
	.options = verify_manifest_options,
	.run = run_verify_manifest,
};
