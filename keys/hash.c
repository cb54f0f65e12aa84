/* SPDX-License-Identifier: Apache-2.0
 *
 * Conveniences over the hash functions of a crypto table.
 *
 * The table itself has three functions so that a port can put a hardware
 * engine behind them; most callers have all their bytes in one slice.
 */
#include "keys/crypto.h"
#include "keys/limits.h"

void cot_hash_once(const struct cot_crypto *crypto, enum cot_hash_alg alg,
                   struct cot_slice data, uint8_t *ret)
{
	struct cot_hash h;

	crypto->hash_init(&h, alg);
	crypto->hash_update(&h, data);
	crypto->hash_final(&h, ret);
}

size_t cot_hash_len(enum cot_hash_alg alg)
{
	return alg == COT_HASH_SHA512 ? COT_SHA512_LEN : COT_SHA256_LEN;
}
