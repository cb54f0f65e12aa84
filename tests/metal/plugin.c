/* SPDX-License-Identifier: Apache-2.0
 *
 * A QEMU TCG plugin that watches bare-metal firmware from outside: it counts flash
 * stores and cuts power after a given one, tells which instructions ran, how many
 * and in which function, and ends the run when the guest gets somewhere. It changes
 * nothing of the guest. One processor; QEMU 7.2 (plugin interface 1) or newer.
 *
 *	qemu-system-arm ... -plugin build/tests/metal/plugin.so,NAME=VALUE,NAME=VALUE...
 *
 * Addresses and lengths are hexadecimal, all other numbers decimal; a file name may
 * hold no comma. An address is what the processor sees, which on a Cortex-M is the
 * physical one. Any number of windows, traces, counts and exits may be given.
 *
 * Stores
 *	window=START:LEN  count stores that begin in this window
 *	cut=K             SIGKILL right after the K-th store in all windows together: the
 *	                  memory holds exactly the first K stores. No cut without a window
 *	stores=FILE       at the end of the run: one line `START:LEN N` per window and
 *	                  `all N`. Not written when the plugin or somebody else kills
 *	log=FILE          a line `K ADDRESS SIZE` for each; a kill from outside may
 *	                  lose the last lines, cut= does not
 * Each access of the processor is one store, whatever its width: STRD is two, STM
 * and PUSH are one per register, a store that is not aligned is one. Not seen are the
 * frame that an exception pushes, the debugger, and devices that write memory.
 *
 * Instructions. `from` and `to` belong to the trace, count or limit named before them;
 * `to` may be given several times (whichever comes first). An address means that the
 * instruction there is about to run: FROM belongs to the stretch, TO does not. A
 * conditional instruction counts though its condition fails.
 *	trace=FILE,from=A,to=B      the first run through A up to B, written at B:
 *	                  `steps N`, then a line `PC LENGTH TIMES FIRST LAST` for each
 *	                  instruction in the order they came, FIRST and LAST being step
 *	                  numbers from 0
 *	  ,steps=FILE     and every step's PC, 32 bits in the host's order
 *	count=FILE,from=A,to=B      instructions between A and B, summed over all times:
 *	                  `times N`, `instructions N`, `least N`, `most N`, then a line
 *	                  `N NAME` per range and `N other`. Written at each B
 *	  ,ranges=FILE    lines `START END NAME` (END not included); the first that fits
 *	                  counts
 *
 * Ending the run
 *	exit=CODE:START:LEN  the process ends with CODE when an instruction in this window
 *	                  is about to run
 *	limit=N:CODE      ... and when N instructions have run (from=A: since A); up to a
 *	                  block of straight-line code sooner. An idle processor runs none
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What we use of QEMU's plugin interface; QEMU itself resolves these names. */
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { CB_NO_REGS = 0, MEM_WRITES = 2, INLINE_ADD = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
                                           void (*cb)(uint64_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb,
                                          void (*cb)(unsigned cpu, void *arg), int flags,
                                          void *arg);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
                                            void (*cb)(unsigned cpu, void *arg), int flags,
                                            void *arg);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int op,
                                                void *counter, uint64_t add);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn,
                                      void (*cb)(unsigned cpu, uint32_t info, uint64_t addr,
                                                 void *arg),
                                      int flags, int which, void *arg);
void qemu_plugin_register_atexit_cb(uint64_t id, void (*cb)(uint64_t id, void *arg), void *arg);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
unsigned qemu_plugin_mem_size_shift(uint32_t info);
bool qemu_plugin_mem_is_store(uint32_t info);

extern __attribute__((visibility("default"))) int qemu_plugin_version;
int qemu_plugin_version = 1;
__attribute__((visibility("default"))) int qemu_plugin_install(uint64_t id, const void *info,
                                                               int argc, char **argv);

enum { MAX = 32, TO_MAX = 4, RANGES_MAX = 4096, BUCKETS = 1 << 16 };

struct window {
	uint64_t start, len;
	uint64_t stores;
	int code;
};

/* A stretch of the run, from FROM to any of TO. */
struct gate {
	bool has_from, open;
	uint64_t from, to[TO_MAX];
	size_t to_count;
};

