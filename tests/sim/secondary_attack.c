/* SPDX-License-Identifier: Apache-2.0
 *
 * The frame of attack tests against a verifying secondary: see
 * secondary_attack.h.
 */
#include "tests/sim/secondary_attack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What an install intent says is no trust, and the number of a trial no secret of
 * the past: both are left out. */
static struct cot_sec_state trusted_part(const struct cot_sec_state *state)
{
	struct cot_sec_state ret = *state;

	memset(&ret.component[0].intent, 0, sizeof(ret.component[0].intent));
	memset(ret.component[0].trial, 0, sizeof(ret.component[0].trial));
	ret.component[0].attempts = 0;
	return ret;
}

static struct cot_slice running_bytes(const struct scene *s)
{
	const struct cot_sec_state *state = &s->s->node.store.state;

	return cot_slice(s->s->flash.mem[cot_sec_slot_region(s->running)],
	                 state->component[0].slot[s->running].len);
}

void scene_mark(struct scene *s)
{
	struct cot_slice bytes;

	s->mark = trusted_part(&s->s->node.store.state);
	s->running = s->s->node.store.state.component[0].active;
	bytes = running_bytes(s);
	memcpy(s->slot, bytes.ptr, bytes.len);
}

static bool unchanged(struct scene *s)
{
	struct cot_sec_state now;
	uint8_t a[COT_SEC_STATE_MAX], b[COT_SEC_STATE_MAX];
	struct cot_slice bytes;
	size_t a_len, b_len;

	sim_secondary_reset(s->s, false);
	now = trusted_part(&s->s->node.store.state);
	if (cot_sec_state_encode(&s->mark, a, sizeof(a), &a_len) != COT_OK ||
	    cot_sec_state_encode(&now, b, sizeof(b), &b_len) != COT_OK)
		return false;
	bytes = running_bytes(s);
	return a_len == b_len && memcmp(a, b, a_len) == 0 && s->s->boot.image &&
	       s->s->boot.slot == s->running && memcmp(s->slot, bytes.ptr, bytes.len) == 0;
}

static void begin(struct scene *s)
{
	s->w = sim_world_new();
	s->s = sim_secondary_new(s->w, &sim_flash_posix);
	sim_secondary_release(s->s, "a-2.bin", 2);
	assert_int_equal(sim_secondary_update(s->s, "a-2.bin"), COT_OK);
	sim_secondary_release(s->s, "a-3.bin", 3);
	s->goal = "a-3.bin";
	scene_mark(s);
}

static void end(struct scene *s)
{
	sim_secondary_free(s->s);
	sim_world_free(s->w);
}

static void run_attack(void **state)
{
	const struct scene_attack *a = *state;
	static struct scene s;
	enum cot_err err;
	bool same;

	begin(&s);
	assert_int_equal(sim_secondary_update(s.s, "a-3.bin"), COT_OK);
	assert_true(sim_secondary_runs(s.s, "a-3.bin"));
	end(&s);

	begin(&s);
	err = a->strike(&s);
	same = unchanged(&s);
	attack_row(a->name, err, err == a->err && same, a->promise);
	if (err != a->err)
		fail_msg("%s ended with %s instead of %s", a->name, cot_err_word(err),
		         cot_err_word(a->err));
	assert_true(same);
	err = sim_secondary_update(s.s, s.goal);
	if (err != COT_OK)
		fail_msg("after %s the honest update ended with %s", a->name, cot_err_word(err));
	end(&s);
}

int scene_main(const char *group, const struct scene_attack *attacks, size_t count)
{
	struct CMUnitTest *tests = calloc(count, sizeof(*tests));
	size_t i;
	int failed;

	if (tests == NULL)
		abort();
	for (i = 0; i < count; i++) {
		tests[i].name = attacks[i].name;
		tests[i].test_func = run_attack;
		tests[i].initial_state = (void *)(uintptr_t)&attacks[i];
	}
	failed = _cmocka_run_group_tests(group, tests, count, NULL, NULL);
	free(tests);
	return failed;
}

/* ---- tools -------------------------------------------------------------------------- */

struct sim_file scene_keep(struct scene *s, const char *name)
{
	const struct sim_file *file = sim_get(s->w, SIM_DIRECTOR, name);
	struct sim_file ret;

	assert_non_null(file);
	ret = *file;
	ret.bytes = malloc(file->len);
	assert_non_null(ret.bytes);
	memcpy(ret.bytes, file->bytes, file->len);
	return ret;
}

enum cot_err scene_offer(struct scene *s, const struct sim_file *file, const char *name, bool time)
{
	enum cot_err err = COT_OK;

	if (s->s->node.mode == COT_MODE_APPLICATION)
		err = sim_secondary_session(s->s, COT_UDS_SESSION_PROGRAMMING);
	if (err == COT_OK)
		err = sim_secondary_send(s->s, name, cot_slice(file->bytes, file->len));
	if (err == COT_OK && time)
		err = sim_secondary_send_time(s->s);
	return err == COT_OK ? sim_secondary_verify(s->s, NULL) : err;
}

enum cot_err scene_offer_targets(struct scene *s)
{
	return scene_offer(s, sim_get(s->w, SIM_DIRECTOR, "targets.json"), "d/targets.json", true);
}
