/* SPDX-License-Identifier: Apache-2.0
 *
 * A signed application that attacks its loader.  Each attack ends in a fault that is
 * told with its place and cause, in the exact refusal, or in nothing; and flash is
 * byte for byte what it was.
 *
 * The first image of the node is hostile (secondary/ports/mps2/app/hostile.c) and
 * confirmed.  Its steps are written into it before it is signed, and it does each once.
 */
#include "tests/metal/backend.h"

#include "secondary/ports/mps2/app/hostile.h"
#include "secondary/ports/mps2/guard.h"
#include "secondary/ports/mps2/layout.h"
#include "secondary/ports/mps2/service.h"

#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STEP_MS 120000
#define LISTEN_MS 100
#define RAM MPS2_APP_RAM
#define RAM_END (MPS2_APP_RAM + MPS2_APP_RAM_LEN)
#define BUF (RAM + 0x8000u) /* the application itself uses the first 8 KB */
#define RUN_END (MPS2_RUN + MPS2_RUN_LEN)
#define KEY (MPS2_FLASH + MPS2_AT_IDENTITY + MPS2_AT_KEY + MPS2_KEY_SECRET)
#define STATE (MPS2_FLASH + MPS2_AT_STATE)
#define CONSOLE 0x40005000u
#define WATCHDOG 0x40008000u
#define WATCHDOG_UNLOCK 0x1ACCE551u

/* What follows the announcement of a step. */
#define ANSWERS(value) "app: answer " value "\n*"
#define DENIED "fault at 2000???? status 00000082\n*"     /* a data access, with its address */
#define BUS_FAULT "fault at 2000???? status 00008200\n*"  /* a system register */
#define NO_EXECUTE(at) "fault at " at " status 00000001\n*"
#define USAGE(status) "fault at 2000???? status " status "\n*"
#define STACKING(status) "fault at -------- status " status "\n*"
#define OK ANSWERS("00000000")
#define ARGUMENT ANSWERS("ffffffff")
#define BUFFER ANSWERS("fffffffd")
#define BUSY ANSWERS("fffffffb")
#define NOT_FOUND ANSWERS("fffffff6")
#define FLASH ANSWERS("ffffffad")
#define HONEST "*"

struct attack {
	const char *name;
	struct hostile_step step;
	const char *want;
};

#define STAYS "stays in the loader: three crashes in a row\n"

struct bench {
	struct sim_world *w;
	struct sim_secondary *s;
	uint8_t *before; /* flash, whole */
	unsigned sent_on;
	const char *const *args; /* of QEMU; NULL: none */
};

/* ---- the hostile image ---------------------------------------------------------------- */

static struct hostile_config script;
static const struct attack *scripted[HOSTILE_STEPS];
static bool born_hostile;

static void add(const struct attack *attacks, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		assert_true(script.count < HOSTILE_STEPS);
		scripted[script.count] = &attacks[i];
		script.step[script.count++] = attacks[i].step;
	}
}
#define ADD(attacks) add(attacks, sizeof(attacks) / sizeof((attacks)[0]))

static void image(const struct sim_artifact *a)
{
	struct sim_artifact as = *a;
	uint8_t *at;

	if (strcmp(a->name, "a-1.bin") == 0 && born_hostile)
		snprintf(as.name, sizeof(as.name), "a-hostile.bin");
	metal_backend.image(&as);
	at = memmem(a->bytes, a->len, script.magic, sizeof(script.magic));
	if (at)
		memcpy(at, &script, sizeof(script));
}

static int begin(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	memset(&script, 0, sizeof(script));
	memcpy(script.magic, HOSTILE_MAGIC, sizeof(HOSTILE_MAGIC));
	b->w = sim_world_new();
	*state = b;
	return 0;
}

static int end(void **state)
{
	struct bench *b = *state;

	free(b->before);
	sim_secondary_free(b->s);
	sim_world_free(b->w);
	free(b);
	return 0;
}

/* The bytes that an image of that name will have; static. */
static struct cot_slice image_to_come(const char *name)
{
	static uint8_t bytes[METAL_IMAGE_LEN];
	struct sim_artifact a = { .bytes = bytes, .len = sizeof(bytes) };

	snprintf(a.name, sizeof(a.name), "%s", name);
	metal_backend.image(&a);
	return cot_slice(bytes, sizeof(bytes));
}

static struct bench *now_born;

/* The first power on of its life is the last time that its flash is known. */
static void reset(struct sim_secondary *s, bool programming)
{
	size_t i;

	if (!now_born->before)
		now_born->before = metal_backend.save(s);
	for (i = 0; now_born->args && now_born->args[i]; i++)
		metal_of(s)->config.args[i] = now_born->args[i];
	metal_backend.reset(s, programming);
}

/* After the script was written. */
static void power(struct bench *b, bool hostile)
{
	static struct sim_secondary_backend backend;

	born_hostile = hostile;
	now_born = b;
	backend = metal_backend;
	backend.image = image;
	backend.reset = reset;
	b->s = sim_secondary_open(b->w, &backend);
	assert_non_null(b->before);
}

static const char *console(const struct bench *b)
{
	return metal_of(b->s)->console ? metal_of(b->s)->console : "";
}

