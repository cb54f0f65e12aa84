/* SPDX-License-Identifier: Apache-2.0
 *
 * Targets: see targets.h.
 */
#include "metadata/targets.h"
#include "metadata/name.h"

#include <string.h>

/* An optional member that must have one type. */
static enum cot_err check_part(struct cot_slice value, enum cot_json_type type)
{
	return value.len == 0 || cot_json_type(value) == type ? COT_OK : COT_E_TYPE;
}

static enum cot_err parse_counter(struct cot_slice value, struct cot_target *ret)
{
	enum cot_err err;

	if (value.len == 0)
		return COT_OK;
	err = cot_json_uint(value, COT_MAX_VERSION, &ret->counter);
	ret->has_counter = err == COT_OK;
	return err;
}

/* CHECK F5.10b: hardware ids are identifiers, and not too many */
static enum cot_err check_hardware_ids(struct cot_slice array)
{
	struct cot_json_iter it;
	struct cot_slice element, id;
	size_t count = 0;
	enum cot_err err;

	if (array.len == 0)
		return COT_OK;
	err = cot_json_array(array, &it);
	while (err == COT_OK && cot_json_next_element(&it, &element)) {
		if (++count > COT_MAX_HWIDS)
			return COT_E_LIMIT;
		err = cot_json_string(element, &id);
		if (err == COT_OK)
			err = cot_name_check_id(id);
	}
	return err;
}

static enum cot_err parse_hardware_id(struct cot_slice entry, struct cot_slice *ret)
{
	enum cot_err err = cot_json_member_string(entry, "hardwareId", ret);

	return err == COT_OK ? cot_name_check_id(*ret) : err;
}

/* CHECK F5.10c: an ordered ECU is an identifier, and its hardware is said */
static enum cot_err check_ecus(struct cot_slice object)
{
	struct cot_json_iter it;
	struct cot_slice serial, entry, id;
	enum cot_err err;

	if (object.len == 0)
		return COT_OK;
	err = cot_json_object(object, &it);
	while (err == COT_OK && cot_json_next_member(&it, &serial, &entry)) {
		err = cot_name_check_id(serial);
		if (err == COT_OK)
			err = parse_hardware_id(entry, &id);
	}
	return err;
}

/* CHECK F5.10d: must-match members are bounded in number */
static enum cot_err check_must_match(struct cot_slice object)
{
	struct cot_json_iter it;
	struct cot_slice name, value;
	size_t count = 0;
	enum cot_err err;

	if (object.len == 0)
		return COT_OK;
	err = cot_json_object(object, &it);
	while (err == COT_OK && cot_json_next_member(&it, &name, &value)) {
		if (++count > COT_MAX_MUST_MATCH)
			err = COT_E_LIMIT;
	}
	return err;
}

enum custom_member { ECUS, HARDWARE_IDS, MUST_MATCH, COUNTER, CUSTOM_MEMBERS };

/* Everything Cotter reads of custom. */
static enum cot_err parse_custom(struct cot_slice custom, struct cot_target *ret)
{
	static const char *const names[] = { "ecuIdentifiers", "hardwareIds", "mustMatch",
		                             "releaseCounter" };
	struct cot_slice value[CUSTOM_MEMBERS];
	enum cot_err err;

	if (custom.len == 0)
		return COT_OK;
	err = cot_json_members(custom, names, CUSTOM_MEMBERS, value);
	if (err == COT_OK)
		err = parse_counter(value[COUNTER], ret);
	if (err == COT_OK)
		err = check_part(value[HARDWARE_IDS], COT_JSON_ARRAY);
	if (err == COT_OK)
		err = check_part(value[MUST_MATCH], COT_JSON_OBJECT);
	if (err == COT_OK)
		err = check_part(value[ECUS], COT_JSON_OBJECT);
	if (err != COT_OK)
		return err;
	ret->hardware_ids = value[HARDWARE_IDS];
	ret->must_match = value[MUST_MATCH];
	ret->ecus = value[ECUS];
	return COT_OK;
}

enum entry_member { CUSTOM, HASHES, LENGTH, ENTRY_MEMBERS };

/* Length and hashes: what every entry has (Uptane 5.2.3.1). */
static enum cot_err parse_image(struct cot_slice length, struct cot_slice hashes,
                                struct cot_image *ret)
{
	enum cot_err err;

