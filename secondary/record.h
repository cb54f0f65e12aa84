/* SPDX-License-Identifier: Apache-2.0
 *
 * An append-only log of records on the state region: how anything durable is
 * changed, all or nothing.
 *
 *	page:    header  "CoTR" u8 format(1) u8 0 u16 0 u32 generation u32 CRC-32
 *	         seal    one unit        the page is current
 *	         seal    one unit        the seal before it is stable
 *	         record, record, ...
 *	record:  u8 type  u8 version  u16 length  payload  u32 CRC-32
 *	         seal    one unit        the record before it is stable
 *
 * Little-endian; header and record are padded with the erased value to the
 * program unit; a seal is one unit of 0x53.  The newest record of a type
 * counts.  Records of types this program does not know are passed over, and
 * copied like all others.  This format is frozen; docs/records.md.
 *
 * A cut may leave a unit that reads differently each time.  What was
 * programmed before a seal was begun is stable, so a record is believed for
 * good only once its seal was begun.  cot_record_mount finishes what a cut left
 * open before anybody acts on it: it seals the page, or moves to the next one
 * with what can be read, so that a torn record either counts from now on or
 * never will.  A next page that was not sealed is erased then, before anything
 * is appended to the current one: its seal may read as whole another time.
 *
 * When a page is full the next one is erased, the newest record of each type is
 * copied, the new record written, and only then the page sealed.
 */
#ifndef COTTER_SECONDARY_RECORD_H
#define COTTER_SECONDARY_RECORD_H

#include "secondary/flash.h"

enum cot_record_type {
	COT_RECORD_STATE = 1,   /* trust, places, components: struct cot_sec_state */
	COT_RECORD_LEDGER = 2,  /* budget, report counter: struct cot_sec_ledger */
	COT_RECORD_PROGRESS = 3 /* how far a download is: struct cot_sec_progress */
};

struct cot_record_log {
	const struct cot_flash *flash;
	enum cot_region region;
	uint32_t page;       /* offset of the current page */
	uint32_t generation;
	uint32_t tail;       /* offset in the page where the next record goes */
	bool current;        /* there is a current page */
	bool full;           /* nothing more may be appended to it */
	bool damaged;        /* something that was written whole could not be read */
};

/* One record to write. */
struct cot_record {
	uint8_t type;
	uint8_t version;
	struct cot_slice payload;
};

/* Finds the current page.  COT_E_STORE: there is none, the log is empty and the
 * first write starts it.  Among pages with valid seals the newest generation
 * counts, by serial arithmetic, so that it may wrap.  Flash that cannot be written
 * is no failure here: records are read, and the next write has to move on. */
COT_MUST_CHECK enum cot_err cot_record_mount(struct cot_record_log *log,
                                             const struct cot_flash *flash,
                                             enum cot_region region);

/* After a mount without a state: was there one?  A region as it left the factory, or
 * whose very first page was cut while it was written, held none. */
bool cot_record_begun(const struct cot_record_log *log);

/* Reads the newest record of the type.  COT_E_NOT_FOUND; COT_E_BUFFER. */
COT_MUST_CHECK enum cot_err cot_record_read(const struct cot_record_log *log, uint8_t type,
                                            uint8_t *ret, size_t max, size_t *ret_len,
                                            uint8_t *ret_version);

/* Makes the record durable, in one atomic step.  COT_E_LIMIT: larger than a
 * page holds; COT_E_FLASH: the former record still counts. */
COT_MUST_CHECK enum cot_err cot_record_write(struct cot_record_log *log,
                                             const struct cot_record *record);

#endif
