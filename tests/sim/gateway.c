/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole gateway in a test: see gateway.h.
 */
#include "tests/sim/gateway.h"

#include "keys/crypto/init.h"
#include "keys/encode.h"
#include "keys/host/keyfile.h"
#include "metadata/host/build.h"
#include "metadata/host/canon.h"
#include "metadata/name.h"

#include <fcntl.h>
#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* ---- the server -------------------------------------------------------------------- */

static bool reply_file(int fd, const struct sim_request *r, struct cot_slice bytes)
{
	if (r->ranged)
		return sim_reply_range(fd, r->range, bytes);
	return sim_reply(fd, 200, bytes);
}

static bool reply_image(struct sim_gateway *g, int fd, const struct sim_request *r)
{
	size_t i;

	for (i = 0; i < g->image_count; i++) {
		uint8_t hash[32];
		char hex[64], name[200];
		size_t len;

		crypto_hash_sha256(hash, g->images[i].bytes, g->images[i].len);
		cot_hex_encode(cot_slice(hash, 32), hex);
		must(cot_name_published(cot_slice_str(g->images[i].name),
		                        cot_slice(hex, sizeof(hex)), name, sizeof(name),
		                        &len) == COT_OK);
		if (cot_slice_is(cot_slice(name, len), r->path + 11))
			return reply_file(fd, r, cot_slice(g->images[i].bytes, g->images[i].len));
	}
	return sim_reply(fd, 404, COT_SLICE("no"));
}

static bool reply_time(struct sim_gateway *g, int fd, const struct sim_request *r)
{
	uint8_t nonces[COT_MAX_NONCES * COT_NONCE_LEN];
	json_t *body = json_loadb((const char *)r->body.ptr, r->body.len, 0, NULL);
	const json_t *list = json_object_get(body, "nonces");
	size_t i, len, count = json_array_size(list);
	char *text;
	bool ret;

	must(count > 0 && count <= COT_MAX_NONCES);
	for (i = 0; i < count; i++)
		must(cot_hex_decode(cot_slice_str(json_string_value(json_array_get(list, i))),
		                    nonces + i * COT_NONCE_LEN, COT_NONCE_LEN, &len) == COT_OK);
	json_decref(body);
	text = sim_time(g->world, nonces, count, &len);
	ret = sim_reply(fd, 200, cot_slice(text, len));
	free(text);
	return ret;
}

static bool serve(void *ctx, int fd, const struct sim_request *r)
{
	struct sim_gateway *g = ctx;
	unsigned repo = strncmp(r->path, "/i/", 3) == 0 ? SIM_IMAGE : SIM_DIRECTOR;
	const struct sim_file *file;
	bool ret;

	if (g->hook != NULL && g->hook(g, fd, r, &ret))
		return ret;
	if (strcmp(r->method, "PUT") == 0) {
		snprintf(g->manifest, sizeof(g->manifest), "%.*s", (int)r->body.len,
		         (const char *)r->body.ptr);
		return sim_reply(fd, 204, cot_slice(NULL, 0));
	}
	if (strcmp(r->path, "/time") == 0)
		return reply_time(g, fd, r);
	if (strncmp(r->path, "/i/targets/", 11) == 0)
		return reply_image(g, fd, r);
	file = sim_get(g->world, repo, r->path + 3);
	if (file == NULL)
		return sim_reply(fd, 404, COT_SLICE("no"));
	return reply_file(fd, r, cot_slice(file->bytes, file->len));
}

/* ---- provisioning ------------------------------------------------------------------ */

static json_t *ecu_entry(const char *serial, const char *hardware, json_t *key)
{
	const struct cot_build_ecu ecu = { .serial = serial, .hardware_id = hardware, .key = key,
		                           .filepath = "factory.bin",
		                           .image = { .hashes = { .known = COT_KNOWN_SHA256 } } };

	return cot_build_provision_ecu(&ecu);
}

