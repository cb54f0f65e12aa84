/* SPDX-License-Identifier: Apache-2.0
 *
 * keys/crypto/report_*.c: the published examples (RFC 8032 7.1, RFC 4231),
 * byte equality with libsodium's own signatures, and keys that must not sign.
 */
#include "keys/crypto/init.h"
#include "keys/crypto/report_sign.h"
#include "keys/encode.h"

#include <sodium.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX_BODY 2048u
#define MESSAGES 10000u

struct example {
	const char *secret, *public_key, *body, *sig;
};

static const struct example ed25519[] = {
	{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
	  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
	  "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
	{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	  "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
	  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
	  "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
	{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
	  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
	  "ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
	{ "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
	  "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
	  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a8"
	  "36ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
	  "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ec"
	  "fdfbc7c66431e0303dca179c138ac17ad9bef1177331a704" }
};

/* RFC 4231 cases 1 to 4; HMAC fills a short key with zeros, so 32 bytes of it
 * are the same key. */
static const struct example hmac[] = {
	{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b000000000000000000000000", NULL,
	  "4869205468657265", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	{ "4a65666500000000000000000000000000000000000000000000000000000000", NULL,
	  "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa000000000000000000000000", NULL,
	  "dddddddddddddddddddddddddddddddddddddddddddddddddd"
	  "dddddddddddddddddddddddddddddddddddddddddddddddddd",
	  "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
	{ "0102030405060708090a0b0c0d0e0f10111213141516171819" "00000000000000", NULL,
	  "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
	  "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
	  "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" }
};

static struct cot_slice unhex(const char *hex, uint8_t *ret, size_t max)
{
	size_t len = 0;

	assert_int_equal(cot_hex_decode(cot_slice_str(hex), ret, max, &len), COT_OK);
	return cot_slice(ret, len);
}

static enum cot_err sign(enum cot_scheme scheme, const uint8_t *secret, const uint8_t *pub,
                         struct cot_slice body, uint8_t *ret, size_t *ret_len)
{
	return (scheme == COT_SCHEME_HMAC_SHA256 ? cot_report_sign_hmac : cot_report_sign_ed25519)(
		scheme, secret, pub, body, ret, ret_len);
}

static void check_example(enum cot_scheme scheme, const struct example *e)
{
	uint8_t secret[32], pub[32], body_buf[64], want_buf[64], got[COT_MAX_SIG_LEN];
	struct cot_slice body, want;
	size_t len = 0;

	assert_int_equal(unhex(e->secret, secret, 32).len, 32);
	if (e->public_key != NULL)
		(void)unhex(e->public_key, pub, 32);
	body = unhex(e->body, body_buf, sizeof(body_buf));
	want = unhex(e->sig, want_buf, sizeof(want_buf));
	if (body.len == 0)
		body.ptr = NULL;
	assert_int_equal(sign(scheme, secret, e->public_key != NULL ? pub : NULL, body, got, &len),
	                 COT_OK);
	assert_int_equal(len, want.len);
	assert_memory_equal(got, want.ptr, len);
	memset(got, 0, sizeof(got));
	assert_int_equal(sign(scheme, secret, NULL, body, got, &len), COT_OK);
	assert_memory_equal(got, want.ptr, len);
}

static void test_examples(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ed25519) / sizeof(ed25519[0]); i++)
		check_example(COT_SCHEME_ED25519, &ed25519[i]);
	for (i = 0; i < sizeof(hmac) / sizeof(hmac[0]); i++)
		check_example(COT_SCHEME_HMAC_SHA256, &hmac[i]);
}

static uint64_t seed(void)
{
	const char *text = getenv("SEED");

	return text != NULL && text[0] != 0 ? strtoull(text, NULL, 10) : 20261121u;
}

/* Byte i of the run depends on the seed alone. */
static void draw(uint8_t *ret, size_t len, uint64_t number)
{
	uint8_t key[randombytes_SEEDBYTES] = { 0 };
	uint64_t s = seed();

	memcpy(key, &s, sizeof(s));
	memcpy(key + sizeof(s), &number, sizeof(number));
	randombytes_buf_deterministic(ret, len, key);
}

/* Every signature equals libsodium's; the public key is given or computed by
 * turns, and a new key comes every sixteenth message. */
static void test_equal_to_libsodium(void **state)
{
	static uint8_t drawn[MAX_BODY + 2];
	uint8_t key_seed[32], pub[32], sk[64], want[64], got[COT_MAX_SIG_LEN];
	size_t i, len, equal = 0;

	(void)state;
	print_message("SEED=%llu\n", (unsigned long long)seed());
	for (i = 0; i < MESSAGES; i++) {
		struct cot_slice body = { drawn + 2, 0 };

		if (i % 16 == 0) {
			draw(key_seed, sizeof(key_seed), i << 32);
			assert_int_equal(crypto_sign_seed_keypair(pub, sk, key_seed), 0);
		}
		draw(drawn, sizeof(drawn), i);
		body.len = ((size_t)drawn[0] << 8 | drawn[1]) % (MAX_BODY + 1);
		(void)crypto_sign_detached(want, NULL, body.ptr, body.len, sk);
		assert_int_equal(cot_report_sign_ed25519(COT_SCHEME_ED25519, key_seed,
		                                         i % 8 == 0 ? NULL : pub, body, got,
		                                         &len),
		                 COT_OK);
		assert_int_equal(len, 64);
		equal += memcmp(want, got, 64) == 0;
	}
	print_message("%zu of %u signatures equal\n", equal, MESSAGES);
	assert_int_equal(equal, MESSAGES);
}

/* The function refuses and writes nothing. */
static void refuse_key(const uint8_t secret[32], const uint8_t pub[32])
{
	uint8_t got[COT_MAX_SIG_LEN], before[COT_MAX_SIG_LEN];
	size_t len = 7;

	memset(before, 0xa5, sizeof(before));
	memcpy(got, before, sizeof(got));
	assert_int_equal(cot_report_sign_ed25519(COT_SCHEME_ED25519, secret, pub,
	                                         COT_SLICE("body"), got, &len),
	                 COT_E_KEY);
	assert_memory_equal(got, before, sizeof(got));
	assert_int_equal(len, 7);
}

/* Points of order 2 and 8, the neutral element, a spelling above p, and none
 * on the curve. */
static const char *const strange[] = {
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"0200000000000000000000000000000000000000000000000000000000000000"
};

static void test_wrong_public_key(void **state)
{
	uint8_t secret[32], pub[32], other[32];
	size_t i;

	(void)state;
	(void)unhex(ed25519[1].secret, secret, 32);
	(void)unhex(ed25519[1].public_key, pub, 32);
	(void)unhex(ed25519[2].public_key, other, 32);
	refuse_key(secret, other);
	for (i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		(void)unhex(strange[i], other, 32);
		refuse_key(secret, other);
	}
	for (i = 0; i < 256; i++) {
		pub[i / 8] = (uint8_t)(pub[i / 8] ^ 1u << (i % 8));
		refuse_key(secret, pub);
		pub[i / 8] = (uint8_t)(pub[i / 8] ^ 1u << (i % 8));
	}
}

/* The seed's own key plus the point of order 2: half of all signatures made
 * with it verify, and two of them with one nonce give the seed away.  Only the
 * check for prime order refuses it every time. */
static void test_own_key_plus_small_order(void **state)
{
	uint8_t secret[32], pub[32], small[32], mixed[32], got[COT_MAX_SIG_LEN];
	uint8_t body[2] = { 0, 0 };
	size_t len = 7;

	(void)state;
	(void)unhex(ed25519[1].secret, secret, 32);
	(void)unhex(ed25519[1].public_key, pub, 32);
	(void)unhex(strange[0], small, 32);
	assert_int_equal(crypto_core_ed25519_add(mixed, pub, small), 0);
	for (body[0] = 0; body[0] < 32; body[0]++)
		assert_int_equal(cot_report_sign_ed25519(COT_SCHEME_ED25519, secret, mixed,
		                                         cot_slice(body, 2), got, &len),
		                 COT_E_KEY);
	assert_int_equal(len, 7);
	assert_int_equal(cot_report_sign_ed25519(COT_SCHEME_ED25519, secret, pub,
	                                         cot_slice(body, 2), got, &len),
	                 COT_OK);
}

typedef enum cot_err sign_fn(enum cot_scheme scheme, const uint8_t *secret,
                             const uint8_t *public_key, struct cot_slice body, uint8_t *ret,
                             size_t *ret_len);

static void test_schemes(void **state)
{
	static const struct {
		sign_fn *sign;
		enum cot_scheme scheme;
		enum cot_err want;
	} rows[] = {
		{ cot_report_sign_ed25519, COT_SCHEME_NONE, COT_E_SCHEME },
		{ cot_report_sign_hmac, COT_SCHEME_NONE, COT_E_SCHEME },
		{ cot_report_sign_ed25519, COT_SCHEME_ECDSA_P256, COT_E_SCHEME },
		{ cot_report_sign_hmac, COT_SCHEME_ECDSA_P256, COT_E_SCHEME },
		{ cot_report_sign_ed25519, COT_SCHEME_RSA_PSS, COT_E_SCHEME },
		{ cot_report_sign_hmac, COT_SCHEME_RSA_PSS, COT_E_SCHEME },
		{ cot_report_sign_ed25519, COT_SCHEME_ED25519, COT_OK },
		{ cot_report_sign_ed25519, COT_SCHEME_HMAC_SHA256, COT_E_SCHEME },
		{ cot_report_sign_hmac, COT_SCHEME_HMAC_SHA256, COT_OK },
		{ cot_report_sign_hmac, COT_SCHEME_ED25519, COT_E_SCHEME }
	};
	uint8_t secret[32] = { 1 }, before[COT_MAX_SIG_LEN], got[COT_MAX_SIG_LEN];
	size_t i;

	(void)state;
	memset(before, 0xa5, sizeof(before));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = 7, used;

		memcpy(got, before, sizeof(got));
		assert_int_equal(rows[i].sign(rows[i].scheme, secret, NULL, COT_SLICE("body"), got,
		                              &len),
		                 rows[i].want);
		used = rows[i].want != COT_OK ? 0 :
		       rows[i].scheme == COT_SCHEME_ED25519 ? 64 : 32;
		assert_int_equal(len, used == 0 ? 7 : used);
		assert_memory_equal(got + used, before + used, sizeof(got) - used);
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
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_equal_to_libsodium),
		cmocka_unit_test(test_wrong_public_key),
		cmocka_unit_test(test_own_key_plus_small_order),
		cmocka_unit_test(test_schemes)
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
