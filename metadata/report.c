/* SPDX-License-Identifier: Apache-2.0
 *
 * Version reports and the vehicle version manifest: see report.h.
 */
#include "metadata/report.h"
#include "keys/encode.h"
#include "keys/text.h"
#include "metadata/name.h"
#include "metadata/snapshot.h"
#include "metadata/utc.h"

#include <string.h>

#define REPORT_TYPE "ecu_version_report"
#define MANIFEST_TYPE "vehicle_version_manifest"

/* ---- writing ------------------------------------------------------------------- */

static struct cot_slice number(uint64_t value, char ret[20])
{
	return cot_slice(ret, cot_decimal_write(value, ret));
}

static struct cot_slice time_text(int64_t s, char ret[COT_UTC_LEN])
{
	cot_utc_format(s, ret);
	return cot_slice(ret, COT_UTC_LEN);
}

/* Words and states are written by us, names were checked where they came from;
 * here is the last place that keeps a quote out of a signed text. */
static bool is_plain(struct cot_slice text)
{
	size_t i;

	for (i = 0; i < text.len; i++) {
		if (text.ptr[i] < 0x20 || text.ptr[i] > 0x7e || text.ptr[i] == '"' ||
		    text.ptr[i] == '\\')
			return false;
	}
	return true;
}

static const char report_form[] =
	"{\"_type\":\"" REPORT_TYPE "\",\"attacks_detected\":\"$\",\"counter\":$,"
	"\"custom\":{\"appTrusted\":$,\"state\":\"$\"},\"ecu_serial\":\"$\","
	"\"installed_image\":{\"fileinfo\":{\"hashes\":{\"sha256\":\"~\"},\"length\":$},"
	"\"filepath\":\"$\"},\"timeserver_time\":\"$\",\"vehicleId\":\"$\"}";

enum cot_err cot_report_compose(const struct cot_report *r, char *ret, size_t max,
                                size_t *ret_len)
{
	struct cot_text t = { ret, max, 0, false };
	char counter[20], length[20], time[COT_UTC_LEN];
	const struct cot_slice values[] = {
		r->attack, number(r->counter, counter),
		r->app_trusted ? COT_SLICE("true") : COT_SLICE("false"), r->state, r->ecu,
		cot_slice(r->sha256, COT_SHA256_LEN), number(r->length, length), r->filepath,
		time_text(r->time_s, time), r->vehicle
	};

	if (!is_plain(r->attack) || !is_plain(r->state) || !is_plain(r->filepath) ||
	    cot_name_check_id(r->ecu) != COT_OK || cot_name_check_id(r->vehicle) != COT_OK)
		return COT_E_NAME;
	cot_text_form(&t, report_form, values);
	return cot_text_end(&t, ret_len);
}

static const char manifest_form[] =
	"{\"_type\":\"" MANIFEST_TYPE "\",\"attacks_detected\":\"$\",\"counter\":$,"
	"\"ecu_version_manifests\":$,\"primary_ecu_serial\":\"$\","
	"\"timeserver_time\":\"$\",\"vehicleId\":\"$\"}";

enum cot_err cot_manifest_compose(const struct cot_manifest *m, char *ret, size_t max,
                                  size_t *ret_len)
{
	struct cot_text t = { ret, max, 0, false };
	char counter[20], time[COT_UTC_LEN];
	const struct cot_slice values[] = { m->attack, number(m->counter, counter), m->reports,
		                            m->primary, time_text(m->time_s, time),
		                            m->vehicle };

	if (!is_plain(m->attack) || cot_name_check_id(m->primary) != COT_OK ||
	    cot_name_check_id(m->vehicle) != COT_OK)
		return COT_E_NAME;
	cot_text_form(&t, manifest_form, values);
	return cot_text_end(&t, ret_len);
}

static const char seal_form[] =
	"{\"signatures\":[{\"hash\":{\"digest\":\"~\",\"function\":\"sha256\"},"
	"\"keyid\":\"$\",\"method\":\"$\",\"sig\":\"~\"}],\"signed\":$}";

