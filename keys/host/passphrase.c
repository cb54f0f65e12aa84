/* SPDX-License-Identifier: Apache-2.0
 *
 * Passphrases: see passphrase.h.
 *
 * On the terminal echo and signal keys are off while the question stands, so
 * that Ctrl-C arrives as a byte and the terminal is always put back.
 */
#include "keys/host/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define CTRL_C 3

#define NO_CANCEL (-1)

/* Reads bytes up to a line end, one at a time because what follows belongs to
 * somebody else.  COT_E_NO_INPUT if there is not even an empty line,
 * COT_E_PASSPHRASE at the byte cancel. */
static enum cot_err read_line(int fd, int cancel, struct cot_passphrase *p)
{
	bool any = false;

	for (;;) {
		uint8_t c;
		ssize_t got = read(fd, &c, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return COT_E_IO;
		if (got == 0 && !any)
			return COT_E_NO_INPUT;
		if (got == 0 || c == '\n')
			break;
		if (c == cancel)
			return COT_E_PASSPHRASE;
		any = true;
		if (p->len == COT_MAX_PASSPHRASE)
			return COT_E_LIMIT;
		p->bytes[p->len++] = c;
	}
	if (p->len > 0 && p->bytes[p->len - 1] == '\r')
		p->len--;
	return COT_OK;
}

static void say(int tty, const char *text)
{
	/* A question that cannot be shown is answered all the same. */
	if (write(tty, text, strlen(text)) < 0)
		return;
}

static enum cot_err ask_once(int tty, const char *question, const char *what,
                             struct cot_passphrase *p)
{
	struct termios before, quiet;
	enum cot_err err;

	if (tcgetattr(tty, &before) != 0)
		return COT_E_NO_INPUT;
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ISIG);
	quiet.c_cc[VEOL] = CTRL_C; /* so that it arrives without Enter */
	if (tcsetattr(tty, TCSAFLUSH, &quiet) != 0)
		return COT_E_IO;
	say(tty, question);
	say(tty, what);
	say(tty, ": ");
	err = read_line(tty, CTRL_C, p);
	say(tty, "\n");
	(void)tcsetattr(tty, TCSAFLUSH, &before);
	return err == COT_E_NO_INPUT ? COT_E_PASSPHRASE : err;
}

static enum cot_err new_passphrase(struct cot_passphrase *ret)
{
	ret->len = 0;
	ret->bytes = sodium_malloc(COT_MAX_PASSPHRASE);
	return ret->bytes == NULL ? COT_E_MEMORY : COT_OK;
}

static enum cot_err ask_again(int tty, const char *what, const struct cot_passphrase *p)
{
	struct cot_passphrase again = { NULL, 0 };
	enum cot_err err;

	if (p->len == 0)
		return COT_E_PASSPHRASE;
	err = new_passphrase(&again);
	if (err == COT_OK)
		err = ask_once(tty, "The same again for ", what, &again);
	if (err == COT_OK &&
	    (again.len != p->len || sodium_memcmp(again.bytes, p->bytes, p->len) != 0))
		err = COT_E_PASSPHRASE;
	cot_passphrase_free(&again);
	return err;
}

static enum cot_err ask(const char *what, bool confirm, struct cot_passphrase *p)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	enum cot_err err;

	if (tty < 0)
		return COT_E_NO_INPUT;
	err = ask_once(tty, "Passphrase for ", what, p);
	if (err == COT_OK && confirm)
		err = ask_again(tty, what, p);
	(void)close(tty);
	return err;
}

static enum cot_err copy_given(struct cot_slice given, struct cot_passphrase *p)
{
	if (given.len > COT_MAX_PASSPHRASE)
		return COT_E_LIMIT;
	if (given.len > 0)
		memcpy(p->bytes, given.ptr, given.len);
	p->len = given.len;
	return COT_OK;
}

enum cot_err cot_passphrase_get(const struct cot_passphrase_source *source,
                                const char *what, bool confirm,
                                struct cot_passphrase *ret)
{
	enum cot_err err = new_passphrase(ret);

	if (err != COT_OK)
		return err;
	err = COT_E_ARGUMENT;
	switch (source->kind) {
	case COT_PASSPHRASE_TTY:
		err = ask(what, confirm, ret);
		break;
	case COT_PASSPHRASE_FD:
		err = read_line(source->fd, NO_CANCEL, ret);
		break;
	case COT_PASSPHRASE_GIVEN:
		err = copy_given(source->given, ret);
		break;
	}
	if (err == COT_OK && confirm && ret->len == 0)
		err = COT_E_PASSPHRASE;
	if (err != COT_OK)
		cot_passphrase_free(ret);
	return err;
}

void cot_passphrase_free(struct cot_passphrase *p)
{
	sodium_free(p->bytes);
	p->bytes = NULL;
	p->len = 0;
}
