/* SPDX-License-Identifier: Apache-2.0
 *
 * Version reports: true, signed, and never twice the same counter.
 */
#include "secondary/report.h"

#include "metadata/report.h"
#include "tests/sim/secondary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct sim_world *w;
static struct sim_secondary *s;

static int begin(void **state)
{
	(void)state;
	w = sim_world_new();
	s = sim_secondary_new(w, &sim_flash_posix);
	return 0;
}

static int end(void **state)
{
	(void)state;
	sim_secondary_free(s);
	sim_world_free(w);
	return 0;
}

/* Asked over the bus, verified under the key of the provisioning record. */
static struct cot_report verified_report(void)
{
	json_t *object = sim_key_object(SIM_SECONDARY_KEY);
	const char *text = json_string_value(json_object_get(json_object_get(object, "keyval"),
	                                                     "public"));
	struct cot_key key = { COT_SCHEME_ED25519, cot_slice_str(text) };
	struct cot_slice sealed;
	struct cot_report r;

	assert_int_equal(sim_secondary_report(s, &sealed), COT_OK);
	assert_int_equal(cot_seal_check(sealed, &key, &cot_crypto_full), COT_OK);
	assert_int_equal(cot_report_parse_unverified(sealed, &r), COT_OK);
	json_decref(object);
	return r;
}

static void says_what_runs(void **state)
{
	struct cot_report r = verified_report();

	(void)state;
	assert_true(cot_slice_is(r.ecu, SIM_SECONDARY_ECU));
	assert_true(cot_slice_is(r.vehicle, SIM_VEHICLE));
	assert_true(cot_slice_is(r.filepath, "a-1.bin"));
	assert_true(cot_slice_is(r.state, "idle"));
	assert_true(r.app_trusted);
	assert_int_equal(r.length, 20000);
	assert_int_equal(r.attack.len, 0);
	assert_int_equal(r.time_s, SIM_NOW - 86400); /* provisioned: no better is known */
	sim_secondary_release(s, "a-2.bin", 2);
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	r = verified_report();
	assert_int_equal(r.time_s, SIM_NOW);
	assert_int_equal(sim_secondary_install(s, "a-2.bin"), COT_OK);
	r = verified_report();
	assert_true(cot_slice_is(r.state, "staged"));
	assert_true(cot_slice_is(r.filepath, "a-1.bin"));
	assert_int_equal(sim_secondary_activate(s), COT_OK);
	assert_int_equal(sim_secondary_hard_reset(s), COT_OK);
	r = verified_report();
	assert_true(cot_slice_is(r.state, "idle"));
	assert_true(cot_slice_is(r.filepath, "a-2.bin"));
}

static void says_what_was_refused(void **state)
{
	struct cot_report r;

	(void)state;
	sim_secondary_image(s, "bad-2.bin", 2, 20000);
	sim_secondary_order(s, SIM_SECONDARY_ECU, SIM_SECONDARY_HWID, "bad-2.bin");
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	assert_int_equal(sim_secondary_update(s, "bad-2.bin"), COT_E_TRIAL);
	r = verified_report();
	assert_true(cot_slice_is(r.state, "trial"));
	assert_true(cot_slice_is(r.filepath, "bad-2.bin"));
	sim_secondary_reset(s, false);
	sim_secondary_reset(s, false);
	sim_secondary_reset(s, false);
	r = verified_report();
	assert_true(cot_slice_is(r.state, "reverted"));
	assert_true(cot_slice_is(r.filepath, "a-1.bin"));
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_int_equal(sim_secondary_install(s, "bad-2.bin"), COT_E_REVERTED);
	r = verified_report();
	assert_true(cot_slice_is(r.attack, "reverted"));
}

static void counter_rises_over_resets(void **state)
{
	uint64_t last = 0;
	int i;

	(void)state;
	for (i = 0; i < 200; i++) {
		struct cot_report r = verified_report();

		assert_true(r.counter > last);
		last = r.counter;
		if (i % 7 == 6)
			sim_secondary_reset(s, i % 2 == 0);
	}
}

/* Without flash for the reservation there is no report. */
static void counter_is_reserved_first(void **state)
{
	struct cot_slice sealed;

	(void)state;
	s->flash.dead = 1u << COT_REGION_STATE;
	assert_int_equal(sim_secondary_report(s, &sealed), COT_E_FLASH);
	s->flash.dead = 0;
	assert_int_equal(verified_report().counter, 1);
}

static void small_buffers_are_told(void **state)
{
	size_t len = 7;
	char text[100];

	(void)state;
	assert_int_equal(cot_sec_report(&s->node, 0, text, sizeof(text), &len), COT_E_BUFFER);
	assert_int_equal(len, 7);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(says_what_runs),
		TEST(says_what_was_refused),
		TEST(counter_rises_over_resets),
		TEST(counter_is_reserved_first),
		TEST(small_buffers_are_told),
	};

	return cmocka_run_group_tests_name("secondary_report", tests, NULL, NULL);
}
