/* SPDX-License-Identifier: Apache-2.0
 *
 * UDS messages by one table.  Every message of ours is a service byte followed
 * by fields in a fixed order, so the order is written down once, as a string
 * of field letters, and both parsing and building walk it.  A length check
 * can then be forgotten in one place only, where a test would see it at once.
 */
#include "secondary/link/uds.h"

#include <string.h>

#define POSITIVE 0x40u
#define NAME_MAX 257u /* "d/" and COT_MAX_NAME */

/* Field letters:
 *	s  sub-function, bit 7 is the suppress bit
 *	m  modeOfOperation
 *	i  identifier, 2 bytes           c  block counter
 *	f  dataFormatIdentifier          a  the constant 0x44
 *	o  offset, 4 bytes               z  size, 4 bytes
 *	p  packed size, 4 bytes          4  the constant 0x04
 *	n  name after its 2 byte length  d  data to the end, may be empty
 *	L  the constant 0x20             l  the constant 0x02
 *	b  block length, 2 bytes
 *	u  P2 in 1 ms, 2 bytes           v  P2* in 10 ms, 2 bytes
 */
static const struct shape {
	uint8_t sid;
	char request[8];
	char response[8];
} shapes[] = {
	{ COT_UDS_SESSION, "s", "suv" },
	{ COT_UDS_RESET, "s", "s" },
	{ COT_UDS_READ, "i", "id" },
	{ COT_UDS_WRITE, "id", "i" },
	{ COT_UDS_ROUTINE, "sid", "sid" },
	{ COT_UDS_DOWNLOAD, "faoz", "Lb" },
	{ COT_UDS_TRANSFER, "cd", "cd" },
	{ COT_UDS_EXIT, "d", "d" },
	{ COT_UDS_FILE, "mnf4zp", "mlbf" },
	{ COT_UDS_PRESENT, "s", "s" },
};

static const struct shape *shape_of(uint8_t sid)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (shapes[i].sid == sid)
			return &shapes[i];
	return NULL;
}

/* Every member of requests and responses, between bytes and the public structs. */
struct fields {
	uint32_t sub, id, counter, format;
	uint32_t offset, size, packed;
	uint32_t block, p2, p2_star;
	struct cot_slice name, data;
};

/* Bytes that a number field takes; 0 for the two that are slices. */
static size_t width_of(char letter)
{
	switch (letter) {
	case 'n':
	case 'd':
		return 0;
	case 'o':
	case 'z':
	case 'p':
		return 4;
	case 'i':
	case 'b':
	case 'u':
	case 'v':
		return 2;
	default:
		return 1;
	}
}

/* Where a number field lives; NULL for a constant. */
static uint32_t *member_of(struct fields *f, char letter)
{
	switch (letter) {
	case 's':
	case 'm': return &f->sub;
	case 'i': return &f->id;
	case 'c': return &f->counter;
	case 'f': return &f->format;
	case 'o': return &f->offset;
	case 'z': return &f->size;
	case 'p': return &f->packed;
	case 'b': return &f->block;
	case 'u': return &f->p2;
	case 'v': return &f->p2_star;
	default:  return NULL;
	}
}

static uint32_t constant_of(char letter)
{
	switch (letter) {
	case 'a': return COT_UDS_ADDRESS_FORMAT;
	case 'L': return 0x20;
	case 'l': return 0x02;
	default:  return 0x04;
	}
}

static uint32_t get_number(const uint8_t *at, size_t width)
{
	uint32_t value = 0;

	for (size_t i = 0; i < width; i++)
		value = value << 8 | at[i];
	return value;
}

/* Takes len bytes off the front of rest. */
static enum cot_err take(struct cot_slice *rest, size_t len, struct cot_slice *ret)
{
	if (rest->len < len)
		return COT_E_FRAME;
	*ret = cot_slice(rest->ptr, len);
	*rest = cot_slice(rest->ptr + len, rest->len - len);
	return COT_OK;
}

static enum cot_err parse_number(char letter, struct cot_slice *rest, struct fields *f,
                                 uint8_t *ret_nrc)
{
	uint32_t *member = member_of(f, letter);
	struct cot_slice bytes;
	uint32_t value;
	enum cot_err err = take(rest, width_of(letter), &bytes);

	if (err)
		return err;
	value = get_number(bytes.ptr, bytes.len);
	if (member) {
		*member = value;
	} else if (value != constant_of(letter)) {
		*ret_nrc = COT_NRC_RANGE;
		return COT_E_FRAME;
	}
	return COT_OK;
}

static enum cot_err parse_name(struct cot_slice *rest, struct fields *f, uint8_t *ret_nrc)
{
	struct cot_slice count;
	size_t len;
	enum cot_err err = take(rest, 2, &count);

