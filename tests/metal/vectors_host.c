/* SPDX-License-Identifier: Apache-2.0
 *
 * The host's half of `make vectors`; the formats are in vectors.h.
 *
 *   vectors_host make DIR MESSAGES [VECTORS]
 *       writes DIR/cases.bin and DIR/names.txt: the Ed25519 cases of the folder
 *       VECTORS, then MESSAGES reports to sign by Ed25519, drawn from SEED, and per
 *       100 of them one by HMAC and one under a public key that must be refused; and DIR/answers.bin, this machine's answers:
 *       verdicts of the same product code, signatures of libsodium's own
 *       crypto_sign_detached.
 *   vectors_host compare DIR DEVICE_DIR
 *       holds DEVICE_DIR/answers.bin against DIR/answers.bin case by case; prints
 *       the first that differ, then `cases N valid A invalid B wrong W signatures S
 *       unequal U stacks K left L`, L being the stacks that held a secret.  Status 1 if anything differs or is missing.
 *   vectors_host cost DIR DEVICE_DIR
 *       prints the most instructions and stack that one case of each kind took, of a
 *       run under -icount shift=0.
 */
#include "keys/crypto.h"
#include "keys/crypto/init.h"
#include "keys/encode.h"
#include "tests/metal/vectors.h"

#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BODY 2048u
#define SHOWN 8
#define KINDS 5

struct out {
	FILE *cases, *answers, *names, *secrets;
};

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)fputs("vectors: ", stderr);
	(void)vfprintf(stderr, format, ap);
	(void)fputc('\n', stderr);
	va_end(ap);
	exit(1);
}

static FILE *open_in(const char *dir, const char *name, const char *mode)
{
	char path[4096];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, mode);
	if (f == NULL)
		die("cannot open %s", path);
	return f;
}

static void put(uint8_t *p, uint32_t n, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = (uint8_t)(n >> (8 * i));
}

static uint32_t number(const uint8_t *p, size_t len)
{
	uint32_t n = 0;

	while (len-- > 0)
		n = n << 8 | p[len];
	return n;
}

/* ---- make ------------------------------------------------------------------------- */

static void write_case(struct out *out, unsigned kind, enum cot_scheme scheme,
                       struct cot_slice key, struct cot_slice sig, struct cot_slice msg,
                       bool dump)
{
	uint8_t head[VECTOR_HEAD] = { (uint8_t)kind, (uint8_t)scheme, 0, 0, 0, 0, dump };

	if (key.len + sig.len + msg.len > VECTOR_MAX)
		die("a case is larger than the firmware's memory");
	put(head + 2, (uint32_t)key.len, 2);
	put(head + 4, (uint32_t)sig.len, 2);
	put(head + 8, (uint32_t)msg.len, 4);
	(void)fwrite(head, 1, sizeof(head), out->cases);
	(void)fwrite(key.ptr, 1, key.len, out->cases);
	(void)fwrite(sig.ptr, 1, sig.len, out->cases);
	(void)fwrite(msg.ptr, 1, msg.len, out->cases);
}

static void write_answer(struct out *out, int first, int second, const uint8_t *sig)
{
	uint8_t answer[VECTOR_ANSWER] = { 0 };

	put(answer, (uint32_t)first, 2);
	put(answer + 2, (uint32_t)second, 2);
	if (sig != NULL)
		memcpy(answer + VECTOR_SIG_AT, sig, (size_t)second);
	(void)fwrite(answer, 1, sizeof(answer), out->answers);
}

static struct cot_slice unhex(const json_t *object, const char *member, uint8_t *buf)
{
	const char *text = json_string_value(json_object_get(object, member));
	size_t len = 0;

	if (text == NULL ||
	    cot_hex_decode(cot_slice_str(text), buf, VECTOR_MAX, &len) != COT_OK)
		die("a case has no hex member %s", member);
	return cot_slice(buf, len);
}

static void verify_case(struct out *out, const json_t *test, struct cot_slice key,
                        const char *sig_member, const char *msg_member)
{
	static uint8_t sig_buf[VECTOR_MAX], msg_buf[VECTOR_MAX];
	struct cot_slice sig = unhex(test, sig_member, sig_buf);
	struct cot_slice msg = unhex(test, msg_member, msg_buf);
	const struct cot_crypto *c = &cot_crypto_sodium;

	write_case(out, VECTOR_VERIFY, COT_SCHEME_ED25519, key, sig, msg, false);
	write_answer(out, c->key_check(COT_SCHEME_ED25519, key),
	             c->verify(COT_SCHEME_ED25519, key, sig, msg), NULL);
}

