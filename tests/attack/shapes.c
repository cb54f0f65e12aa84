/* SPDX-License-Identifier: Apache-2.0
 *
 * P17: valid JSON, validly signed, of the wrong shape.  Each member of each
 * document in turn becomes null, an array, a number, an object, a text and a
 * truth value; every one that Cotter reads must be refused with a code of syntax,
 * and nothing may change.
 */
#include "tests/sim/attack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DIR SIM_DIRECTOR
#define IMG SIM_IMAGE

struct shapes {
	struct sim_world *w;
	struct sim_client *c;
	unsigned repo;
	enum cot_role role;
	uint8_t state[COT_SHA256_LEN];
	unsigned members, tried;
	char path[512];
	json_t *time; /* for the time message: what is served */
};

static void begin(struct shapes *s, unsigned repo, enum cot_role role)
{
	memset(s, 0, sizeof(*s));
	s->repo = repo;
	s->role = role;
	s->w = sim_world_new();
	s->c = sim_client_new(s->w, SIM_PRIMARY);
	sim_release(s->w, "ECU-A", "a-2.bin", 2);
	assert_int_equal(sim_run(s->c).err, COT_OK);
	sim_release(s->w, "ECU-A", "a-3.bin", 3);
	if (role == COT_ROLE_ROOT) {
		sim_version(s->w, repo, role, 2);
		json_object_set_new(json_object_get(sim_signed(s->w, repo, role), "custom"),
		                    "floors", json_pack("{s:i}", "targets", 1));
	}
	sim_state(s->c, s->state);
}

static void end(struct shapes *s)
{
	sim_client_free(s->c);
	sim_world_free(s->w);
}

/* Codes that say "this is not what this member can be". */
static bool is_syntax(enum cot_err err)
{
	switch (err) {
	case COT_E_TYPE:
	case COT_E_NUMBER:
	case COT_E_KEY_ID: /* whatever changes in a key, its id no longer fits */
		return true;
	default:
		return false;
	}
}

/* What the next cycle says of the tree as it stands. */
static enum cot_err verdict(struct shapes *s)
{
	uint8_t state[COT_SHA256_LEN];
	enum cot_err err;

	if (s->role != COT_ROLE_TIME) {
		char *body = sim_text(sim_signed(s->w, s->repo, s->role));

		attack_write_text(s->w, s->repo, s->role, body);
		attack_lift(s->w, s->repo, s->role);
		free(body);
	}
	err = sim_run(s->c).err;
	sim_state(s->c, state);
	if (memcmp(state, s->state, sizeof(state)) != 0)
		fail_msg("%s: trust has changed", s->path);
	return err;
}

static void put(json_t *parent, const char *name, size_t index, json_t *value)
{
	if (json_is_object(parent))
		json_object_set_new(parent, name, value);
	else
		json_array_set_new(parent, index, value);
}

static void try_all(struct shapes *s, json_t *parent, const char *name, size_t index,
                    json_t *value)
{
	json_t *original = json_incref(value);
	json_t *others[6];
	size_t i;

	others[0] = json_null();
	others[1] = json_array();
	others[2] = json_integer(7);
	others[3] = json_object();
	others[4] = json_string("x");
	others[5] = json_true();
	for (i = 0; i < 6; i++) {
		enum cot_err err;

		if (json_typeof(others[i]) == json_typeof(original) ||
		    (json_is_boolean(others[i]) && json_is_boolean(original))) {
			json_decref(others[i]);
			continue;
		}
		put(parent, name, index, others[i]);
		err = verdict(s);
		if (!is_syntax(err))
			fail_msg("%s as kind %zu: %s", s->path, i, cot_err_word(err));
		s->tried++;
	}
	put(parent, name, index, original);
	s->members++;
}

