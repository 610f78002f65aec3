// SPDX-License-Identifier: Apache-2.0
/*
 * journal_verify.c: see journal_verify.h.
 */
#include "journal_verify.h"

#include "cleanup.h"
#include "journal_parallel.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static int open_journal(const char *path, struct journal_scan *scan)
{
	bool from_stdin = strcmp(path, "-") == 0;
	_cleanup_close_ int fd = -1;
	struct stat st;

	fd = from_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
			: open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	scan->live = S_ISREG(st.st_mode);
	/* What a writer adds from now on is not asked for, unless the caller follows it. */
	scan->enough = scan->live && !scan->wait ? (uint64_t)st.st_size : 0;
	return TAKE_FD(fd);
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

static void copy_facts(const struct journal_check *check, struct journal_verify_result *result)
{
	result->entries = check->entries;
	result->unsigned_entries = check->entries - check->signed_entries;
	result->checkpoints = check->checkpoints;
	result->totals_checked = check->totals_checked;
	result->other_signatures = check->other_signatures;
	result->first_time = check->first_time;
	result->last_time = check->last_time;
	result->clean = journal_check_clean(check);
	result->pinned = check->key && (check->pins.genesis || check->pins.vkey);
	memcpy(result->genesis, check->genesis, sizeof(result->genesis));
	memcpy(result->root, check->root, sizeof(result->root));
	if (!check->key)
		return;
	snprintf(result->origin, sizeof(result->origin), "%s", note_key_name(check->key));
	snprintf(result->vkey, sizeof(result->vkey), "%s", note_key_vkey(check->key));
	copy_keys(check, result);
}

static void word_problem(const struct journal_check *check, struct journal_verify_result *result)
{
	switch (result->status) {
	case JOURNAL_OK:
	case JOURNAL_UNWITNESSED:
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
			 "line %" PRIu64 ", entry %" PRIu64 ": %s", result->line, result->entry,
			 check->problem);
		return;
	case JOURNAL_UNSIGNED_TAIL:
		snprintf(result->problem, sizeof(result->problem),
			 "line %" PRIu64 ", entry %" PRIu64 ": nothing signs the last %" PRIu64
			 " of %" PRIu64 " entries: sluiced is writing them, was stopped by a "
			 "crash, or lines were cut off",
			 result->line, result->entry, result->unsigned_entries, result->entries);
		return;
	case JOURNAL_TORN:
		snprintf(result->problem, sizeof(result->problem),
			 "line %" PRIu64 ", entry %" PRIu64 ": the end is torn, %" PRIu64
			 " bytes are no complete line: a crash, or the file was cut; sluiced "
			 "repairs it when it starts",
			 result->line, result->entry, result->torn_bytes);
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

static void conclude(struct journal_check *check, const struct journal_end *end, int error,
		     struct journal_verify_result *result)
{
	if (error == 0 && check->line == 0) {
		snprintf(check->problem, sizeof(check->problem),
			 "the file is empty: not a journal");
		error = -EBADMSG;
	}
	result->status = error < 0 ? JOURNAL_TAMPERED : judge(check, end);
	copy_facts(check, result);
	result->torn_bytes = end->torn_bytes;
	locate(check, result);
	word_problem(check, result);
}

/*
 * A file that nobody reads along, in three parts: up to the first signature, which comes with the
 * key that the threads need; the middle, by all processors; and what is left, where the end or a
 * wrong line is.
 */
static int scan_in_parts(struct verify *verify, struct journal_scan *scan,
			 struct journal_check *check, struct journal_end *end)
{
	struct journal_parallel middle = { .fd = scan->fd,
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
	if (lseek(scan->fd, (off_t)end->good_bytes, SEEK_SET) < 0)
		return -errno;
	scan->enough = middle.to > end->good_bytes ? middle.to - end->good_bytes : 1;
	return journal_scan(scan, check, end);
}

static int scan(struct verify *verify, struct journal_scan *scan, struct journal_check *check,
		struct journal_end *end)
{
	bool is_long = scan->enough > LONG_BYTES || (scan->enough && verify->options->jobs);
	bool whole = is_long && lseek(scan->fd, 0, SEEK_CUR) == 0;

	return !verify->fn && whole ? scan_in_parts(verify, scan, check, end)
				    : journal_scan(scan, check, end);
}

int journal_verify_lines(const char *path, const struct journal_verify_options *options,
			 journal_line_fn fn, void *ctx, struct journal_verify_result *ret_result)
{
	static const struct journal_verify_options none;
	struct verify verify = { .options = options ? options : &none, .fn = fn, .ctx = ctx };
	const struct journal_pins pins = { .genesis = verify.options->genesis,
					   .vkey = verify.options->vkey };
	struct journal_scan what = { .parse = fn && !verify.options->unparsed,
				     .worth = verify.options->filter ? on_worth : NULL,
				     .fn = on_line,
				     .wait = verify.options->wait ? on_wait : NULL,
				     .ctx = &verify };
	struct journal_verify_result result = { 0 };
	struct journal_end end = { 0 };
	struct journal_check check;
	_cleanup_close_ int fd = open_journal(path, &what);
	int r;

	if (fd < 0)
		return fd;
	what.fd = fd;
	r = journal_check_init(&check, &pins);
	if (r < 0)
		return r;
	r = scan(&verify, &what, &check, &end);
	if (r == 0 || ((r == -EBADMSG || r == -EKEYREJECTED) && check.problem[0])) {
		conclude(&check, &end, r, &result);
		*ret_result = result;
		r = 0;
	}
	journal_check_done(&check);
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
	};

	return (size_t)status < ARRAY_SIZE(names) ? names[status] : "unknown";
}
