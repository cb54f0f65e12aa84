/* SPDX-License-Identifier: Apache-2.0
 *
 * Refusals on the bus.  A negative response code is one byte of somebody
 * else's vocabulary, so it can only say what kind of refusal it was; a workshop
 * tool understands that much.  Which of ours it was travels as a number in the
 * status records.
 */
#include "secondary/link/uds.h"

/* The last number keys/error.h has given out. */
#define LOWEST_ERR COT_E_NOT_STAGED

static enum cot_uds_nrc nrc_of_general(enum cot_err err)
{
	switch (err) {
	case COT_E_LIMIT:
	case COT_E_ARGUMENT:
	case COT_E_NOT_FOUND: return COT_NRC_RANGE;
	case COT_E_BUFFER: return COT_NRC_TOO_LONG;
	case COT_E_BUSY: return COT_NRC_BUSY;
	case COT_E_SEQUENCE: return COT_NRC_SEQUENCE;
	case COT_E_UNSUPPORTED: return COT_NRC_SERVICE;
	default: return COT_NRC_REJECT;
	}
}

static enum cot_uds_nrc nrc_of_order(enum cot_err err)
{
	switch (err) {
	case COT_E_NO_TIME:
	case COT_E_BUDGET:
	case COT_E_TRIAL:
	case COT_E_PRECONDITION: return COT_NRC_CONDITIONS;
	case COT_E_NOT_STAGED: return COT_NRC_SEQUENCE;
	case COT_E_ECU_UNKNOWN: return COT_NRC_RANGE;
	case COT_E_NO_ORDER:
	case COT_E_NOT_ORDERED:
	case COT_E_REVERTED:
	case COT_E_METHOD: return COT_NRC_NOT_ACCEPTED;
	default: return COT_NRC_DENIED;
	}
}

enum cot_uds_nrc cot_uds_nrc_of(enum cot_err err)
{
	int number = (int)err;

	if (err == COT_OK)
		return COT_NRC_NONE;
	if (err == COT_PENDING)
		return COT_NRC_PENDING;
	if (err == COT_E_FRAME)
		return COT_NRC_LENGTH;
	if (err == COT_E_SLOT_SIZE || err == COT_E_DOCUMENT_SIZE)
		return COT_NRC_NOT_ACCEPTED;
	if (number > -20)
		return nrc_of_general(err);
	if (number > -80) /* syntax, trust and policy: it is not to be believed */
		return COT_NRC_DENIED;
	if (number > -100)
		return COT_NRC_PROGRAMMING;
	if (number > -120)
		return COT_NRC_REJECT;
	return nrc_of_order(err);
}

enum cot_err cot_uds_err_of(uint8_t nrc)
{
	switch (nrc) {
	case COT_NRC_NONE: return COT_OK;
	case COT_NRC_PENDING: return COT_PENDING;
	case COT_NRC_SERVICE:
	case COT_NRC_SUB_FUNCTION: return COT_E_UNSUPPORTED;
	case COT_NRC_BUSY: return COT_E_BUSY;
	case COT_NRC_CONDITIONS: return COT_E_PRECONDITION;
	case COT_NRC_SEQUENCE:
	case COT_NRC_COUNTER:
	case COT_NRC_SUB_SESSION:
	case COT_NRC_SERVICE_SESSION: return COT_E_SEQUENCE;
	case COT_NRC_LENGTH: return COT_E_FRAME;
	case COT_NRC_PROGRAMMING: return COT_E_FLASH;
	default: return COT_E_ECU_NAK;
	}
}

void cot_uds_put_err(uint8_t out[2], enum cot_err err)
{
	uint16_t number = (uint16_t)(int)err;

	out[0] = (uint8_t)(number >> 8);
	out[1] = (uint8_t)number;
}

enum cot_err cot_uds_get_err(const uint8_t in[2])
{
	int number = in[0] << 8 | in[1];

	if (number > INT16_MAX)
		number -= 65536;
	if (number > COT_PENDING || number < LOWEST_ERR)
		return COT_E_ECU_NAK;
	return (enum cot_err)number;
}
