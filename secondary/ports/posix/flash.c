/* SPDX-License-Identifier: Apache-2.0
 *
 * Flash in a file: see flash.h.
 */
#include "secondary/ports/posix/flash.h"

#include "secondary/ports/mps2/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT 1u
#define SLOT_MAX (64u * 1024u * 1024u)

static const char *const names[COT_REGION_COUNT] = { "state",  "app",    "doc-a",   "doc-b",
	                                             "slot-a", "slot-b", "identity" };

const struct posix_layout posix_layout_posix = {
	.part = "posix", .magic = "CoTF", .page = 4096, .unit = 8,
	.region = { 4 * 4096, 4096, 16 * 4096, 16 * 4096, 256 * 1024, 256 * 1024, 32 * 4096 }
};

const struct posix_layout posix_layout_mps2 = {
	.part = "mps2", .magic = MPS2_MAGIC, .page = MPS2_PAGE, .unit = MPS2_UNIT,
	.region = { MPS2_STATE_LEN, MPS2_APP_LEN, MPS2_DOC_LEN, MPS2_DOC_LEN, MPS2_SLOT_LEN,
	            MPS2_SLOT_LEN, MPS2_IDENTITY_LEN },
	.own = MPS2_SEED_LEN, .length = MPS2_FLASH_LEN, .fixed = true,
	.run = MPS2_RUN, .run_len = MPS2_RUN_LEN, .ram = MPS2_APP_RAM, .ram_len = MPS2_APP_RAM_LEN
};

_Static_assert(MPS2_PAGE <= POSIX_FLASH_PAGE_MAX, "the factory writes page by page");

static const struct posix_layout *const layouts[] = { &posix_layout_posix, &posix_layout_mps2 };

const struct posix_layout *posix_layout_find(const char *part)
{
	size_t i;

	for (i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		if (strcmp(layouts[i]->part, part) == 0)
			return layouts[i];
	}
	return NULL;
}

const struct posix_layout *posix_layout_at(size_t i)
{
	return i < sizeof(layouts) / sizeof(layouts[0]) ? layouts[i] : NULL;
}

static bool is_slot(enum cot_region region)
{
	return region == COT_REGION_SLOT_A || region == COT_REGION_SLOT_B;
}

static size_t lay_out(struct posix_flash *f, uint32_t slot_size)
{
	const struct posix_layout *layout = f->layout;
	size_t at = layout->page;
	int r;

	for (r = 0; r < COT_REGION_COUNT; r++) {
		struct cot_flash_region *region = &f->flash.region[r];

		region->size = is_slot((enum cot_region)r) ? slot_size : layout->region[r];
		region->page = layout->page;
		region->unit = layout->unit;
		region->erased = 0xFF;
		region->write_once = true;
		f->start[r] = at;
		at += region->size;
	}
	f->used = at + layout->own;
	return layout->length ? layout->length : f->used;
}

/* ---- operations ------------------------------------------------------------------ */

static bool in_region(const struct posix_flash *f, enum cot_region region, uint32_t offset,
                      size_t len)
{
	return region < COT_REGION_COUNT && len <= f->flash.region[region].size &&
	       offset <= f->flash.region[region].size - len;
}

static uint8_t *at(const struct posix_flash *f, enum cot_region region, uint32_t offset)
{
	return f->mem + f->start[region] + offset;
}

static enum cot_err broken(enum cot_region region, uint32_t offset, const char *rule)
{
	fprintf(stderr, "flash: %s+0x%x: %s\n",
	        region < COT_REGION_COUNT ? names[region] : "?", offset, rule);
	return COT_E_FLASH;
}

/* Power goes: nothing of this process gets to say goodbye. */
static void cut_power(void)
{
	(void)raise(SIGKILL);
}

static void begin_op(struct posix_flash *f, const char *what, enum cot_region region,
                     uint32_t offset)
{
	f->ops++;
	if (f->trace) {
		fprintf(f->trace, "%llu %s %s 0x%x\n", (unsigned long long)f->ops, what,
		        names[region], offset);
		fflush(f->trace);
	}
	if (f->ops == f->cut && !f->cut_after)
		cut_power();
}

static void end_op(const struct posix_flash *f)
{
	if (f->ops == f->cut && f->cut_after)
		cut_power();
}

static enum cot_err flash_read(void *ctx, enum cot_region region, uint32_t offset, void *ret,
                               uint32_t len)
{
	const struct posix_flash *f = ctx;

	if (!in_region(f, region, offset, len))
		return broken(region, offset, "read outside the region");
	memcpy(ret, at(f, region, offset), len);
	return COT_OK;
}

static bool blank(const uint8_t *p, size_t len)
{
	while (len > 0 && p[len - 1] == 0xFF)
		len--;
	return len == 0;
}

static enum cot_err flash_program(void *ctx, enum cot_region region, uint32_t offset,
                                  struct cot_slice data)
{
	struct posix_flash *f = ctx;

	if (!in_region(f, region, offset, data.len))
		return broken(region, offset, "program outside the region");
	if (offset % f->layout->unit != 0 || data.len % f->layout->unit != 0 || data.len == 0)
		return broken(region, offset, "program of less than a unit");
	if (offset / f->layout->page != (offset + data.len - 1) / f->layout->page)
		return broken(region, offset, "program across pages");
	if (!blank(at(f, region, offset), data.len))
		return broken(region, offset, "program of a unit that is not blank");
	begin_op(f, "program", region, offset);
	memcpy(at(f, region, offset), data.ptr, data.len);
	end_op(f);
	return COT_OK;
}

static enum cot_err flash_erase(void *ctx, enum cot_region region, uint32_t offset)
{
	struct posix_flash *f = ctx;

