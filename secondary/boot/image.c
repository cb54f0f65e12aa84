/* SPDX-License-Identifier: Apache-2.0
 *
 * An image where it will run: see image.h.
 */
#include "secondary/boot/image.h"

#include "secondary/writer.h"

#include <string.h>

#define STEP 1024u /* bytes between two times that the watchdog is fed */

static void feed(const struct cot_port *port)
{
	if (port->long_op)
		port->long_op(port->ctx);
}

static uint32_t piece(uint32_t at, uint32_t len)
{
	return len - at < STEP ? len - at : STEP;
}

/* CHECK D7.12: an image is no longer than its slot, and than the memory it runs in */
static enum cot_err check_room(const struct cot_port *port, uint8_t slot, uint32_t len)
{
	if (len > port->flash->region[cot_sec_slot_region(slot)].size)
		return COT_E_RECORD;
	return port->run && len > port->run_len ? COT_E_SLOT_SIZE : COT_OK;
}

/* What lay there before is no part of the image, and must not be run as one. */
static void wipe_from(const struct cot_port *port, uint32_t at)
{
	while (port->run && at < port->run_len) {
		uint32_t n = piece(at, port->run_len);

		memset(port->run + at, 0, n);
		at += n;
		feed(port);
	}
}

enum cot_err cot_image_load(const struct cot_port *port, uint8_t slot, uint32_t len)
{
	enum cot_err err = check_room(port, slot, len);
	uint32_t at = 0;

	while (err == COT_OK && port->run && at < len) {
		err = cot_flash_read(port->flash, cot_sec_slot_region(slot), at, port->run + at,
		                     piece(at, len));
		at += piece(at, len);
		feed(port);
	}
	if (err == COT_OK)
		wipe_from(port, len);
	return err;
}

static void hash_run(const struct cot_port *port, uint32_t len, uint8_t *ret)
{
	struct cot_hash h;
	uint32_t n, at = 0;

	port->crypto->hash_init(&h, COT_HASH_SHA256);
	while (at < len) {
		n = piece(at, len);
		port->crypto->hash_update(&h, cot_slice(port->run + at, n));
		at += n;
		feed(port);
	}
	port->crypto->hash_final(&h, ret);
}

static enum cot_err hash_slot(const struct cot_port *port, uint8_t slot, uint32_t len,
                              uint8_t *ret)
{
	uint8_t hash[COT_MAX_HASH_LEN];
	struct cot_slot_hash h;
	enum cot_err err;

	cot_slot_hash_init(&h, port->crypto, COT_HASH_SHA256, slot, len);
	do {
		err = cot_slot_hash_step(&h, port->crypto, port->flash, hash);
		feed(port);
	} while (err == COT_PENDING);
	if (err == COT_OK)
		memcpy(ret, hash, COT_SHA256_LEN);
	return err;
}

enum cot_err cot_image_hash(const struct cot_port *port, uint8_t slot, uint32_t len,
                            uint8_t ret[COT_SHA256_LEN])
{
	enum cot_err err = check_room(port, slot, len);

	if (err != COT_OK)
		return err;
	if (!port->run)
		return hash_slot(port, slot, len, ret);
	hash_run(port, len, ret);
	return COT_OK;
}

void cot_image_wipe(const struct cot_port *port)
{
	wipe_from(port, 0);
}
