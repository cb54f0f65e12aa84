/* SPDX-License-Identifier: Apache-2.0
 *
 * The steps of one node and of one install: see distribute.h and docs/link.md.
 */
#include "primary/distribute.h"

#include "primary/log.h"

#include <stdio.h>
#include <string.h>

#define LOOK_MS 50u        /* between two looks at a node that restarts */
#define LOOK_P2_MS 500u

static uint64_t ticks(const struct cot_distribute *d)
{
	return d->hand->now_ms(d->hand->ctx);
}

static const char *serial_of(const struct cot_distribute *d, const struct cot_install *in)
{
	return d->store->state.ecus[in->ecu].serial;
}

/* A single short question, for nodes that may be on their way up. */
static enum cot_err look(struct cot_node *n)
{
	struct cot_transport_terms terms = n->client.terms;
	enum cot_err err;

	n->client.terms.attempts = 1;
	n->client.terms.p2_ms = LOOK_P2_MS;
	err = cot_client_node(&n->client, &n->status);
	n->client.terms.attempts = terms.attempts;
	n->client.terms.p2_ms = terms.p2_ms;
	return err;
}

/* ---- programming session ------------------------------------------------------------ */

static enum cot_err await_loader(struct cot_distribute *d, struct cot_node *n)
{
	uint64_t end = ticks(d) + d->config->ecu_wait_s * 1000u;
	enum cot_err err = COT_E_ECU_SILENT;

	while (ticks(d) < end) {
		/* It has just said that it resets: asking at once is asking in vain. */
		cot_client_pause(&n->client, LOOK_MS);
		err = look(n);
		if (err == COT_OK && n->status.mode != COT_MODE_APPLICATION)
			return n->status.mode == COT_MODE_UNPROVISIONED ? COT_E_UNPROVISIONED
			                                                : COT_OK;
	}
	return err == COT_OK ? COT_E_SLOW : COT_E_ECU_SILENT;
}

enum cot_err cot_node_enter(struct cot_distribute *d, struct cot_node *n)
{
	enum cot_err err = cot_client_session(&n->client, COT_UDS_SESSION_PROGRAMMING);

	if (err == COT_OK)
		err = await_loader(d, n);
	n->session = err == COT_OK;
	if (err == COT_OK)
		cot_log(COT_LOG_INFO, "ecu", "programming session link=%s root=%u targets=%u",
		        n->client.uri, n->status.root_version, n->status.targets_version);
	return err;
}

/* ---- metadata ----------------------------------------------------------------------- */

static enum cot_err check_fits(const struct cot_node *n, struct cot_slice document)
{
	if (n->status.document_max > 0 && document.len > n->status.document_max)
		return COT_E_DOCUMENT_SIZE;
	return COT_OK;
}

static enum cot_err send_root(struct cot_distribute *d, struct cot_node *n, uint32_t version)
{
	struct cot_verify_result result;
	struct cot_hand_doc root;
	char name[32];
	enum cot_err err = cot_hand_director_root(d->hand, version, &root);

	if (err == COT_OK)
		err = check_fits(n, root.doc.doc.canon);
	snprintf(name, sizeof(name), "d/%u.root.json", version);
	if (err == COT_OK)
		err = cot_client_document(&n->client, name, root.doc.doc.canon);
	if (err == COT_OK)
		err = cot_client_verify(&n->client, &result);
	if (err == COT_OK && result.root_version < version)
		err = COT_E_ECU_NAK;
	/* A new Root may have voided the Targets that the node had. */
	if (err == COT_OK)
		n->status.targets_version = result.targets_version;
	cot_hand_doc_free(&root);
	cot_log(err == COT_OK ? COT_LOG_INFO : COT_LOG_WARNING, "ecu",
	        "director root sent link=%s version=%u word=%s", n->client.uri, version,
	        cot_err_word(err));
	return err;
}

enum cot_err cot_node_roots(struct cot_distribute *d, struct cot_node *n)
{
	uint32_t ours = d->store->state.trust.repo[0].floor[COT_ROLE_ROOT].version;
	uint32_t version = n->status.root_version;
	uint32_t steps = 0;
	enum cot_err err = COT_OK;

