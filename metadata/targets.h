/* SPDX-License-Identifier: Apache-2.0
 *
 * Targets: the images a repository stands for, and, from the Director, which
 * ECU shall run which (Uptane 5.2.3).
 *
 * What travels (`artifact`) and what is installed (`image`) are two things that
 * today are equal; encryption, compression and deltas will tell them apart.
 */
#ifndef COTTER_METADATA_TARGETS_H
#define COTTER_METADATA_TARGETS_H

#include "metadata/snapshot.h"

enum cot_method {
	COT_METHOD_IDENTITY = 0 /* UDS dataFormatIdentifier 0x00 */
};

struct cot_image {
	uint64_t length;
	struct cot_hashes hashes;
};

struct cot_artifact {
	struct cot_slice name;
	uint64_t length;
	struct cot_hashes hashes;
	enum cot_method method;
	struct cot_slice base; /* hash of the image a delta starts from; empty */
};

struct cot_target {
	struct cot_slice name;
	struct cot_image image;
	struct cot_artifact artifact;
	bool has_counter;
	uint64_t counter;              /* custom.releaseCounter */
	struct cot_slice hardware_ids; /* custom.hardwareIds, array or empty */
	struct cot_slice must_match;   /* custom.mustMatch, object or empty */
	struct cot_slice ecus;         /* custom.ecuIdentifiers, object or empty */
};

struct cot_targets {
	struct cot_head head;
	struct cot_slice targets;     /* object: name -> entry */
	struct cot_slice delegations; /* empty if absent */
};

/* One order of the Director: this ECU shall run this target. */
struct cot_order {
	struct cot_slice ecu;
	struct cot_slice hardware_id; /* what the Director says the ECU is */
	struct cot_target target;
};

/* The same as it stands in the text: what most questions need, and where the rest is. */
struct cot_ordered {
	struct cot_slice ecu;
	uint64_t length;            /* of the image */
	struct cot_slice ecu_entry; /* what is said of the ECU */
	struct cot_slice name;      /* of the target */
	struct cot_slice entry;
};

struct cot_order_iter {
	struct cot_json_iter targets;
	struct cot_json_iter ecus;
	struct cot_target target;
	struct cot_ordered ordered;
};

/* Head and shape of every entry. */
COT_MUST_CHECK enum cot_err cot_targets_parse(struct cot_slice body,
                                              const struct cot_policy *policy,
                                              struct cot_targets *ret);

/* The entry of exactly that name; COT_E_NOT_FOUND. */
COT_MUST_CHECK enum cot_err cot_targets_find(const struct cot_targets *t, struct cot_slice name,
                                             struct cot_target *ret);

/* Orders in document order.  next: COT_OK, COT_E_NOT_FOUND at the end, or the
 * error of a malformed entry. */
COT_MUST_CHECK enum cot_err cot_orders_begin(const struct cot_targets *t,
                                             struct cot_order_iter *ret);
COT_MUST_CHECK enum cot_err cot_orders_next(struct cot_order_iter *it, struct cot_order *ret);

/* The same without decoding the entries, and without judging again what
 * cot_targets_parse accepted: the order is it->ordered.  One iteration uses either this
 * or cot_orders_next. */
COT_MUST_CHECK enum cot_err cot_orders_skim(struct cot_order_iter *it);
/* All of that order. */
COT_MUST_CHECK enum cot_err cot_orders_read(const struct cot_ordered *ordered,
                                            struct cot_order *ret);

/* The order for one ECU; COT_E_NO_ORDER. */
COT_MUST_CHECK enum cot_err cot_orders_find(const struct cot_targets *t, struct cot_slice ecu,
                                            struct cot_order *ret);

/* Is this hardware id one the target lists?  An absent list never matches. */
bool cot_target_fits(const struct cot_target *target, struct cot_slice hardware_id);

#endif
