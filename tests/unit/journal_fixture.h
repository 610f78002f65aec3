/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_fixture.h: a folder of its own for each test, files as one piece of memory, and a journal
 * to be harmed.
 * Must not own: any expectation about the journal.
 */
#ifndef JOURNAL_FIXTURE_H
#define JOURNAL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "journal/journal.h"
#include "journal/journal_segments.h"

#define ORIGIN "host42.example.com/journal"

struct fixture {
	char folder[64];
	char path[96], key[96], torn[104];
	char error[512];
	struct journal_recovery recovery;
};

struct bytes {
	char *at;
	size_t size;
};

static inline int fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	/* in memory: a busy disk takes minutes for the thousands of syncs of some tests */
	snprintf(f->folder, sizeof(f->folder), "/dev/shm/sluice-journal-XXXXXX");
	if (!mkdtemp(f->folder)) {
		free(f);
		return -1;
	}
	snprintf(f->path, sizeof(f->path), "%s/journal", f->folder);
	snprintf(f->key, sizeof(f->key), "%s/key", f->folder);
	snprintf(f->torn, sizeof(f->torn), "%s.torn", f->path);
	*state = f;
	return 0;
}

static inline int fixture_unlink(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	nftw(f->folder, fixture_unlink, 8, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

static inline struct bytes file_load(const char *path)
{
	struct bytes bytes = { 0 };
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	bytes.size = (size_t)st.st_size;
	bytes.at = malloc(bytes.size + 1);
	assert_non_null(bytes.at);
	assert_int_equal(read(fd, bytes.at, bytes.size), bytes.size);
	bytes.at[bytes.size] = '\0';
	close(fd);
	return bytes;
}

static inline void file_store(const char *path, const void *at, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, at, size), size);
	close(fd);
}

static inline struct journal *fixture_open(struct fixture *f)
{
	struct journal *journal = NULL;
	int r = journal_open(f->path, f->key, ORIGIN, NULL, &journal, &f->recovery, f->error,
			     sizeof(f->error));

	if (r < 0)
		fail_msg("journal_open: %d: %s", r, f->error);
	return journal;
}

/* Opens where a refusal is expected. */
static inline int fixture_refuse(struct fixture *f)
{
	struct journal *journal = NULL;
	int r = journal_open(f->path, f->key, ORIGIN, NULL, &journal, &f->recovery, f->error,
			     sizeof(f->error));

	assert_null(journal);
	assert_true(r < 0);
	assert_true(strlen(f->error) > 20);
	return r;
}

static inline void fixture_add(struct journal *journal, const char *type, const char *message)
{
	assert_int_equal(journal_add(journal,
				     json_pack("{s:s,s:s}", "type", type, "message", message),
				     NULL),
			 0);
}

/* The entry with which a writer ends that has written: the epoch ends. */
#define SEALED 1

/*
 * @entries in all (entry 0 and the end of the epoch included), a commit after each @batch; the last
 * but one is a clean stop.
 */
static inline void fixture_fill(struct fixture *f, unsigned int entries, unsigned int batch)
{
	struct journal *journal = fixture_open(f);
	char message[64];

	for (unsigned int i = 1; i < entries - 1; i++) {
		snprintf(message, sizeof(message), "event number %u", i);
		if (i == entries - 2)
			fixture_add(journal, "agent.stop", "the agent stops");
		else
			fixture_add(journal, "event.read", message);
		if (i % batch == 0)
			assert_int_equal(journal_commit(journal), 0);
	}
	assert_null(journal_close(journal));
}

/* The line with this number, from 0; its LF included. */
static inline struct bytes line_at(const struct bytes *file, size_t number)
{
	const char *at = file->at, *end = file->at + file->size, *lf;

	for (;; at = lf + 1) {
		lf = memchr(at, '\n', (size_t)(end - at));
		assert_non_null(lf);
		if (number-- == 0)
			return (struct bytes){ (char *)at, (size_t)(lf + 1 - at) };
	}
}

/* The state beside the journal that a start needs: the only one. The caller frees it. */
static inline char *state_path(const struct fixture *f)
{
	struct journal_segments found;
	char *path;

	assert_int_equal(journal_segments_find(f->path, UINT64_MAX, JOURNAL_STATE_END, &found), 0);
	assert_int_equal(found.n, 1);
	path = strdup(found.list[0].path);
	journal_segments_done(&found);
	return path;
}

static inline size_t count_lines(const struct bytes *file)
{
	size_t count = 0;

	for (size_t i = 0; i < file->size; i++)
		count += file->at[i] == '\n';
	return count;
}

#endif
