/* SPDX-License-Identifier: Apache-2.0
 *
 * Documents in words: see words.h.
 */
#include "repo-tools/words.h"
#include "keys/encode.h"
#include "metadata/utc.h"

#include <string.h>

#define SHORT 12 /* digits of an id or hash that people compare */

static const char *text_of(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));

	return s == NULL ? "" : s;
}

void words_sha256(struct cot_slice bytes, char ret[2 * COT_SHA256_LEN + 1])
{
	uint8_t hash[COT_SHA256_LEN];

	cot_hash_once(&cot_crypto_full, COT_HASH_SHA256, bytes, hash);
	cot_hex_encode(cot_slice(hash, sizeof(hash)), ret);
	ret[2 * COT_SHA256_LEN] = 0;
}

void words_until(int64_t when_s, int64_t now_s, char *ret, size_t max)
{
	int64_t away = when_s > now_s ? when_s - now_s : now_s - when_s;
	int64_t n = away >= 2 * TOOL_DAY ? away / TOOL_DAY : away / 3600;
	const char *unit = away >= 2 * TOOL_DAY ? "days" : "hours";

	if (away < 2 * 3600) {
		n = away / 60;
		unit = "minutes";
	}
	snprintf(ret, max, when_s > now_s ? "in %lld %s" : "%lld %s ago", (long long)n, unit);
}

/* ---- Root as a table ------------------------------------------------------------------ */

/* Root and Image Targets decide what may ever be installed; the others only say
 * what is newest, and must be at hand each day. */
static const char *home_of(const char *repository, const char *role)
{
	if (strcmp(role, "root") == 0)
		return "offline tokens in separate safes";
	if (strcmp(role, "time") == 0)
		return "online, in the time server";
	if (strcmp(repository, "image") == 0 && strcmp(role, "targets") == 0)
		return "offline tokens of the release engineers";
	if (strcmp(repository, "image") == 0)
		return "online, in the release pipeline's HSM";
	return "online, in the Director's HSM";
}

static void table_row(const char *repository, const char *name, const json_t *role,
                      const json_t *keys)
{
	const json_t *list = json_object_get(role, "keyids");
	size_t i, n = json_array_size(list);
	char need[32];
	int width = 0;

	snprintf(need, sizeof(need), "%lld of %zu",
	         (long long)json_integer_value(json_object_get(role, "threshold")), n);
	printf("%-9s %-10s %-7s ", repository, name, need);
	for (i = 0; i < n; i++) {
		const char *id = json_string_value(json_array_get(list, i));
		const char *scheme = text_of(json_object_get(keys, id == NULL ? "" : id), "scheme");

		width += printf("%s%.8s%s", i > 0 ? " " : "", id == NULL ? "?" : id,
		                strncmp(scheme, "ecdsa", 5) == 0 ? "/P-256" : "");
	}
	printf("%*s %s\n", width < 32 ? 32 - width : 0, "", home_of(repository, name));
}

void words_root_table_head(void)
{
	printf("%-9s %-10s %-7s %-32s %s\n", "repo", "role", "needs", "keys",
	       "where such a key would live");
}

void words_root_table(const char *repository, const json_t *root)
{
	static const char *const order[] = { "root", "targets", "snapshot", "timestamp" };
	const json_t *keys = json_object_get(root, "keys"), *time;
	size_t i;

	for (i = 0; i < 4; i++)
		table_row(repository, order[i],
		          json_object_get(json_object_get(root, "roles"), order[i]), keys);
	time = json_object_get(json_object_get(root, "custom"), "time");
	if (time != NULL)
		table_row(repository, "time", time, keys);
}

/* ---- one document ----------------------------------------------------------------------- */

static void print_time(struct tool *t, const char *label, const char *text, bool expiry)
{
	char away[40];
	int64_t when;

	if (cot_utc_parse(cot_slice_str(text), &when) != COT_OK) {
		printf("%-12s %s (not a time)\n", label, text);
		return;
	}
	words_until(when, t->now_s, away, sizeof(away));
	printf("%-12s %s, %s%s\n", label, text, away,
	       expiry && when <= t->now_s ? ": EXPIRED" : "");
}

static void print_target(const char *name, const json_t *entry)
{
	const json_t *custom = json_object_get(entry, "custom"), *list, *value;
	const char *serial;
	size_t i;

	printf("  %s: %lld bytes, sha256 %.*s..., counter %lld", name,
	       (long long)json_integer_value(json_object_get(entry, "length")), SHORT,
	       text_of(json_object_get(entry, "hashes"), "sha256"),
	       (long long)json_integer_value(json_object_get(custom, "releaseCounter")));
	list = json_object_get(custom, "hardwareIds");
	for (i = 0; i < json_array_size(list); i++)
		printf("%s%s", i == 0 ? ", for " : " ", json_string_value(json_array_get(list, i)));
	putchar('\n');
	for (void *it = json_object_iter(json_object_get(custom, "ecuIdentifiers")); it != NULL;
	     it = json_object_iter_next(json_object_get(custom, "ecuIdentifiers"), it)) {
		serial = json_object_iter_key(it);
		value = json_object_iter_value(it);
		printf("    ordered for ECU %s (%s)\n", serial, text_of(value, "hardwareId"));
	}
}

static void print_targets(const json_t *targets)
{
	void *it;

	printf("%-12s %zu\n", "targets", json_object_size(targets));
	for (it = json_object_iter((json_t *)(uintptr_t)targets); it != NULL;
	     it = json_object_iter_next((json_t *)(uintptr_t)targets, it))
		print_target(json_object_iter_key(it), json_object_iter_value(it));
}

