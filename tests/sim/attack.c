/* SPDX-License-Identifier: Apache-2.0
 *
 * The frame of attack tests: see attack.h.
 */
#include "tests/sim/attack.h"
#include "keys/encode.h"

#include <mbedtls/bignum.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- rows ------------------------------------------------------------------------ */

void attack_row(const char *name, enum cot_err got, bool refused, const char *promise)
{
	const char *path = getenv("ATTACK_ROWS");
	const char *id = name + strlen("attack_");
	FILE *out;

	if (path == NULL)
		return;
	out = fopen(path, "a");
	assert_non_null(out);
	fprintf(out, "%.*s %s %s: %s\n", (int)strcspn(id, "_"), id, cot_err_word(got),
	        refused ? "refused" : "accepted", promise);
	assert_int_equal(fclose(out), 0);
}

/* ---- cases ------------------------------------------------------------------------- */

static void scene_begin(struct attack_scene *s, const struct attack *a)
{
	s->attack = a;
	s->w = sim_world_new();
	sim_release(s->w, "ECU-A", "a-2.bin", 2);
	s->c = sim_client_new(s->w, a->kind);
	attack_accepted(s);
	sim_release(s->w, "ECU-A", "a-3.bin", 3);
}

static void scene_end(struct attack_scene *s)
{
	sim_client_free(s->c);
	sim_world_free(s->w);
}

void attack_accepted(struct attack_scene *s)
{
	struct cot_verdict v = sim_run(s->c);

	if (v.err != COT_OK)
		fail_msg("honest cycle ended with %s", cot_err_word(v.err));
}

static void twin(const struct attack *a)
{
	struct attack_scene s;

	scene_begin(&s, a);
	attack_accepted(&s);
	assert_int_equal(s.c->trust.repo[0].floor[COT_ROLE_TARGETS].version, 3);
	scene_end(&s);
}

static void run_attack(void **state)
{
	const struct attack *a = *state;
	uint8_t before[COT_SHA256_LEN], after[COT_SHA256_LEN];
	struct attack_scene s;
	struct cot_verdict v;
	bool unchanged;

	twin(a);
	scene_begin(&s, a);
	a->strike(&s);
	sim_state(s.c, before);
	v = sim_run(s.c);
	sim_state(s.c, after);
	unchanged = memcmp(before, after, sizeof(before)) == 0;
	attack_row(a->name, v.err, v.err == a->err && unchanged, a->promise);
	if (v.err != a->err)
		fail_msg("%s ended with %s instead of %s", a->name, cot_err_word(v.err),
		         cot_err_word(a->err));
	assert_true(unchanged);
	if (a->heal != NULL) {
		a->heal(&s);
		attack_accepted(&s);
	}
	scene_end(&s);
}

int attack_main(const char *group, const struct attack *attacks, size_t count)
{
	struct CMUnitTest *tests = calloc(count, sizeof(*tests));
	size_t i;
	int failed;

	if (tests == NULL)
		abort();
	for (i = 0; i < count; i++) {
		tests[i].name = attacks[i].name;
		tests[i].test_func = run_attack;
		tests[i].initial_state = (void *)(uintptr_t)&attacks[i];
	}
	failed = _cmocka_run_group_tests(group, tests, count, NULL, NULL);
	free(tests);
	return failed;
}

/* ---- tools ---------------------------------------------------------------------------- */

/* n - s is as good as s: ECDSA signatures come in pairs. */
static void flip_half(uint8_t s[32])
{
	static const char order[] =
		"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
	mbedtls_mpi n, x;

	mbedtls_mpi_init(&n);
	mbedtls_mpi_init(&x);
	assert_int_equal(mbedtls_mpi_read_string(&n, 16, order), 0);
	assert_int_equal(mbedtls_mpi_read_binary(&x, s, 32), 0);
	assert_int_equal(mbedtls_mpi_sub_mpi(&x, &n, &x), 0);
	assert_int_equal(mbedtls_mpi_write_binary(&x, s, 32), 0);
	mbedtls_mpi_free(&x);
	mbedtls_mpi_free(&n);
}

static size_t sign(const struct attack_signature *a, struct cot_slice body,
                   uint8_t sig[COT_MAX_SIG_LEN])
{
	size_t len = sim_key_sign(a->key, body, sig);
	uint8_t rs[64];

	if (!a->other_half)
		return len;
	assert_int_equal(cot_ecdsa_der_decode(cot_slice(sig, len), rs), COT_OK);
	flip_half(rs + 32);
	return cot_ecdsa_der_encode(rs, sig);
}

char *attack_envelope(const char *body, const struct attack_signature *sigs, size_t count,
                      size_t *ret_len)
{
	char id[COT_KEY_ID_TEXT + 1], hex[2 * COT_MAX_SIG_LEN];
	uint8_t sig[COT_MAX_SIG_LEN];
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);
	size_t i, len;

	assert_non_null(out);
	fputs("{\"signatures\":[", out);
	for (i = 0; i < count; i++) {
		sim_key_id(sigs[i].key, id);
		len = sign(&sigs[i], cot_slice_str(body), sig);
		cot_hex_encode(cot_slice(sig, len), hex);
		fprintf(out, "%s{\"keyid\":\"%s\",\"sig\":\"%.*s\"}", i > 0 ? "," : "",
		        sigs[i].id != NULL ? sigs[i].id : id, (int)(2 * len), hex);
	}
	fprintf(out, "],\"signed\":%s}", body);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void put_role(struct sim_world *w, unsigned repo, enum cot_role role,
                     struct cot_slice text)
{
	json_t *version = json_object_get(sim_signed(w, repo, role), "version");
	char name[80];

	if (role == COT_ROLE_TIMESTAMP)
		snprintf(name, sizeof(name), "timestamp.json");
	else
		snprintf(name, sizeof(name), "%lld.%s.json",
		         (long long)json_integer_value(version), cot_role_name(role));
	sim_put(w, repo, name, text);
	if (role == COT_ROLE_TARGETS)
		sim_put(w, repo, "targets.json", text);
}

void attack_write_text(struct sim_world *w, unsigned repo, enum cot_role role,
                       const char *body)
{
	size_t len;
	char *text = sim_sign_text(body, w->repo[repo].signers[role], &len);

	put_role(w, repo, role, cot_slice(text, len));
	free(text);
}

char *attack_edit(struct sim_world *w, unsigned repo, enum cot_role role, const char *from,
                  const char *to)
{
	char *body = sim_text(sim_signed(w, repo, role));
	char *at = strstr(body, from);
	char *ret;

	assert_non_null(at);
	assert_true(asprintf(&ret, "%.*s%s%s", (int)(at - body), body, to,
	                     at + strlen(from)) >= 0);
	free(body);
	return ret;
}

void attack_lift(struct sim_world *w, unsigned repo, enum cot_role role)
{
	if (role == COT_ROLE_ROOT || role == COT_ROLE_TIMESTAMP)
		return;
	sim_link(w, repo, role);
	sim_publish(w, repo, role == COT_ROLE_TARGETS ? COT_ROLE_SNAPSHOT : COT_ROLE_TIMESTAMP);
}

void attack_write_edit(struct sim_world *w, unsigned repo, enum cot_role role,
                       const char *from, const char *to)
{
	char *body = attack_edit(w, repo, role, from, to);

	attack_write_text(w, repo, role, body);
	attack_lift(w, repo, role);
	free(body);
}
