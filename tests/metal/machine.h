/* SPDX-License-Identifier: Apache-2.0
 *
 * One QEMU mps2-an385 with our firmware at 0, a file as its flash at 0x21000000 and
 * the plugin that ends it (tests/metal/plugin.c). Instructions are its clock
 * (-icount), so that the same flash gives the same run. It dies with its parent.
 *
 *	machine_start(&m, &setup, arguments, true); ... gdb ...; machine_wait(&m);
 *
 * After machine_start exactly one of machine_wait and machine_kill.
 */
#ifndef COTTER_TESTS_METAL_MACHINE_H
#define COTTER_TESTS_METAL_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct machine_setup {
	const char *qemu, *elf, *plugin;
	const char *flash;  /* at least as long as the machine's, 16 MiB */
	const char *uart;   /* file for what UART1 says, NULL: nowhere; UART0 is silent */
	bool show_errors;   /* leave QEMU's stderr open */
};

struct machine {
	pid_t pid;
	int fd; /* the other end of QEMU's stdin and stdout, there the stub if asked for */
};

enum machine_end {
	MACHINE_EXIT,  /* ended by itself, *code set; 0: the guest reset itself */
	MACHINE_FAULT, /* QEMU gave up: lockup of the processor */
	MACHINE_IDLE,  /* slept 2 s on end, or took two minutes: killed */
};

/* plugin_args: what follows the plugin's name, without the leading comma. With
 * stopped the machine waits for a debugger on fd. */
bool machine_start(struct machine *m, const struct machine_setup *s, const char *plugin_args,
                   bool stopped);
enum machine_end machine_wait(struct machine *m, int *code);
void machine_kill(struct machine *m);

#endif
