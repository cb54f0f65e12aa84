/* SPDX-License-Identifier: Apache-2.0
 *
 * Secret keys at rest, and the public key files beside them.
 *
 * A secret key file is text of two lines, each ended by LF:
 *
 *   cotter secret key: COMMENT
 *   BASE64 of the body
 *
 *   body  offset  bytes
 *              0      4  magic "CTSK"
 *              4      1  version, 1
 *              5      1  scheme: 1 Ed25519, 2 ECDSA P-256, 4 HMAC-SHA-256
 *              6      1  key derivation: 1 Argon2id 1.3 (RFC 9106, one lane),
 *                        0 none
 *              7      1  zero
 *              8      4  opslimit, passes over the memory, big-endian
 *             12      4  memlimit in KiB, big-endian
 *             16     16  salt
 *             32     24  nonce
 *             56      2  length n of the public half, big-endian
 *             58      n  public half (32, or 65 for P-256)
 *           58+n     48  XChaCha20-Poly1305 of the 32 secret bytes, with tag
 *
 * Associated data of the encryption is everything before the ciphertext: the
 * first line with its LF, then the body's first 58+n bytes.  So no byte of the
 * file, also not of the comment or the cost, can be changed unnoticed.
 *
 * Derivation "none" is for keys of devices that sign without a person there:
 * cost and salt are zero, the encryption key is all zero, and what protects
 * the file is its mode and the medium it lies on.  It is never the default.
 *
 * The cost stands in a file that an attacker may have altered, and is used
 * before the tag can be checked: it is bounded both ways.
 *
 * The public key file PATH.pub holds the canonical key object (keys/key.h)
 * and one LF.  Its SHA-256 without the LF is the key id.
 */
#ifndef COTTER_KEYS_HOST_KEYFILE_H
#define COTTER_KEYS_HOST_KEYFILE_H

#include "keys/host/secret.h"

#define COT_KEYFILE_MIN_MEM_KIB (8u * 1024u)
#define COT_KEYFILE_MAX_MEM_KIB (2u * 1024u * 1024u)
#define COT_KEYFILE_MIN_OPS 1u
#define COT_KEYFILE_MAX_OPS 16u
#define COT_KEYFILE_MAX 1024u      /* bytes of a whole file */
#define COT_KEYFILE_MAX_COMMENT 200u

struct cot_cost {
	uint32_t opslimit;
	uint32_t memlimit_kib;
};

extern const struct cot_cost cot_cost_default; /* 3 passes, 256 MiB, about 1 s */
extern const struct cot_cost cot_cost_min;     /* 1 pass, 8 MiB: tests, demos */
extern const struct cot_cost cot_cost_none;    /* 0, 0: derivation "none" */

struct cot_keyfile_options {
	struct cot_cost cost;
	bool force;          /* replace existing files, atomically */
	const char *comment; /* one line; NULL for none */
};

/* A key file as read, still encrypted.  Plain memory, may be copied. */
struct cot_keyfile {
	enum cot_scheme scheme;
	struct cot_cost cost;
	size_t public_len;
	uint8_t public_key[COT_MAX_PUBLIC_LEN]; /* not to be believed before open */
	size_t line_len;     /* first line with its LF */
	size_t body_len;
	uint8_t line[COT_KEYFILE_MAX];
	uint8_t body[COT_KEYFILE_MAX];
};

/* Makes a new key, writes PATH (mode 0600 from its first byte) and PATH.pub
 * (0644).  The passphrase may be empty only with cot_cost_none, and must be
 * empty then.
 * COT_E_EXISTS: one of the two files is there and options.force is not set;
 * nothing was written then.  COT_E_KEY_COST, COT_E_SCHEME, COT_E_NAME (comment
 * with control bytes or too long), COT_E_PASSPHRASE (empty), COT_E_NO_INPUT
 * (no such folder), COT_E_PERMISSION, COT_E_NO_SPACE, COT_E_IO, COT_E_MEMORY. */
COT_MUST_CHECK enum cot_err cot_keyfile_generate(const char *path, enum cot_scheme scheme,
                                                 struct cot_slice passphrase,
                                                 const struct cot_keyfile_options *options);

/* Encrypts a secret that exists already and writes PATH; for changing a
 * passphrase and for imports.  Errors as above. */
COT_MUST_CHECK enum cot_err cot_keyfile_write(const char *path,
                                              const struct cot_secret *secret,
                                              struct cot_slice passphrase,
                                              const struct cot_keyfile_options *options);

/* Reads PATH and checks its form and cost; needs no passphrase and does no
 * work.  COT_E_NO_INPUT, COT_E_PERMISSION (group or others have any access, or
 * we have none), COT_E_KEY_FILE, COT_E_KEY_COST, COT_E_IO. */
COT_MUST_CHECK enum cot_err cot_keyfile_read(const char *path, struct cot_keyfile *ret);

/* Does this file need a passphrase? */
bool cot_keyfile_locked(const struct cot_keyfile *file);

/* Decrypts.  COT_E_PASSPHRASE: wrong passphrase, or any byte of the file was
 * altered; nothing can tell these apart.  COT_E_KEY_COST, COT_E_MEMORY.
 * *ret stays empty on failure. */
COT_MUST_CHECK enum cot_err cot_keyfile_open(const struct cot_keyfile *file,
                                             struct cot_slice passphrase,
                                             struct cot_secret *ret);

/* A public key file as read.  key.text points into object: not to be copied. */
struct cot_pubkey {
	struct cot_key key;
	uint8_t id[COT_KEY_ID_LEN];
	size_t object_len;   /* canonical key object */
	char object[COT_KEYFILE_MAX];
};

/* Writes key's canonical object and LF to path, mode 0644.  Errors as for
 * cot_keyfile_generate. */
COT_MUST_CHECK enum cot_err cot_pubkey_write(const char *path, const struct cot_key *key,
                                             bool force);

/* Reads a file of exactly that form and checks the key (cot_key_check; not
 * for HMAC, which has nothing to check).  COT_E_NO_INPUT, COT_E_KEY_FILE,
 * COT_E_KEY, COT_E_SCHEME, COT_E_PERMISSION, COT_E_IO. */
COT_MUST_CHECK enum cot_err cot_pubkey_read(const char *path, struct cot_pubkey *ret);

#endif
