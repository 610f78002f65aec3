/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_anchor.h: what others have noted of a journal, against the journal: witnesses' signatures
 * in it and beside it, and hashes that people hold.
 *
 * Owns: the comparison, and its wording. Must not own: the rules of the journal itself
 * (journal_check.h). A file cannot show that its end is missing: what was noted elsewhere can.
 */
#ifndef SLUICE_JOURNAL_ANCHOR_H
#define SLUICE_JOURNAL_ANCHOR_H

#include "journal_verify.h"

#define JOURNAL_ANCHORS 8

/* Somebody has seen a journal of @size entries whose root begins with these @digits (hex). */
struct journal_noted {
	uint64_t size;
	char root[MERKLE_HEX];
	size_t digits;
	uint64_t time_s;	    /* 0: not known */
	bool seen;		    /* the journal has the same there */
	char origin[NOTE_NAME_MAX]; /* of the journal; empty: not said */
};

/**
 * struct journal_anchors: all zero in the beginning, but what the caller sets:
 * @witness: whose signatures count; borrowed; NULL: nobody's
 * @size, @time_s: of the newest of them that is right: entries, seconds since 1970
 * @wrong: of entries that say to have one, and it is not right
 * @ring: the last checkpoints, so that a signature which comes later can be compared
 */
struct journal_anchors {
	const struct note_key *witness;
	struct journal_noted noted[JOURNAL_ANCHORS];
	size_t n;
	uint64_t size, time_s;
	uint64_t wrong;
	struct journal_noted *ring;
	uint64_t n_ring;
	char problem[256];
};

/*
 * A note with the witness's signature, from outside of the journal. Return: 0; -ENOKEY: not signed
 * by the witness; -EKEYREJECTED: wrongly; -EBADMSG: no checkpoint; -ENOSPC: too many; -ENOMEM.
 */
int journal_anchors_add_note(struct journal_anchors *anchors, const char *note);
/* "SIZE:HEX", 8 to 64 digits, as cards have it. Return: 0; -EINVAL; -ENOSPC. */
int journal_anchors_add_text(struct journal_anchors *anchors, const char *text);

/* A journal_line_fn; @ctx: the anchors. */
int journal_anchors_line(void *ctx, const struct journal_line *line);

/* Takes the verdict of the journal itself further: JOURNAL_TAMPERED or JOURNAL_UNWITNESSED. */
void journal_anchors_conclude(struct journal_anchors *anchors,
			      struct journal_verify_result *result);
void journal_anchors_done(struct journal_anchors *anchors);

#endif
