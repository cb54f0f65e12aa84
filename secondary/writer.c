/* SPDX-License-Identifier: Apache-2.0
 *
 * Artifact in, image out: see writer.h.
 */
#include "secondary/writer.h"

#include <string.h>

#define STEP_MIN 16384u
#define HASH_STEP 1024u
#define HASH_PIECE 256u

/* ---- the identity filter ------------------------------------------------------------ */

static enum cot_err identity_begin(void *state, uint32_t offset)
{
	(void)state;
	(void)offset;
	return COT_OK;
}

static enum cot_err identity_feed(void *state, struct cot_slice data, const struct cot_sink *out)
{
	(void)state;
	return out->put(out->ctx, data);
}

static enum cot_err identity_finish(void *state, const struct cot_sink *out)
{
	(void)state;
	(void)out;
	return COT_OK;
}

static bool identity_checkpoint(const void *state)
{
	(void)state;
	return true;
}

const struct cot_filter cot_filter_identity = {
	COT_METHOD_IDENTITY, identity_begin, identity_feed, identity_finish, identity_checkpoint
};

enum cot_err cot_filter_find(enum cot_method method, const struct cot_filter **ret)
{
	if (method != cot_filter_identity.method)
		return COT_E_METHOD;
	*ret = &cot_filter_identity;
	return COT_OK;
}

/* ---- beginning ------------------------------------------------------------------------ */

static const struct cot_flash_region *geometry(const struct cot_writer *w)
{
	return &w->flash->region[cot_sec_slot_region(w->intent.slot)];
}

uint32_t cot_writer_step(const struct cot_flash *flash, uint8_t slot)
{
	uint32_t page = flash->region[cot_sec_slot_region(slot)].page;

	return page >= STEP_MIN ? page : cot_flash_round_up(STEP_MIN, page);
}

/* CHECK D7.2: only an install intent lets a slot be erased */
static enum cot_err check_intent(const struct cot_sec_intent *intent)
{
	return intent->set && intent->slot < COT_SEC_SLOTS ? COT_OK : COT_E_SEQUENCE;
}

/* CHECK I9.1: the image fits its slot, before anything is erased for it */
static enum cot_err check_fits(const struct cot_writer *w)
{
	return w->intent.image_len == 0 || w->intent.image_len > geometry(w)->size
		? COT_E_SLOT_SIZE : COT_OK;
}

/* What a download may have touched since its last record of progress is one
 * step; before the first record there is no telling, so all of the slot. */
static void plan_erase(struct cot_writer *w, const struct cot_writer_start *start)
{
	uint32_t size = geometry(w)->size;

	w->erase_at = start->erased ? start->offset : 0;
	w->erase_end = size;
	if (start->erased && w->step < size - start->offset)
		w->erase_end = start->offset + w->step;
	/* Where nothing more comes, nothing needs to be erased. */
	if (start->erased && start->offset >= w->intent.image_len)
		w->erase_end = w->erase_at;
}

enum cot_err cot_writer_begin(struct cot_writer *w, const struct cot_flash *flash,
                              const struct cot_writer_start *start)
{
	enum cot_err err = check_intent(start->intent);

	if (err != COT_OK)
		return err;
	memset(w, 0, sizeof(*w));
	w->flash = flash;
	w->intent = *start->intent;
	w->filter = start->filter;
	w->filter_state = start->filter_state;
	w->step = cot_writer_step(flash, w->intent.slot);
	err = check_fits(w);
	if (err != COT_OK)
		return err;
	if (start->offset % w->step != 0 || start->offset > w->intent.image_len)
		return COT_E_RECORD;
	w->taken = w->written = start->offset;
	plan_erase(w, start);
	cot_flash_stream_init(&w->stream, flash, cot_sec_slot_region(w->intent.slot), w->written,
	                      cot_flash_round_up(w->intent.image_len, geometry(w)->unit));
	err = w->filter->begin(w->filter_state, start->offset);
	w->open = err == COT_OK;
	return err;
}

enum cot_err cot_writer_erase(struct cot_writer *w)
{
	enum cot_err err;

	if (!w->open)
		return COT_E_SEQUENCE;
	if (w->erase_at >= w->erase_end)
		return COT_OK;
	err = check_intent(&w->intent);
	if (err == COT_OK)
		err = cot_flash_erase(w->flash, cot_sec_slot_region(w->intent.slot), w->erase_at);
	if (err != COT_OK)
		return err;
	w->erase_at += geometry(w)->page;
	return w->erase_at < w->erase_end ? COT_PENDING : COT_OK;
}

/* ---- feeding ---------------------------------------------------------------------------- */

/* CHECK I3.1: the output is bounded by the signed length of the image */
static enum cot_err check_output(const struct cot_writer *w, size_t len)
{
	return len > w->intent.image_len - w->written ? COT_E_LENGTH_EXCEEDED : COT_OK;
}

