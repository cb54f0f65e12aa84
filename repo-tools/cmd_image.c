/* SPDX-License-Identifier: Apache-2.0
 *
 * cotter image add, list, remove: the Image repository's Targets.
 */
#include "keys/encode.h"
#include "metadata/name.h"
#include "repo-tools/image.h"
#include "repo-tools/words.h"

#include <stdlib.h>
#include <string.h>

static const struct place image = { false, "" };

enum cot_err image_entry(struct tool *t, const char *file, json_t **ret,
                         struct cot_build_file *ret_file)
{
	uint8_t *bytes;
	size_t len, i;
	uint64_t counter = 0;
	const char *hwid;
	json_t *list = json_array();
	enum cot_err err = args_has(&t->args, "counter") ? COT_OK
	                   : tool_fail(t, COT_E_USAGE, "--counter is needed");

	*ret = NULL;
	if (err == COT_OK)
		err = tool_number(t, "counter", COT_MAX_VERSION, &counter);
	for (i = 0; err == COT_OK && (hwid = args_nth(&t->args, "hardware", i)) != NULL; i++) {
		if (cot_name_check_id(cot_slice_str(hwid)) != COT_OK)
			err = tool_fail(t, COT_E_NAME, "--hardware %.80s", hwid);
		json_array_append_new(list, json_string(hwid));
	}
	if (err == COT_OK && i == 0)
		err = tool_fail(t, COT_E_USAGE, "--hardware is needed: which ECUs the image fits");
	if (err == COT_OK)
		err = tool_read(t, file, (size_t)1 << 31, &bytes, &len);
	if (err != COT_OK) {
		json_decref(list);
		return err;
	}
	cot_build_file_of(cot_slice(bytes, len), &cot_crypto_full, ret_file);
	*ret = cot_build_target(ret_file, counter, list);
	err = image_keep(t, ret_file, cot_slice(bytes, len));
	free(bytes);
	return err;
}

void image_path(struct tool *t, const struct cot_build_file *file, char ret[TOOL_PATH])
{
	char hex[2 * COT_SHA256_LEN + 1] = { 0 };

	cot_hex_encode(cot_slice(file->hashes.sha256, COT_SHA256_LEN), hex);
	tool_path(ret, "%s/image/files/%s", t->dir, hex);
}

enum cot_err image_keep(struct tool *t, const struct cot_build_file *file,
                        struct cot_slice bytes)
{
	char path[TOOL_PATH];

	image_path(t, file, path);
	/* Named by its hash: if it is there it is the same. */
	return tool_exists(path) ? COT_OK : tool_write(t, path, bytes, false);
}

enum cot_err image_targets(struct tool *t, json_t **ret)
{
	int64_t expires_s;
	enum cot_err err = tool_expires(t, role_days(COT_ROLE_TARGETS), &expires_s);

	if (err == COT_OK)
		err = draft_open(t, &image, COT_ROLE_TARGETS, expires_s, ret);
	if (err == COT_E_NO_INPUT && !t->told) {
		tool_hint(t, "`cotter init` begins a working folder; --dir names it");
		return tool_fail(t, err, "image/targets in %s", t->dir);
	}
	return err;
}

static enum cot_err run_add(struct tool *t)
{
	const char *file = t->args.pos[0], *name = args_get(&t->args, "name");
	const char *slash = strrchr(file, '/');
	struct cot_build_file known;
	json_t *body = NULL, *entry = NULL, *list;
	enum cot_err err;

	if (name == NULL)
		name = slash == NULL ? file : slash + 1;
	if (cot_name_check_target(cot_slice_str(name)) != COT_OK)
		return tool_fail(t, COT_E_NAME, "image name %.80s", name);
	err = image_targets(t, &body);
	if (err != COT_OK)
		return err;
	list = json_object_get(body, "targets");
	if (json_object_get(list, name) != NULL && !t->force)
		err = tool_fail(t, COT_E_EXISTS, "image %s", name);
	if (err == COT_OK)
		err = image_entry(t, file, &entry, &known);
	if (err == COT_OK && json_object_set_new(list, name, entry) != 0)
		err = tool_fail(t, COT_E_MEMORY, "image %s", name);
	if (err == COT_OK)
		err = draft_save(t, &image, COT_ROLE_TARGETS, body);
	if (err == COT_OK) {
		struct doc old = { 0 };
		bool had = doc_published(t, &image, COT_ROLE_TARGETS, &old) == COT_OK;

		printf("image/targets, draft of version %lld:\n",
		       (long long)json_integer_value(json_object_get(body, "version")));
		words_diff(had ? doc_signed(&old) : NULL, body);
		if (had)
			doc_free(&old);
		tool_next(t, "cotter sign image/targets --key FILE, once per key");
	}
	json_decref(body);
	return err;
}

static enum cot_err run_remove(struct tool *t)
{
	json_t *body;
	enum cot_err err = image_targets(t, &body);

	if (err != COT_OK)
		return err;
	if (json_object_del(json_object_get(body, "targets"), t->args.pos[0]) != 0) {
		tool_hint(t, "`cotter image list` shows the names");
		err = tool_fail(t, COT_E_NOT_FOUND, "image %.100s", t->args.pos[0]);
	}
	if (err == COT_OK)
		err = draft_save(t, &image, COT_ROLE_TARGETS, body);
	if (err == COT_OK)
		tool_next(t, "cotter sign image/targets --key FILE, once per key");
	json_decref(body);
	return err;
}

static enum cot_err run_list(struct tool *t)
{
	struct doc d;
	enum cot_err err = doc_current(t, &image, COT_ROLE_TARGETS, &d);

	if (err != COT_OK)
		return tool_fail(t, err, "image/targets in %s", t->dir);
	if (t->json)
		json_dumpf(json_object_get(doc_signed(&d), "targets"), stdout,
		           JSON_COMPACT | JSON_SORT_KEYS);
	else
		words_body(t, doc_signed(&d));
	if (t->json)
		putchar('\n');
	doc_free(&d);
	return COT_OK;
}

static const struct option_row add_options[] = {
	{ "name", 0, "NAME", false, "target name (default: the file's)" },
	{ "hardware", 0, "ID", true, "hardware identifier it fits" },
	{ "counter", 0, "N", false, "release counter: never lower than that of a release before" },
	TOOL_EXPIRES_OPTIONS,
	TOOL_END
};
static const struct option_row expire_options[] = { TOOL_EXPIRES_OPTIONS, TOOL_END };

const struct command cmd_image_add = {
	"image add", "FILE --hardware ID --counter N [--name NAME]",
	"Put an image into the draft of the next Image Targets",
	"Length, SHA-256 and SHA-512 are taken from the file, and the file is kept below\n"
	"DIR/image/files until it is published.",
	1, 1, add_options, run_add
};
const struct command cmd_image_list = {
	"image list", "", "List the images of the Image repository", NULL, 0, 0, NULL, run_list
};
const struct command cmd_image_remove = {
	"image remove", "NAME", "Take an image out of the next Image Targets", NULL, 1, 1,
	expire_options, run_remove
};
