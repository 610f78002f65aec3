/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_seal.h: a finished folder's hash goes into the journal, and the proof of that into the
 * folder.
 *
 * Owns: asking sluiced, and finding its entry. Must not own: the entry (report_made.h), the files
 * (report_bundle.h).
 */
#ifndef SLUICE_REPORT_SEAL_H
#define SLUICE_REPORT_SEAL_H

#include "ipc.h"
#include "report_bundle.h"

#define REPORT_SEAL_FILE "made.tlog-proof"

/**
 * report_seal() - have @made journaled by the daemon at @socket (NULL: the usual one).
 * @path: its journal
 * @genesis: hash of that journal's entry 0, as the report has it
 * @ret_seq: number of the entry
 * @problem: why it is not journaled, when the result is not 0
 * Return: 0; a negative errno: nothing was added to the folder.
 */
int report_seal(struct bundle *bundle, const char *socket, const char *path, const char *genesis,
		const struct ipc_report *made, uint64_t *ret_seq, char *problem, size_t size);

#endif
