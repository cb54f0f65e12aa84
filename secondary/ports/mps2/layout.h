/* SPDX-License-Identifier: Apache-2.0
 *
 * Where everything lies on the mps2 board: addresses for the loader, offsets in
 * the flash file for the host.
 *
 * The board (Arm MPS2, image AN385, Cortex-M3) has no flash; its 16 MiB PSRAM
 * stands for one.  In the emulator that memory is a file, which survives the
 * machine as flash survives a reset.
 *
 *	0x00000000  loader
 *	0x20000000  run region: the chosen image is copied here and executed
 *	0x20080000  the application's RAM
 *	0x20100000  nobody's, so that the loader's stack cannot overflow into anything
 *	0x20200000  the loader's RAM, out of the application's reach
 *	0x21000000  flash: one header page, the regions of flash.h, the seed pages
 *
 * Header page: "CoTM", u32 format(1), u32 slot size, little-endian.
 */
#ifndef COTTER_SECONDARY_PORTS_MPS2_LAYOUT_H
#define COTTER_SECONDARY_PORTS_MPS2_LAYOUT_H

#define MPS2_LOADER 0x00000000u
#define MPS2_LOADER_LEN 0x00020000u
#define MPS2_RUN 0x20000000u
#define MPS2_RUN_LEN 0x00020000u /* a slot; a power of two, as the protection unit wants */
#define MPS2_APP_RAM 0x20080000u
#define MPS2_APP_RAM_LEN 0x00010000u
#define MPS2_GAP 0x20100000u
#define MPS2_GAP_LEN 0x00100000u
#define MPS2_LOADER_RAM 0x20200000u /* begins with the stack */
#define MPS2_LOADER_RAM_LEN 0x00010000u
#define MPS2_FLASH 0x21000000u
#define MPS2_FLASH_LEN 0x01000000u

#define MPS2_MAGIC "CoTM"
#define MPS2_FORMAT 1u
#define MPS2_PAGE 2048u
#define MPS2_UNIT 8u

#define MPS2_STATE_LEN (4u * MPS2_PAGE)
#define MPS2_APP_LEN MPS2_PAGE
#define MPS2_DOC_LEN (16u * MPS2_PAGE)
#define MPS2_SLOT_LEN 0x00020000u
#define MPS2_IDENTITY_LEN (32u * MPS2_PAGE)
#define MPS2_SEED_LEN (2u * MPS2_PAGE)

/* Offsets from the start of flash, in the order of enum cot_region. */
#define MPS2_AT_STATE MPS2_PAGE
#define MPS2_AT_APP (MPS2_AT_STATE + MPS2_STATE_LEN)
#define MPS2_AT_DOC_A (MPS2_AT_APP + MPS2_APP_LEN)
#define MPS2_AT_DOC_B (MPS2_AT_DOC_A + MPS2_DOC_LEN)
#define MPS2_AT_SLOT_A (MPS2_AT_DOC_B + MPS2_DOC_LEN)
#define MPS2_AT_SLOT_B (MPS2_AT_SLOT_A + MPS2_SLOT_LEN)
#define MPS2_AT_IDENTITY (MPS2_AT_SLOT_B + MPS2_SLOT_LEN)
#define MPS2_AT_SEED (MPS2_AT_IDENTITY + MPS2_IDENTITY_LEN)

/* The identity region's last page, which only the loader reads:
 *
 *	0   "CoTK", u8 scheme, three zero bytes
 *	8   32 secret bytes of the report key
 *	40  32 bytes of its public key, zero for hmac-sha256
 *	72  32 random bytes of the factory, from which the loader's random source grows */
#define MPS2_KEY_MAGIC "CoTK"
#define MPS2_AT_KEY (MPS2_IDENTITY_LEN - MPS2_PAGE) /* in the region */
#define MPS2_KEY_SECRET 8u
#define MPS2_KEY_PUBLIC 40u
#define MPS2_KEY_SEED 72u
#define MPS2_KEY_LEN 104u

#endif
