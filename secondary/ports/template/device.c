/* SPDX-License-Identifier: Apache-2.0
 *
 * WRITE all of this for your part: see device.h.
 */
#include "secondary/ports/template/device.h"

/* Read it with a debugger: `print tpl_missing_function`. */
extern const char *volatile tpl_missing_function;
const char *volatile tpl_missing_function;

_Noreturn void tpl_missing(const char *function)
{
	tpl_missing_function = function;
	for (;;) {
	}
}

/* WRITE: the clock tree, pins and baud rate of the UART, a free running timer. */
void tpl_device_init(void)
{
	tpl_missing(__func__);
}

/* ---- the store ---------------------------------------------------------------------- */

/* WRITE: for memory-mapped flash copy from TPL_STORE + at, then look at the ECC status;
 * for flash on a bus send the read command. */
enum cot_err tpl_cells_read(uint32_t at, uint8_t *ret, uint32_t len)
{
	(void)at;
	(void)ret;
	(void)len;
	return COT_E_FLASH;
}

/* WRITE: unlock, program the TPL_UNIT bytes as the data sheet wants them, wait, look at
 * every error flag, clear them, lock.  Reading back is the library's work. */
enum cot_err tpl_cells_program(uint32_t at, const uint8_t unit[TPL_UNIT])
{
	(void)at;
	(void)unit;
	return COT_E_FLASH;
}

/* WRITE: unlock, erase the page, wait (feeding the watchdog if that takes longer than
 * it allows), look at the error flags, drop what a flash cache holds of it, lock. */
enum cot_err tpl_cells_erase(uint32_t at)
{
	(void)at;
	return COT_E_FLASH;
}

/* ---- the line ----------------------------------------------------------------------- */

bool tpl_uart_put(uint8_t byte)
{
	(void)byte;
	tpl_missing(__func__);
}

bool tpl_uart_get(uint8_t *ret)
{
	(void)ret;
	tpl_missing(__func__);
}

bool tpl_uart_idle(void)
{
	tpl_missing(__func__);
}

/* ---- time and life -------------------------------------------------------------------- */

uint64_t tpl_now_ms(void)
{
	tpl_missing(__func__);
}

/* WRITE: the watchdog that runs from its own clock and that no software stops.  Its time
 * must outlast the longest single call: docs/porting.md has the sum. */
void tpl_watchdog_start(void)
{
	tpl_missing(__func__);
}

void tpl_watchdog_feed(void)
{
	tpl_missing(__func__);
}

/* WRITE: the part's random number generator with its health tests; without one do as
 * secondary/ports/mps2/random.c does. */
enum cot_err tpl_random(uint8_t *ret, size_t len)
{
	(void)ret;
	(void)len;
	return COT_E_IO;
}
