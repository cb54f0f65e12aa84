/* SPDX-License-Identifier: Apache-2.0
 *
 * The board's random source over resets and power cuts: no two boots share a block, on
 * a clock that always says the same.  Each boot is a process, which loses all but flash.
 */
#include "secondary/ports/mps2/random.h"

#include "secondary/ports/mps2/device.h"
#include "secondary/ports/mps2/flash.h"
#include "secondary/ports/mps2/layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define BOOTS 700u /* more than both pages hold: each is erased at least once */
#define BYTES 48u  /* more than a block */

/* What survives a boot, shared with its process. */
static struct {
	uint8_t seed[MPS2_SEED_LEN];
	uint8_t identity[MPS2_IDENTITY_LEN];
	uint8_t made[BYTES];
	enum cot_err err;
	unsigned cut; /* word store after which power goes, 0: never */
} *kept;

/* ---- the board ------------------------------------------------------------------------- */

static void store(uint8_t *to, const void *word)
{
	memcpy(to, word, 4);
	if (kept->cut > 0 && --kept->cut == 0)
		_exit(1);
}

static enum cot_err seed_read(void *ctx, enum cot_region region, uint32_t offset, void *ret,
                              uint32_t len)
{
	(void)ctx;
	(void)region;
	memcpy(ret, kept->seed + offset, len);
	return COT_OK;
}

static enum cot_err seed_program(void *ctx, enum cot_region region, uint32_t offset,
                                 struct cot_slice data)
{
	size_t i;

	(void)ctx;
	(void)region;
	for (i = 0; i < data.len; i++) {
		if (kept->seed[offset + i] != 0xFF)
			return COT_E_FLASH;
	}
	for (i = 0; i < data.len; i += 4)
		store(kept->seed + offset + i, data.ptr + i);
	return COT_OK;
}

static enum cot_err seed_erase(void *ctx, enum cot_region region, uint32_t offset)
{
	uint32_t i, at = 0;

	(void)ctx;
	(void)region;
	for (i = 0; i < MPS2_PAGE / 4u; i++) {
		store(kept->seed + offset + 4u * at, "\xff\xff\xff\xff");
		at = (at + 167u) % (MPS2_PAGE / 4u);
	}
	return COT_OK;
}

static enum cot_err seed_blank(void *ctx, enum cot_region region, uint32_t offset, uint32_t len,
                               bool *ret)
{
	(void)ctx;
	(void)region;
	*ret = true;
	while (len > 0)
		*ret &= kept->seed[offset + --len] == 0xFF;
	return COT_OK;
}

static const uint8_t *identity(void *ctx, enum cot_region region)
{
	(void)ctx;
	assert_int_equal(region, COT_REGION_IDENTITY);
	return kept->identity;
}

const struct cot_flash mps2_flash = { .read = seed_read, .program = seed_program,
	                              .erase = seed_erase, .is_blank = seed_blank,
	                              .map = identity };

uint32_t mps2_ticks(void)
{
	return 1;
}

void mps2_wipe(void *secret, size_t len)
{
	memset(secret, 0, len);
}

/* ---- boots -------------------------------------------------------------------------------- */

static int setup(void **state)
{
	(void)state;
	kept = mmap(NULL, sizeof(*kept), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(kept, MAP_FAILED);
	memset(kept->seed, 0xFF, sizeof(kept->seed));
	memcpy(kept->identity + MPS2_AT_KEY, MPS2_KEY_MAGIC, 4);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return munmap(kept, sizeof(*kept));
}

/* One boot that draws once; false: power went before it had anything. */
static bool boot(unsigned cut)
{
	int status = 0;
	pid_t pid;

	kept->cut = cut;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		kept->err = mps2_random(kept->made, BYTES);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == 0;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, BYTES);
}

/* Every third boot loses power within its first stores, of programming or of an erase. */
static void no_two_boots_share_a_stream(void **state)
{
	static uint8_t made[BOOTS][BYTES];
	unsigned i, n = 0;

	(void)state;
	for (i = 0; i < BOOTS; i++) {
		if (!boot(i % 3 == 2 ? 1 + i % 500 : 0))
			continue;
		assert_int_equal(kept->err, COT_OK);
		memcpy(made[n++], kept->made, BYTES);
	}
	assert_true(n > BOOTS / 2 && n < BOOTS);
	qsort(made, n, BYTES, compare);
	for (i = 1; i < n; i++)
		assert_memory_not_equal(made[i - 1], made[i], BYTES);
}

/* The boot that finds a page full, cut after each of its stores: the next one is as new
 * as if nothing had been. */
static void a_full_page_is_left_only_for_an_empty_one(void **state)
{
	static uint8_t made[MPS2_PAGE / MPS2_UNIT][BYTES];
	uint8_t full[MPS2_SEED_LEN];
	const unsigned units = MPS2_PAGE / MPS2_UNIT;
	unsigned i, cut;

	(void)state;
	for (i = 0; i < 2 * units; i++) { /* both pages are full then */
		assert_true(boot(0));
		memcpy(made[i % units], kept->made, BYTES);
	}
	memcpy(full, kept->seed, sizeof(full));
	for (cut = 1; cut <= MPS2_PAGE / 4u + 2u; cut++) {
		memcpy(kept->seed, full, sizeof(full));
		(void)boot(cut);
		assert_true(boot(0));
		for (i = 0; i < units; i++)
			assert_memory_not_equal(made[i], kept->made, BYTES);
	}
}

static void without_its_seed_it_says_nothing(void **state)
{
	uint8_t before[MPS2_SEED_LEN];

	(void)state;
	memset(kept->made, 0xA5, BYTES);
	memset(kept->identity + MPS2_AT_KEY, 0xFF, MPS2_PAGE);
	memcpy(before, kept->seed, sizeof(before));
	assert_true(boot(0));
	assert_int_equal(kept->err, COT_E_UNPROVISIONED);
	assert_int_equal(kept->made[0], 0xA5);
	assert_memory_equal(before, kept->seed, sizeof(before));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_two_boots_share_a_stream, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_page_is_left_only_for_an_empty_one, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(without_its_seed_it_says_nothing, setup, teardown)
	};

	return cmocka_run_group_tests_name("secondary_ports_mps2_random", tests, NULL, NULL);
}
