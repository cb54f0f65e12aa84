/* SPDX-License-Identifier: Apache-2.0
 *
 * cotter key new, cotter key show.
 */
#include "keys/encode.h"
#include "keys/host/keyfile.h"
#include "repo-tools/tool.h"

#include <string.h>

static enum cot_err scheme_option(struct tool *t, enum cot_scheme *ret)
{
	static const struct {
		const char *name;
		enum cot_scheme scheme;
	} names[] = {
		{ "ed25519", COT_SCHEME_ED25519 },
		{ "ecdsa-p256", COT_SCHEME_ECDSA_P256 },
		{ "hmac-sha256", COT_SCHEME_HMAC_SHA256 }
	};
	const char *text = args_get(&t->args, "scheme");
	size_t i;

	if (text == NULL)
		text = "ed25519";
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, text) == 0) {
			*ret = names[i].scheme;
			return COT_OK;
		}
	}
	tool_hint(t, "schemes are ed25519, ecdsa-p256 and, for ECUs, hmac-sha256");
	return tool_fail(t, COT_E_USAGE, "--scheme %.40s", text);
}

static enum cot_err cost_option(struct tool *t, struct cot_cost *ret)
{
	const char *text = args_get(&t->args, "kdf-cost");

	*ret = args_has(&t->args, "device") ? cot_cost_none : cot_cost_default;
	if (text == NULL)
		return COT_OK;
	if (args_has(&t->args, "device"))
		return tool_fail(t, COT_E_USAGE, "--device takes no passphrase, so no --kdf-cost");
	if (strcmp(text, "min") == 0)
		*ret = cot_cost_min;
	else if (strcmp(text, "default") != 0)
		return tool_fail(t, COT_E_USAGE, "--kdf-cost %.40s is neither `default` nor `min`",
		                 text);
	return COT_OK;
}

static void print_key(struct tool *t, const char *path, const struct cot_pubkey *pub)
{
	char id[COT_KEY_ID_TEXT + 1] = { 0 };

	cot_hex_encode(cot_slice(pub->id, sizeof(pub->id)), id);
	if (t->json) {
		printf("{\"id\":\"%s\",\"object\":\"%s\",\"scheme\":\"%s\"}\n", id, path,
		       cot_scheme_name(pub->key.scheme));
		return;
	}
	printf("key      %s\nscheme   %s\nkey id   %s\n", path, cot_scheme_name(pub->key.scheme), id);
	if (pub->key.scheme != COT_SCHEME_ECDSA_P256)
		printf("public   %.*s\n", (int)pub->key.text.len, (const char *)pub->key.text.ptr);
}

static enum cot_err run_new(struct tool *t)
{
	struct cot_keyfile_options options = { .force = t->force };
	struct cot_passphrase pass = { 0 };
	struct cot_pubkey pub;
	enum cot_scheme scheme = COT_SCHEME_NONE;
	const char *path;
	char pub_path[TOOL_PATH];
	enum cot_err err = tool_need(t, "out", &path);

	if (err == COT_OK)
		err = scheme_option(t, &scheme);
	if (err == COT_OK)
		err = cost_option(t, &options.cost);
	if (err != COT_OK)
		return err;
	options.comment = args_get(&t->args, "comment");
	tool_path(pub_path, "%s.pub", path);
	if (!t->force && (tool_exists(path) || tool_exists(pub_path)))
		return tool_fail(t, COT_E_EXISTS, "%s", path);
	if (strrchr(path, '/') != NULL) {
		char folder[TOOL_PATH];

		tool_path(folder, "%.*s", (int)(strrchr(path, '/') - path), path);
		err = folder[0] ? tool_mkdirs(t, folder) : COT_OK;
	}
	if (err == COT_OK && !args_has(&t->args, "device"))
		err = tool_new_passphrase(t, path, &pass);
	if (err != COT_OK)
		return err;
	err = cot_keyfile_generate(path, scheme, cot_slice(pass.bytes, pass.len), &options);
	if (err == COT_OK)
		err = cot_pubkey_read(pub_path, &pub);
	if (err != COT_OK)
		return tool_fail(t, err, "%s", path);
	print_key(t, path, &pub);
	if (!t->json)
		printf("secret   %s, %s\npublic   %s.pub\n", path,
		       args_has(&t->args, "device") ? "NOT encrypted: it belongs on one device"
		       : "encrypted with your passphrase", path);
	tool_next(t, "cotter init --help, or cotter root add-key --help: say what this key is for");
	return COT_OK;
}

static enum cot_err run_show(struct tool *t)
{
	struct cot_pubkey pub;
	char path[TOOL_PATH];
	const char *given = t->args.pos[0];
	size_t len = strlen(given);
	enum cot_err err;

	tool_path(path, "%s%s", given, len > 4 && strcmp(given + len - 4, ".pub") == 0 ? "" : ".pub");
	err = cot_pubkey_read(path, &pub);
	if (err != COT_OK)
		return tool_fail(t, err, "%s", path);
	print_key(t, path, &pub);
	return COT_OK;
}

static const struct option_row new_options[] = {
	{ "out", 'o', "FILE", false, "secret key file; the public key goes to FILE.pub" },
	{ "scheme", 0, "NAME", false, "ed25519 (default), ecdsa-p256, hmac-sha256" },
	{ "comment", 0, "TEXT", false, "one line that stands in the file" },
	{ "kdf-cost", 0, "COST", false, "default (256 MiB), or min (8 MiB) for tests only" },
	{ "device", 0, NULL, false, "an ECU's own key: no passphrase, nobody is there to type it" },
	TOOL_END
};

const struct command cmd_key_new = {
	"key new", "-o FILE [--scheme NAME]", "Make a key pair, the secret half encrypted",
	"The passphrase is asked for on the terminal, or read from --passphrase-fd.\n"
	"Nothing is overwritten without --force. The key id is printed: it is the\n"
	"SHA-256 of the public key object as it stands in Root.",
	0, 0, new_options, run_new
};

const struct command cmd_key_show = {
	"key show", "FILE", "Show the public half and id of a key", NULL, 1, 1, NULL, run_show
};
