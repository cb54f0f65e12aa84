/* SPDX-License-Identifier: Apache-2.0
 *
 * A gateway without a network: the update cycle over files on this machine.
 *
 * It is the very core that devices run.  What stands in for something else is
 * the clock alone: the time message that a gateway would fetch is made up here
 * for the wanted time, and only that one message passes without a signature.
 *
 *   struct client c = { .t = t, .vehicle = "VEH", .now_s = now };
 *   c.dir[0][0] = "out/director/VEH"; c.dir[1][0] = "out/image";
 *   err = client_start(&c);           trusts N.root.json, the lowest there is
 *   verdict = client_run(&c);         as often as wanted, trust is kept
 *   client_free(&c);
 */
#ifndef COTTER_REPO_TOOLS_CLIENT_H
#define COTTER_REPO_TOOLS_CLIENT_H

#include "metadata/provision.h"
#include "repo-tools/folder.h"

#define CLIENT_LAYERS 2
#define CLIENT_ECUS 64

struct client {
	struct tool *t;
	/* Folders of Director and Image repository, searched in order; NULL: none. */
	const char *dir[COT_MAX_REPOS][CLIENT_LAYERS];
	const char *vehicle;
	int64_t now_s;
	struct cot_ecu ecus[CLIENT_ECUS]; /* strings stay the caller's */
	size_t ecu_count;
	bool whole_vehicle; /* every ordered ECU must be one of these */
	size_t repo_count;  /* 1: the Director's alone; 0: both */
	/* Called before each step and after the last one; may be NULL. */
	void (*watch)(void *arg, const struct cot_cycle *cycle, const struct cot_need *need);
	void *arg;

	/* The client's own. */
	struct cot_cycle_repo repos[COT_MAX_REPOS];
	struct cot_cycle_config config;
	struct cot_nonce nonce;
	struct cot_trust trust;
	struct cot_trust aside;
	struct cot_held held;
	struct cot_doc given[COT_MAX_REPOS][COT_ROLE_COUNT];
	struct cot_cycle cycle;
	void **memory;
	size_t memory_count;
	uint64_t runs;
};

/* Trusts the lowest numbered Root of each repository, or, where root[i] is not
 * NULL, that file.  Reports. */
COT_MUST_CHECK enum cot_err client_start(struct client *c, const char *const root[COT_MAX_REPOS]);

/* Trusts what a device with this record is born with, and looks at no more
 * repositories and roles than it does.  Reports. */
COT_MUST_CHECK enum cot_err client_start_record(struct client *c,
                                                const struct cot_provision *record);

/* One cycle to its verdict.  What was trusted before stays the floor. */
struct cot_verdict client_run(struct client *c);

/* The trusted Director Targets' orders become the client's ECUs where it has
 * none of that serial; all get the counter of what they are ordered.  For trees
 * whose vehicle is not known otherwise. */
void client_learn_ecus(struct client *c);
/* The same from a file of Director Targets. */
void client_learn_ecus_from(struct client *c, struct cot_slice canon);

void client_free(struct client *c);

#endif
