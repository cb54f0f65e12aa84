/* SPDX-License-Identifier: Apache-2.0
 *
 * Documents: names, sizes, and the place that is trusted stays as it is.
 */
#include "secondary/documents.h"

#include "tests/sim/secondary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct bench {
	struct sim_world *w;
	struct sim_secondary *s;
	struct cot_documents d;
	struct cot_sec_state state;
};

static void bench_begin(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	b->w = sim_world_new();
	b->s = sim_secondary_new(b->w, &sim_flash_posix);
	b->state = b->s->node.store.state;
	cot_documents_init(&b->d, &b->s->port, &b->s->node.id, &b->state);
}

static void bench_end(struct bench *b)
{
	sim_secondary_free(b->s);
	sim_world_free(b->w);
}

static void names_of_documents(void **state)
{
	static const struct { const char *name; enum cot_err err; uint8_t kind; uint32_t version; }
	cases[] = {
		{ "d/targets.json", COT_OK, COT_SEC_TARGETS, 0 },
		{ "d/time.json", COT_OK, COT_SEC_TIME, 0 },
		{ "d/1.root.json", COT_OK, COT_SEC_ROOT, 1 },
		{ "d/2147483647.root.json", COT_OK, COT_SEC_ROOT, 2147483647 },
		{ "d/2147483648.root.json", COT_E_NAME, 0, 0 },
		{ "d/0.root.json", COT_E_NAME, 0, 0 },
		{ "d/01.root.json", COT_E_NAME, 0, 0 },
		{ "d/-1.root.json", COT_E_NAME, 0, 0 },
		{ "d/root.json", COT_E_NAME, 0, 0 },
		{ "d/.root.json", COT_E_NAME, 0, 0 },
		{ "d/1.root.jso", COT_E_NAME, 0, 0 },
		{ "d/snapshot.json", COT_E_NAME, 0, 0 },
		{ "d/targets.json ", COT_E_NAME, 0, 0 },
		{ "d/../targets.json", COT_E_NAME, 0, 0 },
		{ "x/targets.json", COT_E_NAME, 0, 0 },
		{ "d", COT_E_NAME, 0, 0 },
		{ "", COT_E_NAME, 0, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t kind = 0;
		uint32_t version = 0;

		if (cot_documents_name(cot_slice_str(cases[i].name), &kind, &version) !=
		    cases[i].err)
			fail_msg("%s", cases[i].name);
		assert_int_equal(kind, cases[i].kind);
		assert_int_equal(version, cases[i].version);
	}
}

static enum cot_err put(struct bench *b, uint8_t kind, uint32_t version, const char *text)
{
	enum cot_err err = cot_documents_begin(&b->d, kind, version, (uint32_t)strlen(text));

	while (err == COT_OK && (err = cot_documents_erase(&b->d)) == COT_PENDING)
		err = COT_OK;
	if (err == COT_OK)
		err = cot_documents_write(&b->d, cot_slice_str(text));
	return err == COT_OK ? cot_documents_finish(&b->d) : err;
}

static void check_staged(struct bench *b)
{
	struct cot_doc doc;

	assert_int_equal(put(b, COT_SEC_ROOT, 2, "a root"), COT_OK);
	assert_int_equal(put(b, COT_SEC_TARGETS, 0, "targets"), COT_OK);
	assert_int_equal(put(b, COT_SEC_TIME, 0, "the time"), COT_OK);
	assert_int_equal(cot_documents_staged(&b->d, COT_SEC_TARGETS, &doc), COT_OK);
	assert_true(cot_slice_is(doc.canon, "targets"));
	assert_int_equal(cot_documents_staged(&b->d, COT_SEC_ROOT, &doc), COT_OK);
	assert_true(cot_slice_is(doc.wire, "a root"));
	assert_int_equal(b->d.staged[COT_SEC_ROOT].version, 2);
	assert_int_equal(cot_documents_staged(&b->d, COT_SEC_TIME, &doc), COT_OK);
	assert_true(cot_slice_is(doc.canon, "the time"));
	/* As a commit does: what was staged is trusted now. */
	b->state.doc[COT_SEC_TARGETS].place = b->d.staged[COT_SEC_TARGETS].place;
	b->state.doc[COT_SEC_TARGETS].len = b->d.staged[COT_SEC_TARGETS].len;
	cot_documents_forget(&b->d, COT_SEC_TARGETS);
	assert_int_equal(cot_documents_staged(&b->d, COT_SEC_TARGETS, &doc), COT_OK);
	assert_int_equal(doc.canon.len, 0);
	assert_int_equal(put(b, COT_SEC_TARGETS, 0, "newer ones"), COT_OK);
	assert_int_equal(cot_documents_trusted(&b->d, COT_SEC_TARGETS, &doc), COT_OK);
	assert_true(cot_slice_is(doc.canon, "targets"));
	assert_int_equal(cot_documents_trusted(&b->d, COT_SEC_ROOT, &doc), COT_OK);
	assert_true(doc.canon.len > 100); /* the factory's */
	b->state.doc[COT_SEC_ROOT].place = COT_SEC_PLACE_NONE;
	assert_int_equal(cot_documents_trusted(&b->d, COT_SEC_ROOT, &doc), COT_OK);
	assert_int_equal(doc.canon.len, 0);
}

static void staged_and_trusted_do_not_mix(void **state)
{
	struct bench b;

	(void)state;
	bench_begin(&b);
	check_staged(&b);
	bench_end(&b);
	/* Through the window, too. */
	bench_begin(&b);
	sim_flash_unmapped(&b.s->flash);
	check_staged(&b);
	bench_end(&b);
}

static void window_may_be_too_small(void **state)
{
	struct cot_doc doc;
	struct bench b;

	(void)state;
	bench_begin(&b);
	sim_flash_unmapped(&b.s->flash);
	assert_int_equal(put(&b, COT_SEC_TARGETS, 0, "seven b"), COT_OK);
	b.s->port.window_len = (uint32_t)b.s->node.id.record.len + 4 * 7;
	assert_int_equal(cot_documents_staged(&b.d, COT_SEC_TARGETS, &doc), COT_OK);
	b.s->port.window_len -= 1;
	assert_int_equal(cot_documents_staged(&b.d, COT_SEC_TARGETS, &doc), COT_E_DOCUMENT_SIZE);
	b.s->port.window_len = 10;
	assert_int_equal(cot_documents_staged(&b.d, COT_SEC_TARGETS, &doc), COT_E_DOCUMENT_SIZE);
	bench_end(&b);
}

/* Each place in turn is trusted, and each time the other is written. */
static void trusted_place_is_never_touched(void **state)
{
	struct bench b;
	int place;

	(void)state;
	for (place = COT_SEC_PLACE_A; place <= COT_SEC_PLACE_B; place++) {
		enum cot_region trusted = place == COT_SEC_PLACE_A ? COT_REGION_DOC_A
		                                                   : COT_REGION_DOC_B;

		bench_begin(&b);
		b.s->flash.dead = 1u << trusted;
		b.state.doc[COT_SEC_ROOT].place = (enum cot_sec_place)place;
		b.state.doc[COT_SEC_TARGETS].place = (enum cot_sec_place)place;
		assert_int_equal(put(&b, COT_SEC_ROOT, 2, "root"), COT_OK);
		assert_int_equal(put(&b, COT_SEC_TARGETS, 0, "targets"), COT_OK);
		bench_end(&b);
	}
}

/* If the place becomes trusted under a transfer, the transfer ends. */
static void place_that_becomes_trusted_is_left_alone(void **state)
{
	struct bench b;

	(void)state;
	bench_begin(&b);
	assert_int_equal(cot_documents_begin(&b.d, COT_SEC_TARGETS, 0, 10000), COT_OK);
	assert_int_equal(cot_documents_erase(&b.d), COT_PENDING);
	b.state.doc[COT_SEC_TARGETS].place = b.d.staged[COT_SEC_TARGETS].place;
	b.s->flash.ops = 0;
	assert_int_equal(cot_documents_erase(&b.d), COT_E_SEQUENCE);
	assert_int_equal(cot_documents_write(&b.d, COT_SLICE("bytes")), COT_E_SEQUENCE);
	assert_int_equal(b.s->flash.ops, 0);
	bench_end(&b);
}

static void sizes_are_bounded(void **state)
{
	uint8_t byte = 0;
	struct bench b;
	uint8_t kind;

	(void)state;
	bench_begin(&b);
	for (kind = 0; kind < COT_SEC_STAGED; kind++) {
		uint32_t max = cot_documents_max(&b.d, kind);

		assert_int_equal(cot_documents_begin(&b.d, kind, 1, 0), COT_E_DOCUMENT_SIZE);
		assert_int_equal(cot_documents_begin(&b.d, kind, 1, max + 1), COT_E_DOCUMENT_SIZE);
		assert_int_equal(cot_documents_begin(&b.d, kind, 1, UINT32_MAX),
		                 COT_E_DOCUMENT_SIZE);
		assert_int_equal(cot_documents_begin(&b.d, kind, 1, max), COT_OK);
	}
	assert_int_equal(b.s->flash.ops, 0);
	assert_int_equal(cot_documents_begin(&b.d, COT_SEC_TIME, 0, 3), COT_OK);
	assert_int_equal(cot_documents_finish(&b.d), COT_E_SEQUENCE);
	assert_int_equal(cot_documents_write(&b.d, COT_SLICE("four")), COT_E_LIMIT);
	assert_int_equal(cot_documents_write(&b.d, COT_SLICE("two")), COT_OK);
	assert_int_equal(cot_documents_write(&b.d, cot_slice(&byte, 1)), COT_E_LIMIT);
	assert_int_equal(cot_documents_finish(&b.d), COT_OK);
	assert_int_equal(cot_documents_finish(&b.d), COT_E_SEQUENCE);
	assert_int_equal(cot_documents_write(&b.d, cot_slice(&byte, 1)), COT_E_SEQUENCE);
	assert_int_equal(cot_documents_erase(&b.d), COT_E_SEQUENCE);
	bench_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_documents),
		cmocka_unit_test(staged_and_trusted_do_not_mix),
		cmocka_unit_test(window_may_be_too_small),
		cmocka_unit_test(trusted_place_is_never_touched),
		cmocka_unit_test(place_that_becomes_trusted_is_left_alone),
		cmocka_unit_test(sizes_are_bounded),
	};

	return cmocka_run_group_tests_name("secondary_documents", tests, NULL, NULL);
}
