/* SPDX-License-Identifier: Apache-2.0
 *
 * The factory of the posix port: what it takes, what it refuses by name, and that a
 * refusal leaves no flash file behind and an existing one as it was.
 */
#include "secondary/ports/posix/factory.h"

#include "keys/crypto/init.h"
#include "keys/host/file.h"
#include "keys/host/keyfile.h"
#include "secondary/ports/mps2/guard.h"
#include "secondary/ports/mps2/layout.h"
#include "secondary/ports/posix/board.h"
#include "secondary/secondary.h"
#include "tests/sim/folder.h"
#include "tests/sim/secondary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum name { RECORD, KEY, IMAGE, FLASH, TEMP, NAMES };

struct bench {
	struct sim_world *w;
	struct sim_secondary *s; /* its record is the factory's */
	char folder[SIM_FOLDER];
	char path[NAMES][96];
	struct posix_factory factory;
};

static void put(const char *path, const void *bytes, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

/* The simulated ECU's key as a key file; an empty passphrase is none. */
static void put_key(const char *path, unsigned number, const char *passphrase)
{
	struct cot_keyfile_options o = { .cost = *passphrase ? cot_cost_min : cot_cost_none,
	                                 .force = true };
	uint8_t text[] = { 'c', 'o', 't', 't', 'e', 'r', ' ', 's', 'i', 'm', 0, (uint8_t)number };
	uint8_t seed[COT_SHA256_LEN];
	struct cot_secret secret;

	cot_hash_once(&cot_crypto_full, COT_HASH_SHA256, cot_slice(text, sizeof(text)), seed);
	assert_int_equal(cot_secret_import(COT_SCHEME_ED25519, seed, &secret), COT_OK);
	assert_int_equal(cot_keyfile_write(path, &secret, cot_slice_str(passphrase), &o), COT_OK);
	cot_secret_free(&secret);
}

static void put_good_files(struct bench *b)
{
	const struct sim_artifact *a = sim_secondary_artifact(b->s, "a-1.bin");

	put(b->path[RECORD], b->s->record, strlen(b->s->record));
	put_key(b->path[KEY], SIM_SECONDARY_KEY, "");
	put(b->path[IMAGE], a->bytes, a->len);
}

static int setup(void **state)
{
	static const char *const names[NAMES] = { "record", "key", "image", "flash", "flash.new" };
	struct bench *b = calloc(1, sizeof(*b));
	size_t i;

	assert_non_null(b);
	assert_int_equal(cot_crypto_init(), COT_OK);
	b->w = sim_world_new();
	b->s = sim_secondary_new(b->w, &sim_flash_posix);
	assert_true(sim_folder_new("factory", b->folder));
	for (i = 0; i < NAMES; i++)
		snprintf(b->path[i], sizeof(b->path[i]), "%s/%s", b->folder, names[i]);
	b->factory = (struct posix_factory){ b->path[FLASH], b->path[RECORD], b->path[KEY],
	                                     b->path[IMAGE], NULL, 64 * 1024, false };
	put_good_files(b);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;
	size_t i;

	for (i = 0; i < NAMES; i++)
		(void)unlink(b->path[i]);
	assert_int_equal(rmdir(b->folder), 0);
	sim_secondary_free(b->s);
	sim_world_free(b->w);
	free(b);
	return 0;
}

static void expect(struct bench *b, enum cot_err err, enum name about)
{
	const char *what = NULL;
	enum cot_err got = posix_factory_run(&b->factory, &what);

	if (got != err)
		fail_msg("%s instead of %s", cot_err_word(got), cot_err_word(err));
	assert_string_equal(what, b->path[about]);
}

/* Refused, about that file; no flash is there.  With good files it works at once. */
static void refused(struct bench *b, enum cot_err err, enum name about)
{
	expect(b, err, about);
	assert_int_equal(access(b->path[FLASH], F_OK), -1);
	assert_int_equal(access(b->path[TEMP], F_OK), -1);
	put_good_files(b);
	b->factory.slot_size = 64 * 1024;
	expect(b, COT_OK, FLASH);
	assert_int_equal(unlink(b->path[FLASH]), 0);
}

/* What was made boots the image and reports by the ECU's own key. */
static void flash_boots(void **state)
{
	static struct posix_board board;
	static struct cot_sec node;
	struct bench *b = *state;
	const struct sim_artifact *a = sim_secondary_artifact(b->s, "a-1.bin");
	uint8_t sig[COT_MAX_SIG_LEN], ours[COT_MAX_SIG_LEN], first[64];
	struct cot_boot boot;
	size_t len;

	expect(b, COT_OK, FLASH);
	assert_int_equal(posix_flash_open(&board.flash, b->path[FLASH]), COT_OK);
	posix_board_init(&board);
	assert_int_equal(cot_sec_init(&node, &board.port, 0), COT_OK);
	assert_int_equal(cot_sec_boot(&node, &boot), COT_OK);
	assert_true(boot.image);
	assert_false(boot.trial);
	assert_int_equal(boot.slot, 0);
	assert_int_equal(node.store.state.component[0].counter, 1);
	assert_int_equal(board.flash.flash.read(&board.flash, COT_REGION_SLOT_A, 0, first,
	                                        sizeof(first)), COT_OK);
	assert_memory_equal(first, a->bytes, sizeof(first));
	assert_int_equal(board.port.sign_report(&board, 0, COT_SLICE("body"), sig, &len), COT_OK);
	assert_int_equal(sim_key_sign(SIM_SECONDARY_KEY, COT_SLICE("body"), ours), len);
	assert_memory_equal(sig, ours, len);
	posix_flash_close(&board.flash);
}

static void missing_files_are_told(void **state)
{
	struct bench *b = *state;

	assert_int_equal(unlink(b->path[RECORD]), 0);
	refused(b, COT_E_NO_INPUT, RECORD);
	assert_int_equal(unlink(b->path[KEY]), 0);
	refused(b, COT_E_NO_INPUT, KEY);
	assert_int_equal(unlink(b->path[IMAGE]), 0);
	refused(b, COT_E_NO_INPUT, IMAGE);
}

static void record_must_be_signed(void **state)
{
	struct bench *b = *state;
	size_t len = strlen(b->s->record);
	char *copy = strdup(b->s->record);
	char *at = strstr(copy, "\"hw-a\"");

	assert_non_null(at);
	at[4] = 'b'; /* another hardware than was signed */
	put(b->path[RECORD], copy, len);
	refused(b, COT_E_SIG_THRESHOLD, RECORD);
	put(b->path[RECORD], b->s->record, len - 1);
	refused(b, COT_E_TRUNCATED, RECORD);
	free(copy);
}

static void key_must_be_the_one_named(void **state)
{
	struct bench *b = *state;

	put_key(b->path[KEY], SIM_SECONDARY_KEY + 1, "");
	refused(b, COT_E_KEY_NOT_LISTED, KEY);
	put_key(b->path[KEY], SIM_SECONDARY_KEY, "secret");
	refused(b, COT_E_PASSPHRASE, KEY);
}

static void image_must_be_the_one_named(void **state)
{
	struct bench *b = *state;
	const struct sim_artifact *a = sim_secondary_artifact(b->s, "a-1.bin");
	uint8_t *copy = malloc(a->len + 1);

	assert_non_null(copy);
	memcpy(copy, a->bytes, a->len);
	copy[a->len] = 0;
	put(b->path[IMAGE], copy, a->len + 1);
	refused(b, COT_E_LENGTH_MISMATCH, IMAGE);
	put(b->path[IMAGE], copy, a->len - 1);
	refused(b, COT_E_LENGTH_MISMATCH, IMAGE);
	copy[a->len / 2] ^= 1;
	put(b->path[IMAGE], copy, a->len);
	refused(b, COT_E_HASH_MISMATCH, IMAGE);
	free(copy);
}

static void image_must_fit_its_slot(void **state)
{
	struct bench *b = *state;

	b->factory.slot_size = 4 * posix_layout_posix.page;
	refused(b, COT_E_SLOT_SIZE, FLASH);
}

/* ---- a part that runs its images -------------------------------------------------------- */

static uint32_t stack, entry;

static void put_word(uint8_t *to, uint32_t value)
{
	int i;

	for (i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

static void image_with_start(const struct sim_artifact *a)
{
	uint8_t words[8];

	sim_backend.image(a);
	put_word(words, stack);
	put_word(words + 4, entry);
	memcpy(a->bytes, words, a->len < sizeof(words) ? a->len : sizeof(words));
}

/* The files of an ECU whose factory image has so many bytes and begins with these words. */
static void put_files_of(struct bench *b, size_t len, uint32_t first, uint32_t second)
{
	static struct sim_secondary_backend backend;

	sim_secondary_free(b->s);
	backend = sim_backend;
	backend.image = image_with_start;
	backend.image_len = len;
	stack = first;
	entry = second;
	b->s = sim_secondary_open(b->w, &backend);
	put_good_files(b);
}

static void assert_nothing_made(const struct bench *b)
{
	assert_int_equal(access(b->path[FLASH], F_OK), -1);
	assert_int_equal(access(b->path[TEMP], F_OK), -1);
}

#define RAM_END (MPS2_APP_RAM + MPS2_APP_RAM_LEN)

/* By the loader's own rule; a process takes them all. */
static void image_must_start_as_its_part_wants(void **state)
{
	static const struct {
		uint32_t stack, entry;
		enum cot_err want;
	} rows[] = {
		{ RAM_END, MPS2_RUN + 9, COT_OK },
		{ MPS2_APP_RAM + 32, MPS2_RUN + 1, COT_OK },
		{ RAM_END, MPS2_RUN + MPS2_RUN_LEN - 1, COT_OK },
		{ RAM_END + 8, MPS2_RUN + 9, COT_E_HWID },
		{ RAM_END - 4, MPS2_RUN + 9, COT_E_HWID },
		{ MPS2_APP_RAM + 24, MPS2_RUN + 9, COT_E_HWID },
		{ MPS2_APP_RAM, MPS2_RUN + 9, COT_E_HWID },
		{ 0, MPS2_RUN + 9, COT_E_HWID },
		{ MPS2_LOADER_RAM + 0x2000u, MPS2_RUN + 9, COT_E_HWID },
		{ UINT32_MAX, UINT32_MAX, COT_E_HWID },
		{ RAM_END, MPS2_RUN + 8, COT_E_HWID },
		{ RAM_END, MPS2_RUN - 1, COT_E_HWID },
		{ RAM_END, MPS2_RUN + MPS2_RUN_LEN + 1, COT_E_HWID },
		{ RAM_END, 1, COT_E_HWID },
		{ RAM_END, MPS2_APP_RAM + 1, COT_E_HWID },
		{ MPS2_RUN + 9, RAM_END, COT_E_HWID }, /* the other way round */
		{ 0x54544f43u, 0x442d5245u, COT_E_HWID } /* text */
	};
	struct bench *b = *state;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(mps2_check_image(rows[i].stack, rows[i].entry) == COT_OK,
		                 rows[i].want == COT_OK);
		put_files_of(b, 0, rows[i].stack, rows[i].entry);
		b->factory.layout = &posix_layout_mps2;
		b->factory.slot_size = 0;
		expect(b, rows[i].want, rows[i].want == COT_OK ? FLASH : IMAGE);
		if (rows[i].want == COT_OK)
			assert_int_equal(unlink(b->path[FLASH]), 0);
		assert_nothing_made(b);
		b->factory.layout = NULL;
		expect(b, COT_OK, FLASH);
		assert_int_equal(unlink(b->path[FLASH]), 0);
	}
}

/* Shorter than its own start, which would be read from behind it. */
static void image_must_have_a_start(void **state)
{
	struct bench *b = *state;

	b->factory.layout = &posix_layout_mps2;
	b->factory.slot_size = 0;
	put_files_of(b, 7, RAM_END, MPS2_RUN + 9);
	expect(b, COT_E_HWID, IMAGE);
	assert_nothing_made(b);
	put_files_of(b, 8, RAM_END, MPS2_RUN + 9);
	expect(b, COT_OK, FLASH);
}

/* Somebody's flash is not overwritten unless that is asked for; nor then, if what
 * would take its place is refused. */
static void existing_flash_is_kept(void **state)
{
	struct bench *b = *state;
	static struct posix_flash flash;
	uint8_t bytes[8];
	size_t len;

	put(b->path[FLASH], "mine", 4);
	expect(b, COT_E_EXISTS, FLASH);
	b->factory.force = true;
	put_key(b->path[KEY], SIM_SECONDARY_KEY + 1, "");
	expect(b, COT_E_KEY_NOT_LISTED, KEY);
	b->factory.slot_size = 4 * posix_layout_posix.page;
	put_good_files(b);
	expect(b, COT_E_SLOT_SIZE, FLASH);
	assert_int_equal(access(b->path[TEMP], F_OK), -1);
	assert_int_equal(cot_file_read(b->path[FLASH], false, bytes, sizeof(bytes), &len), COT_OK);
	assert_int_equal(len, 4);
	assert_memory_equal(bytes, "mine", 4);
	b->factory.slot_size = 64 * 1024;
	expect(b, COT_OK, FLASH);
	assert_int_equal(posix_flash_open(&flash, b->path[FLASH]), COT_OK);
	posix_flash_close(&flash);
}

/* What `cotter-ecu --help` lists is what --part takes. */
static void parts_are_listed(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; posix_layout_at(i); i++)
		assert_ptr_equal(posix_layout_find(posix_layout_at(i)->part), posix_layout_at(i));
	assert_true(i >= 2);
	assert_null(posix_layout_at(i + 1));
	assert_null(posix_layout_find("nobody's"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(flash_boots),
		TEST(missing_files_are_told),
		TEST(record_must_be_signed),
		TEST(key_must_be_the_one_named),
		TEST(image_must_be_the_one_named),
		TEST(image_must_fit_its_slot),
		TEST(image_must_start_as_its_part_wants),
		TEST(image_must_have_a_start),
		TEST(existing_flash_is_kept),
		TEST(parts_are_listed),
	};

	return cmocka_run_group_tests_name("secondary_ports_posix_factory", tests, NULL, NULL);
}
