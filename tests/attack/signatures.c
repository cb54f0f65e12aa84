/* SPDX-License-Identifier: Apache-2.0
 *
 * P01 to P05: a threshold counts distinct keys, nothing else.
 */
#include "tests/sim/attack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "keys/encode.h"

#define FIRST SIM_IMAGE_TARGETS
#define SECOND (SIM_IMAGE_TARGETS + 1)

/* Image Targets, threshold 2, under the signatures given; the rest honest. */
static void sign_image_targets(struct attack_scene *s, const struct attack_signature *sigs,
                               size_t count)
{
	char *body = sim_text(sim_signed(s->w, SIM_IMAGE, COT_ROLE_TARGETS));
	size_t len;
	char *text = attack_envelope(body, sigs, count, &len);
	char name[80];

	snprintf(name, sizeof(name), "%lld.targets.json",
	         (long long)json_integer_value(json_object_get(
	                 sim_signed(s->w, SIM_IMAGE, COT_ROLE_TARGETS), "version")));
	sim_put(s->w, SIM_IMAGE, name, cot_slice(text, len));
	attack_lift(s->w, SIM_IMAGE, COT_ROLE_TARGETS);
	free(text);
	free(body);
}

/* ---- P01 ------------------------------------------------------------------------- */

static void same_signature_twice(struct attack_scene *s)
{
	const struct attack_signature sigs[] = { { .key = FIRST }, { .key = FIRST } };

	sign_image_targets(s, sigs, 2);
}

static void same_signature_32_times(struct attack_scene *s)
{
	struct attack_signature sigs[COT_MAX_SIGNATURES];
	size_t i;

	memset(sigs, 0, sizeof(sigs));
	for (i = 0; i < COT_MAX_SIGNATURES; i++)
		sigs[i].key = SECOND;
	sign_image_targets(s, sigs, COT_MAX_SIGNATURES);
}

static void too_many_signatures(struct attack_scene *s)
{
	struct attack_signature sigs[COT_MAX_SIGNATURES + 1];
	size_t i;

	memset(sigs, 0, sizeof(sigs));
	for (i = 0; i <= COT_MAX_SIGNATURES; i++)
		sigs[i].key = i % 2 == 0 ? FIRST : SECOND;
	sign_image_targets(s, sigs, COT_MAX_SIGNATURES + 1);
}

/* ---- P02, P03: one key, several names or spellings ---------------------------------- */

/* Lists `object` in Image Root under the id that fits it. */
static void list_object(struct attack_scene *s, json_t *object, char id[COT_KEY_ID_TEXT + 1])
{
	json_t *root = sim_signed(s->w, SIM_IMAGE, COT_ROLE_ROOT);
	json_t *role = json_object_get(json_object_get(root, "roles"), "targets");
	char *text = sim_text(object);
	uint8_t hash[32];

	crypto_hash_sha256(hash, (const uint8_t *)text, strlen(text));
	cot_hex_encode(cot_slice(hash, sizeof(hash)), id);
	id[COT_KEY_ID_TEXT] = '\0';
	json_object_set_new(json_object_get(root, "keys"), id, object);
	json_array_append_new(json_object_get(role, "keyids"), json_string(id));
	free(text);
}

/* Image Targets role: P-256 key `key` under its own id, the same key as `other`,
 * and one honest key, so that the role itself can be satisfied. */
static void two_names(struct attack_scene *s, json_t *other)
{
	const unsigned key = SIM_KEY_P256;
	struct attack_signature sigs[2] = { { .key = key }, { .key = key } };
	char id[COT_KEY_ID_TEXT + 1];

	sim_replace_key(s->w, SIM_IMAGE, COT_ROLE_TARGETS, SECOND, key);
	list_object(s, other, id);
	sim_publish(s->w, SIM_IMAGE, COT_ROLE_ROOT);
	/* Honest: one signature of it and one of the other key. */
	sim_publish(s->w, SIM_IMAGE, COT_ROLE_TARGETS);
	attack_accepted(s);
	sim_release(s->w, "ECU-A", "a-4.bin", 4);
	sigs[1].id = id;
	sign_image_targets(s, sigs, 2);
}

static void keytype_spelled_otherwise(struct attack_scene *s)
{
	json_t *object = sim_key_object(SIM_KEY_P256);

	json_object_set_new(object, "keytype", json_string("ecdsa-sha2-nistp256"));
	two_names(s, object);
}

static void extra_member_in_key(struct attack_scene *s)
{
	json_t *object = sim_key_object(SIM_KEY_P256);

	json_object_set_new(object, "comment", json_string("another"));
	two_names(s, object);
}

