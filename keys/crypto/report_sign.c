/* SPDX-License-Identifier: Apache-2.0
 *
 * The scheme decides: see report_sign.h.
 */
#include "keys/crypto/report_sign.h"

enum cot_err cot_report_sign(enum cot_scheme scheme,
                             const uint8_t secret[COT_REPORT_SECRET_LEN],
                             const uint8_t *public_key, struct cot_slice body,
                             uint8_t ret[COT_MAX_SIG_LEN], size_t *ret_len)
{
	if (scheme == COT_SCHEME_HMAC_SHA256)
		return cot_report_sign_hmac(scheme, secret, public_key, body, ret, ret_len);
	return cot_report_sign_ed25519(scheme, secret, public_key, body, ret, ret_len);
}