	if (!in_region(f, region, offset, f->layout->page))
		return broken(region, offset, "erase outside the region");
	if (offset % f->layout->page != 0)
		return broken(region, offset, "erase that does not start at a page");
	begin_op(f, "erase", region, offset);
	memset(at(f, region, offset), 0xFF, f->layout->page);
	end_op(f);
	return COT_OK;
}

static enum cot_err flash_is_blank(void *ctx, enum cot_region region, uint32_t offset,
                                   uint32_t len, bool *ret)
{
	const struct posix_flash *f = ctx;

	if (!in_region(f, region, offset, len))
		return broken(region, offset, "question outside the region");
	*ret = blank(at(f, region, offset), len);
	return COT_OK;
}

static const uint8_t *flash_map(void *ctx, enum cot_region region)
{
	return at(ctx, region, 0);
}

/* ---- the file ----------------------------------------------------------------------- */

static enum cot_err of_errno(void)
{
	switch (errno) {
	case ENOENT: return COT_E_NO_INPUT;
	case EEXIST: return COT_E_EXISTS;
	case ENOSPC: return COT_E_NO_SPACE;
	case EACCES:
	case EPERM: return COT_E_PERMISSION;
	default: return COT_E_IO;
	}
}

static enum cot_err fill(int fd, const struct posix_flash *f, size_t size, uint32_t slot_size)
{
	const uint32_t words[2] = { FORMAT, slot_size };
	uint8_t page[POSIX_FLASH_PAGE_MAX];
	size_t done;

	memset(page, 0xFF, sizeof(page));
	memcpy(page, f->layout->magic, 4);
	memcpy(page + 4, words, sizeof(words));
	for (done = 0; done < f->used; done += f->layout->page) {
		if (write(fd, page, f->layout->page) != (ssize_t)f->layout->page)
			return of_errno();
		memset(page, 0xFF, sizeof(page));
	}
	return ftruncate(fd, (off_t)size) == 0 ? COT_OK : of_errno();
}

/* The size a slot gets when that one is asked for. */
static enum cot_err choose_slot_size(const struct posix_layout *layout, uint32_t *slot_size)
{
	uint32_t own = layout->region[COT_REGION_SLOT_A];

	if (*slot_size == 0)
		*slot_size = own;
	if (*slot_size > SLOT_MAX)
		return COT_E_LIMIT;
	*slot_size = (*slot_size + layout->page - 1) / layout->page * layout->page;
	return layout->fixed && *slot_size != own ? COT_E_UNSUPPORTED : COT_OK;
}

enum cot_err posix_flash_create(const char *path, const struct posix_layout *layout,
                                uint32_t slot_size, bool force)
{
	struct posix_flash f = { .layout = layout };
	enum cot_err err = choose_slot_size(layout, &slot_size);
	int fd;

	if (err != COT_OK)
		return err;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (force ? O_TRUNC : O_EXCL),
	          0600);
	if (fd < 0)
		return of_errno();
	err = fill(fd, &f, lay_out(&f, slot_size), slot_size);
	if (close(fd) != 0 && err == COT_OK)
		err = of_errno();
	return err;
}

static const struct posix_layout *layout_of_magic(const uint8_t magic[4])
{
	size_t i;

	for (i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		if (memcmp(layouts[i]->magic, magic, 4) == 0)
			return layouts[i];
	}
	return NULL;
}

/* The header says which part it is and how large the slots are, and so where
 * everything lies. */
static enum cot_err read_header(struct posix_flash *f)
{
	uint8_t head[12];
	uint32_t words[2];
	struct stat st;

	if (fstat(f->fd, &st) != 0 || pread(f->fd, head, sizeof(head), 0) != (ssize_t)sizeof(head))
		return COT_E_RECORD;
	memcpy(words, head + 4, sizeof(words));
	f->layout = layout_of_magic(head);
	if (!f->layout || words[0] != FORMAT || words[1] > SLOT_MAX ||
	    words[1] % f->layout->page != 0)
		return COT_E_RECORD;
	f->size = lay_out(f, words[1]);
	return (uint64_t)st.st_size == f->size ? COT_OK : COT_E_RECORD;
}

static enum cot_err map_file(struct posix_flash *f, int kind)
{
	f->mem = mmap(NULL, f->size, PROT_READ | PROT_WRITE, kind, f->fd, 0);
	if (f->mem == MAP_FAILED)
		return of_errno();
	f->flash.ctx = f;
	f->flash.read = flash_read;
	f->flash.program = flash_program;
	f->flash.erase = flash_erase;
	f->flash.is_blank = flash_is_blank;
	f->flash.map = flash_map;
	return COT_OK;
}

static enum cot_err open_file(struct posix_flash *f, const char *path, bool view)
{
	enum cot_err err = COT_OK;

	memset(f, 0, sizeof(*f));
	f->fd = open(path, (view ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW);
	if (f->fd < 0)
		return of_errno();
	if (!view && flock(f->fd, LOCK_EX | LOCK_NB) != 0)
		err = COT_E_LOCKED;
	if (err == COT_OK)
		err = read_header(f);
	if (err == COT_OK)
		err = map_file(f, view ? MAP_PRIVATE : MAP_SHARED);
	if (err != COT_OK) {
		close(f->fd);
		f->mem = NULL;
	}
	return err;
}

enum cot_err posix_flash_open(struct posix_flash *f, const char *path)
{
	return open_file(f, path, false);
}

enum cot_err posix_flash_view(struct posix_flash *f, const char *path)
{
	return open_file(f, path, true);
}

size_t posix_flash_offset(const struct posix_flash *f, enum cot_region region)
{
	return f->start[region];
}

void posix_flash_close(struct posix_flash *f)
{
	if (!f->mem)
		return;
	munmap(f->mem, f->size);
	close(f->fd);
	f->mem = NULL;
}
