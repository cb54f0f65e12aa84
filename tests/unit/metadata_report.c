/* SPDX-License-Identifier: Apache-2.0
 *
 * Version reports and manifests: byte for byte as docs/pouf.md gives them, back
 * again, and sealed by exactly one key.
 */
#include "keys/crypto/init.h"
#include "keys/encode.h"
#include "metadata/report.h"
#include "tests/sim/edit.h"
#include "tests/sim/repo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define AA8 "aaaaaaaaaaaaaaaa"
#define SHA AA8 AA8 AA8 AA8
#define REPORT \
	"{\"_type\":\"ecu_version_report\",\"attacks_detected\":\"rollback\",\"counter\":7," \
	"\"custom\":{\"appTrusted\":false,\"state\":\"idle\"},\"ecu_serial\":\"ECU-A\"," \
	"\"installed_image\":{\"fileinfo\":{\"hashes\":{\"sha256\":\"" SHA "\"}," \
	"\"length\":1007},\"filepath\":\"a/x.bin\"}," \
	"\"timeserver_time\":\"2027-01-15T08:00:00Z\",\"vehicleId\":\"VEH-0007\"}"
#define MANIFEST(reports) \
	"{\"_type\":\"vehicle_version_manifest\",\"attacks_detected\":\"\",\"counter\":9," \
	"\"ecu_version_manifests\":" reports ",\"primary_ecu_serial\":\"GW-1\"," \
	"\"timeserver_time\":\"1970-01-01T00:00:00Z\",\"vehicleId\":\"VEH-0007\"}"

static struct cot_report sample(void)
{
	struct cot_report r = { .vehicle = COT_SLICE("VEH-0007"), .ecu = COT_SLICE("ECU-A"),
		                .filepath = COT_SLICE("a/x.bin"), .length = 1007,
		                .attack = COT_SLICE("rollback"), .state = COT_SLICE("idle"),
		                .time_s = SIM_NOW, .counter = 7 };

	memset(r.sha256, 0xaa, sizeof(r.sha256));
	return r;
}

static struct cot_manifest sample_manifest(void)
{
	struct cot_manifest m = { .vehicle = COT_SLICE("VEH-0007"),
		                  .primary = COT_SLICE("GW-1"),
		                  .reports = COT_SLICE("{}"), .counter = 9 };

	return m;
}

/* ---- composing ---------------------------------------------------------------- */

static void composed(void **state)
{
	struct cot_report r = sample();
	struct cot_manifest m = sample_manifest();
	size_t len = 0, max;

	(void)state;
	for (max = 0; max <= strlen(REPORT); max++) {
		char *ret = malloc(max + 1);

		assert_non_null(ret);
		ret[max] = '!';
		assert_int_equal(cot_report_compose(&r, ret, max, &len),
		                 max < strlen(REPORT) ? COT_E_BUFFER : COT_OK);
		assert_int_equal(ret[max], '!');
		if (max == strlen(REPORT))
			assert_memory_equal(ret, REPORT, len);
		free(ret);
	}
	for (max = 0; max <= strlen(MANIFEST("{}")); max++) {
		char *ret = malloc(max + 1);

		assert_non_null(ret);
		assert_int_equal(cot_manifest_compose(&m, ret, max, &len),
		                 max < strlen(MANIFEST("{}")) ? COT_E_BUFFER : COT_OK);
		if (max == strlen(MANIFEST("{}")))
			assert_memory_equal(ret, MANIFEST("{}"), len);
		free(ret);
	}
}

