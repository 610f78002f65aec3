// SPDX-License-Identifier: Apache-2.0
/*
 * journal_past.c: see journal.h. Owns: which bytes of the journal are in which of its files, for
 * those that follow the writer. Must not own: the whole as one (journal_stream.h, for readers).
 */
#include "base/cleanup.h"
#include "base/read_whole.h"
#include "journal_segment.h"
#include "journal_stream.h"
#include "journal_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void journal_past_forget(struct journal_past *past)
{
	if (past->known)
		closep(&past->fd);
	journal_segments_done(&past->files);
	free(past->from);
	*past = (struct journal_past){ .fd = -1 };
}

int journal_past_claim(const struct journal *journal, size_t i, struct journal_segment *ret)
{
	const struct journal_segments *files = &journal->past.files;
	_cleanup_close_ int fd = -1;

	if (i == files->n)
		return journal_stream_claim(journal->file.fd, ret);
	fd = open(files->list[i].path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : journal_stream_claim(fd, ret);
}

static void drop_before(struct journal_past *past, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(past->files.list[i].path);
	past->files.n -= n;
	memmove(past->files.list, past->files.list + n,
		past->files.n * sizeof(*past->files.list));
	memmove(past->from, past->from + n, past->files.n * sizeof(*past->from));
}

int journal_past_look(struct journal *journal)
{
	struct journal_past *past = &journal->past;
	struct journal_segment said = { 0 };
	uint64_t from = journal->offset;
	int r;

	if (past->known)
		return 0;
	journal_past_forget(past);
	r = journal_segments_find(journal->file.path, journal->first, "", &past->files);
	if (r < 0)
		return r;
	past->known = true;
	past->from = calloc(past->files.n + 1, sizeof(*past->from));
	if (!past->from)
		return -ENOMEM;
	for (size_t i = past->files.n; i > 0; i--) {
		const struct journal_segment_file *file = &past->files.list[i - 1];

		if (journal_past_claim(journal, i, &said) < 0 || said.previous.first != file->first ||
		    said.previous.bytes != file->bytes || file->bytes > from) {
			drop_before(past, i);
			past->odd = true;
			break;
		}
		from -= file->bytes;
		past->from[i - 1] = from;
	}
	return 0;
}

uint64_t journal_written_from(const struct journal *journal)
{
	return journal->offset;
}

int journal_part(struct journal *journal, uint64_t at, struct journal_part *ret)
{
	const struct journal_past *past = &journal->past;
	size_t i = 0;
	int r = at >= journal->offset ? 0 : journal_past_look(journal);

	if (r < 0)
		return r;
	while (at < journal->offset && i < past->files.n &&
	       at >= past->from[i] + past->files.list[i].bytes)
		i++;
	if (at >= journal->offset || i == past->files.n) {
		*ret = (struct journal_part){ .from = journal->offset,
					      .to = journal_durable(journal),
					      .first = journal->first,
					      .written = true };
		return 0;
	}
	*ret = (struct journal_part){ .from = past->from[i],
				      .to = past->from[i] + past->files.list[i].bytes,
				      .first = past->files.list[i].first };
	return 0;
}

int journal_reader(struct journal *journal, const struct journal_part *part)
{
	_cleanup_free_ char *path = NULL;
	int fd;

	if (part->written)
		return journal_file_reader(&journal->file);
	path = journal_segment_path(journal->file.path, part->first, "");
	if (!path)
		return -ENOMEM;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

ssize_t journal_read_at(struct journal *journal, char *bytes, size_t room, uint64_t from)
{
	struct journal_past *past = &journal->past;
	struct journal_part part;
	int r = journal_part(journal, from, &part);

	if (r < 0 || from < part.from)
		return r < 0 ? r : -ENODATA;
	if (room > part.to - from)
		room = (size_t)(part.to - from);
	if (part.written)
		return read_whole_at(journal->file.fd, bytes, room, from - part.from);
	if (past->fd < 0 || past->at != part.first) {
		closep(&past->fd);
		past->at = part.first;
		past->fd = journal_reader(journal, &part);
	}
	return past->fd < 0 ? past->fd : read_whole_at(past->fd, bytes, room, from - part.from);
}
