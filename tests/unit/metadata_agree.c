/* SPDX-License-Identifier: Apache-2.0
 *
 * Agreement of two repositories on one image, and one order against its ECU.
 */
#include "metadata/agree.h"
#include "tests/sim/repo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct cot_hashes hashes(uint8_t known, uint8_t fill)
{
	struct cot_hashes h;

	memset(&h, 0, sizeof(h));
	h.known = known;
	if ((known & COT_KNOWN_SHA256) != 0)
		memset(h.sha256, fill, sizeof(h.sha256));
	if ((known & COT_KNOWN_SHA512) != 0)
		memset(h.sha512, fill, sizeof(h.sha512));
	return h;
}

static struct cot_target target(void)
{
	struct cot_target t;

	memset(&t, 0, sizeof(t));
	t.name = COT_SLICE("a-2.bin");
	t.image.length = 1000;
	t.image.hashes = hashes(COT_KNOWN_SHA256 | COT_KNOWN_SHA512, 7);
	t.has_counter = true;
	t.counter = 2;
	t.hardware_ids = COT_SLICE("[\"hw-a\",\"hw-c\"]");
	t.must_match = COT_SLICE("{\"region\":\"eu\"}");
	return t;
}

static void image_equal(void **state)
{
	struct cot_target director = target(), image = target();

	(void)state;
	assert_int_equal(cot_agree_check_image(&director, &image), COT_OK);
	director.image.length++;
	assert_int_equal(cot_agree_check_image(&director, &image), COT_E_REPO_MISMATCH);
	director = target();
	director.image.hashes.sha512[63] ^= 1;
	assert_int_equal(cot_agree_check_image(&director, &image), COT_E_REPO_MISMATCH);
	director = target();
	director.image.hashes.sha256[0] ^= 1;
	assert_int_equal(cot_agree_check_image(&director, &image), COT_E_REPO_MISMATCH);
	/* The Director may not drop the stronger of two algorithms. */
	director = target();
	director.image.hashes.known = COT_KNOWN_SHA256;
	assert_int_equal(cot_agree_check_image(&director, &image), COT_E_REPO_MISMATCH);
	assert_int_equal(cot_agree_check_image(&image, &director), COT_E_REPO_MISMATCH);
}

static void must_match(void **state)
{
	static const struct {
		const char *director, *image;
		enum cot_err err;
	} rows[] = {
		{ "{\"region\":\"eu\"}", "{\"region\":\"eu\"}", COT_OK },
		{ "", "", COT_OK },
		{ "{}", "", COT_OK },
		{ "", "{}", COT_OK },
		{ "{\"region\":\"eu\"}", "{\"region\":\"us\"}", COT_E_REPO_MISMATCH },
		{ "{\"region\":\"eu\"}", "", COT_E_REPO_MISMATCH },
		{ "", "{\"region\":\"eu\"}", COT_E_REPO_MISMATCH },
		{ "{\"a\":1,\"region\":\"eu\"}", "{\"region\":\"eu\"}", COT_E_REPO_MISMATCH },
		{ "{\"region\":\"eu\"}", "{\"region\":\"eu\",\"z\":null}", COT_E_REPO_MISMATCH }
	};
	struct cot_target director = target(), image = target();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		director.must_match = cot_slice_str(rows[i].director);
		image.must_match = cot_slice_str(rows[i].image);
		if (cot_agree_check_must_match(&director, &image, &cot_policy_uptane) !=
		    rows[i].err)
			fail_msg("%s against %s", rows[i].director, rows[i].image);
	}
}

static void counters(void **state)
{
	struct cot_policy loose = cot_policy_uptane;
	struct cot_target director = target(), image = target();

	(void)state;
	loose.uptane_fields = false;
	director.counter = 3;
	assert_int_equal(cot_agree_check_must_match(&director, &image, &cot_policy_uptane),
	                 COT_E_REPO_MISMATCH);
	director.has_counter = false;
	assert_int_equal(cot_agree_check_must_match(&director, &image, &loose),
	                 COT_E_REPO_MISMATCH);
	image.has_counter = false;
	assert_int_equal(cot_agree_check_must_match(&director, &image, &loose), COT_OK);
	assert_int_equal(cot_agree_check_must_match(&director, &image, &cot_policy_uptane),
	                 COT_E_REPO_MISMATCH);
	image = target();
	director = target();
	assert_int_equal(cot_agree_check_must_match(&director, &image, &cot_policy_uptane),
	                 COT_OK);
}

