/* SPDX-License-Identifier: Apache-2.0
 *
 * keys/encode.c: one spelling per value, and every other one refused.
 */
#include "keys/encode.h"

#include <stdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Hex */

static void test_hex_round_trip(void **state)
{
	uint8_t all[256], back[256];
	char text[512];
	size_t i, len = 0;

	(void)state;
	for (i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	cot_hex_encode(cot_slice(all, 256), text);
	assert_int_equal(cot_hex_decode(cot_slice(text, 512), back, 256, &len), COT_OK);
	assert_int_equal(len, 256);
	assert_memory_equal(all, back, 256);
	assert_int_equal(cot_hex_decode(COT_SLICE(""), back, 0, &len), COT_OK);
	assert_int_equal(len, 0);
}

static void test_hex_strict(void **state)
{
	uint8_t buf[8];
	size_t len = 99;

	(void)state;
	assert_int_equal(cot_hex_decode(COT_SLICE("0"), buf, 8, &len), COT_E_ENCODING);
	assert_int_equal(cot_hex_decode(COT_SLICE("abc"), buf, 8, &len), COT_E_ENCODING);
	assert_int_equal(cot_hex_decode(COT_SLICE("AB"), buf, 8, &len), COT_E_ENCODING);
	assert_int_equal(cot_hex_decode(COT_SLICE("0x"), buf, 8, &len), COT_E_ENCODING);
	assert_int_equal(cot_hex_decode(COT_SLICE("0011"), buf, 1, &len), COT_E_BUFFER);
	assert_int_equal(len, 99);
}

/* Any byte at any place of a text of six, which is read by four and by two. */
static void test_hex_every_byte(void **state)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t buf[3], want[3];
	size_t len, at;
	int c;

	(void)state;
	for (at = 0; at < 6; at++) {
		for (c = 0; c < 256; c++) {
			char text[6] = { '5', 'b', '9', '0', 'f', 'a' };
			const char *digit = c == 0 ? NULL : strchr(digits, c);

			text[at] = (char)c;
			memcpy(want, (uint8_t[3]){ 0x5b, 0x90, 0xfa }, sizeof(want));
			len = 99;
			assert_int_equal(cot_hex_decode(cot_slice(text, 6), buf, 3, &len),
			                 digit ? COT_OK : COT_E_ENCODING);
			assert_int_equal(len, digit ? 3 : 99);
			if (!digit)
				continue;
			want[at / 2] &= at % 2 ? 0xf0 : 0x0f;
			want[at / 2] |= (uint8_t)((digit - digits) << (at % 2 ? 0 : 4));
			assert_memory_equal(buf, want, sizeof(want));
		}
	}
}

/* Base64 */

static void test_base64_known(void **state)
{
	/* RFC 4648 section 10 */
	static const char *const rows[][2] = {
		{ "", "" },           { "f", "Zg==" },         { "fo", "Zm8=" },
		{ "foo", "Zm9v" },    { "foob", "Zm9vYg==" },  { "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cot_slice plain = cot_slice_str(rows[i][0]);
		struct cot_slice text = cot_slice_str(rows[i][1]);
		uint8_t back[8];
		char out[8];
		size_t len = 99;

		assert_int_equal(cot_base64_len(plain.len), text.len);
		cot_base64_encode(plain, out);
		assert_memory_equal(out, text.ptr, text.len);
		assert_int_equal(cot_base64_decode(text, back, plain.len, &len), COT_OK);
		assert_true(cot_slice_eq(cot_slice(back, len), plain));
		if (plain.len > 0)
			assert_int_equal(cot_base64_decode(text, back, plain.len - 1, &len),
			                 COT_E_BUFFER);
	}
}

static void test_base64_strict(void **state)
{
	static const char *const bad[] = {
		"Z",    "Zg",    "Zg=",   "Zm8",   "Zg===",  "Zm9v=",    "=",     "==",
		"====", "Z===",  "Zh==",  "Zm9=",  "Zg==Zg==", "Zm 9v",  "Zm9v\n", "Zm9v ",
		"Zm-v", "Zm_v",  "Zg=g",  "Z=g=",  "\x80m9v", "Zm9vZ",   "Zm8==", "Zm9vYg==="
	};
	uint8_t buf[16];
	size_t i, len = 99;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(cot_base64_decode(cot_slice_str(bad[i]), buf, 16, &len),
		                 COT_E_ENCODING);
		assert_int_equal(len, 99);
	}
	assert_int_equal(cot_base64_decode(COT_SLICE("Zm9v"), buf, 16, &len), COT_OK);
}

