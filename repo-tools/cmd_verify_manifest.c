/* SPDX-License-Identifier: Apache-2.0
 *
 * cotter verify manifest: who says what of a vehicle, and does it hold?
 *
 * What the Director does with a vehicle version manifest (Uptane 5.4.2.1): the
 * manifest under the gateway's key, each report in it under its ECU's own key,
 * so that a hostile gateway can withhold a report but not write one.  Keys and
 * names come from the gateway's provisioning record.
 */
#include "metadata/provision.h"
#include "metadata/report.h"
#include "metadata/utc.h"
#include "repo-tools/folder.h"

#include <string.h>

struct row {
	char serial[COT_MAX_ID + 1];
	struct cot_report report; /* all zero if it could not be read */
	enum cot_err err;    /* COT_E_UNSUPPORTED: nobody but its key's holder can tell */
};

struct table {
	struct doc manifest_doc, record_doc;
	struct cot_manifest manifest;
	struct cot_provision record;
	unsigned int valid, unverified, count;
	enum cot_err first; /* what the first row that failed says */
	char who[COT_MAX_ID + 1];
	json_t *rows;
};

/* ---- the record ---------------------------------------------------------------------- */

static enum cot_err load_record(struct tool *t, struct table *v)
{
	struct cot_slice canon;
	struct cot_root root;
	const char *path;
	enum cot_err err = tool_need(t, "provision", &path);

	if (err == COT_OK)
		err = doc_load(t, path, COT_MAX_TARGETS, &v->record_doc);
	if (err != COT_OK)
		return err;
	canon = v->record_doc.owned.doc.canon;
	err = cot_provision_parse(canon, &v->record);
	if (err == COT_OK)
		err = cot_provision_root(&v->record, 0, &cot_policy_uptane, &cot_crypto_full, &root);
	if (err == COT_OK)
		err = cot_provision_check_signed(canon, &root, &cot_crypto_full);
	if (err != COT_OK)
		return tool_fail(t, err, "%s", path);
	if (!v->record.primary) {
		tool_hint(t, "only the gateway's record lists the keys of all ECUs");
		return tool_fail(t, COT_E_RECORD, "%s is a secondary's record", path);
	}
	return COT_OK;
}

static enum cot_err find_ecu(const struct table *v, struct cot_slice serial,
                             struct cot_provision_ecu *ret)
{
	struct cot_json_iter it;
	enum cot_err err = cot_json_array(v->record.ecus, &it);

	while (err == COT_OK && cot_provision_next_ecu(&it, ret)) {
		if (cot_slice_eq(ret->serial, serial))
			return COT_OK;
	}
	return err == COT_OK ? COT_E_ECU_UNKNOWN : err;
}

/* An HMAC key is secret, so its record holds only its name. */
static enum cot_err find_key(const struct table *v, struct cot_slice serial, struct cot_key *ret)
{
	struct cot_provision_ecu ecu;
	struct cot_slice scheme;
	enum cot_err err = find_ecu(v, serial, &ecu);

	if (err == COT_OK)
		err = cot_key_parse(ecu.key, ret);
	if (err == COT_E_SCHEME && cot_json_member_string(ecu.key, "scheme", &scheme) == COT_OK &&
	    cot_scheme_from_name(scheme) == COT_SCHEME_HMAC_SHA256)
		return COT_E_UNSUPPORTED;
	return err;
}

/* ---- the manifest ---------------------------------------------------------------------- */

/* CHECK VM1: the manifest is of this vehicle and from its gateway */
static enum cot_err check_sender(const struct table *v)
{
	if (!cot_slice_eq(v->manifest.vehicle, v->record.vehicle))
		return COT_E_VEHICLE;
	return cot_slice_eq(v->manifest.primary, v->record.primary_serial) ? COT_OK
	       : COT_E_ECU_UNKNOWN;
}

/* CHECK VM2: the gateway's key signed the manifest */
static enum cot_err check_manifest_seal(const struct table *v)
{
	struct cot_key key;
	enum cot_err err = find_key(v, v->record.primary_serial, &key);

