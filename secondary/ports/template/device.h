/* SPDX-License-Identifier: Apache-2.0
 *
 * What the part must do for this port, eleven small functions.  device.c is the only
 * file of the template that knows registers, and none of it is written: a function
 * either answers that it failed, or stops the machine in tpl_missing, where a debugger
 * shows its name.
 *
 * The library needs no interrupts.  If you use one, to fill a ring from the UART for
 * instance, give it a vector in start.c, and remember that after the jump the vectors
 * are the application's: DMA goes on by itself.
 */
#ifndef COTTER_SECONDARY_PORTS_TEMPLATE_DEVICE_H
#define COTTER_SECONDARY_PORTS_TEMPLATE_DEVICE_H

#include "keys/error.h"
#include "secondary/ports/template/layout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Clocks, the UART, the millisecond timer.  Called first, at every reset. */
void tpl_device_init(void);

/* ---- the store: offsets from its start -------------------------------------------- */

/* COT_OK or COT_E_FLASH; a read that hits an ECC error is COT_E_FLASH too, and the
 * fault or interrupt that the part raises for it must not stop the loader. */
COT_MUST_CHECK enum cot_err tpl_cells_read(uint32_t at, uint8_t *ret, uint32_t len);
/* One unit, blank before.  Reports what the controller's status says. */
COT_MUST_CHECK enum cot_err tpl_cells_program(uint32_t at, const uint8_t unit[TPL_UNIT]);
/* One page.  May take as long as it takes; the watchdog must outlast it. */
COT_MUST_CHECK enum cot_err tpl_cells_erase(uint32_t at);

/* ---- the line ----------------------------------------------------------------------- */

bool tpl_uart_put(uint8_t byte); /* false: full, try later */
bool tpl_uart_get(uint8_t *ret); /* false: nothing there */
bool tpl_uart_idle(void);        /* the last bit has left the pin */

/* ---- time and life -------------------------------------------------------------------- */

/* Milliseconds since reset; never goes back, wraps in no lifetime. */
uint64_t tpl_now_ms(void);

/* From now on the machine resets unless fed; nothing may stop it any more. */
void tpl_watchdog_start(void);
void tpl_watchdog_feed(void); /* harmless before it was started */

/* Unpredictable bytes: COT_OK or COT_E_IO. */
COT_MUST_CHECK enum cot_err tpl_random(uint8_t *ret, size_t len);

/* What is not written yet stops here. */
_Noreturn void tpl_missing(const char *function);

#endif
