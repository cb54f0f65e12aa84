/* SPDX-License-Identifier: Apache-2.0
 *
 * Text encodings: see encode.h.
 *
 * Decoders accept exactly one spelling per value.  A second spelling would
 * let the same key or signature appear under two texts, and lenient decoders
 * have been used to count one signature twice.
 */
#include "keys/encode.h"

#include <string.h>

/* Hex: half of a Targets file. */

/* Four digits, the first one lowest; compilers make one load of it where they may. */
static uint32_t four_digits(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Two bytes for each four digits; not 0 if any of them is no digit.  The value of each is
 * written again, in the one spelling there is, and must be what was read. */
static uint32_t decode_fours(const uint8_t *text, size_t fours, uint8_t *ret)
{
	const uint32_t ones = 0x01010101u;
	const uint8_t *end = text + 4 * fours;
	uint32_t wrong = 0;

	for (; text < end; text += 4, ret += 2) {
		uint32_t digits = four_digits(text);
		uint32_t values = (digits & ones * 15) + 9 * (digits >> 6 & ones);
		uint32_t letters = (values + ones * 6) >> 4 & ones;

		wrong |= (values & ones * 16) |
		         ((values + ones * '0' + letters * ('a' - '0' - 10)) ^ digits);
		ret[0] = (uint8_t)(values << 4 | values >> 8);
		ret[1] = (uint8_t)(values >> 12 | values >> 24);
	}
	return wrong;
}

enum cot_err cot_hex_decode(struct cot_slice text, uint8_t *ret, size_t max,
                            size_t *ret_len)
{
	size_t len = text.len / 2;
	uint8_t last[4] = { '0', '0', '0', '0' };
	uint32_t wrong;

	if (text.len % 2 != 0)
		return COT_E_ENCODING;
	if (len > max)
		return COT_E_BUFFER;
	wrong = decode_fours(text.ptr, len / 2, ret);
	if (len % 2 != 0) {
		memcpy(last, text.ptr + text.len - 2, 2);
		wrong |= decode_fours(last, 1, last);
		ret[len - 1] = last[0];
	}
	if (wrong != 0)
		return COT_E_ENCODING;
	*ret_len = len;
	return COT_OK;
}

void cot_hex_encode(struct cot_slice data, char *ret)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < data.len; i++) {
		ret[2 * i] = digits[data.ptr[i] >> 4];
		ret[2 * i + 1] = digits[data.ptr[i] & 15];
	}
}

/* Base64 */

/* A decoder that is fed one character at a time, so that PEM bodies need no
 * copy without their line ends. */
struct base64 {
	uint8_t *out;
	size_t max;
	size_t len;    /* bytes written */
	uint32_t bits; /* characters of the group in progress, 6 bits each */
	unsigned fill; /* characters in the group, 0 to 3 */
	unsigned pads; /* padding characters seen */
};

static int base64_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	if (c == '/')
		return 63;
	return -1;
}

static enum cot_err base64_put(struct base64 *b, uint32_t byte)
{
	if (b->len == b->max)
		return COT_E_BUFFER;
	b->out[b->len++] = (uint8_t)byte;
	return COT_OK;
}

/* Padding may start after two or three characters of a group. */
static enum cot_err base64_pad(struct base64 *b)
{
	if (b->fill < 2 || b->fill + b->pads >= 4)
		return COT_E_ENCODING;
	b->pads++;
	return COT_OK;
}

static enum cot_err base64_feed(struct base64 *b, uint8_t c)
{
	int value = base64_value(c);
	enum cot_err err;

	if (c == '=')
		return base64_pad(b);
	if (value < 0 || b->pads != 0)
		return COT_E_ENCODING;
	b->bits = b->bits << 6 | (uint32_t)value;
	if (++b->fill < 4)
		return COT_OK;
	err = base64_put(b, b->bits >> 16 & 255);
	if (err == COT_OK)
		err = base64_put(b, b->bits >> 8 & 255);
	if (err == COT_OK)
		err = base64_put(b, b->bits & 255);
	b->bits = 0;
	b->fill = 0;
	return err;
}

/* CHECK K6: bits that the padding leaves over must be zero, or one value had
 * several spellings */
static enum cot_err base64_check_unused(const struct base64 *b)
{
	uint32_t unused = b->fill == 2 ? 15u : 3u;

	return (b->bits & unused) == 0 ? COT_OK : COT_E_ENCODING;
}

static enum cot_err base64_finish(struct base64 *b)
{
	enum cot_err err;

