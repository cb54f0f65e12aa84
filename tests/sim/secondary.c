/* SPDX-License-Identifier: Apache-2.0
 *
 * A verifying secondary: see secondary.h.
 */
#include "tests/sim/secondary.h"

#include "keys/encode.h"
#include "metadata/host/build.h"
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

/* ---- images and orders ------------------------------------------------------------------ */

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

void sim_secondary_image(struct sim_secondary *s, const char *name, uint64_t counter, size_t len)
{
	struct sim_artifact *a = &s->image[s->images++];

	need(s->images <= SIM_IMAGES);
	snprintf(a->name, sizeof(a->name), "%s", name);
	a->counter = counter;
	a->len = len;
	a->bytes = malloc(len ? len : 1);
	need(a->bytes != NULL);
	s->backend->image(a);
}

const struct sim_artifact *sim_secondary_artifact(const struct sim_secondary *s, const char *name)
{
	size_t i;

	for (i = s->images; i > 0; i--) {
		if (strcmp(s->image[i - 1].name, name) == 0)
			return &s->image[i - 1];
	}
	need(false);
	return NULL;
}

void sim_secondary_order(struct sim_secondary *s, const char *ecu, const char *hwid,
                         const char *name)
{
	json_t *targets = json_object_get(sim_signed(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS),
	                                  "targets");
	struct cot_build_file file;
	const struct sim_artifact *a;
	json_t *entry;

	sim_order(s->w, ecu, hwid, NULL); /* cancels the former one */
	if (!name)
		return;
	a = sim_secondary_artifact(s, name);
	entry = json_object_get(targets, name);
	if (!entry) {
		cot_build_file_of(cot_slice(a->bytes, a->len), &cot_crypto_full, &file);
		entry = cot_build_target(&file, a->counter, NULL);
		json_object_set_new(targets, name, entry);
	}
	need(cot_build_target_order(entry, ecu, hwid) == COT_OK);
}

void sim_secondary_release(struct sim_secondary *s, const char *name, uint64_t counter)
{
	sim_secondary_image(s, name, counter, 20000);
	sim_secondary_order(s, SIM_SECONDARY_ECU, SIM_SECONDARY_HWID, name);
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
}

/* ---- the factory ------------------------------------------------------------------------- */

static json_t *served(struct sim_world *w, const char *name)
{
	struct sim_file *file = sim_get(w, SIM_DIRECTOR, name);

	need(file != NULL);
	return json_loadb((const char *)file->bytes, file->len, JSON_REJECT_DUPLICATES, NULL);
}

