/* SPDX-License-Identifier: Apache-2.0
 *
 * What goes where in a publication, and the switch: see publish.h.
 */
#include "repo-tools/publish.h"
#include "keys/encode.h"
#include "keys/host/file.h"
#include "metadata/name.h"
#include "repo-tools/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IMAGE_MAX ((size_t)1 << 31)

/* ---- collecting -------------------------------------------------------------------- */

static bool same_bytes(const char *a, const char *b)
{
	FILE *x = fopen(a, "rb"), *y = fopen(b, "rb");
	bool same = x != NULL && y != NULL;

	while (same) {
		char bx[16384], by[16384];
		size_t n = fread(bx, 1, sizeof(bx), x), m = fread(by, 1, sizeof(by), y);

		same = n == m && memcmp(bx, by, n) == 0;
		if (n == 0 || m == 0)
			break;
	}
	if (x != NULL)
		fclose(x);
	if (y != NULL)
		fclose(y);
	return same;
}

static enum cot_err add(struct publication *p, const char *from, const char *name, int rank)
{
	struct outgoing *grown = realloc(p->file, (p->files + 1) * sizeof(*grown)), *f;
	char there[TOOL_PATH];

	if (grown == NULL)
		return tool_fail(p->t, COT_E_MEMORY, "%s", name);
	p->file = grown;
	f = &grown[p->files++];
	tool_path(f->from, "%s", from);
	tool_path(f->name, "%s", name);
	f->rank = rank;
	tool_path(there, "%s/%s", p->out, name);
	f->is_new = !tool_exists(there) || !same_bytes(from, there);
	if (!f->is_new || !tool_exists(there) || strstr(name, "timestamp.json") != NULL || p->t->force)
		return COT_OK;
	tool_hint(p->t, "devices may have seen the published one; give the changed file a new version");
	return tool_fail(p->t, COT_E_SAME_VERSION, "%s", there);
}

/* The newest file of a role, drafts before history. */
static enum cot_err add_role(struct publication *p, const struct place *place,
                             enum cot_role role, int rank)
{
	char from[TOOL_PATH], name[TOOL_PATH];
	struct doc d;
	uint32_t version;
	enum cot_err err = doc_current(p->t, place, role, &d);

	if (err != COT_OK) {
		tool_hint(p->t, "`cotter status` shows what is there, `cotter refresh` makes the chain");
		return tool_fail(p->t, err, "%s", place_role(place, role));
	}
	version = doc_version(&d);
	tool_path(from, "%s", d.path);
	doc_free(&d);
	if (role == COT_ROLE_TIMESTAMP)
		tool_path(name, "%s/timestamp.json", place_name(place));
	else
		tool_path(name, "%s/%u.%s.json", place_name(place), version, cot_role_name(role));
	return add(p, from, name, rank);
}

/* Every Root there ever was: devices walk them one by one. */
static enum cot_err add_roots(struct publication *p, const struct place *place, int rank)
{
	uint32_t newest = place_newest(p->t, place, COT_ROLE_ROOT), v;
	char from[TOOL_PATH], name[TOOL_PATH];
	enum cot_err err = COT_OK;

	for (v = 1; err == COT_OK && v <= newest; v++) {
		place_published(p->t, place, COT_ROLE_ROOT, v, from);
		tool_path(name, "%s/%u.root.json", place_name(place), v);
		err = add(p, from, name, rank);
	}
	place_staged(p->t, place, COT_ROLE_ROOT, from);
	if (err == COT_OK && tool_exists(from))
		err = add_role(p, place, COT_ROLE_ROOT, rank);
	return err;
}

static enum cot_err add_place(struct publication *p, const struct place *place)
{
	int base = place->director ? 10 : 0;
	enum cot_err err = add_roots(p, place, base + 1);

	if (err == COT_OK)
		err = add_role(p, place, COT_ROLE_TARGETS, base + 2);
	if (err == COT_OK)
		err = add_role(p, place, COT_ROLE_SNAPSHOT, base + 3);
	if (err == COT_OK)
		err = add_role(p, place, COT_ROLE_TIMESTAMP, base + 4);
	return err;
}

/* An image once under each hash that its entry lists. */
static enum cot_err add_image(struct publication *p, const char *name, const json_t *entry)
{
	static const char *const algorithms[] = { "sha256", "sha512" };
	const json_t *hashes = json_object_get(entry, "hashes");
	const char *sha256 = json_string_value(json_object_get(hashes, "sha256"));
	char from[TOOL_PATH], published[COT_MAX_NAME + 132], full[TOOL_PATH];
	size_t i, len;
	enum cot_err err = COT_OK;

	tool_path(from, "%s/image/files/%s", p->t->dir, sha256 == NULL ? "?" : sha256);
	if (!tool_exists(from)) {
		tool_hint(p->t, "put the very file in again with `cotter image add --force`");
		return tool_fail(p->t, COT_E_NO_INPUT, "content of image %s", name);
	}
	for (i = 0; err == COT_OK && i < 2; i++) {
		const char *hex = json_string_value(json_object_get(hashes, algorithms[i]));

		if (hex == NULL)
			continue;
		err = cot_name_published(cot_slice_str(name), cot_slice_str(hex), published,
		                         sizeof(published), &len);
		if (err != COT_OK)
			return tool_fail(p->t, err, "image %s", name);
		tool_path(full, "image/targets/%.*s", (int)len, published);
		err = add(p, from, full, 0);
	}
	return err;
}

