/* SPDX-License-Identifier: Apache-2.0
 *
 * The frame of an attack test: one case is one cmocka test with a name that
 * begins with its id (attack_P12_old_timestamp), one expected word, one promise.
 *
 * A case starts from a vehicle that has trusted version 2 of everything and a
 * world that has honestly published version 3.  First the twin: without the
 * attack the update is accepted.  Then strike() does what the attacker can do,
 * the next cycle must end with exactly that error, and everything trusted must
 * be byte-identical to what it was before.  If heal is given, the honest
 * repository repairs itself and the vehicle must follow.
 *
 * If the environment variable ATTACK_ROWS names a file, each case appends its
 * verdict to it: `P12 rollback refused: an older Timestamp is replayed`.
 */
#ifndef COTTER_TESTS_SIM_ATTACK_H
#define COTTER_TESTS_SIM_ATTACK_H

#include "tests/sim/repo.h"

struct attack_scene {
	struct sim_world *w;
	struct sim_client *c;
	const struct attack *attack;
};

struct attack {
	const char *name; /* "attack_P12_old_timestamp" */
	enum cot_err err;
	const char *promise;
	void (*strike)(struct attack_scene *s);
	void (*heal)(struct attack_scene *s); /* may be NULL */
	enum sim_kind kind;
	const char *arg; /* for strike */
	const char *arg2;
};

/* One row of a table of cases: name without "attack_", error without "COT_E_", what
 * is promised, strike, and whatever members follow. */
#define ATTACK(case_name, error, words, ...) \
	{ .name = "attack_" #case_name, .err = COT_E_##error, .promise = words, \
	  .strike = __VA_ARGS__ }

/* Appends one row for the case of that name; refused or accepted.  For tests of
 * their own shape (secondary, bus) that do not run cycles of a sim_client. */
void attack_row(const char *name, enum cot_err got, bool refused, const char *promise);

/* Runs all cases as one cmocka group; what main returns. */
int attack_main(const char *group, const struct attack *attacks, size_t count);

/* One cycle that has to be accepted. */
void attack_accepted(struct attack_scene *s);

/* ---- an attacker's tools -------------------------------------------------------- */

/* A signature entry under any id by any key. */
struct attack_signature {
	const char *id;  /* NULL: the key's own */
	unsigned key;
	bool other_half; /* ECDSA: n - s in place of s */
};

/* An envelope over body with those signatures; malloc'ed. */
char *attack_envelope(const char *body, const struct attack_signature *sigs, size_t count,
                      size_t *ret_len);

/* Serves body, given as text, signed by the role's own signers, under the name
 * of the role's file at its tree's version. */
void attack_write_text(struct sim_world *w, unsigned repo, enum cot_role role,
                       const char *body);

/* The role's canonical text with the first `from` in it replaced by `to`;
 * malloc'ed. */
char *attack_edit(struct sim_world *w, unsigned repo, enum cot_role role, const char *from,
                  const char *to);

/* Writes the role's edited text and everything above it honestly. */
void attack_write_edit(struct sim_world *w, unsigned repo, enum cot_role role,
                       const char *from, const char *to);

/* After a role's file was written: links and signs all that stands above it, with
 * their versions raised. */
void attack_lift(struct sim_world *w, unsigned repo, enum cot_role role);

#endif
