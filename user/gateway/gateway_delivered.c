// SPDX-License-Identifier: Apache-2.0
/*
 * gateway_delivered.c: see gateway_delivered.h.
 *
 * Format: one line a message, "open|closed|more|notice|revoked|try NOTIFIER ID DIGEST EXPIRES [SHOWN
 * PLACE]\n": the kind, the channel's name, the request's id, the first 16 hex digits of its digest,
 * and when it expires in seconds since the epoch; of a message that can be edited also what number
 * its text has, 8 hex digits, and where it stands ("-": nowhere of its own). Valid is a line that
 * ends in a newline and has these five or seven words; others (a torn end) are dropped. Of two
 * lines about the same message the later one counts, and one that expired in 1970 takes it back.
 * Lines are appended and synced one by one. At the start, and after REWRITE_LINES more, the file is
 * written anew without what expired KEEP_S ago, and renamed.
 */
#include "gateway_delivered.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <uthash.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "notifier/notifier.h"

/* gcc's analyzer loses what lists, tables and settings by offset hold on to; the leak sanitizer
 * watches instead. */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

#define KEEP_S		86400
#define REWRITE_LINES	16384
#define KEY_MAX		96
#define NOWHERE		"-"
#define LINE_MAX_LENGTH (160 + NOTIFIER_PLACE_MAX)

/* @key: the first four words of a line. */
struct entry {
	char key[KEY_MAX];
	uint64_t expires_s;
	struct delivered_post post;
	UT_hash_handle hh;
};

struct delivered {
	int folder;
	int file;
	unsigned int lines; /* appended since the file was written anew */
	struct entry *entries;
};

/* What of an approval that is, or was, in force ends last; no later than by any policy. */
static uint64_t ends_ms(const struct ipc_request *request)
{
	uint64_t seconds = SLUICE_MAX_DURATION_S, end_ms;

	if (!request->revocable && !request->revoked.time_ms)
		return request->expires_ms;

	for (uint16_t i = 0; i < request->n_decisions; i++)
		if (seconds < request->decisions[i].standing_s)
			seconds = request->decisions[i].standing_s;
	end_ms = request->closed_ms + seconds * 1000;
	return request->expires_ms < end_ms ? end_ms : request->expires_ms;
}

struct delivered_request delivered_request(const struct ipc_request *request)
{
	struct delivered_request ret = { .expires_ms = ends_ms(request) };

	snprintf(ret.id, sizeof(ret.id), "%s", request->id);
	snprintf(ret.digest, sizeof(ret.digest), "%.16s", request->digest);
	return ret;
}

static const char *const kinds[] = {
	[DELIVERED_OPEN] = "open",	[DELIVERED_CLOSED] = "closed",
	[DELIVERED_ESCALATED] = "more", [DELIVERED_NOTICE] = "notice",
	[DELIVERED_REVOKED] = "revoked", [DELIVERED_TRIED] = "try",
};

static void make_key(char *key, const char *notifier, enum delivered_kind kind,
		     const struct delivered_request *request)
{
	snprintf(key, KEY_MAX, "%s %s %s %s", kinds[kind], notifier, request->id, request->digest);
}

static struct entry *find(const struct delivered *delivered, const char *key)
{
	struct entry *entry;

	HASH_FIND_STR(delivered->entries, key, entry);
	return entry;
}

static void free_entry(struct entry *entry)
{
	free(entry->post.place);
	free(entry);
}

static void forget(struct delivered *delivered, struct entry *entry)
{
	if (!entry)
		return;
	HASH_DEL(delivered->entries, entry);
	free_entry(entry);
}

/* A place that would tear the line apart is none. */
static bool is_word(const char *place)
{
	size_t length = strlen(place);

	for (size_t i = 0; i < length; i++)
		if (place[i] <= ' ' || place[i] > '~')
			return false;
	return length > 0 && length < NOTIFIER_PLACE_MAX && strcmp(place, NOWHERE) != 0;
}

static int set_post(struct entry *entry, const char *place, uint32_t shown)
{
	char *copy = strdup(is_word(place) ? place : "");

	if (!copy)
		return -ENOMEM;
	free(entry->post.place);
	entry->post.place = copy;
	entry->post.shown = shown;
	return 0;
}

/* Return: the new or known entry; NULL when memory ran out. */
static struct entry *remember(struct delivered *delivered, const char *key, uint64_t expires_s)
{
	struct entry *entry = find(delivered, key);

	if (entry)
		return entry;
	entry = calloc(1, sizeof(*entry));
	if (!entry)
		return NULL;
	if (set_post(entry, "", 0) < 0) {
		free(entry);
		return NULL;
	}
	snprintf(entry->key, sizeof(entry->key), "%s", key);
	entry->expires_s = expires_s;
	HASH_ADD_STR(delivered->entries, key, entry);
	return entry;
}

