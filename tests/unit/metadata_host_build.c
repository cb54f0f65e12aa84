/* SPDX-License-Identifier: Apache-2.0
 *
 * Builders: what they write, the core's parsers read, member by member.
 */
#include "keys/encode.h"
#include "metadata/host/build.h"
#include "metadata/provision.h"
#include "metadata/root.h"
#include "metadata/targets.h"
#include "metadata/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* RFC 8032 test keys 1 and 2, public halves. */
#define KEY_A "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
#define KEY_B "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"

static const struct cot_key key_a = { COT_SCHEME_ED25519, { (const uint8_t *)KEY_A, 64 } };
static const struct cot_key key_b = { COT_SCHEME_ED25519, { (const uint8_t *)KEY_B, 64 } };

#define EXPIRES 1893456000 /* 2030-01-01T00:00:00Z */

/* Canonical text of a tree, which is released; freed by the caller. */
static struct cot_slice text_of(json_t *tree)
{
	char *text = NULL;
	size_t len = 0;

	assert_non_null(tree);
	assert_int_equal(cot_canon_dump(tree, COT_GRAMMAR_OLPC, &text, &len), COT_OK);
	json_decref(tree);
	return cot_slice(text, len);
}

static void drop(struct cot_slice text)
{
	free((void *)(uintptr_t)text.ptr);
}

static void first_id(json_t *root, enum cot_role role, char ret[COT_KEY_ID_TEXT + 1])
{
	json_t *list = json_object_get(cot_build_root_role(root, role), "keyids");

	snprintf(ret, COT_KEY_ID_TEXT + 1, "%s", json_string_value(json_array_get(list, 0)));
}

static json_t *sample_root(void)
{
	struct cot_build_head head = { 3, EXPIRES, "director", NULL };
	json_t *root = cot_build_root(&head);
	int role;

	for (role = 0; role <= COT_ROLE_TIME; role++)
		assert_int_equal(cot_build_root_add_key(root, (enum cot_role)role, &key_a,
		                                        &cot_crypto_sodium), COT_OK);
	return root;
}

static void test_root(void **state)
{
	json_t *tree = sample_root();
	struct cot_slice text;
	struct cot_role_keys keys;
	struct cot_root root;

	(void)state;
	assert_int_equal(cot_build_root_add_key(tree, COT_ROLE_ROOT, &key_b, &cot_crypto_sodium),
	                 COT_OK);
	/* Twice is once. */
	assert_int_equal(cot_build_root_add_key(tree, COT_ROLE_ROOT, &key_b, &cot_crypto_sodium),
	                 COT_OK);
	assert_int_equal(cot_build_root_floor(tree, COT_ROLE_TARGETS, 9), COT_OK);
	json_object_set_new(cot_build_root_role(tree, COT_ROLE_ROOT), "threshold", json_integer(2));
	text = text_of(tree);
	assert_int_equal(cot_root_parse(text, &cot_policy_uptane, &cot_crypto_sodium, &root), COT_OK);
	assert_int_equal(root.head.version, 3);
	assert_int_equal(root.head.expires_s, EXPIRES);
	assert_true(cot_slice_is(root.head.repository, "director"));
	assert_int_equal(root.head.vehicle.len, 0);
	assert_int_equal(cot_root_floor(&root, COT_ROLE_TARGETS), 9);
	assert_int_equal(cot_root_floor(&root, COT_ROLE_SNAPSHOT), 0);
	assert_int_equal(cot_root_role(&root, COT_ROLE_ROOT, &keys), COT_OK);
	assert_int_equal(keys.threshold, 2);
	assert_int_equal(cot_root_role(&root, COT_ROLE_TIME, &keys), COT_OK);
	assert_int_equal(keys.threshold, 1);
	drop(text);
}

