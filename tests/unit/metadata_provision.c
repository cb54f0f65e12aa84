/* SPDX-License-Identifier: Apache-2.0
 *
 * The provisioning record: its shape, who stands behind it, and the first trust.
 */
#include "keys/crypto/init.h"
#include "metadata/provision.h"
#include "tests/sim/edit.h"
#include "tests/sim/repo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SHA "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static json_t *ecu(const char *serial, const char *hwid, unsigned key)
{
	return json_pack("{s:i, s:s, s:{s:s, s:{s:s}, s:i}, s:o, s:s}", "counter", 1, "hardwareId",
	                 hwid, "image", "filepath", "a-1.bin", "hashes", "sha256", SHA, "length",
	                 1000, "key", sim_key_object(key), "serial", serial);
}

static json_t *served(struct sim_world *w, unsigned repo, const char *name)
{
	const struct sim_file *file = sim_get(w, repo, name);
	json_t *tree = json_loadb((const char *)file->bytes, file->len, 0, NULL);

	assert_non_null(tree);
	return tree;
}

static json_t *repository(struct sim_world *w, unsigned repo, bool primary)
{
	json_t *ret = json_pack("{s:s, s:[s,s], s:o, s:o}", "dialect", "tuf", "roles", "root",
	                        "targets", "root", served(w, repo, "1.root.json"), "targets",
	                        served(w, repo, "1.targets.json"));

	assert_non_null(ret);
	if (primary) {
		json_array_append_new(json_object_get(ret, "roles"), json_string("timestamp"));
		json_array_append_new(json_object_get(ret, "roles"), json_string("snapshot"));
	}
	return ret;
}

/* The record of a gateway with two more ECUs. */
static json_t *record(struct sim_world *w)
{
	json_t *ret = json_pack(
		"{s:s, s:{s:s}, s:[o,o,o], s:i, s:[s], s:s, s:s, s:{s:o,s:o}, s:s, s:s, s:s}",
		"_type", "provisioning", "custom", "repository", "director", "ecus",
		ecu("GW-1", "gw", 20), ecu("ECU-A", "hw-a", 21), ecu("ECU-B", "hw-b", 22), "number",
		1, "own", "GW-1", "policy", "uptane", "primary", "GW-1", "repositories", "director",
		repository(w, SIM_DIRECTOR, true), "image", repository(w, SIM_IMAGE, true), "role",
		"primary", "time", "2027-01-01T00:00:00Z", "vehicleId", SIM_VEHICLE);

	assert_non_null(ret);
	return ret;
}

/* The edited record in an envelope signed by those keys. */
static struct cot_slice sealed(const json_t *tree, const char *path, const char *raw,
                               const unsigned *keys)
{
	struct cot_slice body = sim_edit(tree, path, raw), ret;
	char *text = malloc(body.len + 1), *envelope;
	size_t len;

	assert_non_null(text);
	memcpy(text, body.ptr, body.len);
	text[body.len] = '\0';
	envelope = sim_sign_text(text, keys, &len);
	ret = sim_copy(envelope, len);
	free(envelope);
	free(text);
	sim_drop(body);
	return ret;
}

static const unsigned nobody[] = { 0 };
static const unsigned root_keys[] = { 1, 2, 0 };

#define DIR "repositories director"