static json_t *with_public(const char *text)
{
	json_t *object = sim_key_object(SIM_KEY_P256);

	json_object_set_new(json_object_get(object, "keyval"), "public", json_string(text));
	return object;
}

static void public_of(char ret[256])
{
	json_t *object = sim_key_object(SIM_KEY_P256);

	snprintf(ret, 256, "%s", json_string_value(json_object_get(
	                                 json_object_get(object, "keyval"), "public")));
	json_decref(object);
}

static void pem_with_other_line_ends(struct attack_scene *s)
{
	char pem[256], crlf[512], *out = crlf;
	const char *in;

	public_of(pem);
	for (in = pem; *in != '\0'; in++) {
		if (*in == '\n')
			*out++ = '\r';
		*out++ = *in;
	}
	*out = '\0';
	two_names(s, with_public(crlf));
}

static void point_of(uint8_t point[65])
{
	struct cot_key key = { COT_SCHEME_ECDSA_P256, { NULL, 0 } };
	uint8_t buf[COT_MAX_KEY_LEN];
	struct cot_slice raw;
	char pem[256];

	public_of(pem);
	key.text = cot_slice_str(pem);
	assert_int_equal(cot_key_decode(&key, buf, &raw), COT_OK);
	memcpy(point, raw.ptr, 65);
}

static void point_as_hex(struct attack_scene *s)
{
	uint8_t point[65];
	char hex[131] = "";

	point_of(point);
	cot_hex_encode(cot_slice(point, sizeof(point)), hex);
	two_names(s, with_public(hex));
}

/* Root itself is refused: such a key is not one. */
static void list_and_publish(struct attack_scene *s, json_t *object)
{
	char id[COT_KEY_ID_TEXT + 1];

	list_object(s, object, id);
	sim_publish(s->w, SIM_IMAGE, COT_ROLE_ROOT);
}

static void compressed_point(struct attack_scene *s)
{
	uint8_t point[65];
	char hex[67] = "";

	point_of(point);
	point[0] = point[64] % 2 == 0 ? 2 : 3;
	cot_hex_encode(cot_slice(point, 33), hex);
	list_and_publish(s, with_public(hex));
}

static void upper_case_hex(struct attack_scene *s)
{
	json_t *object = sim_key_object(FIRST);
	json_t *value = json_object_get(object, "keyval");
	char *text = strdup(json_string_value(json_object_get(value, "public")));
	char *at;

	for (at = text; *at != '\0'; at++) {
		if (*at >= 'a' && *at <= 'f')
			*at = (char)(*at - 'a' + 'A');
	}
	json_object_set_new(value, "public", json_string(text));
	free(text);
	list_and_publish(s, object);
}

static void two_schemes(struct attack_scene *s)
{
	json_t *object = sim_key_object(FIRST);

	json_object_set_new(object, "scheme", json_string("ecdsa-sha2-nistp256"));
	json_object_set_new(object, "keytype", json_string("ecdsa"));
	list_and_publish(s, object);
}

static void id_of_another_key(struct attack_scene *s)
{
	json_t *root = sim_signed(s->w, SIM_IMAGE, COT_ROLE_ROOT);
	json_t *role = json_object_get(json_object_get(root, "roles"), "targets");
	static const char id[] = "00112233445566778899aabbccddeeff"
	                         "00112233445566778899aabbccddeeff";

	json_object_set_new(json_object_get(root, "keys"), id, sim_key_object(FIRST));
	json_array_append_new(json_object_get(role, "keyids"), json_string(id));
	sim_publish(s->w, SIM_IMAGE, COT_ROLE_ROOT);
}

/* ---- P04 -------------------------------------------------------------------------------- */

static void keyid_listed_twice(struct attack_scene *s)
{
	json_t *root = sim_signed(s->w, SIM_IMAGE, COT_ROLE_ROOT);
	json_t *role = json_object_get(json_object_get(root, "roles"), "targets");
	json_t *ids = json_object_get(role, "keyids");

	json_array_append(ids, json_array_get(ids, 0));
	sim_publish(s->w, SIM_IMAGE, COT_ROLE_ROOT);
}

static void both_halves_of_ecdsa(struct attack_scene *s)
{
	const unsigned key = SIM_KEY_P256;
	const struct attack_signature sigs[] = {
		{ .key = key }, { .key = key, .other_half = true }
	};
	const struct attack_signature honest[] = {
		{ .key = key, .other_half = true }, { .key = FIRST }
	};

	sim_replace_key(s->w, SIM_IMAGE, COT_ROLE_TARGETS, SECOND, key);
	sim_publish(s->w, SIM_IMAGE, COT_ROLE_ROOT);
	sign_image_targets(s, honest, 2);
	attack_accepted(s);
	sim_release(s->w, "ECU-A", "a-4.bin", 4);
	sign_image_targets(s, sigs, 2);
}

