/* SPDX-License-Identifier: Apache-2.0
 *
 * Members of one JSON object read as a table says: see members.h.
 */
#include "metadata/members.h"
#include "metadata/name.h"
#include "metadata/utc.h"

static enum cot_err read_version(struct cot_slice value, uint32_t *ret)
{
	uint64_t version = 0;
	enum cot_err err = cot_json_uint(value, COT_MAX_VERSION, &version);

	*ret = (uint32_t)version;
	return err;
}

static enum cot_err read_text(struct cot_slice value, enum cot_member_type type, void *ret)
{
	struct cot_slice text;
	enum cot_err err = cot_json_string(value, &text);

	if (err != COT_OK)
		return err;
	if (type == COT_MEMBER_TIME)
		return cot_utc_parse(text, ret);
	*(struct cot_slice *)ret = text;
	return type == COT_MEMBER_ID ? cot_name_check_id(text) : COT_OK;
}

static enum cot_err read_value(struct cot_slice value, enum cot_member_type type, void *ret)
{
	switch (type) {
	case COT_MEMBER_TEXT:
	case COT_MEMBER_ID:
	case COT_MEMBER_TIME:
		return read_text(value, type, ret);
	case COT_MEMBER_VERSION:
		return read_version(value, ret);
	case COT_MEMBER_OBJECT:
		if (cot_json_type(value) != COT_JSON_OBJECT)
			return COT_E_TYPE;
		break;
	case COT_MEMBER_VALUE:
		break;
	}
	*(struct cot_slice *)ret = value;
	return COT_OK;
}

enum cot_err cot_members_read(struct cot_slice object, const struct cot_member *table,
                              size_t count, void *ret)
{
	enum cot_err err = COT_OK;
	size_t i;

	for (i = 0; err == COT_OK && i < count; i++) {
		struct cot_slice value;

		err = cot_json_member(object, table[i].name, &value);
		if (err == COT_OK)
			err = read_value(value, (enum cot_member_type)table[i].type,
			                 (uint8_t *)ret + table[i].at);
		else if (err == COT_E_MISSING && table[i].optional)
			err = COT_OK;
	}
	return err;
}
