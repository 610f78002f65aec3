// SPDX-License-Identifier: Apache-2.0
/*
 * journal_begin_file.c: see journal.h. Owns: when a file is full, and the order in which the journal
 * goes on in another one, see journal_settle.c. Must not own: names of files (journal_segments.h),
 * what still counts (journal_state.h).
 */
#include "base/cleanup.h"
#include "base/log.h"
#include "journal_segment.h"
#include "journal_segments.h"
#include "journal_state.h"
#include "journal_stream.h"
#include "journal_writer.h"
#include "limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool journal_is_full(const struct journal *journal, uint64_t bytes, uint64_t age_ms)
{
	/* A clock that was wrong for a moment does not keep a file for the year it jumped to. */
	uint64_t away_ms = (uint64_t)llabs((long long)(journal_writer_now() - journal->time));

	return (bytes && journal->file.durable >= bytes) || (age_ms && away_ms >= age_ms);
}

static int hash_file(const struct journal *journal, char ret[MERKLE_HEX])
{
	EVP_MD_CTX *copy = EVP_MD_CTX_new();
	uint8_t hash[MERKLE_HASH];
	bool done = copy && journal->hash && EVP_MD_CTX_copy_ex(copy, journal->hash) == 1 &&
		    EVP_DigestFinal_ex(copy, hash, NULL) == 1;

	EVP_MD_CTX_free(copy);
	if (done)
		merkle_hex(hash, ret);
	return done ? 0 : -ENOMEM;
}

static int describe(const struct journal *journal, const char *full, struct journal_segment *ret)
{
	const char *base = strrchr(full, '/');

	*ret = (struct journal_segment){ .previous = { .first = journal->first,
						       .last = journal->tree.size - 1,
						       .bytes = journal->file.durable } };
	snprintf(ret->previous.file, sizeof(ret->previous.file), "%s", base ? base + 1 : full);
	snprintf(ret->previous.root, sizeof(ret->previous.root), "%s", journal->root);
	journal_segment_set(ret, &journal->keys, &journal->tree, journal->genesis,
			    note_key_vkey(journal->origin),
			    journal->offset + journal->file.durable);
	return hash_file(journal, ret->previous.sha256);
}

/* What counts from before this file, when its state is as it was. */
static int add_state(const struct journal *journal, struct journal_state_source *ret)
{
	struct journal_segment said;
	uint64_t lines = 0;
	int fd = journal_stream_claim(journal->file.fd, &said);

	if (fd == 0)
		fd = journal_state_open(journal->file.path, &said, &lines);
	if (fd >= 0)
		*ret = (struct journal_state_source){ fd, lines, said.state.bytes };
	return fd < 0 ? fd : 0;
}

/* Where it is gone, all files that are full. Return: how many; -ENODATA: some are missing. */
static ssize_t add_full(const struct journal_stream *stream, struct journal_state_source *ret)
{
	_cleanup_free_ char *missing = journal_stream_missing(stream);
	size_t n = 0;

	if (missing)
		return -ENODATA;
	for (; n + 1 < stream->files.n; n++) {
		const struct journal_segment_file *file = &stream->files.list[n];
		int fd = open(file->path, O_RDONLY | O_CLOEXEC);

		ret[n] = (struct journal_state_source){ fd, 0, file->bytes };
		if (fd >= 0)
			continue;
		while (n-- > 0)
			close(ret[n].fd);
		return -errno;
	}
	return (ssize_t)n;
}

static ssize_t add_before(const struct journal *journal, struct journal_state_source **ret)
{
	struct journal_stream stream;
	ssize_t n = journal_stream_open(journal->file.path, &stream);

	if (n == 0) {
		*ret = calloc(stream.files.n + 2, sizeof(**ret));
		n = *ret ? 0 : -ENOMEM;
	}
	if (n == 0 && journal->first > 0)
		n = add_state(journal, *ret) == 0 ? 1 : add_full(&stream, *ret);
	journal_stream_done(&stream);
	return n;
}

static int write_state(const struct journal *journal, struct journal_segment *segment)
{
	struct journal_state_source *sources = NULL;
	ssize_t n = add_before(journal, &sources);
	int fd = n < 0 ? (int)n : journal_file_reader(&journal->file), r = fd;

	if (fd >= 0 && sources) {
		sources[n++] = (struct journal_state_source){ fd, 0, journal->file.durable };
		r = journal_state_write(journal->file.path, journal->tree.size, &journal->memory,
					sources, (size_t)n, segment);
	}
	for (ssize_t i = 0; sources && i < n; i++)
		close(sources[i].fd);
	free(sources);
	return r;
}

/* From here on there is no way back but a restart. */
static int go_on(struct journal *journal, json_t *body)
{
	int r;

	journal->first = journal->tree.size;
	journal->time = journal_writer_now();
	journal_past_forget(&journal->past);
	r = EVP_DigestInit_ex(journal->hash, EVP_sha256(), NULL) == 1 ? 0 : -ENOMEM;
	if (r == 0)
		r = journal_writer_line(journal, body, NULL);
	if (r == 0)
		r = journal_writer_next_epoch(journal);
	if (r < 0) {
		journal->headless = true;
		return journal_writer_broken(journal, r);
	}
	return journal_commit(journal);
}

static void remove_state(const char *path, uint64_t first)
{
	_cleanup_free_ char *name = journal_segment_path(path, first, JOURNAL_STATE_END);

	if (name && unlink(name) < 0 && errno != ENOENT)
		log_warning_errno(-errno, "Cannot remove '%s'", name);
}

static int change_file(struct journal *journal, const char *full)
{
	struct journal_segment segment;
	json_auto_t *body = NULL;
	uint64_t before = journal->first, bytes;
	int r = describe(journal, full, &segment);

	if (r == 0)
		r = write_state(journal, &segment);
	if (r < 0)
		return r;
	body = journal_segment_body(&segment, journal_totals(journal));
	r = !body ? -ENOMEM : json_dumpb(body, NULL, 0, JSON_COMPACT) + 512 > SLUICE_JOURNAL_ENTRY_MAX
				      ? -E2BIG
				      : journal_batch_reserve(&journal->batch, JOURNAL_FIRST_COMMIT);
	bytes = journal->file.durable;
	if (r == 0)
		r = journal_file_next(&journal->file, full);
	if (r < 0) {
		remove_state(journal->file.path, journal->tree.size);
		return r;
	}
	journal->offset += bytes;
	r = go_on(journal, body);
	if (r == 0 && before > 0)
		remove_state(journal->file.path, before);
	return r;
}

int journal_begin_file(struct journal *journal)
{
	_cleanup_free_ char *full = journal_segment_path(journal->file.path, journal->first, "");
	int r = journal_commit(journal);

	if (r < 0 || !full)
		return r < 0 ? r : -ENOMEM;
	/* Only an epoch that has begun here can hand over. */
	if (!journal->signer.epoch)
		return -EAGAIN;
	return change_file(journal, full);
}
