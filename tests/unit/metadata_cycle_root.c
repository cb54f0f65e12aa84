/* SPDX-License-Identifier: Apache-2.0
 *
 * The first half of the cycle: held documents, the Root walk and what it does
 * to floors, and time.
 */
#include "tests/sim/repo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DAY_S 86400

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

static struct cot_floor *floor_of(struct scene *s, unsigned repo, enum cot_role role)
{
	return &s->c->trust.repo[repo].floor[role];
}

static void set_floor(struct scene *s, unsigned repo, enum cot_role role, int version)
{
	json_t *custom = json_object_get(sim_signed(s->w, repo, COT_ROLE_ROOT), "custom");
	json_t *floors = json_object_get(custom, "floors");

	if (floors == NULL) {
		floors = json_object();
		json_object_set_new(custom, "floors", floors);
	}
	json_object_set_new(floors, cot_role_name(role), json_integer(version));
}

/* Signs everything below Root again, as a repository does after a rotation. */
static void sign_again(struct scene *s, unsigned repo)
{
	sim_publish(s->w, repo, COT_ROLE_TARGETS);
}

/* ---- rotation -------------------------------------------------------------------- */

static void root_step_alone_drops_nothing(void **state)
{
	struct scene s = begin(SIM_PRIMARY);
	struct cot_trust before = s.c->trust;

	(void)state;
	sim_publish(s.w, SIM_DIRECTOR, COT_ROLE_ROOT);
	assert_err(sim_run(s.c), COT_OK);
	assert_int_equal(s.c->root_commits, 1);
	assert_int_equal(s.c->commits, 1);
	assert_int_equal(floor_of(&s, 0, COT_ROLE_ROOT)->version, 2);
	assert_memory_equal(&before.repo[0].floor[1], &s.c->trust.repo[0].floor[1],
	                    3 * sizeof(struct cot_floor));
	assert_memory_equal(&before.repo[1], &s.c->trust.repo[1], sizeof(before.repo[1]));
	end(&s);
}

static void added_key_drops_nothing(void **state)
{
	struct scene s = begin(SIM_PRIMARY);
	struct cot_trust before = s.c->trust;
	unsigned role;

	(void)state;
	for (role = COT_ROLE_TIMESTAMP; role <= COT_ROLE_TARGETS; role++)
		sim_add_key(s.w, SIM_DIRECTOR, (enum cot_role)role, SIM_SPARE + role);
	sim_publish(s.w, SIM_DIRECTOR, COT_ROLE_ROOT);
	assert_err(sim_run(s.c), COT_OK);
	assert_memory_equal(&before.repo[0].floor[1], &s.c->trust.repo[0].floor[1],
	                    3 * sizeof(struct cot_floor));
	end(&s);
}

/* What a Root step dropped, seen in the record itself: the cycle that goes on
 * after it fills the floors again. */
static void step_only(struct scene *s, unsigned repo)
{
	sim_fail(s->w, repo, "timestamp.json", COT_E_UNREACHABLE);
	sim_fail(s->w, repo, "targets.json", COT_E_UNREACHABLE);
	assert_err(sim_run(s->c), COT_E_UNREACHABLE);
	assert_int_equal(s->c->root_commits, 1);
	sim_fail(s->w, repo, "timestamp.json", COT_OK);
	sim_fail(s->w, repo, "targets.json", COT_OK);
}

static void rotated_key_drops_both_floors(enum cot_role role, unsigned old)
{
	struct scene s = begin(SIM_PRIMARY);

	sim_replace_key(s.w, SIM_DIRECTOR, role, old, SIM_SPARE);
	set_floor(&s, SIM_DIRECTOR, COT_ROLE_SNAPSHOT, 2);
	sim_publish(s.w, SIM_DIRECTOR, COT_ROLE_ROOT);
	step_only(&s, SIM_DIRECTOR);
	assert_false(floor_of(&s, 0, COT_ROLE_TIMESTAMP)->held);
	assert_int_equal(floor_of(&s, 0, COT_ROLE_TIMESTAMP)->version, 0);
	assert_false(floor_of(&s, 0, COT_ROLE_SNAPSHOT)->held);
	assert_int_equal(floor_of(&s, 0, COT_ROLE_SNAPSHOT)->version, 2);
	assert_int_equal(s.c->held.doc[0][COT_ROLE_TIMESTAMP].wire.len, 0);
	assert_int_equal(s.c->held.doc[0][COT_ROLE_SNAPSHOT].wire.len, 0);
	/* Targets and the other repository stay. */
	assert_true(floor_of(&s, 0, COT_ROLE_TARGETS)->held);
	assert_true(floor_of(&s, 1, COT_ROLE_TIMESTAMP)->held);
	assert_true(floor_of(&s, 1, COT_ROLE_SNAPSHOT)->held);
	sign_again(&s, SIM_DIRECTOR);
	assert_err(sim_run(s.c), COT_OK);
	assert_true(floor_of(&s, 0, COT_ROLE_TIMESTAMP)->held);
	end(&s);
}