/* ---- what is left --------------------------------------------------------------------- */

static void assert_flash(struct bench *b, size_t from, size_t len, const char *step)
{
	uint8_t *now = b->s->backend->save(b->s);
	size_t i;

	for (i = from; i < from + len && now[i] == b->before[i]; i++) {
	}
	free(now);
	if (i < from + len)
		fail_msg("%s: flash differs at offset 0x%zx\n%s", step, i, console(b));
}

/* From the header to the seed pages. */
static void assert_flash_whole(struct bench *b, const char *step)
{
	assert_flash(b, 0, MPS2_AT_SEED + MPS2_SEED_LEN, step);
}

/* What an application cannot have changed in any way: not documents, not slots, not the
 * identity with its key. */
static void assert_flash_trusted(struct bench *b, const char *step)
{
	assert_flash(b, 0, MPS2_AT_STATE, step);
	assert_flash(b, MPS2_AT_DOC_A, MPS2_AT_SEED - MPS2_AT_DOC_A, step);
}

/* No four bytes of secret or seed stand on the console as a word. */
static void assert_nothing_leaked(struct bench *b)
{
	uint8_t key[MPS2_KEY_LEN];
	char word[9];
	size_t i;

	sim_secondary_read(b->s, COT_REGION_IDENTITY, MPS2_AT_KEY, key, sizeof(key));
	for (i = MPS2_KEY_SECRET; i + 4 <= sizeof(key); i++) {
		snprintf(word, sizeof(word), "%02x%02x%02x%02x", key[i + 3], key[i + 2], key[i + 1],
		         key[i]);
		if (strcmp(word, "00000000") != 0)
			assert_null(strstr(console(b), word));
	}
}

/* ---- one step after the other --------------------------------------------------------- */

/* After three faults in a row the loader stays for a while, if nobody sends it on. */
static void send_on(struct bench *b)
{
	if (metal_said(b->s, STAYS) == b->sent_on)
		return;
	b->sent_on++;
	assert_int_equal(sim_secondary_hard_reset(b->s), COT_OK);
}

/* Until the step after this one is announced, or the end. */
static void hear_step(struct bench *b, uint32_t n)
{
	char next[40];
	int waited;

	snprintf(next, sizeof(next), "app: attack %08x\n", n + 1);
	if (n + 1 == script.count)
		snprintf(next, sizeof(next), "app: done\n");
	for (waited = 0; !metal_hear(b->s, next, 1, LISTEN_MS); waited += LISTEN_MS) {
		if (waited >= STEP_MS)
			fail_msg("%s: it did not go on\n%s", scripted[n]->name, console(b));
		send_on(b);
	}
}

static void check_step(struct bench *b, uint32_t n)
{
	char mark[40], *section, *stop;

	snprintf(mark, sizeof(mark), "app: attack %08x\n", n);
	section = strstr(console(b), mark);
	assert_non_null(section);
	section = strdup(section + strlen(mark));
	assert_non_null(section);
	stop = strstr(section, "app: attack");
	if (stop)
		*stop = '\0';
	if (strstr(section, "got through") || fnmatch(scripted[n]->want, section, 0) != 0)
		fail_msg("%s: wanted %s, got\n%s", scripted[n]->name, scripted[n]->want, section);
	free(section);
}

static void run_steps(struct bench *b, void (*check_flash)(struct bench *b, const char *step))
{
	uint32_t n;

	for (n = 0; n < script.count; n++) {
		hear_step(b, n);
		check_step(b, n);
		check_flash(b, scripted[n]->name);
	}
	assert_nothing_leaked(b);
}

static void assert_update(struct bench *b, const char *name, uint64_t counter)
{
	sim_secondary_release(b->s, name, counter);
	assert_int_equal(sim_secondary_update(b->s, name), COT_OK);
	assert_true(sim_secondary_runs(b->s, name));
}

/* ---- the attacks ---------------------------------------------------------------------- */

