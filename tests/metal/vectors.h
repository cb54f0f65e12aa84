/* SPDX-License-Identifier: Apache-2.0
 *
 * The two files between the host's half of `make vectors` (vectors_host.c) and the
 * firmware's (vectors_fw.c).  All numbers are little-endian.
 *
 * cases.bin, per case:
 *   0  kind: VECTOR_VERIFY or VECTOR_SIGN
 *   1  scheme (enum cot_scheme)
 *   2  length of the key, 2 bytes; to sign: secret, then public half if there is one
 *   4  length of the signature, 2 bytes; 0 to sign
 *   6  1: write the stack to stack.bin afterwards, else 0; 2 bytes
 *   8  length of the message, 4 bytes
 *   12 key, signature, message
 *
 * answers.bin, per case, VECTOR_ANSWER bytes:
 *   0  verify: what key_check returned; sign: what cot_report_sign returned
 *   2  verify: what verify returned; sign: length of the signature
 *   4  ticks of the processor's clock that it took
 *   8  deepest stack in bytes
 *   12 zero, 4 bytes
 *   16 the signature, filled up with zeros to 64 bytes
 *
 * stack.bin, per case that asked for it: the whole stack, VECTOR_STACK bytes.
 */
#ifndef COTTER_TESTS_METAL_VECTORS_H
#define COTTER_TESTS_METAL_VECTORS_H

#define VECTOR_VERIFY 1u
#define VECTOR_SIGN 2u
#define VECTOR_HEAD 12u
#define VECTOR_ANSWER 80u
#define VECTOR_SIG_AT 16u
#define VECTOR_MAX 16384u /* key, signature and message together */
#define VECTOR_STACK 16384u
/* One tick of the 25 MHz clock is 40 ns, and QEMU's -icount shift=0 makes an
 * instruction 1 ns. */
#define VECTOR_TICK 40u

#endif
