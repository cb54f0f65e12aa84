/* SPDX-License-Identifier: Apache-2.0
 *
 * Small helpers over a flash port: calls that wait for an asynchronous driver,
 * and a stream that turns pieces of any length into whole program units.
 *
 * Waiting spins on COT_PENDING and is meant for what is short: one page erase,
 * one piece of at most a page.  A driver feeds its watchdog itself then.
 */
#ifndef COTTER_SECONDARY_STREAM_H
#define COTTER_SECONDARY_STREAM_H

#include "secondary/flash.h"

#define COT_FLASH_UNIT_MAX 32u
#define COT_FLASH_PIECE 64u /* bytes programmed or read at once from the stack */

COT_MUST_CHECK enum cot_err cot_flash_read(const struct cot_flash *f, enum cot_region region,
                                           uint32_t offset, void *ret, uint32_t len);
/* Data and offset as the port's program wants them, but may cross pages. */
COT_MUST_CHECK enum cot_err cot_flash_program(const struct cot_flash *f, enum cot_region region,
                                              uint32_t offset, struct cot_slice data);
COT_MUST_CHECK enum cot_err cot_flash_erase(const struct cot_flash *f, enum cot_region region,
                                            uint32_t offset);
COT_MUST_CHECK enum cot_err cot_flash_blank(const struct cot_flash *f, enum cot_region region,
                                            uint32_t offset, uint32_t len, bool *ret);

/* value rounded up to a multiple of unit. */
uint32_t cot_flash_round_up(uint32_t value, uint32_t unit);

/* Sequential programming of [at, end) of one region; the range must be erased. */
struct cot_flash_stream {
	const struct cot_flash *flash;
	enum cot_region region;
	uint32_t at;  /* next unit to be programmed */
	uint32_t end; /* nothing is programmed from here on */
	uint8_t tail[COT_FLASH_UNIT_MAX];
	uint8_t tail_len; /* bytes taken that do not fill a unit yet */
};

/* at must be a multiple of the unit. */
void cot_flash_stream_init(struct cot_flash_stream *s, const struct cot_flash *flash,
                           enum cot_region region, uint32_t at, uint32_t end);
/* COT_E_LIMIT if the data would pass the end: nothing is programmed then. */
COT_MUST_CHECK enum cot_err cot_flash_stream_write(struct cot_flash_stream *s,
                                                   struct cot_slice data);
/* Programs the last unit, filled up with the erased value. */
COT_MUST_CHECK enum cot_err cot_flash_stream_finish(struct cot_flash_stream *s);

#endif
