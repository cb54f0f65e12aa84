/* SPDX-License-Identifier: Apache-2.0
 *
 * The frame of attack tests against a verifying secondary: as attack.h, with a
 * whole node in place of a cycle.  With METAL=1 in the environment that node is
 * the firmware (tests/metal/backend.h), and a case that needs what a machine does
 * not give is skipped by name; CASE or ID picks cases.
 *
 * A case starts from a node that runs "a-2.bin", confirmed, while the Director
 * honestly orders "a-3.bin".  First the twin: without the attack the update gets
 * there.  Then strike() does what the attacker can do and returns what the node
 * said at the decisive step.  Afterwards power is cycled: floors, trusted
 * documents, slots and counters must be byte-identical to what they were at the
 * mark (the start, or where strike called scene_mark), and the same image must
 * boot.  At last the honest primary returns and must reach what is ordered.  The
 * twin is the same for all cases of a program: the firmware plays it once.
 */
#ifndef COTTER_TESTS_SIM_SECONDARY_ATTACK_H
#define COTTER_TESTS_SIM_SECONDARY_ATTACK_H

#include "tests/sim/attack.h"
#include "tests/sim/secondary.h"

#define SCENE_SLOT (128u * 1024u) /* bytes of the largest slot of a backend */

struct scene {
	struct sim_world *w;
	struct sim_secondary *s;
	const char *goal;            /* what the honest primary installs in the end */
	struct cot_sec_state mark;
	uint8_t slot[SCENE_SLOT];    /* bytes of the slot that runs at the mark */
	uint8_t running;
};

struct scene_attack {
	const char *name; /* "attack_S12_old_targets" */
	enum cot_err err;
	const char *promise;
	enum cot_err (*strike)(struct scene *s);
	const char *needs; /* what only the node of this process gives; NULL: nothing */
};

#define SCENE(case_name, error, words, function) \
	{ "attack_" #case_name, COT_E_##error, words, function, NULL }
#define SCENE_NEEDS(case_name, error, words, function, what) \
	{ "attack_" #case_name, COT_E_##error, words, function, what }

/* Who plays the node. */
const struct sim_secondary_backend *scene_backend(void);

/* From here on nothing trusted may change. */
void scene_mark(struct scene *s);

/* The Director's file of that name as it is served now; freed by the caller. */
struct sim_file scene_keep(struct scene *s, const char *name);
/* Sends it, or any bytes, under a document's name and lets the node verify; with a
 * fresh time message if wanted. */
enum cot_err scene_offer(struct scene *s, const struct sim_file *file, const char *name,
                         bool time);
/* The same for what is served as targets.json. */
enum cot_err scene_offer_targets(struct scene *s);

int scene_main(const char *group, const struct scene_attack *attacks, size_t count);

#endif