static void no_quote_gets_in(void **state)
{
	static const char *const bad[] = { "a\"b", "a\\b", "a\nb", "a\x7f", "\xc3\xa4" };
	char ret[2048];
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct cot_slice text = cot_slice_str(bad[i]);
		struct cot_report r = sample();
		struct cot_manifest m = sample_manifest();

		r.attack = text;
		assert_int_equal(cot_report_compose(&r, ret, sizeof(ret), &len), COT_E_NAME);
		r = sample();
		r.state = text;
		assert_int_equal(cot_report_compose(&r, ret, sizeof(ret), &len), COT_E_NAME);
		r = sample();
		r.filepath = text;
		assert_int_equal(cot_report_compose(&r, ret, sizeof(ret), &len), COT_E_NAME);
		r = sample();
		r.ecu = text;
		assert_int_equal(cot_report_compose(&r, ret, sizeof(ret), &len), COT_E_NAME);
		r = sample();
		r.vehicle = text;
		assert_int_equal(cot_report_compose(&r, ret, sizeof(ret), &len), COT_E_NAME);
		m.attack = text;
		assert_int_equal(cot_manifest_compose(&m, ret, sizeof(ret), &len), COT_E_NAME);
		m = sample_manifest();
		m.primary = text;
		assert_int_equal(cot_manifest_compose(&m, ret, sizeof(ret), &len), COT_E_NAME);
		m = sample_manifest();
		m.vehicle = text;
		assert_int_equal(cot_manifest_compose(&m, ret, sizeof(ret), &len), COT_E_NAME);
	}
}

/* ---- sealing ------------------------------------------------------------------- */

/* Seals body with a simulated key; malloc'ed, zero-terminated. */
static char *seal(const char *body, unsigned key)
{
	uint8_t sig[COT_MAX_SIG_LEN];
	char id[COT_KEY_ID_TEXT + 1], *ret = malloc(8192);
	struct cot_seal s;
	size_t len;

	assert_non_null(ret);
	sim_key_id(key, id);
	memset(&s, 0, sizeof(s));
	s.keyid_hex = cot_slice(id, COT_KEY_ID_TEXT);
	s.scheme = key >= SIM_KEY_P256 ? COT_SCHEME_ECDSA_P256 : COT_SCHEME_ED25519;
	s.sig = cot_slice(sig, sim_key_sign(key, cot_slice_str(body), sig));
	cot_body_digest(cot_slice_str(body), &cot_crypto_full, s.digest);
	assert_int_equal(cot_seal_write(cot_slice_str(body), &s, ret, 8191, &len), COT_OK);
	assert_int_equal(cot_seal_write(cot_slice_str(body), &s, ret, len - 1, &len),
	                 COT_E_BUFFER);
	assert_int_equal(cot_seal_write(cot_slice_str(body), &s, ret, len, &len), COT_OK);
	ret[len] = '\0';
	return ret;
}

static enum cot_err check_under(struct cot_slice sealed, unsigned number)
{
	json_t *object = sim_key_object(number);
	struct cot_slice text = sim_edit(object, "", "");
	struct cot_key key;
	enum cot_err err = cot_key_parse(text, &key);

	if (err == COT_OK)
		err = cot_seal_check(sealed, &key, &cot_crypto_full);
	sim_drop(text);
	json_decref(object);
	return err;
}

static void sealed_by_one_key(void **state)
{
	static const unsigned keys[] = { 1, SIM_KEY_P256 };
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		char *text = seal(REPORT, keys[i]);

		assert_int_equal(check_under(cot_slice_str(text), keys[i]), COT_OK);
		assert_int_equal(check_under(cot_slice_str(text), keys[i] + 1), COT_E_SIGNATURE);
		assert_int_equal(check_under(cot_slice_str(text), keys[1 - i]), COT_E_SCHEME);
		free(text);
	}
}

#define ENTRY "signatures 0"

