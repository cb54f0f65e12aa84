/* SPDX-License-Identifier: Apache-2.0
 *
 * Flash files for tests/skip.sh: one board as the factory made it, with images that
 * its loader must not boot.
 *
 *	bad_images DIR
 *
 *	sound     nothing wrong: slot A boots, which shows that booting would be seen
 *	damaged   slot A, confirmed and active, one bit of its last word flipped
 *	trial     the same image, activated instead: it would be tried for the first time
 *	older     slot A whole, its release counter below the stored one
 *	reverted  slot A whole, but it failed its trial
 *	worn      slot A whole, on trial, its three attempts used up
 *
 * Slot B is empty in all of them.
 */
#include "tests/metal/backend.h"

#include "secondary/ports/mps2/layout.h"

#include <stdlib.h>
#include <string.h>

static void need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bad_images: %s\n", what);
	exit(2);
}

static void save(const char *dir, const char *name, const uint8_t *flash)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.flash", dir, name);
	f = fopen(path, "wb");
	need(f != NULL && fwrite(flash, 1, MPS2_FLASH_LEN, f) == MPS2_FLASH_LEN && fclose(f) == 0,
	     path);
}

static void flip_bit(uint8_t *slot)
{
	slot[METAL_IMAGE_LEN - 4u] ^= 1; /* padding, so that what runs is the image's code */
}

static void on_trial(struct cot_sec_component *c, enum cot_sec_slot_state state, uint8_t attempts)
{
	c->slot[0].state = state;
	c->active = COT_SEC_SLOTS;
	c->attempts = attempts;
}

static void make_trial(struct cot_sec_component *c)
{
	on_trial(c, COT_SEC_SLOT_ACTIVATED, 0);
}

static void make_older(struct cot_sec_component *c)
{
	c->counter = c->slot[0].counter + 1;
}

static void make_reverted(struct cot_sec_component *c)
{
	on_trial(c, COT_SEC_SLOT_REVERTED, 0);
}

static void make_worn(struct cot_sec_component *c)
{
	on_trial(c, COT_SEC_SLOT_TRIAL, 3);
}

static const struct bad {
	const char *name;
	bool damaged;
	void (*change)(struct cot_sec_component *c);
} bad[] = {
	{ "sound", false, NULL },
	{ "damaged", true, NULL },
	{ "trial", true, make_trial },
	{ "older", false, make_older },
	{ "reverted", false, make_reverted },
	{ "worn", false, make_worn },
};

static void make(const struct bad *b, struct sim_secondary *s, const char *dir)
{
	static struct cot_sec_store store;
	struct cot_sec_state state;

	need(cot_sec_store_mount(&store, sim_secondary_unpowered(s)) == COT_OK, "no state");
	state = store.state;
	if (b->change) {
		b->change(&state.component[0]);
		need(cot_sec_commit(&store, &state) == COT_OK, "the state cannot be changed");
	}
	if (b->damaged)
		flip_bit(sim_secondary_cells(s, COT_REGION_SLOT_A));
	save(dir, b->name, metal_of(s)->flash.mem);
}

int main(int argc, char **argv)
{
	struct sim_world *w;
	struct sim_secondary *s;
	uint8_t *born;

	need(argc == 2, "usage: bad_images DIR");
	w = sim_world_new();
	s = sim_secondary_open(w, &metal_backend);
	(void)sim_secondary_unpowered(s);
	need(metal_of(s)->flash.size == MPS2_FLASH_LEN, "the flash is of another length");
	born = malloc(MPS2_FLASH_LEN);
	need(born != NULL, "no memory");
	memcpy(born, metal_of(s)->flash.mem, MPS2_FLASH_LEN);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memcpy(metal_of(s)->flash.mem, born, MPS2_FLASH_LEN);
		make(&bad[i], s, argv[1]);
	}
	free(born);
	sim_secondary_free(s);
	sim_world_free(w);
	return 0;
}
