/* SPDX-License-Identifier: Apache-2.0
 *
 * Power is cut right before and right after each flash operation of one whole
 * install: a Root step, Targets and time, stage, transfer, activation, trial and
 * confirmation.
 *
 * After each cut power comes back.  The node must boot an image, the bytes
 * that boot must be those of a verified one, nothing it once trusted may be
 * lower than before, and one ordinary update must reach the ordered image.
 * The operations are counted by a first run without a cut, twice: by the flash
 * and by its trace.
 *
 *	ID=17:before  runs one case and tells what happens; ID=17 all of it
 *	TORN=8        also tears each operation in the middle, 8 ways: some of its units
 *	              are there, one reads differently each time
 *
 * Last line: ops N, cuts 2N, completed 2N, bricks 0, unverified 0, rollbacks 0
 */
#include "keys/crypto/init.h"
#include "tests/sim/secondary.h"

#include <stdlib.h>
#include <string.h>

#define OLD "a-1.bin"
#define NEW "a-2.bin"
#define IMAGE_LEN 40000u
#define BLOCK 1000u
#define LOG_LEFT 0x1F0u /* bytes of the log's page that are left at the start */

struct tally {
	unsigned long cuts, completed, bricks, unverified, rollbacks;
};

/* Before, after, or with a seed torn in the middle of an operation. */
struct cut {
	uint64_t op;
	bool after;
	unsigned torn;
};

struct campaign {
	struct sim_world *w;
	struct sim_secondary *s;
	uint8_t *start; /* flash as it left the factory */
	uint64_t ops;
	bool talk;
	struct tally tally;
};

/* What a node may never fall below. */
struct floors {
	uint32_t root, targets;
	uint64_t counter;
};

static struct floors floors_of(const struct sim_secondary *s)
{
	const struct cot_sec_state *state = &s->node.store.state;
	const struct cot_floor *floor = state->trust.repo[0].floor;

	return (struct floors){ floor[COT_ROLE_ROOT].version, floor[COT_ROLE_TARGETS].version,
	                        state->component[0].counter };
}

static bool below(struct floors now, struct floors before)
{
	return now.root < before.root || now.targets < before.targets ||
	       now.counter < before.counter;
}

/* From the factory, every run alike. */
static void begin(struct campaign *c)
{
	struct sim_secondary *s = c->s;

	sim_flash_restore(&s->flash, c->start);
	s->random = 1;
	s->now_ms = 1000;
	s->flash.cut = 0;
	sim_secondary_reset(s, false);
	s->flash.ops = 0;
}

/* Which image's bytes boot; NULL: none that is known. */
static const char *booted(const struct sim_secondary *s)
{
	const struct sim_artifact *a;
	const char *const names[] = { OLD, NEW };
	size_t i;

	for (i = 0; i < 2; i++) {
		a = sim_secondary_artifact(s, names[i]);
		if (memcmp(s->flash.mem[cot_sec_slot_region(s->boot.slot)], a->bytes, a->len) == 0)
			return names[i];
	}
	return NULL;
}

static void say(const struct cut *cut, const char *what)
{
	if (cut->torn)
		printf("cut %llu:torn%u: %s\n", (unsigned long long)cut->op, cut->torn, what);
	else
		printf("cut %llu:%s: %s\n", (unsigned long long)cut->op,
		       cut->after ? "after" : "before", what);
}

static void judge_boot(struct campaign *c, struct floors before, const struct cut *cut)
{
	struct sim_secondary *s = c->s;
	const char *name = s->boot.image ? booted(s) : NULL;
	char text[64];

	if (!s->boot.image) {
		c->tally.bricks++;
		say(cut, "nothing boots");
	} else if (!name) {
		c->tally.unverified++;
		say(cut, "boots bytes that nobody signed");
	} else if (strcmp(name, OLD) == 0 && before.counter > 1) {
		c->tally.rollbacks++;
		say(cut, "boots an image below the confirmed counter");
	} else if (c->talk) {
		snprintf(text, sizeof(text), "boots %s%s", name, s->boot.trial ? ", on trial" : "");
		say(cut, text);
	}
}

/* Power is back: what boots, and does the next update get there? */
static void judge(struct campaign *c, struct floors before, const struct cut *cut)
{
	struct sim_secondary *s = c->s;
	enum cot_err err;

	sim_secondary_reset(s, false);
	judge_boot(c, before, cut);
	if (below(floors_of(s), before)) {
		c->tally.rollbacks++;
		say(cut, "a floor is lower than before");
	}
	err = sim_secondary_update(s, NEW);
	if (err == COT_OK && sim_secondary_runs(s, NEW))
		c->tally.completed++;
	else
		say(cut, cot_err_word(err));
}

