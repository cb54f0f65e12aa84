/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory protection, and the jump into an image.
 *
 * The application runs unprivileged: code and constants of the run region to
 * read and execute, its own RAM, the console; nothing else.  Loader, its RAM,
 * flash, link and system registers answer it with a fault.  Vector table and
 * protection unit stay the loader's.
 *
 * Source: ARMv7-M Architecture Reference Manual B3.5 (PMSAv7), B1.4.
 */
#include "secondary/ports/mps2/device.h"
#include "secondary/ports/mps2/layout.h"
#include "secondary/ports/mps2/loader.h"

#define REG(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define MPU_CTRL 0xE000ED94u
#define MPU_RNR 0xE000ED98u
#define MPU_RBAR 0xE000ED9Cu
#define MPU_RASR 0xE000EDA0u
#define MPU_ON_WITH_DEFAULT_MAP 5u
#define REGIONS 8u
#define SHCSR 0xE000ED24u
#define FAULTS_APART 0x00070000u /* memory, bus and usage faults have handlers of their own */

#define EXECUTE_NEVER (1u << 28)
#define READ_ONLY (2u << 24)  /* unprivileged; the loader may write */
#define READ_WRITE (3u << 24)
#define NORMAL (6u << 16)     /* inner shareable, write-through */
#define DEVICE (5u << 16)

struct area {
	uint32_t at, len, kind;
};

static const struct area areas[] = {
	{ MPS2_RUN, MPS2_RUN_LEN, READ_ONLY | NORMAL },
	{ MPS2_APP_RAM, MPS2_APP_RAM_LEN, READ_WRITE | NORMAL | EXECUTE_NEVER },
	{ MPS2_UART_CONSOLE, 4096u, READ_WRITE | DEVICE | EXECUTE_NEVER }
};

static uint32_t size_field(uint32_t len)
{
	uint32_t bits = 0;

	while ((2u << bits) < len)
		bits++;
	return bits << 1;
}

static void protect(void)
{
	uint32_t i;

	REG(MPU_CTRL) = 0;
	for (i = 0; i < REGIONS; i++) {
		REG(MPU_RNR) = i;
		REG(MPU_RASR) = 0;
		if (i >= sizeof(areas) / sizeof(areas[0]))
			continue;
		REG(MPU_RBAR) = areas[i].at;
		REG(MPU_RASR) = areas[i].kind | size_field(areas[i].len) | 1u;
	}
	REG(SHCSR) |= FAULTS_APART;
	REG(MPU_CTRL) = MPU_ON_WITH_DEFAULT_MAP;
	__asm volatile("dsb\n\tisb" ::: "memory");
}

static bool in_run(uint32_t address)
{
	return address - MPS2_RUN < MPS2_RUN_LEN;
}

_Noreturn void mps2_jump(uint32_t stack, uint32_t entry)
{
	extern uint32_t loader_stack_top;

	/* An image that was verified and is no image for this board: its trial fails. */
	if (!in_run(entry) || stack - MPS2_APP_RAM > MPS2_APP_RAM_LEN || stack % 8u != 0)
		mps2_reset();
	protect();
	__asm volatile("msr psp, %0\n\t"
	               "msr msp, %2\n\t"
	               "msr control, %3\n\t"
	               "isb\n\t"
	               "bx %1"
	               :
	               : "r"(stack), "r"(entry | 1u), "r"(&loader_stack_top), "r"(3u)
	               : "memory");
	__builtin_unreachable();
}
