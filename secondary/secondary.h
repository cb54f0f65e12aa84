/* SPDX-License-Identifier: Apache-2.0
 *
 * A secondary: one node that verifies for itself what it installs.
 *
 * The whole library lives in the boot loader.  A loader's main is this:
 *
 *	static struct cot_sec node;              all memory there is
 *
 *	err = cot_sec_init(&node, &port, now_ms);      identity, state
 *	if (!entered for programming) {
 *		cot_sec_boot(&node, &boot);              which image
 *		if (boot.image) jump by cot_boot_accepted, handing over boot.handed
 *	}
 *	cot_sec_enter_loader(&node, programming, now_ms);
 *	for (;;) {
 *		if (cot_link_poll(link, now_ms, &request) == COT_OK)
 *			cot_sec_request(&node, request, now_ms);
 *		cot_sec_poll(&node, now_ms);
 *		if (cot_sec_response(&node, &response))
 *			cot_link_send(link, response, now_ms);
 *		else if (!cot_link_sending(link) && cot_sec_reset(&node) != COT_RESET_NONE)
 *			reset
 *	}
 *
 * The same server answers for a running application, with fewer services, when
 * the loop runs with cot_sec_enter_application: behind supervisor calls on a
 * protected part, in the same process on a host.
 *
 * Nothing blocks: a call does at most one page erase, one KiB of hashing or one
 * signature check; cot_sec_boot alone runs to its end, feeding the watchdog.
 * One thread only.  The caller owns the node, 5.5 KB on a 32-bit part when
 * built for one repository (keys/limits.h), 7 KB when built for two, and all
 * that the port points to.  A request need not outlive the call that it is given
 * to.
 *
 * Source: Uptane 5.4.3 (what a Secondary does), 5.4.4.1 (partial verification),
 * ISO 14229-1 for the services.  docs/link.md has the bytes and docs/records.md
 * what is kept in flash.
 */
#ifndef COTTER_SECONDARY_SECONDARY_H
#define COTTER_SECONDARY_SECONDARY_H

#include "metadata/cycle.h"
#include "secondary/boot/boot.h"
#include "secondary/documents.h"
#include "secondary/link/status.h"
#include "secondary/port.h"
#include "secondary/writer.h"

#define COT_SEC_P2_MS 50u          /* told to the tester at session control */
#define COT_SEC_P2_STAR_MS 5000u
#define COT_SEC_PENDING_FIRST_MS 25u  /* first 7F xx 78 of a long job */
#define COT_SEC_PENDING_MS 2000u      /* and every further one */
#define COT_SEC_S3_MS 5000u        /* session ends without a request */
#define COT_SEC_STAGED_S3_MS 300000u /* the same once something was accepted */
#define COT_SEC_FRESH_MS 86400000u /* signed time is carried on by ticks so long */
#define COT_SEC_TRIAL_MS 60000u    /* an image on trial is not reset by the bus */
#define COT_SEC_NONCE_REPEAT_MS 30000u
#define COT_SEC_BUDGET_MS 43200000u /* one staging comes back per 12 h of power */
#define COT_SEC_HOUR_MS 3600000u   /* counted over resets in whole hours */
#define COT_SEC_REPORTS 32u        /* report counters reserved at once */
#define COT_SEC_FINGERPRINT 32u

/* ---- parts; their members are the library's own ------------------------------- */

/* The one time the node believes, carried on by its own ticks. */
struct cot_sec_clock {
	struct cot_nonce nonce;
	bool fresh;
	int64_t now_s;   /* at at_ms */
	uint64_t at_ms;
};

/* Verification of what is staged: one cycle at a time. */
struct cot_sec_update {
	union {
		struct cot_cycle cycle;
		struct cot_sec_state next; /* while none runs: cot_sec_change */
	};
	struct cot_cycle_config config;
	struct cot_cycle_repo repo;
	struct cot_ecu ecu[COT_SEC_COMPONENTS];
	bool running;
	bool given[COT_SEC_STAGED]; /* handed to this cycle */
	bool root_stepped;
	bool asked;                 /* something was staged since the last outcome */
	uint64_t time_ms;           /* when the time message was handed over */
	enum cot_err outcome;       /* of the last cycle */
};

/* What runs between stage and transfer exit. */
struct cot_sec_install {
	struct cot_writer writer;
	bool open;                 /* a stage was accepted and not finished */
	bool sha512;               /* the order lists it too */
	uint8_t expected_sha512[COT_SHA512_LEN];
	uint8_t step;              /* of the exit check */
	enum cot_err last[COT_SEC_COMPONENTS];
};

