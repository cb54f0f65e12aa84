/* SPDX-License-Identifier: Apache-2.0
 *
 * Updates of the firmware: install, trial, confirm, one slot after the other, and
 * across a loss of power.
 */
#include "tests/metal/backend.h"

#include "keys/encode.h"
#include "metadata/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct bench {
	struct sim_world *w;
	struct sim_secondary *s;
};

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->w = sim_world_new();
	b->s = sim_secondary_open(b->w, &metal_backend);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	sim_secondary_free(b->s);
	sim_world_free(b->w);
	free(b);
	return 0;
}

/* ---- an update --------------------------------------------------------------------------- */

static void test_install(void **state)
{
	struct bench *b = *state;

	sim_secondary_release(b->s, "a-2.bin", 2);
	assert_int_equal(sim_secondary_update(b->s, "a-2.bin"), COT_OK);
	assert_true(sim_secondary_runs(b->s, "a-2.bin"));
	assert_int_equal(metal_said(b->s, "boots slot B, on trial"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_install, setup, teardown)
	};

	metal_choose_case();
	return cmocka_run_group_tests_name("metal_install", tests, NULL, NULL);
}
