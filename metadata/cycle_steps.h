/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the cycle: a phase is a table of steps, read from top to bottom.
 *
 * cot_cycle_step runs the step at hand: COT_OK goes on to the next one,
 * COT_PENDING comes back to it (or to wherever cot_cycle_go went), anything
 * else ends the cycle with that code.  A step that waits for something (a file,
 * a time message, a commit) runs when it has been brought.
 *
 *   cycle.c        the interface, and which phase has which table
 *   cycle_root.c   what is held, the Root walk, time, Root's expiry
 *   cycle_doc.c    what every fetched document goes through
 *   cycle_chain.c  Timestamp, Snapshot, and the Targets they list
 *   cycle_targets.c  Targets
 *   cycle_order.c  the Director's orders, agreement, the final commit
 */
#ifndef COTTER_METADATA_CYCLE_STEPS_H
#define COTTER_METADATA_CYCLE_STEPS_H

#include "metadata/check.h"
#include "metadata/cycle.h"

#define COT_HASH_STEP 1024u /* bytes hashed in one step */

struct cot_step {
	enum cot_need_kind need; /* what is brought before it runs; COT_NEED_WORK: nothing */
	enum cot_err (*run)(struct cot_cycle *c);
};

extern const struct cot_step cot_steps_held[], cot_steps_root[], cot_steps_time[],
	cot_steps_root_end[], cot_steps_targets[], cot_steps_director[], cot_steps_agree[],
	cot_steps_commit[];

/* The phases of full verification alone, reached through the config, so that the
 * linker leaves them out where no config names them. */
struct cot_chain {
	const struct cot_step *steps[COT_PHASE_OVER]; /* NULL: a phase of all cycles */
	/* A held Timestamp or Snapshot, opened, into c->head. */
	enum cot_err (*parse_held)(struct cot_cycle *c);
};

/* ---- moving about (cycle.c) ----------------------------------------------------- */

/* Continues with that step of that phase; always COT_PENDING. */
enum cot_err cot_cycle_go(struct cot_cycle *c, enum cot_phase phase, uint8_t step);
/* Ends the cycle well; always COT_PENDING. */
enum cot_err cot_cycle_over(struct cot_cycle *c);
/* The next repository, or the final commit after the last one. */
enum cot_err cot_cycle_next_repo(struct cot_cycle *c);
/* Verified Targets of c->repo are in c->targets: what they are for comes next. */
enum cot_err cot_cycle_targets_done(struct cot_cycle *c);
/* The Root walk of c->repo is at its end. */
enum cot_err cot_cycle_walked(struct cot_cycle *c);

const struct cot_cycle_repo *cot_cycle_repo(const struct cot_cycle *c);
/* Does c->repo have Timestamp and Snapshot, or (partial verification) not? */
bool cot_cycle_chained(const struct cot_cycle *c);
/* Most bytes of the file at work: the provisioned limit, or what its parent says. */
size_t cot_cycle_limit(const struct cot_cycle *c);
struct cot_floor *cot_cycle_floor(struct cot_cycle *c);
struct cot_doc *cot_cycle_held(struct cot_cycle *c);

/* ---- one document (cycle_doc.c) --------------------------------------------------- */

/* Step: is the given file as long as it may be? */
enum cot_err cot_doc_receive(struct cot_cycle *c);
/* Steps: each hash that the parent gives, over the given file. */
enum cot_err cot_doc_wire_sha256(struct cot_cycle *c);
enum cot_err cot_doc_wire_sha512(struct cot_cycle *c);
/* The same over any file: COT_PENDING until done, then the check's answer. */
enum cot_err cot_doc_hash_file(struct cot_cycle *c, enum cot_hash_alg alg,
                               struct cot_slice wire);
/* Splits a document and starts its signature check under c->root of c->repo. */
enum cot_err cot_doc_open(struct cot_cycle *c, struct cot_slice canon);
enum cot_err cot_doc_begin_quorum(struct cot_cycle *c, const struct cot_root *root,
                                  enum cot_role role);
/* Opens Targets into c->targets of c->repo and c->head. */
enum cot_err cot_doc_open_targets(struct cot_cycle *c, struct cot_slice canon);
/* Step: the quorum of c->role. */
enum cot_err cot_doc_quorum(struct cot_cycle *c);
/* Step: the digest of the signed part into c->digest. */
enum cot_err cot_doc_digest(struct cot_cycle *c);
/* What is asked of each Timestamp, Snapshot and Targets, by c->head. */
enum cot_err cot_doc_judge(struct cot_cycle *c);
/* The given document is the candidate from now on; false if it is the one that
 * was trusted before. */
bool cot_doc_take(struct cot_cycle *c);

#endif
