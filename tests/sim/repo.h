/* SPDX-License-Identifier: Apache-2.0
 *
 * Two repositories in memory, and a client that runs update cycles on them.
 *
 * A world is a Director and an Image repository with keys from fixed seeds, one
 * vehicle and a clock that only tests move.  The signed part of every role is
 * a jansson tree that a test may change as it likes; nothing is served until
 * it is written and signed:
 *
 *   struct sim_world *w = sim_world_new();
 *   sim_release(w, "ECU-A", "a-2.bin", 2);        image, order, both published
 *   struct sim_client *c = sim_client_new(w, SIM_PRIMARY);
 *   v = sim_run(c);                               one whole cycle
 *   json_object_set_new(sim_signed(w, SIM_DIRECTOR, COT_ROLE_TIMESTAMP), ...);
 *   sim_write(w, SIM_DIRECTOR, COT_ROLE_TIMESTAMP);   sign as it stands
 *
 * sim_publish bumps and links as an honest repository does; sim_write, sim_put
 * and sim_sign_text are what an attacker has.  The client keeps what it was told to
 * commit in memory, atomically, as the daemon's store and the secondary's flash
 * do.  Everything aborts on failed allocation: this is test code.
 */
#ifndef COTTER_TESTS_SIM_REPO_H
#define COTTER_TESTS_SIM_REPO_H

#include "metadata/cycle.h"

#include <jansson.h>

#define SIM_DIRECTOR 0u
#define SIM_IMAGE 1u
#define SIM_NOW 1800000000 /* 2027-01-15T08:00:00Z, where each world's clock starts */
#define SIM_VEHICLE "VEH-0007"
#define SIM_MAX_ECUS 4u

/* ---- keys ------------------------------------------------------------------- */

/* Keys are named by a number, which is their seed.  From SIM_KEY_P256 on they
 * are ECDSA P-256, below Ed25519. */
#define SIM_KEY_P256 200u

enum sim_key_number {
	SIM_DIRECTOR_ROOT = 1,      /* 1, 2, 3; threshold 2 */
	SIM_DIRECTOR_TIMESTAMP = 4,
	SIM_DIRECTOR_SNAPSHOT = 5,
	SIM_DIRECTOR_TARGETS = 6,   /* 6; threshold 1 */
	SIM_TIME = 9,
	SIM_IMAGE_ROOT = 11,        /* 11, 12, 13; threshold 2 */
	SIM_IMAGE_TIMESTAMP = 14,
	SIM_IMAGE_SNAPSHOT = 15,
	SIM_IMAGE_TARGETS = 16,     /* 16, 17; threshold 2 */
	SIM_SPARE = 40              /* 40 and up: for rotations and thieves */
};

/* Key object as it stands in Root; new reference. */
json_t *sim_key_object(unsigned key);
/* 64 hex digits of its id, and a final zero. */
void sim_key_id(unsigned key, char ret[COT_KEY_ID_TEXT + 1]);
/* Signs; returns the length.  Deterministic. */
size_t sim_key_sign(unsigned key, struct cot_slice msg, uint8_t ret[COT_MAX_SIG_LEN]);

/* ---- repositories ------------------------------------------------------------ */

struct sim_file {
	char name[80];
	uint8_t *bytes;
	size_t len;
	enum cot_err fail; /* if not COT_OK: what fetching it ends with */
};

struct sim_repo {
	json_t *doc[COT_ROLE_COUNT];             /* signed parts, to be changed freely */
	unsigned signers[COT_ROLE_COUNT + 1][8]; /* numbers of who signs, 0 ends; [COT_ROLE_TIME] too */
	struct sim_file *files;
	size_t file_count;
};

struct sim_world {
	struct sim_repo repo[COT_MAX_REPOS];
	int64_t now_s;   /* true time; what the time source says */
	uint64_t ticks_ms; /* the client's own ticks */
	unsigned nonce_seed;
};

/* Version 1 of all roles of both repositories, with no images and no orders. */
struct sim_world *sim_world_new(void);
void sim_world_free(struct sim_world *w);

/* The signed part of a role, to be changed; borrowed. */
json_t *sim_signed(struct sim_world *w, unsigned repo, enum cot_role role);

/* Who signs a role from now on, by key number, 0 ends the list. */
void sim_signers(struct sim_world *w, unsigned repo, enum cot_role role, const unsigned *keys);

/* Sets `expires` of the tree, as seconds since 1970. */
void sim_expires(struct sim_world *w, unsigned repo, enum cot_role role, int64_t when_s);
void sim_version(struct sim_world *w, unsigned repo, enum cot_role role, json_int_t version);

/* Signs the tree as it stands and serves it under its name by its version
 * ("timestamp.json"; "3.targets.json" and "targets.json"). */
void sim_write(struct sim_world *w, unsigned repo, enum cot_role role);

/* Puts the served Targets' (Snapshot's) version, length and hashes into the
 * Snapshot's (Timestamp's) tree, without bumping or writing that. */
void sim_link(struct sim_world *w, unsigned repo, enum cot_role child);

/* What an honest repository does after a change in role: bump it, write it,
 * link it, and so on up to Timestamp.  For COT_ROLE_ROOT: bump and write. */
