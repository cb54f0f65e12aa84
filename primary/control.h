/* SPDX-License-Identifier: Apache-2.0
 *
 * The control socket: a local stream socket on which root, or the user that
 * the daemon runs as, may ask.  One line of JSON is a question, one line the
 * answer, then the connection ends:
 *
 *   {"command":"status"}   ->  the tree of status.h
 *   anything else          ->  {"error":{"hint","sentence","word"}}
 *
 * A client can neither keep the daemon waiting for more than a fraction of a
 * second nor send it more than a short line.
 */
#ifndef COTTER_PRIMARY_CONTROL_H
#define COTTER_PRIMARY_CONTROL_H

#include "keys/error.h"

#include <jansson.h>
#include <sys/types.h>

struct cot_control {
	int fd;                   /* -1: no socket */
	char path[108];
	/* Answers a command; a new reference. */
	json_t *(*answer)(void *ctx, const char *command);
	void *ctx;
};

/* Makes the socket (mode 0600) in place of a stale one.  COT_E_BUSY: another
 * daemon listens there; COT_E_CONFIG: the path is too long; COT_E_PERMISSION,
 * COT_E_NO_INPUT (folder), COT_E_IO. */
COT_MUST_CHECK enum cot_err cot_control_open(struct cot_control *c, const char *path);
void cot_control_close(struct cot_control *c);

/* Waits up to wait_ms for a client and serves it.  Returns early on a signal. */
void cot_control_poll(struct cot_control *c, int wait_ms);

/* COT_E_PERMISSION unless peer is root or own. */
COT_MUST_CHECK enum cot_err cot_control_check_uid(uid_t peer, uid_t own);

/* The other end: asks and reads the answer; a new reference.  COT_E_UNREACHABLE:
 * nobody listens there. COT_E_PERMISSION, COT_E_MALFORMED, COT_E_IO. */
COT_MUST_CHECK enum cot_err cot_control_ask(const char *path, const char *command,
                                            json_t **ret);

#endif
