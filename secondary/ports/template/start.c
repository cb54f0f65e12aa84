/* SPDX-License-Identifier: Apache-2.0
 *
 * Cortex-M: vectors, C start-up, the jump and the reset, in instructions that ARMv6-M
 * has too.  Not compiled for a host; another core replaces this file and template.ld.
 */
#include "secondary/ports/template/loader.h"

#include "secondary/ports/template/layout.h"

#define REG(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define VTOR 0xE000ED08u /* optional on Cortex-M0+: without it map RAM to 0 as the part does */
#define AIRCR 0xE000ED0Cu
#define AIRCR_RESET 0x05FA0004u

extern uint32_t loader_data_start, loader_data_end, loader_data_from;
extern uint32_t loader_bss_start, loader_bss_end;
extern uint32_t loader_stack_top;

void tpl_start(void);
void tpl_fault(void);

/* What layout.h says, for the ASSERTs of template.ld. */
__attribute__((used)) static void tell_linker(void)
{
	__asm volatile(".global layout_loader, layout_store, layout_store_max\n\t"
	               ".global layout_run, layout_run_len\n\t"
	               ".set layout_loader, %c0\n\t"
	               ".set layout_store, %c1\n\t"
	               ".set layout_store_max, %c2\n\t"
	               ".set layout_run, %c3\n\t"
	               ".set layout_run_len, %c4"
	               : : "i"(TPL_LOADER), "i"(TPL_STORE), "i"(TPL_STORE_MAX), "i"(TPL_RUN),
	               "i"(TPL_RUN_LEN));
}

static void copy(uint32_t *to, const uint32_t *end, const uint32_t *from)
{
	while (to < end)
		*to++ = *from++;
}

static void zero(uint32_t *to, const uint32_t *end)
{
	while (to < end)
		*to++ = 0;
}

void tpl_start(void)
{
	copy(&loader_data_start, &loader_data_end, &loader_data_from);
	zero(&loader_bss_start, &loader_bss_end);
	tpl_loader();
}

_Noreturn void tpl_reset(void)
{
	__asm volatile("dsb" ::: "memory");
	REG(AIRCR) = AIRCR_RESET;
	__asm volatile("dsb" ::: "memory");
	for (;;) {
	}
}

/* The loader did what it may not, or was made to: begin again. */
void tpl_fault(void)
{
	tpl_reset();
}

static bool fits(uint32_t stack, uint32_t entry)
{
	return entry - TPL_RUN < TPL_RUN_LEN && entry % 2u == 1u && stack % 8u == 0 &&
	       stack - TPL_APP_RAM <= TPL_APP_RAM_LEN && stack != TPL_APP_RAM;
}

/* WRITE, to make app_trusted false: protect the loader's RAM, the store and the loader
 * itself, keep the vector table, and leave privilege (secondary/ports/mps2/jump.c); or
 * have the part lock them until the next reset. */
_Noreturn void tpl_jump(uint32_t stack, uint32_t entry)
{
	if (!fits(stack, entry))
		tpl_reset();
	REG(VTOR) = TPL_RUN;
	__asm volatile("dsb\n\tisb\n\tmsr msp, %0\n\tbx %1" : : "r"(stack), "r"(entry) : "memory");
	__builtin_unreachable();
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
	(void (*)(void))(uintptr_t)&loader_stack_top,
	tpl_start,
	tpl_fault, /* NMI */
	tpl_fault, /* HardFault */
	tpl_fault, /* MemManage, BusFault, UsageFault: not on ARMv6-M */
	tpl_fault,
	tpl_fault,
	0, 0, 0, 0,
	tpl_fault, /* SVCall */
	tpl_fault, 0,
	tpl_fault, /* PendSV */
	tpl_fault  /* SysTick */
};
