/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard_marks.c: see guard_marks.h. Marks by descriptor, so that what is looked at is what is
 * marked.
 */
#include "guard_search.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "guard_host.h"
#include "journal/journal_segments.h"

#define FULL_MARKED 1024

int guard_search_fail(struct search *s, int err, const char *path)
{
	snprintf(s->text, s->size, "cannot guard '%s': %s", path,
		 err == -E2BIG ? "more files than SLUICE_MAX_GUARDED" : strerror(-err));
	return err;
}

static int add(struct search *s, const struct sluice_object_id *id, uint32_t bits, const char *path)
{
	struct guard_marks *marks = s->marks;
	size_t n = marks->n;
	struct kernel_mark *mark;
	char **name;

	if (n >= SLUICE_MAX_GUARDED)
		return guard_search_fail(s, -E2BIG, path ?: "");
	name = ARRAY_APPEND(marks->paths, n);
	mark = ARRAY_APPEND(marks->list, marks->n);
	if (!name || !mark)
		return guard_search_fail(s, -ENOMEM, path ?: "");
	mark->id = *id;
	mark->marks = bits;
	*name = path ? strdup(path) : NULL;
	return 0;
}

int guard_search_fd(struct search *s, int fd, uint32_t bits, const char *path,
		    struct sluice_object_id *ret_id)
{
	struct sluice_identify found = {};
	struct sluice_object_id device = {};
	int err = kernel_identify_fs(s->kernel, fd, &found);

	if (err)
		return guard_search_fail(s, err, path ?: "");
	if (ret_id)
		*ret_id = found.object;
	err = add(s, &found.object, bits, path);
	device.dev = found.s_dev;
	/* the kernel's own numbers: 12 bits of major, 20 of minor; major 0 is no device */
	if (!err && path && S_ISREG(found.mode) && found.s_dev >> 20)
		err = add(s, &device, SLUICE_MARK_WRITE, "a block device");
	return err;
}

/*
 * What is mounted at @path may not be unmounted, nor may the place that it covers go: the kernel
 * then unmounts it as well. @root: of which mount namespace
 */
