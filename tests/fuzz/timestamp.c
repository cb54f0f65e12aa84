/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a Timestamp: what it says of itself and of the Snapshot.  Its expiry,
 * printed, must be the twenty characters it was read from.
 * COVERS: metadata/utc.c */
#include "metadata/snapshot.h"
#include "metadata/utc.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cot_envelope env;
	struct cot_head head;
	struct cot_meta meta;
	struct cot_slice text;
	char again[COT_UTC_LEN];

	cot_utc_format(size < 8 ? -(int64_t)size : INT64_MAX, again);
	if (cot_envelope_parse(cot_slice(data, size), COT_GRAMMAR_OLPC, &env) != COT_OK ||
	    cot_timestamp_parse(env.body, &cot_policy_uptane, &head, &meta) != COT_OK)
		return 0;
	cot_utc_format(head.expires_s, again);
	if (cot_json_member_string(env.body, "expires", &text) != COT_OK ||
	    !cot_slice_eq(text, cot_slice(again, sizeof(again))))
		abort();
	if (head.version < 1 || meta.version < 1 || !meta.has_length || !meta.hashes.known)
		abort();
	return 0;
}
