/* SPDX-License-Identifier: Apache-2.0
 *
 * The provisioning record: all a device is born with, in one signed document
 * (Uptane 5.4.1).  There is no trust on first use.
 *
 * Canonical JSON, `_type` "provisioning", signed by Director Root's threshold:
 *   custom {repository "director"}, ecus [{counter, hardwareId, image {filepath,
 *   hashes, length}, key, serial}], number (rises with every change), own (serials
 *   this device answers for), policy, primary (serial of the gateway),
 *   repositories {director {dialect, roles, root, targets...}, image {...}}, role
 *   ("primary" or "secondary"), time, vehicleId
 * The embedded documents are whole envelopes in canonical form.  Secret keys never travel in it.
 */
#ifndef COTTER_METADATA_PROVISION_H
#define COTTER_METADATA_PROVISION_H

#include "metadata/cycle.h"

#define COT_MAX_OWN_ECUS 4u /* components of one node */

struct cot_provision_ecu {
	struct cot_slice serial;
	struct cot_slice hardware_id;
	struct cot_slice key;   /* canonical key object; how its reports are verified */
	uint64_t counter;       /* release counter of the factory image */
	struct cot_image image; /* factory image */
	struct cot_slice filepath;
};

struct cot_provision {
	struct cot_slice body;
	uint32_t number;
	bool primary;                /* role "primary" */
	struct cot_slice vehicle;
	struct cot_slice primary_serial;
	struct cot_slice ecus;       /* array, read with cot_provision_next_ecu */
	struct cot_slice own;        /* array of serials this device answers for */
	struct cot_slice policy;
	int64_t time_s;
	uint8_t roles[COT_MAX_REPOS]; /* role bits to verify, 0 = repository absent */
	struct cot_slice dialect[COT_MAX_REPOS];
	struct cot_doc doc[COT_MAX_REPOS][COT_ROLE_COUNT]; /* embedded envelopes */
};

/* Parses the record; the embedded documents are slices of it.  Errors of
 * cot_envelope_parse, COT_E_ROLE_TYPE, COT_E_RECORD (role neither of the two),
 * COT_E_NAME, COT_E_NUMBER, COT_E_TIME_FORMAT, COT_E_LIMIT, COT_E_ECU_DUPLICATE (a serial
 * twice), COT_E_ECU_UNKNOWN (`own` lists an ECU that the record does not have),
 * COT_E_UNSUPPORTED (a repository that is none of this build's). */
COT_MUST_CHECK enum cot_err cot_provision_parse(struct cot_slice canon, struct cot_provision *ret);

/* The Root embedded for repository `repo`, parsed: what the record is verified
 * under at the factory. */
COT_MUST_CHECK enum cot_err cot_provision_root(const struct cot_provision *p, size_t repo,
                                               const struct cot_policy *policy,
                                               const struct cot_crypto *crypto,
                                               struct cot_root *ret);

/* Verifies the record under a Director Root: the embedded one at the factory,
 * the trusted one ever after.  COT_E_SIG_THRESHOLD. */
COT_MUST_CHECK enum cot_err cot_provision_check_signed(struct cot_slice canon,
                                                       const struct cot_root *director,
                                                       const struct cot_crypto *crypto);

/* The first trust a device has: floors of the embedded documents, each of which must
 * be signed as its embedded Root wants it (COT_E_SIG_THRESHOLD) and made for its
 * repository (COT_E_REPOSITORY) and vehicle (COT_E_VEHICLE); no key may stand in both
 * Roots (COT_E_KEY_SHARED).  ret trusts nothing on failure. */
COT_MUST_CHECK enum cot_err cot_provision_trust(const struct cot_provision *p,
                                                const struct cot_policy *policy,
                                                const struct cot_crypto *crypto,
                                                struct cot_trust *ret);

/* Iterates `ecus`; false at the end or at a malformed entry (parse checked). */
bool cot_provision_next_ecu(struct cot_json_iter *it, struct cot_provision_ecu *ret);

#endif
