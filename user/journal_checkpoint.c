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
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (NOTE_NAME_MAX + 24 + BASE64_SIZE(MERKLE_HASH))

static void compose_text(const struct note_key *key, uint64_t size, const uint8_t *root,
			 char text[TEXT_MAX])
{
	char encoded[BASE64_SIZE(MERKLE_HASH)];

	base64_encode(root, MERKLE_HASH, encoded);
	snprintf(text, TEXT_MAX, "%s\n%" PRIu64 "\n%s\n", note_key_name(key), size, encoded);
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
	_cleanup_free_ char *note = NULL, *line = NULL;
	char text[TEXT_MAX];
	int r;

	compose_text(key, size, root, text);
	r = note_sign(key, text, &note);
	if (r < 0)
		return r;
	line = wrap(note, strlen(note));
	if (!line)
		return -ENOMEM;
	return asprintf(ret_line, "%s\n", line) < 0 ? -ENOMEM : 0;
}

/* Size and root from the text, which must be spelled as compose_text() spells them. */
static bool read_text(const struct note_key *key, const char *note, size_t size,
		      struct journal_checkpoint_info *ret)
{
	const char *origin_end = memchr(note, '\n', size), *root;
	char text[TEXT_MAX], *size_end;

	if (!origin_end)
		return false;
	ret->size = strtoull(origin_end + 1, &size_end, 10);
	if (*size_end != '\n' || size < (size_t)(size_end + 2 - note))
		return false;
	root = size_end + 1;
	if (base64_decode(root, (size_t)(note + size - 1 - root), ret->root, MERKLE_HASH) !=
	    MERKLE_HASH)
		return false;
	compose_text(key, ret->size, ret->root, text);
	return strlen(text) == size && memcmp(text, note, size) == 0;
}

int journal_checkpoint_read_note(const struct note_key *key, const char *note, size_t size,
				 struct journal_checkpoint_info *ret, const char **ret_problem)
{
	struct note_info info;
	int r = note_verify(note, size, key, &info);

	*ret_problem = NULL;
	if (r == -ENOMEM)
		return r;
	if (r == -EKEYREJECTED)
		*ret_problem = "the signature of the checkpoint is wrong";
	else if (r < 0 && r != -ENOKEY)
		*ret_problem = "the checkpoint is not a signed note";
	else if (!read_text(key, note, info.text_size, ret))
		*ret_problem =
			"the origin, size or root in the checkpoint is not one of this journal";
	else if (r == -ENOKEY)
		*ret_problem = "the checkpoint is not signed by the host key";
	else
		ret->others = info.others;
	return *ret_problem ? -EBADMSG : 0;
}

int journal_checkpoint_read(const struct note_key *key, const char *line, size_t size,
			    struct journal_checkpoint_info *ret, const char **ret_problem)
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
	return journal_checkpoint_read_note(key, json_string_value(note), json_string_length(note),
					    ret, ret_problem);
}
