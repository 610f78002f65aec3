/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_vault.h: the vault of a running sluiced.
 *
 * Owns: when there is one, that it is durable before the journal, and when what was erased is
 * overwritten. Must not own: its file (vault.h), or what goes into it (record_seal.h).
 */
#ifndef SLUICE_RECORD_VAULT_H
#define SLUICE_RECORD_VAULT_H

#include <stddef.h>

struct agent;
struct policy;

/**
 * record_vault_open() - have the vault that @policy needs, before it is in force.
 * One that is there is opened in any case: what was private is read from it.
 * @text: of a failure, one sentence with the remedy
 */
int record_vault_open(struct agent *agent, const struct policy *policy, char *text, size_t size);

/* With vault and journal open: from now on one waits for the other. Journals a new vault. */
void record_vault_attach(struct agent *agent);

/* Each second: goes on with overwriting what was erased, and journals the end of it. */
void record_vault_tick(struct agent *agent);

#endif
