/* SPDX-License-Identifier: Apache-2.0
 *
 * Small whole files: read with a bound, written so that no other user ever
 * sees a secret and nobody ever sees half a replacement.
 */
#ifndef COTTER_KEYS_HOST_FILE_H
#define COTTER_KEYS_HOST_FILE_H

#include "keys/error.h"
#include "keys/slice.h"

#include <sys/types.h>

/* What errno means in our words: COT_E_NO_INPUT, COT_E_PERMISSION,
 * COT_E_EXISTS, COT_E_NO_SPACE, otherwise COT_E_IO. */
enum cot_err cot_file_errno(int number);

/* Reads a regular file of at most max bytes.  secret: refuses one that group
 * or others may access in any way.  COT_E_LENGTH_EXCEEDED if it is longer;
 * COT_E_NO_INPUT, COT_E_PERMISSION, COT_E_IO.  ret_len is written on success
 * only. */
COT_MUST_CHECK enum cot_err cot_file_read(const char *path, bool secret, uint8_t *ret,
                                          size_t max, size_t *ret_len);

/* Writes a whole file with these access bits from its first byte, flushed to
 * the medium together with its folder entry.  Without force an existing file
 * is left alone (COT_E_EXISTS); with force it is replaced in one step.  On
 * failure nothing new is left behind. */
COT_MUST_CHECK enum cot_err cot_file_write(const char *path, struct cot_slice content,
                                           mode_t mode, bool force);

#endif
