/* SPDX-License-Identifier: Apache-2.0
 *
 * Root: what a device could live with (F2.6), what a rotation is, and that no key
 * speaks for both repositories.
 */
#include "keys/crypto/init.h"
#include "keys/encode.h"
#include "metadata/root.h"
#include "tests/sim/edit.h"
#include "tests/sim/repo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEX64 "00000000000000000000000000000000000000000000000000000000000000aa"
#define POINT1 "0100000000000000000000000000000000000000000000000000000000000000"

struct edit {
	const char *path; /* "@N" stands for the id of key N */
	const char *raw;  /* NULL: taken away; "@N" as in path */
	enum cot_err err;
};

/* Copies text with each @N replaced. */
static void expand(const char *text, char *ret, size_t max)
{
	size_t len = 0;

	while (*text != '\0') {
		assert_true(len + COT_KEY_ID_TEXT + 1 < max);
		if (*text != '@') {
			ret[len++] = *text++;
			continue;
		}
		sim_key_id((unsigned)strtoul(text + 1, (char **)(uintptr_t)&text, 10), ret + len);
		len += COT_KEY_ID_TEXT;
	}
	ret[len] = '\0';
}

static void check_edits(const struct edit *rows, size_t count, const struct cot_policy *policy)
{
	struct sim_world *w = sim_world_new();
	const json_t *tree = sim_signed(w, SIM_DIRECTOR, COT_ROLE_ROOT);
	char path[512], raw[2048];
	struct cot_root root;
	size_t i;

	for (i = 0; i < count; i++) {
		struct cot_slice body;
		enum cot_err err;

		expand(rows[i].path, path, sizeof(path));
		expand(rows[i].raw ? rows[i].raw : "", raw, sizeof(raw));
		body = sim_edit(tree, path, rows[i].raw ? raw : NULL);
		err = cot_root_parse(body, policy, &cot_crypto_full, &root);
		if (err != rows[i].err)
			fail_msg("%s = %s: %s", rows[i].path, rows[i].raw ? rows[i].raw : "(none)",
			         cot_err_word(err));
		sim_drop(body);
	}
	sim_world_free(w);
}

#define CHECK_EDITS(rows, policy) check_edits(rows, sizeof(rows) / sizeof((rows)[0]), policy)

