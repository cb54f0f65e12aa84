/* SPDX-License-Identifier: Apache-2.0
 *
 * Targets: the shape of every entry (P17), names (P18), finding one image among
 * 100,000, and the Director's orders.
 */
#include "keys/crypto/init.h"
#include "metadata/targets.h"
#include "tests/sim/edit.h"
#include "tests/sim/repo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct edit {
	const char *path, *raw; /* raw NULL: taken away */
	enum cot_err uptane, lax;
};

/* Two images, one of them ordered for two ECUs. */
static struct sim_world *world(void)
{
	struct sim_world *w = sim_world_new();

	sim_image(w, "a/x.bin", 3, "hw-a");
	sim_image(w, "b.bin", 4, "hw-b");
	sim_order(w, "ECU-A", "hw-a", "a/x.bin");
	sim_order(w, "ECU-C", "hw-c", "a/x.bin");
	sim_order(w, "ECU-B", "hw-b", "b.bin");
	return w;
}

static void check_edits(const struct edit *rows, size_t count, unsigned repo)
{
	struct cot_policy lax = cot_policy_uptane;
	struct sim_world *w = world();
	const json_t *tree = sim_signed(w, repo, COT_ROLE_TARGETS);
	struct cot_targets t;
	size_t i;
	int k;

	lax.uptane_fields = false;
	for (i = 0; i < count; i++) {
		struct cot_slice body = sim_edit(tree, rows[i].path, rows[i].raw);

		for (k = 0; k < 2; k++) {
			enum cot_err want = k == 0 ? rows[i].uptane : rows[i].lax;
			enum cot_err err = cot_targets_parse(
				body, k == 0 ? &cot_policy_uptane : &lax, &t);

			if (err != want)
				fail_msg("%s = %s: %s", rows[i].path,
				         rows[i].raw ? rows[i].raw : "(none)", cot_err_word(err));
		}
		sim_drop(body);
	}
	sim_world_free(w);
}

#define CHECK_EDITS(rows, repo) check_edits(rows, sizeof(rows) / sizeof((rows)[0]), repo)
#define BOTH(err) err, err
#define IDS16 "\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\",\"l\",\"m\",\"n\",\"o\",\"p\""
#define MATCH16 "\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1," \
	"\"i\":1,\"j\":1,\"k\":1,\"l\":1,\"m\":1,\"n\":1,\"o\":1,\"p\":1"

