/* SPDX-License-Identifier: Apache-2.0
 *
 * keys/error.c: every code has the word it was released with, and nothing else
 * has one.
 */
#include "keys/error.h"

#include <stdbool.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LOWEST (-200)

/* The released words.  They are a protocol: a row here never changes. */
static const struct {
	enum cot_err err;
	const char *word;
} pins[] = {
	{ COT_PENDING, "pending" },
	{ COT_OK, "ok" },
	{ COT_E_ARGUMENT, "argument" },
	{ COT_E_LIMIT, "limit" },
	{ COT_E_BUFFER, "buffer" },
	{ COT_E_INTERNAL, "internal" },
	{ COT_E_BUSY, "busy" },
	{ COT_E_SEQUENCE, "sequence" },
	{ COT_E_UNSUPPORTED, "unsupported" },
	{ COT_E_EXISTS, "exists" },
	{ COT_E_USAGE, "usage" },
	{ COT_E_NOT_FOUND, "not_found" },
	{ COT_E_CONFIG, "config" },
	{ COT_E_MEMORY, "memory" },
	{ COT_E_MALFORMED, "malformed" },
	{ COT_E_UTF8, "bad_utf8" },
	{ COT_E_NOT_CANONICAL, "not_canonical" },
	{ COT_E_DUPLICATE_MEMBER, "duplicate_member" },
	{ COT_E_DEPTH, "too_deep" },
	{ COT_E_TYPE, "wrong_type" },
	{ COT_E_MISSING, "missing_member" },
	{ COT_E_NUMBER, "bad_number" },
	{ COT_E_TIME_FORMAT, "bad_time" },
	{ COT_E_TRUNCATED, "truncated" },
	{ COT_E_TRAILING, "trailing_bytes" },
	{ COT_E_ENCODING, "bad_encoding" },
	{ COT_E_KEY_FILE, "bad_key_file" },
	{ COT_E_NAME, "bad_name" },
	{ COT_E_RECORD, "bad_record" },
	{ COT_E_SPEC_VERSION, "spec_version" },
	{ COT_E_SIG_THRESHOLD, "sig_threshold" },
	{ COT_E_ILLEGAL_THRESHOLD, "illegal_threshold" },
	{ COT_E_KEY_ID, "key_id" },
	{ COT_E_KEY, "bad_key" },
	{ COT_E_SIGNATURE, "bad_signature" },
	{ COT_E_ROLE_TYPE, "wrong_role" },
	{ COT_E_KEY_SHARED, "key_shared" },
	{ COT_E_SCHEME, "unknown_scheme" },
	{ COT_E_PASSPHRASE, "wrong_passphrase" },
	{ COT_E_KEY_COST, "key_cost" },
	{ COT_E_KEY_NOT_LISTED, "key_not_listed" },
	{ COT_E_ROOT_SIG_OLD, "root_not_continued" },
	{ COT_E_ROOT_SIG_NEW, "root_not_self_signed" },
	{ COT_E_DIGEST, "bad_digest" },
	{ COT_E_ROLLBACK, "rollback" },
	{ COT_E_EXPIRED, "expired" },
	{ COT_E_MIX_AND_MATCH, "mixed_bundle" },
	{ COT_E_SAME_VERSION, "same_version" },
	{ COT_E_VERSION_SKIP, "version_skip" },
	{ COT_E_FILE_REMOVED, "file_removed" },
	{ COT_E_REPOSITORY, "wrong_repository" },
	{ COT_E_DELEGATION, "director_delegates" },
	{ COT_E_LENGTH_EXCEEDED, "length_exceeded" },
	{ COT_E_HASH_MISMATCH, "hash_mismatch" },
	{ COT_E_LENGTH_MISMATCH, "length_mismatch" },
	{ COT_E_NO_STRONG_HASH, "no_strong_hash" },
	{ COT_E_ROOT_WALK, "root_walk" },
	{ COT_E_IO, "io" },
	{ COT_E_NO_SPACE, "no_space" },
	{ COT_E_LOCKED, "locked" },
	{ COT_E_FLASH, "flash" },
	{ COT_E_SLOT_SIZE, "slot_too_small" },
	{ COT_E_STORE, "damaged_store" },
	{ COT_E_UNPROVISIONED, "unprovisioned" },
	{ COT_E_PERMISSION, "permission" },
	{ COT_E_NO_INPUT, "no_input" },
	{ COT_E_DOCUMENT_SIZE, "document_too_large" },
	{ COT_E_PART, "unknown_part" },
	{ COT_E_UNREACHABLE, "unreachable" },
	{ COT_E_TLS, "tls" },
	{ COT_E_HTTP, "http" },
	{ COT_E_SLOW, "slow" },
	{ COT_E_ECU_SILENT, "ecu_silent" },
	{ COT_E_ECU_NAK, "ecu_nak" },
	{ COT_E_FRAME, "bad_frame" },
	{ COT_E_LINK, "link" },
	{ COT_E_ABSENT, "absent" },
	{ COT_E_INSECURE_URL, "insecure_url" },
	{ COT_E_NO_TIME, "no_time" },
	{ COT_E_TIME_NONCE, "time_replay" },
	{ COT_E_TIME_ROLLBACK, "time_rollback" },
	{ COT_E_TIME_ROOT, "time_root" },
	{ COT_E_VEHICLE, "other_vehicle" },
	{ COT_E_ECU_UNKNOWN, "unknown_ecu" },
	{ COT_E_ECU_DUPLICATE, "duplicate_ecu" },
	{ COT_E_HWID, "hwid_mismatch" },
	{ COT_E_NOT_IN_IMAGE, "not_in_image" },
	{ COT_E_REPO_MISMATCH, "repo_mismatch" },
	{ COT_E_COUNTER, "counter_rollback" },
	{ COT_E_COUNTER_JUMP, "counter_jump" },
	{ COT_E_NO_ORDER, "no_order" },
	{ COT_E_NOT_ORDERED, "not_ordered" },
	{ COT_E_BUDGET, "budget" },
	{ COT_E_TRIAL, "on_trial" },
	{ COT_E_REVERTED, "reverted" },
	{ COT_E_PRECONDITION, "precondition" },
	{ COT_E_METHOD, "method" },
	{ COT_E_NOT_STAGED, "not_staged" }
};

#define PINS (sizeof(pins) / sizeof(pins[0]))

static const char *pinned(int code)
{
	size_t i;

	for (i = 0; i < PINS; i++) {
		if ((int)pins[i].err == code)
			return pins[i].word;
	}
	return "unknown";
}

static void test_every_code_has_its_word(void **state)
{
	int code;

	(void)state;
	for (code = 10; code >= LOWEST; code--)
		assert_string_equal(cot_err_word((enum cot_err)code), pinned(code));
}

static void test_words_are_plain_and_unique(void **state)
{
	size_t a, b;

	(void)state;
	for (a = 0; a < PINS; a++) {
		const char *word = pins[a].word;

		assert_true(word[0] != 0);
		assert_int_equal(word[strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789_")], 0);
		for (b = 0; b < a; b++)
			assert_string_not_equal(word, pins[b].word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_code_has_its_word),
		cmocka_unit_test(test_words_are_plain_and_unique)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
