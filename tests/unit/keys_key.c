/* SPDX-License-Identifier: Apache-2.0
 *
 * keys/key.c: schemes, decoding, fingerprints and key ids.
 *
 * The P-256 key is the example of RFC 6979 A.2.5, the Ed25519 one test 1 of
 * RFC 8032 7.1.
 */
#include "keys/key.h"
#include "keys/crypto/init.h"
#include "keys/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ED "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
#define EC_X "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
#define EC_Y "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
#define EC_HEX "04" EC_X EC_Y
#define EC_BODY                                                              \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7\n" \
	"Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n"
#define EC_PEM "-----BEGIN PUBLIC KEY-----\n" EC_BODY "-----END PUBLIC KEY-----"

static struct cot_key key_of(enum cot_scheme scheme, const char *text)
{
	struct cot_key key = { scheme, cot_slice_str(text) };

	return key;
}

static void test_schemes(void **state)
{
	static const struct {
		enum cot_scheme scheme;
		const char *name, *keytype;
	} rows[] = {
		{ COT_SCHEME_ED25519, "ed25519", "ed25519" },
		{ COT_SCHEME_ECDSA_P256, "ecdsa-sha2-nistp256", "ecdsa" },
		{ COT_SCHEME_RSA_PSS, "rsassa-pss-sha256", "rsa" },
		{ COT_SCHEME_HMAC_SHA256, "hmac-sha256", "hmac" }
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < 4; i++) {
		assert_int_equal(cot_scheme_from_name(cot_slice_str(rows[i].name)),
		                 rows[i].scheme);
		assert_string_equal(cot_scheme_name(rows[i].scheme), rows[i].name);
		assert_string_equal(cot_scheme_keytype(rows[i].scheme), rows[i].keytype);
		for (k = 0; k < 4; k++)
			assert_int_equal(cot_scheme_fits(rows[i].scheme,
			                                 cot_slice_str(rows[k].keytype)),
			                 i == k);
	}
	assert_true(cot_scheme_fits(COT_SCHEME_ECDSA_P256, COT_SLICE("ecdsa-sha2-nistp256")));
	assert_false(cot_scheme_fits(COT_SCHEME_NONE, COT_SLICE("")));
	assert_int_equal(cot_scheme_from_name(COT_SLICE("Ed25519")), COT_SCHEME_NONE);
	assert_int_equal(cot_scheme_from_name(COT_SLICE("")), COT_SCHEME_NONE);
	assert_string_equal(cot_scheme_name(COT_SCHEME_NONE), "");
	assert_string_equal(cot_scheme_keytype((enum cot_scheme)77), "");
}

static void test_decode(void **state)
{
	static const struct {
		enum cot_scheme scheme;
		const char *text;
		enum cot_err err;
		size_t len;
	} rows[] = {
		{ COT_SCHEME_ED25519, ED, COT_OK, 32 },
		{ COT_SCHEME_ED25519, ED "00", COT_E_KEY, 0 },
		{ COT_SCHEME_ED25519, "", COT_E_KEY, 0 },
		{ COT_SCHEME_ED25519, "00", COT_E_KEY, 0 },
		{ COT_SCHEME_ED25519, ED "0", COT_E_ENCODING, 0 },
		{ COT_SCHEME_ED25519, "D75A", COT_E_ENCODING, 0 },
		{ COT_SCHEME_ED25519, " " ED "0", COT_E_ENCODING, 0 },
		{ COT_SCHEME_ECDSA_P256, EC_PEM, COT_OK, 65 },
		{ COT_SCHEME_ECDSA_P256, EC_PEM "\n", COT_OK, 65 },
		{ COT_SCHEME_ECDSA_P256, EC_HEX, COT_OK, 65 },
		{ COT_SCHEME_ECDSA_P256, "02" EC_X, COT_E_KEY, 0 },
		{ COT_SCHEME_ECDSA_P256, "06" EC_X EC_Y, COT_E_KEY, 0 },
		{ COT_SCHEME_ECDSA_P256, EC_HEX "00", COT_E_KEY, 0 },
		{ COT_SCHEME_ECDSA_P256, "", COT_E_ENCODING, 0 },
		{ COT_SCHEME_ECDSA_P256, EC_PEM "\n\n", COT_E_ENCODING, 0 },
		{ COT_SCHEME_ECDSA_P256,
		  "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----", COT_E_KEY, 0 },
		{ COT_SCHEME_ECDSA_P256,
		  "-----BEGIN EC PUBLIC KEY-----\n" EC_BODY "-----END EC PUBLIC KEY-----",
		  COT_E_ENCODING, 0 },
		{ COT_SCHEME_ECDSA_P256, ED, COT_E_KEY, 0 },
		{ COT_SCHEME_ED25519, EC_HEX, COT_E_KEY, 0 },
		{ COT_SCHEME_HMAC_SHA256, ED, COT_E_SCHEME, 0 },
		{ COT_SCHEME_RSA_PSS, EC_PEM, COT_E_SCHEME, 0 },
		{ COT_SCHEME_NONE, ED, COT_E_SCHEME, 0 }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cot_key key = key_of(rows[i].scheme, rows[i].text);
		uint8_t buf[COT_MAX_KEY_LEN];
		struct cot_slice raw = { NULL, 0 };

		assert_int_equal(cot_key_decode(&key, buf, &raw), rows[i].err);
		assert_int_equal(raw.len, rows[i].len);
		assert_int_equal(cot_key_check(&key, &cot_crypto_full), rows[i].err);
	}
}

