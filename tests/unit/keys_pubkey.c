/* SPDX-License-Identifier: Apache-2.0
 *
 * keys/host/pubkey.c: exactly one form of public key file.
 */
#include "keys/crypto/init.h"
#include "keys/host/file.h"
#include "keys/host/keyfile.h"
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

#define ED "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
#define OBJECT(keytype, text, scheme)                                   \
	"{\"keytype\":\"" keytype "\",\"keyval\":{\"public\":\"" text   \
	"\"},\"scheme\":\"" scheme "\"}"
#define GOOD OBJECT("ed25519", ED, "ed25519")

static enum cot_err try_text(struct cot_slice text)
{
	static struct cot_pubkey key;

	assert_int_equal(cot_file_write(path("p"), text, 0644, true), COT_OK);
	return cot_pubkey_read(path("p"), &key);
}

static void test_round_trip(void **state)
{
	struct cot_key key = { COT_SCHEME_ED25519, COT_SLICE(ED) };
	struct cot_pubkey back;
	uint8_t id[COT_KEY_ID_LEN];
	struct stat st;

	(void)state;
	(void)umask(022);
	assert_int_equal(cot_pubkey_write(path("p"), &key, false), COT_OK);
	assert_int_equal(stat(path("p"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(st.st_size, sizeof(GOOD));
	assert_int_equal(cot_pubkey_read(path("p"), &back), COT_OK);
	assert_int_equal(back.key.scheme, COT_SCHEME_ED25519);
	assert_true(cot_slice_is(back.key.text, ED));
	assert_true(cot_slice_is(cot_slice(back.object, back.object_len), GOOD));
	cot_key_id(COT_SLICE(GOOD), &cot_crypto_full, id);
	assert_memory_equal(id, back.id, sizeof(id));
	assert_int_equal(cot_pubkey_write(path("p"), &key, false), COT_E_EXISTS);
	assert_int_equal(cot_pubkey_write(path("p"), &key, true), COT_OK);
}

static void test_forms(void **state)
{
	static const struct {
		const char *text;
		enum cot_err err;
	} rows[] = {
		{ GOOD "\n", COT_OK },
		{ GOOD, COT_E_KEY_FILE },
		{ GOOD "\n\n", COT_E_KEY_FILE },
		{ GOOD "\r\n", COT_E_KEY_FILE },
		{ " " GOOD "\n", COT_E_KEY_FILE },
		{ "", COT_E_KEY_FILE },
		{ "\n", COT_E_KEY_FILE },
		{ "{}\n", COT_E_KEY_FILE },
		{ "\"scheme\":\"ed25519\"\n", COT_E_KEY_FILE },
		{ "{\"keyid\":\"x\"," GOOD "\n", COT_E_KEY_FILE },
		{ OBJECT("ecdsa", ED, "ed25519") "\n", COT_E_KEY_FILE },
		{ OBJECT("ed25519", ED, "ed25519x") "\n", COT_E_KEY_FILE },
		{ OBJECT("rsa", ED, "rsassa-pss-sha256") "\n", COT_E_SCHEME },
		{ OBJECT("ed25519", ED "00", "ed25519") "\n", COT_E_KEY },
		{ OBJECT("ed25519", "zz", "ed25519") "\n", COT_E_ENCODING },
		{ OBJECT("ed25519",
		         "0100000000000000000000000000000000000000000000000000000000000000",
		         "ed25519") "\n",
		  COT_E_KEY },
		{ OBJECT("hmac", ED, "hmac-sha256") "\n", COT_OK },
		{ OBJECT("hmac", "00", "hmac-sha256") "\n", COT_E_KEY }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(try_text(cot_slice_str(rows[i].text)), rows[i].err);
}

static void test_every_byte(void **state)
{
	char text[] = GOOD "\n";
	struct cot_slice whole = cot_slice(text, sizeof(text) - 1);
	size_t i;

	(void)state;
	for (i = 0; i < whole.len; i++) {
		char before = text[i];

		assert_int_not_equal(try_text(cot_slice_sub(whole, 0, i)), COT_OK);
		text[i] = '~';
		assert_int_not_equal(try_text(whole), COT_OK);
		text[i] = 0;
		assert_int_not_equal(try_text(whole), COT_OK);
		text[i] = before;
	}
	assert_int_equal(try_text(whole), COT_OK);
}

static void test_missing_and_huge(void **state)
{
	static uint8_t huge[4096];
	struct cot_pubkey key;

	(void)state;
	memset(huge, 'x', sizeof(huge));
	assert_int_equal(cot_pubkey_read(path("none"), &key), COT_E_NO_INPUT);
	assert_int_equal(try_text(cot_slice(huge, sizeof(huge))), COT_E_KEY_FILE);
}

static int setup(void **state)
{
	(void)state;
	return cot_crypto_init() == COT_OK ? 0 : -1;
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = { IN_FOLDER(test_round_trip), IN_FOLDER(test_forms),
		                            IN_FOLDER(test_every_byte),
		                            IN_FOLDER(test_missing_and_huge) };

	return cmocka_run_group_tests(tests, setup, NULL);
}
