/* SPDX-License-Identifier: Apache-2.0
 *
 * The reader against others: jansson on generated texts, and the JSONTestSuite.
 *
 * jansson prints both grammars when asked for compact, sorted output (jsoncpp's with
 * ASCII only), as long as no control byte has to stand raw.  So a text must be
 * accepted by us exactly when jansson reads it, duplicates refused, and prints the
 * same bytes again.  The generator's seed is fixed; jansson decides nothing in the
 * product.
 */
#include "metadata/host/canon.h"
#include "tests/sim/edit.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DOCUMENTS 400
#define MUTATIONS 40

static uint32_t seed;

static size_t dice(size_t sides)
{
	seed = seed * 1664525u + 1013904223u;
	return (size_t)(seed >> 8) % sides;
}

static json_t *random_string(const struct cot_grammar *grammar)
{
	static const char *const parts[] = { "a", "b", "Z", "0", "/", "\"", "\\", " ", "\x7f",
		                             "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
		                             "\xef\xbf\xbf", "\n", "\t", "\x01" };
	size_t usable = grammar == COT_GRAMMAR_OLPC ? 13 : 16, count = dice(5), i;
	char text[32] = "", *end = text;

	for (i = 0; i < count; i++)
		end = stpcpy(end, parts[dice(usable)]);
	return json_string(text);
}

static json_t *random_value(const struct cot_grammar *grammar, size_t depth)
{
	size_t kind = dice(depth > 4 ? 5 : 8), count = dice(5), i;
	json_t *ret;

	if (kind == 0)
		return random_string(grammar);
	if (kind == 1)
		return json_integer((json_int_t)dice(100000) - 500);
	if (kind < 5)
		return kind == 2 ? json_null() : json_boolean(kind == 3);
	ret = kind == 5 ? json_array() : json_object();
	for (i = 0; i < count; i++) {
		json_t *value = random_value(grammar, depth + 1);

		if (kind == 5) {
			json_array_append_new(ret, value);
		} else {
			json_t *name = random_string(grammar);

			json_object_set_new(ret, json_string_value(name), value);
			json_decref(name);
		}
	}
	return ret;
}

static char *print(const json_t *tree, const struct cot_grammar *grammar)
{
	return json_dumps(tree, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY |
	                                (grammar == COT_GRAMMAR_OLPC ? 0 : JSON_ENSURE_ASCII));
}

/* What jansson cannot judge: numbers it would not give back as spelled, raw
 * control bytes, and names with a zero in them. */
static bool beyond_oracle(struct cot_slice text)
{
	size_t i, digits = 0;

	for (i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i], before = i > 0 ? text.ptr[i - 1] : ' ';
		bool digit = c >= '0' && c <= '9';

		digits = digit ? digits + 1 : 0;
		if (c < 0x20 || digits > 17)
			return true;
		if (before >= '0' && before <= '9' && (c == '.' || c == 'e' || c == 'E'))
			return true;
		if (before == '-' && c == '0')
			return true;
		if (c == '0' && i >= 5 && memcmp(text.ptr + i - 5, "\\u000", 5) == 0)
			return true;
	}
	return false;
}

/* jansson escapes control bytes, which olpc never does. */
static bool escapes_control(struct cot_slice text)
{
	size_t i;

	for (i = 0; i + 1 < text.len; i++) {
		if (text.ptr[i] == '\\' && strchr("bfnrtu", text.ptr[++i]) != NULL)
			return true;
	}
	return false;
}

