/* SPDX-License-Identifier: Apache-2.0
 *
 * An ECU that speaks docs/link.md over a unix: link and does what a test says.
 *
 * It verifies nothing: it is there to try the primary, not the secondary.  It
 * runs in the thread of the test, inside the waiting of the client's clock:
 * whenever the primary waits, the nodes work, and if they have nothing to do
 * virtual time jumps.  So silence costs no time and every run is the same.
 *
 *   struct sim_bus *bus = sim_bus_new(folder);
 *   struct sim_node *a = sim_bus_add(bus, "a");
 *   sim_node_ecu(a, "ECU-A", SIM_ECU_KEY);
 *   ... link "unix:FOLDER/a", clock sim_bus_clock(bus) ...
 */
#ifndef COTTER_TESTS_SIM_NODE_H
#define COTTER_TESTS_SIM_NODE_H

#include "secondary/link/host/transport.h"
#include "secondary/link/status.h"

#define SIM_ECU_KEY 60u /* of ECU-A; ECU-B has the next */
#define SIM_NODE_ECUS 2u
#define SIM_NODE_IMAGE (64u * 1024u)

struct sim_ecu {
	char serial[65];
	unsigned key;
	uint8_t sha256[COT_SHA256_LEN];  /* what runs */
	uint32_t length;
	char filepath[256];
	uint64_t report_counter;
	enum cot_component_state state;
	uint8_t want[COT_SHA256_LEN];    /* what is ordered, after stage */
	uint32_t want_len;
	char want_name[256];
	uint8_t image[SIM_NODE_IMAGE];   /* staged bytes */
	uint32_t have;
	enum cot_err last;
};

struct sim_node {
	char uri[128];
	struct cot_link *link;
	struct sim_ecu ecus[SIM_NODE_ECUS];
	size_t ecu_count;
	enum cot_node_mode mode;
	uint64_t session_ms;   /* last request in a programming session */
	uint32_t root_version;
	uint32_t targets_version;
	uint8_t nonce[COT_NONCE_LEN];
	bool fresh_time;
	enum cot_err last;

	/* How it misbehaves. */
	bool dead;             /* answers nothing */
	bool busy_for_ever;    /* 7F xx 78 to everything */
	bool refuses_session;  /* application says not now: NRC 22 */
	bool reverts;          /* images fail their trial */
	bool lies;             /* status says confirmed, report says otherwise */
	bool old_report;       /* report counter does not rise */
	bool forged_report;    /* signed by another key */
	bool foreign_report;   /* of another vehicle */
	bool garbled_report;
	bool bad_name;         /* report with a path that climbs */
	bool no_report;        /* says that it knows no reports: NRC 11 */
	bool replays_report;   /* sends its last one again, byte by byte */
	bool hmac;             /* reports under a key that only the Director has */
	uint8_t burst;         /* dies after so many 36 requests */
	bool slow;             /* answers 78 for a while before each answer */
	enum cot_err verify_fails, stage_fails, activate_fails;
	uint32_t stage_length; /* claimed in place of the ordered one */

	char log[8192];        /* "22FD00 38:d/targets.json 31FD10 ..." */
	char name[64];         /* of the file being sent */
	uint8_t *file;
	size_t file_len, file_room;
	char *targets;         /* last d/targets.json */
	size_t targets_len;
	struct sim_ecu *sending;
	uint8_t last_report[COT_UDS_MAX]; /* of its first ECU */
	size_t last_report_len;
	uint8_t out[COT_UDS_MAX];
	uint8_t owed[COT_UDS_MAX]; /* answer held back while slow */
	size_t owed_len;
	uint64_t owed_ms;
};

struct sim_bus {
	char folder[96];
	struct sim_node *nodes[8];
	size_t count;
	uint64_t now_ms;
	struct cot_transport_clock clock;
};

struct sim_bus *sim_bus_new(const char *folder);
void sim_bus_free(struct sim_bus *bus);
struct sim_node *sim_bus_add(struct sim_bus *bus, const char *name);
/* An ECU behind the node, running bytes under filepath. */
struct sim_ecu *sim_node_ecu(struct sim_node *n, const char *serial, unsigned key);

#endif