void sim_publish(struct sim_world *w, unsigned repo, enum cot_role role);

/* Adds or changes an entry of the Image repository's Targets, not published.
 * Length and hashes are made from the name.  hwid may be NULL. */
void sim_image(struct sim_world *w, const char *name, uint64_t counter, const char *hwid);
/* Orders an image that the Image repository's tree has for an ECU in the
 * Director's tree, in place of any earlier order; not published.  name NULL: none. */
void sim_order(struct sim_world *w, const char *ecu, const char *hwid, const char *name);
/* The whole way for an ECU of the world's vehicle: image, order, publish both. */
void sim_release(struct sim_world *w, const char *ecu, const char *name, uint64_t counter);

/* Replaces one key of a role in Root's tree by another (not published); also
 * who signs.  For COT_ROLE_TIME in custom.time. */
void sim_replace_key(struct sim_world *w, unsigned repo, enum cot_role role, unsigned old,
                     unsigned key);
/* Adds a key to a role in Root's tree, and to those who sign. */
void sim_add_key(struct sim_world *w, unsigned repo, enum cot_role role, unsigned key);
/* Removes it from both. */
void sim_remove_key(struct sim_world *w, unsigned repo, enum cot_role role, unsigned key);
void sim_threshold(struct sim_world *w, unsigned repo, enum cot_role role, int threshold);

/* ---- files as served ---------------------------------------------------------- */

void sim_put(struct sim_world *w, unsigned repo, const char *name, struct cot_slice bytes);
/* Borrowed until the next change of that file; NULL if not served. */
struct sim_file *sim_get(struct sim_world *w, unsigned repo, const char *name);
void sim_remove(struct sim_world *w, unsigned repo, const char *name);
/* Fetching name fails from now on; COT_OK ends that. */
void sim_fail(struct sim_world *w, unsigned repo, const char *name, enum cot_err why);

/* Wraps a signed part given as text, canonical or not, into an envelope with
 * good signatures of those keys over exactly that text; malloc'ed. */
char *sim_sign_text(const char *body, const unsigned *keys, size_t *ret_len);
/* The canonical text of a tree; malloc'ed, zero-terminated. */
char *sim_text(const json_t *tree);

/* A time message for nonces (each COT_NONCE_LEN), signed by the world's time
 * signers; malloc'ed. */
char *sim_time(struct sim_world *w, const uint8_t *nonces, size_t count, size_t *ret_len);

/* ---- a client ------------------------------------------------------------------ */

enum sim_kind {
	SIM_PRIMARY,  /* full verification, knows ECU-A (hw-a) and ECU-B (hw-b) */
	SIM_PARTIAL,  /* Director Root and Targets, is ECU-A */
	SIM_FULL_ECU  /* full verification, is ECU-A */
};

struct sim_client;
/* Sees every need before the client serves it; may serve it itself with
 * cot_cycle_give and its like and return true. */
typedef bool (*sim_hook)(void *arg, struct sim_client *c, const struct cot_need *need);

struct sim_client {
	struct sim_world *world;
	struct cot_policy policy;
	struct cot_cycle_repo repos[COT_MAX_REPOS];
	struct cot_ecu ecus[SIM_MAX_ECUS];
	struct cot_cycle_config config;
	struct cot_nonce nonce;
	struct cot_trust trust;   /* as committed */
	struct cot_trust aside;
	struct cot_held held;     /* as committed; memory owned, one block each */
	struct cot_cycle cycle;
	struct cot_crypto crypto;
	char log[8192];           /* needs in order: "time director/2.root.json ..." */
	unsigned commits;
	unsigned root_commits;
	enum cot_err commit_fails; /* if not COT_OK: answer to COT_NEED_COMMIT */
	bool no_time;             /* the time source is silent */
	bool foreign;             /* the hand canonicalises, as the daemon does */
	sim_hook hook;
	void *hook_arg;
	struct cot_doc given[COT_MAX_REPOS][COT_ROLE_COUNT]; /* the last one of each */
	void **canon;             /* canonical copies of held documents */
	size_t canon_count;
	void **memory;            /* of this cycle's documents, freed after it */
	size_t memory_count;
};

/* Provisioned with version 1 Roots of the world as it is now. */
struct sim_client *sim_client_new(struct sim_world *w, enum sim_kind kind);
void sim_client_free(struct sim_client *c);

/* Runs one cycle to its verdict. */
struct cot_verdict sim_run(struct sim_client *c);

/* The same in two parts, for a test that drives the cycle by hand: begin makes a
 * nonce and the cycle; serve answers one need that is not work. */
void sim_begin(struct sim_client *c);
void sim_serve(struct sim_client *c, const struct cot_need *need);
/* Frees the documents of the cycle that are not held. */
void sim_end(struct sim_client *c);
/* Gives a copy of bytes as the answer to need, and remembers it. */
void sim_give(struct sim_client *c, const struct cot_need *need, struct cot_slice bytes);

/* As if the ECU had installed and confirmed what it was ordered. */
void sim_install(struct sim_client *c, const char *ecu);

/* SHA-256 over the encoded trust and every held document: two equal states are
 * byte-identical. */
void sim_state(const struct sim_client *c, uint8_t ret[COT_SHA256_LEN]);

#endif