static void shapes(void **state)
{
	static const struct {
		const char *path, *raw;
		enum cot_err err;
	} rows[] = {
		{ "", "", COT_OK },
		{ "extra", "null", COT_OK },
		{ "_type", NULL, COT_E_MISSING },
		{ "_type", "\"root\"", COT_E_ROLE_TYPE },
		{ "role", NULL, COT_E_MISSING },
		{ "role", "7", COT_E_TYPE },
		{ "role", "\"secondary\"", COT_OK },
		{ "role", "\"Primary\"", COT_E_RECORD },
		{ "number", NULL, COT_E_MISSING },
		{ "number", "null", COT_E_TYPE },
		{ "number", "0", COT_E_NUMBER },
		{ "number", "2147483648", COT_E_NUMBER },
		{ "vehicleId", NULL, COT_E_MISSING },
		{ "vehicleId", "\"a/b\"", COT_E_NAME },
		{ "primary", NULL, COT_E_MISSING },
		{ "primary", "\"\"", COT_E_NAME },
		{ "policy", NULL, COT_E_MISSING },
		{ "policy", "{}", COT_E_TYPE },
		{ "time", NULL, COT_E_MISSING },
		{ "time", "\"2027-01-01\"", COT_E_TIME_FORMAT },
		{ "ecus", NULL, COT_E_MISSING },
		{ "ecus", "{}", COT_E_TYPE },
		{ "ecus", "[]", COT_E_ECU_UNKNOWN },
		{ "ecus 0", "null", COT_E_TYPE },
		{ "ecus 0 serial", NULL, COT_E_MISSING },
		{ "ecus 0 serial", "\".\"", COT_E_NAME },
		{ "ecus 1 serial", "\"GW-1\"", COT_E_ECU_DUPLICATE },
		{ "ecus 2 serial", "\"ECU-A\"", COT_E_ECU_DUPLICATE },
		{ "ecus 1 hardwareId", NULL, COT_E_MISSING },
		{ "ecus 1 hardwareId", "null", COT_E_TYPE },
		{ "ecus 1 counter", NULL, COT_E_MISSING },
		{ "ecus 1 counter", "1.5", COT_E_NUMBER },
		{ "ecus 1 key", NULL, COT_E_MISSING },
		{ "ecus 1 key", "[]", COT_E_TYPE },
		{ "ecus 1 key keyval", "null", COT_E_TYPE },
		/* A report key may be what metadata never takes. */
		{ "ecus 1 key scheme", "\"hmac-sha256\"", COT_OK },
		{ "ecus 1 image", NULL, COT_E_MISSING },
		{ "ecus 1 image filepath", "\"../x\"", COT_E_NAME },
		{ "ecus 1 image filepath", "null", COT_E_TYPE },
		{ "ecus 1 image hashes", "{}", COT_E_NO_STRONG_HASH },
		{ "ecus 1 image hashes", "{\"sha512\":\"" SHA SHA "\"}", COT_E_NO_STRONG_HASH },
		{ "ecus 1 image length", "-1", COT_E_NUMBER },
		{ "own", NULL, COT_E_MISSING },
		{ "own", "{}", COT_E_TYPE },
		{ "own", "[]", COT_E_MISSING },
		{ "own", "[null]", COT_E_TYPE },
		{ "own", "[\"ECU-C\"]", COT_E_ECU_UNKNOWN },
		{ "own", "[\"ECU-A\",\"ECU-B\"]", COT_OK },
		{ "own", "[\"GW-1\",\"GW-1\",\"GW-1\",\"GW-1\",\"GW-1\"]", COT_E_LIMIT },
		{ "repositories", NULL, COT_E_MISSING },
		{ "repositories", "[]", COT_E_TYPE },
		{ "repositories image", NULL, COT_OK },
		{ "repositories mirror", "{}", COT_E_UNSUPPORTED },
		{ "repositories image", "null", COT_E_TYPE },
		{ DIR, NULL, COT_E_MISSING },
		{ DIR " dialect", NULL, COT_E_MISSING },
		{ DIR " roles", NULL, COT_E_MISSING },
		{ DIR " roles", "{}", COT_E_TYPE },
		{ DIR " roles", "[\"targets\"]", COT_E_RECORD },
		{ DIR " roles", "[\"root\"]", COT_E_RECORD },
		{ DIR " roles", "[\"root\",\"targets\"]", COT_OK },
		{ DIR " roles", "[\"root\",\"root\",\"targets\"]", COT_E_RECORD },
		{ DIR " roles", "[\"root\",\"snapshot\",\"targets\"]", COT_E_RECORD },
		{ DIR " roles 0", "null", COT_E_TYPE },
		{ DIR " roles 4", "\"other\"", COT_E_RECORD },
		{ DIR " root", NULL, COT_E_MISSING },
		{ DIR " targets", NULL, COT_OK },
		{ "repositories image root", NULL, COT_E_MISSING }
	};
	struct sim_world *w = sim_world_new();
	json_t *tree = record(w);
	struct cot_provision p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cot_slice text = sealed(tree, rows[i].path, rows[i].raw, nobody);
		enum cot_err err = cot_provision_parse(text, &p);

		if (err != rows[i].err)
			fail_msg("%s = %s: %s", rows[i].path, rows[i].raw ? rows[i].raw : "(none)",
			         cot_err_word(err));
		sim_drop(text);
	}
	json_decref(tree);
	sim_world_free(w);
}

