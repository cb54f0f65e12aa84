/* SPDX-License-Identifier: Apache-2.0
 *
 * cotter sign: one signature by one key, after showing what it stands for.
 */
#include "repo-tools/words.h"

#include <string.h>

/* What is to be signed, and who may: Roots before and now. */
struct job {
	struct doc doc;
	enum cot_role role;
	bool in_folder;
	struct place place;
	struct doc root_doc, old_doc;
	struct cot_root root, old;
	bool has_root, has_old;
};

static bool type_role(const struct doc *d, enum cot_role *ret)
{
	const char *type = json_string_value(json_object_get(doc_signed(d), "_type"));
	int role;

	for (role = 0; type != NULL && role <= COT_ROLE_PROVISION; role++) {
		if (strcmp(type, cot_role_name((enum cot_role)role)) == 0) {
			*ret = (enum cot_role)role;
			return true;
		}
	}
	return false;
}

static enum cot_err open_subject(struct tool *t, struct job *j)
{
	const char *text = t->args.pos[0];
	char path[TOOL_PATH];
	enum cot_role role;
	enum cot_err err;

	j->in_folder = place_parse(text, &j->place, &role) == COT_OK;
	tool_path(path, "%s", text);
	if (j->in_folder && role == COT_ROLE_COUNT) {
		tool_hint(t, "name a role too, for example image/targets");
		return tool_fail(t, COT_E_USAGE, "%s", text);
	}
	if (j->in_folder) {
		place_staged(t, &j->place, role, path);
		if (!tool_exists(path)) {
			tool_hint(t, "nothing is staged there; `cotter status` shows what is");
			return tool_fail(t, COT_E_NO_INPUT, "%s", text);
		}
	} else if (!tool_exists(path)) {
		tool_hint(t, "say ROLE as image/ROLE, director/root or director/VEHICLE/ROLE");
		return tool_fail(t, COT_E_NO_INPUT, "%s", text);
	}
	err = doc_load(t, path, COT_MAX_TARGETS, &j->doc);
	if (err == COT_OK && !type_role(&j->doc, &j->role))
		err = tool_fail(t, COT_E_ROLE_TYPE, "%s", path);
	return err;
}

static enum cot_err parse_root(struct tool *t, const struct doc *d, struct cot_root *ret)
{
	enum cot_err err = cot_root_parse(d->env.body, &cot_policy_uptane, &cot_crypto_full, ret);

	return err == COT_OK ? COT_OK : tool_fail(t, err, "%s", d->path);
}

/* Root of a file outside the working folder: --root, or the record's own. */
static enum cot_err open_foreign_root(struct tool *t, struct job *j)
{
	const char *path = args_get(&t->args, "root");
	const json_t *repos = json_object_get(doc_signed(&j->doc), "repositories");
	enum cot_err err;

	if (path != NULL)
		err = doc_load(t, path, COT_MAX_ROOT, &j->root_doc);
	else if (j->role == COT_ROLE_PROVISION)
		err = doc_from_tree(t, "the record's Director Root",
		                    json_object_get(json_object_get(repos, "director"), "root"),
		                    &j->root_doc);
	else if (j->role == COT_ROLE_ROOT)
		return COT_OK;
	else
		err = tool_fail(t, COT_E_USAGE, "--root is needed: which Root lists the keys");
	return err;
}

static enum cot_err open_roots(struct tool *t, struct job *j)
{
	enum cot_err err = COT_OK;

	if (j->role == COT_ROLE_ROOT) {
		err = parse_root(t, &j->doc, &j->root);
		j->has_root = err == COT_OK;
		if (err == COT_OK && j->in_folder &&
		    doc_published(t, &j->place, COT_ROLE_ROOT, &j->old_doc) == COT_OK) {
			err = parse_root(t, &j->old_doc, &j->old);
			j->has_old = err == COT_OK;
		}
		if (err == COT_OK && !j->in_folder && args_has(&t->args, "root")) {
			err = doc_load(t, args_get(&t->args, "root"), COT_MAX_ROOT, &j->old_doc);
			if (err == COT_OK)
				err = parse_root(t, &j->old_doc, &j->old);
			j->has_old = err == COT_OK;
		}
		return t->told ? COT_E_INTERNAL : err;
	}
	if (j->in_folder)
		err = root_current(t, &j->place, &j->root_doc, &j->root);
	else
		err = open_foreign_root(t, j);
	if (err == COT_OK && !j->in_folder)
		err = parse_root(t, &j->root_doc, &j->root);
	j->has_root = err == COT_OK;
	return err;
}