static void test_remove_key(void **state)
{
	json_t *tree = sample_root();
	char id[COT_KEY_ID_TEXT + 1];

	(void)state;
	first_id(tree, COT_ROLE_ROOT, id);
	assert_int_equal(cot_build_root_remove_key(tree, COT_ROLE_TARGETS, id), COT_OK);
	assert_int_equal(cot_build_root_remove_key(tree, COT_ROLE_TARGETS, id), COT_E_NOT_FOUND);
	/* Other roles still need it. */
	assert_non_null(json_object_get(json_object_get(tree, "keys"), id));
	assert_int_equal(cot_build_root_remove_key(tree, COT_ROLE_ROOT, id), COT_OK);
	assert_int_equal(cot_build_root_remove_key(tree, COT_ROLE_SNAPSHOT, id), COT_OK);
	assert_int_equal(cot_build_root_remove_key(tree, COT_ROLE_TIMESTAMP, id), COT_OK);
	assert_non_null(json_object_get(json_object_get(tree, "keys"), id));
	assert_int_equal(cot_build_root_remove_key(tree, COT_ROLE_TIME, id), COT_OK);
	assert_null(json_object_get(json_object_get(tree, "keys"), id));
	json_decref(tree);
}

static void test_bad_key(void **state)
{
	struct cot_key bad = key_a;
	json_t *tree = sample_root();
	size_t before = json_object_size(json_object_get(tree, "keys"));

	(void)state;
	bad.text.len = 62;
	assert_int_equal(cot_build_root_add_key(tree, COT_ROLE_ROOT, &bad, &cot_crypto_sodium),
	                 COT_E_KEY);
	assert_int_equal(json_object_size(json_object_get(tree, "keys")), before);
	json_decref(tree);
}

static void test_chain(void **state)
{
	struct cot_build_head head = { 5, EXPIRES, "director", "VEH-1" };
	struct cot_build_child child = { .version = 4 };
	struct cot_slice text, meta, content = COT_SLICE("some file");
	struct cot_head parsed;
	struct cot_meta entry;

	(void)state;
	cot_build_file_of(content, &cot_crypto_sodium, &child.file);
	text = text_of(cot_build_timestamp(&head, &child));
	assert_int_equal(cot_timestamp_parse(text, &cot_policy_uptane, &parsed, &entry), COT_OK);
	assert_int_equal(parsed.version, 5);
	assert_true(cot_slice_is(parsed.vehicle, "VEH-1"));
	assert_int_equal(entry.version, 4);
	assert_true(entry.has_length && entry.length == content.len);
	assert_int_equal(cot_hashes_check(&entry.hashes, &cot_crypto_sodium, content), COT_OK);
	drop(text);
	text = text_of(cot_build_snapshot(&head, &child));
	assert_int_equal(cot_snapshot_parse(text, &cot_policy_uptane, &parsed, &meta), COT_OK);
	assert_int_equal(cot_snapshot_find(meta, COT_SLICE("targets.json"), &cot_policy_uptane,
	                                   &entry), COT_OK);
	assert_int_equal(entry.version, 4);
	assert_int_equal(entry.hashes.known, COT_KNOWN_SHA256 | COT_KNOWN_SHA512);
	drop(text);
}

static void test_targets(void **state)
{
	struct cot_build_head head = { 1, EXPIRES, "director", "VEH-1" };
	struct cot_build_file file;
	json_t *tree = cot_build_targets(&head), *entry;
	struct cot_slice text;
	struct cot_targets targets;
	struct cot_order order;

	(void)state;
	cot_build_file_of(COT_SLICE("image"), &cot_crypto_sodium, &file);
	entry = cot_build_target(&file, 7, json_pack("[s,s]", "hw-a", "hw-b"));
	assert_int_equal(cot_build_target_order(entry, "A-1", "hw-a"), COT_OK);
	assert_int_equal(cot_build_target_order(entry, "B-1", "hw-b"), COT_OK);
	json_object_set_new(json_object_get(tree, "targets"), "fw/a", entry);
	text = text_of(tree);
	assert_int_equal(cot_targets_parse(text, &cot_policy_uptane, &targets), COT_OK);
	assert_int_equal(cot_orders_find(&targets, COT_SLICE("B-1"), &order), COT_OK);
	assert_true(cot_slice_is(order.hardware_id, "hw-b"));
	assert_true(order.target.has_counter && order.target.counter == 7);
	assert_int_equal(order.target.image.length, 5);
	assert_true(cot_target_fits(&order.target, COT_SLICE("hw-a")));
	assert_int_equal(cot_orders_find(&targets, COT_SLICE("C-1"), &order), COT_E_NO_ORDER);
	drop(text);
}

