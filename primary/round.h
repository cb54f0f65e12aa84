/* SPDX-License-Identifier: Apache-2.0
 *
 * One round of the daemon, from asking every ECU what it runs to the manifest:
 *
 *   reports of all ECUs; the update cycle (full verification of both
 *   repositories); images of what is ordered and not installed; distribution;
 *   reports again; the vehicle version manifest.
 *
 * Whatever goes wrong ends the round with one error, the first that matters;
 * reports are still gathered and the manifest is still written.
 */
#ifndef COTTER_PRIMARY_ROUND_H
#define COTTER_PRIMARY_ROUND_H

#include "primary/distribute.h"
#include "primary/images.h"
#include "primary/manifest.h"
#include "primary/outcome.h"
#include "primary/progress.h"

struct cot_round {
	const struct cot_config *config;
	const struct cot_crypto *crypto;
	const struct cot_fs *fs;
	struct cot_store *store;
	struct cot_fetch *fetch;
	const struct cot_signer *signer;
	struct cot_progress *progress;
	const struct cot_transport_clock *clock; /* of links; NULL: the real one */
	uint64_t (*now_ms)(void *ctx);
	enum cot_err (*random)(void *ctx, uint8_t *ret, size_t len);
	/* Called while waiting; an error ends the round.  May be NULL. */
	enum cot_err (*idle)(void *ctx);
	/* Told what is being done, in one word; may be NULL. */
	void (*activity)(void *ctx, const char *word);
	void *ctx;
	struct cot_outcome outcome; /* of the last round */
};

/* Runs one round; the result also stands in outcome.err.  outcome.installed
 * and outcome.updated say whether anything changed. */
COT_MUST_CHECK enum cot_err cot_round_run(struct cot_round *r);

/* COT_E_NOT_IN_IMAGE unless this cycle found every order in all repositories:
 * without that no image moves, whatever else went well. */
COT_MUST_CHECK enum cot_err cot_round_check_agreed(const struct cot_verdict *v);

#endif
