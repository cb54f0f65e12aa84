/* SPDX-License-Identifier: Apache-2.0
 *
 * The application's hook against a loader made of a few lines.
 */
#include "secondary/hook.h"

#include "tests/sim/flash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct cot_confirm trial = { 1, { 1, 2, 3 }, { 4, 5, 6 } };

/* What the loader would do, and what it was asked. */
static struct {
	struct sim_flash flash;
	enum cot_err handed, programs, reports;
	unsigned polls, programmed, questions;
	bool polled_with, wants;
} loader;

static void loader_poll(bool may_program)
{
	loader.polls++;
	loader.polled_with = may_program;
}

static enum cot_err loader_handed(struct cot_confirm *ret)
{
	if (loader.handed == COT_OK)
		*ret = trial;
	return loader.handed;
}

static enum cot_err loader_program(uint32_t offset, struct cot_slice data)
{
	loader.programmed++;
	if (loader.programs != COT_OK)
		return loader.programs;
	return loader.flash.flash.program(loader.flash.flash.ctx, COT_REGION_APP, offset, data);
}

static enum cot_err loader_report(uint8_t *ret, size_t max, size_t *ret_len)
{
	static const char text[] = "{\"report\":1}";

	if (loader.reports != COT_OK)
		return loader.reports;
	if (max < sizeof(text) - 1)
		return COT_E_BUFFER;
	memcpy(ret, text, sizeof(text) - 1);
	*ret_len = sizeof(text) - 1;
	return COT_OK;
}

static uint64_t loader_now(void)
{
	return 0;
}

static struct cot_services services = {
	.poll = loader_poll,
	.handed = loader_handed,
	.program = loader_program,
	.report = loader_report,
	.now_ms = loader_now
};

static bool may_program(void *ctx)
{
	assert_ptr_equal(ctx, &loader);
	loader.questions++;
	return loader.wants;
}

static const struct cot_hook hook = { &services, may_program, &loader };

static int set_up(void **state)
{
	(void)state;
	memset(&loader, 0, sizeof(loader));
	sim_flash_init(&loader.flash, &sim_flash_posix);
	services.unit = loader.flash.flash.region[COT_REGION_APP].unit;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	sim_flash_free(&loader.flash);
	return 0;
}

static void assert_app_page_blank(void)
{
	const struct cot_flash *f = &loader.flash.flash;
	bool blank = false;

	assert_int_equal(f->is_blank(f->ctx, COT_REGION_APP, 0,
	                             f->region[COT_REGION_APP].size, &blank), COT_OK);
	assert_true(blank);
}

/* ---- confirm ----------------------------------------------------------------------- */

static void on_trial_the_record_is_written(void **state)
{
	struct cot_confirm got;

	(void)state;
	assert_int_equal(cot_hook_confirm(&hook), COT_OK);
	assert_int_equal(cot_confirm_read(&loader.flash.flash, &got), COT_OK);
	assert_int_equal(got.slot, trial.slot);
	assert_memory_equal(got.sha256, trial.sha256, sizeof(got.sha256));
	assert_memory_equal(got.trial, trial.trial, sizeof(got.trial));
	assert_int_equal(loader.programmed, 1);
}

/* The same bytes as the library's own writer leaves, whatever the unit. */
static void every_unit_gives_the_same_record(void **state)
{
	static const uint32_t units[] = { 1, 2, 4, 8, 16, 32 };
	uint8_t want[COT_CONFIRM_LEN];
	size_t i;

	(void)state;
	cot_confirm_encode(&trial, want);
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct sim_flash_geometry g = sim_flash_posix;

		sim_flash_free(&loader.flash);
		g.unit = units[i];
		sim_flash_init(&loader.flash, &g);
		services.unit = (uint16_t)units[i];
		assert_int_equal(cot_hook_confirm(&hook), COT_OK);
		assert_memory_equal(loader.flash.mem[COT_REGION_APP], want, sizeof(want));
	}
}

static void not_on_trial_nothing_is_written(void **state)
{
	(void)state;
	loader.handed = COT_E_NOT_FOUND;
	assert_int_equal(cot_hook_confirm(&hook), COT_OK);
	assert_int_equal(loader.programmed, 0);
	assert_app_page_blank();
}

static void a_loader_that_refuses_is_passed_on(void **state)
{
	(void)state;
	loader.handed = COT_E_ARGUMENT;
	assert_int_equal(cot_hook_confirm(&hook), COT_E_ARGUMENT);
	assert_int_equal(loader.programmed, 0);
	assert_app_page_blank();
}

static void a_program_failure_is_told(void **state)
{
	struct cot_confirm got;

	(void)state;
	loader.programs = COT_E_FLASH;
	assert_int_equal(cot_hook_confirm(&hook), COT_E_FLASH);
	assert_int_equal(cot_confirm_read(&loader.flash.flash, &got), COT_E_NOT_FOUND);
	loader.programs = COT_OK;
	assert_int_equal(cot_hook_confirm(&hook), COT_OK);
	assert_int_equal(cot_confirm_read(&loader.flash.flash, &got), COT_OK);
}

/* ---- poll and report ------------------------------------------------------------------ */

static void each_poll_asks_and_passes_the_answer_on(void **state)
{
	static const bool wants[] = { true, false, false, true };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
		loader.wants = wants[i];
		cot_hook_poll(&hook);
		assert_int_equal(loader.polls, i + 1);
		assert_int_equal(loader.questions, i + 1);
		assert_int_equal(loader.polled_with, wants[i]);
	}
}

static void nobody_to_ask_means_always(void **state)
{
	static const struct cot_hook silent = { &services, NULL, NULL };

	(void)state;
	cot_hook_poll(&silent);
	assert_int_equal(loader.polls, 1);
	assert_true(loader.polled_with);
	assert_int_equal(loader.questions, 0);
}

static void a_report_passes_through(void **state)
{
	uint8_t text[64];
	size_t len = 99;

	(void)state;
	assert_int_equal(cot_hook_report(&hook, text, sizeof(text), &len), COT_OK);
	assert_int_equal(len, 12);
	assert_memory_equal(text, "{\"report\":1}", 12);
	len = 99;
	assert_int_equal(cot_hook_report(&hook, text, 11, &len), COT_E_BUFFER);
	assert_int_equal(len, 99);
	loader.reports = COT_E_BUSY;
	assert_int_equal(cot_hook_report(&hook, text, sizeof(text), &len), COT_E_BUSY);
	assert_int_equal(len, 99);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(on_trial_the_record_is_written),
		TEST(every_unit_gives_the_same_record),
		TEST(not_on_trial_nothing_is_written),
		TEST(a_loader_that_refuses_is_passed_on),
		TEST(a_program_failure_is_told),
		TEST(each_poll_asks_and_passes_the_answer_on),
		TEST(nobody_to_ask_means_always),
		TEST(a_report_passes_through),
	};

	return cmocka_run_group_tests_name("secondary_hook", tests, NULL, NULL);
}
