/* SPDX-License-Identifier: Apache-2.0
 *
 * One skipped instruction must not boot a bad image.
 *
 *	skip -e LOADER.elf -p plugin.so -d WORKDIR -f FROM -s STAY -r START:LEN
 *	     [-g SOUND] [-q QEMU] [-j JOBS] KIND[@FROM]=FLASH...
 *
 * Each FLASH is a file whose image the loader has to refuse, KIND a word for what is
 * wrong with it. The loader runs from FROM, where it begins to choose a slot, until it
 * stays in itself at STAY (-s may be repeated); both are symbols or 0x addresses (a
 * kind may have a FROM of its own), and
 * code that runs inside START:LEN (hex) is the image's. SOUND is a flash whose image
 * has to boot, or nothing would be proved. One run with the plugin tells
 * which instructions ran. Then, for each distinct one, the loader starts on a fresh
 * copy of FLASH, goes through QEMU's gdb stub to the first and to the last time it ran,
 * and has that one instruction skipped. What comes of it:
 *
 *	booted  an instruction of the image ran
 *	stayed  the loader came to STAY
 *	reset   the loader reset itself        } the loader then started again on the
 *	hung    neither, after four times as   } flash as it was left, nothing skipped,
 *	        many instructions and 2 million } and did not boot it either; else the
 *	fault   the processor locked up        } verdict is booted
 *	missed  the debugger did not get there: the campaign proves nothing and fails
 *
 * An instruction that ran once is one point, `first`. The last time is reached by
 * landmarks (tests/metal/way.h), not by time.
 *
 * What skipping does to an IT block: tests/metal/over.h. SIZES="2 4 6 8 10" skips that
 * many bytes instead of one instruction, each length a point of its own.
 *
 * ID=[KIND:]0xPC:first|last[:BYTES] runs one point and shows it. SECONDS=N stops after
 * that time; the points are taken in an order that spreads any part of them over the
 * whole. Last line `points N, booted N`; exit 1 if any booted or was missed, 2 if the
 * campaign could not run.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "tests/metal/asked.h"
#include "tests/metal/elf.h"
#include "tests/metal/gdb.h"
#include "tests/metal/machine.h"
#include "tests/metal/over.h"
#include "tests/metal/way.h"

enum { KINDS = 8, STAYS = 3, SIZES = 8, JOBS = 16, NAME = 1024 };
enum { CODE_BOOTED = 40, CODE_STAYED, CODE_LIMIT };
enum { FLASH_LEN = 16 << 20, BLOCK = 1 << 16, SLACK = 2000000 };

enum verdict { NOT_RUN, BOOTED, STAYED, RESET, HUNG, FAULT, MISSED, VERDICTS };

static const char *const verdict_name[VERDICTS] = {
	"not run", "booted", "stayed", "reset", "hung", "fault", "missed",
};

struct kind {
	const char *name;
	const uint8_t *flash;
	uint32_t from;
	struct way way;
};

struct point {
	uint16_t kind;
	bool last;
	uint32_t insn; /* index into the kind's way */
	uint32_t size; /* bytes to skip */
};

struct campaign {
	struct machine_setup setup;
	const char *dir, *sound;
	struct elf elf;
	uint32_t from, stay[STAYS];
	size_t stay_count;
	const char *image; /* START:LEN */
	unsigned jobs;
	uint32_t sizes[SIZES]; /* 0: the instruction's own length */
	size_t size_count;
	struct kind kinds[KINDS];
	size_t kind_count;
	struct point *points;
	size_t point_count;
	bool show;
};

/* What the workers share. */
struct board {
	size_t next;
	uint8_t verdict[];
};

/* One worker's own flash. */
struct bench {
	char flash_path[NAME], uart_path[NAME];
	uint8_t *flash;
	struct machine_setup setup;
};

/* ---- points and their names ------------------------------------------------------ */

static const struct way_insn *insn_of(const struct campaign *c, const struct point *p)
{
	return &c->kinds[p->kind].way.insns[p->insn];
}

