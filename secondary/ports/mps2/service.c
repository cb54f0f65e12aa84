/* SPDX-License-Identifier: Apache-2.0
 *
 * The services of a running application: see service.h.
 */
#include "secondary/ports/mps2/service.h"

#include "secondary/ports/mps2/board.h"
#include "secondary/ports/mps2/device.h"
#include "secondary/ports/mps2/guard.h"
#include "secondary/ports/mps2/loader.h"
#include "secondary/report.h"

#include <string.h>

static uint64_t reported_ms; /* since reset */

static enum cot_err serve_handed(uint32_t at)
{
	const struct cot_confirm *handed = mps2_handed();
	enum cot_err err = mps2_check_memory(at, sizeof(*handed));

	if (err == COT_OK && !handed)
		err = COT_E_NOT_FOUND;
	if (err == COT_OK)
		memcpy((void *)(uintptr_t)at, handed, sizeof(*handed));
	return err;
}

static enum cot_err serve_program(uint32_t offset, uint32_t at, uint32_t len)
{
	const struct cot_flash *flash = mps2_port.flash;
	enum cot_err err = mps2_check_memory(at, len);

	if (err == COT_OK)
		err = mps2_check_program(offset, len);
	return err == COT_OK ? flash->program(flash->ctx, COT_REGION_APP, offset,
	                                      cot_slice((const uint8_t *)(uintptr_t)at, len))
	                     : err;
}

static enum cot_err compose(uint32_t at, uint32_t max, uint32_t len_at)
{
	size_t len = 0;
	enum cot_err err;

	reported_ms = mps2_now_ms();
	err = cot_sec_report(&mps2_node, 0, (char *)(uintptr_t)at, max, &len);
	if (err == COT_OK)
		memcpy((void *)(uintptr_t)len_at, &len, sizeof(len));
	return err;
}

static enum cot_err serve_report(uint32_t at, uint32_t max, uint32_t len_at)
{
	enum cot_err err = mps2_check_memory(at, max);

	if (err == COT_OK)
		err = mps2_check_memory(len_at, sizeof(size_t));
	if (err == COT_OK)
		err = mps2_check_report(mps2_now_ms(), reported_ms);
	return err == COT_OK ? compose(at, max, len_at) : err;
}

static enum cot_err serve_poll(uint32_t may_program)
{
	mps2_set_may_program(may_program == 1u);
	mps2_serve();
	return COT_OK;
}

static void serve_now(struct mps2_frame *frame)
{
	uint64_t now = mps2_now_ms();

	frame->r0 = (uint32_t)now;
	frame->r1 = (uint32_t)(now >> 32);
}

/* Registers saved in memory of the application's choice are read, and the answer is
 * written there, only where it could have written itself. */
void mps2_service(struct mps2_frame *f, uint32_t from)
{
	if (mps2_check_frame((uint32_t)(uintptr_t)f, from) != COT_OK)
		mps2_fault(f, MPS2_SVCALL, from);
	switch (f->r0) {
	case MPS2_SVC_POLL: f->r0 = (uint32_t)serve_poll(f->r1); break;
	case MPS2_SVC_HANDED: f->r0 = (uint32_t)serve_handed(f->r1); break;
	case MPS2_SVC_PROGRAM: f->r0 = (uint32_t)serve_program(f->r1, f->r2, f->r3); break;
	case MPS2_SVC_REPORT: f->r0 = (uint32_t)serve_report(f->r1, f->r2, f->r3); break;
	case MPS2_SVC_NOW: serve_now(f); break;
	default: f->r0 = (uint32_t)COT_E_ARGUMENT; break;
	}
}
