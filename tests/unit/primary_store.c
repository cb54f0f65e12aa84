/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: every call of the file layer fails once, in every way; whatever
 * fails, what is trusted stays byte-identical or becomes the new state whole,
 * and the next round goes on as if nothing had been.
 */
#include "tests/sim/gateway.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- a file layer that fails ---------------------------------------------------------- */

static struct {
	unsigned calls;
	unsigned at;      /* fails at this call, counted from 1; 0: never */
	int number;       /* errno; 0: a short write */
	bool hit;
	bool renamed;     /* a new `state` was put in place */
} plan;

static bool fails(void)
{
	plan.calls++;
	if (plan.calls != plan.at)
		return false;
	plan.hit = true;
	errno = plan.number;
	return true;
}

static int fail_openat(int dir, const char *name, int flags, mode_t mode)
{
	return fails() ? -1 : openat(dir, name, flags, mode);
}

static ssize_t fail_write(int fd, const void *data, size_t len)
{
	if (!fails())
		return write(fd, data, len);
	return plan.number == 0 ? write(fd, data, len / 2) : -1;
}

static int quick_fsync(int fd)
{
	(void)fd;
	return 0; /* no test here cuts power */
}

static int fail_fsync(int fd)
{
	return fails() ? -1 : quick_fsync(fd);
}

static int fail_ftruncate(int fd, off_t len)
{
	return fails() ? -1 : ftruncate(fd, len);
}

static int fail_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	if (fails())
		return -1;
	if (strcmp(to, "state") == 0)
		plan.renamed = true;
	return renameat(from_dir, from, to_dir, to);
}

static int fail_unlinkat(int dir, const char *name, int flags)
{
	return fails() ? -1 : unlinkat(dir, name, flags);
}

static int fail_mkdirat(int dir, const char *name, mode_t mode)
{
	return fails() ? -1 : mkdirat(dir, name, mode);
}

static const struct cot_fs failing = {
	fail_openat, fail_write, fail_fsync, fail_ftruncate, fail_renameat, fail_unlinkat,
	fail_mkdirat
};

static void plan_failure(unsigned at, int number)
{
	memset(&plan, 0, sizeof(plan));
	plan.at = at;
	plan.number = number;
}

/* ---- every call of a round ------------------------------------------------------------ */

static const char *state_path(const struct sim_gateway *g, const char *name)
{
	static char path[COT_CONFIG_TEXT + 192];

	snprintf(path, sizeof(path), "%s/%s", g->config.state, name);
	return path;
}

struct shape {
	uint8_t before[COT_SHA256_LEN]; /* trust after provisioning */
	uint8_t after[COT_SHA256_LEN];
	unsigned calls;                 /* of one clean round */
};

/* A gateway that has been provisioned, with two images to install. */
static struct sim_gateway *ready(void)
{
	struct sim_gateway *g = sim_gateway_new();

	sim_gateway_release(g, "ECU-A", "a-2.bin", 2, 3000);
	sim_gateway_release(g, "ECU-B", "b-2.bin", 2, 5000);
	assert_int_equal(sim_gateway_open(g), COT_OK);
	g->fs = failing;
	return g;
}

static struct shape measure(void)
{
	struct sim_gateway *g = ready();
	struct shape s;

	plan_failure(0, 0);
	sim_gateway_trust(g, s.before);
	assert_int_equal(sim_gateway_round(g), COT_OK);
	s.calls = plan.calls;
	sim_gateway_trust(g, s.after);
	assert_memory_not_equal(s.before, s.after, COT_SHA256_LEN);
	sim_gateway_free(g);
	return s;
}

static bool is_one_of(const struct sim_gateway *g, enum cot_err err)
{
	(void)g;
	return err == COT_OK || err == COT_E_NO_SPACE || err == COT_E_IO;
}

/* Keys of each gateway differ, not what the repositories sign: trust compares. */
static void fail_once(const struct shape *s, unsigned at, int number)
{
	struct sim_gateway *g = ready();
	uint8_t trust[COT_SHA256_LEN];
	bool is_old;
	enum cot_err err;

	plan_failure(at, number);
	err = sim_gateway_round(g);
	assert_true(plan.hit);
	if (!is_one_of(g, err) || (number == 0 && err != COT_OK))
		fail_msg("call %u, errno %d: %s", at, number, cot_err_word(err));
	sim_gateway_trust(g, trust);
	is_old = memcmp(trust, s->before, sizeof(trust)) == 0;
	if (!is_old && memcmp(trust, s->after, sizeof(trust)) != 0)
		fail_msg("call %u, errno %d: neither old nor new", at, number);
	if (!is_old && !plan.renamed)
		fail_msg("call %u, errno %d: new without a commit", at, number);
	/* The disk is well again; the daemon is started anew. */
	plan_failure(0, 0);
	sim_gateway_close(g);
	err = sim_gateway_round(g);
	if (err != COT_OK)
		fail_msg("call %u, errno %d: then %s", at, number, cot_err_word(err));
	sim_gateway_trust(g, trust);
	assert_memory_equal(trust, s->after, sizeof(trust));
	assert_string_equal(g->a->ecus[0].filepath, "a-2.bin");
	sim_gateway_free(g);
}

