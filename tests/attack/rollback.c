/* SPDX-License-Identifier: Apache-2.0
 *
 * P11 to P13 and P31: nothing goes back, nothing changes under its version,
 * nothing of another vehicle counts, and a refused bundle blocks nobody.
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

/* A file as it was, to be served again. */
struct old_file {
	char name[80];
	uint8_t bytes[8192];
	size_t len;
};

static void keep(struct attack_scene *s, unsigned repo, const char *name, struct old_file *ret)
{
	const struct sim_file *file = sim_get(s->w, repo, name);

	assert_non_null(file);
	assert_true(file->len <= sizeof(ret->bytes));
	snprintf(ret->name, sizeof(ret->name), "%s", name);
	memcpy(ret->bytes, file->bytes, file->len);
	ret->len = file->len;
}

static void serve(struct attack_scene *s, unsigned repo, const struct old_file *file)
{
	sim_put(s->w, repo, file->name, cot_slice(file->bytes, file->len));
}

static json_t *meta_of(struct attack_scene *s, unsigned repo)
{
	return json_object_get(json_object_get(sim_signed(s->w, repo, COT_ROLE_SNAPSHOT), "meta"),
	                       "targets.json");
}

/* Signs Snapshot and Timestamp above it as their trees stand, versions raised. */
static void lift_snapshot(struct attack_scene *s, unsigned repo)
{
	sim_publish(s->w, repo, COT_ROLE_SNAPSHOT);
}

/* ---- P11: commit all or nothing ------------------------------------------------------ */

static void listed_version_lowered(struct attack_scene *s)
{
	json_object_set_new(meta_of(s, DIR), "version", json_integer(1));
	sim_write(s->w, DIR, COT_ROLE_SNAPSHOT);
	sim_link(s->w, DIR, COT_ROLE_SNAPSHOT);
	sim_write(s->w, DIR, COT_ROLE_TIMESTAMP);
}

/* The good bundle under the very versions that the bad one had. */
static void good_snapshot_same_version(struct attack_scene *s)
{
	sim_link(s->w, DIR, COT_ROLE_TARGETS);
	sim_write(s->w, DIR, COT_ROLE_SNAPSHOT);
	sim_link(s->w, DIR, COT_ROLE_SNAPSHOT);
	sim_write(s->w, DIR, COT_ROLE_TIMESTAMP);
}

static void targets_withheld(struct attack_scene *s)
{
	sim_remove(s->w, IMG, "3.targets.json");
}

static void targets_back(struct attack_scene *s)
{
	sim_write(s->w, IMG, COT_ROLE_TARGETS);
}

/* ---- P12 ------------------------------------------------------------------------------- */

/* The vehicle follows to version 3; then what it had before is served again. */
static void old_timestamp(struct attack_scene *s, unsigned repo)
{
	struct old_file old;

	keep(s, repo, "timestamp.json", &old);
	attack_accepted(s);
	sim_release(s->w, "ECU-A", "a-4.bin", 4);
	attack_accepted(s);
	serve(s, repo, &old);
}

static void old_director_timestamp(struct attack_scene *s)
{
	old_timestamp(s, DIR);
}

static void old_image_timestamp(struct attack_scene *s)
{
	old_timestamp(s, IMG);
}

/* The Timestamp key is stolen: a new Timestamp that names the old Snapshot. */
static void old_snapshot(struct attack_scene *s, unsigned repo)
{
	json_t *meta = json_deep_copy(json_object_get(
		sim_signed(s->w, repo, COT_ROLE_TIMESTAMP), "meta"));

	attack_accepted(s);
	sim_release(s->w, "ECU-A", "a-4.bin", 4);
	attack_accepted(s);
	json_object_set_new(sim_signed(s->w, repo, COT_ROLE_TIMESTAMP), "meta", meta);
	sim_publish(s->w, repo, COT_ROLE_TIMESTAMP);
}

static void old_director_snapshot(struct attack_scene *s)
{
	old_snapshot(s, DIR);
}

