/* SPDX-License-Identifier: Apache-2.0
 *
 * What happened last: see outcome.h.
 */
#include "primary/outcome.h"

#include "metadata/utc.h"
#include "primary/log.h"

#include <stdlib.h>
#include <string.h>

#define NAME "outcome.json"
#define OUTCOME_MAX (64u * 1024u)

static json_t *ecu_words(const struct cot_state *s, const struct cot_outcome *o)
{
	json_t *object = json_object();
	size_t i;

	for (i = 0; i < s->ecu_count; i++)
		json_object_set_new(object, s->ecus[i].serial,
		                    json_string(cot_err_word(o->ecu_err[i])));
	return object;
}

static json_t *tree_of(const struct cot_state *s, const struct cot_outcome *o)
{
	bool in_cycle = o->err != COT_OK && o->repo < COT_MAX_REPOS;
	char time[COT_UTC_LEN + 1] = "";

	if (o->time_s > 0)
		cot_utc_format(o->time_s, time);
	return json_pack("{s:o, s:s, s:i, s:s, s:s, s:s, s:b}", "ecus", ecu_words(s, o),
	                 "error", cot_err_word(o->err), "installed", (int)o->installed,
	                 "repository", in_cycle ? cot_state_repo_name(o->repo) : "", "role",
	                 in_cycle ? cot_role_name(o->role) : "", "time", time, "updated",
	                 o->updated);
}

void cot_outcome_write(struct cot_store *s, const struct cot_outcome *o)
{
	json_t *tree = tree_of(&s->state, o);
	char *text = NULL;
	size_t len = 0;
	enum cot_err err = COT_E_MEMORY;

	if (tree != NULL)
		err = cot_wire_dump(tree, &text, &len);
	json_decref(tree);
	if (err == COT_OK)
		err = cot_fs_replace(s->fs, s->dir, NAME, cot_slice(text, len));
	free(text);
	if (err != COT_OK)
		cot_log(COT_LOG_WARNING, "store", "cannot write file=%s word=%s", NAME,
		        cot_err_word(err));
}

json_t *cot_outcome_read(const struct cot_store *s)
{
	struct cot_slice map;
	json_t *tree = NULL;
	size_t at;

	if (cot_fs_map(s->dir, NAME, OUTCOME_MAX, &map) != COT_OK)
		return json_object();
	if (cot_wire_load(map, &tree, &at) != COT_OK)
		tree = NULL;
	cot_fs_unmap(&map);
	return json_is_object(tree) ? tree : json_object();
}
