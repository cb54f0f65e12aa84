/* SPDX-License-Identifier: Apache-2.0
 *
 * Images on their way: see images.h.
 */
#include "primary/images.h"

#include "keys/encode.h"
#include "metadata/name.h"
#include "primary/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PART_NAME (COT_STATE_HEX + 8)
#define URL_MAX 2048u

/* One image being downloaded or checked. */
struct job {
	struct cot_images *images;
	const struct cot_artifact *artifact;
	struct cot_hash sha256, sha512;
	uint64_t done; /* bytes hashed */
	int fd;
	char name[COT_STATE_HEX];
	char part[PART_NAME];
};

enum cot_err cot_images_open(struct cot_images *im, int store_dir)
{
	enum cot_err err;
	int images;

	im->dir = -1;
	err = cot_fs_folder(im->fs, store_dir, "images", &images);
	if (err != COT_OK)
		return err;
	err = cot_fs_folder(im->fs, images, "sha256", &im->dir);
	close(images);
	return err;
}

void cot_images_close(struct cot_images *im)
{
	if (im->dir >= 0)
		close(im->dir);
	im->dir = -1;
}

/* ---- hashing -------------------------------------------------------------------- */

static void hash_begin(struct job *j)
{
	j->images->crypto->hash_init(&j->sha256, COT_HASH_SHA256);
	j->images->crypto->hash_init(&j->sha512, COT_HASH_SHA512);
	j->done = 0;
}

static void hash_more(struct job *j, struct cot_slice bytes)
{
	uint8_t known = j->artifact->hashes.known;

	if ((known & COT_KNOWN_SHA256) != 0)
		j->images->crypto->hash_update(&j->sha256, bytes);
	if ((known & COT_KNOWN_SHA512) != 0)
		j->images->crypto->hash_update(&j->sha512, bytes);
	j->done += bytes.len;
}

/* CHECK I1: the image has its signed length */
static enum cot_err cot_images_check_length(const struct job *j)
{
	if (j->done > j->artifact->length)
		return COT_E_LENGTH_EXCEEDED;
	return j->done == j->artifact->length ? COT_OK : COT_E_LENGTH_MISMATCH;
}

/* CHECK I2: every signed hash that we know fits the image */
static enum cot_err cot_images_check_hash(struct job *j)
{
	const struct cot_hashes *want = &j->artifact->hashes;
	const struct cot_crypto *crypto = j->images->crypto;
	uint8_t got[COT_MAX_HASH_LEN];

	if (want->known == 0)
		return COT_E_NO_STRONG_HASH;
	if ((want->known & COT_KNOWN_SHA256) != 0) {
		crypto->hash_final(&j->sha256, got);
		if (memcmp(got, want->sha256, COT_SHA256_LEN) != 0)
			return COT_E_HASH_MISMATCH;
	}
	if ((want->known & COT_KNOWN_SHA512) != 0) {
		crypto->hash_final(&j->sha512, got);
		if (memcmp(got, want->sha512, COT_SHA512_LEN) != 0)
			return COT_E_HASH_MISMATCH;
	}
	return COT_OK;
}

static enum cot_err judge(struct job *j)
{
	enum cot_err err = cot_images_check_length(j);

	return err == COT_OK ? cot_images_check_hash(j) : err;
}

/* Hashes the first len bytes of the open file and stands behind them. */
static enum cot_err hash_file(struct job *j, uint64_t len)
{
	uint8_t buf[65536];
	size_t want;
	ssize_t n;

	hash_begin(j);
	while (j->done < len) {
		want = len - j->done < sizeof(buf) ? (size_t)(len - j->done) : sizeof(buf);
		n = pread(j->fd, buf, want, (off_t)j->done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? cot_fs_error("read", j->name) : COT_E_LENGTH_MISMATCH;
		hash_more(j, cot_slice(buf, (size_t)n));
	}
	if (lseek(j->fd, (off_t)len, SEEK_SET) < 0)
		return cot_fs_error("seek", j->name);
	return COT_OK;
}

/* ---- downloading ------------------------------------------------------------------ */

static enum cot_err sink_begin(void *ctx, uint64_t offset)
{
	struct job *j = ctx;

