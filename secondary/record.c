/* SPDX-License-Identifier: Apache-2.0
 *
 * The record log: see record.h for its bytes and its promises.
 */
#include "secondary/record.h"

#include "secondary/link/crc.h"
#include "secondary/pack.h"
#include "secondary/stream.h"

#include <string.h>

#define FORMAT 1u
#define SEAL 0x53u
#define HEADER_LEN 16u
#define HEAD_LEN 4u /* type, version, length */
#define CRC_LEN 4u
#define LOOKS 4u /* at most, at mount, for two that agree */

static const uint8_t magic[4] = { 'C', 'o', 'T', 'R' };

/* ---- geometry ------------------------------------------------------------------ */

static uint32_t unit_of(const struct cot_record_log *log)
{
	return log->flash->region[log->region].unit;
}

static uint32_t page_size(const struct cot_record_log *log)
{
	return log->flash->region[log->region].page;
}

static uint32_t header_size(const struct cot_record_log *log)
{
	return cot_flash_round_up(HEADER_LEN, unit_of(log));
}

/* Header and the page's two seals. */
static uint32_t first_record(const struct cot_record_log *log)
{
	return header_size(log) + 2 * unit_of(log);
}

static uint32_t body_size(const struct cot_record_log *log, uint32_t payload_len)
{
	return cot_flash_round_up(HEAD_LEN + payload_len + CRC_LEN, unit_of(log));
}

/* With its seal. */
static uint32_t record_size(const struct cot_record_log *log, uint32_t payload_len)
{
	return body_size(log, payload_len) + unit_of(log);
}

static enum cot_err read_at(const struct cot_record_log *log, uint32_t at, void *ret,
                            uint32_t len)
{
	return cot_flash_read(log->flash, log->region, log->page + at, ret, len);
}

/* ---- seals --------------------------------------------------------------------- */

static enum cot_err write_seal(const struct cot_record_log *log, uint32_t at)
{
	uint8_t seal[COT_FLASH_UNIT_MAX];

	memset(seal, SEAL, sizeof(seal));
	return cot_flash_program(log->flash, log->region, log->page + at,
	                         cot_slice(seal, unit_of(log)));
}

/* Begun: not blank any more, whatever it reads as. */
static bool seal_begun(const struct cot_record_log *log, uint32_t at)
{
	bool blank = true;
	enum cot_err err = cot_flash_blank(log->flash, log->region, log->page + at,
	                                   unit_of(log), &blank);

	return err != COT_OK || !blank;
}

static bool seal_reads(const struct cot_record_log *log, uint32_t at)
{
	uint8_t seal[COT_FLASH_UNIT_MAX];
	uint32_t i, unit = unit_of(log);

	if (read_at(log, at, seal, unit) != COT_OK)
		return false;
	for (i = 0; i < unit; i++) {
		if (seal[i] != SEAL)
			return false;
	}
	return true;
}

/* ---- records ------------------------------------------------------------------- */

struct found {
	uint32_t at;
	uint32_t len; /* payload */
	uint8_t type;
	uint8_t version;
};

static uint32_t after(const struct cot_record_log *log, const struct found *r)
{
	return r->at + record_size(log, r->len);
}

/* Is there a record at `at` whose extent lies inside the page? */
static bool read_head(const struct cot_record_log *log, uint32_t at, struct found *ret)
{
	uint8_t head[HEAD_LEN];
	uint32_t room = page_size(log);

	if (at > room || room - at < record_size(log, 0) ||
	    read_at(log, at, head, HEAD_LEN) != COT_OK)
		return false;
	ret->at = at;
	ret->type = head[0];
	ret->version = head[1];
	ret->len = (uint32_t)head[2] | (uint32_t)head[3] << 8;
	return record_size(log, ret->len) <= room - at;
}

/* CHECK REC1: a record's CRC fits what the flash gives back */
static enum cot_err check_record_crc(const struct cot_record_log *log, const struct found *r)
{
	uint8_t piece[COT_FLASH_PIECE];
	uint32_t left = HEAD_LEN + r->len, at = r->at, crc = 0;
	struct cot_unpack u;

	while (left > 0) {
		uint32_t len = left < sizeof(piece) ? left : (uint32_t)sizeof(piece);

		if (read_at(log, at, piece, len) != COT_OK)
			return COT_E_RECORD;
		crc = cot_crc32(crc, cot_slice(piece, len));
		at += len;
		left -= len;
	}
	if (read_at(log, at, piece, CRC_LEN) != COT_OK)
		return COT_E_RECORD;
	u = (struct cot_unpack){ cot_slice(piece, CRC_LEN), false };
	return cot_unpack_uint(&u, CRC_LEN) == crc ? COT_OK : COT_E_RECORD;
}

