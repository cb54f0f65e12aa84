/* SPDX-License-Identifier: Apache-2.0
 *
 * What may be a name.  Names from metadata never become paths of our own, but
 * they stand in logs, in URLs and on the bus, so what could be misread there
 * is refused where it is read.
 */
#ifndef COTTER_METADATA_NAME_H
#define COTTER_METADATA_NAME_H

#include "keys/error.h"
#include "keys/slice.h"

/* Identifier of a vehicle, ECU, hardware type or repository: 1 to COT_MAX_ID
 * bytes of A-Z a-z 0-9 . _ : - and not starting with a dot.  COT_E_NAME. */
COT_MUST_CHECK enum cot_err cot_name_check_id(struct cot_slice name);

/* Target file name: 1 to COT_MAX_NAME bytes of printable ASCII without space,
 * quote, backslash, percent, `?`, `#` or control bytes; components separated by
 * single `/`, none empty, `.` or `..`, none starting or ending with a dot; no
 * leading slash.  COT_E_NAME. */
COT_MUST_CHECK enum cot_err cot_name_check_target(struct cot_slice name);

/* Delegated role name: an identifier that is none of the four role names. */
COT_MUST_CHECK enum cot_err cot_name_check_role(struct cot_slice name);

/* Writes the published name of an image: the hash goes before the last
 * component, `a/b.bin` -> `a/HASH.b.bin` (Uptane 5.2.7).  COT_E_BUFFER. */
COT_MUST_CHECK enum cot_err cot_name_published(struct cot_slice target, struct cot_slice hash_hex,
                                               char *ret, size_t max, size_t *ret_len);

#endif
