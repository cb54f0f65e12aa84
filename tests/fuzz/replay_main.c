/* SPDX-License-Identifier: Apache-2.0
 *
 * Feeds the files of a corpus to one fuzz target, without a fuzzer.
 *
 * Linked with a target it is a plain program: every file and folder named on
 * the command line goes through LLVMFuzzerTestOneInput once.  What a fuzzer
 * found stays a test that way, on machines that have no fuzzer.  Prints how
 * many inputs ran; a crash is the failure.
 */
#include "keys/slice.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT_MAX (4u * 1024u * 1024u)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input is copied to memory of its exact size, so that a sanitizer or
 * valgrind sees a read one byte past it. */
static int run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f) {
		perror(path);
		return -1;
	}
	uint8_t *all = malloc(INPUT_MAX);
	size_t len = all ? fread(all, 1, INPUT_MAX, f) : 0;
	fclose(f);
	uint8_t *exact = malloc(len ? len : 1);
	if (!all || !exact) {
		free(all);
		free(exact);
		return -1;
	}
	memcpy(exact, all, len);
	free(all);
	(void)LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	return 1;
}

static int is_input(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* By name: a target may have memory, and folders are ordered anyhow. */
static int run_folder(const char *path)
{
	struct dirent **list;
	int count = scandir(path, &list, is_input, alphasort);
	int ran = 0;
	if (count < 0) {
		perror(path);
		return -1;
	}
	for (int i = 0; i < count; i++) {
		char file[4096];
		int n = snprintf(file, sizeof file, "%s/%s", path, list[i]->d_name);
		if (n > 0 && (size_t)n < sizeof file && run_file(file) > 0)
			ran++;
		free(list[i]);
	}
	free(list);
	return ran == count ? count : -1;
}

int main(int argc, char **argv)
{
	int total = 0;
	for (int i = 1; i < argc; i++) {
		struct stat st;
		int n = -1;
		if (stat(argv[i], &st) == 0)
			n = S_ISDIR(st.st_mode) ? run_folder(argv[i]) : run_file(argv[i]);
		if (n < 0)
			return 1;
		total += n;
	}
	printf("%d inputs replayed\n", total);
	return total > 0 ? 0 : 1;
}
