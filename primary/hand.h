/* SPDX-License-Identifier: Apache-2.0
 *
 * The hand that feeds the update cycle on a gateway: documents by HTTP, signed
 * time by POST, commits into the store.
 *
 *   cot_store_load(store)          what is trusted now
 *   cot_hand_run(&hand)            one cycle, to its verdict
 *   cot_cycle_verdict(&hand.cycle), cot_cycle_orders(&hand.cycle, ..)
 *   cot_hand_release(&hand)        the documents go
 *
 * It judges nothing.  A document that cannot be brought into canonical form is
 * handed over as a failure with that word.
 */
#ifndef COTTER_PRIMARY_HAND_H
#define COTTER_PRIMARY_HAND_H

#include "primary/config.h"
#include "primary/fetch.h"
#include "primary/store.h"

/* A document as it came. */
struct cot_hand_doc {
	struct cot_bytes wire;
	struct cot_doc_owned doc;
};

struct cot_hand {
	const struct cot_config *config;
	const struct cot_crypto *crypto;
	struct cot_fetch *fetch;
	struct cot_store *store;
	uint64_t (*now_ms)(void *ctx);  /* own ticks */
	enum cot_err (*random)(void *ctx, uint8_t *ret, size_t len);
	void *ctx;

	/* Private from here on. */
	struct cot_cycle cycle;
	struct cot_cycle_config cycle_config;
	struct cot_trust aside;
	struct cot_cycle_repo repos[COT_MAX_REPOS];
	struct cot_ecu ecus[COT_STATE_ECUS];
	struct cot_held held;
	struct cot_nonce nonce;
	/* The last two of each: a Root is judged by the one before it. */
	struct cot_hand_doc given[COT_MAX_REPOS][COT_ROLE_COUNT][2];
	uint8_t newest[COT_MAX_REPOS][COT_ROLE_COUNT];
	struct cot_hand_doc time;
};

/* Runs one cycle to its verdict. */
void cot_hand_run(struct cot_hand *h);
void cot_hand_release(struct cot_hand *h);

/* Asks the time source for one message over count nonces; ret as served, free
 * with cot_bytes_free.  Errors of fetch.h. */
COT_MUST_CHECK enum cot_err cot_hand_ask_time(struct cot_hand *h,
                                              uint8_t (*nonces)[COT_NONCE_LEN], size_t count,
                                              struct cot_bytes *ret);

/* The trusted Director Root of that version in canonical form, for an ECU that
 * lags behind: from the store, else from the Director, unverified then (the ECU
 * verifies it).  COT_E_ABSENT and the errors of fetch.h.  Free ret with
 * cot_hand_doc_free. */
COT_MUST_CHECK enum cot_err cot_hand_director_root(struct cot_hand *h, uint32_t version,
                                                   struct cot_hand_doc *ret);
void cot_hand_doc_free(struct cot_hand_doc *d);

#endif
