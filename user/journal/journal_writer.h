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
#include "journal_segment.h"
#include "journal_segments.h"
#include "journal_signer.h"
#include "journal_totals.h"
#include "merkle.h"

/* The full files, as far as they were asked for (journal_past.c). */
struct journal_past {
	struct journal_segments files;
	uint64_t *from; /* of each: its first byte */
	bool known;
	bool odd; /* one is there that the next one does not name so: it is none of @files */
	uint64_t at; /* first entry of the file that @fd reads */
	int fd;
};

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
	struct journal_memory memory;
	uint64_t offset;	 /* bytes of all files before */
	uint64_t first;		 /* entry of the file */
	int64_t time;		 /* of it, ms since 1970 */
	EVP_MD_CTX *hash;	 /* of the file's durable bytes */
	bool headless;		 /* the file could not be given its first entry */
	struct journal_past past;
	struct journal_batch batch;
	struct journal_before before;
	bool before_failed; /* and not the journal itself */
	int broken;	    /* negative errno of the failed commit */
	char broken_text[512];
};

int64_t journal_writer_now(void); /* ms since 1970 */

/* Erases the keys too; returns NULL. */
struct journal *journal_writer_free(struct journal *journal);

/* One entry into the open batch, of any type; @body is borrowed, @ret_seq may be NULL. */
int journal_writer_line(struct journal *journal, json_t *body, uint64_t *ret_seq);
/* Behind journal_writer_line(), which has put the entry that begins a file into the open batch. */
int journal_writer_next_epoch(struct journal *journal);
int journal_writer_broken(struct journal *journal, int error);
void journal_past_forget(struct journal_past *past);
/* From the newest back, as long as each is the one that the next one names: into journal->past. */
int journal_past_look(struct journal *journal);
/* What the first entry of full file @i says, or, behind them all, of the one that is written. */
int journal_past_claim(const struct journal *journal, size_t i, struct journal_segment *ret);
/* Unless there is one, an epoch: the first entry since the journal was opened needs its own. */
int journal_writer_epoch(struct journal *journal);
/* The new host key is in force: its file takes the place of the old one's. */
void journal_writer_name_key(const struct journal *journal);

#endif