static int write_line(int fd, const struct entry *entry)
{
	const struct delivered_post *post = &entry->post;
	char line[LINE_MAX_LENGTH];
	int n = snprintf(line, sizeof(line), "%s %" PRIu64, entry->key, entry->expires_s);
	ssize_t written;

	if (post->shown || *post->place)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " %08" PRIx32 " %s", post->shown,
			      *post->place ? post->place : NOWHERE);
	line[n++] = '\n';
	written = write(fd, line, (size_t)n);
	if (written < 0)
		return -errno;
	return written == n ? 0 : -ENOSPC;
}

/* The words behind those of each line. Return: whether they are as they should be. */
static bool read_post(const char *words, char place[static NOTIFIER_PLACE_MAX], uint32_t *shown)
{
	int end = 0;

	*place = '\0';
	*shown = 0;
	if (strcmp(words, "\n") == 0)
		return true;
	return sscanf(words, " %8" SCNx32 " %511s%n", shown, place, &end) == 2 &&
	       strcmp(words + end, "\n") == 0;
}

static int read_line(struct delivered *delivered, const char *line)
{
	char kind[8], notifier[33], id[17], digest[18], key[KEY_MAX], place[NOTIFIER_PLACE_MAX];
	struct entry *entry;
	uint64_t expires_s;
	uint32_t shown;
	int end = 0;

	if (sscanf(line, "%7s %32s %16s %17s %" SCNu64 "%n", kind, notifier, id, digest, &expires_s,
		   &end) != 5 ||
	    !read_post(line + end, place, &shown))
		return 0;
	snprintf(key, sizeof(key), "%s %s %s %s", kind, notifier, id, digest);
	if (expires_s + KEEP_S < (uint64_t)time(NULL)) {
		forget(delivered, find(delivered, key));
		return 0;
	}
	entry = remember(delivered, key, expires_s);
	if (!entry)
		return -ENOMEM;
	entry->expires_s = expires_s;
	return set_post(entry, place, shown);
}

