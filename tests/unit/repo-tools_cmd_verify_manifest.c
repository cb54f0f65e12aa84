/* SPDX-License-Identifier: Apache-2.0
 *
 * cotter verify manifest: each row of the table is a manifest that differs from the
 * good one in one thing, and the word it is refused with.
 */
#include "keys/crypto/init.h"
#include "keys/encode.h"
#include "metadata/host/build.h"
#include "metadata/report.h"
#include "repo-tools/tool.h"
#include "tests/sim/folder.h"
#include "tests/sim/repo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define KEY_GW 51u
#define KEY_A 52u
#define TEXT_MAX 32768

static const unsigned root_keys[] = { 1, 2, 0 };

static char folder[SIM_FOLDER];

static const char *path_of(const char *name)
{
	static char path[4][320];
	static unsigned int n;
	char *ret = path[n++ % 4];

	snprintf(ret, sizeof(path[0]), "%s/%s", folder, name);
	return ret;
}

static void write_file(const char *name, const char *text, size_t len)
{
	FILE *f = fopen(path_of(name), "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

/* ---- the gateway's record --------------------------------------------------------- */

static json_t *ecu_of(const char *serial, unsigned key)
{
	struct cot_build_ecu ecu = { .serial = serial, .hardware_id = "hw", .counter = 1,
	                             .filepath = "fw/1" };

	ecu.key = sim_key_object(key);
	cot_build_file_of(COT_SLICE("firmware"), &cot_crypto_full, &ecu.image);
	return cot_build_provision_ecu(&ecu);
}

static void add_root(struct sim_world *w, json_t *record, unsigned repo, const char *name)
{
	const struct sim_file *file = sim_get(w, repo, "1.root.json");
	json_t *doc[COT_ROLE_COUNT] = { NULL };
	size_t at;

	assert_int_equal(cot_wire_load(cot_slice(file->bytes, file->len), &doc[0], &at), COT_OK);
	assert_int_equal(cot_build_provision_repo(record, name, COT_ROLES_FULL, doc), COT_OK);
	json_decref(doc[0]);
}

static void write_record(bool primary)
{
	struct cot_build_provision p = { .number = 1, .primary = primary, .vehicle = SIM_VEHICLE,
	                                 .primary_serial = "GW", .time_s = SIM_NOW };
	struct sim_world *w = sim_world_new();
	json_t *record;
	size_t len;
	char *text, *signed_text;

	p.ecus = json_pack("[oo]", ecu_of("GW", KEY_GW), ecu_of("ECU-A", KEY_A));
	p.own = json_pack("[s]", "GW");
	record = cot_build_provision(&p);
	add_root(w, record, 0, "director");
	add_root(w, record, 1, "image");
	text = sim_text(record);
	signed_text = sim_sign_text(text, root_keys, &len);
	write_file(primary ? "record.json" : "secondary.json", signed_text, len);
	free(signed_text);
	free(text);
	json_decref(record);
	sim_world_free(w);
}

/* ---- the manifest ------------------------------------------------------------------ */

struct manifest {
	const char *name;
	const char *vehicle, *primary; /* of the manifest */
	unsigned key;
	const char *report_as;         /* whose place ECU-A's report takes */
	const char *report_vehicle, *report_serial; /* what the report says */
	unsigned report_key;
	const char *word;              /* NULL: accepted */
};

static size_t seal(unsigned key, const char *body, size_t len, char *ret)
{
	uint8_t sig[COT_MAX_SIG_LEN];
	char id[COT_KEY_ID_TEXT + 1];
	struct cot_seal s = { .scheme = COT_SCHEME_ED25519 };
	size_t ret_len = 0;

	sim_key_id(key, id);
	s.keyid_hex = cot_slice_str(id);
	s.sig = cot_slice(sig, sim_key_sign(key, cot_slice(body, len), sig));
	cot_body_digest(cot_slice(body, len), &cot_crypto_full, s.digest);
	assert_int_equal(cot_seal_write(cot_slice(body, len), &s, ret, TEXT_MAX, &ret_len), COT_OK);
	return ret_len;
}

static size_t report(const char *vehicle, const char *serial, unsigned key, char *ret)
{
	static char body[TEXT_MAX];
	struct cot_report r = { .filepath = COT_SLICE("fw/1"), .length = 8, .counter = 5,
	                        .state = COT_SLICE("idle"), .time_s = SIM_NOW };
	size_t len;

	r.vehicle = cot_slice_str(vehicle);
	r.ecu = cot_slice_str(serial);
	assert_int_equal(cot_report_compose(&r, body, sizeof(body), &len), COT_OK);
	return seal(key, body, len, ret);
}

static void write_manifest(const struct manifest *m)
{
	static char reports[3 * TEXT_MAX], of_a[TEXT_MAX], of_gw[TEXT_MAX], text[TEXT_MAX],
		body[TEXT_MAX];
	struct cot_manifest out = { .time_s = SIM_NOW, .counter = 9 };
	size_t a = report(m->report_vehicle, m->report_serial, m->report_key, of_a);
	size_t gw = report(SIM_VEHICLE, "GW", KEY_GW, of_gw), len;
	int n = snprintf(reports, sizeof(reports), "{\"%s\":%.*s,\"GW\":%.*s}", m->report_as,
	                 (int)a, of_a, (int)gw, of_gw);

	out.vehicle = cot_slice_str(m->vehicle);
	out.primary = cot_slice_str(m->primary);
	out.reports = cot_slice(reports, (size_t)n);
	assert_int_equal(cot_manifest_compose(&out, body, sizeof(body), &len), COT_OK);
	len = seal(m->key, body, len, text);
	write_file("manifest.json", text, len);
}

/* ---- judged ------------------------------------------------------------------------- */

/* Runs the command and gives its exit status; what it said on standard error is in
 * the file `err`. */
static int judge(const char *record)
{
	char *argv[] = { strdup(path_of("manifest.json")), strdup("--provision"),
	                 strdup(path_of(record)) };
	struct tool t = { .cmd = &cmd_verify_manifest, .now_s = SIM_NOW, .status = -1 };
	int kept = dup(2), i;
	enum cot_err err;

	assert_int_equal(args_parse(&t.args, 3, argv, cmd_verify_manifest.options), COT_OK);
	fflush(stderr);
	assert_non_null(freopen(path_of("err"), "w", stderr));
	err = cmd_verify_manifest.run(&t);
	fflush(stderr);
	assert_true(dup2(kept, 2) >= 0);
	close(kept);
	for (i = 0; i < 3; i++)
		free(argv[i]);
	return err == COT_OK && t.status >= 0 ? t.status : (int)cot_err_exit(err);
}

static bool said(const char *word)
{
	char text[2048] = "", wanted[64];
	FILE *f = fopen(path_of("err"), "r");

	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = 0;
	fclose(f);
	snprintf(wanted, sizeof(wanted), "(%s)\n", word);
	return strstr(text, wanted) != NULL;
}

static const struct manifest good = { "as it should be", SIM_VEHICLE, "GW", KEY_GW, "ECU-A",
                                      SIM_VEHICLE, "ECU-A", KEY_A, NULL };

static const struct manifest table[] = {
	{ "other vehicle", "VEH-9", "GW", KEY_GW, "ECU-A", SIM_VEHICLE, "ECU-A", KEY_A,
	  "other_vehicle" },
	{ "sent by an ECU", SIM_VEHICLE, "ECU-A", KEY_GW, "ECU-A", SIM_VEHICLE, "ECU-A", KEY_A,
	  "unknown_ecu" },
	{ "signed by an ECU", SIM_VEHICLE, "GW", KEY_A, "ECU-A", SIM_VEHICLE, "ECU-A", KEY_A,
	  "bad_signature" },
	{ "report signed by the gateway", SIM_VEHICLE, "GW", KEY_GW, "ECU-A", SIM_VEHICLE, "ECU-A",
	  KEY_GW, "bad_signature" },
	{ "report of another vehicle", SIM_VEHICLE, "GW", KEY_GW, "ECU-A", "VEH-9", "ECU-A", KEY_A,
	  "other_vehicle" },
	{ "report of another ECU", SIM_VEHICLE, "GW", KEY_GW, "ECU-A", SIM_VEHICLE, "ECU-B", KEY_A,
	  "unknown_ecu" },
	{ "report withheld", SIM_VEHICLE, "GW", KEY_GW, "ECU-B", SIM_VEHICLE, "ECU-B", KEY_A,
	  "ecu_silent" }
};

static void test_good_manifest(void **state)
{
	(void)state;
	write_manifest(&good);
	assert_int_equal(judge("record.json"), COT_EXIT_DONE);
}

static void test_bad_manifests(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		write_manifest(&table[i]);
		print_message("%s\n", table[i].name);
		assert_int_equal(judge("record.json"), COT_EXIT_REFUSED);
		assert_true(said(table[i].word));
	}
}

static void test_secondary_record(void **state)
{
	(void)state;
	write_manifest(&good);
	assert_int_equal(judge("secondary.json"), COT_EXIT_REFUSED);
	assert_true(said("bad_record"));
}

static int begin(void **state)
{
	(void)state;
	if (!sim_folder_new("manifest", folder) || cot_crypto_init() != COT_OK)
		return -1;
	write_record(true);
	write_record(false);
	return 0;
}

static int end(void **state)
{
	static const char *const names[] = { "record.json", "secondary.json", "manifest.json",
	                                     "err" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_of(names[i]));
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_manifest),
		cmocka_unit_test(test_bad_manifests),
		cmocka_unit_test(test_secondary_record)
	};

	return cmocka_run_group_tests(tests, begin, end);
}
