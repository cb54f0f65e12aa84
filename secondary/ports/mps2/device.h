/* SPDX-License-Identifier: Apache-2.0
 *
 * The board's devices, as far as a loader needs them: two UARTs, a clock, a
 * watchdog and reset.  Register addresses are those of Arm's application note
 * AN385; the parts are Arm CMSDK's.
 */
#ifndef COTTER_SECONDARY_PORTS_MPS2_DEVICE_H
#define COTTER_SECONDARY_PORTS_MPS2_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MPS2_UART_LINK 0x40004000u    /* UART0: the bus */
#define MPS2_UART_CONSOLE 0x40005000u /* UART1: text, open to the application too */

void mps2_device_init(void);

bool mps2_uart_put(uint32_t uart, uint8_t byte); /* false: full, try later */
bool mps2_uart_get(uint32_t uart, uint8_t *ret); /* false: nothing there */

/* The console, whatever the application did to it. */
void mps2_console_init(void);

/* Text on the console, waiting for the line while it moves. */
void mps2_say(const char *text);
void mps2_say_bytes(const uint8_t *text, size_t len);
void mps2_say_hex(uint32_t value);

/* Milliseconds since reset.  Call it at least once in twelve hours. */
uint64_t mps2_now_ms(void);
/* Raw ticks of the same counter: jitter for the random source. */
uint32_t mps2_ticks(void);

/* Two seconds from now the machine resets, unless fed. */
void mps2_watchdog_start(void);
void mps2_watchdog_feed(void);

/* Not left out by a compiler that sees no later use. */
void mps2_wipe(void *secret, size_t len);

_Noreturn void mps2_reset(void);

#endif
