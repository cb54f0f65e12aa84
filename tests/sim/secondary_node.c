/* SPDX-License-Identifier: Apache-2.0
 *
 * The secondary of this process, on RAM flash: see secondary.h.
 */
#include "tests/sim/secondary.h"

#include "secondary/stream.h"

#include <stdlib.h>
#include <string.h>

static void need(bool ok)
{
	if (!ok) {
		fprintf(stderr, "sim secondary: a step of the test itself failed\n");
		abort();
	}
}

/* ---- the board ------------------------------------------------------------------------ */

static enum cot_err port_random(void *ctx, uint8_t *ret, size_t len)
{
	struct sim_secondary *s = ctx;
	size_t i;

	for (i = 0; i < len; i++) {
		s->random = s->random * 1664525u + 1013904223u;
		ret[i] = (uint8_t)(s->random >> 24);
	}
	return COT_OK;
}

static enum cot_err port_sign(void *ctx, uint32_t key, struct cot_slice body,
                              uint8_t ret[COT_MAX_SIG_LEN], size_t *ret_len)
{
	(void)ctx;
	if (key != 0)
		return COT_E_NOT_FOUND;
	*ret_len = sim_key_sign(SIM_SECONDARY_KEY, body, ret);
	return COT_OK;
}

static enum cot_err port_may_program(void *ctx)
{
	return ((struct sim_secondary *)ctx)->refuse_programming ? COT_E_PRECONDITION : COT_OK;
}

static void make_port(struct sim_secondary *s)
{
	struct cot_port *p = &s->port;

	p->ctx = s;
	p->flash = &s->flash.flash;
	p->crypto = &cot_crypto_full;
	p->random = port_random;
	p->sign_report = port_sign;
	p->may_program = port_may_program;
	p->app_trusted = true;
	p->window = s->window;
	p->window_len = sizeof(s->window);
	p->time_buf = s->time_buf;
	p->time_max = sizeof(s->time_buf);
	p->response = s->response;
	p->response_max = sizeof(s->response);
	p->request_max = COT_UDS_MAX;
}

/* ---- birth and end ------------------------------------------------------------------------ */

static void fill_image(const struct sim_artifact *a)
{
	uint32_t x = 2166136261u;
	size_t i;

	for (i = 0; a->name[i]; i++)
		x = (x ^ (uint8_t)a->name[i]) * 16777619u;
	for (i = 0; i < a->len; i++) {
		x = x * 1664525u + 1013904223u;
		a->bytes[i] = (uint8_t)(x >> 24);
	}
}

static void write_region(struct sim_secondary *s, enum cot_region region, uint32_t offset,
                         struct cot_slice data)
{
	struct cot_flash_stream stream;

	cot_flash_stream_init(&stream, &s->flash.flash, region, offset,
	                      s->flash.flash.region[region].size);
	need(cot_flash_stream_write(&stream, data) == COT_OK);
	need(cot_flash_stream_finish(&stream) == COT_OK);
}

static void write_state(struct sim_secondary *s, const struct cot_identity *id)
{
	static struct cot_sec_store store;
	struct cot_sec_ledger ledger = { COT_SEC_BUDGET, 0, COT_OK, 0 };
	struct cot_sec_state state;
	struct cot_sec_slot *slot = &state.component[0].slot[0];

	need(cot_identity_state(id, &cot_crypto_full, &state) == COT_OK);
	slot->state = COT_SEC_SLOT_CONFIRMED;
	slot->len = (uint32_t)id->ecu[0].image.length;
	slot->counter = id->ecu[0].counter;
	memcpy(slot->sha256, id->ecu[0].image.hashes.sha256, COT_SHA256_LEN);
	slot->name_len = (uint8_t)id->ecu[0].filepath.len;
	memcpy(slot->name, id->ecu[0].filepath.ptr, slot->name_len);
	state.component[0].active = 0;
	need(cot_sec_store_mount(&store, &s->flash.flash) == COT_E_STORE);
	need(cot_sec_commit(&store, &state) == COT_OK);
	need(cot_sec_commit_ledger(&store, &ledger) == COT_OK);
}

static void birth(struct sim_secondary *s)
{
	const struct sim_artifact *a = sim_secondary_artifact(s, "a-1.bin");
	struct cot_slice record = cot_slice(s->record, s->record_len);
	uint8_t header[COT_IDENTITY_HEADER];
	struct cot_identity id;

	make_port(s);
	need(cot_identity_parse(record, &cot_crypto_full, &id) == COT_OK);
	need(cot_identity_check(&id, &cot_crypto_full) == COT_OK);
	cot_identity_header(record, header);
	write_region(s, COT_REGION_IDENTITY, COT_IDENTITY_HEADER, record);
	write_region(s, COT_REGION_IDENTITY, 0, cot_slice(header, sizeof(header)));
	write_region(s, COT_REGION_SLOT_A, 0, cot_slice(a->bytes, a->len));
	write_state(s, &id);
	s->flash.ops = 0;
}

static void revive(struct sim_secondary *s, const uint8_t *saved)
{
	birth(s);
	sim_flash_restore(&s->flash, saved);
}

