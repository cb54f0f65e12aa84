/* SPDX-License-Identifier: Apache-2.0
 *
 * UDS messages against bytes written by hand from ISO 14229-1, every shorter
 * and longer form of them, and the way errors travel.
 */
#include "secondary/link/uds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define BYTES(text) { (const uint8_t *)(text), sizeof(text) - 1 }
#define ANY_LONGER 0x100 /* the last field takes whatever follows */

static const struct {
	struct cot_slice bytes;
	unsigned int rule;
	struct cot_uds_request request;
} requests[] = {
	{ BYTES("\x10\x02"), 0, { .sid = 0x10, .sub = 2 } },
	{ BYTES("\x10\x83"), 0, { .sid = 0x10, .sub = 3, .suppress = true } },
	{ BYTES("\x11\x01"), 0, { .sid = 0x11, .sub = 1 } },
	{ BYTES("\x22\xF1\x8C"), 0, { .sid = 0x22, .id = COT_DID_SERIAL } },
	{ BYTES("\x2E\xFD\x01" "abc"), ANY_LONGER,
	  { .sid = 0x2E, .id = COT_DID_NONCE, .data = BYTES("abc") } },
	{ BYTES("\x31\x01\xFD\x12" "E"), ANY_LONGER,
	  { .sid = 0x31, .sub = 1, .id = COT_RID_ACTIVATE, .data = BYTES("E") } },
	{ BYTES("\x31\x83\xFD\x13"), ANY_LONGER,
	  { .sid = 0x31, .sub = 3, .id = COT_RID_STATUS, .suppress = true } },
	{ BYTES("\x34\x00\x44\x01\x02\x03\x04\xFF\xFE\xFD\xFC"), 0,
	  { .sid = 0x34, .offset = 0x01020304, .size = 0xFFFEFDFCu } },
	{ BYTES("\x36\xFF" "data"), ANY_LONGER,
	  { .sid = 0x36, .counter = 0xFF, .data = BYTES("data") } },
	{ BYTES("\x37"), ANY_LONGER, { .sid = 0x37 } },
	{ BYTES("\x38\x03\x00\x06" "d/root" "\x10\x04\x00\x00\x10\x00\x00\x00\x0F\xFF"), 0,
	  { .sid = 0x38, .sub = 3, .name = BYTES("d/root"), .format = 0x10, .size = 4096,
	    .packed = 4095 } },
	{ BYTES("\x3E\x00"), 0, { .sid = 0x3E } },
	{ BYTES("\x3E\x80"), 0, { .sid = 0x3E, .suppress = true } },
};

static const struct {
	struct cot_slice bytes;
	unsigned int rule;
	struct cot_uds_response response;
} responses[] = {
	{ BYTES("\x50\x02\x00\x32\x01\xF4"), 0,
	  { .sid = 0x10, .sub = 2, .p2_ms = 50, .p2_star_ms = 5000 } },
	{ BYTES("\x51\x01"), 0, { .sid = 0x11, .sub = 1 } },
	{ BYTES("\x62\xF1\x91" "hw"), ANY_LONGER,
	  { .sid = 0x22, .id = COT_DID_HARDWARE, .data = BYTES("hw") } },
	{ BYTES("\x6E\xFD\x01"), 0, { .sid = 0x2E, .id = COT_DID_NONCE } },
	{ BYTES("\x71\x01\xFD\x10" "r"), ANY_LONGER,
	  { .sid = 0x31, .sub = 1, .id = COT_RID_VERIFY, .data = BYTES("r") } },
	{ BYTES("\x74\x20\x0F\xFF"), 0, { .sid = 0x34, .block = 4095 } },
	{ BYTES("\x76\x07"), ANY_LONGER, { .sid = 0x36, .counter = 7 } },
	{ BYTES("\x77"), ANY_LONGER, { .sid = 0x37 } },
	{ BYTES("\x78\x03\x02\x04\x02\x10"), 0,
	  { .sid = 0x38, .sub = 3, .block = 1026, .format = 0x10 } },
	{ BYTES("\x7E\x00"), 0, { .sid = 0x3E } },
	{ BYTES("\x7F\x36\x73"), 0, { .sid = 0x36, .nrc = COT_NRC_COUNTER } },
	{ BYTES("\x7F\x99\x11"), 0, { .sid = 0x99, .nrc = COT_NRC_SERVICE } },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool same_request(const struct cot_uds_request *a, const struct cot_uds_request *b)
{
	return a->sid == b->sid && a->sub == b->sub && a->suppress == b->suppress &&
	       a->id == b->id && a->counter == b->counter && a->format == b->format &&
	       a->offset == b->offset && a->size == b->size && a->packed == b->packed &&
	       cot_slice_eq(a->name, b->name) && cot_slice_eq(a->data, b->data);
}

static bool same_response(const struct cot_uds_response *a, const struct cot_uds_response *b)
{
	return a->sid == b->sid && a->nrc == b->nrc && a->sub == b->sub && a->id == b->id &&
	       a->p2_ms == b->p2_ms && a->p2_star_ms == b->p2_star_ms &&
	       a->counter == b->counter && a->format == b->format && a->block == b->block &&
	       cot_slice_eq(a->data, b->data);
}

static void requests_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		struct cot_uds_request got;
		uint8_t buf[64];
		uint8_t nrc = 0xEE;
		size_t len = 0;

		assert_int_equal(cot_uds_parse_request(requests[i].bytes, &got, &nrc), COT_OK);
		assert_int_equal(nrc, COT_NRC_NONE);
		assert_true(same_request(&got, &requests[i].request));
		assert_int_equal(cot_uds_build_request(&got, buf, sizeof(buf), &len), COT_OK);
		assert_true(cot_slice_eq(cot_slice(buf, len), requests[i].bytes));
	}
}

