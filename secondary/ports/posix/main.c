/* SPDX-License-Identifier: Apache-2.0
 *
 * cotter-ecu: a secondary as a process, for demonstrations and tests.
 *
 * Loader and application are one program, but a reset is real: the process
 * replaces itself, and all that it knew is gone but what is in the flash file.
 * An image is any file whose first line is `COTTER-DEMO-IMAGE NAME VERSION`; to
 * run it is to print that line's words, test oneself and confirm.
 */
#include "keys/crypto/init.h"
#include "keys/encode.h"
#include "secondary/link/host/transport.h"
#include "secondary/ports/posix/board.h"
#include "secondary/ports/posix/factory.h"
#include "secondary/ports/posix/show.h"
#include "secondary/secondary.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#define IMAGE_MAGIC "COTTER-DEMO-IMAGE "
#define WATCHDOG_MS 300u /* an image that hangs is reset after this */
#define LINGER_MS 30     /* between the answer to a reset and the reset */

enum selftest { SELFTEST_OK, SELFTEST_FAIL, SELFTEST_HANG };

struct options {
	const char *flash, *link, *trace;
	uint64_t cut;
	bool cut_after, programming;
	enum selftest selftest;
};

static struct posix_board board;
static struct cot_sec node;

static const char usage[] =
	"usage: cotter-ecu --flash FILE --link URI [OPTION...]\n"
	"       cotter-ecu provision --flash FILE --record FILE --key FILE --image FILE\n"
	"                            [--part PART] [--slot-size BYTES] [--force]\n"
	"       cotter-ecu show --flash FILE\n\n"
	"A secondary as a process.\n\n"
	"  --flash FILE        what survives a reset\n"
	"  --link URI          unix:PATH, serial:PATH@BAUD, serial:pty:LINKPATH,\n"
	"                      vbus:PATH/TX,RX or can:IFACE/TX,RX\n"
	"  --cut-before N      cut power before the N-th flash operation from now\n"
	"  --cut-after N       cut power after it\n"
	"  --selftest RESULT   ok (default), fail or hang: of an image on trial\n"
	"  --trace FILE        append one line per flash operation\n"
	"  --programming       come up in the loader, as after a programming session\n"
	"  --help\n\n"
	"Parts:";

static int fail(enum cot_err err, const char *what)
{
	fprintf(stderr, "cotter-ecu: %s: %s (%s)\n", what, cot_err_sentence(err),
	        cot_err_word(err));
	if (cot_err_hint(err)[0])
		fprintf(stderr, "hint: %s\n", cot_err_hint(err));
	return (int)cot_err_exit(err);
}

/* ---- what it says ------------------------------------------------------------------ */

static void say(const char *text)
{
	struct cot_slice serial = node.id.components ? node.id.ecu[0].serial : COT_SLICE("?");

	printf("ecu %.*s: %s\n", (int)serial.len, (const char *)serial.ptr, text);
	fflush(stdout);
}

/* The words of an image's first line: what it prints when it runs. */
static void image_words(uint8_t slot, char ret[80])
{
	const struct cot_flash *flash = board.port.flash;
	const uint8_t *image = flash->map(flash->ctx, cot_sec_slot_region(slot));
	size_t n = strlen(IMAGE_MAGIC), i = 0;

	if (memcmp(image, IMAGE_MAGIC, n) == 0) {
		while (i < 79 && image[n + i] > 0x1f && image[n + i] < 0x7f) {
			ret[i] = (char)image[n + i];
			i++;
		}
	}
	ret[i] = 0;
}

static void say_boot(const struct cot_boot *boot)
{
	char words[80], line[160];

	if (!boot->image) {
		snprintf(line, sizeof(line), "stays in the loader%s%s", boot->why ? ": " : "",
		         boot->why ? cot_err_word(boot->why) : "");
		say(line);
		return;
	}
	image_words(boot->slot, words);
	snprintf(line, sizeof(line), "boots %s from slot %c%s", words[0] ? words : "an image",
	         boot->slot == 0 ? 'A' : 'B', boot->trial ? ", on trial" : "");
	say(line);
}

/* Tells every refusal once, when it happens. */
static void say_refusal(void)
{
	static enum cot_err told;
	char line[160];

	if (node.last != told && node.last < COT_OK) {
		snprintf(line, sizeof(line), "refused: %s (%s)", cot_err_sentence(node.last),
		         cot_err_word(node.last));
		say(line);
	}
	told = node.last;
}

/* ---- reset --------------------------------------------------------------------------- */

