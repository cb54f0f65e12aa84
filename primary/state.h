/* SPDX-License-Identifier: Apache-2.0
 *
 * What the daemon remembers, and its one file `state`.
 *
 * The file names, by SHA-256, which documents in docs/ are trusted, carries the
 * floors, and what each ECU runs by its last verified report.  It is replaced
 * as a whole, in one rename: whatever it says holds together.  It is text:
 *
 *   {"body":{"chain":[{"document":HEX,"version":N}..],
 *            "documents":{"director":{"root":HEX..},"image":{..}},
 *            "ecus":{SERIAL:{..}},"format":1,"manifestCounter":N,
 *            "provision":HEX,"trust":HEX},
 *    "sha256":HEX of the canonical body}
 *
 * The hash finds damage, not malice: whoever can write the folder owns it.
 */
#ifndef COTTER_PRIMARY_STATE_H
#define COTTER_PRIMARY_STATE_H

#include "metadata/trust.h"

#define COT_STATE_HEX 65u    /* SHA-256 in hex, and a final zero */
#define COT_STATE_CHAIN 64u  /* Director Roots kept for ECUs that lag behind */
#define COT_STATE_ECUS 64u
#define COT_STATE_MAX (256u * 1024u) /* bytes of the file */

/* One ECU, by the provisioning record and its last verified report. */
struct cot_inventory {
	char serial[COT_MAX_ID + 1];
	char hardware[COT_MAX_ID + 1];
	uint64_t counter;            /* release counter of the installed image */
	uint64_t length;
	uint8_t sha256[COT_SHA256_LEN];
	char filepath[COT_MAX_NAME + 1];
	uint64_t report_counter;     /* of the last verified report; 0: none yet */
	char report[COT_STATE_HEX];  /* its document, "" if none */
	char state[COT_MAX_ID + 1];  /* what it said of itself */
	char attack[COT_MAX_ID + 1]; /* error word of an attack that it saw */
};

struct cot_chain_link {
	uint32_t version;
	char doc[COT_STATE_HEX];
};

struct cot_state {
	struct cot_trust trust;
	char doc[COT_MAX_REPOS][COT_ROLE_COUNT][COT_STATE_HEX]; /* "": not held */
	struct cot_chain_link chain[COT_STATE_CHAIN];           /* ascending */
	size_t chain_count;
	struct cot_inventory ecus[COT_STATE_ECUS];
	size_t ecu_count;
	char provision[COT_STATE_HEX];
	uint64_t manifest_counter;
};

/* "director", "image". */
const char *cot_state_repo_name(size_t repo);

/* The ECU's row; NULL if the vehicle has none of that name. */
struct cot_inventory *cot_state_ecu(struct cot_state *s, struct cot_slice serial);

/* Appends a Director Root, dropping the oldest when full; one that is not
 * newer than the last is left out. */
void cot_state_chain_add(struct cot_state *s, uint32_t version, const char *doc);

/* Writes the file's text; free with free.  COT_E_MEMORY, COT_E_INTERNAL. */
COT_MUST_CHECK enum cot_err cot_state_encode(const struct cot_state *s,
                                             const struct cot_crypto *crypto, char **ret,
                                             size_t *ret_len);

/* COT_E_STORE for anything that cot_state_encode did not write. */
COT_MUST_CHECK enum cot_err cot_state_decode(struct cot_slice text,
                                             const struct cot_crypto *crypto,
                                             struct cot_state *ret);

#endif
