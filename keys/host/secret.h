/* SPDX-License-Identifier: Apache-2.0
 *
 * Secret keys in memory, and the only code that computes with them.
 *
 *   cot_secret_generate or cot_secret_import, then cot_secret_sign as often
 *   as needed, then cot_secret_free.
 *
 * The 32 secret bytes lie in sodium_malloc memory (guard pages, locked if the
 * limits allow, wiped on free).  cot_crypto_init comes before everything here.
 */
#ifndef COTTER_KEYS_HOST_SECRET_H
#define COTTER_KEYS_HOST_SECRET_H

#include "keys/key.h"

#define COT_SECRET_LEN 32u
#define COT_MAX_PUBLIC_LEN 65u
#define COT_MAX_PUBLIC_TEXT 192u /* PEM of a P-256 key takes 178 */

/* All zero when empty. */
struct cot_secret {
	enum cot_scheme scheme;
	/* 32 bytes: Ed25519 seed (RFC 8032), P-256 scalar big-endian, or
	 * HMAC-SHA-256 key. */
	uint8_t *bytes;
	/* 32 bytes of Ed25519 key, 65 of P-256 point; for HMAC, which has no
	 * public half, a name that tells nothing: SHA-256 over
	 * "cotter hmac key" and the key. */
	uint8_t public_key[COT_MAX_PUBLIC_LEN];
	size_t public_len;
};

/* Makes a new key of scheme Ed25519, ECDSA P-256 or HMAC-SHA-256.
 * COT_E_SCHEME, COT_E_MEMORY; *ret stays empty then. */
COT_MUST_CHECK enum cot_err cot_secret_generate(enum cot_scheme scheme,
                                                struct cot_secret *ret);

/* Takes over 32 secret bytes and computes the public half.  COT_E_KEY for a
 * P-256 scalar outside 1..n-1; COT_E_SCHEME, COT_E_MEMORY. */
COT_MUST_CHECK enum cot_err cot_secret_import(enum cot_scheme scheme,
                                              const uint8_t bytes[COT_SECRET_LEN],
                                              struct cot_secret *ret);

/* Signs msg.  64 bytes for Ed25519, DER of up to 72 for P-256 (deterministic,
 * RFC 6979), 32 for HMAC.  COT_E_BUFFER if max is below 72.  The result has
 * been verified with the public half before it is returned, so a fault in
 * computing it shows as COT_E_INTERNAL and never leaves the program. */
COT_MUST_CHECK enum cot_err cot_secret_sign(const struct cot_secret *s,
                                            struct cot_slice msg, uint8_t *ret_sig,
                                            size_t max, size_t *ret_len);

/* COT_OK if sig is this key's signature (or HMAC) over msg, else
 * COT_E_SIGNATURE. */
COT_MUST_CHECK enum cot_err cot_secret_verify(const struct cot_secret *s,
                                              struct cot_slice msg, struct cot_slice sig);

/* Spells a public half as metadata does: hex for Ed25519 (and for HMAC's
 * name), PEM for P-256.  COT_E_BUFFER if max is below COT_MAX_PUBLIC_TEXT. */
COT_MUST_CHECK enum cot_err cot_public_text(enum cot_scheme scheme,
                                            struct cot_slice public_key, char *ret,
                                            size_t max, size_t *ret_len);

/* Wipes and frees; harmless on an empty one. */
void cot_secret_free(struct cot_secret *s);

#endif
