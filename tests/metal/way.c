/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/metal/way.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int by_pc(const void *a, const void *b)
{
	const struct way_insn *x = a, *y = b;

	return x->pc < y->pc ? -1 : x->pc > y->pc;
}

static bool read_trace(struct way *w, const char *name)
{
	FILE *f = fopen(name, "r");
	struct way_insn i = { 0 };
	size_t max = 0;

	if (f == NULL)
		return false;
	if (fscanf(f, "steps %" SCNu64, &w->steps) != 1)
		w->steps = 0;
	while (fscanf(f, "%" SCNx32 " %" SCNu32 " %" SCNu64 " %" SCNu64 " %" SCNu64, &i.pc, &i.len,
	              &i.times, &i.first, &i.last) == 5) {
		if (w->count == max) {
			max = max != 0 ? 2 * max : 1024;
			w->insns = realloc(w->insns, max * sizeof(i));
			if (w->insns == NULL)
				abort();
		}
		w->insns[w->count++] = i;
	}
	fclose(f);
	qsort(w->insns, w->count, sizeof(i), by_pc);
	return w->count != 0;
}

static uint32_t *read_steps(const struct way *w, const char *name)
{
	FILE *f = fopen(name, "rb");
	uint32_t *pcs = malloc((size_t)w->steps * sizeof(*pcs));
	size_t n = 0;

	if (f != NULL && pcs != NULL)
		n = fread(pcs, sizeof(*pcs), (size_t)w->steps, f);
	if (f != NULL)
		fclose(f);
	if (n == w->steps)
		return pcs;
	free(pcs);
	return NULL;
}

/* For each instruction the steps at which it ran, one after the other in `at`. */
struct places {
	uint64_t *at;
	size_t *start; /* count + 1 */
};

static bool find_places(const struct way *w, const uint32_t *pcs, struct places *ret)
{
	size_t *fill = calloc(w->count + 1, sizeof(*fill));
	bool good;

	ret->at = malloc((size_t)w->steps * sizeof(*ret->at));
	ret->start = calloc(w->count + 1, sizeof(*ret->start));
	if (fill == NULL || ret->at == NULL || ret->start == NULL)
		abort();
	for (size_t i = 0; i < w->count; i++) {
		ret->start[i + 1] = ret->start[i] + (size_t)w->insns[i].times;
		fill[i] = ret->start[i];
	}
	good = ret->start[w->count] == w->steps;
	for (uint64_t s = 0; good && s < w->steps; s++) {
		const struct way_insn key = { .pc = pcs[s] };
		const struct way_insn *i =
			bsearch(&key, w->insns, w->count, sizeof(key), by_pc);

		good = i != NULL && fill[i - w->insns] < ret->start[i - w->insns + 1];
		if (good)
			ret->at[fill[i - w->insns]++] = s;
	}
	free(fill);
	return good;
}

/* How often instruction i runs after the given step. */
static uint64_t times_after(const struct places *p, size_t i, uint64_t step)
{
	size_t low = p->start[i], high = p->start[i + 1];

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->at[middle] > step)
			high = middle;
		else
			low = middle + 1;
	}
	return p->start[i + 1] - low;
}

static const struct way *sorted;

static int by_last(const void *a, const void *b)
{
	uint64_t x = sorted->insns[*(const int *)a].last, y = sorted->insns[*(const int *)b].last;

	return x < y ? -1 : x > y;
}

/* In the order of their last times: whatever can be a landmark is planned already. */
static void plan(struct way *w, const struct places *p)
{
	int *order = malloc(w->count * sizeof(*order));

	if (order == NULL)
		abort();
	for (size_t i = 0; i < w->count; i++)
		order[i] = (int)i;
	sorted = w;
	qsort(order, w->count, sizeof(*order), by_last);
	for (size_t n = 0; n < w->count; n++) {
		struct way_insn *x = &w->insns[order[n]];

		x->landmark = WAY_START;
		x->stops = x->cost = x->times;
		for (size_t k = 0; k < n && x->cost > 1; k++) {
			const struct way_insn *y = &w->insns[order[k]];
			uint64_t stops = y->cost + 1 < x->cost
			                         ? times_after(p, (size_t)order[n], y->last)
			                         : x->cost;

			/* Changing the breakpoint costs about one stop more. */
			if (y->cost + stops + 1 < x->cost) {
				x->landmark = order[k];
				x->stops = stops;
				x->cost = y->cost + stops + 1;
			}
		}
	}
	free(order);
}

bool way_load(struct way *w, const char *trace, const char *steps)
{
	struct places p = { 0 };
	uint32_t *pcs = NULL;
	bool good = false;

	*w = (struct way){ 0 };
	if (read_trace(w, trace))
		pcs = read_steps(w, steps);
	if (pcs != NULL)
		good = find_places(w, pcs, &p);
	if (good)
		plan(w, &p);
	else
		fprintf(stderr, "%s, %s: no trace\n", trace, steps);
	free(p.at);
	free(p.start);
	free(pcs);
	return good;
}
