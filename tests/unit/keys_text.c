/* SPDX-License-Identifier: Apache-2.0
 *
 * keys/text.c: forms are filled byte for byte, nothing passes the buffer's end, and a
 * piece may be moved within the buffer.
 */
#include "keys/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define FORM "{\"a\":\"$\",\"b\":\"~\",\"c\":$}"
#define WANT "{\"a\":\"x\",\"b\":\"00ff\",\"c\":}"

static const uint8_t bytes[] = { 0x00, 0xff };

static enum cot_err fill(char *ret, size_t max, size_t *ret_len)
{
	const struct cot_slice values[] = { COT_SLICE("x"), cot_slice(bytes, sizeof(bytes)),
		                            cot_slice(NULL, 0) };
	struct cot_text t = { ret, max, 0, false };

	cot_text_form(&t, FORM, values);
	return cot_text_end(&t, ret_len);
}

static void fills_a_form(void **state)
{
	char text[64];
	size_t len = 0;

	(void)state;
	assert_int_equal(fill(text, sizeof(text), &len), COT_OK);
	assert_int_equal(len, strlen(WANT));
	assert_memory_equal(text, WANT, len);
}

static void stays_in_the_buffer(void **state)
{
	char text[64];
	size_t max, len = 77;

	(void)state;
	for (max = 0; max < strlen(WANT); max++) {
		memset(text, '#', sizeof(text));
		assert_int_equal(fill(text, max, &len), COT_E_BUFFER);
		assert_int_equal(len, 77);
		assert_int_equal(text[max], '#');
	}
	assert_int_equal(fill(text, max, &len), COT_OK);
}

static void nothing_follows_a_gap(void **state)
{
	char text[4] = "####";
	struct cot_text t = { text, sizeof(text), 0, false };
	size_t len;

	(void)state;
	cot_text_put(&t, COT_SLICE("abc"));
	cot_text_put(&t, COT_SLICE("de"));
	cot_text_put(&t, COT_SLICE("f"));
	assert_memory_equal(text, "abc#", 4);
	assert_int_equal(cot_text_end(&t, &len), COT_E_BUFFER);
}

/* A body at the buffer's end is moved to where its head ends, at every distance. */
static void moves_its_own_end(void **state)
{
	size_t gap;

	(void)state;
	for (gap = 0; gap < 8; gap++) {
		char text[32];
		struct cot_text t = { text, 11 + gap, 0, false };
		size_t len = 0;

		memcpy(text + 3 + gap, "01234567", 8);
		cot_text_put(&t, COT_SLICE("abc"));
		cot_text_put(&t, cot_slice(text + 3 + gap, 8));
		assert_int_equal(cot_text_end(&t, &len), COT_OK);
		assert_int_equal(len, 11);
		assert_memory_equal(text, "abc01234567", 11);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fills_a_form),
		cmocka_unit_test(stays_in_the_buffer),
		cmocka_unit_test(nothing_follows_a_gap),
		cmocka_unit_test(moves_its_own_end)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
