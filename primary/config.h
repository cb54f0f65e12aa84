/* SPDX-License-Identifier: Apache-2.0
 *
 * The daemon's configuration, /etc/cotter/cotter.conf: INI text with `#` and
 * `;` comment lines.  cotter.conf(5) lists every key.
 *
 *   err = cot_config_load(path, &config, &note);
 *   if (err != COT_OK)  print note.text and note.hint
 *
 * Nothing is guessed: an unknown key, a missing key, a key given twice or a
 * wrong value is refused with its line.  Paths that are not absolute count
 * from the folder of the file.  Nothing in it is trusted metadata: whoever
 * may write it can stop updates, but cannot have an image accepted.
 */
#ifndef COTTER_PRIMARY_CONFIG_H
#define COTTER_PRIMARY_CONFIG_H

#include "keys/error.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COT_CONFIG_TEXT 1024u /* longest value or path */
#define COT_CONFIG_ECUS 64u
#define COT_CONFIG_DEFAULT "/etc/cotter/cotter.conf"

struct cot_config_ecu {
	char serial[65];
	char link[256];  /* secondary/link/host/transport.h */
	unsigned line;
};

struct cot_config {
	char path[COT_CONFIG_TEXT];

	/* [primary] */
	char state[COT_CONFIG_TEXT];           /* state folder */
	char provision[COT_CONFIG_TEXT];       /* record, read at the first start only */
	char key[COT_CONFIG_TEXT];             /* ECU key of the gateway */
	char passphrase_file[COT_CONFIG_TEXT]; /* "" if the key has none */
	char control[COT_CONFIG_TEXT];         /* control socket, "" for none */
	uint32_t interval_s;                   /* between cycles */
	uint32_t jitter_s;                     /* added at random, at most */

	/* [director], [image], [time] */
	char director_url[COT_CONFIG_TEXT];
	char manifest_url[COT_CONFIG_TEXT];    /* "": manifests stay here */
	char image_url[COT_CONFIG_TEXT];
	char targets_url[COT_CONFIG_TEXT];     /* images; default image_url/targets */
	char time_url[COT_CONFIG_TEXT];

	/* [tls] */
	char ca[COT_CONFIG_TEXT];              /* PEM file, "" for the system's */
	char proxy[COT_CONFIG_TEXT];           /* "" for none, whatever the environment says */
	bool allow_http;

	/* [limits] */
	uint32_t min_rate;     /* bytes per second, downloads */
	uint32_t window_s;     /* over which it is measured */
	uint32_t connect_s;
	uint32_t total_s;      /* one request, beside what min_rate allows an image */
	uint32_t max_root;
	uint32_t max_timestamp;
	uint32_t max_snapshot;
	uint32_t max_targets;
	uint32_t max_director_targets;
	uint32_t max_image;
	uint32_t ecu_min_rate; /* bytes per second, on a link */
	uint32_t ecu_window_s;
	uint32_t ecu_budget_s; /* one exchange, response pending included */
	uint32_t ecu_wait_s;   /* an ECU's restart, and its trial of an image */

	struct cot_config_ecu ecus[COT_CONFIG_ECUS];
	size_t ecu_count;
};

/* Why a file was refused: "FILE:LINE: what", and what to do. */
struct cot_config_note {
	char text[COT_CONFIG_TEXT + 256];
	char hint[256];
};

/* Reads and checks a file.  COT_E_CONFIG, COT_E_INSECURE_URL (http without
 * allow_http), COT_E_NO_INPUT, COT_E_PERMISSION, COT_E_IO.  *ret is only
 * meaningful on COT_OK; note is written on failure. */
COT_MUST_CHECK enum cot_err cot_config_load(const char *path, struct cot_config *ret,
                                            struct cot_config_note *note);

/* The link of an ECU; NULL if it has no section. */
const struct cot_config_ecu *cot_config_ecu(const struct cot_config *c, const char *serial);

#endif