static json_t *load(const char *folder, const char *name)
{
	char path[4096];
	json_error_t error;
	json_t *json;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	json = json_load_file(path, 0, &error);
	if (json == NULL)
		die("%s: %s", path, error.text);
	return json;
}

static void wycheproof(struct out *out, const char *folder)
{
	json_t *file = load(folder, "wycheproof/ed25519_test.json"), *group, *test;
	static uint8_t key_buf[VECTOR_MAX];
	size_t i, k;

	json_array_foreach(json_object_get(file, "testGroups"), i, group) {
		struct cot_slice key = unhex(json_object_get(group, "publicKey"), "pk", key_buf);

		json_array_foreach(json_object_get(group, "tests"), k, test) {
			const char *comment = json_string_value(json_object_get(test, "comment"));

			(void)fprintf(out->names, "wycheproof tcId %d (%.60s)\n",
			              (int)json_integer_value(json_object_get(test, "tcId")),
			              comment == NULL ? "" : comment);
			verify_case(out, test, key, "sig", "msg");
		}
	}
	json_decref(file);
}

static void speccheck(struct out *out, const char *folder)
{
	json_t *file = load(folder, "ed25519-speccheck/cases.json"), *test;
	static uint8_t key_buf[VECTOR_MAX];
	size_t i;

	json_array_foreach(file, i, test) {
		(void)fprintf(out->names, "speccheck %zu\n", i);
		verify_case(out, test, unhex(test, "pub_key", key_buf), "signature", "message");
	}
	json_decref(file);
}

static void draw(uint8_t *ret, size_t len, uint64_t stream)
{
	uint8_t key[randombytes_SEEDBYTES] = { 0 };
	const char *text = getenv("SEED");
	uint64_t seed = text != NULL && text[0] != 0 ? strtoull(text, NULL, 10) : 20261121u;

	memcpy(key, &seed, sizeof(seed));
	memcpy(key + sizeof(seed), &stream, sizeof(stream));
	randombytes_buf_deterministic(ret, len, key);
}

/* Scalar, prefix, hash that makes the nonce, nonce, and the nonce's digits -8 to 8 to
 * the base 16, as libsodium's scalar multiplication keeps them. */
#define SECRETS 224u

static void digits(const uint8_t scalar[32], uint8_t ret[64])
{
	int i, carry = 0;

	for (i = 0; i < 64; i++) {
		int digit = ((scalar[i / 2] >> (4 * (i % 2))) & 15) + carry;

		carry = i < 63 ? (digit + 8) >> 4 : 0;
		ret[i] = (uint8_t)(digit - 16 * carry);
	}
}

/* What a signature must not leave behind on the device's stack. */
static void write_secrets(struct out *out, const uint8_t seed[32], struct cot_slice body)
{
	uint8_t all[SECRETS];
	crypto_hash_sha512_state h;

	(void)crypto_hash_sha512(all, seed, 32);
	all[0] &= 0xf8;
	all[31] = (uint8_t)((all[31] & 0x7f) | 0x40);
	(void)crypto_hash_sha512_init(&h);
	(void)crypto_hash_sha512_update(&h, all + 32, 32);
	(void)crypto_hash_sha512_update(&h, body.ptr, body.len);
	(void)crypto_hash_sha512_final(&h, all + 64);
	crypto_core_ed25519_scalar_reduce(all + 128, all + 64);
	digits(all + 128, all + 160);
	(void)fwrite(all, 1, sizeof(all), out->secrets);
}

/* The own public key plus the point of order 2, which a libsodium without the fix of
 * CVE-2025-69277 takes for a sound key; a signature made with it gives the seed away. */
static void refused_case(struct out *out, unsigned long i, const uint8_t key[64],
                         struct cot_slice body)
{
	uint8_t order_2[32], mixed[64];
	struct cot_slice none = { NULL, 0 };

	memset(order_2, 0xff, sizeof(order_2));
	order_2[0] = 0xec;
	order_2[31] = 0x7f;
	memcpy(mixed, key, 32);
	if (crypto_core_ed25519_add(mixed + 32, key + 32, order_2) != 0)
		die("the point of order 2 is none");
	(void)fprintf(out->names, "wrong-key report %lu\n", i);
	write_case(out, VECTOR_SIGN, COT_SCHEME_ED25519, cot_slice(mixed, 64), none, body,
	           false);
	write_answer(out, COT_E_KEY, 0, NULL);
}

static void mac_case(struct out *out, unsigned long i, struct cot_slice key,
                     struct cot_slice body)
{
	struct cot_slice none = { NULL, 0 };
	uint8_t mac[32];