static void responses_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(responses); i++) {
		struct cot_uds_response got;
		uint8_t buf[64];
		size_t len = 0;

		assert_int_equal(cot_uds_parse_response(responses[i].bytes, &got), COT_OK);
		assert_true(same_response(&got, &responses[i].response));
		assert_int_equal(cot_uds_build_response(&got, buf, sizeof(buf), &len), COT_OK);
		assert_true(cot_slice_eq(cot_slice(buf, len), responses[i].bytes));
	}
}

/* Where the fixed part of a message ends: shorter ones are refused. */
static size_t fixed_len(struct cot_slice bytes, unsigned int rule, size_t data)
{
	return rule == ANY_LONGER ? bytes.len - data : bytes.len;
}

static void every_other_length_is_refused(void **state)
{
	uint8_t longer[64];

	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		size_t fixed = fixed_len(requests[i].bytes, requests[i].rule,
		                         requests[i].request.data.len);
		struct cot_uds_request got;
		uint8_t nrc;

		for (size_t len = 1; len < fixed; len++) {
			assert_int_equal(cot_uds_parse_request(
				cot_slice(requests[i].bytes.ptr, len), &got, &nrc), COT_E_FRAME);
			assert_int_equal(nrc, COT_NRC_LENGTH);
		}
		memcpy(longer, requests[i].bytes.ptr, requests[i].bytes.len);
		assert_int_equal(cot_uds_parse_request(
			cot_slice(longer, requests[i].bytes.len + 1), &got, &nrc),
			requests[i].rule == ANY_LONGER ? COT_OK : COT_E_FRAME);
	}
	for (size_t i = 0; i < COUNT(responses); i++) {
		size_t fixed = fixed_len(responses[i].bytes, responses[i].rule,
		                         responses[i].response.data.len);
		struct cot_uds_response got;

		for (size_t len = 0; len < fixed; len++)
			assert_int_equal(cot_uds_parse_response(
				cot_slice(responses[i].bytes.ptr, len), &got), COT_E_FRAME);
		memcpy(longer, responses[i].bytes.ptr, responses[i].bytes.len);
		assert_int_equal(cot_uds_parse_response(
			cot_slice(longer, responses[i].bytes.len + 1), &got),
			responses[i].rule == ANY_LONGER ? COT_OK : COT_E_FRAME);
	}
}

static void every_smaller_buffer_is_refused(void **state)
{
	uint8_t buf[64];

	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++) {
		for (size_t cap = 0; cap < requests[i].bytes.len; cap++) {
			size_t len = 77;

			memset(buf, 0xEE, sizeof(buf));
			assert_int_equal(cot_uds_build_request(&requests[i].request, buf, cap,
			                                       &len), COT_E_BUFFER);
			assert_int_equal(len, 77);
			assert_int_equal(buf[cap], 0xEE);
		}
	}
	for (size_t i = 0; i < COUNT(responses); i++) {
		for (size_t cap = 0; cap < responses[i].bytes.len; cap++) {
			size_t len = 77;

			assert_int_equal(cot_uds_build_response(&responses[i].response, buf, cap,
			                                        &len), COT_E_BUFFER);
			assert_int_equal(len, 77);
		}
	}
}

