/* SPDX-License-Identifier: Apache-2.0
 *
 * cotter verify: published trees, judged by the update cycle that devices run.
 *
 * Nothing is verified here: the client does it (client.h), and this file watches
 * how far it came.  A line is one clause of the Standard's section 5.4 for one
 * file, with what was found in it.  There is no time source offline: what time
 * it is says whoever asks.
 */
#include "keys/encode.h"
#include "metadata/name.h"
#include "metadata/provision.h"
#include "metadata/utc.h"
#include "repo-tools/client.h"
#include "repo-tools/words.h"

#include <stdlib.h>
#include <string.h>

struct watcher {
	struct tool *t;
	bool explain;
	enum cot_phase phase;    /* that was at work, and its repository */
	uint8_t repo;
	char name[32];           /* file asked for in it; "" if none was needed */
	json_t *lines;
};

/* ---- lines ------------------------------------------------------------------------------ */

static const char *repo_name(uint8_t repo)
{
	return repo == 0 ? "director" : "image";
}

static void line(struct watcher *w, const char *clause, const char *what, const char *found)
{
	if (!w->explain)
		return;
	if (w->t->json)
		json_array_append_new(w->lines, json_pack("{s:s,s:s,s:s,s:s}", "clause", clause,
		                      "found", found, "repository", repo_name(w->repo), "what", what));
	else
		printf("%-16s %-9s %-18s %s\n", clause, repo_name(w->repo), what, found);
}

static void put_outcome(char *ret, size_t max, enum cot_err err, const char *good)
{
	if (err == COT_OK)
		snprintf(ret, max, "%s", good);
	else
		snprintf(ret, max, "REFUSED: %s (%s)", cot_err_sentence(err), cot_err_word(err));
}

/* "2 of 2 signatures" of a document under a role of root. */
static void put_tally(char *ret, size_t max, const struct cot_doc *doc,
                      const struct cot_root *root, enum cot_role role)
{
	struct cot_envelope env;
	struct cot_role_keys keys;
	struct cot_sigcheck sig;

	ret[0] = 0;
	if (doc->canon.len == 0 || cot_envelope_split(doc->canon, &env) != COT_OK ||
	    cot_root_role(root, role, &keys) != COT_OK)
		return;
	cot_sigcheck_init(&sig, &cot_crypto_full, &env, &keys);
	sig.all = true;
	if (cot_sigcheck_run(&sig) == COT_OK)
		snprintf(ret, max, "%u of %u signatures", sig.quorum.count, keys.threshold);
}

static void put_expiry(const struct watcher *w, char *ret, size_t max, int64_t expires_s)
{
	char when[COT_UTC_LEN], away[40];

	cot_utc_format(expires_s, when);
	words_until(expires_s, w->t->now_s, away, sizeof(away));
	snprintf(ret, max, "expires %.20s, %s", when, away);
}

/* What a Timestamp, Snapshot or Targets that passed was found to be. */
static void put_document(const struct watcher *w, const struct cot_cycle *c, enum cot_role role,
                         char *ret, size_t max)
{
	char tally[40], expiry[80];
	const struct cot_doc *doc = &c->docs.doc[w->repo][role];
	struct cot_envelope env;
	struct cot_head head;

	ret[0] = 0;
	if (cot_envelope_split(doc->canon, &env) != COT_OK ||
	    cot_head_parse(env.body, role, &head) != COT_OK)
		return;
	put_tally(tally, sizeof(tally), doc, &c->root[w->repo], role);
	put_expiry(w, expiry, sizeof(expiry), head.expires_s);
	snprintf(ret, max, "%sversion %u, %s, %s%s%.*s%s", w->name[0] ? "" : "the trusted one, ",
	         head.version, tally, expiry, w->repo == 0 ? ", for vehicle " : "",
	         w->repo == 0 ? (int)head.vehicle.len : 0, (const char *)head.vehicle.ptr,
	         role == COT_ROLE_TIMESTAMP ? "" : ", as its parent lists it");
}

/* ---- the clauses, as the cycle leaves them behind --------------------------------------- */

struct clause {
	const char *number;
	const char *what; /* unless a file was asked for */
};