static void shapes(void **state)
{
	static const struct edit rows[] = {
		{ "", "", COT_OK },
		{ "extra", "[]", COT_OK },
		{ "_type", "\"targets\"", COT_E_ROLE_TYPE },
		{ "consistent_snapshot", NULL, COT_E_MISSING },
		{ "consistent_snapshot", "false", COT_E_UNSUPPORTED },
		{ "consistent_snapshot", "null", COT_E_TYPE },
		{ "consistent_snapshot", "1", COT_E_TYPE },
		{ "custom repository", NULL, COT_E_MISSING },
		{ "keys", NULL, COT_E_MISSING },
		{ "keys", "null", COT_E_TYPE },
		{ "keys", "[]", COT_E_TYPE },
		{ "keys", "{}", COT_E_MISSING },
		{ "keys @1", NULL, COT_E_MISSING },
		{ "keys @1", "null", COT_E_TYPE },
		{ "keys @1", "[]", COT_E_TYPE },
		{ "keys @1 keyval", "null", COT_E_KEY_ID },
		{ "keys @1 keyval public", "\"" HEX64 "\"", COT_E_KEY_ID },
		{ "keys @1 scheme", "\"rsassa-pss-sha256\"", COT_E_KEY_ID },
		{ "keys @1 extra", "1", COT_E_KEY_ID },
		{ "keys " HEX64, "{}", COT_E_KEY_ID },
		{ "keys x", "{}", COT_E_KEY_ID },
		{ "keys " HEX64 "00", "{}", COT_E_KEY_ID },
		{ "roles", NULL, COT_E_MISSING },
		{ "roles", "null", COT_E_TYPE },
		{ "roles extra", "null", COT_OK },
		{ "roles root", NULL, COT_E_MISSING },
		{ "roles timestamp", NULL, COT_E_MISSING },
		{ "roles snapshot", NULL, COT_E_MISSING },
		{ "roles targets", NULL, COT_E_MISSING },
		{ "roles targets", "null", COT_E_TYPE },
		{ "roles targets extra", "null", COT_OK },
		{ "roles root keyids", NULL, COT_E_MISSING },
		{ "roles root keyids", "null", COT_E_TYPE },
		{ "roles root keyids", "{}", COT_E_TYPE },
		{ "roles root keyids", "[]", COT_E_ILLEGAL_THRESHOLD },
		{ "roles root keyids 0", "null", COT_E_TYPE },
		{ "roles root keyids 0", "\"\"", COT_E_MISSING },
		{ "roles root keyids 0", "\"" HEX64 "\"", COT_E_MISSING },
		{ "roles root keyids 1", "\"@1\"", COT_E_DUPLICATE_MEMBER },
		{ "roles root keyids", "[\"@1\",\"@2\",\"@1\"]", COT_E_DUPLICATE_MEMBER },
		{ "roles root keyids", "[\"@1\",\"" HEX64 "\",\"@2\"]", COT_E_MISSING },
		{ "roles root keyids", "[\"@1\"]", COT_E_ILLEGAL_THRESHOLD },
		{ "roles root threshold", NULL, COT_E_MISSING },
		{ "roles root threshold", "null", COT_E_TYPE },
		{ "roles root threshold", "\"2\"", COT_E_TYPE },
		{ "roles root threshold", "0", COT_E_ILLEGAL_THRESHOLD },
		{ "roles root threshold", "1", COT_OK },
		{ "roles root threshold", "3", COT_OK },
		{ "roles root threshold", "4", COT_E_ILLEGAL_THRESHOLD },
		{ "roles root threshold", "-1", COT_E_ILLEGAL_THRESHOLD },
		{ "roles root threshold", "2.0", COT_E_ILLEGAL_THRESHOLD },
		{ "roles root threshold", "4294967298", COT_E_ILLEGAL_THRESHOLD },
		{ "roles timestamp threshold", "0", COT_E_ILLEGAL_THRESHOLD },
		{ "roles snapshot threshold", "2", COT_E_ILLEGAL_THRESHOLD },
		{ "roles targets threshold", "0", COT_E_ILLEGAL_THRESHOLD }
	};

	(void)state;
	CHECK_EDITS(rows, &cot_policy_uptane);
}

/* What signed.custom says. */
static void custom(void **state)
{
	static const struct edit rows[] = {
		{ "custom time", NULL, COT_OK },
		{ "custom time", "null", COT_E_TYPE },
		{ "custom time", "[]", COT_E_TYPE },
		{ "custom time keyids", "null", COT_E_TYPE },
		{ "custom time keyids", "[\"" HEX64 "\"]", COT_E_MISSING },
		{ "custom time threshold", "0", COT_E_ILLEGAL_THRESHOLD },
		{ "custom time threshold", "2", COT_E_ILLEGAL_THRESHOLD },
		{ "custom floors", "{}", COT_OK },
		{ "custom floors", "null", COT_E_TYPE },
		{ "custom floors", "{\"targets\":7}", COT_OK },
		{ "custom floors", "{\"targets\":null}", COT_E_TYPE },
		{ "custom floors", "{\"targets\":-1}", COT_E_NUMBER },
		{ "custom floors", "{\"targets\":2147483648}", COT_E_NUMBER },
		{ "custom floors", "{\"other\":\"x\"}", COT_E_TYPE }
	};

	(void)state;
	CHECK_EDITS(rows, &cot_policy_uptane);
}

/* Where ids are free, what stands in a key is looked at all the same. */
static void free_ids(void **state)
{
	static const struct edit rows[] = {
		{ "", "", COT_OK },
		{ "custom repository", NULL, COT_OK },
		{ "keys @1 keyval", "null", COT_E_TYPE },
		{ "keys @1 keyval", NULL, COT_E_MISSING },
		{ "keys @1 keyval public", "7", COT_E_TYPE },
		{ "keys @1 keyval public", "\"\"", COT_E_KEY },
		{ "keys @1 keyval public", "\"00\"", COT_E_KEY },
		{ "keys @1 keyval public", "\"" HEX64 "aa\"", COT_E_KEY },
		{ "keys @1 keyval public", "\"zz\"", COT_E_ENCODING },
		/* A point of small order: anyone can sign under it. */
		{ "keys @1 keyval public", "\"" POINT1 "\"", COT_E_KEY },
		/* A scheme to come may stand there; one key less helps the threshold. */
		{ "keys @1 scheme", "\"later\"", COT_OK },
		{ "keys @4 scheme", "\"later\"", COT_E_ILLEGAL_THRESHOLD },
		{ "keys @4 scheme", "\"hmac-sha256\"", COT_E_ILLEGAL_THRESHOLD },
		{ "keys @1 extra", "1", COT_OK }
	};
	struct cot_policy lax = cot_policy_uptane;

	(void)state;
	lax.uptane_fields = lax.key_ids_recomputed = false;
	CHECK_EDITS(rows, &lax);
}

