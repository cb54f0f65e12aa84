/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the UDS server share, for secondary/ only.
 */
#ifndef COTTER_SECONDARY_SERVER_PARTS_H
#define COTTER_SECONDARY_SERVER_PARTS_H

#include "secondary/server.h"

/* Puts a response to the request at work into the response buffer. */
void cot_server_respond(struct cot_sec *node, struct cot_uds_response *response);
void cot_server_negative(struct cot_sec *node, uint8_t nrc);
/* The same for one of our errors, which is remembered for the status. */
void cot_server_refuse(struct cot_sec *node, enum cot_err err);
void cot_server_routine_result(struct cot_sec *node, struct cot_slice result);
void cot_server_outcome(struct cot_sec *node, enum cot_err outcome);
void cot_server_stage_outcome(struct cot_sec *node, uint8_t component, enum cot_err outcome);
/* 34 and 38: transfer may begin, counter from the start. */
void cot_server_answer_block(struct cot_sec *node);
/* The job that answers the request at work. */
void cot_server_start(struct cot_sec *node, enum cot_sec_job job);

/* Data identifiers: server_data.c. */
void cot_server_data(struct cot_sec *node, struct cot_slice data); /* answers 22 */
bool cot_server_nonce_young(const struct cot_sec *node, uint64_t age_ms);
void cot_server_read(struct cot_sec *node, const struct cot_uds_request *q);
void cot_server_write(struct cot_sec *node, const struct cot_uds_request *q);

/* Status of the node and of an ECU identifier: server_status.c. */
void cot_server_read_status(struct cot_sec *node);
void cot_server_ecu_status(struct cot_sec *node, uint8_t component);

/* Transfers: server_transfer.c. */
void cot_server_download(struct cot_sec *node, const struct cot_uds_request *q);
void cot_server_file(struct cot_sec *node, const struct cot_uds_request *q);
void cot_server_transfer(struct cot_sec *node, const struct cot_uds_request *q);
void cot_server_exit(struct cot_sec *node, const struct cot_uds_request *q);

/* Routines: server_routine.c. */
void cot_server_routine(struct cot_sec *node, const struct cot_uds_request *q);

#endif
