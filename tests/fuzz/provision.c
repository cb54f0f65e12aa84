/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a provisioning record: its ECUs, its Roots, who signed it, and the
 * first trust.
 * COVERS: metadata/provision.c */
#include "metadata/provision.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_ecus(const struct cot_provision *p)
{
	struct cot_provision_ecu ecu;
	struct cot_json_iter it;
	size_t count = 0;

	if (cot_json_array(p->ecus, &it) != COT_OK)
		abort();
	while (cot_provision_next_ecu(&it, &ecu))
		count++;
	if (count == 0 || it.cur != it.end)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cot_slice in = cot_slice(data, size);
	uint8_t encoded[COT_TRUST_MAX];
	struct cot_provision p;
	struct cot_trust trust;
	struct cot_root root;
	size_t len;

	if (cot_provision_parse(in, &p) != COT_OK)
		return 0;
	read_ecus(&p);
	if (cot_provision_root(&p, 0, &cot_policy_uptane, &cot_crypto_full, &root) == COT_OK)
		(void)!cot_provision_check_signed(in, &root, &cot_crypto_full);
	if (cot_provision_trust(&p, &cot_policy_uptane, &cot_crypto_full, &trust) == COT_OK &&
	    cot_trust_encode(&trust, encoded, sizeof(encoded), &len) != COT_OK)
		abort();
	return 0;
}
