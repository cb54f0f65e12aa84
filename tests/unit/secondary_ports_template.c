/* SPDX-License-Identifier: Apache-2.0
 *
 * The template of a port, with a part made of arrays in place of its device.c: it
 * boots, serves, updates and comes through cuts of power.
 *
 * The port is compiled into this program with run region and store where they lie here.
 */
#include "secondary/ports/template/layout.h"

#include <stdint.h>

static uint8_t cells[TPL_STORE_LEN], run_memory[TPL_RUN_LEN];
#undef TPL_STORE
#undef TPL_RUN
#define TPL_STORE ((uintptr_t)cells)
#define TPL_RUN ((uintptr_t)run_memory)

#include "secondary/ports/template/main.c"

#include "secondary/ports/template/board.c"
#include "secondary/ports/template/flash.c"
#include "secondary/ports/template/services.c"

#include "keys/crypto/init.h"
#include "keys/host/secret.h"
#include "tests/sim/secondary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- the part ------------------------------------------------------------------------ */

#define QUEUE 8192u

enum event { POWERED, SETTLED, JUMPED, RESET };

struct queue {
	uint8_t bytes[QUEUE];
	size_t len;
};

static jmp_buf life, *outlet;
static struct queue to_node, from_node;
static uint64_t clock_ms;
static bool settled, running; /* the loader polls its line; an image runs */
static uint32_t vector[2];    /* what the jump found */
static unsigned ops, cut;     /* cell operations; the one in whose middle power goes */
static unsigned fed;
static bool no_random;

static void push(struct queue *q, uint8_t byte)
{
	assert_true(q->len < QUEUE);
	q->bytes[q->len++] = byte;
}

static bool pull(struct queue *q, uint8_t *ret)
{
	if (q->len == 0)
		return false;
	*ret = q->bytes[0];
	memmove(q->bytes, q->bytes + 1, --q->len);
	return true;
}

/* Every second byte of what an operation should change is changed when power goes. */
static void operate(uint32_t at, const uint8_t *bytes, uint32_t len)
{
	bool torn = ++ops == cut;
	uint32_t i;

	for (i = 0; i < len; i++) {
		if (!torn || i % 2 == 0)
			cells[at + i] = bytes ? bytes[i] : TPL_ERASED;
	}
	if (torn)
		longjmp(*outlet, 1);
}

enum cot_err tpl_cells_read(uint32_t at, uint8_t *ret, uint32_t len)
{
	assert_true(at <= TPL_STORE_LEN && len <= TPL_STORE_LEN - at);
	memcpy(ret, cells + at, len);
	return COT_OK;
}

enum cot_err tpl_cells_program(uint32_t at, const uint8_t unit[TPL_UNIT])
{
	uint32_t i;

	assert_true(at % TPL_UNIT == 0 && at <= TPL_STORE_LEN - TPL_UNIT);
	for (i = 0; i < TPL_UNIT; i++)
		assert_int_equal(cells[at + i], TPL_ERASED);
	operate(at, unit, TPL_UNIT);
	return COT_OK;
}

enum cot_err tpl_cells_erase(uint32_t at)
{
	assert_true(at % TPL_PAGE == 0 && at <= TPL_STORE_LEN - TPL_PAGE);
	operate(at, NULL, TPL_PAGE);
	return COT_OK;
}

void tpl_device_init(void) {}

bool tpl_uart_put(uint8_t byte)
{
	push(&from_node, byte);
	return true;
}

/* The first time that the loader asks its line, the test has the machine again. */
bool tpl_uart_get(uint8_t *ret)
{
	if (!settled)
		longjmp(life, SETTLED);
	return pull(&to_node, ret);
}

bool tpl_uart_idle(void)
{
	return from_node.len == 0;
}

uint64_t tpl_now_ms(void)
{
	return clock_ms++;
}

void tpl_watchdog_start(void) {}

void tpl_watchdog_feed(void)
{
	fed++;
}

enum cot_err tpl_random(uint8_t *ret, size_t len)
{
	static uint32_t x = 1;

