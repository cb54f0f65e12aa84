/* SPDX-License-Identifier: Apache-2.0
 *
 * The factory: see factory.h.  The flash file is made under another name and
 * gets its own when it is complete.
 */
#include "secondary/ports/posix/factory.h"
#include "keys/host/keyfile.h"
#include "metadata/policy.h"
#include "secondary/identity.h"
#include "secondary/ports/posix/board.h"
#include "secondary/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (64u * 1024u * 1024u)
#define FRAME_LEN 32u /* what the loader's jump lays on the image's stack */

struct load {
	uint8_t *bytes;
	size_t len;
};

/* A whole file in memory. */
static enum cot_err load(const char *path, struct load *ret)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum cot_err err = COT_OK;

	if (fd < 0)
		return errno == EACCES ? COT_E_PERMISSION : COT_E_NO_INPUT;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		err = COT_E_NO_INPUT;
	else if (st.st_size > (off_t)FILE_MAX)
		err = COT_E_LIMIT;
	if (err == COT_OK) {
		ret->len = (size_t)st.st_size;
		ret->bytes = malloc(ret->len + 1);
		if (!ret->bytes)
			err = COT_E_MEMORY;
		else if (read(fd, ret->bytes, ret->len) != (ssize_t)ret->len)
			err = COT_E_IO;
	}
	close(fd);
	return err;
}

/* CHECK D12.8: the key is the one the record names for this ECU */
static enum cot_err check_key(const struct cot_identity *id, const struct cot_secret *secret)
{
	char text[COT_MAX_PUBLIC_TEXT];
	struct cot_slice keyval, named;
	size_t len;
	enum cot_err err = cot_public_text(secret->scheme,
	                                   cot_slice(secret->public_key, secret->public_len),
	                                   text, sizeof(text), &len);

	if (err == COT_OK)
		err = cot_json_member(id->ecu[0].key, "keyval", &keyval);
	if (err == COT_OK)
		err = cot_json_member_string(keyval, "public", &named);
	if (err != COT_OK)
		return err;
	return cot_slice_eq(named, cot_slice(text, len)) ? COT_OK : COT_E_KEY_NOT_LISTED;
}

/* CHECK D12.9: the image is the one the record names */
static enum cot_err check_image(const struct cot_identity *id, struct cot_slice image)
{
	if (image.len != id->ecu[0].image.length)
		return COT_E_LENGTH_MISMATCH;
	return cot_hashes_check(&id->ecu[0].image.hashes, &cot_crypto_full, image);
}

