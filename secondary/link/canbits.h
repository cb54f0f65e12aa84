/* SPDX-License-Identifier: Apache-2.0
 *
 * What a classic CAN frame is on the wire: who wins the bus, and how long it
 * takes (ISO 11898-1).  Exact to the bit, stuffing and CRC included, because
 * every figure about a bus is computed from it.
 */
#ifndef COTTER_SECONDARY_LINK_CANBITS_H
#define COTTER_SECONDARY_LINK_CANBITS_H

#include "secondary/link/can.h"

#include <stddef.h>
#include <stdint.h>

#define COT_CAN_INTERFRAME 3u /* bits of silence that belong to every frame */

/* Bit times that the frame holds the bus, interframe space included: 111 to 135
 * with eight bytes and 11 bits, 131 to 160 with 29.  frame must be valid. */
unsigned int cot_can_bits(const struct cot_can_frame *frame);

/* The CRC-15 that the frame carries. */
uint16_t cot_can_crc(const struct cot_can_frame *frame);

/* The order of arbitration: the frame with the lower value wins.  A dominant bit
 * is 0; an 11 bit frame beats a 29 bit one that begins the same. */
uint32_t cot_can_rank(const struct cot_can_frame *frame);

#endif
