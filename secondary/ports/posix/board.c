/* SPDX-License-Identifier: Apache-2.0
 *
 * The board that a process is: see board.h.
 */
#include "secondary/ports/posix/board.h"

#include "secondary/ports/mps2/layout.h"

#include <sodium.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

uint64_t posix_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

static uint32_t key_offset(const struct posix_board *b)
{
	return b->flash.flash.region[COT_REGION_IDENTITY].size - b->flash.layout->page;
}

static enum cot_err board_random(void *ctx, uint8_t *ret, size_t len)
{
	(void)ctx;
	return getrandom(ret, len, 0) == (ssize_t)len ? COT_OK : COT_E_IO;
}

static enum cot_err board_sign(void *ctx, uint32_t key, struct cot_slice body,
                               uint8_t ret[COT_MAX_SIG_LEN], size_t *ret_len)
{
	struct posix_board *b = ctx;
	struct cot_secret secret = { .bytes = NULL };
	uint8_t page[MPS2_KEY_LEN];
	enum cot_err err;

	if (key != 0)
		return COT_E_NOT_FOUND;
	err = b->flash.flash.read(&b->flash, COT_REGION_IDENTITY, key_offset(b), page,
	                          sizeof(page));
	if (err == COT_OK && memcmp(page, MPS2_KEY_MAGIC, 4) != 0)
		err = COT_E_UNPROVISIONED;
	if (err == COT_OK)
		err = cot_secret_import((enum cot_scheme)page[4], page + MPS2_KEY_SECRET, &secret);
	if (err == COT_OK)
		err = cot_secret_sign(&secret, body, ret, COT_MAX_SIG_LEN, ret_len);
	cot_secret_free(&secret);
	sodium_memzero(page, sizeof(page));
	return err;
}

enum cot_err posix_board_write_key(struct posix_board *b, const struct cot_secret *key)
{
	uint8_t page[MPS2_KEY_LEN] = MPS2_KEY_MAGIC;
	enum cot_err err;

	page[4] = (uint8_t)key->scheme;
	memcpy(page + MPS2_KEY_SECRET, key->bytes, COT_SECRET_LEN);
	if (key->scheme == COT_SCHEME_ED25519)
		memcpy(page + MPS2_KEY_PUBLIC, key->public_key, MPS2_KEY_SEED - MPS2_KEY_PUBLIC);
	err = board_random(NULL, page + MPS2_KEY_SEED, MPS2_KEY_LEN - MPS2_KEY_SEED);
	if (err == COT_OK)
		err = b->flash.flash.program(&b->flash, COT_REGION_IDENTITY, key_offset(b),
	                             cot_slice(page, sizeof(page)));
	sodium_memzero(page, sizeof(page));
	return err;
}

void posix_board_init(struct posix_board *b)
{
	b->port = (struct cot_port){
		.ctx = b,
		.flash = &b->flash.flash,
		.crypto = &cot_crypto_full,
		.random = board_random,
		.sign_report = board_sign,
		.app_trusted = true,
		.time_buf = b->time_buf,
		.time_max = sizeof(b->time_buf),
		.response = b->response,
		.response_max = sizeof(b->response),
		.request_max = COT_LINK_MAX
	};
}
