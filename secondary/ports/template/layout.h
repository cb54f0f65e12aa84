/* SPDX-License-Identifier: Apache-2.0
 *
 * Where everything lies.  WRITE: the numbers are those of a part that does not exist,
 * 512 KiB of flash in pages of 2 KiB and 256 KiB of RAM; put in yours, here and in
 * template.ld and app.ld, whose ASSERTs compare.
 *
 *	0x08000000  the loader; its service table at 0x08000040 (services.h)
 *	0x08020000  the store: one header page, then the regions of flash.h
 *	0x20000000  run region: the chosen image is copied here and runs here
 *	0x20020000  the application's RAM
 *	0x20030000  the loader's RAM; the application must leave it alone
 *
 * Header page: "CoT" and a letter of your own, u32 format(1), u32 slot size, all
 * little-endian: what a factory writes, and what keeps a loader from a store that was
 * made for another layout.
 */
#ifndef COTTER_SECONDARY_PORTS_TEMPLATE_LAYOUT_H
#define COTTER_SECONDARY_PORTS_TEMPLATE_LAYOUT_H

#include "secondary/state.h"

#define TPL_LOADER 0x08000000u
#define TPL_STORE 0x08020000u
#define TPL_STORE_MAX 0x00060000u /* what there is room for */
#define TPL_RUN 0x20000000u
#define TPL_RUN_LEN 0x00020000u
#define TPL_APP_RAM 0x20020000u
#define TPL_APP_RAM_LEN 0x00010000u

#define TPL_MAGIC "CoTX"
#define TPL_FORMAT 1u
#define TPL_PAGE 2048u     /* erased at once */
#define TPL_UNIT 8u        /* programmed at once, 1 to 32 */
#define TPL_ERASED 0xFFu   /* 0x00 on parts that erase to zero */
#define TPL_WRITE_ONCE true /* a programmed unit cannot be cleared further: ECC */

#define TPL_STATE_LEN (4u * TPL_PAGE)
#define TPL_APP_LEN TPL_PAGE
#define TPL_DOC_LEN (8u * TPL_PAGE) /* half for Root, half for Targets */
#define TPL_SLOT_LEN 0x00020000u
#define TPL_IDENTITY_LEN (8u * TPL_PAGE)

/* Offsets in the store, in the order of enum cot_region. */
#define TPL_AT_STATE TPL_PAGE
#define TPL_AT_APP (TPL_AT_STATE + TPL_STATE_LEN)
#define TPL_AT_DOC_A (TPL_AT_APP + TPL_APP_LEN)
#define TPL_AT_DOC_B (TPL_AT_DOC_A + TPL_DOC_LEN)
#define TPL_AT_SLOT_A (TPL_AT_DOC_B + TPL_DOC_LEN)
#define TPL_AT_SLOT_B (TPL_AT_SLOT_A + TPL_SLOT_LEN)
#define TPL_AT_IDENTITY (TPL_AT_SLOT_B + TPL_SLOT_LEN)
#define TPL_STORE_LEN (TPL_AT_IDENTITY + TPL_IDENTITY_LEN)

/* The identity region's last page, as a factory writes it:
 *
 *	0   "CoTK", u8 scheme, three zero bytes
 *	8   32 secret bytes of the report key
 *	40  32 bytes of its public key, zero for hmac-sha256
 *	72  32 random bytes: a seed, for parts without a random source */
#define TPL_KEY_MAGIC "CoTK"
#define TPL_AT_KEY (TPL_IDENTITY_LEN - TPL_PAGE) /* in the region */
#define TPL_KEY_SECRET 8u
#define TPL_KEY_PUBLIC 40u
#define TPL_KEY_SEED 72u
#define TPL_KEY_LEN 104u

/* What a page of the state region must hold: header and two seals, and of each type
 * the largest record with its seal (record.h).  Smaller pages work until a state grows. */
#define TPL_UP(bytes, unit) (((bytes) + (unit) - 1u) / (unit) * (unit))
#define TPL_RECORD(payload, unit) (TPL_UP(4u + (payload) + 4u, unit) + (unit))
#define TPL_STATE_NEED(unit) (TPL_UP(16u, unit) + 2u * (unit) + \
	TPL_RECORD(COT_SEC_STATE_MAX, unit) + TPL_RECORD(14u, unit) + TPL_RECORD(15u, unit))

_Static_assert(TPL_PAGE >= TPL_STATE_NEED(TPL_UNIT), "a state page holds the largest state");
_Static_assert(TPL_STATE_LEN >= 2u * TPL_PAGE, "the log moves from page to page");
_Static_assert(TPL_DOC_LEN >= 2u * TPL_PAGE, "Root and Targets have a half each");
_Static_assert(TPL_IDENTITY_LEN >= 2u * TPL_PAGE, "the key has a page of its own");
_Static_assert(TPL_SLOT_LEN % TPL_PAGE == 0, "a slot is whole pages");
_Static_assert(TPL_UNIT >= 1u && TPL_UNIT <= 32u && TPL_PAGE % TPL_UNIT == 0, "unit");
_Static_assert(TPL_STORE_LEN <= TPL_STORE_MAX, "the store fits");
_Static_assert(TPL_RUN_LEN >= TPL_SLOT_LEN, "an image that fits its slot can run");

#endif
