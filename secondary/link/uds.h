/* SPDX-License-Identifier: Apache-2.0
 *
 * UDS messages (ISO 14229-1), as far as Cotter speaks them: bytes to struct and
 * back, for client and server alike.
 *
 * One flat struct holds any request, another any response; which members count
 * is decided by the service, see the table.  Parsing checks every length
 * before it reads and refuses what is too short, too long or has a reserved
 * form; it knows nothing of sessions, orders or trust, that is the server's.
 *
 *	service                    request                    response
 *	10 session control         sub                        sub, p2_ms, p2_star_ms
 *	11 ECU reset               sub                        sub
 *	22 read data               id                         id, data
 *	2E write data              id, data                   id
 *	31 routine control         sub, id, data              sub, id, data
 *	34 request download        format, offset, size       block
 *	36 transfer data           counter, data              counter, data
 *	37 transfer exit           data                       data
 *	38 request file transfer   sub, name, format,         sub, block, format
 *	                           size, packed
 *	3E tester present          sub                        sub
 *	7F (negative)              -                          nrc
 *
 * Numbers are big-endian.  Slices point into the bytes that were parsed.
 */
#ifndef COTTER_SECONDARY_LINK_UDS_H
#define COTTER_SECONDARY_LINK_UDS_H

#include "keys/error.h"
#include "keys/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COT_UDS_MAX 4095u /* bytes in a message */

/* Services.  A positive response is the service + 0x40. */
enum cot_uds_sid {
	COT_UDS_SESSION = 0x10,
	COT_UDS_RESET = 0x11,
	COT_UDS_READ = 0x22,
	COT_UDS_WRITE = 0x2E,
	COT_UDS_ROUTINE = 0x31,
	COT_UDS_DOWNLOAD = 0x34,
	COT_UDS_TRANSFER = 0x36,
	COT_UDS_EXIT = 0x37,
	COT_UDS_FILE = 0x38,
	COT_UDS_PRESENT = 0x3E,
	COT_UDS_NEGATIVE = 0x7F
};

/* Sub-functions. */
#define COT_UDS_SESSION_DEFAULT 0x01u
#define COT_UDS_SESSION_PROGRAMMING 0x02u
#define COT_UDS_SESSION_EXTENDED 0x03u
#define COT_UDS_RESET_HARD 0x01u
#define COT_UDS_ROUTINE_START 0x01u
#define COT_UDS_ROUTINE_STOP 0x02u
#define COT_UDS_ROUTINE_RESULTS 0x03u
#define COT_UDS_FILE_REPLACE 0x03u  /* modeOfOperation, the only one */
#define COT_UDS_SUPPRESS 0x80u      /* suppressPosRspMsgIndicationBit */

/* Data identifiers.  The first two are ISO's; the rest lie in the range that
 * ISO leaves to the system supplier.  docs/link.md has their bytes. */
#define COT_DID_HARDWARE 0xF191u    /* hardware identifier */
#define COT_DID_SERIAL 0xF18Cu      /* ECU serial number: the ECU identifier */
#define COT_DID_STATUS 0xFD00u      /* state, last refusal */
#define COT_DID_NONCE 0xFD01u       /* time nonce, fresh at every read */
#define COT_DID_REPORT 0xFD02u      /* signed version report */
#define COT_DID_TRUST 0xFD03u       /* versions of the trusted metadata */

/* Routine identifiers. */
#define COT_RID_VERIFY 0xFD10u      /* verify the staged metadata */
#define COT_RID_STAGE 0xFD11u       /* begin or resume staging an image */
#define COT_RID_ACTIVATE 0xFD12u    /* activate what is staged */
#define COT_RID_STATUS 0xFD13u      /* status of one component */

#define COT_UDS_ADDRESS_FORMAT 0x44u /* 0x34: 32-bit offset, 32-bit size */

/* Negative response codes (ISO 14229-1 table A.1). */
enum cot_uds_nrc {
	COT_NRC_NONE = 0x00,
	COT_NRC_REJECT = 0x10,
	COT_NRC_SERVICE = 0x11,        /* service not supported */
	COT_NRC_SUB_FUNCTION = 0x12,   /* sub-function not supported */
	COT_NRC_LENGTH = 0x13,         /* incorrect length or format */
	COT_NRC_TOO_LONG = 0x14,       /* response too long */
	COT_NRC_BUSY = 0x21,           /* busy, repeat request */
	COT_NRC_CONDITIONS = 0x22,     /* conditions not correct */
	COT_NRC_SEQUENCE = 0x24,       /* request sequence error */
	COT_NRC_RANGE = 0x31,          /* request out of range */
	COT_NRC_DENIED = 0x33,         /* security access denied: not trusted */
	COT_NRC_NOT_ACCEPTED = 0x70,   /* upload/download not accepted */
	COT_NRC_SUSPENDED = 0x71,      /* transfer data suspended */
	COT_NRC_PROGRAMMING = 0x72,    /* general programming failure */
	COT_NRC_COUNTER = 0x73,        /* wrong block sequence counter */
	COT_NRC_PENDING = 0x78,        /* received, response pending */
	COT_NRC_SUB_SESSION = 0x7E,    /* sub-function not in this session */
	COT_NRC_SERVICE_SESSION = 0x7F /* service not in this session */
};

