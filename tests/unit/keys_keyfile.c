/* SPDX-License-Identifier: Apache-2.0
 *
 * keys/host/keyfile.c: every byte altered, every bound, modes, passphrases,
 * and nothing overwritten.  All with the smallest derivation cost.
 */
#include "keys/host/keyfile.h"
#include "keys/crypto/init.h"
#include "keys/encode.h"
#include "keys/host/file.h"
#include "tests/sim/folder.h"

#include <dirent.h>
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

static struct cot_keyfile_options options(struct cot_cost cost)
{
	struct cot_keyfile_options o = { .cost = cost, .comment = "root 1" };

	return o;
}

static size_t slurp(const char *name, uint8_t *buf, size_t max)
{
	size_t len = 0;

	assert_int_equal(cot_file_read(path(name), false, buf, max, &len), COT_OK);
	return len;
}

/* Puts text in the place of the key file and says what reading and opening it
 * give. */
static enum cot_err try_text(const uint8_t *text, size_t len, struct cot_slice pw)
{
	struct cot_keyfile file;
	struct cot_secret secret = { .bytes = NULL };
	enum cot_err err;

	assert_int_equal(cot_file_write(path("t"), cot_slice(text, len), 0600, true), COT_OK);
	err = cot_keyfile_read(path("t"), &file);
	if (err == COT_OK)
		err = cot_keyfile_open(&file, pw, &secret);
	assert_int_equal(secret.bytes != NULL, err == COT_OK);
	cot_secret_free(&secret);
	return err;
}

static void generate(enum cot_scheme scheme)
{
	struct cot_keyfile_options o = options(cot_cost_min);

	o.force = true;
	assert_int_equal(cot_keyfile_generate(path("k"), scheme, PW, &o), COT_OK);
}

