/* SPDX-License-Identifier: Apache-2.0
 *
 * keys/host/passphrase.c: lines from a descriptor, and questions on a
 * terminal that is a pseudo terminal here.
 */
#include "keys/crypto/init.h"
#include "keys/host/passphrase.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A descriptor from which text can be read, then end of file. */
static int feed(const char *text, size_t len)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], text, len), (ssize_t)len);
	(void)close(ends[1]);
	return ends[0];
}

static void test_lines(void **state)
{
	static const struct {
		struct cot_slice input;
		enum cot_err err;
		struct cot_slice line;
	} rows[] = {
		{ { (const uint8_t *)"pw\n", 3 }, COT_OK, { (const uint8_t *)"pw", 2 } },
		{ { (const uint8_t *)"pw", 2 }, COT_OK, { (const uint8_t *)"pw", 2 } },
		{ { (const uint8_t *)"pw\r\n", 4 }, COT_OK, { (const uint8_t *)"pw", 2 } },
		{ { (const uint8_t *)" p w \n", 6 }, COT_OK, { (const uint8_t *)" p w ", 5 } },
		{ { (const uint8_t *)"p\0w\n", 4 }, COT_OK, { (const uint8_t *)"p\0w", 3 } },
		{ { (const uint8_t *)"p\003w\n", 4 }, COT_OK, { (const uint8_t *)"p\003w", 3 } },
		{ { (const uint8_t *)"\n", 1 }, COT_OK, { NULL, 0 } },
		{ { NULL, 0 }, COT_E_NO_INPUT, { NULL, 0 } }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cot_passphrase_source source = { .kind = COT_PASSPHRASE_FD };
		struct cot_passphrase p = { NULL, 0 };

		source.fd = feed((const char *)rows[i].input.ptr, rows[i].input.len);
		assert_int_equal(cot_passphrase_get(&source, "key", false, &p), rows[i].err);
		assert_true(cot_slice_eq(cot_slice(p.bytes, p.len), rows[i].line));
		assert_int_equal(p.bytes == NULL, rows[i].err != COT_OK);
		cot_passphrase_free(&p);
		(void)close(source.fd);
	}
}

static void test_several_on_one_descriptor(void **state)
{
	struct cot_passphrase_source source = { .kind = COT_PASSPHRASE_FD };
	struct cot_passphrase p = { NULL, 0 };

	(void)state;
	source.fd = feed("one\ntwo\n", 8);
	assert_int_equal(cot_passphrase_get(&source, "a", false, &p), COT_OK);
	assert_true(cot_slice_is(cot_slice(p.bytes, p.len), "one"));
	cot_passphrase_free(&p);
	assert_int_equal(cot_passphrase_get(&source, "b", true, &p), COT_OK);
	assert_true(cot_slice_is(cot_slice(p.bytes, p.len), "two"));
	cot_passphrase_free(&p);
	assert_int_equal(cot_passphrase_get(&source, "c", false, &p), COT_E_NO_INPUT);
	(void)close(source.fd);
}

static void test_length_bound(void **state)
{
	struct cot_passphrase_source source = { .kind = COT_PASSPHRASE_FD };
	char text[COT_MAX_PASSPHRASE + 2];
	struct cot_passphrase p = { NULL, 0 };
	size_t len;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (len = COT_MAX_PASSPHRASE; len <= COT_MAX_PASSPHRASE + 1; len++) {
		bool fits = len == COT_MAX_PASSPHRASE;

		text[len] = '\n';
		source.fd = feed(text, len + 1);
		assert_int_equal(cot_passphrase_get(&source, "key", false, &p),
		                 fits ? COT_OK : COT_E_LIMIT);
		assert_int_equal(p.len, fits ? len : 0);
		cot_passphrase_free(&p);
		(void)close(source.fd);
		text[len] = 'x';
	}
}