/* Without a default, so that the compiler misses a phase that has none. */
static struct clause clause_of(enum cot_phase phase)
{
	switch (phase) {
	case COT_PHASE_HELD: return (struct clause){ "5.4.1", "first Root" };
	case COT_PHASE_ROOT: return (struct clause){ "5.4.4.3", "next Root" };
	case COT_PHASE_TIME: return (struct clause){ "5.4.4.2 step 1", "time" };
	case COT_PHASE_ROOT_END: return (struct clause){ "5.4.4.3", "Root's expiry" };
	case COT_PHASE_TIMESTAMP: return (struct clause){ "5.4.4.4", "timestamp" };
	case COT_PHASE_SNAPSHOT: return (struct clause){ "5.4.4.5", "snapshot" };
	case COT_PHASE_LISTED: return (struct clause){ "5.4.4.5", "listed targets" };
	case COT_PHASE_TARGETS: return (struct clause){ "5.4.4.6", "targets" };
	case COT_PHASE_DIRECTOR: return (struct clause){ "5.4.4.6 6-8", "orders" };
	case COT_PHASE_AGREE: return (struct clause){ "5.4.4.2 step 10", "agreement" };
	case COT_PHASE_COMMIT:
	case COT_PHASE_OVER: break;
	}
	return (struct clause){ "5.4.4.2", "end" };
}

static unsigned int count_orders(const struct cot_cycle *c)
{
	struct cot_order_iter it;
	struct cot_order order;
	unsigned int n = 0;

	if (cot_orders_begin(&c->targets[0], &it) != COT_OK)
		return 0;
	while (cot_orders_next(&it, &order) == COT_OK)
		n++;
	return n;
}

/* Which Targets the Snapshot lists: those that are held, or some to be fetched. */
static void put_listed(const struct watcher *w, const struct cot_cycle *c, char *ret, size_t max)
{
	if (c->phase == COT_PHASE_TARGETS)
		snprintf(ret, max, "version %u, to be fetched", c->expected.version);
	else
		put_document(w, c, COT_ROLE_TARGETS, ret, max);
}

static void put_found(const struct watcher *w, const struct cot_cycle *c, char *ret, size_t max)
{
	char text[COT_UTC_LEN], tally[40];
	const struct cot_root *root = &c->root[w->repo];

	switch (w->phase) {
	case COT_PHASE_HELD:
		put_tally(tally, sizeof(tally), &c->docs.doc[w->repo][COT_ROLE_ROOT], root,
		          COT_ROLE_ROOT);
		snprintf(ret, max, "version %u, as given, %s%s", root->head.version, tally,
		         w->repo > 0 ? ", no key of the other's" : "");
		break;
	case COT_PHASE_ROOT:
		snprintf(ret, max, "not there: version %u is the newest", root->head.version);
		break;
	case COT_PHASE_TIME:
		cot_utc_format(c->verdict.now_s, text);
		snprintf(ret, max, "%.20s, as you say (offline, not signed)", text);
		break;
	case COT_PHASE_ROOT_END:
		put_expiry(w, ret, max, root->head.expires_s);
		break;
	case COT_PHASE_TIMESTAMP:
		put_document(w, c, COT_ROLE_TIMESTAMP, ret, max);
		break;
	case COT_PHASE_SNAPSHOT:
		put_document(w, c, COT_ROLE_SNAPSHOT, ret, max);
		break;
	case COT_PHASE_LISTED:
		put_listed(w, c, ret, max);
		break;
	case COT_PHASE_TARGETS:
		put_document(w, c, COT_ROLE_TARGETS, ret, max);
		break;
	case COT_PHASE_DIRECTOR:
		snprintf(ret, max, "%u; no delegation, no ECU twice%s, hardware and counters fit%s",
		         count_orders(c), c->config->whole_vehicle ? ", all ECUs known" : "",
		         c->pending ? "" : "; nothing to install");
		break;
	case COT_PHASE_AGREE:
		snprintf(ret, max, "all %u orders stand here: same length, hashes, counter, hardware",
		         count_orders(c));
		break;
	case COT_PHASE_COMMIT:
	case COT_PHASE_OVER:
		snprintf(ret, max, c->replaced[0] == 0 && c->replaced[1] == 0
		         ? "nothing is new" : "everything above becomes trusted at once");
		break;
	}
}

/* A Root step is committed by itself, and the walk goes on. */
static void tell_root_step(struct watcher *w, const struct cot_cycle *c)
{
	char old[40], own[40], found[200];

	put_tally(old, sizeof(old), &c->given, &c->root[w->repo], COT_ROLE_ROOT);
	put_tally(own, sizeof(own), &c->given, &c->candidate, COT_ROLE_ROOT);
	snprintf(found, sizeof(found), "%s by version %u's keys, %s by its own; trusted now", old,
	         c->root[w->repo].head.version, own);
	line(w, clause_of(COT_PHASE_ROOT).number, w->name, found);
	w->name[0] = 0;
}

