/* SPDX-License-Identifier: Apache-2.0
 *
 * From verified images to running ECUs: the order of things for the whole
 * vehicle.  The steps of one node are in install.c.
 */
#include "primary/distribute.h"

#include "primary/log.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PRESENT_MS 1500u /* well below S3, which is 5 s */
#define PROBE_ATTEMPTS 2u

/* ---- nodes -------------------------------------------------------------------------- */

/* While one node keeps us waiting, the others must not fall out of their
 * sessions. */
static void keep_sessions(void *ctx)
{
	struct cot_distribute *d = ctx;
	size_t i;

	if (d->idling)
		return;
	d->idling = true;
	for (i = 0; i < d->node_count; i++) {
		struct cot_client *c = &d->nodes[i].client;

		if (d->nodes[i].session && c->link != NULL && !cot_link_sending(c->link) &&
		    c->clock.now_ms(c) >= c->asked_ms + PRESENT_MS)
			cot_client_present(c);
	}
	/* Here nothing can be broken off; transfers ask again themselves. */
	if (d->idle != NULL)
		(void)d->idle(d->ctx);
	d->idling = false;
}

static struct cot_transport_terms terms_of(const struct cot_distribute *d)
{
	struct cot_transport_terms terms = cot_transport_default_terms();

	terms.budget_ms = d->config->ecu_budget_s * 1000u;
	if (d->clock != NULL)
		terms.clock = d->clock;
	return terms;
}

static struct cot_node *node_by_uri(struct cot_distribute *d, const char *uri)
{
	size_t i;

	for (i = 0; i < d->node_count; i++) {
		if (strcmp(d->nodes[i].client.uri, uri) == 0)
			return &d->nodes[i];
	}
	return NULL;
}

static struct cot_node *open_node(struct cot_distribute *d, const char *uri)
{
	struct cot_node *n = node_by_uri(d, uri);
	struct cot_transport_terms terms = terms_of(d);

	if (n != NULL)
		return n;
	n = &d->nodes[d->node_count++];
	n->err = cot_client_open(&n->client, uri, &terms);
	n->client.idle = keep_sessions;
	n->client.idle_ctx = d;
	if (n->err != COT_OK)
		cot_log(COT_LOG_WARNING, "ecu", "link does not open link=%s word=%s reason=\"%s\"",
		        uri, cot_err_word(n->err), n->client.note.text);
	return n;
}

enum cot_err cot_distribute_open(struct cot_distribute *d)
{
	const struct cot_state *s = &d->store->state;
	const struct cot_config_ecu *ecu;
	size_t i;

	d->node_count = d->install_count = 0;
	memset(d->node_of, 0, sizeof(d->node_of));
	memset(d->ecu_err, 0, sizeof(d->ecu_err));
	d->nodes = calloc(d->config->ecu_count + 1, sizeof(*d->nodes));
	if (d->nodes == NULL)
		return COT_E_MEMORY;
	for (i = 0; i < s->ecu_count; i++) {
		ecu = cot_config_ecu(d->config, s->ecus[i].serial);
		if (ecu != NULL)
			d->node_of[i] = open_node(d, ecu->link);
	}
	for (i = 0; i < d->config->ecu_count; i++) {
		if (cot_state_ecu(&d->store->state,
		                  cot_slice_str(d->config->ecus[i].serial)) == NULL)
			cot_log(COT_LOG_WARNING, "ecu", "not in the provisioning record ecu=%s",
			        d->config->ecus[i].serial);
	}
	return COT_OK;
}

void cot_distribute_close(struct cot_distribute *d)
{
	size_t i;

	for (i = 0; i < d->install_count; i++) {
		if (d->installs[i].fd >= 0)
			close(d->installs[i].fd);
	}
	for (i = 0; i < d->node_count; i++)
		cot_client_close(&d->nodes[i].client);
	free(d->nodes);
	d->nodes = NULL;
	d->node_count = d->install_count = 0;
}

/* ---- status and reports ------------------------------------------------------------- */

/* One node that is dead must cost its silence once, not once per ECU. */
static void probe(struct cot_node *n)
{
	uint8_t attempts = n->client.terms.attempts;

	n->client.terms.attempts = PROBE_ATTEMPTS;
	n->err = cot_client_node(&n->client, &n->status);
	n->client.terms.attempts = attempts;
	if (n->err != COT_OK)
		cot_log(COT_LOG_WARNING, "ecu", "no answer link=%s word=%s", n->client.uri,
		        cot_err_word(n->err));
}

