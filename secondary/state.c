/* SPDX-License-Identifier: Apache-2.0
 *
 * State and ledger records: see state.h; their bytes stand in docs/records.md.
 */
#include "secondary/state.h"

#include "secondary/pack.h"
#include "secondary/slot_state.h"

#include <string.h>

#define FLAG_INTENT 1u
#define FLAG_REVERTED 2u

/* ---- writing --------------------------------------------------------------------- */

static void put_intent(struct cot_pack *p, const struct cot_sec_intent *i)
{
	cot_pack_uint(p, i->slot, 1);
	cot_pack_uint(p, i->targets_version, 4);
	cot_pack_uint(p, i->image_len, 4);
	cot_pack_uint(p, i->artifact_len, 4);
	cot_pack_uint(p, i->counter, 8);
	cot_pack_bytes(p, i->sha256, sizeof(i->sha256));
	cot_pack_bytes(p, i->name_sha256, sizeof(i->name_sha256));
}

static void put_slot(struct cot_pack *p, const struct cot_sec_slot *s)
{
	cot_pack_uint(p, s->state, 1);
	if (s->state == COT_SEC_SLOT_EMPTY)
		return;
	cot_pack_uint(p, s->len, 4);
	cot_pack_uint(p, s->counter, 8);
	cot_pack_bytes(p, s->sha256, sizeof(s->sha256));
	cot_pack_uint(p, s->name_len, 1);
	cot_pack_bytes(p, s->name, s->name_len);
}

static void put_component(struct cot_pack *p, const struct cot_sec_component *c)
{
	size_t i;

	cot_pack_uint(p, (c->intent.set ? FLAG_INTENT : 0) | (c->reverted ? FLAG_REVERTED : 0), 1);
	cot_pack_uint(p, c->active, 1);
	cot_pack_uint(p, c->attempts, 1);
	cot_pack_uint(p, c->counter, 8);
	cot_pack_bytes(p, c->trial, sizeof(c->trial));
	if (c->intent.set)
		put_intent(p, &c->intent);
	if (c->reverted)
		cot_pack_bytes(p, c->reverted_sha256, sizeof(c->reverted_sha256));
	for (i = 0; i < COT_SEC_SLOTS; i++)
		put_slot(p, &c->slot[i]);
}

enum cot_err cot_sec_state_encode(const struct cot_sec_state *s, uint8_t *ret, size_t max,
                                  size_t *ret_len)
{
	struct cot_pack p = { ret, max, 2, max < 2 };
	size_t trust_len, i;
	enum cot_err err;

	if (p.bad)
		return COT_E_BUFFER;
	err = cot_trust_encode(&s->trust, ret + 2, max - 2, &trust_len);
	if (err != COT_OK)
		return err;
	ret[0] = (uint8_t)trust_len;
	ret[1] = (uint8_t)(trust_len >> 8);
	p.len += trust_len;
	cot_pack_uint(&p, COT_SEC_DOCS, 1);
	for (i = 0; i < COT_SEC_DOCS; i++) {
		cot_pack_uint(&p, s->doc[i].place, 1);
		cot_pack_uint(&p, s->doc[i].len, 4);
	}
	cot_pack_uint(&p, s->components, 1);
	for (i = 0; i < s->components && i < COT_SEC_COMPONENTS; i++)
		put_component(&p, &s->component[i]);
	if (p.bad)
		return COT_E_BUFFER;
	*ret_len = p.len;
	return COT_OK;
}

/* ---- reading --------------------------------------------------------------------- */

