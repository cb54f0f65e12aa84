/* SPDX-License-Identifier: Apache-2.0
 *
 * The loader's services for an application of the mps2 board: the table that
 * secondary/hook.h wants, and what a small program needs besides.
 */
#ifndef COTTER_SECONDARY_PORTS_MPS2_APP_SERVICES_H
#define COTTER_SECONDARY_PORTS_MPS2_APP_SERVICES_H

#include "secondary/hook.h"

extern const struct cot_services mps2_services;

/* Text on the console, which is open to the application. */
void app_say(const char *text);
void app_say_hex(uint32_t value);

#endif
