/* SPDX-License-Identifier: Apache-2.0
 *
 * cotter publish: what is staged goes out, after clients have looked at it.
 */
#include "metadata/check.h"
#include "metadata/utc.h"
#include "repo-tools/client.h"
#include "repo-tools/publish.h"

#include <stdlib.h>
#include <string.h>

/* ---- one place by itself, in the words of the working folder ------------------------- */

static enum cot_err check_one(struct tool *t, const struct place *place,
                              const struct cot_root *root, enum cot_role role, struct doc *ret)
{
	static char hint[160];
	struct cot_head head;
	struct tally tally;
	enum cot_err err = doc_current(t, place, role, ret);

	if (err == COT_OK)
		err = cot_head_parse(ret->env.body, role, &head);
	if (err != COT_OK)
		return tool_fail(t, err, "%s", place_role(place, role));
	tally = doc_tally(ret, root, role);
	if (tally.err != COT_OK) {
		snprintf(hint, sizeof(hint), "`cotter sign %s --key FILE`, then `cotter refresh %s`",
		         place_role(place, role), place_name(place));
		tool_hint(t, hint);
		return tool_fail(t, tally.err, "%s has %u of %u signatures", place_role(place, role),
		                 tally.have, tally.need);
	}
	if (ret->path[0] && strstr(ret->path, "/staged/") != NULL &&
	    head.version <= place_newest(t, place, role))
		err = COT_E_ROLLBACK;
	else
		err = cot_check_fresh(&head, t->now_s);
	return err == COT_OK ? COT_OK : tool_fail(t, err, "%s version %u", place_role(place, role),
	                                          head.version);
}

/* Does parent list exactly this child? */
static enum cot_err check_link(struct tool *t, const struct place *place,
                               const struct doc *parent, const char *name,
                               const struct doc *child)
{
	static char hint[160];
	const json_t *entry = json_object_get(
		json_object_get(doc_signed(parent), "meta"), name);
	struct cot_build_file file;
	json_t *hashes;
	bool same;

	cot_build_file_of(cot_slice(child->bytes, child->len), &cot_crypto_full, &file);
	hashes = cot_build_hashes(&file.hashes);
	same = json_equal(json_object_get(entry, "hashes"), hashes) &&
	       json_integer_value(json_object_get(entry, "version")) == (json_int_t)doc_version(child);
	json_decref(hashes);
	if (same)
		return COT_OK;
	snprintf(hint, sizeof(hint), "`cotter refresh %s --key FILE...` lists it", place_name(place));
	tool_hint(t, hint);
	return tool_fail(t, COT_E_MIX_AND_MATCH, "%s of %s", name, place_name(place));
}

static enum cot_err check_root(struct tool *t, const struct place *place,
                               const struct doc *doc, const struct cot_root *root)
{
	struct tally own = doc_tally(doc, root, COT_ROLE_ROOT), old;
	struct doc before;
	struct cot_root parsed;
	enum cot_err err;

	if (own.err != COT_OK)
		return tool_fail(t, COT_E_ROOT_SIG_NEW, "%s has %u of %u signatures of its own keys",
		                 place_role(place, COT_ROLE_ROOT), own.have, own.need);
	if (strstr(doc->path, "/staged/") == NULL ||
	    doc_published(t, place, COT_ROLE_ROOT, &before) != COT_OK)
		return t->told ? COT_E_IO : COT_OK;
	err = cot_root_parse(before.env.body, &cot_policy_uptane, &cot_crypto_full, &parsed);
	old = doc_tally(doc, &parsed, COT_ROLE_ROOT);
	if (err == COT_OK && doc_version(doc) != doc_version(&before) + 1)
		err = tool_fail(t, COT_E_VERSION_SKIP, "%s", place_role(place, COT_ROLE_ROOT));
	else if (err == COT_OK && old.err != COT_OK)
		err = tool_fail(t, COT_E_ROOT_SIG_OLD, "%s has %u of %u signatures of Root %u's keys",
		                place_role(place, COT_ROLE_ROOT), old.have, old.need,
		                doc_version(&before));
	doc_free(&before);
	return err;
}

