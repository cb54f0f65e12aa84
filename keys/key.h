/* SPDX-License-Identifier: Apache-2.0
 *
 * Public keys and key ids (TUF 4.2, Uptane 5.2.1).
 *
 * A key is a scheme and the text that spells its public part in metadata:
 * 64 hex digits for Ed25519, a PEM SubjectPublicKeyInfo for P-256 (130 hex
 * digits of the uncompressed point are read too).  Nothing here has a fixed
 * size, so longer schemes can come later; the text lives in the document.
 * Keys are compared decoded, never by id or spelling.
 */
#ifndef COTTER_KEYS_KEY_H
#define COTTER_KEYS_KEY_H

#include "keys/crypto.h"
#include "keys/limits.h"

struct cot_key {
	enum cot_scheme scheme;
	struct cot_slice text; /* points into the document it was read from */
};

/* The scheme with that TUF name; COT_SCHEME_NONE if we do not know it. */
enum cot_scheme cot_scheme_from_name(struct cot_slice name);
/* The TUF name and the matching keytype, static memory; "" for NONE. */
const char *cot_scheme_name(enum cot_scheme scheme);
const char *cot_scheme_keytype(enum cot_scheme scheme);

/* Does keytype fit the scheme?  "ecdsa" and "ecdsa-sha2-nistp256" both fit
 * P-256, because deployed tools write both. */
bool cot_scheme_fits(enum cot_scheme scheme, struct cot_slice keytype);

/* Decodes the public part into buf: 32 bytes for Ed25519, 65 (04 X Y) for
 * P-256.  COT_E_ENCODING, COT_E_KEY (wrong length or structure),
 * COT_E_SCHEME.  ret points into buf. */
COT_MUST_CHECK enum cot_err cot_key_decode(const struct cot_key *key,
                                           uint8_t buf[COT_MAX_KEY_LEN],
                                           struct cot_slice *ret);

/* Decodes and asks the crypto table whether it is a sound public key. */
COT_MUST_CHECK enum cot_err cot_key_check(const struct cot_key *key,
                                          const struct cot_crypto *crypto);

/* Are they one key, decoded, whatever their ids and spellings?  What thresholds
 * count.  A key that cannot be decoded is none, not even the same as itself. */
bool cot_key_same(const struct cot_key *a, const struct cot_key *b);

/* SHA-256 of the decoded public part, to know a key again that is not at hand: one
 * key has one fingerprint. */
COT_MUST_CHECK enum cot_err cot_key_fingerprint(const struct cot_key *key,
                                                const struct cot_crypto *crypto,
                                                uint8_t ret[COT_SHA256_LEN]);

/* The key id: SHA-256 of the key object's canonical JSON (TUF 4.2.1). */
void cot_key_id(struct cot_slice canon_object, const struct cot_crypto *crypto,
                uint8_t ret[COT_KEY_ID_LEN]);

/* Writes the canonical key object
 * {"keytype":..,"keyval":{"public":..},"scheme":..} of a key; the control
 * bytes of PEM stand raw, as canonical JSON (olpc) wants.  COT_E_BUFFER. */
COT_MUST_CHECK enum cot_err cot_key_write_object(const struct cot_key *key, char *ret,
                                                 size_t max, size_t *ret_len);

/* Decodes a signature text (hex in the tuf dialect) for this scheme:
 * 64 bytes for Ed25519; strict DER for P-256, otherwise COT_E_ENCODING. */
COT_MUST_CHECK enum cot_err cot_sig_decode(enum cot_scheme scheme, struct cot_slice text,
                                           uint8_t buf[COT_MAX_SIG_LEN],
                                           struct cot_slice *ret);

#endif