static uint32_t word(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* By its first two words, stack and entry as in every Cortex-M vector table.  The loader
 * would verify another image at every reset, and never run it. */
/* CHECK D12.start: the image starts where the part runs images, on a stack in its RAM */
static enum cot_err check_start(const struct posix_layout *part, struct cot_slice image)
{
	uint32_t below, entry;

	if (part->run_len == 0)
		return COT_OK;
	if (image.len < 8)
		return COT_E_HWID;
	below = word(image.ptr) - FRAME_LEN - part->ram;
	entry = word(image.ptr + 4) - part->run;
	if (below > part->ram_len - FRAME_LEN || word(image.ptr) % 8 != 0)
		return COT_E_HWID;
	return entry < part->run_len && word(image.ptr + 4) % 2 == 1 ? COT_OK : COT_E_HWID;
}

/* Programs bytes from the start of a region, the last unit padded. */
static enum cot_err program(struct posix_board *b, enum cot_region region, uint32_t offset,
                            struct cot_slice bytes)
{
	const struct posix_layout *layout = b->flash.layout;
	uint8_t page[POSIX_FLASH_PAGE_MAX];
	enum cot_err err = COT_OK;

	while (err == COT_OK && bytes.len > 0) {
		size_t room = layout->page - offset % layout->page;
		struct cot_slice part = cot_slice_sub(bytes, 0, room);
		size_t whole = (part.len + layout->unit - 1) / layout->unit * layout->unit;

		memset(page, 0xFF, sizeof(page));
		memcpy(page, part.ptr, part.len);
		err = b->flash.flash.program(&b->flash, region, offset, cot_slice(page, whole));
		offset += (uint32_t)whole;
		bytes = cot_slice_sub(bytes, part.len, bytes.len);
	}
	return err;
}

/* The first state: as the record says, and the factory image confirmed in slot A. */
static enum cot_err write_state(struct posix_board *b, const struct cot_identity *id)
{
	static struct cot_sec_store store;
	struct cot_sec_state state;
	struct cot_sec_slot *slot = &state.component[0].slot[0];
	enum cot_err err = cot_identity_state(id, &cot_crypto_full, &state);

	if (err != COT_OK)
		return err;
	slot->state = COT_SEC_SLOT_CONFIRMED;
	slot->len = (uint32_t)id->ecu[0].image.length;
	slot->counter = id->ecu[0].counter;
	memcpy(slot->sha256, id->ecu[0].image.hashes.sha256, COT_SHA256_LEN);
	slot->name_len = (uint8_t)id->ecu[0].filepath.len;
	memcpy(slot->name, id->ecu[0].filepath.ptr, id->ecu[0].filepath.len);
	state.component[0].active = 0;
	state.component[0].counter = id->ecu[0].counter;
	err = cot_sec_store_mount(&store, b->port.flash);
	if (err != COT_OK && err != COT_E_STORE)
		return err;
	err = cot_sec_commit(&store, &state);
	if (err == COT_OK)
		err = cot_sec_commit_ledger(&store, &(struct cot_sec_ledger){ .budget = COT_SEC_BUDGET });
	return err;
}

static enum cot_err write_flash(struct posix_board *b, const struct cot_identity *id,
                                const struct cot_secret *secret, struct cot_slice image)
{
	uint8_t header[COT_IDENTITY_HEADER];
	enum cot_err err;

	if (image.len > b->flash.flash.region[COT_REGION_SLOT_A].size)
		return COT_E_SLOT_SIZE;
	if (id->record.len + 2 * b->flash.layout->page >
	    b->flash.flash.region[COT_REGION_IDENTITY].size)
		return COT_E_DOCUMENT_SIZE;
	cot_identity_header(id->record, header);
	err = program(b, COT_REGION_IDENTITY, 0, cot_slice(header, sizeof(header)));
	if (err == COT_OK)
		err = program(b, COT_REGION_IDENTITY, COT_IDENTITY_HEADER, id->record);
	if (err == COT_OK)
		err = posix_board_write_key(b, secret);
	if (err == COT_OK)
		err = program(b, COT_REGION_SLOT_A, 0, image);
	return err == COT_OK ? write_state(b, id) : err;
}

static const struct posix_layout *part_of(const struct posix_factory *f)
{
	return f->layout ? f->layout : &posix_layout_posix;
}

/* Everything is checked before the first byte of flash is made. */
static enum cot_err make_flash(const struct posix_factory *f, const struct cot_identity *id,
                               const struct cot_secret *secret, struct cot_slice image)
{
	static struct posix_board board;
	char temp[4096];
	enum cot_err err;
	int n = snprintf(temp, sizeof(temp), "%s.new", f->flash);

	if (n < 0 || (size_t)n >= sizeof(temp))
		return COT_E_ARGUMENT;
	if (!f->force && access(f->flash, F_OK) == 0)
		return COT_E_EXISTS;
	err = posix_flash_create(temp, part_of(f), f->slot_size, true);
	if (err == COT_OK)
		err = posix_flash_open(&board.flash, temp);
	if (err == COT_OK) {
		posix_board_init(&board);
		err = write_flash(&board, id, secret, image);
		posix_flash_close(&board.flash);
	}
	if (err == COT_OK && rename(temp, f->flash) != 0)
		err = COT_E_IO;
	if (err != COT_OK)
		unlink(temp);
	return err;
}

static enum cot_err load_key(const struct posix_factory *f, struct cot_secret *ret)
{
	struct cot_keyfile file;
	enum cot_err err = cot_keyfile_read(f->key, &file);

	if (err == COT_OK && cot_keyfile_locked(&file))
		err = COT_E_PASSPHRASE;
	return err == COT_OK ? cot_keyfile_open(&file, cot_slice(NULL, 0), ret) : err;
}

enum cot_err posix_factory_run(const struct posix_factory *f, const char **ret_what)
{
	struct cot_secret secret = { .bytes = NULL };
	struct load record = { NULL, 0 }, image = { NULL, 0 };
	static struct cot_identity id;
	enum cot_err err;

	*ret_what = f->record;
	err = load(f->record, &record);
	if (err == COT_OK)
		err = cot_identity_parse(cot_slice(record.bytes, record.len), &cot_crypto_full, &id);
	if (err == COT_OK)
		err = cot_identity_check(&id, &cot_crypto_full);
	if (err == COT_OK) {
		*ret_what = f->key;
		err = load_key(f, &secret);
	}
	if (err == COT_OK)
		err = check_key(&id, &secret);
	if (err == COT_OK) {
		*ret_what = f->image;
		err = load(f->image, &image);
	}
	if (err == COT_OK)
		err = check_image(&id, cot_slice(image.bytes, image.len));
	if (err == COT_OK)
		err = check_start(part_of(f), cot_slice(image.bytes, image.len));
	if (err == COT_OK) {
		*ret_what = f->flash;
		err = make_flash(f, &id, &secret, cot_slice(image.bytes, image.len));
	}
	cot_secret_free(&secret);
	free(record.bytes);
	free(image.bytes);
	return err;
}