static void old_image_snapshot(struct attack_scene *s)
{
	old_snapshot(s, IMG);
}

/* Timestamp and Snapshot keys are stolen: a new Snapshot that lists old Targets. */
static void old_targets(struct attack_scene *s, unsigned repo)
{
	json_t *meta = json_deep_copy(json_object_get(
		sim_signed(s->w, repo, COT_ROLE_SNAPSHOT), "meta"));

	attack_accepted(s);
	sim_release(s->w, "ECU-A", "a-4.bin", 4);
	attack_accepted(s);
	json_object_set_new(sim_signed(s->w, repo, COT_ROLE_SNAPSHOT), "meta", meta);
	lift_snapshot(s, repo);
}

static void old_director_targets(struct attack_scene *s)
{
	old_targets(s, DIR);
}

static void old_image_targets(struct attack_scene *s)
{
	old_targets(s, IMG);
	/* Something has to be pending, or nobody looks. */
	s->c->ecus[0].installed.known = 0;
}

/* The Snapshot key was rotated, so Snapshot's own memory is gone; Targets have a
 * floor of their own. */
static void old_targets_after_rotation(struct attack_scene *s)
{
	json_t *meta = json_deep_copy(json_object_get(
		sim_signed(s->w, DIR, COT_ROLE_SNAPSHOT), "meta"));

	attack_accepted(s);
	sim_release(s->w, "ECU-A", "a-4.bin", 4);
	attack_accepted(s);
	sim_replace_key(s->w, DIR, COT_ROLE_SNAPSHOT, SIM_DIRECTOR_SNAPSHOT, SIM_SPARE);
	sim_publish(s->w, DIR, COT_ROLE_ROOT);
	sim_fail(s->w, DIR, "timestamp.json", COT_E_UNREACHABLE);
	assert_int_equal(sim_run(s->c).err, COT_E_UNREACHABLE);
	sim_fail(s->w, DIR, "timestamp.json", COT_OK);
	json_object_set_new(sim_signed(s->w, DIR, COT_ROLE_SNAPSHOT), "meta", meta);
	lift_snapshot(s, DIR);
}

static void role_removed(struct attack_scene *s)
{
	json_t *meta = json_object_get(sim_signed(s->w, IMG, COT_ROLE_SNAPSHOT), "meta");

	json_object_set_new(meta, "supplier.json", json_deep_copy(meta_of(s, IMG)));
	lift_snapshot(s, IMG);
	attack_accepted(s);
	json_object_del(meta, "supplier.json");
	sim_release(s->w, "ECU-A", "a-4.bin", 4);
}

static void role_lowered(struct attack_scene *s)
{
	json_t *meta = json_object_get(sim_signed(s->w, IMG, COT_ROLE_SNAPSHOT), "meta");

	json_object_set_new(meta, "supplier.json", json_deep_copy(meta_of(s, IMG)));
	lift_snapshot(s, IMG);
	attack_accepted(s);
	json_object_set_new(json_object_get(meta, "supplier.json"), "version", json_integer(2));
	sim_release(s->w, "ECU-A", "a-4.bin", 4);
}

static void old_targets_on_an_ecu(struct attack_scene *s)
{
	struct old_file old;

	keep(s, DIR, "targets.json", &old);
	attack_accepted(s);
	sim_release(s->w, "ECU-A", "a-4.bin", 4);
	attack_accepted(s);
	serve(s, DIR, &old);
}

/* Release counters: an order for an older image in newer Targets. */
static void older_counter(struct attack_scene *s)
{
	attack_accepted(s);
	sim_install(s->c, "ECU-A");
	sim_order(s->w, "ECU-A", "hw-a", "a-2.bin");
	sim_publish(s->w, DIR, COT_ROLE_TARGETS);
}

static void counter_used_up(struct attack_scene *s)
{
	sim_release(s->w, "ECU-A", "a-9.bin", COT_MAX_COUNTER_STEP + 2);
}

/* ---- P13 --------------------------------------------------------------------------------- */

