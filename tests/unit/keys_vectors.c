/* SPDX-License-Identifier: Apache-2.0
 *
 * Other people's test vectors: Wycheproof for Ed25519, ECDSA P-256 and
 * HMAC-SHA-256, and ed25519-speccheck for the corners where verifiers differ.
 *
 * Keys and signatures go the way they go in metadata: text, strict decoding,
 * crypto table.  The folder comes from the variable VECTORS; without it the
 * tests are skipped and say so.
 */
#include "keys/crypto/init.h"
#include "keys/encode.h"
#include "keys/host/secret.h"
#include "keys/key.h"

#include <jansson.h>
#include <stdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *load(const char *name)
{
	const char *folder = getenv("VECTORS");
	char path[4096];
	json_error_t error;
	json_t *json;

	if (folder == NULL || folder[0] == 0) {
		print_message("SKIPPED LOUDLY: set VECTORS to the vectors' folder to run %s\n",
		              name);
		skip();
		return NULL;
	}
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	json = json_load_file(path, 0, &error);
	if (json == NULL)
		fail_msg("%s: %s", path, error.text);
	return json;
}

static const char *text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	assert_non_null(text);
	return text;
}

/* Decodes hex into memory that the caller frees; exact size, so that a
 * sanitizer sees every byte read too far. */
static struct cot_slice unhex(const char *hex)
{
	size_t max = strlen(hex) / 2, len = 0;
	uint8_t *bytes = malloc(max + 1);

	assert_non_null(bytes);
	assert_int_equal(cot_hex_decode(cot_slice_str(hex), bytes, max, &len), COT_OK);
	return cot_slice(bytes, len);
}

static void release(struct cot_slice s)
{
	free((void *)(uintptr_t)s.ptr);
}

/* The verdict of the accept path on one signature entry. */
static enum cot_err verdict(const struct cot_crypto *crypto, const struct cot_key *key,
                            const char *sig_hex, const char *msg_hex)
{
	uint8_t key_buf[COT_MAX_KEY_LEN], sig_buf[COT_MAX_SIG_LEN];
	struct cot_slice raw, sig, msg = unhex(msg_hex);
	enum cot_err err = cot_key_decode(key, key_buf, &raw);

	if (err == COT_OK)
		err = cot_sig_decode(key->scheme, cot_slice_str(sig_hex), sig_buf, &sig);
	if (err == COT_OK)
		err = crypto->verify(key->scheme, raw, sig, msg);
	release(msg);
	return err;
}

struct tally {
	int right, wrong, accepted, bad_keys;
};

static void one_test(const json_t *test, const struct cot_key *key, struct tally *t)
{
	enum cot_err err = verdict(&cot_crypto_full, key, text_of(test, "sig"),
	                           text_of(test, "msg"));
	bool want = strcmp(text_of(test, "result"), "valid") == 0;

	if ((err == COT_OK) == want) {
		t->right++;
	} else {
		t->wrong++;
		print_message("tcId %d: %s, want %s\n",
		              (int)json_integer_value(json_object_get(test, "tcId")),
		              cot_err_word(err), text_of(test, "result"));
	}
	t->accepted += err == COT_OK;
}

static struct tally run(const char *name, enum cot_scheme scheme, const char *key_member)
{
	json_t *file = load(name), *group, *test;
	struct tally t = { 0, 0, 0, 0 };
	size_t i, k;

	json_array_foreach(json_object_get(file, "testGroups"), i, group) {
		const json_t *holder = group;
		struct cot_key key = { .scheme = scheme };

		if (scheme == COT_SCHEME_ED25519)
			holder = json_object_get(group, "publicKey");
		key.text = cot_slice_str(text_of(holder, key_member));
		t.bad_keys += cot_key_check(&key, &cot_crypto_full) != COT_OK;
		json_array_foreach(json_object_get(group, "tests"), k, test)
			one_test(test, &key, &t);
	}
	json_decref(file);
	print_message("%s: %d right, %d wrong, %d accepted\n", name, t.right, t.wrong,
	              t.accepted);
	return t;
}