static void get_intent(struct cot_unpack *u, struct cot_sec_intent *ret)
{
	ret->set = true;
	ret->slot = (uint8_t)cot_unpack_uint(u, 1);
	ret->targets_version = (uint32_t)cot_unpack_uint(u, 4);
	ret->image_len = (uint32_t)cot_unpack_uint(u, 4);
	ret->artifact_len = (uint32_t)cot_unpack_uint(u, 4);
	ret->counter = cot_unpack_uint(u, 8);
	cot_unpack_bytes(u, ret->sha256, sizeof(ret->sha256));
	cot_unpack_bytes(u, ret->name_sha256, sizeof(ret->name_sha256));
	if (ret->slot >= COT_SEC_SLOTS)
		u->bad = true;
}

static void get_slot(struct cot_unpack *u, struct cot_sec_slot *ret)
{
	uint64_t state = cot_unpack_uint(u, 1);

	if (state > COT_SEC_SLOT_REVERTED)
		u->bad = true;
	if (u->bad || state == COT_SEC_SLOT_EMPTY)
		return;
	ret->state = (enum cot_sec_slot_state)state;
	ret->len = (uint32_t)cot_unpack_uint(u, 4);
	ret->counter = cot_unpack_uint(u, 8);
	cot_unpack_bytes(u, ret->sha256, sizeof(ret->sha256));
	ret->name_len = (uint8_t)cot_unpack_uint(u, 1);
	cot_unpack_bytes(u, ret->name, ret->name_len);
}

static void get_component(struct cot_unpack *u, struct cot_sec_component *ret)
{
	uint64_t flags = cot_unpack_uint(u, 1);
	size_t i;

	ret->active = (uint8_t)cot_unpack_uint(u, 1);
	ret->attempts = (uint8_t)cot_unpack_uint(u, 1);
	ret->counter = cot_unpack_uint(u, 8);
	cot_unpack_bytes(u, ret->trial, sizeof(ret->trial));
	if (flags > (FLAG_INTENT | FLAG_REVERTED) || ret->active > COT_SEC_SLOTS)
		u->bad = true;
	if (flags & FLAG_INTENT)
		get_intent(u, &ret->intent);
	ret->reverted = (flags & FLAG_REVERTED) != 0;
	if (ret->reverted)
		cot_unpack_bytes(u, ret->reverted_sha256, sizeof(ret->reverted_sha256));
	for (i = 0; i < COT_SEC_SLOTS; i++)
		get_slot(u, &ret->slot[i]);
}

static void get_docs(struct cot_unpack *u, struct cot_sec_state *ret)
{
	size_t i;

	if (cot_unpack_uint(u, 1) != COT_SEC_DOCS)
		u->bad = true;
	for (i = 0; i < COT_SEC_DOCS; i++) {
		uint64_t place = cot_unpack_uint(u, 1);

		if (place > COT_SEC_PLACE_NONE)
			u->bad = true;
		ret->doc[i].place = u->bad ? COT_SEC_PLACE_NONE : (enum cot_sec_place)place;
		ret->doc[i].len = (uint32_t)cot_unpack_uint(u, 4);
	}
}

enum cot_err cot_sec_state_decode(struct cot_slice bytes, struct cot_sec_state *ret)
{
	struct cot_unpack u = { bytes, false };
	size_t i, trust_len = (size_t)cot_unpack_uint(&u, 2);
	struct cot_slice trust = cot_unpack_slice(&u, trust_len);
	enum cot_err err = cot_trust_decode(trust, &ret->trust);

	if (err != COT_OK)
		return COT_E_RECORD;
	get_docs(&u, ret);
	ret->components = (uint8_t)cot_unpack_uint(&u, 1);
	if (ret->components > COT_SEC_COMPONENTS)
		return COT_E_RECORD;
	memset(ret->component, 0, sizeof(ret->component));
	for (i = 0; i < ret->components; i++)
		get_component(&u, &ret->component[i]);
	return u.bad || u.rest.len > 0 ? COT_E_RECORD : COT_OK;
}

/* ---- questions --------------------------------------------------------------------- */

uint8_t cot_sec_component_find(const struct cot_sec_component *c, enum cot_sec_slot_state state)
{
	uint8_t i = 0;

	while (i < COT_SEC_SLOTS && c->slot[i].state != state)
		i++;
	return i;
}

