/* SPDX-License-Identifier: Apache-2.0
 *
 * What cotterctl shows, as a JSON tree (schema 1), read from the state folder.
 *
 *   {"daemon":{"activity":WORD,"running":BOOL},
 *    "ecus":[{"counter":N,"error":{"hint","sentence","word"},"hardware",
 *             "installed":{"filepath","length","sha256"},"link",
 *             "ordered":null or {"counter","filepath","length","sha256"},
 *             "reported":BOOL,"serial","state"}..],
 *    "last":{"error":{..},"installed":N,"repository","role","updated"},
 *    "manifest":N,"primary":SERIAL,
 *    "repositories":{"director":{"root":{"expires","version"}..},"image":{..}},
 *    "schema":1,"time":{"floor":UTC,"verified":UTC or ""},"vehicle":ID}
 *
 * An ECU's state is "current" (runs what is ordered), "pending" (does not),
 * "unordered", or what its report says of itself while it is on trial.
 */
#ifndef COTTER_PRIMARY_STATUS_H
#define COTTER_PRIMARY_STATUS_H

#include "primary/config.h"
#include "primary/store.h"

#include <jansson.h>

/* Opens the folder for reading only, whether a daemon runs or not.  activity:
 * what the daemon that asks is doing, NULL if none runs.  ret is a new
 * reference.  Errors of cot_store_open and cot_store_load. */
COT_MUST_CHECK enum cot_err cot_status_build(const struct cot_config *config,
                                             const struct cot_crypto *crypto,
                                             const char *activity, json_t **ret);

/* {"hint","sentence","word"}; new reference. */
json_t *cot_status_error(enum cot_err err);

#endif
