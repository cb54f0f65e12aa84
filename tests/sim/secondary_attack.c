/* SPDX-License-Identifier: Apache-2.0
 *
 * The frame of attack tests against a verifying secondary: see
 * secondary_attack.h.
 */
#include "tests/sim/secondary_attack.h"

#include "tests/metal/backend.h"

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

static void read_slot(struct scene *s, const struct cot_sec_state *state, uint8_t *ret)
{
	uint32_t len = state->component[0].slot[s->running].len;

	assert_true(len <= SCENE_SLOT);
	sim_secondary_read(s->s, cot_sec_slot_region(s->running), 0, ret, len);
}

void scene_mark(struct scene *s)
{
	struct cot_sec_state now;

	sim_secondary_state(s->s, &now);
	s->mark = trusted_part(&now);
	s->running = now.component[0].active;
	read_slot(s, &now, s->slot);
}

static bool same_state(const struct cot_sec_state *x, const struct cot_sec_state *y)
{
	uint8_t a[COT_SEC_STATE_MAX], b[COT_SEC_STATE_MAX];
	size_t a_len, b_len;

	return cot_sec_state_encode(x, a, sizeof(a), &a_len) == COT_OK &&
	       cot_sec_state_encode(y, b, sizeof(b), &b_len) == COT_OK && a_len == b_len &&
	       memcmp(a, b, a_len) == 0;
}

static bool unchanged(struct scene *s)
{
	static uint8_t slot[SCENE_SLOT];
	struct cot_sec_state now, trusted;

	sim_secondary_reset(s->s, false);
	sim_secondary_state(s->s, &now);
	trusted = trusted_part(&now);
	if (!same_state(&s->mark, &trusted) || sim_secondary_view(s->s).running != s->running)
		return false;
	read_slot(s, &now, slot);
	return memcmp(s->slot, slot, now.component[0].slot[s->running].len) == 0;
}

const struct sim_secondary_backend *scene_backend(void)
{
	const char *metal = getenv("METAL");

	return metal && strcmp(metal, "1") == 0 ? &metal_backend : &sim_backend;
}

/* Flash after the first update, which is the same in each case: played once, then
 * taken over, where it takes a machine to play it. */
static uint8_t *updated;

static void begin(struct scene *s)
{
	s->w = sim_world_new();
	s->s = updated ? sim_secondary_revive(s->w, scene_backend(), updated)
	               : sim_secondary_open(s->w, scene_backend());
	sim_secondary_release(s->s, "a-2.bin", 2);
	if (!updated)
		assert_int_equal(sim_secondary_update(s->s, "a-2.bin"), COT_OK);
	if (!updated && !scene_backend()->in_process)
		updated = sim_secondary_save(s->s);
	assert_true(sim_secondary_runs(s->s, "a-2.bin"));
	sim_secondary_release(s->s, "a-3.bin", 3);
	s->goal = "a-3.bin";
	scene_mark(s);
}

static void end(struct scene *s)
{
	sim_secondary_free(s->s);
	sim_world_free(s->w);
}

/* Without the attack the update gets there. */
static void play_twin(void)
{
	static bool played;
	static struct scene s;

	if (played && !scene_backend()->in_process)
		return;
	begin(&s);
	assert_int_equal(sim_secondary_update(s.s, "a-3.bin"), COT_OK);
	assert_true(sim_secondary_runs(s.s, "a-3.bin"));
	end(&s);
	played = true;
}

static void run_attack(void **state)
{
	const struct scene_attack *a = *state;
	static struct scene s;
	enum cot_err err;
	bool same;

	if (a->needs && !scene_backend()->in_process) {
		fprintf(stderr, "skip: needs %s\n", a->needs);
		skip();
	}
	play_twin();
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
	if (!scene_backend()->in_process)
		metal_choose_case();
	failed = _cmocka_run_group_tests(group, tests, count, NULL, NULL);
	free(tests);
	free(updated);
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

	if (sim_secondary_view(s->s).mode == COT_MODE_APPLICATION)
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
