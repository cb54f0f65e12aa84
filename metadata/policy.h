/* SPDX-License-Identifier: Apache-2.0
 *
 * What differs between kinds of users, in one constant struct and nowhere
 * else.  The core has no other `if` on who is using it.
 */
#ifndef COTTER_METADATA_POLICY_H
#define COTTER_METADATA_POLICY_H

#include "metadata/json.h"

struct cot_policy {
	const char *name;
	/* Vehicle id, repository name, release counter and hardware ids must be
	 * there; otherwise they are compared only where present. */
	bool uptane_fields;
	/* Length and hash of every file in Snapshot, length in Timestamp must be
	 * there; otherwise they are compared only where present. */
	bool snapshot_binds;
	/* Key ids are recomputed; otherwise they only have to be unique. */
	bool key_ids_recomputed;
	/* Director Timestamp and Snapshot must exist under full verification. */
	bool director_chain;
};

extern const struct cot_policy cot_policy_uptane;

/* The encoding of one repository; provisioned, never detected. */
struct cot_dialect {
	const char *name;         /* "tuf" */
	const struct cot_grammar *grammar; /* of the canonical form */
};

extern const struct cot_dialect cot_dialect_tuf;

#endif