	if (no_random)
		return COT_E_IO;
	while (len > 0) {
		x = x * 1664525u + 1013904223u;
		ret[--len] = (uint8_t)(x >> 24);
	}
	return COT_OK;
}

_Noreturn void tpl_jump(uint32_t stack, uint32_t entry)
{
	vector[0] = stack;
	vector[1] = entry;
	longjmp(life, JUMPED);
}

_Noreturn void tpl_reset(void)
{
	longjmp(life, RESET);
}

/* ---- the machine ------------------------------------------------------------------------ */

static const struct cot_hook hook = { &tpl_services.table, NULL, NULL };

/* What start.c does to memory. */
static void begin_memory(void)
{
	memset(&tpl_node, 0, sizeof(tpl_node));
	memset(&boot, 0, sizeof(boot));
	memset(&uart_link, 0, sizeof(uart_link));
	link = NULL;
	may = false;
	reported_ms = 0;
	settled = running = false;
	to_node.len = from_node.len = 0;
}

/* From reset to the jump, or until the loader serves. */
static void start(void)
{
	volatile unsigned resets = 0;
	volatile enum event what = (enum event)setjmp(life);

	if (what == POWERED || what == RESET) {
		assert_true(resets++ < 10);
		begin_memory();
		tpl_loader();
	}
	settled = true;
	running = what == JUMPED;
}

static void power_on(void)
{
	memset(&enter, 0xA5, sizeof(enter));
	memset(run_memory, 0xA5, sizeof(run_memory));
	start();
}

/* One turn of the main loop, of the loader or of the application. */
static void turn(void)
{
	if (setjmp(life) != 0) {
		start();
		return;
	}
	if (running)
		cot_hook_poll(&hook);
	else
		tpl_serve();
}

static void follow_reset(void)
{
	unsigned turns = 0;

	while (cot_sec_reset(&tpl_node) != COT_RESET_NONE) {
		assert_true(turns++ < 10);
		turn();
	}
}

/* ---- the other end of the line -------------------------------------------------------------- */

static struct cot_serial_link tester;
static uint8_t tester_rx[COT_SERIAL_RX(COT_LINK_MAX)], tester_tx[COT_LINK_MAX];

static enum cot_err tester_read(void *ctx, uint8_t *buf, size_t len, size_t *ret_moved)
{
	size_t n = 0;

	(void)ctx;
	while (n < len && pull(&from_node, buf + n))
		n++;
	*ret_moved = n;
	return COT_OK;
}

static enum cot_err tester_write(void *ctx, const uint8_t *buf, size_t len, size_t *ret_moved)
{
	(void)ctx;
	for (*ret_moved = 0; *ret_moved < len; (*ret_moved)++)
		push(&to_node, buf[*ret_moved]);
	return COT_OK;
}

static void plug_in(void)
{
	static uint16_t epoch;
	const struct cot_serial_config config = { .epoch = ++epoch, .answer_ms = 60000,
		                                  .interim_ms = 60000, .rx = tester_rx,
		                                  .rx_cap = sizeof(tester_rx), .tx = tester_tx,
		                                  .tx_cap = sizeof(tester_tx) };
	static const struct cot_serial_port port = { tester_read, tester_write, NULL };

	cot_serial_link_init(&tester, &config, &port);
}

static void template_ask(struct sim_secondary *s, struct cot_slice request)
{
	struct cot_slice msg;
	unsigned turns = 0;
	enum cot_err err;

	assert_int_equal(cot_link_send(&tester.link, request, clock_ms), COT_OK);
	do {
		assert_true(turns++ < 100000);
		turn();
		err = cot_link_poll(&tester.link, clock_ms, &msg);
		assert_true(err == COT_OK || err == COT_PENDING);
		if (err == COT_OK && cot_uds_is_pending(msg))
			s->pendings++;
	} while (err != COT_OK || cot_uds_is_pending(msg));
	memcpy(s->answer, msg.ptr, msg.len);
	s->answer_len = msg.len;
	follow_reset();
}