enum cot_err publish_check_place(struct tool *t, const struct place *place)
{
	struct doc root_doc = { 0 }, targets = { 0 }, snapshot = { 0 }, timestamp = { 0 };
	struct cot_root root;
	enum cot_err err = root_current(t, place, &root_doc, &root);

	if (err == COT_OK)
		err = check_root(t, place, &root_doc, &root);
	if (err == COT_OK)
		err = check_one(t, place, &root, COT_ROLE_TARGETS, &targets);
	if (err == COT_OK)
		err = check_one(t, place, &root, COT_ROLE_SNAPSHOT, &snapshot);
	if (err == COT_OK)
		err = check_one(t, place, &root, COT_ROLE_TIMESTAMP, &timestamp);
	if (err == COT_OK)
		err = check_link(t, place, &snapshot, "targets.json", &targets);
	if (err == COT_OK)
		err = check_link(t, place, &timestamp, "snapshot.json", &snapshot);
	doc_free(&root_doc);
	doc_free(&targets);
	doc_free(&snapshot);
	doc_free(&timestamp);
	return err;
}

/* ---- clients -------------------------------------------------------------------------- */

struct trial {
	struct publication *p;
	const char *vehicle;
	char now[COT_MAX_REPOS][TOOL_PATH]; /* as published now */
	char new[COT_MAX_REPOS][TOOL_PATH]; /* what would be new */
	json_t *tree;                       /* vehicle.json */
};

/* The vehicle's ECUs; what they run is not known here. */
static void take_ecus(struct client *c, json_t *tree)
{
	const char *serial;
	json_t *value;

	c->whole_vehicle = true;
	json_object_foreach(json_object_get(tree, "ecus"), serial, value) {
		struct cot_ecu *ecu = &c->ecus[c->ecu_count];

		if (c->ecu_count == CLIENT_ECUS)
			return;
		memset(ecu, 0, sizeof(*ecu));
		ecu->serial = cot_slice_str(serial);
		ecu->hardware_id = cot_slice_str(
			json_string_value(json_object_get(value, "hardwareId")));
		c->ecu_count++;
	}
}

static enum cot_err judge(const struct trial *trial, struct client *c, const char *who)
{
	struct cot_verdict v = client_run(c);

	if (v.err == COT_OK)
		return COT_OK;
	return tool_fail(c->t, v.err, "%s of vehicle %s refuses %s/%s", who, trial->vehicle,
	                 v.repo == 0 ? "director" : "image", cot_role_name(v.role));
}

static void client_of(const struct trial *trial, struct client *c)
{
	size_t i;

	memset(c, 0, sizeof(*c));
	c->t = trial->p->t;
	c->vehicle = trial->vehicle;
	c->now_s = trial->p->t->now_s;
	for (i = 0; i < COT_MAX_REPOS; i++) {
		c->dir[i][0] = trial->new[i];
		c->dir[i][1] = trial->now[i];
	}
	take_ecus(c, trial->tree);
}

/* What the new tree orders, so that no counter seems to jump from nothing. */
static enum cot_err learn_new(struct client *c, const struct place *place, struct doc *ret)
{
	enum cot_err err = doc_current(c->t, place, COT_ROLE_TARGETS, ret);

	if (err != COT_OK)
		return tool_fail(c->t, err, "%s", place_role(place, COT_ROLE_TARGETS));
	client_learn_ecus_from(c, ret->owned.doc.canon);
	return COT_OK;
}

static enum cot_err try_newcomer(const struct trial *trial, const struct place *place)
{
	struct client c;
	struct doc targets = { 0 };
	enum cot_err err;

	client_of(trial, &c);
	err = learn_new(&c, place, &targets);
	if (err == COT_OK)
		err = client_start(&c, NULL);
	if (err == COT_OK)
		err = judge(trial, &c, "a new gateway");
	client_free(&c);
	doc_free(&targets);
	return err;
}

