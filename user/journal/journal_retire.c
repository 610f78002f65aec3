// SPDX-License-Identifier: Apache-2.0
/*
 * journal_retire.c: see journal_retire.h.
 */
#include "journal_retire.h"

#include "base/cleanup.h"
#include "journal_segments.h"
#include "journal_state.h"
#include "journal_stream.h"
#include "journal_writer.h"

#include <errno.h>
#include <unistd.h>

int journal_oldest(struct journal *journal, struct journal_removed *ret, int64_t *ret_ended_ms,
		   uint64_t *ret_to)
{
	struct journal_segment behind = { 0 };
	int r = journal_past_look(journal);

	if (r == 0 && journal->past.odd)
		r = -EUCLEAN;
	if (r == 0 && journal->past.files.n == 0)
		r = -ENOENT;
	if (r == 0)
		r = journal_past_claim(journal, 1, &behind);
	if (r < 0)
		return r;
	journal_removed_name(&behind, ret);
	*ret_ended_ms = behind.time;
	*ret_to = behind.offset;
	return 0;
}

int journal_starts_without(const struct journal *journal)
{
	struct journal_segment said;
	uint64_t lines;
	int fd = journal_stream_claim(journal->file.fd, &said);

	if (fd == 0)
		fd = journal_state_open(journal->file.path, &said, &lines);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

int journal_remove_oldest(struct journal *journal, const struct journal_removed *removed)
{
	_cleanup_free_ char *path = journal_segment_path(journal->file.path, removed->first, "");
	int r = path ? 0 : -ENOMEM;

	if (r == 0 && unlink(path) < 0 && errno != ENOENT)
		r = -errno;
	journal_past_forget(&journal->past);
	return r;
}
