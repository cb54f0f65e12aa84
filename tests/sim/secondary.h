/* SPDX-License-Identifier: Apache-2.0
 *
 * A verifying secondary, and the conversation of an honest primary with it.
 *
 *   struct sim_world *w = sim_world_new();
 *   struct sim_secondary *s = sim_secondary_new(w, &sim_flash_posix);
 *   sim_secondary_release(s, "a-2.bin", 2);       an image, and its order
 *   err = sim_secondary_update(s, "a-2.bin");      the whole of docs/link.md
 *
 * It is ECU-A with hardware hw-a in the world's vehicle, born with the
 * Director's documents as they are then and "a-1.bin", counter 1, in slot A.
 * A reset loses all of its RAM.  Single steps are there for tests that go
 * another way than an honest primary.
 *
 * Who that node is says its backend.  sim_backend is the product's own code in
 * this process, from request bytes down to flash in RAM, without a link and
 * without waiting; its parts (node, flash, clock) lie open in the struct.
 * tests/metal/backend.h is the boot loader of the mps2 board in an emulator.  A
 * test that keeps to the functions below runs against either.
 */
#ifndef COTTER_TESTS_SIM_SECONDARY_H
#define COTTER_TESTS_SIM_SECONDARY_H

#include "metadata/report.h"
#include "secondary/secondary.h"
#include "tests/sim/flash.h"
#include "tests/sim/repo.h"

#define SIM_SECONDARY_ECU "ECU-A"
#define SIM_SECONDARY_HWID "hw-a"
#define SIM_SECONDARY_KEY 60u /* its report key */
#define SIM_IMAGES 16u

enum sim_selftest { SIM_TEST_OK, SIM_TEST_NONE };

struct sim_artifact {
	char name[80];
	uint64_t counter;
	uint8_t *bytes;
	size_t len;
};

struct sim_secondary;

/* What a node tells of itself, as a status request would. */
struct sim_secondary_view {
	enum cot_node_mode mode;
	uint8_t running;   /* slot whose image runs; COT_SEC_SLOTS: none */
	enum cot_err last; /* last refusal since reset */
	uint16_t budget;
	uint32_t taken;    /* bytes of the artifact that were taken */
};

struct sim_secondary_backend {
	const char *name;
	bool in_process; /* node, flash and now_ms of the struct are the node's */
	size_t image_len; /* bytes of a usual image; 0: 20,000 */
	/* Fills a->bytes, of a->len bytes, by the image's name. */
	void (*image)(const struct sim_artifact *a);
	/* From record and "a-1.bin" to a node that was never powered. */
	void (*birth)(struct sim_secondary *s);
	/* In its place: to a node that holds what was saved.  NULL: there is no such way. */
	void (*revive)(struct sim_secondary *s, const uint8_t *saved);
	void (*end)(struct sim_secondary *s);
	void (*reset)(struct sim_secondary *s, bool programming);
	/* Fills s->answer. */
	void (*ask)(struct sim_secondary *s, struct cot_slice request);
	void (*wait)(struct sim_secondary *s, unsigned ms);
	void (*earn)(struct sim_secondary *s);
	void (*view)(struct sim_secondary *s, struct sim_secondary_view *ret);
	/* What would be there if power went now. */
	void (*state)(struct sim_secondary *s, struct cot_sec_state *ret);
	void (*read)(struct sim_secondary *s, enum cot_region region, uint32_t offset,
	             void *ret, uint32_t len);
	uint32_t (*region_size)(struct sim_secondary *s, enum cot_region region);
	uint64_t (*writes)(struct sim_secondary *s);
	const struct cot_flash *(*unpowered)(struct sim_secondary *s);
	uint8_t *(*cells)(struct sim_secondary *s, enum cot_region region);
	uint8_t *(*save)(struct sim_secondary *s);
	void (*load)(struct sim_secondary *s, const uint8_t *saved);
};

extern const struct sim_secondary_backend sim_backend;

struct sim_secondary {
	const struct sim_secondary_backend *backend;
	void *board;              /* the backend's own */
	struct sim_world *w;
	struct sim_flash flash;
	struct cot_port port;
	struct cot_sec node;
	struct cot_boot boot;
	uint64_t now_ms;
	uint32_t random;          /* of its random source: fixed seed */
	enum sim_selftest test;   /* what the image on trial does; may be told by name */
	bool refuse_programming;
	unsigned resets;
	unsigned pendings;        /* 7F xx 78 seen */
	uint16_t block;           /* data bytes per 36 at most, 0: as the node says */
	struct sim_artifact image[SIM_IMAGES];
	size_t images;
	uint8_t time_buf[8192];
	uint8_t response[4095];
	uint8_t answer[4095];     /* copy of the last response */
	size_t answer_len;
	uint8_t window[256 * 1024];
	FILE *tap;                /* if not NULL: each request, after its length in two bytes */
	char *record;
	size_t record_len;
	char *time_text; /* last time message; a cut may leave it behind */
};

struct sim_secondary *sim_secondary_new(struct sim_world *w,
                                        const struct sim_flash_geometry *geometry);
/* The same by any backend; sim_backend with the posix port's geometry. */
struct sim_secondary *sim_secondary_open(struct sim_world *w,
                                         const struct sim_secondary_backend *backend);
