/* SPDX-License-Identifier: Apache-2.0
 *
 * Reader for canonical JSON: passes over one contiguous slice, no tree, no
 * copy, no recursion, memory independent of the document's size.
 *
 * cot_json_check goes first, once, over the whole text.  It accepts only the
 * canonical form: no white space, members strictly ascending by their UTF-8
 * bytes (so a name cannot appear twice), valid UTF-8 without surrogates, depth
 * at most COT_MAX_DEPTH, nothing after the value, and of each string the one
 * spelling its grammar knows.  Numbers are checked lexically and never
 * converted here; `-0`, leading zeros, fractions and exponents pass or fail by
 * JSON's grammar and are refused later by whoever reads the field as integer.
 *
 * All other functions expect text that passed the check; given anything else
 * they stay inside the slice and may return nonsense.  Strings are returned as
 * spelled, between the quotes.  Because spelling is unique, equal spelled
 * bytes mean equal strings.
 */
#ifndef COTTER_METADATA_JSON_H
#define COTTER_METADATA_JSON_H

#include "keys/error.h"
#include "keys/limits.h"
#include "keys/slice.h"

/* The one spelling of strings in a dialect.  A table, not a number, so that a device
 * carries the code of its own dialect only. */
struct cot_grammar;

/* OLPC canonical JSON as TUF uses it: only `"` and `\` are escaped, everything else
 * stands raw, control bytes too (PEM line ends). */
extern const struct cot_grammar cot_grammar_olpc;
#define COT_GRAMMAR_OLPC (&cot_grammar_olpc)

/* What jsoncpp's compact writer prints: `\b \f \n \r \t`, other control bytes and all
 * non-ASCII as `\uXXXX` with upper-case hex digits and surrogate pairs above the BMP,
 * `"` and `\` escaped, `/` raw. */
extern const struct cot_grammar cot_grammar_jsoncpp;
#define COT_GRAMMAR_JSONCPP (&cot_grammar_jsoncpp)

enum cot_json_type {
	COT_JSON_NONE = 0, /* empty slice: no value */
	COT_JSON_OBJECT,
	COT_JSON_ARRAY,
	COT_JSON_STRING,
	COT_JSON_NUMBER,
	COT_JSON_TRUE,
	COT_JSON_FALSE,
	COT_JSON_NULL
};

/* Position inside one object or array. */
struct cot_json_iter {
	const uint8_t *cur;
	const uint8_t *end;
};

/* Is doc one canonical JSON value of that grammar?  Time linear in doc.len.
 * COT_E_MALFORMED, COT_E_UTF8, COT_E_NOT_CANONICAL, COT_E_DUPLICATE_MEMBER,
 * COT_E_DEPTH, COT_E_TRUNCATED, COT_E_TRAILING; ret_at (may be NULL) gets the
 * byte position of the refusal. */
COT_MUST_CHECK enum cot_err cot_json_check(struct cot_slice doc,
                                           const struct cot_grammar *grammar, size_t *ret_at);

/* By the first byte. */
enum cot_json_type cot_json_type(struct cot_slice value);

/* Opens an object or array for iteration; COT_E_TYPE if it is none. */
COT_MUST_CHECK enum cot_err cot_json_object(struct cot_slice value, struct cot_json_iter *ret);
COT_MUST_CHECK enum cot_err cot_json_array(struct cot_slice value, struct cot_json_iter *ret);

/* The next member or element; false at the end.  ret_name is the spelled name
 * without quotes, ret_value the whole text of the value.  Members end with their
 * object, though the slice that was opened goes further. */
bool cot_json_next_member(struct cot_json_iter *it, struct cot_slice *ret_name,
                          struct cot_slice *ret_value);
bool cot_json_next_element(struct cot_json_iter *it, struct cot_slice *ret_value);

/* The member of that spelled name.  COT_E_TYPE if object is none,
 * COT_E_MISSING if it has no such member (ret is then empty). */
COT_MUST_CHECK enum cot_err cot_json_find(struct cot_slice object, struct cot_slice name,
                                          struct cot_slice *ret);
/* The same with a name from our own source text. */
COT_MUST_CHECK enum cot_err cot_json_member(struct cot_slice object, const char *name,
                                            struct cot_slice *ret);

/* Several members in one pass: ret[i] is the value of names[i], empty if object has
 * no such member.  COT_E_TYPE if object is none. */
COT_MUST_CHECK enum cot_err cot_json_members(struct cot_slice object,
                                             const char *const *names, size_t count,
                                             struct cot_slice *ret);

/* A member in two steps, so that a long value is read once and not twice: its name,
 * and then the value at which the iteration stands, stepped over or, if it is an object
 * (else COT_E_TYPE, and standing still), read like cot_json_members. */
bool cot_json_next_name(struct cot_json_iter *it, struct cot_slice *ret_name);
struct cot_slice cot_json_step_over(struct cot_json_iter *it);
COT_MUST_CHECK enum cot_err cot_json_step_members(struct cot_json_iter *it,
                                                  const char *const *names, size_t count,
                                                  struct cot_slice *ret);

/* Typed values.  COT_E_TYPE if the value has another type; COT_E_NUMBER if a
 * number is not a plain non-negative integer of at most max. */
COT_MUST_CHECK enum cot_err cot_json_string(struct cot_slice value, struct cot_slice *ret);
COT_MUST_CHECK enum cot_err cot_json_uint(struct cot_slice value, uint64_t max, uint64_t *ret);
COT_MUST_CHECK enum cot_err cot_json_bool(struct cot_slice value, bool *ret);

/* Member and type in one step: what role parsers are made of. */
COT_MUST_CHECK enum cot_err cot_json_member_string(struct cot_slice object, const char *name,
                                                   struct cot_slice *ret);
COT_MUST_CHECK enum cot_err cot_json_member_uint(struct cot_slice object, const char *name,
                                                 uint64_t max, uint64_t *ret);

#endif