uint8_t cot_sec_component_pending(const struct cot_sec_component *c)
{
	uint8_t slot = cot_sec_component_find(c, COT_SEC_SLOT_TRIAL);

	return slot < COT_SEC_SLOTS ? slot : cot_sec_component_find(c, COT_SEC_SLOT_ACTIVATED);
}

uint8_t cot_sec_component_spare(const struct cot_sec_component *c)
{
	return c->active == 0 ? 1 : 0;
}

enum cot_region cot_sec_slot_region(uint8_t slot)
{
	return slot == 0 ? COT_REGION_SLOT_A : COT_REGION_SLOT_B;
}

void cot_sec_component_void(struct cot_sec_component *c, const uint8_t *ordered)
{
	size_t i;

	if (c->intent.set && (!ordered || memcmp(c->intent.sha256, ordered, COT_SHA256_LEN) != 0))
		memset(&c->intent, 0, sizeof(c->intent));
	for (i = 0; i < COT_SEC_SLOTS; i++) {
		/* Refused, and so left as it is, is what was booted before. */
		if (!ordered || memcmp(c->slot[i].sha256, ordered, COT_SHA256_LEN) != 0)
			(void)!cot_sec_slot_move(&c->slot[i], COT_SEC_SLOT_ON_VOID);
	}
}

/* ---- the store ---------------------------------------------------------------------- */

static enum cot_err write_record(struct cot_sec_store *s, enum cot_record_type type,
                                 uint8_t version, size_t len)
{
	struct cot_record record = { (uint8_t)type, version, cot_slice(s->scratch, len) };

	return cot_record_write(&s->log, &record);
}

/* What the log says now, so that saying it again costs nothing. */
static bool recorded(const struct cot_sec_store *s, const struct cot_sec_state *next)
{
	return s->log.current && s->state.components > 0 &&
	       memcmp(&s->state, next, sizeof(*next)) == 0;
}

enum cot_err cot_sec_commit(struct cot_sec_store *s, const struct cot_sec_state *next)
{
	size_t len;
	enum cot_err err;

	if (recorded(s, next))
		return COT_OK;
	err = cot_sec_state_encode(next, s->scratch, sizeof(s->scratch), &len);
	if (err == COT_OK)
		err = write_record(s, COT_RECORD_STATE, COT_SEC_STATE_VERSION, len);
	if (err == COT_OK)
		s->state = *next;
	return err;
}

enum cot_err cot_sec_commit_ledger(struct cot_sec_store *s, const struct cot_sec_ledger *next)
{
	struct cot_pack p = { s->scratch, sizeof(s->scratch), 0, false };
	enum cot_err err;

	cot_pack_uint(&p, next->budget, 2);
	cot_pack_uint(&p, next->report, 8);
	cot_pack_uint(&p, (uint16_t)next->last, 2);
	cot_pack_uint(&p, next->hours, 2);
	err = write_record(s, COT_RECORD_LEDGER, COT_SEC_LEDGER_VERSION, p.len);
	if (err == COT_OK)
		s->ledger = *next;
	return err;
}

enum cot_err cot_sec_commit_progress(struct cot_sec_store *s,
                                     const struct cot_sec_progress *next)
{
	struct cot_pack p = { s->scratch, sizeof(s->scratch), 0, false };
	enum cot_err err;

	cot_pack_uint(&p, next->set ? 1 : 0, 1);
	cot_pack_uint(&p, next->component, 1);
	cot_pack_uint(&p, next->slot, 1);
	cot_pack_bytes(&p, next->sha256, sizeof(next->sha256));
	cot_pack_uint(&p, next->offset, 4);
	err = write_record(s, COT_RECORD_PROGRESS, COT_SEC_PROGRESS_VERSION, p.len);
	if (err == COT_OK)
		s->progress = *next;
	return err;
}