/* All two-byte values have one accepted text among all padded ones. */
static void test_base64_one_spelling(void **state)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned i, accepted = 0;

	(void)state;
	for (i = 0; i < 64 * 64; i++) {
		char text[4] = { digits[i / 64], digits[i % 64], '=', '=' };
		uint8_t byte;
		size_t len;

		if (cot_base64_decode(cot_slice(text, 4), &byte, 1, &len) == COT_OK)
			accepted++;
	}
	assert_int_equal(accepted, 256);
}

/* PEM */

#define BEGIN "-----BEGIN PUBLIC KEY-----"
#define END "-----END PUBLIC KEY-----"

static void test_pem(void **state)
{
	static const struct {
		const char *text;
		enum cot_err err;
	} rows[] = {
		{ BEGIN "\nZm9vYmFy\n" END, COT_OK },
		{ BEGIN "\nZm9vYmFy\n" END "\n", COT_OK },
		{ BEGIN "\r\nZm9vYmFy\r\n" END "\r\n", COT_OK },
		{ BEGIN "\nZm9v\nYmFy\n" END, COT_OK },
		{ BEGIN "\nZ\nm9vYmF\ny\n" END, COT_OK },
		{ BEGIN "\nZm9vYmFy\n" END "\n\n", COT_E_ENCODING },
		{ BEGIN "\nZm9vYmFy\n" END "x", COT_E_ENCODING },
		{ BEGIN "\nZm9vYmFy" END, COT_E_ENCODING },
		{ BEGIN "Zm9vYmFy\n" END, COT_E_ENCODING },
		{ BEGIN "\n\nZm9vYmFy\n" END, COT_E_ENCODING },
		{ BEGIN "\nZm9vYmFy \n" END, COT_E_ENCODING },
		{ BEGIN "\n Zm9vYmFy\n" END, COT_E_ENCODING },
		{ BEGIN "\rZm9vYmFy\r" END, COT_E_ENCODING },
		{ BEGIN "\nZm9vYmF\n" END, COT_E_ENCODING },
		{ BEGIN "\nZm9vYmFy\n", COT_E_ENCODING },
		{ BEGIN "\nZm9vYmFy\n-----END RSA KEY-----", COT_E_ENCODING },
		{ "\n" BEGIN "\nZm9vYmFy\n" END, COT_E_ENCODING },
		{ "-----BEGIN RSA KEY-----\nZm9vYmFy\n" END, COT_E_ENCODING },
		{ BEGIN "\nProc-Type: 4,ENCRYPTED\nZm9vYmFy\n" END, COT_E_ENCODING },
		{ "", COT_E_ENCODING },
		{ BEGIN, COT_E_ENCODING },
		{ BEGIN "\n", COT_E_ENCODING }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t buf[6];
		size_t len = 99;

		assert_int_equal(cot_pem_decode(cot_slice_str(rows[i].text), "PUBLIC KEY", buf,
		                                6, &len),
		                 rows[i].err);
		assert_int_equal(len, rows[i].err == COT_OK ? 6 : 99);
		if (rows[i].err == COT_OK)
			assert_memory_equal(buf, "foobar", 6);
	}
}

static void test_pem_bounds(void **state)
{
	char text[256];
	uint8_t buf[64];
	size_t len;
	int n;

	(void)state;
	assert_int_equal(cot_pem_decode(COT_SLICE(BEGIN "\nZm9vYmFy\n" END), "PUBLIC KEY", buf,
	                                5, &len),
	                 COT_E_BUFFER);
	for (n = 60; n <= 68; n += 4) {
		char line[69];

		memset(line, 'A', (size_t)n);
		line[n] = 0;
		(void)snprintf(text, sizeof(text), "%s\n%s\n%s", BEGIN, line, END);
		assert_int_equal(cot_pem_decode(cot_slice_str(text), "PUBLIC KEY", buf, 64, &len),
		                 n <= 64 ? COT_OK : COT_E_ENCODING);
	}
}

