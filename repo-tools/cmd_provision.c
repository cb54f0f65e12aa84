/* SPDX-License-Identifier: Apache-2.0
 *
 * cotter provision: what one device is born with (metadata/provision.h).
 *
 * The record is put together from the working folder and judged here as the
 * device will judge it, before it is written: a record that a device would
 * refuse is found out in the factory's office and not on the line.
 */
#include "keys/encode.h"
#include "metadata/name.h"
#include "metadata/provision.h"
#include "metadata/utc.h"
#include "repo-tools/folder.h"

#include <stdlib.h>
#include <string.h>

struct making {
	const char *vehicle;
	const char *primary;   /* serial of the gateway */
	bool is_primary;
	json_t *tree;          /* vehicle.json */
	json_t *envelope;
	struct cot_build_provision record;
};

/* ---- factory images --------------------------------------------------------------- */

struct factory {
	char name[COT_MAX_NAME + 1];
	char file[TOOL_PATH];
	uint64_t counter;
};

/* SERIAL=NAME:FILE:COUNTER or SERIAL=NAME; FILE may hold colons. */
static enum cot_err split_image(const char *text, struct factory *ret)
{
	const char *name = strchr(text, '=') + 1;
	size_t len = strcspn(name, ":");
	const char *file = name + len, *last = strrchr(name, ':');

	memset(ret, 0, sizeof(*ret));
	if (len > COT_MAX_NAME || (*file == ':' && last == file))
		return COT_E_USAGE;
	memcpy(ret->name, name, len);
	if (*file == ':') {
		tool_path(ret->file, "%.*s", (int)(last - file - 1), file + 1);
		if (cot_decimal(cot_slice_str(last + 1), COT_MAX_VERSION, &ret->counter) != COT_OK)
			return COT_E_USAGE;
	}
	return cot_name_check_target(cot_slice_str(ret->name));
}

/* The --image of this ECU, NULL if none was given. */
static const char *image_option(struct tool *t, const char *serial)
{
	const char *text;
	size_t i, len = strlen(serial);

	for (i = 0; (text = args_nth(&t->args, "image", i)) != NULL; i++) {
		if (strncmp(text, serial, len) == 0 && text[len] == '=')
			return text;
	}
	return NULL;
}

static enum cot_err hash_from(const json_t *hashes, const char *name, uint8_t *ret, size_t max)
{
	const char *text = json_string_value(json_object_get(hashes, name));
	size_t len = 0;

	if (text == NULL)
		return COT_E_NO_STRONG_HASH;
	if (strlen(text) != 2 * max)
		return COT_E_ENCODING;
	return cot_hex_decode(cot_slice_str(text), ret, max, &len);
}

/* length and hashes, in the form that Targets and records share. */
static enum cot_err read_image(struct tool *t, const char *serial, const json_t *entry,
                               struct cot_build_ecu *ret)
{
	const json_t *hashes = json_object_get(entry, "hashes");
	struct cot_hashes *h = &ret->image.hashes;

	ret->image.length = (uint64_t)json_integer_value(json_object_get(entry, "length"));
	h->known = 0;
	if (hash_from(hashes, "sha256", h->sha256, sizeof(h->sha256)) == COT_OK)
		h->known |= COT_KNOWN_SHA256;
	if (hash_from(hashes, "sha512", h->sha512, sizeof(h->sha512)) == COT_OK)
		h->known |= COT_KNOWN_SHA512;
	return h->known & COT_KNOWN_SHA256 ? COT_OK
	       : tool_fail(t, COT_E_NO_STRONG_HASH, "ECU %s, factory image", serial);
}

/* Member `image` of an ECU in vehicle.json: as in the record, and `counter`. */
static enum cot_err image_from_vehicle(struct tool *t, const char *serial, const json_t *image,
                                       struct cot_build_ecu *ret)
{
	ret->filepath = json_string_value(json_object_get(image, "filepath"));
	if (ret->filepath == NULL) {
		tool_hint(t, "give --image SERIAL=NAME:FILE:COUNTER for each ECU of the record");
		return tool_fail(t, COT_E_MISSING, "ECU %s, the image it leaves the factory with",
		                 serial);
	}
	ret->counter = (uint64_t)json_integer_value(json_object_get(image, "counter"));
	return read_image(t, serial, image, ret);
}

