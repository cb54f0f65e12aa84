/* SPDX-License-Identifier: Apache-2.0
 *
 * Two passes over foreign JSON.  The first looks at bytes: UTF-8, control
 * bytes, depth, the lexical form of numbers; it writes the text again with
 * every string marked `s` and every number turned into a string marked `n`.
 * jansson parses that, and the second pass writes the tree canonically, taking
 * the marks off.  Because every string bears a mark none can be mistaken.
 */
#include "metadata/host/canon.h"

#include <stdlib.h>
#include <string.h>

/* A growing text.  After a failed allocation `failed` stays and puts do
 * nothing, so that writers need to look once, at the end. */
struct text {
	char *ptr;
	size_t len;
	size_t max;
	bool failed;
};

static void put(struct text *t, const void *data, size_t len)
{
	if (t->failed)
		return;
	if (t->max - t->len < len + 1) {
		size_t max = (t->len + len + 1) * 2;
		char *grown = realloc(t->ptr, max);

		if (grown == NULL) {
			t->failed = true;
			return;
		}
		t->ptr = grown;
		t->max = max;
	}
	if (len != 0)
		memcpy(t->ptr + t->len, data, len);
	t->len += len;
	t->ptr[t->len] = '\0';
}

static void put_str(struct text *t, const char *s)
{
	put(t, s, strlen(s));
}

/* ---- first pass: bytes ---------------------------------------------------- */

struct scan {
	struct cot_slice in;
	size_t at;
	size_t depth;
	struct text out;
	size_t stop; /* look no further once out has this length */
};

/* Length of the UTF-8 sequence at p, 0 if it is not one (RFC 3629). */
static size_t utf8_len(const uint8_t *p, size_t left)
{
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3
	             : p[0] < 0xf5 ? 4 : 0;
	size_t i;

	if (len > left)
		return 0;
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	if (len == 3 && ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f)))
		return 0;
	if (len == 4 && ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f)))
		return 0;
	return len;
}

static enum cot_err scan_string(struct scan *s)
{
	size_t start = ++s->at;

	while (s->at < s->in.len) {
		const uint8_t *p = s->in.ptr + s->at;
		size_t len = utf8_len(p, s->in.len - s->at);

		if (*p == '"') {
			put_str(&s->out, "\"s");
			put(&s->out, s->in.ptr + start, s->at + 1 - start);
			s->at++;
			return COT_OK;
		}
		if (*p < 0x20)
			return COT_E_MALFORMED;
		if (len == 0)
			return COT_E_UTF8;
		if (*p == '\\')
			len = s->in.len - s->at < 2 || p[1] < 0x20 || p[1] > 0x7e ? 1 : 2;
		s->at += len;
	}
	return COT_E_TRUNCATED;
}

static size_t digits(const struct scan *s, size_t at)
{
	size_t n = 0;

	while (at + n < s->in.len && s->in.ptr[at + n] >= '0' && s->in.ptr[at + n] <= '9')
		n++;
	return n;
}

static bool at_byte(const struct scan *s, size_t at, const char *any)
{
	return at < s->in.len && s->in.ptr[at] != 0 && strchr(any, s->in.ptr[at]) != NULL;
}

/* RFC 8259 section 6. */
static enum cot_err scan_number(struct scan *s)
{
	size_t end = s->at + (at_byte(s, s->at, "-") ? 1u : 0u);
	size_t n = digits(s, end);

	if (n == 0 || (n > 1 && s->in.ptr[end] == '0'))
		return COT_E_MALFORMED;
	end += n;
	if (at_byte(s, end, ".")) {
		n = digits(s, end + 1);
		if (n == 0)
			return COT_E_MALFORMED;
		end += 1 + n;
	}
	if (at_byte(s, end, "eE")) {
		end += at_byte(s, end + 1, "+-") ? 2 : 1;
		n = digits(s, end);
		if (n == 0)
			return COT_E_MALFORMED;
		end += n;
	}
	put_str(&s->out, "\"n");
	put(&s->out, s->in.ptr + s->at, end - s->at);
	put_str(&s->out, "\"");
	s->at = end;
	return COT_OK;
}

static enum cot_err scan_other(struct scan *s)
{
	uint8_t c = s->in.ptr[s->at];
	bool white = c == ' ' || c == '\t' || c == '\n' || c == '\r';