	if (offset == j->done)
		return COT_OK;
	/* The server sends the whole file after all. */
	if (j->images->fs->ftruncate(j->fd, 0) != 0 || lseek(j->fd, 0, SEEK_SET) < 0)
		return cot_fs_error("cut", j->part);
	hash_begin(j);
	return COT_OK;
}

static enum cot_err sink_data(void *ctx, struct cot_slice bytes)
{
	struct job *j = ctx;
	enum cot_err err = cot_fs_write_all(j->images->fs, j->fd, bytes);

	if (err != COT_OK)
		return err;
	hash_more(j, bytes);
	if (j->images->progress != NULL)
		j->images->progress(j->images->ctx, j->done, j->artifact->length);
	return COT_OK;
}

/* Consistent snapshots: the name as published bears the hash. */
static enum cot_err make_url(const struct job *j, char *ret, size_t max)
{
	char name[COT_MAX_NAME + 2 * COT_MAX_HASH_LEN + 8];
	size_t len;
	enum cot_err err = cot_name_check_target(j->artifact->name);

	if (err == COT_OK)
		err = cot_name_published(j->artifact->name, cot_slice_str(j->name), name,
		                         sizeof(name), &len);
	return err == COT_OK ? cot_fetch_url(j->images->base, cot_slice(name, len), ret, max)
	                     : err;
}

static enum cot_err check_part(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return COT_E_IO;
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
		return COT_E_STORE;
	return st.st_uid == geteuid() ? COT_OK : COT_E_PERMISSION;
}

static enum cot_err open_part(struct job *j)
{
	const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
	struct stat st;
	enum cot_err err;

	j->fd = j->images->fs->openat(j->images->dir, j->part, flags, 0600);
	if (j->fd < 0)
		return cot_fs_error("open", j->part);
	err = check_part(j->fd);
	if (err != COT_OK)
		return err;
	if (fstat(j->fd, &st) != 0)
		return cot_fs_error("look at", j->part);
	if ((uint64_t)st.st_size > j->artifact->length) {
		if (j->images->fs->ftruncate(j->fd, 0) != 0)
			return cot_fs_error("cut", j->part);
		st.st_size = 0;
	}
	return hash_file(j, (uint64_t)st.st_size);
}

static enum cot_err download_once(struct job *j, const char *url)
{
	const struct cot_sink sink = { sink_begin, sink_data, j };
	enum cot_err err = COT_OK;

	if (j->done < j->artifact->length)
		err = cot_fetch_file(j->images->fetch, url, j->done, j->artifact->length, &sink);
	if (err != COT_OK && err != COT_E_LENGTH_EXCEEDED)
		cot_log(COT_LOG_WARNING, "images", "download stopped word=%s reason=\"%s\" have=%llu",
		        cot_err_word(err), cot_fetch_reason(j->images->fetch),
		        (unsigned long long)j->done);
	return err == COT_OK ? judge(j) : err;
}

/* Is this an error of bytes that were there before, and not of the new ones? */
static bool may_be_stale(enum cot_err err)
{
	return err == COT_E_HASH_MISMATCH || err == COT_E_LENGTH_MISMATCH ||
	       err == COT_E_LENGTH_EXCEEDED || err == COT_E_HTTP;
}

static enum cot_err restart(struct job *j)
{
	j->done = 0;
	if (j->images->fs->ftruncate(j->fd, 0) != 0)
		return cot_fs_error("cut", j->part);
	return hash_file(j, 0);
}

static enum cot_err keep(struct job *j)
{
	const struct cot_fs *fs = j->images->fs;

