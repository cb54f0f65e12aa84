/* SPDX-License-Identifier: Apache-2.0
 *
 * Ed25519 verification and SHA-2 by libsodium: see sodium.h.
 *
 * libsodium's hash states live inside struct cot_hash, so a hash in progress
 * is plain memory and may be copied or stored.
 */
#include "keys/crypto/sodium.h"
#include "keys/limits.h"

#include <sodium.h>

_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(((struct cot_hash *)0)->state),
               "a SHA-256 state must fit struct cot_hash");
_Static_assert(sizeof(crypto_hash_sha512_state) <= sizeof(((struct cot_hash *)0)->state),
               "a SHA-512 state must fit struct cot_hash");

static crypto_hash_sha256_state *sha256(struct cot_hash *h)
{
	return (crypto_hash_sha256_state *)(void *)h->state;
}

static crypto_hash_sha512_state *sha512(struct cot_hash *h)
{
	return (crypto_hash_sha512_state *)(void *)h->state;
}

void cot_sodium_hash_init(struct cot_hash *h, enum cot_hash_alg alg)
{
	h->alg = alg;
	if (alg == COT_HASH_SHA512)
		crypto_hash_sha512_init(sha512(h));
	else
		crypto_hash_sha256_init(sha256(h));
}

void cot_sodium_hash_update(struct cot_hash *h, struct cot_slice data)
{
	if (data.len == 0)
		return;
	if (h->alg == COT_HASH_SHA512)
		crypto_hash_sha512_update(sha512(h), data.ptr, data.len);
	else
		crypto_hash_sha256_update(sha256(h), data.ptr, data.len);
}

void cot_sodium_hash_final(struct cot_hash *h, uint8_t *ret)
{
	if (h->alg == COT_HASH_SHA512)
		crypto_hash_sha512_final(sha512(h), ret);
	else
		crypto_hash_sha256_final(sha256(h), ret);
}

/* CHECK K9: an Ed25519 public key is a canonical point of prime order */
enum cot_err cot_sodium_key_check(enum cot_scheme scheme, struct cot_slice key)
{
	if (scheme != COT_SCHEME_ED25519)
		return COT_E_SCHEME;
	if (key.len != crypto_sign_PUBLICKEYBYTES)
		return COT_E_KEY;
	return crypto_core_ed25519_is_valid_point(key.ptr) == 1 ? COT_OK : COT_E_KEY;
}

/* CHECK K10: an Ed25519 signature is valid */
enum cot_err cot_sodium_verify(enum cot_scheme scheme, struct cot_slice key,
                               struct cot_slice sig, struct cot_slice msg)
{
	static const uint8_t nothing[1];

	if (scheme != COT_SCHEME_ED25519)
		return COT_E_SCHEME;
	if (key.len != crypto_sign_PUBLICKEYBYTES || sig.len != crypto_sign_BYTES)
		return COT_E_SIGNATURE;
	if (crypto_sign_verify_detached(sig.ptr, msg.len == 0 ? nothing : msg.ptr, msg.len,
	                                key.ptr) != 0)
		return COT_E_SIGNATURE;
	return COT_OK;
}

const struct cot_crypto cot_crypto_sodium = {
	.hash_init = cot_sodium_hash_init,
	.hash_update = cot_sodium_hash_update,
	.hash_final = cot_sodium_hash_final,
	.key_check = cot_sodium_key_check,
	.verify = cot_sodium_verify
};
