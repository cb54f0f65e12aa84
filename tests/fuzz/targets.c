/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as Targets: what was accepted is found by its name, each order leads to
 * its target, and no name or identifier in it could be misread.
 * COVERS: metadata/targets.c metadata/name.c */
#include "metadata/name.h"
#include "metadata/targets.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void publish(struct cot_slice name)
{
	char text[COT_MAX_NAME + 5];
	size_t len;

	(void)!cot_name_check_role(name);
	if (cot_name_published(name, COT_SLICE("00ff"), text, name.len, &len) != COT_E_BUFFER ||
	    cot_name_published(name, COT_SLICE("00ff"), text, sizeof(text), &len) != COT_OK ||
	    len != name.len + 5 || memchr(text, '\\', len) != NULL)
		abort();
}

/* Orders that are skimmed and read where they stand are those that are walked. */
static void skim(struct cot_order_iter *it, const struct cot_order *walked)
{
	struct cot_order order;

	if (cot_orders_skim(it) != COT_OK || !cot_slice_eq(it->ordered.ecu, walked->ecu) ||
	    it->ordered.length != walked->target.image.length ||
	    cot_orders_read(&it->ordered, &order) != COT_OK ||
	    !cot_slice_eq(order.hardware_id, walked->hardware_id) ||
	    !cot_slice_eq(order.target.name, walked->target.name) ||
	    memcmp(&order.target.image.hashes, &walked->target.image.hashes,
	           sizeof(order.target.image.hashes)) != 0)
		abort();
}

static void find_all(const struct cot_targets *t)
{
	struct cot_order order, again;
	struct cot_order_iter it, skimmed;
	struct cot_target target;
	int rounds = 0;

	if (cot_orders_begin(t, &it) != COT_OK || cot_orders_begin(t, &skimmed) != COT_OK)
		abort();
	while (++rounds < 300 && cot_orders_next(&it, &order) == COT_OK) {
		publish(order.target.name);
		skim(&skimmed, &order);
		if (cot_name_check_id(order.ecu) != COT_OK ||
		    cot_targets_find(t, order.target.name, &target) != COT_OK ||
		    cot_orders_find(t, order.ecu, &again) != COT_OK)
			abort();
		(void)cot_target_fits(&target, order.hardware_id);
	}
	if (rounds < 300 && cot_orders_skim(&skimmed) != COT_E_NOT_FOUND)
		abort();
	(void)!cot_orders_find(t, COT_SLICE("?"), &order);
	(void)!cot_targets_find(t, COT_SLICE("?"), &target);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cot_slice in = cot_slice(data, size);
	struct cot_policy lax = cot_policy_uptane;
	struct cot_envelope env;
	struct cot_targets t;

	lax.uptane_fields = false;
	if (cot_envelope_parse(in, COT_GRAMMAR_OLPC, &env) != COT_OK)
		return 0;
	if (cot_targets_parse(env.body, &cot_policy_uptane, &t) == COT_OK)
		find_all(&t);
	if (cot_targets_parse(env.body, &lax, &t) == COT_OK)
		find_all(&t);
	return 0;
}
