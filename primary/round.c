/* SPDX-License-Identifier: Apache-2.0
 *
 * One round of the daemon: see round.h.
 */
#include "primary/round.h"

#include "keys/encode.h"
#include "primary/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Everything a round needs; too large for the stack. */
struct work {
	struct cot_round *round;
	struct cot_hand hand;
	struct cot_distribute d;
	struct cot_images images;
	struct cot_targets orders;
	char keep[COT_STATE_ECUS][COT_STATE_HEX]; /* images that are still wanted */
	size_t keep_count;
	char what[COT_MAX_ID + 16];
};

static void set_activity(const struct cot_round *r, const char *word)
{
	if (r->activity != NULL)
		r->activity(r->ctx, word);
}

static void on_download(void *ctx, uint64_t done, uint64_t total)
{
	struct work *w = ctx;

	cot_progress_show(w->round->progress, w->what, done, total);
}

static void on_transfer(void *ctx, const char *ecu, uint64_t done, uint64_t total)
{
	struct work *w = ctx;

	snprintf(w->what, sizeof(w->what), "install %s", ecu);
	cot_progress_show(w->round->progress, w->what, done, total);
}

static enum cot_err on_idle(void *ctx)
{
	struct work *w = ctx;

	return w->round->idle != NULL ? w->round->idle(w->round->ctx) : COT_OK;
}

static void set_up(struct work *w, struct cot_round *r)
{
	w->round = r;
	w->hand.config = w->d.config = r->config;
	w->hand.crypto = w->images.crypto = r->crypto;
	w->hand.store = w->d.store = r->store;
	w->hand.fetch = w->images.fetch = r->fetch;
	w->hand.now_ms = r->now_ms;
	w->hand.random = r->random;
	w->hand.ctx = r->ctx;
	w->d.hand = &w->hand;
	w->d.clock = r->clock;
	w->d.progress = on_transfer;
	w->d.idle = on_idle;
	w->d.ctx = w;
	w->images.fs = r->fs;
	w->images.base = r->config->targets_url;
	w->images.max = r->config->max_image;
	w->images.progress = on_download;
	w->images.ctx = w;
	w->images.dir = -1;
}

/* The Director Targets that are trusted before this round: what images are
 * called and counted that ECUs report. */
static void use_held_orders(struct work *w)
{
	struct cot_slice canon = w->round->store->doc[0][COT_ROLE_TARGETS].doc.canon;
	struct cot_envelope env;

	if (canon.len > 0 && cot_envelope_split(canon, &env) == COT_OK &&
	    cot_targets_parse(env.body, &cot_policy_uptane, &w->orders) == COT_OK)
		w->d.orders = &w->orders;
}

static enum cot_err ask_ecus(struct work *w)
{
	enum cot_err err = cot_store_load(w->round->store);

	if (err == COT_OK)
		err = cot_distribute_open(&w->d);
	if (err != COT_OK)
		return err;
	set_activity(w->round, "reporting");
	use_held_orders(w);
	err = cot_distribute_poll(&w->d);
	w->d.orders = NULL;
	return err;
}

static enum cot_err verify(struct work *w)
{
	struct cot_outcome *o = &w->round->outcome;
	const struct cot_verdict *v;

	set_activity(w->round, "checking");
	cot_hand_run(&w->hand);
	v = cot_cycle_verdict(&w->hand.cycle);
	o->repo = v->repo;
	o->role = v->role;
	o->updated = v->updated;
	o->time_s = v->now_s;
	w->d.now_s = v->now_s;
	w->d.now_at_ms = w->round->now_ms(w->round->ctx);
	cot_log(v->err == COT_OK ? COT_LOG_INFO : COT_LOG_WARNING, "cycle",
	        "verdict word=%s updated=%s agreed=%s", cot_err_word(v->err),
	        v->updated ? "yes" : "no", v->agreed ? "yes" : "no");
	if (v->err == COT_OK)
		o->repo = COT_MAX_REPOS;
	return v->err;
}

