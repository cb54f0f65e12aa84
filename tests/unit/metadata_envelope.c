/* SPDX-License-Identifier: Apache-2.0
 *
 * Envelopes, heads and signatures: shapes (P17), roles taken for others (P28),
 * and whose signature counts how often.
 */
#include "keys/crypto/init.h"
#include "keys/encode.h"
#include "metadata/envelope.h"
#include "tests/sim/edit.h"
#include "tests/sim/repo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BODY "{\"a\":1}"

/* ---- shell -------------------------------------------------------------------- */

static void shells(void **state)
{
	static const struct {
		const char *text;
		enum cot_err err;
	} rows[] = {
		{ "{\"signatures\":[],\"signed\":{}}", COT_OK },
		{ "{\"extra\":1,\"signatures\":[{}],\"signed\":{\"a\":1},\"z\":[]}", COT_OK },
		{ "{\"signed\":{}}", COT_E_MISSING },
		{ "{\"signatures\":[]}", COT_E_MISSING },
		{ "{}", COT_E_MISSING },
		{ "{\"signatures\":{},\"signed\":{}}", COT_E_TYPE },
		{ "{\"signatures\":null,\"signed\":{}}", COT_E_TYPE },
		{ "{\"signatures\":[],\"signed\":[]}", COT_E_TYPE },
		{ "{\"signatures\":[],\"signed\":null}", COT_E_TYPE },
		{ "{\"signatures\":[],\"signed\":\"{}\"}", COT_E_TYPE },
		{ "[]", COT_E_TYPE },
		{ "null", COT_E_TYPE },
		{ "{\"signed\":{},\"signatures\":[]}", COT_E_NOT_CANONICAL },
		{ "{\"signatures\":[],\"signed\":{},\"signed\":{}}", COT_E_DUPLICATE_MEMBER },
		{ "{\"signatures\":[],\"signed\":{}} ", COT_E_TRAILING },
		{ "{\"signatures\":[],\"signed\":{}", COT_E_TRUNCATED },
		{ "", COT_E_TRUNCATED }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cot_slice text = sim_copy(rows[i].text, strlen(rows[i].text));
		struct cot_envelope env;

		if (cot_envelope_parse(text, COT_GRAMMAR_OLPC, &env) != rows[i].err)
			fail_msg("%s", rows[i].text);
		sim_drop(text);
	}
}

static void signature_limit(void **state)
{
	size_t count, i;

	(void)state;
	for (count = COT_MAX_SIGNATURES; count <= COT_MAX_SIGNATURES + 1; count++) {
		char text[512] = "{\"signatures\":[", *end = text + strlen(text);
		struct cot_envelope env;

		for (i = 0; i < count; i++)
			end = stpcpy(end, i ? ",{}" : "{}");
		(void)stpcpy(end, "],\"signed\":{}}");
		assert_int_equal(cot_envelope_parse(cot_slice_str(text), COT_GRAMMAR_OLPC, &env),
		                 count > COT_MAX_SIGNATURES ? COT_E_LIMIT : COT_OK);
	}
}

/* A real document cut at every byte, split without the check too: nothing outside
 * is read and no part of it points outside. */
static void cut_anywhere(void **state)
{
	struct sim_world *w = sim_world_new();
	const struct sim_file *file = sim_get(w, SIM_DIRECTOR, "timestamp.json");
	struct cot_envelope env;
	struct cot_head head;
	size_t len;

	(void)state;
	for (len = 0; len < file->len; len++) {
		struct cot_slice text = sim_copy(file->bytes, len);

		assert_int_not_equal(cot_envelope_parse(text, COT_GRAMMAR_OLPC, &env), COT_OK);
		if (cot_envelope_split(text, &env) == COT_OK) {
			assert_true(env.body.ptr + env.body.len <= text.ptr + len);
			(void)!cot_head_parse(env.body, COT_ROLE_TIMESTAMP, &head);
		}
		sim_drop(text);
	}
	assert_int_equal(cot_envelope_parse(cot_slice(file->bytes, file->len),
	                                    COT_GRAMMAR_OLPC, &env),
	                 COT_OK);
	sim_world_free(w);
}

/* ---- head --------------------------------------------------------------------- */

struct edit {
	const char *path, *raw; /* raw NULL: taken away */
	enum cot_err err;
};