static void print_meta(const json_t *meta)
{
	void *it;

	for (it = json_object_iter((json_t *)(uintptr_t)meta); it != NULL;
	     it = json_object_iter_next((json_t *)(uintptr_t)meta, it)) {
		const json_t *entry = json_object_iter_value(it);

		printf("%-12s %s version %lld, %lld bytes, sha256 %.*s...\n", "lists",
		       json_object_iter_key(it),
		       (long long)json_integer_value(json_object_get(entry, "version")),
		       (long long)json_integer_value(json_object_get(entry, "length")), SHORT,
		       text_of(json_object_get(entry, "hashes"), "sha256"));
	}
}

static void print_record(const json_t *body)
{
	const json_t *ecus = json_object_get(body, "ecus"), *repos, *repo;
	const char *name;
	size_t i;

	printf("%-12s %s, number %lld\n", "device", text_of(body, "role"),
	       (long long)json_integer_value(json_object_get(body, "number")));
	for (i = 0; i < json_array_size(json_object_get(body, "own")); i++)
		printf("%-12s %s\n", "is ECU",
		       json_string_value(json_array_get(json_object_get(body, "own"), i)));
	for (i = 0; i < json_array_size(ecus); i++) {
		const json_t *ecu = json_array_get(ecus, i);

		printf("%-12s %s (%s), factory image %s\n", "knows ECU", text_of(ecu, "serial"),
		       text_of(ecu, "hardwareId"),
		       text_of(json_object_get(ecu, "image"), "filepath"));
	}
	repos = json_object_get(body, "repositories");
	for (i = 0; i < 2; i++) {
		name = i == 0 ? "director" : "image";
		repo = json_object_get(repos, name);
		if (repo != NULL)
			printf("%-12s %s: verifies %zu roles, Root version %lld\n", "repository", name,
			       json_array_size(json_object_get(repo, "roles")),
			       (long long)json_integer_value(json_object_get(json_object_get(
			               json_object_get(repo, "root"), "signed"), "version")));
	}
}

static void print_image_report(const json_t *body)
{
	const json_t *image = json_object_get(body, "installed_image");
	const json_t *info = json_object_get(image, "fileinfo");

	printf("%-12s %s\n", "ECU", text_of(body, "ecu_serial"));
	printf("%-12s %s, %lld bytes, sha256 %.*s...\n", "runs", text_of(image, "filepath"),
	       (long long)json_integer_value(json_object_get(info, "length")), SHORT,
	       text_of(json_object_get(info, "hashes"), "sha256"));
}

void words_body(struct tool *t, const json_t *body)
{
	const char *type = text_of(body, "_type");
	const json_t *custom = json_object_get(body, "custom");

	printf("%-12s %s\n", "role", type);
	if (text_of(custom, "repository")[0])
		printf("%-12s %s\n", "repository", text_of(custom, "repository"));
	if (text_of(custom, "vehicleId")[0] || text_of(body, "vehicleId")[0])
		printf("%-12s %s%s\n", "vehicle", text_of(custom, "vehicleId"),
		       text_of(body, "vehicleId"));
	if (json_object_get(body, "version") != NULL)
		printf("%-12s %lld\n", "version",
		       (long long)json_integer_value(json_object_get(body, "version")));
	if (text_of(body, "expires")[0])
		print_time(t, "expires", text_of(body, "expires"), true);
	if (text_of(body, "time")[0])
		print_time(t, "time", text_of(body, "time"), false);
	if (strcmp(type, "root") == 0) {
		words_root_table_head();
		words_root_table(text_of(custom, "repository"), body);
	} else if (strcmp(type, "targets") == 0)
		print_targets(json_object_get(body, "targets"));
	else if (strcmp(type, "provisioning") == 0)
		print_record(body);
	else if (strcmp(type, "time") == 0)
		printf("%-12s %zu nonces, Root %lld\n", "answers",
		       json_array_size(json_object_get(body, "nonces")),
		       (long long)json_integer_value(json_object_get(body, "rootVersion")));
	else if (strcmp(type, "ecu_version_report") == 0)
		print_image_report(body);
	else if (strcmp(type, "vehicle_version_manifest") == 0)
		printf("%-12s %zu ECUs, primary %s\n", "reports",
		       json_object_size(json_object_get(body, "ecu_version_manifests")),
		       text_of(body, "primary_ecu_serial"));
	else
		print_meta(json_object_get(body, "meta"));
}

/* ---- signatures ------------------------------------------------------------------------- */

void words_signatures(const struct doc *d, const struct cot_root *root, enum cot_role role)
{
	struct tally tally = doc_tally(d, root, role);
	struct cot_role_keys keys;
	struct cot_json_iter it;
	struct cot_slice element, id;

	if (tally.need == 0) {
		printf("%-12s %s\n", "signatures", cot_err_sentence(tally.err));
		return;
	}
	printf("%-12s %u of %u signatures valid%s\n", "signatures", tally.have, tally.need,
	       tally.err == COT_OK ? "" : ": NOT ENOUGH");
	if (cot_root_role(root, role, &keys) != COT_OK || cot_json_array(keys.keyids, &it) != COT_OK)
		return;
	while (cot_json_next_element(&it, &element)) {
		if (cot_json_string(element, &id) == COT_OK)
			printf("  %.*s... %s\n", SHORT, (const char *)id.ptr,
			       doc_signed_by(d, root, role, id) ? "has signed" : "has not signed");
	}
}
