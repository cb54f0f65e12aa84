/* SPDX-License-Identifier: Apache-2.0
 *
 * The hand that feeds the update cycle: see hand.h.
 */
#include "primary/hand.h"

#include "keys/encode.h"
#include "primary/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define URL_MAX 2048u

void cot_hand_doc_free(struct cot_hand_doc *d)
{
	cot_doc_owned_free(&d->doc);
	cot_bytes_free(&d->wire);
	memset(d, 0, sizeof(*d));
}

/* ---- what the cycle is told ------------------------------------------------------- */

static void set_repos(struct cot_hand *h)
{
	const struct cot_config *c = h->config;
	const struct cot_provision *p = &h->store->provision;
	size_t i;

	for (i = 0; i < COT_MAX_REPOS; i++) {
		struct cot_cycle_repo *r = &h->repos[i];

		r->name = cot_slice_str(cot_state_repo_name(i));
		r->dialect = &cot_dialect_tuf;
		r->roles = p->roles[i];
		r->max_len[COT_ROLE_ROOT] = c->max_root;
		r->max_len[COT_ROLE_TIMESTAMP] = c->max_timestamp;
		r->max_len[COT_ROLE_SNAPSHOT] = c->max_snapshot;
		r->max_len[COT_ROLE_TARGETS] = i == 0 ? c->max_director_targets
		                                      : c->max_targets;
	}
}

static void set_ecus(struct cot_hand *h)
{
	const struct cot_state *s = &h->store->state;
	size_t i;

	for (i = 0; i < s->ecu_count; i++) {
		struct cot_ecu *e = &h->ecus[i];

		memset(e, 0, sizeof(*e));
		e->serial = cot_slice_str(s->ecus[i].serial);
		e->hardware_id = cot_slice_str(s->ecus[i].hardware);
		e->counter = s->ecus[i].counter;
		e->installed.known = COT_KNOWN_SHA256;
		memcpy(e->installed.sha256, s->ecus[i].sha256, COT_SHA256_LEN);
	}
}

static void set_config(struct cot_hand *h)
{
	struct cot_cycle_config *c = &h->cycle_config;
	const struct cot_provision *p = &h->store->provision;

	set_repos(h);
	set_ecus(h);
	memset(c, 0, sizeof(*c));
	c->policy = &cot_policy_uptane;
	c->crypto = h->crypto;
	c->repos = h->repos;
	c->repo_count = p->roles[1] != 0 ? 2 : 1;
	c->chain = &cot_chain_full;
	c->aside = &h->aside;
	c->vehicle = p->vehicle;
	c->ecus = h->ecus;
	c->ecu_count = h->store->state.ecu_count;
	c->whole_vehicle = true;
	c->nonce = &h->nonce;
}

static void set_held(struct cot_hand *h)
{
	size_t repo, role;

	for (repo = 0; repo < COT_MAX_REPOS; repo++) {
		for (role = 0; role < COT_ROLE_COUNT; role++)
			h->held.doc[repo][role] = h->store->doc[repo][role].doc;
	}
}

/* ---- bringing --------------------------------------------------------------------- */

static const char *base_of(const struct cot_hand *h, uint8_t repo)
{
	return repo == 0 ? h->config->director_url : h->config->image_url;
}

static enum cot_err fetch_doc(struct cot_hand *h, const char *url, size_t max,
                              struct cot_hand_doc *ret)
{
	enum cot_err err = cot_fetch_get(h->fetch, url, max, &ret->wire);

	if (err == COT_OK)
		err = cot_canon_from_wire(cot_bytes_slice(&ret->wire), cot_dialect_tuf.grammar,
		                          &ret->doc);
	if (err != COT_OK) {
		memset(&ret->doc, 0, sizeof(ret->doc));
		cot_bytes_free(&ret->wire);
	}
	return err;
}

static void log_fetch(const struct cot_hand *h, const struct cot_need *need, enum cot_err err,
                      size_t len)
{
	const char *repo = cot_state_repo_name(need->repo);

	if (err == COT_OK)
		cot_log(COT_LOG_INFO, "cycle", "fetched repo=%s file=%s bytes=%zu", repo,
		        need->name, len);
	else if (err == COT_E_ABSENT)
		cot_log(COT_LOG_INFO, "cycle", "not there repo=%s file=%s", repo, need->name);
	else
		cot_log(COT_LOG_WARNING, "cycle", "fetch failed repo=%s file=%s word=%s reason=\"%s\"",
		        repo, need->name, cot_err_word(err), cot_fetch_reason(h->fetch));
}

