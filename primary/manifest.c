/* SPDX-License-Identifier: Apache-2.0
 *
 * The vehicle version manifest: see manifest.h.
 */
#include "primary/manifest.h"

#include "keys/encode.h"
#include "primary/reports.h"

#include <stdlib.h>
#include <string.h>

#define SEAL_MAX 2048u /* envelope around a signed part */

const char *cot_manifest_attack(enum cot_err last)
{
	enum cot_exit status = cot_err_exit(last);

	/* Slow retrieval and withheld time are attacks that look like a bad line
	 * (Uptane 5.4). */
	if (status == COT_EXIT_REFUSED || status == COT_EXIT_EXPIRED ||
	    status == COT_EXIT_ROLLBACK || status == COT_EXIT_DISAGREE ||
	    last == COT_E_SLOW || last == COT_E_NO_TIME || last == COT_E_TIME_NONCE)
		return cot_err_word(last);
	return "";
}

/* CHECK R14: the gateway signs with the key that its record gives it */
enum cot_err cot_manifest_check_signer(const struct cot_store *s,
                                       const struct cot_signer *signer)
{
	uint8_t listed[COT_SHA256_LEN], ours[COT_SHA256_LEN];
	struct cot_key key;
	enum cot_err err = cot_reports_key(s, s->provision.primary_serial, &key);

	if (err == COT_OK)
		err = cot_key_fingerprint(&key, s->crypto, listed);
	if (err != COT_OK)
		return err;
	cot_signer_public(signer, &key);
	err = cot_key_fingerprint(&key, s->crypto, ours);
	if (err != COT_OK)
		return err;
	return memcmp(listed, ours, COT_SHA256_LEN) == 0 ? COT_OK : COT_E_KEY_NOT_LISTED;
}

/* Signs body and writes the envelope; ret has room for body and SEAL_MAX. */
static enum cot_err seal(const struct cot_store *s, const struct cot_signer *signer,
                         struct cot_slice body, char *ret, size_t *ret_len)
{
	uint8_t id[COT_KEY_ID_LEN], sig[COT_MAX_SIG_LEN];
	char id_hex[COT_KEY_ID_TEXT];
	struct cot_seal made;
	struct cot_key key;
	size_t len;
	enum cot_err err = cot_signer_sign(signer, body, sig, sizeof(sig), &len);

	if (err != COT_OK)
		return err;
	cot_signer_key_id(signer, id);
	cot_hex_encode(cot_slice(id, sizeof(id)), id_hex);
	cot_signer_public(signer, &key);
	made.keyid_hex = cot_slice(id_hex, sizeof(id_hex));
	made.scheme = key.scheme;
	made.sig = cot_slice(sig, len);
	cot_hash_once(s->crypto, COT_HASH_SHA256, body, made.digest);
	return cot_seal_write(body, &made, ret, body.len + SEAL_MAX, ret_len);
}

/* The gateway's report of itself. */
static enum cot_err own_report(const struct cot_store *s, const struct cot_manifest_facts *facts,
                               const struct cot_inventory *row, char *ret, size_t *ret_len)
{
	char body[COT_MAX_REPORT];
	struct cot_report r = { .vehicle = s->provision.vehicle,
		                .ecu = s->provision.primary_serial,
		                .filepath = cot_slice_str(row->filepath),
		                .length = row->length,
		                .attack = cot_slice_str(cot_manifest_attack(facts->last)),
		                .state = cot_slice_str("idle"),
		                .app_trusted = true,
		                .time_s = facts->time_s,
		                .counter = s->state.manifest_counter };
	size_t len;
	enum cot_err err;

	memcpy(r.sha256, row->sha256, COT_SHA256_LEN);
	err = cot_report_compose(&r, body, sizeof(body), &len);
	return err == COT_OK ? seal(s, facts->signer, cot_slice(body, len), ret, ret_len) : err;
}

struct entry {
	const char *serial;
	struct cot_slice report;
};

static int by_serial(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->serial, ((const struct entry *)b)->serial);
}

/* Rows that have a report; the gateway's is own. */
static size_t collect(const struct cot_store *s, struct cot_slice own, struct entry *ret)
{
	const struct cot_state *state = &s->state;
	size_t count = 0, i;

	for (i = 0; i < state->ecu_count; i++) {
		struct entry *e = &ret[count];

		e->serial = state->ecus[i].serial;
		e->report = cot_slice(NULL, 0);
		if (cot_slice_is(s->provision.primary_serial, e->serial))
			e->report = own;
		else if (state->ecus[i].report[0] == '\0' ||
		         cot_store_get(s, state->ecus[i].report, &e->report) != COT_OK)
			continue;
		count++;
	}
	qsort(ret, count, sizeof(*ret), by_serial);
	return count;
}

