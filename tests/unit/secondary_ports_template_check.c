/* SPDX-License-Identifier: Apache-2.0
 *
 * The template's flash driver keeps the rules of flash, and its check names the rule
 * that another driver breaks: one faulty driver for each.
 */
#include "secondary/ports/template/layout.h"

#include <stdint.h>

static uint8_t cells[TPL_STORE_LEN];
#undef TPL_STORE
#define TPL_STORE ((uintptr_t)cells)

#include "secondary/ports/template/flash.c"

#include "secondary/ports/template/check.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* ---- the part ------------------------------------------------------------------------ */

enum cot_err tpl_cells_read(uint32_t at, uint8_t *ret, uint32_t len)
{
	assert_true(at <= TPL_STORE_LEN && len <= TPL_STORE_LEN - at);
	memcpy(ret, cells + at, len);
	return COT_OK;
}

enum cot_err tpl_cells_program(uint32_t at, const uint8_t unit[TPL_UNIT])
{
	assert_true(at % TPL_UNIT == 0 && at <= TPL_STORE_LEN - TPL_UNIT);
	memcpy(cells + at, unit, TPL_UNIT);
	return COT_OK;
}

enum cot_err tpl_cells_erase(uint32_t at)
{
	assert_true(at % TPL_PAGE == 0 && at <= TPL_STORE_LEN - TPL_PAGE);
	memset(cells + at, TPL_ERASED, TPL_PAGE);
	return COT_OK;
}

static int setup(void **state)
{
	(void)state;
	memset(cells, TPL_ERASED, sizeof(cells));
	return 0;
}

/* ---- drivers with a fault -------------------------------------------------------------- */

static struct {
	const char *rule;
	bool armed;
} fault;

static bool faulty(const char *rule)
{
	return fault.armed && strcmp(fault.rule, rule) == 0;
}

static enum cot_err bad_read(void *ctx, enum cot_region region, uint32_t offset, void *ret,
                             uint32_t len)
{
	if (faulty("reading outside the region is refused") && offset >= TPL_DOC_LEN)
		return COT_OK;
	if (faulty("reads have any offset and length") && offset % 4 != 0 && len % 4 != 0)
		offset &= ~3u;
	return tpl_flash.read(ctx, region, offset, ret, len);
}

/* Writes what the good driver would refuse. */
static enum cot_err force(uint32_t offset, struct cot_slice data)
{
	memcpy(cells + TPL_AT_DOC_B + offset, data.ptr, data.len);
	return COT_OK;
}

static enum cot_err bad_program(void *ctx, enum cot_region region, uint32_t offset,
                                struct cot_slice data)
{
	bool aligned = offset % TPL_UNIT == 0 && data.len % TPL_UNIT == 0;
	bool one_page = offset / TPL_PAGE == (offset + data.len - 1) / TPL_PAGE;
	bool within = offset < TPL_DOC_LEN;

	if (faulty("a blank unit can be programmed, from any address of memory") &&
	    (uintptr_t)data.ptr % 2 != 0)
		return offset < TPL_PAGE ? COT_E_FLASH : tpl_flash.program(ctx, region, offset, data);
	if (faulty("what was programmed is read back"))
		return tpl_flash.program(ctx, region, offset, data.len > 0 && offset == 64
			? cot_slice(cells, data.len) : data);
	if (faulty("a unit that is not blank is refused") && aligned && within && one_page)
		return force(offset, data);
	if (faulty("parts of a unit are refused") && !aligned)
		return force(offset, data);
	if (faulty("programming across pages is refused") && aligned && within && !one_page)
		return force(offset, data);
	if (faulty("programming nothing is refused") && data.len == 0)
		return COT_OK;
	if (faulty("programming outside the region is refused") && !within)
		return COT_OK;
	return tpl_flash.program(ctx, region, offset, data);
}

static enum cot_err bad_erase(void *ctx, enum cot_region region, uint32_t offset)
{
	if (faulty("a page can be erased"))
		return COT_E_FLASH;
	if (faulty("an erased page is blank") && offset == TPL_PAGE)
		return force(offset, cot_slice((const uint8_t *)"x", 1));
	if (faulty("erasing leaves other pages alone"))
		memset(cells + TPL_AT_DOC_B, TPL_ERASED, 2 * TPL_PAGE);
	if (faulty("erasing from the middle of a page is refused"))
		offset -= offset % TPL_PAGE;
	return tpl_flash.erase(ctx, region, offset);
}

static enum cot_err bad_blank(void *ctx, enum cot_region region, uint32_t offset, uint32_t len,
                              bool *ret)
{
	enum cot_err err = tpl_flash.is_blank(ctx, region, offset, len, ret);

	if (faulty("a programmed unit is not blank"))
		*ret = true;
	return err;
}

