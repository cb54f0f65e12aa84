/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks on what an application asks: see guard.h.
 */
#include "secondary/ports/mps2/guard.h"

#include "secondary/ports/mps2/layout.h"

/* CHECK MPS2.1: memory that the application names is its own RAM */
enum cot_err mps2_check_memory(uint32_t at, uint32_t len)
{
	uint32_t offset = at - MPS2_APP_RAM;

	return offset <= MPS2_APP_RAM_LEN && len <= MPS2_APP_RAM_LEN - offset ? COT_OK
	                                                                     : COT_E_ARGUMENT;
}

/* CHECK MPS2.2: a call comes from the application, with its stack in its RAM */
enum cot_err mps2_check_frame(uint32_t frame, uint32_t from)
{
	if (from != MPS2_FROM_APP || frame % 4u != 0)
		return COT_E_ARGUMENT;
	return mps2_check_memory(frame, MPS2_FRAME_LEN);
}

/* CHECK MPS2.3: the application programs whole units of its own page */
enum cot_err mps2_check_program(uint32_t offset, uint32_t len)
{
	if (len == 0 || offset % MPS2_UNIT != 0 || len % MPS2_UNIT != 0)
		return COT_E_ARGUMENT;
	return offset < MPS2_APP_LEN && len <= MPS2_APP_LEN - offset ? COT_OK : COT_E_ARGUMENT;
}

/* CHECK MPS2.4: an application that asks for reports without a reset wears the state slowly */
enum cot_err mps2_check_report(uint64_t now_ms, uint64_t last_ms)
{
	return now_ms - last_ms >= MPS2_REPORT_MS ? COT_OK : COT_E_BUSY;
}

/* CHECK MPS2.5: an image starts in the run region, on a stack in its own RAM */
enum cot_err mps2_check_image(uint32_t stack, uint32_t entry)
{
	if (entry - MPS2_RUN >= MPS2_RUN_LEN || entry % 2u != 1 || stack % 8u != 0)
		return COT_E_UNSUPPORTED;
	return mps2_check_memory(stack - MPS2_FRAME_LEN, MPS2_FRAME_LEN) == COT_OK
		? COT_OK : COT_E_UNSUPPORTED;
}