static void image_shapes(void **state)
{
	static const struct edit rows[] = {
		{ "", "", BOTH(COT_OK) },
		{ "_type", "\"snapshot\"", BOTH(COT_E_ROLE_TYPE) },
		{ "custom repository", NULL, COT_E_MISSING, COT_OK },
		{ "targets", NULL, BOTH(COT_E_MISSING) },
		{ "targets", "null", BOTH(COT_E_TYPE) },
		{ "targets", "[]", BOTH(COT_E_TYPE) },
		{ "targets", "{}", BOTH(COT_OK) },
		{ "delegations", "{}", BOTH(COT_OK) },
		{ "delegations", "null", BOTH(COT_E_TYPE) },
		{ "delegations", "[]", BOTH(COT_E_TYPE) },
		{ "targets ../x", "{}", BOTH(COT_E_NAME) },
		{ "targets b.bin", "null", BOTH(COT_E_TYPE) },
		{ "targets b.bin", "{}", BOTH(COT_E_MISSING) },
		{ "targets b.bin extra", "null", BOTH(COT_OK) },
		{ "targets b.bin length", NULL, BOTH(COT_E_MISSING) },
		{ "targets b.bin length", "null", BOTH(COT_E_TYPE) },
		{ "targets b.bin length", "\"7\"", BOTH(COT_E_TYPE) },
		{ "targets b.bin length", "-1", BOTH(COT_E_NUMBER) },
		{ "targets b.bin length", "7.0", BOTH(COT_E_NUMBER) },
		{ "targets b.bin length", "9223372036854775807", BOTH(COT_OK) },
		{ "targets b.bin length", "9223372036854775808", BOTH(COT_E_NUMBER) },
		{ "targets b.bin hashes", NULL, BOTH(COT_E_MISSING) },
		{ "targets b.bin hashes", "null", BOTH(COT_E_TYPE) },
		{ "targets b.bin hashes", "{}", BOTH(COT_E_NO_STRONG_HASH) },
		{ "targets b.bin hashes sha512", "\"00\"", BOTH(COT_E_ENCODING) },
		{ "targets b.bin custom", NULL, COT_E_MISSING, COT_OK },
		{ "targets b.bin custom", "null", BOTH(COT_E_TYPE) },
		{ "targets b.bin custom", "[]", BOTH(COT_E_TYPE) },
		{ "targets b.bin custom extra", "null", BOTH(COT_OK) },
		{ "targets b.bin custom releaseCounter", NULL, COT_E_MISSING, COT_OK },
		{ "targets b.bin custom releaseCounter", "null", BOTH(COT_E_TYPE) },
		{ "targets b.bin custom releaseCounter", "-1", BOTH(COT_E_NUMBER) },
		{ "targets b.bin custom releaseCounter", "0", BOTH(COT_OK) },
		{ "targets b.bin custom releaseCounter", "2147483647", BOTH(COT_OK) },
		{ "targets b.bin custom releaseCounter", "2147483648", BOTH(COT_E_NUMBER) },
		{ "targets b.bin custom hardwareIds", NULL, COT_E_MISSING, COT_OK },
		{ "targets b.bin custom hardwareIds", "null", BOTH(COT_E_TYPE) },
		{ "targets b.bin custom hardwareIds", "{}", BOTH(COT_E_TYPE) },
		{ "targets b.bin custom hardwareIds", "[]", BOTH(COT_OK) },
		{ "targets b.bin custom hardwareIds 0", "null", BOTH(COT_E_TYPE) },
		{ "targets b.bin custom hardwareIds 0", "\"\"", BOTH(COT_E_NAME) },
		{ "targets b.bin custom hardwareIds 1", "\"a/b\"", BOTH(COT_E_NAME) },
		{ "targets b.bin custom hardwareIds", "[" IDS16 "]", BOTH(COT_OK) },
		{ "targets b.bin custom hardwareIds", "[" IDS16 ",\"q\"]", BOTH(COT_E_LIMIT) },
		{ "targets b.bin custom mustMatch", "{}", BOTH(COT_OK) },
		{ "targets b.bin custom mustMatch", "null", BOTH(COT_E_TYPE) },
		{ "targets b.bin custom mustMatch", "{" MATCH16 "}", BOTH(COT_OK) },
		{ "targets b.bin custom mustMatch", "{" MATCH16 ",\"q\":1}", BOTH(COT_E_LIMIT) }
	};

	(void)state;
	CHECK_EDITS(rows, SIM_IMAGE);
}

#define ECUS "targets a/x.bin custom ecuIdentifiers"

static void director_shapes(void **state)
{
	static const struct edit rows[] = {
		{ "", "", BOTH(COT_OK) },
		{ "targets a/x.bin custom hardwareIds", NULL, BOTH(COT_OK) },
		{ ECUS, "null", BOTH(COT_E_TYPE) },
		{ ECUS, "[]", BOTH(COT_E_TYPE) },
		{ ECUS, "{}", BOTH(COT_OK) },
		{ ECUS " ECU-A", "null", BOTH(COT_E_TYPE) },
		{ ECUS " ECU-A", "\"hw-a\"", BOTH(COT_E_TYPE) },
		{ ECUS " ECU-A", "{}", BOTH(COT_E_MISSING) },
		{ ECUS " ECU-A extra", "null", BOTH(COT_OK) },
		{ ECUS " ECU-A hardwareId", "null", BOTH(COT_E_TYPE) },
		{ ECUS " ECU-A hardwareId", "7", BOTH(COT_E_TYPE) },
		{ ECUS " ECU-A hardwareId", "\"\"", BOTH(COT_E_NAME) },
		{ ECUS " ECU/A", "{\"hardwareId\":\"hw-a\"}", BOTH(COT_E_NAME) },
		{ ECUS " .", "{\"hardwareId\":\"hw-a\"}", BOTH(COT_E_NAME) }
	};

	(void)state;
	CHECK_EDITS(rows, SIM_DIRECTOR);
}

/* ---- two faults -------------------------------------------------------------------- */

#define HASH64 "0000000000000000000000000000000000000000000000000000000000000000"
#define GOOD "\"custom\":{\"hardwareIds\":[\"h\"],\"releaseCounter\":1}," \
	"\"hashes\":{\"sha256\":\"" HASH64 "\"},\"length\":1"

