/* SPDX-License-Identifier: Apache-2.0
 *
 * cotter init: the first Root of each repository, from public keys.
 */
#include "keys/quorum.h"
#include "repo-tools/folder.h"
#include "repo-tools/words.h"

#include <string.h>

/* All --OPTION of one role, and its threshold. */
static enum cot_err take_role(struct tool *t, json_t *root, const char *repository,
                              enum cot_role role)
{
	char option[40], threshold[64];
	json_t *object = cot_build_root_role(root, role);
	const char *file;
	uint64_t need;
	size_t i;
	enum cot_err err = COT_OK;

	if (role == COT_ROLE_TIME)
		snprintf(option, sizeof(option), "time");
	else
		snprintf(option, sizeof(option), "%s-%s", repository, cot_role_name(role));
	snprintf(threshold, sizeof(threshold), "%s-threshold", option);
	for (i = 0; err == COT_OK && (file = args_nth(&t->args, option, i)) != NULL; i++)
		err = root_add_file(t, root, role, file);
	if (err == COT_OK && i == 0)
		return tool_fail(t, COT_E_USAGE, "--%s is needed: which keys sign this", option);
	/* Unless told, more than half of Root's keys and all keys of other roles. */
	need = role == COT_ROLE_ROOT ? i / 2 + 1 : i;
	if (err == COT_OK)
		err = tool_number(t, threshold, 1000, &need);
	if (err == COT_OK && cot_threshold_check(need, json_array_size(
			json_object_get(object, "keyids"))) != COT_OK)
		return tool_fail(t, COT_E_ILLEGAL_THRESHOLD, "--%s %llu of %zu keys", threshold,
		                 (unsigned long long)need, i);
	json_object_set_new(object, "threshold", json_integer((json_int_t)need));
	return err;
}

static enum cot_err make_root(struct tool *t, const struct place *p, int64_t expires_s,
                              json_t **ret)
{
	struct cot_build_head head = { 1, expires_s, place_repository(p), NULL };
	json_t *root = cot_build_root(&head);
	enum cot_err err = root == NULL ? COT_E_MEMORY : COT_OK;
	int role;

	for (role = 0; err == COT_OK && role < COT_ROLE_COUNT; role++)
		err = take_role(t, root, place_repository(p), (enum cot_role)role);
	if (err == COT_OK && p->director)
		err = take_role(t, root, "director", COT_ROLE_TIME);
	if (err != COT_OK) {
		json_decref(root);
		root = NULL;
	}
	*ret = root;
	return err;
}

/* No key may stand in both repositories: checked by id, which is by key. */
static enum cot_err check_apart(struct tool *t, json_t *a, json_t *b)
{
	const char *id;
	json_t *value;

	json_object_foreach(json_object_get(a, "keys"), id, value) {
		if (json_object_get(json_object_get(b, "keys"), id) != NULL)
			return tool_fail(t, COT_E_KEY_SHARED, "key %.16s...", id);
	}
	return COT_OK;
}

/* An Image Targets without images, so that the chain can be published. */
static enum cot_err first_targets(struct tool *t, const struct place *p)
{
	struct cot_build_head head = { 1, t->now_s + (int64_t)role_days(COT_ROLE_TARGETS) * TOOL_DAY,
	                               "image", NULL };
	json_t *body = cot_build_targets(&head);
	enum cot_err err = draft_save(t, p, COT_ROLE_TARGETS, body);

	json_decref(body);
	return err;
}

static enum cot_err check_free(struct tool *t, const struct place *p)
{
	char path[TOOL_PATH];

	place_staged(t, p, COT_ROLE_ROOT, path);
	if (t->force || (!tool_exists(path) && place_newest(t, p, COT_ROLE_ROOT) == 0))
		return COT_OK;
	return tool_fail(t, COT_E_EXISTS, "%s", place_role(p, COT_ROLE_ROOT));
}

static enum cot_err run(struct tool *t)
{
	static const struct place image = { false, "" }, director = { true, "" };
	json_t *image_root = NULL, *director_root = NULL;
	int64_t expires_s;
	enum cot_err err = tool_expires(t, role_days(COT_ROLE_ROOT), &expires_s);

	if (err == COT_OK)
		err = check_free(t, &image);
	if (err == COT_OK)
		err = check_free(t, &director);
	if (err == COT_OK)
		err = make_root(t, &image, expires_s, &image_root);
	if (err == COT_OK)
		err = make_root(t, &director, expires_s, &director_root);
	if (err == COT_OK)
		err = check_apart(t, image_root, director_root);
	if (err == COT_OK)
		err = draft_save(t, &image, COT_ROLE_ROOT, image_root);
	if (err == COT_OK)
		err = draft_save(t, &director, COT_ROLE_ROOT, director_root);
	if (err == COT_OK)
		err = first_targets(t, &image);
	if (err == COT_OK) {
		words_root_table_head();
		words_root_table("image", image_root);
		words_root_table("director", director_root);
		tool_next(t, "cotter sign image/root --key FILE, then director/root, once per key");
	}
	json_decref(image_root);
	json_decref(director_root);
	return err;
}

#define ROLE_OPTIONS(name, help) \
	{ name, 0, "FILE", true, help }, \
	{ name "-threshold", 0, "N", false, "how many of them must sign" }

static const struct option_row options[] = {
	ROLE_OPTIONS("image-root", "public key of Image Root"),
	ROLE_OPTIONS("image-timestamp", "of Image Timestamp"),
	ROLE_OPTIONS("image-snapshot", "of Image Snapshot"),
	ROLE_OPTIONS("image-targets", "of Image Targets, who release images"),
	ROLE_OPTIONS("director-root", "of Director Root"),
	ROLE_OPTIONS("director-timestamp", "of Director Timestamp (online)"),
	ROLE_OPTIONS("director-snapshot", "of Director Snapshot (online)"),
	ROLE_OPTIONS("director-targets", "of Director Targets, who order installs (online)"),
	ROLE_OPTIONS("time", "of the time server (online)"),
	TOOL_EXPIRES_OPTIONS,
	TOOL_END
};

const struct command cmd_init = {
	"init", "--image-root FILE... --director-root FILE... ...",
	"Begin a working folder: the first Root of both repositories",
	"Takes public key files (FILE or FILE.pub) by role. Thresholds left out: more\n"
	"than half of the keys for Root, all of them for the other roles. A key may\n"
	"serve several roles of one repository, but never both repositories.\n"
	"Writes drafts below DIR/image/staged and DIR/director/staged; nothing is\n"
	"signed yet.",
	0, 0, options, run
};
