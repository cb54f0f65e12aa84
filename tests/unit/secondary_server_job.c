/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs and timers of the UDS server: how long a tester waits, and when a session
 * ends by itself.
 */
#include "secondary/server.h"

#include "tests/sim/secondary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct sim_world *w;
static struct sim_secondary *s;

static int begin(void **state)
{
	(void)state;
	w = sim_world_new();
	s = sim_secondary_new(w, &sim_flash_posix);
	return 0;
}

static int end(void **state)
{
	(void)state;
	sim_secondary_free(s);
	sim_world_free(w);
	return 0;
}

/* A document of seven pages is announced: one page is erased per step. */
static void start_erase(void)
{
	assert_int_equal(sim_secondary_session(s, COT_UDS_SESSION_PROGRAMMING), COT_OK);
	cot_sec_request(&s->node, COT_SLICE("\x38\x03\0\x0E" "d/targets.json"
	                                    "\0\4\0\0\x70\0\0\0\x70\0"), s->now_ms);
	assert_true(cot_sec_busy(&s->node));
}

static void testers_are_kept_waiting(void **state)
{
	uint64_t start, step = 0, at[8], seen = 0;
	struct cot_slice response;

	(void)state;
	start_erase();
	start = s->now_ms;
	while (cot_sec_busy(&s->node)) {
		step += 900; /* a slow clock */
		cot_sec_poll(&s->node, start + step);
		if (cot_sec_busy(&s->node) && cot_sec_response(&s->node, &response)) {
			assert_int_equal(response.len, 3);
			assert_memory_equal(response.ptr, "\x7F\x38\x78", 3);
			at[seen++] = step;
		}
	}
	assert_int_equal(seen, 4);
	assert_int_equal(at[0], 900);
	assert_int_equal(at[1], 3600);
	assert_int_equal(at[3], 9000);
	assert_true(cot_sec_response(&s->node, &response));
	assert_int_equal(response.ptr[0], 0x78); /* 38 + 40 */
}

/* What took less than 25 ms is answered without further ado. */
static void short_jobs_do_not_ask_to_wait(void **state)
{
	struct cot_slice response;

	(void)state;
	start_erase();
	while (cot_sec_busy(&s->node)) {
		cot_sec_poll(&s->node, s->now_ms + COT_SEC_PENDING_FIRST_MS - 1);
		if (cot_sec_busy(&s->node))
			assert_false(cot_sec_response(&s->node, &response));
	}
	assert_true(cot_sec_response(&s->node, &response));
}

/* A tester that wants no answer gets one all the same once it was told to wait. */
static void promised_answers_come(void **state)
{
	struct cot_slice response;
	unsigned delay;

	(void)state;
	for (delay = 0; delay <= 1000; delay += 1000) {
		assert_int_equal(sim_secondary_session(s, COT_UDS_SESSION_PROGRAMMING), COT_OK);
		assert_int_equal(sim_secondary_send_time(s), COT_OK);
		cot_sec_request(&s->node, COT_SLICE("\x31\x81\xFD\x10"), s->now_ms);
		while (cot_sec_busy(&s->node)) {
			cot_sec_poll(&s->node, s->now_ms + delay);
			if (cot_sec_busy(&s->node))
				(void)cot_sec_response(&s->node, &response);
		}
		assert_int_equal(cot_sec_response(&s->node, &response), delay > 0);
		sim_secondary_reset(s, true);
	}
}

static void one_job_at_a_time(void **state)
{
	struct cot_slice response;

	(void)state;
	start_erase();
	cot_sec_request(&s->node, COT_SLICE("\x31\x01\xFD\x10"), s->now_ms);
	assert_true(cot_sec_response(&s->node, &response));
	assert_memory_equal(response.ptr, "\x7F\x31\x21", 3);
	cot_sec_request(&s->node, COT_SLICE("\x3E\x80"), s->now_ms);
	assert_false(cot_sec_response(&s->node, &response));
	while (cot_sec_busy(&s->node))
		cot_sec_poll(&s->node, s->now_ms);
	assert_true(cot_sec_response(&s->node, &response));
	assert_int_equal(response.ptr[0], 0x78);
}

/* ---- S3 --------------------------------------------------------------------------------- */

static enum cot_reset after(uint64_t ms)
{
	s->now_ms += ms;
	cot_sec_poll(&s->node, s->now_ms);
	return cot_sec_reset(&s->node);
}

static void sessions_end_by_themselves(void **state)
{
	struct cot_slice response;

	(void)state;
	assert_int_equal(sim_secondary_session(s, COT_UDS_SESSION_PROGRAMMING), COT_OK);
	assert_int_equal(after(COT_SEC_S3_MS - 1), COT_RESET_NONE);
	cot_sec_request(&s->node, COT_SLICE("\x3E\x80"), s->now_ms);
	assert_false(cot_sec_response(&s->node, &response));
	assert_int_equal(after(COT_SEC_S3_MS - 1), COT_RESET_NONE);
	assert_int_equal(after(1), COT_RESET_BOOT);
}

/* Something was accepted: the loader waits longer, but not for ever. */
static void accepted_stagings_wait_longer(void **state)
{
	(void)state;
	sim_secondary_release(s, "a-2.bin", 2);
	assert_int_equal(sim_secondary_metadata(s), COT_OK);
	assert_int_equal(after(COT_SEC_S3_MS), COT_RESET_NONE);
	assert_int_equal(after(COT_SEC_STAGED_S3_MS), COT_RESET_BOOT);
}

static void applications_and_recovery_stay(void **state)
{
	(void)state;
	assert_int_equal(after(10 * COT_SEC_STAGED_S3_MS), COT_RESET_NONE);
	s->flash.mem[COT_REGION_SLOT_A][5] ^= 1;
	sim_secondary_reset(s, false);
	assert_int_equal(s->node.mode, COT_MODE_RECOVERY);
	assert_int_equal(after(10 * COT_SEC_STAGED_S3_MS), COT_RESET_NONE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(testers_are_kept_waiting),
		TEST(short_jobs_do_not_ask_to_wait),
		TEST(promised_answers_come),
		TEST(one_job_at_a_time),
		TEST(sessions_end_by_themselves),
		TEST(accepted_stagings_wait_longer),
		TEST(applications_and_recovery_stay),
	};

	return cmocka_run_group_tests_name("secondary_server_job", tests, NULL, NULL);
}
