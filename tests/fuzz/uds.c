/* SPDX-License-Identifier: Apache-2.0
 *
 * UDS messages, both kinds, from any bytes: what parses must build again to
 * the same bytes, and no answer may be made of nothing.
 * COVERS: secondary/link/uds.c */
#include "secondary/link/uds.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void request(struct cot_slice in)
{
	struct cot_uds_request got;
	uint8_t nrc;
	uint8_t out[COT_UDS_MAX];
	size_t len = 0;

	if (cot_uds_parse_request(in, &got, &nrc)) {
		if (in.len && nrc == COT_NRC_NONE)
			abort();
		return;
	}
	if (in.len > COT_UDS_MAX)
		return;
	if (cot_uds_build_request(&got, out, in.len - 1, &len) != COT_E_BUFFER)
		abort();
	if (cot_uds_build_request(&got, out, sizeof(out), &len) || len != in.len ||
	    memcmp(out, in.ptr, len) != 0)
		abort();
}

static void response(struct cot_slice in)
{
	struct cot_uds_response got;
	uint8_t out[COT_UDS_MAX];
	size_t len = 0;

	if (cot_uds_parse_response(in, &got) || in.len > COT_UDS_MAX)
		return;
	if (cot_uds_build_response(&got, out, in.len - 1, &len) != COT_E_BUFFER)
		abort();
	if (cot_uds_build_response(&got, out, sizeof(out), &len) || len != in.len ||
	    memcmp(out, in.ptr, len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cot_slice in = cot_slice(data, size);
	size_t cut = size ? data[0] % (size + 1) : 0;

	request(in);
	response(in);
	if (cot_uds_is_pending(in) && cot_uds_is_suppressed(in))
		abort();
	/* One half as the question, the other as the answer. */
	if (cot_uds_answers(cot_slice_sub(in, 1, cut), cot_slice_sub(in, 1 + cut, size)) &&
	    size < 3)
		abort();
	return 0;
}
