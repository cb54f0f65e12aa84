/* SPDX-License-Identifier: Apache-2.0
 *
 * P18, P24, P25, P32: names that are paths, members that appear twice, JSON that
 * is none, times that are none.  What an attacker signs is as hostile as what he
 * does not.
 */
#include "tests/sim/attack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DIR SIM_DIRECTOR
#define IMG SIM_IMAGE

/* A change of the Director's Timestamp, Targets or Root as text, well signed. */
static void edit_timestamp(struct attack_scene *s)
{
	attack_write_edit(s->w, DIR, COT_ROLE_TIMESTAMP, s->attack->arg, s->attack->arg2);
}

static void edit_targets(struct attack_scene *s)
{
	attack_write_edit(s->w, DIR, COT_ROLE_TARGETS, s->attack->arg, s->attack->arg2);
}

static void edit_root(struct attack_scene *s)
{
	sim_version(s->w, DIR, COT_ROLE_ROOT, 2);
	attack_write_edit(s->w, DIR, COT_ROLE_ROOT, s->attack->arg, s->attack->arg2);
}

/* The same through a hand that writes foreign JSON canonically first, as the
 * daemon does. */
static void edit_timestamp_foreign(struct attack_scene *s)
{
	s->c->foreign = true;
	edit_timestamp(s);
}

static void edit_targets_foreign(struct attack_scene *s)
{
	s->c->foreign = true;
	edit_targets(s);
}

/* ---- P18 -------------------------------------------------------------------------- */

static void target_named(struct attack_scene *s)
{
	char to[8192];

	snprintf(to, sizeof(to), "{\"%s\":", s->attack->arg);
	attack_write_edit(s->w, DIR, COT_ROLE_TARGETS, "{\"a-3.bin\":", to);
}

static void image_target_named(struct attack_scene *s)
{
	char to[8192];

	snprintf(to, sizeof(to), "\"targets\":{\"%s\":", s->attack->arg);
	attack_write_edit(s->w, IMG, COT_ROLE_TARGETS, "\"targets\":{\"a-2.bin\":", to);
}

static void target_of_4096_bytes(struct attack_scene *s)
{
	char to[4096 + 8];

	memset(to, 'x', sizeof(to));
	memcpy(to, "{\"", 2);
	memcpy(to + 4098, "\":", 3);
	attack_write_edit(s->w, DIR, COT_ROLE_TARGETS, "{\"a-3.bin\":", to);
}

static void named_repository(struct attack_scene *s)
{
	json_object_set_new(json_object_get(sim_signed(s->w, DIR, COT_ROLE_TIMESTAMP), "custom"),
	                    "repository", json_string(s->attack->arg));
	sim_publish(s->w, DIR, COT_ROLE_TIMESTAMP);
}

static void named_ecu(struct attack_scene *s)
{
	sim_order(s->w, s->attack->arg, "hw-a", "a-3.bin");
	sim_publish(s->w, DIR, COT_ROLE_TARGETS);
}

static void named_hardware(struct attack_scene *s)
{
	sim_order(s->w, "ECU-A", s->attack->arg, "a-3.bin");
	sim_publish(s->w, DIR, COT_ROLE_TARGETS);
}

static void named_key(struct attack_scene *s)
{
	json_t *keys = json_object_get(sim_signed(s->w, DIR, COT_ROLE_ROOT), "keys");

	json_object_set_new(keys, s->attack->arg, sim_key_object(SIM_SPARE));
	sim_publish(s->w, DIR, COT_ROLE_ROOT);
}

/* ---- P25: bytes that are no document -------------------------------------------------- */

static void put_timestamp(struct attack_scene *s, struct cot_slice before,
                          struct cot_slice after)
{
	struct sim_file *file = sim_get(s->w, DIR, "timestamp.json");
	size_t len = before.len + file->len + after.len;
	uint8_t *bytes = malloc(len + 1);

	assert_non_null(bytes);
	memcpy(bytes, before.ptr, before.len);
	memcpy(bytes + before.len, file->bytes, file->len);
	memcpy(bytes + before.len + file->len, after.ptr, after.len);
	sim_put(s->w, DIR, "timestamp.json", cot_slice(bytes, len));
	free(bytes);
}

