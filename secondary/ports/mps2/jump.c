/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory protection, and the jump into an image.
 *
 * The application runs unprivileged: code and constants of the run region to
 * read and execute, its own RAM, the console; nothing else.  Loader, its RAM,
 * flash, link and system registers answer it with a fault.  Vector table and
 * protection unit stay the loader's.
 *
 * The loader itself, from its start: its code cannot be written, its RAM and flash
 * not be executed, and below its stack there is nothing to run into.
 *
 * Source: ARMv7-M Architecture Reference Manual B3.5 (PMSAv7), B1.4.
 */
#include "secondary/ports/mps2/device.h"
#include "secondary/ports/mps2/guard.h"
#include "secondary/ports/mps2/layout.h"
#include "secondary/ports/mps2/loader.h"

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
#define SHCSR 0xE000ED24u
#define FAULTS_APART 0x00070000u /* memory, bus and usage faults have handlers of their own */

#define EXECUTE_NEVER (1u << 28)
#define NOBODY 0u
#define LOADER_WRITES (1u << 24) /* and reads; the application does neither */
#define LOADER_READS (5u << 24)
#define ALL_WRITE (3u << 24)
#define ALL_READ (6u << 24)      /* the loader does not write either */
#define NORMAL (6u << 16)        /* inner shareable, write-through */
#define DEVICE (5u << 16)

struct area {
	uint32_t at, len, kind;
};

/* Regions of the protection unit by number, of which there are eight: */
static const struct area loader_areas[] = {
	{ MPS2_GAP, MPS2_GAP_LEN, NOBODY | NORMAL | EXECUTE_NEVER },
	{ MPS2_LOADER, MPS2_LOADER_LEN, LOADER_READS | NORMAL },
	{ MPS2_LOADER_RAM, MPS2_LOADER_RAM_LEN, LOADER_WRITES | NORMAL | EXECUTE_NEVER },
	{ MPS2_FLASH, MPS2_FLASH_LEN, LOADER_WRITES | NORMAL | EXECUTE_NEVER },
	/* The last: the image may be run once it is accepted, by the application. */
	{ MPS2_RUN, MPS2_RUN_LEN, LOADER_WRITES | NORMAL | EXECUTE_NEVER }
};
static const struct area app_areas[] = {
	{ MPS2_RUN, MPS2_RUN_LEN, ALL_READ | NORMAL },
	{ MPS2_APP_RAM, MPS2_APP_RAM_LEN, ALL_WRITE | NORMAL | EXECUTE_NEVER },
	{ MPS2_UART_CONSOLE, 4096u, ALL_WRITE | DEVICE | EXECUTE_NEVER }
};
#define LOADER_AREAS ((uint32_t)(sizeof(loader_areas) / sizeof(loader_areas[0])))
#define APP_AREAS ((uint32_t)(sizeof(app_areas) / sizeof(app_areas[0])))

static uint32_t size_field(uint32_t len)
{
	uint32_t bits = 0;

	while ((2u << bits) < len)
		bits++;
	return bits << 1;
}

static void set_areas(uint32_t first, const struct area *areas, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		REG(MPU_RNR) = first + i;
		REG(MPU_RASR) = 0;
		REG(MPU_RBAR) = areas[i].at;
		REG(MPU_RASR) = areas[i].kind | size_field(areas[i].len) | 1u;
	}
	REG(MPU_CTRL) = MPU_ON_WITH_DEFAULT_MAP;
	__asm volatile("dsb\n\tisb" ::: "memory");
}

void mps2_protect(void)
{
	REG(SHCSR) |= FAULTS_APART;
	set_areas(0, loader_areas, LOADER_AREAS);
}

/* Privilege can only be given up together with leaving the loader's code, which
 * the application may not execute: by a return from an exception. */
__attribute__((naked)) void mps2_on_jump(void)
{
	__asm volatile("movs r0, #1\n\t" /* unprivileged from the return on */
	               "msr control, r0\n\t"
	               "ldr r0, 2f\n\t" /* nothing of the loader's thread is needed again */
	               "msr msp, r0\n\t"
	               "movs r4, #0\n\t" /* nor does the application get to see any */
	               "movs r5, #0\n\t"
	               "movs r6, #0\n\t"
	               "movs r7, #0\n\t"
	               "mov r8, r4\n\t"
	               "mov r9, r4\n\t"
	               "mov r10, r4\n\t"
	               "mov r11, r4\n\t"
	               "ldr r0, 3f\n\t" /* to thread mode, on the process stack */
	               "bx r0\n\t"
	               ".align 2\n"
	               "2: .word loader_stack_top\n"
	               "3: .word 0xFFFFFFFD");
}

_Noreturn void mps2_jump(uint32_t stack, uint32_t entry)
{
	volatile struct mps2_frame *frame;

	if (mps2_check_image(stack, entry) != COT_OK)
		mps2_cannot_run();
	frame = (volatile struct mps2_frame *)(uintptr_t)(stack - sizeof(*frame));
	frame->r0 = frame->r1 = frame->r2 = frame->r3 = frame->r12 = 0;
	frame->lr = UINT32_MAX;
	frame->pc = entry & ~1u;
	frame->xpsr = THUMB;
	set_areas(LOADER_AREAS - 1u, app_areas, APP_AREAS);
	__asm volatile("msr psp, %0" : : "r"(frame) : "memory");
	REG(ICSR) = PEND_JUMP;
	__asm volatile("dsb\n\tisb" ::: "memory");
	for (;;) {
	}
}
