/* SPDX-License-Identifier: Apache-2.0
 *
 * One document in a hundred shapes: a tree, one member of it replaced by raw
 * text, as canonical bytes.
 *
 * A path names members and array positions, parted by blanks, because names of
 * members hold dots and slashes: "roles root threshold", "roles root keyids 0".
 * `raw` is written as it stands, so it may be what jansson would never write
 * ("1e0"); NULL takes the member or element away.  A path whose last part is not
 * there adds it.
 */
#ifndef COTTER_TESTS_SIM_EDIT_H
#define COTTER_TESTS_SIM_EDIT_H

#include "keys/slice.h"

#include <jansson.h>

/* Canonical text of the edited tree, malloc'ed without a final zero, in memory of
 * exactly its size.  An empty path edits nothing.  Aborts if the path leads nowhere. */
struct cot_slice sim_edit(const json_t *tree, const char *path, const char *raw);

/* A copy in memory of exactly its size, so that a sanitizer sees one byte too far. */
struct cot_slice sim_copy(const void *bytes, size_t len);

/* Frees what the two above made. */
void sim_drop(struct cot_slice s);

#endif
