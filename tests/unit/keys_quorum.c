/* SPDX-License-Identifier: Apache-2.0
 *
 * keys/quorum.c against a definition: the number of elements of a set.
 *
 * All sequences of up to 5 signature entries over up to 4 keys, each entry
 * good, bad, or good under a second spelling of the same key, are judged for
 * all thresholds from -1 to 6 and compared with the set of keys that have a
 * good entry.  A dummy crypto table makes that cheap: a signature is good if
 * it repeats one byte of its key.  The table may also answer PENDING first.
 */
#include "keys/quorum.h"
#include "keys/encode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define KEYS 4
#define ENTRIES 5
#define KINDS 3 /* good, bad, good by its other name */

/* A dummy engine: how often it says PENDING before each verdict. */
static unsigned pending_each, pending_left;

static enum cot_err dummy_key_check(enum cot_scheme scheme, struct cot_slice key)
{
	(void)scheme;
	(void)key;
	return COT_OK;
}

static enum cot_err dummy_verify(enum cot_scheme scheme, struct cot_slice key,
                                 struct cot_slice sig, struct cot_slice msg)
{
	uint8_t mark = scheme == COT_SCHEME_ED25519 ? sig.ptr[0] : sig.ptr[4];

	if (pending_left > 0) {
		pending_left--;
		return COT_PENDING;
	}
	pending_left = pending_each;
	return mark == key.ptr[1] && cot_slice_is(msg, "msg") ? COT_OK : COT_E_SIGNATURE;
}

static struct cot_crypto dummy;

/* Keys 0 and 1 are Ed25519, 2 and 3 are P-256 with a PEM and a hex spelling. */
static char ed_text[2][64], ec_pem[2][178], ec_hex[2][130];
static char ed_sig[256][128], ec_sig[256][16];
static struct cot_key names[KEYS][2];

static void make_ed(unsigned k)
{
	uint8_t raw[32] = { 0 };

	raw[1] = (uint8_t)(k + 1);
	cot_hex_encode(cot_slice(raw, 32), ed_text[k]);
	names[k][0].scheme = names[k][1].scheme = COT_SCHEME_ED25519;
	names[k][0].text = names[k][1].text = cot_slice(ed_text[k], 64);
}

static void make_ec(unsigned k)
{
	uint8_t der[91] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce,
		            0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
		            0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04 };
	char body[124], *pem = ec_pem[k - 2];

	der[27] = (uint8_t)(k + 1);
	cot_hex_encode(cot_slice(der + 26, 65), ec_hex[k - 2]);
	cot_base64_encode(cot_slice(der, 91), body);
	memcpy(pem, "-----BEGIN PUBLIC KEY-----\n", 27);
	memcpy(pem + 27, body, 64);
	pem[91] = '\n';
	memcpy(pem + 92, body + 64, 60);
	memcpy(pem + 152, "\n-----END PUBLIC KEY-----", 25);
	names[k][0].scheme = names[k][1].scheme = COT_SCHEME_ECDSA_P256;
	names[k][0].text = cot_slice(pem, 177);
	names[k][1].text = cot_slice(ec_hex[k - 2], 130);
}

static int setup(void **state)
{
	unsigned i;

	(void)state;
	dummy = cot_crypto_sodium;
	dummy.key_check = dummy_key_check;
	dummy.verify = dummy_verify;
	make_ed(0);
	make_ed(1);
	make_ec(2);
	make_ec(3);
	for (i = 1; i < 128; i++) {
		uint8_t ed[64] = { (uint8_t)i };
		uint8_t ec[8] = { 0x30, 6, 2, 1, (uint8_t)i, 2, 1, 1 };

		cot_hex_encode(cot_slice(ed, 64), ed_sig[i]);
		cot_hex_encode(cot_slice(ec, 8), ec_sig[i]);
	}
	return 0;
}

static struct cot_slice sig_text(enum cot_scheme scheme, unsigned mark)
{
	return scheme == COT_SCHEME_ED25519 ? cot_slice(ed_sig[mark], 128) :
	                                      cot_slice(ec_sig[mark], 16);
}

static enum cot_err add(struct cot_quorum *q, unsigned key, unsigned kind)
{
	const struct cot_key *name = &names[key][kind == 2];
	struct cot_slice sig = sig_text(name->scheme, kind == 1 ? 100 : key + 1);
	struct cot_quorum before = *q;
	enum cot_err err;
	unsigned waits = 0;

	while ((err = cot_quorum_add(q, &dummy, name, sig, COT_SLICE("msg"))) == COT_PENDING) {
		assert_memory_equal(&before, q, sizeof(before));
		waits++;
	}
	assert_int_equal(waits, pending_each);
	if (err != COT_OK)
		assert_memory_equal(&before, q, sizeof(before));
	return err;
}

static unsigned bits(unsigned set)
{
	unsigned n = 0;

	for (; set != 0; set &= set - 1)
		n++;
	return n;
}

static unsigned long verdicts;

/* One verdict for a finished sequence, for every threshold. */
static void judge(const struct cot_quorum *done, unsigned keys, unsigned good)
{
	int t;

	for (t = -1; t <= 6; t++) {
		bool legal = t >= 1 && t <= (int)keys;
		bool enough = t >= 1 && (int)bits(good) >= t;
		struct cot_quorum q = *done;

		q.threshold = (uint32_t)t;
		assert_int_equal(cot_threshold_check((uint64_t)(int64_t)t, keys),
		                 legal ? COT_OK : COT_E_ILLEGAL_THRESHOLD);
		assert_int_equal(cot_quorum_check(&q), enough ? COT_OK : COT_E_SIG_THRESHOLD);
		verdicts++;
	}
}