static void text_before(struct attack_scene *s)
{
	put_timestamp(s, cot_slice_str(s->attack->arg), COT_SLICE(""));
}

static void text_after(struct attack_scene *s)
{
	put_timestamp(s, COT_SLICE(""), cot_slice_str(s->attack->arg));
}

static void nul_after(struct attack_scene *s)
{
	put_timestamp(s, COT_SLICE(""), cot_slice("", 1));
}

static void two_documents(struct attack_scene *s)
{
	const struct sim_file *file = sim_get(s->w, DIR, "timestamp.json");
	char *copy = strndup((const char *)file->bytes, file->len);

	put_timestamp(s, COT_SLICE(""), cot_slice_str(copy));
	free(copy);
}

/* "version":3 followed by a zero byte and then the rest, well signed. */
static void nul_after_number(struct attack_scene *s)
{
	char *body = attack_edit(s->w, DIR, COT_ROLE_TIMESTAMP, "\"version\":3",
	                         "\"version\":3\x01");
	size_t len, i;
	char *text = sim_sign_text(body, (const unsigned[]){ SIM_DIRECTOR_TIMESTAMP, 0 }, &len);

	for (i = 0; i < len; i++) {
		if (text[i] == 0x01)
			text[i] = '\0';
	}
	sim_put(s->w, DIR, "timestamp.json", cot_slice(text, len));
	free(text);
	free(body);
}

static void nested(struct attack_scene *s)
{
	size_t depth = strtoul(s->attack->arg, NULL, 10), i;
	char *deep = malloc(2 * depth + 1), *to;

	assert_non_null(deep);
	for (i = 0; i < depth; i++) {
		deep[i] = '[';
		deep[2 * depth - 1 - i] = ']';
	}
	deep[2 * depth] = '\0';
	assert_true(asprintf(&to, "\"a\":%s,\"custom\":", deep) >= 0);
	attack_write_edit(s->w, DIR, COT_ROLE_TARGETS, "\"custom\":", to);
	free(to);
	free(deep);
}

static void unclosed(struct attack_scene *s)
{
	size_t len = COT_MAX_TIMESTAMP;
	uint8_t *bytes = malloc(len);

	assert_non_null(bytes);
	memset(bytes, '[', len);
	sim_put(s->w, DIR, "timestamp.json", cot_slice(bytes, len));
	free(bytes);
}

static void version_of_400_digits(struct attack_scene *s)
{
	char to[420] = "\"version\":";

	memset(to + 10, '3', 400);
	to[410] = '\0';
	attack_write_edit(s->w, DIR, COT_ROLE_TIMESTAMP, "\"version\":3", to);
}

#define VERSION_3 "\"version\":3"
#define TYPE_TIMESTAMP "\"_type\":\"timestamp\""

/* ---- P32 ---------------------------------------------------------------------------------- */

static void expired(struct attack_scene *s, unsigned repo, enum cot_role role, int64_t when)
{
	sim_expires(s->w, repo, role, when);
	sim_publish(s->w, repo, role);
}

static void role_by_arg(struct attack_scene *s, int64_t when)
{
	unsigned repo = strncmp(s->attack->arg, "image", 5) == 0 ? IMG : DIR;
	const char *name = strchr(s->attack->arg, '/') + 1;
	unsigned role = 0;

	while (strcmp(cot_role_name((enum cot_role)role), name) != 0)
		role++;
	expired(s, repo, (enum cot_role)role, when);
}

static void expires_now(struct attack_scene *s)
{
	role_by_arg(s, SIM_NOW);
}

static void expired_a_second_ago(struct attack_scene *s)
{
	role_by_arg(s, SIM_NOW - 1);
}

/* Ends in the future: what makes it a refusal is its spelling. */
static void expires_text(struct attack_scene *s)
{
	json_object_set_new(sim_signed(s->w, DIR, COT_ROLE_TIMESTAMP), "expires",
	                    json_string(s->attack->arg));
	sim_publish(s->w, DIR, COT_ROLE_TIMESTAMP);
}

