/* SPDX-License-Identifier: Apache-2.0
 *
 * What may be a name: see name.h.
 */
#include "metadata/name.h"
#include "keys/limits.h"

#include <string.h>

static bool is_id_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '_' || c == ':' || c == '-';
}

/* CHECK N1: an identifier cannot be misread in a log, a URL or a path */
enum cot_err cot_name_check_id(struct cot_slice name)
{
	size_t i;

	if (name.len == 0 || name.len > COT_MAX_ID || name.ptr[0] == '.')
		return COT_E_NAME;
	for (i = 0; i < name.len; i++) {
		if (!is_id_char(name.ptr[i]))
			return COT_E_NAME;
	}
	return COT_OK;
}

static bool is_target_char(uint8_t c)
{
	if (c > '?' && c < 0x7f)
		return c != '\\';
	return c > ' ' && c < '?' && c != '"' && c != '%' && c != '#';
}

/* Starting or ending with a dot rules out `.` and `..` as well. */
static bool is_component(struct cot_slice part)
{
	return part.len > 0 && part.ptr[0] != '.' && part.ptr[part.len - 1] != '.';
}

/* CHECK N2: a target name stays below the folder it is looked for in */
enum cot_err cot_name_check_target(struct cot_slice name)
{
	size_t i, start = 0;

	if (name.len == 0 || name.len > COT_MAX_NAME)
		return COT_E_NAME;
	for (i = 0; i < name.len; i++) {
		if (!is_target_char(name.ptr[i]))
			return COT_E_NAME;
		if (name.ptr[i] != '/')
			continue;
		if (!is_component(cot_slice(name.ptr + start, i - start)))
			return COT_E_NAME;
		start = i + 1;
	}
	return is_component(cot_slice(name.ptr + start, i - start)) ? COT_OK : COT_E_NAME;
}

/* CHECK N3: a delegated role is not one of the four, nor taken for one */
enum cot_err cot_name_check_role(struct cot_slice name)
{
	static const char *const taken[] = { "root", "timestamp", "snapshot", "targets" };
	enum cot_err err = cot_name_check_id(name);
	size_t i;

	for (i = 0; err == COT_OK && i < sizeof(taken) / sizeof(taken[0]); i++) {
		if (cot_slice_is(name, taken[i]))
			err = COT_E_NAME;
	}
	return err;
}

enum cot_err cot_name_published(struct cot_slice target, struct cot_slice hash_hex, char *ret,
                                size_t max, size_t *ret_len)
{
	size_t folder = target.len;

	while (folder > 0 && target.ptr[folder - 1] != '/')
		folder--;
	if (target.len + hash_hex.len + 1 > max)
		return COT_E_BUFFER;
	memcpy(ret, target.ptr, folder);
	memcpy(ret + folder, hash_hex.ptr, hash_hex.len);
	ret[folder + hash_hex.len] = '.';
	memcpy(ret + folder + hash_hex.len + 1, target.ptr + folder, target.len - folder);
	*ret_len = target.len + hash_hex.len + 1;
	return COT_OK;
}
