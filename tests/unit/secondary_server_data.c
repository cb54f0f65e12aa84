/* SPDX-License-Identifier: Apache-2.0
 *
 * What data identifiers and status records say, from the factory to a confirmed update.
 */
#include "secondary/server.h"

#include "secondary/install.h"
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

static struct cot_slice read_id(uint16_t id)
{
	struct cot_uds_request q = { .sid = COT_UDS_READ, .id = id };
	struct cot_uds_response r;

	assert_int_equal(sim_secondary_uds(s, &q, &r), COT_NRC_NONE);
	return r.data;
}

static void names_and_versions(void **state)
{
	struct cot_uds_request q = { .sid = COT_UDS_WRITE, .id = COT_DID_FINGERPRINT,
	                             .data = COT_SLICE("workshop 7") };
	struct cot_uds_response r;

	(void)state;
	assert_true(cot_slice_is(read_id(COT_DID_SERIAL), SIM_SECONDARY_ECU));
	assert_true(cot_slice_is(read_id(COT_DID_HARDWARE), SIM_SECONDARY_HWID));
	assert_int_equal(read_id(COT_DID_FINGERPRINT).len, 0);
	assert_int_equal(sim_secondary_session(s, COT_UDS_SESSION_PROGRAMMING), COT_OK);
	assert_int_equal(sim_secondary_uds(s, &q, &r), COT_NRC_NONE);
	assert_true(cot_slice_is(read_id(COT_DID_FINGERPRINT), "workshop 7"));
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_ROOT);
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_memory_equal(read_id(COT_DID_TRUST).ptr, "\0\0\0\2\0\0\0\3", 8);
	assert_int_equal(read_id(COT_DID_TRUST).len, 24);
	sim_secondary_reset(s, false);
	assert_int_equal(read_id(COT_DID_FINGERPRINT).len, 0); /* RAM only */
}

static void young_nonces_are_repeated(void **state)
{
	uint8_t first[COT_NONCE_LEN], second[COT_NONCE_LEN], third[COT_NONCE_LEN];
	struct cot_node_status n;

	(void)state;
	assert_int_equal(sim_secondary_session(s, COT_UDS_SESSION_PROGRAMMING), COT_OK);
	memcpy(first, read_id(COT_DID_NONCE).ptr, sizeof(first));
	assert_int_equal(sim_secondary_node(s, &n), COT_OK);
	assert_true(n.nonce_alive);
	s->now_ms += COT_SEC_NONCE_REPEAT_MS - 1;
	memcpy(second, read_id(COT_DID_NONCE).ptr, sizeof(second));
	s->now_ms += 1;
	memcpy(third, read_id(COT_DID_NONCE).ptr, sizeof(third));
	assert_memory_equal(first, second, sizeof(first));
	assert_memory_not_equal(first, third, sizeof(first));
	/* A nonce that did its duty is not given out again. */
	assert_int_equal(sim_secondary_send_time(s), COT_OK);
	memcpy(first, read_id(COT_DID_NONCE).ptr, sizeof(first));
	assert_int_equal(sim_secondary_verify(s, NULL), COT_OK);
	memcpy(second, read_id(COT_DID_NONCE).ptr, sizeof(second));
	assert_memory_not_equal(first, second, sizeof(first));
	s->now_ms += 1000 * COT_NONCE_LIFE_S;
	assert_int_equal(sim_secondary_node(s, &n), COT_OK);
	assert_false(n.nonce_alive);
}

static struct cot_component_status component(void)
{
	struct cot_component_status c;

	assert_int_equal(sim_secondary_component(s, &c), COT_OK);
	return c;
}

static void status_follows_an_update(void **state)
{
	struct cot_component_status c;
	struct cot_node_status n;

	(void)state;
	assert_int_equal(sim_secondary_node(s, &n), COT_OK);
	assert_int_equal(n.mode, COT_MODE_APPLICATION);
	assert_int_equal(n.components, 1);
	assert_int_equal(n.root_version, 1);
	assert_int_equal(n.targets_version, 1);
	assert_int_equal(n.time_s, SIM_NOW - 86400);
	assert_int_equal(n.budget, COT_SEC_BUDGET);
	assert_int_equal(n.request_max, COT_UDS_MAX);
	assert_int_equal(n.document_max, 8 * 4096);
	assert_true(n.app_trusted && !n.fresh_time && !n.nonce_alive);
	c = component();
	assert_int_equal(c.state, COT_STATE_IDLE);
	assert_int_equal(c.slot, 0);
	assert_int_equal(c.image_len, 20000);
	assert_int_equal(c.counter, 1);

	sim_secondary_image(s, "a-2.bin", 2, 40000);
	sim_secondary_order(s, SIM_SECONDARY_ECU, SIM_SECONDARY_HWID, "a-2.bin");
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_int_equal(sim_secondary_node(s, &n), COT_OK);
	assert_int_equal(n.mode, COT_MODE_LOADER);
	assert_int_equal(n.targets_version, 2);
	assert_int_equal(n.time_s, SIM_NOW);
	assert_true(n.fresh_time);
	assert_int_equal(sim_secondary_install(s, "a-2.bin"), COT_OK);
	c = component();
	assert_int_equal(c.state, COT_STATE_STAGED);
	assert_int_equal(c.staged_len, 40000);
	assert_int_equal(c.staged_have, 40000);
	assert_int_equal(sim_secondary_activate(s), COT_OK);
	assert_int_equal(component().state, COT_STATE_ACTIVATED);
	s->test = SIM_TEST_NONE;
	assert_int_equal(sim_secondary_hard_reset(s), COT_OK);
	c = component();
	assert_int_equal(c.state, COT_STATE_TRIAL);
	assert_int_equal(c.trials, 1);
	assert_int_equal(c.counter, 1);
	assert_int_equal(cot_confirm_write(&s->flash.flash, &s->boot.handed), COT_OK);
	c = component();
	assert_int_equal(c.state, COT_STATE_IDLE);
	assert_int_equal(c.slot, 1);
	assert_int_equal(c.counter, 2);
}

/* A download that was cut off: how much of it is there for certain. */
static void status_of_a_cut_download(void **state)
{
	struct cot_stage_result r;
	struct cot_component_status c;
	struct cot_slice part;

	(void)state;
	sim_secondary_image(s, "a-2.bin", 2, 40000);
	part = cot_slice(sim_secondary_artifact(s, "a-2.bin")->bytes, 20000);
	sim_secondary_order(s, SIM_SECONDARY_ECU, SIM_SECONDARY_HWID, "a-2.bin");
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_int_equal(sim_secondary_stage(s, &r), COT_OK);
	assert_int_equal(component().state, COT_STATE_STAGING);
	assert_int_equal(component().staged_have, 0);
	assert_int_equal(cot_sec_download(&s->node, part), COT_OK);
	assert_int_equal(component().staged_have, 20000);
	sim_secondary_reset(s, false);
	c = component();
	assert_int_equal(c.state, COT_STATE_STAGING);
	assert_int_equal(c.staged_len, 40000);
	assert_int_equal(c.staged_have, 16384);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(names_and_versions),
		TEST(young_nonces_are_repeated),
		TEST(status_follows_an_update),
		TEST(status_of_a_cut_download),
	};

	return cmocka_run_group_tests_name("secondary_server_data", tests, NULL, NULL);
}