/* One P-256 key in two spellings: PEM as sim_key_object has it, and the point in
 * hex.  Both ids are right, and it is one key. */
static json_t *hex_object(unsigned key, char ret_id[COT_KEY_ID_TEXT + 1])
{
	json_t *object = sim_key_object(key);
	struct cot_slice text = sim_edit(object, "", "");
	uint8_t buf[COT_MAX_KEY_LEN], id[COT_KEY_ID_LEN];
	char hex[2 * COT_MAX_KEY_LEN + 1] = "";
	struct cot_key parsed;
	struct cot_slice raw;

	assert_int_equal(cot_key_parse(text, &parsed), COT_OK);
	assert_int_equal(cot_key_decode(&parsed, buf, &raw), COT_OK);
	cot_hex_encode(raw, hex);
	json_object_set_new(json_object_get(object, "keyval"), "public", json_string(hex));
	sim_drop(text);
	text = sim_edit(object, "", "");
	cot_key_id(text, &cot_crypto_full, id);
	cot_hex_encode(cot_slice(id, sizeof(id)), ret_id);
	ret_id[COT_KEY_ID_TEXT] = '\0';
	sim_drop(text);
	return object;
}

static void list_hex(struct sim_world *w, unsigned repo, enum cot_role role, unsigned key)
{
	json_t *root = sim_signed(w, repo, COT_ROLE_ROOT);
	json_t *entry = json_object_get(json_object_get(root, "roles"), cot_role_name(role));
	char id[COT_KEY_ID_TEXT + 1];
	json_t *object = hex_object(key, id);

	json_object_set_new(json_object_get(root, "keys"), id, object);
	json_array_append_new(json_object_get(entry, "keyids"), json_string(id));
}

static enum cot_err parse(struct sim_world *w, unsigned repo, struct cot_slice *ret_text,
                          struct cot_root *ret)
{
	*ret_text = sim_edit(sim_signed(w, repo, COT_ROLE_ROOT), "", "");
	return cot_root_parse(*ret_text, &cot_policy_uptane, &cot_crypto_full, ret);
}

static void assert_parse(struct sim_world *w, unsigned repo, enum cot_err err)
{
	struct cot_slice text;
	struct cot_root root;

	assert_int_equal(parse(w, repo, &text, &root), err);
	sim_drop(text);
}

static void one_key_two_spellings(void **state)
{
	struct sim_world *w = sim_world_new();

	(void)state;
	sim_replace_key(w, SIM_IMAGE, COT_ROLE_TIMESTAMP, SIM_IMAGE_TIMESTAMP, SIM_KEY_P256);
	list_hex(w, SIM_IMAGE, COT_ROLE_TIMESTAMP, SIM_KEY_P256);
	assert_parse(w, SIM_IMAGE, COT_OK);
	sim_threshold(w, SIM_IMAGE, COT_ROLE_TIMESTAMP, 2);
	assert_parse(w, SIM_IMAGE, COT_E_ILLEGAL_THRESHOLD);
	sim_add_key(w, SIM_IMAGE, COT_ROLE_TIMESTAMP, SIM_SPARE);
	assert_parse(w, SIM_IMAGE, COT_OK);
	sim_world_free(w);
}

