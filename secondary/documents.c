/* SPDX-License-Identifier: Apache-2.0
 *
 * Documents in flash: see documents.h.
 */
#include "secondary/documents.h"

#include "keys/encode.h"

#include <string.h>

void cot_documents_init(struct cot_documents *d, const struct cot_port *port,
                        const struct cot_identity *id, const struct cot_sec_state *state)
{
	memset(d, 0, sizeof(*d));
	d->port = port;
	d->id = id;
	d->state = state;
}

/* ---- where --------------------------------------------------------------------- */

static enum cot_region region_of(enum cot_sec_place place)
{
	return place == COT_SEC_PLACE_A ? COT_REGION_DOC_A : COT_REGION_DOC_B;
}

static const struct cot_flash_region *geometry(const struct cot_documents *d)
{
	return &d->port->flash->region[COT_REGION_DOC_A];
}

/* Root has the first half of the pages, Targets the rest. */
static uint32_t root_part(const struct cot_documents *d)
{
	const struct cot_flash_region *r = geometry(d);

	return r->size / r->page / 2 * r->page;
}

static uint32_t offset_of(const struct cot_documents *d, uint8_t kind)
{
	return kind == COT_SEC_ROOT ? 0 : root_part(d);
}

uint32_t cot_documents_max(const struct cot_documents *d, uint8_t kind)
{
	if (kind == COT_SEC_TIME)
		return d->port->time_max;
	return kind == COT_SEC_ROOT ? root_part(d) : geometry(d)->size - root_part(d);
}

static enum cot_sec_place spare(const struct cot_documents *d, uint8_t kind)
{
	return d->state->doc[kind].place == COT_SEC_PLACE_A ? COT_SEC_PLACE_B : COT_SEC_PLACE_A;
}

/* CHECK D7.1: a trusted place is never erased or written */
static enum cot_err check_untrusted(const struct cot_documents *d)
{
	const struct cot_sec_trusted *t = &d->state->doc[d->kind];

	return t->place == d->staged[d->kind].place ? COT_E_SEQUENCE : COT_OK;
}

/* ---- names --------------------------------------------------------------------- */

static bool ends_with(struct cot_slice text, const char *end, struct cot_slice *ret_before)
{
	struct cot_slice tail = cot_slice_str(end);

	if (text.len < tail.len ||
	    !cot_slice_eq(cot_slice_sub(text, text.len - tail.len, tail.len), tail))
		return false;
	*ret_before = cot_slice_sub(text, 0, text.len - tail.len);
	return true;
}

enum cot_err cot_documents_name(struct cot_slice name, uint8_t *ret_kind, uint32_t *ret_version)
{
	struct cot_slice number;
	uint64_t version = 0;

	*ret_version = 0;
	if (name.len < 2 || name.ptr[0] != 'd' || name.ptr[1] != '/')
		return COT_E_NAME;
	name = cot_slice_sub(name, 2, name.len - 2);
	if (cot_slice_is(name, "targets.json")) {
		*ret_kind = COT_SEC_TARGETS;
		return COT_OK;
	}
	if (cot_slice_is(name, "time.json")) {
		*ret_kind = COT_SEC_TIME;
		return COT_OK;
	}
	if (!ends_with(name, ".root.json", &number) ||
	    cot_decimal(number, COT_MAX_VERSION, &version) != COT_OK || version == 0)
		return COT_E_NAME;
	*ret_kind = COT_SEC_ROOT;
	*ret_version = (uint32_t)version;
	return COT_OK;
}

/* ---- receiving ------------------------------------------------------------------- */

/* CHECK PV3.1: no document that is larger than its place is begun */
static enum cot_err check_size(const struct cot_documents *d, uint8_t kind, uint32_t len)
{
	return len == 0 || len > cot_documents_max(d, kind) ? COT_E_DOCUMENT_SIZE : COT_OK;
}

enum cot_err cot_documents_begin(struct cot_documents *d, uint8_t kind, uint32_t version,
                                 uint32_t len)
{
	enum cot_err err = check_size(d, kind, len);
	uint32_t at;

	if (err != COT_OK)
		return err;
	cot_documents_forget(d, kind);
	d->kind = kind;
	d->version = version;
	d->len = len;
	d->have = 0;
	d->erased = 0;
	d->open = true;
	if (kind == COT_SEC_TIME)
		return COT_OK;
	d->staged[kind].place = spare(d, kind);
	at = offset_of(d, kind);
	cot_flash_stream_init(&d->stream, d->port->flash, region_of(d->staged[kind].place), at,
	                      at + cot_flash_round_up(len, geometry(d)->unit));
	return COT_OK;
}

