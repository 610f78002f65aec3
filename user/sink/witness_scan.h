/* SPDX-License-Identifier: Apache-2.0 */
/*
 * witness_scan.h: what a witness is to see next: the newest checkpoint that the host key has signed,
 * and the proof that what the witness has seen is its beginning.
 *
 * Owns: hashing the journal, a piece at a time, in memory that does not grow. Must not own: the
 * witness (sink_witness.c).
 */
#ifndef SLUICE_WITNESS_SCAN_H
#define SLUICE_WITNESS_SCAN_H

#include <stdbool.h>

#include "gateway/gateway_journal.h"
#include "journal/merkle_growth.h"

/* Where to go on, when a checkpoint has been seen by the witness. */
struct witness_spot {
	uint64_t at;
	struct merkle_state tree;
};

/**
 * struct witness_scan: made by witness_scan_init().
 * @at: bytes of the journal that are hashed
 * @begins: what comes next begins a file, and says of which tree it goes on
 * @base: entries that the witness has seen; @root: of their tree, when @root_known
 * @reached: the hashing has come so far
 * @worth: behind them is an entry that is not only about keys, copies and witnesses
 * @note, @size, @proof, @spot: what is to be seen next, with the way to it; @note: NULL: nothing
 */
struct witness_scan {
	struct merkle_growth growth;
	uint64_t at;
	uint64_t base;
	uint8_t root[MERKLE_HASH];
	bool root_known;
	bool reached;
	bool begins;
	bool worth;
	char *note;
	uint64_t size;
	struct merkle_consistency proof;
	struct witness_spot spot;
};

int witness_scan_init(struct witness_scan *scan); /* 0 or -ENOMEM */
void witness_scan_done(struct witness_scan *scan);

/*
 * From the newest file of @journal on that is known to begin before, else from the oldest. @root: of
 * the tree of the first @base entries, or NULL: not known.
 */
void witness_scan_begin(struct witness_scan *scan, const struct gateway_journal *journal,
			uint64_t base, const uint8_t *root);

/**
 * witness_scan_step() - hash the next piece.
 * Return: 1: there is more; 0: all is hashed; -EBADMSG: the tree of the first @base entries has
 * another root; -ENODATA: the oldest file begins behind them; -EAGAIN: as gateway_journal_read() at
 * @at; another negative errno.
 */
int witness_scan_step(struct witness_scan *scan, const struct gateway_journal *journal);

/* The witness has seen @note: on from there. */
void witness_scan_advance(struct witness_scan *scan);

/* Size and root of a checkpoint's note. Return: whether it is one. */
bool witness_scan_read(const char *note, uint64_t *ret_size, uint8_t ret_root[MERKLE_HASH]);

#endif