static void rotated_timestamp_key(void **state)
{
	(void)state;
	rotated_key_drops_both_floors(COT_ROLE_TIMESTAMP, SIM_DIRECTOR_TIMESTAMP);
}

static void rotated_snapshot_key(void **state)
{
	(void)state;
	rotated_key_drops_both_floors(COT_ROLE_SNAPSHOT, SIM_DIRECTOR_SNAPSHOT);
}

static void raised_threshold_drops_floors(void **state)
{
	struct scene s = begin(SIM_PRIMARY);

	(void)state;
	sim_add_key(s.w, SIM_DIRECTOR, COT_ROLE_TIMESTAMP, SIM_SPARE);
	sim_threshold(s.w, SIM_DIRECTOR, COT_ROLE_TIMESTAMP, 2);
	sim_publish(s.w, SIM_DIRECTOR, COT_ROLE_ROOT);
	step_only(&s, SIM_DIRECTOR);
	assert_false(floor_of(&s, 0, COT_ROLE_TIMESTAMP)->held);
	assert_false(floor_of(&s, 0, COT_ROLE_SNAPSHOT)->held);
	sign_again(&s, SIM_DIRECTOR);
	assert_err(sim_run(s.c), COT_OK);
	end(&s);
}

static void targets_floor_drops_with_its_signer(void **state)
{
	struct scene s = begin(SIM_PRIMARY);

	(void)state;
	sim_replace_key(s.w, SIM_DIRECTOR, COT_ROLE_TARGETS, SIM_DIRECTOR_TARGETS, SIM_SPARE);
	set_floor(&s, SIM_DIRECTOR, COT_ROLE_TARGETS, 2);
	sim_publish(s.w, SIM_DIRECTOR, COT_ROLE_ROOT);
	step_only(&s, SIM_DIRECTOR);
	assert_false(floor_of(&s, 0, COT_ROLE_TARGETS)->held);
	assert_int_equal(floor_of(&s, 0, COT_ROLE_TARGETS)->version, 2);
	assert_int_equal(s.c->trust.repo[0].targets_signers.count, 0);
	assert_int_equal(s.c->held.doc[0][COT_ROLE_TARGETS].wire.len, 0);
	assert_true(floor_of(&s, 0, COT_ROLE_TIMESTAMP)->held);
	assert_true(floor_of(&s, 0, COT_ROLE_SNAPSHOT)->held);
	/* A floor that Root itself set has no signers, and stays at the next step. */
	sim_publish(s.w, SIM_DIRECTOR, COT_ROLE_ROOT);
	step_only(&s, SIM_DIRECTOR);
	assert_int_equal(floor_of(&s, 0, COT_ROLE_TARGETS)->version, 2);
	sign_again(&s, SIM_DIRECTOR);
	assert_err(sim_run(s.c), COT_OK);
	assert_int_equal(floor_of(&s, 0, COT_ROLE_TARGETS)->version, 3);
	end(&s);
}

/* Image Targets are signed by two of two.  With a third key listed, one of the
 * signers may go and two of three remembered signatures still stand. */
