/* SPDX-License-Identifier: Apache-2.0
 *
 * Version reports of ECUs: see reports.h.
 */
#include "primary/reports.h"

#include "metadata/name.h"

#include <string.h>

/* HMAC is no scheme for metadata, but a good one for reports. */
static enum cot_err parse_key(struct cot_slice object, struct cot_key *ret)
{
	enum cot_err err = cot_key_parse(object, ret);

	return err == COT_E_SCHEME && ret->scheme == COT_SCHEME_HMAC_SHA256 ? COT_OK : err;
}

enum cot_err cot_reports_key(const struct cot_store *s, struct cot_slice serial,
                             struct cot_key *ret)
{
	struct cot_provision_ecu ecu;
	struct cot_json_iter it;
	enum cot_err err = cot_json_array(s->provision.ecus, &it);

	while (err == COT_OK && cot_provision_next_ecu(&it, &ecu)) {
		if (cot_slice_eq(ecu.serial, serial))
			return parse_key(ecu.key, ret);
	}
	return err == COT_OK ? COT_E_ECU_UNKNOWN : err;
}

/* CHECK R10: the ECU's own key signed the report */
static enum cot_err cot_reports_check_seal(const struct cot_store *s,
                                           const struct cot_inventory *row,
                                           struct cot_slice sealed)
{
	struct cot_key key;
	enum cot_err err = cot_reports_key(s, cot_slice_str(row->serial), &key);

	return err == COT_OK ? cot_seal_check(sealed, &key, s->crypto) : err;
}

/* CHECK R11: the report is of this vehicle and of the ECU that was asked */
static enum cot_err cot_reports_check_who(const struct cot_store *s,
                                          const struct cot_inventory *row,
                                          const struct cot_report *report)
{
	if (!cot_slice_eq(report->vehicle, s->provision.vehicle))
		return COT_E_VEHICLE;
	return cot_slice_is(report->ecu, row->serial) ? COT_OK : COT_E_ECU_UNKNOWN;
}

/* CHECK R12: the report's counter is above the last one's */
static enum cot_err cot_reports_check_newer(const struct cot_inventory *row,
                                            const struct cot_report *report)
{
	if (report->counter > INT64_MAX)
		return COT_E_NUMBER;
	return report->counter > row->report_counter ? COT_OK : COT_E_ROLLBACK;
}

/* CHECK R13: what is kept of a report are names, words and numbers */
static enum cot_err cot_reports_check_names(const struct cot_report *report)
{
	enum cot_err err = COT_OK;

	if (report->filepath.len > 0)
		err = cot_name_check_target(report->filepath);
	if (err == COT_OK && report->attack.len > 0)
		err = cot_name_check_id(report->attack);
	if (err == COT_OK && report->state.len > 0)
		err = cot_name_check_id(report->state);
	return err == COT_OK && report->length > INT64_MAX ? COT_E_NUMBER : err;
}

static void copy_name(struct cot_slice name, char *ret)
{
	memcpy(ret, name.ptr, name.len);
	ret[name.len] = '\0';
}

/* The release counter is not in the report: it is what signed Targets say of the
 * image that the report names.  Trusted Targets are enough: they were committed
 * only if all repositories agreed on them or this counter was known already. */
static void take_counter(struct cot_inventory *row, const struct cot_targets *orders)
{
	struct cot_order order;

	if (orders == NULL ||
	    cot_orders_find(orders, cot_slice_str(row->serial), &order) != COT_OK)
		return;
	if (order.target.has_counter && order.target.counter <= INT64_MAX &&
	    (order.target.image.hashes.known & COT_KNOWN_SHA256) != 0 &&
	    memcmp(order.target.image.hashes.sha256, row->sha256, COT_SHA256_LEN) == 0)
		row->counter = order.target.counter;
}

static void take(struct cot_inventory *row, const struct cot_report *report)
{
	memcpy(row->sha256, report->sha256, COT_SHA256_LEN);
	row->length = report->length;
	row->report_counter = report->counter;
	copy_name(report->filepath, row->filepath);
	copy_name(report->attack, row->attack);
	copy_name(report->state, row->state);
}

/* What the report says, who signed it apart. */
static enum cot_err read_report(const struct cot_store *s, const struct cot_inventory *row,
                                struct cot_slice sealed, struct cot_report *ret)
{
	enum cot_err err = cot_report_parse_unverified(sealed, ret);

	if (err == COT_OK)
		err = cot_reports_check_who(s, row, ret);
	if (err == COT_OK)
		err = cot_reports_check_newer(row, ret);
	return err == COT_OK ? cot_reports_check_names(ret) : err;
}

static enum cot_err keep(struct cot_store *s, struct cot_inventory *row,
                         struct cot_slice sealed)
{
	char name[COT_STATE_HEX];
	enum cot_err err = cot_store_put(s, sealed, name);

	if (err == COT_OK)
		memcpy(row->report, name, sizeof(name));
	return err;
}

enum cot_err cot_reports_take(struct cot_store *s, struct cot_inventory *row,
                              struct cot_slice sealed, const struct cot_targets *orders)
{
	struct cot_report report;
	enum cot_err seal;
	enum cot_err err = cot_json_check(sealed, cot_dialect_tuf.grammar, NULL);

	if (err != COT_OK)
		return err;
	seal = cot_reports_check_seal(s, row, sealed);
	if (seal != COT_OK && seal != COT_E_UNSUPPORTED)
		return seal;
	err = read_report(s, row, sealed, &report);
	if (err == COT_OK)
		err = keep(s, row, sealed);
	/* The Director may verify it; of the row it must not change a word. */
	if (err != COT_OK || seal != COT_OK)
		return err != COT_OK ? err : seal;
	take(row, &report);
	take_counter(row, orders);
	return COT_OK;
}
