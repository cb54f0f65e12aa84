/* SPDX-License-Identifier: Apache-2.0
 *
 * Canonical JSON: see json.h.
 *
 * The check is one pass with an explicit stack: per open container one bit
 * (object or array) and, for objects, the spelled name of the last member, to
 * compare the next one with.  The navigation functions below it skip values by
 * counting brackets outside strings; on checked text that is exact.
 */
#include "metadata/json.h"
#include "metadata/json_plain.h"

#include <string.h>

/* ---- UTF-8 and strings ------------------------------------------------------ */

/* Length of the UTF-8 sequence at p, 0 if it is not one: overlong forms,
 * surrogates and code points above U+10FFFF are none (RFC 3629). */
static size_t utf8_len(const uint8_t *p, size_t left)
{
	static const struct {
		uint8_t lo, hi, min, max, len; /* lead byte; range of the second byte */
	} forms[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 }
	};
	size_t i, k;

	if (p[0] < 0x80)
		return 1;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (p[0] < forms[i].lo || p[0] > forms[i].hi)
			continue;
		if (left < forms[i].len || p[1] < forms[i].min || p[1] > forms[i].max)
			return 0;
		for (k = 2; k < forms[i].len; k++) {
			if ((p[k] & 0xc0) != 0x80)
				return 0;
		}
		return forms[i].len;
	}
	return 0;
}

/* ---- grammars: what is escaped, and how ----------------------------------------- */

/* A spelled string given out as decoded UTF-8, byte by byte. */
struct decoder {
	const struct cot_grammar *grammar;
	const uint8_t *p;
	const uint8_t *end;
	uint8_t out[4];
	uint8_t n, at;
};

struct cot_grammar {
	bool ascii; /* control and non-ASCII bytes never stand raw */
	/* One escape, p at the backslash. */
	enum cot_err (*check)(const uint8_t *p, size_t left, size_t *ret_len);
	/* The escape at d->p, already checked. */
	void (*decode)(struct decoder *d);
};

/* An escape that our grammars do not have, by its second byte: another's, or no one's. */
static enum cot_err foreign_escape(uint8_t c)
{
	static const uint8_t known[] = "bfnrtu/";
	size_t i;

	for (i = 0; i < sizeof(known) - 1; i++) {
		if (known[i] == c)
			return COT_E_NOT_CANONICAL;
	}
	return COT_E_MALFORMED;
}

static enum cot_err check_olpc(const uint8_t *p, size_t left, size_t *ret_len)
{
	if (left < 2)
		return COT_E_TRUNCATED;
	*ret_len = 2;
	return p[1] == '"' || p[1] == '\\' ? COT_OK : foreign_escape(p[1]);
}

static void decode_olpc(struct decoder *d)
{
	d->out[0] = d->p[1];
	d->n = 1;
	d->at = 0;
	d->p += 2;
}

const struct cot_grammar cot_grammar_olpc = { false, check_olpc, decode_olpc };

/* Four hex digits, as they have to be spelled. */
static enum cot_err check_hex4(const uint8_t *p)
{
	enum cot_err err = COT_OK;
	size_t i;

	for (i = 0; i < 4; i++) {
		if (p[i] >= 'a' && p[i] <= 'f')
			err = COT_E_NOT_CANONICAL;
		else if (!(p[i] >= '0' && p[i] <= '9') && !(p[i] >= 'A' && p[i] <= 'F'))
			return COT_E_MALFORMED;
	}
	return err;
}

static uint32_t hex4(const uint8_t *p)
{
	uint32_t v = 0;
	size_t i;

	for (i = 0; i < 4; i++)
		v = v << 4 | (uint32_t)(p[i] <= '9' ? p[i] - '0' : p[i] - 'A' + 10);
	return v;
}

/* The second half of a surrogate pair, p at its backslash. */
static enum cot_err check_low_half(const uint8_t *p, size_t left)
{
	enum cot_err err;