/* An image that the Image repository has already: its entry says it all. */
static enum cot_err image_from_targets(struct tool *t, const struct factory *f,
                                       struct cot_build_ecu *ret)
{
	static const struct place image = { false, "" };
	const json_t *entry;
	struct doc d;
	enum cot_err err = doc_current(t, &image, COT_ROLE_TARGETS, &d);

	if (err != COT_OK)
		return tool_fail(t, err, "image/targets in %s", t->dir);
	entry = json_object_get(json_object_get(doc_signed(&d), "targets"), f->name);
	ret->counter = (uint64_t)json_integer_value(
		json_object_get(json_object_get(entry, "custom"), "releaseCounter"));
	if (entry == NULL) {
		tool_hint(t, "`cotter image list` shows the images; or give NAME:FILE:COUNTER");
		err = tool_fail(t, COT_E_NOT_FOUND, "image %s", f->name);
	} else {
		err = read_image(t, ret->serial, entry, ret);
	}
	doc_free(&d);
	return err;
}

static enum cot_err image_from_option(struct tool *t, const char *text, struct factory *f,
                                      struct cot_build_ecu *ret)
{
	uint8_t *bytes;
	size_t len;
	enum cot_err err = split_image(text, f);

	if (err != COT_OK) {
		tool_hint(t, "it is SERIAL=NAME:FILE:COUNTER, as in ECU-1=fw/ecu-1.0:ecu.bin:1, "
		          "or SERIAL=NAME of an image in the Image repository");
		return tool_fail(t, err, "--image %.100s", text);
	}
	ret->filepath = f->name;
	ret->counter = f->counter;
	if (f->file[0] == 0)
		return image_from_targets(t, f, ret);
	err = tool_read(t, f->file, COT_MAX_IMAGE, &bytes, &len);
	if (err != COT_OK)
		return err;
	cot_build_file_of(cot_slice(bytes, len), &cot_crypto_full, &ret->image);
	free(bytes);
	return COT_OK;
}

/* ---- ECUs --------------------------------------------------------------------------- */

static enum cot_err add_ecu(struct tool *t, struct making *m, const char *serial)
{
	const json_t *entry = json_object_get(json_object_get(m->tree, "ecus"), serial);
	json_t *key = json_object_get(entry, "key"), *built;
	struct cot_build_ecu ecu = { .serial = serial };
	const char *option = image_option(t, serial);
	struct factory factory;
	enum cot_err err;

	ecu.hardware_id = json_string_value(json_object_get(entry, "hardwareId"));
	if (ecu.hardware_id == NULL) {
		tool_hint(t, "`cotter vehicle list` shows the vehicle's ECUs, `vehicle add` adds one");
		return tool_fail(t, COT_E_ECU_UNKNOWN, "ECU %s of vehicle %s", serial, m->vehicle);
	}
	if (!json_is_object(key)) {
		tool_hint(t, "make one with `cotter key new --device` and name it in `vehicle add`");
		return tool_fail(t, COT_E_MISSING, "ECU %s has no key for its reports", serial);
	}
	err = option != NULL ? image_from_option(t, option, &factory, &ecu)
	      : image_from_vehicle(t, serial, json_object_get(entry, "image"), &ecu);
	if (err != COT_OK)
		return err;
	ecu.key = json_incref(key);
	built = cot_build_provision_ecu(&ecu);
	return json_array_append_new(m->record.ecus, built) == 0 ? COT_OK
	       : tool_fail(t, COT_E_MEMORY, "ECU %s", serial);
}

static enum cot_err add_own(struct tool *t, struct making *m)
{
	const char *serial = m->primary;
	size_t i = 0;
	enum cot_err err = COT_OK;

	if (args_has(&t->args, "ecu"))
		serial = args_nth(&t->args, "ecu", i++);
	else if (!m->is_primary)
		return tool_need(t, "ecu", &serial);
	for (; err == COT_OK && serial != NULL; serial = args_nth(&t->args, "ecu", i++)) {
		if (json_array_append_new(m->record.own, json_string(serial)) != 0)
			return tool_fail(t, COT_E_MEMORY, "ECU %s", serial);
		if (!m->is_primary)
			err = add_ecu(t, m, serial);
	}
	return err;
}

