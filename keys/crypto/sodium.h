/* SPDX-License-Identifier: Apache-2.0
 *
 * libsodium's part of a crypto table, for tables that add to it.
 *
 * Programs use the finished tables cot_crypto_sodium and cot_crypto_full of
 * keys/crypto.h; these functions are here so that another back end can put
 * them into its own table and write only what libsodium lacks.  All of them
 * work without sodium_init, allocate nothing and keep no state.
 */
#ifndef COTTER_KEYS_CRYPTO_SODIUM_H
#define COTTER_KEYS_CRYPTO_SODIUM_H

#include "keys/crypto.h"

/* The three hash functions of struct cot_crypto: SHA-256 and SHA-512
 * (FIPS 180-4). */
void cot_sodium_hash_init(struct cot_hash *h, enum cot_hash_alg alg);
void cot_sodium_hash_update(struct cot_hash *h, struct cot_slice data);
void cot_sodium_hash_final(struct cot_hash *h, uint8_t *ret);

/* Ed25519 public key: 32 bytes, canonical, on the curve, in the group of
 * prime order.  COT_OK or COT_E_KEY. */
COT_MUST_CHECK enum cot_err cot_sodium_key_check(enum cot_scheme scheme,
                                                 struct cot_slice key);

/* Ed25519 (RFC 8032): refuses S >= L, small-order or non-canonical A, and
 * small-order R.  COT_OK, COT_E_SIGNATURE, or COT_E_SCHEME for other schemes. */
COT_MUST_CHECK enum cot_err cot_sodium_verify(enum cot_scheme scheme,
                                              struct cot_slice key,
                                              struct cot_slice sig,
                                              struct cot_slice msg);

#endif
