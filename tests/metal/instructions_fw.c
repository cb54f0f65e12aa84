/* SPDX-License-Identifier: Apache-2.0
 *
 * The firmware's half of `make instructions`: one partial verification of Director
 * Targets, by the product's cycle, and the bare signature check over the same bytes.
 * QEMU's plugin counts between the marks.  Exit status 0 when the Targets were accepted.
 *
 * ONLY_TARGETS 1: the marks inside count while the Targets are judged; 0: always.
 * CHECKS: how often each signature is checked; 1 but for the canary.
 */
#include "metadata/cycle.h"
#include "metadata/json.h"
#include "tests/metal/instructions.h"

#include <sodium.h>
#include <string.h>

#define BYTES(name, file) \
	__asm__(".section .rodata.bytes\n" #name ": .incbin \"" file "\"\n" #name "_end:\n" \
	        ".balign 4\n.text"); \
	extern const uint8_t name[], name##_end[]
BYTES(root_json, "root.json");
BYTES(held_json, "held.json");
BYTES(time_json, "time.json");
BYTES(targets_json, "targets.json");
BYTES(trust_bin, "trust.bin");
BYTES(body_bin, "body.bin");
BYTES(key_bin, "key.bin");
BYTES(sig_bin, "sig.bin");
#define SLICE(name) cot_slice(name, (size_t)(name##_end - name))

/* ---- marks ------------------------------------------------------------------------- */

#define MARK(name) \
	__attribute__((noipa)) void from_##name(void); \
	__attribute__((noipa)) void from_##name(void) { __asm__ volatile(""); } \
	__attribute__((noipa)) void to_##name(void); \
	__attribute__((noipa)) void to_##name(void) { __asm__ volatile(""); }
MARK(cycle)
MARK(targets)
MARK(alone)
MARK(verify)
MARK(key_check)
MARK(sha256)
MARK(sha512)
MARK(canonical)

static bool judging;

static void hash_init(struct cot_hash *h, enum cot_hash_alg alg)
{
	cot_crypto_sodium.hash_init(h, alg);
}

static void from_hash(const struct cot_hash *h)
{
	if (judging && h->alg == COT_HASH_SHA256)
		from_sha256();
	else if (judging)
		from_sha512();
}

static void to_hash(const struct cot_hash *h)
{
	if (judging && h->alg == COT_HASH_SHA256)
		to_sha256();
	else if (judging)
		to_sha512();
}

static void hash_update(struct cot_hash *h, struct cot_slice data)
{
	from_hash(h);
	cot_crypto_sodium.hash_update(h, data);
	to_hash(h);
}

static void hash_final(struct cot_hash *h, uint8_t *ret)
{
	from_hash(h);
	cot_crypto_sodium.hash_final(h, ret);
	to_hash(h);
}

static enum cot_err key_check(enum cot_scheme scheme, struct cot_slice key)
{
	enum cot_err err;

	if (judging)
		from_key_check();
	err = cot_crypto_sodium.key_check(scheme, key);
	if (judging)
		to_key_check();
	return err;
}

static enum cot_err verify(enum cot_scheme scheme, struct cot_slice key, struct cot_slice sig,
                           struct cot_slice msg)
{
	enum cot_err err = COT_E_SIGNATURE;
	unsigned i;

	if (judging)
		from_verify();
	for (i = 0; i < CHECKS; i++)
		err = cot_crypto_sodium.verify(scheme, key, sig, msg);
	if (judging)
		to_verify();
	return err;
}

/* The linker puts it around the check of a document's canonical form. */
enum cot_err __real_cot_json_check(struct cot_slice text, const struct cot_grammar *grammar,
                                   size_t *ret_at);
enum cot_err __wrap_cot_json_check(struct cot_slice text, const struct cot_grammar *grammar,
                                   size_t *ret_at);
enum cot_err __wrap_cot_json_check(struct cot_slice text, const struct cot_grammar *grammar,
                                   size_t *ret_at)
{
	enum cot_err err;

	if (judging)
		from_canonical();
	err = __real_cot_json_check(text, grammar, ret_at);
	if (judging)
		to_canonical();
	return err;
}

/* ---- a cycle ------------------------------------------------------------------------- */

