/* SPDX-License-Identifier: Apache-2.0
 *
 * cotter time answer: the time source (metadata/time.h).
 *
 * A request goes in, a signed message comes out; whoever carries both over a
 * network is somebody else's program.  Run by a web server (CGI, RFC 3875) the
 * answer has a header, and a refusal is an HTTP status with the error's word.
 */
#include "keys/encode.h"
#include "metadata/time.h"
#include "repo-tools/folder.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_MAX (64u * 1024u)

struct answer {
	struct doc root_doc;
	struct cot_root root;
	struct cot_role_keys keys;
	json_t *nonces;
	json_t *envelope;
	char *text;
	size_t len;
	bool asked; /* the request was taken: what fails now is ours */
};

/* ---- the request ------------------------------------------------------------------- */

static bool is_cgi(void)
{
	const char *gateway = getenv("GATEWAY_INTERFACE");

	return gateway != NULL && gateway[0] != 0;
}

/* A web server keeps the connection open: only CONTENT_LENGTH says where the
 * request ends. */
static enum cot_err read_cgi(struct tool *t, uint8_t **ret, size_t *ret_len)
{
	const char *length = getenv("CONTENT_LENGTH"), *method = getenv("REQUEST_METHOD");
	uint64_t len;

	if (method != NULL && strcmp(method, "POST") != 0)
		return tool_fail(t, COT_E_UNSUPPORTED, "method %.20s, only POST is", method);
	if (length == NULL || cot_decimal(cot_slice_str(length), UINT32_MAX, &len) != COT_OK)
		return tool_fail(t, COT_E_MALFORMED, "CONTENT_LENGTH %.20s",
		                 length == NULL ? "(none)" : length);
	if (len > REQUEST_MAX)
		return tool_fail(t, COT_E_LENGTH_EXCEEDED, "request of %llu bytes",
		                 (unsigned long long)len);
	*ret = malloc((size_t)len + 1);
	if (*ret == NULL)
		return tool_fail(t, COT_E_MEMORY, "request");
	*ret_len = fread(*ret, 1, (size_t)len, stdin);
	return *ret_len == len ? COT_OK
	       : tool_fail(t, COT_E_TRUNCATED, "request, %zu of %llu bytes", *ret_len,
	                   (unsigned long long)len);
}

static enum cot_err check_nonce(const json_t *nonce)
{
	const char *text = json_string_value(nonce);
	uint8_t bytes[COT_NONCE_LEN];
	size_t len = 0;

	if (text == NULL)
		return COT_E_TYPE;
	if (strlen(text) != 2 * COT_NONCE_LEN ||
	    cot_hex_decode(cot_slice_str(text), bytes, sizeof(bytes), &len) != COT_OK)
		return COT_E_ENCODING;
	return COT_OK;
}

static enum cot_err check_request(struct tool *t, const json_t *request)
{
	const json_t *nonces = json_object_get(request, "nonces");
	size_t i, n = json_array_size(nonces);
	enum cot_err err;

	tool_hint(t, "a request is {\"nonces\":[\"32 hex digits\",...]}, up to 64 of them");
	if (nonces == NULL)
		return tool_fail(t, COT_E_MISSING, "request, member nonces");
	if (!json_is_array(nonces))
		return tool_fail(t, COT_E_TYPE, "request, member nonces");
	if (n == 0 || n > COT_MAX_NONCES)
		return tool_fail(t, n == 0 ? COT_E_MISSING : COT_E_LIMIT, "request, %zu nonces", n);
	for (i = 0; i < n; i++) {
		err = check_nonce(json_array_get(nonces, i));
		if (err != COT_OK)
			return tool_fail(t, err, "request, nonce %zu", i);
	}
	tool_hint(t, NULL);
	return COT_OK;
}

static enum cot_err read_request(struct tool *t, struct answer *a)
{
	uint8_t *bytes = NULL;
	json_t *request = NULL;
	size_t len = 0, at = 0;
	enum cot_err err = is_cgi() ? read_cgi(t, &bytes, &len)
	                   : tool_read(t, "-", REQUEST_MAX, &bytes, &len);

