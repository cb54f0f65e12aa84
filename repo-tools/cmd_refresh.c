/* SPDX-License-Identifier: Apache-2.0
 *
 * cotter refresh, cotter status: the chain from Targets up to Timestamp.
 *
 * Each file lists the next one as served, signatures and all, so they are made
 * from below and each is signed completely before the next is begun.
 */
#include "metadata/utc.h"
#include "repo-tools/words.h"

#include <string.h>

#define KEYS_MAX 16

struct refresh {
	struct place place;
	struct doc root_doc;
	struct cot_root root;
	struct cot_signer *key[KEYS_MAX];
	bool listed[KEYS_MAX]; /* for any role, needed today or not */
	size_t keys;
};

/* Signs with each of the given keys that the role lists. */
static enum cot_err sign_all(struct tool *t, struct refresh *r, enum cot_role role,
                             struct doc *d)
{
	size_t i;

	for (i = 0; i < r->keys; i++) {
		enum cot_err err;

		if (!key_listed(&r->root, role, r->key[i]))
			continue;
		err = doc_sign(t, d, r->key[i]);
		if (err != COT_OK)
			return err;
	}
	return COT_OK;
}

static enum cot_err complete(struct tool *t, struct refresh *r, enum cot_role role,
                             struct doc *d)
{
	static char hint[256];
	struct tally tally;
	enum cot_err err = sign_all(t, r, role, d);

	if (err != COT_OK)
		return err;
	tally = doc_tally(d, &r->root, role);
	printf("%-28s version %u, %u of %u signatures\n", place_role(&r->place, role),
	       doc_version(d), tally.have, tally.need);
	if (tally.err == COT_OK)
		return COT_OK;
	snprintf(hint, sizeof(hint), "`cotter sign %s --key FILE`, then `cotter refresh %s` again",
	         place_role(&r->place, role), place_name(&r->place));
	tool_hint(t, hint);
	return tool_fail(t, tally.err, "%s has %u of %u signatures", place_role(&r->place, role),
	                 tally.have, tally.need);
}

/* Is less than a quarter of a role's usual life left? */
static bool ageing(struct tool *t, const struct doc *d, enum cot_role role)
{
	const char *text = json_string_value(json_object_get(doc_signed(d), "expires"));
	int64_t when = 0;

	if (text == NULL || cot_utc_parse(cot_slice_str(text), &when) != COT_OK)
		return true;
	return when < t->now_s + (int64_t)role_days(role) * TOOL_DAY / 4;
}

static bool is_staged(struct tool *t, const struct place *p, enum cot_role role)
{
	char path[TOOL_PATH];

	place_staged(t, p, role, path);
	return tool_exists(path);
}

/* Targets: as staged, as published, or, where the published ones can no longer
 * be used, the same again under the next version. */
static enum cot_err take_targets(struct tool *t, struct refresh *r, struct doc *ret)
{
	int64_t expires_s;
	json_t *body;
	enum cot_err err = doc_current(t, &r->place, COT_ROLE_TARGETS, ret);

	if (err == COT_E_NO_INPUT && !t->told) {
		tool_hint(t, "`cotter vehicle add` and `cotter init` make the first ones");
		return tool_fail(t, err, "%s", place_role(&r->place, COT_ROLE_TARGETS));
	}
	if (err != COT_OK)
		return err;
	if (is_staged(t, &r->place, COT_ROLE_TARGETS))
		return complete(t, r, COT_ROLE_TARGETS, ret);
	if (doc_tally(ret, &r->root, COT_ROLE_TARGETS).err == COT_OK &&
	    !ageing(t, ret, COT_ROLE_TARGETS))
		return COT_OK;
	doc_free(ret);
	err = tool_expires(t, role_days(COT_ROLE_TARGETS), &expires_s);
	if (err == COT_OK)
		err = draft_open(t, &r->place, COT_ROLE_TARGETS, expires_s, &body);
	if (err != COT_OK)
		return err;
	err = draft_save(t, &r->place, COT_ROLE_TARGETS, body);
	json_decref(body);
	if (err == COT_OK)
		err = doc_current(t, &r->place, COT_ROLE_TARGETS, ret);
	return err == COT_OK ? complete(t, r, COT_ROLE_TARGETS, ret) : err;
}