static const struct attack system_registers[] = {
	{ "MPU_CTRL off", { HOSTILE_STORE32, .a = 0xE000ED94u }, BUS_FAULT },
	{ "MPU_RNR", { HOSTILE_STORE32, .a = 0xE000ED98u, .b = 1 }, BUS_FAULT },
	{ "MPU_RBAR", { HOSTILE_STORE32, .a = 0xE000ED9Cu, .b = MPS2_FLASH | 0x17 }, BUS_FAULT },
	{ "MPU_RASR", { HOSTILE_STORE32, .a = 0xE000EDA0u, .b = 0x03060030u }, BUS_FAULT },
	{ "MPU_TYPE read", { HOSTILE_LOAD32, .a = 0xE000ED90u }, BUS_FAULT },
	{ "VTOR", { HOSTILE_STORE32, .a = 0xE000ED08u, .b = BUF }, BUS_FAULT },
	{ "AIRCR reset", { HOSTILE_STORE32, .a = 0xE000ED0Cu, .b = 0x05FA0004u }, BUS_FAULT },
	{ "SHCSR", { HOSTILE_STORE32, .a = 0xE000ED24u }, BUS_FAULT },
	{ "CCR", { HOSTILE_STORE32, .a = 0xE000ED14u, .b = 2 }, BUS_FAULT },
	{ "CFSR cleared", { HOSTILE_STORE32, .a = 0xE000ED28u, .b = UINT32_MAX }, BUS_FAULT },
	{ "ICSR pends PendSV", { HOSTILE_STORE32, .a = 0xE000ED04u, .b = 1u << 28 }, BUS_FAULT },
	{ "ICSR pends NMI", { HOSTILE_STORE32, .a = 0xE000ED04u, .b = 1u << 31 }, BUS_FAULT },
	{ "STIR", { HOSTILE_STORE32, .a = 0xE000EF00u, .b = 1 }, BUS_FAULT },
	{ "SysTick", { HOSTILE_STORE32, .a = 0xE000E010u, .b = 7 }, BUS_FAULT },
	{ "NVIC enable", { HOSTILE_STORE32, .a = 0xE000E100u, .b = UINT32_MAX }, BUS_FAULT },
	{ "NVIC pend", { HOSTILE_STORE32, .a = 0xE000E200u, .b = UINT32_MAX }, BUS_FAULT },
	{ "priority of SVC", { HOSTILE_STORE32, .a = 0xE000ED1Cu, .b = UINT32_MAX }, BUS_FAULT },
	{ "DEMCR", { HOSTILE_STORE32, .a = 0xE000EDFCu, .b = 1u << 16 }, BUS_FAULT },
	{ "breakpoint unit", { HOSTILE_STORE32, .a = 0xE0002000u, .b = 3 }, BUS_FAULT },
	{ "a byte of MPU_CTRL", { HOSTILE_STORE8, .a = 0xE000ED94u }, BUS_FAULT },
	{ "every way to privilege", { .attack = HOSTILE_PRIVILEGE }, ANSWERS("00000003") },
	{ "and MPU_CTRL again", { HOSTILE_STORE32, .a = 0xE000ED94u }, BUS_FAULT }
};

#define FLASH_AT(offset) (MPS2_FLASH + (offset))
static const struct attack flash_cells[] = {
	{ "header", { HOSTILE_STORE32, .a = MPS2_FLASH }, DENIED },
	{ "state", { HOSTILE_STORE32, .a = STATE }, DENIED },
	{ "state, a byte", { HOSTILE_STORE8, .a = STATE + 1 }, DENIED },
	{ "state, exclusive", { HOSTILE_STORE_EXCLUSIVE, .a = STATE }, DENIED },
	{ "state, last word",
	  { HOSTILE_STORE32, .a = FLASH_AT(MPS2_AT_APP - 4) }, DENIED },
	{ "its own page", { HOSTILE_STORE32, .a = FLASH_AT(MPS2_AT_APP) }, DENIED },
	{ "documents A", { HOSTILE_STORE32, .a = FLASH_AT(MPS2_AT_DOC_A) }, DENIED },
	{ "documents B", { HOSTILE_STORE32, .a = FLASH_AT(MPS2_AT_DOC_B) }, DENIED },
	{ "slot A", { HOSTILE_STORE32, .a = FLASH_AT(MPS2_AT_SLOT_A) }, DENIED },
	{ "slot B", { HOSTILE_STORE32, .a = FLASH_AT(MPS2_AT_SLOT_B) }, DENIED },
	{ "identity", { HOSTILE_STORE32, .a = FLASH_AT(MPS2_AT_IDENTITY) }, DENIED },
	{ "key", { HOSTILE_STORE32, .a = KEY }, DENIED },
	{ "seed", { HOSTILE_STORE32, .a = FLASH_AT(MPS2_AT_SEED) }, DENIED },
	{ "second seed page", { HOSTILE_STORE32, .a = FLASH_AT(MPS2_AT_SEED + MPS2_PAGE) },
	  DENIED },
	{ "last word of flash", { HOSTILE_STORE32, .a = FLASH_AT(MPS2_FLASH_LEN - 4) }, DENIED },
	{ "key read", { HOSTILE_LOAD32, .a = KEY }, DENIED },
	{ "key read, a byte", { HOSTILE_LOAD8, .a = KEY + 3 }, DENIED },
	{ "key read, unaligned", { HOSTILE_LOAD32, .a = KEY + 1 }, DENIED },
	{ "key read, two words", { HOSTILE_LOAD_PAIR, .a = KEY }, DENIED },
	{ "key read, as a jump table", { HOSTILE_TABLE, .a = KEY }, DENIED },
	{ "key executed", { HOSTILE_BRANCH, .a = KEY | 1 }, NO_EXECUTE("2106????") },
	{ "factory seed read", { HOSTILE_LOAD32, .a = KEY - MPS2_KEY_SECRET + MPS2_KEY_SEED },
	  DENIED },
	{ "state read", { HOSTILE_LOAD32, .a = STATE }, DENIED },
	{ "slot executed", { HOSTILE_BRANCH, .a = FLASH_AT(MPS2_AT_SLOT_B) | 1 },
	  NO_EXECUTE("2103????") }
};

