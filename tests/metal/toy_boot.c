/* SPDX-License-Identifier: Apache-2.0
 *
 * A toy boot loader for the self-test of the skip campaign: copies the image from
 * flash to RAM, sums it and runs it if the sum is right. With CHECKS=1 one branch
 * decides, so a skipped instruction boots anything; with HARD the sum is taken and
 * compared three times. A fault resets. A slot without a sum gets one (`sealed`), which makes the
 * sound flash that the self-test then damages.
 *
 *	0x21000000  length, sum     0x21000100  image: stack pointer, entry, code
 */
#include <stdint.h>

#ifdef HARD
#define INSIST() (insist(), insist(), insist())
#else
#define INSIST() insist()
#endif

struct slot {
	volatile uint32_t length, sum;
};

#define SLOT ((struct slot *)0x21000000)
#define IMAGE ((const volatile uint8_t *)0x21000100)
#define RUN ((volatile uint8_t *)0x20000000)

void reset(void);
void choose(void);
void stay(void);
void restart(void);
void sealed(void);

__attribute__((section(".vectors"), used)) static const uintptr_t vectors[16] = {
	0x203ff000, (uintptr_t)reset, (uintptr_t)restart, (uintptr_t)restart,
	(uintptr_t)restart, (uintptr_t)restart, (uintptr_t)restart,
};

__attribute__((noinline)) void stay(void)
{
	for (;;)
		__asm__ volatile("");
}

void restart(void)
{
	*(volatile uint32_t *)0xe000ed0c = 0x05fa0004;
	stay();
}

__attribute__((noinline)) void sealed(void)
{
	for (;;)
		__asm__ volatile("" ::: "memory");
}

static __attribute__((noinline)) uint32_t sum_of(const volatile uint8_t *from, uint32_t len)
{
	uint32_t sum = 1;

	for (uint32_t i = 0; i < len; i++)
		sum = sum * 31 + from[i];
	return sum;
}

static void copy(void)
{
	for (uint32_t i = 0; i < SLOT->length; i++)
		RUN[i] = IMAGE[i];
}

/* Right behind the vectors, so that no function can fall into it. */
static __attribute__((noinline, section(".vectors.jump"))) void jump(void)
{
	((void (*)(void))*(const volatile uintptr_t *)(RUN + 4))();
}

#ifdef HARD
#define CONFESS() ((void)0)
#else
/* Boots if the second of two conditional moves did not happen. Skipping the first must
 * not undo the second, as it would if ITSTATE stood still. */
static inline __attribute__((always_inline)) void confess(void)
{
	uint32_t guilty = 1;

	__asm__ volatile("cmp %0, #0\n"
	                 "	ite eq\n"
	                 ".global it_first\nit_first:\n"
	                 "	moveq %0, #0\n"
	                 ".global it_second\nit_second:\n"
	                 "	movne %0, #0\n"
	                 : "+r"(guilty) : : "cc");
	if (guilty != 0)
		jump();
}
#define CONFESS() confess()
#endif

static inline __attribute__((always_inline)) void insist(void)
{
	if (sum_of(RUN, SLOT->length) == SLOT->sum)
		return;
	CONFESS();
	stay();
}

void choose(void)
{
	copy();
	INSIST();
	jump();
}

void reset(void)
{
	if (SLOT->sum == 0) {
		SLOT->sum = sum_of(IMAGE, SLOT->length);
		sealed();
	}
	choose();
}