static struct cot_cycle cycle;
static struct cot_trust trust;
static struct cot_held held;
static struct cot_nonce nonce;
static struct cot_ecu ecu;
static struct cot_cycle_repo repo;
static const struct cot_crypto crypto = {
	hash_init, hash_update, hash_final, key_check, verify
};

static struct cot_doc doc(struct cot_slice bytes)
{
	return (struct cot_doc){ bytes, bytes };
}

static void give(const struct cot_need *need)
{
	if (need->kind == COT_NEED_TIME) {
		cot_cycle_give(&cycle, doc(SLICE(time_json)), 0);
	} else if (need->role == COT_ROLE_ROOT) {
		cot_cycle_absent(&cycle);
	} else {
		judging = true;
		from_targets();
		cot_cycle_give(&cycle, doc(SLICE(targets_json)), 0);
	}
}

static void serve(const struct cot_need *need)
{
	switch (need->kind) {
	case COT_NEED_WORK: cot_cycle_step(&cycle); break;
	case COT_NEED_COMMIT:
		to_targets();
		judging = !ONLY_TARGETS;
		cot_cycle_committed(&cycle);
		break;
	default: give(need); break;
	}
}

static void prepare(struct cot_cycle_config *config)
{
	static const uint8_t random[COT_NONCE_LEN] = INSTRUCTIONS_NONCE;
	unsigned i;

	if (cot_trust_decode(SLICE(trust_bin), &trust) != COT_OK)
		__builtin_trap();
	held.doc[0][COT_ROLE_ROOT] = doc(SLICE(root_json));
	held.doc[0][COT_ROLE_TARGETS] = doc(SLICE(held_json));
	repo.name = COT_SLICE("director");
	repo.dialect = &cot_dialect_tuf;
	repo.roles = COT_ROLES_PARTIAL;
	for (i = 0; i < COT_ROLE_COUNT; i++)
		repo.max_len[i] = 8192;
	ecu.serial = COT_SLICE(INSTRUCTIONS_ECU);
	ecu.hardware_id = COT_SLICE(INSTRUCTIONS_HWID);
	ecu.counter = 1;
	cot_nonce_make(&nonce, random, 0);
	*config = (struct cot_cycle_config){ .policy = &cot_policy_uptane, .crypto = &crypto,
		                             .repos = &repo, .repo_count = 1,
		                             .vehicle = COT_SLICE(INSTRUCTIONS_VEHICLE),
		                             .ecus = &ecu, .ecu_count = 1, .nonce = &nonce };
}

static int run(void)
{
	struct cot_cycle_config config;
	struct cot_need need;

	prepare(&config);
	judging = !ONLY_TARGETS;
	from_cycle();
	cot_cycle_init(&cycle, &config, &trust, &held);
	for (cot_cycle_need(&cycle, &need); need.kind != COT_NEED_NOTHING;
	     cot_cycle_need(&cycle, &need))
		serve(&need);
	to_cycle();
	from_alone();
	if (crypto_sign_verify_detached(sig_bin, body_bin, SLICE(body_bin).len, key_bin) != 0)
		return 2;
	to_alone();
	return cot_cycle_verdict(&cycle)->err == COT_OK && cot_cycle_verdict(&cycle)->updated ? 0 : 1;
}

/* ---- start ------------------------------------------------------------------------------ */

#define SYS_EXIT_EXTENDED 0x20u
#define APPLICATION_EXIT 0x20026u

extern uint8_t fw_stack_top[];

__attribute__((noreturn)) static void leave(int status)
{
	uint32_t block[2] = { APPLICATION_EXIT, (uint32_t)status };
	register uint32_t r0 __asm__("r0") = SYS_EXIT_EXTENDED;
	register const void *r1 __asm__("r1") = block;

	for (;;)
		__asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void fw_start(void);
void fw_start(void)
{
	leave(run());
}

static void fault(void)
{
	leave(9);
}

struct vectors {
	uint8_t *stack;
	void (*handler[15])(void);
};

__attribute__((section(".vectors"), used)) static const struct vectors vectors = {
	fw_stack_top, { fw_start, fault, fault, fault, fault, fault }
};