	/* What a node claims must not make us walk for ever; the next round goes on. */
	while (err == COT_OK && version < ours) {
		if (steps++ == COT_MAX_ROOT_STEPS)
			return COT_E_ROOT_WALK;
		err = send_root(d, n, ++version);
	}
	return err;
}

static enum cot_err send_targets(struct cot_distribute *d, struct cot_node *n)
{
	struct cot_slice targets = d->hand->cycle.docs.doc[0][COT_ROLE_TARGETS].canon;
	enum cot_err err = check_fits(n, targets);

	return err == COT_OK ? cot_client_document(&n->client, "d/targets.json", targets) : err;
}

/* With the time alone a node verifies the Targets that it has once more. */
static enum cot_err send_time(struct cot_distribute *d, struct cot_node *n,
                              struct cot_slice time)
{
	uint32_t ours = d->store->state.trust.repo[0].floor[COT_ROLE_TARGETS].version;
	struct cot_verify_result result;
	enum cot_err err = cot_client_document(&n->client, "d/time.json", time);

	if (err == COT_OK)
		err = cot_client_verify(&n->client, &result);
	if (err == COT_OK && result.targets_version < ours)
		err = COT_E_ABSENT;
	return err == COT_OK && !result.fresh_time ? COT_E_NO_TIME : err;
}

enum cot_err cot_node_metadata(struct cot_distribute *d, struct cot_node *n,
                               struct cot_slice time)
{
	uint32_t ours = d->store->state.trust.repo[0].floor[COT_ROLE_TARGETS].version;
	bool current = n->status.targets_version == ours;
	enum cot_err err = COT_OK;

	/* A document that is staged costs the node one of few writes. */
	if (current)
		err = send_time(d, n, time);
	if (!current || err == COT_E_ABSENT) {
		err = send_targets(d, n);
		if (err == COT_OK)
			err = send_time(d, n, time);
	}
	cot_log(err == COT_OK ? COT_LOG_INFO : COT_LOG_WARNING, "ecu",
	        "metadata sent link=%s word=%s", n->client.uri, cot_err_word(err));
	return err;
}

/* ---- one install -------------------------------------------------------------------- */

/* CHECK P33: Targets are unexpired and still order this image, now */
static enum cot_err cot_distribute_check_current(const struct cot_distribute *d,
                                                 const struct cot_install *in)
{
	int64_t now_s = d->now_s + (int64_t)((ticks(d) - d->now_at_ms) / 1000u);

	if (d->orders == NULL || d->now_s == 0)
		return COT_E_NO_TIME;
	return cot_order_check_current(d->orders, cot_slice_str(serial_of(d, in)),
	                               in->order.target.image.hashes.sha256, now_s);
}

struct step {
	struct cot_distribute *d;
	struct cot_install *in;
};

static enum cot_err on_step(void *ctx, uint64_t done, uint64_t total)
{
	struct step *s = ctx;

	if (s->d->progress != NULL)
		s->d->progress(s->d->ctx, serial_of(s->d, s->in), done, total);
	return s->d->idle != NULL ? s->d->idle(s->d->ctx) : COT_OK;
}

static enum cot_err send_image(struct cot_distribute *d, struct cot_install *in, uint32_t from)
{
	struct cot_client *c = &in->node->client;
	struct step step = { d, in };
	const struct cot_client_progress progress = { on_step, &step };
	uint32_t len = (uint32_t)in->order.target.artifact.length;
	struct cot_transport_pace pace;
	enum cot_err err;

	if (from > 0)
		cot_log(COT_LOG_INFO, "ecu", "resumed ecu=%s at=%u of=%u", serial_of(d, in),
		        from, len);
	cot_transport_pace_init(&pace, d->config->ecu_min_rate, d->config->ecu_window_s * 1000u,
	                        c->clock.now_ms(c));
	c->terms.pace = &pace;
	err = cot_client_image(c, in->fd, from, len, &progress);
	c->terms.pace = NULL;
	return err;
}

