/* SPDX-License-Identifier: Apache-2.0
 *
 * Every way Cotter can say no.
 *
 * One enum for the core, the boot loader, the daemon and the tools.  Numbers
 * are stable for ever: they stand in logs, on the bus and in reports.  Each
 * code has a word (`rollback`), which error.c holds, and a sentence, a hint and
 * an exit status, which error_text.c holds.  The same word stands in log lines,
 * JSON, UDS results and the attack indicator of version reports.  COT_OK is zero, COT_PENDING is positive (the
 * work is not finished, call again), everything negative is a refusal.
 *
 * Ranges: 1-19 arguments and limits, 20-39 syntax, 40-59 trust,
 * 60-79 policy, 80-99 storage, 100-119 transport, 120-139 orders and time.
 */
#ifndef COTTER_KEYS_ERROR_H
#define COTTER_KEYS_ERROR_H

#define COT_MUST_CHECK __attribute__((warn_unused_result))

enum cot_err {
	COT_PENDING = 1,
	COT_OK = 0,

	/* Arguments and limits */
	COT_E_ARGUMENT = -1,      /* argument: a caller passed nonsense */
	COT_E_LIMIT = -2,         /* limit: more entries than COT_MAX_... allows */
	COT_E_BUFFER = -3,        /* buffer: the caller's buffer is too small */
	COT_E_INTERNAL = -4,      /* internal: a bug in Cotter */
	COT_E_BUSY = -5,          /* busy: another job of this kind is running */
	COT_E_SEQUENCE = -6,      /* sequence: the call does not fit the state */
	COT_E_UNSUPPORTED = -7,   /* unsupported */
	COT_E_EXISTS = -8,        /* exists: would overwrite, see --force */
	COT_E_USAGE = -9,         /* usage: wrong command line */
	COT_E_NOT_FOUND = -10,    /* not_found: no such item in what we hold */
	COT_E_CONFIG = -11,       /* config: configuration file wrong */
	COT_E_MEMORY = -12,       /* memory: allocation refused */

	/* Syntax */
	COT_E_MALFORMED = -20,    /* malformed: not JSON of the grammar */
	COT_E_UTF8 = -21,         /* bad_utf8 */
	COT_E_NOT_CANONICAL = -22, /* not_canonical: white space, order, spelling */
	COT_E_DUPLICATE_MEMBER = -23, /* duplicate_member */
	COT_E_DEPTH = -24,        /* too_deep */
	COT_E_TYPE = -25,         /* wrong_type: a member has another JSON type */
	COT_E_MISSING = -26,      /* missing_member */
	COT_E_NUMBER = -27,       /* bad_number: not an integer, or out of range */
	COT_E_TIME_FORMAT = -28,  /* bad_time: not YYYY-MM-DDTHH:MM:SSZ */
	COT_E_TRUNCATED = -29,    /* truncated: ends before the value does */
	COT_E_TRAILING = -30,     /* trailing_bytes after the value */
	COT_E_ENCODING = -31,     /* bad_encoding: hex, base64 or PEM text */
	COT_E_KEY_FILE = -32,     /* bad_key_file */
	COT_E_NAME = -33,         /* bad_name: role, target, repository or id */
	COT_E_RECORD = -34,       /* bad_record: stored or provisioned record */
	COT_E_SPEC_VERSION = -35, /* spec_version not 1.x */

	/* Trust */
	COT_E_SIG_THRESHOLD = -40, /* sig_threshold: too few distinct valid keys */
	COT_E_ILLEGAL_THRESHOLD = -41, /* illegal_threshold: 0, or above the keys */
	COT_E_KEY_ID = -42,       /* key_id: id does not fit the key */
	COT_E_KEY = -43,          /* bad_key: wrong length, small order, not on curve */
	COT_E_SIGNATURE = -44,    /* bad_signature: one signature is not valid */
	COT_E_ROLE_TYPE = -45,    /* wrong_role: _type is not the expected one */
	COT_E_KEY_SHARED = -46,   /* key_shared: one key in both repositories */
	COT_E_SCHEME = -47,       /* unknown_scheme */
	COT_E_PASSPHRASE = -48,   /* wrong_passphrase, or the file was altered */
	COT_E_KEY_COST = -49,     /* key_cost: derivation cost out of bounds */
	COT_E_KEY_NOT_LISTED = -50, /* key_not_listed: not a key of that role */
	COT_E_ROOT_SIG_OLD = -51, /* root_not_continued: previous Root's quorum missing */
	COT_E_ROOT_SIG_NEW = -52, /* root_not_self_signed: own quorum missing */
	COT_E_DIGEST = -53,       /* bad_digest: hash beside a report signature */

	/* Policy: one repository */
	COT_E_ROLLBACK = -60,     /* rollback: version below the floor */
	COT_E_EXPIRED = -61,      /* expired */
	COT_E_MIX_AND_MATCH = -62, /* mixed_bundle: not the file its parent lists */
	COT_E_SAME_VERSION = -63, /* same_version: equal version, other content */
	COT_E_VERSION_SKIP = -64, /* version_skip: Root is not N+1 */
	COT_E_FILE_REMOVED = -65, /* file_removed: Snapshot lost a file it listed */
	COT_E_REPOSITORY = -66,   /* wrong_repository: made for the other one */
	COT_E_DELEGATION = -67,   /* director_delegates */
	COT_E_LENGTH_EXCEEDED = -68, /* length_exceeded: endless data */
	COT_E_HASH_MISMATCH = -69, /* hash_mismatch */
	COT_E_LENGTH_MISMATCH = -70, /* length_mismatch: shorter than signed */
	COT_E_NO_STRONG_HASH = -71, /* no_strong_hash: neither sha256 nor sha512 */
	COT_E_ROOT_WALK = -72,    /* root_walk: 256 steps in one cycle, go on next */

