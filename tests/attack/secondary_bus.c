/* SPDX-License-Identifier: Apache-2.0
 *
 * A stranger on the bus: W11 and W13.  He may begin, abort, commit, erase and
 * reset in any state; without signed documents it costs time and nothing else.
 */
#include "tests/sim/secondary_attack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum cot_err stage(struct scene *s)
{
	struct cot_stage_result r;

	return sim_secondary_stage(s->s, &r);
}

static void enter(struct scene *s)
{
	assert_int_equal(sim_secondary_session(s->s, COT_UDS_SESSION_PROGRAMMING), COT_OK);
}

static uint8_t ask(struct scene *s, const struct cot_uds_request *q)
{
	struct cot_uds_response r;

	return sim_secondary_uds(s->s, q, &r);
}

static void order(struct scene *s, const char *name)
{
	sim_secondary_order(s->s, SIM_SECONDARY_ECU, SIM_SECONDARY_HWID, name);
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
}

/* ---- W11 ------------------------------------------------------------------------------ */

static enum cot_err stage_at_once(struct scene *s)
{
	uint64_t before;
	enum cot_err err;

	enter(s);
	before = sim_secondary_writes(s->s);
	err = stage(s);
	assert_true(sim_secondary_writes(s->s) == before);
	return err;
}

static enum cot_err activate_at_once(struct scene *s)
{
	uint64_t before;
	enum cot_err err;

	enter(s);
	before = sim_secondary_writes(s->s);
	err = sim_secondary_activate(s->s);
	assert_true(sim_secondary_writes(s->s) == before);
	return err;
}

/* Everything is current, and nothing was downloaded. */
static enum cot_err activate_nothing(struct scene *s)
{
	assert_int_equal(sim_secondary_metadata(s->s), COT_OK);
	scene_mark(s);
	return sim_secondary_activate(s->s);
}

static enum cot_err garbage_document(struct scene *s)
{
	enter(s);
	assert_int_equal(sim_secondary_send(s->s, "d/targets.json", COT_SLICE("{\"signed\":1")),
	                 COT_OK);
	assert_int_equal(sim_secondary_send_time(s->s), COT_OK);
	return sim_secondary_verify(s->s, NULL);
}

/* A document that wears out flash, until the budget says stop; then time gives some
 * of it back, and a verified newer document all of it. */
static enum cot_err wear_out(struct scene *s)
{
	enum cot_err err = COT_OK;
	unsigned sent = 0;

	enter(s);
	while (err == COT_OK && sent < 1000) {
		err = sim_secondary_send(s->s, "d/targets.json", COT_SLICE("{}"));
		sent++;
	}
	assert_int_equal(sent, COT_SEC_BUDGET + 1);
	assert_int_equal(sim_secondary_view(s->s).budget, 0);
	sim_secondary_earn(s->s);
	assert_int_equal(sim_secondary_view(s->s).budget, 1);
	return err;
}

/* Garbage of the ordered length, over and over: after the first each erase of the slot
 * is drawn from the budget.  Newer Targets are a new beginning. */
static enum cot_err garbage_images(struct scene *s)
{
	struct sim_artifact other;
	enum cot_err err;
	unsigned erased = 0;

	sim_secondary_image(s->s, "a-4.bin", 4, 3000);
	order(s, "a-4.bin");
	s->goal = "a-4.bin";
	other = *sim_secondary_artifact(s->s, "a-4.bin");
	assert_int_equal(sim_secondary_metadata(s->s), COT_OK);
	assert_int_equal(stage(s), COT_OK);
	scene_mark(s);
	other.bytes = calloc(1, other.len);
	assert_non_null(other.bytes);
	while ((err = stage(s)) == COT_OK && erased < 1000) {
		assert_int_equal(sim_secondary_transfer(s->s, &other, 0), COT_E_HASH_MISMATCH);
		erased++;
	}
	free(other.bytes);
	assert_int_equal(erased, 1 + COT_SEC_BUDGET);
	assert_int_equal(sim_secondary_view(s->s).budget, 0);
	sim_secondary_earn(s->s);
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	return err;
}

