// SPDX-License-Identifier: Apache-2.0
/*
 * journal_checkpoint.c: see journal_checkpoint.h. A line is taken only if it is spelled as this
 * file would spell it: another spelling of the same JSON (a space, an escape) is an edit too.
 */
#include "journal_checkpoint.h"

#include "base/base64.h"
#include "base/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (NOTE_NAME_MAX + 24 + BASE64_SIZE(MERKLE_HASH))

static void compose_text(const char *origin, uint64_t size, const uint8_t *root,
			 char text[TEXT_MAX])
{
	char encoded[BASE64_SIZE(MERKLE_HASH)];

	base64_encode(root, MERKLE_HASH, encoded);
	snprintf(text, TEXT_MAX, "%s\n%" PRIu64 "\n%s\n", origin, size, encoded);
}

/* The JSON line of a note, without LF. */
static char *wrap(const char *note, size_t size)
{
	json_auto_t *line = json_pack("{s:s%}", "checkpoint", note, size);

	return line ? json_dumps(line, JSON_COMPACT) : NULL;
}

int journal_checkpoint_compose(const char *origin, const struct note_key *const *signers, size_t n,
			       uint64_t size, const uint8_t root[MERKLE_HASH], char **ret_line)
{
	_cleanup_free_ char *note = NULL, *line = NULL;
	char text[TEXT_MAX];
	int r;

	compose_text(origin, size, root, text);
	r = note_sign(signers[0], text, &note);
	for (size_t i = 1; i < n && r == 0; i++)
		r = note_cosign(signers[i], &note);
	if (r < 0)
		return r;
	line = wrap(note, strlen(note));
	if (!line)
		return -ENOMEM;
	return asprintf(ret_line, "%s\n", line) < 0 ? -ENOMEM : 0;
}

/* Size and root from the text, which must be spelled as compose_text() spells them. */
static bool read_text(const char *origin, const char *note, size_t size,
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
	compose_text(origin, ret->size, ret->root, text);
	return strlen(text) == size && memcmp(text, note, size) == 0;
}

/* What note_verify() said about one key whose signature is needed or may be there. */
static const char *word(int r, bool needed, const char *missing)
{
	if (r == -EKEYREJECTED)
		return "a signature of the checkpoint is wrong";
	if (r < 0 && r != -ENOKEY)
		return "the checkpoint is not a signed note";
	return r == -ENOKEY && needed ? missing : NULL;
}

/* Whether a signature may be by the key of this name; most are not by the host. */
static bool named_in(const char *note, size_t size, const char *name)
{
	char line[NOTE_NAME_MAX + JOURNAL_EPOCH_NAME + 8];
	int n = snprintf(line, sizeof(line), "\n" NOTE_MARK "%s ", name);

	return memmem(note, size, line, (size_t)n);
}

/**
 * verify_role() - the signature of the key in one role, where it is needed or may be there.
 * @info: filled when the note was looked at
 */
static int verify_role(const struct journal_keys *keys, enum journal_role role, const char *note,
		       size_t size, struct note_info *info, bool *ret_signed,
		       const char **ret_problem)
{
	static const char *const missing[JOURNAL_ROLES] = {
		[JOURNAL_HOST] = "the checkpoint is not signed by the host key",
		[JOURNAL_EPOCH] = "the checkpoint is not signed by the key of its epoch",
		[JOURNAL_NEW_HOST] = "the checkpoint is not signed by the new host key",
	};
	char name[NOTE_NAME_MAX + JOURNAL_EPOCH_NAME];
	struct note_key *key = NULL;
	bool needed = false;
	const uint8_t *public_key = journal_keys_role(keys, role, name, &needed);
	int r;

	*ret_signed = false;
	if (!public_key || (!needed && !named_in(note, size, name)))
		return 0;
	r = note_key_from_public(name, public_key, &key);
	if (r < 0) {
		*ret_problem = "a key of the journal is not a key";
		return r == -ENOMEM ? r : -EBADMSG;
	}
	r = note_verify(note, size, key, info);
	note_key_free(key);
	if (r == -ENOMEM)
		return r;
	*ret_problem = word(r, needed, missing[role]);
	*ret_signed = r == 0;
	return *ret_problem ? -EBADMSG : 0;
}

/* Every key that the entries above ask for has signed, and none wrongly. */
static int read_note(const struct journal_keys *keys, const char *note, size_t size,
		     struct journal_checkpoint_info *ret, const char **ret_problem)
{
	struct note_info info = { 0 };
	unsigned int known = 0;
	bool is_signed;
	int r;

	ret->by_host = false;
	for (enum journal_role role = 0; role < JOURNAL_ROLES; role++) {
		r = verify_role(keys, role, note, size, &info, &is_signed, ret_problem);
		if (r < 0)
			return r;
		known += is_signed;
		if (role == JOURNAL_HOST)
			ret->by_host = is_signed;
	}
	if (!read_text(keys->origin, note, info.text_size, ret)) {
		*ret_problem =
			"the origin, size or root in the checkpoint is not one of this journal";
		return -EBADMSG;
	}
	/* Each look counted all signatures. */
	ret->others = info.all - known;
	*ret_problem = journal_keys_unsigned(keys);
	return *ret_problem ? -EBADMSG : 0;
}

int journal_checkpoint_read_note(const struct note_key *key, const char *note, size_t size,
				 struct journal_checkpoint_info *ret, const char **ret_problem)
{
	struct note_info info = { 0 };
	int r = note_verify(note, size, key, &info);

	if (r == -ENOMEM)
		return r;
	*ret_problem = word(r, true, "the checkpoint is not signed by this key");
	if (!*ret_problem && !read_text(note_key_name(key), note, info.text_size, ret))
		*ret_problem = "the origin, size or root in the checkpoint is not one of this "
			       "journal";
	if (*ret_problem)
		return -EBADMSG;
	ret->by_host = true;
	ret->others = info.all - 1;
	return 0;
}

int journal_checkpoint_read(const struct journal_keys *keys, const char *line, size_t size,
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
	return read_note(keys, json_string_value(note), json_string_length(note), ret, ret_problem);
}
