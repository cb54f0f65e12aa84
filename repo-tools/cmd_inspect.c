/* SPDX-License-Identifier: Apache-2.0
 *
 * cotter inspect: any file of Cotter's, in words or as JSON.
 *
 * It says what a file claims, and of its signatures what can be known: a Root
 * is judged by itself, a provisioning record by the Root in it, everything else
 * by the Root given.  It decides nothing and so never fails a file for what it
 * claims; `cotter verify` does.
 */
#include "keys/encode.h"
#include "keys/host/keyfile.h"
#include "metadata/provision.h"
#include "metadata/report.h"
#include "metadata/utc.h"
#include "repo-tools/words.h"

#include <stdlib.h>
#include <string.h>

struct look {
	const char *path;
	struct doc d;
	const json_t *body;
	const char *type;
	enum cot_role role;    /* whose keys sign it, if known */
	bool known;            /* role is set */
	struct doc by_doc;     /* the Root given */
	struct cot_root by, own; /* by which it is judged: given, embedded */
	bool has_by, has_own;
};

static const char *text_of(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));

	return s == NULL ? "" : s;
}

/* ---- key files -------------------------------------------------------------------- */

static void print_json(json_t *row)
{
	json_dumpf(row, stdout, JSON_COMPACT | JSON_SORT_KEYS);
	putchar('\n');
	json_decref(row);
}

static enum cot_err public_key(struct tool *t, const char *path)
{
	char id[COT_KEY_ID_TEXT + 1] = { 0 };
	struct cot_pubkey pub;
	enum cot_err err = cot_pubkey_read(path, &pub);

	if (err != COT_OK)
		return tool_fail(t, err, "%s", path);
	cot_hex_encode(cot_slice(pub.id, sizeof(pub.id)), id);
	if (t->json) {
		print_json(json_pack("{s:s,s:s,s:s,s:s}", "file", path, "keyid", id, "scheme",
		                     cot_scheme_name(pub.key.scheme), "type", "public key"));
		return COT_OK;
	}
	printf("%-12s public key\n%-12s %s\n%-12s %s\n", "file is", "scheme",
	       cot_scheme_name(pub.key.scheme), "key id", id);
	return COT_OK;
}

static enum cot_err secret_key(struct tool *t, const char *path)
{
	struct cot_keyfile file;
	enum cot_err err = cot_keyfile_read(path, &file);
	bool locked;

	if (err != COT_OK)
		return tool_fail(t, err, "%s", path);
	locked = cot_keyfile_locked(&file);
	if (t->json) {
		print_json(json_pack("{s:b,s:s,s:I,s:I,s:s,s:s}", "encrypted", locked, "file", path,
		                     "memlimitKiB", (json_int_t)file.cost.memlimit_kib, "opslimit",
		                     (json_int_t)file.cost.opslimit, "scheme",
		                     cot_scheme_name(file.scheme), "type", "secret key"));
		return COT_OK;
	}
	printf("%-12s secret key\n%-12s %s\n%-12s %.*s\n", "file is", "scheme",
	       cot_scheme_name(file.scheme), "says", (int)file.line_len - 1,
	       (const char *)file.line);
	if (locked)
		printf("%-12s yes, Argon2id with %u passes over %u MiB\n", "encrypted",
		       file.cost.opslimit, file.cost.memlimit_kib / 1024);
	else
		printf("%-12s NO: what protects it is its mode and its medium\n", "encrypted");
	return COT_OK;
}

/* ---- by which Root it is judged ------------------------------------------------------- */

static enum cot_err load_by(struct tool *t, struct look *l)
{
	const char *path = args_get(&t->args, "root");
	enum cot_err err;

	if (path == NULL)
		return COT_OK;
	err = doc_load(t, path, COT_MAX_ROOT, &l->by_doc);
	if (err != COT_OK)
		return err;
	err = cot_root_parse(l->by_doc.env.body, &cot_policy_uptane, &cot_crypto_full, &l->by);
	l->has_by = err == COT_OK;
	return err == COT_OK ? COT_OK : tool_fail(t, err, "--root %s", path);
}

/* A file that brings its own Root is read without one; if it cannot be read the
 * reader is told so, and the rest of the file is shown all the same. */
