/* SPDX-License-Identifier: Apache-2.0
 *
 * cotter vehicle add, vehicle list, assign, unassign: whom the Director orders
 * what.
 */
#include "keys/encode.h"
#include "keys/host/keyfile.h"
#include "metadata/name.h"
#include "repo-tools/image.h"
#include "repo-tools/words.h"

#include <string.h>

/* "SERIAL=HARDWARE[,KEYFILE]" into vehicle.json's form. */
static enum cot_err take_ecu(struct tool *t, json_t *ecus, const char *text, bool primary)
{
	const char *equals = strchr(text, '='), *comma = equals ? strchr(equals, ',') : NULL;
	char serial[COT_MAX_ID + 1] = { 0 }, hwid[COT_MAX_ID + 1] = { 0 };
	size_t n = equals ? (size_t)(equals - text) : 0;
	size_t m = !equals ? 0 : comma ? (size_t)(comma - equals - 1) : strlen(equals + 1);
	struct cot_pubkey pub;
	json_t *key = json_null();
	enum cot_err err = COT_OK;

	if (cot_name_check_id(cot_slice(text, n)) != COT_OK ||
	    cot_name_check_id(cot_slice(equals ? equals + 1 : text, m)) != COT_OK) {
		tool_hint(t, "write SERIAL=HARDWARE-ID,PUBLIC-KEY-FILE");
		return tool_fail(t, COT_E_NAME, "ECU %.100s", text);
	}
	memcpy(serial, text, n);
	memcpy(hwid, equals + 1, m);
	if (comma != NULL)
		err = public_read(t, comma + 1, &pub);
	if (err != COT_OK)
		return err;
	if (comma != NULL)
		key = cot_build_key(&pub.key);
	if (json_object_set_new(ecus, serial, json_pack("{s:s,s:o,s:b}", "hardwareId", hwid, "key",
	                                                key, "primary", primary)) != 0)
		return tool_fail(t, COT_E_MEMORY, "ECU %s", serial);
	return COT_OK;
}

static enum cot_err first_orders(struct tool *t, const char *vehicle)
{
	struct place p = { .director = true };
	struct cot_build_head head = { 1, 0, "director", vehicle };
	json_t *body;
	enum cot_err err = tool_expires(t, role_days(COT_ROLE_TARGETS), &head.expires_s);

	snprintf(p.vehicle, sizeof(p.vehicle), "%.64s", vehicle);
	if (err != COT_OK || place_newest(t, &p, COT_ROLE_TARGETS) > 0)
		return err;
	head.version = place_next(t, &p, COT_ROLE_TARGETS);
	body = cot_build_targets(&head);
	err = draft_save(t, &p, COT_ROLE_TARGETS, body);
	json_decref(body);
	return err;
}

static enum cot_err run_add(struct tool *t)
{
	const char *vehicle = t->args.pos[0], *text;
	char path[TOOL_PATH];
	struct place p;
	enum cot_role role;
	json_t *ecus = json_object(), *tree = json_pack("{s:o}", "ecus", ecus);
	size_t i;
	enum cot_err err = COT_OK;

	tool_path(path, "director/%s", vehicle);
	if (cot_name_check_id(cot_slice_str(vehicle)) != COT_OK ||
	    place_parse(path, &p, &role) != COT_OK || !p.vehicle[0] || role != COT_ROLE_COUNT)
		err = tool_fail(t, COT_E_NAME, "vehicle %.80s", vehicle);
	text = args_get(&t->args, "primary");
	if (err == COT_OK && text == NULL)
		err = tool_fail(t, COT_E_USAGE, "--primary is needed: the gateway's own ECU");
	if (err == COT_OK)
		err = take_ecu(t, ecus, text, true);
	for (i = 0; err == COT_OK && (text = args_nth(&t->args, "ecu", i)) != NULL; i++)
		err = take_ecu(t, ecus, text, false);
	if (err == COT_OK)
		err = vehicle_save(t, vehicle, tree, t->force);
	if (err == COT_OK)
		err = first_orders(t, vehicle);
	if (err == COT_OK) {
		printf("vehicle %s has %zu ECUs\n", vehicle, json_object_size(ecus));
		tool_next(t, "cotter assign %s ECU IMAGE, or cotter provision", vehicle);
	}
	json_decref(tree);
	return err;
}

static enum cot_err list_one(struct tool *t, const char *vehicle)
{
	json_t *tree, *ecus, *value;
	const char *serial;
	enum cot_err err = vehicle_load(t, vehicle, &tree);