	if (err == COT_OK) {
		err = cot_wire_load(cot_slice(bytes, len), &request, &at);
		if (err != COT_OK)
			tool_fail(t, err, "request, byte %zu", at);
	}
	free(bytes);
	if (err == COT_OK)
		err = check_request(t, request);
	if (err == COT_OK)
		a->nonces = json_deep_copy(json_object_get(request, "nonces"));
	json_decref(request);
	return err == COT_OK && a->nonces == NULL ? tool_fail(t, COT_E_MEMORY, "request") : err;
}

/* ---- Root --------------------------------------------------------------------------- */

/* In a folder the newest N.root.json counts, so that a rotation needs no other
 * configuration than its publication. */
static void find_root(const char *given, char ret[TOOL_PATH])
{
	struct dirent *entry;
	uint64_t version, newest = 0;
	DIR *d = opendir(given);

	tool_path(ret, "%s", given);
	while (d != NULL && (entry = readdir(d)) != NULL) {
		size_t digits = strspn(entry->d_name, "0123456789");

		if (strcmp(entry->d_name + digits, ".root.json") == 0 &&
		    cot_decimal(cot_slice(entry->d_name, digits), COT_MAX_VERSION, &version) ==
		            COT_OK &&
		    version > newest) {
			newest = version;
			tool_path(ret, "%s/%s", given, entry->d_name);
		}
	}
	if (d != NULL)
		closedir(d);
}

static enum cot_err load_root(struct tool *t, struct answer *a)
{
	const char *given;
	char path[TOOL_PATH];
	enum cot_err err = tool_need(t, "root", &given);

	if (err != COT_OK)
		return err;
	find_root(given, path);
	err = doc_load(t, path, COT_MAX_ROOT, &a->root_doc);
	if (err != COT_OK)
		return err;
	err = cot_root_parse(a->root_doc.env.body, &cot_policy_uptane, &cot_crypto_full, &a->root);
	if (err == COT_OK && !cot_slice_is(a->root.head.repository, "director"))
		err = COT_E_REPOSITORY;
	if (err == COT_OK)
		err = doc_tally(&a->root_doc, &a->root, COT_ROLE_ROOT).err;
	if (err != COT_OK)
		return tool_fail(t, err, "%s", path);
	err = cot_root_role(&a->root, COT_ROLE_TIME, &a->keys);
	if (err != COT_OK) {
		tool_hint(t, "`cotter root add-key director time FILE` gives it one");
		return tool_fail(t, err, "%s names no time key", path);
	}
	return COT_OK;
}

/* ---- the message ----------------------------------------------------------------------- */

static enum cot_err check_listed(const struct answer *a, const struct cot_signer *signer)
{
	uint8_t id[COT_KEY_ID_LEN];
	char hex[COT_KEY_ID_TEXT];
	struct cot_key key;

	cot_signer_key_id(signer, id);
	cot_hex_encode(cot_slice(id, sizeof(id)), hex);
	return cot_role_key(&a->keys, cot_slice(hex, sizeof(hex)), &key);
}

static enum cot_err sign_with(struct tool *t, struct answer *a, const char *uri)
{
	uint8_t id[COT_KEY_ID_LEN], sig[COT_MAX_SIG_LEN];
	size_t body_len = 0, sig_len = 0;
	struct cot_signer *signer;
	char *body = NULL;
	enum cot_err err = tool_signer(t, uri, &signer);

	if (err != COT_OK)
		return err;
	err = check_listed(a, signer);
	if (err == COT_OK)
		err = cot_build_signed_text(a->envelope, &body, &body_len);
	if (err == COT_OK)
		err = cot_signer_sign(signer, cot_slice(body, body_len), sig, sizeof(sig), &sig_len);
	cot_signer_key_id(signer, id);
	if (err == COT_OK)
		err = cot_build_add_signature(a->envelope, id, cot_slice(sig, sig_len));
	cot_signer_close(signer);
	free(body);
	return err == COT_OK ? COT_OK : tool_fail(t, err, "time key %s", uri);
}

