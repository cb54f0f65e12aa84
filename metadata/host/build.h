/* SPDX-License-Identifier: Apache-2.0
 *
 * Builders of everything that is signed, as jansson trees.
 *
 * Hosts only: the offline tool and test programs.  A builder gives a new
 * reference or NULL when memory is out, and judges nothing: the verifier does,
 * before anything is published.  Members follow docs/pouf.md; what stands under
 * `signed.custom` is Cotter's own (repository, vehicleId, time, floors).
 *
 *   json_t *env = cot_build_envelope(cot_build_targets(&head));
 *   cot_build_signed_text(env, &text, &len);       the exact bytes to sign
 *   cot_build_add_signature(env, keyid, sig);
 *   cot_wire_dump(env, &wire, &wire_len);          the file to serve
 */
#ifndef COTTER_METADATA_HOST_BUILD_H
#define COTTER_METADATA_HOST_BUILD_H

#include "metadata/host/canon.h"
#include "metadata/snapshot.h"

/* What all four roles begin with. */
struct cot_build_head {
	uint32_t version;
	int64_t expires_s;
	const char *repository; /* "director" or "image" */
	const char *vehicle;    /* Director's Timestamp, Snapshot, Targets; else NULL */
};

/* Length and both hashes of some bytes, as Snapshot and Targets list them. */
struct cot_build_file {
	uint64_t length;
	struct cot_hashes hashes;
};
void cot_build_file_of(struct cot_slice bytes, const struct cot_crypto *crypto,
                       struct cot_build_file *ret);
/* {"sha256":HEX,"sha512":HEX}, those that are known. */
json_t *cot_build_hashes(const struct cot_hashes *hashes);

/* Root without any key: four roles with empty lists and threshold 1. */
json_t *cot_build_root(const struct cot_build_head *head);

/* Lists a key for a role (or COT_ROLE_TIME) of a Root's signed part; a second
 * time is no change.  COT_E_MEMORY, and errors of the key. */
COT_MUST_CHECK enum cot_err cot_build_root_add_key(json_t *root, enum cot_role role,
                                                   const struct cot_key *key,
                                                   const struct cot_crypto *crypto);
/* Takes the id (64 digits) off a role's list, and the key out of `keys` if no
 * role needs it any more.  COT_E_NOT_FOUND. */
COT_MUST_CHECK enum cot_err cot_build_root_remove_key(json_t *root, enum cot_role role,
                                                      const char *keyid);
/* The {keyids, threshold} object of a role, borrowed; for COT_ROLE_TIME made if
 * absent.  NULL if root is not shaped like one. */
json_t *cot_build_root_role(json_t *root, enum cot_role role);
/* Sets custom.floors{role}. */
COT_MUST_CHECK enum cot_err cot_build_root_floor(json_t *root, enum cot_role role,
                                                 uint32_t version);

/* What a parent says of its child. */
struct cot_build_child {
	uint32_t version;
	struct cot_build_file file; /* of the child as served */
};
json_t *cot_build_snapshot(const struct cot_build_head *head,
                           const struct cot_build_child *targets);
json_t *cot_build_timestamp(const struct cot_build_head *head,
                            const struct cot_build_child *snapshot);

/* Targets without entries; put entries into its member `targets`. */
json_t *cot_build_targets(const struct cot_build_head *head);
/* One entry: length, hashes, custom.releaseCounter, custom.hardwareIds (a
 * reference to hardware_ids is taken over; NULL: none). */
json_t *cot_build_target(const struct cot_build_file *file, uint64_t counter,
                         json_t *hardware_ids);
/* Adds custom.ecuIdentifiers{ecu:{hardwareId}} to an entry. */
COT_MUST_CHECK enum cot_err cot_build_target_order(json_t *target, const char *ecu,
                                                   const char *hardware_id);

/* Time message; nonces: array of 32-digit strings, taken over. */
json_t *cot_build_time(int64_t time_s, uint32_t root_version, json_t *nonces);

/* One ECU of a provisioning record. */
struct cot_build_ecu {
	const char *serial;
	const char *hardware_id;
	json_t *key;            /* key object, taken over */
	uint64_t counter;       /* of the factory image */
	const char *filepath;
	struct cot_build_file image;
};
json_t *cot_build_provision_ecu(const struct cot_build_ecu *ecu);

/* A record without repositories; ecus and own are taken over. */
struct cot_build_provision {
	uint32_t number;
	bool primary;
	const char *vehicle;
	const char *primary_serial;
	int64_t time_s;
	json_t *ecus;
	json_t *own;
};
json_t *cot_build_provision(const struct cot_build_provision *p);
/* Names the roles a device verifies of one repository and puts in the first
 * trusted documents: an array of envelopes by role, NULL where there is none. */
COT_MUST_CHECK enum cot_err cot_build_provision_repo(json_t *record, const char *repository,
                                                     uint8_t roles,
                                                     json_t *const doc[COT_ROLE_COUNT]);

/* {"signatures":[],"signed":...}; body is taken over. */
json_t *cot_build_envelope(json_t *body);
/* The canonical text of `signed`: what signatures are made over. */
COT_MUST_CHECK enum cot_err cot_build_signed_text(const json_t *envelope, char **ret,
                                                  size_t *ret_len);
/* Adds a signature, in place of an older one of the same key. */
COT_MUST_CHECK enum cot_err cot_build_add_signature(json_t *envelope,
                                                    const uint8_t keyid[COT_KEY_ID_LEN],
                                                    struct cot_slice sig);

/* Key object of a key, new reference. */
json_t *cot_build_key(const struct cot_key *key);

#endif