static void targets_floor_stays_with_enough_signers(void **state)
{
	struct scene s = begin(SIM_PRIMARY);

	(void)state;
	sim_add_key(s.w, SIM_IMAGE, COT_ROLE_TARGETS, SIM_SPARE);
	sim_publish(s.w, SIM_IMAGE, COT_ROLE_ROOT);
	sim_publish(s.w, SIM_IMAGE, COT_ROLE_TARGETS);
	assert_err(sim_run(s.c), COT_OK);
	assert_int_equal(s.c->trust.repo[1].targets_signers.count, 3);
	sim_remove_key(s.w, SIM_IMAGE, COT_ROLE_TARGETS, SIM_IMAGE_TARGETS);
	sim_publish(s.w, SIM_IMAGE, COT_ROLE_ROOT);
	step_only(&s, SIM_IMAGE);
	assert_true(floor_of(&s, 1, COT_ROLE_TARGETS)->held);
	/* A second one gone leaves one of two. */
	sim_add_key(s.w, SIM_IMAGE, COT_ROLE_TARGETS, SIM_SPARE + 1);
	sim_remove_key(s.w, SIM_IMAGE, COT_ROLE_TARGETS, SIM_IMAGE_TARGETS + 1);
	sim_publish(s.w, SIM_IMAGE, COT_ROLE_ROOT);
	step_only(&s, SIM_IMAGE);
	assert_false(floor_of(&s, 1, COT_ROLE_TARGETS)->held);
	end(&s);
}

static void raised_targets_threshold(void **state)
{
	struct scene s = begin(SIM_PRIMARY);

	(void)state;
	sim_add_key(s.w, SIM_DIRECTOR, COT_ROLE_TARGETS, SIM_SPARE);
	sim_threshold(s.w, SIM_DIRECTOR, COT_ROLE_TARGETS, 2);
	sim_publish(s.w, SIM_DIRECTOR, COT_ROLE_ROOT);
	step_only(&s, SIM_DIRECTOR);
	assert_false(floor_of(&s, 0, COT_ROLE_TARGETS)->held);
	end(&s);
}

/* A stolen Timestamp key signed the highest version there is; its owner
 * replaces the key, and the vehicle comes back. */
static void fast_forward_is_undone(enum sim_kind kind)
{
	struct scene s = begin(kind);
	enum cot_role role = kind == SIM_PARTIAL ? COT_ROLE_TARGETS : COT_ROLE_TIMESTAMP;
	unsigned key = kind == SIM_PARTIAL ? SIM_DIRECTOR_TARGETS : SIM_DIRECTOR_TIMESTAMP;

	sim_version(s.w, SIM_DIRECTOR, role, COT_MAX_VERSION);
	sim_write(s.w, SIM_DIRECTOR, role);
	assert_err(sim_run(s.c), COT_OK);
	assert_int_equal(floor_of(&s, 0, role)->version, COT_MAX_VERSION);
	sim_version(s.w, SIM_DIRECTOR, role, 10);
	sim_write(s.w, SIM_DIRECTOR, role);
	assert_err(sim_run(s.c), COT_E_ROLLBACK);
	sim_replace_key(s.w, SIM_DIRECTOR, role, key, SIM_SPARE);
	set_floor(&s, SIM_DIRECTOR, role, 10);
	sim_publish(s.w, SIM_DIRECTOR, COT_ROLE_ROOT);
	/* Below the floor that the new Root names is still too old. */
	sim_version(s.w, SIM_DIRECTOR, role, 9);
	sim_write(s.w, SIM_DIRECTOR, role);
	assert_err(sim_run(s.c), COT_E_ROLLBACK);
	sim_version(s.w, SIM_DIRECTOR, role, 10);
	sim_write(s.w, SIM_DIRECTOR, role);
	assert_err(sim_run(s.c), COT_OK);
	assert_int_equal(floor_of(&s, 0, role)->version, 10);
	end(&s);
}

static void fast_forward_recovery(void **state)
{
	(void)state;
	fast_forward_is_undone(SIM_PRIMARY);
	fast_forward_is_undone(SIM_PARTIAL);
}

static void lost_key_needs_its_predecessors(void **state)
{
	struct scene s = begin(SIM_PRIMARY);
	const unsigned one_old[] = { SIM_DIRECTOR_ROOT, SIM_SPARE, SIM_SPARE + 1, 0 };

	(void)state;
	sim_replace_key(s.w, SIM_DIRECTOR, COT_ROLE_ROOT, SIM_DIRECTOR_ROOT + 1, SIM_SPARE);
	sim_replace_key(s.w, SIM_DIRECTOR, COT_ROLE_ROOT, SIM_DIRECTOR_ROOT + 2, SIM_SPARE + 1);
	sim_signers(s.w, SIM_DIRECTOR, COT_ROLE_ROOT, one_old);
	sim_publish(s.w, SIM_DIRECTOR, COT_ROLE_ROOT);
	assert_err(sim_run(s.c), COT_E_ROOT_SIG_OLD);
	assert_int_equal(floor_of(&s, 0, COT_ROLE_ROOT)->version, 1);
	end(&s);
}

