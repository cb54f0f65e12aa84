/* SPDX-License-Identifier: Apache-2.0
 *
 * A verifying secondary on RAM flash, driven by a script: each byte is an
 * operation (top three bits) and its argument.  Requests of any bytes, steps of
 * an honest primary, altered documents, clock, resets, power cuts.  Whatever
 * comes: trust never falls, no slot holds what was not ordered, something
 * boots, and the flash model aborts on a broken NOR rule.
 * COVERS: secondary/server.c secondary/server_data.c secondary/server_job.c secondary/server_routine.c secondary/server_status.c secondary/server_transfer.c secondary/install.c secondary/update.c secondary/report.c */
#include "tests/sim/secondary.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OPS_MAX 48 /* a longer script only costs time */
#define GOOD "a-2.bin"
#define FAULTY ((1u << COT_REGION_DOC_B) | (1u << COT_REGION_SLOT_B))

/* Static, because a power cut jumps over every frame of the stack. */
static struct play {
	struct sim_secondary *s;
	uint8_t *base; /* flash as it left the factory */
	enum cot_err (*random)(void *ctx, uint8_t *ret, size_t len);
	struct cot_slice rest;
	uint32_t root, targets; /* trusted so far */
	jmp_buf power;
} play;

static void must(bool ok)
{
	if (!ok)
		abort();
}

static struct cot_slice next(size_t len)
{
	struct cot_slice part = cot_slice_sub(play.rest, 0, len);

	play.rest = cot_slice_sub(play.rest, len, play.rest.len);
	return part;
}

static unsigned next_byte(void)
{
	struct cot_slice part = next(1);

	return part.len ? part.ptr[0] : 0;
}

static enum cot_err no_random(void *ctx, uint8_t *ret, size_t len)
{
	(void)ctx;
	memset(ret, 0, len);
	return COT_E_INTERNAL;
}

/* ---- invariants ------------------------------------------------------------------- */

static void check_slot(const struct cot_sec_slot *slot)
{
	uint8_t hash[COT_SHA256_LEN];
	size_t i;

	if (slot->state == COT_SEC_SLOT_EMPTY)
		return;
	for (i = 0; i < play.s->images; i++) {
		const struct sim_artifact *a = &play.s->image[i];

		cot_hash_once(&cot_crypto_full, COT_HASH_SHA256, cot_slice(a->bytes, a->len), hash);
		if (slot->len == a->len && memcmp(hash, slot->sha256, sizeof(hash)) == 0)
			return;
	}
	abort();
}

static void check_node(void)
{
	const struct cot_sec_state *state = &play.s->node.store.state;
	uint32_t root = state->trust.repo[0].floor[COT_ROLE_ROOT].version;
	uint32_t targets = state->trust.repo[0].floor[COT_ROLE_TARGETS].version;

	must(play.s->node.mode != COT_MODE_UNPROVISIONED);
	/* A Root that replaces the Targets key lets Targets start again. */
	must(root > play.root || (root == play.root && targets >= play.targets));
	play.root = root;
	play.targets = targets;
	check_slot(&state->component[0].slot[0]);
	check_slot(&state->component[0].slot[1]);
}

static void check_response(struct cot_slice request, struct cot_slice response)
{
	if (response.len == 0)
		return;
	must(request.len > 0);
	must(response.ptr[0] == 0x7F ? response.len == 3 && response.ptr[1] == request.ptr[0]
	                             : response.ptr[0] == (request.ptr[0] | 0x40));
}

/* ---- operations --------------------------------------------------------------------- */

static void follow_reset(void)
{
	enum cot_reset reset = cot_sec_reset(&play.s->node);

	if (reset != COT_RESET_NONE)
		sim_secondary_reset(play.s, reset == COT_RESET_TO_LOADER);
}

static void poll_once(void)
{
	struct cot_slice response;

	cot_sec_poll(&play.s->node, ++play.s->now_ms);
	(void)cot_sec_response(&play.s->node, &response);
	follow_reset();
}

/* An honest primary waits for its answer. */
static void settle(void)
{
	unsigned steps = 0;

	while (cot_sec_busy(&play.s->node)) {
		must(++steps < 100000);
		poll_once();
	}
	follow_reset();
}

