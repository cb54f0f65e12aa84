/* SPDX-License-Identifier: Apache-2.0
 *
 * Attacks on the firmware that need its line, its flash or its whole conversation; the
 * rest of the catalogue is tests/attack/secondary_*.c with METAL=1.
 *
 * A case called attack_limit_ is no promise: it shows an attack that succeeds, as
 * docs/attacks.tsv says it does, and what ends it.
 */
#include "tests/metal/backend.h"
#include "tests/sim/secondary_attack.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void publish_order(struct scene *s, const char *name)
{
	sim_secondary_order(s->s, SIM_SECONDARY_ECU, SIM_SECONDARY_HWID, name);
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
}

static enum cot_err stage(struct scene *s)
{
	struct cot_stage_result r;

	return sim_secondary_stage(s->s, &r);
}

/* ---- the Director's Targets key is stolen ------------------------------------------------- */

/* The owner takes the key out of Root; the Targets that follow are by the new one. */
static void rotate(struct scene *s)
{
	sim_replace_key(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS, SIM_DIRECTOR_TARGETS, SIM_SPARE);
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_ROOT);
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
}

/* The thief orders his image, properly signed by what he stole. */
static void steal(struct scene *s)
{
	static const unsigned stolen[] = { SIM_DIRECTOR_TARGETS, 0 };

	sim_secondary_usual(s->s, "evil.bin", 4);
	sim_signers(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS, stolen);
	publish_order(s, "evil.bin");
}

/* The owner's Targets again, of a higher version than the thief's. */
static void mend(struct scene *s, const char *name)
{
	static const unsigned owner[] = { SIM_SPARE, 0 };

	sim_signers(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS, owner);
	publish_order(s, name);
}

/* The ECU has walked to the Root that removes the key. */
static enum cot_err after_rotation(struct scene *s)
{
	enum cot_err err;

	rotate(s);
	assert_int_equal(sim_secondary_update(s->s, "a-3.bin"), COT_OK);
	scene_mark(s);
	steal(s);
	err = scene_offer_targets(s);
	assert_int_equal(stage(s), COT_E_NO_TIME);
	mend(s, "a-3.bin");
	return err;
}

/* The gateway keeps that Root back: signed time says that there is a newer one. */
static enum cot_err root_withheld(struct scene *s)
{
	enum cot_err err;

	rotate(s);
	steal(s);
	err = scene_offer_targets(s);
	assert_int_equal(stage(s), COT_E_NO_TIME);
	mend(s, "a-3.bin");
	return err;
}

/* ---- what was said once is said again ------------------------------------------------------- */

static void replay(struct scene *s, const uint8_t *said, size_t len)
{
	size_t at = 0;

	while (at + 2 <= len) {
		size_t n = (size_t)said[at] << 8 | said[at + 1];

		(void)sim_secondary_ask(s->s, cot_slice(said + at + 2, n));
		at += 2 + n;
	}
	assert_int_equal(at, len);
}

/* A whole honest conversation, request by request, to a node that has not had it: all
 * of it is signed and current but for the time. */
static enum cot_err replayed_conversation(struct scene *s)
{
	uint8_t *before = sim_secondary_save(s->s);
	char *said = NULL;
	enum cot_err err;
	size_t len = 0;

	s->s->tap = open_memstream(&said, &len);
	assert_non_null(s->s->tap);
	assert_int_equal(sim_secondary_update(s->s, "a-3.bin"), COT_OK);
	fclose(s->s->tap);
	s->s->tap = NULL;
	sim_secondary_load(s->s, before);
	replay(s, (const uint8_t *)said, len);
	assert_true(sim_secondary_runs(s->s, "a-2.bin"));
	assert_int_equal(sim_secondary_session(s->s, COT_UDS_SESSION_PROGRAMMING), COT_OK);
	replay(s, (const uint8_t *)said, len);
	assert_int_equal(sim_secondary_session(s->s, COT_UDS_SESSION_PROGRAMMING), COT_OK);
	err = stage(s);
	free(said);
	free(before);
	return err;
}

/* ---- the line ---------------------------------------------------------------------------------- */