	if (fs->fsync(j->fd) != 0)
		return cot_fs_error("flush", j->part);
	if (fs->renameat(j->images->dir, j->part, j->images->dir, j->name) != 0)
		return cot_fs_error("rename", j->part);
	return fs->fsync(j->images->dir) == 0 ? COT_OK : cot_fs_error("flush folder of", j->name);
}

static enum cot_err download(struct job *j)
{
	char url[URL_MAX];
	bool resumed;
	enum cot_err err = make_url(j, url, sizeof(url));

	if (err == COT_OK)
		err = open_part(j);
	if (err != COT_OK)
		return err;
	resumed = j->done > 0;
	err = download_once(j, url);
	if (resumed && may_be_stale(err)) {
		cot_log(COT_LOG_WARNING, "images", "begun again image=%s word=%s", j->name,
		        cot_err_word(err));
		err = restart(j);
		if (err == COT_OK)
			err = download_once(j, url);
	}
	if (err == COT_E_HASH_MISMATCH || err == COT_E_LENGTH_EXCEEDED)
		(void)j->images->fs->unlinkat(j->images->dir, j->part, 0);
	return err == COT_OK ? keep(j) : err;
}

/* ---- getting -------------------------------------------------------------------- */

static enum cot_err open_kept(struct job *j)
{
	uint64_t len;
	enum cot_err err = cot_fs_open(j->images->dir, j->name, &j->fd, &len);

	if (err != COT_OK)
		return err;
	err = len == j->artifact->length ? hash_file(j, len) : COT_E_LENGTH_MISMATCH;
	if (err == COT_OK)
		err = judge(j);
	if (err == COT_OK)
		return COT_OK;
	close(j->fd);
	j->fd = -1;
	cot_log(COT_LOG_WARNING, "images", "a kept image no longer fits image=%s word=%s",
	        j->name, cot_err_word(err));
	(void)j->images->fs->unlinkat(j->images->dir, j->name, 0);
	return err;
}

/* CHECK I3: an image larger than this gateway takes is not begun */
static enum cot_err cot_images_check_size(const struct cot_images *im,
                                          const struct cot_artifact *artifact)
{
	return artifact->length > im->max ? COT_E_LENGTH_EXCEEDED : COT_OK;
}

static enum cot_err set_names(struct job *j)
{
	if ((j->artifact->hashes.known & COT_KNOWN_SHA256) == 0)
		return COT_E_NO_STRONG_HASH;
	cot_hex_encode(cot_slice(j->artifact->hashes.sha256, COT_SHA256_LEN), j->name);
	j->name[COT_STATE_HEX - 1] = '\0';
	snprintf(j->part, sizeof(j->part), "%s.part", j->name);
	return COT_OK;
}

enum cot_err cot_images_get(struct cot_images *im, const struct cot_artifact *artifact,
                            int *ret_fd)
{
	struct job j = { .images = im, .artifact = artifact, .fd = -1 };
	enum cot_err err = cot_images_check_size(im, artifact);

	*ret_fd = -1;
	if (err == COT_OK)
		err = set_names(&j);
	if (err != COT_OK)
		return err;
	if (open_kept(&j) != COT_OK)
		err = download(&j);
	if (err != COT_OK) {
		if (j.fd >= 0)
			close(j.fd);
		return err;
	}
	*ret_fd = j.fd;
	return COT_OK;
}

static bool is_kept(const char *name, char (*keep_names)[COT_STATE_HEX], size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (strncmp(name, keep_names[i], COT_STATE_HEX - 1) == 0)
			return true;
	}
	return false;
}

void cot_images_sweep(struct cot_images *im, char (*keep_names)[COT_STATE_HEX], size_t count)
{
	int fd = openat(im->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (folder == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] != '.' && !is_kept(entry->d_name, keep_names, count))
			(void)im->fs->unlinkat(im->dir, entry->d_name, 0);
	}
	closedir(folder);
}
