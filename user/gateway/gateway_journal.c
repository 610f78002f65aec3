// SPDX-License-Identifier: Apache-2.0
/*
 * gateway_journal.c: see gateway_journal.h.
 */
#include "gateway_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/read_whole.h"

void gateway_journal_init(struct gateway_journal *journal)
{
	*journal = (struct gateway_journal){ .fd = -1 };
	for (size_t i = 0; i < ARRAY_SIZE(journal->parts); i++)
		journal->parts[i].fd = -1;
}

/* The file that has byte @at. NULL: it must be asked for. */
static const struct gateway_journal_part *find_part(const struct gateway_journal *journal,
						    uint64_t at)
{
	for (size_t i = 0; i < ARRAY_SIZE(journal->parts); i++) {
		const struct gateway_journal_part *part = &journal->parts[i];

		if (part->fd >= 0 && at >= part->from && at < part->to)
			return part;
	}
	return NULL;
}

ssize_t gateway_journal_read(const struct gateway_journal *journal, uint64_t from, char *bytes,
			     size_t size)
{
	struct gateway_journal_part part = { journal->fd, journal->from, journal->bytes };
	const struct gateway_journal_part *older;
	const char *end;
	ssize_t n;

	if (from >= journal->bytes)
		return 0;
	if (from < journal->from) {
		older = find_part(journal, from);
		if (!older)
			return from < journal->oldest ? -ENODATA : -EAGAIN;
		part = *older;
	}
	n = read_whole_at(part.fd, bytes, part.to - from < size ? (size_t)(part.to - from) : size,
			  from - part.from);
	if (n <= 0)
		return n;
	end = memrchr(bytes, '\n', (size_t)n);
	return end ? end + 1 - bytes : -EBADMSG;
}

/* The file where a reader goes on from @at, or up to which it has come. @ret->fd -1: none */
static void find_around(const struct gateway_journal *journal, uint64_t at,
			struct gateway_journal_part *ret)
{
	*ret = (struct gateway_journal_part){ journal->fd, journal->from, journal->bytes };
	if (at >= journal->from)
		return;
	ret->fd = -1;
	for (size_t i = 0; i < ARRAY_SIZE(journal->parts); i++) {
		const struct gateway_journal_part *part = &journal->parts[i];

		if (part->fd >= 0 && at >= part->from && at <= part->to)
			*ret = *part;
	}
}

int gateway_journal_begins(const struct gateway_journal *journal, uint64_t at)
{
	struct gateway_journal_part part;
	ssize_t n;
	char last;

	if (at == 0)
		return 1;
	if (at > journal->bytes)
		return 0;
	find_around(journal, at, &part);
	if (part.fd < 0)
		return at < journal->oldest ? -ENODATA : -EAGAIN;
	if (at == part.from || at == part.to)
		return 1; /* a file, or what may leave the host, ends there */
	n = read_whole_at(part.fd, &last, 1, at - 1 - part.from);
	return n < 0 ? (int)n : n == 1 && last == '\n';
}

/* The oldest of them goes. */
static void take_part(struct gateway_journal *journal, const struct ipc_journal *news, int fd)
{
	struct gateway_journal_part *part = &journal->parts[journal->next_part];

	journal->next_part = (journal->next_part + 1) % ARRAY_SIZE(journal->parts);
	closep(&part->fd);
	*part = (struct gateway_journal_part){ fd, news->from, news->to };
}

/* The file that is written now. What was written before it is an older one from now on. */
static void take_file(struct gateway_journal *journal, const struct ipc_journal *news, int fd)
{
	const struct ipc_journal before = { .from = journal->from, .to = news->from };
	bool goes_on = journal->fd >= 0 && strcmp(journal->genesis, news->genesis) == 0 &&
		       news->from > journal->from && journal->bytes <= news->bytes;

	if (goes_on)
		take_part(journal, &before, TAKE_FD(journal->fd));
	else
		gateway_journal_clear(journal);
	journal->fd = fd;
	journal->from = news->from;
	journal->first = news->first;
	snprintf(journal->genesis, sizeof(journal->genesis), "%.64s", news->genesis);
}

int gateway_journal_take(struct gateway_journal *journal, const struct ipc_journal *news, int fd)
{
	if (news->refused) {
		closep(&fd);
		gateway_journal_clear(journal);
		return -EACCES;
	}
	if (news->from > news->bytes || (news->to && news->to <= news->from) ||
	    strlen(news->genesis) != MERKLE_HEX - 1) {
		closep(&fd);
		gateway_journal_clear(journal);
		return -EBADMSG;
	}
	if (fd >= 0 && news->to)
		take_part(journal, news, fd);
	else if (fd >= 0)
		take_file(journal, news, fd);
	if (journal->fd < 0)
		return -EBADF;
	journal->bytes = news->bytes;
	journal->entries = news->entries;
	journal->oldest = news->oldest;
	return 0;
}

void gateway_journal_clear(struct gateway_journal *journal)
{
	closep(&journal->fd);
	for (size_t i = 0; i < ARRAY_SIZE(journal->parts); i++)
		closep(&journal->parts[i].fd);
	gateway_journal_init(journal);
}

static int copy_fd(int fd)
{
	int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);

	return fd >= 0 && copy < 0 ? -errno : copy;
}

int gateway_journal_copy(const struct gateway_journal *journal, struct gateway_journal *ret)
{
	int r;

	*ret = *journal;
	r = ret->fd = copy_fd(journal->fd);
	for (size_t i = 0; i < ARRAY_SIZE(ret->parts); i++) {
		ret->parts[i].fd = copy_fd(journal->parts[i].fd);
		r = ret->parts[i].fd < -1 ? ret->parts[i].fd : r;
	}
	if (r >= -1)
		return 0;
	gateway_journal_clear(ret);
	return r;
}