static void make_gateway_key(struct sim_gateway *g)
{
	const struct cot_keyfile_options options = { .cost = cot_cost_none };

	snprintf(g->config.key, sizeof(g->config.key), "%s/gateway.key", g->folder);
	must(cot_keyfile_generate(g->config.key, COT_SCHEME_ED25519, cot_slice(NULL, 0),
	                          &options) == COT_OK);
}

static json_t *gateway_key(struct sim_gateway *g)
{
	struct cot_pubkey pub;

	snprintf(g->record, sizeof(g->record), "%s/gateway.key.pub", g->folder);
	must(cot_pubkey_read(g->record, &pub) == COT_OK);
	return cot_build_key(&pub.key);
}

static void add_root(struct sim_gateway *g, json_t *record, unsigned repo, const char *name)
{
	const struct sim_file *file = sim_get(g->world, repo, "1.root.json");
	json_t *doc[COT_ROLE_COUNT] = { NULL };
	size_t at;

	must(file != NULL);
	must(cot_wire_load(cot_slice(file->bytes, file->len), &doc[COT_ROLE_ROOT], &at) == COT_OK);
	must(cot_build_provision_repo(record, name, COT_ROLES_FULL, doc) == COT_OK);
	json_decref(doc[COT_ROLE_ROOT]);
}

static void write_record(struct sim_gateway *g, bool primary, json_t *key, json_t *b_key)
{
	json_t *ecus = json_array();
	struct cot_build_provision p = { .number = 1, .primary = primary, .vehicle = SIM_VEHICLE,
		                         .primary_serial = "GATEWAY", .time_s = SIM_NOW - 1000,
		                         .ecus = ecus, .own = json_pack("[s]", "GATEWAY") };
	json_t *record;
	char *body, *text;
	size_t len;
	FILE *f;

	json_array_append_new(ecus, ecu_entry("GATEWAY", "gw-1", key));
	json_array_append_new(ecus, ecu_entry("ECU-A", "hw-a", sim_key_object(SIM_ECU_KEY)));
	json_array_append_new(ecus, ecu_entry("ECU-B", "hw-b", b_key));
	record = cot_build_provision(&p);
	add_root(g, record, SIM_DIRECTOR, "director");
	add_root(g, record, SIM_IMAGE, "image");
	body = sim_text(record);
	text = sim_sign_text(body, g->world->repo[SIM_DIRECTOR].signers[COT_ROLE_ROOT], &len);
	snprintf(g->record, sizeof(g->record), "%s/record.json", g->folder);
	f = fopen(g->record, "w");
	must(f != NULL && fwrite(text, 1, len, f) == len && fclose(f) == 0);
	free(text);
	free(body);
	json_decref(record);
}

static void set_config(struct sim_gateway *g)
{
	struct cot_config *c = &g->config;
	const char *base = sim_httpd_url(g->httpd);

	snprintf(c->state, sizeof(c->state), "%s/state", g->folder);
	snprintf(c->director_url, sizeof(c->director_url), "%s/d", base);
	snprintf(c->image_url, sizeof(c->image_url), "%s/i", base);
	snprintf(c->targets_url, sizeof(c->targets_url), "%s/i/targets", base);
	snprintf(c->time_url, sizeof(c->time_url), "%s/time", base);
	snprintf(c->manifest_url, sizeof(c->manifest_url), "%s/manifest", base);
	c->allow_http = true;
	c->max_root = COT_MAX_ROOT;
	c->max_timestamp = COT_MAX_TIMESTAMP;
	c->max_snapshot = COT_MAX_SNAPSHOT;
	c->max_targets = COT_MAX_TARGETS;
	c->max_director_targets = COT_MAX_DIRECTOR_TARGETS;
	c->max_image = 1u << 20;
	c->ecu_min_rate = 64;
	c->ecu_window_s = 30;
	c->ecu_budget_s = 60;
	c->ecu_wait_s = 20;
	c->ecu_count = 2;
	snprintf(c->ecus[0].serial, sizeof(c->ecus[0].serial), "ECU-A");
	snprintf(c->ecus[0].link, sizeof(c->ecus[0].link), "%s", g->a->uri);
	snprintf(c->ecus[1].serial, sizeof(c->ecus[1].serial), "ECU-B");
	snprintf(c->ecus[1].link, sizeof(c->ecus[1].link), "%s", g->b->uri);
}

