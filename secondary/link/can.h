/* SPDX-License-Identifier: Apache-2.0
 *
 * One classic CAN frame, the same for the virtual bus, SocketCAN and a
 * microcontroller's own controller (ISO 11898-1).  Remote and error frames do
 * not exist for us; CAN FD is not here yet.
 */
#ifndef COTTER_SECONDARY_LINK_CAN_H
#define COTTER_SECONDARY_LINK_CAN_H

#include <stdbool.h>
#include <stdint.h>

#define COT_CAN_MAX 8u               /* data bytes */
#define COT_CAN_ID_MAX 0x7FFu        /* 11 bits */
#define COT_CAN_ID_EXT_MAX 0x1FFFFFFFu /* 29 bits */

struct cot_can_frame {
	uint32_t id;      /* right-aligned, without any flag bits */
	uint8_t ext;      /* 0: 11-bit identifier, 1: 29-bit */
	uint8_t len;      /* data bytes, 0 to 8 */
	uint8_t data[COT_CAN_MAX];
};

/* Whether the frame can exist on a classic bus: id within its width, len <= 8. */
bool cot_can_valid(const struct cot_can_frame *frame);

#endif
