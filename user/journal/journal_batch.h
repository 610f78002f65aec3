/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_batch.h: lines in memory that are not durable yet.
 *
 * Owns: the memory. Must not own: what a line says, how much may wait (journal.c).
 */
#ifndef SLUICE_JOURNAL_BATCH_H
#define SLUICE_JOURNAL_BATCH_H

#include <jansson.h>
#include <stddef.h>
#include <sys/types.h>

struct journal_batch {
	char *bytes;
	size_t size; /* of the lines, each with its LF */
	size_t room;
};

/* Room for @size bytes behind the lines: 0 or -ENOMEM. */
int journal_batch_reserve(struct journal_batch *batch, size_t size);

/**
 * journal_batch_put() - write one entry and its LF behind the lines, without counting it.
 * Return: bytes without LF; -E2BIG above SLUICE_JOURNAL_ENTRY_MAX; -EINVAL: not JSON (bytes that
 * are no UTF-8); -ENOMEM.
 */
ssize_t journal_batch_put(struct journal_batch *batch, const json_t *entry);

/* No lines; gives back the memory that a burst took. */
void journal_batch_clear(struct journal_batch *batch);

#endif
