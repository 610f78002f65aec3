/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateway_journal.h: the journal as the gateway has it: a descriptor that reads it, and how much of
 * it is signed and durable.
 *
 * Owns: the descriptor, and that nothing behind the durable end is read. Must not own: where it is
 * sent to (sink.h).
 */
#ifndef SLUICE_GATEWAY_JOURNAL_H
#define SLUICE_GATEWAY_JOURNAL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ipc.h"
#include "merkle.h"

/**
 * struct gateway_journal: all zero but @fd -1 in the beginning.
 * @bytes, @entries: that may leave the host; 0: nothing is known of it
 * @genesis: hex of the hash of entry 0: names the journal
 */
struct gateway_journal {
	int fd;
	uint64_t bytes;
	uint64_t entries;
	char genesis[MERKLE_HEX];
};

/**
 * gateway_journal_take() - what sluiced says of it.
 * @fd: taken over; -1: the file that it gave before
 * Return: 0; -EACCES: it gives none; -EBADMSG: what it gives is no journal; another negative errno.
 * Then there is nothing to read until the next time.
 */
int gateway_journal_take(struct gateway_journal *journal, const struct ipc_journal *news, int fd);
void gateway_journal_clear(struct gateway_journal *journal);

/**
 * gateway_journal_read() - whole lines from @from on, which is where one begins.
 * @size: of the buffer, SLUICE_JOURNAL_ENTRY_MAX + 1 at least
 * Return: bytes, 0 at the end of what may leave the host; -EBADMSG: no line ends there; another
 * negative errno. Never waits for more than a disk.
 */
ssize_t gateway_journal_read(const struct gateway_journal *journal, uint64_t from, char *bytes,
			     size_t size);

#endif