static void key_limit(void **state)
{
	struct sim_world *w = sim_world_new();
	json_t *root = sim_signed(w, SIM_IMAGE, COT_ROLE_ROOT);
	json_t *ids = json_object_get(json_object_get(json_object_get(root, "roles"), "timestamp"),
	                              "keyids");
	char id[COT_KEY_ID_TEXT + 1];
	unsigned key;

	(void)state;
	for (key = SIM_SPARE; json_array_size(ids) <= COT_MAX_ROLE_KEYS; key++) {
		assert_parse(w, SIM_IMAGE, COT_OK);
		sim_key_id(key, id);
		json_object_set_new(json_object_get(root, "keys"), id, sim_key_object(key));
		json_array_append_new(ids, json_string(id));
	}
	assert_parse(w, SIM_IMAGE, COT_E_LIMIT);
	sim_world_free(w);
}

/* ---- key by key, role by role --------------------------------------------------------- */

static unsigned key_checks;

static enum cot_err counting_key_check(enum cot_scheme scheme, struct cot_slice key)
{
	key_checks++;
	return cot_crypto_full.key_check(scheme, key);
}

/* Keys from first on, listed by no role. */
static void put_keys(struct sim_world *w, unsigned repo, unsigned first, unsigned count)
{
	json_t *keys = json_object_get(sim_signed(w, repo, COT_ROLE_ROOT), "keys");
	char id[COT_KEY_ID_TEXT + 1];
	unsigned key;

	for (key = first; key < first + count; key++) {
		sim_key_id(key, id);
		json_object_set_new(keys, id, sim_key_object(key));
	}
}

static size_t count_keys(struct sim_world *w, unsigned repo)
{
	return json_object_size(json_object_get(sim_signed(w, repo, COT_ROLE_ROOT), "keys"));
}

static void one_key_per_call(void **state)
{
	struct sim_world *w = sim_world_new();
	struct cot_crypto crypto = cot_crypto_full;
	struct cot_slice text;
	struct cot_root root;
	size_t at = 0, calls = 0, keys;
	enum cot_err err;

	(void)state;
	put_keys(w, SIM_DIRECTOR, SIM_SPARE, 30);
	keys = count_keys(w, SIM_DIRECTOR);
	assert_true(keys > 30);
	text = sim_edit(sim_signed(w, SIM_DIRECTOR, COT_ROLE_ROOT), "", "");
	crypto.key_check = counting_key_check;
	key_checks = 0;
	assert_int_equal(cot_root_open(text, &cot_policy_uptane, &root), COT_OK);
	assert_int_equal(key_checks, 0);
	do {
		err = cot_root_check_keys(&root, &cot_policy_uptane, &crypto, &at);
		assert_int_equal(key_checks, err == COT_PENDING ? ++calls : calls);
	} while (err == COT_PENDING);
	assert_int_equal(err, COT_OK);
	assert_int_equal(calls, keys);
	assert_int_equal(at, 0);
	for (calls = 1; (err = cot_root_check_roles(&root, &at)) == COT_PENDING; calls++)
		assert_int_equal(at, calls);
	assert_int_equal(err, COT_OK);
	assert_int_equal(calls, 5); /* the four roles, and time */
	assert_int_equal(at, 0);
	assert_int_equal(key_checks, keys);
	sim_drop(text);
	sim_world_free(w);
}

/* Of two faults the one that costs less to see is named: shape, then keys in their
 * order, each id before the key itself, then roles in theirs. */
static void which_fault_is_named(void **state)
{
	static const struct {
		const char *path, *raw;
		const char *path2, *raw2;
		enum cot_err err;
	} rows[] = {
		{ "consistent_snapshot", "false", "keys @1 extra", "1", COT_E_UNSUPPORTED },
		{ "custom floors", "null", "keys @1 extra", "1", COT_E_TYPE },
		{ "keys @1 keyval public", "\"" POINT1 "\"", "roles", "null", COT_E_KEY_ID },
		{ "keys @1", "null", "roles root threshold", "0", COT_E_TYPE },
		{ "roles root threshold", "0", "roles targets", NULL, COT_E_ILLEGAL_THRESHOLD },
		{ "roles targets", NULL, "custom time threshold", "0", COT_E_MISSING }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim_world *w = sim_world_new();
		json_t *tree;
		char path[512];
		struct cot_slice once, twice;
		struct cot_root root;

		expand(rows[i].path, path, sizeof(path));
		once = sim_edit(sim_signed(w, SIM_DIRECTOR, COT_ROLE_ROOT), path, rows[i].raw);
		tree = json_loadb((const char *)once.ptr, once.len, 0, NULL);
		assert_non_null(tree);
		expand(rows[i].path2, path, sizeof(path));
		twice = sim_edit(tree, path, rows[i].raw2);
		assert_int_equal(cot_root_parse(once, &cot_policy_uptane, &cot_crypto_full, &root),
		                 rows[i].err);
		assert_int_equal(cot_root_parse(twice, &cot_policy_uptane, &cot_crypto_full, &root),
		                 rows[i].err);
		json_decref(tree);
		sim_drop(once);
		sim_drop(twice);
		sim_world_free(w);
	}
}

