/* SPDX-License-Identifier: Apache-2.0
 *
 * Public keys: see key.h.
 *
 * One table of schemes; a new scheme is a row here, a case in the two
 * decoders, and a crypto table that knows it.
 */
#include "keys/key.h"
#include "keys/encode.h"
#include "keys/text.h"

#include <string.h>

#define ED25519_KEY 32u
#define ED25519_SIG 64u
#define P256_POINT 65u

static const struct {
	enum cot_scheme scheme;
	const char *name;
	const char *keytype;
} schemes[] = {
	{ COT_SCHEME_ED25519, "ed25519", "ed25519" },
	{ COT_SCHEME_ECDSA_P256, "ecdsa-sha2-nistp256", "ecdsa" },
	{ COT_SCHEME_RSA_PSS, "rsassa-pss-sha256", "rsa" },
	{ COT_SCHEME_HMAC_SHA256, "hmac-sha256", "hmac" }
};

#define SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

enum cot_scheme cot_scheme_from_name(struct cot_slice name)
{
	size_t i;

	for (i = 0; i < SCHEMES; i++) {
		if (cot_slice_is(name, schemes[i].name))
			return schemes[i].scheme;
	}
	return COT_SCHEME_NONE;
}

const char *cot_scheme_name(enum cot_scheme scheme)
{
	size_t i;

	for (i = 0; i < SCHEMES; i++) {
		if (schemes[i].scheme == scheme)
			return schemes[i].name;
	}
	return "";
}

const char *cot_scheme_keytype(enum cot_scheme scheme)
{
	size_t i;

	for (i = 0; i < SCHEMES; i++) {
		if (schemes[i].scheme == scheme)
			return schemes[i].keytype;
	}
	return "";
}

bool cot_scheme_fits(enum cot_scheme scheme, struct cot_slice keytype)
{
	if (scheme == COT_SCHEME_NONE)
		return false;
	if (scheme == COT_SCHEME_ECDSA_P256 && cot_slice_is(keytype, "ecdsa-sha2-nistp256"))
		return true;
	return cot_slice_is(keytype, cot_scheme_keytype(scheme));
}

static enum cot_err decode_ed25519(struct cot_slice text, uint8_t *buf,
                                   struct cot_slice *ret)
{
	size_t len;
	enum cot_err err = cot_hex_decode(text, buf, COT_MAX_KEY_LEN, &len);

	if (err == COT_E_BUFFER || (err == COT_OK && len != ED25519_KEY))
		return COT_E_KEY;
	if (err != COT_OK)
		return err;
	*ret = cot_slice(buf, ED25519_KEY);
	return COT_OK;
}

/* SubjectPublicKeyInfo of an uncompressed P-256 point, up to the point
 * (RFC 5480): the only DER there is for it, so it is compared, not parsed. */
static const uint8_t p256_spki[] = {
	0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
	0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00
};

static enum cot_err decode_p256(struct cot_slice text, uint8_t *buf,
                                struct cot_slice *ret)
{
	bool hex = text.len > 0 && text.ptr[0] != '-';
	struct cot_slice raw;
	enum cot_err err;
	size_t len = 0;

	err = hex ? cot_hex_decode(text, buf, COT_MAX_KEY_LEN, &len) :
	            cot_pem_decode(text, "PUBLIC KEY", buf, COT_MAX_KEY_LEN, &len);
	if (err != COT_OK)
		return err == COT_E_BUFFER ? COT_E_KEY : err;
	raw = cot_slice(buf, len);
	if (!hex) {
		struct cot_slice head = cot_slice(p256_spki, sizeof(p256_spki));

		if (!cot_slice_eq(cot_slice_sub(raw, 0, head.len), head))
			return COT_E_KEY;
		raw = cot_slice_sub(raw, head.len, raw.len);
	}
	if (raw.len != P256_POINT || raw.ptr[0] != 0x04)
		return COT_E_KEY;
	*ret = raw;
	return COT_OK;
}

