/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration: what is taken, and that everything else is refused with
 * its line.
 */
#include "primary/config.h"
#include "tests/sim/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NEEDED \
	"[primary]\nstate=/s\nprovision=p.json\nkey=/k\n[director]\nurl=https://d.example/\n" \
	"[image]\nurl=https://i.example\n[time]\nurl=https://t.example/time\n"

static char folder[SIM_FOLDER];
static char path[96];
static struct cot_config config;
static struct cot_config_note note;

static int set_up(void **state)
{
	(void)state;
	if (!sim_folder_new("config", folder))
		return -1;
	snprintf(path, sizeof(path), "%s/cotter.conf", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static enum cot_err load(const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
	memset(&note, 0, sizeof(note));
	return cot_config_load(path, &config, &note);
}

static void test_whole(void **state)
{
	static const char text[] =
		"# comment\n; another\n\n" NEEDED
		" [ limits ]\r\n  min_rate = 10 \r\nwindow_s=2\n[tls]\nca=ca.pem\n"
		"[ecu BRAKE-1]\nlink = can:can0/7E0,7E8\n[ecu LAMP:2]\nlink=unix:/run/x";
	char expected[160];

	(void)state;
	assert_int_equal(load(text, sizeof(text) - 1), COT_OK);
	assert_string_equal(config.state, "/s");
	snprintf(expected, sizeof(expected), "%s/p.json", folder);
	assert_string_equal(config.provision, expected);
	assert_string_equal(config.director_url, "https://d.example");
	assert_string_equal(config.targets_url, "https://i.example/targets");
	assert_string_equal(config.manifest_url, "");
	assert_int_equal(config.min_rate, 10);
	assert_int_equal(config.window_s, 2);
	assert_int_equal(config.interval_s, 3600);
	assert_int_equal(config.ecu_count, 2);
	assert_string_equal(cot_config_ecu(&config, "BRAKE-1")->link, "can:can0/7E0,7E8");
	assert_string_equal(cot_config_ecu(&config, "LAMP:2")->link, "unix:/run/x");
	assert_null(cot_config_ecu(&config, "LAMP"));
	assert_false(config.allow_http);
}

struct refusal {
	const char *text;
	const char *says; /* in the note */
	enum cot_err err;
};

static const struct refusal refusals[] = {
	{ "[primary]\nstat=/s\n", ":2: unknown key `stat` in [primary]", COT_E_CONFIG },
	{ "state=/s\n", ":1: `state` stands before", COT_E_CONFIG },
	{ "[wheel]\n", ":1: unknown section [wheel]", COT_E_CONFIG },
	{ "[primary\n", ":1: `[primary` is no section", COT_E_CONFIG },
	{ "[primary]\nstate\n", ":2: `state` is no setting", COT_E_CONFIG },
	{ "[primary]\nstate=\n", ":2: state is empty", COT_E_CONFIG },
	{ "[primary]\nstate=/a\nstate=/b\n", ":3: state was given in line 2", COT_E_CONFIG },
	{ "[limits]\nmin_rate=fast\n", ":2: min_rate must be a whole number", COT_E_CONFIG },
	{ "[limits]\nmin_rate=0\n", ":2: min_rate must be a whole number", COT_E_CONFIG },
	{ "[limits]\nmin_rate=-1\n", ":2: min_rate", COT_E_CONFIG },
	{ "[limits]\nmin_rate=01\n", ":2: min_rate", COT_E_CONFIG },
	{ "[limits]\nmax_root=65537\n", ":2: max_root", COT_E_CONFIG },
	{ "[tls]\nallow_http=true\n", ":2: allow_http must be yes or no", COT_E_CONFIG },
	{ "[director]\nurl=ftp://x\n", ":2: url must be an https address", COT_E_CONFIG },
	{ "[director]\nurl=https://u@x\n", ":2: url must not hold", COT_E_CONFIG },
	{ "[director]\nurl=https://x/?q\n", ":2: url must not hold", COT_E_CONFIG },
	{ "[ecu A/B]\n", ":1: `A/B` is no ECU identifier", COT_E_CONFIG },
	{ "[ecu A]\nlinks=x:y\n", ":2: unknown key `links` in [ecu A]", COT_E_CONFIG },
	{ "[ecu A]\nlink=x\n", ":2: link must be an address", COT_E_CONFIG },
	{ "[ecu A]\nlink=x:y\nlink=x:z\n", ":3: link is given twice", COT_E_CONFIG },
	{ "[ecu A]\nlink=x:y\n[ecu A]\n", ":3: [ecu A] is there already", COT_E_CONFIG },
	{ NEEDED "[ecu A]\n", ":11: [ecu A] has no link", COT_E_CONFIG },
	{ "[primary]\nstate=/s\n", ": `provision` is missing in [primary]", COT_E_CONFIG },
	{ "", ": `state` is missing in [primary]", COT_E_CONFIG },
	{ NEEDED "[director]\nmanifest_url=http://d.example/m\n",
	  ":12: manifest_url is plain http", COT_E_INSECURE_URL }
};

static void test_refusals(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *r = &refusals[i];

		if (load(r->text, strlen(r->text)) != r->err ||
		    strstr(note.text, r->says) == NULL || note.hint[0] == '\0')
			fail_msg("row %zu: wanted \"%s\", got \"%s\"", i, r->says, note.text);
	}
}

/* The same file with leave to use http is the twin of the last row above. */
static void test_http_allowed(void **state)
{
	static const char text[] =
		NEEDED "[director]\nmanifest_url=http://d.example/m\n[tls]\nallow_http=yes\n";

	(void)state;
	assert_int_equal(load(text, sizeof(text) - 1), COT_OK);
	assert_string_equal(config.manifest_url, "http://d.example/m");
}

static void test_files(void **state)
{
	(void)state;
	assert_int_equal(load("a\0b", 3), COT_E_CONFIG);
	assert_non_null(strstr(note.text, "zero byte"));
	assert_int_equal(cot_config_load("/nonexistent/cotter.conf", &config, &note),
	                 COT_E_NO_INPUT);
	assert_non_null(strstr(note.text, "/nonexistent/cotter.conf: "));
}

static void test_many_ecus(void **state)
{
	char text[8192] = NEEDED;
	size_t i;

	(void)state;
	for (i = 0; i < COT_CONFIG_ECUS; i++)
		snprintf(text + strlen(text), 64, "[ecu E%zu]\nlink=unix:/%zu\n", i, i);
	assert_int_equal(load(text, strlen(text)), COT_OK);
	snprintf(text + strlen(text), 64, "[ecu X]\nlink=unix:/x\n");
	assert_int_equal(load(text, strlen(text)), COT_E_CONFIG);
	assert_non_null(strstr(note.text, "too many ECUs"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_http_allowed),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_many_ecus)
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
