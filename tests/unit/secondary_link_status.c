/* SPDX-License-Identifier: Apache-2.0
 *
 * Status records: the bytes of docs/link.md, both ways.
 */
#include "secondary/link/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void node_status_bytes(void **state)
{
	static const uint8_t want[COT_NODE_STATUS_LEN] = {
		1, 2, 1, 5, 0xFF, 0xC4, 0, 0, 0, 7, 0, 0, 1, 0, 0, 0, 0, 0, 0x6B, 0x49, 0xD2, 0,
		0, 0, 0x0F, 0xFF, 0, 0, 0x80, 0, 0, 64, 0, 0
	};
	struct cot_node_status s = { COT_MODE_RECOVERY, 1, true, false, true, COT_E_ROLLBACK,
	                             7, 256, 1800000000, 4095, 32768, 64 };
	struct cot_node_status got;
	uint8_t bytes[COT_NODE_STATUS_LEN + 1] = { 0 }, again[COT_NODE_STATUS_LEN];
	size_t len;

	(void)state;
	cot_node_status_encode(&s, bytes);
	assert_memory_equal(bytes, want, sizeof(want));
	assert_int_equal(cot_node_status_decode(cot_slice(bytes, sizeof(want)), &got), COT_OK);
	cot_node_status_encode(&got, again);
	assert_memory_equal(again, want, sizeof(want));
	assert_int_equal(got.last, COT_E_ROLLBACK);
	for (len = 0; len <= sizeof(want) + 1; len++) {
		if (len != sizeof(want))
			assert_int_equal(cot_node_status_decode(cot_slice(bytes, len), &got),
			                 COT_E_FRAME);
	}
	bytes[0] = 2;
	assert_int_equal(cot_node_status_decode(cot_slice(bytes, sizeof(want)), &got),
	                 COT_E_FRAME);
	bytes[0] = 1;
	bytes[1] = 4;
	assert_int_equal(cot_node_status_decode(cot_slice(bytes, sizeof(want)), &got),
	                 COT_E_FRAME);
	bytes[1] = 0;
	bytes[3] = 8;
	assert_int_equal(cot_node_status_decode(cot_slice(bytes, sizeof(want)), &got),
	                 COT_E_FRAME);
}

static void component_status_bytes(void **state)
{
	struct cot_component_status s = { 0, COT_STATE_TRIAL, 1, 0x01020304, 0x05060708,
	                                  0x1122334455667788, 0x0A0B0C0D, { 0 }, { 0 },
	                                  COT_E_TRIAL, 2 };
	struct cot_component_status got;
	uint8_t bytes[COT_COMPONENT_STATUS_LEN + 1] = { 0 }, again[COT_COMPONENT_STATUS_LEN];
	size_t len;

	(void)state;
	memset(s.image_sha256, 0xAA, sizeof(s.image_sha256));
	memset(s.staged_sha256, 0xBB, sizeof(s.staged_sha256));
	cot_component_status_encode(&s, bytes);
	assert_memory_equal(bytes, "\1\0\4\1\1\2\3\4\5\6\7\10\x11\x22\x33\x44\x55\x66\x77\x88"
	                    "\x0A\x0B\x0C\x0D\xAA", 25);
	assert_memory_equal(bytes + 55, "\xAA\xBB", 2);
	assert_memory_equal(bytes + 87, "\xBB\xFF\x79\2\0", 5);
	assert_int_equal(cot_component_status_decode(
		cot_slice(bytes, COT_COMPONENT_STATUS_LEN), &got), COT_OK);
	cot_component_status_encode(&got, again);
	assert_memory_equal(again, bytes, sizeof(again));
	for (len = 0; len <= COT_COMPONENT_STATUS_LEN + 1; len++) {
		if (len != COT_COMPONENT_STATUS_LEN)
			assert_int_equal(cot_component_status_decode(cot_slice(bytes, len), &got),
			                 COT_E_FRAME);
	}
	bytes[2] = 6;
	assert_int_equal(cot_component_status_decode(
		cot_slice(bytes, COT_COMPONENT_STATUS_LEN), &got), COT_E_FRAME);
	bytes[2] = 0;
	bytes[0] = 0;
	assert_int_equal(cot_component_status_decode(
		cot_slice(bytes, COT_COMPONENT_STATUS_LEN), &got), COT_E_FRAME);
}

