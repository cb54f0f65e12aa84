/* SPDX-License-Identifier: Apache-2.0
 *
 * What makes a classic CAN frame possible at all.
 */
#include "secondary/link/can.h"

bool cot_can_valid(const struct cot_can_frame *frame)
{
	if (frame->ext > 1 || frame->len > COT_CAN_MAX)
		return false;
	return frame->id <= (frame->ext ? COT_CAN_ID_EXT_MAX : COT_CAN_ID_MAX);
}