static void run_case(struct campaign *c, const struct cut *cut)
{
	jmp_buf power;

	begin(c);
	c->s->flash.power = &power;
	c->s->flash.cut = cut->op;
	c->s->flash.cut_after = cut->after;
	c->s->flash.torn = cut->torn * 2654435761u;
	c->tally.cuts++;
	if (setjmp(power) == 0) {
		(void)sim_secondary_update(c->s, NEW);
		say(cut, "power was never cut");
		return;
	}
	c->s->flash.torn = 0;
	judge(c, floors_of(c->s), cut);
}

/* ---- the campaign -------------------------------------------------------------------- */

/* Uses up the first page of the log, so that the commit of Targets has to move to
 * the next one in the middle of the install. */
static void age_log(struct sim_secondary *s)
{
	struct cot_sec_store *store = &s->node.store;
	uint32_t room = s->flash.flash.region[COT_REGION_STATE].page;

	while (store->log.tail < room - LOG_LEFT) {
		if (cot_sec_commit_ledger(store, &store->ledger) != COT_OK)
			abort();
	}
}

/* A Root that replaces the Targets key, and says as an honest one does below which
 * version Targets must not fall. */
static void rotate(struct sim_world *w)
{
	json_t *custom = json_object_get(sim_signed(w, SIM_DIRECTOR, COT_ROLE_ROOT), "custom");

	sim_replace_key(w, SIM_DIRECTOR, COT_ROLE_TARGETS, SIM_DIRECTOR_TARGETS, SIM_SPARE);
	json_object_set_new(custom, "floors", json_pack("{s:i}", "targets", 1));
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_ROOT);
}

static void prepare(struct campaign *c)
{
	struct sim_world *w = sim_world_new();
	struct sim_secondary *s = sim_secondary_new(w, &sim_flash_posix);

	s->block = BLOCK;
	c->w = w;
	c->s = s;
	age_log(s);
	c->start = sim_flash_snapshot(&s->flash);
	rotate(w);
	sim_secondary_image(s, NEW, 2, IMAGE_LEN);
	sim_secondary_order(s, SIM_SECONDARY_ECU, SIM_SECONDARY_HWID, NEW);
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_TARGETS);
}

/* The run without a cut; 0 if it fails, or if flash and trace disagree. */
static uint64_t count_ops(struct campaign *c)
{
	char *text = NULL;
	size_t len = 0, i;
	uint64_t lines = 0;
	enum cot_err err;

	begin(c);
	c->s->flash.trace = open_memstream(&text, &len);
	if (!c->s->flash.trace)
		return 0;
	err = sim_secondary_update(c->s, NEW);
	fclose(c->s->flash.trace);
	c->s->flash.trace = NULL;
	for (i = 0; i < len; i++)
		lines += text[i] == '\n';
	if (getenv("TRACE"))
		fputs(text, stdout);
	free(text);
	if (err != COT_OK || !sim_secondary_runs(c->s, NEW) || lines != c->s->flash.ops) {
		printf("the install without a cut ends with %s, %llu operations, %llu traced\n",
		       cot_err_word(err), (unsigned long long)c->s->flash.ops,
		       (unsigned long long)lines);
		return 0;
	}
	return lines;
}

/* N, N:before, N:after */
static bool wanted(const char *id, const struct cut *cut)
{
	char *end = NULL;

	if (!id || !*id)
		return true;
	if (strtoull(id, &end, 10) != cut->op)
		return false;
	return *end == 0 ||
	       (!cut->torn && strcmp(end, cut->after ? ":after" : ":before") == 0);
}

static void run_op(struct campaign *c, uint64_t op)
{
	const char *id = getenv("ID"), *ways = getenv("TORN");
	unsigned long torn = ways ? strtoul(ways, NULL, 10) : 0;
	struct cut cut = { op, false, 0 };

	if (wanted(id, &cut))
		run_case(c, &cut);
	cut.after = true;
	if (wanted(id, &cut))
		run_case(c, &cut);
	for (cut.torn = 1; cut.torn <= torn; cut.torn++) {
		if (wanted(id, &cut))
			run_case(c, &cut);
	}
}

int main(void)
{
	const char *id = getenv("ID");
	struct campaign c = { .talk = id && *id };
	const struct tally *t = &c.tally;
	uint64_t op;

	if (cot_crypto_init() != COT_OK)
		return 1;
	prepare(&c);
	c.ops = count_ops(&c);
	for (op = 1; op <= c.ops; op++)
		run_op(&c, op);
	printf("ops %llu, cuts %lu, completed %lu, bricks %lu, unverified %lu, rollbacks %lu\n",
	       (unsigned long long)c.ops, t->cuts, t->completed, t->bricks, t->unverified,
	       t->rollbacks);
	free(c.start);
	sim_secondary_free(c.s);
	sim_world_free(c.w);
	return t->cuts == 0 || t->completed != t->cuts || t->bricks || t->unverified ||
	       t->rollbacks;
}
