/* SPDX-License-Identifier: Apache-2.0
 *
 * The keys of a Root in the cycle: how much of them one step looks at, that those of a
 * held Root are believed by its digest alone, and which of two faults is named.
 */
#include "keys/encode.h"
#include "tests/sim/edit.h"
#include "tests/sim/repo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void assert_err(struct cot_verdict v, enum cot_err err)
{
	if (v.err != err)
		fail_msg("verdict %s, expected %s (repository %u, role %d)",
		         cot_err_word(v.err), cot_err_word(err), v.repo, (int)v.role);
}

struct scene {
	struct sim_world *w;
	struct sim_client *c;
};

/* A client that has done one whole cycle. */
static struct scene begin(enum sim_kind kind)
{
	struct scene s;

	s.w = sim_world_new();
	s.c = sim_client_new(s.w, kind);
	sim_release(s.w, "ECU-A", "a-2.bin", 2);
	assert_err(sim_run(s.c), COT_OK);
	return s;
}

static void end(struct scene *s)
{
	sim_client_free(s->c);
	sim_world_free(s->w);
}

/* ---- one step ------------------------------------------------------------------------ */

/* What one step did, and the whole cycle. */
static struct {
	unsigned keys, signatures;
	size_t hashed;
} work, all_work;

static enum cot_err counting_key_check(enum cot_scheme scheme, struct cot_slice key)
{
	work.keys++;
	return cot_crypto_full.key_check(scheme, key);
}

static enum cot_err counting_verify(enum cot_scheme scheme, struct cot_slice key,
                                    struct cot_slice sig, struct cot_slice msg)
{
	work.signatures++;
	return cot_crypto_full.verify(scheme, key, sig, msg);
}

static void counting_update(struct cot_hash *h, struct cot_slice data)
{
	work.hashed += data.len;
	cot_crypto_full.hash_update(h, data);
}

/* One cycle; all_work has what it did, and no step did more than it may. */
static struct cot_verdict run_counted(struct sim_client *c)
{
	struct cot_need need;

	c->crypto.key_check = counting_key_check;
	c->crypto.verify = counting_verify;
	c->crypto.hash_update = counting_update;
	memset(&all_work, 0, sizeof(all_work));
	sim_begin(c);
	for (cot_cycle_need(&c->cycle, &need); need.kind != COT_NEED_NOTHING;
	     cot_cycle_need(&c->cycle, &need)) {
		memset(&work, 0, sizeof(work));
		if (need.kind == COT_NEED_WORK)
			cot_cycle_step(&c->cycle);
		else
			sim_serve(c, &need);
		assert_true(work.keys + work.signatures <= 1);
		assert_true(work.hashed <= 1024);
		all_work.keys += work.keys;
		all_work.signatures += work.signatures;
		all_work.hashed += work.hashed;
	}
	return *cot_cycle_verdict(&c->cycle);
}

static json_t *root_keys(struct scene *s, unsigned repo)
{
	return json_object_get(sim_signed(s->w, repo, COT_ROLE_ROOT), "keys");
}

static void new_root_key_by_key(enum sim_kind kind)
{
	struct scene s = begin(kind);
	char id[COT_KEY_ID_TEXT + 1];
	unsigned i;

	for (i = 0; i < 30; i++) {
		sim_key_id(SIM_SPARE + i, id);
		json_object_set_new(root_keys(&s, SIM_DIRECTOR), id, sim_key_object(SIM_SPARE + i));
	}
	sim_publish(s.w, SIM_DIRECTOR, COT_ROLE_ROOT);
	assert_err(run_counted(s.c), COT_OK);
	assert_int_equal(s.c->root_commits, 1);
	assert_int_equal(s.c->trust.repo[0].floor[COT_ROLE_ROOT].version, 2);
	assert_true(all_work.keys > 30);
	assert_int_equal(all_work.keys, json_object_size(root_keys(&s, SIM_DIRECTOR)));
	end(&s);
}

static void one_key_per_step(void **state)
{
	(void)state;
	new_root_key_by_key(SIM_PRIMARY);
	new_root_key_by_key(SIM_PARTIAL);
}

/* ---- what is held -------------------------------------------------------------------- */

/* What is held was checked when it was accepted. */
static void held_keys_are_not_checked_again(void **state)
{
	struct scene s = begin(SIM_PRIMARY);

	(void)state;
	assert_err(run_counted(s.c), COT_OK);
	assert_int_equal(all_work.keys, 0);
	assert_true(all_work.signatures > 0);
	end(&s);
}

/* One byte of a key in the store is another one: no key of it is used, not even to
 * check a signature. */