	if (err != COT_OK)
		return err;
	ecus = json_object_get(tree, "ecus");
	printf("vehicle %s\n", vehicle);
	json_object_foreach(ecus, serial, value) {
		printf("  %-20s %-20s %s%s\n", serial,
		       json_string_value(json_object_get(value, "hardwareId")),
		       json_is_true(json_object_get(value, "primary")) ? "primary" : "secondary",
		       json_is_null(json_object_get(value, "key")) ? ", no key" : "");
	}
	json_decref(tree);
	return COT_OK;
}

static enum cot_err run_list(struct tool *t)
{
	char **list;
	size_t count, i;
	enum cot_err err = vehicles(t, &list, &count);

	if (err != COT_OK)
		return err;
	for (i = 0; err == COT_OK && i < count; i++)
		err = list_one(t, list[i]);
	if (count == 0)
		tool_next(t, "cotter vehicle add VEHICLE --primary SERIAL=HARDWARE,KEY");
	vehicles_free(list, count);
	return err;
}

/* ---- orders --------------------------------------------------------------------------- */

struct order {
	struct place place;
	const char *ecu;
	char hwid[COT_MAX_ID + 1];
	json_t *body;
};

static enum cot_err open_orders(struct tool *t, struct order *o)
{
	json_t *tree, *ecu;
	int64_t expires_s;
	enum cot_err err;

	memset(o, 0, sizeof(*o));
	o->place.director = true;
	o->ecu = t->args.pos[1];
	err = vehicle_load(t, t->args.pos[0], &tree);
	if (err != COT_OK)
		return err;
	snprintf(o->place.vehicle, sizeof(o->place.vehicle), "%.64s", t->args.pos[0]);
	ecu = json_object_get(json_object_get(tree, "ecus"), o->ecu);
	if (ecu != NULL)
		snprintf(o->hwid, sizeof(o->hwid), "%.64s",
		         json_string_value(json_object_get(ecu, "hardwareId")));
	json_decref(tree);
	if (ecu == NULL)
		return tool_fail(t, COT_E_ECU_UNKNOWN, "ECU %.80s of vehicle %s", o->ecu,
		                 o->place.vehicle);
	err = tool_expires(t, role_days(COT_ROLE_TARGETS), &expires_s);
	if (err == COT_OK)
		err = draft_open(t, &o->place, COT_ROLE_TARGETS, expires_s, &o->body);
	if (err == COT_E_NO_INPUT && !t->told)
		return tool_fail(t, err, "%s", place_role(&o->place, COT_ROLE_TARGETS));
	return err;
}

/* Takes the ECU off whatever it was ordered before; an image that nobody is
 * ordered any more leaves the Director's Targets. */
static void withdraw(struct order *o)
{
	json_t *targets = json_object_get(o->body, "targets"), *entry;
	const char *name;
	void *next;

	json_object_foreach_safe(targets, next, name, entry) {
		json_t *ecus = json_object_get(json_object_get(entry, "custom"), "ecuIdentifiers");

		json_object_del(ecus, o->ecu);
		if (json_object_size(ecus) == 0)
			json_object_del(targets, name);
	}
}

static bool fits(const json_t *entry, const char *hwid)
{
	const json_t *list = json_object_get(json_object_get(entry, "custom"), "hardwareIds");
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		if (strcmp(json_string_value(json_array_get(list, i)), hwid) == 0)
			return true;
	}
	return false;
}

/* A copy of the Image repository's entry: what both sides must agree on. */
static enum cot_err from_image(struct tool *t, const struct order *o, const char *name,
                               json_t **ret)
{
	static const struct place image = { false, "" };
	struct doc d;
	json_t *entry;
	enum cot_err err = doc_current(t, &image, COT_ROLE_TARGETS, &d);

	if (err != COT_OK)
		return tool_fail(t, err, "image/targets in %s", t->dir);
	entry = json_object_get(json_object_get(doc_signed(&d), "targets"), name);
	*ret = json_deep_copy(entry);
	doc_free(&d);
	if (*ret == NULL) {
		tool_hint(t, "`cotter image list` shows the images, `cotter image add` adds one");
		return tool_fail(t, COT_E_NOT_FOUND, "image %.100s", name);
	}
	if (!fits(*ret, o->hwid) && !t->force) {
		json_decref(*ret);
		return tool_fail(t, COT_E_HWID, "image %s for %s (%s)", name, o->ecu, o->hwid);
	}
	return COT_OK;
}