/* The image on trial says it is well, when it does at last. */
static void confirm(struct scene *s)
{
	struct cot_confirm record = sim_secondary_handed(s->s);

	assert_int_equal(cot_confirm_write(sim_secondary_unpowered(s->s), &record), COT_OK);
	sim_secondary_reset(s->s, false);
}

/* An image whose self-test takes its time is on trial: resets may not use up its
 * boots. */
static enum cot_err reset_storm(struct scene *s)
{
	struct cot_sec_state state;
	enum cot_err err;
	unsigned i;

	sim_secondary_usual(s->s, "bad-3.bin", 3);
	order(s, "bad-3.bin");
	assert_int_equal(sim_secondary_update(s->s, "bad-3.bin"), COT_E_TRIAL);
	for (i = 0; i < 10; i++) {
		err = sim_secondary_hard_reset(s->s);
		assert_int_equal(err, COT_E_TRIAL);
		assert_int_equal(sim_secondary_session(s->s, COT_UDS_SESSION_PROGRAMMING),
		                 COT_E_TRIAL);
	}
	sim_secondary_state(s->s, &state);
	assert_int_equal(state.component[0].attempts, 1);
	confirm(s);
	assert_true(sim_secondary_runs(s->s, "bad-3.bin"));
	scene_mark(s);
	order(s, "a-3.bin");
	return err;
}

/* The primary is aborted in the middle, by a reset between any two blocks. */
static enum cot_err abort_transfer(struct scene *s)
{
	const struct sim_artifact *a = sim_secondary_artifact(s->s, "a-3.bin");
	struct cot_uds_request q = { .sid = COT_UDS_DOWNLOAD, .size = (uint32_t)a->len };
	enum cot_err err;

	assert_int_equal(sim_secondary_metadata(s->s), COT_OK);
	assert_int_equal(stage(s), COT_OK);
	scene_mark(s);
	assert_int_equal(ask(s, &q), COT_NRC_NONE);
	q = (struct cot_uds_request){ .sid = COT_UDS_TRANSFER, .counter = 1,
	                              .data = cot_slice(a->bytes, 1000) };
	assert_int_equal(ask(s, &q), COT_NRC_NONE);
	assert_int_equal(sim_secondary_hard_reset(s->s), COT_OK);
	assert_int_equal(sim_secondary_view(s->s).mode, COT_MODE_APPLICATION);
	enter(s);
	err = sim_secondary_transfer(s->s, a, 1000);
	return err;
}

/* The session of the loader ends by itself when nobody talks. */
static enum cot_err left_alone(struct scene *s)
{
	enter(s);
	assert_int_equal(sim_secondary_view(s->s).mode, COT_MODE_LOADER);
	sim_secondary_wait(s->s, COT_SEC_S3_MS + 500);
	assert_true(sim_secondary_runs(s->s, "a-2.bin"));
	enter(s);
	return stage(s);
}

static void forge(struct scene *s, const struct cot_confirm *record)
{
	const struct cot_flash *flash = sim_secondary_unpowered(s->s);

	assert_int_equal(cot_confirm_erase(flash), COT_OK);
	assert_int_equal(cot_confirm_write(flash, record), COT_OK);
	sim_secondary_reset(s->s, false);
}

/* A confirm record that was put there in advance, or comes from an earlier trial. */
static enum cot_err confirm_in_advance(struct scene *s)
{
	struct cot_confirm forged = { .slot = 0 };
	struct cot_sec_state state;
	enum cot_err err;

