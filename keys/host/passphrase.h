/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a passphrase comes from: a file descriptor or the terminal.
 *
 * Never the command line, which every user of the machine can read, and never
 * the environment, which child processes inherit.  The bytes live in locked,
 * guarded memory (sodium_malloc) and are wiped when freed.
 */
#ifndef COTTER_KEYS_HOST_PASSPHRASE_H
#define COTTER_KEYS_HOST_PASSPHRASE_H

#include "keys/error.h"
#include "keys/slice.h"

/* A line longer than this is refused rather than cut. */
#define COT_MAX_PASSPHRASE 1024u

enum cot_passphrase_kind {
	COT_PASSPHRASE_TTY = 0,   /* ask on /dev/tty without echo */
	COT_PASSPHRASE_FD = 1,    /* one line from fd; its end may be EOF */
	COT_PASSPHRASE_GIVEN = 2  /* the caller has it already (tests, demos) */
};

struct cot_passphrase_source {
	enum cot_passphrase_kind kind;
	int fd;                  /* kind FD; stays open, belongs to the caller */
	struct cot_slice given;  /* kind GIVEN */
};

/* All zero before the first get.  len bytes at bytes, no final zero. */
struct cot_passphrase {
	uint8_t *bytes;
	size_t len;
};

/* Fetches one passphrase.  what names the key in the question ("Passphrase
 * for WHAT: "); with confirm it is asked for twice on a terminal and may not
 * be empty there.  From a descriptor exactly one line is taken and nothing
 * behind it, so several passphrases can follow each other on one descriptor;
 * the line end (LF or CR LF) does not belong to it.
 * COT_E_NO_INPUT: no terminal, or nothing left to read.  COT_E_PASSPHRASE:
 * cancelled (Ctrl-C, Ctrl-D), empty with confirm, or the two did not agree.
 * COT_E_LIMIT: too long.
 * COT_E_IO, COT_E_MEMORY.  On failure *ret stays empty. */
COT_MUST_CHECK enum cot_err cot_passphrase_get(const struct cot_passphrase_source *source,
                                               const char *what, bool confirm,
                                               struct cot_passphrase *ret);

/* Wipes and frees; harmless on an empty one. */
void cot_passphrase_free(struct cot_passphrase *p);

#endif
