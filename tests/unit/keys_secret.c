/* SPDX-License-Identifier: Apache-2.0
 *
 * keys/host/secret.c: known keys and signatures (RFC 8032 7.1 test 3,
 * RFC 6979 A.2.5, Wycheproof HMAC 1), generation, and bounds.
 */
#include "keys/host/secret.h"
#include "keys/crypto/init.h"
#include "keys/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	enum cot_scheme scheme;
	const char *secret, *public_key, *msg, *sig;
} known[] = {
	{ COT_SCHEME_ED25519,
	  "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "\xaf\x82",
	  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
	  "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
	{ COT_SCHEME_ECDSA_P256,
	  "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
	  "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
	  "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
	  "sample",
	  "3046"
	  "022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
	  "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8" }
};

static struct cot_secret import(enum cot_scheme scheme, const char *hex)
{
	uint8_t bytes[COT_SECRET_LEN];
	struct cot_secret s;
	size_t len;

	assert_int_equal(cot_hex_decode(cot_slice_str(hex), bytes, sizeof(bytes), &len), COT_OK);
	assert_int_equal(cot_secret_import(scheme, bytes, &s), COT_OK);
	return s;
}

static void expect_hex(const uint8_t *bytes, size_t len, const char *hex)
{
	char text[256];

	assert_int_equal(2 * len, strlen(hex));
	cot_hex_encode(cot_slice(bytes, len), text);
	assert_memory_equal(text, hex, 2 * len);
}

static void test_known(void **state)
{
	size_t i, len;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct cot_secret s = import(known[i].scheme, known[i].secret);
		struct cot_slice msg = cot_slice_str(known[i].msg);
		uint8_t sig[72];

		expect_hex(s.public_key, s.public_len, known[i].public_key);
		assert_int_equal(cot_secret_sign(&s, msg, sig, sizeof(sig), &len), COT_OK);
		expect_hex(sig, len, known[i].sig);
		assert_int_equal(cot_secret_verify(&s, msg, cot_slice(sig, len)), COT_OK);
		sig[10] ^= 1;
		assert_int_equal(cot_secret_verify(&s, msg, cot_slice(sig, len)),
		                 COT_E_SIGNATURE);
		cot_secret_free(&s);
		assert_null(s.bytes);
	}
}

static void test_hmac(void **state)
{
	struct cot_secret s = import(
		COT_SCHEME_HMAC_SHA256,
		"1e225cafb90339bba1b24076d4206c3e79c355805d851682bc818baa4f5a7779");
	struct cot_slice empty = cot_slice(NULL, 0);
	uint8_t sig[72];
	size_t len, i;

	(void)state;
	assert_int_equal(cot_secret_sign(&s, empty, sig, sizeof(sig), &len), COT_OK);
	expect_hex(sig, len, "b175b57d89ea6cb606fb3363f2538abd73a4c00b4a1386905bac809004cf1933");
	for (i = 0; i < len; i++) {
		sig[i] ^= 0x40;
		assert_int_equal(cot_secret_verify(&s, empty, cot_slice(sig, len)),
		                 COT_E_SIGNATURE);
		sig[i] ^= 0x40;
		assert_int_equal(cot_secret_verify(&s, empty, cot_slice(sig, i)),
		                 COT_E_SIGNATURE);
	}
	assert_int_equal(cot_secret_verify(&s, empty, cot_slice(sig, len + 1)),
	                 COT_E_SIGNATURE);
	assert_int_equal(cot_secret_verify(&s, COT_SLICE("x"), cot_slice(sig, len)),
	                 COT_E_SIGNATURE);
	assert_int_equal(cot_secret_verify(&s, empty, cot_slice(sig, len)), COT_OK);
	/* The name of the key is not the key, nor what it signs with. */
	assert_memory_not_equal(s.public_key, s.bytes, COT_SECRET_LEN);
	cot_secret_free(&s);
}