static void seal_edits(void **state)
{
	static const struct {
		const char *path, *raw;
		enum cot_err err;
	} rows[] = {
		{ "", "", COT_OK },
		{ ENTRY " extra", "1", COT_OK },
		{ "signatures", "[]", COT_E_SIGNATURE },
		{ "signatures", "null", COT_E_TYPE },
		{ ENTRY, "null", COT_E_TYPE },
		{ ENTRY " method", NULL, COT_E_MISSING },
		{ ENTRY " method", "7", COT_E_TYPE },
		{ ENTRY " method", "\"\"", COT_E_SCHEME },
		{ ENTRY " method", "\"ecdsa-sha2-nistp256\"", COT_E_SCHEME },
		{ ENTRY " method", "\"hmac-sha256\"", COT_E_SCHEME },
		{ ENTRY " hash", NULL, COT_E_MISSING },
		{ ENTRY " hash", "null", COT_E_TYPE },
		{ ENTRY " hash function", NULL, COT_E_MISSING },
		{ ENTRY " hash function", "\"sha512\"", COT_E_DIGEST },
		{ ENTRY " hash digest", NULL, COT_E_MISSING },
		{ ENTRY " hash digest", "\"\"", COT_E_DIGEST },
		{ ENTRY " hash digest", "\"" SHA "\"", COT_E_DIGEST },
		{ ENTRY " hash digest", "\"" SHA "00\"", COT_E_DIGEST },
		{ ENTRY " sig", NULL, COT_E_MISSING },
		{ ENTRY " sig", "null", COT_E_TYPE },
		{ ENTRY " sig", "\"\"", COT_E_SIGNATURE },
		{ ENTRY " sig", "\"" SHA SHA "\"", COT_E_SIGNATURE },
		{ "signed counter", "8", COT_E_DIGEST },
		{ "signed", "null", COT_E_TYPE }
	};
	char *text = seal(REPORT, 1);
	json_t *tree = json_loads(text, 0, NULL);
	struct cot_slice edited;
	size_t i;

	(void)state;
	assert_non_null(tree);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum cot_err err;

		edited = sim_edit(tree, rows[i].path, rows[i].raw);
		err = check_under(edited, 1);
		if (err != rows[i].err)
			fail_msg("%s = %s: %s", rows[i].path, rows[i].raw ? rows[i].raw : "(none)",
			         cot_err_word(err));
		sim_drop(edited);
	}
	for (i = 0; i < strlen(text); i++) {
		edited = sim_copy(text, i);
		assert_int_not_equal(check_under(edited, 1), COT_OK);
		sim_drop(edited);
	}
	json_decref(tree);
	free(text);
}

/* The Director holds those keys, the gateway does not. */
static void hmac_is_not_for_us(void **state)
{
	char *text = seal(REPORT, 1);
	json_t *tree = json_loads(text, 0, NULL);
	struct cot_key key = { COT_SCHEME_HMAC_SHA256, COT_SLICE("") };
	struct cot_slice edited = sim_edit(tree, ENTRY " method", "\"hmac-sha256\"");

	(void)state;
	assert_int_equal(cot_seal_check(edited, &key, &cot_crypto_full), COT_E_UNSUPPORTED);
	assert_int_equal(cot_seal_check(cot_slice_str(text), &key, &cot_crypto_full),
	                 COT_E_SCHEME);
	key.scheme = COT_SCHEME_NONE;
	assert_int_equal(cot_seal_check(cot_slice_str(text), &key, &cot_crypto_full),
	                 COT_E_SCHEME);
	sim_drop(edited);
	edited = sim_edit(tree, ENTRY " method", "\"\"");
	assert_int_equal(cot_seal_check(edited, &key, &cot_crypto_full), COT_E_SCHEME);
	sim_drop(edited);
	json_decref(tree);
	free(text);
}

/* ---- reading -------------------------------------------------------------------- */

static void report_comes_back(void **state)
{
	char *text = seal(REPORT, 1);
	struct cot_report r;
	uint8_t sha[COT_SHA256_LEN];

	(void)state;
	memset(sha, 0xaa, sizeof(sha));
	assert_int_equal(cot_report_parse_unverified(cot_slice_str(text), &r), COT_OK);
	assert_true(cot_slice_is(r.vehicle, "VEH-0007"));
	assert_true(cot_slice_is(r.ecu, "ECU-A"));
	assert_true(cot_slice_is(r.filepath, "a/x.bin"));
	assert_true(cot_slice_is(r.attack, "rollback"));
	assert_true(cot_slice_is(r.state, "idle"));
	assert_memory_equal(r.sha256, sha, sizeof(sha));
	assert_int_equal(r.length, 1007);
	assert_int_equal(r.counter, 7);
	assert_int_equal(r.time_s, SIM_NOW);
	assert_false(r.app_trusted);
	free(text);
}

