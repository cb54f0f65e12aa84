/* SPDX-License-Identifier: Apache-2.0
 *
 * Small whole files: see file.h.
 */
#include "keys/host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum cot_err cot_file_errno(int number)
{
	switch (number) {
	case ENOENT:
	case ENOTDIR:
		return COT_E_NO_INPUT;
	case EACCES:
	case EPERM:
	case EROFS:
	case ELOOP:
		return COT_E_PERMISSION;
	case EEXIST:
		return COT_E_EXISTS;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return COT_E_NO_SPACE;
	default:
		return COT_E_IO;
	}
}

/* CHECK K13: a secret file is a plain file that only its owner can open */
static enum cot_err check_mode(const struct stat *st, bool secret)
{
	if (!S_ISREG(st->st_mode))
		return COT_E_NO_INPUT;
	if (secret && (st->st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return COT_E_PERMISSION;
	return COT_OK;
}

/* Reads until the end of the file or until ret is full. */
static enum cot_err read_all(int fd, uint8_t *ret, size_t max, size_t *ret_len)
{
	size_t len = 0;

	while (len < max) {
		ssize_t got = read(fd, ret + len, max - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return cot_file_errno(errno);
		if (got == 0)
			break;
		len += (size_t)got;
	}
	*ret_len = len;
	return COT_OK;
}

static enum cot_err read_bounded(int fd, bool secret, uint8_t *ret, size_t max,
                                 size_t *ret_len)
{
	struct stat st;
	uint8_t more;
	size_t len, rest;
	enum cot_err err;

	if (fstat(fd, &st) != 0)
		return cot_file_errno(errno);
	err = check_mode(&st, secret);
	if (err == COT_OK)
		err = read_all(fd, ret, max, &len);
	if (err == COT_OK)
		err = read_all(fd, &more, 1, &rest);
	if (err != COT_OK)
		return err;
	if (rest != 0)
		return COT_E_LENGTH_EXCEEDED;
	*ret_len = len;
	return COT_OK;
}

enum cot_err cot_file_read(const char *path, bool secret, uint8_t *ret, size_t max,
                           size_t *ret_len)
{
	/* O_NONBLOCK so that a FIFO put in the file's place cannot hang us. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	enum cot_err err;

	if (fd < 0)
		return cot_file_errno(errno);
	err = read_bounded(fd, secret, ret, max, ret_len);
	(void)close(fd);
	return err;
}

/* A rename or a new name is on the medium only when its folder is. */
static enum cot_err sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX] = ".";
	enum cot_err err = COT_OK;
	int fd;

	if (slash == path)
		memcpy(folder, "/", 2);
	else if (slash != NULL) {
		memcpy(folder, path, (size_t)(slash - path));
		folder[slash - path] = '\0';
	}
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return cot_file_errno(errno);
	/* Some file systems cannot sync a folder and say EINVAL. */
	if (fsync(fd) != 0 && errno != EINVAL)
		err = cot_file_errno(errno);
	(void)close(fd);
	return err;
}

static enum cot_err write_all(int fd, struct cot_slice content)
{
	while (content.len > 0) {
		ssize_t put = write(fd, content.ptr, content.len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return cot_file_errno(errno);
		content = cot_slice_sub(content, (size_t)put, content.len);
	}
	return fsync(fd) == 0 ? COT_OK : cot_file_errno(errno);
}

/* Creates path, which must not exist, and fills it. */
static enum cot_err create(const char *path, struct cot_slice content, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	enum cot_err err;

	if (fd < 0)
		return cot_file_errno(errno);
	err = write_all(fd, content);
	if (close(fd) != 0 && err == COT_OK)
		err = cot_file_errno(errno);
	if (err != COT_OK)
		(void)unlink(path);
	return err;
}

static enum cot_err replace(const char *path, struct cot_slice content, mode_t mode)
{
	char beside[PATH_MAX];
	enum cot_err err;
	int len;

	len = snprintf(beside, sizeof(beside), "%s.%ld.new", path, (long)getpid());
	if (len < 0 || (size_t)len >= sizeof(beside))
		return COT_E_NAME;
	err = create(beside, content, mode);
	if (err != COT_OK)
		return err;
	if (rename(beside, path) != 0) {
		err = cot_file_errno(errno);
		(void)unlink(beside);
	}
	return err;
}

enum cot_err cot_file_write(const char *path, struct cot_slice content, mode_t mode,
                            bool force)
{
	enum cot_err err;

	if (strlen(path) >= PATH_MAX)
		return COT_E_NAME;
	err = force ? replace(path, content, mode) : create(path, content, mode);
	return err == COT_OK ? sync_folder(path) : err;
}