static void routine_results(void **state)
{
	struct cot_verify_result v = { COT_E_EXPIRED, 3, 0x80000001, true, true }, got_v;
	struct cot_stage_result s = { COT_OK, 40000, 16384, 65536 }, got_s;
	uint8_t bytes[16] = { 0 };
	enum cot_err outcome;

	(void)state;
	cot_verify_result_encode(&v, bytes);
	assert_memory_equal(bytes, "\xFF\xC3\0\0\0\3\x80\0\0\1\3", COT_VERIFY_RESULT_LEN);
	assert_int_equal(cot_verify_result_decode(cot_slice(bytes, 11), &got_v), COT_OK);
	assert_true(got_v.outcome == COT_E_EXPIRED && got_v.fresh_time && got_v.ordered);
	assert_int_equal(got_v.targets_version, 0x80000001);
	assert_int_equal(cot_verify_result_decode(cot_slice(bytes, 10), &got_v), COT_E_FRAME);
	assert_int_equal(cot_verify_result_decode(cot_slice(bytes, 12), &got_v), COT_E_FRAME);
	bytes[10] = 4;
	assert_int_equal(cot_verify_result_decode(cot_slice(bytes, 11), &got_v), COT_E_FRAME);
	cot_stage_result_encode(&s, bytes);
	assert_memory_equal(bytes, "\0\0\0\0\x9C\x40\0\0\x40\0\0\1\0\0", COT_STAGE_RESULT_LEN);
	assert_int_equal(cot_stage_result_decode(cot_slice(bytes, 14), &got_s), COT_OK);
	assert_memory_equal(&got_s, &s, sizeof(s));
	assert_int_equal(cot_stage_result_decode(cot_slice(bytes, 13), &got_s), COT_E_FRAME);
	assert_int_equal(cot_outcome_decode(cot_slice(bytes, 2), &outcome), COT_OK);
	assert_int_equal(outcome, COT_OK);
	assert_int_equal(cot_outcome_decode(cot_slice(bytes, 1), &outcome), COT_E_FRAME);
}

static void ecu_options(void **state)
{
	uint8_t bytes[COT_MAX_ID + 2];
	struct cot_slice ecu;
	char name[COT_MAX_ID + 2];
	size_t len = 77;

	(void)state;
	memset(name, 'E', sizeof(name));
	assert_int_equal(cot_ecu_option_write(COT_SLICE("ECU-A"), bytes, sizeof(bytes), &len),
	                 COT_OK);
	assert_int_equal(len, 6);
	assert_memory_equal(bytes, "\5ECU-A", 6);
	assert_int_equal(cot_ecu_option_read(cot_slice(bytes, 6), &ecu), COT_OK);
	assert_true(cot_slice_is(ecu, "ECU-A"));
	assert_int_equal(cot_ecu_option_read(cot_slice(bytes, 5), &ecu), COT_E_FRAME);
	assert_int_equal(cot_ecu_option_read(cot_slice(bytes, 7), &ecu), COT_E_FRAME);
	assert_int_equal(cot_ecu_option_read(cot_slice(bytes, 0), &ecu), COT_E_FRAME);
	assert_int_equal(cot_ecu_option_read(COT_SLICE("\0"), &ecu), COT_E_FRAME);
	assert_int_equal(cot_ecu_option_write(cot_slice(name, 0), bytes, sizeof(bytes), &len),
	                 COT_E_NAME);
	assert_int_equal(cot_ecu_option_write(cot_slice(name, 65), bytes, sizeof(bytes), &len),
	                 COT_E_NAME);
	assert_int_equal(cot_ecu_option_write(cot_slice(name, 64), bytes, 64, &len),
	                 COT_E_BUFFER);
	assert_int_equal(cot_ecu_option_write(cot_slice(name, 64), bytes, 65, &len), COT_OK);
	assert_int_equal(cot_ecu_option_read(cot_slice(bytes, 65), &ecu), COT_OK);
	bytes[0] = 65;
	assert_int_equal(cot_ecu_option_read(cot_slice(bytes, 66), &ecu), COT_E_FRAME);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(node_status_bytes),
		cmocka_unit_test(component_status_bytes),
		cmocka_unit_test(routine_results),
		cmocka_unit_test(ecu_options),
	};

	return cmocka_run_group_tests_name("secondary_link_status", tests, NULL, NULL);
}