static int add_mount(struct search *s, int root, const char *path)
{
	struct sluice_object_id id = { .gen = SLUICE_GUARD_MOUNT_GEN };
	_cleanup_close_ int fd = openat(root, path[1] ? path + 1 : ".",
					O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct sluice_identify found = {};
	struct statx at = {};
	int err;

	if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &at) ||
	    !(at.stx_mask & STATX_MNT_ID) || !(at.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return 0;
	id.ino = at.stx_mnt_id;
	err = kernel_identify_fs(s->kernel, fd, &found);
	if (err)
		return guard_search_fail(s, err, path);
	err = add(s, &id, SLUICE_MARK_NAME, path);
	if (err || !found.covered.ino)
		return err;
	return add(s, &found.covered, SLUICE_MARK_NAME, path);
}

static int add_mounts(struct search *s, const char *path)
{
	_cleanup_close_ int here = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int host = guard_host_root();
	int err = add_mount(s, here, path);

	return err ? err : add_mount(s, host, path);
}

/* None of the folders above may be moved away, mounted over or unmounted. @path is real. */
static int add_above(struct search *s, const char *path)
{
	char folder[PATH_MAX], *slash;
	int err = add_mounts(s, path);

	snprintf(folder, sizeof(folder), "%s", path);
	while (!err && (slash = strrchr(folder, '/'))) {
		_cleanup_close_ int fd = -1;

		*slash = '\0';
		fd = open(*folder ? folder : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0)
			err = guard_search_fd(s, fd, SLUICE_MARK_NAME, NULL, NULL);
		if (!err)
			err = add_mounts(s, *folder ? folder : "/");
	}
	return err;
}

static bool is_absent(int err)
{
	return err == -ENOENT || err == -ENOTDIR;
}

/* One path with the folders above it; what is not there is nobody's. */
int guard_search_path(struct search *s, const char *path, uint32_t bits)
{
	_cleanup_free_ char *real = realpath(path, NULL);
	_cleanup_close_ int fd = -1;
	int err;

	if (!real)
		return is_absent(-errno) ? 0 : guard_search_fail(s, -errno, path);
	fd = open(real, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return is_absent(-errno) ? 0 : guard_search_fail(s, -errno, path);
	err = guard_search_fd(s, fd, bits, real, NULL);
	return err ? err : add_above(s, real);
}

static void fts_closep(FTS **fts)
{
	if (*fts)
		fts_close(*fts);
}

static bool is_key(const char *name)
{
	size_t length = strlen(name);

	return length > 4 && !strcmp(name + length - 4, ".key");
}

/*
 * Files of the journal that are full become many in years, and what they are is signed: their
 * folder guards them.
 */
static bool is_full_file(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (dot && !strcmp(dot, JOURNAL_STATE_END))
		return true;
	return dot && strlen(dot + 1) == JOURNAL_SEGMENT_DIGITS &&
	       strspn(dot + 1, "0123456789") == JOURNAL_SEGMENT_DIGITS;
}

/* Each file in a folder by itself too: it may have another name elsewhere. */
static int add_files(struct search *s, char *folder)
{
	char *roots[] = { folder, NULL };
	_cleanup_(fts_closep) FTS *fts =
		fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
	const FTSENT *entry;
	int err = 0;

	if (!fts)
		return guard_search_fail(s, -errno, folder);
	while (!err && (entry = fts_read(fts))) {
		_cleanup_close_ int fd = -1;

		if (entry->fts_info != FTS_F || is_full_file(entry->fts_name))
			continue;
		fd = open(entry->fts_path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)
			err = guard_search_fd(
				s, fd,
				FILE_OWN | (is_key(entry->fts_name) ? SLUICE_MARK_SECRET : 0),
				entry->fts_path, NULL);
	}
	return err;
}

int guard_search_folder(struct search *s, const char *path)
{
	_cleanup_free_ char *real = realpath(path, NULL);
	int err;

	if (!real)
		return is_absent(-errno) ? 0 : guard_search_fail(s, -errno, path);
	err = guard_search_path(s, real, FOLDER_OWN);
	return err ? err : add_files(s, real);
}

/* Folders that others have their files in as well. */
static bool is_shared(const char *folder)
{
	static const char *const shared[] = {
		"",	      "/",	  "/dev",     "/etc",	  "/home",    "/opt",
		"/root",      "/run",	  "/srv",     "/tmp",	  "/usr",     "/var",
		"/var/cache", "/var/lib", "/var/log", "/var/run", "/var/tmp",
	};

	for (size_t i = 0; i < ARRAY_SIZE(shared); i++)
		if (!strcmp(folder, shared[i]))
			return true;
	return false;
}

/* The newest full files of a journal in a folder of others: as many as there is surely room for. */
static int add_full_files(struct search *s, const char *file)
{
	struct journal_segments full;
	int err = journal_segments_find(file, UINT64_MAX, "", &full);
	size_t i = full.n > FULL_MARKED ? full.n - FULL_MARKED : 0;

	for (; !err && i < full.n; i++)
		err = guard_search_path(s, full.list[i].path, FILE_OWN);
	journal_segments_done(&full);
	return is_absent(err) ? 0 : err;
}

/* A file of ours with its folder, where that is ours alone. */
int guard_search_home(struct search *s, const char *file)
{
	char folder[PATH_MAX], *slash;

	snprintf(folder, sizeof(folder), "%s", file);
	slash = strrchr(folder, '/');
	if (slash)
		*slash = '\0';
	if (!slash || is_shared(folder)) {
		int err = guard_search_path(s, file, FILE_OWN);

		return err ? err : add_full_files(s, file);
	}
	return guard_search_folder(s, folder);
}

int guard_marks_find(struct kernel *kernel, const struct policy *policy,
		     const struct guard_places *places, struct guard_marks *ret, char *text,
		     size_t size)
{
	struct guard_marks marks = {};
	struct search s = { .kernel = kernel, .marks = &marks, .text = text, .size = size };
	int err = guard_find_pins(&s);

	if (!err && policy->guard.policy)
		err = guard_find_policy(&s, places->conf);
	if (!err)
		err = guard_search_folder(&s, policy->settings.state);
	if (!err)
		err = guard_search_home(&s, policy->settings.journal);
	if (!err)
		err = guard_search_path(&s, places->control, FILE_OWN);
	if (!err)
		err = guard_search_path(&s, places->gateway, FILE_OWN);
	if (!err)
		err = guard_find_programs(&s);
	if (!err)
		err = guard_find_code(&s);
	if (!err)
		err = guard_find_units(&s);
	if (!err)
		err = guard_find_cgroup(&s);
	if (!err)
		err = guard_find_more(&s, &policy->guard);
	if (err) {
		guard_marks_free(&marks);
		return err;
	}
	*ret = marks;
	return 0;
}

void guard_marks_free(struct guard_marks *marks)
{
	for (size_t i = 0; i < marks->n; i++)
		free(marks->paths[i]);
	free(marks->paths);
	free(marks->list);
	*marks = (struct guard_marks){};
}

/* One mark a mount; those of the places below them change with them. */
static size_t next_mount(const struct guard_marks *marks, size_t i)
{
	while (i < marks->n && marks->list[i].id.gen != SLUICE_GUARD_MOUNT_GEN)
		i++;
	return i;
}

bool guard_marks_same_mounts(const struct guard_marks *a, const struct guard_marks *b)
{
	size_t i = next_mount(a, 0), k = next_mount(b, 0);

	while (i < a->n && k < b->n && a->list[i].id.ino == b->list[k].id.ino) {
		i = next_mount(a, i + 1);
		k = next_mount(b, k + 1);
	}
	return i == a->n && k == b->n;
}

const char *guard_marks_path(const struct guard_marks *marks, const struct sluice_object_id *id)
{
	for (size_t i = 0; i < marks->n; i++)
		if (marks->paths[i] && !memcmp(&marks->list[i].id, id, sizeof(*id)))
			return marks->paths[i];
	return NULL;
}
