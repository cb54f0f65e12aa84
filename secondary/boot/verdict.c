/* SPDX-License-Identifier: Apache-2.0
 *
 * The two evaluations, and the gate: see verdict.h and boot.h.
 */
#include "secondary/boot/verdict.h"

#include "secondary/boot/image.h"

#include <string.h>

/* Keeps the second record off the stack while the second hash is made. */
#define APART __attribute__((noinline))

/* 0 of 0, else 1: no branch to skip. */
static uint32_t any(uint32_t bits)
{
	return (bits | (0u - bits)) >> 31;
}

/* 0 if all bytes are alike.  Volatile: each byte is looked at, whatever the one
 * before it said. */
static uint32_t unlike(const volatile uint8_t *a, const volatile uint8_t *b, uint32_t len)
{
	uint32_t i, bits = 0;

	for (i = 0; i < len; i++)
		bits |= (uint32_t)a[i] ^ b[i];
	return bits;
}

/* What speaks against booting it; 0: nothing does. */
static APART uint32_t doubts(const struct cot_sec_component *c, const struct cot_boot *boot,
                             const uint8_t hash[COT_SHA256_LEN])
{
	const struct cot_sec_slot *s = &c->slot[boot->slot % COT_SEC_SLOTS];
	uint32_t trial = ((uint32_t)s->state ^ COT_SEC_SLOT_TRIAL) |
	                 (c->attempts - 1u >= COT_SEC_TRIALS) |
	                 unlike(c->trial, boot->handed.trial, COT_SEC_TRIAL_LEN);
	uint32_t confirmed = ((uint32_t)s->state ^ COT_SEC_SLOT_CONFIRMED) |
	                     ((uint32_t)c->active ^ boot->slot);

	return unlike(hash, s->sha256, COT_SHA256_LEN) | (s->counter < c->counter) |
	       (boot->slot >= COT_SEC_SLOTS) | (any(trial) & any(confirmed));
}

/* The same for the record as the state region gives it now. */
static APART uint32_t doubts_on_flash(struct cot_sec_store *store, uint8_t component,
                                      const struct cot_boot *boot,
                                      const uint8_t hash[COT_SHA256_LEN])
{
	struct cot_sec_state state;
	enum cot_err err;

	memset(&state, 0, sizeof(state));
	err = cot_sec_store_read(store, &state);
	return (uint32_t)err | doubts(&state.component[component], boot, hash);
}

uint32_t cot_verdict_first(const struct cot_sec_component *c, const struct cot_boot *boot)
{
	return COT_BOOT_ACCEPT(boot->slot) & (any(doubts(c, boot, boot->found)) - 1u);
}

uint32_t cot_verdict_again(struct cot_sec_store *store, const struct cot_port *port,
                           uint8_t component, const struct cot_boot *boot)
{
	uint8_t slot = boot->slot % COT_SEC_SLOTS, hash[COT_SHA256_LEN];
	uint32_t bits;

	memset(hash, 0, sizeof(hash));
	bits = (uint32_t)cot_image_hash(port, slot, store->state.component[component].slot[slot].len,
	                                hash);
	bits |= doubts_on_flash(store, component, boot, hash);
	return COT_BOOT_AGAIN(boot->slot) & (any(bits) - 1u);
}

/* The constants of acceptance do not stand here: the word comes out whole only of
 * two verdicts that were given, and a pair that is none makes it 0. */
uintptr_t cot_boot_accepted(const struct cot_boot *boot, uintptr_t masked)
{
	const volatile uint32_t *const accept = &boot->accept, *const again = &boot->again;
	uintptr_t word = masked ^ COT_BOOT_GATE ^ *accept ^ *again;
	uint32_t odd = *again ^ COT_BOOT_PARTNER(*accept);

	return word & ((uintptr_t)any(odd) - 1u);
}
