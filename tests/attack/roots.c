/* SPDX-License-Identifier: Apache-2.0
 *
 * P08 to P10: Root continues itself one version at a time, and what was refused
 * is never kept.
 */
#include "tests/sim/attack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define R1 SIM_DIRECTOR_ROOT
#define R2 (SIM_DIRECTOR_ROOT + 1)
#define R3 (SIM_DIRECTOR_ROOT + 2)

/* Two of three Director Root keys are replaced; `who` signs the new Root. */
static void replace_two_keys(struct attack_scene *s, const unsigned *who)
{
	sim_replace_key(s->w, SIM_DIRECTOR, COT_ROLE_ROOT, R2, SIM_SPARE);
	sim_replace_key(s->w, SIM_DIRECTOR, COT_ROLE_ROOT, R3, SIM_SPARE + 1);
	sim_signers(s->w, SIM_DIRECTOR, COT_ROLE_ROOT, who);
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_ROOT);
}

static const unsigned all_keys[] = { R1, R2, SIM_SPARE, SIM_SPARE + 1, 0 };

/* The owner signs once more, as it should have been. */
static void sign_root_with_all(struct attack_scene *s)
{
	sim_signers(s->w, SIM_DIRECTOR, COT_ROLE_ROOT, all_keys);
	sim_write(s->w, SIM_DIRECTOR, COT_ROLE_ROOT);
}

static void only_old_keys(struct attack_scene *s)
{
	replace_two_keys(s, (const unsigned[]){ R1, R2, R3, 0 });
}

static void one_new_key_short(struct attack_scene *s)
{
	replace_two_keys(s, (const unsigned[]){ R2, R3, SIM_SPARE, 0 });
}

static void only_new_keys(struct attack_scene *s)
{
	replace_two_keys(s, (const unsigned[]){ SIM_SPARE, SIM_SPARE + 1, 0 });
}

static void one_old_key_short(struct attack_scene *s)
{
	replace_two_keys(s, (const unsigned[]){ R1, SIM_SPARE, SIM_SPARE + 1, 0 });
}

static void nobody(struct attack_scene *s)
{
	replace_two_keys(s, (const unsigned[]){ 0 });
}

/* Threshold 3 of 3 is asked for by the new Root, two of them sign. */
static void raised_threshold_unmet(struct attack_scene *s)
{
	sim_threshold(s->w, SIM_DIRECTOR, COT_ROLE_ROOT, 3);
	sim_signers(s->w, SIM_DIRECTOR, COT_ROLE_ROOT, (const unsigned[]){ R1, R2, 0 });
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_ROOT);
}

/* ---- P09 -------------------------------------------------------------------------- */

static void serve_as_next(struct attack_scene *s, int version)
{
	char *body;

	sim_version(s->w, SIM_DIRECTOR, COT_ROLE_ROOT, version);
	body = sim_text(sim_signed(s->w, SIM_DIRECTOR, COT_ROLE_ROOT));
	/* The tree's version also names the file. */
	sim_version(s->w, SIM_DIRECTOR, COT_ROLE_ROOT, 2);
	attack_write_text(s->w, SIM_DIRECTOR, COT_ROLE_ROOT, body);
	free(body);
}

static void version_skipped(struct attack_scene *s)
{
	serve_as_next(s, 3);
}

static void highest_version(struct attack_scene *s)
{
	serve_as_next(s, COT_MAX_VERSION);
}

static void same_root_again(struct attack_scene *s)
{
	serve_as_next(s, 1);
}

static void same_version_other_bytes(struct attack_scene *s)
{
	sim_expires(s->w, SIM_DIRECTOR, COT_ROLE_ROOT, SIM_NOW + 1000000);
	serve_as_next(s, 1);
}

static void older_root(struct attack_scene *s)
{
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_ROOT);
	sim_publish(s->w, SIM_DIRECTOR, COT_ROLE_ROOT);
	attack_accepted(s);
	sim_put(s->w, SIM_DIRECTOR, "4.root.json",
	        cot_slice(sim_get(s->w, SIM_DIRECTOR, "2.root.json")->bytes,
	                  sim_get(s->w, SIM_DIRECTOR, "2.root.json")->len));
}

/* ---- P10 --------------------------------------------------------------------------- */