static void make_record(struct sim_secondary *s)
{
	json_int_t version = json_integer_value(
		json_object_get(sim_signed(s->w, SIM_DIRECTOR, COT_ROLE_ROOT), "version"));
	const struct sim_artifact *a = sim_secondary_artifact(s, "a-1.bin");
	struct cot_build_ecu ecu = { SIM_SECONDARY_ECU, SIM_SECONDARY_HWID,
	                             sim_key_object(SIM_SECONDARY_KEY), a->counter, a->name,
	                             { 0 } };
	struct cot_build_provision p = { 1, false, SIM_VEHICLE, "GW-1", SIM_NOW - 86400,
	                                 json_array(), json_pack("[s]", SIM_SECONDARY_ECU) };
	json_t *doc[COT_ROLE_COUNT] = { NULL };
	json_t *record;
	char name[80], *body;

	cot_build_file_of(cot_slice(a->bytes, a->len), &cot_crypto_full, &ecu.image);
	json_array_append_new(p.ecus, cot_build_provision_ecu(&ecu));
	record = cot_build_provision(&p);
	snprintf(name, sizeof(name), "%lld.root.json", (long long)version);
	doc[COT_ROLE_ROOT] = served(s->w, name);
	doc[COT_ROLE_TARGETS] = served(s->w, "targets.json");
	need(cot_build_provision_repo(record, "director", COT_ROLES_PARTIAL, doc) == COT_OK);
	json_decref(doc[COT_ROLE_ROOT]);
	json_decref(doc[COT_ROLE_TARGETS]);
	body = sim_text(record);
	s->record = sim_sign_text(body, s->w->repo[SIM_DIRECTOR].signers[COT_ROLE_ROOT],
	                          &s->record_len);
	free(body);
	json_decref(record);
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

static struct sim_secondary *new_secondary(struct sim_world *w,
                                           const struct sim_secondary_backend *backend,
                                           const struct sim_flash_geometry *geometry)
{
	struct sim_secondary *s = calloc(1, sizeof(*s));

	need(s != NULL);
	s->backend = backend;
	s->w = w;
	s->random = 1;
	s->now_ms = 1000;
	if (backend->in_process)
		sim_flash_init(&s->flash, geometry);
	sim_secondary_image(s, "a-1.bin", 1, 20000);
	make_record(s);
	backend->birth(s);
	sim_secondary_reset(s, false);
	return s;
}

struct sim_secondary *sim_secondary_new(struct sim_world *w,
                                        const struct sim_flash_geometry *geometry)
{
	return new_secondary(w, &sim_backend, geometry);
}

struct sim_secondary *sim_secondary_open(struct sim_world *w,
                                         const struct sim_secondary_backend *backend)
{
	return new_secondary(w, backend, &sim_flash_posix);
}

static void end(struct sim_secondary *s)
{
	sim_flash_free(&s->flash);
}

void sim_secondary_free(struct sim_secondary *s)
{
	size_t i;

	for (i = 0; i < s->images; i++)
		free(s->image[i].bytes);
	s->backend->end(s);
	free(s->record);
	free(s->time_text);
	free(s);
}

/* ---- resets and requests ------------------------------------------------------------------ */

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

void sim_secondary_reset(struct sim_secondary *s, bool programming)
{
	s->resets++;
	s->backend->reset(s, programming);
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

struct cot_slice sim_secondary_ask(struct sim_secondary *s, struct cot_slice request)
{
	s->answer_len = 0;
	s->backend->ask(s, request);
	return cot_slice(s->answer, s->answer_len);
}

uint8_t sim_secondary_uds(struct sim_secondary *s, const struct cot_uds_request *request,
                          struct cot_uds_response *ret)
{
	uint8_t bytes[COT_UDS_MAX];
	struct cot_slice answer;
	size_t len = 0;

	need(cot_uds_build_request(request, bytes, sizeof(bytes), &len) == COT_OK);
	answer = sim_secondary_ask(s, cot_slice(bytes, len));
	memset(ret, 0, sizeof(*ret));
	if (answer.len == 0)
		return COT_NRC_NONE;
	need(cot_uds_parse_response(answer, ret) == COT_OK);
	need(cot_uds_answers(cot_slice(bytes, len), answer));
	return ret->nrc;
}

/* ---- steps ---------------------------------------------------------------------------------- */

/* What a negative response stands for: the node remembers the exact word. */
static enum cot_err of_nrc(struct sim_secondary *s, uint8_t nrc)
{
	enum cot_err last;

	if (nrc == COT_NRC_NONE)
		return COT_OK;
	last = sim_secondary_last(s);
	return cot_uds_nrc_of(last) == (enum cot_uds_nrc)nrc ? last : cot_uds_err_of(nrc);
}

enum cot_err sim_secondary_session(struct sim_secondary *s, uint8_t sub)
{
	struct cot_uds_request q = { .sid = COT_UDS_SESSION, .sub = sub };
	struct cot_uds_response r;

	return of_nrc(s, sim_secondary_uds(s, &q, &r));
}

enum cot_err sim_secondary_hard_reset(struct sim_secondary *s)
{
	struct cot_uds_request q = { .sid = COT_UDS_RESET, .sub = COT_UDS_RESET_HARD };
	struct cot_uds_response r;

	return of_nrc(s, sim_secondary_uds(s, &q, &r));
}

enum cot_err sim_secondary_node(struct sim_secondary *s, struct cot_node_status *ret)
{
	struct cot_uds_request q = { .sid = COT_UDS_READ, .id = COT_DID_STATUS };
	struct cot_uds_response r;
	uint8_t nrc = sim_secondary_uds(s, &q, &r);

	return nrc ? of_nrc(s, nrc) : cot_node_status_decode(r.data, ret);
}

static enum cot_err routine(struct sim_secondary *s, uint16_t id, bool named,
                            struct cot_slice *ret)
{
	struct cot_uds_request q = { .sid = COT_UDS_ROUTINE, .sub = COT_UDS_ROUTINE_START,
	                             .id = id };
	struct cot_uds_response r;
	uint8_t option[COT_MAX_ID + 1], nrc;
	size_t len = 0;
	enum cot_err outcome, err = COT_OK;

	if (named)
		err = cot_ecu_option_write(COT_SLICE(SIM_SECONDARY_ECU), option, sizeof(option),
		                           &len);
	need(err == COT_OK);
	q.data = cot_slice(option, len);
	nrc = sim_secondary_uds(s, &q, &r);
	if (nrc)
		return of_nrc(s, nrc);
	*ret = r.data;
	err = cot_outcome_decode(r.data, &outcome);
	return err == COT_OK ? outcome : err;
}

enum cot_err sim_secondary_component(struct sim_secondary *s, struct cot_component_status *ret)
{
	struct cot_slice data;
	enum cot_err err = routine(s, COT_RID_STATUS, true, &data);

	return err ? err : cot_component_status_decode(cot_slice_sub(data, 2, data.len), ret);
}

enum cot_err sim_secondary_report(struct sim_secondary *s, struct cot_slice *ret)
{
	struct cot_slice data;
	enum cot_err err = routine(s, COT_RID_REPORT, true, &data);

	if (err == COT_OK)
		*ret = cot_slice_sub(data, 2, data.len);
	return err;
}

static enum cot_err send_blocks(struct sim_secondary *s, struct cot_slice bytes, uint16_t block)
{
	struct cot_uds_request q = { .sid = COT_UDS_TRANSFER };
	struct cot_uds_response r;
	size_t step = s->block ? s->block : (size_t)block - 2;
	uint8_t nrc = 0;

	while (bytes.len > 0 && nrc == 0) {
		q.counter++;
		q.data = cot_slice_sub(bytes, 0, step);
		nrc = sim_secondary_uds(s, &q, &r);
		bytes = cot_slice_sub(bytes, q.data.len, bytes.len - q.data.len);
	}
	if (nrc == 0) {
		q = (struct cot_uds_request){ .sid = COT_UDS_EXIT };
		nrc = sim_secondary_uds(s, &q, &r);
	}
	return of_nrc(s, nrc);
}

enum cot_err sim_secondary_send(struct sim_secondary *s, const char *name,
                                struct cot_slice bytes)
{
	struct cot_uds_request q = { .sid = COT_UDS_FILE, .sub = COT_UDS_FILE_REPLACE,
	                             .name = cot_slice_str(name), .size = (uint32_t)bytes.len,
	                             .packed = (uint32_t)bytes.len };
	struct cot_uds_response r;
	uint8_t nrc = sim_secondary_uds(s, &q, &r);

	return nrc ? of_nrc(s, nrc) : send_blocks(s, bytes, r.block);
}

enum cot_err sim_secondary_send_served(struct sim_secondary *s, const char *served_name,
                                       const char *name)
{
	struct sim_file *file = sim_get(s->w, SIM_DIRECTOR, served_name);

	need(file != NULL);
	return sim_secondary_send(s, name, cot_slice(file->bytes, file->len));
}

enum cot_err sim_secondary_send_time(struct sim_secondary *s)
{
	struct cot_uds_request q = { .sid = COT_UDS_READ, .id = COT_DID_NONCE };
	struct cot_uds_response r;
	uint8_t nonce[COT_NONCE_LEN], nrc = sim_secondary_uds(s, &q, &r);
	size_t len;

	if (nrc)
		return of_nrc(s, nrc);
	need(r.data.len == sizeof(nonce));
	memcpy(nonce, r.data.ptr, sizeof(nonce));
	free(s->time_text);
	s->time_text = sim_time(s->w, nonce, 1, &len);
	return sim_secondary_send(s, "d/time.json", cot_slice(s->time_text, len));
}

enum cot_err sim_secondary_verify(struct sim_secondary *s, struct cot_verify_result *ret)
{
	struct cot_verify_result result;
	struct cot_slice data = { NULL, 0 };
	enum cot_err err = routine(s, COT_RID_VERIFY, false, &data);

	if (data.len > 0)
		need(cot_verify_result_decode(data, ret ? ret : &result) == COT_OK);
	return err;
}

enum cot_err sim_secondary_stage(struct sim_secondary *s, struct cot_stage_result *ret)
{
	struct cot_slice data = { NULL, 0 };
	enum cot_err err = routine(s, COT_RID_STAGE, true, &data);

	if (data.len > 2)
		need(cot_stage_result_decode(data, ret) == COT_OK);
	return err;
}

enum cot_err sim_secondary_transfer(struct sim_secondary *s, const struct sim_artifact *a,
                                    uint32_t offset)
{
	struct cot_uds_request q = { .sid = COT_UDS_DOWNLOAD, .offset = offset,
	                             .size = (uint32_t)a->len - offset };
	struct cot_uds_response r;
	uint8_t nrc = sim_secondary_uds(s, &q, &r);

	if (nrc)
		return of_nrc(s, nrc);
	return send_blocks(s, cot_slice(a->bytes + offset, a->len - offset), r.block);
}

enum cot_err sim_secondary_activate(struct sim_secondary *s)
{
	struct cot_slice data;

	return routine(s, COT_RID_ACTIVATE, true, &data);
}

/* ---- the conversation --------------------------------------------------------------------------- */

static enum cot_err walk_roots(struct sim_secondary *s)
{
	struct cot_node_status status;
	enum cot_err err = sim_secondary_node(s, &status);
	char from[80], to[88];

	while (err == COT_OK) {
		snprintf(from, sizeof(from), "%u.root.json", ++status.root_version);
		snprintf(to, sizeof(to), "d/%s", from);
		if (!sim_get(s->w, SIM_DIRECTOR, from))
			return COT_OK;
		err = sim_secondary_send_served(s, from, to);
		if (err == COT_OK)
			err = sim_secondary_verify(s, NULL);
	}
	return err;
}

enum cot_err sim_secondary_metadata(struct sim_secondary *s)
{
	enum cot_err err = sim_secondary_session(s, COT_UDS_SESSION_PROGRAMMING);

	if (err == COT_OK)
		err = walk_roots(s);
	if (err == COT_OK)
		err = sim_secondary_send_served(s, "targets.json", "d/targets.json");
	if (err == COT_OK)
		err = sim_secondary_send_time(s);
	if (err == COT_OK)
		err = sim_secondary_verify(s, NULL);
	return err;
}

enum cot_err sim_secondary_install(struct sim_secondary *s, const char *name)
{
	const struct sim_artifact *a = sim_secondary_artifact(s, name);
	struct cot_stage_result r;
	enum cot_err err = sim_secondary_stage(s, &r);

	if (err != COT_OK || r.next == r.length)
		return err;
	need(r.length == a->len);
	return sim_secondary_transfer(s, a, r.next);
}

enum cot_err sim_secondary_update(struct sim_secondary *s, const char *name)
{
	struct cot_component_status status;
	enum cot_err err = sim_secondary_metadata(s);

	if (err == COT_OK)
		err = sim_secondary_install(s, name);
	if (err == COT_OK)
		err = sim_secondary_activate(s);
	if (err == COT_OK)
		err = sim_secondary_hard_reset(s);
	if (err == COT_OK)
		err = sim_secondary_component(s, &status);
	if (err == COT_OK && !sim_secondary_runs(s, name))
		err = status.state == COT_STATE_TRIAL ? COT_E_TRIAL : COT_E_NOT_STAGED;
	return err;
}

bool sim_secondary_runs(struct sim_secondary *s, const char *name)
{
	const struct sim_artifact *a = sim_secondary_artifact(s, name);
	struct sim_secondary_view view = sim_secondary_view(s);
	uint8_t hash[COT_SHA256_LEN];
	struct cot_sec_state state;
	const struct cot_sec_slot *slot;

	if (view.mode != COT_MODE_APPLICATION || view.running >= COT_SEC_SLOTS)
		return false;
	sim_secondary_state(s, &state);
	slot = &state.component[0].slot[view.running];
	cot_hash_once(&cot_crypto_full, COT_HASH_SHA256, cot_slice(a->bytes, a->len), hash);
	return slot->state == COT_SEC_SLOT_CONFIRMED &&
	       memcmp(hash, slot->sha256, sizeof(hash)) == 0;
}

/* ---- the node of this process --------------------------------------------------------------- */

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
	.end = end,
	.reset = reset,
	.ask = ask,
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

/* ---- what a test wants to know ---------------------------------------------------------------- */

struct sim_secondary_view sim_secondary_view(struct sim_secondary *s)
{
	struct sim_secondary_view ret;

	s->backend->view(s, &ret);
	return ret;
}

enum cot_err sim_secondary_last(struct sim_secondary *s)
{
	return sim_secondary_view(s).last;
}

void sim_secondary_state(struct sim_secondary *s, struct cot_sec_state *ret)
{
	s->backend->state(s, ret);
}

void sim_secondary_read(struct sim_secondary *s, enum cot_region region, uint32_t offset,
                        void *ret, uint32_t len)
{
	s->backend->read(s, region, offset, ret, len);
}

uint32_t sim_secondary_slot_size(struct sim_secondary *s)
{
	return s->backend->region_size(s, COT_REGION_SLOT_A);
}

struct cot_confirm sim_secondary_handed(struct sim_secondary *s)
{
	struct cot_confirm ret = { .slot = COT_SEC_SLOTS };
	struct cot_sec_state now;
	const struct cot_sec_component *c = &now.component[0];

	sim_secondary_state(s, &now);
	ret.slot = cot_sec_component_find(c, COT_SEC_SLOT_TRIAL);
	need(ret.slot < COT_SEC_SLOTS);
	memcpy(ret.sha256, c->slot[ret.slot].sha256, sizeof(ret.sha256));
	memcpy(ret.trial, c->trial, sizeof(ret.trial));
	return ret;
}

uint64_t sim_secondary_writes(struct sim_secondary *s)
{
	return s->backend->writes(s);
}

/* ---- flash in other hands ------------------------------------------------------------------------ */

const struct cot_flash *sim_secondary_unpowered(struct sim_secondary *s)
{
	return s->backend->unpowered(s);
}

uint8_t *sim_secondary_cells(struct sim_secondary *s, enum cot_region region)
{
	return s->backend->cells(s, region);
}

uint8_t *sim_secondary_save(struct sim_secondary *s)
{
	return s->backend->save(s);
}

void sim_secondary_load(struct sim_secondary *s, const uint8_t *saved)
{
	s->backend->load(s, saved);
	sim_secondary_reset(s, false);
}
