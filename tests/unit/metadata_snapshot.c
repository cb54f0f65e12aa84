/* SPDX-License-Identifier: Apache-2.0
 *
 * Timestamp, Snapshot and hashes: shapes (P17), what the policy asks for, and
 * equality of hashes.
 */
#include "keys/crypto/init.h"
#include "metadata/snapshot.h"
#include "tests/sim/edit.h"
#include "tests/sim/repo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define Z32 "0000000000000000000000000000000000000000000000000000000000000000"
#define Z64 Z32 Z32

struct edit {
	const char *path, *raw; /* raw NULL: taken away */
	enum cot_err uptane, lax;
};

static struct cot_policy lax_policy(void)
{
	struct cot_policy lax = cot_policy_uptane;

	lax.uptane_fields = lax.snapshot_binds = false;
	return lax;
}

/* An entry of `meta`, under whatever name it stands. */
#define ENTRY_EDITS(entry) \
	{ entry, "null", COT_E_TYPE, COT_E_TYPE }, { entry, "[]", COT_E_TYPE, COT_E_TYPE }, \
	{ entry " extra", "null", COT_OK, COT_OK }, \
	{ entry " version", NULL, COT_E_MISSING, COT_E_MISSING }, \
	{ entry " version", "null", COT_E_TYPE, COT_E_TYPE }, \
	{ entry " version", "\"1\"", COT_E_TYPE, COT_E_TYPE }, \
	{ entry " version", "0", COT_E_NUMBER, COT_E_NUMBER }, \
	{ entry " version", "1.0", COT_E_NUMBER, COT_E_NUMBER }, \
	{ entry " version", "2147483648", COT_E_NUMBER, COT_E_NUMBER }, \
	{ entry " length", NULL, COT_E_MISSING, COT_OK }, \
	{ entry " length", "null", COT_E_TYPE, COT_E_TYPE }, \
	{ entry " length", "-1", COT_E_NUMBER, COT_E_NUMBER }, \
	{ entry " length", "67108864", COT_OK, COT_OK }, \
	{ entry " length", "67108865", COT_E_NUMBER, COT_E_NUMBER }, \
	{ entry " hashes", NULL, COT_E_MISSING, COT_OK }, \
	{ entry " hashes", "null", COT_E_TYPE, COT_E_TYPE }, \
	{ entry " hashes", "[]", COT_E_TYPE, COT_E_TYPE }, \
	{ entry " hashes", "{}", COT_E_NO_STRONG_HASH, COT_E_NO_STRONG_HASH }, \
	{ entry " hashes", "{\"md5\":\"00\"}", COT_E_NO_STRONG_HASH, COT_E_NO_STRONG_HASH }, \
	{ entry " hashes sha256", "null", COT_E_TYPE, COT_E_TYPE }, \
	{ entry " hashes sha256", "\"00\"", COT_E_ENCODING, COT_E_ENCODING }, \
	{ entry " hashes sha512", NULL, COT_OK, COT_OK }

static void check_edits(const struct edit *rows, size_t count, enum cot_role role)
{
	struct sim_world *w = sim_world_new();
	const json_t *tree = sim_signed(w, SIM_IMAGE, role);
	struct cot_policy lax = lax_policy();
	struct cot_slice meta;
	struct cot_meta one;
	struct cot_head head;
	size_t i;
	int k;

	for (i = 0; i < count; i++) {
		struct cot_slice body = sim_edit(tree, rows[i].path, rows[i].raw);

		for (k = 0; k < 2; k++) {
			const struct cot_policy *policy = k == 0 ? &cot_policy_uptane : &lax;
			enum cot_err want = k == 0 ? rows[i].uptane : rows[i].lax;
			enum cot_err err =
				role == COT_ROLE_TIMESTAMP ?
					cot_timestamp_parse(body, policy, &head, &one) :
					cot_snapshot_parse(body, policy, &head, &meta);

			if (err != want)
				fail_msg("%s = %s: %s", rows[i].path,
				         rows[i].raw ? rows[i].raw : "(none)", cot_err_word(err));
		}
		sim_drop(body);
	}
	sim_world_free(w);
}

#define CHECK_EDITS(rows, role) check_edits(rows, sizeof(rows) / sizeof((rows)[0]), role)

