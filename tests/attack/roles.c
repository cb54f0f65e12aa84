/* SPDX-License-Identifier: Apache-2.0
 *
 * P28 to P30: one role is not another, a file is as long as it was said to be, and
 * the Director orders only what it may.
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

/* ---- P28 ------------------------------------------------------------------------- */

/* The body of one role, signed by the keys of another, under the other's name. */
static void serve_as(struct attack_scene *s, unsigned from_repo, enum cot_role from,
                     unsigned repo, enum cot_role role)
{
	char *body = sim_text(sim_signed(s->w, from_repo, from));

	attack_write_text(s->w, repo, role, body);
	attack_lift(s->w, repo, role);
	free(body);
}

static void snapshot_as_timestamp(struct attack_scene *s)
{
	serve_as(s, DIR, COT_ROLE_SNAPSHOT, DIR, COT_ROLE_TIMESTAMP);
}

static void timestamp_as_snapshot(struct attack_scene *s)
{
	serve_as(s, DIR, COT_ROLE_TIMESTAMP, DIR, COT_ROLE_SNAPSHOT);
}

static void snapshot_as_targets(struct attack_scene *s)
{
	serve_as(s, DIR, COT_ROLE_SNAPSHOT, DIR, COT_ROLE_TARGETS);
}

static void image_targets_as_director(struct attack_scene *s)
{
	serve_as(s, IMG, COT_ROLE_TARGETS, DIR, COT_ROLE_TARGETS);
}

static void director_targets_as_image(struct attack_scene *s)
{
	serve_as(s, DIR, COT_ROLE_TARGETS, IMG, COT_ROLE_TARGETS);
}

static void image_timestamp_as_director(struct attack_scene *s)
{
	serve_as(s, IMG, COT_ROLE_TIMESTAMP, DIR, COT_ROLE_TIMESTAMP);
}

static void targets_as_root(struct attack_scene *s)
{
	sim_version(s->w, DIR, COT_ROLE_ROOT, 2);
	serve_as(s, DIR, COT_ROLE_TARGETS, DIR, COT_ROLE_ROOT);
}

/* The Image Root owner is tricked into signing a Root of the Director. */
static void director_root_as_image(struct attack_scene *s)
{
	json_t *custom = json_object_get(sim_signed(s->w, IMG, COT_ROLE_ROOT), "custom");

	json_object_set_new(custom, "repository", json_string("director"));
	sim_publish(s->w, IMG, COT_ROLE_ROOT);
}

static void director_root_file_as_image(struct attack_scene *s)
{
	struct sim_file *file;

	sim_publish(s->w, DIR, COT_ROLE_ROOT);
	file = sim_get(s->w, DIR, "2.root.json");
	sim_put(s->w, IMG, "2.root.json", cot_slice(file->bytes, file->len));
	sim_remove(s->w, DIR, "2.root.json");
	sim_version(s->w, DIR, COT_ROLE_ROOT, 1);
}

static void no_repository(struct attack_scene *s)
{
	json_object_del(json_object_get(sim_signed(s->w, DIR, COT_ROLE_TIMESTAMP), "custom"),
	                "repository");
	sim_publish(s->w, DIR, COT_ROLE_TIMESTAMP);
}

static void shared_key(struct attack_scene *s)
{
	sim_add_key(s->w, IMG, COT_ROLE_TARGETS, SIM_DIRECTOR_TARGETS);
	sim_publish(s->w, IMG, COT_ROLE_ROOT);
}

static void key_of_another_role(struct attack_scene *s)
{
	sim_signers(s->w, DIR, COT_ROLE_TARGETS, (const unsigned[]){ SIM_DIRECTOR_SNAPSHOT, 0 });
	sim_publish(s->w, DIR, COT_ROLE_TARGETS);
}

static bool timestamp_as_time(void *arg, struct sim_client *c, const struct cot_need *need)
{
	char *body, *text;
	size_t len;

	(void)arg;
	if (need->kind != COT_NEED_TIME)
		return false;
	body = sim_text(sim_signed(c->world, DIR, COT_ROLE_TIMESTAMP));
	text = sim_sign_text(body, (const unsigned[]){ SIM_TIME, 0 }, &len);
	sim_give(c, need, cot_slice(text, len));
	free(text);
	free(body);
	return true;
}

static void timestamp_for_time(struct attack_scene *s)
{
	s->c->hook = timestamp_as_time;
}

/* ---- P29 -------------------------------------------------------------------------- */

