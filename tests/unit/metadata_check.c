/* SPDX-License-Identifier: Apache-2.0
 *
 * The checks of one repository's documents, one question at a time.
 */
#include "metadata/check.h"
#include "tests/sim/repo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t some_bytes[100];

static void lengths(void **state)
{
	struct cot_slice wire = cot_slice(some_bytes, 100);
	struct cot_meta m;

	(void)state;
	memset(&m, 0, sizeof(m));
	assert_int_equal(cot_check_limit(wire, 100), COT_OK);
	assert_int_equal(cot_check_limit(wire, 99), COT_E_LENGTH_EXCEEDED);
	assert_int_equal(cot_check_length(wire, &m), COT_OK);
	m.has_length = true;
	m.length = 100;
	assert_int_equal(cot_check_length(wire, &m), COT_OK);
	m.length = 99;
	assert_int_equal(cot_check_length(wire, &m), COT_E_LENGTH_EXCEEDED);
	m.length = 101;
	assert_int_equal(cot_check_length(wire, &m), COT_E_LENGTH_MISMATCH);
	m.length = (1ull << 32) + 100;
	assert_int_equal(cot_check_length(wire, &m), COT_E_LENGTH_MISMATCH);
}

static void listed(void **state)
{
	uint8_t hash[COT_SHA512_LEN];
	struct cot_meta m;

	(void)state;
	memset(&m, 0, sizeof(m));
	memset(hash, 1, sizeof(hash));
	m.version = 7;
	memset(m.hashes.sha256, 1, sizeof(m.hashes.sha256));
	memset(m.hashes.sha512, 1, sizeof(m.hashes.sha512));
	assert_int_equal(cot_check_listed_version(7, &m), COT_OK);
	assert_int_equal(cot_check_listed_version(6, &m), COT_E_MIX_AND_MATCH);
	assert_int_equal(cot_check_listed_version(8, &m), COT_E_MIX_AND_MATCH);
	assert_int_equal(cot_check_listed_hash(COT_HASH_SHA256, hash, &m), COT_OK);
	assert_int_equal(cot_check_listed_hash(COT_HASH_SHA512, hash, &m), COT_OK);
	m.hashes.sha512[63] = 2;
	assert_int_equal(cot_check_listed_hash(COT_HASH_SHA256, hash, &m), COT_OK);
	assert_int_equal(cot_check_listed_hash(COT_HASH_SHA512, hash, &m), COT_E_MIX_AND_MATCH);
	m.hashes.sha256[31] = 2;
	assert_int_equal(cot_check_listed_hash(COT_HASH_SHA256, hash, &m), COT_E_MIX_AND_MATCH);
}

static void fresh(void **state)
{
	struct cot_head head;

	(void)state;
	memset(&head, 0, sizeof(head));
	head.expires_s = 1000;
	assert_int_equal(cot_check_fresh(&head, 999), COT_OK);
	assert_int_equal(cot_check_fresh(&head, 1000), COT_E_EXPIRED);
	assert_int_equal(cot_check_fresh(&head, 1001), COT_E_EXPIRED);
}

static void belonging(void **state)
{
	struct cot_policy loose = cot_policy_uptane;
	const struct cot_slice name = COT_SLICE("director");
	struct cot_head head;

	(void)state;
	loose.uptane_fields = false;
	memset(&head, 0, sizeof(head));
	assert_int_equal(cot_check_repository(&head, name, &cot_policy_uptane), COT_E_REPOSITORY);
	assert_int_equal(cot_check_repository(&head, name, &loose), COT_OK);
	assert_int_equal(cot_check_vehicle(&head, name, &cot_policy_uptane), COT_E_VEHICLE);
	assert_int_equal(cot_check_vehicle(&head, name, &loose), COT_OK);
	head.repository = head.vehicle = COT_SLICE("director");
	assert_int_equal(cot_check_repository(&head, name, &cot_policy_uptane), COT_OK);
	assert_int_equal(cot_check_vehicle(&head, name, &cot_policy_uptane), COT_OK);
	head.repository = head.vehicle = COT_SLICE("director2");
	assert_int_equal(cot_check_repository(&head, name, &cot_policy_uptane), COT_E_REPOSITORY);
	assert_int_equal(cot_check_repository(&head, name, &loose), COT_E_REPOSITORY);
	assert_int_equal(cot_check_vehicle(&head, name, &cot_policy_uptane), COT_E_VEHICLE);
	assert_int_equal(cot_check_vehicle(&head, name, &loose), COT_E_VEHICLE);
}

