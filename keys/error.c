/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of refusals: all that a microcontroller keeps of them.
 *
 * Words are a protocol (logs, JSON, the bus, reports) and never change once
 * released.  Sentences and hints for people are in error_text.c, so that a
 * boot loader does not carry them.
 */
#include "keys/error.h"

#include <stddef.h>

/* The words of one range of numbers, in their order without a gap; a code more
 * is a word more at the end of its range. */
static const struct {
	enum cot_err first;
	const char *words;
} ranges[] = {
	{ COT_E_ARGUMENT,
	  "argument\0" "limit\0" "buffer\0" "internal\0" "busy\0" "sequence\0"
	  "unsupported\0" "exists\0" "usage\0" "not_found\0" "config\0" "memory\0" },
	{ COT_E_MALFORMED,
	  "malformed\0" "bad_utf8\0" "not_canonical\0" "duplicate_member\0" "too_deep\0"
	  "wrong_type\0" "missing_member\0" "bad_number\0" "bad_time\0" "truncated\0"
	  "trailing_bytes\0" "bad_encoding\0" "bad_key_file\0" "bad_name\0" "bad_record\0"
	  "spec_version\0" },
	{ COT_E_SIG_THRESHOLD,
	  "sig_threshold\0" "illegal_threshold\0" "key_id\0" "bad_key\0" "bad_signature\0"
	  "wrong_role\0" "key_shared\0" "unknown_scheme\0" "wrong_passphrase\0" "key_cost\0"
	  "key_not_listed\0" "root_not_continued\0" "root_not_self_signed\0" "bad_digest\0" },
	{ COT_E_ROLLBACK,
	  "rollback\0" "expired\0" "mixed_bundle\0" "same_version\0" "version_skip\0"
	  "file_removed\0" "wrong_repository\0" "director_delegates\0" "length_exceeded\0"
	  "hash_mismatch\0" "length_mismatch\0" "no_strong_hash\0" "root_walk\0" },
	{ COT_E_IO,
	  "io\0" "no_space\0" "locked\0" "flash\0" "slot_too_small\0" "damaged_store\0"
	  "unprovisioned\0" "permission\0" "no_input\0" "document_too_large\0"
	  "unknown_part\0" },
	{ COT_E_UNREACHABLE,
	  "unreachable\0" "tls\0" "http\0" "slow\0" "ecu_silent\0" "ecu_nak\0" "bad_frame\0"
	  "link\0" "absent\0" "insecure_url\0" },
	{ COT_E_NO_TIME,
	  "no_time\0" "time_replay\0" "time_rollback\0" "time_root\0" "other_vehicle\0"
	  "unknown_ecu\0" "duplicate_ecu\0" "hwid_mismatch\0" "not_in_image\0"
	  "repo_mismatch\0" "counter_rollback\0" "counter_jump\0" "no_order\0"
	  "not_ordered\0" "budget\0" "on_trial\0" "reverted\0" "precondition\0" "method\0"
	  "not_staged\0" }
};

/* The word that is `skip` words further on, NULL behind the last one. */
static const char *word_at(const char *words, int skip)
{
	while (*words != '\0') {
		if (skip-- == 0)
			return words;
		while (*words++ != '\0')
			;
	}
	return NULL;
}

const char *cot_err_word(enum cot_err err)
{
	const char *word = NULL;
	size_t i;

	if (err == COT_OK)
		return "ok";
	if (err == COT_PENDING)
		return "pending";
	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]) && word == NULL; i++) {
		if (err <= ranges[i].first)
			word = word_at(ranges[i].words, ranges[i].first - err);
	}
	return word != NULL ? word : "unknown";
}
