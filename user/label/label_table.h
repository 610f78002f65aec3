/* SPDX-License-Identifier: Apache-2.0 */
/*
 * label_table.h: the file <state>/objects.db: which objects acquired which labels, across boots.
 *
 * Owns: the file's format, its durability, and the way from the UUID of a file system to its
 * number. Must not own: what the kernel enforces now (kernel.h), or when the two are compared
 * (label_keep.h).
 *
 * SQLite 3, tables:
 *   label       number 0 to 63 (of this file: not the kernel's bit), name
 *   filesystem  number, uuid (16 bytes as the superblock has them)
 *   object      filesystem, ino, generation, labels (bit n: label number n)
 * Labels go by name, so that the file does not depend on the numbers in <state>/labels.
 */
#ifndef SLUICE_LABEL_TABLE_H
#define SLUICE_LABEL_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "sluiced/agent.h"

struct label_table;

/* One object. @labels: kernel bits; @uuid: of its file system; id.dev is the number made of it. */
struct label_row {
	struct sluice_object_id id;
	uint64_t uuid[2];
	uint64_t labels;
};

/**
 * label_table_open() - open "<folder>/objects.db", or make it. It is this process's alone.
 * @text: on failure one sentence with the remedy
 * Return: 0, -EUCLEAN for a file that is not whole, or another negative errno.
 */
int label_table_open(const char *folder, struct label_table **ret, char *text, size_t size);
struct label_table *label_table_free(struct label_table *table); /* returns NULL */

/* What SQLite says about the last failure; valid until the next call. */
const char *label_table_error(const struct label_table *table);

/*
 * Changes between begin and commit are durable together when commit returns 0, and none of them is
 * after anything else. Rollback may follow a failed commit.
 */
int label_table_begin(struct label_table *table);
int label_table_commit(struct label_table *table);
void label_table_rollback(struct label_table *table);

/* Replaces the labels of row->id, whose bits @names explains; none takes the object out. */
int label_table_put(struct label_table *table, const struct label_names *names,
		    const struct label_row *row);

/* The UUID behind a file system's number, of those that the table knows. -ENOENT if none. */
int label_table_uuid(const struct label_table *table, uint32_t number, uint64_t ret[2]);

/* Names that the table uses. Return: how many of 64 in @ret. */
size_t label_table_names(const struct label_table *table, const char *ret[SLUICE_MAX_LABELS]);

typedef int (*label_row_fn)(void *ctx, const struct label_row *row);
/*
 * Each object. A label that @names does not have is left out. @fn must not change the table; what
 * it returns ends the walk when it is not 0.
 */
int label_table_each(struct label_table *table, const struct label_names *names, label_row_fn fn,
		     void *ctx);

#endif