/* The longest texts must not overrun the work area. */
static void test_decode_long(void **state)
{
	char text[4096] = { 0 };
	uint8_t buf[COT_MAX_KEY_LEN];
	struct cot_slice raw;
	struct cot_key key = { COT_SCHEME_ED25519, cot_slice(text, sizeof(text)) };

	(void)state;
	memset(text, '0', sizeof(text));
	assert_int_equal(cot_key_decode(&key, buf, &raw), COT_E_KEY);
	key.scheme = COT_SCHEME_ECDSA_P256;
	assert_int_equal(cot_key_decode(&key, buf, &raw), COT_E_KEY);
}

static void test_unsound_keys(void **state)
{
	static const struct {
		enum cot_scheme scheme;
		const char *text;
	} rows[] = {
		/* Ed25519 points of small order, and spellings of y not below p */
		{ COT_SCHEME_ED25519,
		  "0000000000000000000000000000000000000000000000000000000000000000" },
		{ COT_SCHEME_ED25519,
		  "0100000000000000000000000000000000000000000000000000000000000000" },
		{ COT_SCHEME_ED25519,
		  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f" },
		{ COT_SCHEME_ED25519,
		  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa" },
		{ COT_SCHEME_ED25519,
		  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f" },
		{ COT_SCHEME_ED25519,
		  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" },
		/* a point with a part of small order */
		{ COT_SCHEME_ED25519,
		  "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d" },
		/* P-256: off the curve, the origin, a coordinate not below p */
		{ COT_SCHEME_ECDSA_P256, "04" EC_Y EC_X },
		{ COT_SCHEME_ECDSA_P256,
		  "04" EC_X "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462298" },
		{ COT_SCHEME_ECDSA_P256,
		  "04"
		  "0000000000000000000000000000000000000000000000000000000000000000"
		  "0000000000000000000000000000000000000000000000000000000000000000" },
		{ COT_SCHEME_ECDSA_P256,
		  "04"
		  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cot_key key = key_of(rows[i].scheme, rows[i].text);

		assert_int_equal(cot_key_check(&key, &cot_crypto_full), COT_E_KEY);
	}
}

static void test_fingerprint_ignores_spelling(void **state)
{
	struct cot_key keys[4] = { key_of(COT_SCHEME_ECDSA_P256, EC_PEM),
		                   key_of(COT_SCHEME_ECDSA_P256, EC_PEM "\n"),
		                   key_of(COT_SCHEME_ECDSA_P256, EC_HEX),
		                   key_of(COT_SCHEME_ED25519, ED) };
	uint8_t print[4][COT_SHA256_LEN];
	struct cot_key bad = key_of(COT_SCHEME_ED25519, "zz");
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++)
		assert_int_equal(cot_key_fingerprint(&keys[i], &cot_crypto_full, print[i]), COT_OK);
	assert_memory_equal(print[0], print[1], COT_SHA256_LEN);
	assert_memory_equal(print[0], print[2], COT_SHA256_LEN);
	assert_memory_not_equal(print[0], print[3], COT_SHA256_LEN);
	assert_int_equal(cot_key_fingerprint(&bad, &cot_crypto_full, print[0]), COT_E_ENCODING);
	assert_true(cot_key_same(&keys[0], &keys[1]) && cot_key_same(&keys[0], &keys[2]));
	assert_true(cot_key_same(&keys[3], &keys[3]));
	assert_false(cot_key_same(&keys[0], &keys[3]));
	assert_false(cot_key_same(&bad, &bad));
}

/* The id is the hash of the object; that the key in it is worthless (a point
 * of small order) is for cot_key_check to say. */
static void test_key_id_known(void **state)
{
	struct cot_key key =
		key_of(COT_SCHEME_ED25519,
	               "0000000000000000000000000000000000000000000000000000000000000001");
	char object[256], hex[COT_KEY_ID_TEXT];
	uint8_t id[COT_KEY_ID_LEN];
	size_t len;

	(void)state;
	assert_int_equal(cot_key_write_object(&key, object, sizeof(object), &len), COT_OK);
	assert_true(cot_slice_is(
		cot_slice(object, len),
		"{\"keytype\":\"ed25519\",\"keyval\":{\"public\":\""
		"0000000000000000000000000000000000000000000000000000000000000001"
		"\"},\"scheme\":\"ed25519\"}"));
	cot_key_id(cot_slice(object, len), &cot_crypto_full, id);
	cot_hex_encode(cot_slice(id, sizeof(id)), hex);
	assert_memory_equal(
		hex, "9abda18ec5971fd6120e35fab36cfc6c344dee49755a55efa6367c7ee9022ecb", 64);
	assert_int_equal(cot_key_check(&key, &cot_crypto_full), COT_E_KEY);
}

static void test_write_object(void **state)
{
	static const char want[] = "{\"keytype\":\"ecdsa\",\"keyval\":{\"public\":\"" EC_PEM
	                           "\"},\"scheme\":\"ecdsa-sha2-nistp256\"}";
	struct cot_key key = key_of(COT_SCHEME_ECDSA_P256, EC_PEM);
	struct cot_key odd = key_of(COT_SCHEME_ED25519, "a\"b\\c");
	char object[512];
	size_t len, max;

	(void)state;
	for (max = 0; max < sizeof(want) - 1; max++) {
		len = 4711;
		memset(object, '!', sizeof(object));
		assert_int_equal(cot_key_write_object(&key, object, max, &len), COT_E_BUFFER);
		assert_int_equal(len, 4711);
		assert_int_equal(object[max], '!');
	}
	assert_int_equal(cot_key_write_object(&key, object, max, &len), COT_OK);
	assert_true(cot_slice_is(cot_slice(object, len), want));
	assert_int_equal(cot_key_write_object(&odd, object, sizeof(object), &len), COT_OK);
	assert_true(cot_slice_is(cot_slice(object, len),
	                         "{\"keytype\":\"ed25519\",\"keyval\":{\"public\":"
	                         "\"a\\\"b\\\\c\"},\"scheme\":\"ed25519\"}"));
}

#define SIG64 ED ED

static void test_sig_decode(void **state)
{
	static const struct {
		enum cot_scheme scheme;
		const char *text;
		enum cot_err err;
		size_t len;
	} rows[] = {
		{ COT_SCHEME_ED25519, SIG64, COT_OK, 64 },
		{ COT_SCHEME_ED25519, SIG64 "00", COT_E_ENCODING, 0 },
		{ COT_SCHEME_ED25519, ED, COT_E_ENCODING, 0 },
		{ COT_SCHEME_ED25519, "", COT_E_ENCODING, 0 },
		{ COT_SCHEME_ED25519, SIG64 "0", COT_E_ENCODING, 0 },
		{ COT_SCHEME_ED25519, "D" SIG64 "0", COT_E_ENCODING, 0 },
		{ COT_SCHEME_ECDSA_P256, "3006020101020101", COT_OK, 8 },
		{ COT_SCHEME_ECDSA_P256, "300602010102010100", COT_E_ENCODING, 0 },
		{ COT_SCHEME_ECDSA_P256, "308106020101020101", COT_E_ENCODING, 0 },
		{ COT_SCHEME_ECDSA_P256, SIG64, COT_E_ENCODING, 0 },
		{ COT_SCHEME_HMAC_SHA256, ED, COT_E_SCHEME, 0 },
		{ COT_SCHEME_RSA_PSS, ED, COT_E_SCHEME, 0 },
		{ COT_SCHEME_NONE, SIG64, COT_E_SCHEME, 0 }
	};
	size_t i;
	uint8_t buf[COT_MAX_SIG_LEN];
	struct cot_slice sig;
	char text[4096];

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sig = cot_slice(NULL, 0);
		assert_int_equal(cot_sig_decode(rows[i].scheme, cot_slice_str(rows[i].text), buf,
		                                &sig),
		                 rows[i].err);
		assert_int_equal(sig.len, rows[i].len);
	}
	memset(text, '0', sizeof(text));
	assert_int_equal(cot_sig_decode(COT_SCHEME_ED25519, cot_slice(text, sizeof(text)), buf,
	                                &sig),
	                 COT_E_ENCODING);
}

static int setup(void **state)
{
	(void)state;
	return cot_crypto_init() == COT_OK ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schemes),
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_decode_long),
		cmocka_unit_test(test_unsound_keys),
		cmocka_unit_test(test_fingerprint_ignores_spelling),
		cmocka_unit_test(test_key_id_known),
		cmocka_unit_test(test_write_object),
		cmocka_unit_test(test_sig_decode)
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
