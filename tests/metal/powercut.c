/* SPDX-License-Identifier: Apache-2.0
 *
 * The boot loader loses power right after the K-th store into its flash, in QEMU.
 *
 * One install, with a Root step, from a node that holds two confirmed images: every
 * store into state and document pages, and SLOT= (100) spread over the slot that is
 * written.  A plugin kills the machine; what the flash file holds then is all
 * that is left.  Power comes back without it, and
 *
 *	brick        nothing boots
 *	unverified   what boots, or a slot that its record calls verified, holds
 *	             other bytes than were signed
 *	rollback     an image below the confirmed counter boots
 *	floor lost   a version that the node had acknowledged is not held any more
 *	completed    one ordinary update reaches the ordered image
 *
 *	powercut PLUGIN
 *	ID=pages:17   one case, told in full (slot:400 for the slot's)
 *	SECONDS=600   stop after so long; SEED=N picks the order of the cases
 *	JOBS=2        so many machines at a time, 8 at most
 *
 * Last line: stores N, cuts N, completed N, bricks 0, unverified 0, rollbacks 0,
 * floors lost 0
 */
#include "keys/crypto/init.h"
#include "secondary/ports/mps2/layout.h"
#include "tests/metal/asked.h"
#include "tests/metal/backend.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OLDEST "a-1.bin"
#define OLD "a-2.bin"
#define NEW "a-3.bin"
#define IMAGE_LEN 16384u
#define BLOCK 1000u
#define WORKERS 8u

struct tally {
	unsigned long cuts, missed, completed, bricks, unverified, rollbacks, floors;
};

struct part {
	const char *name;
	const char *windows; /* of the plugin */
	unsigned long stores;
};

struct cut {
	const struct part *part;
	unsigned long k;
};

/* What the node said that it holds. */
struct promise {
	uint32_t root, targets;
	uint64_t counter;
};

struct campaign {
	struct sim_world *w;
	struct sim_secondary *s;
	struct part part[2];
	uint8_t *start;
	const char *plugin;
	struct promise promised;
	bool talk;
	time_t end;
	struct tally tally;
};

static char windows[2][200];

static void name_parts(struct campaign *c)
{
	snprintf(windows[0], sizeof(windows[0]), "window=%x:%x,window=%x:%x",
	         MPS2_FLASH + MPS2_AT_STATE, MPS2_STATE_LEN, MPS2_FLASH + MPS2_AT_DOC_A,
	         2 * MPS2_DOC_LEN);
	snprintf(windows[1], sizeof(windows[1]), "window=%x:%x", MPS2_FLASH + MPS2_AT_SLOT_A,
	         2 * MPS2_SLOT_LEN);
	c->part[0] = (struct part){ "pages", windows[0], 0 };
	c->part[1] = (struct part){ "slot", windows[1], 0 };
}

static void say(const struct cut *cut, const char *what)
{
	printf("cut %s:%lu: %s\n", cut->part->name, cut->k, what);
	fflush(stdout);
}

/* ---- one machine ---------------------------------------------------------------------- */

/* From the same flash each time; power is off. */
static void begin(struct campaign *c)
{
	metal_power_off(c->s);
	sim_secondary_load(c->s, c->start);
	c->promised = (struct promise){ 1, 2, 2 };
}

static void set_plugin(struct campaign *c, const char *text)
{
	static char args[METAL_PATH + 900];
	struct metal *m = metal_of(c->s);

	m->config.args[0] = text ? "-plugin" : NULL;
	m->config.args[1] = text ? args : NULL;
	if (text)
		snprintf(args, sizeof(args), "%s,%s", c->plugin, text);
}

/* An honest primary's update, noting what is acknowledged on the way. */
static enum cot_err update(struct campaign *c)
{
	struct sim_secondary *s = c->s;
	enum cot_err err = sim_secondary_metadata(s);