/* The last record of a type before the tail; `from` skips none when 0. */
static bool find_last(const struct cot_record_log *log, uint8_t type, struct found *ret)
{
	struct found r;
	uint32_t at = first_record(log);
	bool any = false;

	while (at < log->tail && read_head(log, at, &r)) {
		if (r.type == type) {
			*ret = r;
			any = true;
		}
		at = after(log, &r);
	}
	return any;
}

enum cot_err cot_record_read(const struct cot_record_log *log, uint8_t type, uint8_t *ret,
                             size_t max, size_t *ret_len, uint8_t *ret_version)
{
	struct found r;
	enum cot_err err;

	if (!log->current || !find_last(log, type, &r))
		return COT_E_NOT_FOUND;
	if (r.len > max)
		return COT_E_BUFFER;
	/* What mount saw may have rotted since. */
	err = check_record_crc(log, &r);
	if (err == COT_OK)
		err = read_at(log, r.at + HEAD_LEN, ret, r.len);
	if (err != COT_OK)
		return err;
	*ret_len = r.len;
	*ret_version = r.version;
	return COT_OK;
}

/* Programs head, payload and CRC at log->tail, reads them back, then seals. */
static enum cot_err append(struct cot_record_log *log, const struct cot_record *record)
{
	uint32_t len = (uint32_t)record->payload.len, crc;
	uint32_t start = log->page + log->tail;
	uint8_t head[HEAD_LEN] = { record->type, record->version, (uint8_t)len,
	                           (uint8_t)(len >> 8) };
	uint8_t crc_bytes[CRC_LEN];
	struct cot_pack p = { crc_bytes, sizeof(crc_bytes), 0, false };
	struct found r = { log->tail, len, record->type, record->version };
	struct cot_flash_stream s;
	enum cot_err err;

	crc = cot_crc32(cot_crc32(0, cot_slice(head, HEAD_LEN)), record->payload);
	cot_pack_uint(&p, crc, CRC_LEN);
	cot_flash_stream_init(&s, log->flash, log->region, start,
	                      start + body_size(log, len));
	err = cot_flash_stream_write(&s, cot_slice(head, HEAD_LEN));
	if (err == COT_OK)
		err = cot_flash_stream_write(&s, record->payload);
	if (err == COT_OK)
		err = cot_flash_stream_write(&s, cot_slice(crc_bytes, CRC_LEN));
	if (err == COT_OK)
		err = cot_flash_stream_finish(&s);
	if (err == COT_OK && check_record_crc(log, &r) != COT_OK)
		err = COT_E_FLASH;
	if (err == COT_OK)
		err = write_seal(log, log->tail + body_size(log, len));
	if (err == COT_OK)
		log->tail += record_size(log, len);
	return err == COT_E_LIMIT ? COT_E_FLASH : err;
}

/* Copies one record as it stands, of whatever type. */
static enum cot_err copy(const struct cot_record_log *from, const struct found *r,
                         struct cot_record_log *to)
{
	uint8_t piece[COT_FLASH_PIECE];
	uint32_t len = body_size(from, r->len), done = 0, n;
	struct found written = { to->tail, r->len, r->type, r->version };
	uint32_t step = COT_FLASH_PIECE - COT_FLASH_PIECE % unit_of(from);
	enum cot_err err = COT_OK;

	while (err == COT_OK && done < len) {
		n = len - done < step ? len - done : step;
		err = read_at(from, r->at + done, piece, n);
		if (err == COT_OK)
			err = cot_flash_program(to->flash, to->region, to->page + to->tail + done,
			                        cot_slice(piece, n));
		done += n;
	}
	if (err == COT_OK && check_record_crc(to, &written) != COT_OK)
		err = COT_E_FLASH;
	if (err == COT_OK)
		err = write_seal(to, to->tail + len);
	to->tail += record_size(to, r->len);
	return err;
}

/* ---- pages --------------------------------------------------------------------- */

static enum cot_err write_header(const struct cot_record_log *log)
{
	uint8_t bytes[2 * COT_FLASH_UNIT_MAX];
	struct cot_pack p = { bytes, HEADER_LEN, 0, false };

	memset(bytes, log->flash->region[log->region].erased, sizeof(bytes));
	cot_pack_bytes(&p, magic, sizeof(magic));
	cot_pack_uint(&p, FORMAT, 4); /* the three bytes after it are zero */
	cot_pack_uint(&p, log->generation, 4);
	cot_pack_uint(&p, cot_crc32(0, cot_slice(bytes, HEADER_LEN - CRC_LEN)), CRC_LEN);
	return cot_flash_program(log->flash, log->region, log->page,
	                         cot_slice(bytes, header_size(log)));
}

/* CHECK REC2: a page's header is ours and whole */
static enum cot_err check_header(const uint8_t bytes[HEADER_LEN], uint32_t *ret_generation)
{
	struct cot_unpack u = { cot_slice(bytes, HEADER_LEN), false };
	uint8_t start[sizeof(magic)];
	uint64_t format;

