/* SPDX-License-Identifier: Apache-2.0
 *
 * The state folder: see store.h.
 */
#include "primary/store.h"

#include "keys/encode.h"
#include "metadata/root.h"
#include "primary/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE "state"
#define BORN "born"

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void release_documents(struct cot_store *s)
{
	size_t repo, role;

	for (repo = 0; repo < COT_MAX_REPOS; repo++) {
		for (role = 0; role < COT_ROLE_COUNT; role++) {
			cot_doc_owned_free(&s->doc[repo][role]);
			memset(&s->doc[repo][role], 0, sizeof(s->doc[repo][role]));
			cot_fs_unmap(&s->map[repo][role]);
		}
	}
}

void cot_store_close(struct cot_store *s)
{
	release_documents(s);
	cot_fs_unmap(&s->record);
	close_fd(&s->docs);
	close_fd(&s->dir);
	close_fd(&s->lock);
}

static void hash_name(const struct cot_store *s, struct cot_slice doc, char ret[COT_STATE_HEX])
{
	uint8_t digest[COT_SHA256_LEN];

	cot_hash_once(s->crypto, COT_HASH_SHA256, doc, digest);
	cot_hex_encode(cot_slice(digest, sizeof(digest)), ret);
	ret[COT_STATE_HEX - 1] = '\0';
}

/* ---- opening ------------------------------------------------------------------ */