/* Version 3 is trusted; another content of version 3 is signed. */
static void change(struct attack_scene *s, unsigned repo, enum cot_role role)
{
	attack_accepted(s);
	sim_expires(s->w, repo, role, SIM_NOW + 1000000);
	sim_write(s->w, repo, role);
}

static void other_timestamp(struct attack_scene *s)
{
	change(s, DIR, COT_ROLE_TIMESTAMP);
}

static void other_snapshot(struct attack_scene *s)
{
	change(s, DIR, COT_ROLE_SNAPSHOT);
	sim_link(s->w, DIR, COT_ROLE_SNAPSHOT);
	sim_publish(s->w, DIR, COT_ROLE_TIMESTAMP);
}

static void other_targets(struct attack_scene *s)
{
	change(s, DIR, COT_ROLE_TARGETS);
	attack_lift(s->w, DIR, COT_ROLE_TARGETS);
}

static void other_image_targets(struct attack_scene *s)
{
	change(s, IMG, COT_ROLE_TARGETS);
	attack_lift(s->w, IMG, COT_ROLE_TARGETS);
}

static void other_targets_on_an_ecu(struct attack_scene *s)
{
	change(s, DIR, COT_ROLE_TARGETS);
}

/* The Targets key alone is stolen: the file is swapped, length and all, under
 * the version that the genuine Snapshot lists. */
static void swapped_under_snapshot(struct attack_scene *s)
{
	size_t len = sim_get(s->w, DIR, "3.targets.json")->len;

	sim_order(s->w, "ECU-A", "hw-a", "a-2.bin");
	sim_write(s->w, DIR, COT_ROLE_TARGETS);
	assert_int_equal(sim_get(s->w, DIR, "3.targets.json")->len, len);
}

/* ---- P31 ------------------------------------------------------------------------------------ */

static void set_vehicle(struct attack_scene *s, enum cot_role role, const char *vehicle)
{
	json_t *custom = json_object_get(sim_signed(s->w, DIR, role), "custom");

	if (vehicle != NULL)
		json_object_set_new(custom, "vehicleId", json_string(vehicle));
	else
		json_object_del(custom, "vehicleId");
	sim_publish(s->w, DIR, role);
}

static void other_vehicle(struct attack_scene *s)
{
	sim_order(s->w, "ECU-A", "hw-a", NULL);
	set_vehicle(s, COT_ROLE_TARGETS, s->attack->arg);
}

static void other_vehicle_with_orders(struct attack_scene *s)
{
	set_vehicle(s, COT_ROLE_TARGETS, s->attack->arg);
}

static void other_vehicles_timestamp(struct attack_scene *s)
{
	set_vehicle(s, COT_ROLE_TIMESTAMP, "VEH-0008");
}

static void other_vehicles_snapshot(struct attack_scene *s)
{
	set_vehicle(s, COT_ROLE_SNAPSHOT, "VEH-0008");
}