static void walk(struct shapes *s, json_t *value)
{
	size_t len = strlen(s->path), i;
	const char *name;
	json_t *child;
	void *next;

	json_object_foreach_safe(value, next, name, child) {
		snprintf(s->path + len, sizeof(s->path) - len, ".%s", name);
		walk(s, child);
		/* The version also names the file; it has rows of its own. */
		if (strcmp(s->path, ".version") != 0)
			try_all(s, value, name, 0, child);
		s->path[len] = '\0';
	}
	json_array_foreach(value, i, child) {
		snprintf(s->path + len, sizeof(s->path) - len, "[%zu]", i);
		walk(s, child);
		try_all(s, value, NULL, i, child);
		s->path[len] = '\0';
	}
}

static void report(const struct shapes *s, const char *name, const char *document)
{
	char words[200];

	assert_true(s->members >= 5);
	snprintf(words, sizeof(words), "%u wrong shapes of the %u members of %s", s->tried,
	         s->members, document);
	attack_row(name, COT_E_TYPE, true, words);
}

static void each_member(unsigned repo, enum cot_role role, const char *name,
                        const char *document)
{
	struct shapes s;

	begin(&s, repo, role);
	walk(&s, sim_signed(s.w, repo, role));
	report(&s, name, document);
	/* The twin: unchanged, it is accepted. */
	attack_write_edit(s.w, repo, role, "\"_type\"", "\"_type\"");
	assert_int_equal(sim_run(s.c).err, COT_OK);
	end(&s);
}

static void attack_P17_director_root(void **state)
{
	(void)state;
	each_member(DIR, COT_ROLE_ROOT, __func__, "Director Root");
}

static void attack_P17_director_timestamp(void **state)
{
	(void)state;
	each_member(DIR, COT_ROLE_TIMESTAMP, __func__, "Director Timestamp");
}

static void attack_P17_director_snapshot(void **state)
{
	(void)state;
	each_member(DIR, COT_ROLE_SNAPSHOT, __func__, "Director Snapshot");
}

static void attack_P17_director_targets(void **state)
{
	(void)state;
	each_member(DIR, COT_ROLE_TARGETS, __func__, "Director Targets");
}

static void attack_P17_image_root(void **state)
{
	(void)state;
	each_member(IMG, COT_ROLE_ROOT, __func__, "Image Root");
}

static void attack_P17_image_targets(void **state)
{
	(void)state;
	each_member(IMG, COT_ROLE_TARGETS, __func__, "Image Targets");
}

/* ---- time ------------------------------------------------------------------------ */

static bool serve_tree(void *arg, struct sim_client *c, const struct cot_need *need)
{
	struct shapes *s = arg;
	char *body, *text;
	size_t len;

	if (need->kind != COT_NEED_TIME)
		return false;
	body = sim_text(s->time);
	text = sim_sign_text(body, (const unsigned[]){ SIM_TIME, 0 }, &len);
	sim_give(c, need, cot_slice(text, len));
	free(text);
	free(body);
	return true;
}

static void attack_P17_time(void **state)
{
	struct shapes s;

	(void)state;
	begin(&s, DIR, COT_ROLE_TIME);
	s.time = json_pack("{s:s, s:[s], s:i, s:s}", "_type", "time", "nonces",
	                   "00112233445566778899aabbccddeeff", "rootVersion", 1, "time",
	                   "2027-01-15T08:00:00Z");
	assert_non_null(s.time);
	s.c->hook = serve_tree;
	s.c->hook_arg = &s;
	walk(&s, s.time);
	report(&s, __func__, "a time message");
	json_decref(s.time);
	s.c->hook = NULL;
	assert_int_equal(sim_run(s.c).err, COT_OK);
	end(&s);
}

/* ---- the shell ---------------------------------------------------------------------- */

static void serve_envelope(struct shapes *s, const char *text, enum cot_err err)
{
	uint8_t state[COT_SHA256_LEN];
	struct cot_verdict v;

	sim_put(s->w, DIR, "timestamp.json", cot_slice_str(text));
	v = sim_run(s->c);
	if (v.err != err)
		fail_msg("%s: %s instead of %s", text, cot_err_word(v.err), cot_err_word(err));
	sim_state(s->c, state);
	assert_memory_equal(state, s->state, sizeof(state));
	attack_row("attack_P17_envelope", v.err, true, text);
}

