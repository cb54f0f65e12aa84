/* SPDX-License-Identifier: Apache-2.0
 *
 * Secret keys in memory: see secret.h.
 *
 * P-256 is done by Mbed TLS's PSA interface with a volatile key that exists
 * for one call and is destroyed, and thereby wiped, after it.
 */
#include "keys/host/secret.h"
#include "keys/encode.h"

#include <psa/crypto.h>
#include <sodium.h>
#include <string.h>

_Static_assert(crypto_sign_SEEDBYTES == COT_SECRET_LEN, "Ed25519 seeds are 32 bytes");
_Static_assert(crypto_auth_hmacsha256_KEYBYTES == COT_SECRET_LEN, "HMAC keys are 32 bytes");

#define P256_ALG PSA_ALG_DETERMINISTIC_ECDSA(PSA_ALG_SHA_256)
#define MAX_SIG 72u

/* P-256 */

static void p256_attributes(psa_key_attributes_t *a, psa_key_usage_t usage)
{
	psa_set_key_type(a, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
	psa_set_key_bits(a, 256);
	psa_set_key_usage_flags(a, usage);
	psa_set_key_algorithm(a, P256_ALG);
}

static enum cot_err p256_generate(uint8_t *ret)
{
	psa_key_attributes_t a = PSA_KEY_ATTRIBUTES_INIT;
	psa_status_t status;
	psa_key_id_t id;
	size_t len = 0;

	p256_attributes(&a, PSA_KEY_USAGE_EXPORT);
	if (psa_generate_key(&a, &id) != PSA_SUCCESS)
		return COT_E_INTERNAL;
	status = psa_export_key(id, ret, COT_SECRET_LEN, &len);
	(void)psa_destroy_key(id);
	return status == PSA_SUCCESS && len == COT_SECRET_LEN ? COT_OK : COT_E_INTERNAL;
}

static enum cot_err p256_import(const uint8_t *bytes, psa_key_id_t *ret)
{
	psa_key_attributes_t a = PSA_KEY_ATTRIBUTES_INIT;

	p256_attributes(&a, PSA_KEY_USAGE_SIGN_HASH);
	return psa_import_key(&a, bytes, COT_SECRET_LEN, ret) == PSA_SUCCESS ? COT_OK :
	                                                                       COT_E_KEY;
}

static enum cot_err p256_public(struct cot_secret *s)
{
	psa_status_t status;
	psa_key_id_t id;
	enum cot_err err = p256_import(s->bytes, &id);

	if (err != COT_OK)
		return err;
	status = psa_export_public_key(id, s->public_key, sizeof(s->public_key),
	                               &s->public_len);
	(void)psa_destroy_key(id);
	return status == PSA_SUCCESS && s->public_len == 65 ? COT_OK : COT_E_KEY;
}

static enum cot_err p256_sign(const struct cot_secret *s, struct cot_slice msg,
                              uint8_t *ret_sig, size_t *ret_len)
{
	uint8_t digest[COT_SHA256_LEN], rs[64];
	psa_status_t status;
	psa_key_id_t id;
	size_t len = 0;
	enum cot_err err = p256_import(s->bytes, &id);

	if (err != COT_OK)
		return err;
	cot_hash_once(&cot_crypto_sodium, COT_HASH_SHA256, msg, digest);
	status = psa_sign_hash(id, P256_ALG, digest, sizeof(digest), rs, sizeof(rs), &len);
	(void)psa_destroy_key(id);
	if (status != PSA_SUCCESS || len != sizeof(rs))
		return COT_E_INTERNAL;
	*ret_len = cot_ecdsa_der_encode(rs, ret_sig);
	return COT_OK;
}

/* Ed25519 */

static enum cot_err ed25519_public(struct cot_secret *s)
{
	uint8_t expanded[crypto_sign_SECRETKEYBYTES];

	(void)crypto_sign_seed_keypair(s->public_key, expanded, s->bytes);
	sodium_memzero(expanded, sizeof(expanded));
	s->public_len = crypto_sign_PUBLICKEYBYTES;
	return COT_OK;
}

static enum cot_err ed25519_sign(const struct cot_secret *s, struct cot_slice msg,
                                 uint8_t *ret_sig, size_t *ret_len)
{
	uint8_t expanded[crypto_sign_SECRETKEYBYTES], public_key[crypto_sign_PUBLICKEYBYTES];

	/* The public half is computed afresh: signing with a stored one that
	 * was altered would give the secret away. */
	(void)crypto_sign_seed_keypair(public_key, expanded, s->bytes);
	(void)crypto_sign_detached(ret_sig, NULL, msg.len == 0 ? public_key : msg.ptr,
	                           msg.len, expanded);
	sodium_memzero(expanded, sizeof(expanded));
	*ret_len = crypto_sign_BYTES;
	return COT_OK;
}

/* HMAC */

static enum cot_err hmac_name(struct cot_secret *s)
{
	static const uint8_t prefix[] = "cotter hmac key";
	struct cot_hash h;

	cot_crypto_sodium.hash_init(&h, COT_HASH_SHA256);
	cot_crypto_sodium.hash_update(&h, cot_slice(prefix, sizeof(prefix) - 1));
	cot_crypto_sodium.hash_update(&h, cot_slice(s->bytes, COT_SECRET_LEN));
	cot_crypto_sodium.hash_final(&h, s->public_key);
	sodium_memzero(&h, sizeof(h));
	s->public_len = COT_SHA256_LEN;
	return COT_OK;
}

static enum cot_err hmac_sign(const struct cot_secret *s, struct cot_slice msg,
                              uint8_t *ret_sig, size_t *ret_len)
{
	static const uint8_t nothing[1];

	(void)crypto_auth_hmacsha256(ret_sig, msg.len == 0 ? nothing : msg.ptr, msg.len,
	                             s->bytes);
	*ret_len = crypto_auth_hmacsha256_BYTES;
	return COT_OK;
}

/* All schemes */

static enum cot_err public_half(struct cot_secret *s)
{
	switch (s->scheme) {
	case COT_SCHEME_ED25519:
		return ed25519_public(s);
	case COT_SCHEME_ECDSA_P256:
		return p256_public(s);
	case COT_SCHEME_HMAC_SHA256:
		return hmac_name(s);
	case COT_SCHEME_NONE:
	case COT_SCHEME_RSA_PSS:
		break;
	}
	return COT_E_SCHEME;
}

static enum cot_err new_secret(enum cot_scheme scheme, struct cot_secret *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->scheme = scheme;
	ret->bytes = sodium_malloc(COT_SECRET_LEN);
	return ret->bytes == NULL ? COT_E_MEMORY : COT_OK;
}

enum cot_err cot_secret_generate(enum cot_scheme scheme, struct cot_secret *ret)
{
	enum cot_err err = new_secret(scheme, ret);

	if (err == COT_OK && scheme == COT_SCHEME_ECDSA_P256)
		err = p256_generate(ret->bytes);
	else if (err == COT_OK)
		randombytes_buf(ret->bytes, COT_SECRET_LEN);
	if (err == COT_OK)
		err = public_half(ret);
	if (err != COT_OK)
		cot_secret_free(ret);
	return err;
}

enum cot_err cot_secret_import(enum cot_scheme scheme, const uint8_t bytes[COT_SECRET_LEN],
                               struct cot_secret *ret)
{
	enum cot_err err = new_secret(scheme, ret);

	if (err == COT_OK) {
		memcpy(ret->bytes, bytes, COT_SECRET_LEN);
		err = public_half(ret);
	}
	if (err != COT_OK)
		cot_secret_free(ret);
	return err;
}

static enum cot_err sign(const struct cot_secret *s, struct cot_slice msg,
                         uint8_t *ret_sig, size_t *ret_len)
{
	switch (s->scheme) {
	case COT_SCHEME_ED25519:
		return ed25519_sign(s, msg, ret_sig, ret_len);
	case COT_SCHEME_ECDSA_P256:
		return p256_sign(s, msg, ret_sig, ret_len);
	case COT_SCHEME_HMAC_SHA256:
		return hmac_sign(s, msg, ret_sig, ret_len);
	case COT_SCHEME_NONE:
	case COT_SCHEME_RSA_PSS:
		break;
	}
	return COT_E_SCHEME;
}

enum cot_err cot_secret_sign(const struct cot_secret *s, struct cot_slice msg,
                             uint8_t *ret_sig, size_t max, size_t *ret_len)
{
	size_t len;
	enum cot_err err;

	if (max < MAX_SIG)
		return COT_E_BUFFER;
	err = sign(s, msg, ret_sig, &len);
	if (err != COT_OK)
		return err;
	if (cot_secret_verify(s, msg, cot_slice(ret_sig, len)) != COT_OK) {
		sodium_memzero(ret_sig, max);
		return COT_E_INTERNAL;
	}
	*ret_len = len;
	return COT_OK;
}

/* CHECK K14: an HMAC is the one this key gives */
static enum cot_err verify_hmac(const struct cot_secret *s, struct cot_slice msg,
                                struct cot_slice sig)
{
	uint8_t own[MAX_SIG];
	size_t len;
	enum cot_err err = hmac_sign(s, msg, own, &len);

	if (err == COT_OK && (sig.len != len || sodium_memcmp(own, sig.ptr, len) != 0))
		err = COT_E_SIGNATURE;
	sodium_memzero(own, sizeof(own));
	return err;
}

enum cot_err cot_secret_verify(const struct cot_secret *s, struct cot_slice msg,
                               struct cot_slice sig)
{
	if (s->scheme == COT_SCHEME_HMAC_SHA256)
		return verify_hmac(s, msg, sig);
	return cot_crypto_full.verify(s->scheme, cot_slice(s->public_key, s->public_len), sig,
	                              msg);
}

/* PEM of SubjectPublicKeyInfo, as openssl writes it but for the final LF,
 * which metadata tools strip. */
static size_t p256_pem(struct cot_slice point, char *ret)
{
	static const uint8_t head[] = {
		0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
		0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00
	};
	static const char begin[] = "-----BEGIN PUBLIC KEY-----\n";
	static const char end[] = "-----END PUBLIC KEY-----";
	uint8_t der[sizeof(head) + 65];
	char body[124];
	size_t len = sizeof(begin) - 1;

	memcpy(der, head, sizeof(head));
	memcpy(der + sizeof(head), point.ptr, 65);
	cot_base64_encode(cot_slice(der, sizeof(der)), body);
	memcpy(ret, begin, len);
	memcpy(ret + len, body, 64);
	len += 64;
	ret[len++] = '\n';
	memcpy(ret + len, body + 64, 60);
	len += 60;
	ret[len++] = '\n';
	memcpy(ret + len, end, sizeof(end) - 1);
	return len + sizeof(end) - 1;
}

enum cot_err cot_public_text(enum cot_scheme scheme, struct cot_slice public_key, char *ret,
                             size_t max, size_t *ret_len)
{
	bool pem = scheme == COT_SCHEME_ECDSA_P256;

	if (max < COT_MAX_PUBLIC_TEXT)
		return COT_E_BUFFER;
	if (public_key.len != (pem ? 65 : 32))
		return COT_E_KEY;
	if (pem) {
		*ret_len = p256_pem(public_key, ret);
		return COT_OK;
	}
	cot_hex_encode(public_key, ret);
	*ret_len = 2 * public_key.len;
	return COT_OK;
}

void cot_secret_free(struct cot_secret *s)
{
	sodium_free(s->bytes);
	sodium_memzero(s, sizeof(*s));
}