static void test_round_trip(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct cot_keyfile file;
		struct cot_secret secret;
		struct cot_pubkey public_key;
		struct stat st;

		generate(schemes[i]);
		assert_int_equal(stat(path("k"), &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
		assert_int_equal(cot_keyfile_read(path("k"), &file), COT_OK);
		assert_int_equal(file.scheme, schemes[i]);
		assert_int_equal(file.cost.opslimit, 1);
		assert_int_equal(file.cost.memlimit_kib, 8192);
		assert_true(cot_keyfile_locked(&file));
		assert_int_equal(cot_keyfile_open(&file, PW, &secret), COT_OK);
		assert_memory_equal(secret.public_key, file.public_key, file.public_len);
		assert_int_equal(cot_pubkey_read(path("k.pub"), &public_key), COT_OK);
		assert_int_equal(public_key.key.scheme, schemes[i]);
		cot_secret_free(&secret);
	}
}

static void test_passphrases(void **state)
{
	static const char *const wrong[] = { "", "correct horsf", "correct hors",
		                             "correct horse ", "Correct horse" };
	struct cot_keyfile file;
	struct cot_secret secret;
	size_t i;

	(void)state;
	generate(COT_SCHEME_ED25519);
	assert_int_equal(cot_keyfile_read(path("k"), &file), COT_OK);
	for (i = 0; i < 5; i++) {
		assert_int_equal(cot_keyfile_open(&file, cot_slice_str(wrong[i]), &secret),
		                 COT_E_PASSPHRASE);
		assert_null(secret.bytes);
	}
	assert_int_equal(cot_keyfile_open(&file, PW, &secret), COT_OK);
	cot_secret_free(&secret);
}

/* What the secret is must not show in the file. */
static void test_secret_is_not_in_the_file(void **state)
{
	struct cot_keyfile file;
	struct cot_secret secret;
	size_t i;

	(void)state;
	generate(COT_SCHEME_ECDSA_P256);
	assert_int_equal(cot_keyfile_read(path("k"), &file), COT_OK);
	assert_int_equal(cot_keyfile_open(&file, PW, &secret), COT_OK);
	for (i = 0; i + 8 <= file.body_len; i++)
		assert_memory_not_equal(file.body + i, secret.bytes, 8);
	cot_secret_free(&secret);
}

/* Two bits of every byte of the body.  The masks keep an altered cost, where
 * it is within bounds, below 64 MiB. */
static void test_every_body_byte(void **state)
{
	static const uint8_t masks[] = { 0x01, 0x80 };
	uint8_t text[COT_KEYFILE_MAX], other[COT_KEYFILE_MAX];
	struct cot_keyfile file;
	size_t i, k, len, tried = 0;

	(void)state;
	generate(COT_SCHEME_ED25519);
	len = slurp("k", text, sizeof(text));
	assert_int_equal(try_text(text, len, PW), COT_OK);
	assert_int_equal(cot_keyfile_read(path("k"), &file), COT_OK);
	for (i = 0; i < file.body_len; i++) {
		for (k = 0; k < 2; k++) {
			enum cot_err err;

			file.body[i] ^= masks[k];
			memcpy(other, text, len);
			cot_base64_encode(cot_slice(file.body, file.body_len),
			                  (char *)other + file.line_len);
			err = try_text(other, len, PW);
			assert_true(err == COT_E_PASSPHRASE || err == COT_E_KEY_FILE ||
			            err == COT_E_KEY_COST);
			if (i < 8 || i == 56 || i == 57)
				assert_true(err == COT_E_KEY_FILE || i == 5);
			if (i >= 16 && i != 56 && i != 57)
				assert_int_equal(err, COT_E_PASSPHRASE);
			file.body[i] ^= masks[k];
			tried++;
		}
	}
	print_message("keyfile: %zu altered bodies refused\n", tried);
}

/* Every byte of the text replaced: line breaks, the comment, base64. */
static void test_every_text_byte(void **state)
{
	uint8_t text[COT_KEYFILE_MAX];
	size_t i, len, line;

	(void)state;
	generate(COT_SCHEME_ED25519);
	len = slurp("k", text, sizeof(text));
	line = strlen("cotter secret key: root 1\n");
	for (i = 0; i < len; i++) {
		uint8_t before = text[i];
		bool comment = i >= strlen("cotter secret key: ") && i < line - 1;

		text[i] = comment ? (uint8_t)(before ^ 1) : '!';
		assert_int_equal(try_text(text, len, PW),
		                 comment ? COT_E_PASSPHRASE : COT_E_KEY_FILE);
		text[i] = 0;
		assert_int_equal(try_text(text, len, PW), COT_E_KEY_FILE);
		text[i] = before;
	}
	assert_int_equal(try_text(text, len, PW), COT_OK);
}

static void test_truncated_and_extended(void **state)
{
	uint8_t text[COT_KEYFILE_MAX + 8];
	size_t cut, len;

	(void)state;
	generate(COT_SCHEME_ECDSA_P256);
	len = slurp("k", text, sizeof(text));
	for (cut = 0; cut < len; cut++)
		assert_int_equal(try_text(text, cut, PW), COT_E_KEY_FILE);
	for (cut = 1; cut < 8; cut++) {
		memset(text + len, 'A', cut);
		assert_int_equal(try_text(text, len + cut, PW), COT_E_KEY_FILE);
	}
	text[len] = '\n';
	assert_int_equal(try_text(text, len + 1, PW), COT_E_KEY_FILE);
	memset(text + len, 'A', sizeof(text) - len);
	assert_int_equal(try_text(text, sizeof(text), PW), COT_E_KEY_FILE);
	assert_int_equal(try_text(text, len, PW), COT_OK);
}

static void test_garbage(void **state)
{
	uint8_t noise[COT_KEYFILE_MAX];
	uint32_t x = 12345;
	size_t i, round;

	(void)state;
	for (round = 0; round < 200; round++) {
		for (i = 0; i < sizeof(noise); i++) {
			x = x * 1664525 + 1013904223;
			noise[i] = (uint8_t)(x >> 24);
		}
		if (round % 2)
			memcpy(noise, "cotter secret key: x\n", 21);
		assert_int_equal(try_text(noise, round * 5, PW), COT_E_KEY_FILE);
	}
}

/* A cost in the file is judged before any work is done with it. */
static void test_cost_bounds_of_files(void **state)
{
	static const struct {
		uint32_t ops, mem;
		enum cot_err err;
	} rows[] = {
		{ 0, 8192, COT_E_KEY_COST },        { 1, 8192, COT_OK },
		{ 16, 8192, COT_OK },               { 17, 8192, COT_E_KEY_COST },
		{ 0xffffffff, 8192, COT_E_KEY_COST }, { 1, 8191, COT_E_KEY_COST },
		{ 1, 0, COT_E_KEY_COST },           { 0, 0, COT_E_KEY_COST },
		{ 1, 2097152, COT_OK },             { 1, 2097153, COT_E_KEY_COST },
		{ 1, 0xffffffff, COT_E_KEY_COST },  { 16, 2097152, COT_OK }
	};
	struct cot_keyfile file, again;
	uint8_t text[COT_KEYFILE_MAX];
	size_t i, k, len;

	(void)state;
	generate(COT_SCHEME_ED25519);
	len = slurp("k", text, sizeof(text));
	assert_int_equal(cot_keyfile_read(path("k"), &file), COT_OK);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (k = 0; k < 4; k++) {
			file.body[8 + k] = (uint8_t)(rows[i].ops >> (24 - 8 * k));
			file.body[12 + k] = (uint8_t)(rows[i].mem >> (24 - 8 * k));
		}
		cot_base64_encode(cot_slice(file.body, file.body_len),
		                  (char *)text + file.line_len);
		assert_int_equal(cot_file_write(path("t"), cot_slice(text, len), 0600, true),
		                 COT_OK);
		assert_int_equal(cot_keyfile_read(path("t"), &again), rows[i].err);
	}
}