static void held_root_with_another_key(void **state)
{
	unsigned repo;

	(void)state;
	for (repo = 0; repo < COT_MAX_REPOS; repo++) {
		struct scene s = begin(SIM_PRIMARY);
		uint8_t before[COT_SHA256_LEN], after[COT_SHA256_LEN];
		struct cot_verdict v;
		char *at, was;

		at = strstr((char *)(uintptr_t)s.c->held.doc[repo][COT_ROLE_ROOT].wire.ptr,
		            "\"public\":\"");
		assert_non_null(at);
		at += strlen("\"public\":\"");
		was = *at;
		*at = was == '0' ? '1' : '0';
		sim_state(s.c, before);
		/* The first Root, and the documents it answers for, come before the second. */
		v = run_counted(s.c);
		assert_err(v, COT_E_STORE);
		assert_int_equal(v.repo, repo);
		assert_int_equal(v.role, COT_ROLE_ROOT);
		assert_int_equal(all_work.keys, 0);
		if (repo == 0)
			assert_int_equal(all_work.signatures, 0);
		assert_int_equal(s.c->commits, 0);
		sim_state(s.c, after);
		assert_memory_equal(before, after, sizeof(before));
		*at = was;
		assert_err(run_counted(s.c), COT_OK);
		end(&s);
	}
}

/* ---- two faults ---------------------------------------------------------------------- */

#define POINT1 "0100000000000000000000000000000000000000000000000000000000000000"

/* Under a point of small order anyone can sign.  Its owner may list it by mistake; a
 * vehicle that took it would be open. */
static void put_unsound_key(struct scene *s, unsigned repo)
{
	json_t *object = sim_key_object(SIM_SPARE);
	uint8_t id[COT_KEY_ID_LEN];
	char hex[COT_KEY_ID_TEXT + 1] = "";
	struct cot_slice text;

	json_object_set_new(json_object_get(object, "keyval"), "public", json_string(POINT1));
	text = sim_edit(object, "", "");
	cot_key_id(text, &cot_crypto_full, id);
	cot_hex_encode(cot_slice(id, sizeof(id)), hex);
	json_object_set_new(root_keys(s, repo), hex, object);
	sim_drop(text);
}

static void unsound(struct scene *s)
{
	put_unsound_key(s, SIM_DIRECTOR);
}

static void unsatisfiable(struct scene *s)
{
	sim_threshold(s->w, SIM_DIRECTOR, COT_ROLE_SNAPSHOT, 2);
}

static void shared(struct scene *s)
{
	sim_add_key(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS, SIM_IMAGE_TARGETS);
}

/* Three new root keys, of whom none signs. */
static void unsigned_by_its_own(struct scene *s)
{
	static const unsigned old[] = { SIM_DIRECTOR_ROOT, SIM_DIRECTOR_ROOT + 1, 0 };
	unsigned i;

	for (i = 0; i < 3; i++)
		sim_replace_key(s->w, SIM_DIRECTOR, COT_ROLE_ROOT, SIM_DIRECTOR_ROOT + i,
		                SIM_SPARE + 10 + i);
	sim_signers(s->w, SIM_DIRECTOR, COT_ROLE_ROOT, old);
}

static void unsigned_by_the_old(struct scene *s)
{
	sim_signers(s->w, SIM_DIRECTOR, COT_ROLE_ROOT, (const unsigned[]){ SIM_SPARE, 0 });
}

static void skipped(struct scene *s)
{
	struct sim_file *f;

	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_ROOT);
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_ROOT);
	f = sim_get(s->w, SIM_DIRECTOR, "3.root.json");
	sim_put(s->w, SIM_DIRECTOR, "2.root.json", cot_slice(f->bytes, f->len));
}

/* Of two faults in a new Root the first in the order of the steps is named. */
static void which_fault_is_named(void **state)
{
	static const struct {
		void (*first)(struct scene *s);
		void (*second)(struct scene *s);
		enum cot_err err;
	} rows[] = {
		{ unsound, NULL, COT_E_KEY },
		{ unsatisfiable, NULL, COT_E_ILLEGAL_THRESHOLD },
		{ shared, NULL, COT_E_KEY_SHARED },
		{ unsigned_by_its_own, NULL, COT_E_ROOT_SIG_NEW },
		{ unsound, unsigned_by_the_old, COT_E_ROOT_SIG_OLD },
		{ unsatisfiable, unsound, COT_E_KEY },
		{ unsigned_by_its_own, unsound, COT_E_KEY },
		{ unsigned_by_its_own, unsatisfiable, COT_E_ILLEGAL_THRESHOLD },
		{ shared, unsigned_by_its_own, COT_E_ROOT_SIG_NEW },
		{ shared, skipped, COT_E_VERSION_SKIP }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s = begin(SIM_PRIMARY);
		uint8_t before[COT_SHA256_LEN], after[COT_SHA256_LEN];
		struct cot_verdict v;

		sim_state(s.c, before);
		rows[i].first(&s);
		if (rows[i].second)
			rows[i].second(&s);
		if (rows[i].second != skipped)
			sim_publish(s.w, SIM_DIRECTOR, COT_ROLE_ROOT);
		v = run_counted(s.c);
		if (v.err != rows[i].err || v.role != COT_ROLE_ROOT || s.c->commits != 0)
			fail_msg("row %zu: %s", i, cot_err_word(v.err));
		sim_state(s.c, after);
		assert_memory_equal(before, after, sizeof(before));
		end(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_key_per_step),
		cmocka_unit_test(held_keys_are_not_checked_again),
		cmocka_unit_test(held_root_with_another_key),
		cmocka_unit_test(which_fault_is_named),
	};

	return cmocka_run_group_tests_name("metadata_cycle_root_keys", tests, NULL, NULL);
}
