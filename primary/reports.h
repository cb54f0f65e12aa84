/* SPDX-License-Identifier: Apache-2.0
 *
 * Version reports of ECUs, as they come off a bus that anybody may speak on.
 *
 * A report counts only if the key that the provisioning record gives for that
 * ECU signed it, if it names this vehicle and this ECU, and if its counter is
 * above the last one's.  Then it becomes the ECU's row in the inventory, from
 * which pending installs are computed; a report that does not count changes
 * nothing and so can never make an ordered install disappear.
 */
#ifndef COTTER_PRIMARY_REPORTS_H
#define COTTER_PRIMARY_REPORTS_H

#include "metadata/report.h"
#include "primary/store.h"

/* Verifies a sealed report of the ECU in row and takes it into the row, and the
 * report itself into the store's documents (the caller saves the state).
 * orders, the trusted Director Targets or NULL, tells the release counter of
 * an image.  COT_E_ROLLBACK (counter: also the same report again, as no ECU sends
 * one twice), COT_E_VEHICLE, COT_E_ECU_UNKNOWN, COT_E_NAME, the errors of
 * cot_seal_check and the store.  COT_E_UNSUPPORTED: a scheme that only the Director
 * can verify (HMAC); the report is kept for the manifest, and the rest of the row
 * is untouched. */
COT_MUST_CHECK enum cot_err cot_reports_take(struct cot_store *s, struct cot_inventory *row,
                                             struct cot_slice sealed,
                                             const struct cot_targets *orders);

/* Key of an ECU by the provisioning record.  COT_E_ECU_UNKNOWN. */
COT_MUST_CHECK enum cot_err cot_reports_key(const struct cot_store *s, struct cot_slice serial,
                                            struct cot_key *ret);

#endif
