/* SPDX-License-Identifier: Apache-2.0
 *
 * Names and addresses of a 32-bit little-endian ELF program, such as firmware.
 * The file stays mapped from elf_open to the end of the process.
 */
#ifndef COTTER_TESTS_METAL_ELF_H
#define COTTER_TESTS_METAL_ELF_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf {
	const Elf32_Sym *symbols;
	size_t symbol_count;
	const char *names;
};

/* False, with a line on stderr, if the file is no such ELF or has no symbols. */
bool elf_open(struct elf *e, const char *path);
/* text: a symbol, or an address with 0x; without the Thumb bit. False: no such symbol. */
bool elf_address(const struct elf *e, const char *text, uint32_t *ret);
/* The function addr lies in, and how far; "?" if in none. The name belongs to e. */
const char *elf_function(const struct elf *e, uint32_t addr, uint32_t *ret_offset);

#endif
