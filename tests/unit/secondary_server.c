/* SPDX-License-Identifier: Apache-2.0
 *
 * The UDS server as docs/link.md has it: which service answers in which mode, and the
 * rules of transfers.  What is refused leaves flash and trust byte-identical.
 */
#include "secondary/server.h"

#include "tests/sim/secondary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SILENCE 0x100 /* no answer at all */

struct bench {
	struct sim_world *w;
	struct sim_secondary *s;
	uint8_t *before;
	struct cot_sec_state trusted;
};

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->w = sim_world_new();
	b->s = sim_secondary_new(b->w, &sim_flash_posix);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	sim_secondary_free(b->s);
	sim_world_free(b->w);
	free(b->before);
	free(b);
	return 0;
}

/* From here on nothing that is stored or trusted may change. */
static void mark(struct bench *b)
{
	free(b->before);
	b->before = sim_flash_snapshot(&b->s->flash);
	b->trusted = b->s->node.store.state;
}

static void assert_untouched(const struct bench *b)
{
	assert_true(sim_flash_equal(&b->s->flash, b->before));
	assert_memory_equal(&b->trusted, &b->s->node.store.state, sizeof(b->trusted));
}

/* 0 for a positive answer, its code for a negative one, or SILENCE. */
static int ask(struct bench *b, struct cot_slice request)
{
	struct cot_slice answer = sim_secondary_ask(b->s, request);

	if (answer.len == 0)
		return SILENCE;
	if (answer.ptr[0] == COT_UDS_NEGATIVE) {
		assert_int_equal(answer.len, 3);
		assert_int_equal(answer.ptr[1], request.ptr[0]);
		return answer.ptr[2];
	}
	assert_int_equal(answer.ptr[0], request.ptr[0] + 0x40);
	return 0;
}

static int uds(struct bench *b, struct cot_uds_request q)
{
	uint8_t bytes[COT_UDS_MAX];
	size_t len;

	assert_int_equal(cot_uds_build_request(&q, bytes, sizeof(bytes), &len), COT_OK);
	return ask(b, cot_slice(bytes, len));
}

/* ---- services per mode --------------------------------------------------------------- */

struct service {
	const char *name;
	struct cot_slice request;
	int nrc[4]; /* application, loader, recovery, unprovisioned */
};

#define ALL(nrc) { nrc, nrc, nrc, nrc }
#define OPTION "\5ECU-A"
#define BYTES(literal) { (const uint8_t *)(literal), sizeof(literal) - 1 }

