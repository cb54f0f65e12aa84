/* SPDX-License-Identifier: Apache-2.0
 *
 * What the caller of a campaign's program asks for by environment variables, taken word
 * for word: a number that is none must not pass for another one.
 *
 *	asked_digits    reads a whole number of decimal digits, with nothing around it; false,
 *	                and *ret untouched, for anything else or outside least and most
 *	asked_number    the variable NAME by the same rule, `otherwise` when it is unset or
 *	                empty; ends the program with one line and status 2 for anything else
 *	asked_refuse    that line: NAME=VALUE: what is allowed
 */
#ifndef TESTS_METAL_ASKED_H
#define TESTS_METAL_ASKED_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define ASKED_MOST 999999999ul /* as in tests/asked.sh */

static inline _Noreturn void asked_refuse(const char *name, const char *value, const char *allowed)
{
	fprintf(stderr, "%s: %s=%s: %s\n", program_invocation_short_name, name, value, allowed);
	exit(2);
}

static inline bool asked_digits(const char *text, unsigned long least, unsigned long most,
                                unsigned long *ret)
{
	unsigned long n;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	n = strtoul(text, &end, 10);
	if (*end != 0 || errno != 0 || n < least || n > most)
		return false;
	*ret = n;
	return true;
}

static inline unsigned long asked_number(const char *name, unsigned long otherwise,
                                         unsigned long least, unsigned long most)
{
	const char *text = getenv(name);
	unsigned long n = otherwise;
	char allowed[80];

	if (text == NULL || *text == 0 || asked_digits(text, least, most, &n))
		return n;
	snprintf(allowed, sizeof(allowed), "a whole number from %lu to %lu", least, most);
	asked_refuse(name, text, allowed);
}

#endif
