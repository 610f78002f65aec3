/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_seal.h: entries before they are written: what the policy calls private becomes a
 * commitment.
 *
 * Owns: where in an entry private text may stand. Must not own: the texts (vault.h), or what a
 * pattern names (match.h).
 */
#ifndef SLUICE_RECORD_SEAL_H
#define SLUICE_RECORD_SEAL_H

#include <jansson.h>

struct agent;

/* Member of what is always private, for its hash not to be guessed. */
#define RECORD_NONCE "nonce"

/**
 * record_seal() - replace what is private in @entry.
 * Without a vault the entry stays as it is: then the policy calls nothing private.
 * Return: 0, or -ENOMEM, -EIO: then @entry is half done, and must not be written.
 */
int record_seal(const struct agent *agent, json_t *entry);

#endif