/* CHECK F11.images: no image moves unless both repositories agreed this cycle */
enum cot_err cot_round_check_agreed(const struct cot_verdict *v)
{
	return v->err == COT_OK && v->agreed ? COT_OK : COT_E_NOT_IN_IMAGE;
}

/* Downloads one ordered image and hands it on. */
static enum cot_err fetch_image(struct work *w, size_t ecu, const struct cot_order *order)
{
	const struct cot_artifact *artifact = &order->target.artifact;
	enum cot_err err = COT_OK;
	int fd = -1;

	if (w->images.dir < 0)
		err = cot_images_open(&w->images, w->round->store->dir);
	snprintf(w->what, sizeof(w->what), "download for %s",
	         w->round->store->state.ecus[ecu].serial);
	if (err == COT_OK)
		err = cot_images_get(&w->images, artifact, &fd);
	cot_log(err == COT_OK ? COT_LOG_INFO : COT_LOG_WARNING, "images",
	        "%s target=%.*s bytes=%llu word=%s", err == COT_OK ? "verified" : "not there",
	        COT_LOG_SLICE(artifact->name), (unsigned long long)artifact->length,
	        cot_err_word(err));
	if (err == COT_OK)
		cot_distribute_add(&w->d, ecu, order, fd);
	else
		w->d.ecu_err[ecu] = err;
	return err;
}

static void want_image(struct work *w, const struct cot_order *order)
{
	char *hex = w->keep[w->keep_count++];

	cot_hex_encode(cot_slice(order->target.artifact.hashes.sha256, COT_SHA256_LEN), hex);
	hex[COT_STATE_HEX - 1] = '\0';
}

/* What this order needs, if it is not installed: one error per ECU, and the
 * first of all is the round's. */
static enum cot_err take_order(struct work *w, const struct cot_order *order)
{
	struct cot_state *state = &w->round->store->state;
	struct cot_inventory *row = cot_state_ecu(state, order->ecu);
	size_t ecu;

	if (row == NULL)
		return COT_E_ECU_UNKNOWN;
	ecu = (size_t)(row - state->ecus);
	if (cot_order_installed(order, &w->hand.ecus[ecu]))
		return COT_OK;
	want_image(w, order);
	if (cot_slice_eq(order->ecu, w->round->store->provision.primary_serial)) {
		cot_log(COT_LOG_WARNING, "ecu", "an image for the gateway itself cannot be installed");
		w->d.ecu_err[ecu] = COT_E_UNSUPPORTED;
		return COT_E_UNSUPPORTED;
	}
	return fetch_image(w, ecu, order);
}

static enum cot_err take_orders(struct work *w)
{
	struct cot_order_iter it;
	struct cot_order order;
	enum cot_err first = COT_OK;
	enum cot_err err, one;

	set_activity(w->round, "fetching");
	err = cot_orders_begin(&w->orders, &it);
	while (err == COT_OK && (err = cot_orders_next(&it, &order)) == COT_OK) {
		one = w->keep_count < COT_STATE_ECUS ? take_order(w, &order) : COT_E_LIMIT;
		if (first == COT_OK)
			first = one;
	}
	if (err != COT_E_NOT_FOUND)
		return err;
	return first;
}

static bool any_pending(struct work *w)
{
	struct cot_order_iter it;
	struct cot_order order;
	const struct cot_state *state = &w->round->store->state;
	struct cot_inventory *row;
	enum cot_err err = cot_orders_begin(&w->orders, &it);

	while (err == COT_OK && (err = cot_orders_next(&it, &order)) == COT_OK) {
		row = cot_state_ecu(&w->round->store->state, order.ecu);
		if (row == NULL || !cot_order_installed(&order, &w->hand.ecus[row - state->ecus]))
			return true;
	}
	return false;
}

