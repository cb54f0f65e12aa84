/* SPDX-License-Identifier: Apache-2.0
 *
 * What cotterctl shows: see status.h.
 */
#include "primary/status.h"

#include "keys/encode.h"
#include "metadata/targets.h"
#include "metadata/utc.h"
#include "primary/outcome.h"

#include <string.h>

#define SCHEMA 1

json_t *cot_status_error(enum cot_err err)
{
	return json_pack("{s:s, s:s, s:s}", "hint", cot_err_hint(err), "sentence",
	                 cot_err_sentence(err), "word", cot_err_word(err));
}

static json_t *slice_json(struct cot_slice s)
{
	json_t *text = json_stringn((const char *)s.ptr, s.len);

	return text != NULL ? text : json_string("");
}

static json_t *time_json(int64_t s)
{
	char text[COT_UTC_LEN];

	if (s == 0)
		return json_string("");
	cot_utc_format(s, text);
	return json_stringn(text, sizeof(text));
}

static json_t *hash_json(const uint8_t sha256[COT_SHA256_LEN])
{
	char hex[2 * COT_SHA256_LEN];

	cot_hex_encode(cot_slice(sha256, COT_SHA256_LEN), hex);
	return json_stringn(hex, sizeof(hex));
}

/* ---- repositories ------------------------------------------------------------------- */

static json_t *role_json(const struct cot_store *s, size_t repo, enum cot_role role)
{
	struct cot_slice canon = s->doc[repo][role].doc.canon;
	uint32_t version = s->state.trust.repo[repo].floor[role].version;
	struct cot_envelope env;
	struct cot_head head;
	int64_t expires_s = 0;

	if (canon.len > 0 && cot_envelope_split(canon, &env) == COT_OK &&
	    cot_head_parse(env.body, role, &head) == COT_OK)
		expires_s = head.expires_s;
	return json_pack("{s:o, s:I}", "expires", time_json(expires_s), "version",
	                 (json_int_t)version);
}

static json_t *repositories_json(const struct cot_store *s)
{
	json_t *all = json_object();
	size_t repo, role;

	for (repo = 0; repo < COT_MAX_REPOS; repo++) {
		json_t *one = json_object();

		for (role = 0; role < COT_ROLE_COUNT; role++)
			json_object_set_new(one, cot_role_name((enum cot_role)role),
			                    role_json(s, repo, (enum cot_role)role));
		json_object_set_new(all, cot_state_repo_name(repo), one);
	}
	return all;
}

/* ---- ECUs --------------------------------------------------------------------------- */

struct view {
	const struct cot_config *config;
	const struct cot_store *store;
	const json_t *outcome;
	const struct cot_targets *orders; /* NULL: none */
};

static enum cot_err err_of(const json_t *word)
{
	enum cot_err err = cot_err_from_word(json_is_string(word) ? json_string_value(word)
	                                                          : "ok");

	return err == COT_E_NOT_FOUND ? COT_OK : err;
}

static bool find_order(const struct view *v, const char *serial, struct cot_order *ret)
{
	return v->orders != NULL &&
	       cot_orders_find(v->orders, cot_slice_str(serial), ret) == COT_OK;
}

static json_t *ordered_json(const struct cot_order *order)
{
	return json_pack("{s:I, s:o, s:I, s:o}", "counter", (json_int_t)order->target.counter,
	                 "filepath", slice_json(order->target.name), "length",
	                 (json_int_t)order->target.image.length, "sha256",
	                 hash_json(order->target.image.hashes.sha256));
}

static const char *state_of(const struct cot_inventory *e, const struct cot_order *order)
{
	if (e->state[0] != '\0' && strcmp(e->state, "idle") != 0)
		return e->state;
	if (order == NULL)
		return "unordered";
	return memcmp(order->target.image.hashes.sha256, e->sha256, COT_SHA256_LEN) == 0
	               ? "current"
	               : "pending";
}