/* The same with what sim_secondary_save gave of a node of an equal world. */
struct sim_secondary *sim_secondary_revive(struct sim_world *w,
                                           const struct sim_secondary_backend *backend,
                                           const uint8_t *saved);
void sim_secondary_free(struct sim_secondary *s);

/* An image of that many bytes, made from its name, that can be ordered. */
void sim_secondary_image(struct sim_secondary *s, const char *name, uint64_t counter,
                         size_t len);
/* One of the usual length. */
void sim_secondary_usual(struct sim_secondary *s, const char *name, uint64_t counter);
const struct sim_artifact *sim_secondary_artifact(const struct sim_secondary *s,
                                                  const char *name);
/* Orders it in the Director's tree for that ECU and hardware, beside other orders;
 * not published.  NULL name: no order for that ECU. */
void sim_secondary_order(struct sim_secondary *s, const char *ecu, const char *hwid,
                         const char *name);
/* A usual image, its order, published. */
void sim_secondary_release(struct sim_secondary *s, const char *name, uint64_t counter);

/* Power on: RAM is what it may be, then the boot decision, the image's self-test. */
void sim_secondary_reset(struct sim_secondary *s, bool programming);

/* So much time passes with nothing on the bus; a machine takes it. */
void sim_secondary_wait(struct sim_secondary *s, unsigned ms);
/* Twelve hours of power pass: one staging comes back.  A machine finds the ledger as it
 * would be then, and has been reset. */
void sim_secondary_earn(struct sim_secondary *s);

/* One request with its response, resets included; empty if none comes. */
struct cot_slice sim_secondary_ask(struct sim_secondary *s, struct cot_slice request);
/* The same from and to structs; the negative response code. */
uint8_t sim_secondary_uds(struct sim_secondary *s, const struct cot_uds_request *request,
                          struct cot_uds_response *ret);

/* ---- steps of the conversation; a negative response is an error ------------------ */

enum cot_err sim_secondary_session(struct sim_secondary *s, uint8_t sub);
enum cot_err sim_secondary_hard_reset(struct sim_secondary *s);
enum cot_err sim_secondary_node(struct sim_secondary *s, struct cot_node_status *ret);
enum cot_err sim_secondary_component(struct sim_secondary *s, struct cot_component_status *ret);
/* The sealed report, in s->answer until the next request. */
enum cot_err sim_secondary_report(struct sim_secondary *s, struct cot_slice *ret);
/* The same, verified under the ECU's key, and read; slices into s->answer. */
enum cot_err sim_secondary_verified_report(struct sim_secondary *s, struct cot_report *ret);
enum cot_err sim_secondary_send(struct sim_secondary *s, const char *name,
                                struct cot_slice bytes);
/* A file of the Director as it is served. */
enum cot_err sim_secondary_send_served(struct sim_secondary *s, const char *served,
                                       const char *name);
/* Reads a nonce and sends a time message for it. */
enum cot_err sim_secondary_send_time(struct sim_secondary *s);
enum cot_err sim_secondary_verify(struct sim_secondary *s, struct cot_verify_result *ret);
enum cot_err sim_secondary_stage(struct sim_secondary *s, struct cot_stage_result *ret);
/* 34, 36.., 37 from that offset on. */
enum cot_err sim_secondary_transfer(struct sim_secondary *s, const struct sim_artifact *a,
                                    uint32_t offset);
enum cot_err sim_secondary_activate(struct sim_secondary *s);

/* Programming session, Root walk, Targets, time, verify. */
enum cot_err sim_secondary_metadata(struct sim_secondary *s);
/* Stage, transfer and exit of what is ordered; nothing if it is there already. */
enum cot_err sim_secondary_install(struct sim_secondary *s, const char *name);
/* Everything, to a confirmed image: the ordered one of that name. */
enum cot_err sim_secondary_update(struct sim_secondary *s, const char *name);

/* Does the node run that image, confirmed? */
bool sim_secondary_runs(struct sim_secondary *s, const char *name);

/* ---- what a test wants to know ------------------------------------------------------- */

struct sim_secondary_view sim_secondary_view(struct sim_secondary *s);
enum cot_err sim_secondary_last(struct sim_secondary *s);
/* What is stored: what a node would find if power went now. */
void sim_secondary_state(struct sim_secondary *s, struct cot_sec_state *ret);
void sim_secondary_read(struct sim_secondary *s, enum cot_region region, uint32_t offset,
                        void *ret, uint32_t len);
uint32_t sim_secondary_slot_size(struct sim_secondary *s);
/* What the image that was tried last was handed over. */
struct cot_confirm sim_secondary_handed(struct sim_secondary *s);
/* A number that is another one after flash was written. */
uint64_t sim_secondary_writes(struct sim_secondary *s);

/* ---- flash in other hands --------------------------------------------------------------- */

/* Both take the power away where there is any; the next reset gives it back.  By the
 * rules of flash, or cell by cell. */
const struct cot_flash *sim_secondary_unpowered(struct sim_secondary *s);
uint8_t *sim_secondary_cells(struct sim_secondary *s, enum cot_region region);

/* All of flash, malloc'ed, and back, followed by a reset. */
uint8_t *sim_secondary_save(struct sim_secondary *s);
void sim_secondary_load(struct sim_secondary *s, const uint8_t *saved);

#endif
