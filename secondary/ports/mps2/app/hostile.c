/* SPDX-License-Identifier: Apache-2.0
 *
 * A firmware that attacks the loader it lives beside.  One binary serves every test:
 * what it does stands in its configuration block (hostile.h).
 *
 * On the console:
 *
 *	app: hostile
 *	app: attack NNNNNNNN          each step, by number, before it is done
 *	app: got through VVVVVVVV     it came back from a thing that is forbidden; what it read
 *	app: answer VVVVVVVV          what a call, or the processor, answered
 *	app: done                     no step is left; from here on it behaves
 */
#include "secondary/ports/mps2/app/hostile.h"

#include "secondary/ports/mps2/app/services.h"

#include <string.h>

#define PROGRESS_MAGIC 0x5EEDF00Du
#define CONSOLE_DATA (*(volatile uint32_t *)0x40005000u)
#define CONSOLE_CTRL (*(volatile uint32_t *)0x40005008u)

__attribute__((section(".config"), used)) static volatile const struct hostile_config config = {
	.magic = HOSTILE_MAGIC
};

/* Outlives a reset, not the loss of power. */
static struct {
	uint32_t magic, next, check;
} progress __attribute__((section(".noinit")));

static bool may_program(void *ctx)
{
	(void)ctx;
	return config.refuse == 0;
}

static const struct cot_hook hook = { &mps2_services, may_program, NULL };

/* ---- memory --------------------------------------------------------------------------- */

static volatile uint8_t *bytes(uint32_t at)
{
	return (volatile uint8_t *)(uintptr_t)at;
}

static volatile uint32_t *words(uint32_t at)
{
	return (volatile uint32_t *)(uintptr_t)at;
}

static uint32_t load_pair(uint32_t at)
{
	uint32_t first, second;

	__asm volatile("ldrd %0, %1, [%2]" : "=&r"(first), "=&r"(second) : "r"(at) : "memory");
	return first ^ second;
}

static uint32_t store_exclusive(uint32_t at, uint32_t value)
{
	uint32_t old, failed;

	__asm volatile("ldrex %0, [%2]\n\t"
	               "strex %1, %3, [%2]"
	               : "=&r"(old), "=&r"(failed)
	               : "r"(at), "r"(value)
	               : "memory");
	return failed;
}

static uint32_t branch(uint32_t at)
{
	__asm volatile("blx %0" : : "r"(at) : "r0", "r1", "r2", "r3", "ip", "lr", "memory", "cc");
	return 0;
}

/* The byte there, doubled, is added to the program counter: an oracle if it is read. */
static uint32_t table(uint32_t at)
{
	__asm volatile("tbb [%0, %1]\n\tnop" : : "r"(at), "r"(0) : "memory");
	return 0;
}

/* ---- calls ---------------------------------------------------------------------------- */

static uint32_t call_on(const volatile struct hostile_step *s, uint32_t stack)
{
	register uint32_t r0 __asm("r0") = s->a;
	register uint32_t r1 __asm("r1") = s->b;
	register uint32_t r2 __asm("r2") = s->c;
	register uint32_t r3 __asm("r3") = s->d;
	register uint32_t r5 __asm("r5") = stack;

	__asm volatile("mov r4, sp\n\t"
	               "cbz r5, 1f\n\t"
	               "mov sp, r5\n"
	               "1:\n\t"
	               "svc #0\n\t"
	               "mov sp, r4"
	               : "+r"(r0), "+r"(r1)
	               : "r"(r2), "r"(r3), "r"(r5)
	               : "r4", "memory", "cc");
	return r0;
}

/* ---- the processor -------------------------------------------------------------------- */

static void fault_on(uint32_t stack)
{
	__asm volatile("mov sp, %0\n\tudf #0" : : "r"(stack) : "memory");
}

static void hang_on(uint32_t stack)
{
	__asm volatile("mov sp, %0\n1: b 1b" : : "r"(stack) : "memory");
}

static void sleep_for_ever(void)
{
	for (;;)
		__asm volatile("wfi");
}

/* Asks for all of it, and says what the processor says: bit 0 is set while unprivileged. */
static uint32_t privilege(void)
{
	uint32_t control;

	__asm volatile("cpsid i\n\t"
	               "cpsid f\n\t"
	               "msr primask, %1\n\t"
	               "msr faultmask, %1\n\t"
	               "msr basepri, %2\n\t"
	               "msr msp, %2\n\t"
	               "msr psp, %2\n\t"
	               "msr control, %2\n\t"
	               "isb\n\t"
	               "mrs %0, control"
	               : "=r"(control)
	               : "r"(1), "r"(0)
	               : "memory");
	return control;
}