static void hardware_lists_equal(void **state)
{
	struct cot_target director = target(), image = target();
	const struct cot_policy *policy = &cot_policy_uptane;

	(void)state;
	assert_int_equal(cot_agree_check_must_match(&director, &image, policy), COT_OK);
	director.hardware_ids = COT_SLICE("[\"hw-a\"]");
	assert_int_equal(cot_agree_check_must_match(&director, &image, policy),
	                 COT_E_REPO_MISMATCH);
	/* The Director names hardware per ECU; a list of its own is optional. */
	director.hardware_ids = cot_slice(NULL, 0);
	assert_int_equal(cot_agree_check_must_match(&director, &image, policy), COT_OK);
}

static void hardware_of_image(void **state)
{
	struct cot_target image = target();
	struct cot_order order;

	(void)state;
	memset(&order, 0, sizeof(order));
	order.target = target();
	order.hardware_id = COT_SLICE("hw-c");
	assert_int_equal(cot_agree_check_hardware(&order, &image), COT_OK);
	image.hardware_ids = COT_SLICE("[\"hw-a\"]");
	assert_int_equal(cot_agree_check_hardware(&order, &image), COT_E_HWID);
	image.hardware_ids = cot_slice(NULL, 0);
	assert_int_equal(cot_agree_check_hardware(&order, &image), COT_E_HWID);
	image = target();
	order.target.hardware_ids = COT_SLICE("[\"hw-a\"]");
	assert_int_equal(cot_agree_check_hardware(&order, &image), COT_E_HWID);
	order.target.hardware_ids = cot_slice(NULL, 0);
	assert_int_equal(cot_agree_check_hardware(&order, &image), COT_OK);
}

static void order_against_ecu(void **state)
{
	static const struct {
		const char *hardware;
		uint64_t running, ordered;
		enum cot_err hw, counter;
	} rows[] = {
		{ "hw-a", 2, 2, COT_OK, COT_OK },
		{ "hw-a", 2, 3, COT_OK, COT_OK },
		{ "hw-a", 0, COT_MAX_COUNTER_STEP, COT_OK, COT_OK },
		{ "hw-a", 0, COT_MAX_COUNTER_STEP + 1, COT_OK, COT_E_COUNTER_JUMP },
		{ "hw-a", 5, COT_MAX_COUNTER_STEP + 6, COT_OK, COT_E_COUNTER_JUMP },
		{ "hw-a", UINT64_MAX, UINT64_MAX, COT_OK, COT_OK },
		{ "hw-a", UINT64_MAX - 1, UINT64_MAX, COT_OK, COT_OK },
		{ "hw-a", 3, 2, COT_OK, COT_E_COUNTER },
		{ "hw-a", UINT64_MAX, 0, COT_OK, COT_E_COUNTER },
		{ "hw-b", 2, 2, COT_E_HWID, COT_OK },
		{ "hw-", 2, 2, COT_E_HWID, COT_OK },
		{ "hw-aa", 2, 2, COT_E_HWID, COT_OK },
		{ "", 2, 2, COT_E_HWID, COT_OK }
	};
	struct cot_order order;
	struct cot_ecu ecu;
	size_t i;

	(void)state;
	memset(&order, 0, sizeof(order));
	memset(&ecu, 0, sizeof(ecu));
	order.target = target();
	ecu.hardware_id = COT_SLICE("hw-a");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		order.hardware_id = cot_slice_str(rows[i].hardware);
		order.target.counter = rows[i].ordered;
		ecu.counter = rows[i].running;
		assert_int_equal(cot_order_check_hardware(&order, &ecu), rows[i].hw);
		assert_int_equal(cot_order_check_counter(&order, &ecu), rows[i].counter);
	}
	/* Without a counter an order is as low as can be. */
	order.target.has_counter = false;
	ecu.counter = 1;
	assert_int_equal(cot_order_check_counter(&order, &ecu), COT_E_COUNTER);
	ecu.counter = 0;
	assert_int_equal(cot_order_check_counter(&order, &ecu), COT_OK);
	/* The Director names the ECU's hardware, but its own list does not have it. */
	order.hardware_id = ecu.hardware_id;
	order.target.hardware_ids = COT_SLICE("[\"hw-b\"]");
	assert_int_equal(cot_order_check_hardware(&order, &ecu), COT_E_HWID);
}

