/* SPDX-License-Identifier: Apache-2.0
 *
 * The identity region: see identity.h.
 */
#include "secondary/identity.h"

#include "keys/encode.h"
#include "secondary/link/crc.h"
#include "secondary/pack.h"
#include "secondary/stream.h"

#include <string.h>

#define FORMAT 1u

static const uint8_t magic[4] = { 'C', 'o', 'T', 'I' };

static void put_header(uint32_t len, uint32_t crc, uint8_t ret[COT_IDENTITY_HEADER])
{
	struct cot_pack p = { ret, COT_IDENTITY_HEADER, 0, false };

	memset(ret, 0, COT_IDENTITY_HEADER);
	cot_pack_bytes(&p, magic, sizeof(magic));
	cot_pack_uint(&p, FORMAT, 4);
	cot_pack_uint(&p, len, 4);
	cot_pack_uint(&p, crc, 4);
	cot_pack_uint(&p, cot_crc32(0, cot_slice(ret, p.len)), 4);
}

void cot_identity_header(struct cot_slice record, uint8_t ret[COT_IDENTITY_HEADER])
{
	put_header((uint32_t)record.len, cot_crc32(0, record), ret);
}

/* CHECK D12.21: the header of the identity region is ours and whole */
static enum cot_err check_header(const uint8_t bytes[COT_IDENTITY_HEADER], uint32_t *ret_len,
                                 uint32_t *ret_crc)
{
	uint8_t want[COT_IDENTITY_HEADER];
	struct cot_unpack u = { cot_slice(bytes + 8, 8), false };

	*ret_len = (uint32_t)cot_unpack_uint(&u, 4);
	*ret_crc = (uint32_t)cot_unpack_uint(&u, 4);
	put_header(*ret_len, *ret_crc, want);
	return memcmp(bytes, want, sizeof(want)) == 0 ? COT_OK : COT_E_UNPROVISIONED;
}

/* CHECK D12.22: the record is the one that was written */
static enum cot_err check_record(struct cot_slice record, uint32_t crc)
{
	return cot_crc32(0, record) == crc ? COT_OK : COT_E_UNPROVISIONED;
}

static enum cot_err record_bytes(const struct cot_port *port, uint32_t len,
                                 struct cot_slice *ret)
{
	const struct cot_flash *f = port->flash;

	if (f->map) {
		*ret = cot_slice(f->map(f->ctx, COT_REGION_IDENTITY) + COT_IDENTITY_HEADER, len);
		return COT_OK;
	}
	if (len > port->window_len)
		return COT_E_DOCUMENT_SIZE;
	*ret = cot_slice(port->window, len);
	return cot_flash_read(f, COT_REGION_IDENTITY, COT_IDENTITY_HEADER, port->window, len);
}

enum cot_err cot_identity_load(const struct cot_port *port, struct cot_identity *ret)
{
	uint8_t header[COT_IDENTITY_HEADER];
	uint32_t len, crc, size = port->flash->region[COT_REGION_IDENTITY].size;
	struct cot_slice record;
	enum cot_err err = cot_flash_read(port->flash, COT_REGION_IDENTITY, 0, header,
	                                  sizeof(header));

	if (err == COT_OK)
		err = check_header(header, &len, &crc);
	if (err == COT_OK && len > size - COT_IDENTITY_HEADER)
		err = COT_E_UNPROVISIONED;
	if (err == COT_OK)
		err = record_bytes(port, len, &record);
	if (err == COT_OK)
		err = check_record(record, crc);
	if (err == COT_OK)
		err = cot_identity_parse(record, port->crypto, ret);
	return err == COT_OK ? COT_OK : COT_E_UNPROVISIONED;
}

/* ---- the record ---------------------------------------------------------------------- */

static enum cot_err find_ecu(const struct cot_provision *p, struct cot_slice serial,
                             struct cot_provision_ecu *ret)
{
	struct cot_json_iter it;
	enum cot_err err = cot_json_array(p->ecus, &it);

	while (err == COT_OK && cot_provision_next_ecu(&it, ret)) {
		if (cot_slice_eq(ret->serial, serial))
			return COT_OK;
	}
	return err == COT_OK ? COT_E_ECU_UNKNOWN : err;
}

