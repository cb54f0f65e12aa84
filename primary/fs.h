/* SPDX-License-Identifier: Apache-2.0
 *
 * The file layer under store and images: the system calls that change a disk,
 * in one table that a test replaces to make any of them fail, and the few ways
 * in which the daemon uses them.
 *
 * Every name is looked up below an open folder of our own, symbolic links are
 * never followed, and what is read back must be a regular file of our own with
 * one name only.
 */
#ifndef COTTER_PRIMARY_FS_H
#define COTTER_PRIMARY_FS_H

#include "keys/error.h"
#include "keys/slice.h"

#include <sys/types.h>

/* As the system calls of the same names. */
struct cot_fs {
	int (*openat)(int dir, const char *name, int flags, mode_t mode);
	ssize_t (*write)(int fd, const void *data, size_t len);
	int (*fsync)(int fd);
	int (*ftruncate)(int fd, off_t len);
	int (*renameat)(int from_dir, const char *from, int to_dir, const char *to);
	int (*unlinkat)(int dir, const char *name, int flags);
	int (*mkdirat)(int dir, const char *name, mode_t mode);
};

extern const struct cot_fs cot_fs_real;

/* Logs what failed with the system's words and gives our code for errno. */
enum cot_err cot_fs_error(const char *what, const char *name);

/* Opens folder name below parent (AT_FDCWD allowed).  With fs it is made, mode
 * 0700, if it is not there; fs NULL: only opened.  COT_E_PERMISSION unless it
 * is ours and closed to group and others; COT_E_NO_INPUT. */
COT_MUST_CHECK enum cot_err cot_fs_folder(const struct cot_fs *fs, int parent, const char *name,
                                          int *ret_fd);

COT_MUST_CHECK enum cot_err cot_fs_write_all(const struct cot_fs *fs, int fd,
                                             struct cot_slice data);

/* Writes name.tmp, flushes it, renames it to name and flushes the folder: name
 * holds its old bytes or the new ones, whenever power fails.  On an error
 * before the rename the old bytes stay and name.tmp is removed. */
COT_MUST_CHECK enum cot_err cot_fs_replace(const struct cot_fs *fs, int dir, const char *name,
                                           struct cot_slice data);

/* Opens a file of our own for reading.  COT_E_NO_INPUT, COT_E_PERMISSION (not
 * ours), COT_E_STORE (not a regular file, or it has a second name), COT_E_IO. */
COT_MUST_CHECK enum cot_err cot_fs_open(int dir, const char *name, int *ret_fd,
                                        uint64_t *ret_len);

/* Maps a file of our own into memory, read-only; an empty file gives an empty
 * slice.  COT_E_LENGTH_EXCEEDED beyond max, and the errors of cot_fs_open. */
COT_MUST_CHECK enum cot_err cot_fs_map(int dir, const char *name, size_t max,
                                       struct cot_slice *ret);
void cot_fs_unmap(struct cot_slice *map);

#endif
