/* SPDX-License-Identifier: Apache-2.0
 *
 * Downloads of images: resumed, cut, lied to (attacks D01, D05, P29, P38).
 */
#include "primary/images.h"
#include "tests/sim/gateway.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEN 10000u

/* What the server does with the image, counted by request. */
enum rude { HONEST, CUT, STALL, NO_RANGE, WRONG_BYTES, LONGER, SHORTER, GONE, WRONG_RANGE };

struct rig {
	struct sim_httpd *httpd;
	struct cot_fetch *fetch;
	struct cot_images images;
	struct cot_artifact artifact;
	uint8_t bytes[LEN + 1];
	enum rude how;
	char folder[SIM_FOLDER];
	int dir;
	uint64_t now;
	atomic_bool stalls; /* the server has sent all that it will */
	uint64_t first_range; /* of the last request; UINT64_MAX: none */
	unsigned shown;
};

static bool serve(void *ctx, int fd, const struct sim_request *r)
{
	struct rig *rig = ctx;
	struct cot_slice whole = cot_slice(rig->bytes, LEN);
	static uint8_t wrong[LEN];

	rig->first_range = r->ranged ? r->range : UINT64_MAX;
	switch (rig->how) {
	case CUT:
		sim_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n");
		sim_send(fd, cot_slice_sub(whole, 0, 6000));
		return false;
	case STALL: /* at 99 % */
		sim_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n");
		sim_send(fd, cot_slice_sub(whole, 0, 9900));
		rig->stalls = true;
		sim_hang(fd);
		return false;
	case NO_RANGE:
		return sim_reply(fd, 200, whole);
	case WRONG_BYTES:
		memset(wrong, 'x', sizeof(wrong));
		return r->ranged ? sim_reply_range(fd, r->range, cot_slice(wrong, LEN))
		                 : sim_reply(fd, 200, cot_slice(wrong, LEN));
	case LONGER:
		return sim_reply(fd, 200, cot_slice(rig->bytes, LEN + 1));
	case SHORTER:
		return sim_reply(fd, 200, cot_slice(rig->bytes, LEN - 1));
	case GONE:
		return sim_reply(fd, 404, COT_SLICE("no"));
	case WRONG_RANGE:
		return r->ranged ? sim_reply_range(fd, r->range + 7, whole)
		                 : sim_reply(fd, 200, whole);
	case HONEST:
	default:
		return r->ranged ? sim_reply_range(fd, r->range, whole) : sim_reply(fd, 200, whole);
	}
}

/* Time passes only while the server stalls: a server that is late because the machine has
 * other work is not slow. */
static uint64_t now_ms(void *ctx)
{
	struct rig *rig = ctx;

	if (rig->stalls)
		rig->now += 50;
	return rig->now;
}

static void on_progress(void *ctx, uint64_t done, uint64_t total)
{
	struct rig *rig = ctx;

	assert_true(done <= total);
	rig->shown++;
}

static struct rig rig_of_test;

static int set_up(void **state)
{
	struct rig *rig = &rig_of_test;
	const struct cot_fetch_terms terms = { .allow_http = true, .min_rate = 1000,
		                               .window_ms = 1000, .connect_ms = 60000,
		                               .total_ms = 60000, .now_ms = now_ms, .ctx = rig };
	uint8_t seed[randombytes_SEEDBYTES] = { 7 };

	memset(rig, 0, sizeof(*rig));
	randombytes_buf_deterministic(rig->bytes, sizeof(rig->bytes), seed);
	rig->httpd = sim_httpd_start(serve, rig);
	assert_true(sim_folder_new("images", rig->folder));
	assert_int_equal(cot_fs_folder(NULL, AT_FDCWD, rig->folder, &rig->dir), COT_OK);
	assert_int_equal(cot_fetch_open(&terms, &rig->fetch), COT_OK);
	rig->images = (struct cot_images){ .fs = &cot_fs_real, .crypto = &cot_crypto_full,
		                           .fetch = rig->fetch, .base = sim_httpd_url(rig->httpd),
		                           .max = LEN, .progress = on_progress, .ctx = rig };
	assert_int_equal(cot_images_open(&rig->images, rig->dir), COT_OK);
	rig->artifact.name = COT_SLICE("dir/app.bin");
	rig->artifact.length = LEN;
	rig->artifact.hashes.known = COT_KNOWN_SHA256 | COT_KNOWN_SHA512;
	crypto_hash_sha256(rig->artifact.hashes.sha256, rig->bytes, LEN);
	crypto_hash_sha512(rig->artifact.hashes.sha512, rig->bytes, LEN);
	*state = rig;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;
	char path[160];

	cot_images_sweep(&rig->images, NULL, 0);
	cot_images_close(&rig->images);
	cot_fetch_close(rig->fetch);
	sim_httpd_stop(rig->httpd);
	close(rig->dir);
	snprintf(path, sizeof(path), "%s/images/sha256", rig->folder);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/images", rig->folder);
	rmdir(path);
	return rmdir(rig->folder);
}

