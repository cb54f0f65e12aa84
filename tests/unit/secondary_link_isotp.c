/* SPDX-License-Identifier: Apache-2.0
 *
 * ISO-TP: every length back and forth, the malformed frames of the attack
 * catalogue (W01-W07) and each timer.
 */
#include "secondary/link/isotp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define HERE 0x7E8u
#define THERE 0x7E0u

static struct cot_isotp a, b;
static uint8_t mem_a[COT_LINK_MAX], mem_b[COT_LINK_MAX + 16];
static uint8_t text[COT_LINK_MAX];
static uint64_t now;

static void init_pair(uint8_t block_size, uint8_t st_min, size_t cap)
{
	struct cot_isotp_config here = { HERE, THERE, 0, block_size, st_min };
	struct cot_isotp_config there = { THERE, HERE, 0, block_size, st_min };

	assert_int_equal(cot_isotp_init(&a, &here, mem_a, sizeof(mem_a)), COT_OK);
	assert_int_equal(cot_isotp_init(&b, &there, mem_b, cap), COT_OK);
	memset(mem_b, 0xEE, sizeof(mem_b));
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 31 + i / 256);
}

static int setup(void **state)
{
	(void)state;
	now = 1;
	init_pair(0, 0, COT_LINK_MAX);
	return 0;
}

/* Moves one frame if there is one; COT_OK when a message was completed. */
static enum cot_err step(struct cot_isotp *from, struct cot_isotp *to, bool *moved)
{
	struct cot_can_frame frame;

	if (cot_isotp_next_frame(from, now, &frame))
		return COT_PENDING;
	assert_int_equal(frame.len, 8);
	*moved = true;
	return cot_isotp_receive(to, &frame, now);
}

/* Lets both ends talk until b has a message; frames that a sent are counted. */
static unsigned int deliver(size_t len)
{
	unsigned int frames = 0;

	assert_int_equal(cot_isotp_send(&a, cot_slice(text, len), now), COT_OK);
	for (;;) {
		bool forth = false, back = false;
		enum cot_err err = step(&a, &b, &forth);

		frames += forth;
		if (err == COT_OK)
			break;
		assert_int_equal(err, COT_PENDING);
		assert_int_equal(step(&b, &a, &back), COT_PENDING);
		if (!forth && !back) {
			assert_int_not_equal(cot_isotp_due(&a), COT_LINK_NEVER);
			assert_true(cot_isotp_due(&a) > now);
			now = cot_isotp_due(&a);
		}
	}
	assert_true(cot_slice_eq(cot_isotp_message(&b), cot_slice(text, len)));
	assert_false(cot_isotp_sending(&a));
	return frames;
}

static void all_lengths(void **state)
{
	(void)state;
	for (size_t len = 1; len <= 300; len++)
		assert_int_equal(deliver(len), len <= 7 ? 1 : 1 + (len - 6 + 6) / 7);
	for (size_t len = 4080; len <= COT_LINK_MAX; len++)
		deliver(len);
	assert_int_equal(mem_b[COT_LINK_MAX], 0xEE);
	assert_int_equal(a.count.dropped + b.count.dropped, 0);
}