static void floors(void **state)
{
	struct cot_floor floor;
	uint8_t digest[COT_SHA256_LEN] = { 1 };

	(void)state;
	memset(&floor, 0, sizeof(floor));
	floor.version = 5;
	floor.held = true;
	assert_int_equal(cot_check_floor(4, &floor), COT_E_ROLLBACK);
	assert_int_equal(cot_check_floor(5, &floor), COT_OK);
	assert_int_equal(cot_check_floor(6, &floor), COT_OK);
	assert_int_equal(cot_check_identical(5, digest, &floor), COT_E_SAME_VERSION);
	assert_int_equal(cot_check_identical(6, digest, &floor), COT_OK);
	floor.digest[0] = 1;
	assert_int_equal(cot_check_identical(5, digest, &floor), COT_OK);
	/* A dropped floor is a version without a document. */
	floor.digest[0] = 9;
	floor.held = false;
	assert_int_equal(cot_check_identical(5, digest, &floor), COT_OK);
	assert_int_equal(cot_check_root_version(4, &floor), COT_E_ROLLBACK);
	assert_int_equal(cot_check_root_version(5, &floor), COT_E_ROLLBACK);
	assert_int_equal(cot_check_root_version(6, &floor), COT_OK);
	assert_int_equal(cot_check_root_version(7, &floor), COT_E_VERSION_SKIP);
	floor.version = COT_MAX_VERSION;
	assert_int_equal(cot_check_root_version(1, &floor), COT_E_ROLLBACK);
}

static void named_snapshot(void **state)
{
	struct cot_floor floor;
	struct cot_meta named, held;

	(void)state;
	memset(&floor, 0, sizeof(floor));
	memset(&named, 0, sizeof(named));
	memset(&held, 0, sizeof(held));
	named.version = 5;
	assert_int_equal(cot_check_named_snapshot(&named, NULL, &floor), COT_OK);
	floor.version = 6;
	assert_int_equal(cot_check_named_snapshot(&named, NULL, &floor), COT_E_ROLLBACK);
	floor.version = 5;
	held.version = 5;
	assert_int_equal(cot_check_named_snapshot(&named, &held, &floor), COT_OK);
	held.version = 6;
	assert_int_equal(cot_check_named_snapshot(&named, &held, &floor), COT_E_ROLLBACK);
}

static void listed_files(void **state)
{
	static const struct {
		const char *held, *now;
		enum cot_err err;
	} rows[] = {
		{ "{\"targets.json\":{\"version\":5}}", "{\"targets.json\":{\"version\":5}}", COT_OK },
		{ "{\"targets.json\":{\"version\":5}}", "{\"targets.json\":{\"version\":6}}", COT_OK },
		{ "{\"targets.json\":{\"version\":5}}", "{\"targets.json\":{\"version\":4}}",
		  COT_E_ROLLBACK },
		{ "{\"a.json\":{\"version\":1},\"targets.json\":{\"version\":5}}",
		  "{\"targets.json\":{\"version\":5}}", COT_E_FILE_REMOVED },
		{ "{\"targets.json\":{\"version\":5},\"z.json\":{\"version\":1}}",
		  "{\"targets.json\":{\"version\":5}}", COT_E_FILE_REMOVED },
		{ "{\"b.json\":{\"version\":2},\"targets.json\":{\"version\":5}}",
		  "{\"a.json\":{\"version\":1},\"b.json\":{\"version\":1},"
		  "\"targets.json\":{\"version\":5}}", COT_E_ROLLBACK },
		{ "{\"b.json\":{\"version\":2},\"d.json\":{\"version\":2}}",
		  "{\"a.json\":{\"version\":1},\"b.json\":{\"version\":2},"
		  "\"c.json\":{\"version\":1},\"d.json\":{\"version\":3}}", COT_OK },
		{ "{}", "{}", COT_OK },
		{ "{}", "[]", COT_E_TYPE },
		{ "1", "{}", COT_E_TYPE }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (cot_check_listed_files(cot_slice_str(rows[i].held),
		                           cot_slice_str(rows[i].now)) != rows[i].err)
			fail_msg("%s then %s", rows[i].held, rows[i].now);
	}
}

/* ---- the Director's Targets ---------------------------------------------------- */

static const struct cot_ecu two_ecus[] = {
	{ .serial = { (const uint8_t *)"ECU-A", 5 }, .hardware_id = { (const uint8_t *)"hw-a", 4 },
	  .counter = 1 },
	{ .serial = { (const uint8_t *)"ECU-B", 5 }, .hardware_id = { (const uint8_t *)"hw-b", 4 },
	  .counter = 1 }
};

struct director {
	struct sim_world *w;
	char *text;
	struct cot_targets targets;
};

static json_t *entries(struct director *d)
{
	return json_object_get(sim_signed(d->w, SIM_DIRECTOR, COT_ROLE_TARGETS), "targets");
}

