/* SPDX-License-Identifier: Apache-2.0
 *
 * One call that makes the crypto libraries of a host program ready.
 *
 * Every program calls cot_crypto_init once, early in main, before it uses
 * cot_crypto_full, key files or signers.  A port that links only libsodium's
 * verification (cot_crypto_sodium) does not need it.
 */
#ifndef COTTER_KEYS_CRYPTO_INIT_H
#define COTTER_KEYS_CRYPTO_INIT_H

#include "keys/error.h"

/* Readies libsodium and the PSA API of Mbed TLS.  May be called again, not
 * from two threads at once.  COT_E_INTERNAL if a library refuses, which in
 * practice means that the system has no source of randomness. */
COT_MUST_CHECK enum cot_err cot_crypto_init(void);

#endif
