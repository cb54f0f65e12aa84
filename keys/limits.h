/* SPDX-License-Identifier: Apache-2.0
 *
 * Every bound of Cotter in one place, each with the reason for its value.
 * A bound is checked before the thing it bounds is used: memory, time and
 * work per input are known before its signature is.
 */
#ifndef COTTER_KEYS_LIMITS_H
#define COTTER_KEYS_LIMITS_H

/* Hashes and keys */
#define COT_SHA256_LEN 32u
#define COT_SHA512_LEN 64u
#define COT_MAX_HASH_LEN 64u
#define COT_KEY_ID_LEN 32u   /* a key id is a SHA-256; 64 hex digits in text */
#define COT_KEY_ID_TEXT 64u
/* Work area for one decoded public key or signature, on the stack of every signature
 * check: the largest is P-256, 91 bytes of SubjectPublicKeyInfo and 72 of DER.  A
 * scheme with larger ones raises them. */
#define COT_MAX_KEY_LEN 96u
#define COT_MAX_SIG_LEN 72u

/* JSON */
#define COT_MAX_DEPTH 16u    /* a manifest holding a report needs 9 */
#define COT_MAX_VERSION 2147483647u /* what every peer can store (31 bits) */

/* Roles and repositories */
/* Memory for repositories: Director and Image.  A loader that verifies partially needs
 * the Director's only and is built, all of it, with -DCOT_MAX_REPOS=1u: 1.5 KB less RAM. */
#ifndef COT_MAX_REPOS
#define COT_MAX_REPOS 2u
#endif
#define COT_MAX_ROLE_KEYS 16u /* keys one role may list; best practice is 5 of 8 */
#define COT_MAX_SIGNATURES 32u /* entries looked at in one document */
#define COT_MAX_SIGNERS 8u   /* valid signers remembered beside a Targets floor */
#define COT_MAX_ROOT_STEPS 256u /* Root versions walked in one cycle, resumable */

/* Names and identifiers, bytes without a final zero */
#define COT_MAX_NAME 255u    /* target file name; also what a file system stores */
#define COT_MAX_ID 64u       /* vehicle, ECU, hardware identifier, repository name */
#define COT_MAX_HWIDS 16u    /* hardware ids one image may list */
#define COT_MAX_MUST_MATCH 16u

/* Document sizes, bytes, as fetched by the primary */
#define COT_MAX_ROOT (64u * 1024u)
#define COT_MAX_TIMESTAMP (16u * 1024u)
#define COT_MAX_SNAPSHOT (8u * 1024u * 1024u)
#define COT_MAX_TARGETS (64u * 1024u * 1024u)
#define COT_MAX_DIRECTOR_TARGETS (1024u * 1024u)
#define COT_MAX_TIME (16u * 1024u)
#define COT_MAX_REPORT 4095u /* one classic ISO-TP message without escape */

/* Orders */
#define COT_MAX_ORDERS 256u  /* as many as a vehicle has ECUs, and then some */
#define COT_MAX_IMAGE 0xffffffffu /* what UDS can address (32 bits) */
#define COT_MAX_IMAGES_TOTAL (64ull * 1024u * 1024u * 1024u) /* of one update */
#define COT_MAX_COUNTER_STEP 65536u /* a stolen key cannot burn the counter */
#define COT_NONCE_LEN 16u    /* 128 bits, used once */
#define COT_NONCE_LIFE_S 60u
#define COT_MAX_NONCES 64u   /* one time message serves a whole vehicle */

#endif
