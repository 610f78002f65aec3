/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_writer.h: what the two halves of the writer share: journal_open.c, which begins or takes
 * over a journal, and journal.c, which goes on with it. For nobody else: see journal.h.
 */
#ifndef SLUICE_JOURNAL_WRITER_H
#define SLUICE_JOURNAL_WRITER_H

#include "journal.h"
#include "journal_batch.h"
#include "journal_file.h"
#include "journal_keys.h"
#include "journal_signer.h"
#include "journal_totals.h"
#include "merkle.h"

struct journal {
	struct journal_file file;
	struct journal_signer signer;
	struct journal_keys keys; /* the open batch included */
	struct note_key *origin;  /* of entry 0: for its name, which @keys points to */
	char *key_path;		  /* of the host key, */
	char *next_path;	  /* and of one that is to take its place */
	bool used;		  /* the epoch has entries, or will have */
	struct merkle tree;	  /* the open batch included */
	struct journal_totals totals; /* so are these */
	uint8_t last_leaf[MERKLE_HASH];
	uint64_t signed_entries; /* covered by the last durable checkpoint */
	char root[MERKLE_HEX];
	char genesis[MERKLE_HEX];
	struct journal_batch batch;
	int broken; /* negative errno of the failed commit */
	char broken_text[512];
};

/* Erases the keys too; returns NULL. */
struct journal *journal_writer_free(struct journal *journal);

/* One entry into the open batch, of any type; @body is borrowed, @ret_seq may be NULL. */
int journal_writer_line(struct journal *journal, json_t *body, uint64_t *ret_seq);
/* Unless there is one, an epoch: the first entry since the journal was opened needs its own. */
int journal_writer_epoch(struct journal *journal);
/* The new host key is in force: its file takes the place of the old one's. */
void journal_writer_name_key(const struct journal *journal);

#endif