static void serve_file(struct cot_hand *h, const struct cot_need *need)
{
	uint8_t slot = (uint8_t)(h->newest[need->repo][need->role] ^ 1u);
	struct cot_hand_doc *d = &h->given[need->repo][need->role][slot];
	char url[URL_MAX];
	enum cot_err err;

	cot_hand_doc_free(d);
	err = cot_fetch_url(base_of(h, need->repo), cot_slice_str(need->name), url, sizeof(url));
	if (err == COT_OK)
		err = fetch_doc(h, url, need->max_len, d);
	log_fetch(h, need, err, d->wire.len);
	if (err == COT_E_ABSENT) {
		cot_cycle_absent(&h->cycle);
	} else if (err != COT_OK) {
		cot_cycle_failed(&h->cycle, err);
	} else {
		h->newest[need->repo][need->role] = slot;
		cot_cycle_give(&h->cycle, d->doc.doc, h->now_ms(h->ctx));
	}
}

enum cot_err cot_hand_ask_time(struct cot_hand *h, uint8_t (*nonces)[COT_NONCE_LEN],
                               size_t count, struct cot_bytes *ret)
{
	char body[64 + COT_MAX_NONCES * (2 * COT_NONCE_LEN + 3)];
	size_t len, i;

	if (count == 0 || count > COT_MAX_NONCES)
		return COT_E_LIMIT;
	len = (size_t)snprintf(body, sizeof(body), "{\"nonces\":[");
	for (i = 0; i < count; i++) {
		if (i > 0)
			body[len++] = ',';
		body[len++] = '"';
		cot_hex_encode(cot_slice(nonces[i], COT_NONCE_LEN), body + len);
		len += 2 * COT_NONCE_LEN;
		body[len++] = '"';
	}
	memcpy(body + len, "]}", 2);
	return cot_fetch_post(h->fetch, h->config->time_url, cot_slice(body, len + 2),
	                      COT_MAX_TIME, ret);
}

static enum cot_err fetch_time(struct cot_hand *h)
{
	uint8_t random[1][COT_NONCE_LEN];
	enum cot_err err = h->random(h->ctx, random[0], COT_NONCE_LEN);

	if (err != COT_OK)
		return err;
	cot_nonce_make(&h->nonce, random[0], h->now_ms(h->ctx));
	err = cot_hand_ask_time(h, random, 1, &h->time.wire);
	if (err == COT_OK)
		err = cot_canon_from_wire(cot_bytes_slice(&h->time.wire), cot_dialect_tuf.grammar,
		                          &h->time.doc);
	if (err != COT_OK)
		memset(&h->time.doc, 0, sizeof(h->time.doc));
	return err;
}

static void serve_time(struct cot_hand *h)
{
	enum cot_err err;

	cot_hand_doc_free(&h->time);
	err = fetch_time(h);
	if (err == COT_OK) {
		cot_log(COT_LOG_INFO, "cycle", "asked for the time bytes=%zu", h->time.wire.len);
		cot_cycle_give(&h->cycle, h->time.doc.doc, h->now_ms(h->ctx));
		return;
	}
	cot_log(COT_LOG_WARNING, "cycle", "no time word=%s reason=\"%s\"", cot_err_word(err),
	        cot_fetch_reason(h->fetch));
	cot_cycle_failed(&h->cycle, err);
}

/* ---- committing ------------------------------------------------------------------- */

static enum cot_err commit_doc(struct cot_hand *h, size_t repo, size_t role,
                               struct cot_state *next)
{
	const struct cot_hand_doc *d = &h->given[repo][role][h->newest[repo][role]];
	enum cot_err err = cot_store_put(h->store, cot_bytes_slice(&d->wire),
	                                 next->doc[repo][role]);

	if (err == COT_OK && repo == 0 && role == COT_ROLE_ROOT)
		cot_state_chain_add(next, next->trust.repo[0].floor[COT_ROLE_ROOT].version,
		                    next->doc[0][COT_ROLE_ROOT]);
	return err;
}

static enum cot_err commit_docs(struct cot_hand *h, const struct cot_commit *commit,
                                struct cot_state *next)
{
	size_t repo, role;
	enum cot_err err = COT_OK;

