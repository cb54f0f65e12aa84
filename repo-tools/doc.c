/* SPDX-License-Identifier: Apache-2.0
 *
 * Documents in memory, drafts and their signatures: see folder.h.
 */
#include "keys/encode.h"
#include "metadata/utc.h"
#include "repo-tools/folder.h"

#include <stdlib.h>
#include <string.h>

static enum cot_err parse(struct doc *d, size_t *ret_at)
{
	enum cot_err err = cot_canon_from_wire(cot_slice(d->bytes, d->len), COT_GRAMMAR_OLPC,
	                                       &d->owned);

	*ret_at = d->owned.at;
	if (err == COT_OK)
		err = cot_envelope_parse(d->owned.doc.canon, COT_GRAMMAR_OLPC, &d->env);
	if (err == COT_OK)
		err = cot_wire_load(cot_slice(d->bytes, d->len), &d->tree, ret_at);
	return err;
}

enum cot_err doc_load(struct tool *t, const char *path, size_t max, struct doc *ret)
{
	size_t at = 0;
	enum cot_err err;

	memset(ret, 0, sizeof(*ret));
	tool_path(ret->path, "%s", path);
	err = tool_read(t, path, max, &ret->bytes, &ret->len);
	if (err != COT_OK)
		return err;
	err = parse(ret, &at);
	if (err != COT_OK) {
		doc_free(ret);
		return at > 0 ? tool_fail(t, err, "%s, byte %zu", path, at)
		       : tool_fail(t, err, "%s", path);
	}
	return COT_OK;
}

enum cot_err doc_from_tree(struct tool *t, const char *name, const json_t *tree,
                           struct doc *ret)
{
	char *text = NULL;
	size_t at = 0;
	enum cot_err err;

	memset(ret, 0, sizeof(*ret));
	tool_path(ret->path, "%s", name);
	err = tree == NULL ? COT_E_MISSING : cot_wire_dump(tree, &text, &ret->len);
	ret->bytes = (uint8_t *)text;
	if (err == COT_OK)
		err = parse(ret, &at);
	if (err == COT_OK)
		return COT_OK;
	doc_free(ret);
	return tool_fail(t, err, "%s", name);
}

void doc_free(struct doc *d)
{
	json_decref(d->tree);
	cot_doc_owned_free(&d->owned);
	free(d->bytes);
	memset(d, 0, sizeof(*d));
}

json_t *doc_signed(const struct doc *d)
{
	return json_object_get(d->tree, "signed");
}

uint32_t doc_version(const struct doc *d)
{
	return (uint32_t)json_integer_value(json_object_get(doc_signed(d), "version"));
}

static size_t role_max(enum cot_role role)
{
	static const size_t max[] = { COT_MAX_ROOT, COT_MAX_TIMESTAMP, COT_MAX_SNAPSHOT,
	                              COT_MAX_TARGETS };

	return max[role];
}

enum cot_err doc_published(struct tool *t, const struct place *p, enum cot_role role,
                           struct doc *ret)
{
	char path[TOOL_PATH];
	uint32_t version = place_newest(t, p, role);

	memset(ret, 0, sizeof(*ret));
	if (version == 0)
		return COT_E_NO_INPUT;
	place_published(t, p, role, version, path);
	return doc_load(t, path, role_max(role), ret);
}

enum cot_err doc_current(struct tool *t, const struct place *p, enum cot_role role,
                         struct doc *ret)
{
	char path[TOOL_PATH];

	place_staged(t, p, role, path);
	if (tool_exists(path))
		return doc_load(t, path, role_max(role), ret);
	return doc_published(t, p, role, ret);
}

/* ---- drafts -------------------------------------------------------------------------- */

enum cot_err draft_open(struct tool *t, const struct place *p, enum cot_role role,
                        int64_t expires_s, json_t **ret)
{
	char path[TOOL_PATH], when[COT_UTC_LEN];
	struct doc d;
	enum cot_err err = doc_current(t, p, role, &d);

	*ret = NULL;
	if (err != COT_OK)
		return err;
	*ret = json_deep_copy(doc_signed(&d));
	place_staged(t, p, role, path);
	if (*ret != NULL && !tool_exists(path)) {
		cot_utc_format(expires_s, when);
		json_object_set_new(*ret, "version", json_integer(doc_version(&d) + 1));
		json_object_set_new(*ret, "expires", json_stringn(when, sizeof(when)));
	}
	doc_free(&d);
	return *ret != NULL ? COT_OK : tool_fail(t, COT_E_MEMORY, "%s", place_role(p, role));
}

/* How many signatures the draft at path has; it is about to lose them. */
static size_t signatures_at(struct tool *t, const char *path)
{
	struct doc d;
	size_t n = 0;

	if (tool_exists(path) && doc_load(t, path, COT_MAX_TARGETS, &d) == COT_OK) {
		n = json_array_size(json_object_get(d.tree, "signatures"));
		doc_free(&d);
	}
	return n;
}

static enum cot_err write_tree(struct tool *t, const char *path, const json_t *tree)
{
	char *text = NULL;
	size_t len;
	enum cot_err err = cot_wire_dump(tree, &text, &len);

	if (err != COT_OK)
		return tool_fail(t, err, "%s", path);
	err = tool_write(t, path, cot_slice(text, len), true);
	free(text);
	return err;
}

enum cot_err draft_save(struct tool *t, const struct place *p, enum cot_role role, json_t *body)
{
	char path[TOOL_PATH];
	json_t *env = cot_build_envelope(json_deep_copy(body));
	size_t dropped;
	enum cot_err err;