	return err == COT_OK ? cot_seal_check(v->manifest_doc.owned.doc.canon, &key,
	                                      &cot_crypto_full) : err;
}

static enum cot_err load_manifest(struct tool *t, struct table *v)
{
	const char *path = t->args.pos[0];
	enum cot_err err = doc_load(t, path, COT_MAX_TARGETS, &v->manifest_doc);

	if (err != COT_OK)
		return err;
	err = cot_manifest_parse_unverified(v->manifest_doc.owned.doc.canon, &v->manifest);
	return err == COT_OK ? COT_OK : tool_fail(t, err, "%s", path);
}

/* ---- reports ------------------------------------------------------------------------------ */

/* CHECK VM3: the report is the one of the ECU and vehicle it stands for */
static enum cot_err check_subject(const struct table *v, const struct row *r)
{
	if (!cot_slice_eq(r->report.vehicle, v->record.vehicle))
		return COT_E_VEHICLE;
	return cot_slice_is(r->report.ecu, r->serial) ? COT_OK : COT_E_ECU_UNKNOWN;
}

/* CHECK VM4: the ECU's own key signed the report */
static enum cot_err check_report_seal(const struct table *v, const struct row *r,
                                      struct cot_slice sealed)
{
	struct cot_key key;
	enum cot_err err = find_key(v, cot_slice_str(r->serial), &key);

	return err == COT_OK ? cot_seal_check(sealed, &key, &cot_crypto_full) : err;
}

/* What an ECU wrote goes to a terminal: nothing but printable characters. */
static void clean(struct cot_slice text, char *ret, size_t max)
{
	size_t i;

	if (text.len == 0)
		text = COT_SLICE("-");
	for (i = 0; i < text.len && i + 1 < max; i++)
		ret[i] = text.ptr[i] > 0x20 && text.ptr[i] < 0x7f ? (char)text.ptr[i] : '?';
	ret[i] = 0;
}

static void judge(const struct table *v, struct cot_slice serial, struct row *r)
{
	struct cot_slice sealed;

	memset(r, 0, sizeof(*r));
	clean(serial, r->serial, sizeof(r->serial));
	r->err = cot_manifest_report(&v->manifest, serial, &sealed);
	if (r->err == COT_E_NOT_FOUND)
		r->err = COT_E_ECU_SILENT;
	if (r->err != COT_OK)
		return;
	r->err = cot_report_parse_unverified(sealed, &r->report);
	if (r->err != COT_OK)
		memset(&r->report, 0, sizeof(r->report));
	if (r->err == COT_OK)
		r->err = check_subject(v, r);
	if (r->err == COT_OK)
		r->err = check_report_seal(v, r, sealed);
}

static const char *verdict_of(const struct row *r)
{
	return r->err == COT_OK ? "valid" : r->err == COT_E_UNSUPPORTED ? "unverified"
	       : cot_err_word(r->err);
}

static void count(struct table *v, const struct row *r)
{
	v->count++;
	v->valid += r->err == COT_OK ? 1 : 0;
	v->unverified += r->err == COT_E_UNSUPPORTED ? 1 : 0;
	if (r->err == COT_OK || r->err == COT_E_UNSUPPORTED || v->first != COT_OK)
		return;
	v->first = r->err;
	memcpy(v->who, r->serial, sizeof(v->who));
}

static void print_row(struct tool *t, struct table *v, const struct row *r)
{
	char when[COT_UTC_LEN + 1] = "-", image[COT_MAX_NAME + 1];
	char state[COT_MAX_ID + 1], attack[COT_MAX_ID + 1];

	clean(r->report.filepath, image, sizeof(image));
	clean(r->report.state, state, sizeof(state));
	clean(r->report.attack, attack, sizeof(attack));
	if (r->report.time_s > 0)
		cot_utc_format(r->report.time_s, when);
	if (t->json)
		json_array_append_new(v->rows, json_pack("{s:s,s:I,s:s,s:s,s:s,s:s,s:s}", "attack",
		        attack, "counter", (json_int_t)r->report.counter, "image", image, "serial",
		        r->serial, "state", state, "time", when, "verdict", verdict_of(r)));
	else
		printf("%-12s %-24s %7llu %-9s %-16s %-20s %s\n", r->serial, image,
		       (unsigned long long)r->report.counter, state, attack, when, verdict_of(r));
}