static void roles_and_floors(void **state)
{
	struct sim_world *w = sim_world_new();
	json_t *extra = json_object_get(sim_signed(w, SIM_DIRECTOR, COT_ROLE_ROOT), "custom");
	struct cot_role_keys role;
	struct cot_slice text;
	struct cot_root root;

	(void)state;
	json_object_set_new(extra, "floors", json_pack("{s:i}", "targets", 7));
	assert_int_equal(parse(w, SIM_DIRECTOR, &text, &root), COT_OK);
	assert_int_equal(cot_root_role(&root, COT_ROLE_ROOT, &role), COT_OK);
	assert_int_equal(role.threshold, 2);
	assert_int_equal(cot_root_role(&root, COT_ROLE_TIME, &role), COT_OK);
	assert_int_equal(role.threshold, 1);
	assert_int_equal(cot_root_role(&root, COT_ROLE_PROVISION, &role), COT_E_MISSING);
	assert_int_equal(cot_root_floor(&root, COT_ROLE_TARGETS), 7);
	assert_int_equal(cot_root_floor(&root, COT_ROLE_SNAPSHOT), 0);
	sim_drop(text);
	json_object_del(extra, "floors");
	json_object_del(extra, "time");
	assert_int_equal(parse(w, SIM_DIRECTOR, &text, &root), COT_OK);
	assert_int_equal(cot_root_role(&root, COT_ROLE_TIME, &role), COT_E_MISSING);
	assert_int_equal(cot_root_floor(&root, COT_ROLE_TARGETS), 0);
	sim_drop(text);
	sim_world_free(w);
}

/* ---- from one Root to the next ------------------------------------------------------ */

static void add_key(struct sim_world *w, enum cot_role role)
{
	sim_add_key(w, SIM_DIRECTOR, role, SIM_SPARE);
}

static void replace_key(struct sim_world *w, enum cot_role role)
{
	sim_replace_key(w, SIM_DIRECTOR, role, role == COT_ROLE_TIME ? SIM_TIME :
	                                       (unsigned)SIM_DIRECTOR_TARGETS,
	                SIM_SPARE);
}

static void raise_threshold(struct sim_world *w, enum cot_role role)
{
	sim_add_key(w, SIM_DIRECTOR, role, SIM_SPARE);
	sim_threshold(w, SIM_DIRECTOR, role, 2);
}

static void respell(struct sim_world *w, enum cot_role role)
{
	list_hex(w, SIM_DIRECTOR, role, SIM_KEY_P256);
	sim_remove_key(w, SIM_DIRECTOR, role, SIM_KEY_P256);
}

static void other_role(struct sim_world *w, enum cot_role role)
{
	(void)role;
	sim_replace_key(w, SIM_DIRECTOR, COT_ROLE_SNAPSHOT, SIM_DIRECTOR_SNAPSHOT, SIM_SPARE + 1);
}

static void nothing(struct sim_world *w, enum cot_role role)
{
	(void)w;
	(void)role;
}

static void drop_time(struct sim_world *w, enum cot_role role)
{
	(void)role;
	json_object_del(json_object_get(sim_signed(w, SIM_DIRECTOR, COT_ROLE_ROOT), "custom"),
	                "time");
}