enum cot_sec_job {
	COT_JOB_NONE = 0,
	COT_JOB_ERASE_DOC,  /* 38 */
	COT_JOB_VERIFY,     /* 31 FD10 */
	COT_JOB_ERASE_SLOT, /* 31 FD11 */
	COT_JOB_EXIT        /* 37 of an image */
};

enum cot_sec_transfer {
	COT_TRANSFER_NONE = 0,
	COT_TRANSFER_DOC,
	COT_TRANSFER_IMAGE
};

enum cot_reset {
	COT_RESET_NONE = 0,
	COT_RESET_BOOT,     /* an ordinary reset */
	COT_RESET_TO_LOADER /* a reset that enters the programming session */
};

struct cot_sec_server {
	struct cot_uds_request request; /* the one whose job runs */
	enum cot_sec_job job;
	enum cot_sec_transfer transfer;
	uint8_t counter;      /* block counter of the block taken last */
	bool blocks;          /* at least one block was taken */
	uint8_t session;
	bool promised;        /* a 7F xx 78 was sent: the answer must come */
	bool told;            /* and no step was done since */
	bool accepted;        /* a staging was accepted in this session */
	uint64_t pending_ms;  /* when the next 7F xx 78 is due */
	uint64_t heard_ms;
	size_t len;           /* bytes of the response that waits, 0: none */
	enum cot_reset reset;
	uint8_t fingerprint[COT_SEC_FINGERPRINT];
	uint8_t fingerprint_len;
};

struct cot_sec {
	const struct cot_port *port;
	enum cot_node_mode mode;
	enum cot_err last;         /* last refusal since reset */
	uint8_t running;           /* slot whose image runs; COT_SEC_SLOTS: none */
	uint64_t now_ms;           /* of the call that is running */
	uint64_t started_ms;
	uint64_t budget_ms;        /* since when the next hour is earned */
	uint64_t report_next;
	struct cot_identity id;
	struct cot_sec_store store;
	struct cot_documents docs;
	struct cot_sec_clock clock;
	struct cot_sec_update update;
	struct cot_sec_install install;
	struct cot_sec_server server;
};

/* ---- life ----------------------------------------------------------------------- */

/* Reads identity and state.  COT_OK also when the state was lost: then it is made
 * anew from the provisioning record, and no slot holds anything.
 * COT_E_UNPROVISIONED: the node answers status requests and does nothing else. */
COT_MUST_CHECK enum cot_err cot_sec_init(struct cot_sec *node, const struct cot_port *port,
                                         uint64_t now_ms);

/* Which image to run; see boot.h.  An error that passes does not keep the node in its
 * loader: when nothing boots and something might, all is tried once more.  ret is filled
 * in always; the caller has zeroed it nevertheless, and jumps only by what
 * cot_boot_accepted says of it. */
COT_MUST_CHECK enum cot_err cot_sec_boot(struct cot_sec *node, struct cot_boot *ret);

/* The loader stays: for a programming session, or because nothing boots. */
void cot_sec_enter_loader(struct cot_sec *node, bool programming, uint64_t now_ms);
/* The image of that slot runs; the server answers what an application may. */
void cot_sec_enter_application(struct cot_sec *node, uint8_t slot, uint64_t now_ms);

/* ---- the server ------------------------------------------------------------------- */

/* One request.  What it leads to comes out of cot_sec_response, now or after some
 * cot_sec_poll.  While a job runs every request is answered by busy. */
void cot_sec_request(struct cot_sec *node, struct cot_slice pdu, uint64_t now_ms);

/* One step of the running job, and the timers.  Call it all the time while
 * cot_sec_busy, and once a second otherwise. */
void cot_sec_poll(struct cot_sec *node, uint64_t now_ms);
bool cot_sec_busy(const struct cot_sec *node);

/* Takes the response that waits, if any.  Its bytes live until the next call on
 * this node. */
bool cot_sec_response(struct cot_sec *node, struct cot_slice *ret);

/* What the port shall do once the last response has left. */
enum cot_reset cot_sec_reset(const struct cot_sec *node);

/* ---- for programs and tests ------------------------------------------------------- */

bool cot_sec_time_fresh(const struct cot_sec *node);
/* Valid only if fresh. */
int64_t cot_sec_time(const struct cot_sec *node);
/* The trusted Targets; COT_E_NO_ORDER if there are none. */
COT_MUST_CHECK enum cot_err cot_sec_orders(struct cot_sec *node, struct cot_targets *ret);

#endif
