/* SPDX-License-Identifier: Apache-2.0
 *
 * What an application links to live beside the boot loader: half a KB on Cortex-M3,
 * memcpy and memset not counted.
 *
 * The loader verifies, installs and signs; the application only lets it work
 * and says when it is well.  How the loader is reached is the port's affair: a
 * table of five services, behind supervisor calls on a protected part.
 *
 *	static const struct cot_hook hook = { &services, may_program, NULL };
 *
 *	if (self test is good)
 *		cot_hook_confirm(&hook);          on trial; nothing otherwise
 *	for (;;) {
 *		the application's own work
 *		cot_hook_poll(&hook);             often: answers the bus, feeds the
 *	}                                         watchdog
 *
 * Source: Uptane 5.4.2.1 (version report); ISO 14229-1 10 2 (programming
 * session) with negative response 22 when the application does not want it now.
 */
#ifndef COTTER_SECONDARY_HOOK_H
#define COTTER_SECONDARY_HOOK_H

#include "secondary/confirm.h"

#include <stdbool.h>

/* The loader's services, as the port hands them to the application. */
struct cot_services {
	/* One step of the loader's server: takes what the bus brought, answers, feeds
	 * the watchdog.  Resets instead of returning when a session asks for it. */
	void (*poll)(bool may_program);
	/* What the loader handed over at this jump: COT_OK, or COT_E_NOT_FOUND when
	 * the image is not on trial. */
	enum cot_err (*handed)(struct cot_confirm *ret);
	/* Programs blank units of the application's page; offset and length in whole
	 * units.  COT_E_FLASH: a unit is not blank, or it failed. */
	enum cot_err (*program)(uint32_t offset, struct cot_slice data);
	/* Composes and signs a version report: canonical JSON.  COT_E_BUFFER if it is
	 * longer than max; COT_E_BUSY: too soon after the last one. */
	enum cot_err (*report)(uint8_t *ret, size_t max, size_t *ret_len);
	/* Milliseconds since reset. */
	uint64_t (*now_ms)(void);
	uint16_t unit; /* of the application's page, 1 to 32 */
};

struct cot_hook {
	const struct cot_services *services;
	/* May a programming session start now?  NULL: always. */
	bool (*may_program)(void *ctx);
	void *ctx;
};

void cot_hook_poll(const struct cot_hook *hook);

/* Confirms the running image after its self-test.  COT_OK also when it is not on
 * trial; then nothing is written.  Anything else is the service's own refusal: the
 * record is not there, and at the next reset the trial has one boot less. */
COT_MUST_CHECK enum cot_err cot_hook_confirm(const struct cot_hook *hook);

/* The signed version report, to hand on.  What ret holds after a failure says
 * nothing; *ret_len is untouched then. */
COT_MUST_CHECK enum cot_err cot_hook_report(const struct cot_hook *hook, uint8_t *ret, size_t max,
                                            size_t *ret_len);

#endif
