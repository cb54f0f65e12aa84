/* SPDX-License-Identifier: Apache-2.0
 *
 * The vehicle version manifest (Uptane 5.4.2.1): what every ECU runs, each by
 * its own signed report, the gateway's among them, signed by the gateway.
 *
 * It is written to the state folder after every cycle, whatever its outcome,
 * and sent to the Director if the configuration names an address.  Reports
 * stand in it as they came.  Its counter rises with every manifest and is made
 * durable first, so that no two manifests ever bear the same one.
 */
#ifndef COTTER_PRIMARY_MANIFEST_H
#define COTTER_PRIMARY_MANIFEST_H

#include "keys/host/signer.h"
#include "metadata/report.h"
#include "primary/store.h"

struct cot_manifest_facts {
	const struct cot_signer *signer; /* the gateway's ECU key */
	enum cot_err last;               /* outcome of the cycle */
	int64_t time_s;                  /* latest verified time */
};

/* COT_E_KEY_NOT_LISTED unless the signer's key is the one that the provisioning
 * record gives for the gateway. */
COT_MUST_CHECK enum cot_err cot_manifest_check_signer(const struct cot_store *s,
                                                      const struct cot_signer *signer);

/* Writes manifest.json and gives its text, to be freed with free. */
COT_MUST_CHECK enum cot_err cot_manifest_make(struct cot_store *s,
                                              const struct cot_manifest_facts *facts,
                                              char **ret, size_t *ret_len);

/* The word that an outcome leaves in attacks_detected: that of a refused
 * verification, "" for everything that is no sign of an attack. */
const char *cot_manifest_attack(enum cot_err last);

#endif
