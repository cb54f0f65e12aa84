/* SPDX-License-Identifier: Apache-2.0
 *
 * Crashes in a row: see crash.h.
 */
#include "secondary/ports/mps2/crash.h"

#define MAGIC 0x6B1DC500u

static uint32_t counted(const struct mps2_crashes *c)
{
	uint32_t n = c->word ^ MAGIC;

	return c->check == ~c->word && n <= MPS2_CRASHES ? n : 0;
}

void mps2_crash_count(struct mps2_crashes *c, uint32_t ran)
{
	uint32_t n = counted(c);

	if (n < MPS2_CRASHES)
		n++;
	c->word = MAGIC ^ (ran < MPS2_CRASH_ROW ? n : 0);
	c->check = ~c->word;
}

bool mps2_crash_loop(struct mps2_crashes *c)
{
	bool yes = counted(c) == MPS2_CRASHES;

	if (yes)
		mps2_crash_forget(c);
	return yes;
}

void mps2_crash_forget(struct mps2_crashes *c)
{
	c->word = c->check = 0;
}