static void find_own(struct look *l)
{
	struct cot_provision p;
	enum cot_err err = COT_E_MISSING;

	l->known = role_parse(l->type, &l->role);
	if (strcmp(l->type, cot_role_name(COT_ROLE_PROVISION)) == 0) {
		l->known = true;
		l->role = COT_ROLE_ROOT;
		err = cot_provision_parse(l->d.owned.doc.canon, &p);
		if (err == COT_OK)
			err = cot_provision_root(&p, 0, &cot_policy_uptane, &cot_crypto_full, &l->own);
	} else if (l->known && l->role == COT_ROLE_ROOT) {
		err = cot_root_parse(l->d.env.body, &cot_policy_uptane, &cot_crypto_full, &l->own);
	}
	l->has_own = err == COT_OK;
	if (err != COT_OK && err != COT_E_MISSING)
		fprintf(stderr, "warning: %s would be refused: %s (%s)\n", l->path,
		        cot_err_sentence(err), cot_err_word(err));
}

/* ---- in words ----------------------------------------------------------------------- */

static void print_report(const json_t *body, const char *indent)
{
	const json_t *custom = json_object_get(body, "custom");
	const char *attack = text_of(body, "attacks_detected");

	printf("%s%-12s %s%s\n", indent, "state", text_of(custom, "state"),
	       json_is_true(json_object_get(custom, "appTrusted")) ? ", application trusted" : "");
	printf("%s%-12s %s\n", indent, "attack", attack[0] ? attack : "none seen");
	printf("%s%-12s %lld\n", indent, "counter",
	       (long long)json_integer_value(json_object_get(body, "counter")));
	printf("%s%-12s %s\n", indent, "knows time", text_of(body, "timeserver_time"));
}

static void print_manifest(const json_t *body)
{
	json_t *reports = json_object_get(body, "ecu_version_manifests"), *report;
	const char *serial;

	printf("%-12s %lld\n", "counter",
	       (long long)json_integer_value(json_object_get(body, "counter")));
	json_object_foreach(reports, serial, report) {
		const json_t *image = json_object_get(json_object_get(report, "signed"),
		                                      "installed_image");

		printf("  %-10s runs %s\n", serial, text_of(image, "filepath"));
		print_report(json_object_get(report, "signed"), "    ");
	}
}

static void print_signatures(const struct look *l)
{
	size_t count = json_array_size(json_object_get(l->d.tree, "signatures"));

	if (l->has_own && l->known) {
		printf("%s:\n", l->role == COT_ROLE_ROOT && strcmp(l->type, "root") == 0
		       ? "by itself" : "by the Director Root in it");
		words_signatures(&l->d, &l->own, l->role);
	}
	if (l->has_by && l->known) {
		printf("by %s Root version %u:\n", text_of(json_object_get(doc_signed(&l->by_doc),
		       "custom"), "repository"), l->by.head.version);
		words_signatures(&l->d, &l->by, l->role);
	}
	if (!l->has_own && !(l->has_by && l->known))
		printf("%-12s %zu, not verified: %s\n", "signatures", count, l->known
		       ? "--root FILE says whose keys count"
		       : "an ECU's key counts, see `cotter verify manifest`");
}

static void print_words(struct tool *t, const struct look *l)
{
	words_body(t, l->body);
	if (strcmp(l->type, "ecu_version_report") == 0)
		print_report(l->body, "");
	else if (strcmp(l->type, "vehicle_version_manifest") == 0)
		print_manifest(l->body);
	print_signatures(l);
}

/* ---- as JSON ---------------------------------------------------------------------------- */

static void copy_member(json_t *to, const char *as, const json_t *from, const char *name)
{
	json_t *value = json_object_get(from, name);

	if (json_is_string(value) || json_is_integer(value))
		json_object_set(to, as, value);
}

static void put_expiry(struct tool *t, json_t *to, const char *text)
{
	int64_t when;

	if (cot_utc_parse(cot_slice_str(text), &when) != COT_OK)
		return;
	json_object_set_new(to, "expired", json_boolean(when <= t->now_s));
	json_object_set_new(to, "daysLeft", json_integer((when - t->now_s) / TOOL_DAY));
}