enum cot_err cot_seal_write(struct cot_slice body, const struct cot_seal *seal, char *ret,
                            size_t max, size_t *ret_len)
{
	struct cot_text t = { ret, max, 0, false };
	const struct cot_slice values[] = {
		cot_slice(seal->digest, COT_SHA256_LEN), seal->keyid_hex,
		cot_slice_str(cot_scheme_name(seal->scheme)), seal->sig, body
	};

	cot_text_form(&t, seal_form, values);
	return cot_text_end(&t, ret_len);
}

/* ---- reading --------------------------------------------------------------------- */

/* CHECK VR1: a report is no manifest and a manifest no report */
static enum cot_err check_type(struct cot_slice body, const char *name)
{
	return cot_body_is(body, name);
}

static enum cot_err read_id(struct cot_slice object, const char *name, struct cot_slice *ret)
{
	enum cot_err err = cot_json_member_string(object, name, ret);

	return err == COT_OK ? cot_name_check_id(*ret) : err;
}

static enum cot_err read_time(struct cot_slice body, int64_t *ret_s)
{
	struct cot_slice text;
	enum cot_err err = cot_json_member_string(body, "timeserver_time", &text);

	return err == COT_OK ? cot_utc_parse(text, ret_s) : err;
}

/* installed_image {fileinfo {hashes {sha256}, length}, filepath} */
static enum cot_err read_image(struct cot_slice body, struct cot_report *ret)
{
	struct cot_slice image, info, hashes;
	struct cot_hashes h;
	enum cot_err err = cot_json_member(body, "installed_image", &image);

	if (err == COT_OK)
		err = cot_json_member_string(image, "filepath", &ret->filepath);
	if (err == COT_OK)
		err = cot_json_member(image, "fileinfo", &info);
	if (err == COT_OK)
		err = cot_json_member_uint(info, "length", UINT64_MAX >> 1, &ret->length);
	if (err == COT_OK)
		err = cot_json_member(info, "hashes", &hashes);
	if (err == COT_OK)
		err = cot_hashes_parse(hashes, &h);
	if (err == COT_OK && !(h.known & COT_KNOWN_SHA256))
		err = COT_E_NO_STRONG_HASH;
	if (err == COT_OK)
		memcpy(ret->sha256, h.sha256, COT_SHA256_LEN);
	return err;
}

/* custom {appTrusted, state}: ours, so absent in reports of others. */
static enum cot_err read_custom(struct cot_slice body, struct cot_report *ret)
{
	struct cot_slice custom, value;
	enum cot_err err = cot_json_member(body, "custom", &custom);

	if (err == COT_E_MISSING)
		return COT_OK;
	if (err == COT_OK)
		err = cot_json_member_string(custom, "state", &ret->state);
	if (err == COT_OK)
		err = cot_json_member(custom, "appTrusted", &value);
	return err == COT_OK ? cot_json_bool(value, &ret->app_trusted) : err;
}

enum cot_err cot_report_parse_unverified(struct cot_slice canon, struct cot_report *ret)
{
	struct cot_envelope env;
	enum cot_err err = cot_envelope_parse(canon, COT_GRAMMAR_OLPC, &env);

	memset(ret, 0, sizeof(*ret));
	if (err == COT_OK)
		err = check_type(env.body, REPORT_TYPE);
	if (err == COT_OK)
		err = cot_json_member_string(env.body, "attacks_detected", &ret->attack);
	if (err == COT_OK)
		err = cot_json_member_uint(env.body, "counter", UINT64_MAX >> 1, &ret->counter);
	if (err == COT_OK)
		err = read_custom(env.body, ret);
	if (err == COT_OK)
		err = read_id(env.body, "ecu_serial", &ret->ecu);
	if (err == COT_OK)
		err = read_image(env.body, ret);
	if (err == COT_OK)
		err = read_time(env.body, &ret->time_s);
	if (err == COT_OK)
		err = read_id(env.body, "vehicleId", &ret->vehicle);
	return err;
}

enum cot_err cot_manifest_parse_unverified(struct cot_slice canon, struct cot_manifest *ret)
{
	struct cot_envelope env;
	enum cot_err err = cot_envelope_parse(canon, COT_GRAMMAR_OLPC, &env);

