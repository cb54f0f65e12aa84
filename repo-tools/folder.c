/* SPDX-License-Identifier: Apache-2.0
 *
 * Where things lie in the working folder: see folder.h.
 */
#include "repo-tools/folder.h"
#include "keys/encode.h"
#include "metadata/name.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

const char *place_repository(const struct place *p)
{
	return p->director ? "director" : "image";
}

const char *place_name(const struct place *p)
{
	static char text[COT_MAX_ID + 16];

	snprintf(text, sizeof(text), "%s%s%s", place_repository(p), p->vehicle[0] ? "/" : "",
	         p->vehicle);
	return text;
}

const char *place_role(const struct place *p, enum cot_role role)
{
	static char text[COT_MAX_ID + 32];

	snprintf(text, sizeof(text), "%s%s%s/%s", place_repository(p),
	         p->vehicle[0] && role != COT_ROLE_ROOT ? "/" : "",
	         role != COT_ROLE_ROOT ? p->vehicle : "", cot_role_name(role));
	return text;
}

unsigned int role_days(enum cot_role role)
{
	static const unsigned int days[] = { 365, 7, 30, 90 };

	return role < COT_ROLE_COUNT ? days[role] : 30;
}

bool role_parse(const char *text, enum cot_role *ret)
{
	int role;

	for (role = 0; role <= COT_ROLE_TIME; role++) {
		if (strcmp(text, cot_role_name((enum cot_role)role)) == 0) {
			*ret = (enum cot_role)role;
			return true;
		}
	}
	return false;
}

static enum cot_err parse_vehicle_part(const char *rest, struct place *ret,
                                       enum cot_role *ret_role)
{
	const char *slash = strchr(rest, '/');
	size_t len = slash == NULL ? strlen(rest) : (size_t)(slash - rest);

	if (cot_name_check_id(cot_slice(rest, len)) != COT_OK)
		return COT_E_NAME;
	memcpy(ret->vehicle, rest, len);
	if (strcmp(ret->vehicle, "staged") == 0 || strcmp(ret->vehicle, "published") == 0)
		return COT_E_NAME;
	if (slash == NULL)
		return COT_OK;
	return role_parse(slash + 1, ret_role) && *ret_role < COT_ROLE_COUNT ? COT_OK : COT_E_NAME;
}

enum cot_err place_parse(const char *text, struct place *ret, enum cot_role *ret_role)
{
	size_t len = strcspn(text, "/");
	const char *rest = text[len] == '/' ? text + len + 1 : "";

	memset(ret, 0, sizeof(*ret));
	*ret_role = COT_ROLE_COUNT;
	ret->director = len == 8 && strncmp(text, "director", 8) == 0;
	if (!ret->director && (len != 5 || strncmp(text, "image", 5) != 0))
		return COT_E_NAME;
	if (text[len] == 0)
		return COT_OK;
	if (role_parse(rest, ret_role))
		return *ret_role == COT_ROLE_ROOT || (!ret->director && *ret_role < COT_ROLE_COUNT)
		       ? COT_OK : COT_E_NAME;
	return ret->director ? parse_vehicle_part(rest, ret, ret_role) : COT_E_NAME;
}

void place_dir(struct tool *t, const struct place *p, enum cot_role role, char ret[TOOL_PATH])
{
	if (p->vehicle[0] && role != COT_ROLE_ROOT)
		tool_path(ret, "%s/director/%s", t->dir, p->vehicle);
	else
		tool_path(ret, "%s/%s", t->dir, place_repository(p));
}

void place_staged(struct tool *t, const struct place *p, enum cot_role role,
                  char ret[TOOL_PATH])
{
	char dir[TOOL_PATH];

	place_dir(t, p, role, dir);
	tool_path(ret, "%s/staged/%s.json", dir, cot_role_name(role));
}

void place_published(struct tool *t, const struct place *p, enum cot_role role,
                     uint32_t version, char ret[TOOL_PATH])
{
	char dir[TOOL_PATH];

	place_dir(t, p, role, dir);
	tool_path(ret, "%s/published/%u.%s.json", dir, version, cot_role_name(role));
}