	if ((c < 0x20 && !white) || c >= 0x7f)
		return COT_E_MALFORMED;
	if ((c == '{' || c == '[') && ++s->depth > COT_MAX_DEPTH)
		return COT_E_DEPTH;
	if ((c == '}' || c == ']') && s->depth > 0)
		s->depth--;
	put(&s->out, &c, 1);
	s->at++;
	return COT_OK;
}

static enum cot_err scan_all(struct scan *s)
{
	enum cot_err err = COT_OK;

	while (err == COT_OK && s->at < s->in.len && s->out.len < s->stop) {
		uint8_t c = s->in.ptr[s->at];

		if (c == '"')
			err = scan_string(s);
		else if (c == '-' || (c >= '0' && c <= '9'))
			err = scan_number(s);
		else
			err = scan_other(s);
		if (s->out.failed)
			err = COT_E_MEMORY;
	}
	return err;
}

/* Where in wire the token began that ends at `position` of the marked text: the
 * scan is done again up to there.  Only refusals pay for it. */
static size_t wire_position(struct cot_slice wire, int position)
{
	struct scan s = { .in = wire, .stop = position < 0 ? 0 : (size_t)position };
	size_t before = 0;

	while (s.at < wire.len && s.out.len < s.stop) {
		size_t stop = s.stop;

		before = s.at;
		s.stop = s.out.len + 1;
		if (scan_all(&s) != COT_OK)
			break;
		s.stop = stop;
	}
	free(s.out.ptr);
	return before;
}

static enum cot_err from_jansson(const json_error_t *e)
{
	switch (json_error_code(e)) {
	case json_error_duplicate_key: return COT_E_DUPLICATE_MEMBER;
	case json_error_premature_end_of_input: return COT_E_TRUNCATED;
	case json_error_end_of_input_expected: return COT_E_TRAILING;
	case json_error_invalid_utf8: return COT_E_UTF8;
	case json_error_out_of_memory: return COT_E_MEMORY;
	case json_error_stack_overflow: return COT_E_DEPTH;
	default: return COT_E_MALFORMED;
	}
}

/* Does the text begin with a string (or a number, which is one by now)? */
static bool is_scalar(const struct text *t)
{
	return t->len > 0 && t->ptr[strspn(t->ptr, " \t\r\n")] == '"';
}

/* wire -> tree with marks. */
static enum cot_err load_marked(struct cot_slice wire, json_t **ret, size_t *ret_at)
{
	struct scan s = { .in = wire, .stop = SIZE_MAX };
	json_error_t e;
	enum cot_err err;

	*ret = NULL;
	if (wire.len == 0) {
		*ret_at = 0;
		return COT_E_TRUNCATED;
	}
	err = scan_all(&s);
	*ret_at = s.at;
	if (err == COT_OK && is_scalar(&s.out))
		err = COT_E_TYPE;
	if (err == COT_OK) {
		*ret = json_loadb(s.out.ptr, s.out.len, JSON_REJECT_DUPLICATES, &e);
		if (*ret == NULL) {
			err = from_jansson(&e);
			*ret_at = err == COT_E_TRUNCATED ? wire.len
			          : wire_position(wire, e.position);
		}
	}
	free(s.out.ptr);
	return err;
}

/* ---- second pass: canonical text ------------------------------------------ */

struct emit {
	struct text out;
	const struct cot_grammar *grammar;
	bool marked; /* the tree came from load_marked */
	size_t depth;
	enum cot_err err;
};

static void put_unit(struct text *t, unsigned int unit)
{
	static const char hex[] = "0123456789ABCDEF";
	char u[6] = { '\\', 'u', hex[unit >> 12 & 15], hex[unit >> 8 & 15],
	              hex[unit >> 4 & 15], hex[unit & 15] };

	put(t, u, sizeof(u));
}

/* One character of len bytes as jsoncpp's compact writer spells it. */
static void put_jsoncpp(struct text *t, const uint8_t *p, size_t len)
{
	static const char from[] = "\b\f\n\r\t", to[] = "bfnrt";
	const char *hit = *p == 0 ? NULL : strchr(from, *p);
	unsigned int cp = *p;
	size_t i;

	if (hit != NULL) {
		char e[2] = { '\\', to[hit - from] };

		put(t, e, 2);
		return;
	}
	if (len > 1)
		cp &= 0xffu >> (len + 1);
	for (i = 1; i < len; i++)
		cp = cp << 6 | (p[i] & 0x3fu);
	if (cp >= 0x10000) {
		put_unit(t, 0xd800 + ((cp - 0x10000) >> 10));
		put_unit(t, 0xdc00 + ((cp - 0x10000) & 0x3ff));
	} else if (cp < 0x20 || cp >= 0x80) {
		put_unit(t, cp);
	} else {
		put(t, p, 1);
	}
}