static void test_every_call(void **state)
{
	static const int numbers[] = { ENOSPC, EIO };
	struct shape s = measure();
	size_t i;
	unsigned at;

	(void)state;
	assert_in_range(s.calls, 20, 400);
	for (i = 0; i < 2; i++) {
		for (at = 1; at <= s.calls; at++)
			fail_once(&s, at, numbers[i]);
	}
}

/* A write that takes less than it was given goes on with the rest. */
static void test_short_writes(void **state)
{
	struct shape s = measure();
	unsigned at;

	(void)state;
	for (at = 1; at <= s.calls; at++) {
		struct sim_gateway *g = ready();

		plan_failure(at, 0);
		g->fs = cot_fs_real;
		g->fs.fsync = quick_fsync;
		g->fs.write = fail_write; /* only writes count */
		assert_int_equal(sim_gateway_round(g), COT_OK);
		sim_gateway_free(g);
		if (!plan.hit)
			break;
	}
}

/* ---- the first start ------------------------------------------------------------------- */

static void test_begin_fails(void **state)
{
	struct sim_gateway *g = sim_gateway_new();
	unsigned at;

	(void)state;
	g->fs = failing;
	for (at = 1;; at++) {
		plan_failure(at, ENOSPC);
		if (sim_gateway_open(g) == COT_OK)
			break;
		assert_true(plan.hit);
	}
	assert_in_range(at, 10, 100);
	sim_gateway_free(g);
}

