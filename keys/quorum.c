/* SPDX-License-Identifier: Apache-2.0
 *
 * The threshold routine: see quorum.h.
 *
 * A key is counted by its decoded bytes and only after its signature was found
 * valid.  No state is changed while a crypto engine is
 * still at work, so an add can be repeated as often as needed.
 */
#include "keys/quorum.h"

#include <string.h>

/* CHECK K1: a threshold is at least 1 and can be met by the listed keys */
enum cot_err cot_threshold_check(uint64_t threshold, size_t key_count)
{
	if (threshold < 1 || key_count > COT_MAX_ROLE_KEYS || threshold > key_count)
		return COT_E_ILLEGAL_THRESHOLD;
	return COT_OK;
}

void cot_quorum_init(struct cot_quorum *q, uint32_t threshold)
{
	memset(q, 0, sizeof(*q));
	q->threshold = threshold;
}

/* CHECK K3: one signature entry is valid under its key */
static enum cot_err check_signature(const struct cot_crypto *crypto,
                                    const struct cot_key *key,
                                    struct cot_slice sig_text, struct cot_slice msg)
{
	uint8_t key_buf[COT_MAX_KEY_LEN];
	uint8_t sig_buf[COT_MAX_SIG_LEN];
	struct cot_slice raw, sig;
	enum cot_err err = cot_key_decode(key, key_buf, &raw);

	if (err == COT_OK)
		err = cot_sig_decode(key->scheme, sig_text, sig_buf, &sig);
	if (err == COT_OK)
		err = crypto->verify(key->scheme, raw, sig, msg);
	return err;
}

/* CHECK K4: a key is counted once, however often it signed */
static enum cot_err check_not_counted(const struct cot_quorum *q, const struct cot_key *key)
{
	uint32_t i;

	for (i = 0; i < q->count && i < COT_MAX_ROLE_KEYS; i++) {
		if (cot_key_same(&q->key[i], key))
			return COT_E_EXISTS;
	}
	return COT_OK;
}

enum cot_err cot_quorum_add(struct cot_quorum *q, const struct cot_crypto *crypto,
                            const struct cot_key *key, struct cot_slice sig_text,
                            struct cot_slice msg)
{
	enum cot_err err = check_signature(crypto, key, sig_text, msg);

	if (err != COT_OK)
		return err;
	if (check_not_counted(q, key) != COT_OK)
		return COT_OK;
	if (q->count >= COT_MAX_ROLE_KEYS)
		return COT_E_LIMIT;
	q->key[q->count++] = *key;
	return COT_OK;
}

/* CHECK K2: enough distinct keys have signed */
enum cot_err cot_quorum_check(const struct cot_quorum *q)
{
	if (q->threshold < 1 || q->count < q->threshold)
		return COT_E_SIG_THRESHOLD;
	return COT_OK;
}
