/* SPDX-License-Identifier: Apache-2.0
 *
 * Signed time: the message's shape, and a nonce that is spent once, by success.
 */
#include "keys/crypto/init.h"
#include "keys/encode.h"
#include "metadata/time.h"
#include "tests/sim/edit.h"
#include "tests/sim/repo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define N1 "000102030405060708090a0b0c0d0e0f"
#define N2 "101112131415161718191a1b1c1d1e1f"
#define MADE_MS 5000u

static const uint8_t nonce1[COT_NONCE_LEN] = { 0, 1, 2,  3,  4,  5,  6,  7,
	                                       8, 9, 10, 11, 12, 13, 14, 15 };

static json_t *message(void)
{
	json_t *tree = json_pack("{s:s, s:[s,s], s:i, s:s}", "_type", "time", "nonces", N2, N1,
	                         "rootVersion", 3, "time", "2027-01-15T08:00:00Z");

	assert_non_null(tree);
	return tree;
}

static void shapes(void **state)
{
	static const struct {
		const char *path, *raw;
		enum cot_err err;
	} rows[] = {
		{ "", "", COT_OK },
		{ "extra", "null", COT_OK },
		{ "_type", NULL, COT_E_MISSING },
		{ "_type", "null", COT_E_TYPE },
		{ "_type", "\"timestamp\"", COT_E_ROLE_TYPE },
		{ "_type", "\"Time\"", COT_E_ROLE_TYPE },
		{ "nonces", NULL, COT_E_MISSING },
		{ "nonces", "null", COT_E_TYPE },
		{ "nonces", "{}", COT_E_TYPE },
		{ "nonces", "[]", COT_OK },
		{ "nonces 0", "null", COT_E_TYPE },
		{ "nonces 0", "7", COT_E_TYPE },
		{ "nonces 0", "\"\"", COT_E_ENCODING },
		{ "nonces 0", "\"00\"", COT_E_ENCODING },
		{ "nonces 1", "\"" N1 "00\"", COT_E_ENCODING },
		{ "nonces 1", "\"000102030405060708090A0B0C0D0E0F\"", COT_E_ENCODING },
		{ "nonces 1", "\"000102030405060708090a0b0c0d0e0\"", COT_E_ENCODING },
		{ "rootVersion", NULL, COT_E_MISSING },
		{ "rootVersion", "null", COT_E_TYPE },
		{ "rootVersion", "\"3\"", COT_E_TYPE },
		{ "rootVersion", "-3", COT_E_NUMBER },
		{ "rootVersion", "2147483648", COT_E_NUMBER },
		{ "time", NULL, COT_E_MISSING },
		{ "time", "1800000000", COT_E_TYPE },
		{ "time", "\"2027-01-15T08:00:00\"", COT_E_TIME_FORMAT }
	};
	struct cot_time_msg msg;
	json_t *tree = message();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cot_slice body = sim_edit(tree, rows[i].path, rows[i].raw);
		enum cot_err err = cot_time_parse(body, &msg);

		if (err != rows[i].err)
			fail_msg("%s = %s: %s", rows[i].path, rows[i].raw ? rows[i].raw : "(none)",
			         cot_err_word(err));
		sim_drop(body);
	}
	json_decref(tree);
}

static void nonce_limit(void **state)
{
	json_t *tree = message(), *nonces = json_object_get(tree, "nonces");
	struct cot_time_msg msg;
	struct cot_slice body;

	(void)state;
	while (json_array_size(nonces) <= COT_MAX_NONCES) {
		body = sim_edit(tree, "", "");
		assert_int_equal(cot_time_parse(body, &msg), COT_OK);
		sim_drop(body);
		json_array_append_new(nonces, json_string(N1));
	}
	body = sim_edit(tree, "", "");
	assert_int_equal(cot_time_parse(body, &msg), COT_E_LIMIT);
	sim_drop(body);
	json_decref(tree);
}

struct scene {
	json_t *tree;
	struct cot_slice body;
	struct cot_time_msg msg;
	struct cot_nonce nonce;
	struct cot_time_floor floor;
};

static void begin(struct scene *s)
{
	s->tree = message();
	s->body = sim_edit(s->tree, "", "");
	s->floor.root_version = 3;
	s->floor.time_s = SIM_NOW;
	assert_int_equal(cot_time_parse(s->body, &s->msg), COT_OK);
	cot_nonce_make(&s->nonce, nonce1, MADE_MS);
}

