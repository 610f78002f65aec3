// SPDX-License-Identifier: Apache-2.0
/*
 * journal_verify.c: see journal_verify.h.
 */
#include "journal_verify.h"

#include "base/cleanup.h"
#include "journal_parallel.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PROGRESS_LINES 4096
#define LONG_BYTES     (4U << 20) /* from here on threads are worth their start */

struct verify {
	const struct journal_verify_options *options;
	journal_line_fn fn;
	void *ctx;
	uint64_t lines, bytes;
};

static int on_line(void *ctx, const struct journal_line *line)
{
	struct verify *verify = ctx;

	verify->bytes += line->size + 1;
	if (verify->options->progress && ++verify->lines % PROGRESS_LINES == 0)
		verify->options->progress(verify->options->ctx, line->seq, verify->bytes);
	return verify->fn ? verify->fn(verify->ctx, line) : 0;
}

static bool on_worth(void *ctx, const char *text, size_t size)
{
	const struct verify *verify = ctx;

	return journal_filter_may_want(verify->options->filter, text, size);
}

static bool on_wait(void *ctx)
{
	struct verify *verify = ctx;

	return verify->options->wait(verify->options->ctx);
}

/* What a writer adds from now on is not asked for, unless the caller follows it. */
static void aim(const struct journal_stream *stream, struct journal_scan *scan)
{
	scan->live = stream->regular;
	scan->enough = scan->live && !scan->wait ? stream->bytes : 0;
}

static void say_incomplete(const struct journal_stream *stream,
			   struct journal_verify_result *result, uint64_t first)
{
	result->status = JOURNAL_INCOMPLETE;
	result->line = 0;
	result->entry = first;
	snprintf(result->problem, sizeof(result->problem),
		 "the file '%s' is missing beside it, which ends before entry %" PRIu64 "; put it "
		 "back%s",
		 result->missing, first,
		 stream->whole ? ", or move the older ones away as well"
			       : "; where it is kept elsewhere, verify with --older-elsewhere");
}

/*
 * Whether enough is there to begin; else the verdict is in @result. Of files that are missing
 * before all others the entries say whether sluiced has removed them.
 */
static bool is_complete(const struct journal_stream *stream,
			const struct journal_verify_options *options,
			struct journal_verify_result *result)
{
	_cleanup_free_ char *missing = journal_stream_missing(stream);

	snprintf(result->missing, sizeof(result->missing), "%s", missing ?: "");
	if (!missing || options->elsewhere || stream->whole == 0)
		return true;
	say_incomplete(stream, result, journal_stream_first(stream));
	return false;
}

static void copy_keys(const struct journal_check *check, struct journal_verify_result *result)
{
	struct journal_keys keys = journal_keys_settled(&check->keys);
	struct note_key *key = NULL;

	result->epochs = keys.named;
	result->breaks = keys.breaks;
	if (note_key_from_public(keys.origin, keys.host, &key) == 0)
		snprintf(result->signer, sizeof(result->signer), "%s", note_key_vkey(key));
	note_key_free(key);
}

/* What nothing signs yet gives no leave. */
static void copy_removed(const struct journal_check *check, struct journal_verify_result *result)
{
	const struct journal_check_before *before = &check->before;

	if (!before->by || before->by >= check->signed_entries)
		return;
	result->removed_first = before->file.since;
	result->removed_last = before->file.last;
	result->removed_by = before->by;
	result->removed_time = before->time;
}

/* All that is missing is what sluiced has removed, or the caller does without it. */
static void judge_missing(const struct journal_stream *stream, const struct journal_check *check,
			  const struct journal_verify_options *options,
			  struct journal_verify_result *result)
{
	if (!check->from || result->status == JOURNAL_TAMPERED || options->elsewhere ||
	    options->from_oldest || (result->removed_by && result->removed_first == 0))
		return;
	if (!result->missing[0])
		memcpy(result->missing, check->before.file.file, sizeof(result->missing));
	say_incomplete(stream, result, check->from);
	if (result->removed_by) {
		result->entry = result->removed_first;
		snprintf(result->problem, sizeof(result->problem),
			 "the files before entry %" PRIu64 " are missing, and are not among those "
			 "that sluiced has removed, which begin there; put them back; where they "
			 "are kept elsewhere, verify with --older-elsewhere",
			 result->removed_first);
	}
}