static json_t *ecu_json(const struct view *v, const struct cot_inventory *e)
{
	const struct cot_config_ecu *configured = cot_config_ecu(v->config, e->serial);
	const json_t *errors = json_object_get(v->outcome, "ecus");
	struct cot_order order;
	bool ordered = find_order(v, e->serial, &order);
	json_t *ecu = json_pack("{s:s, s:s, s:I, s:s, s:b, s:s}", "serial", e->serial, "hardware",
	                        e->hardware, "counter", (json_int_t)e->counter, "link",
	                        configured != NULL ? configured->link : "", "reported",
	                        e->report[0] != '\0', "state",
	                        state_of(e, ordered ? &order : NULL));

	json_object_set_new(ecu, "installed",
	                    json_pack("{s:s, s:I, s:o}", "filepath", e->filepath, "length",
	                              (json_int_t)e->length, "sha256", hash_json(e->sha256)));
	json_object_set_new(ecu, "ordered", ordered ? ordered_json(&order) : json_null());
	json_object_set_new(ecu, "error",
	                    cot_status_error(err_of(json_object_get(errors, e->serial))));
	return ecu;
}

static json_t *ecus_json(const struct view *v)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < v->store->state.ecu_count; i++)
		json_array_append_new(array, ecu_json(v, &v->store->state.ecus[i]));
	return array;
}

/* ---- the whole ---------------------------------------------------------------------- */

static json_t *last_json(const json_t *outcome)
{
	const char *repo = json_string_value(json_object_get(outcome, "repository"));
	const char *role = json_string_value(json_object_get(outcome, "role"));

	return json_pack("{s:o, s:I, s:s, s:s, s:b}", "error",
	                 cot_status_error(err_of(json_object_get(outcome, "error"))), "installed",
	                 json_integer_value(json_object_get(outcome, "installed")), "repository",
	                 repo != NULL ? repo : "", "role", role != NULL ? role : "", "updated",
	                 json_is_true(json_object_get(outcome, "updated")));
}

static json_t *tree_of(const struct view *v, const char *activity)
{
	const struct cot_store *s = v->store;
	const char *verified = json_string_value(json_object_get(v->outcome, "time"));
	json_t *tree = json_pack("{s:i, s:o, s:o, s:I}", "schema", SCHEMA, "vehicle",
	                         slice_json(s->provision.vehicle), "primary",
	                         slice_json(s->provision.primary_serial), "manifest",
	                         (json_int_t)s->state.manifest_counter);

	json_object_set_new(tree, "daemon",
	                    json_pack("{s:s, s:b}", "activity", activity != NULL ? activity : "",
	                              "running", activity != NULL));
	json_object_set_new(tree, "last", last_json(v->outcome));
	json_object_set_new(tree, "time",
	                    json_pack("{s:o, s:s}", "floor", time_json(s->state.trust.time_floor_s),
	                              "verified", verified != NULL ? verified : ""));
	json_object_set_new(tree, "repositories", repositories_json(s));
	json_object_set_new(tree, "ecus", ecus_json(v));
	return tree;
}

static bool held_orders(const struct cot_store *s, struct cot_targets *ret)
{
	struct cot_slice canon = s->doc[0][COT_ROLE_TARGETS].doc.canon;
	struct cot_envelope env;

	return canon.len > 0 && cot_envelope_split(canon, &env) == COT_OK &&
	       cot_targets_parse(env.body, &cot_policy_uptane, ret) == COT_OK;
}

enum cot_err cot_status_build(const struct cot_config *config, const struct cot_crypto *crypto,
                              const char *activity, json_t **ret)
{
	struct cot_store store;
	struct cot_targets orders;
	json_t *outcome;
	struct view v = { .config = config, .store = &store };
	enum cot_err err;

	err = cot_store_open(&store, config->state, COT_STORE_READ, &cot_fs_real, crypto);
	if (err == COT_E_UNPROVISIONED)
		cot_store_close(&store);
	if (err != COT_OK)
		return err;
	err = cot_store_load(&store);
	if (err == COT_OK) {
		outcome = cot_outcome_read(&store);
		v.outcome = outcome;
		v.orders = held_orders(&store, &orders) ? &orders : NULL;
		*ret = tree_of(&v, activity);
		json_decref(outcome);
	}
	cot_store_close(&store);
	return err;
}