static const struct edit head_edits[] = {
	{ "", "", COT_OK },
	{ "extra", "null", COT_OK },
	{ "_type", NULL, COT_E_MISSING },
	{ "_type", "null", COT_E_TYPE },
	{ "_type", "\"snapshot\"", COT_E_ROLE_TYPE },
	{ "_type", "\"Timestamp\"", COT_E_ROLE_TYPE },
	{ "_type", "\"timestamp \"", COT_E_ROLE_TYPE },
	{ "_type", "\"\"", COT_E_ROLE_TYPE },
	{ "spec_version", NULL, COT_E_MISSING },
	{ "spec_version", "1", COT_E_TYPE },
	{ "spec_version", "\"1.0\"", COT_OK },
	{ "spec_version", "\"1.31.0\"", COT_OK },
	{ "spec_version", "\"1\"", COT_E_SPEC_VERSION },
	{ "spec_version", "\"1.\"", COT_E_SPEC_VERSION },
	{ "spec_version", "\"1..0\"", COT_E_SPEC_VERSION },
	{ "spec_version", "\"1.0.0.0\"", COT_E_SPEC_VERSION },
	{ "spec_version", "\"1.0.\"", COT_E_SPEC_VERSION },
	{ "spec_version", "\"10.0\"", COT_E_SPEC_VERSION },
	{ "spec_version", "\"2.0.0\"", COT_E_SPEC_VERSION },
	{ "spec_version", "\"1.a\"", COT_E_SPEC_VERSION },
	{ "spec_version", "\"1.00000000000000000\"", COT_E_SPEC_VERSION },
	{ "spec_version", "\"\"", COT_E_SPEC_VERSION },
	{ "version", NULL, COT_E_MISSING },
	{ "version", "null", COT_E_TYPE },
	{ "version", "\"1\"", COT_E_TYPE },
	{ "version", "0", COT_E_NUMBER },
	{ "version", "-1", COT_E_NUMBER },
	{ "version", "1.0", COT_E_NUMBER },
	{ "version", "1e0", COT_E_NUMBER },
	{ "version", "2147483647", COT_OK },
	{ "version", "2147483648", COT_E_NUMBER },
	{ "version", "4294967297", COT_E_NUMBER },
	{ "version", "18446744073709551617", COT_E_NUMBER },
	{ "expires", NULL, COT_E_MISSING },
	{ "expires", "1800000000", COT_E_TYPE },
	{ "expires", "null", COT_E_TYPE },
	{ "expires", "\"\"", COT_E_TIME_FORMAT },
	{ "expires", "\"2027-01-15T08:00:00z\"", COT_E_TIME_FORMAT },
	{ "expires", "\"2027-01-15T08:00:00.5Z\"", COT_E_TIME_FORMAT },
	{ "custom", NULL, COT_OK },
	{ "custom", "{}", COT_OK },
	{ "custom", "null", COT_E_TYPE },
	{ "custom", "[]", COT_E_TYPE },
	{ "custom", "\"x\"", COT_E_TYPE },
	{ "custom extra", "[null]", COT_OK },
	{ "custom repository", "null", COT_E_TYPE },
	{ "custom repository", "\"\"", COT_E_NAME },
	{ "custom repository", "\"../image\"", COT_E_NAME },
	{ "custom vehicleId", NULL, COT_OK },
	{ "custom vehicleId", "7", COT_E_TYPE },
	{ "custom vehicleId", "\"a b\"", COT_E_NAME }
};

static void heads(void **state)
{
	struct sim_world *w = sim_world_new();
	const json_t *tree = sim_signed(w, SIM_DIRECTOR, COT_ROLE_TIMESTAMP);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(head_edits) / sizeof(head_edits[0]); i++) {
		const struct edit *e = &head_edits[i];
		struct cot_slice body = sim_edit(tree, e->path, e->raw);
		struct cot_head head;

		if (cot_head_parse(body, COT_ROLE_TIMESTAMP, &head) != e->err)
			fail_msg("%s = %s", e->path, e->raw ? e->raw : "(none)");
		sim_drop(body);
	}
	sim_world_free(w);
}

static void head_says(void **state)
{
	struct sim_world *w = sim_world_new();
	struct cot_slice body = sim_edit(sim_signed(w, SIM_DIRECTOR, COT_ROLE_TIMESTAMP), "", "");
	struct cot_policy lax = cot_policy_uptane;
	struct cot_head head;

	(void)state;
	lax.uptane_fields = false;
	assert_int_equal(cot_head_parse(body, COT_ROLE_TIMESTAMP, &head), COT_OK);
	assert_int_equal(head.version, 1);
	assert_true(head.expires_s > SIM_NOW);
	assert_true(cot_slice_is(head.repository, "director"));
	assert_true(cot_slice_is(head.vehicle, SIM_VEHICLE));
	assert_ptr_equal(head.body.ptr, body.ptr);
	assert_int_equal(cot_head_check_named(&head, &cot_policy_uptane), COT_OK);
	head.repository.len = 0;
	assert_int_equal(cot_head_check_named(&head, &cot_policy_uptane), COT_E_MISSING);
	assert_int_equal(cot_head_check_named(&head, &lax), COT_OK);
	sim_drop(body);
	sim_world_free(w);
}