static void parse(struct director *d)
{
	free(d->text);
	d->text = sim_text(sim_signed(d->w, SIM_DIRECTOR, COT_ROLE_TARGETS));
	assert_int_equal(cot_targets_parse(cot_slice_str(d->text), &cot_policy_uptane,
	                                   &d->targets), COT_OK);
}

static void begin(struct director *d)
{
	memset(d, 0, sizeof(*d));
	d->w = sim_world_new();
	sim_release(d->w, "ECU-A", "a-2.bin", 2);
	sim_release(d->w, "ECU-B", "b-2.bin", 2);
	parse(d);
}

static void end(struct director *d)
{
	free(d->text);
	sim_world_free(d->w);
}

/* One question, asked of each order until one is refused. */
enum question { LIMITS, TWICE, KNOWN, FIT };

static enum cot_err ask(enum question question, const struct director *d,
                        struct cot_orders_seen *seen, const struct cot_ordered *ordered,
                        const struct cot_ecu *ecu)
{
	struct cot_order order;

	switch (question) {
	case LIMITS: return cot_check_order_limits(seen, ordered);
	case TWICE: return cot_check_no_ecu_twice(seen, &d->targets, ordered);
	case KNOWN: return cot_check_ecus_known(ecu);
	case FIT: break;
	}
	assert_int_equal(cot_orders_read(ordered, &order), COT_OK);
	return ecu ? cot_check_orders_fit(&order, ecu) : COT_OK;
}

static enum cot_err ask_all(enum question question, const struct director *d,
                            const struct cot_ecu *ecus, size_t count)
{
	struct cot_orders_seen seen;
	struct cot_order_iter it;
	enum cot_err err = cot_orders_begin(&d->targets, &it);

	memset(&seen, 0, sizeof(seen));
	while (err == COT_OK && (err = cot_orders_skim(&it)) == COT_OK)
		err = ask(question, d, &seen, &it.ordered,
		          cot_ecu_find(ecus, count, it.ordered.ecu));
	return err == COT_E_NOT_FOUND ? COT_OK : err;
}

static void delegation(void **state)
{
	struct director d;

	(void)state;
	begin(&d);
	assert_int_equal(cot_check_no_delegation(&d.targets), COT_OK);
	d.targets.delegations = COT_SLICE("{}");
	assert_int_equal(cot_check_no_delegation(&d.targets), COT_OK);
	d.targets.delegations = COT_SLICE("{\"keys\":{},\"roles\":[]}");
	assert_int_equal(cot_check_no_delegation(&d.targets), COT_E_DELEGATION);
	end(&d);
}

static void ecu_twice(void **state)
{
	struct director d;
	json_t *ecus;

	(void)state;
	begin(&d);
	assert_int_equal(ask_all(TWICE, &d, NULL, 0), COT_OK);
	ecus = json_object_get(json_object_get(json_object_get(entries(&d), "b-2.bin"), "custom"),
	                       "ecuIdentifiers");
	json_object_set_new(ecus, "ECU-A", json_pack("{s:s}", "hardwareId", "hw-a"));
	parse(&d);
	assert_int_equal(ask_all(TWICE, &d, NULL, 0), COT_E_ECU_DUPLICATE);
	end(&d);
}

/* Names of a series, as fleets have them: each is marked, and where its bit is free, which
 * is nearly always, the document is not walked again. */
static unsigned bits_taken(const struct director *d)
{
	struct cot_orders_seen seen;
	struct cot_order_iter it;
	unsigned count = 0, i;

	memset(&seen, 0, sizeof(seen));
	assert_int_equal(cot_orders_begin(&d->targets, &it), COT_OK);
	while (cot_orders_skim(&it) == COT_OK)
		assert_int_equal(ask(TWICE, d, &seen, &it.ordered, NULL), COT_OK);
	for (i = 0; i < 32 * sizeof(seen.names) / sizeof(seen.names[0]); i++)
		count += seen.names[i / 32] >> i % 32 & 1u;
	return count;
}

static void names_of_a_series(void **state)
{
	static const char *const before[] = { "ECU-", "00000", "VIN123456789-" };
	struct director d;
	json_t *ecus;
	char name[32];
	unsigned shape, i;

	(void)state;
	for (shape = 0; shape < 3; shape++) {
		begin(&d);
		json_object_del(entries(&d), "b-2.bin");
		ecus = json_object_get(json_object_get(json_object_get(entries(&d), "a-2.bin"),
		                                       "custom"), "ecuIdentifiers");
		json_object_clear(ecus);
		for (i = 0; i < 100; i++) {
			snprintf(name, sizeof(name), "%s%03u", before[shape], i);
			json_object_set_new(ecus, name, json_pack("{s:s}", "hardwareId", "hw-a"));
		}
		parse(&d);
		assert_in_range(bits_taken(&d), 90, 100);
		end(&d);
	}
}

