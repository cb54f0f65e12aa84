/* SPDX-License-Identifier: Apache-2.0
 *
 * Whatever holds a secret key and signs with it, behind one interface.
 *
 *   1. cot_signer_open(URI, where the passphrase comes from)
 *   2. cot_signer_public, cot_signer_key_id, cot_signer_sign
 *   3. cot_signer_close
 *
 * URIs: `file:PATH` or just `PATH` for a secret key file (keyfile.h).  The
 * table of classes in signer.c is where tokens (`pkcs11:`) and programs
 * (`exec:`) are added; until then they answer COT_E_UNSUPPORTED.
 * cot_crypto_init comes first.  A signer is used by one thread at a time.
 */
#ifndef COTTER_KEYS_HOST_SIGNER_H
#define COTTER_KEYS_HOST_SIGNER_H

#include "keys/host/passphrase.h"
#include "keys/key.h"

struct cot_signer;

/* Opens a key.  source may be NULL if the file needs no passphrase; it is not
 * asked before the file has been found, read and judged well-formed.
 * Errors of cot_keyfile_read, cot_keyfile_open and cot_passphrase_get;
 * COT_E_UNSUPPORTED for a class this build lacks.  *ret is NULL on failure. */
COT_MUST_CHECK enum cot_err cot_signer_open(const char *uri,
                                            const struct cot_passphrase_source *source,
                                            struct cot_signer **ret);

/* The public key, spelled as in metadata; text lives as long as the signer.
 * An HMAC key gives scheme HMAC and a name that no parser takes for a key. */
void cot_signer_public(const struct cot_signer *signer, struct cot_key *ret);

/* The key id: SHA-256 of the canonical key object (TUF 4.2.1). */
void cot_signer_key_id(const struct cot_signer *signer, uint8_t ret[COT_KEY_ID_LEN]);

/* Signs msg: raw signature bytes, 64 for Ed25519, DER for P-256, 32 for HMAC.
 * The result has been verified before it is returned.  COT_E_BUFFER if max is
 * below 72; COT_E_INTERNAL if the verification failed. */
COT_MUST_CHECK enum cot_err cot_signer_sign(const struct cot_signer *signer,
                                            struct cot_slice msg, uint8_t *ret_sig,
                                            size_t max, size_t *ret_len);

/* Is sig made by this key over msg?  The only way to check an HMAC, whose key
 * is not public.  COT_OK or COT_E_SIGNATURE. */
COT_MUST_CHECK enum cot_err cot_signer_verify(const struct cot_signer *signer,
                                              struct cot_slice msg, struct cot_slice sig);

/* Wipes and frees; harmless on NULL. */
void cot_signer_close(struct cot_signer *signer);

#endif
