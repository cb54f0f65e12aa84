/* SPDX-License-Identifier: Apache-2.0
 *
 * The primitives Cotter needs, behind one constant table.
 *
 * The core knows no library.  The program (daemon, tool, loader, test) picks
 * a table and hands it down: keys/crypto/sodium.c offers Ed25519 and SHA-2,
 * keys/crypto/mbedtls.c the same plus ECDSA P-256.  A port with a crypto
 * engine writes its own.  No function here allocates; a context is plain
 * memory of the caller, may be copied, and needs no release.
 */
#ifndef COTTER_KEYS_CRYPTO_H
#define COTTER_KEYS_CRYPTO_H

#include "keys/error.h"
#include "keys/slice.h"

enum cot_hash_alg {
	COT_HASH_SHA256 = 1,
	COT_HASH_SHA512 = 2
};

/* The signature schemes by their TUF names.  The numbers are stored. */
enum cot_scheme {
	COT_SCHEME_NONE = 0,
	COT_SCHEME_ED25519 = 1,        /* "ed25519" */
	COT_SCHEME_ECDSA_P256 = 2,     /* "ecdsa-sha2-nistp256", signature as DER */
	COT_SCHEME_RSA_PSS = 3,        /* "rsassa-pss-sha256" */
	COT_SCHEME_HMAC_SHA256 = 4     /* "hmac-sha256": version reports only */
};

/* One hash in progress.  216 bytes hold libsodium's SHA-512 state (208) and
 * a tag that says which algorithm it is. */
struct cot_hash {
	uint64_t state[26];
	uint64_t alg;
};

struct cot_crypto {
	/* Starts a hash; update as often as needed; final writes 32 or 64
	 * bytes to ret and ends it.  Cannot fail. */
	void (*hash_init)(struct cot_hash *h, enum cot_hash_alg alg);
	void (*hash_update)(struct cot_hash *h, struct cot_slice data);
	void (*hash_final)(struct cot_hash *h, uint8_t *ret);

	/* Is this a well-formed public key of that scheme?  key is decoded:
	 * 32 bytes for Ed25519 (small order and non-canonical are refused),
	 * 65 bytes 04 X Y for P-256 (must be on the curve).  COT_OK,
	 * COT_E_KEY, or COT_E_SCHEME if this table does not know the scheme. */
	enum cot_err (*key_check)(enum cot_scheme scheme, struct cot_slice key);

	/* Does sig sign msg under key?  sig is decoded: 64 bytes for Ed25519,
	 * strict DER for P-256 (already checked by the caller).  COT_OK,
	 * COT_E_SIGNATURE, COT_E_SCHEME, or COT_PENDING: an engine is at
	 * work, call again with the same arguments.
	 *
	 * Must not rely on key_check having passed this key: a Root is checked
	 * once, when it is accepted, and its keys of schemes that the table did
	 * not know then were left out.  A table that has learned one since meets
	 * them here first; a key that is malformed, or that anyone can sign
	 * for, must not make a signature good. */
	enum cot_err (*verify)(enum cot_scheme scheme, struct cot_slice key,
	                       struct cot_slice sig, struct cot_slice msg);
};

/* Hashes one slice; ret takes 32 or 64 bytes. */
void cot_hash_once(const struct cot_crypto *crypto, enum cot_hash_alg alg,
                   struct cot_slice data, uint8_t *ret);

/* 32 or 64. */
size_t cot_hash_len(enum cot_hash_alg alg);

extern const struct cot_crypto cot_crypto_sodium;  /* keys/crypto/sodium.c */
extern const struct cot_crypto cot_crypto_full;    /* keys/crypto/mbedtls.c */

#endif
