// SPDX-License-Identifier: Apache-2.0
/*
 * journal_state.c: see journal_state.h.
 */
#include "journal_state.h"

#include "base/cleanup.h"
#include "base/read_whole.h"
#include "journal_file.h"
#include "journal_segments.h"
#include "limits.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define FORMAT	   "sluice-state/1"
#define CHUNK	   (16 * (SLUICE_JOURNAL_ENTRY_MAX + 1))
#define NEW_END	   ".state.new"

typedef int (*line_fn)(void *ctx, const char *line, size_t size);

/* Each line, without its LF. Return: 0; -EBADMSG: the last one has no end; what @fn returned. */
static int each_line(const struct journal_state_source *source, line_fn fn, void *ctx)
{
	_cleanup_free_ char *bytes = malloc(CHUNK);
	uint64_t at = source->from;
	int r = bytes ? 0 : -ENOMEM;

	while (r == 0 && at < source->to) {
		size_t room = source->to - at < CHUNK ? (size_t)(source->to - at) : CHUNK;
		ssize_t n = read_whole_at(source->fd, bytes, room, at);
		const char *line = bytes, *end = n > 0 ? memrchr(bytes, '\n', (size_t)n) : NULL;

		if (!end)
			return n < 0 ? (int)n : -EBADMSG;
		while (r == 0 && line <= end) {
			const char *lf = memchr(line, '\n', (size_t)(end + 1 - line));

			r = fn(ctx, line, (size_t)(lf - line));
			line = lf + 1;
		}
		at += (uint64_t)(end + 1 - bytes);
	}
	return r;
}

/* A file that is written, and its hash. */
struct writing {
	const struct journal_memory *memory;
	FILE *file;
	EVP_MD_CTX *hash;
	uint64_t bytes;
};

static int put(struct writing *writing, const char *bytes, size_t size)
{
	if (fwrite(bytes, 1, size, writing->file) != size)
		return errno ? -errno : -EIO;
	writing->bytes += size;
	return EVP_DigestUpdate(writing->hash, bytes, size) == 1 ? 0 : -ENOMEM;
}

static int put_line(struct writing *writing, const char *line, size_t size)
{
	int r = put(writing, line, size);

	return r < 0 ? r : put(writing, "\n", 1);
}

static uint64_t number_of(const char *line)
{
	return strtoull(line + sizeof("{\"seq\":") - 1, NULL, 10);
}

static int take_line(void *ctx, const char *line, size_t size)
{
	static const char start[] = "{\"seq\":";
	struct writing *writing = ctx;
	const struct journal_memory *memory = writing->memory;

	if (size < sizeof(start) || memcmp(line, start, sizeof(start) - 1) != 0 ||
	    !memory->stands(memory->ctx, number_of(line), line, size))
		return 0;
	return put_line(writing, line, size);
}

static int write_head(struct writing *writing)
{
	const struct journal_memory *memory = writing->memory;
	json_t *facts = memory && memory->facts ? memory->facts(memory->ctx) : json_object();
	json_auto_t *head = json_pack("{s:s,s:o}", "format", FORMAT, "facts", facts);
	_cleanup_free_ char *line = head ? json_dumps(head, JSON_COMPACT) : NULL;

	return line ? put_line(writing, line, strlen(line)) : -ENOMEM;
}

static int write_all(struct writing *writing, const struct journal_state_source *sources, size_t n)
{
	int r = write_head(writing);

	for (size_t i = 0; r == 0 && i < n && writing->memory && writing->memory->stands; i++)
		r = each_line(&sources[i], take_line, writing);
	if (r == 0 && (fflush(writing->file) || fsync(fileno(writing->file)) < 0))
		r = -errno;
	return r;
}

/* Under its own name when it is complete. */
static int settle(const char *new, const char *name)
{
	int r = rename(new, name) < 0 ? -errno : journal_file_sync_folder(name);

	if (r < 0)
		unlink(new);
	return r;
}

static void describe(struct journal_segment *segment, const char *name, uint64_t bytes,
		     const uint8_t hash[MERKLE_HASH])
{
	const char *base = strrchr(name, '/');

	snprintf(segment->state.file, sizeof(segment->state.file), "%s", base ? base + 1 : name);
	segment->state.bytes = bytes;
	merkle_hex(hash, segment->state.sha256);
}

