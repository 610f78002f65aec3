// SPDX-License-Identifier: Apache-2.0
/*
 * journal_scan.c: see journal_scan.h.
 */
#include "journal_scan.h"

#include "base/cleanup.h"
#include "journal_checkpoint.h"
#include "limits.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#define BUFFER_BYTES (4 * (SLUICE_JOURNAL_ENTRY_MAX + 1))
#define LIVE_TRIES 10
#define LIVE_WAIT_NS 20000000L /* a commit takes a few ms */

struct reader {
	const struct journal_scan *scan;
	char *buffer;
	size_t start, end;  /* what is not consumed yet */
	unsigned int tries; /* left to wait for a writer */
};

/* What the bytes behind the last good line hold, see journal_scan.h. */
struct debris {
	char start[sizeof(JOURNAL_CHECKPOINT_START) - 1]; /* of the current line */
	size_t column;
	bool checkpoint; /* a complete checkpoint line was seen */
	bool beyond;	 /* and something stands behind it */
};

/* Returns 1 when bytes were added, 0 at the end of the file. */
static int reader_fill(struct reader *reader)
{
	ssize_t n;

	memmove(reader->buffer, reader->buffer + reader->start, reader->end - reader->start);
	reader->end -= reader->start;
	reader->start = 0;
	n = journal_stream_read(reader->scan->stream, reader->buffer + reader->end,
				BUFFER_BYTES - reader->end);
	if (n < 0)
		return (int)n;
	reader->end += (size_t)n;
	return n > 0;
}

/* At the end of a file that is being written: is the rest of the last commit still coming? */
static bool reader_wait(struct reader *reader, const struct journal_check *check)
{
	static const struct timespec pause = { .tv_nsec = LIVE_WAIT_NS };
	bool settled = reader->start == reader->end && check->entries == check->signed_entries;

	if (!reader->scan->live || settled || reader->tries == 0) {
		reader->tries = LIVE_TRIES;
		return reader->scan->wait && reader->scan->wait(reader->scan->ctx);
	}
	reader->tries--;
	nanosleep(&pause, NULL);
	return true;
}

/*
 * The next complete line, without LF: 1; 0: no complete line is left, or the rest is too long for
 * one.
 */
static int reader_line(struct reader *reader, const struct journal_check *check, char **ret_line,
		       size_t *ret_size)
{
	size_t seen = 0;
	char *lf;
	int r;

	for (;;) {
		lf = memchr(reader->buffer + reader->start + seen, '\n',
			    reader->end - reader->start - seen);
		seen = reader->end - reader->start;
		if (lf || seen > SLUICE_JOURNAL_ENTRY_MAX + 1)
			break;
		r = reader_fill(reader);
		if (r < 0)
			return r;
		if (r == 0 && !reader_wait(reader, check))
			return 0;
	}
	if (!lf)
		return 0;
	*ret_line = reader->buffer + reader->start;
	*ret_size = (size_t)(lf - *ret_line);
	return 1;
}

static void debris_add(struct debris *debris, const char *bytes, size_t size)
{
	static const char start[] = JOURNAL_CHECKPOINT_START;

	for (size_t i = 0; i < size; i++) {
		debris->beyond = debris->beyond || debris->checkpoint;
		if (debris->column < sizeof(debris->start))
			debris->start[debris->column] = bytes[i];
		debris->column++;
		if (bytes[i] != '\n')
			continue;
		if (debris->column > sizeof(debris->start) &&
		    memcmp(debris->start, start, sizeof(debris->start)) == 0)
			debris->checkpoint = true;
		debris->column = 0;
	}
}

/*
 * The rest of the file begins with a wrong line of @size bytes: torn by a crash? Reads to the end.
 */
static int reader_torn(struct reader *reader, size_t size, struct journal_end *end)
{
	bool nul = memchr(reader->buffer + reader->start, '\0', size) != NULL;
	bool lf = memchr(reader->buffer + reader->start, '\n', reader->end - reader->start) != NULL;
	struct debris debris = { 0 };
	int r;

	if (!nul && (lf || size > SLUICE_JOURNAL_ENTRY_MAX))
		return 0;
	do {
		debris_add(&debris, reader->buffer + reader->start, reader->end - reader->start);
		end->torn_bytes += reader->end - reader->start;
		reader->start = reader->end;
		r = reader_fill(reader);
	} while (r > 0);
	end->torn = r == 0 && !debris.beyond;
	return r;
}

static int scan_line(struct reader *reader, struct journal_check *check, const char *text,
		     size_t size)
{
	struct journal_line line = { .seq = check->entries, .text = text, .size = size };
	const struct journal_scan *scan = reader->scan;
	bool parse = scan->parse && (!scan->worth || scan->worth(scan->ctx, text, size));
	int r = 0;

	if (scan->middle && !check->key && journal_segment_is_line(text, size)) {
		check->line = 1; /* of what is wrong with it; it counts as it is taken */
		r = journal_check_begin(check, text, size);
		check->line -= r == 0;
		line.seq = check->entries;
	}
	if (r == 0)
		r = journal_check_line(check, text, size, parse ? &line.entry : NULL);
	line.is_checkpoint = check->entries == line.seq;
	line.signed_entries = check->signed_entries;
	line.by_host = check->by_host;
	line.root = check->root;
	line.genesis = check->genesis;
	line.origin = check->keys.origin;
	line.from = check->from;
	if (r == 0 && scan->fn)
		r = scan->fn(scan->ctx, &line);
	json_decref(line.entry);
	return r;
}

static bool scan_enough(const struct journal_scan *scan, const struct journal_check *check,
			uint64_t bytes)
{
	return scan->enough && bytes >= scan->enough && check->entries == check->signed_entries;
}

static int scan_all(struct reader *reader, struct journal_check *check, struct journal_end *end)
{
	size_t size = 0;
	char *line = NULL;
	int r, error;

	while ((r = reader_line(reader, check, &line, &size)) > 0) {
		error = scan_line(reader, check, line, size);
		if (error == -EBADMSG && check->problem[0]) {
			r = reader_torn(reader, size, end);
			return r < 0 || end->torn ? r : error;
		}
		if (error < 0)
			return error;
		reader->start += size + 1;
		end->good_bytes += size + 1;
		if (scan_enough(reader->scan, check, end->good_bytes))
			return 0;
	}
	if (r < 0 || reader->start == reader->end)
		return r;
	/* A line without LF: taken as a whole so that the check names it, never as an entry. */
	size = reader->end - reader->start;
	check->line++;
	snprintf(check->problem, sizeof(check->problem), "the line has no end");
	r = reader_torn(reader, size, end);
	return r < 0 || end->torn ? r : -EBADMSG;
}

int journal_scan(const struct journal_scan *scan, struct journal_check *check,
		 struct journal_end *ret_end)
{
	_cleanup_free_ char *buffer = malloc(BUFFER_BYTES);
	struct reader reader = { .scan = scan, .buffer = buffer, .tries = LIVE_TRIES };
	struct journal_end end = { 0 };
	int r;

	if (!buffer)
		return -ENOMEM;
	r = scan_all(&reader, check, &end);
	if (r < 0)
		return r;
	*ret_end = end;
	return 0;
}