/* CHECK S2: one daemon per state folder */
static enum cot_err cot_store_check_alone(struct cot_store *s)
{
	s->lock = s->fs->openat(s->dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s->lock < 0)
		return cot_fs_error("open", "lock");
	if (flock(s->lock, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? COT_E_LOCKED : cot_fs_error("lock", "lock");
	return COT_OK;
}

static bool is_there(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

/* CHECK S3: a store that was in use and has no state is damaged, not new */
static enum cot_err cot_store_check_fresh(const struct cot_store *s)
{
	return is_there(s->dir, BORN) ? COT_E_STORE : COT_E_UNPROVISIONED;
}

static enum cot_err mark_born(struct cot_store *s)
{
	if (s->mode == COT_STORE_READ || is_there(s->dir, BORN))
		return COT_OK;
	return cot_fs_replace(s->fs, s->dir, BORN, cot_slice(NULL, 0));
}

static enum cot_err read_state(struct cot_store *s)
{
	struct cot_slice text;
	enum cot_err err = cot_fs_map(s->dir, STATE, COT_STATE_MAX, &text);

	if (err == COT_E_NO_INPUT)
		return cot_store_check_fresh(s);
	if (err == COT_E_LENGTH_EXCEEDED)
		return COT_E_STORE;
	if (err != COT_OK)
		return err;
	err = cot_state_decode(text, s->crypto, &s->state);
	cot_fs_unmap(&text);
	if (err != COT_OK)
		cot_log(COT_LOG_ERROR, "store", "the state file is damaged file=%s", STATE);
	return err == COT_OK ? mark_born(s) : err;
}

static enum cot_err open_folders(struct cot_store *s, const char *path)
{
	const struct cot_fs *fs = s->mode == COT_STORE_WRITE ? s->fs : NULL;
	enum cot_err err = cot_fs_folder(fs, AT_FDCWD, path, &s->dir);

	if (err == COT_OK && s->mode == COT_STORE_WRITE)
		err = cot_store_check_alone(s);
	if (err == COT_OK)
		err = cot_fs_folder(fs, s->dir, "docs", &s->docs);
	return err;
}

static enum cot_err use_record(struct cot_store *s)
{
	struct cot_provision *p = &s->provision;

	cot_fs_unmap(&s->record);
	if (cot_store_get(s, s->state.provision, &s->record) != COT_OK ||
	    cot_provision_parse(s->record, p) != COT_OK) {
		cot_log(COT_LOG_ERROR, "store", "the provisioning record is damaged file=docs/%s",
		        s->state.provision);
		return COT_E_STORE;
	}
	return COT_OK;
}

enum cot_err cot_store_open(struct cot_store *s, const char *path, enum cot_store_mode mode,
                            const struct cot_fs *fs, const struct cot_crypto *crypto)
{
	enum cot_err err;

	memset(s, 0, sizeof(*s));
	s->dir = s->docs = s->lock = -1;
	s->fs = fs;
	s->crypto = crypto;
	s->mode = mode;
	err = open_folders(s, path);
	if (err == COT_OK)
		err = read_state(s);
	if (err == COT_OK)
		err = use_record(s);
	if (err != COT_OK && err != COT_E_UNPROVISIONED)
		cot_store_close(s);
	return err;
}

/* ---- documents ------------------------------------------------------------------ */

/* The bytes were flushed before they got the name; that the name was flushed too,
 * nobody knows: whoever put it there may have failed at just that. */
static enum cot_err flush_names(struct cot_store *s, const char *name)
{
	return s->fs->fsync(s->docs) == 0 ? COT_OK : cot_fs_error("flush folder of", name);
}

enum cot_err cot_store_put(struct cot_store *s, struct cot_slice doc, char ret[COT_STATE_HEX])
{
	struct cot_slice there;
	bool same;

	hash_name(s, doc, ret);
	if (cot_fs_map(s->docs, ret, doc.len, &there) == COT_OK) {
		same = cot_slice_eq(there, doc);
		cot_fs_unmap(&there);
		if (same)
			return flush_names(s, ret);
	}
	return cot_fs_replace(s->fs, s->docs, ret, doc);
}

/* CHECK S4: a stored document is the one its name says */
static enum cot_err cot_store_check_name(const struct cot_store *s, const char *name,
                                         struct cot_slice doc)
{
	char hex[COT_STATE_HEX];

	hash_name(s, doc, hex);
	return strcmp(hex, name) == 0 ? COT_OK : COT_E_STORE;
}

enum cot_err cot_store_get(const struct cot_store *s, const char *name, struct cot_slice *ret)
{
	enum cot_err err = cot_fs_map(s->docs, name, COT_MAX_TARGETS, ret);

	if (err == COT_OK)
		err = cot_store_check_name(s, name, *ret);
	if (err == COT_OK)
		return COT_OK;
	cot_fs_unmap(ret);
	cot_log(COT_LOG_ERROR, "store", "a trusted document is missing or damaged file=docs/%s",
	        name);
	return COT_E_STORE;
}

static enum cot_err load_one(struct cot_store *s, size_t repo, size_t role)
{
	const char *name = s->state.doc[repo][role];
	enum cot_err err;

	if (name[0] == '\0')
		return COT_OK;
	err = cot_store_get(s, name, &s->map[repo][role]);
	if (err == COT_OK)
		err = cot_canon_from_wire(s->map[repo][role], cot_dialect_tuf.grammar,
		                          &s->doc[repo][role]);
	if (err != COT_OK)
		memset(&s->doc[repo][role], 0, sizeof(s->doc[repo][role]));
	return err == COT_OK || err == COT_E_MEMORY ? err : COT_E_STORE;
}

enum cot_err cot_store_load(struct cot_store *s)
{
	size_t repo, role;
	enum cot_err err = COT_OK;

	release_documents(s);
	for (repo = 0; repo < COT_MAX_REPOS; repo++) {
		for (role = 0; err == COT_OK && role < COT_ROLE_COUNT; role++)
			err = load_one(s, repo, role);
	}
	if (err != COT_OK)
		release_documents(s);
	return err;
}

/* ---- changing ------------------------------------------------------------------- */

/* After a failed replacement: do the new bytes stand under the name all the same,
 * with nobody to say whether they will outlast a power cut? */
static bool has_landed(const struct cot_store *s, struct cot_slice text)
{
	struct cot_slice there;
	bool same;

	if (cot_fs_map(s->dir, STATE, COT_STATE_MAX, &there) != COT_OK)
		return true;
	same = cot_slice_eq(there, text);
	cot_fs_unmap(&there);
	return same;
}

enum cot_err cot_store_save(struct cot_store *s, const struct cot_state *next)
{
	char *text;
	size_t len;
	enum cot_err err;

	if (s->broken)
		return COT_E_IO;
	err = cot_state_encode(next, s->crypto, &text, &len);
	if (err != COT_OK)
		return err;
	err = cot_fs_replace(s->fs, s->dir, STATE, cot_slice(text, len));
	if (err != COT_OK)
		s->broken = has_landed(s, cot_slice(text, len));
	free(text);
	if (err == COT_OK)
		s->state = *next;
	return err;
}

static enum cot_err begin_ecus(const struct cot_provision *p, struct cot_state *ret)
{
	struct cot_provision_ecu ecu;
	struct cot_inventory *row;
	struct cot_json_iter it;
	enum cot_err err = cot_json_array(p->ecus, &it);

	while (err == COT_OK && cot_provision_next_ecu(&it, &ecu)) {
		if (ret->ecu_count == COT_STATE_ECUS)
			return COT_E_LIMIT;
		if (ecu.serial.len > COT_MAX_ID || ecu.hardware_id.len > COT_MAX_ID ||
		    ecu.filepath.len > COT_MAX_NAME)
			return COT_E_RECORD;
		row = &ret->ecus[ret->ecu_count++];
		memcpy(row->serial, ecu.serial.ptr, ecu.serial.len);
		memcpy(row->hardware, ecu.hardware_id.ptr, ecu.hardware_id.len);
		memcpy(row->filepath, ecu.filepath.ptr, ecu.filepath.len);
		memcpy(row->sha256, ecu.image.hashes.sha256, COT_SHA256_LEN);
		row->counter = ecu.counter;
		row->length = ecu.image.length;
	}
	return err;
}

static enum cot_err begin_documents(struct cot_store *s, const struct cot_provision *p,
                                    struct cot_state *ret)
{
	size_t repo, role;
	enum cot_err err = COT_OK;

	for (repo = 0; repo < COT_MAX_REPOS; repo++) {
		for (role = 0; err == COT_OK && role < COT_ROLE_COUNT; role++) {
			if (p->doc[repo][role].wire.len > 0)
				err = cot_store_put(s, p->doc[repo][role].wire,
				                    ret->doc[repo][role]);
		}
	}
	if (err == COT_OK)
		cot_state_chain_add(ret, ret->trust.repo[0].floor[COT_ROLE_ROOT].version,
		                    ret->doc[0][COT_ROLE_ROOT]);
	return err;
}

/* CHECK D12.primary: the record is a primary's, of the dialect and policy that
 * this daemon speaks */
static enum cot_err cot_store_check_record(const struct cot_provision *p)
{
	size_t repo;

	if (!p->primary || !cot_slice_is(p->policy, cot_policy_uptane.name))
		return COT_E_RECORD;
	for (repo = 0; repo < COT_MAX_REPOS; repo++) {
		if (!cot_slice_is(p->dialect[repo], cot_dialect_tuf.name))
			return COT_E_RECORD;
	}
	return COT_OK;
}

/* CHECK D12.signed: Director Root's threshold signed the record */
static enum cot_err cot_store_check_signed(const struct cot_store *s, struct cot_slice record,
                                           const struct cot_provision *p)
{
	struct cot_root root;
	enum cot_err err = cot_provision_root(p, 0, &cot_policy_uptane, s->crypto, &root);

	return err == COT_OK ? cot_provision_check_signed(record, &root, s->crypto) : err;
}

static enum cot_err begin_state(struct cot_store *s, struct cot_slice record,
                                const struct cot_provision *p, struct cot_state *ret)
{
	enum cot_err err = cot_store_check_record(p);

	if (err == COT_OK)
		err = cot_store_check_signed(s, record, p);
	if (err == COT_OK)
		err = cot_provision_trust(p, &cot_policy_uptane, s->crypto, &ret->trust);
	if (err == COT_OK)
		err = begin_ecus(p, ret);
	if (err == COT_OK)
		err = begin_documents(s, p, ret);
	return err == COT_OK ? cot_store_put(s, record, ret->provision) : err;
}

enum cot_err cot_store_begin(struct cot_store *s, struct cot_slice record)
{
	struct cot_doc_owned doc;
	struct cot_provision p;
	struct cot_state *first;
	enum cot_err err = cot_canon_from_wire(record, cot_dialect_tuf.grammar, &doc);

	if (err != COT_OK)
		return err;
	first = calloc(1, sizeof(*first));
	err = first == NULL ? COT_E_MEMORY : cot_provision_parse(doc.doc.canon, &p);
	if (err == COT_OK)
		err = begin_state(s, doc.doc.canon, &p, first);
	if (err == COT_OK)
		err = cot_store_save(s, first);
	if (err == COT_OK)
		err = mark_born(s);
	if (err == COT_OK)
		err = use_record(s);
	free(first);
	cot_doc_owned_free(&doc);
	return err;
}

/* ---- sweeping ------------------------------------------------------------------- */

static bool is_named(const struct cot_state *s, const char *name)
{
	size_t i, repo, role;

	if (strcmp(name, s->provision) == 0)
		return true;
	for (repo = 0; repo < COT_MAX_REPOS; repo++) {
		for (role = 0; role < COT_ROLE_COUNT; role++) {
			if (strcmp(name, s->doc[repo][role]) == 0)
				return true;
		}
	}
	for (i = 0; i < s->chain_count; i++) {
		if (strcmp(name, s->chain[i].doc) == 0)
			return true;
	}
	for (i = 0; i < s->ecu_count; i++) {
		if (strcmp(name, s->ecus[i].report) == 0)
			return true;
	}
	return false;
}

void cot_store_sweep(struct cot_store *s)
{
	int fd = openat(s->docs, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	/* With its fate unknown, the new state's documents must stay too. */
	if (folder == NULL || s->broken) {
		if (folder != NULL)
			closedir(folder);
		else
			close_fd(&fd);
		return;
	}
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] != '.' && !is_named(&s->state, entry->d_name))
			(void)s->fs->unlinkat(s->docs, entry->d_name, 0);
	}
	closedir(folder);
}