static void earliest(const char *path, int64_t *when)
{
	json_error_t e;
	json_t *tree = json_load_file(path, 0, &e);
	const char *text = json_string_value(
		json_object_get(json_object_get(tree, "signed"), "expires"));
	int64_t s;

	if (text != NULL && cot_utc_parse(cot_slice_str(text), &s) == COT_OK && s - 1 < *when)
		*when = s - 1;
	json_decref(tree);
}

/* A time at which what is published now was good, if ever: what it grew to be
 * trusted at counts, however long ago. */
static int64_t good_time(const struct trial *trial, const struct place *place)
{
	static const struct place image = { false, "" };
	const struct place *places[] = { place, &image };
	struct tool *t = trial->p->t;
	int64_t when = t->now_s;
	char path[TOOL_PATH];
	size_t i;
	int role;

	for (i = 0; i < 2; i++) {
		for (role = 0; role < COT_ROLE_COUNT; role++) {
			place_published(t, places[i], (enum cot_role)role,
			                place_newest(t, places[i], (enum cot_role)role), path);
			earliest(path, &when);
		}
	}
	return when;
}

/* A client that has followed so far: no version and no counter may fall. */
static enum cot_err try_follower(const struct trial *trial, const struct place *place)
{
	struct client c;
	struct doc new_targets = { 0 }, old_targets = { 0 };
	struct cot_verdict v;
	char path[TOOL_PATH];
	enum cot_err err;

	tool_path(path, "%s/timestamp.json", trial->now[0]);
	if (!tool_exists(path))
		return COT_OK;
	client_of(trial, &c);
	c.dir[0][0] = c.dir[1][0] = NULL;
	c.now_s = good_time(trial, place);
	err = learn_new(&c, place, &new_targets);
	/* Then by what it was ordered before: below that no counter may fall. */
	if (err == COT_OK && doc_published(c.t, place, COT_ROLE_TARGETS, &old_targets) == COT_OK)
		client_learn_ecus_from(&c, old_targets.owned.doc.canon);
	if (err == COT_OK)
		err = client_start(&c, NULL);
	v = (struct cot_verdict){ .err = COT_OK };
	if (err == COT_OK) {
		c.whole_vehicle = false;
		v = client_run(&c);
	}
	if (v.err != COT_OK) {
		tool_hint(c.t, "look at that folder; --force publishes over it");
		err = c.t->force ? COT_OK
		      : tool_fail(c.t, v.err, "what is published in %s now does not verify (%s/%s)",
		                  trial->p->out, v.repo == 0 ? "director" : "image",
		                  cot_role_name(v.role));
	} else if (err == COT_OK) {
		c.dir[0][0] = trial->new[0];
		c.dir[1][0] = trial->new[1];
		c.now_s = c.t->now_s;
		c.whole_vehicle = true;
		err = judge(trial, &c, "a gateway that has followed so far");
	}
	client_free(&c);
	doc_free(&new_targets);
	doc_free(&old_targets);
	return err;
}

enum cot_err publish_check_clients(struct publication *p)
{
	size_t i;
	enum cot_err err = COT_OK;

	for (i = 0; err == COT_OK && i < p->vehicles; i++) {
		struct trial trial = { .p = p, .vehicle = p->vehicle[i] };
		struct place place = { .director = true };

		snprintf(place.vehicle, sizeof(place.vehicle), "%.64s", p->vehicle[i]);
		tool_path(trial.now[0], "%s/director/%s", p->out, p->vehicle[i]);
		tool_path(trial.new[0], "%s/director/%s", p->temp, p->vehicle[i]);
		tool_path(trial.now[1], "%s/image", p->out);
		tool_path(trial.new[1], "%s/image", p->temp);
		err = vehicle_load(p->t, p->vehicle[i], &trial.tree);
		if (err == COT_OK)
			err = try_newcomer(&trial, &place);
		if (err == COT_OK)
			err = try_follower(&trial, &place);
		json_decref(trial.tree);
	}
	return err;
}

/* ---- the command ------------------------------------------------------------------------ */

static enum cot_err check_all(struct publication *p)
{
	struct place place = { false, "" };
	size_t i;
	enum cot_err err = publish_check_place(p->t, &place);

