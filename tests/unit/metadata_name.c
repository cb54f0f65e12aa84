/* SPDX-License-Identifier: Apache-2.0
 *
 * Names: what may be one, byte by byte, and where an image is published (P18).
 */
#include "keys/limits.h"
#include "metadata/name.h"
#include "tests/sim/edit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef enum cot_err (*check)(struct cot_slice name);

struct row {
	const char *name;
	bool id, target, role;
};

static void table(void **state)
{
	static const struct row rows[] = {
		{ "a", true, true, true },
		{ "VEH-0007", true, true, true },
		{ "1:2_3.4-5", true, true, true },
		{ "a.", true, false, true },
		{ "-", true, true, true },
		{ "root", true, true, false },
		{ "timestamp", true, true, false },
		{ "snapshot", true, true, false },
		{ "targets", true, true, false },
		{ "targets1", true, true, true },
		{ "Root", true, true, true },
		{ "a/b.bin", false, true, false },
		{ "a/b/c/d-1.2.bin", false, true, false },
		{ "a(1)+~!*=,;@&$'", false, true, false },
		{ "", false, false, false },
		{ ".", false, false, false },
		{ "..", false, false, false },
		{ ".ssh", false, false, false },
		{ "/etc/x", false, false, false },
		{ "../x", false, false, false },
		{ "a/../b", false, false, false },
		{ "a/./b", false, false, false },
		{ "a/..", false, false, false },
		{ "a//b", false, false, false },
		{ "a/", false, false, false },
		{ "a/.b", false, false, false },
		{ "a./b", false, false, false },
		{ "a b", false, false, false },
		{ "a\nb", false, false, false },
		{ "a\\b", false, false, false },
		{ "a\"b", false, false, false },
		{ "a%2eb", false, false, false },
		{ "a?b", false, false, false },
		{ "a#b", false, false, false },
		{ "a\x7f", false, false, false },
		{ "\xc3\xa4", false, false, false }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cot_slice name = sim_copy(rows[i].name, strlen(rows[i].name));

		if (cot_name_check_id(name) != (rows[i].id ? COT_OK : COT_E_NAME) ||
		    cot_name_check_target(name) != (rows[i].target ? COT_OK : COT_E_NAME) ||
		    cot_name_check_role(name) != (rows[i].role ? COT_OK : COT_E_NAME))
			fail_msg("'%s'", rows[i].name);
		sim_drop(name);
	}
}

static bool in(const char *set, size_t byte)
{
	return byte != 0 && strchr(set, (int)byte) != NULL;
}

static bool alnum(size_t b)
{
	return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9');
}

static void every_byte(void **state)
{
	size_t b;

	(void)state;
	for (b = 0; b < 256; b++) {
		char name[3] = { 'x', (char)b, 'y' };
		struct cot_slice s = cot_slice(name, sizeof(name));
		bool target = b > ' ' && b < 0x7f && !in("\"\\%?#", b);

		assert_int_equal(cot_name_check_id(s),
		                 alnum(b) || in("._:-", b) ? COT_OK : COT_E_NAME);
		assert_int_equal(cot_name_check_target(s), target ? COT_OK : COT_E_NAME);
	}
}

static void longest(void **state)
{
	static const struct {
		check f;
		size_t max;
	} rows[] = {
		{ cot_name_check_id, COT_MAX_ID },
		{ cot_name_check_target, COT_MAX_NAME },
		{ cot_name_check_role, COT_MAX_ID }
	};
	uint8_t name[COT_MAX_NAME + 1];
	size_t i;

	(void)state;
	memset(name, 'a', sizeof(name));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(rows[i].f(cot_slice(name, rows[i].max)), COT_OK);
		assert_int_equal(rows[i].f(cot_slice(name, rows[i].max + 1)), COT_E_NAME);
		assert_int_equal(rows[i].f(cot_slice(NULL, 0)), COT_E_NAME);
	}
}

static void published(void **state)
{
	static const struct {
		const char *target, *published;
	} rows[] = {
		{ "b.bin", "00ff.b.bin" },
		{ "a/b.bin", "a/00ff.b.bin" },
		{ "a/b/c", "a/b/00ff.c" }
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cot_slice target = cot_slice_str(rows[i].target);
		size_t want = strlen(rows[i].published), len = 77;
		char *ret = malloc(want);

		assert_non_null(ret);
		assert_int_equal(cot_name_published(target, COT_SLICE("00ff"), ret, want - 1,
		                                    &len),
		                 COT_E_BUFFER);
		assert_int_equal(len, 77);
		assert_int_equal(cot_name_published(target, COT_SLICE("00ff"), ret, want, &len),
		                 COT_OK);
		assert_int_equal(len, want);
		assert_memory_equal(ret, rows[i].published, want);
		free(ret);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table), cmocka_unit_test(every_byte),
		cmocka_unit_test(longest), cmocka_unit_test(published)
	};

	return cmocka_run_group_tests_name("metadata_name", tests, NULL, NULL);
}
