/* SPDX-License-Identifier: Apache-2.0
 *
 * A simulated ECU: see node.h.
 */
#include "tests/sim/node.h"

#include "keys/encode.h"
#include "metadata/report.h"
#include "metadata/targets.h"
#include "tests/sim/repo.h"

#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 514u      /* announced block length: 512 data bytes */
#define S3_MS 5000u
#define SLOW_MS 3000u

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void note(struct sim_node *n, const char *word)
{
	size_t len = strlen(n->log);

	snprintf(n->log + len, sizeof(n->log) - len, "%s%s", len > 0 ? " " : "", word);
}

/* ---- what it says of itself -------------------------------------------------------- */

static struct sim_ecu *find_ecu(struct sim_node *n, struct cot_slice serial)
{
	size_t i;

	for (i = 0; i < n->ecu_count; i++) {
		if (cot_slice_is(serial, n->ecus[i].serial))
			return &n->ecus[i];
	}
	return NULL;
}

static size_t node_status(const struct sim_node *n, uint8_t *ret)
{
	struct cot_node_status s = { .mode = n->mode, .components = (uint8_t)n->ecu_count,
		                     .fresh_time = n->fresh_time, .last = n->last,
		                     .root_version = n->root_version,
		                     .targets_version = n->targets_version,
		                     .request_max = COT_UDS_MAX, .document_max = 65536 };

	cot_node_status_encode(&s, ret);
	return COT_NODE_STATUS_LEN;
}

static size_t component_status(const struct sim_node *n, const struct sim_ecu *e, uint8_t *ret)
{
	struct cot_component_status s = { .component = (uint8_t)(e - n->ecus), .state = e->state,
		                          .staged_have = e->have, .image_len = e->length,
		                          .last = e->last };

	memcpy(s.image_sha256, n->lies && e->want_len > 0 ? e->want : e->sha256, COT_SHA256_LEN);
	if (n->lies)
		s.state = COT_STATE_IDLE;
	cot_component_status_encode(&s, ret);
	return COT_COMPONENT_STATUS_LEN;
}

static size_t report_of(struct sim_node *n, struct sim_ecu *e, uint8_t *ret, size_t max)
{
	unsigned key = n->forged_report ? e->key + 30 : e->key;
	struct cot_report r = { .vehicle = cot_slice_str(n->foreign_report ? "OTHER-1"
		                                                           : SIM_VEHICLE),
		                .ecu = cot_slice_str(e->serial),
		                .filepath = cot_slice_str(e->filepath), .length = e->length,
		                .state = cot_slice_str("idle"), .time_s = SIM_NOW };
	char body[COT_MAX_REPORT], id[COT_KEY_ID_TEXT + 1];
	uint8_t sig[COT_MAX_SIG_LEN];
	struct cot_seal seal;
	size_t len;

	if (n->replays_report && n->last_report_len > 0) {
		memcpy(ret, n->last_report, n->last_report_len);
		return n->last_report_len;
	}
	if (!n->old_report)
		e->report_counter++;
	r.counter = e->report_counter;
	if (n->bad_name)
		r.filepath = COT_SLICE("../../etc/passwd");
	memcpy(r.sha256, e->sha256, COT_SHA256_LEN);
	must(cot_report_compose(&r, body, sizeof(body), &len) == COT_OK);
	sim_key_id(key, id);
	seal.keyid_hex = cot_slice(id, COT_KEY_ID_TEXT);
	seal.scheme = n->hmac ? COT_SCHEME_HMAC_SHA256 : COT_SCHEME_ED25519;
	seal.sig = cot_slice(sig, sim_key_sign(key, cot_slice(body, len), sig));
	crypto_hash_sha256(seal.digest, (const uint8_t *)body, len);
	must(cot_seal_write(cot_slice(body, len), &seal, (char *)ret, max, &len) == COT_OK);
	if (n->garbled_report)
		ret[len / 2] = '\0';
	memcpy(n->last_report, ret, len);
	n->last_report_len = len;
	return len;
}

/* ---- what it is told --------------------------------------------------------------- */

static void take_file(struct sim_node *n)
{
	unsigned version;
	char *end;

	if (strcmp(n->name, "d/targets.json") == 0) {
		free(n->targets);
		n->targets = malloc(n->file_len);
		must(n->targets != NULL);
		memcpy(n->targets, n->file, n->file_len);
		n->targets_len = n->file_len;
	} else if (strcmp(n->name, "d/time.json") == 0) {
		char hex[2 * COT_NONCE_LEN];

		cot_hex_encode(cot_slice(n->nonce, COT_NONCE_LEN), hex);
		n->fresh_time = memmem(n->file, n->file_len, hex, sizeof(hex)) != NULL;
	} else {
		version = (unsigned)strtoul(n->name + 2, &end, 10);
		if (strcmp(end, ".root.json") == 0 && version == n->root_version + 1)
			n->root_version = version;
	}
}

