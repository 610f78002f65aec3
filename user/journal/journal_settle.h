/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_settle.h: what a crash has left behind while the journal went on in another file.
 *
 * Owns: finding out how far that had come, and going back where nothing was written to the new file.
 * Must not own: lines and their rules (journal_recover.h).
 */
#ifndef SLUICE_JOURNAL_SETTLE_H
#define SLUICE_JOURNAL_SETTLE_H

#include "journal.h"
#include "journal_file.h"

/**
 * journal_settle() - make the folder as if the change of files had been completed or never begun.
 * @size: of the file; changed with it. @recovery: gets what was set aside, in torn_bytes
 * Return: 0; -ENOENT: the file is gone, and full ones are there; a negative errno. @error has a
 * text.
 */
int journal_settle(struct journal_file *file, uint64_t *size, struct journal_recovery *recovery,
		   char *error, size_t error_size);

/* Before the file is made: whether it was taken away from beside full ones. As above. */
int journal_settle_missing(const char *path, char *error, size_t error_size);

#endif