static void rotations(void **state)
{
	static const struct {
		void (*change)(struct sim_world *w, enum cot_role role);
		enum cot_role role;
		bool forth, back; /* from old to new, and the other way round */
	} rows[] = {
		{ nothing, COT_ROLE_TARGETS, false, false },
		{ other_role, COT_ROLE_TARGETS, false, false },
		{ add_key, COT_ROLE_TARGETS, false, true },
		{ replace_key, COT_ROLE_TARGETS, true, true },
		{ raise_threshold, COT_ROLE_TARGETS, true, true },
		{ respell, COT_ROLE_TARGETS, false, false },
		{ nothing, COT_ROLE_TIME, false, false },
		{ add_key, COT_ROLE_TIME, false, true },
		{ replace_key, COT_ROLE_TIME, true, true },
		{ raise_threshold, COT_ROLE_TIME, true, true },
		{ drop_time, COT_ROLE_TIME, true, false }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim_world *w = sim_world_new();
		struct cot_slice old_text, next_text;
		struct cot_root old, next;

		if (rows[i].change == respell)
			sim_add_key(w, SIM_DIRECTOR, COT_ROLE_TARGETS, SIM_KEY_P256);
		assert_int_equal(parse(w, SIM_DIRECTOR, &old_text, &old), COT_OK);
		rows[i].change(w, rows[i].role);
		assert_int_equal(parse(w, SIM_DIRECTOR, &next_text, &next), COT_OK);
		if (cot_root_rotated(&old, &next, rows[i].role) !=
		            rows[i].forth ||
		    cot_root_rotated(&next, &old, rows[i].role) != rows[i].back)
			fail_msg("row %zu", i);
		sim_drop(old_text);
		sim_drop(next_text);
		sim_world_free(w);
	}
}

static void threshold_only(void **state)
{
	struct sim_world *w = sim_world_new();
	struct cot_slice old_text, next_text;
	struct cot_root old, next;

	(void)state;
	assert_int_equal(parse(w, SIM_DIRECTOR, &old_text, &old), COT_OK);
	sim_threshold(w, SIM_DIRECTOR, COT_ROLE_ROOT, 3);
	assert_int_equal(parse(w, SIM_DIRECTOR, &next_text, &next), COT_OK);
	assert_true(cot_root_rotated(&old, &next, COT_ROLE_ROOT));
	assert_false(cot_root_rotated(&next, &old, COT_ROLE_ROOT));
	sim_drop(old_text);
	sim_drop(next_text);
	sim_world_free(w);
}

static void assert_disjoint(struct sim_world *w, enum cot_err err)
{
	struct cot_slice director_text, image_text;
	struct cot_root director, image;

	assert_int_equal(parse(w, SIM_DIRECTOR, &director_text, &director), COT_OK);
	assert_int_equal(parse(w, SIM_IMAGE, &image_text, &image), COT_OK);
	assert_int_equal(cot_root_check_disjoint(&director, &image), err);
	assert_int_equal(cot_root_check_disjoint(&image, &director), err);
	sim_drop(director_text);
	sim_drop(image_text);
}

static void shared_keys(void **state)
{
	struct sim_world *w = sim_world_new();

	(void)state;
	assert_disjoint(w, COT_OK);
	sim_add_key(w, SIM_IMAGE, COT_ROLE_SNAPSHOT, SIM_DIRECTOR_SNAPSHOT);
	assert_disjoint(w, COT_E_KEY_SHARED);
	sim_remove_key(w, SIM_IMAGE, COT_ROLE_SNAPSHOT, SIM_DIRECTOR_SNAPSHOT);
	assert_disjoint(w, COT_OK);
	sim_add_key(w, SIM_DIRECTOR, COT_ROLE_ROOT, SIM_KEY_P256);
	assert_disjoint(w, COT_OK);
	list_hex(w, SIM_IMAGE, COT_ROLE_ROOT, SIM_KEY_P256);
	assert_disjoint(w, COT_E_KEY_SHARED);
	sim_world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shapes), cmocka_unit_test(custom), cmocka_unit_test(free_ids),
		cmocka_unit_test(one_key_two_spellings), cmocka_unit_test(key_limit),
		cmocka_unit_test(one_key_per_call), cmocka_unit_test(which_fault_is_named),
		cmocka_unit_test(roles_and_floors), cmocka_unit_test(rotations),
		cmocka_unit_test(threshold_only), cmocka_unit_test(shared_keys)
	};

	if (cot_crypto_init() != COT_OK)
		return 1;
	return cmocka_run_group_tests_name("metadata_root", tests, NULL, NULL);
}