	(void)crypto_auth_hmacsha256(mac, body.ptr, body.len, key.ptr);
	(void)fprintf(out->names, "hmac-sha256 report %lu (%zu bytes)\n", i, body.len);
	write_case(out, VECTOR_SIGN, COT_SCHEME_HMAC_SHA256, key, none, body, false);
	write_answer(out, COT_OK, 32, mac);
}

/* Seed, public half: a new key for each sixteenth message.  The device is given the
 * public half, but computes it for each hundredth. */
static void sign_case(struct out *out, unsigned long i)
{
	static uint8_t drawn[MAX_BODY + 2];
	uint8_t key[64], sk[64], sig[64];
	struct cot_slice none = { NULL, 0 }, body = { drawn + 2, 0 };

	draw(key, 32, (uint64_t)(i / 16) << 32);
	draw(drawn, sizeof(drawn), i);
	body.len = number(drawn, 2) % (MAX_BODY + 1);
	(void)crypto_sign_seed_keypair(key + 32, sk, key);
	(void)crypto_sign_detached(sig, NULL, body.ptr, body.len, sk);
	(void)fprintf(out->names, "ed25519 report %lu (%zu bytes)\n", i, body.len);
	write_case(out, VECTOR_SIGN, COT_SCHEME_ED25519,
	           cot_slice(key, i % 100 == 0 ? 32 : 64), none, body, i % 100 == 1);
	write_answer(out, COT_OK, 64, sig);
	if (i % 100 == 1)
		write_secrets(out, key, body);
	if (i % 100 == 0) {
		mac_case(out, i, cot_slice(key, 32), body);
		refused_case(out, i, key, body);
	}
}

static int make(const char *dir, unsigned long messages, const char *vectors)
{
	struct out out = { open_in(dir, "cases.bin", "wb"), open_in(dir, "answers.bin", "wb"),
		           open_in(dir, "names.txt", "w"), open_in(dir, "secrets.bin", "wb") };
	unsigned long i;
	bool failed = false;

	if (vectors != NULL) {
		wycheproof(&out, vectors);
		speccheck(&out, vectors);
	}
	for (i = 0; i < messages; i++)
		sign_case(&out, i);
	failed |= fclose(out.cases) != 0;
	failed |= fclose(out.answers) != 0;
	failed |= fclose(out.names) != 0;
	failed |= fclose(out.secrets) != 0;
	if (failed)
		die("cannot write to %s", dir);
	return 0;
}

/* ---- compare ---------------------------------------------------------------------- */

struct tally {
	unsigned long cases, valid, differ, signatures, sig_differ;
};

static void differs(const char *name, const uint8_t *host, const uint8_t *device,
                    unsigned long already)
{
	if (already >= SHOWN)
		return;
	printf("  %s: host %s, device %s%s\n", name,
	       cot_err_word((enum cot_err)(int16_t)number(host, 2)),
	       cot_err_word((enum cot_err)(int16_t)number(device, 2)),
	       memcmp(host + VECTOR_SIG_AT, device + VECTOR_SIG_AT, 64) != 0 ?
	               ", another signature" :
	               "");
}

/* Verdicts and signature, without ticks and stack. */
static bool same(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, 4) == 0 &&
	       memcmp(a + VECTOR_SIG_AT, b + VECTOR_SIG_AT, VECTOR_ANSWER - VECTOR_SIG_AT) == 0;
}

static void verdict(struct tally *t, const char *name, const uint8_t *host,
                    const uint8_t *device)
{
	bool differ = !same(host, device);

	/* Key and signature: what the accept path does. */
	t->cases++;
	t->valid += number(host, 4) == 0;
	if (differ && t->differ < SHOWN)
		printf("  %s: key host %s, device %s; signature host %s, device %s\n", name,
		       cot_err_word((enum cot_err)(int16_t)number(host, 2)),
		       cot_err_word((enum cot_err)(int16_t)number(device, 2)),
		       cot_err_word((enum cot_err)(int16_t)number(host + 2, 2)),
		       cot_err_word((enum cot_err)(int16_t)number(device + 2, 2)));
	t->differ += differ;
}

static void signature(struct tally *t, const char *name, const uint8_t *host,
                      const uint8_t *device)
{
	bool differ = !same(host, device);

	t->signatures += strncmp(name, "ed25519", 7) == 0;
	if (differ)
		differs(name, host, device, t->sig_differ);
	t->sig_differ += differ;
}