/* A gateway knows all ECUs of its vehicle, an ECU only itself. */
static enum cot_err add_ecus(struct tool *t, struct making *m)
{
	json_t *ecus = json_object_get(m->tree, "ecus"), *entry;
	const char *serial;
	enum cot_err err = add_own(t, m);

	if (err != COT_OK || !m->is_primary)
		return err;
	json_object_foreach(ecus, serial, entry) {
		err = add_ecu(t, m, serial);
		if (err != COT_OK)
			break;
	}
	return err;
}

/* A typing error must not leave an ECU with another image than was meant. */
static enum cot_err check_images_used(struct tool *t, const struct making *m)
{
	const char *text;
	size_t i;

	for (i = 0; (text = args_nth(&t->args, "image", i)) != NULL; i++) {
		char serial[COT_MAX_ID + 1] = "";
		size_t len = strcspn(text, "=");

		if (text[len] == '=' && len <= COT_MAX_ID)
			memcpy(serial, text, len);
		if (json_object_get(json_object_get(m->tree, "ecus"), serial) == NULL)
			return tool_fail(t, COT_E_ECU_UNKNOWN, "--image %.100s", text);
		if (image_option(t, serial) != text)
			return tool_fail(t, COT_E_USAGE, "--image for ECU %s twice", serial);
	}
	return COT_OK;
}

static enum cot_err find_primary(struct tool *t, struct making *m)
{
	const char *serial;
	json_t *entry;

	json_object_foreach(json_object_get(m->tree, "ecus"), serial, entry) {
		if (json_is_true(json_object_get(entry, "primary")))
			m->primary = serial;
	}
	if (m->primary != NULL)
		return COT_OK;
	tool_hint(t, "`cotter vehicle add` says which ECU is the gateway");
	return tool_fail(t, COT_E_MISSING, "vehicle %s has no primary", m->vehicle);
}

/* ---- documents ------------------------------------------------------------------------ */

/* Published, or for Root the draft: the first vehicle may be made before
 * anything is published, and what lacks signatures is refused below anyway. */
static enum cot_err add_document(struct tool *t, const struct place *p, enum cot_role role,
                                 json_t **ret)
{
	struct doc d;
	enum cot_err err = doc_published(t, p, role, &d);

	if (err == COT_E_NO_INPUT && !t->told && role != COT_ROLE_ROOT)
		return COT_OK;
	if (err == COT_E_NO_INPUT && !t->told)
		err = doc_current(t, p, role, &d);
	if (err != COT_OK) {
		tool_hint(t, "`cotter init` and `cotter sign` make the first Root");
		return tool_fail(t, err, "%s", place_role(p, role));
	}
	*ret = json_incref(d.tree);
	doc_free(&d);
	return COT_OK;
}

static enum cot_err add_repository(struct tool *t, const struct making *m, json_t *record,
                                   bool director)
{
	const uint8_t roles = m->is_primary ? COT_ROLES_FULL : COT_ROLES_PARTIAL;
	json_t *doc[COT_ROLE_COUNT] = { NULL };
	struct place p = { .director = director };
	int role;
	enum cot_err err = COT_OK;

	if (director)
		memcpy(p.vehicle, m->vehicle, strlen(m->vehicle) + 1);
	for (role = 0; err == COT_OK && role < COT_ROLE_COUNT; role++) {
		if (roles & COT_ROLE_BIT(role))
			err = add_document(t, &p, (enum cot_role)role, &doc[role]);
	}
	if (err == COT_OK) {
		err = cot_build_provision_repo(record, place_repository(&p), roles, doc);
		if (err != COT_OK)
			tool_fail(t, err, "%s", place_repository(&p));
	}
	for (role = 0; role < COT_ROLE_COUNT; role++)
		json_decref(doc[role]);
	return err;
}

/* ---- the record ------------------------------------------------------------------------- */

static enum cot_err read_options(struct tool *t, struct making *m)
{
	const char *role, *out, *time = args_get(&t->args, "time");
	uint64_t number = 1;
	enum cot_err err = tool_need(t, "role", &role);