static void assert_file(struct rig *rig, int fd)
{
	uint8_t got[LEN + 1];

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, got, sizeof(got), 0), LEN);
	assert_memory_equal(got, rig->bytes, LEN);
	close(fd);
}

static enum cot_err get(struct rig *rig, enum rude how, int *fd)
{
	rig->how = how;
	return cot_images_get(&rig->images, &rig->artifact, fd);
}

static void get_well(struct rig *rig, enum rude how)
{
	int fd;

	assert_int_equal(get(rig, how, &fd), COT_OK);
	assert_file(rig, fd);
}

static void name_of(struct rig *rig, const char *end, char ret[80])
{
	char hex[65];

	sodium_bin2hex(hex, sizeof(hex), rig->artifact.hashes.sha256, 32);
	snprintf(ret, 80, "%s%s", hex, end);
}

/* ---- honest ------------------------------------------------------------------------------ */

static void test_once(void **state)
{
	struct rig *rig = *state;
	unsigned requests;

	get_well(rig, HONEST);
	requests = sim_httpd_requests(rig->httpd);
	assert_int_equal(requests, 1);
	assert_true(rig->shown > 0);
	/* What is there and fits is not fetched again. */
	get_well(rig, GONE);
	assert_int_equal(sim_httpd_requests(rig->httpd), requests);
}

static void test_resume(void **state)
{
	struct rig *rig = *state;
	int fd;

	assert_int_equal(get(rig, CUT, &fd), COT_E_UNREACHABLE);
	assert_int_equal(fd, -1);
	get_well(rig, HONEST);
	assert_int_equal(rig->first_range, 6000);
}

static void test_stall(void **state)
{
	struct rig *rig = *state;
	int fd;

	assert_int_equal(get(rig, STALL, &fd), COT_E_SLOW);
	rig->stalls = false;
	get_well(rig, HONEST);
	assert_int_equal(rig->first_range, 9900);
}

/* The last byte came, but the daemon died before it could rename. */
static void test_complete_part(void **state)
{
	struct rig *rig = *state;
	struct cot_images *im = &rig->images;
	char name[80], part[80];

	get_well(rig, HONEST);
	name_of(rig, "", name);
	name_of(rig, ".part", part);
	assert_int_equal(renameat(im->dir, name, im->dir, part), 0);
	get_well(rig, GONE);
}

/* ---- D05: ranges -------------------------------------------------------------------------- */

static void test_server_without_ranges(void **state)
{
	struct rig *rig = *state;
	int fd;

	assert_int_equal(get(rig, CUT, &fd), COT_E_UNREACHABLE);
	get_well(rig, NO_RANGE);
}

/* The wrong range is noticed, and the file begun once more from its start. */
static void test_wrong_range(void **state)
{
	struct rig *rig = *state;
	int fd;

	assert_int_equal(get(rig, CUT, &fd), COT_E_UNREACHABLE);
	get_well(rig, WRONG_RANGE);
	assert_int_equal(rig->first_range, UINT64_MAX);
	assert_int_equal(sim_httpd_requests(rig->httpd), 3);
}

/* What lay there before is no good: the whole file's hash decides. */
static void test_stale_part(void **state)
{
	struct rig *rig = *state;
	char before[80], after[80];
	int fd;

	assert_int_equal(get(rig, CUT, &fd), COT_E_UNREACHABLE);
	name_of(rig, ".part", before);
	rig->bytes[100] ^= 1;
	crypto_hash_sha256(rig->artifact.hashes.sha256, rig->bytes, LEN);
	crypto_hash_sha512(rig->artifact.hashes.sha512, rig->bytes, LEN);
	name_of(rig, ".part", after);
	assert_int_equal(renameat(rig->images.dir, before, rig->images.dir, after), 0);
	get_well(rig, HONEST);
	assert_int_equal(rig->first_range, UINT64_MAX); /* begun again */
}