static void push(struct scene *s, const uint8_t *bytes, size_t len)
{
	struct metal *m = metal_of(s->s);

	while (len > 0) {
		struct pollfd p = { m->board.link, POLLOUT | POLLIN, 0 };
		uint8_t in[256];
		ssize_t n;

		assert_true(poll(&p, 1, 10000) > 0);
		if (p.revents & POLLIN)
			(void)!read(m->board.link, in, sizeof(in));
		n = p.revents & POLLOUT ? write(m->board.link, bytes, len) : 0;
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
}

/* Noise of that many bytes, with one value in so many taken for zero, which ends a
 * frame. */
static void noise(struct scene *s, size_t len, uint32_t seed, unsigned zero)
{
	uint8_t *bytes = malloc(len);
	size_t i;

	assert_non_null(bytes);
	for (i = 0; i < len; i++) {
		seed = seed * 1664525u + 1013904223u;
		bytes[i] = zero && (seed >> 8) % zero == 0 ? 0 : (uint8_t)(seed >> 24);
	}
	push(s, bytes, len);
	free(bytes);
}

static enum cot_err line_noise(struct scene *s)
{
	noise(s, 20000, 1, 0);
	noise(s, 20000, 2, 3);
	noise(s, 20000, 3, 40);
	assert_true(sim_secondary_runs(s->s, "a-2.bin"));
	assert_int_equal(sim_secondary_session(s->s, COT_UDS_SESSION_PROGRAMMING), COT_OK);
	noise(s, 2000, 4, 0);
	noise(s, 2000, 5, 300);
	assert_int_equal(sim_secondary_session(s->s, COT_UDS_SESSION_PROGRAMMING), COT_OK);
	return stage(s);
}

/* ---- flash is written while power is off ---------------------------------------------------------- */

/* The trusted Targets order another hash now than what was signed. */
static enum cot_err order_rewritten(struct scene *s)
{
	static const enum cot_region places[] = { COT_REGION_DOC_A, COT_REGION_DOC_B };
	unsigned i, found = 0;
	enum cot_err err;

	assert_int_equal(sim_secondary_metadata(s->s), COT_OK);
	assert_int_equal(sim_secondary_install(s->s, "a-3.bin"), COT_OK);
	scene_mark(s);
	for (i = 0; i < 2; i++) {
		uint8_t *cells = sim_secondary_cells(s->s, places[i]);
		char *at = memmem(cells, 32768, "\"a-3.bin\"", 9);

		if (at && ++found)
			at[3] = 'X';
	}
	assert_true(found > 0);
	sim_secondary_reset(s->s, true);
	assert_int_equal(sim_secondary_send_time(s->s), COT_OK);
	err = sim_secondary_verify(s->s, NULL);
	assert_int_equal(sim_secondary_activate(s->s), COT_E_NO_TIME);
	return err;
}

static const struct scene_attack attacks[] = {
	SCENE(S13_after_rotation, SIG_THRESHOLD,
	      "a stolen Targets key is worthless once the ECU has the Root that removes it",
	      after_rotation),
	SCENE(S13_root_withheld, TIME_ROOT,
	      "and a gateway cannot keep that Root back: signed time tells of it", root_withheld),
	SCENE(P37_conversation, NO_TIME, "an honest conversation said again installs nothing",
	      replayed_conversation),
	SCENE(W13_line_noise, NO_TIME, "bytes that are no frames do nothing", line_noise),
	SCENE(S04_order_rewritten, SIG_THRESHOLD, "Targets that changed in flash order nothing",
	      order_rewritten),
};

/* ---- nothing to refuse ------------------------------------------------------------------------------------ */

/* Noise between the blocks of a download: what was taken is what was sent. */
static void attack_W13_noise_in_transfer(void **state)
{
	struct metal_bench *b = *state;
	struct scene s = { .w = b->w, .s = b->s };
	struct cot_uds_request q = { .sid = COT_UDS_DOWNLOAD, .size = METAL_IMAGE_LEN };
	struct cot_uds_response r;
	const struct sim_artifact *a;
	size_t at;

	sim_secondary_release(b->s, "a-2.bin", 2);
	a = sim_secondary_artifact(b->s, "a-2.bin");
	assert_int_equal(sim_secondary_metadata(b->s), COT_OK);
	assert_int_equal(stage(&s), COT_OK);
	assert_int_equal(sim_secondary_uds(b->s, &q, &r), COT_NRC_NONE);
	q = (struct cot_uds_request){ .sid = COT_UDS_TRANSFER };
	for (at = 0; at < a->len; at += 1000) {
		q.counter++;
		q.data = cot_slice(a->bytes + at, 1000);
		assert_int_equal(sim_secondary_uds(b->s, &q, &r), COT_NRC_NONE);
		noise(&s, 500, (uint32_t)at, 50);
	}
	q = (struct cot_uds_request){ .sid = COT_UDS_EXIT };
	assert_int_equal(sim_secondary_uds(b->s, &q, &r), COT_NRC_NONE);
	assert_int_equal(sim_secondary_activate(b->s), COT_OK);
	assert_int_equal(sim_secondary_hard_reset(b->s), COT_OK);
	assert_true(sim_secondary_runs(b->s, "a-2.bin"));
}

/* ---- limits -------------------------------------------------------------------------------------------- */

/* Nobody knows of the theft: with Director Root and Targets alone there is nothing that
 * contradicts the thief, who also holds the gateway.  Full verification would miss the
 * image in the Image repository.  The owner's next Root ends it. */
static void attack_limit_S13_before_rotation(void **state)
{
	struct metal_bench *b = *state;
	struct scene s = { .w = b->w, .s = b->s };

	sim_secondary_release(b->s, "a-2.bin", 2);
	assert_int_equal(sim_secondary_update(b->s, "a-2.bin"), COT_OK);
	steal(&s);
	assert_int_equal(sim_secondary_update(b->s, "evil.bin"), COT_OK);
	assert_true(sim_secondary_runs(b->s, "evil.bin"));
	rotate(&s);
	sim_secondary_usual(b->s, "a-5.bin", 5);
	mend(&s, "a-5.bin");
	assert_int_equal(sim_secondary_update(b->s, "a-5.bin"), COT_OK);
	assert_true(sim_secondary_runs(b->s, "a-5.bin"));
	steal(&s);
	assert_int_equal(sim_secondary_update(b->s, "evil.bin"), COT_E_SIG_THRESHOLD);
	sim_secondary_reset(b->s, false);
	assert_true(sim_secondary_runs(b->s, "a-5.bin"));
}

int main(void)
{
	const struct CMUnitTest others[] = {
		METAL_TEST(attack_W13_noise_in_transfer),
		METAL_TEST(attack_limit_S13_before_rotation)
	};
	int failed;

	setenv("METAL", "1", 1);
	failed = scene_main("metal_attack", attacks, sizeof(attacks) / sizeof(attacks[0]));
	return failed + cmocka_run_group_tests_name("metal_attack_others", others, NULL, NULL);
}
