/* SPDX-License-Identifier: Apache-2.0
 *
 * The checks that hold for every carrier, made once before the carrier's own
 * code runs.
 */
#include "secondary/link/link.h"

#include <stddef.h>

enum cot_err cot_link_send(struct cot_link *link, struct cot_slice msg, uint64_t now_ms)
{
	enum cot_err err;

	if (!link || !msg.ptr || msg.len == 0)
		return COT_E_ARGUMENT;
	if (msg.len > COT_LINK_MAX)
		return COT_E_LIMIT;
	err = link->ops->send(link, msg, now_ms);
	if (err == COT_OK)
		link->count.sent++;
	return err;
}

enum cot_err cot_link_poll(struct cot_link *link, uint64_t now_ms, struct cot_slice *ret_msg)
{
	enum cot_err err;

	if (!link || !ret_msg)
		return COT_E_ARGUMENT;
	err = link->ops->poll(link, now_ms, ret_msg);
	if (err == COT_OK)
		link->count.received++;
	return err;
}

bool cot_link_sending(const struct cot_link *link)
{
	return link && link->ops->sending(link);
}

uint64_t cot_link_due(const struct cot_link *link, uint64_t now_ms)
{
	return link ? link->ops->due(link, now_ms) : COT_LINK_NEVER;
}
