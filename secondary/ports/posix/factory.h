/* SPDX-License-Identifier: Apache-2.0
 *
 * The factory: from a provisioning record, an ECU key and an image to a flash
 * file that boots.
 */
#ifndef COTTER_SECONDARY_PORTS_POSIX_FACTORY_H
#define COTTER_SECONDARY_PORTS_POSIX_FACTORY_H

#include "keys/error.h"
#include "secondary/ports/posix/flash.h"

#include <stdbool.h>
#include <stdint.h>

struct posix_factory {
	const char *flash;  /* file to make */
	const char *record; /* provisioning record, canonical JSON */
	const char *key;    /* secret key file of the ECU, without passphrase */
	const char *image;  /* the factory image that the record names */
	const struct posix_layout *layout; /* of the part; NULL: a process */
	uint32_t slot_size; /* bytes; 0: the default of the part */
	bool force;         /* replace an existing flash file */
};

/* The record must be signed by the Director's Root that it embeds, the key must
 * be the one it names for the ECU, and the image must have its length and hash and
 * start where the part runs images (COT_E_HWID).  *ret_what says which file an error
 * is about.  Nothing is left behind on failure, and an existing flash file is untouched. */
COT_MUST_CHECK enum cot_err posix_factory_run(const struct posix_factory *f,
                                              const char **ret_what);

#endif
