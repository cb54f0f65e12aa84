/* SPDX-License-Identifier: Apache-2.0
 *
 * The mps2 board as the node of a test: see backend.h.
 */
#include "tests/metal/backend.h"

#include "keys/crypto/init.h"
#include "keys/host/keyfile.h"
#include "secondary/ports/mps2/layout.h"
#include "secondary/ports/posix/board.h"
#include "secondary/ports/posix/factory.h"

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define METAL_FLASH_USED (MPS2_AT_SEED + MPS2_SEED_LEN)
#define STEP_MS 300000
#define QUIET_MS 300 /* for a request whose answer is suppressed */
/* Nothing is lost on this line but what a reset swallows: a request is repeated soon only
 * after one, and never so often that copies of it pile up before a slow machine.  A copy of
 * a request to reset would be a second reset. */
#define ANSWER_MS 2000u
#define ANSWER_AFTER_RESET_MS 100u

struct metal *metal_of(const struct sim_secondary *s)
{
	return s->board;
}

/* Power goes first: the test fails, and the next one wants the processor. */
static void need(bool ok, struct metal *m, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "metal: %s\n", what);
	if (m && m->console)
		fprintf(stderr, "---- console\n%s----\n", m->console);
	if (m)
		mps2_board_stop(&m->board);
	fail();
}

int metal_setup(void **state)
{
	struct metal_bench *b = calloc(1, sizeof(*b));

	need(b != NULL, NULL, "no memory");
	b->w = sim_world_new();
	b->s = sim_secondary_open(b->w, &metal_backend);
	*state = b;
	return 0;
}

int metal_teardown(void **state)
{
	struct metal_bench *b = *state;

	sim_secondary_free(b->s);
	sim_world_free(b->w);
	free(b);
	return 0;
}

void metal_choose_case(void)
{
	static char pattern[120];
	const char *name = getenv("CASE");

	if (!name || !*name)
		name = getenv("ID");
	if (!name || !*name)
		return;
	snprintf(pattern, sizeof(pattern), strchr(name, '*') ? "%s" : "*%s*", name);
	cmocka_set_test_filter(pattern);
}

/* ---- images ------------------------------------------------------------------------- */

static const char *build_folder(void)
{
	const char *build = getenv("BUILD");

	return build && *build ? build : "build";
}

static void choose(char *ret, size_t max, const char *variable, const char *below_build)
{
	const char *chosen = getenv(variable);

	if (chosen && *chosen)
		snprintf(ret, max, "%s", chosen);
	else
		snprintf(ret, max, "%s/%s", build_folder(), below_build);
}

static FILE *open_app(const char *word)
{
	char folder[512], path[640];

	choose(folder, sizeof(folder), "APPS", "mcu/m3");
	snprintf(path, sizeof(path), "%s/app-%s.bin", folder, word);
	return fopen(path, "rb");
}

/* The application behind an image's name: by the word before ".bin". */
static FILE *app_of(const char *name)
{
	const char *dot = strrchr(name, '.'), *at = dot ? dot : name + strlen(name);
	unsigned sum = 0;
	char word[80];
	FILE *f;

	while (at > name && at[-1] != '-')
		sum += (uint8_t)*--at;
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(at, "."), at);
	f = open_app(word);
	if (f)
		return f;
	if (strncmp(name, "bad", 3) == 0)
		return open_app("undecided");
	snprintf(word, sizeof(word), "good%u", 1 + sum % 3);
	return open_app(word);
}

static void metal_image(const struct sim_artifact *a)
{
	FILE *f = app_of(a->name);
	size_t i;

	need(f != NULL, NULL, "no application to make an image of: make firmware");
	sim_backend.image(a);
	i = fread(a->bytes, 1, a->len, f);
	need(i > 0 || a->len == 0, NULL, "an application cannot be read");
	fclose(f);
}

/* ---- the console ----------------------------------------------------------------------- */

static void drain_console(struct metal *m)
{
	char bytes[512];
	ssize_t n;

	while (m->board.console >= 0 &&
	       (n = read(m->board.console, bytes, sizeof(bytes))) > 0) {
		m->console = realloc(m->console, m->console_len + (size_t)n + 1);
		need(m->console != NULL, NULL, "no memory");
		memcpy(m->console + m->console_len, bytes, (size_t)n);
		m->console_len += (size_t)n;
		m->console[m->console_len] = '\0';
	}
}