	if (b->fill == 0)
		return COT_OK;
	if (b->fill + b->pads != 4)
		return COT_E_ENCODING;
	err = base64_check_unused(b);
	if (err != COT_OK)
		return err;
	if (b->fill == 2)
		return base64_put(b, b->bits >> 4 & 255);
	err = base64_put(b, b->bits >> 10 & 255);
	return err != COT_OK ? err : base64_put(b, b->bits >> 2 & 255);
}

enum cot_err cot_base64_decode(struct cot_slice text, uint8_t *ret, size_t max,
                               size_t *ret_len)
{
	struct base64 b = { ret, max, 0, 0, 0, 0 };
	enum cot_err err;
	size_t i;

	for (i = 0; i < text.len; i++) {
		err = base64_feed(&b, text.ptr[i]);
		if (err != COT_OK)
			return err;
	}
	err = base64_finish(&b);
	if (err == COT_OK)
		*ret_len = b.len;
	return err;
}

size_t cot_base64_len(size_t len)
{
	return (len / 3 + (len % 3 != 0)) * 4;
}

void cot_base64_encode(struct cot_slice data, char *ret)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                             "abcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t i, k;

	for (i = 0; i < data.len; i += 3) {
		size_t left = data.len - i;
		uint32_t bits = (uint32_t)data.ptr[i] << 16;

		if (left > 1)
			bits |= (uint32_t)data.ptr[i + 1] << 8;
		if (left > 2)
			bits |= data.ptr[i + 2];
		for (k = 0; k < 4; k++)
			*ret++ = k > left ? '=' : digits[bits >> (18 - 6 * k) & 63];
	}
}

/* PEM */

#define PEM_LINE 64u

/* Takes text off the front of s; false if s does not start with it. */
static bool take(struct cot_slice *s, struct cot_slice text)
{
	if (!cot_slice_eq(cot_slice_sub(*s, 0, text.len), text))
		return false;
	*s = cot_slice_sub(*s, text.len, s->len);
	return true;
}

static bool take_line_end(struct cot_slice *s)
{
	return take(s, COT_SLICE("\n")) || take(s, COT_SLICE("\r\n"));
}

/* Takes "-----BEGIN label-----" or the END line, without its line end. */
static bool take_boundary(struct cot_slice *s, struct cot_slice kind, const char *label)
{
	return take(s, COT_SLICE("-----")) && take(s, kind) &&
	       take(s, cot_slice_str(label)) && take(s, COT_SLICE("-----"));
}

/* Feeds one line of the body; empty lines and long lines are refused. */
static enum cot_err pem_line(struct cot_slice *s, struct base64 *b)
{
	size_t i;

	for (i = 0; i < s->len && s->ptr[i] != '\n' && s->ptr[i] != '\r'; i++) {
		enum cot_err err = i < PEM_LINE ? base64_feed(b, s->ptr[i]) :
		                                  COT_E_ENCODING;

		if (err != COT_OK)
			return err;
	}
	*s = cot_slice_sub(*s, i, s->len);
	return i > 0 && take_line_end(s) ? COT_OK : COT_E_ENCODING;
}

enum cot_err cot_pem_decode(struct cot_slice text, const char *label, uint8_t *ret,
                            size_t max, size_t *ret_len)
{
	struct base64 b = { ret, max, 0, 0, 0, 0 };
	enum cot_err err;

	if (!take_boundary(&text, COT_SLICE("BEGIN "), label) || !take_line_end(&text))
		return COT_E_ENCODING;
	while (text.len > 0 && text.ptr[0] != '-') {
		err = pem_line(&text, &b);
		if (err != COT_OK)
			return err;
	}
	if (!take_boundary(&text, COT_SLICE("END "), label))
		return COT_E_ENCODING;
	(void)take_line_end(&text);
	if (text.len != 0)
		return COT_E_ENCODING;
	err = base64_finish(&b);
	if (err == COT_OK)
		*ret_len = b.len;
	return err;
}

/* Decimal */

enum cot_err cot_decimal(struct cot_slice text, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;
	size_t i;

	if (text.len == 0 || text.len > 20 || (text.len > 1 && text.ptr[0] == '0'))
		return COT_E_NUMBER;
	for (i = 0; i < text.len; i++) {
		uint64_t digit = (uint64_t)text.ptr[i] - '0';

		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return COT_E_NUMBER;
		if (value > UINT64_MAX / 10 || value * 10 > UINT64_MAX - digit)
			return COT_E_NUMBER;
		value = value * 10 + digit;
	}
	if (value > max)
		return COT_E_NUMBER;
	*ret = value;
	return COT_OK;
}

