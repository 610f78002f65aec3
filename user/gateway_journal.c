// SPDX-License-Identifier: Apache-2.0
/*
 * gateway_journal.c: see gateway_journal.h.
 */
#include "gateway_journal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "limits.h"

/* As much as there is of @size bytes from @from on. */
static ssize_t read_at(int fd, uint64_t from, char *bytes, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, bytes + done, size - done, (off_t)(from + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

ssize_t gateway_journal_read(const struct gateway_journal *journal, uint64_t from, char *bytes,
			     size_t size)
{
	uint64_t left = from < journal->bytes ? journal->bytes - from : 0;
	ssize_t n = read_at(journal->fd, from, bytes, left < size ? (size_t)left : size);
	const char *end;

	if (n <= 0)
		return n;
	end = memrchr(bytes, '\n', (size_t)n);
	return end ? end + 1 - bytes : -EBADMSG;
}

/* The hash of the first line, where the journal names its keys. */
static int read_genesis(struct gateway_journal *journal)
{
	_cleanup_free_ char *line = malloc(SLUICE_JOURNAL_ENTRY_MAX + 1);
	uint8_t hash[MERKLE_HASH];
	struct merkle hasher;
	const char *end;
	ssize_t n;
	int r;

	if (!line)
		return -ENOMEM;
	n = gateway_journal_read(journal, 0, line, SLUICE_JOURNAL_ENTRY_MAX + 1);
	if (n <= 0)
		return n < 0 ? (int)n : -EBADMSG;
	end = memchr(line, '\n', (size_t)n);
	r = merkle_init(&hasher);
	if (r < 0)
		return r;
	r = merkle_leaf(&hasher, line, (size_t)(end - line), hash);
	merkle_done(&hasher);
	if (r == 0)
		merkle_hex(hash, journal->genesis);
	return r;
}

int gateway_journal_take(struct gateway_journal *journal, const struct ipc_journal *news, int fd)
{
	int r = 0;

	if (fd >= 0 || news->refused)
		gateway_journal_clear(journal);
	if (fd >= 0)
		journal->fd = fd;
	if (news->refused)
		return -EACCES;
	if (journal->fd < 0)
		return -EBADF;
	journal->bytes = news->bytes;
	journal->entries = news->entries;
	if (!*journal->genesis && journal->bytes > 0)
		r = read_genesis(journal);
	if (r < 0)
		journal->bytes = 0;
	return r;
}

void gateway_journal_clear(struct gateway_journal *journal)
{
	closep(&journal->fd);
	*journal = (struct gateway_journal){ .fd = -1 };
}