/* What is asked of an entry, in order; each row spoils two, so the first answers.  The
 * last rows have two entries: the first one answers, whatever its fault. */
static void two_faults(void **state)
{
	static const struct {
		const char *targets;
		enum cot_err err;
	} rows[] = {
		{ "\"a\":{" GOOD "}", COT_OK },
		{ "\".a\":null", COT_E_NAME },
		{ "\"a\":{\"custom\":7,\"hashes\":{}}", COT_E_MISSING },
		{ "\"a\":{\"custom\":7,\"hashes\":{},\"length\":-1}", COT_E_NUMBER },
		{ "\"a\":{\"custom\":7,\"hashes\":{},\"length\":1}", COT_E_NO_STRONG_HASH },
		{ "\"a\":{\"custom\":7,\"hashes\":{\"sha256\":\"0g\"},\"length\":1}",
		  COT_E_ENCODING },
		{ "\"a\":{\"custom\":7,\"length\":1}", COT_E_MISSING },
		{ "\"a\":{\"custom\":7,\"hashes\":{\"sha256\":\"" HASH64 "\"},\"length\":1}",
		  COT_E_TYPE },
#define CUSTOM(text) "\"a\":{\"custom\":{" text "},\"hashes\":{\"sha256\":\"" HASH64 \
	"\"},\"length\":1}"
		{ CUSTOM("\"ecuIdentifiers\":[],\"releaseCounter\":-1"), COT_E_NUMBER },
		{ CUSTOM("\"hardwareIds\":{},\"releaseCounter\":-1"), COT_E_NUMBER },
		{ CUSTOM("\"ecuIdentifiers\":{\".\":7},\"hardwareIds\":[\".\"],"
		         "\"mustMatch\":7"), COT_E_TYPE },
		{ CUSTOM("\"ecuIdentifiers\":{\"E\":7},\"hardwareIds\":[\".\"]"), COT_E_NAME },
		{ CUSTOM("\"ecuIdentifiers\":{\"E\":7},\"mustMatch\":{" MATCH16 ",\"q\":1}"),
		  COT_E_TYPE },
		{ CUSTOM("\"ecuIdentifiers\":{\".\":7}"), COT_E_NAME },
		{ CUSTOM("\"ecuIdentifiers\":{\"E\":{}}"), COT_E_MISSING },
		{ CUSTOM("\"ecuIdentifiers\":{\"E\":{\"hardwareId\":\"\"}}"), COT_E_NAME },
		{ CUSTOM("\"hardwareIds\":[" IDS16 ",\".\"],\"mustMatch\":{" MATCH16 ",\"q\":1}"),
		  COT_E_LIMIT },
		{ CUSTOM("\"mustMatch\":{" MATCH16 ",\"q\":1}"), COT_E_LIMIT },
		{ CUSTOM("\"hardwareIds\":[\"h\"]"), COT_E_MISSING },
		{ CUSTOM("\"releaseCounter\":1"), COT_E_MISSING },
#undef CUSTOM
		{ "\"a\":{" GOOD "},\"b\":{" GOOD "}", COT_OK },
		{ "\"a\":null,\"b/\":{" GOOD "}", COT_E_TYPE },
		{ "\"a/\":{" GOOD "},\"b\":null", COT_E_NAME },
		{ "\"a\":{},\"b\":null", COT_E_MISSING },
		{ "\"a\":{" GOOD "},\"b\":null", COT_E_TYPE }
	};
	char text[1024];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cot_targets t;
		enum cot_err err;

		snprintf(text, sizeof(text),
		         "{\"_type\":\"targets\",\"custom\":{\"repository\":\"image\"},"
		         "\"expires\":\"2030-01-01T00:00:00Z\",\"spec_version\":\"1.0\","
		         "\"targets\":{%s},\"version\":7}", rows[i].targets);
		assert_int_equal(cot_json_check(cot_slice_str(text), COT_GRAMMAR_OLPC, NULL), COT_OK);
		err = cot_targets_parse(cot_slice_str(text), &cot_policy_uptane, &t);
		if (err != rows[i].err)
			fail_msg("%s: %s", rows[i].targets, cot_err_word(err));
	}
}

/* ---- finding ---------------------------------------------------------------------- */