/* One instruction of a trace. */
struct step {
	uint32_t pc, len;
	uint64_t times, first, last;
	struct step *next, *in_order;
};

struct trace {
	struct gate gate;
	const char *file, *steps_file;
	bool done;
	uint64_t steps;
	uint32_t *all;
	size_t all_max;
	struct step *bucket[BUCKETS];
	struct step *oldest, *newest;
};

struct range {
	uint64_t start, end;
	char name[64];
	uint64_t n, at_from, sum;
};

struct count {
	struct gate gate;
	const char *file;
	struct range *ranges; /* the last one is `other` */
	size_t range_count;
	uint64_t times, all, least, most;
};

/* An instruction where something of a trace happens, as its callback sees it. */
struct traced {
	struct trace *trace;
	uint32_t pc, len;
	struct step *step;
};

static struct window windows[MAX], exits[MAX];
static size_t window_count, exit_count;
static uint64_t stores, cut_at;
static const char *stores_file;
static FILE *log_to;
static struct trace *traces[MAX];
static struct count *counts[MAX];
static size_t trace_count, count_count;
static struct gate limit_gate;
static uint64_t limit, limit_used;
static int limit_code;

static void complain(const char *what, const char *name)
{
	fprintf(stderr, "plugin: %s %s\n", what, name);
}

/* ---- output ---------------------------------------------------------------------- */

/* Under another name first, so that whoever reads never sees half a file. */
static FILE *begin_file(const char *name, char temporary[4096])
{
	FILE *f = NULL;
	int n = snprintf(temporary, 4096, "%s.part", name);

	if (n > 0 && n < 4096)
		f = fopen(temporary, "w");
	if (f == NULL)
		complain("cannot write", name);
	return f;
}

static void end_file(FILE *f, const char *temporary, const char *name)
{
	if (fclose(f) != 0 || rename(temporary, name) != 0)
		complain("cannot write", name);
}

static void write_stores(void)
{
	char temporary[4096];
	FILE *f = stores_file != NULL ? begin_file(stores_file, temporary) : NULL;

	if (log_to != NULL)
		fflush(log_to);
	if (f == NULL)
		return;
	for (size_t i = 0; i < window_count; i++)
		fprintf(f, "0x%" PRIx64 ":0x%" PRIx64 " %" PRIu64 "\n", windows[i].start,
		        windows[i].len, windows[i].stores);
	fprintf(f, "all %" PRIu64 "\n", stores);
	end_file(f, temporary, stores_file);
}

static void write_trace(const struct trace *t)
{
	char temporary[4096];
	FILE *f = begin_file(t->file, temporary);

	if (f == NULL)
		return;
	fprintf(f, "steps %" PRIu64 "\n", t->steps);
	for (const struct step *s = t->oldest; s != NULL; s = s->in_order)
		fprintf(f, "0x%" PRIx32 " %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", s->pc,
		        s->len, s->times, s->first, s->last);
	end_file(f, temporary, t->file);
	if (t->steps_file == NULL)
		return;
	f = begin_file(t->steps_file, temporary);
	if (f == NULL)
		return;
	fwrite(t->all, sizeof(t->all[0]), (size_t)t->steps, f);
	end_file(f, temporary, t->steps_file);
}

static void write_count(const struct count *c)
{
	char temporary[4096];
	FILE *f = begin_file(c->file, temporary);

	if (f == NULL)
		return;
	fprintf(f, "times %" PRIu64 "\ninstructions %" PRIu64 "\nleast %" PRIu64 "\nmost %" PRIu64
	        "\n", c->times, c->all, c->least, c->most);
	for (size_t i = 0; i < c->range_count; i++)
		fprintf(f, "%" PRIu64 " %s\n", c->ranges[i].sum, c->ranges[i].name);
	end_file(f, temporary, c->file);
}

/* exit() would wait for the very thread that runs this. */
static void leave(int code)
{
	write_stores();
	_exit(code);
}

/* ---- while the guest runs -------------------------------------------------------- */