static bool orders_of(struct sim_node *n, struct cot_targets *ret)
{
	struct cot_envelope env;

	return n->targets != NULL &&
	       cot_envelope_split(cot_slice(n->targets, n->targets_len), &env) == COT_OK &&
	       cot_targets_parse(env.body, &cot_policy_uptane, ret) == COT_OK;
}

static enum cot_err verify(struct sim_node *n, uint8_t *ret)
{
	struct cot_verify_result r = { .outcome = n->verify_fails };
	struct cot_targets targets;

	if (orders_of(n, &targets))
		n->targets_version = targets.head.version;
	else if (r.outcome == COT_OK && n->fresh_time)
		r.outcome = COT_E_ABSENT;
	r.root_version = n->root_version;
	r.targets_version = n->targets_version;
	r.fresh_time = n->fresh_time;
	r.ordered = true;
	cot_verify_result_encode(&r, ret);
	return r.outcome;
}

static void stage(struct sim_node *n, struct sim_ecu *e, uint8_t *ret)
{
	struct cot_stage_result r = { .outcome = n->stage_fails, .slot_size = SIM_NODE_IMAGE };
	struct cot_targets targets;
	struct cot_order order;

	if (r.outcome == COT_OK && (!orders_of(n, &targets) ||
	                            cot_orders_find(&targets, cot_slice_str(e->serial), &order)))
		r.outcome = COT_E_NO_ORDER;
	if (r.outcome == COT_OK) {
		if (memcmp(e->want, order.target.image.hashes.sha256, COT_SHA256_LEN) != 0)
			e->have = 0;
		memcpy(e->want, order.target.image.hashes.sha256, COT_SHA256_LEN);
		e->want_len = (uint32_t)order.target.image.length;
		snprintf(e->want_name, sizeof(e->want_name), "%.*s", (int)order.target.name.len,
		         (const char *)order.target.name.ptr);
		r.length = n->stage_length > 0 ? n->stage_length : e->want_len;
		r.next = e->have;
	}
	e->last = r.outcome;
	n->sending = e;
	cot_stage_result_encode(&r, ret);
}

static enum cot_err finish_image(struct sim_node *n)
{
	struct sim_ecu *e = n->sending;
	uint8_t hash[COT_SHA256_LEN];

	crypto_hash_sha256(hash, e->image, e->have);
	if (e->have != e->want_len || memcmp(hash, e->want, sizeof(hash)) != 0) {
		e->have = 0;
		return COT_E_HASH_MISMATCH;
	}
	e->state = COT_STATE_STAGED;
	return COT_OK;
}

static enum cot_err activate(struct sim_node *n, struct sim_ecu *e)
{
	if (n->activate_fails != COT_OK)
		return n->activate_fails;
	if (e->want_len == 0 || e->have != e->want_len)
		return COT_E_NOT_STAGED;
	e->state = COT_STATE_ACTIVATED;
	return COT_OK;
}

static void reset(struct sim_node *n)
{
	size_t i;

	n->mode = COT_MODE_APPLICATION;
	n->fresh_time = false;
	for (i = 0; i < n->ecu_count; i++) {
		struct sim_ecu *e = &n->ecus[i];

		if (e->state != COT_STATE_ACTIVATED)
			continue;
		if (n->reverts || n->lies) {
			e->state = COT_STATE_REVERTED;
			e->last = COT_E_REVERTED;
			continue;
		}
		e->state = COT_STATE_IDLE;
		memcpy(e->sha256, e->want, COT_SHA256_LEN);
		e->length = e->want_len;
		memcpy(e->filepath, e->want_name, sizeof(e->filepath));
	}
}

/* ---- services ---------------------------------------------------------------------- */

static size_t routine(struct sim_node *n, const struct cot_uds_request *q, uint8_t *data)
{
	struct cot_slice serial;
	struct sim_ecu *e;

	if (q->id == COT_RID_VERIFY) {
		n->last = verify(n, data);
		return COT_VERIFY_RESULT_LEN;
	}
	if (cot_ecu_option_read(q->data, &serial) != COT_OK || (e = find_ecu(n, serial)) == NULL) {
		cot_uds_put_err(data, COT_E_ECU_UNKNOWN);
		return 2;
	}
	if (q->id == COT_RID_STAGE) {
		stage(n, e, data);
		return COT_STAGE_RESULT_LEN;
	}
	cot_uds_put_err(data, q->id == COT_RID_ACTIVATE ? activate(n, e) : COT_OK);
	if (q->id == COT_RID_STATUS)
		return 2 + component_status(n, e, data + 2);
	if (q->id == COT_RID_REPORT)
		return 2 + report_of(n, e, data + 2, COT_UDS_MAX - 16);
	return 2;
}

