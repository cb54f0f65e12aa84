/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a report or a manifest: what can be read and written again reads the
 * same, and no signature is taken for good by accident.
 * COVERS: metadata/report.c */
#include "metadata/report.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The two keys that sealed the corpus, and one that metadata does not know. */
#define ED25519 "0fd14db8dea4facc3d72b1bd7ee18a981d8d49600ddd5bee57327f99d6648881"
#define P256 "-----BEGIN PUBLIC KEY-----\n" \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEIoOdIZlkST5GAYQpHv2Oq9JAxLtc\n" \
	"3JIMNIg5HcIaW0TFfVVWOLFKP7ktCDx8dgozhWtgJL0irtcZhN6TZMiUYw==\n" \
	"-----END PUBLIC KEY-----\n"

static char room[65536], again_room[65536 + 512];

static void check_again(struct cot_slice body)
{
	struct cot_seal seal = { .keyid_hex = COT_SLICE("00"), .scheme = COT_SCHEME_ED25519,
		                 .sig = COT_SLICE("sig") };
	struct cot_report report;
	size_t len;

	if (cot_seal_write(body, &seal, again_room, sizeof(again_room), &len) != COT_OK)
		return;
	if (cot_report_parse_unverified(cot_slice(again_room, len), &report) != COT_OK)
		abort();
	if (cot_seal_write(body, &seal, again_room, len - 1, &len) != COT_E_BUFFER)
		abort();
}

static void one_report(struct cot_slice in)
{
	struct cot_report report;
	size_t len;

	if (cot_report_parse_unverified(in, &report) != COT_OK)
		return;
	if (cot_report_compose(&report, room, sizeof(room), &len) == COT_OK)
		check_again(cot_slice(room, len));
}

static void one_manifest(struct cot_slice in)
{
	struct cot_slice sealed;
	struct cot_manifest m;
	size_t len;

	if (cot_manifest_parse_unverified(in, &m) != COT_OK)
		return;
	if (cot_manifest_compose(&m, room, sizeof(room), &len) == COT_OK &&
	    cot_json_check(cot_slice(room, len), COT_GRAMMAR_OLPC, NULL) != COT_OK)
		abort();
	(void)!cot_manifest_report(&m, COT_SLICE("none"), &sealed);
	if (cot_manifest_report(&m, COT_SLICE("ECU-A"), &sealed) == COT_OK)
		one_report(sealed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cot_slice in = cot_slice(data, size);
	const struct cot_key keys[] = { { COT_SCHEME_ED25519, COT_SLICE(ED25519) },
		                        { COT_SCHEME_ECDSA_P256, COT_SLICE(P256) },
		                        { COT_SCHEME_HMAC_SHA256, { NULL, 0 } } };
	size_t i;

	one_report(in);
	one_manifest(in);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		(void)!cot_seal_check(in, &keys[i], &cot_crypto_full);
	return 0;
}
