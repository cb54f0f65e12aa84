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

/* Stolen Director keys order what the Image repository never signed. */
static void test_not_in_image(void **state)
{
	struct sim_gateway *g = *state;
	json_t *targets;

	sim_gateway_release(g, "ECU-A", "a-2.bin", 2, 3000);
	assert_int_equal(sim_gateway_round(g), COT_OK);
	sim_gateway_release(g, "ECU-A", "a-3.bin", 3, 3000);
	targets = json_object_get(sim_signed(g->world, SIM_IMAGE, COT_ROLE_TARGETS), "targets");
	json_object_del(targets, "a-3.bin");
	sim_publish(g->world, SIM_IMAGE, COT_ROLE_TARGETS);
	sim_httpd_forget(g->httpd);
	assert_int_equal(sim_gateway_round(g), COT_E_NOT_IN_IMAGE);
	assert_int_equal(cot_err_exit(g->round.outcome.err), COT_EXIT_DISAGREE);
	assert_null(strstr(sim_httpd_log(g->httpd), "/i/targets/"));
	assert_string_equal(g->a->ecus[0].filepath, "a-2.bin");
}

static json_t *order_custom(struct sim_gateway *g, unsigned repo, const char *name)
{
	json_t *targets = json_object_get(sim_signed(g->world, repo, COT_ROLE_TARGETS),
	                                  "targets");

	return json_object_get(json_object_get(targets, name), "custom");
}

static uint64_t counter(struct sim_gateway *g)
{
	return cot_state_ecu(&g->store.state, COT_SLICE("ECU-A"))->counter;
}

/* Stolen Director keys order what already runs, with a counter that would shut
 * out every honest release. */
static void test_counter_raised(void **state)
{
	struct sim_gateway *g = *state;
	uint8_t before[COT_SHA256_LEN], after[COT_SHA256_LEN];

	sim_gateway_release(g, "ECU-A", "a-2.bin", 2, 3000);
	assert_int_equal(sim_gateway_round(g), COT_OK);
	assert_int_equal(counter(g), 2);
	sim_gateway_trust(g, before);
	json_object_set_new(order_custom(g, SIM_DIRECTOR, "a-2.bin"), "releaseCounter",
	                    json_integer(2 + 65536));
	sim_publish(g->world, SIM_DIRECTOR, COT_ROLE_TARGETS);
	assert_int_equal(sim_gateway_round(g), COT_E_REPO_MISMATCH);
	assert_int_equal(sim_gateway_round(g), COT_E_REPO_MISMATCH);
	sim_gateway_trust(g, after);
	assert_memory_equal(before, after, sizeof(before));
	assert_int_equal(counter(g), 2);
	sim_gateway_release(g, "ECU-A", "a-3.bin", 3, 3000);
	assert_int_equal(sim_gateway_round(g), COT_OK);
	assert_string_equal(g->a->ecus[0].filepath, "a-3.bin");
	assert_int_equal(counter(g), 3);
}

/* Both repositories may count what already runs anew. */
static void test_counter_agreed(void **state)
{
	struct sim_gateway *g = *state;

	sim_gateway_release(g, "ECU-A", "a-2.bin", 2, 3000);
	assert_int_equal(sim_gateway_round(g), COT_OK);
	json_object_set_new(order_custom(g, SIM_DIRECTOR, "a-2.bin"), "releaseCounter",
	                    json_integer(5));
	json_object_set_new(order_custom(g, SIM_IMAGE, "a-2.bin"), "releaseCounter",
	                    json_integer(5));
	sim_publish(g->world, SIM_IMAGE, COT_ROLE_TARGETS);
	sim_publish(g->world, SIM_DIRECTOR, COT_ROLE_TARGETS);
	assert_int_equal(sim_gateway_round(g), COT_OK);
	assert_int_equal(g->round.outcome.installed, 0);
	assert_int_equal(sim_gateway_round(g), COT_OK);
	assert_int_equal(counter(g), 5);
}

static void test_agreed(void **state)
{
	struct cot_verdict v = { .err = COT_OK, .agreed = true };

	(void)state;
	assert_int_equal(cot_round_check_agreed(&v), COT_OK);
	v.agreed = false;
	assert_int_equal(cot_round_check_agreed(&v), COT_E_NOT_IN_IMAGE);
	v.agreed = true;
	v.err = COT_E_EXPIRED;
	assert_int_equal(cot_round_check_agreed(&v), COT_E_NOT_IN_IMAGE);
}

/* The download breaks off, the daemon is started anew, the rest is fetched. */
static bool cut_image(struct sim_gateway *g, int fd, const struct sim_request *r, bool *ret)
{
	if (strstr(r->path, "/targets/") == NULL || r->ranged)
		return false;
	sim_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n");
	sim_send(fd, cot_slice(g->images[0].bytes, 1000));
	*ret = false;
	return true;
}

static void test_download_resumes(void **state)
{
	struct sim_gateway *g = *state;

	sim_gateway_release(g, "ECU-A", "a-2.bin", 2, 3000);
	g->hook = cut_image;
	assert_int_equal(sim_gateway_round(g), COT_E_UNREACHABLE);
	assert_string_equal(g->a->ecus[0].filepath, "factory.bin");
	sim_gateway_close(g);
	assert_int_equal(sim_gateway_round(g), COT_OK); /* the hook lets ranges pass */
	assert_string_equal(g->a->ecus[0].filepath, "a-2.bin");
}

/* No time, no install; the next round makes up for it. */
static bool no_time(struct sim_gateway *g, int fd, const struct sim_request *r, bool *ret)
{
	(void)g;
	if (strcmp(r->path, "/time") != 0)
		return false;
	*ret = sim_reply(fd, 503, COT_SLICE("later"));
	return true;
}

static void test_no_time(void **state)
{
	struct sim_gateway *g = *state;

	sim_gateway_release(g, "ECU-A", "a-2.bin", 2, 3000);
	g->hook = no_time;
	assert_int_equal(sim_gateway_round(g), COT_E_NO_TIME);
	assert_string_equal(g->a->ecus[0].filepath, "factory.bin");
	g->hook = NULL;
	assert_int_equal(sim_gateway_round(g), COT_OK);
	assert_string_equal(g->a->ecus[0].filepath, "a-2.bin");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_install, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_in_image, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_counter_raised, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_counter_agreed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_download_resumes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_time, set_up, tear_down),
		cmocka_unit_test(test_agreed)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