static void raw(unsigned arg)
{
	static uint8_t request[COT_UDS_MAX + 1]; /* must outlive a job */
	struct cot_slice bytes = next((arg & 15u) << 8 | next_byte()), response;

	if (arg & 16u && !cot_sec_busy(&play.s->node)) {
		if (bytes.len)
			memcpy(request, bytes.ptr, bytes.len);
		cot_sec_request(&play.s->node, cot_slice(request, bytes.len), play.s->now_ms);
		if (cot_sec_response(&play.s->node, &response))
			check_response(bytes, response);
		follow_reset();
	} else if (cot_sec_busy(&play.s->node)) {
		cot_sec_request(&play.s->node, bytes, play.s->now_ms);
		if (cot_sec_response(&play.s->node, &response))
			check_response(bytes, response);
		poll_once();
	} else {
		check_response(bytes, sim_secondary_ask(play.s, bytes));
	}
}

static void pass_time(unsigned arg)
{
	play.s->now_ms += (uint64_t)1 << (arg < 28 ? arg : 27);
	poll_once();
}

static void disturb(unsigned arg)
{
	struct sim_secondary *s = play.s;

	if (arg & 2u)
		s->refuse_programming = !s->refuse_programming;
	if (arg & 4u)
		s->test = s->test == SIM_TEST_OK ? SIM_TEST_NONE : SIM_TEST_OK;
	if (arg & 8u)
		s->flash.dead ^= FAULTY;
	if (arg & 16u)
		s->port.random = s->port.random == no_random ? play.random : no_random;
	if (arg < 2)
		sim_secondary_reset(s, arg & 1u);
}

static void ask_id(uint8_t sid, uint16_t id, const char *text)
{
	struct cot_uds_request q = { .sid = sid, .sub = COT_UDS_ROUTINE_START, .id = id,
		                     .data = cot_slice_str(text) };
	struct cot_uds_response r;

	(void)sim_secondary_uds(play.s, &q, &r);
}

static void whole_file(const char *name)
{
	const struct sim_artifact *a = sim_secondary_artifact(play.s, GOOD);

	(void)!sim_secondary_send(play.s, name, cot_slice(a->bytes, a->len));
}

static void honest(unsigned arg)
{
	struct sim_secondary *s = play.s;
	struct cot_component_status component;
	struct cot_stage_result stage;
	struct cot_node_status node;
	struct cot_slice report;

	settle();
	switch (arg) {
	case 0: (void)!sim_secondary_session(s, COT_UDS_SESSION_PROGRAMMING); break;
	case 1: (void)!sim_secondary_send_served(s, "2.root.json", "d/2.root.json"); break;
	case 2: (void)!sim_secondary_send_served(s, "targets.json", "d/targets.json"); break;
	case 3: (void)!sim_secondary_send_time(s); break;
	case 4: (void)!sim_secondary_verify(s, NULL); break;
	case 5: (void)!sim_secondary_stage(s, &stage); break;
	case 6: (void)!sim_secondary_install(s, GOOD); break;
	case 7: (void)!sim_secondary_activate(s); break;
	case 8: (void)!sim_secondary_hard_reset(s); break;
	case 9: (void)!sim_secondary_component(s, &component); break;
	case 10: (void)!sim_secondary_report(s, &report); break;
	case 11: (void)!sim_secondary_node(s, &node); break;
	case 12: (void)!sim_secondary_session(s, COT_UDS_SESSION_DEFAULT); break;
	case 13: (void)!sim_secondary_update(s, GOOD); break;
	case 14: (void)!sim_secondary_send_served(s, "1.targets.json", "d/targets.json"); break;
	case 15: (void)!sim_secondary_session(s, COT_UDS_SESSION_EXTENDED); break;
	case 16: (void)!sim_secondary_metadata(s); break;
	case 17: whole_file("i/" GOOD); break;
	case 18: whole_file("i/a-1.bin"); break;
	case 19: whole_file("d/targets.json"); break;
	case 20: ask_id(COT_UDS_READ, COT_DID_REPORT, ""); break;
	case 21: ask_id(COT_UDS_READ, COT_DID_TRUST, ""); break;
	case 22: ask_id(COT_UDS_READ, COT_DID_HARDWARE, ""); break;
	case 23: ask_id(COT_UDS_WRITE, COT_DID_FINGERPRINT, "a workshop"); break;
	case 24: ask_id(COT_UDS_READ, COT_DID_FINGERPRINT, ""); break;
	case 25: ask_id(COT_UDS_ROUTINE, COT_RID_STAGE, "\5ECU-B"); break;
	default: settle(); break;
	}
}

