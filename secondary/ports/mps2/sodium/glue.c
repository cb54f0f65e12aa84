/* SPDX-License-Identifier: Apache-2.0
 *
 * What libsodium's Ed25519, SHA-2 and HMAC call in the parts of libsodium that
 * bare metal cannot have (memory locking, random numbers, stdio).
 *
 * To build with SODIUM=DIR/libsodium/src/libsodium, DIR being what sodium.sh
 * was called with:
 *
 *   sources       each line of files.txt that is no comment, below $SODIUM,
 *                 compiled with -w, and this file with the project's warnings
 *   includes      -I$SODIUM/include -I$SODIUM/include/sodium
 *                 (the first is enough for <sodium.h>; the second is for the
 *                 library's own sources)
 *   definitions   -DCONFIGURED=1 -DSODIUM_STATIC=1 -DNATIVE_LITTLE_ENDIAN=1
 *                 -DNDEBUG
 *   flags         -mcpu=cortex-m3 (or cortex-m0plus) -mthumb -Os -std=gnu11
 *                 -ffreestanding -ffunction-sections -fdata-sections
 *   link          -Wl,--gc-sections; of libc only memcpy, memmove, memset
 *                 remain undefined, of libgcc integer helpers
 *
 * The library needs no sodium_init here: this subset has no choice of
 * implementation and no global state.
 */
#include <sodium.h>

/* The library calls this on an argument that no correct caller passes.  The
 * undefined instruction ends in the port's fault handler. */
void sodium_misuse(void)
{
	__builtin_trap();
}

/* Volatile, so that wiping memory that is not read again is not removed. */
void sodium_memzero(void *const pnt, const size_t len)
{
	volatile unsigned char *p = pnt;
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = 0;
}

/* 0 if equal, else -1; the time does not depend on where they differ. */
int sodium_memcmp(const void *const b1_, const void *const b2_, size_t len)
{
	const volatile unsigned char *a = b1_, *b = b2_;
	unsigned differ = 0;
	size_t i;

	for (i = 0; i < len; i++)
		differ |= (unsigned)(a[i] ^ b[i]);
	return (int)(1u & ((differ - 1u) >> 8)) - 1;
}

/* 1 if all bytes are zero, in constant time. */
int sodium_is_zero(const unsigned char *n, const size_t nlen)
{
	volatile unsigned char any = 0;
	size_t i;

	for (i = 0; i < nlen; i++)
		any |= n[i];
	return (int)(1u & ((any - 1u) >> 8));
}

/* a += b, little-endian; the last carry is lost. */
void sodium_add(unsigned char *a, const unsigned char *b, const size_t len)
{
	unsigned carry = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		carry += (unsigned)a[i] + b[i];
		a[i] = (unsigned char)carry;
		carry >>= 8;
	}
}

/* Nothing that is linked draws random numbers: keys are provisioned, and
 * Ed25519 signs without them.  A number that is not random must not come back. */
void randombytes_buf(void *const buf, const size_t size)
{
	(void)buf;
	(void)size;
	__builtin_trap();
}