/* Somebody wrote a Root into the store that the old one never signed. */
static void forged_root_in_store(struct attack_scene *s)
{
	struct cot_doc *held = &s->c->held.doc[0][COT_ROLE_ROOT];
	struct sim_file *file;
	uint8_t *copy;

	replace_two_keys(s, (const unsigned[]){ SIM_SPARE, SIM_SPARE + 1, 0 });
	file = sim_get(s->w, SIM_DIRECTOR, "2.root.json");
	copy = malloc(file->len);
	assert_non_null(copy);
	memcpy(copy, file->bytes, file->len);
	free((void *)(uintptr_t)held->wire.ptr);
	held->wire = held->canon = cot_slice(copy, file->len);
	sim_remove(s->w, SIM_DIRECTOR, "2.root.json");
}

/* The same, and the version beside it was made to fit. */
static void forged_root_and_floor(struct attack_scene *s)
{
	forged_root_in_store(s);
	s->c->trust.repo[0].floor[COT_ROLE_ROOT].version = 2;
}

static void damaged_root_in_store(struct attack_scene *s)
{
	struct cot_doc *held = &s->c->held.doc[1][COT_ROLE_ROOT];

	*(uint8_t *)(uintptr_t)(held->wire.ptr + held->wire.len / 2) ^= 0x01;
}

/* A Root that is refused stays refused, cycle after cycle. */
static void refused_root_comes_again(struct attack_scene *s)
{
	uint8_t before[COT_SHA256_LEN], after[COT_SHA256_LEN];

	only_old_keys(s);
	sim_state(s->c, before);
	assert_int_equal(sim_run(s->c).err, COT_E_ROOT_SIG_NEW);
	assert_int_equal(sim_run(s->c).err, COT_E_ROOT_SIG_NEW);
	sim_state(s->c, after);
	assert_memory_equal(before, after, sizeof(before));
}

static const struct attack attacks[] = {
	ATTACK(P08_only_old_keys, ROOT_SIG_NEW,
	       "a new Root that only the old keys signed is refused",
	       only_old_keys, .heal = sign_root_with_all),
	ATTACK(P08_one_new_key_short, ROOT_SIG_NEW,
	       "a new Root short of one signature of its own is refused",
	       one_new_key_short, .heal = sign_root_with_all),
	ATTACK(P08_only_new_keys, ROOT_SIG_OLD,
	       "a new Root that the old one did not sign is refused",
	       only_new_keys, .heal = sign_root_with_all),
	ATTACK(P08_one_old_key_short, ROOT_SIG_OLD,
	       "a new Root short of one signature of the old one is refused",
	       one_old_key_short, .heal = sign_root_with_all),
	ATTACK(P08_unsigned, ROOT_SIG_OLD,
	       "a new Root without signatures is refused", nobody, .heal = sign_root_with_all),
	ATTACK(P08_raised_threshold_unmet, ROOT_SIG_NEW,
	       "a Root that raises its threshold has to meet it", raised_threshold_unmet),
	ATTACK(P08_only_old_keys_on_an_ecu, ROOT_SIG_NEW,
	       "a partially verifying ECU refuses such a Root too",
	       only_old_keys, .heal = sign_root_with_all, .kind = SIM_PARTIAL),
	ATTACK(P09_version_skipped, VERSION_SKIP,
	       "Root N+2 is not taken for N+1", version_skipped),
	ATTACK(P09_highest_version, VERSION_SKIP,
	       "a Root of version 2^31-1 cannot end all Roots", highest_version),
	ATTACK(P09_same_root_again, ROLLBACK, "Root N is not taken for N+1", same_root_again),
	ATTACK(P09_same_version_other_bytes, ROLLBACK,
	       "another Root of version N is not taken for N+1", same_version_other_bytes),
	ATTACK(P09_older_root, ROLLBACK, "an older Root is not taken for N+1", older_root),
	ATTACK(P09_version_skipped_on_an_ecu, VERSION_SKIP,
	       "a partially verifying ECU takes no Root N+2 for N+1",
	       version_skipped, .kind = SIM_PARTIAL),
	ATTACK(P10_forged_root_in_store, STORE,
	       "a Root put into the store is found out at the next start",
	       forged_root_in_store),
	ATTACK(P10_forged_root_and_floor, STORE,
	       "a Root put into the store with a version to match is found out",
	       forged_root_and_floor),
	ATTACK(P10_damaged_root_in_store, STORE,
	       "one flipped bit in a stored Root is found out", damaged_root_in_store),
	ATTACK(P10_refused_root_comes_again, ROOT_SIG_NEW,
	       "a refused Root is never kept, however often it comes",
	       refused_root_comes_again, .heal = sign_root_with_all),
};

int main(void)
{
	return attack_main("attack_roots", attacks, sizeof(attacks) / sizeof(attacks[0]));
}