static void copy_facts(const struct journal_check *check, struct journal_verify_result *result)
{
	result->from = check->from;
	result->files = check->files;
	result->entries = check->entries;
	result->unsigned_entries = check->entries - check->signed_entries;
	result->checkpoints = check->checkpoints;
	result->totals_checked = check->totals_checked;
	result->other_signatures = check->other_signatures;
	result->first_time = check->first_time;
	result->last_time = check->last_time;
	result->clean = journal_check_clean(check);
	result->pinned = check->key &&
			 ((check->pins.genesis && check->from == 0) || check->pins.vkey);
	copy_removed(check, result);
	memcpy(result->genesis, check->genesis, sizeof(result->genesis));
	memcpy(result->root, check->root, sizeof(result->root));
	if (!check->key)
		return;
	snprintf(result->origin, sizeof(result->origin), "%s", note_key_name(check->key));
	snprintf(result->vkey, sizeof(result->vkey), "%s", note_key_vkey(check->key));
	copy_keys(check, result);
}

/* Of a journal of several files, the one where the problem is, with a comma; else nothing. */
static const char *name_file(const struct journal_stream *stream,
			     const struct journal_check *check,
			     struct journal_verify_result *result, char text[NAME_MAX + 8])
{
	const struct journal_segments *files = &stream->files;
	size_t i = stream->whole;
	const char *name;

	text[0] = '\0';
	if (!result->line || files->n < 2)
		return text;
	while (i + 1 < files->n && files->list[i].first < check->file.first)
		i++;
	/* All of that one is right: it is the first line of the next. */
	if (i + 1 < files->n && check->file.seen && check->file.bytes >= files->list[i].bytes) {
		i++;
		result->line = 1;
	}
	name = strrchr(files->list[i].path, '/');
	snprintf(text, NAME_MAX + 8, "%s, ", name ? name + 1 : files->list[i].path);
	return text;
}

static void word_problem(const struct journal_check *check, const char *where,
			 struct journal_verify_result *result)
{
	switch (result->status) {
	case JOURNAL_OK:
	case JOURNAL_UNWITNESSED:
	case JOURNAL_INCOMPLETE:
		return;
	case JOURNAL_BREAK:
		snprintf(result->problem, sizeof(result->problem),
			 "entry %" PRIu64 ": the key of the epoch before was lost, and the host "
			 "key alone vouches that nothing was cut off there: sluiced or the host "
			 "crashed, or somebody who has the host key did it; such breaks: %" PRIu64,
			 check->keys.first_break, check->keys.breaks);
		return;
	case JOURNAL_TAMPERED:
		snprintf(result->problem, sizeof(result->problem),
			 "%sline %" PRIu64 ", entry %" PRIu64 ": %s", where, result->line,
			 result->entry, check->problem);
		return;
	case JOURNAL_UNSIGNED_TAIL:
		snprintf(result->problem, sizeof(result->problem),
			 "%sline %" PRIu64 ", entry %" PRIu64 ": nothing signs the last %" PRIu64
			 " of %" PRIu64 " entries: sluiced is writing them, was stopped by a "
			 "crash, or lines were cut off",
			 where, result->line, result->entry, result->unsigned_entries,
			 result->entries);
		return;
	case JOURNAL_TORN:
		snprintf(result->problem, sizeof(result->problem),
			 "%sline %" PRIu64 ", entry %" PRIu64 ": the end is torn, %" PRIu64
			 " bytes are no complete line: a crash, or the file was cut; sluiced "
			 "repairs it when it starts",
			 where, result->line, result->entry, result->torn_bytes);
		return;
	}
}

static enum journal_status judge(const struct journal_check *check, const struct journal_end *end)
{
	if (end->torn)
		return JOURNAL_TORN;
	if (check->entries > check->signed_entries)
		return JOURNAL_UNSIGNED_TAIL;
	return check->keys.breaks ? JOURNAL_BREAK : JOURNAL_OK;
}

static void locate(const struct journal_check *check, struct journal_verify_result *result)
{
	bool no_line = result->status == JOURNAL_OK || result->status == JOURNAL_BREAK;

	result->line = no_line ? 0 : check->line;
	result->entry = check->entries;
	if (result->status == JOURNAL_UNSIGNED_TAIL)
		result->entry = check->signed_entries;
	if (result->status == JOURNAL_BREAK)
		result->entry = check->keys.first_break;
}

static void conclude(const struct journal_stream *stream, struct journal_check *check,
		     const struct journal_end *end, int error, struct journal_verify_result *result)
{
	char where[NAME_MAX + 8];

	if (error == 0 && check->line == 0) {
		snprintf(check->problem, sizeof(check->problem),
			 "the file is empty: not a journal");
		error = -EBADMSG;
	}
	result->status = error < 0 ? JOURNAL_TAMPERED : judge(check, end);
	copy_facts(check, result);
	result->torn_bytes = end->torn_bytes;
	locate(check, result);
	word_problem(check, name_file(stream, check, result, where), result);
}

