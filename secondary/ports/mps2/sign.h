/* SPDX-License-Identifier: Apache-2.0
 *
 * The scheme in which this build signs version reports: one of sign_ed25519.c
 * and sign_hmac.c is linked, so that a loader carries no code of the other.
 */
#ifndef COTTER_SECONDARY_PORTS_MPS2_SIGN_H
#define COTTER_SECONDARY_PORTS_MPS2_SIGN_H

#include "keys/crypto.h"
#include "keys/limits.h"

/* COT_E_SCHEME: the key is of a scheme this build does not have. */
COT_MUST_CHECK enum cot_err mps2_sign(enum cot_scheme scheme, const uint8_t secret[32],
                                      const uint8_t public_key[32], struct cot_slice body,
                                      uint8_t ret[COT_MAX_SIG_LEN], size_t *ret_len);

#endif
