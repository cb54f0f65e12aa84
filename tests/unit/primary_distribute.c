/* SPDX-License-Identifier: Apache-2.0
 *
 * Distribution to ECUs that are dead, slow, stubborn or dishonest: what one does
 * never stops the others from reporting, nothing is activated unless all is
 * staged, and no word of an ECU replaces its signed report.
 */
#include "tests/sim/gateway.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static int set_up(void **state)
{
	struct sim_gateway *g = sim_gateway_new();

	sim_gateway_release(g, "ECU-A", "a-2.bin", 2, 3000);
	sim_gateway_release(g, "ECU-B", "b-2.bin", 2, 5000);
	*state = g;
	return 0;
}

static int tear_down(void **state)
{
	sim_gateway_free(*state);
	return 0;
}

static const struct cot_inventory *row(struct sim_gateway *g, const char *ecu)
{
	return cot_state_ecu(&g->store.state, cot_slice_str(ecu));
}

static bool runs(struct sim_gateway *g, const char *ecu, const char *name)
{
	return strcmp(row(g, ecu)->filepath, name) == 0;
}

static bool asked(const struct sim_node *n, const char *what)
{
	return strstr(n->log, what) != NULL;
}

/* ---- ECU-A misbehaves ---------------------------------------------------------------- */

struct trouble {
	const char *name;
	struct sim_node how;   /* flags only */
	enum cot_err err;      /* of the round */
	bool b_activated;
};

static const struct trouble troubles[] = {
	{ "dead", { .dead = true }, COT_E_ECU_SILENT, false },
	{ "busy for ever", { .busy_for_ever = true }, COT_E_SLOW, false },
	{ "not now", { .refuses_session = true }, COT_E_PRECONDITION, false },
	{ "refuses metadata", { .verify_fails = COT_E_ROLLBACK }, COT_E_ROLLBACK, false },
	{ "refuses to stage", { .stage_fails = COT_E_SLOT_SIZE }, COT_E_SLOT_SIZE, false },
	{ "wants another length", { .stage_length = 10 }, COT_E_LENGTH_MISMATCH, false },
	{ "dies in a transfer", { .burst = 6 }, COT_E_ECU_SILENT, false },
	{ "refuses to activate", { .activate_fails = COT_E_EXPIRED }, COT_E_EXPIRED, true },
	{ "reverts", { .reverts = true }, COT_E_REVERTED, true },
	{ "says confirmed, reports the old image", { .lies = true }, COT_E_REVERTED, true },
	{ "forged report", { .forged_report = true }, COT_E_SIGNATURE, true },
	{ "report of another vehicle", { .foreign_report = true }, COT_E_VEHICLE, true },
	{ "garbled report", { .garbled_report = true }, COT_E_NOT_CANONICAL, true },
	{ "report of a path that climbs", { .bad_name = true }, COT_E_NAME, true },
	{ "replayed report", { .old_report = true }, COT_E_ROLLBACK, true },
	{ "the same report again", { .replays_report = true }, COT_E_ROLLBACK, true },
	{ "says it knows no reports", { .no_report = true }, COT_E_UNSUPPORTED, true }
};

static void misbehave(struct sim_node *n, const struct sim_node *how)
{
	n->dead = how->dead;
	n->busy_for_ever = how->busy_for_ever;
	n->refuses_session = how->refuses_session;
	n->verify_fails = how->verify_fails;
	n->stage_fails = how->stage_fails;
	n->activate_fails = how->activate_fails;
	n->stage_length = how->stage_length;
	n->burst = how->burst;
	n->reverts = how->reverts;
	n->lies = how->lies;
	n->forged_report = how->forged_report;
	n->foreign_report = how->foreign_report;
	n->old_report = how->old_report;
	n->garbled_report = how->garbled_report;
	n->bad_name = how->bad_name;
	n->replays_report = how->replays_report;
	n->no_report = how->no_report;
}

