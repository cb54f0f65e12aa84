/* SPDX-License-Identifier: Apache-2.0
 *
 * The node's version report: what it runs, signed by its own key (Uptane
 * 5.4.2.1, 5.4.3.1).  The loader composes and signs; an application only hands
 * it on.  The counter rises with every report, across resets too: numbers are
 * reserved in blocks of COT_SEC_REPORTS, and a reset skips what is left of one.
 */
#ifndef COTTER_SECONDARY_REPORT_H
#define COTTER_SECONDARY_REPORT_H

#include "secondary/secondary.h"

/* Writes the sealed report, canonical JSON.  COT_E_BUFFER, COT_E_FLASH, or what
 * the port's sign_report answered. */
COT_MUST_CHECK enum cot_err cot_sec_report(struct cot_sec *node, uint8_t component, char *ret,
                                           size_t max, size_t *ret_len);

/* What the component is doing, as status and report tell it. */
enum cot_component_state cot_sec_component_state(const struct cot_sec_component *c);

#endif