/* ---- P05 --------------------------------------------------------------------------------- */

static void threshold_text(struct attack_scene *s)
{
	char *body, to[64];

	/* The Targets role stands last, and its threshold last in it. */
	snprintf(to, sizeof(to), "%s", s->attack->arg);
	sim_threshold(s->w, SIM_IMAGE, COT_ROLE_TARGETS, 987654);
	sim_version(s->w, SIM_IMAGE, COT_ROLE_ROOT, 2);
	body = attack_edit(s->w, SIM_IMAGE, COT_ROLE_ROOT, ",\"threshold\":987654", to);
	attack_write_text(s->w, SIM_IMAGE, COT_ROLE_ROOT, body);
	free(body);
}

static const struct attack attacks[] = {
	ATTACK(P01_same_signature_twice, SIG_THRESHOLD,
	       "one signature entered twice does not make two",
	       same_signature_twice),
	ATTACK(P01_same_signature_32_times, SIG_THRESHOLD,
	       "one signature entered 32 times does not make two",
	       same_signature_32_times),
	ATTACK(P01_too_many_signatures, LIMIT,
	       "33 signature entries are refused before any is verified",
	       too_many_signatures),
	ATTACK(P02_keytype_spelled_otherwise, SIG_THRESHOLD,
	       "one key under two ids, told apart by keytype, counts once",
	       keytype_spelled_otherwise),
	ATTACK(P02_extra_member_in_key, SIG_THRESHOLD,
	       "one key under two ids, told apart by an extra member, counts once",
	       extra_member_in_key),
	ATTACK(P02_id_of_another_key, KEY_ID,
	       "a key under an id that is not its hash is no key",
	       id_of_another_key),
	ATTACK(P03_pem_with_other_line_ends, SIG_THRESHOLD,
	       "one key as PEM with CR LF counts once",
	       pem_with_other_line_ends),
	ATTACK(P03_point_as_hex, SIG_THRESHOLD,
	       "one key as PEM and as hex point counts once",
	       point_as_hex),
	ATTACK(P03_compressed_point, KEY,
	       "a compressed point is no key",
	       compressed_point),
	ATTACK(P03_upper_case_hex, ENCODING,
	       "a key in upper-case hex is no key",
	       upper_case_hex),
	ATTACK(P03_two_schemes, KEY,
	       "a key of one scheme is no key of another",
	       two_schemes),
	ATTACK(P04_keyid_listed_twice, DUPLICATE_MEMBER,
	       "a role that lists an id twice is refused",
	       keyid_listed_twice),
	ATTACK(P04_both_halves_of_ecdsa, SIG_THRESHOLD,
	       "s and n - s of one ECDSA signature count once",
	       both_halves_of_ecdsa),
	ATTACK(P05_threshold_0, ILLEGAL_THRESHOLD, "a threshold of 0 is refused",
	       threshold_text, .arg = ",\"threshold\":0"),
	ATTACK(P05_threshold_minus_1, ILLEGAL_THRESHOLD, "a threshold of -1 is refused",
	       threshold_text, .arg = ",\"threshold\":-1"),
	ATTACK(P05_threshold_above_keys, ILLEGAL_THRESHOLD, "a threshold of 3 with two keys is refused",
	       threshold_text, .arg = ",\"threshold\":3"),
	ATTACK(P05_threshold_2_to_31, ILLEGAL_THRESHOLD, "a threshold of 2^31 is refused",
	       threshold_text, .arg = ",\"threshold\":2147483648"),
	ATTACK(P05_threshold_2_to_32_plus_2, ILLEGAL_THRESHOLD, "a threshold of 2^32 + 2 does not wrap to 2",
	       threshold_text, .arg = ",\"threshold\":4294967298"),
	ATTACK(P05_threshold_2_to_63, ILLEGAL_THRESHOLD, "a threshold of 2^63 is refused",
	       threshold_text, .arg = ",\"threshold\":9223372036854775808"),
	ATTACK(P05_threshold_real, ILLEGAL_THRESHOLD, "a threshold of 2.0 is refused",
	       threshold_text, .arg = ",\"threshold\":2.0"),
	ATTACK(P05_threshold_text, TYPE, "a threshold of \"2\" is refused",
	       threshold_text, .arg = ",\"threshold\":\"2\""),
	ATTACK(P05_threshold_null, TYPE, "a threshold of null is refused",
	       threshold_text, .arg = ",\"threshold\":null"),
	ATTACK(P05_threshold_missing, MISSING, "a role without threshold is refused",
	       threshold_text, .arg = ""),
};

int main(void)
{
	return attack_main("attack_signatures", attacks, sizeof(attacks) / sizeof(attacks[0]));
}