unsigned metal_said(const struct sim_secondary *s, const char *text)
{
	const char *at;
	unsigned n = 0;

	/* An answer may have been read before the text that was said ahead of it. */
	drain_console(metal_of(s));
	at = metal_of(s)->console;
	while (at && (at = strstr(at, text))) {
		n++;
		at += strlen(text);
	}
	return n;
}

/* The machine went away without being asked: power is off from here on. */
static void look_after_machine(struct metal *m)
{
	int status = 0;

	if (!mps2_board_ended(&m->board, &status))
		return;
	drain_console(m);
	mps2_board_stop(&m->board);
	need(m->power != NULL, m, "the machine ended by itself");
	longjmp(*m->power, 1);
}

static void wait_for_bytes(struct metal *m, uint64_t until_ms)
{
	uint64_t now = posix_now_ms();
	bool sending = m->board.link >= 0 && cot_link_sending(&m->link.link);
	struct pollfd fds[2] = {
		{ m->board.link, (short)(POLLIN | (sending ? POLLOUT : 0)), 0 },
		{ m->board.console, POLLIN, 0 }
	};

	(void)poll(fds, 2, until_ms > now ? (int)(until_ms - now) : 0);
	drain_console(m);
	look_after_machine(m);
}

bool metal_hear(struct sim_secondary *s, const char *text, unsigned times, int timeout_ms)
{
	struct metal *m = metal_of(s);
	uint64_t until = posix_now_ms() + (uint64_t)timeout_ms;

	drain_console(m);
	while (metal_said(s, text) < times) {
		if (posix_now_ms() >= until || m->board.pid <= 0)
			return false;
		wait_for_bytes(m, until);
	}
	return true;
}

/* ---- the line ------------------------------------------------------------------------------ */

static enum cot_err line_read(void *ctx, uint8_t *buf, size_t len, size_t *ret_moved)
{
	const struct metal *m = ctx;
	ssize_t n = read(m->board.link, buf, len);

	*ret_moved = n > 0 ? (size_t)n : 0;
	return COT_OK;
}

static enum cot_err line_write(void *ctx, const uint8_t *buf, size_t len, size_t *ret_moved)
{
	const struct metal *m = ctx;
	ssize_t n = write(m->board.link, buf, len);

	*ret_moved = n > 0 ? (size_t)n : 0;
	return COT_OK;
}

/* A client that never gave a request up: its epoch is another one than the last, which the
 * machine may remember. */
static void begin_line(struct metal *m)
{
	const struct cot_serial_port port = { line_read, line_write, m };
	struct cot_serial_config config = {
		.epoch = (uint16_t)(m->link.serial.epoch + 1u),
		.attempts = UINT8_MAX,
		.rx = m->rx,
		.rx_cap = sizeof(m->rx),
		.tx = m->tx,
		.tx_cap = sizeof(m->tx)
	};

	cot_serial_link_init(&m->link, &config, &port);
}

static bool names_reset(struct cot_slice request)
{
	return request.ptr[0] == COT_UDS_SESSION || request.ptr[0] == COT_UDS_RESET;
}

/* A loader that is asked for a programming session again does not reset again. */
static bool may_be_repeated(struct cot_slice request)
{
	return !names_reset(request) || (request.len > 1 && request.ptr[0] == COT_UDS_SESSION &&
	                                 request.ptr[1] == COT_UDS_SESSION_PROGRAMMING);
}

static uint32_t answer_ms(const struct metal *m, struct cot_slice request)
{
	if (may_be_repeated(request))
		return m->resetting ? ANSWER_AFTER_RESET_MS : ANSWER_MS;
	return m->resetting ? ANSWER_MS : STEP_MS;
}

static bool suppressed(struct cot_slice request)
{
	bool has_sub = names_reset(request) || request.ptr[0] == COT_UDS_ROUTINE ||
	               request.ptr[0] == COT_UDS_PRESENT;

	return has_sub && request.len > 1 && (request.ptr[1] & COT_UDS_SUPPRESS) != 0;
}

/* COT_OK: it is in s->answer.  COT_PENDING: go on. */
static enum cot_err take_answer(struct sim_secondary *s, struct cot_slice msg)
{
	if (msg.len == 3 && msg.ptr[0] == COT_UDS_NEGATIVE && msg.ptr[2] == COT_NRC_PENDING) {
		s->pendings++;
		return COT_PENDING;
	}
	need(msg.len <= sizeof(s->answer), metal_of(s), "an answer that is too long");
	memcpy(s->answer, msg.ptr, msg.len);
	s->answer_len = msg.len;
	return COT_OK;
}