static void emit_string(struct emit *e, const char *s, size_t len)
{
	const uint8_t *p = (const uint8_t *)s;
	size_t i = 0;

	put(&e->out, "\"", 1);
	while (i < len) {
		size_t n = utf8_len(p + i, len - i);

		n = n == 0 ? 1 : n;
		if (p[i] == '"' || p[i] == '\\') {
			put(&e->out, "\\", 1);
			put(&e->out, p + i, 1);
		} else if (e->grammar == COT_GRAMMAR_JSONCPP) {
			put_jsoncpp(&e->out, p + i, n);
		} else {
			put(&e->out, p + i, n);
		}
		i += n;
	}
	put(&e->out, "\"", 1);
}

/* A string of the tree: in a marked one the first byte says what it was. */
static void emit_text(struct emit *e, const char *s, size_t len)
{
	if (!e->marked)
		emit_string(e, s, len);
	else if (s[0] == 'n')
		put(&e->out, s + 1, len - 1);
	else
		emit_string(e, s + 1, len - 1);
}

struct name {
	const char *ptr;
	size_t len;
	json_t *value;
};

static int by_bytes(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	return cot_slice_cmp(cot_slice(x->ptr, x->len), cot_slice(y->ptr, y->len));
}

static void emit_value(struct emit *e, json_t *value);

static void emit_object(struct emit *e, json_t *object)
{
	size_t count = json_object_size(object), i = 0;
	struct name *names = calloc(count + 1, sizeof(*names));
	void *it;

	if (names == NULL) {
		e->err = COT_E_MEMORY;
		return;
	}
	for (it = json_object_iter(object); it != NULL && i < count;
	     it = json_object_iter_next(object, it)) {
		names[i++] = (struct name){ json_object_iter_key(it),
		                            json_object_iter_key_len(it),
		                            json_object_iter_value(it) };
	}
	qsort(names, i, sizeof(*names), by_bytes);
	put(&e->out, "{", 1);
	for (count = i, i = 0; i < count && e->err == COT_OK; i++) {
		if (i > 0)
			put(&e->out, ",", 1);
		/* To jansson a marked number is as good a name as a string. */
		if (e->marked && names[i].ptr[0] == 'n')
			e->err = COT_E_MALFORMED;
		emit_text(e, names[i].ptr, names[i].len);
		put(&e->out, ":", 1);
		emit_value(e, names[i].value);
	}
	put(&e->out, "}", 1);
	free(names);
}

static void emit_array(struct emit *e, json_t *array)
{
	size_t i;

	put(&e->out, "[", 1);
	for (i = 0; i < json_array_size(array) && e->err == COT_OK; i++) {
		if (i > 0)
			put(&e->out, ",", 1);
		emit_value(e, json_array_get(array, i));
	}
	put(&e->out, "]", 1);
}

static void emit_integer(struct emit *e, json_int_t value)
{
	char digit[24];
	int len = snprintf(digit, sizeof(digit), "%" JSON_INTEGER_FORMAT, value);

	put(&e->out, digit, len < 0 ? 0 : (size_t)len);
}

