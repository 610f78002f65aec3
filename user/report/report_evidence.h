/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_evidence.h: the entries that a report rests on, as they were signed, each with its proof.
 *
 * Owns: reading them once more and binding them to the tree that the report names. Must not own:
 * which entries (report.h), the form of a proof (journal_proof.h).
 */
#ifndef SLUICE_REPORT_EVIDENCE_H
#define SLUICE_REPORT_EVIDENCE_H

#include "journal/journal_verify.h"
#include "report_bundle.h"

/**
 * report_evidence() - write lines.jsonl, checkpoint, and proofs/N.tlog-proof for each, and the
 * host's keys. Entries behind the last signature of the host's key have no proof yet and are in
 * unproven.jsonl.
 * @numbers: of the entries, ascending, each below the signed size
 * @ret_proven: entries that this signature covers
 * @verified: the journal as the report read it; what was added since is not looked at
 * Return: 0; -ESTALE: the file at @path is not that journal any more; -ENODATA: the host's
 * key has signed nothing; another negative errno.
 */
int report_evidence(const char *path, const struct journal_verify_result *verified,
		    const uint64_t *numbers, size_t n, struct bundle *bundle, uint64_t *ret_proven);

#endif
