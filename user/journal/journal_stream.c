// SPDX-License-Identifier: Apache-2.0
/*
 * journal_stream.c: see journal_stream.h. The file that is written is opened first, and then the
 * ones are listed that begin before it: whatever is renamed meanwhile, each part is read once.
 */
#include "journal_stream.h"

#include "base/cleanup.h"
#include "base/read_whole.h"
#include "limits.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int journal_stream_claim(int fd, struct journal_segment *ret)
{
	_cleanup_free_ char *line = malloc(SLUICE_JOURNAL_ENTRY_MAX + 1);
	const char *end;
	ssize_t n;

	if (!line)
		return -ENOMEM;
	n = read_whole_at(fd, line, SLUICE_JOURNAL_ENTRY_MAX + 1, 0);
	if (n < 0)
		return (int)n;
	end = memchr(line, '\n', (size_t)n);
	if (!end || !journal_segment_is_line(line, (size_t)(end - line)))
		return -EBADMSG;
	return journal_segment_read(line, (size_t)(end - line), ret, NULL);
}

static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -errno : fd;
}

static int claim_of(const struct journal_stream *stream, size_t i, struct journal_segment *ret)
{
	_cleanup_close_ int fd = -1;

	if (i + 1 == stream->files.n)
		return journal_stream_claim(stream->last, ret);
	fd = open_file(stream->files.list[i].path);
	return fd < 0 ? fd : journal_stream_claim(fd, ret);
}

/* From the end back: each file names the one before. What cannot be told is left to the check. */
static void find_whole(struct journal_stream *stream)
{
	const struct journal_segments *files = &stream->files;
	struct journal_segment claim;

	for (size_t i = files->n - 1; i > 0; i--) {
		if (claim_of(stream, i, &claim) < 0 ||
		    claim.previous.first == files->list[i - 1].first)
			continue;
		stream->whole = i;
		break;
	}
	for (size_t i = stream->whole; i < files->n; i++)
		stream->bytes += files->list[i].bytes;
}

/* The one that is written is not there, or empty: a crash came between. The full ones are there. */
static int open_full(struct journal_stream *stream, const char *path)
{
	struct journal_segments *files = &stream->files;
	int r = journal_segments_find(path, UINT64_MAX, "", files);

	if (r < 0)
		return r;
	if (files->n == 0)
		return -ENOENT;
	closep(&stream->last);
	stream->last = -1;
	r = open_file(files->list[files->n - 1].path);
	if (r < 0)
		return r;
	stream->last = r;
	stream->regular = true;
	find_whole(stream);
	return 0;
}

/* What does not begin as a file of a journal does is read as the last one, to be named wrong. */
static int open_beside(struct journal_stream *stream, const char *path,
		       const struct stat *st)
{
	uint64_t first = UINT64_MAX;
	int r = journal_segment_first(stream->last, &first);

	if (r < 0 && r != -EBADMSG)
		return r;
	r = journal_segments_find(path, first, "", &stream->files);
	if (r == 0)
		r = journal_segments_add(&stream->files, strdup(path),
					 stream->files.n || first != UINT64_MAX ? first : 0,
					 (uint64_t)st->st_size);
	if (r == 0)
		find_whole(stream);
	return r;
}

