/* SPDX-License-Identifier: Apache-2.0
 *
 * Library start-up: see init.h.  Apart from sodium.c so that a program which
 * only verifies with libsodium does not pull in Mbed TLS.
 */
#include "keys/crypto/init.h"

#include <psa/crypto.h>
#include <sodium.h>

enum cot_err cot_crypto_init(void)
{
	if (sodium_init() < 0)
		return COT_E_INTERNAL;
	return psa_crypto_init() == PSA_SUCCESS ? COT_OK : COT_E_INTERNAL;
}