/* The record is signed by Root's own quorum. */
static enum cot_role judged_as(enum cot_role role)
{
	return role == COT_ROLE_PROVISION ? COT_ROLE_ROOT : role;
}

static void show(struct tool *t, const struct job *j)
{
	char sha[2 * COT_SHA256_LEN + 1];
	struct doc before = { 0 };
	bool had = j->in_folder &&
	           doc_published(t, &j->place, j->role, &before) == COT_OK;

	printf("to be signed: %s\n", j->in_folder ? place_role(&j->place, j->role) : j->doc.path);
	words_body(t, doc_signed(&j->doc));
	if (had) {
		printf("changes to version %u:\n", doc_version(&before));
		if (words_diff(doc_signed(&before), doc_signed(&j->doc)) == 0)
			printf("  none\n");
		doc_free(&before);
	}
	words_sha256(j->doc.env.body, sha);
	printf("%-12s %s (of the %zu bytes that are signed)\n", "sha256", sha, j->doc.env.body.len);
}

static enum cot_err check_listed(struct tool *t, const struct job *j,
                                 const struct cot_signer *signer)
{
	enum cot_role role = judged_as(j->role);

	if (key_listed(&j->root, role, signer) ||
	    (j->has_old && key_listed(&j->old, role, signer)))
		return COT_OK;
	tool_hint(t, "`cotter root show` lists the keys of each role");
	return tool_fail(t, COT_E_KEY_NOT_LISTED, "%s with %s",
	                 j->in_folder ? place_role(&j->place, j->role) : j->doc.path,
	                 args_get(&t->args, "key"));
}

/* Signatures so far, and what to do about them. */
static void tell(struct tool *t, struct job *j)
{
	struct tally own, old = { 0, 0, COT_OK };
	const char *name = j->in_folder ? place_role(&j->place, j->role) : j->doc.path;

	if (j->role == COT_ROLE_ROOT)
		(void)!parse_root(t, &j->doc, &j->root); /* its memory moved */
	own = doc_tally(&j->doc, &j->root, judged_as(j->role));
	if (j->has_old)
		old = doc_tally(&j->doc, &j->old, COT_ROLE_ROOT);
	printf("signed. %s has %u of %u signatures", name, own.have, own.need);
	if (j->has_old)
		printf(" by its own keys, %u of %u by Root %u's", old.have, old.need,
		       doc_version(&j->old_doc));
	putchar('\n');
	if (own.err != COT_OK || old.err != COT_OK)
		tool_next(t, "cotter sign %s --key FILE, with another key", name);
	else if (!j->in_folder)
		tool_next(t, "cotter inspect %s", name);
	else if (j->role == COT_ROLE_TIMESTAMP || j->role == COT_ROLE_ROOT)
		tool_next(t, "cotter status, cotter publish FOLDER");
	else
		tool_next(t, "cotter refresh %s --key FILE...", place_name(&j->place));
}

static void job_free(struct job *j)
{
	doc_free(&j->doc);
	doc_free(&j->root_doc);
	doc_free(&j->old_doc);
}

static enum cot_err run(struct tool *t)
{
	struct job j = { 0 };
	struct cot_signer *signer = NULL;
	const char *key;
	enum cot_err err = tool_need(t, "key", &key);

	if (err == COT_OK)
		err = open_subject(t, &j);
	if (err == COT_OK)
		err = open_roots(t, &j);
	if (err == COT_OK) {
		show(t, &j);
		err = tool_confirm(t, "sign this?");
	}
	if (err == COT_OK)
		err = tool_signer(t, key, &signer);
	if (err == COT_OK)
		err = check_listed(t, &j, signer);
	if (err == COT_OK)
		err = doc_sign(t, &j.doc, signer);
	if (err == COT_OK)
		tell(t, &j);
	cot_signer_close(signer);
	job_free(&j);
	return err;
}

static const struct option_row options[] = {
	{ "key", 'k', "KEY", false, "secret key: FILE, or file:FILE" },
	{ "root", 0, "FILE", false, "for a file outside the working folder: the Root that lists the key" },
	TOOL_END
};

const struct command cmd_sign = {
	"sign", "ROLE|FILE --key KEY", "Add one signature, after showing what is signed",
	"ROLE names a draft: image/ROLE, director/root or director/VEHICLE/ROLE. FILE is\n"
	"any other file, for example a provisioning record. Prints the content, what\n"
	"changes, and the SHA-256 of exactly the bytes that are signed; compare it with\n"
	"the other signers. A key that Root does not list for the role is refused.",
	1, 1, options, run
};