/* The number of dumped stacks that hold eight bytes of a secret. */
static unsigned long leftovers(const char *dir, const char *device_dir, unsigned long *ret_stacks)
{
	FILE *secrets = open_in(dir, "secrets.bin", "rb");
	FILE *stacks = open_in(device_dir, "stack.bin", "rb");
	static uint8_t stack[VECTOR_STACK];
	unsigned long found = 0;
	uint8_t all[SECRETS];
	size_t i;

	*ret_stacks = 0;
	while (fread(all, 1, sizeof(all), secrets) == sizeof(all)) {
		if (fread(stack, 1, sizeof(stack), stacks) != sizeof(stack))
			die("%s/stack.bin is short", device_dir);
		(*ret_stacks)++;
		for (i = 0; i < SECRETS && memmem(stack, sizeof(stack), all + i, 8) == NULL; i += 8)
			;
		found += i < SECRETS;
	}
	(void)fclose(secrets);
	(void)fclose(stacks);
	return found;
}

static int compare(const char *dir, const char *device_dir)
{
	FILE *hosts = open_in(dir, "answers.bin", "rb"), *names = open_in(dir, "names.txt", "r");
	FILE *devices = open_in(device_dir, "answers.bin", "rb");
	uint8_t host[VECTOR_ANSWER], device[VECTOR_ANSWER];
	struct tally t = { 0, 0, 0, 0, 0 };
	unsigned long stacks, left = leftovers(dir, device_dir, &stacks);
	char name[512];

	while (fread(host, 1, sizeof(host), hosts) == sizeof(host)) {
		if (fgets(name, sizeof(name), names) == NULL)
			die("%s/names.txt is short", dir);
		name[strcspn(name, "\n")] = 0;
		if (fread(device, 1, sizeof(device), devices) != sizeof(device))
			die("%s: no answer to %s", device_dir, name);
		if (strstr(name, " report ") != NULL)
			signature(&t, name, host, device);
		else
			verdict(&t, name, host, device);
	}
	if (fgetc(devices) != EOF)
		die("%s: more answers than cases", device_dir);
	(void)fclose(hosts);
	(void)fclose(names);
	(void)fclose(devices);
	printf("cases %lu valid %lu invalid %lu wrong %lu signatures %lu unequal %lu "
	       "stacks %lu left %lu\n",
	       t.cases, t.valid, t.cases - t.valid, t.differ, t.signatures, t.sig_differ, stacks,
	       left);
	return t.differ + t.sig_differ + left > 0;
}

/* Kinds are told apart by the first word of their names. */
struct most {
	char kind[32];
	uint64_t instructions;
	uint32_t stack;
};

static void count(struct most most[KINDS], const char *name, const uint8_t *device)
{
	uint64_t instructions = (uint64_t)number(device + 4, 4) * VECTOR_TICK;
	uint32_t stack = number(device + 8, 4);
	size_t i = 0, len = strcspn(name, " ");

	while (i < KINDS - 1 && most[i].kind[0] != 0 &&
	       (strlen(most[i].kind) != len || memcmp(most[i].kind, name, len) != 0))
		i++;
	(void)snprintf(most[i].kind, sizeof(most[i].kind), "%.*s", (int)len, name);
	if (instructions > most[i].instructions)
		most[i].instructions = instructions;
	if (stack > most[i].stack)
		most[i].stack = stack;
}

static int cost(const char *dir, const char *device_dir)
{
	FILE *devices = open_in(device_dir, "answers.bin", "rb");
	FILE *names = open_in(dir, "names.txt", "r");
	struct most most[KINDS] = { 0 };
	uint8_t device[VECTOR_ANSWER];
	char name[512];
	size_t i;

	while (fread(device, 1, sizeof(device), devices) == sizeof(device) &&
	       fgets(name, sizeof(name), names) != NULL)
		count(most, name, device);
	for (i = 0; i < KINDS && most[i].kind[0] != 0; i++)
		printf("  %-12s %10" PRIu64 " instructions, stack %" PRIu32 " bytes\n", most[i].kind,
		       most[i].instructions, most[i].stack);
	(void)fclose(devices);
	(void)fclose(names);
	return 0;
}

int main(int argc, char **argv)
{
	if (cot_crypto_init() != COT_OK)
		die("libsodium does not start");
	if (argc >= 4 && strcmp(argv[1], "make") == 0)
		return make(argv[2], strtoul(argv[3], NULL, 10), argc > 4 ? argv[4] : NULL);
	if (argc == 4 && strcmp(argv[1], "compare") == 0)
		return compare(argv[2], argv[3]);
	if (argc == 4 && strcmp(argv[1], "cost") == 0)
		return cost(argv[2], argv[3]);
	die("usage: vectors_host make DIR MESSAGES [VECTORS] | compare DIR DEVICE_DIR | "
	    "cost DIR DEVICE_DIR");
}
