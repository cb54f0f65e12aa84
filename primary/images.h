/* SPDX-License-Identifier: Apache-2.0
 *
 * Images on their way: downloaded once, resumable, and nobody gets to see one
 * before it has been verified.
 *
 * An image lies in images/sha256/HASH, one that is under way in HASH.part; no
 * name comes from a server.  Whoever gets an image gets the descriptor of the
 * very file that was hashed.  A partial file is believed for nothing: the hash
 * over the whole file decides, and a resumed download that fails it is begun
 * once more from its first byte.
 */
#ifndef COTTER_PRIMARY_IMAGES_H
#define COTTER_PRIMARY_IMAGES_H

#include "metadata/targets.h"
#include "primary/fetch.h"
#include "primary/fs.h"
#include "primary/state.h"

struct cot_images {
	const struct cot_fs *fs;
	const struct cot_crypto *crypto;
	struct cot_fetch *fetch;
	const char *base;     /* address that published names follow */
	uint64_t max;         /* no larger image is begun */
	int dir;
	/* Told of each piece that arrived; may be NULL. */
	void (*progress)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
};

/* Opens (and makes) images/sha256 below the state folder. */
COT_MUST_CHECK enum cot_err cot_images_open(struct cot_images *im, int store_dir);
void cot_images_close(struct cot_images *im);

/* Gives an open, verified file of the artifact: from the folder if it is there
 * and still fits its hash, otherwise downloaded.  To be closed by the caller.
 * COT_E_LENGTH_EXCEEDED, COT_E_LENGTH_MISMATCH, COT_E_HASH_MISMATCH, the errors
 * of fetch.h (the part that came is kept) and of fs.h. */
COT_MUST_CHECK enum cot_err cot_images_get(struct cot_images *im,
                                           const struct cot_artifact *artifact, int *ret_fd);

/* Removes all files but those whose name is in keep, count names, with or
 * without .part. */
void cot_images_sweep(struct cot_images *im, char (*keep)[COT_STATE_HEX], size_t count);

#endif