static const struct attack loader_memory[] = {
	{ "loader code read", { HOSTILE_LOAD32, .a = 0x400 }, DENIED },
	{ "vector table read", { HOSTILE_LOAD32, .a = 0 }, DENIED },
	{ "vector table", { HOSTILE_STORE32, .a = 44, .b = BUF | 1 }, DENIED },
	{ "loader code", { HOSTILE_STORE32, .a = 0x400 }, DENIED },
	{ "loader code, mirrored", { HOSTILE_STORE32, .a = 0x00400400u }, DENIED },
	{ "loader code executed", { HOSTILE_BRANCH, .a = 0x401 }, NO_EXECUTE("00000400") },
	{ "loader start executed", { HOSTILE_BRANCH, .a = 1 }, NO_EXECUTE("00000000") },
	{ "loader RAM read", { HOSTILE_LOAD32, .a = MPS2_LOADER_RAM + 0x4000 }, DENIED },
	{ "loader RAM", { HOSTILE_STORE32, .a = MPS2_LOADER_RAM + 0x4000 }, DENIED },
	{ "loader stack", { HOSTILE_STORE32, .a = MPS2_LOADER_RAM + 0x1FFC }, DENIED },
	{ "loader RAM, mirrored", { HOSTILE_STORE32, .a = 0x20604000u }, DENIED },
	{ "loader RAM executed", { HOSTILE_BRANCH, .a = MPS2_LOADER_RAM | 1 },
	  NO_EXECUTE("20200000") },
	{ "below the loader's stack", { HOSTILE_STORE32, .a = MPS2_LOADER_RAM - 4 }, DENIED },
	{ "its own code", { HOSTILE_STORE32, .a = MPS2_RUN }, DENIED },
	{ "its own code, by bits", { HOSTILE_STORE32, .a = 0x22000000u, .b = 1 }, DENIED },
	{ "end of the run region", { HOSTILE_STORE8, .a = RUN_END - 1 }, DENIED },
	{ "into the run region from its RAM", { HOSTILE_STORE32, .a = RAM - 2, .b = UINT32_MAX },
	  DENIED },
	{ "its RAM executed", { HOSTILE_BRANCH, .a = BUF | 1 }, NO_EXECUTE("20088000") },
	{ "past its RAM", { HOSTILE_STORE8, .a = RAM_END }, DENIED },
	{ "out of its RAM", { HOSTILE_STORE32, .a = RAM_END - 2 }, DENIED },
	{ "out of its RAM, read", { HOSTILE_LOAD32, .a = RAM_END - 1 }, DENIED },
	{ "where nothing is", { HOSTILE_STORE32, .a = 0x60000000u }, DENIED }
};

static const struct attack devices[] = {
	{ "bus: a byte sent", { HOSTILE_STORE32, .a = 0x40004000u, .b = 0x7E }, DENIED },
	{ "bus: a byte taken", { HOSTILE_LOAD32, .a = 0x40004000u }, DENIED },
	{ "bus: off", { HOSTILE_STORE32, .a = 0x40004008u }, DENIED },
	{ "bus: off, by bits", { HOSTILE_STORE32, .a = 0x42080100u }, DENIED },
	{ "clock stopped", { HOSTILE_STORE32, .a = 0x40002008u }, DENIED },
	{ "clock set", { HOSTILE_STORE32, .a = 0x40002000u }, DENIED },
	{ "watchdog unlocked", { HOSTILE_STORE32, .a = WATCHDOG + 0xC00u, .b = WATCHDOG_UNLOCK },
	  DENIED },
	{ "watchdog off", { HOSTILE_STORE32, .a = WATCHDOG + 8 }, DENIED },
	{ "watchdog off, by bits", { HOSTILE_STORE32, .a = 0x42100100u }, DENIED },
	{ "watchdog fed", { HOSTILE_STORE32, .a = WATCHDOG + 0xCu, .b = 1 }, DENIED },
	{ "board control", { HOSTILE_STORE32, .a = 0x4002F000u, .b = 1 }, DENIED },
	{ "network", { HOSTILE_STORE32, .a = 0x40200020u, .b = 1 }, DENIED },
	{ "console executed", { HOSTILE_BRANCH, .a = CONSOLE | 1 }, NO_EXECUTE("40005000") },
	{ "console dead at a fault", { .attack = HOSTILE_MUTE },
	  "*ecu ECU-A: boots slot A\napp: hostile\n*" }
};