/*
 * A file that nobody reads along, in three parts: up to the first signature, which comes with the
 * key that the threads need; the middle, by all processors; and what is left, where the end or a
 * wrong line is.
 */
static int scan_in_parts(struct verify *verify, struct journal_scan *scan,
			 struct journal_check *check, struct journal_end *end)
{
	struct journal_parallel middle = { .stream = scan->stream,
					   .to = scan->enough,
					   .jobs = verify->options->jobs,
					   .piece = verify->options->piece,
					   .progress = verify->options->progress,
					   .ctx = verify->options->ctx };
	int r;

	scan->enough = 1;
	r = journal_scan(scan, check, end);
	if (r < 0 || end->torn || end->good_bytes >= middle.to)
		return r;
	middle.from = end->good_bytes;
	r = journal_parallel(&middle, check, &end->good_bytes);
	if (r < 0 && r != -EAGAIN)
		return r;
	verify->bytes = end->good_bytes;
	if (end->good_bytes == middle.to && check->entries == check->signed_entries)
		return 0;
	r = journal_stream_seek(scan->stream, end->good_bytes);
	if (r < 0)
		return r;
	scan->enough = middle.to > end->good_bytes ? middle.to - end->good_bytes : 1;
	return journal_scan(scan, check, end);
}

static int scan(struct verify *verify, struct journal_scan *scan, struct journal_check *check,
		struct journal_end *end)
{
	bool is_long = scan->enough > LONG_BYTES || (scan->enough && verify->options->jobs);
	bool whole = is_long && scan->stream->offset == 0;

	return !verify->fn && whole ? scan_in_parts(verify, scan, check, end)
				    : journal_scan(scan, check, end);
}

static int verify_stream(struct verify *verify, struct journal_scan *what,
			 struct journal_verify_result *result)
{
	const struct journal_pins pins = { .genesis = verify->options->genesis,
					   .vkey = verify->options->vkey };
	struct journal_end end = { 0 };
	struct journal_check check;
	int r;

	aim(what->stream, what);
	r = journal_check_init(&check, &pins);
	if (r == 0 && verify->options->hash_files)
		r = journal_check_hash(&check);
	if (r == 0)
		r = scan(verify, what, &check, &end);
	if (r == 0 || ((r == -EBADMSG || r == -EKEYREJECTED) && check.problem[0])) {
		conclude(what->stream, &check, &end, r, result);
		judge_missing(what->stream, &check, verify->options, result);
		r = 0;
	}
	journal_check_done(&check);
	return r;
}

int journal_verify_lines(const char *path, const struct journal_verify_options *options,
			 journal_line_fn fn, void *ctx, struct journal_verify_result *ret_result)
{
	static const struct journal_verify_options none;
	struct verify verify = { .options = options ? options : &none, .fn = fn, .ctx = ctx };
	struct journal_stream stream;
	struct journal_scan what = {
		.stream = &stream,
		.middle = true,
		.parse = fn && !verify.options->unparsed,
		.worth = verify.options->filter ? on_worth : NULL,
		.fn = on_line,
		.wait = verify.options->wait ? on_wait : NULL,
		.ctx = &verify,
	};
	struct journal_verify_result result = { 0 };
	int r = journal_stream_open(path, &stream);

	if (r == 0 && is_complete(&stream, verify.options, &result))
		r = verify_stream(&verify, &what, &result);
	journal_stream_done(&stream);
	if (r == 0)
		*ret_result = result;
	return r;
}

int journal_verify(const char *path, const struct journal_verify_options *options,
		   struct journal_verify_result *ret_result)
{
	return journal_verify_lines(path, options, NULL, NULL, ret_result);
}

const char *journal_status_name(enum journal_status status)
{
	static const char *const names[] = {
		[JOURNAL_OK] = "ok",
		[JOURNAL_BREAK] = "break",
		[JOURNAL_TAMPERED] = "tampered",
		[JOURNAL_UNSIGNED_TAIL] = "unsigned-tail",
		[JOURNAL_TORN] = "torn",
		[JOURNAL_UNWITNESSED] = "unwitnessed",
		[JOURNAL_INCOMPLETE] = "incomplete",
	};

	return (size_t)status < ARRAY_SIZE(names) ? names[status] : "unknown";
}
