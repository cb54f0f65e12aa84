/* SPDX-License-Identifier: Apache-2.0
 *
 * Folders of tests: see folder.h.
 */
#include "tests/sim/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Once: TMPDIR may be a relative name. */
static bool move_to_tmpdir(void)
{
	static bool moved;
	const char *tmp = getenv("TMPDIR");

	if (!moved)
		moved = chdir(tmp && *tmp ? tmp : P_tmpdir) == 0;
	return moved;
}

bool sim_folder_new(const char *word, char ret[SIM_FOLDER])
{
	int n = snprintf(ret, SIM_FOLDER, "cotter-%s-XXXXXX", word);

	return n > 0 && (unsigned)n < SIM_FOLDER && move_to_tmpdir() && mkdtemp(ret) != NULL;
}