static enum cot_err ask_report(struct cot_distribute *d, size_t ecu, struct cot_state *next)
{
	struct cot_client *c = &d->node_of[ecu]->client;
	const char *serial = d->store->state.ecus[ecu].serial;
	struct cot_slice sealed;
	enum cot_err err = cot_client_report(c, serial, &sealed);

	if (err == COT_OK)
		err = cot_reports_take(d->store, &next->ecus[ecu], sealed, d->orders);
	cot_log(err == COT_OK ? COT_LOG_INFO : COT_LOG_WARNING, "ecu",
	        "report %s ecu=%s counter=%llu word=%s", err == COT_OK ? "verified" : "unusable",
	        serial, (unsigned long long)next->ecus[ecu].report_counter, cot_err_word(err));
	return err;
}

static void ask_all(struct cot_distribute *d, struct cot_state *next)
{
	size_t i;

	for (i = 0; i < d->node_count; i++)
		probe(&d->nodes[i]);
	for (i = 0; i < next->ecu_count; i++) {
		if (d->node_of[i] == NULL)
			continue;
		d->ecu_err[i] = d->node_of[i]->err;
		if (d->ecu_err[i] == COT_OK)
			d->ecu_err[i] = ask_report(d, i, next);
	}
}

enum cot_err cot_distribute_poll(struct cot_distribute *d)
{
	struct cot_state *next = malloc(sizeof(*next));
	enum cot_err err = COT_OK;

	if (next == NULL)
		return COT_E_MEMORY;
	*next = d->store->state;
	ask_all(d, next);
	if (memcmp(next->ecus, d->store->state.ecus, sizeof(next->ecus)) != 0)
		err = cot_store_save(d->store, next);
	free(next);
	return err;
}

/* ---- the whole vehicle -------------------------------------------------------------- */

void cot_distribute_add(struct cot_distribute *d, size_t ecu, const struct cot_order *order,
                        int fd)
{
	struct cot_install *in = &d->installs[d->install_count++];

	memset(in, 0, sizeof(*in));
	in->ecu = ecu;
	in->order = *order;
	in->fd = fd;
	in->node = d->node_of[ecu];
	if (in->node != NULL) {
		in->node->busy = true;
	} else {
		in->err = COT_E_LINK;
		cot_log(COT_LOG_WARNING, "ecu", "ordered, but has no link here ecu=%s",
		        d->store->state.ecus[ecu].serial);
	}
}

static bool lags(const struct cot_distribute *d, const struct cot_node *n)
{
	const struct cot_floor *ours = d->store->state.trust.repo[0].floor;

	return n->err == COT_OK && n->status.mode != COT_MODE_UNPROVISIONED &&
	       (n->status.root_version < ours[COT_ROLE_ROOT].version ||
	        n->status.targets_version < ours[COT_ROLE_TARGETS].version);
}

bool cot_distribute_lagging(struct cot_distribute *d)
{
	bool any = false;
	size_t i;

	for (i = 0; i < d->node_count; i++) {
		if (!lags(d, &d->nodes[i]))
			continue;
		d->nodes[i].busy = true;
		any = true;
	}
	return any;
}

static void prepare(struct cot_distribute *d)
{
	size_t i;

	for (i = 0; i < d->node_count; i++) {
		struct cot_node *n = &d->nodes[i];

		if (!n->busy || n->err != COT_OK)
			continue;
		n->err = cot_node_enter(d, n);
		if (n->err == COT_OK)
			n->err = cot_node_roots(d, n);
	}
	/* A nonce lives for a minute: all are fetched when all nodes are ready. */
	for (i = 0; i < d->node_count; i++) {
		struct cot_node *n = &d->nodes[i];

		if (n->busy && n->err == COT_OK)
			n->err = cot_client_nonce(&n->client, n->nonce);
	}
}

/* One question to the time source for all nodes that are ready. */
static enum cot_err ask_time(struct cot_distribute *d, struct cot_bytes *ret)
{
	uint8_t nonces[COT_CONFIG_ECUS][COT_NONCE_LEN];
	size_t count = 0, i;

	for (i = 0; i < d->node_count; i++) {
		if (d->nodes[i].busy && d->nodes[i].err == COT_OK)
			memcpy(nonces[count++], d->nodes[i].nonce, COT_NONCE_LEN);
	}
	memset(ret, 0, sizeof(*ret));
	return count == 0 ? COT_E_NOT_FOUND : cot_hand_ask_time(d->hand, nonces, count, ret);
}

