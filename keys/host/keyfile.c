/* SPDX-License-Identifier: Apache-2.0
 *
 * Secret key files: see keyfile.h for the format.
 *
 * Reading goes from cheap to dear: mode, form, cost bounds, and only then the
 * key derivation, because until the tag is checked every byte of the file may
 * come from an attacker.
 */
#include "keys/host/keyfile.h"
#include "keys/encode.h"
#include "keys/host/file.h"

#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define MAGIC "CTSK"
#define VERSION 1
#define KDF_NONE 0
#define KDF_ARGON2ID 1
#define SALT_AT 16u
#define SALT_LEN 16u
#define NONCE_AT 32u
#define NONCE_LEN 24u
#define PUBLIC_AT 58u
#define BOX_LEN (COT_SECRET_LEN + 16u)

_Static_assert(crypto_pwhash_argon2id_SALTBYTES == SALT_LEN, "salt length of the format");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES == NONCE_LEN, "nonce length");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_ABYTES == 16, "tag length");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == 32, "key length");

const struct cot_cost cot_cost_default = { 3, 256 * 1024 };
const struct cot_cost cot_cost_min = { COT_KEYFILE_MIN_OPS, COT_KEYFILE_MIN_MEM_KIB };
const struct cot_cost cot_cost_none = { 0, 0 };

static const char line_start[] = "cotter secret key: ";

static void put_be32(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 24);
	at[1] = (uint8_t)(value >> 16);
	at[2] = (uint8_t)(value >> 8);
	at[3] = (uint8_t)value;
}

static uint32_t get_be32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool is_none(struct cot_cost cost)
{
	return cost.opslimit == 0 && cost.memlimit_kib == 0;
}

/* CHECK K15: a derivation cost lies within the bounds, both ways */
static enum cot_err check_cost(struct cot_cost cost)
{
	if (cost.opslimit < COT_KEYFILE_MIN_OPS || cost.opslimit > COT_KEYFILE_MAX_OPS ||
	    cost.memlimit_kib < COT_KEYFILE_MIN_MEM_KIB ||
	    cost.memlimit_kib > COT_KEYFILE_MAX_MEM_KIB)
		return COT_E_KEY_COST;
	return COT_OK;
}

static size_t public_len_of(enum cot_scheme scheme)
{
	switch (scheme) {
	case COT_SCHEME_ED25519:
	case COT_SCHEME_HMAC_SHA256:
		return 32;
	case COT_SCHEME_ECDSA_P256:
		return 65;
	case COT_SCHEME_NONE:
	case COT_SCHEME_RSA_PSS:
		break;
	}
	return 0;
}

/* CHECK K16: a comment is one line of bounded length without control bytes,
 * so that a file can neither hide lines nor play with a terminal */
static enum cot_err check_comment(struct cot_slice comment)
{
	size_t i;

	if (comment.len > COT_KEYFILE_MAX_COMMENT)
		return COT_E_NAME;
	for (i = 0; i < comment.len; i++) {
		if (comment.ptr[i] < 0x20 || comment.ptr[i] == 0x7f)
			return COT_E_NAME;
	}
	return COT_OK;
}

/* Encryption */

