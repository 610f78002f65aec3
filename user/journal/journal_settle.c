// SPDX-License-Identifier: Apache-2.0
/*
 * journal_settle.c: see journal_settle.h.
 *
 * journal_begin_file() goes so; behind each step a crash may come:
 *	state.new is written, and becomes the state		: what is left is removed
 *	PATH.next is made					: it is removed
 *	PATH gets its second name, that of a full file		: that one is removed again
 *	PATH.next becomes PATH					: the full one becomes PATH again
 *	the first commit is written to PATH, in parts		: the same, and they are set aside
 *	the first commit is durable				: done
 *	the state before is removed				: that is made up for
 * So nothing is lost: what was not signed in the new file was told to nobody.
 */
#include "journal_settle.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/read_whole.h"
#include "journal_keys.h"
#include "journal_segments.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int remove_left(const char *path, const char *end)
{
	_cleanup_free_ char *name = NULL;

	if (asprintf(&name, "%s%s", path, end) < 0)
		return -ENOMEM;
	return unlink(name) < 0 && errno != ENOENT ? -errno : 0;
}

static bool is_same(const struct journal_file *file, const char *path)
{
	struct stat st, other;

	return fstat(file->fd, &st) == 0 && stat(path, &other) == 0 && st.st_ino == other.st_ino &&
	       st.st_dev == other.st_dev;
}

/* Whether a signature is in it: then it is the file that is written. */
static int is_begun(const struct journal_file *file)
{
	static const char start[] = "\n" JOURNAL_CHECKPOINT_START;
	_cleanup_free_ char *bytes = malloc(JOURNAL_FIRST_COMMIT);
	ssize_t n = bytes ? read_whole_at(file->fd, bytes, JOURNAL_FIRST_COMMIT, 0) : -ENOMEM;
	const char *at;

	if (n < 0)
		return (int)n;
	at = memmem(bytes, (size_t)n, start, sizeof(start) - 1);
	return at && memchr(at + 1, '\n', (size_t)(bytes + n - at - 1));
}

static int reopen(struct journal_file *file, uint64_t *size, char *error, size_t error_size)
{
	_cleanup_free_ char *path = strdup(file->path);

	if (!path)
		return -ENOMEM;
	journal_file_close(file);
	return journal_file_open(file, path, size, error, error_size);
}

static int go_back(struct journal_file *file, const char *full, uint64_t *size,
		   struct journal_recovery *recovery, char *error, size_t error_size)
{
	int r = 0;

	if (*size > 0)
		r = journal_file_cut(file, 0, recovery->torn_sha256);
	if (r < 0)
		return r;
	recovery->torn_bytes = *size;
	log_notice("the journal was about to go on in another file: it goes on in the one before");
	if (rename(full, file->path) < 0)
		return -errno;
	r = journal_file_sync_folder(file->path);
	return r < 0 ? r : reopen(file, size, error, error_size);
}

static int settle_full(struct journal_file *file, const struct journal_segments *full,
		       uint64_t *size, struct journal_recovery *recovery, char *error,
		       size_t error_size)
{
	const char *newest = full->n ? full->list[full->n - 1].path : NULL;
	uint64_t first = 0;
	int begun;

	if (!newest)
		return 0;
	if (is_same(file, newest))
		return unlink(newest) < 0 ? -errno : journal_file_sync_folder(file->path);
	begun = is_begun(file);
	if (begun > 0 && journal_segment_first(file->fd, &first) == 0 &&
	    full->list[full->n - 1].first >= first && first > 0) {
		snprintf(error, error_size,
			 "the journal '%s' is older than its full file '%s': it is an old copy; put "
			 "back the newest, or move all of its files aside to begin a new one",
			 file->path, newest);
		return -EBADMSG;
	}
	if (begun != 0)
		return begun < 0 ? begun : 0;
	return go_back(file, newest, size, recovery, error, error_size);
}

/* All but that of the file itself: of one that was not begun, or of one that is full. */
static int remove_states(const struct journal_file *file)
{
	struct journal_segments states;
	uint64_t first = 0;
	int r = journal_segments_find(file->path, UINT64_MAX, JOURNAL_STATE_END, &states);
	/* What else it is will be said soon. */
	bool known = journal_segment_first(file->fd, &first) == 0;

	for (size_t i = 0; r == 0 && known && i < states.n; i++)
		if (states.list[i].first != first && unlink(states.list[i].path) < 0)
			r = -errno;
	journal_segments_done(&states);
	return r;
}

int journal_settle(struct journal_file *file, uint64_t *size, struct journal_recovery *recovery,
		   char *error, size_t error_size)
{
	struct journal_segments full;
	int r = journal_segments_find(file->path, UINT64_MAX, "", &full);

	if (r == 0)
		r = remove_left(file->path, ".next");
	if (r == 0)
		r = remove_left(file->path, ".state.new");
	if (r == 0)
		r = settle_full(file, &full, size, recovery, error, error_size);
	journal_segments_done(&full);
	if (r == 0)
		r = remove_states(file);
	if (r < 0 && error[0] == '\0')
		snprintf(error, error_size, "cannot look at the files beside the journal '%s': %s",
			 file->path, strerror(-r));
	return r;
}

int journal_settle_missing(const char *path, char *error, size_t error_size)
{
	struct journal_segments full;
	struct stat st;
	int r;

	if (stat(path, &st) == 0 || errno != ENOENT)
		return 0;
	r = journal_segments_find(path, UINT64_MAX, "", &full);
	if (r == 0 && full.n > 0) {
		r = -ENOENT;
		snprintf(error, error_size,
			 "the journal '%s' is not there, and its older files are, the newest is "
			 "'%s': put back what was moved away, or move these aside too to begin a "
			 "new journal",
			 path, full.list[full.n - 1].path);
	} else if (r == -ENOENT) {
		r = 0; /* the folder: opening says so */
	}
	journal_segments_done(&full);
	return r;
}
