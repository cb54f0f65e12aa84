/* SPDX-License-Identifier: Apache-2.0
 *
 * Signed time (Uptane 5.4: "secure way to verify current time").
 *
 * A device makes a nonce of 128 random bits, the time source signs
 * {_type:"time", nonces:[...], rootVersion, time} with the keys that Director
 * Root names in custom.time, and the device believes it if its own nonce is
 * among those signed, is unused and younger than 60 s of its own ticks.  One
 * message serves many devices and may travel through anybody's hands.
 *
 *   1. cot_nonce_make       before asking; replaces the former nonce
 *   2. cot_time_parse       the message
 *   3. signature check under Root's time role (COT_ROLE_TIME)
 *   4. cot_time_accept      spends the nonce and gives `now`
 */
#ifndef COTTER_METADATA_TIME_H
#define COTTER_METADATA_TIME_H

#include "metadata/envelope.h"

struct cot_nonce {
	uint8_t bytes[COT_NONCE_LEN];
	uint64_t made_ms; /* own ticks */
	bool live;
};

struct cot_time_msg {
	struct cot_slice body;
	int64_t time_s;
	uint32_t root_version; /* the Director Root the signer knew of */
	struct cot_slice nonces;
};

/* random must be fresh from the port's random source. */
void cot_nonce_make(struct cot_nonce *n, const uint8_t random[COT_NONCE_LEN], uint64_t now_ms);

/* Parses the signed part.  COT_E_ROLE_TYPE and the syntax errors. */
COT_MUST_CHECK enum cot_err cot_time_parse(struct cot_slice body, struct cot_time_msg *ret);

/* After the signatures were found good: our nonce must be listed and alive
 * (COT_E_TIME_NONCE), our Root not older than the signer's (COT_E_TIME_ROOT),
 * the time not below the floor (COT_E_TIME_ROLLBACK).  On success the nonce is
 * spent and ret_now_s is the message's time plus the ticks since the nonce was
 * made.  A nonce is spent by success only: a forged message must not be able to
 * burn it. */
struct cot_time_floor {
	uint32_t root_version; /* of the newest Director Root we verified */
	int64_t time_s;
};
COT_MUST_CHECK enum cot_err cot_time_accept(const struct cot_time_msg *msg, struct cot_nonce *n,
                                            const struct cot_time_floor *floor,
                                            uint64_t now_ms, int64_t *ret_now_s);

#endif