struct edit {
	const char *path, *raw;
	enum cot_err err;
};

static const struct edit report_edits[] = {
	{ "", "", COT_OK },
	{ "signed extra", "null", COT_OK },
	{ "signed", "null", COT_E_TYPE },
	{ "signatures", NULL, COT_E_MISSING },
	{ "signed _type", "\"vehicle_version_manifest\"", COT_E_ROLE_TYPE },
	{ "signed _type", NULL, COT_E_MISSING },
	{ "signed attacks_detected", NULL, COT_E_MISSING },
	{ "signed attacks_detected", "null", COT_E_TYPE },
	{ "signed attacks_detected", "\"\"", COT_OK },
	{ "signed counter", NULL, COT_E_MISSING },
	{ "signed counter", "\"7\"", COT_E_TYPE },
	{ "signed counter", "-7", COT_E_NUMBER },
	{ "signed counter", "9223372036854775807", COT_OK },
	{ "signed counter", "9223372036854775808", COT_E_NUMBER },
	{ "signed custom", NULL, COT_OK },
	{ "signed custom", "null", COT_E_TYPE },
	{ "signed custom", "{}", COT_E_MISSING },
	{ "signed custom state", "7", COT_E_TYPE },
	{ "signed custom appTrusted", "null", COT_E_TYPE },
	{ "signed custom appTrusted", "true", COT_OK },
	{ "signed ecu_serial", NULL, COT_E_MISSING },
	{ "signed ecu_serial", "7", COT_E_TYPE },
	{ "signed ecu_serial", "\"\"", COT_E_NAME },
	{ "signed ecu_serial", "\"../x\"", COT_E_NAME },
	{ "signed installed_image", NULL, COT_E_MISSING },
	{ "signed installed_image", "null", COT_E_TYPE },
	{ "signed installed_image filepath", NULL, COT_E_MISSING },
	{ "signed installed_image filepath", "null", COT_E_TYPE },
	{ "signed installed_image filepath", "\"\"", COT_OK },
	{ "signed installed_image fileinfo", "[]", COT_E_TYPE },
	{ "signed installed_image fileinfo length", "1e3", COT_E_NUMBER },
	{ "signed installed_image fileinfo length", NULL, COT_E_MISSING },
	{ "signed installed_image fileinfo hashes", NULL, COT_E_MISSING },
	{ "signed installed_image fileinfo hashes", "{}", COT_E_NO_STRONG_HASH },
	{ "signed installed_image fileinfo hashes", "{\"sha512\":\"" SHA SHA "\"}",
	  COT_E_NO_STRONG_HASH },
	{ "signed installed_image fileinfo hashes sha256", "\"00\"", COT_E_ENCODING },
	{ "signed timeserver_time", NULL, COT_E_MISSING },
	{ "signed timeserver_time", "0", COT_E_TYPE },
	{ "signed timeserver_time", "\"\"", COT_E_TIME_FORMAT },
	{ "signed vehicleId", NULL, COT_E_MISSING },
	{ "signed vehicleId", "null", COT_E_TYPE },
	{ "signed vehicleId", "\"a b\"", COT_E_NAME }
};

