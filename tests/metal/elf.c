/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/metal/elf.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint8_t *map_file(const char *path, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *p = MAP_FAILED;

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0)
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (fd >= 0)
		close(fd);
	if (p == MAP_FAILED)
		return NULL;
	*ret_len = (size_t)st.st_size;
	return p;
}

/* A file that the linker wrote: its offsets are checked against its length, no more. */
static bool find_symbols(struct elf *e, const uint8_t *file, size_t len)
{
	const Elf32_Ehdr *h = (const void *)file;
	const Elf32_Shdr *s;

	if (len < sizeof(*h) || memcmp(h->e_ident, ELFMAG, SELFMAG) != 0 ||
	    h->e_ident[EI_CLASS] != ELFCLASS32 || h->e_ident[EI_DATA] != ELFDATA2LSB ||
	    h->e_shoff > len || (len - h->e_shoff) / sizeof(*s) < h->e_shnum)
		return false;
	s = (const void *)(file + h->e_shoff);
	for (size_t i = 0; i < h->e_shnum; i++) {
		if (s[i].sh_type != SHT_SYMTAB || s[i].sh_link >= h->e_shnum ||
		    s[i].sh_offset > len || len - s[i].sh_offset < s[i].sh_size ||
		    s[s[i].sh_link].sh_offset > len)
			continue;
		e->symbols = (const void *)(file + s[i].sh_offset);
		e->symbol_count = s[i].sh_size / sizeof(e->symbols[0]);
		e->names = (const char *)(file + s[s[i].sh_link].sh_offset);
		return true;
	}
	return false;
}

bool elf_open(struct elf *e, const char *path)
{
	size_t len = 0;
	const uint8_t *file = map_file(path, &len);

	if (file != NULL && find_symbols(e, file, len))
		return true;
	fprintf(stderr, "%s: no 32-bit ELF with symbols\n", path);
	return false;
}

bool elf_address(const struct elf *e, const char *text, uint32_t *ret)
{
	if (strncmp(text, "0x", 2) == 0) {
		*ret = (uint32_t)strtoul(text, NULL, 16) & ~1U;
		return true;
	}
	for (size_t i = 0; i < e->symbol_count; i++)
		if (e->symbols[i].st_shndx != SHN_UNDEF &&
		    strcmp(e->names + e->symbols[i].st_name, text) == 0) {
			*ret = e->symbols[i].st_value & ~1U;
			return true;
		}
	return false;
}

const char *elf_function(const struct elf *e, uint32_t addr, uint32_t *ret_offset)
{
	for (size_t i = 0; i < e->symbol_count; i++) {
		uint32_t start = e->symbols[i].st_value & ~1U;

		if (ELF32_ST_TYPE(e->symbols[i].st_info) != STT_FUNC ||
		    addr - start >= e->symbols[i].st_size)
			continue;
		*ret_offset = addr - start;
		return e->names + e->symbols[i].st_name;
	}
	*ret_offset = 0;
	return "?";
}
