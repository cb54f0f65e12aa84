/* SPDX-License-Identifier: Apache-2.0
 *
 * The working folder of a release engineer, and the documents in it.
 *
 *   DIR/image/staged/{root,timestamp,snapshot,targets}.json    drafts
 *   DIR/image/published/N.ROLE.json                            history
 *   DIR/image/files/SHA256                                     the images
 *   DIR/director/staged/root.json, published/N.root.json       one Root for all
 *   DIR/director/VEHICLE/vehicle.json                          its ECUs
 *   DIR/director/VEHICLE/{staged,published}/...                the other roles
 *
 * A draft is an envelope like a published file, with the signatures it has so
 * far; changing its content drops them.  Secret keys live elsewhere.
 */
#ifndef COTTER_REPO_TOOLS_FOLDER_H
#define COTTER_REPO_TOOLS_FOLDER_H

#include "metadata/host/build.h"
#include "metadata/root.h"
#include "repo-tools/tool.h"

/* A repository, or a vehicle's part of the Director's. */
struct place {
	bool director;
	char vehicle[COT_MAX_ID + 1]; /* "" for the image repository and Director Root */
};

/* A document in memory: wire, canonical form, tree. */
struct doc {
	uint8_t *bytes;
	size_t len;
	struct cot_doc_owned owned;
	struct cot_envelope env;
	json_t *tree;   /* {"signatures":..,"signed":..} */
	char path[TOOL_PATH];
};

const char *place_repository(const struct place *p);
/* "image", "director", "director/VEH", for messages; static memory. */
const char *place_name(const struct place *p);
/* "image/targets" and so on; static memory. */
const char *place_role(const struct place *p, enum cot_role role);

/* Reads REPO, REPO/ROLE, director/VEHICLE, director/VEHICLE/ROLE; *ret_role is
 * COT_ROLE_COUNT where no role is named.  COT_E_NAME, not reported. */
COT_MUST_CHECK enum cot_err place_parse(const char *text, struct place *ret,
                                        enum cot_role *ret_role);
/* "root" and so on, also "time"; false if there is no such role. */
bool role_parse(const char *text, enum cot_role *ret);

/* Folder of a role's files: Root's is the repository's own. */
void place_dir(struct tool *t, const struct place *p, enum cot_role role, char ret[TOOL_PATH]);
void place_staged(struct tool *t, const struct place *p, enum cot_role role,
                  char ret[TOOL_PATH]);
void place_published(struct tool *t, const struct place *p, enum cot_role role,
                     uint32_t version, char ret[TOOL_PATH]);
/* Highest version in the history, 0 if there is none. */
uint32_t place_newest(struct tool *t, const struct place *p, enum cot_role role);

/* The version to give the next file of a role: one above the history, or, where
 * there is none, above the floor that Root names, so that a vehicle that joins
 * late is not below it. */
uint32_t place_next(struct tool *t, const struct place *p, enum cot_role role);

/* Reads one document; reports with the byte position.  max bounds its length. */
COT_MUST_CHECK enum cot_err doc_load(struct tool *t, const char *path, size_t max,
                                     struct doc *ret);
/* The same from a tree, which is copied. */
COT_MUST_CHECK enum cot_err doc_from_tree(struct tool *t, const char *name, const json_t *tree,
                                          struct doc *ret);
void doc_free(struct doc *d);
/* The signed part's tree, borrowed. */
json_t *doc_signed(const struct doc *d);
uint32_t doc_version(const struct doc *d);

/* The draft if there is one, else the newest published.  COT_E_NO_INPUT, not
 * reported, if there is neither. */
COT_MUST_CHECK enum cot_err doc_current(struct tool *t, const struct place *p,
                                        enum cot_role role, struct doc *ret);
/* The newest published; COT_E_NO_INPUT, not reported. */
COT_MUST_CHECK enum cot_err doc_published(struct tool *t, const struct place *p,
                                          enum cot_role role, struct doc *ret);

/* What to edit: the draft's signed part, or that of the published file with the
 * next version and a new expiry.  New reference.  COT_E_NO_INPUT, not reported,
 * if there is neither. */
COT_MUST_CHECK enum cot_err draft_open(struct tool *t, const struct place *p,
                                       enum cot_role role, int64_t expires_s, json_t **ret);
/* Writes a draft without signatures; says how many were dropped. */
COT_MUST_CHECK enum cot_err draft_save(struct tool *t, const struct place *p,
                                       enum cot_role role, json_t *body);

/* Root that judges a repository now: the draft, else the published one; parsed.
 * Reports. */
COT_MUST_CHECK enum cot_err root_current(struct tool *t, const struct place *p,
                                         struct doc *ret_doc, struct cot_root *ret);

/* Puts the public key of FILE (or FILE.pub) into a role of a Root's tree.  Reports. */
COT_MUST_CHECK enum cot_err root_add_file(struct tool *t, json_t *root, enum cot_role role,
                                          const char *file);
/* Reads FILE or FILE.pub; reports.  ret is not to be copied. */
struct cot_pubkey;
COT_MUST_CHECK enum cot_err public_read(struct tool *t, const char *file,
                                        struct cot_pubkey *ret);

/* Valid, distinct keys that signed. */
struct tally {
	unsigned int have, need;
	enum cot_err err; /* COT_OK, COT_E_SIG_THRESHOLD, or why it could not be counted */
};
struct tally doc_tally(const struct doc *d, const struct cot_root *root, enum cot_role role);
/* Did this key's signature count? */
bool doc_signed_by(const struct doc *d, const struct cot_root *root, enum cot_role role,
                   struct cot_slice keyid);

/* May this key sign that role under this Root? */
bool key_listed(const struct cot_root *root, enum cot_role role, const struct cot_signer *s);
/* Signs the document's tree with one key and writes the file again. */
COT_MUST_CHECK enum cot_err doc_sign(struct tool *t, struct doc *d,
                                     const struct cot_signer *signer);

/* Vehicles of the working folder in alphabetical order; free with vehicles_free. */
COT_MUST_CHECK enum cot_err vehicles(struct tool *t, char ***ret, size_t *ret_count);
void vehicles_free(char **list, size_t count);
/* vehicle.json: {"ecus":{SERIAL:{"hardwareId":..,"key":{..}|null,"primary":bool}}} */
COT_MUST_CHECK enum cot_err vehicle_load(struct tool *t, const char *vehicle, json_t **ret);
COT_MUST_CHECK enum cot_err vehicle_save(struct tool *t, const char *vehicle,
                                         const json_t *tree, bool force);

/* Default life of a role in days. */
unsigned int role_days(enum cot_role role);

#endif