/* Decimal */

static void test_decimal(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		enum cot_err err;
		uint64_t value;
	} rows[] = {
		{ "0", 0, COT_OK, 0 },
		{ "1", 1, COT_OK, 1 },
		{ "2", 1, COT_E_NUMBER, 0 },
		{ "2147483647", 2147483647, COT_OK, 2147483647 },
		{ "2147483648", 2147483647, COT_E_NUMBER, 0 },
		{ "18446744073709551615", UINT64_MAX, COT_OK, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, COT_E_NUMBER, 0 },
		{ "99999999999999999999", UINT64_MAX, COT_E_NUMBER, 0 },
		{ "184467440737095516150", UINT64_MAX, COT_E_NUMBER, 0 },
		{ "", 9, COT_E_NUMBER, 0 },
		{ "00", 9, COT_E_NUMBER, 0 },
		{ "01", 9, COT_E_NUMBER, 0 },
		{ "-1", 9, COT_E_NUMBER, 0 },
		{ "+1", 9, COT_E_NUMBER, 0 },
		{ " 1", 9, COT_E_NUMBER, 0 },
		{ "1 ", 9, COT_E_NUMBER, 0 },
		{ "1.0", 9, COT_E_NUMBER, 0 },
		{ "1e0", 9, COT_E_NUMBER, 0 },
		{ "/", 99, COT_E_NUMBER, 0 },
		{ ":", 99, COT_E_NUMBER, 0 }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t value = 4711;
		char back[20];

		assert_int_equal(cot_decimal(cot_slice_str(rows[i].text), rows[i].max, &value),
		                 rows[i].err);
		if (rows[i].err != COT_OK) {
			assert_int_equal(value, 4711);
			continue;
		}
		assert_true(value == rows[i].value);
		assert_int_equal(cot_decimal_write(value, back), strlen(rows[i].text));
		assert_memory_equal(back, rows[i].text, strlen(rows[i].text));
	}
}

static void test_equal_ct(void **state)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };
	size_t i;
	unsigned bit;

	(void)state;
	assert_true(cot_equal_ct(a, b, 32));
	assert_true(cot_equal_ct(a, b, 0));
	for (i = 0; i < 32; i++) {
		for (bit = 0; bit < 8; bit++) {
			b[i] = (uint8_t)(1u << bit);
			assert_false(cot_equal_ct(a, b, 32));
		}
		b[i] = 0;
	}
}

/* DER */

static void test_der_strict(void **state)
{
	static const struct {
		const char *hex;
		enum cot_err err;
	} rows[] = {
		{ "3006020101020102", COT_OK },
		{ "300602017f02017f", COT_OK },
		{ "30080202008002020080", COT_OK },
		{ "", COT_E_ENCODING },
		{ "30", COT_E_ENCODING },
		{ "3000", COT_E_ENCODING },
		{ "3006020101020100", COT_E_ENCODING },     /* s = 0 */
		{ "3006020100020101", COT_E_ENCODING },     /* r = 0 */
		{ "3006020181020101", COT_E_ENCODING },     /* r negative */
		{ "300702020001020101", COT_E_ENCODING },   /* needless zero */
		{ "300702020000020101", COT_E_ENCODING },   /* zero, twice */
		{ "30050200020101", COT_E_ENCODING },       /* empty INTEGER */
		{ "300602010102010200", COT_E_ENCODING },   /* byte after */
		{ "300702010102010200", COT_E_ENCODING },   /* byte inside */
		{ "3005020101020102", COT_E_ENCODING },     /* outer too short */
		{ "3007020101020102", COT_E_ENCODING },     /* outer too long */
		{ "308106020101020102", COT_E_ENCODING },   /* BER long length */
		{ "30820006020101020102", COT_E_ENCODING },
		{ "30800201010201020000", COT_E_ENCODING }, /* indefinite */
		{ "3106020101020102", COT_E_ENCODING },     /* SET */
		{ "3006030101020102", COT_E_ENCODING },     /* BIT STRING */
		{ "3006020101030102", COT_E_ENCODING },
		{ "300702810101020102", COT_E_ENCODING },   /* BER length inside */
		{ "3003020101", COT_E_ENCODING }            /* r only */
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t der[32], rs[64];
		size_t len;

		assert_int_equal(cot_hex_decode(cot_slice_str(rows[i].hex), der, 32, &len),
		                 COT_OK);
		assert_int_equal(cot_ecdsa_der_decode(cot_slice(der, len), rs), rows[i].err);
	}
}