static void send_metadata(struct cot_distribute *d)
{
	struct cot_doc_owned time = { .memory = NULL };
	struct cot_bytes wire;
	enum cot_err err = ask_time(d, &wire);
	size_t i;

	if (err == COT_OK)
		err = cot_canon_from_wire(cot_bytes_slice(&wire), cot_dialect_tuf.grammar, &time);
	for (i = 0; i < d->node_count; i++) {
		struct cot_node *n = &d->nodes[i];

		if (!n->busy || n->err != COT_OK)
			continue;
		n->err = err == COT_OK ? cot_node_metadata(d, n, time.doc.canon) : err;
	}
	for (i = 0; i < d->node_count; i++)
		d->nodes[i].served = d->nodes[i].err;
	if (err == COT_OK)
		cot_doc_owned_free(&time);
	cot_bytes_free(&wire);
}

static bool stage_all(struct cot_distribute *d)
{
	bool all = true;
	size_t i;

	for (i = 0; i < d->install_count; i++) {
		struct cot_install *in = &d->installs[i];

		if (in->err == COT_OK)
			in->err = in->node->err;
		if (in->err == COT_OK)
			in->err = cot_install_stage(d, in);
		all = all && in->err == COT_OK;
	}
	return all;
}

static void activate_all(struct cot_distribute *d)
{
	size_t i;

	for (i = 0; i < d->install_count; i++)
		d->installs[i].err = cot_install_activate(d, &d->installs[i]);
}

/* Nodes whose images are activated start anew and try them; the others go back
 * to the image that they have. */
static void leave_sessions(struct cot_distribute *d)
{
	enum cot_err err;
	size_t i, k;

	for (i = 0; i < d->node_count; i++) {
		struct cot_node *n = &d->nodes[i];
		bool restart = false;

		if (!n->session)
			continue;
		for (k = 0; k < d->install_count; k++)
			restart = restart || (d->installs[k].node == n && d->installs[k].activated);
		n->session = false;
		err = restart ? cot_client_reset(&n->client)
		              : cot_client_session(&n->client, COT_UDS_SESSION_DEFAULT);
		if (err != COT_OK)
			cot_log(COT_LOG_WARNING, "ecu", "%s not answered link=%s word=%s",
			        restart ? "reset" : "end of session", n->client.uri,
			        cot_err_word(err));
	}
}

static void wait_all(struct cot_distribute *d)
{
	size_t i;

	for (i = 0; i < d->install_count; i++) {
		if (d->installs[i].activated)
			d->installs[i].err = cot_install_wait(d, &d->installs[i]);
	}
}

/* CHECK I9: an install is done when the ECU's signed report says so */
static enum cot_err cot_distribute_check_done(const struct cot_distribute *d,
                                              const struct cot_install *in)
{
	const struct cot_inventory *row = &d->store->state.ecus[in->ecu];

	if (d->ecu_err[in->ecu] != COT_OK)
		return d->ecu_err[in->ecu];
	return memcmp(row->sha256, in->order.target.image.hashes.sha256, COT_SHA256_LEN) == 0
	               ? COT_OK
	               : COT_E_REVERTED;
}

/* What happened to the installs goes before what the last poll says: the cause,
 * not its consequence. */
static enum cot_err conclude(struct cot_distribute *d)
{
	enum cot_err first = COT_OK;
	size_t i;

	for (i = 0; i < d->install_count; i++) {
		struct cot_install *in = &d->installs[i];

		if (in->err == COT_OK && in->activated)
			in->err = cot_distribute_check_done(d, in);
		if (in->err == COT_OK)
			continue;
		d->ecu_err[in->ecu] = in->err;
		if (first == COT_OK)
			first = in->err;
	}
	return first;
}

/* Nodes that were to get metadata only: said of their ECUs. */
static void tell_served(struct cot_distribute *d)
{
	size_t i;

	for (i = 0; i < d->store->state.ecu_count; i++) {
		const struct cot_node *n = d->node_of[i];

		if (n != NULL && n->busy && d->ecu_err[i] == COT_OK)
			d->ecu_err[i] = n->served;
	}
}

enum cot_err cot_distribute_run(struct cot_distribute *d)
{
	enum cot_err err = COT_OK;
	bool all;

	prepare(d);
	send_metadata(d);
	all = stage_all(d);
	if (all)
		activate_all(d);
	else
		cot_log(COT_LOG_WARNING, "ecu", "not all are staged, so none is activated");
	leave_sessions(d);
	wait_all(d);
	/* Without an install there is nothing new to report. */
	if (d->install_count > 0)
		err = cot_distribute_poll(d);
	if (err == COT_OK)
		err = conclude(d);
	tell_served(d);
	return err;
}