/* All bytes are there, but the client before us may have died before it asked
 * for the verdict: then a transfer of nothing asks for it. */
static enum cot_err finish_staging(struct cot_distribute *d, struct cot_install *in)
{
	struct cot_component_status status;
	enum cot_err err = cot_client_component(&in->node->client, serial_of(d, in), &status);

	if (err == COT_OK && status.state == COT_STATE_STAGING)
		err = send_image(d, in, (uint32_t)in->order.target.artifact.length);
	return err;
}

static enum cot_err stage(struct cot_distribute *d, struct cot_install *in)
{
	const struct cot_artifact *artifact = &in->order.target.artifact;
	struct cot_stage_result result;
	enum cot_err err = cot_distribute_check_current(d, in);

	if (err == COT_OK && artifact->length > UINT32_MAX)
		err = COT_E_SLOT_SIZE;
	if (err == COT_OK)
		err = cot_client_stage(&in->node->client, serial_of(d, in), &result);
	if (err == COT_OK && (result.length != artifact->length || result.next > result.length))
		err = COT_E_LENGTH_MISMATCH;
	if (err != COT_OK)
		return err;
	return result.next < result.length ? send_image(d, in, result.next)
	                                   : finish_staging(d, in);
}

enum cot_err cot_install_stage(struct cot_distribute *d, struct cot_install *in)
{
	enum cot_err err = stage(d, in);

	in->staged = err == COT_OK;
	cot_log(err == COT_OK ? COT_LOG_INFO : COT_LOG_WARNING, "ecu",
	        "%s ecu=%s target=%.*s word=%s", err == COT_OK ? "staged" : "not staged",
	        serial_of(d, in), COT_LOG_SLICE(in->order.target.name), cot_err_word(err));
	return err;
}

enum cot_err cot_install_activate(struct cot_distribute *d, struct cot_install *in)
{
	enum cot_err err = cot_distribute_check_current(d, in);

	if (err == COT_OK)
		err = cot_client_activate(&in->node->client, serial_of(d, in));
	in->activated = err == COT_OK;
	cot_log(err == COT_OK ? COT_LOG_INFO : COT_LOG_WARNING, "ecu", "%s ecu=%s word=%s",
	        err == COT_OK ? "activated" : "not activated", serial_of(d, in),
	        cot_err_word(err));
	return err;
}

/* COT_PENDING: neither confirmed nor given up yet. */
static enum cot_err look_at_trial(struct cot_distribute *d, struct cot_install *in)
{
	struct cot_component_status status;
	const uint8_t *want = in->order.target.image.hashes.sha256;
	enum cot_err err = look(in->node);

	if (err == COT_OK)
		err = cot_client_component(&in->node->client, serial_of(d, in), &status);
	if (err != COT_OK)
		return COT_PENDING;
	if (status.state == COT_STATE_REVERTED)
		return status.last < COT_OK ? status.last : COT_E_REVERTED;
	if (status.state == COT_STATE_IDLE &&
	    memcmp(status.image_sha256, want, COT_SHA256_LEN) == 0)
		return COT_OK;
	return COT_PENDING;
}

enum cot_err cot_install_wait(struct cot_distribute *d, struct cot_install *in)
{
	uint64_t end = ticks(d) + d->config->ecu_wait_s * 1000u;
	enum cot_err err = COT_PENDING;

	while (err == COT_PENDING && ticks(d) < end) {
		cot_client_pause(&in->node->client, LOOK_MS);
		err = look_at_trial(d, in);
	}
	if (err == COT_PENDING)
		err = look(in->node) == COT_OK ? COT_E_SLOW : COT_E_ECU_SILENT;
	cot_log(err == COT_OK ? COT_LOG_INFO : COT_LOG_WARNING, "ecu", "%s ecu=%s word=%s",
	        err == COT_OK ? "confirmed" : "not confirmed", serial_of(d, in),
	        cot_err_word(err));
	return err;
}