/* P28: each document taken for each role. */
static void roles_apart(void **state)
{
	static const char *const names[] = { "root", "timestamp", "snapshot", "targets", "time",
		                             "provisioning" };
	struct sim_world *w = sim_world_new();
	struct cot_head head;
	int is, as;

	(void)state;
	for (is = 0; is < COT_ROLE_COUNT; is++) {
		struct cot_slice body = sim_edit(sim_signed(w, SIM_IMAGE, (enum cot_role)is), "", "");

		for (as = 0; as < COT_ROLE_COUNT; as++)
			assert_int_equal(cot_head_parse(body, (enum cot_role)as, &head),
			                 is == as ? COT_OK : COT_E_ROLE_TYPE);
		sim_drop(body);
	}
	for (is = 0; is < 6; is++)
		assert_string_equal(cot_role_name((enum cot_role)is), names[is]);
	assert_string_equal(cot_role_name((enum cot_role)6), "");
	sim_world_free(w);
}

static void digest_of_body(void **state)
{
	uint8_t one[COT_SHA256_LEN], two[COT_SHA256_LEN];

	(void)state;
	cot_body_digest(COT_SLICE(BODY), &cot_crypto_full, one);
	cot_hash_once(&cot_crypto_full, COT_HASH_SHA256, COT_SLICE(BODY), two);
	assert_memory_equal(one, two, sizeof(one));
	cot_body_digest(COT_SLICE("{\"a\":2}"), &cot_crypto_full, two);
	assert_memory_not_equal(one, two, sizeof(one));
}

/* ---- keys ---------------------------------------------------------------------- */

static void key_objects(void **state)
{
	static const struct edit rows[] = {
		{ "", "", COT_OK },
		{ "extra", "1", COT_OK },
		{ "keyval private", "\"\"", COT_OK },
		{ "keyval", NULL, COT_E_MISSING },
		{ "keyval", "null", COT_E_TYPE },
		{ "keyval", "[]", COT_E_TYPE },
		{ "keyval public", NULL, COT_E_MISSING },
		{ "keyval public", "null", COT_E_TYPE },
		{ "keyval public", "7", COT_E_TYPE },
		{ "keytype", NULL, COT_E_MISSING },
		{ "keytype", "1", COT_E_TYPE },
		{ "keytype", "\"rsa\"", COT_E_SCHEME },
		{ "keytype", "\"ED25519\"", COT_E_SCHEME },
		{ "scheme", NULL, COT_E_MISSING },
		{ "scheme", "null", COT_E_TYPE },
		{ "scheme", "\"\"", COT_E_SCHEME },
		{ "scheme", "\"ed25519x\"", COT_E_SCHEME },
		{ "scheme", "\"ecdsa-sha2-nistp256\"", COT_E_SCHEME },
		{ "scheme", "\"hmac-sha256\"", COT_E_SCHEME },
		{ "scheme", "\"dilithium3\"", COT_E_SCHEME }
	};
	json_t *tree = sim_key_object(1);
	struct cot_key key;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cot_slice object = sim_edit(tree, rows[i].path, rows[i].raw);

		memset(&key, 0, sizeof(key));
		if (cot_key_parse(object, &key) != rows[i].err)
			fail_msg("%s = %s", rows[i].path, rows[i].raw ? rows[i].raw : "(none)");
		if (rows[i].err == COT_OK)
			assert_int_equal(key.scheme, COT_SCHEME_ED25519);
		if (rows[i].err == COT_OK || rows[i].err == COT_E_SCHEME)
			assert_int_equal(key.text.len, 64);
		sim_drop(object);
	}
	assert_int_equal(cot_key_parse(COT_SLICE("null"), &key), COT_E_TYPE);
	json_decref(tree);
}

/* ---- signatures ------------------------------------------------------------------ */

/* Who is listed: three keys, one of them a second time under another id. */
struct scene {
	json_t *keys, *ids;
	struct cot_slice keys_text, ids_text;
	struct cot_role_keys role;
	char *envelope;
	size_t len;
	FILE *out;
	size_t count;
	struct cot_envelope env;
};