/* A served document with one byte changed, or cut short there. */
static void altered(unsigned arg)
{
	static const char *const names[][2] = {
		{ "targets.json", "d/targets.json" }, { "2.root.json", "d/2.root.json" },
		{ "1.root.json", "d/2.root.json" },   { "2.root.json", "d/3.root.json" }
	};
	const struct sim_file *file = sim_get(play.s->w, SIM_DIRECTOR, names[arg & 3u][0]);
	static uint8_t copy[65536];
	size_t at = next_byte() << 8;

	at = (at | next_byte()) % file->len;
	must(file->len <= sizeof(copy));
	memcpy(copy, file->bytes, file->len);
	copy[at] ^= (uint8_t)next_byte();
	settle();
	(void)!sim_secondary_send(play.s, names[arg & 3u][1],
	                          cot_slice(copy, arg & 4u ? at : file->len));
}

/* Power goes at the given operation of what comes next. */
static void cut(unsigned arg)
{
	play.s->flash.cut = play.s->flash.ops + 1 + arg;
	play.s->flash.cut_after = next_byte() & 1u;
	play.s->flash.torn = next_byte();
}

/* A few blocks of the image from anywhere. */
static void blocks(unsigned arg)
{
	const struct sim_artifact *a = sim_secondary_artifact(play.s, GOOD);
	struct cot_uds_request q = { .sid = COT_UDS_DOWNLOAD, .offset = arg * 1024u };
	struct cot_uds_response r;
	unsigned count = next_byte() & 31u;
	size_t at = q.offset;

	settle();
	q.size = (uint32_t)(a->len > at ? a->len - at : 1);
	if (sim_secondary_uds(play.s, &q, &r) != COT_NRC_NONE)
		return;
	q = (struct cot_uds_request){ .sid = COT_UDS_TRANSFER };
	while (count-- > 0 && at < a->len) {
		q.counter++;
		q.data = cot_slice_sub(cot_slice(a->bytes, a->len), at, 1024);
		at += q.data.len;
		if (sim_secondary_uds(play.s, &q, &r) != COT_NRC_NONE)
			return;
	}
}

static void step(void)
{
	unsigned op = next_byte(), arg = op & 31u;

	switch (op >> 5) {
	case 0: raw(arg); break;
	case 1: pass_time(arg); break;
	case 2: disturb(arg); break;
	case 3: honest(arg); break;
	case 4: altered(arg); break;
	case 5: cut(arg); break;
	case 6: blocks(arg); break;
	default: settle(); break;
	}
}

/* ---- the script ----------------------------------------------------------------------- */

/* Once: a rotated Director, an order, and a node of before both. */
static void make_world(void)
{
	struct sim_world *w = sim_world_new();

	play.s = sim_secondary_new(w, &sim_flash_posix);
	play.base = sim_flash_snapshot(&play.s->flash);
	play.random = play.s->port.random;
	sim_replace_key(w, SIM_DIRECTOR, COT_ROLE_TARGETS, SIM_DIRECTOR_TARGETS, SIM_SPARE);
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_ROOT);
	sim_secondary_release(play.s, GOOD, 2);
}

static void begin(const uint8_t *data, size_t size)
{
	struct sim_secondary *s = play.s;

	sim_flash_restore(&s->flash, play.base);
	s->flash.ops = s->flash.cut = 0;
	s->flash.dead = 0;
	s->flash.unstable = false;
	s->flash.torn = 0;
	s->flash.power = &play.power;
	s->random = 1;
	s->now_ms = 1000;
	s->test = SIM_TEST_OK;
	s->refuse_programming = false;
	s->port.random = play.random;
	play.root = play.targets = 0;
	play.rest = cot_slice(data, size);
	sim_secondary_reset(s, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int ops;

	if (!play.s)
		make_world();
	begin(data, size);
	for (ops = 0; play.rest.len && ops < OPS_MAX; ops++) {
		if (setjmp(play.power) == 0) {
			step();
		} else {
			play.s->flash.cut = 0;
			sim_secondary_reset(play.s, false);
		}
		check_node();
	}
	play.s->flash.cut = 0;
	play.s->flash.dead = 0;
	sim_secondary_reset(play.s, false);
	must(play.s->boot.image);
	check_node();
	return 0;
}