static bool oracle_accepts(struct cot_slice text, const struct cot_grammar *grammar)
{
	json_t *tree = json_loadb((const char *)text.ptr, text.len,
	                          JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	char *again = tree == NULL ? NULL : print(tree, grammar);
	bool same = again != NULL && cot_slice_is(text, again);

	free(again);
	json_decref(tree);
	return same && (grammar != COT_GRAMMAR_OLPC || !escapes_control(text));
}

static void compare(struct cot_slice text, const struct cot_grammar *grammar, size_t counts[3])
{
	struct cot_slice exact = sim_copy(text.ptr, text.len);
	bool ours = cot_json_check(exact, grammar, NULL) == COT_OK;

	if (beyond_oracle(text))
		counts[2]++;
	else if (ours != oracle_accepts(text, grammar))
		fail_msg("'%.*s': we say %d", (int)text.len, (const char *)text.ptr, ours);
	else
		counts[ours ? 0 : 1]++;
	sim_drop(exact);
}

/* A byte changed, taken out, doubled, or swapped with the next. */
static size_t mutate(char *text, size_t len, size_t room)
{
	static const char usual[] = "\"\\{}[]:,0123456789truefalsn-a /\xc3\xa4u";
	size_t at = dice(len);

	switch (dice(4)) {
	case 0:
		text[at] = dice(4) ? usual[dice(sizeof(usual) - 1)] : (char)dice(256);
		return len;
	case 1:
		memmove(text + at, text + at + 1, len - at - 1);
		return len - 1;
	case 2:
		if (len >= room)
			return len;
		memmove(text + at + 1, text + at, len - at);
		return len + 1;
	default:
		if (at + 1 < len) {
			char c = text[at];

			text[at] = text[at + 1];
			text[at + 1] = c;
		}
		return len;
	}
}

static void against_jansson(const struct cot_grammar *grammar)
{
	size_t counts[3] = { 0, 0, 0 }, i, k, len;
	char room[4096];

	seed = 7;
	for (i = 0; i < DOCUMENTS; i++) {
		json_t *tree = random_value(grammar, 0);
		char *text = print(tree, grammar);

		assert_non_null(text);
		len = strlen(text);
		assert_int_equal(cot_json_check(cot_slice(text, len), grammar, NULL), COT_OK);
		compare(cot_slice(text, len), grammar, counts);
		for (k = 0; k < MUTATIONS && len < sizeof(room) && len > 0; k++) {
			memcpy(room, text, len);
			compare(cot_slice(room, mutate(room, len, sizeof(room))), grammar, counts);
		}
		free(text);
		json_decref(tree);
	}
	print_message("%zu accepted by both, %zu refused by both, %zu not comparable\n",
	              counts[0], counts[1], counts[2]);
	assert_true(counts[0] > DOCUMENTS && counts[1] > DOCUMENTS);
	assert_true(counts[2] < DOCUMENTS * MUTATIONS / 4);
}

static void jansson_olpc(void **state)
{
	(void)state;
	against_jansson(COT_GRAMMAR_OLPC);
}

static void jansson_jsoncpp(void **state)
{
	(void)state;
	against_jansson(COT_GRAMMAR_JSONCPP);
}

/* ---- JSONTestSuite ------------------------------------------------------------------ */

/* Not JSON, but canonical OLPC: the bytes that signatures of PEM keys are over. */
static bool raw_control(const char *name)
{
	return strcmp(name, "n_string_unescaped_ctrl_char.json") == 0 ||
	       strcmp(name, "n_string_unescaped_newline.json") == 0 ||
	       strcmp(name, "n_string_unescaped_tab.json") == 0;
}

/* Valid JSON is refused only for its spelling, or for saying a name twice. */
static bool about_spelling(enum cot_err err)
{
	return err == COT_E_NOT_CANONICAL || err == COT_E_TRAILING ||
	       err == COT_E_DUPLICATE_MEMBER;
}

/* Through the daemon's door a valid text becomes canonical, or is refused for what
 * we do not take in any spelling. */
static void check_foreign(const char *name, struct cot_slice text)
{
	struct cot_doc_owned d;
	enum cot_err err = cot_canon_from_wire(text, COT_GRAMMAR_OLPC, &d);

	if (err != COT_OK)
		return;
	if (name[0] == 'n' && !raw_control(name))
		fail_msg("%s went through", name);
	assert_int_equal(cot_json_check(d.doc.canon, COT_GRAMMAR_OLPC, NULL), COT_OK);
	cot_doc_owned_free(&d);
}

static void check_file(const char *name, struct cot_slice text, size_t counts[2])
{
	enum cot_err olpc = cot_json_check(text, COT_GRAMMAR_OLPC, NULL);
	enum cot_err jsoncpp = cot_json_check(text, COT_GRAMMAR_JSONCPP, NULL);

	counts[olpc == COT_OK ? 0 : 1]++;
	if (name[0] == 'n' && (jsoncpp == COT_OK || (olpc == COT_OK) != raw_control(name)))
		fail_msg("%s accepted", name);
	if (name[0] == 'y' && ((olpc != COT_OK && !about_spelling(olpc)) ||
	                       (jsoncpp != COT_OK && !about_spelling(jsoncpp))))
		fail_msg("%s: %s, %s", name, cot_err_word(olpc), cot_err_word(jsoncpp));
	check_foreign(name, text);
}

static struct cot_slice read_all(const char *path)
{
	static char bytes[1 << 20];
	FILE *f = fopen(path, "rb");
	size_t len;

	assert_non_null(f);
	len = fread(bytes, 1, sizeof(bytes), f);
	assert_int_equal(fclose(f), 0);
	return sim_copy(bytes, len);
}

static void test_suite(void **state)
{
	const char *folder = getenv("VECTORS");
	size_t counts[2] = { 0, 0 };
	struct dirent *e;
	char path[4096];
	DIR *dir;

	(void)state;
	if (folder == NULL || folder[0] == 0) {
		print_message("SKIPPED LOUDLY: set VECTORS to the vectors' folder to run "
		              "json-parsing\n");
		skip();
		return;
	}
	snprintf(path, sizeof(path), "%s/json-parsing", folder);
	dir = opendir(path);
	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL) {
		struct cot_slice text;

		if (strstr(e->d_name, ".json") == NULL)
			continue;
		snprintf(path, sizeof(path), "%s/json-parsing/%s", folder, e->d_name);
		text = read_all(path);
		check_file(e->d_name, text, counts);
		sim_drop(text);
	}
	closedir(dir);
	print_message("%zu files canonical, %zu refused\n", counts[0], counts[1]);
	assert_true(counts[0] > 30 && counts[0] + counts[1] > 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(jansson_olpc),
		                            cmocka_unit_test(jansson_jsoncpp),
		                            cmocka_unit_test(test_suite) };

	return cmocka_run_group_tests_name("metadata_json_oracle", tests, NULL, NULL);
}