static void count_installed(struct work *w)
{
	size_t i;

	for (i = 0; i < w->d.install_count; i++) {
		if (w->d.installs[i].activated && w->d.installs[i].err == COT_OK)
			w->round->outcome.installed++;
	}
}

static enum cot_err prepare_installs(struct work *w)
{
	enum cot_err err = cot_round_check_agreed(cot_cycle_verdict(&w->hand.cycle));

	return err == COT_OK ? take_orders(w) : err;
}

static enum cot_err install(struct work *w)
{
	enum cot_err err = cot_cycle_orders(&w->hand.cycle, &w->orders);
	bool lagging;

	if (err == COT_E_NOT_FOUND)
		return COT_OK;
	if (err == COT_OK && any_pending(w))
		err = prepare_installs(w);
	if (err != COT_OK)
		return err;
	lagging = cot_distribute_lagging(&w->d);
	if (w->d.install_count == 0 && !lagging)
		return COT_OK;
	set_activity(w->round, "installing");
	w->d.orders = &w->orders;
	err = cot_distribute_run(&w->d);
	count_installed(w);
	return err;
}

/* After a bad verdict what was downloaded is kept: the next round may want it. */
static void sweep(struct work *w, enum cot_err err)
{
	cot_store_sweep(w->round->store);
	if (err == COT_OK && w->images.dir >= 0)
		cot_images_sweep(&w->images, w->keep, 0);
	else if (w->images.dir >= 0)
		cot_images_sweep(&w->images, w->keep, w->keep_count);
}

static void send_manifest(struct work *w, struct cot_slice text)
{
	const char *url = w->round->config->manifest_url;
	enum cot_err err;

	if (url[0] == '\0')
		return;
	err = cot_fetch_put(w->round->fetch, url, text);
	cot_log(err == COT_OK ? COT_LOG_INFO : COT_LOG_WARNING, "manifest", "%s word=%s",
	        err == COT_OK ? "sent" : "not sent", cot_err_word(err));
}

static enum cot_err report(struct work *w, enum cot_err last)
{
	const struct cot_store *s = w->round->store;
	struct cot_manifest_facts facts = { w->round->signer, last, s->state.trust.time_floor_s };
	char *text;
	size_t len;
	enum cot_err err;

	if (w->d.now_s > 0)
		facts.time_s = w->d.now_s;
	err = cot_manifest_make(w->round->store, &facts, &text, &len);
	if (err != COT_OK) {
		cot_log(COT_LOG_ERROR, "manifest", "not written word=%s", cot_err_word(err));
		return err;
	}
	cot_log(COT_LOG_INFO, "manifest", "written counter=%llu bytes=%zu",
	        (unsigned long long)s->state.manifest_counter, len);
	send_manifest(w, cot_slice(text, len));
	free(text);
	return COT_OK;
}

static void finish(struct work *w)
{
	memcpy(w->round->outcome.ecu_err, w->d.ecu_err, sizeof(w->d.ecu_err));
	cot_outcome_write(w->round->store, &w->round->outcome);
	cot_distribute_close(&w->d);
	cot_images_close(&w->images);
	cot_hand_release(&w->hand);
	set_activity(w->round, "idle");
}

enum cot_err cot_round_run(struct cot_round *r)
{
	struct work *w = calloc(1, sizeof(*w));
	enum cot_err err, wrote;

	memset(&r->outcome, 0, sizeof(r->outcome));
	r->outcome.repo = COT_MAX_REPOS;
	if (w == NULL)
		return COT_E_MEMORY;
	set_up(w, r);
	err = ask_ecus(w);
	if (err == COT_OK)
		err = verify(w);
	if (err == COT_OK)
		err = install(w);
	if (err != COT_E_STORE) {
		sweep(w, err);
		wrote = report(w, err);
		if (err == COT_OK)
			err = wrote;
	}
	r->outcome.err = err;
	finish(w);
	free(w);
	return err;
}
