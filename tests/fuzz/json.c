/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as canonical JSON of either grammar: the check, and the walk both with
 * and without it.  What was accepted must be found again member by member.
 * COVERS: metadata/json.c metadata/json_read.c */
#include "metadata/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void scalar(struct cot_slice value)
{
	struct cot_slice text;
	uint64_t n;
	bool b;
	int kinds = 0;

	kinds += cot_json_string(value, &text) == COT_OK;
	kinds += cot_json_uint(value, UINT64_MAX, &n) == COT_OK;
	kinds += cot_json_bool(value, &b) == COT_OK;
	if (kinds > 1)
		abort();
}

/* Several members at once are the same as each alone. */
static void members(struct cot_slice object, bool checked)
{
	static const char *const names[] = { "s", "n", "signed" };
	struct cot_slice all[3], one;
	size_t i;

	if (cot_json_members(object, names, 3, all) != COT_OK)
		return;
	for (i = 0; checked && i < 3; i++) {
		(void)!cot_json_member(object, names[i], &one);
		if (one.ptr != all[i].ptr || one.len != all[i].len)
			abort();
	}
}

/* Every container of one level and the level below it. */
static void walk(struct cot_slice text, bool checked, int deeper)
{
	struct cot_slice name, value, again;
	struct cot_json_iter it;
	size_t steps = 0;
	uint64_t n;

	scalar(text);
	members(text, checked);
	if (cot_json_object(text, &it) == COT_OK) {
		(void)!cot_json_member_string(text, "s", &again);
		(void)!cot_json_member_uint(text, "n", 9, &n);
		while (cot_json_next_member(&it, &name, &value) && ++steps < 64) {
			if (checked && (cot_json_find(text, name, &again) != COT_OK ||
			                again.ptr != value.ptr || again.len != value.len))
				abort();
			if (deeper)
				walk(value, checked, deeper - 1);
		}
	}
	if (cot_json_array(text, &it) == COT_OK) {
		while (cot_json_next_element(&it, &value) && ++steps < 64) {
			if (value.ptr < text.ptr || value.ptr + value.len > text.ptr + text.len)
				abort();
			if (deeper)
				walk(value, checked, deeper - 1);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cot_slice in = cot_slice(data, size);
	const struct cot_grammar *const grammars[] = { COT_GRAMMAR_OLPC, COT_GRAMMAR_JSONCPP };
	size_t at, i;

	for (i = 0; i < 2; i++) {
		bool ok = cot_json_check(in, grammars[i], &at) == COT_OK;

		if (at > size || (ok && at != size))
			abort();
		walk(in, ok, 4);
	}
	return 0;
}
