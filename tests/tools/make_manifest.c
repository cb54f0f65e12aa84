/* SPDX-License-Identifier: Apache-2.0
 *
 * make_manifest VEHICLE PRIMARY KEY [SERIAL=KEY]...
 *
 * Writes a vehicle version manifest on standard output: signed by PRIMARY with the
 * secret key file KEY, with a report of each SERIAL signed with its own.  Every
 * ECU says that it runs fw/SERIAL-1.0, 42 bytes of an invented hash.
 */
#include "keys/crypto/init.h"
#include "keys/encode.h"
#include "keys/host/signer.h"
#include "metadata/host/canon.h"
#include "metadata/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 65536

static void need(enum cot_err err, const char *what)
{
	if (err == COT_OK)
		return;
	fprintf(stderr, "make_manifest: %s: %s\n", what, cot_err_word(err));
	exit(1);
}

/* The envelope of a signed part, by the key in a file. */
static char *seal(const char *key, const char *body, size_t len)
{
	static char text[TEXT_MAX];
	uint8_t id[COT_KEY_ID_LEN], sig[COT_MAX_SIG_LEN];
	char hex[COT_KEY_ID_TEXT];
	struct cot_seal s = { .keyid_hex = { (const uint8_t *)hex, sizeof(hex) } };
	struct cot_signer *signer;
	struct cot_key public_key;
	size_t sig_len, text_len;

	need(cot_signer_open(key, NULL, &signer), key);
	cot_signer_key_id(signer, id);
	cot_hex_encode(cot_slice(id, sizeof(id)), hex);
	cot_signer_public(signer, &public_key);
	s.scheme = public_key.scheme;
	need(cot_signer_sign(signer, cot_slice(body, len), sig, sizeof(sig), &sig_len), key);
	s.sig = cot_slice(sig, sig_len);
	cot_body_digest(cot_slice(body, len), &cot_crypto_full, s.digest);
	need(cot_seal_write(cot_slice(body, len), &s, text, sizeof(text), &text_len), key);
	cot_signer_close(signer);
	text[text_len] = 0;
	return text;
}

static json_t *report_of(const char *vehicle, const char *serial, const char *key)
{
	char name[128], body[TEXT_MAX];
	struct cot_report r = {
		.vehicle = cot_slice_str(vehicle), .ecu = cot_slice_str(serial),
		.length = 42, .state = COT_SLICE("idle"), .time_s = 1772366400, .counter = 7
	};
	size_t len, at;
	json_t *ret;
	char *text;

	snprintf(name, sizeof(name), "fw/%.60s-1.0", serial);
	r.filepath = cot_slice_str(name);
	need(cot_report_compose(&r, body, sizeof(body), &len), serial);
	text = seal(key, body, len);
	need(cot_wire_load(cot_slice_str(text), &ret, &at), serial);
	return ret;
}

int main(int argc, char **argv)
{
	struct cot_manifest m = { .time_s = 1772366400, .counter = 3 };
	json_t *reports = json_object();
	char body[TEXT_MAX], *canon;
	size_t len;
	int i;

	need(cot_crypto_init(), "crypto");
	if (argc < 4) {
		fprintf(stderr, "usage: make_manifest VEHICLE PRIMARY KEY [SERIAL=KEY]...\n");
		return 64;
	}
	for (i = 4; i < argc; i++) {
		char *equals = strchr(argv[i], '=');

		if (equals == NULL)
			return 64;
		*equals = 0;
		json_object_set_new(reports, argv[i], report_of(argv[1], argv[i], equals + 1));
	}
	need(cot_canon_dump(reports, COT_GRAMMAR_OLPC, &canon, &len), "reports");
	m.vehicle = cot_slice_str(argv[1]);
	m.primary = cot_slice_str(argv[2]);
	m.reports = cot_slice(canon, len);
	need(cot_manifest_compose(&m, body, sizeof(body), &len), "manifest");
	puts(seal(argv[3], body, len));
	free(canon);
	json_decref(reports);
	return 0;
}