	place_staged(t, p, role, path);
	if (env == NULL)
		return tool_fail(t, COT_E_MEMORY, "%s", path);
	dropped = signatures_at(t, path);
	err = write_tree(t, path, env);
	json_decref(env);
	if (err == COT_OK && dropped > 0)
		printf("%s changed: its %zu signature%s no longer fit and were dropped\n",
		       place_role(p, role), dropped, dropped == 1 ? "" : "s");
	return err;
}

/* ---- signatures ------------------------------------------------------------------------ */

enum cot_err root_current(struct tool *t, const struct place *p, struct doc *ret_doc,
                          struct cot_root *ret)
{
	enum cot_err err = doc_current(t, p, COT_ROLE_ROOT, ret_doc);

	if (err == COT_E_NO_INPUT && !t->told) {
		tool_hint(t, "`cotter init` makes the first Roots; --dir names the working folder");
		return tool_fail(t, err, "%s in %s", place_role(p, COT_ROLE_ROOT), t->dir);
	}
	if (err != COT_OK)
		return err;
	err = cot_root_parse(ret_doc->env.body, &cot_policy_uptane, &cot_crypto_full, ret);
	if (err != COT_OK) {
		tool_fail(t, err, "%s", ret_doc->path);
		doc_free(ret_doc);
	}
	return err;
}

uint32_t place_next(struct tool *t, const struct place *p, enum cot_role role)
{
	uint32_t newest = place_newest(t, p, role);
	struct cot_root root;
	struct doc d;

	if (newest == 0 && doc_current(t, p, COT_ROLE_ROOT, &d) == COT_OK) {
		if (cot_root_parse(d.env.body, &cot_policy_uptane, &cot_crypto_full, &root) == COT_OK)
			newest = cot_root_floor(&root, role);
		doc_free(&d);
	}
	return newest + 1;
}

struct tally doc_tally(const struct doc *d, const struct cot_root *root, enum cot_role role)
{
	struct tally ret = { 0, 0, COT_OK };
	struct cot_role_keys keys;
	struct cot_sigcheck sig;

	ret.err = cot_root_role(root, role, &keys);
	if (ret.err != COT_OK)
		return ret;
	cot_sigcheck_init(&sig, &cot_crypto_full, &d->env, &keys);
	sig.all = true;
	ret.err = cot_sigcheck_run(&sig);
	ret.have = sig.quorum.count;
	ret.need = keys.threshold;
	return ret;
}

/* One entry's signature under the role's key of that id. */
static bool entry_counts(struct cot_slice entry, const struct cot_role_keys *keys,
                         struct cot_slice keyid, struct cot_slice body)
{
	struct cot_slice id, sig;
	struct cot_quorum q;
	struct cot_key key;

	if (cot_json_member_string(entry, "keyid", &id) != COT_OK || !cot_slice_eq(id, keyid) ||
	    cot_json_member_string(entry, "sig", &sig) != COT_OK ||
	    cot_role_key(keys, keyid, &key) != COT_OK)
		return false;
	cot_quorum_init(&q, 1);
	return cot_quorum_add(&q, &cot_crypto_full, &key, sig, body) == COT_OK;
}

bool doc_signed_by(const struct doc *d, const struct cot_root *root, enum cot_role role,
                   struct cot_slice keyid)
{
	struct cot_role_keys keys;
	struct cot_json_iter it;
	struct cot_slice entry;

	if (cot_root_role(root, role, &keys) != COT_OK ||
	    cot_json_array(d->env.signatures, &it) != COT_OK)
		return false;
	while (cot_json_next_element(&it, &entry)) {
		if (entry_counts(entry, &keys, keyid, d->env.body))
			return true;
	}
	return false;
}

bool key_listed(const struct cot_root *root, enum cot_role role, const struct cot_signer *s)
{
	struct cot_role_keys keys;
	struct cot_key key;
	uint8_t id[COT_KEY_ID_LEN];
	char text[COT_KEY_ID_TEXT];

	cot_signer_key_id(s, id);
	cot_hex_encode(cot_slice(id, sizeof(id)), text);
	return cot_root_role(root, role, &keys) == COT_OK &&
	       cot_role_key(&keys, cot_slice(text, sizeof(text)), &key) == COT_OK;
}

/* A record is read as it lies by devices without a JSON library, so it is
 * written canonically; everything else as any JSON reader takes it. */
static enum cot_err dump(const json_t *tree, char **ret, size_t *ret_len)
{
	const char *type = json_string_value(
		json_object_get(json_object_get(tree, "signed"), "_type"));

	if (type != NULL && strcmp(type, cot_role_name(COT_ROLE_PROVISION)) == 0)
		return cot_canon_dump(tree, COT_GRAMMAR_OLPC, ret, ret_len);
	return cot_wire_dump(tree, ret, ret_len);
}

enum cot_err doc_sign(struct tool *t, struct doc *d, const struct cot_signer *signer)
{
	uint8_t id[COT_KEY_ID_LEN], sig[COT_MAX_SIG_LEN];
	char path[TOOL_PATH], *text = NULL;
	size_t sig_len = 0, len = 0;
	enum cot_err err = cot_signer_sign(signer, d->env.body, sig, sizeof(sig), &sig_len);

	cot_signer_key_id(signer, id);
	if (err == COT_OK)
		err = cot_build_add_signature(d->tree, id, cot_slice(sig, sig_len));
	if (err == COT_OK)
		err = dump(d->tree, &text, &len);
	tool_path(path, "%s", d->path);
	if (err != COT_OK)
		return tool_fail(t, err, "%s", path);
	err = tool_write(t, path, cot_slice(text, len), true);
	free(text);
	if (err != COT_OK)
		return err;
	doc_free(d);
	return doc_load(t, path, COT_MAX_TARGETS, d);
}
