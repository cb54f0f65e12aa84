/* SPDX-License-Identifier: Apache-2.0
 *
 * The checks of one repository's documents: see check.h.
 *
 * Order and meaning are the Standard's (5.4.4.3 to 5.4.4.6); the attack that a
 * check defeats is named where its words do not say it already.
 */
#include "metadata/check.h"

#include <string.h>

/* CHECK F3.1: no more bytes than were asked for (also F2.2, F4.2, F5.1, PV3) */
enum cot_err cot_check_limit(struct cot_slice wire, size_t max_len)
{
	return wire.len > max_len ? COT_E_LENGTH_EXCEEDED : COT_OK;
}

/* CHECK F4.3: the file is as long as its parent says (also F5.2) */
enum cot_err cot_check_length(struct cot_slice wire, const struct cot_meta *expected)
{
	if (!expected->has_length || wire.len == expected->length)
		return COT_OK;
	return wire.len > expected->length ? COT_E_LENGTH_EXCEEDED : COT_E_LENGTH_MISMATCH;
}

/* CHECK F4.3b: the version inside is the one its parent says (also F5.2, PV8) */
enum cot_err cot_check_listed_version(uint32_t version, const struct cot_meta *expected)
{
	return version == expected->version ? COT_OK : COT_E_MIX_AND_MATCH;
}

/* CHECK F4.3c: the file has the hash its parent says (also F5.2).  A thief of
 * one Targets key cannot exchange the file under its version (AMB-28). */
enum cot_err cot_check_listed_hash(enum cot_hash_alg alg, const uint8_t *hash,
                                   const struct cot_meta *expected)
{
	const uint8_t *listed = alg == COT_HASH_SHA512 ? expected->hashes.sha512 :
	                                                 expected->hashes.sha256;

	return memcmp(hash, listed, cot_hash_len(alg)) == 0 ? COT_OK : COT_E_MIX_AND_MATCH;
}

/* CHECK F3.4: not expired; equal is expired (also F2.7, F4.1, F4.8, F5.5, PV6) */
enum cot_err cot_check_fresh(const struct cot_head *head, int64_t now_s)
{
	return now_s < head->expires_s ? COT_OK : COT_E_EXPIRED;
}

static bool named_as(struct cot_slice said, struct cot_slice expected,
                     const struct cot_policy *policy)
{
	if (said.len == 0 && !policy->uptane_fields)
		return true;
	return cot_slice_eq(said, expected);
}

/* CHECK F5.9b: the document says that it is of this repository */
enum cot_err cot_check_repository(const struct cot_head *head, struct cot_slice name,
                                  const struct cot_policy *policy)
{
	return named_as(head->repository, name, policy) ? COT_OK : COT_E_REPOSITORY;
}

/* CHECK F5.9: the document says that it is for this vehicle (also PV9) */
enum cot_err cot_check_vehicle(const struct cot_head *head, struct cot_slice vehicle,
                               const struct cot_policy *policy)
{
	return named_as(head->vehicle, vehicle, policy) ? COT_OK : COT_E_VEHICLE;
}

/* CHECK F3.3: the version is not below the floor (also F4.5, F5.4, PV5) */
enum cot_err cot_check_floor(uint32_t version, const struct cot_floor *floor)
{
	return version < floor->version ? COT_E_ROLLBACK : COT_OK;
}

/* CHECK F3.3b: one version has one content (also F4.5, F5.4) */
enum cot_err cot_check_identical(uint32_t version, const uint8_t digest[COT_SHA256_LEN],
                                 const struct cot_floor *floor)
{
	if (!floor->held || version != floor->version)
		return COT_OK;
	return memcmp(digest, floor->digest, COT_SHA256_LEN) == 0 ? COT_OK : COT_E_SAME_VERSION;
}

/* CHECK F2.5: Root is exactly the next version */
enum cot_err cot_check_root_version(uint32_t version, const struct cot_floor *floor)
{
	if (version <= floor->version)
		return COT_E_ROLLBACK;
	return version == floor->version + 1u ? COT_OK : COT_E_VERSION_SKIP;
}

/* CHECK F3.3c: Timestamp does not take the Snapshot back */
enum cot_err cot_check_named_snapshot(const struct cot_meta *named, const struct cot_meta *held,
                                      const struct cot_floor *floor)
{
	if (held != NULL && named->version < held->version)
		return COT_E_ROLLBACK;
	return named->version < floor->version ? COT_E_ROLLBACK : COT_OK;
}

/* Both lists are in the one order that canonical form allows, so whatever is
 * in both comes in the same order: one pass over each. */
