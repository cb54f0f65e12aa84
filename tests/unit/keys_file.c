/* SPDX-License-Identifier: Apache-2.0
 *
 * keys/host/file.c: bounds, modes, no overwriting, nothing left behind.
 */
#include "keys/host/file.h"
#include "tests/sim/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A fresh folder for each test; path() names a file in it. */
static char folder[SIM_FOLDER];

static const char *path(const char *name)
{
	static char whole[2][400];
	static unsigned turn;
	char *ret = whole[turn++ % 2];

	(void)snprintf(ret, 400, "%s/%s", folder, name);
	return ret;
}

static int make_folder(void **state)
{
	(void)state;
	return sim_folder_new("keys", folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	DIR *d = opendir(folder);
	struct dirent *e;

	(void)state;
	while (d != NULL && (e = readdir(d)) != NULL)
		(void)unlink(path(e->d_name));
	if (d != NULL)
		(void)closedir(d);
	return rmdir(folder);
}

static unsigned count_files(void)
{
	DIR *d = opendir(folder);
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n - 2;
}

static mode_t mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(stat(path(name), &st), 0);
	return st.st_mode & 07777;
}

static void expect(const char *name, const char *content)
{
	uint8_t buf[64];
	size_t len = 0;

	assert_int_equal(cot_file_read(path(name), false, buf, sizeof(buf), &len), COT_OK);
	assert_true(cot_slice_is(cot_slice(buf, len), content));
}

static void test_write_and_read(void **state)
{
	(void)state;
	assert_int_equal(cot_file_write(path("a"), COT_SLICE("one"), 0600, false), COT_OK);
	expect("a", "one");
	assert_int_equal(mode_of("a"), 0600);
	assert_int_equal(cot_file_write(path("a"), COT_SLICE("two"), 0600, false), COT_E_EXISTS);
	expect("a", "one");
	assert_int_equal(cot_file_write(path("a"), COT_SLICE("two"), 0600, true), COT_OK);
	expect("a", "two");
	assert_int_equal(cot_file_write(path("b"), cot_slice(NULL, 0), 0644, true), COT_OK);
	expect("b", "");
	assert_int_equal(count_files(), 2);
}

/* Whatever the umask lets through, a secret is never open to others. */
static void test_mode_with_open_umask(void **state)
{
	mode_t before = umask(0);

	(void)state;
	assert_int_equal(cot_file_write(path("s"), COT_SLICE("x"), 0600, false), COT_OK);
	assert_int_equal(mode_of("s"), 0600);
	assert_int_equal(chmod(path("s"), 0666), 0);
	assert_int_equal(cot_file_write(path("s"), COT_SLICE("y"), 0600, true), COT_OK);
	assert_int_equal(mode_of("s"), 0600);
	(void)umask(before);
}

static void test_modes_of_secrets(void **state)
{
	uint8_t buf[8];
	size_t len;
	mode_t mode;

	(void)state;
	assert_int_equal(cot_file_write(path("s"), COT_SLICE("x"), 0600, false), COT_OK);
	for (mode = 0400; mode <= 0777; mode++) {
		if ((mode & 0400) == 0)
			continue;
		assert_int_equal(chmod(path("s"), mode), 0);
		assert_int_equal(cot_file_read(path("s"), true, buf, 8, &len),
		                 (mode & 077) == 0 ? COT_OK : COT_E_PERMISSION);
		assert_int_equal(cot_file_read(path("s"), false, buf, 8, &len), COT_OK);
	}
}

static void test_bounds(void **state)
{
	uint8_t buf[4];
	size_t len = 4711;

	(void)state;
	assert_int_equal(cot_file_write(path("f"), COT_SLICE("12345"), 0600, false), COT_OK);
	assert_int_equal(cot_file_read(path("f"), true, buf, 4, &len), COT_E_LENGTH_EXCEEDED);
	assert_int_equal(len, 4711);
	assert_int_equal(cot_file_write(path("f"), COT_SLICE("1234"), 0600, true), COT_OK);
	assert_int_equal(cot_file_read(path("f"), true, buf, 4, &len), COT_OK);
	assert_int_equal(len, 4);
}