static void timestamp_shapes(void **state)
{
	static const struct edit rows[] = {
		{ "", "", COT_OK, COT_OK },
		{ "_type", "\"snapshot\"", COT_E_ROLE_TYPE, COT_E_ROLE_TYPE },
		{ "custom repository", NULL, COT_E_MISSING, COT_OK },
		{ "meta", NULL, COT_E_MISSING, COT_E_MISSING },
		{ "meta", "null", COT_E_TYPE, COT_E_TYPE },
		{ "meta", "[]", COT_E_TYPE, COT_E_TYPE },
		{ "meta", "{}", COT_E_MISSING, COT_E_MISSING },
		{ "meta other.json", "null", COT_OK, COT_OK },
		{ "meta snapshot.json", NULL, COT_E_MISSING, COT_E_MISSING },
		ENTRY_EDITS("meta snapshot.json")
	};

	(void)state;
	CHECK_EDITS(rows, COT_ROLE_TIMESTAMP);
}

static void snapshot_shapes(void **state)
{
	static const struct edit rows[] = {
		{ "", "", COT_OK, COT_OK },
		{ "_type", "\"timestamp\"", COT_E_ROLE_TYPE, COT_E_ROLE_TYPE },
		{ "custom repository", NULL, COT_E_MISSING, COT_OK },
		{ "meta", NULL, COT_E_MISSING, COT_E_MISSING },
		{ "meta", "null", COT_E_TYPE, COT_E_TYPE },
		{ "meta", "{}", COT_E_MISSING, COT_E_MISSING },
		{ "meta targets.json", NULL, COT_E_MISSING, COT_E_MISSING },
		/* Every entry is looked at, not only the one we need. */
		{ "meta a.json", "null", COT_E_TYPE, COT_E_TYPE },
		{ "meta a.json", "{\"version\":3}", COT_E_MISSING, COT_OK },
		{ "meta z.json", "{\"version\":0}", COT_E_NUMBER, COT_E_NUMBER },
		ENTRY_EDITS("meta targets.json")
	};

	(void)state;
	CHECK_EDITS(rows, COT_ROLE_SNAPSHOT);
}

static void what_they_say(void **state)
{
	struct sim_world *w = sim_world_new();
	const struct sim_file *targets = sim_get(w, SIM_IMAGE, "1.targets.json");
	const struct sim_file *snapshot = sim_get(w, SIM_IMAGE, "1.snapshot.json");
	struct cot_slice text = sim_edit(sim_signed(w, SIM_IMAGE, COT_ROLE_TIMESTAMP), "", "");
	struct cot_slice meta;
	struct cot_head head;
	struct cot_meta one;

	(void)state;
	assert_int_equal(cot_timestamp_parse(text, &cot_policy_uptane, &head, &one), COT_OK);
	assert_int_equal(head.version, 1);
	assert_int_equal(one.version, 1);
	assert_true(one.has_length);
	assert_int_equal(one.length, snapshot->len);
	assert_int_equal(one.hashes.known, COT_KNOWN_SHA256 | COT_KNOWN_SHA512);
	assert_int_equal(cot_hashes_check(&one.hashes, &cot_crypto_full,
	                                  cot_slice(snapshot->bytes, snapshot->len)),
	                 COT_OK);
	sim_drop(text);

	text = sim_edit(sim_signed(w, SIM_IMAGE, COT_ROLE_SNAPSHOT), "", "");
	assert_int_equal(cot_snapshot_parse(text, &cot_policy_uptane, &head, &meta), COT_OK);
	assert_int_equal(cot_snapshot_find(meta, COT_SLICE("targets.json"), &cot_policy_uptane,
	                                   &one),
	                 COT_OK);
	assert_int_equal(one.length, targets->len);
	assert_int_equal(cot_snapshot_find(meta, COT_SLICE("other.json"), &cot_policy_uptane,
	                                   &one),
	                 COT_E_MISSING);
	assert_int_equal(cot_snapshot_find(COT_SLICE("[]"), COT_SLICE("targets.json"),
	                                   &cot_policy_uptane, &one),
	                 COT_E_TYPE);
	sim_drop(text);
	sim_world_free(w);
}