/* Every ECU of the vehicle, heard or not, then whoever else has written. */
static enum cot_err all_rows(struct tool *t, struct table *v)
{
	struct cot_provision_ecu ecu;
	struct cot_json_iter it;
	struct cot_slice serial, sealed;
	struct row r;
	enum cot_err err = cot_json_array(v->record.ecus, &it);

	if (!t->json)
		printf("%-12s %-24s %7s %-9s %-16s %-20s %s\n", "ECU", "image", "counter", "state",
		       "attack", "knows time", "verdict");
	while (err == COT_OK && cot_provision_next_ecu(&it, &ecu)) {
		judge(v, ecu.serial, &r);
		count(v, &r);
		print_row(t, v, &r);
	}
	if (err == COT_OK)
		err = cot_json_object(v->manifest.reports, &it);
	while (err == COT_OK && cot_json_next_member(&it, &serial, &sealed)) {
		if (find_ecu(v, serial, &ecu) == COT_OK)
			continue;
		judge(v, serial, &r);
		r.err = COT_E_ECU_UNKNOWN;
		count(v, &r);
		print_row(t, v, &r);
	}
	return err == COT_OK ? COT_OK : tool_fail(t, err, "%s", t->args.pos[0]);
}

/* ---- the verdict ----------------------------------------------------------------------------- */

static enum cot_err conclude(struct tool *t, struct table *v, enum cot_err sealed)
{
	enum cot_err err = sealed != COT_OK ? sealed : v->first;

	if (t->json) {
		json_t *all = json_pack("{s:s,s:O,s:I,s:I,s:I}", "manifest", cot_err_word(sealed),
		                        "ecus", v->rows, "reports", (json_int_t)v->count, "valid",
		                        (json_int_t)v->valid, "unverified",
		                        (json_int_t)v->unverified);

		json_dumpf(all, stdout, JSON_COMPACT | JSON_SORT_KEYS);
		putchar('\n');
		json_decref(all);
	} else {
		printf("manifest: %u of %u reports valid", v->valid, v->count);
		if (v->unverified > 0)
			printf(", %u unverified (HMAC)", v->unverified);
		printf("%s\n", sealed == COT_OK ? "" : ", but the manifest itself is not");
	}
	if (err == COT_OK)
		return COT_OK;
	if (sealed != COT_OK)
		tool_fail(t, err, "%s", t->args.pos[0]);
	else
		tool_fail(t, err, "report of ECU %s", v->who);
	t->status = COT_EXIT_REFUSED;
	return COT_OK;
}

static enum cot_err run(struct tool *t)
{
	struct table v;
	enum cot_err err, sealed;

	memset(&v, 0, sizeof(v));
	v.rows = json_array();
	err = load_record(t, &v);
	if (err == COT_OK)
		err = load_manifest(t, &v);
	if (err == COT_OK) {
		sealed = check_sender(&v);
		if (sealed == COT_OK)
			sealed = check_manifest_seal(&v);
		err = all_rows(t, &v);
		if (err == COT_OK)
			err = conclude(t, &v, sealed);
	}
	json_decref(v.rows);
	doc_free(&v.manifest_doc);
	doc_free(&v.record_doc);
	return err;
}

static const struct option_row options[] = {
	{ "provision", 'p', "FILE", false, "provisioning record of the gateway" },
	TOOL_END
};

const struct command cmd_verify_manifest = {
	"verify manifest", "FILE --provision RECORD",
	"Verify a vehicle version manifest and each report in it",
	"The manifest is verified under the gateway's key, every report under the key of\n"
	"the ECU it comes from; both from the record. An ECU that sent nothing counts as\n"
	"not valid. HMAC reports are shown as unverified: only the Director holds their\n"
	"keys. Status 10 if anything does not hold.",
	1, 1, options, run
};
