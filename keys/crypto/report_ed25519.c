/* SPDX-License-Identifier: Apache-2.0
 *
 * Version reports by Ed25519: see report_sign.h.
 *
 * RFC 8032 5.1.6 in libsodium's public scalar and group functions.  The base
 * point goes through the general scalar multiplication, which runs in constant
 * time too, in place of crypto_sign_detached's table.
 */
#include "keys/crypto/report_sign.h"
#include "keys/crypto/sodium.h"

#include <sodium.h>
#include <string.h>

_Static_assert(crypto_sign_SEEDBYTES == COT_REPORT_SECRET_LEN, "one seed length");
_Static_assert(crypto_sign_PUBLICKEYBYTES == COT_REPORT_PUBLIC_LEN, "one key length");

#define SCALAR 32u
#define POINT 32u
/* As far down as the scalar multiplication keeps the digits of the nonce, which
 * are as good as the key: wiping them makes the stack no deeper. */
#define STACK_USED 4544u

static const uint8_t base_point[POINT] = {
	0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
	0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66
};

static void absorb(crypto_hash_sha512_state *h, struct cot_slice s)
{
	if (s.len > 0)
		(void)crypto_hash_sha512_update(h, s.ptr, s.len);
}

/* SHA-512 over three slices, as a scalar. */
static void hash_to_scalar(struct cot_slice a, struct cot_slice b, struct cot_slice c,
                           uint8_t ret[SCALAR])
{
	uint8_t digest[crypto_hash_sha512_BYTES];
	crypto_hash_sha512_state h;

	(void)crypto_hash_sha512_init(&h);
	absorb(&h, a);
	absorb(&h, b);
	absorb(&h, c);
	(void)crypto_hash_sha512_final(&h, digest);
	crypto_core_ed25519_scalar_reduce(ret, digest);
	sodium_memzero(digest, sizeof(digest));
}

/* The seed's two halves: the secret scalar, then the prefix of the nonce. */
static void expand(const uint8_t *seed, uint8_t ret[2 * SCALAR])
{
	(void)crypto_hash_sha512(ret, seed, COT_REPORT_SECRET_LEN);
	ret[0] &= 0xf8;
	ret[SCALAR - 1] &= 0x7f;
	ret[SCALAR - 1] |= 0x40;
}

static enum cot_err times_base(const uint8_t scalar[SCALAR], uint8_t ret[POINT])
{
	return crypto_scalarmult_ed25519_noclamp(ret, scalar, base_point) == 0 ? COT_OK :
	                                                                         COT_E_KEY;
}

static enum cot_err compute(const uint8_t secret[2 * SCALAR], const uint8_t pub[POINT],
                            struct cot_slice body, uint8_t ret[POINT + SCALAR])
{
	struct cot_slice none = { NULL, 0 };
	uint8_t nonce[SCALAR], *h = ret + POINT;
	enum cot_err err;

	hash_to_scalar((struct cot_slice){ secret + SCALAR, SCALAR }, none, body, nonce);
	err = times_base(nonce, ret);
	if (err == COT_OK) {
		hash_to_scalar((struct cot_slice){ ret, POINT }, (struct cot_slice){ pub, POINT },
		               body, h);
		crypto_core_ed25519_scalar_mul(h, h, secret);
		crypto_core_ed25519_scalar_add(h, h, nonce);
	}
	sodium_memzero(nonce, sizeof(nonce));
	return err;
}

__attribute__((noinline)) static void wipe_stack(void)
{
	volatile uint8_t used[STACK_USED];
	size_t i;

	for (i = 0; i < sizeof(used); i++)
		used[i] = 0;
}

/* Only if pub is the seed's own public key, and nothing went wrong, do these
 * two agree. */
static enum cot_err prove(const uint8_t pub[POINT], const uint8_t sig[POINT + SCALAR],
                          struct cot_slice body)
{
	struct cot_slice key = { pub, POINT }, s = { sig, POINT + SCALAR };

	if (cot_sodium_key_check(COT_SCHEME_ED25519, key) != COT_OK ||
	    cot_sodium_verify(COT_SCHEME_ED25519, key, s, body) != COT_OK)
		return COT_E_KEY;
	return COT_OK;
}

enum cot_err cot_report_sign_ed25519(enum cot_scheme scheme,
                                     const uint8_t secret[COT_REPORT_SECRET_LEN],
                                     const uint8_t *public_key, struct cot_slice body,
                                     uint8_t ret[COT_MAX_SIG_LEN], size_t *ret_len)
{
	uint8_t halves[2 * SCALAR], pub[POINT], sig[POINT + SCALAR];
	enum cot_err err = COT_OK;

	if (scheme != COT_SCHEME_ED25519)
		return COT_E_SCHEME;
	expand(secret, halves);
	if (public_key != NULL)
		memcpy(pub, public_key, sizeof(pub));
	else
		err = times_base(halves, pub);
	if (err == COT_OK)
		err = compute(halves, pub, body, sig);
	sodium_memzero(halves, sizeof(halves));
	wipe_stack();
	if (err == COT_OK)
		err = prove(pub, sig, body);
	if (err == COT_OK) {
		memcpy(ret, sig, sizeof(sig));
		*ret_len = sizeof(sig);
	}
	sodium_memzero(sig, sizeof(sig));
	return err;
}
