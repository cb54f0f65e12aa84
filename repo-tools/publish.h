/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of a publication: what goes where, is it sound, out with it.
 */
#ifndef COTTER_REPO_TOOLS_PUBLISH_H
#define COTTER_REPO_TOOLS_PUBLISH_H

#include "repo-tools/folder.h"

/* One file on its way out.  Rank is the order of the switch: images, Roots,
 * Targets, Snapshots, Timestamps last, the Image repository's before the
 * Director's. */
struct outgoing {
	char from[TOOL_PATH];
	char name[TOOL_PATH]; /* below the published folder */
	int rank;
	bool is_new;          /* not there yet, or there with other bytes */
};

struct publication {
	struct tool *t;
	const char *out;
	char temp[TOOL_PATH];
	char **vehicle;
	size_t vehicles;
	struct outgoing *file;
	size_t files;
};

/* Lists every file that must be there for clients, published or staged, in the
 * order of the switch; marks those that are new.  COT_E_SAME_VERSION if a
 * versioned file would change.  Reports. */
COT_MUST_CHECK enum cot_err publish_collect(struct publication *p);

/* The chain of one place as it will be: signatures, links, versions, expiry.
 * Reports in the words of the working folder. */
COT_MUST_CHECK enum cot_err publish_check_place(struct tool *t, const struct place *place);

/* Every vehicle with the core: a new client, and one that trusts what is
 * published now.  Reports. */
COT_MUST_CHECK enum cot_err publish_check_clients(struct publication *p);

/* Writes new files into the temporary folder; then renames them. */
COT_MUST_CHECK enum cot_err publish_write(struct publication *p);
COT_MUST_CHECK enum cot_err publish_switch(struct publication *p);
/* Drafts become history. */
COT_MUST_CHECK enum cot_err publish_history(struct publication *p);

void publish_free(struct publication *p);

#endif