	if (err != COT_OK)
		return err;
	c->promised.root = 2;
	c->promised.targets = 3;
	err = sim_secondary_install(s, NEW);
	if (err == COT_OK)
		err = sim_secondary_activate(s);
	if (err == COT_OK)
		err = sim_secondary_hard_reset(s);
	if (err == COT_OK)
		err = sim_secondary_runs(s, NEW) ? COT_OK : COT_E_TRIAL;
	if (err == COT_OK)
		c->promised.counter = 3;
	return err;
}

/* ---- judging ------------------------------------------------------------------------------ */

static bool slot_holds(struct sim_secondary *s, uint8_t slot, const struct cot_sec_slot *record)
{
	uint8_t bytes[2 * IMAGE_LEN], hash[COT_SHA256_LEN];

	if (record->len > sizeof(bytes))
		return false;
	sim_secondary_read(s, cot_sec_slot_region(slot), 0, bytes, record->len);
	cot_hash_once(&cot_crypto_full, COT_HASH_SHA256, cot_slice(bytes, record->len), hash);
	return memcmp(hash, record->sha256, sizeof(hash)) == 0;
}

static void judge_slots(struct campaign *c, const struct cot_sec_state *state,
                        const struct cut *cut)
{
	uint8_t i;

	for (i = 0; i < COT_SEC_SLOTS; i++) {
		const struct cot_sec_slot *slot = &state->component[0].slot[i];

		if (slot->state == COT_SEC_SLOT_EMPTY || slot_holds(c->s, i, slot))
			continue;
		c->tally.unverified++;
		say(cut, "a slot's record names an image that the slot does not hold");
	}
}

static bool fell(struct campaign *c, const struct cot_sec_state *state)
{
	const struct cot_floor *floor = state->trust.repo[0].floor;

	return floor[COT_ROLE_ROOT].version < c->promised.root ||
	       floor[COT_ROLE_TARGETS].version < c->promised.targets ||
	       state->component[0].counter < c->promised.counter;
}

static void judge_boot(struct campaign *c, const struct cut *cut)
{
	struct sim_secondary_view view = sim_secondary_view(c->s);
	struct cot_sec_state state;

	sim_secondary_state(c->s, &state);
	if (view.running >= COT_SEC_SLOTS) {
		c->tally.bricks++;
		say(cut, "nothing boots");
		return;
	}
	if (state.component[0].slot[view.running].counter < c->promised.counter) {
		c->tally.rollbacks++;
		say(cut, "boots an image below the confirmed counter");
	}
	if (c->talk)
		say(cut, view.running == 0 ? "boots slot A" : "boots slot B");
}

/* Power is back, and stays. */
static void judge(struct campaign *c, const struct cut *cut)
{
	struct promise promised = c->promised;
	struct cot_sec_state state;
	enum cot_err err;

	set_plugin(c, NULL);
	sim_secondary_reset(c->s, false);
	sim_secondary_state(c->s, &state);
	judge_slots(c, &state, cut);
	if (fell(c, &state)) {
		c->tally.floors++;
		say(cut, "a version that was acknowledged is lost");
	}
	judge_boot(c, cut);
	err = update(c);
	if (err == COT_OK)
		c->tally.completed++;
	else
		say(cut, cot_err_word(err));
	c->promised = promised;
}

static void run_case(struct campaign *c, const struct cut *cut)
{
	struct metal *m = metal_of(c->s);
	char text[300];
	jmp_buf power;

	begin(c);
	snprintf(text, sizeof(text), "%s,cut=%lu", cut->part->windows, cut->k);
	set_plugin(c, text);
	m->power = &power;
	if (setjmp(power) == 0) {
		sim_secondary_reset(c->s, false);
		(void)update(c);
		m->power = NULL;
		c->tally.missed++;
		say(cut, "the run ended before that store");
		return;
	}
	m->power = NULL;
	c->tally.cuts++;
	judge(c, cut);
}

/* ---- the campaign -------------------------------------------------------------------------- */

static void rotate(struct sim_world *w)
{
	json_t *custom = json_object_get(sim_signed(w, SIM_DIRECTOR, COT_ROLE_ROOT), "custom");

	sim_replace_key(w, SIM_DIRECTOR, COT_ROLE_TARGETS, SIM_DIRECTOR_TARGETS, SIM_SPARE);
	json_object_set_new(custom, "floors", json_pack("{s:i}", "targets", 2));
	sim_publish(w, SIM_DIRECTOR, COT_ROLE_ROOT);
}

