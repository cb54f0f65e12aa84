/* SPDX-License-Identifier: Apache-2.0
 *
 * The file layer: real system calls, and the atomic replacement of one file.
 *
 * A failed fsync means that the kernel may have thrown the data away; it is
 * never repeated, the file is given up.
 */
#include "primary/fs.h"

#include "keys/host/file.h"
#include "primary/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int real_openat(int dir, const char *name, int flags, mode_t mode)
{
	return openat(dir, name, flags, mode);
}

const struct cot_fs cot_fs_real = {
	.openat = real_openat,
	.write = write,
	.fsync = fsync,
	.ftruncate = ftruncate,
	.renameat = renameat,
	.unlinkat = unlinkat,
	.mkdirat = mkdirat
};

enum cot_err cot_fs_error(const char *what, const char *name)
{
	int number = errno;
	enum cot_err err = cot_file_errno(number);

	cot_log(COT_LOG_ERROR, "file", "cannot %s file=%s reason=\"%s\"", what, name,
	        strerror(number));
	return err;
}

enum cot_err cot_fs_folder(const struct cot_fs *fs, int parent, const char *name, int *ret_fd)
{
	struct stat st;
	int fd;

	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && fs != NULL) {
		if (fs->mkdirat(parent, name, 0700) != 0)
			return cot_fs_error("make folder", name);
		fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0)
		return cot_fs_error("open folder", name);
	if (fstat(fd, &st) != 0 || st.st_uid != geteuid() || (st.st_mode & 077) != 0) {
		close(fd);
		cot_log(COT_LOG_ERROR, "file", "folder must be ours with mode 0700 file=%s",
		        name);
		return COT_E_PERMISSION;
	}
	*ret_fd = fd;
	return COT_OK;
}

enum cot_err cot_fs_write_all(const struct cot_fs *fs, int fd, struct cot_slice data)
{
	ssize_t n;

	while (data.len > 0) {
		n = fs->write(fd, data.ptr, data.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? cot_fs_error("write", "") : COT_E_IO;
		data = cot_slice_sub(data, (size_t)n, data.len);
	}
	return COT_OK;
}

/* A temporary file that a crash left behind is in the way only once. */
static int create_exclusive(const struct cot_fs *fs, int dir, const char *name)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = fs->openat(dir, name, flags, 0600);

	if (fd < 0 && errno == EEXIST && fs->unlinkat(dir, name, 0) == 0)
		fd = fs->openat(dir, name, flags, 0600);
	return fd;
}

static enum cot_err write_temporary(const struct cot_fs *fs, int dir, const char *name,
                                    struct cot_slice data)
{
	enum cot_err err;
	int fd = create_exclusive(fs, dir, name);

	if (fd < 0)
		return cot_fs_error("create", name);
	err = cot_fs_write_all(fs, fd, data);
	if (err == COT_OK && fs->fsync(fd) != 0)
		err = cot_fs_error("flush", name);
	if (close(fd) != 0 && err == COT_OK)
		err = cot_fs_error("close", name);
	if (err != COT_OK)
		(void)fs->unlinkat(dir, name, 0);
	return err;
}

enum cot_err cot_fs_replace(const struct cot_fs *fs, int dir, const char *name,
                            struct cot_slice data)
{
	char temporary[300];
	enum cot_err err;
	int n;

	n = snprintf(temporary, sizeof(temporary), "%s.tmp", name);
	if (n < 0 || (size_t)n >= sizeof(temporary))
		return COT_E_ARGUMENT;
	err = write_temporary(fs, dir, temporary, data);
	if (err != COT_OK)
		return err;
	if (fs->renameat(dir, temporary, dir, name) != 0) {
		err = cot_fs_error("rename", temporary);
		(void)fs->unlinkat(dir, temporary, 0);
		return err;
	}
	return fs->fsync(dir) == 0 ? COT_OK : cot_fs_error("flush folder of", name);
}

enum cot_err cot_fs_open(int dir, const char *name, int *ret_fd, uint64_t *ret_len)
{
	struct stat st;
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	enum cot_err err = COT_OK;

	if (fd < 0)
		return errno == ELOOP ? COT_E_STORE : cot_file_errno(errno);
	if (fstat(fd, &st) != 0)
		err = COT_E_IO;
	else if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
		err = COT_E_STORE;
	else if (st.st_uid != geteuid())
		err = COT_E_PERMISSION;
	if (err != COT_OK) {
		close(fd);
		return err;
	}
	*ret_len = (uint64_t)st.st_size;
	*ret_fd = fd;
	return COT_OK;
}

enum cot_err cot_fs_map(int dir, const char *name, size_t max, struct cot_slice *ret)
{
	uint64_t len;
	enum cot_err err;
	void *map;
	int fd;

	err = cot_fs_open(dir, name, &fd, &len);
	if (err != COT_OK)
		return err;
	*ret = cot_slice(NULL, 0);
	if (len > max || len == 0) {
		close(fd);
		return len == 0 ? COT_OK : COT_E_LENGTH_EXCEEDED;
	}
	map = mmap(NULL, (size_t)len, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return cot_fs_error("map", name);
	*ret = cot_slice(map, (size_t)len);
	return COT_OK;
}

void cot_fs_unmap(struct cot_slice *map)
{
	if (map->len > 0)
		munmap((void *)(uintptr_t)map->ptr, map->len);
	*map = cot_slice(NULL, 0);
}