static void metal_ask(struct sim_secondary *s, struct cot_slice request)
{
	struct metal *m = metal_of(s);
	uint64_t now = posix_now_ms();
	uint64_t until = now + (suppressed(request) ? QUIET_MS : STEP_MS);
	enum cot_err err = COT_PENDING;
	struct cot_slice msg;

	need(m->board.pid > 0, m, "a request while power is off");
	m->link.serial.config.answer_ms = answer_ms(m, request);
	need(cot_link_send(&m->link.link, request, now) == COT_OK, m, "a request cannot be sent");
	while (err != COT_OK && now < until) {
		uint64_t due;

		err = cot_link_poll(&m->link.link, now, &msg);
		if (err == COT_OK)
			err = take_answer(s, msg);
		need(err == COT_OK || err == COT_PENDING, m, "the line failed");
		due = cot_link_due(&m->link.link, now);
		if (err == COT_PENDING)
			wait_for_bytes(m, due < until ? due : until);
		now = posix_now_ms();
	}
	need(err == COT_OK || suppressed(request), m, "the machine does not answer");
	if (err != COT_OK)
		begin_line(m);
	m->resetting = names_reset(request);
}

/* ---- power ---------------------------------------------------------------------------------- */

static void out_of_hands(struct metal *m)
{
	if (m->in_hands)
		posix_flash_close(&m->flash);
	m->in_hands = false;
}

void metal_power_off(struct sim_secondary *s)
{
	struct metal *m = metal_of(s);

	drain_console(m);
	mps2_board_stop(&m->board);
}

/* From steady.c: the board's time stands still while the host keeps QEMU waiting. */
static void steady_clock(void)
{
	char path[640];

	choose(path, sizeof(path), "STEADY", "tests/metal/steady.so");
	if (!getenv("LD_PRELOAD") && access(path, R_OK) == 0)
		setenv("LD_PRELOAD", path, 1);
}

void metal_power_on(struct sim_secondary *s)
{
	struct metal *m = metal_of(s);

	out_of_hands(m);
	m->config.loader = m->loader;
	m->config.flash = m->path;
	need(mps2_board_start(&m->board, &m->config) == COT_OK, m,
	     "the machine cannot be started (make firmware; qemu-system-arm)");
	begin_line(m);
}

/* The loader's decisions on the console from there on, as whole lines. */
static bool decided(const struct metal *m, size_t from)
{
	const char *text = m->console_len > from ? m->console + from : "";
	const char *at = strstr(text, ": boots slot");

	if (!at)
		at = strstr(text, ": stays in the loader");
	return at && strchr(at, '\n');
}

static void metal_reset(struct sim_secondary *s, bool programming)
{
	struct metal *m = metal_of(s);
	uint64_t until = posix_now_ms() + STEP_MS;
	size_t from;

	metal_power_off(s);
	from = m->console_len;
	metal_power_on(s);
	while (!decided(m, from)) {
		need(posix_now_ms() < until, m, "the loader says nothing");
		wait_for_bytes(m, until);
	}
	if (programming)
		need(sim_secondary_session(s, COT_UDS_SESSION_PROGRAMMING) == COT_OK,
		     metal_of(s), "no programming session");
}

static void metal_wait(struct sim_secondary *s, unsigned ms)
{
	uint64_t until = posix_now_ms() + ms;
	struct metal *m = metal_of(s);

	while (posix_now_ms() < until)
		wait_for_bytes(m, until);
}

/* ---- birth and end ----------------------------------------------------------------------------- */

static void put(struct metal *m, const char *name, const void *bytes, size_t len,
                char ret[METAL_PATH])
{
	FILE *f;

	snprintf(ret, METAL_PATH, "%s/%s", m->folder, name);
	f = fopen(ret, "wb");
	need(f && fwrite(bytes, 1, len, f) == len && fclose(f) == 0, m, "cannot write a file");
}

