/* SPDX-License-Identifier: Apache-2.0
 *
 * What the Director's orders are refused for when two things are wrong with them:
 * the answer is that of the question that comes first, wherever in the document what it
 * asks about stands.  Only whether an order fits its ECU goes by the order of entries.
 */
#include "tests/sim/repo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct cot_ecu ecus[] = {
	{ .serial = { (const uint8_t *)"ECU-A", 5 }, .hardware_id = { (const uint8_t *)"hw", 2 },
	  .counter = 1 },
	{ .serial = { (const uint8_t *)"ECU-B", 5 }, .hardware_id = { (const uint8_t *)"hw", 2 },
	  .counter = 1 },
	{ .serial = { (const uint8_t *)"ECU-C", 5 }, .hardware_id = { (const uint8_t *)"hw", 2 },
	  .counter = 1 },
	{ .serial = { (const uint8_t *)"ECU-D", 5 }, .hardware_id = { (const uint8_t *)"hw", 2 },
	  .counter = 1 }
};

/* One fault: an entry that orders an image for one ECU or for many. */
struct fault {
	const char *what, *ecu, *hwid;
	json_int_t counter, length;
	unsigned many;     /* ECUs, numbered, in the place of one */
	const char *again; /* a second entry, named thus, for the same ECU */
	bool delegates;
	unsigned rank;     /* of the question: lower is asked earlier */
	enum cot_err err;
	bool primary_only;
};

#define FITS 4u /* the rank of whether an order fits its ECU */

static const struct fault faults[] = {
	{ .what = "delegations", .delegates = true, .rank = 0, .err = COT_E_DELEGATION },
	{ .what = "image too large", .ecu = "ECU-L", .hwid = "hw", .counter = 2,
	  .length = (json_int_t)COT_MAX_IMAGE + 1, .rank = 1, .err = COT_E_LIMIT },
	{ .what = "too many orders", .hwid = "hw", .counter = 2, .length = 1,
	  .many = COT_MAX_ORDERS + 1, .rank = 1, .err = COT_E_LIMIT },
	{ .what = "images too large together", .hwid = "hw", .counter = 2,
	  .length = COT_MAX_IMAGE, .many = 17, .rank = 1, .err = COT_E_LIMIT },
	{ .what = "twice, side by side", .ecu = "ECU-T", .hwid = "hw", .counter = 2, .length = 1,
	  .again = "%s-2", .rank = 2, .err = COT_E_ECU_DUPLICATE },
	{ .what = "twice, far apart", .ecu = "ECU-A", .hwid = "hw", .counter = 2, .length = 1,
	  .again = "zz", .rank = 2, .err = COT_E_ECU_DUPLICATE },
	{ .what = "unknown ECU", .ecu = "ECU-U", .hwid = "hw", .counter = 2, .length = 1,
	  .rank = 3, .err = COT_E_ECU_UNKNOWN, .primary_only = true },
	{ .what = "other hardware", .ecu = "ECU-B", .hwid = "hw-x", .counter = 2, .length = 1,
	  .rank = FITS, .err = COT_E_HWID },
	{ .what = "lower counter", .ecu = "ECU-C", .hwid = "hw", .counter = 0, .length = 1,
	  .rank = FITS, .err = COT_E_COUNTER },
	{ .what = "counter far ahead", .ecu = "ECU-D", .hwid = "hw", .counter = 100000,
	  .length = 1, .rank = FITS, .err = COT_E_COUNTER_JUMP }
};
#define FAULTS (sizeof(faults) / sizeof(faults[0]))

static void add_entry(struct sim_world *w, const char *name, const struct fault *f)
{
	static const char sha256[] =
		"0000000000000000000000000000000000000000000000000000000000000000";
	json_t *serials = json_object();
	char serial[16];
	unsigned i;

	for (i = 0; i < f->many; i++) {
		snprintf(serial, sizeof(serial), "ECU-%u-%s", i, name);
		json_object_set_new(serials, serial, json_pack("{s:s}", "hardwareId", f->hwid));
	}
	if (f->many == 0)
		json_object_set_new(serials, f->ecu, json_pack("{s:s}", "hardwareId", f->hwid));
	json_object_set_new(json_object_get(sim_signed(w, SIM_DIRECTOR, COT_ROLE_TARGETS),
	                                    "targets"), name,
	                    json_pack("{s:{s:o,s:I}, s:{s:s}, s:I}", "custom", "ecuIdentifiers",
	                              serials, "releaseCounter", f->counter, "hashes", "sha256",
	                              sha256, "length", f->length));
}

static void add_fault(struct sim_world *w, const char *name, const struct fault *f)
{
	char again[32];

	if (f->delegates) {
		json_object_set_new(sim_signed(w, SIM_DIRECTOR, COT_ROLE_TARGETS), "delegations",
		                    json_pack("{s:{}, s:[]}", "keys", "roles"));
		return;
	}
	add_entry(w, name, f);
	if (f->again) {
		snprintf(again, sizeof(again), f->again[0] == '%' ? "%s-2" : "zz", name);
		add_entry(w, again, f);
	}
}

static enum cot_err verdict(struct sim_world *w, enum sim_kind kind)
{
	struct sim_client *c = sim_client_new(w, kind);
	struct cot_verdict v;

