/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole gateway in a test: a simulated world behind an HTTP server, a state
 * folder, a provisioning record, two ECUs, and rounds of the real daemon code.
 *
 *   struct sim_gateway *g = sim_gateway_new();
 *   sim_gateway_release(g, "ECU-A", "a-2.bin", 2, 3000);
 *   assert_int_equal(sim_gateway_round(g), COT_OK);
 */
#ifndef COTTER_TESTS_SIM_GATEWAY_H
#define COTTER_TESTS_SIM_GATEWAY_H

#include "primary/round.h"
#include "tests/sim/folder.h"
#include "tests/sim/httpd.h"
#include "tests/sim/node.h"
#include "tests/sim/repo.h"

#define SIM_GATEWAY_IMAGES 8u

struct sim_gateway {
	struct sim_world *world;
	struct sim_httpd *httpd;
	struct sim_bus *bus;
	struct sim_node *a, *b;    /* ECU-A, ECU-B, each on a link of its own */
	struct cot_config config;
	struct cot_fs fs;          /* real unless a test replaces calls */
	struct cot_store store;
	struct cot_fetch *fetch;
	struct cot_signer *signer;
	struct cot_progress progress;
	struct cot_round round;
	char folder[SIM_FOLDER];
	char record[128];
	struct {
		char name[80];
		uint8_t *bytes;
		size_t len;
	} images[SIM_GATEWAY_IMAGES];
	size_t image_count;
	/* Sees each request first; true: it answered it and *ret says whether the
	 * connection lives on. */
	bool (*hook)(struct sim_gateway *g, int fd, const struct sim_request *r, bool *ret);
	char manifest[65536];      /* last one that was PUT */
	unsigned random;
};

/* Provisioned, not opened yet: the store is factory-fresh. */
struct sim_gateway *sim_gateway_new(void);
void sim_gateway_free(struct sim_gateway *g);

/* Puts a record in place that was signed for a secondary. */
void sim_gateway_secondary_record(struct sim_gateway *g);

/* Puts a record in place by which ECU-B reports under an HMAC key. */
void sim_gateway_hmac_record(struct sim_gateway *g);

/* Opens store (from the record if need be), network and key; close reverses. */
enum cot_err sim_gateway_open(struct sim_gateway *g);
void sim_gateway_close(struct sim_gateway *g);

/* An image of len bytes, in the Image repository and ordered for the ECU. */
void sim_gateway_release(struct sim_gateway *g, const char *ecu, const char *name,
                         uint64_t counter, size_t len);

/* Opens if it is not open, and runs one round. */
enum cot_err sim_gateway_round(struct sim_gateway *g);

/* Hash over everything that is trusted: the state file's floors and documents,
 * not the inventory. */
void sim_gateway_trust(struct sim_gateway *g, uint8_t ret[COT_SHA256_LEN]);

#endif
