/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding one's way in checked canonical JSON: see json.h.
 *
 * Values are skipped by counting brackets outside strings, which on text that
 * passed cot_json_check is exact, and on any other text stays inside the slice.
 */
#include "metadata/json.h"
#include "keys/encode.h"
#include "metadata/json_plain.h"

#include <string.h>

enum cot_json_type cot_json_type(struct cot_slice value)
{
	if (value.len == 0)
		return COT_JSON_NONE;
	switch (value.ptr[0]) {
	case '{': return COT_JSON_OBJECT;
	case '[': return COT_JSON_ARRAY;
	case '"': return COT_JSON_STRING;
	case 't': return COT_JSON_TRUE;
	case 'f': return COT_JSON_FALSE;
	case 'n': return COT_JSON_NULL;
	default: return COT_JSON_NUMBER;
	}
}

/* Behind the string that starts at p, or end. */
static const uint8_t *skip_string(const uint8_t *p, const uint8_t *end)
{
	for (p++; p < end; p++) {
		p = cot_json_plain(p, end);
		if (p == end)
			break;
		if (*p == '"')
			return p + 1;
		if (*p == '\\' && end - p > 1)
			p++;
	}
	return end;
}

static bool is_opening(uint8_t c)
{
	return c == '{' || c == '[';
}

static bool is_closing(uint8_t c)
{
	return c == '}' || c == ']';
}

/* Behind the object or array that starts at p, or end. */
static const uint8_t *skip_container(const uint8_t *p, const uint8_t *end)
{
	size_t depth = 0;

	while (p < end) {
		uint8_t c = *p;

		if (c == '"') {
			p = skip_string(p, end);
			continue;
		}
		p++;
		if (c < '[') /* colon, comma, number */
			continue;
		if (is_opening(c))
			depth++;
		else if (is_closing(c) && --depth == 0)
			return p;
	}
	return end;
}

static const uint8_t *skip_value(const uint8_t *p, const uint8_t *end)
{
	if (p == end)
		return end;
	if (*p == '"')
		return skip_string(p, end);
	if (*p == '{' || *p == '[')
		return skip_container(p, end);
	while (p < end && *p != ',' && *p != '}' && *p != ']')
		p++;
	return p;
}

static enum cot_err open_container(struct cot_slice value, enum cot_json_type type,
                                   struct cot_json_iter *ret)
{
	ret->cur = ret->end = value.ptr;
	if (cot_json_type(value) != type || value.len < 2)
		return COT_E_TYPE;
	ret->cur = value.ptr + 1;
	ret->end = value.ptr + value.len - 1;
	return COT_OK;
}

enum cot_err cot_json_object(struct cot_slice value, struct cot_json_iter *ret)
{
	return open_container(value, COT_JSON_OBJECT, ret);
}

enum cot_err cot_json_array(struct cot_slice value, struct cot_json_iter *ret)
{
	return open_container(value, COT_JSON_ARRAY, ret);
}

struct cot_slice cot_json_step_over(struct cot_json_iter *it)
{
	const uint8_t *start = it->cur;

	it->cur = skip_value(start, it->end);
	return cot_slice(start, (size_t)(it->cur - start));
}

bool cot_json_next_element(struct cot_json_iter *it, struct cot_slice *ret_value)
{
	if (it->cur >= it->end)
		return false;
	*ret_value = cot_json_step_over(it);
	if (it->cur < it->end)
		it->cur++; /* the comma */
	return true;
}

bool cot_json_next_name(struct cot_json_iter *it, struct cot_slice *ret_name)
{
	const uint8_t *start, *behind;

	if (it->cur < it->end && *it->cur == ',')
		it->cur++;
	start = it->cur;
	if (start >= it->end || *start == '}')
		return false;
	behind = skip_string(start, it->end);
	*ret_name = behind - start >= 2 ? cot_slice(start + 1, (size_t)(behind - start) - 2)
	                                : cot_slice(start, 0);
	it->cur = behind < it->end ? behind + 1 : it->end; /* the colon */
	return true;
}

