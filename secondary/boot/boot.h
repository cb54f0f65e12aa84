/* SPDX-License-Identifier: Apache-2.0
 *
 * Which image boots.
 *
 *	cot_boot_settle    what the last boot left: a confirm record, a failed trial
 *	cot_boot_choose    the image to run now, its hash checked; a trial is
 *	                   recorded before the jump
 *	cot_boot_accepted  right before the jump: the word that the jump needs
 *
 * An image boots only if its hash equals its slot's record and its release
 * counter is not below the stored one; that holds for the fallback too.  Where
 * the port names a run memory (boot method copy) the image is copied there and
 * the copy is hashed; on an image that is refused the memory is wiped.  In order:
 * the slot on trial or activated, the slot confirmed last, the other slot if it
 * was confirmed once.  When none boots the loader stays and is the recovery mode.
 * Three boots without a confirm record end a trial.
 *
 * A candidate that cannot be read, or hashes to something else, is read and hashed a
 * second time before it is refused, because that is recorded: what was activated is
 * given up, a fallback takes the place of what was confirmed.
 *
 * Skipped instructions
 *
 * The attacker: once between reset and the jump, at a place and time of his
 * choice, a glitch keeps the processor from executing one instruction, or a few
 * that follow each other.  An image that is bad (its hash is not its record's, its
 * counter is below the floor, its slot is neither confirmed nor on trial) does not
 * run then: the word that the port jumps by is masked, and comes out whole only of
 * two verdicts, each given by an evaluation of its own (boot/verdict.h).  A branch
 * that was missed, a call that was left out, a compare that said nothing end in 0
 * or in a word that is no address.  So a port
 *
 *	- has a struct cot_boot that is all zero before cot_sec_boot: zero refuses;
 *	- never holds the address, entry or bank of an image in the clear, but masked
 *	  (COT_BOOT_MASKED of a constant, or of a linker symbol), and jumps by what
 *	  cot_boot_accepted returns, called right before the jump and nowhere else:
 *
 *		image = (const uint32_t *)cot_boot_accepted(&boot,
 *		                COT_BOOT_MASKED(RUN_ADDRESS, boot.slot));
 *		jump(image[0], image[1]);
 *
 *	- reads stack pointer and entry through that word, and resets on a fault.
 *
 * With 0 that jump reads the vector table at 0, which is the loader's own, or
 * faults; both begin again.
 *
 * What it costs: a boot hashes the image twice and reads the state record once
 * more.  What it does not cover: two faults in one boot; a fault that changes
 * data or the program itself; a memory that is written between the second hash
 * and the jump, so images that run in their slot need flash that does not change
 * its mind; a verified image that a skip gives one boot more than its three: that
 * is a signed image still.
 *
 * Source: Uptane 5.4.2 and 5.4.3.3; the counter rises at confirm.
 */
#ifndef COTTER_SECONDARY_BOOT_BOOT_H
#define COTTER_SECONDARY_BOOT_BOOT_H

#include "secondary/confirm.h"
#include "secondary/port.h"
#include "secondary/state.h"

/* The verdicts over a slot, each of its slot alone; any other value refuses.  The
 * two of a slot belong together, and no two of them, nor 0, are nearer than 14 bits. */
#define COT_BOOT_ACCEPT(slot) (0x1E79191Bu ^ 0xB70CF129u * (uint32_t)(slot))
#define COT_BOOT_AGAIN(slot) COT_BOOT_PARTNER(COT_BOOT_ACCEPT(slot))
#define COT_BOOT_PARTNER(accept) (~((accept) << 11 | (accept) >> 21))
#define COT_BOOT_GATE 0xDF6CFED9u

/* A word as cot_boot_accepted takes it. */
#define COT_BOOT_MASKED(word, slot) \
	((uintptr_t)(word) ^ COT_BOOT_GATE ^ COT_BOOT_ACCEPT(slot) ^ COT_BOOT_AGAIN(slot))

struct cot_boot {
	uint32_t accept;  /* COT_BOOT_ACCEPT(slot) or 0: for cot_boot_accepted alone */
	uint32_t again;   /* COT_BOOT_AGAIN(slot) or 0 */
	bool image;       /* false: stay in the loader */
	bool trial;
	uint8_t slot;     /* COT_SEC_SLOTS: none */
	uint8_t found[COT_SHA256_LEN]; /* what the image hashed to where it runs */
	struct cot_confirm handed; /* given to an image on trial */
	enum cot_err why; /* what the first refused candidate was refused for */
};

/* Consumes a fitting confirm record (the slot becomes CONFIRMED, the counter
 * rises), ends a trial that failed three times.  Idempotent; may also be
 * called while the image runs, by the service that tells its status.
 * COT_E_FLASH, COT_E_STORE (memory and state region disagree), COT_E_NOT_FOUND (the
 * confirm record read differently twice): nothing was changed. */
COT_MUST_CHECK enum cot_err cot_boot_settle(struct cot_sec_store *store,
                                            const struct cot_port *port, uint8_t component);

/* The same at reset: a trial that was started and not confirmed has failed if
 * it used its last attempt. */
COT_MUST_CHECK enum cot_err cot_boot_settle_at_reset(struct cot_sec_store *store,
                                                     const struct cot_port *port,
                                                     uint8_t component);

/* ret is always filled in; on an error it says to stay in the loader.  Call
 * cot_boot_settle_at_reset first.  The run memory holds the image that was chosen,
 * or nothing.  A candidate is refused for COT_E_ROLLBACK, COT_E_HASH_MISMATCH,
 * COT_E_RECORD (longer than its slot), COT_E_SLOT_SIZE (than the run memory),
 * COT_E_FLASH, COT_E_REVERTED. */
COT_MUST_CHECK enum cot_err cot_boot_choose(struct cot_sec_store *store,
                                            const struct cot_port *port, uint8_t component,
                                            struct cot_boot *ret);

/* The word that was masked with COT_BOOT_MASKED for boot->slot, if that image was
 * accepted twice; 0 otherwise. */
uintptr_t cot_boot_accepted(const struct cot_boot *boot, uintptr_t masked);

/* Whether cot_boot_choose would find something to try, without hashing. */
bool cot_boot_possible(const struct cot_sec_component *c);

#endif
