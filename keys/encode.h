/* SPDX-License-Identifier: Apache-2.0
 *
 * Text encodings: lower-case hex, base64 (RFC 4648), PEM bodies, decimal.
 *
 * Every decoder is strict: one spelling per value, so that two texts never
 * name the same bytes by accident.  On failure the output buffer holds
 * nothing the caller may use.
 */
#ifndef COTTER_KEYS_ENCODE_H
#define COTTER_KEYS_ENCODE_H

#include "keys/error.h"
#include "keys/slice.h"

/* Decodes lower-case hex.  ret_len is text.len / 2.  COT_E_ENCODING on an odd
 * length, upper case or any other character; COT_E_BUFFER if max is too small. */
COT_MUST_CHECK enum cot_err cot_hex_decode(struct cot_slice text, uint8_t *ret,
                                           size_t max, size_t *ret_len);

/* Writes 2 * data.len lower-case digits and no final zero. */
void cot_hex_encode(struct cot_slice data, char *ret);

/* Decodes padded base64 without white space; unused bits must be zero. */
COT_MUST_CHECK enum cot_err cot_base64_decode(struct cot_slice text, uint8_t *ret,
                                              size_t max, size_t *ret_len);

/* Bytes cot_base64_encode writes for len bytes, without a final zero. */
size_t cot_base64_len(size_t len);
void cot_base64_encode(struct cot_slice data, char *ret);

/* Decodes one PEM block of type label ("PUBLIC KEY").  Lines may end in LF or
 * CR LF and have any length up to 64; one final line end is optional. */
COT_MUST_CHECK enum cot_err cot_pem_decode(struct cot_slice text, const char *label,
                                           uint8_t *ret, size_t max, size_t *ret_len);

/* Reads an unsigned decimal without sign or leading zero, at most max.
 * COT_E_NUMBER otherwise. */
COT_MUST_CHECK enum cot_err cot_decimal(struct cot_slice text, uint64_t max,
                                        uint64_t *ret);

/* Writes value in decimal, returns the digits written (at most 20). */
size_t cot_decimal_write(uint64_t value, char ret[20]);

/* Equality of two secrets of len bytes in time that depends on len only. */
bool cot_equal_ct(const uint8_t *a, const uint8_t *b, size_t len);

/* Is this DER the one encoding of an ECDSA signature (RFC 3279): SEQUENCE of
 * two positive INTEGERs, shortest form, nothing after, each at most 32 bytes?
 * Writes r and s as 32 big-endian bytes each.  COT_E_ENCODING otherwise. */
COT_MUST_CHECK enum cot_err cot_ecdsa_der_decode(struct cot_slice der, uint8_t ret_rs[64]);

/* The reverse: at most 72 bytes to ret, returns how many. */
size_t cot_ecdsa_der_encode(const uint8_t rs[64], uint8_t ret[72]);

#endif
