/* SPDX-License-Identifier: Apache-2.0
 *
 * The encoding of a trust: one trust has one encoding, and nothing else decodes.
 */
#include "metadata/trust.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct cot_trust full_trust(void)
{
	struct cot_trust t;
	unsigned repo, role;

	memset(&t, 0, sizeof(t));
	t.time_floor_s = 1800000000;
	t.provisioned_time_s = 1700000000;
	for (repo = 0; repo < COT_MAX_REPOS; repo++) {
		for (role = 0; role < COT_ROLE_COUNT; role++) {
			struct cot_floor *f = &t.repo[repo].floor[role];

			f->version = 0x01020304u + repo * 16 + role;
			f->held = role != COT_ROLE_SNAPSHOT;
			if (f->held)
				memset(f->digest, (int)(0x10 + role), sizeof(f->digest));
		}
		t.repo[repo].targets_signers.count = COT_MAX_SIGNERS;
		memset(t.repo[repo].targets_signers.fingerprint, 0xaa,
		       sizeof(t.repo[repo].targets_signers.fingerprint));
	}
	return t;
}

static void check_round_trip(const struct cot_trust *t)
{
	uint8_t bytes[COT_TRUST_MAX], again[COT_TRUST_MAX];
	struct cot_trust back;
	size_t len, len2;

	assert_int_equal(cot_trust_encode(t, bytes, sizeof(bytes), &len), COT_OK);
	memset(&back, 0x55, sizeof(back));
	assert_int_equal(cot_trust_decode(cot_slice(bytes, len), &back), COT_OK);
	assert_int_equal(cot_trust_encode(&back, again, sizeof(again), &len2), COT_OK);
	assert_int_equal(len, len2);
	assert_memory_equal(bytes, again, len);
	assert_int_equal(back.time_floor_s, t->time_floor_s);
	assert_memory_equal(back.repo[0].floor[3].digest, t->repo[0].floor[3].digest,
	                    COT_SHA256_LEN);
}

static void round_trip(void **state)
{
	struct cot_trust t = full_trust();

	(void)state;
	check_round_trip(&t);
	memset(&t.repo[1], 0, sizeof(t.repo[1]));
	check_round_trip(&t);
	memset(&t, 0, sizeof(t));
	check_round_trip(&t);
}

static void known_bytes(void **state)
{
	/* Format, one repository, two times, then Timestamp's floor without a
	 * document and one signer: frozen, see docs/pouf.md. */
	static const uint8_t head[] = {
		1, 1, 0x00, 0xd2, 0x49, 0x6b, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0,
		0x02, 7, 0, 0, 0, 0, 1
	};
	uint8_t bytes[COT_TRUST_MAX];
	struct cot_trust t;
	size_t len;

	(void)state;
	memset(&t, 0, sizeof(t));
	t.time_floor_s = 0x6b49d200;
	t.provisioned_time_s = 5;
	t.repo[0].floor[COT_ROLE_TIMESTAMP].version = 7;
	t.repo[0].targets_signers.count = 1;
	memset(t.repo[0].targets_signers.fingerprint[0], 0xee, COT_SHA256_LEN);
	assert_int_equal(cot_trust_encode(&t, bytes, sizeof(bytes), &len), COT_OK);
	assert_int_equal(len, sizeof(head) + COT_SHA256_LEN);
	assert_memory_equal(bytes, head, sizeof(head));
	assert_int_equal(bytes[sizeof(head)], 0xee);
}

static void buffer_too_small(void **state)
{
	struct cot_trust t = full_trust();
	uint8_t bytes[COT_TRUST_MAX];
	size_t len, max, got = 12345;

	(void)state;
	assert_int_equal(cot_trust_encode(&t, bytes, sizeof(bytes), &len), COT_OK);
	for (max = 0; max < len; max++) {
		assert_int_equal(cot_trust_encode(&t, bytes, max, &got), COT_E_BUFFER);
		assert_int_equal(got, 12345);
	}
	assert_int_equal(cot_trust_encode(&t, bytes, len, &got), COT_OK);
	t.repo[0].targets_signers.count = COT_MAX_SIGNERS + 1;
	assert_int_equal(cot_trust_encode(&t, bytes, sizeof(bytes), &got), COT_E_ARGUMENT);
}

static void truncated_and_trailing(void **state)
{
	struct cot_trust t = full_trust(), back;
	uint8_t bytes[COT_TRUST_MAX + 1], nothing[sizeof(back)];
	size_t len, cut;

	(void)state;
	memset(nothing, 0, sizeof(nothing));
	assert_int_equal(cot_trust_encode(&t, bytes, sizeof(bytes), &len), COT_OK);
	for (cut = 0; cut < len; cut++) {
		memset(&back, 0x33, sizeof(back));
		assert_int_equal(cot_trust_decode(cot_slice(bytes, cut), &back), COT_E_RECORD);
		assert_memory_equal(&back, nothing, sizeof(back));
	}
	bytes[len] = 0;
	assert_int_equal(cot_trust_decode(cot_slice(bytes, len + 1), &back), COT_E_RECORD);
	assert_memory_equal(&back, nothing, sizeof(back));
	assert_int_equal(cot_trust_decode(cot_slice(bytes, len), &back), COT_OK);
}

static void not_what_is_written(void **state)
{
	static const struct {
		const char *what;
		uint8_t bytes[64];
		size_t len;
	} rows[] = {
		{ "format 0", { 0, 0 }, 18 },
		{ "format 2", { 2, 0 }, 18 },
		{ "three repositories", { 1, 3 }, 18 },
		{ "empty last repository", { 1, 1 }, 20 },
		{ "negative time", { 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x80 }, 18 },
		{ "negative provisioned time",
		  { 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80 }, 18 },
		{ "unknown role", { 1, 1, [18] = 0x10, 1, 0, 0, 0, 0 }, 25 },
		{ "version 0", { 1, 1, [18] = 0x01, 0, 0, 0, 0, 0 }, 25 },
		{ "version 2^31", { 1, 1, [18] = 0x01, 0, 0, 0, 0x80, 0 }, 25 },
		{ "held 2", { 1, 1, [18] = 0x01, 1, 0, 0, 0, 2 }, 25 },
		{ "nine signers", { 1, 1, [18] = 0x01, 1, 0, 0, 0, 0, 9 }, 25 }
	};
	static const uint8_t good[25] = { 1, 1, [18] = 0x01, 1, 0, 0, 0, 0 };
	struct cot_trust back;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (cot_trust_decode(cot_slice(rows[i].bytes, rows[i].len), &back) !=
		    COT_E_RECORD)
			fail_msg("%s was decoded", rows[i].what);
	}
	assert_int_equal(cot_trust_decode(cot_slice(good, sizeof(good)), &back), COT_OK);
	assert_int_equal(back.repo[0].floor[COT_ROLE_ROOT].version, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(known_bytes),
		cmocka_unit_test(buffer_too_small),
		cmocka_unit_test(truncated_and_trailing),
		cmocka_unit_test(not_what_is_written),
	};

	return cmocka_run_group_tests_name("metadata_trust", tests, NULL, NULL);
}