static void order(struct campaign *c, const char *name, uint64_t counter)
{
	sim_secondary_image(c->s, name, counter, IMAGE_LEN);
	sim_secondary_order(c->s, SIM_SECONDARY_ECU, SIM_SECONDARY_HWID, name);
	sim_publish(c->w, SIM_DIRECTOR, COT_ROLE_TARGETS);
}

static bool prepare(struct campaign *c)
{
	c->w = sim_world_new();
	c->s = sim_secondary_open(c->w, &metal_backend);
	c->s->block = BLOCK;
	order(c, OLD, 2);
	if (sim_secondary_update(c->s, OLD) != COT_OK)
		return false;
	metal_power_off(c->s);
	c->start = sim_secondary_save(c->s);
	rotate(c->w);
	order(c, NEW, 3);
	return true;
}

/* The plugin writes its counts when the machine is ended politely. */
static unsigned long read_count(struct campaign *c, const char *path)
{
	struct metal *m = metal_of(c->s);
	unsigned long n = 0;
	char line[80];
	FILE *f;

	kill(m->board.pid, SIGTERM);
	waitpid(m->board.pid, NULL, 0);
	m->board.pid = -1;
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "all ", 4) == 0)
			n = strtoul(line + 4, NULL, 10);
	}
	if (f)
		fclose(f);
	unlink(path);
	return n;
}

/* The run without a cut. */
static bool count_stores(struct campaign *c, struct part *part)
{
	char text[METAL_PATH + 200], path[METAL_PATH];
	enum cot_err err;

	snprintf(path, sizeof(path), "%s/stores", metal_of(c->s)->folder);
	snprintf(text, sizeof(text), "%s,stores=%s", part->windows, path);
	begin(c);
	set_plugin(c, text);
	sim_secondary_reset(c->s, false);
	err = update(c);
	part->stores = read_count(c, path);
	set_plugin(c, NULL);
	if (err != COT_OK)
		printf("the install without a cut ends with %s\n", cot_err_word(err));
	return err == COT_OK && part->stores > 0;
}

/* Case number i of all: pages first, then the slot's, spread. */
static struct cut case_of(const struct campaign *c, unsigned long i, unsigned long spread)
{
	const struct part *pages = &c->part[0], *slot = &c->part[1];

	if (i < pages->stores)
		return (struct cut){ pages, i + 1 };
	i -= pages->stores;
	return (struct cut){ slot, 1 + (slot->stores - 1) * i / (spread > 1 ? spread - 1 : 1) };
}

static unsigned long gcd(unsigned long a, unsigned long b)
{
	while (b > 0) {
		unsigned long t = a % b;

		a = b;
		b = t;
	}
	return a;
}

/* A stride that visits every case once and spreads the first ones over all. */
static unsigned long stride_of(unsigned long total)
{
	unsigned long stride = total * 618 / 1000 + 1;

	while (gcd(stride, total) != 1)
		stride++;
	return stride;
}

static void work(struct campaign *c, unsigned worker, unsigned workers, unsigned long spread)
{
	unsigned long total = c->part[0].stores + spread, stride = stride_of(total), i;
	unsigned long first = asked_number("SEED", 0, 0, ASKED_MOST);

	for (i = worker; i < total && (!c->end || time(NULL) < c->end); i += workers) {
		struct cut cut = case_of(c, (first + i * stride) % total, spread);

		run_case(c, &cut);
	}
}

/* PART:K, before the stores of a part are counted. */
static struct cut read_id(const struct campaign *c, const char *id)
{
	size_t i;

	for (i = 0; i < 2; i++) {
		size_t len = strlen(c->part[i].name);
		struct cut cut = { &c->part[i], 0 };

		if (strncmp(id, cut.part->name, len) == 0 && id[len] == ':' &&
		    asked_digits(id + len + 1, 1, ASKED_MOST, &cut.k))
			return cut;
	}
	asked_refuse("ID", id, "pages:N or slot:N, the N-th store from 1 on");
}