static const struct service services[] = {
	{ "10 01", BYTES("\x10\x01"), ALL(0) },
	{ "10 02", BYTES("\x10\x02"), ALL(0) },
	{ "10 03", BYTES("\x10\x03"), ALL(0) },
	{ "10 04", BYTES("\x10\x04"), ALL(0x12) },
	{ "10 without sub-function", BYTES("\x10"), ALL(0x13) },
	{ "11 01", BYTES("\x11\x01"), ALL(0) },
	{ "11 03", BYTES("\x11\x03"), ALL(0x12) },
	{ "22 F18C", BYTES("\x22\xF1\x8C"), ALL(0) },
	{ "22 F191", BYTES("\x22\xF1\x91"), ALL(0) },
	{ "22 F15A", BYTES("\x22\xF1\x5A"), ALL(0) },
	{ "22 FD00", BYTES("\x22\xFD\x00"), ALL(0) },
	{ "22 FD01", BYTES("\x22\xFD\x01"), { 0x31, 0, 0, 0 } },
	{ "22 FD02", BYTES("\x22\xFD\x02"), { 0, 0, 0, 0x72 } },
	{ "22 FD03", BYTES("\x22\xFD\x03"), ALL(0) },
	{ "22 FFFF", BYTES("\x22\xFF\xFF"), ALL(0x31) },
	{ "2E F15A", BYTES("\x2E\xF1\x5A" "me"), { 0x7F, 0, 0, 0x22 } },
	{ "2E F18C", BYTES("\x2E\xF1\x8C" "me"), { 0x7F, 0x31, 0x31, 0x22 } },
	{ "31 01 FD10", BYTES("\x31\x01\xFD\x10"), { 0x7F, 0, 0, 0x22 } },
	{ "31 01 FD10 with an option", BYTES("\x31\x01\xFD\x10" OPTION),
	  { 0x7F, 0x13, 0x13, 0x22 } },
	{ "31 01 FD11", BYTES("\x31\x01\xFD\x11" OPTION), { 0x7F, 0, 0, 0x22 } },
	{ "31 01 FD11 without ECU", BYTES("\x31\x01\xFD\x11"),
	  { 0x7F, 0x13, 0x13, 0x22 } },
	{ "31 01 FD12", BYTES("\x31\x01\xFD\x12" OPTION), { 0x7F, 0, 0, 0x22 } },
	{ "31 01 FD13", BYTES("\x31\x01\xFD\x13" OPTION), ALL(0) },
	{ "31 01 FD14", BYTES("\x31\x01\xFD\x14" OPTION), ALL(0) },
	{ "31 01 FD14 without ECU", BYTES("\x31\x01\xFD\x14"), ALL(0x13) },
	{ "31 01 FF01", BYTES("\x31\x01\xFF\x01"), ALL(0x31) },
	{ "31 02 FD10", BYTES("\x31\x02\xFD\x10"), { 0x7F, 0x12, 0x12, 0x22 } },
	{ "31 02 FD13", BYTES("\x31\x02\xFD\x13" OPTION), ALL(0x12) },
	{ "34", BYTES("\x34\x00\x44\0\0\0\0\0\0\0\x08"), { 0x7F, 0x24, 0x24, 0x22 } },
	{ "34 with 16 bit lengths", BYTES("\x34\x00\x22\0\0\0\x08"), ALL(0x31) },
	{ "36", BYTES("\x36\x01" "data"), { 0x7F, 0x24, 0x24, 0x22 } },
	{ "37", BYTES("\x37"), { 0x7F, 0x24, 0x24, 0x22 } },
	{ "38", BYTES("\x38\x03\0\x0E" "d/targets.json\0\4\0\0\0\2\0\0\0\2"),
	  { 0x7F, 0, 0, 0x22 } },
	{ "38 of no document", BYTES("\x38\x03\0\x0D" "d/passwd.json\0\4\0\0\0\2\0\0\0\2"),
	  { 0x7F, 0x31, 0x31, 0x22 } },
	{ "38 of what is not ordered", BYTES("\x38\x03\0\x05" "i/x.b\0\4\0\0\0\2\0\0\0\2"),
	  { 0x7F, 0x70, 0x70, 0x22 } },
	{ "3E 00", BYTES("\x3E\x00"), ALL(0) },
	{ "3E 80", BYTES("\x3E\x80"), ALL(SILENCE) },
	{ "3E 01", BYTES("\x3E\x01"), ALL(0x12) },
	{ "23", BYTES("\x23\x44\0\0\0\0\0\0\0\4"), ALL(0x11) },
	{ "27", BYTES("\x27\x01"), ALL(0x11) },
	{ "nothing", BYTES(""), ALL(SILENCE) },
};

static void enter(struct bench *b, enum cot_node_mode mode)
{
	if (mode == COT_MODE_RECOVERY)
		b->s->flash.mem[COT_REGION_SLOT_A][777] ^= 1; /* nothing boots */
	if (mode == COT_MODE_UNPROVISIONED)
		memset(b->s->flash.mem[COT_REGION_IDENTITY], 0xFF, COT_IDENTITY_HEADER);
	sim_secondary_reset(b->s, mode == COT_MODE_LOADER);
	assert_int_equal(b->s->node.mode, mode);
}

static void services_answer_in_their_mode(void **state)
{
	struct bench *b = *state;
	uint8_t *born = sim_flash_snapshot(&b->s->flash);
	size_t i, mode;
	unsigned resets;
	int nrc;

	for (i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		for (mode = 0; mode < 4; mode++) {
			sim_flash_restore(&b->s->flash, born);
			enter(b, (enum cot_node_mode)mode);
			mark(b);
			resets = b->s->resets;
			nrc = ask(b, services[i].request);
			if (nrc != services[i].nrc[mode])
				fail_msg("%s in mode %zu is answered by %02x", services[i].name,
				         mode, (unsigned)nrc);
			if (nrc == 0)
				continue;
			assert_untouched(b);
			assert_int_equal(b->s->resets, resets);
		}
	}
	free(born);
}