/* With the frame of the exception over the key, or wherever the loader could be fooled. */
#define CALLS_ON(stack) { HOSTILE_CALL_ON, MPS2_SVC_HANDED, BUF, 0, 0, (stack) }
static const struct attack stacks[] = {
	{ "call on the key", CALLS_ON(KEY + 8), STACKING("00000010") },
	{ "call on the key's page", CALLS_ON(KEY + 64), STACKING("00000010") },
	{ "call on the state", CALLS_ON(STATE + 64), STACKING("00000010") },
	{ "call on the loader's RAM", CALLS_ON(MPS2_LOADER_RAM + 0x4000), STACKING("00000010") },
	{ "call on the loader's stack", CALLS_ON(MPS2_LOADER_RAM + 0x2000), STACKING("00000010") },
	{ "call on the loader's code", CALLS_ON(0x400), STACKING("00000010") },
	{ "call on no stack", CALLS_ON(0x20), STACKING("00000010") },
	{ "call on its code", CALLS_ON(MPS2_RUN + 0x400), STACKING("00000010") },
	{ "call at the bottom of its RAM", CALLS_ON(RAM), STACKING("00000010") },
	{ "call across the bottom of its RAM", CALLS_ON(RAM + 16), STACKING("00000010") },
	{ "call above its RAM", CALLS_ON(RAM_END + 32), STACKING("00000010") },
	{ "call across the top of its RAM", CALLS_ON(RAM_END + 16), STACKING("00000010") },
	{ "call on the end of memory", CALLS_ON(0xFFFFFFF0u), STACKING("000000?0") },
	{ "call on the console", CALLS_ON(CONSOLE + 0x800), STACKING("00000000") },
	{ "call on the lowest stack", CALLS_ON(RAM + 32), NOT_FOUND },
	{ "call on the highest stack", CALLS_ON(RAM_END), NOT_FOUND },
	{ "call on half a stack line", CALLS_ON(BUF + 0x404), NOT_FOUND },
	{ "call on an odd stack", CALLS_ON(BUF + 0x403), NOT_FOUND },
	{ "fault on the key", { HOSTILE_FAULT_ON, .a = KEY + 8 }, STACKING("00010010") },
	{ "fault on the loader's RAM", { HOSTILE_FAULT_ON, .a = MPS2_LOADER_RAM + 0x4000 },
	  STACKING("00010010") },
	{ "fault on no stack", { HOSTILE_FAULT_ON, .a = 0x20 }, STACKING("00010010") },
	{ "fault on the console", { HOSTILE_FAULT_ON, .a = CONSOLE + 0x800 },
	  STACKING("00010000") },
	{ "hangs on the key", { HOSTILE_HANG_ON, .a = KEY + 8 },
	  "watchdog at -------- status 00000010\n*" },
	{ "hangs", { HOSTILE_HANG_ON, .a = BUF }, "watchdog at 2000???? status 00000000\n*" },
	{ "sleeps", { .attack = HOSTILE_SLEEP }, "watchdog at 2000???? status 00000000\n*" }
};

static const struct attack instructions[] = {
	{ "exception return to handler mode", { HOSTILE_BRANCH, .a = 0xFFFFFFF1u },
	  NO_EXECUTE("fffffff0") },
	{ "exception return to the loader", { HOSTILE_BRANCH, .a = 0xFFFFFFF9u },
	  NO_EXECUTE("fffffff8") },
	{ "exception return to itself", { HOSTILE_BRANCH, .a = MPS2_FROM_APP },
	  NO_EXECUTE("fffffffc") },
	{ "ARM state", { HOSTILE_BRANCH, .a = MPS2_RUN + 8 }, USAGE("00020000") },
	{ "debugger's call", { .attack = HOSTILE_BREAKPOINT }, USAGE("00000000") },
	{ "coprocessor", { .attack = HOSTILE_COPROCESSOR }, USAGE("00080000") },
	{ "unaligned", { HOSTILE_UNALIGNED, .a = BUF }, USAGE("01000000") }
};

#define FIRST_FOUR(a, b, c, d, ...) a, b, c, d
#define CALLS(...) { HOSTILE_CALL, FIRST_FOUR(__VA_ARGS__, 0, 0, 0, 0), 0 }
static const struct attack numbers[] = {
	{ "poll", CALLS(MPS2_SVC_POLL, 1), OK },
	{ "poll with another yes", CALLS(MPS2_SVC_POLL, 0xFFFFFF01u), OK },
	{ "handed, not on trial", CALLS(MPS2_SVC_HANDED, BUF), NOT_FOUND },
	{ "handed, misaligned", CALLS(MPS2_SVC_HANDED, BUF + 1), NOT_FOUND },
	{ "service 0", CALLS(0), ARGUMENT },
	{ "service 6", CALLS(6), ARGUMENT },
	{ "service -1", CALLS(UINT32_MAX), ARGUMENT },
	{ "service 1 with a high bit", CALLS(0x80000001u), ARGUMENT },
	{ "program nothing", CALLS(MPS2_SVC_PROGRAM, 0, BUF, 0), ARGUMENT },
	{ "program part of a unit", CALLS(MPS2_SVC_PROGRAM, 0, BUF, 4), ARGUMENT },
	{ "program off a unit", CALLS(MPS2_SVC_PROGRAM, 4, BUF, 8), ARGUMENT },
	{ "program after the page", CALLS(MPS2_SVC_PROGRAM, MPS2_APP_LEN, BUF, 8), ARGUMENT },
	{ "program across the page", CALLS(MPS2_SVC_PROGRAM, MPS2_APP_LEN - 8, BUF, 16), ARGUMENT },
	{ "program the state", CALLS(MPS2_SVC_PROGRAM, 0u - MPS2_STATE_LEN, BUF, 8), ARGUMENT },
	{ "program slot B", CALLS(MPS2_SVC_PROGRAM, MPS2_AT_SLOT_B - MPS2_AT_APP, BUF, 8),
	  ARGUMENT },
	{ "program the end", CALLS(MPS2_SVC_PROGRAM, UINT32_MAX - 7, BUF, 8), ARGUMENT },
	{ "program all there is", CALLS(MPS2_SVC_PROGRAM, 0, RAM, UINT32_MAX - 7), ARGUMENT },
	{ "report into all there is", CALLS(MPS2_SVC_REPORT, RAM, UINT32_MAX, BUF), ARGUMENT },
	{ "report around the end", CALLS(MPS2_SVC_REPORT, BUF, 0u - BUF + RAM + 8, BUF), ARGUMENT }
};

