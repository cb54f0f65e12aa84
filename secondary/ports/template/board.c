/* SPDX-License-Identifier: Apache-2.0
 *
 * The board for the library: see board.h.
 */
#include "secondary/ports/template/board.h"

#include "keys/crypto/report_sign.h"
#include "secondary/ports/template/device.h"
#include "secondary/ports/template/flash.h"

#include <string.h>

/* Larger requests make fewer of them: 36, counter and 1 KiB of data. */
#define REQUEST_MAX 1035u
/* Holds a version report with two long names; COT_MAX_REPORT is always enough. */
#define RESPONSE_MAX 2048u
/* Holds a time message for 64 nonces with one signature. */
#define TIME_MAX 3072u

static uint8_t time_buf[TIME_MAX];
static uint8_t response[RESPONSE_MAX];
static uint8_t link_rx[COT_SERIAL_RX(REQUEST_MAX)];
static uint8_t link_tx[RESPONSE_MAX];
static struct cot_serial_link uart_link;
static bool may;

/* A part without memory-mapped flash has .map = NULL in flash.c and, here, a window:
 *
 *	static uint8_t window[WINDOW_LEN];      the provisioning record and four documents
 *	.window = window, .window_len = sizeof(window)
 */

static enum cot_err board_random(void *ctx, uint8_t *ret, size_t len)
{
	(void)ctx;
	return tpl_random(ret, len);
}

/* Volatile, so that it is not left out as useless. */
static void wipe(volatile uint8_t *p, size_t len)
{
	while (len > 0)
		p[--len] = 0;
}

/* Signs Ed25519 only.  WRITE: cot_report_sign_hmac instead, if this ECU's key is
 * hmac-sha256; it takes a sixth of the stack and on a Cortex-M0+ no second of time.  A
 * secure element or HSM signs here itself, and needs no key page. */
static enum cot_err board_sign(void *ctx, uint32_t key, struct cot_slice body,
                               uint8_t ret[COT_MAX_SIG_LEN], size_t *ret_len)
{
	uint8_t page[TPL_KEY_LEN];
	enum cot_err err;

	(void)ctx;
	if (key != 0) /* of component 0; there is no other */
		return COT_E_NOT_FOUND;
	err = tpl_flash.read(NULL, COT_REGION_IDENTITY, TPL_AT_KEY, page, sizeof(page));
	if (err == COT_OK && memcmp(page, TPL_KEY_MAGIC, 4) != 0)
		err = COT_E_UNPROVISIONED;
	if (err == COT_OK)
		err = cot_report_sign_ed25519((enum cot_scheme)page[4], page + TPL_KEY_SECRET,
		                              page + TPL_KEY_PUBLIC, body, ret, ret_len);
	wipe(page, sizeof(page));
	return err;
}

static void board_long_op(void *ctx)
{
	(void)ctx;
	tpl_watchdog_feed();
}

static enum cot_err board_may_program(void *ctx)
{
	(void)ctx;
	return may ? COT_OK : COT_E_PRECONDITION;
}

void tpl_set_may_program(bool yes)
{
	may = yes;
}

const struct cot_port tpl_port = {
	.ctx = NULL, /* one board only */
	.flash = &tpl_flash,
	.crypto = &cot_crypto_sodium, /* or a table of your own: keys/crypto.h */
	.random = board_random,
	.sign_report = board_sign,
	.long_op = board_long_op,
	.may_program = board_may_program,
	/* Boot method copy.  Images that run in their slots: .run = NULL, .run_len = 0, and
	 * another word in main.c's jump. */
	.run = (uint8_t *)(uintptr_t)TPL_RUN,
	.run_len = TPL_RUN_LEN,
	/* True until start.c's tpl_jump takes the application's rights away; status and
	 * every report say so. */
	.app_trusted = true,
	.window = NULL, /* flash has a map */
	.window_len = 0,
	.time_buf = time_buf,
	.time_max = TIME_MAX,
	.response = response,
	.response_max = RESPONSE_MAX,
	.request_max = REQUEST_MAX
};

/* ---- the line --------------------------------------------------------------------- */

static enum cot_err line_read(void *ctx, uint8_t *buf, size_t len, size_t *ret_moved)
{
	size_t n = 0;

	(void)ctx;
	while (n < len && tpl_uart_get(buf + n))
		n++;
	*ret_moved = n;
	return COT_OK;
}

static enum cot_err line_write(void *ctx, const uint8_t *buf, size_t len, size_t *ret_moved)
{
	size_t n = 0;

	(void)ctx;
	while (n < len && tpl_uart_put(buf[n]))
		n++;
	*ret_moved = n;
	return COT_OK;
}

/* For CAN instead: struct cot_can_port over the controller's mailboxes, cot_isotp_init
 * and cot_isotp_link_init (secondary/link/carriers.h). */
struct cot_link *tpl_link_open(void)
{
	static const struct cot_serial_config config = {
		.server = true,
		.rx = link_rx,
		.rx_cap = sizeof(link_rx),
		.tx = link_tx,
		.tx_cap = sizeof(link_tx)
	};
	static const struct cot_serial_port port = {
		.read = line_read,
		.write = line_write,
		.ctx = NULL
	};

	cot_serial_link_init(&uart_link, &config, &port);
	return &uart_link.link;
}