/* A document that was announced but never came is no harm for the next session. */
static void every_mode_answers_again_after_a_refusal(void **state)
{
	struct bench *b = *state;

	assert_int_equal(ask(b, COT_SLICE("\x37")), 0x7F);
	assert_int_equal(ask(b, COT_SLICE("\x22\xFD\x00")), 0);
}

/* ---- sessions and resets ---------------------------------------------------------------- */

static void sessions_lead_to_loader_and_back(void **state)
{
	struct bench *b = *state;

	assert_int_equal(ask(b, COT_SLICE("\x10\x03")), 0);
	assert_int_equal(b->s->node.mode, COT_MODE_APPLICATION);
	assert_int_equal(ask(b, COT_SLICE("\x10\x02")), 0);
	assert_memory_equal(b->s->answer, "\x50\x02\x00\x32\x01\xF4", 6);
	assert_int_equal(b->s->node.mode, COT_MODE_LOADER);
	assert_int_equal(b->s->node.server.session, COT_UDS_SESSION_PROGRAMMING);
	assert_int_equal(ask(b, COT_SLICE("\x10\x02")), 0);
	assert_int_equal(b->s->node.mode, COT_MODE_LOADER);
	assert_int_equal(ask(b, COT_SLICE("\x10\x81")), SILENCE); /* suppressed, and done */
	assert_int_equal(b->s->node.mode, COT_MODE_APPLICATION);
	assert_int_equal(ask(b, COT_SLICE("\x11\x81")), SILENCE);
	assert_int_equal(b->s->resets, 4);
}

static void application_may_say_not_now(void **state)
{
	struct bench *b = *state;

	b->s->refuse_programming = true;
	mark(b);
	assert_int_equal(ask(b, COT_SLICE("\x10\x02")), 0x22);
	assert_int_equal(b->s->node.last, COT_E_PRECONDITION);
	assert_int_equal(ask(b, COT_SLICE("\x11\x01")), 0x22);
	assert_int_equal(b->s->node.mode, COT_MODE_APPLICATION);
	assert_untouched(b);
	/* A loader has nobody to ask. */
	sim_secondary_reset(b->s, true);
	assert_int_equal(ask(b, COT_SLICE("\x10\x02")), 0);
	sim_secondary_reset(b->s, false);
	b->s->refuse_programming = false;
	assert_int_equal(ask(b, COT_SLICE("\x10\x02")), 0);
}

/* One minute, to the millisecond; default and extended sessions are nobody's harm. */
static void trial_is_left_alone_for_a_minute(void **state)
{
	struct bench *b = *state;
	uint64_t until;

	b->s->test = SIM_TEST_NONE;
	sim_secondary_release(b->s, "a-2.bin", 2);
	assert_int_equal(sim_secondary_update(b->s, "a-2.bin"), COT_E_TRIAL);
	until = b->s->node.started_ms + COT_SEC_TRIAL_MS;
	b->s->now_ms = until - 1;
	mark(b);
	assert_int_equal(ask(b, COT_SLICE("\x10\x02")), 0x22);
	assert_int_equal(ask(b, COT_SLICE("\x11\x01")), 0x22);
	assert_int_equal(b->s->node.last, COT_E_TRIAL);
	assert_int_equal(ask(b, COT_SLICE("\x10\x01")), 0);
	assert_int_equal(b->s->node.mode, COT_MODE_APPLICATION);
	assert_untouched(b);
	b->s->now_ms = until;
	assert_int_equal(ask(b, COT_SLICE("\x10\x02")), 0);
	assert_int_equal(b->s->node.mode, COT_MODE_LOADER);
}

/* ---- W13: documents ----------------------------------------------------------------------- */

