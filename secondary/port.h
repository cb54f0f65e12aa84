/* SPDX-License-Identifier: Apache-2.0
 *
 * What a secondary needs from the board it runs on.
 *
 * Fill in one struct cot_port, keep it and everything it points to alive as
 * long as the node, and never change it.  No callback may call back into the
 * library.  All run in the thread that calls the library; there is only one.
 */
#ifndef COTTER_SECONDARY_PORT_H
#define COTTER_SECONDARY_PORT_H

#include "keys/crypto.h"
#include "keys/limits.h"
#include "secondary/flash.h"

/* A document's place in a region: the first half is Root's, the second half
 * Targets'; so a region needs at least two pages. */

struct cot_port {
	void *ctx; /* handed to every callback */
	const struct cot_flash *flash;
	const struct cot_crypto *crypto;

	/* Fills ret with unpredictable bytes: nonces and trial numbers.
	 * COT_OK or any error. */
	enum cot_err (*random)(void *ctx, uint8_t *ret, size_t len);

	/* Signs a version report's body with the key of that handle, which is the
	 * component's number; the key itself never passes through here.
	 * COT_OK and *ret_len, or any error. */
	enum cot_err (*sign_report)(void *ctx, uint32_t key, struct cot_slice body,
	                            uint8_t ret[COT_MAX_SIG_LEN], size_t *ret_len);

	/* Called once per KiB while an image is copied, hashed or wiped at boot: feeds
	 * the watchdog.  All else returns to the port's loop after one page erase, one
	 * KiB or one signature check.  NULL: there is none. */
	void (*long_op)(void *ctx);

	/* Boot method copy: where an image runs when it does not run in its slot.  The
	 * boot decision reads the chosen slot into it and judges what lies there, so
	 * it is memory that nothing else writes; on an image that is refused it is
	 * wiped.  An image longer than run_len does not boot.
	 * NULL: images run in their slots (remap, two-link). */
	uint8_t *run;
	uint32_t run_len; /* bytes */

	/* Asks the application whether it may be ended now, by a programming session
	 * or a reset: COT_OK or COT_E_PRECONDITION.  NULL: always. */
	enum cot_err (*may_program)(void *ctx);

	/* Nothing keeps the application away from state, slots and key. */
	bool app_trusted;

	/* Only if flash->map is NULL: memory into which documents and the
	 * provisioning record are read, as much as all of them together. */
	uint8_t *window;
	uint32_t window_len;

	/* Holds one time message; its size is the largest that is taken. */
	uint8_t *time_buf;
	uint32_t time_max;

	/* Responses are built here: at least 128 bytes, and as many as a version
	 * report may take (COT_MAX_REPORT is always enough). */
	uint8_t *response;
	uint32_t response_max;

	/* Longest request the carrier delivers, bytes, up to COT_UDS_MAX. */
	uint16_t request_max;
};

#endif
