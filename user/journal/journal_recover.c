// SPDX-License-Identifier: Apache-2.0
/*
 * journal_recover.c: see journal_recover.h.
 */
#include "journal_recover.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "journal_scan.h"
#include "journal_state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How a journal begins: a file with other bytes was never one, and is not touched. */
#define GENESIS_START "{\"seq\":0,\"time\":"

static int on_line(void *ctx, const struct journal_line *line)
{
	const struct journal_memory *memory = ctx;

	return line->entry && memory->replay ? memory->replay(memory->ctx, line->seq, line->entry)
					     : 0;
}

static int refuse(const struct journal_file *file, const struct journal_check *check, int error,
		  char *text, size_t size)
{
	if (error == -EKEYREJECTED)
		snprintf(text, size,
			 "journal '%s': %s: nothing was written; restore the key that belongs to "
			 "it, or move the "
			 "journal aside to begin a new one",
			 file->path, check->problem);
	else if (error == -EBADMSG && check->problem[0])
		snprintf(text, size,
			 "journal '%s', line %" PRIu64 ", entry %" PRIu64
			 ": %s: nothing was written; move the file aside as evidence, and the full "
			 "ones beside it, run 'sluice journal verify' on it, then start again: "
			 "another journal begins, and 'sluice enroll' says by what it is known",
			 file->path, check->line, check->entries, check->problem);
	else
		snprintf(text, size, "cannot read the journal '%s': %s", file->path,
			 strerror(-error));
	return error;
}

/* A torn end with nothing before it: is it the start of a journal whose creation was cut short? */
static bool torn_genesis(const struct journal_file *file)
{
	static const char start[] = GENESIS_START;
	char bytes[sizeof(start) - 1];
	ssize_t n = pread(file->fd, bytes, sizeof(bytes), 0);

	for (ssize_t i = 0; i < n; i++)
		if (bytes[i] != start[i] && bytes[i] != '\0')
			return false;
	return n > 0;
}

static int cut_torn(struct journal_file *file, const struct journal_end *end,
		    struct journal_recovery *recovery, char *error, size_t error_size)
{
	int r;

	if (end->good_bytes == 0 && !torn_genesis(file)) {
		snprintf(error, error_size,
			 "'%s' is not a journal: nothing was written; name another file",
			 file->path);
		return -EBADMSG;
	}
	r = journal_file_cut(file, end->good_bytes, recovery->torn_sha256);
	if (r < 0) {
		snprintf(error, error_size,
			 "cannot move the torn end of the journal '%s' to '%s.torn': %s",
			 file->path, file->path, strerror(-r));
		return r;
	}
	recovery->torn_bytes += end->torn_bytes;
	return 0;
}

/* Is it one of the writer's keys by which the journal goes on? A new journal takes the first. */
static int check_host(struct journal_check *check, const uint8_t (*ours)[NOTE_PUBLIC_KEY], size_t n,
		      size_t *ret_ours)
{
	struct journal_keys keys = journal_keys_settled(&check->keys);

	for (*ret_ours = 0; *ret_ours < n; ++*ret_ours)
		if (!check->key || memcmp(keys.host, ours[*ret_ours], NOTE_PUBLIC_KEY) == 0)
			return 0;
	snprintf(check->problem, sizeof(check->problem), "the journal has another host key");
	return -EKEYREJECTED;
}

/* What was known when the file was begun. Return: 0; -ENODATA: it must be read from all files. */
static int recall(const struct journal_file *file, const struct journal_memory *memory)
{
	struct journal_segment said;
	uint64_t first = 0, lines;
	_cleanup_close_ int fd = -1;
	int r = journal_segment_first(file->fd, &first);

	/* What is wrong with its first line will be said by the scan. */
	if (r < 0 || first == 0 || journal_stream_claim(file->fd, &said) < 0)
		return 0;
	fd = journal_state_open(file->path, &said, &lines);
	if (fd >= 0)
		return journal_state_replay(fd, &said, memory);
	log_warning("the file '%s' beside the journal %s: all files of the journal are verified and "
		    "read instead",
		    said.state.file,
		    fd == -EBADMSG ? "is not what was written" : strerror(-fd));
	return -ENODATA;
}

/* All files, when none is missing. */
static int open_all(const struct journal_file *file, struct journal_stream *stream, char *error,
		    size_t error_size)
{
	_cleanup_free_ char *missing = NULL;
	int r = journal_stream_open(file->path, stream);

	missing = r == 0 ? journal_stream_missing(stream) : NULL;
	if (!missing)
		return r;
	snprintf(error, error_size,
		 "the journal '%s' can be read neither from its state, which is missing or wrong, "
		 "nor from its begin, since the file '%s' is missing: nothing was written; put one "
		 "of them back, or move all files of the journal aside to begin a new one",
		 file->path, missing);
	return -ENOENT;
}

static int scan_files(const struct journal_file *file, const struct journal_memory *memory,
		      struct journal_check *check, struct journal_end *end, char *error,
		      size_t error_size)
{
	struct journal_memory copy = *memory;
	struct journal_stream stream;
	struct journal_scan scan = { .stream = &stream, .parse = true, .fn = on_line, .ctx = &copy };
	int r;

	journal_stream_of(file->fd, &stream);
	r = recall(file, memory);
	scan.middle = r == 0;
	if (r == -ENODATA)
		r = open_all(file, &stream, error, error_size);
	if (r == 0)
		r = journal_scan(&scan, check, end);
	journal_stream_done(&stream);
	return r;
}

int journal_recover(struct journal_file *file, const struct journal_memory *memory,
		    const uint8_t (*ours)[NOTE_PUBLIC_KEY], size_t n, size_t *ret_ours,
		    struct journal_check *check, struct journal_recovery *ret_recovery, char *error,
		    size_t error_size)
{
	struct journal_recovery recovery = *ret_recovery;
	struct journal_end end = { 0 };
	int r = scan_files(file, memory, check, &end, error, error_size);

	if (r == 0)
		r = check_host(check, ours, n, ret_ours);
	if (r < 0)
		return error[0] ? r : refuse(file, check, r, error, error_size);
	/* Of the file itself, where all were read. */
	end.good_bytes = check->file.bytes;
	if (end.torn)
		r = cut_torn(file, &end, &recovery, error, error_size);
	if (r < 0)
		return r;
	/* Complete lines that no signature covers were not waited for: they become durable here,
	 * before being signed. */
	if (fdatasync(file->fd) < 0) {
		r = -errno;
		snprintf(error, error_size, "cannot write the journal '%s': %s", file->path,
			 strerror(-r));
		return r;
	}
	file->durable = end.good_bytes;
	recovery.created = check->entries == 0;
	recovery.entries = check->entries;
	recovery.adopted = check->entries - check->signed_entries;
	recovery.clean = journal_check_clean(check) && !recovery.torn_bytes;
	*ret_recovery = recovery;
	return 0;
}

json_t *journal_recovery_body(const struct journal_recovery *recovery)
{
	char message[160];

	snprintf(message, sizeof(message),
		 "the journal's end was repaired: %" PRIu64 " unsigned entries taken over, %" PRIu64
		 " torn bytes set aside",
		 recovery->adopted, recovery->torn_bytes);
	return json_pack("{s:s,s:s,s:{s:I,s:I,s:s*}}", "type", "journal.recovered", "message",
			 message, "recovery", "adopted", (json_int_t)recovery->adopted,
			 "torn_bytes", (json_int_t)recovery->torn_bytes, "torn_sha256",
			 recovery->torn_bytes ? recovery->torn_sha256 : NULL);
}