static struct cot_uds_request file(const char *name, uint32_t size)
{
	return (struct cot_uds_request){ .sid = COT_UDS_FILE, .sub = COT_UDS_FILE_REPLACE,
	                                 .name = cot_slice_str(name), .size = size,
	                                 .packed = size };
}

static struct cot_uds_request block(uint8_t counter, const void *bytes, size_t len)
{
	return (struct cot_uds_request){ .sid = COT_UDS_TRANSFER, .counter = counter,
	                                 .data = cot_slice(bytes, len) };
}

static const struct cot_uds_request leave = { .sid = COT_UDS_EXIT };

static void announcements_must_fit_together(void **state)
{
	struct bench *b = *state;
	struct cot_uds_request q = file("d/targets.json", 100);

	sim_secondary_reset(b->s, true);
	mark(b);
	q.format = 0x11;
	assert_int_equal(uds(b, q), cot_uds_nrc_of(COT_E_METHOD));
	assert_int_equal(b->s->node.last, COT_E_METHOD);
	q.format = 0;
	q.packed = 99;
	assert_int_equal(uds(b, q), cot_uds_nrc_of(COT_E_ARGUMENT));
	assert_int_equal(b->s->node.last, COT_E_ARGUMENT);
	assert_int_equal(uds(b, block(1, "data", 4)), 0x24);
	assert_untouched(b);
	q.packed = 100;
	assert_int_equal(uds(b, q), 0);
	assert_int_equal(uds(b, block(1, "data", 4)), 0);
}

static void documents_must_fit_their_place(void **state)
{
	struct bench *b = *state;
	uint32_t max = cot_documents_max(&b->s->node.docs, COT_SEC_TARGETS);

	sim_secondary_reset(b->s, true);
	mark(b);
	assert_int_equal(uds(b, file("d/targets.json", 0)), 0x70);
	assert_int_equal(uds(b, file("d/targets.json", max + 1)), 0x70);
	assert_int_equal(b->s->node.last, COT_E_DOCUMENT_SIZE);
	assert_int_equal(uds(b, file("d/time.json", b->s->port.time_max + 1)), 0x70);
	assert_int_equal(uds(b, file("d/0.root.json", 2)), 0x31);
	assert_int_equal(b->s->node.last, COT_E_NAME);
	assert_untouched(b);
	assert_int_equal(uds(b, file("d/targets.json", max)), 0);
	assert_int_equal(uds(b, file("d/time.json", b->s->port.time_max)), 0);
	assert_int_equal(uds(b, file("d/1.root.json", 2)), 0);
}

static void budget_limits_stagings_but_not_time(void **state)
{
	struct bench *b = *state;
	unsigned i;

	sim_secondary_reset(b->s, true);
	for (i = 0; i < COT_SEC_BUDGET; i++)
		assert_int_equal(uds(b, file(i % 2 ? "d/targets.json" : "d/2.root.json", 2)), 0);
	mark(b);
	assert_int_equal(uds(b, file("d/targets.json", 2)), 0x22);
	assert_int_equal(b->s->node.last, COT_E_BUDGET);
	assert_int_equal(uds(b, block(1, "{}", 2)), 0x24);
	assert_untouched(b);
	assert_int_equal(uds(b, file("d/time.json", 2)), 0);
}

static void documents_arrive_block_by_block(void **state)
{
	struct bench *b = *state;
	const char *text = "{\"signed\":{\"_type\":\"targets\"}}";
	uint32_t len = (uint32_t)strlen(text);
	uint64_t ops;

	sim_secondary_reset(b->s, true);
	assert_int_equal(uds(b, file("d/targets.json", len)), 0);
	mark(b);
	assert_int_equal(uds(b, block(2, text, 10)), 0x73);
	assert_int_equal(uds(b, block(0, text, 10)), 0x73);
	assert_int_equal(uds(b, block(1, text, 0)), 0x13);
	assert_int_equal(uds(b, leave), 0x24);
	assert_untouched(b);
	assert_int_equal(uds(b, block(1, text, 10)), 0);
	ops = b->s->flash.ops;
	mark(b);
	assert_int_equal(uds(b, block(1, "something else", 10)), 0); /* repeated: not written */
	assert_int_equal(uds(b, block(3, text + 10, len - 10)), 0x73);
	assert_int_equal(uds(b, block(2, "much more than was announced", 28)), 0x71);
	assert_int_equal(b->s->node.last, COT_E_LENGTH_EXCEEDED);
	assert_int_equal(uds(b, leave), 0x24);
	assert_int_equal(b->s->flash.ops, ops);
	assert_untouched(b);
	assert_int_equal(uds(b, block(2, text + 10, len - 10)), 0);
	assert_int_equal(ask(b, COT_SLICE("\x37" "crc")), 0x13);
	assert_int_equal(uds(b, leave), 0);
	assert_int_equal(uds(b, leave), 0x24);
	assert_memory_equal(b->s->flash.mem[COT_REGION_DOC_A] + 8 * 4096, text, len);
}

