/* SPDX-License-Identifier: Apache-2.0
 *
 * A flash file as text: see show.h.
 */
#include "secondary/ports/posix/show.h"

#include "secondary/ports/posix/board.h"
#include "secondary/secondary.h"

static const char *const slot_words[] = { "empty",     "staged",   "activated",
	                                  "on trial",  "confirmed", "reverted" };

static void show_slot(const struct posix_board *b, const struct cot_sec_component *c,
                      uint8_t slot, FILE *out)
{
	const struct cot_sec_slot *s = &c->slot[slot];

	fprintf(out, "slot %c   %-10s", slot == 0 ? 'A' : 'B', slot_words[s->state]);
	if (s->state != COT_SEC_SLOT_EMPTY)
		fprintf(out, " %.*s, counter %llu, %u bytes", (int)s->name_len,
		        (const char *)s->name, (unsigned long long)s->counter, (unsigned)s->len);
	fprintf(out, " at offset %zu%s\n",
	        posix_flash_offset(&b->flash, cot_sec_slot_region(slot)),
	        c->active == slot ? ", active" : "");
}

static void show_state(const struct posix_board *b, const struct cot_identity *id,
                       const struct cot_sec_state *state, FILE *out)
{
	const struct cot_floor *floor = state->trust.repo[0].floor;
	uint8_t slot;

	fprintf(out, "part     %s\n", b->flash.layout->part);
	fprintf(out, "ecu      %.*s, hardware %.*s\n", (int)id->ecu[0].serial.len,
	        (const char *)id->ecu[0].serial.ptr, (int)id->ecu[0].hardware_id.len,
	        (const char *)id->ecu[0].hardware_id.ptr);
	fprintf(out, "trusts   root %u, targets %u, counter %llu\n",
	        (unsigned)floor[COT_ROLE_ROOT].version, (unsigned)floor[COT_ROLE_TARGETS].version,
	        (unsigned long long)state->component[0].counter);
	for (slot = 0; slot < COT_SEC_SLOTS; slot++)
		show_slot(b, &state->component[0], slot, out);
}

enum cot_err posix_show(const char *flash, FILE *out)
{
	static struct posix_board board;
	static struct cot_identity id;
	static struct cot_sec_store store;
	enum cot_err err = posix_flash_view(&board.flash, flash);

	if (err != COT_OK)
		return err;
	posix_board_init(&board);
	err = cot_identity_load(&board.port, &id);
	if (err == COT_OK)
		err = cot_sec_store_mount(&store, &board.flash.flash);
	if (err == COT_OK)
		show_state(&board, &id, &store.state, out);
	posix_flash_close(&board.flash);
	return err;
}