/* Each pattern of lengths: encode, decode, and every truncation and every
 * extension is refused. */
static void test_der_round_trip(void **state)
{
	unsigned r, s, top;

	(void)state;
	for (r = 1; r <= 32; r++) {
		for (s = 1; s <= 32; s++) {
			for (top = 0; top < 4; top++) {
				uint8_t rs[64] = { 0 }, back[64], der[80] = { 0 };
				size_t len, cut;

				rs[32 - r] = top & 1 ? 0x80 : 0x7f;
				rs[64 - s] = top & 2 ? 0xff : 0x01;
				len = cot_ecdsa_der_encode(rs, der);
				assert_true(len <= 72);
				assert_int_equal(cot_ecdsa_der_decode(cot_slice(der, len), back),
				                 COT_OK);
				assert_memory_equal(rs, back, 64);
				for (cut = 0; cut < len; cut++)
					assert_int_equal(
						cot_ecdsa_der_decode(cot_slice(der, cut), back),
						COT_E_ENCODING);
				assert_int_equal(cot_ecdsa_der_decode(cot_slice(der, len + 1), back),
				                 COT_E_ENCODING);
			}
		}
	}
}

/* 33 bytes without the leading zero, and 34 with it, do not fit a scalar. */
static void test_der_too_large(void **state)
{
	uint8_t der[80] = { 0x30, 38, 0x02, 33, 0x01 }, rs[64];

	(void)state;
	der[37] = 0x02;
	der[38] = 1;
	der[39] = 1;
	assert_int_equal(cot_ecdsa_der_decode(cot_slice(der, 40), rs), COT_E_ENCODING);
	memset(der, 0, sizeof(der));
	memcpy(der, "\x30\x27\x02\x22\x00\x80", 6);
	memcpy(der + 38, "\x02\x01\x01", 3);
	assert_int_equal(cot_ecdsa_der_decode(cot_slice(der, 41), rs), COT_E_ENCODING);
	memset(der, 0, sizeof(der));
	memcpy(der, "\x30\x26\x02\x21\x00\x80", 6);
	memcpy(der + 37, "\x02\x01\x01", 3);
	assert_int_equal(cot_ecdsa_der_decode(cot_slice(der, 40), rs), COT_OK);
}

/* Whatever decodes is what encoding gives: one encoding per signature. */
static void test_der_unique(void **state)
{
	uint8_t der[8] = { 0x30, 6, 2, 1, 1, 2, 1, 1 };
	unsigned at, value;

	(void)state;
	for (at = 0; at < 8; at++) {
		for (value = 0; value < 256; value++) {
			uint8_t text[8], rs[64], again[72];

			memcpy(text, der, 8);
			text[at] = (uint8_t)value;
			if (cot_ecdsa_der_decode(cot_slice(text, 8), rs) != COT_OK)
				continue;
			assert_int_equal(cot_ecdsa_der_encode(rs, again), 8);
			assert_memory_equal(text, again, 8);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hex_round_trip),
		cmocka_unit_test(test_hex_strict),
		cmocka_unit_test(test_hex_every_byte),
		cmocka_unit_test(test_base64_known),
		cmocka_unit_test(test_base64_strict),
		cmocka_unit_test(test_base64_one_spelling),
		cmocka_unit_test(test_pem),
		cmocka_unit_test(test_pem_bounds),
		cmocka_unit_test(test_decimal),
		cmocka_unit_test(test_equal_ct),
		cmocka_unit_test(test_der_strict),
		cmocka_unit_test(test_der_round_trip),
		cmocka_unit_test(test_der_too_large),
		cmocka_unit_test(test_der_unique)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