static const uint8_t *bad_map(void *ctx, enum cot_region region)
{
	return tpl_flash.map(ctx, region) + (faulty("the map shows what is read") ? 1 : 0);
}

static struct cot_flash bad_flash(void)
{
	struct cot_flash f = tpl_flash;

	f.read = bad_read;
	f.program = bad_program;
	f.erase = bad_erase;
	f.is_blank = bad_blank;
	f.map = bad_map;
	return f;
}

/* ---- tests -------------------------------------------------------------------------------- */

static void the_driver_keeps_every_rule(void **state)
{
	struct cot_flash f = bad_flash();
	uint32_t i;

	(void)state;
	fault.armed = false;
	assert_null(tpl_check_flash(&f, COT_REGION_DOC_B));
	assert_null(tpl_check_flash(&tpl_flash, COT_REGION_DOC_B));
	for (i = 0; i < TPL_DOC_LEN; i++)
		assert_int_equal(cells[TPL_AT_DOC_B + i], TPL_ERASED);
}

static void a_driver_that_breaks_a_rule_is_told_which(void **state)
{
	static const char *const rules[] = {
		"a page can be erased",
		"an erased page is blank",
		"erasing leaves other pages alone",
		"a blank unit can be programmed, from any address of memory",
		"what was programmed is read back",
		"a programmed unit is not blank",
		"reads have any offset and length",
		"the map shows what is read",
		"a unit that is not blank is refused",
		"parts of a unit are refused",
		"programming across pages is refused",
		"programming nothing is refused",
		"programming outside the region is refused",
		"reading outside the region is refused",
		"erasing from the middle of a page is refused"
	};
	struct cot_flash f = bad_flash();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const char *told;

		memset(cells + TPL_AT_DOC_B, TPL_ERASED, TPL_DOC_LEN);
		fault.rule = rules[i];
		fault.armed = true;
		told = tpl_check_flash(&f, COT_REGION_DOC_B);
		fault.armed = false;
		if (!told || strcmp(told, rules[i]) != 0)
			fail_msg("%s: the check says %s", rules[i], told ? told : "nothing");
	}
}

#define WHOLE \
	"a region is whole pages, a page whole units of 1 to 32 bytes"

static void a_geometry_that_cannot_work_is_told(void **state)
{
	static const struct {
		enum cot_region region;
		struct cot_flash_region is;
		const char *rule;
	} rows[] = {
		{ COT_REGION_SLOT_A, { 3000, 2048, 8, 0xFF, true }, WHOLE },
		{ COT_REGION_APP, { 2048, 2048, 64, 0xFF, true }, WHOLE },
		{ COT_REGION_APP, { 2040, 2040, 16, 0xFF, true }, WHOLE },
		{ COT_REGION_STATE, { 2048, 2048, 8, 0xFF, true }, WHOLE },
		{ COT_REGION_IDENTITY, { 4096, 2048, 8, 0x7F, true }, WHOLE },
		{ COT_REGION_STATE, { 8192, 1024, 8, 0xFF, true }, "a state page holds the largest state" },
		{ COT_REGION_DOC_B, { 8 * 4096, 4096, 8, 0xFF, true }, "both places of documents are alike" },
		{ COT_REGION_SLOT_B, { 4096, 2048, 8, 0xFF, true }, "both slots are alike" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cot_flash f = tpl_flash;
		const char *told;

		f.region[rows[i].region] = rows[i].is;
		told = tpl_check_flash(&f, COT_REGION_DOC_B);
		if (!told || strcmp(told, rows[i].rule) != 0)
			fail_msg("row %zu: the check says %s", i, told ? told : "nothing");
	}
}

static void the_loader_cannot_write_identity(void **state)
{
	static const uint8_t unit[TPL_UNIT];

	(void)state;
	assert_int_equal(tpl_flash.erase(NULL, COT_REGION_IDENTITY, 0), COT_E_FLASH);
	assert_int_equal(tpl_flash.program(NULL, COT_REGION_IDENTITY, TPL_IDENTITY_LEN - 2 * TPL_PAGE,
	                                   cot_slice(unit, sizeof(unit))), COT_E_FLASH);
	assert_int_equal(tpl_flash.program(NULL, COT_REGION_DOC_B, 0,
	                                   cot_slice(unit, sizeof(unit))), COT_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_driver_keeps_every_rule, setup),
		cmocka_unit_test_setup(a_driver_that_breaks_a_rule_is_told_which, setup),
		cmocka_unit_test_setup(a_geometry_that_cannot_work_is_told, setup),
		cmocka_unit_test_setup(the_loader_cannot_write_identity, setup)
	};

	return cmocka_run_group_tests_name("secondary_ports_template_check", tests, NULL, NULL);
}