/* ---- the walk ---------------------------------------------------------------------- */

static void long_walk_is_resumed(void **state)
{
	struct scene s = begin(SIM_PARTIAL);
	unsigned i;

	(void)state;
	for (i = 0; i < COT_MAX_ROOT_STEPS + 10; i++)
		sim_publish(s.w, SIM_DIRECTOR, COT_ROLE_ROOT);
	assert_err(sim_run(s.c), COT_E_ROOT_WALK);
	assert_int_equal(s.c->root_commits, COT_MAX_ROOT_STEPS);
	assert_int_equal(floor_of(&s, 0, COT_ROLE_ROOT)->version, COT_MAX_ROOT_STEPS + 1);
	assert_err(sim_run(s.c), COT_OK);
	assert_int_equal(s.c->root_commits, 10);
	assert_int_equal(floor_of(&s, 0, COT_ROLE_ROOT)->version, COT_MAX_ROOT_STEPS + 11);
	end(&s);
}

/* Root steps made durable count although the cycle fails later. */
static void root_steps_survive_a_failed_cycle(void **state)
{
	struct scene s = begin(SIM_PRIMARY);

	(void)state;
	sim_publish(s.w, SIM_DIRECTOR, COT_ROLE_ROOT);
	sim_publish(s.w, SIM_DIRECTOR, COT_ROLE_ROOT);
	sim_fail(s.w, SIM_DIRECTOR, "3.root.json", COT_E_SLOW);
	assert_err(sim_run(s.c), COT_E_SLOW);
	assert_int_equal(floor_of(&s, 0, COT_ROLE_ROOT)->version, 2);
	assert_true(floor_of(&s, 0, COT_ROLE_TIMESTAMP)->held);
	sim_fail(s.w, SIM_DIRECTOR, "3.root.json", COT_OK);
	assert_err(sim_run(s.c), COT_OK);
	assert_int_equal(floor_of(&s, 0, COT_ROLE_ROOT)->version, 3);
	end(&s);
}

/* An Image Root step is committed while Director candidates are staged: they
 * must not slip in with it. */
static void root_step_carries_no_candidates(void **state)
{
	struct scene s = begin(SIM_PRIMARY);
	struct cot_repo_trust director = s.c->trust.repo[0];
	int64_t time_floor = s.c->trust.time_floor_s;

	(void)state;
	sim_release(s.w, "ECU-A", "a-3.bin", 3);
	sim_publish(s.w, SIM_IMAGE, COT_ROLE_ROOT);
	sim_fail(s.w, SIM_IMAGE, "timestamp.json", COT_E_UNREACHABLE);
	s.w->now_s += 2 * DAY_S;
	assert_err(sim_run(s.c), COT_E_UNREACHABLE);
	assert_int_equal(s.c->root_commits, 1);
	assert_int_equal(floor_of(&s, 1, COT_ROLE_ROOT)->version, 2);
	assert_memory_equal(&director, &s.c->trust.repo[0], sizeof(director));
	assert_int_equal(s.c->trust.time_floor_s, time_floor);
	sim_fail(s.w, SIM_IMAGE, "timestamp.json", COT_OK);
	assert_err(sim_run(s.c), COT_OK);
	assert_int_equal(floor_of(&s, 0, COT_ROLE_TARGETS)->version, 3);
	end(&s);
}

static void expired_roots_are_walked_over(void **state)
{
	struct scene s = begin(SIM_PRIMARY);

	(void)state;
	sim_expires(s.w, SIM_DIRECTOR, COT_ROLE_ROOT, SIM_NOW - DAY_S);
	sim_publish(s.w, SIM_DIRECTOR, COT_ROLE_ROOT);
	assert_err(sim_run(s.c), COT_E_EXPIRED);
	assert_int_equal(floor_of(&s, 0, COT_ROLE_ROOT)->version, 2);
	sim_expires(s.w, SIM_DIRECTOR, COT_ROLE_ROOT, SIM_NOW + DAY_S);
	sim_publish(s.w, SIM_DIRECTOR, COT_ROLE_ROOT);
	assert_err(sim_run(s.c), COT_OK);
	end(&s);
}