static void breakpoint(void)
{
	__asm volatile("bkpt #0xAB"); /* an emulator's or a debugger's call, if there is one */
}

static void coprocessor(void)
{
	uint32_t value;

	__asm volatile("mrc p14, 0, %0, c0, c0, 0" : "=r"(value));
}

static void unaligned(uint32_t at)
{
	__asm volatile("ldmia %0, {r2, r3}" : : "r"(at + 1) : "r2", "r3", "memory");
}

static void mute(void)
{
	CONSOLE_CTRL = 0;
	CONSOLE_DATA = '?';
	*words(0) = 0;
}

static void wait_ms(uint32_t ms)
{
	uint64_t until = mps2_services.now_ms() + ms;

	while (mps2_services.now_ms() < until)
		cot_hook_poll(&hook);
}

/* ---- one after the other -------------------------------------------------------------- */

static void tell(const char *what, uint32_t value)
{
	app_say(what);
	app_say_hex(value);
	app_say("\n");
}

static void on_memory(const volatile struct hostile_step *s)
{
	uint32_t got = 0;

	switch (s->attack) {
	case HOSTILE_LOAD8: got = *bytes(s->a); break;
	case HOSTILE_LOAD32: got = *words(s->a); break;
	case HOSTILE_LOAD_PAIR: got = load_pair(s->a); break;
	case HOSTILE_STORE8: *bytes(s->a) = (uint8_t)s->b; break;
	case HOSTILE_STORE32: *words(s->a) = s->b; break;
	case HOSTILE_STORE_EXCLUSIVE: got = store_exclusive(s->a, s->b); break;
	case HOSTILE_BRANCH: got = branch(s->a); break;
	case HOSTILE_TABLE: got = table(s->a); break;
	default: break;
	}
	tell("app: got through ", got);
}

static void on_processor(const volatile struct hostile_step *s)
{
	switch (s->attack) {
	case HOSTILE_FAULT_ON: fault_on(s->a); break;
	case HOSTILE_HANG_ON: hang_on(s->a); break;
	case HOSTILE_SLEEP: sleep_for_ever(); break;
	case HOSTILE_BREAKPOINT: breakpoint(); break;
	case HOSTILE_COPROCESSOR: coprocessor(); break;
	case HOSTILE_UNALIGNED: unaligned(s->a); break;
	case HOSTILE_MUTE: mute(); break;
	default: break;
	}
	tell("app: got through ", 0);
}

static void do_step(const volatile struct hostile_step *s)
{
	uint32_t i;

	switch (s->attack) {
	case HOSTILE_CALL: tell("app: answer ", call_on(s, 0)); break;
	case HOSTILE_CALL_ON: tell("app: answer ", call_on(s, s->e)); break;
	case HOSTILE_PRIVILEGE: tell("app: answer ", privilege()); break;
	case HOSTILE_WAIT: wait_ms(s->a); break;
	case HOSTILE_BLOB_TO:
		for (i = 0; i < HOSTILE_BLOB; i++)
			bytes(s->a)[i] = config.blob[i];
		break;
	default:
		if (s->attack < HOSTILE_CALL)
			on_memory(s);
		else
			on_processor(s);
		break;
	}
}

static void begin(void)
{
	if (progress.magic != PROGRESS_MAGIC || progress.check != ~progress.next || config.again) {
		progress.magic = PROGRESS_MAGIC;
		progress.next = 0;
		progress.check = ~0u;
	}
}

/* It is noted first: there may be no coming back. */
static uint32_t take_next(void)
{
	uint32_t n = progress.next++;

	progress.check = ~progress.next;
	return n;
}

int main(void)
{
	app_say("app: hostile\n");
	if (config.confirm == HOSTILE_FIRST && cot_hook_confirm(&hook) != COT_OK)
		app_say("app: cannot confirm\n");
	begin();
	while (progress.next < config.count && progress.next < HOSTILE_STEPS) {
		uint32_t n = take_next();

		cot_hook_poll(&hook);
		tell("app: attack ", n);
		do_step(&config.step[n]);
	}
	app_say("app: done\n");
	for (;;)
		cot_hook_poll(&hook);
}