struct cot_uds_request {
	uint8_t sid;
	uint8_t sub;           /* without the suppress bit; 38: modeOfOperation */
	bool suppress;         /* 10, 11, 31, 3E: no positive response wanted */
	uint16_t id;           /* 22, 2E: data identifier; 31: routine identifier */
	uint8_t counter;       /* 36: block sequence counter */
	uint8_t format;        /* 34, 38: dataFormatIdentifier, 0x00 for plain */
	uint32_t offset;       /* 34: memoryAddress, offset in the artifact */
	uint32_t size;         /* 34: memorySize; 38: uncompressed size */
	uint32_t packed;       /* 38: compressed size */
	struct cot_slice name; /* 38: path, "d/NAME" or "i/NAME", 1 to 257 bytes */
	struct cot_slice data; /* 2E, 31, 36, 37: the rest */
};

struct cot_uds_response {
	uint8_t sid;           /* of the request, without the 0x40 */
	uint8_t nrc;           /* COT_NRC_NONE: positive */
	uint8_t sub;           /* 10, 11, 31, 38, 3E */
	uint16_t id;           /* 22, 2E, 31 */
	uint16_t p2_ms;        /* 10: on the wire in 1 ms */
	uint32_t p2_star_ms;   /* 10: on the wire in 10 ms, at most 655350 */
	uint8_t counter;       /* 36 */
	uint8_t format;        /* 38 */
	uint16_t block;        /* 34, 38: longest 36 request, service and counter
	                        * included: so block - 2 data bytes */
	struct cot_slice data; /* 22, 31, 36, 37 */
};

/* Reads a request.  COT_OK, or what the server answers it with stands in
 * *ret_nrc: COT_E_UNSUPPORTED with COT_NRC_SERVICE (a service not in the table;
 * ret->sid is set) or COT_NRC_SUB_FUNCTION, COT_E_FRAME with COT_NRC_LENGTH or
 * COT_NRC_RANGE (address format, path).  An empty message is COT_E_FRAME with
 * COT_NRC_NONE: not answered at all. */
COT_MUST_CHECK enum cot_err cot_uds_parse_request(struct cot_slice pdu,
                                                  struct cot_uds_request *ret,
                                                  uint8_t *ret_nrc);

/* Writes a request to buf, cap bytes, and its length to *ret_len.
 * COT_E_BUFFER: does not fit; COT_E_ARGUMENT: a service or value the table
 * does not have.  *ret_len is untouched on failure. */
COT_MUST_CHECK enum cot_err cot_uds_build_request(const struct cot_uds_request *request,
                                                  uint8_t *buf, size_t cap,
                                                  size_t *ret_len);

/* Reads a response.  COT_OK also for a negative one: look at nrc.
 * COT_E_FRAME: not a response of the table. */
COT_MUST_CHECK enum cot_err cot_uds_parse_response(struct cot_slice pdu,
                                                   struct cot_uds_response *ret);

/* Writes a response; as cot_uds_build_request.  With nrc set it is
 * 7F sid nrc. */
COT_MUST_CHECK enum cot_err cot_uds_build_response(const struct cot_uds_response *response,
                                                   uint8_t *buf, size_t cap,
                                                   size_t *ret_len);

/* Whether response answers request: same service and same echoed sub-function,
 * identifier or block counter.  What does not, is a late or foreign message
 * and must be dropped by a client. */
bool cot_uds_answers(struct cot_slice request, struct cot_slice response);

/* Whether the message is 7F xx 78. */
bool cot_uds_is_pending(struct cot_slice pdu);

/* Whether the request asks for no positive response. */
bool cot_uds_is_suppressed(struct cot_slice request);

/* The negative response code a refusal travels as; COT_NRC_NONE for COT_OK,
 * COT_NRC_PENDING for COT_PENDING.  Many errors share one code: the exact one
 * is read from the status records afterwards. */
enum cot_uds_nrc cot_uds_nrc_of(enum cot_err err);

/* What a client makes of a code when it cannot read the status: the nearest
 * error, COT_E_ECU_NAK where there is none. */
enum cot_err cot_uds_err_of(uint8_t nrc);

/* In status records an error is two bytes, its number in two's complement,
 * big-endian: FF C4 is -60, `rollback`.  A number beyond those we know
 * reads as COT_E_ECU_NAK: the peer may be newer than we are. */
void cot_uds_put_err(uint8_t out[2], enum cot_err err);
enum cot_err cot_uds_get_err(const uint8_t in[2]);

#endif
