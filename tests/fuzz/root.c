/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a Root: two documents parted by a zero byte, each parsed under both
 * kinds of key ids, signed by itself, compared with the other.
 * COVERS: metadata/root.c metadata/envelope.c */
#include "metadata/root.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Uptane's rules but free key ids, so that a fuzzer gets past them. */
static const struct cot_policy free_ids = { .name = "fuzz", .uptane_fields = true };

static bool parse(struct cot_slice in, const struct cot_policy *policy, struct cot_root *ret)
{
	struct cot_envelope env;
	struct cot_role_keys keys;
	struct cot_sigcheck sig;
	uint8_t digest[COT_SHA256_LEN];
	int role;

	if (cot_envelope_parse(in, COT_GRAMMAR_OLPC, &env) != COT_OK ||
	    cot_root_parse(env.body, policy, &cot_crypto_full, ret) != COT_OK)
		return false;
	for (role = 0; role <= COT_ROLE_PROVISION; role++) {
		(void)cot_root_floor(ret, (enum cot_role)role);
		if (cot_root_role(ret, (enum cot_role)role, &keys) != COT_OK)
			continue;
		cot_sigcheck_init(&sig, &cot_crypto_full, &env, &keys);
		sig.all = role == COT_ROLE_TARGETS;
		(void)!cot_sigcheck_run(&sig);
	}
	cot_body_digest(env.body, &cot_crypto_full, digest);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *cut = size ? memchr(data, 0, size) : NULL;
	size_t first = cut ? (size_t)(cut - data) : size;
	struct cot_slice a = cot_slice(data, first);
	struct cot_slice b = cot_slice_sub(cot_slice(data, size), first + 1, size);
	struct cot_root one, two;
	int role;

	(void)parse(a, &cot_policy_uptane, &one);
	if (!parse(a, &free_ids, &one) || !parse(b, &free_ids, &two))
		return 0;
	for (role = 0; role <= COT_ROLE_TIME; role++)
		(void)cot_root_rotated(&one, &two, (enum cot_role)role);
	(void)!cot_root_check_disjoint(&one, &two);
	return 0;
}
