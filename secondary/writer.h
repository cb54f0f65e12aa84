/* SPDX-License-Identifier: Apache-2.0
 *
 * Artifact in, image out: source, filter, slot.
 *
 * What travels is fed in pieces of any length; the filter named by the signed
 * method turns it into the image, which is programmed in order and can never
 * exceed the signed length.  `identity` passes bytes through; decryption,
 * decompression and deltas are further filters of the same shape.
 *
 *	cot_writer_begin   an intent, and where to go on
 *	cot_writer_erase   while COT_PENDING: one page per call
 *	cot_writer_feed    the artifact; says when progress may be recorded
 *	cot_writer_finish  the last bytes
 *	cot_writer_hash    while COT_PENDING: 1 KiB per call, read back from flash
 */
#ifndef COTTER_SECONDARY_WRITER_H
#define COTTER_SECONDARY_WRITER_H

#include "keys/crypto.h"
#include "metadata/targets.h"
#include "secondary/state.h"
#include "secondary/stream.h"

/* Where a filter puts its output.  COT_E_LENGTH_EXCEEDED: more than the image. */
struct cot_sink {
	enum cot_err (*put)(void *ctx, struct cot_slice data);
	void *ctx;
};

struct cot_filter {
	enum cot_method method;
	/* Starts at that offset of the artifact; only 0 or a checkpoint. */
	enum cot_err (*begin)(void *state, uint32_t offset);
	enum cot_err (*feed)(void *state, struct cot_slice data, const struct cot_sink *out);
	enum cot_err (*finish)(void *state, const struct cot_sink *out);
	/* Could begin go on from here after a reset? */
	bool (*checkpoint)(const void *state);
};

extern const struct cot_filter cot_filter_identity;

/* The filter of a signed method; COT_E_METHOD. */
COT_MUST_CHECK enum cot_err cot_filter_find(enum cot_method method,
                                            const struct cot_filter **ret);

/* One step of at most 1 KiB over a slot's first len bytes: shared with the boot
 * decision where images run in their slots.  COT_PENDING; COT_OK: ret holds the hash, 32 or 64 bytes. */
struct cot_slot_hash {
	enum cot_hash_alg alg;
	uint8_t slot;
	uint32_t len;
	uint32_t at;
	struct cot_hash hash;
};
void cot_slot_hash_init(struct cot_slot_hash *h, const struct cot_crypto *crypto,
                        enum cot_hash_alg alg, uint8_t slot, uint32_t len);
COT_MUST_CHECK enum cot_err cot_slot_hash_step(struct cot_slot_hash *h,
                                               const struct cot_crypto *crypto,
                                               const struct cot_flash *flash,
                                               uint8_t ret[COT_MAX_HASH_LEN]);

struct cot_writer {
	const struct cot_flash *flash;
	const struct cot_filter *filter;
	void *filter_state;
	struct cot_sec_intent intent;
	struct cot_flash_stream stream;
	uint32_t taken;      /* bytes of the artifact */
	uint32_t written;    /* bytes of the image */
	uint32_t erase_at, erase_end;
	uint32_t step;       /* bytes between two records of progress */
	struct cot_slot_hash hash;
	bool open;
	bool hashing;
};

/* Bytes between two records of progress: whole pages, at least 16 KiB. */
uint32_t cot_writer_step(const struct cot_flash *flash, uint8_t slot);

/* offset: 0 (the whole slot is erased, erased is false), or what the newest
 * record of progress says (only what may have been written since is erased).
 * COT_E_SEQUENCE: not set, so nothing may be erased; COT_E_SLOT_SIZE. */
struct cot_writer_start {
	const struct cot_sec_intent *intent;
	const struct cot_filter *filter;
	void *filter_state;
	uint32_t offset;
	bool erased; /* there is a record of progress: the slot was erased once */
};
COT_MUST_CHECK enum cot_err cot_writer_begin(struct cot_writer *w, const struct cot_flash *flash,
                                             const struct cot_writer_start *start);
COT_MUST_CHECK enum cot_err cot_writer_erase(struct cot_writer *w);

/* Takes at most the bytes up to the next checkpoint; *ret_taken says how many,
 * *ret_progress whether the offset w->taken should be recorded now.
 * COT_E_LENGTH_EXCEEDED: more than the artifact or the image. */
COT_MUST_CHECK enum cot_err cot_writer_feed(struct cot_writer *w, struct cot_slice data,
                                            uint32_t *ret_taken, bool *ret_progress);
COT_MUST_CHECK enum cot_err cot_writer_finish(struct cot_writer *w);

/* Hashes the slot as it reads and compares with the signed hash; once for each
 * algorithm that the order lists.  COT_E_HASH_MISMATCH. */
COT_MUST_CHECK enum cot_err cot_writer_hash(struct cot_writer *w,
                                            const struct cot_crypto *crypto,
                                            enum cot_hash_alg alg, const uint8_t *expected);
void cot_writer_close(struct cot_writer *w);

#endif
