/* SPDX-License-Identifier: Apache-2.0 */
/* index_private.h: what the parts of a reading by index share. Owns: the reading in progress. */
#ifndef SLUICE_INDEX_PRIVATE_H
#define SLUICE_INDEX_PRIVATE_H

#include "index_file.h"
#include "index_read.h"
#include "journal/journal_stream.h"
#include "key/note.h"

/**
 * struct index_reading: one question.
 * @stream: the journal's files; @journal: they as one, open at any place
 * @at: where @stream is read; @length: bytes that it had at the begin
 * @key: of the host, as entry 0 names it; @genesis: hash of that entry
 */
struct index_reading {
	struct index_file file;
	struct journal_stream stream;
	FILE *journal;
	uint64_t at, length;
	struct note_key *key;
	char genesis[MERKLE_HEX], origin[NOTE_NAME_MAX];
	struct merkle hasher;
	char *text;
	size_t text_size;
};

/* Sets the clause of a failure and returns @error. */
int index_fail(struct index_reading *reading, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Takes in what the journal has got since. @ret_added: entries. */
int index_follow(struct index_reading *reading, uint64_t *ret_added);

#endif