static void found(void **state)
{
	struct sim_world *w = world();
	struct cot_slice body = sim_edit(sim_signed(w, SIM_IMAGE, COT_ROLE_TARGETS), "", "");
	struct cot_targets t;
	struct cot_target one;

	(void)state;
	assert_int_equal(cot_targets_parse(body, &cot_policy_uptane, &t), COT_OK);
	assert_int_equal(t.delegations.len, 0);
	assert_int_equal(cot_targets_find(&t, COT_SLICE("a/x.bin"), &one), COT_OK);
	assert_int_equal(one.image.length, 1007);
	assert_true(one.has_counter);
	assert_int_equal(one.counter, 3);
	assert_int_equal(one.artifact.length, one.image.length);
	assert_int_equal(one.artifact.method, COT_METHOD_IDENTITY);
	assert_int_equal(one.artifact.base.len, 0);
	assert_true(cot_slice_is(one.artifact.name, "a/x.bin"));
	assert_true(cot_hashes_equal(&one.artifact.hashes, &one.image.hashes));
	assert_true(cot_target_fits(&one, COT_SLICE("hw-a")));
	assert_false(cot_target_fits(&one, COT_SLICE("hw-b")));
	assert_false(cot_target_fits(&one, COT_SLICE("hw-")));
	one.hardware_ids.len = 0;
	assert_false(cot_target_fits(&one, COT_SLICE("hw-a")));
	assert_int_equal(cot_targets_find(&t, COT_SLICE("a/x.bi"), &one), COT_E_NOT_FOUND);
	assert_int_equal(cot_targets_find(&t, COT_SLICE("x.bin"), &one), COT_E_NOT_FOUND);
	assert_int_equal(cot_targets_find(&t, cot_slice(NULL, 0), &one), COT_E_NOT_FOUND);
	sim_drop(body);
	sim_world_free(w);
}

static void same_hashes(const struct cot_hashes *a, const struct cot_hashes *b)
{
	assert_true(cot_hashes_equal(a, b));
}

/* Skimming finds the same orders as decoding them one by one, and can decode each. */
static void skimmed(const struct cot_targets *t)
{
	struct cot_order_iter it, light;
	struct cot_order order, read;
	size_t count = 0;

	assert_int_equal(cot_orders_begin(t, &it), COT_OK);
	assert_int_equal(cot_orders_begin(t, &light), COT_OK);
	for (; cot_orders_next(&it, &order) == COT_OK; count++) {
		assert_int_equal(cot_orders_skim(&light), COT_OK);
		assert_ptr_equal(light.ordered.ecu.ptr, order.ecu.ptr);
		assert_int_equal(light.ordered.ecu.len, order.ecu.len);
		assert_int_equal(light.ordered.length, order.target.image.length);
		assert_int_equal(cot_orders_read(&light.ordered, &read), COT_OK);
		assert_true(cot_slice_eq(read.ecu, order.ecu));
		assert_true(cot_slice_eq(read.hardware_id, order.hardware_id));
		assert_true(cot_slice_eq(read.target.name, order.target.name));
		assert_true(cot_slice_eq(read.target.ecus, order.target.ecus));
		assert_int_equal(read.target.counter, order.target.counter);
		same_hashes(&read.target.image.hashes, &order.target.image.hashes);
		same_hashes(&read.target.artifact.hashes, &order.target.artifact.hashes);
	}
	assert_int_equal(count, 3);
	assert_int_equal(cot_orders_skim(&light), COT_E_NOT_FOUND);
	assert_int_equal(cot_orders_skim(&light), COT_E_NOT_FOUND);
}