enum cot_err cot_key_decode(const struct cot_key *key, uint8_t buf[COT_MAX_KEY_LEN],
                            struct cot_slice *ret)
{
	switch (key->scheme) {
	case COT_SCHEME_ED25519:
		return decode_ed25519(key->text, buf, ret);
	case COT_SCHEME_ECDSA_P256:
		return decode_p256(key->text, buf, ret);
	case COT_SCHEME_NONE:
	case COT_SCHEME_RSA_PSS:
	case COT_SCHEME_HMAC_SHA256:
		break;
	}
	return COT_E_SCHEME;
}

/* CHECK K5: a public key is sound: right length, canonical, not of small
 * order, on the curve */
enum cot_err cot_key_check(const struct cot_key *key, const struct cot_crypto *crypto)
{
	uint8_t buf[COT_MAX_KEY_LEN];
	struct cot_slice raw;
	enum cot_err err = cot_key_decode(key, buf, &raw);

	return err == COT_OK ? crypto->key_check(key->scheme, raw) : err;
}

bool cot_key_same(const struct cot_key *a, const struct cot_key *b)
{
	uint8_t buf_a[COT_MAX_KEY_LEN], buf_b[COT_MAX_KEY_LEN];
	struct cot_slice raw_a, raw_b;

	return cot_key_decode(a, buf_a, &raw_a) == COT_OK &&
	       cot_key_decode(b, buf_b, &raw_b) == COT_OK && cot_slice_eq(raw_a, raw_b);
}

enum cot_err cot_key_fingerprint(const struct cot_key *key,
                                 const struct cot_crypto *crypto,
                                 uint8_t ret[COT_SHA256_LEN])
{
	uint8_t buf[COT_MAX_KEY_LEN];
	struct cot_slice raw;
	enum cot_err err = cot_key_decode(key, buf, &raw);

	if (err == COT_OK)
		cot_hash_once(crypto, COT_HASH_SHA256, raw, ret);
	return err;
}

void cot_key_id(struct cot_slice canon_object, const struct cot_crypto *crypto,
                uint8_t ret[COT_KEY_ID_LEN])
{
	cot_hash_once(crypto, COT_HASH_SHA256, canon_object, ret);
}

static void put_escaped(struct cot_text *t, struct cot_slice value)
{
	size_t i;

	for (i = 0; i < value.len; i++) {
		if (value.ptr[i] == '"' || value.ptr[i] == '\\')
			cot_text_put(t, COT_SLICE("\\"));
		cot_text_put(t, cot_slice_sub(value, i, 1));
	}
}

enum cot_err cot_key_write_object(const struct cot_key *key, char *ret, size_t max,
                                  size_t *ret_len)
{
	struct cot_text t = { ret, max, 0, false };
	struct cot_slice keytype = cot_slice_str(cot_scheme_keytype(key->scheme));
	struct cot_slice scheme = cot_slice_str(cot_scheme_name(key->scheme));

	cot_text_form(&t, "{\"keytype\":\"$\",\"keyval\":{\"public\":\"", &keytype);
	put_escaped(&t, key->text);
	cot_text_form(&t, "\"},\"scheme\":\"$\"}", &scheme);
	return cot_text_end(&t, ret_len);
}

/* CHECK K8: a decoded signature has the one form its scheme allows */
static enum cot_err check_sig_form(enum cot_scheme scheme, struct cot_slice sig)
{
	uint8_t rs[64];

	switch (scheme) {
	case COT_SCHEME_ED25519:
		return sig.len == ED25519_SIG ? COT_OK : COT_E_ENCODING;
	case COT_SCHEME_ECDSA_P256:
		return cot_ecdsa_der_decode(sig, rs);
	case COT_SCHEME_NONE:
	case COT_SCHEME_RSA_PSS:
	case COT_SCHEME_HMAC_SHA256:
		break;
	}
	return COT_E_SCHEME;
}

enum cot_err cot_sig_decode(enum cot_scheme scheme, struct cot_slice text,
                            uint8_t buf[COT_MAX_SIG_LEN], struct cot_slice *ret)
{
	size_t len;
	enum cot_err err = cot_hex_decode(text, buf, COT_MAX_SIG_LEN, &len);

	if (err != COT_OK)
		return COT_E_ENCODING;
	err = check_sig_form(scheme, cot_slice(buf, len));
	if (err == COT_OK)
		*ret = cot_slice(buf, len);
	return err;
}