	memset(ret, 0, sizeof(*ret));
	if (err == COT_OK)
		err = check_type(env.body, MANIFEST_TYPE);
	if (err == COT_OK)
		err = cot_json_member_string(env.body, "attacks_detected", &ret->attack);
	if (err == COT_OK)
		err = cot_json_member_uint(env.body, "counter", UINT64_MAX >> 1, &ret->counter);
	if (err == COT_OK)
		err = cot_json_member(env.body, "ecu_version_manifests", &ret->reports);
	if (err == COT_OK && cot_json_type(ret->reports) != COT_JSON_OBJECT)
		err = COT_E_TYPE;
	if (err == COT_OK)
		err = read_id(env.body, "primary_ecu_serial", &ret->primary);
	if (err == COT_OK)
		err = read_time(env.body, &ret->time_s);
	if (err == COT_OK)
		err = read_id(env.body, "vehicleId", &ret->vehicle);
	return err;
}

enum cot_err cot_manifest_report(const struct cot_manifest *manifest, struct cot_slice serial,
                                 struct cot_slice *ret)
{
	enum cot_err err = cot_json_find(manifest->reports, serial, ret);

	if (err == COT_E_MISSING)
		return COT_E_NOT_FOUND;
	return err == COT_OK && cot_json_type(*ret) != COT_JSON_OBJECT ? COT_E_TYPE : err;
}

/* ---- verifying --------------------------------------------------------------------- */

/* CHECK VR2: the digest beside the signature is that of the signed part */
static enum cot_err check_digest(struct cot_slice entry, struct cot_slice body,
                                 const struct cot_crypto *crypto)
{
	uint8_t told[COT_SHA256_LEN], made[COT_SHA256_LEN];
	struct cot_slice hash, function, digest;
	size_t len;
	enum cot_err err = cot_json_member(entry, "hash", &hash);

	if (err == COT_OK)
		err = cot_json_member_string(hash, "function", &function);
	if (err == COT_OK)
		err = cot_json_member_string(hash, "digest", &digest);
	if (err != COT_OK)
		return err;
	if (!cot_slice_is(function, "sha256") ||
	    cot_hex_decode(digest, told, sizeof(told), &len) != COT_OK || len != sizeof(told))
		return COT_E_DIGEST;
	cot_body_digest(body, crypto, made);
	return memcmp(told, made, sizeof(made)) == 0 ? COT_OK : COT_E_DIGEST;
}

/* CHECK VR3: the method is the scheme bound to the ECU's key */
static enum cot_err check_method(struct cot_slice entry, const struct cot_key *key)
{
	struct cot_slice method;
	enum cot_err err = cot_json_member_string(entry, "method", &method);

	if (err != COT_OK)
		return err;
	if (key->scheme == COT_SCHEME_NONE || !cot_slice_is(method, cot_scheme_name(key->scheme)))
		return COT_E_SCHEME;
	return key->scheme == COT_SCHEME_HMAC_SHA256 ? COT_E_UNSUPPORTED : COT_OK;
}

/* CHECK VR4: the ECU's key signed it */
static enum cot_err check_signature(struct cot_slice entry, struct cot_slice body,
                                    const struct cot_key *key, const struct cot_crypto *crypto)
{
	struct cot_quorum quorum;
	struct cot_slice sig;
	enum cot_err err = cot_json_member_string(entry, "sig", &sig);

	if (err != COT_OK)
		return err;
	cot_quorum_init(&quorum, 1);
	do {
		err = cot_quorum_add(&quorum, crypto, key, sig, body);
	} while (err == COT_PENDING);
	return err == COT_OK ? COT_OK : COT_E_SIGNATURE;
}

enum cot_err cot_seal_check(struct cot_slice canon, const struct cot_key *key,
                            const struct cot_crypto *crypto)
{
	struct cot_envelope env;
	struct cot_json_iter it;
	struct cot_slice entry = { NULL, 0 };
	enum cot_err err = cot_envelope_parse(canon, COT_GRAMMAR_OLPC, &env);

	if (err == COT_OK)
		err = cot_json_array(env.signatures, &it);
	/* One ECU, one key, one entry; the first is it. */
	if (err == COT_OK && !cot_json_next_element(&it, &entry))
		err = COT_E_SIGNATURE;
	if (err == COT_OK)
		err = check_method(entry, key);
	if (err == COT_OK)
		err = check_digest(entry, env.body, crypto);
	if (err == COT_OK)
		err = check_signature(entry, env.body, key, crypto);
	return err;
}