enum cot_err cot_documents_erase(struct cot_documents *d)
{
	enum cot_err err;

	if (!d->open)
		return COT_E_SEQUENCE;
	if (d->kind == COT_SEC_TIME || d->erased >= d->len)
		return COT_OK;
	err = check_untrusted(d);
	if (err == COT_OK)
		err = cot_flash_erase(d->port->flash, region_of(d->staged[d->kind].place),
		                      offset_of(d, d->kind) + d->erased);
	if (err != COT_OK)
		return err;
	d->erased += geometry(d)->page;
	return d->erased < d->len ? COT_PENDING : COT_OK;
}

enum cot_err cot_documents_write(struct cot_documents *d, struct cot_slice data)
{
	enum cot_err err = COT_OK;

	if (!d->open)
		return COT_E_SEQUENCE;
	if (data.len > d->len - d->have)
		return COT_E_LIMIT;
	if (d->kind == COT_SEC_TIME) {
		memcpy(d->port->time_buf + d->have, data.ptr, data.len);
	} else {
		err = check_untrusted(d);
		if (err == COT_OK)
			err = cot_flash_stream_write(&d->stream, data);
	}
	if (err == COT_OK)
		d->have += (uint32_t)data.len;
	else
		d->open = false; /* a hole in the middle: start over */
	return err;
}

enum cot_err cot_documents_finish(struct cot_documents *d)
{
	struct cot_sec_staged *s = &d->staged[d->kind];
	enum cot_err err = COT_OK;

	if (!d->open || d->have != d->len)
		return COT_E_SEQUENCE;
	d->open = false;
	if (d->kind != COT_SEC_TIME)
		err = cot_flash_stream_finish(&d->stream);
	if (err != COT_OK)
		return err;
	s->len = d->len;
	s->version = d->version;
	s->complete = true;
	return COT_OK;
}

void cot_documents_forget(struct cot_documents *d, uint8_t kind)
{
	memset(&d->staged[kind], 0, sizeof(d->staged[kind]));
}

/* ---- reading ----------------------------------------------------------------------- */

/* With a memory map a slice of flash; otherwise a copy in the window: after the
 * provisioning record four equal shares, for each kind staged and trusted. */
static enum cot_err bytes_at(struct cot_documents *d, uint8_t kind, enum cot_sec_place place,
                             uint32_t len, struct cot_doc *ret)
{
	const struct cot_port *p = d->port;
	bool trusted = d->state->doc[kind].place == place;
	uint32_t share = p->window_len, used = 0;

	if (len > cot_documents_max(d, kind))
		return COT_E_RECORD;
	if (p->flash->map) {
		ret->wire = cot_slice(p->flash->map(p->flash->ctx, region_of(place)) +
		                      offset_of(d, kind), len);
		ret->canon = ret->wire;
		return COT_OK;
	}
	if (d->id->record.len < share)
		share = (share - (uint32_t)d->id->record.len) / (2 * COT_SEC_DOCS);
	else
		share = 0;
	if (len > share)
		return COT_E_DOCUMENT_SIZE;
	used = (uint32_t)d->id->record.len + share * (kind * 2u + (trusted ? 1u : 0u));
	ret->wire = cot_slice(p->window + used, len);
	ret->canon = ret->wire;
	return cot_flash_read(p->flash, region_of(place), offset_of(d, kind), p->window + used,
	                      len);
}

enum cot_err cot_documents_staged(struct cot_documents *d, uint8_t kind, struct cot_doc *ret)
{
	const struct cot_sec_staged *s = &d->staged[kind];

	memset(ret, 0, sizeof(*ret));
	if (!s->complete)
		return COT_OK;
	if (kind != COT_SEC_TIME)
		return bytes_at(d, kind, s->place, s->len, ret);
	ret->wire = cot_slice(d->port->time_buf, s->len);
	ret->canon = ret->wire;
	return COT_OK;
}

enum cot_err cot_documents_trusted(struct cot_documents *d, uint8_t kind, struct cot_doc *ret)
{
	const struct cot_sec_trusted *t = &d->state->doc[kind];
	enum cot_role role = kind == COT_SEC_ROOT ? COT_ROLE_ROOT : COT_ROLE_TARGETS;

	memset(ret, 0, sizeof(*ret));
	if (t->place == COT_SEC_PLACE_NONE)
		return COT_OK;
	if (t->place == COT_SEC_PLACE_FACTORY) {
		*ret = d->id->provision.doc[0][role];
		return COT_OK;
	}
	return bytes_at(d, kind, t->place, t->len, ret);
}