static void test_time(void **state)
{
	struct cot_slice text = text_of(cot_build_time(EXPIRES, 2,
		json_pack("[s]", "00112233445566778899aabbccddeeff")));
	struct cot_time_msg msg;

	(void)state;
	assert_int_equal(cot_time_parse(text, &msg), COT_OK);
	assert_int_equal(msg.time_s, EXPIRES);
	assert_int_equal(msg.root_version, 2);
	drop(text);
}

static void test_signatures(void **state)
{
	json_t *env = cot_build_envelope(json_pack("{s:i,s:s}", "b", 1, "a", "x\ny"));
	uint8_t id[COT_KEY_ID_LEN] = { 1 }, other[COT_KEY_ID_LEN] = { 2 };
	char *text;
	size_t len;
	json_t *list = json_object_get(env, "signatures");

	(void)state;
	assert_int_equal(cot_build_signed_text(env, &text, &len), COT_OK);
	assert_string_equal(text, "{\"a\":\"x\ny\",\"b\":1}");
	free(text);
	assert_int_equal(cot_build_add_signature(env, id, COT_SLICE("\x01\x02")), COT_OK);
	assert_int_equal(cot_build_add_signature(env, other, COT_SLICE("\x03")), COT_OK);
	assert_int_equal(json_array_size(list), 2);
	/* The same key again takes its old one's place. */
	assert_int_equal(cot_build_add_signature(env, id, COT_SLICE("\xff")), COT_OK);
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "sig")), "ff");
	json_decref(env);
}

static json_t *sample_record(void)
{
	struct cot_build_ecu ecu = { .serial = "A-1", .hardware_id = "hw-a", .counter = 1,
	                             .filepath = "fw/a" };
	struct cot_build_provision p = { .number = 2, .vehicle = "VEH-1",
	                                 .primary_serial = "GW-1", .time_s = EXPIRES };
	json_t *doc[COT_ROLE_COUNT] = { NULL }, *record;

	cot_build_file_of(COT_SLICE("image"), &cot_crypto_sodium, &ecu.image);
	ecu.key = cot_build_key(&key_b);
	p.ecus = json_pack("[o]", cot_build_provision_ecu(&ecu));
	p.own = json_pack("[s]", "A-1");
	record = cot_build_provision(&p);
	doc[COT_ROLE_ROOT] = cot_build_envelope(sample_root());
	assert_int_equal(cot_build_provision_repo(record, "director", COT_ROLES_PARTIAL, doc),
	                 COT_OK);
	json_decref(doc[COT_ROLE_ROOT]);
	return cot_build_envelope(record);
}

static void test_provision(void **state)
{
	struct cot_slice text = text_of(sample_record());
	struct cot_provision p;
	struct cot_provision_ecu ecu;
	struct cot_json_iter it;

	(void)state;
	assert_int_equal(cot_provision_parse(text, &p), COT_OK);
	assert_int_equal(p.number, 2);
	assert_false(p.primary);
	assert_true(cot_slice_is(p.vehicle, "VEH-1"));
	assert_true(cot_slice_is(p.primary_serial, "GW-1"));
	assert_int_equal(p.time_s, EXPIRES);
	assert_int_equal(p.roles[0], COT_ROLES_PARTIAL);
	assert_int_equal(p.roles[1], 0);
	assert_true(p.doc[0][COT_ROLE_ROOT].canon.len > 0);
	assert_int_equal(cot_json_array(p.ecus, &it), COT_OK);
	assert_true(cot_provision_next_ecu(&it, &ecu));
	assert_true(cot_slice_is(ecu.serial, "A-1"));
	assert_int_equal(ecu.image.length, 5);
	assert_false(cot_provision_next_ecu(&it, &ecu));
	drop(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_root),
		cmocka_unit_test(test_remove_key),
		cmocka_unit_test(test_bad_key),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_signatures),
		cmocka_unit_test(test_provision)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
