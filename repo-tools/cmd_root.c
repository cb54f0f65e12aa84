/* SPDX-License-Identifier: Apache-2.0
 *
 * cotter root show, add-key, remove-key, threshold, renew; cotter rotate.
 *
 * All of them edit the draft of the next Root; a first edit makes one from the
 * published Root with the next version.  Each leaves custom.floors behind, so
 * that a floor which falls with a removed key does not fall to nothing.
 */
#include "keys/encode.h"
#include "keys/host/keyfile.h"
#include "keys/quorum.h"
#include "repo-tools/words.h"

#include <string.h>

enum cot_err public_read(struct tool *t, const char *file, struct cot_pubkey *ret)
{
	char path[TOOL_PATH];
	size_t len = strlen(file);
	enum cot_err err;

	tool_path(path, "%s%s", file, len > 4 && strcmp(file + len - 4, ".pub") == 0 ? "" : ".pub");
	err = cot_pubkey_read(path, ret);
	return err == COT_OK ? COT_OK : tool_fail(t, err, "%s", path);
}

enum cot_err root_add_file(struct tool *t, json_t *root, enum cot_role role, const char *file)
{
	struct cot_pubkey pub;
	enum cot_err err = public_read(t, file, &pub);

	if (err != COT_OK)
		return err;
	err = cot_build_root_add_key(root, role, &pub.key, &cot_crypto_full);
	return err == COT_OK ? COT_OK : tool_fail(t, err, "%s", file);
}

/* ---- what all edits share ---------------------------------------------------------- */

struct edit {
	struct place place;
	enum cot_role role;
	json_t *root;
};

/* The lowest version that any vehicle has published of a role: higher would
 * lock out the others, who share the Director's Root. */
static uint32_t floor_of(struct tool *t, const struct place *p, enum cot_role role)
{
	uint32_t lowest = 0, version;
	struct place v = *p;
	char **list;
	size_t count, i;

	if (!p->director)
		return place_newest(t, p, role);
	if (vehicles(t, &list, &count) != COT_OK)
		return 0;
	for (i = 0; i < count; i++) {
		snprintf(v.vehicle, sizeof(v.vehicle), "%.64s", list[i]);
		version = place_newest(t, &v, role);
		if (version > 0 && (lowest == 0 || version < lowest))
			lowest = version;
	}
	vehicles_free(list, count);
	return lowest;
}

static enum cot_err write_floors(struct tool *t, const struct edit *e)
{
	static const enum cot_role roles[] = { COT_ROLE_TIMESTAMP, COT_ROLE_SNAPSHOT,
	                                       COT_ROLE_TARGETS };
	size_t i;

	const json_t *floors = json_object_get(json_object_get(e->root, "custom"), "floors");

	for (i = 0; i < 3; i++) {
		uint32_t was = (uint32_t)json_integer_value(
			json_object_get(floors, cot_role_name(roles[i])));
		uint32_t is = floor_of(t, &e->place, roles[i]);
		enum cot_err err = cot_build_root_floor(e->root, roles[i], is > was ? is : was);

		if (err != COT_OK)
			return tool_fail(t, err, "floors of %s", place_name(&e->place));
	}
	return COT_OK;
}

static enum cot_err begin(struct tool *t, struct edit *e)
{
	const char *repository = t->args.pos[0], *role = t->args.pos_count > 1 ? t->args.pos[1] : "root";
	enum cot_role none;
	int64_t expires_s;
	enum cot_err err;

	memset(e, 0, sizeof(*e));
	if (place_parse(repository, &e->place, &none) != COT_OK || e->place.vehicle[0] ||
	    (none != COT_ROLE_COUNT && none != COT_ROLE_ROOT)) {
		tool_hint(t, "say `image` or `director`");
		return tool_fail(t, COT_E_USAGE, "repository %.40s", repository);
	}
	if (!role_parse(role, &e->role) || (e->role == COT_ROLE_TIME && !e->place.director)) {
		tool_hint(t, "roles are root, targets, snapshot, timestamp and, in the Director, time");
		return tool_fail(t, COT_E_NAME, "role %.40s", role);
	}
	err = tool_expires(t, role_days(COT_ROLE_ROOT), &expires_s);
	if (err == COT_OK)
		err = draft_open(t, &e->place, COT_ROLE_ROOT, expires_s, &e->root);
	if (err == COT_E_NO_INPUT && !t->told) {
		tool_hint(t, "`cotter init` makes the first Root; --dir names the working folder");
		return tool_fail(t, err, "%s in %s", place_role(&e->place, COT_ROLE_ROOT), t->dir);
	}
	return err;
}