/* A final Root that ended is refused, but its step is kept: so it is taken before. */
static void root_expired(struct attack_scene *s)
{
	sim_expires(s->w, DIR, COT_ROLE_ROOT, SIM_NOW);
	sim_publish(s->w, DIR, COT_ROLE_ROOT);
	assert_int_equal(sim_run(s->c).err, COT_E_EXPIRED);
}

static void renew_root(struct attack_scene *s)
{
	sim_expires(s->w, DIR, COT_ROLE_ROOT, SIM_NOW + 1);
	sim_publish(s->w, DIR, COT_ROLE_ROOT);
}

static const struct attack attacks[] = {
	ATTACK(P18_parent, NAME, "a target named ../x is refused", target_named, .arg = "../x"),
	ATTACK(P18_absolute, NAME, "a target named /etc/x is refused",
	       target_named, .arg = "/etc/x"),
	ATTACK(P18_up_and_down, NAME, "a target named a/../../b is refused",
	       target_named, .arg = "a/../../b"),
	ATTACK(P18_backslash, NAME, "a target named ..\\x is refused",
	       target_named, .arg = "..\\\\x"),
	ATTACK(P18_percent, NAME, "a target named %2e%2e%2fx is refused",
	       target_named, .arg = "%2e%2e%2fx"),
	ATTACK(P18_newline, NAME, "a target with a newline in its name is refused",
	       target_named, .arg = "a\nb"),
	ATTACK(P18_4096_bytes, NAME, "a target name of 4,096 bytes is refused",
	       target_of_4096_bytes),
	ATTACK(P18_dot, NAME, "a target named . is refused", target_named, .arg = "."),
	ATTACK(P18_empty, NAME, "a target without a name is refused", target_named, .arg = ""),
	ATTACK(P18_trailing_dot, NAME, "a target name with a final dot is refused",
	       target_named, .arg = "a."),
	ATTACK(P18_hidden, NAME, "a target named .ssh/x is refused",
	       target_named, .arg = ".ssh/x"),
	ATTACK(P18_query, NAME, "a target named a?b is refused", target_named, .arg = "a?b"),
	ATTACK(P18_in_image, NAME, "the Image repository may not use ../x either",
	       image_target_named, .arg = "../x"),
	ATTACK(P18_on_an_ecu, NAME, "a partially verifying ECU refuses ../x",
	       target_named, .arg = "../x", .kind = SIM_PARTIAL),
	ATTACK(P18_repository, NAME, "a repository named ../image is not ours",
	       named_repository, .arg = "../image"),
	ATTACK(P18_ecu, NAME, "an ECU named ../x is refused", named_ecu, .arg = "../x"),
	ATTACK(P18_hardware, NAME, "hardware named a/b is refused", named_hardware, .arg = "a/b"),
	ATTACK(P18_key, KEY_ID, "a key named ../x is refused", named_key, .arg = "../x"),

	ATTACK(P24_version_twice, DUPLICATE_MEMBER, "a version that appears twice is refused",
	       edit_timestamp, .arg = VERSION_3, .arg2 = VERSION_3 ",\"version\":4"),
	ATTACK(P24_version_twice_as_served, DUPLICATE_MEMBER,
	       "the daemon refuses a version that appears twice",
	       edit_timestamp_foreign, .arg = VERSION_3, .arg2 = VERSION_3 ",\"version\":4"),
	ATTACK(P24_escaped_name, NOT_CANONICAL, "a member name with an escape is refused",
	       edit_timestamp, .arg = VERSION_3, .arg2 = VERSION_3 ",\"versio\\u006e\":4"),
	ATTACK(P24_escaped_name_as_served, DUPLICATE_MEMBER,
	       "the daemon sees that an escaped name is one that stood before",
	       edit_timestamp_foreign, .arg = VERSION_3,
	       .arg2 = VERSION_3 ",\"versio\\u006e\":4"),
	ATTACK(P24_in_roles, DUPLICATE_MEMBER, "a role that appears twice is refused",
	       edit_root, .arg = ",\"snapshot\":{\"keyids\"",
	       .arg2 = ",\"root\":{},\"root\":{},\"snapshot\":{\"keyids\""),
	ATTACK(P24_in_targets, DUPLICATE_MEMBER, "a target that appears twice is refused",
	       edit_targets, .arg = "{\"a-3.bin\":", .arg2 = "{\"a-3.bin\":{},\"a-3.bin\":"),
	ATTACK(P24_in_targets_as_served, DUPLICATE_MEMBER,
	       "the daemon refuses a target that appears twice",
	       edit_targets_foreign, .arg = "{\"a-3.bin\":",
	       .arg2 = "{\"a-3.bin\":{},\"a-3.bi\\u006e\":"),
	ATTACK(P24_in_hashes, DUPLICATE_MEMBER, "a hash that appears twice is refused",
	       edit_targets, .arg = "{\"sha256\":", .arg2 = "{\"sha256\":\"\",\"sha256\":"),
	ATTACK(P24_out_of_order, NOT_CANONICAL, "members out of order are refused",
	       edit_timestamp, .arg = VERSION_3, .arg2 = VERSION_3 ",\"a\":4"),

	ATTACK(P25_nul_after_document, TRAILING, "a zero byte after the document is refused",
	       nul_after),
	ATTACK(P25_nul_after_number, MALFORMED, "a zero byte after a number is refused",
	       nul_after_number),
	ATTACK(P25_byte_order_mark, MALFORMED, "a byte order mark is refused",
	       text_before, .arg = "\xef\xbb\xbf"),
	ATTACK(P25_space_before, NOT_CANONICAL, "a blank before the document is refused",
	       text_before, .arg = " "),
	ATTACK(P25_newline_after, TRAILING, "a newline after the document is refused",
	       text_after, .arg = "\n"),
	ATTACK(P25_two_documents, TRAILING, "two documents in one are refused", two_documents),
	ATTACK(P25_lone_surrogate, UTF8, "half a surrogate pair is refused",
	       edit_timestamp, .arg = TYPE_TIMESTAMP,
	       .arg2 = TYPE_TIMESTAMP ",\"a\":\"\xed\xa0\x80\""),
	ATTACK(P25_overlong, UTF8, "an overlong character is refused",
	       edit_timestamp, .arg = TYPE_TIMESTAMP,
	       .arg2 = TYPE_TIMESTAMP ",\"a\":\"\xc0\xaf\""),
	ATTACK(P25_exponent, NUMBER, "a version of 3e0 is refused",
	       edit_timestamp, .arg = VERSION_3, .arg2 = "\"version\":3e0"),
	ATTACK(P25_fraction, NUMBER, "a version of 3.0 is refused",
	       edit_timestamp, .arg = VERSION_3, .arg2 = "\"version\":3.0"),
	ATTACK(P25_exponent_as_served, NUMBER, "the daemon does not turn 3e0 into 3",
	       edit_timestamp_foreign, .arg = VERSION_3, .arg2 = "\"version\":3e0"),
	ATTACK(P25_fraction_as_served, NUMBER, "the daemon does not turn 3.0 into 3",
	       edit_timestamp_foreign, .arg = VERSION_3, .arg2 = "\"version\":3.0"),
	ATTACK(P25_minus_zero, NUMBER, "a version of -0 is refused",
	       edit_timestamp, .arg = VERSION_3, .arg2 = "\"version\":-0"),
	ATTACK(P25_version_0, NUMBER, "a version of 0 is refused",
	       edit_timestamp, .arg = VERSION_3, .arg2 = "\"version\":0"),
	ATTACK(P25_version_2_to_31, NUMBER, "a version of 2^31 is refused",
	       edit_timestamp, .arg = VERSION_3, .arg2 = "\"version\":2147483648"),
	ATTACK(P25_version_2_to_32_plus_3, NUMBER, "a version of 2^32 + 3 does not wrap to 3",
	       edit_timestamp, .arg = VERSION_3, .arg2 = "\"version\":4294967299"),
	ATTACK(P25_version_2_to_63, NUMBER, "a version of 2^63 is refused",
	       edit_timestamp, .arg = VERSION_3, .arg2 = "\"version\":9223372036854775808"),
	ATTACK(P25_version_2_to_64_plus_3, NUMBER, "a version of 2^64 + 3 does not wrap to 3",
	       edit_timestamp, .arg = VERSION_3, .arg2 = "\"version\":18446744073709551619"),
	ATTACK(P25_version_of_400_digits, NUMBER, "a version of 400 digits is refused",
	       version_of_400_digits),
	ATTACK(P25_control_as_served, MALFORMED,
	       "the daemon refuses a control byte between tokens",
	       edit_timestamp_foreign, .arg = VERSION_3, .arg2 = VERSION_3 "\x01"),
	ATTACK(P25_depth_17, DEPTH, "17 levels are refused", nested, .arg = "15"),
	ATTACK(P25_depth_2048, DEPTH, "2,048 levels are refused", nested, .arg = "2048"),
	ATTACK(P25_depth_100000, DEPTH, "100,000 levels are refused", nested, .arg = "100000"),
	ATTACK(P25_unclosed, DEPTH, "a file of opening brackets is refused", unclosed),

	ATTACK(P32_director_timestamp_now, EXPIRED,
	       "a Timestamp that ends now has ended", expires_now, .arg = "director/timestamp"),
	ATTACK(P32_director_timestamp, EXPIRED, "a Timestamp that ended is refused",
	       expired_a_second_ago, .arg = "director/timestamp"),
	ATTACK(P32_director_snapshot_now, EXPIRED, "a Snapshot that ends now has ended",
	       expires_now, .arg = "director/snapshot"),
	ATTACK(P32_director_targets_now, EXPIRED, "Director Targets that end now have ended",
	       expires_now, .arg = "director/targets"),
	ATTACK(P32_image_timestamp_now, EXPIRED, "an Image Timestamp that ends now has ended",
	       expires_now, .arg = "image/timestamp"),
	ATTACK(P32_image_snapshot_now, EXPIRED, "an Image Snapshot that ends now has ended",
	       expires_now, .arg = "image/snapshot"),
	ATTACK(P32_image_targets_now, EXPIRED, "Image Targets that end now have ended",
	       expires_now, .arg = "image/targets"),
	ATTACK(P32_root_now, EXPIRED, "a final Root that ends now has ended",
	       root_expired, .heal = renew_root),
	ATTACK(P32_on_an_ecu, EXPIRED, "a partially verifying ECU refuses ended Targets",
	       expires_now, .arg = "director/targets", .kind = SIM_PARTIAL),
	ATTACK(P32_root_on_an_ecu, EXPIRED, "a partially verifying ECU refuses an ended Root",
	       root_expired, .heal = renew_root, .kind = SIM_PARTIAL),
	ATTACK(P32_no_zone, TIME_FORMAT, "a time without Z is refused",
	       expires_text, .arg = "2030-01-01T00:00:00"),
	ATTACK(P32_offset, TIME_FORMAT, "a time with an offset is refused",
	       expires_text, .arg = "2030-01-01T00:00:00+00:00"),
	ATTACK(P32_second_60, TIME_FORMAT, "a 60th second is refused",
	       expires_text, .arg = "2030-06-30T23:59:60Z"),
	ATTACK(P32_year_10000, TIME_FORMAT, "the year 10000 is refused",
	       expires_text, .arg = "10000-01-01T00:00:00Z"),
	ATTACK(P32_no_such_day, TIME_FORMAT, "February 30th is refused",
	       expires_text, .arg = "2030-02-30T00:00:00Z"),
	ATTACK(P32_lower_case, TIME_FORMAT, "a lower-case t is refused",
	       expires_text, .arg = "2030-01-01t00:00:00Z"),
	ATTACK(P32_fraction, TIME_FORMAT, "a fraction of a second is refused",
	       expires_text, .arg = "2030-01-01T00:00:00.5Z"),
	ATTACK(P32_blank, TIME_FORMAT, "a blank for T is refused",
	       expires_text, .arg = "2030-01-01 00:00:00Z"),
};

int main(void)
{
	return attack_main("attack_syntax", attacks, sizeof(attacks) / sizeof(attacks[0]));
}