static enum cot_err read_key(struct cot_slice object, const struct cot_crypto *crypto,
                             enum cot_scheme *ret_scheme, char ret_id[COT_KEY_ID_TEXT])
{
	uint8_t id[COT_KEY_ID_LEN];
	struct cot_slice name;
	enum cot_err err = cot_json_member_string(object, "scheme", &name);

	if (err != COT_OK)
		return err;
	*ret_scheme = cot_scheme_from_name(name);
	cot_key_id(object, crypto, id);
	cot_hex_encode(cot_slice(id, sizeof(id)), ret_id);
	return *ret_scheme == COT_SCHEME_NONE ? COT_E_SCHEME : COT_OK;
}

static enum cot_err read_components(struct cot_identity *id, const struct cot_crypto *crypto)
{
	struct cot_json_iter own;
	struct cot_slice element, serial;
	enum cot_err err = cot_json_array(id->provision.own, &own);

	while (err == COT_OK && cot_json_next_element(&own, &element)) {
		uint8_t n = id->components;

		if (n >= COT_SEC_COMPONENTS)
			return COT_E_RECORD;
		err = cot_json_string(element, &serial);
		if (err == COT_OK)
			err = find_ecu(&id->provision, serial, &id->ecu[n]);
		if (err == COT_OK)
			err = read_key(id->ecu[n].key, crypto, &id->scheme[n], id->key_id[n]);
		id->components++;
	}
	return err == COT_OK && id->components == 0 ? COT_E_RECORD : err;
}

/* CHECK D12.12: a node verifies the Director's Root and Targets; a record that asks for
 * more is refused, and one that asks for less too */
static enum cot_err check_partial(const struct cot_provision *p)
{
	size_t i;

	for (i = 1; i < COT_MAX_REPOS; i++) {
		if (p->roles[i] != 0)
			return COT_E_UNSUPPORTED;
	}
	return p->roles[0] == COT_ROLES_PARTIAL ? COT_OK : COT_E_UNSUPPORTED;
}

enum cot_err cot_identity_parse(struct cot_slice record, const struct cot_crypto *crypto,
                                struct cot_identity *ret)
{
	enum cot_err err;

	memset(ret, 0, sizeof(*ret));
	ret->record = record;
	err = cot_provision_parse(record, &ret->provision);
	if (err == COT_OK && ret->provision.primary)
		err = COT_E_RECORD;
	if (err == COT_OK)
		err = check_partial(&ret->provision);
	return err == COT_OK ? read_components(ret, crypto) : err;
}

enum cot_err cot_identity_check(const struct cot_identity *id, const struct cot_crypto *crypto)
{
	struct cot_trust trust;
	struct cot_root root;
	enum cot_err err = cot_provision_root(&id->provision, 0, &cot_policy_uptane, crypto, &root);

	if (err == COT_OK)
		err = cot_provision_check_signed(id->record, &root, crypto);
	if (err == COT_OK)
		err = cot_provision_trust(&id->provision, &cot_policy_uptane, crypto, &trust);
	return err;
}

enum cot_err cot_identity_state(const struct cot_identity *id, const struct cot_crypto *crypto,
                                struct cot_sec_state *ret)
{
	const struct cot_doc *doc = id->provision.doc[0];
	uint8_t i;
	enum cot_err err;

	memset(ret, 0, sizeof(*ret));
	err = cot_provision_trust(&id->provision, &cot_policy_uptane, crypto, &ret->trust);
	if (err != COT_OK)
		return err;
	ret->doc[COT_SEC_ROOT].place = COT_SEC_PLACE_FACTORY;
	ret->doc[COT_SEC_TARGETS].place = doc[COT_ROLE_TARGETS].canon.len > 0
		? COT_SEC_PLACE_FACTORY : COT_SEC_PLACE_NONE;
	ret->components = id->components;
	for (i = 0; i < id->components; i++) {
		ret->component[i].active = COT_SEC_SLOTS;
		ret->component[i].counter = id->ecu[i].counter;
	}
	return COT_OK;
}

enum cot_err cot_identity_find(const struct cot_identity *id, struct cot_slice ecu, uint8_t *ret)
{
	uint8_t i;

	for (i = 0; i < id->components; i++) {
		if (cot_slice_eq(id->ecu[i].serial, ecu)) {
			*ret = i;
			return COT_OK;
		}
	}
	return COT_E_ECU_UNKNOWN;
}
