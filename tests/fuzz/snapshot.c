/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a Snapshot, with and without what the policy asks for: every file it
 * lists must be found.
 * COVERS: metadata/snapshot.c */
#include "metadata/snapshot.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct cot_policy lax = { .name = "fuzz" };

static void parse(struct cot_slice body, const struct cot_policy *policy)
{
	struct cot_slice list, name, value;
	struct cot_json_iter it;
	struct cot_head head;
	struct cot_meta meta, last = { .version = 0 };

	(void)!cot_timestamp_parse(body, policy, &head, &meta);
	if (cot_snapshot_parse(body, policy, &head, &list) != COT_OK)
		return;
	if (cot_json_object(list, &it) != COT_OK)
		abort();
	while (cot_json_next_member(&it, &name, &value)) {
		if (cot_snapshot_find(list, name, policy, &meta) != COT_OK)
			abort();
		(void)cot_hashes_equal(&meta.hashes, &last.hashes);
		(void)!cot_hashes_check(&meta.hashes, &cot_crypto_full, name);
		last = meta;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cot_envelope env;

	if (cot_envelope_parse(cot_slice(data, size), COT_GRAMMAR_OLPC, &env) != COT_OK)
		return 0;
	parse(env.body, &cot_policy_uptane);
	parse(env.body, &lax);
	return 0;
}