/* Each service that takes memory, with memory that is not the application's. */
static const uint32_t not_its_own[] = {
	KEY, STATE, MPS2_FLASH, FLASH_AT(MPS2_AT_APP), 0, MPS2_LOADER_RAM + 0x4000,
	MPS2_RUN, RAM - 1, RAM_END - 3, RAM_END, 0xFFFFFFF0u, UINT32_MAX, CONSOLE
};
#define NOT_ITS_OWN (sizeof(not_its_own) / sizeof(not_its_own[0]))

static const struct attack takes_memory[] = {
	{ "handed", CALLS(MPS2_SVC_HANDED, 0), ARGUMENT },
	{ "program from", CALLS(MPS2_SVC_PROGRAM, 0, 0, 64), ARGUMENT },
	{ "report into", CALLS(MPS2_SVC_REPORT, 0, 2048, BUF), ARGUMENT },
	{ "report's length into", CALLS(MPS2_SVC_REPORT, BUF, 2048, 0), ARGUMENT }
};
#define TAKES_MEMORY (sizeof(takes_memory) / sizeof(takes_memory[0]))

static void add_pointers(void)
{
	static struct attack attacks[TAKES_MEMORY * NOT_ITS_OWN];
	static char names[TAKES_MEMORY * NOT_ITS_OWN][48];
	size_t i;

	for (i = 0; i < TAKES_MEMORY * NOT_ITS_OWN; i++) {
		const struct attack *service = &takes_memory[i / NOT_ITS_OWN];
		uint32_t at = not_its_own[i % NOT_ITS_OWN];

		attacks[i] = *service;
		snprintf(names[i], sizeof(names[i]), "%s 0x%x", service->name, at);
		attacks[i].name = names[i];
		switch (i / NOT_ITS_OWN) {
		case 1: attacks[i].step.c = at; break;
		case 3: attacks[i].step.d = at; break;
		default: attacks[i].step.b = at; break;
		}
	}
	ADD(attacks);
}

/* ---- tests ---------------------------------------------------------------------------- */

static void memory_and_registers_answer_with_a_fault(void **state)
{
	struct bench *b = *state;

	ADD(system_registers);
	ADD(flash_cells);
	ADD(loader_memory);
	ADD(devices);
	ADD(instructions);
	power(b, true);
	run_steps(b, assert_flash_whole);
	assert_update(b, "a-2.bin", 2);
}

static void calls_get_nothing_that_is_not_theirs(void **state)
{
	struct bench *b = *state;

	ADD(stacks);
	ADD(numbers);
	add_pointers();
	power(b, true);
	run_steps(b, assert_flash_whole);
	assert_update(b, "a-2.bin", 2);
}

/* Honest calls between the others, so that each refusal has a twin that is served. */
#define WAIT { HOSTILE_WAIT, .a = MPS2_REPORT_MS + 100 }
static const struct attack services[] = {
	{ "bytes to program", { HOSTILE_BLOB_TO, .a = BUF }, HONEST },
	{ "program", CALLS(MPS2_SVC_PROGRAM, 0, BUF, 64), OK },
	{ "program again", CALLS(MPS2_SVC_PROGRAM, 0, BUF, 64), FLASH },
	{ "program partly again", CALLS(MPS2_SVC_PROGRAM, 56, BUF, 64), FLASH },
	{ "program behind it", CALLS(MPS2_SVC_PROGRAM, 64, BUF, 8), OK },
	{ "bytes to the end", { HOSTILE_BLOB_TO, .a = RAM_END - 64 }, HONEST },
	{ "program the end, from the end",
	  CALLS(MPS2_SVC_PROGRAM, MPS2_APP_LEN - 64, RAM_END - 64, 64), OK },
	{ "wait", WAIT, HONEST },
	{ "report", CALLS(MPS2_SVC_REPORT, BUF, 2048, RAM_END - 4), OK },
	{ "report again", CALLS(MPS2_SVC_REPORT, BUF, 2048, RAM_END - 4), BUSY },
	{ "wait", WAIT, HONEST },
	{ "report into nothing", CALLS(MPS2_SVC_REPORT, RAM_END, 0, BUF), BUFFER },
	{ "wait", WAIT, HONEST },
	{ "report into too little", CALLS(MPS2_SVC_REPORT, BUF, 100, BUF + 100), BUFFER },
	{ "wait", WAIT, HONEST },
	{ "report over its length", CALLS(MPS2_SVC_REPORT, RAM_END - 2048, 2048, RAM_END - 2046),
	  OK },
	{ "wait", WAIT, HONEST },
	/* Text stands where the registers of the call were saved: none returns to it. */
	{ "report over its own call",
	  { HOSTILE_CALL_ON, MPS2_SVC_REPORT, BUF, 2048, RAM_END - 4, BUF + 64 },
	  "fault at * status *" }
};

