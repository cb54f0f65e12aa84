/* SPDX-License-Identifier: Apache-2.0
 *
 * Do the repositories say the same of one image (Uptane 5.4.4.2 step 10)?
 *
 * Length and hashes: the same known algorithms on both sides, all equal.
 * Must-match fields: every member of custom.mustMatch on either side, the
 * release counter and the hardware ids; one that stands on one side only is a
 * disagreement.  Hardware: the id the Director gives for the ECU must be in the
 * Image repository's list, and in the Director's own list if it has one.
 */
#ifndef COTTER_METADATA_AGREE_H
#define COTTER_METADATA_AGREE_H

#include "metadata/targets.h"

/* What a verifier knows of one ECU it answers for. */
struct cot_ecu {
	struct cot_slice serial;
	struct cot_slice hardware_id;
	uint64_t counter;             /* release counter of the confirmed image */
	struct cot_hashes installed;  /* of the confirmed image; known 0 = unknown */
};

/* COT_E_REPO_MISMATCH: length or hashes; or a must-match member. */
COT_MUST_CHECK enum cot_err cot_agree_check_image(const struct cot_target *director,
                                                  const struct cot_target *image);
COT_MUST_CHECK enum cot_err cot_agree_check_must_match(const struct cot_target *director,
                                                       const struct cot_target *image,
                                                       const struct cot_policy *policy);
/* COT_E_HWID: what the Director says the ECU is, is not what the image is for. */
COT_MUST_CHECK enum cot_err cot_agree_check_hardware(const struct cot_order *order,
                                                     const struct cot_target *image);
/* All of them for one order: COT_E_NOT_IN_IMAGE if no image repository entry
 * of exactly that name exists. */
COT_MUST_CHECK enum cot_err cot_agree(const struct cot_order *order,
                                      const struct cot_targets *image,
                                      const struct cot_policy *policy);

/* One order against the ECU it names, as primary and as that ECU itself:
 * hardware id equal (COT_E_HWID), counter not lower (COT_E_COUNTER) and not more
 * than COT_MAX_COUNTER_STEP higher (COT_E_COUNTER_JUMP). */
COT_MUST_CHECK enum cot_err cot_order_check_hardware(const struct cot_order *order,
                                                     const struct cot_ecu *ecu);
COT_MUST_CHECK enum cot_err cot_order_check_counter(const struct cot_order *order,
                                                    const struct cot_ecu *ecu);

/* Is the ordered image the one the ECU already runs? */
bool cot_order_installed(const struct cot_order *order, const struct cot_ecu *ecu);

#endif