/* ret without KIND: begins after the first colon */
static void write_id(const struct campaign *c, const struct point *p, char ret[NAME])
{
	int n = snprintf(ret, NAME, "%s:0x%" PRIx32 ":%s", c->kinds[p->kind].name,
	                 insn_of(c, p)->pc, p->last ? "last" : "first");

	if (c->sizes[0] != 0)
		snprintf(ret + n, NAME - (size_t)n, ":%" PRIu32, p->size);
}

static void add_points(struct campaign *c, size_t kind, const char *only)
{
	const struct way *w = &c->kinds[kind].way;

	for (size_t i = 0; i < w->count; i++)
		for (size_t s = 0; s < c->size_count; s++)
			for (int last = 0; last < (w->insns[i].times > 1 ? 2 : 1); last++) {
				struct point *p = &c->points[c->point_count];
				char id[NAME];

				*p = (struct point){ (uint16_t)kind, last == 1, (uint32_t)i,
				                     c->sizes[s] != 0 ? c->sizes[s]
				                                      : w->insns[i].len };
				write_id(c, p, id);
				if (only == NULL || strcmp(only, id) == 0 ||
				    strcmp(only, strchr(id, ':') + 1) == 0)
					c->point_count++;
			}
}

static bool list_points(struct campaign *c)
{
	const char *only = getenv("ID");
	size_t most = 1;

	if (only != NULL && *only == 0)
		only = NULL;
	c->show = only != NULL;
	for (size_t k = 0; k < c->kind_count; k++)
		most += 2 * c->kinds[k].way.count * c->size_count;
	c->points = calloc(most, sizeof(c->points[0]));
	if (c->points == NULL)
		return false;
	for (size_t k = 0; k < c->kind_count; k++)
		add_points(c, k, only);
	if (c->point_count == 0)
		fprintf(stderr, "skip: no point %s\n", only != NULL ? only : "at all");
	return c->point_count != 0;
}

/* ---- one run --------------------------------------------------------------------- */

static bool open_bench(struct bench *b, const struct campaign *c, unsigned number)
{
	int fd;

	snprintf(b->flash_path, NAME, "%s/flash%u", c->dir, number);
	snprintf(b->uart_path, NAME, "%s/uart%u", c->dir, number);
	b->setup = c->setup;
	b->setup.flash = b->flash_path;
	b->setup.uart = c->show ? b->uart_path : NULL;
	b->setup.show_errors = c->show;
	fd = open(b->flash_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, FLASH_LEN) != 0)
		return false;
	b->flash = mmap(NULL, FLASH_LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return b->flash != MAP_FAILED;
}

static const uint8_t *map_flash(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *p = MAP_FAILED;
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size == FLASH_LEN)
		p = mmap(NULL, FLASH_LEN, PROT_READ, MAP_PRIVATE, fd, 0);
	if (fd >= 0)
		close(fd);
	if (p == MAP_FAILED)
		fprintf(stderr, "skip: %s: no file of 16 MiB\n", path);
	return p != MAP_FAILED ? p : NULL;
}

/* QEMU maps the same file, so that only what a run changed has to be put back. */
static void restore_flash(struct bench *b, const uint8_t *flash)
{
	for (size_t at = 0; at < FLASH_LEN; at += BLOCK)
		if (memcmp(b->flash + at, flash + at, BLOCK) != 0)
			memcpy(b->flash + at, flash + at, BLOCK);
}

/* What ends a run: the image's code, STAY, too many instructions. */
static void write_ends(const struct campaign *c, uint32_t from, uint64_t steps,
                       char ret[NAME])
{
	int n = snprintf(ret, NAME, "limit=%" PRIu64 ":%d,from=%" PRIx32 ",exit=%d:%s",
	                 4 * steps + SLACK, CODE_LIMIT, from, CODE_BOOTED, c->image);

	for (size_t i = 0; i < c->stay_count; i++)
		n += snprintf(ret + n, NAME - (size_t)n, ",exit=%d:%" PRIx32 ":1", CODE_STAYED,
		              c->stay[i]);
}

static enum verdict judge(struct machine *m)
{
	int code = 0;