static void orders(void **state)
{
	static const struct {
		const char *ecu, *hardware, *name;
	} rows[] = {
		{ "ECU-A", "hw-a", "a/x.bin" },
		{ "ECU-C", "hw-c", "a/x.bin" },
		{ "ECU-B", "hw-b", "b.bin" }
	};
	struct sim_world *w = world();
	struct cot_slice body;
	struct cot_order_iter it;
	struct cot_order order;
	struct cot_targets t;
	size_t i;

	(void)state;
	/* An entry that orders nothing is passed over. */
	body = sim_edit(sim_signed(w, SIM_DIRECTOR, COT_ROLE_TARGETS), "targets a/a.bin",
	                "{\"custom\":{\"ecuIdentifiers\":{},\"releaseCounter\":1},\"hashes\":"
	                "{\"sha256\":\"00000000000000000000000000000000000000000000000000000000"
	                "00000000\"},\"length\":1}");
	assert_int_equal(cot_targets_parse(body, &cot_policy_uptane, &t), COT_OK);
	assert_int_equal(cot_orders_begin(&t, &it), COT_OK);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(cot_orders_next(&it, &order), COT_OK);
		assert_true(cot_slice_is(order.ecu, rows[i].ecu));
		assert_true(cot_slice_is(order.hardware_id, rows[i].hardware));
		assert_true(cot_slice_is(order.target.name, rows[i].name));
		assert_int_equal(cot_orders_find(&t, cot_slice_str(rows[i].ecu), &order), COT_OK);
		assert_true(cot_slice_is(order.target.name, rows[i].name));
	}
	assert_int_equal(cot_orders_next(&it, &order), COT_E_NOT_FOUND);
	assert_int_equal(cot_orders_next(&it, &order), COT_E_NOT_FOUND);
	skimmed(&t);
	assert_int_equal(cot_orders_find(&t, COT_SLICE("ECU-D"), &order), COT_E_NO_ORDER);
	assert_int_equal(cot_orders_find(&t, COT_SLICE("ECU"), &order), COT_E_NO_ORDER);
	sim_drop(body);
	sim_world_free(w);
}

/* What was parsed is looked up again; were it bad, the walk would say so. */
static void bad_orders(void **state)
{
	static const struct {
		const char *targets;
		enum cot_err err;
	} rows[] = {
		{ "{\"a\":null}", COT_E_TYPE },
		{ "{\"..\":{}}", COT_E_NAME },
		{ "{\"a\":{\"length\":1}}", COT_E_MISSING }
	};
	struct cot_order_iter it;
	struct cot_order order;
	struct cot_targets t;
	size_t i;

	(void)state;
	memset(&t, 0, sizeof(t));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		t.targets = cot_slice_str(rows[i].targets);
		assert_int_equal(cot_orders_begin(&t, &it), COT_OK);
		assert_int_equal(cot_orders_next(&it, &order), rows[i].err);
		assert_int_equal(cot_orders_find(&t, COT_SLICE("E"), &order), rows[i].err);
	}
	t.targets = COT_SLICE("[]");
	assert_int_equal(cot_orders_begin(&t, &it), COT_E_TYPE);
	assert_int_equal(cot_orders_find(&t, COT_SLICE("E"), &order), COT_E_TYPE);
}

/* ---- size --------------------------------------------------------------------------- */

#define MANY 100000

/* 100,000 entries, as long as an Image repository of 40 MiB. */
static char *many(size_t *ret_len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);
	int i;

	assert_non_null(out);
	fputs("{\"_type\":\"targets\",\"custom\":{\"repository\":\"image\"},"
	      "\"expires\":\"2030-01-01T00:00:00Z\",\"spec_version\":\"1.0\",\"targets\":{", out);
	for (i = 0; i < MANY; i++)
		fprintf(out,
		        "%s\"supplier-a/firmware-%06d.bin\":{\"custom\":{\"hardwareIds\":"
		        "[\"hw-%d\"],\"releaseCounter\":%d},\"hashes\":{\"sha256\":\"%064x\","
		        "\"sha512\":\"%0128x\"},\"length\":%d}",
		        i ? "," : "", i, i % 9, i, i, i, i);
	fputs("},\"version\":7}", out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void a_hundred_thousand(void **state)
{
	struct cot_target one;
	struct cot_targets t;
	struct cot_slice body;
	char *text;
	size_t len;

	(void)state;
	text = many(&len);
	body = cot_slice(text, len);
	assert_true(len > 30000000);
	assert_int_equal(cot_json_check(body, COT_GRAMMAR_OLPC, NULL), COT_OK);
	assert_int_equal(cot_targets_parse(body, &cot_policy_uptane, &t), COT_OK);
	assert_int_equal(cot_targets_find(&t, COT_SLICE("supplier-a/firmware-099999.bin"), &one),
	                 COT_OK);
	assert_int_equal(one.image.length, MANY - 1);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(image_shapes), cmocka_unit_test(director_shapes),
		cmocka_unit_test(two_faults),
		cmocka_unit_test(found), cmocka_unit_test(orders),
		cmocka_unit_test(bad_orders), cmocka_unit_test(a_hundred_thousand)
	};

	if (cot_crypto_init() != COT_OK)
		return 1;
	return cmocka_run_group_tests_name("metadata_targets", tests, NULL, NULL);
}