static void attack_P17_envelope(void **state)
{
	struct shapes s;

	(void)state;
	begin(&s, DIR, COT_ROLE_TIMESTAMP);
	serve_envelope(&s, "null", COT_E_TYPE);
	serve_envelope(&s, "[]", COT_E_TYPE);
	serve_envelope(&s, "7", COT_E_TYPE);
	serve_envelope(&s, "\"x\"", COT_E_TYPE);
	serve_envelope(&s, "{}", COT_E_MISSING);
	serve_envelope(&s, "{\"signatures\":[]}", COT_E_MISSING);
	serve_envelope(&s, "{\"signed\":{}}", COT_E_MISSING);
	serve_envelope(&s, "{\"signatures\":null,\"signed\":{}}", COT_E_TYPE);
	serve_envelope(&s, "{\"signatures\":{},\"signed\":{}}", COT_E_TYPE);
	serve_envelope(&s, "{\"signatures\":[],\"signed\":null}", COT_E_TYPE);
	serve_envelope(&s, "{\"signatures\":[],\"signed\":[]}", COT_E_TYPE);
	serve_envelope(&s, "{\"signatures\":[],\"signed\":{}}", COT_E_MISSING);
	sim_write(s.w, DIR, COT_ROLE_TIMESTAMP);
	assert_int_equal(sim_run(s.c).err, COT_OK);
	end(&s);
}

/* A malformed signature entry is passed over and never counts. */
static void attack_P17_signature_entries(void **state)
{
	static const char *const entries[] = {
		"null", "7", "[]", "{}", "\"x\"", "{\"keyid\":null,\"sig\":null}",
		"{\"keyid\":\"x\",\"sig\":\"y\"}", "{\"sig\":\"00\"}", "{\"keyid\":[],\"sig\":{}}"
	};
	struct shapes s;
	char *body, *text;
	size_t i;

	(void)state;
	begin(&s, DIR, COT_ROLE_TIMESTAMP);
	body = sim_text(sim_signed(s.w, DIR, COT_ROLE_TIMESTAMP));
	for (i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		struct cot_verdict v;
		uint8_t after[COT_SHA256_LEN];

		assert_true(asprintf(&text, "{\"signatures\":[%s,%s],\"signed\":%s}", entries[i],
		                     entries[i], body) >= 0);
		sim_put(s.w, DIR, "timestamp.json", cot_slice_str(text));
		free(text);
		v = sim_run(s.c);
		if (v.err != COT_E_SIG_THRESHOLD)
			fail_msg("%s: %s", entries[i], cot_err_word(v.err));
		sim_state(s.c, after);
		assert_memory_equal(after, s.state, sizeof(after));
		attack_row(__func__, v.err, true, entries[i]);
	}
	free(body);
	/* Beside a good signature they do no harm. */
	sim_write(s.w, DIR, COT_ROLE_TIMESTAMP);
	{
		const struct sim_file *file = sim_get(s.w, DIR, "timestamp.json");

		assert_true(asprintf(&text, "{\"signatures\":[null,%.*s",
		                     (int)(file->len - strlen("{\"signatures\":[")),
		                     (const char *)file->bytes + strlen("{\"signatures\":[")) >= 0);
		sim_put(s.w, DIR, "timestamp.json", cot_slice_str(text));
		free(text);
	}
	assert_int_equal(sim_run(s.c).err, COT_OK);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attack_P17_director_root),
		cmocka_unit_test(attack_P17_director_timestamp),
		cmocka_unit_test(attack_P17_director_snapshot),
		cmocka_unit_test(attack_P17_director_targets),
		cmocka_unit_test(attack_P17_image_root),
		cmocka_unit_test(attack_P17_image_targets),
		cmocka_unit_test(attack_P17_time),
		cmocka_unit_test(attack_P17_envelope),
		cmocka_unit_test(attack_P17_signature_entries),
	};

	return cmocka_run_group_tests_name("attack_shapes", tests, NULL, NULL);
}