/* The same bounds hold where a file is made, and where one is opened that
 * came here some other way. */
static void test_cost_bounds_of_callers(void **state)
{
	static const struct cot_cost bad[] = { { 0, 8192 }, { 17, 8192 }, { 1, 8191 },
		                               { 1, 2097153 }, { 1, 0 } };
	struct cot_secret secret;
	struct cot_keyfile file;
	size_t i;

	(void)state;
	generate(COT_SCHEME_ED25519);
	assert_int_equal(cot_keyfile_read(path("k"), &file), COT_OK);
	for (i = 0; i < 5; i++) {
		struct cot_keyfile_options o = options(bad[i]);

		assert_int_equal(cot_keyfile_generate(path("n"), COT_SCHEME_ED25519, PW, &o),
		                 COT_E_KEY_COST);
		assert_int_equal(access(path("n"), F_OK), -1);
		assert_int_equal(access(path("n.pub"), F_OK), -1);
		file.cost = bad[i];
		assert_int_equal(cot_keyfile_open(&file, PW, &secret), COT_E_KEY_COST);
	}
}

/* Device keys: no passphrase, and no way to turn one kind into the other. */
static void test_none(void **state)
{
	struct cot_keyfile_options o = options(cot_cost_none);
	struct cot_keyfile file;
	struct cot_secret secret;
	uint8_t text[COT_KEYFILE_MAX];
	size_t i, len;

	(void)state;
	assert_int_equal(cot_keyfile_generate(path("d"), COT_SCHEME_HMAC_SHA256, PW, &o),
	                 COT_E_KEY_COST);
	assert_int_equal(cot_keyfile_generate(path("d"), COT_SCHEME_HMAC_SHA256, COT_SLICE(""),
	                                      &o),
	                 COT_OK);
	assert_int_equal(cot_keyfile_read(path("d"), &file), COT_OK);
	assert_false(cot_keyfile_locked(&file));
	assert_int_equal(cot_keyfile_open(&file, COT_SLICE(""), &secret), COT_OK);
	cot_secret_free(&secret);
	len = slurp("d", text, sizeof(text));
	for (i = 0; i < file.body_len; i++) {
		enum cot_err err;

		file.body[i] ^= 1;
		cot_base64_encode(cot_slice(file.body, file.body_len),
		                  (char *)text + file.line_len);
		err = try_text(text, len, COT_SLICE(""));
		assert_true(err == COT_E_PASSPHRASE || err == COT_E_KEY_FILE ||
		            err == COT_E_KEY_COST);
		file.body[i] ^= 1;
	}
	o.cost = cot_cost_min;
	assert_int_equal(cot_keyfile_generate(path("e"), COT_SCHEME_ED25519, COT_SLICE(""), &o),
	                 COT_E_PASSPHRASE);
}

static void test_modes(void **state)
{
	struct cot_keyfile file;
	mode_t bit;

	(void)state;
	generate(COT_SCHEME_ED25519);
	for (bit = 1; bit <= 040; bit <<= 1) {
		assert_int_equal(chmod(path("k"), 0600 | bit), 0);
		assert_int_equal(cot_keyfile_read(path("k"), &file), COT_E_PERMISSION);
	}
	assert_int_equal(chmod(path("k"), 0400), 0);
	assert_int_equal(cot_keyfile_read(path("k"), &file), COT_OK);
	assert_int_equal(cot_keyfile_read(path("none"), &file), COT_E_NO_INPUT);
	assert_int_equal(cot_keyfile_read(folder, &file), COT_E_NO_INPUT);
}