	if (left < 6)
		return COT_E_TRUNCATED;
	if (p[0] != '\\' || p[1] != 'u')
		return COT_E_UTF8;
	err = check_hex4(p + 2);
	if (err != COT_OK)
		return err;
	return hex4(p + 2) >= 0xdc00 && hex4(p + 2) <= 0xdfff ? COT_OK : COT_E_UTF8;
}

/* A `\uXXXX` of the jsoncpp grammar, p at the backslash: only where that writer
 * would write one, with upper-case digits, surrogates in pairs. */
static enum cot_err check_unicode(const uint8_t *p, size_t left, size_t *ret_len)
{
	enum cot_err err;
	uint32_t c;

	if (left < 6)
		return COT_E_TRUNCATED;
	err = check_hex4(p + 2);
	if (err != COT_OK)
		return err;
	*ret_len = 6;
	c = hex4(p + 2);
	if (c < 0x20 && c != '\b' && c != '\f' && c != '\n' && c != '\r' && c != '\t')
		return COT_OK;
	if (c < 0x80)
		return COT_E_NOT_CANONICAL;
	if (c < 0xd800 || c > 0xdfff)
		return COT_OK;
	if (c > 0xdbff)
		return COT_E_UTF8;
	*ret_len = 12;
	return check_low_half(p + 6, left - 6);
}

static enum cot_err check_jsoncpp(const uint8_t *p, size_t left, size_t *ret_len)
{
	if (left < 2)
		return COT_E_TRUNCATED;
	*ret_len = 2;
	switch (p[1]) {
	case '"':
	case '\\':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		return COT_OK;
	case 'u':
		return check_unicode(p, left, ret_len);
	default:
		return foreign_escape(p[1]);
	}
}

static void decode_point(struct decoder *d, uint32_t c)
{
	d->at = 0;
	if (c < 0x80) {
		d->n = 1;
		d->out[0] = (uint8_t)c;
	} else if (c < 0x800) {
		d->n = 2;
		d->out[0] = (uint8_t)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		d->n = 3;
		d->out[0] = (uint8_t)(0xe0 | c >> 12);
		d->out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	} else {
		d->n = 4;
		d->out[0] = (uint8_t)(0xf0 | c >> 18);
		d->out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
		d->out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	}
	if (d->n > 1)
		d->out[d->n - 1] = (uint8_t)(0x80 | (c & 0x3f));
}

static void decode_jsoncpp(struct decoder *d)
{
	static const uint8_t plain[] = "\"\\bfnrt";
	static const uint8_t value[] = "\"\\\b\f\n\r\t";
	uint32_t c;
	size_t i;

	if (d->p[1] != 'u') {
		for (i = 0; plain[i] != d->p[1]; i++)
			;
		decode_point(d, value[i]);
		d->p += 2;
		return;
	}
	c = hex4(d->p + 2);
	d->p += 6;
	if (c >= 0xd800 && c <= 0xdbff) {
		c = 0x10000 + ((c - 0xd800) << 10) + (hex4(d->p + 2) - 0xdc00);
		d->p += 6;
	}
	decode_point(d, c);
}

const struct cot_grammar cot_grammar_jsoncpp = { true, check_jsoncpp, decode_jsoncpp };

/* One character of a string that is neither quote nor escape. */
static enum cot_err check_char(const uint8_t *p, size_t left, const struct cot_grammar *grammar,
                               size_t *ret_len)
{
	*ret_len = utf8_len(p, left);
	if (*ret_len == 0)
		return COT_E_UTF8;
	if (grammar->ascii && (p[0] < 0x20 || p[0] >= 0x80))
		return COT_E_NOT_CANONICAL;
	return COT_OK;
}

/* ---- the check --------------------------------------------------------------- */

struct checker {
	const uint8_t *p;
	const uint8_t *end;
	const struct cot_grammar *grammar;
	uint32_t objects; /* bit d: the container at depth d is an object */
	uint32_t named;   /* bit d: last[d] holds a name */
	uint32_t depth;
	struct cot_slice last[COT_MAX_DEPTH];
};

static size_t left(const struct checker *c)
{
	return (size_t)(c->end - c->p);
}