static void test_bad_sources(void **state)
{
	struct cot_passphrase_source source = { .kind = COT_PASSPHRASE_FD, .fd = -1 };
	struct cot_passphrase p = { NULL, 0 };

	(void)state;
	assert_int_equal(cot_passphrase_get(&source, "key", false, &p), COT_E_IO);
	source.kind = (enum cot_passphrase_kind)77;
	assert_int_equal(cot_passphrase_get(&source, "key", false, &p), COT_E_ARGUMENT);
	source.kind = COT_PASSPHRASE_GIVEN;
	assert_int_equal(cot_passphrase_get(&source, "key", true, &p), COT_E_PASSPHRASE);
	assert_null(p.bytes);
	assert_int_equal(cot_passphrase_get(&source, "key", false, &p), COT_OK);
	assert_int_equal(p.len, 0);
	cot_passphrase_free(&p);
	source.fd = feed("\n", 1);
	source.kind = COT_PASSPHRASE_FD;
	assert_int_equal(cot_passphrase_get(&source, "key", true, &p), COT_E_PASSPHRASE);
	(void)close(source.fd);
}

/* The child's side: a session whose controlling terminal is the pseudo
 * terminal; ends with the error as its status. */
static void answer_as_child(const char *slave, bool confirm, const char *want)
{
	struct cot_passphrase_source source = { .kind = COT_PASSPHRASE_TTY };
	struct cot_passphrase p = { NULL, 0 };
	struct termios after;
	enum cot_err err;
	int fd;

	if (setsid() < 0 || (fd = open(slave, O_RDWR)) < 0 || ioctl(fd, TIOCSCTTY, 0) != 0)
		_exit(200);
	err = cot_passphrase_get(&source, "my key", confirm, &p);
	if (tcgetattr(fd, &after) != 0 || (after.c_lflag & ECHO) == 0)
		_exit(201);
	if (err == COT_OK && !cot_slice_is(cot_slice(p.bytes, p.len), want))
		_exit(202);
	cot_passphrase_free(&p);
	_exit(-(int)err);
}

/* Types each line after its question has been shown; what the terminal showed
 * goes to shown.  Returns the child's error. */
static enum cot_err converse(bool confirm, const char *want, const char *const *lines,
                             char *shown, size_t max)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), status;
	size_t len = 0, asked = 0;
	pid_t child;

	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		answer_as_child(ptsname(master), confirm, want);
	for (;;) {
		ssize_t got = read(master, shown + len, max - 1 - len);

		if (got <= 0)
			break;
		len += (size_t)got;
		shown[len] = 0;
		if (len >= 2 && strcmp(shown + len - 2, ": ") == 0 &&
		    lines[asked] != NULL) {
			size_t n = strlen(lines[asked]);

			assert_int_equal(write(master, lines[asked++], n), (ssize_t)n);
		}
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	(void)close(master);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) < 200);
	return (enum cot_err) - WEXITSTATUS(status);
}

static void test_terminal(void **state)
{
	static const struct {
		bool confirm;
		const char *lines[3];
		enum cot_err err;
	} rows[] = {
		{ false, { "sesame\n" }, COT_OK },
		{ true, { "sesame\n", "sesame\n" }, COT_OK },
		{ true, { "sesame\n", "sesam\n" }, COT_E_PASSPHRASE },
		{ true, { "sesame\n", "Sesame\n" }, COT_E_PASSPHRASE },
		{ true, { "\n" }, COT_E_PASSPHRASE },
		{ false, { "\004" }, COT_E_PASSPHRASE },
		{ false, { "ses\003" }, COT_E_PASSPHRASE },
		{ true, { "sesame\n", "\003" }, COT_E_PASSPHRASE }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char shown[512] = "";

		assert_int_equal(converse(rows[i].confirm, "sesame", rows[i].lines, shown,
		                          sizeof(shown)),
		                 rows[i].err);
		assert_non_null(strstr(shown, "Passphrase for my key: "));
		assert_null(strstr(shown, "sesam"));
	}
}

static void test_no_terminal(void **state)
{
	int status;
	pid_t child = fork();

	(void)state;
	assert_true(child >= 0);
	if (child == 0) {
		struct cot_passphrase_source source = { .kind = COT_PASSPHRASE_TTY };
		struct cot_passphrase p = { NULL, 0 };

		(void)setsid();
		_exit(cot_passphrase_get(&source, "key", false, &p) == COT_E_NO_INPUT ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int setup(void **state)
{
	(void)state;
	return cot_crypto_init() == COT_OK ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_several_on_one_descriptor),
		cmocka_unit_test(test_length_bound),
		cmocka_unit_test(test_bad_sources),
		cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_no_terminal)
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