#define ALIAS "00000000000000000000000000000000000000000000000000000000000000aa"
#define BROKEN "00000000000000000000000000000000000000000000000000000000000000bb"

static void list(struct scene *s, unsigned key, const char *as)
{
	char id[COT_KEY_ID_TEXT + 1];

	sim_key_id(key, id);
	json_object_set_new(s->keys, as ? as : id, sim_key_object(key));
	json_array_append_new(s->ids, json_string(as ? as : id));
}

static void scene_begin(struct scene *s, uint32_t threshold)
{
	memset(s, 0, sizeof(*s));
	s->keys = json_object();
	s->ids = json_array();
	list(s, 1, NULL);
	list(s, 2, NULL);
	list(s, SIM_KEY_P256, NULL);
	list(s, 1, ALIAS);
	list(s, 5, BROKEN);
	json_object_set_new(json_object_get(s->keys, BROKEN), "scheme", json_string("later"));
	s->role.threshold = threshold;
	s->out = open_memstream(&s->envelope, &s->len);
	assert_non_null(s->out);
	fputs("{\"signatures\":[", s->out);
}

/* An entry as it stands. */
static void entry(struct scene *s, const char *text)
{
	fprintf(s->out, "%s%s", s->count++ ? "," : "", text);
}

/* A signature of key under an id over some text. */
static void sign(struct scene *s, unsigned key, const char *as, const char *over)
{
	char id[COT_KEY_ID_TEXT + 1], hex[2 * COT_MAX_SIG_LEN], text[2048];
	uint8_t sig[COT_MAX_SIG_LEN];
	size_t len = sim_key_sign(key, cot_slice_str(over), sig);

	sim_key_id(key, id);
	cot_hex_encode(cot_slice(sig, len), hex);
	snprintf(text, sizeof(text), "{\"keyid\":\"%s\",\"sig\":\"%.*s\"}", as ? as : id,
	         (int)(2 * len), hex);
	entry(s, text);
}

static void scene_check(struct scene *s, struct cot_sigcheck *c, const struct cot_crypto *crypto)
{
	fputs("],\"signed\":" BODY "}", s->out);
	assert_int_equal(fclose(s->out), 0);
	s->keys_text = sim_edit(s->keys, "", "");
	s->ids_text = sim_edit(s->ids, "", "");
	s->role.keys = s->keys_text;
	s->role.keyids = s->ids_text;
	assert_int_equal(cot_envelope_parse(cot_slice(s->envelope, s->len), COT_GRAMMAR_OLPC,
	                                    &s->env),
	                 COT_OK);
	cot_sigcheck_init(c, crypto, &s->env, &s->role);
}

static void scene_end(struct scene *s)
{
	sim_drop(s->keys_text);
	sim_drop(s->ids_text);
	json_decref(s->keys);
	json_decref(s->ids);
	free(s->envelope);
}

/* Signs what `who` says, letter by letter, and counts under threshold 2. */
static enum cot_err counted(const char *who, uint32_t threshold, bool all, uint32_t *ret_count)
{
	struct cot_sigcheck c;
	enum cot_err err;
	struct scene s;

	scene_begin(&s, threshold);
	for (; *who; who++) {
		switch (*who) {
		case '1': sign(&s, 1, NULL, BODY); break;
		case '2': sign(&s, 2, NULL, BODY); break;
		case 'p': sign(&s, SIM_KEY_P256, NULL, BODY); break;
		case 'a': sign(&s, 1, ALIAS, BODY); break;      /* 1 under its second id */
		case 'x': sign(&s, 7, NULL, BODY); break;       /* not listed */
		case 'l': sign(&s, 5, BROKEN, BODY); break;     /* scheme to come */
		case 's': sign(&s, 2, ALIAS, BODY); break;      /* under another's id */
		case 'o': sign(&s, 2, NULL, "{\"a\":2}"); break; /* over something else */
		case 'n': entry(&s, "null"); break;
		case 'k': entry(&s, "{\"keyid\":null,\"sig\":\"00\"}"); break;
		case 'e': entry(&s, "{\"keyid\":\"" ALIAS "\",\"sig\":\"\"}"); break;
		case 'i': entry(&s, "{\"keyid\":\"" ALIAS "\",\"sig\":[]}"); break;
		default: entry(&s, "{\"keyid\":\"" ALIAS "\",\"sig\":\"zz\"}"); break;
		}
	}
	scene_check(&s, &c, &cot_crypto_full);
	c.all = all;
	err = cot_sigcheck_run(&c);
	*ret_count = c.quorum.count;
	scene_end(&s);
	return err;
}

