/* SPDX-License-Identifier: Apache-2.0
 *
 * The simulated repositories: trees, signing, files as served.
 */
#include "tests/sim/repo.h"
#include "keys/encode.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_S 86400

static void need(bool ok)
{
	if (!ok)
		abort();
}

static const char *const repo_names[] = { "director", "image" };

/* ---- trees -------------------------------------------------------------------- */

json_t *sim_signed(struct sim_world *w, unsigned repo, enum cot_role role)
{
	return w->repo[repo].doc[role];
}

static json_t *tree(struct sim_world *w, unsigned repo, enum cot_role role, const char *name)
{
	json_t *value = json_object_get(sim_signed(w, repo, role), name);

	need(value != NULL);
	return value;
}

void sim_expires(struct sim_world *w, unsigned repo, enum cot_role role, int64_t when_s)
{
	time_t when = (time_t)when_s;
	char text[32];
	struct tm tm;

	need(gmtime_r(&when, &tm) != NULL);
	need(strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 20);
	json_object_set_new(sim_signed(w, repo, role), "expires", json_string(text));
}

void sim_version(struct sim_world *w, unsigned repo, enum cot_role role, json_int_t version)
{
	json_object_set_new(sim_signed(w, repo, role), "version", json_integer(version));
}

static json_int_t version_of(struct sim_world *w, unsigned repo, enum cot_role role)
{
	return json_integer_value(tree(w, repo, role, "version"));
}

static json_t *new_signed(unsigned repo, enum cot_role role)
{
	json_t *custom = json_pack("{s:s}", "repository", repo_names[repo]);
	json_t *body;

	if (repo == SIM_DIRECTOR && role != COT_ROLE_ROOT)
		json_object_set_new(custom, "vehicleId", json_string(SIM_VEHICLE));
	body = json_pack("{s:s, s:s, s:i, s:s, s:o}", "_type", cot_role_name(role),
	                 "spec_version", "1.0.34", "version", 1, "expires", "",
	                 "custom", custom);
	need(body != NULL);
	return body;
}

/* ---- keys of roles -------------------------------------------------------------- */

static json_t *role_entry(struct sim_world *w, unsigned repo, enum cot_role role)
{
	json_t *root = sim_signed(w, repo, COT_ROLE_ROOT);
	json_t *entry = role == COT_ROLE_TIME ?
		json_object_get(json_object_get(root, "custom"), "time") :
		json_object_get(json_object_get(root, "roles"), cot_role_name(role));

	need(entry != NULL);
	return entry;
}

void sim_signers(struct sim_world *w, unsigned repo, enum cot_role role, const unsigned *keys)
{
	unsigned *list = w->repo[repo].signers[role];
	unsigned i;

	memset(list, 0, sizeof(w->repo[repo].signers[role]));
	for (i = 0; i < 7 && keys[i] != 0; i++)
		list[i] = keys[i];
}

static void list_id(struct sim_world *w, unsigned repo, enum cot_role role, unsigned key)
{
	char id[COT_KEY_ID_TEXT + 1];

	sim_key_id(key, id);
	json_object_set_new(tree(w, repo, COT_ROLE_ROOT, "keys"), id, sim_key_object(key));
	json_array_append_new(json_object_get(role_entry(w, repo, role), "keyids"),
	                      json_string(id));
}

void sim_add_key(struct sim_world *w, unsigned repo, enum cot_role role, unsigned key)
{
	unsigned *list = w->repo[repo].signers[role];

	list_id(w, repo, role, key);
	while (*list != 0)
		list++;
	need(list < w->repo[repo].signers[role] + 7);
	*list = key;
}

/* A key that no role lists any more leaves `keys` too. */
static void forget_unlisted(struct sim_world *w, unsigned repo, const char *id)
{
	json_t *root = sim_signed(w, repo, COT_ROLE_ROOT);
	json_t *keys = json_object_get(root, "keys");
	json_t *held = json_incref(json_object_get(keys, id));
	char *text;

	json_object_del(keys, id);
	text = sim_text(root);
	if (strstr(text, id) != NULL)
		json_object_set(keys, id, held);
	json_decref(held);
	free(text);
}

void sim_remove_key(struct sim_world *w, unsigned repo, enum cot_role role, unsigned key)
{
	json_t *ids = json_object_get(role_entry(w, repo, role), "keyids");
	unsigned *list = w->repo[repo].signers[role];
	char id[COT_KEY_ID_TEXT + 1];
	size_t i;

	sim_key_id(key, id);
	for (i = json_array_size(ids); i > 0; i--) {
		if (strcmp(json_string_value(json_array_get(ids, i - 1)), id) == 0)
			json_array_remove(ids, i - 1);
	}
	for (i = 0; list[i] != 0 && list[i] != key; i++)
		;
	for (; list[i] != 0; i++)
		list[i] = list[i + 1];
	forget_unlisted(w, repo, id);
}

