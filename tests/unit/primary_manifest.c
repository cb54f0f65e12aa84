/* SPDX-License-Identifier: Apache-2.0
 *
 * What the gateway tells the Director it has seen.
 */
#include "primary/manifest.h"
#include "primary/reports.h"
#include "keys/host/keyfile.h"
#include "tests/sim/gateway.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static void attack_words(void **state)
{
	static const struct {
		enum cot_err last;
		const char *word;
	} rows[] = {
		{ COT_OK, "" },
		{ COT_E_ROLLBACK, "rollback" },
		{ COT_E_EXPIRED, "expired" },
		{ COT_E_SIG_THRESHOLD, "sig_threshold" },
		{ COT_E_NOT_IN_IMAGE, "not_in_image" },
		{ COT_E_LENGTH_EXCEEDED, "length_exceeded" },
		{ COT_E_SLOW, "slow" },
		{ COT_E_NO_TIME, "no_time" },
		{ COT_E_TIME_NONCE, "time_replay" },
		/* Not seen as attacks: the line, the disk, an ECU that is off. */
		{ COT_E_UNREACHABLE, "" },
		{ COT_E_NO_SPACE, "" },
		{ COT_E_ECU_SILENT, "" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(cot_manifest_attack(rows[i].last), rows[i].word);
}

static uint64_t check_manifest(struct sim_gateway *g)
{
	struct cot_slice text, serial, sealed, own = cot_slice(NULL, 0);
	struct cot_manifest m;
	struct cot_report r;
	struct cot_json_iter it;
	struct cot_key key;
	size_t count = 0;

	text = cot_slice_str(g->manifest);
	assert_int_equal(cot_json_check(text, COT_GRAMMAR_OLPC, NULL), COT_OK);
	assert_int_equal(cot_reports_key(&g->store, COT_SLICE("GATEWAY"), &key), COT_OK);
	assert_int_equal(cot_seal_check(text, &key, &cot_crypto_full), COT_OK);
	assert_int_equal(cot_manifest_parse_unverified(text, &m), COT_OK);
	assert_true(cot_slice_is(m.vehicle, SIM_VEHICLE));
	assert_true(cot_slice_is(m.primary, "GATEWAY"));
	assert_true(m.time_s >= SIM_NOW);
	assert_int_equal(cot_json_object(m.reports, &it), COT_OK);
	while (cot_json_next_member(&it, &serial, &sealed)) {
		assert_int_equal(cot_reports_key(&g->store, serial, &key), COT_OK);
		assert_int_equal(cot_seal_check(sealed, &key, &cot_crypto_full), COT_OK);
		assert_int_equal(cot_report_parse_unverified(sealed, &r), COT_OK);
		assert_true(cot_slice_eq(r.ecu, serial));
		if (cot_slice_is(serial, "GATEWAY"))
			own = sealed;
		count++;
	}
	assert_int_equal(count, 3);
	assert_true(own.len > 0);
	return m.counter;
}

/* Every report under its ECU's key, the gateway's own among them; the counter
 * rises with every manifest, also over a restart. */
static void test_manifest(void **state)
{
	struct sim_gateway *g = sim_gateway_new();
	uint64_t first;

	(void)state;
	assert_int_equal(sim_gateway_round(g), COT_OK);
	first = check_manifest(g);
	assert_int_equal(sim_gateway_round(g), COT_OK);
	assert_int_equal(check_manifest(g), first + 1);
	sim_gateway_close(g);
	assert_int_equal(sim_gateway_round(g), COT_OK);
	assert_int_equal(check_manifest(g), first + 2);
	sim_gateway_free(g);
}

/* A refused cycle still reports, and says what it saw. */
static void test_attack_is_told(void **state)
{
	struct sim_gateway *g = sim_gateway_new();
	struct cot_manifest m;

	(void)state;
	sim_gateway_release(g, "ECU-A", "a-2.bin", 2, 100);
	assert_int_equal(sim_gateway_round(g), COT_OK);
	sim_version(g->world, SIM_DIRECTOR, COT_ROLE_TIMESTAMP, 1);
	sim_write(g->world, SIM_DIRECTOR, COT_ROLE_TIMESTAMP);
	assert_int_equal(sim_gateway_round(g), COT_E_ROLLBACK);
	assert_int_equal(cot_manifest_parse_unverified(cot_slice_str(g->manifest), &m), COT_OK);
	assert_true(cot_slice_is(m.attack, "rollback"));
	check_manifest(g);
	sim_gateway_free(g);
}

/* A key that is not the gateway's signs nothing. */
static void test_other_key(void **state)
{
	const struct cot_keyfile_options options = { .cost = cot_cost_none };
	struct sim_gateway *g = sim_gateway_new();
	struct cot_signer *signer;
	char path[160];

	(void)state;
	assert_int_equal(sim_gateway_open(g), COT_OK);
	assert_int_equal(cot_manifest_check_signer(&g->store, g->signer), COT_OK);
	snprintf(path, sizeof(path), "%s/other.key", g->folder);
	assert_int_equal(cot_keyfile_generate(path, COT_SCHEME_ED25519, cot_slice(NULL, 0),
	                                      &options), COT_OK);
	assert_int_equal(cot_signer_open(path, NULL, &signer), COT_OK);
	assert_int_equal(cot_manifest_check_signer(&g->store, signer), COT_E_KEY_NOT_LISTED);
	cot_signer_close(signer);
	sim_gateway_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attack_words),
		cmocka_unit_test(test_manifest),
		cmocka_unit_test(test_attack_is_told),
		cmocka_unit_test(test_other_key)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