/* What a device would say to it, as far as we can know. */
static enum cot_err check_message(const struct answer *a)
{
	struct cot_envelope env;
	struct cot_time_msg msg;
	struct cot_sigcheck sig;
	struct cot_doc_owned d;
	enum cot_err err = cot_canon_from_wire(cot_slice(a->text, a->len), COT_GRAMMAR_OLPC, &d);

	if (err != COT_OK)
		return err;
	err = cot_envelope_parse(d.doc.canon, COT_GRAMMAR_OLPC, &env);
	if (err == COT_OK)
		err = cot_time_parse(env.body, &msg);
	if (err == COT_OK) {
		cot_sigcheck_init(&sig, &cot_crypto_full, &env, &a->keys);
		err = cot_sigcheck_run(&sig);
	}
	cot_doc_owned_free(&d);
	return err;
}

static enum cot_err make_message(struct tool *t, struct answer *a)
{
	const char *key;
	size_t i;
	enum cot_err err = tool_need(t, "key", &key);

	if (err != COT_OK)
		return err;
	a->envelope = cot_build_envelope(cot_build_time(t->now_s, a->root.head.version, a->nonces));
	a->nonces = NULL;
	if (a->envelope == NULL)
		return tool_fail(t, COT_E_MEMORY, "time message");
	for (i = 0; err == COT_OK && (key = args_nth(&t->args, "key", i)) != NULL; i++)
		err = sign_with(t, a, key);
	if (err != COT_OK)
		return err;
	err = cot_wire_dump(a->envelope, &a->text, &a->len);
	if (err == COT_OK)
		err = check_message(a);
	if (err == COT_E_SIG_THRESHOLD)
		tool_hint(t, "give --key once for each of the keys that Root asks for");
	return err == COT_OK ? COT_OK : tool_fail(t, err, "time message");
}

/* ---- the answer ---------------------------------------------------------------------------- */

static void print_cgi(const char *status, const char *text, size_t len)
{
	printf("Status: %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
	       "Cache-Control: no-store\r\n\r\n", status, len);
	fwrite(text, 1, len, stdout);
}

static void print_refusal(const struct answer *a, enum cot_err err)
{
	char text[80];
	int len = snprintf(text, sizeof(text), "{\"error\":\"%s\"}", cot_err_word(err));

	print_cgi(a->asked ? "500 Internal Server Error" : "400 Bad Request", text, (size_t)len);
}

static enum cot_err run(struct tool *t)
{
	struct answer a;
	enum cot_err err;

	memset(&a, 0, sizeof(a));
	err = read_request(t, &a);
	a.asked = err == COT_OK || err == COT_E_MEMORY;
	if (err == COT_OK)
		err = load_root(t, &a);
	if (err == COT_OK)
		err = make_message(t, &a);
	if (err == COT_OK && is_cgi())
		print_cgi("200 OK", a.text, a.len);
	else if (err == COT_OK)
		printf("%.*s\n", (int)a.len, a.text);
	else if (is_cgi())
		print_refusal(&a, err);
	free(a.text);
	json_decref(a.nonces);
	json_decref(a.envelope);
	doc_free(&a.root_doc);
	return err;
}

static const struct option_row options[] = {
	{ "key", 'k', "FILE", true, "secret key that Director Root lists for time" },
	{ "root", 0, "FILE", false, "published Director Root, or the folder it is published in" },
	TOOL_END
};

const struct command cmd_time_answer = {
	"time answer", "--key FILE... --root FILE",
	"Answer a device's question for the time, signed",
	"Reads {\"nonces\":[\"32 hex digits\",...]} on standard input and writes the signed\n"
	"time message on standard output. As CGI program of a web server (when\n"
	"GATEWAY_INTERFACE is set) it reads CONTENT_LENGTH bytes, at most 64 KiB, and\n"
	"writes the header as well; a bad request is status 400, anything else 500, both\n"
	"with {\"error\":WORD}. In a folder the newest N.root.json is taken. The key of a\n"
	"time server is one made with `cotter key new --device`: nobody is there to type\n"
	"a passphrase.",
	0, 0, options, run
};