	if (err)
		return err;
	len = get_number(count.ptr, 2);
	if (len == 0 || len > NAME_MAX) {
		*ret_nrc = COT_NRC_RANGE;
		return COT_E_FRAME;
	}
	return take(rest, len, &f->name);
}

static enum cot_err parse_fields(const char *shape, struct cot_slice rest, struct fields *f,
                                 uint8_t *ret_nrc)
{
	enum cot_err err = COT_OK;

	*ret_nrc = COT_NRC_LENGTH;
	memset(f, 0, sizeof(*f));
	for (; *shape && err == COT_OK; shape++) {
		if (*shape == 'n')
			err = parse_name(&rest, f, ret_nrc);
		else if (*shape == 'd')
			err = take(&rest, rest.len, &f->data);
		else
			err = parse_number(*shape, &rest, f, ret_nrc);
	}
	if (err)
		return err;
	if (rest.len)
		return COT_E_FRAME;
	*ret_nrc = COT_NRC_NONE;
	return COT_OK;
}

/* Output that remembers whether everything fitted. */
struct sink {
	uint8_t *buf;
	size_t cap;
	size_t len;
	bool full;
};

static void put_bytes(struct sink *out, struct cot_slice bytes)
{
	if (out->full || bytes.len > out->cap - out->len) {
		out->full = true;
		return;
	}
	if (bytes.len)
		memmove(out->buf + out->len, bytes.ptr, bytes.len);
	out->len += bytes.len;
}

static void put_number(struct sink *out, uint32_t value, size_t width)
{
	uint8_t bytes[4];

	for (size_t i = 0; i < width; i++)
		bytes[i] = (uint8_t)(value >> (8 * (width - 1 - i)));
	put_bytes(out, cot_slice(bytes, width));
}

static enum cot_err build_fields(const char *shape, struct fields *f, struct sink *out)
{
	for (; *shape; shape++) {
		const uint32_t *member = member_of(f, *shape);

		if (*shape == 'n') {
			if (f->name.len == 0 || f->name.len > NAME_MAX)
				return COT_E_ARGUMENT;
			put_number(out, (uint32_t)f->name.len, 2);
			put_bytes(out, f->name);
		} else if (*shape == 'd') {
			put_bytes(out, f->data);
		} else {
			put_number(out, member ? *member : constant_of(*shape),
			           width_of(*shape));
		}
	}
	return out->full || out->len > COT_UDS_MAX ? COT_E_BUFFER : COT_OK;
}

/* Whether the first field of the service's request has the suppress bit. */
static bool has_suppress(const struct shape *shape)
{
	return shape->request[0] == 's';
}

static enum cot_err check_sub(const struct shape *shape, uint8_t sub, uint8_t *ret_nrc)
{
	if (shape->sid == COT_UDS_PRESENT && sub != 0) {
		*ret_nrc = COT_NRC_SUB_FUNCTION;
		return COT_E_UNSUPPORTED;
	}
	if (shape->sid == COT_UDS_FILE && sub != COT_UDS_FILE_REPLACE) {
		*ret_nrc = COT_NRC_RANGE;
		return COT_E_FRAME;
	}
	return COT_OK;
}

enum cot_err cot_uds_parse_request(struct cot_slice pdu, struct cot_uds_request *ret,
                                   uint8_t *ret_nrc)
{
	const struct shape *shape;
	struct fields f;
	enum cot_err err;

	memset(ret, 0, sizeof(*ret));
	*ret_nrc = COT_NRC_NONE;
	if (pdu.len == 0)
		return COT_E_FRAME;
	ret->sid = pdu.ptr[0];
	shape = shape_of(ret->sid);
	if (!shape) {
		*ret_nrc = COT_NRC_SERVICE;
		return COT_E_UNSUPPORTED;
	}
	err = parse_fields(shape->request, cot_slice_sub(pdu, 1, pdu.len), &f, ret_nrc);
	if (err)
		return err;
	ret->suppress = has_suppress(shape) && (f.sub & COT_UDS_SUPPRESS);
	ret->sub = (uint8_t)(ret->suppress ? f.sub & ~COT_UDS_SUPPRESS : f.sub);
	ret->id = (uint16_t)f.id;
	ret->counter = (uint8_t)f.counter;
	ret->format = (uint8_t)f.format;
	ret->offset = f.offset;
	ret->size = f.size;
	ret->packed = f.packed;
	ret->name = f.name;
	ret->data = f.data;
	return check_sub(shape, ret->sub, ret_nrc);
}

