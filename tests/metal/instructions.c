/* SPDX-License-Identifier: Apache-2.0
 *
 * The host's half of `make instructions`: a Director whose Targets order images for
 * several ECUs of a vehicle, in a document of exactly 4 KiB, and a partial verifier that
 * has seen an earlier one.  Writes the files of instructions.h into the folder named.
 */
#include "tests/metal/instructions.h"
#include "tests/sim/repo.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *folder;

static void need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "instructions: %s\n", what);
	exit(1);
}

static void put(const char *name, const void *bytes, size_t len)
{
	char path[600];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "wb");
	need(f && fwrite(bytes, 1, len, f) == len && fclose(f) == 0, path);
}

static void put_slice(const char *name, struct cot_slice bytes)
{
	put(name, bytes.ptr, bytes.len);
}

static struct cot_slice served(struct sim_world *w, const char *name)
{
	struct sim_file *file = sim_get(w, SIM_DIRECTOR, name);

	need(file != NULL, name);
	return cot_slice(file->bytes, file->len);
}

static size_t publish(struct sim_world *w)
{
	sim_write(w, SIM_DIRECTOR, COT_ROLE_TARGETS);
	return served(w, "targets.json").len;
}

static void order(struct sim_world *w, unsigned ecu, size_t pad)
{
	char serial[16], name[400];

	snprintf(serial, sizeof(serial), ecu == 0 ? INSTRUCTIONS_ECU : "ECU-%02u", ecu);
	snprintf(name, sizeof(name), "ecu/%02u/firmware-%.*s2.bin", ecu, (int)pad,
	         "----------------------------------------------------------------------"
	         "----------------------------------------------------------------------"
	         "----------------------------------------------------------------------"
	         "----------------------------------------------------------------------"
	         "----------------------------------------------------------------------");
	sim_image(w, name, 2, NULL);
	sim_order(w, serial, INSTRUCTIONS_HWID, name);
}

/* As many orders as fit, and one name so long that the document is full. */
static void fill(struct sim_world *w)
{
	size_t len = 0, step = 0, before;
	unsigned n = 0;

	do {
		before = len;
		order(w, n++, 0);
		len = publish(w);
		step = len - before;
	} while (len + step <= INSTRUCTIONS_LEN);
	json_object_del(json_object_get(sim_signed(w, SIM_DIRECTOR, COT_ROLE_TARGETS), "targets"),
	                "ecu/01/firmware-2.bin");
	order(w, 1, INSTRUCTIONS_LEN - len);
	sim_version(w, SIM_DIRECTOR, COT_ROLE_TARGETS, 3);
	len = publish(w);
	printf("%u orders, %zu bytes\n", n, len);
	need(len == INSTRUCTIONS_LEN, "the document is not as long as it should be");
}

/* Key, signature and signed part of the document, for the check alone. */
static void put_signature(struct sim_world *w)
{
	struct cot_slice targets = served(w, "targets.json");
	json_t *doc = json_loadb((const char *)targets.ptr, targets.len, 0, NULL);
	json_t *key = sim_key_object(SIM_DIRECTOR_TARGETS);
	uint8_t public_key[32], sig[64];
	struct cot_envelope env;
	const char *text;

	text = json_string_value(json_object_get(
		json_array_get(json_object_get(doc, "signatures"), 0), "sig"));
	need(text && sodium_hex2bin(sig, 64, text, strlen(text), NULL, NULL, NULL) == 0, "sig");
	text = json_string_value(json_object_get(json_object_get(key, "keyval"), "public"));
	need(text && sodium_hex2bin(public_key, 32, text, strlen(text), NULL, NULL, NULL) == 0,
	     "key");
	need(cot_envelope_split(targets, &env) == COT_OK, "targets.json");
	put("key.bin", public_key, sizeof(public_key));
	put("sig.bin", sig, sizeof(sig));
	put_slice("body.bin", env.body);
	json_decref(doc);
	json_decref(key);
}

int main(int argc, char **argv)
{
	static const uint8_t nonce[COT_NONCE_LEN] = INSTRUCTIONS_NONCE;
	struct sim_world *w = sim_world_new();
	struct sim_client *c = sim_client_new(w, SIM_PARTIAL);
	uint8_t trust[COT_TRUST_MAX];
	size_t len;
	char *text;

	need(argc == 2, "the folder to write to is needed");
	folder = argv[1];
	sim_release(w, INSTRUCTIONS_ECU, "ecu/00/firmware-1.bin", 1);
	need(sim_run(c).err == COT_OK, "the first cycle");
	need(cot_trust_encode(&c->trust, trust, sizeof(trust), &len) == COT_OK, "trust");
	put("trust.bin", trust, len);
	put_slice("root.json", c->held.doc[0][COT_ROLE_ROOT].wire);
	put_slice("held.json", c->held.doc[0][COT_ROLE_TARGETS].wire);
	fill(w);
	put_slice("targets.json", served(w, "targets.json"));
	put_signature(w);
	text = sim_time(w, nonce, 1, &len);
	put("time.json", text, len);
	free(text);
	need(sim_run(c).err == COT_OK, "the same cycle on the host");
	sim_client_free(c);
	sim_world_free(w);
	return 0;
}