static void on_store(unsigned cpu, uint32_t info, uint64_t addr, void *arg)
{
	(void)cpu;
	(void)arg;
	/* QEMU 7.2 calls for loads too, whatever it was asked for. */
	if (!qemu_plugin_mem_is_store(info))
		return;
	for (size_t i = 0; i < window_count; i++) {
		if (addr - windows[i].start >= windows[i].len)
			continue;
		windows[i].stores++;
		stores++;
		if (log_to != NULL)
			fprintf(log_to, "%" PRIu64 " 0x%" PRIx64 " %u\n", stores, addr,
			        1U << qemu_plugin_mem_size_shift(info));
		if (stores == cut_at) {
			if (log_to != NULL)
				fflush(log_to);
			kill(getpid(), SIGKILL);
		}
		return;
	}
}

static bool is_to(const struct gate *g, uint64_t pc)
{
	for (size_t i = 0; i < g->to_count; i++)
		if (g->to[i] == pc)
			return true;
	return false;
}

static struct step *find_step(struct trace *t, uint32_t pc, uint32_t len)
{
	struct step **place = &t->bucket[(pc >> 1) % BUCKETS];

	while (*place != NULL && ((*place)->pc != pc || (*place)->len != len))
		place = &(*place)->next;
	if (*place == NULL) {
		*place = calloc(1, sizeof(**place));
		if (*place == NULL)
			abort();
		**place = (struct step){ .pc = pc, .len = len, .first = t->steps };
		if (t->newest != NULL)
			t->newest->in_order = *place;
		else
			t->oldest = *place;
		t->newest = *place;
	}
	return *place;
}

static void keep_step(struct trace *t, uint32_t pc)
{
	if (t->steps == t->all_max) {
		t->all_max = t->all_max != 0 ? 2 * t->all_max : 1 << 16;
		t->all = realloc(t->all, t->all_max * sizeof(t->all[0]));
		if (t->all == NULL)
			abort();
	}
	t->all[t->steps] = pc;
}

static void on_traced(unsigned cpu, void *arg)
{
	struct traced *here = arg;
	struct trace *t = here->trace;

	(void)cpu;
	if (t->done)
		return;
	if (t->gate.open && is_to(&t->gate, here->pc)) {
		t->gate.open = false;
		t->done = true;
		write_trace(t);
		return;
	}
	if (here->pc == t->gate.from)
		t->gate.open = true;
	if (!t->gate.open)
		return;
	if (here->step == NULL)
		here->step = find_step(t, here->pc, here->len);
	if (t->steps_file != NULL)
		keep_step(t, here->pc);
	here->step->times++;
	here->step->last = t->steps++;
}

static void on_count_from(unsigned cpu, void *arg)
{
	struct count *c = arg;

	(void)cpu;
	if (c->gate.open)
		return;
	c->gate.open = true;
	for (size_t i = 0; i < c->range_count; i++)
		c->ranges[i].at_from = c->ranges[i].n;
}

static void on_count_to(unsigned cpu, void *arg)
{
	struct count *c = arg;
	uint64_t all = 0;

	(void)cpu;
	if (!c->gate.open)
		return;
	c->gate.open = false;
	for (size_t i = 0; i < c->range_count; i++) {
		uint64_t n = c->ranges[i].n - c->ranges[i].at_from;

		c->ranges[i].sum += n;
		all += n;
	}
	c->all += all;
	if (c->times == 0 || all < c->least)
		c->least = all;
	if (all > c->most)
		c->most = all;
	c->times++;
	write_count(c);
}

static void on_exit_window(unsigned cpu, void *arg)
{
	const struct window *w = arg;

	(void)cpu;
	leave(w->code);
}

static void on_limit_from(unsigned cpu, void *arg)
{
	(void)cpu;
	(void)arg;
	limit_gate.open = true;
}

static void on_block(unsigned cpu, void *arg)
{
	(void)cpu;
	if (!limit_gate.open)
		return;
	limit_used += (uintptr_t)arg;
	if (limit_used > limit)
		leave(limit_code);
}

static void at_end(uint64_t id, void *arg)
{
	(void)id;
	(void)arg;
	write_stores();
}

/* ---- while QEMU translates ------------------------------------------------------- */

