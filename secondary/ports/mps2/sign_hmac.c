/* SPDX-License-Identifier: Apache-2.0
 *
 * Version reports signed by HMAC-SHA-256: see sign.h.
 */
#include "secondary/ports/mps2/sign.h"

#include "keys/crypto/report_sign.h"

enum cot_err mps2_sign(enum cot_scheme scheme, const uint8_t secret[32],
                       const uint8_t public_key[32], struct cot_slice body,
                       uint8_t ret[COT_MAX_SIG_LEN], size_t *ret_len)
{
	return cot_report_sign_hmac(scheme, secret, public_key, body, ret, ret_len);
}
