/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal_recover.h: what the writer does with the journal that it finds: check all of it, cut a
 * torn end, or refuse.
 *
 * Must not own: appending (journal.c), the rules (journal_check.h).
 */
#ifndef SLUICE_JOURNAL_RECOVER_H
#define SLUICE_JOURNAL_RECOVER_H

#include "journal.h"
#include "journal_check.h"
#include "journal_file.h"

/**
 * journal_recover() - scan the file into @check (initialised) and mend its end.
 * Of a file that is not the first one what was known is read from its state; where that is missing,
 * all files are scanned.
 * @ours: keys that the writer has, @n of them; the one that signs for the host at the end must be
 * among them: @ret_ours tells which. On return file->durable is the size of what was taken over.
 * Return: 0 with @ret_recovery ("created" when no entry is left); -EBADMSG, -EKEYREJECTED: refused,
 * the file is as it was; what the replay returned; another negative errno. @error has a text for
 * each.
 */
int journal_recover(struct journal_file *file, const struct journal_memory *memory,
		    const uint8_t (*ours)[NOTE_PUBLIC_KEY], size_t n, size_t *ret_ours,
		    struct journal_check *check, struct journal_recovery *ret_recovery, char *error,
		    size_t error_size);

#endif
