/* SPDX-License-Identifier: Apache-2.0
 *
 * A port's own crypto, for `make size`: a loader is linked with this table, whose
 * functions do nothing, in the place of libsodium and keys/crypto/.  What is left is
 * what a part pays that has SHA-2 and Ed25519 in ROM, an engine or an HSM, without its
 * driver.  It is linked and never run.
 */
#include "keys/crypto/report_sign.h"

static volatile unsigned engine; /* so that no call is reasoned away */

static void hash_init(struct cot_hash *h, enum cot_hash_alg alg)
{
	h->alg = alg;
}

static void hash_update(struct cot_hash *h, struct cot_slice data)
{
	h->state[0] = data.len;
}

static void hash_final(struct cot_hash *h, uint8_t *ret)
{
	ret[0] = (uint8_t)h->state[0];
}

static enum cot_err key_check(enum cot_scheme scheme, struct cot_slice key)
{
	return engine == (unsigned)scheme + key.len ? COT_OK : COT_E_KEY;
}

static enum cot_err verify(enum cot_scheme scheme, struct cot_slice key, struct cot_slice sig,
                           struct cot_slice msg)
{
	return engine == (unsigned)scheme + key.len + sig.len + msg.len ? COT_OK : COT_E_SIGNATURE;
}

/* The name that the port uses. */
const struct cot_crypto cot_crypto_sodium = { hash_init, hash_update, hash_final, key_check,
	                                      verify };

enum cot_err cot_report_sign_hmac(enum cot_scheme scheme, const uint8_t secret[COT_REPORT_SECRET_LEN],
                                  const uint8_t *public_key, struct cot_slice body,
                                  uint8_t ret[COT_MAX_SIG_LEN], size_t *ret_len)
{
	(void)public_key;
	ret[0] = secret[0];
	*ret_len = body.len;
	return engine == (unsigned)scheme ? COT_OK : COT_E_SCHEME;
}
