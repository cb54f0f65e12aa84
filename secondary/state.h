/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything a secondary must not forget, in two records.
 *
 * The state record holds what may only change together: the floors, which place
 * of each document is trusted, and for each component its install intent, its
 * slots and its release counter.  One commit is one record, so no cut can
 * leave newer Targets beside an order they withdrew.  The ledger holds what
 * only costs patience when it is lost: the staging budget and the counter of
 * version reports.
 *
 *	struct cot_sec_state next = store->state;     change a copy,
 *	...
 *	cot_sec_commit(store, &next)                   durable, then current
 *
 * The state of a slot changes by secondary/slot_state.h alone.
 */
#ifndef COTTER_SECONDARY_STATE_H
#define COTTER_SECONDARY_STATE_H

#include "metadata/trust.h"
#include "secondary/record.h"

#define COT_SEC_COMPONENTS 1u /* the regions of flash.h give slots to one */
#define COT_SEC_SLOTS 2u
#define COT_SEC_BUDGET 64u    /* unverified stagings */
#define COT_SEC_TRIALS 3u     /* boots an image has to confirm itself */
#define COT_SEC_TRIAL_LEN 16u /* bytes of a trial number */
#define COT_SEC_STATE_VERSION 1u
#define COT_SEC_LEDGER_VERSION 1u
#define COT_SEC_PROGRESS_VERSION 1u

enum cot_sec_doc {
	COT_SEC_ROOT = 0,    /* the Director's */
	COT_SEC_TARGETS = 1, /* the Director's */
	COT_SEC_DOCS = 2
};

/* Where the trusted document of a kind is. */
enum cot_sec_place {
	COT_SEC_PLACE_A = 0,
	COT_SEC_PLACE_B = 1,
	COT_SEC_PLACE_FACTORY = 2, /* inside the provisioning record */
	COT_SEC_PLACE_NONE = 3
};

struct cot_sec_trusted {
	enum cot_sec_place place;
	uint32_t len; /* bytes; of A and B only */
};

/* The only thing that lets a slot be erased. */
struct cot_sec_intent {
	bool set;
	uint8_t slot;
	uint32_t targets_version;
	uint32_t image_len;
	uint32_t artifact_len;
	uint64_t counter;
	uint8_t sha256[COT_SHA256_LEN];      /* of the image */
	uint8_t name_sha256[COT_SHA256_LEN]; /* of the target file name */
};

enum cot_sec_slot_state {
	COT_SEC_SLOT_EMPTY = 0,
	COT_SEC_SLOT_STAGED = 1,    /* verified, read back from flash */
	COT_SEC_SLOT_ACTIVATED = 2, /* boots at the next reset */
	COT_SEC_SLOT_TRIAL = 3,     /* was booted, not confirmed yet */
	COT_SEC_SLOT_CONFIRMED = 4,
	COT_SEC_SLOT_REVERTED = 5   /* failed its trial */
};

struct cot_sec_slot {
	enum cot_sec_slot_state state;
	uint32_t len;
	uint64_t counter;
	uint8_t sha256[COT_SHA256_LEN];
	uint8_t name_len;
	uint8_t name[COT_MAX_NAME]; /* target file name, for reports */
};

struct cot_sec_component {
	struct cot_sec_intent intent;
	struct cot_sec_slot slot[COT_SEC_SLOTS];
	uint64_t counter; /* release counter of the last confirmed image: a floor */
	uint8_t active;   /* slot confirmed last; COT_SEC_SLOTS: none */
	uint8_t attempts; /* boots of the slot on trial */
	uint8_t trial[COT_SEC_TRIAL_LEN]; /* number handed over at the last of them */
	bool reverted;    /* this hash is refused until newer Targets order it */
	uint8_t reverted_sha256[COT_SHA256_LEN];
};

struct cot_sec_state {
	struct cot_trust trust;
	struct cot_sec_trusted doc[COT_SEC_DOCS];
	uint8_t components;
	struct cot_sec_component component[COT_SEC_COMPONENTS];
};

#define COT_SEC_STATE_MAX (COT_TRUST_MAX + 16u + COT_SEC_COMPONENTS * 800u)

/* COT_E_BUFFER.  The encoding is record type 1, version 1; it is frozen. */
COT_MUST_CHECK enum cot_err cot_sec_state_encode(const struct cot_sec_state *s, uint8_t *ret,
                                                 size_t max, size_t *ret_len);
/* COT_E_RECORD for anything that encode would not write. */
COT_MUST_CHECK enum cot_err cot_sec_state_decode(struct cot_slice bytes,
                                                 struct cot_sec_state *ret);

/* Voids the intent, and each slot that is staged or activated, whose hash is not
 * `ordered`; NULL: nothing is ordered.  What is on trial stays on trial. */
void cot_sec_component_void(struct cot_sec_component *c, const uint8_t *ordered);

/* The slot on trial or activated; COT_SEC_SLOTS if none. */
uint8_t cot_sec_component_pending(const struct cot_sec_component *c);
/* The slot in that state; COT_SEC_SLOTS if none. */
uint8_t cot_sec_component_find(const struct cot_sec_component *c,
                               enum cot_sec_slot_state state);
/* The slot that an install may use: never the one confirmed last. */
uint8_t cot_sec_component_spare(const struct cot_sec_component *c);
enum cot_region cot_sec_slot_region(uint8_t slot);

struct cot_sec_ledger {
	uint16_t budget;
	uint64_t report;   /* every report counter up to this may have been used */
	enum cot_err last; /* refusal to be told in the next reports; COT_OK: none */
	uint16_t hours;    /* of power towards the next staging; fewer than 12 */
};

/* How much of an intent's artifact is in its slot for certain; or, with slot
 * COT_SEC_SLOTS, that a download of the image came to another hash under Targets of
 * version `offset`, so that erasing for it once more is drawn from the budget. */
struct cot_sec_progress {
	bool set;
	uint8_t component;
	uint8_t slot;
	uint8_t sha256[8]; /* first bytes of the image's hash: which intent it is */
	uint32_t offset;   /* a multiple of the slot's page */
};

/* The log and what its newest records say. */
struct cot_sec_store {
	struct cot_record_log log;
	struct cot_sec_state state;
	struct cot_sec_ledger ledger;
	struct cot_sec_progress progress;
	uint8_t scratch[COT_SEC_STATE_MAX]; /* records pass through it */
};

/* Reads everything.  COT_E_STORE: no state; the caller begins anew with
 * cot_sec_commit of a state made from the provisioning record. */
COT_MUST_CHECK enum cot_err cot_sec_store_mount(struct cot_sec_store *s,
                                                const struct cot_flash *flash);

/* Reads the newest state record again, beside the one in memory.  Two readings of one
 * record are alike in every byte.  COT_E_STORE: it cannot be read; ret is all zero. */
COT_MUST_CHECK enum cot_err cot_sec_store_read(struct cot_sec_store *s, struct cot_sec_state *ret);

/* Reads the ledger alone, for a caller that begins anew: reports must count on. */
void cot_sec_store_ledger(struct cot_sec_store *s);

/* Each is one atomic record; in memory nothing changes on failure.  A commit
 * that says what is recorded already writes nothing. */
COT_MUST_CHECK enum cot_err cot_sec_commit(struct cot_sec_store *s,
                                           const struct cot_sec_state *next);
COT_MUST_CHECK enum cot_err cot_sec_commit_ledger(struct cot_sec_store *s,
                                                  const struct cot_sec_ledger *next);
COT_MUST_CHECK enum cot_err cot_sec_commit_progress(struct cot_sec_store *s,
                                                    const struct cot_sec_progress *next);

#endif