static void who_counts(void **state)
{
	static const struct {
		const char *who;
		bool enough;      /* for a threshold of 2 */
		uint32_t count;   /* looked at all entries */
	} rows[] = {
		{ "12", true, 2 },   { "21", true, 2 },    { "1p", true, 2 },
		{ "12p", true, 3 },  { "", false, 0 },     { "1", false, 1 },
		{ "11", false, 1 },  { "1a", false, 1 },   { "a1", false, 1 },
		{ "a2", true, 2 },   { "1x", false, 1 },   { "1l", false, 1 },
		{ "1s", false, 1 },  { "1o", false, 1 },   { "1o2", true, 2 },
		{ "nkeiz12", true, 2 }, { "1nkeiz", false, 1 }, { "xxxx1lsop", true, 2 },
		{ "1111111111111111111111111111111p", true, 2 }
	};
	uint32_t count;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum cot_err want = rows[i].enough ? COT_OK : COT_E_SIG_THRESHOLD;

		if (counted(rows[i].who, 2, true, &count) != want || count != rows[i].count)
			fail_msg("'%s': %u counted", rows[i].who, count);
		if (counted(rows[i].who, 2, false, &count) != want)
			fail_msg("'%s', stopping early", rows[i].who);
		assert_true(count <= 2);
	}
}

/* An engine that answers PENDING twice before each verdict. */
static unsigned engine_calls;

static enum cot_err slow_verify(enum cot_scheme scheme, struct cot_slice key,
                                struct cot_slice sig, struct cot_slice msg)
{
	if (++engine_calls % 3 != 0)
		return COT_PENDING;
	return cot_crypto_full.verify(scheme, key, sig, msg);
}

static void one_signature_a_step(void **state)
{
	struct cot_crypto slow = cot_crypto_full;
	struct cot_sigcheck c;
	enum cot_err err;
	size_t steps = 0;
	struct scene s;

	(void)state;
	slow.verify = slow_verify;
	engine_calls = 0;
	scene_begin(&s, 2);
	sign(&s, 1, NULL, BODY);
	sign(&s, 2, NULL, "x");
	sign(&s, SIM_KEY_P256, NULL, BODY);
	scene_check(&s, &c, &slow);
	do {
		unsigned before = engine_calls;

		err = cot_sigcheck_step(&c);
		assert_true(engine_calls <= before + 1);
		steps++;
	} while (err == COT_PENDING);
	assert_int_equal(err, COT_OK);
	assert_int_equal(engine_calls, 9);
	assert_int_equal(steps, 10);
	assert_int_equal(cot_sigcheck_step(&c), COT_OK);
	scene_end(&s);
}

static void role_keys(void **state)
{
	struct cot_sigcheck c;
	struct cot_key key;
	struct scene s;

	(void)state;
	scene_begin(&s, 1);
	json_array_append_new(s.ids, json_string("listed but not there"));
	json_object_set_new(s.keys, "there but not listed", sim_key_object(9));
	scene_check(&s, &c, &cot_crypto_full);
	assert_int_equal(cot_role_key(&s.role, COT_SLICE(ALIAS), &key), COT_OK);
	assert_int_equal(cot_role_key(&s.role, COT_SLICE(BROKEN), &key), COT_E_SCHEME);
	assert_int_equal(cot_role_key(&s.role, COT_SLICE("listed but not there"), &key),
	                 COT_E_MISSING);
	assert_int_equal(cot_role_key(&s.role, COT_SLICE("there but not listed"), &key),
	                 COT_E_KEY_NOT_LISTED);
	s.role.keyids = COT_SLICE("{}");
	assert_int_equal(cot_role_key(&s.role, COT_SLICE(ALIAS), &key), COT_E_TYPE);
	scene_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shells), cmocka_unit_test(signature_limit),
		cmocka_unit_test(cut_anywhere), cmocka_unit_test(heads),
		cmocka_unit_test(head_says), cmocka_unit_test(roles_apart),
		cmocka_unit_test(digest_of_body), cmocka_unit_test(key_objects),
		cmocka_unit_test(who_counts), cmocka_unit_test(one_signature_a_step),
		cmocka_unit_test(role_keys)
	};

	if (cot_crypto_init() != COT_OK)
		return 1;
	return cmocka_run_group_tests_name("metadata_envelope", tests, NULL, NULL);
}