/* A second announcement takes the place of the first; a bad one ends it too. */
static void announcements_replace_each_other(void **state)
{
	struct bench *b = *state;

	sim_secondary_reset(b->s, true);
	assert_int_equal(uds(b, file("d/targets.json", 20)), 0);
	assert_int_equal(uds(b, block(1, "0123456789", 10)), 0);
	assert_int_equal(uds(b, file("d/time.json", 4)), 0);
	assert_int_equal(uds(b, block(1, "time", 4)), 0);
	assert_int_equal(uds(b, leave), 0);
	assert_int_equal(uds(b, file("d/targets.json", 20)), 0);
	assert_int_equal(uds(b, file("d/nothing", 20)), 0x31);
	assert_int_equal(uds(b, block(1, "0123456789", 10)), 0x24);
}

/* Page by page the flash fails: the transfer ends, and can be begun again. */
static void failing_flash_ends_the_transfer(void **state)
{
	struct bench *b = *state;
	char text[64];

	memset(text, 'x', sizeof(text));
	sim_secondary_reset(b->s, true);
	b->s->flash.dead = 1u << COT_REGION_DOC_A;
	assert_int_equal(uds(b, file("d/targets.json", sizeof(text))), 0x72);
	assert_int_equal(uds(b, block(1, text, sizeof(text))), 0x24);
	b->s->flash.dead = 0;
	assert_int_equal(uds(b, file("d/targets.json", sizeof(text))), 0);
	b->s->flash.dead = 1u << COT_REGION_DOC_A;
	assert_int_equal(uds(b, block(1, text, sizeof(text))), 0x72);
	assert_int_equal(b->s->node.last, COT_E_FLASH);
	b->s->flash.dead = 0;
	assert_int_equal(uds(b, block(1, text, sizeof(text))), 0x24);
	assert_int_equal(uds(b, file("d/targets.json", sizeof(text))), 0);
	assert_int_equal(uds(b, block(1, text, sizeof(text))), 0);
	assert_int_equal(uds(b, leave), 0);
}

/* ---- W13: images ---------------------------------------------------------------------------- */

static const struct sim_artifact *stage(struct bench *b)
{
	struct cot_stage_result r;

	sim_secondary_release(b->s, "a-2.bin", 2);
	assert_int_equal(sim_secondary_metadata(b->s), COT_OK);
	assert_int_equal(sim_secondary_stage(b->s, &r), COT_OK);
	assert_int_equal(r.next, 0);
	return sim_secondary_artifact(b->s, "a-2.bin");
}

static struct cot_uds_request download(uint32_t offset, size_t size)
{
	return (struct cot_uds_request){ .sid = COT_UDS_DOWNLOAD, .offset = offset,
	                                 .size = (uint32_t)size };
}