/* ---- a node for the simulated world ---------------------------------------------------------- */

/* Right into the cells, as a programmer in a factory. */
static void burn(uint32_t at, const void *bytes, size_t len)
{
	assert_true(at + len <= sizeof(cells));
	memcpy(cells + at, bytes, len);
}

static void burn_key(void)
{
	uint8_t text[] = { 'c', 'o', 't', 't', 'e', 'r', ' ', 's', 'i', 'm', 0, SIM_SECONDARY_KEY };
	uint8_t page[TPL_KEY_LEN] = TPL_KEY_MAGIC;
	struct cot_secret secret;

	cot_hash_once(&cot_crypto_full, COT_HASH_SHA256, cot_slice(text, sizeof(text)),
	              page + TPL_KEY_SECRET);
	assert_int_equal(cot_secret_import(COT_SCHEME_ED25519, page + TPL_KEY_SECRET, &secret),
	                 COT_OK);
	page[4] = COT_SCHEME_ED25519;
	memcpy(page + TPL_KEY_PUBLIC, secret.public_key, 32);
	cot_secret_free(&secret);
	burn(TPL_AT_IDENTITY + TPL_AT_KEY, page, sizeof(page));
}

static void burn_state(const struct cot_identity *id)
{
	static struct cot_sec_store store;
	struct cot_sec_state state;
	struct cot_sec_slot *slot = &state.component[0].slot[0];

	assert_int_equal(cot_identity_state(id, &cot_crypto_full, &state), COT_OK);
	slot->state = COT_SEC_SLOT_CONFIRMED;
	slot->len = (uint32_t)id->ecu[0].image.length;
	slot->counter = id->ecu[0].counter;
	memcpy(slot->sha256, id->ecu[0].image.hashes.sha256, COT_SHA256_LEN);
	slot->name_len = (uint8_t)id->ecu[0].filepath.len;
	memcpy(slot->name, id->ecu[0].filepath.ptr, slot->name_len);
	state.component[0].active = 0;
	assert_int_equal(cot_sec_store_mount(&store, &tpl_flash), COT_E_STORE);
	assert_int_equal(cot_sec_commit(&store, &state), COT_OK);
	assert_int_equal(cot_sec_commit_ledger(&store, &(struct cot_sec_ledger){
		.budget = COT_SEC_BUDGET }), COT_OK);
}

static void template_birth(struct sim_secondary *s)
{
	static const uint8_t head[12] = { 'C', 'o', 'T', 'X', 1, 0, 0, 0, 0, 0, 2, 0 };
	const struct sim_artifact *a = sim_secondary_artifact(s, "a-1.bin");
	uint8_t header[COT_IDENTITY_HEADER];
	struct cot_identity id;

	cut = 0;
	memset(cells, TPL_ERASED, sizeof(cells));
	burn(0, head, sizeof(head));
	assert_int_equal(cot_identity_parse(cot_slice(s->record, s->record_len),
	                                    &cot_crypto_full, &id), COT_OK);
	cot_identity_header(id.record, header);
	burn(TPL_AT_IDENTITY, header, sizeof(header));
	burn(TPL_AT_IDENTITY + COT_IDENTITY_HEADER, s->record, s->record_len);
	burn(TPL_AT_SLOT_A, a->bytes, a->len);
	burn_key();
	burn_state(&id);
	plug_in();
}

static void template_image(const struct sim_artifact *a)
{
	sim_backend.image(a);
}

static void template_end(struct sim_secondary *s)
{
	(void)s;
}

/* An image whose name begins with "bad" never confirms itself. */
static void template_reset(struct sim_secondary *s, bool programming)
{
	(void)s;
	assert_false(programming);
	power_on();
}

static void template_view(struct sim_secondary *s, struct sim_secondary_view *ret)
{
	(void)s;
	*ret = (struct sim_secondary_view){ tpl_node.mode, tpl_node.running, tpl_node.last,
		                            tpl_node.store.ledger.budget,
		                            tpl_node.install.writer.taken };
}

