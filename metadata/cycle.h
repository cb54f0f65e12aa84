/* SPDX-License-Identifier: Apache-2.0
 *
 * One update cycle's verification, without files, sockets or clock.
 *
 * The cycle says what it needs next; a hand (the HTTP client, the bus, a USB
 * stick, a fuzzer, a test) brings it.  The same code runs full verification on
 * the gateway and partial verification on a microcontroller: which roles of
 * which repositories are looked at is provisioned.  The first repository is the
 * one that orders (the Director); all of them must agree on what it orders.
 *
 *   cot_cycle_init(&c, &config, &trust, &held);
 *   while (cot_cycle_need(&c, &need), need.kind != COT_NEED_NOTHING) {
 *     COT_NEED_WORK    cot_cycle_step: at most one signature check, the check
 *                      of one key or role of a Root, 1 KiB of hashing, or a
 *                      look at all orders (cot_check_no_ecu_twice has the
 *                      bound), then look again
 *     COT_NEED_FILE    bring `name` of `repo`, at most max_len bytes, and call
 *                      cot_cycle_give, cot_cycle_absent (a definite not-there:
 *                      404, 410) or cot_cycle_failed (anything else)
 *     COT_NEED_TIME    bring a signed time message for the nonce of the
 *                      config: cot_cycle_give, or cot_cycle_failed
 *     COT_NEED_COMMIT  make cot_cycle_commit's record durable in one atomic
 *                      step, then cot_cycle_committed; or cot_cycle_failed
 *   }
 *   cot_cycle_verdict(&c)
 *
 * Whatever fails, nothing but what was committed counts: a Root step that was
 * committed stays, every other candidate is forgotten.  A given document's
 * memory must stay unchanged until the cycle is over or, for Root, until the
 * commit after the one that made it trusted; so must config, held documents and
 * ECUs.  A call that does not fit the need (a file given while work is asked
 * for) ends the cycle with COT_E_SEQUENCE; after the end calls do nothing.
 *
 * Source: Uptane 5.4.4.1 (partial), 5.4.4.2 (full), 5.4.4.3 to 5.4.4.6.
 */
#ifndef COTTER_METADATA_CYCLE_H
#define COTTER_METADATA_CYCLE_H

#include "metadata/agree.h"
#include "metadata/root.h"
#include "metadata/time.h"
#include "metadata/trust.h"

#define COT_ROLE_BIT(role) (1u << (role))
#define COT_ROLES_FULL 0x0fu
#define COT_ROLES_PARTIAL (COT_ROLE_BIT(COT_ROLE_ROOT) | COT_ROLE_BIT(COT_ROLE_TARGETS))

/* One repository, by value of its provisioning. */
struct cot_cycle_repo {
	struct cot_slice name; /* "director", "image": checked in what it signs */
	const struct cot_dialect *dialect;
	uint8_t roles;         /* COT_ROLE_BITs that are verified; Root and Targets always */
	uint32_t max_len[COT_ROLE_COUNT]; /* bytes fetched at most, per role */
};

/* Timestamp, Snapshot and agreement: what full verification has beyond partial.  A
 * program that names cot_chain_full carries their code, no other does. */
struct cot_chain;
extern const struct cot_chain cot_chain_full;

struct cot_cycle_config {
	const struct cot_policy *policy;
	const struct cot_crypto *crypto;
	const struct cot_cycle_repo *repos; /* [0] orders */
	size_t repo_count;                  /* 1 (partial) or 2 */
	const struct cot_chain *chain; /* &cot_chain_full; NULL: Root and Targets of one */
	struct cot_trust *aside; /* room for what is committed while candidates of the
	                          * first repository wait; NULL: there is only one */
	struct cot_slice vehicle;
	const struct cot_ecu *ecus; /* all ECUs of the vehicle, or the node's own */
	size_t ecu_count;
	bool whole_vehicle; /* a primary: every ordered ECU must be in `ecus` */
	struct cot_nonce *nonce;
};

/* The trusted documents that go with the trust, as kept; an empty canon where
 * the floor is not held.  Before it is used each is compared with the digest in its
 * floor, and all but Targets are held to the quorum of the held Root.
 *
 * Precondition: a held Root was accepted by cot_root_parse or by a cycle; its keys and
 * roles are not checked again.  Whoever makes a floor from a Root calls
 * cot_root_parse first (cot_provision_trust does). */
struct cot_held {
	struct cot_doc doc[COT_MAX_REPOS][COT_ROLE_COUNT];
};

enum cot_need_kind {
	COT_NEED_NOTHING = 0,
	COT_NEED_WORK,
	COT_NEED_FILE,
	COT_NEED_TIME,
	COT_NEED_COMMIT
};