	if (err == COT_OK && strcmp(role, "primary") != 0 && strcmp(role, "secondary") != 0)
		err = tool_fail(t, COT_E_USAGE, "--role %.40s is neither primary nor secondary", role);
	if (err == COT_OK)
		err = tool_need(t, "vehicle", &m->vehicle);
	if (err == COT_OK)
		err = tool_need(t, "out", &out);
	if (err == COT_OK)
		err = tool_number(t, "number", COT_MAX_VERSION, &number);
	if (err == COT_OK && number == 0)
		err = tool_fail(t, COT_E_USAGE, "--number 0, the first record is 1");
	if (err != COT_OK)
		return err;
	m->is_primary = strcmp(role, "primary") == 0;
	m->record.number = (uint32_t)number;
	m->record.primary = m->is_primary;
	m->record.vehicle = m->vehicle;
	m->record.time_s = t->now_s;
	if (time != NULL && cot_utc_parse(cot_slice_str(time), &m->record.time_s) != COT_OK)
		return tool_fail(t, COT_E_USAGE, "--time %.40s is not YYYY-MM-DDTHH:MM:SSZ", time);
	if (!t->force && tool_exists(out))
		return tool_fail(t, COT_E_EXISTS, "%s", out);
	return COT_OK;
}

static enum cot_err make_record(struct tool *t, struct making *m)
{
	json_t *body;
	enum cot_err err = vehicle_load(t, m->vehicle, &m->tree);

	if (err == COT_OK)
		err = find_primary(t, m);
	if (err == COT_OK)
		err = check_images_used(t, m);
	m->record.primary_serial = m->primary;
	m->record.ecus = json_array();
	m->record.own = json_array();
	if (err == COT_OK)
		err = add_ecus(t, m);
	body = cot_build_provision(&m->record); /* takes the lists over */
	m->envelope = cot_build_envelope(body);
	if (err == COT_OK && m->envelope == NULL)
		err = tool_fail(t, COT_E_MEMORY, "record");
	if (err == COT_OK)
		err = add_repository(t, m, body, true);
	if (err == COT_OK && m->is_primary)
		err = add_repository(t, m, body, false);
	return err;
}

static enum cot_err sign_with(struct tool *t, struct making *m, const char *uri)
{
	uint8_t id[COT_KEY_ID_LEN], sig[COT_MAX_SIG_LEN];
	size_t len = 0, sig_len = 0;
	struct cot_signer *signer;
	char *text = NULL;
	enum cot_err err = tool_signer(t, uri, &signer);

	if (err != COT_OK)
		return err;
	err = cot_build_signed_text(m->envelope, &text, &len);
	if (err == COT_OK)
		err = cot_signer_sign(signer, cot_slice(text, len), sig, sizeof(sig), &sig_len);
	cot_signer_key_id(signer, id);
	if (err == COT_OK)
		err = cot_build_add_signature(m->envelope, id, cot_slice(sig, sig_len));
	cot_signer_close(signer);
	free(text);
	return err == COT_OK ? COT_OK : tool_fail(t, err, "key %s", uri);
}

/* ---- judged as the device will ------------------------------------------------------------ */

static enum cot_err check_keys_listed(struct tool *t, const struct making *m,
                                      const struct cot_root *root)
{
	const json_t *list = json_object_get(m->envelope, "signatures");
	struct cot_role_keys keys;
	struct cot_key key;
	size_t i;
	enum cot_err err = cot_root_role(root, COT_ROLE_ROOT, &keys);

	for (i = 0; err == COT_OK && i < json_array_size(list); i++) {
		const char *id = json_string_value(json_object_get(json_array_get(list, i), "keyid"));

		err = cot_role_key(&keys, cot_slice_str(id), &key);
		if (err != COT_OK)
			return tool_fail(t, err, "--key %s is not a key of Director Root",
			                 args_nth(&t->args, "key", i));
	}
	return err;
}

static enum cot_err judge(struct tool *t, const struct making *m, struct cot_slice text)
{
	struct cot_provision p;
	struct cot_trust trust;
	struct cot_root root;
	bool draft = args_has(&t->args, "draft");
	enum cot_err err = cot_provision_parse(text, &p);