static const struct edit manifest_edits[] = {
	{ "", "", COT_OK },
	{ "signed extra", "null", COT_OK },
	{ "signed _type", "\"ecu_version_report\"", COT_E_ROLE_TYPE },
	{ "signed _type", "[]", COT_E_TYPE },
	{ "signed attacks_detected", NULL, COT_E_MISSING },
	{ "signed counter", "null", COT_E_TYPE },
	{ "signed ecu_version_manifests", NULL, COT_E_MISSING },
	{ "signed ecu_version_manifests", "[]", COT_E_TYPE },
	{ "signed primary_ecu_serial", NULL, COT_E_MISSING },
	{ "signed primary_ecu_serial", "\"\"", COT_E_NAME },
	{ "signed timeserver_time", "\"2027\"", COT_E_TIME_FORMAT },
	{ "signed vehicleId", NULL, COT_E_MISSING }
};

static void check_shapes(const char *body, const struct edit *rows, size_t count, bool report)
{
	char *text = seal(body, 1);
	json_t *tree = json_loads(text, 0, NULL);
	struct cot_manifest m;
	struct cot_report r;
	size_t i;

	for (i = 0; i < count; i++) {
		struct cot_slice edited = sim_edit(tree, rows[i].path, rows[i].raw);
		enum cot_err err = report ? cot_report_parse_unverified(edited, &r) :
		                            cot_manifest_parse_unverified(edited, &m);

		if (err != rows[i].err)
			fail_msg("%s = %s: %s", rows[i].path, rows[i].raw ? rows[i].raw : "(none)",
			         cot_err_word(err));
		sim_drop(edited);
	}
	json_decref(tree);
	free(text);
}

static void shapes(void **state)
{
	(void)state;
	check_shapes(REPORT, report_edits, sizeof(report_edits) / sizeof(report_edits[0]), true);
	check_shapes(MANIFEST("{}"), manifest_edits,
	             sizeof(manifest_edits) / sizeof(manifest_edits[0]), false);
}

/* A report travels inside the manifest and can be verified out of it. */
static void reports_in_a_manifest(void **state)
{
	char *inner = seal(REPORT, 2), *text, body[8192], *object = malloc(8192);
	struct cot_manifest m = sample_manifest();
	struct cot_slice sealed;
	struct cot_report r;
	size_t len;

	(void)state;
	assert_non_null(object);
	snprintf(object, 8192, "{\"ECU-A\":%s,\"ECU-B\":null}", inner);
	m.reports = cot_slice_str(object);
	assert_int_equal(cot_manifest_compose(&m, body, sizeof(body) - 1, &len), COT_OK);
	body[len] = '\0';
	text = seal(body, 1);
	assert_int_equal(check_under(cot_slice_str(text), 1), COT_OK);
	assert_int_equal(cot_manifest_parse_unverified(cot_slice_str(text), &m), COT_OK);
	assert_true(cot_slice_is(m.primary, "GW-1"));
	assert_int_equal(m.counter, 9);
	assert_int_equal(m.time_s, 0);
	assert_int_equal(cot_manifest_report(&m, COT_SLICE("ECU-A"), &sealed), COT_OK);
	assert_int_equal(check_under(sealed, 2), COT_OK);
	assert_int_equal(check_under(sealed, 1), COT_E_SIGNATURE);
	assert_int_equal(cot_report_parse_unverified(sealed, &r), COT_OK);
	assert_true(cot_slice_is(r.ecu, "ECU-A"));
	assert_int_equal(cot_manifest_report(&m, COT_SLICE("ECU-B"), &sealed), COT_E_TYPE);
	assert_int_equal(cot_manifest_report(&m, COT_SLICE("ECU-C"), &sealed), COT_E_NOT_FOUND);
	free(text);
	free(object);
	free(inner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(composed), cmocka_unit_test(no_quote_gets_in),
		cmocka_unit_test(sealed_by_one_key), cmocka_unit_test(seal_edits),
		cmocka_unit_test(hmac_is_not_for_us), cmocka_unit_test(report_comes_back),
		cmocka_unit_test(shapes), cmocka_unit_test(reports_in_a_manifest)
	};

	if (cot_crypto_init() != COT_OK)
		return 1;
	return cmocka_run_group_tests_name("metadata_report", tests, NULL, NULL);
}