/* What is wrong with the byte at hand where something else must stand. */
static enum cot_err unexpected(const struct checker *c)
{
	if (c->p == c->end)
		return COT_E_TRUNCATED;
	if (*c->p == ' ' || *c->p == '\t' || *c->p == '\n' || *c->p == '\r')
		return COT_E_NOT_CANONICAL;
	return COT_E_MALFORMED;
}

static void skip_plain(struct checker *c)
{
	c->p = cot_json_plain(c->p, c->end);
	while (c->p < c->end && cot_json_is_plain(*c->p))
		c->p++;
}

/* A string, p at its first quote; leaves p behind the last one. */
static enum cot_err scan_string(struct checker *c, struct cot_slice *ret)
{
	const uint8_t *start = ++c->p;

	for (;;) {
		size_t len = 0;
		enum cot_err err;

		skip_plain(c);
		if (c->p == c->end || *c->p == '"')
			break;
		err = *c->p == '\\'
		              ? c->grammar->check(c->p, left(c), &len)
		              : check_char(c->p, left(c), c->grammar, &len);
		if (err != COT_OK)
			return err;
		c->p += len;
	}
	if (c->p == c->end)
		return COT_E_TRUNCATED;
	*ret = cot_slice(start, (size_t)(c->p - start));
	c->p++;
	return COT_OK;
}

static size_t scan_digits(struct checker *c)
{
	const uint8_t *start = c->p;

	while (c->p < c->end && *c->p >= '0' && *c->p <= '9')
		c->p++;
	return (size_t)(c->p - start);
}

/* A number by JSON's grammar (RFC 8259 section 6). */
static enum cot_err scan_number(struct checker *c)
{
	if (*c->p == '-')
		c->p++;
	if (c->p < c->end && *c->p == '0')
		c->p++;
	else if (scan_digits(c) == 0)
		return unexpected(c);
	if (c->p < c->end && *c->p == '.') {
		c->p++;
		if (scan_digits(c) == 0)
			return unexpected(c);
	}
	if (c->p < c->end && (*c->p == 'e' || *c->p == 'E')) {
		c->p++;
		if (c->p < c->end && (*c->p == '+' || *c->p == '-'))
			c->p++;
		if (scan_digits(c) == 0)
			return unexpected(c);
	}
	return COT_OK;
}

static enum cot_err scan_word(struct checker *c, const char *word)
{
	for (; *word; word++, c->p++) {
		if (c->p == c->end)
			return COT_E_TRUNCATED;
		if (*c->p != (uint8_t)*word)
			return COT_E_MALFORMED;
	}
	return COT_OK;
}

static enum cot_err push(struct checker *c, bool object)
{
	uint32_t bit;

	if (c->depth >= COT_MAX_DEPTH)
		return COT_E_DEPTH;
	bit = 1u << c->depth;
	c->objects = object ? c->objects | bit : c->objects & ~bit;
	c->named &= ~bit;
	c->depth++;
	c->p++;
	return COT_OK;
}

/* A scalar whole, or the opening bracket of a container. */
static enum cot_err scan_value(struct checker *c, bool *ret_opened)
{
	struct cot_slice ignored;

	*ret_opened = false;
	if (c->p == c->end)
		return COT_E_TRUNCATED;
	switch (*c->p) {
	case '{':
	case '[':
		*ret_opened = true;
		return push(c, *c->p == '{');
	case '"':
		return scan_string(c, &ignored);
	case 't':
		return scan_word(c, "true");
	case 'f':
		return scan_word(c, "false");
	case 'n':
		return scan_word(c, "null");
	default:
		if (*c->p == '-' || (*c->p >= '0' && *c->p <= '9'))
			return scan_number(c);
		return unexpected(c);
	}
}

/* ---- order of names ----------------------------------------------------------- */

/* The next byte, or -1 at the end. */
static int decode_next(struct decoder *d)
{
	if (d->at < d->n)
		return d->out[d->at++];
	if (d->p == d->end)
		return -1;
	if (*d->p != '\\')
		return *d->p++;
	d->grammar->decode(d);
	return d->out[d->at++];
}