/* The genuine file with blanks after it, up to len bytes. */
static void pad(struct attack_scene *s, unsigned repo, const char *name, size_t len)
{
	struct sim_file *file = sim_get(s->w, repo, name);
	uint8_t *bytes = malloc(len);

	assert_non_null(bytes);
	assert_true(file->len <= len);
	memset(bytes, ' ', len);
	memcpy(bytes, file->bytes, file->len);
	sim_put(s->w, repo, name, cot_slice(bytes, len));
	free(bytes);
}

static void timestamp_above_cap(struct attack_scene *s)
{
	pad(s, DIR, "timestamp.json", COT_MAX_TIMESTAMP + 1);
}

/* At the cap it is read, and refused for what follows the value. */
static void timestamp_at_cap(struct attack_scene *s)
{
	pad(s, DIR, "timestamp.json", COT_MAX_TIMESTAMP);
}

static void root_above_cap(struct attack_scene *s)
{
	sim_publish(s->w, DIR, COT_ROLE_ROOT);
	pad(s, DIR, "2.root.json", COT_MAX_ROOT + 1);
}

static void targets_above_cap(struct attack_scene *s)
{
	pad(s, DIR, "targets.json", COT_MAX_DIRECTOR_TARGETS + 1);
}

static void snapshot_longer(struct attack_scene *s)
{
	pad(s, DIR, "3.snapshot.json", sim_get(s->w, DIR, "3.snapshot.json")->len + 1);
}

static void targets_longer(struct attack_scene *s)
{
	pad(s, IMG, "3.targets.json", sim_get(s->w, IMG, "3.targets.json")->len + 1);
}

static void cut(struct attack_scene *s, unsigned repo, const char *name)
{
	struct sim_file *file = sim_get(s->w, repo, name);
	uint8_t *bytes = malloc(file->len);
	size_t len = file->len - 1;

	assert_non_null(bytes);
	memcpy(bytes, file->bytes, len);
	sim_put(s->w, repo, name, cot_slice(bytes, len));
	free(bytes);
}

static void snapshot_shorter(struct attack_scene *s)
{
	cut(s, DIR, "3.snapshot.json");
}

static void targets_shorter(struct attack_scene *s)
{
	cut(s, IMG, "3.targets.json");
}

static void timestamp_cut(struct attack_scene *s)
{
	cut(s, DIR, "timestamp.json");
}

static json_t *listed_snapshot(struct attack_scene *s)
{
	return json_object_get(json_object_get(sim_signed(s->w, DIR, COT_ROLE_TIMESTAMP), "meta"),
	                       "snapshot.json");
}

static void listed_length_wraps(struct attack_scene *s)
{
	json_int_t len = (json_int_t)sim_get(s->w, DIR, "3.snapshot.json")->len;

	json_object_set_new(listed_snapshot(s), "length", json_integer(len + 4294967296));
	sim_write(s->w, DIR, COT_ROLE_TIMESTAMP);
}

static void listed_length_missing(struct attack_scene *s)
{
	json_object_del(listed_snapshot(s), "length");
	sim_write(s->w, DIR, COT_ROLE_TIMESTAMP);
}

static void listed_hashes_missing(struct attack_scene *s)
{
	json_object_del(listed_snapshot(s), "hashes");
	sim_write(s->w, DIR, COT_ROLE_TIMESTAMP);
}

/* ---- P30 ----------------------------------------------------------------------------- */

static json_t *entry_of(struct attack_scene *s, unsigned repo)
{
	return json_object_get(json_object_get(sim_signed(s->w, repo, COT_ROLE_TARGETS),
	                                       "targets"), "a-3.bin");
}

static json_t *custom_of(struct attack_scene *s, unsigned repo)
{
	return json_object_get(entry_of(s, repo), "custom");
}

static void publish_targets(struct attack_scene *s, unsigned repo)
{
	sim_publish(s->w, repo, COT_ROLE_TARGETS);
}

static void director_delegates(struct attack_scene *s)
{
	json_object_set_new(sim_signed(s->w, DIR, COT_ROLE_TARGETS), "delegations",
	                    json_pack("{s:{}, s:[]}", "keys", "roles"));
	publish_targets(s, DIR);
}

static void same_ecu_twice(struct attack_scene *s)
{
	json_t *targets = json_object_get(sim_signed(s->w, DIR, COT_ROLE_TARGETS), "targets");
	json_t *copy = json_deep_copy(entry_of(s, DIR));

	json_object_set_new(targets, "a-3-again.bin", copy);
	publish_targets(s, DIR);
}