static void emit_value(struct emit *e, json_t *value)
{
	if (++e->depth > COT_MAX_DEPTH + 1) {
		e->err = COT_E_DEPTH;
		return;
	}
	switch (json_typeof(value)) {
	case JSON_OBJECT: emit_object(e, value); break;
	case JSON_ARRAY: emit_array(e, value); break;
	case JSON_STRING:
		emit_text(e, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER: emit_integer(e, json_integer_value(value)); break;
	case JSON_REAL: e->err = COT_E_NUMBER; break;
	case JSON_TRUE: put_str(&e->out, "true"); break;
	case JSON_FALSE: put_str(&e->out, "false"); break;
	case JSON_NULL: put_str(&e->out, "null"); break;
	}
	e->depth--;
}

static enum cot_err emit_all(json_t *value, struct emit *e, char **ret, size_t *ret_len)
{
	emit_value(e, value);
	if (e->err == COT_OK && e->out.failed)
		e->err = COT_E_MEMORY;
	if (e->err != COT_OK) {
		free(e->out.ptr);
		return e->err;
	}
	*ret = e->out.ptr;
	*ret_len = e->out.len;
	return COT_OK;
}

/* ---- what others call ------------------------------------------------------ */

static enum cot_err canon_by_tree(struct cot_slice wire, const struct cot_grammar *grammar,
                                  struct cot_doc_owned *ret)
{
	struct emit e = { .grammar = grammar, .marked = true };
	json_t *tree;
	size_t len = 0;
	enum cot_err err = load_marked(wire, &tree, &ret->at);

	if (err != COT_OK)
		return err;
	ret->at = 0;
	err = emit_all(tree, &e, &ret->memory, &len);
	json_decref(tree);
	if (err != COT_OK)
		return err;
	ret->doc = (struct cot_doc){ wire, cot_slice(ret->memory, len) };
	/* What we wrote must satisfy the reader it is for. */
	if (cot_json_check(ret->doc.canon, grammar, NULL) != COT_OK) {
		cot_doc_owned_free(ret);
		return COT_E_INTERNAL;
	}
	return COT_OK;
}

enum cot_err cot_canon_from_wire(struct cot_slice wire, const struct cot_grammar *grammar,
                                 struct cot_doc_owned *ret)
{
	*ret = (struct cot_doc_owned){ 0 };
	if (cot_json_check(wire, grammar, NULL) == COT_OK) {
		ret->doc = (struct cot_doc){ wire, wire };
		return COT_OK;
	}
	return canon_by_tree(wire, grammar, ret);
}

void cot_doc_owned_free(struct cot_doc_owned *d)
{
	free(d->memory);
	d->memory = NULL;
	d->doc = (struct cot_doc){ { NULL, 0 }, { NULL, 0 } };
}

enum cot_err cot_canon_dump(const json_t *value, const struct cot_grammar *grammar, char **ret,
                            size_t *ret_len)
{
	struct emit e = { .grammar = grammar };
	json_t *own = json_deep_copy(value);
	enum cot_err err;

	if (own == NULL)
		return COT_E_MEMORY;
	err = emit_all(own, &e, ret, ret_len);
	json_decref(own);
	return err;
}

enum cot_err cot_wire_dump(const json_t *value, char **ret, size_t *ret_len)
{
	char *text = NULL;
	size_t len = 0;
	enum cot_err err = cot_canon_dump(value, COT_GRAMMAR_OLPC, &text, &len);

	/* The canonical writer is the judge of depth and numbers. */
	if (err != COT_OK)
		return err;
	free(text);
	*ret = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	if (*ret == NULL)
		return COT_E_MEMORY;
	*ret_len = strlen(*ret);
	return COT_OK;
}

/* Canonical text (olpc) as JSON: control bytes stand only inside strings there,
 * and are escaped. */
static void put_escaped(struct text *t, struct cot_slice canon)
{
	size_t i;

	for (i = 0; i < canon.len; i++) {
		if (canon.ptr[i] < 0x20)
			put_unit(t, canon.ptr[i]);
		else
			put(t, canon.ptr + i, 1);
	}
}

/* What devices keep (provisioning records) is canonical and may hold PEM keys,
 * whose line ends are control bytes: no JSON, but a document of ours. */
static enum cot_err load_canonical(struct cot_slice canon, json_t **ret, size_t *ret_at)
{
	struct text t = { 0 };
	enum cot_err err = COT_E_MEMORY;

	put_escaped(&t, canon);
	if (!t.failed)
		err = cot_wire_load(cot_slice(t.ptr, t.len), ret, ret_at);
	free(t.ptr);
	return err;
}

static bool has_control(struct cot_slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		if (text.ptr[i] < 0x20)
			return true;
	}
	return false;
}

enum cot_err cot_wire_load(struct cot_slice wire, json_t **ret, size_t *ret_at)
{
	struct cot_doc_owned d;
	json_error_t e;
	enum cot_err err;

	*ret = NULL;
	*ret_at = 0;
	if (has_control(wire) && cot_json_check(wire, COT_GRAMMAR_OLPC, NULL) == COT_OK)
		return load_canonical(wire, ret, ret_at);
	err = cot_canon_from_wire(wire, COT_GRAMMAR_JSONCPP, &d);
	*ret_at = d.at;
	if (err != COT_OK)
		return err;
	/* jsoncpp's spelling, unlike olpc's, is JSON that jansson reads. */
	*ret = json_loadb((const char *)d.doc.canon.ptr, d.doc.canon.len,
	                  JSON_REJECT_DUPLICATES, &e);
	if (*ret == NULL)
		err = json_error_code(&e) == json_error_numeric_overflow ? COT_E_NUMBER
		      : COT_E_MALFORMED;
	cot_doc_owned_free(&d);
	return err;
}
