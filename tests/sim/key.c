/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys of a simulated world, made from their numbers: the same in every run.
 */
#include "tests/sim/repo.h"
#include "keys/encode.h"

#include <mbedtls/ecdsa.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static void need(bool ok)
{
	if (!ok)
		abort();
}

static void seed_of(unsigned key, uint8_t ret[32])
{
	uint8_t text[] = { 'c', 'o', 't', 't', 'e', 'r', ' ', 's', 'i', 'm', 0, 0 };

	text[10] = (uint8_t)(key >> 8);
	text[11] = (uint8_t)key;
	crypto_hash_sha256(ret, text, sizeof(text));
}

static bool is_p256(unsigned key)
{
	return key >= SIM_KEY_P256;
}

/* The side channel defence of mbedtls_ecp_mul wants random numbers; in a test
 * constant ones do. */
static int constant_rng(void *arg, unsigned char *ret, size_t len)
{
	(void)arg;
	memset(ret, 0x5a, len);
	return 0;
}

static void p256_public(unsigned key, uint8_t ret[65])
{
	uint8_t seed[32];
	mbedtls_ecp_group group;
	mbedtls_ecp_point q;
	mbedtls_mpi d;
	size_t len;

	seed_of(key, seed);
	mbedtls_ecp_group_init(&group);
	mbedtls_ecp_point_init(&q);
	mbedtls_mpi_init(&d);
	need(mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1) == 0);
	need(mbedtls_mpi_read_binary(&d, seed, sizeof(seed)) == 0);
	need(mbedtls_ecp_mul(&group, &q, &d, &group.G, constant_rng, NULL) == 0);
	need(mbedtls_ecp_point_write_binary(&group, &q, MBEDTLS_ECP_PF_UNCOMPRESSED, &len,
	                                    ret, 65) == 0);
	mbedtls_mpi_free(&d);
	mbedtls_ecp_point_free(&q);
	mbedtls_ecp_group_free(&group);
}

/* PEM of the SubjectPublicKeyInfo. */
static void p256_text(unsigned key, char ret[256])
{
	static const uint8_t head[] = {
		0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
		0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00
	};
	uint8_t der[sizeof(head) + 65];
	char text[160];
	size_t len = cot_base64_len(sizeof(der));
	char *at = ret;

	memcpy(der, head, sizeof(head));
	p256_public(key, der + sizeof(head));
	cot_base64_encode(cot_slice(der, sizeof(der)), text);
	at = stpcpy(at, "-----BEGIN PUBLIC KEY-----\n");
	memcpy(at, text, 64);
	at[64] = '\n';
	memcpy(at + 65, text + 64, len - 64);
	at += 1 + len;
	(void)stpcpy(at, "\n-----END PUBLIC KEY-----\n");
}

static void ed25519_pair(unsigned key, uint8_t pk[32], uint8_t sk[64])
{
	uint8_t seed[32];

	seed_of(key, seed);
	need(crypto_sign_seed_keypair(pk, sk, seed) == 0);
}

static void key_text(unsigned key, char ret[256])
{
	uint8_t pk[32], sk[64];

	if (is_p256(key)) {
		p256_text(key, ret);
		return;
	}
	ed25519_pair(key, pk, sk);
	cot_hex_encode(cot_slice(pk, sizeof(pk)), ret);
	ret[64] = '\0';
}

json_t *sim_key_object(unsigned key)
{
	char text[256];
	json_t *object;

	key_text(key, text);
	object = json_pack("{s:s, s:{s:s}, s:s}", "keytype", is_p256(key) ? "ecdsa" : "ed25519",
	                   "keyval", "public", text, "scheme",
	                   is_p256(key) ? "ecdsa-sha2-nistp256" : "ed25519");
	need(object != NULL);
	return object;
}

void sim_key_id(unsigned key, char ret[COT_KEY_ID_TEXT + 1])
{
	json_t *object = sim_key_object(key);
	char *text = sim_text(object);
	uint8_t id[COT_KEY_ID_LEN];

	crypto_hash_sha256(id, (const unsigned char *)text, strlen(text));
	cot_hex_encode(cot_slice(id, sizeof(id)), ret);
	ret[COT_KEY_ID_TEXT] = '\0';
	free(text);
	json_decref(object);
}

static size_t p256_sign(unsigned key, struct cot_slice msg, uint8_t *ret)
{
	uint8_t seed[32], hash[32], rs[64];
	mbedtls_ecp_group group;
	mbedtls_mpi d, r, s;

	seed_of(key, seed);
	crypto_hash_sha256(hash, msg.ptr, msg.len);
	mbedtls_ecp_group_init(&group);
	mbedtls_mpi_init(&d);
	mbedtls_mpi_init(&r);
	mbedtls_mpi_init(&s);
	need(mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1) == 0);
	need(mbedtls_mpi_read_binary(&d, seed, sizeof(seed)) == 0);
	need(mbedtls_ecdsa_sign_det_ext(&group, &r, &s, &d, hash, sizeof(hash),
	                                MBEDTLS_MD_SHA256, constant_rng, NULL) == 0);
	need(mbedtls_mpi_write_binary(&r, rs, 32) == 0);
	need(mbedtls_mpi_write_binary(&s, rs + 32, 32) == 0);
	mbedtls_mpi_free(&s);
	mbedtls_mpi_free(&r);
	mbedtls_mpi_free(&d);
	mbedtls_ecp_group_free(&group);
	return cot_ecdsa_der_encode(rs, ret);
}

size_t sim_key_sign(unsigned key, struct cot_slice msg, uint8_t ret[COT_MAX_SIG_LEN])
{
	uint8_t pk[32], sk[64];

	if (is_p256(key))
		return p256_sign(key, msg, ret);
	ed25519_pair(key, pk, sk);
	need(crypto_sign_detached(ret, NULL, msg.ptr, msg.len, sk) == 0);
	return crypto_sign_BYTES;
}