static enum cot_err read_record(struct cot_sec_store *s, enum cot_record_type type,
                                uint8_t want, struct cot_unpack *ret)
{
	size_t len = 0;
	uint8_t version = 0;
	enum cot_err err = cot_record_read(&s->log, (uint8_t)type, s->scratch,
	                                   sizeof(s->scratch), &len, &version);

	ret->rest = cot_slice(s->scratch, len);
	ret->bad = false;
	return err == COT_OK && version != want ? COT_E_RECORD : err;
}

/* Above every counter that was used before: counters began at 0, and there are far
 * less than 65536 reports in a second of signed time. */
static uint64_t report_after_loss(const struct cot_trust *trust)
{
	return trust->time_floor_s > 0 ? (uint64_t)trust->time_floor_s << 16 : 0;
}

/* A ledger that cannot be read costs patience, never trust: an empty budget
 * refills, and reports leap ahead, because a lower counter would be refused. */
void cot_sec_store_ledger(struct cot_sec_store *s)
{
	struct cot_sec_ledger *l = &s->ledger;
	struct cot_unpack u;

	*l = (struct cot_sec_ledger){ 0, report_after_loss(&s->state.trust), COT_OK, 0 };
	if (read_record(s, COT_RECORD_LEDGER, COT_SEC_LEDGER_VERSION, &u) != COT_OK)
		return;
	l->budget = (uint16_t)cot_unpack_uint(&u, 2);
	l->report = cot_unpack_uint(&u, 8);
	l->last = (enum cot_err)(int16_t)cot_unpack_uint(&u, 2);
	l->hours = (uint16_t)cot_unpack_uint(&u, 2);
	if (l->budget > COT_SEC_BUDGET)
		l->budget = COT_SEC_BUDGET;
	if (u.bad || u.rest.len > 0)
		*l = (struct cot_sec_ledger){ 0, report_after_loss(&s->state.trust), COT_OK, 0 };
}

/* Without progress a download starts over, from an erased slot. */
static void read_progress(struct cot_sec_store *s)
{
	struct cot_sec_progress *p = &s->progress;
	struct cot_unpack u;

	memset(p, 0, sizeof(*p));
	if (read_record(s, COT_RECORD_PROGRESS, COT_SEC_PROGRESS_VERSION, &u) != COT_OK)
		return;
	p->set = cot_unpack_uint(&u, 1) == 1;
	p->component = (uint8_t)cot_unpack_uint(&u, 1);
	p->slot = (uint8_t)cot_unpack_uint(&u, 1);
	cot_unpack_bytes(&u, p->sha256, sizeof(p->sha256));
	p->offset = (uint32_t)cot_unpack_uint(&u, 4);
	if (u.bad || u.rest.len > 0)
		memset(p, 0, sizeof(*p));
}

enum cot_err cot_sec_store_read(struct cot_sec_store *s, struct cot_sec_state *ret)
{
	struct cot_unpack u;
	enum cot_err err = read_record(s, COT_RECORD_STATE, COT_SEC_STATE_VERSION, &u);

	/* Also what no field covers, so that two readings can be compared whole. */
	memset(ret, 0, sizeof(*ret));
	if (err == COT_OK)
		err = cot_sec_state_decode(u.rest, ret);
	if (err == COT_OK)
		return COT_OK;
	memset(ret, 0, sizeof(*ret));
	return COT_E_STORE;
}

enum cot_err cot_sec_store_mount(struct cot_sec_store *s, const struct cot_flash *flash)
{
	enum cot_err err;

	memset(s, 0, sizeof(*s));
	err = cot_record_mount(&s->log, flash, COT_REGION_STATE);
	if (err != COT_OK)
		return err;
	err = cot_sec_store_read(s, &s->state);
	if (err != COT_OK)
		return err;
	cot_sec_store_ledger(s);
	read_progress(s);
	return COT_OK;
}