static void add_nodes(struct sim_gateway *g)
{
	g->bus = sim_bus_new(g->folder);
	g->a = sim_bus_add(g->bus, "a");
	g->b = sim_bus_add(g->bus, "b");
	sim_node_ecu(g->a, "ECU-A", SIM_ECU_KEY);
	sim_node_ecu(g->b, "ECU-B", SIM_ECU_KEY + 1);
}

/* No test cuts power, and real disks are slow. */
static int no_fsync(int fd)
{
	(void)fd;
	return 0;
}

struct sim_gateway *sim_gateway_new(void)
{
	struct sim_gateway *g = calloc(1, sizeof(*g));

	must(g != NULL && cot_crypto_init() == COT_OK);
	must(sim_folder_new("gateway", g->folder));
	g->world = sim_world_new();
	g->httpd = sim_httpd_start(serve, g);
	g->fs = cot_fs_real;
	g->fs.fsync = no_fsync;
	add_nodes(g);
	set_config(g);
	make_gateway_key(g);
	write_record(g, true, gateway_key(g), sim_key_object(SIM_ECU_KEY + 1));
	snprintf(g->config.provision, sizeof(g->config.provision), "%s", g->record);
	return g;
}

void sim_gateway_secondary_record(struct sim_gateway *g)
{
	write_record(g, false, sim_key_object(SIM_SPARE), sim_key_object(SIM_ECU_KEY + 1));
}

