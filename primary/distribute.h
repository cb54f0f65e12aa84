/* SPDX-License-Identifier: Apache-2.0
 *
 * From verified images to running ECUs.
 *
 *   cot_distribute_open     nodes by their links (several ECUs may share one)
 *   cot_distribute_poll     status and signed report of every ECU
 *   cot_distribute_add      an ordered image that is downloaded and verified
 *   cot_distribute_lagging  nodes that our metadata has not reached yet
 *   cot_distribute_run      metadata, time, staging, activation, trial, reports
 *   cot_distribute_close
 *
 * What is still to be installed is computed anew each time, from trusted Targets
 * and verified reports.  Nothing is activated unless everything is staged.  An
 * ECU that is silent or refuses costs only its own budget: the others are still
 * asked, still report, and keep their sessions while one of them is slow.
 */
#ifndef COTTER_PRIMARY_DISTRIBUTE_H
#define COTTER_PRIMARY_DISTRIBUTE_H

#include "primary/hand.h"
#include "primary/reports.h"
#include "primary/uds.h"

/* One link with the ECUs behind it. */
struct cot_node {
	struct cot_client client;
	struct cot_node_status status;
	enum cot_err err;      /* why it is out of this round */
	bool session;          /* programming session entered by us */
	bool busy;             /* has something to install, or lags behind */
	enum cot_err served;   /* what came of bringing it our metadata */
	uint8_t nonce[COT_NONCE_LEN];
};

/* One ordered image for one ECU. */
struct cot_install {
	size_t ecu;            /* row of the inventory */
	struct cot_node *node; /* NULL: no link to it */
	struct cot_order order;
	int fd;                /* verified image, owned */
	enum cot_err err;
	bool staged, activated;
};

struct cot_distribute {
	const struct cot_config *config;
	struct cot_store *store;
	struct cot_hand *hand;
	const struct cot_transport_clock *clock; /* of links; NULL: the real one */
	/* The trusted Director Targets; NULL: none. */
	const struct cot_targets *orders;
	int64_t now_s;         /* verified time */
	uint64_t now_at_ms;    /* own ticks when it was that */
	/* Called while waiting; an error ends a transfer.  May be NULL. */
	enum cot_err (*idle)(void *ctx);
	/* How far an ECU's image has got; may be NULL. */
	void (*progress)(void *ctx, const char *ecu, uint64_t done, uint64_t total);
	void *ctx;

	/* Private from here on. */
	struct cot_node *nodes;
	size_t node_count;
	struct cot_node *node_of[COT_STATE_ECUS];
	enum cot_err ecu_err[COT_STATE_ECUS]; /* last refusal met with each ECU */
	struct cot_install installs[COT_STATE_ECUS];
	size_t install_count;
	bool idling;
};

/* COT_E_MEMORY; an ECU whose link does not open is only out of this round. */
COT_MUST_CHECK enum cot_err cot_distribute_open(struct cot_distribute *d);
void cot_distribute_close(struct cot_distribute *d);

/* Asks every ECU and saves what is new.  Errors of single ECUs stand in
 * ecu_err; the result is that of saving. */
COT_MUST_CHECK enum cot_err cot_distribute_poll(struct cot_distribute *d);

/* fd belongs to d from now on. */
void cot_distribute_add(struct cot_distribute *d, size_t ecu, const struct cot_order *order,
                        int fd);

/* Marks the nodes whose Director Root or Targets are older than ours, so that
 * cot_distribute_run serves them too, and says whether there are any.  After
 * cot_distribute_poll.  Withdrawals and rotations reach ECUs in this way that have
 * nothing to install. */
bool cot_distribute_lagging(struct cot_distribute *d);

/* COT_OK: every ECU added runs what it was ordered, by its own signed report.
 * Otherwise the first error; COT_E_UNSUPPORTED if only the Director can verify
 * the report.  What went wrong with nodes that only lag stands in ecu_err alone. */
COT_MUST_CHECK enum cot_err cot_distribute_run(struct cot_distribute *d);

/* ---- steps of one node, used by cot_distribute_run (install.c) ---------------------- */

COT_MUST_CHECK enum cot_err cot_node_enter(struct cot_distribute *d, struct cot_node *n);
COT_MUST_CHECK enum cot_err cot_node_roots(struct cot_distribute *d, struct cot_node *n);
COT_MUST_CHECK enum cot_err cot_node_metadata(struct cot_distribute *d, struct cot_node *n,
                                              struct cot_slice time);
COT_MUST_CHECK enum cot_err cot_install_stage(struct cot_distribute *d, struct cot_install *in);
COT_MUST_CHECK enum cot_err cot_install_activate(struct cot_distribute *d,
                                                 struct cot_install *in);
COT_MUST_CHECK enum cot_err cot_install_wait(struct cot_distribute *d, struct cot_install *in);

#endif