static void unknown_ecu(struct attack_scene *s)
{
	json_t *ecus = json_object_get(custom_of(s, DIR), "ecuIdentifiers");

	json_object_set_new(ecus, "ECU-Z", json_pack("{s:s}", "hardwareId", "hw-a"));
	publish_targets(s, DIR);
}

static void wrong_hardware(struct attack_scene *s)
{
	sim_order(s->w, "ECU-A", s->attack->arg, "a-3.bin");
	publish_targets(s, DIR);
}

/* The Director calls the image fit for hardware that Image did not list. */
static void hardware_only_in_director(struct attack_scene *s)
{
	json_object_set_new(custom_of(s, IMG), "hardwareIds", json_pack("[s]", "hw-b"));
	json_object_del(custom_of(s, DIR), "hardwareIds");
	publish_targets(s, IMG);
	publish_targets(s, DIR);
}

static void hardware_lists_differ(struct attack_scene *s)
{
	json_object_set_new(custom_of(s, DIR), "hardwareIds", json_pack("[s,s]", "hw-a", "hw-b"));
	publish_targets(s, DIR);
}

static void image_without_hardware(struct attack_scene *s)
{
	json_object_del(custom_of(s, IMG), "hardwareIds");
	publish_targets(s, IMG);
}

static void not_in_image(struct attack_scene *s)
{
	json_object_del(json_object_get(sim_signed(s->w, IMG, COT_ROLE_TARGETS), "targets"),
	                "a-3.bin");
	publish_targets(s, IMG);
}

static void other_name_in_image(struct attack_scene *s)
{
	json_t *targets = json_object_get(sim_signed(s->w, IMG, COT_ROLE_TARGETS), "targets");

	json_object_set(targets, "A-3.bin", entry_of(s, IMG));
	json_object_del(targets, "a-3.bin");
	publish_targets(s, IMG);
}

static void length_differs(struct attack_scene *s)
{
	json_object_set_new(entry_of(s, DIR), "length", json_integer(1));
	publish_targets(s, DIR);
}

static void hash_differs(struct attack_scene *s)
{
	json_t *hashes = json_object_get(entry_of(s, DIR), "hashes");
	char text[129];

	snprintf(text, sizeof(text), "%s",
	         json_string_value(json_object_get(hashes, s->attack->arg)));
	text[0] = text[0] == '0' ? '1' : '0';
	json_object_set_new(hashes, s->attack->arg, json_string(text));
	publish_targets(s, DIR);
}

static void hash_dropped(struct attack_scene *s)
{
	json_object_del(json_object_get(entry_of(s, DIR), "hashes"), s->attack->arg);
	publish_targets(s, DIR);
}

static void counter_differs(struct attack_scene *s)
{
	json_object_set_new(custom_of(s, DIR), "releaseCounter", json_integer(4));
	publish_targets(s, DIR);
}

/* The ECU runs what is ordered; the thief of the Director's keys orders it once
 * more, with a counter that would shut out every honest release. */
static void counter_raised(struct attack_scene *s)
{
	json_t *targets = json_object_get(sim_signed(s->w, DIR, COT_ROLE_TARGETS), "targets");
	json_t *custom;

	sim_install(s->c, "ECU-A");
	sim_order(s->w, "ECU-A", "hw-a", "a-2.bin");
	custom = json_object_get(json_object_get(targets, "a-2.bin"), "custom");
	json_object_set_new(custom, "releaseCounter", json_integer(2 + 65536));
	sim_publish(s->w, DIR, COT_ROLE_TARGETS);
}

static void honest_again(struct attack_scene *s)
{
	sim_release(s->w, "ECU-A", "a-4.bin", 4);
}

static void counter_missing(struct attack_scene *s)
{
	unsigned repo = strcmp(s->attack->arg, "image") == 0 ? IMG : DIR;

	json_object_del(custom_of(s, repo), "releaseCounter");
	publish_targets(s, repo);
}

static void must_match_differs(struct attack_scene *s)
{
	json_object_set_new(custom_of(s, DIR), "mustMatch", json_pack("{s:s}", "region", "us"));
	json_object_set_new(custom_of(s, IMG), "mustMatch", json_pack("{s:s}", "region", "eu"));
	publish_targets(s, IMG);
	publish_targets(s, DIR);
}

static void must_match_of_17(struct attack_scene *s)
{
	json_t *members = json_object();
	char name[8];
	unsigned i;

	for (i = 0; i <= COT_MAX_MUST_MATCH; i++) {
		snprintf(name, sizeof(name), "m%u", i);
		json_object_set_new(members, name, json_integer(1));
	}
	json_object_set(custom_of(s, DIR), "mustMatch", members);
	json_object_set_new(custom_of(s, IMG), "mustMatch", members);
	publish_targets(s, IMG);
	publish_targets(s, DIR);
}

