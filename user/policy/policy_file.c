/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_file.c: which files make a policy, whether they can be trusted, and their bytes.
 *
 * Owns: everything that touches the file system. Must not own: what the bytes mean
 * (policy_parse.c).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/read_whole.h"
#include "base/text.h"
#include "policy_build.h"

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* For what has no line: "path: message". Returns @r. */
__attribute__((format(printf, 3, 4))) static int refuse(struct policy_error *error, int r,
							const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(error->text, sizeof(error->text), format, ap);
	va_end(ap);
	text_scrub(error->text);
	return r;
}

static int refuse_errno(struct policy_error *error, const char *path, int r)
{
	return refuse(error, r, "%s: cannot be read: %s; check that it exists and who may read it",
		      path, strerror(-r));
}

/*
 * Whoever can write the policy decides what is guarded. Only root's load decides anything, so that
 * others may check drafts of theirs. A sticky folder of root's (/tmp) is fine above a file that
 * nobody else can replace.
 */
static int check_writers(struct policy_error *error, const char *path, const struct stat *st,
			 bool sticky_is_fine)
{
	if (geteuid() != 0)
		return 0;
	if (st->st_uid != 0)
		return refuse(error, -EINVAL, "%s: belongs to uid %u, not to root; chown root it",
			      path, (unsigned int)st->st_uid);
	if (!(st->st_mode & (S_IWGRP | S_IWOTH)) || (sticky_is_fine && st->st_mode & S_ISVTX))
		return 0;
	return refuse(error, -EINVAL, "%s: can be written by others than root; chmod go-w it",
		      path);
}

int policy_file_read(struct policy_build *build, const char *path, char **ret_bytes,
		     size_t *ret_length)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	_cleanup_free_ char *bytes = NULL;
	struct stat st;
	ssize_t length;
	size_t room;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return refuse_errno(build->error, path, -errno);
	if (!S_ISREG(st.st_mode))
		return refuse(build->error, -EINVAL, "%s: is not a regular file; remove it", path);
	r = check_writers(build->error, path, &st, false);
	if (r < 0)
		return r;
	if (st.st_size > SLUICE_POLICY_BYTES)
		return refuse(build->error, -EINVAL, "%s: is larger than %u bytes; split it", path,
			      SLUICE_POLICY_BYTES);
	room = (size_t)st.st_size + 1; /* one more byte tells that it grows under our hands */
	bytes = malloc(room);
	if (!bytes)
		return policy_fail_memory(build);
	length = read_whole(fd, bytes, room);
	if (length < 0)
		return refuse_errno(build->error, path, (int)length);
	if ((size_t)length == room)
		return refuse(build->error, -EINVAL, "%s: changed while it was read; try again",
			      path);
	*ret_bytes = TAKE_PTR(bytes);
	*ret_length = (size_t)length;
	return 0;
}

static int is_fragment(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 5 &&
	       !strcmp(entry->d_name + length - 5, ".conf");
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Opens @name in @at and checks its writers; -ENOENT is left without a message. */
static int open_folder(struct policy_error *error, int at, const char *name, const char *shown)
{
	_cleanup_close_ int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0 || fstat(fd, &st) < 0)
		return refuse_errno(error, shown, -errno);
	r = check_writers(error, shown, &st, at == AT_FDCWD);
	if (r < 0)
		return r;
	return TAKE_FD(fd);
}

static int add_file(char ***files, size_t *n, char *path)
{
	char **slot = path ? ARRAY_APPEND(*files, *n) : NULL;

	if (!slot) {
		free(path);
		return -ENOMEM;
	}
	*slot = path;
	return 0;
}

/* "folder/name", owned by the caller; NULL without memory. */
static char *join(const char *folder, const char *name)
{
	size_t size = strlen(folder) + strlen(name) + 2;
	char *path = malloc(size);

	if (path)
		snprintf(path, size, "%s/%s", folder, name);
	return path;
}

/* Adds the fragments of policy.d, opened as @fd, which is taken over. */
static int add_fragments(int fd, const char *folder, char ***files, size_t *n,
			 struct policy_error *error)
{
	_cleanup_(closedirp) DIR *dir = fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		int r = -errno;

		close(fd);
		return refuse_errno(error, folder, r);
	}
	while (errno = 0, entry = readdir(dir)) {
		if (!is_fragment(entry))
			continue;
		if (*n >= SLUICE_POLICY_FILES)
			return refuse(error, -EINVAL, "%s: holds more than %d files; join some",
				      folder, SLUICE_POLICY_FILES - 1);
		if (add_file(files, n, join(folder, entry->d_name)) < 0)
			return refuse(error, -ENOMEM, "%s: not enough memory", folder);
	}
	if (errno)
		return refuse_errno(error, folder, -errno);
	qsort(*files + 1, *n - 1, sizeof(**files), by_name);
	return 0;
}

static int list_files(const char *conf, char ***files, size_t *n, struct policy_error *error)
{
	_cleanup_free_ char *copy = strdup(conf);
	const char *name = copy ? dirname(copy) : NULL; /* shortens copy */
	_cleanup_free_ char *folder = name ? join(name, "policy.d") : NULL;
	_cleanup_close_ int parent = -1;
	int fd;

	if (!folder || add_file(files, n, strdup(conf)) < 0)
		return refuse(error, -ENOMEM, "%s: not enough memory", conf);
	parent = open_folder(error, AT_FDCWD, name, name);
	if (parent == -ENOENT)
		return refuse_errno(error, conf, -ENOENT);
	if (parent < 0)
		return parent;
	fd = open_folder(error, parent, "policy.d", folder);
	if (fd == -ENOENT)
		return 0;
	return fd < 0 ? fd : add_fragments(fd, folder, files, n, error);
}

int policy_files(const char *conf, char ***ret, size_t *ret_n, struct policy_error *error)
{
	char **files = NULL, **end;
	size_t n = 0, count;
	int r = list_files(conf, &files, &n, error);

	count = n;
	end = r < 0 ? NULL : ARRAY_APPEND(files, n);
	if (!end) {
		for (size_t i = 0; i < count; i++)
			free(files[i]);
		free(files);
		return r < 0 ? r : refuse(error, -ENOMEM, "%s: not enough memory", conf);
	}
	*ret = files;
	*ret_n = count;
	return 0;
}

char **policy_files_free(char **files)
{
	return text_free_words(files);
}
