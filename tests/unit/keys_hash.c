/* SPDX-License-Identifier: Apache-2.0
 *
 * keys/hash.c, with the hash functions of keys/crypto/sodium.c: FIPS 180-4
 * examples, every way to cut a message, and copying a hash in progress.
 */
#include "keys/crypto.h"
#include "keys/encode.h"
#include "keys/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect(enum cot_hash_alg alg, struct cot_slice data, const char *hex)
{
	uint8_t sum[COT_MAX_HASH_LEN];
	char text[2 * COT_MAX_HASH_LEN];

	cot_hash_once(&cot_crypto_sodium, alg, data, sum);
	cot_hex_encode(cot_slice(sum, cot_hash_len(alg)), text);
	assert_int_equal(2 * cot_hash_len(alg), strlen(hex));
	assert_memory_equal(text, hex, strlen(hex));
}

static void test_known(void **state)
{
	(void)state;
	expect(COT_HASH_SHA256, cot_slice(NULL, 0),
	       "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	expect(COT_HASH_SHA256, COT_SLICE("abc"),
	       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	expect(COT_HASH_SHA512, COT_SLICE("abc"),
	       "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	       "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

static void test_cuts(void **state)
{
	const struct cot_crypto *c = &cot_crypto_full;
	static const enum cot_hash_alg algs[] = { COT_HASH_SHA256, COT_HASH_SHA512 };
	uint8_t data[300], whole[64], parts[64], copied[64];
	size_t i, k, cut;

	(void)state;
	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	for (k = 0; k < 2; k++) {
		cot_hash_once(c, algs[k], cot_slice(data, sizeof(data)), whole);
		for (cut = 0; cut <= sizeof(data); cut++) {
			struct cot_slice all = cot_slice(data, sizeof(data));
			struct cot_hash h, copy;

			c->hash_init(&h, algs[k]);
			c->hash_update(&h, cot_slice_sub(all, 0, cut));
			copy = h;
			c->hash_update(&h, cot_slice_sub(all, cut, sizeof(data)));
			c->hash_final(&h, parts);
			c->hash_update(&copy, cot_slice_sub(all, cut, sizeof(data)));
			c->hash_final(&copy, copied);
			assert_memory_equal(whole, parts, cot_hash_len(algs[k]));
			assert_memory_equal(whole, copied, cot_hash_len(algs[k]));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_cuts)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
