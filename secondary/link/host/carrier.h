/* SPDX-License-Identifier: Apache-2.0
 *
 * What the transports of this folder share, for this folder only.
 *
 * A transport is a carrier's link with a file descriptor behind it.  The union
 * comes first, so that the cot_link * handed to the caller is also a pointer
 * to the transport it belongs to.
 */
#ifndef COTTER_SECONDARY_LINK_HOST_CARRIER_H
#define COTTER_SECONDARY_LINK_HOST_CARRIER_H

#include "secondary/link/carriers.h"
#include "secondary/link/host/transport.h"

#include <stdarg.h>

struct cot_transport_ops {
	int (*fd)(const struct cot_link *link);
	short (*events)(const struct cot_link *link);
	void (*close)(struct cot_link *link);
};

struct cot_transport {
	union {
		struct cot_link link;
		struct cot_serial_link serial;
		struct cot_isotp_link isotp;
	} as;
	const struct cot_transport_ops *ops;
};

/* One scheme's part of cot_transport_open: rest is what follows the colon. */
struct cot_transport_request {
	const char *rest;
	enum cot_transport_role role;
	struct cot_transport_note *note; /* never NULL */
};

typedef enum cot_err cot_transport_opener(const struct cot_transport_request *request,
                                          struct cot_link **ret);

cot_transport_opener cot_unix_open;
cot_transport_opener cot_tty_open;
cot_transport_opener cot_vbus_open;
cot_transport_opener cot_socketcan_open;

/* Writes the note and returns err, so that a failure is one line. */
enum cot_err cot_transport_fail(const struct cot_transport_request *request,
                                enum cot_err err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* PLACE/TX,RX as in vbus: and can: addresses. */
struct cot_can_address {
	char place[108]; /* path or interface */
	uint32_t tx_id, rx_id;
	uint8_t ext;
};

COT_MUST_CHECK enum cot_err cot_can_address_parse(const struct cot_transport_request *request,
                                                  struct cot_can_address *ret);

#endif