static void one_trouble(const struct trouble *t)
{
	static const struct sim_node honest;
	struct sim_gateway *g;
	void *state;
	enum cot_err err;

	set_up(&state);
	g = state;
	misbehave(g->a, &t->how);
	err = sim_gateway_round(g);
	if (err != t->err)
		fail_msg("%s: %s instead of %s", t->name, cot_err_word(err), cot_err_word(t->err));
	/* Nothing unproved is in the inventory, and the other ECU reported. */
	assert_true(runs(g, "ECU-A", "factory.bin"));
	assert_int_equal(g->round.outcome.ecu_err[row(g, "ECU-A") - g->store.state.ecus], t->err);
	assert_int_equal(row(g, "ECU-B")->report_counter, 2);
	assert_non_null(strstr(g->manifest, "ECU-B"));
	if (runs(g, "ECU-B", "b-2.bin") != t->b_activated)
		fail_msg("%s: the other ECU runs %s", t->name, row(g, "ECU-B")->filepath);
	/* Once it behaves, the next round does the rest. */
	misbehave(g->a, &honest);
	g->a->ecus[0].state = COT_STATE_IDLE;
	assert_int_equal(sim_gateway_round(g), COT_OK);
	assert_true(runs(g, "ECU-A", "a-2.bin"));
	assert_true(runs(g, "ECU-B", "b-2.bin"));
	assert_int_equal(sim_gateway_round(g), COT_OK);
	assert_int_equal(g->round.outcome.installed, 0);
	tear_down(&state);
}

static void test_troubles(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++)
		one_trouble(&troubles[i]);
}

/* ---- the conversation ---------------------------------------------------------------- */

static void test_conversation(void **state)
{
	struct sim_gateway *g = *state;

	assert_int_equal(sim_gateway_round(g), COT_OK);
	assert_string_equal(g->a->log,
	                    "22FD00 31FD14 1002 22FD00 22FD01 38:d/targets.json 3700 "
	                    "38:d/time.json 3700 31FD10 31FD11 34@0 3700 31FD12 1101 22FD00 "
	                    "31FD13 22FD00 31FD14");
}

/* One question to the time source serves all nodes. */
static void test_one_time(void **state)
{
	struct sim_gateway *g = *state;
	const char *log;
	unsigned posts = 0;

	assert_int_equal(sim_gateway_round(g), COT_OK);
	for (log = sim_httpd_log(g->httpd); (log = strstr(log, "POST /time")) != NULL; log++)
		posts++;
	assert_int_equal(posts, 2); /* its own, and one for both nodes */
}

/* A node that answers late must not cost another one its session (S3). */
static void test_slow_neighbour(void **state)
{
	struct sim_gateway *g = *state;

	g->a->slow = true;
	assert_int_equal(sim_gateway_round(g), COT_OK);
	assert_false(asked(g->b, "S3"));
	assert_true(runs(g, "ECU-A", "a-2.bin"));
	assert_true(runs(g, "ECU-B", "b-2.bin"));
}

static void test_resume(void **state)
{
	struct sim_gateway *g = *state;

	g->b->burst = 8; /* three for metadata, then some of the image */
	assert_int_equal(sim_gateway_round(g), COT_E_ECU_SILENT);
	assert_true(g->b->ecus[0].have > 0 && g->b->ecus[0].have < 5000);
	g->b->dead = false;
	g->b->mode = COT_MODE_APPLICATION;
	g->b->log[0] = '\0';
	assert_int_equal(sim_gateway_round(g), COT_OK);
	assert_false(asked(g->b, "34@0 "));
	assert_true(asked(g->b, "34@"));
	assert_true(runs(g, "ECU-B", "b-2.bin"));
}

/* Nodes that lag behind get every Root, in order. */
static void test_roots(void **state)
{
	struct sim_gateway *g = *state;
	const char *second, *third;

	sim_replace_key(g->world, SIM_DIRECTOR, COT_ROLE_TARGETS, SIM_DIRECTOR_TARGETS, SIM_SPARE);
	sim_publish(g->world, SIM_DIRECTOR, COT_ROLE_ROOT);
	sim_publish(g->world, SIM_DIRECTOR, COT_ROLE_ROOT);
	sim_publish(g->world, SIM_DIRECTOR, COT_ROLE_TARGETS);
	assert_int_equal(sim_gateway_round(g), COT_OK);
	second = strstr(g->a->log, "38:d/2.root.json 3700 31FD10");
	third = strstr(g->a->log, "38:d/3.root.json 3700 31FD10 22FD01");
	assert_non_null(second);
	assert_non_null(third);
	assert_true(second < third);
	assert_int_equal(g->b->root_version, 3);
}

/* Two ECUs behind one link: one session, two images. */
static void test_two_on_one_link(void **state)
{
	struct sim_gateway *g = *state;

	g->b->ecu_count = 0;
	sim_node_ecu(g->a, "ECU-B", SIM_ECU_KEY + 1);
	memcpy(g->config.ecus[1].link, g->config.ecus[0].link, sizeof(g->config.ecus[1].link));
	assert_int_equal(sim_gateway_round(g), COT_OK);
	assert_int_equal(g->round.outcome.installed, 2);
	assert_string_equal(g->b->log, "");
	assert_true(runs(g, "ECU-B", "b-2.bin"));
}