int journal_state_write(const char *path, uint64_t first, const struct journal_memory *memory,
			const struct journal_state_source *sources, size_t n,
			struct journal_segment *segment)
{
	_cleanup_free_ char *name = journal_segment_path(path, first, JOURNAL_STATE_END), *new = NULL;
	struct writing writing = { .memory = memory };
	uint8_t hash[MERKLE_HASH];
	int fd, r;

	if (!name || asprintf(&new, "%s" NEW_END, path) < 0)
		return -ENOMEM;
	fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	writing.file = fdopen(fd, "w");
	writing.hash = EVP_MD_CTX_new();
	errno = 0;
	r = writing.file && writing.hash &&
			    EVP_DigestInit_ex(writing.hash, EVP_sha256(), NULL) == 1
		    ? write_all(&writing, sources, n)
		    : -ENOMEM;
	if (r == 0 && EVP_DigestFinal_ex(writing.hash, hash, NULL) != 1)
		r = -ENOMEM;
	EVP_MD_CTX_free(writing.hash);
	if (writing.file)
		fclose(writing.file);
	else
		close(fd);
	if (r < 0) {
		unlink(new);
		return r;
	}
	describe(segment, name, writing.bytes, hash);
	return settle(new, name);
}

static int hash_line(void *ctx, const char *line, size_t size)
{
	return EVP_DigestUpdate(ctx, line, size) == 1 && EVP_DigestUpdate(ctx, "\n", 1) == 1
		       ? 0
		       : -ENOMEM;
}

static bool is_hash(int fd, const struct journal_segment *segment)
{
	const struct journal_state_source all = { .fd = fd, .to = segment->state.bytes };
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	char hex[MERKLE_HEX] = "";
	uint8_t hash[MERKLE_HASH];

	if (ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
	    each_line(&all, hash_line, ctx) == 0 && EVP_DigestFinal_ex(ctx, hash, NULL) == 1)
		merkle_hex(hash, hex);
	EVP_MD_CTX_free(ctx);
	return strcmp(hex, segment->state.sha256) == 0;
}

static int find_lines(int fd, uint64_t *ret)
{
	_cleanup_free_ char *bytes = malloc(CHUNK);
	ssize_t n = bytes ? read_whole_at(fd, bytes, CHUNK, 0) : -ENOMEM;
	const char *end = n > 0 ? memchr(bytes, '\n', (size_t)n) : NULL;

	if (!end)
		return n < 0 ? (int)n : -EBADMSG;
	*ret = (uint64_t)(end + 1 - bytes);
	return 0;
}

int journal_state_open(const char *path, const struct journal_segment *segment,
		       uint64_t *ret_lines)
{
	_cleanup_free_ char *name =
		journal_segment_path(path, segment->previous.last + 1, JOURNAL_STATE_END);
	_cleanup_close_ int fd = name ? open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY)
				      : -1;
	int r;

	if (fd < 0)
		return name ? -errno : -ENOMEM;
	if (!is_hash(fd, segment))
		return -EBADMSG;
	r = find_lines(fd, ret_lines);
	return r < 0 ? r : TAKE_FD(fd);
}

static int replay_line(void *ctx, const char *line, size_t size)
{
	const struct journal_memory *memory = ctx;
	json_auto_t *entry = json_loadb(line, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

	return entry ? memory->replay(memory->ctx, number_of(line), entry) : -EBADMSG;
}

static int recall(int fd, uint64_t size, const struct journal_memory *memory)
{
	_cleanup_free_ char *line = malloc(size);
	json_auto_t *head = NULL;
	const char *format;
	json_t *facts;

	if (!line)
		return -ENOMEM;
	if (read_whole_at(fd, line, size, 0) != (ssize_t)size)
		return -EIO;
	head = json_loadb(line, size, 0, NULL);
	if (json_unpack(head, "{s:s,s:o}", "format", &format, "facts", &facts) < 0 ||
	    strcmp(format, FORMAT) != 0)
		return -EBADMSG;
	if (memory->recall)
		memory->recall(memory->ctx, facts);
	return 0;
}

int journal_state_replay(int fd, const struct journal_segment *segment,
			 const struct journal_memory *memory)
{
	struct journal_state_source lines = { .fd = fd, .to = segment->state.bytes };
	int r;

	if (!memory->replay)
		return 0;
	r = find_lines(fd, &lines.from);
	if (r == 0)
		r = each_line(&lines, replay_line, (void *)memory);
	/* Behind the entries, which counted some of it once more. */
	return r < 0 ? r : recall(fd, lines.from, memory);
}