static void test_wycheproof_ed25519(void **state)
{
	struct tally t = run("wycheproof/ed25519_test.json", COT_SCHEME_ED25519, "pk");

	(void)state;
	assert_int_equal(t.wrong, 0);
	assert_int_equal(t.right, 151);
	assert_int_equal(t.bad_keys, 0);
}

static void test_wycheproof_ecdsa(void **state)
{
	struct tally t = run("wycheproof/ecdsa_secp256r1_sha256_test.json",
	                     COT_SCHEME_ECDSA_P256, "publicKeyPem");

	(void)state;
	assert_int_equal(t.wrong, 0);
	assert_int_equal(t.right, 484);
	assert_int_equal(t.bad_keys, 0);
}

static bool one_mac(const json_t *test)
{
	struct cot_slice key = unhex(text_of(test, "key")), msg = unhex(text_of(test, "msg"));
	struct cot_slice tag = unhex(text_of(test, "tag"));
	bool want = strcmp(text_of(test, "result"), "valid") == 0;
	struct cot_secret secret;
	enum cot_err err;

	assert_int_equal(key.len, COT_SECRET_LEN);
	assert_int_equal(cot_secret_import(COT_SCHEME_HMAC_SHA256, key.ptr, &secret), COT_OK);
	err = cot_secret_verify(&secret, msg, tag);
	cot_secret_free(&secret);
	release(key);
	release(msg);
	release(tag);
	return (err == COT_OK) == want;
}

/* Only the groups of our parameters: 256-bit keys and whole tags. */
static void test_wycheproof_hmac(void **state)
{
	json_t *file = load("wycheproof/hmac_sha256_test.json"), *group, *test;
	size_t i, k;
	int right = 0, wrong = 0;

	(void)state;
	json_array_foreach(json_object_get(file, "testGroups"), i, group) {
		if (json_integer_value(json_object_get(group, "keySize")) != 256 ||
		    json_integer_value(json_object_get(group, "tagSize")) != 256)
			continue;
		json_array_foreach(json_object_get(group, "tests"), k, test) {
			if (one_mac(test))
				right++;
			else
				wrong++;
		}
	}
	json_decref(file);
	print_message("wycheproof hmac: %d right, %d wrong\n", right, wrong);
	assert_int_equal(wrong, 0);
	assert_true(right > 0);
}

/* The row of a strict cofactorless verifier.  Number 3 alone passes
 * verification: its R and A have parts of small order that cancel; its key is
 * refused where keys are read. */
static void test_speccheck(void **state)
{
	static const char row_verify[] = "000100000000";
	json_t *file = load("ed25519-speccheck/cases.json"), *test;
	char verified[16] = { 0 }, both[16] = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(json_array_size(file), 12);
	json_array_foreach(file, i, test) {
		struct cot_key key = { COT_SCHEME_ED25519,
			               cot_slice_str(text_of(test, "pub_key")) };
		bool sound = cot_key_check(&key, &cot_crypto_sodium) == COT_OK;
		bool valid = verdict(&cot_crypto_sodium, &key, text_of(test, "signature"),
		                     text_of(test, "message")) == COT_OK;

		verified[i] = valid ? '1' : '0';
		both[i] = valid && sound ? '1' : '0';
	}
	json_decref(file);
	print_message("speccheck: verify %s, key check and verify %s\n", verified, both);
	assert_string_equal(verified, row_verify);
	assert_string_equal(both, "000000000000");
}

static int setup(void **state)
{
	(void)state;
	return cot_crypto_init() == COT_OK ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wycheproof_ed25519),
		cmocka_unit_test(test_wycheproof_ecdsa),
		cmocka_unit_test(test_wycheproof_hmac),
		cmocka_unit_test(test_speccheck)
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
