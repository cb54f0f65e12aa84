/* SPDX-License-Identifier: Apache-2.0
 *
 * Agreement of the repositories on one image, and one order against the ECU it
 * names: see agree.h.
 *
 * The Director alone cannot make an ECU run anything: what it orders must have
 * been signed, by name, length, hashes, counter and hardware, with the Image
 * repository's offline keys.
 */
#include "metadata/agree.h"

#include <string.h>

/* CHECK F10.2: length and hashes are the same in both repositories */
enum cot_err cot_agree_check_image(const struct cot_target *director,
                                   const struct cot_target *image)
{
	if (director->image.length != image->image.length)
		return COT_E_REPO_MISMATCH;
	if (!cot_hashes_equal(&director->image.hashes, &image->image.hashes))
		return COT_E_REPO_MISMATCH;
	return COT_OK;
}

/* Both are canonical, so equal objects have equal bytes; an absent one says
 * as much as one without members. */
static bool must_match_equal(struct cot_slice a, struct cot_slice b)
{
	const struct cot_slice none = COT_SLICE("{}");

	return cot_slice_eq(a.len == 0 ? none : a, b.len == 0 ? none : b);
}

/* CHECK F10.4: the members of custom.mustMatch are the same on both sides */
static enum cot_err check_must_match_members(const struct cot_target *director,
                                             const struct cot_target *image)
{
	if (!must_match_equal(director->must_match, image->must_match))
		return COT_E_REPO_MISMATCH;
	return COT_OK;
}

/* CHECK F10.5: the release counter is the same on both sides, and there */
static enum cot_err check_counter_equal(const struct cot_target *director,
                                        const struct cot_target *image,
                                        const struct cot_policy *policy)
{
	if (director->has_counter != image->has_counter)
		return COT_E_REPO_MISMATCH;
	if (!director->has_counter)
		return policy->uptane_fields ? COT_E_REPO_MISMATCH : COT_OK;
	return director->counter == image->counter ? COT_OK : COT_E_REPO_MISMATCH;
}

/* CHECK F10.4c: a hardware list that the Director gives too is the same list */
static enum cot_err check_hardware_equal(const struct cot_target *director,
                                         const struct cot_target *image)
{
	if (director->hardware_ids.len == 0)
		return COT_OK;
	return cot_slice_eq(director->hardware_ids, image->hardware_ids) ? COT_OK :
	                                                                   COT_E_REPO_MISMATCH;
}

enum cot_err cot_agree_check_must_match(const struct cot_target *director,
                                        const struct cot_target *image,
                                        const struct cot_policy *policy)
{
	enum cot_err err = check_must_match_members(director, image);

	if (err == COT_OK)
		err = check_counter_equal(director, image, policy);
	if (err == COT_OK)
		err = check_hardware_equal(director, image);
	return err;
}

/* CHECK F10.4b: the image is for the hardware that the Director names */
enum cot_err cot_agree_check_hardware(const struct cot_order *order,
                                      const struct cot_target *image)
{
	if (!cot_target_fits(image, order->hardware_id))
		return COT_E_HWID;
	if (order->target.hardware_ids.len > 0 &&
	    !cot_target_fits(&order->target, order->hardware_id))
		return COT_E_HWID;
	return COT_OK;
}

/* CHECK F10.1: the Image repository has an entry of exactly that name */
static enum cot_err check_in_image(const struct cot_targets *image, struct cot_slice name,
                                   struct cot_target *ret)
{
	enum cot_err err = cot_targets_find(image, name, ret);

	return err == COT_E_NOT_FOUND ? COT_E_NOT_IN_IMAGE : err;
}

enum cot_err cot_agree(const struct cot_order *order, const struct cot_targets *image,
                       const struct cot_policy *policy)
{
	struct cot_target target = { .name = { NULL, 0 } };
	enum cot_err err = check_in_image(image, order->target.name, &target);

	if (err == COT_OK)
		err = cot_agree_check_image(&order->target, &target);
	if (err == COT_OK)
		err = cot_agree_check_must_match(&order->target, &target, policy);
	if (err == COT_OK && (policy->uptane_fields || target.hardware_ids.len > 0))
		err = cot_agree_check_hardware(order, &target);
	return err;
}

/* CHECK I5: the ordered ECU has the hardware the Director says it has, and the
 * order is for that hardware */
enum cot_err cot_order_check_hardware(const struct cot_order *order, const struct cot_ecu *ecu)
{
	if (!cot_slice_eq(order->hardware_id, ecu->hardware_id))
		return COT_E_HWID;
	if (order->target.hardware_ids.len > 0 &&
	    !cot_target_fits(&order->target, ecu->hardware_id))
		return COT_E_HWID;
	return COT_OK;
}

static uint64_t counter_of(const struct cot_order *order)
{
	return order->target.has_counter ? order->target.counter : 0;
}

/* CHECK I7: the release counter is not lower than that of the running image */
static enum cot_err check_counter_floor(const struct cot_order *order, const struct cot_ecu *ecu)
{
	return counter_of(order) < ecu->counter ? COT_E_COUNTER : COT_OK;
}

/* CHECK I7b: one install cannot use up the counter's range */
static enum cot_err check_counter_step(const struct cot_order *order, const struct cot_ecu *ecu)
{
	uint64_t counter = counter_of(order);

	if (counter > ecu->counter && counter - ecu->counter > COT_MAX_COUNTER_STEP)
		return COT_E_COUNTER_JUMP;
	return COT_OK;
}

enum cot_err cot_order_check_counter(const struct cot_order *order, const struct cot_ecu *ecu)
{
	enum cot_err err = check_counter_floor(order, ecu);

	return err == COT_OK ? check_counter_step(order, ecu) : err;
}

/* What an ECU reports may know fewer algorithms than what is ordered: those
 * that both know decide, and there must be one. */
bool cot_order_installed(const struct cot_order *order, const struct cot_ecu *ecu)
{
	const struct cot_hashes *a = &order->target.image.hashes;
	const struct cot_hashes *b = &ecu->installed;
	uint8_t common = a->known & b->known;

	if ((common & COT_KNOWN_SHA256) != 0 &&
	    memcmp(a->sha256, b->sha256, COT_SHA256_LEN) != 0)
		return false;
	if ((common & COT_KNOWN_SHA512) != 0 &&
	    memcmp(a->sha512, b->sha512, COT_SHA512_LEN) != 0)
		return false;
	return common != 0;
}
