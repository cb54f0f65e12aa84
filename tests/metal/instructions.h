/* SPDX-License-Identifier: Apache-2.0
 *
 * What the two halves of `make instructions` know of each other: instructions.c makes
 * the documents, instructions_fw.c verifies them on the board.
 *
 * Files, in the folder that both are given: root.json, held.json (the Targets trusted
 * before), time.json, targets.json, trust.bin (cot_trust_encode), and what one signature
 * check needs: key.bin, sig.bin, body.bin.
 */
#ifndef COTTER_TESTS_METAL_INSTRUCTIONS_H
#define COTTER_TESTS_METAL_INSTRUCTIONS_H

#include "keys/limits.h"

#define INSTRUCTIONS_NONCE { 'n', 'o', 'n', 'c', 'e', ' ', 'o', 'f', ' ', 'o', 'n', 'e', ' ', \
		             'r', 'u', 'n' }
#define INSTRUCTIONS_LEN 4096u /* of targets.json */
#define INSTRUCTIONS_VEHICLE "VEH-0007"
#define INSTRUCTIONS_ECU "ECU-A"
#define INSTRUCTIONS_HWID "hw-a"

#endif
