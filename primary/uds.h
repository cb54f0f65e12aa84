/* SPDX-License-Identifier: Apache-2.0
 *
 * The UDS client: each step of the conversation in docs/link.md as one call.
 *
 * Every call is one or more requests with their responses, each bounded by the
 * terms (P2, budget, attempts, minimum rate).  A step that the node ran and
 * refused gives the node's own error; a negative response gives the error that
 * its status record names, or the nearest one.  What a node says is believed
 * for planning only: nothing counts as installed without a signed report.
 */
#ifndef COTTER_PRIMARY_UDS_H
#define COTTER_PRIMARY_UDS_H

#include "secondary/link/host/transport.h"
#include "secondary/link/status.h"

struct cot_client {
	const char *uri;
	struct cot_link *link;   /* NULL while it cannot be opened */
	struct cot_transport_terms terms;
	struct cot_transport_note note;
	uint64_t asked_ms;       /* when the last exchange ended */
	/* Called several times a second while waiting; may be NULL. */
	void (*idle)(void *ctx);
	void *idle_ctx;
	struct cot_transport_clock base, clock;
	uint8_t nrc;             /* of the last negative response */
	uint8_t request[COT_UDS_MAX];
	uint8_t answer[COT_UDS_MAX];
};

/* Told after each block.  May end a transfer by an error. */
struct cot_client_progress {
	enum cot_err (*step)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
};

/* uri must live until close; terms.clock too.  Errors of cot_transport_open;
 * the client may be used again after an error, every call tries to open. */
COT_MUST_CHECK enum cot_err cot_client_open(struct cot_client *c, const char *uri,
                                            const struct cot_transport_terms *terms);
void cot_client_close(struct cot_client *c);

/* Lets ms milliseconds pass. */
void cot_client_pause(struct cot_client *c, uint32_t ms);

COT_MUST_CHECK enum cot_err cot_client_node(struct cot_client *c, struct cot_node_status *ret);
COT_MUST_CHECK enum cot_err cot_client_component(struct cot_client *c, const char *ecu,
                                                 struct cot_component_status *ret);
/* The sealed report, valid until the next call. */
COT_MUST_CHECK enum cot_err cot_client_report(struct cot_client *c, const char *ecu,
                                              struct cot_slice *ret);
COT_MUST_CHECK enum cot_err cot_client_session(struct cot_client *c, uint8_t session);
COT_MUST_CHECK enum cot_err cot_client_reset(struct cot_client *c);
/* 3E 80, which nobody answers: keeps a session alive. */
void cot_client_present(struct cot_client *c);
COT_MUST_CHECK enum cot_err cot_client_nonce(struct cot_client *c,
                                             uint8_t ret[COT_NONCE_LEN]);

/* Sends one document: "d/7.root.json". */
COT_MUST_CHECK enum cot_err cot_client_document(struct cot_client *c, const char *name,
                                                struct cot_slice bytes);
/* Verify what was sent; the node's refusal is the result. */
COT_MUST_CHECK enum cot_err cot_client_verify(struct cot_client *c,
                                              struct cot_verify_result *ret);
COT_MUST_CHECK enum cot_err cot_client_stage(struct cot_client *c, const char *ecu,
                                             struct cot_stage_result *ret);
/* Sends bytes offset.. of file fd up to len. */
COT_MUST_CHECK enum cot_err cot_client_image(struct cot_client *c, int fd, uint32_t offset,
                                             uint32_t len,
                                             const struct cot_client_progress *progress);
COT_MUST_CHECK enum cot_err cot_client_activate(struct cot_client *c, const char *ecu);

#endif