static int open_path(struct journal_stream *stream, const char *path)
{
	struct stat st;
	int r = open_file(path);

	if (r == -ENOENT)
		return open_full(stream, path);
	if (r < 0)
		return r;
	stream->last = r;
	if (fstat(stream->last, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	stream->regular = S_ISREG(st.st_mode);
	if (!stream->regular)
		return 0;
	r = st.st_size == 0 ? open_full(stream, path) : -ENOENT;
	return r == -ENOENT ? open_beside(stream, path, &st) : r;
}

/* Whatever it is, nothing lies beside it. */
static int open_stdin(struct journal_stream *stream)
{
	struct stat st;
	off_t at;

	stream->last = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (stream->last < 0 || fstat(stream->last, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	at = lseek(stream->last, 0, SEEK_CUR);
	stream->regular = S_ISREG(st.st_mode) && at >= 0;
	stream->offset = stream->regular ? (uint64_t)at : 0;
	if (stream->regular && st.st_size > at)
		stream->bytes = (uint64_t)(st.st_size - at);
	return 0;
}

int journal_stream_open(const char *path, struct journal_stream *ret)
{
	int r;

	journal_stream_of(-1, ret);
	ret->owned = true;
	if (strcmp(path, "-") == 0)
		return open_stdin(ret);
	r = open_path(ret, path);
	ret->at = ret->whole;
	if (r < 0)
		return r;
	ret->path = strdup(path);
	return ret->path ? 0 : -ENOMEM;
}

/* Where it stands is where it begins: other than a file's, a pipe's bytes come but once. */
void journal_stream_of(int fd, struct journal_stream *ret)
{
	*ret = (struct journal_stream){ .fd = -1, .last = fd };
}

void journal_stream_done(struct journal_stream *stream)
{
	closep(&stream->fd);
	if (stream->owned)
		closep(&stream->last);
	journal_segments_done(&stream->files);
	free(stream->path);
	journal_stream_of(-1, stream);
}

uint64_t journal_stream_first(const struct journal_stream *stream)
{
	return stream->files.n ? stream->files.list[stream->whole].first : 0;
}

char *journal_stream_missing(const struct journal_stream *stream)
{
	struct journal_segment claim;

	if (stream->files.n == 0 || stream->files.list[stream->whole].first == 0 ||
	    claim_of(stream, stream->whole, &claim) < 0)
		return NULL;
	return strdup(claim.previous.file);
}

static bool is_last(const struct journal_stream *stream)
{
	return stream->at + 1 >= stream->files.n;
}

int journal_stream_seek(struct journal_stream *stream, uint64_t offset)
{
	size_t at = stream->whole;

	while (at + 1 < stream->files.n && offset >= stream->files.list[at].bytes)
		offset -= stream->files.list[at++].bytes;
	if (at != stream->at) {
		closep(&stream->fd);
		stream->fd = -1;
	}
	stream->at = at;
	stream->offset = offset;
	return 0;
}

/* The files behind the one that was the last: it has another name by now. Return: 1: there is one. */
static int find_next(struct journal_stream *stream)
{
	struct journal_segment_file *now = &stream->files.list[stream->at];
	struct journal_stream new;
	size_t i = 0;
	int r = journal_stream_open(stream->path, &new);

	while (r == 0 && i < new.files.n && new.files.list[i].first <= now->first)
		i++;
	if (r == 0 && i < new.files.n) {
		new.at = i;
		new.whole = i;
		journal_stream_done(stream);
		*stream = new;
		return 1;
	}
	journal_stream_done(&new);
	return r == -ENOENT ? 0 : r;
}

/* Whether the last file is still the one that is written. */
static bool is_current(const struct journal_stream *stream)
{
	struct stat named, st;

	return !stream->path || stat(stream->path, &named) < 0 || fstat(stream->last, &st) < 0 ||
	       (named.st_dev == st.st_dev && named.st_ino == st.st_ino);
}

static ssize_t read_at(struct journal_stream *stream, char *bytes, size_t room)
{
	ssize_t n;
	int fd = stream->last;

	if (!is_last(stream)) {
		if (stream->fd < 0)
			stream->fd = open_file(stream->files.list[stream->at].path);
		fd = stream->fd;
	}
	if (fd < 0)
		return fd;
	do
		n = stream->regular ? pread(fd, bytes, room, (off_t)stream->offset)
				    : read(fd, bytes, room);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		stream->offset += (uint64_t)n;
	return n < 0 ? -errno : n;
}

ssize_t journal_stream_read(struct journal_stream *stream, char *bytes, size_t room)
{
	bool drained = false;
	ssize_t n;
	int r;

	for (;;) {
		n = read_at(stream, bytes, room);
		if (n != 0)
			return n;
		if (!is_last(stream)) {
			closep(&stream->fd);
			stream->fd = -1;
			stream->at++;
			stream->offset = 0;
			continue;
		}
		if (!stream->regular || is_current(stream))
			return 0;
		/* Once more: the last bytes may have come before it got its other name. */
		if (!drained) {
			drained = true;
			continue;
		}
		r = find_next(stream);
		if (r <= 0)
			return r;
		drained = false;
	}
}
