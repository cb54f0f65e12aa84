/* SPDX-License-Identifier: Apache-2.0
 *
 * ECDSA P-256 verification by Mbed TLS, over its PSA interface, joined with
 * what libsodium does into one table.
 *
 * PSA takes signatures as r and s of 32 bytes each, which keeps Mbed TLS's
 * lenient DER reader out of the way: ours has already refused every spelling
 * but one.  The library checks 1 <= r, s < n; both halves of s are allowed,
 * because signers in the field (HSMs, OpenSSL) do not normalise it.
 * PSA keeps key slots in global memory: one thread at a time.
 */
#include "keys/crypto/sodium.h"
#include "keys/encode.h"
#include "keys/limits.h"

#include <psa/crypto.h>

/* Importing a public key makes Mbed TLS check that the point is on the curve
 * and not at infinity. */
static enum cot_err import_p256(struct cot_slice key, psa_key_id_t *ret)
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_status_t status;

	psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1));
	psa_set_key_bits(&attributes, 256);
	psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_VERIFY_HASH);
	psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(PSA_ALG_SHA_256));
	status = psa_import_key(&attributes, key.ptr, key.len, ret);
	return status == PSA_SUCCESS ? COT_OK : COT_E_KEY;
}

/* CHECK K11: a P-256 public key is an uncompressed point on the curve */
static enum cot_err check_p256(struct cot_slice key)
{
	psa_key_id_t id;
	enum cot_err err;

	if (key.len != 65 || key.ptr[0] != 0x04)
		return COT_E_KEY;
	err = import_p256(key, &id);
	if (err == COT_OK)
		(void)psa_destroy_key(id);
	return err;
}

/* CHECK K12: an ECDSA P-256 signature is valid */
static enum cot_err verify_p256(struct cot_slice key, struct cot_slice sig,
                                struct cot_slice msg)
{
	uint8_t digest[COT_SHA256_LEN], rs[64];
	psa_status_t status;
	psa_key_id_t id;

	if (cot_ecdsa_der_decode(sig, rs) != COT_OK || key.len != 65 || key.ptr[0] != 0x04)
		return COT_E_SIGNATURE;
	if (import_p256(key, &id) != COT_OK)
		return COT_E_SIGNATURE;
	cot_hash_once(&cot_crypto_sodium, COT_HASH_SHA256, msg, digest);
	status = psa_verify_hash(id, PSA_ALG_ECDSA(PSA_ALG_SHA_256), digest, sizeof(digest),
	                         rs, sizeof(rs));
	(void)psa_destroy_key(id);
	return status == PSA_SUCCESS ? COT_OK : COT_E_SIGNATURE;
}

static enum cot_err full_key_check(enum cot_scheme scheme, struct cot_slice key)
{
	if (scheme == COT_SCHEME_ECDSA_P256)
		return check_p256(key);
	return cot_sodium_key_check(scheme, key);
}

static enum cot_err full_verify(enum cot_scheme scheme, struct cot_slice key,
                                struct cot_slice sig, struct cot_slice msg)
{
	if (scheme == COT_SCHEME_ECDSA_P256)
		return verify_p256(key, sig, msg);
	return cot_sodium_verify(scheme, key, sig, msg);
}

const struct cot_crypto cot_crypto_full = {
	.hash_init = cot_sodium_hash_init,
	.hash_update = cot_sodium_hash_update,
	.hash_final = cot_sodium_hash_final,
	.key_check = full_key_check,
	.verify = full_verify
};