void sim_replace_key(struct sim_world *w, unsigned repo, enum cot_role role, unsigned old,
                     unsigned key)
{
	sim_add_key(w, repo, role, key);
	sim_remove_key(w, repo, role, old);
}

void sim_threshold(struct sim_world *w, unsigned repo, enum cot_role role, int threshold)
{
	json_object_set_new(role_entry(w, repo, role), "threshold", json_integer(threshold));
}

/* ---- signing ---------------------------------------------------------------------- */

static void put_signature(FILE *out, unsigned key, struct cot_slice body, bool first)
{
	uint8_t sig[COT_MAX_SIG_LEN];
	char id[COT_KEY_ID_TEXT + 1], hex[2 * COT_MAX_SIG_LEN];
	size_t len = sim_key_sign(key, body, sig);

	sim_key_id(key, id);
	cot_hex_encode(cot_slice(sig, len), hex);
	fprintf(out, "%s{\"keyid\":\"%s\",\"sig\":\"%.*s\"}", first ? "" : ",", id,
	        (int)(2 * len), hex);
}

char *sim_sign_text(const char *body, const unsigned *keys, size_t *ret_len)
{
	struct cot_slice signed_part = cot_slice_str(body);
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);
	size_t i;

	need(out != NULL);
	fputs("{\"signatures\":[", out);
	for (i = 0; keys[i] != 0; i++)
		put_signature(out, keys[i], signed_part, i == 0);
	fprintf(out, "],\"signed\":%s}", body);
	need(fclose(out) == 0);
	return text;
}

/* ---- files ------------------------------------------------------------------------- */

struct sim_file *sim_get(struct sim_world *w, unsigned repo, const char *name)
{
	struct sim_repo *r = &w->repo[repo];
	size_t i;

	for (i = 0; i < r->file_count; i++) {
		if (strcmp(r->files[i].name, name) == 0)
			return &r->files[i];
	}
	return NULL;
}

static struct sim_file *file_slot(struct sim_world *w, unsigned repo, const char *name)
{
	struct sim_file *file = sim_get(w, repo, name);
	struct sim_repo *r = &w->repo[repo];

	if (file != NULL)
		return file;
	r->files = realloc(r->files, (r->file_count + 1) * sizeof(*r->files));
	need(r->files != NULL);
	file = &r->files[r->file_count++];
	memset(file, 0, sizeof(*file));
	snprintf(file->name, sizeof(file->name), "%s", name);
	return file;
}

void sim_put(struct sim_world *w, unsigned repo, const char *name, struct cot_slice bytes)
{
	struct sim_file *file = file_slot(w, repo, name);
	uint8_t *copy = malloc(bytes.len + 1);

	need(copy != NULL);
	if (bytes.len > 0)
		memcpy(copy, bytes.ptr, bytes.len);
	copy[bytes.len] = 0;
	free(file->bytes);
	file->bytes = copy;
	file->len = bytes.len;
}

void sim_remove(struct sim_world *w, unsigned repo, const char *name)
{
	struct sim_file *file = sim_get(w, repo, name);
	struct sim_repo *r = &w->repo[repo];

	if (file == NULL)
		return;
	free(file->bytes);
	*file = r->files[--r->file_count];
}

void sim_fail(struct sim_world *w, unsigned repo, const char *name, enum cot_err why)
{
	file_slot(w, repo, name)->fail = why;
}

static void file_name(struct sim_world *w, unsigned repo, enum cot_role role, char ret[80])
{
	if (role == COT_ROLE_TIMESTAMP)
		snprintf(ret, 80, "timestamp.json");
	else
		snprintf(ret, 80, "%lld.%s.json", (long long)version_of(w, repo, role),
		         cot_role_name(role));
}

void sim_write(struct sim_world *w, unsigned repo, enum cot_role role)
{
	char *body = sim_text(sim_signed(w, repo, role));
	char name[80], *text;
	size_t len;

	text = sim_sign_text(body, w->repo[repo].signers[role], &len);
	file_name(w, repo, role, name);
	sim_put(w, repo, name, cot_slice(text, len));
	if (role == COT_ROLE_TARGETS)
		sim_put(w, repo, "targets.json", cot_slice(text, len));
	free(text);
	free(body);
}

/* ---- the chain ---------------------------------------------------------------------- */

