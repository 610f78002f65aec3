/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink_folder.h: the journal as files of a folder, which others fetch, or which is another host's
 * (NFS, mounted object storage).
 *
 *	<number of its first byte, 20 digits>.jsonl	lines of the journal; all files in the order
 *							of their names are the journal, to the byte
 *
 * Owns: these names, and that a file is there whole or not at all (written beside, synced, renamed)
 * and is never touched again. Must not own: when it is done (sink_folder.c). Blocks as long as the
 * disk does.
 */
#ifndef SLUICE_SINK_FOLDER_H
#define SLUICE_SINK_FOLDER_H

#include <stdbool.h>

#include "gateway/gateway_journal.h"

/* Bytes of a file at most. */
#define FOLDER_SEGMENT (8U << 20)

/**
 * struct folder_job: one look, and one file at most.
 * @journal: with a descriptor of its own
 * @path: of the folder; borrowed
 * @known: @held is right; else the folder is looked at first, and its last file compared
 * @held: bytes of the journal that are there
 * @wanted: with @r -EAGAIN: the byte that is in a file that is not here
 * @r, @text: 0, or a negative errno and why: -EBADMSG: what is there is not the beginning of the
 * journal
 */
struct folder_job {
	struct gateway_journal journal;
	const char *path;
	bool known;
	uint64_t held;
	uint64_t wanted;
	int r;
	char text[256];
};

void folder_do(struct folder_job *job);

#endif
