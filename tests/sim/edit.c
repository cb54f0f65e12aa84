/* SPDX-License-Identifier: Apache-2.0
 *
 * Edited documents: see edit.h.
 */
#include "tests/sim/edit.h"
#include "tests/sim/repo.h"

#include <stdlib.h>
#include <string.h>

/* Stands where raw text goes; no document of a test holds it. */
#define MARK "@raw@"
#define MAX_PATH 256u

static void need(bool ok)
{
	if (!ok)
		abort();
}

struct cot_slice sim_copy(const void *bytes, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	need(copy != NULL);
	if (len > 0)
		memcpy(copy, bytes, len);
	return cot_slice(copy, len);
}

void sim_drop(struct cot_slice s)
{
	free((void *)(uintptr_t)s.ptr);
}

static json_t *child(json_t *parent, const char *part)
{
	if (json_is_array(parent))
		return json_array_get(parent, strtoul(part, NULL, 10));
	return json_object_get(parent, part);
}

static void replace(json_t *parent, const char *part, bool keep)
{
	json_t *mark = json_string(MARK);
	size_t at = strtoul(part, NULL, 10);

	need(json_is_object(parent) || json_is_array(parent));
	if (json_is_object(parent) && keep)
		need(json_object_set(parent, part, mark) == 0);
	else if (json_is_object(parent))
		need(json_object_del(parent, part) == 0);
	else if (keep && at < json_array_size(parent))
		need(json_array_set(parent, at, mark) == 0);
	else if (keep)
		need(json_array_append(parent, mark) == 0);
	else
		need(json_array_remove(parent, at) == 0);
	json_decref(mark);
}

/* The text with "MARK" in it replaced by raw. */
static struct cot_slice fill(const char *text, const char *raw)
{
	const char *at = strstr(text, "\"" MARK "\"");
	size_t before, hole = strlen("\"" MARK "\""), len;
	char *joined;
	struct cot_slice ret;

	if (at == NULL)
		return sim_copy(text, strlen(text));
	before = (size_t)(at - text);
	len = strlen(text) - hole + strlen(raw);
	joined = malloc(len + 1);
	need(joined != NULL);
	memcpy(joined, text, before);
	memcpy(joined + before, raw, strlen(raw));
	memcpy(joined + before + strlen(raw), at + hole, strlen(at + hole));
	ret = sim_copy(joined, len);
	free(joined);
	return ret;
}

struct cot_slice sim_edit(const json_t *tree, const char *path, const char *raw)
{
	json_t *copy = json_deep_copy(tree), *at = copy;
	char parts[MAX_PATH], *part = parts, *blank;
	struct cot_slice ret;
	char *text;

	need(copy != NULL && strlen(path) < sizeof(parts));
	memcpy(parts, path, strlen(path) + 1);
	while ((blank = strchr(part, ' ')) != NULL) {
		*blank = '\0';
		at = child(at, part);
		need(at != NULL);
		part = blank + 1;
	}
	if (*part != '\0')
		replace(at, part, raw != NULL);
	text = sim_text(copy);
	ret = fill(text, raw == NULL ? "" : raw);
	free(text);
	json_decref(copy);
	return ret;
}
