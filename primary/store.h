/* SPDX-License-Identifier: Apache-2.0
 *
 * The state folder: what the daemon trusts and must not lose.
 *
 *   state            which documents are trusted, floors, inventory (state.h)
 *   born             empty; there once `state` was written for the first time
 *   lock             held by the daemon that is running
 *   docs/SHA256      documents, named by their own hash and by nothing else
 *   images/sha256/   images (images.h)
 *   manifest.json    the last vehicle version manifest, for others to read
 *   outcome.json     what happened last, for cotterctl; never trusted
 *
 * A commit writes new documents, flushes them, and then renames one new
 * `state`: power may fail anywhere.  Documents that no state names are removed
 * later.  A folder without `state` is a factory-fresh one only if it has no
 * `born` either; a damaged one is refused and never begun anew by itself,
 * because that would forget what was trusted.
 *
 *   cot_store_open, cot_store_begin if it says COT_E_UNPROVISIONED
 *   next = store->state; change next; cot_store_save(store, &next)
 *   cot_store_close
 */
#ifndef COTTER_PRIMARY_STORE_H
#define COTTER_PRIMARY_STORE_H

#include "metadata/host/canon.h"
#include "metadata/provision.h"
#include "primary/fs.h"
#include "primary/state.h"

enum cot_store_mode {
	COT_STORE_WRITE, /* the daemon: takes the lock, makes folders */
	COT_STORE_READ   /* cotterctl: changes nothing, takes no lock */
};

struct cot_store {
	const struct cot_fs *fs;
	const struct cot_crypto *crypto;
	enum cot_store_mode mode;
	int dir, docs, lock;             /* -1: not open */
	bool broken;                     /* a rename's fate is unknown: restart */
	struct cot_state state;          /* as the file says */
	struct cot_slice record;         /* provisioning record, mapped */
	struct cot_provision provision;  /* points into record */
	struct cot_slice map[COT_MAX_REPOS][COT_ROLE_COUNT];
	struct cot_doc_owned doc[COT_MAX_REPOS][COT_ROLE_COUNT];
};

/* Opens the folder and reads `state`.  COT_E_UNPROVISIONED: it is fresh (and
 * the store is open, ready for cot_store_begin).  COT_E_LOCKED, COT_E_STORE
 * (damaged), COT_E_PERMISSION, COT_E_NO_INPUT, COT_E_NO_SPACE, COT_E_IO; the
 * store is closed then. */
COT_MUST_CHECK enum cot_err cot_store_open(struct cot_store *s, const char *path,
                                           enum cot_store_mode mode, const struct cot_fs *fs,
                                           const struct cot_crypto *crypto);
void cot_store_close(struct cot_store *s);

/* The first start: verifies the provisioning record under its own Director Root
 * and makes its content the first state.  COT_E_RECORD (not a primary's),
 * COT_E_SIG_THRESHOLD and the errors of metadata/provision.h. */
COT_MUST_CHECK enum cot_err cot_store_begin(struct cot_store *s, struct cot_slice record);

/* Keeps a document and names it; nothing happens if it is there already. */
COT_MUST_CHECK enum cot_err cot_store_put(struct cot_store *s, struct cot_slice doc,
                                          char ret[COT_STATE_HEX]);

/* Makes next the state, in one atomic step, or changes nothing.  After an error
 * that leaves open whether the rename lasts (the folder could not be flushed),
 * the store takes no further change until it is opened anew. */
COT_MUST_CHECK enum cot_err cot_store_save(struct cot_store *s, const struct cot_state *next);

/* Maps the trusted documents, in both faces, each checked against its name.
 * COT_E_STORE.  What was mapped before is released. */
COT_MUST_CHECK enum cot_err cot_store_load(struct cot_store *s);

/* Reads one document by name; free ret with cot_fs_unmap. */
COT_MUST_CHECK enum cot_err cot_store_get(const struct cot_store *s, const char *name,
                                          struct cot_slice *ret);

/* Removes documents that the state does not name, and remains of a crash. */
void cot_store_sweep(struct cot_store *s);

#endif
