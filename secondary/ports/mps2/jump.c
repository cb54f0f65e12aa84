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
#include "secondary/ports/mps2/service.h"

void mps2_on_jump(void);

#define REG(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define MPU_CTRL 0xE000ED94u
#define MPU_RNR 0xE000ED98u
#define MPU_RBAR 0xE000ED9Cu
#define MPU_RASR 0xE000EDA0u
#define MPU_ON_WITH_DEFAULT_MAP 5u
#define ICSR 0xE000ED04u
#define PEND_JUMP (1u << 28) /* PendSV */
#define THUMB 0x01000000u
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

static bool in_app_ram(uint32_t address)
{
	return address - MPS2_APP_RAM < MPS2_APP_RAM_LEN;
}

/* Privilege can only be given up together with leaving the loader's code, which
 * the application may not execute: by a return from an exception. */
__attribute__((naked)) void mps2_on_jump(void)
{
	__asm volatile("movs r0, #1\n\t" /* unprivileged from the return on */
	               "msr control, r0\n\t"
	               "ldr r0, 2f\n\t" /* nothing of the loader's thread is needed again */
	               "msr msp, r0\n\t"
	               "ldr r0, 3f\n\t" /* to thread mode, on the process stack */
	               "bx r0\n\t"
	               ".align 2\n"
	               "2: .word loader_stack_top\n"
	               "3: .word 0xFFFFFFFD");
}

_Noreturn void mps2_jump(uint32_t stack, uint32_t entry)
{
	volatile struct mps2_frame *frame;

	/* An image that was verified and is no image for this board: its trial fails. */
	if (!in_run(entry) || stack % 8u != 0 || !in_app_ram(stack - sizeof(*frame)))
		mps2_reset();
	frame = (volatile struct mps2_frame *)(uintptr_t)(stack - sizeof(*frame));
	frame->r0 = frame->r1 = frame->r2 = frame->r3 = frame->r12 = 0;
	frame->lr = UINT32_MAX;
	frame->pc = entry & ~1u;
	frame->xpsr = THUMB;
	protect();
	__asm volatile("msr psp, %0" : : "r"(frame) : "memory");
	REG(ICSR) = PEND_JUMP;
	__asm volatile("dsb\n\tisb" ::: "memory");
	for (;;) {
	}
}
