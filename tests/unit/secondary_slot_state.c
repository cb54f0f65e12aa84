/* SPDX-License-Identifier: Apache-2.0
 *
 * Every pair of slot state and event: where it leads, or that it is refused and
 * leaves the slot as it was.
 */
#include "secondary/slot_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STATES 6
#define EVENTS 10

/* A letter per state, the one it moves to; a dot is a refusal. */
static const char letters[STATES + 1] = "esatcr";

static const struct {
	enum cot_sec_slot_event event;
	const char *to; /* from empty, staged, activated, on trial, confirmed, reverted */
} expected[EVENTS] = {
	{ COT_SEC_SLOT_ON_STAGE, "eee.ee" },
	{ COT_SEC_SLOT_ON_EXIT, "s....." },
	{ COT_SEC_SLOT_ON_SPOILED, "e....." },
	{ COT_SEC_SLOT_ON_ACTIVATE, ".aa..." },
	{ COT_SEC_SLOT_ON_VOID, ".ee..." },
	{ COT_SEC_SLOT_ON_BOOT, "..tt.." },
	{ COT_SEC_SLOT_ON_GIVE_UP, "..ee.." },
	{ COT_SEC_SLOT_ON_CONFIRM, "...c.." },
	{ COT_SEC_SLOT_ON_FAIL, "...r.." },
	{ COT_SEC_SLOT_ON_FALL_BACK, "....c." },
};

static const enum cot_sec_slot_state states[STATES] = {
	COT_SEC_SLOT_EMPTY, COT_SEC_SLOT_STAGED, COT_SEC_SLOT_ACTIVATED,
	COT_SEC_SLOT_TRIAL, COT_SEC_SLOT_CONFIRMED, COT_SEC_SLOT_REVERTED
};

static struct cot_sec_slot filled(enum cot_sec_slot_state state)
{
	struct cot_sec_slot s;

	memset(&s, 0, sizeof(s));
	if (state == COT_SEC_SLOT_EMPTY)
		return s;
	memset(&s, 0x5C, sizeof(s));
	s.state = state;
	return s;
}

static bool zero(const void *p, size_t len)
{
	const uint8_t *bytes = p;

	while (len > 0 && bytes[len - 1] == 0)
		len--;
	return len == 0;
}

static void expect(enum cot_sec_slot_state from, enum cot_sec_slot_event event, char to)
{
	struct cot_sec_slot slot = filled(from), before = slot;
	enum cot_err err = cot_sec_slot_move(&slot, event);

	if (to == '.') {
		assert_int_equal(err, COT_E_SEQUENCE);
		assert_memory_equal(&slot, &before, sizeof(slot));
		return;
	}
	assert_int_equal(err, COT_OK);
	assert_int_equal(slot.state, states[strchr(letters, to) - letters]);
	if (slot.state == COT_SEC_SLOT_EMPTY) {
		assert_true(zero(&slot, sizeof(slot)));
		return;
	}
	before.state = slot.state;
	assert_memory_equal(&slot, &before, sizeof(slot));
}

static void every_pair(void **state)
{
	size_t i, k;

	(void)state;
	assert_int_equal(COT_SEC_SLOT_EVENTS, EVENTS);
	for (i = 0; i < EVENTS; i++) {
		assert_int_equal(expected[i].event, i);
		for (k = 0; k < STATES; k++)
			expect(states[k], expected[i].event, expected[i].to[k]);
	}
}

/* States and events outside their enums, as damaged memory might have them. */
static void what_is_no_state_does_not_move(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < EVENTS; i++)
		expect((enum cot_sec_slot_state)STATES, expected[i].event, '.');
	for (i = 0; i < STATES; i++)
		expect(states[i], COT_SEC_SLOT_EVENTS, '.');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair),
		cmocka_unit_test(what_is_no_state_does_not_move),
	};

	return cmocka_run_group_tests_name("secondary_slot_state", tests, NULL, NULL);
}
