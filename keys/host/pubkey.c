/* SPDX-License-Identifier: Apache-2.0
 *
 * Public key files: see keyfile.h.
 *
 * A file holds exactly what cot_key_write_object would write, so reading is:
 * find the scheme and the text, write the object again, compare.  No second
 * JSON reader, and no second spelling.
 */
#include "keys/host/keyfile.h"
#include "keys/host/file.h"

#include <string.h>

enum cot_err cot_pubkey_write(const char *path, const struct cot_key *key, bool force)
{
	char text[COT_KEYFILE_MAX];
	size_t len;
	enum cot_err err = cot_key_write_object(key, text, sizeof(text) - 1, &len);

	if (err != COT_OK)
		return err;
	text[len++] = '\n';
	return cot_file_write(path, cot_slice(text, len), 0644, force);
}

/* The bytes between the next occurrence of before and the quote after it;
 * empty if there is none. */
static struct cot_slice quoted(struct cot_slice s, struct cot_slice before)
{
	size_t at, end;

	for (at = 0; at + before.len <= s.len; at++) {
		if (cot_slice_eq(cot_slice_sub(s, at, before.len), before))
			break;
	}
	s = cot_slice_sub(s, at + before.len, s.len);
	for (end = 0; end < s.len && s.ptr[end] != '"'; end++)
		continue;
	return cot_slice_sub(s, 0, end);
}

static enum cot_err parse(struct cot_pubkey *file)
{
	struct cot_slice object = cot_slice(file->object, file->object_len);
	char again[COT_KEYFILE_MAX];
	size_t len;

	file->key.scheme = cot_scheme_from_name(quoted(object, COT_SLICE("\"scheme\":\"")));
	file->key.text = quoted(object, COT_SLICE("\"public\":\""));
	if (file->key.scheme == COT_SCHEME_NONE)
		return COT_E_KEY_FILE;
	if (cot_key_write_object(&file->key, again, sizeof(again), &len) != COT_OK ||
	    !cot_slice_eq(object, cot_slice(again, len)))
		return COT_E_KEY_FILE;
	return COT_OK;
}

/* CHECK K20: a public key file holds a sound key; HMAC keys have only a name, see
 * secret.h */
static enum cot_err check_key(const struct cot_key *key)
{
	if (key->scheme == COT_SCHEME_HMAC_SHA256)
		return key->text.len == 2 * COT_SHA256_LEN ? COT_OK : COT_E_KEY;
	return cot_key_check(key, &cot_crypto_full);
}

enum cot_err cot_pubkey_read(const char *path, struct cot_pubkey *ret)
{
	size_t len;
	enum cot_err err;

	memset(ret, 0, sizeof(*ret));
	err = cot_file_read(path, false, (uint8_t *)ret->object, sizeof(ret->object), &len);
	if (err == COT_E_LENGTH_EXCEEDED)
		return COT_E_KEY_FILE;
	if (err != COT_OK)
		return err;
	if (len == 0 || ret->object[len - 1] != '\n')
		return COT_E_KEY_FILE;
	ret->object_len = len - 1;
	err = parse(ret);
	if (err == COT_OK)
		err = check_key(&ret->key);
	if (err != COT_OK)
		return err;
	cot_key_id(cot_slice(ret->object, ret->object_len), &cot_crypto_full, ret->id);
	return COT_OK;
}
