/* SPDX-License-Identifier: Apache-2.0
 *
 * The UDS server: request bytes in, response bytes out (docs/link.md).
 *
 * Usable behind a foreign UDS server too, which hands over the services it
 * does not serve itself.  Callers use secondary.h; this is what it is made of.
 * A request is answered at once or starts a job; while the job runs,
 * cot_server_poll advances it by one step and keeps the tester waiting by
 * 7F xx 78.  Nothing on the bus is believed for having been said: what a
 * request may cause is decided by update.c and install.c, from signed bytes.
 */
#ifndef COTTER_SECONDARY_SERVER_H
#define COTTER_SECONDARY_SERVER_H

#include "secondary/secondary.h"

void cot_server_request(struct cot_sec *node, struct cot_slice pdu);
/* One step of the running job, and 7F xx 78 when it is due. */
void cot_server_poll(struct cot_sec *node);
/* S3: ends a session nobody uses. */
void cot_server_tick(struct cot_sec *node);

/* Whether the program that runs offers the service at all: COT_NRC_NONE, or
 * what the request is answered with. */
uint8_t cot_server_nrc_of_mode(enum cot_node_mode mode, const struct cot_uds_request *request);

/* Status records; also without a bus. */
void cot_server_node_status(const struct cot_sec *node, struct cot_node_status *ret);
void cot_server_component_status(const struct cot_sec *node, uint8_t component,
                                 struct cot_component_status *ret);

#endif