/* Divides by ten and returns the rest.  16 bits at a time: a 64-bit division is a
 * kilobyte on small cores. */
static uint32_t take_digit(uint64_t *value)
{
	uint64_t quotient = 0;
	uint32_t part = 0, i;

	for (i = 0; i < 4; i++) {
		part = part << 16 | (uint32_t)(*value >> 48);
		*value <<= 16;
		quotient = quotient << 16 | part / 10;
		part %= 10;
	}
	*value = quotient;
	return part;
}

size_t cot_decimal_write(uint64_t value, char ret[20])
{
	char back[20];
	size_t len = 0, i;

	do {
		back[len++] = (char)('0' + take_digit(&value));
	} while (value != 0);
	for (i = 0; i < len; i++)
		ret[i] = back[len - 1 - i];
	return len;
}

bool cot_equal_ct(const uint8_t *a, const uint8_t *b, size_t len)
{
	/* volatile keeps the compiler from leaving the loop early */
	volatile uint8_t differ = 0;
	size_t i;

	for (i = 0; i < len; i++)
		differ = (uint8_t)(differ | (a[i] ^ b[i]));
	return differ == 0;
}

/* ECDSA signatures as DER (X.690, RFC 3279 section 2.2.3) */

/* CHECK K7: an INTEGER is positive and has no needless leading byte */
static enum cot_err der_check_integer(struct cot_slice body)
{
	if (body.len == 0 || body.len > 33 || (body.ptr[0] & 0x80) != 0)
		return COT_E_ENCODING;
	if (body.ptr[0] != 0)
		return body.len <= 32 ? COT_OK : COT_E_ENCODING;
	/* A zero byte is there only to keep the next one's top bit from
	 * meaning a sign; alone it would be the number zero. */
	if (body.len == 1 || (body.ptr[1] & 0x80) == 0)
		return COT_E_ENCODING;
	return COT_OK;
}

/* Takes tag and length; lengths here never need more than one byte. */
static bool der_take(struct cot_slice *s, uint8_t tag, struct cot_slice *ret)
{
	if (s->len < 2 || s->ptr[0] != tag || s->ptr[1] > 127 || s->ptr[1] > s->len - 2)
		return false;
	*ret = cot_slice_sub(*s, 2, s->ptr[1]);
	*s = cot_slice_sub(*s, 2 + (size_t)s->ptr[1], s->len);
	return true;
}

static enum cot_err der_take_scalar(struct cot_slice *s, uint8_t ret[32])
{
	struct cot_slice body;
	enum cot_err err;

	if (!der_take(s, 0x02, &body))
		return COT_E_ENCODING;
	err = der_check_integer(body);
	if (err != COT_OK)
		return err;
	if (body.len > 32)
		body = cot_slice_sub(body, 1, 32);
	if (body.len > 32)
		return COT_E_ENCODING;
	memset(ret, 0, 32);
	memcpy(ret + (32 - body.len), body.ptr, body.len);
	return COT_OK;
}

enum cot_err cot_ecdsa_der_decode(struct cot_slice der, uint8_t ret_rs[64])
{
	struct cot_slice body;
	enum cot_err err;

	if (!der_take(&der, 0x30, &body) || der.len != 0)
		return COT_E_ENCODING;
	err = der_take_scalar(&body, ret_rs);
	if (err == COT_OK)
		err = der_take_scalar(&body, ret_rs + 32);
	if (err == COT_OK && body.len != 0)
		err = COT_E_ENCODING;
	return err;
}

/* Writes one INTEGER, returns its bytes (at most 35). */
static size_t der_put_scalar(const uint8_t scalar[32], uint8_t *ret)
{
	size_t skip = 0, pad, len;

	while (skip < 31 && scalar[skip] == 0)
		skip++;
	pad = scalar[skip] >> 7;
	len = 32 - skip;
	ret[0] = 0x02;
	ret[1] = (uint8_t)(len + pad);
	ret[2] = 0;
	memcpy(ret + 2 + pad, scalar + skip, len);
	return 2 + pad + len;
}

size_t cot_ecdsa_der_encode(const uint8_t rs[64], uint8_t ret[72])
{
	size_t len = der_put_scalar(rs, ret + 2);

	len += der_put_scalar(rs + 32, ret + 2 + len);
	ret[0] = 0x30;
	ret[1] = (uint8_t)len;
	return len + 2;
}