static void tell_phase(struct watcher *w, const struct cot_cycle *c, enum cot_err err)
{
	const struct clause clause = clause_of(w->phase);
	char found[300];

	if (err != COT_OK)
		put_outcome(found, sizeof(found), err, "");
	else
		put_found(w, c, found, sizeof(found));
	line(w, clause.number, w->name[0] ? w->name : clause.what, found);
	w->name[0] = 0;
}

/* What is held of all repositories is looked at in one phase, and last of all whether
 * they share a key: that is the last one's fault, each by itself is good. */
static void tell_held(struct watcher *w, const struct cot_cycle *c, enum cot_err err)
{
	uint8_t count = (uint8_t)c->config->repo_count;
	uint8_t last = err == COT_OK || err == COT_E_KEY_SHARED ? (uint8_t)(count - 1) : c->repo;

	for (w->repo = 0; w->repo < last; w->repo++)
		tell_phase(w, c, COT_OK);
	tell_phase(w, c, err);
}

static void leave_phase(struct watcher *w, const struct cot_cycle *c)
{
	enum cot_err err = c->phase == COT_PHASE_OVER ? cot_cycle_verdict(c)->err : COT_OK;

	if (w->phase == COT_PHASE_HELD)
		tell_held(w, c, err);
	else
		tell_phase(w, c, err);
}

/* Called before each step of the cycle and after the last one. */
static void watch(void *arg, const struct cot_cycle *c, const struct cot_need *need)
{
	struct watcher *w = arg;

	if (c->phase != w->phase) {
		leave_phase(w, c);
		w->phase = c->phase;
	} else if (c->phase == COT_PHASE_ROOT && need->kind == COT_NEED_COMMIT) {
		tell_root_step(w, c);
	}
	if (c->phase != COT_PHASE_OVER)
		w->repo = c->repo;
	if (need->kind == COT_NEED_FILE)
		memcpy(w->name, need->name, sizeof(w->name));
}

/* ---- what is trusted at the start ----------------------------------------------------------- */

struct subject {
	struct client client;
	struct doc record_doc;
	struct cot_provision record;
	char vehicle[COT_MAX_ID + 1];
};

static enum cot_err ecus_from_record(struct subject *s)
{
	struct client *c = &s->client;
	struct cot_provision_ecu ecu;
	struct cot_json_iter it;
	enum cot_err err = cot_json_array(s->record.ecus, &it);

	while (err == COT_OK && cot_provision_next_ecu(&it, &ecu)) {
		if (c->ecu_count == CLIENT_ECUS)
			return COT_E_LIMIT;
		c->ecus[c->ecu_count].serial = ecu.serial;
		c->ecus[c->ecu_count].hardware_id = ecu.hardware_id;
		c->ecus[c->ecu_count].counter = ecu.counter;
		c->ecus[c->ecu_count++].installed = ecu.image.hashes;
	}
	return err;
}

static enum cot_err judge_record(struct subject *s)
{
	struct cot_slice canon = s->record_doc.owned.doc.canon;
	struct cot_root root;
	enum cot_err err = cot_provision_parse(canon, &s->record);

	if (err == COT_OK)
		err = cot_provision_root(&s->record, 0, &cot_policy_uptane, &cot_crypto_full, &root);
	if (err == COT_OK)
		err = cot_provision_check_signed(canon, &root, &cot_crypto_full);
	return err;
}

static enum cot_err start_from_record(struct tool *t, struct subject *s, const char *path)
{
	enum cot_err err = doc_load(t, path, COT_MAX_TARGETS, &s->record_doc);

	if (err != COT_OK)
		return err;
	err = judge_record(s);
	if (err == COT_OK)
		err = ecus_from_record(s);
	if (err != COT_OK)
		return tool_fail(t, err, "%s", path);
	memcpy(s->vehicle, s->record.vehicle.ptr, s->record.vehicle.len);
	s->client.whole_vehicle = s->record.primary;
	return client_start_record(&s->client, &s->record);
}

/* SERIAL=HARDWARE-ID: an ECU of unknown past, so every counter is a first one. */
static enum cot_err ecus_from_options(struct tool *t, struct subject *s)
{
	struct client *c = &s->client;
	const char *text;