static void end(struct scene *s)
{
	sim_drop(s->body);
	json_decref(s->tree);
}

static void accepted(void **state)
{
	struct scene s;
	int64_t now = -1;

	(void)state;
	begin(&s);
	assert_int_equal(s.msg.root_version, 3);
	assert_int_equal(s.msg.time_s, SIM_NOW);
	assert_true(s.nonce.live);
	/* The time it says is at least as old as the question. */
	assert_int_equal(cot_time_accept(&s.msg, &s.nonce, &s.floor, MADE_MS + 59999, &now),
	                 COT_OK);
	assert_int_equal(now, SIM_NOW + 59);
	assert_false(s.nonce.live);
	/* D11: one use. */
	now = -1;
	assert_int_equal(cot_time_accept(&s.msg, &s.nonce, &s.floor, MADE_MS + 59999, &now),
	                 COT_E_TIME_NONCE);
	assert_int_equal(now, -1);
	end(&s);
}

static void newer_root_than_the_signer(void **state)
{
	struct scene s;
	int64_t now;

	(void)state;
	begin(&s);
	s.floor.root_version = 9;
	s.floor.time_s = SIM_NOW - 1;
	assert_int_equal(cot_time_accept(&s.msg, &s.nonce, &s.floor, MADE_MS, &now), COT_OK);
	assert_int_equal(now, SIM_NOW);
	end(&s);
}

static void other_nonce(struct scene *s)
{
	s->nonce.bytes[15] ^= 1;
}

static void no_nonce(struct scene *s)
{
	s->nonce.live = false;
}

static void old_root(struct scene *s)
{
	s->floor.root_version = 2;
}

static void below_floor(struct scene *s)
{
	s->floor.time_s = SIM_NOW + 1;
}

static void nothing(struct scene *s)
{
	(void)s;
}

/* Whatever is refused, the nonce stays as it was: a forger must not burn it. */
static void refused(void **state)
{
	static const struct {
		void (*change)(struct scene *s);
		uint64_t now_ms;
		enum cot_err err;
		bool live;
	} rows[] = {
		{ other_nonce, MADE_MS, COT_E_TIME_NONCE, true },
		{ no_nonce, MADE_MS, COT_E_TIME_NONCE, false },
		{ nothing, MADE_MS + 60001, COT_E_TIME_NONCE, true },
		{ nothing, MADE_MS - 1, COT_E_TIME_NONCE, true },
		{ nothing, 0, COT_E_TIME_NONCE, true },
		{ nothing, UINT64_MAX, COT_E_TIME_NONCE, true },
		{ old_root, MADE_MS, COT_E_TIME_ROOT, true },
		{ below_floor, MADE_MS, COT_E_TIME_ROLLBACK, true },
		/* Ticks since the question do not lift a message over the floor. */
		{ below_floor, MADE_MS + 2000, COT_E_TIME_ROLLBACK, true }
	};
	struct scene s;
	int64_t now;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cot_nonce before;

		begin(&s);
		rows[i].change(&s);
		before = s.nonce;
		now = -1;
		if (cot_time_accept(&s.msg, &s.nonce, &s.floor, rows[i].now_ms, &now) !=
		    rows[i].err)
			fail_msg("row %zu", i);
		assert_int_equal(now, -1);
		assert_int_equal(s.nonce.live, rows[i].live);
		assert_memory_equal(s.nonce.bytes, before.bytes, sizeof(before.bytes));
		assert_int_equal(s.nonce.made_ms, before.made_ms);
		end(&s);
	}
}

static void nonce_is_replaced(void **state)
{
	uint8_t other[COT_NONCE_LEN];
	struct scene s;
	int64_t now;

	(void)state;
	begin(&s);
	memset(other, 0x77, sizeof(other));
	cot_nonce_make(&s.nonce, other, MADE_MS + 1);
	assert_int_equal(s.nonce.made_ms, MADE_MS + 1);
	assert_int_equal(cot_time_accept(&s.msg, &s.nonce, &s.floor, MADE_MS + 2, &now),
	                 COT_E_TIME_NONCE);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shapes), cmocka_unit_test(nonce_limit),
		cmocka_unit_test(accepted), cmocka_unit_test(newer_root_than_the_signer),
		cmocka_unit_test(refused), cmocka_unit_test(nonce_is_replaced)
	};

	if (cot_crypto_init() != COT_OK)
		return 1;
	return cmocka_run_group_tests_name("metadata_time", tests, NULL, NULL);
}
