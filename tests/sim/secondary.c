/* SPDX-License-Identifier: Apache-2.0
 *
 * A verifying secondary: see secondary.h.
 */
#include "tests/sim/secondary.h"

#include "keys/encode.h"
#include "metadata/host/build.h"

#include <stdlib.h>
#include <string.h>

static void need(bool ok)
{
	if (!ok) {
		fprintf(stderr, "sim secondary: a step of the test itself failed\n");
		abort();
	}
}

/* ---- images and orders ------------------------------------------------------------------ */

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

void sim_secondary_usual(struct sim_secondary *s, const char *name, uint64_t counter)
{
	size_t len = s->backend->image_len;

	sim_secondary_image(s, name, counter, len ? len : 20000);
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
	sim_secondary_usual(s, name, counter);
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

static struct sim_secondary *new_secondary(struct sim_world *w,
                                           const struct sim_secondary_backend *backend,
                                           const struct sim_flash_geometry *geometry,
                                           const uint8_t *saved)
{
	struct sim_secondary *s = calloc(1, sizeof(*s));

	need(s != NULL);
	s->backend = backend;
	s->w = w;
	s->random = 1;
	s->now_ms = 1000;
	if (backend->in_process)
		sim_flash_init(&s->flash, geometry);
	sim_secondary_usual(s, "a-1.bin", 1);
	make_record(s);
	if (saved)
		backend->revive(s, saved);
	else
		backend->birth(s);
	sim_secondary_reset(s, false);
	return s;
}

struct sim_secondary *sim_secondary_new(struct sim_world *w,
                                        const struct sim_flash_geometry *geometry)
{
	return new_secondary(w, &sim_backend, geometry, NULL);
}

struct sim_secondary *sim_secondary_open(struct sim_world *w,
                                         const struct sim_secondary_backend *backend)
{
	return new_secondary(w, backend, &sim_flash_posix, NULL);
}

struct sim_secondary *sim_secondary_revive(struct sim_world *w,
                                           const struct sim_secondary_backend *backend,
                                           const uint8_t *saved)
{
	return new_secondary(w, backend, &sim_flash_posix, saved);
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

void sim_secondary_reset(struct sim_secondary *s, bool programming)
{
	s->resets++;
	s->backend->reset(s, programming);
}

void sim_secondary_wait(struct sim_secondary *s, unsigned ms)
{
	s->backend->wait(s, ms);
}

void sim_secondary_earn(struct sim_secondary *s)
{
	s->backend->earn(s);
}

struct cot_slice sim_secondary_ask(struct sim_secondary *s, struct cot_slice request)
{
	s->answer_len = 0;
	if (s->tap) {
		need(fputc((int)(request.len >> 8), s->tap) != EOF &&
		     fputc((int)(request.len & 255u), s->tap) != EOF &&
		     fwrite(request.ptr, 1, request.len, s->tap) == request.len);
	}
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

enum cot_err sim_secondary_verified_report(struct sim_secondary *s, struct cot_report *ret)
{
	json_t *object = sim_key_object(SIM_SECONDARY_KEY);
	json_t *public = json_object_get(json_object_get(object, "keyval"), "public");
	struct cot_key key = { COT_SCHEME_ED25519, cot_slice_str(json_string_value(public)) };
	struct cot_slice sealed;
	enum cot_err err = sim_secondary_report(s, &sealed);

	if (err == COT_OK)
		err = cot_seal_check(sealed, &key, &cot_crypto_full);
	if (err == COT_OK)
		err = cot_report_parse_unverified(sealed, ret);
	json_decref(object);
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
	struct cot_component_status status;
	enum cot_err err = sim_secondary_stage(s, &r);

	if (err == COT_OK && r.next == r.length)
		err = sim_secondary_component(s, &status);
	/* All bytes are there; unless 37 was never asked, nothing is left to do. */
	if (err != COT_OK || (r.next == r.length && status.state != COT_STATE_STAGING))
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
