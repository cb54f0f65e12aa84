/* SPDX-License-Identifier: Apache-2.0
 *
 * bad_root FAULT ROOT KEY...
 *
 * Writes the Root of the file ROOT on standard output, with one fault, signed anew with
 * the secret key files KEY: what its owners could sign by mistake and `cotter sign`
 * would refuse.  FAULT is
 *
 *   none         nothing but new signatures
 *   small-order  a further Ed25519 key that anyone can sign for, listed by no role
 *   foreign-id   a key's copy under an id that is not its hash, listed by no role
 *   no-key       an id in the list of the Targets role that has no key
 *   image        the repository "image", whatever it was
 *   shared       the last KEY too, listed by no role
 */
#include "keys/crypto/init.h"
#include "keys/encode.h"
#include "keys/host/signer.h"
#include "keys/key.h"
#include "metadata/host/build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POINT1 "0100000000000000000000000000000000000000000000000000000000000000"
#define NO_ID "00000000000000000000000000000000000000000000000000000000000000aa"

static void need(enum cot_err err, const char *what)
{
	if (err == COT_OK)
		return;
	fprintf(stderr, "bad_root: %s: %s\n", what, cot_err_word(err));
	exit(1);
}

static json_t *load(const char *path)
{
	FILE *f = fopen(path, "rb");
	static char text[1u << 16];
	json_t *ret;
	size_t at, len = f == NULL ? 0 : fread(text, 1, sizeof(text), f);

	if (f != NULL)
		fclose(f);
	need(cot_wire_load(cot_slice(text, len), &ret, &at), path);
	return ret;
}

/* A copy of one of the Ed25519 keys. */
static json_t *some_key(json_t *root)
{
	const char *id;
	json_t *key;

	json_object_foreach(json_object_get(root, "keys"), id, key) {
		if (strcmp(json_string_value(json_object_get(key, "keytype")), "ed25519") == 0)
			return json_deep_copy(key);
	}
	need(COT_E_NOT_FOUND, "an Ed25519 key");
	return NULL;
}

static void add_small_order(json_t *root)
{
	json_t *key = some_key(root);
	char hex[COT_KEY_ID_TEXT + 1] = "", *text;
	uint8_t id[COT_KEY_ID_LEN];
	size_t len;

	json_object_set_new(json_object_get(key, "keyval"), "public", json_string(POINT1));
	need(cot_canon_dump(key, COT_GRAMMAR_OLPC, &text, &len), "key");
	cot_key_id(cot_slice(text, len), &cot_crypto_full, id);
	cot_hex_encode(cot_slice(id, sizeof(id)), hex);
	json_object_set_new(json_object_get(root, "keys"), hex, key);
	free(text);
}

/* As a new key of Root's, then off its list. */
static void add_last(json_t *root, const char *path)
{
	json_t *ids = json_object_get(cot_build_root_role(root, COT_ROLE_ROOT), "keyids");
	struct cot_signer *signer;
	struct cot_key key;

	need(cot_signer_open(path, NULL, &signer), path);
	cot_signer_public(signer, &key);
	need(cot_build_root_add_key(root, COT_ROLE_ROOT, &key, &cot_crypto_full), path);
	json_array_remove(ids, json_array_size(ids) - 1);
	cot_signer_close(signer);
}

static bool spoil(json_t *root, const char *fault, const char *last)
{
	json_t *targets = cot_build_root_role(root, COT_ROLE_TARGETS);

	if (strcmp(fault, "small-order") == 0)
		add_small_order(root);
	else if (strcmp(fault, "foreign-id") == 0)
		json_object_set_new(json_object_get(root, "keys"), NO_ID, some_key(root));
	else if (strcmp(fault, "no-key") == 0)
		json_array_append_new(json_object_get(targets, "keyids"), json_string(NO_ID));
	else if (strcmp(fault, "image") == 0)
		json_object_set_new(json_object_get(root, "custom"), "repository",
		                    json_string("image"));
	else if (strcmp(fault, "shared") == 0)
		add_last(root, last);
	else
		return strcmp(fault, "none") == 0;
	return true;
}

static void sign(json_t *envelope, const char *path)
{
	uint8_t id[COT_KEY_ID_LEN], sig[COT_MAX_SIG_LEN];
	struct cot_signer *signer;
	size_t len, sig_len;
	char *text;

	need(cot_signer_open(path, NULL, &signer), path);
	need(cot_build_signed_text(envelope, &text, &len), path);
	need(cot_signer_sign(signer, cot_slice(text, len), sig, sizeof(sig), &sig_len), path);
	cot_signer_key_id(signer, id);
	need(cot_build_add_signature(envelope, id, cot_slice(sig, sig_len)), path);
	cot_signer_close(signer);
	free(text);
}

int main(int argc, char **argv)
{
	json_t *envelope;
	char *text;
	size_t len;
	int i;

	need(cot_crypto_init(), "crypto");
	if (argc < 4) {
		fprintf(stderr, "usage: bad_root FAULT ROOT KEY...\n");
		return 64;
	}
	envelope = load(argv[2]);
	if (!spoil(json_object_get(envelope, "signed"), argv[1], argv[argc - 1]))
		return 64;
	json_array_clear(json_object_get(envelope, "signatures"));
	for (i = 3; i < argc; i++)
		sign(envelope, argv[i]);
	need(cot_wire_dump(envelope, &text, &len), "envelope");
	fwrite(text, 1, len, stdout);
	free(text);
	json_decref(envelope);
	return 0;
}
