/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway_journal.h: the journal as the gateway has it: descriptors that read its files, and how
 * much of it is signed and durable.
 *
 * Owns: the descriptors, and that nothing behind the durable end is read. Must not own: where it is
 * sent to (sink.h).
 */
#ifndef SLUICE_GATEWAY_JOURNAL_H
#define SLUICE_GATEWAY_JOURNAL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ipc.h"
#include "journal/merkle.h"
#include "limits.h"

/* Older files that are had at once: each place may be at another one. */
#define GATEWAY_JOURNAL_PARTS SLUICE_MAX_SINKS

/* A file of the journal: its bytes @from up to @to, counted from entry 0 on. @fd -1: none */
struct gateway_journal_part {
	int fd;
	uint64_t from, to;
};

/**
 * struct gateway_journal: made by gateway_journal_init().
 * @fd: of the file that is written, which begins with the byte @from and the entry @first
 * @bytes, @entries: that may leave the host; 0: nothing is known of it
 * @oldest: the first byte that sluiced has still
 * @parts: older files, and which one is given up next
 * @genesis: hex of the hash of entry 0: names the journal
 */
struct gateway_journal {
	int fd;
	uint64_t from, first;
	uint64_t bytes;
	uint64_t entries;
	uint64_t oldest;
	struct gateway_journal_part parts[GATEWAY_JOURNAL_PARTS];
	size_t next_part;
	char genesis[MERKLE_HEX];
};

void gateway_journal_init(struct gateway_journal *journal);

/**
 * gateway_journal_take() - what sluiced says of it.
 * @fd: taken over; -1: the file that it gave before
 * Return: 0; -EACCES: it gives none; -EBADF: it has given none; -EBADMSG: what it says cannot be.
 * Then there is nothing to read until the next time.
 */
int gateway_journal_take(struct gateway_journal *journal, const struct ipc_journal *news, int fd);
void gateway_journal_clear(struct gateway_journal *journal);

/* One with descriptors of its own, for a thread. Return: 0 or a negative errno; then it is clear. */
int gateway_journal_copy(const struct gateway_journal *journal, struct gateway_journal *ret);

/**
 * gateway_journal_read() - whole lines from @from on, which is where one begins.
 * @size: of the buffer, SLUICE_JOURNAL_ENTRY_MAX + 1 at least
 * Return: bytes, 0 at the end of what may leave the host; -EAGAIN: they are in a file that must be
 * asked for (IPC_PART); -ENODATA: sluiced has them no more; -EBADMSG: no line ends there; another
 * negative errno. Never waits for more than a disk.
 */
ssize_t gateway_journal_read(const struct gateway_journal *journal, uint64_t from, char *bytes,
			     size_t size);

/*
 * Whether a line begins at @at, or the journal ends there. Return: 1; 0; a negative errno as above.
 */
int gateway_journal_begins(const struct gateway_journal *journal, uint64_t at);

#endif
