/* SPDX-License-Identifier: Apache-2.0
 *
 * The daemon around its rounds: everything opened in the right order, the
 * control socket answered while a round waits, the pauses in between, and an
 * orderly end on SIGTERM and SIGINT.
 */
#ifndef COTTER_PRIMARY_DAEMON_H
#define COTTER_PRIMARY_DAEMON_H

#include "primary/control.h"
#include "primary/round.h"

struct cot_daemon {
	struct cot_config config;
	struct cot_store store;
	struct cot_fetch *fetch;
	struct cot_signer *signer;
	struct cot_control control;
	struct cot_progress progress;
	struct cot_round round;
	const char *activity;
	const char *doing;      /* for the message, should opening fail */
};

/* Opens store (from the provisioning record at the first start), key, network
 * and, with control, the control socket.  On an error d->doing says at what;
 * close it all the same. */
COT_MUST_CHECK enum cot_err cot_daemon_open(struct cot_daemon *d, bool control);
void cot_daemon_close(struct cot_daemon *d);

/* One round. */
COT_MUST_CHECK enum cot_err cot_daemon_once(struct cot_daemon *d);

/* Rounds until a signal ends it; an error of a round is not one of the daemon. */
void cot_daemon_run(struct cot_daemon *d);

/* The outcome of the last round in words: a line on stdout, or the error with
 * its hint on stderr. */
void cot_daemon_tell(const struct cot_daemon *d);

/* Exit status for --once: done, nothing to do, or the error's. */
int cot_daemon_exit(const struct cot_daemon *d);

#endif