	place.director = true;
	for (i = 0; err == COT_OK && i < p->vehicles; i++) {
		snprintf(place.vehicle, sizeof(place.vehicle), "%.64s", p->vehicle[i]);
		err = publish_check_place(p->t, &place);
	}
	return err;
}

static size_t count_new(const struct publication *p)
{
	size_t i, n = 0;

	for (i = 0; i < p->files; i++)
		n += p->file[i].is_new;
	return n;
}

static void tell(struct publication *p, bool unverified)
{
	size_t i;

	for (i = 0; i < p->files; i++) {
		if (p->file[i].is_new)
			printf("published %s/%s\n", p->out, p->file[i].name);
	}
	if (unverified)
		printf("NOT verified: clients may refuse this\n");
	else if (p->vehicles > 0)
		printf("verified as a new gateway and one that has followed see it: %zu vehicle%s\n",
		       p->vehicles, p->vehicles == 1 ? "" : "s");
}

/* Only the named vehicles, if any are: one that is late must not hold up a fleet. */
static enum cot_err select_vehicles(struct publication *p)
{
	const struct args *args = &p->t->args;
	size_t i, j, kept = 0;

	for (i = 1; i < args->pos_count; i++) {
		for (j = kept; j < p->vehicles; j++) {
			if (strcmp(p->vehicle[j], args->pos[i]) == 0)
				break;
		}
		if (j == p->vehicles) {
			tool_hint(p->t, "`cotter vehicle list` shows the vehicles");
			return tool_fail(p->t, COT_E_NOT_FOUND, "vehicle %.80s", args->pos[i]);
		}
		char *named = p->vehicle[j];

		p->vehicle[j] = p->vehicle[kept];
		p->vehicle[kept++] = named;
	}
	while (args->pos_count > 1 && p->vehicles > kept)
		free(p->vehicle[--p->vehicles]);
	return COT_OK;
}

static enum cot_err run(struct tool *t)
{
	struct publication p = { .t = t, .out = t->args.pos[0] };
	bool unverified = args_has(&t->args, "unverified");
	enum cot_err err = vehicles(t, &p.vehicle, &p.vehicles);

	if (err == COT_OK)
		err = select_vehicles(&p);

	if (err == COT_OK && !unverified)
		err = check_all(&p);
	if (err == COT_OK)
		err = publish_collect(&p);
	if (err == COT_OK && count_new(&p) == 0) {
		/* Also what a publication that was interrupted at its end left to do: its
		 * drafts are out, and must not be handed out a second time. */
		err = publish_history(&p);
		if (err == COT_OK) {
			printf("nothing to publish: %s has everything already\n", p.out);
			t->status = COT_EXIT_NOTHING;
		}
		publish_free(&p);
		return err;
	}
	if (err == COT_OK)
		err = publish_write(&p);
	if (err == COT_OK && !unverified)
		err = publish_check_clients(&p);
	if (err == COT_OK)
		err = publish_switch(&p);
	if (err == COT_OK)
		err = publish_history(&p);
	if (err == COT_OK) {
		tell(&p, unverified);
		tool_next(t, "serve %s with any web server; cotter verify --help", p.out);
	}
	publish_free(&p);
	return err;
}

static const struct option_row options[] = {
	{ "unverified", 0, NULL, false, "skip verification: to see clients refuse it" },
	TOOL_END
};

const struct command cmd_publish = {
	"publish", "FOLDER [VEHICLE]...", "Publish what is staged, after verifying it as clients would",
	"FOLDER becomes FOLDER/image and FOLDER/director/VEHICLE, plain files for any web\n"
	"server. Everything is written beside it first and verified with the code that\n"
	"devices run, once as a new gateway and once as one that trusts what is\n"
	"published now. Then files are renamed into place, images first and each\n"
	"timestamp.json last, so that no client sees half a publication. Drafts become\n"
	"history. A versioned file that was published is never changed. Vehicles: all, or those named.",
	1, ARGS_MAX, options, run
};