static void test_not_files(void **state)
{
	uint8_t buf[4];
	char long_path[5000];
	size_t len;

	(void)state;
	assert_int_equal(cot_file_read(path("none"), true, buf, 4, &len), COT_E_NO_INPUT);
	assert_int_equal(cot_file_read(folder, true, buf, 4, &len), COT_E_NO_INPUT);
	assert_int_equal(mkfifo(path("fifo"), 0600), 0);
	assert_int_equal(cot_file_read(path("fifo"), true, buf, 4, &len), COT_E_NO_INPUT);
	assert_int_equal(cot_file_write(path("none/x"), COT_SLICE("x"), 0600, false),
	                 COT_E_NO_INPUT);
	assert_int_equal(cot_file_write(path("none/x"), COT_SLICE("x"), 0600, true),
	                 COT_E_NO_INPUT);
	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = 0;
	assert_int_equal(cot_file_write(long_path, COT_SLICE("x"), 0600, false), COT_E_NAME);
	long_path[4095] = 0;
	assert_int_equal(cot_file_write(long_path, COT_SLICE("x"), 0600, true), COT_E_NAME);
}

/* A symbolic link in the place of a new secret is not followed. */
static void test_links(void **state)
{
	(void)state;
	assert_int_equal(symlink("elsewhere", path("link")), 0);
	assert_int_equal(cot_file_write(path("link"), COT_SLICE("x"), 0600, false),
	                 COT_E_EXISTS);
	assert_int_equal(access(path("elsewhere"), F_OK), -1);
	assert_int_equal(cot_file_write(path("link"), COT_SLICE("x"), 0600, true), COT_OK);
	assert_int_equal(access(path("elsewhere"), F_OK), -1);
	expect("link", "x");
}

/* A write that fails half way: the old content stays, and no new file does.
 * In a child of its own, because a lowered limit cannot be raised again. */
static void fail_in_child(bool force)
{
	struct rlimit small = { 3, 3 };
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		enum cot_err err;

		(void)signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &small) != 0)
			_exit(2);
		err = cot_file_write(path(force ? "old" : "new"), COT_SLICE("longer"), 0600,
		                     force);
		_exit(err == COT_E_NO_SPACE ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_failed_write(void **state)
{
	(void)state;
	assert_int_equal(cot_file_write(path("old"), COT_SLICE("old"), 0600, false), COT_OK);
	fail_in_child(false);
	fail_in_child(true);
	expect("old", "old");
	assert_int_equal(count_files(), 1);
}

static void test_errno(void **state)
{
	(void)state;
	assert_int_equal(cot_file_errno(ENOENT), COT_E_NO_INPUT);
	assert_int_equal(cot_file_errno(EACCES), COT_E_PERMISSION);
	assert_int_equal(cot_file_errno(EROFS), COT_E_PERMISSION);
	assert_int_equal(cot_file_errno(EEXIST), COT_E_EXISTS);
	assert_int_equal(cot_file_errno(ENOSPC), COT_E_NO_SPACE);
	assert_int_equal(cot_file_errno(EDQUOT), COT_E_NO_SPACE);
	assert_int_equal(cot_file_errno(EFBIG), COT_E_NO_SPACE);
	assert_int_equal(cot_file_errno(EIO), COT_E_IO);
	assert_int_equal(cot_file_errno(0), COT_E_IO);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_write_and_read), IN_FOLDER(test_mode_with_open_umask),
		IN_FOLDER(test_modes_of_secrets), IN_FOLDER(test_bounds),
		IN_FOLDER(test_not_files), IN_FOLDER(test_links),
		IN_FOLDER(test_failed_write), cmocka_unit_test(test_errno)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