static void test_generate(void **state)
{
	static const enum cot_scheme schemes[] = { COT_SCHEME_ED25519, COT_SCHEME_ECDSA_P256,
		                                   COT_SCHEME_HMAC_SHA256 };
	size_t i, round, len, text_len;

	(void)state;
	for (i = 0; i < 3; i++) {
		uint8_t last[COT_SECRET_LEN] = { 0 };

		for (round = 0; round < 8; round++) {
			struct cot_secret s, again;
			uint8_t sig[72];
			char text[COT_MAX_PUBLIC_TEXT];
			struct cot_key key = { .scheme = schemes[i] };

			assert_int_equal(cot_secret_generate(schemes[i], &s), COT_OK);
			assert_memory_not_equal(last, s.bytes, COT_SECRET_LEN);
			memcpy(last, s.bytes, COT_SECRET_LEN);
			assert_int_equal(cot_secret_import(schemes[i], s.bytes, &again), COT_OK);
			assert_memory_equal(s.public_key, again.public_key, s.public_len);
			assert_int_equal(cot_secret_sign(&s, COT_SLICE("m"), sig, sizeof(sig),
			                                 &len),
			                 COT_OK);
			assert_int_equal(cot_secret_verify(&again, COT_SLICE("m"),
			                                   cot_slice(sig, len)),
			                 COT_OK);
			assert_int_equal(cot_public_text(schemes[i],
			                                 cot_slice(s.public_key, s.public_len),
			                                 text, sizeof(text), &text_len),
			                 COT_OK);
			key.text = cot_slice(text, text_len);
			assert_int_equal(cot_key_check(&key, &cot_crypto_full),
			                 schemes[i] == COT_SCHEME_HMAC_SHA256 ? COT_E_SCHEME :
			                                                       COT_OK);
			cot_secret_free(&again);
			cot_secret_free(&s);
		}
	}
}

static void test_scalar_range(void **state)
{
	static const struct {
		const char *hex;
		enum cot_err err;
	} rows[] = {
		{ "0000000000000000000000000000000000000000000000000000000000000000", COT_E_KEY },
		{ "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", COT_E_KEY },
		{ "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", COT_E_KEY },
		{ "0000000000000000000000000000000000000000000000000000000000000001", COT_OK },
		{ "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550", COT_OK }
	};
	size_t i, len;

	(void)state;
	for (i = 0; i < 5; i++) {
		uint8_t bytes[COT_SECRET_LEN];
		struct cot_secret s;

		assert_int_equal(cot_hex_decode(cot_slice_str(rows[i].hex), bytes, 32, &len),
		                 COT_OK);
		assert_int_equal(cot_secret_import(COT_SCHEME_ECDSA_P256, bytes, &s),
		                 rows[i].err);
		assert_int_equal(s.bytes == NULL, rows[i].err != COT_OK);
		cot_secret_free(&s);
	}
}

static void test_refusals(void **state)
{
	struct cot_secret s;
	uint8_t sig[72], zero[32] = { 0 };
	char text[COT_MAX_PUBLIC_TEXT];
	size_t len = 4711;

	(void)state;
	assert_int_equal(cot_secret_generate(COT_SCHEME_RSA_PSS, &s), COT_E_SCHEME);
	assert_null(s.bytes);
	assert_int_equal(cot_secret_generate(COT_SCHEME_NONE, &s), COT_E_SCHEME);
	assert_int_equal(cot_secret_import((enum cot_scheme)99, zero, &s), COT_E_SCHEME);
	s = import(COT_SCHEME_ED25519, known[0].secret);
	assert_int_equal(cot_secret_sign(&s, COT_SLICE("m"), sig, 71, &len), COT_E_BUFFER);
	assert_int_equal(cot_public_text(COT_SCHEME_ED25519, cot_slice(zero, 32), text,
	                                 COT_MAX_PUBLIC_TEXT - 1, &len),
	                 COT_E_BUFFER);
	assert_int_equal(cot_public_text(COT_SCHEME_ECDSA_P256, cot_slice(zero, 32), text,
	                                 sizeof(text), &len),
	                 COT_E_KEY);
	assert_int_equal(len, 4711);
	cot_secret_free(&s);
	cot_secret_free(&s);
}

/* A fault between the halves (here: a changed public half) must not let a
 * signature out. */
static void test_fault_is_caught(void **state)
{
	size_t i, k, len = 4711;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct cot_secret s = import(known[i].scheme, known[i].secret);
		uint8_t sig[72];

		s.public_key[5] ^= 4;
		assert_int_equal(cot_secret_sign(&s, COT_SLICE("m"), sig, sizeof(sig), &len),
		                 COT_E_INTERNAL);
		assert_int_equal(len, 4711);
		for (k = 0; k < sizeof(sig); k++)
			assert_int_equal(sig[k], 0);
		cot_secret_free(&s);
	}
}

static int setup(void **state)
{
	(void)state;
	return cot_crypto_init() == COT_OK ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_hmac),
		cmocka_unit_test(test_generate),
		cmocka_unit_test(test_scalar_range),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_fault_is_caught)
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