/* The ECU's key of the world as a key file. */
static void put_key(struct metal *m, char ret[METAL_PATH])
{
	static const struct cot_keyfile_options options = { .force = true };
	uint8_t text[] = { 'c', 'o', 't', 't', 'e', 'r', ' ', 's', 'i', 'm', 0, SIM_SECONDARY_KEY };
	uint8_t seed[COT_SHA256_LEN];
	struct cot_secret secret = { .bytes = NULL };

	snprintf(ret, METAL_PATH, "%s/key", m->folder);
	cot_hash_once(&cot_crypto_full, COT_HASH_SHA256, cot_slice(text, sizeof(text)), seed);
	need(cot_secret_import(COT_SCHEME_ED25519, seed, &secret) == COT_OK &&
	     cot_keyfile_write(ret, &secret, cot_slice(NULL, 0), &options) == COT_OK,
	     m, "cannot write the ECU's key");
	cot_secret_free(&secret);
}

static void make_flash(struct sim_secondary *s)
{
	struct metal *m = metal_of(s);
	const struct sim_artifact *a = sim_secondary_artifact(s, "a-1.bin");
	char record[METAL_PATH], key[METAL_PATH], image[METAL_PATH];
	struct posix_factory factory = { m->path, record, key, image, &posix_layout_mps2, 0, true };
	const char *what = "";

	put(m, "record", s->record, s->record_len, record);
	put(m, "image", a->bytes, a->len, image);
	put_key(m, key);
	if (posix_factory_run(&factory, &what) != COT_OK)
		need(false, m, what);
	unlink(record);
	unlink(key);
	unlink(image);
}

/* Power is off, and there is no flash file yet. */
static struct metal *make_board(struct sim_secondary *s)
{
	struct metal *m = calloc(1, sizeof(*m));
	const char *tmp = getenv("TMPDIR");

	need(m != NULL && cot_crypto_init() == COT_OK, NULL, "no memory");
	s->board = m;
	m->board = (struct mps2_board){ .pid = -1, .link = -1, .console = -1, .lock = -1 };
	choose(m->loader, sizeof(m->loader), "LOADER", "mcu/m3/loader-ed25519.elf");
	snprintf(m->folder, sizeof(m->folder), "%s/cotter-metal-XXXXXX",
	         tmp && *tmp ? tmp : P_tmpdir);
	need(mkdtemp(m->folder) != NULL, m, "no folder for the flash file");
	snprintf(m->path, sizeof(m->path), "%s/flash", m->folder);
	signal(SIGPIPE, SIG_IGN);
	steady_clock();
	return m;
}

static void metal_birth(struct sim_secondary *s)
{
	(void)make_board(s);
	make_flash(s);
}

static void metal_revive(struct sim_secondary *s, const uint8_t *saved)
{
	struct metal *m = make_board(s);
	FILE *f = fopen(m->path, "wb");

	need(f && fwrite(saved, 1, METAL_FLASH_USED, f) == METAL_FLASH_USED && fflush(f) == 0 &&
	     ftruncate(fileno(f), MPS2_FLASH_LEN) == 0 && fclose(f) == 0, m,
	     "the flash file cannot be written");
}

static void metal_end(struct sim_secondary *s)
{
	struct metal *m = metal_of(s);

	metal_power_off(s);
	out_of_hands(m);
	unlink(m->path);
	rmdir(m->folder);
	free(m->console);
	free(m);
}

/* ---- what is stored -------------------------------------------------------------------------------- */

/* While the machine stands still its memory, the file, is as a loss of power would
 * leave it. */
static void freeze(struct metal *m)
{
	int status = 0;

	if (m->board.pid <= 0)
		return;
	kill(m->board.pid, SIGSTOP);
	need(waitpid(m->board.pid, &status, WUNTRACED) == m->board.pid && WIFSTOPPED(status), m,
	     "the machine does not stand still");
}

static void thaw(struct metal *m)
{
	if (m->board.pid > 0)
		kill(m->board.pid, SIGCONT);
}

static void view_flash(struct metal *m, struct posix_flash *ret)
{
	freeze(m);
	need(posix_flash_view(ret, m->path) == COT_OK, m, "the flash file is none");
}

static void close_view(struct metal *m, struct posix_flash *f)
{
	posix_flash_close(f);
	thaw(m);
}

static void metal_state(struct sim_secondary *s, struct cot_sec_state *ret)
{
	static struct cot_sec_store store;
	struct metal *m = metal_of(s);
	struct posix_flash f;

	view_flash(m, &f);
	need(cot_sec_store_mount(&store, &f.flash) == COT_OK, m, "there is no state in flash");
	close_view(m, &f);
	*ret = store.state;
}