	while ((text = args_nth(&t->args, "ecu", c->ecu_count)) != NULL) {
		size_t len = strcspn(text, "=");

		if (text[len] == 0 || cot_name_check_id(cot_slice(text, len)) != COT_OK ||
		    cot_name_check_id(cot_slice_str(text + len + 1)) != COT_OK) {
			tool_hint(t, "write SERIAL=HARDWARE-ID");
			return tool_fail(t, COT_E_NAME, "--ecu %.100s", text);
		}
		if (c->ecu_count == CLIENT_ECUS)
			return tool_fail(t, COT_E_LIMIT, "--ecu");
		c->ecus[c->ecu_count].serial = cot_slice(text, len);
		c->ecus[c->ecu_count++].hardware_id = cot_slice_str(text + len + 1);
	}
	c->whole_vehicle = c->ecu_count > 0;
	return COT_OK;
}

/* Nobody said which ECUs there are, so those that are ordered for have to do:
 * for a client without ECUs nothing is to be installed, and it would not look at
 * the images' metadata at all. */
static enum cot_err meet_ecus(struct subject *s, const char *const root[COT_MAX_REPOS])
{
	struct client *c = &s->client;

	(void)client_run(c);
	client_learn_ecus(c);
	memset(&c->trust, 0, sizeof(c->trust));
	memset(&c->held, 0, sizeof(c->held));
	return client_start(c, root);
}

static enum cot_err start_from_roots(struct tool *t, struct subject *s)
{
	const char *root[COT_MAX_REPOS], *vehicle;
	enum cot_err err = COT_OK;

	if (!args_has(&t->args, "root-director"))
		tool_hint(t, "or --provision FILE: a client trusts what it was born with");
	err = tool_need(t, "root-director", &root[0]);
	if (err == COT_OK)
		err = tool_need(t, "root-image", &root[1]);
	if (err == COT_OK)
		err = tool_need(t, "vehicle", &vehicle);
	if (err == COT_OK && cot_name_check_id(cot_slice_str(vehicle)) != COT_OK)
		err = tool_fail(t, COT_E_NAME, "--vehicle %.80s", vehicle);
	if (err == COT_OK)
		err = ecus_from_options(t, s);
	if (err != COT_OK)
		return err;
	memcpy(s->vehicle, vehicle, strlen(vehicle));
	err = client_start(&s->client, root);
	return err == COT_OK && s->client.ecu_count == 0 ? meet_ecus(s, root) : err;
}

static enum cot_err start(struct tool *t, struct subject *s)
{
	const char *record = args_get(&t->args, "provision"), *dir;
	enum cot_err err = tool_need(t, "director", &dir);

	s->client.t = t;
	s->client.now_s = t->now_s;
	s->client.vehicle = s->vehicle;
	s->client.dir[0][0] = dir;
	s->client.dir[1][0] = args_get(&t->args, "image");
	if (err == COT_OK && record == NULL)
		err = tool_need(t, "image", &dir);
	if (err != COT_OK)
		return err;
	if (record == NULL)
		return start_from_roots(t, s);
	err = start_from_record(t, s, record);
	return err == COT_OK && s->record.roles[1] != 0 ? tool_need(t, "image", &dir) : err;
}

/* ---- the images themselves -------------------------------------------------------------------- */

static enum cot_err check_image_file(const struct client *c, const struct cot_order *order)
{
	const struct cot_image *image = &order->target.image;
	char hex[2 * COT_SHA256_LEN], name[COT_MAX_NAME + 2 * COT_SHA256_LEN + 2];
	char path[TOOL_PATH];
	const char *dir = args_get(&c->t->args, "targets");
	struct tool quiet = *c->t;
	uint8_t *bytes;
	size_t len = 0;
	enum cot_err err;

	cot_hex_encode(cot_slice(image->hashes.sha256, COT_SHA256_LEN), hex);
	err = cot_name_published(order->target.name, cot_slice(hex, sizeof(hex)), name,
	                         sizeof(name), &len);
	if (err != COT_OK)
		return err;
	if (dir != NULL)
		tool_path(path, "%s/%.*s", dir, (int)len, name);
	else
		tool_path(path, "%s/targets/%.*s", c->dir[1][0], (int)len, name);
	if (!tool_exists(path))
		return COT_E_ABSENT;
	quiet.told = true; /* the caller says which order it was */
	err = tool_read(&quiet, path, (size_t)image->length, &bytes, &len);
	if (err != COT_OK)
		return err;
	err = len < image->length ? COT_E_LENGTH_MISMATCH
	      : cot_hashes_check(&image->hashes, &cot_crypto_full, cot_slice(bytes, len));
	free(bytes);
	return err;
}