static void put_counts(json_t *to, const json_t *body)
{
	static const char *const counted[] = { "targets", "meta", "keys", "ecus", "nonces",
	                                       "ecu_version_manifests" };
	json_t *counts = json_object();
	size_t i;

	for (i = 0; i < sizeof(counted) / sizeof(counted[0]); i++) {
		const json_t *value = json_object_get(body, counted[i]);
		size_t n = json_is_array(value) ? json_array_size(value) : json_object_size(value);

		if (value != NULL)
			json_object_set_new(counts, counted[i], json_integer((json_int_t)n));
	}
	json_object_set_new(to, "counts", counts);
}

static json_t *signatures_json(const struct look *l)
{
	size_t count = json_array_size(json_object_get(l->d.tree, "signatures"));
	json_t *ret = json_pack("{s:I}", "entries", (json_int_t)count);
	const struct cot_root *root = l->has_by ? &l->by : l->has_own ? &l->own : NULL;
	struct tally tally;

	if (root == NULL || !l->known)
		return ret;
	tally = doc_tally(&l->d, root, l->role);
	json_object_set_new(ret, "valid", json_integer(tally.have));
	json_object_set_new(ret, "needed", json_integer(tally.need));
	json_object_set_new(ret, "word", json_string(cot_err_word(tally.err)));
	return ret;
}

static void print_tree(struct tool *t, const struct look *l)
{
	const json_t *custom = json_object_get(l->body, "custom");
	json_t *row = json_pack("{s:s,s:s}", "file", l->path, "type", l->type);

	copy_member(row, "repository", custom, "repository");
	copy_member(row, "vehicle", custom, "vehicleId");
	copy_member(row, "vehicle", l->body, "vehicleId");
	copy_member(row, "version", l->body, "version");
	copy_member(row, "expires", l->body, "expires");
	copy_member(row, "time", l->body, "time");
	copy_member(row, "number", l->body, "number");
	copy_member(row, "counter", l->body, "counter");
	copy_member(row, "role", l->body, "role");
	copy_member(row, "ecu", l->body, "ecu_serial");
	copy_member(row, "attack", l->body, "attacks_detected");
	put_expiry(t, row, text_of(l->body, "expires"));
	put_counts(row, l->body);
	json_object_set_new(row, "signatures", signatures_json(l));
	print_json(row);
}

/* ---- the command -------------------------------------------------------------------------- */

static enum cot_err document(struct tool *t, const char *path)
{
	struct look l;
	enum cot_err err;

	memset(&l, 0, sizeof(l));
	l.path = path;
	err = doc_load(t, path, COT_MAX_TARGETS, &l.d);
	if (err != COT_OK)
		return err;
	l.body = doc_signed(&l.d);
	l.type = text_of(l.body, "_type");
	err = load_by(t, &l);
	if (err == COT_OK) {
		find_own(&l);
		if (t->json)
			print_tree(t, &l);
		else
			print_words(t, &l);
	}
	doc_free(&l.by_doc);
	doc_free(&l.d);
	return err;
}

static bool begins(const uint8_t *bytes, size_t len, const char *text)
{
	return len >= strlen(text) && memcmp(bytes, text, strlen(text)) == 0;
}

static enum cot_err run(struct tool *t)
{
	const char *path = t->args.pos[0];
	uint8_t *bytes;
	size_t len;
	bool is_secret, is_public;
	enum cot_err err = tool_read(t, path, COT_MAX_TARGETS, &bytes, &len);

	if (err != COT_OK)
		return err;
	is_secret = begins(bytes, len, "cotter secret key");
	is_public = begins(bytes, len, "{\"keytype\":");
	free(bytes);
	if (is_secret)
		return secret_key(t, path);
	if (is_public)
		return public_key(t, path);
	return document(t, path);
}

static const struct option_row options[] = {
	{ "root", 0, "FILE", false, "the Root by which its signatures are judged" },
	TOOL_END
};

const struct command cmd_inspect = {
	"inspect", "FILE [--root FILE]", "Show any file in words",
	"Metadata of the four roles, time messages, version reports, vehicle manifests,\n"
	"provisioning records, public and secret key files. Signatures are counted by the\n"
	"Root given; a Root counts its own, a record those of the Root in it. Inspect shows\n"
	"and does not judge: its status is 0 for anything that it can read.",
	1, 1, options, run
};
