/* SPDX-License-Identifier: Apache-2.0
 *
 * Members of one JSON object read into a struct, as a table says.
 *
 *	static const struct cot_member table[] = {
 *		{ "expires", COT_MEMBER_TIME, false, offsetof(struct cot_head, expires_s) },
 *		{ "custom", COT_MEMBER_OBJECT, true, offsetof(struct cot_head, custom) }
 *	};
 *	err = cot_members_read(body, table, 2, &head);
 *
 * Members are looked at in the order of the table and the first that is missing or
 * wrong ends the reading; a member that may be absent leaves its place untouched.
 * Each takes a few bytes of table where a call took twenty of code.
 */
#ifndef COTTER_METADATA_MEMBERS_H
#define COTTER_METADATA_MEMBERS_H

#include "metadata/json.h"

enum cot_member_type {
	COT_MEMBER_VALUE,   /* struct cot_slice: any value, as spelled */
	COT_MEMBER_OBJECT,  /* struct cot_slice; COT_E_TYPE */
	COT_MEMBER_TEXT,    /* struct cot_slice: a string, between its quotes; COT_E_TYPE */
	COT_MEMBER_ID,      /* the same, an identifier; COT_E_NAME */
	COT_MEMBER_TIME,    /* int64_t: seconds; COT_E_TIME_FORMAT */
	COT_MEMBER_VERSION  /* uint32_t: 0 to COT_MAX_VERSION; COT_E_NUMBER */
};

struct cot_member {
	const char *name;
	uint8_t type;  /* enum cot_member_type */
	bool optional;
	uint16_t at;   /* offset in the struct that is filled */
};

/* COT_E_TYPE if object is none, COT_E_MISSING, and what the types say. */
COT_MUST_CHECK enum cot_err cot_members_read(struct cot_slice object,
                                             const struct cot_member *table, size_t count,
                                             void *ret);

#endif