	if (length.len == 0)
		return COT_E_MISSING;
	err = cot_json_uint(length, UINT64_MAX >> 1, &ret->length);
	if (err == COT_OK && hashes.len == 0)
		err = COT_E_MISSING;
	return err == COT_OK ? cot_hashes_parse(hashes, &ret->hashes) : err;
}

/* One pass over the entry's members: there may be a hundred thousand entries. */
static enum cot_err parse_members(struct cot_json_iter *entry, struct cot_target *ret)
{
	static const char *const names[] = { "custom", "hashes", "length" };
	struct cot_slice value[ENTRY_MEMBERS];
	enum cot_err err = cot_json_step_members(entry, names, ENTRY_MEMBERS, value);

	if (err == COT_OK)
		err = parse_image(value[LENGTH], value[HASHES], &ret->image);
	if (err == COT_OK)
		err = check_part(value[CUSTOM], COT_JSON_OBJECT);
	return err == COT_OK ? parse_custom(value[CUSTOM], ret) : err;
}

/* The entry at which the iteration stands, and behind it. */
static enum cot_err step_entry(struct cot_json_iter *entry, struct cot_slice name,
                               struct cot_target *ret)
{
	enum cot_err err;

	memset(ret, 0, sizeof(*ret));
	ret->name = name;
	err = cot_name_check_target(name);
	if (err == COT_OK)
		err = parse_members(entry, ret);
	/* What travels is what is installed, as long as there is one method. */
	ret->artifact.name = ret->name;
	ret->artifact.length = ret->image.length;
	ret->artifact.hashes = ret->image.hashes;
	ret->artifact.method = COT_METHOD_IDENTITY;
	return err;
}

static enum cot_err parse_entry(struct cot_slice name, struct cot_slice entry,
                                struct cot_target *ret)
{
	struct cot_json_iter it = { entry.ptr, entry.ptr + entry.len };

	return step_entry(&it, name, ret);
}

/* CHECK F5.10a: an entry says what Uptane needs: counter, and for what hardware */
static enum cot_err check_entry(const struct cot_target *t, const struct cot_policy *policy)
{
	enum cot_err err = check_hardware_ids(t->hardware_ids);

	if (err == COT_OK)
		err = check_ecus(t->ecus);
	if (err == COT_OK)
		err = check_must_match(t->must_match);
	if (err != COT_OK || !policy->uptane_fields)
		return err;
	if (!t->has_counter || (t->hardware_ids.len == 0 && t->ecus.len == 0))
		return COT_E_MISSING;
	return COT_OK;
}

/* The two members of the body that are Targets' own.  Canonical order puts delegations
 * first; where targets end their entries will tell, so they are not stepped over. */
static enum cot_err find_parts(struct cot_slice body, struct cot_targets *ret)
{
	struct cot_json_iter it;
	struct cot_slice name;
	enum cot_err err = cot_json_object(body, &it);

	while (err == COT_OK && ret->targets.len == 0 && cot_json_next_name(&it, &name)) {
		if (cot_slice_is(name, "targets"))
			ret->targets = cot_slice(it.cur, (size_t)(it.end - it.cur));
		else if (cot_slice_is(name, "delegations"))
			ret->delegations = cot_json_step_over(&it);
		else
			(void)cot_json_step_over(&it);
	}
	if (err == COT_OK && ret->targets.len == 0)
		err = COT_E_MISSING;
	return err == COT_OK ? check_part(ret->delegations, COT_JSON_OBJECT) : err;
}

static enum cot_err parse_entries(const struct cot_policy *policy, struct cot_slice *targets)
{
	struct cot_json_iter it;
	struct cot_slice name;
	struct cot_target target;
	enum cot_err err = cot_json_object(*targets, &it);

	while (err == COT_OK && cot_json_next_name(&it, &name)) {
		err = step_entry(&it, name, &target);
		if (err == COT_OK)
			err = check_entry(&target, policy);
	}
	if (err == COT_OK)
		targets->len = (size_t)(it.cur - targets->ptr) + 1; /* the bracket */
	return err;
}

enum cot_err cot_targets_parse(struct cot_slice body, const struct cot_policy *policy,
                               struct cot_targets *ret)
{
	enum cot_err err;