static uint8_t begin_transfer(struct sim_node *n, const struct cot_uds_request *q)
{
	if (q->sid == COT_UDS_DOWNLOAD) {
		n->name[0] = '\0';
		return n->sending == NULL || q->offset != n->sending->have ? COT_NRC_SEQUENCE : 0;
	}
	snprintf(n->name, sizeof(n->name), "%.*s", (int)q->name.len, (const char *)q->name.ptr);
	n->file_len = 0;
	n->file = realloc(n->file, q->size + 1);
	n->file_room = q->size;
	return 0;
}

static uint8_t take_block(struct sim_node *n, struct cot_slice data)
{
	if (n->burst > 0 && --n->burst == 0)
		n->dead = true;
	if (n->name[0] != '\0') {
		must(n->file_len + data.len <= n->file_room);
		memcpy(n->file + n->file_len, data.ptr, data.len);
		n->file_len += data.len;
		return 0;
	}
	must(n->sending->have + data.len <= SIM_NODE_IMAGE);
	memcpy(n->sending->image + n->sending->have, data.ptr, data.len);
	n->sending->have += (uint32_t)data.len;
	return 0;
}

static uint8_t end_transfer(struct sim_node *n)
{
	if (n->name[0] != '\0') {
		take_file(n);
		return 0;
	}
	n->last = finish_image(n);
	return n->last == COT_OK ? 0 : COT_NRC_PROGRAMMING;
}

static uint8_t enter(struct sim_node *n, uint8_t sub)
{
	if (sub == COT_UDS_SESSION_PROGRAMMING && n->refuses_session) {
		n->last = COT_E_PRECONDITION;
		return COT_NRC_CONDITIONS;
	}
	if (sub == COT_UDS_SESSION_PROGRAMMING && n->mode == COT_MODE_APPLICATION) {
		n->mode = COT_MODE_LOADER;
		randombytes_buf(n->nonce, sizeof(n->nonce));
	} else if (sub == COT_UDS_SESSION_DEFAULT) {
		reset(n);
	}
	return 0;
}

static uint8_t read_data(struct sim_node *n, uint16_t id, uint8_t *data, size_t *ret_len)
{
	if (id == COT_DID_STATUS) {
		*ret_len = node_status(n, data);
	} else if (id == COT_DID_NONCE && n->mode == COT_MODE_LOADER) {
		memcpy(data, n->nonce, COT_NONCE_LEN);
		*ret_len = COT_NONCE_LEN;
	} else {
		return COT_NRC_RANGE;
	}
	return 0;
}

/* The negative response code, and data in *ret. */
static uint8_t serve(struct sim_node *n, const struct cot_uds_request *q,
                     struct cot_uds_response *ret, uint8_t *data)
{
	size_t len = 0;
	uint8_t nrc = 0;

	switch (q->sid) {
	case COT_UDS_SESSION:
		nrc = enter(n, q->sub);
		break;
	case COT_UDS_RESET:
		reset(n);
		break;
	case COT_UDS_READ:
		nrc = read_data(n, q->id, data, &len);
		break;
	case COT_UDS_ROUTINE:
		if (n->no_report && q->id == COT_RID_REPORT)
			nrc = COT_NRC_SERVICE;
		else
			len = routine(n, q, data);
		break;
	case COT_UDS_DOWNLOAD:
	case COT_UDS_FILE:
		nrc = begin_transfer(n, q);
		ret->block = BLOCK;
		break;
	case COT_UDS_TRANSFER:
		nrc = take_block(n, q->data);
		break;
	case COT_UDS_EXIT:
		nrc = end_transfer(n);
		break;
	default:
		break;
	}
	ret->data = cot_slice(data, len);
	return nrc;
}

static void note_request(struct sim_node *n, const struct cot_uds_request *q)
{
	char word[300];

	if (q->sid == COT_UDS_TRANSFER || q->sid == COT_UDS_PRESENT)
		return;
	if (q->sid == COT_UDS_FILE)
		snprintf(word, sizeof(word), "38:%.*s", (int)q->name.len,
		         (const char *)q->name.ptr);
	else if (q->sid == COT_UDS_DOWNLOAD)
		snprintf(word, sizeof(word), "34@%u", q->offset);
	else if (q->sid == COT_UDS_READ || q->sid == COT_UDS_ROUTINE)
		snprintf(word, sizeof(word), "%02X%04X", q->sid, q->id);
	else
		snprintf(word, sizeof(word), "%02X%02X", q->sid, q->sub);
	note(n, word);
}

static void owe(struct sim_node *n, const uint8_t *bytes, size_t len, uint64_t at)
{
	memcpy(n->owed, bytes, len);
	n->owed_len = len;
	n->owed_ms = at;
}