static void end(struct sim_secondary *s)
{
	sim_flash_free(&s->flash);
}

/* ---- resets and requests -------------------------------------------------------------------- */

/* An image whose name begins with "bad" never confirms itself. */
static bool confirms(const struct sim_secondary *s)
{
	const struct cot_sec_slot *slot = &s->node.store.state.component[0].slot[s->boot.slot];

	return s->test == SIM_TEST_OK && !(slot->name_len > 3 && memcmp(slot->name, "bad", 3) == 0);
}

static void reset(struct sim_secondary *s, bool programming)
{
	enum cot_err err;

	memset(&s->node, 0xA5, sizeof(s->node));
	memset(s->time_buf, 0xA5, sizeof(s->time_buf));
	memset(s->response, 0xA5, sizeof(s->response));
	memset(&s->boot, 0, sizeof(s->boot));
	s->now_ms += 100;
	err = cot_sec_init(&s->node, &s->port, s->now_ms);
	if (err == COT_OK && !programming) {
		err = cot_sec_boot(&s->node, &s->boot);
		/* A port that jumps by the gate comes to what this one takes from `image`. */
		need(cot_boot_accepted(&s->boot, COT_BOOT_MASKED(1, s->boot.slot)) ==
		     (err == COT_OK && s->boot.image ? 1 : 0));
		if (err == COT_OK && s->boot.image) {
			if (s->boot.trial && confirms(s))
				need(cot_confirm_write(&s->flash.flash, &s->boot.handed) == COT_OK);
			cot_sec_enter_application(&s->node, s->boot.slot, s->now_ms);
			return;
		}
	}
	cot_sec_enter_loader(&s->node, programming, s->now_ms);
}

static void follow_reset(struct sim_secondary *s)
{
	enum cot_reset reset = cot_sec_reset(&s->node);

	if (reset != COT_RESET_NONE)
		sim_secondary_reset(s, reset == COT_RESET_TO_LOADER);
}

static bool is_pending(struct cot_slice response)
{
	return response.len == 3 && response.ptr[0] == 0x7F && response.ptr[2] == 0x78;
}

static void ask(struct sim_secondary *s, struct cot_slice request)
{
	struct cot_slice response;
	unsigned steps = 0;
	bool done = false;

	cot_sec_request(&s->node, request, s->now_ms);
	while (!done) {
		if (cot_sec_response(&s->node, &response)) {
			if (is_pending(response)) {
				s->pendings++;
				continue;
			}
			memcpy(s->answer, response.ptr, response.len);
			s->answer_len = response.len;
			done = true;
		} else if (!cot_sec_busy(&s->node)) {
			done = true;
		} else {
			need(++steps < 1000000);
			s->now_ms++;
			cot_sec_poll(&s->node, s->now_ms);
		}
	}
	follow_reset(s);
}

static void wait(struct sim_secondary *s, unsigned ms)
{
	s->now_ms += ms;
	cot_sec_poll(&s->node, s->now_ms);
	follow_reset(s);
}

static void earn(struct sim_secondary *s)
{
	s->now_ms += COT_SEC_BUDGET_MS;
	cot_sec_poll(&s->node, s->now_ms);
}

/* ---- what it is asked from outside ------------------------------------------------------------ */

static void view(struct sim_secondary *s, struct sim_secondary_view *ret)
{
	const struct cot_sec *node = &s->node;

	*ret = (struct sim_secondary_view){ node->mode, node->running, node->last,
		                            node->store.ledger.budget,
		                            node->install.writer.taken };
}

static void state(struct sim_secondary *s, struct cot_sec_state *ret)
{
	*ret = s->node.store.state;
}

static void read_flash(struct sim_secondary *s, enum cot_region region, uint32_t offset,
                       void *ret, uint32_t len)
{
	need(offset <= s->flash.flash.region[region].size &&
	     len <= s->flash.flash.region[region].size - offset);
	memcpy(ret, s->flash.mem[region] + offset, len);
}

static uint32_t region_size(struct sim_secondary *s, enum cot_region region)
{
	return s->flash.flash.region[region].size;
}

static uint64_t writes(struct sim_secondary *s)
{
	return s->flash.ops;
}

static const struct cot_flash *unpowered(struct sim_secondary *s)
{
	return &s->flash.flash;
}

static uint8_t *cells(struct sim_secondary *s, enum cot_region region)
{
	return s->flash.mem[region];
}

static uint8_t *save(struct sim_secondary *s)
{
	return sim_flash_snapshot(&s->flash);
}

static void load(struct sim_secondary *s, const uint8_t *saved)
{
	sim_flash_restore(&s->flash, saved);
}

const struct sim_secondary_backend sim_backend = {
	.name = "sim",
	.in_process = true,
	.image = fill_image,
	.birth = birth,
	.revive = revive,
	.end = end,
	.reset = reset,
	.ask = ask,
	.wait = wait,
	.earn = earn,
	.view = view,
	.state = state,
	.read = read_flash,
	.region_size = region_size,
	.writes = writes,
	.unpowered = unpowered,
	.cells = cells,
	.save = save,
	.load = load
};