	memset(ret, 0, sizeof(*ret));
	err = cot_head_parse(body, COT_ROLE_TARGETS, &ret->head);
	if (err == COT_OK)
		err = cot_head_check_named(&ret->head, policy);
	if (err == COT_OK)
		err = find_parts(body, ret);
	return err == COT_OK ? parse_entries(policy, &ret->targets) : err;
}

enum cot_err cot_targets_find(const struct cot_targets *t, struct cot_slice name,
                              struct cot_target *ret)
{
	struct cot_slice entry;
	enum cot_err err = cot_json_find(t->targets, name, &entry);

	if (err == COT_E_MISSING)
		return COT_E_NOT_FOUND;
	return err == COT_OK ? parse_entry(name, entry, ret) : err;
}

enum cot_err cot_orders_begin(const struct cot_targets *t, struct cot_order_iter *ret)
{
	ret->ecus.cur = ret->ecus.end = NULL;
	return cot_json_object(t->targets, &ret->targets);
}

/* Steps to the next entry that names ECUs. */
static enum cot_err next_target(struct cot_order_iter *it)
{
	struct cot_slice name;
	enum cot_err err;

	if (!cot_json_next_name(&it->targets, &name))
		return COT_E_NOT_FOUND;
	err = step_entry(&it->targets, name, &it->target);
	if (err != COT_OK || it->target.ecus.len == 0)
		return err;
	return cot_json_object(it->target.ecus, &it->ecus);
}

enum cot_err cot_orders_next(struct cot_order_iter *it, struct cot_order *ret)
{
	struct cot_slice entry;

	while (!cot_json_next_member(&it->ecus, &ret->ecu, &entry)) {
		enum cot_err err = next_target(it);

		if (err != COT_OK)
			return err;
	}
	ret->target = it->target;
	return parse_hardware_id(entry, &ret->hardware_id);
}

/* Steps to the next entry, without decoding it. */
static enum cot_err skim_target(struct cot_order_iter *it)
{
	static const char *const names[] = { "custom", "length" };
	const uint8_t *start;
	struct cot_slice value[2], ecus;
	enum cot_err err;

	if (!cot_json_next_name(&it->targets, &it->ordered.name))
		return COT_E_NOT_FOUND;
	start = it->targets.cur;
	err = cot_json_step_members(&it->targets, names, 2, value);
	it->ordered.entry = cot_slice(start, (size_t)(it->targets.cur - start));
	if (err == COT_OK)
		err = cot_json_uint(value[1], UINT64_MAX >> 1, &it->ordered.length);
	if (err != COT_OK || value[0].len == 0)
		return err;
	err = cot_json_member(value[0], "ecuIdentifiers", &ecus);
	if (err == COT_OK)
		return cot_json_object(ecus, &it->ecus);
	return err == COT_E_MISSING ? COT_OK : err;
}

enum cot_err cot_orders_skim(struct cot_order_iter *it)
{
	enum cot_err err = COT_OK;

	while (err == COT_OK &&
	       !cot_json_next_member(&it->ecus, &it->ordered.ecu, &it->ordered.ecu_entry))
		err = skim_target(it);
	return err;
}

enum cot_err cot_orders_read(const struct cot_ordered *ordered, struct cot_order *ret)
{
	enum cot_err err = parse_entry(ordered->name, ordered->entry, &ret->target);

	ret->ecu = ordered->ecu;
	return err == COT_OK ? parse_hardware_id(ordered->ecu_entry, &ret->hardware_id) : err;
}

enum cot_err cot_orders_find(const struct cot_targets *t, struct cot_slice ecu,
                             struct cot_order *ret)
{
	struct cot_order_iter it;
	enum cot_err err = cot_orders_begin(t, &it);

	while (err == COT_OK) {
		err = cot_orders_next(&it, ret);
		if (err == COT_OK && cot_slice_eq(ret->ecu, ecu))
			return COT_OK;
	}
	return err == COT_E_NOT_FOUND ? COT_E_NO_ORDER : err;
}

bool cot_target_fits(const struct cot_target *target, struct cot_slice hardware_id)
{
	struct cot_json_iter it;
	struct cot_slice element, id;

	if (target->hardware_ids.len == 0 || cot_json_array(target->hardware_ids, &it) != COT_OK)
		return false;
	while (cot_json_next_element(&it, &element)) {
		if (cot_json_string(element, &id) == COT_OK && cot_slice_eq(id, hardware_id))
			return true;
	}
	return false;
}