/* Bytes that two strings begin with, as long as spelled and decoded are the same. */
static size_t common_prefix(struct cot_slice a, struct cot_slice b)
{
	size_t len = a.len < b.len ? a.len : b.len, i = 0;

	while (i < len && a.ptr[i] == b.ptr[i] && a.ptr[i] != '\\')
		i++;
	return i;
}

/* Order of two checked, spelled strings by their decoded UTF-8 bytes. */
static int compare_decoded(const struct cot_grammar *g, struct cot_slice a, struct cot_slice b)
{
	size_t same = common_prefix(a, b);
	struct decoder x = { g, a.ptr + same, a.ptr + a.len, { 0 }, 0, 0 };
	struct decoder y = { g, b.ptr + same, b.ptr + b.len, { 0 }, 0, 0 };

	for (;;) {
		int i = decode_next(&x), k = decode_next(&y);

		if (i != k)
			return i < k ? -1 : 1;
		if (i < 0)
			return 0;
	}
}

/* CHECK J1: members strictly ascend, so none can appear twice */
static enum cot_err check_order(struct checker *c, struct cot_slice name)
{
	uint32_t d = c->depth - 1;
	int order = -1;

	if (c->named >> d & 1u)
		order = compare_decoded(c->grammar, c->last[d], name);
	c->named |= 1u << d;
	c->last[d] = name;
	if (order == 0)
		return COT_E_DUPLICATE_MEMBER;
	return order < 0 ? COT_OK : COT_E_NOT_CANONICAL;
}

/* ---- structure ------------------------------------------------------------------ */

static bool in_object(const struct checker *c)
{
	return (c->objects >> (c->depth - 1) & 1u) != 0;
}

static enum cot_err scan_name(struct checker *c)
{
	struct cot_slice name = { NULL, 0 };
	const uint8_t *at = c->p;
	enum cot_err err;

	if (c->p == c->end || *c->p != '"')
		return unexpected(c);
	err = scan_string(c, &name);
	if (err != COT_OK)
		return err;
	err = check_order(c, name);
	if (err != COT_OK) {
		c->p = at;
		return err;
	}
	if (c->p == c->end || *c->p != ':')
		return unexpected(c);
	c->p++;
	return COT_OK;
}

/* Is the container at hand closed here? */
static bool closes(const struct checker *c)
{
	return c->p < c->end && *c->p == (in_object(c) ? '}' : ']');
}

/* After a value: closes what ends here, and steps over a comma to the next
 * value.  ret_more is false when the outermost value is complete. */
static enum cot_err scan_after(struct checker *c, bool *ret_more)
{
	while (c->depth > 0 && closes(c)) {
		c->p++;
		c->depth--;
	}
	*ret_more = c->depth > 0;
	if (c->depth == 0)
		return COT_OK;
	if (c->p == c->end || *c->p != ',')
		return unexpected(c);
	c->p++;
	return in_object(c) ? scan_name(c) : COT_OK;
}

/* One value, and all that follows up to the next one. */
static enum cot_err scan_one(struct checker *c, bool *ret_more)
{
	bool opened;
	enum cot_err err = scan_value(c, &opened);

	*ret_more = true;
	if (err != COT_OK)
		return err;
	if (opened && !closes(c))
		return in_object(c) ? scan_name(c) : COT_OK;
	return scan_after(c, ret_more);
}

/* CHECK J2: the text is one value in the one canonical spelling */
enum cot_err cot_json_check(struct cot_slice doc, const struct cot_grammar *grammar,
                             size_t *ret_at)
{
	struct checker c;
	bool more = true;
	enum cot_err err = COT_OK;

	memset(&c, 0, sizeof(c));
	c.p = doc.ptr;
	c.end = doc.ptr + doc.len;
	c.grammar = grammar;
	while (err == COT_OK && more)
		err = scan_one(&c, &more);
	if (err == COT_OK && c.p != c.end)
		err = COT_E_TRAILING;
	if (ret_at)
		*ret_at = (size_t)(c.p - doc.ptr);
	return err;
}