static int read_file(struct delivered *delivered)
{
	int fd = openat(delivered->folder, "delivered", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	_cleanup_fclose_ FILE *file = NULL;
	char line[LINE_MAX_LENGTH];
	int r = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	file = fdopen(fd, "re");
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	while (r == 0 && fgets(line, sizeof(line), file))
		r = read_line(delivered, line);
	return r == 0 && ferror(file) ? -EIO : r;
}

static void forget_expired(struct delivered *delivered)
{
	uint64_t now_s = (uint64_t)time(NULL);
	struct entry *entry;
	struct entry *next;

	for (entry = delivered->entries; entry; entry = next) {
		next = entry->hh.next;
		if (entry->expires_s + KEEP_S < now_s)
			forget(delivered, entry);
	}
}

static int write_anew(struct delivered *delivered)
{
	_cleanup_close_ int fd =
		openat(delivered->folder, "delivered.new",
		       O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	const struct entry *entry;

	if (fd < 0)
		return -errno;
	forget_expired(delivered);
	for (entry = delivered->entries; entry; entry = entry->hh.next) {
		int r = write_line(fd, entry);
		if (r < 0)
			return r;
	}
	if (fdatasync(fd) < 0 ||
	    renameat(delivered->folder, "delivered.new", delivered->folder, "delivered") < 0 ||
	    fsync(delivered->folder) < 0)
		return -errno;
	closep(&delivered->file);
	delivered->file = TAKE_FD(fd);
	delivered->lines = 0;
	return 0;
}

static void freep_delivered(struct delivered **delivered)
{
	delivered_free(*delivered);
}

static struct delivered *new_delivered(void)
{
	struct delivered *delivered = calloc(1, sizeof(*delivered));

	if (delivered)
		delivered->file = delivered->folder = -1;
	return delivered;
}

int delivered_load(const char *folder, struct delivered **ret)
{
	_cleanup_(freep_delivered) struct delivered *delivered = new_delivered();
	int r;

	if (!delivered)
		return -ENOMEM;
	delivered->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (delivered->folder < 0)
		return -errno;
	r = read_file(delivered);
	if (r == 0)
		r = write_anew(delivered);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(delivered);
	return 0;
}

struct delivered *delivered_free(struct delivered *delivered)
{
	struct entry *entry;
	struct entry *next;

	if (!delivered)
		return NULL;
	entry = delivered->entries;
	HASH_CLEAR(hh, delivered->entries); /* frees the table; the entries stay linked */
	for (; entry; entry = next) {
		next = entry->hh.next;
		free_entry(entry);
	}
	closep(&delivered->file);
	closep(&delivered->folder);
	free(delivered);
	return NULL;
}

struct delivered_post *delivered_find(const struct delivered *delivered, const char *notifier,
				      enum delivered_kind kind,
				      const struct delivered_request *request)
{
	struct entry *entry;
	char key[KEY_MAX];

	make_key(key, notifier, kind, request);
	entry = find(delivered, key);
	return entry ? &entry->post : NULL;
}

void delivered_places(const struct delivered *delivered, const char *notifier,
		      const struct delivered_request *request, const char *ret[DELIVERED_PLACES])
{
	static const enum delivered_kind messages[DELIVERED_PLACES] = {
		DELIVERED_OPEN,
		DELIVERED_ESCALATED,
		DELIVERED_CLOSED,
		DELIVERED_REVOKED,
	};

	for (size_t i = 0; i < DELIVERED_PLACES; i++) {
		const struct delivered_post *post =
			delivered_find(delivered, notifier, messages[i], request);

		ret[i] = post ? post->place : NULL;
	}
}

static int append(struct delivered *delivered, const struct entry *entry)
{
	int r;

	if (++delivered->lines >= REWRITE_LINES)
		return write_anew(delivered);
	r = write_line(delivered->file, entry);
	if (r < 0)
		return r;
	return fdatasync(delivered->file) < 0 ? -errno : 0;
}

int delivered_add(struct delivered *delivered, const char *notifier, enum delivered_kind kind,
		  const struct delivered_request *request, const char *place, uint32_t shown)
{
	struct entry *entry;
	char key[KEY_MAX];
	bool known;
	int r;

	make_key(key, notifier, kind, request);
	known = find(delivered, key);
	entry = remember(delivered, key, request->expires_ms / 1000);
	if (!entry)
		return -ENOMEM;
	if (!place)
		place = entry->post.place;
	if (known && entry->post.shown == shown && strcmp(entry->post.place, place) == 0 &&
	    request->expires_ms / 1000 <= entry->expires_s)
		return 0;
	if (entry->expires_s < request->expires_ms / 1000)
		entry->expires_s = request->expires_ms / 1000;
	r = set_post(entry, place, shown);
	return r < 0 ? r : append(delivered, entry);
}

int delivered_remove(struct delivered *delivered, const char *notifier, enum delivered_kind kind,
		     const struct delivered_request *request)
{
	struct entry *entry;
	char key[KEY_MAX];
	int r;

	make_key(key, notifier, kind, request);
	entry = find(delivered, key);
	if (!entry)
		return 0;
	entry->expires_s = 0;
	r = append(delivered, entry);
	forget(delivered, find(delivered, key)); /* unless the file was written anew without it */
	return r;
}

/* Of an entry about a question of @notifier. Return: whether it is one. */
static bool read_question(const struct entry *entry, const char *notifier,
			  struct delivered_request *ret)
{
	char kind[8], name[33];

	*ret = (struct delivered_request){ .expires_ms = entry->expires_s * 1000 };
	return sscanf(entry->key, "%7s %32s %15s %16s", kind, name, ret->id, ret->digest) == 4 &&
	       strcmp(name, notifier) == 0 && strcmp(kind, kinds[DELIVERED_CLOSED]) != 0 &&
	       strcmp(kind, kinds[DELIVERED_REVOKED]) != 0 &&
	       strcmp(kind, kinds[DELIVERED_NOTICE]) != 0;
}

/* Those of which people saw no answer. @ret: the caller's, also after -ENOMEM */
static int collect_unanswered(const struct delivered *delivered, const char *notifier,
			      struct delivered_request **ret, size_t *ret_n)
{
	struct delivered_request request, *place;

	for (const struct entry *entry = delivered->entries; entry; entry = entry->hh.next) {
		if (!read_question(entry, notifier, &request) ||
		    delivered_find(delivered, notifier, DELIVERED_CLOSED, &request) ||
		    delivered_find(delivered, notifier, DELIVERED_REVOKED, &request))
			continue;
		place = ARRAY_APPEND(*ret, *ret_n);
		if (!place)
			return -ENOMEM;
		*place = request;
	}
	return 0;
}

/*
 * Collected first: @fn may post what waits for its channel, and that adds and removes entries, and
 * with enough of them has the file written anew without the expired ones: each may be the next one.
 */
int delivered_unanswered(const struct delivered *delivered, const char *notifier,
			 void (*fn)(void *arg, const struct delivered_request *request), void *arg)
{
	_cleanup_free_ struct delivered_request *list = NULL;
	size_t n = 0;
	int r = collect_unanswered(delivered, notifier, &list, &n);

	for (size_t i = 0; !r && i < n; i++)
		fn(arg, &list[i]);
	return r;
}