static void test_no_link(void **state)
{
	struct sim_gateway *g = *state;

	g->config.ecu_count = 1;
	assert_int_equal(sim_gateway_round(g), COT_E_LINK);
	assert_true(runs(g, "ECU-A", "factory.bin"));
	g->config.ecu_count = 2;
	assert_int_equal(sim_gateway_round(g), COT_OK);
}

/* What only the Director can verify goes to the Director; here it proves nothing,
 * and the order stays pending. */
static void test_hmac(void **state)
{
	struct sim_gateway *g = *state;
	uint64_t ours;

	sim_gateway_hmac_record(g);
	g->b->hmac = true;
	assert_int_equal(sim_gateway_round(g), COT_E_UNSUPPORTED);
	ours = (uint64_t)(row(g, "ECU-B") - g->store.state.ecus);
	assert_int_equal(g->round.outcome.ecu_err[ours], COT_E_UNSUPPORTED);
	assert_true(runs(g, "ECU-A", "a-2.bin"));
	assert_true(runs(g, "ECU-B", "factory.bin"));
	assert_int_equal(row(g, "ECU-B")->report_counter, 0);
	assert_non_null(strstr(g->manifest, "hmac-sha256"));
	/* Not even well-formed: not forwarded. */
	g->b->foreign_report = true;
	memset(g->manifest, 0, sizeof(g->manifest));
	assert_int_not_equal(sim_gateway_round(g), COT_OK);
	assert_null(strstr(g->manifest, "OTHER-1"));
}

/* A report that was verified is worth nothing the second time. */
static void test_replay_between_polls(void **state)
{
	struct sim_gateway *g = *state;
	size_t ours;

	assert_int_equal(sim_gateway_round(g), COT_OK);
	ours = (size_t)(row(g, "ECU-A") - g->store.state.ecus);
	assert_int_equal(g->round.outcome.ecu_err[ours], COT_OK);
	g->a->replays_report = true;
	assert_int_equal(sim_gateway_round(g), COT_OK); /* nothing is ordered */
	assert_int_equal(g->round.outcome.ecu_err[ours], COT_E_ROLLBACK);
	assert_true(runs(g, "ECU-A", "a-2.bin"));
	g->a->replays_report = false;
	assert_int_equal(sim_gateway_round(g), COT_OK);
	assert_int_equal(g->round.outcome.ecu_err[ours], COT_OK);
}

static unsigned count(const char *log, const char *what)
{
	unsigned n = 0;

	while ((log = strstr(log, what)) != NULL) {
		log++;
		n++;
	}
	return n;
}

/* Withdrawals and rotations reach ECUs that have nothing to install. */
static void test_lagging(void **state)
{
	struct sim_gateway *g = *state;

	assert_int_equal(sim_gateway_round(g), COT_OK);
	sim_order(g->world, "ECU-A", "hw-a", NULL);
	sim_order(g->world, "ECU-B", "hw-b", NULL);
	sim_replace_key(g->world, SIM_DIRECTOR, COT_ROLE_TARGETS, SIM_DIRECTOR_TARGETS, SIM_SPARE);
	sim_publish(g->world, SIM_DIRECTOR, COT_ROLE_ROOT);
	sim_publish(g->world, SIM_DIRECTOR, COT_ROLE_TARGETS);
	g->a->log[0] = g->b->log[0] = '\0';
	g->b->refuses_session = true;
	assert_int_equal(sim_gateway_round(g), COT_OK);
	assert_int_equal(g->a->root_version, 2);
	assert_int_equal(g->a->targets_version, 4);
	assert_string_equal(g->a->log,
	                    "22FD00 31FD14 1002 22FD00 38:d/2.root.json 3700 31FD10 22FD01 "
	                    "38:d/targets.json 3700 38:d/time.json 3700 31FD10 1001");
	/* The other one could not be told, which is said of it, and is told later. */
	assert_int_equal(g->round.outcome.ecu_err[row(g, "ECU-B") - g->store.state.ecus],
	                 COT_E_PRECONDITION);
	assert_int_equal(g->b->root_version, 1);
	g->b->refuses_session = false;
	assert_int_equal(sim_gateway_round(g), COT_OK);
	assert_int_equal(g->b->root_version, 2);
	assert_int_equal(g->b->targets_version, 4);
	/* All are current: nobody is asked for more than a report. */
	g->a->log[0] = '\0';
	sim_httpd_forget(g->httpd);
	assert_int_equal(sim_gateway_round(g), COT_OK);
	assert_string_equal(g->a->log, "22FD00 31FD14");
	assert_int_equal(count(sim_httpd_log(g->httpd), "POST /time"), 1);
}