static void append(char *text, size_t *len, struct cot_slice piece)
{
	memcpy(text + *len, piece.ptr, piece.len);
	*len += piece.len;
}

/* {"A":report,"B":report}; members in canonical order. */
static char *reports_object(const struct entry *entries, size_t count, size_t *ret_len)
{
	size_t max = 2, len = 0, i;
	char *text;

	for (i = 0; i < count; i++)
		max += strlen(entries[i].serial) + entries[i].report.len + 4;
	text = malloc(max);
	if (text == NULL)
		return NULL;
	text[len++] = '{';
	for (i = 0; i < count; i++) {
		if (i > 0)
			text[len++] = ',';
		text[len++] = '"';
		append(text, &len, cot_slice_str(entries[i].serial));
		append(text, &len, COT_SLICE("\":"));
		append(text, &len, entries[i].report);
	}
	text[len++] = '}';
	*ret_len = len;
	return text;
}

static char *all_reports(const struct cot_store *s, struct cot_slice own, size_t *ret_len)
{
	struct entry entries[COT_STATE_ECUS];
	size_t count = collect(s, own, entries);
	char *text = reports_object(entries, count, ret_len);
	size_t i;

	for (i = 0; i < count; i++) {
		if (entries[i].report.ptr != own.ptr)
			cot_fs_unmap(&entries[i].report);
	}
	return text;
}

static enum cot_err compose(const struct cot_store *s, const struct cot_manifest_facts *facts,
                            struct cot_slice reports, char **ret, size_t *ret_len)
{
	struct cot_manifest m = { .vehicle = s->provision.vehicle,
		                  .primary = s->provision.primary_serial,
		                  .attack = cot_slice_str(cot_manifest_attack(facts->last)),
		                  .reports = reports,
		                  .time_s = facts->time_s,
		                  .counter = s->state.manifest_counter };
	size_t room = reports.len + SEAL_MAX;
	char *body = malloc(room);
	char *text = malloc(room + SEAL_MAX);
	size_t len;
	enum cot_err err = body == NULL || text == NULL ? COT_E_MEMORY : COT_OK;

	if (err == COT_OK)
		err = cot_manifest_compose(&m, body, room, &len);
	if (err == COT_OK)
		err = seal(s, facts->signer, cot_slice(body, len), text, ret_len);
	free(body);
	if (err != COT_OK) {
		free(text);
		return err;
	}
	*ret = text;
	return COT_OK;
}

static enum cot_err raise_counter(struct cot_store *s)
{
	struct cot_state *next = malloc(sizeof(*next));
	enum cot_err err;

	if (next == NULL)
		return COT_E_MEMORY;
	*next = s->state;
	next->manifest_counter++;
	err = cot_store_save(s, next);
	free(next);
	return err;
}

static enum cot_err make(struct cot_store *s, const struct cot_manifest_facts *facts,
                         char **ret, size_t *ret_len)
{
	char own[COT_MAX_REPORT + SEAL_MAX];
	struct cot_inventory *row = cot_state_ecu(&s->state, s->provision.primary_serial);
	char *reports = NULL;
	size_t own_len = 0, len = 0;
	enum cot_err err = row == NULL ? COT_E_ECU_UNKNOWN : COT_OK;

	if (err == COT_OK)
		err = own_report(s, facts, row, own, &own_len);
	if (err == COT_OK) {
		reports = all_reports(s, cot_slice(own, own_len), &len);
		err = reports == NULL ? COT_E_MEMORY : COT_OK;
	}
	if (err == COT_OK)
		err = compose(s, facts, cot_slice(reports, len), ret, ret_len);
	free(reports);
	return err;
}

enum cot_err cot_manifest_make(struct cot_store *s, const struct cot_manifest_facts *facts,
                               char **ret, size_t *ret_len)
{
	enum cot_err err = raise_counter(s);

	if (err == COT_OK)
		err = make(s, facts, ret, ret_len);
	if (err != COT_OK)
		return err;
	err = cot_fs_replace(s->fs, s->dir, "manifest.json", cot_slice(*ret, *ret_len));
	if (err != COT_OK)
		free(*ret);
	return err;
}