/* Each of the two files alone is enough to stop, and both stay as they are. */
static void test_no_overwrite(void **state)
{
	struct cot_keyfile_options o = options(cot_cost_min);
	uint8_t before[COT_KEYFILE_MAX], after[COT_KEYFILE_MAX];
	size_t len;

	(void)state;
	generate(COT_SCHEME_ED25519);
	len = slurp("k", before, sizeof(before));
	assert_int_equal(cot_keyfile_generate(path("k"), COT_SCHEME_ED25519, PW, &o),
	                 COT_E_EXISTS);
	assert_int_equal(unlink(path("k.pub")), 0);
	assert_int_equal(cot_keyfile_generate(path("k"), COT_SCHEME_ED25519, PW, &o),
	                 COT_E_EXISTS);
	assert_int_equal(access(path("k.pub"), F_OK), -1);
	assert_int_equal(slurp("k", after, sizeof(after)), len);
	assert_memory_equal(before, after, len);
	assert_int_equal(unlink(path("k")), 0);
	assert_int_equal(cot_file_write(path("k.pub"), COT_SLICE("old"), 0644, false), COT_OK);
	assert_int_equal(cot_keyfile_generate(path("k"), COT_SCHEME_ED25519, PW, &o),
	                 COT_E_EXISTS);
	assert_int_equal(access(path("k"), F_OK), -1);
	o.force = true;
	assert_int_equal(cot_keyfile_generate(path("k"), COT_SCHEME_ED25519, PW, &o), COT_OK);
}

static void test_bad_requests(void **state)
{
	struct cot_keyfile_options o = options(cot_cost_min);
	char comment[COT_KEYFILE_MAX_COMMENT + 2];

	(void)state;
	assert_int_equal(cot_keyfile_generate(path("n"), COT_SCHEME_RSA_PSS, PW, &o),
	                 COT_E_SCHEME);
	assert_int_equal(cot_keyfile_generate(path("none/n"), COT_SCHEME_ED25519, PW, &o),
	                 COT_E_NO_INPUT);
	o.comment = "two\nlines";
	assert_int_equal(cot_keyfile_generate(path("n"), COT_SCHEME_ED25519, PW, &o), COT_E_NAME);
	o.comment = "\x1b[2J";
	assert_int_equal(cot_keyfile_generate(path("n"), COT_SCHEME_ED25519, PW, &o), COT_E_NAME);
	memset(comment, 'c', sizeof(comment) - 1);
	comment[sizeof(comment) - 1] = 0;
	o.comment = comment;
	assert_int_equal(cot_keyfile_generate(path("n"), COT_SCHEME_ED25519, PW, &o), COT_E_NAME);
	assert_int_equal(access(path("n"), F_OK), -1);
	assert_int_equal(access(path("n.pub"), F_OK), -1);
	comment[COT_KEYFILE_MAX_COMMENT] = 0;
	assert_int_equal(cot_keyfile_generate(path("n"), COT_SCHEME_ED25519, PW, &o), COT_OK);
	o.comment = NULL;
	assert_int_equal(cot_keyfile_generate(path("m"), COT_SCHEME_ED25519, PW, &o), COT_OK);
}

/* A file that was sealed with a public half of another key: its tag is right,
 * yet it is refused.  Only its maker can build one. */
static void test_halves(void **state)
{
	struct cot_keyfile_options o = options(cot_cost_min);
	struct cot_keyfile file;
	struct cot_secret secret, out;

	(void)state;
	assert_int_equal(cot_secret_generate(COT_SCHEME_ED25519, &secret), COT_OK);
	secret.public_key[3] ^= 1;
	assert_int_equal(cot_keyfile_write(path("h"), &secret, PW, &o), COT_OK);
	assert_int_equal(cot_keyfile_read(path("h"), &file), COT_OK);
	assert_int_equal(cot_keyfile_open(&file, PW, &out), COT_E_KEY_FILE);
	assert_null(out.bytes);
	secret.public_key[3] ^= 1;
	o.force = true;
	assert_int_equal(cot_keyfile_write(path("h"), &secret, PW, &o), COT_OK);
	assert_int_equal(cot_keyfile_read(path("h"), &file), COT_OK);
	assert_int_equal(cot_keyfile_open(&file, PW, &out), COT_OK);
	assert_memory_equal(out.bytes, secret.bytes, COT_SECRET_LEN);
	cot_secret_free(&out);
	cot_secret_free(&secret);
}

static int setup(void **state)
{
	(void)state;
	return cot_crypto_init() == COT_OK ? 0 : -1;
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_round_trip),
		IN_FOLDER(test_passphrases),
		IN_FOLDER(test_secret_is_not_in_the_file),
		IN_FOLDER(test_every_body_byte),
		IN_FOLDER(test_every_text_byte),
		IN_FOLDER(test_truncated_and_extended),
		IN_FOLDER(test_garbage),
		IN_FOLDER(test_cost_bounds_of_files),
		IN_FOLDER(test_cost_bounds_of_callers),
		IN_FOLDER(test_none),
		IN_FOLDER(test_modes),
		IN_FOLDER(test_no_overwrite),
		IN_FOLDER(test_bad_requests),
		IN_FOLDER(test_halves)
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