	sim_secondary_usual(s->s, "bad-3.bin", 3);
	order(s, "bad-3.bin");
	assert_int_equal(sim_secondary_metadata(s->s), COT_OK);
	assert_int_equal(sim_secondary_install(s->s, "bad-3.bin"), COT_OK);
	sim_secondary_state(s->s, &state);
	forged.slot = cot_sec_component_spare(&state.component[0]);
	memcpy(forged.sha256, state.component[0].slot[forged.slot].sha256, COT_SHA256_LEN);
	forge(s, &forged);
	assert_int_equal(sim_secondary_metadata(s->s), COT_OK);
	assert_int_equal(sim_secondary_activate(s->s), COT_OK);
	sim_secondary_reset(s->s, false); /* first trial */
	forged = sim_secondary_handed(s->s);
	sim_secondary_reset(s->s, false); /* second: the first one's number is void */
	forge(s, &forged);                /* third */
	sim_secondary_reset(s->s, false);
	assert_true(sim_secondary_runs(s->s, "a-2.bin"));
	scene_mark(s);
	assert_int_equal(sim_secondary_metadata(s->s), COT_OK);
	err = stage(s);
	order(s, "a-3.bin");
	return err;
}

static enum cot_err other_name(struct scene *s)
{
	struct cot_uds_request q = { .sid = COT_UDS_ROUTINE, .sub = COT_UDS_ROUTINE_START,
	                             .id = COT_RID_STAGE, .data = COT_SLICE("\5ECU-B") };
	struct cot_uds_response r;
	enum cot_err outcome;

	assert_int_equal(sim_secondary_metadata(s->s), COT_OK);
	scene_mark(s);
	assert_int_equal(sim_secondary_uds(s->s, &q, &r), COT_NRC_NONE);
	assert_int_equal(cot_outcome_decode(r.data, &outcome), COT_OK);
	return outcome;
}

/* ---- W13 ------------------------------------------------------------------------------- */

static void begin_download(struct scene *s)
{
	const struct sim_artifact *a = sim_secondary_artifact(s->s, "a-3.bin");
	struct cot_uds_request q = { .sid = COT_UDS_DOWNLOAD, .size = (uint32_t)a->len };

	assert_int_equal(sim_secondary_metadata(s->s), COT_OK);
	assert_int_equal(stage(s), COT_OK);
	scene_mark(s);
	assert_int_equal(ask(s, &q), COT_NRC_NONE);
}

static enum cot_err data_first(struct scene *s)
{
	struct cot_uds_request q = { .sid = COT_UDS_TRANSFER, .counter = 1,
	                             .data = COT_SLICE("data") };

	enter(s);
	return cot_uds_err_of(ask(s, &q));
}

static enum cot_err exit_first(struct scene *s)
{
	struct cot_uds_request q = { .sid = COT_UDS_EXIT };

	enter(s);
	return cot_uds_err_of(ask(s, &q));
}

static enum cot_err exit_too_early(struct scene *s)
{
	struct cot_uds_request q = { .sid = COT_UDS_EXIT };

	begin_download(s);
	return cot_uds_err_of(ask(s, &q));
}

/* The block counter skips one; then it is repeated, which writes nothing twice. */
static enum cot_err wrong_counter(struct scene *s)
{
	const struct sim_artifact *a = sim_secondary_artifact(s->s, "a-3.bin");
	struct cot_uds_request q = { .sid = COT_UDS_TRANSFER, .counter = 1,
	                             .data = cot_slice(a->bytes, 1000) };
	uint64_t before;
	uint8_t nrc;

	begin_download(s);
	assert_int_equal(ask(s, &q), COT_NRC_NONE);
	before = sim_secondary_writes(s->s);
	assert_int_equal(ask(s, &q), COT_NRC_NONE);
	assert_true(sim_secondary_writes(s->s) == before);
	q.counter = 3;
	nrc = ask(s, &q);
	assert_true(sim_secondary_writes(s->s) == before);
	assert_int_equal(sim_secondary_view(s->s).taken, 1000);
	return cot_uds_err_of(nrc);
}

static enum cot_err download(struct scene *s, uint32_t offset, uint32_t size, uint8_t format)
{
	struct cot_uds_request q = { .sid = COT_UDS_DOWNLOAD, .offset = offset, .size = size,
	                             .format = format };

