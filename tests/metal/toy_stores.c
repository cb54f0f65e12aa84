/* SPDX-License-Identifier: Apache-2.0
 *
 * Firmware for the plugin's self-test: every kind of store to flash, each at the place
 * where the one before ended, so that byte i of the flash is i % 251 + 1 and what K
 * stores leave is a prefix of that, zero after it.
 *
 *	store   1  2  3  4  5..6   7..10  11  12          13          14  15..18  19  20..119
 *	what    B  B  H  W  STRD   STM    B   W unaligned H unaligned B   PUSH    STREX W each
 *	length  1  2  4  8  12 16  20..32 33  37          39          40  44..56  60  64..460
 *
 * Between them it writes to RAM, which must not be counted. Then `counted` runs three
 * times: 13 instructions, 12 of them in `counted` itself and 1 in `counted_leaf`.
 */
#include <stdint.h>

void reset(void);
void stores_kinds(void);
void counted(void);
void counted_end(void);
void done(void);

__attribute__((section(".vectors"), used)) static const uintptr_t vectors[16] = {
	0x20010000, (uintptr_t)reset, (uintptr_t)done, (uintptr_t)done,
};

__asm__(".syntax unified\n.thumb\n.text\n"
        ".macro bytes reg, first\n"
        "	ldr \\reg, =(0x03020100 + 0x01010101 * (\\first))\n"
        ".endm\n"
        ".thumb_func\n.global stores_kinds\n"
        "stores_kinds:\n"
        "	push {r4-r11, lr}\n"
        "	mov r12, sp\n"
        "	ldr r7, =0x21000000\n"
        "	movs r0, #1\n	strb r0, [r7]\n"
        "	movs r0, #2\n	strb r0, [r7, #1]\n"
        "	ldr r0, =0x0403\n	strh r0, [r7, #2]\n"
        "	bytes r0, 5\n	str r0, [r7, #4]\n"
        "	push {r0}\n	pop {r0}\n"
        "	bytes r0, 9\n	bytes r1, 13\n	strd r0, r1, [r7, #8]\n"
        "	bytes r0, 17\n	bytes r1, 21\n	bytes r2, 25\n	bytes r3, 29\n"
        "	add r6, r7, #16\n	stmia r6!, {r0-r3}\n"
        "	movs r0, #33\n	strb r0, [r7, #32]\n"
        "	bytes r0, 34\n	str r0, [r7, #33]\n"
        "	ldr r0, =0x2726\n	strh r0, [r7, #37]\n"
        "	movs r0, #40\n	strb r0, [r7, #39]\n"
        "	bytes r0, 41\n	bytes r1, 45\n	bytes r2, 49\n	bytes r3, 53\n"
        "	add r4, r7, #56\n	mov sp, r4\n	push {r0-r3}\n	mov sp, r12\n"
        "	bytes r0, 57\n	add r4, r7, #56\n	ldrex r1, [r4]\n	strex r1, r0, [r4]\n"
        "	pop {r4-r11, pc}\n"
        "	.ltorg\n"
        ".thumb_func\n.global counted\n.type counted, %function\n"
        "counted:\n"
        "	movs r0, #5\n"
        "1:	subs r0, #1\n"
        "	bne 1b\n"
        "	b counted_leaf\n"
        ".size counted, . - counted\n"
        ".thumb_func\n.global counted_leaf\n.type counted_leaf, %function\n"
        "counted_leaf:\n"
        "	nop.w\n"
        ".size counted_leaf, . - counted_leaf\n"
        ".thumb_func\n.global counted_end\n.type counted_end, %function\n"
        "counted_end:\n"
        "	bx lr\n"
        ".size counted_end, . - counted_end\n");

__attribute__((noinline)) void done(void)
{
	for (;;)
		__asm__ volatile("");
}

void reset(void)
{
	volatile uint32_t *flash = (volatile uint32_t *)0x21000000;
	volatile uint32_t *ram = (volatile uint32_t *)0x20001000;

	stores_kinds();
	for (uint32_t i = 60; i < 460; i += 4) {
		uint32_t w = 0;

		for (uint32_t b = 0; b < 4; b++)
			w |= ((i + b) % 251 + 1) << 8 * b;
		flash[i / 4] = w;
		*ram = w;
	}
	for (int i = 0; i < 3; i++)
		counted();
	done();
}