/* Depth first over all sequences; q and good describe the entries so far. */
static void walk(const struct cot_quorum *q, unsigned keys, unsigned good, unsigned left)
{
	unsigned key, kind;

	judge(q, keys, good);
	for (key = 0; left > 0 && key < keys; key++) {
		for (kind = 0; kind < KINDS; kind++) {
			struct cot_quorum next = *q;

			assert_int_equal(add(&next, key, kind),
			                 kind == 1 ? COT_E_SIGNATURE : COT_OK);
			walk(&next, keys, kind == 1 ? good : good | 1u << key, left - 1);
		}
	}
}

static void walk_all(unsigned entries)
{
	unsigned keys;

	verdicts = 0;
	pending_left = pending_each;
	for (keys = 1; keys <= KEYS; keys++) {
		struct cot_quorum q;

		cot_quorum_init(&q, 1);
		walk(&q, keys, 0, entries);
	}
	print_message("quorum: %lu verdicts\n", verdicts);
}

static void test_exhaustive(void **state)
{
	(void)state;
	pending_each = 0;
	walk_all(ENTRIES);
	/* 8 thresholds x (sum of 3^i..12^i for i = 0..5) */
	assert_int_equal(verdicts, 8 * (364 + 9331 + 66430 + 271453));
}

static void test_pending(void **state)
{
	(void)state;
	pending_each = 2;
	walk_all(3);
	pending_each = 0;
	pending_left = 0;
}

static void test_errors_are_not_counted(void **state)
{
	struct cot_key bad_text = { COT_SCHEME_ED25519, COT_SLICE("zz") };
	struct cot_key bad_len = { COT_SCHEME_ED25519, COT_SLICE("00") };
	struct cot_key hmac = { COT_SCHEME_HMAC_SHA256, names[0][0].text };
	struct cot_slice sig = sig_text(COT_SCHEME_ED25519, 1);
	struct cot_quorum q, before;

	(void)state;
	cot_quorum_init(&q, 1);
	before = q;
	assert_int_equal(cot_quorum_add(&q, &dummy, &bad_text, sig, COT_SLICE("msg")),
	                 COT_E_ENCODING);
	assert_int_equal(cot_quorum_add(&q, &dummy, &bad_len, sig, COT_SLICE("msg")), COT_E_KEY);
	assert_int_equal(cot_quorum_add(&q, &dummy, &hmac, sig, COT_SLICE("msg")), COT_E_SCHEME);
	assert_int_equal(cot_quorum_add(&q, &dummy, &names[0][0], COT_SLICE("00"),
	                                COT_SLICE("msg")),
	                 COT_E_ENCODING);
	assert_int_equal(cot_quorum_add(&q, &dummy, &names[0][0], sig, COT_SLICE("other")),
	                 COT_E_SIGNATURE);
	assert_memory_equal(&before, &q, sizeof(q));
	assert_int_equal(cot_quorum_check(&q), COT_E_SIG_THRESHOLD);
	assert_int_equal(cot_quorum_add(&q, &dummy, &names[0][0], sig, COT_SLICE("msg")), COT_OK);
	assert_int_equal(cot_quorum_check(&q), COT_OK);
}

/* More keys than a role may list: the memory holds, and the verdict too. */
static void test_many_keys(void **state)
{
	struct cot_quorum q;
	char text[COT_MAX_ROLE_KEYS + 4][64];
	unsigned i;

	(void)state;
	cot_quorum_init(&q, COT_MAX_ROLE_KEYS);
	for (i = 1; i <= COT_MAX_ROLE_KEYS + 4; i++) {
		uint8_t raw[32] = { 0, (uint8_t)i };
		struct cot_key key = { COT_SCHEME_ED25519, cot_slice(text[i - 1], 64) };

		cot_hex_encode(cot_slice(raw, 32), text[i - 1]);
		assert_int_equal(cot_quorum_check(&q),
		                 i <= COT_MAX_ROLE_KEYS ? COT_E_SIG_THRESHOLD : COT_OK);
		assert_int_equal(cot_quorum_add(&q, &dummy, &key, sig_text(key.scheme, i),
		                                COT_SLICE("msg")),
		                 i <= COT_MAX_ROLE_KEYS ? COT_OK : COT_E_LIMIT);
	}
	assert_int_equal(q.count, COT_MAX_ROLE_KEYS);
}

static void test_threshold_bounds(void **state)
{
	(void)state;
	assert_int_equal(cot_threshold_check(16, 16), COT_OK);
	assert_int_equal(cot_threshold_check(1, 17), COT_E_ILLEGAL_THRESHOLD);
	assert_int_equal(cot_threshold_check(17, 17), COT_E_ILLEGAL_THRESHOLD);
	assert_int_equal(cot_threshold_check(0, 0), COT_E_ILLEGAL_THRESHOLD);
	assert_int_equal(cot_threshold_check(UINT64_C(0x100000001), 1), COT_E_ILLEGAL_THRESHOLD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exhaustive),
		cmocka_unit_test(test_pending),
		cmocka_unit_test(test_errors_are_not_counted),
		cmocka_unit_test(test_many_keys),
		cmocka_unit_test(test_threshold_bounds)
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