	assert_int_equal(sim_secondary_metadata(s->s), COT_OK);
	assert_int_equal(stage(s), COT_OK);
	scene_mark(s);
	assert_int_not_equal(ask(s, &q), COT_NRC_NONE);
	return sim_secondary_last(s->s);
}

static enum cot_err size_zero(struct scene *s) { return download(s, 0, 0, 0); }
static enum cot_err outside(struct scene *s) { return download(s, 0x00100000, 4000, 0); }
static enum cot_err wraps(struct scene *s) { return download(s, 0xFFFFFFFF, 2, 0); }

static enum cot_err other_format(struct scene *s)
{
	return download(s, 0, (uint32_t)sim_secondary_artifact(s->s, "a-3.bin")->len, 0x11);
}


/* Services that an application does not have. */
static enum cot_err in_application(struct scene *s)
{
	struct cot_uds_request q = { .sid = COT_UDS_ROUTINE, .sub = COT_UDS_ROUTINE_START,
	                             .id = COT_RID_VERIFY };

	assert_int_equal(sim_secondary_view(s->s).mode, COT_MODE_APPLICATION);
	return cot_uds_err_of(ask(s, &q));
}

/* 23, ReadMemoryByAddress: there is no such service here. */
static enum cot_err read_memory(struct scene *s)
{
	struct cot_slice answer;

	enter(s);
	answer = sim_secondary_ask(s->s, COT_SLICE("\x23\x44\0\0\0\0\0\0\1\0"));
	assert_int_equal(answer.len, 3);
	return cot_uds_err_of(answer.ptr[2]);
}

static const struct scene_attack attacks[] = {
	SCENE(W11_stage_at_once, NO_TIME, "a stage without signed time erases nothing",
	      stage_at_once),
	SCENE(W11_activate_at_once, NO_TIME, "an activation without signed time does nothing",
	      activate_at_once),
	SCENE(W11_activate_nothing, NOT_STAGED, "what was not downloaded is not activated",
	      activate_nothing),
	SCENE(W11_garbage_document, TRUNCATED, "a document that is none costs a staging",
	      garbage_document),
	SCENE(W11_wear_out, BUDGET, "flash is not worn out: a budget of stagings, earned back",
	      wear_out),
	SCENE(W11_garbage_images, BUDGET, "nor by images that never verify", garbage_images),
	SCENE(W11_reset_storm, TRIAL, "resets do not use up the boots of a trial", reset_storm),
	SCENE(W11_abort_transfer, SEQUENCE, "an aborted transfer costs time", abort_transfer),
	SCENE(W11_left_alone, NO_TIME, "a loader that nobody talks to returns to the image",
	      left_alone),
	SCENE(W11_confirm_in_advance, REVERTED, "a confirm record of another trial says nothing",
	      confirm_in_advance),
	SCENE(W11_other_name, ECU_UNKNOWN, "another ECU's name is not answered for", other_name),
	SCENE(W13_data_first, SEQUENCE, "36 before 34 writes nothing", data_first),
	SCENE(W13_exit_first, SEQUENCE, "37 before 34 does nothing", exit_first),
	SCENE(W13_exit_too_early, SEQUENCE, "37 before the last byte does nothing",
	      exit_too_early),
	SCENE(W13_wrong_counter, SEQUENCE, "a wrong block counter writes nothing, nor a repeated one",
	      wrong_counter),
	SCENE(W13_size_zero, ARGUMENT, "a download of nothing is not begun", size_zero),
	SCENE(W13_outside, ARGUMENT, "a download beyond the artifact is not begun", outside),
	SCENE(W13_wraps, ARGUMENT, "a download that wraps around is not begun", wraps),
	SCENE(W13_other_format, METHOD, "a dataFormatIdentifier that was not signed is refused",
	      other_format),
	SCENE(W13_in_application, SEQUENCE, "an application has no such service", in_application),
	SCENE(W13_read_memory, UNSUPPORTED, "memory is not read over the bus", read_memory),
};

int main(void)
{
	return scene_main("attack_secondary_bus", attacks, sizeof(attacks) / sizeof(attacks[0]));
}