static const struct attack attacks[] = {
	ATTACK(P11_snapshot_refused_timestamp_kept, ROLLBACK,
	       "a Timestamp is not kept when its Snapshot is refused",
	       listed_version_lowered, .heal = good_snapshot_same_version),
	ATTACK(P11_targets_withheld, ABSENT,
	       "nothing of a bundle is kept when its Targets never come",
	       targets_withheld, .heal = targets_back),
	ATTACK(P12_old_director_timestamp, ROLLBACK,
	       "an older Director Timestamp is refused", old_director_timestamp),
	ATTACK(P12_old_image_timestamp, ROLLBACK,
	       "an older Image Timestamp is refused", old_image_timestamp),
	ATTACK(P12_old_director_snapshot, ROLLBACK,
	       "a Timestamp that names an older Director Snapshot is refused",
	       old_director_snapshot),
	ATTACK(P12_old_image_snapshot, ROLLBACK,
	       "a Timestamp that names an older Image Snapshot is refused",
	       old_image_snapshot),
	ATTACK(P12_old_director_targets, ROLLBACK,
	       "a Snapshot that lists older Director Targets is refused",
	       old_director_targets),
	ATTACK(P12_old_image_targets, ROLLBACK,
	       "a Snapshot that lists older Image Targets is refused", old_image_targets),
	ATTACK(P12_old_targets_after_rotation, ROLLBACK,
	       "Targets keep their floor when Snapshot's key is rotated",
	       old_targets_after_rotation),
	ATTACK(P12_role_removed, FILE_REMOVED,
	       "a Snapshot that no longer lists a role is refused", role_removed),
	ATTACK(P12_role_lowered, ROLLBACK,
	       "a Snapshot that lists an older delegated role is refused", role_lowered),
	ATTACK(P12_old_targets_on_an_ecu, ROLLBACK,
	       "a partially verifying ECU refuses older Director Targets",
	       old_targets_on_an_ecu, .kind = SIM_PARTIAL),
	ATTACK(P12_older_counter, COUNTER,
	       "newer Targets cannot order an older release", older_counter),
	ATTACK(P12_older_counter_on_an_ecu, COUNTER,
	       "a partially verifying ECU refuses an older release",
	       older_counter, .kind = SIM_PARTIAL),
	ATTACK(P12_counter_used_up, COUNTER_JUMP,
	       "a stolen key cannot use up the release counter", counter_used_up),
	ATTACK(P13_other_timestamp, SAME_VERSION,
	       "another Timestamp of the trusted version is refused", other_timestamp),
	ATTACK(P13_other_snapshot, SAME_VERSION,
	       "another Snapshot of the trusted version is refused", other_snapshot),
	ATTACK(P13_other_director_targets, SAME_VERSION,
	       "other Director Targets of the trusted version are refused", other_targets),
	ATTACK(P13_other_image_targets, SAME_VERSION,
	       "other Image Targets of the trusted version are refused", other_image_targets),
	ATTACK(P13_other_targets_on_an_ecu, SAME_VERSION,
	       "a partially verifying ECU refuses other Targets of the trusted version",
	       other_targets_on_an_ecu, .kind = SIM_PARTIAL),
	ATTACK(P13_swapped_under_snapshot, MIX_AND_MATCH,
	       "a stolen Targets key alone cannot swap the file that Snapshot lists",
	       swapped_under_snapshot),
	ATTACK(P31_empty_of_other_vehicle, VEHICLE,
	       "empty Director Targets of another vehicle are refused",
	       other_vehicle, .arg = "VEH-0008"),
	ATTACK(P31_orders_of_other_vehicle, VEHICLE,
	       "Director Targets of another vehicle are refused",
	       other_vehicle_with_orders, .arg = "VEH-0008"),
	ATTACK(P31_vehicle_prefix, VEHICLE,
	       "a vehicle id that ours is the beginning of is another one",
	       other_vehicle_with_orders, .arg = SIM_VEHICLE "0"),
	ATTACK(P31_no_vehicle, VEHICLE,
	       "Director Targets without a vehicle id are refused", other_vehicle),
	ATTACK(P31_timestamp_of_other_vehicle, VEHICLE,
	       "a Director Timestamp of another vehicle is refused", other_vehicles_timestamp),
	ATTACK(P31_snapshot_of_other_vehicle, VEHICLE,
	       "a Director Snapshot of another vehicle is refused", other_vehicles_snapshot),
	ATTACK(P31_own_old_one, ROLLBACK,
	       "our own older Director Targets are refused", old_director_targets),
	ATTACK(P31_other_vehicle_on_an_ecu, VEHICLE,
	       "a partially verifying ECU refuses another vehicle's Targets",
	       other_vehicle, .arg = "VEH-0008", .kind = SIM_PARTIAL),
	ATTACK(P31_no_vehicle_on_an_ecu, VEHICLE,
	       "a partially verifying ECU refuses Targets without a vehicle id",
	       other_vehicle, .kind = SIM_PARTIAL),
};

int main(void)
{
	return attack_main("attack_rollback", attacks, sizeof(attacks) / sizeof(attacks[0]));
}