static void watch(struct qemu_plugin_insn *insn, void (*cb)(unsigned cpu, void *arg), void *arg)
{
	qemu_plugin_register_vcpu_insn_exec_cb(insn, cb, CB_NO_REGS, arg);
}

static void watch_trace(struct trace *t, struct qemu_plugin_insn *insn, uint64_t pc)
{
	struct traced *here;

	if (t->done)
		return;
	here = malloc(sizeof(*here));
	if (here == NULL)
		abort();
	*here = (struct traced){ t, (uint32_t)pc, (uint32_t)qemu_plugin_insn_size(insn), NULL };
	watch(insn, on_traced, here);
}

/* The counter itself always runs, in line; FROM and TO take its difference. */
static void watch_count(struct count *c, struct qemu_plugin_insn *insn, uint64_t pc)
{
	size_t i = 0;

	if (is_to(&c->gate, pc))
		watch(insn, on_count_to, c);
	if (pc == c->gate.from)
		watch(insn, on_count_from, c);
	while (i + 1 < c->range_count && (pc < c->ranges[i].start || pc >= c->ranges[i].end))
		i++;
	qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD, &c->ranges[i].n, 1);
}

static void watch_insn(struct qemu_plugin_insn *insn)
{
	uint64_t pc = qemu_plugin_insn_vaddr(insn);

	if (limit_gate.has_from && pc == limit_gate.from)
		watch(insn, on_limit_from, NULL);
	for (size_t i = 0; i < trace_count; i++)
		watch_trace(traces[i], insn, pc);
	for (size_t i = 0; i < count_count; i++)
		watch_count(counts[i], insn, pc);
	/* Last, so that a trace or count that ends here is written before. */
	for (size_t i = 0; i < exit_count; i++)
		if (pc - exits[i].start < exits[i].len)
			watch(insn, on_exit_window, &exits[i]);
	/* QEMU calls back when the store is done; for some kinds of store that is the
	 * difference between K and K - 1, and the self-test looks at each kind. */
	if (window_count != 0)
		qemu_plugin_register_vcpu_mem_cb(insn, on_store, CB_NO_REGS, MEM_WRITES, NULL);
}

static void on_translate(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	if (limit != 0)
		qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, CB_NO_REGS, (void *)(uintptr_t)n);
	for (size_t i = 0; i < n; i++)
		watch_insn(qemu_plugin_tb_get_insn(tb, i));
}

/* ---- arguments ------------------------------------------------------------------- */

static bool parse_number(const char **at, int base, uint64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(*at, &end, base);
	if (end == *at || errno != 0 || **at == '-')
		return false;
	*at = end;
	return true;
}

