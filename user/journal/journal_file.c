// SPDX-License-Identifier: Apache-2.0
/*
 * journal_file.c: see journal_file.h.
 *
 * The lock has a descriptor of its own, because a descriptor whose fdatasync() failed must be
 * replaced (the kernel may have marked the lost pages clean, a second fdatasync() would report
 * success) and the lock must not slip away meanwhile.
 */
#include "journal_file.h"

#include "base/cleanup.h"
#include "merkle.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES 16384

int journal_file_write_at(int fd, const char *bytes, size_t size, uint64_t offset)
{
	while (size > 0) {
		ssize_t n = pwrite(fd, bytes, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		bytes += n;
		size -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

int journal_file_sync_folder(const char *path)
{
	_cleanup_free_ char *copy = strdup(path);
	_cleanup_close_ int fd = -1;

	if (!copy)
		return -ENOMEM;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

static int open_locked(const char *path, struct stat *ret_st, char *error, size_t error_size)
{
	_cleanup_close_ int fd =
		open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
	int r;

	if (fd < 0 || fstat(fd, ret_st) < 0) {
		r = -errno;
		snprintf(error, error_size, "cannot open the journal '%s': %s", path, strerror(-r));
		return r;
	}
	if (!S_ISREG(ret_st->st_mode)) {
		snprintf(error, error_size, "the journal '%s' is not a plain file", path);
		return -EINVAL;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		r = errno == EWOULDBLOCK ? -EBUSY : -errno;
		if (r == -EBUSY)
			snprintf(error, error_size,
				 "the journal '%s' is being written by another process: stop it "
				 "first",
				 path);
		else
			snprintf(error, error_size, "cannot lock the journal '%s': %s", path,
				 strerror(-r));
		return r;
	}
	/* Again under the lock: the writer before us may have gone on until it let go. */
	if (fstat(fd, ret_st) < 0)
		return -errno;
	return TAKE_FD(fd);
}

/* A second descriptor of the locked file; -ESTALE when the path leads elsewhere. */
static int open_same(const struct journal_file *file, int how)
{
	_cleanup_close_ int fd =
		open(file->path, how | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st, locked;

	if (fd < 0)
		return errno == ENOENT ? -ESTALE : -errno;
	if (fstat(fd, &st) < 0 || fstat(file->lock_fd, &locked) < 0)
		return -errno;
	if (st.st_dev != locked.st_dev || st.st_ino != locked.st_ino)
		return -ESTALE;
	return TAKE_FD(fd);
}

int journal_file_reader(const struct journal_file *file)
{
	return open_same(file, O_RDONLY);
}

int journal_file_open(struct journal_file *file, const char *path, uint64_t *ret_size, char *error,
		      size_t error_size)
{
	struct stat st;
	int r;

	*file = (struct journal_file){ .path = strdup(path), .lock_fd = -1, .fd = -1 };
	if (!file->path)
		return -ENOMEM;
	r = open_locked(path, &st, error, error_size);
	if (r < 0)
		return r;
	file->lock_fd = r;
	r = open_same(file, O_RDWR);
	if (r < 0) {
		snprintf(error, error_size, "cannot open the journal '%s': %s", path, strerror(-r));
		return r;
	}
	file->fd = r;
	*ret_size = (uint64_t)st.st_size; /* lint: open_locked() filled it, or did not succeed */
	return 0;
}

void journal_file_close(struct journal_file *file)
{
	if (!file)
		return;
	closep(&file->fd);
	closep(&file->lock_fd);
	free(file->path);
	*file = (struct journal_file){ .lock_fd = -1, .fd = -1 };
}

/*
 * Nobody else may have moved, cut or lengthened the file: one stat() against a flush that takes 100
 * times longer.
 */
static int check_place(const struct journal_file *file)
{
	struct stat named, st;

	if (fstat(file->fd, &st) < 0)
		return -errno;
	if (lstat(file->path, &named) < 0 || named.st_ino != st.st_ino || named.st_dev != st.st_dev)
		return -ESTALE;
	if ((uint64_t)st.st_size < file->durable ||
	    (!file->dirty && (uint64_t)st.st_size > file->durable))
		return -EBADMSG;
	return 0;
}

int journal_file_append(struct journal_file *file, const char *bytes, size_t size)
{
	int r = check_place(file);

	if (r == 0 && file->renamed)
		r = journal_file_sync_folder(file->path);
	if (r < 0)
		return r;
	file->renamed = false;
	file->dirty = true;
	r = journal_file_write_at(file->fd, bytes, size, file->durable);
	if (r == 0 && fdatasync(file->fd) < 0)
		r = -errno;
	if (r == 0) {
		file->durable += size;
		file->dirty = false;
		return 0;
	}
	/* Readers then see no half a commit; when this fails too, journal_file_reopen() does it. */
	if (ftruncate(file->fd, (off_t)file->durable) < 0)
		return r;
	return r;
}

int journal_file_reopen(struct journal_file *file)
{
	int fd = open_same(file, O_RDWR), r;

	if (fd < 0)
		return fd;
	closep(&file->fd);
	file->fd = fd;
	r = check_place(file);
	if (r < 0)
		return r;
	if (ftruncate(file->fd, (off_t)file->durable) < 0)
		return -errno;
	return 0;
}

/* An empty file beside, locked, with the mode of the one that it will replace. */
static int make_next(const struct journal_file *file, const char *next, int *ret_fd)
{
	_cleanup_close_ int lock = -1, fd = -1;
	struct stat st;

	if (fstat(file->fd, &st) < 0 || (unlink(next) < 0 && errno != ENOENT))
		return -errno;
	lock = open(next, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) < 0 ||
	    fchmod(lock, st.st_mode & 07777) < 0)
		return -errno;
	fd = open(next, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fsync(fd) < 0)
		return -errno;
	*ret_fd = TAKE_FD(fd);
	return TAKE_FD(lock);
}

/* Two names for a moment: no crash leaves the path without a file. */
static int change_names(const struct journal_file *file, const char *next, const char *full)
{
	int r;

	if (link(file->path, full) < 0)
		return -errno;
	if (rename(next, file->path) == 0)
		return 0;
	r = -errno;
	unlink(full);
	return r;
}

int journal_file_next(struct journal_file *file, const char *full)
{
	_cleanup_free_ char *next = NULL;
	_cleanup_close_ int lock = -1, fd = -1;
	int r = check_place(file);

	if (r < 0)
		return r;
	if (asprintf(&next, "%s.next", file->path) < 0)
		return -ENOMEM;
	lock = make_next(file, next, &fd);
	r = lock < 0 ? lock : change_names(file, next, full);
	if (r < 0) {
		unlink(next);
		return r;
	}
	closep(&file->fd);
	closep(&file->lock_fd);
	file->fd = TAKE_FD(fd);
	file->lock_fd = TAKE_FD(lock);
	file->durable = 0;
	file->dirty = false;
	file->renamed = true;
	return 0;
}

static int compare_at(int fd, const char *bytes, size_t size, uint64_t offset)
{
	char buffer[4096];

	while (size > 0) {
		ssize_t n = pread(fd, buffer, size < sizeof(buffer) ? size : sizeof(buffer),
				  (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || memcmp(buffer, bytes, (size_t)n) != 0)
			return -EIO;
		bytes += n;
		size -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

int journal_file_reread(struct journal_file *file, const char *bytes, size_t size)
{
	uint64_t offset = file->durable - size;
	int r;

	/* Clean pages are dropped, so that the disk answers; where that is not possible the cache
	 * does. */
	posix_fadvise(file->fd, (off_t)offset, (off_t)size, POSIX_FADV_DONTNEED);
	r = compare_at(file->fd, bytes, size, offset);
	if (r < 0) {
		file->durable = offset;
		file->dirty = true;
	}
	return r;
}

/* Appends the bytes behind @good to @torn_fd and hashes them. */
static int copy_end(struct journal_file *file, uint64_t good, int torn_fd, EVP_MD_CTX *hash)
{
	char buffer[COPY_BYTES];
	off_t end = lseek(torn_fd, 0, SEEK_END);
	ssize_t n;
	int r;

	if (end < 0)
		return -errno;
	while ((n = pread(file->fd, buffer, sizeof(buffer), (off_t)good)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		r = journal_file_write_at(torn_fd, buffer, (size_t)n, (uint64_t)end);
		if (r < 0)
			return r;
		if (EVP_DigestUpdate(hash, buffer, (size_t)n) != 1)
			return -ENOMEM;
		good += (uint64_t)n;
		end += n;
	}
	return fsync(torn_fd) < 0 ? -errno : 0;
}

static int save_end(struct journal_file *file, uint64_t good, uint8_t ret_hash[MERKLE_HASH])
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;
	EVP_MD_CTX *hash;
	int r = -ENOMEM;

	if (asprintf(&path, "%s.torn", file->path) < 0)
		return -ENOMEM;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	hash = EVP_MD_CTX_new();
	if (hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1)
		r = copy_end(file, good, fd, hash);
	if (r == 0 && EVP_DigestFinal_ex(hash, ret_hash, NULL) != 1)
		r = -ENOMEM;
	EVP_MD_CTX_free(hash);
	return r < 0 ? r : journal_file_sync_folder(path);
}

int journal_file_cut(struct journal_file *file, uint64_t good, char ret_sha256[65])
{
	uint8_t hash[MERKLE_HASH];
	int r = save_end(file, good, hash);

	if (r < 0)
		return r;
	if (ftruncate(file->fd, (off_t)good) < 0 || fdatasync(file->fd) < 0)
		return -errno;
	merkle_hex(hash, ret_sha256);
	return 0;
}