	switch (machine_wait(m, &code)) {
	case MACHINE_IDLE:
		return HUNG;
	case MACHINE_FAULT:
		return FAULT;
	case MACHINE_EXIT:
		break;
	}
	switch (code) {
	case 0:
		return RESET;
	case CODE_BOOTED:
		return BOOTED;
	case CODE_STAYED:
		return STAYED;
	case CODE_LIMIT:
		return HUNG;
	default:
		return MISSED;
	}
}

/* After a reset or a hang: power comes back on the flash as it was left. */
static enum verdict run_again(const struct campaign *c, const struct bench *b,
                              const struct point *p, enum verdict before)
{
	const struct kind *k = &c->kinds[p->kind];
	struct machine m;
	char ends[NAME];
	enum verdict v = before;

	write_ends(c, k->from, k->way.steps, ends);
	if (!machine_start(&m, &b->setup, ends, false))
		return MISSED;
	v = judge(&m);
	if (c->show)
		printf("%s; started again: %s\n", verdict_name[before], verdict_name[v]);
	return v == BOOTED || v == MISSED ? v : before;
}

static enum verdict run_point(const struct campaign *c, struct bench *b, const struct point *p)
{
	const struct kind *k = &c->kinds[p->kind];
	const struct over over = { &k->way, k->from, (int)p->insn, p->last, p->size, c->show };
	struct machine m;
	struct gdb g;
	char ends[NAME];
	enum verdict v;

	restore_flash(b, k->flash);
	write_ends(c, k->from, k->way.steps, ends);
	if (!machine_start(&m, &b->setup, ends, true))
		return MISSED;
	gdb_init(&g, m.fd);
	if (!over_instruction(&g, &over)) {
		machine_kill(&m);
		return MISSED;
	}
	v = judge(&m);
	return v == RESET || v == HUNG || v == FAULT ? run_again(c, b, p, v) : v;
}

/* ---- the campaign ---------------------------------------------------------------- */

/* The run nobody disturbs: it has to stay. */
static bool trace_kind(struct campaign *c, struct bench *b, struct kind *k)
{
	char trace[NAME], steps[NAME], args[4 * NAME], ends[NAME];
	struct machine m;
	enum verdict v;
	int n;

	snprintf(trace, NAME, "%s/trace.%s", c->dir, k->name);
	snprintf(steps, NAME, "%s/steps.%s", c->dir, k->name);
	write_ends(c, k->from, 1000000000, ends);
	n = snprintf(args, sizeof(args), "trace=%s,steps=%s,from=%" PRIx32, trace, steps, k->from);
	for (size_t i = 0; i < c->stay_count; i++)
		n += snprintf(args + n, sizeof(args) - (size_t)n, ",to=%" PRIx32, c->stay[i]);
	snprintf(args + n, sizeof(args) - (size_t)n, ",%s", ends);
	unlink(trace);
	restore_flash(b, k->flash);
	if (!machine_start(&m, &b->setup, args, false))
		return false;
	v = judge(&m);
	if (v != STAYED) {
		fprintf(stderr, "skip: %s: with nothing skipped the loader %s\n", k->name,
		        v == MISSED ? "did not start" : verdict_name[v]);
		return false;
	}
	return way_load(&k->way, trace, steps);
}