static void ecu_limit(void **state)
{
	struct sim_world *w = sim_world_new();
	json_t *tree = record(w), *ecus = json_object_get(tree, "ecus");
	struct cot_provision p;
	size_t i;

	(void)state;
	for (i = json_array_size(ecus); i <= COT_MAX_ORDERS; i++) {
		char serial[16];

		snprintf(serial, sizeof(serial), "E-%zu", i);
		json_array_append_new(ecus, ecu(serial, "hw", 1));
		if (i + 1 >= COT_MAX_ORDERS) {
			struct cot_slice text = sealed(tree, "", "", nobody);

			assert_int_equal(cot_provision_parse(text, &p),
			                 i < COT_MAX_ORDERS ? COT_OK : COT_E_LIMIT);
			sim_drop(text);
		}
	}
	json_decref(tree);
	sim_world_free(w);
}

static void what_it_says(void **state)
{
	struct sim_world *w = sim_world_new();
	json_t *tree = record(w);
	struct cot_slice text = sealed(tree, "", "", nobody);
	struct cot_provision_ecu e;
	struct cot_json_iter it;
	struct cot_provision p;

	(void)state;
	assert_int_equal(cot_provision_parse(text, &p), COT_OK);
	assert_int_equal(p.number, 1);
	assert_true(p.primary);
	assert_true(cot_slice_is(p.vehicle, SIM_VEHICLE));
	assert_true(cot_slice_is(p.primary_serial, "GW-1"));
	assert_true(cot_slice_is(p.policy, "uptane"));
	assert_true(cot_slice_is(p.dialect[1], "tuf"));
	assert_int_equal(p.roles[0], COT_ROLES_FULL);
	assert_int_equal(p.time_s, 1798761600);
	assert_true(p.doc[0][COT_ROLE_ROOT].canon.len > 0);
	assert_int_equal(p.doc[0][COT_ROLE_SNAPSHOT].canon.len, 0);
	assert_int_equal(cot_json_array(p.ecus, &it), COT_OK);
	assert_true(cot_provision_next_ecu(&it, &e));
	assert_true(cot_provision_next_ecu(&it, &e));
	assert_true(cot_slice_is(e.serial, "ECU-A"));
	assert_true(cot_slice_is(e.hardware_id, "hw-a"));
	assert_true(cot_slice_is(e.filepath, "a-1.bin"));
	assert_int_equal(e.counter, 1);
	assert_int_equal(e.image.length, 1000);
	assert_int_equal(e.image.hashes.known, COT_KNOWN_SHA256);
	assert_true(cot_provision_next_ecu(&it, &e));
	assert_false(cot_provision_next_ecu(&it, &e));
	sim_drop(text);
	json_decref(tree);
	sim_world_free(w);
}

/* ---- signatures ---------------------------------------------------------------- */

