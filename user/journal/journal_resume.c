// SPDX-License-Identifier: Apache-2.0
/*
 * journal_resume.c: see journal_resume.h.
 */
#include "journal_resume.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>

#define FORMAT "sluice-place/1"

static bool take_hash(const char *text, char ret[MERKLE_HEX])
{
	uint8_t hash[MERKLE_HASH];

	if (strlen(text) != MERKLE_HEX - 1 || !merkle_unhex(text, hash))
		return false;
	memcpy(ret, text, MERKLE_HEX);
	return true;
}

static int read_place(FILE *file, struct journal_place *ret)
{
	json_auto_t *json = json_loadf(file, JSON_REJECT_DUPLICATES, NULL);
	const char *format, *genesis, *last;
	json_int_t entries;

	if (json_unpack_ex(json, NULL, JSON_STRICT, "{s:s, s:s, s:I, s:s}", "format", &format,
			   "genesis", &genesis, "entries", &entries, "last", &last) < 0 ||
	    strcmp(format, FORMAT) != 0 || entries <= 0 || !take_hash(genesis, ret->genesis) ||
	    !take_hash(last, ret->last))
		return -EBADMSG;
	ret->entries = (uint64_t)entries;
	return 0;
}

int journal_resume_load(const char *path, struct journal_resume *ret)
{
	_cleanup_fclose_ FILE *file = NULL;
	int r;

	*ret = (struct journal_resume){ 0 };
	r = merkle_init(&ret->hasher);
	if (r < 0)
		return r;
	file = fopen(path, "re");
	if (!file)
		return errno == ENOENT ? 0 : -errno;
	return read_place(file, &ret->from);
}

void journal_resume_done(struct journal_resume *resume)
{
	merkle_done(&resume->hasher);
}

static int write_place(const char *path, const struct journal_place *place)
{
	json_auto_t *json =
		json_pack("{s:s, s:s, s:I, s:s}", "format", FORMAT, "genesis", place->genesis,
			  "entries", (json_int_t)place->entries, "last", place->last);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	_cleanup_fclose_ FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (!file || !json)
		return json ? -errno : -ENOMEM;
	if (json_dumpf(json, file, 0) < 0 || fputc('\n', file) == EOF || fflush(file) ||
	    fsync(fileno(file)) < 0)
		return errno ? -errno : -EIO;
	return 0;
}

static int sync_folder(const char *path)
{
	_cleanup_free_ char *copy = strdup(path);
	_cleanup_close_ int fd = -1;

	if (!copy)
		return -ENOMEM;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

int journal_resume_save(const char *path, const struct journal_place *place)
{
	_cleanup_free_ char *new = NULL;
	int r;

	if (asprintf(&new, "%s.new", path) < 0) {
		new = NULL;
		return -ENOMEM;
	}
	r = write_place(new, place);
	if (r == 0 && rename(new, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(new);
	return r < 0 ? r : sync_folder(path);
}

int journal_resume_begin(struct journal_resume *resume, const char *genesis, uint64_t first)
{
	const struct journal_place *from = &resume->from;

	snprintf(resume->now.genesis, sizeof(resume->now.genesis), "%s", genesis);
	if (from->entries && strcmp(from->genesis, genesis) != 0)
		return -EXDEV;
	return from->entries < first ? -ENODATA : 0;
}

/* Its "prev", which the check has compared: of the first entry that is there, the place may be it. */
static bool is_behind(const struct journal_place *place, const char *line, size_t size)
{
	return size > MERKLE_HEX + 1 &&
	       memcmp(line + size - MERKLE_HEX - 1, place->last, MERKLE_HEX - 1) == 0;
}

int journal_resume_entry(struct journal_resume *resume, uint64_t seq, const char *line, size_t size)
{
	const struct journal_place *from = &resume->from;
	uint8_t leaf[MERKLE_HASH];
	int r;

	if (seq + 1 < from->entries)
		return 0;
	r = merkle_leaf(&resume->hasher, line, size, leaf);
	if (r < 0)
		return r;
	merkle_hex(leaf, resume->leaf);
	if (seq && seq == from->entries && !is_behind(from, line, size))
		return -ESTALE;
	return seq + 1 == from->entries && strcmp(from->last, resume->leaf) != 0 ? -ESTALE : 0;
}

void journal_resume_signed(struct journal_resume *resume, uint64_t entries)
{
	resume->now.entries = entries;
	memcpy(resume->now.last, resume->leaf, MERKLE_HEX);
}