static enum cot_err derive(const struct cot_keyfile *file, struct cot_slice passphrase,
                           uint8_t *ret_key)
{
	enum cot_err err;

	if (is_none(file->cost)) {
		memset(ret_key, 0, 32);
		return COT_OK;
	}
	err = check_cost(file->cost);
	if (err != COT_OK)
		return err;
	if (crypto_pwhash_argon2id(ret_key, 32,
	                           passphrase.len == 0 ? "" : (const char *)passphrase.ptr,
	                           passphrase.len, file->body + SALT_AT, file->cost.opslimit,
	                           (size_t)file->cost.memlimit_kib * 1024,
	                           crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
		return COT_E_MEMORY;
	return COT_OK;
}

/* Everything before the ciphertext, in one piece. */
static size_t associated(const struct cot_keyfile *file, uint8_t *ret)
{
	size_t head = PUBLIC_AT + file->public_len;

	memcpy(ret, file->line, file->line_len);
	memcpy(ret + file->line_len, file->body, head);
	return file->line_len + head;
}

static enum cot_err seal(struct cot_keyfile *file, struct cot_slice passphrase,
                         const struct cot_secret *secret)
{
	uint8_t ad[2 * COT_KEYFILE_MAX];
	size_t ad_len = associated(file, ad), head = PUBLIC_AT + file->public_len;
	uint8_t *key = sodium_malloc(32);
	enum cot_err err = key == NULL ? COT_E_MEMORY : derive(file, passphrase, key);

	if (err == COT_OK) {
		(void)crypto_aead_xchacha20poly1305_ietf_encrypt(
			file->body + head, NULL, secret->bytes, COT_SECRET_LEN, ad, ad_len, NULL,
			file->body + NONCE_AT, key);
		file->body_len = head + BOX_LEN;
	}
	sodium_free(key);
	return err;
}

/* CHECK K17: passphrase and every byte of the file fit the tag */
static enum cot_err unseal(const struct cot_keyfile *file, const uint8_t *key,
                           uint8_t *ret_secret)
{
	uint8_t ad[2 * COT_KEYFILE_MAX];
	size_t ad_len = associated(file, ad);
	const uint8_t *box = file->body + PUBLIC_AT + file->public_len;

	if (crypto_aead_xchacha20poly1305_ietf_decrypt(ret_secret, NULL, NULL, box, BOX_LEN,
	                                               ad, ad_len, file->body + NONCE_AT,
	                                               key) != 0)
		return COT_E_PASSPHRASE;
	return COT_OK;
}

/* CHECK K18: the public half in the file belongs to the secret one */
static enum cot_err check_halves(const struct cot_keyfile *file,
                                 const struct cot_secret *secret)
{
	struct cot_slice own = cot_slice(secret->public_key, secret->public_len);

	if (!cot_slice_eq(own, cot_slice(file->public_key, file->public_len)))
		return COT_E_KEY_FILE;
	return COT_OK;
}

static enum cot_err open_with(const struct cot_keyfile *file, uint8_t *room,
                              struct cot_slice passphrase, struct cot_secret *ret)
{
	uint8_t *key = room, *bytes = room + 32;
	enum cot_err err = derive(file, passphrase, key);

	if (err == COT_OK)
		err = unseal(file, key, bytes);
	if (err == COT_OK)
		err = cot_secret_import(file->scheme, bytes, ret);
	if (err != COT_OK)
		return err;
	err = check_halves(file, ret);
	if (err != COT_OK)
		cot_secret_free(ret);
	return err;
}

enum cot_err cot_keyfile_open(const struct cot_keyfile *file, struct cot_slice passphrase,
                              struct cot_secret *ret)
{
	uint8_t *room = sodium_malloc(32 + COT_SECRET_LEN);
	enum cot_err err;

	memset(ret, 0, sizeof(*ret));
	if (room == NULL)
		return COT_E_MEMORY;
	err = open_with(file, room, passphrase, ret);
	sodium_free(room);
	return err;
}

bool cot_keyfile_locked(const struct cot_keyfile *file)
{
	return !is_none(file->cost);
}

/* Writing */

static void make_line(struct cot_keyfile *file, const char *comment)
{
	struct cot_slice text = cot_slice_str(comment);
	size_t len = sizeof(line_start) - 1;

	memcpy(file->line, line_start, len);
	if (text.len > 0)
		memcpy(file->line + len, text.ptr, text.len);
	file->line[len + text.len] = '\n';
	file->line_len = len + text.len + 1;
}

static void make_head(struct cot_keyfile *file, const struct cot_secret *secret)
{
	uint8_t *body = file->body;

	memcpy(body, MAGIC, 4);
	body[4] = VERSION;
	body[5] = (uint8_t)file->scheme;
	body[6] = is_none(file->cost) ? KDF_NONE : KDF_ARGON2ID;
	body[7] = 0;
	put_be32(body + 8, file->cost.opslimit);
	put_be32(body + 12, file->cost.memlimit_kib);
	memset(body + SALT_AT, 0, SALT_LEN);
	if (!is_none(file->cost))
		randombytes_buf(body + SALT_AT, SALT_LEN);
	randombytes_buf(body + NONCE_AT, NONCE_LEN);
	body[56] = 0;
	body[57] = (uint8_t)secret->public_len;
	memcpy(body + PUBLIC_AT, secret->public_key, secret->public_len);
}

/* CHECK K21: an encrypted file has a passphrase, a bounded cost and a plain comment */
static enum cot_err check_options(struct cot_slice passphrase,
                                  const struct cot_keyfile_options *options)
{
	enum cot_err err = check_comment(cot_slice_str(options->comment));

	if (err != COT_OK)
		return err;
	if (is_none(options->cost))
		return passphrase.len == 0 ? COT_OK : COT_E_KEY_COST;
	if (passphrase.len == 0)
		return COT_E_PASSPHRASE;
	return check_cost(options->cost);
}

enum cot_err cot_keyfile_write(const char *path, const struct cot_secret *secret,
                               struct cot_slice passphrase,
                               const struct cot_keyfile_options *options)
{
	struct cot_keyfile file = { .scheme = secret->scheme, .cost = options->cost };
	uint8_t text[2 * COT_KEYFILE_MAX];
	enum cot_err err = check_options(passphrase, options);
	size_t len;

	if (err != COT_OK)
		return err;
	file.public_len = secret->public_len;
	make_line(&file, options->comment);
	make_head(&file, secret);
	err = seal(&file, passphrase, secret);
	if (err != COT_OK)
		return err;
	len = file.line_len;
	memcpy(text, file.line, len);
	cot_base64_encode(cot_slice(file.body, file.body_len), (char *)text + len);
	len += cot_base64_len(file.body_len);
	text[len++] = '\n';
	return cot_file_write(path, cot_slice(text, len), 0600, options->force);
}

static enum cot_err write_public(const char *path, const struct cot_secret *secret,
                                 bool force)
{
	char spelled[COT_MAX_PUBLIC_TEXT];
	struct cot_key key = { .scheme = secret->scheme };
	enum cot_err err;
	size_t len;

	err = cot_public_text(secret->scheme,
	                      cot_slice(secret->public_key, secret->public_len), spelled,
	                      sizeof(spelled), &len);
	if (err != COT_OK)
		return err;
	key.text = cot_slice(spelled, len);
	return cot_pubkey_write(path, &key, force);
}

/* The public file goes first: it creates nothing that matters, and a name
 * that is taken is noticed before a secret is written. */
static enum cot_err write_pair(const char *path, const char *public_path,
                               const struct cot_secret *secret,
                               struct cot_slice passphrase,
                               const struct cot_keyfile_options *options)
{
	enum cot_err err = write_public(public_path, secret, options->force);

	if (err != COT_OK)
		return err;
	err = cot_keyfile_write(path, secret, passphrase, options);
	if (err != COT_OK && !options->force)
		(void)remove(public_path);
	return err;
}

enum cot_err cot_keyfile_generate(const char *path, enum cot_scheme scheme,
                                  struct cot_slice passphrase,
                                  const struct cot_keyfile_options *options)
{
	char public_path[PATH_MAX];
	struct cot_secret secret;
	enum cot_err err = check_options(passphrase, options);
	int len = snprintf(public_path, sizeof(public_path), "%s.pub", path);

	if (err != COT_OK)
		return err;
	if (len < 0 || (size_t)len >= sizeof(public_path))
		return COT_E_NAME;
	err = cot_secret_generate(scheme, &secret);
	if (err != COT_OK)
		return err;
	err = write_pair(path, public_path, &secret, passphrase, options);
	cot_secret_free(&secret);
	return err;
}

/* Reading */

/* Splits the text into its two lines and decodes the second. */
static enum cot_err split(struct cot_slice text, struct cot_keyfile *file)
{
	struct cot_slice start = cot_slice(line_start, sizeof(line_start) - 1), body;
	size_t at = start.len;

	if (!cot_slice_eq(cot_slice_sub(text, 0, start.len), start))
		return COT_E_KEY_FILE;
	while (at < text.len && text.ptr[at] != '\n')
		at++;
	if (check_comment(cot_slice_sub(text, start.len, at - start.len)) != COT_OK)
		return COT_E_KEY_FILE;
	body = cot_slice_sub(text, at + 1, text.len);
	if (body.len == 0 || body.ptr[body.len - 1] != '\n')
		return COT_E_KEY_FILE;
	memcpy(file->line, text.ptr, at + 1);
	file->line_len = at + 1;
	body = cot_slice_sub(body, 0, body.len - 1);
	if (cot_base64_decode(body, file->body, sizeof(file->body), &file->body_len) != COT_OK)
		return COT_E_KEY_FILE;
	return COT_OK;
}

/* CHECK K19: the body has the one form its version, scheme and derivation
 * allow */
static enum cot_err check_body(const struct cot_keyfile *file)
{
	static const uint8_t no_salt[SALT_LEN];
	const uint8_t *body = file->body;
	size_t n;

	if (file->body_len < PUBLIC_AT || memcmp(body, MAGIC, 4) != 0 || body[4] != VERSION ||
	    body[7] != 0)
		return COT_E_KEY_FILE;
	n = public_len_of((enum cot_scheme)body[5]);
	if (n == 0 || body[56] != 0 || body[57] != n ||
	    file->body_len != PUBLIC_AT + n + BOX_LEN)
		return COT_E_KEY_FILE;
	if (body[6] == KDF_ARGON2ID)
		return COT_OK;
	if (body[6] != KDF_NONE || get_be32(body + 8) != 0 || get_be32(body + 12) != 0 ||
	    memcmp(body + SALT_AT, no_salt, SALT_LEN) != 0)
		return COT_E_KEY_FILE;
	return COT_OK;
}

static enum cot_err parse(struct cot_slice text, struct cot_keyfile *file)
{
	enum cot_err err = split(text, file);

	if (err == COT_OK)
		err = check_body(file);
	if (err != COT_OK)
		return err;
	file->scheme = (enum cot_scheme)file->body[5];
	file->public_len = public_len_of(file->scheme);
	memcpy(file->public_key, file->body + PUBLIC_AT, file->public_len);
	file->cost.opslimit = get_be32(file->body + 8);
	file->cost.memlimit_kib = get_be32(file->body + 12);
	return file->body[6] == KDF_NONE ? COT_OK : check_cost(file->cost);
}

enum cot_err cot_keyfile_read(const char *path, struct cot_keyfile *ret)
{
	uint8_t text[COT_KEYFILE_MAX];
	enum cot_err err;
	size_t len;

	memset(ret, 0, sizeof(*ret));
	err = cot_file_read(path, true, text, sizeof(text), &len);
	if (err == COT_E_LENGTH_EXCEEDED)
		return COT_E_KEY_FILE;
	return err == COT_OK ? parse(cot_slice(text, len), ret) : err;
}