static void who_stands_behind_it(void **state)
{
	static const struct {
		unsigned keys[4];
		enum cot_err err;
	} rows[] = {
		{ { 1, 2, 0 }, COT_OK },
		{ { 3, 1, 0 }, COT_OK },
		{ { 1, 0 }, COT_E_SIG_THRESHOLD },
		{ { 1, 1, 0 }, COT_E_SIG_THRESHOLD },
		{ { 0 }, COT_E_SIG_THRESHOLD },
		{ { 11, 12, 0 }, COT_E_SIG_THRESHOLD },
		{ { SIM_DIRECTOR_TARGETS, 1, 0 }, COT_E_SIG_THRESHOLD }
	};
	struct sim_world *w = sim_world_new();
	json_t *tree = record(w);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cot_slice text = sealed(tree, "", "", rows[i].keys);
		struct cot_provision p;
		struct cot_root root;

		assert_int_equal(cot_provision_parse(text, &p), COT_OK);
		assert_int_equal(cot_provision_root(&p, 0, &cot_policy_uptane, &cot_crypto_full,
		                                    &root),
		                 COT_OK);
		assert_int_equal(cot_provision_check_signed(text, &root, &cot_crypto_full),
		                 rows[i].err);
		sim_drop(text);
	}
	json_decref(tree);
	sim_world_free(w);
}

static void altered_or_cut(void **state)
{
	struct sim_world *w = sim_world_new();
	json_t *tree = record(w);
	struct cot_slice text = sealed(tree, "", "", root_keys);
	uint8_t *bytes = (uint8_t *)(uintptr_t)text.ptr;
	struct cot_provision p;
	struct cot_root root;
	size_t i;

	(void)state;
	assert_int_equal(cot_provision_parse(text, &p), COT_OK);
	assert_int_equal(cot_provision_root(&p, 0, &cot_policy_uptane, &cot_crypto_full, &root),
	                 COT_OK);
	for (i = 0; i < text.len; i += 7) {
		struct cot_slice cut = sim_copy(text.ptr, i);

		assert_int_not_equal(cot_provision_parse(cut, &p), COT_OK);
		assert_int_not_equal(cot_provision_check_signed(cut, &root, &cot_crypto_full),
		                     COT_OK);
		sim_drop(cut);
	}
	/* The last digit of the vehicle's id. */
	bytes[text.len - 4]++;
	assert_int_equal(cot_provision_check_signed(text, &root, &cot_crypto_full),
	                 COT_E_SIG_THRESHOLD);
	sim_drop(text);
	json_decref(tree);
	sim_world_free(w);
}

/* ---- the first trust ------------------------------------------------------------- */

static enum cot_err trust_of(const json_t *tree, struct cot_trust *ret)
{
	struct cot_slice text = sealed(tree, "", "", root_keys);
	struct cot_provision p;
	enum cot_err err = cot_provision_parse(text, &p);

	assert_int_equal(err, COT_OK);
	err = cot_provision_trust(&p, &cot_policy_uptane, &cot_crypto_full, ret);
	sim_drop(text);
	return err;
}

static void first_trust(void **state)
{
	struct sim_world *w = sim_world_new();
	uint8_t digest[COT_SHA256_LEN];
	json_t *tree = record(w);
	struct cot_slice body;
	struct cot_trust t;

	(void)state;
	assert_int_equal(trust_of(tree, &t), COT_OK);
	assert_int_equal(t.time_floor_s, 1798761600);
	assert_int_equal(t.provisioned_time_s, 1798761600);
	assert_int_equal(t.repo[0].floor[COT_ROLE_ROOT].version, 1);
	assert_true(t.repo[0].floor[COT_ROLE_ROOT].held);
	assert_false(t.repo[0].floor[COT_ROLE_TIMESTAMP].held);
	assert_int_equal(t.repo[1].floor[COT_ROLE_TARGETS].version, 1);
	assert_int_equal(t.repo[0].targets_signers.count, 1);
	assert_int_equal(t.repo[1].targets_signers.count, 2);
	body = sim_edit(sim_signed(w, SIM_IMAGE, COT_ROLE_TARGETS), "", "");
	cot_body_digest(body, &cot_crypto_full, digest);
	assert_memory_equal(t.repo[1].floor[COT_ROLE_TARGETS].digest, digest, sizeof(digest));
	sim_drop(body);
	/* Partial verification: one repository. */
	json_object_del(json_object_get(tree, "repositories"), "image");
	assert_int_equal(trust_of(tree, &t), COT_OK);
	assert_int_equal(t.repo[1].floor[COT_ROLE_ROOT].version, 0);
	json_decref(tree);
	sim_world_free(w);
}

