/* SPDX-License-Identifier: Apache-2.0
 *
 * Signatures of version reports on a device, by libsodium, without the 30 KB
 * table of multiples of the base point.
 *
 * A port's sign_report reads its key and calls one of the functions below once
 * per report.  Both have one shape, so that a port picks its scheme by the name
 * it links: a loader that calls only cot_report_sign_hmac links no Ed25519
 * signing (10 KB).  Metadata is never signed with these.
 *
 *   scheme      as stored beside the key; a scheme that the function does not
 *               know gives COT_E_SCHEME
 *   secret      32 bytes: the Ed25519 seed (RFC 8032) or the HMAC key
 *   public_key  32 bytes of Ed25519 public key, or NULL: computed (takes
 *               half as long again).  HMAC takes no notice of it.
 *   body        what is signed; must not change during the call
 *   ret         64 bytes (Ed25519) or 32 (HMAC) are written; ret and *ret_len
 *               are untouched unless COT_OK is returned
 *
 * Nothing is allocated or kept; the intermediate secrets are wiped, also from
 * the stack that libsodium used.  The secret itself is the caller's to wipe.
 *
 * An Ed25519 signature made with a public key that does not belong to the seed
 * gives the seed away, and so does one disturbed by a fault.  Therefore the
 * public key must be a canonical point of prime order, and the finished
 * signature must verify under it before it leaves the function; both together
 * hold only for the seed's own public key.  If they do not: COT_E_KEY, and the
 * signature has been wiped.
 *
 * Peak stack: Ed25519 5,128 bytes on Cortex-M3 and 5,332 on M0+, HMAC 832 and 924.
 * Instructions for one Ed25519 signature of a 2 KiB report: 5.0 and 47 million.
 */
#ifndef COTTER_KEYS_CRYPTO_REPORT_SIGN_H
#define COTTER_KEYS_CRYPTO_REPORT_SIGN_H

#include "keys/crypto.h"
#include "keys/limits.h"

#define COT_REPORT_SECRET_LEN 32u
#define COT_REPORT_PUBLIC_LEN 32u

/* "ed25519" (RFC 8032, the same bytes as crypto_sign_detached) and nothing
 * else.  COT_OK, COT_E_SCHEME, COT_E_KEY. */
COT_MUST_CHECK enum cot_err cot_report_sign_ed25519(
	enum cot_scheme scheme, const uint8_t secret[COT_REPORT_SECRET_LEN],
	const uint8_t *public_key, struct cot_slice body, uint8_t ret[COT_MAX_SIG_LEN],
	size_t *ret_len);

/* "hmac-sha256" (RFC 2104, 32 bytes of key and of result) and nothing else.
 * COT_OK, COT_E_SCHEME. */
COT_MUST_CHECK enum cot_err cot_report_sign_hmac(
	enum cot_scheme scheme, const uint8_t secret[COT_REPORT_SECRET_LEN],
	const uint8_t *public_key, struct cot_slice body, uint8_t ret[COT_MAX_SIG_LEN],
	size_t *ret_len);

#endif