/* W13, W17: each with the code that the server answers. */
static const struct {
	const char *what;
	struct cot_slice bytes;
	enum cot_err err;
	uint8_t nrc;
} refused[] = {
	{ "nothing", { (const uint8_t *)"", 0 }, COT_E_FRAME, COT_NRC_NONE },
	{ "read memory", BYTES("\x23\x14\x00"), COT_E_UNSUPPORTED, COT_NRC_SERVICE },
	{ "request upload", BYTES("\x35\x00\x44\x00\x00\x00\x00\x00\x00\x00\x01"),
	  COT_E_UNSUPPORTED, COT_NRC_SERVICE },
	{ "security access", BYTES("\x27\x01"), COT_E_UNSUPPORTED, COT_NRC_SERVICE },
	{ "a negative response", BYTES("\x7F\x10\x11"), COT_E_UNSUPPORTED, COT_NRC_SERVICE },
	{ "a positive response", BYTES("\x50\x01"), COT_E_UNSUPPORTED, COT_NRC_SERVICE },
	{ "download with 16 bit sizes", BYTES("\x34\x00\x22\x00\x00\x00\x01\x00\x00\x00\x00"),
	  COT_E_FRAME, COT_NRC_RANGE },
	{ "file without a name", BYTES("\x38\x03\x00\x00\x00\x04\0\0\0\1\0\0\0\1"),
	  COT_E_FRAME, COT_NRC_RANGE },
	{ "file with a name of 258", BYTES("\x38\x03\x01\x02" "d/"), COT_E_FRAME,
	  COT_NRC_RANGE },
	{ "file with a name of 65535", BYTES("\x38\x03\xFF\xFF" "d/"), COT_E_FRAME,
	  COT_NRC_RANGE },
	{ "file whose name is cut", BYTES("\x38\x03\x00\x05" "d/ab"), COT_E_FRAME,
	  COT_NRC_LENGTH },
	{ "file with sizes of 2 bytes", BYTES("\x38\x03\x00\x03" "d/a" "\x00\x02\0\1\0\1"),
	  COT_E_FRAME, COT_NRC_RANGE },
	{ "file to be read", BYTES("\x38\x04\x00\x03" "d/a" "\x00\x04\0\0\0\1\0\0\0\1"),
	  COT_E_FRAME, COT_NRC_RANGE },
	{ "file to be deleted", BYTES("\x38\x02\x00\x03" "d/a" "\x00\x04\0\0\0\1\0\0\0\1"),
	  COT_E_FRAME, COT_NRC_RANGE },
	{ "tester present 1", BYTES("\x3E\x01"), COT_E_UNSUPPORTED, COT_NRC_SUB_FUNCTION },
	{ "two identifiers at once", BYTES("\x22\xF1\x8C\xF1\x91"), COT_E_FRAME,
	  COT_NRC_LENGTH },
};

static void malformed_requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct cot_uds_request got;
		uint8_t nrc = 0xEE;
		enum cot_err err = cot_uds_parse_request(refused[i].bytes, &got, &nrc);

		if (err != refused[i].err || nrc != refused[i].nrc)
			fail_msg("%s: %d, NRC %02X", refused[i].what, err, nrc);
		if (refused[i].bytes.len)
			assert_int_equal(got.sid, refused[i].bytes.ptr[0]);
	}
}