/* It programs its own page, and reports use up their counters: no more than that. */
static void services_do_what_they_are_for(void **state)
{
	struct bench *b = *state;
	uint8_t page[MPS2_APP_LEN], want[MPS2_APP_LEN];
	struct cot_sec_state before, after;
	size_t i;

	for (i = 0; i < sizeof(script.blob); i++)
		script.blob[i] = (uint8_t)(i * 3 + 1);
	memset(want, 0xFF, sizeof(want));
	memcpy(want, script.blob, 64);
	memcpy(want + 64, script.blob, 8);
	memcpy(want + sizeof(want) - 64, script.blob, 64);
	ADD(services);
	power(b, true);
	sim_secondary_state(b->s, &before);
	run_steps(b, assert_flash_trusted);
	sim_secondary_read(b->s, COT_REGION_APP, 0, page, sizeof(page));
	assert_memory_equal(page, want, sizeof(want));
	sim_secondary_state(b->s, &after);
	assert_memory_equal(&after, &before, sizeof(after));
	/* A page full of its own does not keep the next image from confirming itself. */
	assert_update(b, "a-2.bin", 2);
}

/* ---- confirm records ------------------------------------------------------------------ */

/* The record that the next image would have to write, but for the number of its trial. */
static void forge(struct cot_slice image)
{
	struct cot_confirm forged = { .slot = 1 };

	memset(script.blob, 0xFF, sizeof(script.blob));
	cot_hash_once(&cot_crypto_full, COT_HASH_SHA256, image, forged.sha256);
	cot_confirm_encode(&forged, script.blob);
}

static const struct attack forged_record[] = {
	{ "record to program", { HOSTILE_BLOB_TO, .a = BUF }, HONEST },
	{ "record programmed", CALLS(MPS2_SVC_PROGRAM, 0, BUF, 64), OK }
};

static enum cot_sec_slot_state slot_state(struct bench *b, uint8_t slot)
{
	struct cot_sec_state state;

	sim_secondary_state(b->s, &state);
	return state.component[0].slot[slot].state;
}

static void to_the_trial(struct bench *b, const char *name)
{
	unsigned trials = metal_said(b->s, "boots slot B, on trial");

	assert_int_equal(sim_secondary_metadata(b->s), COT_OK);
	assert_int_equal(sim_secondary_install(b->s, name), COT_OK);
	assert_int_equal(sim_secondary_activate(b->s), COT_OK);
	assert_int_equal(sim_secondary_hard_reset(b->s), COT_OK);
	assert_true(metal_hear(b->s, "boots slot B, on trial", trials + 1, STEP_MS));
}

/* Three boots, and then the image in slot A. */
static void assert_reverted(struct bench *b)
{
	assert_true(metal_hear(b->s, "boots slot B, on trial", 3, STEP_MS));
	assert_true(metal_hear(b->s, "boots slot A\n", 2, STEP_MS));
	assert_int_equal(metal_said(b->s, "boots slot B"), 3);
	assert_int_equal(slot_state(b, 0), COT_SEC_SLOT_CONFIRMED);
	assert_int_equal(slot_state(b, 1), COT_SEC_SLOT_REVERTED);
}

static void a_record_written_before_the_trial_says_nothing(void **state)
{
	struct bench *b = *state;
	uint8_t there[HOSTILE_BLOB];

	ADD(forged_record);
	forge(image_to_come("b-unwell.bin"));
	power(b, true);
	run_steps(b, assert_flash_trusted);
	sim_secondary_read(b->s, COT_REGION_APP, 0, there, sizeof(there));
	assert_memory_equal(there, script.blob, sizeof(there));
	sim_secondary_release(b->s, "b-unwell.bin", 2);
	to_the_trial(b, "b-unwell.bin");
	assert_reverted(b);
	assert_true(sim_secondary_runs(b->s, "a-1.bin"));
	assert_update(b, "a-3.bin", 3);
}

/* ---- hostile on trial, hostile when confirmed ----------------------------------------- */

/* It cannot say of slot A that it confirmed itself, nor get further than its three boots;
 * each finds its page blank. */
static const struct attack on_trial[] = {
	{ "record to program", { HOSTILE_BLOB_TO, .a = BUF }, HONEST },
	{ "record programmed", CALLS(MPS2_SVC_PROGRAM, 0, BUF, 64), OK },
	{ "slot A", { HOSTILE_STORE32, .a = FLASH_AT(MPS2_AT_SLOT_A) }, DENIED }
};

static void three_faults_end_a_hostile_trial(void **state)
{
	struct bench *b = *state;

	ADD(on_trial);
	script.again = 1;
	forge(image_to_come("a-1.bin"));
	power(b, false);
	sim_secondary_release(b->s, "b-hostile.bin", 2);
	to_the_trial(b, "b-hostile.bin");
	assert_reverted(b);
	assert_int_equal(metal_said(b->s, "fault at 2000"), 3);
	assert_int_equal(metal_said(b->s, "app: answer 00000000\n"), 3);
	assert_flash(b, MPS2_AT_SLOT_A, MPS2_SLOT_LEN, "slot A");
	assert_flash(b, MPS2_AT_IDENTITY, MPS2_IDENTITY_LEN, "identity");
	assert_true(sim_secondary_runs(b->s, "a-1.bin"));
	assert_update(b, "a-3.bin", 3);
}