	if (err == COT_OK)
		err = cot_provision_root(&p, 0, &cot_policy_uptane, &cot_crypto_full, &root);
	if (err != COT_OK)
		return tool_fail(t, err, "record");
	err = check_keys_listed(t, m, &root);
	if (err != COT_OK)
		return err;
	if (!draft)
		err = cot_provision_check_signed(text, &root, &cot_crypto_full);
	if (err == COT_E_SIG_THRESHOLD)
		tool_hint(t, "give --key once per key of Director Root, or --draft and sign later");
	if (err != COT_OK)
		return tool_fail(t, err, "record");
	err = cot_provision_trust(&p, &cot_policy_uptane, &cot_crypto_full, &trust);
	if (err != COT_OK)
		return tool_fail(t, err, "a document in the record");
	return COT_OK;
}

static void say(struct tool *t, const struct making *m, const char *out, size_t len)
{
	size_t count = json_array_size(json_object_get(m->envelope, "signatures"));

	if (t->json) {
		json_t *row = json_pack("{s:I,s:s,s:I,s:s,s:I,s:s}", "bytes", (json_int_t)len,
		                        "file", out, "number", (json_int_t)m->record.number,
		                        "role", m->is_primary ? "primary" : "secondary",
		                        "signatures", (json_int_t)count, "vehicle", m->vehicle);

		json_dumpf(row, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(row);
		return;
	}
	printf("%s: %s of %s, number %u, %zu bytes, %zu signature%s%s\n", out,
	       m->is_primary ? "primary" : "secondary", m->vehicle, m->record.number, len,
	       count, count == 1 ? "" : "s",
	       args_has(&t->args, "draft") ? ", not checked" : ", verified as the device will");
	if (args_has(&t->args, "draft"))
		tool_next(t, "cotter sign %s --key FILE, once per key of Director Root", out);
}

static enum cot_err write_record(struct tool *t, struct making *m)
{
	const char *key, *out = args_get(&t->args, "out");
	char *text = NULL;
	size_t i, len = 0;
	enum cot_err err = COT_OK;

	for (i = 0; err == COT_OK && (key = args_nth(&t->args, "key", i)) != NULL; i++)
		err = sign_with(t, m, key);
	if (err != COT_OK)
		return err;
	err = cot_canon_dump(m->envelope, COT_GRAMMAR_OLPC, &text, &len);
	if (err != COT_OK)
		return tool_fail(t, err, "record");
	err = judge(t, m, cot_slice(text, len));
	if (err == COT_OK)
		err = tool_write(t, out, cot_slice(text, len), t->force);
	if (err == COT_OK)
		say(t, m, out, len);
	free(text);
	return err;
}

static enum cot_err run(struct tool *t)
{
	struct making m;
	enum cot_err err;

	memset(&m, 0, sizeof(m));
	err = read_options(t, &m);
	if (err == COT_OK)
		err = make_record(t, &m);
	if (err == COT_OK)
		err = write_record(t, &m);
	json_decref(m.envelope);
	json_decref(m.tree);
	return err;
}

static const struct option_row options[] = {
	{ "role", 0, "ROLE", false, "primary (full verification) or secondary (partial)" },
	{ "vehicle", 0, "ID", false, "the vehicle, as added with `vehicle add`" },
	{ "ecu", 'e', "SERIAL", true, "what the device is; default of a primary: the gateway" },
	{ "key", 'k', "FILE", true, "secret key of Director Root" },
	{ "out", 'o', "FILE", false, "where the record goes" },
	{ "image", 0, "SERIAL=NAME[:FILE:N]", true, "image an ECU leaves the factory with, N its counter" },
	{ "time", 0, "TIME", false, "no signed time before this is believed (default: now)" },
	{ "number", 0, "N", false, "rises with every record of the device (default: 1)" },
	{ "draft", 0, NULL, false, "write it though signatures are missing" },
	TOOL_END
};

const struct command cmd_provision = {
	"provision", "--role ROLE --vehicle ID --ecu SERIAL --key FILE... -o FILE",
	"Make the signed record that a device is born with",
	"A primary gets both repositories' Root and whatever else is published, and the\n"
	"list of all ECUs of its vehicle. A secondary gets Director Root and Targets and\n"
	"itself. The record is verified as the device will do it before it is written,\n"
	"in the canonical form that devices read. No secret key is in it: the ECU's own\n"
	"key file travels beside it. The image an ECU has already is --image\n"
	"SERIAL=NAME:FILE:COUNTER, or SERIAL=NAME of one in the Image repository, or else\n"
	"member `image` {counter, filepath, hashes, length} of the ECU in vehicle.json.",
	0, 0, options, run
};