static void downloads_take_exactly_what_is_missing(void **state)
{
	static const struct {
		uint32_t offset;
		int more; /* than the artifact's length */
		uint8_t format;
		enum cot_err err;
	} rows[] = {
		{ 0, 1, 0, COT_E_ARGUMENT },
		{ 0, -1, 0, COT_E_ARGUMENT },
		{ 0, -20000, 0, COT_E_ARGUMENT },
		{ 1, -1, 0, COT_E_ARGUMENT },
		{ 8, 0, 0, COT_E_ARGUMENT },
		{ 20000, -20000, 0, COT_E_ARGUMENT },
		{ 0xFFFFFFFFu, 0, 0, COT_E_ARGUMENT },
		{ 0, 0, 1, COT_E_METHOD },
		{ 0, 0, 0xFF, COT_E_METHOD },
	};
	struct bench *b = *state;
	const struct sim_artifact *a = stage(b);
	struct cot_uds_request q;
	size_t i;

	mark(b);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		q = download(rows[i].offset, (size_t)((int)a->len + rows[i].more));
		q.format = rows[i].format;
		assert_int_equal(uds(b, q), cot_uds_nrc_of(rows[i].err));
		assert_int_equal(b->s->node.last, rows[i].err);
		assert_int_equal(uds(b, block(1, a->bytes, 8)), 0x24);
		assert_untouched(b);
	}
	assert_int_equal(uds(b, download(0, a->len)), 0);
	assert_int_equal(uds(b, block(1, a->bytes, 8)), 0);
}

/* 300 blocks: the counter wraps from FF to 00, and each is sent twice. */
static void block_counter_wraps_and_repeats(void **state)
{
	struct bench *b = *state;
	const struct sim_artifact *a = stage(b);
	size_t sent = 0, step = 64;
	uint8_t counter = 0;

	assert_int_equal(uds(b, download(0, a->len)), 0);
	while (sent < a->len) {
		size_t len = a->len - sent < step ? a->len - sent : step;
		uint64_t ops;

		assert_int_equal(uds(b, block(++counter, a->bytes + sent, len)), 0);
		ops = b->s->flash.ops;
		assert_int_equal(uds(b, block(counter, "again", 5)), 0);
		assert_int_equal(b->s->answer[1], counter);
		assert_int_equal(uds(b, block((uint8_t)(counter - 1), "before", 6)), 0x73);
		assert_int_equal(uds(b, block((uint8_t)(counter + 2), "beyond", 6)), 0x73);
		assert_int_equal(b->s->flash.ops, ops);
		sent += len;
		assert_int_equal(b->s->node.install.writer.taken, sent);
	}
	assert_true(sent / step > 256);
	mark(b);
	assert_int_equal(uds(b, block((uint8_t)(counter + 1), "x", 1)), 0x71);
	assert_untouched(b);
	assert_int_equal(uds(b, leave), 0);
	assert_int_equal(b->s->node.store.state.component[0].slot[1].state, COT_SEC_SLOT_STAGED);
}

static void exit_waits_for_the_last_byte(void **state)
{
	struct bench *b = *state;
	const struct sim_artifact *a = stage(b);
	uint8_t counter = 0;
	size_t at;

	assert_int_equal(uds(b, download(0, a->len)), 0);
	for (at = 0; at + 4000 < a->len; at += 4000)
		assert_int_equal(uds(b, block(++counter, a->bytes + at, 4000)), 0);
	assert_int_equal(uds(b, block(++counter, a->bytes + at, a->len - at - 1)), 0);
	mark(b);
	assert_int_equal(uds(b, leave), 0x24);
	assert_untouched(b);
	assert_int_equal(uds(b, block(++counter, a->bytes + a->len - 1, 1)), 0);
	assert_int_equal(uds(b, leave), 0);
	assert_int_equal(b->s->node.store.state.component[0].slot[1].state, COT_SEC_SLOT_STAGED);
}

/* All bytes there, verdict lost: a transfer of nothing may ask for it. */
static void lost_verdict_can_be_asked_for(void **state)
{
	struct bench *b = *state;
	const struct sim_artifact *a = stage(b);
	uint8_t counter = 0;
	size_t at;

	assert_int_equal(uds(b, download(0, a->len)), 0);
	for (at = 0; at < a->len; at += 4000)
		assert_int_equal(uds(b, block(++counter, a->bytes + at, 4000)), 0);
	assert_int_equal(uds(b, download((uint32_t)a->len, 0)), 0);
	assert_int_equal(uds(b, block(1, "x", 1)), 0x71);
	assert_int_equal(uds(b, leave), 0);
	assert_int_equal(b->s->node.store.state.component[0].slot[1].state, COT_SEC_SLOT_STAGED);
}