static void template_state(struct sim_secondary *s, struct cot_sec_state *ret)
{
	(void)s;
	*ret = tpl_node.store.state;
}

static const struct sim_secondary_backend template_backend = {
	.name = "template",
	.image = template_image,
	.birth = template_birth,
	.end = template_end,
	.reset = template_reset,
	.ask = template_ask,
	.view = template_view,
	.state = template_state
};

struct bench {
	struct sim_world *w;
	struct sim_secondary *s;
};

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	assert_int_equal(cot_crypto_init(), COT_OK);
	no_random = false;
	b->w = sim_world_new();
	b->s = sim_secondary_open(b->w, &template_backend);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	sim_secondary_free(b->s);
	sim_world_free(b->w);
	free(b);
	return 0;
}

/* ---- boot ---------------------------------------------------------------------------------------- */

static void assert_runs(struct bench *b, const char *name)
{
	const struct sim_artifact *a = sim_secondary_artifact(b->s, name);

	assert_true(running);
	assert_memory_equal(run_memory, a->bytes, a->len);
	assert_memory_equal(vector, a->bytes, sizeof(vector));
}

static void a_factory_image_boots(void **state)
{
	struct bench *b = *state;
	struct cot_node_status status;
	struct cot_slice report;
	char text[2048];

	assert_runs(b, "a-1.bin");
	assert_int_equal(sim_secondary_node(b->s, &status), COT_OK);
	assert_int_equal(status.mode, COT_MODE_APPLICATION);
	assert_true(status.app_trusted);
	assert_int_equal(status.request_max, REQUEST_MAX);
	clock_ms += REPORT_MS;
	assert_int_equal(sim_secondary_report(b->s, &report), COT_OK);
	snprintf(text, sizeof(text), "%.*s", (int)report.len, (const char *)report.ptr);
	assert_non_null(strstr(text, "\"appTrusted\":true"));
	assert_non_null(strstr(text, "\"filepath\":\"a-1.bin\""));
}

static void the_watchdog_is_fed_by_boot_and_by_polling(void **state)
{
	(void)state;
	fed = 0;
	power_on();
	assert_true(fed >= 3 * 20000 / 1024); /* copied once, hashed twice */
	fed = 0;
	turn();
	assert_true(fed > 0); /* by the main loop, and so by whoever polls */
}

static void an_altered_image_does_not_boot(void **state)
{
	struct bench *b = *state;
	size_t i;

	cells[TPL_AT_SLOT_A + 19999] ^= 1;
	power_on();
	assert_false(running);
	assert_int_equal(sim_secondary_view(b->s).mode, COT_MODE_RECOVERY);
	assert_int_equal(sim_secondary_view(b->s).last, COT_E_HASH_MISMATCH);
	for (i = 0; i < sizeof(run_memory); i++)
		assert_int_equal(run_memory[i], 0);
	cells[TPL_AT_SLOT_A + 19999] ^= 1;
	power_on();
	assert_runs(b, "a-1.bin");
}

static void a_blank_store_is_unprovisioned(void **state)
{
	struct bench *b = *state;
	struct cot_node_status status;

	memset(cells, TPL_ERASED, sizeof(cells));
	assert_int_equal(tpl_flash_check(), COT_E_UNPROVISIONED);
	power_on();
	assert_false(running);
	assert_int_equal(sim_secondary_node(b->s, &status), COT_OK);
	assert_int_equal(status.mode, COT_MODE_UNPROVISIONED);
}

static void a_store_of_another_layout_does_not_boot(void **state)
{
	static const uint8_t places[] = { 0, 3, 4, 7, 8, 10, 11 };
	struct bench *b = *state;
	size_t i;

	assert_int_equal(tpl_flash_check(), COT_OK);
	for (i = 0; i < sizeof(places); i++) {
		cells[places[i]] ^= 1;
		assert_int_equal(tpl_flash_check(), COT_E_UNSUPPORTED);
		power_on();
		assert_false(running);
		cells[places[i]] ^= 1;
	}
	power_on();
	assert_runs(b, "a-1.bin");
}

