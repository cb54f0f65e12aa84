/* SPDX-License-Identifier: Apache-2.0
 *
 * Documents in words, for people who are about to sign or to wonder.
 */
#ifndef COTTER_REPO_TOOLS_WORDS_H
#define COTTER_REPO_TOOLS_WORDS_H

#include "repo-tools/folder.h"

/* The ceremony's table: role, threshold, keys, where such a key would live.  The
 * head goes first, once for all repositories. */
void words_root_table_head(void);
void words_root_table(const char *repository, const json_t *root);

/* "in 6 days", "3 days ago", "in 5 hours". */
void words_until(int64_t when_s, int64_t now_s, char *ret, size_t max);

/* Role, repository, version, expiry and content of a signed part. */
void words_body(struct tool *t, const json_t *body);

/* What changes from one signed part (NULL: nothing) to the next, line by line;
 * returns how many lines. */
size_t words_diff(const json_t *from, const json_t *to);

/* "2 of 2 signatures valid" and who signed, by a Root. */
void words_signatures(const struct doc *d, const struct cot_root *root, enum cot_role role);

/* SHA-256 in hex with a final zero. */
void words_sha256(struct cot_slice bytes, char ret[2 * COT_SHA256_LEN + 1]);

#endif
