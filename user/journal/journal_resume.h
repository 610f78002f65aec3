/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_resume.h: the place in a journal up to which somebody has all entries, kept in a file.
 *
 *	{"format": "sluice-place/1", "genesis": HEX, "entries": N, "last": HEX}
 *
 * "genesis" and "last" are the hashes of entry 0 and of entry N-1. As each entry carries the hash
 * of the one before, "last" stands for all of them.
 *
 * Owns: this file, and finding the place again. Must not own: what is done with the entries behind
 * it.
 */
#ifndef SLUICE_JOURNAL_RESUME_H
#define SLUICE_JOURNAL_RESUME_H

#include "merkle.h"

/* Up to where: @entries of the journal that begins with @genesis, the last of them with @last. */
struct journal_place {
	uint64_t entries;
	char genesis[MERKLE_HEX], last[MERKLE_HEX];
};

/**
 * struct journal_resume: a reading that goes on from a place.
 * @from: up to where all was had before; no entries: from the begin
 * @now: up to where this journal is signed, once it is read
 * @leaf: hash of the entry just read
 */
struct journal_resume {
	struct journal_place from, now;
	char leaf[MERKLE_HEX];
	struct merkle hasher;
};

/**
 * journal_resume_load() - read @path; a file that is not there stands for the begin.
 * @ret: journal_resume_done() frees it, also after an error
 * Return: 0; -EBADMSG: it is none of these files; another negative errno.
 */
int journal_resume_load(const char *path, struct journal_resume *ret);
void journal_resume_done(struct journal_resume *resume);

/* Replaces @path by @place, durably, all or nothing. Return: 0 or a negative errno. */
int journal_resume_save(const char *path, const struct journal_place *place);

/*
 * Before the first entry: hash of entry 0, and the number of the first that is there. Return: 0;
 * -EXDEV: it is another journal; -ENODATA: files are missing that begin behind the place.
 */
int journal_resume_begin(struct journal_resume *resume, const char *genesis, uint64_t first);
/*
 * To be given the line of each entry, in order. Return: 0; -ENOMEM; -ESTALE: at the place is not the
 * entry that was had before.
 */
int journal_resume_entry(struct journal_resume *resume, uint64_t seq, const char *line,
			 size_t size);
/* A signature covers the @entries given so far. */
void journal_resume_signed(struct journal_resume *resume, uint64_t entries);

#endif