static void installed(void **state)
{
	struct cot_order order;
	struct cot_ecu ecu;

	(void)state;
	memset(&order, 0, sizeof(order));
	memset(&ecu, 0, sizeof(ecu));
	order.target = target();
	assert_false(cot_order_installed(&order, &ecu));
	ecu.installed = hashes(COT_KNOWN_SHA256, 7);
	assert_true(cot_order_installed(&order, &ecu));
	ecu.installed = hashes(COT_KNOWN_SHA256, 8);
	assert_false(cot_order_installed(&order, &ecu));
	ecu.installed = hashes(COT_KNOWN_SHA256 | COT_KNOWN_SHA512, 7);
	assert_true(cot_order_installed(&order, &ecu));
	ecu.installed.sha512[1] ^= 1;
	assert_false(cot_order_installed(&order, &ecu));
	/* No algorithm in common says nothing. */
	order.target.image.hashes.known = COT_KNOWN_SHA512;
	ecu.installed = hashes(COT_KNOWN_SHA256, 7);
	assert_false(cot_order_installed(&order, &ecu));
}

/* Everything at once, on Targets as two repositories sign them. */
static void whole_agreement(void **state)
{
	struct sim_world *w = sim_world_new();
	struct cot_targets director, image;
	struct cot_order order;
	json_t *entry;
	char *a, *b;

	(void)state;
	sim_release(w, "ECU-A", "a-2.bin", 2);
	a = sim_text(sim_signed(w, SIM_DIRECTOR, COT_ROLE_TARGETS));
	b = sim_text(sim_signed(w, SIM_IMAGE, COT_ROLE_TARGETS));
	assert_int_equal(cot_targets_parse(cot_slice_str(a), &cot_policy_uptane, &director),
	                 COT_OK);
	assert_int_equal(cot_targets_parse(cot_slice_str(b), &cot_policy_uptane, &image), COT_OK);
	assert_int_equal(cot_orders_find(&director, COT_SLICE("ECU-A"), &order), COT_OK);
	assert_int_equal(cot_agree(&order, &image, &cot_policy_uptane), COT_OK);
	order.target.name = COT_SLICE("a-2.bi");
	assert_int_equal(cot_agree(&order, &image, &cot_policy_uptane), COT_E_NOT_IN_IMAGE);
	order.target.name = COT_SLICE("a-2.bin");
	order.hardware_id = COT_SLICE("hw-b");
	assert_int_equal(cot_agree(&order, &image, &cot_policy_uptane), COT_E_HWID);
	free(b);
	entry = json_object_get(json_object_get(sim_signed(w, SIM_IMAGE, COT_ROLE_TARGETS),
	                                        "targets"), "a-2.bin");
	json_object_set_new(entry, "length", json_integer(1));
	b = sim_text(sim_signed(w, SIM_IMAGE, COT_ROLE_TARGETS));
	assert_int_equal(cot_targets_parse(cot_slice_str(b), &cot_policy_uptane, &image), COT_OK);
	assert_int_equal(cot_agree(&order, &image, &cot_policy_uptane), COT_E_REPO_MISMATCH);
	free(a);
	free(b);
	sim_world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(image_equal),
		cmocka_unit_test(must_match),
		cmocka_unit_test(counters),
		cmocka_unit_test(hardware_lists_equal),
		cmocka_unit_test(hardware_of_image),
		cmocka_unit_test(order_against_ecu),
		cmocka_unit_test(installed),
		cmocka_unit_test(whole_agreement),
	};

	return cmocka_run_group_tests_name("metadata_agree", tests, NULL, NULL);
}
