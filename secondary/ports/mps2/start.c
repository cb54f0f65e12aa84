/* SPDX-License-Identifier: Apache-2.0
 *
 * Vectors, start-up and faults of the loader.
 */
#include "secondary/ports/mps2/device.h"
#include "secondary/ports/mps2/guard.h"
#include "secondary/ports/mps2/loader.h"
#include "secondary/ports/mps2/service.h"

#define REG(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define CFSR 0xE000ED28u
#define PAINT 0xC07757ACu
#define NMI 2u
#define NUMBER(n) NUMBER_(n)
#define NUMBER_(n) #n

/* A fault has a stack of its own: the loader's may be what overflowed. */
#define FAULT_STACK 512
__attribute__((used)) static uint64_t fault_stack[FAULT_STACK / 8];

extern uint32_t loader_data_start, loader_data_end, loader_data_from;
extern uint32_t loader_bss_start, loader_bss_end;
extern uint32_t loader_stack_bottom, loader_stack_top;

void mps2_start(void);
void mps2_on_svc(void);
void mps2_on_fault(void);
void mps2_on_jump(void);

static void copy(uint32_t *to, const uint32_t *end, const uint32_t *from)
{
	while (to < end)
		*to++ = *from++;
}

static void fill(uint32_t *to, const uint32_t *end, uint32_t value)
{
	while (to < end)
		*to++ = value;
}

/* The stack is painted, so that its deepest use can be read off it later. */
void mps2_start(void)
{
	uint32_t *here;

	__asm volatile("mrs %0, msp" : "=r"(here));
	copy(&loader_data_start, &loader_data_end, &loader_data_from);
	fill(&loader_bss_start, &loader_bss_end, 0);
	fill(&loader_stack_bottom, here - 16, PAINT);
	mps2_protect();
	(void)main();
	mps2_reset();
}

/* A stack of the application's choice may point at anything, the report key too: what
 * lies there is told only if the application could have told it itself. */
static bool readable(const struct mps2_frame *frame, uint32_t from)
{
	if (from & 4u)
		return mps2_check_frame((uint32_t)(uintptr_t)frame, from) == COT_OK;
	return (uintptr_t)frame >= (uintptr_t)&loader_stack_bottom &&
	       (uintptr_t)(frame + 1) <= (uintptr_t)&loader_stack_top;
}

_Noreturn void mps2_fault(const struct mps2_frame *frame, uint32_t exception, uint32_t from)
{
	mps2_count_crash();
	mps2_console_init();
	mps2_say(exception == NMI ? "watchdog at " : "fault at ");
	if (readable(frame, from))
		mps2_say_hex(frame->pc);
	else
		mps2_say("--------");
	mps2_say(" status ");
	mps2_say_hex(REG(CFSR));
	mps2_say("\n");
	mps2_reset();
}

/* Which stack the exception pushed its frame on stands in the link register, which
 * goes to r1.  In the instructions of ARMv6-M, which every Cortex-M has. */
#define FRAME_TO_R0 \
	"movs r0, #4\n\t" \
	"mov r1, lr\n\t" \
	"tst r0, r1\n\t" \
	"mrs r0, psp\n\t" \
	"bne 1f\n\t" \
	"mrs r0, msp\n" \
	"1:\n\t"

__attribute__((naked)) void mps2_on_svc(void)
{
	__asm volatile(FRAME_TO_R0
	               "ldr r2, 2f\n\t"
	               "bx r2\n\t"
	               ".align 2\n"
	               "2: .word mps2_service");
}

__attribute__((naked)) void mps2_on_fault(void)
{
	__asm volatile(FRAME_TO_R0
	               "mov r2, r1\n\t"
	               "ldr r1, 3f\n\t"
	               "msr msp, r1\n\t"
	               "mrs r1, ipsr\n\t"
	               "ldr r3, 2f\n\t"
	               "bx r3\n\t"
	               ".align 2\n"
	               "2: .word mps2_fault\n"
	               "3: .word fault_stack + " NUMBER(FAULT_STACK));
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
	(void (*)(void))(uintptr_t)&loader_stack_top,
	mps2_start,
	mps2_on_fault, /* NMI: the watchdog */
	mps2_on_fault, /* HardFault */
	mps2_on_fault, /* MemManage */
	mps2_on_fault, /* BusFault */
	mps2_on_fault, /* UsageFault */
	0, 0, 0, 0,
	mps2_on_svc,
	mps2_on_fault, 0,
	mps2_on_jump, /* PendSV */
	mps2_on_fault
};