/* ---- services ------------------------------------------------------------------------------------- */

static void nothing_is_handed_without_a_trial(void **state)
{
	struct cot_confirm handed;

	(void)state;
	assert_int_equal(tpl_services.magic, TPL_SERVICES_MAGIC);
	assert_int_equal(hook.services->handed(&handed), COT_E_NOT_FOUND);
	assert_int_equal(cot_hook_confirm(&hook), COT_OK);
	assert_int_equal(cells[TPL_AT_APP], TPL_ERASED);
}

static void reports_are_rationed(void **state)
{
	uint8_t report[2048];
	size_t len = 0;

	(void)state;
	clock_ms += REPORT_MS;
	assert_int_equal(cot_hook_report(&hook, report, sizeof(report), &len), COT_OK);
	assert_true(len > 0);
	assert_int_equal(cot_hook_report(&hook, report, sizeof(report), &len), COT_E_BUSY);
	clock_ms += REPORT_MS;
	assert_int_equal(cot_hook_report(&hook, report, sizeof(report), &len), COT_OK);
}

static void a_key_page_that_is_none_signs_nothing(void **state)
{
	uint8_t report[2048];
	size_t len = 7;

	(void)state;
	clock_ms += REPORT_MS;
	cells[TPL_AT_IDENTITY + TPL_AT_KEY] ^= 1;
	assert_int_equal(cot_hook_report(&hook, report, sizeof(report), &len),
	                 COT_E_UNPROVISIONED);
	assert_int_equal(len, 7);
	cells[TPL_AT_IDENTITY + TPL_AT_KEY] ^= 1;
	cells[TPL_AT_IDENTITY + TPL_AT_KEY + 4] = COT_SCHEME_HMAC_SHA256;
	clock_ms += REPORT_MS;
	assert_int_equal(cot_hook_report(&hook, report, sizeof(report), &len), COT_E_SCHEME);
}

static bool not_now(void *ctx)
{
	(void)ctx;
	return false;
}

static void the_application_may_refuse_a_session(void **state)
{
	static const struct cot_hook busy = { &tpl_services.table, not_now, NULL };
	struct bench *b = *state;

	cot_hook_poll(&busy);
	assert_int_equal(tpl_port.may_program(NULL), COT_E_PRECONDITION);
	cot_hook_poll(&hook);
	assert_int_equal(tpl_port.may_program(NULL), COT_OK);
	assert_int_equal(sim_secondary_session(b->s, COT_UDS_SESSION_PROGRAMMING), COT_OK);
	assert_false(running);
	assert_int_equal(sim_secondary_view(b->s).mode, COT_MODE_LOADER);
	assert_int_equal(sim_secondary_session(b->s, COT_UDS_SESSION_DEFAULT), COT_OK);
	assert_runs(b, "a-1.bin");
}

static void without_random_there_is_no_nonce(void **state)
{
	struct bench *b = *state;

	assert_int_equal(sim_secondary_session(b->s, COT_UDS_SESSION_PROGRAMMING), COT_OK);
	no_random = true;
	assert_int_not_equal(sim_secondary_send_time(b->s), COT_OK);
	assert_int_equal(sim_secondary_view(b->s).last, COT_E_IO);
}

/* ---- an update ------------------------------------------------------------------------------------- */

/* All but the trial: what sim_secondary_update does until the reset. */
static enum cot_err install(struct bench *b, const char *name)
{
	enum cot_err err = sim_secondary_metadata(b->s);

	if (err == COT_OK)
		err = sim_secondary_install(b->s, name);
	if (err == COT_OK)
		err = sim_secondary_activate(b->s);
	return err == COT_OK ? sim_secondary_hard_reset(b->s) : err;
}