enum cot_err cot_uds_build_request(const struct cot_uds_request *request, uint8_t *buf,
                                   size_t cap, size_t *ret_len)
{
	const struct shape *shape = shape_of(request->sid);
	struct sink out = { buf, cap, 0, false };
	struct fields f;
	enum cot_err err;

	if (!shape || (has_suppress(shape) && request->sub & COT_UDS_SUPPRESS))
		return COT_E_ARGUMENT;
	memset(&f, 0, sizeof(f));
	f.sub = request->sub;
	if (request->suppress && has_suppress(shape))
		f.sub |= COT_UDS_SUPPRESS;
	f.id = request->id;
	f.counter = request->counter;
	f.format = request->format;
	f.offset = request->offset;
	f.size = request->size;
	f.packed = request->packed;
	f.name = request->name;
	f.data = request->data;
	put_number(&out, request->sid, 1);
	err = build_fields(shape->request, &f, &out);
	if (err == COT_OK)
		*ret_len = out.len;
	return err;
}

static enum cot_err parse_negative(struct cot_slice pdu, struct cot_uds_response *ret)
{
	if (pdu.len != 3 || pdu.ptr[2] == COT_NRC_NONE)
		return COT_E_FRAME;
	ret->sid = pdu.ptr[1];
	ret->nrc = pdu.ptr[2];
	return COT_OK;
}

enum cot_err cot_uds_parse_response(struct cot_slice pdu, struct cot_uds_response *ret)
{
	const struct shape *shape;
	struct fields f;
	uint8_t nrc;
	enum cot_err err;

	memset(ret, 0, sizeof(*ret));
	if (pdu.len == 0)
		return COT_E_FRAME;
	if (pdu.ptr[0] == COT_UDS_NEGATIVE)
		return parse_negative(pdu, ret);
	shape = pdu.ptr[0] & POSITIVE ? shape_of((uint8_t)(pdu.ptr[0] - POSITIVE)) : NULL;
	if (!shape)
		return COT_E_FRAME;
	err = parse_fields(shape->response, cot_slice_sub(pdu, 1, pdu.len), &f, &nrc);
	if (err)
		return err;
	ret->sid = shape->sid;
	ret->sub = (uint8_t)f.sub;
	ret->id = (uint16_t)f.id;
	ret->p2_ms = (uint16_t)f.p2;
	ret->p2_star_ms = f.p2_star * 10u;
	ret->counter = (uint8_t)f.counter;
	ret->format = (uint8_t)f.format;
	ret->block = (uint16_t)f.block;
	ret->data = f.data;
	return COT_OK;
}

static enum cot_err build_positive(const struct cot_uds_response *response, struct sink *out)
{
	const struct shape *shape = shape_of(response->sid);
	struct fields f;

	if (!shape || response->p2_star_ms / 10u > UINT16_MAX)
		return COT_E_ARGUMENT;
	memset(&f, 0, sizeof(f));
	f.sub = response->sub;
	f.id = response->id;
	f.p2 = response->p2_ms;
	f.p2_star = response->p2_star_ms / 10u;
	f.counter = response->counter;
	f.format = response->format;
	f.block = response->block;
	f.data = response->data;
	put_number(out, response->sid + POSITIVE, 1);
	return build_fields(shape->response, &f, out);
}

enum cot_err cot_uds_build_response(const struct cot_uds_response *response, uint8_t *buf,
                                    size_t cap, size_t *ret_len)
{
	struct sink out = { buf, cap, 0, false };
	enum cot_err err = COT_OK;

	if (response->nrc == COT_NRC_NONE) {
		err = build_positive(response, &out);
	} else {
		put_number(&out, COT_UDS_NEGATIVE, 1);
		put_number(&out, response->sid, 1);
		put_number(&out, response->nrc, 1);
		if (out.full)
			err = COT_E_BUFFER;
	}
	if (err == COT_OK)
		*ret_len = out.len;
	return err;
}

bool cot_uds_answers(struct cot_slice request, struct cot_slice response)
{
	struct cot_uds_request asked;
	struct cot_uds_response said;
	uint8_t nrc;

	if (cot_uds_parse_response(response, &said) || request.len == 0)
		return false;
	if (said.sid != request.ptr[0])
		return false;
	if (said.nrc != COT_NRC_NONE)
		return true;
	if (cot_uds_parse_request(request, &asked, &nrc))
		return false;
	return said.sub == asked.sub && said.id == asked.id && said.counter == asked.counter;
}

bool cot_uds_is_pending(struct cot_slice pdu)
{
	return pdu.len == 3 && pdu.ptr[0] == COT_UDS_NEGATIVE &&
	       pdu.ptr[2] == COT_NRC_PENDING;
}

bool cot_uds_is_suppressed(struct cot_slice request)
{
	const struct shape *shape = request.len >= 2 ? shape_of(request.ptr[0]) : NULL;

	return shape && has_suppress(shape) && (request.ptr[1] & COT_UDS_SUPPRESS);
}
