/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reveal.h: the plain text again in place of commitments, for who has the vault.
 *
 * Owns: what stands where there is no plain text any more. Must not own: the texts (vault.h), or who
 * may see them: who may read the vault's file.
 */
#ifndef SLUICE_REVEAL_H
#define SLUICE_REVEAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define REVEAL_ERASED "(erased)"

struct vault;

/**
 * struct reveal: how, and what came of it.
 * @vault: NULL: nothing is known
 * @hide: what the vault does not know is shown as erased, and not as the commitment
 * @missing: places that got no plain text
 * @error: of the first look-up that failed, or of memory: then the commitment stayed
 */
struct reveal {
	struct vault *vault;
	bool hide;
	size_t missing;
	int error;
};

/* Return: the caller's text; NULL when there is no commitment in @text, or no memory. */
char *reveal_text(struct reveal *reveal, const char *text);

/* In each string of @value, at any depth. */
void reveal_json(struct reveal *reveal, json_t *value);

/* Whether a line of a journal may have a commitment. */
bool reveal_wants(const char *line, size_t size);

#endif
