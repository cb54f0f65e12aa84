/* SPDX-License-Identifier: Apache-2.0
 *
 * keys/host/signer.c: URIs, when the passphrase is asked for, and signatures
 * that the accept path counts.
 */
#include "keys/host/signer.h"
#include "keys/crypto/init.h"
#include "keys/encode.h"
#include "keys/host/keyfile.h"
#include "keys/quorum.h"
#include "tests/sim/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A fresh folder for each test; path() names a file in it. */
static char folder[SIM_FOLDER];

static const char *path(const char *name)
{
	static char whole[2][400];
	static unsigned turn;
	char *ret = whole[turn++ % 2];

	(void)snprintf(ret, 400, "%s/%s", folder, name);
	return ret;
}

static int make_folder(void **state)
{
	(void)state;
	return sim_folder_new("keys", folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	DIR *d = opendir(folder);
	struct dirent *e;

	(void)state;
	while (d != NULL && (e = readdir(d)) != NULL)
		(void)unlink(path(e->d_name));
	if (d != NULL)
		(void)closedir(d);
	return rmdir(folder);
}

#define PW COT_SLICE("correct horse")

static const enum cot_scheme schemes[] = { COT_SCHEME_ED25519, COT_SCHEME_ECDSA_P256,
	                                   COT_SCHEME_HMAC_SHA256 };

static void generate(const char *name, enum cot_scheme scheme)
{
	struct cot_keyfile_options o = { .cost = cot_cost_min, .force = true };

	assert_int_equal(cot_keyfile_generate(path(name), scheme, PW, &o), COT_OK);
}

static struct cot_passphrase_source given(struct cot_slice pw)
{
	struct cot_passphrase_source source = { .kind = COT_PASSPHRASE_GIVEN, .given = pw };

	return source;
}

static void test_sign(void **state)
{
	struct cot_passphrase_source source = given(PW);
	size_t i, len;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct cot_signer *signer;
		struct cot_pubkey file;
		struct cot_key key;
		uint8_t sig[COT_MAX_SIG_LEN], id[COT_KEY_ID_LEN];

		generate("k", schemes[i]);
		assert_int_equal(cot_signer_open(path("k"), &source, &signer), COT_OK);
		cot_signer_public(signer, &key);
		cot_signer_key_id(signer, id);
		assert_int_equal(cot_pubkey_read(path("k.pub"), &file), COT_OK);
		assert_int_equal(key.scheme, file.key.scheme);
		assert_true(cot_slice_eq(key.text, file.key.text));
		assert_memory_equal(id, file.id, sizeof(id));
		assert_int_equal(cot_signer_sign(signer, COT_SLICE("msg"), sig, 71, &len),
		                 COT_E_BUFFER);
		assert_int_equal(cot_signer_sign(signer, COT_SLICE("msg"), sig, sizeof(sig),
		                                 &len),
		                 COT_OK);
		assert_int_equal(cot_signer_verify(signer, COT_SLICE("msg"),
		                                   cot_slice(sig, len)),
		                 COT_OK);
		assert_int_equal(cot_signer_verify(signer, COT_SLICE("msh"),
		                                   cot_slice(sig, len)),
		                 COT_E_SIGNATURE);
		cot_signer_close(signer);
	}
}

/* Signers of both schemes, and the threshold routine over their work. */
static void test_quorum_of_signers(void **state)
{
	struct cot_passphrase_source source = given(PW);
	struct cot_signer *signers[3]; /* their keys must outlive the quorum */
	struct cot_quorum q;
	size_t i, len;

	(void)state;
	cot_quorum_init(&q, 2);
	for (i = 0; i < 3; i++) {
		struct cot_signer *signer;
		struct cot_key key;
		uint8_t sig[COT_MAX_SIG_LEN];
		char hex[2 * COT_MAX_SIG_LEN];
		enum cot_err err = i == 2 ? COT_E_SCHEME : COT_OK;

		generate("k", schemes[i]);
		assert_int_equal(cot_signer_open(path("k"), &source, &signer), COT_OK);
		cot_signer_public(signer, &key);
		assert_int_equal(cot_signer_sign(signer, COT_SLICE("msg"), sig, sizeof(sig),
		                                 &len),
		                 COT_OK);
		cot_hex_encode(cot_slice(sig, len), hex);
		assert_int_equal(cot_quorum_check(&q), i < 2 ? COT_E_SIG_THRESHOLD : COT_OK);
		assert_int_equal(cot_quorum_add(&q, &cot_crypto_full, &key,
		                                cot_slice(hex, 2 * len), COT_SLICE("msg")),
		                 err);
		signers[i] = signer;
	}
	assert_int_equal(q.count, 2);
	for (i = 0; i < 3; i++)
		cot_signer_close(signers[i]);
}

