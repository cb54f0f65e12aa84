/* SPDX-License-Identifier: Apache-2.0
 *
 * Signers: see signer.h.
 *
 * A class is a URI prefix and four functions.  The public half, its spelling
 * and the key id are worked out once at open, the same way for every class.
 */
#include "keys/host/signer.h"
#include "keys/host/keyfile.h"

#include <stdlib.h>
#include <string.h>

struct class {
	const char *prefix; /* with the colon */
	/* Fills scheme, public_key and the class's own state. */
	enum cot_err (*open)(struct cot_signer *signer, const char *rest,
	                     const struct cot_passphrase_source *source);
	enum cot_err (*sign)(const struct cot_signer *signer, struct cot_slice msg,
	                     uint8_t *ret_sig, size_t max, size_t *ret_len);
	enum cot_err (*verify)(const struct cot_signer *signer, struct cot_slice msg,
	                       struct cot_slice sig);
	void (*close)(struct cot_signer *signer);
};

struct cot_signer {
	const struct class *class;
	enum cot_scheme scheme;
	struct cot_slice public_key;
	size_t text_len;
	char text[COT_MAX_PUBLIC_TEXT];
	uint8_t id[COT_KEY_ID_LEN];
	struct cot_secret secret; /* class file */
};

/* Key files */

static enum cot_err unlock(const struct cot_keyfile *file, const char *path,
                           const struct cot_passphrase_source *source,
                           struct cot_secret *ret)
{
	struct cot_passphrase passphrase = { NULL, 0 };
	enum cot_err err;

	if (!cot_keyfile_locked(file))
		return cot_keyfile_open(file, cot_slice(NULL, 0), ret);
	if (source == NULL)
		return COT_E_PASSPHRASE;
	err = cot_passphrase_get(source, path, false, &passphrase);
	if (err != COT_OK)
		return err;
	err = cot_keyfile_open(file, cot_slice(passphrase.bytes, passphrase.len), ret);
	cot_passphrase_free(&passphrase);
	return err;
}

static enum cot_err file_open(struct cot_signer *signer, const char *rest,
                              const struct cot_passphrase_source *source)
{
	struct cot_keyfile file;
	enum cot_err err = cot_keyfile_read(rest, &file);

	if (err == COT_OK)
		err = unlock(&file, rest, source, &signer->secret);
	if (err != COT_OK)
		return err;
	signer->scheme = signer->secret.scheme;
	signer->public_key = cot_slice(signer->secret.public_key, signer->secret.public_len);
	return COT_OK;
}

static enum cot_err file_sign(const struct cot_signer *signer, struct cot_slice msg,
                              uint8_t *ret_sig, size_t max, size_t *ret_len)
{
	return cot_secret_sign(&signer->secret, msg, ret_sig, max, ret_len);
}

static enum cot_err file_verify(const struct cot_signer *signer, struct cot_slice msg,
                                struct cot_slice sig)
{
	return cot_secret_verify(&signer->secret, msg, sig);
}

static void file_close(struct cot_signer *signer)
{
	cot_secret_free(&signer->secret);
}

/* Classes that are named but not built in yet: an honest refusal is better
 * than taking the URI for a file name. */
static enum cot_err no_open(struct cot_signer *signer, const char *rest,
                            const struct cot_passphrase_source *source)
{
	(void)signer;
	(void)rest;
	(void)source;
	return COT_E_UNSUPPORTED;
}

static void no_close(struct cot_signer *signer)
{
	(void)signer;
}

static const struct class classes[] = {
	{ "file:", file_open, file_sign, file_verify, file_close },
	{ "pkcs11:", no_open, NULL, NULL, no_close },
	{ "exec:", no_open, NULL, NULL, no_close }
};

/* A path is what no class claims. */
static const struct class *find_class(const char *uri, const char **ret_rest)
{
	size_t i;

	for (i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		size_t len = strlen(classes[i].prefix);

		if (strncmp(uri, classes[i].prefix, len) == 0) {
			*ret_rest = uri + len;
			return &classes[i];
		}
	}
	*ret_rest = uri;
	return &classes[0];
}

static enum cot_err describe(struct cot_signer *signer)
{
	char object[COT_KEYFILE_MAX];
	struct cot_key key;
	size_t len;
	enum cot_err err;

	err = cot_public_text(signer->scheme, signer->public_key, signer->text,
	                      sizeof(signer->text), &signer->text_len);
	if (err != COT_OK)
		return err;
	cot_signer_public(signer, &key);
	err = cot_key_write_object(&key, object, sizeof(object), &len);
	if (err == COT_OK)
		cot_key_id(cot_slice(object, len), &cot_crypto_full, signer->id);
	return err;
}

enum cot_err cot_signer_open(const char *uri, const struct cot_passphrase_source *source,
                             struct cot_signer **ret)
{
	struct cot_signer *signer = calloc(1, sizeof(*signer));
	const char *rest;
	enum cot_err err;

	*ret = NULL;
	if (signer == NULL)
		return COT_E_MEMORY;
	signer->class = find_class(uri, &rest);
	err = signer->class->open(signer, rest, source);
	if (err == COT_OK)
		err = describe(signer);
	if (err != COT_OK) {
		cot_signer_close(signer);
		return err;
	}
	*ret = signer;
	return COT_OK;
}

void cot_signer_public(const struct cot_signer *signer, struct cot_key *ret)
{
	ret->scheme = signer->scheme;
	ret->text = cot_slice(signer->text, signer->text_len);
}

void cot_signer_key_id(const struct cot_signer *signer, uint8_t ret[COT_KEY_ID_LEN])
{
	memcpy(ret, signer->id, COT_KEY_ID_LEN);
}

enum cot_err cot_signer_sign(const struct cot_signer *signer, struct cot_slice msg,
                             uint8_t *ret_sig, size_t max, size_t *ret_len)
{
	return signer->class->sign(signer, msg, ret_sig, max, ret_len);
}

enum cot_err cot_signer_verify(const struct cot_signer *signer, struct cot_slice msg,
                               struct cot_slice sig)
{
	return signer->class->verify(signer, msg, sig);
}

void cot_signer_close(struct cot_signer *signer)
{
	if (signer == NULL)
		return;
	signer->class->close(signer);
	free(signer);
}