static bool parse_after(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

static bool parse_window(const char *text, struct window *ret)
{
	return parse_number(&text, 16, &ret->start) && parse_after(&text, ':') &&
	       parse_number(&text, 16, &ret->len) && *text == 0;
}

static bool add_window(const char *text)
{
	return window_count < MAX && parse_window(text, &windows[window_count++]);
}

static bool add_exit(const char *text)
{
	uint64_t code;

	if (exit_count == MAX || !parse_number(&text, 10, &code) || code > 255 ||
	    !parse_after(&text, ':'))
		return false;
	exits[exit_count].code = (int)code;
	if (!parse_window(text, &exits[exit_count]))
		return false;
	exits[exit_count++].start &= ~(uint64_t)1; /* the Thumb bit */
	return true;
}

static bool set_limit(const char *text)
{
	uint64_t code;

	if (!parse_number(&text, 10, &limit) || !parse_after(&text, ':') ||
	    !parse_number(&text, 10, &code) || code > 255 || *text != 0)
		return false;
	limit_code = (int)code;
	limit_gate.open = true;
	return limit != 0;
}

static bool set_cut(const char *text)
{
	return parse_number(&text, 10, &cut_at) && *text == 0 && cut_at != 0;
}

static struct trace *add_trace(const char *file)
{
	struct trace *t = calloc(1, sizeof(*t));

	if (t == NULL || trace_count == MAX)
		return NULL;
	t->file = file;
	traces[trace_count++] = t;
	return t;
}

static struct count *add_count(const char *file)
{
	struct count *c = calloc(1, sizeof(*c));

	if (c == NULL || count_count == MAX)
		return NULL;
	c->ranges = calloc(RANGES_MAX + 1, sizeof(c->ranges[0]));
	if (c->ranges == NULL)
		return NULL;
	c->file = file;
	c->range_count = 1;
	memcpy(c->ranges[0].name, "other", 6);
	counts[count_count++] = c;
	return c;
}

static bool read_ranges(struct count *c, const char *name)
{
	FILE *f = fopen(name, "r");
	struct range r = { 0 };
	size_t n = 0;
	int got = EOF;

	if (f == NULL)
		return false;
	while (n < RANGES_MAX && (got = fscanf(f, "%" SCNx64 " %" SCNx64 " %63s", &r.start, &r.end,
	                                       r.name)) == 3)
		c->ranges[n++] = r;
	fclose(f);
	memset(&c->ranges[n], 0, sizeof(c->ranges[n]));
	memcpy(c->ranges[n].name, "other", 6);
	c->range_count = n + 1;
	return got == EOF && n != 0;
}

static bool set_place(struct gate *g, bool to, const char *text)
{
	uint64_t addr;

	if (g == NULL || !parse_number(&text, 16, &addr) || *text != 0)
		return false;
	addr &= ~(uint64_t)1; /* a function's address may carry the Thumb bit */
	if (!to) {
		g->from = addr;
		g->has_from = true;
		g->open = false;
		return true;
	}
	if (g->to_count == TO_MAX)
		return false;
	g->to[g->to_count++] = addr;
	return true;
}

/* What from=, to=, steps= and ranges= belong to. */
struct latest {
	struct gate *gate;
	struct trace *trace;
	struct count *count;
};

static bool take_gate(const char *name, const char *value, struct latest *now)
{
	if (strcmp(name, "trace") == 0) {
		now->trace = add_trace(value);
		now->gate = now->trace != NULL ? &now->trace->gate : NULL;
	} else if (strcmp(name, "count") == 0) {
		now->count = add_count(value);
		now->gate = now->count != NULL ? &now->count->gate : NULL;
	} else if (strcmp(name, "limit") == 0) {
		now->gate = set_limit(value) ? &limit_gate : NULL;
	} else if (strcmp(name, "from") == 0 || strcmp(name, "to") == 0) {
		return set_place(now->gate, name[0] == 't', value);
	} else if (strcmp(name, "steps") == 0 && now->trace != NULL) {
		now->trace->steps_file = value;
	} else if (strcmp(name, "ranges") == 0 && now->count != NULL) {
		return read_ranges(now->count, value);
	} else {
		return false;
	}
	return now->gate != NULL;
}

static bool take(const char *name, const char *value, struct latest *now)
{
	if (strcmp(name, "window") == 0)
		return add_window(value);
	if (strcmp(name, "cut") == 0)
		return set_cut(value);
	if (strcmp(name, "exit") == 0)
		return add_exit(value);
	if (strcmp(name, "stores") == 0) {
		stores_file = value;
		return true;
	}
	if (strcmp(name, "log") == 0) {
		log_to = fopen(value, "w");
		return log_to != NULL;
	}
	return take_gate(name, value, now);
}

static bool complete(void)
{
	for (size_t i = 0; i < trace_count; i++)
		if (!traces[i]->gate.has_from || traces[i]->gate.to_count == 0)
			return false;
	for (size_t i = 0; i < count_count; i++)
		if (!counts[i]->gate.has_from || counts[i]->gate.to_count == 0)
			return false;
	return (cut_at == 0 && log_to == NULL && stores_file == NULL) || window_count != 0;
}

int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	struct latest now = { 0 };

	(void)info;
	for (int i = 0; i < argc; i++) {
		/* Kept for good: values stay in use as file names. */
		char *name = strdup(argv[i]);
		char *value = name != NULL ? strchr(name, '=') : NULL;

		if (value != NULL)
			*value++ = 0;
		if (value == NULL || !take(name, value, &now)) {
			complain("cannot use", argv[i]);
			return -1;
		}
	}
	if (!complete()) {
		complain("a trace or count without", "from and to, or stores without a window");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	qemu_plugin_register_atexit_cb(id, at_end, NULL);
	return 0;
}