	/* Storage */
	COT_E_IO = -80,           /* io */
	COT_E_NO_SPACE = -81,     /* no_space */
	COT_E_LOCKED = -82,       /* locked: a second daemon on one state folder */
	COT_E_FLASH = -83,        /* flash: erase, program or read failed */
	COT_E_SLOT_SIZE = -84,    /* slot_too_small */
	COT_E_STORE = -85,        /* damaged_store */
	COT_E_UNPROVISIONED = -86, /* unprovisioned */
	COT_E_PERMISSION = -87,   /* permission: file mode or owner too open */
	COT_E_NO_INPUT = -88,     /* no_input: file or folder missing */
	COT_E_DOCUMENT_SIZE = -89, /* document_too_large for this device's places */
	COT_E_PART = -90,         /* unknown_part: flash laid out for another part */

	/* Transport */
	COT_E_UNREACHABLE = -100, /* unreachable */
	COT_E_TLS = -101,         /* tls */
	COT_E_HTTP = -102,        /* http: an answer that is neither file nor 404 */
	COT_E_SLOW = -103,        /* slow: below the minimum rate */
	COT_E_ECU_SILENT = -104,  /* ecu_silent */
	COT_E_ECU_NAK = -105,     /* ecu_nak: negative response */
	COT_E_FRAME = -106,       /* bad_frame */
	COT_E_LINK = -107,        /* link: device or socket failed */
	COT_E_ABSENT = -108,      /* absent: definite not-there where one is needed */
	COT_E_INSECURE_URL = -109, /* insecure_url: http without being told so */

	/* Orders and time */
	COT_E_NO_TIME = -120,     /* no_time: no fresh signed time */
	COT_E_TIME_NONCE = -121,  /* time_replay: nonce unknown, used or too old */
	COT_E_TIME_ROLLBACK = -122, /* time_rollback: below the floor */
	COT_E_TIME_ROOT = -123,   /* time_root: our Root is older than rootVersion */
	COT_E_VEHICLE = -124,     /* other_vehicle */
	COT_E_ECU_UNKNOWN = -125, /* unknown_ecu */
	COT_E_ECU_DUPLICATE = -126, /* duplicate_ecu: ordered twice */
	COT_E_HWID = -127,        /* hwid_mismatch */
	COT_E_NOT_IN_IMAGE = -128, /* not_in_image: Image repository never signed it */
	COT_E_REPO_MISMATCH = -129, /* repo_mismatch: length, hash, must-match differ */
	COT_E_COUNTER = -130,     /* counter_rollback: release counter lower */
	COT_E_COUNTER_JUMP = -131, /* counter_jump: rises by more than 65,536 */
	COT_E_NO_ORDER = -132,    /* no_order: trusted Targets have nothing for us */
	COT_E_NOT_ORDERED = -133, /* not_ordered: this hash is not what is ordered */
	COT_E_BUDGET = -134,      /* budget: too many unverified stagings, wait */
	COT_E_TRIAL = -135,       /* on_trial: running image is not confirmed yet */
	COT_E_REVERTED = -136,    /* reverted: this image failed its trial before */
	COT_E_PRECONDITION = -137, /* precondition: the application said not now */
	COT_E_METHOD = -138,      /* method: dataFormatIdentifier not the signed one */
	COT_E_NOT_STAGED = -139   /* not_staged: nothing verified to activate */
};

/* Exit codes of all programs, by kind of outcome.  0, 2 and 4 are successes. */
enum cot_exit {
	COT_EXIT_DONE = 0,
	COT_EXIT_FAILURE = 1,
	COT_EXIT_NOTHING = 2,     /* nothing to do, up to date */
	COT_EXIT_NOT_FOUND = 3,
	COT_EXIT_REBOOT = 4,      /* done, reboot or power-cycle needed */
	COT_EXIT_PRECONDITION = 5,
	COT_EXIT_REFUSED = 10,    /* verification failed: attack or corruption */
	COT_EXIT_EXPIRED = 11,
	COT_EXIT_ROLLBACK = 12,
	COT_EXIT_DISAGREE = 13,   /* Director and Image repository */
	COT_EXIT_ECU = 14,        /* an ECU refused */
	COT_EXIT_USAGE = 64,
	COT_EXIT_NO_INPUT = 66,
	COT_EXIT_UNAVAILABLE = 69,
	COT_EXIT_IO = 74,
	COT_EXIT_TEMPORARY = 75,
	COT_EXIT_PERMISSION = 77,
	COT_EXIT_CONFIG = 78,
	COT_EXIT_UNREACHABLE = 101
};

/* The stable lower-case word, for example "rollback"; "ok" for COT_OK,
 * "unknown" for a number that is none of ours.  Static memory. */
const char *cot_err_word(enum cot_err err);

/* One sentence that says what happened, without a final full stop. */
const char *cot_err_sentence(enum cot_err err);

/* What the reader can do about it, one sentence; "" if there is nothing. */
const char *cot_err_hint(enum cot_err err);

/* The exit status of a program that ends with err. */
enum cot_exit cot_err_exit(enum cot_err err);

/* The code with that word, or COT_E_NOT_FOUND: how one end of a link reads
 * what the other end said. */
enum cot_err cot_err_from_word(const char *word);

#endif