static json_t *build_parent(struct tool *t, struct refresh *r, enum cot_role role,
                            const struct doc *child)
{
	struct cot_build_head head = {
		place_next(t, &r->place, role), 0, place_repository(&r->place),
		r->place.vehicle[0] ? r->place.vehicle : NULL
	};
	struct cot_build_child listed = { .version = doc_version(child) };

	if (tool_expires(t, role_days(role), &head.expires_s) != COT_OK)
		return NULL;
	cot_build_file_of(cot_slice(child->bytes, child->len), &cot_crypto_full, &listed.file);
	return role == COT_ROLE_SNAPSHOT ? cot_build_snapshot(&head, &listed)
	       : cot_build_timestamp(&head, &listed);
}

static bool lists_same(const struct doc *d, json_t *fresh)
{
	return json_equal(json_object_get(doc_signed(d), "meta"), json_object_get(fresh, "meta"));
}

/* Can what is there stay as it is?  A Timestamp is always made anew, unless its
 * draft only waits for signatures. */
static bool can_stay(struct tool *t, struct refresh *r, enum cot_role role, json_t *fresh)
{
	struct doc d;
	bool staged = is_staged(t, &r->place, role), stay;

	if (role == COT_ROLE_TIMESTAMP && !staged)
		return false;
	if (doc_current(t, &r->place, role, &d) != COT_OK)
		return false;
	stay = lists_same(&d, fresh) && !ageing(t, &d, role) &&
	       (staged || doc_tally(&d, &r->root, role).err == COT_OK);
	doc_free(&d);
	return stay;
}

static enum cot_err make_parent(struct tool *t, struct refresh *r, enum cot_role role,
                                const struct doc *child, struct doc *ret)
{
	json_t *fresh = build_parent(t, r, role, child);
	enum cot_err err = COT_OK;

	memset(ret, 0, sizeof(*ret));
	if (fresh == NULL)
		return t->told ? COT_E_USAGE : COT_E_MEMORY;
	if (!can_stay(t, r, role, fresh))
		err = draft_save(t, &r->place, role, fresh);
	json_decref(fresh);
	if (err == COT_OK)
		err = doc_current(t, &r->place, role, ret);
	if (err == COT_OK && is_staged(t, &r->place, role))
		err = complete(t, r, role, ret);
	return err;
}

static void note_listed(struct refresh *r)
{
	size_t i;
	int role;

	for (i = 0; i < r->keys; i++) {
		for (role = COT_ROLE_TIMESTAMP; role < COT_ROLE_COUNT; role++)
			r->listed[i] |= key_listed(&r->root, (enum cot_role)role, r->key[i]);
	}
}

static enum cot_err refresh_place(struct tool *t, struct refresh *r)
{
	struct doc targets = { 0 }, snapshot = { 0 }, timestamp = { 0 };
	enum cot_err err = root_current(t, &r->place, &r->root_doc, &r->root);

	if (err == COT_OK)
		note_listed(r);
	if (err == COT_OK)
		err = take_targets(t, r, &targets);
	if (err == COT_OK)
		err = make_parent(t, r, COT_ROLE_SNAPSHOT, &targets, &snapshot);
	if (err == COT_OK)
		err = make_parent(t, r, COT_ROLE_TIMESTAMP, &snapshot, &timestamp);
	doc_free(&targets);
	doc_free(&snapshot);
	doc_free(&timestamp);
	doc_free(&r->root_doc);
	return err;
}

static enum cot_err refresh_vehicles(struct tool *t, struct refresh *r)
{
	char **list;
	size_t count, i;
	enum cot_err err = vehicles(t, &list, &count);

	if (err == COT_OK && count == 0) {
		tool_hint(t, "`cotter vehicle add` registers one");
		err = tool_fail(t, COT_E_NOT_FOUND, "no vehicle in %s", t->dir);
	}
	for (i = 0; err == COT_OK && i < count; i++) {
		snprintf(r->place.vehicle, sizeof(r->place.vehicle), "%.64s", list[i]);
		err = refresh_place(t, r);
	}
	vehicles_free(list, count);
	return err;
}

static enum cot_err open_keys(struct tool *t, struct refresh *r)
{
	const char *uri;
	enum cot_err err = COT_OK;

	while (err == COT_OK && (uri = args_nth(&t->args, "key", r->keys)) != NULL) {
		if (r->keys == KEYS_MAX)
			return tool_fail(t, COT_E_LIMIT, "--key %s", uri);
		err = tool_signer(t, uri, &r->key[r->keys]);
		if (err == COT_OK)
			r->keys++;
	}
	return err;
}