static bool sound_boots(const struct campaign *c, struct bench *b)
{
	const uint8_t *flash = c->sound != NULL ? map_flash(c->sound) : NULL;
	struct machine m;
	char ends[NAME];
	enum verdict v;

	if (c->sound == NULL)
		return true;
	if (flash == NULL)
		return false;
	write_ends(c, c->from, 1000000000, ends);
	restore_flash(b, flash);
	if (!machine_start(&m, &b->setup, ends, false))
		return false;
	v = judge(&m);
	if (v != BOOTED)
		fprintf(stderr, "skip: the sound image: %s\n", verdict_name[v]);
	return v == BOOTED;
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A step that shares no factor with the count visits each point once, far apart. */
static size_t spread(size_t n)
{
	size_t step = n * 618 / 1000 | 1;

	for (;; step++) {
		size_t a = n, b = step;

		while (b != 0) {
			size_t r = a % b;

			a = b;
			b = r;
		}
		if (a == 1)
			return step;
	}
}

static bool work(const struct campaign *c, struct board *board, unsigned number, double until)
{
	struct bench b;
	size_t step = spread(c->point_count);

	if (!open_bench(&b, c, number))
		return false;
	for (;;) {
		size_t i = __atomic_fetch_add(&board->next, 1, __ATOMIC_RELAXED);
		size_t at = i * step % c->point_count;

		if (i >= c->point_count || (until > 0 && now_s() > until))
			return true;
		board->verdict[at] = (uint8_t)run_point(c, &b, &c->points[at]);
	}
}

/* False: a worker died. */
static bool work_in_parallel(const struct campaign *c, struct board *board, double until)
{
	pid_t parent = getpid();
	bool good = true;
	int status;

	if (c->show)
		return work(c, board, 0, until);
	for (unsigned i = 0; i < c->jobs; i++) {
		pid_t pid = fork();

		if (pid != 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(getppid() == parent && work(c, board, i, until) ? 0 : 1);
	}
	for (unsigned i = 0; i < c->jobs; i++) {
		while (wait(&status) < 0 && errno == EINTR)
			;
		good = good && status == 0;
	}
	return good;
}

static void list(const struct campaign *c, const struct board *board, enum verdict v)
{
	for (size_t i = 0; i < c->point_count; i++) {
		uint32_t offset;
		char id[NAME];
		const char *name;

		if (board->verdict[i] != v)
			continue;
		write_id(c, &c->points[i], id);
		name = elf_function(&c->elf, insn_of(c, &c->points[i])->pc, &offset);
		printf("%s ID=%s %s+0x%" PRIx32 "\n", verdict_name[v], id, name, offset);
	}
}

static size_t count(const struct campaign *c, const struct board *board, size_t kind,
                    enum verdict v)
{
	size_t n = 0;

	for (size_t i = 0; i < c->point_count; i++)
		n += c->points[i].kind == kind && board->verdict[i] == v;
	return n;
}

static int report(const struct campaign *c, const struct board *board)
{
	size_t sum[VERDICTS] = { 0 };
	size_t run;

	list(c, board, BOOTED);
	list(c, board, MISSED);
	for (size_t k = 0; k < c->kind_count; k++) {
		const struct way *w = &c->kinds[k].way;

		printf("%s: %" PRIu64 " steps, %zu instructions", c->kinds[k].name, w->steps,
		       w->count);
		for (enum verdict v = BOOTED; v < VERDICTS; v++) {
			size_t n = count(c, board, k, v);

			printf(", %s %zu", verdict_name[v], n);
			sum[v] += n;
		}
		printf("\n");
		sum[NOT_RUN] += count(c, board, k, NOT_RUN);
	}
	run = c->point_count - sum[NOT_RUN];
	if (sum[NOT_RUN] != 0)
		printf("reached %zu of %zu points\n", run, c->point_count);
	printf("points %zu, booted %zu\n", run, sum[BOOTED]);
	return run == 0 ? 2 : sum[BOOTED] != 0 || sum[MISSED] != 0;
}

static void show_uart(const struct campaign *c)
{
	char path[NAME], line[NAME];
	FILE *f;

	snprintf(path, NAME, "%s/uart0", c->dir);
	f = fopen(path, "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		printf("uart: %s", line);
	if (f != NULL)
		fclose(f);
}

static int run(struct campaign *c)
{
	double limit = (double)asked_number("SECONDS", 0, 0, ASKED_MOST);
	double begin = now_s();
	struct board *board;
	struct bench b;

	if (!open_bench(&b, c, 0) || !sound_boots(c, &b))
		return 2;
	for (size_t k = 0; k < c->kind_count; k++)
		if (!trace_kind(c, &b, &c->kinds[k]))
			return 2;
	munmap(b.flash, FLASH_LEN);
	if (!list_points(c))
		return 2;
	board = mmap(NULL, sizeof(*board) + c->point_count, PROT_READ | PROT_WRITE,
	             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (board == MAP_FAILED)
		return 2;
	fflush(NULL);
	if (!work_in_parallel(c, board, limit > 0 ? begin + limit : 0)) {
		fprintf(stderr, "skip: a worker could not go on\n");
		return 2;
	}
	if (c->show)
		show_uart(c);
	return report(c, board);
}

/* ---- arguments ------------------------------------------------------------------- */

static bool take_address(const struct campaign *c, const char *text, uint32_t *ret)
{
	if (text != NULL && elf_address(&c->elf, text, ret))
		return true;
	fprintf(stderr, "skip: %s: no such symbol\n", text != NULL ? text : "FROM");
	return false;
}

static bool add_kind(struct campaign *c, char *text)
{
	struct kind *k = &c->kinds[c->kind_count];
	char *path = strchr(text, '=');
	char *from;

	if (path == NULL || c->kind_count == KINDS)
		return false;
	*path++ = 0;
	from = strchr(text, '@');
	if (from != NULL)
		*from++ = 0;
	k->name = text;
	k->from = c->from;
	k->flash = map_flash(path);
	c->kind_count++;
	return k->flash != NULL && (from == NULL || take_address(c, from, &k->from));
}

/* Ends the program for a list that is none. */
static void take_sizes(struct campaign *c)
{
	const char *text = getenv("SIZES"), *at = text;

	c->size_count = 0;
	for (; at != NULL && *(at += strspn(at, " ")) != 0; at += strcspn(at, " ")) {
		size_t len = strcspn(at, " ");
		char word[3];
		unsigned long n;

		snprintf(word, sizeof(word), "%.2s", at);
		word[len < 2 ? len : 2] = 0;
		if (len > 2 || c->size_count == SIZES || !asked_digits(word, 2, 64, &n) || n % 2 != 0)
			asked_refuse("SIZES", text, "even numbers from 2 to 64, eight at most");
		c->sizes[c->size_count++] = (uint32_t)n;
	}
	if (c->size_count == 0)
		c->size_count = 1;
}

static bool take_arguments(struct campaign *c, int argc, char **argv)
{
	const char *from = NULL, *stay[STAYS];
	unsigned long jobs = c->jobs;
	int opt;

	while ((opt = getopt(argc, argv, "e:p:d:f:s:r:g:q:j:")) != -1) {
		switch (opt) {
		case 'e': c->setup.elf = optarg; break;
		case 'p': c->setup.plugin = optarg; break;
		case 'd': c->dir = optarg; break;
		case 'f': from = optarg; break;
		case 's':
			if (c->stay_count == STAYS)
				return false;
			stay[c->stay_count++] = optarg;
			break;
		case 'r': c->image = optarg; break;
		case 'g': c->sound = optarg; break;
		case 'q': c->setup.qemu = optarg; break;
		case 'j':
			if (!asked_digits(optarg, 1, JOBS, &jobs))
				return false;
			c->jobs = (unsigned)jobs;
			break;
		default: return false;
		}
	}
	if (c->setup.elf == NULL || c->setup.plugin == NULL || c->dir == NULL || c->image == NULL ||
	    c->stay_count == 0 || optind == argc || !elf_open(&c->elf, c->setup.elf) ||
	    !take_address(c, from, &c->from))
		return false;
	for (size_t i = 0; i < c->stay_count; i++)
		if (!take_address(c, stay[i], &c->stay[i]))
			return false;
	while (optind < argc)
		if (!add_kind(c, argv[optind++]))
			return false;
	return true;
}

int main(int argc, char **argv)
{
	static struct campaign c = { .setup.qemu = "qemu-system-arm", .jobs = 2 };

	(void)asked_number("SECONDS", 0, 0, ASKED_MOST);
	take_sizes(&c);
	if (!take_arguments(&c, argc, argv)) {
		fprintf(stderr, "usage: skip -e LOADER.elf -p PLUGIN -d WORKDIR -f FROM -s STAY "
		                "-r START:LEN [-g SOUND] [-q QEMU] [-j JOBS] KIND[@FROM]=FLASH...\n");
		return 2;
	}
	return run(&c);
}