static void malformed_responses(void **state)
{
	static const struct cot_slice rows[] = {
		BYTES("\x10\x01"), BYTES("\x63\x00"), BYTES("\x40"), BYTES("\x00"),
		BYTES("\x7F\x10\x00"), BYTES("\x7F\x10"), BYTES("\x7F\x10\x22\x00"),
		BYTES("\x74\x10\x0F"), BYTES("\x74\x40\x00\x00\x0F\xFF"),
		BYTES("\x78\x03\x01\xFF\x00"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cot_uds_response got;

		assert_int_equal(cot_uds_parse_response(rows[i], &got), COT_E_FRAME);
	}
}

static void builds_that_are_refused(void **state)
{
	static uint8_t buf[8192];
	static uint8_t data[COT_UDS_MAX];
	struct cot_uds_request request = { .sid = 0x23 };
	struct cot_uds_response response = { .sid = 0x10, .p2_star_ms = 655360 };
	size_t len = 77;

	(void)state;
	assert_int_equal(cot_uds_build_request(&request, buf, sizeof(buf), &len),
	                 COT_E_ARGUMENT);
	request = (struct cot_uds_request){ .sid = 0x10, .sub = 0x82 };
	assert_int_equal(cot_uds_build_request(&request, buf, sizeof(buf), &len),
	                 COT_E_ARGUMENT);
	request = (struct cot_uds_request){ .sid = 0x38, .sub = 3, .name = { data, 258 } };
	assert_int_equal(cot_uds_build_request(&request, buf, sizeof(buf), &len),
	                 COT_E_ARGUMENT);
	assert_int_equal(cot_uds_build_response(&response, buf, sizeof(buf), &len),
	                 COT_E_ARGUMENT);
	response.sid = 0x23;
	response.p2_star_ms = 0;
	assert_int_equal(cot_uds_build_response(&response, buf, sizeof(buf), &len),
	                 COT_E_ARGUMENT);
	/* A message longer than any carrier takes. */
	request = (struct cot_uds_request){ .sid = 0x36, .data = { data, COT_UDS_MAX - 1 } };
	assert_int_equal(cot_uds_build_request(&request, buf, sizeof(buf), &len),
	                 COT_E_BUFFER);
	assert_int_equal(len, 77);
	request.data.len--;
	assert_int_equal(cot_uds_build_request(&request, buf, sizeof(buf), &len), COT_OK);
	assert_int_equal(len, COT_UDS_MAX);
}

static const struct {
	const char *request, *response;
	size_t request_len, response_len;
	bool answers;
} pairs[] = {
	{ "\x22\xFD\x00", "\x62\xFD\x00s", 3, 4, true },
	{ "\x22\xFD\x00", "\x62\xFD\x01s", 3, 4, false },
	{ "\x22\xFD\x00", "\x6E\xFD\x00", 3, 3, false },
	{ "\x22\xFD\x00", "\x7F\x22\x31", 3, 3, true },
	{ "\x22\xFD\x00", "\x7F\x2E\x31", 3, 3, false },
	{ "\x22\xFD\x00", "", 3, 0, false },
	{ "\x36\x05x", "\x76\x05", 3, 2, true },
	{ "\x36\x05x", "\x76\x04", 3, 2, false },
	{ "\x31\x01\xFD\x12", "\x71\x01\xFD\x12", 4, 4, true },
	{ "\x31\x01\xFD\x12", "\x71\x03\xFD\x12", 4, 4, false },
	{ "\x31\x01\xFD\x12", "\x71\x01\xFD\x13", 4, 4, false },
	{ "\x10\x82", "\x50\x02\x00\x32\x01\xF4", 2, 6, true },
	{ "", "\x50\x02\x00\x32\x01\xF4", 0, 6, false },
};

static void which_response_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++)
		assert_int_equal(cot_uds_answers(cot_slice(pairs[i].request, pairs[i].request_len),
		                                 cot_slice(pairs[i].response,
		                                           pairs[i].response_len)),
		                 pairs[i].answers);
	assert_true(cot_uds_is_pending(COT_SLICE("\x7F\x31\x78")));
	assert_false(cot_uds_is_pending(COT_SLICE("\x7F\x31\x22")));
	assert_false(cot_uds_is_pending(COT_SLICE("\x7F\x31\x78\x00")));
	assert_true(cot_uds_is_suppressed(COT_SLICE("\x3E\x80")));
	assert_false(cot_uds_is_suppressed(COT_SLICE("\x3E\x00")));
	assert_false(cot_uds_is_suppressed(COT_SLICE("\x36\x80")));
	assert_false(cot_uds_is_suppressed(COT_SLICE("\x3E")));
	assert_false(cot_uds_is_suppressed(COT_SLICE("")));
}

/* What is parsed can be built again, to the same bytes; for any bytes. */
static void random_bytes_build_again(void **state)
{
	static const uint8_t sids[] = { 0x10, 0x11, 0x22, 0x2E, 0x31, 0x34, 0x36, 0x37, 0x38,
		                        0x3E };
	uint32_t seed = 1;
	unsigned int parsed = 0;

	(void)state;
	for (unsigned int i = 0; i < 200000; i++) {
		struct cot_uds_request got;
		uint8_t in[24], out[24];
		uint8_t nrc;
		size_t len;

		for (size_t j = 0; j < sizeof(in); j++) {
			seed = seed * 1664525u + 1013904223u;
			in[j] = (uint8_t)((seed >> 24) & (seed >> 16 & 1 ? 0xFF : 0x07));
		}
		in[0] = sids[in[0] % sizeof(sids)];
		len = 1 + in[23] % 20;
		if (cot_uds_parse_request(cot_slice(in, len), &got, &nrc))
			continue;
		parsed++;
		assert_int_equal(cot_uds_build_request(&got, out, sizeof(out), &len), COT_OK);
		assert_memory_equal(in, out, len);
	}
	assert_true(parsed > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_both_ways),
		cmocka_unit_test(responses_both_ways),
		cmocka_unit_test(every_other_length_is_refused),
		cmocka_unit_test(every_smaller_buffer_is_refused),
		cmocka_unit_test(malformed_requests),
		cmocka_unit_test(malformed_responses),
		cmocka_unit_test(builds_that_are_refused),
		cmocka_unit_test(which_response_answers),
		cmocka_unit_test(random_bytes_build_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