	memcpy(c->ecus, ecus, sizeof(ecus));
	c->config.ecu_count = sizeof(ecus) / sizeof(ecus[0]);
	v = sim_run(c);
	assert_int_equal(c->trust.repo[0].floor[COT_ROLE_TARGETS].held, v.err == COT_OK);
	sim_client_free(c);
	return v.err;
}

/* first stands before second, each counting if it is not NULL. */
static void check(const struct fault *first, const struct fault *second, enum sim_kind kind,
                  enum cot_err want)
{
	struct sim_world *w = sim_world_new();
	enum cot_err err;

	if (first)
		add_fault(w, "b", first);
	if (second)
		add_fault(w, "m", second);
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	err = verdict(w, kind);
	if (err != want)
		fail_msg("%s, then %s: %s, not %s", first ? first->what : "nothing",
		         second ? second->what : "nothing", cot_err_word(err),
		         cot_err_word(want));
	sim_world_free(w);
}

static const struct fault *counts(const struct fault *f, enum sim_kind kind)
{
	return f->primary_only && kind != SIM_PRIMARY ? NULL : f;
}

/* The one that is asked about earlier; of two that are not fit the first. */
static enum cot_err of_two(const struct fault *first, const struct fault *second,
                           enum sim_kind kind)
{
	const struct fault *a = counts(first, kind), *b = counts(second, kind);

	if (a == NULL || b == NULL)
		return a ? a->err : b ? b->err : COT_OK;
	return b->rank < a->rank ? b->err : a->err;
}

static void check_all(enum sim_kind kind)
{
	size_t i, k;

	for (i = 0; i < FAULTS; i++) {
		const struct fault *f = counts(&faults[i], kind);

		check(&faults[i], NULL, kind, f ? f->err : COT_OK);
		for (k = 0; k < FAULTS; k++) {
			if (i != k)
				check(&faults[i], &faults[k], kind,
				      of_two(&faults[i], &faults[k], kind));
		}
	}
}

static void two_faults_on_an_ecu(void **state)
{
	(void)state;
	check(NULL, NULL, SIM_PARTIAL, COT_OK);
	check_all(SIM_PARTIAL);
}

static void two_faults_on_a_primary(void **state)
{
	(void)state;
	check(NULL, NULL, SIM_PRIMARY, COT_OK);
	check_all(SIM_PRIMARY);
}

/* Many names, so many that digests of them meet: none of them is there twice. */
static void many_orders(void **state)
{
	static const struct fault many = { .hwid = "hw", .counter = 2, .length = 1,
		                           .many = COT_MAX_ORDERS };

	(void)state;
	check(&many, NULL, SIM_PARTIAL, COT_OK);
}

/* Each of them once more, in an entry of its own. */
static void any_of_many_twice(void **state)
{
	struct fault many = { .hwid = "hw", .counter = 2, .length = 1, .many = 100 };
	struct fault once = { .hwid = "hw", .counter = 2, .length = 1 };
	char serial[24];
	unsigned i;

	(void)state;
	for (i = 0; i < many.many; i++) {
		snprintf(serial, sizeof(serial), "ECU-%u-b", i);
		once.ecu = serial;
		check(&many, &once, SIM_PARTIAL, COT_E_ECU_DUPLICATE);
		serial[strlen(serial) - 1] = 'c';
		check(&many, &once, SIM_PARTIAL, COT_OK);
	}
}

/* ---- what is pending ------------------------------------------------------------- */

/* An image that runs under this counter needs no agreement of the Image repository;
 * any other does, wherever among the orders it stands. */
static void pending(void **state)
{
	static const struct {
		uint8_t installed;
		uint64_t counter;
		enum cot_err err;
	} rows[] = {
		{ COT_KNOWN_SHA256, 2, COT_OK },
		{ COT_KNOWN_SHA256, 1, COT_E_NOT_IN_IMAGE },
		{ 0, 2, COT_E_NOT_IN_IMAGE }
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (k = 0; k < 3; k++) {
			struct sim_world *w = sim_world_new();
			struct sim_client *c = sim_client_new(w, SIM_PRIMARY);
			struct fault f = { .hwid = "hw", .counter = 2, .length = 1 };
			unsigned n;

			memcpy(c->ecus, ecus, sizeof(ecus));
			c->config.ecu_count = 3;
			for (n = 0; n < 3; n++) {
				const char name[2] = { (char)('a' + n), 0 };
				char serial[6] = "ECU-A";

				serial[4] = (char)('A' + n);
				f.ecu = serial;
				add_entry(w, name, &f);
				c->ecus[n].installed.known = COT_KNOWN_SHA256;
				c->ecus[n].counter = 2;
			}
			c->ecus[k].installed.known = rows[i].installed;
			c->ecus[k].counter = rows[i].counter;
			sim_publish(w, SIM_DIRECTOR, COT_ROLE_TARGETS);
			assert_int_equal(sim_run(c).err, rows[i].err);
			sim_client_free(c);
			sim_world_free(w);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_faults_on_an_ecu), cmocka_unit_test(two_faults_on_a_primary),
		cmocka_unit_test(many_orders), cmocka_unit_test(any_of_many_twice),
		cmocka_unit_test(pending)
	};

	return cmocka_run_group_tests_name("metadata_cycle_order", tests, NULL, NULL);
}