static enum cot_err add_images(struct publication *p)
{
	static const struct place image = { false, "" };
	struct doc d;
	json_t *entry;
	const char *name;
	enum cot_err err = doc_current(p->t, &image, COT_ROLE_TARGETS, &d);

	if (err != COT_OK)
		return tool_fail(p->t, err, "image/targets");
	json_object_foreach(json_object_get(doc_signed(&d), "targets"), name, entry) {
		err = add_image(p, name, entry);
		if (err != COT_OK)
			break;
	}
	doc_free(&d);
	return err;
}

static int by_rank(const void *a, const void *b)
{
	const struct outgoing *x = a, *y = b;

	return x->rank != y->rank ? x->rank - y->rank : strcmp(x->name, y->name);
}

enum cot_err publish_collect(struct publication *p)
{
	struct place place = { false, "" };
	size_t i;
	enum cot_err err = add_images(p);

	if (err == COT_OK)
		err = add_place(p, &place);
	place.director = true;
	for (i = 0; err == COT_OK && i < p->vehicles; i++) {
		snprintf(place.vehicle, sizeof(place.vehicle), "%.64s", p->vehicle[i]);
		err = add_place(p, &place);
	}
	if (err == COT_OK && p->files > 0)
		qsort(p->file, p->files, sizeof(*p->file), by_rank);
	return err;
}

/* ---- out with it ----------------------------------------------------------------------- */

enum cot_err publish_write(struct publication *p)
{
	char to[TOOL_PATH];
	size_t i, len;
	uint8_t *bytes;
	enum cot_err err = tool_mkdirs(p->t, p->out);

	tool_path(p->temp, "%s/.publish-XXXXXX", p->out);
	if (err == COT_OK && mkdtemp(p->temp) == NULL) {
		p->temp[0] = 0;
		return tool_fail(p->t, cot_file_errno(errno), "%s", p->out);
	}
	for (i = 0; err == COT_OK && i < p->files; i++) {
		if (!p->file[i].is_new)
			continue;
		err = tool_read(p->t, p->file[i].from, IMAGE_MAX, &bytes, &len);
		if (err != COT_OK)
			break;
		tool_path(to, "%s/%s", p->temp, p->file[i].name);
		err = tool_write(p->t, to, cot_slice(bytes, len), false);
		free(bytes);
	}
	return err;
}

/* The folder entry must not come later than the next file's. */
static void sync_folder_of(const char *path)
{
	char folder[TOOL_PATH];
	const char *slash = strrchr(path, '/');
	int fd;

	tool_path(folder, "%.*s", slash == NULL ? 1 : (int)(slash - path), slash == NULL ? "." : path);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)!fsync(fd);
		close(fd);
	}
}

static enum cot_err move(struct tool *t, const char *from, const char *to)
{
	char folder[TOOL_PATH];
	const char *slash = strrchr(to, '/');
	enum cot_err err = COT_OK;

	if (slash != NULL) {
		tool_path(folder, "%.*s", (int)(slash - to), to);
		err = tool_mkdirs(t, folder);
	}
	if (err == COT_OK && rename(from, to) != 0)
		return tool_fail(t, cot_file_errno(errno), "%s", to);
	sync_folder_of(to);
	return err;
}

enum cot_err publish_switch(struct publication *p)
{
	char from[TOOL_PATH], to[TOOL_PATH];
	size_t i;
	enum cot_err err = COT_OK;

	for (i = 0; err == COT_OK && i < p->files; i++) {
		if (!p->file[i].is_new)
			continue;
		tool_path(from, "%s/%s", p->temp, p->file[i].name);
		tool_path(to, "%s/%s", p->out, p->file[i].name);
		err = move(p->t, from, to);
	}
	return err;
}

static enum cot_err keep_history(struct tool *t, const struct place *place, enum cot_role role)
{
	char from[TOOL_PATH], to[TOOL_PATH];
	struct doc d;
	enum cot_err err;

	place_staged(t, place, role, from);
	if (!tool_exists(from))
		return COT_OK;
	err = doc_load(t, from, COT_MAX_TARGETS, &d);
	if (err != COT_OK)
		return err;
	place_published(t, place, role, doc_version(&d), to);
	doc_free(&d);
	return move(t, from, to);
}

enum cot_err publish_history(struct publication *p)
{
	struct place place = { false, "" };
	size_t i;
	int role;
	enum cot_err err = COT_OK;

	for (i = 0; err == COT_OK && i <= p->vehicles; i++) {
		place.director = i > 0;
		if (i > 0)
			snprintf(place.vehicle, sizeof(place.vehicle), "%.64s", p->vehicle[i - 1]);
		for (role = 0; err == COT_OK && role < COT_ROLE_COUNT; role++)
			err = keep_history(p->t, &place, (enum cot_role)role);
	}
	return err;
}

void publish_free(struct publication *p)
{
	char path[TOOL_PATH];
	size_t i;

	for (i = 0; p->temp[0] && i < p->files; i++) {
		char *slash;

		tool_path(path, "%s/%s", p->temp, p->file[i].name);
		(void)!unlink(path);
		/* Its folders, as far as they are ours and empty. */
		while (strlen(path) > strlen(p->temp) && (slash = strrchr(path, '/')) != NULL) {
			*slash = 0;
			(void)!rmdir(path);
		}
	}
	if (p->temp[0])
		(void)!rmdir(p->temp);
	vehicles_free(p->vehicle, p->vehicles);
	free(p->file);
}
