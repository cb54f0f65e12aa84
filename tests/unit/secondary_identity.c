/* SPDX-License-Identifier: Apache-2.0
 *
 * The identity region: read whole or not at all; the factory's check.
 */
#include "secondary/identity.h"

#include "tests/sim/secondary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct bench {
	struct sim_world *w;
	struct sim_secondary *s;
	uint8_t *mem;
	size_t record_len;
};

static void bench_begin(struct bench *b)
{
	b->w = sim_world_new();
	b->s = sim_secondary_new(b->w, &sim_flash_posix);
	b->mem = b->s->flash.mem[COT_REGION_IDENTITY];
	b->record_len = b->s->node.id.record.len;
}

static void bench_end(struct bench *b)
{
	sim_secondary_free(b->s);
	sim_world_free(b->w);
}

static void what_the_factory_wrote(void **state)
{
	struct cot_identity id;
	struct bench b;
	uint8_t component = 9;

	(void)state;
	bench_begin(&b);
	assert_int_equal(cot_identity_load(&b.s->port, &id), COT_OK);
	assert_true(cot_slice_is(id.ecu[0].serial, SIM_SECONDARY_ECU));
	assert_true(cot_slice_is(id.ecu[0].hardware_id, SIM_SECONDARY_HWID));
	assert_true(cot_slice_is(id.provision.vehicle, SIM_VEHICLE));
	assert_int_equal(id.scheme[0], COT_SCHEME_ED25519);
	assert_int_equal(cot_identity_check(&id, &cot_crypto_full), COT_OK);
	assert_int_equal(cot_identity_find(&id, COT_SLICE("ECU-A"), &component), COT_OK);
	assert_int_equal(component, 0);
	assert_int_equal(cot_identity_find(&id, COT_SLICE("ECU-"), &component),
	                 COT_E_ECU_UNKNOWN);
	assert_int_equal(cot_identity_find(&id, COT_SLICE("ECU-A "), &component),
	                 COT_E_ECU_UNKNOWN);
	/* The same through the window. */
	sim_flash_unmapped(&b.s->flash);
	assert_int_equal(cot_identity_load(&b.s->port, &id), COT_OK);
	assert_true(cot_slice_is(id.ecu[0].serial, SIM_SECONDARY_ECU));
	b.s->port.window_len = (uint32_t)b.record_len - 1;
	assert_int_equal(cot_identity_load(&b.s->port, &id), COT_E_UNPROVISIONED);
	bench_end(&b);
}

static void any_changed_byte_is_unprovisioned(void **state)
{
	struct cot_identity id;
	struct bench b;
	size_t at;

	(void)state;
	bench_begin(&b);
	for (at = 0; at < COT_IDENTITY_HEADER + b.record_len; at += at < 40 ? 1 : 97) {
		b.mem[at] ^= 0x02;
		if (cot_identity_load(&b.s->port, &id) != COT_E_UNPROVISIONED)
			fail_msg("byte %zu", at);
		b.mem[at] ^= 0x02;
	}
	assert_int_equal(cot_identity_load(&b.s->port, &id), COT_OK);
	/* A header that is sound in itself, with a length beyond the region. */
	cot_identity_header(cot_slice(b.mem, 128 * 1024), b.mem);
	assert_int_equal(cot_identity_load(&b.s->port, &id), COT_E_UNPROVISIONED);
	/* One that is sound for the length, but the record is another. */
	cot_identity_header(cot_slice(b.mem, b.record_len), b.mem);
	assert_int_equal(cot_identity_load(&b.s->port, &id), COT_E_UNPROVISIONED);
	memset(b.mem, 0xFF, 4096);
	assert_int_equal(cot_identity_load(&b.s->port, &id), COT_E_UNPROVISIONED);
	bench_end(&b);
}

