/* SPDX-License-Identifier: Apache-2.0
 *
 * The identity region: who this node is, written once at the factory.
 *
 *	"CoTI"  u8 format(1)  u8 0  u16 0  u32 record length  u32 record CRC-32
 *	        u32 header CRC-32  padding to 32 bytes
 *	record  the provisioning record, canonical JSON, from byte 32 on
 *	key     last page: the ECU key in the form of the port
 *
 * The record is signed by the Director's Root that it embeds; that is checked
 * when it is written (cot_identity_check), and the loader believes its own
 * write-protected page afterwards.  The key is for the port's sign_report
 * alone: nothing in this library reads it.
 */
#ifndef COTTER_SECONDARY_IDENTITY_H
#define COTTER_SECONDARY_IDENTITY_H

#include "metadata/provision.h"
#include "secondary/port.h"
#include "secondary/state.h"

#define COT_IDENTITY_HEADER 32u

struct cot_identity {
	struct cot_slice record;         /* canonical envelope */
	struct cot_provision provision;  /* slices of record */
	uint8_t components;
	struct cot_provision_ecu ecu[COT_SEC_COMPONENTS]; /* in the order of `own` */
	enum cot_scheme scheme[COT_SEC_COMPONENTS];       /* of its report key */
	char key_id[COT_SEC_COMPONENTS][COT_KEY_ID_TEXT];
};

/* Reads the region through map, or into the front of the port's window.
 * COT_E_UNPROVISIONED: blank, damaged, or made for something this build is not. */
COT_MUST_CHECK enum cot_err cot_identity_load(const struct cot_port *port,
                                              struct cot_identity *ret);

/* Parses a record into ret without a flash; record must outlive it.  Errors of
 * cot_provision_parse, COT_E_RECORD (a primary's record, or too many components),
 * COT_E_SCHEME, COT_E_UNSUPPORTED (asks for another verification than the Director's
 * Root and Targets). */
COT_MUST_CHECK enum cot_err cot_identity_parse(struct cot_slice record,
                                               const struct cot_crypto *crypto,
                                               struct cot_identity *ret);

/* For the factory: is the record signed by the Root it embeds, and are its
 * documents?  COT_E_SIG_THRESHOLD and the like. */
COT_MUST_CHECK enum cot_err cot_identity_check(const struct cot_identity *id,
                                               const struct cot_crypto *crypto);

/* The header for a record of that content. */
void cot_identity_header(struct cot_slice record, uint8_t ret[COT_IDENTITY_HEADER]);

/* What a node knows that knows nothing but its record: the first state, and
 * that of recovery.  No slot holds anything. */
COT_MUST_CHECK enum cot_err cot_identity_state(const struct cot_identity *id,
                                               const struct cot_crypto *crypto,
                                               struct cot_sec_state *ret);

/* The component of that ECU identifier; COT_E_ECU_UNKNOWN. */
COT_MUST_CHECK enum cot_err cot_identity_find(const struct cot_identity *id,
                                              struct cot_slice ecu, uint8_t *ret);

#endif
