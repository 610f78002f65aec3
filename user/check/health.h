/* SPDX-License-Identifier: Apache-2.0 */
/*
 * health.h: how an installation is that could start: the host's clock, room for the journal, keys,
 * and what this kernel cannot do.
 *
 * Owns: what is measured, and from when on it is worth a word. Must not own: what the host needs at
 * all (check.h), or the running daemon's state. sluiced does not ask: none of it keeps it from
 * starting.
 */
#ifndef SLUICE_HEALTH_H
#define SLUICE_HEALTH_H

#include "check.h"

/* Of each: @result is filled, @result->name included. */
void health_kernel(struct check_result *result);
void health_sandbox(struct check_result *result);
void health_clock(struct check_result *result);
/* @journal: its file, which need not be there */
void health_disk(struct check_result *result, const char *journal);
/* @state: folder of sluiced's state, in which the journal's host key is */
void health_host_key(struct check_result *result, const char *state);
/* Owner, mode, whether it can be read, and whether what was erased is overwritten. */
void health_vault(struct check_result *result, const char *state);
/* Owners, modes and gaps of all of them. */
void health_journal_files(struct check_result *result, const char *journal);
/* @state: folder of the gateway's, in which the keys of its channels are */
void health_channel_keys(struct check_result *result, const char *state);

#endif