/* Each staging of a document wears the node: Targets that it has are not sent. */
static void test_targets_sent_once(void **state)
{
	struct sim_gateway *g = *state;

	g->a->stage_fails = COT_E_SLOT_SIZE;
	assert_int_equal(sim_gateway_round(g), COT_E_SLOT_SIZE);
	assert_int_equal(sim_gateway_round(g), COT_E_SLOT_SIZE);
	assert_int_equal(count(g->a->log, "38:d/targets.json"), 1);
	assert_int_equal(count(g->a->log, "38:d/time.json"), 2);
	/* It says so, but has them not: it says that too, and gets them. */
	g->a->stage_fails = COT_OK;
	g->a->targets_len = 0;
	assert_int_equal(sim_gateway_round(g), COT_OK);
	assert_int_equal(count(g->a->log, "38:d/targets.json"), 2);
	assert_true(runs(g, "ECU-A", "a-2.bin"));
}

/* However far behind a node is, each round brings it nearer. */
static void test_far_behind(void **state)
{
	struct sim_gateway *g = *state;
	unsigned i;

	assert_int_equal(sim_gateway_round(g), COT_OK);
	for (i = 0; i < COT_MAX_ROOT_STEPS + 4; i++) {
		sim_publish(g->world, SIM_DIRECTOR, COT_ROLE_ROOT);
		if (i == COT_MAX_ROOT_STEPS / 2) {
			g->a->dead = g->b->dead = true;
			(void)sim_gateway_round(g);
			g->a->dead = g->b->dead = false;
		}
	}
	sim_gateway_release(g, "ECU-A", "a-3.bin", 3, 100);
	assert_int_equal(sim_gateway_round(g), COT_E_ROOT_WALK);
	assert_int_equal(g->a->root_version, 1 + COT_MAX_ROOT_STEPS);
	assert_int_equal(sim_gateway_round(g), COT_OK);
	assert_int_equal(g->a->root_version, 5 + COT_MAX_ROOT_STEPS);
	assert_true(runs(g, "ECU-A", "a-3.bin"));
}

/* P33: Targets expire while an ECU takes its time */
static void test_expires_meanwhile(void **state)
{
	struct sim_gateway *g = *state;

	sim_expires(g->world, SIM_DIRECTOR, COT_ROLE_TARGETS, SIM_NOW + 20);
	sim_publish(g->world, SIM_DIRECTOR, COT_ROLE_TARGETS);
	g->a->slow = true;
	assert_int_equal(sim_gateway_round(g), COT_E_EXPIRED);
	assert_true(runs(g, "ECU-A", "factory.bin"));
	assert_true(runs(g, "ECU-B", "factory.bin"));
	assert_false(asked(g->b, "31FD12"));
	g->a->slow = false;
	assert_int_equal(sim_gateway_round(g), COT_OK);
}

/* The gateway has no installer of its own yet: said, not ignored. */
static void test_gateway_itself(void **state)
{
	struct sim_gateway *g = *state;

	sim_image(g->world, "gw.bin", 2, "gw-1");
	sim_order(g->world, "GATEWAY", "gw-1", "gw.bin");
	sim_publish(g->world, SIM_IMAGE, COT_ROLE_TARGETS);
	sim_publish(g->world, SIM_DIRECTOR, COT_ROLE_TARGETS);
	assert_int_equal(sim_gateway_round(g), COT_E_UNSUPPORTED);
	assert_true(runs(g, "ECU-A", "factory.bin"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_troubles),
		CASE(test_conversation),
		CASE(test_one_time),
		CASE(test_slow_neighbour),
		CASE(test_resume),
		CASE(test_roots),
		CASE(test_two_on_one_link),
		CASE(test_no_link),
		CASE(test_hmac),
		CASE(test_lagging),
		CASE(test_targets_sent_once),
		CASE(test_far_behind),
		CASE(test_replay_between_polls),
		CASE(test_expires_meanwhile),
		CASE(test_gateway_itself)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