	cot_unpack_bytes(&u, start, sizeof(start));
	format = cot_unpack_uint(&u, 4);
	*ret_generation = (uint32_t)cot_unpack_uint(&u, 4);
	if (memcmp(start, magic, sizeof(magic)) != 0 || format != FORMAT ||
	    cot_unpack_uint(&u, CRC_LEN) != cot_crc32(0, cot_slice(bytes, HEADER_LEN - CRC_LEN)))
		return COT_E_RECORD;
	return COT_OK;
}

/* CHECK REC3: a page counts only once everything in it was written */
static enum cot_err check_page_sealed(const struct cot_record_log *log)
{
	uint32_t at = header_size(log);

	return seal_reads(log, at) || seal_begun(log, at + unit_of(log)) ? COT_OK : COT_E_RECORD;
}

static bool page_valid(const struct cot_record_log *log, uint32_t *ret_generation)
{
	uint8_t bytes[HEADER_LEN];

	return read_at(log, 0, bytes, HEADER_LEN) == COT_OK &&
	       check_header(bytes, ret_generation) == COT_OK && check_page_sealed(log) == COT_OK;
}

/* Both seals and no header: it was written whole, and rotted since. */
static bool page_damaged(const struct cot_record_log *log)
{
	uint32_t at = header_size(log), generation;
	uint8_t bytes[HEADER_LEN];

	return seal_reads(log, at) && seal_reads(log, at + unit_of(log)) &&
	       (read_at(log, 0, bytes, HEADER_LEN) != COT_OK ||
	        check_header(bytes, &generation) != COT_OK);
}

bool cot_record_begun(const struct cot_record_log *log)
{
	struct cot_record_log first = *log;
	bool blank = false;
	enum cot_err err = cot_flash_blank(log->flash, log->region, page_size(log),
	                                   log->flash->region[log->region].size - page_size(log),
	                                   &blank);

	first.page = 0;
	return log->current || err != COT_OK || !blank ||
	       seal_begun(&first, header_size(log) + unit_of(log));
}

static void choose_page(struct cot_record_log *log)
{
	struct cot_record_log page = *log;
	uint32_t generation;

	log->current = false;
	for (page.page = 0; page.page < page.flash->region[page.region].size;
	     page.page += page_size(&page)) {
		log->damaged |= page_damaged(&page);
		if (!page_valid(&page, &generation))
			continue;
		if (log->current && (int32_t)(generation - log->generation) <= 0)
			continue;
		log->page = page.page;
		log->generation = generation;
		log->current = true;
	}
}

/* Copies the newest record of each type, but for the one that comes anew. */
static enum cot_err copy_newest(const struct cot_record_log *from, struct cot_record_log *to,
                                const struct cot_record *anew)
{
	struct found r, last;
	uint32_t at = first_record(from);
	enum cot_err err = COT_OK;

	while (err == COT_OK && from->current && at < from->tail && read_head(from, at, &r)) {
		at = after(from, &r);
		if ((anew && r.type == anew->type) || !find_last(from, r.type, &last) || last.at != r.at)
			continue;
		if (record_size(to, r.len) > page_size(to) - to->tail)
			err = COT_E_LIMIT;
		else
			err = copy(from, &r, to);
	}
	return err;
}

static enum cot_err seal_page(const struct cot_record_log *log)
{
	uint32_t at = header_size(log);
	enum cot_err err = write_seal(log, at);

	if (err == COT_OK)
		err = write_seal(log, at + unit_of(log));
	return err;
}

static enum cot_err append_if_it_fits(struct cot_record_log *log,
                                      const struct cot_record *record)
{
	if (record_size(log, (uint32_t)record->payload.len) > page_size(log) - log->tail)
		return COT_E_LIMIT;
	return append(log, record);
}

/* The next page takes over, with a new record or without; until its seal stands,
 * the old one counts. */
static enum cot_err move_on(struct cot_record_log *log, const struct cot_record *record)
{
	uint32_t size = log->flash->region[log->region].size;
	struct cot_record_log next = *log;
	enum cot_err err;

	next.page = log->current ? (log->page + page_size(log)) % size : 0;
	next.generation = log->generation + 1;
	next.tail = first_record(log);
	next.current = true;
	next.full = false;
	err = cot_flash_erase(log->flash, log->region, next.page);
	if (err == COT_OK)
		err = write_header(&next);
	if (err == COT_OK)
		err = copy_newest(log, &next, record);
	if (err == COT_OK && record)
		err = append_if_it_fits(&next, record);
	if (err == COT_OK)
		err = seal_page(&next);
	if (err == COT_OK)
		*log = next;
	else
		log->full = true; /* what stands in the next page may count at some later start */
	return err;
}