bool cot_json_next_member(struct cot_json_iter *it, struct cot_slice *ret_name,
                          struct cot_slice *ret_value)
{
	if (!cot_json_next_name(it, ret_name))
		return false;
	*ret_value = cot_json_step_over(it);
	return true;
}

enum cot_err cot_json_find(struct cot_slice object, struct cot_slice name, struct cot_slice *ret)
{
	struct cot_json_iter it;
	struct cot_slice member, value;
	enum cot_err err = cot_json_object(object, &it);

	*ret = cot_slice(NULL, 0);
	if (err != COT_OK)
		return err;
	while (cot_json_next_member(&it, &member, &value)) {
		if (cot_slice_eq(member, name)) {
			*ret = value;
			return COT_OK;
		}
	}
	return COT_E_MISSING;
}

enum cot_err cot_json_member(struct cot_slice object, const char *name, struct cot_slice *ret)
{
	return cot_json_find(object, cot_slice_str(name), ret);
}

/* As cot_slice_is, but in place: a call for each name of each member is 0.2 % of all
 * instructions of a verification on the M3. */
static bool is_named(struct cot_slice name, const char *text)
{
	size_t i;

	for (i = 0; i < name.len && text[i] != '\0' && name.ptr[i] == (uint8_t)text[i]; i++)
		;
	return i == name.len && text[i] == '\0';
}

/* The place of a name in the list, or count. */
static size_t place_of(struct cot_slice name, const char *const *names, size_t count)
{
	size_t i;

	for (i = 0; i < count && !is_named(name, names[i]); i++)
		;
	return i;
}

/* The object that open begins with, and what is behind its bracket. */
static enum cot_err read_members(struct cot_slice open, const char *const *names, size_t count,
                                 struct cot_slice *ret, const uint8_t **ret_behind)
{
	struct cot_json_iter it;
	struct cot_slice member, value;
	enum cot_err err = cot_json_object(open, &it);
	size_t i;

	for (i = 0; i < count; i++)
		ret[i] = cot_slice(NULL, 0);
	if (err != COT_OK)
		return err;
	while (cot_json_next_member(&it, &member, &value)) {
		i = place_of(member, names, count);
		if (i < count)
			ret[i] = value;
	}
	*ret_behind = it.cur + 1;
	return COT_OK;
}

enum cot_err cot_json_step_members(struct cot_json_iter *it, const char *const *names,
                                   size_t count, struct cot_slice *ret)
{
	return read_members(cot_slice(it->cur, (size_t)(it->end - it->cur)), names, count, ret,
	                    &it->cur);
}

enum cot_err cot_json_members(struct cot_slice object, const char *const *names, size_t count,
                              struct cot_slice *ret)
{
	const uint8_t *behind;

	return read_members(object, names, count, ret, &behind);
}

enum cot_err cot_json_string(struct cot_slice value, struct cot_slice *ret)
{
	if (cot_json_type(value) != COT_JSON_STRING || value.len < 2)
		return COT_E_TYPE;
	*ret = cot_slice(value.ptr + 1, value.len - 2);
	return COT_OK;
}

enum cot_err cot_json_uint(struct cot_slice value, uint64_t max, uint64_t *ret)
{
	if (cot_json_type(value) != COT_JSON_NUMBER)
		return COT_E_TYPE;
	return cot_decimal(value, max, ret);
}

enum cot_err cot_json_bool(struct cot_slice value, bool *ret)
{
	enum cot_json_type type = cot_json_type(value);

	if (type != COT_JSON_TRUE && type != COT_JSON_FALSE)
		return COT_E_TYPE;
	*ret = type == COT_JSON_TRUE;
	return COT_OK;
}

enum cot_err cot_json_member_string(struct cot_slice object, const char *name,
                                    struct cot_slice *ret)
{
	struct cot_slice value;
	enum cot_err err = cot_json_member(object, name, &value);

	return err == COT_OK ? cot_json_string(value, ret) : err;
}

enum cot_err cot_json_member_uint(struct cot_slice object, const char *name, uint64_t max,
                                  uint64_t *ret)
{
	struct cot_slice value;
	enum cot_err err = cot_json_member(object, name, &value);

	return err == COT_OK ? cot_json_uint(value, max, ret) : err;
}