uint32_t place_newest(struct tool *t, const struct place *p, enum cot_role role)
{
	char dir[TOOL_PATH], sub[TOOL_PATH], tail[32];
	struct dirent *entry;
	uint64_t newest = 0, version;
	DIR *d;

	place_dir(t, p, role, dir);
	tool_path(sub, "%s/published", dir);
	snprintf(tail, sizeof(tail), ".%s.json", cot_role_name(role));
	d = opendir(sub);
	while (d != NULL && (entry = readdir(d)) != NULL) {
		size_t digits = strspn(entry->d_name, "0123456789");

		if (strcmp(entry->d_name + digits, tail) == 0 &&
		    cot_decimal(cot_slice(entry->d_name, digits), COT_MAX_VERSION, &version) == COT_OK &&
		    version > newest)
			newest = version;
	}
	if (d != NULL)
		closedir(d);
	return (uint32_t)newest;
}

/* ---- vehicles ------------------------------------------------------------------------ */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_vehicle(struct tool *t, const char *name)
{
	char path[TOOL_PATH];

	tool_path(path, "%s/director/%s/vehicle.json", t->dir, name);
	return name[0] != '.' && tool_exists(path);
}

enum cot_err vehicles(struct tool *t, char ***ret, size_t *ret_count)
{
	char dir[TOOL_PATH], **list = NULL;
	struct dirent *entry;
	size_t count = 0;
	DIR *d;

	tool_path(dir, "%s/director", t->dir);
	d = opendir(dir);
	while (d != NULL && (entry = readdir(d)) != NULL) {
		char **grown;

		if (!is_vehicle(t, entry->d_name))
			continue;
		grown = realloc(list, (count + 1) * sizeof(*list));
		if (grown != NULL)
			list = grown;
		if (grown == NULL || (list[count] = strdup(entry->d_name)) == NULL) {
			closedir(d);
			vehicles_free(list, count);
			return tool_fail(t, COT_E_MEMORY, "vehicles");
		}
		count++;
	}
	if (d != NULL)
		closedir(d);
	if (count > 0)
		qsort(list, count, sizeof(*list), by_name);
	*ret = list;
	*ret_count = count;
	return COT_OK;
}

void vehicles_free(char **list, size_t count)
{
	while (count > 0)
		free(list[--count]);
	free(list);
}

enum cot_err vehicle_load(struct tool *t, const char *vehicle, json_t **ret)
{
	char path[TOOL_PATH];
	uint8_t *bytes;
	size_t len, at;
	enum cot_err err;

	*ret = NULL;
	if (cot_name_check_id(cot_slice_str(vehicle)) != COT_OK)
		return tool_fail(t, COT_E_NAME, "vehicle %.80s", vehicle);
	tool_path(path, "%s/director/%s/vehicle.json", t->dir, vehicle);
	if (!tool_exists(path)) {
		tool_hint(t, "`cotter vehicle list` shows the vehicles, `cotter vehicle add` adds one");
		return tool_fail(t, COT_E_NOT_FOUND, "vehicle %s", vehicle);
	}
	err = tool_read(t, path, 1u << 20, &bytes, &len);
	if (err != COT_OK)
		return err;
	err = cot_wire_load(cot_slice(bytes, len), ret, &at);
	free(bytes);
	return err == COT_OK ? COT_OK : tool_fail(t, err, "%s, byte %zu", path, at);
}

enum cot_err vehicle_save(struct tool *t, const char *vehicle, const json_t *tree, bool force)
{
	char path[TOOL_PATH], *text = NULL;
	size_t len;
	enum cot_err err = cot_wire_dump(tree, &text, &len);

	if (err != COT_OK)
		return tool_fail(t, err, "vehicle %s", vehicle);
	tool_path(path, "%s/director/%s/vehicle.json", t->dir, vehicle);
	err = tool_write(t, path, cot_slice(text, len), force);
	free(text);
	return err;
}
