/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_hosts.h: the host keys of a journal, and how each one was handed over to the next.
 *
 * Proofs go by the key that signs at the end; the one that was noted at installation is that of
 * entry 0. Between them stands, for each change, a checkpoint that the old key has signed, too,
 * over the entry that names the new one: that is a proof by the old key.
 *
 * Owns: keys/hosts, keys/host.vkey and keys/N.tlog-proof. Must not own: who must sign
 * (journal_keys.h).
 */
#ifndef SLUICE_REPORT_HOSTS_H
#define SLUICE_REPORT_HOSTS_H

#include "journal/journal_scan.h"
#include "journal/merkle_paths.h"
#include "report_bundle.h"

struct report_host;

/*
 * All zeros: the key of entry 0 alone. @from, @vkey: where files are missing, the first entry that is
 * here, and the key that signed then.
 */
struct report_hosts {
	uint64_t from;
	char *vkey;
	struct report_host *first, **end;
};

/* The first line of a journal whose first files are missing says which key that is. 0 or -errno. */
int report_hosts_begin(struct report_hosts *hosts, const struct journal_segment *segment);
/* To be given each line, in order. Return: 0 or -ENOMEM. */
int report_hosts_take(struct report_hosts *hosts, const struct journal_line *line);

/**
 * report_hosts_write() - the folder "keys", and what is known of host keys in it.
 * @vkey: that of entry 0, for a journal that is whole
 * @paths: of all lines that were taken
 * @size: entries that the proofs of the report go by; a key that signs behind it is left out
 */
int report_hosts_write(const struct report_hosts *hosts, const char *vkey,
		       struct merkle_paths *paths, uint64_t size, struct bundle *bundle);
void report_hosts_done(struct report_hosts *hosts);

#endif