static void must_match_on_one_side(struct attack_scene *s)
{
	json_object_set_new(custom_of(s, IMG), "mustMatch", json_pack("{s:s}", "region", "eu"));
	publish_targets(s, IMG);
}

/* All online keys of the Director are stolen; an order for one ECU is fine and
 * one is not: nothing of it is taken. */
static void one_of_two_orders(struct attack_scene *s)
{
	sim_image(s->w, "b-2.bin", 2, "hw-b");
	sim_order(s->w, "ECU-B", "hw-b", "b-2.bin");
	publish_targets(s, DIR);
}

static const struct attack attacks[] = {
	ATTACK(P28_snapshot_as_timestamp, ROLE_TYPE,
	       "a Snapshot signed by Timestamp's key is no Timestamp", snapshot_as_timestamp),
	ATTACK(P28_timestamp_as_snapshot, ROLE_TYPE,
	       "a Timestamp signed by Snapshot's key is no Snapshot", timestamp_as_snapshot),
	ATTACK(P28_snapshot_as_targets, ROLE_TYPE,
	       "a Snapshot signed by Targets' key is no Targets", snapshot_as_targets),
	ATTACK(P28_targets_as_root, ROLE_TYPE,
	       "Targets signed by Root's keys are no Root", targets_as_root),
	ATTACK(P28_timestamp_for_time, ROLE_TYPE,
	       "a Timestamp signed by the time key is no time", timestamp_for_time),
	ATTACK(P28_image_targets_as_director, REPOSITORY,
	       "Image Targets signed by the Director's key order nothing",
	       image_targets_as_director),
	ATTACK(P28_director_targets_as_image, REPOSITORY,
	       "Director Targets signed by Image keys stand for nothing",
	       director_targets_as_image),
	ATTACK(P28_image_timestamp_as_director, REPOSITORY,
	       "an Image Timestamp signed by the Director's key is not the Director's",
	       image_timestamp_as_director),
	ATTACK(P28_director_root_as_image, REPOSITORY,
	       "a Root that says it is the Director's is not Image's",
	       director_root_as_image),
	ATTACK(P28_director_root_file_as_image, ROOT_SIG_OLD,
	       "the Director's own Root is not Image's", director_root_file_as_image),
	ATTACK(P28_no_repository, MISSING,
	       "a Timestamp that does not say whose it is is refused", no_repository),
	ATTACK(P28_shared_key, KEY_SHARED,
	       "a Root that lists a key of the other repository is refused", shared_key),
	ATTACK(P28_key_of_another_role, SIG_THRESHOLD,
	       "Snapshot's key signs no Targets", key_of_another_role),
	ATTACK(P28_key_of_another_role_on_an_ecu, SIG_THRESHOLD,
	       "a partially verifying ECU takes no Targets by Snapshot's key",
	       key_of_another_role, .kind = SIM_PARTIAL),
	ATTACK(P29_timestamp_above_cap, LENGTH_EXCEEDED,
	       "a Timestamp of one byte more than the cap is not read", timestamp_above_cap),
	ATTACK(P29_timestamp_at_cap, TRAILING,
	       "a Timestamp of exactly the cap is read, and its padding refused",
	       timestamp_at_cap),
	ATTACK(P29_root_above_cap, LENGTH_EXCEEDED,
	       "a Root of one byte more than the cap is not read", root_above_cap),
	ATTACK(P29_targets_above_cap, LENGTH_EXCEEDED,
	       "Targets of one byte more than the cap are not read",
	       targets_above_cap, .kind = SIM_PARTIAL),
	ATTACK(P29_snapshot_longer, LENGTH_EXCEEDED,
	       "a Snapshot one byte longer than listed is refused", snapshot_longer),
	ATTACK(P29_targets_longer, LENGTH_EXCEEDED,
	       "Targets one byte longer than listed are refused", targets_longer),
	ATTACK(P29_snapshot_shorter, LENGTH_MISMATCH,
	       "a Snapshot one byte shorter than listed is refused", snapshot_shorter),
	ATTACK(P29_targets_shorter, LENGTH_MISMATCH,
	       "Targets one byte shorter than listed are refused", targets_shorter),
	ATTACK(P29_timestamp_cut, TRUNCATED,
	       "a Timestamp without its last byte is refused", timestamp_cut),
	ATTACK(P29_listed_length_wraps, NUMBER,
	       "a listed length of 2^32 and some does not wrap", listed_length_wraps),
	ATTACK(P29_listed_length_missing, MISSING,
	       "a Timestamp that lists no length is refused", listed_length_missing),
	ATTACK(P29_listed_hashes_missing, MISSING,
	       "a Timestamp that lists no hash is refused", listed_hashes_missing),
	ATTACK(P30_director_delegates, DELEGATION,
	       "the Director may not delegate", director_delegates),
	ATTACK(P30_director_delegates_to_an_ecu, DELEGATION,
	       "a partially verifying ECU takes no delegation either",
	       director_delegates, .kind = SIM_PARTIAL),
	ATTACK(P30_same_ecu_twice, ECU_DUPLICATE,
	       "two orders for one ECU are none", same_ecu_twice),
	ATTACK(P30_same_ecu_twice_on_an_ecu, ECU_DUPLICATE,
	       "a partially verifying ECU refuses two orders for itself",
	       same_ecu_twice, .kind = SIM_PARTIAL),
	ATTACK(P30_unknown_ecu, ECU_UNKNOWN,
	       "an ECU that the vehicle does not have cannot be ordered anything", unknown_ecu),
	ATTACK(P30_wrong_hardware, HWID,
	       "an order for hardware that the ECU does not have is refused",
	       wrong_hardware, .arg = "hw-b"),
	ATTACK(P30_wrong_hardware_on_an_ecu, HWID,
	       "an ECU refuses an order for other hardware",
	       wrong_hardware, .arg = "hw-b", .kind = SIM_PARTIAL),
	ATTACK(P30_hardware_prefix, HWID,
	       "hardware that ours is the beginning of is other hardware",
	       wrong_hardware, .arg = "hw-aa"),
	ATTACK(P30_hardware_only_in_director, HWID,
	       "an image that Image lists for other hardware is refused",
	       hardware_only_in_director),
	ATTACK(P30_hardware_lists_differ, REPO_MISMATCH,
	       "the Director may not widen the list of hardware", hardware_lists_differ),
	ATTACK(P30_image_without_hardware, MISSING,
	       "an image that Image lists for no hardware is refused", image_without_hardware),
	ATTACK(P30_not_in_image, NOT_IN_IMAGE,
	       "an image that Image never signed is refused", not_in_image),
	ATTACK(P30_other_name_in_image, NOT_IN_IMAGE,
	       "the same image under another name is another image", other_name_in_image),
	ATTACK(P30_length_differs, REPO_MISMATCH,
	       "the repositories must agree on the length", length_differs),
	ATTACK(P30_sha256_differs, REPO_MISMATCH,
	       "the repositories must agree on SHA-256", hash_differs, .arg = "sha256"),
	ATTACK(P30_sha512_differs, REPO_MISMATCH,
	       "the repositories must agree on SHA-512", hash_differs, .arg = "sha512"),
	ATTACK(P30_hash_dropped, REPO_MISMATCH,
	       "the Director may not drop a hash", hash_dropped, .arg = "sha512"),
	ATTACK(P30_counter_differs, REPO_MISMATCH,
	       "the repositories must agree on the counter", counter_differs),
	ATTACK(P30_counter_raised, REPO_MISMATCH,
	       "the Director alone may not raise the counter of what already runs",
	       counter_raised, honest_again),
	ATTACK(P30_counter_raised_on_a_full_ecu, REPO_MISMATCH,
	       "a fully verifying ECU takes no counter from the Director alone",
	       counter_raised, honest_again, .kind = SIM_FULL_ECU),
	ATTACK(P30_counter_missing_in_director, MISSING,
	       "an order without counter is refused", counter_missing, .arg = "director"),
	ATTACK(P30_counter_missing_in_image, MISSING,
	       "an image without counter is refused", counter_missing, .arg = "image"),
	ATTACK(P30_must_match_differs, REPO_MISMATCH,
	       "must-match members must match", must_match_differs),
	ATTACK(P30_must_match_on_one_side, REPO_MISMATCH,
	       "a must-match member on one side only does not match", must_match_on_one_side),
	ATTACK(P30_must_match_of_17, LIMIT,
	       "an order with 17 must-match members is refused", must_match_of_17),
	ATTACK(P30_one_of_two_orders, NOT_IN_IMAGE,
	       "one bad order spoils the whole bundle", one_of_two_orders),
	ATTACK(P30_not_in_image_on_a_full_ecu, NOT_IN_IMAGE,
	       "a fully verifying ECU refuses what Image never signed",
	       not_in_image, .kind = SIM_FULL_ECU),
};

int main(void)
{
	return attack_main("attack_roles", attacks, sizeof(attacks) / sizeof(attacks[0]));
}