/* All of RAM is lost; only the command line, which is the board's wiring, stays. */
static void reset(const struct options *o, struct cot_link *link, bool programming)
{
	char *argv[16];
	size_t n = 0;

	cot_transport_close(link);
	posix_flash_close(&board.flash);
	argv[n++] = (char *)(uintptr_t)"cotter-ecu";
	argv[n++] = (char *)(uintptr_t)"--flash";
	argv[n++] = (char *)(uintptr_t)o->flash;
	argv[n++] = (char *)(uintptr_t)"--link";
	argv[n++] = (char *)(uintptr_t)o->link;
	if (o->trace) {
		argv[n++] = (char *)(uintptr_t)"--trace";
		argv[n++] = (char *)(uintptr_t)o->trace;
	}
	if (o->selftest != SELFTEST_OK) {
		argv[n++] = (char *)(uintptr_t)"--selftest";
		argv[n++] = (char *)(uintptr_t)(o->selftest == SELFTEST_FAIL ? "fail" : "hang");
	}
	/* The cut counts on over a reset, as the current does. */
	char cut[32];
	if (o->cut > board.flash.ops) {
		snprintf(cut, sizeof(cut), "%llu", (unsigned long long)(o->cut - board.flash.ops));
		argv[n++] = (char *)(uintptr_t)(o->cut_after ? "--cut-after" : "--cut-before");
		argv[n++] = cut;
	}
	if (programming)
		argv[n++] = (char *)(uintptr_t)"--programming";
	argv[n] = NULL;
	execv("/proc/self/exe", argv);
	_exit(COT_EXIT_FAILURE);
}

/* ---- the application -------------------------------------------------------------------- */

/* Runs the image: its self-test, and on trial its confirm record.  COT_E_TRIAL if
 * it shall be reset. */
static enum cot_err run_image(const struct options *o, const struct cot_boot *boot)
{
	char words[80];
	enum cot_err err;

	if (!boot->trial)
		return COT_OK;
	image_words(boot->slot, words);
	if (o->selftest == SELFTEST_HANG) {
		say("hangs; the watchdog resets it");
		poll(NULL, 0, WATCHDOG_MS);
		return COT_E_TRIAL;
	}
	if (o->selftest == SELFTEST_FAIL || !words[0]) {
		say("fails its self-test");
		return COT_E_TRIAL;
	}
	err = cot_confirm_write(board.port.flash, &boot->handed);
	if (err == COT_OK)
		say("self-test good, confirmed");
	return err;
}

/* ---- the loop ------------------------------------------------------------------------------ */

static void wait_for_link(struct cot_link *link)
{
	struct pollfd fd = { .fd = cot_transport_fd(link), .events = cot_transport_events(link) };
	uint64_t now = posix_now_ms(), due = cot_link_due(link, now);
	int timeout = 100;

	if (cot_sec_busy(&node) || due <= now)
		timeout = 0;
	else if (due - now < 100)
		timeout = (int)(due - now);
	poll(&fd, 1, timeout);
}

/* Serves until a reset is asked for. */
static enum cot_reset serve(struct cot_link *link)
{
	static uint8_t request[COT_LINK_MAX];
	struct cot_slice msg, response;

	for (;;) {
		uint64_t now = posix_now_ms();
		enum cot_err err = cot_link_poll(link, now, &msg);

		if (err == COT_E_LINK)
			return COT_RESET_BOOT;
		if (err == COT_OK && msg.len <= sizeof(request)) {
			memcpy(request, msg.ptr, msg.len);
			cot_sec_request(&node, cot_slice(request, msg.len), now);
		}
		cot_sec_poll(&node, now);
		if (!cot_link_sending(link) && cot_sec_response(&node, &response))
			(void)!cot_link_send(link, response, now);
		/* As soon as the answer has left: who asks on must not put it off.  What
		 * has left may still lie in the kernel or on the bus. */
		if (!cot_link_sending(link) && cot_sec_reset(&node) != COT_RESET_NONE) {
			poll(NULL, 0, LINGER_MS);
			return cot_sec_reset(&node);
		}
		say_refusal();
		wait_for_link(link);
	}
}

static enum cot_err open_board(const struct options *o)
{
	enum cot_err err = posix_flash_open(&board.flash, o->flash);

	if (err != COT_OK)
		return err;
	posix_board_init(&board);
	board.flash.cut = o->cut;
	board.flash.cut_after = o->cut_after;
	if (o->trace)
		board.flash.trace = fopen(o->trace, "ae");
	return COT_OK;
}

/* From reset to the first request. */
static void start(const struct options *o)
{
	struct cot_boot boot = { .image = false };
	enum cot_err err = cot_sec_init(&node, &board.port, posix_now_ms());

	if (err != COT_OK) {
		say_boot(&(struct cot_boot){ .why = err });
	} else if (!o->programming) {
		err = cot_sec_boot(&node, &boot);
		say_boot(&boot);
		if (err == COT_OK && boot.image && run_image(o, &boot) != COT_OK)
			reset(o, NULL, false);
	}
	if (boot.image)
		cot_sec_enter_application(&node, boot.slot, posix_now_ms());
	else
		cot_sec_enter_loader(&node, o->programming, posix_now_ms());
}

