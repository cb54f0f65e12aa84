/* SPDX-License-Identifier: Apache-2.0
 *
 * Images in the working folder, kept once per content under their SHA-256.
 */
#ifndef COTTER_REPO_TOOLS_IMAGE_H
#define COTTER_REPO_TOOLS_IMAGE_H

#include "repo-tools/folder.h"

/* The Targets entry of a file by --counter and --hardware; keeps the file.
 * New reference; reports. */
COT_MUST_CHECK enum cot_err image_entry(struct tool *t, const char *file, json_t **ret,
                                        struct cot_build_file *ret_file);
/* Where a kept image lies. */
void image_path(struct tool *t, const struct cot_build_file *file, char ret[TOOL_PATH]);
COT_MUST_CHECK enum cot_err image_keep(struct tool *t, const struct cot_build_file *file,
                                       struct cot_slice bytes);
/* Draft of Image Targets to edit; new reference; reports. */
COT_MUST_CHECK enum cot_err image_targets(struct tool *t, json_t **ret);

#endif