/* What a device would download next, each once. */
static enum cot_err check_images(struct watcher *w, const struct client *c)
{
	struct cot_targets orders;
	struct cot_order_iter it;
	struct cot_order order;
	char what[COT_MAX_ID + 16], found[COT_MAX_NAME + 300];
	int len;
	enum cot_err err = cot_cycle_orders(&c->cycle, &orders);

	if (err == COT_E_NOT_FOUND)
		return COT_OK;
	if (err == COT_OK)
		err = cot_orders_begin(&orders, &it);
	w->repo = 1;
	while (err == COT_OK && (err = cot_orders_next(&it, &order)) == COT_OK) {
		err = check_image_file(c, &order);
		snprintf(what, sizeof(what), "for %.*s", (int)order.ecu.len,
		         (const char *)order.ecu.ptr);
		len = snprintf(found, sizeof(found), "%.*s: %llu bytes, ", (int)order.target.name.len,
		               (const char *)order.target.name.ptr,
		               (unsigned long long)order.target.image.length);
		put_outcome(found + len, sizeof(found) - (size_t)len, err, "the hashes fit");
		line(w, "5.4.3.3", what, found);
	}
	return err == COT_E_NOT_FOUND ? COT_OK : err;
}

/* ---- the command ------------------------------------------------------------------------------- */

static enum cot_err conclude(struct tool *t, const struct watcher *w, enum cot_err err,
                             const struct cot_verdict *v)
{
	if (t->json) {
		json_t *all = json_pack("{s:O,s:s,s:s}", "checks", w->lines, "verdict",
		                        cot_err_word(err), "repository", repo_name(v->repo));

		json_dumpf(all, stdout, JSON_COMPACT | JSON_SORT_KEYS);
		putchar('\n');
		json_decref(all);
	} else {
		printf("verdict: %s\n", cot_err_word(err));
	}
	if (err == COT_OK)
		return COT_OK;
	if (v->err != COT_OK)
		return tool_fail(t, err, "%s/%s", repo_name(v->repo), cot_role_name(v->role));
	return tool_fail(t, err, "an image in %s", args_get(&t->args, "image"));
}

static enum cot_err run(struct tool *t)
{
	struct watcher w = { .t = t, .explain = args_has(&t->args, "explain") };
	struct subject *s = calloc(1, sizeof(*s));
	struct cot_verdict v;
	enum cot_err err;

	if (s == NULL)
		return tool_fail(t, COT_E_MEMORY, "verify");
	w.lines = json_array();
	err = start(t, s);
	if (err == COT_OK) {
		s->client.watch = watch;
		s->client.arg = &w;
		v = client_run(&s->client);
		err = v.err;
		if (err != COT_OK)
			v.repo = w.repo; /* where it was told */
		if (err == COT_OK && s->client.dir[1][0] != NULL &&
		    !args_has(&t->args, "metadata-only"))
			err = check_images(&w, &s->client);
		err = conclude(t, &w, err, &v);
	}
	json_decref(w.lines);
	client_free(&s->client);
	doc_free(&s->record_doc);
	free(s);
	return err;
}

static const struct option_row options[] = {
	{ "director", 0, "DIR", false, "published metadata of the Director for one vehicle" },
	{ "image", 0, "DIR", false, "published Image repository" },
	{ "targets", 0, "DIR", false, "the images, if not below the Image repository's targets/" },
	{ "provision", 'p', "FILE", false, "record of the device that is to be played" },
	{ "root-director", 0, "FILE", false, "or: the first trusted Director Root," },
	{ "root-image", 0, "FILE", false, "the first trusted Image Root," },
	{ "vehicle", 0, "ID", false, "the vehicle," },
	{ "ecu", 'e', "SERIAL=HARDWARE", true, "and its ECUs (default: whatever is ordered for)" },
	{ "explain", 0, NULL, false, "print each clause as it is checked" },
	{ "metadata-only", 0, NULL, false, "do not look at the images themselves" },
	TOOL_END
};

const struct command cmd_verify = {
	"verify", "--director DIR --image DIR --provision FILE [--explain]",
	"Verify published trees as a client would, without installing",
	"Runs the update cycle of the devices over files. With a secondary's record only\n"
	"the Director's tree is looked at, as that device does. The time is --now, or the\n"
	"clock's: there is no time source offline, and nothing that this command finds\n"
	"ever makes a device believe it. The last line is the verdict, the exit status\n"
	"that of its word (10 refused, 11 expired, 12 rollback, 13 disagreement).",
	0, 0, options, run
};