/* What a thief, a mix-up or a careless factory would put in. */
static void unsigned_root(struct sim_world *w)
{
	static const unsigned one[] = { 1, 0 };

	sim_signers(w, SIM_DIRECTOR, COT_ROLE_ROOT, one);
	sim_write(w, SIM_DIRECTOR, COT_ROLE_ROOT);
}

static void unsigned_targets(struct sim_world *w)
{
	static const unsigned one[] = { SIM_IMAGE_TARGETS, 0 };

	sim_signers(w, SIM_IMAGE, COT_ROLE_TARGETS, one);
	sim_write(w, SIM_IMAGE, COT_ROLE_TARGETS);
}

static void other_vehicle(struct sim_world *w)
{
	json_object_set_new(json_object_get(sim_signed(w, SIM_DIRECTOR, COT_ROLE_TARGETS),
	                                    "custom"),
	                    "vehicleId", json_string("VEH-0008"));
	sim_write(w, SIM_DIRECTOR, COT_ROLE_TARGETS);
}

static void other_repository(struct sim_world *w)
{
	json_object_set_new(json_object_get(sim_signed(w, SIM_IMAGE, COT_ROLE_ROOT), "custom"),
	                    "repository", json_string("director"));
	sim_write(w, SIM_IMAGE, COT_ROLE_ROOT);
}

static void root_for_targets(struct sim_world *w)
{
	const struct sim_file *root = sim_get(w, SIM_DIRECTOR, "1.root.json");

	sim_put(w, SIM_DIRECTOR, "1.targets.json", cot_slice(root->bytes, root->len));
}

static void shared_key(struct sim_world *w)
{
	sim_add_key(w, SIM_IMAGE, COT_ROLE_TIMESTAMP, SIM_DIRECTOR_TIMESTAMP);
	sim_write(w, SIM_IMAGE, COT_ROLE_ROOT);
}

static void unlivable_root(struct sim_world *w)
{
	sim_threshold(w, SIM_IMAGE, COT_ROLE_TIMESTAMP, 0);
	sim_write(w, SIM_IMAGE, COT_ROLE_ROOT);
}

static void no_first_trust(void **state)
{
	static const struct {
		void (*change)(struct sim_world *w);
		enum cot_err err;
	} rows[] = {
		{ unsigned_root, COT_E_SIG_THRESHOLD },
		{ unsigned_targets, COT_E_SIG_THRESHOLD },
		{ other_vehicle, COT_E_VEHICLE },
		{ other_repository, COT_E_REPOSITORY },
		{ root_for_targets, COT_E_ROLE_TYPE },
		{ shared_key, COT_E_KEY_SHARED },
		{ unlivable_root, COT_E_ILLEGAL_THRESHOLD }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim_world *w = sim_world_new();
		struct cot_trust t, nothing;
		enum cot_err err;
		json_t *tree;

		memset(&t, 0x55, sizeof(t));
		memset(&nothing, 0, sizeof(nothing));
		rows[i].change(w);
		tree = record(w);
		err = trust_of(tree, &t);
		if (err != rows[i].err)
			fail_msg("row %zu: %s", i, cot_err_word(err));
		assert_memory_equal(&t, &nothing, sizeof(t));
		json_decref(tree);
		sim_world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shapes), cmocka_unit_test(ecu_limit),
		cmocka_unit_test(what_it_says), cmocka_unit_test(who_stands_behind_it),
		cmocka_unit_test(altered_or_cut), cmocka_unit_test(first_trust),
		cmocka_unit_test(no_first_trust)
	};

	if (cot_crypto_init() != COT_OK)
		return 1;
	return cmocka_run_group_tests_name("metadata_provision", tests, NULL, NULL);
}
