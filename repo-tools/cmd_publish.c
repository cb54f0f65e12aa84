/* SPDX-License-Identifier: Apache-2.0
 *
 * cotter publish: what is staged goes out.
 */
#include "repo-tools/tool.h"

static enum cot_err run(struct tool *t)
{
	return tool_fail(t, COT_E_UNSUPPORTED, "publish");
}

const struct command cmd_publish = {
	"publish", "FOLDER", "Publish what is staged, after verifying it as a client would", NULL,
	1, 1, NULL, run
};