static enum cot_err check_listed(struct tool *t, const struct refresh *r)
{
	size_t i;

	for (i = 0; i < r->keys; i++) {
		if (!r->listed[i])
			return tool_fail(t, COT_E_KEY_NOT_LISTED, "%s for any file of %s",
			                 args_nth(&t->args, "key", i), place_repository(&r->place));
	}
	return COT_OK;
}

static enum cot_err run_refresh(struct tool *t)
{
	struct refresh r = { 0 };
	enum cot_role role;
	bool whole;
	enum cot_err err;

	if (place_parse(t->args.pos[0], &r.place, &role) != COT_OK || role != COT_ROLE_COUNT) {
		tool_hint(t, "say image, director or director/VEHICLE");
		return tool_fail(t, COT_E_USAGE, "%.60s", t->args.pos[0]);
	}
	whole = r.place.director && !r.place.vehicle[0];
	err = open_keys(t, &r);
	if (err == COT_OK)
		err = whole ? refresh_vehicles(t, &r) : refresh_place(t, &r);
	if (err == COT_OK)
		err = check_listed(t, &r);
	if (err == COT_OK)
		tool_next(t, "cotter publish FOLDER");
	while (r.keys > 0)
		cot_signer_close(r.key[--r.keys]);
	return err;
}

/* ---- status ------------------------------------------------------------------------- */

static void status_row(struct tool *t, const struct place *p, const struct cot_root *root,
                       enum cot_role role)
{
	struct doc d;
	struct tally tally;
	const char *text;
	char away[40] = "?";
	int64_t when;

	if (doc_current(t, p, role, &d) != COT_OK) {
		printf("%-28s -\n", place_role(p, role));
		return;
	}
	tally = doc_tally(&d, root, role);
	text = json_string_value(json_object_get(doc_signed(&d), "expires"));
	if (text != NULL && cot_utc_parse(cot_slice_str(text), &when) == COT_OK)
		words_until(when, t->now_s, away, sizeof(away));
	printf("%-28s %7u  %-9s %u of %u %-10s expires %s\n", place_role(p, role),
	       doc_version(&d), is_staged(t, p, role) ? "draft" : "published", tally.have,
	       tally.need, tally.err == COT_OK ? "" : "NOT ENOUGH", away);
	doc_free(&d);
}

/* roles: COT_ROLE_COUNT for all, 1 for Root alone. */
static enum cot_err status_place(struct tool *t, const struct place *p, bool with_root,
                                 int roles)
{
	struct doc root_doc;
	struct cot_root root;
	int role;
	enum cot_err err = root_current(t, p, &root_doc, &root);

	if (err != COT_OK)
		return err;
	for (role = with_root ? 0 : 1; role < roles; role++)
		status_row(t, p, &root, (enum cot_role)role);
	doc_free(&root_doc);
	return COT_OK;
}

static enum cot_err run_status(struct tool *t)
{
	struct place p = { 0 };
	char **list;
	size_t count, i;
	enum cot_err err = status_place(t, &p, true, COT_ROLE_COUNT);

	if (err == COT_OK)
		err = vehicles(t, &list, &count);
	if (err != COT_OK)
		return err;
	p.director = true;
	if (count == 0)
		err = status_place(t, &p, true, 1);
	for (i = 0; err == COT_OK && i < count; i++) {
		snprintf(p.vehicle, sizeof(p.vehicle), "%.64s", list[i]);
		err = status_place(t, &p, i == 0, COT_ROLE_COUNT);
	}
	vehicles_free(list, count);
	return err;
}

static const struct option_row options[] = {
	{ "key", 'k', "KEY", true, "secret key that signs whatever Root lists it for" },
	TOOL_EXPIRES_OPTIONS,
	TOOL_END
};

const struct command cmd_refresh = {
	"refresh", "image|director|director/VEHICLE [--key KEY]...",
	"Make the next Snapshot and Timestamp, and Targets where they need it",
	"Begins with Targets: signs the draft, or makes the same again if the published\n"
	"ones expire soon or lost their signatures by a new Root. Then Snapshot, if it\n"
	"has to change, then Timestamp. Each given key signs every file Root lists it\n"
	"for. Stops where signatures are missing; sign, then refresh again.",
	1, 1, options, run_refresh
};
const struct command cmd_status = {
	"status", "", "Show versions, signatures and expiry of everything in the folder", NULL,
	0, 0, NULL, run_status
};
