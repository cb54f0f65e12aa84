/* SPDX-License-Identifier: Apache-2.0
 *
 * The node's version report: see report.h.
 */
#include "secondary/report.h"

#include "metadata/report.h"
#include "secondary/install.h"

#include <string.h>

static enum cot_err next_counter(struct cot_sec *node, uint64_t *ret)
{
	struct cot_sec_ledger next = node->store.ledger;
	enum cot_err err;

	if (node->report_next >= next.report) {
		node->report_next = next.report;
		next.report += COT_SEC_REPORTS;
		err = cot_sec_commit_ledger(&node->store, &next);
		if (err != COT_OK)
			return err;
	}
	*ret = ++node->report_next;
	return COT_OK;
}

enum cot_component_state cot_sec_component_state(const struct cot_sec_component *c)
{
	if (cot_sec_component_find(c, COT_SEC_SLOT_TRIAL) < COT_SEC_SLOTS)
		return COT_STATE_TRIAL;
	if (cot_sec_component_find(c, COT_SEC_SLOT_ACTIVATED) < COT_SEC_SLOTS)
		return COT_STATE_ACTIVATED;
	if (cot_sec_component_find(c, COT_SEC_SLOT_STAGED) < COT_SEC_SLOTS)
		return COT_STATE_STAGED;
	if (c->intent.set)
		return COT_STATE_STAGING;
	return c->reverted ? COT_STATE_REVERTED : COT_STATE_IDLE;
}

static struct cot_slice state_word(const struct cot_sec *node, const struct cot_sec_component *c)
{
	static const char *const words[] = { "idle", "staging", "staged", "activated", "trial",
	                                     "reverted" };

	if (node->mode == COT_MODE_RECOVERY)
		return COT_SLICE("recovery");
	return cot_slice_str(words[cot_sec_component_state(c)]);
}

static struct cot_slice attack_word(const struct cot_sec *node)
{
	enum cot_err last = node->last != COT_OK ? node->last : node->store.ledger.last;

	return last == COT_OK ? cot_slice(NULL, 0) : cot_slice_str(cot_err_word(last));
}

static enum cot_err fill(struct cot_sec *node, uint8_t n, struct cot_report *ret)
{
	const struct cot_sec_component *c = &node->store.state.component[n];
	uint8_t slot = cot_sec_running(node, n);

	memset(ret, 0, sizeof(*ret));
	ret->vehicle = node->id.provision.vehicle;
	ret->ecu = node->id.ecu[n].serial;
	if (slot < COT_SEC_SLOTS) {
		ret->filepath = cot_slice(c->slot[slot].name, c->slot[slot].name_len);
		ret->length = c->slot[slot].len;
		memcpy(ret->sha256, c->slot[slot].sha256, COT_SHA256_LEN);
	}
	ret->attack = attack_word(node);
	ret->state = state_word(node, c);
	ret->app_trusted = node->port->app_trusted;
	ret->time_s = cot_sec_time_fresh(node) ? cot_sec_time(node)
	                                       : node->store.state.trust.time_floor_s;
	return next_counter(node, &ret->counter);
}

/* The signed part, at the end of ret: the seal goes before it. */
static enum cot_err compose(struct cot_sec *node, uint8_t component, char *ret, size_t max,
                            struct cot_slice *ret_body)
{
	struct cot_report report;
	size_t len = 0;
	enum cot_err err = fill(node, component, &report);

	if (err == COT_OK)
		err = cot_report_compose(&report, ret, max, &len);
	if (err != COT_OK)
		return err;
	memmove(ret + max - len, ret, len);
	*ret_body = cot_slice(ret + max - len, len);
	return COT_OK;
}

static enum cot_err seal(const struct cot_sec *node, uint8_t n, struct cot_slice body,
                         uint8_t sig[COT_MAX_SIG_LEN], struct cot_seal *ret)
{
	size_t len = 0;
	enum cot_err err = node->port->sign_report(node->port->ctx, n, body, sig, &len);

	memset(ret, 0, sizeof(*ret));
	ret->keyid_hex = cot_slice(node->id.key_id[n], COT_KEY_ID_TEXT);
	ret->scheme = node->id.scheme[n];
	ret->sig = cot_slice(sig, len);
	cot_hash_once(node->port->crypto, COT_HASH_SHA256, body, ret->digest);
	return err;
}

enum cot_err cot_sec_report(struct cot_sec *node, uint8_t component, char *ret, size_t max,
                            size_t *ret_len)
{
	uint8_t sig[COT_MAX_SIG_LEN];
	struct cot_slice body;
	struct cot_seal s;
	enum cot_err err = compose(node, component, ret, max, &body);

	if (err == COT_OK)
		err = seal(node, component, body, sig, &s);
	if (err == COT_OK)
		err = cot_seal_write(body, &s, ret, max, ret_len);
	return err;
}