static void roots_share_no_key(void **state)
{
	struct scene s = begin(SIM_PRIMARY);

	(void)state;
	sim_add_key(s.w, SIM_DIRECTOR, COT_ROLE_TARGETS, SIM_IMAGE_TARGETS);
	sim_publish(s.w, SIM_DIRECTOR, COT_ROLE_ROOT);
	assert_err(sim_run(s.c), COT_E_KEY_SHARED);
	assert_int_equal(floor_of(&s, 0, COT_ROLE_ROOT)->version, 1);
	end(&s);
	/* Nor two that were provisioned so. */
	s.w = sim_world_new();
	sim_add_key(s.w, SIM_IMAGE, COT_ROLE_TARGETS, SIM_DIRECTOR_SNAPSHOT);
	sim_write(s.w, SIM_IMAGE, COT_ROLE_ROOT);
	s.c = sim_client_new(s.w, SIM_PRIMARY);
	assert_err(sim_run(s.c), COT_E_KEY_SHARED);
	end(&s);
}

/* ---- what is held ------------------------------------------------------------------- */

static void spoil(struct sim_client *c, unsigned repo, enum cot_role role, const char *from,
                  const char *to)
{
	uint8_t *bytes = (uint8_t *)(uintptr_t)c->held.doc[repo][role].wire.ptr;
	char *at = strstr((char *)bytes, from);

	assert_non_null(at);
	memcpy(at, to, strlen(to));
}