/* ---- wrong content ------------------------------------------------------------------------ */

struct lie {
	enum rude how;
	enum cot_err err;
};

static void test_lies(void **state)
{
	static const struct lie lies[] = {
		{ WRONG_BYTES, COT_E_HASH_MISMATCH },
		{ LONGER, COT_E_LENGTH_EXCEEDED },
		{ SHORTER, COT_E_LENGTH_MISMATCH },
		{ GONE, COT_E_ABSENT }
	};
	struct rig *rig = *state;
	size_t i;
	int fd;

	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		assert_int_equal(get(rig, lies[i].how, &fd), lies[i].err);
		assert_int_equal(fd, -1);
		get_well(rig, HONEST);
		cot_images_sweep(&rig->images, NULL, 0);
	}
}

static void test_one_hash_wrong(void **state)
{
	struct rig *rig = *state;
	int fd;

	rig->artifact.hashes.sha512[63] ^= 1;
	assert_int_equal(get(rig, HONEST, &fd), COT_E_HASH_MISMATCH);
	rig->artifact.hashes.known = COT_KNOWN_SHA512;
	assert_int_equal(get(rig, HONEST, &fd), COT_E_NO_STRONG_HASH);
	rig->artifact.hashes.known = COT_KNOWN_SHA256;
	get_well(rig, HONEST);
}

static void test_too_large(void **state)
{
	struct rig *rig = *state;
	int fd;

	rig->images.max = LEN - 1;
	assert_int_equal(get(rig, HONEST, &fd), COT_E_LENGTH_EXCEEDED);
	assert_int_equal(sim_httpd_requests(rig->httpd), 0);
	rig->images.max = LEN;
	get_well(rig, HONEST);
}

static void test_bad_name(void **state)
{
	struct rig *rig = *state;
	int fd;

	rig->artifact.name = COT_SLICE("../app.bin");
	assert_int_equal(get(rig, HONEST, &fd), COT_E_NAME);
	assert_int_equal(sim_httpd_requests(rig->httpd), 0);
}

/* ---- P38: what lies in the folder --------------------------------------------------------- */

static void test_changed_file(void **state)
{
	struct rig *rig = *state;
	char name[80];
	int fd;

	get_well(rig, HONEST);
	name_of(rig, "", name);
	fd = openat(rig->images.dir, name, O_WRONLY);
	assert_int_equal(pwrite(fd, "x", 1, 5000), 1);
	close(fd);
	get_well(rig, HONEST); /* noticed, thrown away, fetched anew */
	assert_int_equal(sim_httpd_requests(rig->httpd), 2);
}

static void test_things_in_the_way(void **state)
{
	struct rig *rig = *state;
	char name[80], part[80];
	int fd;

	name_of(rig, "", name);
	name_of(rig, ".part", part);
	assert_int_equal(symlinkat("elsewhere", rig->images.dir, part), 0);
	assert_int_equal(get(rig, HONEST, &fd), COT_E_PERMISSION);
	assert_int_equal(unlinkat(rig->images.dir, part, 0), 0);
	assert_int_equal(mkfifoat(rig->images.dir, part, 0600), 0);
	assert_int_equal(get(rig, HONEST, &fd), COT_E_STORE);
	assert_int_equal(unlinkat(rig->images.dir, part, 0), 0);
	/* A symbolic or hard link under the final name is never read. */
	assert_int_equal(symlinkat("elsewhere", rig->images.dir, name), 0);
	get_well(rig, HONEST);
	assert_int_equal(linkat(rig->images.dir, name, rig->images.dir, "second", 0), 0);
	get_well(rig, HONEST);
	assert_int_equal(sim_httpd_requests(rig->httpd), 2);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_once), CASE(test_resume), CASE(test_stall), CASE(test_complete_part),
		CASE(test_server_without_ranges), CASE(test_wrong_range), CASE(test_stale_part),
		CASE(test_lies), CASE(test_one_hash_wrong), CASE(test_too_large),
		CASE(test_bad_name), CASE(test_changed_file), CASE(test_things_in_the_way)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