static json_t *hashes_of(const void *bytes, size_t len)
{
	uint8_t sha256[32], sha512[64];
	char hex256[65] = "", hex512[129] = "";

	crypto_hash_sha256(sha256, bytes, len);
	crypto_hash_sha512(sha512, bytes, len);
	cot_hex_encode(cot_slice(sha256, sizeof(sha256)), hex256);
	cot_hex_encode(cot_slice(sha512, sizeof(sha512)), hex512);
	return json_pack("{s:s, s:s}", "sha256", hex256, "sha512", hex512);
}

void sim_link(struct sim_world *w, unsigned repo, enum cot_role child)
{
	enum cot_role parent = child == COT_ROLE_TARGETS ? COT_ROLE_SNAPSHOT : COT_ROLE_TIMESTAMP;
	const struct sim_file *file;
	char name[80];

	file_name(w, repo, child, name);
	file = sim_get(w, repo, name);
	need(file != NULL);
	json_object_set_new(tree(w, repo, parent, "meta"),
	                    child == COT_ROLE_TARGETS ? "targets.json" : "snapshot.json",
	                    json_pack("{s:I, s:I, s:o}", "version", version_of(w, repo, child),
	                              "length", (json_int_t)file->len,
	                              "hashes", hashes_of(file->bytes, file->len)));
}

static void bump(struct sim_world *w, unsigned repo, enum cot_role role)
{
	sim_version(w, repo, role, version_of(w, repo, role) + 1);
}

void sim_publish(struct sim_world *w, unsigned repo, enum cot_role role)
{
	bump(w, repo, role);
	sim_write(w, repo, role);
	if (role == COT_ROLE_ROOT || role == COT_ROLE_TIMESTAMP)
		return;
	sim_link(w, repo, role);
	sim_publish(w, repo, role == COT_ROLE_TARGETS ? COT_ROLE_SNAPSHOT : COT_ROLE_TIMESTAMP);
}

/* ---- images and orders ---------------------------------------------------------------- */

void sim_image(struct sim_world *w, const char *name, uint64_t counter, const char *hwid)
{
	json_t *custom = json_pack("{s:I}", "releaseCounter", (json_int_t)counter);

	if (hwid != NULL)
		json_object_set_new(custom, "hardwareIds", json_pack("[s]", hwid));
	json_object_set_new(tree(w, SIM_IMAGE, COT_ROLE_TARGETS, "targets"), name,
	                    json_pack("{s:I, s:o, s:o}", "length",
	                              (json_int_t)(1000 + strlen(name)), "hashes",
	                              hashes_of(name, strlen(name)), "custom", custom));
}

static void cancel_orders(json_t *targets, const char *ecu)
{
	const char *name;
	json_t *entry;
	void *next;

	json_object_foreach_safe(targets, next, name, entry) {
		json_t *ecus = json_object_get(json_object_get(entry, "custom"),
		                               "ecuIdentifiers");

		json_object_del(ecus, ecu);
		if (json_object_size(ecus) == 0)
			json_object_del(targets, name);
	}
}

void sim_order(struct sim_world *w, const char *ecu, const char *hwid, const char *name)
{
	json_t *targets = tree(w, SIM_DIRECTOR, COT_ROLE_TARGETS, "targets");
	json_t *entry, *image, *custom;

	cancel_orders(targets, ecu);
	if (name == NULL)
		return;
	entry = json_object_get(targets, name);
	if (entry == NULL) {
		image = json_object_get(tree(w, SIM_IMAGE, COT_ROLE_TARGETS, "targets"), name);
		need(image != NULL);
		entry = json_deep_copy(image);
		json_object_set_new(json_object_get(entry, "custom"), "ecuIdentifiers",
		                    json_object());
		json_object_set_new(targets, name, entry);
	}
	custom = json_object_get(entry, "custom");
	json_object_set_new(json_object_get(custom, "ecuIdentifiers"), ecu,
	                    json_pack("{s:s}", "hardwareId", hwid));
}

void sim_release(struct sim_world *w, const char *ecu, const char *name, uint64_t counter)
{
	const char *hwid = strcmp(ecu, "ECU-B") == 0 ? "hw-b" : "hw-a";

	sim_image(w, name, counter, hwid);
	sim_order(w, ecu, hwid, name);
	sim_publish(w, SIM_IMAGE, COT_ROLE_TARGETS);
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_TARGETS);
}

/* ---- time ------------------------------------------------------------------------------- */

