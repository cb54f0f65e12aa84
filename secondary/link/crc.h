/* SPDX-License-Identifier: Apache-2.0
 *
 * CRC-32 as in IEEE 802.3, zlib and PNG: reflected polynomial 0xEDB88320,
 * start and final value all ones.  It finds accidents on a line; it proves
 * nothing about who sent the bytes, and nobody here takes it to.
 */
#ifndef COTTER_SECONDARY_LINK_CRC_H
#define COTTER_SECONDARY_LINK_CRC_H

#include "keys/slice.h"

#include <stdint.h>

/* The CRC-32 of bytes, continuing from crc: 0 at the start, so that
 * cot_crc32(cot_crc32(0, a), b) is the CRC of a followed by b.
 * cot_crc32(0, "123456789") is 0xCBF43926. */
uint32_t cot_crc32(uint32_t crc, struct cot_slice bytes);

#endif