static enum cot_err put_order(struct tool *t, struct order *o, const char *name)
{
	json_t *targets = json_object_get(o->body, "targets"), *entry, *have;
	struct cot_build_file file;
	enum cot_err err = args_has(&t->args, "from")
		? image_entry(t, args_get(&t->args, "from"), &entry, &file)
		: from_image(t, o, name, &entry);

	if (err != COT_OK)
		return err;
	withdraw(o);
	have = json_object_get(targets, name);
	/* Another ECU may have the same image already. */
	if (have != NULL) {
		json_t *ecus = json_object_get(json_object_get(have, "custom"), "ecuIdentifiers");

		json_object_set(json_object_get(entry, "custom"), "ecuIdentifiers", ecus);
	}
	err = cot_build_target_order(entry, o->ecu, o->hwid);
	if (json_object_set_new(targets, name, entry) != 0 && err == COT_OK)
		err = COT_E_MEMORY;
	return err == COT_OK ? COT_OK : tool_fail(t, err, "order for %s", o->ecu);
}

static enum cot_err save_orders(struct tool *t, struct order *o)
{
	enum cot_err err = draft_save(t, &o->place, COT_ROLE_TARGETS, o->body);

	if (err != COT_OK)
		return err;
	printf("%s, draft of version %lld:\n", place_role(&o->place, COT_ROLE_TARGETS),
	       (long long)json_integer_value(json_object_get(o->body, "version")));
	words_diff(NULL, o->body);
	tool_next(t, "cotter sign %s --key FILE", place_role(&o->place, COT_ROLE_TARGETS));
	return COT_OK;
}

static enum cot_err run_assign(struct tool *t)
{
	struct order o;
	enum cot_err err = open_orders(t, &o);

	if (err == COT_OK && cot_name_check_target(cot_slice_str(t->args.pos[2])) != COT_OK)
		err = tool_fail(t, COT_E_NAME, "image %.100s", t->args.pos[2]);
	if (err == COT_OK)
		err = put_order(t, &o, t->args.pos[2]);
	if (err == COT_OK)
		err = save_orders(t, &o);
	json_decref(o.body);
	return err;
}

static enum cot_err run_unassign(struct tool *t)
{
	struct order o;
	enum cot_err err = open_orders(t, &o);

	if (err == COT_OK) {
		withdraw(&o);
		err = save_orders(t, &o);
	}
	json_decref(o.body);
	return err;
}

static const struct option_row add_options[] = {
	{ "primary", 0, "ECU", false, "the gateway, as SERIAL=HARDWARE-ID,PUBLIC-KEY-FILE" },
	{ "ecu", 0, "ECU", true, "another ECU, in the same form" },
	TOOL_EXPIRES_OPTIONS,
	TOOL_END
};
static const struct option_row assign_options[] = {
	{ "from", 0, "FILE", false, "describe this file instead of the Image repository's entry" },
	{ "hardware", 0, "ID", true, "with --from: hardware it fits" },
	{ "counter", 0, "N", false, "with --from: its release counter" },
	TOOL_EXPIRES_OPTIONS,
	TOOL_END
};
static const struct option_row expire_options[] = { TOOL_EXPIRES_OPTIONS, TOOL_END };

const struct command cmd_vehicle_add = {
	"vehicle add", "VEHICLE --primary ECU [--ecu ECU]...",
	"Register a vehicle and its ECUs with the Director",
	"An ECU is given as SERIAL=HARDWARE-ID,PUBLIC-KEY-FILE; the key is the one that\n"
	"signs its version reports. The public key file of an HMAC key says only its name.",
	1, 1, add_options, run_add
};
const struct command cmd_vehicle_list = {
	"vehicle list", "", "List vehicles and their ECUs", NULL, 0, 0, NULL, run_list
};
const struct command cmd_assign = {
	"assign", "VEHICLE ECU IMAGE", "Order an image for an ECU in the next Director Targets",
	"Length, hashes, counter and hardware ids are copied from the Image repository,\n"
	"because both have to agree. With --from the Director describes a file of its\n"
	"own; no client installs it unless the Image repository signs the same.",
	3, 3, assign_options, run_assign
};
const struct command cmd_unassign = {
	"unassign", "VEHICLE ECU", "Withdraw the order for an ECU", NULL, 2, 2, expire_options,
	run_unassign
};