static void say(struct sim_node *n, const uint8_t *bytes, size_t len, uint64_t now)
{
	must(len <= sizeof(n->out));
	memmove(n->out, bytes, len);
	must(cot_link_send(n->link, cot_slice(n->out, len), now) == COT_OK);
}

static void answer(struct sim_node *n, struct cot_slice pdu, uint64_t now)
{
	static uint8_t data[COT_UDS_MAX], bytes[COT_UDS_MAX];
	struct cot_uds_request q;
	struct cot_uds_response r;
	const uint8_t pending[] = { 0x7F, pdu.ptr[0], COT_NRC_PENDING };
	uint8_t nrc;
	size_t len;

	if (n->busy_for_ever) {
		say(n, pending, sizeof(pending), now);
		owe(n, pending, sizeof(pending), now + 1000);
		return;
	}
	memset(&r, 0, sizeof(r));
	r.nrc = 0;
	if (cot_uds_parse_request(pdu, &q, &nrc) == COT_OK) {
		note_request(n, &q);
		nrc = serve(n, &q, &r, data);
		if (q.suppress)
			return;
	}
	r.sid = q.sid;
	r.sub = q.sub;
	r.id = q.id;
	r.counter = q.counter;
	r.nrc = nrc;
	must(cot_uds_build_response(&r, bytes, sizeof(bytes), &len) == COT_OK);
	if (!n->slow) {
		say(n, bytes, len, now);
		return;
	}
	say(n, pending, sizeof(pending), now);
	owe(n, bytes, len, now + SLOW_MS);
}

/* Returns whether anything was done. */
static bool work(struct sim_node *n, uint64_t now)
{
	struct cot_slice pdu;
	bool did = false;

	if (n->mode == COT_MODE_LOADER && now > n->session_ms + S3_MS) {
		n->mode = COT_MODE_APPLICATION;
		n->fresh_time = false;
		note(n, "S3");
	}
	if (n->owed_len > 0 && now >= n->owed_ms) {
		say(n, n->owed, n->owed_len, now);
		n->owed_ms = now + 1000;
		if (!n->busy_for_ever)
			n->owed_len = 0;
		did = true;
	}
	while (cot_link_poll(n->link, now, &pdu) == COT_OK) {
		n->session_ms = now;
		if (n->dead)
			continue;
		answer(n, pdu, now);
		did = true;
	}
	return did;
}

/* ---- the bus ----------------------------------------------------------------------- */

static uint64_t bus_now(void *ctx)
{
	const struct sim_bus *bus = ctx;

	return bus->now_ms;
}

static void bus_wait(void *ctx, struct cot_link *link, uint64_t until_ms)
{
	struct sim_bus *bus = ctx;
	struct pollfd p = { .fd = cot_transport_fd(link), .events = POLLIN };
	bool did = false;
	size_t i;

	for (i = 0; i < bus->count; i++)
		did = work(bus->nodes[i], bus->now_ms) || did;
	if (did || poll(&p, 1, 0) > 0)
		return;
	bus->now_ms = until_ms > bus->now_ms ? until_ms : bus->now_ms + 1;
}

struct sim_bus *sim_bus_new(const char *folder)
{
	struct sim_bus *bus = calloc(1, sizeof(*bus));

	must(bus != NULL);
	snprintf(bus->folder, sizeof(bus->folder), "%s", folder);
	bus->now_ms = 1000;
	bus->clock = (struct cot_transport_clock){ bus_now, bus_wait, bus };
	return bus;
}

void sim_bus_free(struct sim_bus *bus)
{
	size_t i;

	for (i = 0; i < bus->count; i++) {
		cot_transport_close(bus->nodes[i]->link);
		free(bus->nodes[i]->file);
		free(bus->nodes[i]->targets);
		free(bus->nodes[i]);
	}
	free(bus);
}

struct sim_node *sim_bus_add(struct sim_bus *bus, const char *name)
{
	struct sim_node *n = calloc(1, sizeof(*n));

	must(n != NULL && bus->count < sizeof(bus->nodes) / sizeof(bus->nodes[0]));
	snprintf(n->uri, sizeof(n->uri), "unix:%s/%s", bus->folder, name);
	must(cot_transport_open(n->uri, COT_TRANSPORT_SERVER, &n->link, NULL) == COT_OK);
	n->root_version = 1;
	bus->nodes[bus->count++] = n;
	return n;
}

struct sim_ecu *sim_node_ecu(struct sim_node *n, const char *serial, unsigned key)
{
	struct sim_ecu *e = &n->ecus[n->ecu_count++];

	snprintf(e->serial, sizeof(e->serial), "%s", serial);
	e->key = key;
	snprintf(e->filepath, sizeof(e->filepath), "factory.bin");
	return e;
}
