// SPDX-License-Identifier: Apache-2.0
/*
 * journal_checkpoint.c: see journal_checkpoint.h. A line is taken only if it is spelled as this
 * file would spell it: another spelling of the same JSON (a space, an escape) is an edit too.
 */
#include "journal_checkpoint.h"

#include "base64.h"
#include "cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX (NOTE_NAME_MAX + 24 + BASE64_SIZE(MERKLE_HASH))

static void compose_text(const struct journal_checkpoint *checkpoint, char text[TEXT_MAX])
{
	char root[BASE64_SIZE(MERKLE_HASH)];

	base64_encode(checkpoint->root, MERKLE_HASH, root);
	snprintf(text, TEXT_MAX, "%s\n%" PRIu64 "\n%s\n", note_key_name(checkpoint->key),
		 checkpoint->size, root);
}

/* The JSON line of a note, without LF. */
static char *wrap(const char *note, size_t size)
{
	json_auto_t *line = json_pack("{s:s%}", "checkpoint", note, size);

	return line ? json_dumps(line, JSON_COMPACT) : NULL;
}

int journal_checkpoint_compose(const struct note_key *key, uint64_t size,
			       const uint8_t root[MERKLE_HASH], char **ret_line)
{
	const struct journal_checkpoint checkpoint = { .key = key, .size = size, .root = root };
	_cleanup_free_ char *note = NULL, *line = NULL;
	char text[TEXT_MAX];
	int r;

	compose_text(&checkpoint, text);
	r = note_sign(key, text, &note);
	if (r < 0)
		return r;
	line = wrap(note, strlen(note));
	if (!line)
		return -ENOMEM;
	return asprintf(ret_line, "%s\n", line) < 0 ? -ENOMEM : 0;
}

/* A signature line whose key name starts with "<origin>/epoch/". */
static bool has_epoch_signature(const char *signatures, const char *origin)
{
	char start[NOTE_NAME_MAX + 16];

	snprintf(start, sizeof(start), "\xe2\x80\x94 %s/epoch/", origin);
	for (const char *line = signatures; line;
	     line = strchr(line, '\n'), line = line ? line + 1 : NULL)
		if (strncmp(line, start, strlen(start)) == 0)
			return true;
	return false;
}

static int check_note(const struct journal_checkpoint *expected, const char *note, size_t size,
		      struct journal_checkpoint_info *ret_info, const char **ret_problem)
{
	struct note_info info;
	char text[TEXT_MAX];
	int r = note_verify(note, size, expected->key, &info);

	if (r == -ENOMEM)
		return r;
	if (r < 0 && r != -ENOKEY) {
		*ret_problem = r == -EKEYREJECTED ? "the signature of the checkpoint is wrong"
						  : "the checkpoint is not a signed note";
		return -EBADMSG;
	}
	compose_text(expected, text);
	if (strlen(text) != info.text_size || memcmp(text, note, info.text_size) != 0) {
		*ret_problem = "the signed origin, size or root of the checkpoint is not that of "
			       "the entries above";
		return -EBADMSG;
	}
	ret_info->is_signed = r == 0;
	ret_info->by_epoch =
		has_epoch_signature(note + info.text_size + 1, note_key_name(expected->key));
	ret_info->others = info.others;
	return 0;
}

int journal_checkpoint_check(const struct journal_checkpoint *expected, const char *line,
			     size_t size, struct journal_checkpoint_info *ret_info,
			     const char **ret_problem)
{
	json_auto_t *json = json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL);
	_cleanup_free_ char *again = NULL;
	json_t *note = json_object_get(json, "checkpoint");

	if (!json_is_string(note) || json_object_size(json) != 1) {
		*ret_problem = "the checkpoint line is malformed";
		return -EBADMSG;
	}
	again = wrap(json_string_value(note), json_string_length(note));
	if (!again)
		return -ENOMEM;
	if (strlen(again) != size || memcmp(again, line, size) != 0) {
		*ret_problem = "the checkpoint line is not spelled as the writer spells it";
		return -EBADMSG;
	}
	return check_note(expected, json_string_value(note), json_string_length(note), ret_info,
			  ret_problem);
}