static enum cot_err find_further(struct cot_json_iter *it, struct cot_slice name,
                                 uint64_t *ret_version)
{
	struct cot_slice other, value;

	while (cot_json_next_member(it, &other, &value)) {
		if (cot_slice_eq(other, name))
			return cot_json_member_uint(value, "version", COT_MAX_VERSION,
			                            ret_version);
	}
	return COT_E_FILE_REMOVED;
}

/* CHECK F4.6: a listed file does not go back */
static enum cot_err check_listed_floor(uint64_t version, uint64_t held)
{
	return version < held ? COT_E_ROLLBACK : COT_OK;
}

/* CHECK F4.7: every file listed before is listed still, none of them older */
enum cot_err cot_check_listed_files(struct cot_slice held_meta, struct cot_slice meta)
{
	struct cot_slice name, value;
	struct cot_json_iter held, now;
	uint64_t old_version, version;
	enum cot_err err = cot_json_object(held_meta, &held);

	if (err == COT_OK)
		err = cot_json_object(meta, &now);
	while (err == COT_OK && cot_json_next_member(&held, &name, &value)) {
		err = cot_json_member_uint(value, "version", COT_MAX_VERSION, &old_version);
		if (err == COT_OK)
			err = find_further(&now, name, &version);
		if (err == COT_OK)
			err = check_listed_floor(version, old_version);
	}
	return err;
}

/* CHECK F5.6: the Director does not delegate (also PV7) */
enum cot_err cot_check_no_delegation(const struct cot_targets *director)
{
	struct cot_slice d = director->delegations;

	return d.len == 0 || cot_slice_is(d, "{}") ? COT_OK : COT_E_DELEGATION;
}

/* CHECK F5.10: as many orders, and as large images, as we take */
enum cot_err cot_check_order_limits(struct cot_orders_seen *seen, const struct cot_ordered *order)
{
	if (++seen->count > COT_MAX_ORDERS || order->length > COT_MAX_IMAGE)
		return COT_E_LIMIT;
	seen->total += order->length;
	return seen->total > COT_MAX_IMAGES_TOTAL ? COT_E_LIMIT : COT_OK;
}

/* Marks a name, and says whether one like it was marked before: only then can it have
 * stood before.  FNV-1a, mixed once more because serials differ in their last characters;
 * the upper ten bits count. */
static bool mark_name(struct cot_orders_seen *seen, struct cot_slice name)
{
	uint32_t h = 2166136261u, bit, *word;
	bool before;
	size_t i;

	for (i = 0; i < name.len; i++)
		h = (h ^ name.ptr[i]) * 16777619u;
	h = (h ^ h >> 15) * 0x85EBCA6Bu;
	bit = 1u << (h >> 22 & 31u);
	word = &seen->names[h >> 27];
	before = (*word & bit) != 0;
	*word |= bit;
	return before;
}

/* Is the ECU of this order ordered anything earlier in the document? */
static bool ordered_before(const struct cot_targets *director, struct cot_slice ecu)
{
	struct cot_order_iter it;
	enum cot_err err = cot_orders_begin(director, &it);

	while (err == COT_OK && (err = cot_orders_skim(&it)) == COT_OK) {
		if (cot_slice_eq(it.ordered.ecu, ecu))
			return it.ordered.ecu.ptr != ecu.ptr;
	}
	return true; /* not even itself: what cannot be walked is not in order */
}

/* CHECK F5.7: no ECU stands twice among all orders (also PV7) */
enum cot_err cot_check_no_ecu_twice(struct cot_orders_seen *seen,
                                    const struct cot_targets *director,
                                    const struct cot_ordered *order)
{
	if (!mark_name(seen, order->ecu))
		return COT_OK;
	return ordered_before(director, order->ecu) ? COT_E_ECU_DUPLICATE : COT_OK;
}

const struct cot_ecu *cot_ecu_find(const struct cot_ecu *ecus, size_t count,
                                   struct cot_slice serial)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (cot_slice_eq(ecus[i].serial, serial))
			return &ecus[i];
	}
	return NULL;
}

/* CHECK F5.8: every ordered ECU belongs to this vehicle */
enum cot_err cot_check_ecus_known(const struct cot_ecu *ecu)
{
	return ecu == NULL ? COT_E_ECU_UNKNOWN : COT_OK;
}

/* CHECK F5.8b: what is ordered fits the ECUs that we know */
enum cot_err cot_check_orders_fit(const struct cot_order *order, const struct cot_ecu *ecu)
{
	enum cot_err err = cot_order_check_hardware(order, ecu);

	return err == COT_OK ? cot_order_check_counter(order, ecu) : err;
}