static const struct attack for_ever[] = {
	{ "loader code", { HOSTILE_STORE32, .a = 0x400 }, DENIED }
};

/* Whoever signed a release that confirms itself and then never lives to answer the bus
 * meets the loader after every third crash.  Neither these boots nor the waiting wear
 * flash: not one byte is written, however often. */
static void a_confirmed_image_that_crashes_writes_nothing(void **state)
{
	struct bench *b = *state;

	ADD(for_ever);
	script.again = 1;
	power(b, true);
	assert_true(metal_hear(b->s, STAYS, 5, 3 * STEP_MS));
	assert_int_equal(metal_said(b->s, "app: hostile\n"), 15);
	assert_int_equal(metal_said(b->s, "fault at 2000"), 15);
	assert_flash_whole(b, "fifteen boots");
	assert_update(b, "a-2.bin", 2);
}

#define CRASH { "loader code", { HOSTILE_STORE32, .a = 0x400 }, DENIED }
#define RUN(ms) { "a run of some time", { HOSTILE_WAIT, .a = (ms) }, HONEST }
static const struct attack interrupted_row[] = { CRASH, CRASH, RUN(60000), CRASH, CRASH, CRASH,
	                                         CRASH };
static const struct attack slow_row[] = { CRASH, CRASH, RUN(50000), CRASH };

/* Two crashes, one after the step's run, and further ones: after how many the loader stays.
 * Instructions are the clock, so that the minute lasts seconds. */
static void stays_after(struct bench *b, unsigned crashes)
{
	static const char *const fast[] = { "-icount", "shift=7,sleep=off", NULL };
	const char *at, *end;
	unsigned n = 0;

	b->args = fast;
	power(b, true);
	assert_true(metal_hear(b->s, "app: done\n", 1, 3 * STEP_MS));
	assert_int_equal(metal_said(b->s, STAYS), 1);
	end = strstr(console(b), STAYS);
	for (at = console(b); (at = strstr(at, "fault at 2000")) && at < end; at++)
		n++;
	assert_int_equal(n, crashes);
}

static void a_run_of_a_minute_is_no_part_of_a_row(void **state)
{
	ADD(interrupted_row);
	stays_after(*state, 6);
}

static void a_shorter_one_is(void **state)
{
	ADD(slow_row);
	stays_after(*state, 3);
}

/* What the bus asked for is no crash, and ends a row. */
static void a_reset_by_the_bus_ends_a_row(void **state)
{
	static const struct attack steps[] = { CRASH, CRASH, RUN(5000), CRASH, CRASH, CRASH };
	struct bench *b = *state;

	ADD(steps);
	power(b, true);
	assert_true(metal_hear(b->s, "app: attack 00000002\n", 1, STEP_MS));
	assert_int_equal(sim_secondary_hard_reset(b->s), COT_OK);
	assert_true(metal_hear(b->s, STAYS, 1, STEP_MS));
	assert_int_equal(metal_said(b->s, "fault at 2000"), 5);
}

static uint8_t ask_for_programming(struct bench *b)
{
	struct cot_uds_request q = { .sid = COT_UDS_SESSION, .sub = COT_UDS_SESSION_PROGRAMMING };
	struct cot_uds_response r;

	return sim_secondary_uds(b->s, &q, &r);
}

/* A limit of the design: its refusal is the application's right, for ever.  One that was
 * signed to live and to refuse has to be reached by opening the box. */
static void a_confirmed_image_may_refuse_programming(void **state)
{
	struct bench *b = *state;
	int i;

	script.refuse = 1;
	power(b, true);
	for (i = 0; i < 10; i++)
		assert_int_equal(ask_for_programming(b), COT_NRC_CONDITIONS);
	sim_secondary_reset(b->s, false);
	assert_int_equal(ask_for_programming(b), COT_NRC_CONDITIONS);
	assert_flash_whole(b, "eleven refusals");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(memory_and_registers_answer_with_a_fault, begin, end),
		cmocka_unit_test_setup_teardown(calls_get_nothing_that_is_not_theirs, begin, end),
		cmocka_unit_test_setup_teardown(services_do_what_they_are_for, begin, end),
		cmocka_unit_test_setup_teardown(a_record_written_before_the_trial_says_nothing, begin,
		                                end),
		cmocka_unit_test_setup_teardown(three_faults_end_a_hostile_trial, begin, end),
		cmocka_unit_test_setup_teardown(a_confirmed_image_that_crashes_writes_nothing, begin,
		                                end),
		cmocka_unit_test_setup_teardown(a_run_of_a_minute_is_no_part_of_a_row, begin, end),
		cmocka_unit_test_setup_teardown(a_shorter_one_is, begin, end),
		cmocka_unit_test_setup_teardown(a_reset_by_the_bus_ends_a_row, begin, end),
		cmocka_unit_test_setup_teardown(a_confirmed_image_may_refuse_programming, begin, end),
	};

	metal_choose_case();
	return cmocka_run_group_tests_name("metal_hostile", tests, NULL, NULL);
}