struct cot_need {
	enum cot_need_kind kind;
	uint8_t repo;
	enum cot_role role;
	uint32_t version; /* 0: the newest, whatever it is */
	size_t max_len;   /* bytes; one more is COT_E_LENGTH_EXCEEDED */
	char name[32];    /* "7.root.json", "timestamp.json", zero-terminated */
};

/* What to make durable, all or nothing.  Documents not named stay. */
struct cot_commit {
	const struct cot_trust *trust;
	uint8_t replaced[COT_MAX_REPOS]; /* role bits: the given document is trusted now */
	uint8_t dropped[COT_MAX_REPOS];  /* role bits: the held document is void */
	bool root_step;                  /* one Root step and the floors it moves */
};

struct cot_verdict {
	enum cot_err err;   /* COT_OK, or why the cycle ended */
	uint8_t repo;       /* where it ended */
	enum cot_role role;
	bool updated;       /* new Director Targets became trusted */
	bool agreed;        /* every order was found in all repositories this cycle */
	int64_t now_s;      /* the cycle's one time; 0 if none was verified */
};

/* A time floor that rises alone, without any new document, is worth a commit
 * only once a day: on flash each one wears. */
#define COT_TIME_FLOOR_STEP_S 86400

enum cot_phase {
	COT_PHASE_HELD = 0, COT_PHASE_ROOT, COT_PHASE_TIME, COT_PHASE_ROOT_END,
	COT_PHASE_TIMESTAMP, COT_PHASE_SNAPSHOT, COT_PHASE_LISTED, COT_PHASE_TARGETS,
	COT_PHASE_DIRECTOR, COT_PHASE_AGREE, COT_PHASE_COMMIT, COT_PHASE_OVER
};

/* Private part: members are the cycle's own; the caller only provides the
 * memory. */
struct cot_cycle {
	const struct cot_cycle_config *config;
	struct cot_held docs;       /* trusted, replaced by candidates as they pass */
	struct cot_trust next;      /* as committed, and candidates of the final commit */
	struct cot_commit commit;   /* what is being committed */
	struct cot_verdict verdict;
	struct cot_root root[COT_MAX_REPOS];
	struct cot_root candidate;  /* the Root at work */
	struct cot_targets targets[COT_MAX_REPOS]; /* verified in this cycle */
	struct cot_head head;       /* of the document at work */
	struct cot_sigcheck sig;
	struct cot_hash hash;
	struct cot_doc given;
	struct cot_envelope env;
	struct cot_meta expected;   /* what the parent says of the file at work */
	uint8_t digest[COT_SHA256_LEN]; /* of the signed part at work */
	size_t done;                /* how far a step came that goes on: bytes, keys, roles */
	uint64_t given_ms;
	int64_t time_floor_s;       /* as committed */
	enum cot_phase phase;
	enum cot_role role;
	uint8_t repo;
	uint8_t step;
	uint16_t root_steps;
	bool have;                  /* `given` holds a document not judged yet */
	bool pending;               /* an order is not installed yet */
	uint8_t replaced[COT_MAX_REPOS]; /* role bits of candidates so far */
	bool unchanged[COT_MAX_REPOS]; /* the held Snapshot is still the current one */
};

/* trust and held are copied, the documents themselves are not; see cot_held for what must
 * be true of a held Root. */
void cot_cycle_init(struct cot_cycle *c, const struct cot_cycle_config *config,
                    const struct cot_trust *trust, const struct cot_held *held);

void cot_cycle_need(const struct cot_cycle *c, struct cot_need *ret);

void cot_cycle_step(struct cot_cycle *c);

/* now_ms: own ticks, used for a time message only. */
void cot_cycle_give(struct cot_cycle *c, struct cot_doc doc, uint64_t now_ms);
void cot_cycle_absent(struct cot_cycle *c);
void cot_cycle_failed(struct cot_cycle *c, enum cot_err why);

const struct cot_commit *cot_cycle_commit(const struct cot_cycle *c);
void cot_cycle_committed(struct cot_cycle *c);

const struct cot_verdict *cot_cycle_verdict(const struct cot_cycle *c);

/* After a verdict of COT_OK: the trusted Director Targets, to compute what is
 * still to be installed.  COT_E_NOT_FOUND if there are none. */
COT_MUST_CHECK enum cot_err cot_cycle_orders(const struct cot_cycle *c, struct cot_targets *ret);

/* Before any image moves, and again before it is activated: are these trusted
 * Director Targets still fresh, and do they order this image for this ECU?
 * COT_E_EXPIRED, COT_E_NOT_ORDERED, COT_E_NO_ORDER. */
COT_MUST_CHECK enum cot_err cot_order_check_current(const struct cot_targets *director,
                                                    struct cot_slice ecu,
                                                    const uint8_t sha256[COT_SHA256_LEN],
                                                    int64_t now_s);

#endif
