/* SPDX-License-Identifier: Apache-2.0
 *
 * Version reports by HMAC-SHA-256: see report_sign.h.
 */
#include "keys/crypto/report_sign.h"

#include <sodium.h>

_Static_assert(crypto_auth_hmacsha256_KEYBYTES == COT_REPORT_SECRET_LEN, "one key length");

enum cot_err cot_report_sign_hmac(enum cot_scheme scheme,
                                  const uint8_t secret[COT_REPORT_SECRET_LEN],
                                  const uint8_t *public_key, struct cot_slice body,
                                  uint8_t ret[COT_MAX_SIG_LEN], size_t *ret_len)
{
	static const uint8_t nothing[1];

	(void)public_key;
	if (scheme != COT_SCHEME_HMAC_SHA256)
		return COT_E_SCHEME;
	(void)crypto_auth_hmacsha256(ret, body.len == 0 ? nothing : body.ptr, body.len, secret);
	*ret_len = crypto_auth_hmacsha256_BYTES;
	return COT_OK;
}
