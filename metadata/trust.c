/* SPDX-License-Identifier: Apache-2.0
 *
 * The portable encoding of a trust: see trust.h.
 *
 *   u8  format, 1
 *   u8  repositories that follow; the last one is not empty
 *   i64 time floor, i64 provisioned time, seconds
 *   per repository:
 *     u8  bit per role (1 << cot_role) whose floor follows
 *     per floor: u32 version, u8 held (0 or 1), if held 32 bytes digest
 *     u8  signers, 32 bytes fingerprint each
 *
 * All integers little-endian.  What is empty is left out, and nothing that is
 * empty may be written, so that one trust has one encoding.
 */
#include "metadata/trust.h"

#include <string.h>

#define FORMAT 1u
#define ROLE_MASK ((1u << COT_ROLE_COUNT) - 1u)

void cot_signers_keep(struct cot_signers *ret, const struct cot_quorum *quorum,
                      const struct cot_crypto *crypto)
{
	uint32_t i;

	memset(ret, 0, sizeof(*ret));
	for (i = 0; i < quorum->count && i < COT_MAX_SIGNERS; i++) {
		if (cot_key_fingerprint(&quorum->key[i], crypto,
		                        ret->fingerprint[ret->count]) == COT_OK)
			ret->count++;
	}
}

struct writer {
	uint8_t *ptr;
	size_t max;
	size_t len;
	bool full;
};

static void put_bytes(struct writer *w, const void *bytes, size_t len)
{
	if (w->full || len > w->max - w->len) {
		w->full = true;
		return;
	}
	memcpy(w->ptr + w->len, bytes, len);
	w->len += len;
}

static void put_uint(struct writer *w, uint64_t value, size_t len)
{
	uint8_t bytes[8];
	size_t i;

	for (i = 0; i < len; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	put_bytes(w, bytes, len);
}

static bool floor_empty(const struct cot_floor *f)
{
	return f->version == 0 && !f->held;
}

static uint8_t floor_mask(const struct cot_repo_trust *repo)
{
	uint8_t mask = 0;
	unsigned role;

	for (role = 0; role < COT_ROLE_COUNT; role++) {
		if (!floor_empty(&repo->floor[role]))
			mask = (uint8_t)(mask | (1u << role));
	}
	return mask;
}

static bool repo_empty(const struct cot_repo_trust *repo)
{
	return floor_mask(repo) == 0 && repo->targets_signers.count == 0;
}

/* What decoding would refuse is not written. */
static bool repo_sound(const struct cot_repo_trust *repo)
{
	unsigned role;

	for (role = 0; role < COT_ROLE_COUNT; role++) {
		if (repo->floor[role].held && repo->floor[role].version == 0)
			return false;
	}
	return repo->targets_signers.count <= COT_MAX_SIGNERS;
}

static void put_repo(struct writer *w, const struct cot_repo_trust *repo)
{
	const struct cot_signers *s = &repo->targets_signers;
	unsigned role;

	put_uint(w, floor_mask(repo), 1);
	for (role = 0; role < COT_ROLE_COUNT; role++) {
		const struct cot_floor *f = &repo->floor[role];

		if (floor_empty(f))
			continue;
		put_uint(w, f->version, 4);
		put_uint(w, f->held ? 1 : 0, 1);
		if (f->held)
			put_bytes(w, f->digest, COT_SHA256_LEN);
	}
	put_uint(w, s->count, 1);
	put_bytes(w, s->fingerprint, (size_t)s->count * COT_SHA256_LEN);
}

enum cot_err cot_trust_encode(const struct cot_trust *trust, uint8_t *ret, size_t max,
                              size_t *ret_len)
{
	struct writer w = { ret, max, 0, false };
	unsigned repos = COT_MAX_REPOS;
	unsigned i;

	while (repos > 0 && repo_empty(&trust->repo[repos - 1]))
		repos--;
	for (i = 0; i < repos; i++) {
		if (!repo_sound(&trust->repo[i]))
			return COT_E_ARGUMENT;
	}
	if (trust->time_floor_s < 0 || trust->provisioned_time_s < 0)
		return COT_E_ARGUMENT;
	put_uint(&w, FORMAT, 1);
	put_uint(&w, repos, 1);
	put_uint(&w, (uint64_t)trust->time_floor_s, 8);
	put_uint(&w, (uint64_t)trust->provisioned_time_s, 8);
	for (i = 0; i < repos; i++)
		put_repo(&w, &trust->repo[i]);
	if (w.full)
		return COT_E_BUFFER;
	*ret_len = w.len;
	return COT_OK;
}

struct reader {
	struct cot_slice rest;
	bool bad; /* ran out, or read what no writer writes */
};

static void get_bytes(struct reader *r, uint8_t *ret, size_t len)
{
	if (r->bad || len > r->rest.len) {
		r->bad = true;
		memset(ret, 0, len);
		return;
	}
	memcpy(ret, r->rest.ptr, len);
	r->rest = cot_slice_sub(r->rest, len, r->rest.len);
}

static uint64_t get_uint(struct reader *r, uint64_t max, size_t len)
{
	uint8_t bytes[8];
	uint64_t value = 0;
	size_t i;

	get_bytes(r, bytes, len);
	for (i = len; i > 0; i--)
		value = value << 8 | bytes[i - 1];
	if (value > max) {
		r->bad = true;
		return 0;
	}
	return value;
}

static void get_floor(struct reader *r, struct cot_floor *ret)
{
	ret->version = (uint32_t)get_uint(r, COT_MAX_VERSION, 4);
	ret->held = get_uint(r, 1, 1) != 0;
	if (ret->held)
		get_bytes(r, ret->digest, COT_SHA256_LEN);
	if (ret->version == 0)
		r->bad = true;
}

static void get_repo(struct reader *r, struct cot_repo_trust *ret)
{
	unsigned mask = (unsigned)get_uint(r, ROLE_MASK, 1);
	struct cot_signers *s = &ret->targets_signers;
	unsigned i;

	for (i = 0; i < COT_ROLE_COUNT; i++) {
		if ((mask & (1u << i)) != 0)
			get_floor(r, &ret->floor[i]);
	}
	s->count = (uint8_t)get_uint(r, COT_MAX_SIGNERS, 1);
	for (i = 0; i < s->count; i++)
		get_bytes(r, s->fingerprint[i], COT_SHA256_LEN);
}

enum cot_err cot_trust_decode(struct cot_slice bytes, struct cot_trust *ret)
{
	struct reader r = { bytes, false };
	unsigned repos, i;

	memset(ret, 0, sizeof(*ret));
	if (get_uint(&r, FORMAT, 1) != FORMAT)
		return COT_E_RECORD;
	repos = (unsigned)get_uint(&r, COT_MAX_REPOS, 1);
	ret->time_floor_s = (int64_t)get_uint(&r, INT64_MAX, 8);
	ret->provisioned_time_s = (int64_t)get_uint(&r, INT64_MAX, 8);
	for (i = 0; i < repos; i++)
		get_repo(&r, &ret->repo[i]);
	if (!r.bad && r.rest.len == 0 && (repos == 0 || !repo_empty(&ret->repo[repos - 1])))
		return COT_OK;
	memset(ret, 0, sizeof(*ret));
	return COT_E_RECORD;
}