static void test_record_refused(void **state)
{
	struct sim_gateway *g = sim_gateway_new();
	char text[65536];
	char *at;
	size_t len;
	FILE *f = fopen(g->record, "r+");

	(void)state;
	assert_non_null(f);
	len = fread(text, 1, sizeof(text) - 1, f);
	text[len] = '\0';
	at = strstr(text, "\"hw-a\"");
	assert_non_null(at);
	at[4] = 'b'; /* another hardware than was signed */
	rewind(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
	assert_int_equal(sim_gateway_open(g), COT_E_SIG_THRESHOLD);
	assert_int_equal(access(state_path(g, "state"), F_OK), -1);
	at[4] = 'a';
	f = fopen(g->record, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
	assert_int_equal(sim_gateway_open(g), COT_OK);
	sim_gateway_free(g);
}

static void test_record_of_a_secondary(void **state)
{
	struct sim_gateway *g = sim_gateway_new();

	(void)state;
	sim_gateway_secondary_record(g);
	assert_int_equal(sim_gateway_open(g), COT_E_RECORD);
	assert_int_equal(access(state_path(g, "state"), F_OK), -1);
	sim_gateway_free(g);
}

/* ---- damage ------------------------------------------------------------------------------ */

static void flip(const char *path, long offset)
{
	FILE *f = fopen(path, "r+");
	int c;

	assert_non_null(f);
	fseek(f, offset, offset < 0 ? SEEK_END : SEEK_SET);
	c = fgetc(f);
	fseek(f, -1, SEEK_CUR);
	fputc(c ^ 1, f);
	fclose(f);
}

static void test_damaged_state(void **state)
{
	static const long offsets[] = { 0, 40, 500, 1500, -3, -80 };
	struct sim_gateway *g = sim_gateway_new();
	size_t i;

	(void)state;
	assert_int_equal(sim_gateway_round(g), COT_OK);
	sim_gateway_close(g);
	for (i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		flip(state_path(g, "state"), offsets[i]);
		assert_int_equal(sim_gateway_open(g), COT_E_STORE);
		flip(state_path(g, "state"), offsets[i]);
	}
	assert_int_equal(truncate(state_path(g, "state"), 0), 0);
	assert_int_equal(sim_gateway_open(g), COT_E_STORE);
	/* A state that is gone is damage too, and never a new beginning. */
	assert_int_equal(unlink(state_path(g, "state")), 0);
	assert_int_equal(sim_gateway_open(g), COT_E_STORE);
	assert_int_equal(unlink(state_path(g, "born")), 0);
	assert_int_equal(sim_gateway_open(g), COT_OK);
	sim_gateway_free(g);
}

static void test_damaged_document(void **state)
{
	struct sim_gateway *g = sim_gateway_new();
	char name[160];
	unsigned role;

	(void)state;
	assert_int_equal(sim_gateway_round(g), COT_OK);
	for (role = 0; role < COT_ROLE_COUNT; role++) {
		snprintf(name, sizeof(name), "docs/%s", g->store.state.doc[0][role]);
		flip(state_path(g, name), 200);
		assert_int_equal(sim_gateway_round(g), COT_E_STORE);
		flip(state_path(g, name), 200);
		assert_int_equal(sim_gateway_round(g), COT_OK);
	}
	assert_int_equal(unlink(state_path(g, name)), 0);
	assert_int_equal(sim_gateway_round(g), COT_E_STORE);
	sim_gateway_free(g);
}

/* A record that says something else and is well-formed is noticed by its name. */
static void test_damaged_record(void **state)
{
	struct sim_gateway *g = sim_gateway_new();
	char name[160], text[65536];
	char *at;
	size_t len;
	FILE *f;

	(void)state;
	assert_int_equal(sim_gateway_open(g), COT_OK);
	snprintf(name, sizeof(name), "docs/%s", g->store.state.provision);
	sim_gateway_close(g);
	f = fopen(state_path(g, name), "r");
	assert_non_null(f);
	len = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[len] = '\0';
	at = strstr(text, "\"hw-a\"");
	assert_non_null(at);
	flip(state_path(g, name), at - text + 4);
	assert_int_equal(sim_gateway_open(g), COT_E_STORE);
	flip(state_path(g, name), at - text + 4);
	assert_int_equal(sim_gateway_open(g), COT_OK);
	sim_gateway_free(g);
}

/* A document that came by a link is not one that the daemon wrote. */
static void test_links(void **state)
{
	struct sim_gateway *g = sim_gateway_new();
	char from[COT_CONFIG_TEXT + 192], to[COT_CONFIG_TEXT + 160];

	(void)state;
	assert_int_equal(sim_gateway_round(g), COT_OK);
	sim_gateway_close(g);
	snprintf(from, sizeof(from), "%s", state_path(g, "state"));
	snprintf(to, sizeof(to), "%s/elsewhere", g->folder);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(symlink("../elsewhere", from), 0);
	assert_int_equal(access(from, R_OK), 0); /* it leads to the very document */
	assert_int_equal(sim_gateway_open(g), COT_E_STORE);
	assert_int_equal(unlink(from), 0);
	assert_int_equal(link(to, from), 0);
	assert_int_equal(sim_gateway_open(g), COT_E_STORE);
	assert_int_equal(unlink(to), 0);
	assert_int_equal(sim_gateway_open(g), COT_OK);
	sim_gateway_free(g);
}

static void test_open_folder(void **state)
{
	struct sim_gateway *g = sim_gateway_new();

	(void)state;
	assert_int_equal(sim_gateway_open(g), COT_OK);
	sim_gateway_close(g);
	assert_int_equal(chmod(g->config.state, 0750), 0);
	assert_int_equal(sim_gateway_open(g), COT_E_PERMISSION);
	assert_int_equal(chmod(g->config.state, 0700), 0);
	assert_int_equal(sim_gateway_open(g), COT_OK);
	sim_gateway_free(g);
}

static void test_two_daemons(void **state)
{
	struct sim_gateway *g = sim_gateway_new();
	struct cot_store second;

	(void)state;
	assert_int_equal(sim_gateway_open(g), COT_OK);
	assert_int_equal(cot_store_open(&second, g->config.state, COT_STORE_WRITE, &cot_fs_real,
	                                &cot_crypto_full),
	                 COT_E_LOCKED);
	assert_int_equal(cot_store_open(&second, g->config.state, COT_STORE_READ, &cot_fs_real,
	                                &cot_crypto_full),
	                 COT_OK);
	cot_store_close(&second);
	sim_gateway_close(g);
	assert_int_equal(sim_gateway_open(g), COT_OK);
	sim_gateway_free(g);
}

/* A document whose name was never flushed is there, and yet may be gone after a
 * power cut: before a state names it, the folder is flushed again. */
static void test_put_again_flushes(void **state)
{
	struct sim_gateway *g = ready();
	char name[COT_STATE_HEX];

	(void)state;
	/* create, write, flush, rename; then the folder's flush */
	plan_failure(5, EIO);
	assert_int_equal(cot_store_put(&g->store, COT_SLICE("{}"), name), COT_E_IO);
	assert_true(plan.hit);
	plan_failure(1, EIO);
	assert_int_equal(cot_store_put(&g->store, COT_SLICE("{}"), name), COT_E_IO);
	plan_failure(0, 0);
	assert_int_equal(cot_store_put(&g->store, COT_SLICE("{}"), name), COT_OK);
	assert_int_equal(plan.calls, 1);
	sim_gateway_free(g);
}

/* Nothing that was replaced stays for ever. */
static void test_sweep(void **state)
{
	struct sim_gateway *g = sim_gateway_new();
	char stray[COT_CONFIG_TEXT + 192];
	FILE *f;

	(void)state;
	assert_int_equal(sim_gateway_round(g), COT_OK);
	snprintf(stray, sizeof(stray), "%s", state_path(g, "docs/0123.tmp"));
	f = fopen(stray, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(sim_gateway_round(g), COT_OK);
	assert_int_equal(access(stray, F_OK), -1);
	sim_gateway_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_call),
		cmocka_unit_test(test_short_writes),
		cmocka_unit_test(test_begin_fails),
		cmocka_unit_test(test_record_refused),
		cmocka_unit_test(test_damaged_state),
		cmocka_unit_test(test_damaged_document),
		cmocka_unit_test(test_damaged_record),
		cmocka_unit_test(test_record_of_a_secondary),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_open_folder),
		cmocka_unit_test(test_two_daemons),
		cmocka_unit_test(test_put_again_flushes),
		cmocka_unit_test(test_sweep)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
