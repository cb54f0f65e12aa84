/* SPDX-License-Identifier: Apache-2.0
 *
 * targets make DIR N    publishes an Image repository of N flat targets into DIR
 * targets cycle DIR     one cold update cycle of a gateway on those files
 * targets hash DIR      hashes its Targets file as often as any client must:
 *                       SHA-256 of the file, SHA-256 of `signed`, SHA-512 of
 *                       `signed` once per signature; prints microseconds and bytes
 *
 * The Snapshot lists SHA-256 alone, so that the cycle hashes exactly that often.
 * `cycle` reads files as the gateway has them after a fetch, puts them through
 * its canonicaliser and the cycle, and keeps nothing: fetch and store are not in it.
 */
#include "metadata/host/canon.h"
#include "tests/sim/repo.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define PATH_MAX_LEN 1024
#define SIGNATURES 2 /* the world's Image Targets are signed by two keys */

static void need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "targets: %s\n", what);
	exit(70);
}

static void path_of(const char *dir, unsigned repo, const char *name, char ret[PATH_MAX_LEN])
{
	snprintf(ret, PATH_MAX_LEN, "%s/%s-%s", dir, repo == SIM_IMAGE ? "image" : "director",
	         name);
}

/* ---- make ----------------------------------------------------------------------- */

static void add_images(struct sim_world *w, unsigned long count)
{
	char name[64];
	unsigned long i;

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "fleet/model-%02lu/firmware-%06lu.bin", i % 50, i);
		sim_image(w, name, i % 1000 + 1, "hw-a");
	}
}

/* Timestamp and Snapshot again, the Snapshot with one hash of Targets. */
static void list_one_hash(struct sim_world *w)
{
	json_t *meta = json_object_get(sim_signed(w, SIM_IMAGE, COT_ROLE_SNAPSHOT), "meta");
	json_t *entry = json_object_get(meta, "targets.json");

	json_object_del(json_object_get(entry, "hashes"), "sha512");
	sim_publish(w, SIM_IMAGE, COT_ROLE_SNAPSHOT);
}

static void write_files(const struct sim_world *w, const char *dir)
{
	char path[PATH_MAX_LEN];
	unsigned repo;
	size_t i;

	for (repo = 0; repo < COT_MAX_REPOS; repo++) {
		for (i = 0; i < w->repo[repo].file_count; i++) {
			const struct sim_file *f = &w->repo[repo].files[i];
			FILE *out;

			path_of(dir, repo, f->name, path);
			out = fopen(path, "wb");
			need(out != NULL && fwrite(f->bytes, 1, f->len, out) == f->len &&
			     fclose(out) == 0, path);
		}
	}
}

static int make(const char *dir, unsigned long count)
{
	struct sim_world *w = sim_world_new();

	add_images(w, count);
	sim_release(w, "ECU-A", "a-2.bin", 2);
	list_one_hash(w);
	write_files(w, dir);
	sim_world_free(w);
	return 0;
}

/* ---- cycle ---------------------------------------------------------------------- */

struct bench {
	const char *dir;
	void *memory[64]; /* wire and canonical text of what was given */
	size_t count;
};

static uint8_t *read_file(const char *path, size_t *ret_len)
{
	FILE *in = fopen(path, "rb");
	uint8_t *bytes;
	struct stat st;

	if (in == NULL)
		return NULL;
	need(fstat(fileno(in), &st) == 0, path);
	setvbuf(in, NULL, _IONBF, 0);
	*ret_len = (size_t)st.st_size;
	bytes = malloc(*ret_len + 1);
	need(bytes != NULL && fread(bytes, 1, *ret_len, in) == *ret_len, path);
	fclose(in);
	return bytes;
}

static void serve_file(struct bench *b, struct sim_client *c, const struct cot_need *n)
{
	struct cot_doc_owned owned;
	char path[PATH_MAX_LEN];
	uint8_t *wire;
	size_t len = 0;

	path_of(b->dir, n->repo, n->name, path);
	wire = read_file(path, &len);
	if (wire == NULL) {
		cot_cycle_absent(&c->cycle);
		return;
	}
	need(b->count + 2 <= sizeof(b->memory) / sizeof(b->memory[0]), "too many files");
	need(cot_canon_from_wire(cot_slice(wire, len), COT_GRAMMAR_OLPC, &owned) == COT_OK, path);
	b->memory[b->count++] = wire;
	b->memory[b->count++] = owned.memory;
	cot_cycle_give(&c->cycle, owned.doc, c->world->ticks_ms);
}

static bool on_need(void *arg, struct sim_client *c, const struct cot_need *n)
{
	if (n->kind == COT_NEED_FILE)
		serve_file(arg, c, n);
	else if (n->kind == COT_NEED_COMMIT)
		cot_cycle_committed(&c->cycle);
	return n->kind != COT_NEED_TIME;
}

static int cycle(const char *dir)
{
	struct bench b = { .dir = dir };
	struct sim_world *w = sim_world_new();
	struct sim_client *c = sim_client_new(w, SIM_PRIMARY);
	struct cot_verdict v;

	c->hook = on_need;
	c->hook_arg = &b;
	v = sim_run(c);
	fprintf(stderr, "targets: %s, %s\n", cot_err_word(v.err), v.agreed ? "agreed" : "not agreed");
	while (b.count > 0)
		free(b.memory[--b.count]);
	sim_client_free(c);
	sim_world_free(w);
	return v.err == COT_OK && v.agreed && v.updated ? 0 : 1;
}

/* ---- hash ----------------------------------------------------------------------- */

static long long cpu_us(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (long long)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
	       u.ru_utime.tv_usec + u.ru_stime.tv_usec;
}

/* The signed part lies between its name and the envelope's last bracket. */
static struct cot_slice signed_part(const uint8_t *bytes, size_t len)
{
	static const char name[] = "\"signed\":";
	const uint8_t *at = memmem(bytes, len, name, sizeof(name) - 1);

	need(at != NULL, "no signed part");
	at += sizeof(name) - 1;
	return cot_slice(at, len - 1 - (size_t)(at - bytes));
}

static int hash(const char *dir)
{
	unsigned char digest[crypto_hash_sha512_BYTES];
	char path[PATH_MAX_LEN];
	struct cot_slice body;
	long long start;
	uint8_t *bytes;
	size_t len = 0;
	int i;

	path_of(dir, SIM_IMAGE, "2.targets.json", path);
	bytes = read_file(path, &len);
	need(bytes != NULL && sodium_init() >= 0, path);
	body = signed_part(bytes, len);
	start = cpu_us();
	crypto_hash_sha256(digest, bytes, len);
	crypto_hash_sha256(digest, body.ptr, body.len);
	for (i = 0; i < SIGNATURES; i++)
		crypto_hash_sha512(digest, body.ptr, body.len);
	printf("%lld %zu\n", cpu_us() - start, len);
	free(bytes);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "make") == 0)
		return make(argv[2], strtoul(argv[3], NULL, 10));
	if (argc == 3 && strcmp(argv[1], "cycle") == 0)
		return cycle(argv[2]);
	if (argc == 3 && strcmp(argv[1], "hash") == 0)
		return hash(argv[2]);
	fprintf(stderr, "usage: targets make DIR N | cycle DIR | hash DIR\n");
	return 64;
}
