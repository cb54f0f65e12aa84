/* SPDX-License-Identifier: Apache-2.0
 *
 * The outer shell of every signed document, and the members each signed part
 * begins with.
 *
 * A document has two faces: `wire`, the bytes as served (limits, lengths and
 * hashes are over these), and `canon`, its canonical form (signatures are over
 * its `signed` member).  They are the same memory when the document is already
 * canonical.  Everything parsed from a document points into its canon, which
 * must outlive it.
 */
#ifndef COTTER_METADATA_ENVELOPE_H
#define COTTER_METADATA_ENVELOPE_H

#include "keys/quorum.h"
#include "metadata/policy.h"

enum cot_role {
	COT_ROLE_ROOT = 0,
	COT_ROLE_TIMESTAMP = 1,
	COT_ROLE_SNAPSHOT = 2,
	COT_ROLE_TARGETS = 3,
	COT_ROLE_COUNT = 4,
	COT_ROLE_TIME = 4,      /* not a repository role: Root's custom.time */
	COT_ROLE_PROVISION = 5  /* signed by Root's quorum */
};

/* "root", "timestamp", "snapshot", "targets", "time", "provisioning". */
const char *cot_role_name(enum cot_role role);

struct cot_doc {
	struct cot_slice wire;
	struct cot_slice canon;
};

struct cot_envelope {
	struct cot_slice signatures; /* JSON array */
	struct cot_slice body;       /* text of `signed`: what is signed */
};

/* Members common to the signed parts of the four roles. */
struct cot_head {
	struct cot_slice body;
	uint32_t version;
	int64_t expires_s;
	struct cot_slice custom;     /* signed.custom, empty if absent */
	struct cot_slice repository; /* custom.repository, empty if absent */
	struct cot_slice vehicle;    /* custom.vehicleId, empty if absent */
};

/* Checks canonical form and splits.  Errors of cot_json_check, and
 * COT_E_TYPE, COT_E_MISSING, COT_E_LIMIT (too many signatures). */
COT_MUST_CHECK enum cot_err cot_envelope_parse(struct cot_slice canon,
                                               const struct cot_grammar *grammar,
                                               struct cot_envelope *ret);

/* The same for text that passed the check before, without checking again. */
COT_MUST_CHECK enum cot_err cot_envelope_split(struct cot_slice canon, struct cot_envelope *ret);

/* Is this its `_type`?  COT_E_ROLE_TYPE. */
COT_MUST_CHECK enum cot_err cot_body_is(struct cot_slice body, const char *type);

/* Reads _type (must name the role, COT_E_ROLE_TYPE), spec_version (1.x),
 * version (1..COT_MAX_VERSION), expires and custom. */
COT_MUST_CHECK enum cot_err cot_head_parse(struct cot_slice body, enum cot_role role,
                                           struct cot_head *ret);

/* Does it say which repository it was made for, where the policy asks for that?
 * COT_E_MISSING.  Whether it is the right one is asked by who knows (check.h). */
COT_MUST_CHECK enum cot_err cot_head_check_named(const struct cot_head *head,
                                                 const struct cot_policy *policy);

/* SHA-256 of the canonical signed part: what "identical" means. */
void cot_body_digest(struct cot_slice body, const struct cot_crypto *crypto,
                     uint8_t ret[COT_SHA256_LEN]);

/* The keys and threshold of one role, as its delegator lists them. */
struct cot_role_keys {
	struct cot_slice keys;   /* object: key id -> key object */
	struct cot_slice keyids; /* array of key ids */
	uint32_t threshold;
};

/* Reads a key object {keytype, keyval{public}, scheme}.  COT_E_SCHEME if the
 * scheme is unknown, not one for metadata (HMAC), or does not fit the keytype;
 * ret->text is set even then, and ret->scheme is HMAC if that is why.  Says nothing about the key's soundness. */
COT_MUST_CHECK enum cot_err cot_key_parse(struct cot_slice object, struct cot_key *ret);

/* The role's key of that id.  COT_E_KEY_NOT_LISTED if the role does not list
 * it; otherwise the scheme bound to the key, never the signature's word. */
COT_MUST_CHECK enum cot_err cot_role_key(const struct cot_role_keys *role, struct cot_slice keyid,
                                         struct cot_key *ret);

/* Goes through the keys a role lists (it over role->keyids), and passes over what is
 * no key or of a scheme we do not know; false at the end. */
bool cot_role_next_key(const struct cot_role_keys *role, struct cot_json_iter *it,
                       struct cot_key *ret);

/* Signature check of one document under one role, one signature per step.
 * 1. cot_sigcheck_init  2. cot_sigcheck_step until it is not COT_PENDING:
 * COT_OK or COT_E_SIG_THRESHOLD.  Entries of unknown keys, unknown schemes or
 * bad form are passed over; each listed key counts once.  The quorum's keys
 * are those of the valid signers. */
struct cot_sigcheck {
	const struct cot_crypto *crypto;
	struct cot_role_keys role;
	struct cot_slice body;
	struct cot_json_iter next;
	struct cot_slice entry; /* the one at work while an engine is PENDING */
	struct cot_quorum quorum;
	bool all; /* go on past the threshold, to remember every valid signer */
};

void cot_sigcheck_init(struct cot_sigcheck *c, const struct cot_crypto *crypto,
                       const struct cot_envelope *env, const struct cot_role_keys *role);
COT_MUST_CHECK enum cot_err cot_sigcheck_step(struct cot_sigcheck *c);
/* Steps to the end: for hosts. */
COT_MUST_CHECK enum cot_err cot_sigcheck_run(struct cot_sigcheck *c);

#endif