char *sim_time(struct sim_world *w, const uint8_t *nonces, size_t count, size_t *ret_len)
{
	struct sim_repo *r = &w->repo[SIM_DIRECTOR];
	json_t *list = json_array();
	char hex[2 * COT_NONCE_LEN + 1] = "", text[32], *body, *ret;
	time_t now = (time_t)w->now_s;
	struct tm tm;
	json_t *msg;
	size_t i;

	for (i = 0; i < count; i++) {
		cot_hex_encode(cot_slice(nonces + i * COT_NONCE_LEN, COT_NONCE_LEN), hex);
		json_array_append_new(list, json_string(hex));
	}
	need(gmtime_r(&now, &tm) != NULL);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	msg = json_pack("{s:s, s:o, s:I, s:s}", "_type", "time", "nonces", list, "rootVersion",
	                version_of(w, SIM_DIRECTOR, COT_ROLE_ROOT), "time", text);
	body = sim_text(msg);
	ret = sim_sign_text(body, r->signers[COT_ROLE_TIME], ret_len);
	free(body);
	json_decref(msg);
	return ret;
}

/* ---- the world ----------------------------------------------------------------------------- */

static json_t *empty_role(int threshold)
{
	return json_pack("{s:[], s:i}", "keyids", "threshold", threshold);
}

static void new_root(struct sim_world *w, unsigned repo)
{
	json_t *root = sim_signed(w, repo, COT_ROLE_ROOT);
	unsigned first = repo == SIM_DIRECTOR ? SIM_DIRECTOR_ROOT : SIM_IMAGE_ROOT;
	unsigned i;

	json_object_set_new(root, "consistent_snapshot", json_true());
	json_object_set_new(root, "keys", json_object());
	json_object_set_new(root, "roles",
	                    json_pack("{s:o, s:o, s:o, s:o}", "root", empty_role(2), "timestamp",
	                              empty_role(1), "snapshot", empty_role(1), "targets",
	                              empty_role(repo == SIM_IMAGE ? 2 : 1)));
	for (i = 0; i < 3; i++)
		sim_add_key(w, repo, COT_ROLE_ROOT, first + i);
	sim_add_key(w, repo, COT_ROLE_TIMESTAMP, first + 3);
	sim_add_key(w, repo, COT_ROLE_SNAPSHOT, first + 4);
	sim_add_key(w, repo, COT_ROLE_TARGETS, first + 5);
	if (repo == SIM_IMAGE) {
		sim_add_key(w, repo, COT_ROLE_TARGETS, SIM_IMAGE_TARGETS + 1);
		return;
	}
	json_object_set_new(json_object_get(root, "custom"), "time", empty_role(1));
	sim_add_key(w, repo, COT_ROLE_TIME, SIM_TIME);
}

static void new_repo(struct sim_world *w, unsigned repo)
{
	unsigned role;

	for (role = 0; role < COT_ROLE_COUNT; role++) {
		w->repo[repo].doc[role] = new_signed(repo, (enum cot_role)role);
		sim_expires(w, repo, (enum cot_role)role,
		            SIM_NOW + (role == COT_ROLE_ROOT ? 365 : 30) * DAY_S);
	}
	new_root(w, repo);
	json_object_set_new(sim_signed(w, repo, COT_ROLE_TIMESTAMP), "meta", json_object());
	json_object_set_new(sim_signed(w, repo, COT_ROLE_SNAPSHOT), "meta", json_object());
	json_object_set_new(sim_signed(w, repo, COT_ROLE_TARGETS), "targets", json_object());
	sim_write(w, repo, COT_ROLE_ROOT);
	sim_write(w, repo, COT_ROLE_TARGETS);
	sim_link(w, repo, COT_ROLE_TARGETS);
	sim_write(w, repo, COT_ROLE_SNAPSHOT);
	sim_link(w, repo, COT_ROLE_SNAPSHOT);
	sim_write(w, repo, COT_ROLE_TIMESTAMP);
}

struct sim_world *sim_world_new(void)
{
	struct sim_world *w = calloc(1, sizeof(*w));

	need(w != NULL && sodium_init() >= 0);
	w->now_s = SIM_NOW;
	w->ticks_ms = 1000;
	new_repo(w, SIM_DIRECTOR);
	new_repo(w, SIM_IMAGE);
	return w;
}

void sim_world_free(struct sim_world *w)
{
	unsigned repo, role;
	size_t i;

	for (repo = 0; repo < COT_MAX_REPOS; repo++) {
		struct sim_repo *r = &w->repo[repo];

		for (role = 0; role < COT_ROLE_COUNT; role++)
			json_decref(r->doc[role]);
		for (i = 0; i < r->file_count; i++)
			free(r->files[i].bytes);
		free(r->files);
	}
	free(w);
}