/* Who has to sign: the old quorum and the new one. */
static void tell_signers(struct tool *t, const struct edit *e)
{
	struct doc old;

	if (doc_published(t, &e->place, COT_ROLE_ROOT, &old) == COT_OK) {
		json_t *was = cot_build_root_role(doc_signed(&old), COT_ROLE_ROOT);
		json_t *is = cot_build_root_role(e->root, COT_ROLE_ROOT);

		printf("changes to Root %u:\n", doc_version(&old));
		words_diff(doc_signed(&old), e->root);
		printf("needs %lld signatures by Root %u's keys and %lld by its own\n",
		       (long long)json_integer_value(json_object_get(was, "threshold")),
		       doc_version(&old),
		       (long long)json_integer_value(json_object_get(is, "threshold")));
		doc_free(&old);
	} else {
		words_root_table_head();
		words_root_table(place_repository(&e->place), e->root);
	}
	tool_next(t, "cotter sign %s/root --key FILE, once per key", place_repository(&e->place));
}

/* A key that the other repository lists must not come in. */
static enum cot_err check_apart(struct tool *t, const struct edit *e)
{
	struct place other = { !e->place.director, "" };
	const char *id;
	json_t *value;
	struct doc d;
	enum cot_err err = doc_current(t, &other, COT_ROLE_ROOT, &d);

	if (err != COT_OK)
		return t->told ? err : COT_OK;
	json_object_foreach(json_object_get(e->root, "keys"), id, value) {
		if (json_object_get(json_object_get(doc_signed(&d), "keys"), id) != NULL)
			err = tool_fail(t, COT_E_KEY_SHARED, "key %.12s...", id);
	}
	doc_free(&d);
	return err;
}

static enum cot_err finish(struct tool *t, struct edit *e, enum cot_err err)
{
	json_t *role = err == COT_OK ? cot_build_root_role(e->root, e->role) : NULL;
	uint64_t need = (uint64_t)json_integer_value(json_object_get(role, "threshold"));
	size_t have = json_array_size(json_object_get(role, "keyids"));

	if (err == COT_OK && cot_threshold_check(need, have) != COT_OK)
		err = tool_fail(t, COT_E_ILLEGAL_THRESHOLD, "%s would need %llu of %zu keys",
		                cot_role_name(e->role), (unsigned long long)need, have);
	if (err == COT_OK)
		err = check_apart(t, e);
	if (err == COT_OK)
		err = write_floors(t, e);
	if (err == COT_OK)
		err = draft_save(t, &e->place, COT_ROLE_ROOT, e->root);
	if (err == COT_OK)
		tell_signers(t, e);
	json_decref(e->root);
	return err;
}

/* The listed id that begins with the digits given, or the id of a key file. */
static enum cot_err find_key(struct tool *t, const struct edit *e, const char *text,
                             char ret[COT_KEY_ID_TEXT + 1])
{
	json_t *list = json_object_get(cot_build_root_role(e->root, e->role), "keyids");
	struct cot_pubkey pub;
	size_t i, hits = 0, len = strlen(text);
	enum cot_err err;

	memset(ret, 0, COT_KEY_ID_TEXT + 1);
	for (i = 0; i < json_array_size(list); i++) {
		const char *id = json_string_value(json_array_get(list, i));

		if (len >= 6 && id != NULL && strncmp(id, text, len) == 0 && ++hits)
			snprintf(ret, COT_KEY_ID_TEXT + 1, "%.64s", id);
	}
	if (hits == 1)
		return COT_OK;
	err = public_read(t, text, &pub);
	if (err == COT_OK)
		cot_hex_encode(cot_slice(pub.id, sizeof(pub.id)), ret);
	return err;
}

static enum cot_err remove_key(struct tool *t, struct edit *e, const char *text)
{
	char id[COT_KEY_ID_TEXT + 1];
	enum cot_err err = find_key(t, e, text, id);

	if (err == COT_OK && cot_build_root_remove_key(e->root, e->role, id) != COT_OK)
		err = tool_fail(t, COT_E_KEY_NOT_LISTED, "key %.12s... in %s", id,
		                place_role(&e->place, e->role));
	return err;
}

/* ---- commands ------------------------------------------------------------------------- */

static enum cot_err run_show(struct tool *t)
{
	static const char *const both[] = { "image", "director" };
	bool headed = false;
	size_t i;