/* CHECK I3.2: the input is bounded by the signed length of the artifact */
static enum cot_err check_input(const struct cot_writer *w, size_t len)
{
	return len > w->intent.artifact_len - w->taken ? COT_E_LENGTH_EXCEEDED : COT_OK;
}

static enum cot_err put_image(void *ctx, struct cot_slice data)
{
	struct cot_writer *w = ctx;
	enum cot_err err = check_output(w, data.len);

	if (err == COT_OK)
		err = cot_flash_stream_write(&w->stream, data);
	if (err == COT_OK)
		w->written += (uint32_t)data.len;
	return err == COT_E_LIMIT ? COT_E_LENGTH_EXCEEDED : err;
}

enum cot_err cot_writer_feed(struct cot_writer *w, struct cot_slice data, uint32_t *ret_taken,
                             bool *ret_progress)
{
	struct cot_sink out = { put_image, w };
	uint32_t to_step;
	enum cot_err err;

	*ret_taken = 0;
	*ret_progress = false;
	if (!w->open || w->erase_at < w->erase_end)
		return COT_E_SEQUENCE;
	err = check_input(w, data.len);
	if (err != COT_OK)
		return err;
	to_step = w->step - w->taken % w->step;
	data = cot_slice_sub(data, 0, to_step);
	err = w->filter->feed(w->filter_state, data, &out);
	if (err != COT_OK) {
		w->open = false; /* what is in the slot now is nobody's */
		return err;
	}
	w->taken += (uint32_t)data.len;
	*ret_taken = (uint32_t)data.len;
	*ret_progress = w->taken % w->step == 0 && w->written == w->taken &&
	                w->filter->checkpoint(w->filter_state);
	return COT_OK;
}

/* CHECK I8.1: as many bytes as were signed, of both artifact and image */
static enum cot_err check_length(const struct cot_writer *w)
{
	return w->taken != w->intent.artifact_len || w->written != w->intent.image_len
		? COT_E_LENGTH_MISMATCH : COT_OK;
}

enum cot_err cot_writer_finish(struct cot_writer *w)
{
	struct cot_sink out = { put_image, w };
	enum cot_err err;

	if (!w->open)
		return COT_E_SEQUENCE;
	err = w->filter->finish(w->filter_state, &out);
	if (err == COT_OK)
		err = check_length(w);
	if (err == COT_OK)
		err = cot_flash_stream_finish(&w->stream);
	return err;
}

/* ---- reading back ------------------------------------------------------------------------- */

void cot_slot_hash_init(struct cot_slot_hash *h, const struct cot_crypto *crypto,
                        enum cot_hash_alg alg, uint8_t slot, uint32_t len)
{
	h->alg = alg;
	h->slot = slot;
	h->len = len;
	h->at = 0;
	crypto->hash_init(&h->hash, alg);
}

enum cot_err cot_slot_hash_step(struct cot_slot_hash *h, const struct cot_crypto *crypto,
                                const struct cot_flash *flash, uint8_t ret[COT_MAX_HASH_LEN])
{
	uint8_t piece[HASH_PIECE];
	uint32_t stop = h->len - h->at > HASH_STEP ? h->at + HASH_STEP : h->len;

	while (h->at < stop) {
		uint32_t len = stop - h->at < HASH_PIECE ? stop - h->at : HASH_PIECE;
		enum cot_err err = cot_flash_read(flash, cot_sec_slot_region(h->slot), h->at,
		                                  piece, len);

		if (err != COT_OK)
			return err;
		crypto->hash_update(&h->hash, cot_slice(piece, len));
		h->at += len;
	}
	if (h->at < h->len)
		return COT_PENDING;
	crypto->hash_final(&h->hash, ret);
	return COT_OK;
}

/* CHECK I8.2: what the flash gives back has the signed hash */
static enum cot_err check_hash(enum cot_hash_alg alg, const uint8_t *hash,
                               const uint8_t *expected)
{
	return memcmp(hash, expected, cot_hash_len(alg)) == 0 ? COT_OK : COT_E_HASH_MISMATCH;
}

enum cot_err cot_writer_hash(struct cot_writer *w, const struct cot_crypto *crypto,
                             enum cot_hash_alg alg, const uint8_t *expected)
{
	uint8_t hash[COT_MAX_HASH_LEN];
	enum cot_err err;

	if (!w->open)
		return COT_E_SEQUENCE;
	if (!w->hashing)
		cot_slot_hash_init(&w->hash, crypto, alg, w->intent.slot, w->intent.image_len);
	w->hashing = true;
	err = cot_slot_hash_step(&w->hash, crypto, w->flash, hash);
	if (err == COT_PENDING)
		return err;
	w->hashing = false;
	return err == COT_OK ? check_hash(alg, hash, expected) : err;
}

void cot_writer_close(struct cot_writer *w)
{
	w->open = false;
}
