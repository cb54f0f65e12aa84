/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a time message: whatever is accepted answers the one nonce, and
 * spends it.
 * COVERS: metadata/time.c */
#include "metadata/time.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MADE_MS 1000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t random[COT_NONCE_LEN] = { 0, 1, 2,  3,  4,  5,  6,  7,
		                                       8, 9, 10, 11, 12, 13, 14, 15 };
	const struct cot_time_floor floors[] = { { 3, 1000000000 }, { 3, 4000000000 },
		                                 { 0, 0 } };
	struct cot_envelope env;
	struct cot_time_msg msg;
	struct cot_nonce nonce;
	int64_t now = -1;
	size_t i;

	if (cot_envelope_parse(cot_slice(data, size), COT_GRAMMAR_OLPC, &env) != COT_OK ||
	    cot_time_parse(env.body, &msg) != COT_OK)
		return 0;
	for (i = 0; i < 3; i++) {
		uint64_t at = MADE_MS + (i == 2 ? 60001u : 500u);

		cot_nonce_make(&nonce, random, MADE_MS);
		if (cot_time_accept(&msg, &nonce, &floors[i], at, &now) != COT_OK) {
			if (!nonce.live)
				abort();
			continue;
		}
		if (nonce.live || now != msg.time_s || now < floors[i].time_s)
			abort();
		if (cot_time_accept(&msg, &nonce, &floors[i], at, &now) != COT_E_TIME_NONCE)
			abort();
	}
	return 0;
}
