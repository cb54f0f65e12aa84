/* SPDX-License-Identifier: Apache-2.0
 *
 * keys/crypto/: the two tables, with the published examples and with one bit
 * of each input turned over.  Sources: RFC 8032 7.1 test 3, RFC 6979 A.2.5.
 */
#include "keys/crypto/init.h"
#include "keys/crypto/sodium.h"
#include "keys/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct example {
	enum cot_scheme scheme;
	const char *key, *sig, *msg;
};

static const struct example examples[] = {
	{ COT_SCHEME_ED25519,
	  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
	  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
	  "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
	  "af82" },
	{ COT_SCHEME_ECDSA_P256,
	  "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
	  "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299",
	  "3046"
	  "022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
	  "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
	  "73616d706c65" }
};

static size_t unhex(const char *hex, uint8_t *ret, size_t max)
{
	size_t len = 0;

	assert_int_equal(cot_hex_decode(cot_slice_str(hex), ret, max, &len), COT_OK);
	return len;
}

/* Turns over every bit of buf in turn; none of the results may verify. */
static void flip_all(const struct example *e, uint8_t *buf, size_t len, struct cot_slice key,
                     struct cot_slice sig, struct cot_slice msg)
{
	size_t i;

	for (i = 0; i < 8 * len; i++) {
		buf[i / 8] = (uint8_t)(buf[i / 8] ^ 1u << (i % 8));
		assert_int_equal(cot_crypto_full.verify(e->scheme, key, sig, msg),
		                 COT_E_SIGNATURE);
		buf[i / 8] = (uint8_t)(buf[i / 8] ^ 1u << (i % 8));
	}
}

static void test_examples(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		const struct example *e = &examples[i];
		uint8_t key_buf[65], sig_buf[72], msg_buf[8];
		struct cot_slice key = cot_slice(key_buf, unhex(e->key, key_buf, 65));
		struct cot_slice sig = cot_slice(sig_buf, unhex(e->sig, sig_buf, 72));
		struct cot_slice msg = cot_slice(msg_buf, unhex(e->msg, msg_buf, 8));

		assert_int_equal(cot_crypto_full.key_check(e->scheme, key), COT_OK);
		assert_int_equal(cot_crypto_full.verify(e->scheme, key, sig, msg), COT_OK);
		flip_all(e, key_buf, key.len, key, sig, msg);
		flip_all(e, sig_buf, sig.len, key, sig, msg);
		flip_all(e, msg_buf, msg.len, key, sig, msg);
		key.len--;
		assert_int_equal(cot_crypto_full.key_check(e->scheme, key), COT_E_KEY);
		assert_int_equal(cot_crypto_full.verify(e->scheme, key, sig, msg),
		                 COT_E_SIGNATURE);
		key.len++;
		sig.len--;
		assert_int_equal(cot_crypto_full.verify(e->scheme, key, sig, msg),
		                 COT_E_SIGNATURE);
	}
}

/* The other half of s verifies too: signers in the field do not normalise.
 * n - s for the example above. */
static void test_low_s(void **state)
{
	uint8_t key[65], sig[72];
	size_t len;

	(void)state;
	(void)unhex(examples[1].key, key, 65);
	len = unhex("3045"
	            "022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
	            "02200834e36ad29a83bf2bc9385e491d6099c8fdf9d1ed67aa7ea5f51f93782857a9",
	            sig, 72);
	assert_int_equal(cot_crypto_full.verify(COT_SCHEME_ECDSA_P256, cot_slice(key, 65),
	                                        cot_slice(sig, len), COT_SLICE("sample")),
	                 COT_OK);
}

/* r and s at and above the group order n. */
static void test_scalar_range(void **state)
{
	static const char *const sigs[] = {
		"3026022100ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551020101",
		"3026020101022100ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
		"3026022100ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552020101",
		"3026020101022100ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	};
	uint8_t key[65], sig[72];
	size_t i, len;

	(void)state;
	(void)unhex(examples[1].key, key, 65);
	for (i = 0; i < 4; i++) {
		len = unhex(sigs[i], sig, 72);
		assert_int_equal(cot_crypto_full.verify(COT_SCHEME_ECDSA_P256, cot_slice(key, 65),
		                                        cot_slice(sig, len),
		                                        COT_SLICE("sample")),
		                 COT_E_SIGNATURE);
	}
}

static void test_schemes_of_each_table(void **state)
{
	static const struct {
		enum cot_scheme scheme;
		bool sodium, full;
	} rows[] = {
		{ COT_SCHEME_NONE, false, false },      { COT_SCHEME_ED25519, true, true },
		{ COT_SCHEME_ECDSA_P256, false, true }, { COT_SCHEME_RSA_PSS, false, false },
		{ COT_SCHEME_HMAC_SHA256, false, false }
	};
	uint8_t zero[65] = { 0 };
	struct cot_slice key = cot_slice(zero, 65), sig = cot_slice(zero, 64);
	size_t i;

	(void)state;
	for (i = 0; i < 5; i++) {
		enum cot_scheme s = rows[i].scheme;
		enum cot_err key_err = rows[i].sodium ? COT_E_KEY : COT_E_SCHEME;
		enum cot_err sig_err = rows[i].sodium ? COT_E_SIGNATURE : COT_E_SCHEME;

		assert_int_equal(cot_crypto_sodium.key_check(s, key), key_err);
		assert_int_equal(cot_crypto_sodium.verify(s, key, sig, key), sig_err);
		key_err = rows[i].full ? COT_E_KEY : COT_E_SCHEME;
		sig_err = rows[i].full ? COT_E_SIGNATURE : COT_E_SCHEME;
		assert_int_equal(cot_crypto_full.key_check(s, key), key_err);
		assert_int_equal(cot_crypto_full.verify(s, key, sig, key), sig_err);
	}
}

static void test_empty_message(void **state)
{
	uint8_t key[32], sig[64];

	(void)state;
	/* RFC 8032 7.1 test 1 */
	(void)unhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", key, 32);
	(void)unhex("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
	            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
	            sig, 64);
	assert_int_equal(cot_crypto_sodium.verify(COT_SCHEME_ED25519, cot_slice(key, 32),
	                                          cot_slice(sig, 64), cot_slice(NULL, 0)),
	                 COT_OK);
}

static void test_init_twice(void **state)
{
	(void)state;
	assert_int_equal(cot_crypto_init(), COT_OK);
}

static int setup(void **state)
{
	(void)state;
	return cot_crypto_init() == COT_OK ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_low_s),
		cmocka_unit_test(test_scalar_range),
		cmocka_unit_test(test_schemes_of_each_table),
		cmocka_unit_test(test_empty_message),
		cmocka_unit_test(test_init_twice)
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
