/* SPDX-License-Identifier: Apache-2.0
 *
 * The mps2 board for the library: see board.h.
 */
#include "secondary/ports/mps2/board.h"

#include "keys/crypto.h"
#include "secondary/ports/mps2/device.h"
#include "secondary/ports/mps2/flash.h"
#include "secondary/ports/mps2/layout.h"
#include "secondary/ports/mps2/random.h"
#include "secondary/ports/mps2/sign.h"

#include <string.h>

#define REQUEST_MAX 1035u /* 36, counter, 1 KiB of data and room to spare */
#define RESPONSE_MAX 2048u
#define TIME_MAX 3072u

static uint8_t time_buf[TIME_MAX];
static uint8_t response[RESPONSE_MAX];
static uint8_t link_rx[COT_SERIAL_RX(REQUEST_MAX)];
static uint8_t link_tx[RESPONSE_MAX];
static struct cot_serial_link uart_link;
static bool may;

static enum cot_err board_random(void *ctx, uint8_t *ret, size_t len)
{
	(void)ctx;
	return mps2_random(ret, len);
}

/* The key is used where it lies: no copy of it is left in memory. */
static enum cot_err board_sign(void *ctx, uint32_t key, struct cot_slice body,
                               uint8_t ret[COT_MAX_SIG_LEN], size_t *ret_len)
{
	const uint8_t *page = mps2_flash.map(NULL, COT_REGION_IDENTITY) + MPS2_AT_KEY;

	(void)ctx;
	if (key != 0)
		return COT_E_NOT_FOUND;
	if (memcmp(page, MPS2_KEY_MAGIC, 4) != 0)
		return COT_E_UNPROVISIONED;
	return mps2_sign((enum cot_scheme)page[4], page + MPS2_KEY_SECRET,
	                 page + MPS2_KEY_PUBLIC, body, ret, ret_len);
}

static void board_long_op(void *ctx)
{
	(void)ctx;
	mps2_watchdog_feed();
}

static enum cot_err board_may_program(void *ctx)
{
	(void)ctx;
	return may ? COT_OK : COT_E_PRECONDITION;
}

void mps2_set_may_program(bool yes)
{
	may = yes;
}

const struct cot_port mps2_port = {
	.flash = &mps2_flash,
	.crypto = &cot_crypto_sodium,
	.run = (uint8_t *)(uintptr_t)MPS2_RUN,
	.run_len = MPS2_RUN_LEN,
	.random = board_random,
	.sign_report = board_sign,
	.long_op = board_long_op,
	.may_program = board_may_program,
	.app_trusted = false,
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
	while (n < len && mps2_uart_get(MPS2_UART_LINK, buf + n))
		n++;
	*ret_moved = n;
	return COT_OK;
}

static enum cot_err line_write(void *ctx, const uint8_t *buf, size_t len, size_t *ret_moved)
{
	size_t n = 0;

	(void)ctx;
	while (n < len && mps2_uart_put(MPS2_UART_LINK, buf[n]))
		n++;
	*ret_moved = n;
	return COT_OK;
}

struct cot_link *mps2_link_open(void)
{
	static const struct cot_serial_config config = {
		.server = true,
		.rx = link_rx,
		.rx_cap = sizeof(link_rx),
		.tx = link_tx,
		.tx_cap = sizeof(link_tx)
	};
	static const struct cot_serial_port port = { line_read, line_write, NULL };

	cot_serial_link_init(&uart_link, &config, &port);
	return &uart_link.link;
}