static void test_uris(void **state)
{
	struct cot_passphrase_source source = given(PW);
	struct cot_signer *signer;
	char uri[600];

	(void)state;
	generate("k", COT_SCHEME_ED25519);
	(void)snprintf(uri, sizeof(uri), "file:%s", path("k"));
	assert_int_equal(cot_signer_open(uri, &source, &signer), COT_OK);
	cot_signer_close(signer);
	assert_int_equal(cot_signer_open("pkcs11:token=x", &source, &signer), COT_E_UNSUPPORTED);
	assert_null(signer);
	assert_int_equal(cot_signer_open("exec:true", &source, &signer), COT_E_UNSUPPORTED);
	assert_int_equal(cot_signer_open("file:", &source, &signer), COT_E_NO_INPUT);
	assert_int_equal(cot_signer_open("", &source, &signer), COT_E_NO_INPUT);
	assert_null(signer);
	cot_signer_close(NULL);
}

/* A source that must not be touched: reading from it would be COT_E_IO. */
static void test_asked_only_when_needed(void **state)
{
	struct cot_passphrase_source trap = { .kind = COT_PASSPHRASE_FD, .fd = -1 };
	struct cot_keyfile_options o = { .cost = cot_cost_none };
	struct cot_signer *signer;

	(void)state;
	assert_int_equal(cot_signer_open(path("none"), &trap, &signer), COT_E_NO_INPUT);
	generate("k", COT_SCHEME_ED25519);
	assert_int_equal(cot_signer_open(path("k"), &trap, &signer), COT_E_IO);
	assert_int_equal(chmod(path("k"), 0644), 0);
	assert_int_equal(cot_signer_open(path("k"), &trap, &signer), COT_E_PERMISSION);
	assert_int_equal(chmod(path("k"), 0600), 0);
	assert_int_equal(truncate(path("k"), 60), 0);
	assert_int_equal(cot_signer_open(path("k"), &trap, &signer), COT_E_KEY_FILE);
	assert_int_equal(cot_keyfile_generate(path("d"), COT_SCHEME_ED25519, COT_SLICE(""), &o),
	                 COT_OK);
	assert_int_equal(cot_signer_open(path("d"), &trap, &signer), COT_OK);
	cot_signer_close(signer);
	assert_int_equal(cot_signer_open(path("d"), NULL, &signer), COT_OK);
	cot_signer_close(signer);
}

static void test_wrong_passphrase(void **state)
{
	struct cot_passphrase_source source = given(COT_SLICE("wrong"));
	struct cot_signer *signer;

	(void)state;
	generate("k", COT_SCHEME_ECDSA_P256);
	assert_int_equal(cot_signer_open(path("k"), &source, &signer), COT_E_PASSPHRASE);
	assert_null(signer);
	assert_int_equal(cot_signer_open(path("k"), NULL, &signer), COT_E_PASSPHRASE);
	assert_null(signer);
}

static int setup(void **state)
{
	(void)state;
	return cot_crypto_init() == COT_OK ? 0 : -1;
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = { IN_FOLDER(test_sign),
		                            IN_FOLDER(test_quorum_of_signers),
		                            IN_FOLDER(test_uris),
		                            IN_FOLDER(test_asked_only_when_needed),
		                            IN_FOLDER(test_wrong_passphrase) };

	return cmocka_run_group_tests(tests, setup, NULL);
}