/* The record with one text exchanged, unsigned. */
static char *edited(const struct bench *b, const char *from, const char *to)
{
	const char *record = b->s->record, *at = strstr(record, from);
	char *ret = malloc(b->record_len + 256);

	assert_non_null(at);
	assert_non_null(ret);
	snprintf(ret, b->record_len + 256, "%.*s%s%.*s", (int)(at - record), record, to,
	         (int)(b->record_len - (size_t)(at - record) - strlen(from)), at + strlen(from));
	return ret;
}

static void records_for_others_are_refused(void **state)
{
	static const struct { const char *from, *to; enum cot_err err; } cases[] = {
		{ "\"role\":\"secondary\"", "\"role\":\"primary\"", COT_E_RECORD },
		{ "\"own\":[\"ECU-A\"]", "\"own\":[\"ECU-A\",\"ECU-A\"]", COT_E_RECORD },
		{ "\"own\":[\"ECU-A\"]", "\"own\":[\"ECU-B\"]", COT_E_ECU_UNKNOWN },
		{ "\"own\":[\"ECU-A\"]", "\"own\":[]", COT_E_MISSING },
		{ "\"_type\":\"provisioning\"", "\"_type\":\"time\"", COT_E_ROLE_TYPE },
		{ "\"roles\":[\"root\",\"targets\"]",
		  "\"roles\":[\"root\",\"targets\",\"snapshot\",\"timestamp\"]", COT_E_UNSUPPORTED },
		{ "},\"role\":\"secondary\"",
		  ",\"image\":{\"dialect\":\"tuf\",\"roles\":[\"root\",\"targets\"],\"root\":{}}},"
		  "\"role\":\"secondary\"", COT_E_UNSUPPORTED },
	};
	struct cot_identity id;
	struct bench b;
	size_t i;

	(void)state;
	bench_begin(&b);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = edited(&b, cases[i].from, cases[i].to);

		if (cot_identity_parse(cot_slice_str(text), &cot_crypto_full, &id) != cases[i].err)
			fail_msg("%s", cases[i].to);
		free(text);
	}
	bench_end(&b);
}

/* Parsed, but the owner of the Director's Root never signed it. */
static void factory_refuses_what_nobody_signed(void **state)
{
	struct cot_identity id;
	struct bench b;
	char *text;

	(void)state;
	bench_begin(&b);
	text = edited(&b, "\"hardwareId\":\"hw-a\"", "\"hardwareId\":\"hw-x\"");
	assert_int_equal(cot_identity_parse(cot_slice_str(text), &cot_crypto_full, &id), COT_OK);
	assert_int_equal(cot_identity_check(&id, &cot_crypto_full), COT_E_SIG_THRESHOLD);
	free(text);
	bench_end(&b);
}

static void first_state_knows_its_record_only(void **state)
{
	struct cot_sec_state first;
	struct cot_identity id;
	struct bench b;

	(void)state;
	bench_begin(&b);
	assert_int_equal(cot_identity_load(&b.s->port, &id), COT_OK);
	assert_int_equal(cot_identity_state(&id, &cot_crypto_full, &first), COT_OK);
	assert_int_equal(first.trust.repo[0].floor[COT_ROLE_ROOT].version, 1);
	assert_int_equal(first.doc[COT_SEC_ROOT].place, COT_SEC_PLACE_FACTORY);
	assert_int_equal(first.doc[COT_SEC_TARGETS].place, COT_SEC_PLACE_FACTORY);
	assert_int_equal(first.component[0].active, COT_SEC_SLOTS);
	assert_int_equal(first.component[0].counter, 1);
	assert_int_equal(first.component[0].slot[0].state, COT_SEC_SLOT_EMPTY);
	bench_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_factory_wrote),
		cmocka_unit_test(any_changed_byte_is_unprovisioned),
		cmocka_unit_test(records_for_others_are_refused),
		cmocka_unit_test(factory_refuses_what_nobody_signed),
		cmocka_unit_test(first_state_knows_its_record_only),
	};

	return cmocka_run_group_tests_name("secondary_identity", tests, NULL, NULL);
}
