/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reveal.c: see reveal.h. A text that was put in is not looked at again: a name that looks like a
 * commitment is in the vault itself (record_seal.c).
 */
#include "reveal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "vault.h"

static const char *find_commitment(const char *text)
{
	for (; (text = strstr(text, VAULT_PREFIX)); text++)
		if (vault_commitment_end(text))
			return text;
	return NULL;
}

/* What stands for the commitment at @text. */
static void put_one(struct reveal *reveal, const char *text, FILE *out)
{
	_cleanup_free_ char *plain = NULL;
	struct vault_value value = { 0 };
	int state = reveal->vault ? vault_find(reveal->vault, text, &value) : VAULT_UNKNOWN;

	plain = value.plain;
	if (state < 0 && !reveal->error)
		reveal->error = state;
	reveal->missing += state != VAULT_PLAIN;
	if (state == VAULT_PLAIN)
		fputs(plain, out);
	else if (state == VAULT_ERASED || reveal->hide)
		fputs(REVEAL_ERASED, out);
	else
		fprintf(out, "%.*s", (int)VAULT_TEXT - 1, text);
}

char *reveal_text(struct reveal *reveal, const char *text)
{
	const char *at = find_commitment(text);
	char *ret = NULL;
	size_t size;
	FILE *out = at ? open_memstream(&ret, &size) : NULL;
	bool bad;

	if (at && !out)
		reveal->error = -ENOMEM;
	if (!out)
		return NULL;
	for (; at; at = find_commitment(text)) {
		fprintf(out, "%.*s", (int)(at - text), text);
		put_one(reveal, at, out);
		text = vault_commitment_end(at);
	}
	fputs(text, out);
	bad = ferror(out);
	if (!fclose(out) && !bad)
		return ret;
	reveal->error = -ENOMEM;
	free(ret);
	return NULL;
}

static void reveal_string(struct reveal *reveal, json_t *string)
{
	const char *text = json_string_value(string);
	_cleanup_free_ char *plain = NULL;

	if (strlen(text) != json_string_length(string))
		return; /* with a NUL: not of sluiced */
	plain = reveal_text(reveal, text);
	if (plain && json_string_set(string, plain))
		reveal->error = -ENOMEM;
}

void reveal_json(struct reveal *reveal, json_t *value)
{
	const char *name;
	json_t *member;
	size_t i;

	if (json_is_string(value))
		reveal_string(reveal, value);
	json_array_foreach(value, i, member)
		reveal_json(reveal, member);
	json_object_foreach(value, name, member)
		reveal_json(reveal, member);
}

bool reveal_wants(const char *line, size_t size)
{
	return memmem(line, size, VAULT_PREFIX, strlen(VAULT_PREFIX));
}
