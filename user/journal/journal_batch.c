// SPDX-License-Identifier: Apache-2.0
/*
 * journal_batch.c: see journal_batch.h.
 */
#include "journal_batch.h"

#include "limits.h"

#include <errno.h>
#include <stdlib.h>

#define ROOM_AT_FIRST 65536

int journal_batch_reserve(struct journal_batch *batch, size_t size)
{
	size_t room = batch->room ? batch->room : ROOM_AT_FIRST;
	char *bytes;

	while (room - batch->size < size)
		room *= 2;
	if (room == batch->room)
		return 0;
	bytes = realloc(batch->bytes, room);
	if (!bytes)
		return -ENOMEM;
	batch->bytes = bytes;
	batch->room = room;
	return 0;
}

ssize_t journal_batch_put(struct journal_batch *batch, const json_t *entry)
{
	size_t size;
	int r = journal_batch_reserve(batch, SLUICE_JOURNAL_ENTRY_MAX + 1);

	if (r < 0)
		return r;
	size = json_dumpb(entry, batch->bytes + batch->size, SLUICE_JOURNAL_ENTRY_MAX + 1,
			  JSON_COMPACT);
	if (size == 0)
		return -EINVAL;
	if (size > SLUICE_JOURNAL_ENTRY_MAX)
		return -E2BIG;
	batch->bytes[batch->size + size] = '\n';
	return (ssize_t)size;
}

void journal_batch_clear(struct journal_batch *batch)
{
	batch->size = 0;
	if (batch->room <= 2 * ROOM_AT_FIRST)
		return;
	free(batch->bytes);
	batch->bytes = NULL;
	batch->room = 0;
}
