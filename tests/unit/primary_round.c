/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole rounds of the daemon, from HTTP to two simulated ECUs.
 */
#include "tests/sim/gateway.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static int set_up(void **state)
{
	*state = sim_gateway_new();
	return 0;
}

static int tear_down(void **state)
{
	sim_gateway_free(*state);
	return 0;
}

static void test_first(void **state)
{
	struct sim_gateway *g = *state;

	assert_int_equal(sim_gateway_round(g), COT_OK);
	assert_true(g->round.outcome.updated);
	assert_int_equal(g->round.outcome.installed, 0);
	sim_httpd_forget(g->httpd);
	assert_int_equal(sim_gateway_round(g), COT_OK);
	assert_false(g->round.outcome.updated);
	/* Nothing new: one Root, one Timestamp each, and the time. */
	assert_string_equal(sim_httpd_log(g->httpd),
	                    "GET /d/2.root.json\nPOST /time\nGET /d/timestamp.json\n"
	                    "GET /i/2.root.json\nGET /i/timestamp.json\nPUT /manifest\n");
	assert_int_equal(sim_httpd_connections(g->httpd), 0);
}

static void test_install(void **state)
{
	struct sim_gateway *g = *state;

	sim_gateway_release(g, "ECU-A", "a-2.bin", 2, 3000);
	sim_gateway_release(g, "ECU-B", "fw/b-2.bin", 2, 5000);
	assert_int_equal(sim_gateway_round(g), COT_OK);
	assert_int_equal(g->round.outcome.installed, 2);
	assert_string_equal(g->a->ecus[0].filepath, "a-2.bin");
	assert_string_equal(g->b->ecus[0].filepath, "fw/b-2.bin");
	assert_int_equal(cot_state_ecu(&g->store.state, COT_SLICE("ECU-A"))->counter, 2);
	assert_int_equal(sim_gateway_round(g), COT_OK);
	assert_int_equal(g->round.outcome.installed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_install, set_up, tear_down)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
