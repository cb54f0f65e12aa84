/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a test puts its files: folders of its own below TMPDIR.
 *
 *   char folder[SIM_FOLDER];
 *   assert_true(sim_folder_new("keys", folder));
 *   ... files in it ...
 *   rmdir(folder);
 *
 * The process moves to TMPDIR, or to the system's folder for such files, and names are
 * relative to it: an address of a local socket is 107 bytes long at most, however deep
 * the build folder lies.
 */
#ifndef COTTER_TESTS_SIM_FOLDER_H
#define COTTER_TESTS_SIM_FOLDER_H

#include <stdbool.h>

#define SIM_FOLDER 64u

/* An empty folder whose name begins with that word; false when there can be none. */
bool sim_folder_new(const char *word, char ret[SIM_FOLDER]);

#endif