	for (i = 0; i < 2; i++) {
		struct place p;
		enum cot_role none;
		struct doc d;
		enum cot_err err;

		if (t->args.pos_count > 0 && strcmp(t->args.pos[0], both[i]) != 0)
			continue;
		if (!t->json && !headed)
			words_root_table_head();
		headed = true;
		if (place_parse(both[i], &p, &none) != COT_OK)
			return COT_E_INTERNAL;
		err = doc_current(t, &p, COT_ROLE_ROOT, &d);
		if (err != COT_OK && !t->told)
			tool_hint(t, "`cotter init` makes the first Roots");
		if (err != COT_OK)
			return tool_fail(t, err, "%s", place_role(&p, COT_ROLE_ROOT));
		if (t->json)
			printf("%.*s\n", (int)d.len, (const char *)d.bytes);
		else
			words_root_table(both[i], doc_signed(&d));
		doc_free(&d);
	}
	return COT_OK;
}

static enum cot_err run_add(struct tool *t)
{
	struct edit e;
	size_t i;
	enum cot_err err = begin(t, &e);

	for (i = 2; err == COT_OK && i < t->args.pos_count; i++)
		err = root_add_file(t, e.root, e.role, t->args.pos[i]);
	return finish(t, &e, err);
}

static enum cot_err run_remove(struct tool *t)
{
	struct edit e;
	size_t i;
	enum cot_err err = begin(t, &e);

	for (i = 2; err == COT_OK && i < t->args.pos_count; i++)
		err = remove_key(t, &e, t->args.pos[i]);
	return finish(t, &e, err);
}

static enum cot_err run_threshold(struct tool *t)
{
	struct edit e;
	uint64_t need = 0;
	enum cot_err err = begin(t, &e);

	if (err == COT_OK && cot_decimal(cot_slice_str(t->args.pos[2]), 1000, &need) != COT_OK)
		err = tool_fail(t, COT_E_USAGE, "threshold %.20s is not a number", t->args.pos[2]);
	if (err == COT_OK)
		json_object_set_new(cot_build_root_role(e.root, e.role), "threshold",
		                    json_integer((json_int_t)need));
	return finish(t, &e, err);
}

static enum cot_err run_renew(struct tool *t)
{
	struct edit e;

	return finish(t, &e, begin(t, &e));
}

static enum cot_err run_rotate(struct tool *t)
{
	struct edit e = { 0 };
	const char *old, *new;
	enum cot_err err = tool_need(t, "old", &old);

	if (err == COT_OK)
		err = tool_need(t, "new", &new);
	if (err != COT_OK)
		return err;
	err = begin(t, &e);
	if (err == COT_OK)
		err = remove_key(t, &e, old);
	if (err == COT_OK)
		err = root_add_file(t, e.root, e.role, new);
	if (err == COT_OK && e.role != COT_ROLE_ROOT && e.role != COT_ROLE_TIME)
		printf("what the old key signed as %s loses that signature; `cotter refresh`\n"
		       "makes it afresh once this Root is signed\n", cot_role_name(e.role));
	return finish(t, &e, err);
}

static const struct option_row edit_options[] = { TOOL_EXPIRES_OPTIONS, TOOL_END };
static const struct option_row rotate_options[] = {
	{ "old", 0, "KEY", false, "key file, public key file or the first digits of its id" },
	{ "new", 0, "FILE", false, "public key that takes its place" },
	TOOL_EXPIRES_OPTIONS,
	TOOL_END
};

static const char edit_text[] =
	"Edits the draft of the next Root; the first edit makes one with the next\n"
	"version. ROLE is root, targets, snapshot, timestamp or (Director) time.\n"
	"Signatures that the draft had no longer fit and are dropped.";

const struct command cmd_root_show = {
	"root show", "[image|director]", "Show roles, thresholds, keys and where they should live",
	NULL, 0, 1, NULL, run_show
};
const struct command cmd_root_add_key = {
	"root add-key", "REPOSITORY ROLE FILE...", "Let more keys sign a role, in the next Root",
	edit_text, 3, ARGS_MAX, edit_options, run_add
};
const struct command cmd_root_remove_key = {
	"root remove-key", "REPOSITORY ROLE KEY...", "Take keys off a role, in the next Root",
	edit_text, 3, ARGS_MAX, edit_options, run_remove
};
const struct command cmd_root_threshold = {
	"root threshold", "REPOSITORY ROLE N", "Set how many keys must sign a role",
	edit_text, 3, 3, edit_options, run_threshold
};
const struct command cmd_root_renew = {
	"root renew", "REPOSITORY", "Make the next Root with a later expiry and the same keys",
	edit_text, 1, 1, edit_options, run_renew
};
const struct command cmd_rotate = {
	"rotate", "REPOSITORY ROLE --old KEY --new FILE", "Replace a key of a role in the next Root",
	"Writes custom.floors, the versions below which devices accept nothing of a\n"
	"role whose key was replaced: the thief of the old key cannot go back. The next\n"
	"Root must be signed by the quorum of the Root before it and by its own.",
	2, 2, rotate_options, run_rotate
};