static void metal_read(struct sim_secondary *s, enum cot_region region, uint32_t offset,
                       void *ret, uint32_t len)
{
	struct metal *m = metal_of(s);
	struct posix_flash f;

	view_flash(m, &f);
	need(f.flash.read(f.flash.ctx, region, offset, ret, len) == COT_OK, m, "a read of flash");
	close_view(m, &f);
}

static uint32_t metal_region_size(struct sim_secondary *s, enum cot_region region)
{
	(void)s;
	return posix_layout_mps2.region[region];
}

/* FNV-1a over header and regions, whatever they hold; the random source's own counter
 * lies behind them. */
static uint64_t metal_writes(struct sim_secondary *s)
{
	static uint8_t bytes[MPS2_AT_SEED];
	struct metal *m = metal_of(s);
	uint64_t sum = 14695981039346656037u;
	FILE *f;
	size_t i;

	freeze(m);
	f = fopen(m->path, "rb");
	need(f && fread(bytes, 1, sizeof(bytes), f) == sizeof(bytes) && fclose(f) == 0, m,
	     "the flash file cannot be read");
	thaw(m);
	for (i = 0; i < sizeof(bytes); i++)
		sum = (sum ^ bytes[i]) * 1099511628211u;
	return sum;
}

static void metal_view(struct sim_secondary *s, struct sim_secondary_view *ret)
{
	struct cot_component_status c = { .slot = COT_NO_SLOT };
	struct cot_node_status n;

	need(sim_secondary_node(s, &n) == COT_OK, metal_of(s), "no status");
	if (n.mode != COT_MODE_UNPROVISIONED)
		need(sim_secondary_component(s, &c) == COT_OK, metal_of(s), "no status of the ECU");
	*ret = (struct sim_secondary_view){
		n.mode, c.slot == COT_NO_SLOT ? COT_SEC_SLOTS : c.slot, n.last, n.budget,
		c.staged_have
	};
}

/* ---- flash in other hands ----------------------------------------------------------------------------- */

static struct posix_flash *take_in_hands(struct sim_secondary *s)
{
	struct metal *m = metal_of(s);

	metal_power_off(s);
	if (!m->in_hands)
		need(posix_flash_open(&m->flash, m->path) == COT_OK, m, "the flash file is none");
	m->in_hands = true;
	return &m->flash;
}

static const struct cot_flash *metal_unpowered(struct sim_secondary *s)
{
	return &take_in_hands(s)->flash;
}

static uint8_t *metal_cells(struct sim_secondary *s, enum cot_region region)
{
	struct posix_flash *f = take_in_hands(s);

	return f->mem + posix_flash_offset(f, region);
}

static void metal_earn(struct sim_secondary *s)
{
	static struct cot_sec_store store;
	struct cot_sec_ledger next;
	const struct cot_flash *flash = metal_unpowered(s);

	need(cot_sec_store_mount(&store, flash) == COT_OK, metal_of(s), "no state in flash");
	next = store.ledger;
	next.budget++;
	need(cot_sec_commit_ledger(&store, &next) == COT_OK, metal_of(s), "no ledger in flash");
	sim_secondary_reset(s, false);
}

/* Header and what the part keeps for itself included; the rest is a hole. */
static uint8_t *metal_save(struct sim_secondary *s)
{
	struct metal *m = metal_of(s);
	struct posix_flash f;
	uint8_t *ret;

	view_flash(m, &f);
	ret = malloc(f.used);
	need(ret != NULL, m, "no memory");
	memcpy(ret, f.mem, f.used);
	close_view(m, &f);
	return ret;
}

static void metal_load(struct sim_secondary *s, const uint8_t *saved)
{
	struct posix_flash *f = take_in_hands(s);

	memcpy(f->mem, saved, f->used);
}

const struct sim_secondary_backend metal_backend = {
	.name = "metal",
	.image_len = METAL_IMAGE_LEN,
	.image = metal_image,
	.birth = metal_birth,
	.revive = metal_revive,
	.end = metal_end,
	.reset = metal_reset,
	.ask = metal_ask,
	.wait = metal_wait,
	.earn = metal_earn,
	.view = metal_view,
	.state = metal_state,
	.read = metal_read,
	.region_size = metal_region_size,
	.writes = metal_writes,
	.unpowered = metal_unpowered,
	.cells = metal_cells,
	.save = metal_save,
	.load = metal_load
};