static void run_one(struct campaign *c, const char *id)
{
	struct cut cut = read_id(c, id);
	char allowed[80];

	snprintf(allowed, sizeof(allowed), "%s:1 to %s:%lu", cut.part->name, cut.part->name,
	         cut.part->stores);
	if (cut.k > cut.part->stores)
		asked_refuse("ID", id, allowed);
	c->talk = true;
	run_case(c, &cut);
	printf("%s", metal_of(c->s)->console);
}

static void add(struct tally *sum, const struct tally *t)
{
	sum->cuts += t->cuts;
	sum->missed += t->missed;
	sum->completed += t->completed;
	sum->bricks += t->bricks;
	sum->unverified += t->unverified;
	sum->rollbacks += t->rollbacks;
	sum->floors += t->floors;
}

/* Each worker is a process with a world, a flash file and a machine of its own; all
 * count the same stores. */
static void run_workers(struct campaign *c, unsigned workers, unsigned long spread)
{
	struct tally *tallies = mmap(NULL, WORKERS * sizeof(*tallies), PROT_READ | PROT_WRITE,
	                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned i;
	int status;

	for (i = 0; i < workers; i++) {
		if (fork() == 0) {
			struct campaign own = { .plugin = c->plugin, .end = c->end };

			name_parts(&own);
			own.part[0].stores = c->part[0].stores;
			own.part[1].stores = c->part[1].stores;
			if (!prepare(&own))
				_exit(2);
			work(&own, i, workers, spread);
			tallies[i] = own.tally;
			sim_secondary_free(own.s);
			_exit(0);
		}
	}
	while (wait(&status) > 0) {
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
			printf("a worker ended badly\n");
			c->tally.bricks++;
		}
	}
	for (i = 0; i < workers; i++)
		add(&c->tally, &tallies[i]);
	munmap(tallies, WORKERS * sizeof(*tallies));
}

static int report(const struct campaign *c, unsigned long wanted)
{
	const struct tally *t = &c->tally;

	if (t->missed)
		printf("not cut: %lu\n", t->missed);
	if (t->cuts < wanted)
		printf("reached %lu of %lu cuts\n", t->cuts, wanted);
	printf("stores %lu, cuts %lu, completed %lu, bricks %lu, unverified %lu, rollbacks %lu, "
	       "floors lost %lu\n",
	       c->part[0].stores + c->part[1].stores, t->cuts, t->completed, t->bricks,
	       t->unverified, t->rollbacks, t->floors);
	return t->cuts == 0 || t->missed || t->completed != t->cuts || t->bricks ||
	       t->unverified || t->rollbacks || t->floors;
}

int main(int argc, char **argv)
{
	struct campaign c = { .plugin = argc > 1 ? argv[1] : "build/tests/metal/plugin.so" };
	unsigned long spread = asked_number("SLOT", 100, 0, ASKED_MOST);
	unsigned long seconds = asked_number("SECONDS", 0, 0, ASKED_MOST);
	unsigned workers = (unsigned)asked_number("JOBS", 2, 1, WORKERS);
	const char *id = getenv("ID");

	(void)asked_number("SEED", 0, 0, ASKED_MOST);
	name_parts(&c);
	if (id && *id)
		(void)read_id(&c, id);
	if (cot_crypto_init() != COT_OK)
		return 1;
	c.end = seconds ? time(NULL) + (time_t)seconds : 0;
	if (!prepare(&c) || !count_stores(&c, &c.part[0]) || !count_stores(&c, &c.part[1]))
		return 1;
	printf("stores into state and documents %lu, into slots %lu\n", c.part[0].stores,
	       c.part[1].stores);
	fflush(stdout);
	if (id && *id)
		run_one(&c, id);
	else
		run_workers(&c, workers, spread);
	sim_secondary_free(c.s);
	return report(&c, id && *id ? 1 : c.part[0].stores + spread);
}