static int run(const struct options *o)
{
	struct cot_transport_note note = { "" };
	struct cot_link *link = NULL;
	enum cot_err err = open_board(o);

	if (err != COT_OK)
		return fail(err, o->flash);
	start(o);
	err = cot_transport_open(o->link, COT_TRANSPORT_SERVER, &link, &note);
	if (err != COT_OK)
		return fail(err, note.text[0] ? note.text : o->link);
	for (;;) {
		enum cot_reset kind = serve(link);

		reset(o, link, kind == COT_RESET_TO_LOADER);
	}
}

/* ---- command line ---------------------------------------------------------------------------- */

static void print_usage(FILE *to)
{
	const struct posix_layout *part;
	size_t i;

	fputs(usage, to);
	for (i = 0; (part = posix_layout_at(i)) != NULL; i++)
		fprintf(to, " %s", part->part);
	fputc('\n', to);
}

static int misuse(const char *what)
{
	fprintf(stderr, "cotter-ecu: %s\n\n", what);
	print_usage(stderr);
	return COT_EXIT_USAGE;
}

/* The value of option argv[*i]; NULL if it is another one or has none. */
static const char *value(const char *name, int argc, char **argv, int *i)
{
	if (strcmp(argv[*i], name) != 0 || *i + 1 >= argc)
		return NULL;
	return argv[++*i];
}

static int misused(const char *word)
{
	char what[200];

	snprintf(what, sizeof(what), "`%.80s` is no option, lacks its value, or is no value for it", word);
	return misuse(what);
}

/* A whole number of at most max, and nothing after it. */
static bool number(const char *text, uint64_t max, uint64_t *ret)
{
	return cot_decimal(cot_slice_str(text), max, ret) == COT_OK;
}

static int provision(int argc, char **argv)
{
	struct posix_factory f = { .flash = NULL };
	const char *what = "", *v;
	uint64_t slot_size;
	enum cot_err err;
	int i;

	for (i = 2; i < argc; i++) {
		if ((v = value("--flash", argc, argv, &i)))
			f.flash = v;
		else if ((v = value("--record", argc, argv, &i)))
			f.record = v;
		else if ((v = value("--key", argc, argv, &i)))
			f.key = v;
		else if ((v = value("--image", argc, argv, &i)))
			f.image = v;
		else if ((v = value("--slot-size", argc, argv, &i)) &&
		         number(v, UINT32_MAX, &slot_size))
			f.slot_size = (uint32_t)slot_size;
		else if ((v = value("--part", argc, argv, &i))) {
			f.layout = posix_layout_find(v);
			if (!f.layout)
				return fail(COT_E_PART, v);
		} else if (strcmp(argv[i], "--force") == 0)
			f.force = true;
		else
			return misused(argv[i]);
	}
	if (!f.flash || !f.record || !f.key || !f.image)
		return misuse("provision needs --flash, --record, --key and --image");
	err = posix_factory_run(&f, &what);
	if (err != COT_OK)
		return fail(err, what);
	printf("cotter-ecu: %s is ready to boot\n", f.flash);
	return COT_EXIT_DONE;
}

static int show(int argc, char **argv)
{
	enum cot_err err;

	if (argc != 4 || strcmp(argv[2], "--flash") != 0)
		return misuse("show takes --flash FILE and nothing else");
	err = posix_show(argv[3], stdout);
	return err == COT_OK ? COT_EXIT_DONE : fail(err, argv[3]);
}

static bool parse_selftest(const char *text, enum selftest *ret)
{
	static const char *const names[] = { "ok", "fail", "hang" };
	int i;

	for (i = 0; i < 3; i++) {
		if (strcmp(text, names[i]) == 0) {
			*ret = (enum selftest)i;
			return true;
		}
	}
	return false;
}

static bool parse_option(struct options *o, int argc, char **argv, int *i)
{
	const char *v;

	if ((v = value("--flash", argc, argv, i)))
		o->flash = v;
	else if ((v = value("--link", argc, argv, i)))
		o->link = v;
	else if ((v = value("--trace", argc, argv, i)))
		o->trace = v;
	else if ((v = value("--cut-after", argc, argv, i)) ||
	         (v = value("--cut-before", argc, argv, i))) {
		o->cut_after = strcmp(argv[*i - 1], "--cut-after") == 0;
		return number(v, UINT64_MAX, &o->cut);
	} else if ((v = value("--selftest", argc, argv, i)))
		return parse_selftest(v, &o->selftest);
	else if (strcmp(argv[*i], "--programming") == 0)
		o->programming = true;
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	struct options o = { .selftest = SELFTEST_OK };
	int i;

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		print_usage(stdout);
		return COT_EXIT_DONE;
	}
	if (cot_crypto_init() != COT_OK)
		return fail(COT_E_INTERNAL, "crypto library");
	if (argc > 1 && strcmp(argv[1], "provision") == 0)
		return provision(argc, argv);
	if (argc > 1 && strcmp(argv[1], "show") == 0)
		return show(argc, argv);
	for (i = 1; i < argc; i++) {
		if (!parse_option(&o, argc, argv, &i))
			return misused(argv[i]);
	}
	if (!o.flash || !o.link)
		return misuse("--flash and --link are needed");
	return run(&o);
}
