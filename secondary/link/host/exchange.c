/* SPDX-License-Identifier: Apache-2.0
 *
 * One request and its response.  Everything a peer can do to keep a client
 * waiting ends at a time that was fixed before the request left: silence ends
 * an attempt, and the budget ends the exchange, however often the peer says
 * that it is still busy.
 */
#include "secondary/link/host/transport.h"

#include "secondary/link/uds.h"

#include <string.h>

#define DRAIN_MAX 64u /* stale messages thrown away before a request */

struct cot_transport_terms cot_transport_default_terms(void)
{
	return (struct cot_transport_terms){
		.p2_ms = COT_TRANSPORT_P2_MS,
		.p2_star_ms = COT_TRANSPORT_P2_STAR_MS,
		.budget_ms = COT_TRANSPORT_BUDGET_MS,
		.attempts = COT_TRANSPORT_ATTEMPTS,
		.clock = &cot_transport_real_clock,
	};
}

void cot_transport_pace_init(struct cot_transport_pace *pace, uint32_t min_rate,
                             uint32_t window_ms, uint64_t now_ms)
{
	*pace = (struct cot_transport_pace){ min_rate, window_ms, now_ms, 0, 0, 0 };
}

/* Moves the window on.  Two halves, the present and the one before, make it
 * slide well enough and need no list of times. */
static void slide(struct cot_transport_pace *pace, uint64_t now_ms)
{
	uint64_t passed = now_ms - pace->since_ms;

	if (passed < pace->window_ms)
		return;
	pace->before = passed < 2 * (uint64_t)pace->window_ms ? pace->bytes : 0;
	pace->bytes = 0;
	pace->since_ms = now_ms - passed % pace->window_ms;
	if (pace->windows < 2)
		pace->windows++;
}

/* CHECK W15.1: the transfer keeps up its minimum rate */
static enum cot_err cot_transport_check_pace(const struct cot_transport_pace *pace,
                                             uint64_t now_ms)
{
	uint64_t span_ms = pace->window_ms + (now_ms - pace->since_ms);

	if (pace->windows == 0)
		return COT_OK; /* too early to judge */
	if ((pace->before + pace->bytes) * 1000u < pace->min_rate * span_ms)
		return COT_E_SLOW;
	return COT_OK;
}

enum cot_err cot_transport_pace_add(struct cot_transport_pace *pace, uint64_t bytes,
                                    uint64_t now_ms)
{
	if (pace->min_rate == 0 || pace->window_ms == 0)
		return COT_OK;
	slide(pace, now_ms);
	pace->bytes += bytes;
	return cot_transport_check_pace(pace, now_ms);
}

struct exchange {
	struct cot_link *link;
	const struct cot_transport_terms *terms;
	struct cot_slice request;
	struct cot_transport_answer *answer;
	uint64_t begun_ms;
	uint64_t end_ms;   /* of the budget */
	uint64_t calm_ms;  /* silence counts from here */
	uint32_t limit_ms; /* P2 or P2* */
};

static uint64_t now_of(const struct exchange *x)
{
	return x->terms->clock->now_ms(x->terms->clock->ctx);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t quiet_since(const struct exchange *x)
{
	return x->calm_ms > x->link->heard_ms ? x->calm_ms : x->link->heard_ms;
}

/* CHECK W15.2: neither silence beyond P2 nor any answer beyond the budget */
static enum cot_err cot_transport_check_time(const struct exchange *x, uint64_t now_ms)
{
	if (now_ms >= x->end_ms)
		return x->link->heard_ms > x->begun_ms ? COT_E_SLOW : COT_E_ECU_SILENT;
	if (now_ms >= quiet_since(x) + x->limit_ms)
		return COT_E_ECU_SILENT;
	return COT_OK;
}

static void wait_more(const struct exchange *x, uint64_t now_ms)
{
	const struct cot_transport_clock *clock = x->terms->clock;
	uint64_t until = least(x->end_ms, quiet_since(x) + x->limit_ms);

	clock->wait(clock->ctx, x->link, least(until, cot_link_due(x->link, now_ms)));
}

/* What was said before we asked answers nothing. */
static enum cot_err drain(const struct exchange *x)
{
	struct cot_slice stale;

	for (unsigned int i = 0; i < DRAIN_MAX; i++) {
		enum cot_err err = cot_link_poll(x->link, now_of(x), &stale);

		if (err == COT_E_LINK)
			return err;
		if (err == COT_PENDING)
			break;
	}
	return COT_OK;
}

static enum cot_err keep(const struct exchange *x, struct cot_slice msg)
{
	if (msg.len > x->answer->cap)
		return COT_E_BUFFER;
	memcpy(x->answer->buf, msg.ptr, msg.len);
	x->answer->len = msg.len;
	return COT_OK;
}

/* COT_OK: the final response; COT_PENDING: not yet. */
static enum cot_err judge(struct exchange *x, struct cot_slice msg, uint64_t now_ms)
{
	if (!cot_uds_answers(x->request, msg)) {
		x->link->count.dropped++;
		return COT_PENDING;
	}
	if (cot_uds_is_pending(msg)) {
		x->calm_ms = now_ms;
		x->limit_ms = x->terms->p2_star_ms;
		return COT_PENDING;
	}
	return keep(x, msg);
}

static enum cot_err start(struct exchange *x)
{
	enum cot_err err;

	x->limit_ms = x->terms->p2_ms;
	x->calm_ms = now_of(x);
	for (;;) {
		uint64_t now_ms = now_of(x);
		struct cot_slice stale;

		err = cot_link_send(x->link, x->request, now_ms);
		if (err != COT_E_BUSY)
			return err;
		err = cot_link_poll(x->link, now_ms, &stale);
		if (err == COT_E_LINK)
			return err;
		err = cot_transport_check_time(x, now_ms);
		if (err)
			return err;
		wait_more(x, now_ms);
	}
}

static enum cot_err attempt(struct exchange *x)
{
	bool no_answer = cot_uds_is_suppressed(x->request);
	enum cot_err err = start(x);

	while (err == COT_OK || err == COT_PENDING) {
		uint64_t now_ms = now_of(x);
		struct cot_slice msg;

		err = cot_link_poll(x->link, now_ms, &msg);
		if (err == COT_OK)
			err = judge(x, msg, now_ms);
		if (err != COT_PENDING)
			return err;
		if (cot_link_sending(x->link))
			x->calm_ms = now_ms;
		else if (no_answer)
			return COT_OK;
		err = cot_transport_check_time(x, now_ms);
		if (err == COT_OK)
			wait_more(x, now_ms);
	}
	return err;
}

enum cot_err cot_transport_exchange(struct cot_link *link,
                                    const struct cot_transport_terms *terms,
                                    struct cot_slice request,
                                    struct cot_transport_answer *answer)
{
	struct exchange x = { .link = link, .terms = terms, .request = request,
		              .answer = answer };
	unsigned int attempts = terms->attempts ? terms->attempts : 1;
	enum cot_err err;

	answer->len = 0;
	x.begun_ms = now_of(&x);
	x.end_ms = x.begun_ms + terms->budget_ms;
	err = drain(&x);
	if (err)
		return err;
	do {
		err = attempt(&x);
	} while (err == COT_E_ECU_SILENT && --attempts && now_of(&x) < x.end_ms);
	if (err == COT_OK && terms->pace)
		err = cot_transport_pace_add(terms->pace, request.len + answer->len, now_of(&x));
	return err;
}
