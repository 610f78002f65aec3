// SPDX-License-Identifier: Apache-2.0
/*
 * gateway_journal.c: see gateway_journal.h.
 */
#include "gateway_journal.h"

#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "limits.h"
#include "read_whole.h"

ssize_t gateway_journal_read(const struct gateway_journal *journal, uint64_t from, char *bytes,
			     size_t size)
{
	uint64_t left = from < journal->bytes ? journal->bytes - from : 0;
	ssize_t n = read_whole_at(journal->fd, bytes, left < size ? (size_t)left : size, from);
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