static void ecus_known(void **state)
{
	struct director d;

	(void)state;
	begin(&d);
	assert_int_equal(ask_all(KNOWN, &d, two_ecus, 2), COT_OK);
	assert_int_equal(ask_all(KNOWN, &d, two_ecus, 1), COT_E_ECU_UNKNOWN);
	assert_ptr_equal(cot_ecu_find(two_ecus, 2, COT_SLICE("ECU-B")), &two_ecus[1]);
	assert_null(cot_ecu_find(two_ecus, 2, COT_SLICE("ECU-")));
	assert_null(cot_ecu_find(two_ecus, 2, COT_SLICE("ECU-BB")));
	end(&d);
}

static void orders_fit(void **state)
{
	struct cot_ecu ecus[2] = { two_ecus[0], two_ecus[1] };
	struct director d;

	(void)state;
	begin(&d);
	assert_int_equal(ask_all(FIT, &d, ecus, 2), COT_OK);
	ecus[1].hardware_id = COT_SLICE("hw-x");
	assert_int_equal(ask_all(FIT, &d, ecus, 2), COT_E_HWID);
	assert_int_equal(ask_all(FIT, &d, ecus, 1), COT_OK);
	ecus[0].counter = 3;
	assert_int_equal(ask_all(FIT, &d, ecus, 1), COT_E_COUNTER);
	end(&d);
}

static void order_limits(void **state)
{
	struct director d;
	json_t *ecus;
	char name[32];
	unsigned i;

	(void)state;
	begin(&d);
	assert_int_equal(ask_all(LIMITS, &d, NULL, 0), COT_OK);
	json_object_set_new(json_object_get(entries(&d), "a-2.bin"), "length",
	                    json_integer(COT_MAX_IMAGE));
	parse(&d);
	assert_int_equal(ask_all(LIMITS, &d, NULL, 0), COT_OK);
	json_object_set_new(json_object_get(entries(&d), "a-2.bin"), "length",
	                    json_integer((json_int_t)COT_MAX_IMAGE + 1));
	parse(&d);
	assert_int_equal(ask_all(LIMITS, &d, NULL, 0), COT_E_LIMIT);
	/* Sixteen times just below 4 GiB is just below the sum that is taken. */
	json_object_set_new(json_object_get(entries(&d), "a-2.bin"), "length",
	                    json_integer(COT_MAX_IMAGE));
	ecus = json_object_get(json_object_get(json_object_get(entries(&d), "a-2.bin"), "custom"),
	                       "ecuIdentifiers");
	for (i = 1; i < 16; i++) {
		snprintf(name, sizeof(name), "ECU-%u", i);
		json_object_set_new(ecus, name, json_pack("{s:s}", "hardwareId", "hw-a"));
	}
	json_object_del(entries(&d), "b-2.bin");
	parse(&d);
	assert_int_equal(ask_all(LIMITS, &d, NULL, 0), COT_OK);
	json_object_set_new(ecus, "ECU-16", json_pack("{s:s}", "hardwareId", "hw-a"));
	parse(&d);
	assert_int_equal(ask_all(LIMITS, &d, NULL, 0), COT_E_LIMIT);
	json_object_set_new(json_object_get(entries(&d), "a-2.bin"), "length", json_integer(1));
	for (i = 17; i < COT_MAX_ORDERS; i++) {
		snprintf(name, sizeof(name), "ECU-%u", i);
		json_object_set_new(ecus, name, json_pack("{s:s}", "hardwareId", "hw-a"));
	}
	parse(&d);
	assert_int_equal(ask_all(LIMITS, &d, NULL, 0), COT_OK);
	json_object_set_new(ecus, "ECU-one-more", json_pack("{s:s}", "hardwareId", "hw-a"));
	parse(&d);
	assert_int_equal(ask_all(LIMITS, &d, NULL, 0), COT_E_LIMIT);
	end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths),
		cmocka_unit_test(listed),
		cmocka_unit_test(fresh),
		cmocka_unit_test(belonging),
		cmocka_unit_test(floors),
		cmocka_unit_test(named_snapshot),
		cmocka_unit_test(listed_files),
		cmocka_unit_test(delegation),
		cmocka_unit_test(ecu_twice),
		cmocka_unit_test(names_of_a_series),
		cmocka_unit_test(ecus_known),
		cmocka_unit_test(orders_fit),
		cmocka_unit_test(order_limits),
	};

	return cmocka_run_group_tests_name("metadata_check", tests, NULL, NULL);
}