enum cot_err cot_record_write(struct cot_record_log *log, const struct cot_record *record)
{
	uint32_t room = page_size(log) - first_record(log);

	if (record->payload.len > UINT16_MAX ||
	    record_size(log, (uint32_t)record->payload.len) > room)
		return COT_E_LIMIT;
	if (log->current && !log->full &&
	    record_size(log, (uint32_t)record->payload.len) <= page_size(log) - log->tail) {
		if (append(log, record) == COT_OK)
			return COT_OK;
		log->full = true; /* a bad spot: go on elsewhere */
	}
	return move_on(log, record);
}

/* ---- mount --------------------------------------------------------------------- */

/* Walks the page; leaves the tail after the last good record, and the last
 * record itself in *ret_last. */
static bool walk(struct cot_record_log *log, struct found *ret_last)
{
	struct found r;
	bool any = false;

	log->tail = first_record(log);
	while (read_head(log, log->tail, &r) && check_record_crc(log, &r) == COT_OK) {
		*ret_last = r;
		any = true;
		log->tail = after(log, &r);
	}
	/* A torn record has no seal; what has one was whole once. */
	if (read_head(log, log->tail, &r) && seal_reads(log, r.at + body_size(log, r.len)))
		log->damaged = true;
	return any;
}

static bool tail_clean(const struct cot_record_log *log)
{
	bool blank = false;

	if (log->tail >= page_size(log))
		return true;
	return cot_flash_blank(log->flash, log->region, log->page + log->tail,
	                       page_size(log) - log->tail, &blank) == COT_OK && blank;
}

/* May the page that a cut left unfinished come to count at some later start?  Its
 * first seal may be programmed in part, and read as whole some other time. */
static bool next_unsealed(const struct cot_record_log *log, uint32_t *ret_page)
{
	struct cot_record_log next = *log;
	uint8_t bytes[HEADER_LEN];
	uint32_t generation;

	next.page = (log->page + page_size(log)) % log->flash->region[log->region].size;
	*ret_page = next.page;
	if (next.page == log->page)
		return false;
	return read_at(&next, 0, bytes, HEADER_LEN) != COT_OK ||
	       (check_header(bytes, &generation) == COT_OK &&
	        check_page_sealed(&next) != COT_OK);
}

/* Nothing may be appended while a newer page could still come to count. */
static void drop_unsealed(struct cot_record_log *log)
{
	uint32_t page;

	if (next_unsealed(log, &page))
		log->full = cot_flash_erase(log->flash, log->region, page) != COT_OK;
}

/* What the region is found to hold. */
struct view {
	struct cot_record_log log;
	uint32_t last; /* the newest record of the page */
	bool torn;     /* and whether its seal was not begun */
	bool clean;    /* nothing was begun behind it */
};

static void look(const struct cot_record_log *log, struct view *ret)
{
	struct found last = { 0, 0, 0, 0 };

	memset(ret, 0, sizeof(*ret));
	ret->log = *log;
	choose_page(&ret->log);
	if (!ret->log.current)
		return;
	ret->torn = walk(&ret->log, &last) &&
	            !seal_begun(&ret->log, last.at + body_size(log, last.len));
	ret->last = last.at;
	ret->clean = tail_clean(&ret->log);
}

/* What is found decides what is dropped for good, so a glance that went wrong once
 * must not do: two in a row have to agree.  Units that a cut left changing may keep
 * them from it; then the last one counts. */
static void look_until_sure(const struct cot_record_log *log, struct view *ret)
{
	struct view again;
	unsigned i;

	look(log, ret);
	for (i = 0; i < LOOKS; i++) {
		look(log, &again);
		if (memcmp(&again, ret, sizeof(again)) == 0)
			return;
		*ret = again;
	}
}

static void start(struct cot_record_log *log, const struct cot_flash *flash,
                  enum cot_region region)
{
	memset(log, 0, sizeof(*log));
	log->flash = flash;
	log->region = region;
}

enum cot_err cot_record_mount(struct cot_record_log *log, const struct cot_flash *flash,
                              enum cot_region region)
{
	struct view found;
	uint32_t second;
	bool sealed, torn;

	start(log, flash, region);
	look_until_sure(log, &found);
	*log = found.log;
	if (!log->current)
		return COT_E_STORE;
	torn = found.torn;
	second = header_size(log) + unit_of(log);
	sealed = seal_begun(log, second) || write_seal(log, second) == COT_OK;
	if (sealed && !torn && found.clean) {
		drop_unsealed(log);
		return COT_OK;
	}
	/* What a cut left must not come back as a record at some later start; if the
	 * next page cannot be written now, the next commit has to do it. */
	if (move_on(log, NULL) == COT_OK || !torn)
		return COT_OK;
	log->tail = found.last; /* does not read the same twice: it never was */
	(void)!move_on(log, NULL);
	return COT_OK;
}
