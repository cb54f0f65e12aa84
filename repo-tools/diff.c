/* SPDX-License-Identifier: Apache-2.0
 *
 * What changes from one version of a document to the next, in words.
 *
 * The parts that people decide about (keys, thresholds, images, orders) have
 * their own sentences; every other difference is shown member by member, so
 * that nothing can be signed unseen.
 */
#include "repo-tools/words.h"

#include <stdlib.h>
#include <string.h>

static const char *short_id(const char *id)
{
	static char text[16];

	snprintf(text, sizeof(text), "%.12s", id == NULL ? "?" : id);
	return text;
}

/* One value on one line, cut where it grows long. */
static void print_value(const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

	if (text != NULL)
		printf("%.100s%s", text, strlen(text) > 100 ? "..." : "");
	free(text);
}

static size_t diff_member(const char *path, const json_t *from, const json_t *to)
{
	if (from == NULL && to == NULL)
		return 0;
	if (from != NULL && to != NULL && json_equal(from, to))
		return 0;
	printf("  %c %s ", from == NULL ? '+' : to == NULL ? '-' : '~', path);
	if (from != NULL)
		print_value(from);
	if (from != NULL && to != NULL)
		printf(" -> ");
	if (to != NULL)
		print_value(to);
	putchar('\n');
	return 1;
}

static bool holds(const json_t *list, const json_t *value)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		if (json_equal(json_array_get(list, i), value))
			return true;
	}
	return false;
}

static size_t diff_role(const char *name, const json_t *from, const json_t *to)
{
	const json_t *old = json_object_get(from, "keyids"), *new = json_object_get(to, "keyids");
	long long was = (long long)json_integer_value(json_object_get(from, "threshold"));
	long long is = (long long)json_integer_value(json_object_get(to, "threshold"));
	size_t i, lines = 0;

	for (i = 0; i < json_array_size(new); i++) {
		if (!holds(old, json_array_get(new, i)) && ++lines)
			printf("  + key %s may sign as %s\n",
			       short_id(json_string_value(json_array_get(new, i))), name);
	}
	for (i = 0; i < json_array_size(old); i++) {
		if (!holds(new, json_array_get(old, i)) && ++lines)
			printf("  - key %s may no longer sign as %s\n",
			       short_id(json_string_value(json_array_get(old, i))), name);
	}
	if (was != is && ++lines)
		printf("  ~ %s needs %lld signatures%s\n", name, is,
		       from == NULL ? "" : is < was ? ", FEWER than before" : ", more than before");
	return lines;
}

static size_t diff_root(const json_t *from, const json_t *to)
{
	static const char *const roles[] = { "root", "targets", "snapshot", "timestamp" };
	size_t i, lines = 0;

	for (i = 0; i < 4; i++)
		lines += diff_role(roles[i], json_object_get(json_object_get(from, "roles"), roles[i]),
		                   json_object_get(json_object_get(to, "roles"), roles[i]));
	return lines + diff_role("time",
	                         json_object_get(json_object_get(from, "custom"), "time"),
	                         json_object_get(json_object_get(to, "custom"), "time"));
}

static size_t diff_target(const char *name, const json_t *from, const json_t *to)
{
	const json_t *now = to == NULL ? from : to, *custom = json_object_get(now, "custom");
	const char *sha = json_string_value(
		json_object_get(json_object_get(now, "hashes"), "sha256"));
	json_t *ecus = json_object_get(custom, "ecuIdentifiers");
	void *it;

	if (from != NULL && to != NULL && json_equal(from, to))
		return 0;
	printf("  %c image %s, %lld bytes, sha256 %s..., counter %lld\n",
	       from == NULL ? '+' : to == NULL ? '-' : '~', name,
	       (long long)json_integer_value(json_object_get(now, "length")), short_id(sha),
	       (long long)json_integer_value(json_object_get(custom, "releaseCounter")));
	for (it = json_object_iter(ecus); it != NULL; it = json_object_iter_next(ecus, it))
		printf("      %s ECU %s\n", to == NULL ? "no longer ordered for" : "ordered for",
		       json_object_iter_key(it));
	return 1;
}

/* Calls each for the names of both objects, each name once. */
static size_t each_name(const json_t *from, const json_t *to,
                        size_t (*each)(const char *, const json_t *, const json_t *),
                        const char *const *skip)
{
	json_t *names = json_object();
	const char *name;
	size_t lines = 0, i;
	json_t *value;

	json_object_update(names, (json_t *)(uintptr_t)from);
	json_object_update(names, (json_t *)(uintptr_t)to);
	json_object_foreach(names, name, value) {
		for (i = 0; skip != NULL && skip[i] != NULL && strcmp(skip[i], name) != 0; i++)
			;
		if (skip == NULL || skip[i] == NULL)
			lines += each(name, json_object_get(from, name), json_object_get(to, name));
	}
	json_decref(names);
	return lines;
}

static size_t diff_custom(const char *path, const json_t *from, const json_t *to)
{
	char longer[128];

	snprintf(longer, sizeof(longer), "custom.%.100s", path);
	return diff_member(longer, from, to);
}

size_t words_diff(const json_t *from, const json_t *to)
{
	static const char *const told[] = { "roles", "keys", "targets", "custom", NULL };
	static const char *const told_custom[] = { "time", NULL };
	const json_t *type = json_object_get(to, "_type");
	size_t lines = 0;

	/* A first version is no change of anything: only what people decide. */
	if (from != NULL)
		lines = each_name(from, to, diff_member, told) +
		        each_name(json_object_get(from, "custom"), json_object_get(to, "custom"),
		                  diff_custom, told_custom);
	if (type != NULL && strcmp(json_string_value(type), "root") == 0)
		lines += diff_root(from, to);
	if (json_object_get(to, "targets") != NULL)
		lines += each_name(json_object_get(from, "targets"), json_object_get(to, "targets"),
		                   diff_target, NULL);
	return lines;
}