	for (repo = 0; repo < COT_MAX_REPOS; repo++) {
		for (role = 0; err == COT_OK && role < COT_ROLE_COUNT; role++) {
			if ((commit->dropped[repo] & COT_ROLE_BIT(role)) != 0)
				next->doc[repo][role][0] = '\0';
			if ((commit->replaced[repo] & COT_ROLE_BIT(role)) != 0)
				err = commit_doc(h, repo, role, next);
		}
	}
	return err;
}

static enum cot_err make_durable(struct cot_hand *h, const struct cot_commit *commit)
{
	struct cot_state *next = malloc(sizeof(*next));
	enum cot_err err;

	if (next == NULL)
		return COT_E_MEMORY;
	*next = h->store->state;
	next->trust = *commit->trust;
	err = commit_docs(h, commit, next);
	if (err == COT_OK)
		err = cot_store_save(h->store, next);
	free(next);
	return err;
}

static void serve_commit(struct cot_hand *h)
{
	const struct cot_commit *commit = cot_cycle_commit(&h->cycle);
	enum cot_err err = make_durable(h, commit);

	if (err != COT_OK) {
		cot_log(COT_LOG_ERROR, "cycle", "commit failed, nothing changed word=%s",
		        cot_err_word(err));
		cot_cycle_failed(&h->cycle, err);
		return;
	}
	cot_log(COT_LOG_INFO, "cycle", "committed %s director=0x%x image=0x%x",
	        commit->root_step ? "a root step" : "the cycle", commit->replaced[0],
	        commit->replaced[1]);
	cot_cycle_committed(&h->cycle);
}

/* ---- running ---------------------------------------------------------------------- */

static void serve(struct cot_hand *h, const struct cot_need *need)
{
	switch (need->kind) {
	case COT_NEED_WORK:
		cot_cycle_step(&h->cycle);
		break;
	case COT_NEED_FILE:
		serve_file(h, need);
		break;
	case COT_NEED_TIME:
		serve_time(h);
		break;
	case COT_NEED_COMMIT:
		serve_commit(h);
		break;
	case COT_NEED_NOTHING:
	default:
		break;
	}
}

void cot_hand_run(struct cot_hand *h)
{
	struct cot_need need;

	set_config(h);
	set_held(h);
	cot_cycle_init(&h->cycle, &h->cycle_config, &h->store->state.trust, &h->held);
	for (;;) {
		cot_cycle_need(&h->cycle, &need);
		if (need.kind == COT_NEED_NOTHING)
			return;
		serve(h, &need);
	}
}

void cot_hand_release(struct cot_hand *h)
{
	size_t repo, role;

	for (repo = 0; repo < COT_MAX_REPOS; repo++) {
		for (role = 0; role < COT_ROLE_COUNT; role++) {
			cot_hand_doc_free(&h->given[repo][role][0]);
			cot_hand_doc_free(&h->given[repo][role][1]);
		}
	}
	cot_hand_doc_free(&h->time);
}

/* ---- older Roots for ECUs --------------------------------------------------------- */

static enum cot_err copy_stored(struct cot_hand *h, const char *name, struct cot_hand_doc *ret)
{
	struct cot_slice map;
	enum cot_err err = cot_store_get(h->store, name, &map);

	if (err != COT_OK)
		return err;
	ret->wire.ptr = malloc(map.len);
	if (ret->wire.ptr != NULL) {
		memcpy(ret->wire.ptr, map.ptr, map.len);
		ret->wire.len = map.len;
		err = cot_canon_from_wire(cot_bytes_slice(&ret->wire), cot_dialect_tuf.grammar,
		                          &ret->doc);
	} else {
		err = COT_E_MEMORY;
	}
	cot_fs_unmap(&map);
	return err;
}

enum cot_err cot_hand_director_root(struct cot_hand *h, uint32_t version,
                                    struct cot_hand_doc *ret)
{
	const struct cot_state *s = &h->store->state;
	char name[32], url[URL_MAX];
	enum cot_err err;
	size_t i;

	memset(ret, 0, sizeof(*ret));
	for (i = 0; i < s->chain_count; i++) {
		if (s->chain[i].version == version)
			return copy_stored(h, s->chain[i].doc, ret);
	}
	snprintf(name, sizeof(name), "%u.root.json", version);
	err = cot_fetch_url(h->config->director_url, cot_slice_str(name), url, sizeof(url));
	return err == COT_OK ? fetch_doc(h, url, h->config->max_root, ret) : err;
}