static void damaged_store(void **state)
{
	static const struct {
		unsigned repo;
		enum cot_role role;
		const char *from, *to;
	} rows[] = {
		{ 0, COT_ROLE_ROOT, "\"expires\":\"2", "\"expires\":\"3" },
		{ 1, COT_ROLE_ROOT, "\"expires\":\"2", "\"expires\":\"3" },
		{ 0, COT_ROLE_TIMESTAMP, "\"expires\":\"2", "\"expires\":\"3" },
		{ 1, COT_ROLE_TIMESTAMP, "\"sig\":\"", "\"sig\":\"zz" },
		{ 0, COT_ROLE_SNAPSHOT, "\"version\":2", "\"version\":3" },
		{ 1, COT_ROLE_SNAPSHOT, "{", "[" },
		{ 0, COT_ROLE_TARGETS, "\"expires\":\"2", "\"expires\":\"3" },
		{ 1, COT_ROLE_TARGETS, "\"length\":1", "\"length\":2" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene s = begin(SIM_PRIMARY);
		struct cot_verdict v;

		spoil(s.c, rows[i].repo, rows[i].role, rows[i].from, rows[i].to);
		v = sim_run(s.c);
		assert_err(v, COT_E_STORE);
		assert_int_equal(v.repo, rows[i].repo);
		assert_int_equal(v.role, rows[i].role);
		assert_int_equal(s.c->commits, 0);
		end(&s);
	}
}

/* An older document, good in itself, put into the store: version and digest say
 * no, each on its own. */
static void exchanged_in_store(void **state)
{
	struct scene s = begin(SIM_PRIMARY);
	struct cot_floor saved = *floor_of(&s, 0, COT_ROLE_TIMESTAMP);

	(void)state;
	floor_of(&s, 0, COT_ROLE_TIMESTAMP)->version = 3;
	assert_err(sim_run(s.c), COT_E_STORE);
	*floor_of(&s, 0, COT_ROLE_TIMESTAMP) = saved;
	floor_of(&s, 0, COT_ROLE_TIMESTAMP)->digest[0] ^= 1;
	assert_err(sim_run(s.c), COT_E_STORE);
	*floor_of(&s, 0, COT_ROLE_TIMESTAMP) = saved;
	floor_of(&s, 0, COT_ROLE_TARGETS)->digest[31] ^= 1;
	assert_err(sim_run(s.c), COT_E_STORE);
	floor_of(&s, 0, COT_ROLE_TARGETS)->digest[31] ^= 1;
	assert_err(sim_run(s.c), COT_OK);
	/* One whose signature another key made. */
	sim_signers(s.w, SIM_DIRECTOR, COT_ROLE_TIMESTAMP, (unsigned[]){ SIM_SPARE, 0 });
	sim_write(s.w, SIM_DIRECTOR, COT_ROLE_TIMESTAMP);
	{
		struct sim_file *f = sim_get(s.w, SIM_DIRECTOR, "timestamp.json");
		struct cot_doc *held = &s.c->held.doc[0][COT_ROLE_TIMESTAMP];
		uint8_t *copy = malloc(f->len);

		assert_non_null(copy);
		memcpy(copy, f->bytes, f->len);
		free((void *)(uintptr_t)held->wire.ptr);
		held->wire = held->canon = cot_slice(copy, f->len);
		assert_err(sim_run(s.c), COT_E_STORE);
	}
	end(&s);
}

static void unprovisioned(void **state)
{
	struct scene s = begin(SIM_PRIMARY);

	(void)state;
	memset(&s.c->trust.repo[1], 0, sizeof(s.c->trust.repo[1]));
	assert_err(sim_run(s.c), COT_E_UNPROVISIONED);
	memset(&s.c->trust.repo[0], 0, sizeof(s.c->trust.repo[0]));
	assert_err(sim_run(s.c), COT_E_UNPROVISIONED);
	end(&s);
}

/* ---- time ------------------------------------------------------------------------------ */

static void no_time(void **state)
{
	struct scene s = begin(SIM_PRIMARY);
	struct cot_verdict v;

	(void)state;
	s.c->no_time = true;
	v = sim_run(s.c);
	assert_err(v, COT_E_NO_TIME);
	assert_int_equal(v.now_s, 0);
	assert_int_equal(v.role, COT_ROLE_TIME);
	end(&s);
	/* A Director Root without time keys cannot give any. */
	s.w = sim_world_new();
	json_object_del(json_object_get(sim_signed(s.w, SIM_DIRECTOR, COT_ROLE_ROOT), "custom"),
	                "time");
	sim_write(s.w, SIM_DIRECTOR, COT_ROLE_ROOT);
	s.c = sim_client_new(s.w, SIM_PRIMARY);
	assert_err(sim_run(s.c), COT_E_NO_TIME);
	end(&s);
}

static void time_is_signed(void **state)
{
	struct scene s = begin(SIM_PRIMARY);

	(void)state;
	sim_signers(s.w, SIM_DIRECTOR, COT_ROLE_TIME, (unsigned[]){ SIM_DIRECTOR_TIMESTAMP, 0 });
	assert_err(sim_run(s.c), COT_E_SIG_THRESHOLD);
	sim_signers(s.w, SIM_DIRECTOR, COT_ROLE_TIME, (unsigned[]){ SIM_TIME, 0 });
	assert_err(sim_run(s.c), COT_OK);
	end(&s);
}

static void time_does_not_go_back(void **state)
{
	struct scene s = begin(SIM_PRIMARY);

	(void)state;
	s.w->now_s = SIM_NOW - 1;
	assert_err(sim_run(s.c), COT_E_TIME_ROLLBACK);
	s.w->now_s = SIM_NOW;
	assert_err(sim_run(s.c), COT_OK);
	end(&s);
}

/* What the time source says to somebody else, or said before. */
static bool foreign_nonce(void *arg, struct sim_client *c, const struct cot_need *need)
{
	static const uint8_t other[2 * COT_NONCE_LEN] = { 1, 2, 3 };
	char *text;
	size_t len;

	(void)arg;
	if (need->kind != COT_NEED_TIME)
		return false;
	text = sim_time(c->world, other, 2, &len);
	sim_give(c, need, cot_slice(text, len));
	free(text);
	return true;
}

static bool late_answer(void *arg, struct sim_client *c, const struct cot_need *need)
{
	(void)arg;
	if (need->kind == COT_NEED_TIME)
		c->world->ticks_ms += COT_NONCE_LIFE_S * 1000 + 1;
	return false;
}

static bool some_seconds_late(void *arg, struct sim_client *c, const struct cot_need *need)
{
	(void)arg;
	if (need->kind == COT_NEED_TIME)
		c->world->ticks_ms += 5000;
	return false;
}

static void time_answers_our_nonce(void **state)
{
	struct scene s = begin(SIM_PRIMARY);
	struct cot_verdict v;

	(void)state;
	s.c->hook = foreign_nonce;
	assert_err(sim_run(s.c), COT_E_TIME_NONCE);
	s.c->hook = late_answer;
	assert_err(sim_run(s.c), COT_E_TIME_NONCE);
	/* Ticks since the nonce was made count towards now, not towards the floor. */
	s.c->hook = some_seconds_late;
	s.w->now_s += 2 * DAY_S;
	v = sim_run(s.c);
	assert_err(v, COT_OK);
	assert_int_equal(v.now_s, s.w->now_s + 5);
	assert_int_equal(s.c->trust.time_floor_s, s.w->now_s);
	end(&s);
}

/* A time source that knows of a newer Root than we were shown. */
static void newer_root_withheld(void **state)
{
	struct scene s = begin(SIM_PRIMARY);

	(void)state;
	sim_publish(s.w, SIM_DIRECTOR, COT_ROLE_ROOT);
	sim_remove(s.w, SIM_DIRECTOR, "2.root.json");
	assert_err(sim_run(s.c), COT_E_TIME_ROOT);
	sim_write(s.w, SIM_DIRECTOR, COT_ROLE_ROOT);
	assert_err(sim_run(s.c), COT_OK);
	end(&s);
}

static void rotated_time_key(void **state)
{
	struct scene s = begin(SIM_PRIMARY);
	int64_t provisioned = s.c->trust.provisioned_time_s;

	(void)state;
	/* A stolen time key said that it is far in the future, and a cycle was
	 * run on that day. */
	s.c->trust.time_floor_s = SIM_NOW + 1000 * DAY_S;
	assert_err(sim_run(s.c), COT_E_TIME_ROLLBACK);
	/* An added key and a lowered threshold change nothing. */
	sim_add_key(s.w, SIM_DIRECTOR, COT_ROLE_TIME, SIM_SPARE);
	sim_publish(s.w, SIM_DIRECTOR, COT_ROLE_ROOT);
	assert_err(sim_run(s.c), COT_E_TIME_ROLLBACK);
	assert_int_equal(s.c->root_commits, 1);
	sim_remove_key(s.w, SIM_DIRECTOR, COT_ROLE_TIME, SIM_TIME);
	sim_publish(s.w, SIM_DIRECTOR, COT_ROLE_ROOT);
	s.c->no_time = true;
	assert_err(sim_run(s.c), COT_E_NO_TIME);
	assert_int_equal(s.c->trust.time_floor_s, provisioned);
	s.c->no_time = false;
	assert_err(sim_run(s.c), COT_OK);
	end(&s);
}

static void raised_time_threshold(void **state)
{
	struct scene s = begin(SIM_PRIMARY);

	(void)state;
	sim_add_key(s.w, SIM_DIRECTOR, COT_ROLE_TIME, SIM_SPARE);
	sim_threshold(s.w, SIM_DIRECTOR, COT_ROLE_TIME, 2);
	sim_publish(s.w, SIM_DIRECTOR, COT_ROLE_ROOT);
	s.c->trust.time_floor_s = SIM_NOW + 1000 * DAY_S;
	assert_err(sim_run(s.c), COT_OK);
	assert_int_equal(s.c->trust.time_floor_s, s.c->trust.provisioned_time_s);
	sim_signers(s.w, SIM_DIRECTOR, COT_ROLE_TIME, (unsigned[]){ SIM_SPARE, 0 });
	assert_err(sim_run(s.c), COT_E_SIG_THRESHOLD);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_step_alone_drops_nothing),
		cmocka_unit_test(added_key_drops_nothing),
		cmocka_unit_test(rotated_timestamp_key),
		cmocka_unit_test(rotated_snapshot_key),
		cmocka_unit_test(raised_threshold_drops_floors),
		cmocka_unit_test(targets_floor_drops_with_its_signer),
		cmocka_unit_test(targets_floor_stays_with_enough_signers),
		cmocka_unit_test(raised_targets_threshold),
		cmocka_unit_test(fast_forward_recovery),
		cmocka_unit_test(lost_key_needs_its_predecessors),
		cmocka_unit_test(long_walk_is_resumed),
		cmocka_unit_test(root_steps_survive_a_failed_cycle),
		cmocka_unit_test(root_step_carries_no_candidates),
		cmocka_unit_test(expired_roots_are_walked_over),
		cmocka_unit_test(roots_share_no_key),
		cmocka_unit_test(damaged_store),
		cmocka_unit_test(exchanged_in_store),
		cmocka_unit_test(unprovisioned),
		cmocka_unit_test(no_time),
		cmocka_unit_test(time_is_signed),
		cmocka_unit_test(time_does_not_go_back),
		cmocka_unit_test(time_answers_our_nonce),
		cmocka_unit_test(newer_root_withheld),
		cmocka_unit_test(rotated_time_key),
		cmocka_unit_test(raised_time_threshold),
	};

	return cmocka_run_group_tests_name("metadata_cycle_root", tests, NULL, NULL);
}