static void images_by_name(void **state)
{
	struct bench *b = *state;
	const struct sim_artifact *a = stage(b);
	uint32_t len = (uint32_t)a->len;

	mark(b);
	assert_int_equal(uds(b, file("i/a-1.bin", len)), 0x70);
	assert_int_equal(b->s->node.last, COT_E_NOT_ORDERED);
	assert_int_equal(uds(b, file("i/a-2.binx", len)), 0x70);
	assert_int_equal(uds(b, file("i/", len)), 0x31);
	assert_int_equal(uds(b, file("i/a-2.bin", len - 1)), cot_uds_nrc_of(COT_E_ARGUMENT));
	assert_untouched(b);
	assert_int_equal(uds(b, file("i/a-2.bin", len)), 0);
	assert_int_equal(b->s->node.server.transfer, COT_TRANSFER_IMAGE);
	assert_int_equal(uds(b, block(1, a->bytes, 4000)), 0);
	assert_int_equal(uds(b, file("i/a-2.bin", len)), cot_uds_nrc_of(COT_E_ARGUMENT));
}

/* ---- waiting and leaving ------------------------------------------------------------------ */

/* One poll, that much later; true if a response came, which is then in ret. */
static bool poll_later(struct bench *b, uint64_t ms, struct cot_slice *ret)
{
	b->s->now_ms += ms;
	cot_sec_poll(&b->s->node, b->s->now_ms);
	return cot_sec_response(&b->s->node, ret);
}

static const struct cot_uds_request eight_pages = {
	.sid = COT_UDS_FILE, .sub = COT_UDS_FILE_REPLACE, .size = 8 * 4096, .packed = 8 * 4096,
	.name = BYTES("d/targets.json")
};

static void announce_eight_pages(struct bench *b)
{
	uint8_t bytes[64];
	size_t len;

	sim_secondary_reset(b->s, true);
	assert_int_equal(cot_uds_build_request(&eight_pages, bytes, sizeof(bytes), &len), COT_OK);
	cot_sec_request(&b->s->node, cot_slice(bytes, len), b->s->now_ms);
	assert_true(cot_sec_busy(&b->s->node));
}

/* As long as 7F xx 78 waits for the line, nothing goes on behind it. */
static void response_leaves_before_the_next_step(void **state)
{
	struct bench *b = *state;
	struct cot_slice answer;
	uint64_t ops;

	announce_eight_pages(b);
	b->s->now_ms += COT_SEC_PENDING_FIRST_MS;
	cot_sec_poll(&b->s->node, b->s->now_ms);
	ops = b->s->flash.ops;
	cot_sec_poll(&b->s->node, b->s->now_ms + 10000);
	assert_int_equal(b->s->flash.ops, ops);
	assert_true(cot_sec_response(&b->s->node, &answer));
	assert_memory_equal(answer.ptr, "\x7F\x38\x78", 3);
	assert_false(poll_later(b, 1, &answer));
	assert_int_equal(b->s->flash.ops, ops + 1);
}

/* A step may take longer than the tester waits: what is due leaves before it. */
static void pending_leaves_before_the_step(void **state)
{
	struct bench *b = *state;
	struct sim_secondary *s = b->s;
	struct cot_slice answer;
	uint64_t ops;

	announce_eight_pages(b);
	ops = s->flash.ops;
	cot_sec_poll(&s->node, s->now_ms); /* nothing is due: one page */
	assert_int_equal(s->flash.ops, ops + 1);
	assert_false(cot_sec_response(&s->node, &answer));
	s->now_ms += COT_SEC_PENDING_FIRST_MS;
	cot_sec_poll(&s->node, s->now_ms);
	assert_true(cot_sec_response(&s->node, &answer));
	assert_memory_equal(answer.ptr, "\x7F\x38\x78", 3);
	assert_int_equal(s->flash.ops, ops + 1);
}

