/* SPDX-License-Identifier: Apache-2.0
 *
 * ECU version report and vehicle version manifest (Uptane 5.4.2.1).
 *
 * A report says what one ECU runs, what attack it saw, what time it can vouch
 * for, and a counter that changes every cycle; it is signed by that ECU's key.
 * The manifest holds the reports as they came, with the vehicle's id, and is
 * signed by the primary's ECU key.  Both carry a `_type` in their signed part,
 * so one cannot stand for the other although one key may sign both; each
 * signature entry gives key id, method, hash function, digest of the signed part
 * and the signature over the signed part.
 *
 * Signed part of a report, canonical, members in this order:
 *   _type "ecu_version_report", attacks_detected (error word or ""), counter,
 *   custom {...}, ecu_serial, installed_image {fileinfo {hashes {sha256},
 *   length}, filepath}, timeserver_time, vehicleId
 * of a manifest:
 *   _type "vehicle_version_manifest", attacks_detected, counter,
 *   ecu_version_manifests {serial: report}, primary_ecu_serial,
 *   timeserver_time, vehicleId
 */
#ifndef COTTER_METADATA_REPORT_H
#define COTTER_METADATA_REPORT_H

#include "metadata/envelope.h"

struct cot_report {
	struct cot_slice vehicle;
	struct cot_slice ecu;
	struct cot_slice filepath;   /* target name of the running image; may be empty */
	uint64_t length;
	uint8_t sha256[COT_SHA256_LEN];
	struct cot_slice attack;     /* error word, "" if none */
	struct cot_slice state;      /* custom.state: idle, trial, recovery, ... */
	bool app_trusted;            /* custom.appTrusted: a port without protection */
	int64_t time_s;              /* latest verified time; 0 if none */
	uint64_t counter;
};

/* How a signed part is sealed. */
struct cot_seal {
	struct cot_slice keyid_hex;  /* 64 digits */
	enum cot_scheme scheme;
	struct cot_slice sig;        /* raw; written as hex */
	uint8_t digest[COT_SHA256_LEN]; /* of the signed part */
};

/* Writes the canonical signed part.  COT_E_BUFFER, COT_E_NAME. */
COT_MUST_CHECK enum cot_err cot_report_compose(const struct cot_report *report, char *ret,
                                               size_t max, size_t *ret_len);

/* Wraps a signed part into the envelope: {"signatures":[...],"signed":...}.
 * body may lie at the very end of ret, where it is moved from, or outside. */
COT_MUST_CHECK enum cot_err cot_seal_write(struct cot_slice body, const struct cot_seal *seal,
                                           char *ret, size_t max, size_t *ret_len);

/* Parses a report's envelope (canonical) without trusting it. */
COT_MUST_CHECK enum cot_err cot_report_parse_unverified(struct cot_slice canon,
                                                        struct cot_report *ret);

/* Verifies a sealed envelope under one key: digest (COT_E_DIGEST), method equal
 * to the key's scheme (COT_E_SCHEME), signature (COT_E_SIGNATURE).  The report of an
 * HMAC key cannot be verified here: COT_E_UNSUPPORTED. */
COT_MUST_CHECK enum cot_err cot_seal_check(struct cot_slice canon, const struct cot_key *key,
                                           const struct cot_crypto *crypto);

struct cot_manifest {
	struct cot_slice vehicle;
	struct cot_slice primary;
	struct cot_slice attack;
	struct cot_slice reports; /* object: serial -> report envelope */
	int64_t time_s;
	uint64_t counter;
};

/* reports is the canonical object text to embed. */
COT_MUST_CHECK enum cot_err cot_manifest_compose(const struct cot_manifest *manifest, char *ret,
                                                 size_t max, size_t *ret_len);
COT_MUST_CHECK enum cot_err cot_manifest_parse_unverified(struct cot_slice canon,
                                                          struct cot_manifest *ret);

/* The envelope of one ECU's report in a manifest, canonical, to be verified with
 * cot_seal_check and read with cot_report_parse_unverified.  COT_E_NOT_FOUND. */
COT_MUST_CHECK enum cot_err cot_manifest_report(const struct cot_manifest *manifest,
                                                struct cot_slice serial,
                                                struct cot_slice *ret);

#endif
