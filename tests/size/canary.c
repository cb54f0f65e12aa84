/* SPDX-License-Identifier: Apache-2.0
 *
 * The deliberate fault of `CANARY=1 make size`: a part that nobody asked for, with a
 * table of 4 KiB, and a call of a function that no row of calls.tsv knows.
 */
#include <stdint.h>

extern const uint32_t canary_table[1024];
const uint32_t canary_table[1024] = { 1 };

uint32_t canary(uint32_t (*volatile *next)(uint32_t), uint32_t i);
uint32_t canary(uint32_t (*volatile *next)(uint32_t), uint32_t i)
{
	return (*next)(canary_table[i % 1024u]) + 1u;
}