/* Each page takes longer than S3; the session ends S3 after the answer. */
static void session_lasts_as_long_as_its_job(void **state)
{
	struct bench *b = *state;
	struct cot_slice answer;
	bool told = false, tells;

	announce_eight_pages(b);
	while (cot_sec_busy(&b->s->node)) {
		assert_int_equal(cot_sec_reset(&b->s->node), COT_RESET_NONE);
		tells = poll_later(b, 2 * COT_SEC_S3_MS, &answer);
		assert_true(told || tells); /* a promise before each step */
		told = tells;
	}
	assert_int_equal(answer.ptr[0], COT_UDS_FILE + 0x40);
	assert_false(poll_later(b, COT_SEC_S3_MS - 1, &answer));
	assert_int_equal(cot_sec_reset(&b->s->node), COT_RESET_NONE);
	assert_false(poll_later(b, 1, &answer));
	assert_int_equal(cot_sec_reset(&b->s->node), COT_RESET_BOOT);
}

/* Only what was verified keeps a loader longer than S3. */
static void refused_documents_buy_no_time(void **state)
{
	struct bench *b = *state;
	struct cot_slice answer;

	sim_secondary_reset(b->s, true);
	assert_int_equal(sim_secondary_send(b->s, "d/targets.json", COT_SLICE("{}")), COT_OK);
	assert_int_equal(sim_secondary_send_time(b->s), COT_OK);
	assert_int_equal(sim_secondary_verify(b->s, NULL), COT_E_MISSING);
	assert_false(poll_later(b, COT_SEC_S3_MS, &answer));
	assert_int_equal(cot_sec_reset(&b->s->node), COT_RESET_BOOT);
	sim_secondary_reset(b->s, false);
	assert_int_equal(sim_secondary_metadata(b->s), COT_OK);
	assert_false(poll_later(b, COT_SEC_STAGED_S3_MS - 1, &answer));
	assert_int_equal(cot_sec_reset(&b->s->node), COT_RESET_NONE);
	assert_false(poll_later(b, 1, &answer));
	assert_int_equal(cot_sec_reset(&b->s->node), COT_RESET_BOOT);
}

static void reset_waits_for_its_answer(void **state)
{
	struct bench *b = *state;
	struct cot_slice answer;

	cot_sec_request(&b->s->node, COT_SLICE("\x11\x01"), b->s->now_ms);
	assert_int_equal(cot_sec_reset(&b->s->node), COT_RESET_NONE);
	assert_true(cot_sec_response(&b->s->node, &answer));
	assert_memory_equal(answer.ptr, "\x51\x01", 2);
	assert_int_equal(cot_sec_reset(&b->s->node), COT_RESET_BOOT);
}

/* The suppress bit is for positive answers. */
static void refusals_are_not_suppressed(void **state)
{
	struct bench *b = *state;

	assert_int_equal(ask(b, COT_SLICE("\x31\x81\xFD\x10")), 0x7F);
	sim_secondary_reset(b->s, true);
	assert_int_equal(ask(b, COT_SLICE("\x31\x81\xFD\x10")), SILENCE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(services_answer_in_their_mode),
		TEST(every_mode_answers_again_after_a_refusal),
		TEST(sessions_lead_to_loader_and_back),
		TEST(application_may_say_not_now),
		TEST(trial_is_left_alone_for_a_minute),
		TEST(announcements_must_fit_together),
		TEST(documents_must_fit_their_place),
		TEST(budget_limits_stagings_but_not_time),
		TEST(documents_arrive_block_by_block),
		TEST(announcements_replace_each_other),
		TEST(failing_flash_ends_the_transfer),
		TEST(downloads_take_exactly_what_is_missing),
		TEST(block_counter_wraps_and_repeats),
		TEST(exit_waits_for_the_last_byte),
		TEST(lost_verdict_can_be_asked_for),
		TEST(images_by_name),
		TEST(response_leaves_before_the_next_step),
		TEST(pending_leaves_before_the_step),
		TEST(session_lasts_as_long_as_its_job),
		TEST(refused_documents_buy_no_time),
		TEST(reset_waits_for_its_answer),
		TEST(refusals_are_not_suppressed),
	};

	return cmocka_run_group_tests_name("secondary_server", tests, NULL, NULL);
}