static void an_update_runs_and_confirms_itself(void **state)
{
	struct bench *b = *state;

	sim_secondary_release(b->s, "a-2.bin", 2);
	assert_int_equal(install(b, "a-2.bin"), COT_OK);
	assert_runs(b, "a-2.bin");
	assert_false(sim_secondary_runs(b->s, "a-2.bin"));
	assert_int_equal(cot_hook_confirm(&hook), COT_OK);
	assert_int_equal(cot_hook_confirm(&hook), COT_E_FLASH); /* written once */
	power_on();
	assert_runs(b, "a-2.bin");
	assert_true(sim_secondary_runs(b->s, "a-2.bin"));
}

static void three_boots_without_confirming_bring_the_old_image_back(void **state)
{
	struct bench *b = *state;
	unsigned i;

	sim_secondary_release(b->s, "a-2.bin", 2);
	assert_int_equal(install(b, "a-2.bin"), COT_OK);
	for (i = 1; i < COT_SEC_TRIALS; i++) {
		assert_runs(b, "a-2.bin");
		power_on();
	}
	assert_runs(b, "a-2.bin");
	power_on();
	assert_runs(b, "a-1.bin");
}

/* An update with a cut in the middle of the operation of that number; false: it took
 * fewer.  Then power comes back, and the same update is done again. */
static bool survives(struct bench *b, unsigned number)
{
	static jmp_buf here;
	volatile bool was_cut = true;

	outlet = &here;
	ops = 0;
	cut = number;
	if (setjmp(here) == 0) {
		assert_int_equal(install(b, "a-2.bin"), COT_OK);
		assert_int_equal(cot_hook_confirm(&hook), COT_OK);
		was_cut = false;
	}
	cut = 0;
	plug_in();
	power_on();
	assert_true(running);
	assert_true(memcmp(vector, sim_secondary_artifact(b->s, "a-1.bin")->bytes, 8) == 0 ||
	            memcmp(vector, sim_secondary_artifact(b->s, "a-2.bin")->bytes, 8) == 0);
	clock_ms += COT_SEC_TRIAL_MS;
	if (boot.trial)
		assert_int_equal(cot_hook_confirm(&hook), COT_OK);
	if (!sim_secondary_runs(b->s, "a-2.bin")) {
		assert_int_equal(install(b, "a-2.bin"), COT_OK);
		if (boot.trial)
			assert_int_equal(cot_hook_confirm(&hook), COT_OK);
		power_on();
	}
	assert_runs(b, "a-2.bin");
	assert_true(sim_secondary_runs(b->s, "a-2.bin"));
	return was_cut;
}

/* Every 29th operation: that the library survives each is shown elsewhere; this is
 * about the driver and the main loop. */
static void an_update_survives_cuts_of_power(void **state)
{
	static uint8_t born[sizeof(cells)];
	struct bench *b = *state;
	unsigned number = 1, survived = 0;
	bool cut_once = true;

	sim_secondary_release(b->s, "a-2.bin", 2);
	memcpy(born, cells, sizeof(cells));
	for (; cut_once; number += 29) {
		memcpy(cells, born, sizeof(cells));
		power_on();
		cut_once = survives(b, number);
		survived += cut_once;
	}
	print_message("%u cuts survived\n", survived);
	assert_true(survived > 50);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_factory_image_boots),
		TEST(the_watchdog_is_fed_by_boot_and_by_polling),
		TEST(an_altered_image_does_not_boot),
		TEST(a_blank_store_is_unprovisioned),
		TEST(a_store_of_another_layout_does_not_boot),
		TEST(nothing_is_handed_without_a_trial),
		TEST(reports_are_rationed),
		TEST(a_key_page_that_is_none_signs_nothing),
		TEST(the_application_may_refuse_a_session),
		TEST(without_random_there_is_no_nonce),
		TEST(an_update_runs_and_confirms_itself),
		TEST(three_boots_without_confirming_bring_the_old_image_back),
		TEST(an_update_survives_cuts_of_power)
	};

	return cmocka_run_group_tests_name("secondary_ports_template", tests, NULL, NULL);
}
