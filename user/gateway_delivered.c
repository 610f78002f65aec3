// SPDX-License-Identifier: Apache-2.0
/*
 * gateway_delivered.c: see gateway_delivered.h.
 *
 * Format: one line a message, "open|closed|more NOTIFIER ID DIGEST EXPIRES\n": the kind, the
 * channel's name, the request's id, the first 16 hex digits of its digest, and when it expires in
 * seconds since the epoch. Valid is a line that ends in a newline and has these five words; others
 * (a torn end) are dropped. Lines are appended and synced one by one. At the start, and after
 * REWRITE_LINES more, the file is written anew without what expired KEEP_S ago, and renamed.
 */
#include "gateway_delivered.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <uthash.h>

#include "cleanup.h"

/* gcc's analyzer loses what lists, tables and settings by offset hold on to; the leak sanitizer
 * watches instead. */
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif

#define KEEP_S		86400
#define REWRITE_LINES	16384
#define KEY_MAX		96
#define LINE_MAX_LENGTH 160

/* @key: the first four words of a line. */
struct entry {
	char key[KEY_MAX];
	uint64_t expires_s;
	UT_hash_handle hh;
};

struct delivered {
	int folder;
	int file;
	unsigned int lines; /* appended since the file was written anew */
	struct entry *entries;
};

struct delivered_request delivered_request(const struct ipc_request *request)
{
	struct delivered_request ret = { .expires_ms = request->expires_ms };

	snprintf(ret.id, sizeof(ret.id), "%s", request->id);
	snprintf(ret.digest, sizeof(ret.digest), "%.16s", request->digest);
	return ret;
}

static void make_key(char *key, const char *notifier, enum delivered_kind kind,
		     const struct delivered_request *request)
{
	static const char *const words[] = {
		[DELIVERED_OPEN] = "open",
		[DELIVERED_CLOSED] = "closed",
		[DELIVERED_ESCALATED] = "more",
	};

	snprintf(key, KEY_MAX, "%s %s %s %s", words[kind], notifier, request->id, request->digest);
}

static struct entry *find(const struct delivered *delivered, const char *key)
{
	struct entry *entry;

	HASH_FIND_STR(delivered->entries, key, entry);
	return entry;
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
	snprintf(entry->key, sizeof(entry->key), "%s", key);
	entry->expires_s = expires_s;
	HASH_ADD_STR(delivered->entries, key, entry);
	return entry;
}

static int write_line(int fd, const struct entry *entry)
{
	char line[LINE_MAX_LENGTH];
	int n = snprintf(line, sizeof(line), "%s %" PRIu64 "\n", entry->key, entry->expires_s);
	ssize_t written = write(fd, line, (size_t)n);

	if (written < 0)
		return -errno;
	return written == n ? 0 : -ENOSPC;
}

static int read_line(struct delivered *delivered, const char *line)
{
	char kind[8];
	char notifier[33];
	char id[17];
	char digest[18];
	char key[KEY_MAX];
	uint64_t expires_s;
	char end;

	if (sscanf(line, "%7s %32s %16s %17s %" SCNu64 "%c", kind, notifier, id, digest, &expires_s,
		   &end) != 6 ||
	    end != '\n')
		return 0;
	if (expires_s + KEEP_S < (uint64_t)time(NULL))
		return 0;
	snprintf(key, sizeof(key), "%s %s %s %s", kind, notifier, id, digest);
	return remember(delivered, key, expires_s) ? 0 : -ENOMEM;
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
		if (entry->expires_s + KEEP_S >= now_s)
			continue;
		HASH_DEL(delivered->entries, entry);
		free(entry);
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
		free(entry);
	}
	closep(&delivered->file);
	closep(&delivered->folder);
	free(delivered);
	return NULL;
}

bool delivered_has(const struct delivered *delivered, const char *notifier,
		   enum delivered_kind kind, const struct delivered_request *request)
{
	char key[KEY_MAX];

	make_key(key, notifier, kind, request);
	return find(delivered, key);
}

int delivered_add(struct delivered *delivered, const char *notifier, enum delivered_kind kind,
		  const struct delivered_request *request)
{
	const struct entry *entry;
	char key[KEY_MAX];
	int r;

	make_key(key, notifier, kind, request);
	if (find(delivered, key))
		return 0;
	entry = remember(delivered, key, request->expires_ms / 1000);
	if (!entry)
		return -ENOMEM;
	if (++delivered->lines >= REWRITE_LINES)
		return write_anew(delivered);
	r = write_line(delivered->file, entry);
	if (r < 0)
		return r;
	return fdatasync(delivered->file) < 0 ? -errno : 0;
}