/* The sender obeys the block size and the gap that the receiver announces. */
static void block_size_and_gap(void **state)
{
	static const struct {
		uint8_t st_min;
		uint32_t gap_us;
	} rows[] = { { 0, 0 }, { 1, 1000 }, { 0x7F, 127000 }, { 0x80, 127000 },
		     { 0xF0, 127000 }, { 0xF1, 100 }, { 0xF9, 900 }, { 0xFA, 127000 },
		     { 0xFF, 127000 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t begun = now;

		init_pair(0, rows[i].st_min, COT_LINK_MAX);
		deliver(6 + 7 * 5);
		assert_int_equal(now - begun, 4 * rows[i].gap_us);
	}
	for (unsigned int size = 1; size <= 255; size += 9) {
		init_pair((uint8_t)size, 0, COT_LINK_MAX);
		deliver(2000);
		assert_int_equal(b.count.dropped + a.count.dropped, 0);
	}
}

static void wide_identifiers(void **state)
{
	struct cot_isotp_config config = { 0x18DA10F1, 0x18DAF110, 1, 0, 0 };
	struct cot_can_frame frame;

	(void)state;
	assert_int_equal(cot_isotp_init(&a, &config, mem_a, sizeof(mem_a)), COT_OK);
	assert_int_equal(cot_isotp_send(&a, cot_slice("hi", 2), now), COT_OK);
	assert_int_equal(cot_isotp_next_frame(&a, now, &frame), COT_OK);
	assert_int_equal(frame.ext, 1);
	assert_int_equal(frame.id, 0x18DA10F1);
	assert_memory_equal(frame.data, "\x02hi\xCC\xCC\xCC\xCC\xCC", 8);
}

static void configurations_that_are_refused(void **state)
{
	static const struct cot_isotp_config rows[] = {
		{ 0x7E0, 0x7E0, 0, 0, 0 },
		{ 0x800, 0x7E0, 0, 0, 0 },
		{ 0x7E0, 0x800, 0, 0, 0 },
		{ 0x20000000, 1, 1, 0, 0 },
		{ 0x7E0, 0x7E8, 2, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(cot_isotp_init(&a, &rows[i], mem_a, 8), COT_E_ARGUMENT);
	assert_int_equal(cot_isotp_init(&a, &a.config, NULL, 8), COT_E_ARGUMENT);
}

/* W05: lengths are checked when sending, in every build. */
static void sends_that_are_refused(void **state)
{
	(void)state;
	assert_int_equal(cot_isotp_send(&a, cot_slice(text, 0), now), COT_E_ARGUMENT);
	assert_int_equal(cot_isotp_send(&a, cot_slice(text, COT_LINK_MAX + 1), now),
	                 COT_E_LIMIT);
	assert_false(cot_isotp_sending(&a));
	assert_int_equal(cot_isotp_send(&a, cot_slice(text, COT_LINK_MAX), now), COT_OK);
	assert_int_equal(cot_isotp_send(&a, cot_slice(text, 1), now), COT_E_BUSY);
}

struct row {
	const char *id, *what;
	uint8_t len;
	const char *bytes;
	enum cot_err err;
};

/* Frames to an idle receiver with a buffer of 100 bytes. */
static const struct row malformed[] = {
	{ "W01", "single of 8", 8, "\x08" "1234567", COT_E_FRAME },
	{ "W01", "single of 15", 8, "\x0F" "1234567", COT_E_FRAME },
	{ "W01", "single of 0", 8, "\x00" "1234567", COT_E_FRAME },
	{ "W01", "single above its frame", 4, "\x04" "123", COT_E_FRAME },
	{ "W01", "frame without a byte", 0, "", COT_E_FRAME },
	{ "W01", "frame of one byte", 1, "\x01", COT_E_FRAME },
	{ "W01", "frame of 9 bytes", 9, "\x07" "12345678", COT_E_FRAME },
	{ "W01", "twin: single of 7", 8, "\x07" "1234567", COT_OK },
	{ "W01", "twin: single of 3, not padded", 4, "\x03" "123", COT_OK },
	{ "W02", "first of 1", 8, "\x10\x01" "123456", COT_E_FRAME },
	{ "W02", "first of 7", 8, "\x10\x07" "123456", COT_E_FRAME },
	{ "W02", "first of 50 that is not full", 7, "\x10\x32" "12345", COT_E_FRAME },
	{ "W02", "first of one byte", 1, "\x10", COT_E_FRAME },
	{ "W02", "twin: first of 8", 8, "\x10\x08" "123456", COT_PENDING },
	{ "W03", "first of 101", 8, "\x10\x65" "123456", COT_E_FRAME },
	{ "W03", "first of 4095", 8, "\x1F\xFF" "123456", COT_E_FRAME },
	{ "W03", "escape, 2^32-1", 8, "\x10\x00\xFF\xFF\xFF\xFF" "12", COT_E_FRAME },
	{ "W03", "escape, 50", 8, "\x10\x00\x00\x00\x00\x32" "12", COT_E_FRAME },
	{ "W03", "twin: first of 100", 8, "\x10\x64" "123456", COT_PENDING },
	{ "W06", "consecutive without a first", 8, "\x21" "1234567", COT_E_FRAME },
	{ "W06", "consecutive 0 without a first", 8, "\x20" "1234567", COT_E_FRAME },
	{ "W07", "clear to nobody", 8, "\x30\x00\x00" "\xCC\xCC\xCC\xCC\xCC", COT_E_FRAME },
	{ "W07", "wait to nobody", 8, "\x31\x00\x00" "\xCC\xCC\xCC\xCC\xCC", COT_E_FRAME },
	{ "W17", "reserved kind 4", 8, "\x41" "1234567", COT_E_FRAME },
	{ "W17", "reserved kind F", 8, "\xFF" "1234567", COT_E_FRAME },
};

static enum cot_err hand(struct cot_isotp *to, uint8_t len, const char *bytes)
{
	struct cot_can_frame frame = { HERE, 0, len, { 0 } };

	memcpy(frame.data, bytes, len < 8 ? len : 8);
	return cot_isotp_receive(to, &frame, now);
}

static void malformed_frames(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		enum cot_err err;

		init_pair(0, 0, 100);
		err = hand(&b, malformed[i].len, malformed[i].bytes);
		if (err != malformed[i].err)
			fail_msg("%s %s: %d", malformed[i].id, malformed[i].what, err);
		assert_int_equal(b.count.dropped, err == COT_E_FRAME);
		if (err == COT_E_FRAME)
			assert_int_equal(mem_b[0], 0xEE); /* nothing written */
		deliver(90); /* and nothing stuck */
	}
}

/* W03: refused by flow control, so that the sender knows. */
static void too_large_is_answered_by_overflow(void **state)
{
	bool moved = false;

	(void)state;
	init_pair(0, 0, 100);
	assert_int_equal(cot_isotp_send(&a, cot_slice(text, 101), now), COT_OK);
	assert_int_equal(step(&a, &b, &moved), COT_E_FRAME);
	assert_int_equal(step(&b, &a, &moved), COT_E_ECU_NAK);
	assert_false(cot_isotp_sending(&a));
	assert_int_equal(mem_b[0], 0xEE);
	deliver(100);
}

/* W04: only what was announced is copied from the last frame. */
static void last_frame_is_cut(void **state)
{
	(void)state;
	init_pair(0, 0, 100);
	assert_int_equal(hand(&b, 8, "\x10\x09" "123456"), COT_PENDING);
	assert_int_equal(hand(&b, 8, "\x21" "789ABCD"), COT_OK);
	assert_true(cot_slice_is(cot_isotp_message(&b), "123456789"));
	assert_int_equal(mem_b[9], 0xEE);
	/* One that lacks bytes ends the message, one that is short but full does not. */
	assert_int_equal(hand(&b, 8, "\x10\x09" "abcdef"), COT_PENDING);
	assert_int_equal(hand(&b, 3, "\x21" "gh"), COT_E_FRAME);
	assert_int_equal(hand(&b, 8, "\x10\x09" "abcdef"), COT_PENDING);
	assert_int_equal(hand(&b, 4, "\x21" "ghi"), COT_OK);
	assert_true(cot_slice_is(cot_isotp_message(&b), "abcdefghi"));
}

/* W06: wrong, repeated and wrapped sequence numbers. */
static void sequence_is_kept(void **state)
{
	(void)state;
	for (unsigned int wrong = 0; wrong < 16; wrong++) {
		uint8_t frame[] = { (uint8_t)(0x20 | wrong), 1, 2, 3, 4, 5, 6, 7 };

		init_pair(0, 0, 200);
		assert_int_equal(hand(&b, 8, "\x10\x96" "123456"), COT_PENDING);
		assert_int_equal(hand(&b, 8, "\x21" "1234567"), COT_PENDING);
		assert_int_equal(hand(&b, 8, (const char *)frame),
		                 wrong == 2 ? COT_PENDING : COT_E_FRAME);
		/* the message is gone, also for the number that was right */
		if (wrong != 2)
			assert_int_equal(hand(&b, 8, "\x22" "1234567"), COT_E_FRAME);
		assert_int_equal(cot_isotp_message(&b).len, 0);
	}
	deliver(150); /* 1 + 21 frames: the number wraps */
}

/* W06: frames of others, and a second message in the middle of the first. */
static void messages_do_not_mix(void **state)
{
	struct cot_can_frame foreign = { THERE, 0, 8, { 0x21 } };

	(void)state;
	init_pair(0, 0, 100);
	assert_int_equal(hand(&b, 8, "\x10\x0A" "123456"), COT_PENDING);
	assert_int_equal(cot_isotp_receive(&b, &foreign, now), COT_PENDING);
	foreign.id = HERE;
	foreign.ext = 1;
	assert_int_equal(cot_isotp_receive(&b, &foreign, now), COT_PENDING);
	assert_int_equal(hand(&b, 8, "\x10\x0A" "abcdef"), COT_PENDING);
	assert_int_equal(hand(&b, 8, "\x21" "ghijklm"), COT_OK);
	assert_true(cot_slice_is(cot_isotp_message(&b), "abcdefghij"));
	assert_int_equal(b.count.dropped, 1);
	assert_int_equal(hand(&b, 8, "\x10\x0A" "123456"), COT_PENDING);
	assert_int_equal(hand(&b, 8, "\x02" "hi_____"), COT_OK);
	assert_true(cot_slice_is(cot_isotp_message(&b), "hi"));
	assert_int_equal(hand(&b, 8, "\x21" "7890___"), COT_E_FRAME);
	/* A malformed one does not disturb. */
	assert_int_equal(hand(&b, 8, "\x10\x0A" "123456"), COT_PENDING);
	assert_int_equal(hand(&b, 8, "\x0F" "_______"), COT_E_FRAME);
	assert_int_equal(hand(&b, 8, "\x10\x05" "______"), COT_E_FRAME);
	assert_int_equal(hand(&b, 8, "\x21" "7890___"), COT_OK);
	assert_true(cot_slice_is(cot_isotp_message(&b), "1234567890"));
}

static enum cot_err flow(uint8_t status, uint8_t block_size, uint8_t st_min)
{
	struct cot_can_frame frame = { THERE, 0, 3, { (uint8_t)(0x30 | status), block_size,
		                                      st_min } };

	return cot_isotp_receive(&a, &frame, now);
}

static void start_long(size_t len)
{
	struct cot_can_frame frame;

	assert_int_equal(cot_isotp_send(&a, cot_slice(text, len), now), COT_OK);
	assert_int_equal(cot_isotp_next_frame(&a, now, &frame), COT_OK);
	assert_int_equal(cot_isotp_next_frame(&a, now, &frame), COT_PENDING);
}

/* W07: a peer that says WAIT for ever; each WAIT is late but in time. */
static void waits_are_counted(void **state)
{
	unsigned int waits = 0;
	enum cot_err err;

	(void)state;
	start_long(100);
	do {
		now += COT_ISOTP_N_BS_US - 1;
		assert_int_equal(cot_isotp_tick(&a, now), COT_OK);
		err = flow(1, 0, 0);
		waits++;
	} while (err == COT_PENDING);
	assert_int_equal(err, COT_E_ECU_SILENT);
	assert_int_equal(waits, COT_ISOTP_MAX_WAIT + 1);
	assert_false(cot_isotp_sending(&a));
	start_long(100); /* twin: ten of them are patience */
	for (unsigned int i = 0; i < COT_ISOTP_MAX_WAIT; i++)
		assert_int_equal(flow(1, 0, 0), COT_PENDING);
	assert_int_equal(flow(0, 0, 0), COT_PENDING);
	assert_true(cot_isotp_sending(&a));
}

/* W07: block size 1 and the longest gap: the total time is bounded. */
static void slow_receivers_are_left(void **state)
{
	struct cot_can_frame frame;
	uint64_t begun = now;
	enum cot_err err = COT_OK;

	(void)state;
	start_long(COT_LINK_MAX);
	while (err == COT_OK) {
		now += 900000;
		(void)!flow(0, 1, 127);
		(void)!cot_isotp_next_frame(&a, now, &frame);
		err = cot_isotp_tick(&a, now);
	}
	assert_int_equal(err, COT_E_SLOW);
	assert_in_range(now - begun, COT_ISOTP_SEND_US, COT_ISOTP_SEND_US + 1000000);
	assert_int_equal(cot_isotp_tick(&a, now), COT_OK); /* told once */
}

/* W07: a storm of clears, reserved and short flow control change nothing. */
static void flow_control_out_of_place(void **state)
{
	struct cot_can_frame frame;
	struct cot_can_frame short_flow = { THERE, 0, 2, { 0x30, 0 } };

	(void)state;
	start_long(40);
	assert_int_equal(cot_isotp_receive(&a, &short_flow, now), COT_E_FRAME);
	assert_int_equal(flow(3, 0, 0), COT_E_FRAME);
	assert_int_equal(flow(15, 0, 0), COT_E_FRAME);
	assert_int_equal(flow(0, 2, 0), COT_PENDING);
	for (unsigned int i = 0; i < 100; i++)
		assert_int_equal(flow(0, 0, 0), COT_E_FRAME);
	assert_int_equal(flow(2, 0, 0), COT_E_FRAME);
	for (unsigned int i = 0; i < 2; i++) { /* still blocks of two */
		assert_int_equal(cot_isotp_next_frame(&a, now, &frame), COT_OK);
		assert_int_equal(frame.data[0], 0x21 + i);
	}
	assert_int_equal(cot_isotp_next_frame(&a, now, &frame), COT_PENDING);
}

static void timers(void **state)
{
	(void)state;
	start_long(40);
	assert_int_equal(cot_isotp_due(&a), now + COT_ISOTP_N_BS_US);
	now += COT_ISOTP_N_BS_US - 1;
	assert_int_equal(cot_isotp_tick(&a, now), COT_OK);
	assert_int_equal(cot_isotp_tick(&a, now + 1), COT_E_ECU_SILENT);
	assert_false(cot_isotp_sending(&a));
	assert_int_equal(cot_isotp_due(&a), COT_LINK_NEVER);

	assert_int_equal(hand(&b, 8, "\x10\x0A" "123456"), COT_PENDING);
	assert_int_equal(cot_isotp_due(&b), 0); /* flow control is owed */
	now += COT_ISOTP_N_CR_US - 1;
	assert_int_equal(cot_isotp_tick(&b, now), COT_OK);
	assert_int_equal(b.count.dropped, 0);
	assert_int_equal(cot_isotp_tick(&b, now + 1), COT_OK);
	assert_int_equal(b.count.dropped, 1);
	assert_int_equal(hand(&b, 8, "\x21" "7890___"), COT_E_FRAME);
}

/* Both directions at once over one pair of identifiers. */
static void both_directions(void **state)
{
	static uint8_t other[300];
	bool done_a = false, done_b = false;

	(void)state;
	memset(other, 0x42, sizeof(other));
	init_pair(3, 0, COT_LINK_MAX);
	assert_int_equal(cot_isotp_send(&a, cot_slice(text, 300), now), COT_OK);
	assert_int_equal(cot_isotp_send(&b, cot_slice(other, 300), now), COT_OK);
	while (!done_a || !done_b) {
		bool moved = false;

		done_b |= step(&a, &b, &moved) == COT_OK;
		done_a |= step(&b, &a, &moved) == COT_OK;
		assert_true(moved);
	}
	assert_true(cot_slice_eq(cot_isotp_message(&a), cot_slice(other, 300)));
	assert_true(cot_slice_eq(cot_isotp_message(&b), cot_slice(text, 300)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(all_lengths, setup),
		cmocka_unit_test_setup(block_size_and_gap, setup),
		cmocka_unit_test_setup(wide_identifiers, setup),
		cmocka_unit_test_setup(configurations_that_are_refused, setup),
		cmocka_unit_test_setup(sends_that_are_refused, setup),
		cmocka_unit_test_setup(malformed_frames, setup),
		cmocka_unit_test_setup(too_large_is_answered_by_overflow, setup),
		cmocka_unit_test_setup(last_frame_is_cut, setup),
		cmocka_unit_test_setup(sequence_is_kept, setup),
		cmocka_unit_test_setup(messages_do_not_mix, setup),
		cmocka_unit_test_setup(waits_are_counted, setup),
		cmocka_unit_test_setup(slow_receivers_are_left, setup),
		cmocka_unit_test_setup(flow_control_out_of_place, setup),
		cmocka_unit_test_setup(timers, setup),
		cmocka_unit_test_setup(both_directions, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
