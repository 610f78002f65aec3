/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index_file.h: the file of an index over a journal, for who asks often: SQLite 3.
 *
 *   place    one row: hash of entry 0, how many entries are in it, behind which byte of the journal
 *            (of all its files) they end, and the checkpoint that signs them
 *   leaf     the hash of each entry; chunk: the root of each INDEX_CHUNK of them
 *   word     what entries say of one thing, as JSON, once; kind: enum index_word
 *   entry    where each one is, when it was, and its words
 *
 * Owns: these tables. Must not own: whether anything in them is right, which is found out each time
 * (index_read.c): the journal is the record, and this can be removed.
 */
#ifndef SLUICE_INDEX_FILE_H
#define SLUICE_INDEX_FILE_H

#include "index_tree.h"
#include "journal/journal_filter.h"

#include <jansson.h>
#include <sqlite3.h>

enum index_word { WORD_WHAT, WORD_WHO, WORD_SUBJECT, WORD_TARGET, INDEX_WORDS };

enum index_statement {
	ADD_ENTRY,
	ADD_LEAF,
	ADD_CHUNK,
	ADD_WORD,
	SET_PLACE,
	GET_LEAVES,
	INDEX_STATEMENTS
};

struct index_place {
	char genesis[MERKLE_HEX];
	uint64_t entries, bytes;
	char *note; /* owned; NULL: nothing is in the index */
};

struct index_file {
	sqlite3 *db;
	sqlite3_stmt *statements[INDEX_STATEMENTS];
	json_t *words[INDEX_WORDS]; /* their numbers, while entries are added */
	struct index_place place;
	struct index_tree tree;
};

/* One entry: where it is in the journal. */
struct index_entry {
	uint64_t seq, offset, size;
};

/**
 * index_file_open() - open @path, or make it. It must be the caller's, and nobody else's to write.
 * Return: 0 with the tree as the file has it; -EPERM; -EUCLEAN: another program's file, or damaged;
 * another negative errno. index_file_close() in any case.
 */
int index_file_open(const char *path, struct index_file *file);
void index_file_close(struct index_file *file);
/* Begins anew: all but the tables. */
int index_file_clear(struct index_file *file);

int index_file_add(struct index_file *file, const struct index_entry *entry, const json_t *json,
		   const uint8_t leaf[MERKLE_HASH]);
/* What was added is signed; it is kept from now on. */
int index_file_keep(struct index_file *file, const struct index_place *place);
/* What was not kept is gone; reads the tree again. */
int index_file_drop(struct index_file *file);

/* The leaves of one piece of the tree. Return: how many; a negative errno. */
ssize_t index_file_leaves(struct index_file *file, uint64_t chunk,
			  uint8_t (*ret)[MERKLE_HASH]);

/* False: only the message is asked for, which is not in the index: reading all is faster. */
bool index_file_answers(const struct journal_filter *filter);

/* 0: go on. */
typedef int (*index_entry_fn)(void *ctx, const struct index_entry *entry);

/* Entries that may fit, in order: by all but the message. */
int index_file_find(struct index_file *file, const struct journal_filter *filter,
		    index_entry_fn fn, void *ctx);

#endif