static void hash_objects(void **state)
{
	static const struct {
		const char *text;
		enum cot_err err;
		uint8_t known;
	} rows[] = {
		{ "{\"sha256\":\"" Z32 "\"}", COT_OK, COT_KNOWN_SHA256 },
		{ "{\"sha512\":\"" Z64 "\"}", COT_OK, COT_KNOWN_SHA512 },
		{ "{\"sha256\":\"" Z32 "\",\"sha512\":\"" Z64 "\"}", COT_OK,
		  COT_KNOWN_SHA256 | COT_KNOWN_SHA512 },
		{ "{\"blake2b\":7,\"sha256\":\"" Z32 "\"}", COT_OK, COT_KNOWN_SHA256 },
		{ "{}", COT_E_NO_STRONG_HASH, 0 },
		{ "{\"md5\":\"00\",\"sha1\":\"00\"}", COT_E_NO_STRONG_HASH, 0 },
		{ "{\"SHA256\":\"" Z32 "\"}", COT_E_NO_STRONG_HASH, 0 },
		{ "{\"sha256\":\"\"}", COT_E_ENCODING, 0 },
		{ "{\"sha256\":\"" Z32 "0\"}", COT_E_ENCODING, 0 },
		{ "{\"sha256\":\"" Z32 "00\"}", COT_E_ENCODING, 0 },
		{ "{\"sha256\":\"" Z64 "\"}", COT_E_ENCODING, 0 },
		{ "{\"sha512\":\"" Z32 "\"}", COT_E_ENCODING, 0 },
		{ "{\"sha256\":\"A" Z32 "\"}", COT_E_ENCODING, 0 },
		{ "{\"sha256\":\"" Z32 "\",\"sha512\":\"\"}", COT_E_ENCODING, 0 },
		{ "{\"sha256\":null}", COT_E_TYPE, 0 },
		{ "{\"sha256\":0}", COT_E_TYPE, 0 },
		{ "[]", COT_E_TYPE, 0 },
		{ "null", COT_E_TYPE, 0 }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cot_slice text = sim_copy(rows[i].text, strlen(rows[i].text));
		struct cot_hashes h;

		if (cot_hashes_parse(text, &h) != rows[i].err)
			fail_msg("%s", rows[i].text);
		if (rows[i].err == COT_OK)
			assert_int_equal(h.known, rows[i].known);
		sim_drop(text);
	}
}

static void upper_case_hex(void **state)
{
	char text[] = "{\"sha256\":\"" Z32 "\"}";
	struct cot_hashes h;

	(void)state;
	text[20] = 'a';
	assert_int_equal(cot_hashes_parse(cot_slice_str(text), &h), COT_OK);
	text[20] = 'A';
	assert_int_equal(cot_hashes_parse(cot_slice_str(text), &h), COT_E_ENCODING);
}

static struct cot_hashes hashes_of(uint8_t known, struct cot_slice data)
{
	struct cot_hashes h;

	memset(&h, 0, sizeof(h));
	h.known = known;
	if (known & COT_KNOWN_SHA256)
		cot_hash_once(&cot_crypto_full, COT_HASH_SHA256, data, h.sha256);
	if (known & COT_KNOWN_SHA512)
		cot_hash_once(&cot_crypto_full, COT_HASH_SHA512, data, h.sha512);
	return h;
}

static void hashes_of_bytes(void **state)
{
	const struct cot_slice data = COT_SLICE("data"), other = COT_SLICE("datb");
	struct cot_hashes h;
	uint8_t known;

	(void)state;
	for (known = 1; known <= 3; known++) {
		h = hashes_of(known, data);
		assert_int_equal(cot_hashes_check(&h, &cot_crypto_full, data), COT_OK);
		assert_int_equal(cot_hashes_check(&h, &cot_crypto_full, other),
		                 COT_E_HASH_MISMATCH);
		assert_int_equal(cot_hashes_check(&h, &cot_crypto_full, cot_slice(NULL, 0)),
		                 COT_E_HASH_MISMATCH);
	}
	/* One of two is not enough. */
	h = hashes_of(3, data);
	h.sha512[63] ^= 1;
	assert_int_equal(cot_hashes_check(&h, &cot_crypto_full, data), COT_E_HASH_MISMATCH);
	h = hashes_of(3, data);
	h.sha256[0] ^= 1;
	assert_int_equal(cot_hashes_check(&h, &cot_crypto_full, data), COT_E_HASH_MISMATCH);
	h.known = 0;
	assert_int_equal(cot_hashes_check(&h, &cot_crypto_full, data), COT_E_NO_STRONG_HASH);
}

static void equal_hashes(void **state)
{
	const struct cot_slice data = COT_SLICE("data"), other = COT_SLICE("datb");
	struct cot_hashes a, b;
	uint8_t x, y;

	(void)state;
	for (x = 0; x <= 3; x++) {
		for (y = 0; y <= 3; y++) {
			a = hashes_of(x, data);
			b = hashes_of(y, data);
			assert_int_equal(cot_hashes_equal(&a, &b), x == y && x != 0);
			b = hashes_of(y, other);
			assert_false(cot_hashes_equal(&a, &b));
		}
	}
	a = b = hashes_of(3, data);
	b.sha512[0] ^= 1;
	assert_false(cot_hashes_equal(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timestamp_shapes), cmocka_unit_test(snapshot_shapes),
		cmocka_unit_test(what_they_say), cmocka_unit_test(hash_objects),
		cmocka_unit_test(upper_case_hex), cmocka_unit_test(hashes_of_bytes),
		cmocka_unit_test(equal_hashes)
	};

	if (cot_crypto_init() != COT_OK)
		return 1;
	return cmocka_run_group_tests_name("metadata_snapshot", tests, NULL, NULL);
}
