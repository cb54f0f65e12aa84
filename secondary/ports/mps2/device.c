/* SPDX-License-Identifier: Apache-2.0
 *
 * Devices of the mps2 board: see device.h.
 */
#include "secondary/ports/mps2/device.h"

#define REG(address) (*(volatile uint32_t *)(uintptr_t)(address))

#define UART_DATA 0x0u
#define UART_STATE 0x4u
#define UART_CTRL 0x8u
#define UART_BAUDDIV 0x10u
#define UART_TX_FULL 1u
#define UART_RX_FULL 2u
#define CLOCK_HZ 25000000u
#define BAUD 115200u

/* Dual timer, first half: free running, down, 32 bits, a tick every 256 clocks. */
#define TIMER_LOAD 0x40002000u
#define TIMER_VALUE 0x40002004u
#define TIMER_CONTROL 0x40002008u
#define TIMER_FREE_BY_256 0x8Au
#define TICKS_PER_32_MS 3125u
#define TICKS_PER_BYTE 19531u /* 200 ms: an emulator on a busy host stands still for long */

#define WATCHDOG_LOAD 0x40008000u
#define WATCHDOG_CONTROL 0x40008008u
#define WATCHDOG_CLEAR 0x4000800Cu
#define WATCHDOG_LOCK 0x40008C00u
#define WATCHDOG_UNLOCK 0x1ACCE551u
#define WATCHDOG_INTERRUPT_AND_RESET 3u

#define AIRCR 0xE000ED0Cu
#define AIRCR_RESET 0x05FA0004u

static uint32_t last_tick;
static uint64_t ticks;

static void uart_init(uint32_t uart)
{
	REG(uart + UART_BAUDDIV) = CLOCK_HZ / BAUD;
	REG(uart + UART_CTRL) = 3u; /* transmit and receive */
}

void mps2_console_init(void)
{
	uart_init(MPS2_UART_CONSOLE);
}

void mps2_device_init(void)
{
	uart_init(MPS2_UART_LINK);
	mps2_console_init();
	REG(TIMER_LOAD) = UINT32_MAX;
	REG(TIMER_CONTROL) = TIMER_FREE_BY_256;
	last_tick = mps2_ticks();
	ticks = 0;
}

bool mps2_uart_put(uint32_t uart, uint8_t byte)
{
	if (REG(uart + UART_STATE) & UART_TX_FULL)
		return false;
	REG(uart + UART_DATA) = byte;
	return true;
}

bool mps2_uart_get(uint32_t uart, uint8_t *ret)
{
	if (!(REG(uart + UART_STATE) & UART_RX_FULL))
		return false;
	*ret = (uint8_t)REG(uart + UART_DATA);
	return true;
}

/* The console is the application's too, which may have switched it off: text is lost
 * then rather than waited for. */
static bool say_byte(uint8_t byte)
{
	uint32_t since = mps2_ticks();

	while (!mps2_uart_put(MPS2_UART_CONSOLE, byte)) {
		if (mps2_ticks() - since > TICKS_PER_BYTE)
			return false;
	}
	return true;
}

void mps2_say_bytes(const uint8_t *text, size_t len)
{
	size_t i = 0;

	while (i < len && say_byte(text[i]))
		i++;
}

void mps2_say(const char *text)
{
	size_t len = 0;

	while (text[len])
		len++;
	mps2_say_bytes((const uint8_t *)text, len);
}

void mps2_say_hex(uint32_t value)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t text[8];
	int i;

	for (i = 7; i >= 0; i--) {
		text[i] = (uint8_t)digits[value & 15u];
		value >>= 4;
	}
	mps2_say_bytes(text, sizeof(text));
}

uint32_t mps2_ticks(void)
{
	return UINT32_MAX - REG(TIMER_VALUE);
}

uint64_t mps2_now_ms(void)
{
	uint32_t now = mps2_ticks();

	ticks += (uint32_t)(now - last_tick); /* once round is twelve hours */
	last_tick = now;
	return ticks * 32u / TICKS_PER_32_MS;
}

static void watchdog_write(uint32_t reg, uint32_t value)
{
	REG(WATCHDOG_LOCK) = WATCHDOG_UNLOCK;
	REG(reg) = value;
	REG(WATCHDOG_LOCK) = 0;
}

void mps2_watchdog_start(void)
{
	watchdog_write(WATCHDOG_LOAD, 2u * CLOCK_HZ);
	watchdog_write(WATCHDOG_CONTROL, WATCHDOG_INTERRUPT_AND_RESET);
}

void mps2_watchdog_feed(void)
{
	watchdog_write(WATCHDOG_CLEAR, 1u); /* begins again from the load value */
}

void mps2_wipe(void *secret, size_t len)
{
	volatile uint8_t *p = secret;

	while (len > 0)
		p[--len] = 0;
}

_Noreturn void mps2_reset(void)
{
	__asm volatile("dsb" ::: "memory");
	REG(AIRCR) = AIRCR_RESET;
	__asm volatile("dsb" ::: "memory");
	for (;;) {
	}
}