void sim_gateway_hmac_record(struct sim_gateway *g)
{
	json_t *key = json_pack("{s:s, s:{s:s}, s:s}", "keytype", "hmac", "keyval", "public",
	                        "0123456789abcdef", "scheme", "hmac-sha256");

	write_record(g, true, gateway_key(g), key);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void sim_gateway_free(struct sim_gateway *g)
{
	size_t i;

	sim_gateway_close(g);
	sim_httpd_stop(g->httpd);
	sim_bus_free(g->bus);
	sim_world_free(g->world);
	for (i = 0; i < g->image_count; i++)
		free(g->images[i].bytes);
	must(nftw(g->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
	free(g);
}

/* ---- running ----------------------------------------------------------------------- */

static uint64_t gateway_now(void *ctx)
{
	struct sim_gateway *g = ctx;

	/* Loops that wait for a dead link must see time pass. */
	return g->bus->now_ms++;
}

static enum cot_err gateway_random(void *ctx, uint8_t *ret, size_t len)
{
	struct sim_gateway *g = ctx;
	uint8_t seed[randombytes_SEEDBYTES] = { 0 };

	g->random++;
	memcpy(seed, &g->random, sizeof(g->random));
	randombytes_buf_deterministic(ret, len, seed);
	return COT_OK;
}

static enum cot_err open_store(struct sim_gateway *g)
{
	uint8_t record[65536];
	size_t len;
	FILE *f;
	enum cot_err err = cot_store_open(&g->store, g->config.state, COT_STORE_WRITE, &g->fs,
	                                  &cot_crypto_full);

	if (err != COT_E_UNPROVISIONED)
		return err;
	f = fopen(g->config.provision, "r");
	must(f != NULL);
	len = fread(record, 1, sizeof(record), f);
	fclose(f);
	err = cot_store_begin(&g->store, cot_slice(record, len));
	if (err != COT_OK)
		cot_store_close(&g->store);
	return err;
}

enum cot_err sim_gateway_open(struct sim_gateway *g)
{
	const struct cot_fetch_terms terms = { .allow_http = true, .connect_ms = 60000,
		                               .total_ms = 300000 };
	struct cot_round *r = &g->round;
	enum cot_err err = open_store(g);

	if (err != COT_OK)
		return err;
	must(cot_fetch_open(&terms, &g->fetch) == COT_OK);
	must(cot_signer_open(g->config.key, NULL, &g->signer) == COT_OK);
	must(cot_manifest_check_signer(&g->store, g->signer) == COT_OK);
	r->config = &g->config;
	r->crypto = &cot_crypto_full;
	r->fs = &g->fs;
	r->store = &g->store;
	r->fetch = g->fetch;
	r->signer = g->signer;
	r->progress = &g->progress;
	r->clock = &g->bus->clock;
	r->now_ms = gateway_now;
	r->random = gateway_random;
	r->ctx = g;
	return COT_OK;
}

void sim_gateway_close(struct sim_gateway *g)
{
	if (g->fetch == NULL)
		return;
	cot_fetch_close(g->fetch);
	cot_signer_close(g->signer);
	cot_store_close(&g->store);
	g->fetch = NULL;
	g->signer = NULL;
}

static json_t *hash_object(const uint8_t *bytes, size_t len)
{
	uint8_t sha256[32], sha512[64];
	char hex256[65] = "", hex512[129] = "";

	crypto_hash_sha256(sha256, bytes, len);
	crypto_hash_sha512(sha512, bytes, len);
	cot_hex_encode(cot_slice(sha256, 32), hex256);
	cot_hex_encode(cot_slice(sha512, 64), hex512);
	return json_pack("{s:s, s:s}", "sha256", hex256, "sha512", hex512);
}

void sim_gateway_release(struct sim_gateway *g, const char *ecu, const char *name,
                         uint64_t counter, size_t len)
{
	const char *hwid = strcmp(ecu, "ECU-A") == 0 ? "hw-a" : "hw-b";
	uint8_t seed[randombytes_SEEDBYTES] = { 0 };
	uint8_t *bytes = malloc(len + 1);
	json_t *entry;

	must(bytes != NULL && g->image_count < SIM_GATEWAY_IMAGES);
	memcpy(seed, name, strlen(name) < sizeof(seed) ? strlen(name) : sizeof(seed));
	randombytes_buf_deterministic(bytes, len, seed);
	snprintf(g->images[g->image_count].name, 80, "%s", name);
	g->images[g->image_count].bytes = bytes;
	g->images[g->image_count++].len = len;
	sim_image(g->world, name, counter, hwid);
	entry = json_object_get(json_object_get(sim_signed(g->world, SIM_IMAGE, COT_ROLE_TARGETS),
	                                        "targets"), name);
	json_object_set_new(entry, "length", json_integer((json_int_t)len));
	json_object_set_new(entry, "hashes", hash_object(bytes, len));
	sim_order(g->world, ecu, hwid, name);
	sim_publish(g->world, SIM_IMAGE, COT_ROLE_TARGETS);
	sim_publish(g->world, SIM_DIRECTOR, COT_ROLE_TARGETS);
}

enum cot_err sim_gateway_round(struct sim_gateway *g)
{
	enum cot_err err = g->fetch == NULL ? sim_gateway_open(g) : COT_OK;

	return err == COT_OK ? cot_round_run(&g->round) : err;
}

void sim_gateway_trust(struct sim_gateway *g, uint8_t ret[COT_SHA256_LEN])
{
	static struct cot_state state;
	struct cot_slice text;
	char path[COT_CONFIG_TEXT + 8];
	uint8_t trust[COT_TRUST_MAX];
	crypto_hash_sha256_state h;
	size_t len;

	snprintf(path, sizeof(path), "%s/state", g->config.state);
	must(cot_fs_map(AT_FDCWD, path, COT_STATE_MAX, &text) == COT_OK);
	must(cot_state_decode(text, &cot_crypto_full, &state) == COT_OK);
	cot_fs_unmap(&text);
	must(cot_trust_encode(&state.trust, trust, sizeof(trust), &len) == COT_OK);
	crypto_hash_sha256_init(&h);
	crypto_hash_sha256_update(&h, trust, len);
	crypto_hash_sha256_update(&h, (const uint8_t *)state.doc, sizeof(state.doc));
	crypto_hash_sha256_final(&h, ret);
}
